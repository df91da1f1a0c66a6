/*
 * authz.h - the application mechanism: applications with their review steps, agreements, grants, and the decision in
 * front of every byte. Default deny; every decision names its reason.
 *
 * This is the home of grants and of the decision (PDP); enforcement (PEP) is node/exchange. Grants of other mechanisms
 * (mechanism.h) stand in the same decision order; attribute rules are a row of it that is not offered yet.
 */
#ifndef HUFU_AUTHZ_AUTHZ_H
#define HUFU_AUTHZ_AUTHZ_H

#include "catalog/catalog.h"
#include "contract.pb-c.h"
#include "ledger/ledger.h"

struct hf_authz;
enum hf_err hf_authz_open(const struct hf_base *base, struct hf_store *store, const struct hf_node_keys *keys,
                          struct hf_identity *identity, struct hf_peers *peers, struct hf_ledger *ledger,
                          struct hf_catalog *catalog, struct hf_authz **ret_authz, struct hf_fault *f) HF_MUST_CHECK;
void hf_authz_close(struct hf_authz *a);
/* Rows for the mail table (application, forward, intake, decision, verification, event, revocation), ended by type 0;
 * ctx is a. */
const struct hf_mail_row *hf_authz_mails(struct hf_authz *a);

struct hf_access_request {
	const char *organization; /* asking node, authenticated by the channel */
	const char *department;
	const char *system;
	const char *system_address;
	struct hf_id resource;
	struct hf_id agreement; /* zero: any that fits */
	const char *action;
	const char *purpose;
	const char *const *fields;
	size_t field_count;       /* 0: those of the agreement */
	uint32_t methods;         /* how the person authenticated, enum hf_auth_method */
	const char *mechanism;    /* the one that the consumer chose (AZ-66); NULL or "": any */
	const char *account;      /* of the person, by the certificate; may be NULL, and so the following */
	const char *const *roles; /* permissions of the certificate */
	size_t role_count;
	const char *business;     /* of the system, as its organization states it */
	const char *peer_address; /* where the request came from */
	struct hf_id going_on;    /* asked again for this transfer: its own use counts once; zero: a new one */
	struct hf_id going_grant; /* that it began under, no other one carries it on; zero: it began by a rule */
	bool made;                /* the use was made already: what counts it is not asked again */
	bool second;              /* a second person of the organization authorized this use (DS-86) */
	int64_t now_ms;
};
struct hf_decision {
	enum hf_err result;      /* HF_OK permits */
	char text[400];          /* names the thing, the reason, the way out */
	const char *mechanism;   /* "emergency", "attribute", "application", "provider" or "" */
	char rule[128];          /* that decided; "" when there is none */
	struct hf_hash snapshot; /* of the rules; zero: there were none */
	uint64_t basis_changes;  /* hf_authz_basis_changes when it was decided */
	bool may_apply;          /* the way out: the resource takes applications (AZ-62) */
	struct hf_id grant, agreement, application;
	struct hf_id basis;    /* of a grant without an application: the event, ...; zero: none */
	struct hf_id txn;      /* of the negotiation */
	struct hf_id counted;  /* what its use counts under: the grant, or made of the rule and the organization */
	struct hf_id of_entry; /* by a rule: and under this, made of resource and organization, whatever the rule */
	uint64_t generation;
	int64_t from_ms, until_ms;
	char border[320];       /* across a border: the results of both jurisdictions; else "" */
	uint64_t persons;       /* of personal information across a border: to be reserved */
	Hufu__Agreement *terms; /* decoded; hf_decision_done frees it */
	/* What terms and entry, as it is now, demand of whoever carries the permit out. */
	uint64_t uses_most;           /* so many uses; UINT64_MAX: without limit */
	enum hf_entry_state demands;  /* hf_authz_demands of both */
	char masked[HF_NAME_MAX + 1]; /* the plan by which it is to be masked; "": none */
	bool masked_otherwise;        /* and by another one: nobody can do both */
	char *rows; /* conditions that every row meets (obligation.h), joined; NULL: none; hf_decision_done frees it */
	bool rows_beyond; /* and more than can be held: nobody can fulfil them */
	char sealed[64];  /* the obligation that keeps the data sealed, or "core data", "sensitive data"; "": none */
};
void hf_decision_done(struct hf_decision *d);
/* The state that the record must have reached before anything is done under these terms: the strictest that the
 * agreement and the entry as it is now (NULL: left out) demand. Core data (level 3) is recorded beyond this node before
 * its first byte goes out: witnessed; an emergency does not wait for that. */
enum hf_entry_state hf_authz_demands(const Hufu__Agreement *terms, const Hufu__CatalogEntry *entry,
                                     const char *mechanism);
/* The decision point. Pure reading; fails closed on every fault. The caller records it. Result BUSY: the record of the
 * grant is not yet in the state that its terms demand; nothing was decided. */
void hf_authz_decide(struct hf_authz *a, const struct hf_access_request *rq, struct hf_decision *ret_decision);
/* For every chunk: still the same generation, still active, still in its period? Cheap (memory). */
enum hf_err hf_authz_check_generation(struct hf_authz *a, const struct hf_id *grant, uint64_t generation,
                                      int64_t now_ms, struct hf_fault *f) HF_MUST_CHECK;
/* Rises with every change of a rule, a hold or a grant. */
uint64_t hf_authz_changes(const struct hf_authz *a);
/* Rises with every change of what a decision rests on besides the clock and the uses: the rules, and entries, what they
 * allow, the mandates and consents behind them, the members of the space. While it stays the same, and only time has
 * passed, a permit turns into a denial by the end of a period alone. Cheap (memory). */
uint64_t hf_authz_basis_changes(const struct hf_authz *a);
/* The same without the entries, which come and go while somebody looks through them page by page. */
uint64_t hf_authz_leave_changes(const struct hf_authz *a);
/* The counts above begin anew with each start of the node: these bytes are others then. */
#define HF_AUTHZ_START_LEN 16
const uint8_t *hf_authz_start(const struct hf_authz *a);
/* Called on this node when a grant was revoked, by either side. At most 4 callbacks. */
void hf_authz_on_revoked(struct hf_authz *a, void (*fn)(void *ctx, const struct hf_id *grant, const char *reason),
                         void *ctx);

/* Consumer side: the grant (agreement) to use for a resource and system; UNKNOWN when there is none. */
struct hf_grant_view {
	struct hf_id grant, agreement, application, resource, txn;
	const char *mechanism;
	char provider[HF_NAME_MAX + 1], consumer[HF_NAME_MAX + 1], department[HF_NAME_MAX + 1], system[HF_NAME_MAX + 1];
	char purpose[128], action[32], state[16]; /* "pending", "active", "superseded", "revoked", "expired" */
	int64_t from_ms, until_ms;
	uint64_t generation;
};
enum hf_err hf_authz_grant(struct hf_authz *a, const struct hf_id *grant_or_agreement,
                           struct hf_grant_view *ret_view) HF_MUST_CHECK;
enum hf_err hf_authz_find_grant(struct hf_authz *a, const struct hf_id *resource, const char *system,
                                struct hf_grant_view *ret_view) HF_MUST_CHECK;
/* Whether all obligations of an agreement that this node holds stand in the list. OBLIGATION: not; the fault names the
 * first one that is missing. */
enum hf_err hf_authz_obligations_in(struct hf_authz *a, const struct hf_id *agreement, char *const *list, size_t count,
                                    struct hf_fault *f) HF_MUST_CHECK;

#endif
