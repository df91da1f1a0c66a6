/*
 * prepared.h - a request made ready for the index, and what is asked of it. For this folder only.
 */
#ifndef HUFU_POLICY_PREPARED_H
#define HUFU_POLICY_PREPARED_H

#include "policy/internal.h"

#define POL_HASHES_MAX 512u /* of a prepared request, beside those in the trees */

/* prepare.c: the request with every text hashed once and every node's way to its root found. */
struct pol_given {
	const uint64_t *hashes; /* of texts: the values themselves first, then what stands above them */
	uint64_t own;           /* of the first value */
	union {
		struct {
			uint16_t hash_count, own_count;
		};
		uint32_t counts;
	};
	union {
		struct {
			uint16_t first, last; /* values of the request */
		};
		uint32_t place;
	};
};
struct pol_prepared {
	const struct hf_policy *policy;
	const struct hf_policy_request *rq;
	uint64_t present, ignored;
	uint64_t several; /* attributes with more than one value */
	uint64_t ways;    /* attributes with one value, whose hashes are the tree's */
	uint64_t sought;  /* attributes whose way was looked for */
	unsigned attr;    /* at fault */
	unsigned hash_count;
	struct pol_given given[HF_ATTR_MAX + 1]; /* valid where present has the bit; hashes only of texts */
	uint16_t next[HF_REQUEST_VALUES_MAX];    /* of a value: the next of the same attribute; itself: last */
	uint64_t hashes[POL_HASHES_MAX];
};
/* HF_WHY_PERMITTED when the request can be decided, else why not. */
enum hf_policy_reason pol_prepare(const struct hf_policy *p, const struct hf_policy_request *rq,
                                  struct pol_prepared *ret_prepared);
/* Its two steps: what stands above a single value is only known of the attributes for which it was asked. */
enum hf_policy_reason pol_prepare_values(const struct hf_policy *p, const struct hf_policy_request *rq,
                                         struct pol_prepared *ret_prepared);
void pol_prepare_ways(struct pol_prepared *q, uint64_t attrs);
void pol_fetch_ways(const struct pol_prepared *q, uint64_t attrs); /* into the cache */

/* Into the cache: where the text of that hash lies; then the text. The statements without effect keep the compiler from
 * taking a function that only asks for memory for one that does nothing. */
static inline void pol_fetch_hint(const struct pol_store *s, uint64_t hash)
{
	const uint32_t *hint = &s->hints.places[(hash >> 32) * s->hints.count >> 32];
	__builtin_prefetch(hint);
	__asm__ volatile("" : : "r"(hint));
}
static inline void pol_fetch_text(const struct pol_store *s, uint64_t hash)
{
	const uint8_t *text = s->pool.data + s->hints.places[(hash >> 32) * s->hints.count >> 32];
	__builtin_prefetch(text);
	__builtin_prefetch(text + 24); /* it may reach into the next line */
	__asm__ volatile("" : : "r"(text));
}

/* match.c: a stored rule against a prepared request, by hashes. */
unsigned pol_count_failed(const struct pol_prepared *q, const struct pol_rule *r);
/* PERMITTED or HELD when it is in force, else what stands in the way. */
enum hf_policy_reason pol_in_force(const struct pol_rule *r, const struct hf_policy_request *rq);

/* plain.c: the same question, put to the values as they were given, by their texts. */
bool pol_plain_condition(const struct pol_prepared *q, const struct pol_cond *c);
bool pol_plain_matches(const struct pol_prepared *q, const struct pol_rule *r);
bool pol_prefix_holds(const struct pol_prefix *p, const struct hf_address *a);

/* decide.c: fills in an answer after checking it; a wrong one becomes a denial. */
void pol_conclude(const struct pol_prepared *q, const struct pol_rule *r, struct hf_policy_decision *d);

#endif
