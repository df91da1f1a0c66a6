/* rights.c - routes of changes of rights that wait for another administrator (DS-115). */
#include "identity/rights.h"

#include "exchange/exchange.h"

#include "api/rows.h"

static bool list_change(void *ctx, const Hufu__RightChangeRow *row)
{
	json_t *o = json_object(), *roles = json_array();
	for (size_t i = 0; i < row->n_roles; i++)
		json_array_append_new(roles, json_string(row->roles[i]));
	hf_api_out_id_of(o, "change", &row->change);
	hf_api_out_text(o, "account", row->account);
	json_object_set_new(o, "roles", roles);
	hf_api_out_text(o, "by", row->asked_by);
	hf_api_out_time_if(o, "asked", row->asked_ms);
	json_array_append_new(ctx, o);
	return true;
}

static enum hf_err changes(struct hf_api_request *rq)
{
	json_t *list = json_array();
	json_object_set_new(rq->out, "changes", list);
	return hf_rights_list(rq->m->identity, list_change, list);
}

static enum hf_err answer(struct hf_api_request *rq, bool approve)
{
	const char *account;
	struct hf_id change;
	HF_TRY(hf_api_text(rq, "account", true, HF_NAME_MAX, &account));
	HF_TRY(hf_api_id(rq, "change", true, &change));
	hf_draft_text(rq->draft, HF_FIELD_OBJECT, account);
	return hf_rights_answer(rq->m->identity, rq->actor, rq->unit, account, &change, approve, rq->draft, &rq->fault);
}

static enum hf_err approve(struct hf_api_request *rq)
{
	return answer(rq, true);
}

static enum hf_err reject(struct hf_api_request *rq)
{
	return answer(rq, false);
}

const struct hf_route hf_routes_rights[] = {
        {"GET", "/v1/users/changes", HF_MAY_MANAGE_USERS, HF_EVENT_INVALID, changes, 0},
        {"POST", "/v1/users/changes/approve", HF_MAY_MANAGE_USERS, HF_EVENT_USER_CHANGE, approve, HF_ROUTE_TWO_FACTORS},
        {"POST", "/v1/users/changes/reject", HF_MAY_MANAGE_USERS, HF_EVENT_USER_CHANGE, reject, HF_ROUTE_TWO_FACTORS},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
