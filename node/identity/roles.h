/*
 * roles.h - permissions, roles and what excludes what. Rows decide; nothing else in the node compares role names.
 */
#ifndef HUFU_IDENTITY_ROLES_H
#define HUFU_IDENTITY_ROLES_H

#include <stdbool.h>
#include <stdint.h>

/* A missing permission denies. */
#define HF_PERMISSIONS(X)                                                                                              \
	X(HF_MAY_MANAGE_USERS, "manage-users")                                                                         \
	X(HF_MAY_MANAGE_NODE, "manage-node") /* configuration, systems, descriptors, parked mail */                    \
	X(HF_MAY_MANAGE_SOURCES, "manage-sources")                                                                     \
	X(HF_MAY_PUBLISH, "publish")                                                                                   \
	X(HF_MAY_SEARCH, "search")                                                                                     \
	X(HF_MAY_APPLY, "apply")                                                                                       \
	X(HF_MAY_CONFIRM_NEED, "confirm-need")                                                                         \
	X(HF_MAY_INTAKE, "intake")                                                                                     \
	X(HF_MAY_PRIVACY_REVIEW, "privacy-review")                                                                     \
	X(HF_MAY_APPROVE, "approve") /* decide, revoke */                                                              \
	X(HF_MAY_FETCH, "fetch")                                                                                       \
	X(HF_MAY_MASK, "mask")                                                                                         \
	X(HF_MAY_AUDIT_READ, "audit-read")                                                                             \
	X(HF_MAY_AUDIT_EXPORT, "audit-export")                                                                         \
	X(HF_MAY_STATUS, "status")                                                                                     \
	X(HF_MAY_AUDIT_ERASE, "audit-erase")             /* ask for and approve erasures, legal holds */               \
	X(HF_MAY_AUDIT_DELETE, "audit-delete")           /* of audit reports past their period */                      \
	X(HF_MAY_EMERGENCY_DECLARE, "emergency-declare") /* events and requests of the emergency authority */          \
	X(HF_MAY_EMERGENCY_VOTE, "emergency-vote")       /* for this node in the leading group */                      \
	X(HF_MAY_EMERGENCY_EXECUTE, "emergency-execute") /* of the data management department */                       \
	X(HF_MAY_SCENARIO, "scenario")                   /* scenarios and their members, for a business authority */   \
	X(HF_MAY_DISPUTE, "dispute")                     /* the conditions, reasons or result of an application */     \
	X(HF_MAY_DISPUTE_SETTLE, "dispute-settle")       /* for this node in the leading group */                      \
	X(HF_MAY_APPROVE_SECOND, "approve-second")       /* DS-20: the second level, for core data */                  \
	X(HF_MAY_CLASSIFY, "classify")                   /* what is sensitive, and how much */                         \
	X(HF_MAY_MASK_POLICY, "mask-policy")             /* MK-62: approve masking plans, control masking */           \
	X(HF_MAY_UNMASK, "unmask")                       /* MK-67: reverse masked values */                            \
	X(HF_MAY_MASK_KEYS, "mask-keys")                 /* erase the seed of a contract's masking keys */             \
	X(HF_MAY_TRACE, "trace-leaks")                   /* whose release leaked rows are from */                      \
	X(HF_MAY_DESTROY_APPROVE, "approve-destruction") /* DS-144: of delivered data, that another asks for */

enum hf_permission {
#define HF_PERMISSION_ENUM(code, name) code,
	HF_PERMISSIONS(HF_PERMISSION_ENUM)
#undef HF_PERMISSION_ENUM
	        HF_PERMISSION_COUNT,
	HF_MAY_NOTHING_NEEDED = 63, /* route open to anyone on the local socket */
	HF_MAY_ANY_SESSION = 62,    /* any logged-in account */
};
#define HF_BIT(p) ((uint64_t)1 << (p))

enum hf_role_group { HF_ROLE_GROUP_INVALID = 0, HF_GROUP_ADMINISTRATION, HF_GROUP_OPERATION, HF_GROUP_AUDIT };

struct hf_role {
	const char *name; /* "admin", "operator", "data-authority", "intake", "privacy-expert", "approver", "publisher",
	                     "auditor", "audit-reader", "records-keeper", "emergency-officer", "leading-member",
	                     "emergency-executor", "business-officer", "senior-approver", "masking-operator",
	                     "security-administrator", "audit-administrator", "mask-reverser", "mask-key-keeper",
	                     "leak-tracer", "destruction-approver" */
	enum hf_role_group group;
	uint64_t permissions;
};
/* Ended by a NULL name. */
extern const struct hf_role hf_roles[];
const struct hf_role *hf_role_find(const char *name);

/* Two permissions that one account may never hold together, whatever its roles. */
struct hf_exclusion {
	enum hf_permission a, b;
};
extern const struct hf_exclusion hf_exclusions[];
extern const unsigned hf_exclusion_count;
/* NULL when the roles may be held together; else a sentence that names the two that may not (DS-13, AZ-17). */
const char *hf_roles_conflict(const char *const *roles, unsigned count, char *text, unsigned cap);

enum hf_auth_method { HF_AUTH_PASSWORD = 1, HF_AUTH_TOTP = 2, HF_AUTH_DEVICE_KEY = 4 };
const char *hf_permission_name(enum hf_permission p);

#endif
