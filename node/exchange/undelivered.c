/* undelivered.c - see undelivered.h. */
#include "exchange/undelivered.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/domains.h"
#include "evidence/envelope.h"

static ProtobufCBinaryData digest_of(const struct hf_buf *envelope, struct hf_hash *h)
{
	if (envelope->len == 0)
		return (ProtobufCBinaryData){0, NULL};
	hf_sha256(envelope->data, envelope->len, h);
	return (ProtobufCBinaryData){sizeof(h->b), h->b};
}

static void keep(struct transfer *t, struct hf_unit *u)
{
	struct hf_hash digest;
	hf_ledger_keep_envelope(u, &t->id, HF_TYPE_UNDELIVERED, t->undelivered.data, t->undelivered.len, &digest);
}

enum hf_err undelivered_make(struct transfer *t, struct hf_unit *u)
{
	Hufu__Header header = HUFU__HEADER__INIT;
	Hufu__UndeliveredPaper p = HUFU__UNDELIVERED_PAPER__INIT;
	char *audience[1];
	struct hf_id message_id;
	struct hf_hash start, manifest, root;
	header_fill(t->x, &header, t, audience, &message_id);
	p.header = &header;
	p.transfer = (ProtobufCBinaryData){16, t->id.b};
	p.start_digest = digest_of(&t->start, &start);
	if (t->manifest_ok)
		p.manifest_digest = digest_of(&t->manifest, &manifest);
	p.chunks = t->acknowledged;
	p.bytes = t->bytes_done;
	hf_merkle_range_root(&t->durable, &root);
	p.root = (ProtobufCBinaryData){32, root.b};
	p.reason_code = t->reason_code;
	p.reason = t->reason;
	p.ended_ms = t->ended_ms;
	hf_buf_clear(&t->undelivered);
	HF_TRY(hf_envelope_make_message(t->x->keys->envelope, t->x->base->self.s, HF_TYPE_UNDELIVERED, &p.base,
	                                &t->undelivered));
	keep(t, u);
	return HF_OK;
}

static bool names(const ProtobufCBinaryData *digest, const struct hf_buf *envelope)
{
	struct hf_hash h;
	if (digest->len == 0)
		return true;
	hf_sha256(envelope->data, envelope->len, &h);
	return envelope->len > 0 && digest->len == sizeof(h.b) && memcmp(digest->data, h.b, sizeof(h.b)) == 0;
}

static uint64_t chunks_sent(const struct transfer *t)
{
	return t->manifest.len > 0 ? t->bytes_total / CHUNK_BYTES + 1 : UINT64_MAX;
}

/* What was acknowledged on the way stays so; where both know the root there is one. */
static bool amount_fits(const struct transfer *t, const Hufu__UndeliveredPaper *p)
{
	struct hf_hash root;
	uint64_t all = chunks_sent(t);
	if (p->root.len != sizeof(root.b) || p->chunks < t->acknowledged || p->chunks > all ||
	    (p->chunks > 0 && p->start_digest.len == 0))
		return false;
	if (p->chunks == all)
		return p->bytes == t->bytes_total && memcmp(p->root.data, t->root.b, sizeof(root.b)) == 0;
	hf_merkle_range_root(&t->durable, &root);
	return p->bytes == p->chunks * CHUNK_BYTES &&
	       (p->chunks != t->acknowledged || memcmp(p->root.data, root.b, sizeof(root.b)) == 0);
}

static enum hf_err check(const struct transfer *t, const Hufu__UndeliveredPaper *p, struct hf_fault *f)
{
	HF_TRY(header_check(t, p->header, "signed end", f));
	if (p->transfer.len != 16 || memcmp(p->transfer.data, t->id.b, 16) != 0 ||
	    !names(&p->start_digest, &t->start)) /* which manifest it saw is its own word: its keeper can compare */
		return hf_fault_set(f, HF_E_CONFLICT, "the signed end does not speak of what was sent");
	if (!amount_fits(t, p))
		return hf_fault_set(f, HF_E_DIGEST, "the signed end states another digest or size than what was sent");
	return HF_OK;
}

enum hf_err undelivered_take(struct transfer *t, const Hufu__Envelope *e, struct hf_unit *u, struct hf_fault *f)
{
	struct hf_bytes payload;
	size_t len = 0;
	HF_TRY(hf_space_open(hf_peers_space(t->x->peers), e, HF_TYPE_UNDELIVERED, &payload, f));
	HF_CLEANUP(hf_decoded_done)
	Hufu__UndeliveredPaper *p = HF_DECODE(undelivered_paper, payload.data, payload.len);
	if (!p)
		return hf_fault_set(f, HF_E_FORMAT, "the signed end lacks a field or holds one out of bounds");
	HF_TRY(check(t, p, f));
	uint8_t *data = hf_encode(&e->base, &len);
	hf_buf_clear(&t->undelivered);
	if (!data || !hf_buf_add(&t->undelivered, data, len))
		abort();
	free(data);
	keep(t, u);
	return HF_OK;
}

bool undelivered_some(const struct transfer *t)
{
	return t->served > 0 || t->asked || t->acknowledged > 0 || t->reopened || t->manifest.len > 0;
}
