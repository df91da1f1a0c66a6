/*
 * crypto.h - start of the crypto folder: pure functions over bytes.
 *
 * Nothing here knows the node, the wire or the clock. Every function returns bool or pointer-or-NULL:
 * one way to fail, nothing leaked, outputs untouched on failure. All sizes are in bytes.
 *
 * Tour: domains.h (every domain string we own), hash.h, sign.h, secret.h (locked memory, key files),
 * aead.h, block.h, seal.h, noise.h, merkle.h, note.h, dsse.h, password.h, base64.h;
 * inside only: fetch.h (libcrypto's algorithms), utf8.h.
 */
#ifndef HUFU_CRYPTO_CRYPTO_H
#define HUFU_CRYPTO_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The suites a signed or encrypted structure may name. A suite is one row; GM comes as a second row. 0 refuses. */
enum hf_suite {
	HF_SUITE_INVALID = 0,
	HF_SUITE_INTL_1 = 1, /* Ed25519, X25519, SHA-256, AES-256-GCM or ChaCha20-Poly1305 */
	HF_SUITE_GM_1 = 2,   /* SM2, SM3, SM4: named, not offered by this version */
};

/* True when this build can use the suite. */
bool hf_suite_usable(uint32_t suite);
/* "intl-1", "gm-1", or NULL for an unknown value. */
const char *hf_suite_name(uint32_t suite);

/* Must be the first call of every process, test programs too (libsodium uses slow code without it). Idempotent. */
bool hf_crypto_init(void);

/* Fills out from the kernel's generator. */
void hf_random(void *out, size_t len);
/* Constant-time comparison of len bytes. */
bool hf_equal_ct(const void *a, const void *b, size_t len);
/* Overwrites memory in a way the compiler keeps. */
void hf_wipe(void *p, size_t len);

#endif
