/* release.c - routes of stored masking plans; judged in node/release/plans.c. */
#include "release/plans.h"

#include <string.h>

#include "api/rows.h"
#include "proto/codec.h"

static void out_uint(json_t *o, const char *name, uint64_t value)
{
	json_object_set_new(o, name, json_integer((json_int_t)value));
}

static void out_plan(json_t *o, const Hufu__MaskPlanRow *r)
{
	hf_api_out_text(o, "name", r->name);
	out_uint(o, "version", r->version);
	hf_api_out_text(o, "state", hf_mask_plan_state_name((enum hf_mask_plan_state)r->state));
	hf_api_out_text(o, "mode", r->mode);
	hf_api_out_text(o, "need", r->need);
	hf_api_out_text(o, "operator", r->operator_);
	hf_api_out_text(o, "security", r->security);
	hf_api_out_text(o, "audit", r->audit);
	hf_api_out_hex(o, "digest", r->digest.data, r->digest.len);
	hf_api_out_text(o, "put_by", r->put_by);
	hf_api_out_time_if(o, "put", r->put_ms);
	hf_api_out_text(o, "decided_by", r->decided_by);
	hf_api_out_time_if(o, "decided", r->decided_ms);
	hf_api_out_text(o, "retired_by", r->retired_by);
	hf_api_out_time_if(o, "retired", r->retired_ms);
	hf_api_out_text(o, "reason", r->reason);
	hf_api_out_text(o, "identified_by", r->identified_by);
	if (r->inventory_digest.len)
		hf_api_out_hex(o, "inventory_digest", r->inventory_digest.data, r->inventory_digest.len);
}

/* ---- changing ---- */

static enum hf_err put(struct hf_api_request *rq)
{
	Hufu__MaskPlanRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_plan_in in = {.actor = rq->actor};

	hf_draft_text(rq->draft, HF_FIELD_OBJECT, "masking plan");
	HF_TRY(hf_api_text(rq, "plan", true, HF_RELEASE_PLAN_TEXT_MAX, &in.text));
	HF_TRY(hf_api_text(rq, "inventory", false, HF_RELEASE_PLAN_TEXT_MAX, &in.inventory));
	HF_TRY(hf_release_plan_put(rq->m->release, &in, rq->unit, rq->draft, &row, &rq->fault));
	out_plan(rq->out, row);
	return HF_OK;
}

static enum hf_err take_name(struct hf_api_request *rq, const char **ret_name, uint32_t *ret_version)
{
	int64_t version = 0;

	HF_TRY(hf_api_text(rq, "name", true, HF_NAME_MAX, ret_name));
	HF_TRY(hf_api_int(rq, "version", false, 0, UINT32_MAX, &version));
	*ret_version = (uint32_t)version;
	if (rq->draft)
		hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "masking plan %s", *ret_name);
	return HF_OK;
}

static enum hf_err step(struct hf_api_request *rq, enum hf_mask_plan_event event)
{
	struct hf_plan_step s = {.event = event, .actor = rq->actor};
	uint32_t version;

	HF_TRY(take_name(rq, &s.name, &s.version));
	HF_TRY(hf_api_text(rq, "reason", event != HF_PLAN_APPROVE, HF_MAX_TEXT, &s.reason));
	HF_TRY(hf_release_plan_step(rq->m->release, &s, rq->unit, rq->draft, &version, &rq->fault));
	hf_api_out_text(rq->out, "name", s.name);
	out_uint(rq->out, "version", version);
	return HF_OK;
}

static enum hf_err approve(struct hf_api_request *rq)
{
	return step(rq, HF_PLAN_APPROVE);
}

static enum hf_err reject(struct hf_api_request *rq)
{
	return step(rq, HF_PLAN_REJECT);
}

static enum hf_err retire(struct hf_api_request *rq)
{
	return step(rq, HF_PLAN_RETIRE);
}

/* ---- reading ---- */

static bool add_plan(void *ctx, const Hufu__MaskPlanRow *r)
{
	json_t *o = json_object();

	out_plan(o, r);
	json_array_append_new(ctx, o);
	return true;
}

static enum hf_err list(struct hf_api_request *rq)
{
	json_t *rows = json_array();

	json_object_set_new(rq->out, "plans", rows);
	return hf_release_plans(rq->m->release, add_plan, rows);
}

static enum hf_err show(struct hf_api_request *rq)
{
	Hufu__MaskPlanRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	const char *name;
	uint32_t version;

	HF_TRY(take_name(rq, &name, &version));
	HF_TRY(hf_release_plan_row(rq->m->release, name, version, &row, &rq->fault));
	out_plan(rq->out, row);
	json_object_set_new(rq->out, "plan", json_stringn((const char *)row->text.data, row->text.len));
	return HF_OK;
}

const struct hf_route hf_routes_release[] = {
        {"POST", "/v1/release/plans/put", HF_MAY_MASK, HF_EVENT_MASK_PLAN, put, 0},
        {"POST", "/v1/release/plans/approve", HF_MAY_MASK_POLICY, HF_EVENT_MASK_PLAN, approve, 0},
        {"POST", "/v1/release/plans/reject", HF_MAY_MASK_POLICY, HF_EVENT_MASK_PLAN, reject, 0},
        {"POST", "/v1/release/plans/retire", HF_MAY_MASK_POLICY, HF_EVENT_MASK_PLAN, retire, 0},
        {"GET", "/v1/release/plans", HF_MAY_STATUS, HF_EVENT_INVALID, list, 0},
        {"GET", "/v1/release/plans/show", HF_MAY_STATUS, HF_EVENT_INVALID, show, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
