/*
 * agent.c - the routes of agents: a provider delegates, questions and withdraws; both sides see what stands. Judged in
 * node/authz.
 */
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "authz/delegation.h"

#define LIST_MOST 1000

static struct hf_step_in step_of(struct hf_api_request *rq)
{
	return (struct hf_step_in){rq->actor, rq->unit, rq->draft, &rq->fault};
}

static void out_text(json_t *o, const char *name, const char *text)
{
	json_object_set_new(o, name, json_string(text ? text : ""));
}

struct listing {
	struct hf_api_request *rq;
	json_t *list;
	enum hf_err error;
};

static json_t *resources_json(const Hufu__Delegation *d)
{
	json_t *a = json_array();
	char text[HF_ID_TEXT];
	struct hf_id id;
	for (size_t i = 0; i < d->n_resources; i++)
		if (hf_id_from_bytes(d->resources[i].data, d->resources[i].len, &id)) {
			hf_id_text(&id, text);
			json_array_append_new(a, json_string(text));
		}
	return a;
}

static bool add_delegation(void *ctx, const Hufu__DelegationRow *row, const Hufu__Delegation *d)
{
	struct listing *l = ctx;
	struct hf_delegation_count n = {.decided = 0};
	struct hf_id id;
	json_t *o = json_object();
	l->error = hf_delegation_counts(l->rq->m->authz, d, &n);
	if (hf_id_from_bytes(row->id.data, row->id.len, &id))
		hf_api_out_id(o, "delegation", &id);
	out_text(o, "state", d->ended ? "ENDED" : "IN FORCE");
	out_text(o, "provider", row->provider);
	out_text(o, "agent", d->agent);
	out_text(o, "level", d->level);
	json_object_set_new(o, "decides", json_boolean(d->decides));
	json_object_set_new(o, "resources", resources_json(d));
	hf_api_out_time(o, "from", d->from_ms);
	hf_api_out_time(o, "until", d->until_ms);
	out_text(o, "signed_by", row->signed_by);
	out_text(o, "reason", d->reason);
	json_object_set_new(o, "decided", json_integer((json_int_t)n.decided));
	json_object_set_new(o, "unfiled", json_integer((json_int_t)n.unfiled));
	json_object_set_new(o, "on_the_way", json_integer((json_int_t)n.on_the_way));
	if (n.oldest_ms)
		hf_api_out_time(o, "unfiled_since", n.oldest_ms);
	json_array_append_new(l->list, o);
	return l->error == HF_OK && json_array_size(l->list) < LIST_MOST;
}

static enum hf_err list_delegations(struct hf_api_request *rq)
{
	struct listing l = {rq, json_array(), HF_OK};
	json_object_set_new(rq->out, "delegations", l.list);
	HF_TRY(hf_delegations(rq->m->authz, add_delegation, &l));
	return l.error;
}

static enum hf_err read_ids(struct hf_api_request *rq, struct hf_id *ids, size_t *ret_count)
{
	const char **texts = NULL;
	enum hf_err e = hf_api_list(rq, "resources", true, HF_DELEGATION_RESOURCES_MAX, &texts, ret_count);
	for (size_t i = 0; e == HF_OK && i < *ret_count; i++)
		if (!hf_id_parse(texts[i], &ids[i]))
			e = hf_fault_set(&rq->fault, HF_E_ARGUMENT,
			                 "field 'resources' holds '%.60s', which is no id of an entry", texts[i]);
	free(texts);
	return e;
}

static enum hf_err delegate(struct hf_api_request *rq)
{
	struct hf_id ids[HF_DELEGATION_RESOURCES_MAX], id;
	struct hf_delegation_in in = {.resources = ids};
	struct hf_step_in step = step_of(rq);
	HF_TRY(hf_api_text(rq, "agent", true, HF_NAME_MAX, &in.agent));
	HF_TRY(hf_api_text(rq, "level", true, 63, &in.level));
	HF_TRY(hf_api_time(rq, "from", false, &in.from_ms));
	HF_TRY(hf_api_time(rq, "until", true, &in.until_ms));
	HF_TRY(hf_api_bool(rq, "decides", false, &in.decides));
	HF_TRY(read_ids(rq, ids, &in.resource_count));
	HF_TRY(hf_delegate(rq->m->authz, &step, &in, &id));
	hf_api_out_id(rq->out, "delegation", &id);
	return HF_OK;
}

typedef enum hf_err (*act_fn)(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *id,
                              const char *reason);

static enum hf_err act(struct hf_api_request *rq, const char *object, bool reasoned, act_fn fn)
{
	struct hf_step_in step = step_of(rq);
	struct hf_id id;
	const char *reason = "";
	HF_TRY(hf_api_id(rq, object, true, &id));
	HF_TRY(hf_api_text(rq, "reason", reasoned, HF_MAX_TEXT, &reason));
	HF_TRY(fn(rq->m->authz, &step, &id, reason));
	hf_api_out_id(rq->out, object, &id);
	return HF_OK;
}

static enum hf_err end(struct hf_api_request *rq)
{
	return act(rq, "delegation", true, hf_delegation_end);
}

static enum hf_err question(struct hf_api_request *rq)
{
	return act(rq, "grant", true, hf_delegation_question);
}

static enum hf_err withdraw(struct hf_api_request *rq)
{
	return act(rq, "grant", true, hf_delegation_withdraw);
}

static enum hf_err file(struct hf_api_request *rq)
{
	return act(rq, "grant", false, hf_delegation_file);
}

const struct hf_route hf_routes_agent[] = {
        {"POST", "/v1/agents/delegate", HF_MAY_APPROVE, HF_EVENT_DELEGATION, delegate, 0},
        {"POST", "/v1/agents/end", HF_MAY_APPROVE, HF_EVENT_DELEGATION, end, 0},
        {"POST", "/v1/agents/question", HF_MAY_APPROVE, HF_EVENT_AGENT_QUESTION, question, 0},
        {"POST", "/v1/agents/file", HF_MAY_APPROVE, HF_EVENT_AGENT_FILED, file, 0},
        {"POST", "/v1/agents/withdraw", HF_MAY_APPROVE, HF_EVENT_REVOCATION, withdraw, 0},
        {"GET", "/v1/agents", HF_MAY_STATUS, HF_EVENT_INVALID, list_delegations, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
