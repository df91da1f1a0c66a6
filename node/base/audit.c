/* audit.c - see audit.h. A draft is one allocation with an arena behind it, since every exchange makes many. */
#include "base/audit.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

#define INLINE_BYTES 1024u /* most drafts need no second allocation */
#define ELLIPSIS "..."

struct value {
	const uint8_t *data; /* NULL: unset */
	size_t len;
};

struct hf_draft {
	enum hf_event event;
	bool has_txn, closes;
	struct hf_id txn;
	size_t party_count;
	struct hf_name parties[HF_DRAFT_PARTIES_MAX];
	struct value values[HF_FIELD_LIMIT];
	void *extra;
	void (*free_extra)(void *extra);
	struct hf_arena arena;
	uint64_t first[INLINE_BYTES / sizeof(uint64_t)];
};

struct hf_draft *hf_draft_new(enum hf_event event, const struct hf_id *txn)
{
	struct hf_draft *d = hf_alloc(sizeof(*d));

	memset(d, 0, offsetof(struct hf_draft, first));
	d->event = event;
	hf_arena_init(&d->arena, d->first, sizeof(d->first));
	hf_draft_txn(d, txn);
	return d;
}

void hf_draft_free(struct hf_draft *d)
{
	if (!d)
		return;
	if (d->extra)
		d->free_extra(d->extra);
	hf_arena_done(&d->arena);
	free(d);
}

static void set(struct hf_draft *d, enum hf_field field, const void *data, size_t len, size_t keep)
{
	bool cut = keep < len;
	size_t total = cut ? keep + strlen(ELLIPSIS) : len;
	uint8_t *copy;

	assert(field > HF_FIELD_INVALID && field < HF_FIELD_LIMIT);
	if (field <= HF_FIELD_INVALID || field >= HF_FIELD_LIMIT)
		return;
	copy = hf_arena_get(&d->arena, total ? total : 1);
	if (keep)
		memcpy(copy, data, keep);
	if (cut)
		memcpy(copy + keep, ELLIPSIS, strlen(ELLIPSIS));
	d->values[field] = (struct value){copy, total};
}

void hf_draft_bytes(struct hf_draft *d, enum hf_field field, const void *data, size_t len)
{
	set(d, field, data, len, len > HF_DRAFT_VALUE_MAX ? HF_DRAFT_VALUE_MAX - strlen(ELLIPSIS) : len);
}

void hf_draft_text(struct hf_draft *d, enum hf_field field, const char *text)
{
	size_t len, keep;

	if (!text)
		return;
	len = strlen(text);
	keep = len > HF_DRAFT_VALUE_MAX ? hf_utf8_cut(text, HF_DRAFT_VALUE_MAX - strlen(ELLIPSIS)) : len;
	set(d, field, text, len, keep);
}

void hf_draft_textf(struct hf_draft *d, enum hf_field field, const char *fmt, ...)
{
	char text[HF_DRAFT_VALUE_MAX + 2]; /* one byte over the limit shows that it is exceeded */
	va_list args;

	va_start(args, fmt);
	if (vsnprintf(text, sizeof(text), fmt, args) >= 0)
		hf_draft_text(d, field, text);
	va_end(args);
}

void hf_draft_int(struct hf_draft *d, enum hf_field field, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	hf_draft_text(d, field, text);
}

void hf_draft_time(struct hf_draft *d, enum hf_field field, int64_t ms)
{
	char text[HF_TIME_TEXT];

	hf_time_text(ms, text);
	hf_draft_text(d, field, text);
}

static const char *outcome_of(enum hf_err e)
{
	switch (hf_err_class(e)) {
	case HF_CLASS_NONE:
		return "ok";
	case HF_CLASS_REFUSE:
	case HF_CLASS_DENY:
	case HF_CLASS_CLOSE:
		return "refused";
	case HF_CLASS_RETRY:
	case HF_CLASS_ABORT:
		return "failed";
	}
	return "failed";
}

void hf_draft_outcome(struct hf_draft *d, enum hf_err e, const char *text)
{
	hf_draft_text(d, HF_FIELD_OUTCOME, outcome_of(e));
	hf_draft_text(d, HF_FIELD_REASON, hf_err_reason(e));
	hf_draft_text(d, HF_FIELD_DETAIL, text);
}

void hf_draft_txn(struct hf_draft *d, const struct hf_id *txn)
{
	d->has_txn = txn && !hf_id_is_zero(txn);
	if (d->has_txn)
		d->txn = *txn;
}

static bool has_party(const struct hf_draft *d, const struct hf_name *name)
{
	for (size_t i = 0; i < d->party_count; i++)
		if (hf_name_equal(&d->parties[i], name))
			return true;
	return false;
}

void hf_draft_party(struct hf_draft *d, const char *node)
{
	struct hf_name name;

	if (!hf_name_parse(node, &name) || has_party(d, &name))
		return;
	assert(d->party_count < HF_DRAFT_PARTIES_MAX);
	if (d->party_count < HF_DRAFT_PARTIES_MAX)
		d->parties[d->party_count++] = name;
}

void hf_draft_close(struct hf_draft *d)
{
	d->closes = true;
}

enum hf_event hf_draft_event(const struct hf_draft *d)
{
	return d->event;
}

const struct hf_id *hf_draft_txn_get(const struct hf_draft *d)
{
	return d->has_txn ? &d->txn : NULL;
}

bool hf_draft_closes(const struct hf_draft *d)
{
	return d->closes;
}

size_t hf_draft_party_count(const struct hf_draft *d)
{
	return d->party_count;
}

const char *hf_draft_party_at(const struct hf_draft *d, size_t i)
{
	return i < d->party_count ? d->parties[i].s : NULL;
}

bool hf_draft_get(const struct hf_draft *d, enum hf_field field, const void **ret_data, size_t *ret_len)
{
	if (field <= HF_FIELD_INVALID || field >= HF_FIELD_LIMIT || !d->values[field].data)
		return false;
	*ret_data = d->values[field].data;
	*ret_len = d->values[field].len;
	return true;
}

void hf_draft_attach(struct hf_draft *d, void *extra, void (*free_extra)(void *extra))
{
	assert(!d->extra);
	d->extra = extra;
	d->free_extra = free_extra;
}

void *hf_draft_attached(const struct hf_draft *d)
{
	return d->extra;
}

void hf_audit_emit(const struct hf_audit *a, struct hf_draft *take)
{
	if (a->emit)
		a->emit(a->ctx, take);
	else
		hf_draft_free(take);
}
