/* err_test.c - the table of errors, reasons from peers, and the sentence a person sees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

static const enum hf_err all[] = {
#define ROW(code, cls, reason, text) code,
        HF_ERRORS(ROW)
#undef ROW
};
#define COUNT (sizeof(all) / sizeof(all[0]))

static void every_error_has_a_class_a_unique_reason_and_a_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		assert_true(hf_err_class(all[i]) >= HF_CLASS_NONE && hf_err_class(all[i]) <= HF_CLASS_ABORT);
		assert_true(strlen(hf_err_text(all[i])) > 0);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(hf_err_reason(all[i]), hf_err_reason(all[j]));
	}
	assert_int_equal(hf_err_class(HF_E_NO_GRANT), HF_CLASS_DENY);
	assert_string_equal(hf_err_reason(HF_E_GRANT_EXPIRED), "grant-expired");
	assert_int_equal(hf_err_class((enum hf_err)9999), HF_CLASS_ABORT);
}

static void a_reason_comes_back_as_its_error_unless_it_would_end_this_node(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		enum hf_err e = hf_err_from_reason(hf_err_reason(all[i]));

		if (hf_err_class(all[i]) == HF_CLASS_ABORT)
			assert_int_not_equal(hf_err_class(e), HF_CLASS_ABORT);
		else
			assert_int_equal(e, all[i] == HF_OK ? HF_E_UNSUPPORTED : all[i]);
	}
	assert_int_equal(hf_err_from_reason("ok"), HF_E_UNSUPPORTED); /* a refusal is no success */
	assert_int_equal(hf_err_from_reason("internal"), HF_E_UNSUPPORTED);
	assert_int_equal(hf_err_from_reason("store"), HF_E_BUSY);
	assert_int_equal(hf_err_from_reason("from-the-future"), HF_E_UNSUPPORTED);
	assert_int_equal(hf_err_from_reason(""), HF_E_UNSUPPORTED);
	assert_int_equal(hf_err_from_reason(NULL), HF_E_UNSUPPORTED);
}

static void a_fault_keeps_its_sentence_and_gets_the_default_only_without_one(void **state)
{
	struct hf_fault f = {HF_OK, ""};

	(void)state;
	assert_int_equal(hf_fault_set(&f, HF_E_STATE, "the source %s is disabled; enable it first", "flights"),
	                 HF_E_STATE);
	assert_string_equal(f.text, "the source flights is disabled; enable it first");
	assert_int_equal(hf_fault_default(&f, HF_E_STATE), HF_E_STATE);
	assert_string_equal(f.text, "the source flights is disabled; enable it first");
	assert_int_equal(hf_fault_default(&f, HF_E_IO), HF_E_IO);
	assert_string_equal(f.text, hf_err_text(HF_E_IO));
	assert_int_equal(f.code, HF_E_IO);
	assert_int_equal(hf_fault_set(NULL, HF_E_IO, "nobody reads this"), HF_E_IO);
	assert_int_equal(hf_fault_default(NULL, HF_E_IO), HF_E_IO);
	assert_int_equal(hf_fault_default(&f, HF_OK), HF_OK);
}

static void a_long_sentence_is_cut_between_characters(void **state)
{
	struct hf_fault f = {HF_OK, ""};
	char text[900] = "";

	(void)state;
	for (int i = 0; i < 290; i++)
		memcpy(text + 3 * i, "\xE8\x99\x8E", 4);
	hf_fault_set(&f, HF_E_STATE, "%s", text);
	assert_int_equal(strlen(f.text), 399);
	assert_int_equal(strlen(f.text) % 3, 0);
	hf_fault_set(&f, HF_E_STATE, "x%s", text);
	assert_int_equal(strlen(f.text), 397);
}

/* "%.60s" counts bytes; what names a thing in Chinese must still be text that JSON and a peer take. */
static void a_name_that_a_format_cut_apart_leaves_no_half_character(void **state)
{
	struct hf_fault f = {HF_OK, ""};

	(void)state;
	hf_fault_set(&f, HF_E_FORMAT, "there is no '%.4s' here", "\xE8\x99\x8E\xE8\x99\x8E");
	assert_string_equal(f.text, "there is no '\xE8\x99\x8E?' here");
	hf_fault_set(&f, HF_E_FORMAT, "there is no '%.5s' here", "\xE8\x99\x8E\xE8\x99\x8E");
	assert_string_equal(f.text, "there is no '\xE8\x99\x8E?' here");
	hf_fault_set(&f, HF_E_FORMAT, "there is no file %s\xE8",
	             "a\xFF\xFE"
	             "b");
	assert_string_equal(f.text, "there is no file a?"
	                            "b?");
	hf_fault_set(&f, HF_E_FORMAT, "\x80");
	assert_string_equal(f.text, "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_error_has_a_class_a_unique_reason_and_a_text),
	        cmocka_unit_test(a_reason_comes_back_as_its_error_unless_it_would_end_this_node),
	        cmocka_unit_test(a_fault_keeps_its_sentence_and_gets_the_default_only_without_one),
	        cmocka_unit_test(a_long_sentence_is_cut_between_characters),
	        cmocka_unit_test(a_name_that_a_format_cut_apart_leaves_no_half_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
