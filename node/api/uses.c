/*
 * uses.c - routes of the uses of grants: each use as this node counted it, as the consumer reported it, and whether the
 * two agree; and of the review that looks at grants which are over or not used.
 */
#include "authz/uses.h"

#include <string.h>

#include "api/rows.h"
#include "authz/border.h"
#include "authz/delegation.h"
#include "authz/grant_review.h"
#include "proto/codec.h"

#define ROWS_MAX 1000

static void out_id(json_t *o, const char *name, const ProtobufCBinaryData *b)
{
	struct hf_id id;
	if (hf_id_from_bytes(b->data, b->len, &id))
		hf_api_out_id(o, name, &id);
}

struct listing {
	struct hf_api_request *rq;
	json_t *rows;
};

/* AZ-37: it rested on an agent's decision that was not on file then. */
static void out_unfiled(const struct listing *l, json_t *o, const Hufu__GrantUseRow *row)
{
	struct hf_id grant;
	int64_t since = 0;
	if (hf_id_from_bytes(row->grant.data, row->grant.len, &grant))
		since = hf_delegation_unfiled_ms(l->rq->m->authz, &grant, row->begun_ms);
	if (since)
		hf_api_out_time(o, "unfiled_since", since);
}

static bool add_use(void *ctx, const Hufu__GrantUseRow *row)
{
	static const char *const states[] = {"", "under-way", "used", "released"};
	const struct listing *l = ctx;
	json_t *o = json_object();
	out_id(o, "transaction", &row->transfer);
	out_id(o, "grant", &row->grant);
	out_id(o, "resource", &row->resource);
	json_object_set_new(o, "role", json_string(row->provider ? "provider" : "consumer"));
	json_object_set_new(o, "state", json_string(row->state < 4 ? states[row->state] : ""));
	json_object_set_new(o, "peer", json_string(row->peer));
	json_object_set_new(o, "system", json_string(row->system));
	json_object_set_new(o, "purpose", json_string(row->purpose));
	json_object_set_new(o, "rows", json_integer((json_int_t)row->rows));
	json_object_set_new(o, "bytes", json_integer((json_int_t)row->bytes));
	hf_api_out_time(o, "begun", row->begun_ms);
	if (row->ended_ms)
		hf_api_out_time(o, "ended", row->ended_ms);
	if (row->reported_ms)
		hf_api_out_time(o, "reported", row->reported_ms);
	out_unfiled(l, o, row);
	json_object_set_new(o, "difference", json_string(row->difference));
	json_array_append_new(l->rows, o);
	return json_array_size(l->rows) < ROWS_MAX;
}

static json_t *count_json(const struct hf_use_count *c)
{
	json_t *o = json_object();
	if (c->most != UINT64_MAX)
		json_object_set_new(o, "most", json_integer((json_int_t)c->most));
	json_object_set_new(o, "under_way", json_integer((json_int_t)c->reserved));
	json_object_set_new(o, "used", json_integer((json_int_t)c->committed));
	json_object_set_new(o, "reported", json_integer((json_int_t)c->reported));
	json_object_set_new(o, "differing", json_integer((json_int_t)c->differing));
	return o;
}

static enum hf_err list(struct hf_api_request *rq)
{
	struct hf_grant_view g;
	struct hf_use_count c;
	struct hf_id id = {{0}};
	struct listing l = {rq, json_array()};
	json_object_set_new(rq->out, "uses", l.rows);
	HF_TRY(hf_api_id(rq, "grant", false, &id));
	if (hf_id_is_zero(&id))
		return hf_authz_uses(rq->m->authz, NULL, add_use, &l);
	if (hf_authz_grant(rq->m->authz, &id, &g) != HF_OK)
		return hf_fault_set(&rq->fault, HF_E_UNKNOWN, "this node has no such grant; `hufu grants` lists them");
	bool provider = strcmp(g.provider, rq->m->base->self.s) == 0;
	HF_TRY(hf_authz_use_count(rq->m->authz, &g.grant, provider, &c));
	json_object_set_new(rq->out, "count", count_json(&c));
	return hf_authz_uses(rq->m->authz, &g.grant, add_use, &l);
}

static enum hf_err border(struct hf_api_request *rq)
{
	uint64_t reserved = 0, committed = 0;
	HF_TRY(hf_authz_border_count(rq->m->authz, hf_now_ms(&rq->m->base->clock), &reserved, &committed));
	json_object_set_new(rq->out, "persons_reserved", json_integer((json_int_t)reserved));
	json_object_set_new(rq->out, "persons_committed", json_integer((json_int_t)committed));
	json_object_set_new(rq->out, "share_percent", json_integer((json_int_t)hf_authz_border_share(rq->m->authz)));
	json_object_set_new(rq->out, "counted_by", json_string("rows, which is never less than distinct persons"));
	return HF_OK;
}

/* ---- the review (DS-28) ---- */

static bool add_finding(void *ctx, const struct hf_grant_finding *f)
{
	json_t *o = json_object();
	hf_api_out_id(o, "grant", &f->grant.grant);
	hf_api_out_id(o, "resource", &f->grant.resource);
	json_object_set_new(o, "finding", json_string(f->finding));
	json_object_set_new(o, "mechanism", json_string(f->grant.mechanism));
	json_object_set_new(o, "consumer", json_string(f->grant.consumer));
	json_object_set_new(o, "system", json_string(f->grant.system));
	hf_api_out_time(o, "until", f->grant.until_ms);
	if (f->used_ms)
		hf_api_out_time(o, "used", f->used_ms);
	json_array_append_new(ctx, o);
	return json_array_size(ctx) < ROWS_MAX;
}

static enum hf_err findings(struct hf_api_request *rq)
{
	HF_CLEANUP(hf_decoded_done) Hufu__GrantReviewRow *last = NULL;
	json_t *rows = json_array();
	json_object_set_new(rq->out, "findings", rows);
	enum hf_err e = hf_authz_last_review(rq->m->authz, &last);
	if (e != HF_OK && e != HF_E_UNKNOWN)
		return e;
	if (last)
		hf_api_out_time(rq->out, "reviewed", last->time_ms);
	return hf_authz_grant_findings(rq->m->authz, add_finding, rows);
}

static void on_reviewed(void *ctx, enum hf_err e, struct hf_review *r)
{
	struct hf_api_request *rq = ctx;
	if (e == HF_OK)
		e = hf_review_put(r, rq->unit, rq->draft);
	hf_api_finish(rq, hf_fault_default(&rq->fault, e));
}

static enum hf_err review(struct hf_api_request *rq)
{
	hf_api_later(rq);
	hf_authz_review_grants(rq->m->authz, on_reviewed, rq);
	return HF_OK;
}

const struct hf_route hf_routes_uses[] = {
        {"GET", "/v1/grants/review", HF_MAY_STATUS, HF_EVENT_INVALID, findings, 0},
        {"POST", "/v1/grants/review", HF_MAY_APPROVE, HF_EVENT_GRANT_REVIEW, review, 0},
        {"GET", "/v1/border", HF_MAY_STATUS, HF_EVENT_INVALID, border, 0},
        {"GET", "/v1/uses", HF_MAY_STATUS, HF_EVENT_INVALID, list, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
