/* bridge.c - see bridge.h. Functions named at_* run on threads of nng, all others on the loop thread. */
#include "channel/bridge_internal.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* nng allocates one buffer per message: without this each 1 MiB chunk is an mmap, a page fault per 4 KiB and an munmap.
 * Few arenas, because nng's threads would otherwise keep one each. */
static void tune_malloc(void)
{
	mallopt(M_MMAP_THRESHOLD, 4 << 20);
	mallopt(M_TRIM_THRESHOLD, 8 << 20);
	mallopt(M_ARENA_MAX, 2);
}

/* nng starts its threads with the first socket; signals belong to the loop. */
int hf_bridge_quietly(int (*open_fn)(nng_socket *), nng_socket *ret_socket)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rv = open_fn(ret_socket);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rv;
}

static void enqueue(struct hf_slot *s)
{
	struct hf_bridge *b = s->bridge;
	uv_mutex_lock(&b->lock);
	bool open = !b->closed;
	if (open) {
		STAILQ_INSERT_TAIL(&b->ready, s, ready);
		uv_async_send(&b->wake->async);
	}
	uv_mutex_unlock(&b->lock);
	if (open)
		return;
	nng_msg_free(s->msg);
	s->msg = NULL;
}

/* The reply has left: the slot takes the next request at once, the loop hears of it when it is awake anyway. */
static void at_sent(struct hf_slot *s)
{
	struct hf_bridge *b = s->bridge;
	if (nng_aio_result(s->aio) != 0)
		nng_msg_free(nng_aio_get_msg(s->aio));
	nng_aio_set_msg(s->aio, NULL);
	uv_mutex_lock(&b->lock);
	struct hf_sent *sent = HF_TAKE(s->sent);
	if (sent) {
		STAILQ_INSERT_TAIL(&b->sent, sent, next);
		if (++b->sent_count == HF_SENT_WAKE && !b->closed)
			uv_async_send(&b->wake->async);
	}
	bool open = !b->closed;
	uv_mutex_unlock(&b->lock);
	if (open)
		hf_bridge_skip(s);
}

static void at_answering(void *arg)
{
	struct hf_slot *s = arg;
	if (s->state == HF_SLOT_SEND) {
		at_sent(s);
		return;
	}
	s->result = nng_aio_result(s->aio);
	s->at_us = uv_hrtime() / 1000;
	s->msg = s->result == 0 ? nng_aio_get_msg(s->aio) : NULL;
	nng_aio_set_msg(s->aio, NULL);
	enqueue(s);
}

static void at_dialling(void *arg)
{
	struct hf_slot *s = arg;
	s->result = nng_aio_result(s->aio);
	s->msg = s->result == 0 ? nng_aio_get_msg(s->aio) : NULL;
	nng_aio_set_msg(s->aio, NULL);
	enqueue(s);
}

static bool slot_init(struct hf_slot *s, struct hf_bridge *b, nng_socket socket, void (*fn)(void *))
{
	s->bridge = b;
	if (nng_ctx_open(&s->ctx, socket) != 0)
		return false;
	return nng_aio_alloc(&s->aio, fn, s) == 0 && nng_aio_alloc(&s->send, NULL, NULL) == 0;
}

/* A context that could not be completed is left as it is: it holds nothing and closing is what nng does badly. */
static struct hf_slot *slot_new(struct hf_bridge *b, nng_socket socket, void (*fn)(void *))
{
	struct hf_slot *s = hf_alloc_zero(sizeof(*s));
	if (!slot_init(s, b, socket, fn)) {
		free(s);
		return NULL;
	}
	SLIST_INSERT_HEAD(&b->slots, s, all);
	return s;
}

static void answering_recv(struct hf_slot *s)
{
	s->state = HF_SLOT_RECV;
	nng_ctx_recv(s->ctx, s->aio);
}

void hf_bridge_reply(struct hf_slot *s, nng_msg *take, struct hf_sent *sent)
{
	s->state = HF_SLOT_SEND;
	s->sent = sent;
	nng_aio_set_timeout(s->aio, HF_SLOT_SEND_MS);
	nng_aio_set_msg(s->aio, take);
	nng_ctx_send(s->ctx, s->aio);
}

void hf_bridge_skip(struct hf_slot *s)
{
	nng_aio_set_timeout(s->aio, NNG_DURATION_INFINITE);
	answering_recv(s);
}

bool hf_bridge_ask(struct hf_link *l, nng_msg *take, void *work)
{
	struct hf_slot *s = STAILQ_FIRST(&l->free);
	if (s)
		STAILQ_REMOVE_HEAD(&l->free, ready);
	else if (!(s = slot_new(l->bridge, l->line->socket, at_dialling))) {
		nng_msg_free(take);
		return false;
	}
	s->line = l->line;
	s->work = work;
	s->state = HF_SLOT_RECV;
	nng_aio_set_msg(s->send, take);
	nng_ctx_send(s->ctx, s->send);
	nng_ctx_recv(s->ctx, s->aio); /* also tells when the send has failed */
	return true;
}

static void answering_event(struct hf_bridge *b, struct hf_slot *s)
{
	nng_msg *m = HF_TAKE(s->msg);
	s->state = HF_SLOT_HELD;
	if (m)
		b->ops.on_message(b->ops.ctx, s, m);
	else
		hf_bridge_skip(s);
}

/* The send has ended when there is an answer; waiting is for the last steps of the thread that ended it. */
static void reclaim(struct hf_slot *s)
{
	nng_aio_wait(s->send);
	if (nng_aio_result(s->send) != 0)
		nng_msg_free(nng_aio_get_msg(s->send));
	nng_aio_set_msg(s->send, NULL);
	if (s->line == s->line->link->line)
		STAILQ_INSERT_HEAD(&s->line->link->free, s, ready);
}

static void dialling_event(struct hf_bridge *b, struct hf_slot *s)
{
	nng_msg *m = HF_TAKE(s->msg);
	void *work = HF_TAKE(s->work);
	int result = m ? 0 : (s->result != 0 ? s->result : NNG_EINTERNAL);
	reclaim(s);
	b->ops.on_answer(b->ops.ctx, work, result, m);
}

static void run_sent(struct hf_bridge *b, struct hf_sent_list *sent)
{
	struct hf_sent *w;
	while ((w = STAILQ_FIRST(sent))) {
		STAILQ_REMOVE_HEAD(sent, next);
		b->ops.on_sent(b->ops.ctx, w);
	}
}

static void drain_sent(struct hf_bridge *b)
{
	struct hf_sent_list sent = STAILQ_HEAD_INITIALIZER(sent);
	uv_mutex_lock(&b->lock);
	STAILQ_CONCAT(&sent, &b->sent);
	b->sent_count = 0;
	uv_mutex_unlock(&b->lock);
	run_sent(b, &sent);
}

void hf_bridge_tick(struct hf_bridge *b)
{
	drain_sent(b);
	hf_bridge_finish_endings(b);
	if (b->threads.count == 0 && (b->answering.id != 0 || !TAILQ_EMPTY(&b->links)))
		hf_threads_find(&b->threads);
	hf_threads_follow(&b->threads);
}

static void run_ready(struct hf_bridge *b, struct hf_slot_list *ready)
{
	struct hf_slot *s;
	while (!b->closed && (s = STAILQ_FIRST(ready))) {
		STAILQ_REMOVE_HEAD(ready, ready);
		if (s->line)
			dialling_event(b, s);
		else
			answering_event(b, s);
	}
	while ((s = STAILQ_FIRST(ready))) { /* closed by a callback */
		STAILQ_REMOVE_HEAD(ready, ready);
		nng_msg_free(s->msg);
		s->msg = NULL;
	}
}

static void on_async(uv_async_t *a)
{
	struct hf_bridge *b = ((struct hf_wake *)a)->bridge;
	struct hf_slot_list ready = STAILQ_HEAD_INITIALIZER(ready);
	struct hf_pipe_list gone = TAILQ_HEAD_INITIALIZER(gone);
	drain_sent(b);
	uv_mutex_lock(&b->lock);
	STAILQ_CONCAT(&ready, &b->ready);
	TAILQ_CONCAT(&gone, &b->gone, list);
	uv_mutex_unlock(&b->lock);
	run_ready(b, &ready);
	hf_bridge_links_changed(b);
	hf_bridge_pipes_gone(b, &gone);
	if (!b->closed)
		b->ops.on_wake(b->ops.ctx);
}

uint64_t hf_slot_at_us(const struct hf_slot *s)
{
	return s->at_us;
}

void hf_bridge_wake(struct hf_bridge *b)
{
	if (!b->closed)
		uv_async_send(&b->wake->async);
}

enum hf_err hf_bridge_open(const struct hf_base *base, const struct hf_bridge_ops *ops, struct hf_bridge **ret_bridge,
                           struct hf_fault *f)
{
	struct hf_bridge *b = hf_alloc_zero(sizeof(*b));
	enum hf_err e = hf_hang_up_init(&b->hang_up, f);
	if (e != HF_OK) {
		free(b);
		return e;
	}
	tune_malloc();
	b->ops = *ops;
	STAILQ_INIT(&b->ready);
	STAILQ_INIT(&b->sent);
	TAILQ_INIT(&b->gone);
	TAILQ_INIT(&b->unauthenticated);
	TAILQ_INIT(&b->known);
	TAILQ_INIT(&b->links);
	TAILQ_INIT(&b->changed);
	b->wake = hf_alloc_zero(sizeof(*b->wake));
	b->wake->bridge = b;
	if (uv_mutex_init(&b->lock) != 0 || uv_async_init(base->loop, &b->wake->async, on_async) != 0) {
		hf_hang_up_done(&b->hang_up);
		free(b->wake);
		free(b);
		return hf_fault_set(f, HF_E_INTERNAL, "the channel cannot be attached to the event loop");
	}
	*ret_bridge = b;
	return HF_OK;
}

/* The slots live as long as the socket, that is until the process ends. */
static enum hf_err start_slots(struct hf_bridge *b, size_t slots, struct hf_fault *f)
{
	for (size_t i = 0; i < slots; i++) {
		struct hf_slot *s = slot_new(b, b->answering, at_answering);
		if (!s)
			return hf_fault_set(f, HF_E_MEMORY, "no memory for %zu request contexts", slots);
		hf_bridge_skip(s);
	}
	return HF_OK;
}

enum hf_err hf_bridge_listen(struct hf_bridge *b, const char *const *urls, size_t slots, size_t max_bytes,
                             struct hf_fault *f)
{
	HF_TRY(hf_bridge_answering_socket(b, max_bytes, f));
	HF_TRY(start_slots(b, slots, f));
	for (size_t i = 0; i < 4 && urls[i]; i++) {
		nng_listener l;
		int rv = nng_listener_create(&l, b->answering, urls[i]);
		if (rv == 0) {
			nng_listener_set_bool(l, NNG_OPT_TCP_KEEPALIVE, true); /* not for ipc; no harm */
			rv = nng_listener_start(l, 0);
		}
		if (rv != 0)
			return hf_fault_set(
			        f, rv == NNG_EADDRINVAL ? HF_E_ARGUMENT : HF_E_IO,
			        "cannot listen on %s: %s; choose another address in the node's configuration", urls[i],
			        nng_strerror(rv));
	}
	return HF_OK;
}

static void on_wake_closed(uv_handle_t *h)
{
	struct hf_wake *w = (struct hf_wake *)h;
	struct hf_bridge *b = w->bridge;
	hf_hang_up_done(&b->hang_up);
	if (b->answering.id == 0 && TAILQ_EMPTY(&b->links)) { /* nng never heard of it */
		uv_mutex_destroy(&b->lock);
		free(b);
	}
	if (w->closed)
		w->closed(w->closed_ctx);
	free(w);
}

/* Replies under way count as sent. */
static void forget_slots(struct hf_bridge *b)
{
	struct hf_slot *s;
	uv_mutex_lock(&b->lock);
	SLIST_FOREACH(s, &b->slots, all)
	{
		struct hf_sent *sent = HF_TAKE(s->sent);
		if (sent)
			STAILQ_INSERT_TAIL(&b->sent, sent, next);
	}
	uv_mutex_unlock(&b->lock);
	drain_sent(b);
	SLIST_FOREACH(s, &b->slots, all)
	{
		void *work = HF_TAKE(s->work);
		if (work)
			b->ops.forget_work(b->ops.ctx, work);
	}
}

void hf_bridge_close(struct hf_bridge *b, void (*closed)(void *ctx), void *ctx)
{
	uv_mutex_lock(&b->lock);
	b->closed = true;
	uv_mutex_unlock(&b->lock);
	hf_bridge_close_pipes(b);
	struct hf_slot_list ready = STAILQ_HEAD_INITIALIZER(ready);
	uv_mutex_lock(&b->lock);
	STAILQ_CONCAT(&ready, &b->ready);
	uv_mutex_unlock(&b->lock);
	run_ready(b, &ready);
	forget_slots(b);
	b->wake->closed = closed;
	b->wake->closed_ctx = ctx;
	uv_close((uv_handle_t *)&b->wake->async, on_wake_closed);
}
