/* source_sight.c - which sources an account reaches; declared in sources.h. */
#include "api/sight.h"
#include "api/sources.h"

static enum hf_err no_source(struct hf_api_request *rq, const char *name)
{
	return hf_fault_set(&rq->fault, HF_E_UNKNOWN,
	                    "there is no source '%.63s'; `hufu source list` shows those there are", name);
}

bool hf_api_source_seen(const struct hf_api_request *rq, const struct hf_source_view *v)
{
	return hf_api_sees(rq, rq->m->base->self.s, v->department);
}

/* An attempt on it raises an alarm (DS-21). */
static enum hf_err check_seen(struct hf_api_request *rq, const struct hf_source_view *v)
{
	if (hf_api_source_seen(rq, v))
		return HF_OK;
	hf_alarm(rq->m->base, "access-denied", NULL,
	         "account %s tried to reach source %s, which is not its department's", rq->actor->account, v->name);
	return no_source(rq, v->name);
}

enum hf_err hf_api_source(struct hf_api_request *rq, struct hf_source_view *ret_view)
{
	const char *name;
	enum hf_err e;

	HF_TRY(hf_api_text(rq, "name", true, HF_NAME_MAX, &name));
	if (rq->draft)
		hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "source %s", name);
	e = hf_source_get(rq->m->sources, name, ret_view);
	if (e == HF_E_UNKNOWN)
		return no_source(rq, name);
	HF_TRY(hf_fault_default(&rq->fault, e));
	e = check_seen(rq, ret_view);
	if (e != HF_OK)
		hf_source_view_done(ret_view);
	return e;
}

enum hf_err hf_api_source_own(struct hf_api_request *rq, const char *name)
{
	struct hf_source_view v;
	enum hf_err e = hf_source_get(rq->m->sources, name, &v);

	if (e == HF_E_UNKNOWN)
		return HF_OK;
	HF_TRY(hf_fault_default(&rq->fault, e));
	e = check_seen(rq, &v);
	hf_source_view_done(&v);
	return e;
}
