/* onward.c - delivered data is not offered to others (AZ-77); what was made of it is, and says so (DS-65). */
#include "api/onward.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "crypto/base64.h"
#include "exchange/derive_text.h"

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

enum hf_err hf_api_derived(struct hf_api_request *rq, struct hf_id *ret_derivation)
{
	const char *digest;
	struct hf_hash h;
	struct hf_id id = {{0}};
	char text[HF_ID_TEXT];

	HF_TRY(hf_api_id(rq, "derivation", false, &id));
	*ret_derivation = id;
	if (hf_id_is_zero(&id))
		return HF_OK;
	hf_id_text(&id, text);
	HF_TRY(hf_api_text(rq, "digest", true, 64, &digest));
	if (strlen(digest) != 64 || !hf_hex_decode(digest, 64, h.b, sizeof(h.b)))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "field 'digest' is not the SHA-256 of the derived file in 64 hexadecimal digits");
	struct derive_facts *d = hf_alloc(sizeof(*d));
	enum hf_err e = derive_find(rq->m->exchange, &id, d);
	if (e == HF_E_UNKNOWN)
		hf_fault_set(&rq->fault, e,
		             "nothing was derived here as %s; `hufu derive` prints the id of what it records", text);
	else if (e == HF_OK && !hf_hash_equal(&h, &d->digest))
		e = hf_fault_set(
		        &rq->fault, HF_E_CONFLICT,
		        "the file is not what was derived as %s; record with `hufu derive` what it was made of", text);
	free(d);
	return hf_fault_default(&rq->fault, e);
}
