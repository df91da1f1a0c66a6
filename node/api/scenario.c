/*
 * scenario.c - the routes of scenarios: made, confirmed, opened, ended, shown. What a person sends is read here, judged
 * in node/authz, shown here.
 */
#include <stdlib.h>
#include <string.h>

#include "api/sight.h"
#include "authz/scenario.h"

#define NAMES_MOST 256
#define LIST_MOST 1000

static struct hf_step_in step_of(struct hf_api_request *rq)
{
	return (struct hf_step_in){rq->actor, rq->unit, rq->draft, &rq->fault};
}

static void out_bin_id(json_t *o, const char *name, const ProtobufCBinaryData *b)
{
	struct hf_id id;
	if (hf_id_from_bytes(b->data, b->len, &id))
		hf_api_out_id(o, name, &id);
}

static void out_text(json_t *o, const char *name, const char *text)
{
	json_object_set_new(o, name, json_string(text ? text : ""));
}

static json_t *texts_json(char *const *list, size_t count)
{
	json_t *a = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(a, json_string(list[i]));
	return a;
}

static json_t *members_json(const Hufu__Scenario *m)
{
	json_t *a = json_array();
	for (size_t i = 0; i < m->n_members; i++) {
		json_t *o = json_object();
		out_text(o, "organization", m->members[i]->organization);
		out_text(o, "department", m->members[i]->department);
		out_text(o, "system", m->members[i]->system);
		out_text(o, "address", m->members[i]->address);
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *openings_json(const struct hf_scenario_view *v)
{
	json_t *a = json_array();
	for (size_t i = 0; i < v->row->n_openings; i++) {
		const Hufu__ScenarioOpening *x = v->openings[i];
		json_t *o = json_object();
		out_bin_id(o, "opening", &x->id);
		out_text(o, "state", x->closed ? "CLOSED" : "OPEN");
		out_text(o, "provider", v->row->openings[i]->provider);
		out_bin_id(o, "resource", &x->resource);
		out_text(o, "title", x->title);
		json_object_set_new(o, "fields", texts_json(x->fields, x->n_fields));
		json_object_set_new(o, "obligations", texts_json(x->obligations, x->n_obligations));
		hf_api_out_time(o, "from", x->from_ms);
		hf_api_out_time(o, "until", x->until_ms);
		out_text(o, "reason", x->reason);
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *scenario_json(const struct hf_scenario_view *v)
{
	const Hufu__Scenario *m = v->scenario;
	json_t *o = json_object();
	out_bin_id(o, "scenario", &v->row->id);
	out_bin_id(o, "transaction", &v->row->txn);
	out_text(o, "state", m->ended ? "ENDED" : "OPEN");
	json_object_set_new(o, "version", json_integer(m->version));
	out_text(o, "name", m->name);
	out_text(o, "description", m->description);
	out_text(o, "purpose", m->purpose);
	out_text(o, "authority", v->row->authority);
	out_text(o, "signed_by", v->row->signed_by);
	hf_api_out_time(o, "from", m->from_ms);
	hf_api_out_time(o, "until", m->until_ms);
	out_text(o, "reason", m->reason);
	json_object_set_new(o, "providers", texts_json(m->providers, m->n_providers));
	json_object_set_new(o, "members", members_json(m));
	json_object_set_new(o, "member_count", json_integer((json_int_t)m->n_members));
	json_object_set_new(o, "openings", openings_json(v));
	return o;
}

static bool add_scenario(void *ctx, const struct hf_scenario_view *v)
{
	json_array_append_new(ctx, scenario_json(v));
	return json_array_size(ctx) < LIST_MOST;
}

static enum hf_err list_scenarios(struct hf_api_request *rq)
{
	json_t *list = json_array();
	json_object_set_new(rq->out, "scenarios", list);
	return hf_scenarios(rq->m->authz, add_scenario, list);
}

static bool show_one(void *ctx, const struct hf_scenario_view *v)
{
	json_t *o = scenario_json(v);
	json_object_update(ctx, o);
	json_decref(o);
	return false;
}

static enum hf_err show_scenario(struct hf_api_request *rq)
{
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "scenario", true, &id));
	if (hf_scenario_show(rq->m->authz, &id, show_one, rq->out) == HF_OK)
		return HF_OK;
	return hf_fault_set(&rq->fault, HF_E_UNKNOWN,
	                    "there is no such scenario at this node; `hufu scenario list` lists them");
}

/* ---- taking steps ---- */

static enum hf_err create(struct hf_api_request *rq)
{
	struct hf_scenario_in in = {.name = ""};
	struct hf_step_in step = step_of(rq);
	struct hf_id id;
	const char **providers = NULL;
	HF_TRY(hf_api_text(rq, "name", true, 127, &in.name));
	HF_TRY(hf_api_text(rq, "description", false, HF_MAX_TEXT, &in.description));
	HF_TRY(hf_api_text(rq, "purpose", true, 127, &in.purpose));
	HF_TRY(hf_api_time(rq, "from", false, &in.from_ms));
	HF_TRY(hf_api_time(rq, "until", true, &in.until_ms));
	HF_TRY(hf_api_list(rq, "providers", false, NAMES_MOST, &providers, &in.provider_count));
	in.providers = providers;
	enum hf_err e = hf_scenario_create(rq->m->authz, &step, &in, &id);
	free(providers);
	HF_TRY(e);
	hf_api_out_id(rq->out, "scenario", &id);
	return HF_OK;
}

static enum hf_err read_member(struct hf_api_request *rq, bool whole, struct hf_id *ret_id,
                               struct hf_scenario_member *m)
{
	*m = (struct hf_scenario_member){"", "", "", ""};
	HF_TRY(hf_api_id(rq, "scenario", true, ret_id));
	HF_TRY(hf_api_text(rq, "organization", true, HF_NAME_MAX, &m->organization));
	HF_TRY(hf_api_text(rq, "department", false, HF_NAME_MAX, &m->department));
	HF_TRY(hf_api_text(rq, "system", whole, HF_NAME_MAX, &m->system));
	return hf_api_text(rq, "address", false, 63, &m->address);
}

static enum hf_err confirm(struct hf_api_request *rq)
{
	struct hf_step_in step = step_of(rq);
	struct hf_scenario_member m;
	struct hf_id id;
	HF_TRY(read_member(rq, true, &id, &m));
	HF_TRY(hf_scenario_confirm(rq->m->authz, &step, &id, &m));
	hf_api_out_id(rq->out, "scenario", &id);
	return HF_OK;
}

static enum hf_err remove_member(struct hf_api_request *rq)
{
	struct hf_step_in step = step_of(rq);
	struct hf_scenario_member m;
	struct hf_id id;
	const char *reason = "";
	HF_TRY(read_member(rq, false, &id, &m));
	HF_TRY(hf_api_text(rq, "reason", true, HF_MAX_TEXT, &reason));
	HF_TRY(hf_scenario_remove(rq->m->authz, &step, &id, &m, reason));
	hf_api_out_id(rq->out, "scenario", &id);
	return HF_OK;
}

static enum hf_err end(struct hf_api_request *rq)
{
	struct hf_step_in step = step_of(rq);
	struct hf_id id;
	const char *reason = "";
	HF_TRY(hf_api_id(rq, "scenario", true, &id));
	HF_TRY(hf_api_text(rq, "reason", true, HF_MAX_TEXT, &reason));
	HF_TRY(hf_scenario_end(rq->m->authz, &step, &id, reason));
	hf_api_out_id(rq->out, "scenario", &id);
	return HF_OK;
}

static enum hf_err open_to(struct hf_api_request *rq)
{
	struct hf_opening_in in = {.reason = ""};
	struct hf_step_in step = step_of(rq);
	struct hf_id id;
	const char **fields = NULL, **duties = NULL;
	HF_TRY(hf_api_id(rq, "scenario", true, &in.scenario));
	HF_TRY(hf_api_id(rq, "entry", true, &in.entry));
	HF_TRY(hf_api_time(rq, "from", false, &in.from_ms));
	HF_TRY(hf_api_time(rq, "until", true, &in.until_ms));
	HF_TRY(hf_api_text(rq, "reason", false, HF_MAX_TEXT, &in.reason));
	HF_TRY(hf_api_list(rq, "fields", false, HF_MAX_FIELDS, &fields, &in.field_count));
	enum hf_err e = hf_api_list(rq, "obligations", false, 16, &duties, &in.obligation_count);
	in.fields = fields;
	in.obligations = duties;
	if (e == HF_OK)
		e = hf_scenario_open(rq->m->authz, &step, &in, &id);
	free(fields);
	free(duties);
	HF_TRY(e);
	hf_api_out_id(rq->out, "opening", &id);
	return HF_OK;
}

static enum hf_err close_to(struct hf_api_request *rq)
{
	struct hf_step_in step = step_of(rq);
	struct hf_id id;
	const char *reason = "";
	HF_TRY(hf_api_id(rq, "opening", true, &id));
	HF_TRY(hf_api_text(rq, "reason", true, HF_MAX_TEXT, &reason));
	HF_TRY(hf_scenario_close(rq->m->authz, &step, &id, reason));
	hf_api_out_id(rq->out, "opening", &id);
	return HF_OK;
}

const struct hf_route hf_routes_scenario[] = {
        {"POST", "/v1/scenarios/create", HF_MAY_SCENARIO, HF_EVENT_SCENARIO, create, 0},
        {"POST", "/v1/scenarios/confirm", HF_MAY_SCENARIO, HF_EVENT_SCENARIO, confirm, 0},
        {"POST", "/v1/scenarios/remove", HF_MAY_SCENARIO, HF_EVENT_SCENARIO, remove_member, 0},
        {"POST", "/v1/scenarios/end", HF_MAY_SCENARIO, HF_EVENT_SCENARIO, end, 0},
        {"POST", "/v1/scenarios/open", HF_MAY_APPROVE, HF_EVENT_SCENARIO_OPENING, open_to, 0},
        {"POST", "/v1/scenarios/close", HF_MAY_APPROVE, HF_EVENT_SCENARIO_OPENING, close_to, 0},
        {"GET", "/v1/scenarios", HF_MAY_STATUS, HF_EVENT_INVALID, list_scenarios, 0},
        {"GET", "/v1/scenarios/show", HF_MAY_STATUS, HF_EVENT_INVALID, show_scenario, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
