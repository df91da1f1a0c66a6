/*
 * authzen_write_test.c - what is written without a tree of members reads as the same members, whatever the texts hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "api/authzen.h"

#define CUT "a character is cut \xe8\xb7"

static const char *const odd[] = {
        "",
        "plain",
        "with \"quotes\"",
        "back\\slash",
        "two\nlines\tand a tab",
        "\x01\x1f\x7f",
        "道路 traffic",
        "</script> / ",
        "\xf0\x9f\x9a\xa7 works",
};
#define ODD (sizeof(odd) / sizeof(odd[0]))

static json_t *written(const struct hf_decision *d)
{
	struct hf_buf out = HF_BUF_INIT;
	json_error_t why;
	zen_write_decision(d, &out);
	json_t *o = json_loadb((const char *)out.data, out.len, JSON_REJECT_DUPLICATES, &why);
	if (!o)
		fail_msg("%s: %.*s", why.text, (int)out.len, (const char *)out.data);
	hf_buf_done(&out);
	return o;
}

static void assert_text(const json_t *o, const char *name, const char *text)
{
	const char *got = json_string_value(json_object_get(o, name));
	assert_non_null(got);
	assert_string_equal(got, text);
}

static void every_text_of_a_permit_comes_back(void **state)
{
	char *list[ODD];
	(void)state;
	for (size_t i = 0; i < ODD; i++)
		list[i] = (char *)(uintptr_t)odd[i];
	for (size_t i = 0; i < ODD; i++) {
		Hufu__Agreement terms = HUFU__AGREEMENT__INIT;
		struct hf_decision d = {.result = HF_OK, .until_ms = INT64_C(1800000000000), .terms = &terms};
		terms.fields = terms.obligations = list;
		terms.n_fields = i;
		terms.n_obligations = ODD;
		snprintf(d.text, sizeof(d.text), "%s", odd[i]);
		snprintf(d.rule, sizeof(d.rule), "%s", odd[i]);
		memset(d.snapshot.b, 0xa5, sizeof(d.snapshot.b));
		d.mechanism = "attribute";
		json_t *o = written(&d), *c = json_object_get(o, "context");
		assert_true(json_is_true(json_object_get(o, "decision")));
		assert_int_equal(json_object_size(o), 2);
		assert_int_equal(json_object_size(c), 8);
		assert_text(c, "text", odd[i]);
		assert_text(c, "rule", odd[i]);
		assert_text(c, "mechanism", "attribute");
		assert_text(c, "until", "2027-01-15T08:00:00.000Z");
		assert_int_equal(json_array_size(json_object_get(c, "fields")), i);
		for (size_t k = 0; k < ODD; k++)
			assert_string_equal(json_string_value(json_array_get(json_object_get(c, "obligations"), k)),
			                    odd[k]);
		json_decref(o);
	}
}

static void a_denial_says_whether_one_may_apply(void **state)
{
	(void)state;
	for (unsigned may = 0; may < 2; may++) {
		struct hf_decision d = {.result = HF_E_NO_GRANT, .may_apply = may};
		snprintf(d.text, sizeof(d.text), "nothing permits it");
		json_t *o = written(&d), *c = json_object_get(o, "context");
		assert_true(json_is_false(json_object_get(o, "decision")));
		assert_int_equal(json_object_size(c), 4);
		assert_text(c, "reason", hf_err_reason(HF_E_NO_GRANT));
		assert_int_equal(json_is_true(json_object_get(c, "may_apply")), may);
		json_decref(o);
	}
}

/* The whole answer stays readable. */
static void bytes_that_are_no_text_are_left_out(void **state)
{
	struct hf_decision d = {.result = HF_E_NO_GRANT};
	(void)state;
	snprintf(d.text, sizeof(d.text), CUT);
	json_t *o = written(&d), *c = json_object_get(o, "context");
	assert_true(json_is_null(json_object_get(c, "text")));
	assert_true(json_is_false(json_object_get(o, "decision")));
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_text_of_a_permit_comes_back),
	        cmocka_unit_test(a_denial_says_whether_one_may_apply),
	        cmocka_unit_test(bytes_that_are_no_text_are_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
