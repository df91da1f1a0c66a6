/*
 * stored.h - rules as they are stored. For this folder only.
 */
#ifndef HUFU_POLICY_STORED_H
#define HUFU_POLICY_STORED_H

#include "policy/names.h"

#define POL_NEVER UINT32_MAX

/* A condition as stored. ref is a place in the pool: of the text (one operand), of a pol_choice array (several), of
 * two int64_t, of a pol_prefix array. */
struct pol_cond {
	uint8_t attr, op;
	uint16_t count;
	uint32_t ref;
	uint32_t hash; /* upper half of the text's hash, one operand */
};
struct pol_choice {
	uint32_t hash, text;
};
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
	uint8_t mechanism, state, count, indexed;
	struct pol_cond conds[];
};
struct pol_obligations {
	size_t count;
	struct hf_obligation list[];
};

#endif
