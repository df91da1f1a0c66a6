/*
 * tally_recorded.c - every document of a tally is recorded by those who signed and received it; when one is not, what
 * the ledgers say instead.
 */
#include "evidence/tally_internal.h"

#include <string.h>

#include "base/clock.h"

static bool is_transfer_doc(enum hf_doc_kind kind)
{
	return kind == HF_DOC_REQUEST || kind == HF_DOC_START || kind == HF_DOC_MANIFEST || kind == HF_DOC_RECEIPT;
}

const struct hf_tally_ledger *hf_tally_ledger_of(const struct hf_tally *x, const char *node)
{
	for (size_t i = 0; i < x->t->n_ledgers; i++)
		if (strcmp(x->ledgers[i].node.s, node) == 0)
			return &x->ledgers[i];
	return NULL;
}

bool hf_tally_records(const struct hf_tally_item *it, const struct hf_doc *d)
{
	return it->ok && it->has_digest && it->transfer == is_transfer_doc(d->kind) &&
	       hf_hash_equal(&it->digest, &d->digest);
}

static bool in_audience(const Hufu__Header *h, const char *node)
{
	return h->n_audience == 0 || strcmp(h->issuer, node) == 0 || hf_list_has(h->audience, h->n_audience, node);
}

/* ---- why is it not recorded? ---- */

static bool bears_digest(const struct hf_tally *x, const struct hf_tally_item *it, const struct hf_doc *d)
{
	(void)x;
	return it->has_digest && hf_hash_equal(&it->digest, &d->digest);
}

static bool is_of_a_document(const struct hf_tally *x, const struct hf_tally_item *it)
{
	for (size_t i = 0; i < x->doc_count; i++)
		if (bears_digest(x, it, &x->docs[i]))
			return true;
	return false;
}

/* An entry made for a document of this kind that is not in the tally. */
static bool records_another(const struct hf_tally *x, const struct hf_tally_item *it, const struct hf_doc *d)
{
	return it->ok && it->has_digest && it->transfer == is_transfer_doc(d->kind) &&
	       hf_tally_event_records(d->kind, it->event) && !is_of_a_document(x, it);
}

static const struct hf_tally_item *
find_item(const struct hf_tally *x, const struct hf_tally_ledger *l, const struct hf_doc *d,
          bool (*fits)(const struct hf_tally *x, const struct hf_tally_item *it, const struct hf_doc *d))
{
	for (size_t i = 0; i < x->item_count; i++)
		if (&x->ledgers[x->items[i].ledger] == l && fits(x, &x->items[i], d))
			return &x->items[i];
	return NULL;
}

static enum hf_err refuse_place(const struct hf_tally *x, const struct hf_tally_item *it, const struct hf_doc *d,
                                struct hf_fault *f)
{
	const char *node = x->ledgers[it->ledger].node.s, *what = hf_doc_name(d->kind);
	unsigned long long index = it->index;
	if (it->ok)
		return hf_fault_set(f, HF_E_CONFLICT, "entry %llu of %s records the %s in the transaction of the %s",
		                    index, node, what, it->transfer ? "transfer" : "negotiation");
	return hf_fault_set(f, HF_E_CONFLICT,
	                    "entry %llu of %s records the %s with another outcome than \"ok\", as something refused",
	                    index, node, what);
}

static enum hf_err refuse_unfinished(const struct hf_tally_ledger *l, const struct hf_doc *d, struct hf_fault *f)
{
	const unsigned which = is_transfer_doc(d->kind);
	const char *what = hf_doc_name(d->kind), *txn = which ? "transfer" : "negotiation";
	if (l->last[which] == 0)
		return hf_fault_set(f, HF_E_UNKNOWN, "the ledger of %s shows no entry of the %s, so none for the %s",
		                    l->node.s, txn, what);
	return hf_fault_set(
	        f, HF_E_UNKNOWN,
	        "the ledger of %s shows the %s only up to entry %llu, not to its end, and nothing up to there "
	        "records the %s; ask for a tally with the rest",
	        l->node.s, txn, (unsigned long long)l->last[which], what);
}

/* The entry is of another document; another ledger may be of this one. */
static enum hf_err refuse_another(const struct hf_tally *x, const struct hf_tally_item *it, const struct hf_doc *d,
                                  struct hf_fault *f)
{
	const char *node = x->ledgers[it->ledger].node.s, *what = hf_doc_name(d->kind),
	           *event = hf_event_name(it->event);
	unsigned long long index = it->index;
	char hex[65];
	for (size_t i = 0; i < x->item_count; i++)
		if (hf_tally_records(&x->items[i], d))
			return hf_fault_set(
			        f, HF_E_CONFLICT,
			        "the ledgers disagree: entry %llu of %s records as \"%s\" another %s than the "
			        "tally's, which entry %llu of %s records",
			        index, node, event, what, (unsigned long long)x->items[i].index,
			        x->ledgers[x->items[i].ledger].node.s);
	hf_hash_hex(&d->digest, hex);
	return hf_fault_set(f, HF_E_DIGEST,
	                    "entry %llu of %s records as \"%s\" another %s than the tally's, whose digest %s no ledger "
	                    "records; ask for the recorded one",
	                    index, node, event, what, hex);
}

static enum hf_err refuse_unrecorded(const struct hf_tally *x, const struct hf_tally_ledger *l, const struct hf_doc *d,
                                     struct hf_fault *f)
{
	const char *what = hf_doc_name(d->kind), *node = l->node.s;
	const unsigned which = is_transfer_doc(d->kind);
	const struct hf_tally_item *it = find_item(x, l, d, bears_digest);
	char hex[65];
	if (it != NULL)
		return refuse_place(x, it, d, f);
	hf_hash_hex(&d->digest, hex);
	it = find_item(x, l, d, records_another);
	if (it != NULL)
		return refuse_another(x, it, d, f);
	if (!l->ends[which])
		return refuse_unfinished(l, d, f);
	return hf_fault_set(
	        f, HF_E_DIGEST,
	        "no entry of %s records the %s with the digest %s, though the ledger shows the %s to its end", node,
	        what, hex, which ? "transfer" : "negotiation");
}

static bool is_recorded(const struct hf_tally *x, const struct hf_tally_item *it, const struct hf_doc *d)
{
	(void)x;
	return hf_tally_records(it, d);
}

static enum hf_err check_recorded_by(const struct hf_tally *x, const struct hf_doc *d, const char *node,
                                     struct hf_fault *f)
{
	const struct hf_tally_ledger *l = hf_tally_ledger_of(x, node);
	if (l == NULL)
		return hf_fault_set(f, HF_E_UNKNOWN, "the tally holds no ledger of %s", node);
	if (!in_audience(d->header, node))
		return hf_fault_set(f, HF_E_CONFLICT, "the %s is not addressed to %s", hf_doc_name(d->kind), node);
	return find_item(x, l, d, is_recorded) != NULL ? HF_OK : refuse_unrecorded(x, l, d, f);
}

/* ---- where must it be recorded? ---- */

static bool goes_to_provider(const struct hf_tally *x, const struct hf_doc *d)
{
	if (d->kind == HF_DOC_APPLICATION)
		return d == x->of[HF_DOC_APPLICATION];
	return d->kind != HF_DOC_INTAKE || strcmp(((const Hufu__IntakeRecord *)d->message)->result, "pass") == 0;
}

static bool goes_to_intake(enum hf_doc_kind kind)
{
	return kind == HF_DOC_APPLICATION || kind == HF_DOC_INTAKE || kind == HF_DOC_DECISION;
}

/* A catalog entry is bound by the agreement that names its digest, an agreement by the decision around it. */
static bool needs_record(enum hf_doc_kind kind)
{
	return kind != HF_DOC_ENTRY && kind != HF_DOC_AGREEMENT;
}

/* A key that was revoked later still counts for what was cosigned before: anybody could have signed afterwards. */
static enum hf_err check_revoked_author(const struct hf_tally *x, const struct hf_doc *d, struct hf_fault *f)
{
	uint8_t key[32];
	char when[HF_TIME_TEXT];
	const char *author = d->header->issuer;
	if (!hf_space_key(x->space, author, HF_KEY_ENVELOPE, d->header->time_ms, key))
		return hf_fault_set(f, HF_E_SIGNATURE, "%s had no valid key when the %s was signed", author,
		                    hf_doc_name(d->kind));
	int64_t revoked_ms = hf_space_revoked_ms(x->space, author, key);
	if (revoked_ms == INT64_MAX)
		return HF_OK;
	for (size_t i = 0; i < x->item_count; i++)
		if (hf_tally_records(&x->items[i], d) && x->ledgers[x->items[i].ledger].quorum_ms < revoked_ms)
			return HF_OK;
	hf_time_text(revoked_ms, when);
	return hf_fault_set(f, HF_E_SIGNATURE,
	                    "the key of %s was revoked at %s, and no cosignature shows that the %s is older", author,
	                    when, hf_doc_name(d->kind));
}

static enum hf_err check_ends(const struct hf_tally *x, const char *node, struct hf_fault *f)
{
	const struct hf_tally_ledger *l = hf_tally_ledger_of(x, node);
	if (l == NULL || !l->ends[1])
		return hf_fault_set(f, HF_E_UNKNOWN, "the end of the transfer is missing from the ledger of %s", node);
	return HF_OK;
}

enum hf_err hf_tally_check_recorded(struct hf_tally *x, struct hf_fault *f)
{
	for (size_t i = 0; i < x->doc_count; i++) {
		const struct hf_doc *d = &x->docs[i];
		if (!needs_record(d->kind))
			continue;
		HF_TRY(check_recorded_by(x, d, x->consumer, f));
		if (goes_to_provider(x, d))
			HF_TRY(check_recorded_by(x, d, x->provider, f));
		if (goes_to_intake(d->kind))
			HF_TRY(check_recorded_by(x, d, x->intake_node, f));
		HF_TRY(check_revoked_author(x, d, f));
	}
	HF_TRY(check_ends(x, x->provider, f));
	return check_ends(x, x->consumer, f);
}
