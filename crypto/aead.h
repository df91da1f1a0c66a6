/*
 * aead.h - bulk AEADs from libcrypto, fetched once; 256-bit keys, 96-bit nonces, 128-bit tags.
 */
#ifndef HUFU_CRYPTO_AEAD_H
#define HUFU_CRYPTO_AEAD_H

#include "crypto/crypto.h"

#define HF_AEAD_TAG_BYTES 16

enum hf_aead_alg {
	HF_AEAD_INVALID = 0,
	HF_AEAD_AES256GCM = 1,
	HF_AEAD_CHACHA20POLY1305 = 2,
};

struct hf_aead; /* one key, one thread at a time */

struct hf_aead *hf_aead_new(enum hf_aead_alg alg, const uint8_t key[32]);
void hf_aead_free(struct hf_aead *a);
/* Writes len bytes of ciphertext and a separate tag; in place is allowed. The nonce must never repeat under a key. */
bool hf_aead_seal(struct hf_aead *a, const uint8_t nonce[12], const void *ad, size_t ad_len, const void *plain,
                  size_t len, void *ret_cipher, uint8_t ret_tag[HF_AEAD_TAG_BYTES]);
/* False when the tag does not match; ret_plain is then zeroed. */
bool hf_aead_open(struct hf_aead *a, const uint8_t nonce[12], const void *ad, size_t ad_len, const void *cipher,
                  size_t len, const uint8_t tag[HF_AEAD_TAG_BYTES], void *ret_plain);
/* The nonce of a counter as in Noise revision 34, section 12: big-endian for AES, little-endian for ChaCha. */
void hf_aead_nonce(enum hf_aead_alg alg, uint64_t counter, uint8_t ret_nonce[12]);
/* Small secrets at rest: random 24-byte nonce || ciphertext || tag with XChaCha20-Poly1305; out holds len + 40. */
#define HF_BOX_OVERHEAD 40
bool hf_box_seal(const uint8_t key[32], const void *ad, size_t ad_len, const void *plain, size_t len, uint8_t *ret_box);
bool hf_box_open(const uint8_t key[32], const void *ad, size_t ad_len, const uint8_t *box, size_t box_len,
                 void *ret_plain);

#endif
