/*
 * stored.h - rules as they are stored. For this folder only.
 */
#ifndef HUFU_POLICY_STORED_H
#define HUFU_POLICY_STORED_H

#include "policy/names.h"

#define POL_NEVER UINT32_MAX

/* A condition as stored. ref is a place in the pool: of the text (one operand), of a pol_choice array (several), of
 * pairs of int64_t, of a pol_prefix array. */
enum pol_kind { POL_TEXTS, POL_NUMBERS, POL_ADDRESSES };
struct pol_cond {
	uint32_t attr : 6, op : 3, kind : 2, count : 11;
	uint32_t hash_low : 10; /* of the text's hash, one operand */
	uint32_t hash;          /* its upper half */
	uint32_t ref;
};
struct pol_choice {
	uint64_t hash;
	uint32_t text, zero;
};
static inline bool pol_hash_is(const struct pol_cond *c, uint64_t hash)
{
	return c->hash == hash >> 32 && c->hash_low == (hash & 1023);
}
struct pol_prefix {
	struct hf_address address;
	uint32_t bits, zero;
};
struct pol_rule {
	int64_t from_ms, until_ms;
	int32_t priority;
	uint32_t id, quota, obligations; /* places in the pool; 0: none */
	uint32_t added;
	_Atomic uint32_t removed;
	uint8_t count;
	uint8_t mechanism : 4, state : 4;
	uint16_t steps : 15, indexed : 1; /* what it costs to look at */
	struct pol_cond conds[];
};
struct pol_obligations {
	size_t count;
	struct hf_obligation list[];
};

/* Where the texts of rules lie in the pool, by the upper half of their hashes, as of the build: a request asks memory
 * for a text before it knows a rule that names it. A hint may be wrong or missing. */
struct pol_hints {
	uint32_t *places, count;
};

/* Of a set of rules, in no order: each rule's 32 numbers added up, modulo 2^64 (digest.c). */
#define POL_LANES 32u
struct pol_sum {
	uint64_t lanes[POL_LANES];
};

#endif
