/*
 * recover_serve.c - a mirror gives a log its own entries back: checkpoints, or one page of entries with the proof that
 * they lead to the checkpoint asked for, and the openings of them that were sent here. To the log's owner only.
 */
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"
#include "proto/codec.h"

#define PAGE_BYTES (200u << 10) /* of entries, and of openings */
#define PAGE_ENTRIES 4096u
#define PAGE_OPENINGS 1024u

struct page {
	struct hf_ledger *l;
	struct hf_place place;
	const Hufu__LedgerFetch *in;
	Hufu__LedgerFetched out;
	struct hf_buf bytes;
	size_t length[PAGE_ENTRIES];
	ProtobufCBinaryData entry[PAGE_ENTRIES], proof[HF_MERKLE_PATH_MAX];
	struct hf_opened opened[PAGE_ENTRIES];
	Hufu__EntryOpening *opening[PAGE_ENTRIES];
	uint64_t found[PAGE_OPENINGS];
	size_t found_count;
	struct hf_merkle_path path;
};

static bool take_entry(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct page *p = ctx;
	size_t n = p->out.n_entries;
	uint64_t index = p->in->start + n;

	if (key.len < 8 || hf_get_u64(key.data + key.len - 8) != index || index >= p->in->size || n == PAGE_ENTRIES ||
	    (n > 0 && p->bytes.len + value.len > PAGE_BYTES) || !hf_buf_add(&p->bytes, value.data, value.len))
		return false;
	p->length[n] = value.len;
	p->out.n_entries++;
	return true;
}

static enum hf_err take_entries(struct page *p)
{
	uint8_t prefix[HF_KEY_MAX], from[HF_KEY_MAX];
	size_t prefix_len = hf_place_prefix(&p->place, prefix), at = 0;

	HF_TRY(hf_store_scan(p->l->store, HF_TABLE_MIRROR_ENTRY, prefix, prefix_len, from,
	                     hf_place_key(&p->place, p->in->start, from), take_entry, p));
	for (size_t i = 0; i < p->out.n_entries; at += p->length[i++])
		p->entry[i] = hf_binary(p->bytes.data + at, p->length[i]);
	p->out.entries = p->entry;
	return p->out.n_entries ? HF_OK : HF_E_STORE;
}

/* When the openings take more room than a page has, it ends at the first that does not fit. */
static void take_openings(struct page *p)
{
	size_t bytes = 0;

	p->out.openings = p->opening;
	for (size_t i = 0; i < p->out.n_entries; i++) {
		struct hf_opened *o = &p->opened[p->out.n_openings];

		*o = (struct hf_opened)HF_OPENED_INIT;
		if (hf_opening_read(&p->l->opening_keys, &p->place, &p->l->rows, p->in->start + i, o) != HF_OK)
			continue;
		bytes += hufu__entry_opening__get_packed_size(o->opening) + 8;
		if (bytes > PAGE_BYTES && i > 0) {
			hf_opened_done(o);
			p->out.n_entries = i;
			return;
		}
		p->opening[p->out.n_openings++] = o->opening;
	}
}

static bool take_opening_at(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct page *p = ctx;
	uint64_t index = hf_get_u64(key.data + key.len - 8);

	(void)value;
	if (index >= p->in->size || p->found_count == PAGE_OPENINGS)
		return false;
	p->found[p->found_count++] = index;
	return true;
}

/* Only openings, wherever they are: what this node holds as a party of another mirror's entries. */
static enum hf_err take_openings_alone(struct page *p)
{
	uint8_t prefix[HF_KEY_MAX], from[HF_KEY_MAX];
	size_t prefix_len = hf_place_prefix(&p->place, prefix), bytes = 0;

	HF_TRY(hf_store_scan(p->l->store, HF_TABLE_MIRROR_OPENING, prefix, prefix_len, from,
	                     hf_place_key(&p->place, p->in->start, from), take_opening_at, p));
	p->out.openings = p->opening;
	for (size_t i = 0; i < p->found_count && bytes < PAGE_BYTES; i++) {
		struct hf_opened *o = &p->opened[p->out.n_openings];

		*o = (struct hf_opened)HF_OPENED_INIT;
		if (hf_opening_read(&p->l->opening_keys, &p->place, &p->l->rows, p->found[i], o) != HF_OK)
			continue;
		bytes += hufu__entry_opening__get_packed_size(o->opening) + 8;
		p->opening[p->out.n_openings++] = o->opening;
	}
	return HF_OK;
}

static bool prove(struct page *p)
{
	struct hf_tree tree = {&p->place, &p->l->rows};

	if (!hf_merkle_consistency(hf_tree_read, &tree, p->in->start + p->out.n_entries, p->in->size, &p->path))
		return false;
	for (uint32_t i = 0; i < p->path.count; i++)
		p->proof[i] = hf_binary(p->path.node[i].b, sizeof(p->path.node[i].b));
	p->out.proof = p->proof;
	p->out.n_proof = p->path.count;
	return true;
}

static void serve(struct page *p, const Hufu__MirrorRow *row, const struct hf_answer *answer)
{
	if (p->in->size == 0) {
		p->out.note = row->note;
		p->out.witnessed_note = row->witnessed_note;
		hf_ledger_answer(answer, &p->out.base);
		return;
	}
	if (p->in->size > row->size || p->in->start >= p->in->size) {
		hf_answer(answer, HF_E_ARGUMENT, "no checkpoint that is held here covers these entries");
		return;
	}
	if (p->in->openings) {
		if (take_openings_alone(p) == HF_OK)
			hf_ledger_answer(answer, &p->out.base);
		else
			hf_answer(answer, HF_E_BUSY, "the openings cannot be read");
		return;
	}
	if (take_entries(p) != HF_OK) {
		hf_answer(answer, HF_E_BUSY, "the mirrored entries cannot be read");
		return;
	}
	take_openings(p);
	if (prove(p))
		hf_ledger_answer(answer, &p->out.base);
	else
		hf_answer(answer, HF_E_BUSY, "the mirror's tiles cannot be read");
}

void hf_fetch_on_request(struct hf_ledger *l, const char *peer, struct hf_bytes body, const struct hf_answer *answer)
{
	Hufu__LedgerFetch *in HF_CLEANUP(hf_decoded_done) = HF_DECODE(ledger_fetch, body.data, body.len);
	Hufu__MirrorRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct page *p;

	if (!in) {
		hf_answer(answer, HF_E_FORMAT, "the question for entries is not of the required form");
		return;
	}
	if (!hf_ledger_owns(l, peer, in->origin, answer))
		return;
	row = hf_mirror_row(l, in->origin);
	if (!row || row->size == 0) {
		hf_answer(answer, HF_E_UNKNOWN, "that ledger is not mirrored here");
		return;
	}
	p = hf_alloc_zero(sizeof(*p));
	p->l = l;
	p->in = in;
	memcpy(p->place.origin, in->origin, strlen(in->origin) + 1);
	hufu__ledger_fetched__init(&p->out);
	hf_buf_init(&p->bytes, PAGE_BYTES + (64u << 10));
	serve(p, row, answer);
	for (size_t i = 0; i < p->out.n_openings; i++)
		hf_opened_done(&p->opened[i]);
	hf_buf_done(&p->bytes);
	free(p);
}
