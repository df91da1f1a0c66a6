/*
 * policy.h - the rules that this node decides by, in memory: the policy that a person signed, every grant, every hold,
 * compiled into one snapshot of node/policy. It follows the commits; each change of a rule is a new snapshot, so that a
 * decision sees all of a change or nothing. Private to the folder.
 */
#ifndef HUFU_AUTHZ_POLICY_H
#define HUFU_AUTHZ_POLICY_H

#include "authz/authz.h"
#include "policy/policy.h"

/* What the node vouches for with a request (AZ-43, AZ-44, AZ-45): attribute, whose word it is. */
/* clang-format off */
#define AZ_ATTRIBUTES(X) \
	X(AZ_ATTR_ORGANIZATION,  "subject.organization",  "space")        /* node id */ \
	X(AZ_ATTR_DEPARTMENT,    "subject.department",    "organization") /* node/department, of the certificate */ \
	X(AZ_ATTR_REGION,        "subject.region",        "space")        /* jurisdiction in the descriptor */ \
	X(AZ_ATTR_SPACE_ROLE,    "subject.space-role",    "space") \
	X(AZ_ATTR_IDENTITY,      "subject.identity",      "organization") /* node/account */ \
	X(AZ_ATTR_ROLE,          "subject.role",          "organization") /* permissions of the certificate */ \
	X(AZ_ATTR_SYSTEM,        "system.name",           "organization") \
	X(AZ_ATTR_ADDRESS,       "system.address",        "organization") \
	X(AZ_ATTR_BUSINESS,      "system.business",       "organization") \
	X(AZ_ATTR_RESOURCE,      "resource.id",           "provider") \
	X(AZ_ATTR_URL,           "resource.url",          "provider")     /* hufu:NODE/ENTRY */ \
	X(AZ_ATTR_PLACE,         "resource.address",      "provider")     /* id of the distribution */ \
	X(AZ_ATTR_TYPE,          "resource.type",         "provider")     /* format of the distribution */ \
	X(AZ_ATTR_TOPIC,         "resource.topic",        "provider") \
	X(AZ_ATTR_OWNER,         "resource.owner",        "provider") \
	X(AZ_ATTR_CLASS,         "resource.class",        "provider") \
	X(AZ_ATTR_LEVEL,         "resource.level",        "provider") \
	X(AZ_ATTR_PERSONAL,      "resource.personal",     "provider") \
	X(AZ_ATTR_ACTION,        "context.action",        "gate") \
	X(AZ_ATTR_PURPOSE,       "context.purpose",       "gate") \
	X(AZ_ATTR_TIME,          "context.time",          "gate") \
	X(AZ_ATTR_PEER_ADDRESS,  "context.peer-address",  "gate")
/* clang-format on */
enum az_attribute {
#define AZ_ATTRIBUTE_ENUM(code, name, issuer) code,
	AZ_ATTRIBUTES(AZ_ATTRIBUTE_ENUM)
#undef AZ_ATTRIBUTE_ENUM
	        AZ_ATTR_COUNT,
};

struct az_policy_job;
struct az_policy {
	struct hf_policy *now; /* NULL: nothing is permitted */
	uint64_t changes;      /* rises with every change of a rule */
	uint64_t alarmed;      /* changes + 1 when it was last said that these rules cannot be decided by; 0: never */
	uint64_t sequence;     /* of the policy in force; 0: none was applied */
	struct az_policy_job *merging, *preparing; /* policy_build.c; NULL: none */
	struct hf_policy_attr {
		uint16_t attr, issuer;
	} attr[AZ_ATTR_COUNT];
};

/* What a request says, in the form that the snapshot asks for. Stays where it is. */
#define AZ_VALUES_MAX 96
struct az_values {
	struct hf_attr_value value[AZ_VALUES_MAX];
	size_t count;
	char resource[HF_ID_TEXT], url[HF_NAME_MAX + HF_ID_TEXT + 8], department[HF_NAME_MAX * 2 + 2],
	        identity[HF_NAME_MAX * 2 + 2];
};
/* it NULL: there is no such entry of this node. */
void az_values_fill(struct hf_authz *a, const struct hf_access_request *rq, const struct hf_catalog_item *it,
                    struct az_values *v);
#define AZ_SKIP_MAX 64u /* rules of one request that match and do not reach */
struct az_policy_ask {
	const struct az_values *values;
	int64_t now_ms;
	uint32_t mechanisms;           /* HF_MECHANISM_BITs */
	const char *skip[AZ_SKIP_MAX]; /* rules that were found not to reach; as the snapshot named them */
	size_t skip_count;
	bool too_many; /* there was one more */
};
/* Never fails otherwise than by denying. */
void az_policy_ask(struct hf_authz *a, const struct az_policy_ask *ask, struct hf_policy_decision *ret_decision);

enum hf_err az_policy_open(struct hf_authz *a, struct hf_fault *f) HF_MUST_CHECK;
void az_policy_close(struct hf_authz *a);
/* Everything anew, with another policy: nothing changes when it cannot be compiled. text: the policy as signed, NULL:
 * none. */
enum hf_err az_policy_load(struct hf_authz *a, const void *text, size_t len, struct hf_fault *f) HF_MUST_CHECK;
/* Whether the text could be put in force here, and what it calls itself. */
struct az_policy_head {
	char name[128];
	uint64_t version;
	size_t rules;
};
enum hf_err az_policy_check(const void *text, size_t len, struct az_policy_head *ret_head,
                            struct hf_fault *f) HF_MUST_CHECK;
/* The snapshot of that text and of the rules in own that this node makes itself (NULL: none). Pure; any thread. */
enum hf_err az_policy_make(const void *text, size_t len, const struct hf_policy *own, uint64_t version,
                           struct hf_policy **ret_policy, struct az_policy_head *ret_head,
                           struct hf_fault *f) HF_MUST_CHECK;

/* policy_build.c: what takes long is built by a worker, beside the snapshot in force, and takes its place with whatever
 * has changed meanwhile. Readers and changes wait for nothing. */
void az_policy_merge(struct hf_authz *a);
/* A rule of that id came, changed or went, or is about to (NULL: none). */
void az_policy_note(struct hf_authz *a, const char *id);
/* fn is called once, from the loop, never from inside: CANCELLED when the module closes first. BUSY: another one is
 * being built, and fn is not called. What was built waits for the commit of its policy; the next one takes its place.
 */
typedef void (*az_policy_built_fn)(void *ctx, enum hf_err e, const struct hf_fault *f);
enum hf_err az_policy_prepare(struct hf_authz *a, const void *text, size_t len, az_policy_built_fn fn, void *ctx,
                              struct hf_fault *f) HF_MUST_CHECK;
/* The text of that digest is ready. */
bool az_policy_prepared(const struct hf_authz *a, const struct hf_hash *digest, struct az_policy_head *ret_head);
/* Puts it in force; false: it has to be compiled anew (az_policy_load). */
bool az_policy_take(struct hf_authz *a, const struct hf_hash *digest);
void az_policy_jobs_close(struct hf_authz *a);
/* No rule is in force any more, so nothing is permitted. */
void az_policy_none(struct hf_authz *a);
/* After a commit: remove (an id, may be NULL or unknown) goes, add (may be NULL) comes. What cannot be added is not
 * there, so it permits nothing; a suspension that cannot be added leaves no rule in force at all. */
void az_policy_change(struct hf_authz *a, const char *remove, const struct hf_rule *add);
struct grant_item;
void az_policy_grant(struct hf_authz *a, const struct grant_item *g);

/* Rules under construction: a conjunction of equalities, borrowed texts. */
struct az_rule {
	struct hf_rule rule;
	struct hf_condition condition[8];
	struct hf_operand operand[8];
	char id[HF_RULE_ID_MAX + 1];
};
void az_rule_begin(struct az_rule *r, enum hf_mechanism m, const char *prefix, const struct hf_id *id);
void az_rule_equals(const struct hf_authz *a, struct az_rule *r, enum az_attribute attribute, const char *text);

#endif
