/*
 * engine.h - inside of permutation/: one row per engine. An engine permutes up to HF_LANES values at a time; walking
 * the cycle where its own domain is a little larger than N is permutation.c's.
 */
#ifndef HUFU_MASKING_PERMUTATION_ENGINE_H
#define HUFU_MASKING_PERMUTATION_ENGINE_H

#include "masking/permutation/permutation.h"

#define HF_LANES 128

struct hf_engine_row {
	const char *name;
	/* setup is checked; ret_domain is what the engine permutes, N or a little more. NULL: no memory. */
	void *(*new)(const struct hf_permutation_setup *setup, hf_u128 size, hf_u128 *ret_domain);
	void (*free)(void *state);
	bool (*apply)(void *state, hf_u128 *values, size_t count, bool invert);
};
extern const struct hf_engine_row hf_engine_ff1, hf_engine_swap_or_not;

#endif
