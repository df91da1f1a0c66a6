/* watch.c - see watch.h. */
#include "authz/watch.h"

#include <stdlib.h>

#include "authz/grant_review.h"
#include "authz/trusted_time.h"

static void on_watch(uv_timer_t *t)
{
	az_time_keep(t->data);
	az_review_keep(t->data);
}

void az_watch_open(struct hf_authz *a)
{
	a->watch = hf_alloc_zero(sizeof(*a->watch));
	uv_timer_init(a->base->loop, a->watch);
	a->watch->data = a;
	uv_timer_start(a->watch, on_watch, WATCH_MS, WATCH_MS);
	uv_unref((uv_handle_t *)a->watch);
}

static void free_handle(uv_handle_t *h)
{
	free(h);
}

void az_watch_close(struct hf_authz *a)
{
	if (a->watch)
		uv_close((uv_handle_t *)HF_TAKE(a->watch), free_handle);
}
