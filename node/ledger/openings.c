/*
 * openings.c - openings of other nodes' entries, sent because this node is a party. Each is held against its mirrored
 * entry, or kept until that arrives; at rest they are sealed; by them a transaction, and what
 * was done with a catalog entry, is found in the mirrored ledgers.
 *
 * A row of the index stands for at most one kept opening, whatever that says later: it is a claim of the log's owner,
 * believed by no reader before the opening was held against the entry (collect.c).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"
#include "proto/codec.h"

struct pending {
	struct hf_answer answer;
	uint32_t stored;
};

static void on_durable(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	Hufu__OpeningsReply reply = HUFU__OPENINGS_REPLY__INIT;
	struct pending *p = ctx;

	(void)info;
	reply.stored = p->stored;
	if (e == HF_OK)
		hf_ledger_answer(&p->answer, &reply.base);
	else
		hf_answer(&p->answer, HF_E_BUSY, "the openings could not be stored");
	free(p);
}

struct push {
	struct hf_ledger *l;
	const char *peer;
	const Hufu__OpeningsPush *in;
	struct hf_place place;
	Hufu__MirrorRow *row; /* NULL: nothing of that ledger has come yet */
	Hufu__MirrorRow fresh;
	struct hf_unit *unit;
	struct hf_buf sealed;
	uint32_t waiting;
	int64_t grows; /* bytes that they take */
	char text[160];
};

static enum hf_err refuse(struct push *p, enum hf_err e, const char *what, uint64_t index)
{
	snprintf(p->text, sizeof(p->text), "%s: entry %" PRIu64, what, index);
	return e;
}

/* Arrived entries are checked now, also those above the last checked checkpoint: their bytes are fixed by the hash
 * chain. */
static enum hf_err check(struct push *p, const Hufu__EntryOpening *o)
{
	Hufu__LedgerEntry *e HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_bytes bytes;
	uint8_t key[HF_KEY_MAX];

	if (o->index >= p->row->next) {
		if (!hf_store_has(p->l->store, HF_TABLE_MIRROR_OPENING, key, hf_place_key(&p->place, o->index, key)))
			p->waiting++;
		return p->waiting <= HF_LEDGER_WAITING_MAX
		               ? HF_OK
		               : refuse(p, HF_E_LIMIT, "too many openings wait for their entries", o->index);
	}
	HF_TRY(hf_place_entry(&p->place, &p->l->rows, o->index, &bytes));
	HF_TRY(hf_entry_decode(bytes.data, bytes.len, &e));
	return hf_entry_check_opening(e, o) ? HF_OK : refuse(p, HF_E_DIGEST, "the opening does not fit", o->index);
}

/* The place in the index of uses; 0 when the opening is about no catalog entry. */
static size_t use_key(const Hufu__EntryOpening *o, uint8_t key[HF_KEY_MAX])
{
	struct hf_id resource;

	return hf_opening_resource(o, &resource) ? hf_key_use(&resource, hf_opening_time(o), o->origin, o->index, key)
	                                         : 0;
}

int64_t hf_openings_taken_ms(struct hf_ledger *l, const Hufu__EntryOpening *o)
{
	uint8_t key[HF_KEY_MAX];
	size_t len = use_key(o, key);
	struct hf_bytes value;

	return len > 0 && hf_rows_get(&l->rows, HF_TABLE_USE, key, len, &value) == HF_OK && value.len == 8
	               ? (int64_t)hf_get_u64(value.data)
	               : 0;
}

void hf_openings_drop(struct hf_ledger *l, struct hf_unit *unit, const struct hf_place *place, uint64_t index)
{
	struct hf_opened old HF_CLEANUP(hf_opened_done) = HF_OPENED_INIT;
	uint8_t key[HF_KEY_MAX];
	struct hf_id txn;
	size_t len;

	if (hf_opening_read(&l->opening_keys, place, &l->rows, index, &old) == HF_OK) {
		if (hf_opening_txn(old.opening, &txn))
			hf_unit_del(unit, HF_TABLE_MIRROR_TXN, key, hf_key_mirror_txn(&txn, place->origin, index, key));
		if ((len = use_key(old.opening, key)) > 0)
			hf_unit_del(unit, HF_TABLE_USE, key, len);
	}
	hf_unit_del(unit, HF_TABLE_MIRROR_OPENING, key, hf_place_key(place, index, key));
}

static enum hf_err judge(struct push *p, size_t i)
{
	const Hufu__EntryOpening *o = p->in->openings[i];
	size_t old;

	if (strcmp(o->origin, p->in->origin) != 0)
		return refuse(p, HF_E_FORMAT, "the opening names another ledger", o->index);
	if (i > 0 && o->index <= p->in->openings[i - 1]->index)
		return refuse(p, HF_E_FORMAT, "the openings are not in order", o->index);
	HF_TRY(check(p, o));
	old = hf_place_size(&p->place, &p->l->rows, HF_PLACE_OPENING, o->index);
	p->grows += (int64_t)hf_opening_sealed_size(o) - (int64_t)old + (old ? 0 : (int64_t)HF_HOLDING_OPENING);
	return HF_OK;
}

/* What was erased here is not taken back: the row in its place stays as long as it was (judge). */
static void leave(struct push *p, const Hufu__EntryOpening *o)
{
	p->grows += (int64_t)hf_place_size(&p->place, &p->l->rows, HF_PLACE_OPENING, o->index);
	p->grows -= (int64_t)hf_opening_sealed_size(o);
}

/* After the push was admitted: a refused one takes no slot. */
static enum hf_err take(struct push *p, const Hufu__EntryOpening *o)
{
	uint8_t key[HF_KEY_MAX], taken[8];
	struct hf_id txn;
	size_t len;
	int64_t before = hf_openings_taken_ms(p->l, o); /* who sends it again changes nothing */
	enum hf_err e = hf_opening_seal(&p->l->opening_keys, &p->place, &p->l->rows, o, &p->sealed);

	if (e == HF_E_ERASED) {
		leave(p, o);
		return HF_OK;
	}
	HF_TRY(e);
	hf_openings_drop(p->l, p->unit, &p->place, o->index);
	hf_unit_put(p->unit, HF_TABLE_MIRROR_OPENING, key, hf_place_key(&p->place, o->index, key), p->sealed.data,
	            p->sealed.len);
	if (hf_opening_txn(o, &txn))
		hf_unit_put(p->unit, HF_TABLE_MIRROR_TXN, key, hf_key_mirror_txn(&txn, o->origin, o->index, key), NULL,
		            0);
	hf_put_u64(taken, (uint64_t)(before ? before : hf_now_ms(&p->l->base->clock)));
	if ((len = use_key(o, key)) > 0)
		hf_unit_put(p->unit, HF_TABLE_USE, key, len, taken, sizeof(taken));
	return HF_OK;
}

static enum hf_err take_all(struct push *p)
{
	struct hf_slots *slots = p->l->opening_keys.slots_copies;
	uint8_t taken[8];
	uint64_t count;

	for (size_t i = 0; i < p->in->n_openings; i++)
		HF_TRY(take(p, p->in->openings[i]));
	HF_TRY(hf_slots_count(slots, &count));
	hf_put_u64(taken, count);
	hf_unit_put(p->unit, HF_TABLE_META, HF_SLOTS_TAKEN_KEY, sizeof(HF_SLOTS_TAKEN_KEY) - 1, taken, sizeof(taken));
	return hf_slots_sync(slots);
}

static void store(struct push *p, const struct hf_answer *answer)
{
	struct pending *done;
	enum hf_err e;

	for (size_t i = 0; i < p->in->n_openings; i++)
		if ((e = judge(p, i)) != HF_OK) {
			hf_answer(answer, e, p->text[0] ? p->text : "an opening could not be checked");
			return;
		}
	if (!hf_holding_admit(p->l, p->peer, p->row, p->grows, answer))
		return;
	if (take_all(p) != HF_OK) {
		hf_answer(answer, HF_E_BUSY, "the openings could not be stored");
		return;
	}
	p->row->waiting = p->waiting;
	p->row->bytes += (uint64_t)p->grows;
	hf_mirror_row_put(p->unit, p->in->origin, p->row);
	hf_holding_took(p->l, p->peer, p->row, false);
	done = hf_alloc(sizeof(*done));
	*done = (struct pending){*answer, (uint32_t)p->in->n_openings};
	hf_store_submit(p->l->store, HF_TAKE(p->unit), on_durable, done);
}

void hf_openings_on_request(struct hf_ledger *l, const char *peer, struct hf_bytes body, const struct hf_answer *answer)
{
	Hufu__OpeningsPush *in HF_CLEANUP(hf_decoded_done) = HF_DECODE(openings_push, body.data, body.len);
	struct push p = {.l = l, .peer = peer, .in = in, .sealed = HF_BUF_INIT};

	if (!in) {
		hf_answer(answer, HF_E_FORMAT, "the message with openings is not of the required form");
		return;
	}
	if (!hf_ledger_owns(l, peer, in->origin, answer))
		return;
	snprintf(p.place.origin, sizeof(p.place.origin), "%s", in->origin);
	p.unit = hf_unit_new();
	hufu__mirror_row__init(&p.fresh);
	p.row = hf_mirror_row(l, in->origin);
	if (!p.row)
		p.row = &p.fresh;
	hf_holding_fix(l, peer, p.row);
	p.waiting = p.row->waiting;
	if (hf_holding_admit(l, peer, p.row, 0, answer))
		store(&p, answer);
	hf_unit_free(p.unit);
	hf_buf_done(&p.sealed);
	if (p.row != &p.fresh)
		hf_decoded_free(p.row);
}
