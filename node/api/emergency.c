/*
 * emergency.c - the routes of emergency authorization: events, requests, votes, execution, uses. What a person sends is
 * read here, judged in node/authz, shown here.
 */
#include <stdlib.h>
#include <string.h>

#include "api/rows.h"
#include "api/sight.h"
#include "authz/emergency.h"

/* ---- showing ---- */

struct listing {
	struct hf_api_rows rows;
	enum hf_em_state state;
};

static bool add_event(void *ctx, const Hufu__EmergencyEventRow *r, bool over)
{
	struct listing *l = ctx;
	if (hf_api_rows_full(&l->rows))
		return false;
	json_t *o = json_object(), *providers = json_array();
	hf_api_out_id_of(o, "event", &r->id);
	hf_api_out_id_of(o, "transaction", &r->txn);
	hf_api_out_text(o, "state", over ? "OVER" : "DECLARED");
	hf_api_out_text(o, "kind", r->kind);
	hf_api_out_text(o, "title", r->title);
	hf_api_out_text(o, "description", r->description);
	hf_api_out_text(o, "region", r->region);
	hf_api_out_text(o, "authority", r->authority);
	hf_api_out_text(o, "declared_by", r->declared_by);
	hf_api_out_time_if(o, "from", r->from_ms);
	hf_api_out_time_if(o, "until", r->until_ms);
	hf_api_out_time_if(o, "ended", r->ended_ms);
	hf_api_out_text(o, "reason", r->end_reason);
	for (size_t i = 0; i < r->n_providers; i++)
		json_array_append_new(providers, json_string(r->providers[i]));
	json_object_set_new(o, "providers", providers);
	json_array_append_new(l->rows.list, o);
	return true;
}

static enum hf_err list_events(struct hf_api_request *rq)
{
	struct listing l = {.rows.rq = rq};
	HF_TRY(hf_api_rows_begin(rq, "events", &l.rows));
	return hf_emergency_events(rq->m->authz, add_event, &l);
}

static json_t *votes_json(Hufu__EmergencyVoteRow *const *list, size_t count)
{
	json_t *a = json_array();
	for (size_t i = 0; i < count; i++) {
		json_t *o = json_object();
		hf_api_out_text(o, "node", list[i]->node);
		hf_api_out_text(o, "account", list[i]->account);
		hf_api_out_text(o, "result", list[i]->result);
		hf_api_out_text(o, "reason", list[i]->reason);
		hf_api_out_time_if(o, "time", list[i]->time_ms);
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *revisions_json(const Hufu__EmergencyRequestRow *r)
{
	json_t *a = json_array();
	for (size_t i = 0; i < r->n_revisions; i++) {
		const Hufu__EmergencyRevisionRow *v = r->revisions[i];
		json_t *o = json_object();
		char expert[HF_NAME_MAX * 2 + 2];
		json_object_set_new(o, "revision", json_integer(v->revision));
		hf_api_out_hex(o, "digest", v->digest.data, v->digest.len);
		hf_api_out_text(o, "result", v->result);
		hf_api_out_text(o, "reason", v->reason);
		hf_authz_signer(v->privacy, expert, sizeof(expert));
		if (expert[0])
			hf_api_out_text(o, "privacy_expert", expert);
		json_object_set_new(o, "votes", votes_json(v->votes, v->n_votes));
		hf_api_out_time_if(o, "made", v->made_ms);
		json_array_append_new(a, o);
	}
	return a;
}

static void out_count(struct hf_api_request *rq, json_t *o, const Hufu__EmergencyRequestRow *r)
{
	struct hf_em_count c;
	hf_emergency_count(rq->m->authz, r, &c);
	json_t *n = json_object();
	json_object_set_new(n, "of", json_integer(c.of));
	json_object_set_new(n, "needed", json_integer(c.needed));
	json_object_set_new(n, "T", json_integer(c.t));
	json_object_set_new(n, "F", json_integer(c.f));
	json_object_set_new(n, "S", json_integer(c.s));
	json_object_set_new(o, "counted", n);
}

static void out_successors(struct hf_api_request *rq, json_t *o, const Hufu__EmergencyRequestRow *r)
{
	json_t *a = json_array();
	for (size_t i = 0; i < r->n_successors; i++) {
		json_t *s = json_object();
		hf_api_out_text(s, "kind", r->successors[i]->kind);
		hf_api_out_id_of(s, "successor", &r->successors[i]->successor);
		hf_api_out_text(s, "state", hf_emergency_successor(rq->m->authz, r->successors[i]));
		hf_api_out_time_if(s, "time", r->successors[i]->time_ms);
		json_array_append_new(a, s);
	}
	json_object_set_new(o, "successors", a);
}

static void out_subject(json_t *o, const Hufu__EmergencyRequestRow *r)
{
	hf_api_out_id_of(o, "request", &r->id);
	hf_api_out_id_of(o, "transaction", &r->txn);
	hf_api_out_id_of(o, "event", &r->event);
	json_object_set_new(o, "revision", json_integer(r->revision));
	hf_api_out_text(o, "authority", r->authority);
	hf_api_out_text(o, "organization", r->organization);
	hf_api_out_text(o, "department", r->department);
	hf_api_out_text(o, "system", r->system);
	hf_api_out_text(o, "provider", r->provider);
	hf_api_out_id_of(o, "resource", &r->resource);
	hf_api_out_text(o, "title", r->title);
	hf_api_out_text(o, "stated_reason", r->reason);
	hf_api_out_text(o, "purpose", r->purpose);
	hf_api_out_time_if(o, "from", r->from_ms);
	hf_api_out_time_if(o, "until", r->until_ms);
	json_object_set_new(o, "sensitive", json_boolean(r->sensitive));
	json_object_set_new(o, "personal", json_boolean(r->personal));
	json_object_set_new(o, "descriptor", json_integer((json_int_t)r->descriptor));
}

static json_t *request_json(struct hf_api_request *rq, const Hufu__EmergencyRequestRow *r)
{
	json_t *o = json_object();
	out_subject(o, r);
	hf_api_out_text(o, "state",
	                hf_em_state_name(r->state < HF_EM_STATE_COUNT ? (enum hf_em_state)r->state : HF_EM_NONE));
	hf_api_out_text(o, "result", r->result);
	hf_api_out_text(o, "reason", r->result_reason);
	out_count(rq, o, r);
	json_object_set_new(o, "revisions", revisions_json(r));
	hf_api_out_id_of(o, "grant", &r->grant);
	hf_api_out_text(o, "executor", r->executor);
	json_object_set_new(o, "withdrawals", votes_json(r->withdrawals, r->n_withdrawals));
	hf_api_out_time_if(o, "active", r->active_ms);
	hf_api_out_text(o, "cause", r->cause);
	hf_api_out_text(o, "end_reason", r->end_reason);
	hf_api_out_time_if(o, "ended", r->ended_ms);
	json_object_set_new(o, "reported", json_boolean(r->report_envelope.len > 0));
	out_successors(rq, o, r);
	hf_api_out_time_if(o, "made", r->made_ms);
	hf_api_out_time_if(o, "changed", r->changed_ms);
	return o;
}

static bool add_request(void *ctx, const Hufu__EmergencyRequestRow *r)
{
	struct listing *l = ctx;
	if ((l->state != HF_EM_NONE && r->state != (uint32_t)l->state) ||
	    !hf_api_sees(l->rows.rq, r->organization, r->department))
		return true;
	if (hf_api_rows_full(&l->rows))
		return false;
	json_array_append_new(l->rows.list, request_json(l->rows.rq, r));
	return true;
}

static enum hf_err list_requests(struct hf_api_request *rq)
{
	struct listing l = {.rows.rq = rq};
	const char *state = "";
	HF_TRY(hf_api_text(rq, "state", false, 32, &state));
	if (*state && (l.state = hf_em_state_from_name(state)) == HF_EM_NONE)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "field 'state' is no state of an emergency request, such as OPEN or ACTIVE");
	HF_TRY(hf_api_rows_begin(rq, "requests", &l.rows));
	return hf_emergency_requests(rq->m->authz, add_request, &l);
}

/* The request that a reading route names; hf_decoded_free. */
static enum hf_err find_request(struct hf_api_request *rq, Hufu__EmergencyRequestRow **ret_row)
{
	struct hf_id id;
	char text[HF_ID_TEXT];
	Hufu__EmergencyRequestRow *row = NULL;
	HF_TRY(hf_api_id(rq, "request", true, &id));
	bool there = hf_emergency_request(rq->m->authz, &id, &row) == HF_OK;
	if (there && hf_api_sees(rq, row->organization, row->department)) {
		*ret_row = row;
		return HF_OK;
	}
	if (there)
		hf_api_unseen(rq, "to see emergency request", &id);
	hf_decoded_free(row);
	hf_id_text(&id, text);
	return hf_fault_set(&rq->fault, HF_E_UNKNOWN,
	                    "there is no emergency request %s at this node; `hufu emergency list` lists them", text);
}

static enum hf_err show_request(struct hf_api_request *rq)
{
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	HF_TRY(find_request(rq, &row));
	json_t *o = request_json(rq, row);
	json_object_update(rq->out, o);
	json_decref(o);
	return HF_OK;
}

static bool add_use(void *ctx, const Hufu__EmergencyUse *u)
{
	struct listing *l = ctx;
	if (hf_api_rows_full(&l->rows))
		return false;
	json_t *o = json_object();
	hf_api_out_id_of(o, "transfer", &u->transfer);
	hf_api_out_time_if(o, "time", u->time_ms);
	hf_api_out_text(o, "account", u->account);
	hf_api_out_text(o, "system", u->system);
	hf_api_out_text(o, "state", u->state);
	json_object_set_new(o, "rows", json_integer((json_int_t)u->rows));
	json_object_set_new(o, "bytes", json_integer((json_int_t)u->bytes));
	hf_api_out_time_if(o, "ended", u->ended_ms);
	json_array_append_new(l->rows.list, o);
	return true;
}

static enum hf_err list_uses(struct hf_api_request *rq)
{
	struct listing l = {.rows.rq = rq};
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	HF_TRY(find_request(rq, &row));
	hf_api_out_id_of(rq->out, "grant", &row->grant);
	HF_TRY(hf_api_rows_begin(rq, "uses", &l.rows));
	return hf_emergency_uses(rq->m->authz, row, add_use, &l);
}

/* ---- taking steps ---- */

#define NAMES_MOST 256

static enum hf_err declare(struct hf_api_request *rq)
{
	struct hf_em_event_in in = {.kind = ""};
	struct hf_step_in step = hf_api_step(rq);
	struct hf_id id;
	const char **providers = NULL;
	HF_TRY(hf_api_text(rq, "kind", true, 63, &in.kind));
	HF_TRY(hf_api_text(rq, "title", true, HF_MAX_TITLE, &in.title));
	HF_TRY(hf_api_text(rq, "description", false, HF_MAX_TEXT, &in.description));
	HF_TRY(hf_api_text(rq, "region", false, 127, &in.region));
	HF_TRY(hf_api_time(rq, "from", false, &in.from_ms));
	HF_TRY(hf_api_time(rq, "until", true, &in.until_ms));
	HF_TRY(hf_api_list(rq, "providers", false, NAMES_MOST, &providers, &in.provider_count));
	in.providers = providers;
	enum hf_err e = hf_emergency_declare(rq->m->authz, &step, &in, &id);
	free(providers);
	HF_TRY(e);
	hf_api_out_id(rq->out, "event", &id);
	return HF_OK;
}

static enum hf_err over(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	struct hf_id id;
	const char *reason = "";
	HF_TRY(hf_api_id(rq, "event", true, &id));
	HF_TRY(hf_api_text(rq, "reason", true, HF_MAX_TEXT, &reason));
	HF_TRY(hf_emergency_over(rq->m->authz, &step, &id, reason));
	hf_api_out_id(rq->out, "event", &id);
	return HF_OK;
}

static enum hf_err read_wish(struct hf_api_request *rq, bool again, struct hf_em_request_in *in,
                             const char ***ret_fields)
{
	HF_TRY(hf_api_text(rq, "organization", false, HF_NAME_MAX, &in->organization));
	HF_TRY(hf_api_text(rq, "department", false, HF_NAME_MAX, &in->department));
	HF_TRY(hf_api_text(rq, "system", !again, HF_NAME_MAX, &in->system));
	HF_TRY(hf_api_text(rq, "address", false, 63, &in->system_address));
	HF_TRY(hf_api_text(rq, "reason", !again, HF_MAX_TEXT, &in->reason));
	HF_TRY(hf_api_text(rq, "purpose", !again, 127, &in->purpose));
	HF_TRY(hf_api_time(rq, "from", false, &in->from_ms));
	HF_TRY(hf_api_time(rq, "until", !again, &in->until_ms));
	HF_TRY(hf_api_list(rq, "fields", false, HF_MAX_FIELDS, ret_fields, &in->field_count));
	in->fields = *ret_fields;
	return HF_OK;
}

static enum hf_err raise_request(struct hf_api_request *rq)
{
	struct hf_em_request_in in = {.from_ms = 0};
	struct hf_step_in step = hf_api_step(rq);
	struct hf_id id;
	const char **fields = NULL;
	HF_TRY(hf_api_id(rq, "event", true, &in.event));
	HF_TRY(hf_api_id(rq, "entry", true, &in.entry));
	HF_TRY(hf_api_text(rq, "publisher", false, HF_NAME_MAX, &in.publisher));
	enum hf_err e = read_wish(rq, false, &in, &fields);
	if (e == HF_OK)
		e = hf_emergency_raise(rq->m->authz, &step, &in, &id);
	free(fields);
	HF_TRY(e);
	hf_api_out_id(rq->out, "request", &id);
	json_object_set_new(rq->out, "revision", json_integer(1));
	return HF_OK;
}

static enum hf_err resubmit(struct hf_api_request *rq)
{
	struct hf_em_request_in in = {.from_ms = 0};
	struct hf_step_in step = hf_api_step(rq);
	struct hf_id id;
	uint32_t revision = 0;
	const char **fields = NULL;
	HF_TRY(hf_api_id(rq, "request", true, &id));
	enum hf_err e = read_wish(rq, true, &in, &fields);
	if (e == HF_OK)
		e = hf_emergency_resubmit(rq->m->authz, &step, &id, &in, &revision);
	free(fields);
	HF_TRY(e);
	hf_api_out_id(rq->out, "request", &id);
	json_object_set_new(rq->out, "revision", json_integer(revision));
	return HF_OK;
}

static enum hf_err review(struct hf_api_request *rq)
{
	struct hf_finding_in f[2];
	struct hf_step_in step = hf_api_step(rq);
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "request", true, &id));
	HF_TRY(hf_api_finding(rq, "necessity", &f[0]));
	HF_TRY(hf_api_finding(rq, "compliance", &f[1]));
	HF_TRY(hf_emergency_review(rq->m->authz, &step, &id, f));
	hf_api_out_text(rq->out, "result", f[0].ok && f[1].ok ? "pass" : "refuse");
	hf_api_out_id(rq->out, "request", &id);
	return HF_OK;
}

static enum hf_err decide(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	const char *result = "", *reason = "";
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "request", true, &id));
	HF_TRY(hf_api_text(rq, "result", true, 16, &result));
	HF_TRY(hf_api_text(rq, "reason", false, HF_MAX_TEXT, &reason));
	HF_TRY(hf_emergency_decide(rq->m->authz, &step, &id, result, reason));
	hf_api_out_text(rq->out, "result", result);
	hf_api_out_id(rq->out, "request", &id);
	return HF_OK;
}

static enum hf_err withdraw(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	const char *reason = "";
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "request", true, &id));
	HF_TRY(hf_api_text(rq, "reason", true, HF_MAX_TEXT, &reason));
	HF_TRY(hf_emergency_withdraw(rq->m->authz, &step, &id, reason));
	hf_api_out_id(rq->out, "request", &id);
	return HF_OK;
}

static enum hf_err execute(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	struct hf_id id, grant;
	HF_TRY(hf_api_id(rq, "request", true, &id));
	HF_TRY(hf_emergency_execute(rq->m->authz, &step, &id, &grant));
	hf_api_out_id(rq->out, "request", &id);
	hf_api_out_id(rq->out, "grant", &grant);
	return HF_OK;
}

static enum hf_err follow(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	struct hf_id id, application, scenario;
	HF_TRY(hf_api_id(rq, "request", true, &id));
	HF_TRY(hf_api_id(rq, "application", false, &application));
	HF_TRY(hf_api_id(rq, "scenario", false, &scenario));
	bool by_application = !hf_id_is_zero(&application);
	if (by_application == !hf_id_is_zero(&scenario))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "state either 'application' or 'scenario'");
	HF_TRY(hf_emergency_follow(rq->m->authz, &step, &id, by_application ? "application" : "scenario",
	                           by_application ? &application : &scenario));
	hf_api_out_id(rq->out, "request", &id);
	hf_api_out_id(rq->out, "successor", by_application ? &application : &scenario);
	return HF_OK;
}

/* Two factors are asked for by the resource (DS-41, DS-77): node/authz checks them where it knows the request. */
const struct hf_route hf_routes_emergency[] = {
        {"POST", "/v1/emergency/declare", HF_MAY_EMERGENCY_DECLARE, HF_EVENT_EMERGENCY_DECLARE, declare, 0},
        {"POST", "/v1/emergency/over", HF_MAY_EMERGENCY_DECLARE, HF_EVENT_EMERGENCY_END, over, 0},
        {"POST", "/v1/emergency/raise", HF_MAY_EMERGENCY_DECLARE, HF_EVENT_EMERGENCY_REQUEST, raise_request, 0},
        {"POST", "/v1/emergency/resubmit", HF_MAY_EMERGENCY_DECLARE, HF_EVENT_EMERGENCY_REQUEST, resubmit, 0},
        {"POST", "/v1/emergency/review", HF_MAY_PRIVACY_REVIEW, HF_EVENT_PRIVACY_REVIEW, review, 0},
        {"POST", "/v1/emergency/decide", HF_MAY_EMERGENCY_VOTE, HF_EVENT_EMERGENCY_VOTE, decide, 0},
        {"POST", "/v1/emergency/withdraw", HF_MAY_EMERGENCY_VOTE, HF_EVENT_EMERGENCY_VOTE, withdraw, 0},
        {"POST", "/v1/emergency/execute", HF_MAY_EMERGENCY_EXECUTE, HF_EVENT_EMERGENCY_EXECUTION, execute, 0},
        {"POST", "/v1/emergency/follow", HF_MAY_APPLY, HF_EVENT_EMERGENCY_SUCCESSOR, follow, 0},
        {"GET", "/v1/emergency/events", HF_MAY_STATUS, HF_EVENT_INVALID, list_events, 0},
        {"GET", "/v1/emergency/requests", HF_MAY_STATUS, HF_EVENT_INVALID, list_requests, 0},
        {"GET", "/v1/emergency/show", HF_MAY_STATUS, HF_EVENT_INVALID, show_request, 0},
        {"GET", "/v1/emergency/uses", HF_MAY_STATUS, HF_EVENT_INVALID, list_uses, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
