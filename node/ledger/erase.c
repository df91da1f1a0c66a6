/*
 * erase.c - erasure of private fields: asked for by one person, approved by another, on record as a public entry, then
 * carried out by overwriting slots (slots.h), here and at every party that holds copies. Legal holds and the retention
 * period (DS-98, DS-104, DS-130) stand above any request.
 *
 * The entry comes first: what was approved and not carried out when the process died is carried out at the next start.
 * What a party does with it: erase_follow.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "ledger/collect.h"
#include "ledger/internal.h"
#include "proto/codec.h"

#define OBJECT_MAX (HF_ORIGIN_MAX + 8 + 21 * HF_ERASE_ENTRIES_MAX)

/* A party counts from its own first record of the transaction and by other witnesses' clocks, and what it refuses it
 * keeps for good: who asks waits this much longer. */
#define SLACK_MS (60 * 60 * 1000)

/* ---- rows ---- */

static Hufu__ErasureRow *erasure_row(struct hf_ledger *l, const struct hf_id *id)
{
	struct hf_bytes v;

	if (hf_rows_get(&l->rows, HF_TABLE_ERASURE, id->b, sizeof(id->b), &v) != HF_OK)
		return NULL;
	return HF_DECODE_OWN(erasure_row, v.data, v.len);
}

static void put(struct hf_unit *u, enum hf_table t, const struct hf_id *id, const ProtobufCMessage *row)
{
	size_t len;
	uint8_t *value = hf_encode(row, &len);

	if (!value)
		abort(); /* memory is gone */
	hf_unit_put(u, t, id->b, sizeof(id->b), value, len);
	free(value);
}

bool hf_erase_held(struct hf_ledger *l, const struct hf_id *txn)
{
	return hf_store_has(l->store, HF_TABLE_HOLD, txn->b, sizeof(txn->b));
}

/* ---- may it be erased? ---- */

/* By this node's clock and by the witnesses': setting the one forward ends no period. */
static enum hf_err refuse_young(struct hf_ledger *l, const struct hf_page *p, struct hf_fault *f)
{
	int64_t end = p->time_ms + HF_RETENTION_MS + SLACK_MS;
	char until[HF_TIME_TEXT];

	hf_time_text(end, until);
	if (hf_now_ms(&l->base->clock) < end)
		return hf_fault_set(f, HF_E_STATE,
		                    "entry %" PRIu64
		                    " is inside the retention period of six months; ask again after %s",
		                    p->index, until);
	if (hf_ledger_witnessed_ms(l) < end)
		return hf_fault_set(f, HF_E_STATE,
		                    "by the witnesses' clocks entry %" PRIu64
		                    " is inside the retention period of six months, until %s; set this node's clock "
		                    "right, or wait for a witnessed checkpoint",
		                    p->index, until);
	return HF_OK;
}

static enum hf_err refuse_held(struct hf_ledger *l, const struct hf_page *p, struct hf_fault *f)
{
	char text[HF_ID_TEXT];
	struct hf_id txn;

	if (!hf_opening_txn(p->opened.opening, &txn) || !hf_erase_held(l, &txn))
		return HF_OK;
	hf_id_text(&txn, text);
	return hf_fault_set(f, HF_E_STATE,
	                    "transaction %s is under a legal hold, so entry %" PRIu64
	                    " stays; `hufu ledger holds` says by whom",
	                    text, p->index);
}

static enum hf_err may_erase(struct hf_ledger *l, struct hf_book *b, uint64_t index, struct hf_fault *f)
{
	struct hf_page page;
	enum hf_err e = hf_page_read(b, index, &page);

	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "this node's ledger has no entry %" PRIu64 "; it has %" PRIu64, index,
		                    b->held);
	if (e != HF_OK)
		return hf_fault_set(f, e, "entry %" PRIu64 " does not verify; run `hufu ledger verify`", index);
	if (page.erased)
		e = hf_fault_set(f, HF_E_ERASED, "the content of entry %" PRIu64 " was erased before", index);
	else if (page.entry->event_class == HF_EVENT_CLASS_PUBLIC)
		e = hf_fault_set(f, HF_E_UNSUPPORTED,
		                 "entry %" PRIu64 " is public: every copy of the ledger carries its content", index);
	else
		e = refuse_young(l, &page, f);
	if (e == HF_OK)
		e = refuse_held(l, &page, f);
	hf_page_done(&page);
	return e;
}

static enum hf_err may_erase_all(struct hf_ledger *l, const uint64_t *index, size_t count, struct hf_fault *f)
{
	struct hf_book book;
	enum hf_err e = hf_book_open(l, NULL, &book);

	if (e != HF_OK)
		return hf_fault_set(f, e, "this node's ledger cannot be read");
	for (size_t i = 0; e == HF_OK && i < count; i++)
		e = may_erase(l, &book, index[i], f);
	hf_book_done(&book);
	return e;
}

/* ---- asking, approving ---- */

struct found {
	uint64_t index[HF_ERASE_ENTRIES_MAX];
	size_t count;
	bool more;
};

static bool take_index(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct found *found = ctx;

	(void)key;
	if (value.len != 8)
		return true;
	found->more = found->count == HF_ERASE_ENTRIES_MAX;
	if (!found->more)
		found->index[found->count++] = hf_get_u64(value.data);
	return !found->more;
}

static enum hf_err find_entries(struct hf_ledger *l, const struct hf_erase_ask *in, struct found *found,
                                struct hf_fault *f)
{
	if (hf_id_is_zero(&in->txn)) {
		found->index[found->count++] = in->entry;
		return HF_OK;
	}
	HF_TRY(hf_store_scan(l->store, HF_TABLE_TXN_INDEX, in->txn.b, sizeof(in->txn.b), NULL, 0, take_index, found));
	if (found->count == 0)
		return hf_fault_set(f, HF_E_UNKNOWN, "this node's ledger has no entry of that transaction");
	if (found->more)
		return hf_fault_set(f, HF_E_LIMIT, "the transaction has more than %u entries; name single ones",
		                    HF_ERASE_ENTRIES_MAX);
	return HF_OK;
}

enum hf_err hf_ledger_erase_ask(struct hf_ledger *l, struct hf_unit *unit, const struct hf_erase_ask *in,
                                struct hf_id *ret_id, struct hf_fault *f)
{
	Hufu__ErasureRow row = HUFU__ERASURE_ROW__INIT;
	struct found *found = hf_alloc_zero(sizeof(*found));
	enum hf_err e = find_entries(l, in, found, f);

	if (e == HF_OK)
		e = may_erase_all(l, found->index, found->count, f);
	if (e == HF_OK) {
		*ret_id = hf_id_new(hf_now_ms(&l->base->clock));
		row.entries = found->index;
		row.n_entries = found->count;
		row.reason = (char *)(uintptr_t)in->reason;
		row.asked_by = (char *)(uintptr_t)in->account;
		row.asked_ms = hf_now_ms(&l->base->clock);
		row.state = HF_ERASURE_ASKED;
		if (!hf_id_is_zero(&in->txn))
			row.transaction = hf_binary(in->txn.b, sizeof(in->txn.b));
		put(unit, HF_TABLE_ERASURE, ret_id, &row.base);
	}
	free(found);
	return e;
}

static enum hf_err open_asked(struct hf_ledger *l, const struct hf_id *id, Hufu__ErasureRow **ret_row,
                              struct hf_fault *f)
{
	Hufu__ErasureRow *row = erasure_row(l, id);
	char text[HF_ID_TEXT];

	hf_id_text(id, text);
	if (!row)
		return hf_fault_set(f, HF_E_UNKNOWN, "there is no erasure %s; `hufu ledger erasures` lists them", text);
	if (row->state != HF_ERASURE_ASKED) {
		hf_decoded_free(row);
		return hf_fault_set(f, HF_E_STATE,
		                    "erasure %s is not open any more; `hufu ledger erasures` says how it ended", text);
	}
	*ret_row = row;
	return HF_OK;
}

/* "ORIGIN 3,7,9": a party acts on it only in the ledger of that origin. */
static void name_entries(const struct hf_ledger *l, const Hufu__ErasureRow *row, struct hf_draft *d)
{
	struct hf_buf text;

	hf_buf_init(&text, OBJECT_MAX);
	hf_buf_addf(&text, "%s ", l->own.origin);
	for (size_t i = 0; i < row->n_entries; i++)
		hf_buf_addf(&text, "%s%" PRIu64, i ? "," : "", row->entries[i]);
	hf_draft_bytes(d, HF_FIELD_OBJECT, text.data, text.len);
	hf_buf_done(&text);
}

/* After the commit: the slots, then the row. */
struct carry {
	struct hf_ledger *ledger;
	struct hf_id id;
};

/* Own slots; and what came back from parties after a loss lies where copies do (recover.c). */
static enum hf_err erase_own(struct hf_ledger *l, const uint64_t *entries, size_t count)
{
	struct hf_place back = {.own = false};
	uint64_t *slots = hf_alloc((count + 1) * sizeof(*slots));
	size_t found = 0;
	enum hf_err e;

	memcpy(back.origin, l->own.origin, sizeof(back.origin));
	for (size_t i = 0; i < count; i++)
		found += hf_opening_slot(&back, &l->rows, entries[i], &slots[found]) == HF_OK;
	e = hf_slots_erase(l->opening_keys.slots_copies, slots, found);
	if (e == HF_OK)
		e = hf_slots_erase(l->opening_keys.slots_own, entries, count);
	free(slots);
	return e;
}

static void carry_out(struct hf_ledger *l, const struct hf_id *id)
{
	Hufu__ErasureRow *row HF_CLEANUP(hf_decoded_done) = erasure_row(l, id);
	struct hf_unit *u;

	if (!row || row->state != HF_ERASURE_APPROVED)
		return;
	if (erase_own(l, row->entries, row->n_entries) != HF_OK) {
		hf_alarm(l->base, "erasure-failed", NULL,
		         "the slots of an approved erasure could not be overwritten; check the disk, then restart the "
		         "node: "
		         "it is carried out then");
		return;
	}
	row->state = HF_ERASURE_DONE;
	u = hf_unit_new();
	put(u, HF_TABLE_ERASURE, id, &row->base);
	hf_store_submit(l->store, u, NULL, NULL);
}

static void on_approved(void *ctx)
{
	struct carry *c = ctx;

	if (!c->ledger->closing)
		carry_out(c->ledger, &c->id);
}

enum hf_err hf_ledger_erase_approve(struct hf_ledger *l, struct hf_unit *unit, const struct hf_id *id,
                                    const char *account, struct hf_fault *f)
{
	Hufu__ErasureRow *row = NULL;
	struct hf_draft *d;
	struct carry *c;

	HF_TRY(open_asked(l, id, &row, f));
	if (strcmp(row->asked_by, account) == 0) {
		hf_decoded_free(row);
		return hf_fault_set(f, HF_E_SEPARATION,
		                    "who asked for an erasure cannot approve it; another person has to");
	}
	enum hf_err e = may_erase_all(l, row->entries, row->n_entries, f);

	if (e != HF_OK) {
		hf_decoded_free(row);
		return e;
	}
	d = hf_draft_new(HF_EVENT_ERASURE, NULL);
	hf_draft_textf(d, HF_FIELD_ACTOR, "%s/%s, %s/%s", l->base->self.s, row->asked_by, l->base->self.s, account);
	name_entries(l, row, d);
	hf_draft_text(d, HF_FIELD_MANNER, "slots overwritten");
	hf_draft_outcome(d, HF_OK, NULL);
	hf_unit_draft(unit, d);
	Hufu__ErasureRow next = *row;

	next.state = HF_ERASURE_APPROVED;
	next.approved_by = (char *)(uintptr_t)account;
	next.approved_ms = hf_now_ms(&l->base->clock);
	put(unit, HF_TABLE_ERASURE, id, &next.base);
	c = hf_alloc(sizeof(*c));
	*c = (struct carry){l, *id};
	hf_unit_after(unit, on_approved, c, free);
	hf_decoded_free(row);
	return HF_OK;
}

enum hf_err hf_ledger_erase_withdraw(struct hf_ledger *l, struct hf_unit *unit, const struct hf_id *id,
                                     struct hf_fault *f)
{
	Hufu__ErasureRow *row HF_CLEANUP(hf_decoded_done) = NULL;

	HF_TRY(open_asked(l, id, &row, f));
	row->state = HF_ERASURE_WITHDRAWN;
	put(unit, HF_TABLE_ERASURE, id, &row->base);
	return HF_OK;
}

/* ---- at the start ---- */

static bool take_approved(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	Hufu__ErasureRow *row HF_CLEANUP(hf_decoded_done) = HF_DECODE_OWN(erasure_row, value.data, value.len);
	struct hf_id *id = ctx;

	if (!row || row->state != HF_ERASURE_APPROVED || key.len != sizeof(id->b))
		return true;
	memcpy(id->b, key.data, sizeof(id->b));
	return false;
}

static bool take_origin(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct hf_buf *list = ctx;

	(void)value;
	if (key.len <= HF_ORIGIN_MAX) {
		hf_buf_add(list, key.data, key.len);
		hf_buf_add(list, "", 1);
	}
	return true;
}

void hf_erase_resume(struct hf_ledger *l)
{
	struct hf_buf list HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_id id = {{0}}, last = {{0}};

	while (hf_store_scan(l->store, HF_TABLE_ERASURE, NULL, 0, NULL, 0, take_approved, &id) == HF_OK &&
	       !hf_id_is_zero(&id) && !hf_id_equal(&id, &last)) {
		carry_out(l, &id);
		last = id;
		id = (struct hf_id){{0}};
	}
	if (hf_store_scan(l->store, HF_TABLE_MIRROR, NULL, 0, NULL, 0, take_origin, &list) != HF_OK)
		return;
	for (size_t at = 0; at < list.len; at += strlen((const char *)list.data + at) + 1)
		hf_erase_follow(l, (const char *)list.data + at);
}

/* ---- lists and holds ---- */

struct listing {
	hf_erasure_fn fn;
	hf_hold_fn hold;
	void *ctx;
};

static bool list_erasure(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	Hufu__ErasureRow *row HF_CLEANUP(hf_decoded_done) = HF_DECODE_OWN(erasure_row, value.data, value.len);
	const struct listing *list = ctx;
	struct hf_erasure_view v = {.state = HF_ERASURE_INVALID};

	if (!row || !hf_id_from_bytes(key.data, key.len, &v.id))
		return true;
	if (!hf_id_from_bytes(row->transaction.data, row->transaction.len, &v.txn))
		v.txn = (struct hf_id){{0}};
	v.state = (enum hf_erasure_state)row->state;
	v.first = row->n_entries ? row->entries[0] : 0;
	v.count = row->n_entries;
	v.entries = row->entries;
	v.reason = row->reason;
	v.asked_by = row->asked_by;
	v.approved_by = row->approved_by;
	v.asked_ms = row->asked_ms;
	v.approved_ms = row->approved_ms;
	return list->fn(list->ctx, &v);
}

enum hf_err hf_ledger_erasures(struct hf_ledger *l, hf_erasure_fn fn, void *ctx)
{
	struct listing list = {fn, NULL, ctx};

	return hf_store_scan_back(l->store, HF_TABLE_ERASURE, NULL, 0, NULL, 0, list_erasure, &list);
}

enum hf_err hf_ledger_hold(struct hf_ledger *l, struct hf_unit *unit, const struct hf_id *txn, const char *reason,
                           const char *account)
{
	Hufu__HoldRow row = HUFU__HOLD_ROW__INIT;

	if (hf_erase_held(l, txn))
		return HF_E_EXISTS;
	row.reason = (char *)(uintptr_t)reason;
	row.by = (char *)(uintptr_t)account;
	row.since_ms = hf_now_ms(&l->base->clock);
	put(unit, HF_TABLE_HOLD, txn, &row.base);
	return HF_OK;
}

enum hf_err hf_ledger_hold_lift(struct hf_ledger *l, struct hf_unit *unit, const struct hf_id *txn)
{
	if (!hf_erase_held(l, txn))
		return HF_E_UNKNOWN;
	hf_unit_del(unit, HF_TABLE_HOLD, txn->b, sizeof(txn->b));
	return HF_OK;
}

static bool list_hold(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	Hufu__HoldRow *row HF_CLEANUP(hf_decoded_done) = HF_DECODE_OWN(hold_row, value.data, value.len);
	const struct listing *list = ctx;
	struct hf_id txn;

	if (!row || !hf_id_from_bytes(key.data, key.len, &txn))
		return true;
	return list->hold(list->ctx, &txn, row->reason, row->by, row->since_ms);
}

enum hf_err hf_ledger_holds(struct hf_ledger *l, hf_hold_fn fn, void *ctx)
{
	struct listing list = {NULL, fn, ctx};

	return hf_store_scan(l->store, HF_TABLE_HOLD, NULL, 0, NULL, 0, list_hold, &list);
}
