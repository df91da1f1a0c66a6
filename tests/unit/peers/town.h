/*
 * town.h - up to five nodes of one space over real sockets and stores, for the tests of this folder.
 *
 * The clock runs with the machine's monotonic clock from SB_T0 on, plus what a test adds; each node has an address of
 * its own on 127/8. Waiting means running the loop until something has happened, with a limit.
 */
#ifndef HUFU_TESTS_UNIT_PEERS_TOWN_H
#define HUFU_TESTS_UNIT_PEERS_TOWN_H

#include <ftw.h>
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

#include "crypto/base64.h"
#include "peers/peers.h"
#include "unit/channel/nng_leak.h"
#include "unit/evidence/space_builder.h"

#define LIMIT_MS 60000

struct town;

struct node {
	struct town *t;
	unsigned n;
	bool open;
	bool deaf; /* its address is still taken by the listener of its earlier life in this process: it only dials */
	char dir[128];
	struct hf_base base;
	struct hf_store *store;
	struct hf_peers *peers;
	struct hf_agree_key *key;
	int64_t clock_off_ms;
	uint32_t events[128]; /* ledger entries and drafts to the sink, by event */
	uint64_t entries;
	enum hf_err entry_fault; /* what its sequencer says, under the town's lock */
	char last_detail[600];
	unsigned changes, ups, requests, mails;
	bool busy;        /* the handler of "event" says: again later */
	char taken[8192]; /* bodies in the order they were taken */
	char last_type[32];
};

struct town {
	uv_loop_t loop;
	uv_timer_t limit;
	uv_mutex_t lock; /* entries are counted on the committer's threads */
	struct sb_space *sb;
	struct hf_buf chain[4]; /* descriptor envelopes */
	size_t chain_len;
	char dir[64];
	int64_t start_ms;
	_Atomic int64_t jump_ms;
	struct node node[SB_NODES];
};

static inline int64_t town_mono(struct town *t)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 - t->start_ms + t->jump_ms;
}

static inline int64_t node_mono(void *ctx)
{
	struct node *n = ctx;
	return town_mono(n->t);
}

static inline int64_t node_now(void *ctx)
{
	struct node *n = ctx;
	return SB_T0 + town_mono(n->t) + n->clock_off_ms;
}

static inline void town_too_late(uv_timer_t *t)
{
	fail_msg("%s: not in %d ms", (const char *)t->data, LIMIT_MS);
}

#define WAIT(t, condition)                                                                                             \
	do {                                                                                                           \
		(t)->limit.data = (void *)(uintptr_t) #condition;                                                      \
		uv_timer_start(&(t)->limit, town_too_late, LIMIT_MS, 0);                                               \
		while (!(condition))                                                                                   \
			uv_run(&(t)->loop, UV_RUN_ONCE);                                                               \
		uv_timer_stop(&(t)->limit);                                                                            \
	} while (0)

static inline void node_count(struct node *n, const struct hf_draft *d)
{
	const void *data;
	size_t len;
	uv_mutex_lock(&n->t->lock);
	n->events[hf_draft_event(d)]++;
	if (hf_draft_get(d, HF_FIELD_DETAIL, &data, &len))
		snprintf(n->last_detail, sizeof(n->last_detail), "%.*s", (int)len, (const char *)data);
	uv_mutex_unlock(&n->t->lock);
}

static inline uint32_t node_events(struct node *n, enum hf_event e)
{
	uv_mutex_lock(&n->t->lock);
	uint32_t count = n->events[e];
	uv_mutex_unlock(&n->t->lock);
	return count;
}

static inline void node_emit(void *ctx, struct hf_draft *take)
{
	node_count(ctx, take);
	hf_draft_free(take);
}

static inline enum hf_err node_sequence(void *ctx, struct hf_txn *txn, struct hf_draft *const *drafts, size_t count,
                                        uint64_t *ret_index)
{
	struct node *n = ctx;
	(void)txn;
	for (size_t i = 0; i < count; i++) {
		node_count(n, drafts[i]);
		ret_index[i] = n->entries++;
	}
	uv_mutex_lock(&n->t->lock);
	enum hf_err e = n->entry_fault;
	uv_mutex_unlock(&n->t->lock);
	return e;
}

static inline void node_entry_fault(struct node *n, enum hf_err e)
{
	uv_mutex_lock(&n->t->lock);
	n->entry_fault = e;
	uv_mutex_unlock(&n->t->lock);
}

/* "application" counts how often it took effect, in the store. */
static inline enum hf_err take_application(void *ctx, const char *from, const struct hf_id *txn, struct hf_bytes body,
                                           struct hf_unit *unit, struct hf_fault *f)
{
	struct node *n = ctx;
	struct hf_buf b = HF_BUF_INIT;
	char key[200];
	uint8_t count = 1;
	(void)txn, (void)f;
	n->mails++;
	snprintf(key, sizeof(key), "%s:%.*s", from, (int)body.len, (const char *)body.data);
	if (hf_store_get(n->store, HF_TABLE_NOTICE, key, strlen(key), &b) == HF_OK)
		count = (uint8_t)(b.data[0] + 1);
	hf_buf_done(&b);
	hf_unit_put(unit, HF_TABLE_NOTICE, key, strlen(key), &count, 1);
	snprintf(n->taken + strlen(n->taken), sizeof(n->taken) - strlen(n->taken), "%.*s,", (int)body.len,
	         (const char *)body.data);
	return HF_OK;
}

/* "forward" is refused for good, after it has touched its unit. */
static inline enum hf_err take_forward(void *ctx, const char *from, const struct hf_id *txn, struct hf_bytes body,
                                       struct hf_unit *unit, struct hf_fault *f)
{
	struct node *n = ctx;
	(void)from, (void)txn, (void)body;
	n->mails++;
	hf_unit_put(unit, HF_TABLE_NOTICE, "half", 4, "x", 1);
	return hf_fault_set(f, HF_E_CRITERION, "criterion 3 is not met; ask for less");
}

/* "event" is taken when the node is not busy. */
static inline enum hf_err take_event(void *ctx, const char *from, const struct hf_id *txn, struct hf_bytes body,
                                     struct hf_unit *unit, struct hf_fault *f)
{
	struct node *n = ctx;
	if (n->busy) {
		n->mails++;
		return HF_E_BUSY;
	}
	return take_application(ctx, from, txn, body, unit, f);
}

static inline uint8_t node_effects(struct node *n, const char *from, const char *body)
{
	struct hf_buf b = HF_BUF_INIT;
	char key[200];
	snprintf(key, sizeof(key), "%s:%s", from, body);
	uint8_t count = hf_store_get(n->store, HF_TABLE_NOTICE, key, strlen(key), &b) == HF_OK ? b.data[0] : 0;
	hf_buf_done(&b);
	return count;
}

static inline void node_request(void *ctx, struct hf_request *take)
{
	struct node *n = ctx;
	n->requests++;
	if (hf_msg_name(hf_request_type(take)))
		hf_request_reply(take, HF_OK, NULL, hf_request_body(take).data, hf_request_body(take).len);
	else
		hf_request_reply(take, HF_E_UNSUPPORTED, "no such message", NULL, 0);
}

static inline void node_changed(void *ctx)
{
	((struct node *)ctx)->changes++;
}

static inline void node_up(void *ctx, const char *peer)
{
	(void)peer;
	((struct node *)ctx)->ups++;
}

static inline void write_text(const char *dir, const char *name, const void *data, size_t len)
{
	char path[300];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(hf_file_write(path, data, len, 0600), HF_OK);
}

static inline void write_chain(struct town *t, struct node *n, size_t count)
{
	struct hf_buf b = HF_BUF_INIT;
	char space[160];
	for (size_t i = 0; i < count; i++) {
		uint8_t head[4];
		hf_put_u32(head, (uint32_t)t->chain[i].len);
		hf_buf_add(&b, head, 4);
		hf_buf_add(&b, t->chain[i].data, t->chain[i].len);
	}
	snprintf(space, sizeof(space), "%.120s/space", n->dir);
	write_text(space, "descriptors.dsse", b.data, b.len);
	hf_buf_done(&b);
}

static inline enum hf_err town_import(struct town *t, struct node *n, size_t i)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_buf b = HF_BUF_INIT;
	uint8_t head[4];
	hf_put_u32(head, (uint32_t)t->chain[i].len);
	hf_buf_add(&b, head, 4);
	hf_buf_add(&b, t->chain[i].data, t->chain[i].len);
	enum hf_err e = hf_peers_import(n->peers, b.data, b.len, &f);
	hf_buf_done(&b);
	return e;
}

/* Signs the descriptor under construction as the next one. */
static inline void town_sign(struct town *t)
{
	if (t->chain_len > 0)
		sb_next(t->sb, &t->chain[t->chain_len - 1]);
	sb_sign(t->sb, &t->chain[t->chain_len++]);
}

static inline void town_node(struct town *t, unsigned i, unsigned salt)
{
	struct node *n = &t->node[i];
	uint8_t seed[32] = {'t', 'o', 'w', 'n', (uint8_t)i};
	char space[160], root[80];
	struct hf_agree_pub pub;
	n->t = t;
	n->n = i;
	n->key = hf_agree_key_from_seed(seed);
	hf_agree_key_pub(n->key, &pub);
	memcpy(t->sb->pub[i][HF_KEY_NOISE], pub.b, 32);
	snprintf(t->sb->address[i], sizeof(t->sb->address[i]), "tcp://127.%u.%u.%u:7400", 80 + salt / 65536 % 64,
	         salt / 256 % 256, (salt + i) % 250 + 1);
	snprintf(n->dir, sizeof(n->dir), "%.60s/%.40s", t->dir, t->sb->name[i]);
	snprintf(space, sizeof(space), "%.120s/space", n->dir);
	mkdir(n->dir, 0700);
	mkdir(space, 0700);
	size_t len = hf_base64(t->sb->root_pub, 32, root);
	root[len++] = '\n';
	write_text(space, "root.key", root, len);
}

/* In a folder that is there already when dir is given. */
static inline void town_init(struct town *t, const char *dir, unsigned salt)
{
	memset(t, 0, sizeof(*t));
	uv_loop_init(&t->loop);
	uv_timer_init(&t->loop, &t->limit);
	uv_mutex_init(&t->lock);
	t->start_ms = town_mono(t);
	snprintf(t->dir, sizeof(t->dir), "%s", dir ? dir : "/tmp/hufu-town-XXXXXX");
	if (!dir)
		assert_non_null(mkdtemp(t->dir));
	t->sb = sb_new(7);
	for (unsigned i = 0; i < SB_NODES; i++)
		town_node(t, i, salt);
}

static inline unsigned town_salt(void)
{
	static unsigned count;
	return (unsigned)getpid() * 32 + 8 * count++;
}

static inline enum hf_err node_open_peers(struct node *n, struct hf_fault *f)
{
	static const hf_mail_fn fns[] = {take_application, take_forward, take_event};
	static const enum hf_mail types[] = {HF_MAIL_APPLICATION, HF_MAIL_FORWARD, HF_MAIL_EVENT};
	static struct hf_mail_row rows[SB_NODES][4];
	char space[160];
	for (size_t i = 0; i < 3; i++)
		rows[n->n][i] = (struct hf_mail_row){types[i], fns[i], n};
	snprintf(space, sizeof(space), "%.120s/space", n->dir);
	struct hf_peers_config cfg = {.space_dir = space, .mails = rows[n->n], .on_request = node_request, .ctx = n};
	cfg.channel.static_key = n->key;
	if (n->t->sb->member[n->n].n_addresses > 0 && !n->deaf)
		cfg.channel.listen[0] = n->t->sb->address[n->n];
	return hf_peers_open(&n->base, n->store, &cfg, &n->peers, f);
}

static inline void node_open_store(struct node *n)
{
	struct hf_fault f = {HF_OK, ""};
	const struct hf_sequencer seq = {node_sequence, NULL, n, NULL};
	n->base = (struct hf_base){.loop = &n->t->loop, .clock = {node_now, node_mono, n}, .audit = {node_emit, n}};
	n->base.metrics = hf_metrics_new();
	snprintf(n->base.dir, sizeof(n->base.dir), "%s", n->dir);
	assert_true(hf_name_parse(n->t->sb->name[n->n], &n->base.self));
	if (hf_store_open(&n->base, &n->store, &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_store_set_sequencer(n->store, &seq);
}

static inline void node_open(struct node *n)
{
	struct hf_fault f = {HF_OK, ""};
	node_open_store(n);
	if (node_open_peers(n, &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_peers_on_change(n->peers, node_changed, n);
	hf_peers_on_up(n->peers, node_up, n);
	n->open = true;
}

static inline void node_close(struct node *n)
{
	hf_peers_close(n->peers);
	n->peers = NULL;
	hf_store_close(n->store);
	hf_metrics_free(n->base.metrics);
	n->open = false;
	n->deaf = true;
}

static inline void town_open(struct town *t, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++) {
		write_chain(t, &t->node[i], t->chain_len);
		node_open(&t->node[i]);
	}
}

static inline int town_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline void town_close(struct town *t)
{
	for (unsigned i = 0; i < SB_NODES; i++) {
		if (t->node[i].open)
			node_close(&t->node[i]);
		hf_agree_key_free(t->node[i].key);
	}
	uv_close((uv_handle_t *)&t->limit, NULL);
	while (uv_run(&t->loop, UV_RUN_DEFAULT) != 0)
		;
	assert_int_equal(uv_loop_close(&t->loop), 0);
	for (size_t i = 0; i < t->chain_len; i++)
		hf_buf_done(&t->chain[i]);
	sb_free(t->sb);
	uv_mutex_destroy(&t->lock);
	nftw(t->dir, town_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* The end of one call. */
struct result {
	bool done;
	enum hf_err error;
	char text[400];
	uint8_t body[600];
	size_t len;
};

static inline void result_fn(void *ctx, struct hf_reply *r)
{
	struct result *out = ctx;
	assert_false(out->done);
	out->done = true;
	out->error = r->error;
	snprintf(out->text, sizeof(out->text), "%s", r->text);
	out->len = r->body.len < sizeof(out->body) ? r->body.len : sizeof(out->body);
	if (out->len > 0)
		memcpy(out->body, r->body.data, out->len);
}

static inline enum hf_err ask(struct node *from, const char *to, enum hf_msg type, struct result *r)
{
	memset(r, 0, sizeof(*r));
	hf_peers_call(from->peers, to, type, NULL, "hello", 5, 0, result_fn, r);
	assert_false(r->done);
	WAIT(from->t, r->done);
	return r->error;
}

static inline enum hf_err knock(struct node *from, const char *to)
{
	struct result r;
	return ask(from, to, HF_MSG_CATALOG_SYNC, &r);
}

static inline struct hf_peer_view view(struct node *n, const char *peer)
{
	struct hf_peer_view v[SB_NODES];
	size_t count = hf_peers_list(n->peers, v, SB_NODES);
	for (size_t i = 0; i < count; i++)
		if (strcmp(v[i].id, peer) == 0)
			return v[i];
	fail_msg("%s is not in the list", peer);
	return v[0];
}

static inline enum hf_err post(struct node *from, const char *to, enum hf_mail type, const char *body)
{
	struct hf_unit *u = hf_unit_new();
	enum hf_err e = hf_peers_mail(from->peers, u, to, type, NULL, body, strlen(body));
	hf_store_submit(from->store, u, NULL, NULL);
	return e;
}

#endif
