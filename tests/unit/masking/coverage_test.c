/* coverage_test.c - what is sensitive is looked for again in a result, and what to change is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "masking/coverage.h"

#define ROWS 200u

/* Two columns: mobiles, shown for the first `open` rows and hidden for the others, and a mark. */
static struct hf_effect_table *table(unsigned open)
{
	struct hf_effect_table *t = hf_effect_table_new(2, (const uint8_t *)"sixteen bytes ok");

	for (unsigned i = 0; i < ROWS; i++) {
		char mobile[16];

		snprintf(mobile, sizeof(mobile), i < open ? "1380000%04u" : "p%u", i);
		assert_true(hf_effect_add(
		        t, (struct hf_bytes[2]){{(const uint8_t *)mobile, strlen(mobile)}, {(const uint8_t *)"x", 1}}));
	}
	return t;
}

static void expect(unsigned open, const char *name, const char *state, int reached, const char *change)
{
	static const char *const before_names[] = {"mobile", "mark"};
	const char *after_names[] = {name, "mark"};
	struct hf_demand_table before = {table(ROWS), before_names, 2}, after = {table(open), after_names, 2};
	json_t *figures = json_pack("{s:{s:{s:f}}, s:n}", "after", "prosecutor", "max", 0.01, "recovery");
	json_t *c = hf_coverage(&before, &after, 0.05), *changes = hf_coverage_changes(c, figures, 0.05);
	const json_t *f = json_array_get(json_object_get(c, "fields"), 0);

	assert_string_equal(json_string_value(json_object_get(f, "field")), "mobile");
	assert_string_equal(json_string_value(json_object_get(f, "state")), state);
	assert_int_equal(json_integer_value(json_object_get(c, "sensitive")), 1);
	assert_int_equal(json_integer_value(json_object_get(c, "reached")), reached);
	assert_int_equal(json_array_size(changes), change != NULL);
	if (change && !strstr(json_string_value(json_array_get(changes, 0)), change))
		fail_msg("'%s' does not say '%s'", json_string_value(json_array_get(changes, 0)), change);
	json_decref(c);
	json_decref(changes);
	json_decref(figures);
	hf_effect_table_free(before.rows);
	hf_effect_table_free(after.rows);
}

/* MK-48: coverage, and what a scan of the result still finds. */
static void test_what_was_reached_is_told_from_what_was_not(void **state)
{
	(void)state;
	expect(0, "mobile", "masked", 1, NULL);
	expect(8, "mobile", "masked", 1, NULL); /* no more than the threshold */
	expect(100, "mobile", "kept", 0, "mobile holds cn.mobile, and 50 % of its rows are as they were; mask it");
	expect(ROWS, "phone", "left out", 1, "phone holds cn.mobile"); /* the same under another name */
	expect(0, "pseudonym", "left out", 1, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_what_was_reached_is_told_from_what_was_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
