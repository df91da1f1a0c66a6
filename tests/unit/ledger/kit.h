/*
 * kit.h - up to five nodes' ledgers on one loop, each with a real store in a folder of its own; only the sending
 * between them is the test's: messages are carried from one ledger's call to another one's handler, and can be held up,
 * lost or bent on the way.
 *
 * Waiting means running the loop until something has happened, with a limit.
 */
#ifndef HUFU_TESTS_UNIT_LEDGER_KIT_H
#define HUFU_TESTS_UNIT_LEDGER_KIT_H

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/internal.h"
#include "proto/codec.h"
#include "unit/evidence/space_builder.h"

#define KIT_LIMIT_MS 60000
#define KIT_BEAT_MS 20

struct kit;
struct kit_node {
	struct kit *kit;
	unsigned n;
	struct hf_base base;
	struct hf_store *store;
	struct hf_node_keys keys;
	struct hf_ledger *ledger; /* NULL: the node is not running */
	int64_t off_ms;           /* its clock is wrong by so much */
	unsigned alarms;
	char alarm[64]; /* kind of the last one */
};
struct kit_call {
	struct kit_call *next;           /* waiting to be carried, there or back */
	struct kit_call *before, *after; /* all that are not ended */
	struct kit *kit;
	unsigned from, to;
	enum hf_msg type;
	struct hf_buf body;
	hf_reply_fn fn; /* NULL: the caller is gone */
	void *fn_ctx;
	bool answered;
	enum hf_err error;
	char text[200];
};
struct kit {
	uv_loop_t loop;
	uv_timer_t limit, beat; /* the beat lets a blocked turn look again for what is to be carried */
	uv_idle_t carrier;
	int64_t mono0;
	_Atomic int64_t jump_ms; /* the clock is that of the machine, and what a test adds */
	int log_fd;
	char dir[64];
	struct sb_space *sb;
	struct hf_buf descriptor;
	struct hf_space *space;
	struct kit_node node[SB_NODES];
	bool down[SB_NODES];
	unsigned sent[64], refused[64]; /* by message type */
	struct kit_call *calls, *live;
	/* May change the body; false loses the message. */
	bool (*bend)(struct kit *k, const struct kit_call *c, struct hf_buf *body);
	/* Hears each answer (c->error, c->body) just before the caller does. */
	void (*heard)(struct kit *k, const struct kit_call *c);
	void *user;
};

static inline int64_t kit_mono(void *ctx)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 + (ctx ? ((struct kit *)ctx)->jump_ms : 0);
}

static inline int64_t kit_now(void *ctx)
{
	struct kit *k = ctx;

	return SB_T0 + kit_mono(k) - k->mono0;
}

static inline int64_t kit_node_mono(void *ctx)
{
	return kit_mono(((struct kit_node *)ctx)->kit);
}

static inline int64_t kit_node_now(void *ctx)
{
	return kit_now(((struct kit_node *)ctx)->kit) + ((struct kit_node *)ctx)->off_ms;
}

static inline void kit_emit(void *ctx, struct hf_draft *take)
{
	struct kit_node *n = ctx;
	struct hf_unit *u;
	const void *kind;
	size_t len;

	if (hf_draft_event(take) == HF_EVENT_ALARM && hf_draft_get(take, HF_FIELD_ALARM, &kind, &len)) {
		n->alarms++;
		snprintf(n->alarm, sizeof(n->alarm), "%.*s", (int)len, (const char *)kind);
	}
	if (!n->ledger) {
		hf_draft_free(take);
		return;
	}
	u = hf_unit_new();
	hf_unit_draft(u, take);
	hf_store_submit(n->store, u, NULL, NULL);
}

static inline const struct hf_space *kit_space(void *ctx)
{
	return ((struct kit_node *)ctx)->kit->space;
}

static inline unsigned kit_number(const struct kit *k, const char *name)
{
	for (unsigned i = 0; i < SB_NODES; i++)
		if (strcmp(k->sb->name[i], name) == 0)
			return i;
	abort();
}

static inline void kit_call(void *ctx, const char *peer, enum hf_msg type, const void *body, size_t len, hf_reply_fn fn,
                            void *fn_ctx)
{
	struct kit_node *n = ctx;
	struct kit_call *c = calloc(1, sizeof(*c)), **end = &n->kit->calls;

	c->kit = n->kit;
	c->from = n->n;
	c->to = kit_number(n->kit, peer);
	c->type = type;
	hf_buf_add(&c->body, body, len);
	c->fn = fn;
	c->fn_ctx = fn_ctx;
	while (*end)
		end = &(*end)->next;
	*end = c;
	c->after = c->kit->live;
	if (c->after)
		c->after->before = c;
	c->kit->live = c;
}

static inline void kit_answer(void *ctx, enum hf_err e, const char *text, const void *body, size_t len)
{
	struct kit_call *c = ctx;

	assert_false(c->answered);
	c->answered = true;
	c->error = e;
	snprintf(c->text, sizeof(c->text), "%s", text ? text : "");
	hf_buf_clear(&c->body);
	hf_buf_add(&c->body, body, len);
	c->next = c->kit->calls;
	c->kit->calls = c;
}

static inline void kit_reply(struct kit_call *c)
{
	struct hf_reply r = {.error = c->error, .text = c->text, .body = {c->body.data, c->body.len}};

	if (c->error != HF_OK)
		c->kit->refused[c->type]++;
	if (c->kit->heard)
		c->kit->heard(c->kit, c);
	if (c->fn)
		c->fn(c->fn_ctx, &r);
	*(c->before ? &c->before->after : &c->kit->live) = c->after;
	if (c->after)
		c->after->before = c->before;
	hf_buf_done(&c->body);
	free(c);
}

static inline void kit_deliver(struct kit_call *c)
{
	struct kit *k = c->kit;
	struct kit_node *to = &k->node[c->to];

	k->sent[c->type]++;
	if (k->down[c->to] || k->down[c->from] || !to->ledger || (k->bend && !k->bend(k, c, &c->body))) {
		c->answered = true;
		c->error = HF_E_UNREACHABLE;
		kit_reply(c);
		return;
	}
	struct hf_buf body = c->body;

	hf_buf_init(&c->body, 0);
	hf_ledger_handle(to->ledger, k->sb->name[c->from], c->type, (struct hf_bytes){body.data, body.len},
	                 (struct hf_answer){kit_answer, c});
	hf_buf_done(&body);
}

static inline void kit_carry(uv_idle_t *idle)
{
	struct kit *k = idle->data;
	struct kit_call *all = k->calls;

	k->calls = NULL;
	while (all) {
		struct kit_call *c = all;

		all = c->next;
		c->next = NULL;
		if (c->answered)
			kit_reply(c);
		else
			kit_deliver(c);
	}
}

/* Where everything stands, for who reads why a test waited in vain. */
static inline void kit_dump(struct kit *k)
{
	for (unsigned i = 0; i < SB_NODES; i++) {
		struct hf_ledger *l = k->node[i].ledger;

		if (!l)
			continue;
		print_message("%s: %" PRIu64 " durable, %" PRIu64 " signed, round %" PRIu64 " (%u), %" PRIu64
		              " witnessed, gate %d, due in %" PRId64 " ms, halted '%s'\n",
		              k->sb->name[i], hf_sequence_size(l->sequence), l->newest.size, l->round.size,
		              l->round.cosignatures, l->witnessed.size, l->gate_open, l->due_ms - hf_ledger_mono(l),
		              l->halted);
		for (size_t j = 0; j < l->peer_count; j++) {
			const struct hf_lpeer *p = l->peer[j];

			print_message("  %s: witness %" PRIu64 ", cosigned %" PRIu64 ", mirror %d next %" PRIu64
			              " size %" PRIu64 " witnessed %" PRIu64 ", refused %d",
			              p->node, p->witness_size, p->cosigned_size, p->mirror_known, p->mirror_next,
			              p->mirror_size, p->mirror_witnessed, (int)p->pushing.reason);
			for (unsigned n = 0; n < HF_LANE_COUNT; n++)
				print_message(" %s%" PRId64, p->lane[n].busy ? "busy " : "",
				              p->lane[n].next_ms - hf_ledger_mono(l));
			print_message("\n");
		}
	}
}

static inline void kit_too_late(uv_timer_t *t)
{
	kit_dump((struct kit *)t->loop); /* its first member */
	fail_msg("nothing happened for %d ms: %s", KIT_LIMIT_MS, (const char *)t->data);
}

static inline void kit_beat(uv_timer_t *t)
{
	(void)t;
}

/* Blocks for the next event; the carrier turns as long as there is something to carry. */
static inline void kit_turn(struct kit *k)
{
	if (k->calls)
		uv_idle_start(&k->carrier, kit_carry);
	else
		uv_idle_stop(&k->carrier);
	uv_run(&k->loop, UV_RUN_ONCE);
}

#define kit_until(k, condition)                                                                                        \
	do {                                                                                                           \
		(k)->limit.data = (void *)(uintptr_t) #condition;                                                      \
		uv_timer_start(&(k)->limit, kit_too_late, KIT_LIMIT_MS, 0);                                            \
		while (!(condition))                                                                                   \
			kit_turn(k);                                                                                   \
		uv_timer_stop(&(k)->limit);                                                                            \
	} while (0)

static inline void kit_space_build(struct kit *k)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_sign_pub root;

	hf_buf_init(&k->descriptor, 0);
	sb_sign(k->sb, &k->descriptor);
	memcpy(root.b, k->sb->root_pub, sizeof(root.b));
	k->space = hf_space_new(&root);
	if (hf_space_extend(k->space, k->descriptor.data, k->descriptor.len, &f) != HF_OK)
		fail_msg("%s", f.text);
}

static inline void kit_keys(struct kit *k, unsigned n)
{
	struct hf_node_keys *keys = &k->node[n].keys;
	struct hf_sign_key **key = k->sb->key[n];

	*keys = (struct hf_node_keys){.envelope = key[HF_KEY_ENVELOPE],
	                              .log = key[HF_KEY_LOG],
	                              .witness = key[HF_KEY_WITNESS],
	                              .mirror = key[HF_KEY_MIRROR],
	                              .recovery = key[HF_KEY_RECOVERY]};
	keys->store_key = calloc(1, 32);
	keys->store_key[0] = (uint8_t)(n + 1);
}

/* shape (may be NULL) changes the descriptor before it is signed. */
static inline struct kit *kit_new(void (*shape)(struct sb_space *sb))
{
	struct kit *k = calloc(1, sizeof(*k));

	assert_true(hf_crypto_init());
	snprintf(k->dir, sizeof(k->dir), "/tmp/hufu-ledger-XXXXXX");
	assert_non_null(mkdtemp(k->dir));
	assert_int_equal(uv_loop_init(&k->loop), 0);
	uv_timer_init(&k->loop, &k->limit);
	uv_timer_init(&k->loop, &k->beat);
	uv_timer_start(&k->beat, kit_beat, KIT_BEAT_MS, KIT_BEAT_MS);
	uv_unref((uv_handle_t *)&k->beat);
	uv_idle_init(&k->loop, &k->carrier);
	k->carrier.data = k;
	k->mono0 = kit_mono(NULL);
	k->log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	k->sb = sb_new(1);
	if (shape)
		shape(k->sb);
	kit_space_build(k);
	for (unsigned n = 0; n < SB_NODES; n++)
		kit_keys(k, n);
	return k;
}

static inline enum hf_err kit_try_open(struct kit *k, unsigned n, struct hf_fault *f)
{
	struct kit_node *node = &k->node[n];
	enum hf_err e;

	node->kit = k;
	node->n = n;
	node->base.loop = &k->loop;
	node->base.clock = (struct hf_clock){kit_node_now, kit_node_mono, node};
	node->base.log = hf_log_new(k->log_fd, &node->base.clock, k->sb->name[n], HF_LOG_ERROR);
	node->base.metrics = hf_metrics_new();
	node->base.audit = (struct hf_audit){kit_emit, node};
	assert_true(hf_name_parse(k->sb->name[n], &node->base.self));
	snprintf(node->base.dir, sizeof(node->base.dir), "%s/%s", k->dir, k->sb->name[n]);
	mkdir(node->base.dir, 0700);
	e = hf_store_open(&node->base, &node->store, f);
	if (e == HF_OK) {
		e = hf_ledger_open(&node->base, node->store, &node->keys, SB_SPACE, &node->ledger, f);
		if (e != HF_OK)
			hf_store_close(node->store);
	}
	if (e != HF_OK) {
		uv_run(&k->loop, UV_RUN_NOWAIT);
		hf_metrics_free(node->base.metrics);
		hf_log_free(node->base.log);
		node->ledger = NULL;
	}
	return e;
}

/* Opens and, with the network, starts. */
static inline struct kit_node *kit_open(struct kit *k, unsigned n)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_ledger_net net = {kit_space, kit_call, &k->node[n]};

	if (kit_try_open(k, n, &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_ledger_start_net(k->node[n].ledger, &net);
	return &k->node[n];
}

/* In the order of the node: peers first (their calls end), then the store, then the ledger. */
static inline void kit_close(struct kit *k, unsigned n)
{
	struct kit_node *node = &k->node[n];
	struct hf_ledger *l = node->ledger;

	hf_ledger_stop(l);
	for (struct kit_call *c = k->live; c; c = c->after)
		if (c->from == n && c->fn) {
			struct hf_reply r = {.error = HF_E_CANCELLED, .text = ""};
			hf_reply_fn fn = c->fn;

			c->fn = NULL;
			fn(c->fn_ctx, &r);
		}
	hf_store_close(node->store);
	node->ledger = NULL;
	hf_ledger_close(l);
	for (unsigned i = 0; i < 3; i++)
		uv_run(&k->loop, UV_RUN_NOWAIT);
	hf_metrics_free(node->base.metrics);
	hf_log_free(node->base.log);
}

static inline int kit_remove_one(const char *path, const struct stat *s, int flag, struct FTW *f)
{
	(void)s;
	(void)flag;
	(void)f;
	return remove(path);
}

static inline void kit_remove(const char *path)
{
	nftw(path, kit_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Deletes the folder of a node that is not running. */
static inline void kit_lose(struct kit *k, unsigned n)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", k->dir, k->sb->name[n]);
	kit_remove(path);
}

static inline void kit_free(struct kit *k)
{
	for (unsigned n = 0; n < SB_NODES; n++) {
		if (k->node[n].ledger)
			kit_close(k, n);
		free(k->node[n].keys.store_key);
	}
	while (k->calls)
		kit_carry(&k->carrier);
	assert_null(k->live);
	uv_close((uv_handle_t *)&k->limit, NULL);
	uv_close((uv_handle_t *)&k->beat, NULL);
	uv_close((uv_handle_t *)&k->carrier, NULL);
	uv_run(&k->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&k->loop), 0);
	hf_space_free(k->space);
	hf_buf_done(&k->descriptor);
	sb_free(k->sb);
	close(k->log_fd);
	kit_remove(k->dir);
	free(k);
}

/* The authority certifies another log key for a node, which is not running, from now on; once in a test. */
static inline void kit_change_log_key(struct kit *k, unsigned n)
{
	static uint8_t pub[32];
	static Hufu__MemberKey fresh;
	Hufu__Member *m = &k->sb->member[n];
	struct hf_sign_key *key = sb_key(9, 9);
	struct hf_fault f = {HF_OK, ""};
	int64_t now = kit_now(k);

	sb_next(k->sb, &k->descriptor);
	k->sb->mkey[n][HF_KEY_LOG].not_after_ms = now;
	sb_pub(key, pub);
	hufu__member_key__init(&fresh);
	fresh.use = HF_KEY_LOG;
	fresh.public_key = sb_bytes(pub, 32);
	fresh.not_before_ms = now;
	k->sb->mkeys[n][m->n_keys++] = &fresh;
	sb_sign(k->sb, &k->descriptor);
	if (hf_space_extend(k->space, k->descriptor.data, k->descriptor.len, &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_sign_key_free(k->sb->key[n][HF_KEY_LOG]);
	k->sb->key[n][HF_KEY_LOG] = k->node[n].keys.log = key;
}

struct kit_done {
	bool done;
	enum hf_err e;
	struct hf_commit info;
};

static inline void kit_on_done(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct kit_done *d = ctx;

	d->done = true;
	d->e = e;
	if (info)
		d->info = *info;
}

/* Submits and waits; returns the index of the first entry. */
static inline uint64_t kit_submit(struct kit_node *n, struct hf_unit *take)
{
	struct kit_done d = {.done = false};

	hf_store_submit(n->store, take, kit_on_done, &d);
	kit_until(n->kit, d.done);
	assert_int_equal(d.e, HF_OK);
	return d.info.first_entry;
}

static inline uint64_t kit_write(struct kit_node *n, struct hf_draft *take)
{
	struct hf_unit *u = hf_unit_new();

	hf_unit_draft(u, take);
	return kit_submit(n, u);
}

/* n has a transaction with that peer on record: the reason to store its ledger. */
static inline void kit_invite(struct kit_node *n, const char *peer)
{
	struct hf_unit *u = hf_unit_new();

	hf_ledger_add_mirror(n->ledger, u, peer);
	kit_submit(n, u);
}

/* count entries without a transaction, in one unit. */
static inline void kit_fill(struct kit_node *n, unsigned count)
{
	struct hf_unit *u = hf_unit_new();

	for (unsigned i = 0; i < count; i++) {
		struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, NULL);

		hf_draft_textf(d, HF_FIELD_OBJECT, "object %u", i);
		hf_draft_outcome(d, HF_OK, NULL);
		hf_unit_draft(u, d);
	}
	kit_submit(n, u);
}

static inline struct hf_ledger_state kit_state(struct kit_node *n)
{
	struct hf_ledger_state s;

	hf_ledger_state(n->ledger, &s);
	return s;
}

/* Every running witness has asked the others what it has cosigned before, and cosigns. */
static inline bool kit_settled(struct kit *k)
{
	for (size_t i = 0; i < k->sb->d.n_witnesses; i++) {
		struct hf_ledger *l = k->node[kit_number(k, k->sb->d.witnesses[i])].ledger;

		if (l && !l->settled)
			return false;
	}
	return true;
}

static inline void kit_until_settled(struct kit *k)
{
	kit_until(k, kit_settled(k));
}

static inline void kit_until_witnessed(struct kit_node *n)
{
	kit_until(n->kit, kit_state(n).witnessed_size == kit_state(n).durable);
}

/* The opened text of a field of an entry of the node's own ledger; "" when it has none. */
static inline void kit_field(struct kit_node *n, uint64_t index, enum hf_field field, char *out, size_t cap)
{
	struct hf_opened o = HF_OPENED_INIT;

	out[0] = '\0';
	assert_int_equal(hf_opening_read(&n->ledger->opening_keys, &n->ledger->own, &n->ledger->rows, index, &o),
	                 HF_OK);
	hf_opening_text(o.opening, field, out, cap);
	hf_opened_done(&o);
}

static inline void kit_assert_field(struct kit_node *n, uint64_t index, enum hf_field field, const char *text)
{
	char is[HF_DRAFT_VALUE_MAX + 1];

	kit_field(n, index, field, is, sizeof(is));
	assert_string_equal(is, text);
}

#endif
