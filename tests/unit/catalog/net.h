/*
 * net.h - nodes of one space on one loop, each with its own store and catalog, joined by a wire in memory: the
 * functions of peers.h and of channel.h that the catalog calls are defined here, so that a message is delivered to the
 * other node's handler on the next turn.
 *
 * Waiting means running the loop until nothing is under way any more, with a limit.
 */
#ifndef TESTS_UNIT_CATALOG_NET_H
#define TESTS_UNIT_CATALOG_NET_H

#include <pthread.h>

#include "catalog/internal.h"
#include "crypto/crypto.h"
#include "unit/catalog/leave.h"
#include "unit/evidence/space_builder.h"
#include "unit/store/fixture.h"

#define SITES SB_NODES

struct net;
struct site;
struct hf_peers {
	struct site *site;
	void (*on_up)(void *ctx, const char *peer);
	void *on_up_ctx;
	void (*on_change)(void *ctx);
	void *on_change_ctx;
};
struct site {
	struct net *net;
	const char *name;
	struct hf_base base;
	struct hf_store *store;
	struct hf_node_keys keys;
	struct hf_peers peers;
	struct hf_sources *sources;
	struct hf_catalog *catalog;
	char dir[64];
	bool down;
	pthread_mutex_t mutex; /* the committer writes what follows */
	unsigned drafts;
	char reason[64];
	uint64_t next_entry;
};
struct hf_request {
	struct site *to;
	const char *from;
	uint32_t type;
	struct hf_buf body;
	hf_reply_fn fn;
	void *ctx;
	/* The answer on its way back. */
	bool answered;
	enum hf_err error;
	char text[400];
	struct hf_buf reply;
	struct hf_request *next;
};
struct net {
	uv_loop_t loop;
	uv_idle_t idle;
	uv_timer_t limit;
	struct sb_space *sb;
	struct hf_space *space;
	struct site site[SITES];
	struct hf_request *queue, **queue_end;
	size_t calls, bytes; /* delivered requests; bytes of answers */
	struct hf_buf last_reply;
	size_t drop; /* so many requests get lost first */
	int64_t now_ms;
};

static inline int64_t net_now(void *ctx)
{
	return ((struct net *)ctx)->now_ms;
}

static inline void net_enqueue(struct net *n, struct hf_request *r)
{
	r->next = NULL;
	*n->queue_end = r;
	n->queue_end = &r->next;
	uv_ref((uv_handle_t *)&n->idle);
}

static inline void net_end(struct hf_request *r)
{
	struct hf_reply reply = {.error = r->error, .text = r->text, .body = {r->reply.data, r->reply.len}};

	r->to->net->bytes += r->reply.len;
	hf_buf_clear(&r->to->net->last_reply);
	hf_buf_add(&r->to->net->last_reply, r->reply.data, r->reply.len);
	if (r->fn)
		r->fn(r->ctx, &reply);
	hf_buf_done(&r->body);
	hf_buf_done(&r->reply);
	free(r);
}

static inline void net_deliver(uv_idle_t *idle)
{
	struct net *n = idle->data;
	struct hf_request *r = n->queue;

	if (!r)
		return;
	n->queue = r->next;
	if (!n->queue) {
		n->queue_end = &n->queue;
		uv_idle_stop(idle);
	}
	if (r->answered) {
		net_end(r);
	} else if (r->to->down || !r->to->catalog || n->drop > 0) {
		n->drop -= n->drop > 0;
		r->error = HF_E_UNREACHABLE;
		net_end(r);
	} else {
		n->calls++;
		hf_catalog_on_request(r->to->catalog, r);
	}
}

static inline struct site *net_find(struct net *n, const char *name)
{
	for (size_t i = 0; i < SITES; i++)
		if (strcmp(n->site[i].name, name) == 0)
			return &n->site[i];
	return NULL;
}

static inline void net_send(struct site *from, const char *to, uint32_t type, const void *body, size_t len,
                            hf_reply_fn fn, void *ctx)
{
	struct hf_request *r = hf_alloc_zero(sizeof(*r));

	r->to = net_find(from->net, to);
	assert_non_null(r->to);
	r->from = from->name;
	r->type = type;
	r->fn = fn;
	r->ctx = ctx;
	assert_true(hf_buf_add(&r->body, body, len));
	net_enqueue(from->net, r);
	uv_idle_start(&from->net->idle, net_deliver);
}

/* peers.h and channel.h, as far as the catalog uses them. */
const struct hf_space *hf_peers_space(const struct hf_peers *p)
{
	return p->site->net->space;
}

void hf_peers_on_up(struct hf_peers *p, void (*fn)(void *ctx, const char *peer), void *ctx)
{
	p->on_up = fn;
	p->on_up_ctx = ctx;
}

void hf_peers_on_change(struct hf_peers *p, void (*fn)(void *ctx), void *ctx)
{
	p->on_change = fn;
	p->on_change_ctx = ctx;
}

void hf_peers_call(struct hf_peers *p, const char *peer, enum hf_msg type, const struct hf_id *trace, const void *body,
                   size_t len, uint32_t timeout_ms, hf_reply_fn fn, void *ctx)
{
	(void)trace;
	(void)timeout_ms;
	net_send(p->site, peer, type, body, len, fn, ctx);
}

size_t hf_peers_list(struct hf_peers *p, struct hf_peer_view *out, size_t cap)
{
	size_t count = 0;

	for (size_t i = 0; i < SITES && count < cap; i++) {
		struct site *s = &p->site->net->site[i];

		if (s == p->site)
			continue;
		memset(&out[count], 0, sizeof(out[count]));
		snprintf(out[count].id, sizeof(out[count].id), "%s", s->name);
		out[count++].up = !s->down && s->catalog;
	}
	return count;
}

const char *hf_request_peer(const struct hf_request *r)
{
	return r->from;
}

uint32_t hf_request_type(const struct hf_request *r)
{
	return r->type;
}

struct hf_bytes hf_request_body(const struct hf_request *r)
{
	return (struct hf_bytes){r->body.data, r->body.len};
}

void hf_request_reply(struct hf_request *r, enum hf_err error, const char *text, const void *body, size_t len)
{
	assert_false(r->answered);
	r->answered = true;
	r->error = error;
	snprintf(r->text, sizeof(r->text), "%s", text ? text : "");
	assert_true(hf_buf_add(&r->reply, body, len));
	net_enqueue(r->to->net, r);
	uv_idle_start(&r->to->net->idle, net_deliver);
}

/* A sequencer that numbers drafts and remembers the last one's reason. */
static inline enum hf_err site_sequence(void *ctx, struct hf_txn *txn, struct hf_draft *const *drafts, size_t count,
                                        uint64_t *ret_index)
{
	struct site *s = ctx;
	const void *data;
	size_t len;

	(void)txn;
	pthread_mutex_lock(&s->mutex);
	for (size_t i = 0; i < count; i++) {
		ret_index[i] = s->next_entry++;
		s->drafts++;
		if (hf_draft_get(drafts[i], HF_FIELD_REASON, &data, &len))
			snprintf(s->reason, sizeof(s->reason), "%.*s", (int)len, (const char *)data);
	}
	pthread_mutex_unlock(&s->mutex);
	return HF_OK;
}

static inline void site_sequenced(void *ctx, bool ok)
{
	(void)ctx;
	(void)ok;
}

static inline void site_emit(void *ctx, struct hf_draft *take)
{
	struct hf_unit *u = hf_unit_new();

	hf_unit_draft(u, take);
	hf_store_submit(((struct site *)ctx)->store, u, NULL, NULL);
}

static inline void site_open(struct site *s)
{
	const struct hf_sequencer seq = {site_sequence, site_sequenced, s, NULL};
	struct hf_fault f = {HF_OK, ""};

	if (hf_store_open(&s->base, &s->store, &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_store_set_sequencer(s->store, &seq);
	assert_int_equal(hf_sources_open(&s->base, s->store, NULL, &s->sources, &f), HF_OK);
	assert_int_equal(hf_catalog_open(&s->base, s->store, &s->keys, &s->peers, s->sources, &s->catalog, &f), HF_OK);
}

static inline void site_close(struct site *s)
{
	hf_catalog_close(s->catalog);
	s->catalog = NULL;
	hf_sources_close(s->sources);
	hf_store_close(s->store);
	s->store = NULL;
}

static inline void net_too_late(uv_timer_t *t)
{
	(void)t;
	fail_msg("nothing happened for %d ms", LIMIT_MS);
}

static inline bool site_quiet(const struct site *s)
{
	/* One for itself, two for its timers. */
	return !s->catalog ||
	       (s->catalog->references == 3 && !uv_is_active((const uv_handle_t *)&s->catalog->push_timer));
}

static inline bool net_is_quiet(const struct net *n)
{
	for (size_t i = 0; i < SITES; i++)
		if (!site_quiet(&n->site[i]))
			return false;
	return n->queue == NULL;
}

static inline void net_settle(struct net *n)
{
	uv_timer_start(&n->limit, net_too_late, LIMIT_MS, 0);
	while (!net_is_quiet(n))
		uv_run(&n->loop, UV_RUN_ONCE);
	uv_timer_stop(&n->limit);
}

static inline void net_space(struct net *n)
{
	static char *provider[] = {(char *)"provider"};
	struct hf_sign_pub root;
	struct hf_buf envelope = HF_BUF_INIT;
	struct hf_fault f;

	n->sb = sb_new(7);
	for (size_t i = 0; i < SITES; i++) {
		n->sb->member[i].roles = provider;
		n->sb->member[i].n_roles = i == SB_AUDIT ? 0 : 1;
	}
	n->sb->member[SB_HEALTH].organization = (char *)"cn.gd.health";
	n->sb->member[SB_ROADS].organization = (char *)"cn.gd.roads";
	n->sb->member[SB_PORT].organization = (char *)"cn.gdx.port";
	memcpy(root.b, n->sb->root_pub, sizeof(root.b));
	n->space = hf_space_new(&root);
	sb_sign(n->sb, &envelope);
	if (hf_space_extend(n->space, envelope.data, envelope.len, &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_buf_done(&envelope);
}

static inline void net_prepare_site(struct net *n, size_t i)
{
	struct site *s = &n->site[i];

	s->net = n;
	s->name = n->sb->name[i];
	s->peers.site = s;
	s->keys.envelope = n->sb->key[i][HF_KEY_ENVELOPE];
	s->base.loop = &n->loop;
	s->base.clock = (struct hf_clock){net_now, net_now, n};
	s->base.metrics = hf_metrics_new();
	s->base.audit = (struct hf_audit){site_emit, s};
	assert_true(hf_name_parse(s->name, &s->base.self));
	assert_int_equal(pthread_mutex_init(&s->mutex, NULL), 0);
	snprintf(s->dir, sizeof(s->dir), "/tmp/hufu-catalog-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->base.dir, sizeof(s->base.dir), "%s", s->dir);
}

static inline struct net *net_new(void)
{
	struct net *n = hf_alloc_zero(sizeof(*n));

	n->queue_end = &n->queue;
	n->now_ms = 1795315259123;
	assert_int_equal(uv_loop_init(&n->loop), 0);
	uv_timer_init(&n->loop, &n->limit);
	uv_idle_init(&n->loop, &n->idle);
	n->idle.data = n;
	net_space(n);
	for (size_t i = 0; i < SITES; i++)
		net_prepare_site(n, i);
	return n;
}

static inline void net_free(struct net *n)
{
	for (size_t i = 0; i < SITES; i++)
		if (n->site[i].store)
			site_close(&n->site[i]);
	while (n->queue)
		net_deliver(&n->idle);
	uv_close((uv_handle_t *)&n->limit, NULL);
	uv_close((uv_handle_t *)&n->idle, NULL);
	while (uv_run(&n->loop, UV_RUN_DEFAULT) != 0)
		;
	assert_int_equal(uv_loop_close(&n->loop), 0);
	for (size_t i = 0; i < SITES; i++) {
		hf_metrics_free(n->site[i].base.metrics);
		pthread_mutex_destroy(&n->site[i].mutex);
		assert_int_equal(nftw(n->site[i].dir, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	}
	hf_space_free(n->space);
	sb_free(n->sb);
	hf_buf_done(&n->last_reply);
	free(n);
}

static inline void site_up(struct net *n, size_t i)
{
	if (!n->site[i].store)
		site_open(&n->site[i]);
	n->site[i].down = false;
	for (size_t j = 0; j < SITES; j++) {
		if (j == i || !n->site[j].catalog)
			continue;
		n->site[j].peers.on_up(n->site[j].peers.on_up_ctx, n->site[i].name);
		n->site[i].peers.on_up(n->site[i].peers.on_up_ctx, n->site[j].name);
	}
	net_settle(n);
}

/* Publishing. */
static inline void site_source(struct site *s, const char *name)
{
	static char *purposes[] = {(char *)"open data plan 2026",
	                           (char *)"narrower",
	                           (char *)"open data plan",
	                           (char *)"correction",
	                           (char *)"plan",
	                           (char *)"wider",
	                           (char *)"again"};
	static struct hf_source_field fields[] = {{"id", "integer", 0, NOT_SENSITIVE},
	                                          {"\xE5\xA7\x93\xE5\x90\x8D", "string", 2, NOT_SENSITIVE},
	                                          {"delay", "number", 5, NOT_SENSITIVE}};
	struct hf_source_view v = {.kind = "csv",
	                           .path = "/data/flights.csv",
	                           .enabled = true,
	                           .rows = 20000,
	                           .bytes = 704924,
	                           .scanned_ms = 1,
	                           .fields = fields,
	                           .field_count = 3,
	                           .stamp = {704924, 1, 1}};
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};

	snprintf(v.name, sizeof(v.name), "%s", name);
	assert_int_equal(hf_source_put(s->sources, u, &v, &f), HF_OK);
	leave_publish(u, hf_now_ms(&s->base.clock), purposes, 7);
	hf_store_submit(s->store, u, NULL, NULL);
}

static inline void entry_wish(Hufu__CatalogEntry *e, const char *title)
{
	hufu__catalog_entry__init(e);
	e->title = (char *)title;
	e->data_class = (char *)"transport/flight";
	e->level = 1;
	e->sharing = 2;
	e->sharing_condition = (char *)"for planning";
	e->provider_decides = true;
	e->topic = (char *)"transport";
}

static inline enum hf_err site_publish(struct site *s, const Hufu__CatalogEntry *e, const char *scope_text,
                                       struct hf_published *ret, struct hf_fault *f)
{
	struct hf_scope scope = {HF_SCOPE_INVALID, NULL, 0};
	struct hf_publication p = {
	        .entry = e, .source = "flights", .scope = &scope, .purpose = "open data plan 2026", .by = "pan"};
	struct hf_unit *u = hf_unit_new();
	enum hf_err err = hf_scope_parse(scope_text, &scope, f);

	if (err == HF_OK)
		err = hf_catalog_publish(s->catalog, &p, u, ret, f);
	if (err == HF_OK)
		hf_store_submit(s->store, u, NULL, NULL);
	else
		hf_unit_free(u);
	hf_scope_done(&scope);
	return err;
}

static inline struct hf_published must_publish(struct site *s, const char *title, const char *scope)
{
	Hufu__CatalogEntry e;
	struct hf_published p;
	struct hf_fault f = {HF_OK, ""};

	entry_wish(&e, title);
	if (site_publish(s, &e, scope, &p, &f) != HF_OK)
		fail_msg("%s", f.text);
	return p;
}

static inline enum hf_err site_rescope(struct site *s, const struct hf_id *id, const char *scope_text,
                                       struct hf_published *ret)
{
	struct hf_scope scope = {HF_SCOPE_INVALID, NULL, 0};
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	enum hf_err e = hf_scope_parse(scope_text, &scope, &f);

	if (e == HF_OK)
		e = hf_catalog_rescope(s->catalog, id, &(struct hf_rescope){&scope, "narrower", "pan", NULL}, u, ret,
		                       &f);
	if (e == HF_OK)
		hf_store_submit(s->store, u, NULL, NULL);
	else
		hf_unit_free(u);
	hf_scope_done(&scope);
	return e;
}

static inline void must_withdraw(struct site *s, const struct hf_id *id)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_published p;
	struct hf_fault f = {HF_OK, ""};

	assert_int_equal(hf_catalog_withdraw(s->catalog, id, u, &p, &f), HF_OK);
	hf_store_submit(s->store, u, NULL, NULL);
}

/* 0: not held, or withdrawn. publisher NULL: whoever it is. */
static inline uint32_t version_of(struct site *s, const char *publisher, const struct hf_id *id)
{
	struct hf_catalog_item it = {0};
	uint32_t v = 0;

	if (hf_catalog_get(s->catalog, publisher, id, &it) != HF_OK)
		return 0;
	if (!it.entry->withdrawn)
		v = it.entry->version;
	hf_catalog_item_done(&it);
	return v;
}

static inline uint32_t living_version(struct site *s, const struct hf_id *id)
{
	return version_of(s, NULL, id);
}

struct found {
	size_t count;
	struct hf_id ids[HF_CATALOG_PAGE];
};

static inline bool note_found(void *ctx, const struct hf_catalog_item *it)
{
	struct found *x = ctx;

	assert_true(hf_id_from_bytes(it->entry->id.data, it->entry->id.len, &x->ids[x->count++]));
	return true;
}

/* All pages together; at most HF_CATALOG_PAGE results. */
static inline struct found site_search(struct site *s, struct hf_catalog_query q)
{
	struct found x = {0};
	struct hf_fault f = {HF_OK, ""};

	if (q.limit == 0)
		q.limit = HF_CATALOG_PAGE;
	do {
		struct hf_id next;

		if (hf_catalog_search(s->catalog, &q, note_found, &x, &next, &f) != HF_OK)
			fail_msg("%s", f.text);
		q.after = next;
	} while (!hf_id_is_zero(&q.after) && x.count < HF_CATALOG_PAGE);
	return x;
}

#endif
