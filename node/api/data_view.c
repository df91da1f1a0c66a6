/*
 * data_view.c - routes of this node's own views of sealed data (DS-87): set and removed by the security administrator,
 * listed.
 */
#include "authz/views.h"

#include "api/rows.h"
#include "release/plans.h"

static struct hf_step_in step_of(struct hf_api_request *rq)
{
	return (struct hf_step_in){rq->actor, rq->unit, rq->draft, &rq->fault};
}

/* What is not in order now is said now; it is asked again with every read. */
static enum hf_err check_plan(struct hf_api_request *rq, const char *name)
{
	struct hf_plan *plan = NULL;
	enum hf_err e = HF_OK;
	HF_TRY(hf_release_plan(rq->m->release, name, &plan, &rq->fault));
	if (plan->mode != HF_PLAN_DYNAMIC || plan->table_count != 1)
		e = hf_fault_set(&rq->fault, HF_E_MASKING,
		                 "the masking plan '%.63s' cannot be a view: it needs one table, and the mode dynamic",
		                 name);
	hf_plan_free(plan);
	return e;
}

static enum hf_err read_view(struct hf_api_request *rq, struct hf_data_view_in *in)
{
	bool plain;
	HF_TRY(hf_api_id(rq, "entry", true, &in->entry));
	HF_TRY(hf_api_text(rq, "name", true, HF_NAME_MAX, &in->name));
	HF_TRY(hf_api_text(rq, "department", false, HF_NAME_MAX, &in->department));
	HF_TRY(hf_api_text(rq, "role", false, HF_NAME_MAX, &in->role));
	HF_TRY(hf_api_text(rq, "system", false, HF_NAME_MAX, &in->system));
	HF_TRY(hf_api_text(rq, "business", false, 191, &in->business));
	HF_TRY(hf_api_text(rq, "purpose", false, 127, &in->purpose));
	HF_TRY(hf_api_text(rq, "plan", false, HF_NAME_MAX, &in->plan));
	HF_TRY(hf_api_bool(rq, "as_delivered", false, &plain));
	if (plain == (*in->plan != '\0'))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "a view has either a plan (--plan NAME) or shows the data as it was delivered "
		                    "(--as-delivered)");
	return plain ? HF_OK : check_plan(rq, in->plan);
}

static enum hf_err set(struct hf_api_request *rq)
{
	const struct hf_step_in step = step_of(rq);
	struct hf_data_view_in in = {.name = NULL};
	struct hf_id view;
	HF_TRY(read_view(rq, &in));
	HF_TRY(hf_data_view_set(rq->m->authz, &step, &in, &view));
	hf_api_out_id(rq->out, "view", &view);
	hf_api_out_text(rq->out, "name", in.name);
	return HF_OK;
}

static enum hf_err remove_view(struct hf_api_request *rq)
{
	const struct hf_step_in step = step_of(rq);
	struct hf_id entry;
	const char *name;
	HF_TRY(hf_api_id(rq, "entry", true, &entry));
	HF_TRY(hf_api_text(rq, "name", true, HF_NAME_MAX, &name));
	HF_TRY(hf_data_view_remove(rq->m->authz, &step, &entry, name));
	hf_api_out_text(rq->out, "name", name);
	return HF_OK;
}

static bool add(void *ctx, const Hufu__DataViewRow *row)
{
	struct hf_api_rows *l = ctx;
	if (hf_api_rows_full(l))
		return false;
	json_t *o = json_object();
	hf_api_out_id_of(o, "entry", &row->resource);
	hf_api_out_text(o, "name", row->name);
	hf_api_out_id_of(o, "view", &row->view);
	hf_api_out_text(o, "department", row->department);
	hf_api_out_text(o, "role", row->role);
	hf_api_out_text(o, "system", row->system);
	hf_api_out_text(o, "business", row->business);
	hf_api_out_text(o, "purpose", row->purpose);
	hf_api_out_text(o, "plan", row->plan);
	json_object_set_new(o, "as_delivered", json_boolean(!row->plan[0]));
	hf_api_out_text(o, "by", row->set_by);
	hf_api_out_time_if(o, "set", row->set_ms);
	json_array_append_new(l->list, o);
	return true;
}

static enum hf_err list(struct hf_api_request *rq)
{
	struct hf_api_rows rows = {.rq = rq};
	struct hf_id entry;
	HF_TRY(hf_api_id(rq, "entry", false, &entry));
	HF_TRY(hf_api_rows_begin(rq, "views", &rows));
	return hf_data_views(rq->m->authz, hf_id_is_zero(&entry) ? NULL : &entry, add, &rows);
}

const struct hf_route hf_routes_data_view[] = {
        {"POST", "/v1/data/views", HF_MAY_MASK_POLICY, HF_EVENT_MASK_POLICY, set, 0},
        {"POST", "/v1/data/views/remove", HF_MAY_MASK_POLICY, HF_EVENT_MASK_POLICY, remove_view, 0},
        {"GET", "/v1/data/views", HF_MAY_STATUS, HF_EVENT_INVALID, list, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
