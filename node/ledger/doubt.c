/*
 * doubt.c - signed checkpoints of one log, of different sizes, that nobody has shown to follow from each other: a
 * suspicion, not evidence. Kept of each log is what this node has on record of it and what each member last said it
 * has; in order of size they form a chain whose links are shown one by one. For a link that is not, the tree of the
 * larger checkpoint is asked for: of who told it, then of the log, then of every other member, since whoever holds that
 * ledger can show it. A path that fits closes the link; one that leads to another root is evidence, also when the log
 * itself sends it. No answer until the deadline raises an alarm, once, and changes nothing else.
 *
 * One place per member that tells, and all are asked about in turn: a log that signs ever more checkpoints can neither
 * push out what another member told nor keep it from being asked about.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"
#include "proto/codec.h"

#define LOGS_MAX 1024u /* as many as one message of heads may name */

struct claim {
	struct claim *next; /* in order of size */
	struct hf_name from;
	unsigned which;
	struct hf_checkpoint c;
	struct hf_buf note; /* text and the log's own line */
	bool agrees;        /* with the next one */
	size_t asked;       /* in this round: 0: who told it is next, then the log, then the members in order */
};

struct hf_doubt {
	struct hf_doubt *next;
	struct hf_name node;
	char origin[HF_ORIGIN_MAX + 1];
	struct hf_sign_pub key; /* that signed the claims */
	struct claim *claims;
	bool open, busy, alarmed;
	int64_t since_ms, next_ms; /* next_ms: of the next round */
	/* The question under way. */
	struct claim *asking; /* NULL: it was replaced meanwhile */
	struct hf_checkpoint first, second;
	struct hf_buf first_note, second_note;
};

static void claim_free(struct claim *c)
{
	hf_buf_done(&c->note);
	free(c);
}

static void drop_all(struct hf_doubt *s)
{
	while (s->claims) {
		struct claim *c = s->claims;

		s->claims = c->next;
		claim_free(c);
	}
	s->asking = NULL;
	s->open = s->alarmed = false;
}

void hf_doubts_free(struct hf_ledger *l)
{
	while (l->doubts) {
		struct hf_doubt *s = l->doubts;

		l->doubts = s->next;
		drop_all(s);
		hf_buf_done(&s->first_note);
		hf_buf_done(&s->second_note);
		free(s);
	}
}

static struct hf_doubt *find(struct hf_ledger *l, const char *node)
{
	struct hf_doubt *s;
	unsigned count = 0;

	for (s = l->doubts; s; s = s->next, count++)
		if (strcmp(s->node.s, node) == 0)
			return s;
	if (count >= LOGS_MAX)
		return NULL;
	s = hf_alloc_zero(sizeof(*s));
	if (!hf_name_parse(node, &s->node)) {
		free(s);
		return NULL;
	}
	hf_space_origin(l->space_id, node, s->origin);
	hf_buf_init(&s->first_note, 0);
	hf_buf_init(&s->second_note, 0);
	s->next = l->doubts;
	l->doubts = s;
	return s;
}

/* ---- the chain ---- */

static bool same(const struct hf_checkpoint *a, const struct hf_checkpoint *b)
{
	return a->size == b->size && hf_hash_equal(&a->root, &b->root);
}

static struct claim *claim_of(const struct hf_doubt *s, const char *from, unsigned which)
{
	struct claim *c = s->claims;

	while (c && (c->which != which || strcmp(c->from.s, from) != 0))
		c = c->next;
	return c;
}

/* Behind those of its size. */
static void link_in(struct hf_doubt *s, struct claim *n)
{
	struct claim **at = &s->claims, *before = NULL;

	while (*at && (*at)->c.size <= n->c.size) {
		before = *at;
		at = &before->next;
	}
	n->next = *at;
	*at = n;
	if (!before)
		return;
	n->agrees = before->agrees && same(&before->c, &n->c);
	before->agrees = same(&before->c, &n->c);
}

static void take_out(struct hf_doubt *s, struct claim *c)
{
	struct claim **at = &s->claims, *before = NULL;

	while (*at != c) {
		before = *at;
		at = &before->next;
	}
	*at = c->next;
	if (before)
		before->agrees = before->agrees && c->agrees;
	if (s->asking == c)
		s->asking = NULL;
	claim_free(c);
}

/* The largest that is not known to be of one history with b. */
static struct claim *below(const struct hf_doubt *s, const struct claim *b)
{
	struct claim *a = NULL;

	for (struct claim *c = s->claims; c != b; c = c->next)
		if (!c->agrees)
			a = c;
	return a && a->c.size < b->c.size ? a : NULL;
}

static const struct claim *first_gap(const struct hf_doubt *s)
{
	for (const struct claim *c = s->claims; c && c->next; c = c->next)
		if (!c->agrees)
			return c;
	return NULL;
}

static void look_again(struct hf_ledger *l, struct hf_doubt *s)
{
	bool open = first_gap(s) != NULL;

	if (open && !s->open)
		s->since_ms = hf_ledger_mono(l);
	s->open = open;
	s->alarmed = s->alarmed && open;
}

/* ---- what is claimed ---- */

static bool read_note(struct hf_bytes note, struct hf_checkpoint *ret_c)
{
	const uint8_t *gap = note.len ? memmem(note.data, note.len, "\n\n", 2) : NULL;

	return gap && hf_checkpoint_parse((const char *)note.data, (size_t)(gap - note.data) + 1, ret_c);
}

static struct hf_bytes note_of(const struct hf_buf *b)
{
	return (struct hf_bytes){b->data, b->len};
}

/* False when the two are no proof after all, as when another key signed one of them. */
static bool conclude(struct hf_ledger *l, struct hf_doubt *s, struct hf_bytes first, struct hf_bytes second,
                     const struct hf_shown *shown)
{
	struct hf_unit *u = hf_unit_new();

	if (hf_evidence_pair(l, u, s->origin, first, second, shown) != HF_OK) {
		hf_unit_free(u);
		return false;
	}
	hf_store_submit(l->store, u, NULL, NULL);
	drop_all(s);
	return true;
}

/* Takes the place of what the same one claimed before, and its turn: a new one would otherwise be asked about first. */
static void put(struct hf_ledger *l, struct hf_doubt *s, const char *from, unsigned which, struct hf_bytes note)
{
	struct claim *old = claim_of(s, from, which), *n;
	struct hf_checkpoint c;

	if (!read_note(note, &c) || c.size == 0 || (old && same(&old->c, &c)))
		return;
	n = hf_alloc_zero(sizeof(*n));
	if (!hf_name_parse(from, &n->from)) {
		free(n);
		return;
	}
	n->which = which;
	n->c = c;
	n->asked = old ? old->asked : 0;
	hf_buf_init(&n->note, 0);
	hf_evidence_part(note, s->origin, &n->note);
	for (const struct claim *o = s->claims; o; o = o->next)
		if (o->c.size == c.size && !same(&o->c, &c) &&
		    conclude(l, s, note_of(&o->note), note_of(&n->note), NULL)) {
			claim_free(n);
			return;
		}
	link_in(s, n);
	if (old)
		take_out(s, old);
}

/* What is on record here: it has grown since, or begins anew with another key. */
static void put_own(struct hf_ledger *l, struct hf_doubt *s)
{
	Hufu__WitnessRow *w HF_CLEANUP(hf_decoded_done) = hf_witness_row(l, s->origin);
	Hufu__MirrorRow *m HF_CLEANUP(hf_decoded_done) = hf_mirror_row(l, s->origin);
	const char *self = l->base->self.s;
	const struct hf_bytes note[] = {w && !w->frozen ? hf_bytes_of(&w->note) : (struct hf_bytes){NULL, 0},
	                                m && !m->frozen ? hf_bytes_of(&m->note) : (struct hf_bytes){NULL, 0}};

	for (unsigned i = HF_HEAD_COSIGNED; i <= HF_HEAD_MIRRORED; i++) {
		struct claim *old = claim_of(s, self, i);

		if (note[i].len > 0)
			put(l, s, self, i, note[i]);
		else if (old)
			take_out(s, old);
	}
}

/* What the copy here covers needs nobody else. */
static void look_here(struct hf_ledger *l, struct hf_doubt *s)
{
	struct hf_place place = {.own = false};
	struct hf_tree tree = {&place, &l->rows};
	struct claim *m = claim_of(s, l->base->self.s, HF_HEAD_MIRRORED), *a;
	Hufu__MirrorRow row = HUFU__MIRROR_ROW__INIT;
	struct hf_shown shown;
	struct hf_hash root;

	memcpy(place.origin, s->origin, sizeof(place.origin));
	while (m && (a = below(s, m)) && hf_tree_root(&tree, a->c.size, &root)) {
		row.size = m->c.size;
		if (hf_hash_equal(&root, &a->c.root)) {
			a->agrees = true;
		} else {
			if (hf_mirror_contradicts(l, s->origin, &row, &a->c, &shown))
				conclude(l, s, note_of(&a->note), note_of(&m->note), &shown);
			return;
		}
	}
}

/* Others hear of a log from itself alone. */
static bool concerns_us(struct hf_ledger *l, const char *node, const char *origin)
{
	return hf_space_is_witness(hf_ledger_space(l), l->base->self.s, node) ||
	       hf_store_has(l->store, HF_TABLE_WITNESS, origin, strlen(origin)) ||
	       hf_store_has(l->store, HF_TABLE_MIRROR, origin, strlen(origin));
}

/* What was proved, and what an earlier key has signed, is asked about no more. */
static void forget_settled(struct hf_ledger *l, struct hf_doubt *s)
{
	struct hf_sign_pub key;

	if (!hf_space_key(hf_ledger_space(l), s->node.s, HF_KEY_LOG, hf_now_ms(&l->base->clock), key.b))
		return;
	if (hf_frozen(l, s->origin) || memcmp(key.b, s->key.b, sizeof(key.b)) != 0)
		drop_all(s);
	s->key = key;
}

void hf_doubt(struct hf_ledger *l, const char *node, const char *from, unsigned which, struct hf_bytes head)
{
	char origin[HF_ORIGIN_MAX + 1];
	struct hf_doubt *s;

	hf_space_origin(l->space_id, node, origin);
	if (!concerns_us(l, node, origin) || hf_frozen(l, origin) || !(s = find(l, node)))
		return;
	forget_settled(l, s);
	put_own(l, s);
	put(l, s, from, which, head);
	look_here(l, s);
	look_again(l, s);
	if (s->open)
		hf_ledger_wake(l);
}

/* ---- asking ---- */

static bool take_shown(const Hufu__ConsistencyReply *r, const struct hf_doubt *s, struct hf_shown *ret_shown)
{
	ret_shown->path.count = (uint32_t)r->n_proof;
	if (r->n_proof > HF_MERKLE_PATH_MAX)
		return false;
	memcpy(ret_shown->root.b, r->old_root.data, sizeof(ret_shown->root.b));
	for (size_t i = 0; i < r->n_proof; i++)
		memcpy(ret_shown->path.node[i].b, r->proof[i].data, sizeof(ret_shown->path.node[i].b));
	return hf_merkle_verify_consistency(s->first.size, &ret_shown->root, s->second.size, &s->second.root,
	                                    &ret_shown->path);
}

/* Closes the link, unless another claim has come between the two meanwhile. */
static void agree(struct hf_doubt *s)
{
	for (struct claim *b = s->claims; b; b = b->next) {
		struct claim *a = same(&b->c, &s->second) ? below(s, b) : NULL;

		if (a && same(&a->c, &s->first))
			a->agrees = true;
	}
}

static void on_reply(struct hf_ledger *l, struct hf_lpeer *p, struct hf_reply *r, void *ctx)
{
	struct hf_doubt *s = ctx;
	struct claim *b = s->asking;
	Hufu__ConsistencyReply *reply HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_shown shown;

	s->busy = false;
	s->asking = NULL;
	if (l->closing)
		return;
	hf_lane_ok(&p->lane[HF_LANE_CONSISTENCY]); /* a refusal here is an answer */
	if (r->error == HF_OK)
		reply = HF_DECODE(consistency_reply, r->body.data, r->body.len);
	if (!reply || !take_shown(reply, s, &shown))
		return;
	if (b)
		b->asked--; /* it has the tree, so it is asked about the next smaller one too */
	if (hf_hash_equal(&shown.root, &s->first.root))
		agree(s);
	else
		conclude(l, s, note_of(&s->first_note), note_of(&s->second_note), &shown);
	look_again(l, s);
}

static void set_note(struct hf_buf *b, const struct hf_buf *note)
{
	hf_buf_clear(b);
	hf_buf_add(b, note->data, note->len);
}

static void ask(struct hf_ledger *l, struct hf_doubt *s, struct claim *b, const char *node)
{
	const struct claim *a = below(s, b);
	Hufu__ConsistencyGet get = HUFU__CONSISTENCY_GET__INIT;

	s->first = a->c;
	s->second = b->c;
	set_note(&s->first_note, &a->note);
	set_note(&s->second_note, &b->note);
	get.origin = s->origin;
	get.old_size = s->first.size;
	get.size = s->second.size;
	get.root = hf_binary(s->second.root.b, sizeof(s->second.root.b));
	s->busy = true;
	s->asking = b;
	hf_lane_call(l, hf_ledger_peer(l, node), HF_LANE_CONSISTENCY, HF_MSG_CONSISTENCY_GET, &get.base, on_reply, s);
}

/* Who may hold the tree of b and is asked next; NULL: everybody was. */
static const char *whom(struct hf_ledger *l, const struct hf_doubt *s, struct claim *b)
{
	const Hufu__Descriptor *d = hf_space_current(hf_ledger_space(l));
	bool again = b->next && same(&b->c, &b->next->c); /* all but who told it are asked once */

	for (; d && b->asked < d->n_members + 2; b->asked++) {
		const char *node = b->asked == 0 ? b->from.s : b->asked == 1 ? s->node.s : d->members[b->asked - 2]->id;

		if (b->asked > 0 && (again || strcmp(node, b->from.s) == 0))
			continue;
		if (b->asked > 1 && strcmp(node, s->node.s) == 0)
			continue;
		if (hf_ledger_reachable_member(l, node))
			return node;
	}
	return NULL;
}

/* Of those whose turn is the earliest; NULL: there is nobody to ask, or one has yet to answer about another log. */
static struct claim *choose(struct hf_ledger *l, struct hf_doubt *s, const char **ret_node)
{
	struct claim *best = NULL;

	for (struct claim *b = s->claims; b; b = b->next) {
		const char *node = below(s, b) ? whom(l, s, b) : NULL;

		if (!node || hf_ledger_peer(l, node)->lane[HF_LANE_CONSISTENCY].busy ||
		    (best && best->asked <= b->asked))
			continue;
		best = b;
		*ret_node = node;
	}
	return best;
}

/* It is asked on: the path may still come, or the copy here may grow so far. */
static void complain(struct hf_ledger *l, struct hf_doubt *s)
{
	const struct claim *gap = first_gap(s);

	if (s->alarmed || hf_ledger_mono(l) < s->since_ms + HF_LEDGER_DOUBT_MS)
		return;
	s->alarmed = true;
	hf_alarm(l->base, "ledger-unexplained", NULL,
	         "nobody has shown within %u minutes that the checkpoints of %s of sizes %" PRIu64 " and %" PRIu64
	         " belong to one history: that proves nothing yet; ask its operator",
	         HF_LEDGER_DOUBT_MS / 60000u, s->node.s, gap->c.size, gap->next->c.size);
}

static void begin_round(struct hf_ledger *l, struct hf_doubt *s)
{
	s->next_ms = hf_ledger_mono(l) + HF_LEDGER_HEADS_MS;
	forget_settled(l, s);
	for (struct claim *c = s->claims; c; c = c->next)
		c->asked = 0;
	if (!hf_frozen(l, s->origin))
		put_own(l, s);
	look_here(l, s);
	look_again(l, s);
}

static void go_on(struct hf_ledger *l, struct hf_doubt *s)
{
	const char *node = NULL;
	struct claim *b;

	if (hf_ledger_mono(l) >= s->next_ms)
		begin_round(l, s);
	hf_ledger_due(l, s->next_ms);
	if (!s->open)
		return;
	complain(l, s);
	b = choose(l, s, &node);
	if (!b)
		return;
	ask(l, s, b, node);
	b->asked++;
}

/* A log that this node cosigns and mirrors may have shown it one history each, and be silent since. */
static bool watch(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct hf_ledger *l = ctx;
	char origin[HF_ORIGIN_MAX + 1];
	struct hf_name node;

	(void)value;
	if (key.len > HF_ORIGIN_MAX || !hf_store_has(l->store, HF_TABLE_WITNESS, key.data, key.len))
		return true;
	memcpy(origin, key.data, key.len);
	origin[key.len] = '\0';
	if (hf_space_origin_node(l->space_id, origin, &node))
		find(l, node.s);
	return true;
}

void hf_doubts_pump(struct hf_ledger *l)
{
	int64_t now = hf_ledger_mono(l);

	if (now >= l->watch_ms) {
		l->watch_ms = now + HF_LEDGER_HEADS_MS;
		if (hf_store_scan(l->store, HF_TABLE_MIRROR, NULL, 0, NULL, 0, watch, l) != HF_OK)
			HF_LOG(l->base->log, HF_LOG_ERROR, "ledger", "mirror-rows-unread", NULL, HF_LOG_E(HF_E_STORE));
	}
	hf_ledger_due(l, l->watch_ms);
	for (struct hf_doubt *s = l->doubts; s; s = s->next)
		if (!s->busy)
			go_on(l, s);
}

/* The place of a ledger that is held here up to size with that root. */
static bool held(struct hf_ledger *l, const Hufu__ConsistencyGet *in, struct hf_place *ret_place)
{
	struct hf_tree tree = {ret_place, &l->rows};
	Hufu__MirrorRow *m HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_hash root;

	memset(ret_place, 0, sizeof(*ret_place));
	snprintf(ret_place->origin, sizeof(ret_place->origin), "%s", in->origin);
	ret_place->own = strcmp(in->origin, l->own.origin) == 0;
	if (!ret_place->own)
		m = hf_mirror_row(l, in->origin);
	return in->old_size < in->size &&
	       in->size <= (ret_place->own ? l->promise.size
	                    : m            ? m->size
	                                   : 0) &&
	       hf_tree_root(&tree, in->size, &root) && hf_root_is(&in->root, &root);
}

void hf_consistency_on_request(struct hf_ledger *l, const char *peer, struct hf_bytes body,
                               const struct hf_answer *answer)
{
	Hufu__ConsistencyGet *in HF_CLEANUP(hf_decoded_done) = HF_DECODE(consistency_get, body.data, body.len);
	Hufu__ConsistencyReply reply = HUFU__CONSISTENCY_REPLY__INIT;
	ProtobufCBinaryData proof[HF_MERKLE_PATH_MAX];
	struct hf_place place;
	struct hf_tree tree = {&place, &l->rows};
	struct hf_shown shown;

	(void)peer;
	if (!in)
		hf_answer(answer, HF_E_FORMAT, "the question is not of the required form");
	else if (!held(l, in, &place))
		hf_answer(answer, HF_E_UNKNOWN, "no tree of that ledger, size and root is held here");
	else if (!hf_tree_root(&tree, in->old_size, &shown.root) ||
	         !hf_merkle_consistency(hf_tree_read, &tree, in->old_size, in->size, &shown.path))
		hf_answer(answer, HF_E_BUSY, "the tiles of that ledger cannot be read");
	else {
		for (uint32_t i = 0; i < shown.path.count; i++)
			proof[i] = hf_binary(shown.path.node[i].b, sizeof(shown.path.node[i].b));
		reply.old_root = hf_binary(shown.root.b, sizeof(shown.root.b));
		reply.proof = proof;
		reply.n_proof = shown.path.count;
		hf_ledger_answer(answer, &reply.base);
	}
}
