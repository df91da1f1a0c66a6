/*
 * time.c - routes of trusted time: what the clocks say, and the recovery of a wrong mark by two people.
 */
#include "authz/trusted_time.h"

#include "api/api.h"
#include "ledger/ledger.h"

#define REASON_MAX 300

static struct hf_step_in step_of(struct hf_api_request *rq)
{
	return (struct hf_step_in){rq->actor, rq->unit, rq->draft, &rq->fault};
}

static void add_witness(void *ctx, const char *witness, int64_t says_ms)
{
	json_t *o = json_object();
	json_object_set_new(o, "witness", json_string(witness));
	if (says_ms)
		hf_api_out_time(o, "says", says_ms);
	json_array_append_new(ctx, o);
}

static bool add_recovery(void *ctx, const Hufu__TimeRecoveryRow *row)
{
	json_t *o = json_object();
	struct hf_id id;
	if (hf_id_from_bytes(row->id.data, row->id.len, &id))
		hf_api_out_id(o, "recovery", &id);
	json_object_set_new(o, "state", json_string(row->state == HF_RECOVERY_DONE ? "done" : "asked"));
	json_object_set_new(o, "reason", json_string(row->reason));
	json_object_set_new(o, "asked_by", json_string(row->asked_by));
	hf_api_out_time(o, "asked", row->asked_ms);
	json_object_set_new(o, "approved_by", json_string(row->approved_by));
	if (row->state == HF_RECOVERY_DONE) {
		hf_api_out_time(o, "approved", row->approved_ms);
		hf_api_out_time(o, "mark_before", row->from_ms);
		hf_api_out_time(o, "mark_after", row->to_ms);
	}
	json_array_append_new(ctx, o);
	return json_array_size(ctx) < 100;
}

static enum hf_err show(struct hf_api_request *rq)
{
	struct hf_time_view v;
	json_t *witnesses = json_array(), *recoveries = json_array();
	hf_authz_time(rq->m->authz, &v);
	hf_api_out_time(rq->out, "local", v.local_ms);
	hf_api_out_time(rq->out, "trusted", v.trusted_ms);
	if (v.mark_ms)
		hf_api_out_time(rq->out, "mark", v.mark_ms);
	if (v.passed_ms)
		hf_api_out_time(rq->out, "witnesses_say", v.passed_ms);
	json_object_set_new(rq->out, "provisional", json_boolean(v.provisional));
	json_object_set_new(rq->out, "local_off", json_boolean(v.local_off));
	json_object_set_new(rq->out, "mark_wrong", json_boolean(v.mark_wrong));
	json_object_set_new(rq->out, "witnesses", witnesses);
	json_object_set_new(rq->out, "recoveries", recoveries);
	hf_ledger_said(rq->m->ledger, add_witness, witnesses);
	return hf_authz_time_recoveries(rq->m->authz, add_recovery, recoveries);
}

static enum hf_err recover(struct hf_api_request *rq)
{
	struct hf_step_in step = step_of(rq);
	const char *reason = "";
	struct hf_id id;
	HF_TRY(hf_api_text(rq, "reason", true, REASON_MAX, &reason));
	HF_TRY(hf_authz_time_recover(rq->m->authz, &step, reason, &id));
	hf_api_out_id(rq->out, "recovery", &id);
	return HF_OK;
}

static enum hf_err approve(struct hf_api_request *rq)
{
	struct hf_step_in step = step_of(rq);
	char text[HF_ID_TEXT];
	int64_t mark;
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "recovery", true, &id));
	hf_id_text(&id, text);
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "recovery of trusted time %s", text);
	HF_TRY(hf_authz_time_approve(rq->m->authz, &step, &id, &mark));
	hf_api_out_id(rq->out, "recovery", &id);
	hf_api_out_time(rq->out, "mark", mark);
	return HF_OK;
}

const struct hf_route hf_routes_time[] = {
        {"GET", "/v1/time", HF_MAY_STATUS, HF_EVENT_INVALID, show, 0},
        {"POST", "/v1/time/recover", HF_MAY_MANAGE_NODE, HF_EVENT_COMMAND, recover, HF_ROUTE_TWO_FACTORS},
        {"POST", "/v1/time/recover/approve", HF_MAY_MANAGE_NODE, HF_EVENT_COMMAND, approve, HF_ROUTE_TWO_FACTORS},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
