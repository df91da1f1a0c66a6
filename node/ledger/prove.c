/*
 * prove.c - the tally of a transaction: documents, and for each ledger its witnessed checkpoint and the entries with
 * proof and opening, in one envelope signed by this node. It is handed out only when the check that an outsider runs
 * (evidence/tally.h) accepts it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/domains.h"
#include "evidence/tally.h"
#include "ledger/collect.h"

#define DOCUMENTS_MAX 256u

/* The message under construction; everything it points to lives in the arena or in `decoded`. */
struct tally {
	struct hf_ledger *l;
	const struct hf_space *space;
	struct hf_collection found;
	struct hf_arena arena;
	Hufu__Tally msg;
	Hufu__Header header;
	struct hf_hash *digests;
	size_t digest_count;
	void **decoded;
	size_t decoded_count;
	char left_out_of[HF_NAME_MAX + 1]; /* the ledger that was last said not to be complete */
	char left_out[160]; /* the first place that is not in it though a party says that it belongs there; "" */
	struct hf_fault *f;
};

static void tally_done(struct tally *t)
{
	for (size_t i = 0; i < t->decoded_count; i++)
		hf_decoded_free(t->decoded[i]);
	free(t->decoded);
	free(t->digests);
	hf_collection_done(&t->found);
	hf_arena_done(&t->arena);
}

static Hufu__Envelope *add_envelope(struct tally *t, const void *data, size_t len)
{
	Hufu__Envelope *e = hf_decode_limit(&hufu__envelope__descriptor, data, len, HF_MAX_DESCRIPTOR);

	if (!e)
		return NULL;
	t->decoded = hf_realloc(t->decoded, (t->decoded_count + 1) * sizeof(*t->decoded));
	t->decoded[t->decoded_count++] = e;
	return e;
}

static bool take_digest(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct tally *t = ctx;

	(void)value;
	if (key.len != sizeof(struct hf_id) + sizeof(struct hf_hash))
		return true;
	if (t->digest_count == DOCUMENTS_MAX)
		return false;
	t->digests = hf_realloc(t->digests, (t->digest_count + 1) * sizeof(*t->digests));
	memcpy(t->digests[t->digest_count++].b, key.data + sizeof(struct hf_id), sizeof(struct hf_hash));
	return true;
}

static int by_digest(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hf_hash));
}

static enum hf_err add_document(struct tally *t, const struct hf_hash *digest)
{
	struct hf_bytes v;
	Hufu__Envelope *e;

	HF_TRY(hf_rows_get(&t->l->rows, HF_TABLE_ENVELOPE, digest->b, sizeof(digest->b), &v));
	e = add_envelope(t, v.data, v.len);
	if (!e)
		return hf_fault_set(t->f, HF_E_STORE,
		                    "a stored document of the transaction is damaged; restore the node's folder");
	if (hf_tally_takes(e->payload_type))
		t->msg.documents[t->msg.n_documents++] = e;
	return HF_OK;
}

static enum hf_err scan_documents(struct tally *t, const struct hf_id *txn)
{
	if (!txn || hf_id_is_zero(txn))
		return HF_OK;
	return hf_store_scan(t->l->store, HF_TABLE_ENVELOPE_TXN, txn->b, sizeof(txn->b), NULL, 0, take_digest, t);
}

static enum hf_err add_documents(struct tally *t, const struct hf_id *txn, const struct hf_id *also)
{
	HF_TRY(scan_documents(t, txn));
	HF_TRY(scan_documents(t, also));
	if (t->digest_count == DOCUMENTS_MAX)
		return hf_fault_set(t->f, HF_E_LIMIT, "the transaction has more than %u documents", DOCUMENTS_MAX - 1);
	if (t->digest_count == 0)
		return hf_fault_set(
		        t->f, HF_E_UNKNOWN,
		        "this node holds no document of that transaction; `hufu ledger trace` shows what it has");
	qsort(t->digests, t->digest_count, sizeof(*t->digests), by_digest);
	t->msg.documents = hf_arena_get(&t->arena, t->digest_count * sizeof(Hufu__Envelope *));
	for (size_t i = 0; i < t->digest_count; i++)
		if (i == 0 || by_digest(&t->digests[i - 1], &t->digests[i]) != 0)
			HF_TRY(add_document(t, &t->digests[i]));
	return HF_OK;
}

static enum hf_err add_descriptors(struct tally *t)
{
	uint64_t count = hf_space_number(t->space);

	t->msg.descriptors = hf_arena_get(&t->arena, count * sizeof(Hufu__Envelope *));
	for (uint64_t n = 1; n <= count; n++) {
		struct hf_bytes b;
		Hufu__Envelope *e = hf_space_envelope(t->space, n, &b) ? add_envelope(t, b.data, b.len) : NULL;

		if (!e)
			return HF_E_INTERNAL;
		t->msg.descriptors[t->msg.n_descriptors++] = e;
	}
	return HF_OK;
}

static Hufu__TallyEntry *make_entry(struct tally *t, struct hf_page *p)
{
	Hufu__TallyEntry *e = hf_arena_get(&t->arena, sizeof(*e));

	hufu__tally_entry__init(e);
	e->index = p->index;
	e->entry = hf_binary(p->bytes.data, p->bytes.len);
	e->path = hf_arena_get(&t->arena, (p->path.count + 1) * sizeof(*e->path));
	for (uint32_t i = 0; i < p->path.count; i++)
		e->path[i] = hf_binary(p->path.node[i].b, sizeof(p->path.node[i].b));
	e->n_path = p->path.count;
	e->opening = p->opened.opening;
	return e;
}

static enum hf_err set_checkpoint(struct tally *t, struct hf_book *b, Hufu__TallyLedger *ledger)
{
	struct hf_buf note HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	const struct hf_buf *kept = &b->note[HF_BOOK_WITNESSED];

	HF_TRY(hf_note_reduce(t->space, b->node, kept->data, kept->len, hf_now_ms(&t->l->base->clock), &note));
	ledger->checkpoint = hf_arena_get(&t->arena, note.len + 1);
	memcpy(ledger->checkpoint, note.data, note.len);
	ledger->checkpoint[note.len] = '\0';
	return HF_OK;
}

/* Items [first, end) are of one ledger. */
static enum hf_err add_ledger(struct tally *t, size_t first, size_t end)
{
	struct hf_book *b = &t->found.items[first].shelf->book;
	Hufu__TallyLedger *ledger = hf_arena_get(&t->arena, sizeof(*ledger));

	hufu__tally_ledger__init(ledger);
	ledger->origin = b->place.origin;
	HF_TRY(set_checkpoint(t, b, ledger));
	ledger->entries = hf_arena_get(&t->arena, (end - first) * sizeof(Hufu__TallyEntry *));
	for (size_t i = first; i < end; i++)
		ledger->entries[ledger->n_entries++] = make_entry(t, &t->found.items[i].page);
	t->msg.ledgers[t->msg.n_ledgers++] = ledger;
	return HF_OK;
}

/* Those whose documents the transaction consists of. What another member says of it in its own ledger is its own
 * affair. */
static bool is_party(const struct tally *t, const char *node)
{
	for (size_t i = 0; i < t->msg.n_documents; i++) {
		const Hufu__Envelope *e = t->msg.documents[i];

		if (e->n_signatures == 1 && strcmp(e->signatures[0]->keyid, node) == 0)
			return true;
	}
	return false;
}

static bool is_own(const struct tally *t, const char *node)
{
	return strcmp(node, t->l->base->self.s) == 0;
}

static void leave_out(struct tally *t, const char *node, uint64_t index, const char *why)
{
	if (strcmp(t->left_out_of, node) == 0)
		return; /* one line for each ledger */
	snprintf(t->left_out_of, sizeof(t->left_out_of), "%s", node);
	HF_LOG(t->l->base->log, HF_LOG_WARN, "ledger", "tally-left-out", NULL, HF_LOG_S("node", node),
	       HF_LOG_I("index", index), HF_LOG_S("why", why));
	if (!t->left_out[0] && is_party(t, node))
		snprintf(t->left_out, sizeof(t->left_out), "entry %" PRIu64 " of the ledger of %.64s %s", index, node,
		         why);
}

static const char *why_broken(enum hf_err e)
{
	return e == HF_E_UNKNOWN ? "has not arrived here yet" : e == HF_E_ERASED ? "was erased" : "does not verify";
}

static enum hf_err check_broken(struct tally *t)
{
	for (size_t i = 0; i < t->found.broken_count; i++) {
		const struct hf_broken *b = &t->found.broken[i];

		if (b->err == HF_E_ERASED && (is_own(t, b->node) || is_party(t, b->node)))
			return hf_fault_set(
			        t->f, b->err,
			        "the content of entry %" PRIu64
			        " of the ledger of %s was erased, so the transaction cannot be shown any more; "
			        "its place in the ledger is proven by `hufu ledger export`",
			        b->index, b->node);
		if (is_own(t, b->node))
			return hf_fault_set(t->f, b->err,
			                    "entry %" PRIu64 " of the ledger of %s does not verify; run `hufu ledger "
			                    "verify`",
			                    b->index, b->node);
		leave_out(t, b->node, b->index, why_broken(b->err));
	}
	return HF_OK;
}

/* Only what verifies, and of the parties' ledgers only: what one of them claims can spoil no proof of the others.
 * Whether what remains is complete is decided by the check of the whole. */
static enum hf_err choose_items(struct tally *t)
{
	struct hf_collection *c = &t->found;
	size_t kept = 0;

	HF_TRY(check_broken(t));
	for (size_t i = 0; i < c->count; i++) {
		struct hf_item it = c->items[i];
		const char *node = it.shelf->book.node;
		bool witnessed = it.page.under == HF_BOOK_WITNESSED;

		c->items[i] = c->items[kept];
		c->items[kept] = it;
		if (!witnessed && is_own(t, node))
			return hf_fault_set(t->f, HF_E_STATE,
			                    "entry %" PRIu64
			                    " of the ledger of %s is not witnessed by a quorum yet; try again "
			                    "in a moment",
			                    it.page.index, node);
		if (witnessed && is_party(t, node))
			kept++;
		else
			leave_out(t, node, it.page.index,
			          witnessed ? "is of no party" : "is not witnessed by a quorum yet");
	}
	while (c->count > kept)
		hf_page_done(&c->items[--c->count].page);
	return HF_OK;
}

static enum hf_err find_entries(struct tally *t, const struct hf_id *txn, const struct hf_id *also)
{
	HF_TRY(hf_collect(&t->found, txn));
	if (also && !hf_id_is_zero(also))
		HF_TRY(hf_collect(&t->found, also));
	if (t->found.count == 0 && t->found.broken_count == 0)
		return hf_fault_set(t->f, HF_E_UNKNOWN, "no ledger held here has an entry of that transaction");
	return HF_OK;
}

static enum hf_err add_ledgers(struct tally *t)
{
	size_t first = 0;

	HF_TRY(choose_items(t));
	t->msg.ledgers = hf_arena_get(&t->arena, (t->found.count + 1) * sizeof(Hufu__TallyLedger *));
	for (size_t i = 1; i <= t->found.count; i++)
		if (i == t->found.count || t->found.items[i].shelf != t->found.items[first].shelf) {
			HF_TRY(add_ledger(t, first, i));
			first = i;
		}
	return HF_OK;
}

static void set_header(struct tally *t, const struct hf_id *txn, struct hf_id *id)
{
	int64_t now = hf_now_ms(&t->l->base->clock);

	*id = hf_id_new(now);
	hufu__header__init(&t->header);
	t->header.suite = HF_SUITE_INTL_1;
	t->header.space = t->l->space_id;
	t->header.issuer = (char *)t->l->base->self.s;
	t->header.message_id = hf_binary(id->b, sizeof(id->b));
	t->header.time_ms = now;
	t->header.transaction = hf_binary(txn->b, sizeof(txn->b));
	t->msg.header = &t->header;
}

static bool root_key(const struct tally *t, struct hf_trust *ret_trust)
{
	const Hufu__Envelope *first = t->msg.descriptors[0];
	Hufu__Descriptor *d HF_CLEANUP(hf_decoded_done) = hf_decode_limit(
	        &hufu__descriptor__descriptor, first->payload.data, first->payload.len, HF_MAX_DESCRIPTOR);

	if (!d || d->root_key.len != sizeof(ret_trust->root.b))
		return false;
	*ret_trust = (struct hf_trust){.number = hf_space_number(t->space)};
	memcpy(ret_trust->root.b, d->root_key.data, sizeof(ret_trust->root.b));
	return true;
}

static enum hf_err check_result(struct tally *t, const struct hf_buf *out)
{
	struct hf_tally_report report;
	struct hf_fault why = {HF_OK, ""};
	struct hf_trust trust;

	if (!root_key(t, &trust))
		return HF_E_INTERNAL;
	if (hf_tally_verify(&trust, out->data, out->len, &report, &why) == HF_OK)
		return HF_OK;
	return hf_fault_set(t->f, HF_E_STATE,
	                    "the evidence held here is not complete: %.300s%s%s; try again when the transaction has "
	                    "ended",
	                    why.text, t->left_out[0] ? "; " : "", t->left_out);
}

static enum hf_err write_tally(struct tally *t, const struct hf_id *txn, struct hf_buf *out)
{
	struct hf_id id;

	set_header(t, txn, &id);
	hf_buf_clear(out);
	HF_TRY(hf_tally_make(t->l->keys->envelope, t->l->base->self.s, &t->msg, out));
	if (out->len > HF_TALLY_MAX)
		return hf_fault_set(t->f, HF_E_LIMIT, "the tally would be larger than %zu MiB", HF_TALLY_MAX >> 20);
	return check_result(t, out);
}

enum hf_err hf_ledger_prove(struct hf_ledger *l, const struct hf_id *txn, const struct hf_id *also, struct hf_buf *out,
                            struct hf_fault *f)
{
	struct tally t HF_CLEANUP(tally_done) = {.l = l, .space = hf_ledger_space(l), .found = {.ledger = l}, .f = f};
	enum hf_err e;

	hf_arena_init(&t.arena, NULL, 0);
	hufu__tally__init(&t.msg);
	if (!t.space)
		return hf_fault_set(f, HF_E_STATE, "the node has no space yet");
	if (f)
		f->code = HF_OK;
	e = find_entries(&t, txn, also);
	if (e == HF_OK)
		e = add_documents(&t, txn, also);
	if (e == HF_OK)
		e = add_ledgers(&t);
	if (e == HF_OK)
		e = add_descriptors(&t);
	if (e == HF_OK)
		e = write_tally(&t, txn, out);
	return e == HF_OK ? HF_OK : hf_fault_default(f, e);
}
