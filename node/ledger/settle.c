/*
 * settle.c - what a witness must know before it cosigns: what it has cosigned before. Its rows say so, unless they were
 * lost or restored from an old copy. So at start it asks the other witnesses for theirs: a checkpoint that it has no
 * row of is taken over, and one that carries its own cosignature is, too, when it is newer than the row.
 *
 * Any quorum that it was part of has another member among the ones that answered. With a mark in the store that it was
 * in order before, that is demanded only for its own log, by which an old store is noticed (heads.c); without the mark,
 * of a new node or after a loss, for all logs. Witnesses answer before they are settled themselves, so that a start of
 * everybody at once resolves.
 */
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"
#include "proto/codec.h"

#define MARK "ledger/witness-settled"
#define PAGE_HEADS 64u
#define PAGE_BYTES (400u << 10)

static bool marked(struct hf_ledger *l)
{
	return hf_store_has(l->store, HF_TABLE_META, MARK, sizeof(MARK) - 1);
}

void hf_settle_undo(struct hf_ledger *l)
{
	struct hf_unit *u;

	if (!l->started || (!l->settled && !marked(l)))
		return;
	l->settled = false;
	for (size_t i = 0; i < l->peer_count; i++) {
		l->peer[i]->seen_all = false;
		l->peer[i]->seen_after[0] = '\0';
	}
	u = hf_unit_new();
	hf_unit_del(u, HF_TABLE_META, MARK, sizeof(MARK) - 1);
	hf_store_submit(l->store, u, NULL, NULL);
}

void hf_settle_load(struct hf_ledger *l)
{
	if (l->setback == HF_SETBACK_BEHIND)
		hf_settle_undo(l);
}

static bool cosigned_here(struct hf_ledger *l, struct hf_bytes note)
{
	return hf_note_cosigned_by(hf_ledger_space(l), l->base->self.s, note.data, note.len);
}

/* Is what another witness has recorded newer than the row here? A row of this node's own carries its cosignature, one
 * that was taken over need not: what this node has cosigned is the better of two that differ in that. */
static bool better(struct hf_ledger *l, const Hufu__WitnessRow *row, const struct hf_worth *w, struct hf_bytes note)
{
	bool ours = cosigned_here(l, note);

	if (!row)
		return true;
	if (row->frozen) /* by a key that the log has no longer: it begins anew */
		return true;
	if (ours != cosigned_here(l, hf_bytes_of(&row->note)))
		return ours;
	return w->checkpoint.size > row->size && (ours || w->witnessed);
}

static void take_over(struct hf_ledger *l, struct hf_lpeer *p, const char *node, const Hufu__LedgerHead *h)
{
	Hufu__WitnessRow *old HF_CLEANUP(hf_decoded_done) = hf_witness_row(l, h->origin);
	Hufu__WitnessRow row = HUFU__WITNESS_ROW__INIT;
	struct hf_unit *u;
	struct hf_worth w;

	if (hf_note_weigh(hf_ledger_space(l), node, h->note.data, h->note.len, hf_now_ms(&l->base->clock), &w) != HF_OK)
		return;
	hf_sequence_saw(l->sequence, node, w.checkpoint.size, &w.checkpoint.root);
	if (hf_frozen(l, h->origin) || hf_heads_contradict(l, h->origin, &w.checkpoint, hf_bytes_of(&h->note)))
		return;
	hf_doubt(l, node, p->node, HF_HEAD_COSIGNED, hf_bytes_of(&h->note));
	if (hf_frozen(l, h->origin) || !better(l, old, &w, hf_bytes_of(&h->note)))
		return; /* frozen by what that proved, with the row as it was */
	row.size = w.checkpoint.size;
	row.root = hf_binary(w.checkpoint.root.b, sizeof(w.checkpoint.root.b));
	row.note = h->note;
	u = hf_unit_new();
	hf_witness_row_put(u, h->origin, &row);
	hf_store_submit(l->store, u, NULL, NULL);
}

void hf_settle_improve(struct hf_ledger *l, const char *origin, const struct hf_worth *w, struct hf_bytes note)
{
	Hufu__WitnessRow *row HF_CLEANUP(hf_decoded_done) = hf_witness_row(l, origin);
	struct hf_unit *u;

	if (!row || row->frozen || row->size != w->checkpoint.size || !hf_root_is(&row->root, &w->checkpoint.root) ||
	    row->note.len >= note.len || !w->witnessed ||
	    (!cosigned_here(l, note) && cosigned_here(l, hf_bytes_of(&row->note))))
		return;
	row->note = hf_binary(note.data, note.len);
	u = hf_unit_new();
	hf_witness_row_put(u, origin, row);
	hf_store_submit(l->store, u, NULL, NULL);
}

/* Returns the last origin, NULL when nothing could be read. */
static const char *take_page(struct hf_ledger *l, struct hf_lpeer *p, const Hufu__LedgerSeenReply *in)
{
	const char *last = NULL;

	for (size_t i = 0; i < in->n_heads; i++) {
		const Hufu__LedgerHead *h = in->heads[i];
		struct hf_name node;

		last = h->origin;
		if (!hf_space_origin_node(l->space_id, h->origin, &node))
			continue;
		if (strcmp(node.s, l->base->self.s) != 0)
			take_over(l, p, node.s, h);
		else if (hf_heads_check_own(l, p, h))
			p->gate_answered = true;
	}
	return last;
}

static void on_reply(struct hf_ledger *l, struct hf_lpeer *p, struct hf_reply *r, void *ctx)
{
	Hufu__LedgerSeenReply *in HF_CLEANUP(hf_decoded_done) = NULL;
	const char *last;

	(void)ctx;
	if (l->closing || r->error != HF_OK)
		return;
	in = HF_DECODE(ledger_seen_reply, r->body.data, r->body.len);
	if (!in) {
		hf_lane_failed(l, &p->lane[HF_LANE_SEEN]);
		return;
	}
	last = take_page(l, p, in);
	if (!in->more || !last || strcmp(last, p->seen_after) <= 0)
		p->seen_all = true;
	else
		memcpy(p->seen_after, last, strlen(last) + 1);
}

static void on_marked(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct hf_ledger *l = ctx;

	(void)info;
	l->settling = false;
	if (e != HF_OK || l->closing)
		return;
	l->settled = true;
	for (size_t i = 0; i < l->peer_count; i++)
		l->peer[i]->heads_ms = 0; /* who was refused until now hears of this node and tries again */
	HF_LOG(l->base->log, HF_LOG_INFO, "ledger", "cosigning", NULL);
	hf_ledger_wake(l);
}

/* After what was taken over: units are durable in their order. */
static void settle(struct hf_ledger *l)
{
	struct hf_unit *u = hf_unit_new();

	l->settling = true;
	hf_unit_put(u, HF_TABLE_META, MARK, sizeof(MARK) - 1, NULL, 0);
	hf_store_submit(l->store, u, on_marked, l);
}

/* Answers without which some quorum may be unknown here. */
static size_t needed(struct hf_ledger *l, const Hufu__Descriptor *d, size_t others)
{
	size_t all = marked(l) ? others : others + 1, n = d->quorum < all ? all - d->quorum + 1 : 1;

	return n < others ? n : others;
}

static void ask(struct hf_ledger *l, struct hf_lpeer *p)
{
	Hufu__LedgerSeen m = HUFU__LEDGER_SEEN__INIT;

	if (p->seen_all || !hf_lane_ready(l, &p->lane[HF_LANE_SEEN]))
		return;
	m.after = p->seen_after;
	hf_lane_call(l, p, HF_LANE_SEEN, HF_MSG_LEDGER_SEEN, &m.base, on_reply, NULL);
}

static bool named(const Hufu__Descriptor *d, const char *node)
{
	for (size_t i = 0; i < d->n_witnesses; i++)
		if (strcmp(d->witnesses[i], node) == 0)
			return true;
	return false;
}

void hf_settle_pump(struct hf_ledger *l)
{
	const Hufu__Descriptor *d = hf_space_current(hf_ledger_space(l));
	size_t others = 0, answered = 0;

	if (l->settled || l->settling || !d || !named(d, l->base->self.s))
		return;
	for (size_t i = 0; i < d->n_witnesses; i++)
		if (hf_ledger_is_our_witness(l, d->witnesses[i])) {
			struct hf_lpeer *p = hf_ledger_peer(l, d->witnesses[i]);

			others++;
			answered += p->seen_all;
			if (hf_ledger_reachable_member(l, d->witnesses[i]))
				ask(l, p);
		}
	if (answered >= needed(l, d, others))
		settle(l);
}

/* The other side. */

struct page {
	Hufu__LedgerSeenReply reply;
	Hufu__LedgerHead head[PAGE_HEADS], *list[PAGE_HEADS];
	Hufu__WitnessRow *row[PAGE_HEADS];
	char origin[PAGE_HEADS][HF_ORIGIN_MAX + 1];
	const char *after;
	size_t bytes;
};

static bool add_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct page *p = ctx;
	size_t n = p->reply.n_heads;
	Hufu__LedgerHead *h = &p->head[n];

	if (key.len > HF_ORIGIN_MAX || (key.len == strlen(p->after) && memcmp(key.data, p->after, key.len) == 0))
		return true;
	if (n == PAGE_HEADS || p->bytes + value.len + key.len + 32 > PAGE_BYTES) {
		p->reply.more = true;
		return false;
	}
	p->row[n] = HF_DECODE_OWN(witness_row, value.data, value.len);
	if (!p->row[n])
		return true;
	memcpy(p->origin[n], key.data, key.len);
	p->origin[n][key.len] = '\0';
	hufu__ledger_head__init(h);
	h->origin = p->origin[n];
	h->size = p->row[n]->size;
	h->root = p->row[n]->root;
	h->note = p->row[n]->note;
	p->list[n] = h;
	p->reply.n_heads++;
	p->bytes += value.len + key.len + 32;
	return true;
}

void hf_seen_on_request(struct hf_ledger *l, const char *peer, struct hf_bytes body, const struct hf_answer *answer)
{
	Hufu__LedgerSeen *in HF_CLEANUP(hf_decoded_done) = HF_DECODE(ledger_seen, body.data, body.len);
	struct page *p;

	if (!in) {
		hf_answer(answer, HF_E_FORMAT, "the question for witnessed ledgers is not of the required form");
		return;
	}
	if (!hf_ledger_reachable_member(l, peer) || !hf_ledger_is_our_witness(l, peer)) {
		hf_answer(answer, HF_E_STANDING, "only a witness is told what another one has recorded");
		return;
	}
	p = hf_alloc_zero(sizeof(*p));
	hufu__ledger_seen_reply__init(&p->reply);
	p->reply.heads = p->list;
	p->after = in->after;
	if (hf_store_scan_settled(l->store, HF_TABLE_WITNESS, NULL, 0, *in->after ? in->after : NULL, strlen(in->after),
	                          add_row, p) == HF_OK)
		hf_ledger_answer(answer, &p->reply.base);
	else
		hf_answer(answer, HF_E_BUSY, "the witness's rows cannot be read");
	for (size_t i = 0; i < p->reply.n_heads; i++)
		hf_decoded_free(p->row[i]);
	free(p);
}
