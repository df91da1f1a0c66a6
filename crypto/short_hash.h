/*
 * short_hash.h - SipHash-2-4 (libsodium's shorthash): for tables in memory whose keys others choose. No digest to be
 * kept or shown. Any thread.
 */
#ifndef HUFU_CRYPTO_SHORT_HASH_H
#define HUFU_CRYPTO_SHORT_HASH_H

#include "crypto/crypto.h"

struct hf_short_key {
	uint8_t b[16];
};
uint64_t hf_short_hash(const struct hf_short_key *k, const void *data, size_t len);

#endif
