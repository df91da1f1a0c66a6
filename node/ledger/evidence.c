/*
 * evidence.c - proof that a log signed two histories: verified before anything, kept as a row and as a public entry,
 * sent to every member at once and until each has it. While the log signs with that key nothing of it is cosigned or
 * mirrored any further, and both branches are kept; a new log key in a descriptor begins anew.
 */
#include "evidence/equivocation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"
#include "proto/codec.h"

#define TAKEN_MAX 32u /* pieces of evidence of one peer that are verified in a minute */

struct hf_bytes hf_evidence_part(struct hf_bytes note, const char *origin, struct hf_buf *out)
{
	const uint8_t *gap = note.len == 0 ? NULL : memmem(note.data, note.len, "\n\n", 2),
	              *at = gap ? gap + 2 : note.data, *end = note.data + note.len;
	char lead[HF_ORIGIN_MAX + 8];
	int lead_len = snprintf(lead, sizeof(lead), "\xe2\x80\x94 %s ", origin);

	hf_buf_add(out, note.data, (size_t)(at - note.data));
	while (at < end) {
		const uint8_t *lf = memchr(at, '\n', (size_t)(end - at)), *stop = lf ? lf + 1 : end;

		if (stop - at > lead_len && memcmp(at, lead, (size_t)lead_len) == 0)
			hf_buf_add(out, at, (size_t)(stop - at));
		at = stop;
	}
	return (struct hf_bytes){out->data, out->len};
}

static size_t prefix_of(const char *origin, uint8_t key[HF_KEY_MAX])
{
	size_t len = strlen(origin) + 1;

	memcpy(key, origin, len);
	return len;
}

static size_t key_of(const char *origin, const struct hf_sign_pub *pub, uint8_t key[HF_KEY_MAX])
{
	size_t len = prefix_of(origin, key);

	memcpy(key + len, pub->b, sizeof(pub->b));
	return len + sizeof(pub->b);
}

/* ---- what is frozen ---- */

static bool stop_at_first(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)key, (void)value;
	*(bool *)ctx = true;
	return false;
}

bool hf_frozen(struct hf_ledger *l, const char *origin)
{
	uint8_t key[HF_KEY_MAX];
	struct hf_sign_pub pub;
	struct hf_name node;
	bool any = false;

	if (!hf_ledger_space(l) || !hf_space_origin_node(l->space_id, origin, &node))
		return false;
	if (hf_space_key(hf_ledger_space(l), node.s, HF_KEY_LOG, hf_now_ms(&l->base->clock), pub.b))
		return hf_store_has(l->store, HF_TABLE_EVIDENCE, key, key_of(origin, &pub, key));
	return hf_store_scan(l->store, HF_TABLE_EVIDENCE, key, prefix_of(origin, key), NULL, 0, stop_at_first, &any) !=
	               HF_OK ||
	       any;
}

/* Is the note of the log's present key, and the evidence of an earlier one? */
static bool begun_anew(struct hf_ledger *l, const struct hf_equivocation *q, const ProtobufCBinaryData *note)
{
	int64_t now = hf_now_ms(&l->base->clock);
	struct hf_sign_pub pub;
	struct hf_worth w;

	return hf_space_key(hf_ledger_space(l), q->node.s, HF_KEY_LOG, now, pub.b) &&
	       memcmp(pub.b, q->key.b, sizeof(pub.b)) != 0 &&
	       hf_note_weigh(hf_ledger_space(l), q->node.s, note->data, note->len, now, &w) == HF_OK;
}

static void freeze(struct hf_ledger *l, struct hf_unit *unit, const char *origin, const struct hf_equivocation *q)
{
	Hufu__WitnessRow *w HF_CLEANUP(hf_decoded_done) = hf_witness_row(l, origin);
	Hufu__MirrorRow *m HF_CLEANUP(hf_decoded_done) = hf_mirror_row(l, origin);

	if (w && !begun_anew(l, q, &w->note)) {
		w->frozen = true;
		hf_witness_row_put(unit, origin, w);
	}
	if (m && !begun_anew(l, q, &m->note)) {
		m->frozen = true;
		hf_mirror_row_put(unit, origin, m);
	}
}

void hf_evidence_check_own(struct hf_ledger *l)
{
	if (l->halted[0] || !hf_frozen(l, l->own.origin))
		return;
	hf_ledger_set_back(l, HF_SETBACK_KEY, NULL,
	                   "this node's log key has signed two histories, and every member can prove it: another "
	                   "copy of this node was running; find it, and ask the space authority for a new log key");
}

/* ---- keeping it ---- */

static void put_row(struct hf_unit *u, const uint8_t *key, size_t key_len, const Hufu__EvidenceRow *row)
{
	size_t len;
	uint8_t *value = hf_encode(&row->base, &len);

	if (!value)
		abort();
	hf_unit_put(u, HF_TABLE_EVIDENCE, key, key_len, value, len);
	free(value);
}

static void keep(struct hf_ledger *l, struct hf_unit *unit, const Hufu__LedgerEvidence *e,
                 const struct hf_sign_pub *pub, const char *from)
{
	Hufu__EvidenceRow row = HUFU__EVIDENCE_ROW__INIT;
	uint8_t key[HF_KEY_MAX], *bytes;
	size_t len;

	bytes = hf_encode(&e->base, &len);
	if (!bytes)
		abort();
	row.evidence = hf_binary(bytes, len);
	row.seen_ms = hf_now_ms(&l->base->clock);
	row.from = (char *)(uintptr_t)from;
	row.told = &row.from; /* who sent it has it; this node is no peer of its own */
	row.n_told = 1;
	put_row(unit, key, key_of(e->origin, pub, key), &row);
	free(bytes);
}

static void record(struct hf_ledger *l, struct hf_unit *unit, const Hufu__LedgerEvidence *e,
                   const struct hf_equivocation *q, const char *from)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_EQUIVOCATION, NULL);

	hf_draft_text(d, HF_FIELD_ACTOR, from);
	hf_draft_text(d, HF_FIELD_OBJECT, e->origin);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, q->node.s);
	hf_draft_outcome(d, HF_E_CONFLICT, "two signed checkpoints of this ledger contradict each other");
	hf_draft_bytes(d, HF_FIELD_EXCEPTION, e->first.data, e->first.len);
	hf_draft_bytes(d, HF_FIELD_ALARM, e->second.data, e->second.len);
	hf_unit_draft(unit, d);
	hf_alarm(l->base, "ledger-equivocation", NULL,
	         "the ledger of %s contradicts itself: its log key signed two histories; the proof is kept and goes to "
	         "every member (`hufu ledger evidence`), and nothing more of that ledger is cosigned or mirrored",
	         q->node.s);
}

static void tell_all_anew(struct hf_ledger *l)
{
	for (size_t i = 0; i < l->peer_count; i++)
		l->peer[i]->evidence_told = false;
	hf_ledger_wake(l);
}

enum hf_err hf_evidence_take(struct hf_ledger *l, struct hf_unit *unit, const Hufu__LedgerEvidence *e, const char *from)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_equivocation q;
	uint8_t key[HF_KEY_MAX];

	HF_TRY(hf_equivocation_check(hf_ledger_space(l), e, &q, &f));
	if (hf_store_has(l->store, HF_TABLE_EVIDENCE, key, key_of(e->origin, &q.key, key)))
		return HF_OK;
	keep(l, unit, e, &q.key, from);
	hf_metrics_add(l->base->metrics, "equivocations_total", 1);
	tell_all_anew(l);
	if (strcmp(q.node.s, l->base->self.s) == 0)
		return HF_OK; /* the caller halts when the row is on its way */
	freeze(l, unit, e->origin, &q);
	if (l->halted[0]) /* no entry can follow; a draft would take the row down with it */
		HF_LOG(l->base->log, HF_LOG_ALARM, "ledger", "equivocation", NULL, HF_LOG_S("peer", q.node.s));
	else
		record(l, unit, e, &q, from);
	return HF_OK;
}

/* ---- making it ---- */

enum hf_err hf_evidence_pair(struct hf_ledger *l, struct hf_unit *unit, const char *origin, struct hf_bytes first,
                             struct hf_bytes second, const struct hf_shown *shown)
{
	struct hf_buf one HF_CLEANUP(hf_buf_done) = HF_BUF_INIT, two HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	ProtobufCBinaryData proof[HF_MERKLE_PATH_MAX];
	Hufu__LedgerEvidence e = HUFU__LEDGER_EVIDENCE__INIT;
	struct hf_bytes part = hf_evidence_part(first, origin, &one);

	e.origin = (char *)(uintptr_t)origin;
	e.first = hf_binary(part.data, part.len);
	part = hf_evidence_part(second, origin, &two);
	e.second = hf_binary(part.data, part.len);
	if (shown) {
		for (uint32_t i = 0; i < shown->path.count; i++)
			proof[i] = hf_binary(shown->path.node[i].b, sizeof(shown->path.node[i].b));
		e.shown_root = hf_binary(shown->root.b, sizeof(shown->root.b));
		e.proof = proof;
		e.n_proof = shown->path.count;
	}
	return hf_evidence_take(l, unit, &e, l->base->self.s);
}

bool hf_mirror_contradicts(struct hf_ledger *l, const char *origin, const Hufu__MirrorRow *m,
                           const struct hf_checkpoint *c, struct hf_shown *ret_shown)
{
	struct hf_place place = {.own = false};
	struct hf_tree tree = {&place, &l->rows};

	memcpy(place.origin, origin, strlen(origin) + 1);
	return c->size > 0 && c->size <= m->size && hf_tree_root(&tree, c->size, &ret_shown->root) &&
	       !hf_hash_equal(&ret_shown->root, &c->root) &&
	       hf_merkle_consistency(hf_tree_read, &tree, c->size, m->size, &ret_shown->path);
}

/* ---- to and from the peers ---- */

struct telling {
	const char *peer;
	uint8_t key[HF_KEY_MAX];
	size_t key_len;
	Hufu__EvidenceRow *row; /* the first that the peer lacks */
};

static bool was_told(const Hufu__EvidenceRow *row, const char *peer)
{
	for (size_t i = 0; i < row->n_told; i++)
		if (strcmp(row->told[i], peer) == 0)
			return true;
	return false;
}

static bool find_untold(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct telling *t = ctx;
	Hufu__EvidenceRow *row = HF_DECODE_OWN(evidence_row, value.data, value.len);

	if (!row || key.len > sizeof(t->key) || was_told(row, t->peer)) {
		hf_decoded_free(row);
		return true;
	}
	memcpy(t->key, key.data, key.len);
	t->key_len = key.len;
	t->row = row;
	return false;
}

static void note_told(struct hf_ledger *l, struct hf_lpeer *p, const struct telling *t)
{
	Hufu__EvidenceRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	Hufu__EvidenceRow next;
	struct hf_bytes v;
	struct hf_unit *u;
	char **told;

	if (hf_rows_get(&l->rows, HF_TABLE_EVIDENCE, t->key, t->key_len, &v) != HF_OK ||
	    !(row = HF_DECODE_OWN(evidence_row, v.data, v.len)) || was_told(row, p->node))
		return;
	told = hf_alloc((row->n_told + 1) * sizeof(*told));
	if (row->n_told > 0)
		memcpy(told, row->told, row->n_told * sizeof(*told));
	told[row->n_told] = p->node;
	next = *row;
	next.told = told;
	next.n_told++;
	u = hf_unit_new();
	put_row(u, t->key, t->key_len, &next);
	hf_store_submit(l->store, u, NULL, NULL);
	free(told);
}

static void on_told(struct hf_ledger *l, struct hf_lpeer *p, struct hf_reply *r, void *ctx)
{
	struct telling *t = ctx;

	if (!l->closing && r->error == HF_OK)
		note_told(l, p, t);
	free(t);
}

static void send_to(struct hf_ledger *l, struct hf_lpeer *p)
{
	struct telling *t = hf_alloc_zero(sizeof(*t));
	Hufu__LedgerEvidence *e HF_CLEANUP(hf_decoded_done) = NULL;

	t->peer = p->node;
	if (hf_store_scan(l->store, HF_TABLE_EVIDENCE, NULL, 0, NULL, 0, find_untold, t) == HF_OK && !t->row)
		p->evidence_told = true;
	if (t->row)
		e = HF_DECODE(ledger_evidence, t->row->evidence.data, t->row->evidence.len);
	hf_decoded_free(HF_TAKE(t->row));
	if (e)
		hf_lane_call(l, p, HF_LANE_EVIDENCE, HF_MSG_LEDGER_EVIDENCE, &e->base, on_told, t);
	else
		free(t);
}

void hf_evidence_pump(struct hf_ledger *l)
{
	const Hufu__Descriptor *d = hf_space_current(hf_ledger_space(l));

	for (size_t i = 0; d && i < d->n_members; i++) {
		struct hf_lpeer *p;

		if (!hf_ledger_reachable_member(l, d->members[i]->id))
			continue;
		p = hf_ledger_peer(l, d->members[i]->id);
		if (!p->evidence_told && hf_lane_ready(l, &p->lane[HF_LANE_EVIDENCE]))
			send_to(l, p);
	}
}

/* ---- who lost it ---- */

static bool add_key(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)value;
	return hf_buf_add(ctx, key.data, key.len);
}

bool hf_evidence_digest(struct hf_ledger *l, struct hf_hash *ret_digest)
{
	struct hf_buf keys HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;

	if (hf_store_scan(l->store, HF_TABLE_EVIDENCE, NULL, 0, NULL, 0, add_key, &keys) != HF_OK || keys.len == 0)
		return false;
	hf_sha256(keys.data, keys.len, ret_digest);
	return true;
}

struct forgetting {
	struct hf_unit *unit;
	const char *peer;
};

static bool forget_one(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct forgetting *g = ctx;
	Hufu__EvidenceRow *row HF_CLEANUP(hf_decoded_done) = HF_DECODE_OWN(evidence_row, value.data, value.len);
	Hufu__EvidenceRow next;
	size_t n = 0;

	if (!row || !was_told(row, g->peer))
		return true;
	next = *row;
	next.told = hf_alloc(row->n_told * sizeof(*next.told));
	for (size_t i = 0; i < row->n_told; i++)
		if (strcmp(row->told[i], g->peer) != 0)
			next.told[n++] = row->told[i];
	next.n_told = n;
	put_row(g->unit, key.data, key.len, &next);
	free(next.told);
	return true;
}

void hf_evidence_compare(struct hf_ledger *l, struct hf_lpeer *p, struct hf_bytes theirs)
{
	struct forgetting g = {NULL, p->node};
	struct hf_hash ours;

	if (!hf_evidence_digest(l, &ours) ||
	    (theirs.len == sizeof(ours.b) && memcmp(theirs.data, ours.b, sizeof(ours.b)) == 0))
		return;
	g.unit = hf_unit_new();
	if (hf_store_scan(l->store, HF_TABLE_EVIDENCE, NULL, 0, NULL, 0, forget_one, &g) != HF_OK ||
	    hf_unit_empty(g.unit))
		hf_unit_free(g.unit);
	else
		hf_store_submit(l->store, g.unit, NULL, NULL);
	p->evidence_told = false;
}

struct pending {
	struct hf_ledger *ledger;
	struct hf_answer answer;
};

static void on_durable(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct pending *p = ctx;
	Hufu__LedgerEvidenceReply reply = HUFU__LEDGER_EVIDENCE_REPLY__INIT;

	(void)info;
	reply.known = true;
	if (e == HF_OK)
		hf_ledger_answer(&p->answer, &reply.base);
	else
		hf_answer(&p->answer, HF_E_BUSY, "the evidence could not be stored");
	free(p);
}

/* The loop's time is not the peer's: each piece costs signatures to verify. */
static bool may_verify(struct hf_ledger *l, struct hf_lpeer *p)
{
	int64_t now = hf_ledger_mono(l);

	if (now >= p->evidence_ms + HF_LEDGER_HEADS_MS) {
		p->evidence_ms = now;
		p->evidence_taken = 0;
	}
	return p->evidence_taken++ < TAKEN_MAX;
}

void hf_evidence_on_request(struct hf_ledger *l, const char *peer, struct hf_bytes body, const struct hf_answer *answer)
{
	Hufu__LedgerEvidence *e HF_CLEANUP(hf_decoded_done) = HF_DECODE(ledger_evidence, body.data, body.len);
	struct hf_unit *u;
	struct pending *p;
	enum hf_err err;

	if (!e) {
		hf_answer(answer, HF_E_FORMAT, "the evidence is not of the required form");
		return;
	}
	if (!may_verify(l, hf_ledger_peer(l, peer))) {
		hf_answer(answer, HF_E_BUSY, "too many pieces of evidence within a minute; send the rest later");
		return;
	}
	u = hf_unit_new();
	err = hf_evidence_take(l, u, e, peer);
	if (err != HF_OK) {
		hf_unit_free(u);
		hf_answer(answer, err, "the two checkpoints are no proof of two histories of that ledger");
		return;
	}
	p = hf_alloc_zero(sizeof(*p));
	*p = (struct pending){l, *answer};
	hf_store_submit(l->store, u, on_durable, p);
	hf_evidence_check_own(l);
}

/* ---- reading ---- */

struct listing {
	struct hf_ledger *l;
	hf_evidence_fn fn;
	void *ctx;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *s = ctx;
	Hufu__EvidenceRow *row HF_CLEANUP(hf_decoded_done) = HF_DECODE_OWN(evidence_row, value.data, value.len);
	Hufu__LedgerEvidence *e HF_CLEANUP(hf_decoded_done) =
	        row ? HF_DECODE(ledger_evidence, row->evidence.data, row->evidence.len) : NULL;
	struct hf_fault f = {HF_OK, ""};
	struct hf_equivocation q;

	(void)key;
	if (!e || hf_equivocation_check(hf_ledger_space(s->l), e, &q, &f) != HF_OK)
		return true;
	return s->fn(s->ctx, &(struct hf_evidence_view){q.node.s, row->from, row->seen_ms, q.first.size, q.second.size,
	                                                row->n_told - was_told(row, s->l->base->self.s),
	                                                hf_frozen(s->l, e->origin), e});
}

enum hf_err hf_ledger_evidence(struct hf_ledger *l, hf_evidence_fn fn, void *ctx)
{
	struct listing s = {l, fn, ctx};

	if (!hf_ledger_space(l))
		return HF_E_STATE;
	return hf_store_scan(l->store, HF_TABLE_EVIDENCE, NULL, 0, NULL, 0, list_row, &s);
}

struct search {
	struct hf_ledger *l;
	const char *node;
	struct hf_buf *out;
	enum hf_err err;
};

static bool write_one(void *ctx, const struct hf_evidence_view *v)
{
	struct search *s = ctx;

	if (strcmp(v->node, s->node) != 0)
		return true;
	hf_buf_clear(s->out);
	s->err = hf_equivocation_file(hf_ledger_space(s->l), v->evidence, s->out);
	return !v->frozen; /* the one that counts now, else the last */
}

enum hf_err hf_ledger_evidence_file(struct hf_ledger *l, const char *node, struct hf_buf *out)
{
	struct search s = {l, node, out, HF_E_UNKNOWN};

	HF_TRY(hf_ledger_evidence(l, write_one, &s));
	return s.err;
}
