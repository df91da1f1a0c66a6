/*
 * holds.h - explicit suspensions (holds) of a grant, an organization, a business system or a resource, asked before
 * every mechanism. Placed and lifted by a person, with a reason, signed. Private to the folder.
 */
#ifndef HUFU_AUTHZ_HOLDS_H
#define HUFU_AUTHZ_HOLDS_H

#include "authz/grants.h"

enum az_hold_kind { AZ_HOLD_INVALID = 0, AZ_HOLD_GRANT, AZ_HOLD_ORGANIZATION, AZ_HOLD_SYSTEM, AZ_HOLD_RESOURCE };
/* One hold in force. */
struct az_hold {
	struct az_hold *next;
	enum az_hold_kind kind;
	struct hf_id id, subject; /* subject: grant or entry */
	char organization[HF_NAME_MAX + 1], system[HF_NAME_MAX + 1];
	char reason[256];
	int64_t placed_ms;
};
enum hf_err az_holds_load(struct hf_authz *a, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err az_holds_supply(struct hf_authz *a, struct hf_policy_builder *b, struct hf_fault *f) HF_MUST_CHECK;
void az_holds_free(struct hf_authz *a);
const struct az_hold *az_hold_of_grant(const struct hf_authz *a, const struct hf_id *grant);
/* The hold that suspends what this grant gives: of any kind. */
const struct az_hold *az_hold_on(const struct hf_authz *a, const struct grant_item *g);
const struct az_hold *az_hold_find(const struct hf_authz *a, const struct hf_id *id);

#endif
