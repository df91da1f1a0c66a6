/*
 * permutation.h - a keyed permutation of the numbers [0, N): what format-preserving techniques stand on.
 *
 * A technique ranks a value (digits, letters, dates) to a number, permutes it here, and unranks it again. Two engines:
 * FF1 (NIST SP 800-38G, AES), and swap-or-not (Hoang, Morris, Rogaway, CRYPTO 2012), which no patent is known on and
 * which is slower. Both are deterministic: equal values give equal results, so that joins survive and frequencies show.
 * One permutation is used by one thread at a time.
 */
#ifndef HUFU_MASKING_PERMUTATION_H
#define HUFU_MASKING_PERMUTATION_H

#include "base/err.h"

#include <stdint.h>

typedef unsigned __int128 hf_u128;

enum hf_engine { HF_ENGINE_INVALID = 0, HF_ENGINE_FF1 = 1, HF_ENGINE_SWAP_OR_NOT = 2 };

#define HF_PERMUTATION_FLOOR 1000000u /* SP 800-38G rev. 1: a smaller domain is found by trying */
#define HF_PERMUTATION_TWEAK_MAX 256u
#define HF_PERMUTATION_RADIX_MAX 65536u

struct hf_permutation_setup {
	enum hf_engine engine;
	const uint8_t *key; /* 16, 24 or 32 bytes */
	size_t key_len;
	const void *tweak; /* the semantic type, so that one key never maps two types alike */
	size_t tweak_len;
	/* Strings of `length` characters out of `radix`: N = radix^length, below 2^100. Or length 0: N is `size`. */
	uint32_t radix, length;
	hf_u128 size;
};

struct hf_permutation;

/* HF_E_ARGUMENT: key or tweak length, unknown engine; HF_E_LIMIT: N below the floor or too large; the fault says so. */
enum hf_err hf_permutation_new(const struct hf_permutation_setup *setup, struct hf_fault *f,
                               struct hf_permutation **ret_p) HF_MUST_CHECK;
void hf_permutation_free(struct hf_permutation *p);
hf_u128 hf_permutation_size(const struct hf_permutation *p);
/* In place; many at once are far cheaper than one by one. Values must be below N (an assertion). CRYPTO: libcrypto
 * failed, the values are then undefined. */
enum hf_err hf_permutation_apply(struct hf_permutation *p, hf_u128 *values, size_t count) HF_MUST_CHECK;
enum hf_err hf_permutation_invert(struct hf_permutation *p, hf_u128 *values, size_t count) HF_MUST_CHECK;

/* "ff1", "swap-or-not"; NULL, or INVALID, for what is unknown. */
const char *hf_engine_name(enum hf_engine e);
enum hf_engine hf_engine_from_name(const char *name);

#endif
