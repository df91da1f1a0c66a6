/*
 * recover.c - a log that lost entries gets them back from its mirrors.
 *
 * Candidates are asked one after the other which checkpoints they hold; the first that reaches what the witnesses and
 * other peers have shown is fetched from, page by page. Each page is chained to the entry before and proven to lead to
 * that checkpoint before it is stored, so every commit leaves a true prefix and a crash costs nothing but the rest.
 * From the first entry that differs on, what was written here since the loss is put aside (recover_tail.c) and recorded
 * again at the end. Private fields come back where the mirror is a party and holds their opening.
 *
 * The committer makes no entry meanwhile: units with drafts fail, and with them a page that was on its way; it is
 * fetched again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/entry_scan.h"
#include "ledger/recover_internal.h"
#include "proto/codec.h"

/* A page that was checked. */
struct page {
	Hufu__LedgerFetched *in; /* owned */
	struct hf_unit *unit;
	struct hf_edge edge; /* behind it */
	uint64_t fetched, opened;
};

static void ask_next(struct hf_recovery *r);
static void fetch(struct hf_recovery *r);

static void page_free(struct page *p)
{
	if (!p)
		return;
	hf_unit_free(p->unit);
	hf_edge_done(&p->edge);
	hf_decoded_free(p->in);
	free(p);
}

void hf_recovery_free(struct hf_recovery *r)
{
	if (!r)
		return;
	page_free(r->page);
	hf_edge_done(&r->edge);
	hf_buf_done(&r->note);
	free(r->mirror);
	free(r);
}

static void end(struct hf_recovery *r, enum hf_err e)
{
	struct hf_ledger *l = r->ledger;

	l->recovery = NULL;
	r->fn(r->ctx, e, &r->out);
	hf_recovery_free(r);
	hf_ledger_wake(l);
}

/* Back to read-only, behind what is in the store now. */
static void fail(struct hf_recovery *r, enum hf_err e, const char *text)
{
	struct hf_ledger *l = r->ledger;
	struct hf_merkle_range range;

	if (hf_ledger_stored_size(l, &r->stored) == HF_OK &&
	    hf_edge_load(&r->edge, &l->own, &l->rows, r->stored) == HF_OK) {
		hf_edge_range(&r->edge, &range);
		hf_sequence_resume(l->sequence, &range);
	}
	snprintf(r->out.text, sizeof(r->out.text), "%s", text);
	end(r, e);
}

static void fail_for_want(struct hf_recovery *r)
{
	uint64_t need = r->ledger->ahead.size;
	char text[320];

	if (r->wrong && r->start > 0)
		snprintf(
		        text, sizeof(text),
		        "no mirror has entries that follow from the %" PRIu64
		        " signed ones here: what is stored here is not the history that the witnesses know; two people "
		        "may give it up with `hufu ledger recover --override`",
		        r->start);
	else
		snprintf(text, sizeof(text),
		         "the mirrors that answer hold %" PRIu64 " of the %" PRIu64
		         " entries that this ledger must have; bring the other mirrors up, or restore a newer backup",
		         r->best, need > r->ledger->promise.size ? need : r->ledger->promise.size);
	fail(r, r->wrong && r->start > 0 ? HF_E_CONFLICT : HF_E_UNREACHABLE, text);
}

/* ---- the end ---- */

static bool del_checkpoint(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)value;
	hf_unit_del(ctx, HF_TABLE_CHECKPOINT, key.data, key.len);
	return true;
}

static enum hf_err promise(struct hf_recovery *r, const struct hf_promise *p)
{
	struct hf_ledger *l = r->ledger;
	struct hf_promise was;
	struct hf_fault f;

	if (!l->last_signed)
		HF_TRY(hf_last_signed_open(l->base->dir, l->own.origin, &l->last_signed, &was, &f));
	return r->override ? hf_last_signed_replace(l->last_signed, p) : hf_last_signed_write(l->last_signed, p);
}

static void forget_peers(struct hf_ledger *l)
{
	for (size_t i = 0; i < l->peer_count; i++) {
		struct hf_lpeer *p = l->peer[i];

		p->mirror_known = p->complained = false;
		p->witness_size = p->cosigned_size = p->mirror_size = p->mirror_witnessed = 0;
		p->heads_ms = 0;
	}
}

static struct hf_unit *record(struct hf_recovery *r)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_RECOVERY, NULL);
	struct hf_unit *u = hf_unit_new();

	r->out.again = hf_tail_bring_back(r->ledger, u);
	hf_draft_text(d, HF_FIELD_OBJECT, r->ledger->own.origin);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, r->out.mirror);
	hf_draft_outcome(d, HF_OK, NULL);
	hf_draft_textf(d, HF_FIELD_DETAIL,
	               "recovered to the %s checkpoint of %" PRIu64 " entries%s: %" PRIu64
	               " fetched, the private fields of %" PRIu64 " of them came back; %" PRIu64
	               " written since the loss follow again",
	               r->out.witnessed ? "witnessed" : "signed", r->out.size,
	               r->override ? ", giving up what was signed here" : "", r->out.entries, r->out.opened,
	               r->out.again);
	hf_unit_draft(u, d);
	return u;
}

/* What follows again may belong to transactions, which a read-only log takes no more of. */
static void on_again(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct hf_ledger *l = ctx;

	(void)e, (void)info;
	hf_sequence_local(l->sequence, l->setback != HF_SETBACK_NONE);
}

/* Everything is durable: the log goes on. */
static void go_on(struct hf_recovery *r)
{
	struct hf_ledger *l = r->ledger;
	struct hf_merkle_range range;

	hf_edge_range(&r->edge, &l->checked);
	if (hf_ledger_stored_size(l, &r->stored) != HF_OK ||
	    hf_edge_load(&r->edge, &l->own, &l->rows, r->stored) != HF_OK) {
		fail(r, HF_E_STORE, "the stored entries cannot be read; restore the node's folder from a backup");
		return;
	}
	hf_edge_range(&r->edge, &range);
	l->promise = (struct hf_promise){r->goal.size, r->goal.root, 0};
	l->ahead = (struct hf_promise){.size = 0};
	l->setback = HF_SETBACK_NONE;
	l->halted[0] = '\0';
	hf_signed_done(&l->newest);
	hf_round_done(&l->round);
	hf_buf_done(&l->witnessed.note);
	memset(&l->witnessed, 0, sizeof(l->witnessed));
	forget_peers(l);
	hf_round_restore(l);
	hf_sequence_resume(l->sequence, &range);
	hf_evidence_check_own(l); /* what was given up may be known: that key is of no use any more */
	hf_sequence_local(l->sequence, false);
	hf_store_submit(l->store, record(r), on_again, l);
	end(r, HF_OK);
}

static void on_sealed(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct hf_recovery *r = ctx;

	(void)info;
	if (r->ledger->closing)
		return;
	if (e == HF_OK)
		go_on(r);
	else if (++r->tries < HF_RECOVERY_TRIES)
		hf_recovery_seal(r);
	else
		fail(r, e, "the recovered checkpoint could not be stored; look at the log and try again");
}

void hf_recovery_seal(struct hf_recovery *r)
{
	struct hf_ledger *l = r->ledger;
	struct hf_promise p = {r->goal.size, r->goal.root, hf_now_ms(&l->base->clock)};
	struct hf_unit *u = hf_unit_new();
	uint8_t key[8];

	if (promise(r, &p) != HF_OK ||
	    hf_store_scan(l->store, HF_TABLE_CHECKPOINT, NULL, 0, NULL, 0, del_checkpoint, u) != HF_OK) {
		hf_unit_free(u);
		fail(r, HF_E_IO,
		     "the file ledger/last-signed cannot be written; repair the disk, then recover the ledger again");
		return;
	}
	hf_unit_del(u, HF_TABLE_META, HF_SET_BACK_MARK, sizeof(HF_SET_BACK_MARK) - 1);
	hf_put_u64(key, p.size);
	if (p.size > 0)
		hf_unit_put(u, HF_TABLE_CHECKPOINT, key, sizeof(key), r->note.data, r->note.len);
	if (r->out.mirror[0])
		hf_ledger_add_mirror(l, u, r->out.mirror);
	r->out.size = p.size;
	hf_store_submit(l->store, u, on_sealed, r);
}

/* ---- pages ---- */

static bool chained(const struct hf_recovery *r, struct page *p, size_t i, struct hf_entry_view *v,
                    struct hf_hash *ret_leaf)
{
	const ProtobufCBinaryData *b = &p->in->entries[i];

	if (!hf_entry_scan(b->data, b->len, v) || v->index != p->edge.size ||
	    strcmp(v->origin, r->ledger->own.origin) != 0 || memcmp(v->prev, p->edge.last.b, sizeof(v->prev)) != 0)
		return false;
	hf_merkle_leaf(b->data, b->len, ret_leaf);
	return true;
}

static bool leads_to_goal(const struct hf_recovery *r, const struct page *p)
{
	struct hf_merkle_path path = {.count = (uint32_t)p->in->n_proof};
	struct hf_merkle_range range;
	struct hf_hash root;

	if (p->in->n_proof > HF_MERKLE_PATH_MAX)
		return false;
	for (uint32_t i = 0; i < path.count; i++)
		memcpy(path.node[i].b, p->in->proof[i].data, sizeof(path.node[i].b));
	hf_edge_range(&p->edge, &range);
	hf_merkle_range_root(&range, &root);
	return hf_merkle_verify_consistency(range.size, &root, r->goal.size, &r->goal.root, &path);
}

static bool same_as_stored(struct hf_recovery *r, uint64_t index, const ProtobufCBinaryData *b)
{
	struct hf_bytes old;

	return index < r->stored && hf_place_entry(&r->ledger->own, &r->ledger->rows, index, &old) == HF_OK &&
	       old.len == b->len && memcmp(old.data, b->data, b->len) == 0;
}

/* The edge grows whether the page is good or not: its unit goes to the store only when it is. */
static enum hf_err take_entries(struct hf_recovery *r, struct page *p)
{
	const struct hf_sink sink = {.unit = p->unit};
	struct hf_entry_view v;
	struct hf_hash leaf;
	uint8_t key[8];

	for (size_t i = 0; i < p->in->n_entries; i++) {
		if (!chained(r, p, i, &v, &leaf))
			return HF_E_CONFLICT;
		if (p->fetched == 0 && !same_as_stored(r, v.index, &p->in->entries[i]))
			HF_TRY(hf_tail_displace(r->ledger, p->unit, v.index, r->stored));
		else if (p->fetched == 0) {
			HF_TRY(hf_edge_append(&p->edge, &r->ledger->own, &sink, &leaf));
			continue;
		}
		p->fetched++;
		hf_put_u64(key, v.index);
		hf_unit_put(p->unit, HF_TABLE_ENTRY, key, sizeof(key), p->in->entries[i].data, p->in->entries[i].len);
		HF_TRY(hf_edge_append(&p->edge, &r->ledger->own, &sink, &leaf));
	}
	return hf_edge_flush(&p->edge, &r->ledger->own, &sink);
}

static enum hf_err take_openings(struct hf_recovery *r, struct page *p)
{
	uint64_t first = p->edge.size - p->fetched, start = r->edge.size;

	for (size_t i = 0; i < p->in->n_openings; i++) {
		const Hufu__EntryOpening *o = p->in->openings[i];
		Hufu__LedgerEntry *e HF_CLEANUP(hf_decoded_done) = NULL;

		if (o->index < first || o->index - start >= p->in->n_entries)
			continue;
		HF_TRY(hf_entry_decode(p->in->entries[o->index - start].data, p->in->entries[o->index - start].len,
		                       &e));
		HF_TRY(hf_recovery_take_opening(r, p->unit, o, e, &p->opened));
	}
	return p->opened ? hf_slots_sync(r->ledger->opening_keys.slots_copies) : HF_OK;
}

static void on_stored(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct hf_recovery *r = ctx;
	struct page *p = HF_TAKE(r->page);

	(void)info;
	if (r->ledger->closing) {
		page_free(p);
		return;
	}
	if (e == HF_OK) {
		r->tries = 0;
		if (p->fetched && !r->out.entries)
			r->lost_from = p->edge.size - p->fetched;
		r->out.entries += p->fetched;
		r->out.opened += p->opened;
		hf_edge_done(&r->edge);
		r->edge = p->edge;
		hf_edge_init(&p->edge);
		if (p->fetched)
			r->stored = r->edge.size;
	} else {
		r->tries++;
	}
	page_free(p);
	if (r->tries >= HF_RECOVERY_TRIES)
		fail(r, e,
		     "the recovered entries could not be stored; look at the log and at the disk, then try again");
	else if (r->edge.size == r->goal.size)
		hf_recovery_gather_next(r);
	else
		fetch(r);
}

/* A store that holds more than the goal: what follows it was written after the loss. */
static enum hf_err cut(struct hf_recovery *r, struct page *p)
{
	if (p->edge.size != r->goal.size || p->fetched || r->stored <= r->goal.size)
		return HF_OK;
	return hf_tail_displace(r->ledger, p->unit, r->goal.size, r->stored);
}

static void take_page(struct hf_recovery *r, struct page *p)
{
	struct hf_ledger *l = r->ledger;
	enum hf_err e = hf_edge_load(&p->edge, &l->own, &l->rows, r->edge.size);

	if (e == HF_OK && p->in->n_entries > 0 && p->in->n_entries <= r->goal.size - r->edge.size)
		e = take_entries(r, p);
	else if (e == HF_OK)
		e = HF_E_CONFLICT;
	if (e == HF_OK && !leads_to_goal(r, p))
		e = HF_E_CONFLICT;
	if (e == HF_OK)
		e = cut(r, p);
	if (e == HF_OK)
		e = take_openings(r, p);
	if (e == HF_OK) {
		r->page = p;
		hf_store_submit(l->store, HF_TAKE(p->unit), on_stored, r);
		return;
	}
	page_free(p);
	if (e == HF_E_CONFLICT) {
		r->wrong = true;
		ask_next(r);
	} else {
		fail(r, e, "the recovered entries could not be stored; look at the disk, then try again");
	}
}

static void on_page(struct hf_ledger *l, struct hf_lpeer *peer, struct hf_reply *reply, void *ctx)
{
	struct hf_recovery *r = ctx;
	struct page *p;

	(void)peer;
	if (l->closing)
		return;
	if (reply->error != HF_OK) {
		ask_next(r);
		return;
	}
	p = hf_alloc_zero(sizeof(*p));
	hf_edge_init(&p->edge);
	p->unit = hf_unit_new();
	p->in = HF_DECODE(ledger_fetched, reply->body.data, reply->body.len);
	if (p->in) {
		take_page(r, p);
		return;
	}
	page_free(p);
	ask_next(r);
}

static void call(struct hf_recovery *r, uint64_t size, hf_lane_reply_fn fn)
{
	Hufu__LedgerFetch m = HUFU__LEDGER_FETCH__INIT;

	m.origin = r->ledger->own.origin;
	m.start = size ? r->edge.size : 0;
	m.size = size;
	hf_lane_call(r->ledger, hf_ledger_peer(r->ledger, r->mirror[r->at - 1]), HF_LANE_RECOVER, HF_MSG_LEDGER_FETCH,
	             &m.base, fn, r);
}

static void fetch(struct hf_recovery *r)
{
	call(r, r->goal.size, on_page);
}

/* ---- which mirror ---- */

/* A checkpoint of this log that is good enough to go on from. */
static bool fits(struct hf_recovery *r, struct hf_bytes note, bool witnessed)
{
	struct hf_ledger *l = r->ledger;
	struct hf_worth w;
	uint64_t need = l->ahead.size;

	if (!r->override && l->promise.size > need)
		need = l->promise.size;
	if (note.len == 0 || hf_note_weigh(hf_ledger_space(l), l->base->self.s, note.data, note.len,
	                                   hf_now_ms(&l->base->clock), &w) != HF_OK)
		return false;
	if (w.checkpoint.size > r->best)
		r->best = w.checkpoint.size;
	if (w.checkpoint.size < need || (witnessed && !w.witnessed))
		return false;
	r->goal = w.checkpoint;
	r->out.witnessed = w.witnessed;
	hf_buf_clear(&r->note);
	return hf_buf_add(&r->note, note.data, note.len);
}

static void on_held(struct hf_ledger *l, struct hf_lpeer *p, struct hf_reply *reply, void *ctx)
{
	Hufu__LedgerFetched *in HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_recovery *r = ctx;

	if (l->closing)
		return;
	in = reply->error == HF_OK ? HF_DECODE(ledger_fetched, reply->body.data, reply->body.len) : NULL;
	if (!in || (!fits(r, hf_bytes_of(&in->witnessed_note), true) && !fits(r, hf_bytes_of(&in->note), false))) {
		ask_next(r);
		return;
	}
	snprintf(r->out.mirror, sizeof(r->out.mirror), "%s", p->node);
	fetch(r);
}

static void ask_next(struct hf_recovery *r)
{
	if (r->at == r->mirrors) {
		fail_for_want(r);
		return;
	}
	r->at++;
	call(r, 0, on_held);
}

/* Members who are named as mirrors first; the others may store this ledger as parties. */
static void find_mirrors(struct hf_recovery *r)
{
	struct hf_ledger *l = r->ledger;
	const Hufu__Descriptor *d = hf_space_current(hf_ledger_space(l));

	r->mirror = hf_alloc((d->n_members + 1) * sizeof(*r->mirror));
	for (unsigned named = 2; named-- > 0;)
		for (size_t i = 0; i < d->n_members; i++) {
			const char *id = d->members[i]->id;

			if (hf_ledger_reachable_member(l, id) && hf_ledger_is_our_mirror(l, id) == (named == 1))
				snprintf(r->mirror[r->mirrors++], sizeof(*r->mirror), "%s", id);
		}
}

/* Nothing is lost, only the file that says what was signed: peers hold nothing that is not here. */
static bool nothing_to_fetch(struct hf_recovery *r)
{
	struct hf_ledger *l = r->ledger;
	uint8_t key[8];

	if (l->setback != HF_SETBACK_PROMISE || l->ahead.size > 0)
		return false;
	hf_put_u64(key, l->promise.size);
	r->goal = (struct hf_checkpoint){.size = l->promise.size, .root = l->promise.root};
	return hf_edge_load(&r->edge, &l->own, &l->rows, l->promise.size) == HF_OK &&
	       (l->promise.size == 0 ||
	        hf_store_get(l->store, HF_TABLE_CHECKPOINT, key, sizeof(key), &r->note) == HF_OK);
}

/* The newest checkpoint on record whose entries are all here: what lies below it is right unless two histories were
 * signed. */
static bool take_start(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct hf_recovery *r = ctx;

	(void)value;
	if (key.len != 8 || hf_get_u64(key.data) > r->stored)
		return true;
	r->start = hf_get_u64(key.data);
	return false;
}

/* No entry is made any more, and none is on its way. */
static void on_still(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct hf_recovery *r = ctx;
	struct hf_ledger *l = r->ledger;

	(void)e, (void)info;
	if (l->closing)
		return;
	if (nothing_to_fetch(r)) {
		hf_recovery_seal(r);
		return;
	}
	if (hf_ledger_stored_size(l, &r->stored) != HF_OK ||
	    (!r->override &&
	     hf_store_scan_back(l->store, HF_TABLE_CHECKPOINT, NULL, 0, NULL, 0, take_start, r) != HF_OK) ||
	    hf_edge_load(&r->edge, &l->own, &l->rows, r->start) != HF_OK) {
		fail(r, HF_E_STORE, "the stored entries cannot be read; restore the node's folder from a backup");
		return;
	}
	ask_next(r);
}

static enum hf_err may_recover(struct hf_ledger *l, bool override, struct hf_fault *f)
{
	if (l->recovery)
		return hf_fault_set(f, HF_E_BUSY, "the ledger is being recovered already; wait for its end");
	if (l->setback == HF_SETBACK_NONE)
		return hf_fault_set(f, HF_E_STATE, "%s",
		                    l->halted[0]
		                            ? "the stored entries are damaged, which no mirror can mend under them; "
		                              "restore the node's folder from a backup"
		                            : "nothing is lost: this ledger holds all that its witnesses have seen");
	if (l->setback == HF_SETBACK_KEY)
		return hf_fault_set(
		        f, HF_E_STATE,
		        "no peer has shown an entry that is not here; what this ledger waits for is another "
		        "log key: `hufu keys rotate log`, and the space authority's next descriptor");
	if (l->setback != HF_SETBACK_BEHIND && !override)
		return hf_fault_set(f, HF_E_STATE,
		                    "what was signed here would be given up, which two people must want: "
		                    "`hufu ledger recover --override`");
	if (!l->started || !hf_gate_open(l))
		return hf_fault_set(
		        f, HF_E_BUSY,
		        "too few witnesses have said what they have seen of this ledger; check `hufu peers` "
		        "and try again");
	return HF_OK;
}

enum hf_err hf_ledger_recover(struct hf_ledger *l, bool override,
                              void (*fn)(void *ctx, enum hf_err e, const struct hf_ledger_recovered *c), void *ctx,
                              struct hf_fault *f)
{
	struct hf_recovery *r;

	HF_TRY(may_recover(l, override, f));
	r = hf_alloc_zero(sizeof(*r));
	*r = (struct hf_recovery){.ledger = l, .fn = fn, .ctx = ctx, .override = override};
	hf_buf_init(&r->note, HF_NOTE_BYTES_MAX);
	hf_edge_init(&r->edge);
	l->recovery = r;
	find_mirrors(r);
	hf_sequence_halt(l->sequence);
	hf_store_submit(l->store, hf_unit_new(), on_still, r);
	return HF_OK;
}
