/*
 * ff1.c - FF1 of NIST SP 800-38G, algorithms 7 and 8, in numbers instead of numeral strings.
 *
 * A value x of radix^n is (A, B) = (x div radix^v, x mod radix^v). All that does not change from value to value is made
 * once: the CBC-MAC over P, the tweak and the padding, and the reciprocals of the two moduli. What is left of a round
 * is one AES block per value (b + 1 <= 16), so that the lanes of a batch run through AES together.
 */
#include "masking/permutation/engine.h"

#include "base/buf.h"
#include "base/mem.h"
#include "crypto/block.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS 10

/* Remainders by a fixed number: by a reciprocal, without a branch that depends on a value, since the processor would
 * guess it wrong every other time. */
struct modulus {
	uint64_t m;
	uint64_t inverse; /* below 2^32: floor(2^64 / m); else floor((2^128 - 1) / normal) - 2^64 */
	uint64_t normal;  /* m, shifted so that its highest bit is set */
	unsigned shift;
};

struct ff1 {
	struct hf_block *aes;
	uint8_t chain[HF_BLOCK_BYTES]; /* the MAC state before the last block, with the last block's constant part */
	uint64_t low;                  /* radix^v */
	struct modulus mod[2];         /* radix^u, radix^v */
	unsigned b;                    /* bytes of a half's number */
	unsigned d;                    /* bytes of y */
};

static struct modulus modulus_of(uint64_t m)
{
	struct modulus r = {.m = m, .shift = (unsigned)__builtin_clzll(m)};

	r.normal = m << r.shift;
	r.inverse = m >> 32 ? (uint64_t)(~(hf_u128)0 / r.normal) : (uint64_t)(((hf_u128)1 << 64) / m);
	return r;
}

static inline uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* x mod m, for m below 2^32. The quotient is at most one too small; what is below 0 is larger than any number here. */
static inline uint64_t rest64(const struct modulus *m, uint64_t x)
{
	uint64_t r = x - (uint64_t)(((hf_u128)x * m->inverse) >> 64) * m->m;

	return smaller(r, r - m->m);
}

/* (high * 2^64 + low) mod m, for high below m: N. Moeller, T. Granlund, Improved Division by Invariant Integers
 * (2011), algorithm 4. */
static inline uint64_t rest96(const struct modulus *m, uint64_t high, uint64_t low)
{
	const hf_u128 u = (((hf_u128)high << 64) | low) << m->shift;
	const hf_u128 q = (hf_u128)(uint64_t)(u >> 64) * m->inverse + u;
	uint64_t r = (uint64_t)u - ((uint64_t)(q >> 64) + 1) * m->normal;

	r += m->normal & (0 - (uint64_t)(r > (uint64_t)q));
	return smaller(r, r - m->normal) >> m->shift;
}

static uint64_t power(uint64_t radix, unsigned n)
{
	uint64_t p = 1;

	while (n-- > 0)
		p *= radix;
	return p;
}

static unsigned bytes_below(uint64_t end) /* of the largest number below end: ceil(log2(end) / 8) */
{
	unsigned n = 0;

	for (uint64_t v = end - 1; v > 0; v >>= 8)
		n++;
	return n;
}

/* P, then the tweak and zeros up to the last block, through the MAC; the last block's constant bytes are added. */
static bool chain_start(struct ff1 *s, const struct hf_permutation_setup *setup, uint32_t radix, uint32_t n)
{
	uint8_t text[HF_PERMUTATION_TWEAK_MAX + 2 * HF_BLOCK_BYTES] = {0};
	const size_t t = setup->tweak_len, used = t + s->b + 1;
	const size_t len = (used + HF_BLOCK_BYTES - 1) / HF_BLOCK_BYTES * HF_BLOCK_BYTES;
	uint8_t p[HF_BLOCK_BYTES] = {1, 2, 1, (uint8_t)(radix >> 16), (uint8_t)(radix >> 8), (uint8_t)radix, ROUNDS};

	p[7] = (uint8_t)(n / 2);
	hf_put_u32(p + 8, n);
	hf_put_u32(p + 12, (uint32_t)t);
	if (t > 0)
		memcpy(text, setup->tweak, t);
	if (!hf_block_encrypt(s->aes, p, 1, s->chain))
		return false;
	for (size_t at = 0;; at += HF_BLOCK_BYTES) {
		for (unsigned i = 0; i < HF_BLOCK_BYTES; i++)
			s->chain[i] ^= text[at + i];
		if (at + HF_BLOCK_BYTES >= len)
			return true;
		if (!hf_block_encrypt(s->aes, s->chain, 1, s->chain))
			return false;
	}
}

/* The shortest strings over at most 2^16 characters that number at least `size`: two or more characters, even. */
static void choose(hf_u128 size, uint32_t *ret_radix, uint32_t *ret_length)
{
	for (uint32_t length = 2;; length += 2) {
		uint32_t low = 2, high = HF_PERMUTATION_RADIX_MAX;

		while (low < high) { /* the smallest radix with radix^length >= size */
			const uint32_t mid = low + (high - low) / 2;
			hf_u128 p = 1;

			for (uint32_t i = 0; i < length && p < size; i++)
				p *= mid;
			if (p >= size)
				high = mid;
			else
				low = mid + 1;
		}
		if (length * 16 >= 100 || (((hf_u128)1 << (16 * length)) >= size)) {
			*ret_radix = low;
			*ret_length = length;
			return;
		}
	}
}

static void ff1_free(void *state)
{
	struct ff1 *s = state;

	hf_block_free(s->aes);
	hf_wipe(s, sizeof(*s));
	free(s);
}

static void *ff1_new(const struct hf_permutation_setup *setup, hf_u128 size, hf_u128 *ret_domain)
{
	struct ff1 *s = hf_alloc_zero(sizeof(*s));
	uint32_t radix = setup->radix, n = setup->length;

	if (n == 0)
		choose(size, &radix, &n);
	s->low = power(radix, n - n / 2);
	s->mod[0] = modulus_of(power(radix, n / 2));
	s->mod[1] = modulus_of(s->low);
	s->b = bytes_below(s->low);
	s->d = s->b <= 4 ? 8 : 12;
	s->aes = hf_block_new(setup->key, setup->key_len);
	if (!s->aes || !chain_start(s, setup, radix, n)) {
		ff1_free(s);
		return NULL;
	}
	*ret_domain = (hf_u128)s->mod[0].m * s->low;
	return s;
}

/* The round function's blocks: the constant part, the round's number, and a half, big-endian at the end. */
static bool round_blocks(struct ff1 *s, unsigned round, const uint64_t *half, size_t count, uint8_t *blocks)
{
	const uint64_t high = hf_get_u64(s->chain), low = hf_get_u64(s->chain + 8);
	const uint64_t high_round = s->b == 8 ? round : 0, low_round = s->b == 8 ? 0 : (uint64_t)round << (8 * s->b);

	for (size_t i = 0; i < count; i++) {
		hf_put_u64(blocks + i * HF_BLOCK_BYTES, high ^ high_round);
		hf_put_u64(blocks + i * HF_BLOCK_BYTES + 8, low ^ low_round ^ half[i]);
	}
	return hf_block_encrypt(s->aes, blocks, count, blocks);
}

/* to + y or to - y, mod m, for each y, the first d bytes of its block. m is below 2^63. */
static void add_all(const struct ff1 *s, struct modulus m, const uint8_t *blocks, size_t count, uint64_t *to)
{
	const bool wide = s->d == 12, large = m.m >> 32 != 0;

	for (size_t i = 0; i < count; i++, blocks += HF_BLOCK_BYTES) {
		uint64_t y;

		if (!wide)
			y = rest64(&m, hf_get_u64(blocks));
		else if (large)
			y = rest96(&m, hf_get_u32(blocks), hf_get_u64(blocks + 4));
		else /* the other half is one digit shorter */
			y = rest64(&m, (rest64(&m, (uint64_t)hf_get_u32(blocks) << 32 | hf_get_u32(blocks + 4)) << 32) |
			                       hf_get_u32(blocks + 8));
		y += to[i];
		to[i] = smaller(y, y - m.m);
	}
}

static void turn_all(struct modulus m, size_t count, uint64_t *to)
{
	for (size_t i = 0; i < count; i++)
		to[i] = smaller(m.m - to[i], 0 - to[i]); /* 0 stays 0 */
}

static bool ff1_apply(void *state, hf_u128 *values, size_t count, bool invert)
{
	struct ff1 *s = state;
	uint64_t half[2][HF_LANES], *a = half[0], *b = half[1];
	uint8_t blocks[HF_LANES * HF_BLOCK_BYTES];

	for (size_t i = 0; i < count; i++) {
		a[i] = values[i] >> 64 ? (uint64_t)(values[i] / s->low) : (uint64_t)values[i] / s->low;
		b[i] = (uint64_t)(values[i] - (hf_u128)a[i] * s->low);
	}
	for (unsigned k = 0; k < ROUNDS; k++) {
		const unsigned round = invert ? ROUNDS - 1 - k : k;
		const struct modulus m = s->mod[round & 1];
		uint64_t *from = invert ? a : b, *to = invert ? b : a;

		if (!round_blocks(s, round, from, count, blocks))
			return false;
		if (invert) /* to - y is -(-to + y) */
			turn_all(m, count, to);
		add_all(s, m, blocks, count, to);
		if (invert)
			turn_all(m, count, to);
		a = from == a ? to : from; /* the halves change places */
		b = a == half[0] ? half[1] : half[0];
	}
	for (size_t i = 0; i < count; i++)
		values[i] = (hf_u128)a[i] * s->low + b[i];
	return true;
}

const struct hf_engine_row hf_engine_ff1 = {"ff1", ff1_new, ff1_free, ff1_apply};
