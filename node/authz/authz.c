/*
 * authz.c - the application mechanism of one node, opened and closed.
 *
 * The story of an application: drafted (application.c), its need confirmed by another person (need.c), taken in and
 * checked against the published criteria (intake.c), reviewed and decided by the provider (decide.c), returned
 * (relay.c), agreed and countersigned (agreement.c), perhaps withdrawn (events.c) or revoked (revoke.c). states.c says
 * which step may follow which; decision.c answers the gate in front of the data from the grants that came out of it
 * (grants.c).
 */
#include <stdlib.h>

#include "authz/early.h"
#include "authz/emergency_internal.h"
#include "authz/entry_changed.h"
#include "authz/trusted_time.h"
#include "authz/use_state.h"
#include "authz/walk.h"
#include "authz/watch.h"

enum hf_err hf_authz_open(const struct hf_base *base, struct hf_store *store, const struct hf_node_keys *keys,
                          struct hf_identity *identity, struct hf_peers *peers, struct hf_ledger *ledger,
                          struct hf_catalog *catalog, struct hf_authz **ret_authz, struct hf_fault *f)
{
	struct hf_authz *a = hf_alloc_zero(sizeof(*a));
	a->base = base;
	hf_random(a->start, sizeof(a->start));
	a->store = store;
	a->keys = keys;
	a->identity = identity;
	a->peers = peers;
	a->ledger = ledger;
	a->catalog = catalog;
	enum hf_err e = az_grants_load(a);
	if (e == HF_OK)
		e = az_time_open(a);
	if (e != HF_OK) {
		hf_authz_close(a);
		return hf_fault_set(f, e,
		                    "the stored grants cannot be read (%s); restore the node's state from a backup",
		                    hf_err_text(e));
	}
	az_walks_open(a);
	az_em_open(a);
	az_deadline_open(a);
	e = az_policy_open(a, f);
	if (e != HF_OK) {
		hf_authz_close(a);
		return e;
	}
	az_watch_open(a);
	az_use_watch_open(a);
	az_entries_open(a);
	*ret_authz = a;
	return HF_OK;
}

void hf_authz_close(struct hf_authz *a)
{
	if (!a)
		return;
	az_entries_close(a);
	az_walks_close(a);
	az_em_close(a);
	az_deadline_close(a);
	az_watch_close(a);
	az_use_watch_close(a);
	az_time_close(a);
	az_policy_close(a);
	az_grants_free(a);
	az_early_free(a);
	free(a);
}

void hf_authz_on_revoked(struct hf_authz *a, void (*fn)(void *ctx, const struct hf_id *grant, const char *reason),
                         void *ctx)
{
	if (a->revoked_count == REVOKED_HOOKS)
		abort(); /* our own bug: the header says how many */
	a->revoked[a->revoked_count].fn = fn;
	a->revoked[a->revoked_count].ctx = ctx;
	a->revoked_count++;
}
