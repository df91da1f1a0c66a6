/*
 * idle.c - what becomes of a delivery whose consumer stays away, at the provider. Before everything was sent it ends as
 * abandoned: its use is committed when a chunk was asked for, else given back, and the consumer is told by mail, which
 * waits for it. After that only the receipt is missing: the use is committed, an exception and an alarm say so, once
 * (DS-59), and the receipt still closes it, however late.
 */
#include "exchange/settle.h"
#include "exchange/transfer.h"
#include "exchange/undelivered.h"

#define GRACE_MS (15 * 60 * 1000) /* after a start of this node, which was away itself */

void transfer_seen(struct transfer *t)
{
	t->seen_ms = hf_now_ms(&t->x->base->clock);
	t->heard_ms = hf_mono_ms(&t->x->base->clock);
}

static int64_t limit_ms(uint32_t seconds, uint32_t otherwise)
{
	return (int64_t)(seconds ? seconds : otherwise) * 1000;
}

/* By the monotonic clock while the node runs; what was asked before the start counts by the row. */
static bool abandoned(const struct transfer *t, int64_t limit)
{
	const struct hf_clock *clock = &t->x->base->clock;
	int64_t quiet = hf_mono_ms(clock) - t->heard_ms;
	if (quiet >= limit)
		return true;
	return t->reopened && quiet >= GRACE_MS && hf_now_ms(clock) - t->seen_ms >= limit;
}

static void on_abandoned(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct transfer *t = ctx;
	(void)info;
	if (e == HF_OK) /* else it goes on as before, until the next round */
		hf_alarm(t->x->base, "transfer-abandoned", &t->id, "%s", t->reason);
	transfer_unhold(t);
}

static void abandon(struct transfer *t, int64_t limit)
{
	struct hf_unit *u = hf_unit_new();
	char text[200];
	snprintf(text, sizeof(text),
	         "%s asked for nothing more within %lld s, so the delivery ended; fetch the data again", t->peer,
	         (long long)(limit / 1000));
	if (undelivered_some(t)) /* until it signs how much it has, which it does when it is told */
		settle_open(t, UNSETTLED_RECEIPT, u);
	end_transfer(t, HF_E_ABANDONED, text, true, u);
	transfer_hold(t);
	hf_store_submit(t->x->store, u, on_abandoned, t);
}

static void on_overdue_stored(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct transfer *t = ctx;
	(void)info;
	if (e == HF_OK)
		hf_alarm(t->x->base, "receipt-missing", &t->id, "%s has not signed for what it received", t->peer);
	else
		t->receipt_overdue = false; /* the next round says it again */
	transfer_unhold(t);
}

static void receipt_overdue(struct transfer *t)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_use use = transfer_use(t);
	t->receipt_overdue = true;
	struct hf_draft *d =
	        transfer_draft(t, HF_EVENT_EXCEPTION, HF_E_TIMEOUT, "no receipt came for the delivered data");
	draft_record(d, t); /* there may never be another entry of it (DS-60 ... DS-64) */
	hf_draft_text(d, HF_FIELD_DELIVERY, "everything was sent; no receipt came");
	hf_draft_text(d, HF_FIELD_CACHE_DELETION, RECORD_NO_CACHE);
	hf_draft_text(d, HF_FIELD_EXCEPTION, "receipt-missing");
	hf_unit_draft(u, d);
	settle_open(t, UNSETTLED_RECEIPT, u);
	hf_authz_use_commit(t->x->authz, u, &use);
	transfer_put(u, t);
	transfer_hold(t);
	hf_store_submit(t->x->store, u, on_overdue_stored, t);
}

void idle_watch(struct hf_exchange *x)
{
	int64_t idle = limit_ms(x->limits.idle_seconds, HF_TRANSFER_IDLE_SECONDS);
	int64_t receipt = limit_ms(x->limits.receipt_seconds, HF_TRANSFER_RECEIPT_SECONDS);
	int64_t now = hf_now_ms(&x->base->clock);
	for (struct transfer *t = x->transfers, *next; t; t = next) {
		next = t->next;
		if (!t->provider || t->gone || !t->recorded || t->state != TRANSFER_STARTED)
			continue;
		if (t->manifest.len > 0 && !t->receipt_overdue && now - t->ended_ms >= receipt)
			receipt_overdue(t);
		else if (t->manifest.len == 0 && t->busy == 0 && abandoned(t, idle))
			abandon(t, idle);
	}
}
