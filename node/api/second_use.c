/* second_use.c - routes of second authorizations for the use of sensitive data (DS-86). */
#include "authz/second_use.h"

#include "api/rows.h"
#include "api/sight.h"

static enum hf_err authorize(struct hf_api_request *rq)
{
	struct hf_use_authorization_in in = {.system = NULL};
	struct hf_step_in step = hf_api_step(rq);
	struct hf_id id;

	HF_TRY(hf_api_id(rq, "entry", true, &in.entry));
	HF_TRY(hf_api_text(rq, "publisher", false, HF_NAME_MAX, &in.publisher));
	HF_TRY(hf_api_text(rq, "system", true, HF_NAME_MAX, &in.system));
	HF_TRY(hf_api_text(rq, "purpose", true, 127, &in.purpose));
	HF_TRY(hf_api_text(rq, "reason", true, HF_MAX_TEXT, &in.reason));
	HF_TRY(hf_api_time(rq, "until", true, &in.until_ms));
	HF_TRY(hf_authz_use_authorize(rq->m->authz, &step, &in, &id));
	hf_api_out_id(rq->out, "authorization", &id);
	return HF_OK;
}

static enum hf_err end(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	const char *reason;
	struct hf_id id;

	HF_TRY(hf_api_id(rq, "authorization", true, &id));
	HF_TRY(hf_api_text(rq, "reason", true, HF_MAX_TEXT, &reason));
	HF_TRY(hf_authz_use_end(rq->m->authz, &step, &id, reason));
	hf_api_out_id(rq->out, "authorization", &id);
	return HF_OK;
}

static const char *state_of(const struct hf_api_request *rq, const Hufu__UseAuthorizationRow *r)
{
	if (r->ended_ms)
		return "ended";
	return r->until_ms <= hf_now_ms(&rq->m->base->clock) ? "expired" : "active";
}

static bool add_one(void *ctx, const Hufu__UseAuthorizationRow *r)
{
	struct hf_api_rows *l = ctx;

	if (!hf_api_sees(l->rq, l->rq->m->base->self.s, r->department))
		return true;
	if (hf_api_rows_full(l))
		return false;
	json_t *o = json_object();
	hf_api_out_id_of(o, "authorization", &r->id);
	hf_api_out_id_of(o, "entry", &r->resource);
	hf_api_out_text(o, "title", r->title);
	hf_api_out_text(o, "provider", r->provider);
	hf_api_out_text(o, "system", r->system);
	hf_api_out_text(o, "purpose", r->purpose);
	hf_api_out_text(o, "reason", r->reason);
	hf_api_out_text(o, "by", r->by);
	hf_api_out_text(o, "state", state_of(l->rq, r));
	hf_api_out_time_if(o, "made", r->made_ms);
	hf_api_out_time_if(o, "until", r->until_ms);
	hf_api_out_time_if(o, "ended", r->ended_ms);
	hf_api_out_text(o, "ended_by", r->ended_by);
	hf_api_out_text(o, "ended_reason", r->ended_reason);
	json_array_append_new(l->list, o);
	return true;
}

static enum hf_err list(struct hf_api_request *rq)
{
	struct hf_api_rows rows = {.rq = rq};

	HF_TRY(hf_api_rows_begin(rq, "authorizations", &rows));
	return hf_authz_uses_authorized(rq->m->authz, add_one, &rows);
}

const struct hf_route hf_routes_second_use[] = {
        {"POST", "/v1/sensitive/authorize", HF_MAY_CONFIRM_NEED, HF_EVENT_USE_AUTHORIZATION, authorize, 0},
        {"POST", "/v1/sensitive/end", HF_MAY_CONFIRM_NEED, HF_EVENT_USE_END, end, 0},
        {"GET", "/v1/sensitive", HF_MAY_STATUS, HF_EVENT_INVALID, list, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
