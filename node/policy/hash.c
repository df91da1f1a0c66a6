/*
 * hash.c - a keyed 64-bit hash of short texts: two multiplications for what has up to 16 bytes.
 */
#include "policy/internal.h"

static uint64_t load64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t load32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}

/* Up to 16 bytes as two words, which overlap where there are fewer. */
static void load_short(const uint8_t *p, size_t len, uint64_t w[2])
{
	if (len >= 8) {
		w[0] = load64(p);
		w[1] = load64(p + len - 8);
	} else if (len >= 4) {
		w[0] = load32(p);
		w[1] = load32(p + len - 4);
	} else {
		w[0] = len ? (uint64_t)p[0] << 16 | (uint64_t)p[len >> 1] << 8 | p[len - 1] : 0;
		w[1] = 0;
	}
}

uint64_t pol_hash(const uint64_t seed[2], const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t h = seed[0] ^ len, w[2];
	size_t left = len;
	for (; left > 16; left -= 16, p += 16)
		h = pol_mix(load64(p) ^ seed[1], load64(p + 8) ^ h);
	load_short(p, left, w);
	h = pol_mix(w[0] ^ seed[1], w[1] ^ h);
	return pol_mix(h ^ UINT64_C(0xa0761d6478bd642f), seed[1] ^ UINT64_C(0xe7037ed1a0b428db));
}
