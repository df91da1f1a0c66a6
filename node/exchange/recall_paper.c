/* recall_paper.c - what is signed and sent of a recall, by either side; see recall.h. */
#include <string.h>

#include "crypto/domains.h"
#include "evidence/envelope.h"
#include "exchange/recall.h"
#include "exchange/transfer.h"
#include "proto/codec.h"
#include "recall.pb-c.h"

void recall_head_init(const struct hf_exchange *x, struct recall_head *h, const struct hf_id *txn, const char *to)
{
	int64_t now = hf_now_ms(&x->base->clock);
	*h = (struct recall_head){.message = hf_id_new(now), .txn = *txn};
	hufu__header__init(&h->header);
	h->audience[0] = (char *)to;
	h->header.suite = HF_SUITE_INTL_1;
	h->header.space = (char *)hf_space_id(hf_peers_space(x->peers));
	h->header.issuer = (char *)x->base->self.s;
	h->header.audience = h->audience;
	h->header.n_audience = 1;
	h->header.message_id = id_or_none(&h->message);
	h->header.transaction = id_or_none(&h->txn);
	h->header.time_ms = now;
}

enum hf_err recall_sign(struct hf_exchange *x, const char *type, const struct hf_id *txn, const ProtobufCMessage *m,
                        struct hf_unit *unit, Hufu__Envelope **ret_envelope, struct hf_hash *ret_digest)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	HF_TRY(hf_envelope_make_message(x->keys->envelope, x->base->self.s, type, m, &out));
	*ret_envelope = HF_DECODE(envelope, out.data, out.len);
	if (!*ret_envelope)
		return HF_E_LIMIT;
	hf_ledger_keep_envelope(unit, txn, type, out.data, out.len, ret_digest);
	return HF_OK;
}

static enum hf_err check_head(struct hf_exchange *x, const Hufu__Header *h, const struct recall_want *want,
                              struct hf_fault *f)
{
	bool named = false;
	if (!h || strcmp(h->issuer, want->from) != 0)
		return hf_fault_set(f, HF_E_SIGNATURE, "%s was not signed by %s", want->what, want->from);
	for (size_t i = 0; i < h->n_audience; i++)
		named |= strcmp(h->audience[i], x->base->self.s) == 0;
	if (!named)
		return hf_fault_set(f, HF_E_STANDING, "%s is addressed to another node", want->what);
	if (h->time_ms > hf_now_ms(&x->base->clock) + HF_CLOCK_SKEW_MS)
		return hf_fault_set(f, HF_E_STALE, "%s is dated in the future", want->what);
	return HF_OK;
}

enum hf_err recall_open(struct hf_exchange *x, const Hufu__Envelope *e, const struct recall_want *want,
                        void *ret_message, struct hf_fault *f)
{
	struct hf_bytes payload;
	HF_TRY(hf_space_open(hf_peers_space(x->peers), e, want->type, &payload, f));
	ProtobufCMessage *m = hf_decode(want->desc, payload.data, payload.len);
	if (!m)
		return hf_fault_set(f, HF_E_FORMAT, "%s lacks a field or holds one out of bounds", want->what);
	/* Each of these messages begins with its header. */
	const Hufu__Header *h = ((const Hufu__Recall *)(const void *)m)->header;
	enum hf_err err = check_head(x, h, want, f);
	if (err != HF_OK)
		hf_decoded_free(m);
	else
		memcpy(ret_message, &m, sizeof(m));
	return err;
}
