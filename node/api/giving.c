/* giving.c - the routes of grants that this node gives without an application (SB-24); judged in node/authz/giving.c.
 */
#include "authz/giving.h"

#include <stdlib.h>
#include <string.h>

#include "api/rows.h"

static enum hf_err read_offer(struct hf_api_request *rq, struct hf_grant_offer_in *in, const char ***ret_fields)
{
	HF_TRY(hf_api_id(rq, "entry", true, &in->entry));
	HF_TRY(hf_api_text(rq, "consumer", true, HF_NAME_MAX, &in->consumer));
	HF_TRY(hf_api_text(rq, "department", false, HF_NAME_MAX, &in->department));
	HF_TRY(hf_api_text(rq, "system", true, HF_NAME_MAX, &in->system));
	HF_TRY(hf_api_text(rq, "address", false, 63, &in->system_address));
	HF_TRY(hf_api_text(rq, "purpose", true, 127, &in->purpose));
	HF_TRY(hf_api_text(rq, "reason", true, HF_MAX_TEXT, &in->reason));
	HF_TRY(hf_api_time(rq, "from", false, &in->from_ms));
	HF_TRY(hf_api_time(rq, "until", true, &in->until_ms));
	HF_TRY(hf_api_list(rq, "fields", false, HF_MAX_FIELDS, ret_fields, &in->field_count));
	in->fields = *ret_fields;
	HF_TRY(hf_api_text(rq, "rows", false, 250, &in->rows));
	return HF_OK;
}

static enum hf_err offer_grant(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	struct hf_grant_offer_in in = {.from_ms = 0};
	const char **fields = NULL;
	struct hf_id id;
	enum hf_err e = read_offer(rq, &in, &fields);
	if (e == HF_OK)
		e = hf_authz_grant_offer(rq->m->authz, &step, &in, &id);
	free(fields);
	HF_TRY(e);
	hf_api_out_id(rq->out, "grant", &id);
	json_object_set_new(rq->out, "state", json_string("pending"));
	return HF_OK;
}

static enum hf_err review_grant(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	struct hf_finding_in f[2];
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "grant", true, &id));
	HF_TRY(hf_api_finding(rq, "necessity", &f[0]));
	HF_TRY(hf_api_finding(rq, "compliance", &f[1]));
	HF_TRY(hf_authz_grant_privacy(rq->m->authz, &step, &id, f));
	hf_api_out_id(rq->out, "grant", &id);
	json_object_set_new(rq->out, "result", json_string(f[0].ok && f[1].ok ? "pass" : "refuse"));
	return HF_OK;
}

static enum hf_err decide_grant(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	const char *result = "", *reason = "";
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "grant", true, &id));
	HF_TRY(hf_api_text(rq, "result", true, 16, &result));
	HF_TRY(hf_api_text(rq, "reason", false, HF_MAX_TEXT, &reason));
	HF_TRY(hf_authz_grant_give(rq->m->authz, &step, &id, result, reason));
	hf_api_out_id(rq->out, "grant", &id);
	json_object_set_new(rq->out, "result", json_string(result));
	return HF_OK;
}

const struct hf_route hf_routes_giving[] = {
        {"POST", "/v1/grants/offer", HF_MAY_PUBLISH, HF_EVENT_GRANT_OFFER, offer_grant, 0},
        {"POST", "/v1/grants/review-privacy", HF_MAY_PRIVACY_REVIEW, HF_EVENT_PRIVACY_REVIEW, review_grant, 0},
        {"POST", "/v1/grants/decide", HF_MAY_APPROVE, HF_EVENT_GRANT_GIVEN, decide_grant, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
