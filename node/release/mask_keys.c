/* mask_keys.c - see mask_keys.h. */
#include "release/mask_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ledger/slots.h"
#include "proto/codec.h"

struct hf_mask_keys {
	const struct hf_base *base;
	struct hf_store *store;
	const struct hf_node_keys *keys;
	struct hf_slots *slots;
	uint64_t next;       /* free slot */
	unsigned references; /* one, and one per erasure under way */
	bool closed;
};

/* ---- rows ---- */

static void put_row(struct hf_unit *u, const Hufu__MaskSeedRow *row)
{
	size_t len = 0;
	uint8_t *data = hf_encode(&row->base, &len);

	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(u, HF_TABLE_MASK_SEED, row->contract.data, row->contract.len, data, len);
	free(data);
}

static enum hf_err get_row(struct hf_mask_keys *k, const struct hf_id *contract, Hufu__MaskSeedRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;

	HF_TRY(hf_store_get(k->store, HF_TABLE_MASK_SEED, contract->b, sizeof(contract->b), &b));
	*ret_row = HF_DECODE_OWN(mask_seed_row, b.data, b.len);
	return *ret_row && (*ret_row)->contract.len == sizeof(contract->b) ? HF_OK : HF_E_STORE;
}

struct listing {
	hf_mask_seed_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	HF_CLEANUP(hf_decoded_done) Hufu__MaskSeedRow *row = HF_DECODE_OWN(mask_seed_row, value.data, value.len);

	(void)key;
	if (!row)
		l->error = HF_E_STORE;
	return row && l->fn(l->ctx, row);
}

enum hf_err hf_mask_seeds(struct hf_mask_keys *k, hf_mask_seed_fn fn, void *ctx)
{
	struct listing l = {fn, ctx, HF_OK};

	HF_TRY(hf_store_scan(k->store, HF_TABLE_MASK_SEED, NULL, 0, NULL, 0, list_row, &l));
	return l.error;
}

/* ---- root and seeds ---- */

void hf_mask_root(const struct hf_mask_keys *k, struct hf_mask_key *ret_root)
{
	memcpy(ret_root->b, k->keys->mask_root, sizeof(ret_root->b));
}

static enum hf_err read_seed(const struct hf_mask_keys *k, const Hufu__MaskSeedRow *row, const char *contract,
                             struct hf_mask_key *ret_seed, struct hf_fault *f)
{
	enum hf_err e = row->erasing ? HF_E_ERASED : hf_slots_get(k->slots, row->slot, ret_seed->b);

	if (e == HF_E_ERASED)
		return hf_fault_set(
		        f, e, "the masking seed of contract %s was erased%s%.200s; for new deliveries, agree anew",
		        contract, row->reason && *row->reason ? ": " : "", row->reason ? row->reason : "");
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(
		        f, HF_E_IO,
		        "the masking seed of contract %s is lost with ledger/slots-mask; put the right file "
		        "there, or erase the seed and agree anew",
		        contract);
	return hf_fault_default(f, e);
}

enum hf_err hf_mask_seed(struct hf_mask_keys *k, const struct hf_id *contract, struct hf_mask_key *ret_seed,
                         struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__MaskSeedRow *row = NULL;
	char text[HF_ID_TEXT];
	enum hf_err e;

	hf_id_text(contract, text);
	e = get_row(k, contract, &row);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e,
		                    "nothing was masked under contract %s, so it has no seed; `hufu mask keys` lists "
		                    "those that have",
		                    text);
	HF_TRY(hf_fault_default(f, e));
	return read_seed(k, row, text, ret_seed, f);
}

/* Once for each contract: one page of a small file is synced on the loop. A slot whose row is lost in a crash stays
 * unused. */
static enum hf_err make_seed(struct hf_mask_keys *k, const struct hf_id *contract, const char *consumer,
                             struct hf_mask_key *ret_seed)
{
	Hufu__MaskSeedRow row = HUFU__MASK_SEED_ROW__INIT;
	struct hf_mask_key seed;
	struct hf_unit *u;

	HF_TRY(hf_slots_reserve(k->slots, k->next + 1));
	hf_random(seed.b, sizeof(seed.b));
	HF_TRY(hf_slots_put(k->slots, k->next, seed.b, 1));
	HF_TRY(hf_slots_sync(k->slots));
	row.contract = (ProtobufCBinaryData){sizeof(contract->b), (uint8_t *)contract->b};
	row.consumer = (char *)consumer;
	row.slot = k->next++;
	row.made_ms = hf_now_ms(&k->base->clock);
	u = hf_unit_new();
	put_row(u, &row);
	hf_store_submit(k->store, u, NULL, NULL);
	*ret_seed = seed;
	hf_wipe(&seed, sizeof(seed));
	return HF_OK;
}

enum hf_err hf_mask_seed_make(struct hf_mask_keys *k, const struct hf_id *contract, const char *consumer,
                              struct hf_mask_key *ret_seed, struct hf_fault *f)
{
	enum hf_err e = hf_mask_seed(k, contract, ret_seed, f);

	if (e != HF_E_UNKNOWN)
		return e;
	e = make_seed(k, contract, consumer, ret_seed);
	return e == HF_OK ? e
	                  : hf_fault_set(f, e, "no masking seed can be written to ledger/slots-mask; check the disk");
}

bool hf_mask_seed_stands(struct hf_mask_keys *k, const struct hf_id *contract)
{
	HF_CLEANUP(hf_decoded_done) Hufu__MaskSeedRow *row = NULL;

	return get_row(k, contract, &row) == HF_OK && !row->erasing && !row->erased_ms;
}

/* ---- erasing ---- */

struct erasing {
	struct hf_mask_keys *k;
	struct hf_id contract;
	enum hf_err error;
	hf_mask_erased_fn fn;
	void *ctx;
};

static void release(struct hf_mask_keys *k)
{
	if (--k->references > 0)
		return;
	hf_slots_close(k->slots);
	free(k);
}

static void end_erasing(struct erasing *x, enum hf_err e)
{
	struct hf_mask_keys *k = x->k;

	if (x->fn)
		x->fn(x->ctx, e);
	free(x);
	release(k);
}

static void on_recorded(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct erasing *x = ctx;

	(void)info;
	end_erasing(x, e == HF_OK ? x->error : e);
}

static struct hf_draft *draft_of(const struct erasing *x, const Hufu__MaskSeedRow *row)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_MASK_KEY_ERASED, NULL);
	char id[HF_ID_TEXT];

	hf_id_text(&x->contract, id);
	hf_draft_textf(d, HF_FIELD_ACTOR, "%s/%s", x->k->base->self.s, row->by);
	hf_draft_text(d, HF_FIELD_OBJECT, id);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, row->consumer);
	hf_draft_text(d, HF_FIELD_PROCESSING,
	              x->error == HF_OK
	                      ? "the contract's masking seed is overwritten: what was masked under it can be neither "
	                        "reversed nor recomputed any more"
	                      : "the contract's masking seed could not be overwritten; it is tried again at the next "
	                        "start");
	hf_draft_outcome(d, x->error, row->reason);
	hf_draft_party(d, row->consumer);
	return d;
}

/* The decision is durable. */
static void overwrite(struct erasing *x)
{
	HF_CLEANUP(hf_decoded_done) Hufu__MaskSeedRow *row = NULL;
	struct hf_unit *u;
	enum hf_err e = get_row(x->k, &x->contract, &row);

	if (e != HF_OK || x->k->closed) {
		end_erasing(x, e == HF_OK ? HF_E_CANCELLED : e);
		return;
	}
	x->error = hf_slots_erase(x->k->slots, &row->slot, 1);
	if (x->error != HF_OK)
		hf_alarm(x->k->base, "mask-key-not-erased", NULL,
		         "the masking seed of a contract could not be overwritten: %s; check the disk and restart",
		         hf_err_text(x->error));
	u = hf_unit_new();
	hf_unit_draft(u, draft_of(x, row));
	if (x->error == HF_OK) {
		row->erased_ms = hf_now_ms(&x->k->base->clock);
		put_row(u, row);
	}
	hf_store_submit(x->k->store, u, on_recorded, x);
}

static void on_decided(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct erasing *x = ctx;

	(void)info;
	if (e == HF_OK)
		overwrite(x);
	else
		end_erasing(x, e);
}

static struct erasing *new_erasing(struct hf_mask_keys *k, const struct hf_id *contract)
{
	struct erasing *x = hf_alloc_zero(sizeof(*x));

	x->k = k;
	x->contract = *contract;
	k->references++;
	return x;
}

enum hf_err hf_mask_seed_erase(struct hf_mask_keys *k, const struct hf_mask_erasure *in, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__MaskSeedRow *row = NULL;
	char text[HF_ID_TEXT];
	enum hf_err e = get_row(k, &in->contract, &row);

	hf_id_text(&in->contract, text);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "contract %s has no masking seed; `hufu mask keys` lists those that have one",
		                    text);
	HF_TRY(hf_fault_default(f, e));
	if (row->erasing)
		return hf_fault_set(f, HF_E_ERASED, "the masking seed of contract %s was erased already: %.200s", text,
		                    row->reason);
	struct hf_unit *u = hf_unit_new();
	Hufu__MaskSeedRow now = *row;
	struct erasing *x = new_erasing(k, &in->contract);
	now.erasing = true;
	now.reason = (char *)in->reason;
	now.by = (char *)in->by;
	put_row(u, &now);
	x->fn = in->fn;
	x->ctx = in->ctx;
	hf_store_submit(k->store, u, on_decided, x);
	return HF_OK;
}

/* ---- opening ---- */

struct opening {
	struct hf_mask_keys *k;
	struct hf_id undone[64]; /* the rest at the next start */
	size_t count;
};

static bool look_at_row(void *ctx, const Hufu__MaskSeedRow *row)
{
	struct opening *o = ctx;

	if (row->slot >= o->k->next)
		o->k->next = row->slot + 1;
	if (row->erasing && !row->erased_ms && o->count < sizeof(o->undone) / sizeof(o->undone[0]) &&
	    hf_id_from_bytes(row->contract.data, row->contract.len, &o->undone[o->count]))
		o->count++;
	return true;
}

static enum hf_err open_keys(struct hf_mask_keys *k, struct opening *o, struct hf_fault *f)
{
	uint64_t count = 0;

	if (!k->keys->mask_root)
		return hf_fault_set(f, HF_E_STATE, "the node's key file has no masking root; start it with hufud");
	HF_TRY(hf_slots_open(k->base->dir, "mask", &k->slots, f));
	HF_TRY(hf_fault_default(f, hf_slots_count(k->slots, &count)));
	HF_TRY(hf_fault_default(f, hf_mask_seeds(k, look_at_row, o)));
	k->next = count > k->next ? count : k->next;
	return HF_OK;
}

enum hf_err hf_mask_keys_open(const struct hf_base *base, struct hf_store *store, const struct hf_node_keys *keys,
                              struct hf_mask_keys **ret_keys, struct hf_fault *f)
{
	struct hf_mask_keys *k = hf_alloc_zero(sizeof(*k));
	struct opening o = {.k = k};
	enum hf_err e;

	k->base = base;
	k->store = store;
	k->keys = keys;
	k->references = 1;
	e = open_keys(k, &o, f);
	if (e != HF_OK) {
		release(k);
		return e;
	}
	for (size_t i = 0; i < o.count; i++)
		overwrite(new_erasing(k, &o.undone[i]));
	*ret_keys = k;
	return HF_OK;
}

void hf_mask_keys_close(struct hf_mask_keys *k)
{
	if (!k)
		return;
	k->closed = true;
	release(k);
}
