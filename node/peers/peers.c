/* peers.c - opening, closing, the tick, and requests to and from members; the parts are named in internal.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "peers/internal.h"

#define CALLS_PER_ADDRESS 3u
#define REFUSAL_PAUSE_MS 60000

struct hf_peers_ref *hf_peers_ref(struct hf_peers *p)
{
	p->ref->refs++;
	return p->ref;
}

void hf_peers_unref(void *ref)
{
	struct hf_peers_ref *r = ref;
	if (--r->refs == 0)
		free(r);
}

int64_t hf_peers_now(const struct hf_peers *p)
{
	return hf_mono_ms(&p->base.clock);
}

uint32_t hf_peers_back_off(uint32_t wait_ms, uint32_t most_ms)
{
	if (wait_ms == 0)
		return 500;
	return wait_ms * 2 < most_ms ? wait_ms * 2 : most_ms;
}

static size_t bucket(const char *id)
{
	uint32_t h = 2166136261u;
	for (; *id; id++)
		h = (h ^ (uint8_t)*id) * 16777619u;
	return (h ^ h >> 16) % HF_PEERS_BUCKETS;
}

struct hf_peer *hf_peer_find(struct hf_peers *p, const char *id)
{
	struct hf_peer *k;
	LIST_FOREACH(k, &p->buckets[bucket(id)], bucket)
	if (strcmp(k->id, id) == 0)
		return k;
	return NULL;
}

struct hf_peer *hf_peer_get(struct hf_peers *p, const char *id)
{
	struct hf_peer *k = hf_peer_find(p, id);
	uint8_t spread;
	if (k)
		return k;
	k = hf_alloc_zero(sizeof(*k));
	k->owner = p;
	snprintf(k->id, sizeof(k->id), "%s", id);
	hf_random(&spread, 1);
	k->ping_ms = hf_peers_now(p) + spread * 4; /* the first second, not all at once */
	LIST_INSERT_HEAD(&p->buckets[bucket(id)], k, bucket);
	return k;
}

struct hf_peer *hf_peer_at(struct hf_peers *p, size_t n)
{
	const Hufu__Descriptor *d = hf_space_current(p->space);
	for (size_t i = 0; i < d->n_members; i++)
		if (strcmp(d->members[i]->id, p->base.self.s) != 0 && n-- == 0)
			return hf_peer_get(p, d->members[i]->id);
	return NULL;
}

bool hf_peer_dialable(const struct hf_peers *p, const struct hf_peer *k)
{
	const Hufu__Member *m = hf_space_member(p->space, k->id);
	return m && m->n_addresses > 0;
}

const struct hf_space *hf_peers_space(const struct hf_peers *p)
{
	return p->space;
}

void hf_peers_on_change(struct hf_peers *p, void (*fn)(void *ctx), void *ctx)
{
	if (p->change_count == HF_PEERS_HOOKS)
		abort(); /* a ninth module: raise HF_PEERS_HOOKS */
	p->change[p->change_count] = fn;
	p->change_ctx[p->change_count++] = ctx;
}

void hf_peers_on_up(struct hf_peers *p, void (*fn)(void *ctx, const char *peer), void *ctx)
{
	if (p->up_count == HF_PEERS_HOOKS)
		abort(); /* a ninth module: raise HF_PEERS_HOOKS */
	p->up[p->up_count] = fn;
	p->up_ctx[p->up_count++] = ctx;
}

/* Requests out. */

struct calling {
	struct hf_peers_ref *ref;
	struct hf_peer *peer;
	hf_reply_fn fn;
	void *ctx;
};

static void on_reply(void *ctx, struct hf_reply *r)
{
	struct calling *c = ctx;
	struct hf_peers *p = c->ref->p;
	if (p && c->peer) {
		if (r->error == HF_E_UNREACHABLE)
			c->peer->address++; /* the next of its addresses, when it has several */
		else if (r->error != HF_E_TIMEOUT && r->error != HF_E_CANCELLED)
			hf_liveness_heard(p, c->peer);
		if (r->error == HF_E_OLD_DESCRIPTOR)
			c->peer->announce = true;
	}
	c->fn(c->ctx, r);
	hf_peers_unref(c->ref);
	free(c);
}

static struct calling *calling_new(struct hf_peers *p, struct hf_peer *k, hf_reply_fn fn, void *ctx)
{
	struct calling *c = hf_alloc_zero(sizeof(*c));
	c->ref = hf_peers_ref(p);
	c->peer = k;
	c->fn = fn;
	c->ctx = ctx;
	return c;
}

/* Why a member cannot be called; HF_OK when it can. */
static enum hf_err call_check(struct hf_peers *p, const char *peer, struct hf_fault *f)
{
	enum hf_err e = hf_space_standing(p->space, peer, hf_now_ms(&p->base.clock));
	const Hufu__Member *m = hf_space_member(p->space, peer);
	if (e != HF_OK || !m)
		return hf_fault_set(f, e == HF_OK ? HF_E_STRANGER : e, "%s cannot be called: %s", peer,
		                    hf_err_text(e == HF_OK ? HF_E_STRANGER : e));
	if (m->n_addresses > 0)
		return HF_OK;
	if (p->undialable)
		return hf_fault_set(f, HF_E_UNSUPPORTED,
		                    "neither %s nor this node has an address at which it can be dialled; one of them "
		                    "needs one in the space descriptor",
		                    peer);
	return hf_fault_set(f, HF_E_UNREACHABLE,
	                    "%s has no address at which it can be dialled; it can only be sent mail, which it collects",
	                    peer);
}

void hf_peers_call(struct hf_peers *p, const char *peer, enum hf_msg type, const struct hf_id *trace, const void *body,
                   size_t len, uint32_t timeout_ms, hf_reply_fn fn, void *ctx)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_call call = {.peer = peer, .type = (uint32_t)type, .body = {body, len}, .timeout_ms = timeout_ms};
	if (trace)
		call.trace = *trace;
	if (strcmp(peer, p->base.self.s) == 0) {
		hf_channel_call_local(p->channel, peer, &call, fn, ctx);
		return;
	}
	enum hf_err e = call_check(p, peer, &f);
	if (e != HF_OK) {
		hf_channel_call_fail(p->channel, e, f.text, fn, ctx);
		return;
	}
	const Hufu__Member *m = hf_space_member(p->space, peer);
	struct hf_peer *k = hf_peer_get(p, peer);
	call.address = m->addresses[k->address % m->n_addresses];
	memcpy(call.key.b, k->key, sizeof(call.key.b));
	hf_channel_call(p->channel, &call, on_reply, calling_new(p, k, fn, ctx));
}

/* Requests in. */

/* What a member may send at the moment, whatever its roles. */
static enum hf_err admit(struct hf_peers *p, struct hf_peer *k, uint32_t type)
{
	enum hf_err e = hf_space_standing(p->space, k->id, hf_now_ms(&p->base.clock));
	if (e != HF_OK || type == HF_MSG_PING || type == HF_MSG_DESCRIPTOR_GET)
		return e;
	HF_TRY(hf_suspicion_admit(p, k));
	return hf_membership_behind(p, k) ? HF_E_OLD_DESCRIPTOR : HF_OK;
}

/* Once a minute for each peer, which is known and whose requests cost nothing further. */
static void record_refusal(struct hf_peers *p, struct hf_peer *k, const char *address, enum hf_err e)
{
	int64_t now = hf_peers_now(p);
	hf_metrics_add(p->base.metrics, "peer_refused", 1);
	if (k->refused_ms != 0 && now - k->refused_ms < REFUSAL_PAUSE_MS)
		return;
	k->refused_ms = now;
	struct hf_draft *d = hf_draft_new(HF_EVENT_PEER_REFUSED, NULL);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, k->id);
	hf_draft_text(d, HF_FIELD_ADDRESS, address);
	hf_draft_text(d, HF_FIELD_MANNER, "channel");
	hf_draft_outcome(d, e, hf_err_text(e));
	hf_audit_emit(&p->base.audit, d);
}

static void serve(struct hf_peers *p, struct hf_peer *k, struct hf_request *take)
{
	switch (hf_request_type(take)) {
	case HF_MSG_PING:
		hf_liveness_ping(p, k, take);
		break;
	case HF_MSG_DESCRIPTOR_GET:
		hf_membership_get(p, k, take);
		break;
	case HF_MSG_MAIL:
		hf_inbox_request(p, k, take);
		break;
	case HF_MSG_POLL:
		hf_poll_request(p, k, take);
		break;
	default: /* numbers from outside */
		p->cfg.on_request(p->cfg.ctx, take);
	}
}

static void on_request(void *ctx, struct hf_request *take)
{
	struct hf_peers *p = ctx;
	const char *from = hf_request_peer(take);
	struct hf_peer *k = hf_peer_get(p, from);
	if (strcmp(from, p->base.self.s) == 0) {
		serve(p, k, take);
		return;
	}
	hf_liveness_heard(p, k);
	enum hf_err e = admit(p, k, hf_request_type(take));
	if (e == HF_OK) {
		serve(p, k, take);
		return;
	}
	record_refusal(p, k, hf_request_address(take), e);
	hf_request_reply(take, e, hf_err_text(e), NULL, 0);
}

void hf_peers_host(struct hf_peers *p, const char *node, char *out, size_t cap)
{
	const Hufu__Member *m = hf_space_member(p->space, node);
	const struct hf_peer *k = hf_peer_find(p, node);
	const char *address = m && m->n_addresses > 0 ? m->addresses[k ? k->address % m->n_addresses : 0] : "none";
	const char *host = strstr(address, "://"), *port = strrchr(address, ':');
	host = host ? host + 3 : address;
	snprintf(out, cap, "%.*s", port && port > host ? (int)(port - host) : (int)strlen(host), host);
}

size_t hf_peers_list(struct hf_peers *p, struct hf_peer_view *out, size_t cap)
{
	struct hf_peer *k;
	size_t n = 0;
	int64_t now = hf_now_ms(&p->base.clock);
	for (; n < cap && (k = hf_peer_at(p, n)); n++) {
		const Hufu__Member *m = hf_space_member(p->space, k->id);
		struct hf_peer_view *v = &out[n];
		memset(v, 0, sizeof(*v));
		memcpy(v->id, k->id, sizeof(v->id));
		snprintf(v->name, sizeof(v->name), "%s", m->organization_name);
		snprintf(v->address, sizeof(v->address), "%s",
		         m->n_addresses > 0 ? m->addresses[k->address % m->n_addresses] : "");
		v->standing = hf_space_standing(p->space, k->id, now);
		v->up = k->up;
		v->last_seen_ms = k->last_seen_ms;
		v->clock_skew_ms = k->skew_ms;
		v->descriptor = k->shown;
		v->reply_ms = k->reply_ms - 1;
		v->risk = hf_risk_score(&k->risk, hf_peers_now(p));
		v->risky = v->risk >= HF_RISK_HIGH;
		v->locked = hf_risk_is_locked(&k->risk, hf_peers_now(p));
		v->outbox = hf_outbox_count(p, HF_TABLE_OUTBOX, k->id);
		v->parked = hf_outbox_count(p, HF_TABLE_OUTBOX_PARKED, k->id);
	}
	return n;
}

static void on_tick(uv_timer_t *t)
{
	struct hf_peers *p = t->data;
	struct hf_peer *k;
	hf_membership_tick(p);
	for (size_t i = 0; i < HF_PEERS_BUCKETS; i++) {
		LIST_FOREACH(k, &p->buckets[i], bucket)
		{
			hf_outbox_tick(p, k);
			if (strcmp(k->id, p->base.self.s) == 0)
				continue;
			hf_suspicion_tick(p, k);
			hf_liveness_tick(p, k);
			hf_poll_tick(p, k);
		}
	}
}

static enum hf_err open_channel(struct hf_peers *p, struct hf_fault *f)
{
	const Hufu__Member *self = hf_space_member(p->space, p->base.self.s);
	struct hf_channel_ops ops = {
	        .on_request = on_request, .on_session = hf_liveness_session, .on_skew = hf_liveness_skew, .ctx = p};
	struct hf_channel_config cfg = p->cfg.channel;
	hf_membership_ops(&ops);
	cfg.space = hf_space_id(p->space);
	if (!cfg.advertise && self->n_addresses > 0)
		cfg.advertise = self->addresses[0];
	HF_TRY(hf_channel_open(&p->base, &cfg, &ops, &p->channel, f));
	p->tick = hf_alloc_zero(sizeof(*p->tick));
	p->tick->data = p;
	uv_timer_init(p->base.loop, p->tick);
	uv_timer_start(p->tick, on_tick, HF_PEERS_TICK_MS, HF_PEERS_TICK_MS);
	return HF_OK;
}

enum hf_err hf_peers_open(const struct hf_base *base, struct hf_store *store, const struct hf_peers_config *cfg,
                          struct hf_peers **ret_peers, struct hf_fault *f)
{
	struct hf_peers *p = hf_alloc_zero(sizeof(*p));
	p->base = *base;
	p->store = store;
	p->cfg = *cfg;
	p->ref = hf_alloc_zero(sizeof(*p->ref));
	*p->ref = (struct hf_peers_ref){p, 1};
	p->guard = hf_guard_new(&p->base);
	enum hf_err e = hf_membership_open(p, f);
	if (e == HF_OK)
		e = hf_fault_default(f, hf_outbox_open(p));
	if (e == HF_OK)
		e = open_channel(p, f);
	p->cfg.space_dir = NULL; /* the caller's; used while opening */
	if (e == HF_OK)
		*ret_peers = p;
	else
		hf_peers_close(p);
	return e;
}

static void on_tick_closed(uv_handle_t *h)
{
	free(h);
}

static void free_peers(struct hf_peers *p)
{
	struct hf_peer *k;
	for (size_t i = 0; i < HF_PEERS_BUCKETS; i++)
		while ((k = LIST_FIRST(&p->buckets[i]))) {
			LIST_REMOVE(k, bucket);
			free(k);
		}
	hf_guard_free(p->guard);
	hf_space_free(p->space);
	free(p);
}

void hf_peers_close(struct hf_peers *p)
{
	struct hf_peer *k;
	if (!p)
		return;
	if (p->tick)
		uv_close((uv_handle_t *)p->tick, on_tick_closed);
	for (size_t i = 0; i < HF_PEERS_BUCKETS; i++)
		LIST_FOREACH(k, &p->buckets[i], bucket)
	hf_poll_close(p, k);
	hf_channel_close(p->channel); /* ends all calls, while the peers they belong to are there */
	p->ref->p = NULL;
	hf_peers_unref(p->ref);
	free_peers(p);
}

bool hf_peers_is_up(struct hf_peers *p, const char *node)
{
	const struct hf_peer *k = hf_peer_find(p, node);
	return k && k->up;
}
