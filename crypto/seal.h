/*
 * seal.h - X25519 agreement keys and sealed boxes (anonymous sender to a recipient's public key).
 */
#ifndef HUFU_CRYPTO_SEAL_H
#define HUFU_CRYPTO_SEAL_H

#include "crypto/crypto.h"

struct hf_agree_pub {
	uint8_t b[32];
};
struct hf_agree_key; /* secret; locked memory */

struct hf_agree_key *hf_agree_key_new(void);
/* The seed is the X25519 scalar itself (RFC 7748; clamped in use). */
struct hf_agree_key *hf_agree_key_from_seed(const uint8_t seed[32]);
void hf_agree_key_free(struct hf_agree_key *k);
void hf_agree_key_pub(const struct hf_agree_key *k, struct hf_agree_pub *ret_pub);
/* X25519; false on the all-zero result. */
bool hf_agree(const struct hf_agree_key *k, const struct hf_agree_pub *peer, uint8_t ret_shared[32]);

#define HF_SEAL_OVERHEAD 48
/* out holds len + HF_SEAL_OVERHEAD. */
bool hf_seal(const struct hf_agree_pub *to, const void *plain, size_t len, uint8_t *ret_sealed);
bool hf_seal_open(const struct hf_agree_key *k, const uint8_t *sealed, size_t sealed_len, void *ret_plain);

#endif
