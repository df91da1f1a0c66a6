/* watch.c - DS-100: what the exchange sees of its traffic, and the alarm with its exception entry when it is abnormal.
 */
#include <inttypes.h>

#include "exchange/transfer.h"

#define PAST_MS ((int64_t)28 * 24 * 3600 * 1000)

static const char *words_of(enum hf_traffic_kind kind)
{
	switch (kind) {
	case HF_TRAFFIC_SENT:
		return "bytes sent to";
	case HF_TRAFFIC_RECEIVED:
		return "bytes received from";
	case HF_TRAFFIC_ASKED:
		return "requests for data of";
	case HF_TRAFFIC_INVALID:
		break;
	}
	return "traffic of";
}

static void tell(struct hf_exchange *x, const char *peer, const struct hf_traffic_finding *f, const struct hf_id *txn)
{
	char text[320];
	snprintf(text, sizeof(text),
	         "%" PRIu64 " %s %s within %u minutes; usual are %" PRIu64 ", the limit is %" PRIu64
	         " (`traffic` in hufu.yaml)",
	         f->seen, words_of(f->kind), peer, hf_traffic_window_minutes(x->traffic), f->usual, f->limit);
	struct hf_draft *d = hf_draft_new(HF_EVENT_EXCEPTION, NULL);
	hf_draft_text(d, HF_FIELD_ACTOR, x->base->self.s);
	hf_draft_textf(d, HF_FIELD_OBJECT, "traffic with %s", peer);
	hf_draft_text(d, HF_FIELD_ENDPOINT, peer);
	hf_draft_text(d, HF_FIELD_EXCEPTION, "traffic-anomaly");
	hf_draft_int(d, HF_FIELD_DATA_LENGTH, (int64_t)f->seen);
	hf_draft_outcome(d, HF_E_LIMIT, text);
	hf_audit_emit(&x->base->audit, d);
	hf_alarm(x->base, "traffic-anomaly", txn, "%s", text);
}

void traffic_seen(struct hf_exchange *x, const char *peer, enum hf_traffic_kind kind, uint64_t amount,
                  const struct hf_id *txn)
{
	struct hf_traffic_finding f;
	if (hf_traffic_count(x->traffic, peer, kind, amount, hf_now_ms(&x->base->clock), &f))
		tell(x, peer, &f, txn);
}

void traffic_of_row(struct hf_exchange *x, const struct transfer *t)
{
	int64_t now = hf_now_ms(&x->base->clock);
	if (t->started_ms > now || now - t->started_ms > PAST_MS)
		return;
	hf_traffic_past(x->traffic, t->peer, t->provider ? HF_TRAFFIC_SENT : HF_TRAFFIC_RECEIVED, t->bytes_done,
	                t->started_ms, now);
	if (t->provider)
		hf_traffic_past(x->traffic, t->peer, HF_TRAFFIC_ASKED, 1, t->started_ms, now);
}
