/* effect_grade_test.c - the four grades of GB/T 42460, and which columns hold direct identifiers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "masking/effect_grade.h"

#define ROWS 40u

static void expect(const struct hf_effect_grading *g, enum hf_effect_grade grade, const char *reason)
{
	char said[HF_GRADE_REASON];

	assert_int_equal(hf_effect_grade(g, said), grade);
	if (!strstr(said, reason))
		fail_msg("'%s' does not say '%s'", said, reason);
}

static void test_the_grade_and_its_reason(void **state)
{
	struct hf_effect_grading g = {.threshold = 0.05, .risk = 0.2, .quasi = true};

	(void)state;
	expect(&g, HF_GRADE_RISKY, "with a chance of 0.2, above 0.05");
	g.risk = 0.05;
	expect(&g, HF_GRADE_RECORDS, "above 0.05: the highest is 0.05");
	g.quasi = false;
	expect(&g, HF_GRADE_RISKY, "no quasi-identifiers are named");
	g.alike = 19;
	expect(&g, HF_GRADE_RISKY, "");
	g.alike = 20;
	expect(&g, HF_GRADE_AGGREGATE, "equal to at least 20 in every column");
	g.threshold = 1;
	g.alike = 1;
	g.quasi = true;
	expect(&g, HF_GRADE_RECORDS, ""); /* a row that is alone is no count, whatever is thought to be safe */
	g.threshold = 0.05;
	g.alike = 20;
	g.direct = "mobile";
	g.direct_share = 0.04; /* a few values that a permutation left where they were */
	expect(&g, HF_GRADE_AGGREGATE, "");
	g.direct_share = 0.5;
	expect(&g, HF_GRADE_DIRECT, "mobile holds direct identifiers, of which 50 % are as they were");
}

static struct hf_effect_table *table(bool masked, unsigned rows)
{
	struct hf_effect_table *t = hf_effect_table_new(3, (const uint8_t *)"sixteen bytes ok");

	for (unsigned i = 0; i < rows; i++) {
		char mobile[16], age[16];
		struct hf_bytes cells[3];

		snprintf(mobile, sizeof(mobile), masked ? "p%u" : "1380000%04u", i);
		snprintf(age, sizeof(age), "%u", 20 + i);
		cells[0] = (struct hf_bytes){(const uint8_t *)mobile, strlen(mobile)};
		cells[1] = (struct hf_bytes){(const uint8_t *)age, strlen(age)};
		cells[2] = (struct hf_bytes){(const uint8_t *)"x", 1};
		assert_true(hf_effect_add(t, cells));
	}
	return t;
}

static void test_direct_identifiers_are_seen_and_whether_they_are_still_there(void **state)
{
	static const char *const names[] = {"mobile", "age", "mark"};
	struct hf_effect_table *open = table(false, ROWS), *hidden = table(true, ROWS), *part = table(false, ROWS / 2);
	bool direct[3];

	(void)state;
	hf_effect_direct(open, names, direct);
	assert_true(direct[0]);
	assert_false(direct[1]);
	assert_false(direct[2]);
	assert_true(hf_effect_direct_share(open, 0, hidden, 0) == 0);
	assert_true(hf_effect_direct_share(open, 0, part, 0) == 1); /* other rows: by the values themselves */
	assert_true(hf_effect_direct_share(open, 0, open, 0) == 1);
	hf_effect_table_free(open);
	hf_effect_table_free(hidden);
	hf_effect_table_free(part);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_the_grade_and_its_reason),
	        cmocka_unit_test(test_direct_identifiers_are_seen_and_whether_they_are_still_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
