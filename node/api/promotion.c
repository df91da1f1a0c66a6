/* promotion.c - the routes of grants that become a rule; judged in node/authz/promotion*.c. */
#include "authz/promotion.h"

#include <stdlib.h>
#include <string.h>

#include "api/rows.h"
#include "api/sight.h"

#define LIST_MOST 1000

/* A promotion speaks of the grants of all departments. */
static enum hf_err check_sight(struct hf_api_request *rq)
{
	if (hf_api_sees(rq, "", ""))
		return HF_OK;
	return hf_fault_set(&rq->fault, HF_E_PERMISSION,
	                    "promotions concern the whole organization, and this account acts for one department; ask "
	                    "an approver or an administrator");
}

static json_t *texts_json(char *const *list, size_t count)
{
	json_t *a = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(a, json_string(list[i]));
	return a;
}

static json_t *members_json(const Hufu__PromotionTerms *t)
{
	json_t *a = json_array();
	for (size_t i = 0; i < t->n_members; i++) {
		const Hufu__PromotionMember *m = t->members[i];
		json_t *o = json_object();
		hf_api_out_text(o, "organization", m->organization);
		hf_api_out_text(o, "department", m->department);
		hf_api_out_text(o, "system", m->system);
		hf_api_out_text(o, "address", m->address);
		json_object_set_new(o, "fields", texts_json(m->fields, m->n_fields));
		json_object_set_new(o, "obligations", texts_json(m->obligations, m->n_obligations));
		hf_api_out_time(o, "until", m->until_ms);
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *sources_json(const Hufu__PromotionTerms *t)
{
	json_t *a = json_array();
	for (size_t i = 0; i < t->n_sources; i++) {
		const Hufu__PromotionSource *s = t->sources[i];
		json_t *o = json_object();
		hf_api_out_id_of(o, "grant", &s->grant);
		hf_api_out_text(o, "organization", s->organization);
		hf_api_out_text(o, "department", s->department);
		hf_api_out_text(o, "system", s->system);
		hf_api_out_text(o, "address", s->address);
		hf_api_out_time(o, "until", s->until_ms);
		hf_api_out_text(o, "becomes", s->kept ? "stays" : "superseded");
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *differences_json(const Hufu__PromotionTerms *t)
{
	json_t *a = json_array();
	for (size_t i = 0; i < t->n_differences; i++) {
		const Hufu__PromotionDifference *d = t->differences[i];
		json_t *o = json_object();
		hf_api_out_text(o, "attribute", d->attribute);
		hf_api_out_text(o, "rule_is", d->wider ? "wider" : "narrower");
		hf_api_out_text(o, "who", d->who);
		hf_api_out_text(o, "granted", d->granted);
		hf_api_out_text(o, "rule", d->rule);
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *promotion_json(const Hufu__PromotionRow *r, bool whole)
{
	const Hufu__PromotionTerms *t = r->terms;
	json_t *o = json_object();
	hf_api_out_id_of(o, "promotion", &r->id);
	hf_api_out_id_of(o, "transaction", &r->txn);
	hf_api_out_text(o, "state", hf_promotion_state_name(r));
	hf_api_out_text(o, "reason", r->reason);
	hf_api_out_text(o, "proposed_by", r->proposed_by);
	hf_api_out_text(o, "decided_by", r->decided_by);
	hf_api_out_text(o, "ended_by", r->ended_by);
	hf_api_out_time_if(o, "proposed", r->proposed_ms);
	hf_api_out_time_if(o, "decided", r->decided_ms);
	hf_api_out_time_if(o, "ended", r->ended_ms);
	hf_api_out_text(o, "title", r->title);
	if (!t)
		return o;
	hf_api_out_id_of(o, "resource", &t->resource);
	hf_api_out_text(o, "purpose", t->purpose);
	json_object_set_new(o, "wider", texts_json(t->wider, t->n_wider));
	json_object_set_new(o, "grant_count", json_integer((json_int_t)t->n_sources));
	json_object_set_new(o, "member_count", json_integer((json_int_t)t->n_members));
	if (!whole)
		return o;
	json_object_set_new(o, "members", members_json(t));
	json_object_set_new(o, "grants", sources_json(t));
	json_object_set_new(o, "differences", differences_json(t));
	return o;
}

static bool add_promotion(void *ctx, const Hufu__PromotionRow *r)
{
	json_array_append_new(ctx, promotion_json(r, false));
	return json_array_size(ctx) < LIST_MOST;
}

static enum hf_err list_promotions(struct hf_api_request *rq)
{
	HF_TRY(check_sight(rq));
	json_t *list = json_array();
	json_object_set_new(rq->out, "promotions", list);
	return hf_promotions(rq->m->authz, add_promotion, list);
}

static enum hf_err show_promotion(struct hf_api_request *rq)
{
	Hufu__PromotionRow *row = NULL;
	struct hf_id id;
	char text[HF_ID_TEXT];
	HF_TRY(check_sight(rq));
	HF_TRY(hf_api_id(rq, "promotion", true, &id));
	if (hf_promotion(rq->m->authz, &id, &row) != HF_OK) {
		hf_id_text(&id, text);
		return hf_fault_set(&rq->fault, HF_E_UNKNOWN,
		                    "there is no promotion %s at this node; `hufu promote list` lists them", text);
	}
	json_t *o = promotion_json(row, true);
	json_object_update(rq->out, o);
	json_decref(o);
	hf_decoded_free(row);
	return HF_OK;
}

static bool add_candidate(void *ctx, const struct hf_promotion_candidate *c)
{
	json_t *o = json_object();
	hf_api_out_id(o, "resource", &c->resource);
	hf_api_out_text(o, "purpose", c->purpose);
	json_object_set_new(o, "grants", json_integer(c->grants));
	json_object_set_new(o, "organizations", json_integer(c->organizations));
	hf_api_out_time(o, "first_until", c->first_until_ms);
	hf_api_out_time(o, "last_until", c->last_until_ms);
	json_array_append_new(ctx, o);
	return json_array_size(ctx) < LIST_MOST;
}

static enum hf_err list_candidates(struct hf_api_request *rq)
{
	HF_TRY(check_sight(rq));
	json_t *list = json_array();
	json_object_set_new(rq->out, "candidates", list);
	hf_promotion_candidates(rq->m->authz, add_candidate, list);
	return HF_OK;
}

/* ---- taking steps ---- */

static enum hf_err read_grants(struct hf_api_request *rq, struct hf_id list[HF_PROMOTION_GRANTS_MAX], size_t *ret_count)
{
	const char **texts = NULL;
	size_t count = 0;
	enum hf_err e = hf_api_list(rq, "grants", false, HF_PROMOTION_GRANTS_MAX, &texts, &count);
	for (size_t i = 0; i < count && e == HF_OK; i++)
		if (!hf_id_parse(texts[i], &list[i]))
			e = hf_fault_set(&rq->fault, HF_E_ARGUMENT,
			                 "'%.60s' in field 'grants' is no identifier; `hufu grants` lists them",
			                 texts[i]);
	free(texts);
	*ret_count = e == HF_OK ? count : 0;
	return e;
}

static enum hf_err propose(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	struct hf_id grants[HF_PROMOTION_GRANTS_MAX], id;
	struct hf_promotion_in in = {.purpose = "", .grants = grants, .reason = ""};
	const char **any = NULL, **fields = NULL;
	HF_TRY(check_sight(rq));
	HF_TRY(hf_api_id(rq, "entry", true, &in.entry));
	HF_TRY(hf_api_text(rq, "purpose", false, 127, &in.purpose));
	HF_TRY(hf_api_text(rq, "reason", true, HF_MAX_TEXT, &in.reason));
	HF_TRY(hf_api_time(rq, "until", false, &in.until_ms));
	HF_TRY(read_grants(rq, grants, &in.grant_count));
	HF_TRY(hf_api_list(rq, "any", false, 8, &any, &in.any_count));
	enum hf_err e = hf_api_list(rq, "fields", false, HF_MAX_FIELDS, &fields, &in.field_count);
	in.any = any;
	in.fields = fields;
	if (e == HF_OK)
		e = hf_promotion_propose(rq->m->authz, &step, &in, &id);
	free(any);
	free(fields);
	HF_TRY(e);
	hf_api_out_id(rq->out, "promotion", &id);
	return HF_OK;
}

static enum hf_err decide(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	const char *result = "", *reason = "", **wider = NULL;
	struct hf_id id;
	size_t count = 0;
	HF_TRY(check_sight(rq));
	HF_TRY(hf_api_id(rq, "promotion", true, &id));
	HF_TRY(hf_api_text(rq, "result", true, 16, &result));
	HF_TRY(hf_api_text(rq, "reason", false, HF_MAX_TEXT, &reason));
	HF_TRY(hf_api_list(rq, "wider", false, 16, &wider, &count));
	enum hf_err e = hf_promotion_decide(rq->m->authz, &step, &id, result, wider, count, reason);
	free(wider);
	HF_TRY(e);
	hf_api_out_id(rq->out, "promotion", &id);
	hf_api_out_text(rq->out, "result", result);
	return HF_OK;
}

static enum hf_err end(struct hf_api_request *rq)
{
	struct hf_step_in step = hf_api_step(rq);
	const char *reason = "";
	bool restore = false;
	struct hf_id id;
	HF_TRY(check_sight(rq));
	HF_TRY(hf_api_id(rq, "promotion", true, &id));
	HF_TRY(hf_api_text(rq, "reason", true, HF_MAX_TEXT, &reason));
	HF_TRY(hf_api_bool(rq, "restore", false, &restore));
	HF_TRY(hf_promotion_end(rq->m->authz, &step, &id, restore, reason));
	hf_api_out_id(rq->out, "promotion", &id);
	return HF_OK;
}

const struct hf_route hf_routes_promotion[] = {
        {"POST", "/v1/promotions/propose", HF_MAY_PUBLISH, HF_EVENT_PROMOTION, propose, 0},
        {"POST", "/v1/promotions/decide", HF_MAY_APPROVE, HF_EVENT_PROMOTION, decide, 0},
        {"POST", "/v1/promotions/end", HF_MAY_APPROVE, HF_EVENT_PROMOTION, end, 0},
        {"GET", "/v1/promotions", HF_MAY_STATUS, HF_EVENT_INVALID, list_promotions, 0},
        {"GET", "/v1/promotions/show", HF_MAY_STATUS, HF_EVENT_INVALID, show_promotion, 0},
        {"GET", "/v1/promotions/candidates", HF_MAY_STATUS, HF_EVENT_INVALID, list_candidates, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
