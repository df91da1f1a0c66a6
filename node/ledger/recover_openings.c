/*
 * recover_openings.c - the private fields of recovered entries: every party has what it was sent of its transactions.
 * Kept in the form in which a party holds it, under this node's own key and slots; what nobody holds stays closed.
 */
#include <string.h>

#include "ledger/recover_internal.h"
#include "proto/codec.h"

static void index_txn(struct hf_unit *u, const Hufu__EntryOpening *o)
{
	uint8_t key[HF_KEY_MAX], value[8];
	struct hf_id txn;
	uint64_t ordinal;

	if (!hf_opening_txn(o, &txn) || !hf_opening_number(o, HF_FIELD_ORDINAL, &ordinal) || ordinal > UINT32_MAX)
		return;
	hf_put_u64(value, o->index);
	hf_unit_put(u, HF_TABLE_TXN_INDEX, key, hf_key_txn(&txn, (uint32_t)ordinal, key), value, sizeof(value));
}

/* Of an entry that was lost: what can be read anyway needs none. */
enum hf_err hf_recovery_take_opening(struct hf_recovery *r, struct hf_unit *u, const Hufu__EntryOpening *o,
                                     const Hufu__LedgerEntry *e, uint64_t *opened)
{
	struct hf_opened old HF_CLEANUP(hf_opened_done) = HF_OPENED_INIT;
	struct hf_buf sealed HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_place copies = {.own = false};
	struct hf_ledger *l = r->ledger;
	uint8_t key[HF_KEY_MAX];
	enum hf_err err;

	memcpy(copies.origin, l->own.origin, sizeof(copies.origin));
	if (strcmp(o->origin, l->own.origin) != 0 || !hf_entry_check_opening(e, o) ||
	    hf_opening_read(&l->opening_keys, &copies, &l->rows, o->index, &old) == HF_OK)
		return HF_OK;
	err = hf_opening_seal(&l->opening_keys, &copies, &l->rows, o, &sealed);
	if (err != HF_OK)
		return err == HF_E_ERASED ? HF_OK : err;
	hf_unit_put(u, HF_TABLE_MIRROR_OPENING, key, hf_place_key(&copies, o->index, key), sealed.data, sealed.len);
	index_txn(u, o);
	(*opened)++;
	return HF_OK;
}

static void gather(struct hf_recovery *r);

static void on_gathered(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct hf_recovery *r = ctx;

	(void)info;
	if (r->ledger->closing)
		return;
	if (e == HF_OK)
		r->out.opened += r->gathered;
	else
		r->from = r->from_before;
	if (e == HF_OK || ++r->tries < HF_RECOVERY_TRIES)
		gather(r);
	else
		hf_recovery_gather_next(r);
}

static enum hf_err gather_page(struct hf_recovery *r, const Hufu__LedgerFetched *in, struct hf_unit *u)
{
	struct hf_bytes bytes;

	for (size_t i = 0; i < in->n_openings; i++) {
		const Hufu__EntryOpening *o = in->openings[i];
		Hufu__LedgerEntry *e HF_CLEANUP(hf_decoded_done) = NULL;

		if (o->index < r->from || o->index >= r->goal.size)
			return HF_E_FORMAT;
		r->from = o->index + 1;
		if (o->index < r->lost_from)
			continue;
		HF_TRY(hf_place_entry(&r->ledger->own, &r->ledger->rows, o->index, &bytes));
		HF_TRY(hf_entry_decode(bytes.data, bytes.len, &e));
		HF_TRY(hf_recovery_take_opening(r, u, o, e, &r->gathered));
	}
	return hf_slots_sync(r->ledger->opening_keys.slots_copies);
}

static void on_openings(struct hf_ledger *l, struct hf_lpeer *p, struct hf_reply *reply, void *ctx)
{
	Hufu__LedgerFetched *in HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_recovery *r = ctx;
	struct hf_unit *u;

	(void)p;
	if (l->closing)
		return;
	in = reply->error == HF_OK ? HF_DECODE(ledger_fetched, reply->body.data, reply->body.len) : NULL;
	if (!in || in->n_openings == 0) {
		hf_recovery_gather_next(r);
		return;
	}
	u = hf_unit_new();
	r->gathered = 0;
	r->from_before = r->from;
	if (gather_page(r, in, u) == HF_OK) {
		hf_store_submit(l->store, u, on_gathered, r);
		return;
	}
	hf_unit_free(u);
	hf_recovery_gather_next(r);
}

static void gather(struct hf_recovery *r)
{
	Hufu__LedgerFetch m = HUFU__LEDGER_FETCH__INIT;

	if (r->from >= r->goal.size) {
		hf_recovery_gather_next(r);
		return;
	}
	m.origin = r->ledger->own.origin;
	m.start = r->from;
	m.size = r->goal.size;
	m.openings = true;
	hf_lane_call(r->ledger, hf_ledger_peer(r->ledger, r->mirror[r->asked - 1]), HF_LANE_RECOVER,
	             HF_MSG_LEDGER_FETCH, &m.base, on_openings, r);
}

/* The next party that may hold openings; the one that the entries came from has given its own. */
void hf_recovery_gather_next(struct hf_recovery *r)
{
	r->tries = 0;
	while (r->asked < r->mirrors && strcmp(r->mirror[r->asked], r->out.mirror) == 0)
		r->asked++;
	if (r->asked == r->mirrors) {
		hf_recovery_seal(r);
		return;
	}
	r->asked++;
	r->from = r->lost_from;
	gather(r);
}
