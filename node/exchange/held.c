/* held.c - see held.h. */
#include "exchange/held.h"
#include "base/mem.h"
#include "exchange/update.h"

#include <stdlib.h>
#include <string.h>

#include "authz/data_use.h"
#include "authz/obligation.h"
#include "exchange/data.h"
#include "exchange/reading.h"
#include "exchange/transfer.h"
#include "exchange/vault.h"

/* ---- rows ---- */

void held_put(struct hf_unit *u, const Hufu__HeldRow *row)
{
	size_t len = 0;
	uint8_t *data = hf_encode(&row->base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(u, HF_TABLE_HELD, row->transfer.data, row->transfer.len, data, len);
	free(data);
}

enum hf_err held_get(struct hf_exchange *x, const struct hf_id *transfer, Hufu__HeldRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_TRY(hf_store_get(x->store, HF_TABLE_HELD, transfer->b, sizeof(transfer->b), &b));
	*ret_row = HF_DECODE_OWN(held_row, b.data, b.len);
	return *ret_row && (*ret_row)->transfer.len == 16 ? HF_OK : HF_E_STORE;
}

/* What the permission mark says: it was checked against the manifest, which the provider signed. */
static void fill_terms(Hufu__HeldRow *row, const Hufu__Label *l, int64_t now_ms)
{
	uint64_t ms;
	row->data_class = l->data_class;
	row->sensitive = l->sensitive;
	row->purpose = l->purpose;
	row->system = l->system;
	row->from_ms = l->from_ms;
	row->until_ms = l->until_ms;
	row->obligations = l->obligations;
	row->n_obligations = l->n_obligations;
	for (size_t i = 0; i < l->n_obligations; i++) {
		row->delete_at_end |= strcmp(l->obligations[i], "delete-at-end") == 0;
		if (hf_delete_after_parse(l->obligations[i], &ms) &&
		    (row->delete_ms == 0 || now_ms + (int64_t)ms < row->delete_ms))
			row->delete_ms = now_ms + (int64_t)ms;
	}
}

static void fill_transfer(Hufu__HeldRow *row, struct transfer *t)
{
	row->transfer = (ProtobufCBinaryData){16, t->id.b};
	row->grant = id_or_none(&t->grant);
	row->agreement = id_or_none(&t->agreement);
	row->resource = (ProtobufCBinaryData){16, t->resource.b};
	row->root = (ProtobufCBinaryData){32, t->root.b};
	row->provider = t->peer;
	row->account = t->account;
	row->slot = t->slot;
	row->level = t->level;
	row->bytes = t->bytes_total;
	row->rows = t->rows;
	row->held_ms = t->ended_ms;
}

void held_add(struct transfer *t, struct hf_unit *u)
{
	Hufu__HeldRow row = HUFU__HELD_ROW__INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = HF_DECODE(envelope, t->manifest.data, t->manifest.len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__Manifest *m = e ? HF_DECODE(manifest, e->payload.data, e->payload.len) : NULL;
	if (!m || !m->label)
		abort(); /* import.c has read it just now */
	fill_transfer(&row, t);
	fill_terms(&row, m->label, t->ended_ms);
	HF_CLEANUP(hf_buf_done) struct hf_buf label = HF_BUF_INIT;
	label_text(m->label, &label);
	if (hf_buf_add(&label, "", 1))
		row.label = (char *)label.data;
	row.fields = hf_alloc_zero((m->label->n_fields + 1) * sizeof(char *));
	for (size_t i = 0; i < m->label->n_fields; i++)
		row.fields[row.n_fields++] = m->label->fields[i]->name;
	held_put(u, &row);
	free(row.fields);
}

/* ---- how often it was read ---- */

struct counting {
	const Hufu__HeldRow *of;
	uint64_t made;
	enum hf_err error;
};

static bool same_bytes(const ProtobufCBinaryData *a, const ProtobufCBinaryData *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* By a rule there is no grant: the resource stands for it. */
static bool same_authorization(const Hufu__HeldRow *a, const Hufu__HeldRow *b)
{
	return same_bytes(&a->grant, &b->grant) && strcmp(a->provider, b->provider) == 0 &&
	       (a->grant.len > 0 || same_bytes(&a->resource, &b->resource));
}

static bool count_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct counting *c = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__HeldRow *row = HF_DECODE_OWN(held_row, value.data, value.len);
	if (!row)
		c->error = HF_E_STORE;
	else if (same_authorization(row, c->of))
		c->made += row->reads;
	return row != NULL;
}

enum hf_err held_reads_made(struct hf_exchange *x, const Hufu__HeldRow *row, uint64_t *ret_made)
{
	struct counting c = {row, 0, HF_OK};
	HF_TRY(hf_store_scan(x->store, HF_TABLE_HELD, NULL, 0, NULL, 0, count_row, &c));
	HF_TRY(c.error);
	*ret_made = c.made;
	return HF_OK;
}

/* ---- entries ---- */

void held_describe(const struct hf_exchange *x, struct hf_draft *d, const Hufu__HeldRow *row)
{
	struct hf_id id;
	char text[HF_ID_TEXT];
	if (hf_id_from_bytes(row->transfer.data, row->transfer.len, &id))
		hf_draft_txn(d, &id);
	if (hf_id_from_bytes(row->resource.data, row->resource.len, &id)) {
		hf_id_text(&id, text);
		hf_draft_text(d, HF_FIELD_OBJECT, text);
		hf_draft_text(d, HF_FIELD_RESOURCE, text);
	}
	if (hf_id_from_bytes(row->grant.data, row->grant.len, &id)) {
		hf_id_text(&id, text);
		hf_draft_text(d, HF_FIELD_GRANT, text);
	}
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, row->provider);
	hf_draft_text(d, HF_FIELD_ORGANIZATION, x->base->self.s);
	hf_draft_text(d, HF_FIELD_SYSTEM, row->system);
	hf_draft_textf(d, HF_FIELD_CLASS_GRADE, "%.120s, level %u%s", row->data_class, row->level,
	               row->sensitive ? ", sensitive" : "");
	if (row->label[0])
		hf_draft_text(d, HF_FIELD_LABEL, row->label);
	hf_draft_party(d, row->provider);
}

/* ---- the scanner ---- */

struct scanning {
	struct transfer *t;
	uint64_t next; /* chunk */
	hf_scan_fn fn;
	void *ctx;
};

/* Worker. */
static enum hf_err fill_scanner(void *ctx, uint8_t *out, size_t cap, size_t *ret_len)
{
	struct scanning *s = ctx;
	uint64_t at = s->next * CHUNK_BYTES, total = s->t->bytes_total;
	size_t len = at < total ? (size_t)(total - at < CHUNK_BYTES ? total - at : CHUNK_BYTES) : 0;
	if (len > cap)
		return HF_E_INTERNAL;
	if (len > 0)
		HF_TRY(s->t->target->read(s->t, s->next, out, len));
	s->next++;
	*ret_len = len;
	return HF_OK;
}

static void on_scanned(void *ctx, enum hf_err e, const char *text)
{
	struct scanning *s = ctx;
	struct transfer *t = s->t;
	s->fn(s->ctx, e, text);
	free(s);
	transfer_unhold(t);
}

void held_scan(struct transfer *t, hf_scan_fn fn, void *ctx)
{
	struct scanning *s = hf_alloc_zero(sizeof(*s));
	*s = (struct scanning){t, 0, fn, ctx};
	transfer_hold(t);
	hf_scan_fed(t->x->scanner, fill_scanner, s, on_scanned, s);
}

/* ---- listing ---- */

enum hf_err hf_data_get(struct hf_exchange *x, const struct hf_id *transfer, Hufu__HeldRow **ret_row)
{
	return held_get(x, transfer, ret_row);
}

struct listing {
	hf_held_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__HeldRow *row = HF_DECODE_OWN(held_row, value.data, value.len);
	if (!row)
		l->error = HF_E_STORE;
	return row && l->fn(l->ctx, row);
}

enum hf_err hf_data_list(struct hf_exchange *x, hf_held_fn fn, void *ctx)
{
	struct listing l = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan_back(x->store, HF_TABLE_HELD, NULL, 0, NULL, 0, list_row, &l));
	return l.error;
}

static bool is_stale(struct hf_exchange *x, const Hufu__HeldRow *row)
{
	struct hf_id entry, transfer;
	return hf_id_from_bytes(row->resource.data, row->resource.len, &entry) &&
	       hf_id_from_bytes(row->transfer.data, row->transfer.len, &transfer) &&
	       hf_update_stale(x, &entry, &transfer) != 0;
}

const char *hf_data_state(struct hf_exchange *x, const Hufu__HeldRow *row)
{
	struct hf_fault f = {HF_OK, ""};
	if (row->destroyed_ms)
		return "destroyed";
	if (row->destroying)
		return "destroying";
	if (!hf_data_use_over(x->authz, row, &f))
		return hf_data_use_stopped(x->authz, row, &f) != HF_OK ? "stopped"
		       : is_stale(x, row)                              ? "stale"
		                                                       : "held";
	return f.code == HF_E_GRANT_REVOKED ? "revoked" : "expired";
}
