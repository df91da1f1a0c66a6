/* statistics.c - the routes of the sharing manager's reports: statistics for each department and mechanism, and
 * applications that are alike but were decided differently. */
#include "authz/statistics.h"

#include "api/rows.h"
#include "api/sight.h"

static bool sees(void *ctx, const char *organization, const char *department)
{
	return hf_api_sees(ctx, organization, department);
}

static enum hf_err read_ask(struct hf_api_request *rq, struct hf_stat_ask *ask)
{
	*ask = (struct hf_stat_ask){.sees = sees, .ctx = rq};
	HF_TRY(hf_api_time(rq, "from", false, &ask->from_ms));
	HF_TRY(hf_api_time(rq, "until", false, &ask->until_ms));
	hf_api_out_time_if(rq->out, "from", ask->from_ms);
	hf_api_out_time_if(rq->out, "until", ask->until_ms);
	return HF_OK;
}

static void out_number(json_t *o, const char *name, uint64_t value)
{
	json_object_set_new(o, name, json_integer((json_int_t)value));
}

static json_t *department_json(const struct hf_stat_department *d)
{
	json_t *o = json_object();
	hf_api_out_text(o, "organization", d->organization);
	hf_api_out_text(o, "department", d->department);
	out_number(o, "applications", d->applications);
	out_number(o, "pending", d->pending);
	out_number(o, "overdue", d->overdue);
	out_number(o, "returned", d->returned);
	out_number(o, "granted", d->granted);
	out_number(o, "rejected", d->rejected);
	out_number(o, "refused", d->refused);
	out_number(o, "withdrawn", d->withdrawn);
	out_number(o, "terminated", d->terminated);
	out_number(o, "given", d->given);
	out_number(o, "uses", d->uses);
	out_number(o, "rows", d->rows);
	out_number(o, "bytes", d->bytes);
	return o;
}

static json_t *mechanism_json(const struct hf_stat_mechanism *m)
{
	json_t *o = json_object();
	hf_api_out_text(o, "mechanism", m->name);
	out_number(o, "decided", m->decided);
	out_number(o, "uses", m->uses);
	if (m->median_ms >= 0)
		json_object_set_new(o, "median_seconds", json_real((double)m->median_ms / 1000));
	if (m->median_steps >= 0)
		json_object_set_new(o, "median_manual_steps", json_real(m->median_steps));
	out_number(o, "manual_steps", m->total_steps);
	return o;
}

static void on_made(void *ctx, enum hf_err e, const struct hf_statistics *s)
{
	struct hf_api_request *rq = ctx;
	json_t *departments = json_array(), *mechanisms = json_array();
	json_object_set_new(rq->out, "departments", departments);
	json_object_set_new(rq->out, "mechanisms", mechanisms);
	for (size_t i = 0; s && i < s->count; i++)
		json_array_append_new(departments, department_json(&s->departments[i]));
	for (size_t i = 0; s && i < HF_STAT_MECHANISMS; i++)
		json_array_append_new(mechanisms, mechanism_json(&s->mechanisms[i]));
	hf_api_finish(rq, hf_fault_default(&rq->fault, e));
}

static enum hf_err statistics(struct hf_api_request *rq)
{
	struct hf_stat_ask ask;
	HF_TRY(read_ask(rq, &ask));
	hf_api_later(rq);
	hf_statistics_make(rq->m->authz, &ask, on_made, rq);
	return HF_OK;
}

static json_t *alike_json(const struct hf_alike *x)
{
	json_t *o = json_object();
	out_number(o, "group", x->group);
	hf_api_out_id(o, "application", &x->application);
	hf_api_out_id(o, "resource", &x->resource);
	out_number(o, "version", x->version);
	hf_api_out_text(o, "title", x->title);
	hf_api_out_text(o, "provider", x->provider);
	hf_api_out_text(o, "purpose", x->purpose);
	hf_api_out_text(o, "organization", x->organization);
	hf_api_out_text(o, "department", x->department);
	hf_api_out_text(o, "system", x->system);
	hf_api_out_time_if(o, "from", x->from_ms);
	hf_api_out_time_if(o, "until", x->until_ms);
	hf_api_out_text(o, "result", x->result);
	hf_api_out_text(o, "reason", x->reason);
	hf_api_out_time_if(o, "decided", x->decided_ms);
	return o;
}

static void on_found(void *ctx, enum hf_err e, const struct hf_divergence *d)
{
	struct hf_api_request *rq = ctx;
	json_t *list = json_array();
	json_object_set_new(rq->out, "applications", list);
	json_object_set_new(rq->out, "more", json_boolean(d && d->more));
	for (size_t i = 0; d && i < d->count; i++)
		json_array_append_new(list, alike_json(&d->list[i]));
	if (d)
		out_number(rq->out, "groups", d->groups);
	hf_api_finish(rq, hf_fault_default(&rq->fault, e));
}

static enum hf_err divergence(struct hf_api_request *rq)
{
	struct hf_stat_ask ask;
	struct hf_api_rows rows;
	HF_TRY(read_ask(rq, &ask));
	HF_TRY(hf_api_rows_begin(rq, "applications", &rows));
	hf_api_later(rq);
	hf_divergence_find(rq->m->authz, &ask, (size_t)rows.limit, on_found, rq);
	return HF_OK;
}

const struct hf_route hf_routes_statistics[] = {
        {"GET", "/v1/statistics", HF_MAY_STATUS, HF_EVENT_INVALID, statistics, 0},
        {"GET", "/v1/divergence", HF_MAY_STATUS, HF_EVENT_INVALID, divergence, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
