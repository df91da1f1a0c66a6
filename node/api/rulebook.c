/* rulebook.c - the routes of policies, holds and allowed mechanisms; judged in node/authz/rulebook.c and holds.c. */
#include "authz/rulebook.h"

#include <stdlib.h>
#include <string.h>

#include "api/rows.h"
#include "api/sight.h"

/* Policies and holds speak of all departments, of what they publish and to whom: somebody who acts for one of them
 * alone sees neither, unless his permissions are for the whole organization. */
static enum hf_err check_sight(struct hf_api_request *rq, const char *what)
{
	if (hf_api_sees(rq, "", ""))
		return HF_OK;
	return hf_fault_set(&rq->fault, HF_E_PERMISSION,
	                    "%s concern the whole organization, and this account acts for one department; ask an "
	                    "approver or an administrator",
	                    what);
}

/* ---- policies ---- */

static enum hf_err apply_built(struct hf_api_request *rq)
{
	HF_TRY(hf_api_again(rq));
	struct hf_step_in step = hf_api_step(rq);
	struct hf_policy_set set;
	const char *text, *reason = "";
	HF_TRY(hf_api_text(rq, "policy", true, HF_POLICY_TEXT_MAX, &text));
	HF_TRY(hf_api_text(rq, "reason", false, HF_MAX_TEXT, &reason));
	HF_TRY(hf_authz_policy_apply(rq->m->authz, &step, text, reason, &set));
	hf_api_out_text(rq->out, "name", set.name);
	json_object_set_new(rq->out, "version", json_integer((json_int_t)set.version));
	json_object_set_new(rq->out, "rules", json_integer((json_int_t)set.rules));
	json_object_set_new(rq->out, "sequence", json_integer((json_int_t)set.sequence));
	return HF_OK;
}

static void on_built(void *ctx, enum hf_err e, const struct hf_fault *f)
{
	struct hf_api_request *rq = ctx;
	if (e != HF_OK)
		rq->fault = *f;
	hf_api_finish(rq, e == HF_OK ? apply_built(rq) : e);
}

/* Many rules take long to build, and everything else goes on meanwhile. */
static enum hf_err apply_policy(struct hf_api_request *rq)
{
	const char *text;
	HF_TRY(hf_api_text(rq, "policy", true, HF_POLICY_TEXT_MAX, &text));
	hf_api_later(rq);
	return hf_authz_policy_prepare(rq->m->authz, text, on_built, rq, &rq->fault);
}

static void out_policy(json_t *o, const Hufu__PolicyRow *r)
{
	json_object_set_new(o, "sequence", json_integer((json_int_t)r->sequence));
	hf_api_out_text(o, "name", r->name);
	json_object_set_new(o, "version", json_integer((json_int_t)r->version));
	json_object_set_new(o, "rules", json_integer((json_int_t)r->rules));
	hf_api_out_text(o, "by", r->by);
	hf_api_out_text(o, "reason", r->reason);
	hf_api_out_time(o, "time", r->time_ms);
	hf_api_out_hex(o, "digest", r->digest.data, r->digest.len);
}

static bool add_policy(void *ctx, const Hufu__PolicyRow *r)
{
	json_t *o = json_object();
	out_policy(o, r);
	json_array_append_new(ctx, o);
	return json_array_size(ctx) < 1000;
}

static enum hf_err list_policies(struct hf_api_request *rq)
{
	HF_TRY(check_sight(rq, "policies"));
	json_t *list = json_array();
	json_object_set_new(rq->out, "policies", list);
	return hf_authz_policies(rq->m->authz, add_policy, list);
}

static enum hf_err show_policy(struct hf_api_request *rq)
{
	Hufu__PolicyRow *row = NULL;
	int64_t sequence = 0;
	HF_TRY(check_sight(rq, "policies"));
	HF_TRY(hf_api_int(rq, "sequence", false, 1, INT64_MAX, &sequence));
	enum hf_err e = hf_authz_policy(rq->m->authz, (uint64_t)sequence, &row);
	if (e == HF_E_UNKNOWN)
		return sequence ? hf_fault_set(&rq->fault, e,
		                               "there is no policy %lld at this node; `hufu policy history` lists them",
		                               (long long)sequence)
		                : hf_fault_set(&rq->fault, e,
		                               "no policy was applied at this node; `hufu policy apply FILE` does");
	HF_TRY(hf_fault_default(&rq->fault, e));
	out_policy(rq->out, row);
	json_object_set_new(rq->out, "policy", json_stringn((const char *)row->text.data, row->text.len));
	hf_decoded_free(row);
	return HF_OK;
}

static enum hf_err set_mechanisms(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	const char **list = NULL;
	size_t count = 0;
	struct hf_id entry;
	HF_TRY(hf_api_id(rq, "entry", true, &entry));
	HF_TRY(hf_api_list(rq, "mechanisms", true, 8, &list, &count));
	enum hf_err e = hf_authz_mechanisms(rq->m->authz, &step, &entry, list, count);
	free(list);
	HF_TRY(e);
	hf_api_out_id(rq->out, "entry", &entry);
	return HF_OK;
}

/* ---- holds ---- */

static enum hf_err place_hold(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	const char *kind, *target, *reason;
	struct hf_id id;
	HF_TRY(hf_api_text(rq, "kind", true, 16, &kind));
	HF_TRY(hf_api_text(rq, "target", true, HF_NAME_MAX * 2 + 2, &target));
	HF_TRY(hf_api_text(rq, "reason", true, HF_MAX_TEXT, &reason));
	HF_TRY(hf_authz_hold(rq->m->authz, &step, kind, target, reason, &id));
	hf_api_out_id(rq->out, "hold", &id);
	return HF_OK;
}

static enum hf_err lift_hold(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	const char *reason;
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "hold", true, &id));
	HF_TRY(hf_api_text(rq, "reason", true, HF_MAX_TEXT, &reason));
	HF_TRY(hf_authz_unhold(rq->m->authz, &step, &id, reason));
	hf_api_out_id(rq->out, "hold", &id);
	return HF_OK;
}

static bool add_hold(void *ctx, const Hufu__AccessHoldRow *r)
{
	json_t *o = json_object();
	struct hf_id id;
	if (hf_id_from_bytes(r->id.data, r->id.len, &id))
		hf_api_out_id(o, "hold", &id);
	hf_api_out_text(o, "state", r->lifted_ms ? "lifted" : "in force");
	hf_api_out_text(o, "kind", r->kind);
	hf_api_out_text(o, "target", r->target);
	hf_api_out_text(o, "reason", r->reason);
	hf_api_out_text(o, "placed_by", r->placed_by);
	hf_api_out_time(o, "placed", r->placed_ms);
	if (r->lifted_ms) {
		hf_api_out_text(o, "lifted_by", r->lifted_by);
		hf_api_out_text(o, "lift_reason", r->lift_reason);
		hf_api_out_time(o, "lifted", r->lifted_ms);
	}
	json_array_append_new(ctx, o);
	return json_array_size(ctx) < 1000;
}

static enum hf_err list_holds(struct hf_api_request *rq)
{
	HF_TRY(check_sight(rq, "holds"));
	json_t *list = json_array();
	json_object_set_new(rq->out, "holds", list);
	return hf_authz_holds(rq->m->authz, add_hold, list);
}

const struct hf_route hf_routes_rulebook[] = {
        {"POST", "/v1/policy/apply", HF_MAY_APPROVE, HF_EVENT_POLICY_APPLY, apply_policy, 0},
        {"GET", "/v1/policy", HF_MAY_STATUS, HF_EVENT_INVALID, show_policy, 0},
        {"GET", "/v1/policy/history", HF_MAY_STATUS, HF_EVENT_INVALID, list_policies, 0},
        {"POST", "/v1/policy/mechanisms", HF_MAY_APPROVE, HF_EVENT_MECHANISMS, set_mechanisms, 0},
        {"POST", "/v1/holds/place", HF_MAY_APPROVE, HF_EVENT_HOLD_PLACE, place_hold, 0},
        {"POST", "/v1/holds/lift", HF_MAY_APPROVE, HF_EVENT_HOLD_LIFT, lift_hold, 0},
        {"GET", "/v1/holds", HF_MAY_STATUS, HF_EVENT_INVALID, list_holds, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
