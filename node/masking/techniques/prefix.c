/*
 * prefix.c - IP addresses by a prefix-preserving permutation (Crypto-PAn, Xu, Fan, Ammar, Moon 2002, over AES-256):
 * addresses that share their first n bits share the first n bits afterwards, and no more.
 *
 * Bit i is flipped by a keyed bit of the i bits before it. A technique of its own, not a format of fpe, because what it
 * permutes is each bit under its prefix: no domain reaches the floor of fpe, and the structure of networks shows.
 */
#include "crypto/block.h"
#include "crypto/crypto.h"
#include "masking/techniques/prf.h"
#include "masking/techniques/techniques.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define BITS_MAX 128u

/* A key for each version. */
struct prefix {
	struct hf_block *four, *six;
};

static struct hf_block *cipher(const struct hf_prf *prf, const char *version)
{
	const struct hf_bytes what = {(const uint8_t *)version, strlen(version)};
	struct hf_block *aes;
	struct hf_hash key;

	hf_prf_of_value(prf, &what, &key);
	aes = hf_block_new(key.b, sizeof(key.b));
	hf_wipe(&key, sizeof(key));
	return aes;
}

static void prefix_close(void *state)
{
	struct prefix *s = state;

	hf_block_free(s->four);
	hf_block_free(s->six);
	free(s);
}

static enum hf_err prefix_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	struct prefix *s = hf_alloc_zero(sizeof(*s));
	struct hf_prf prf;

	hf_prf_init(&prf, use, "prefix");
	s->four = cipher(&prf, "version 4");
	s->six = cipher(&prf, "version 6");
	hf_prf_done(&prf);
	if (!s->four || !s->six) {
		prefix_close(s);
		return hf_fault_set(f, HF_E_CRYPTO, "prefix: libcrypto does not offer AES");
	}
	*ret_state = s;
	return HF_OK;
}

struct address {
	uint8_t b[16];
	size_t len; /* 4 or 16 */
};

static bool read_address(const struct hf_bytes *v, struct address *ret_a)
{
	char text[INET6_ADDRSTRLEN];

	if (v->len == 0 || v->len >= sizeof(text) || memchr(v->data, 0, v->len))
		return false;
	memcpy(text, v->data, v->len);
	text[v->len] = '\0';
	ret_a->len = strchr(text, ':') ? 16 : 4;
	return inet_pton(ret_a->len == 16 ? AF_INET6 : AF_INET, text, ret_a->b) == 1;
}

static struct hf_bytes write_address(const struct address *a, struct hf_arena *arena)
{
	char *text = hf_arena_get(arena, INET6_ADDRSTRLEN);

	inet_ntop(a->len == 16 ? AF_INET6 : AF_INET, a->b, text, INET6_ADDRSTRLEN);
	return (struct hf_bytes){(uint8_t *)text, strlen(text)};
}

/* The first `bits` bits of an address, a one behind them, and zeros: no two are equal. */
static void put_block(uint8_t block[HF_BLOCK_BYTES], const struct address *a, size_t bits)
{
	memset(block, 0, HF_BLOCK_BYTES);
	memcpy(block, a->b, bits / 8);
	if (bits % 8)
		block[bits / 8] = a->b[bits / 8] & (uint8_t)(0xFF00u >> (bits % 8));
	block[bits / 8] |= (uint8_t)(0x80u >> (bits % 8));
}

static bool flips(const uint8_t *block)
{
	return block[0] & 1;
}

static bool permute(struct hf_block *aes, struct address *a)
{
	uint8_t blocks[BITS_MAX][HF_BLOCK_BYTES] = {{0}};
	size_t bits = 8 * a->len;

	for (size_t i = 0; i < bits; i++)
		put_block(blocks[i], a, i);
	if (!hf_block_encrypt(aes, blocks, bits, blocks))
		return false;
	for (size_t i = 0; i < bits; i++)
		a->b[i / 8] ^= (uint8_t)(flips(blocks[i]) ? 0x80u >> (i % 8) : 0);
	return true;
}

/* Bit by bit: each needs the ones before it as they were. */
static bool invert(struct hf_block *aes, struct address *a)
{
	uint8_t block[HF_BLOCK_BYTES];

	for (size_t i = 0; i < 8 * a->len; i++) {
		put_block(block, a, i);
		if (!hf_block_encrypt(aes, block, 1, block))
			return false;
		a->b[i / 8] ^= (uint8_t)(flips(block) ? 0x80u >> (i % 8) : 0);
	}
	return true;
}

static enum hf_err run(const struct prefix *s, struct hf_mask_batch *b, bool back, struct hf_fault *f)
{
	for (size_t i = 0; i < b->count; i++) {
		struct hf_block *aes;
		struct address a;

		b->out[i] = (struct hf_bytes){NULL, 0};
		if (!b->in[i].data)
			continue;
		if (!read_address(&b->in[i], &a)) {
			b->unreadable++;
			continue;
		}
		aes = a.len == 4 ? s->four : s->six;
		if (!(back ? invert(aes, &a) : permute(aes, &a)))
			return hf_fault_set(f, HF_E_CRYPTO, "prefix: libcrypto failed to encrypt");
		b->out[i] = write_address(&a, b->arena);
	}
	return HF_OK;
}

static enum hf_err prefix_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	return run(state, b, false, f);
}

static enum hf_err prefix_unmask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	return run(state, b, true, f);
}

const struct hf_technique hf_technique_prefix = {
        .id = "prefix",
        .title = "prefix-preserving encryption of IP addresses",
        .record = {.principle = "each bit is flipped by a keyed function of the bits before it, so that networks stay "
                                "networks",
                   .format = HF_FORMAT_KEPT,
                   .repeats = HF_REPEATS_VALUE,
                   .reversible = HF_REVERSIBLE_KEY,
                   .reference = HF_REFERENCE_ONE_TO_ONE,
                   .meaning = HF_MEANING_KEPT,
                   .distribution = HF_DISTRIBUTION_FREQUENCIES,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_CONSUMER,
                   .cost = "about 300 ns an address of version 4, four times that of version 6; going back ten times",
                   .constraint =
                           "who knows some addresses learns the networks of others; IPv6 comes out in its short form"},
        .open = prefix_open,
        .close = prefix_close,
        .mask = prefix_mask,
        .unmask = prefix_unmask,
};
