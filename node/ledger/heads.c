/*
 * heads.c - anti-entropy: what each of two nodes has seen of the ledgers, always including the peer's own, when a peer
 * comes up and every minute. Also the gate at start: nothing is signed before a quorum of witnesses has told what it
 * has seen of this log.
 *
 * Only a checkpoint that carries the log's own signature is believed about that log; a bare number from a peer moves
 * nothing but what is sent to that same peer.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"
#include "proto/codec.h"

#define GOSSIP_MAX 64u                      /* heads of other ledgers in one message */
#define WEIGHED_MAX (10 * (GOSSIP_MAX + 2)) /* heads of one peer whose signatures are checked in a minute */

struct told_one {
	char origin[HF_ORIGIN_MAX + 1];
	struct hf_hash note;
};
struct hf_told {
	size_t count;
	struct told_one one[];
};

void hf_told_free(struct hf_told *t)
{
	free(t);
}

/* Remembers that p is told of these notes now; false when it knew. */
static bool tell(struct hf_lpeer *p, const char *origin, struct hf_bytes note, struct hf_bytes second)
{
	struct hf_buf both HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_hash digest;
	size_t i, count = p->told ? p->told->count : 0;

	hf_buf_add(&both, note.data, note.len);
	hf_buf_add(&both, second.data, second.len);
	hf_sha256(both.data, both.len, &digest);
	for (i = 0; i < count && strcmp(p->told->one[i].origin, origin) != 0; i++)
		;
	if (i < count && hf_hash_equal(&p->told->one[i].note, &digest))
		return false;
	if (i == count) {
		p->told = hf_realloc(p->told, sizeof(*p->told) + (count + 1) * sizeof(p->told->one[0]));
		p->told->count = count + 1;
		memcpy(p->told->one[i].origin, origin, strlen(origin) + 1);
	}
	p->told->one[i].note = digest;
	return true;
}

/* A message being made; owns its heads and the rows they point into. */
struct message {
	struct hf_ledger *ledger;
	struct hf_lpeer *peer;
	Hufu__LedgerHeads heads;
	struct hf_hash evidence;
	Hufu__LedgerHead head[GOSSIP_MAX + 2];
	Hufu__LedgerHead *list[GOSSIP_MAX + 2];
	void *decoded[GOSSIP_MAX + 2];
	size_t decoded_count;
	char origin[GOSSIP_MAX + 2][HF_ORIGIN_MAX + 1];
};

static struct message *message_new(struct hf_ledger *l, const char *peer)
{
	struct message *m = hf_alloc_zero(sizeof(*m));

	m->ledger = l;
	m->peer = hf_ledger_peer(l, peer);
	hufu__ledger_heads__init(&m->heads);
	m->heads.heads = m->list;
	if (hf_evidence_digest(l, &m->evidence))
		m->heads.evidence = hf_binary(m->evidence.b, sizeof(m->evidence.b));
	return m;
}

static void message_free(struct message *m)
{
	for (size_t i = 0; i < m->decoded_count; i++)
		hf_decoded_free(m->decoded[i]);
	free(m);
}

static void add_head(struct message *m, const char *origin, uint64_t size, struct hf_bytes root, struct hf_bytes note)
{
	size_t at = m->heads.n_heads++;
	Hufu__LedgerHead *h = m->list[at] = &m->head[at];

	hufu__ledger_head__init(h);
	memcpy(m->origin[at], origin, strlen(origin) + 1);
	h->origin = m->origin[at];
	h->size = size;
	h->root = hf_binary(root.data, root.len);
	h->note = hf_binary(note.data, note.len);
}

static void add_own(struct message *m)
{
	struct hf_ledger *l = m->ledger;
	const struct hf_buf *note = &l->round.note;

	if (l->round.size == 0)
		return;
	add_head(m, l->own.origin, l->round.size, (struct hf_bytes){l->round.root.b, sizeof(l->round.root.b)},
	         (struct hf_bytes){note->data, note->len});
}

/* What this node has seen of the peer's ledger, as witness or as mirror: also when that is nothing. */
static void add_peers_own(struct message *m)
{
	char origin[HF_ORIGIN_MAX + 1];
	Hufu__WitnessRow *w;
	Hufu__MirrorRow *r;

	hf_space_origin(m->ledger->space_id, m->peer->node, origin);
	w = hf_witness_row(m->ledger, origin);
	r = hf_mirror_row(m->ledger, origin);
	m->decoded[m->decoded_count++] = w;
	m->decoded[m->decoded_count++] = r;
	if (r && (!w || r->size > w->size))
		add_head(m, origin, r->size, hf_bytes_of(&r->root), hf_bytes_of(&r->note));
	else if (w)
		add_head(m, origin, w->size, hf_bytes_of(&w->root), hf_bytes_of(&w->note));
	else
		add_head(m, origin, 0, (struct hf_bytes){NULL, 0}, (struct hf_bytes){NULL, 0});
}

/* The log of a row that the peer is to hear of: not its own, which always goes. */
static bool gossip_about(const struct message *m, struct hf_bytes key, char origin[HF_ORIGIN_MAX + 1])
{
	char peers[HF_ORIGIN_MAX + 1];

	if (key.len > HF_ORIGIN_MAX)
		return false;
	memcpy(origin, key.data, key.len);
	origin[key.len] = '\0';
	hf_space_origin(m->ledger->space_id, m->peer->node, peers);
	return strcmp(origin, peers) != 0;
}

/* The copy held here, when it is of another size than what was cosigned: the log may have shown one history each. */
static Hufu__MirrorRow *second_row(struct message *m, const char *origin, const Hufu__WitnessRow *first)
{
	Hufu__MirrorRow *row = hf_mirror_row(m->ledger, origin);

	if (row && row->size > 0 &&
	    (row->size != first->size || row->root.len != first->root.len ||
	     memcmp(row->root.data, first->root.data, first->root.len) != 0))
		return row;
	hf_decoded_free(row);
	return NULL;
}

static bool add_gossip(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct message *m = ctx;
	char origin[HF_ORIGIN_MAX + 1];
	Hufu__WitnessRow *row;
	Hufu__MirrorRow *second;

	if (!gossip_about(m, key, origin))
		return true;
	row = HF_DECODE_OWN(witness_row, value.data, value.len);
	second = row ? second_row(m, origin, row) : NULL;
	if (!row || !tell(m->peer, origin, hf_bytes_of(&row->note),
	                  second ? hf_bytes_of(&second->note) : (struct hf_bytes){NULL, 0})) {
		hf_decoded_free(row);
		hf_decoded_free(second);
		return true;
	}
	m->decoded[m->decoded_count++] = row;
	add_head(m, origin, row->size, hf_bytes_of(&row->root), hf_bytes_of(&row->note));
	if (second) {
		m->decoded[m->decoded_count++] = second;
		add_head(m, origin, second->size, hf_bytes_of(&second->root), hf_bytes_of(&second->note));
	}
	return m->heads.n_heads < GOSSIP_MAX;
}

/* Of logs that this node only mirrors: what a party was shown is compared with what the witnesses were. */
static bool add_mirrored(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct message *m = ctx;
	char origin[HF_ORIGIN_MAX + 1];
	Hufu__MirrorRow *row;

	if (m->heads.n_heads >= GOSSIP_MAX)
		return false;
	if (!gossip_about(m, key, origin) || hf_store_has(m->ledger->store, HF_TABLE_WITNESS, origin, strlen(origin)))
		return true;
	row = HF_DECODE_OWN(mirror_row, value.data, value.len);
	if (!row || row->size == 0 || !tell(m->peer, origin, hf_bytes_of(&row->note), (struct hf_bytes){NULL, 0})) {
		hf_decoded_free(row);
		return true;
	}
	m->decoded[m->decoded_count++] = row;
	add_head(m, origin, row->size, hf_bytes_of(&row->root), hf_bytes_of(&row->note));
	return true;
}

/* False when the signatures are not good, and when the peer has had as many checked as it may: the loop's time is not
 * its own. */
static bool weigh(struct hf_ledger *l, struct hf_lpeer *p, const char *log, struct hf_bytes note,
                  struct hf_worth *ret_worth)
{
	int64_t now = hf_ledger_mono(l);

	if (now >= p->weighed_ms + HF_LEDGER_HEADS_MS) {
		p->weighed_ms = now;
		p->weighed = 0;
	}
	if (note.len == 0 || p->weighed > WEIGHED_MAX)
		return false;
	if (++p->weighed <= WEIGHED_MAX)
		return hf_note_weigh(hf_ledger_space(l), log, note.data, note.len, hf_now_ms(&l->base->clock),
		                     ret_worth) == HF_OK;
	hf_alarm(l->base, "heads-flood", NULL,
	         "%s has sent more than %u ledger heads within a minute; no more of them are looked at in that minute",
	         p->node, WEIGHED_MAX);
	return false;
}

/* Stops on proof only: what cannot be read now is compared at the next exchange. */
bool hf_heads_check_own(struct hf_ledger *l, struct hf_lpeer *p, const Hufu__LedgerHead *h)
{
	struct hf_tree tree = {&l->own, &l->rows};
	uint64_t stored = hf_sequence_size(l->sequence);
	struct hf_promise at = {.size = 0};
	struct hf_worth w;
	struct hf_hash root;

	if (!weigh(l, p, l->base->self.s, hf_bytes_of(&h->note), &w))
		return true;
	at.size = w.checkpoint.size;
	at.root = w.checkpoint.root;
	if (at.size <= stored && !hf_tree_root(&tree, at.size, &root)) {
		HF_LOG(l->base->log, HF_LOG_ERROR, "ledger", "own-head-unread", NULL, HF_LOG_S("peer", p->node),
		       HF_LOG_I("size", at.size), HF_LOG_E(HF_E_STORE));
		return false;
	}
	if (at.size <= stored && hf_hash_equal(&root, &at.root))
		return true;
	if (at.size > l->promise.size || at.size > stored) /* what is here beyond the promise was never signed */
		hf_ledger_set_back(l, HF_SETBACK_BEHIND, &at,
		                   "%s holds a checkpoint that this log signed for %" PRIu64
		                   " entries, and here are only %" PRIu64
		                   " that it signed: read-only, behind the witnessed size; recover with `hufu ledger "
		                   "recover`",
		                   p->node, at.size, l->promise.size < stored ? l->promise.size : stored);
	else
		hf_ledger_set_back(l, HF_SETBACK_FORK, &at,
		                   "%s holds a checkpoint that this log signed for %" PRIu64
		                   " entries with another root: this node was cloned or "
		                   "restored and has written two histories; keep the one that the witnesses know",
		                   p->node, at.size);
	return true;
}

static void take_own_head(struct hf_ledger *l, struct hf_lpeer *p, const Hufu__LedgerHead *h)
{
	if (hf_heads_check_own(l, p, h))
		p->gate_answered = true;
	if (hf_ledger_is_our_mirror(l, p->node))
		p->mirror_known = false; /* asked anew each time: it may have lost its copy without a word */
}

static bool mirrored_root(struct hf_ledger *l, const char *origin, uint64_t size, struct hf_hash *ret_root)
{
	Hufu__MirrorRow *row HF_CLEANUP(hf_decoded_done) = hf_mirror_row(l, origin);
	struct hf_place place = {.own = false};
	struct hf_tree tree = {&place, &l->rows};

	memcpy(place.origin, origin, strlen(origin) + 1);
	return row && size <= row->size && hf_tree_root(&tree, size, ret_root);
}

/* Is c, signed in note, a state of the copy held here? When it is not, that is proof of two histories. */
static bool against_mirror(struct hf_ledger *l, const char *origin, const Hufu__MirrorRow *m,
                           const struct hf_checkpoint *c, struct hf_bytes note)
{
	struct hf_shown shown;
	struct hf_unit *u;

	if (!m || !hf_mirror_contradicts(l, origin, m, c, &shown))
		return false;
	u = hf_unit_new();
	if (hf_evidence_pair(l, u, origin, note, hf_bytes_of(&m->note), c->size == m->size ? NULL : &shown) == HF_OK)
		hf_store_submit(l->store, HF_TAKE(u), NULL, NULL);
	hf_unit_free(u);
	return true;
}

static bool against_witness(struct hf_ledger *l, const char *origin, const Hufu__WitnessRow *w,
                            const struct hf_checkpoint *c, struct hf_bytes note)
{
	struct hf_unit *u;

	if (!w || w->size != c->size || hf_root_is(&w->root, &c->root))
		return false;
	u = hf_unit_new();
	if (hf_evidence_pair(l, u, origin, hf_bytes_of(&w->note), note, NULL) == HF_OK)
		hf_store_submit(l->store, HF_TAKE(u), NULL, NULL);
	hf_unit_free(u);
	return true;
}

/* What this node cosigned as witness against what it stores as mirror: the log may have shown one each. */
static bool against_itself(struct hf_ledger *l, const char *origin, const Hufu__WitnessRow *w, const Hufu__MirrorRow *m)
{
	struct hf_checkpoint c = {.size = w ? w->size : 0};

	if (!w || w->root.len != sizeof(c.root.b))
		return false;
	memcpy(c.root.b, w->root.data, sizeof(c.root.b));
	return against_mirror(l, origin, m, &c, hf_bytes_of(&w->note));
}

bool hf_heads_contradict(struct hf_ledger *l, const char *origin, const struct hf_checkpoint *c, struct hf_bytes note)
{
	Hufu__WitnessRow *w HF_CLEANUP(hf_decoded_done) = hf_witness_row(l, origin);
	Hufu__MirrorRow *m HF_CLEANUP(hf_decoded_done) = hf_mirror_row(l, origin);

	if (hf_frozen(l, origin) || (w && w->frozen) || (m && m->frozen)) /* or it begins anew after that */
		return false;
	return against_witness(l, origin, w, c, note) || against_mirror(l, origin, m, c, note) ||
	       against_itself(l, origin, w, m);
}

/* A mirrored ledger's checkpoint may have won cosignatures since it was sent to us. */
static void improve_mirror(struct hf_ledger *l, const char *origin, const struct hf_worth *w, struct hf_bytes note)
{
	Hufu__MirrorRow *row HF_CLEANUP(hf_decoded_done) = hf_mirror_row(l, origin);
	struct hf_hash root;
	struct hf_unit *u;

	if (!row || row->frozen || !w->witnessed || w->checkpoint.size <= row->witnessed_size ||
	    !mirrored_root(l, origin, w->checkpoint.size, &root) || !hf_hash_equal(&root, &w->checkpoint.root))
		return;
	row->witnessed_size = w->checkpoint.size;
	row->witnessed_note = hf_binary(note.data, note.len);
	u = hf_unit_new();
	hf_mirror_row_put(u, origin, row);
	hf_store_submit(l->store, u, NULL, NULL);
}

static void take_head(struct hf_ledger *l, struct hf_lpeer *p, const Hufu__LedgerHead *h, unsigned which)
{
	struct hf_bytes note = hf_bytes_of(&h->note);
	struct hf_name node;
	struct hf_worth w;

	if (!hf_space_origin_node(l->space_id, h->origin, &node))
		return;
	if (strcmp(node.s, l->base->self.s) == 0) {
		take_own_head(l, p, h);
		return;
	}
	if (!weigh(l, p, node.s, note, &w))
		return;
	hf_sequence_saw(l->sequence, node.s, w.checkpoint.size, &w.checkpoint.root);
	if (hf_heads_contradict(l, h->origin, &w.checkpoint, note))
		return; /* the rows are being frozen */
	hf_doubt(l, node.s, p->node, which, note);
	improve_mirror(l, h->origin, &w, note);
	hf_settle_improve(l, h->origin, &w, note);
}

static unsigned named_before(const Hufu__LedgerHeads *heads, size_t at)
{
	unsigned count = 0;

	for (size_t i = 0; i < at; i++)
		count += strcmp(heads->heads[i]->origin, heads->heads[at]->origin) == 0;
	return count;
}

static void take_heads(struct hf_ledger *l, struct hf_lpeer *p, const Hufu__LedgerHeads *heads)
{
	hf_evidence_compare(l, p, hf_bytes_of(&heads->evidence));
	for (size_t i = 0; i < heads->n_heads && i < GOSSIP_MAX + 2; i++) {
		unsigned which = named_before(heads, i);

		if (which <= HF_HEAD_MIRRORED) /* two heads of each ledger */
			take_head(l, p, heads->heads[i], which);
	}
}

static void on_reply(struct hf_ledger *l, struct hf_lpeer *p, struct hf_reply *r, void *ctx)
{
	Hufu__LedgerHeads *heads HF_CLEANUP(hf_decoded_done) = NULL;

	(void)ctx;
	if (l->closing)
		return;
	if (r->error != HF_OK) { /* what it was told may not have arrived */
		hf_told_free(HF_TAKE(p->told));
		return;
	}
	heads = HF_DECODE(ledger_heads, r->body.data, r->body.len);
	if (!heads) {
		hf_lane_failed(l, &p->lane[HF_LANE_HEADS]);
		return;
	}
	p->heads_ms = hf_ledger_mono(l) + HF_LEDGER_HEADS_MS;
	take_heads(l, p, heads);
}

static void send_to(struct hf_ledger *l, struct hf_lpeer *p)
{
	struct message *m = message_new(l, p->node);

	add_own(m);
	add_peers_own(m);
	if (hf_ledger_is_our_witness(l, p->node) &&
	    (hf_store_scan(l->store, HF_TABLE_WITNESS, NULL, 0, NULL, 0, add_gossip, m) != HF_OK ||
	     hf_store_scan(l->store, HF_TABLE_MIRROR, NULL, 0, NULL, 0, add_mirrored, m) != HF_OK))
		HF_LOG(l->base->log, HF_LOG_ERROR, "ledger", "witness-rows-unread", NULL, HF_LOG_E(HF_E_STORE));
	hf_lane_call(l, p, HF_LANE_HEADS, HF_MSG_LEDGER_HEADS, &m->heads.base, on_reply, NULL);
	message_free(m);
}

/* With every member: a space is small, and a silent one costs a failed call a minute. */
void hf_heads_pump(struct hf_ledger *l)
{
	const Hufu__Descriptor *d = hf_space_current(hf_ledger_space(l));
	int64_t now = hf_ledger_mono(l);

	for (size_t i = 0; d && i < d->n_members; i++) {
		struct hf_lpeer *p;

		if (!hf_ledger_reachable_member(l, d->members[i]->id))
			continue;
		p = hf_ledger_peer(l, d->members[i]->id);
		if (p->heads_ms > now)
			hf_ledger_due(l, p->heads_ms);
		else if (hf_lane_ready(l, &p->lane[HF_LANE_HEADS]))
			send_to(l, p);
	}
}

bool hf_gate_open(struct hf_ledger *l)
{
	const Hufu__Descriptor *d = hf_space_current(hf_ledger_space(l));
	unsigned witnesses = 0, answered = 0, needed;

	if (l->gate_open || !d)
		return l->gate_open;
	for (size_t i = 0; i < d->n_witnesses; i++) {
		if (!hf_ledger_is_our_witness(l, d->witnesses[i]))
			continue;
		witnesses++;
		answered += hf_ledger_peer(l, d->witnesses[i])->gate_answered;
	}
	needed = d->quorum < witnesses ? d->quorum : witnesses;
	l->gate_open = answered >= needed;
	if (l->gate_open)
		HF_LOG(l->base->log, HF_LOG_INFO, "ledger", "signing", NULL, HF_LOG_I("witnesses", answered));
	return l->gate_open;
}

void hf_heads_on_request(struct hf_ledger *l, const char *peer, struct hf_bytes body, const struct hf_answer *answer)
{
	Hufu__LedgerHeads *heads HF_CLEANUP(hf_decoded_done) = HF_DECODE(ledger_heads, body.data, body.len);
	struct message *m;

	if (!heads) {
		hf_answer(answer, HF_E_FORMAT, "the list of ledger heads is not of the required form");
		return;
	}
	take_heads(l, hf_ledger_peer(l, peer), heads);
	m = message_new(l, peer);
	add_own(m);
	add_peers_own(m);
	hf_ledger_answer(answer, &m->heads.base);
	message_free(m);
	hf_ledger_wake(l);
}
