/*
 * doubt.c - two signed checkpoints of one log, of different sizes, that nobody has shown to follow from each other:
 * a suspicion, not evidence. The log is asked for the path between them, then every other member, since whoever holds
 * that ledger can show it. A path that fits ends the suspicion; one that leads to another root is evidence, also
 * when the log itself sends it. No answer until the deadline raises an alarm, once, and changes nothing else.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"
#include "proto/codec.h"

#define LOGS_MAX 256u /* suspicions at one time; a space has at most some hundred logs */

struct hf_doubt {
	struct hf_doubt *next;
	struct hf_name node;
	char origin[HF_ORIGIN_MAX + 1];
	bool open, busy, alarmed;
	bool asked_all; /* at least once: another pair may take the place of this one */
	size_t asked;   /* 0: the owner is next, then the members in order */
	int64_t since_ms, next_ms;
	struct hf_checkpoint first, second;
	struct hf_buf first_note, second_note;
	struct hf_checkpoint cleared; /* the last head that was found to agree */
};

void hf_doubts_free(struct hf_ledger *l)
{
	while (l->doubts) {
		struct hf_doubt *s = l->doubts;

		l->doubts = s->next;
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

static bool read_note(struct hf_bytes note, struct hf_checkpoint *ret_c)
{
	const uint8_t *gap = note.len ? memmem(note.data, note.len, "\n\n", 2) : NULL;

	return gap && hf_checkpoint_parse((const char *)note.data, (size_t)(gap - note.data) + 1, ret_c);
}

static bool same(const struct hf_checkpoint *a, const struct hf_checkpoint *b)
{
	return a->size == b->size && hf_hash_equal(&a->root, &b->root);
}

static void set_note(struct hf_buf *b, struct hf_bytes note)
{
	hf_buf_clear(b);
	hf_buf_add(b, note.data, note.len);
}

void hf_doubt(struct hf_ledger *l, const char *node, struct hf_bytes known, struct hf_bytes head)
{
	struct hf_doubt *s = find(l, node);
	struct hf_checkpoint a, b;
	bool later;

	if (!s || (s->open && !s->asked_all) || s->busy || !read_note(known, &a) || !read_note(head, &b) ||
	    a.size == b.size || a.size == 0 || b.size == 0 || same(&b, &s->cleared) || hf_frozen(l, s->origin))
		return;
	later = b.size > a.size;
	s->first = later ? a : b;
	s->second = later ? b : a;
	set_note(&s->first_note, later ? known : head);
	set_note(&s->second_note, later ? head : known);
	if (!s->open)
		s->since_ms = hf_ledger_mono(l);
	s->open = true;
	s->asked_all = false;
	s->asked = 0;
	s->next_ms = 0;
	hf_ledger_wake(l);
}

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

static void settle(struct hf_ledger *l, struct hf_doubt *s, const struct hf_shown *shown)
{
	struct hf_unit *u;

	s->open = s->alarmed = false;
	if (hf_hash_equal(&shown->root, &s->first.root)) {
		s->cleared = s->first;
		return;
	}
	u = hf_unit_new();
	if (hf_evidence_pair(l, u, s->origin, (struct hf_bytes){s->first_note.data, s->first_note.len},
	                     (struct hf_bytes){s->second_note.data, s->second_note.len}, shown) == HF_OK)
		hf_store_submit(l->store, HF_TAKE(u), NULL, NULL);
	hf_unit_free(u);
}

static void on_reply(struct hf_ledger *l, struct hf_lpeer *p, struct hf_reply *r, void *ctx)
{
	struct hf_doubt *s = ctx;
	Hufu__ConsistencyReply *reply HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_shown shown;

	s->busy = false;
	if (l->closing)
		return;
	hf_lane_ok(&p->lane[HF_LANE_CONSISTENCY]); /* a refusal here is an answer */
	if (r->error == HF_OK)
		reply = HF_DECODE(consistency_reply, r->body.data, r->body.len);
	if (reply && s->open && take_shown(reply, s, &shown))
		settle(l, s, &shown);
}

static void send_to(struct hf_ledger *l, struct hf_doubt *s, const char *node)
{
	Hufu__ConsistencyGet get = HUFU__CONSISTENCY_GET__INIT;

	get.origin = s->origin;
	get.old_size = s->first.size;
	get.size = s->second.size;
	get.root = hf_binary(s->second.root.b, sizeof(s->second.root.b));
	s->busy = true;
	hf_lane_call(l, hf_ledger_peer(l, node), HF_LANE_CONSISTENCY, HF_MSG_CONSISTENCY_GET, &get.base, on_reply, s);
}

/* Who is asked next; NULL: everybody was. */
static const char *whom(struct hf_ledger *l, struct hf_doubt *s)
{
	const Hufu__Descriptor *d = hf_space_current(hf_ledger_space(l));

	while (d && s->asked <= d->n_members) {
		const char *node = s->asked == 0 ? s->node.s : d->members[s->asked - 1]->id;
		bool again = s->asked > 0 && strcmp(node, s->node.s) == 0;

		s->asked++;
		if (!again && hf_ledger_reachable_member(l, node) &&
		    !hf_ledger_peer(l, node)->lane[HF_LANE_CONSISTENCY].busy)
			return node;
	}
	return NULL;
}

/* It is asked on: the path may still come, or the copy here may grow so far. */
static void complain(struct hf_ledger *l, struct hf_doubt *s)
{
	s->alarmed = true;
	hf_alarm(l->base, "ledger-unexplained", NULL,
	         "nobody has shown within %u minutes that the checkpoints of %s of sizes %" PRIu64 " and %" PRIu64
	         " belong to one history: that proves nothing yet; ask its operator",
	         HF_LEDGER_DOUBT_MS / 60000u, s->node.s, s->first.size, s->second.size);
}

/* The copy here may have grown over one of the two since. */
static bool look_here(struct hf_ledger *l, struct hf_doubt *s)
{
	Hufu__MirrorRow *m HF_CLEANUP(hf_decoded_done) = hf_mirror_row(l, s->origin);

	for (unsigned i = 0; m && !m->frozen && i < 2; i++) {
		const struct hf_checkpoint *c = i ? &s->second : &s->first;
		const struct hf_buf *note = i ? &s->second_note : &s->first_note;
		struct hf_shown shown;
		struct hf_unit *u;

		if (!hf_mirror_contradicts(l, s->origin, m, c, &shown))
			continue;
		u = hf_unit_new();
		if (hf_evidence_pair(l, u, s->origin, (struct hf_bytes){note->data, note->len}, hf_bytes_of(&m->note),
		                     c->size == m->size ? NULL : &shown) == HF_OK)
			hf_store_submit(l->store, HF_TAKE(u), NULL, NULL);
		hf_unit_free(u);
		return true;
	}
	return false;
}

static void go_on(struct hf_ledger *l, struct hf_doubt *s)
{
	int64_t now = hf_ledger_mono(l);
	const char *node;

	if (now >= s->since_ms + HF_LEDGER_DOUBT_MS && !s->alarmed)
		complain(l, s);
	if (now < s->next_ms) {
		hf_ledger_due(l, s->next_ms);
		return;
	}
	if (s->asked == 0 && (hf_frozen(l, s->origin) || look_here(l, s))) {
		s->open = false;
		return;
	}
	node = whom(l, s);
	if (node) {
		send_to(l, s, node);
		return;
	}
	s->asked = 0;
	s->asked_all = true;
	s->next_ms = now + HF_LEDGER_HEADS_MS;
	hf_ledger_due(l, s->next_ms);
}

void hf_doubts_pump(struct hf_ledger *l)
{
	for (struct hf_doubt *s = l->doubts; s; s = s->next)
		if (s->open && !s->busy)
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
