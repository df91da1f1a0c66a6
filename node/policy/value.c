/* value.c - single values of a policy file or a request: texts, numbers, times, addresses. See grammar.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "policy/grammar.h"

static bool is_text(const struct hf_doc *d)
{
	return d->kind == HF_DOC_TEXT || d->kind == HF_DOC_PLAIN;
}

static enum hf_err refuse(const struct hf_place *p, const struct hf_doc *d, const char *what, const char *wanted)
{
	if (d->text)
		return hf_doc_fault(p->f, p->file, d->line, "%s is '%.80s'; %s", what, d->text, wanted);
	return hf_doc_fault(p->f, p->file, d->line, "%s is a list or a mapping; %s", what, wanted);
}

enum hf_err hf_doc_text(const struct hf_place *p, const struct hf_doc *d, const char *what, const char **ret_text)
{
	if (!is_text(d))
		return refuse(p, d, what, "write a text, in quotes");
	if (d->kind == HF_DOC_PLAIN && (d->len == 0 || strcmp(d->text, "~") == 0 || strcmp(d->text, "null") == 0))
		return hf_doc_fault(p->f, p->file, d->line,
		                    "%s is empty; write a text, in quotes when it is '~' or 'null'", what);
	*ret_text = d->text;
	return HF_OK;
}

enum hf_err hf_doc_integer(const struct hf_place *p, const struct hf_doc *d, const char *what, int64_t *ret_number)
{
	const char *digits = d->text && *d->text == '-' ? d->text + 1 : d->text;
	char *end;
	long long n;

	if ((d->kind != HF_DOC_PLAIN && d->kind != HF_DOC_LITERAL) || *digits < '0' || *digits > '9' ||
	    (*digits == '0' && digits[1]) || strcmp(d->text, "-0") == 0)
		return refuse(p, d, what, "write a whole number without quotes");
	errno = 0;
	n = strtoll(d->text, &end, 10);
	if (*end)
		return refuse(p, d, what, "write a whole number without quotes");
	if (errno == ERANGE)
		return refuse(p, d, what, "write a number of at most 63 bits");
	*ret_number = n;
	return HF_OK;
}

enum hf_err hf_doc_time(const struct hf_place *p, const struct hf_doc *d, const char *what, int64_t *ret_ms)
{
	if (!is_text(d) || !hf_time_parse(d->text, ret_ms))
		return refuse(p, d, what, "write a time in UTC like 2026-11-22T08:00:00Z, or a date");
	return HF_OK;
}

enum hf_err hf_doc_bool(const struct hf_place *p, const struct hf_doc *d, const char *what, bool *ret_flag)
{
	bool yes = d->text && strcmp(d->text, "true") == 0;

	if ((d->kind != HF_DOC_PLAIN && d->kind != HF_DOC_LITERAL) || (!yes && strcmp(d->text, "false") != 0))
		return refuse(p, d, what, "write true or false");
	*ret_flag = yes;
	return HF_OK;
}

enum hf_err hf_doc_texts(const struct hf_place *p, const struct hf_doc *d, const char *what, struct hf_arena *arena,
                         const char *const **ret_texts, size_t *ret_count)
{
	bool list = d->kind == HF_DOC_LIST;
	size_t count = list ? d->count : 1, n = 0;
	const char **texts = hf_arena_get(arena, (count + 1) * sizeof(*texts));

	if (count == 0)
		return hf_doc_fault(p->f, p->file, d->line, "%s is an empty list; name at least one", what);
	for (const struct hf_doc *m = list ? d->members : d; n < count; m = m->next)
		HF_TRY(hf_doc_text(p, m, what, texts + n++));
	*ret_texts = texts;
	*ret_count = count;
	return HF_OK;
}

static enum hf_err read_address(const struct hf_place *p, const struct hf_doc *d, const char *what,
                                struct hf_address *ret_address)
{
	if (!is_text(d) || !hf_address_parse(d->text, ret_address))
		return refuse(p, d, what,
		              "write an IP address like 10.1.2.3 (a range of addresses goes with 'within')");
	return HF_OK;
}

enum hf_err hf_doc_value(const struct hf_place *p, const struct hf_doc *d, const struct hf_attr_spec *spec,
                         struct hf_attr_value *ret_value)
{
	const char *what = spec->name;

	ret_value->type = spec->type;
	switch (spec->type) {
	case HF_ATTR_TEXT:
	case HF_ATTR_CHOICE:
	case HF_ATTR_MEMBER:
		HF_TRY(hf_doc_text(p, d, what, &ret_value->u.text));
		ret_value->len = d->len;
		return HF_OK;
	case HF_ATTR_INTEGER:
		return hf_doc_integer(p, d, what, &ret_value->u.number);
	case HF_ATTR_TIME:
		return hf_doc_time(p, d, what, &ret_value->u.number);
	case HF_ATTR_ADDRESS:
		return read_address(p, d, what, &ret_value->u.address);
	case HF_ATTR_INVALID:
		break;
	}
	return hf_fault_set(p->f, HF_E_INTERNAL, "the attribute %s has no type", spec->name);
}
