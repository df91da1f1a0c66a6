/* envelope.c - see envelope.h. */
#include "proto/envelope.h"

#include "envelope.pb-c.h"
#include "proto/walk.h"

uint8_t *hf_envelope_encode(const char *payload_type, const void *payload, size_t payload_len, const char *keyid,
                            const uint8_t sig[64], size_t *ret_len)
{
	/* protobuf-c has no const in its messages; packing only reads. */
	Hufu__Signature signature = HUFU__SIGNATURE__INIT;
	signature.keyid = (char *)(uintptr_t)keyid;
	signature.sig = (ProtobufCBinaryData){64, (uint8_t *)(uintptr_t)sig};
	Hufu__Signature *signatures[1] = {&signature};
	Hufu__Envelope e = HUFU__ENVELOPE__INIT;
	e.payload_type = (char *)(uintptr_t)payload_type;
	e.payload = (ProtobufCBinaryData){payload_len, (uint8_t *)(uintptr_t)payload};
	e.n_signatures = 1;
	e.signatures = signatures;
	return hf_encode(&e.base, ret_len);
}

bool hf_payload_header(const void *payload, size_t len, const uint8_t **ret_header, size_t *ret_len)
{
	return hf_walk_first(payload, len, 1, ret_header, ret_len);
}
