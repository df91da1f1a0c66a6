/*
 * tracing.c - the loop's side of one traced leak: it takes one release after the other, opens plan, keys and source,
 * lets a worker read the source piece by piece, looks between two pieces whether to go on, and at last writes the
 * entry. Declared in tracing.h.
 */
#include "release/tracing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "release/engine/trace_rows.h"
#include "release/mask_keys.h"
#include "release/tracing_internal.h"
#include "release/work.h"

#define PIECE ((size_t)256 << 10)
#define SLICE ((uint64_t)4 << 20) /* bytes of a source between two looks */

enum job_state { JOB_RUNNING = 1, JOB_DONE, JOB_FAILED, JOB_CANCELLED };
static const char *const state_names[] = {"", "running", "done", "failed", "cancelled"};

/* The release that is under way. */
struct trial {
	struct hf_plan *plan;
	struct hf_mask_scope scope;
	struct hf_mask_key root, seed;
	struct hf_id contract; /* zero: none */
	struct hf_source_reader *reader;
	struct hf_trace_rows *rows;
	uint64_t offset;
	bool end;
	enum hf_err e;
	struct hf_fault f;
};

struct job {
	uv_work_t uv;
	struct hf_tracing *x;
	struct hf_id id;
	enum job_state state, ends; /* ends: what it is once that is recorded */
	char source[HF_NAME_MAX + 1], account[HF_NAME_MAX + 1];
	char folder[600]; /* of plans' tables */
	struct hf_hash digest;
	struct hf_trace *trace;
	struct hf_traced_list *list;
	size_t at, *tried, tried_count; /* places in the list: under way; those that the trace knows, in its order */
	size_t leak_rows, leak_width;
	json_t *not_traceable, *plain_to, *report;
	uint64_t done, reached, total; /* bytes of sources: of the releases before; of all; that there are */
	bool cancel, gathered;         /* gathered: all that was released is in the list */
	struct trial now;
	struct hf_fault fault;
};

struct hf_tracing {
	struct hf_tracing_setup s;
	struct job *job; /* the newest; NULL: none yet */
	bool closed;
};

/* ---- opening and closing ---- */

void hf_tracing_open(const struct hf_tracing_setup *setup, struct hf_tracing **ret_tracing)
{
	struct hf_tracing *x = hf_alloc_zero(sizeof(*x));

	x->s = *setup;
	*ret_tracing = x;
}

static void end_trial(struct job *j)
{
	hf_trace_rows_free(j->now.rows);
	hf_source_reader_close(j->now.reader);
	hf_plan_free(j->now.plan);
	hf_wipe(&j->now, sizeof(j->now));
}

/* What the answer does not need. */
static void let_go(struct job *j)
{
	end_trial(j);
	hf_trace_free(HF_TAKE(j->trace));
	hf_traced_free(HF_TAKE(j->list));
	free(HF_TAKE(j->tried));
}

static void free_job(struct job *j)
{
	if (!j)
		return;
	let_go(j);
	json_decref(j->not_traceable);
	json_decref(j->plain_to);
	json_decref(j->report);
	free(j);
}

void hf_tracing_close(struct hf_tracing *x)
{
	if (!x)
		return;
	x->closed = true;
	if (x->job && x->job->state == JOB_RUNNING)
		return; /* whoever is at it frees it */
	free_job(x->job);
	free(x);
}

static bool closed(struct job *j)
{
	struct hf_tracing *x = j->x;

	if (!x->closed)
		return false;
	free_job(j);
	free(x);
	return true;
}

/* ---- one release ---- */

/* Tables and dictionaries that a plan names. */
static enum hf_err read_table(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	const struct job *j = ctx;

	return release_table(j->now.plan, j->folder, name, out, f);
}

static const char *table_of(const struct traced *t, const struct hf_plan *p)
{
	if (t->table[0])
		return t->table;
	return hf_plan_table_named(p, t->source) || p->table_count != 1 ? t->source : p->tables[0].name;
}

static enum hf_err take_plan(struct job *j, struct traced *t)
{
	struct trial *n = &j->now;

	HF_TRY(j->x->s.version(j->x->s.ctx, t->plan, t->version, &n->plan, &n->f));
	if (memcmp(n->plan->digest.b, t->digest.b, sizeof(t->digest.b)) != 0)
		return hf_fault_set(&n->f, HF_E_CONFLICT,
		                    "version %u of the plan '%.63s' is not the text by which it was masked", t->version,
		                    t->plan);
	n->scope = n->plan->scope;
	if (t->consumer[0])
		n->scope.consumer = t->consumer;
	if (!hf_id_is_zero(&t->contract))
		n->scope.contract = t->contract_text;
	snprintf(t->recipient, sizeof(t->recipient), "%s", n->scope.consumer ? n->scope.consumer : n->plan->name);
	if (n->scope.contract && !t->contract_text[0])
		snprintf(t->contract_text, sizeof(t->contract_text), "%s", n->scope.contract);
	return HF_OK;
}

static enum hf_err take_keys(struct job *j)
{
	struct trial *n = &j->now;

	hf_mask_root(j->x->s.keys, &n->root);
	if (!n->scope.contract)
		return HF_OK;
	if (!hf_id_parse(n->scope.contract, &n->contract))
		return hf_fault_set(&n->f, HF_E_ARGUMENT, "its contract '%.60s' is no id", n->scope.contract);
	return hf_mask_seed(j->x->s.keys, &n->contract, &n->seed, &n->f);
}

static enum hf_err take_source(struct job *j, struct traced *t)
{
	struct trial *n = &j->now;
	struct hf_source_stamp now;

	HF_TRY(hf_source_choose(j->x->s.sources, t->source, &(struct hf_source_choice){.text = true}, &n->reader,
	                        &n->f));
	hf_source_reader_stamp(n->reader, &now);
	t->changed = !hf_source_stamp_same(&now, &t->stamp);
	return HF_OK;
}

static enum hf_err begin_trial(struct job *j, struct traced *t)
{
	struct trial *n = &j->now;

	HF_TRY(take_plan(j, t));
	HF_TRY(take_keys(j));
	HF_TRY(take_source(j, t));
	const struct hf_trace_release r = {.name = t->name,
	                                   .recipient = t->recipient,
	                                   .setup = {.plan = n->plan,
	                                             .table = table_of(t, n->plan),
	                                             .root = &n->root,
	                                             .seed = n->scope.contract ? &n->seed : NULL,
	                                             .scope = &n->scope,
	                                             .only = (const char *const *)t->fields,
	                                             .only_count = t->field_count,
	                                             .file = read_table,
	                                             .file_ctx = j}};
	n->rows = hf_trace_rows_new(j->trace, &r);
	return HF_OK;
}

static void cannot(struct job *j, const struct traced *t, enum hf_err e)
{
	hf_fault_default(&j->now.f, e);
	json_array_append_new(j->not_traceable,
	                      json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "release", t->name, "recipient",
	                                t->recipient[0] ? t->recipient : t->consumer, "contract", t->contract_text,
	                                "source", t->source, "reason", hf_err_reason(e), "text", j->now.f.text));
}

/* ---- in the worker ---- */

static void slice(uv_work_t *uv)
{
	struct job *j = uv->data;
	struct trial *n = &j->now;
	uint8_t *piece = hf_alloc(PIECE);
	uint64_t until = n->offset + SLICE;

	while (n->e == HF_OK && !n->end && n->offset < until) {
		size_t len = 0;

		n->e = hf_source_read(n->reader, n->offset, piece, PIECE, &len);
		if (n->e != HF_OK && *hf_source_reader_why(n->reader))
			hf_fault_set(&n->f, n->e, "%s", hf_source_reader_why(n->reader));
		n->offset += len;
		n->end = len < PIECE;
		if (n->e == HF_OK)
			n->e = hf_trace_rows_feed(n->rows, piece, len, &n->f);
	}
	if (n->e == HF_OK && n->end)
		n->e = hf_trace_rows_end(n->rows, &n->f);
	hf_wipe(piece, PIECE);
	free(piece);
}

static void report(uv_work_t *uv)
{
	struct job *j = uv->data;

	j->report = hf_trace_report(j->trace);
}

static void queue(struct job *j, void (*work)(uv_work_t *), void (*after)(uv_work_t *, int))
{
	j->uv.data = j;
	if (uv_queue_work(j->x->s.base->loop, &j->uv, work, after) != 0)
		abort(); /* only without a loop */
}

/* ---- the end ---- */

/* To what the trace knows of each release, what the node knows. */
static void add_origins(struct job *j)
{
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(j->report, "releases"), i, o)
	{
		const struct traced *t = &j->list->items[j->tried[i]];

		json_object_set_new(o, "contract", json_string(t->contract_text));
		json_object_set_new(o, "source", json_string(t->source));
		json_object_set_new(o, "source_changed", json_boolean(t->changed));
		json_object_set_new(o, "times", json_integer((json_int_t)t->times));
		json_object_set(o, t->task ? "tasks" : "transfers", t->ids);
		json_object_set(o, "delivered_to", t->delivered_to);
	}
}

/* What came of it, in a line for the ledger: names of recipients and releases, never a value. */
static void in_words(const struct job *j, struct hf_buf *out)
{
	json_t *o;
	size_t i;

	hf_buf_addf(out, "%s; %zu rows of %zu columns, %zu releases tried",
	            json_string_value(json_object_get(j->report, "says")), j->leak_rows, j->leak_width, j->tried_count);
	json_array_foreach(json_object_get(j->report, "releases"), i, o)
	{
		if (!json_is_true(json_object_get(o, "named")) || out->len > HF_MAX_TEXT)
			continue;
		hf_buf_addf(out, "; %s: %s, wrongly with a probability of %.2g at most",
		            json_string_value(json_object_get(o, "recipient")),
		            json_string_value(json_object_get(o, "release")),
		            json_real_value(json_object_get(o, "bound")));
	}
	json_array_foreach(j->not_traceable, i, o)
	{
		if (out->len <= HF_MAX_TEXT)
			hf_buf_addf(out, "; not traceable: %s (%s)", json_string_value(json_object_get(o, "release")),
			            json_string_value(json_object_get(o, "reason")));
	}
	hf_buf_add(out, "", 1);
}

static struct hf_draft *draft_of(const struct job *j, enum hf_err e)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf words = HF_BUF_INIT;
	struct hf_draft *d = hf_draft_new(HF_EVENT_MASK_TRACE, &j->id);

	hf_draft_textf(d, HF_FIELD_ACTOR, "%s/%s", j->x->s.base->self.s, j->account);
	hf_draft_textf(d, HF_FIELD_OBJECT, "leak of %s", j->source);
	hf_draft_bytes(d, HF_FIELD_DIGEST, j->digest.b, sizeof(j->digest.b));
	if (e == HF_OK)
		in_words(j, &words);
	hf_draft_outcome(d, e,
	                 e == HF_OK            ? NULL
	                 : e == HF_E_CANCELLED ? "cancelled; nobody was told anything"
	                                       : j->fault.text);
	if (e == HF_OK)
		hf_draft_text(d, HF_FIELD_DETAIL, (const char *)words.data);
	return d;
}

static void on_recorded(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct job *j = ctx;

	(void)info;
	if (closed(j))
		return;
	j->state = e == HF_OK ? j->ends : JOB_FAILED;
	if (e != HF_OK)
		hf_fault_set(&j->fault, e, "the entry about it cannot be written: %s; nothing is told without it",
		             hf_err_text(e));
	if (j->state != JOB_DONE)
		json_decref(HF_TAKE(j->report));
	let_go(j);
}

static void record(struct job *j, enum hf_err e)
{
	struct hf_unit *u = hf_unit_new();

	j->ends = e == HF_OK ? JOB_DONE : e == HF_E_CANCELLED ? JOB_CANCELLED : JOB_FAILED;
	hf_unit_draft(u, draft_of(j, e));
	hf_store_submit(j->x->s.store, u, on_recorded, j);
}

static void on_report(uv_work_t *uv, int status)
{
	struct job *j = uv->data;

	(void)status;
	if (closed(j))
		return;
	if (!j->cancel)
		add_origins(j);
	record(j, j->cancel ? HF_E_CANCELLED : HF_OK);
}

/* ---- from piece to piece ---- */

static void on_slice(uv_work_t *uv, int status);
static void nothing(uv_work_t *uv);
static void on_turn(uv_work_t *uv, int status);

static void name_releases(struct job *j)
{
	struct hf_source_view v;

	j->gathered = true;
	j->plain_to = json_incref(j->list->plain_to);
	j->tried = hf_alloc((j->list->count + 1) * sizeof(*j->tried));
	for (size_t i = 0; i < j->list->count; i++) {
		struct traced *t = &j->list->items[i];

		if (!hf_id_is_zero(&t->contract))
			hf_id_text(&t->contract, t->contract_text);
		snprintf(t->name, sizeof(t->name), "%.63s %u of %.63s", t->plan, t->version, t->source);
		if (hf_source_get(j->x->s.sources, t->source, &v) == HF_OK) {
			j->total += v.bytes;
			hf_source_view_done(&v);
		}
	}
}

static void gather(struct job *j)
{
	const struct hf_tracing_setup *s = &j->x->s;
	bool more = false;
	enum hf_err e = s->gather ? s->gather(s->ctx, j->list, &more, &j->fault) : HF_OK;

	if (e != HF_OK) {
		record(j, e);
		return;
	}
	if (!more)
		name_releases(j);
	queue(j, nothing, on_turn);
}

/* Some rows or one release a turn of the loop; after the last one, the report. */
static void go_on(struct job *j)
{
	enum hf_err e;

	if (j->cancel) {
		record(j, HF_E_CANCELLED);
		return;
	}
	if (!j->gathered) {
		gather(j);
		return;
	}
	if (j->at == j->list->count) {
		queue(j, report, on_report);
		return;
	}
	e = begin_trial(j, &j->list->items[j->at]);
	if (e == HF_OK) {
		queue(j, slice, on_slice);
		return;
	}
	cannot(j, &j->list->items[j->at++], e);
	end_trial(j);
	queue(j, nothing, on_turn);
}

static void nothing(uv_work_t *uv)
{
	(void)uv;
}

static void on_turn(uv_work_t *uv, int status)
{
	struct job *j = uv->data;

	(void)status;
	if (!closed(j))
		go_on(j);
}

/* An erased seed is not used any further. */
static enum hf_err still(const struct job *j)
{
	const struct trial *n = &j->now;

	if (n->e == HF_OK && !hf_id_is_zero(&n->contract) && !hf_mask_seed_stands(j->x->s.keys, &n->contract))
		return HF_E_ERASED;
	return n->e;
}

static void on_slice(uv_work_t *uv, int status)
{
	struct job *j = uv->data;
	struct traced *t;
	enum hf_err e;

	(void)status;
	if (closed(j))
		return;
	if (j->cancel) {
		record(j, HF_E_CANCELLED);
		return;
	}
	t = &j->list->items[j->at];
	e = still(j);
	j->reached = j->done + j->now.offset;
	if (e == HF_OK && !j->now.end) {
		queue(j, slice, on_slice);
		return;
	}
	if (e != HF_OK)
		cannot(j, t, e);
	else
		j->tried[j->tried_count++] = j->at;
	j->done = j->reached;
	end_trial(j);
	j->at++;
	go_on(j);
}

/* ---- beginning ---- */

static struct job *new_job(struct hf_tracing *x, const struct hf_tracing_in *in)
{
	struct job *j = hf_alloc_zero(sizeof(*j));

	j->x = x;
	j->id = hf_id_new(hf_now_ms(&x->s.base->clock));
	j->state = JOB_RUNNING;
	j->trace = in->trace;
	j->list = in->list;
	j->digest = in->digest;
	j->leak_rows = hf_trace_leak_rows(in->trace);
	j->leak_width = hf_trace_leak_width(in->trace);
	snprintf(j->source, sizeof(j->source), "%s", in->source);
	snprintf(j->account, sizeof(j->account), "%s", in->account);
	snprintf(j->folder, sizeof(j->folder), "%s/masking", x->s.base->dir);
	j->not_traceable = json_array();
	return j;
}

enum hf_err hf_tracing_begin(struct hf_tracing *x, const struct hf_tracing_in *in, struct hf_draft *draft,
                             struct hf_id *ret_id, struct hf_fault *f)
{
	char id[HF_ID_TEXT];

	if (x->job && x->job->state == JOB_RUNNING) {
		hf_trace_free(in->trace);
		hf_traced_free(in->list);
		hf_id_text(&x->job->id, id);
		return hf_fault_set(f, HF_E_BUSY,
		                    "the trace %s of %.63s is under way; wait for it, or end it with `hufu mask trace "
		                    "--cancel %s`",
		                    id, x->job->account, id);
	}
	free_job(x->job);
	x->job = new_job(x, in);
	*ret_id = x->job->id;
	hf_draft_txn(draft, ret_id);
	hf_draft_textf(draft, HF_FIELD_OBJECT, "leak of %s", in->source);
	hf_draft_text(draft, HF_FIELD_PURPOSE, in->reason);
	hf_draft_bytes(draft, HF_FIELD_DIGEST, in->digest.b, sizeof(in->digest.b));
	hf_draft_textf(draft, HF_FIELD_PROCESSING, "%zu rows of %zu columns are traced", x->job->leak_rows,
	               x->job->leak_width);
	queue(x->job, nothing, on_turn);
	return HF_OK;
}

/* ---- showing ---- */

static enum hf_err find(const struct hf_tracing *x, const struct hf_id *id, struct hf_fault *f)
{
	char text[HF_ID_TEXT];

	hf_id_text(id, text);
	if (!x->job || !hf_id_equal(&x->job->id, id))
		return hf_fault_set(
		        f, HF_E_UNKNOWN,
		        "there is no trace %s any more: only the newest is kept, while the node runs; trace "
		        "the leak again",
		        text);
	return HF_OK;
}

enum hf_err hf_tracing_show(const struct hf_tracing *x, const struct hf_id *id, json_t **ret_shown, struct hf_fault *f)
{
	const struct job *j = x->job;
	char text[HF_ID_TEXT];

	HF_TRY(find(x, id, f));
	hf_id_text(id, text);
	*ret_shown =
	        json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "trace", text, "source", j->source, "state",
	                  state_names[j->state], "by", j->account, "done",
	                  (json_int_t)(j->state == JOB_RUNNING ? j->reached : j->total), "total", (json_int_t)j->total);
	if (j->state == JOB_DONE) {
		json_object_update(*ret_shown, j->report);
		json_object_set(*ret_shown, "not_traceable", j->not_traceable);
		json_object_set(*ret_shown, "plain_to", j->plain_to);
	}
	if (j->state == JOB_FAILED)
		json_object_set_new(*ret_shown, "text", json_string(j->fault.text));
	return HF_OK;
}

enum hf_err hf_tracing_cancel(struct hf_tracing *x, const struct hf_id *id, struct hf_fault *f)
{
	HF_TRY(find(x, id, f));
	if (x->job->state != JOB_RUNNING)
		return hf_fault_set(f, HF_E_STATE, "the trace has ended already; begin another one");
	x->job->cancel = true;
	return HF_OK;
}
