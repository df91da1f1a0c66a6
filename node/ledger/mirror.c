/*
 * mirror.c - this node as mirror of other logs (c2sp.org/tlog-mirror in our messages): entries are appended in order,
 * chained to the one before, and count only when the tree they form has the root of a checkpoint that the log signed.
 * The cosignature leaves after all of that is durable.
 *
 * What lies between the last such checkpoint and `next` is not trusted by any reader here, and is dropped when it turns
 * out wrong.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/entry_scan.h"
#include "ledger/internal.h"
#include "proto/codec.h"

#define NOTE_LINE_MAX 512u

struct add {
	struct hf_ledger *l;
	const char *peer;
	const Hufu__MirrorAdd *in;
	const struct hf_answer *answer;
	struct hf_place place;
	struct hf_worth worth;
	Hufu__MirrorRow *row; /* decoded, or fresh */
	Hufu__MirrorRow fresh;
	struct hf_edge edge;
	struct hf_unit *unit;
	struct hf_hash root; /* of the checkpoint, when it was reached */
	int64_t grows;       /* bytes that the entries take */
};

struct pending {
	struct hf_ledger *ledger;
	char origin[HF_ORIGIN_MAX + 1]; /* "": no PUBLIC entry waits to be looked at */
	struct hf_answer answer;
	uint64_t next;
	char line[NOTE_LINE_MAX];
	size_t line_len;
};

static void answer_next(const struct hf_answer *a, uint64_t next, const char *line, size_t len)
{
	Hufu__MirrorReply reply = HUFU__MIRROR_REPLY__INIT;

	reply.next = next;
	reply.cosignature = hf_binary(line, len);
	hf_ledger_answer(a, &reply.base);
}

static void on_durable(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct pending *p = ctx;

	(void)info;
	if (e == HF_OK && p->origin[0] && !p->ledger->closing)
		hf_erase_follow(p->ledger, p->origin);
	if (e == HF_OK)
		answer_next(&p->answer, p->next, p->line, p->line_len);
	else
		hf_answer(&p->answer, HF_E_BUSY, "the entries could not be stored");
	free(p);
}

static bool cosign(struct add *a, struct pending *p)
{
	const uint8_t *note = a->in->note.data, *gap = memmem(note, a->in->note.len, "\n\n", 2);
	char name[HF_ORIGIN_MAX + 1];

	hf_cosigner_name(a->l->space_id, HF_KEY_MIRROR, a->l->base->self.s, name);
	p->line_len = gap ? hf_note_cosign_line(hf_ledger_key(a->l, HF_KEY_MIRROR), name,
	                                        (uint64_t)(hf_now_ms(&a->l->base->clock) / 1000), (const char *)note,
	                                        (size_t)(gap - note) + 1, p->line, sizeof(p->line))
	                  : 0;
	return p->line_len > 0;
}

/* An opening that came before its entry is held against it now; a wrong one is dropped. */
static void settle_waiting(struct add *a, uint64_t index, const ProtobufCBinaryData *bytes)
{
	struct hf_opened o HF_CLEANUP(hf_opened_done) = HF_OPENED_INIT;
	Hufu__LedgerEntry *e HF_CLEANUP(hf_decoded_done) = NULL;

	if (a->row->waiting == 0 || hf_opening_read(&a->l->opening_keys, &a->place, &a->l->rows, index, &o) != HF_OK)
		return;
	a->row->waiting--;
	if (hf_entry_decode(bytes->data, bytes->len, &e) == HF_OK && hf_entry_check_opening(e, o.opening))
		return;
	a->grows -= (int64_t)hf_place_size(&a->place, &a->l->rows, HF_PLACE_OPENING, index);
	hf_openings_drop(a->l, a->unit, &a->place, index);
	if (hf_ledger_may_alarm(a->l, a->peer))
		hf_alarm(a->l->base, "wrong-opening", NULL,
		         "%s sent an opening that does not fit entry %" PRIu64 " of its ledger; it was dropped",
		         a->peer, index);
}

static enum hf_err add_entry(struct add *a, const ProtobufCBinaryData *bytes)
{
	const struct hf_sink sink = {.unit = a->unit};
	uint8_t key[HF_KEY_MAX];
	struct hf_entry_view v;
	struct hf_hash leaf;

	if (!hf_entry_scan(bytes->data, bytes->len, &v) || v.index != a->edge.size ||
	    strcmp(v.origin, a->in->origin) != 0 || memcmp(v.prev, a->edge.last.b, sizeof(v.prev)) != 0)
		return HF_E_FORMAT;
	if (v.event_class == HF_EVENT_CLASS_PUBLIC && a->row->public_from == 0)
		a->row->public_from = v.index + 1;
	settle_waiting(a, v.index, bytes);
	hf_merkle_leaf(bytes->data, bytes->len, &leaf);
	hf_unit_put(a->unit, HF_TABLE_MIRROR_ENTRY, key, hf_place_key(&a->place, v.index, key), bytes->data,
	            bytes->len);
	return hf_edge_append(&a->edge, &a->place, &sink, &leaf);
}

static void take_note(struct add *a)
{
	uint64_t size = a->worth.checkpoint.size;

	if (size >= a->row->size) {
		a->row->size = size;
		a->row->root = hf_binary(a->root.b, sizeof(a->root.b));
		a->row->note = a->in->note;
	}
	if (a->worth.witnessed && size >= a->row->witnessed_size) {
		a->row->witnessed_size = size;
		a->row->witnessed_note = a->in->note;
	}
}

static void doubt(struct add *a)
{
	if (a->row->size > 0)
		hf_doubt(a->l, a->peer, a->peer, HF_HEAD_COSIGNED, hf_bytes_of(&a->in->note));
}

/* Back to the last checked checkpoint: what came after it does not lead where the log said. */
static void drop_unchecked(struct add *a)
{
	struct hf_unit *u = hf_unit_new();

	if (hf_ledger_may_alarm(a->l, a->peer))
		hf_alarm(a->l->base, "mirror-root", NULL,
		         "the entries that %s sent of its ledger do not have the root of its checkpoint at "
		         "size %" PRIu64 "; they are fetched again from %" PRIu64,
		         a->peer, a->worth.checkpoint.size, a->row->size);
	if (a->row->next > a->row->high)
		a->row->high = a->row->next;
	a->row->next = a->row->size;
	hf_mirror_row_put(u, a->in->origin, a->row);
	hf_store_submit(a->l->store, u, NULL, NULL);
	doubt(a); /* last: what it proves freezes the row that was put */
	hf_answer(a->answer, HF_E_DIGEST, "the entries do not have the root of the checkpoint");
}

static void submit(struct add *a, bool reached)
{
	struct pending *p = hf_alloc_zero(sizeof(*p));

	a->row->bytes += (uint64_t)a->grows;
	hf_holding_took(a->l, a->peer, a->row, a->edge.size > a->in->start);
	p->ledger = a->l;
	if (a->row->public_from)
		snprintf(p->origin, sizeof(p->origin), "%s", a->in->origin);
	p->answer = *a->answer;
	p->next = a->row->next;
	if (reached)
		cosign(a, p);
	hf_mirror_row_put(a->unit, a->in->origin, a->row);
	hf_store_submit(a->l->store, HF_TAKE(a->unit), on_durable, p);
}

/* Entries that take the place of some that were dropped cost the difference. */
static int64_t growth(struct add *a)
{
	int64_t sum = 0;

	for (size_t i = 0; i < a->in->n_entries; i++) {
		uint64_t index = a->in->start + i;

		sum += (int64_t)a->in->entries[i].len;
		sum += index < a->row->high ? -(int64_t)hf_place_size(&a->place, &a->l->rows, HF_PLACE_ENTRY, index)
		                            : (int64_t)HF_HOLDING_ENTRY;
	}
	return sum;
}

static bool reaches_root(struct add *a)
{
	struct hf_merkle_range range;

	hf_edge_range(&a->edge, &range);
	hf_merkle_range_root(&range, &a->root);
	return hf_hash_equal(&a->root, &a->worth.checkpoint.root);
}

static void append(struct add *a)
{
	const struct hf_sink sink = {.unit = a->unit};
	bool reached;

	a->grows = growth(a);
	if (!hf_holding_admit(a->l, a->peer, a->row, a->grows, a->answer))
		return;
	for (size_t i = 0; i < a->in->n_entries; i++)
		if (add_entry(a, &a->in->entries[i]) != HF_OK) {
			doubt(a);
			hf_answer(a->answer, HF_E_FORMAT,
			          "an entry is malformed or does not follow from the one before");
			return;
		}
	if (hf_edge_flush(&a->edge, &a->place, &sink) != HF_OK) {
		hf_answer(a->answer, HF_E_BUSY, "the entries could not be stored");
		return;
	}
	reached = a->edge.size == a->worth.checkpoint.size;
	if (reached && !reaches_root(a)) {
		drop_unchecked(a);
		return;
	}
	a->row->next = a->edge.size;
	if (reached)
		take_note(a);
	submit(a, reached);
}

/* The checkpoint is no state of the copy. */
static void prove_two(struct add *a)
{
	bool same = a->worth.checkpoint.size == a->row->size;
	struct hf_shown shown;

	if (hf_mirror_contradicts(a->l, a->in->origin, a->row, &a->worth.checkpoint, &shown) &&
	    hf_evidence_pair(a->l, a->unit, a->in->origin, hf_bytes_of(&a->in->note), hf_bytes_of(&a->row->note),
	                     same ? NULL : &shown) == HF_OK)
		hf_store_submit(a->l->store, HF_TAKE(a->unit), NULL, NULL);
}

/* A checkpoint inside what is held already. */
static void compare(struct add *a)
{
	struct hf_tree tree = {&a->place, &a->l->rows};

	if (!hf_tree_root(&tree, a->worth.checkpoint.size, &a->root)) {
		hf_answer(a->answer, HF_E_BUSY, "the mirror's tiles cannot be read");
		return;
	}
	if (!hf_hash_equal(&a->root, &a->worth.checkpoint.root)) {
		prove_two(a);
		hf_answer(a->answer, HF_E_CONFLICT, "the checkpoint contradicts the entries that were sent before");
		return;
	}
	take_note(a);
	submit(a, a->worth.checkpoint.size == a->row->size);
}

static void judge(struct add *a)
{
	uint64_t size = a->worth.checkpoint.size;

	if (hf_frozen(a->l, a->in->origin))
		hf_answer(a->answer, HF_E_CONFLICT,
		          "this ledger has shown two histories and is not mirrored any further");
	else if (size <= a->row->size)
		compare(a);
	else if (a->in->start != a->row->next || a->row->next > size)
		answer_next(a->answer, a->row->next, NULL, 0);
	else if (a->in->n_entries > size - a->in->start)
		hf_answer(a->answer, HF_E_FORMAT, "there are more entries than the checkpoint covers");
	else if (hf_edge_load(&a->edge, &a->place, &a->l->rows, a->row->next) != HF_OK)
		hf_answer(a->answer, HF_E_BUSY, "the mirror's tiles cannot be read");
	else
		append(a);
}

/* The log has another key: which of its branches goes on is known only when it comes, so the copy is made anew over the
 * old one; what proves both stays with the evidence. */
static void thaw(Hufu__MirrorRow *row)
{
	if (row->next > row->high)
		row->high = row->next;
	row->next = row->size = row->witnessed_size = 0;
	row->root = row->note = row->witnessed_note = hf_binary(NULL, 0);
	row->frozen = false;
}

static Hufu__MirrorRow *row_of(struct add *a)
{
	Hufu__MirrorRow *row = hf_mirror_row(a->l, a->in->origin);

	if (row) {
		hf_holding_fix(a->l, a->peer, row);
		if (row->frozen && !hf_frozen(a->l, a->in->origin))
			thaw(row);
		return row;
	}
	hufu__mirror_row__init(&a->fresh);
	return &a->fresh;
}

void hf_mirror_on_request(struct hf_ledger *l, const char *peer, struct hf_bytes body, const struct hf_answer *answer)
{
	Hufu__MirrorAdd *in HF_CLEANUP(hf_decoded_done) = HF_DECODE(mirror_add, body.data, body.len);
	struct add *a;

	if (!in) {
		hf_answer(answer, HF_E_FORMAT, "the mirror message is not of the required form");
		return;
	}
	if (!hf_ledger_owns(l, peer, in->origin, answer))
		return;
	a = hf_alloc_zero(sizeof(*a));
	*a = (struct add){.l = l, .peer = peer, .in = in, .answer = answer, .unit = hf_unit_new()};
	snprintf(a->place.origin, sizeof(a->place.origin), "%s", in->origin);
	hf_edge_init(&a->edge);
	a->row = row_of(a);
	if (hf_note_weigh(hf_ledger_space(l), peer, in->note.data, in->note.len, hf_now_ms(&l->base->clock),
	                  &a->worth) != HF_OK)
		hf_answer(answer, HF_E_SIGNATURE, "the checkpoint is not signed by the log's key of the descriptor");
	else if (hf_holding_admit(l, peer, a->row, 0, answer))
		judge(a);
	hf_unit_free(a->unit);
	hf_edge_done(&a->edge);
	if (a->row != &a->fresh)
		hf_decoded_free(a->row);
	free(a);
}
