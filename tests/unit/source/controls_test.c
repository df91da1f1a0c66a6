/* controls_test.c - the table of controls: complete or refused; what it says of a class and level. */
#include "source/mask_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

/* All rows but one; `more` stands behind them. */
static void table(struct hf_buf *b, enum hf_sensitivity skip, unsigned skip_level, const char *more)
{
	const char *comma = "";

	hf_buf_clear(b);
	hf_buf_addf(b, "{\"controls\": 1, \"review\": \"2027-06-01\", \"levels\": [");
	for (enum hf_sensitivity s = HF_SENS_GENERAL; s <= HF_SENS_CORE; s++)
		for (unsigned level = 1; level <= HF_MASK_LEVELS; level++) {
			if (s == skip && level == skip_level)
				continue;
			hf_buf_addf(b, "%s{\"class\": \"%s\", \"level\": %u, \"control\": \"%s\"}", comma,
			            hf_sensitivity_name(s), level, s == HF_SENS_CORE ? "never" : "mask");
			comma = ",";
		}
	hf_buf_addf(b, "%s]}", more);
	hf_buf_add(b, "", 1);
}

/* MK-54: a level without a control is an error. */
static void every_class_and_level_has_one_control(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	struct hf_controls c;
	struct hf_fault f = {.code = HF_OK};

	(void)state;
	for (enum hf_sensitivity s = HF_SENS_GENERAL; s <= HF_SENS_CORE; s++)
		for (unsigned level = 1; level <= HF_MASK_LEVELS; level++) {
			table(&b, s, level, "");
			assert_int_equal(hf_controls_read((const char *)b.data, &c, &f), HF_E_FORMAT);
			assert_non_null(strstr(f.text, hf_sensitivity_name(s)));
		}
	table(&b, 0, 0, ", {\"class\": \"core\", \"level\": 2, \"control\": \"publish\"}");
	assert_int_equal(hf_controls_read((const char *)b.data, &c, &f), HF_E_FORMAT);
	assert_non_null(strstr(f.text, "two controls"));
	table(&b, 0, 0, ", {\"class\": \"core\", \"level\": 5, \"control\": \"publish\"}");
	assert_int_equal(hf_controls_read((const char *)b.data, &c, &f), HF_E_FORMAT);
	table(&b, 0, 0, "");
	assert_int_equal(hf_controls_read((const char *)b.data, &c, &f), HF_OK);
	assert_int_equal(hf_controls_of(&c, "core", 1), HF_CONTROL_NEVER);
	assert_int_equal(hf_controls_of(&c, "personal", 4), HF_CONTROL_MASK);
	assert_int_equal(hf_controls_of(&c, "personal", 9), HF_CONTROL_NEVER);
	assert_int_equal(hf_controls_of(&c, "none", 1), HF_CONTROL_PUBLISH);
}

static void what_is_no_table_is_refused(void **state)
{
	static const char *const bad[] = {"",
	                                  "[]",
	                                  "{}",
	                                  "{\"controls\": 2, \"levels\": []}",
	                                  "{\"controls\": 1, \"levels\": []}",
	                                  "{\"controls\": 1, \"review\": \"soon\", \"levels\": []}",
	                                  "{\"controls\": 1, \"review\": \"2027-06-01\", \"levels\": [7]}"};
	struct hf_controls c = {.version = 7};
	struct hf_fault f = {.code = HF_OK};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(hf_controls_read(bad[i], &c, &f), HF_E_FORMAT);
	assert_int_equal(c.version, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_class_and_level_has_one_control),
	        cmocka_unit_test(what_is_no_table_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
