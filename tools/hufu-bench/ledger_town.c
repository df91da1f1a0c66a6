/* ledger_town.c - see ledger_town.h. */
#include "ledger_town.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "proto/codec.h"

#define LIMIT_MS 600000
#define SPACE_MAX ((size_t)16 << 20)

static bool fail(const char *text)
{
	fprintf(stderr, "hufu-bench: %s\n", text);
	return false;
}

/* ---- carrying ---- */

struct ledger_carried {
	struct ledger_carried *next;
	struct ledger_home *from, *to; /* to NULL: nobody */
	enum hf_msg type;
	struct hf_buf body; /* of the request, then of the answer */
	hf_reply_fn fn;     /* NULL: the caller is gone */
	void *ctx;
	bool delivered, answered;
	enum hf_err error;
	char text[200];
};

static void call(void *ctx, const char *peer, enum hf_msg type, const void *body, size_t len, hf_reply_fn fn,
                 void *fn_ctx)
{
	struct ledger_home *from = ctx;
	struct ledger_town *t = from->town;
	struct ledger_carried *c = hf_alloc_zero(sizeof(*c));
	*c = (struct ledger_carried){.next = t->calls, .from = from, .type = type, .fn = fn, .ctx = fn_ctx};
	for (unsigned i = 0; i <= TOWN_WITNESSES; i++)
		if (t->home[i].ledger && strcmp(t->home[i].base.self.s, peer) == 0)
			c->to = &t->home[i];
	hf_buf_init(&c->body, 0);
	hf_buf_add(&c->body, body, len);
	t->calls = c;
}

static void on_answer(void *ctx, enum hf_err e, const char *text, const void *body, size_t len)
{
	struct ledger_carried *c = ctx;
	c->answered = true;
	c->error = e;
	snprintf(c->text, sizeof(c->text), "%s", text ? text : "");
	hf_buf_clear(&c->body);
	hf_buf_add(&c->body, body, len);
}

static void deliver(struct ledger_carried *c)
{
	struct hf_buf body = c->body;
	c->delivered = true;
	hf_buf_init(&c->body, 0);
	if (c->to && c->to->ledger)
		hf_ledger_handle(c->to->ledger, c->from->base.self.s, c->type, (struct hf_bytes){body.data, body.len},
		                 (struct hf_answer){on_answer, c});
	else
		on_answer(c, HF_E_UNREACHABLE, "", NULL, 0);
	hf_buf_done(&body);
}

static void reply(struct ledger_carried *c, enum hf_err e)
{
	struct hf_reply r = {.error = e, .text = c->text, .body = {c->body.data, c->body.len}};
	hf_reply_fn fn = c->fn;
	c->fn = NULL;
	if (fn)
		fn(c->ctx, &r);
}

/* What a reply sends is carried the next time. */
static void carry(struct ledger_town *t)
{
	struct ledger_carried *all = t->calls;
	t->calls = NULL;
	while (all) {
		struct ledger_carried *c = all;
		all = c->next;
		if (!c->delivered)
			deliver(c);
		if (!c->answered) {
			c->next = t->calls;
			t->calls = c;
			continue;
		}
		reply(c, c->error);
		hf_buf_done(&c->body);
		free(c);
	}
}

static bool to_carry(const struct ledger_town *t)
{
	for (const struct ledger_carried *c = t->calls; c; c = c->next)
		if (!c->delivered || c->answered)
			return true;
	return false;
}

/* ---- opening ---- */

static const struct hf_space *space_of(void *ctx)
{
	return ((struct ledger_home *)ctx)->town->space;
}

static bool root_of(const struct hf_buf *stream, struct hf_sign_pub *ret_root)
{
	bool ok = false;
	if (stream->len < 4 || hf_get_u32(stream->data) > stream->len - 4)
		return false;
	Hufu__Envelope *e = HF_DECODE(envelope, stream->data + 4, hf_get_u32(stream->data));
	Hufu__Descriptor *d =
	        e ? hf_decode_limit(&hufu__descriptor__descriptor, e->payload.data, e->payload.len, SPACE_MAX) : NULL;
	if (d && d->root_key.len == sizeof(ret_root->b)) {
		memcpy(ret_root->b, d->root_key.data, sizeof(ret_root->b));
		ok = true;
	}
	hf_decoded_free(d);
	hf_decoded_free(e);
	return ok;
}

static bool read_space(struct ledger_town *t, const struct net *n)
{
	char path[500];
	struct hf_buf stream;
	struct hf_sign_pub root;
	struct hf_fault f = {HF_OK, "the descriptors cannot be read"};
	snprintf(path, sizeof(path), "%s/authority/descriptors.dsse", n->dir);
	hf_buf_init(&stream, SPACE_MAX);
	bool ok = hf_file_read(path, SPACE_MAX, &stream) == HF_OK && root_of(&stream, &root);
	if (ok) {
		t->space = hf_space_new(&root);
		ok = hf_space_read_stream(t->space, stream.data, stream.len, &f) == HF_OK;
	}
	hf_buf_done(&stream);
	return ok || fail(f.text);
}

static bool home_open(struct ledger_town *t, struct ledger_home *h, const struct net_node *node)
{
	struct hf_fault f = {HF_OK, "a node cannot be opened"};
	h->town = t;
	h->base.loop = &t->loop;
	snprintf(h->base.dir, sizeof(h->base.dir), "%s", node->dir);
	hf_system_clock_get(t->clock, &h->base.clock);
	h->base.log = hf_log_new(t->log_fd, &h->base.clock, node->id, HF_LOG_ERROR);
	h->base.metrics = hf_metrics_new();
	if (!hf_name_parse(node->id, &h->base.self) || hf_node_keys_load(node->dir, NULL, &h->keys, &f) != HF_OK ||
	    hf_store_open(&h->base, &h->store, &f) != HF_OK ||
	    hf_ledger_open(&h->base, h->store, &h->keys, NET_SPACE, &h->ledger, &f) != HF_OK)
		return fail(f.text);
	hf_ledger_start_net(h->ledger, &(struct hf_ledger_net){space_of, call, h});
	return true;
}

bool ledger_town_open(struct ledger_town *t, const struct net *n)
{
	memset(t, 0, sizeof(*t));
	if (n->count < 1 + TOWN_WITNESSES || uv_loop_init(&t->loop) != 0)
		return fail("there is no loop to be had");
	uv_timer_init(&t->loop, &t->limit);
	t->log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	t->clock = hf_system_clock_new();
	if (!read_space(t, n) || !home_open(t, &t->home[0], &n->node[0]))
		return false;
	for (unsigned i = 0; i < TOWN_WITNESSES; i++)
		if (!home_open(t, &t->home[1 + i], &n->node[n->count - TOWN_WITNESSES + i]))
			return false;
	return ledger_town_signed(t);
}

/* ---- closing: calls end, then stores, then ledgers ---- */

static void home_close(struct ledger_home *h)
{
	struct hf_ledger *l = h->ledger;
	if (!h->base.metrics)
		return;
	if (h->store)
		hf_store_close(h->store);
	h->ledger = NULL;
	if (l)
		hf_ledger_close(l);
}

static void home_done(struct ledger_home *h)
{
	if (!h->base.metrics)
		return;
	hf_node_keys_done(&h->keys);
	hf_metrics_free(h->base.metrics);
	hf_log_free(h->base.log);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

/* The callers of a node that is gone hear that it is. */
static void cut_off(struct ledger_town *t, const struct ledger_home *h)
{
	for (struct ledger_carried *c = t->calls; c; c = c->next)
		if (c->to == h && !c->answered) {
			c->delivered = true;
			on_answer(c, HF_E_UNREACHABLE, "", NULL, 0);
		}
}

bool ledger_town_lose(struct ledger_town *t, const struct net *n)
{
	static const char *const parts[] = {"state", "ledger"};
	struct ledger_home *h = &t->home[0];
	char path[500];
	for (struct ledger_carried *c = t->calls; c; c = c->next)
		if (c->from == h)
			reply(c, HF_E_CANCELLED);
	home_close(h);
	uv_run(&t->loop, UV_RUN_NOWAIT);
	cut_off(t, h);
	home_done(h);
	memset(h, 0, sizeof(*h));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", n->node[0].dir, parts[i]);
		if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 || mkdir(path, 0700) != 0)
			return fail("the node's folders cannot be emptied");
	}
	if (!home_open(t, h, &n->node[0]))
		return false;
	for (unsigned i = 1; i <= TOWN_WITNESSES; i++) {
		hf_ledger_peer_up(h->ledger, t->home[i].base.self.s);
		hf_ledger_peer_up(t->home[i].ledger, h->base.self.s);
	}
	return true;
}

static void drop_calls(struct ledger_town *t)
{
	while (t->calls) {
		struct ledger_carried *c = t->calls;
		t->calls = c->next;
		hf_buf_done(&c->body);
		free(c);
	}
}

void ledger_town_close(struct ledger_town *t)
{
	if (!t->clock)
		return;
	for (struct ledger_carried *c = t->calls; c; c = c->next)
		reply(c, HF_E_CANCELLED);
	for (unsigned i = 0; i <= TOWN_WITNESSES; i++)
		home_close(&t->home[i]);
	uv_close((uv_handle_t *)&t->limit, NULL);
	uv_run(&t->loop, UV_RUN_DEFAULT);
	drop_calls(t);
	for (unsigned i = 0; i <= TOWN_WITNESSES; i++)
		home_done(&t->home[i]);
	hf_space_free(t->space);
	hf_system_clock_free(t->clock);
	close(t->log_fd);
	uv_loop_close(&t->loop);
}

/* ---- waiting ---- */

static void too_late(uv_timer_t *timer)
{
	timer->data = timer;
}

bool ledger_town_until(struct ledger_town *t, bool (*done)(void *ctx), void *ctx, const char *what)
{
	t->limit.data = NULL;
	uv_timer_start(&t->limit, too_late, LIMIT_MS, 0);
	while (!done(ctx) && !t->limit.data) {
		uv_run(&t->loop, to_carry(t) ? UV_RUN_NOWAIT : UV_RUN_ONCE);
		carry(t);
	}
	uv_timer_stop(&t->limit);
	if (done(ctx))
		return true;
	fprintf(stderr, "hufu-bench: waited %d s in vain for %s\n", LIMIT_MS / 1000, what);
	return false;
}

static bool all_signed(void *ctx)
{
	struct hf_ledger_state s;
	hf_ledger_state(((struct ledger_town *)ctx)->home[0].ledger, &s);
	return s.durable > 0 && s.signed_size == s.durable;
}

bool ledger_town_signed(struct ledger_town *t)
{
	return ledger_town_until(t, all_signed, t, "the signature of the newest entry");
}
