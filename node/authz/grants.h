/*
 * grants.h - grants and applications in memory, which follows the store. Private to the folder.
 */
#ifndef HUFU_AUTHZ_GRANTS_H
#define HUFU_AUTHZ_GRANTS_H

#include "authz/mechanism.h"
#include "authz/module.h"
#include "authz/papers.h"

enum hf_grant_state { HF_GRANT_INVALID = 0, HF_GRANT_PENDING, HF_GRANT_ACTIVE, HF_GRANT_REVOKED, HF_GRANT_STATE_COUNT };

/* One grant in memory. */
struct grant_item {
	struct hf_index_item by_id, by_agreement, by_use;
	struct hf_id grant, agreement, application, resource, txn;
	enum az_mechanism mechanism;
	struct hf_id basis;      /* zero: none */
	bool disabled;           /* grant_review.h: over for good */
	struct hf_id delegation; /* by which an agent decided it; zero: none did */
	int64_t filed_ms;        /* an agent's decision: on file since; 0: it is not */
	bool offered;            /* by this node, not given: nobody else hears of it */
	bool superseded_over;
	struct hf_id superseded; /* promotion whose rule decides instead; zero: none */
	struct hf_name provider, consumer;
	char department[HF_NAME_MAX + 1], system[HF_NAME_MAX + 1];
	char purpose[128], action[32], system_address[64];
	char reason[256]; /* of the revocation */
	enum hf_grant_state state;
	uint64_t generation;
	int64_t from_ms, until_ms, made_ms;
};
/* One application in memory, as its provider knows it. */
struct application_item {
	struct hf_index_item by_use;
	struct hf_id application;
	struct hf_id resource;
	struct hf_name organization;
	char department[HF_NAME_MAX + 1], system[HF_NAME_MAX + 1];
	enum hf_review_state state;
	char reason[256];
};
struct grant_item *az_grant_of(struct hf_index_item *by_id); /* for walking over a->grants */
/* AZ-37: an agent decided it, and it is not on file at its provider. */
static inline bool az_grant_unfiled(const struct grant_item *g)
{
	return !hf_id_is_zero(&g->delegation) && g->filed_ms == 0;
}
static inline bool az_grant_waits_for_filing(const struct hf_authz *a, const struct grant_item *g)
{
	return a->unfiled_denies && az_grant_unfiled(g);
}
enum hf_err az_grants_load(struct hf_authz *a) HF_MUST_CHECK;
void az_grants_free(struct hf_authz *a);
enum hf_err az_grant_get(struct hf_authz *a, const struct hf_id *grant, Hufu__GrantRow **ret_row) HF_MUST_CHECK;
/* Puts the row; the memory follows after the commit. */
void az_grant_put(struct hf_authz *a, struct hf_unit *u, const Hufu__GrantRow *row);
/* A grant that no application led to. */
struct grant_new {
	enum az_mechanism mechanism;
	const struct hf_id *basis; /* the event, ... that it rests on; NULL: none */
	const struct hf_id *txn;   /* that its papers belong to */
	const Hufu__Agreement
	        *terms;            /* id, grant, resource, assigner, assignee, system, purpose, fields, period, ... */
	const struct paper *paper; /* signed; kept by the caller */
	const char *approver;      /* "node/account", for the lists */
	ProtobufCBinaryData offer; /* of the provider's own: SignedStatement of who offered it */
	const char *stated_reason;
	bool pending; /* not usable yet: az_grant_put with HF_GRANT_ACTIVE follows */
};
/* Checks what the decision will insist on (ids, texts, period of the mechanism), puts the row at provider or consumer
 * and adds the other side's ledger to what is mirrored; the memory follows after the commit. */
enum hf_err az_grant_add(struct hf_authz *a, struct hf_unit *u, const struct grant_new *n,
                         struct hf_fault *f) HF_MUST_CHECK;
/* DS-51: one member cannot fill another one's store with grants that nobody applied for. */
enum hf_err az_grant_room(const struct hf_authz *a, const char *provider, const char *consumer,
                          struct hf_fault *f) HF_MUST_CHECK;
/* The row as az_grant_add puts it, but for the terms; borrows from n. */
void az_grant_fill(struct hf_authz *a, Hufu__GrantRow *r, const struct grant_new *n);
/* The application that led to the grant, or for others a row with no id, filled from the grant, for what is told of it
 * in entries and notices. hf_decoded_free. */
enum hf_err az_grant_row(struct hf_authz *a, const Hufu__GrantRow *grant, Hufu__ApplicationRow **ret_row,
                         struct hf_fault *f) HF_MUST_CHECK;
/* What the gate will enforce; NULL when it cannot be read. hf_decoded_free. */
Hufu__Agreement *az_grant_terms(const Hufu__GrantRow *row);
/* The item's keys from a row; false: one is missing or the mechanism is unknown. */
bool az_grant_ids(struct grant_item *g, const Hufu__GrantRow *r);
/* Ends the grant in the row: state, generation, reason, who; hooks are called after the commit. */
void az_grant_end(struct hf_authz *a, struct hf_unit *u, Hufu__GrantRow *row, const char *by, const char *reason);
/* After the commit, unless the module was closed: the memory of other things follows, too. */
void az_after(struct hf_authz *a, struct hf_unit *u, const struct hf_id *id,
              void (*fn)(struct hf_authz *a, const struct hf_id *id));
struct grant_item *az_grant_find(const struct hf_authz *a, const struct hf_id *grant);
struct grant_item *az_grant_find_agreement(const struct hf_authz *a, const struct hf_id *agreement);
/* Grants of a resource for a consumer; after NULL: the first. NULL: no more. */
struct grant_item *az_grant_next(const struct hf_authz *a, const struct hf_id *resource, const char *consumer,
                                 const struct grant_item *after);
struct application_item *az_application_next(const struct hf_authz *a, const struct hf_id *resource,
                                             const char *organization, const struct application_item *after);
/* The memory of an application follows its row after the commit. */
void az_applications_follow(struct hf_authz *a, struct hf_unit *u, const struct hf_id *application);

#endif
