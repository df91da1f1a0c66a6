/*
 * rule.h - one rule: a conjunction of conditions that, when all hold, decides by one mechanism.
 *
 * Every grant of every mechanism is such a rule: a hold, an emergency grant, an attribute rule, an application grant.
 * A disjunction is several rules. These structs are how a front end hands a rule over and how it gets one back;
 * everything is borrowed for the call.
 */
#ifndef HUFU_POLICY_RULE_H
#define HUFU_POLICY_RULE_H

#include "policy/schema.h"

#define HF_RULE_ID_MAX 127 /* bytes; printable ASCII without space */
#define HF_RULE_CONDITIONS_MAX 32
#define HF_RULE_OPERANDS_MAX 1024 /* of one condition */
#define HF_RULE_OBLIGATIONS_MAX 16
#define HF_OBLIGATION_NAMES_MAX 1024
#define HF_OBLIGATION_TEXT_MAX 1024 /* bytes */

/* In the order in which they are asked (AZ-70). */
#define HF_MECHANISMS(X)                                                                                               \
	X(HF_MECHANISM_HOLD, "hold") /* an explicit suspension: denies */                                              \
	X(HF_MECHANISM_EMERGENCY, "emergency")                                                                         \
	X(HF_MECHANISM_ATTRIBUTE, "attribute")                                                                         \
	X(HF_MECHANISM_APPLICATION, "application")
enum hf_mechanism { HF_MECHANISM_INVALID = 0, HF_MECHANISMS(HF_POLICY_ENUM) };
#define HF_MECHANISM_BIT(m) (1u << (m))
#define HF_MECHANISM_ALL                                                                                               \
	(HF_MECHANISM_BIT(HF_MECHANISM_EMERGENCY) | HF_MECHANISM_BIT(HF_MECHANISM_ATTRIBUTE) |                         \
	 HF_MECHANISM_BIT(HF_MECHANISM_APPLICATION))

/* A rule that is not active never decides; when its conditions hold and nothing else permits, it gives the reason. */
#define HF_RULE_STATES(X)                                                                                              \
	X(HF_RULE_ACTIVE, "active")                                                                                    \
	X(HF_RULE_PENDING, "pending")   /* not decided yet */                                                          \
	X(HF_RULE_RETURNED, "returned") /* for correction */                                                           \
	X(HF_RULE_REJECTED, "rejected")                                                                                \
	X(HF_RULE_SUSPENDED, "suspended")                                                                              \
	X(HF_RULE_REVOKED, "revoked")                                                                                  \
	X(HF_RULE_SUPERSEDED, "superseded")
enum hf_rule_state { HF_RULE_INVALID = 0, HF_RULE_STATES(HF_POLICY_ENUM) };

/* What an operator takes: see the table in rule.c. */
#define HF_OPERATORS(X)                                                                                                \
	X(HF_OP_EQUALS, "equals")   /* one operand; text, choice, member, integer, address */                          \
	X(HF_OP_ONE_OF, "one-of")   /* operands; the same types */                                                     \
	X(HF_OP_UNDER, "under")     /* operands; member: in the subtree of one of them, itself included */             \
	X(HF_OP_BETWEEN, "between") /* one operand; integer: low <= value <= high */                                   \
	X(HF_OP_DURING, "during")   /* one operand; time: low <= value < high */                                       \
	X(HF_OP_WITHIN, "within")   /* operands; address: in one of the prefixes */
enum hf_operator { HF_OP_INVALID = 0, HF_OPERATORS(HF_POLICY_ENUM) };

/* Only what the attribute's type needs is read. */
struct hf_operand {
	const char *text; /* text, choice, member; not necessarily NUL-terminated */
	size_t len;
	int64_t low, high; /* BETWEEN, DURING: both; EQUALS, ONE_OF of an integer: low */
	struct hf_address address;
	unsigned bits; /* WITHIN: 0 ... 128 */
};
struct hf_condition {
	unsigned attr;
	enum hf_operator op;
	const struct hf_operand *operands;
	size_t count;
};

#define HF_OBLIGATIONS(X)                                                                                              \
	X(HF_OBLIGE_MASK, "mask")           /* text: name of the masking plan */                                       \
	X(HF_OBLIGE_FIELDS, "fields")       /* names: only these fields */                                             \
	X(HF_OBLIGE_ROWS, "rows")           /* text: only rows that meet this */                                       \
	X(HF_OBLIGE_WATERMARK, "watermark") /* nothing, or text: name of the mark */                                   \
	X(HF_OBLIGE_SANDBOX, "sandbox")     /* nothing: use in the sandbox only */                                     \
	X(HF_OBLIGE_USES, "uses")           /* number >= 1: at most so many uses */                                    \
	X(HF_OBLIGE_DELETE, "delete-after") /* number > 0: milliseconds after delivery */                              \
	X(HF_OBLIGE_REPORT, "report-use")   /* nothing: every use is reported to the provider */                       \
	X(HF_OBLIGE_NOTIFY, "notify")       /* text: whom */                                                           \
	X(HF_OBLIGE_SEALED, "sealed")       /* nothing: kept sealed, read only through the consumer's gate (DS-85) */  \
	X(HF_OBLIGE_DELETE_END, "delete-at-end") /* nothing: destroyed when the authorization ends */
enum hf_oblige { HF_OBLIGE_INVALID = 0, HF_OBLIGATIONS(HF_POLICY_ENUM) };
struct hf_obligation {
	enum hf_oblige type;
	int64_t number;
	const char *text; /* NULL: none */
	const char *const *names;
	size_t name_count;
};

struct hf_rule {
	const char *id; /* unique in a snapshot */
	enum hf_mechanism mechanism;
	enum hf_rule_state state;
	int32_t priority; /* inside the mechanism; the lower number is asked first, equal ones in the order of their
	                     ids */
	int64_t from_ms, until_ms; /* [from, until); both are required (AZ-46) */
	const struct hf_condition *conditions;
	size_t condition_count;
	const struct hf_obligation *obligations;
	size_t obligation_count;
	const char *quota; /* NULL or "": none */
};

/* Everything that can be wrong with a rule alone: HF_E_ARGUMENT, HF_E_UNKNOWN (attribute, operator, obligation,
 * choice), HF_E_LIMIT; f names rule, thing and reason. No condition at all is allowed (a lint matter). */
enum hf_err hf_rule_check(const struct hf_schema *schema, const struct hf_rule *rule, struct hf_fault *f) HF_MUST_CHECK;
bool hf_operator_takes(enum hf_operator op, enum hf_attr_type type);

/* Names and back; NULL and 0 when unknown. */
const char *hf_mechanism_name(enum hf_mechanism m);
enum hf_mechanism hf_mechanism_from_name(const char *name);
const char *hf_rule_state_name(enum hf_rule_state s);
enum hf_rule_state hf_rule_state_from_name(const char *name);
const char *hf_operator_name(enum hf_operator op);
enum hf_operator hf_operator_from_name(const char *name);
const char *hf_oblige_name(enum hf_oblige o);
enum hf_oblige hf_oblige_from_name(const char *name);

#endif
