/* technique.c - parameters against their description, opening, and the words of a record. */
#include "masking/technique.h"

#include "crypto/utf8.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct hf_masker {
	const struct hf_technique *technique;
	struct hf_mask_use use;
	void *state;
};

static const struct hf_param *param_named(const struct hf_technique *t, const char *name)
{
	for (const struct hf_param *p = t->params; p && p->name; p++) {
		if (strcmp(p->name, name) == 0)
			return p;
	}
	return NULL;
}

static const char *arg_named(const struct hf_arg *args, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(args[i].name, name) == 0)
			return args[i].value;
	}
	return NULL;
}

static bool number_of(const char *text, int64_t *ret_number)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno || end == text || *end || (text[0] != '-' && (text[0] < '0' || text[0] > '9')))
		return false;
	*ret_number = n;
	return true;
}

static bool decimal_of(const char *text, double *ret_decimal)
{
	char *end;
	double d;

	errno = 0;
	d = strtod(text, &end);
	if (errno || end == text || *end || !isfinite(d) || strspn(text, "0123456789.-eE+") != strlen(text))
		return false;
	*ret_decimal = d;
	return true;
}

/* value is one of the words of choices. */
static bool chosen(const char *choices, const char *value)
{
	const size_t len = strlen(value);

	for (const char *at = choices; *at;) {
		const size_t word = strcspn(at, " ");

		if (word == len && memcmp(at, value, len) == 0)
			return true;
		at += word + (at[word] != 0);
	}
	return false;
}

static bool utf8_ok(const char *text)
{
	const char *at = text, *end = text + strlen(text);
	uint32_t code;

	while (at < end) {
		if (!hf_utf8_next(&at, end, &code))
			return false;
	}
	return true;
}

static enum hf_err check_value(const struct hf_technique *t, const struct hf_param *p, const char *value,
                               struct hf_fault *f)
{
	double d;
	int64_t n;

	switch (p->kind) {
	case HF_PARAM_NUMBER:
		if (!number_of(value, &n) || n < p->least || n > p->most)
			return hf_fault_set(f, HF_E_ARGUMENT,
			                    "%s: %s is '%.60s'; give a whole number from %lld to %lld", t->id, p->name,
			                    value, (long long)p->least, (long long)p->most);
		return HF_OK;
	case HF_PARAM_DECIMAL:
		if (!decimal_of(value, &d) || d < (double)p->least || d > (double)p->most)
			return hf_fault_set(f, HF_E_ARGUMENT, "%s: %s is '%.60s'; give a number from %lld to %lld",
			                    t->id, p->name, value, (long long)p->least, (long long)p->most);
		return HF_OK;
	case HF_PARAM_CHOICE:
		if (!chosen(p->choices, value))
			return hf_fault_set(f, HF_E_ARGUMENT, "%s: %s is '%.60s'; give one of: %s", t->id, p->name,
			                    value, p->choices);
		return HF_OK;
	case HF_PARAM_TEXT:
	case HF_PARAM_FILE:
	case HF_PARAM_LIST:
		if (strlen(value) < (size_t)p->least || strlen(value) > (size_t)p->most || !utf8_ok(value))
			return hf_fault_set(f, HF_E_ARGUMENT, "%s: %s has to be UTF-8 of %lld to %lld bytes", t->id,
			                    p->name, (long long)p->least, (long long)p->most);
		return HF_OK;
	}
	return HF_E_INTERNAL;
}

bool hf_technique_reads(const struct hf_technique *t, const char *param)
{
	const struct hf_param *p = param_named(t, param);

	return p && p->kind == HF_PARAM_FILE;
}

enum hf_err hf_technique_check(const struct hf_technique *t, const struct hf_arg *args, size_t count,
                               struct hf_fault *f)
{
	for (size_t i = 0; i < count; i++) {
		const struct hf_param *p = param_named(t, args[i].name);

		if (!p)
			return hf_fault_set(f, HF_E_ARGUMENT,
			                    "%s has no parameter '%.60s'; `hufu mask techniques %s` lists what it has",
			                    t->id, args[i].name, t->id);
		if (arg_named(args, i, p->name))
			return hf_fault_set(f, HF_E_ARGUMENT, "%s: %s is given twice; give it once", t->id, p->name);
		HF_TRY(check_value(t, p, args[i].value, f));
	}
	for (const struct hf_param *p = t->params; p && p->name; p++) {
		if (p->needed && !arg_named(args, count, p->name))
			return hf_fault_set(f, HF_E_ARGUMENT, "%s needs the parameter %s: %s", t->id, p->name, p->help);
	}
	return HF_OK;
}

enum hf_err hf_masker_open(const struct hf_technique *t, const struct hf_mask_use *use, struct hf_fault *f,
                           struct hf_masker **ret_m)
{
	struct hf_masker *m;
	enum hf_err e = HF_OK;

	HF_TRY(hf_technique_check(t, use->args, use->arg_count, f));
	if (t->record.keyed != HF_KEYED_NOT && !use->key)
		return hf_fault_set(f, HF_E_ARGUMENT, "%s needs a key; give a key file", t->id);
	m = hf_alloc_zero(sizeof(*m));
	m->technique = t;
	m->use = *use;
	m->use.technique = t;
	if (t->open)
		e = hf_fault_default(f, t->open(&m->use, f, &m->state));
	if (e == HF_OK)
		*ret_m = m;
	else
		free(m);
	return e;
}

void hf_masker_close(struct hf_masker *m)
{
	if (!m)
		return;
	if (m->technique->close)
		m->technique->close(m->state);
	free(m);
}

enum hf_err hf_masker_mask(struct hf_masker *m, struct hf_mask_batch *b, struct hf_fault *f)
{
	return hf_fault_default(f, m->technique->mask(m->state, b, f));
}

enum hf_err hf_masker_unmask(struct hf_masker *m, struct hf_mask_batch *b, struct hf_fault *f)
{
	if (!m->technique->unmask)
		return hf_fault_set(f, HF_E_UNSUPPORTED, "%s cannot be reversed, not by the key's holder either",
		                    m->technique->id);
	return hf_fault_default(f, m->technique->unmask(m->state, b, f));
}

double hf_masker_chance(struct hf_masker *m, const struct hf_bytes *v)
{
	return m->technique->chance ? m->technique->chance(m->state, v) : 1;
}

int64_t hf_arg_number(const struct hf_mask_use *use, const char *name, int64_t otherwise)
{
	const char *value = arg_named(use->args, use->arg_count, name);
	int64_t n;

	return value && number_of(value, &n) ? n : otherwise;
}

double hf_arg_decimal(const struct hf_mask_use *use, const char *name, double otherwise)
{
	const char *value = arg_named(use->args, use->arg_count, name);
	double d;

	return value && decimal_of(value, &d) ? d : otherwise;
}

const char *hf_arg_text(const struct hf_mask_use *use, const char *name, const char *otherwise)
{
	const char *value = arg_named(use->args, use->arg_count, name);

	return value ? value : otherwise;
}

#define WORDS(name, field, ...)                                                                                        \
	const char *hf_record_##name(const struct hf_technique_record *r)                                              \
	{                                                                                                              \
		static const char *const words[] = {NULL, __VA_ARGS__};                                                \
		return (size_t)r->field < sizeof(words) / sizeof(words[0]) ? words[r->field] : NULL;                   \
	}
WORDS(format, format, "lost", "length", "kept", "by parameter")
WORDS(repeats, repeats, "value", "row", "table")
WORDS(reversible, reversible, "no", "by key", "by table", "by vault")
WORDS(reference, reference, "lost", "part", "equal values stay equal", "one to one")
WORDS(meaning, meaning, "lost", "part", "order", "kept")
WORDS(distribution, distribution, "lost", "frequencies", "coarse", "near", "exact")
WORDS(reach, reach, "row", "table")
WORDS(keyed, keyed, "no key", "consumer", "dataset")
