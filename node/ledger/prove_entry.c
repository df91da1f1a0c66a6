/*
 * prove_entry.c - one entry of a ledger held here as a .tlog-proof file (docs/protocol.md 12.3): its bytes, its place
 * under the newest witnessed checkpoint, and the openings of the fields that the asker chooses to show. Handed out only
 * when the check that an outsider runs accepts it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/tally.h"
#include "ledger/book.h"

static enum hf_err refuse(const struct hf_book *b, const struct hf_page *p, struct hf_fault *f)
{
	if (p->erased)
		return hf_fault_set(f, HF_E_ERASED,
		                    "the content of entry %" PRIu64
		                    " of the ledger of %s was erased, so no field of it can be shown; that the entry "
		                    "stands is proven by `hufu ledger export`",
		                    p->index, b->node);
	if (p->under != HF_BOOK_WITNESSED)
		return hf_fault_set(f, HF_E_STATE,
		                    "entry %" PRIu64
		                    " of the ledger of %s is not witnessed by a quorum yet; try again in a moment",
		                    p->index, b->node);
	return hf_fault_set(f, HF_E_STATE,
	                    "this node was not given what entry %" PRIu64
	                    " of the ledger of %s says; ask %s or a party of its transaction",
	                    p->index, b->node, b->node);
}

static enum hf_err read_page(struct hf_book *b, uint64_t index, struct hf_page *ret_page, struct hf_fault *f)
{
	enum hf_err e = hf_page_read(b, index, ret_page);

	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e,
		                    "there is no entry %" PRIu64 " of the ledger of %s here; it has %" PRIu64
		                    " entries, counted from 0",
		                    index, b->node, b->held);
	if (e != HF_OK)
		return hf_fault_set(f, e,
		                    "entry %" PRIu64 " of the ledger of %s does not verify; run `hufu ledger verify`",
		                    index, b->node);
	if (ret_page->under == HF_BOOK_WITNESSED && ret_page->opened.opening)
		return HF_OK;
	e = refuse(b, ret_page, f);
	hf_page_done(ret_page);
	return e;
}

/* A view of whole with the chosen fields only; the commitments of all stay. */
static void choose(const Hufu__EntryOpening *whole, const bool shown[HF_FIELD_LIMIT], Hufu__EntryOpening *ret_view,
                   Hufu__FieldOpening **fields)
{
	*ret_view = *whole;
	if (!shown)
		return;
	ret_view->fields = fields;
	ret_view->n_fields = 0;
	for (size_t i = 0; i < whole->n_fields; i++)
		if (whole->fields[i]->field < HF_FIELD_LIMIT && shown[whole->fields[i]->field])
			fields[ret_view->n_fields++] = whole->fields[i];
}

static enum hf_err make(struct hf_book *b, const struct hf_page *p, const bool *shown, struct hf_buf *out)
{
	const struct hf_buf *kept = &b->note[HF_BOOK_WITNESSED];
	struct hf_buf note HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	ProtobufCBinaryData path[HF_MERKLE_PATH_MAX];
	Hufu__FieldOpening *fields[HF_FIELD_LIMIT];
	Hufu__TallyEntry e = HUFU__TALLY_ENTRY__INIT;
	Hufu__EntryOpening opening;

	if (p->opened.opening->n_fields > HF_FIELD_LIMIT)
		return HF_E_STORE;
	choose(p->opened.opening, shown, &opening, fields);
	HF_TRY(hf_note_reduce(hf_ledger_space(b->ledger), b->node, kept->data, kept->len,
	                      hf_now_ms(&b->ledger->base->clock), &note));
	if (!hf_buf_add(&note, "", 1))
		return HF_E_MEMORY;
	for (uint32_t i = 0; i < p->path.count; i++)
		path[i] = hf_binary(p->path.node[i].b, sizeof(p->path.node[i].b));
	e.index = p->index;
	e.entry = hf_binary(p->bytes.data, p->bytes.len);
	e.n_path = p->path.count;
	e.path = path;
	e.opening = &opening;
	return hf_proof_make(&e, (const char *)note.data, out);
}

static enum hf_err check_result(const struct hf_space *s, const struct hf_buf *proof, struct hf_fault *f)
{
	struct hf_proof_report report;
	struct hf_fault why = {HF_OK, ""};

	if (hf_proof_check(s, proof->data, proof->len, &report, &why) != HF_OK)
		return hf_fault_set(f, HF_E_INTERNAL, "the proof would not verify: %.300s; run `hufu ledger verify`",
		                    why.text);
	hf_decoded_free(report.entry);
	return HF_OK;
}

enum hf_err hf_ledger_prove_entry(struct hf_ledger *l, const struct hf_ledger_entry_ask *ask, struct hf_buf *proof,
                                  struct hf_buf *descriptors, struct hf_fault *f)
{
	const struct hf_space *s = hf_ledger_space(l);
	struct hf_book book;
	struct hf_page page;
	enum hf_err e;

	if (!s)
		return hf_fault_set(f, HF_E_STATE, "the node has no space yet");
	e = hf_book_open(l, ask->node, &book);
	if (e != HF_OK)
		return hf_fault_set(f, e, "the ledger of %s is not mirrored here", ask->node ? ask->node : "this node");
	e = read_page(&book, ask->index, &page, f);
	if (e == HF_OK) {
		e = make(&book, &page, ask->shown, proof);
		hf_page_done(&page);
	}
	hf_book_done(&book);
	HF_TRY(e);
	HF_TRY(check_result(s, proof, f));
	return hf_space_write_stream(s, descriptors);
}
