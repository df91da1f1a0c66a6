/* onward.c - delivered data is not offered to others (AZ-77); what was made of it is, and says so (DS-65). */
#include "api/onward.h"

#include <string.h>
#include <sys/stat.h>

#include "catalog/catalog.h"
#include "exchange/onward.h"

struct onward {
	const char *self;
	const struct hf_source_view *v;
	struct stat st;
	bool there; /* st is filled in */
	bool found;
	struct hf_transfer_view of;
};

/* The delivered file itself, by whatever name, or one of exactly its size and rows. */
static bool is_delivered(const struct onward *o, const struct hf_transfer_view *t)
{
	struct stat st;

	if (o->there && stat(t->output, &st) == 0 && st.st_dev == o->st.st_dev && st.st_ino == o->st.st_ino)
		return true;
	return t->bytes_done > 0 && t->bytes_done == o->v->bytes && t->rows == o->v->rows;
}

static bool look(void *ctx, const struct hf_transfer_view *t)
{
	struct onward *o = ctx;

	if (t->provider || strcmp(t->state, "COMPLETED") != 0 || strcmp(t->peer, o->self) == 0 || !is_delivered(o, t))
		return true;
	o->found = true;
	o->of = *t;
	return false;
}

enum hf_err hf_api_onward(struct hf_api_request *rq, const struct hf_source_view *v)
{
	struct onward o = {.self = rq->m->base->self.s, .v = v};
	char id[HF_ID_TEXT];

	o.there = stat(v->path, &o.st) == 0;
	HF_TRY(hf_fault_default(&rq->fault, hf_exchange_list(rq->m->exchange, look, &o)));
	if (!o.found)
		return HF_OK;
	hf_id_text(&o.of.transfer, id);
	hf_alarm(rq->m->base, "onward-sharing", NULL,
	         "account %s tried to register as a source what %s delivered in transfer %s", rq->actor->account,
	         o.of.peer, id);
	return hf_fault_set(&rq->fault, HF_E_OBLIGATION,
	                    "%.120s holds what %s delivered in transfer %s under terms that forbid passing it on; let "
	                    "who needs it apply to %s",
	                    v->path, o.of.peer, id, o.of.peer);
}

struct found {
	struct hf_api_request *rq;
	struct hf_id first;
	enum hf_err error;
};

static bool look_at(void *ctx, const struct hf_id *derivation)
{
	struct found *d = ctx;

	if (hf_id_is_zero(&d->first))
		d->first = *derivation;
	d->error = hf_onward_check(d->rq->m->exchange, derivation, NULL, &d->rq->fault);
	return d->error == HF_OK;
}

enum hf_err hf_api_derived(struct hf_api_request *rq, struct hf_source_view *v, const struct hf_id *said, bool adding)
{
	struct found d = {.rq = rq};
	bool changed;

	if (!hf_id_is_zero(said))
		HF_TRY(hf_derived_is(rq->m->exchange, said, &v->digest, &rq->fault));
	HF_TRY(hf_fault_default(&rq->fault, hf_derived_list(rq->m->exchange, &v->digest, look_at, &d)));
	if (d.error == HF_E_OBLIGATION)
		hf_alarm(rq->m->base, "onward-sharing", NULL, "account %s tried to offer %s: %s", rq->actor->account,
		         v->path, rq->fault.text);
	HF_TRY(d.error); /* whatever was recorded of the file: all of it lets it be passed on */
	v->derivation = hf_id_is_zero(said) ? d.first : *said;
	changed = !hf_id_equal(&v->derivation, said);
	if (!adding && changed && hf_catalog_uses_source(rq->m->catalog, v->name))
		return hf_fault_set(&rq->fault, HF_E_STATE,
		                    "the file is derived from deliveries, and source '%s' stands behind a published "
		                    "entry that was not held against them; register the file under a name of its own",
		                    v->name);
	return HF_OK;
}
