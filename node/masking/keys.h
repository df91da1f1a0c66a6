/*
 * keys.h - the tree of masking keys: one root per organization and one seed per contract give a key for each scope.
 *
 * What a key is for is its scope: pseudonyms and tokens are keyed by consumer, so that two consumers cannot join what
 * they got; noise, samples, date shifts and cuts by dataset, so that many recipients together learn no more than one. A
 * scope's key id, never the key, stands in plans, ledger and labels. When a contract's seed is erased, its keys are
 * gone and reversible pseudonyms are irreversible. Pure; any thread.
 */
#ifndef HUFU_MASKING_KEYS_H
#define HUFU_MASKING_KEYS_H

#include "base/err.h"

#include <stdint.h>

#define HF_MASK_KEY_BYTES 32
#define HF_MASK_KEY_ID_TEXT 17     /* 16 hex digits and a NUL */
#define HF_MASK_SCOPE_TEXT_MAX 128 /* bytes of one part of a scope */

struct hf_mask_key {
	uint8_t b[HF_MASK_KEY_BYTES];
};

/* NULL is the empty text, which is a value of its own: no consumer, no contract. */
struct hf_mask_scope {
	const char *group;     /* dataset, or the set of datasets that one consumer may join */
	const char *consumer;  /* of pseudonyms and tokens only */
	const char *contract;  /* application, grant or agreement */
	uint64_t epoch;        /* counts the rotations */
	const char *technique; /* "fpe", "noise" */
};

/* seed NULL: a scope without a contract. HF_E_LIMIT: a part of the scope is too long. */
enum hf_err hf_mask_key_derive(const struct hf_mask_key *root, const struct hf_mask_key *seed,
                               const struct hf_mask_scope *scope, struct hf_mask_key *ret_key) HF_MUST_CHECK;
/* The id tells keys apart and nothing else about them. */
void hf_mask_key_id(const struct hf_mask_key *key, char ret_id[HF_MASK_KEY_ID_TEXT]);

#endif
