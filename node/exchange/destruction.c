/* destruction.c - see destruction.h: who asks and who approves, and what is due by itself. */
#include "exchange/destruction.h"

#include <stdlib.h>
#include <string.h>

#include "authz/data_use.h"
#include "authz/destruction.h"
#include "base/mem.h"
#include "exchange/destroying.h"
#include "exchange/held.h"
#include "exchange/reading.h"

#define TRY_AGAIN_MS (10 * 60 * 1000)

/* ---- rows ---- */

static bool is_state(const Hufu__DestructionRow *row, const char *state)
{
	return strcmp(row->state, state) == 0;
}

struct listing {
	hf_destruction_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__DestructionRow *row = HF_DECODE_OWN(destruction_row, value.data, value.len);
	if (!row)
		l->error = HF_E_STORE;
	return row && l->fn(l->ctx, row);
}

enum hf_err hf_destruction_list(struct hf_exchange *x, const struct hf_id *object, hf_destruction_fn fn, void *ctx)
{
	struct listing l = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan(x->store, HF_TABLE_DESTRUCTION, object ? object->b : NULL, object ? 16 : 0, NULL, 0,
	                     list_row, &l));
	return l.error;
}

/* ---- the order that counts for an object ---- */

/* What is done is done; what is under way or asked for stands before what came to nothing. */
static unsigned weight_of(const Hufu__DestructionRow *row)
{
	if (is_state(row, "done"))
		return 3;
	if (is_state(row, "asked") || is_state(row, "approved"))
		return 2;
	return is_state(row, "open");
}

struct newest {
	Hufu__DestructionRow *row;
};

static bool take_newest(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct newest *n = ctx;
	(void)key;
	Hufu__DestructionRow *row = HF_DECODE_OWN(destruction_row, value.data, value.len);
	if (row && n->row && weight_of(row) < weight_of(n->row)) {
		hf_decoded_free(row);
		return true;
	}
	hf_decoded_free(n->row);
	n->row = row;
	return row != NULL;
}

/* The newest of those that weigh most. NULL: there was none. */
static enum hf_err newest_of(struct hf_exchange *x, const struct hf_id *object, Hufu__DestructionRow **ret_row)
{
	struct newest n = {NULL};
	HF_TRY(hf_store_scan(x->store, HF_TABLE_DESTRUCTION, object->b, sizeof(object->b), NULL, 0, take_newest, &n));
	*ret_row = n.row;
	return HF_OK;
}

/* Nothing of it is done away with while it is evidence. */
static bool is_kept_for_law(struct hf_exchange *x, const ProtobufCBinaryData *transfer)
{
	return hf_store_has(x->store, HF_TABLE_HOLD, transfer->data, transfer->len);
}

/* ---- what there is ---- */

/* What was delivered, and how it lies here; texts point into it. */
struct delivered {
	Hufu__HeldRow *held;   /* sealed; or */
	struct transfer *file; /* a file */
};

static void delivered_done(struct delivered *d)
{
	hf_decoded_free(d->held);
	transfer_release(d->file);
}

static enum hf_err find_delivered(struct hf_exchange *x, const struct hf_id *transfer, struct delivered *ret,
                                  struct hf_fault *f)
{
	char id[HF_ID_TEXT];
	hf_id_text(transfer, id);
	*ret = (struct delivered){NULL, NULL};
	enum hf_err e = held_get(x, transfer, &ret->held);
	if (e != HF_E_UNKNOWN)
		return hf_fault_default(f, e);
	if (!transfer_find(x, transfer, false) && transfer_load(x, transfer, false, &ret->file) == HF_OK &&
	    ret->file->state == TRANSFER_COMPLETED && ret->file->output[0])
		return HF_OK;
	delivered_done(ret);
	*ret = (struct delivered){NULL, NULL};
	return hf_fault_set(f, HF_E_UNKNOWN,
	                    "nothing of transfer %s lies here; `hufu data list` and `hufu transfers` show what does",
	                    id);
}

static void fill_row(Hufu__DestructionRow *row, const struct delivered *what)
{
	if (what->held) {
		row->kind = (char *)"sealed";
		row->transfer = row->object = what->held->transfer;
		row->resource = what->held->resource;
		row->provider = what->held->provider;
	} else {
		row->kind = (char *)"file";
		row->transfer = row->object = (ProtobufCBinaryData){16, what->file->id.b};
		row->resource = (ProtobufCBinaryData){16, what->file->resource.b};
		row->provider = what->file->peer;
	}
}

static void describe(struct hf_exchange *x, struct hf_draft *d, const Hufu__DestructionRow *row)
{
	char text[HF_ID_TEXT];
	struct hf_id id;
	if (hf_id_from_bytes(row->transfer.data, row->transfer.len, &id))
		hf_draft_txn(d, &id);
	if (hf_id_from_bytes(row->id.data, row->id.len, &id)) {
		hf_id_text(&id, text);
		hf_draft_text(d, HF_FIELD_OBJECT, text);
	}
	if (hf_id_from_bytes(row->resource.data, row->resource.len, &id)) {
		hf_id_text(&id, text);
		hf_draft_text(d, HF_FIELD_RESOURCE, text);
	}
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, row->provider);
	hf_draft_text(d, HF_FIELD_ORGANIZATION, x->base->self.s);
	hf_draft_party(d, row->provider);
}

/* ---- a person asks ---- */

static enum hf_err may_be_asked(struct hf_exchange *x, const struct hf_id *transfer, const struct delivered *what,
                                const Hufu__DestructionRow *newest, struct hf_fault *f)
{
	const ProtobufCBinaryData id = {16, (uint8_t *)transfer->b};
	char text[HF_ID_TEXT];
	hf_id_text(transfer, text);
	if (what->held && (what->held->destroyed_ms || what->held->destroying))
		return hf_fault_set(f, HF_E_ERASED, "the data of transfer %s was destroyed already: %.250s", text,
		                    what->held->destroyed_reason);
	if (newest && is_state(newest, "done"))
		return hf_fault_set(f, HF_E_ERASED, "the data of transfer %s was destroyed already: %.250s", text,
		                    newest->reason);
	if (newest && is_state(newest, "asked"))
		return hf_fault_set(
		        f, HF_E_STATE,
		        "%s has asked for the destruction of the data of transfer %s already; another person "
		        "approves it with `hufu data approve-destruction`",
		        newest->asked_by, text);
	if (newest && is_state(newest, "approved"))
		return hf_fault_set(f, HF_E_STATE, "the data of transfer %s is being destroyed", text);
	if (is_kept_for_law(x, &id))
		return hf_fault_set(
		        f, HF_E_STATE,
		        "transfer %s is under a legal hold, so its data stays; `hufu ledger holds` says by whom", text);
	return HF_OK;
}

enum hf_err hf_destruction_ask(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_id *transfer,
                               const char *reason, struct hf_unit *unit, struct hf_draft *draft, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf statement = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__DestructionRow *newest = NULL;
	Hufu__DestructionRow row = HUFU__DESTRUCTION_ROW__INIT;
	struct delivered what;
	struct hf_id id = hf_id_new(hf_now_ms(&x->base->clock));
	HF_TRY(hf_fault_default(f, newest_of(x, transfer, &newest)));
	bool made = newest && strcmp(newest->kind, "source") == 0; /* of what was delivered */
	if (made)
		what = (struct delivered){NULL, NULL};
	else
		HF_TRY(find_delivered(x, transfer, &what, f));
	enum hf_err e = may_be_asked(x, transfer, &what, newest, f);
	if (made)
		row = *newest;
	else
		fill_row(&row, &what);
	row.policy = row.approved_by = row.outcome = row.found = (char *)"";
	row.windows = row.approved = (ProtobufCBinaryData){0, NULL};
	row.id = (ProtobufCBinaryData){16, id.b};
	row.state = (char *)"asked";
	row.reason = (char *)reason;
	row.asked_by = (char *)actor->account;
	row.asked_ms = hf_now_ms(&x->base->clock);
	if (e == HF_OK)
		e = hf_destruction_sign_asked(x->authz, actor, &row, &statement, f);
	if (e == HF_OK) {
		row.asked = (ProtobufCBinaryData){statement.len, statement.data};
		destruction_put(unit, &row);
		describe(x, draft, &row);
		hf_draft_text(draft, HF_FIELD_DETAIL, reason);
	}
	delivered_done(&what);
	return e;
}

/* ---- another one answers ---- */

struct order {
	struct hf_exchange *x;
	struct hf_id object;
};

static void free_order(void *ctx)
{
	struct order *o = ctx;
	o->x->destroying--;
	free(o);
}

static void run_approved(struct hf_exchange *x, const struct hf_id *object)
{
	Hufu__DestructionRow *row = NULL;
	if (newest_of(x, object, &row) == HF_OK && row && is_state(row, "approved") &&
	    !is_kept_for_law(x, &row->transfer)) /* the sweep puts it off */
		destruction_run(x, row);
	else
		hf_decoded_free(row);
}

static void after_order(void *ctx)
{
	struct order *o = ctx;
	if (!o->x->closing)
		run_approved(o->x, &o->object);
}

/* The module stays until the unit is through. */
static void run_after(struct hf_exchange *x, struct hf_unit *u, const struct hf_id *object)
{
	struct order *o = hf_alloc_zero(sizeof(*o));
	*o = (struct order){x, *object};
	x->destroying++;
	hf_unit_after(u, after_order, o, free_order);
}

/* It is decided: nobody reads it any more. */
static void mark_held(struct hf_exchange *x, struct hf_unit *u, const struct hf_id *transfer, const char *why)
{
	HF_CLEANUP(hf_decoded_done) Hufu__HeldRow *held = NULL;
	if (held_get(x, transfer, &held) != HF_OK)
		return;
	held->destroying = true;
	held->destroyed_reason = (char *)why;
	held_put(u, held);
}

static enum hf_err approve(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_id *object,
                           Hufu__DestructionRow *row, struct hf_unit *unit, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf statement = HF_BUF_INIT;
	if (is_kept_for_law(x, &row->transfer))
		return hf_fault_set(
		        f, HF_E_STATE,
		        "the transfer is under a legal hold, so its data stays; `hufu ledger holds` says by "
		        "whom");
	HF_TRY(hf_destruction_sign_approved(x->authz, actor, row, &statement, f));
	row->approved = (ProtobufCBinaryData){statement.len, statement.data};
	row->state = (char *)"approved";
	destruction_put(unit, row);
	if (strcmp(row->kind, "sealed") == 0)
		mark_held(x, unit, object, row->reason);
	run_after(x, unit, object);
	return HF_OK;
}

static enum hf_err refuse(const struct hf_actor *actor, Hufu__DestructionRow *row, struct hf_unit *unit,
                          struct hf_fault *f)
{
	if (strcmp(actor->account, row->asked_by) == 0)
		return hf_fault_set(f, HF_E_SEPARATION, "%s asked for it himself; another person must answer",
		                    actor->account);
	row->state = (char *)"refused";
	destruction_put(unit, row);
	return HF_OK;
}

enum hf_err hf_destruction_answer(struct hf_exchange *x, const struct hf_actor *actor,
                                  const struct hf_destruction_answer *in, struct hf_unit *unit, struct hf_draft *draft,
                                  struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__DestructionRow *row = NULL;
	HF_TRY(hf_fault_default(f, newest_of(x, &in->transfer, &row)));
	if (!row || !is_state(row, "asked"))
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "no destruction of the data of that transfer waits for an approval; `hufu data "
		                    "destructions` lists them");
	row->approved_by = (char *)actor->account;
	row->approved_ms = hf_now_ms(&x->base->clock);
	row->answer = (char *)in->words;
	enum hf_err e = in->approve ? approve(x, actor, &in->transfer, row, unit, f) : refuse(actor, row, unit, f);
	if (e == HF_OK) {
		describe(x, draft, row);
		hf_draft_textf(draft, HF_FIELD_SECOND, "asked for by %s/%s", x->base->self.s, row->asked_by);
		hf_draft_text(draft, HF_FIELD_DETAIL, in->words[0] ? in->words : row->reason);
	}
	return e;
}

/* ---- what is due by itself ---- */

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
	Hufu__HeldRow *held; /* the first that is due */
	Hufu__DestructionRow *row;
	char why[400];
};

static bool is_open(struct hf_exchange *x, const struct hf_id *object)
{
	HF_CLEANUP(hf_decoded_done) Hufu__DestructionRow *row = NULL;
	return newest_of(x, object, &row) != HF_OK || (row && (is_state(row, "approved") || is_state(row, "open")));
}

static bool sweep_held(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct sweep *s = ctx;
	struct hf_id id;
	(void)key;
	Hufu__HeldRow *row = HF_DECODE_OWN(held_row, value.data, value.len);
	if (row && hf_id_from_bytes(row->transfer.data, row->transfer.len, &id) && due(s->x, row, s->why) &&
	    !is_open(s->x, &id)) {
		s->held = row;
		return false;
	}
	hf_decoded_free(row);
	return true;
}

static void on_decided(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct hf_exchange *x = ctx;
	(void)info;
	if (e != HF_OK)
		x->destroy_after_ms = hf_mono_ms(&x->base->clock) + TRY_AGAIN_MS;
}

void destruction_order(struct hf_exchange *x, struct hf_unit *u, const struct destruction_wish *w)
{
	HF_CLEANUP(hf_decoded_done) Hufu__DestructionRow *newest = NULL;
	Hufu__DestructionRow row = HUFU__DESTRUCTION_ROW__INIT;
	struct hf_id id = hf_id_new(hf_now_ms(&x->base->clock));
	bool found = newest_of(x, &w->object, &newest) == HF_OK && newest;
	if (found && is_state(newest, "done"))
		return;
	if (found && (is_state(newest, "asked") || is_state(newest, "approved"))) {
		row = *newest;
	} else {
		row.id = (ProtobufCBinaryData){16, id.b};
		row.object = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)w->object.b};
		row.transfer = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)w->transfer.b};
		row.kind = (char *)w->kind;
		row.resource = w->resource;
		row.provider = (char *)w->provider;
		row.name = (char *)w->name;
	}
	row.state = (char *)"approved";
	row.policy = row.reason = (char *)w->why;
	row.approved_ms = hf_now_ms(&x->base->clock);
	if (w->recall)
		row.recall = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)w->recall->b};
	destruction_put(u, &row);
	if (strcmp(row.kind, "sealed") == 0)
		mark_held(x, u, &w->transfer, w->why);
}

static void decide(struct hf_exchange *x, const Hufu__HeldRow *held, const char *why)
{
	struct destruction_wish w = {.kind = "sealed", .provider = held->provider, .name = "", .why = why};
	struct hf_unit *u = hf_unit_new();
	memcpy(w.object.b, held->transfer.data, sizeof(w.object.b));
	w.transfer = w.object;
	w.resource = held->resource;
	destruction_order(x, u, &w);
	run_after(x, u, &w.object);
	hf_store_submit(x->store, u, on_decided, x);
}

/* A legal hold is stronger than what was decided here: it waits, and people hear of it once. */
static bool waits(struct hf_exchange *x, const Hufu__DestructionRow *row)
{
	int64_t since = hf_now_ms(&x->base->clock) - row->ended_ms;
	if (row->attempts > 0 && since >= 0 && since < TRY_AGAIN_MS)
		return true;
	return is_kept_for_law(x, &row->transfer) && strcmp(row->outcome, "waits") == 0;
}

static bool sweep_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct sweep *s = ctx;
	(void)key;
	Hufu__DestructionRow *row = HF_DECODE_OWN(destruction_row, value.data, value.len);
	if (row && is_state(row, "approved") && !waits(s->x, row)) {
		s->row = row;
		return false;
	}
	hf_decoded_free(row);
	return true;
}

static void put_off(struct hf_exchange *x, Hufu__DestructionRow *row)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_id id;
	row->outcome = (char *)"waits";
	destruction_put(u, row);
	hf_store_submit(x->store, u, NULL, NULL);
	if (hf_id_from_bytes(row->transfer.data, row->transfer.len, &id))
		hf_alarm(x->base, "destruction-waits", &id,
		         "data that is to be destroyed (%.200s) is under a legal hold and stays until that is lifted "
		         "(`hufu ledger holds`); nobody reads it",
		         row->policy[0] ? row->policy : row->reason);
}

/* One after the other. */
void destruction_sweep(struct hf_exchange *x)
{
	struct sweep s = {.x = x};
	if (x->destroying || x->closing || hf_mono_ms(&x->base->clock) < x->destroy_after_ms)
		return;
	if (hf_store_scan(x->store, HF_TABLE_HELD, NULL, 0, NULL, 0, sweep_held, &s) == HF_OK && s.held)
		decide(x, s.held, s.why);
	else if (hf_store_scan(x->store, HF_TABLE_DESTRUCTION, NULL, 0, NULL, 0, sweep_row, &s) == HF_OK && s.row &&
	         is_kept_for_law(x, &s.row->transfer))
		put_off(x, s.row);
	else if (s.row)
		destruction_run(x, HF_TAKE(s.row));
	hf_decoded_free(s.held);
	hf_decoded_free(s.row);
}
