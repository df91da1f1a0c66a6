/*
 * receipt.c - the consumer's signed receipt (DS-57, DS-58) and its verification by the provider, which closes the
 * transaction (DS-59).
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/domains.h"
#include "evidence/envelope.h"
#include "exchange/settle.h"
#include "exchange/transfer.h"

enum hf_err receipt_make(struct transfer *t, const Hufu__Manifest *m, Hufu__Finding **findings, size_t count,
                         struct hf_unit *u)
{
	Hufu__Header header = HUFU__HEADER__INIT;
	Hufu__Receipt r = HUFU__RECEIPT__INIT;
	char *audience[1];
	struct hf_id message_id;
	struct hf_hash manifest, digest;
	hf_sha256(t->manifest.data, t->manifest.len, &manifest);
	header_fill(t->x, &header, t, audience, &message_id);
	r.header = &header;
	r.transfer = (ProtobufCBinaryData){16, t->id.b};
	r.manifest_digest = (ProtobufCBinaryData){32, manifest.b};
	r.root = (ProtobufCBinaryData){32, t->root.b};
	r.bytes = m->bytes;
	r.rows = m->rows;
	r.quality = t->quality;
	r.findings = findings;
	r.n_findings = count;
	r.received_ms = t->ended_ms;
	hf_buf_clear(&t->receipt);
	HF_TRY(hf_envelope_make_message(t->x->keys->envelope, t->x->base->self.s, HF_TYPE_RECEIPT, &r.base,
	                                &t->receipt));
	hf_ledger_keep_envelope(u, &t->id, HF_TYPE_RECEIPT, t->receipt.data, t->receipt.len, &digest);
	struct hf_draft *d = transfer_draft(t, HF_EVENT_RECEIPT, HF_OK, NULL);
	draft_digest(d, &t->receipt);
	hf_draft_text(d, HF_FIELD_QUALITY, t->quality);
	hf_draft_close(d);
	hf_unit_draft(u, d);
	Hufu__ReceiptMail mail = HUFU__RECEIPT_MAIL__INIT;
	mail.receipt = HF_DECODE(envelope, t->receipt.data, t->receipt.len);
	size_t len = 0;
	uint8_t *body = mail.receipt ? hf_encode(&mail.base, &len) : NULL;
	hf_decoded_free(mail.receipt);
	if (!body)
		return HF_E_MEMORY;
	enum hf_err e = hf_peers_mail(t->x->peers, u, t->peer, HF_MAIL_RECEIPT, &t->id, body, len);
	free(body);
	return e;
}

static enum hf_err check_receipt(const struct transfer *t, const Hufu__Receipt *r, struct hf_fault *f)
{
	struct hf_hash manifest;
	int64_t now = hf_now_ms(&t->x->base->clock);
	if (!r)
		return hf_fault_set(f, HF_E_FORMAT, "the mail holds no receipt");
	HF_TRY(header_check(t, r->header, "receipt", f));
	hf_sha256(t->manifest.data, t->manifest.len, &manifest);
	if (t->manifest.len == 0 || r->transfer.len != 16 || memcmp(r->transfer.data, t->id.b, 16) != 0 ||
	    r->manifest_digest.len != 32 || memcmp(r->manifest_digest.data, manifest.b, 32) != 0)
		return hf_fault_set(f, HF_E_CONFLICT, "the receipt does not speak of what was sent");
	if (r->root.len != 32 || memcmp(r->root.data, t->root.b, 32) != 0 || r->bytes != t->bytes_total ||
	    r->rows != t->rows)
		return hf_fault_set(f, HF_E_DIGEST, "the receipt states another digest or size than the manifest");
	if (r->received_ms < t->started_ms - HF_CLOCK_SKEW_MS || r->received_ms > now + HF_CLOCK_SKEW_MS)
		return hf_fault_set(f, HF_E_STALE, "the receipt's time lies before the transfer or in the future");
	return HF_OK;
}

static enum hf_err open_receipt(struct hf_exchange *x, const Hufu__Envelope *e, Hufu__Receipt **ret_r,
                                struct hf_fault *f)
{
	struct hf_bytes payload;
	HF_TRY(hf_space_open(hf_peers_space(x->peers), e, HF_TYPE_RECEIPT, &payload, f));
	*ret_r = HF_DECODE(receipt, payload.data, payload.len);
	return *ret_r ? HF_OK : hf_fault_set(f, HF_E_FORMAT, "the receipt lacks a field or holds one out of bounds");
}

static void closing_draft(struct transfer *t, struct hf_unit *u)
{
	struct hf_draft *d = transfer_draft(t, HF_EVENT_TRANSFER_CLOSED, HF_OK, NULL);
	draft_digest(d, &t->receipt);
	draft_record(d, t);
	hf_draft_text(d, HF_FIELD_DELIVERY, "complete; receipt verified");
	hf_draft_text(d, HF_FIELD_CACHE_DELETION, RECORD_NO_CACHE);
	hf_draft_bytes(d, HF_FIELD_CONTENT_ROOT, t->root.b, 32);
	hf_draft_text(d, HF_FIELD_QUALITY, t->quality);
	hf_draft_close(d);
	hf_unit_draft(u, d);
}

/* A close that is on its way into the store. */
struct closing {
	struct transfer *t;
	uint64_t was_done;
	int64_t was_ended_ms;
	bool stored;
};

static void after_close(void *ctx)
{
	struct closing *c = ctx;
	c->stored = true;
	if (strcmp(c->t->quality, "met") != 0)
		hf_alarm(c->t->x->base, "delivery-dispute", &c->t->id,
		         "%s has signed that the delivery is not of the quality declared; `hufu transfers show` says "
		         "what is "
		         "against it",
		         c->t->peer);
	transfer_drop(c->t);
}

/* What was not stored did not happen: the receipt comes again. */
static void after_close_free(void *ctx)
{
	struct closing *c = ctx;
	struct transfer *t = c->t;
	if (!c->stored && !t->gone) {
		t->state = TRANSFER_STARTED;
		t->bytes_done = c->was_done;
		t->ended_ms = c->was_ended_ms;
		t->quality[0] = 0;
		hf_buf_clear(&t->receipt);
	}
	transfer_unhold(t);
	free(c);
}

/* The consumer's node keeps it behind its gate (DS-85). */
static bool is_sealed(const Hufu__Receipt *r)
{
	for (size_t i = 0; i < r->n_findings; i++)
		if (strcmp(r->findings[i]->point, "storage") == 0 && r->findings[i]->ok)
			return true;
	return false;
}

static void close_transfer(struct transfer *t, const Hufu__Envelope *e, const Hufu__Receipt *r, struct hf_unit *u)
{
	struct hf_hash digest;
	size_t len = 0;
	uint8_t *data = hf_encode(&e->base, &len);
	struct closing *c = calloc(1, sizeof(*c));
	hf_buf_clear(&t->receipt);
	if (!c || !data || !hf_buf_add(&t->receipt, data, len))
		abort();
	*c = (struct closing){t, t->bytes_done, t->ended_ms, false};
	free(data);
	snprintf(t->quality, sizeof(t->quality), "%s", r->quality);
	t->ended_ms = hf_now_ms(&t->x->base->clock);
	t->state = transfer_next(t->state, STEP_COMPLETE);
	settle_received(t, u);
	if (strcmp(t->quality, "met") != 0)
		settle_open(t, UNSETTLED_QUALITY, u);
	closing_draft(t, u);
	hf_ledger_keep_envelope(u, &t->id, HF_TYPE_RECEIPT, t->receipt.data, t->receipt.len, &digest);
	t->bytes_done = t->bytes_total;
	struct hf_use use = transfer_use(t);
	hf_authz_use_commit(t->x->authz, u, &use);
	if (is_sealed(r))
		access_delivered(t, u);
	transfer_put(u, t);
	transfer_used(u, t, "completed");
	transfer_hold(t);
	hf_unit_after(u, after_close, c, after_close_free);
}

enum hf_err receipt_on_mail(void *ctx, const char *from, const struct hf_id *txn, struct hf_bytes body,
                            struct hf_unit *unit, struct hf_fault *f)
{
	struct hf_exchange *x = ctx;
	struct transfer *t = NULL;
	Hufu__Receipt *r = NULL;
	Hufu__ReceiptMail *mail = HF_DECODE(receipt_mail, body.data, body.len);
	if (!mail || !mail->receipt || !txn) {
		hf_decoded_free(mail);
		return hf_fault_set(f, HF_E_FORMAT, "the mail holds no receipt");
	}
	enum hf_err e = transfer_get(x, txn, true, &t);
	bool known = e == HF_OK && strcmp(t->peer, from) == 0;
	if (!known)
		e = hf_fault_set(f, HF_E_UNKNOWN, "there is no such transfer");
	else if (transfer_settling(t))
		e = hf_fault_set(f, HF_E_BUSY, "the end of the transfer is being recorded");
	else if (t->state != TRANSFER_STARTED)
		e = hf_fault_set(f, HF_E_STATE, "the transfer is %s; it takes no receipt",
		                 transfer_state_name(t->state));
	if (e == HF_OK)
		e = open_receipt(x, mail->receipt, &r, f);
	if (e == HF_OK)
		e = check_receipt(t, r, f);
	if (e == HF_OK)
		close_transfer(t, mail->receipt, r, unit);
	else if (known && e != HF_E_BUSY)
		hf_alarm(x->base, "receipt-refused", txn, "the receipt of %s does not verify: %s", from,
		         hf_err_reason(e));
	if (e != HF_OK && t)
		transfer_release(t);
	hf_decoded_free(r);
	hf_decoded_free(mail);
	return e;
}
