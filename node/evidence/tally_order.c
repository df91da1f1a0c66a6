/*
 * tally_order.c - what stands before what. The witnesses cosigned each ledger as it grew, so the order of its entries
 * is the one thing about time that even those who hold every key of a node cannot make up afterwards.
 */
#include "evidence/tally_internal.h"

#include <string.h>

/* The first place at which a node recorded the document. */
static bool place_of(const struct hf_tally *x, const char *node, const struct hf_doc *d, uint64_t *ret_index)
{
	const struct hf_tally_ledger *l = hf_tally_ledger_of(x, node);
	for (size_t i = 0; l != NULL && i < x->item_count; i++) {
		if (&x->ledgers[x->items[i].ledger] != l || !hf_tally_records(&x->items[i], d))
			continue;
		*ret_index = x->items[i].index;
		return true;
	}
	return false;
}

static enum hf_err check_before(const struct hf_tally *x, const char *node, const struct hf_doc *first,
                                const struct hf_doc *then, struct hf_fault *f)
{
	uint64_t a, b;
	if (!place_of(x, node, first, &a) || !place_of(x, node, then, &b) || a < b)
		return HF_OK; /* that both are there was checked before */
	return hf_fault_set(f, HF_E_CONFLICT, "in the ledger of %s the %s stands before the %s", node,
	                    hf_doc_name(then->kind), hf_doc_name(first->kind));
}

/* AZ-33. By the provider's own log and clock, which never goes back; a consumer that gives its grant back may have a
 * slow clock, and its word may come late, so there only the logs count. */
static enum hf_err check_revocation(const struct hf_tally *x, const struct hf_doc *d, struct hf_fault *f)
{
	const struct hf_doc *start = x->of[HF_DOC_START];
	bool by_provider = strcmp(d->header->issuer, x->provider) == 0;
	HF_TRY(check_before(x, x->provider, start, d, f));
	if (!by_provider)
		return check_before(x, x->consumer, x->of[HF_DOC_REQUEST], d, f);
	if (d->header->time_ms < start->header->time_ms ||
	    ((const Hufu__Revocation *)d->message)->generation <=
	            ((const Hufu__TransferStart *)start->message)->generation)
		return hf_fault_set(f, HF_E_GRANT_REVOKED, "%s had revoked the grant before the transfer started",
		                    x->provider);
	return HF_OK;
}

/* A revocation cannot be left out while the entry that records it is shown. */
static enum hf_err check_revocation_shown(const struct hf_tally *x, const struct hf_tally_item *it, struct hf_fault *f)
{
	for (size_t i = 0; i < x->doc_count; i++)
		if (x->docs[i].kind == HF_DOC_REVOCATION && hf_tally_records(it, &x->docs[i]))
			return HF_OK;
	return hf_fault_set(f, HF_E_UNKNOWN, "entry %llu of %s records a revocation that the tally does not hold",
	                    (unsigned long long)it->index, x->ledgers[it->ledger].node.s);
}

enum hf_err hf_tally_check_order(const struct hf_tally *x, struct hf_fault *f)
{
	for (size_t i = 0; i < x->doc_count; i++)
		if (x->docs[i].kind == HF_DOC_REVOCATION)
			HF_TRY(check_revocation(x, &x->docs[i], f));
	for (size_t i = 0; i < x->item_count; i++)
		if (x->items[i].event == HF_EVENT_REVOCATION && x->items[i].ok)
			HF_TRY(check_revocation_shown(x, &x->items[i], f));
	return HF_OK;
}
