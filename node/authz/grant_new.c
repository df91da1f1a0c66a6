/*
 * grant_new.c - grants that no application led to: given by the provider itself, by the leading group, ... Each rests
 * on papers of its mechanism; here they become a row like any other, which the decision holds against a request.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/internal.h"
#include "base/limits.h"
#include "proto/codec.h"

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

void az_grant_fill(struct hf_authz *a, Hufu__GrantRow *r, const struct grant_new *n)
{
	const Hufu__Agreement *g = n->terms;
	r->grant = g->grant;
	r->agreement = g->id;
	r->txn = BIN_ID(n->txn);
	r->resource = g->resource;
	r->provider = g->assigner;
	r->consumer = g->assignee;
	r->department = g->department;
	r->system = g->system;
	r->system_address = g->system_address;
	r->purpose = g->purpose;
	r->action = g->action;
	r->from_ms = g->from_ms;
	r->until_ms = g->until_ms;
	r->state = n->pending ? HF_GRANT_PENDING : HF_GRANT_ACTIVE;
	r->generation = 1;
	r->made_ms = now_of(a);
	r->approver = (char *)(n->approver ? n->approver : "");
	r->mechanism = (char *)az_mechanism_name(n->mechanism);
	if (n->paper) {
		r->agreement_envelope = BIN(n->paper->bytes, n->paper->len);
		r->agreement_digest = BIN_HASH(&n->paper->digest);
	}
	r->offer = n->offer;
	r->stated_reason = (char *)(n->stated_reason ? n->stated_reason : "");
	if (n->basis)
		r->basis = BIN_ID(n->basis);
}

static enum hf_err check_new(struct hf_authz *a, const struct grant_new *n, const Hufu__GrantRow *r, struct hf_fault *f)
{
	const Hufu__Agreement *g = n->terms;
	struct grant_item item = {0};
	if (n->mechanism == AZ_MECHANISM_APPLICATION || !az_grant_ids(&item, r))
		return hf_fault_set(f, HF_E_FORMAT, "the grant lacks an identifier, or its mechanism is unknown");
	if (az_grant_find(a, &item.grant) || az_grant_find_agreement(a, &item.agreement))
		return hf_fault_set(f, HF_E_EXISTS, "this node has a grant of that number already");
	if (!is_self(a, r->provider) && !is_self(a, r->consumer))
		return hf_fault_set(f, HF_E_STANDING, "this node is neither provider nor consumer of the grant");
	if (!has_text(r->provider) || !has_text(r->consumer) || !has_text(r->system) || !has_text(r->purpose) ||
	    !same_text(r->action, "read") || g->n_fields == 0)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "the grant must name provider, consumer, system, purpose, fields and the operation "
		                    "'read'");
	for (size_t i = 0; i < g->n_obligations; i++)
		if (!az_terms_obligation_known(g->obligations[i]))
			return hf_fault_set(f, HF_E_OBLIGATION, "this node cannot fulfil the obligation '%.100s'",
			                    g->obligations[i]);
	return az_mechanism_period(n->mechanism, r->from_ms, r->until_ms, f);
}

enum hf_err az_grant_room(const struct hf_authz *a, const char *provider, const char *consumer, struct hf_fault *f)
{
	unsigned today = 0;
	for (size_t i = 0; i < a->grants.slot_count; i++)
		for (struct hf_index_item *x = a->grants.slots[i]; x; x = x->next) {
			const struct grant_item *g = az_grant_of(x);
			today += g->mechanism == AZ_MECHANISM_PROVIDER && !g->offered &&
			         g->made_ms > now_of(a) - DAY_MS && same_text(g->provider.s, provider) &&
			         same_text(g->consumer.s, consumer);
		}
	if (today < HF_MAX_GIVEN_A_DAY)
		return HF_OK;
	return hf_fault_set(
	        f, HF_E_LIMIT,
	        "%u grants of %s that nobody applied for came to %s within a day; give the next ones tomorrow", today,
	        provider, consumer);
}

enum hf_err az_grant_add(struct hf_authz *a, struct hf_unit *u, const struct grant_new *n, struct hf_fault *f)
{
	Hufu__GrantRow r = HUFU__GRANT_ROW__INIT;
	size_t len = 0;
	az_grant_fill(a, &r, n);
	HF_TRY(check_new(a, n, &r, f));
	uint8_t *terms = hf_encode(&n->terms->base, &len);
	if (!terms)
		return hf_fault_set(f, HF_E_MEMORY, "no memory is left to write the grant");
	r.terms = BIN(terms, len);
	az_grant_put(a, u, &r);
	free(terms);
	const char *other = is_self(a, r.provider) ? r.consumer : r.provider;
	if (!n->pending && !is_self(a, other))
		hf_ledger_add_mirror(a->ledger, u, other);
	return HF_OK;
}

Hufu__Agreement *az_grant_terms(const Hufu__GrantRow *row)
{
	if (row->terms.len)
		return HF_DECODE_OWN(agreement, row->terms.data, row->terms.len);
	return az_stored_payload(&row->agreement_envelope, &hufu__agreement__descriptor);
}

static void fill_row(Hufu__ApplicationRow *row, const Hufu__GrantRow *g, const struct hf_catalog_item *it)
{
	row->txn = g->txn;
	row->organization = g->consumer;
	row->department = g->department;
	row->system = g->system;
	row->provider = g->provider;
	row->resource = g->resource;
	row->purpose = g->purpose;
	row->from_ms = g->from_ms;
	row->until_ms = g->until_ms;
	row->grant = g->grant;
	row->agreement = g->agreement;
	row->title = it->entry ? it->entry->title : row->title;
	row->sensitive = it->entry && it->entry->sensitive;
	row->personal = it->entry && it->entry->personal;
}

enum hf_err az_grant_row(struct hf_authz *a, const Hufu__GrantRow *grant, Hufu__ApplicationRow **ret_row,
                         struct hf_fault *f)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	Hufu__ApplicationRow row = HUFU__APPLICATION_ROW__INIT;
	struct hf_id id, resource;
	size_t len = 0;
	if (az_mechanism_find(grant->mechanism) == AZ_MECHANISM_APPLICATION)
		return az_id_of(&grant->application, &id)
		               ? az_row_need(a, &id, ret_row, f)
		               : hf_fault_set(f, HF_E_STORE, "the grant on record cannot be read");
	if (az_id_of(&grant->resource, &resource))
		(void)!hf_catalog_get(a->catalog, grant->provider, &resource, &it);
	fill_row(&row, grant, &it);
	uint8_t *data = hf_encode(&row.base, &len);
	*ret_row = data ? HF_DECODE_OWN(application_row, data, len) : NULL;
	free(data);
	return *ret_row ? HF_OK : hf_fault_set(f, HF_E_MEMORY, "no memory is left to read the grant");
}
