/*
 * uses.h - the uses of a grant: counted, limited, reported. One transfer is one use.
 *
 * The provider reserves with the access decision, in its unit of work, and commits when data was delivered or releases
 * when nothing was; what is under way counts, so that in parallel and over crashes a grant is never used more than the
 * obligation "uses:N" of its agreement allows (SB-26). The consumer counts for itself and reports each use to the
 * provider under the transfer's transaction; where the two differ, that is flagged (AZ-19). Loop thread.
 */
#ifndef HUFU_AUTHZ_USES_H
#define HUFU_AUTHZ_USES_H

#include "authz/authz.h"
#include "authz/obligation.h"
#include "state_uses.pb-c.h"
#include "uses.pb-c.h"

enum hf_use_state { HF_USE_INVALID = 0, HF_USE_RESERVED = 1, HF_USE_COMMITTED = 2, HF_USE_RELEASED = 3 };

struct hf_use {
	struct hf_id grant, agreement, transfer, resource; /* grant and agreement zero: permitted by a rule */
	const char *peer, *system, *purpose;
	uint64_t rows, bytes;
	struct hf_id counted, of_entry; /* of the decision, for the reservation, */
	const char *rule;               /* and these */
	uint64_t persons;
	bool provider; /* this node's side */
};
/* With the decision's unit. The decision itself has asked whether one is left. */
void hf_authz_use_reserve(struct hf_authz *a, struct hf_unit *u, const struct hf_use *use);
/* Delivered, in whole or in part; or nothing left this node. Of a use that is not reserved: nothing. */
void hf_authz_use_commit(struct hf_authz *a, struct hf_unit *u, const struct hf_use *use);
void hf_authz_use_release(struct hf_authz *a, struct hf_unit *u, const struct hf_use *use);
/* Consumer: counts the use and reports it. */
enum hf_err hf_authz_use_report(struct hf_authz *a, struct hf_unit *u, const struct hf_use *use,
                                struct hf_fault *f) HF_MUST_CHECK;

/* A grant's uses on either side, newest transfers last; counts of both. */
typedef bool (*hf_use_fn)(void *ctx, const Hufu__GrantUseRow *row);
enum hf_err hf_authz_uses(struct hf_authz *a, const struct hf_id *grant, hf_use_fn fn, void *ctx) HF_MUST_CHECK;
struct hf_use_count {
	uint64_t most; /* UINT64_MAX: without limit */
	uint64_t reserved, committed, reported, differing;
};
enum hf_err hf_authz_use_count(struct hf_authz *a, const struct hf_id *grant, bool provider,
                               struct hf_use_count *ret_count) HF_MUST_CHECK;

#endif
