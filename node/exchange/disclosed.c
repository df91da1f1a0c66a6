/* disclosed.c - what a delivery adds to what all recipients of its dataset have; declared in masked.h. */
#include <stdio.h>
#include <string.h>

#include "exchange/masked.h"
#include "release/disclosures.h"

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

/* Together with the earlier ones it shows too much, or there are too many. */
static bool too_much(enum hf_err e)
{
	return e == HF_E_DISCLOSURE || e == HF_E_LIMIT;
}

enum hf_err disclosed_check(const struct transfer *t, bool emergency, struct hf_fault *f)
{
	struct given g = {.made = NULL};
	enum hf_err e;

	if (to_itself(t))
		return HF_OK;
	e = given_of(t, &g, f);
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

	HF_TRY(given_of(t, g, f));
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
