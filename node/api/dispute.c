/*
 * dispute.c - the routes of disputes and of overdue decisions at the leading group. What a person sends is read here,
 * judged in node/authz, shown here.
 */
#include "authz/dispute.h"

#include <stdlib.h>
#include <string.h>

#include "api/rows.h"
#include "api/sight.h"

/* ---- showing ---- */

static json_t *opinions_json(const Hufu__DisputeRow *r)
{
	json_t *a = json_array();
	for (size_t i = 0; i < r->n_opinions; i++) {
		json_t *o = json_object();
		hf_api_out_text(o, "node", r->opinions[i]->node);
		hf_api_out_text(o, "account", r->opinions[i]->account);
		hf_api_out_text(o, "result", r->opinions[i]->result);
		hf_api_out_text(o, "reason", r->opinions[i]->reason);
		hf_api_out_time_if(o, "time", r->opinions[i]->time_ms);
		json_array_append_new(a, o);
	}
	return a;
}

static void out_count(json_t *o, struct hf_authz *a, const Hufu__DisputeRow *r)
{
	struct hf_em_count c;
	hf_dispute_count(a, r, &c);
	json_t *n = json_object();
	json_object_set_new(n, "of", json_integer(c.of));
	json_object_set_new(n, "needed", json_integer(c.needed));
	json_object_set_new(n, "upheld", json_integer(c.t));
	json_object_set_new(n, "dismissed", json_integer(c.f));
	json_object_set_new(o, "counted", n);
}

static void out_case(json_t *o, const Hufu__DisputeRow *r)
{
	hf_api_out_id_of(o, "application", &r->application);
	json_object_set_new(o, "revision", json_integer(r->revision));
	hf_api_out_id_of(o, "resource", &r->resource);
	hf_api_out_text(o, "organization", r->organization);
	hf_api_out_text(o, "department", r->department);
	hf_api_out_text(o, "system", r->system);
	hf_api_out_text(o, "provider", r->provider);
	hf_api_out_text(o, "intake", r->intake);
	hf_api_out_text(o, "purpose", r->purpose);
	hf_api_out_text(o, "application_state", r->state);
	hf_api_out_text(o, "result", r->result);
	hf_api_out_text(o, "result_reason", r->result_reason);
}

static json_t *dispute_json(struct hf_authz *a, const Hufu__DisputeRow *r)
{
	json_t *o = json_object();
	hf_api_out_id_of(o, "dispute", &r->id);
	hf_api_out_id_of(o, "transaction", &r->txn);
	hf_api_out_text(o, "about", r->about);
	hf_api_out_text(o, "reason", r->reason);
	hf_api_out_text(o, "raised_by", r->raised_by);
	hf_api_out_text(o, "account", r->account);
	out_case(o, r);
	hf_api_out_text(o, "outcome", hf_dispute_outcome_name(r->outcome));
	hf_api_out_text(o, "outcome_reason", r->outcome_reason);
	hf_api_out_id_of(o, "successor", &r->successor);
	hf_api_out_time_if(o, "made", r->made_ms);
	hf_api_out_time_if(o, "settled", r->settled_ms);
	json_object_set_new(o, "descriptor", json_integer((json_int_t)r->descriptor));
	out_count(o, a, r);
	json_object_set_new(o, "opinions", opinions_json(r));
	return o;
}

static bool sees(const struct hf_api_request *rq, const char *organization, const char *department)
{
	return hf_actor_may(rq->actor, HF_MAY_DISPUTE_SETTLE) || hf_api_sees(rq, organization, department);
}

struct listing {
	struct hf_api_rows rows;
	bool open; /* only those */
};

static bool add_dispute(void *ctx, const Hufu__DisputeRow *r)
{
	struct listing *l = ctx;
	if ((l->open && r->outcome != HF_DISPUTE_OPEN) || !sees(l->rows.rq, r->organization, r->department))
		return true;
	if (hf_api_rows_full(&l->rows))
		return false;
	json_array_append_new(l->rows.list, dispute_json(l->rows.rq->m->authz, r));
	return true;
}

static enum hf_err list_disputes(struct hf_api_request *rq)
{
	struct listing l = {.rows.rq = rq};
	HF_TRY(hf_api_bool(rq, "open", false, &l.open));
	HF_TRY(hf_api_rows_begin(rq, "disputes", &l.rows));
	return hf_disputes(rq->m->authz, add_dispute, &l);
}

static enum hf_err show_dispute(struct hf_api_request *rq)
{
	HF_CLEANUP(hf_decoded_done) Hufu__DisputeRow *row = NULL;
	struct hf_id id;
	char text[HF_ID_TEXT];
	HF_TRY(hf_api_id(rq, "dispute", true, &id));
	bool there = hf_dispute_get(rq->m->authz, &id, &row) == HF_OK;
	if (there && sees(rq, row->organization, row->department)) {
		json_t *o = dispute_json(rq->m->authz, row);
		json_object_update(rq->out, o);
		json_decref(o);
		return HF_OK;
	}
	if (there)
		hf_api_unseen(rq, "to see dispute", &id);
	hf_id_text(&id, text);
	return hf_fault_set(&rq->fault, HF_E_UNKNOWN,
	                    "there is no dispute %s at this node; `hufu dispute list` lists them", text);
}

static bool add_escalation(void *ctx, const Hufu__EscalationRow *r)
{
	struct listing *l = ctx;
	if (l->open && r->ended_ms != 0)
		return true;
	if (hf_api_rows_full(&l->rows))
		return false;
	json_t *o = json_object();
	hf_api_out_id_of(o, "application", &r->application);
	hf_api_out_id_of(o, "transaction", &r->txn);
	json_object_set_new(o, "revision", json_integer(r->revision));
	hf_api_out_text(o, "state", r->ended_ms ? "decided" : "overdue");
	hf_api_out_text(o, "provider", r->provider);
	hf_api_out_text(o, "organization", r->organization);
	hf_api_out_text(o, "intake", r->intake);
	hf_api_out_id_of(o, "resource", &r->resource);
	hf_api_out_text(o, "title", r->title);
	hf_api_out_time_if(o, "sent", r->sent_ms);
	hf_api_out_time_if(o, "due", r->due_ms);
	hf_api_out_time_if(o, "told", r->told_ms);
	hf_api_out_time_if(o, "ended", r->ended_ms);
	hf_api_out_text(o, "result", r->result);
	json_array_append_new(l->rows.list, o);
	return true;
}

static enum hf_err list_escalations(struct hf_api_request *rq)
{
	struct listing l = {.rows.rq = rq};
	HF_TRY(hf_api_bool(rq, "open", false, &l.open));
	HF_TRY(hf_api_rows_begin(rq, "escalations", &l.rows));
	return hf_escalations(rq->m->authz, add_escalation, &l);
}

/* ---- taking steps ---- */

static enum hf_err raise_dispute(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	const char *about = "", *reason = "";
	struct hf_id application, id;
	HF_TRY(hf_api_id(rq, "application", true, &application));
	HF_TRY(hf_api_text(rq, "about", true, 16, &about));
	HF_TRY(hf_api_text(rq, "reason", true, HF_MAX_TEXT, &reason));
	HF_TRY(hf_dispute_raise(rq->m->authz, &step, &application, about, reason, &id));
	hf_api_out_id(rq->out, "dispute", &id);
	hf_api_out_id(rq->out, "application", &application);
	return HF_OK;
}

static enum hf_err settle_dispute(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	const char *result = "", *reason = "";
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "dispute", true, &id));
	HF_TRY(hf_api_text(rq, "result", true, 16, &result));
	HF_TRY(hf_api_text(rq, "reason", true, HF_MAX_TEXT, &reason));
	HF_TRY(hf_dispute_settle(rq->m->authz, &step, &id, result, reason));
	hf_api_out_id(rq->out, "dispute", &id);
	hf_api_out_text(rq->out, "result", result);
	return HF_OK;
}

static enum hf_err apply_after(struct hf_api_request *rq)
{
	struct hf_application_in in = {.from_ms = 0};
	struct hf_step_in step = hf_api_step(rq);
	const char **fields = NULL;
	struct hf_id dispute, id;
	HF_TRY(hf_api_id(rq, "dispute", true, &dispute));
	HF_TRY(hf_api_text(rq, "reason", false, HF_MAX_TEXT, &in.reason));
	HF_TRY(hf_api_text(rq, "purpose", false, 127, &in.purpose));
	HF_TRY(hf_api_time(rq, "from", false, &in.from_ms));
	HF_TRY(hf_api_time(rq, "until", false, &in.until_ms));
	HF_TRY(hf_api_list(rq, "fields", false, HF_MAX_FIELDS, &fields, &in.field_count));
	in.fields = fields;
	enum hf_err e = hf_dispute_apply(rq->m->authz, &step, &dispute, &in, &id);
	free(fields);
	HF_TRY(e);
	hf_api_out_id(rq->out, "application", &id);
	hf_api_out_id(rq->out, "dispute", &dispute);
	return HF_OK;
}

/* Two factors are asked for by the resource (DS-41, DS-77): node/authz checks them where it knows the application. */
const struct hf_route hf_routes_dispute[] = {
        {"POST", "/v1/disputes/raise", HF_MAY_DISPUTE, HF_EVENT_DISPUTE, raise_dispute, 0},
        {"POST", "/v1/disputes/settle", HF_MAY_DISPUTE_SETTLE, HF_EVENT_DISPUTE_OPINION, settle_dispute, 0},
        {"POST", "/v1/disputes/apply", HF_MAY_APPLY, HF_EVENT_APPLICATION_DRAFT, apply_after, 0},
        {"GET", "/v1/disputes", HF_MAY_STATUS, HF_EVENT_INVALID, list_disputes, 0},
        {"GET", "/v1/disputes/show", HF_MAY_STATUS, HF_EVENT_INVALID, show_dispute, 0},
        {"GET", "/v1/escalations", HF_MAY_STATUS, HF_EVENT_INVALID, list_escalations, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
