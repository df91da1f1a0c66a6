/*
 * plan_try.c - a plan that is about to be put is read by a worker, because the methods that it defines are tried then
 * (masking/methods.h), and that may take seconds. Loop thread but for work().
 */
#include <stdlib.h>
#include <string.h>

#include "release/internal.h"

struct release_trial {
	uv_work_t work;
	struct hf_release *r;    /* NULL: nobody wants it any more */
	struct hf_release *held; /* while the worker is at it */
	char *text;
	struct hf_plan *plan; /* NULL: not read, or taken */
	struct hf_fault fault;
	enum hf_err error;
	bool done, begun;
	hf_release_tried_fn fn;
	void *ctx;
};

static void trial_free(struct release_trial *t)
{
	hf_plan_free(t->plan);
	free(t->text);
	free(t);
}

static void work(uv_work_t *w)
{
	struct release_trial *t = w->data;

	t->error = release_plan_new(t->held, t->text, &t->plan, &t->fault);
}

static void after(uv_work_t *w, int status)
{
	struct release_trial *t = w->data;

	t->done = true;
	if (t->r && status != 0)
		t->error = hf_fault_set(&t->fault, HF_E_CANCELLED, "the node is stopping");
	if (t->r)
		t->fn(t->ctx, t->error, &t->fault);
	if (t->r) /* fn may have closed it */
		t->r->trial = NULL;
	struct hf_release *held = t->held;
	trial_free(t);
	release_drop(held);
}

enum hf_err hf_release_plan_try(struct hf_release *r, const char *text, hf_release_tried_fn fn, void *ctx,
                                struct hf_fault *f)
{
	struct release_trial *t;
	size_t len = strlen(text);

	if (r->trial)
		return hf_fault_set(f, HF_E_BUSY,
		                    "the methods of another plan are being tried at this moment; put this one again");
	t = hf_alloc_zero(sizeof(*t));
	t->work.data = t;
	t->r = r;
	t->text = hf_alloc(len + 1);
	memcpy(t->text, text, len + 1);
	t->fn = fn;
	t->ctx = ctx;
	t->held = r;
	r->trial = t;
	release_trial_go_on(r);
	return HF_OK;
}

/* While the node's own methods are tried no other worker reads them. */
void release_trial_go_on(struct hf_release *r)
{
	struct release_trial *t = r->trial;

	if (!t || t->begun || r->trying)
		return;
	t->begun = true;
	release_hold(r);
	if (uv_queue_work(r->base->loop, &t->work, work, after) != 0)
		abort(); /* only without a loop */
}

struct hf_plan *release_trial_take(struct hf_release *r, const char *text)
{
	struct release_trial *t = r->trial;

	return t && t->done && strcmp(t->text, text) == 0 ? HF_TAKE(t->plan) : NULL;
}

void release_trial_close(struct hf_release *r)
{
	const struct hf_fault f = {HF_E_CANCELLED, "the node is stopping"};
	struct release_trial *t = HF_TAKE(r->trial);

	if (!t)
		return;
	t->r = NULL;
	if (!t->done)
		t->fn(t->ctx, HF_E_CANCELLED, &f);
	if (!t->begun)
		trial_free(t);
}
