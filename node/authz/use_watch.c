/* use_watch.c - see use_state.h: the provider's side. */
#include <stdlib.h>

#include "authz/internal.h"
#include "authz/use_state.h"
#include "authz/walk.h"
#include "proto/codec.h"
#include "state_data.pb-c.h"

#define TICK_MS 1000
#define AGAIN_MS 60000 /* with the clock alone a condition of time begins to hold, or no longer does */
#define REST 4         /* times as long as the last look took, until the next one */
/* As many changes are told of one delivery; the last one that is told is a stop. */
#define CHANGES_MAX 1000u

struct az_use_watch {
	uv_timer_t timer;
	struct hf_authz *a;
	bool looking;
	uint64_t changes;                    /* of the basis when it was looked last */
	int64_t begun_ms, next_ms, again_ms; /* monotonic; next: not before */
	struct hf_id *found;                 /* of which something else is to be told, or which are over */
	size_t count, room, at;
};

/* ---- rows ---- */

static void put(struct hf_unit *u, const Hufu__DeliveredRow *row)
{
	size_t len = 0;
	uint8_t *data = hf_encode(&row->base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(u, HF_TABLE_DELIVERED, row->transfer.data, row->transfer.len, data, len);
	free(data);
}

static ProtobufCBinaryData some(const struct hf_id *id)
{
	return hf_id_is_zero(id) ? BIN(NULL, 0) : BIN_ID(id);
}

void hf_use_delivered(struct hf_authz *a, struct hf_unit *u, const struct hf_id *transfer,
                      const struct hf_access_request *rq, int64_t until_ms)
{
	Hufu__DeliveredRow row = HUFU__DELIVERED_ROW__INIT;
	row.transfer = BIN_ID(transfer);
	row.consumer = (char *)rq->organization;
	row.department = (char *)rq->department;
	row.system = (char *)rq->system;
	row.system_address = (char *)rq->system_address;
	row.resource = BIN_ID(&rq->resource);
	row.agreement = some(&rq->agreement);
	row.grant = some(&rq->going_grant);
	row.action = (char *)rq->action;
	row.purpose = (char *)rq->purpose;
	row.fields = (char **)(uintptr_t)rq->fields;
	row.n_fields = rq->field_count;
	row.methods = rq->methods;
	row.mechanism = (char *)rq->mechanism;
	row.account = (char *)rq->account;
	row.roles = (char **)(uintptr_t)rq->roles;
	row.n_roles = rq->role_count;
	row.business = (char *)rq->business;
	row.address = (char *)rq->peer_address;
	row.until_ms = until_ms;
	row.delivered_ms = now_of(a);
	put(u, &row);
}

/* ---- the question ---- */

static void fill_request(struct hf_authz *a, const Hufu__DeliveredRow *row, struct hf_access_request *rq)
{
	*rq = (struct hf_access_request){.organization = row->consumer,
	                                 .department = row->department,
	                                 .system = row->system,
	                                 .system_address = row->system_address,
	                                 .action = row->action,
	                                 .purpose = row->purpose,
	                                 .fields = (const char *const *)row->fields,
	                                 .field_count = row->n_fields,
	                                 .methods = row->methods,
	                                 .mechanism = row->mechanism,
	                                 .account = row->account,
	                                 .roles = (const char *const *)row->roles,
	                                 .role_count = row->n_roles,
	                                 .business = row->business,
	                                 .peer_address = row->address,
	                                 .second = true,
	                                 .made = true,
	                                 .now_ms = now_of(a)};
	(void)az_id_of(&row->resource, &rq->resource);
	(void)az_id_of(&row->agreement, &rq->agreement);
	(void)az_id_of(&row->grant, &rq->going_grant);
	(void)az_id_of(&row->transfer, &rq->going_on);
}

/* HF_OK: the use may go on; BUSY: nothing can be said now. */
static enum hf_err answer(struct hf_authz *a, const Hufu__DeliveredRow *row, char text[400])
{
	struct hf_access_request rq;
	struct hf_decision d;
	fill_request(a, row, &rq);
	hf_authz_decide(a, &rq, &d);
	enum hf_err e = d.result;
	snprintf(text, 400, "%s", e == HF_OK ? "" : d.text);
	hf_decision_done(&d);
	return e;
}

static bool is_over(const struct hf_authz *a, const Hufu__DeliveredRow *row)
{
	return now_of(a) >= row->until_ms;
}

/* Is it another answer than the one that was told, and may it still be told? */
static bool is_new(const Hufu__DeliveredRow *row, enum hf_err e)
{
	const char *reason = e == HF_OK ? "" : hf_err_reason(e);
	if (e == HF_E_BUSY || same_text(row->reason, reason))
		return false;
	return row->sequence + 1 < CHANGES_MAX || (e != HF_OK && !has_text(row->reason));
}

/* ---- telling ---- */

static struct hf_draft *told_draft(const Hufu__DeliveredRow *row, const char *self, enum hf_err e,
                                   const struct hf_hash *digest)
{
	struct hf_id id;
	struct hf_draft *d = hf_draft_new(e == HF_OK ? HF_EVENT_USE_RESUMED : HF_EVENT_USE_STOPPED,
	                                  az_id_of(&row->transfer, &id) ? &id : NULL);
	hf_draft_text(d, HF_FIELD_ACTOR, self);
	if (az_id_of(&row->resource, &id)) {
		az_entry_id(d, HF_FIELD_OBJECT, &id);
		az_entry_id(d, HF_FIELD_RESOURCE, &id);
	}
	if (az_id_of(&row->grant, &id))
		az_entry_id(d, HF_FIELD_GRANT, &id);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, row->consumer);
	hf_draft_text(d, HF_FIELD_ORGANIZATION, row->consumer);
	hf_draft_text(d, HF_FIELD_SYSTEM, row->system);
	hf_draft_text(d, HF_FIELD_PURPOSE, row->purpose);
	hf_draft_text(d, HF_FIELD_MANNER, "scheduled");
	hf_draft_bytes(d, HF_FIELD_DIGEST, digest->b, sizeof(digest->b));
	hf_draft_outcome(d, e, row->text);
	hf_draft_party(d, row->consumer);
	return d;
}

static enum hf_err tell(struct hf_authz *a, struct hf_unit *u, const Hufu__DeliveredRow *row, enum hf_err reason,
                        struct hf_fault *f)
{
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	Hufu__UseState m = HUFU__USE_STATE__INIT;
	Hufu__UseStateMail mail = HUFU__USE_STATE_MAIL__INIT;
	struct paper_head head;
	struct hf_id transfer;
	if (!az_id_of(&row->transfer, &transfer))
		return hf_fault_set(f, HF_E_STORE, "the row of a delivery names no transfer");
	az_paper_head_init(a, &head, &transfer, row->consumer, NULL, NULL);
	m.header = &head.header;
	m.transfer = row->transfer;
	m.sequence = row->sequence;
	m.stopped = reason != HF_OK;
	m.reason = row->reason;
	m.text = row->text;
	m.changed_ms = row->changed_ms;
	HF_TRY(az_paper_sign(a, HF_TYPE_USE_STATE, &transfer, &m.base, u, &paper, f));
	mail.state = paper.envelope;
	enum hf_err e = az_paper_mail(a, u, row->consumer, HF_MAIL_USE_STATE, &transfer, &mail.base, f);
	if (e != HF_OK && e != HF_E_STRANGER) /* a former member learns it from the descriptor (data_use.c) */
		return e;
	hf_unit_draft(u, told_draft(row, a->base->self.s, reason, &paper.digest));
	return HF_OK;
}

static enum hf_err change(struct hf_authz *a, struct hf_unit *u, Hufu__DeliveredRow *row, enum hf_err reason,
                          char *text)
{
	struct hf_fault f = {HF_OK, ""};
	char *const was_reason = row->reason, *const was_text = row->text;
	struct hf_id transfer = {{0}};
	(void)az_id_of(&row->transfer, &transfer);
	row->sequence++;
	row->changed_ms = now_of(a);
	row->reason = (char *)(reason == HF_OK ? "" : hf_err_reason(reason));
	row->text = text;
	enum hf_err e = tell(a, u, row, reason, &f);
	if (e == HF_OK)
		put(u, row);
	else
		HF_LOG(a->base->log, HF_LOG_WARN, "authz", "use-not-told", &transfer, HF_LOG_S("why", f.text));
	row->reason = was_reason; /* what its memory frees */
	row->text = was_text;
	return e;
}

/* Asked once more: between the look and this the answer may have changed back. What is not stored is found again. */
static void settle(struct hf_authz *a, const struct hf_id *transfer)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__DeliveredRow *row = NULL;
	char text[400];
	if (hf_store_get(a->store, HF_TABLE_DELIVERED, transfer->b, sizeof(transfer->b), &b) == HF_OK)
		row = HF_DECODE_OWN(delivered_row, b.data, b.len);
	if (!row)
		return;
	struct hf_unit *u = hf_unit_new();
	enum hf_err reason = is_over(a, row) ? HF_OK : answer(a, row, text);
	if (is_over(a, row))
		hf_unit_del(u, HF_TABLE_DELIVERED, transfer->b, sizeof(transfer->b));
	else if (!is_new(row, reason) || change(a, u, row, reason, text) != HF_OK) {
		hf_unit_free(u);
		return;
	}
	hf_store_submit(a->store, u, NULL, NULL);
}

/* ---- a look through all ---- */

static void note(struct az_use_watch *w, const struct hf_id *transfer)
{
	if (w->count == w->room) {
		w->room = w->room ? 2 * w->room : 64;
		struct hf_id *more = hf_alloc(w->room * sizeof(*more));
		if (w->count)
			memcpy(more, w->found, w->count * sizeof(*more));
		free(w->found);
		w->found = more;
	}
	w->found[w->count++] = *transfer;
}

static enum hf_err on_row(void *ctx, struct hf_bytes value)
{
	struct az_use_watch *w = ctx;
	HF_CLEANUP(hf_decoded_done) Hufu__DeliveredRow *row = HF_DECODE_OWN(delivered_row, value.data, value.len);
	struct hf_id transfer;
	char text[400];
	if (!row || !az_id_of(&row->transfer, &transfer))
		return HF_E_STORE;
	if (is_over(w->a, row) || is_new(row, answer(w->a, row, text)))
		note(w, &transfer);
	return HF_OK;
}

static enum hf_err on_found(void *ctx, bool *ret_more)
{
	struct az_use_watch *w = ctx;
	if (w->at < w->count)
		settle(w->a, &w->found[w->at++]);
	*ret_more = w->at < w->count;
	return HF_OK;
}

static void on_looked(void *ctx, enum hf_err e)
{
	struct az_use_watch *w = ctx;
	struct hf_authz *a = w->a;
	free(HF_TAKE(w->found));
	w->count = w->room = w->at = 0;
	w->looking = false;
	int64_t now = hf_mono_ms(&a->base->clock);
	int64_t rest = REST * (now - w->begun_ms);
	w->again_ms = now + AGAIN_MS;
	w->next_ms = now + (rest > TICK_MS ? rest : TICK_MS);
	if (e == HF_OK || e == HF_E_CANCELLED)
		return;
	w->changes = 0; /* anew, soon */
	hf_alarm(a->base, "deliveries", NULL, "the table of sealed deliveries cannot be read: %s; see `hufu doctor`",
	         hf_err_text(e));
}

void az_use_watch_look(struct hf_authz *a)
{
	static const struct az_walk_part parts[] = {{HF_TABLE_DELIVERED, on_row, NULL},
	                                            {HF_TABLE_INVALID, NULL, on_found}};
	struct az_use_watch *w = a->use_watch;
	uint64_t changes = hf_authz_basis_changes(a) + 1; /* never 0 */
	int64_t now = hf_mono_ms(&a->base->clock);
	if (w->looking || now < w->next_ms || (changes == w->changes && now < w->again_ms))
		return;
	w->looking = true;
	w->changes = changes;
	w->begun_ms = now;
	az_walk_begin(a, parts, sizeof(parts) / sizeof(parts[0]), w, on_looked);
}

static void on_tick(uv_timer_t *t)
{
	struct az_use_watch *w = t->data;
	if (w->a)
		az_use_watch_look(w->a);
}

void az_use_watch_open(struct hf_authz *a)
{
	struct az_use_watch *w = hf_alloc_zero(sizeof(*w));
	w->a = a;
	w->next_ms = hf_mono_ms(&a->base->clock) + TICK_MS;
	w->timer.data = w;
	a->use_watch = w;
	uv_timer_init(a->base->loop, &w->timer);
	uv_timer_start(&w->timer, on_tick, TICK_MS, TICK_MS);
	uv_unref((uv_handle_t *)&w->timer);
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

/* The walks are closed before, so nothing is under way. */
void az_use_watch_close(struct hf_authz *a)
{
	struct az_use_watch *w = HF_TAKE(a->use_watch);
	if (!w)
		return;
	w->a = NULL;
	uv_close((uv_handle_t *)&w->timer, on_closed);
}
