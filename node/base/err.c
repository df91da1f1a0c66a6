/* err.c - see err.h. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

struct row {
	enum hf_err_class cls;
	const char *reason;
	const char *text;
};

static const struct row rows[] = {
#define HF_ERR_ROW(code, cls, reason, text) [code] = {HF_CLASS_##cls, reason, text},
        HF_ERRORS(HF_ERR_ROW)
#undef HF_ERR_ROW
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static const struct row *row_of(enum hf_err e)
{
	return (size_t)e < ROW_COUNT ? &rows[e] : &rows[HF_E_INTERNAL];
}

enum hf_err_class hf_err_class(enum hf_err e)
{
	return row_of(e)->cls;
}

const char *hf_err_reason(enum hf_err e)
{
	return row_of(e)->reason;
}

const char *hf_err_text(enum hf_err e)
{
	return row_of(e)->text;
}

/* A failure inside a peer must not read as one of ours: its full disk or memory passes, everything else stays refused.
 * Who gives a reason for a refusal does not make a success of it.
 */
static enum hf_err from_outside(enum hf_err e)
{
	if (e == HF_OK)
		return HF_E_UNSUPPORTED;
	if (hf_err_class(e) != HF_CLASS_ABORT)
		return e;
	return e == HF_E_STORE || e == HF_E_MEMORY ? HF_E_BUSY : HF_E_UNSUPPORTED;
}

enum hf_err hf_err_from_reason(const char *reason)
{
	for (size_t i = 0; reason && i < ROW_COUNT; i++)
		if (strcmp(rows[i].reason, reason) == 0)
			return from_outside((enum hf_err)i);
	return HF_E_UNSUPPORTED;
}

enum hf_err hf_fault_set(struct hf_fault *f, enum hf_err code, const char *fmt, ...)
{
	va_list args;
	int len;

	if (!f)
		return code;
	f->code = code;
	va_start(args, fmt);
	len = vsnprintf(f->text, sizeof(f->text), fmt, args);
	va_end(args);
	if (len < 0)
		f->text[0] = '\0';
	else if ((size_t)len >= sizeof(f->text))
		f->text[hf_utf8_cut(f->text, sizeof(f->text) - 1)] = '\0';
	hf_utf8_mend(f->text);
	return code;
}

enum hf_err hf_fault_default(struct hf_fault *f, enum hf_err e)
{
	if (f && e != HF_OK && (f->code != e || !f->text[0]))
		return hf_fault_set(f, e, "%s", hf_err_text(e));
	return e;
}
