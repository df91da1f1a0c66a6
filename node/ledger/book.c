#include "ledger/book.h"

#include <stdio.h>
#include <string.h>

#include "proto/codec.h"

static void weigh(struct hf_book *b, int which, const void *note, size_t len)
{
	const struct hf_space *s = hf_ledger_space(b->ledger);

	memset(&b->worth[which], 0, sizeof(b->worth[which]));
	if (len == 0 || !s || !hf_buf_add(&b->note[which], note, len) ||
	    hf_note_weigh(s, b->node, note, len, hf_now_ms(&b->ledger->base->clock), &b->worth[which]) != HF_OK)
		memset(&b->worth[which], 0, sizeof(b->worth[which]));
}

static void open_own(struct hf_book *b)
{
	struct hf_ledger *l = b->ledger;

	b->held = hf_sequence_size(l->sequence);
	weigh(b, HF_BOOK_WITNESSED, l->witnessed.note.data, l->witnessed.note.len);
	weigh(b, HF_BOOK_SIGNED, l->newest.note.data, l->newest.note.len);
}

static enum hf_err open_mirror(struct hf_book *b)
{
	Hufu__MirrorRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_bytes v;

	HF_TRY(hf_rows_get(b->rows, HF_TABLE_MIRROR, b->place.origin, strlen(b->place.origin), &v));
	row = HF_DECODE_OWN(mirror_row, v.data, v.len);
	if (!row)
		return HF_E_STORE;
	b->held = row->size;
	weigh(b, HF_BOOK_WITNESSED, row->witnessed_note.data, row->witnessed_note.len);
	weigh(b, HF_BOOK_SIGNED, row->note.data, row->note.len);
	return HF_OK;
}

enum hf_err hf_book_open(struct hf_ledger *l, const char *node, struct hf_book *ret_book)
{
	return hf_book_open_from(l, node, &l->rows, ret_book);
}

enum hf_err hf_book_open_from(struct hf_ledger *l, const char *node, struct hf_rows *rows, struct hf_book *ret_book)
{
	const char *name = node ? node : l->base->self.s;
	enum hf_err e = HF_OK;

	memset(ret_book, 0, sizeof(*ret_book));
	ret_book->ledger = l;
	ret_book->rows = rows;
	ret_book->place.own = strcmp(name, l->base->self.s) == 0;
	snprintf(ret_book->node, sizeof(ret_book->node), "%s", name);
	hf_space_origin(l->space_id, ret_book->node, ret_book->place.origin);
	if (ret_book->place.own)
		open_own(ret_book);
	else
		e = open_mirror(ret_book);
	if (!ret_book->worth[HF_BOOK_WITNESSED].witnessed) /* fewer witnesses count today than when it was taken */
		memset(&ret_book->worth[HF_BOOK_WITNESSED], 0, sizeof(ret_book->worth[HF_BOOK_WITNESSED]));
	if (e != HF_OK)
		hf_book_done(ret_book);
	return e;
}

void hf_book_done(struct hf_book *b)
{
	hf_buf_done(&b->note[0]);
	hf_buf_done(&b->note[1]);
}

void hf_page_done(struct hf_page *p)
{
	hf_buf_done(&p->bytes);
	hf_decoded_free(p->entry);
	hf_opened_done(&p->opened);
	memset(p, 0, sizeof(*p));
}

static int covering(const struct hf_book *b, uint64_t index)
{
	for (int which = HF_BOOK_WITNESSED; which <= HF_BOOK_SIGNED; which++)
		if (index < b->worth[which].checkpoint.size)
			return which;
	return -1;
}

static enum hf_err check_place(struct hf_book *b, struct hf_page *p)
{
	struct hf_tree tree = {&b->place, b->rows};
	const struct hf_hash *hashes;
	struct hf_hash leaf;

	hf_merkle_leaf(p->bytes.data, p->bytes.len, &leaf);
	HF_TRY(hf_tree_tile(&tree, 0, p->index / HF_TILE_WIDTH, (uint32_t)(p->index % HF_TILE_WIDTH) + 1, &hashes));
	if (!hf_hash_equal(&hashes[p->index % HF_TILE_WIDTH], &leaf))
		return HF_E_DIGEST;
	p->under = covering(b, p->index);
	if (p->under < 0)
		return HF_OK;
	if (!hf_merkle_inclusion(hf_tree_read, &tree, p->index, b->worth[p->under].checkpoint.size, &p->path) ||
	    !hf_merkle_verify_inclusion(&leaf, p->index, b->worth[p->under].checkpoint.size, &p->path,
	                                &b->worth[p->under].checkpoint.root))
		return HF_E_DIGEST;
	return HF_OK;
}

static enum hf_err check_entry(struct hf_book *b, struct hf_page *p)
{
	struct hf_bytes bytes;

	HF_TRY(hf_place_entry(&b->place, b->rows, p->index, &bytes));
	if (!hf_buf_add(&p->bytes, bytes.data, bytes.len))
		return HF_E_MEMORY;
	if (hf_entry_decode(bytes.data, bytes.len, &p->entry) != HF_OK)
		return HF_E_DIGEST;
	if (p->entry->index != p->index || strcmp(p->entry->origin, b->place.origin) != 0)
		return HF_E_DIGEST;
	return check_place(b, p);
}

static enum hf_err open_page(struct hf_book *b, struct hf_page *p)
{
	enum hf_err e = hf_opening_read(&b->ledger->opening_keys, &b->place, b->rows, p->index, &p->opened);
	int64_t ms;

	p->erased = e == HF_E_ERASED;
	if (e == HF_E_UNKNOWN)
		e = hf_opening_of_entry(p->entry, &p->opened);
	if (e != HF_OK && e != HF_E_UNKNOWN && e != HF_E_ERASED)
		return HF_E_DIGEST;
	if (p->opened.opening && !hf_entry_check_opening(p->entry, p->opened.opening))
		return HF_E_DIGEST;
	ms = hf_opening_time(p->opened.opening);
	p->time_ms = ms > 0 ? ms : p->entry->time_s * 1000;
	return HF_OK;
}

enum hf_err hf_page_read(struct hf_book *b, uint64_t index, struct hf_page *ret_page)
{
	enum hf_err e = index < b->held ? HF_OK : HF_E_UNKNOWN;

	memset(ret_page, 0, sizeof(*ret_page));
	ret_page->index = index;
	if (e == HF_OK)
		e = check_entry(b, ret_page);
	if (e == HF_OK)
		e = open_page(b, ret_page);
	if (e != HF_OK)
		hf_page_done(ret_page);
	return e;
}

void hf_page_proof(const struct hf_book *b, const struct hf_page *p, char out[32])
{
	const struct hf_worth *w = &b->worth[HF_BOOK_WITNESSED];

	if (p->under == HF_BOOK_WITNESSED)
		snprintf(out, 32, "witnessed %u/%u", w->cosignatures, w->witnesses);
	else
		snprintf(out, 32, "%s", p->under == HF_BOOK_SIGNED ? "signed" : "durable");
}
