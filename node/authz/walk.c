/* walk.c - see walk.h. */
#include "authz/walk.h"

#include <stdlib.h>

#define TURN_NS (3 * 1000000u)

struct walk {
	struct walk *next;
	struct hf_authz *a;
	const struct az_walk_part *parts;
	size_t count, at;
	void *ctx;
	void (*done)(void *ctx, enum hf_err e);
	enum hf_err error;
	uint64_t stop_ns; /* of this turn */
	bool paused;
	uint8_t before[HF_KEY_MAX]; /* where the table goes on */
	size_t before_len;
};
struct az_walks {
	uv_idle_t idle;
	struct walk *first, **end;
};

static bool on_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct walk *w = ctx;
	w->error = w->parts[w->at].row(w->ctx, value);
	memcpy(w->before, key.data, key.len);
	w->before_len = key.len;
	w->paused = uv_hrtime() >= w->stop_ns;
	return w->error == HF_OK && !w->paused;
}

static void rows(struct walk *w)
{
	const void *before = w->before_len ? w->before : NULL;
	w->paused = false;
	enum hf_err e =
	        hf_store_scan_back(w->a->store, w->parts[w->at].table, NULL, 0, before, w->before_len, on_row, w);
	w->error = w->error == HF_OK ? e : w->error;
	if (!w->paused) {
		w->at++;
		w->before_len = 0;
	}
}

static void step(struct walk *w)
{
	bool more = false;
	w->error = w->parts[w->at].step(w->ctx, &more);
	if (!more)
		w->at++;
}

static void end(struct az_walks *all, enum hf_err e)
{
	struct walk *w = all->first;
	all->first = w->next;
	if (!all->first)
		all->end = &all->first;
	w->done(w->ctx, e);
	free(w);
}

static void on_turn(uv_idle_t *h)
{
	struct az_walks *all = h->data;
	struct walk *w = all->first;
	w->stop_ns = uv_hrtime() + TURN_NS;
	while (w->error == HF_OK && w->at < w->count && uv_hrtime() < w->stop_ns)
		(w->parts[w->at].step ? step : rows)(w);
	if (w->error != HF_OK || w->at == w->count)
		end(all, w->error);
	if (!all->first)
		uv_idle_stop(h);
}

void az_walk_begin(struct hf_authz *a, const struct az_walk_part *parts, size_t count, void *ctx,
                   void (*done)(void *ctx, enum hf_err e))
{
	struct az_walks *all = a->walks;
	struct walk *w = hf_alloc_zero(sizeof(*w));
	w->a = a;
	w->parts = parts;
	w->count = count;
	w->ctx = ctx;
	w->done = done;
	*all->end = w;
	all->end = &w->next;
	uv_idle_start(&all->idle, on_turn);
}

bool az_walks_idle(const struct hf_authz *a)
{
	return !a->walks->first;
}

void az_walks_open(struct hf_authz *a)
{
	a->walks = hf_alloc_zero(sizeof(*a->walks));
	a->walks->end = &a->walks->first;
	uv_idle_init(a->base->loop, &a->walks->idle);
	a->walks->idle.data = a->walks;
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

void az_walks_close(struct hf_authz *a)
{
	struct az_walks *all = HF_TAKE(a->walks);
	if (!all)
		return;
	while (all->first)
		end(all, HF_E_CANCELLED);
	uv_close((uv_handle_t *)&all->idle, on_closed);
}
