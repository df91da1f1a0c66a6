/*
 * swap_or_not.c - the swap-or-not shuffle (Hoang, Morris, Rogaway, CRYPTO 2012, figure 1) on [0, N), exact for every N.
 *
 * Round i has a random K in [0, N). x and K - x mod N are partners; whether the two change places is one pseudo-random
 * bit of the larger of them. A round is its own inverse, so the inverse runs the rounds backwards. 6 log2 N rounds keep
 * an attacker who knows nearly all pairs away from the rest (theorem 3 there).
 */
#include "masking/permutation/engine.h"

#include "base/buf.h"
#include "base/mem.h"
#include "crypto/block.h"
#include "crypto/domains.h"
#include "crypto/hash.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS_MAX (6 * 100)

struct swap_or_not {
	struct hf_block *aes;
	hf_u128 size;
	unsigned rounds;
	hf_u128 k[ROUNDS_MAX];
};

static void swap_free(void *state)
{
	struct swap_or_not *s = state;

	hf_block_free(s->aes);
	hf_wipe(s, sizeof(*s));
	free(s);
}

/* One AES key for this key and tweak; a block's first two bytes tell round keys (0xffff) and rounds apart. */
static bool key_start(struct swap_or_not *s, const struct hf_permutation_setup *setup)
{
	uint8_t info[sizeof(HF_DOMAIN_SWAP_OR_NOT) + HF_PERMUTATION_TWEAK_MAX] = HF_DOMAIN_SWAP_OR_NOT;
	uint8_t key[32], block[HF_BLOCK_BYTES];

	if (setup->tweak_len > 0)
		memcpy(info + sizeof(HF_DOMAIN_SWAP_OR_NOT), setup->tweak, setup->tweak_len);
	hf_hkdf(setup->key, setup->key_len, NULL, 0, info, sizeof(HF_DOMAIN_SWAP_OR_NOT) + setup->tweak_len, key,
	        sizeof(key));
	s->aes = hf_block_new(key, sizeof(key));
	hf_wipe(key, sizeof(key));
	for (unsigned i = 0; s->aes && i < s->rounds; i++) {
		memset(block, 0xff, 2);
		memset(block + 2, 0, sizeof(block) - 2);
		hf_put_u32(block + 12, i);
		if (!hf_block_encrypt(s->aes, block, 1, block))
			return false;
		s->k[i] = (((hf_u128)hf_get_u64(block) << 64) | hf_get_u64(block + 8)) % s->size;
	}
	return s->aes != NULL;
}

static void *swap_new(const struct hf_permutation_setup *setup, hf_u128 size, hf_u128 *ret_domain)
{
	struct swap_or_not *s = hf_alloc_zero(sizeof(*s));
	unsigned bits = 0;

	for (hf_u128 v = size - 1; v > 0; v >>= 1)
		bits++;
	s->size = size;
	s->rounds = 6 * bits;
	if (!key_start(s, setup)) {
		swap_free(s);
		return NULL;
	}
	*ret_domain = size;
	return s;
}

static bool swap_apply(void *state, hf_u128 *values, size_t count, bool invert)
{
	struct swap_or_not *s = state;
	hf_u128 partner[HF_LANES];
	uint8_t blocks[HF_LANES * HF_BLOCK_BYTES];

	for (unsigned n = 0; n < s->rounds; n++) {
		const unsigned round = invert ? s->rounds - 1 - n : n;
		const hf_u128 k = s->k[round];

		for (size_t i = 0; i < count; i++) {
			const hf_u128 x = values[i], y = k >= x ? k - x : k + (s->size - x);
			const hf_u128 larger = x > y ? x : y;

			partner[i] = y;
			hf_put_u64(blocks + i * HF_BLOCK_BYTES, (uint64_t)(larger >> 64) | ((uint64_t)round << 48));
			hf_put_u64(blocks + i * HF_BLOCK_BYTES + 8, (uint64_t)larger);
		}
		if (!hf_block_encrypt(s->aes, blocks, count, blocks))
			return false;
		for (size_t i = 0; i < count; i++) {
			const hf_u128 mask = (hf_u128)0 - (blocks[i * HF_BLOCK_BYTES] & 1u);

			values[i] = (partner[i] & mask) | (values[i] & ~mask);
		}
	}
	return true;
}

const struct hf_engine_row hf_engine_swap_or_not = {"swap-or-not", swap_new, swap_free, swap_apply};
