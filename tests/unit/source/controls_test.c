/* controls_test.c - the table of controls: complete or refused; what it says of a class and level. */
#include "source/mask_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"

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

/* MK-55: operation rules of each step and of the tools, with a date of review. */
static void operation_rules_are_whole(void **state)
{
#define RULE(of) "{\"of\": \"" of "\", \"rule\": \"by two persons\"}"
#define MOST                                                                                                           \
	RULE("identify")                                                                                               \
	"," RULE("need") "," RULE("technique") "," RULE("plan") "," RULE("execute") "," RULE("evaluate")
#define RULES(list) "{\"operation\": 1, \"review\": \"2027-06-01\", \"rules\": [" list "]}"
	static const struct {
		const char *text, *says;
	} bad[] = {
	        {"", "no text"},
	        {"[]", "no operation rules"},
	        {"{\"operation\": 1, \"rules\": []}", "no date of review"},
	        {"{\"operation\": 1, \"review\": \"soon\", \"rules\": []}", "no date of review"},
	        {RULES(""), "no rule of 'identify'"},
	        {RULES(MOST "," RULE("audit")), "no rule of 'tool'"},
	        {RULES(MOST "," RULE("tool")), "no rule of 'audit'"},
	        {RULES(MOST "," RULE("tool") "," RULE("lunch")), "rule 8 needs"},
	        {RULES("{\"of\": \"tool\", \"rule\": \"\"}"), "rule 1 needs"},
	        {RULES("{\"of\": \"tool\"}"), "rule 1 needs"},
	        {RULES("7"), "rule 1 needs"},
	};
	struct hf_fault f = {.code = HF_OK};
	int64_t review = 7, wanted;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(hf_operation_read(bad[i].text, &review, &f), HF_E_FORMAT);
		if (!strstr(f.text, bad[i].says))
			fail_msg("'%s' does not say '%s'", f.text, bad[i].says);
	}
	assert_int_equal(review, 7);
	assert_true(hf_time_parse("2027-06-01", &wanted));
	assert_int_equal(
	        hf_operation_read(RULES(MOST "," RULE("audit") "," RULE("tool") "," RULE("tool")), &review, &f), HF_OK);
	assert_int_equal(review, wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_class_and_level_has_one_control),
	        cmocka_unit_test(what_is_no_table_is_refused),
	        cmocka_unit_test(operation_rules_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
