/* disclosed.c - see disclosed.h. */
#include "exchange/disclosed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/masked.h"
#include "release/joint.h"

/* How the ledger knows a delivery. Points into itself and the transfer. */
struct given {
	char dataset[HF_NAME_MAX + 1], text[64];
	struct hf_plan *made; /* by which the source itself was masked; NULL: by none */
	struct hf_source_view source;
	struct hf_disclosure_in in;
};

static void given_done(struct given *g)
{
	hf_plan_free(g->made);
	hf_source_view_done(&g->source);
}

/* The result of a task goes out by the task's plan, to whomever it goes. */
static enum hf_err by_its_task(const struct transfer *t, struct given *g, struct hf_fault *f)
{
	const struct hf_exchange_masking *x = &t->x->masking;
	const struct hf_plan_table *table = NULL;

	if (hf_id_is_zero(&g->source.masked) || !x->made)
		return HF_OK;
	HF_TRY(x->made(x->ctx, &g->source.masked, &g->made, &table, f));
	g->in.plan = g->made;
	g->in.content = NULL; /* of what it was made from */
	g->in.table = table->name;
	return HF_OK;
}

static enum hf_err given_of(const struct transfer *t, struct given *g, struct hf_fault *f)
{
	HF_TRY(hf_fault_default(f, hf_source_get(t->x->sources, t->source, &g->source)));
	HF_TRY(hf_disclosure_dataset(t->x->store, t->x->sources, t->source, g->dataset, f));
	g->in = (struct hf_disclosure_in){.dataset = g->dataset,
	                                  .only = (const char *const *)t->fields,
	                                  .only_count = t->field_count,
	                                  .content = hf_disclosure_content(&g->source),
	                                  .recipient = t->peer,
	                                  .now_ms = t->started_ms};
	if (!t->masked)
		return by_its_task(t, g, f);
	masked_by(t, g->text, &g->in);
	return HF_OK;
}

/* What this node takes of its own sources as they are is given to nobody. */
static bool to_itself(const struct transfer *t)
{
	return !t->masked && strcmp(t->peer, t->x->base->self.s) == 0;
}

/* ---- classes of rows ---- */

/* The count of one delivery, from the time it is asked for until the gate has answered. */
struct counting {
	struct hf_exchange *x;
	struct transfer *t;    /* own, and in no list; what the others borrow from */
	struct hf_request *rq; /* own */
	struct given given;
	struct hf_release_joint joint;
	struct hf_source_reader *table; /* own; of all rows and columns, as they are */
	uv_work_t work;
	bool counted;
	enum hf_err e;
	struct hf_fault f;
};

static enum hf_err load_beside(const struct transfer *t, const struct given *g, struct hf_release_joint *j,
                               struct hf_fault *f)
{
	const struct hf_exchange_masking *m = &t->x->masking;

	HF_TRY(hf_release_joint_load(t->x->store, m->keys, t->x->base->dir, &g->in, j, f));
	if (j->count > 1 && m->files)
		m->files(m->ctx, j);
	return HF_OK;
}

static bool adds(const struct given *g, struct hf_release_joint *j)
{
	const char **columns = hf_alloc_zero((g->source.field_count + 1) * sizeof(*columns));
	bool any;

	for (size_t i = 0; i < g->source.field_count; i++)
		columns[i] = g->source.fields[i].name;
	any = hf_release_joint_adds(j, columns, g->source.field_count);
	free(columns);
	return any;
}

/* As they were counted for this very delivery, while nothing else went out and the source is the same. */
static bool was_counted(const struct transfer *t, const struct hf_release_joint *now)
{
	const struct counting *c = t->x->counting;

	return c && c->counted && hf_id_equal(&c->t->id, &t->id) && hf_source_stamp_same(&c->t->stamp, &t->stamp) &&
	       memcmp(c->joint.stamp.b, now->stamp.b, sizeof(now->stamp.b)) == 0;
}

/* What cannot be counted, or is not in time. */
static enum hf_err uncounted(const struct transfer *t, bool emergency, const struct given *g, bool *ret_uncounted,
                             struct hf_fault *f)
{
	if (t->stream)
		return hf_fault_set(
		        f, HF_E_DISCLOSURE,
		        "a plan demands classes of rows of %.60s, which cannot be counted for a stream whose "
		        "rows are still to come; give out other fields, or have it allowed with a reason",
		        g->dataset);
	if (!hf_id_is_zero(&g->source.masked))
		return hf_fault_set(
		        f, HF_E_DISCLOSURE,
		        "a plan demands classes of rows of %.60s, which cannot be counted over the result of a "
		        "task; let a new task make it, or have it allowed with a reason",
		        g->dataset);
	if (emergency)
		return hf_fault_set(
		        f, HF_E_DISCLOSURE,
		        "the classes of rows that it leaves together with earlier releases of %.60s were not "
		        "counted, since an emergency does not wait",
		        g->dataset);
	*ret_uncounted = true;
	return hf_fault_set(f, HF_E_BUSY, "the classes of its rows with those of earlier releases are to be counted");
}

static enum hf_err take_classes(const struct transfer *t, bool emergency, struct given *g, bool *ret_uncounted,
                                struct hf_fault *f)
{
	struct hf_release_joint now = {.given = NULL};
	enum hf_err e;

	if (hf_disclosure_allowed(t->x->store, &g->in))
		return HF_OK;
	e = load_beside(t, g, &now, f);
	if (e == HF_OK && adds(g, &now)) {
		if (!was_counted(t, &now)) {
			e = uncounted(t, emergency, g, ret_uncounted, f);
		} else {
			*f = t->x->counting->f;
			e = t->x->counting->e;
			g->in.classes = t->x->counting->joint.classes;
		}
	}
	hf_release_joint_done(&now);
	return e;
}

static void count_done(struct counting *c)
{
	c->x->counting = NULL;
	if (c->table)
		hf_source_reader_close(c->table);
	hf_release_joint_done(&c->joint);
	given_done(&c->given);
	if (c->t) {
		serve_close(c->t);
		transfer_release(c->t);
	}
	free(c);
}

static void count_work(uv_work_t *w)
{
	struct counting *c = w->data;

	c->e = hf_fault_default(&c->f, hf_release_joint_count(&c->joint, c->table, &c->f));
}

static void on_counted(uv_work_t *w, int status)
{
	struct counting *c = w->data;

	(void)status;
	atomic_fetch_sub(&c->x->masked_holding, 1);
	c->counted = true;
	if (c->x->closing)
		hf_request_reply(c->rq, HF_E_BUSY, "the node is stopping; ask again", NULL, 0);
	else
		gate_again(c->x, c->rq);
	count_done(c);
}

static enum hf_err count_open(struct counting *c, struct hf_fault *f)
{
	const struct hf_source_choice all = {.text = true};
	struct hf_source_stamp now;

	HF_TRY(given_of(c->t, &c->given, f));
	HF_TRY(load_beside(c->t, &c->given, &c->joint, f));
	HF_TRY(hf_source_choose(c->x->sources, c->t->source, &all, &c->table, f));
	hf_source_reader_stamp(c->table, &now);
	return hf_source_stamp_same(&now, &c->t->stamp)
	               ? HF_OK
	               : hf_fault_set(f, HF_E_BUSY, "source '%.63s' is being changed; ask again", c->t->source);
}

enum hf_err disclosed_count(struct transfer *t, struct hf_request *rq, struct hf_fault *f)
{
	struct hf_exchange *x = t->x;
	struct counting *c;
	enum hf_err e;

	if (x->counting || atomic_load(&x->masked_holding) > 0)
		return hf_fault_set(f, HF_E_BUSY, "another delivery is held to what masking plans demand; ask again");
	c = hf_alloc_zero(sizeof(*c));
	c->x = x;
	c->t = t;
	c->rq = rq;
	c->joint.stop = &x->stopping;
	c->work.data = c;
	x->counting = c;
	e = count_open(c, f);
	if (e == HF_OK && uv_queue_work(x->base->loop, &c->work, count_work, on_counted) != 0)
		e = hf_fault_set(f, HF_E_BUSY, "no worker is there; ask again");
	if (e == HF_OK) {
		atomic_fetch_add(&x->masked_holding, 1);
	} else {
		c->t = NULL;
		count_done(c);
	}
	return e;
}

/* ---- asking and putting ---- */

/* Together with the earlier ones it shows too much, or there are too many. */
static bool too_much(enum hf_err e)
{
	return e == HF_E_DISCLOSURE || e == HF_E_LIMIT;
}

enum hf_err disclosed_check(const struct transfer *t, bool emergency, bool *ret_uncounted, struct hf_fault *f)
{
	struct given g = {.made = NULL};
	enum hf_err e;

	*ret_uncounted = false;
	if (to_itself(t))
		return HF_OK;
	e = given_of(t, &g, f);
	if (e == HF_OK)
		e = take_classes(t, emergency, &g, ret_uncounted, f);
	if (e == HF_OK)
		e = hf_fault_default(f, hf_disclosure_check(t->x->store, &g.in, f));
	given_done(&g);
	return emergency && too_much(e) ? HF_OK : e;
}

static bool sensitive(const struct hf_source_view *v)
{
	for (size_t i = 0; i < v->field_count; i++)
		if (v->fields[i].class.kind[0] && strcmp(v->fields[i].class.data_class, "general") != 0)
			return true;
	return false;
}

/* By its bytes and its file the dataset is known under other names, too: where something of it is to be protected. */
static enum hf_err remember(const struct transfer *t, const struct given *g, struct hf_unit *u)
{
	bool masked = g->in.plan != NULL;

	if (!masked)
		HF_TRY(hf_disclosure_masked(t->x->store, g->dataset, &masked));
	if (masked || sensitive(&g->source))
		hf_disclosure_origin(u, &g->source, g->dataset);
	return HF_OK;
}

static enum hf_err put(const struct transfer *t, bool *emergency, struct given *g, struct hf_unit *u,
                       struct hf_fault *f)
{
	enum hf_err e;
	bool uncounted;

	HF_TRY(given_of(t, g, f));
	e = take_classes(t, emergency != NULL, g, &uncounted, f);
	if (e == HF_OK)
		e = hf_fault_default(f, hf_disclosure_check(t->x->store, &g->in, f));
	if (emergency && too_much(e)) {
		g->in.emergency = *emergency = true;
		hf_alarm(t->x->base, "disclosure", &t->id,
		         "a delivery of %s went to %s in an emergency, though it shows too much with earlier ones: %s",
		         t->source, t->peer, f->text);
	} else {
		HF_TRY(e);
	}
	struct hf_fault why = *f;
	HF_TRY(hf_fault_default(f, hf_disclosure_record(t->x->store, u, &g->in, f)));
	*f = why;
	return hf_fault_default(f, remember(t, g, u));
}

enum hf_err disclosed_put(const struct transfer *t, bool *emergency, struct hf_unit *u, struct hf_fault *f)
{
	struct given g = {.made = NULL};
	enum hf_err e;

	if (!t || to_itself(t))
		return HF_OK;
	e = put(t, emergency, &g, u, f);
	given_done(&g);
	return e;
}
