/*
 * policy.h - start of the policy folder: rules are compiled into a snapshot, requests are decided by it.
 *
 * Pure: no store, no loop, no clock; time is an input. Order: hold, emergency, attribute, application, else deny; the
 * first rule in (mechanism, priority, id) that is in force and whose conditions all hold is the answer (AZ-70, AZ-71).
 * Every fault - no snapshot, an unknown attribute, a budget that is used up, an answer that fails its own check - is a
 * denial with a reason of its own (AZ-69).
 *
 * Tour: schema.h (which attributes), tree.h (hierarchies), rule.h (one rule), this file, explain.h (why not, and what
 * would), search.h (what may X read); inside: internal.h.
 */
#ifndef HUFU_POLICY_POLICY_H
#define HUFU_POLICY_POLICY_H

#include "crypto/hash.h"
#include "policy/rule.h"
#include "policy/tree.h"

/* A snapshot: rules, trees and schema as they stood at one version. What it says never changes. Counted; any thread may
 * read it, also while the next one is being made. */
struct hf_policy;

/* Compiling. Rules are copied as they are added. */
struct hf_policy_builder;
struct hf_policy_builder *hf_policy_builder_new(const struct hf_schema *schema, const struct hf_trees *trees);
void hf_policy_builder_free(struct hf_policy_builder *b);
/* hf_rule_check's errors, HF_E_LIMIT when there are too many rules. After an error nothing was added. */
enum hf_err hf_policy_builder_add(struct hf_policy_builder *b, const struct hf_rule *rule,
                                  struct hf_fault *f) HF_MUST_CHECK;
/* Empties the builder. HF_E_EXISTS: an id twice. version is the caller's; changes count on from it. */
enum hf_err hf_policy_builder_finish(struct hf_policy_builder *b, uint64_t version, struct hf_policy **ret_policy,
                                     struct hf_fault *f) HF_MUST_CHECK;

struct hf_policy *hf_policy_ref(const struct hf_policy *p);
void hf_policy_free(struct hf_policy *p);

/* Changes. All of one call become visible at once, in the new snapshot; p stays as it is. Only the newest snapshot can
 * be changed, by one thread at a time; readers of any thread are not held up. HF_E_STATE: p is not the newest;
 * HF_E_UNKNOWN: no rule of that id; HF_E_EXISTS; hf_rule_check's errors. After an error nothing has changed. */
struct hf_policy_change {
	const char *remove;        /* id of a rule, or NULL */
	const struct hf_rule *add; /* a rule, or NULL; with remove: one takes the other's place */
};
enum hf_err hf_policy_apply(struct hf_policy *p, const struct hf_policy_change *changes, size_t count,
                            struct hf_policy **ret_policy, struct hf_fault *f) HF_MUST_CHECK;
/* The same rules over other trees. HF_E_ARGUMENT: the trees are of another schema object. */
enum hf_err hf_policy_apply_trees(struct hf_policy *p, const struct hf_trees *trees, struct hf_policy **ret_policy,
                                  struct hf_fault *f) HF_MUST_CHECK;
/* Changes leave dead weight behind. True: time to merge, or a change may take longer. On the thread of changes only. */
bool hf_policy_wants_merge(const struct hf_policy *p);
/* A fresh copy without dead weight: same rules, version and hash. A pure function over p, for a worker thread; changes
 * made to p's line meanwhile are not in it. Also how to try a change on the side. */
struct hf_policy *hf_policy_merge(const struct hf_policy *p);

struct hf_policy_stats {
	size_t rules;     /* visible */
	size_t bytes;     /* of the compiled form, index included */
	size_t shapes;    /* index tables */
	size_t unindexed; /* rules that no table narrows down: each is looked at in every decision */
};
/* On the thread of changes only, as the one above. */
void hf_policy_stats(const struct hf_policy *p, struct hf_policy_stats *ret_stats);
uint64_t hf_policy_version(const struct hf_policy *p);
/* What the snapshot says: SHA-256 over schema, trees and the set of rules, whatever led to it; the same rules loaded
 * afresh have the same hash. */
const struct hf_hash *hf_policy_hash(const struct hf_policy *p);
const struct hf_schema *hf_policy_schema(const struct hf_policy *p);
const struct hf_trees *hf_policy_trees(const struct hf_policy *p);
/* Each visible rule in the order in which rules are asked; stops when fn returns false. The rule is borrowed for the
 * call of fn. indexed: false when it is looked at in every decision. */
void hf_policy_each(const struct hf_policy *p, bool (*fn)(void *ctx, const struct hf_rule *rule, bool indexed),
                    void *ctx);
/* Calls fn with the rule; false when there is none of that id. fn may be NULL. */
bool hf_policy_rule(const struct hf_policy *p, const char *id, void (*fn)(void *ctx, const struct hf_rule *rule),
                    void *ctx);

/* A request. */
struct hf_attr_value {
	uint16_t attr;          /* hf_schema_attr; 0 or out of range denies */
	uint16_t issuer;        /* hf_schema_issuer of the one who vouched for it; one without the right is ignored */
	enum hf_attr_type type; /* which member below; must be the declared one */
	uint32_t len;           /* of text */
	union {
		const char *text;
		int64_t number; /* integer, time */
		struct hf_address address;
	} u;
};
#define HF_REQUEST_VALUES_MAX 256
struct hf_policy_request {
	const struct hf_attr_value *values; /* in any order; an attribute twice only where the schema says many */
	size_t count, skip_count;
	int64_t now_ms;
	uint32_t mechanisms;     /* HF_MECHANISM_BIT of those that the resource allows (AZ-75); holds always count */
	uint32_t budget;         /* steps; 0: HF_POLICY_BUDGET. A step is one probe of a table or one rule looked at. */
	const char *const *skip; /* [skip_count] ids of rules, holds aside, that are not to be the answer; few */
};
#define HF_POLICY_BUDGET 200000u

/* X(code, reason as programs read it, error for a caller, text). */
/* clang-format off */
#define HF_POLICY_REASONS(X)                                                                                           \
	X(HF_WHY_PERMITTED, "permitted", HF_OK, "a rule permits it")                                                   \
	X(HF_WHY_HELD, "held", HF_E_GRANT_REVOKED, "a hold suspends this access")                                      \
	X(HF_WHY_NO_RULE, "no-rule", HF_E_NO_GRANT, "no rule's conditions hold")                                       \
	X(HF_WHY_NOT_YET, "not-yet", HF_E_GRANT_NOT_YET, "the rule's period has not begun")                            \
	X(HF_WHY_EXPIRED, "expired", HF_E_GRANT_EXPIRED, "the rule's period is over")                                  \
	X(HF_WHY_PENDING, "pending", HF_E_PENDING, "it is not decided yet")                                            \
	X(HF_WHY_RETURNED, "returned", HF_E_RETURNED, "it was returned for correction")                                \
	X(HF_WHY_REJECTED, "rejected", HF_E_REJECTED, "it was rejected")                                               \
	X(HF_WHY_SUSPENDED, "suspended", HF_E_GRANT_REVOKED, "it is suspended")                                        \
	X(HF_WHY_REVOKED, "revoked", HF_E_GRANT_REVOKED, "it was revoked")                                             \
	X(HF_WHY_SUPERSEDED, "superseded", HF_E_GRANT_REVOKED, "another took its place")                               \
	X(HF_WHY_MECHANISM, "mechanism-not-allowed", HF_E_NO_GRANT, "the resource does not allow this mechanism")      \
	X(HF_WHY_NO_SNAPSHOT, "no-snapshot", HF_E_NO_GRANT, "no policy is loaded")                                     \
	X(HF_WHY_UNKNOWN_ATTRIBUTE, "unknown-attribute", HF_E_ARGUMENT,                                                \
	  "the request names an attribute that is not declared")                                                       \
	X(HF_WHY_BAD_VALUE, "bad-value", HF_E_ARGUMENT, "an attribute's value is of the wrong type or form")           \
	X(HF_WHY_TOO_LARGE, "too-large", HF_E_LIMIT, "the request holds too many values")                              \
	X(HF_WHY_OBLIGATION, "unknown-obligation", HF_E_OBLIGATION, "the rule names an obligation that is not known")  \
	X(HF_WHY_BUDGET, "budget", HF_E_LIMIT, "the step budget is used up")                                           \
	X(HF_WHY_SELF_CHECK, "self-check", HF_E_NO_GRANT, "the answer failed its own check")
/* clang-format on */
#define HF_POLICY_REASON_ENUM(code, reason, err, text) code,
enum hf_policy_reason { HF_WHY_INVALID = 0, HF_POLICY_REASONS(HF_POLICY_REASON_ENUM) };
const char *hf_policy_reason_name(enum hf_policy_reason r);
const char *hf_policy_reason_text(enum hf_policy_reason r);
enum hf_err hf_policy_reason_err(enum hf_policy_reason r);

/* Explanation tier 1. Pointers live as long as the snapshot. */
struct hf_policy_decision {
	bool permit;
	enum hf_policy_reason reason;
	enum hf_mechanism mechanism; /* of rule; HF_MECHANISM_INVALID when there is none */
	const char *rule; /* that decided; of a denial: the first that would match, but is not in force; "" */
	const struct hf_obligation *obligations; /* of a permit */
	size_t obligation_count;
	const char *quota; /* "": none */
	uint64_t version;
	const struct hf_hash *hash; /* NULL without a snapshot */
	int64_t from_ms, until_ms;  /* of rule */
	uint64_t ignored;           /* bit n: a value of attribute n had no issuer with the right to it */
	unsigned attr;              /* UNKNOWN_ATTRIBUTE, BAD_VALUE: which */
	uint32_t steps;
};
/* p NULL: no snapshot. Never fails otherwise than by denying. */
void hf_policy_decide(const struct hf_policy *p, const struct hf_policy_request *rq,
                      struct hf_policy_decision *ret_decision);

#endif
