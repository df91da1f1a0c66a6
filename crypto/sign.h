/*
 * sign.h - Ed25519 signatures behind "sign", so that a key process or an HSM can take over later.
 */
#ifndef HUFU_CRYPTO_SIGN_H
#define HUFU_CRYPTO_SIGN_H

#include "crypto/crypto.h"

struct hf_sign_pub {
	uint8_t b[32];
};
struct hf_sig {
	uint8_t b[64];
};
struct hf_sign_key; /* secret; lives in locked memory */

struct hf_sign_key *hf_sign_key_new(void);
struct hf_sign_key *hf_sign_key_from_seed(const uint8_t seed[32]);
void hf_sign_key_free(struct hf_sign_key *k);
void hf_sign_key_pub(const struct hf_sign_key *k, struct hf_sign_pub *ret_pub);
/* Copies the 32-byte seed out, for storing it encrypted; wipe it afterwards. */
void hf_sign_key_seed(const struct hf_sign_key *k, uint8_t ret_seed[32]);

/* Thread-safe. The message must already begin with its domain, or be a published format with a dedicated key. */
bool hf_sign(const struct hf_sign_key *k, const void *msg, size_t len, struct hf_sig *ret_sig);
bool hf_sign_verify(const struct hf_sign_pub *pub, const void *msg, size_t len, const struct hf_sig *sig);

/* did:key form of the key ("did:key:z6Mk..."); out holds 64 bytes. Only a printed form, never an identity. */
void hf_sign_pub_did(const struct hf_sign_pub *pub, char out[64]);

#endif
