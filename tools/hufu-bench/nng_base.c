/*
 * nng_base.c - see nng_base.h. As many contexts as requests outstanding on both sides, each a small machine on nng's
 * own threads.
 */
#include "nng_base.h"

#include <limits.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spawn.h"

#define CONTEXTS_MAX 128u
#define CONNECT_LIMIT_MS 10000
#define MESSAGE_MAX ((size_t)2 << 20)

/* ---- the answering process ---- */

struct answerer {
	nng_ctx ctx;
	nng_aio *aio;
	nng_msg *request;
	size_t reply_bytes;
	bool sending;
};

static void on_answerer(void *arg)
{
	struct answerer *a = arg;
	nng_msg *m;
	if (nng_aio_result(a->aio) != 0)
		return;
	if (a->sending) {
		a->sending = false;
		nng_ctx_recv(a->ctx, a->aio);
		return;
	}
	m = nng_aio_get_msg(a->aio);
	nng_msg_free(m);
	if (nng_msg_alloc(&m, a->reply_bytes) != 0)
		return;
	memset(nng_msg_body(m), 0x5a, a->reply_bytes);
	nng_aio_set_msg(a->aio, m);
	a->sending = true;
	nng_ctx_send(a->ctx, a->aio);
}

struct nng_base {
	char url[64];
	unsigned contexts;
	size_t request_bytes, reply_bytes;
	int pid, stop;
	nng_socket socket;
	struct asker *asker;
	/* One window; guarded by mutex. */
	pthread_mutex_t mutex;
	pthread_cond_t idle;
	unsigned busy;
	uint64_t answered, left;
	int64_t until_us;
	struct hist *times;
	int failed;
};

static int answer(void *ctx, int stop_fd)
{
	struct nng_base *b = ctx;
	struct answerer *a = calloc(b->contexts, sizeof(*a));
	nng_socket s;
	char byte;
	if (!a || nng_rep0_open(&s) != 0 || nng_socket_set_size(s, NNG_OPT_RECVMAXSZ, MESSAGE_MAX) != 0 ||
	    nng_listen(s, b->url, NULL, 0) != 0)
		return 1;
	for (unsigned i = 0; i < b->contexts; i++) {
		a[i].reply_bytes = b->reply_bytes;
		if (nng_ctx_open(&a[i].ctx, s) != 0 || nng_aio_alloc(&a[i].aio, on_answerer, &a[i]) != 0)
			return 1;
		nng_ctx_recv(a[i].ctx, a[i].aio);
	}
	return read(stop_fd, &byte, 1) == 0 ? 0 : 1;
}

/* ---- the asking side ---- */

struct asker {
	struct nng_base *base;
	nng_ctx ctx;
	nng_aio *aio;
	bool receiving;
	int64_t begin_us;
};

static void ask(struct asker *a)
{
	nng_msg *m;
	int rc = nng_msg_alloc(&m, a->base->request_bytes);
	if (rc != 0) { /* nothing was sent, so the window is told here */
		pthread_mutex_lock(&a->base->mutex);
		a->base->failed = rc;
		if (--a->base->busy == 0)
			pthread_cond_signal(&a->base->idle);
		pthread_mutex_unlock(&a->base->mutex);
		return;
	}
	memset(nng_msg_body(m), 0xa5, a->base->request_bytes);
	nng_aio_set_msg(a->aio, m);
	a->receiving = false;
	a->begin_us = bench_now_us();
	nng_ctx_send(a->ctx, a->aio);
}

/* True when the context goes on with another request. */
static bool settle(struct asker *a, int rc)
{
	struct nng_base *b = a->base;
	int64_t now = bench_now_us();
	pthread_mutex_lock(&b->mutex);
	if (rc != 0)
		b->failed = rc;
	else
		b->answered++;
	bool more = b->failed == 0 && now < b->until_us && b->left > 0;
	if (more)
		b->left--;
	else if (--b->busy == 0)
		pthread_cond_signal(&b->idle);
	pthread_mutex_unlock(&b->mutex);
	if (rc == 0 && b->times)
		hist_add(b->times, now - a->begin_us);
	return more;
}

static void on_asker(void *arg)
{
	struct asker *a = arg;
	int rc = nng_aio_result(a->aio);
	if (rc == 0 && !a->receiving) {
		a->receiving = true;
		nng_ctx_recv(a->ctx, a->aio);
		return;
	}
	if (rc == 0)
		nng_msg_free(nng_aio_get_msg(a->aio));
	else if (!a->receiving)
		nng_msg_free(nng_aio_get_msg(a->aio));
	if (settle(a, rc))
		ask(a);
}

static bool fail(int rc)
{
	fprintf(stderr, "hufu-bench: nng: %s\n", nng_strerror(rc));
	return false;
}

static bool open_askers(struct nng_base *b)
{
	int rc = nng_req0_open(&b->socket);
	if (rc == 0)
		rc = nng_socket_set_size(b->socket, NNG_OPT_RECVMAXSZ, MESSAGE_MAX);
	if (rc == 0)
		rc = nng_socket_set_ms(b->socket, NNG_OPT_RECONNMINT, 10);
	if (rc == 0)
		rc = nng_dial(b->socket, b->url, NULL, NNG_FLAG_NONBLOCK);
	for (unsigned i = 0; rc == 0 && i < b->contexts; i++) {
		b->asker[i].base = b;
		rc = nng_ctx_open(&b->asker[i].ctx, b->socket);
		if (rc == 0)
			rc = nng_ctx_set_ms(b->asker[i].ctx, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE);
		if (rc == 0)
			rc = nng_aio_alloc(&b->asker[i].aio, on_asker, &b->asker[i]);
		if (rc == 0)
			nng_aio_set_timeout(b->asker[i].aio, CONNECT_LIMIT_MS);
	}
	return rc == 0 || fail(rc);
}

struct nng_base *nng_base_open(const char *url, unsigned contexts, size_t request_bytes, size_t reply_bytes)
{
	struct nng_base *b = calloc(1, sizeof(*b));
	if (!b || contexts == 0 || contexts > CONTEXTS_MAX || !(b->asker = calloc(contexts, sizeof(*b->asker)))) {
		free(b);
		return NULL;
	}
	snprintf(b->url, sizeof(b->url), "%s", url);
	b->contexts = contexts;
	b->request_bytes = request_bytes;
	b->reply_bytes = reply_bytes;
	pthread_mutex_init(&b->mutex, NULL);
	pthread_cond_init(&b->idle, NULL);
	b->pid = spawn_side(answer, b, &b->stop);
	if (!b->pid || !open_askers(b)) {
		nng_base_close(b);
		return NULL;
	}
	return b;
}

void nng_base_close(struct nng_base *b)
{
	if (!b)
		return;
	if (b->pid)
		spawn_side_end(b->pid, b->stop);
	/* The socket and its contexts end with the process: nng 1.5.2 may deadlock when they are closed. The asker
	 * array stays for them. */
	if (b->socket.id == 0)
		free(b->asker);
	b->asker = NULL;
}

double nng_base_window(struct nng_base *b, int64_t duration_us, uint64_t count, struct hist *times)
{
	int64_t begin = bench_now_us();
	b->until_us = begin + duration_us;
	b->left = count ? count : UINT64_MAX;
	b->answered = 0;
	b->failed = 0;
	b->times = times;
	b->busy = b->contexts < b->left ? b->contexts : (unsigned)b->left;
	unsigned first = b->busy;
	b->left -= first;
	for (unsigned i = 0; i < first; i++)
		ask(&b->asker[i]);
	pthread_mutex_lock(&b->mutex);
	while (b->busy > 0)
		pthread_cond_wait(&b->idle, &b->mutex);
	pthread_mutex_unlock(&b->mutex);
	if (b->failed != 0) {
		fail(b->failed);
		return 0;
	}
	return (double)b->answered * 1e6 / (double)(bench_now_us() - begin);
}
