/*
 * target.c - routes of the databases that deliveries may be loaded into: add, update, enable, disable, remove, list.
 */
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "exchange/exchange.h"
#include "source/outlet.h"

static enum hf_err copy_text(struct hf_api_request *rq, const char *name, bool required, char *to, size_t cap)
{
	const char *text;

	HF_TRY(hf_api_text(rq, name, required, cap - 1, &text));
	snprintf(to, cap, "%s", text);
	return HF_OK;
}

static enum hf_err find(struct hf_api_request *rq, struct hf_outlet *ret_outlet)
{
	const char *name;

	HF_TRY(hf_api_text(rq, "name", true, HF_NAME_MAX, &name));
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "target %s", name);
	return hf_outlet_get(rq->m->sources, name, ret_outlet, &rq->fault);
}

static enum hf_err put(struct hf_api_request *rq, struct hf_outlet *o, const char *what)
{
	hf_draft_text(rq->draft, HF_FIELD_DETAIL, what);
	json_object_set_new(rq->out, "name", json_string(o->name));
	return hf_outlet_put(rq->m->sources, rq->unit, o, &rq->fault);
}

static enum hf_err take_password(struct hf_api_request *rq, struct hf_outlet *o, bool required)
{
	const char *password;

	HF_TRY(hf_api_text(rq, "password", required, HF_SOURCE_SECRET_MAX, &password));
	return *password ? hf_outlet_password(rq->m->sources, o, password, &rq->fault) : HF_OK;
}

static enum hf_err add(struct hf_api_request *rq)
{
	struct hf_outlet o = {.enabled = true}, there;
	char detail[600];

	HF_TRY(copy_text(rq, "name", true, o.name, sizeof(o.name)));
	HF_TRY(copy_text(rq, "kind", true, o.kind, sizeof(o.kind)));
	HF_TRY(copy_text(rq, "place", true, o.place, sizeof(o.place)));
	HF_TRY(copy_text(rq, "department", false, o.department, sizeof(o.department)));
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "target %s", o.name);
	if (hf_outlet_get(rq->m->sources, o.name, &there, NULL) == HF_OK)
		return hf_fault_set(&rq->fault, HF_E_EXISTS, "there is a target '%s' already; remove it first", o.name);
	HF_TRY(take_password(rq, &o, false));
	snprintf(o.registered_by, sizeof(o.registered_by), "%s", rq->actor->account);
	o.registered_ms = hf_now_ms(&rq->m->base->clock);
	snprintf(detail, sizeof(detail), "%s: %s", o.kind, o.place);
	return put(rq, &o, detail);
}

static enum hf_err update(struct hf_api_request *rq)
{
	struct hf_outlet o;

	HF_TRY(find(rq, &o));
	HF_TRY(take_password(rq, &o, true));
	return put(rq, &o, "another password");
}

static enum hf_err enable(struct hf_api_request *rq)
{
	struct hf_outlet o;

	HF_TRY(find(rq, &o));
	o.enabled = true;
	return put(rq, &o, "enabled");
}

static enum hf_err disable(struct hf_api_request *rq)
{
	struct hf_outlet o;

	HF_TRY(find(rq, &o));
	o.enabled = false;
	return put(rq, &o, "disabled");
}

static enum hf_err drop(struct hf_api_request *rq)
{
	struct hf_outlet o;

	HF_TRY(find(rq, &o));
	if (hf_exchange_loads_into(rq->m->exchange, o.name))
		return hf_fault_set(
		        &rq->fault, HF_E_STATE,
		        "a delivery is on its way into target '%s'; wait for it or cancel it (`hufu transfers "
		        "list`)",
		        o.name);
	hf_draft_text(rq->draft, HF_FIELD_DETAIL, "removed");
	json_object_set_new(rq->out, "name", json_string(o.name));
	hf_outlet_remove(rq->unit, o.name);
	return HF_OK;
}

static bool add_row(void *ctx, const struct hf_outlet *o)
{
	json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:s}", "name", o->name, "kind", o->kind, "place",
	                        o->place, "department", o->department, "enabled", o->enabled, "password",
	                        o->password.len > 0, "registered_by", o->registered_by);

	hf_api_out_time(row, "registered", o->registered_ms);
	json_array_append_new(ctx, row);
	return true;
}

static enum hf_err list(struct hf_api_request *rq)
{
	json_t *rows = json_array();

	json_object_set_new(rq->out, "targets", rows);
	return hf_outlets_list(rq->m->sources, add_row, rows);
}

const struct hf_route hf_routes_target[] = {
        {"POST", "/v1/targets/add", HF_MAY_MANAGE_NODE, HF_EVENT_SYSTEM_CHANGE, add, 0},
        {"POST", "/v1/targets/update", HF_MAY_MANAGE_NODE, HF_EVENT_SYSTEM_CHANGE, update, 0},
        {"POST", "/v1/targets/enable", HF_MAY_MANAGE_NODE, HF_EVENT_SYSTEM_CHANGE, enable, 0},
        {"POST", "/v1/targets/disable", HF_MAY_MANAGE_NODE, HF_EVENT_SYSTEM_CHANGE, disable, 0},
        {"POST", "/v1/targets/remove", HF_MAY_MANAGE_NODE, HF_EVENT_SYSTEM_CHANGE, drop, 0},
        {"GET", "/v1/targets", HF_MAY_ANY_SESSION, HF_EVENT_INVALID, list, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
