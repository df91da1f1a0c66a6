/* envelope.c - see envelope.h. */
#include "evidence/envelope.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/dsse.h"
#include "proto/envelope.h"

static enum hf_err add_and_free(struct hf_buf *out, uint8_t *take, size_t len)
{
	if (take == NULL)
		return HF_E_MEMORY;
	bool ok = hf_buf_add(out, take, len);
	free(take);
	return ok ? HF_OK : HF_E_LIMIT;
}

enum hf_err hf_envelope_make(const struct hf_sign_key *k, const char *keyid, const char *type, const void *payload,
                             size_t len, struct hf_buf *out)
{
	struct hf_sig sig;
	size_t envelope_len = 0;
	if (len == 0)
		return HF_E_ARGUMENT;
	if (!hf_dsse_sign(k, type, payload, len, &sig))
		return HF_E_CRYPTO;
	uint8_t *bytes = hf_envelope_encode(type, payload, len, keyid, sig.b, &envelope_len);
	return add_and_free(out, bytes, envelope_len);
}

enum hf_err hf_envelope_make_message(const struct hf_sign_key *k, const char *keyid, const char *type,
                                     const ProtobufCMessage *message, struct hf_buf *out)
{
	size_t len = 0;
	uint8_t *payload = hf_encode(message, &len);
	if (payload == NULL)
		return HF_E_MEMORY;
	enum hf_err e = hf_envelope_make(k, keyid, type, payload, len, out);
	free(payload);
	return e;
}

/* A second signature could be changed or dropped without anybody noticing, so there is exactly one. */
bool hf_envelope_verify(const Hufu__Envelope *e, const char *type, const char *keyid, const struct hf_sign_pub *pub)
{
	struct hf_sig sig;
	if (e->n_signatures != 1 || e->signatures[0]->sig.len != sizeof(sig.b) || strcmp(e->payload_type, type) != 0 ||
	    strcmp(e->signatures[0]->keyid, keyid) != 0)
		return false;
	memcpy(sig.b, e->signatures[0]->sig.data, sizeof(sig.b));
	return hf_dsse_verify(pub, type, e->payload.data, e->payload.len, &sig);
}

void hf_envelope_digest(const void *encoded, size_t len, struct hf_hash *ret_digest)
{
	hf_sha256(encoded, len, ret_digest);
}

enum hf_err hf_envelope_digest_message(const Hufu__Envelope *e, struct hf_hash *ret_digest)
{
	size_t len = 0;
	uint8_t *bytes = hf_encode(&e->base, &len);
	if (bytes == NULL)
		return HF_E_MEMORY;
	hf_sha256(bytes, len, ret_digest);
	free(bytes);
	return HF_OK;
}
