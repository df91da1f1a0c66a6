/*
 * tally_ledgers.c - the ledgers' side of a tally: checkpoints with their quorum, inclusion and opening of each entry,
 * completeness of the two transactions, and that every document is recorded by those who signed and received it.
 */
#include "evidence/tally_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crypto/merkle.h"
#include "evidence/checkpoint.h"

/* One ledger while its entries are read. */
struct reader {
	struct hf_tally *x;
	struct hf_tally_ledger *ledger;
	const Hufu__TallyLedger *in;
	size_t number;
	struct hf_checkpoint checkpoint;
	char txn_text[2][HF_ID_TEXT]; /* negotiation, transfer */
	uint64_t ordinal[2], last_index[2];
	struct hf_hash last_leaf;
	struct hf_fault *f;
};

static void entry_done(Hufu__LedgerEntry **e)
{
	hf_decoded_free(*e);
}

static bool decimal(const Hufu__EntryOpening *o, enum hf_field field, uint64_t *ret_value)
{
	struct hf_bytes v;
	uint64_t n = 0;
	if (!hf_opening_get(o, field, &v) || v.len == 0 || v.len > 18 || (v.len > 1 && v.data[0] == '0'))
		return false;
	for (size_t i = 0; i < v.len; i++) {
		if (v.data[i] < '0' || v.data[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(v.data[i] - '0');
	}
	*ret_value = n;
	return true;
}

static bool hides(const Hufu__EntryOpening *o, enum hf_field field)
{
	struct hf_bytes v;
	for (size_t i = 0; i < o->n_hashes; i++)
		if (o->hashes[i]->field == (uint32_t)field)
			return !hf_opening_get(o, field, &v);
	return false;
}

static enum hf_err check_inclusion(struct reader *r, const Hufu__TallyEntry *in, struct hf_hash *ret_leaf)
{
	struct hf_merkle_path path = {.count = 0};
	if (in->n_path > HF_MERKLE_PATH_MAX)
		return hf_fault_set(r->f, HF_E_FORMAT, "the proof of entry %llu of %s is too long",
		                    (unsigned long long)in->index, r->ledger->node.s);
	for (size_t i = 0; i < in->n_path; i++)
		memcpy(path.node[path.count++].b, in->path[i].data, 32);
	hf_merkle_leaf(in->entry.data, in->entry.len, ret_leaf);
	if (!hf_merkle_verify_inclusion(ret_leaf, in->index, r->checkpoint.size, &path, &r->checkpoint.root))
		return hf_fault_set(r->f, HF_E_DIGEST,
		                    "entry %llu is not in the ledger of %s that the witnesses cosigned",
		                    (unsigned long long)in->index, r->ledger->node.s);
	return HF_OK;
}

static enum hf_err check_event(struct reader *r, const Hufu__LedgerEntry *e, const Hufu__EntryOpening *o,
                               enum hf_event *ret_event)
{
	struct hf_bytes v;
	char name[64];
	if (!hf_opening_get(o, HF_FIELD_EVENT, &v) || v.len >= sizeof(name))
		return hf_fault_set(r->f, HF_E_FORMAT, "entry %llu of %s does not show its event",
		                    (unsigned long long)e->index, r->ledger->node.s);
	memcpy(name, v.data, v.len);
	name[v.len] = 0;
	enum hf_event event = hf_event_from_name(name);
	*ret_event = event;
	if (event == HF_EVENT_INVALID || (uint32_t)hf_event_class(event) != e->event_class)
		return hf_fault_set(r->f, HF_E_CONFLICT, "entry %llu of %s is of another class than its event",
		                    (unsigned long long)e->index, r->ledger->node.s);
	return HF_OK;
}

/* Entries of one transaction are numbered without a gap, and each names the one before: none can be left out. */
static enum hf_err check_ordinal(struct reader *r, const Hufu__TallyEntry *in, unsigned which)
{
	struct hf_bytes shown;
	uint64_t ordinal, back = 0, count = 0;
	unsigned long long index = in->index;
	if (!decimal(in->opening, HF_FIELD_ORDINAL, &ordinal) || hides(in->opening, HF_FIELD_COUNT) ||
	    hides(in->opening, HF_FIELD_BACK_LINK))
		return hf_fault_set(r->f, HF_E_FORMAT, "entry %llu of %s does not show its place in the transaction",
		                    index, r->ledger->node.s);
	if (ordinal != r->ordinal[which] + 1)
		return hf_fault_set(r->f, HF_E_UNKNOWN,
		                    "entry number %llu of transaction %s is missing from the ledger of %s",
		                    (unsigned long long)r->ordinal[which] + 1, r->txn_text[which], r->ledger->node.s);
	bool has_back = hf_opening_get(in->opening, HF_FIELD_BACK_LINK, &shown);
	if (has_back != (ordinal > 1) ||
	    (has_back && (!decimal(in->opening, HF_FIELD_BACK_LINK, &back) || back != r->last_index[which])))
		return hf_fault_set(r->f, HF_E_CONFLICT,
		                    "entry %llu of %s does not follow the transaction's entry before it", index,
		                    r->ledger->node.s);
	if (hf_opening_get(in->opening, HF_FIELD_COUNT, &shown)) {
		if (!decimal(in->opening, HF_FIELD_COUNT, &count) || count != ordinal)
			return hf_fault_set(r->f, HF_E_CONFLICT,
			                    "entry %llu of %s closes with a count of %llu after %llu entries", index,
			                    r->ledger->node.s, (unsigned long long)count, (unsigned long long)ordinal);
		if (which == 1)
			r->ledger->ends = true;
	}
	r->ordinal[which] = ordinal;
	r->last_index[which] = in->index;
	return HF_OK;
}

static enum hf_err add_item(struct reader *r, const Hufu__TallyEntry *in, enum hf_event event, bool transfer)
{
	struct hf_bytes digest, outcome;
	struct hf_tally_item it = {.ledger = r->number, .index = in->index, .event = event, .transfer = transfer};
	it.ok = !hides(in->opening, HF_FIELD_OUTCOME) && (!hf_opening_get(in->opening, HF_FIELD_OUTCOME, &outcome) ||
	                                                  hf_opening_is(in->opening, HF_FIELD_OUTCOME, "ok"));
	if (hf_opening_get(in->opening, HF_FIELD_DIGEST, &digest) && digest.len == sizeof(it.digest.b)) {
		it.has_digest = true;
		memcpy(it.digest.b, digest.data, digest.len);
	}
	r->x->items[r->x->item_count++] = it;
	return HF_OK;
}

static enum hf_err check_entry(struct reader *r, size_t i)
{
	const Hufu__TallyEntry *in = r->in->entries[i];
	const char *node = r->ledger->node.s;
	unsigned long long index = in->index;
	struct hf_hash leaf;
	HF_CLEANUP(entry_done) Hufu__LedgerEntry *e = NULL;
	if (i > 0 && in->index <= r->in->entries[i - 1]->index)
		return hf_fault_set(r->f, HF_E_FORMAT, "the entries of %s are not in order", node);
	if (hf_entry_decode(in->entry.data, in->entry.len, &e) != HF_OK)
		return hf_fault_set(r->f, HF_E_FORMAT, "entry %llu of %s is not of the required form", index, node);
	if (strcmp(e->origin, r->in->origin) != 0 || e->index != in->index)
		return hf_fault_set(r->f, HF_E_CONFLICT, "entry %llu of %s is of another ledger or place", index, node);
	HF_TRY(check_inclusion(r, in, &leaf));
	if (i > 0 && in->index == r->in->entries[i - 1]->index + 1 && memcmp(e->prev.data, r->last_leaf.b, 32) != 0)
		return hf_fault_set(r->f, HF_E_CONFLICT, "entry %llu of %s does not follow the one before it", index,
		                    node);
	r->last_leaf = leaf;
	if (!hf_entry_check_opening(e, in->opening))
		return hf_fault_set(r->f, HF_E_DIGEST, "the opening of entry %llu of %s does not fit its commitment",
		                    index, node);
	enum hf_event event = HF_EVENT_INVALID;
	HF_TRY(check_event(r, e, in->opening, &event));
	bool negotiation = hf_opening_is(in->opening, HF_FIELD_TRANSACTION, r->txn_text[0]);
	bool transfer = hf_opening_is(in->opening, HF_FIELD_TRANSACTION, r->txn_text[1]);
	if (!negotiation && !transfer)
		return hf_fault_set(r->f, HF_E_CONFLICT, "entry %llu of %s belongs to another transaction", index,
		                    node);
	HF_TRY(check_ordinal(r, in, transfer ? 1 : 0));
	return add_item(r, in, event, transfer);
}

static bool is_party(const struct hf_tally *x, const char *node)
{
	return strcmp(node, x->provider) == 0 || strcmp(node, x->consumer) == 0 || strcmp(node, x->intake_node) == 0;
}

static enum hf_err check_ledger(struct reader *r)
{
	struct hf_tally *x = r->x;
	struct hf_checked c;
	HF_TRY(hf_checkpoint_check(x->space, r->in->checkpoint, strlen(r->in->checkpoint), &c, r->f));
	if (strcmp(c.checkpoint.origin, r->in->origin) != 0)
		return hf_fault_set(r->f, HF_E_CONFLICT, "the ledger %s bears the checkpoint of %s", r->in->origin,
		                    c.checkpoint.origin);
	if (!is_party(x, c.node.s))
		return hf_fault_set(r->f, HF_E_CONFLICT,
		                    "the ledger of %s does not belong to a party of the transaction", c.node.s);
	r->ledger->node = c.node;
	r->ledger->quorum_ms = c.quorum_ms;
	r->checkpoint = c.checkpoint;
	x->cosignatures += c.cosignatures;
	for (size_t i = 0; i < r->in->n_entries; i++)
		HF_TRY(check_entry(r, i));
	return HF_OK;
}

static void txn_text(const ProtobufCBinaryData *txn, char out[HF_ID_TEXT])
{
	struct hf_id id;
	memcpy(id.b, txn->data, sizeof(id.b));
	hf_id_text(&id, out);
}

enum hf_err hf_tally_check_ledgers(struct hf_tally *x, struct hf_fault *f)
{
	size_t entries = 0;
	for (size_t i = 0; i < x->t->n_ledgers; i++)
		entries += x->t->ledgers[i]->n_entries;
	x->ledgers = hf_alloc_zero((x->t->n_ledgers + 1) * sizeof(*x->ledgers));
	x->items = hf_alloc_zero((entries + 1) * sizeof(*x->items));
	for (size_t i = 0; i < x->t->n_ledgers; i++) {
		struct reader r = {.x = x, .ledger = &x->ledgers[i], .in = x->t->ledgers[i], .number = i, .f = f};
		txn_text(&x->negotiation_txn, r.txn_text[0]);
		txn_text(&x->transfer_txn, r.txn_text[1]);
		if (i > 0 && strcmp(x->t->ledgers[i - 1]->origin, r.in->origin) >= 0)
			return hf_fault_set(f, HF_E_FORMAT, "the ledgers are not in order: %s", r.in->origin);
		HF_TRY(check_ledger(&r));
	}
	return HF_OK;
}

/* ---- is every document recorded where it must be? ---- */

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

static enum hf_err check_recorded_by(const struct hf_tally *x, const struct hf_doc *d, const char *node,
                                     struct hf_fault *f)
{
	const struct hf_tally_ledger *l = hf_tally_ledger_of(x, node);
	char hex[65];
	if (l == NULL)
		return hf_fault_set(f, HF_E_UNKNOWN, "the tally holds no ledger of %s", node);
	if (!in_audience(d->header, node))
		return hf_fault_set(f, HF_E_CONFLICT, "the %s is not addressed to %s", hf_doc_name(d->kind), node);
	for (size_t i = 0; i < x->item_count; i++)
		if (&x->ledgers[x->items[i].ledger] == l && hf_tally_records(&x->items[i], d))
			return HF_OK;
	hf_hash_hex(&d->digest, hex);
	return hf_fault_set(f, HF_E_DIGEST, "the %s with the digest %s is not recorded in the ledger of %s",
	                    hf_doc_name(d->kind), hex, node);
}

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
	if (l == NULL || !l->ends)
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
