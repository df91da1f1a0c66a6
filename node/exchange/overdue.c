/*
 * overdue.c - what does not come at the provider: the receipt for what was sent whole (DS-59), or any word of a
 * consumer in the middle of a transfer. Each is an exception and an alarm, once, and the exception bears the whole
 * record of the exchange as far as it went (DS-60 ... DS-64): such a transfer may never get another entry. It stays
 * open until it is settled.
 */
#include "exchange/transfer.h"

static void escalate(struct transfer *t, const char *what, const char *text, const char *delivery)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = transfer_draft(t, HF_EVENT_EXCEPTION, HF_E_TIMEOUT, text);
	draft_record(d, t);
	hf_draft_text(d, HF_FIELD_DELIVERY, delivery);
	hf_draft_text(d, HF_FIELD_CACHE_DELETION, RECORD_NO_CACHE);
	hf_draft_text(d, HF_FIELD_EXCEPTION, what);
	hf_unit_draft(u, d);
	transfer_put(u, t);
	hf_store_submit(t->x->store, u, NULL, NULL);
}

static bool is_open(const struct transfer *t)
{
	return t->provider && !t->gone && t->state == TRANSFER_STARTED;
}

void receipt_watch(struct hf_exchange *x)
{
	int64_t now = hf_now_ms(&x->base->clock);
	for (struct transfer *t = x->transfers; t; t = t->next) {
		if (!is_open(t) || t->manifest.len == 0 || t->receipt_overdue || now - t->ended_ms < RECEIPT_LIMIT_MS)
			continue;
		t->receipt_overdue = true;
		escalate(t, "receipt-missing", "no receipt came for the delivered data",
		         "everything was sent; no receipt came");
		hf_alarm(x->base, "receipt-missing", &t->id, "%s has not signed for what it received", t->peer);
	}
}

void silence_watch(struct hf_exchange *x)
{
	int64_t now = hf_mono_ms(&x->base->clock);
	char text[96];
	for (struct transfer *t = x->transfers; t; t = t->next) {
		if (!is_open(t) || t->manifest.len > 0 || t->silent || now - t->used_ms < SILENCE_LIMIT_MS)
			continue;
		t->silent = true;
		snprintf(text, sizeof(text), "not complete: nothing was asked for after %llu chunks",
		         (unsigned long long)t->served);
		escalate(t, "consumer-silent", "the consumer does not go on with the transfer", text);
		hf_alarm(x->base, "consumer-silent", &t->id,
		         "%s has asked for nothing of a transfer for %d minutes; ask it, or revoke the grant", t->peer,
		         SILENCE_LIMIT_MS / 60000);
	}
}
