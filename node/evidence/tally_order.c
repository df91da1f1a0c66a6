/*
 * tally_order.c - what stands before what. The witnesses cosigned each ledger as it grew, so the order of its entries
 * is the one thing about time that even those who hold every key of a node cannot make up afterwards.
 */
#include "evidence/tally_internal.h"

#include <string.h>

#include "base/limits.h"

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

/* What was done, in the order in which a node can have done it or have heard of it. */
static enum hf_err check_sequence(const struct hf_tally *x, const char *node, const enum hf_doc_kind *kinds,
                                  size_t count, struct hf_fault *f)
{
	for (size_t i = 1; i < count; i++)
		HF_TRY(check_before(x, node, x->of[kinds[i - 1]], x->of[kinds[i]], f));
	return HF_OK;
}

static enum hf_err check_sequences(const struct hf_tally *x, struct hf_fault *f)
{
	static const enum hf_doc_kind provider[] = {HF_DOC_APPLICATION,  HF_DOC_INTAKE,   HF_DOC_DECISION,
	                                            HF_DOC_VERIFICATION, HF_DOC_EVENT,    HF_DOC_REQUEST,
	                                            HF_DOC_START,        HF_DOC_MANIFEST, HF_DOC_RECEIPT};
	static const enum hf_doc_kind consumer[] = {HF_DOC_APPLICATION, HF_DOC_DECISION, HF_DOC_VERIFICATION,
	                                            HF_DOC_REQUEST,     HF_DOC_START,    HF_DOC_MANIFEST,
	                                            HF_DOC_RECEIPT};
	static const enum hf_doc_kind intake[] = {HF_DOC_APPLICATION, HF_DOC_INTAKE, HF_DOC_DECISION};
	HF_TRY(check_sequence(x, x->provider, provider, sizeof(provider) / sizeof(provider[0]), f));
	HF_TRY(check_sequence(x, x->consumer, consumer, sizeof(consumer) / sizeof(consumer[0]), f));
	return check_sequence(x, x->intake_node, intake, sizeof(intake) / sizeof(intake[0]), f);
}

/* ---- what an entry says that it is ---- */

/* The events by which nodes record a kind of document: its author's, and those of who receives it. */
static const enum hf_event recording[HF_DOC_KIND_COUNT][3] = {
        [HF_DOC_APPLICATION] = {HF_EVENT_APPLICATION_SUBMIT, HF_EVENT_APPLICATION_RECEIVE},
        [HF_DOC_INTAKE] = {HF_EVENT_COMPLIANCE_REVIEW, HF_EVENT_RESULT},
        [HF_DOC_DECISION] = {HF_EVENT_DECISION, HF_EVENT_RESULT},
        [HF_DOC_VERIFICATION] = {HF_EVENT_VERIFICATION},
        [HF_DOC_EVENT] = {HF_EVENT_FINALIZED},
        [HF_DOC_REQUEST] = {HF_EVENT_TRANSFER_REQUEST, HF_EVENT_ACCESS_DECISION},
        [HF_DOC_START] = {HF_EVENT_TRANSFER_START},
        [HF_DOC_MANIFEST] = {HF_EVENT_TRANSFER_SENT, HF_EVENT_TRANSFER_RECEIVED},
        [HF_DOC_RECEIPT] = {HF_EVENT_RECEIPT, HF_EVENT_TRANSFER_CLOSED},
        [HF_DOC_REVOCATION] = {HF_EVENT_REVOCATION},
};

bool hf_tally_event_records(enum hf_doc_kind kind, enum hf_event event)
{
	for (size_t i = 0; i < sizeof(recording[0]) / sizeof(recording[0][0]); i++)
		if (recording[kind][i] == event)
			return true;
	return recording[kind][0] == HF_EVENT_INVALID;
}

/* The witnesses' time is the ceiling: what they had cosigned cannot have been signed later. */
static enum hf_err check_item(const struct hf_tally *x, const struct hf_tally_item *it, const struct hf_doc *d,
                              struct hf_fault *f)
{
	const struct hf_tally_ledger *l = &x->ledgers[it->ledger];
	if (!hf_tally_event_records(d->kind, it->event))
		return hf_fault_set(f, HF_E_CONFLICT, "entry %llu of %s records the %s as the event \"%s\"",
		                    (unsigned long long)it->index, l->node.s, hf_doc_name(d->kind),
		                    hf_event_name(it->event));
	if (d->header->time_ms > l->quorum_ms + HF_CLOCK_SKEW_MS)
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "the %s is dated after the witnesses cosigned the entry of %s that records it",
		                    hf_doc_name(d->kind), l->node.s);
	return HF_OK;
}

static enum hf_err check_items(const struct hf_tally *x, struct hf_fault *f)
{
	for (size_t i = 0; i < x->item_count; i++)
		for (size_t k = 0; k < x->doc_count; k++)
			if (hf_tally_records(&x->items[i], &x->docs[k]))
				HF_TRY(check_item(x, &x->items[i], &x->docs[k], f));
	return HF_OK;
}

/* ---- revocations ---- */

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
	HF_TRY(check_items(x, f));
	HF_TRY(check_sequences(x, f));
	for (size_t i = 0; i < x->doc_count; i++)
		if (x->docs[i].kind == HF_DOC_REVOCATION)
			HF_TRY(check_revocation(x, &x->docs[i], f));
	for (size_t i = 0; i < x->item_count; i++)
		if (x->items[i].event == HF_EVENT_REVOCATION && x->items[i].ok)
			HF_TRY(check_revocation_shown(x, &x->items[i], f));
	return HF_OK;
}
