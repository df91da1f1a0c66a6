/* onward.c - delivered data is not offered to others (AZ-77). */
#include "api/onward.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "exchange/exchange.h"

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
