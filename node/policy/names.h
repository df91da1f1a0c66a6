/*
 * names.h - texts with their hashes, and what a schema and trees know of attributes. For this folder only.
 */
#ifndef HUFU_POLICY_NAMES_H
#define HUFU_POLICY_NAMES_H

#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "policy/policy.h"

/* A text with its hash: a value of a request, or a node on the way to its root. */
struct pol_alt {
	uint64_t hash;
	const char *text;
	uint32_t len;
};

/* Keyed, so that nobody outside can choose values that collide. Equal hashes are always followed by a comparison. */
uint64_t pol_hash(const uint64_t seed[2], const void *data, size_t len);
static inline uint64_t pol_mix(uint64_t a, uint64_t b)
{
	unsigned __int128 m = (unsigned __int128)a * b;
	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* schema.c */
struct pol_attr {
	uint8_t type, group; /* enum hf_attr_type, hf_attr_group */
	bool many;
	uint32_t issuers; /* bit per issuer number */
	uint32_t choice_count;
	struct pol_alt *choices;
};
struct hf_schema {
	atomic_uint refs;
	uint64_t seed[2]; /* of pol_hash, for everything over this schema */
	unsigned count, issuer_count;
	struct pol_attr attrs[HF_ATTR_MAX + 1];
	struct hf_attr_spec specs[HF_ATTR_MAX + 1];
	const char *issuers[HF_ISSUER_MAX + 1];
	uint8_t by_name[128]; /* open addressing: attribute number or 0 */
	struct hf_arena arena;
	struct hf_hash digest;
};

/* tree.c: the way from the node to its root, itself first; NULL when it stands in no tree of the attribute. */
const struct pol_alt *pol_trees_path(const struct hf_trees *t, unsigned attr, const struct pol_alt *node,
                                     size_t *ret_count);
const struct hf_hash *pol_trees_digest(const struct hf_trees *t);
const struct hf_schema *pol_trees_schema(const struct hf_trees *t);

#endif
