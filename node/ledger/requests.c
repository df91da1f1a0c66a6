/* requests.c - which file answers which message of a peer. */
#include <stdlib.h>

#include "ledger/internal.h"
#include "proto/codec.h"

void hf_answer(const struct hf_answer *a, enum hf_err e, const char *text)
{
	a->fn(a->ctx, e, text, NULL, 0);
}

void hf_ledger_answer(const struct hf_answer *a, const ProtobufCMessage *m)
{
	size_t len;
	uint8_t *body = hf_encode(m, &len);

	if (body)
		a->fn(a->ctx, HF_OK, "", body, len);
	else
		hf_answer(a, HF_E_BUSY, "no memory is left for the answer");
	free(body);
}

static const struct row {
	enum hf_msg type;
	void (*handle)(struct hf_ledger *l, const char *peer, struct hf_bytes body, const struct hf_answer *answer);
} rows[] = {
        {HF_MSG_CHECKPOINT_ADD, hf_witness_on_request},   {HF_MSG_MIRROR_ADD, hf_mirror_on_request},
        {HF_MSG_OPENINGS_PUSH, hf_openings_on_request},   {HF_MSG_LEDGER_HEADS, hf_heads_on_request},
        {HF_MSG_LEDGER_EVIDENCE, hf_evidence_on_request}, {HF_MSG_CONSISTENCY_GET, hf_consistency_on_request},
        {HF_MSG_LEDGER_FETCH, hf_fetch_on_request},       {HF_MSG_LEDGER_SEEN, hf_seen_on_request},
};

void hf_ledger_handle(struct hf_ledger *l, const char *peer, uint32_t type, struct hf_bytes body,
                      struct hf_answer answer)
{
	if (!l->started || l->closing) {
		hf_answer(&answer, HF_E_BUSY, "the ledger is starting or stopping");
		return;
	}
	hf_ledger_heard(l, peer);
	if (type == HF_MSG_MIRROR_ADD || type == HF_MSG_OPENINGS_PUSH) /* it takes this node for a party, too */
		hf_push_again(hf_ledger_peer(l, peer), false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((uint32_t)rows[i].type == type) {
			rows[i].handle(l, peer, body, &answer);
			return;
		}
	hf_answer(&answer, HF_E_UNSUPPORTED, "the ledger answers no such message");
}

static void reply(void *ctx, enum hf_err e, const char *text, const void *body, size_t len)
{
	hf_request_reply(ctx, e, text, body, len);
}

void hf_ledger_on_request(struct hf_ledger *l, struct hf_request *take)
{
	hf_ledger_handle(l, hf_request_peer(take), hf_request_type(take), hf_request_body(take),
	                 (struct hf_answer){reply, take});
}
