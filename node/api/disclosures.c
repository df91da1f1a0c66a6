/* disclosures.c - routes of the disclosure ledger: what was given out, and what may be given out all the same.
 */
#include "release/disclosures.h"

#include <string.h>

#include "api/rows.h"
#include "proto/codec.h"
#include "release/plans.h"

/* People know it by the name of a source. */
static enum hf_err dataset_of(struct hf_api_request *rq, char out[HF_NAME_MAX + 1])
{
	const char *source;

	HF_TRY(hf_api_text(rq, "dataset", true, HF_NAME_MAX, &source));
	return hf_disclosure_dataset(rq->m->store, rq->m->sources, source, out, &rq->fault);
}

static enum hf_err show(struct hf_api_request *rq)
{
	char dataset[HF_NAME_MAX + 1];
	const char *field;
	json_t *shown = NULL;

	HF_TRY(dataset_of(rq, dataset));
	HF_TRY(hf_api_text(rq, "field", false, HF_MAX_TEXT, &field));
	HF_TRY(hf_disclosures_show(rq->m->store, dataset, *field ? field : NULL, &shown));
	json_object_update(rq->out, shown);
	json_decref(shown);
	return HF_OK;
}

/* A plan has one table mostly. */
static enum hf_err table_of(struct hf_api_request *rq, const struct hf_plan *p, const char **table)
{
	if (!**table && p->table_count > 1)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "the plan %.60s has %zu tables; name the one with --table", p->name,
		                    p->table_count);
	if (!**table)
		*table = p->tables[0].name;
	return HF_OK;
}

/* plan NULL: without one. */
static enum hf_err allow_it(struct hf_api_request *rq, struct hf_disclosure_in *in, const char *reason)
{
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "disclosure of %s", in->dataset);
	if (in->plan) {
		HF_TRY(table_of(rq, in->plan, &in->table));
		hf_draft_textf(rq->draft, HF_FIELD_DETAIL, "plan %s version %u, table %s, to %s: %s", in->plan->name,
		               in->plan->version, in->table, in->recipient, reason);
		hf_draft_bytes(rq->draft, HF_FIELD_DIGEST, in->plan->digest.b, sizeof(in->plan->digest.b));
	} else {
		hf_draft_textf(rq->draft, HF_FIELD_DETAIL, "without a plan, to %s: %s", in->recipient, reason);
	}
	HF_TRY(hf_disclosure_allow(rq->unit, in, rq->actor->account, reason, &rq->fault));
	hf_api_out_text(rq->out, "dataset", in->dataset);
	hf_api_out_text(rq->out, "plan", in->plan ? in->plan->name : "");
	hf_api_out_text(rq->out, "recipient", in->recipient);
	return HF_OK;
}

static enum hf_err what(struct hf_api_request *rq, struct hf_plan **ret_plan)
{
	const char *name;
	bool plain;

	HF_TRY(hf_api_text(rq, "plan", false, HF_NAME_MAX, &name));
	HF_TRY(hf_api_bool(rq, "plain", false, &plain));
	if (plain == (*name != 0))
		return hf_fault_set(
		        &rq->fault, HF_E_ARGUMENT,
		        "say what is allowed: a plan by its name, or 'plain' for what goes out without one");
	return plain ? HF_OK : hf_release_plan(rq->m->release, name, ret_plan, &rq->fault);
}

static enum hf_err allow(struct hf_api_request *rq)
{
	char dataset[HF_NAME_MAX + 1];
	struct hf_disclosure_in in = {.dataset = dataset, .now_ms = hf_now_ms(&rq->m->base->clock)};
	const char *reason;
	struct hf_plan *plan = NULL;
	enum hf_err e;

	hf_draft_text(rq->draft, HF_FIELD_OBJECT, "disclosure");
	HF_TRY(dataset_of(rq, dataset));
	HF_TRY(hf_api_text(rq, "recipient", true, HF_MASK_SCOPE_TEXT_MAX, &in.recipient));
	HF_TRY(hf_api_text(rq, "table", false, HF_MAX_TEXT, &in.table));
	HF_TRY(hf_api_text(rq, "reason", true, HF_MAX_TEXT, &reason));
	HF_TRY(what(rq, &plan));
	in.plan = plan;
	e = allow_it(rq, &in, reason);
	hf_plan_free(plan);
	return e;
}

const struct hf_route hf_routes_disclosures[] = {
        {"GET", "/v1/release/disclosures", HF_MAY_STATUS, HF_EVENT_INVALID, show, 0},
        {"POST", "/v1/release/disclosures/allow", HF_MAY_MASK_POLICY, HF_EVENT_DISCLOSURE_ALLOWED, allow, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
