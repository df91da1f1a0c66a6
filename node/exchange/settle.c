/* settle.c - see settle.h. */
#include "exchange/settle.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "exchange/unsettled.h"
#include "proto/codec.h"
#include "state_exchange.pb-c.h"

#define KEY_BYTES 32 /* grant or resource, transfer */
#define SETTLED_AT_ONCE 64u

/* By a rule there is no grant; then the resource stands for it. */
static const struct hf_id *scope_of(const struct hf_id *grant, const struct hf_id *resource)
{
	return hf_id_is_zero(grant) ? resource : grant;
}

static void key_of(const struct hf_id *scope, const struct hf_id *transfer, uint8_t key[KEY_BYTES])
{
	memcpy(key, scope->b, 16);
	memcpy(key + 16, transfer->b, 16);
}

static void draft_dispute(const struct transfer *t, enum unsettled kind, struct hf_unit *u)
{
	struct hf_hash manifest;
	char hex[65], text[200];
	hf_sha256(t->manifest.data, t->manifest.len, &manifest);
	hf_hash_hex(&manifest, hex);
	snprintf(text, sizeof(text), "%s the manifest %s",
	         kind == UNSETTLED_QUALITY ? "the consumer's signed receipt says not-met of"
	                                   : "the consumer has signed that it did not take what was sent by",
	         hex);
	struct hf_draft *d = transfer_draft(t, HF_EVENT_DELIVERY_DISPUTE, HF_OK, text);
	draft_digest(d, kind == UNSETTLED_QUALITY ? &t->receipt : &t->undelivered);
	hf_draft_bytes(d, HF_FIELD_CONTENT_ROOT, t->root.b, sizeof(t->root.b));
	hf_draft_text(d, HF_FIELD_QUALITY, kind == UNSETTLED_QUALITY ? t->quality : "not examined");
	hf_unit_draft(u, d);
}

void settle_open(const struct transfer *t, enum unsettled kind, struct hf_unit *u)
{
	Hufu__UnsettledRow row = HUFU__UNSETTLED_ROW__INIT;
	uint8_t key[KEY_BYTES];
	size_t len = 0;
	row.peer = (char *)t->peer;
	row.resource = (ProtobufCBinaryData){16, (uint8_t *)t->resource.b};
	row.kind = kind;
	row.since_ms = hf_now_ms(&t->x->base->clock);
	key_of(scope_of(&t->grant, &t->resource), &t->id, key);
	uint8_t *data = hf_encode(&row.base, &len);
	if (!data)
		abort();
	hf_unit_put(u, HF_TABLE_UNSETTLED, key, sizeof(key), data, len);
	free(data);
	if (kind != UNSETTLED_RECEIPT)
		draft_dispute(t, kind, u);
}

/* ---- reading ---- */

struct look {
	const char *peer;             /* NULL: whoever */
	const struct hf_id *transfer; /* NULL: whichever */
	bool receipts, disputes;      /* which kinds */
	uint8_t key[SETTLED_AT_ONCE][KEY_BYTES];
	int64_t since_ms[SETTLED_AT_ONCE];
	size_t count;
	bool broken;
};

static bool look_at(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct look *l = ctx;
	HF_CLEANUP(hf_decoded_done) Hufu__UnsettledRow *row = HF_DECODE_OWN(unsettled_row, value.data, value.len);
	l->broken |= !row || key.len != KEY_BYTES;
	if (l->broken)
		return false;
	if ((l->peer && strcmp(row->peer, l->peer) != 0) ||
	    !(row->kind == UNSETTLED_RECEIPT ? l->receipts : l->disputes) ||
	    (l->transfer && memcmp(key.data + 16, l->transfer->b, 16) != 0))
		return true;
	memcpy(l->key[l->count], key.data, KEY_BYTES);
	l->since_ms[l->count++] = row->since_ms;
	return l->count < SETTLED_AT_ONCE;
}

static enum hf_err look_in(struct hf_exchange *x, const struct hf_id *scope, struct look *l)
{
	HF_TRY(hf_store_scan(x->store, HF_TABLE_UNSETTLED, scope ? scope->b : NULL, scope ? 16 : 0, NULL, 0, look_at,
	                     l));
	return l->broken ? HF_E_STORE : HF_OK;
}

enum hf_err settle_check(struct hf_exchange *x, const struct hf_id *grant, const struct hf_id *resource,
                         const char *peer, struct hf_fault *f)
{
	struct look l = {.peer = peer, .receipts = true};
	char id[HF_ID_TEXT], since[HF_TIME_TEXT];
	struct hf_id transfer;
	enum hf_err e = look_in(x, scope_of(grant, resource), &l);
	if (e != HF_OK)
		return hf_fault_set(f, e, "what is not settled cannot be read, so nothing is delivered");
	if (l.count == 0)
		return HF_OK;
	memcpy(transfer.b, l.key[0] + 16, sizeof(transfer.b));
	hf_id_text(&transfer, id);
	hf_time_text(l.since_ms[0], since);
	return hf_fault_set(
	        f, HF_E_UNSETTLED,
	        "the receipt of delivery %s, or the signed end instead, has been missing since %s; nothing more is "
	        "delivered under this authorization until it comes, or the provider settles it (`hufu transfers "
	        "settle %s`)",
	        id, since, id);
}

static bool delete_all(const struct transfer *t, struct look *l, struct hf_unit *u)
{
	if (look_in(t->x, scope_of(&t->grant, &t->resource), l) != HF_OK)
		return false;
	for (size_t i = 0; i < l->count; i++)
		hf_unit_del(u, HF_TABLE_UNSETTLED, l->key[i], KEY_BYTES);
	return true;
}

void settle_received(const struct transfer *t, struct hf_unit *u)
{
	struct look own = {.peer = t->peer, .transfer = &t->id, .receipts = true, .disputes = true};
	struct look disputes = {.peer = t->peer, .disputes = true};
	bool ok = delete_all(t, &own, u);
	if (strcmp(t->quality, "met") == 0)
		ok = delete_all(t, &disputes, u) && ok;
	if (!ok)
		hf_alarm(t->x->base, "unsettled", &t->id, "what is not settled cannot be read; it stays so");
}

void settle_undelivered(const struct transfer *t, struct hf_unit *u)
{
	struct look own = {.peer = t->peer, .transfer = &t->id, .receipts = true};
	enum hf_err e = look_in(t->x, scope_of(&t->grant, &t->resource), &own);
	bool late = transfer_ended(t->state), all = t->manifest.len > 0;
	if (e != HF_OK)
		hf_alarm(t->x->base, "unsettled", &t->id, "what is not settled cannot be read; it stays so");
	if (e != HF_OK || (late && own.count == 0)) /* a person has settled it */
		return;
	if (own.count > 0)
		hf_unit_del(u, HF_TABLE_UNSETTLED, own.key[0], KEY_BYTES);
	if (late) {
		struct hf_draft *d = transfer_draft(t, HF_EVENT_DELIVERY_SETTLED, HF_OK,
		                                    "the consumer has signed how much of it it has");
		draft_digest(d, &t->undelivered);
		hf_unit_draft(u, d);
	}
	if (!all)
		return;
	settle_open(t, UNSETTLED_UNDELIVERED, u);
	hf_alarm(t->x->base, "delivery-dispute", &t->id,
	         "%s was sent everything and has signed that it did not take it; the entry `transfer-terminated` "
	         "has its reason",
	         t->peer);
}

/* ---- people ---- */

struct listing {
	hf_unsettled_fn fn;
	void *ctx;
	bool broken;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	struct hf_unsettled_view v = {.since_ms = 0};
	HF_CLEANUP(hf_decoded_done) Hufu__UnsettledRow *row = HF_DECODE_OWN(unsettled_row, value.data, value.len);
	l->broken |= !row || key.len != KEY_BYTES || row->resource.len != 16;
	if (l->broken)
		return false;
	memcpy(v.transfer.b, key.data + 16, 16);
	memcpy(v.resource.b, row->resource.data, 16);
	snprintf(v.peer, sizeof(v.peer), "%s", row->peer);
	v.missing = row->kind == UNSETTLED_RECEIPT;
	v.undelivered = row->kind == UNSETTLED_UNDELIVERED;
	v.since_ms = row->since_ms;
	return l->fn(l->ctx, &v);
}

enum hf_err hf_exchange_unsettled(struct hf_exchange *x, hf_unsettled_fn fn, void *ctx)
{
	struct listing l = {fn, ctx, false};
	HF_TRY(hf_store_scan(x->store, HF_TABLE_UNSETTLED, NULL, 0, NULL, 0, list_row, &l));
	return l.broken ? HF_E_STORE : HF_OK;
}

enum hf_err hf_exchange_settle(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_id *transfer,
                               const char *reason, struct hf_unit *unit, struct hf_fault *f)
{
	struct transfer *t = transfer_find(x, transfer, true), *loaded = NULL;
	struct look l = {.transfer = transfer, .receipts = true, .disputes = true};
	if (!t && transfer_load(x, transfer, true, &loaded) == HF_OK)
		t = loaded;
	enum hf_err e = t ? look_in(x, scope_of(&t->grant, &t->resource), &l) : HF_E_UNKNOWN;
	if (e == HF_E_UNKNOWN || (e == HF_OK && l.count == 0)) {
		e = hf_fault_set(f, HF_E_UNKNOWN,
		                 "nothing about that delivery waits to be settled here; `hufu transfers open` lists "
		                 "what does");
	} else if (e == HF_OK) {
		struct hf_draft *d = transfer_draft(t, HF_EVENT_DELIVERY_SETTLED, HF_OK, reason);
		hf_draft_textf(d, HF_FIELD_EXECUTOR, "%s/%s", x->base->self.s, actor->account);
		hf_unit_draft(unit, d);
		hf_unit_del(unit, HF_TABLE_UNSETTLED, l.key[0], KEY_BYTES);
	}
	transfer_release(loaded);
	return hf_fault_default(f, e);
}
