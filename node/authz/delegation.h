/*
 * delegation.h - agents and levels (AZ-34 ... AZ-38). A provider entrusts a platform with named resources, for the
 * departments of one level and a period: to take applications in, and, where it says so, to decide on them. What an
 * agent decides is filed with the provider at once, whose node checks it anew and makes the grant; until then nobody
 * can use it. An approver then takes it on file; what it gives before is the operator's choice. The API's handlers call
 * these. Loop thread.
 */
#ifndef HUFU_AUTHZ_DELEGATION_H
#define HUFU_AUTHZ_DELEGATION_H

#include "authz/negotiation.h"
#include "delegation.pb-c.h"
#include "state_delegation.pb-c.h"

#define HF_DELEGATION_RESOURCES_MAX 256u

struct hf_delegation_in {
	const char *agent, *level;
	const struct hf_id *resources;
	size_t resource_count;
	int64_t from_ms;  /* 0: now */
	int64_t until_ms; /* required */
	bool decides;
};
enum hf_err hf_delegate(struct hf_authz *a, const struct hf_step_in *in, const struct hf_delegation_in *what,
                        struct hf_id *ret_delegation) HF_MUST_CHECK;
/* The agent takes in nothing more under it; what it granted stays until it is withdrawn. */
enum hf_err hf_delegation_end(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *delegation,
                              const char *reason) HF_MUST_CHECK;
/* AZ-37: what a decision of an agent gives at its provider's gate before it is on file there. */
enum hf_unfiled {
	HF_UNFILED_INVALID = 0,
	HF_UNFILED_FLAG, /* the default: everything, and it is shown as unfiled */
	HF_UNFILED_DENY, /* nothing */
};
void hf_delegation_set_unfiled(struct hf_authz *a, enum hf_unfiled how);
/* AZ-37: a grant that an agent decided is on file, and the agent is told; remark may be empty. */
enum hf_err hf_delegation_file(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *grant,
                               const char *remark) HF_MUST_CHECK;
/* At the provider: since when an agent's decision was not on file at that time; 0: it was, or is none. */
int64_t hf_delegation_unfiled_ms(const struct hf_authz *a, const struct hf_id *grant, int64_t at_ms);
/* AZ-38: about a grant that an agent decided. */
enum hf_err hf_delegation_question(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *grant,
                                   const char *text) HF_MUST_CHECK;
/* AZ-38: the grant is revoked, and the agent is told. */
enum hf_err hf_delegation_withdraw(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *grant,
                                   const char *reason) HF_MUST_CHECK;

/* Reading; rows are valid during the callback; fn returns false to stop. Newest first. */
typedef bool (*hf_delegation_fn)(void *ctx, const Hufu__DelegationRow *row, const Hufu__Delegation *d);
enum hf_err hf_delegations(struct hf_authz *a, hf_delegation_fn fn, void *ctx) HF_MUST_CHECK;
/* At agent and provider: decisions under that delegation, and those that are not on file at the provider (AZ-37); at
 * the agent also those that have not arrived there. */
struct hf_delegation_count {
	uint64_t decided, unfiled, on_the_way;
	int64_t oldest_ms; /* of what is not filed; 0: everything is */
};
enum hf_err hf_delegation_counts(struct hf_authz *a, const Hufu__Delegation *d,
                                 struct hf_delegation_count *ret_count) HF_MUST_CHECK;

#endif
