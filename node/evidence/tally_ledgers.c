/*
 * tally_ledgers.c - the ledgers' side of a tally: checkpoints with their quorum, inclusion and opening of each entry,
 * and completeness of the two transactions.
 */
#include "evidence/tally_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static enum hf_err check_steps(const struct reader *r, const Hufu__TallyEntry *in)
{
	const unsigned steps = hf_merkle_path_length(in->index, r->checkpoint.size);
	if (in->n_path < steps)
		return hf_fault_set(r->f, HF_E_FORMAT,
		                    "the proof of entry %llu of %s is cut off after %zu of its %u steps",
		                    (unsigned long long)in->index, r->ledger->node.s, in->n_path, steps);
	if (in->n_path > steps || steps > HF_MERKLE_PATH_MAX)
		return hf_fault_set(r->f, HF_E_FORMAT, "the proof of entry %llu of %s goes on after its %u steps",
		                    (unsigned long long)in->index, r->ledger->node.s, steps);
	return HF_OK;
}

static enum hf_err check_inclusion(struct reader *r, const Hufu__TallyEntry *in, struct hf_hash *ret_leaf)
{
	struct hf_merkle_path path = {.count = 0};
	unsigned long long index = in->index, size = r->checkpoint.size;
	HF_TRY(check_steps(r, in));
	for (size_t i = 0; i < in->n_path; i++)
		memcpy(path.node[path.count++].b, in->path[i].data, 32);
	hf_merkle_leaf(in->entry.data, in->entry.len, ret_leaf);
	if (!hf_merkle_verify_inclusion(ret_leaf, index, size, &path, &r->checkpoint.root))
		return hf_fault_set(
		        r->f, HF_E_DIGEST,
		        "entry %llu is not in the ledger of %s that the witnesses cosigned: it or its proof "
		        "was altered",
		        index, r->ledger->node.s);
	return HF_OK;
}

/* What must be open in every entry of a tally, as far as the entry has it. */
static enum hf_err check_shown(struct reader *r, const Hufu__TallyEntry *in)
{
	static const struct {
		enum hf_field field;
		const char *what;
	} rows[] = {{HF_FIELD_EVENT, "event"},
	            {HF_FIELD_TRANSACTION, "transaction"},
	            {HF_FIELD_ORDINAL, "place in the transaction"},
	            {HF_FIELD_BACK_LINK, "link to the entry before it"},
	            {HF_FIELD_COUNT, "count of the transaction"},
	            {HF_FIELD_OUTCOME, "outcome"},
	            {HF_FIELD_DIGEST, "digest"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (hides(in->opening, rows[i].field))
			return hf_fault_set(r->f, HF_E_FORMAT,
			                    "entry %llu of %s does not show its %s; ask for a tally that opens it",
			                    (unsigned long long)in->index, r->ledger->node.s, rows[i].what);
	return HF_OK;
}

static enum hf_err check_event(struct reader *r, const Hufu__LedgerEntry *e, const Hufu__EntryOpening *o,
                               enum hf_event *ret_event)
{
	struct hf_bytes v;
	char name[64];
	if (!hf_opening_get(o, HF_FIELD_EVENT, &v) || v.len >= sizeof(name))
		return hf_fault_set(r->f, HF_E_FORMAT, "entry %llu of %s names no event", (unsigned long long)e->index,
		                    r->ledger->node.s);
	memcpy(name, v.data, v.len);
	name[v.len] = 0;
	enum hf_event event = hf_event_from_name(name);
	*ret_event = event;
	if (event == HF_EVENT_INVALID || (uint32_t)hf_event_class(event) != e->event_class)
		return hf_fault_set(r->f, HF_E_CONFLICT, "entry %llu of %s is of another class than its event",
		                    (unsigned long long)e->index, r->ledger->node.s);
	return HF_OK;
}

/* Is the number borne by a later entry of the ledger? */
static bool stands_later(const struct reader *r, const Hufu__TallyEntry *in, unsigned which, uint64_t ordinal)
{
	uint64_t n;
	for (size_t i = 0; i < r->in->n_entries; i++) {
		const Hufu__TallyEntry *e = r->in->entries[i];
		if (e->index > in->index && hf_opening_is(e->opening, HF_FIELD_TRANSACTION, r->txn_text[which]) &&
		    decimal(e->opening, HF_FIELD_ORDINAL, &n) && n == ordinal)
			return true;
	}
	return false;
}

static enum hf_err refuse_ordinal(struct reader *r, const Hufu__TallyEntry *in, unsigned which, uint64_t ordinal)
{
	unsigned long long index = in->index, number = ordinal, wanted = r->ordinal[which] + 1;
	if (ordinal < wanted)
		return hf_fault_set(r->f, HF_E_CONFLICT,
		                    "entry %llu of %s bears number %llu of transaction %s, which an entry before it "
		                    "had or passed over",
		                    index, r->ledger->node.s, number, r->txn_text[which]);
	if (stands_later(r, in, which, wanted))
		return hf_fault_set(r->f, HF_E_CONFLICT,
		                    "entry %llu of %s, number %llu of transaction %s, stands before number %llu", index,
		                    r->ledger->node.s, number, r->txn_text[which], wanted);
	return hf_fault_set(r->f, HF_E_UNKNOWN, "entry number %llu of transaction %s is missing from the ledger of %s",
	                    wanted, r->txn_text[which], r->ledger->node.s);
}

/* Entries of one transaction are numbered without a gap, and each names the one before: none can be left out. */
static enum hf_err check_ordinal(struct reader *r, const Hufu__TallyEntry *in, unsigned which)
{
	struct hf_bytes shown;
	uint64_t ordinal, back = 0, count = 0;
	unsigned long long index = in->index;
	if (!decimal(in->opening, HF_FIELD_ORDINAL, &ordinal))
		return hf_fault_set(r->f, HF_E_FORMAT, "entry %llu of %s has no number in its transaction", index,
		                    r->ledger->node.s);
	if (ordinal != r->ordinal[which] + 1)
		return refuse_ordinal(r, in, which, ordinal);
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
		r->ledger->ends[which] = true;
	}
	r->ordinal[which] = ordinal;
	r->last_index[which] = in->index;
	r->ledger->last[which] = in->index;
	return HF_OK;
}

static enum hf_err add_item(struct reader *r, const Hufu__TallyEntry *in, enum hf_event event, bool transfer)
{
	struct hf_bytes digest, outcome;
	struct hf_tally_item it = {.ledger = r->number, .index = in->index, .event = event, .transfer = transfer};
	it.ok = !hf_opening_get(in->opening, HF_FIELD_OUTCOME, &outcome) ||
	        hf_opening_is(in->opening, HF_FIELD_OUTCOME, "ok");
	if (hf_opening_get(in->opening, HF_FIELD_DIGEST, &digest) && digest.len == sizeof(it.digest.b)) {
		it.has_digest = true;
		memcpy(it.digest.b, digest.data, digest.len);
	}
	r->x->items[r->x->item_count++] = it;
	return HF_OK;
}

static bool opens(const Hufu__TallyEntry *e, const Hufu__EntryOpening *o)
{
	HF_CLEANUP(entry_done) Hufu__LedgerEntry *entry = NULL;
	return hf_entry_decode(e->entry.data, e->entry.len, &entry) == HF_OK && hf_entry_check_opening(entry, o);
}

static enum hf_err refuse_opening(const struct reader *r, const Hufu__TallyEntry *in)
{
	unsigned long long index = in->index;
	for (size_t i = 0; i < r->in->n_entries; i++)
		if (opens(r->in->entries[i], in->opening))
			return hf_fault_set(r->f, HF_E_CONFLICT, "entry %llu of %s bears the opening of entry %llu",
			                    index, r->ledger->node.s, (unsigned long long)r->in->entries[i]->index);
	return hf_fault_set(r->f, HF_E_DIGEST, "the opening of entry %llu of %s does not fit its commitment", index,
	                    r->ledger->node.s);
}

static enum hf_err check_entry(struct reader *r, size_t i)
{
	const Hufu__TallyEntry *in = r->in->entries[i];
	const char *node = r->ledger->node.s;
	unsigned long long index = in->index;
	struct hf_hash leaf;
	HF_CLEANUP(entry_done) Hufu__LedgerEntry *e = NULL;
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
		return refuse_opening(r, in);
	enum hf_event event = HF_EVENT_INVALID;
	HF_TRY(check_shown(r, in));
	HF_TRY(check_event(r, e, in->opening, &event));
	bool negotiation = hf_opening_is(in->opening, HF_FIELD_TRANSACTION, r->txn_text[0]);
	bool transfer = hf_opening_is(in->opening, HF_FIELD_TRANSACTION, r->txn_text[1]);
	if (!negotiation && !transfer)
		return hf_fault_set(r->f, HF_E_CONFLICT,
		                    "entry %llu of %s is neither of the tally's negotiation nor of its transfer", index,
		                    node);
	HF_TRY(check_ordinal(r, in, transfer ? 1 : 0));
	return add_item(r, in, event, transfer);
}

/* Before any of them is read: what stands elsewhere is not missing. */
static enum hf_err check_entry_order(const struct reader *r)
{
	for (size_t i = 1; i < r->in->n_entries; i++) {
		unsigned long long before = r->in->entries[i - 1]->index, index = r->in->entries[i]->index;
		if (index == before)
			return hf_fault_set(r->f, HF_E_FORMAT, "the tally holds entry %llu of %s twice", index,
			                    r->ledger->node.s);
		if (index < before)
			return hf_fault_set(r->f, HF_E_FORMAT,
			                    "the entries of %s are not in order: entry %llu stands behind entry %llu",
			                    r->ledger->node.s, index, before);
	}
	size_t count = r->in->n_entries;
	if (count > 0 && r->in->entries[count - 1]->index >= r->checkpoint.size)
		return hf_fault_set(
		        r->f, HF_E_CONFLICT,
		        "entry %llu of %s lies behind the %llu entries that the witnesses cosigned; ask for a "
		        "tally with a newer checkpoint",
		        (unsigned long long)r->in->entries[count - 1]->index, r->ledger->node.s,
		        (unsigned long long)r->checkpoint.size);
	return HF_OK;
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
	HF_TRY(check_entry_order(r));
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

static enum hf_err check_ledger_order(const Hufu__Tally *t, size_t i, struct hf_fault *f)
{
	int order = i == 0 ? -1 : strcmp(t->ledgers[i - 1]->origin, t->ledgers[i]->origin);
	if (order == 0)
		return hf_fault_set(f, HF_E_FORMAT, "the tally holds the ledger %s twice", t->ledgers[i]->origin);
	if (order > 0)
		return hf_fault_set(f, HF_E_FORMAT, "the ledgers are not in order: %s stands behind %s",
		                    t->ledgers[i]->origin, t->ledgers[i - 1]->origin);
	return HF_OK;
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
		HF_TRY(check_ledger_order(x->t, i, f));
		HF_TRY(check_ledger(&r));
	}
	return HF_OK;
}
