/* release.c - routes of stored masking plans and of masking tasks; judged in node/release. */
#include "release/methods.h"
#include "release/schedule.h"

#include <string.h>

#include "api/rows.h"
#include "api/sources.h"
#include "crypto/base64.h"
#include "crypto/crypto.h"
#include "proto/codec.h"

static void out_uint(json_t *o, const char *name, uint64_t value)
{
	json_object_set_new(o, name, json_integer((json_int_t)value));
}

/* What its techniques read, as it was when it was put. */
static void out_files(json_t *o, const Hufu__MaskPlanRow *r)
{
	json_t *files = json_array();

	for (size_t i = 0; i < r->n_files; i++) {
		json_t *file = json_object();

		hf_api_out_text(file, "name", r->files[i]->name);
		hf_api_out_hex(file, "sha256", r->files[i]->digest.data, r->files[i]->digest.len);
		out_uint(file, "bytes", r->files[i]->bytes);
		json_array_append_new(files, file);
	}
	json_object_set_new(o, "files", files);
}

static void out_plan(json_t *o, const Hufu__MaskPlanRow *r)
{
	hf_api_out_text(o, "name", r->name);
	out_uint(o, "version", r->version);
	hf_api_out_text(o, "state", hf_mask_plan_state_name((enum hf_mask_plan_state)r->state));
	hf_api_out_text(o, "mode", r->mode);
	hf_api_out_text(o, "need", r->need);
	hf_api_out_text(o, "operator", r->operator_);
	hf_api_out_text(o, "security", r->security);
	hf_api_out_text(o, "audit", r->audit);
	hf_api_out_hex(o, "digest", r->digest.data, r->digest.len);
	hf_api_out_text(o, "put_by", r->put_by);
	hf_api_out_time_if(o, "put", r->put_ms);
	hf_api_out_text(o, "decided_by", r->decided_by);
	hf_api_out_time_if(o, "decided", r->decided_ms);
	hf_api_out_text(o, "retired_by", r->retired_by);
	hf_api_out_time_if(o, "retired", r->retired_ms);
	hf_api_out_text(o, "reason", r->reason);
	hf_api_out_text(o, "identified_by", r->identified_by);
	if (r->inventory_digest.len)
		hf_api_out_hex(o, "inventory_digest", r->inventory_digest.data, r->inventory_digest.len);
	if (r->n_files)
		out_files(o, r);
}

/* ---- changing ---- */

static enum hf_err put_tried(struct hf_api_request *rq)
{
	Hufu__MaskPlanRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_plan_in in = {.text = NULL};

	HF_TRY(hf_api_again(rq));
	in.actor = rq->actor;
	HF_TRY(hf_api_text(rq, "plan", true, HF_RELEASE_PLAN_TEXT_MAX, &in.text));
	HF_TRY(hf_api_text(rq, "inventory", false, HF_RELEASE_PLAN_TEXT_MAX, &in.inventory));
	HF_TRY(hf_release_plan_put(rq->m->release, &in, rq->unit, rq->draft, &row, &rq->fault));
	out_plan(rq->out, row);
	return HF_OK;
}

static void on_tried(void *ctx, enum hf_err e, const struct hf_fault *f)
{
	struct hf_api_request *rq = ctx;

	if (e != HF_OK)
		rq->fault = *f;
	hf_api_finish(rq, e == HF_OK ? put_tried(rq) : e);
}

/* To try methods of the plan's own takes a while, and everything else goes on meanwhile. */
static enum hf_err put(struct hf_api_request *rq)
{
	const char *text;

	hf_draft_text(rq->draft, HF_FIELD_OBJECT, "masking plan");
	HF_TRY(hf_api_text(rq, "plan", true, HF_RELEASE_PLAN_TEXT_MAX, &text));
	HF_TRY(hf_release_plan_try(rq->m->release, text, on_tried, rq, &rq->fault));
	hf_api_later(rq);
	return HF_OK;
}

static enum hf_err take_name(struct hf_api_request *rq, const char **ret_name, uint32_t *ret_version)
{
	int64_t version = 0;

	HF_TRY(hf_api_text(rq, "name", true, HF_NAME_MAX, ret_name));
	HF_TRY(hf_api_int(rq, "version", false, 0, UINT32_MAX, &version));
	*ret_version = (uint32_t)version;
	if (rq->draft)
		hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "masking plan %s", *ret_name);
	return HF_OK;
}

static enum hf_err step(struct hf_api_request *rq, enum hf_mask_plan_event event)
{
	struct hf_plan_step s = {.event = event, .actor = rq->actor};
	uint32_t version;

	HF_TRY(take_name(rq, &s.name, &s.version));
	HF_TRY(hf_api_text(rq, "reason", event != HF_PLAN_APPROVE, HF_MAX_TEXT, &s.reason));
	HF_TRY(hf_release_plan_step(rq->m->release, &s, rq->unit, rq->draft, &version, &rq->fault));
	hf_api_out_text(rq->out, "name", s.name);
	out_uint(rq->out, "version", version);
	return HF_OK;
}

static enum hf_err approve(struct hf_api_request *rq)
{
	return step(rq, HF_PLAN_APPROVE);
}

static enum hf_err reject(struct hf_api_request *rq)
{
	return step(rq, HF_PLAN_REJECT);
}

static enum hf_err retire(struct hf_api_request *rq)
{
	return step(rq, HF_PLAN_RETIRE);
}

/* ---- reading ---- */

static bool add_plan(void *ctx, const Hufu__MaskPlanRow *r)
{
	json_t *o = json_object();

	out_plan(o, r);
	json_array_append_new(ctx, o);
	return true;
}

static enum hf_err list(struct hf_api_request *rq)
{
	json_t *rows = json_array();

	json_object_set_new(rq->out, "plans", rows);
	return hf_release_plans(rq->m->release, add_plan, rows);
}

static enum hf_err show(struct hf_api_request *rq)
{
	Hufu__MaskPlanRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	const char *name;
	uint32_t version;

	HF_TRY(take_name(rq, &name, &version));
	HF_TRY(hf_release_plan_row(rq->m->release, name, version, &row, &rq->fault));
	out_plan(rq->out, row);
	json_object_set_new(rq->out, "plan", json_stringn((const char *)row->text.data, row->text.len));
	return HF_OK;
}

/* ---- tasks ---- */

static void out_steps(json_t *o, const Hufu__MaskTaskRow *r)
{
	json_t *steps = json_array();

	for (size_t i = 0; i < r->n_steps; i++) {
		const Hufu__MaskStep *s = r->steps[i];
		json_t *one = json_object();

		hf_api_out_text(one, "step", hf_mask_step_name((enum hf_mask_step)s->step));
		hf_api_out_time_if(one, "time", s->time_ms);
		hf_api_out_text(one, "person", s->person);
		hf_api_out_text(one, "note", s->note);
		if (s->digest.len)
			hf_api_out_hex(one, "digest", s->digest.data, s->digest.len);
		json_array_append_new(steps, one);
	}
	json_object_set_new(o, "steps", steps);
}

static void out_counts(json_t *o, const Hufu__MaskTaskRow *r)
{
	json_t *columns = json_array();

	for (size_t i = 0; i < r->n_counts; i++)
		json_array_append_new(columns, json_pack("{s:s, s:s, s:s, s:I, s:I}", "field", r->counts[i]->field,
		                                         "technique", r->counts[i]->technique, "key", r->counts[i]->key,
		                                         "values", (json_int_t)r->counts[i]->values, "unreadable",
		                                         (json_int_t)r->counts[i]->unreadable));
	json_object_set_new(o, "columns", columns);
}

static void out_failure(json_t *o, const Hufu__MaskTaskRow *r)
{
	if (!r->kind || !*r->kind)
		return;
	hf_api_out_text(o, "kind", r->kind);
	hf_api_out_text(o, "reason", r->reason);
	hf_api_out_text(o, "text", r->text);
	hf_api_out_text(o, "scheme", r->scheme);
}

static void out_task(struct hf_api_request *rq, json_t *o, const Hufu__MaskTaskRow *r)
{
	hf_api_out_id_of(o, "task", &r->id);
	hf_api_out_text(o, "state", hf_mask_task_state_name((enum hf_mask_task_state)r->state));
	hf_api_out_text(o, "plan", r->plan);
	out_uint(o, "version", r->version);
	hf_api_out_hex(o, "plan_digest", r->plan_digest.data, r->plan_digest.len);
	hf_api_out_text(o, "source", r->source);
	hf_api_out_text(o, "table", r->table);
	hf_api_out_text(o, "output", r->output);
	hf_api_out_text(o, "registers", r->registers);
	hf_api_out_text(o, "operator", r->operator_);
	hf_api_out_text(o, "manner", r->manner);
	hf_api_out_time_if(o, "created", r->created_ms);
	hf_api_out_time_if(o, "changed", r->changed_ms);
	out_uint(o, "attempt", r->attempt);
	out_uint(o, "done", hf_task_progress(rq->m->release, r));
	out_uint(o, "total", r->source_bytes);
	out_uint(o, "rows_in", r->place ? r->place->rows_in : 0);
	out_uint(o, "rows_out", r->place ? r->place->rows_out : 0);
	if (r->result_digest.len)
		hf_api_out_hex(o, "result_digest", r->result_digest.data, r->result_digest.len);
	out_failure(o, r);
}

static enum hf_err run(struct hf_api_request *rq)
{
	struct hf_task_in in = {.account = rq->actor->account, .manner = "hand"};
	char output[HF_API_PATH];
	bool timer;
	struct hf_id id;

	HF_TRY(hf_api_text(rq, "plan", true, HF_NAME_MAX, &in.plan));
	HF_TRY(hf_api_text(rq, "source", true, HF_NAME_MAX, &in.source));
	HF_TRY(hf_api_source_own(rq, in.source));
	HF_TRY(hf_api_text(rq, "table", false, 255, &in.table));
	HF_TRY(hf_api_text(rq, "registers", true, HF_NAME_MAX, &in.registers));
	HF_TRY(hf_api_bool(rq, "timer", false, &timer));
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "masking of source %s by plan %s", in.source, in.plan);
	HF_TRY(hf_api_place(rq, "output", true, output));
	in.output = output;
	in.manner = timer ? "timer" : "hand";
	HF_TRY(hf_task_run(rq->m->release, &in, rq->unit, rq->draft, &id, &rq->fault));
	hf_api_out_id(rq->out, "task", &id);
	return HF_OK;
}

static enum hf_err take_task(struct hf_api_request *rq, struct hf_id *ret_id)
{
	char text[HF_ID_TEXT];

	HF_TRY(hf_api_id(rq, "task", true, ret_id));
	hf_id_text(ret_id, text);
	if (rq->draft)
		hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "masking task %s", text);
	return HF_OK;
}

static enum hf_err command(struct hf_api_request *rq, enum hf_mask_task_event event)
{
	struct hf_task_command c = {.event = event, .actor = rq->actor};
	int64_t version = 0;

	HF_TRY(take_task(rq, &c.id));
	HF_TRY(hf_api_text(rq, "reason", false, HF_MAX_TEXT, &c.reason));
	HF_TRY(hf_api_int(rq, "version", false, 0, UINT32_MAX, &version));
	c.version = (uint32_t)version;
	HF_TRY(hf_task_command(rq->m->release, &c, rq->unit, rq->draft, &rq->fault));
	hf_api_out_id(rq->out, "task", &c.id);
	return HF_OK;
}

static enum hf_err pause_task(struct hf_api_request *rq)
{
	return command(rq, HF_TASK_PAUSE);
}

static enum hf_err continue_task(struct hf_api_request *rq)
{
	return command(rq, HF_TASK_CONTINUE);
}

static enum hf_err stop_task(struct hf_api_request *rq)
{
	return command(rq, HF_TASK_STOP);
}

static enum hf_err retry_task(struct hf_api_request *rq)
{
	return command(rq, HF_TASK_RETRY);
}

static enum hf_err audit_task(struct hf_api_request *rq)
{
	const char *note;
	struct hf_id id;

	HF_TRY(take_task(rq, &id));
	HF_TRY(hf_api_text(rq, "note", true, HF_MAX_TEXT, &note));
	HF_TRY(hf_task_audit(rq->m->release, &id, rq->actor, note, rq->unit, rq->draft, &rq->fault));
	hf_api_out_id(rq->out, "task", &id);
	return HF_OK;
}

static bool add_task(void *ctx, const Hufu__MaskTaskRow *r)
{
	struct hf_api_rows *rows = ctx;
	json_t *o;

	if (hf_api_rows_full(rows))
		return false;
	o = json_object();
	out_task(rows->rq, o, r);
	json_array_append_new(rows->list, o);
	return true;
}

static enum hf_err list_tasks(struct hf_api_request *rq)
{
	struct hf_api_rows rows = {.rq = rq};

	HF_TRY(hf_api_rows_begin(rq, "tasks", &rows));
	return hf_tasks(rq->m->release, add_task, &rows);
}

static enum hf_err show_task(struct hf_api_request *rq)
{
	Hufu__MaskTaskRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	json_t *evaluation;
	struct hf_id id;

	HF_TRY(take_task(rq, &id));
	HF_TRY(hf_task_get(rq->m->release, &id, &row, &rq->fault));
	out_task(rq, rq->out, row);
	out_steps(rq->out, row);
	out_counts(rq->out, row);
	evaluation = row->evaluation.len ? json_loadb((const char *)row->evaluation.data, row->evaluation.len, 0, NULL)
	                                 : NULL;
	if (evaluation)
		json_object_set_new(rq->out, "evaluation", evaluation);
	return HF_OK;
}

/* ---- schedules ---- */

static enum hf_err take_schedule(struct hf_api_request *rq, struct hf_schedule_in *in)
{
	in->actor = rq->actor;
	HF_TRY(hf_api_text(rq, "plan", true, HF_NAME_MAX, &in->plan));
	HF_TRY(hf_api_text(rq, "source", true, HF_NAME_MAX, &in->source));
	return hf_api_source_own(rq, in->source);
}

static enum hf_err schedule(struct hf_api_request *rq)
{
	struct hf_schedule_in in = {.plan = NULL};
	struct hf_ticket ticket;
	bool with_ticket;
	char folder[HF_API_PATH];

	HF_TRY(take_schedule(rq, &in));
	HF_TRY(hf_api_text(rq, "table", false, 255, &in.table));
	HF_TRY(hf_api_text(rq, "registers", true, HF_NAME_MAX, &in.registers));
	HF_TRY(hf_api_bool(rq, "ticket", false, &with_ticket));
	HF_TRY(hf_api_place(rq, "folder", true, folder));
	in.folder = folder;
	if (with_ticket) {
		hf_random(ticket.b, sizeof(ticket.b));
		in.ticket = &ticket;
	}
	HF_TRY(hf_schedule_set(rq->m->release, &in, rq->unit, rq->draft, &rq->fault));
	if (with_ticket) /* here and never again */
		hf_api_out_hex(rq->out, "ticket", ticket.b, sizeof(ticket.b));
	hf_wipe(&ticket, sizeof(ticket));
	return HF_OK;
}

static enum hf_err take_ticket(struct hf_api_request *rq, struct hf_ticket *ret_ticket)
{
	const char *text;

	HF_TRY(hf_api_text(rq, "ticket", true, 2 * sizeof(ret_ticket->b), &text));
	if (hf_hex_decode(text, strlen(text), ret_ticket->b, sizeof(ret_ticket->b)))
		return HF_OK;
	return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "the ticket is not 64 hex digits; take the file as it was made");
}

/* The system's scheduler has no session: the ticket is its permission, for that schedule alone (MK-44). */
static enum hf_err begin_by_ticket(struct hf_api_request *rq)
{
	struct hf_ticket ticket;
	struct hf_id id;

	HF_TRY(take_ticket(rq, &ticket));
	HF_TRY(hf_schedule_begin(rq->m->release, &ticket, rq->unit, rq->draft, &id, &rq->fault));
	hf_api_out_id(rq->out, "task", &id);
	return HF_OK;
}

static enum hf_err begun_by_ticket(struct hf_api_request *rq)
{
	Hufu__MaskTaskRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_ticket ticket;

	HF_TRY(take_ticket(rq, &ticket));
	HF_TRY(hf_schedule_begun(rq->m->release, &ticket, &row, &rq->fault));
	out_task(rq, rq->out, row);
	return HF_OK;
}

static enum hf_err unschedule(struct hf_api_request *rq)
{
	struct hf_schedule_in in = {.plan = NULL};

	HF_TRY(take_schedule(rq, &in));
	return hf_schedule_end(rq->m->release, &in, rq->unit, rq->draft, &rq->fault);
}

static bool add_schedule(void *ctx, const Hufu__MaskScheduleRow *r, int64_t next_ms)
{
	json_t *o = json_object();

	hf_api_out_text(o, "plan", r->plan);
	hf_api_out_text(o, "source", r->source);
	hf_api_out_text(o, "folder", r->folder);
	hf_api_out_text(o, "registers", r->registers);
	hf_api_out_text(o, "set_by", r->set_by);
	hf_api_out_time_if(o, "set", r->set_ms);
	hf_api_out_time_if(o, "next", next_ms);
	hf_api_out_text(o, "begun_by", r->ticket.len ? "ticket" : "times of the plan");
	hf_api_out_id_of(o, "last_task", &r->last_task);
	out_uint(o, "runs", r->runs);
	out_uint(o, "missed", r->missed);
	hf_api_out_text(o, "missed_text", r->missed_text);
	json_array_append_new(ctx, o);
	return true;
}

static enum hf_err list_schedules(struct hf_api_request *rq)
{
	json_t *rows = json_array();

	json_object_set_new(rq->out, "schedules", rows);
	return hf_schedules(rq->m->release, add_schedule, rows);
}

/* ---- methods of one's own ---- */

static enum hf_err list_methods(struct hf_api_request *rq)
{
	json_t *files = json_array(), *methods;
	struct hf_release_methods_view v;

	json_object_set_new(rq->out, "files", files);
	for (size_t i = 0; hf_release_methods_at(rq->m->release, i, &v); i++) {
		methods = json_array();
		for (size_t k = 0; k < hf_methods_count(v.methods); k++)
			json_array_append_new(methods, json_string(hf_methods_at(v.methods, k)->id));
		json_array_append_new(files, json_pack("{s:s, s:s, s:s, s:s, s:o}", "file", v.path, "sha256", v.sha256,
		                                       "state",
		                                       v.methods ? "ready"
		                                       : v.tried ? "refused"
		                                                 : "trying",
		                                       "why", v.methods ? "" : v.why, "methods", methods));
	}
	return HF_OK;
}

const struct hf_route hf_routes_release[] = {
        {"POST", "/v1/release/plans/put", HF_MAY_MASK, HF_EVENT_MASK_PLAN, put, 0},
        {"POST", "/v1/release/plans/approve", HF_MAY_MASK_POLICY, HF_EVENT_MASK_PLAN, approve, 0},
        {"POST", "/v1/release/plans/reject", HF_MAY_MASK_POLICY, HF_EVENT_MASK_PLAN, reject, 0},
        {"POST", "/v1/release/plans/retire", HF_MAY_MASK_POLICY, HF_EVENT_MASK_PLAN, retire, 0},
        {"GET", "/v1/release/plans", HF_MAY_STATUS, HF_EVENT_INVALID, list, 0},
        {"GET", "/v1/release/plans/show", HF_MAY_STATUS, HF_EVENT_INVALID, show, 0},
        {"POST", "/v1/release/run", HF_MAY_MASK, HF_EVENT_MASK_STEP, run, 0},
        {"POST", "/v1/release/pause", HF_MAY_MASK, HF_EVENT_MASK_STEP, pause_task, 0},
        {"POST", "/v1/release/continue", HF_MAY_MASK, HF_EVENT_MASK_STEP, continue_task, 0},
        {"POST", "/v1/release/stop", HF_MAY_MASK, HF_EVENT_MASK_STEP, stop_task, 0},
        {"POST", "/v1/release/retry", HF_MAY_MASK, HF_EVENT_MASK_STEP, retry_task, 0},
        {"POST", "/v1/release/audit", HF_MAY_AUDIT_READ, HF_EVENT_MASK_STEP, audit_task, 0},
        {"POST", "/v1/release/schedule", HF_MAY_MASK, HF_EVENT_MASK_STEP, schedule, 0},
        {"POST", "/v1/release/unschedule", HF_MAY_MASK, HF_EVENT_MASK_STEP, unschedule, 0},
        {"POST", "/v1/release/begin", HF_MAY_NOTHING_NEEDED, HF_EVENT_MASK_STEP, begin_by_ticket, 0},
        {"POST", "/v1/release/begun", HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, begun_by_ticket, 0},
        {"GET", "/v1/release/schedules", HF_MAY_STATUS, HF_EVENT_INVALID, list_schedules, 0},
        {"GET", "/v1/release/methods", HF_MAY_STATUS, HF_EVENT_INVALID, list_methods, 0},
        {"GET", "/v1/release/tasks", HF_MAY_STATUS, HF_EVENT_INVALID, list_tasks, 0},
        {"GET", "/v1/release/show", HF_MAY_STATUS, HF_EVENT_INVALID, show_task, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
