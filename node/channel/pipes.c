/*
 * pipes.c - the connections below bridge.h: who may connect before he has shown who he is, and which links are up.
 *
 * Functions named at_* run on threads of nng, inside its socket machinery: they do no socket call but nng_pipe_close.
 */
#include "channel/bridge_internal.h"

#include <arpa/inet.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* False when the other end is gone already: then nobody can say who it was. */
static bool address_text(nng_pipe p, char out[HF_ADDRESS_MAX + 1])
{
	nng_sockaddr sa;
	snprintf(out, HF_ADDRESS_MAX + 1, HF_ADDRESS_NONE);
	if (nng_pipe_get_addr(p, NNG_OPT_REMADDR, &sa) != 0)
		return false;
	if (sa.s_family == NNG_AF_INET)
		inet_ntop(AF_INET, &sa.s_in.sa_addr, out, HF_ADDRESS_MAX + 1);
	else if (sa.s_family == NNG_AF_INET6)
		inet_ntop(AF_INET6, sa.s_in6.sa_addr, out, HF_ADDRESS_MAX + 1);
	else if (sa.s_family == NNG_AF_IPC)
		snprintf(out, HF_ADDRESS_MAX + 1, "ipc");
	return true;
}

static bool address_locked(const struct hf_bridge *b, const char *address)
{
	for (size_t i = 0; i < b->locked_count; i++)
		if (strcmp(b->locked[i], address) == 0)
			return true;
	return false;
}

static bool too_many(const struct hf_bridge *b, const char *address)
{
	size_t same = 0;
	const struct hf_pipe *p;
	if (b->unauthenticated_count >= HF_PIPES_UNAUTHENTICATED)
		return true;
	TAILQ_FOREACH(p, &b->unauthenticated, list)
	same += strcmp(p->address, address) == 0;
	return same >= HF_PIPES_UNAUTHENTICATED_PER_ADDRESS;
}

static struct hf_pipe *find(struct hf_bridge *b, uint32_t id)
{
	struct hf_pipe *p;
	LIST_FOREACH(p, &b->buckets[id % HF_PIPE_BUCKETS], bucket)
	if (p->id == id)
		return p;
	return NULL;
}

static bool at_added(struct hf_bridge *b, nng_pipe np)
{
	struct hf_pipe *p = hf_alloc_zero(sizeof(*p));
	bool there = address_text(np, p->address);
	p->bridge = b;
	p->id = (uint32_t)nng_pipe_id(np);
	p->since_ms = -1;
	uv_mutex_lock(&b->lock);
	bool take = there && !b->closed && !address_locked(b, p->address) && !too_many(b, p->address);
	if (take) {
		TAILQ_INSERT_TAIL(&b->unauthenticated, p, list);
		LIST_INSERT_HEAD(&b->buckets[p->id % HF_PIPE_BUCKETS], p, bucket);
		b->unauthenticated_count++;
	} else {
		b->refused++;
		b->nameless += !there;
	}
	uv_mutex_unlock(&b->lock);
	if (!take)
		free(p);
	return take;
}

void hf_pipe_removed(struct hf_bridge *b, uint32_t id)
{
	uv_mutex_lock(&b->lock);
	struct hf_pipe *p = find(b, id);
	if (p) {
		LIST_REMOVE(p, bucket);
		p->gone = true;
		TAILQ_REMOVE(p->authenticated ? &b->known : &b->unauthenticated, p, list);
		*(p->authenticated ? &b->known_count : &b->unauthenticated_count) -= 1;
		TAILQ_INSERT_TAIL(&b->gone, p, list);
		if (!b->closed)
			uv_async_send(&b->wake->async);
	}
	uv_mutex_unlock(&b->lock);
}

static void at_answering_pipe(nng_pipe p, nng_pipe_ev ev, void *arg)
{
	if (ev == NNG_PIPE_EV_ADD_PRE) {
		if (!at_added(arg, p))
			nng_pipe_close(p);
	} else if (ev == NNG_PIPE_EV_REM_POST) {
		hf_pipe_removed(arg, (uint32_t)nng_pipe_id(p));
	}
}

/* The waits of nng 1.5.2 are random numbers with a sign, so that every other one is none at all: too early is refused
 * here. */
static void at_dialling_too_early(nng_pipe p, nng_pipe_ev ev, void *arg)
{
	struct hf_line *line = arg;
	struct hf_link *l = line->link;
	(void)ev;
	uv_mutex_lock(&l->bridge->lock);
	bool refuse = l->bridge->closed || l->line != line || uv_hrtime() / 1000 < l->not_before_us;
	uv_mutex_unlock(&l->bridge->lock);
	if (refuse)
		nng_pipe_close(p);
}

static void at_dialling_pipe(nng_pipe p, nng_pipe_ev ev, void *arg)
{
	struct hf_line *line = arg;
	struct hf_link *l = line->link;
	struct hf_bridge *b = l->bridge;
	uint32_t id = (uint32_t)nng_pipe_id(p);
	uv_mutex_lock(&b->lock);
	bool changes = l->line == line && (ev == NNG_PIPE_EV_ADD_POST || l->pipe == id);
	if (changes)
		l->pipe = ev == NNG_PIPE_EV_ADD_POST ? id : 0;
	if (changes && !l->queued && !b->closed) {
		l->queued = true;
		TAILQ_INSERT_TAIL(&b->changed, l, change);
		uv_async_send(&b->wake->async);
	}
	uv_mutex_unlock(&b->lock);
}

enum hf_err hf_bridge_answering_socket(struct hf_bridge *b, size_t max_bytes, struct hf_fault *f)
{
	int rv = hf_bridge_quietly(nng_rep0_open, &b->answering);
	if (rv == 0)
		rv = nng_socket_set_size(b->answering, NNG_OPT_RECVMAXSZ, max_bytes);
	if (rv == 0)
		rv = nng_pipe_notify(b->answering, NNG_PIPE_EV_ADD_PRE, at_answering_pipe, b);
	if (rv == 0)
		rv = nng_pipe_notify(b->answering, NNG_PIPE_EV_REM_POST, at_answering_pipe, b);
	return rv == 0 ? HF_OK : hf_fault_set(f, HF_E_MEMORY, "cannot open the answering socket: %s", nng_strerror(rv));
}

static int line_prepare(struct hf_line *line)
{
	const struct hf_link_config *cfg = &line->link->cfg;
	int rv = hf_bridge_quietly(nng_req0_open, &line->socket);
	if (rv == 0)
		rv = nng_socket_set_size(line->socket, NNG_OPT_RECVMAXSZ, cfg->max_bytes);
	if (rv == 0)
		rv = nng_socket_set_ms(line->socket, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE);
	if (rv == 0)
		rv = nng_pipe_notify(line->socket, NNG_PIPE_EV_ADD_PRE, at_dialling_too_early, line);
	if (rv == 0)
		rv = nng_pipe_notify(line->socket, NNG_PIPE_EV_ADD_POST, at_dialling_pipe, line);
	if (rv == 0)
		rv = nng_pipe_notify(line->socket, NNG_PIPE_EV_REM_POST, at_dialling_pipe, line);
	if (rv == 0)
		rv = nng_dialer_create(&line->dialer, line->socket, line->link->url);
	if (rv != 0)
		return rv;
	nng_dialer_set_bool(line->dialer, NNG_OPT_TCP_KEEPALIVE, true); /* not for ipc; no harm */
	nng_dialer_set_ms(line->dialer, NNG_OPT_RECONNMINT, (nng_duration)cfg->reconnect_min_ms);
	nng_dialer_set_ms(line->dialer, NNG_OPT_RECONNMAXT, (nng_duration)cfg->reconnect_max_ms);
	return 0;
}

int hf_link_open_line(struct hf_link *l)
{
	struct hf_line *line = hf_alloc_zero(sizeof(*line)); /* stays also when it fails: nng may know it */
	line->link = l;
	int rv = line_prepare(line);
	if (rv != 0)
		return rv;
	uv_mutex_lock(&l->bridge->lock);
	l->line = line;
	l->pipe = 0;
	uv_mutex_unlock(&l->bridge->lock);
	STAILQ_INIT(&l->free);
	return nng_dialer_start(line->dialer, NNG_FLAG_NONBLOCK);
}

enum hf_err hf_bridge_link(struct hf_bridge *b, const struct hf_link_config *cfg, struct hf_link **ret_link,
                           struct hf_fault *f)
{
	struct hf_link *l = hf_alloc_zero(sizeof(*l));
	l->bridge = b;
	l->cfg = *cfg;
	snprintf(l->url, sizeof(l->url), "%s", cfg->url);
	l->cfg.url = l->url;
	STAILQ_INIT(&l->free);
	TAILQ_INSERT_TAIL(&b->links, l, list); /* stays also when it fails */
	int rv = hf_link_open_line(l);
	if (rv != 0)
		return hf_fault_set(f, rv == NNG_ENOMEM ? HF_E_MEMORY : HF_E_ARGUMENT,
		                    "the address %s cannot be dialled: %s; correct it in the space descriptor",
		                    cfg->url, nng_strerror(rv));
	*ret_link = l;
	return HF_OK;
}

void hf_bridge_link_wait(struct hf_link *l, uint32_t wait_ms)
{
	nng_dialer_set_ms(l->line->dialer, NNG_OPT_RECONNMINT, (nng_duration)wait_ms);
}

static void link_ends(struct hf_link *l, uint32_t pipe)
{
	if (pipe == 0 || pipe == l->ending)
		return;
	l->ending = pipe;
	l->ending_us = uv_hrtime() / 1000;
	l->hung_up = false;
}

void hf_bridge_link_reset(struct hf_link *l, uint32_t wait_ms)
{
	hf_bridge_link_wait(l, wait_ms);
	uv_mutex_lock(&l->bridge->lock);
	nng_pipe p = {l->pipe};
	l->not_before_us = uv_hrtime() / 1000 + (uint64_t)wait_ms * 250;
	uv_mutex_unlock(&l->bridge->lock);
	if (p.id != 0 && p.id != l->ending)
		hf_pipe_hang_up(l->bridge, p);
	link_ends(l, p.id);
}

void hf_bridge_link_lost(struct hf_link *l)
{
	link_ends(l, l->told);
}

void hf_bridge_links_changed(struct hf_bridge *b)
{
	struct hf_link *l;
	for (;;) {
		uv_mutex_lock(&b->lock);
		l = b->closed ? NULL : TAILQ_FIRST(&b->changed);
		uint32_t pipe = 0;
		if (l) {
			TAILQ_REMOVE(&b->changed, l, change);
			l->queued = false;
			pipe = l->pipe;
		}
		uv_mutex_unlock(&b->lock);
		if (!l)
			return;
		uint32_t told = l->told;
		l->told = pipe;
		l->lost_us = pipe == 0 ? uv_hrtime() / 1000 : 0;
		if (told != 0 && told != pipe)
			b->ops.on_link(b->ops.ctx, l->cfg.owner, false);
		if (pipe != 0 && told != pipe && !b->closed)
			b->ops.on_link(b->ops.ctx, l->cfg.owner, true);
	}
}

void hf_bridge_pipes_gone(struct hf_bridge *b, struct hf_pipe_list *gone)
{
	struct hf_pipe *p;
	while ((p = TAILQ_FIRST(gone))) {
		TAILQ_REMOVE(gone, p, list);
		if (!b->closed)
			b->ops.on_pipe_gone(b->ops.ctx, p);
		free(p);
	}
}

struct hf_pipe *hf_bridge_pipe(struct hf_bridge *b, const nng_msg *m)
{
	nng_pipe np = nng_msg_get_pipe(m);
	uv_mutex_lock(&b->lock);
	struct hf_pipe *p = find(b, (uint32_t)np.id);
	uv_mutex_unlock(&b->lock);
	return p;
}

void hf_bridge_authenticated(struct hf_bridge *b, struct hf_pipe *p)
{
	uv_mutex_lock(&b->lock);
	if (!p->authenticated && !p->gone) {
		TAILQ_REMOVE(&b->unauthenticated, p, list);
		TAILQ_INSERT_TAIL(&b->known, p, list);
		b->unauthenticated_count--;
		b->known_count++;
		p->authenticated = true;
	}
	uv_mutex_unlock(&b->lock);
}

void hf_bridge_pipe_close(struct hf_pipe *p)
{
	if (p->ending_us != 0)
		return;
	p->ending_us = uv_hrtime() / 1000;
	hf_pipe_hang_up(p->bridge, (nng_pipe){p->id});
}

void hf_bridge_sweep(struct hf_bridge *b, int64_t now_ms, int64_t limit_ms, void (*fn)(void *ctx, struct hf_pipe *p),
                     void *ctx)
{
	struct hf_pipe *late[HF_PIPES_UNAUTHENTICATED], *p;
	size_t n = 0;
	uv_mutex_lock(&b->lock);
	TAILQ_FOREACH(p, &b->unauthenticated, list)
	{
		if (p->since_ms < 0)
			p->since_ms = now_ms;
		if (now_ms - p->since_ms < limit_ms || n == HF_PIPES_UNAUTHENTICATED)
			continue;
		p->since_ms = INT64_MAX; /* reported once */
		late[n++] = p;
	}
	uv_mutex_unlock(&b->lock);
	for (size_t i = 0; i < n; i++) { /* freed by the loop thread only, so they stay valid here */
		fn(ctx, late[i]);
		hf_bridge_pipe_close(late[i]);
	}
}

void hf_bridge_lock_addresses(struct hf_bridge *b, const char (*addresses)[HF_ADDRESS_MAX + 1], size_t count)
{
	uv_mutex_lock(&b->lock);
	b->locked_count = count < HF_LOCKED_MAX ? count : HF_LOCKED_MAX;
	if (b->locked_count > 0)
		memcpy(b->locked, addresses, b->locked_count * sizeof(b->locked[0]));
	uv_mutex_unlock(&b->lock);
}

static size_t forget_all(struct hf_bridge *b, struct hf_pipe_list *list, uint32_t *ids, size_t n)
{
	struct hf_pipe *p;
	TAILQ_FOREACH(p, list, list)
	{
		b->ops.forget_pipe(b->ops.ctx, p);
		ids[n++] = p->id;
	}
	return n;
}

void hf_bridge_close_pipes(struct hf_bridge *b)
{
	struct hf_pipe_list gone = TAILQ_HEAD_INITIALIZER(gone);
	uv_mutex_lock(&b->lock);
	uint32_t *ids = hf_alloc((b->known_count + b->unauthenticated_count + 1) * sizeof(*ids));
	size_t n = forget_all(b, &b->known, ids, 0);
	n = forget_all(b, &b->unauthenticated, ids, n);
	struct hf_pipe *p;
	TAILQ_FOREACH(p, &b->gone, list)
	b->ops.forget_pipe(b->ops.ctx, p);
	TAILQ_CONCAT(&gone, &b->gone, list);
	uv_mutex_unlock(&b->lock);
	hf_bridge_pipes_gone(b, &gone);
	for (size_t i = 0; i < n; i++)
		hf_pipe_hang_up(b, (nng_pipe){ids[i]});
	free(ids);
	struct hf_link *l;
	TAILQ_FOREACH(l, &b->links, list)
	if (l->line && l->line->dialer.id != 0)
		hf_bridge_link_reset(l, 3600 * 1000);
}

void hf_bridge_stats(struct hf_bridge *b, struct hf_bridge_stats *ret_stats)
{
	uv_mutex_lock(&b->lock);
	*ret_stats = (struct hf_bridge_stats){b->known_count + b->unauthenticated_count, b->unauthenticated_count,
	                                      b->refused, b->nameless};
	uv_mutex_unlock(&b->lock);
}
