/* held.c - see held.h. */
#include "exchange/held.h"
#include "base/mem.h"

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

/* ---- destruction ---- */

struct destruction {
	uv_work_t work;
	struct hf_exchange *x;
	struct hf_id transfer;
	uint64_t slot;
	enum hf_err error;
	char why[400], by[HF_NAME_MAX + 1];
};

#define TRY_AGAIN_MS (10 * 60 * 1000)

/* What is not recorded is done again by a later sweep; what the disk did not do, not at once. */
static void on_recorded(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct destruction *d = ctx;
	struct hf_exchange *x = d->x;
	bool done = e == HF_OK && d->error == HF_OK;
	(void)info;
	x->destroying--;
	if (!done)
		x->destroy_after_ms = hf_mono_ms(&x->base->clock) + TRY_AGAIN_MS;
	free(d);
	if (done)
		held_sweep(x);
}

/* DS-85: gone for good, and that is on record, also for the provider. */
static void record(struct destruction *d, Hufu__HeldRow *row)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *e = hf_draft_new(HF_EVENT_DATA_DESTROYED, NULL);
	held_describe(d->x, e, row);
	if (d->by[0])
		hf_draft_textf(e, HF_FIELD_ACTOR, "%s/%s", d->x->base->self.s, d->by);
	else
		hf_draft_text(e, HF_FIELD_ACTOR, d->x->base->self.s);
	hf_draft_text(e, HF_FIELD_MANNER, d->by[0] ? "command" : "obligation");
	hf_draft_text(e, HF_FIELD_CACHE_DELETION,
	              d->error == HF_OK ? "the key is overwritten, the sealed file emptied and removed"
	                                : "the key or the sealed file could not be overwritten");
	hf_draft_outcome(e, d->error, d->why);
	hf_unit_draft(u, e);
	if (d->error == HF_OK) {
		char *reason = row->destroyed_reason;
		row->destroyed_ms = hf_now_ms(&d->x->base->clock);
		row->destroyed_reason = d->why;
		held_put(u, row);
		row->destroyed_reason = reason;
	}
	hf_store_submit(d->x->store, u, on_recorded, d);
}

static void destroy_done(uv_work_t *w, int status)
{
	struct destruction *d = w->data;
	struct hf_exchange *x = d->x;
	HF_CLEANUP(hf_decoded_done) Hufu__HeldRow *row = NULL;
	(void)status;
	if (d->error != HF_OK)
		hf_alarm(x->base, "data-not-destroyed", &d->transfer,
		         "the key of sealed data could not be overwritten: %s; check the disk, it is tried again",
		         hf_err_text(d->error));
	if (!x->closing && held_get(x, &d->transfer, &row) == HF_OK) {
		record(d, row);
		return;
	}
	x->destroying--; /* the next start does it again */
	free(d);
}

static void destroy_work(uv_work_t *w)
{
	struct destruction *d = w->data;
	d->error = vault_destroy(d->x->vault, d->slot, &d->transfer);
}

static void destroy(struct hf_exchange *x, const Hufu__HeldRow *row, const char *why, const char *by)
{
	struct hf_fault f = {HF_OK, ""};
	struct destruction *d = hf_alloc_zero(sizeof(*d));
	d->work.data = d;
	d->x = x;
	d->slot = row->slot;
	memcpy(d->transfer.b, row->transfer.data, sizeof(d->transfer.b));
	snprintf(d->why, sizeof(d->why), "%s", why);
	snprintf(d->by, sizeof(d->by), "%s", by ? by : "");
	reading_stop(x, &d->transfer, HF_E_ERASED, why);
	x->destroying++;
	if (vault_ready(x->vault, &f) == HF_OK &&
	    uv_queue_work(x->base->loop, &d->work, destroy_work, destroy_done) == 0)
		return;
	d->error = HF_E_IO;
	destroy_done(&d->work, 0);
}

/* Is it due? */
static bool due(struct hf_exchange *x, const Hufu__HeldRow *row, char why[400])
{
	struct hf_fault f = {HF_OK, ""};
	if (row->destroyed_ms)
		return false;
	if (row->destroying) {
		snprintf(why, 400, "%s", row->destroyed_reason);
		return true;
	}
	if (row->delete_ms && hf_now_ms(&x->base->clock) >= row->delete_ms) {
		snprintf(why, 400, "the obligation to delete the data after its time");
		return true;
	}
	if (!row->delete_at_end || !hf_data_use_over(x->authz, row, &f))
		return false;
	snprintf(why, 400, "the obligation to delete the data at the end: %.300s", f.text);
	return true;
}

struct sweep {
	struct hf_exchange *x;
	Hufu__HeldRow *row; /* the first that is due */
	char why[400];
};

static bool sweep_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct sweep *s = ctx;
	(void)key;
	Hufu__HeldRow *row = HF_DECODE_OWN(held_row, value.data, value.len);
	if (row && row->transfer.len == 16 && due(s->x, row, s->why)) {
		s->row = row;
		return false;
	}
	hf_decoded_free(row);
	return true;
}

/* One after the other. */
void held_sweep(struct hf_exchange *x)
{
	struct sweep s = {.x = x};
	if (x->destroying || x->closing || hf_mono_ms(&x->base->clock) < x->destroy_after_ms)
		return;
	if (hf_store_scan(x->store, HF_TABLE_HELD, NULL, 0, NULL, 0, sweep_row, &s) == HF_OK && s.row)
		destroy(x, s.row, s.why, NULL);
	hf_decoded_free(s.row);
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

/* ---- by a person ---- */

struct order {
	struct hf_exchange *x;
	struct hf_id transfer;
	char account[HF_NAME_MAX + 1];
};

static void free_order(void *ctx)
{
	struct order *o = ctx;
	o->x->destroying--;
	free(o);
}

static void after_order(void *ctx)
{
	struct order *o = ctx;
	HF_CLEANUP(hf_decoded_done) Hufu__HeldRow *row = NULL;
	if (held_get(o->x, &o->transfer, &row) == HF_OK && !row->destroyed_ms)
		destroy(o->x, row, row->destroyed_reason, o->account);
}

enum hf_err hf_data_destroy(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_id *transfer,
                            const char *reason, struct hf_unit *unit, struct hf_draft *draft, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__HeldRow *row = NULL;
	char id[HF_ID_TEXT];
	hf_id_text(transfer, id);
	enum hf_err e = held_get(x, transfer, &row);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "nothing of transfer %s is kept sealed here; `hufu data list` shows what is",
		                    id);
	HF_TRY(hf_fault_default(f, e));
	if (row->destroyed_ms || row->destroying)
		return hf_fault_set(f, HF_E_ERASED, "the data of transfer %s was destroyed already: %.250s", id,
		                    row->destroyed_reason);
	held_describe(x, draft, row);
	hf_draft_text(draft, HF_FIELD_DETAIL, reason);
	char *was = row->destroyed_reason;
	row->destroying = true;
	row->destroyed_reason = (char *)reason;
	held_put(unit, row);
	row->destroyed_reason = was;
	struct order *o = hf_alloc_zero(sizeof(*o));
	o->x = x;
	o->transfer = *transfer;
	snprintf(o->account, sizeof(o->account), "%s", actor->account);
	x->destroying++; /* the module stays until the unit is through */
	hf_unit_after(unit, after_order, o, free_order);
	return HF_OK;
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

const char *hf_data_state(struct hf_exchange *x, const Hufu__HeldRow *row)
{
	struct hf_fault f = {HF_OK, ""};
	if (row->destroyed_ms)
		return "destroyed";
	if (row->destroying)
		return "destroying";
	if (!hf_data_use_over(x->authz, row, &f))
		return hf_data_use_stopped(x->authz, row, &f) != HF_OK ? "stopped" : "held";
	return f.code == HF_E_GRANT_REVOKED ? "revoked" : "expired";
}
