/*
 * envelope.h - packing and finding one's way in Envelope messages; the signature itself is crypto/dsse.h's business in
 * node/evidence/envelope.h, because crypto and proto do not know each other.
 */
#ifndef HUFU_PROTO_ENVELOPE_H
#define HUFU_PROTO_ENVELOPE_H

#include "proto/codec.h"

/* Packs one envelope with one signature into new memory (free()). */
uint8_t *hf_envelope_encode(const char *payload_type, const void *payload, size_t payload_len, const char *keyid,
                            const uint8_t sig[64], size_t *ret_len);

/* The bytes of the Header with which every signed payload begins (field 1), inside payload. False when it begins
 * otherwise. */
bool hf_payload_header(const void *payload, size_t len, const uint8_t **ret_header, size_t *ret_len);

#endif
