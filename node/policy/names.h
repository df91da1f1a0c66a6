/*
 * names.h - texts with their hashes, and what a schema and trees know of attributes. For this folder only.
 */
#ifndef HUFU_POLICY_NAMES_H
#define HUFU_POLICY_NAMES_H

#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "policy/policy.h"

/* A text with its hash. */
struct pol_alt {
	uint64_t hash;
	const char *text;
	uint32_t len;
};

static inline uint64_t pol_mix(uint64_t a, uint64_t b)
{
	unsigned __int128 m = (unsigned __int128)a * b;
	return (uint64_t)m ^ (uint64_t)(m >> 64);
}
/* Up to 16 bytes as two words, which overlap where there are fewer. */
static inline void pol_load(const char *p, size_t len, uint64_t w[2])
{
	uint32_t half[2];
	if (len >= 8) {
		memcpy(&w[0], p, 8);
		memcpy(&w[1], p + len - 8, 8);
	} else if (len >= 4) {
		memcpy(&half[0], p, 4);
		memcpy(&half[1], p + len - 4, 4);
		w[0] = half[0];
		w[1] = half[1];
	} else {
		const uint8_t *b = (const uint8_t *)p;
		w[0] = len ? (uint64_t)b[0] << 16 | (uint64_t)b[len >> 1] << 8 | b[len - 1] : 0;
		w[1] = 0;
	}
}
/* Keyed, so that nobody outside can choose values that collide. An answer is never given on equal hashes alone. */
static inline uint64_t pol_hash(const uint64_t seed[2], const void *data, size_t len)
{
	const char *p = data;
	uint64_t h = seed[0] ^ len, w[2];
	for (; len > 16; len -= 16, p += 16) {
		pol_load(p, 16, w);
		h = pol_mix(w[0] ^ seed[1], w[1] ^ h);
	}
	pol_load(p, len, w);
	h = pol_mix(w[0] ^ seed[1], w[1] ^ h);
	return pol_mix(h ^ UINT64_C(0xa0761d6478bd642f), seed[1] ^ UINT64_C(0xe7037ed1a0b428db));
}
/* The same of 8 to 16 bytes. */
static inline uint64_t pol_hash_short(const uint64_t seed[2], const char *p, size_t len)
{
	uint64_t w[2];
	memcpy(&w[0], p, 8);
	memcpy(&w[1], p + len - 8, 8);
	uint64_t h = pol_mix(w[0] ^ seed[1], w[1] ^ seed[0] ^ len);
	return pol_mix(h ^ UINT64_C(0xa0761d6478bd642f), seed[1] ^ UINT64_C(0xe7037ed1a0b428db));
}
static inline bool pol_same(const char *a, const char *b, size_t len)
{
	uint64_t x[2], y[2];
	for (; len > 16; len -= 16, a += 16, b += 16) {
		pol_load(a, 16, x);
		pol_load(b, 16, y);
		if (((x[0] ^ y[0]) | (x[1] ^ y[1])) != 0)
			return false;
	}
	pol_load(a, len, x);
	pol_load(b, len, y);
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

/* Are all eight bytes ASCII, none of them a control character, a quote or a backslash? */
static inline bool pol_plain_word(const char *p)
{
	const uint64_t each = UINT64_C(0x0101010101010101), high = each * 128;
	uint64_t w, quote, slash, del;
	memcpy(&w, p, 8);
	quote = w ^ each * '"';
	slash = w ^ each * '\\';
	del = w ^ each * 127;
	return ((w | (w - each * 32) | (quote - each) | (slash - each) | (del - each)) & high) == 0;
}

static inline bool pol_textual(unsigned type)
{
	return type == HF_ATTR_TEXT || type == HF_ATTR_CHOICE || type == HF_ATTR_MEMBER;
}

/* schema.c */
struct pol_attr {
	uint8_t type, group; /* enum hf_attr_type, hf_attr_group */
	bool many, textual;
	uint32_t issuers; /* bit per issuer number */
	uint64_t bit;     /* of its number */
	struct pol_alt *choices;
	uint32_t choice_count;
};
struct hf_schema {
	atomic_uint refs;
	uint64_t seed[2]; /* of pol_hash, for everything over this schema */
	uint64_t members; /* bit per attribute of that type */
	unsigned count, issuer_count;
	struct pol_attr attrs[HF_ATTR_MAX + 1];
	struct hf_attr_spec specs[HF_ATTR_MAX + 1];
	const char *issuers[HF_ISSUER_MAX + 1];
	uint8_t by_name[128]; /* open addressing: attribute number or 0 */
	struct hf_arena arena;
	struct hf_hash digest;
};

/* tree.c: where a look into the trees begins; first in hf_trees. */
struct pol_quick {
	const uint64_t *slots; /* upper bits of the hash, tree, place of the way, depth; 0: free */
	size_t mask;
	uint8_t by_attr[HF_ATTR_MAX + 1]; /* 1 + tree */
};
static inline size_t pol_quick_home(size_t mask, unsigned tree, uint64_t hash)
{
	return (size_t)((hash >> 7) + tree) & mask;
}
static inline void pol_trees_fetch(const struct hf_trees *t, unsigned attr, uint64_t hash)
{
	const struct pol_quick *q = (const struct pol_quick *)(const void *)t;
	__builtin_prefetch(&q->slots[pol_quick_home(q->mask, q->by_attr[attr] - 1u, hash)]);
}
/* Hashes of the node and of what stands above it; NULL when it stands in no tree of the attribute. By hash
 * alone; pol_trees_way holds the text against it and gives the texts. */
const uint64_t *pol_trees_hashes(const struct hf_trees *t, unsigned attr, uint64_t hash, size_t *ret_count);
void pol_trees_fetch_way(const struct hf_trees *t, unsigned attr, uint64_t hash); /* into the cache */
const struct pol_alt *pol_trees_way(const struct hf_trees *t, unsigned attr, const struct pol_alt *node,
                                    size_t *ret_count);
/* The texts to what pol_trees_hashes gave. */
const struct pol_alt *pol_trees_texts(const struct hf_trees *t, const uint64_t *hashes);
const struct hf_hash *pol_trees_digest(const struct hf_trees *t);
const struct hf_schema *pol_trees_schema(const struct hf_trees *t);

#endif
