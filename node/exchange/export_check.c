/*
 * export_check.c - what is asked of one delivery before it goes out: the decision point, and whether what it permits
 * can be sent as the terms want it (DS-37). Every fault denies.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/domains.h"
#include "exchange/export_check.h"

void export_done(struct export *o)
{
	hf_catalog_item_done(&o->item);
	hf_decision_done(&o->decision);
}

void content_key(const struct hf_exchange *x, const struct hf_id *transfer, uint8_t ret_key[32])
{
	hf_node_keys_derive(x->keys, HF_DOMAIN_CONTENT_KEY, transfer->b, sizeof(transfer->b), ret_key);
}

enum hf_err export_decide(struct export *o, struct hf_fault *f)
{
	const struct hf_access_request rq = access_of(o->x, o->in, o->cert, o->address);
	o->asked_ms = rq.now_ms;
	hf_authz_decide(o->x->authz, &rq, &o->decision);
	if (o->decision.result != HF_OK)
		return hf_fault_set(f, o->decision.result, "%s", o->decision.text);
	if (!o->decision.terms)
		return hf_fault_set(f, HF_E_INTERNAL,
		                    "the decision point permitted without naming its terms; nothing is delivered");
	return HF_OK;
}

enum hf_err export_obligations(const struct export *o, struct hf_fault *f)
{
	const Hufu__Agreement *a = o->decision.terms;
	for (size_t i = 0; i < a->n_obligations; i++)
		if (!hf_obligation_known(a->obligations[i]) &&
		    hf_entry_state_of_duty(a->obligations[i]) == HF_ENTRY_INVALID)
			return hf_fault_set(f, HF_E_OBLIGATION,
			                    "this node cannot fulfil the obligation '%.60s' of the agreement",
			                    a->obligations[i]);
	return HF_OK;
}

static bool wanted(char *const *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

void export_take_fields(const struct export *o, struct transfer *t)
{
	const Hufu__CatalogEntry *e = o->item.entry;
	bool asked = o->in->n_fields > 0;
	size_t n = asked ? o->in->n_fields : o->decision.terms->n_fields;
	char *const *from = asked ? o->in->fields : o->decision.terms->fields;
	t->fields = calloc(e->n_fields + 1, sizeof(char *));
	if (!t->fields)
		abort();
	for (size_t i = 0; i < e->n_fields; i++)
		if (wanted(from, n, e->fields[i]->name))
			t->fields[t->field_count++] = strdup(e->fields[i]->name);
}

enum hf_err export_fields(const struct export *o, struct hf_fault *f)
{
	const Hufu__CatalogEntry *e = o->item.entry;
	bool asked = o->in->n_fields > 0;
	size_t n = asked ? o->in->n_fields : o->decision.terms->n_fields;
	char *const *from = asked ? o->in->fields : o->decision.terms->fields;
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;
		while (k < e->n_fields && strcmp(e->fields[k]->name, from[i]) != 0)
			k++;
		if (k == e->n_fields)
			return hf_fault_set(f, HF_E_WRONG_FIELDS,
			                    "the resource has no field '%.60s' any more; name the fields you need",
			                    from[i]);
	}
	return HF_OK;
}

enum hf_err export_seal_key(const struct transfer *t, uint8_t sealed[32 + HF_SEAL_OVERHEAD], struct hf_fault *f)
{
	struct hf_agree_pub box;
	uint8_t key[32];
	if (!hf_space_key(hf_peers_space(t->x->peers), t->peer, HF_KEY_BOX, hf_now_ms(&t->x->base->clock), box.b))
		return hf_fault_set(f, HF_E_STANDING,
		                    "%s has no valid box key in the descriptor; the content key cannot be sealed",
		                    t->peer);
	content_key(t->x, &t->id, key);
	bool ok = hf_seal(&box, key, sizeof(key), sealed);
	hf_wipe(key, sizeof(key));
	return ok ? HF_OK : hf_fault_set(f, HF_E_CRYPTO, "the content key cannot be sealed");
}
