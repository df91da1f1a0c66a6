/*
 * drafts.c - what every ledger entry of a transfer says, and the header of what this folder signs.
 *
 * The four-part record of DS-60 ... DS-64 is spread over the entries: format part (start-time, end-time), provider
 * part, consumer part, and, since data flows directly, the exchange-service part by each end for its own side.
 */
#include <string.h>

#include "crypto/hash.h"
#include "exchange/transfer.h"

struct hf_draft *transfer_draft(const struct transfer *t, enum hf_event event, enum hf_err outcome, const char *detail)
{
	const char *self = t->x->base->self.s;
	struct hf_draft *d = hf_draft_new(event, &t->id);
	if (t->account[0] && !t->provider)
		hf_draft_textf(d, HF_FIELD_ACTOR, "%s/%s", self, t->account);
	else
		hf_draft_text(d, HF_FIELD_ACTOR, self);
	char id[HF_ID_TEXT];
	hf_id_text(&t->resource, id);
	hf_draft_text(d, HF_FIELD_OBJECT, id);
	hf_draft_text(d, HF_FIELD_RESOURCE, id);
	hf_id_text(&t->grant, id);
	if (!hf_id_is_zero(&t->grant))
		hf_draft_text(d, HF_FIELD_GRANT, id);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, t->peer);
	hf_draft_text(d, HF_FIELD_SYSTEM, t->system);
	hf_draft_text(d, HF_FIELD_ORGANIZATION, t->provider ? t->peer : self);
	hf_draft_text(d, HF_FIELD_MANNER, "channel");
	hf_draft_outcome(d, outcome, detail);
	hf_draft_party(d, t->peer);
	return d;
}

static void draft_provider(struct hf_draft *d, const struct transfer *t)
{
	hf_draft_text(d, HF_FIELD_CONSUMER_AUTHN, t->consumer_authn);
	hf_draft_text(d, HF_FIELD_PERMISSION_REVIEW, t->permission_review);
	hf_draft_text(d, HF_FIELD_PACKAGING, RECORD_PACKAGING);
	hf_draft_int(d, HF_FIELD_DATA_LENGTH, (int64_t)(t->manifest.len > 0 ? t->bytes_total : t->bytes_done));
}

static void draft_consumer(struct hf_draft *d, const struct transfer *t)
{
	const char *authn =
	        t->start.len == 0 ? "none: the provider did not begin the transfer"
	        : !t->manifest_ok ? "noise static key and envelope key of the descriptor; start signature verified"
	                          : "noise static key and envelope key of the descriptor; manifest signature verified";
	hf_draft_text(d, HF_FIELD_PROVIDER_AUTHN, authn);
	hf_draft_int(d, HF_FIELD_DATA_LENGTH,
	             (int64_t)(t->state == TRANSFER_COMPLETED ? t->bytes_total : t->bytes_done));
}

void draft_record(struct hf_draft *d, const struct transfer *t)
{
	hf_draft_text(d, HF_FIELD_DATA_FORMAT, RECORD_FORMAT);
	hf_draft_time(d, HF_FIELD_START_TIME, t->started_ms);
	hf_draft_time(d, HF_FIELD_END_TIME, t->ended_ms);
	hf_draft_text(d, HF_FIELD_CLASS_GRADE, t->class_grade);
	hf_draft_text(d, HF_FIELD_IDENTITY_CHECK, "noise static key of the descriptor");
	hf_draft_text(d, HF_FIELD_ENDPOINT, t->peer);
	hf_draft_text(d, HF_FIELD_IP_ADDRESS, t->address);
	if (t->provider)
		draft_provider(d, t);
	else
		draft_consumer(d, t);
}

struct hf_use transfer_use(const struct transfer *t)
{
	return (struct hf_use){.grant = t->grant,
	                       .agreement = t->agreement,
	                       .transfer = t->id,
	                       .resource = t->resource,
	                       .peer = t->peer,
	                       .system = t->system,
	                       .purpose = t->purpose,
	                       .rows = t->rows,
	                       .bytes = t->bytes_total,
	                       .provider = t->provider};
}

void draft_digest(struct hf_draft *d, const struct hf_buf *envelope)
{
	struct hf_hash h;
	hf_sha256(envelope->data, envelope->len, &h);
	hf_draft_bytes(d, HF_FIELD_DIGEST, h.b, sizeof(h.b));
}

void header_fill(const struct hf_exchange *x, Hufu__Header *h, const struct transfer *t, char *audience[1],
                 struct hf_id *message_id)
{
	*message_id = hf_id_new(hf_now_ms(&x->base->clock));
	audience[0] = (char *)t->peer;
	h->suite = HF_SUITE_INTL_1;
	h->space = (char *)hf_space_id(hf_peers_space(x->peers));
	h->issuer = (char *)x->base->self.s;
	h->audience = audience;
	h->n_audience = 1;
	h->message_id = (ProtobufCBinaryData){16, message_id->b};
	h->time_ms = hf_now_ms(&x->base->clock);
	h->transaction = (ProtobufCBinaryData){16, (uint8_t *)t->id.b};
}

static bool names_self(const struct transfer *t, const Hufu__Header *h)
{
	for (size_t i = 0; i < h->n_audience; i++)
		if (strcmp(h->audience[i], t->x->base->self.s) == 0)
			return true;
	return false;
}

/* DS-55: author, addressee, transaction and time; each alone is a reason to refuse. */
enum hf_err header_check(const struct transfer *t, const Hufu__Header *h, const char *paper, struct hf_fault *f)
{
	int64_t now = hf_now_ms(&t->x->base->clock);
	if (!h || strcmp(h->issuer, t->peer) != 0)
		return hf_fault_set(f, HF_E_SIGNATURE, "the %s was not signed by %s", paper, t->peer);
	if (!names_self(t, h))
		return hf_fault_set(f, HF_E_STANDING, "the %s is addressed to another node", paper);
	if (h->transaction.len != sizeof(t->id.b) || memcmp(h->transaction.data, t->id.b, sizeof(t->id.b)) != 0)
		return hf_fault_set(f, HF_E_CONFLICT, "the %s speaks of another transaction", paper);
	if (h->time_ms > now + HF_CLOCK_SKEW_MS || h->time_ms < t->started_ms - HF_CLOCK_SKEW_MS)
		return hf_fault_set(f, HF_E_STALE, "the %s's time lies before the transfer or in the future", paper);
	return HF_OK;
}
