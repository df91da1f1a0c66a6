/* channel.c - opening, closing and the tick of channel.h; the parts are named in internal.h. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "channel/internal.h"

#define TRIM_BYTES ((uint64_t)32 << 20) /* traffic after which memory is handed back when it is quiet again */

size_t hf_channel_bucket(const char *text)
{
	uint32_t h = 2166136261u; /* FNV-1a: the keys are names of members */
	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 16777619u;
	return (h ^ h >> 16) % HF_BUCKETS;
}

int64_t hf_channel_now(const struct hf_channel *c)
{
	return hf_mono_ms(&c->base.clock);
}

nng_msg *hf_channel_alloc(size_t len)
{
	nng_msg *m;
	if (nng_msg_alloc(&m, len) != 0)
		abort(); /* memory is gone; len is bounded by the callers */
	return m;
}

nng_msg *hf_channel_message(enum hf_frame_kind kind, const uint8_t session[HF_SESSION_ID], const void *data, size_t len)
{
	nng_msg *m = hf_channel_alloc(HF_FRAME_HEAD + len);
	uint8_t *frame = nng_msg_body(m);
	hf_frame_head(frame, kind, session, 0, (uint32_t)len);
	memcpy(frame + HF_FRAME_HEAD, data, len);
	return m;
}

void hf_later(struct hf_channel *c, struct hf_later *l, void (*run)(struct hf_channel *c, struct hf_later *l))
{
	l->run = run;
	TAILQ_INSERT_TAIL(&c->later, l, list);
	hf_bridge_wake(c->bridge);
}

/* What is added meanwhile waits for the next wake-up. */
static void run_later(void *ctx)
{
	struct hf_channel *c = ctx;
	TAILQ_HEAD(, hf_later) now = TAILQ_HEAD_INITIALIZER(now);
	struct hf_later *l;
	TAILQ_CONCAT(&now, &c->later, list);
	while ((l = TAILQ_FIRST(&now))) {
		TAILQ_REMOVE(&now, l, list);
		l->run(c, l);
	}
}

uint64_t hf_channel_renew_ms(const struct hf_channel *c, const char *node)
{
	uint64_t ms = c->ops.renew_ms ? c->ops.renew_ms(c->ops.ctx, node) : 0;
	return ms > 0 && ms < c->cfg.renew_ms ? ms : c->cfg.renew_ms;
}

/* While the local clock and trusted time are apart, one of them is wrong, and it is not known which: a handshake states
 * now the one, now the other. It proves nothing but that the peers live at about the same time. */
static int64_t hello_time(struct hf_channel *c)
{
	int64_t trusted = hf_now_ms(&c->base.clock), local = hf_local_ms(&c->base);
	uint8_t coin = 0;
	if (trusted - local > HF_CLOCK_SKEW_MS)
		hf_random(&coin, sizeof(coin));
	return coin & 1 ? local : trusted;
}

void hf_channel_hello(struct hf_channel *c, struct hf_hello *ret_hello)
{
	struct hf_hello h = {.node = c->base.self, .time_ms = hello_time(c)};
	c->ops.descriptor(c->ops.ctx, &h.descriptor_number, h.descriptor_digest);
	memcpy(h.listen, c->advertise, sizeof(h.listen));
	*ret_hello = h;
}

static bool near(int64_t skew_ms)
{
	return skew_ms <= HF_CLOCK_SKEW_MS && skew_ms >= -HF_CLOCK_SKEW_MS;
}

enum hf_err hf_channel_clock(struct hf_channel *c, const struct hf_hello *hello)
{
	int64_t skew = hello->time_ms - hf_local_ms(&c->base);
	if (c->ops.on_skew)
		c->ops.on_skew(c->ops.ctx, hello->node.s, skew);
	return near(skew) || near(hello->time_ms - hf_now_ms(&c->base.clock)) ? HF_OK : HF_E_STALE;
}

static void push_locked(struct hf_channel *c)
{
	hf_bridge_lock_addresses(c->bridge, (const char(*)[HF_ADDRESS_MAX + 1]) c->locked, c->locked_count);
}

static void note_locked(struct hf_channel *c, const char *address)
{
	if (!c->ops.locked || strlen(address) > HF_ADDRESS_MAX || !c->ops.locked(c->ops.ctx, address))
		return;
	for (size_t i = 0; i < c->locked_count; i++)
		if (strcmp(c->locked[i], address) == 0)
			return;
	if (c->locked_count == HF_LOCKED_MAX) /* the oldest makes room */
		memmove(c->locked[0], c->locked[1], sizeof(c->locked[0]) * --c->locked_count);
	snprintf(c->locked[c->locked_count++], sizeof(c->locked[0]), "%s", address);
	push_locked(c);
}

static void check_locked(struct hf_channel *c)
{
	size_t kept = 0;
	for (size_t i = 0; i < c->locked_count; i++) {
		if (!c->ops.locked(c->ops.ctx, c->locked[i]))
			continue;
		if (kept != i)
			memcpy(c->locked[kept], c->locked[i], sizeof(c->locked[0]));
		kept++;
	}
	if (kept == c->locked_count)
		return;
	c->locked_count = kept;
	push_locked(c);
}

void hf_channel_refused(struct hf_channel *c, const char *node, const char *address, enum hf_err reason)
{
	c->stats.refused++;
	HF_LOG(c->base.log, HF_LOG_WARN, "channel", "peer-refused", NULL, HF_LOG_S("peer", node),
	       HF_LOG_S("address", address), HF_LOG_E(reason));
	c->ops.on_refused(c->ops.ctx, node, address, reason);
	note_locked(c, address);
}

static void on_answer(void *ctx, void *work, int result, nng_msg *take)
{
	struct hf_channel *c = ctx;
	struct hf_work *w = work;
	struct hf_ongoing *call = w->call;
	struct hf_dial *dial = w->dial;
	if (!call && !dial)
		w->remote->abandoned -= w->remote->abandoned > 0;
	if (take)
		w->remote->heard_ms = hf_channel_now(c);
	free(w);
	if (take)
		c->stats.bytes_in += nng_msg_len(take);
	if (call)
		hf_call_answer(call, result, take);
	else if (dial)
		hf_dial_answer(dial, result, take);
	else
		nng_msg_free(take);
}

static void trim_memory(struct hf_channel *c)
{
	uint64_t total = c->stats.bytes_in + c->stats.bytes_out;
	if (total - c->trimmed_at_bytes >= TRIM_BYTES && total - c->busy_bytes < (1u << 20)) {
		malloc_trim(0);
		c->trimmed_at_bytes = total;
	}
	c->busy_bytes = total;
}

static void on_tick(uv_timer_t *t)
{
	struct hf_channel *c = t->data;
	struct hf_remote *r;
	hf_bridge_tick(c->bridge);
	hf_bridge_sweep(c->bridge, hf_channel_now(c), HF_HANDSHAKE_MS, hf_answer_late, c);
	TAILQ_FOREACH(r, &c->remotes, list)
	if (!c->closed)
		hf_remote_tick(r);
	if (c->closed || ++c->ticks % 4 != 0)
		return;
	hf_answer_nameless(c);
	check_locked(c);
	trim_memory(c);
}

static void set_source(struct hf_channel *c)
{
	static const char local[] = "tcp://127.";
	for (size_t i = 0; i < 4 && c->cfg.listen[i]; i++) {
		const char *host = c->cfg.listen[i] + strlen("tcp://"), *colon;
		if (strncmp(c->cfg.listen[i], local, sizeof(local) - 1) != 0 || !(colon = strchr(host, ':')))
			continue;
		snprintf(c->source, sizeof(c->source), "%.*s", (int)(colon - host), host);
		return;
	}
}

static void set_defaults(struct hf_channel *c, const struct hf_channel_config *in)
{
	c->cfg = *in;
	if (c->cfg.outstanding_max == 0)
		c->cfg.outstanding_max = 64;
	if (c->cfg.rate_per_s == 0)
		c->cfg.rate_per_s = 20000;
	if (c->cfg.renew_ms == 0)
		c->cfg.renew_ms = HF_SESSION_RENEW_MS;
	if (c->cfg.renew_bytes == 0)
		c->cfg.renew_bytes = HF_SESSION_RENEW_BYTES;
	if (c->cfg.version_min == 0)
		c->cfg.version_min = HF_PROTOCOL_VERSION_MIN;
	if (c->cfg.version_max == 0)
		c->cfg.version_max = HF_PROTOCOL_VERSION_MAX;
	snprintf(c->advertise, sizeof(c->advertise), "%s", in->advertise ? in->advertise : "");
	c->space = hf_strdup(in->space);
	c->local = (struct hf_handshake_local){in->static_key, c->space, c->cfg.version_min, c->cfg.version_max};
	hf_agree_key_pub(in->static_key, &c->own_key);
	c->id = hf_id_new(hf_now_ms(&c->base.clock));
	set_source(c);
}

static void free_channel(struct hf_channel *c)
{
	struct hf_remote *r;
	while ((r = TAILQ_FIRST(&c->remotes))) {
		TAILQ_REMOVE(&c->remotes, r, list);
		hf_remote_free(r);
	}
	free(c->space);
	free(c);
}

static void let_go(void *ctx)
{
	struct hf_channel *c = ctx;
	if (--c->closing == 0)
		free_channel(c);
}

static void on_tick_closed(uv_handle_t *h)
{
	let_go(h->data);
	free(h);
}

static void forget_guest(void *ctx, struct hf_pipe *p)
{
	struct hf_guest *g = HF_TAKE(p->owner);
	(void)ctx;
	if (!g)
		return;
	hf_handshake_free(g->handshake);
	free(g);
}

static void forget_work(void *ctx, void *work)
{
	(void)ctx;
	free(work);
}

static void on_stuck(void *ctx)
{
	struct hf_channel *c = ctx;
	hf_alarm(&c->base, "channel-stuck", NULL,
	         "the messaging library does not clear ended connections away any more; this node goes on with new "
	         "ones, "
	         "but each that ends stays open: restart the node when it suits");
}

static enum hf_err start(struct hf_channel *c, struct hf_fault *f)
{
	const struct hf_bridge_ops ops = {
	        .on_message = hf_answer_message,
	        .on_sent = hf_request_sent,
	        .on_answer = on_answer,
	        .on_link = hf_remote_link,
	        .on_pipe_gone = hf_answer_pipe_gone,
	        .on_stuck = on_stuck,
	        .on_wake = run_later,
	        .forget_pipe = forget_guest,
	        .forget_work = forget_work,
	        .ctx = c,
	};
	HF_TRY(hf_bridge_open(&c->base, &ops, &c->bridge, f));
	c->tick = hf_alloc_zero(sizeof(*c->tick));
	c->tick->data = c;
	uv_timer_init(c->base.loop, c->tick);
	uv_timer_start(c->tick, on_tick, HF_TICK_MS, HF_TICK_MS);
	c->closing = 2;
	if (!c->cfg.listen[0])
		return HF_OK;
	return hf_bridge_listen(c->bridge, c->cfg.listen, HF_ANSWERING_SLOTS, HF_REQUEST_FRAME_MAX, f);
}

enum hf_err hf_channel_open(const struct hf_base *base, const struct hf_channel_config *cfg,
                            const struct hf_channel_ops *ops, struct hf_channel **ret_channel, struct hf_fault *f)
{
	if (!cfg->space || strlen(cfg->space) > HF_SPACE_MAX || !cfg->static_key)
		return hf_fault_set(f, HF_E_ARGUMENT, "the channel needs a space id of at most %u bytes and a key",
		                    HF_SPACE_MAX);
	struct hf_channel *c = hf_alloc_zero(sizeof(*c));
	c->base = *base;
	c->ops = *ops;
	TAILQ_INIT(&c->later);
	TAILQ_INIT(&c->remotes);
	TAILQ_INIT(&c->requests);
	set_defaults(c, cfg);
	enum hf_err e = start(c, f);
	if (e == HF_OK) {
		*ret_channel = c;
		return HF_OK;
	}
	if (c->bridge)
		hf_channel_close(c);
	else
		free_channel(c);
	return e;
}

static void cancel_calls(struct hf_call_list *list)
{
	struct hf_ongoing *call;
	while ((call = TAILQ_FIRST(list)))
		hf_call_settle(call, HF_E_CANCELLED, "the node is stopping", NULL);
}

static void cancel_later(struct hf_channel *c)
{
	struct hf_later *l;
	while ((l = TAILQ_FIRST(&c->later))) {
		TAILQ_REMOVE(&c->later, l, list);
		l->run(c, l);
	}
}

static void free_callers(struct hf_channel *c)
{
	struct hf_caller *k;
	struct hf_guest *g;
	for (size_t i = 0; i < HF_BUCKETS; i++)
		while ((k = LIST_FIRST(&c->callers[i]))) {
			while ((g = TAILQ_FIRST(&k->guests))) {
				TAILQ_REMOVE(&k->guests, g, list);
				g->caller = NULL;
			}
			k->pipes = k->refs = 0;
			hf_caller_drop_if_idle(c, k);
		}
}

/* The handlers may still hold their requests: an answer then only frees. */
static void detach_requests(struct hf_channel *c)
{
	struct hf_request *r;
	while ((r = TAILQ_FIRST(&c->requests))) {
		TAILQ_REMOVE(&c->requests, r, list);
		r->channel = NULL;
		r->caller = NULL;
		if (r->local)
			hf_call_settle(HF_TAKE(r->local), HF_E_CANCELLED, "the node is stopping", NULL);
	}
}

void hf_channel_close(struct hf_channel *c)
{
	struct hf_remote *r;
	if (!c || c->closed)
		return;
	c->closed = true;
	uv_close((uv_handle_t *)c->tick, on_tick_closed);
	TAILQ_FOREACH(r, &c->remotes, list)
	{
		hf_dial_stop(r);
		cancel_calls(&r->running);
		cancel_calls(&r->waiting);
	}
	cancel_later(c);
	detach_requests(c);
	free_callers(c);
	hf_bridge_close(c->bridge, let_go, c);
}

void hf_channel_drop(struct hf_channel *c, const char *peer)
{
	struct hf_remote *r;
	struct hf_guest *g;
	TAILQ_FOREACH(r, &c->remotes, list)
	if (strcmp(r->peer, peer) == 0)
		hf_remote_reset(r);
	struct hf_caller *k = hf_caller_find(c, peer);
	if (!k)
		return;
	hf_caller_end_sessions(c, k);
	TAILQ_FOREACH(g, &k->guests, list)
	hf_bridge_pipe_close(g->pipe);
}

void hf_channel_stats(const struct hf_channel *c, struct hf_channel_stats *ret_stats)
{
	struct hf_bridge_stats b;
	hf_bridge_stats(c->bridge, &b);
	*ret_stats = c->stats;
	ret_stats->pipes = b.pipes;
	ret_stats->unauthenticated = b.unauthenticated;
	ret_stats->refused += b.refused;
}
