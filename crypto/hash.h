/*
 * hash.h - SHA-256 from libcrypto (SHA-NI), fetched once, and HMAC/HKDF over it.
 */
#ifndef HUFU_CRYPTO_HASH_H
#define HUFU_CRYPTO_HASH_H

#include "crypto/crypto.h"

struct hf_hash {
	uint8_t b[32];
};

struct hf_sha256; /* an incremental hash; heap */

/* One call; thread-safe. Aborts only when memory is gone. */
void hf_sha256(const void *data, size_t len, struct hf_hash *ret_hash);
/* Over two or three pieces without joining them; pieces may be NULL with length 0. */
void hf_sha256_2(const void *a, size_t a_len, const void *b, size_t b_len, struct hf_hash *ret_hash);

struct hf_sha256 *hf_sha256_new(void);
void hf_sha256_add(struct hf_sha256 *h, const void *data, size_t len);
/* Ends the hash and resets it for another use. */
void hf_sha256_end(struct hf_sha256 *h, struct hf_hash *ret_hash);
void hf_sha256_free(struct hf_sha256 *h);

/* HMAC-SHA-256 with a key of any length. */
void hf_hmac(const void *key, size_t key_len, const void *data, size_t len, struct hf_hash *ret_mac);
/* The same for many messages under one key, at half the cost each. As secret as the key: wipe it (hf_wipe). */
struct hf_hmac_key {
	uint32_t state[56];
};
void hf_hmac_key_init(struct hf_hmac_key *k, const void *key, size_t key_len);
void hf_hmac_with(const struct hf_hmac_key *k, const void *data, size_t len, struct hf_hash *ret_mac);
/* HKDF-SHA-256 (RFC 5869); out_len at most 8160. info is usually one of domains.h plus context bytes. */
void hf_hkdf(const void *ikm, size_t ikm_len, const void *salt, size_t salt_len, const void *info, size_t info_len,
             void *out, size_t out_len);

bool hf_hash_equal(const struct hf_hash *a, const struct hf_hash *b);
/* Lower-case hex; out holds 65 bytes. */
void hf_hash_hex(const struct hf_hash *h, char out[65]);
/* Exactly 64 hex digits, nothing else. */
bool hf_hash_from_hex(const char *text, struct hf_hash *ret_hash);

#endif
