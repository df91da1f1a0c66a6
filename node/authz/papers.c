/*
 * papers.c - signed envelopes of nodes: made, opened, kept, mailed. Nothing here knows what a paper says.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/internal.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

bool az_id_of(const ProtobufCBinaryData *b, struct hf_id *ret_id)
{
	return hf_id_from_bytes(b->data, b->len, ret_id);
}

bool az_hash_is(const ProtobufCBinaryData *b, const struct hf_hash *h)
{
	return b->len == sizeof(h->b) && memcmp(b->data, h->b, sizeof(h->b)) == 0;
}

void az_paper_done(struct paper *p)
{
	free(p->bytes);
	hf_decoded_free(p->envelope);
	*p = (struct paper){0};
}

static void add_audience(struct paper_head *h, const char *node)
{
	size_t n = h->header.n_audience;
	if (!node)
		return;
	for (size_t i = 0; i < n; i++)
		if (strcmp(h->audience[i], node) == 0)
			return;
	h->audience[n] = (char *)node;
	h->header.n_audience = n + 1;
}

void az_paper_head_init(struct hf_authz *a, struct paper_head *h, const struct hf_id *txn, const char *to1,
                        const char *to2, const char *to3)
{
	int64_t now = now_of(a);
	*h = (struct paper_head){.message = hf_id_new(now), .txn = *txn};
	hufu__header__init(&h->header);
	h->header.suite = HF_SUITE_INTL_1;
	h->header.space = (char *)hf_space_id(hf_peers_space(a->peers));
	h->header.issuer = (char *)a->base->self.s;
	h->header.audience = h->audience;
	add_audience(h, to1);
	add_audience(h, to2);
	add_audience(h, to3);
	h->header.message_id = BIN_ID(&h->message);
	h->header.transaction = BIN_ID(&h->txn);
	h->header.time_ms = now;
}

enum hf_err az_paper_sign(struct hf_authz *a, const char *type, const struct hf_id *txn,
                          const ProtobufCMessage *message, struct hf_unit *unit, struct paper *ret_paper,
                          struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out;
	hf_buf_init(&out, HF_MAX_ENVELOPE);
	enum hf_err e = hf_envelope_make_message(a->keys->envelope, a->base->self.s, type, message, &out);
	if (e != HF_OK)
		return hf_fault_set(f, e, "this node could not sign the paper: %s", hf_err_text(e));
	struct paper p = {0};
	/* Through the same door as what others send: what we would refuse, we do not send. */
	p.envelope = HF_DECODE(envelope, out.data, out.len);
	void *again =
	        p.envelope ? hf_decode(message->descriptor, p.envelope->payload.data, p.envelope->payload.len) : NULL;
	bool fits = again != NULL;
	hf_decoded_free(again);
	if (!fits) {
		az_paper_done(&p);
		return hf_fault_set(f, HF_E_LIMIT,
		                    "a text or a list in this step is longer than the form allows; shorten it");
	}
	p.bytes = hf_buf_take(&out, &p.len);
	hf_ledger_keep_envelope(unit, txn, type, p.bytes, p.len, &p.digest);
	*ret_paper = p;
	return HF_OK;
}

static const Hufu__Header *header_of(const ProtobufCMessage *m)
{
	const ProtobufCFieldDescriptor *d = protobuf_c_message_descriptor_get_field_by_name(m->descriptor, "header");
	const Hufu__Header *h = NULL;
	if (d)
		memcpy(&h, (const uint8_t *)m + d->offset, sizeof(h));
	return h;
}

static bool in_audience(const struct hf_authz *a, const Hufu__Header *h)
{
	for (size_t i = 0; i < h->n_audience; i++)
		if (is_self(a, h->audience[i]))
			return true;
	return false;
}

/* Who has left the space, or was put out of it, cannot date a paper back to when its key still counted. */
static enum hf_err check_author(const struct hf_authz *a, const Hufu__Header *h, const char *what, struct hf_fault *f)
{
	enum hf_err e = hf_space_standing(hf_peers_space(a->peers), h->issuer, now_of(a));
	if (e == HF_OK)
		return HF_OK;
	if (e == HF_E_OLD_DESCRIPTOR)
		return hf_fault_set(f, HF_E_BUSY,
		                    "this node's space descriptor is too old to judge %s; it fetches a newer one",
		                    what);
	return hf_fault_set(f, HF_E_STANDING, "%s is of %s: %s", what, h->issuer, hf_err_text(e));
}

/* Whom a paper must be addressed to. */
enum audience { AUDIENCE_SELF, AUDIENCE_SELF_OR_ALL, AUDIENCE_ANY };

static bool is_addressed(const struct hf_authz *a, const Hufu__Header *h, enum audience to)
{
	return in_audience(a, h) || to == AUDIENCE_ANY || (to == AUDIENCE_SELF_OR_ALL && h->n_audience == 0);
}

static enum hf_err check_header(const struct hf_authz *a, const Hufu__Header *h, const struct paper_want *w,
                                enum audience to, struct hf_fault *f)
{
	struct hf_id id;
	if (!h)
		return hf_fault_set(f, HF_E_FORMAT, "%s has no header", w->what);
	if (w->issuer && strcmp(h->issuer, w->issuer) != 0)
		return hf_fault_set(f, HF_E_STANDING, "%s must come from %s, but %s signed it", w->what, w->issuer,
		                    h->issuer);
	if (!is_addressed(a, h, to))
		return hf_fault_set(f, HF_E_STANDING, "%s of %s is not addressed to this node", w->what, h->issuer);
	if (!az_id_of(&h->message_id, &id) || !az_id_of(&h->transaction, &id))
		return hf_fault_set(f, HF_E_FORMAT, "%s of %s lacks its message or transaction identifier", w->what,
		                    h->issuer);
	if (w->txn && !hf_id_equal(&id, w->txn))
		return hf_fault_set(f, HF_E_CONFLICT, "%s of %s belongs to another transaction", w->what, h->issuer);
	if (h->time_ms > now_of(a) + HF_CLOCK_SKEW_MS)
		return hf_fault_set(f, HF_E_STALE, "%s of %s is dated in the future; set the clocks", w->what,
		                    h->issuer);
	return check_author(a, h, w->what, f);
}

static enum hf_err open_payload(struct hf_authz *a, const Hufu__Envelope *e, const struct paper_want *want,
                                ProtobufCMessage **ret_message, struct hf_fault *f)
{
	struct hf_bytes payload;
	if (!e)
		return hf_fault_set(f, HF_E_FORMAT, "%s is missing", want->what);
	HF_TRY(hf_space_open(hf_peers_space(a->peers), e, want->type, &payload, f));
	*ret_message = hf_decode(want->desc, payload.data, payload.len);
	return *ret_message ? HF_OK : hf_fault_set(f, HF_E_FORMAT, "%s is not of the required form", want->what);
}

enum hf_err az_paper_open(struct hf_authz *a, const Hufu__Envelope *e, const struct paper_want *want, void *ret_message,
                          struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) ProtobufCMessage *m = NULL;
	HF_TRY(open_payload(a, e, want, &m, f));
	HF_TRY(check_header(a, header_of(m), want, AUDIENCE_SELF, f));
	*(ProtobufCMessage **)ret_message = HF_TAKE(m);
	return HF_OK;
}

enum hf_err az_paper_open_public(struct hf_authz *a, const Hufu__Envelope *e, const struct paper_want *want,
                                 void *ret_message, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) ProtobufCMessage *m = NULL;
	HF_TRY(open_payload(a, e, want, &m, f));
	HF_TRY(check_header(a, header_of(m), want, AUDIENCE_SELF_OR_ALL, f));
	*(ProtobufCMessage **)ret_message = HF_TAKE(m);
	return HF_OK;
}

enum hf_err az_paper_open_shown(struct hf_authz *a, const Hufu__Envelope *e, const struct paper_want *want,
                                void *ret_message, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) ProtobufCMessage *m = NULL;
	HF_TRY(open_payload(a, e, want, &m, f));
	HF_TRY(check_header(a, header_of(m), want, AUDIENCE_ANY, f));
	*(ProtobufCMessage **)ret_message = HF_TAKE(m);
	return HF_OK;
}

enum hf_err az_paper_keep(struct hf_authz *a, const Hufu__Envelope *e, const struct hf_id *txn, struct hf_unit *unit,
                          struct paper *ret_paper, struct hf_fault *f)
{
	struct paper p = {0};
	(void)a;
	p.bytes = hf_encode(&e->base, &p.len);
	if (!p.bytes)
		return hf_fault_set(f, HF_E_MEMORY, "no memory is left to keep the paper");
	hf_ledger_keep_envelope(unit, txn, e->payload_type, p.bytes, p.len, &p.digest);
	*ret_paper = p;
	return HF_OK;
}

enum hf_err az_paper_mail(struct hf_authz *a, struct hf_unit *unit, const char *to, enum hf_mail type,
                          const struct hf_id *txn, const ProtobufCMessage *body, struct hf_fault *f)
{
	size_t len = 0;
	uint8_t *data = hf_encode(body, &len);
	if (!data)
		return hf_fault_set(f, HF_E_MEMORY, "no memory is left to write the mail");
	enum hf_err e = hf_peers_mail(a->peers, unit, to, type, txn, data, len);
	free(data);
	if (e == HF_OK)
		return HF_OK;
	return hf_fault_set(f, e, "the %s cannot be mailed to %s: %s", hf_mail_name(type), to, hf_err_text(e));
}

static bool is_party(const Hufu__ApplicationRow *row, const char *node)
{
	return same_text(row->organization, node) || same_text(row->intake, node) || same_text(row->provider, node);
}

enum hf_err az_row_of_mail(struct hf_authz *a, const struct mail_in *in, const Hufu__Envelope *e,
                           const ProtobufCMessageDescriptor *desc, Hufu__ApplicationRow **ret_row)
{
	struct hf_id id, txn;
	HF_CLEANUP(hf_decoded_done) ProtobufCMessage *m = e ? hf_decode(desc, e->payload.data, e->payload.len) : NULL;
	const ProtobufCFieldDescriptor *d = protobuf_c_message_descriptor_get_field_by_name(desc, "application");
	ProtobufCBinaryData subject = {0, NULL};
	if (m && d)
		memcpy(&subject, (const uint8_t *)m + d->offset, sizeof(subject));
	if (!az_id_of(&subject, &id))
		return hf_fault_set(in->fault, HF_E_FORMAT, "the mail does not hold a paper of the required form");
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = NULL;
	enum hf_err err = az_row_get(a, &id, &row);
	if (err == HF_E_UNKNOWN || (err == HF_OK && !is_party(row, in->from)))
		return az_row_unknown(&id, in->fault);
	HF_TRY(hf_fault_default(in->fault, err));
	txn = az_row_txn(row);
	if (in->txn && !hf_id_is_zero(in->txn) && !hf_id_equal(in->txn, &txn))
		return hf_fault_set(in->fault, HF_E_CONFLICT,
		                    "the mail belongs to another transaction than its application");
	*ret_row = HF_TAKE(row);
	return HF_OK;
}
