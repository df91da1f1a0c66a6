/*
 * end.c - a transfer that ends before its time: cancelled, refused, revoked, broken. Both sides end with the same
 * reason; what was cached is wiped and that is recorded (DS-52, AZ-33).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "exchange/destruction.h"
#include "exchange/held.h"
#include "exchange/masked.h"
#include "exchange/reading.h"
#include "exchange/recall.h"
#include "exchange/settle.h"
#include "exchange/transfer.h"
#include "exchange/undelivered.h"

#define CLEARED_LOADED "the sealed copy that was loaded is destroyed, and what it took the place of is gone"

static void on_cleared(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	(void)e; /* not recorded: the next start does it again */
	(void)info;
	struct transfer *t = ctx;
	struct hf_exchange *x = t->x;
	transfer_drop(t);
	transfer_unhold(t);
	recalled_sweep(x); /* which waits for the end of what was recalled on its way */
}

static void cleared_draft(const struct transfer *t, enum hf_err outcome, const char *text, struct hf_unit *u)
{
	struct hf_draft *d = transfer_draft(t, HF_EVENT_CACHE_CLEARED, outcome, outcome == HF_OK ? NULL : text);
	hf_draft_text(d, HF_FIELD_CACHE_DELETION, text);
	hf_draft_close(d);
	hf_unit_draft(u, d);
}

static void record_clearing(struct transfer *t, bool cleared, const char *why)
{
	struct hf_unit *u = hf_unit_new();
	t->cleared = cleared;
	if (t->cleared) {
		cleared_draft(t, HF_OK, t->state == TRANSFER_COMPLETED ? CLEARED_LOADED : t->target->wiped, u);
	} else {
		cleared_draft(t, HF_E_IO, why, u);
		hf_alarm(t->x->base, "cache-not-cleared", &t->id, "%s", why);
	}
	transfer_put(u, t);
	transfer_hold(t);
	hf_store_submit(t->x->store, u, on_cleared, t);
}

/* What a database is asked for is asked by a worker. */
struct clearing {
	uv_work_t work;
	struct transfer *t;
	enum hf_err error;
	struct hf_fault fault;
};

static void clear_work(uv_work_t *w)
{
	struct clearing *c = w->data;
	c->error = c->t->target->finish(c->t, &c->fault);
}

static void clear_done(uv_work_t *w, int status)
{
	(void)status;
	struct clearing *c = w->data;
	struct transfer *t = c->t;
	t->x->loading--;
	if (!t->gone && target_passes(c->error))
		fetch_retry(t);
	else if (!t->gone)
		record_clearing(t, c->error == HF_OK, c->fault.text);
	free(c);
	transfer_unhold(t);
}

void end_clear(struct transfer *t)
{
	struct hf_fault f = {HF_OK, ""};
	if (!t->target->ready) {
		record_clearing(t, t->target->wipe(t), "the partial file could not be emptied and removed");
		return;
	}
	if (t->x->loading >= TARGET_LOADS_MAX) {
		fetch_retry(t);
		return;
	}
	if (t->target->ready(t, &f) != HF_OK)
		HF_LOG(t->x->base->log, HF_LOG_WARN, "exchange", "target-gone", &t->id, HF_LOG_S("text", f.text));
	struct clearing *c = hf_alloc_zero(sizeof(*c));
	c->work.data = c;
	c->t = t;
	t->x->loading++;
	transfer_hold(t);
	uv_queue_work(t->x->base->loop, &c->work, clear_work, clear_done);
}

static enum hf_err mail_end(struct transfer *t, struct hf_unit *u)
{
	Hufu__TransferEnd end = HUFU__TRANSFER_END__INIT;
	size_t len = 0;
	end.transfer = (ProtobufCBinaryData){16, t->id.b};
	end.state = (char *)"TERMINATED";
	end.reason_code = t->reason_code;
	end.reason = t->reason;
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *paper = NULL;
	if (!t->provider && t->undelivered.len > 0)
		paper = HF_DECODE(envelope, t->undelivered.data, t->undelivered.len);
	end.paper = paper;
	uint8_t *body = hf_encode(&end.base, &len);
	if (!body)
		return HF_E_MEMORY;
	enum hf_err e = hf_peers_mail(t->x->peers, u, t->peer, HF_MAIL_TRANSFER_END, &t->id, body, len);
	free(body);
	return e;
}

/* An end that is on its way into the store. */
struct ending {
	struct transfer *t;
	enum transfer_state was;
	int64_t was_ended_ms;
	bool stored;
};

static void after_end(void *ctx)
{
	struct ending *e = ctx;
	e->stored = true;
	if (e->t->provider)
		transfer_drop(e->t);
	else
		end_clear(e->t);
}

/* What was not stored did not happen: the transfer is as before, and who wants its end says so again. */
static void after_free(void *ctx)
{
	struct ending *e = ctx;
	struct transfer *t = e->t;
	if (!e->stored && !t->gone) {
		t->state = e->was;
		t->ended_ms = e->was_ended_ms;
		t->reason_code[0] = t->reason[0] = 0;
		t->mask_error = NULL;
		hf_buf_clear(&t->undelivered);
		if (!t->provider)
			fetch_retry(t);
	}
	transfer_unhold(t);
	free(e);
}

/* What became of it on this side. */
static void draft_unfinished(struct hf_draft *d, const struct transfer *t)
{
	unsigned long long served = t->served > t->acknowledged ? t->served : t->acknowledged, bytes = t->bytes_done;
	if (t->provider && t->manifest.len > 0) {
		hf_draft_text(d, HF_FIELD_DELIVERY, "everything was sent; it ended without a receipt");
		return;
	}
	if (t->provider) {
		hf_draft_textf(d, HF_FIELD_DELIVERY,
		               t->reopened
		                       ? "not complete: it ended after at least %llu chunks were sent; this node was "
		                         "started anew meanwhile"
		                       : "not complete: it ended after %llu chunks were sent",
		               served);
		return;
	}
	hf_draft_textf(d, HF_FIELD_RECEPTION, "not complete: it ended with %llu bytes received", bytes);
	hf_draft_text(d, HF_FIELD_QUALITY, t->quality[0] ? t->quality : "not examined");
}

/* Nothing was delivered when no chunk was asked for. After a restart that is not known any more: then it counts. */
static void end_use(const struct transfer *t, struct hf_unit *u)
{
	struct hf_use use = transfer_use(t);
	use.bytes = t->bytes_done;
	if (!undelivered_some(t))
		hf_authz_use_release(t->x->authz, u, &use);
	else
		hf_authz_use_commit(t->x->authz, u, &use);
}

void end_transfer(struct transfer *t, enum hf_err reason, const char *text, bool tell, struct hf_unit *u)
{
	enum transfer_state next = transfer_next(t->state, STEP_TERMINATE);
	char scheme[120];
	if (next == TRANSFER_NONE || t->importing)
		return;
	struct ending *e = calloc(1, sizeof(*e));
	if (!e)
		abort();
	*e = (struct ending){t, t->state, t->ended_ms, false};
	t->state = next;
	snprintf(t->reason_code, sizeof(t->reason_code), "%s", hf_err_reason(reason));
	masked_scheme(t, reason, text && text[0] ? text : hf_err_text(reason), u, scheme);
	snprintf(t->reason, sizeof(t->reason), "%.*s%s", (int)(sizeof(t->reason) - sizeof(scheme)),
	         text && text[0] ? text : hf_err_text(reason), scheme);
	hf_utf8_mend(t->reason);
	t->ended_ms = hf_now_ms(&t->x->base->clock);
	if (!t->provider && tell && undelivered_make(t, u) != HF_OK)
		abort(); /* memory is gone */
	struct hf_draft *d = transfer_draft(t, HF_EVENT_TRANSFER_TERMINATED, reason, t->reason);
	if (t->undelivered.len > 0)
		draft_digest(d, &t->undelivered);
	draft_record(d, t);
	draft_unfinished(d, t);
	hf_draft_text(d, HF_FIELD_EXCEPTION, t->reason_code);
	if (t->provider && t->manifest.len == 0 && (t->served > 0 || t->reopened))
		passed_on(t, u, d); /* a part of it, or after a restart it may be */
	hf_unit_draft(u, d);
	if (t->provider)
		end_use(t, u);
	if (t->provider)
		cleared_draft(t, HF_OK, "chunks under way are freed; nothing was cached on disk", u);
	transfer_put(u, t);
	transfer_used(u, t, "terminated");
	if (tell && mail_end(t, u) != HF_OK)
		HF_LOG(t->x->base->log, HF_LOG_WARN, "exchange", "end-not-told", &t->id, HF_LOG_S("peer", t->peer));
	transfer_hold(t);
	hf_unit_after(u, after_end, e, after_free);
}

void end_now(struct transfer *t, enum hf_err reason, const char *text, bool tell)
{
	if (t->gone || transfer_next(t->state, STEP_TERMINATE) == TRANSFER_NONE)
		return;
	struct hf_unit *u = hf_unit_new();
	end_transfer(t, reason, text, tell, u);
	hf_store_submit(t->x->store, u, NULL, NULL);
}

enum hf_err hf_exchange_cancel(struct hf_exchange *x, const struct hf_id *transfer, const char *reason,
                               struct hf_unit *unit, struct hf_fault *f)
{
	struct transfer *t = NULL;
	char id[HF_ID_TEXT];
	hf_id_text(transfer, id);
	if (transfer_get(x, transfer, false, &t) != HF_OK && transfer_get(x, transfer, true, &t) != HF_OK)
		return hf_fault_set(f, HF_E_UNKNOWN, "there is no transfer %s; `hufu transfers` lists them", id);
	if (transfer_next(t->state, STEP_TERMINATE) == TRANSFER_NONE || t->importing ||
	    (t->provider && t->manifest.len > 0)) {
		enum hf_err e =
		        hf_fault_set(f, HF_E_STATE, "transfer %s is %s, or delivered whole, and cannot be cancelled",
		                     id, transfer_state_name(t->state));
		transfer_release(t);
		return e;
	}
	end_transfer(t, HF_E_CANCELLED, reason, true, unit);
	return HF_OK;
}

void hf_exchange_end_of(struct hf_exchange *x, const char *account, struct hf_unit *unit)
{
	for (struct transfer *t = x->transfers, *next; t; t = next) {
		next = t->next;
		if (!t->gone && !t->provider && !t->importing && strcmp(t->account, account) == 0 &&
		    transfer_next(t->state, STEP_TERMINATE) != TRANSFER_NONE)
			end_transfer(t, HF_E_CANCELLED, "the person who began it was deregistered", true, unit);
	}
}

/* This node's side; of a transfer within one node the side that is still open, or to which a consumer speaks. */
static enum hf_err side_of(struct hf_exchange *x, const struct hf_id *id, bool signed_end, struct transfer **ret_t)
{
	if (transfer_get(x, id, true, ret_t) == HF_OK) {
		if (signed_end || !transfer_ended((*ret_t)->state) || !transfer_stored(x, id, false))
			return HF_OK;
		transfer_release(*ret_t);
	}
	return transfer_get(x, id, false, ret_t);
}

/* DS-59: the consumer has what was sent and signs for nothing, whatever reason it gives. */
static void unsigned_for(struct transfer *t, const char *reason_code, struct hf_unit *u)
{
	const char *what = t->manifest.len > 0 ? "everything" : "a part";
	char text[120];
	snprintf(text, sizeof(text), "the consumer ended the transfer after %s was sent, and signed for nothing", what);
	struct hf_draft *d = transfer_draft(t, HF_EVENT_EXCEPTION, HF_E_STATE, text);
	hf_draft_text(d, HF_FIELD_EXCEPTION, "receipt-missing");
	hf_unit_draft(u, d);
	if (!t->receipt_overdue) /* else it was opened before, and may have been settled since */
		settle_open(t, UNSETTLED_RECEIPT, u);
	hf_alarm(t->x->base, "receipt-missing", &t->id, "%s was sent %s and ends without signing for it: %s", t->peer,
	         what, hf_err_reason(hf_err_from_reason(reason_code)));
}

/* At the provider. */
static void consumer_ends(struct transfer *t, const Hufu__TransferEnd *end, struct hf_unit *u)
{
	struct hf_fault f = {HF_OK, ""};
	enum hf_err e = end->paper ? undelivered_take(t, end->paper, u, &f) : HF_E_SIGNATURE;
	if (end->paper && e != HF_OK)
		hf_alarm(t->x->base, "receipt-refused", &t->id, "what %s signed of the end does not verify: %s",
		         t->peer, f.text);
	if (e == HF_OK)
		settle_undelivered(t, u);
	else if (!transfer_ended(t->state) && undelivered_some(t))
		unsigned_for(t, end->reason_code, u);
	if (!transfer_ended(t->state))
		end_transfer(t, hf_err_from_reason(end->reason_code), end->reason, false, u);
}

/* At the consumer. It signs how far it came, and again when it had ended and the provider gave up on it. */
static void provider_ends(struct transfer *t, const Hufu__TransferEnd *end, struct hf_unit *u)
{
	if (!transfer_ended(t->state)) {
		end_transfer(t, hf_err_from_reason(end->reason_code), end->reason, true, u);
		return;
	}
	if (t->state == TRANSFER_TERMINATED && strcmp(end->reason_code, hf_err_reason(HF_E_ABANDONED)) == 0 &&
	    (undelivered_make(t, u) != HF_OK || mail_end(t, u) != HF_OK))
		HF_LOG(t->x->base->log, HF_LOG_WARN, "exchange", "end-not-told", &t->id, HF_LOG_S("peer", t->peer));
}

static enum hf_err peer_ends(struct hf_exchange *x, const char *from, struct hf_bytes body, struct hf_unit *u,
                             struct hf_fault *f)
{
	struct hf_id id;
	struct transfer *t = NULL;
	Hufu__TransferEnd *end = HF_DECODE(transfer_end, body.data, body.len);
	if (!end || !hf_id_from_bytes(end->transfer.data, end->transfer.len, &id)) {
		hf_decoded_free(end);
		return hf_fault_set(f, HF_E_FORMAT, "the end of a transfer lacks a field or holds one out of bounds");
	}
	enum hf_err e = side_of(x, &id, end->paper != NULL, &t);
	if (e == HF_OK && strcmp(t->peer, from) != 0) { /* somebody else's transfer does not exist for the sender */
		transfer_release(t);
		e = HF_E_UNKNOWN;
	}
	if (e == HF_OK && transfer_settling(t)) {
		hf_decoded_free(end);
		return hf_fault_set(f, HF_E_BUSY, "the end of the transfer is being recorded");
	}
	if (e == HF_OK) {
		(t->provider ? consumer_ends : provider_ends)(t, end, u);
		transfer_release(t); /* both had ended it */
	}
	hf_decoded_free(end);
	return e == HF_OK ? HF_OK : hf_fault_set(f, HF_E_UNKNOWN, "there is no such transfer");
}

enum hf_err end_on_mail(void *ctx, const char *from, const struct hf_id *txn, struct hf_bytes body,
                        struct hf_unit *unit, struct hf_fault *f)
{
	(void)txn;
	return peer_ends(ctx, from, body, unit, f);
}

static void on_ended(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	(void)info;
	hf_request_reply(ctx, e, NULL, NULL, 0);
}

void end_on_request(struct hf_exchange *x, struct hf_request *take)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_unit *u = hf_unit_new();
	enum hf_err e = peer_ends(x, hf_request_peer(take), hf_request_body(take), u, &f);
	if (e != HF_OK) {
		hf_unit_free(u);
		hf_request_reply(take, e, f.text, NULL, 0);
		return;
	}
	hf_store_submit(x->store, u, on_ended, take);
}

void end_on_revoked(void *ctx, const struct hf_id *grant, const char *reason)
{
	struct hf_exchange *x = ctx;
	char text[400];
	snprintf(text, sizeof(text), "the authorization was revoked: %.300s", reason);
	for (struct transfer *t = x->transfers, *next; t; t = next) {
		next = t->next;
		/* What was sent whole is not taken back by this: the receipt for it still closes it. A consumer that
		 * will send none therefore says so. */
		if (!t->gone && hf_id_equal(&t->grant, grant) && !t->importing && !(t->provider && t->manifest.len > 0))
			end_now(t, HF_E_GRANT_REVOKED, text, !t->provider);
	}
	reading_watch(x);
	destruction_sweep(x);
}
