/*
 * recover_tail.c - entries that this node wrote after it had lost others, and never signed: they make room for the
 * recovered ones, and what they record is recorded again behind those. In between it lies in the store, sealed.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/aead.h"
#include "ledger/internal.h"
#include "proto/codec.h"

#define ASIDE "ledger/aside/"

static void aside_key(const struct hf_ledger *l, uint8_t key[32])
{
	hf_node_keys_derive(l->keys, "ledger-aside", l->own.origin, strlen(l->own.origin), key);
}

static void add_fields(struct hf_draft *d, const Hufu__EntryOpening *o)
{
	for (size_t i = 0; i < o->n_fields; i++) {
		enum hf_field f = (enum hf_field)o->fields[i]->field;

		if (f != HF_FIELD_ORDINAL && f != HF_FIELD_BACK_LINK && f != HF_FIELD_COUNT)
			hf_draft_bytes(d, f, o->fields[i]->value.data, o->fields[i]->value.len);
	}
}

static void add_first_time(struct hf_draft *d, const Hufu__EntryOpening *o)
{
	char detail[HF_DRAFT_VALUE_MAX + 1] = "", time[HF_TIME_TEXT] = "";

	hf_opening_text(o, HF_FIELD_DETAIL, detail, sizeof(detail));
	hf_opening_text(o, HF_FIELD_TIME, time, sizeof(time));
	hf_draft_textf(d, HF_FIELD_DETAIL,
	               "%s%sfirst recorded at %s, before lost entries of this ledger were recovered", detail,
	               detail[0] ? "; " : "", time);
}

/* Made anew where it still holds (key_change.c), and not put aside: the first entry, key changes. */
static bool is_made_anew(enum hf_event e)
{
	return e == HF_EVENT_GENESIS || e == HF_EVENT_KEY_CHANGE;
}

/* The event goes by its name. */
static struct hf_draft *draft_of(const Hufu__EntryOpening *o)
{
	char event[64];
	struct hf_draft *d;
	struct hf_id txn;
	uint64_t count;

	if (!hf_opening_text(o, HF_FIELD_EVENT, event, sizeof(event)) ||
	    hf_event_from_name(event) == HF_EVENT_INVALID || is_made_anew(hf_event_from_name(event)))
		return NULL;
	d = hf_draft_new(hf_event_from_name(event), hf_opening_txn(o, &txn) ? &txn : NULL);
	add_fields(d, o);
	add_first_time(d, o);
	if (hf_opening_number(o, HF_FIELD_COUNT, &count))
		hf_draft_close(d);
	return d;
}

/* Under a number that rises over several displacements. */
static bool take_last(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)value;
	if (key.len == sizeof(ASIDE) - 1 + 8)
		*(uint64_t *)ctx = hf_get_u64(key.data + key.len - 8) + 1;
	return false;
}

static size_t row_key(uint64_t number, uint8_t key[HF_KEY_MAX])
{
	memcpy(key, ASIDE, sizeof(ASIDE) - 1);
	hf_put_u64(key + sizeof(ASIDE) - 1, number);
	return sizeof(ASIDE) - 1 + 8;
}

static enum hf_err put_aside(struct hf_ledger *l, struct hf_unit *u, const Hufu__EntryOpening *o, uint64_t number)
{
	struct hf_buf box HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	uint8_t row[HF_KEY_MAX], key[32], *plain;
	size_t row_len = row_key(number, row), len;
	bool ok;

	plain = hf_encode(&o->base, &len);
	if (!plain || !hf_buf_reserve(&box, len + HF_BOX_OVERHEAD)) {
		free(plain);
		return HF_E_MEMORY;
	}
	aside_key(l, key);
	ok = hf_box_seal(key, row, row_len, plain, len, box.data);
	hf_wipe(key, sizeof(key));
	hf_wipe(plain, len);
	free(plain);
	if (!ok)
		return HF_E_CRYPTO;
	hf_unit_put(u, HF_TABLE_META, row, row_len, box.data, len + HF_BOX_OVERHEAD);
	return HF_OK;
}

static void drop_txn(struct hf_unit *u, const Hufu__EntryOpening *o)
{
	uint8_t key[HF_KEY_MAX];
	struct hf_id txn;
	uint64_t ordinal;

	if (hf_opening_txn(o, &txn) && hf_opening_number(o, HF_FIELD_ORDINAL, &ordinal))
		hf_unit_del(u, HF_TABLE_TXN_INDEX, key, hf_key_txn(&txn, (uint32_t)ordinal, key));
}

static enum hf_err displace_one(struct hf_ledger *l, struct hf_unit *u, uint64_t index, uint64_t *number)
{
	struct hf_opened o HF_CLEANUP(hf_opened_done) = HF_OPENED_INIT;
	const Hufu__Descriptor *d = hf_space_current(hf_ledger_space(l));
	uint8_t key[HF_KEY_MAX];

	if (hf_opening_read(&l->opening_keys, &l->own, &l->rows, index, &o) == HF_OK) {
		if (hf_opening_is(o.opening, HF_FIELD_EVENT, "key-change"))
			hf_key_change_forget(l, u);
		HF_TRY(put_aside(l, u, o.opening, (*number)++));
		drop_txn(u, o.opening);
	}
	hf_put_u64(key, index);
	hf_unit_del(u, HF_TABLE_ENTRY, key, 8);
	hf_unit_del(u, HF_TABLE_OPENING, key, 8);
	for (size_t i = 0; d && i < d->n_members; i++)
		hf_unit_del(u, HF_TABLE_SHARE, key, hf_key_share(d->members[i]->id, index, key));
	return HF_OK;
}

enum hf_err hf_tail_displace(struct hf_ledger *l, struct hf_unit *u, uint64_t from, uint64_t to)
{
	uint64_t number = 0;

	HF_TRY(hf_store_scan_back(l->store, HF_TABLE_META, ASIDE, sizeof(ASIDE) - 1, NULL, 0, take_last, &number));
	for (uint64_t i = from; i < to; i++)
		HF_TRY(displace_one(l, u, i, &number));
	return HF_OK;
}

struct bringing {
	struct hf_ledger *l;
	struct hf_unit *u;
	uint8_t key[32];
	size_t count;
};

static bool bring_one(void *ctx, struct hf_bytes row, struct hf_bytes box)
{
	struct bringing *b = ctx;
	struct hf_buf plain HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	Hufu__EntryOpening *o HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_draft *d = NULL;

	if (box.len > HF_BOX_OVERHEAD && hf_buf_reserve(&plain, box.len) &&
	    hf_box_open(b->key, row.data, row.len, box.data, box.len, plain.data)) {
		o = HF_DECODE_OWN(entry_opening, plain.data, box.len - HF_BOX_OVERHEAD);
		d = o ? draft_of(o) : NULL;
	}
	hf_unit_del(b->u, HF_TABLE_META, row.data, row.len);
	if (d) {
		hf_unit_draft(b->u, d);
		b->count++;
	}
	return true;
}

size_t hf_tail_bring_back(struct hf_ledger *l, struct hf_unit *u)
{
	struct bringing b = {.l = l, .u = u};

	aside_key(l, b.key);
	if (hf_store_scan(l->store, HF_TABLE_META, ASIDE, sizeof(ASIDE) - 1, NULL, 0, bring_one, &b) != HF_OK)
		HF_LOG(l->base->log, HF_LOG_ERROR, "ledger", "aside-unread", NULL, HF_LOG_E(HF_E_STORE));
	hf_wipe(b.key, sizeof(b.key));
	return b.count;
}
