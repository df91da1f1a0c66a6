/*
 * lint.h - what is odd about the rules of a snapshot, and what a change of them does: exactly, by intersecting sets.
 *
 * Rules are boxes in the space of all requests (axes.h). A rule never matches when its box is empty, is a duplicate
 * when its box is another's, is shadowed when the rules that are asked before it cover it, by one or together. Only
 * rules of the same mechanism and holds are looked at as covering: a resource may not allow the other mechanisms. Pure;
 * texts are borrowed for the call of the callback.
 */
#ifndef HUFU_POLICY_LINT_H
#define HUFU_POLICY_LINT_H

#include "base/buf.h"
#include "policy/policy.h"

/* clang-format off */
/* X(code, name, whether it is an error rather than a warning) */
#define HF_LINTS(X) \
	X(HF_LINT_NEVER, "never-matching", true)        /* no request meets all its conditions */ \
	X(HF_LINT_EXPIRED, "expired", false)            /* its period is over; only with a time given */ \
	X(HF_LINT_DUPLICATE, "duplicate", true)         /* an earlier rule has the same conditions */ \
	X(HF_LINT_SHADOWED, "shadowed", true)           /* earlier rules decide every request of it */ \
	X(HF_LINT_CONTRADICTORY, "contradictory", false) /* a hold denies what rules permit: is it meant? */ \
	X(HF_LINT_BROAD, "over-broad", true)            /* no resource, or neither subject nor system is limited */ \
	X(HF_LINT_UNINDEXED, "unindexed", false)        /* looked at in every decision */ \
	X(HF_LINT_UNDECIDED, "undecided", true)         /* whether it is shadowed was not found out in the steps allowed */
/* clang-format on */
#define HF_LINT_ENUM(code, name, error) code,
enum hf_lint { HF_LINT_INVALID = 0, HF_LINTS(HF_LINT_ENUM) };
const char *hf_lint_name(enum hf_lint l);
bool hf_lint_is_error(enum hf_lint l);

struct hf_lint_finding {
	enum hf_lint kind;
	const char *rule;
	const char *const *others; /* rules that it has to do with, in the order in which they are asked */
	size_t other_count;
	const char *reason; /* a sentence */
};
struct hf_lint_options {
	bool timed; /* now_ms counts: what is over is left out, and reported */
	int64_t now_ms;
	uint32_t steps; /* per rule, to find out whether it is shadowed; 0: 4000 */
};
/* Findings come rule by rule, in the order in which rules are asked. Rules that are not active are left out; their
 * number is returned in *ret_inactive (may be NULL). */
enum hf_err hf_policy_lint(const struct hf_policy *p, const struct hf_lint_options *o,
                           void (*fn)(void *ctx, const struct hf_lint_finding *finding), void *ctx,
                           size_t *ret_inactive, struct hf_fault *f) HF_MUST_CHECK;

/* What-if: requests that two snapshots answer differently. */
enum hf_change_kind {
	HF_CHANGE_INVALID = 0,
	HF_CHANGE_GAINED, /* permitted after, not before */
	HF_CHANGE_LOST,   /* permitted before, not after */
	HF_CHANGE_TERMS   /* permitted by another mechanism, with other obligations or another quota */
};
struct hf_change {
	enum hf_change_kind kind;
	const char *rule; /* that permits: after, or before where it is lost */
	const char
	        *other; /* gained, lost: the hold that goes or comes, or NULL; terms: the rule that permitted before */
	const char *where;          /* the requests, in words */
	const struct hf_axes *axes; /* the same for programs: axes.h */
	const struct hf_region *region;
};
struct hf_whatif_options {
	bool timed; /* only requests from now_ms on */
	int64_t now_ms;
	size_t limit; /* changes reported of each kind; 0: 1000 */
};
/* Exact for requests of resources that allow every mechanism. Regions of the same kind that stem from different rules
 * may overlap. *ret_cut: there were more than the limit. HF_E_CONFLICT: the two declare an attribute differently;
 * HF_E_LIMIT: a rule falls into more than HF_WHATIF_PIECES pieces. */
#define HF_WHATIF_PIECES 20000u
enum hf_err hf_policy_what_if(const struct hf_policy *before, const struct hf_policy *after,
                              const struct hf_whatif_options *o, void (*fn)(void *ctx, const struct hf_change *change),
                              void *ctx, bool *ret_cut, struct hf_fault *f) HF_MUST_CHECK;

#endif
