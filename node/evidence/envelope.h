/*
 * envelope.h - signed envelopes (DSSE): making them with a node's or a person's key, opening them against known keys.
 */
#ifndef HUFU_EVIDENCE_ENVELOPE_H
#define HUFU_EVIDENCE_ENVELOPE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/ids.h"
#include "contract.pb-c.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "envelope.pb-c.h"
#include "proto/codec.h"

/* Signs payload bytes; out gets the encoded Envelope. */
enum hf_err hf_envelope_make(const struct hf_sign_key *k, const char *keyid, const char *type, const void *payload,
                             size_t len, struct hf_buf *out) HF_MUST_CHECK;
/* Encodes the message, then signs it. */
enum hf_err hf_envelope_make_message(const struct hf_sign_key *k, const char *keyid, const char *type,
                                     const ProtobufCMessage *message, struct hf_buf *out) HF_MUST_CHECK;
/* Verifies the one signature by keyid against pub. */
bool hf_envelope_verify(const Hufu__Envelope *e, const char *type, const char *keyid, const struct hf_sign_pub *pub);
/* SHA-256 of the encoded envelope as sent: what other statements and ledger entries refer to it by. */
void hf_envelope_digest(const void *encoded, size_t len, struct hf_hash *ret_digest);
/* The same for an embedded envelope; the embedded bytes are re-packed, which is exact because decoding refuses
 * envelopes that are not in canonical encoding. */
enum hf_err hf_envelope_digest_message(const Hufu__Envelope *e, struct hf_hash *ret_digest) HF_MUST_CHECK;

/* What the persons' statements "request" and "need" sign of an application: SHA-256 of its encoding without header,
 * need and request. */
void hf_application_digest(const Hufu__Application *app, struct hf_hash *ret_digest);

#endif
