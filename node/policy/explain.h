/*
 * explain.h - explanation tier 2: which rules nearly matched, which of their conditions failed, and what would permit.
 *
 * Replayable: the snapshot's hash and the request are all it depends on.
 */
#ifndef HUFU_POLICY_EXPLAIN_H
#define HUFU_POLICY_EXPLAIN_H

#include "base/buf.h"
#include "policy/policy.h"

#define HF_EXPLAIN_MISSES_MAX 16
#define HF_EXPLAIN_FAILS_MAX 8        /* conditions listed of one rule */
#define HF_EXPLAIN_LOOKED_AT_MAX 4096 /* rules held against the request, at most */

/* One condition that failed: its index in the rule. What was given stands in the request's values of attr. */
struct hf_policy_fail {
	unsigned condition, attr;
	bool absent;  /* the request has no counted value for the attribute */
	bool ignored; /* it has one, but without the issuer */
};
struct hf_policy_miss {
	const char *rule; /* lives as long as the snapshot */
	enum hf_mechanism mechanism;
	enum hf_policy_reason reason; /* NO_RULE: conditions failed; else why it is not in force though they hold, or
	                                 PERMITTED / HELD */
	unsigned conditions, failed;  /* how many there are, and how many do not hold */
	struct hf_policy_fail fails[HF_EXPLAIN_FAILS_MAX];
	size_t fail_count;
};
struct hf_policy_explanation {
	struct hf_policy_decision decision;
	struct hf_policy_miss misses[HF_EXPLAIN_MISSES_MAX]; /* nearest first: fewest failed, then order of asking */
	size_t miss_count;
	size_t looked_at;
	bool cut; /* more rules were there than the limits allow */
	/* What would allow it: every failed condition of misses[0] met (reason NO_RULE), or that rule in force; with no
	 * miss at all: file an application. */
};
/* Rules are taken one of whose resource conditions holds (the most selective one), then such as have none; holds are
 * left out. limit: rules looked at, 0: 128, at most HF_EXPLAIN_LOOKED_AT_MAX. */
void hf_policy_explain(const struct hf_policy *p, const struct hf_policy_request *rq, size_t limit,
                       struct hf_policy_explanation *ret_explanation);

/* "resource.topic under roads, bridges; given: schools" (of one failed condition), for people. False when out is full
 * or there is no such failure. */
bool hf_policy_fail_text(const struct hf_policy *p, const struct hf_policy_request *rq,
                         const struct hf_policy_miss *miss, size_t fail, struct hf_buf *out);
/* A condition ("resource.level between 1 and 3") and a value as text. False when out is full. */
bool hf_policy_condition_text(const struct hf_schema *schema, const struct hf_condition *c, struct hf_buf *out);
bool hf_policy_value_text(const struct hf_attr_value *v, struct hf_buf *out);

#endif
