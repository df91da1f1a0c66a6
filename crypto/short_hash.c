/* short_hash.c - see short_hash.h. */
#include "crypto/short_hash.h"

#include <sodium.h>

_Static_assert(sizeof(struct hf_short_key) == crypto_shorthash_KEYBYTES, "a key of SipHash");

uint64_t hf_short_hash(const struct hf_short_key *k, const void *data, size_t len)
{
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t h = 0;

	crypto_shorthash(out, data, len, k->b);
	for (unsigned i = 0; i < sizeof(out); i++) /* little-endian, as its paper says it */
		h |= (uint64_t)out[i] << 8 * i;
	return h;
}
