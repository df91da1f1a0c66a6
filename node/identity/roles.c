#include "identity/roles.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SEES (HF_BIT(HF_MAY_SEARCH) | HF_BIT(HF_MAY_STATUS))

const struct hf_role hf_roles[] = {
        {"admin", HF_GROUP_ADMINISTRATION,
         HF_BIT(HF_MAY_MANAGE_USERS) | HF_BIT(HF_MAY_MANAGE_NODE) | HF_BIT(HF_MAY_STATUS)},
        {"operator", HF_GROUP_OPERATION, SEES | HF_BIT(HF_MAY_APPLY) | HF_BIT(HF_MAY_FETCH) | HF_BIT(HF_MAY_DISPUTE)},
        {"data-authority", HF_GROUP_OPERATION,
         SEES | HF_BIT(HF_MAY_CONFIRM_NEED) | HF_BIT(HF_MAY_DISPUTE) | HF_BIT(HF_MAY_CLASSIFY)},
        {"intake", HF_GROUP_OPERATION, SEES | HF_BIT(HF_MAY_INTAKE)},
        {"privacy-expert", HF_GROUP_OPERATION, SEES | HF_BIT(HF_MAY_PRIVACY_REVIEW)},
        {"approver", HF_GROUP_OPERATION, SEES | HF_BIT(HF_MAY_APPROVE) | HF_BIT(HF_MAY_DISPUTE)},
        {"publisher", HF_GROUP_OPERATION, SEES | HF_BIT(HF_MAY_MANAGE_SOURCES) | HF_BIT(HF_MAY_PUBLISH)},
        {"auditor", HF_GROUP_AUDIT, HF_BIT(HF_MAY_AUDIT_READ) | HF_BIT(HF_MAY_AUDIT_EXPORT) | HF_BIT(HF_MAY_STATUS)},
        {"records-keeper", HF_GROUP_AUDIT,
         HF_BIT(HF_MAY_AUDIT_READ) | HF_BIT(HF_MAY_AUDIT_ERASE) | HF_BIT(HF_MAY_AUDIT_DELETE) | HF_BIT(HF_MAY_STATUS)},
        {"audit-reader", HF_GROUP_AUDIT, HF_BIT(HF_MAY_AUDIT_READ) | HF_BIT(HF_MAY_STATUS)}, /* DS-129 */
        {"emergency-officer", HF_GROUP_OPERATION, SEES | HF_BIT(HF_MAY_EMERGENCY_DECLARE)},
        {"leading-member", HF_GROUP_OPERATION, SEES | HF_BIT(HF_MAY_EMERGENCY_VOTE) | HF_BIT(HF_MAY_DISPUTE_SETTLE)},
        {"emergency-executor", HF_GROUP_OPERATION, SEES | HF_BIT(HF_MAY_EMERGENCY_EXECUTE)},
        {"business-officer", HF_GROUP_OPERATION, SEES | HF_BIT(HF_MAY_SCENARIO)},
        {"senior-approver", HF_GROUP_OPERATION, SEES | HF_BIT(HF_MAY_APPROVE_SECOND)},
        {"masking-operator", HF_GROUP_OPERATION, SEES | HF_BIT(HF_MAY_MASK)},
        {"security-administrator", HF_GROUP_OPERATION, SEES | HF_BIT(HF_MAY_MASK_POLICY) | HF_BIT(HF_MAY_CLASSIFY)},
        {"audit-administrator", HF_GROUP_AUDIT,
         HF_BIT(HF_MAY_AUDIT_READ) | HF_BIT(HF_MAY_AUDIT_EXPORT) | HF_BIT(HF_MAY_STATUS)},
        {"mask-reverser", HF_GROUP_OPERATION, SEES | HF_BIT(HF_MAY_UNMASK)}, /* MK-67 */
        {"mask-key-keeper", HF_GROUP_OPERATION, SEES | HF_BIT(HF_MAY_MASK_KEYS)},
        {"leak-tracer", HF_GROUP_AUDIT, HF_BIT(HF_MAY_TRACE) | HF_BIT(HF_MAY_STATUS)}, /* not who masks or gives out */
        {"destruction-approver", HF_GROUP_OPERATION, SEES | HF_BIT(HF_MAY_DESTROY_APPROVE)}, /* DS-144 */
        {NULL, HF_ROLE_GROUP_INVALID, 0},
};

const struct hf_exclusion hf_exclusions[] = {
        {HF_MAY_APPLY, HF_MAY_CONFIRM_NEED},
        {HF_MAY_APPLY, HF_MAY_APPROVE},
        {HF_MAY_APPLY, HF_MAY_INTAKE},
        {HF_MAY_INTAKE, HF_MAY_APPROVE},
        {HF_MAY_PRIVACY_REVIEW, HF_MAY_APPROVE}, /* AZ-17 */
        {HF_MAY_FETCH, HF_MAY_APPROVE},
        {HF_MAY_MANAGE_USERS, HF_MAY_APPLY},
        {HF_MAY_MANAGE_USERS, HF_MAY_APPROVE},
        {HF_MAY_MANAGE_USERS, HF_MAY_CONFIRM_NEED},
        {HF_MAY_MANAGE_USERS, HF_MAY_INTAKE},
        {HF_MAY_MANAGE_USERS, HF_MAY_FETCH},
        {HF_MAY_MANAGE_USERS, HF_MAY_PUBLISH},
        {HF_MAY_MANAGE_USERS, HF_MAY_AUDIT_READ},
        {HF_MAY_MANAGE_USERS, HF_MAY_AUDIT_EXPORT},
        {HF_MAY_AUDIT_READ, HF_MAY_APPLY},
        {HF_MAY_AUDIT_READ, HF_MAY_CONFIRM_NEED},
        {HF_MAY_AUDIT_READ, HF_MAY_INTAKE},
        {HF_MAY_AUDIT_READ, HF_MAY_PRIVACY_REVIEW},
        {HF_MAY_AUDIT_READ, HF_MAY_APPROVE},
        {HF_MAY_AUDIT_READ, HF_MAY_FETCH},
        {HF_MAY_AUDIT_READ, HF_MAY_MASK},
        {HF_MAY_AUDIT_READ, HF_MAY_PUBLISH},
        {HF_MAY_AUDIT_READ, HF_MAY_MANAGE_SOURCES},
        {HF_MAY_MANAGE_USERS, HF_MAY_AUDIT_ERASE},
        {HF_MAY_AUDIT_EXPORT, HF_MAY_AUDIT_ERASE},  /* who exports the record does not erase from it */
        {HF_MAY_AUDIT_EXPORT, HF_MAY_AUDIT_DELETE}, /* who takes reports out does not do away with them */
        {HF_MAY_EMERGENCY_VOTE, HF_MAY_EMERGENCY_DECLARE},
        {HF_MAY_EMERGENCY_VOTE, HF_MAY_EMERGENCY_EXECUTE}, /* AZ-55 */
        {HF_MAY_EMERGENCY_VOTE, HF_MAY_APPROVE},           /* AZ-54 */
        {HF_MAY_EMERGENCY_VOTE, HF_MAY_INTAKE},
        {HF_MAY_EMERGENCY_DECLARE, HF_MAY_EMERGENCY_EXECUTE},
        {HF_MAY_EMERGENCY_DECLARE, HF_MAY_APPROVE},
        {HF_MAY_MANAGE_USERS, HF_MAY_EMERGENCY_DECLARE},
        {HF_MAY_MANAGE_USERS, HF_MAY_EMERGENCY_VOTE},
        {HF_MAY_MANAGE_USERS, HF_MAY_EMERGENCY_EXECUTE},
        {HF_MAY_AUDIT_READ, HF_MAY_EMERGENCY_DECLARE},
        {HF_MAY_AUDIT_READ, HF_MAY_EMERGENCY_VOTE},
        {HF_MAY_AUDIT_READ, HF_MAY_EMERGENCY_EXECUTE},
        {HF_MAY_SCENARIO, HF_MAY_APPROVE}, /* who confirms members opens no data to them */
        {HF_MAY_MANAGE_USERS, HF_MAY_SCENARIO},
        {HF_MAY_AUDIT_READ, HF_MAY_SCENARIO},
        {HF_MAY_DISPUTE_SETTLE, HF_MAY_DISPUTE}, /* AZ-20: nobody settles what he raises */
        {HF_MAY_DISPUTE_SETTLE, HF_MAY_INTAKE},
        {HF_MAY_MANAGE_USERS, HF_MAY_DISPUTE},
        {HF_MAY_MANAGE_USERS, HF_MAY_DISPUTE_SETTLE},
        {HF_MAY_AUDIT_READ, HF_MAY_DISPUTE},
        {HF_MAY_AUDIT_READ, HF_MAY_DISPUTE_SETTLE},
        {HF_MAY_APPROVE_SECOND, HF_MAY_APPROVE}, /* DS-20: two levels, two people */
        {HF_MAY_APPROVE_SECOND, HF_MAY_APPLY},
        {HF_MAY_APPROVE_SECOND, HF_MAY_INTAKE},
        {HF_MAY_APPROVE_SECOND, HF_MAY_PRIVACY_REVIEW},
        {HF_MAY_APPROVE_SECOND, HF_MAY_FETCH},
        {HF_MAY_APPROVE_SECOND, HF_MAY_EMERGENCY_VOTE},
        {HF_MAY_APPROVE_SECOND, HF_MAY_EMERGENCY_DECLARE},
        {HF_MAY_APPROVE_SECOND, HF_MAY_MANAGE_USERS},
        {HF_MAY_APPROVE_SECOND, HF_MAY_AUDIT_READ},
        {HF_MAY_MASK, HF_MAY_MASK_POLICY}, /* MK-60: who masks does not say by which plans */
        {HF_MAY_MASK, HF_MAY_CLASSIFY},
        {HF_MAY_MANAGE_USERS, HF_MAY_MASK},
        {HF_MAY_MANAGE_USERS, HF_MAY_MASK_POLICY},
        {HF_MAY_MANAGE_USERS, HF_MAY_CLASSIFY},
        {HF_MAY_AUDIT_READ, HF_MAY_MASK_POLICY}, /* MK-64 */
        {HF_MAY_AUDIT_READ, HF_MAY_CLASSIFY},
        {HF_MAY_UNMASK, HF_MAY_MASK}, /* MK-67: who masks does not reverse */
        {HF_MAY_UNMASK, HF_MAY_MASK_KEYS},
        {HF_MAY_UNMASK, HF_MAY_FETCH},
        {HF_MAY_MANAGE_USERS, HF_MAY_UNMASK},
        {HF_MAY_AUDIT_READ, HF_MAY_UNMASK},
        {HF_MAY_MANAGE_USERS, HF_MAY_MASK_KEYS},
        {HF_MAY_AUDIT_READ, HF_MAY_MASK_KEYS},
        {HF_MAY_TRACE, HF_MAY_MASK}, /* who could be the leak does not look for it */
        {HF_MAY_TRACE, HF_MAY_MASK_POLICY},
        {HF_MAY_TRACE, HF_MAY_UNMASK},
        {HF_MAY_TRACE, HF_MAY_MASK_KEYS}, /* nor may he erase what names him */
        {HF_MAY_TRACE, HF_MAY_FETCH},
        {HF_MAY_TRACE, HF_MAY_MANAGE_SOURCES},
        {HF_MAY_MANAGE_USERS, HF_MAY_TRACE},
        {HF_MAY_MASK_POLICY, HF_MAY_FETCH},            /* DS-87: who says what readers see reads nothing */
        {HF_MAY_DESTROY_APPROVE, HF_MAY_CONFIRM_NEED}, /* DS-144: who asks for it does not approve */
        {HF_MAY_DESTROY_APPROVE, HF_MAY_FETCH},
        {HF_MAY_MANAGE_USERS, HF_MAY_DESTROY_APPROVE},
        {HF_MAY_AUDIT_READ, HF_MAY_DESTROY_APPROVE},
};
const unsigned hf_exclusion_count = sizeof(hf_exclusions) / sizeof(hf_exclusions[0]);

const struct hf_role *hf_role_find(const char *name)
{
	for (const struct hf_role *r = hf_roles; r->name; r++)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

static const char *const permission_names[] = {
#define HF_PERMISSION_NAME(code, name) [code] = name,
        HF_PERMISSIONS(HF_PERMISSION_NAME)
#undef HF_PERMISSION_NAME
};

const char *hf_permission_name(enum hf_permission p)
{
	return (unsigned)p < HF_PERMISSION_COUNT ? permission_names[p] : NULL;
}

/* DS-13: administration, operation and audit are three worlds, whatever the permissions say. */
static const char *pair_conflict(const struct hf_role *a, const struct hf_role *b, char *text, unsigned cap)
{
	if (a->group != b->group) {
		snprintf(text, cap,
		         "the roles '%s' and '%s' may not be held by one account: administration, operation and audit "
		         "are separate",
		         a->name, b->name);
		return text;
	}
	for (unsigned i = 0; i < hf_exclusion_count; i++) {
		const struct hf_exclusion *x = &hf_exclusions[i];
		bool hit = ((a->permissions & HF_BIT(x->a)) && (b->permissions & HF_BIT(x->b))) ||
		           ((a->permissions & HF_BIT(x->b)) && (b->permissions & HF_BIT(x->a)));
		if (!hit)
			continue;
		snprintf(text, cap, "the roles '%s' and '%s' may not be held by one account: '%s' excludes '%s'",
		         a->name, b->name, hf_permission_name(x->a), hf_permission_name(x->b));
		return text;
	}
	return NULL;
}

const char *hf_roles_conflict(const char *const *roles, unsigned count, char *text, unsigned cap)
{
	for (unsigned i = 0; i < count; i++) {
		const struct hf_role *a = hf_role_find(roles[i]);
		if (!a) {
			snprintf(text, cap, "there is no role '%.60s'; `hufu user roles --list` names them", roles[i]);
			return text;
		}
		for (unsigned j = 0; j < i; j++) {
			const char *conflict = pair_conflict(hf_role_find(roles[j]), a, text, cap);
			if (conflict)
				return conflict;
		}
	}
	return NULL;
}
