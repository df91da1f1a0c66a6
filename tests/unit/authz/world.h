/*
 * world.h - three nodes of one space on one loop, each with its real store, ledger, identity, catalog and authz, joined
 * by a wire in memory: the functions of peers.h are defined here, so that the test decides when a mail is delivered,
 * and sees what was refused.
 *
 * "health" consumes, "hub" takes applications in, "roads" provides. Waiting means running the loop until nothing is
 * under way any more, with a limit. The clock is the test's.
 */
#ifndef TESTS_UNIT_AUTHZ_WORLD_H
#define TESTS_UNIT_AUTHZ_WORLD_H

#include "authz/internal.h"
#include "authz/walk.h"
#include "catalog/internal.h"
#include "crypto/crypto.h"
#include "identity/accounts.h"
#include "unit/catalog/leave.h"
#include "unit/evidence/space_builder.h"
#include "unit/store/fixture.h"

#define NODES SB_NODES
#define FIRST_PASSWORD "Correct-Horse-7"
#define OWN_PASSWORD "Battery-Staple-8"
#define DAY ((int64_t)24 * 60 * 60 * 1000)
#define NOW (SB_T0 + 30 * DAY)
#define PEOPLE_MAX 24
#ifndef WORLD_USED
#define WORLD_USED SB_HEALTH, SB_HUB, SB_ROADS /* the nodes that are up */
#endif

struct world;
struct node;
struct hf_exchange;
struct hf_peers {
	struct node *node;
	void (*on_up)(void *ctx, const char *peer); /* the newest one */
	void *on_up_ctx;
};
struct person_at {
	char name[HF_NAME_MAX + 1];
	char token[65];
};
struct refusal {
	enum hf_mail type;
	enum hf_err e;
	char text[400];
};
struct node {
	struct world *world;
	const char *name;
	bool open;
	bool outside; /* of the space, for a while: nobody has mail for it */
	struct hf_base base;
	struct hf_store *store;
	struct hf_node_keys keys;
	uint8_t store_key[32];
	struct hf_peers peers;
	struct hf_ledger *ledger;
	struct hf_identity *identity;
	struct hf_sources *sources;
	struct hf_catalog *catalog;
	struct hf_authz *authz;
	struct hf_exchange *exchange; /* for the tests of that folder */
	char dir[64];
	struct person_at people[PEOPLE_MAX];
	size_t people_count;
	struct refusal refused[64]; /* mails that this node refused for good */
	size_t refused_count;
	unsigned alarms;
	unsigned revoked; /* calls of the hook */
};
struct post {
	struct world *world;
	struct node *from, *to;
	enum hf_mail type;
	struct hf_id txn;
	struct hf_buf body;
	struct post *next;
};
struct hf_request {
	struct node *from, *to;
	uint32_t type;
	struct hf_buf body;
	hf_reply_fn fn;
	void *ctx;
	bool answered;
	enum hf_err error;
	char text[400];
	struct hf_buf reply;
	struct hf_held *bulk; /* bytes that go beside the answer */
	size_t bulk_len;
	uint8_t bulk_tag[16];
	struct hf_request *next;
	struct hf_request *after, **before; /* in the list of those that have not ended */
};
struct world {
	uv_loop_t loop;
	uv_timer_t limit;
	struct sb_space *sb;
	struct hf_space *space;
	struct node node[NODES];
	struct post *posts, **posts_end; /* committed mail on its way, in order */
	struct hf_request *calls, **calls_end;
	struct hf_request *live;
	/* What the tests of a folder above add: its requests, its mail, the descriptor's shape before it is signed. */
	void (*on_request)(struct node *to, struct hf_request *r);
	const struct hf_mail_row *(*mails)(struct node *to);
	bool (*pass)(struct hf_request *r); /* looks at each request and at its answer, may change it; false loses it */
	bool (*hold)(const struct post *p); /* mail that stays on its way */
	void (*bend)(struct post *p);       /* looks at each mail, may change it */
	unsigned delivered[256];            /* by type */
	_Atomic int64_t now_ms;             /* the committer reads it too */
	uint32_t factors;                   /* that everybody has shown besides the password, enum hf_auth_method */
};

static inline int64_t world_now(void *ctx)
{
	return ((struct world *)ctx)->now_ms;
}

static inline struct node *world_find(struct world *w, const char *name)
{
	for (size_t i = 0; i < NODES; i++)
		if (strcmp(w->node[i].name, name) == 0)
			return &w->node[i];
	return NULL;
}

/* ---- peers.h ---- */

const struct hf_space *hf_peers_space(const struct hf_peers *p)
{
	return p->node->world->space;
}

void hf_peers_on_up(struct hf_peers *p, void (*fn)(void *ctx, const char *peer), void *ctx)
{
	p->on_up = fn;
	p->on_up_ctx = ctx;
}

void hf_peers_on_change(struct hf_peers *p, void (*fn)(void *ctx), void *ctx)
{
	(void)p;
	(void)fn;
	(void)ctx;
}

void hf_peers_host(struct hf_peers *p, const char *node, char *out, size_t cap)
{
	(void)p, (void)node;
	snprintf(out, cap, "127.0.1.1");
}

size_t hf_peers_list(struct hf_peers *p, struct hf_peer_view *out, size_t cap)
{
	size_t count = 0;
	for (size_t i = 0; i < NODES && count < cap; i++) {
		struct node *n = &p->node->world->node[i];
		if (n == p->node)
			continue;
		memset(&out[count], 0, sizeof(out[count]));
		snprintf(out[count].id, sizeof(out[count].id), "%s", n->name);
		out[count++].up = n->open;
	}
	return count;
}

void hf_peers_call(struct hf_peers *p, const char *peer, enum hf_msg type, const struct hf_id *trace, const void *body,
                   size_t len, uint32_t timeout_ms, hf_reply_fn fn, void *ctx)
{
	struct world *w = p->node->world;
	struct hf_request *r = hf_alloc_zero(sizeof(*r));
	(void)trace;
	(void)timeout_ms;
	r->from = p->node;
	r->to = world_find(w, peer);
	assert_non_null(r->to);
	r->type = type;
	r->fn = fn;
	r->ctx = ctx;
	assert_true(hf_buf_add(&r->body, body, len));
	*w->calls_end = r;
	w->calls_end = &r->next;
	r->after = w->live;
	r->before = &w->live;
	if (r->after)
		r->after->before = &r->after;
	w->live = r;
}

static inline void post_free(struct post *p)
{
	hf_buf_done(&p->body);
	free(p);
}

struct posting {
	struct post *post;
};

static inline void posting_commit(void *ctx)
{
	struct posting *x = ctx;
	struct world *w = x->post->world;
	*w->posts_end = HF_TAKE(x->post);
	w->posts_end = &(*w->posts_end)->next;
}

static inline void posting_free(void *ctx)
{
	struct posting *x = ctx;
	if (x->post)
		post_free(x->post);
	free(x);
}

enum hf_err hf_peers_mail(struct hf_peers *p, struct hf_unit *unit, const char *to, enum hf_mail type,
                          const struct hf_id *txn, const void *body, size_t len)
{
	struct world *w = p->node->world;
	struct node *target = world_find(w, to);
	if (!target || target->outside || !hf_space_member(w->space, to))
		return HF_E_STRANGER;
	if (len > hf_mail_max(type))
		return HF_E_LIMIT;
	struct posting *x = hf_alloc_zero(sizeof(*x));
	x->post = hf_alloc_zero(sizeof(*x->post));
	x->post->world = w;
	x->post->from = p->node;
	x->post->to = target;
	x->post->type = type;
	x->post->txn = *txn;
	assert_true(hf_buf_add(&x->post->body, body, len));
	hf_unit_after(unit, posting_commit, x, posting_free);
	return HF_OK;
}

const char *hf_request_peer(const struct hf_request *r)
{
	return r->from->name;
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
	*r->to->world->calls_end = r;
	r->to->world->calls_end = &r->next;
}

/* ---- the wire ---- */

static inline const uint8_t *held_data(const struct hf_held *h)
{
	return (const uint8_t *)h;
}

static inline void call_end(struct hf_request *r, bool arrived)
{
	struct hf_reply reply = {.error = arrived ? r->error : HF_E_UNREACHABLE,
	                         .text = arrived ? r->text : "",
	                         .body = {r->reply.data, r->reply.len}};
	if (arrived && r->bulk) {
		reply.has_bulk = true;
		reply.bulk = (struct hf_bytes){held_data(r->bulk), r->bulk_len};
		memcpy(reply.bulk_tag, r->bulk_tag, sizeof(reply.bulk_tag));
		reply.held = HF_TAKE(r->bulk);
	}
	if (r->fn)
		r->fn(r->ctx, &reply);
	free(reply.held);
	free(r->bulk);
	*r->before = r->after;
	if (r->after)
		r->after->before = r->before;
	hf_buf_done(&r->body);
	hf_buf_done(&r->reply);
	free(r);
}

static inline void call_turn(struct world *w)
{
	struct hf_request *r = w->calls;
	w->calls = r->next;
	if (!w->calls)
		w->calls_end = &w->calls;
	r->next = NULL;
	if ((w->pass && !w->pass(r)) || !r->to->open)
		call_end(r, false);
	else if (r->answered)
		call_end(r, true);
	else if (w->on_request && r->type != HF_MSG_CATALOG_PUSH && r->type != HF_MSG_CATALOG_SYNC)
		w->on_request(r->to, r);
	else
		hf_catalog_on_request(r->to->catalog, r);
}

/* The node goes down: what it asked ends there, an answer finds nobody. */
static inline void calls_cancel(struct node *n)
{
	struct hf_reply reply = {.error = HF_E_CANCELLED, .text = ""};
	for (struct hf_request *r = n->world->live; r; r = r->after)
		if (r->from == n && r->fn) {
			hf_reply_fn fn = r->fn;
			r->fn = NULL;
			fn(r->ctx, &reply);
		}
}

static inline void note_refusal(struct node *n, enum hf_mail type, enum hf_err e, const char *text)
{
	assert_true(n->refused_count < sizeof(n->refused) / sizeof(n->refused[0]));
	struct refusal *r = &n->refused[n->refused_count++];
	r->type = type;
	r->e = e;
	snprintf(r->text, sizeof(r->text), "%s", text);
}

/* What peers do with a mail: effects and mark in one unit; a refusal leaves the mark alone. */
static inline enum hf_err deliver(struct node *to, const char *from, enum hf_mail type, const struct hf_id *txn,
                                  const void *body, size_t len)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_unit *u = hf_unit_new();
	enum hf_err e = HF_E_UNSUPPORTED;
	for (const struct hf_mail_row *r = hf_authz_mails(to->authz); r->type != HF_MAIL_INVALID; r++)
		if (r->type == type)
			e = r->handle(r->ctx, from, txn, (struct hf_bytes){body, len}, u, &f);
	for (const struct hf_mail_row *r = to->world->mails ? to->world->mails(to) : NULL; r && r->type; r++)
		if (r->type == type)
			e = r->handle(r->ctx, from, txn, (struct hf_bytes){body, len}, u, &f);
	to->world->delivered[type]++;
	if (e == HF_OK) {
		hf_store_submit(to->store, u, NULL, NULL);
		return e;
	}
	hf_unit_free(u);
	note_refusal(to, type, e, f.text);
	return e;
}

static inline struct post *take_post(struct world *w)
{
	for (struct post **p = &w->posts; *p; p = &(*p)->next) {
		struct post *found = *p;
		if (w->hold && w->hold(found))
			continue;
		*p = found->next;
		if (!*p) {
			w->posts_end = &w->posts;
			while (*w->posts_end)
				w->posts_end = &(*w->posts_end)->next;
		}
		return found;
	}
	return NULL;
}

static inline bool post_turn(struct world *w)
{
	struct post *p = take_post(w);
	if (!p)
		return false;
	if (w->bend && p->type != HF_MAIL_USE_REPORT) /* which goes before each receipt */
		w->bend(p);
	(void)deliver(p->to, p->from->name, p->type, &p->txn, p->body.data, p->body.len);
	post_free(p);
	return true;
}

/* A loop that is left from inside does not run again: the program ends here. */
static inline void world_too_late(uv_timer_t *t)
{
	(void)t;
	print_error("nothing happened for %d ms\n", LIMIT_MS);
	abort();
}

static inline void world_run_until(struct world *w, const bool *flag)
{
	uv_timer_start(&w->limit, world_too_late, LIMIT_MS, 0);
	while (!*flag)
		uv_run(&w->loop, UV_RUN_ONCE);
	uv_timer_stop(&w->limit);
}

/* Everything that was submitted at the node so far has ended, and what it reads through. */
static inline void node_barrier(struct node *n)
{
	struct ending end = {0};
	if (!n->open)
		return;
	uv_timer_start(&n->world->limit, world_too_late, LIMIT_MS, 0);
	while (!az_walks_idle(n->authz))
		uv_run(&n->world->loop, UV_RUN_ONCE);
	hf_store_submit(n->store, hf_unit_new(), ending_done, &end);
	world_run_until(n->world, &end.done);
}

/* The catalog has told everybody and takes nothing in any more: one reference for itself, two for its timers. */
static inline bool catalog_quiet(const struct node *n)
{
	return !n->open || (n->catalog->references == 3 && !uv_is_active((const uv_handle_t *)&n->catalog->push_timer));
}

static inline bool catalogs_quiet(const struct world *w)
{
	for (size_t i = 0; i < NODES; i++)
		if (!catalog_quiet(&w->node[i]))
			return false;
	return true;
}

static inline void calls_end(struct world *w)
{
	uv_timer_start(&w->limit, world_too_late, LIMIT_MS, 0);
	while (w->calls || !catalogs_quiet(w))
		if (w->calls)
			call_turn(w);
		else
			uv_run(&w->loop, UV_RUN_ONCE);
	uv_timer_stop(&w->limit);
}

/* Runs until no mail and no call is on its way any more; held mail stays. */
static inline void settle(struct world *w)
{
	do {
		for (size_t i = 0; i < NODES; i++)
			node_barrier(&w->node[i]);
		calls_end(w);
	} while (post_turn(w));
}

/* ---- the nodes ---- */

static inline void node_emit(void *ctx, struct hf_draft *take)
{
	struct node *n = ctx;
	struct hf_unit *u = hf_unit_new();
	n->alarms += hf_draft_event(take) == HF_EVENT_ALARM;
	hf_unit_draft(u, take);
	hf_store_submit(n->store, u, NULL, NULL);
}

static inline void node_revoked(void *ctx, const struct hf_id *grant, const char *reason)
{
	struct node *n = ctx;
	assert_false(hf_id_is_zero(grant));
	assert_true(strlen(reason) > 0);
	n->revoked++;
}

static inline void node_open_authz(struct node *n)
{
	struct hf_fault f = {HF_OK, ""};
	if (hf_authz_open(&n->base, n->store, &n->keys, n->identity, &n->peers, n->ledger, n->catalog, &n->authz, &f) !=
	    HF_OK)
		fail_msg("%s", f.text);
	hf_authz_on_revoked(n->authz, node_revoked, n);
}

static inline void node_open(struct node *n)
{
	struct hf_fault f = {HF_OK, ""};
	if (hf_store_open(&n->base, &n->store, &f) != HF_OK)
		fail_msg("%s", f.text);
	if (hf_ledger_open(&n->base, n->store, &n->keys, SB_SPACE, &n->ledger, &f) != HF_OK)
		fail_msg("%s", f.text);
	if (hf_identity_open(&n->base, n->store, &n->keys, SB_SPACE, &n->identity, &f) != HF_OK)
		fail_msg("%s", f.text);
	assert_int_equal(hf_sources_open(&n->base, n->store, &n->keys, &n->sources, &f), HF_OK);
	assert_int_equal(hf_catalog_open(&n->base, n->store, &n->keys, &n->peers, n->sources, &n->catalog, &f), HF_OK);
	node_open_authz(n);
	n->open = true;
}

static inline void node_close(struct node *n)
{
	hf_authz_close(n->authz);
	hf_catalog_close(n->catalog);
	hf_sources_close(n->sources);
	hf_identity_close(n->identity);
	hf_store_close(n->store);
	hf_ledger_close(n->ledger);
	n->open = false;
}

static inline void node_prepare(struct world *w, size_t i)
{
	struct node *n = &w->node[i];
	n->world = w;
	n->name = w->sb->name[i];
	n->peers.node = n;
	n->keys.envelope = w->sb->key[i][HF_KEY_ENVELOPE];
	n->keys.log = w->sb->key[i][HF_KEY_LOG];
	n->keys.witness = w->sb->key[i][HF_KEY_WITNESS];
	n->keys.mirror = w->sb->key[i][HF_KEY_MIRROR];
	n->keys.recovery = w->sb->key[i][HF_KEY_RECOVERY];
	memset(n->store_key, (int)i + 1, sizeof(n->store_key));
	n->keys.store_key = n->store_key;
	n->base.loop = &w->loop;
	n->base.clock = (struct hf_clock){world_now, world_now, w};
	n->base.metrics = hf_metrics_new();
	n->base.audit = (struct hf_audit){node_emit, n};
	assert_true(hf_name_parse(n->name, &n->base.self));
	snprintf(n->dir, sizeof(n->dir), "/tmp/hufu-authz-XXXXXX");
	assert_non_null(mkdtemp(n->dir));
	snprintf(n->base.dir, sizeof(n->base.dir), "%s", n->dir);
}

static inline void world_space(struct world *w, void (*shape)(struct sb_space *sb))
{
	static char *consumer[] = {(char *)"consumer"}, *exchange[] = {(char *)"exchange-service"};
	static char *provider[] = {(char *)"provider", (char *)"consumer", (char *)"exchange-service"};
	struct hf_sign_pub root;
	struct hf_buf envelope = HF_BUF_INIT;
	struct hf_fault f;
	w->sb = sb_new(11);
	w->sb->member[SB_HEALTH].roles = consumer;
	w->sb->member[SB_HEALTH].n_roles = 1;
	w->sb->member[SB_HEALTH].jurisdiction = (char *)"CN-31";
	w->sb->member[SB_HUB].jurisdiction = (char *)"CN";
	w->sb->member[SB_ROADS].jurisdiction = (char *)"CN"; /* within a country no border rules are asked */
	w->sb->member[SB_HUB].roles = exchange;
	w->sb->member[SB_HUB].n_roles = 1;
	w->sb->member[SB_ROADS].roles = provider;
	w->sb->member[SB_ROADS].n_roles = 3;
	if (shape)
		shape(w->sb);
	memcpy(root.b, w->sb->root_pub, sizeof(root.b));
	w->space = hf_space_new(&root);
	sb_sign(w->sb, &envelope);
	if (hf_space_extend(w->space, envelope.data, envelope.len, &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_buf_done(&envelope);
}

/* shape (may be NULL) changes the descriptor before it is signed. */
static inline struct world *world_new_with(void (*shape)(struct sb_space *sb))
{
	struct world *w = hf_alloc_zero(sizeof(*w));
	static const size_t used[] = {WORLD_USED};
	assert_true(hf_crypto_init());
	w->posts_end = &w->posts;
	w->calls_end = &w->calls;
	w->now_ms = NOW;
	assert_int_equal(uv_loop_init(&w->loop), 0);
	uv_timer_init(&w->loop, &w->limit);
	world_space(w, shape);
	for (size_t i = 0; i < NODES; i++)
		node_prepare(w, i);
	for (size_t i = 0; i < sizeof(used) / sizeof(used[0]); i++)
		node_open(&w->node[used[i]]);
	settle(w);
	return w;
}

static inline struct world *world_new(void)
{
	return world_new_with(NULL);
}

static inline void world_free(struct world *w)
{
	w->hold = NULL;
	w->pass = NULL;
	for (size_t i = 0; i < NODES; i++)
		if (w->node[i].open)
			node_close(&w->node[i]);
	while (w->calls)
		call_turn(w);
	while (w->posts) {
		struct post *p = w->posts;
		w->posts = p->next;
		post_free(p);
	}
	uv_close((uv_handle_t *)&w->limit, NULL);
	while (uv_run(&w->loop, UV_RUN_DEFAULT) != 0)
		;
	assert_int_equal(uv_loop_close(&w->loop), 0);
	for (size_t i = 0; i < NODES; i++) {
		hf_metrics_free(w->node[i].base.metrics);
		assert_int_equal(nftw(w->node[i].dir, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	}
	hf_space_free(w->space);
	sb_free(w->sb);
	free(w);
}

/* ---- people and systems ---- */

struct job {
	struct node *node;
	struct hf_unit *unit;
	bool done;
	enum hf_err e;
};

static inline void job_committed(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct job *j = ctx;
	(void)info;
	j->e = e;
	j->done = true;
}

static inline void job_ended(void *ctx, enum hf_err e, const struct hf_fault *f)
{
	struct job *j = ctx;
	if (e != HF_OK)
		fail_msg("%s", f->text);
	hf_store_submit(j->node->store, j->unit, job_committed, j);
}

static inline void job_wait(struct job *j)
{
	world_run_until(j->node->world, &j->done);
	assert_int_equal(j->e, HF_OK);
}

struct login_end {
	bool done;
	char token[65];
};

static inline void logged_in(void *ctx, enum hf_err e, const struct hf_login_result *r, const struct hf_fault *f)
{
	struct login_end *l = ctx;
	if (e != HF_OK)
		fail_msg("%s", f->text);
	memcpy(l->token, r->token, sizeof(l->token));
	l->done = true;
}

static inline struct hf_actor actor_of(struct node *n, const char *name)
{
	struct hf_actor a = {.session = NULL};
	for (size_t i = 0; i < n->people_count; i++)
		if (strcmp(n->people[i].name, name) == 0) {
			assert_int_equal(hf_identity_session(n->identity, n->people[i].token, "unix", &a), HF_OK);
			a.methods |= n->world->factors;
			return a;
		}
	fail_msg("no person %s", name);
	return a;
}

/* An account with its own password and an open session. */
static inline void hire(struct node *n, const char *name, const char *role, const char *department,
                        const char *real_name)
{
	struct hf_account_new in = {name, name, real_name, department, &role, 1, FIRST_PASSWORD};
	struct hf_login login = {.account = name,
	                         .password = FIRST_PASSWORD,
	                         .totp = "",
	                         .device_signature = "",
	                         .challenge = "",
	                         .address = "unix"};
	struct job add = {.node = n, .unit = hf_unit_new()}, own = {.node = n, .unit = hf_unit_new()};
	struct login_end end = {0};
	struct person_at *p = &n->people[n->people_count++];
	hf_account_add(n->identity, add.unit, &in, job_ended, &add);
	job_wait(&add);
	hf_identity_login(n->identity, &login, logged_in, &end);
	world_run_until(n->world, &end.done);
	snprintf(p->name, sizeof(p->name), "%s", name);
	memcpy(p->token, end.token, sizeof(p->token));
	struct hf_actor a = actor_of(n, name);
	hf_account_password(n->identity, &a, own.unit, FIRST_PASSWORD, OWN_PASSWORD, job_ended, &own);
	job_wait(&own);
}

static inline void submit_wait(struct node *n, struct hf_unit *u);

/* DS-15: by an administrator; what the person signed before stays signed. */
static inline void deregister(struct node *n, const char *name)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	if (hf_account_remove(n->identity, NULL, u, name, "left the organization", &f) != HF_OK)
		fail_msg("%s", f.text);
	submit_wait(n, u);
}

static inline void submit_wait(struct node *n, struct hf_unit *u)
{
	struct ending end = {0};
	hf_store_submit(n->store, u, ending_done, &end);
	world_run_until(n->world, &end.done);
	assert_int_equal(end.e, HF_OK);
}

static inline void install(struct node *n, const char *name, const char *department, const char *address)
{
	struct hf_system_view v = {.enabled = true};
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	snprintf(v.name, sizeof(v.name), "%s", name);
	snprintf(v.department, sizeof(v.department), "%s", department);
	snprintf(v.address, sizeof(v.address), "%s", address);
	snprintf(v.business, sizeof(v.business), "%s", "理赔");
	if (hf_system_put(n->identity, u, &v, &f) != HF_OK)
		fail_msg("%s", f.text);
	static char *purposes[] = {(char *)"claims-check", (char *)"statistics", (char *)"flood-relief",
	                           (char *)"marketing", (char *)"reconstruction"};
	leave_apply(u, hf_now_ms(&n->base.clock), purposes, 5);
	submit_wait(n, u);
}

/* ---- publishing ---- */

static inline void register_source(struct node *n, const char *name)
{
	static struct hf_source_field fields[] = {{"flight", "string", 0, NOT_SENSITIVE},
	                                          {"arrival", "datetime", 2, NOT_SENSITIVE},
	                                          {"姓名", "string", 5, NOT_SENSITIVE}};
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
	if (hf_source_put(n->sources, u, &v, &f) != HF_OK)
		fail_msg("%s", f.text);
	static char *purposes[] = {(char *)"open data plan 2026"};
	leave_publish(u, hf_now_ms(&n->base.clock), purposes, 1);
	submit_wait(n, u);
}

struct offer {
	const char *title, *intake, *scope;
	bool personal, sensitive, settles;
	const Hufu__ReviewCriteria *criteria;
	struct hf_id id; /* of the version before; zero: new */
	uint32_t sharing, level;
	const char *data_class;
	Hufu__Field *field; /* the one whose marks differ */
	const struct hf_id *consent;
	Hufu__SharingCondition **conditions;
	size_t condition_count;
	const char *duty;           /* of the entry's policy */
	const char *const *quality; /* rules about its rows */
	size_t quality_count;
};

static inline struct hf_id publish(struct node *n, const struct offer *o)
{
	struct hf_scope scope = {HF_SCOPE_INVALID, NULL, 0};
	Hufu__CatalogEntry e = HUFU__CATALOG_ENTRY__INIT;
	struct hf_publication p = {
	        .entry = &e, .source = "flights", .scope = &scope, .purpose = "open data plan 2026", .by = "pan"};
	struct hf_unit *u = hf_unit_new();
	struct hf_published out;
	struct hf_fault f = {HF_OK, ""};
	e.title = (char *)o->title;
	e.data_class = (char *)(o->data_class ? o->data_class : "transport/flight");
	e.level = o->level ? o->level : 1;
	e.fields = (Hufu__Field **)&o->field;
	e.n_fields = o->field ? 1 : 0;
	e.sharing = o->sharing ? o->sharing : 2;
	e.sharing_condition = (char *)"for the stated purpose alone";
	e.legal_basis = (char *)"航班正常管理规定";
	e.intake = (char *)(o->intake ? o->intake : "");
	e.provider_decides = !o->settles;
	e.personal = o->personal;
	e.sensitive = o->sensitive;
	e.criteria = (Hufu__ReviewCriteria *)o->criteria;
	e.conditions = o->conditions;
	e.n_conditions = o->condition_count;
	e.quality = (char **)o->quality;
	e.n_quality = o->quality_count;
	Hufu__Rule duty = HUFU__RULE__INIT, *duties[] = {&duty};
	duty.kind = (char *)"duty";
	duty.action = (char *)o->duty;
	e.policy = duties;
	e.n_policy = o->duty ? 1 : 0;
	if (!hf_id_is_zero(&o->id))
		e.id = BIN_ID(&o->id);
	p.consents = o->consent;
	p.consent_count = o->consent ? 1 : 0;
	assert_int_equal(hf_scope_parse(o->scope ? o->scope : "everyone", &scope, &f), HF_OK);
	if (hf_catalog_publish(n->catalog, &p, u, &out, &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_scope_done(&scope);
	submit_wait(n, u);
	settle(n->world);
	return out.id;
}

static inline void withdraw_entry(struct node *n, const struct hf_id *id)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_published p;
	struct hf_fault f = {HF_OK, ""};
	if (hf_catalog_withdraw(n->catalog, id, u, &p, &f) != HF_OK)
		fail_msg("%s", f.text);
	submit_wait(n, u);
	settle(n->world);
}

/* ---- commands: what the API does around each step ---- */

struct command {
	struct node *node;
	struct hf_actor actor;
	struct hf_fault fault;
	struct hf_step_in in;
};

static inline struct command command_begin(struct node *n, const char *who)
{
	struct command c = {.node = n, .actor = actor_of(n, who), .fault = {HF_OK, ""}};
	c.in.unit = hf_unit_new();
	c.in.draft = hf_draft_new(HF_EVENT_COMMAND, NULL);
	return c;
}
#define COMMAND(c, n, who)                                                                                             \
	struct command c = command_begin(n, who);                                                                      \
	c.in.actor = &c.actor;                                                                                         \
	c.in.fault = &c.fault

static char last_fault[400];

static inline enum hf_err command_end(struct command *c, enum hf_err e)
{
	snprintf(last_fault, sizeof(last_fault), "%s", c->fault.text);
	if (e != HF_OK) {
		assert_true(c->fault.text[0] != '\0');
		assert_int_equal(c->fault.code, e);
		hf_unit_free(c->in.unit);
		hf_draft_free(c->in.draft);
		settle(c->node->world);
		return e;
	}
	hf_draft_textf(c->in.draft, HF_FIELD_ACTOR, "%s/%s", c->node->name, c->actor.account);
	hf_draft_outcome(c->in.draft, HF_OK, NULL);
	hf_unit_draft(c->in.unit, c->in.draft);
	submit_wait(c->node, c->in.unit);
	settle(c->node->world);
	return HF_OK;
}

static inline struct hf_application_in wish(const struct hf_id *entry)
{
	return (struct hf_application_in){.entry = *entry,
	                                  .system = "desk",
	                                  .reason = "航班延误理赔需要核验实际到达",
	                                  .purpose = "claims-check",
	                                  .until_ms = NOW + 300 * DAY};
}

static inline enum hf_err draft_as(struct node *n, const char *who, const struct hf_application_in *what,
                                   struct hf_id *ret_id)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_authz_draft(n->authz, &c.in, what, ret_id));
}

static inline enum hf_err resubmit_as(struct node *n, const char *who, const struct hf_id *id,
                                      const struct hf_application_in *what)
{
	uint32_t revision;
	COMMAND(c, n, who);
	return command_end(&c, hf_authz_resubmit(n->authz, &c.in, id, what, &revision));
}

static inline enum hf_err need_as(struct node *n, const char *who, const struct hf_id *id, bool need, bool scope,
                                  bool period)
{
	const struct hf_finding_in f[3] = {{"need", need, need ? "属实" : "没有需要"},
	                                   {"scope", scope, scope ? "" : "范围过大"},
	                                   {"period", period, period ? "" : "too long"}};
	COMMAND(c, n, who);
	return command_end(&c, hf_authz_review_need(n->authz, &c.in, id, f));
}

static inline enum hf_err compliance_as(struct node *n, const char *who, const struct hf_id *id, const char *result,
                                        const char *reason)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_authz_review_compliance(n->authz, &c.in, id, result, reason));
}

static inline enum hf_err privacy_as(struct node *n, const char *who, const struct hf_id *id, bool necessity,
                                     bool compliance)
{
	const struct hf_finding_in f[2] = {{"necessity", necessity, necessity ? "" : "not needed"},
	                                   {"compliance", compliance, compliance ? "" : "no legal basis"}};
	COMMAND(c, n, who);
	return command_end(&c, hf_authz_review_privacy(n->authz, &c.in, id, f));
}

static inline enum hf_err decide_as(struct node *n, const char *who, const struct hf_id *id, const char *result,
                                    const char *reason, int64_t until_ms)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_authz_decide_application(n->authz, &c.in, id, result, reason, until_ms));
}

static inline enum hf_err second_as(struct node *n, const char *who, const struct hf_id *id, const char *result,
                                    const char *reason)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_authz_decide_second(n->authz, &c.in, id, result, reason));
}

static inline enum hf_err withdraw_as(struct node *n, const char *who, const struct hf_id *id)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_authz_withdraw(n->authz, &c.in, id, NULL));
}

static inline enum hf_err revoke_as(struct node *n, const char *who, const struct hf_id *grant, const char *reason)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_authz_revoke(n->authz, &c.in, grant, reason));
}

#define MUST(expr)                                                                                                     \
	do {                                                                                                           \
		enum hf_err must_ = (expr);                                                                            \
		if (must_ != HF_OK)                                                                                    \
			fail_msg("%s: %s", hf_err_reason(must_), last_fault);                                          \
	} while (0)

/* ---- looking ---- */

static inline enum hf_review_state state_at(struct node *n, const struct hf_id *id, enum hf_part part)
{
	Hufu__ApplicationRow *row = NULL;
	if (hf_authz_application(n->authz, id, &row) != HF_OK)
		return HF_REVIEW_NONE;
	enum hf_review_state s = az_row_state(row, part);
	hf_decoded_free(row);
	return s;
}

static inline struct hf_id grant_at(struct node *n, const struct hf_id *id)
{
	Hufu__ApplicationRow *row = NULL;
	struct hf_id grant = {{0}};
	assert_int_equal(hf_authz_application(n->authz, id, &row), HF_OK);
	assert_true(az_id_of(&row->grant, &grant));
	hf_decoded_free(row);
	return grant;
}

struct notice_count {
	const struct hf_id *application;
	const char *kind;
	size_t count;
	char reason[400], code[64];
};

static inline bool count_notice(void *ctx, const struct hf_id *id, const Hufu__NoticeRow *row)
{
	struct notice_count *c = ctx;
	struct hf_id application;
	(void)id;
	assert_true(az_id_of(&row->application, &application));
	if (!hf_id_equal(&application, c->application) || (c->kind && strcmp(row->kind, c->kind) != 0))
		return true;
	c->count++;
	snprintf(c->reason, sizeof(c->reason), "%s", row->reason);
	snprintf(c->code, sizeof(c->code), "%s", row->reason_code);
	return true;
}

static inline struct notice_count notices(struct node *n, const struct hf_id *application, const char *kind)
{
	struct notice_count c = {.application = application, .kind = kind};
	assert_int_equal(hf_authz_notices(n->authz, count_notice, &c), HF_OK);
	return c;
}

/* Entries of the node's ledger about the application, with the field's value when one is given. */
struct entry_count {
	char application[HF_ID_TEXT];
	enum hf_event event;
	enum hf_field field;
	const char *value;
	size_t count;
};

static inline bool count_entry(void *ctx, const struct hf_ledger_row *row)
{
	struct entry_count *c = ctx;
	struct hf_bytes b;
	if (!row->opening || !hf_opening_is(row->opening, HF_FIELD_EVENT, hf_event_name(c->event)) ||
	    !hf_opening_is(row->opening, HF_FIELD_APPLICATION, c->application))
		return true;
	c->count += !c->field || (c->value ? hf_opening_is(row->opening, c->field, c->value)
	                                   : hf_opening_get(row->opening, c->field, &b));
	return true;
}

static inline size_t entries(struct node *n, const struct hf_id *application, enum hf_event event, enum hf_field field,
                             const char *value)
{
	struct entry_count c = {.event = event, .field = field, .value = value};
	hf_id_text(application, c.application);
	assert_int_equal(hf_ledger_tail(n->ledger, 100000, count_entry, &c), HF_OK);
	return c.count;
}

#endif
