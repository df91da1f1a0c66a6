/*
 * block.h - AES on many independent blocks at a time, for constructions that call it as a pseudo-random function.
 *
 * Never for encrypting data: that is aead.h. The blocks of one call must not depend on each other.
 */
#ifndef HUFU_CRYPTO_BLOCK_H
#define HUFU_CRYPTO_BLOCK_H

#include "crypto/crypto.h"

#define HF_BLOCK_BYTES 16

struct hf_block; /* one key, one thread at a time */

/* key_len 16, 24 or 32; NULL for another length or when memory is gone. */
struct hf_block *hf_block_new(const uint8_t *key, size_t key_len);
void hf_block_free(struct hf_block *b); /* wipes */
/* In place is allowed; count at most 2^20. False only when libcrypto fails. */
bool hf_block_encrypt(struct hf_block *b, const void *in, size_t count, void *ret_out);

#endif
