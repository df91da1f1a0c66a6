/* task_end.c - the last two states of a task: the result is checked, and gets its name and becomes a source. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "release/disclosures.h"
#include "release/engine/measure.h"
#include "release/mask_keys.h"
#include "release/task_run.h"
#include "source/classify.h"

/* ---- the check ---- */

static void check_it(uv_work_t *uv)
{
	release_check_work(((struct release_active *)uv->data)->check);
}

/* The source and what was made of it are the dataset, whatever they are called later. */
static enum hf_err remember(struct release_active *a, const Hufu__MaskTaskRow *row, const char *dataset,
                            const struct hf_source_view *made, struct hf_unit *unit)
{
	struct hf_source_view of;

	HF_TRY(hf_source_get(a->r->sources, row->source, &of));
	hf_disclosure_origin(unit, &of, dataset);
	hf_disclosure_origin(unit, made, dataset);
	hf_source_view_done(&of);
	return HF_OK;
}

/* The release that a task is, for the ledger. Points into itself, the row and the plan. */
struct asked {
	char dataset[HF_NAME_MAX + 1];
	struct hf_hash content;
	struct hf_disclosure_in in;
};
static enum hf_err asked(struct release_active *a, const Hufu__MaskTaskRow *row, const struct hf_plan *plan,
                         struct asked *ret_asked, struct hf_fault *f)
{
	struct hf_disclosure_in *in = &ret_asked->in;
	const struct hf_hash *content;
	struct hf_source_view v;

	*in = (struct hf_disclosure_in){.dataset = ret_asked->dataset, .plan = plan, .table = row->table};
	in->recipient =
	        plan->scope.consumer ? plan->scope.consumer : plan->name; /* not of each result: it is one release */
	in->inside = !plan->scope.consumer;                               /* until it is delivered to somebody */
	in->now_ms = hf_now_ms(&a->r->base->clock);
	HF_TRY(hf_disclosure_dataset(a->r->store, a->r->sources, row->source, ret_asked->dataset, f));
	HF_TRY(hf_fault_default(f, hf_source_get(a->r->sources, row->source, &v)));
	content = hf_disclosure_content(&v);
	if (content) {
		ret_asked->content = *content;
		in->content = &ret_asked->content;
	}
	hf_source_view_done(&v);
	return HF_OK;
}

/* The releases beside which the classes of the source are counted. */
static enum hf_err look_beside(struct release_active *a, const Hufu__MaskTaskRow *row, const struct hf_plan *plan,
                               struct hf_release_joint *j, struct hf_fault *f)
{
	struct asked asks;

	HF_TRY(asked(a, row, plan, &asks, f));
	HF_TRY(hf_release_joint_load(a->r->store, a->r->keys, a->r->base->dir, &asks.in, j, f));
	hf_release_joint_files(a->r, j);
	return HF_OK;
}

/* Others went out since the classes were counted, if they were, beside which they matter. */
static bool outdated(struct release_active *a, const Hufu__MaskTaskRow *row, const struct hf_plan *plan,
                     const struct hf_hash *counted)
{
	struct hf_release_joint now = {.given = NULL};
	struct hf_fault f;
	bool other = look_beside(a, row, plan, &now, &f) != HF_OK;

	if (now.count > 1)
		other |= !counted || memcmp(&now.stamp, counted, sizeof(now.stamp)) != 0;
	hf_release_joint_done(&now);
	return other;
}

/* MK-4: with what was given out before. unit NULL: asked only; classes: as they were counted. made: the result; NULL
 * as the unit is. */
struct disclosing {
	const struct hf_source_view *made;
	struct hf_unit *unit;
	const struct hf_joint_classes *classes;
};
static enum hf_err disclosed(struct release_active *a, const Hufu__MaskTaskRow *row, const struct disclosing *g,
                             struct hf_fault *f)
{
	struct asked asks;
	struct hf_plan *plan = NULL;
	enum hf_err e;

	HF_TRY(release_plan_any(a->r, row->plan, row->version, &plan, f));
	e = asked(a, row, plan, &asks, f);
	if (g->classes)
		asks.in.classes = *g->classes;
	if (e == HF_OK && g->unit && outdated(a, row, plan, a->counted ? &a->stamp : NULL))
		e = hf_fault_set(
		        f, HF_E_DISCLOSURE,
		        "other releases of %.60s went out since the classes of its rows were counted; retry the task",
		        asks.dataset);
	if (e == HF_OK)
		e = g->unit ? hf_disclosure_record(a->r->store, g->unit, &asks.in, f)
		            : hf_disclosure_check(a->r->store, &asks.in, f);
	hf_plan_free(plan);
	return e == HF_OK && g->unit ? hf_fault_default(f, remember(a, row, asks.dataset, g->made, g->unit)) : e;
}

static void pass(struct release_active *a, const Hufu__MaskTaskRow *row, struct release_check *k)
{
	char *report = json_dumps(k->evaluation, JSON_COMPACT);
	struct hf_unit *unit = hf_unit_new();
	struct release_change c;
	struct hf_hash digest;

	hf_sha256(report, strlen(report), &digest);
	release_change_begin(&c, row);
	c.row.state = (uint32_t)hf_mask_task_next(HF_TASK_CHECKING, HF_TASK_PASS);
	c.row.changed_ms = hf_now_ms(&a->r->base->clock);
	c.row.result_digest = (ProtobufCBinaryData){sizeof(k->digest.b), k->digest.b};
	c.row.result_bytes = k->bytes;
	c.row.evaluation = (ProtobufCBinaryData){strlen(report), (uint8_t *)report};
	release_change_step(&c, HF_MASK_STEP_EVALUATE, c.row.changed_ms, a->r->base->self.s,
	                    "the result is as the plan expects", &digest);
	release_change_put(&c, unit);
	struct hf_draft *d = release_entry(a->r, &c.row, HF_EVENT_MASK_STEP, "", "");
	char said[600];

	hf_measure_text(k->evaluation, said, sizeof(said));
	hf_draft_textf(d, HF_FIELD_DETAIL,
	               "step evaluate: %llu rows, as the plan expects; executed as planned; %zu proposed changes; %s",
	               (unsigned long long)k->rows_out, json_array_size(json_object_get(k->evaluation, "changes")),
	               said);
	hf_draft_bytes(d, HF_FIELD_DIGEST, digest.b, sizeof(digest.b));
	hf_unit_draft(unit, d);
	release_change_done(&c);
	task_submit(a, unit);
	free(report);
}

static void on_checked(uv_work_t *uv, int status)
{
	struct release_active *a = uv->data;
	Hufu__MaskTaskRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_fault f = {.code = HF_OK};

	(void)status;
	if (task_closed(a))
		return;
	struct release_check *k = HF_TAKE(a->check);

	if (hf_task_get(a->r, &a->id, &row, &f) != HF_OK || row->state != HF_TASK_CHECKING) {
		if (row && row->state == HF_TASK_STOPPED)
			unlink(k->part);
		task_submit(a, hf_unit_new());
	} else if (k->e != HF_OK) {
		task_fail(a, row, k->kind, &k->f);
	} else if (outdated(a, row, k->plan, &k->joint.stamp)) {
		task_submit(a, hf_unit_new()); /* it is in CHECKING still */
	} else if ((f.code = disclosed(a, row, &(struct disclosing){.classes = &k->joint.classes}, &f)) != HF_OK) {
		task_fail(a, row, "result", &f);
	} else {
		a->counted = true;
		a->stamp = k->joint.stamp;
		pass(a, row, k);
	}
	release_check_free(k);
}

void task_check(struct release_active *a, const Hufu__MaskTaskRow *row)
{
	struct release_check *k = hf_alloc_zero(sizeof(*k));
	struct hf_fault f = {.code = HF_OK};
	enum hf_err e = release_plan_any(a->r, row->plan, row->version, &k->plan, &f);

	if (e == HF_OK)
		e = task_open_source(a->r, row, &k->reader, &f);
	if (e == HF_OK)
		e = look_beside(a, row, k->plan, &k->joint, &f);
	if (e != HF_OK) {
		a->busy = true;
		release_hold(a->r);
		f.code = e;
		task_fail(a, row, k->plan ? "source" : "format", &f);
		release_check_free(k);
		return;
	}
	snprintf(k->table, sizeof(k->table), "%s", row->table);
	snprintf(k->output, sizeof(k->output), "%s", row->output);
	release_part_of(row, k->part);
	k->inventory = hf_source_inventory(a->r->sources, row->source);
	k->counts = release_counts_of(row);
	k->count = row->n_counts;
	k->rows_in = row->place ? row->place->rows_in : 0;
	k->rows_out = row->place ? row->place->rows_out : 0;
	a->check = k;
	task_queue(a, check_it, on_checked);
}

/* ---- the release ---- */

/* MK-10: from the result's digest to the task, the plan, the keys, the source, the person and the times. */
static void say_release(struct release_active *a, const Hufu__MaskTaskRow *row, const struct hf_source_view *v,
                        struct hf_unit *unit)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf keys = HF_BUF_INIT;
	struct hf_draft *d = release_entry(a->r, row, HF_EVENT_MASK_RELEASE, row->operator_, "");
	char plan[65] = "";
	struct hf_hash digest;

	if (row->plan_digest.len == sizeof(digest.b)) {
		memcpy(digest.b, row->plan_digest.data, sizeof(digest.b));
		hf_hash_hex(&digest, plan);
	}
	for (size_t i = 0; i < row->n_counts && keys.len < 2000; i++)
		if (*row->counts[i]->key)
			hf_buf_addf(&keys, "%s%s %s", keys.len ? ", " : "", row->counts[i]->field, row->counts[i]->key);
	hf_draft_textf(d, HF_FIELD_DETAIL,
	               "source %s made of source %s by plan %s version %u (%s); %llu rows; keys: %s", row->registers,
	               row->source, row->plan, row->version, plan, (unsigned long long)v->rows,
	               keys.len ? (const char *)keys.data : "none");
	hf_draft_bytes(d, HF_FIELD_DIGEST, v->digest.b, sizeof(v->digest.b));
	hf_draft_int(d, HF_FIELD_DATA_LENGTH, (int64_t)v->bytes);
	hf_draft_time(d, HF_FIELD_START_TIME, row->created_ms);
	hf_draft_time(d, HF_FIELD_END_TIME, hf_now_ms(&a->r->base->clock));
	hf_unit_draft(unit, d);
}

/* v has the derivation of the source until then. */
static enum hf_err derive(struct release_active *a, const Hufu__MaskTaskRow *row, struct hf_source_view *v,
                          struct hf_unit *unit, struct hf_fault *f)
{
	char processing[200];
	struct hf_task_derived d = {v->derivation, v->digest, v->bytes, row->operator_, processing};

	if (hf_id_is_zero(&v->derivation))
		return HF_OK;
	snprintf(processing, sizeof(processing), "masked by plan %.63s version %u", row->plan, row->version);
	if (!a->r->derive)
		return hf_fault_set(f, HF_E_UNSUPPORTED, "nothing here records what is derived");
	return a->r->derive(a->r->derive_ctx, &d, unit, &v->derivation, f);
}

static enum hf_err register_result(struct release_active *a, const Hufu__MaskTaskRow *row, struct hf_source_view *v,
                                   struct hf_unit *unit, struct hf_fault *f)
{
	struct hf_source_view there;
	struct release_change c;

	if (!release_has_digest(&row->result_digest, &v->digest))
		return hf_fault_set(f, HF_E_DIGEST, "%s is not the file that was checked; it is not released",
		                    row->output);
	if (hf_source_get(a->r->sources, v->name, &there) == HF_OK) {
		hf_source_view_done(&there);
		return hf_fault_set(f, HF_E_EXISTS, "a source '%s' was registered meanwhile", v->name);
	}
	HF_TRY(derive(a, row, v, unit, f));
	HF_TRY(hf_source_put(a->r->sources, unit, v, f));
	HF_TRY(disclosed(a, row, &(struct disclosing){.made = v, .unit = unit}, f));
	release_change_begin(&c, row);
	c.row.state = (uint32_t)hf_mask_task_next(HF_TASK_RELEASING, HF_TASK_REGISTER);
	c.row.changed_ms = hf_now_ms(&a->r->base->clock);
	release_change_step(&c, HF_MASK_STEP_EXECUTE, c.row.changed_ms, row->operator_, "released", &v->digest);
	release_change_put(&c, unit);
	release_change_done(&c);
	say_release(a, row, v, unit);
	return HF_OK;
}

static void on_scanned(void *ctx, enum hf_err e, struct hf_source_view *v, const struct hf_fault *why)
{
	struct release_active *a = ctx;
	Hufu__MaskTaskRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_fault f = *why;
	struct hf_unit *unit;

	if (task_closed(a))
		return;
	unit = hf_unit_new();
	if (e == HF_OK)
		e = hf_task_get(a->r, &a->id, &row, &f);
	else if (hf_task_get(a->r, &a->id, &row, &a->f) != HF_OK)
		e = HF_E_STORE;
	if (e == HF_OK)
		e = register_result(a, row, v, unit, &f);
	if (e == HF_OK || !row) {
		task_submit(a, unit);
		return;
	}
	hf_unit_free(unit);
	f.code = e;
	if (e != HF_E_DIGEST)
		unlink(row->output); /* it has its name, and may not keep it */
	task_fail(a, row, "result", &f);
}

static void place(uv_work_t *uv)
{
	struct release_active *a = uv->data;

	a->placed = release_place(a->part, a->output, &a->f);
}

static void on_placed(uv_work_t *uv, int status)
{
	struct release_active *a = uv->data;
	Hufu__MaskTaskRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_source_view v = {.kind = "csv", .enabled = true}, of;

	(void)status;
	if (task_closed(a))
		return;
	if (hf_task_get(a->r, &a->id, &row, &a->f) != HF_OK) {
		task_submit(a, hf_unit_new());
		return;
	}
	if (a->placed != HF_OK) {
		task_fail(a, row, "space", &a->f);
		return;
	}
	snprintf(v.name, sizeof(v.name), "%s", row->registers);
	snprintf(v.path, sizeof(v.path), "%s", row->output);
	snprintf(v.registered_by, sizeof(v.registered_by), "%s", row->operator_);
	snprintf(v.masked_of, sizeof(v.masked_of), "%s", row->source);
	v.masked = a->id;
	v.registered_ms = hf_now_ms(&a->r->base->clock);
	if (hf_source_get(a->r->sources, row->source, &of) == HF_OK) {
		snprintf(v.department, sizeof(v.department), "%s", of.department);
		v.derivation = of.derivation;
		hf_source_view_done(&of);
	}
	hf_source_scan(a->r->sources, &v, on_scanned, a);
}

void task_release(struct release_active *a, const Hufu__MaskTaskRow *row)
{
	release_part_of(row, a->part);
	snprintf(a->output, sizeof(a->output), "%s", row->output);
	a->f = (struct hf_fault){.code = HF_OK};
	task_queue(a, place, on_placed);
}
