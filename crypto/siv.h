/*
 * siv.h - deterministic authenticated encryption: AES-SIV (RFC 5297) with a key of 64 bytes (two AES-256 keys).
 *
 * Equal plain texts under one key and one associated text give equal cipher texts, which is what joins need; nothing
 * else about them shows but the length. One object on one thread at a time.
 */
#ifndef HUFU_CRYPTO_SIV_H
#define HUFU_CRYPTO_SIV_H

#include "crypto/crypto.h"

#define HF_SIV_KEY 64
#define HF_SIV_TAG 16 /* in front of the cipher text */

struct hf_siv;
/* key_len is 32, 48 or 64. NULL: libcrypto does not offer it. */
struct hf_siv *hf_siv_new(const uint8_t *key, size_t key_len);
void hf_siv_free(struct hf_siv *s);
/* ret_sealed gets HF_SIV_TAG + len bytes. ad may be NULL with length 0. */
bool hf_siv_seal(struct hf_siv *s, const void *ad, size_t ad_len, const void *plain, size_t len, uint8_t *ret_sealed);
/* ret_plain gets len - HF_SIV_TAG bytes. False: not sealed under this key and text. */
bool hf_siv_open(struct hf_siv *s, const void *ad, size_t ad_len, const uint8_t *sealed, size_t len,
                 uint8_t *ret_plain);

#endif
