/*
 * methods_fuzz.c - files of methods from anywhere: what is taken is whole, taken alike again, and can be tried; what is
 * not is refused with a sentence. No file that a method names is there, so no library is ever loaded.
 */
#include <stdlib.h>
#include <string.h>

#include "masking/methods.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TRIED 20u /* values */

static enum hf_err no_file(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	(void)ctx;
	(void)out;
	return hf_fault_set(f, HF_E_UNKNOWN, "there is no file %.60s", name);
}

static void check_method(const struct hf_methods *m, size_t i)
{
	const struct hf_technique *t = hf_methods_at(m, i);
	struct hf_fault f = {HF_OK, ""};
	json_t *report = NULL;
	char *text;
	enum hf_err e;

	if (!t || !t->id || !strchr(t->id, '.') || hf_methods_named(m, t->id) != t || t->record.reach == HF_REACH_TABLE)
		abort();
	e = hf_methods_try(m, i, TRIED, &report, &f);
	if ((e == HF_OK) != (report != NULL) || (e != HF_OK && !f.text[0]))
		abort();
	text = report ? json_dumps(report, 0) : NULL;
	if (report && !text)
		abort();
	free(text);
	json_decref(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct hf_methods_setup s = {.name = "methods", .text = data, .len = size, .file = no_file};
	struct hf_methods *m = NULL, *again = NULL;
	struct hf_fault f = {HF_OK, ""};

	if (hf_methods_read(&s, &m, &f) != HF_OK) {
		if (m || !f.text[0])
			abort();
		return 0;
	}
	if (hf_methods_read(&s, &again, &f) != HF_OK || hf_methods_count(m) != hf_methods_count(again) ||
	    hf_methods_count(m) > HF_METHODS_MAX ||
	    memcmp(hf_methods_digest(m), hf_methods_digest(again), sizeof(*hf_methods_digest(m))) != 0)
		abort();
	for (size_t i = 0; i < hf_methods_count(m); i++)
		check_method(m, i);
	hf_methods_free(m);
	hf_methods_free(again);
	return 0;
}
