/*
 * task_run.c - the loop's side of a task under way: it looks at the row, lets a worker do what the row's state asks
 * for, writes what came of it, and looks again. So a command only changes the row, and a killed node only looks anew.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "release/mask_keys.h"
#include "release/schedule.h"
#include "release/task_run.h"

#define LOOK_MS 1000  /* between two looks at the schedules */
#define REST_MS 15000 /* after a state that could not be written, a full disk for instance */

static void look(struct release_active *a);

void release_part_of(const Hufu__MaskTaskRow *row, char out[RELEASE_PATH])
{
	char text[HF_ID_TEXT] = "";
	struct hf_id id;

	if (hf_id_from_bytes(row->id.data, row->id.len, &id))
		hf_id_text(&id, text);
	snprintf(out, RELEASE_PATH, "%.1000s.%s.part", row->output, text);
}

/* ---- what is under way ---- */

static struct release_active *find(struct hf_release *r, const struct hf_id *id)
{
	struct release_active *a = r->active;

	while (a && !hf_id_equal(&a->id, id))
		a = a->next;
	return a;
}

static void free_active(struct release_active *a)
{
	release_work_free(a->work);
	release_check_free(a->check);
	free(a);
}

static void look_at_all(struct hf_release *r)
{
	for (struct release_active *a = r->active, *next; a; a = next) {
		next = a->next;
		if (!a->busy)
			look(a);
	}
}

/* Out of memory; the row stays. Another may begin. */
static void leave(struct release_active *a)
{
	struct hf_release *r = a->r;

	for (struct release_active **at = &r->active; *at; at = &(*at)->next)
		if (*at == a) {
			*at = a->next;
			break;
		}
	free_active(a);
}

static unsigned running(const struct hf_release *r)
{
	unsigned n = 0;

	for (const struct release_active *a = r->active; a; a = a->next)
		n += a->runs;
	return n;
}

uint64_t release_progress(struct hf_release *r, const struct hf_id *id)
{
	struct release_active *a = find(r, id);

	return a && a->work ? atomic_load(&a->work->in) : 0;
}

static void free_timer(uv_handle_t *h)
{
	free(h);
}

void release_close_tasks(struct hf_release *r)
{
	struct release_active *a = r->active;

	if (r->timer) {
		uv_timer_stop(r->timer);
		uv_close((uv_handle_t *)r->timer, free_timer);
	}
	if (r->pace) {
		uv_timer_stop(r->pace);
		uv_close((uv_handle_t *)r->pace, free_timer);
	}
	r->active = NULL;
	while (a) {
		struct release_active *next = a->next;

		if (!a->busy)
			free_active(a); /* else whoever is at it does when it ends */
		a = next;
	}
}

struct waking {
	struct hf_release *r;
	struct hf_id id;
};

static void wake(void *ctx)
{
	const struct waking *w = ctx;
	struct release_active *a;

	if (w->r->closing)
		return;
	a = find(w->r, &w->id);
	if (!a) {
		a = hf_alloc_zero(sizeof(*a));
		a->r = w->r;
		a->id = w->id;
		a->next = w->r->active;
		w->r->active = a;
	}
	look_at_all(w->r);
}

static void free_waking(void *ctx)
{
	release_drop(((struct waking *)ctx)->r);
	free(ctx);
}

void release_wake_after(struct hf_release *r, struct hf_unit *unit, const struct hf_id *id)
{
	struct waking *w = hf_alloc_zero(sizeof(*w));

	w->r = r;
	w->id = *id;
	release_hold(r);
	hf_unit_after(unit, wake, w, free_waking);
}

static void unlink_it(void *ctx)
{
	unlink(ctx);
}

void release_unlink_after(struct hf_unit *unit, const char *path)
{
	hf_unit_after(unit, unlink_it, hf_strdup(path), free);
}

/* ---- ends of steps ---- */

/* The node is closing: nothing is written any more. */
bool task_closed(struct release_active *a)
{
	struct hf_release *r = a->r;

	if (!r->closing)
		return false;
	free_active(a);
	release_drop(r);
	return true;
}

static void on_commit(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct release_active *a = ctx;
	struct hf_release *r = a->r;

	(void)info;
	if (task_closed(a))
		return;
	a->busy = false;
	release_drop(r);
	if (e != HF_OK)
		hf_alarm(r->base, "masking", &a->id,
		         "the state of a masking task cannot be written: %s; it is tried again in %u seconds",
		         hf_err_text(e), REST_MS / 1000);
	a->rests_until = e == HF_OK ? 0 : (int64_t)uv_now(r->base->loop) + REST_MS;
	look(a);
}

/* busy stays until the commit. */
void task_submit(struct release_active *a, struct hf_unit *take)
{
	hf_store_submit(a->r->store, take, on_commit, a);
}

/* MK-42, MK-45: every error has its scheme, which is carried out, recorded and told to people. */
void task_fail(struct release_active *a, const Hufu__MaskTaskRow *row, const char *kind, const struct hf_fault *why)
{
	struct hf_unit *unit = hf_unit_new();
	struct hf_plan *plan = NULL;
	struct hf_fault unread;
	struct release_change c;
	char scheme[900] = "", detail[1600], part[RELEASE_PATH];
	const struct hf_plan_emergency *e = NULL;

	if (release_plan_any(a->r, row->plan, row->version, &plan, &unread) == HF_OK)
		e = hf_plan_emergency_for(plan, kind);
	release_change_begin(&c, row);
	bool held = e && e->pause && hf_mask_task_next((enum hf_mask_task_state)row->state, HF_TASK_HOLD);

	if (e)
		hf_plan_emergency_text(
		        e, e->pause ? "the task is paused" : "the task ends, and nothing of its result is left", scheme,
		        sizeof(scheme));
	snprintf(detail, sizeof(detail), "step execute: %s: %s; %s", kind, why->text, scheme);
	c.row.state =
	        (uint32_t)hf_mask_task_next((enum hf_mask_task_state)row->state, held ? HF_TASK_HOLD : HF_TASK_FAIL);
	c.row.kind = (char *)kind;
	c.row.reason = (char *)hf_err_reason(why->code);
	c.row.text = (char *)why->text;
	c.row.scheme = scheme;
	c.row.changed_ms = hf_now_ms(&a->r->base->clock);
	release_change_put(&c, unit);
	struct hf_draft *d = release_entry(a->r, &c.row, HF_EVENT_MASK_STEP, "", "");

	hf_draft_outcome(d, why->code, detail);
	hf_unit_draft(unit, d);
	release_part_of(row, part);
	if (!held)
		release_unlink_after(unit, part);
	release_change_done(&c);
	hf_plan_free(plan);
	hf_alarm(a->r->base, "masking", &a->id, "%s", detail);
	task_submit(a, unit);
}

static void put_progress(const struct release_work *w, struct release_change *c)
{
	if (!w->settled)
		return;
	c->place.header_end = w->place.header_end;
	c->place.byte = w->place.byte;
	c->place.rows_in = w->place.rows_in;
	c->place.rows_out = w->place.rows_out;
	c->place.out_bytes = w->out_bytes;
	release_change_counts(c, w->counts, w->count);
}

/* Somebody paused it: what is done is kept. Or stopped it: the file was removed while it was written to. */
static void after_command(struct release_active *a, const Hufu__MaskTaskRow *row)
{
	struct hf_unit *unit = hf_unit_new();
	struct release_change c;

	if (row->state == HF_TASK_PAUSED && a->work->e == HF_OK) {
		release_change_begin(&c, row);
		put_progress(a->work, &c);
		release_change_put(&c, unit);
		release_change_done(&c);
	} else if (row->state == HF_TASK_STOPPED) {
		unlink(a->work->part);
	}
	release_work_free(HF_TAKE(a->work));
	task_submit(a, unit);
}

static int64_t loop_ms(const struct hf_release *r)
{
	uv_update_time(r->base->loop);
	return (int64_t)uv_now(r->base->loop);
}

/* MK-26: after so many bytes of the source others have it for the rest of the time that these may take. */
static void pace(struct release_active *a)
{
	uint64_t rate = a->work->plan->source_rate, bytes = atomic_load(&a->work->in) - a->slice_at;

	a->paced_until = rate ? a->slice_ms + (int64_t)(bytes * 1000 / rate) + 1 : 0;
}

static void on_pace(uv_timer_t *t)
{
	look_at_all(t->data);
}

/* True: it is looked at again when it may go on. */
static bool waits(struct release_active *a)
{
	struct hf_release *r = a->r;
	int64_t left = a->paced_until - loop_ms(r);

	if (left <= 0)
		return false;
	if (!r->pace) {
		r->pace = hf_alloc_zero(sizeof(*r->pace));
		r->pace->data = r;
		uv_timer_init(r->base->loop, r->pace);
	}
	if (!uv_is_active((uv_handle_t *)r->pace) || uv_timer_get_due_in(r->pace) > (uint64_t)left)
		uv_timer_start(r->pace, on_pace, (uint64_t)left, 0);
	return true;
}

static void on_slice(uv_work_t *uv, int status)
{
	struct release_active *a = uv->data;
	Hufu__MaskTaskRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct release_change c;
	struct hf_unit *unit;

	(void)status;
	if (task_closed(a))
		return;
	if (hf_task_get(a->r, &a->id, &row, &a->f) != HF_OK || row->state != HF_TASK_RUNNING) {
		if (row) {
			after_command(a, row);
			return;
		}
		unit = hf_unit_new();
	} else if (a->work->e != HF_OK) {
		task_fail(a, row, a->work->kind, &a->work->f);
		release_work_free(HF_TAKE(a->work));
		return;
	} else {
		unit = hf_unit_new();
		release_change_begin(&c, row);
		put_progress(a->work, &c);
		if (a->work->end) {
			c.row.state = (uint32_t)hf_mask_task_next(HF_TASK_RUNNING, HF_TASK_END);
			c.row.changed_ms = hf_now_ms(&a->r->base->clock);
		}
		release_change_put(&c, unit);
		release_change_done(&c);
		pace(a);
		if (a->work->end)
			release_work_free(HF_TAKE(a->work));
	}
	task_submit(a, unit);
}

static void slice(uv_work_t *uv)
{
	release_work_slice(((struct release_active *)uv->data)->work);
}

static void next_slice(struct release_active *a)
{
	if (waits(a))
		return;
	a->slice_ms = loop_ms(a->r);
	a->slice_at = atomic_load(&a->work->in);
	task_queue(a, slice, on_slice);
}

void task_queue(struct release_active *a, void (*work)(uv_work_t *), void (*after)(uv_work_t *, int))
{
	a->busy = true;
	release_hold(a->r);
	a->uv.data = a;
	if (uv_queue_work(a->r->base->loop, &a->uv, work, after) != 0)
		abort(); /* only without a loop */
}

/* ---- beginning ---- */

static enum hf_err take_keys(struct release_active *a, struct release_work *w, struct hf_fault *f)
{
	const struct hf_mask_scope *scope = &w->plan->scope;
	struct hf_id contract;

	if (!a->r->keys)
		return HF_OK;
	hf_mask_root(a->r->keys, &w->root);
	w->has_root = true;
	if (!scope->contract)
		return HF_OK;
	if (!hf_id_parse(scope->contract, &contract))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "the plan's scope names the contract '%.60s', which is no id of an agreement or an "
		                    "entry; correct the plan",
		                    scope->contract);
	HF_TRY(hf_mask_seed_make(a->r->keys, &contract, scope->consumer ? scope->consumer : "", &w->seed, f));
	w->has_seed = true;
	return HF_OK;
}

enum hf_err task_open_source(struct hf_release *r, const Hufu__MaskTaskRow *row, struct hf_source_reader **ret_reader,
                             struct hf_fault *f)
{
	struct hf_source_stamp now;

	HF_TRY(hf_source_choose(r->sources, row->source, &(struct hf_source_choice){.text = true}, ret_reader, f));
	hf_source_reader_stamp(*ret_reader, &now);
	if (now.bytes == row->source_bytes && now.inode == row->source_inode && now.mtime_ns == row->source_mtime_ns)
		return HF_OK;
	hf_source_reader_close(HF_TAKE(*ret_reader));
	return hf_fault_set(f, HF_E_SOURCE_CHANGED,
	                    "source '%s' is not what it was when the task began; scan it, and retry the task from the "
	                    "top",
	                    row->source);
}

/* A quarter of a second's bytes at once, where the plan says how many a second has. */
static uint64_t slice_of(const struct hf_release *r, const struct hf_plan *p)
{
	uint64_t most = p->source_rate / 4;

	return p->source_rate && most < r->slice ? most : r->slice;
}

static enum hf_err fill_work(struct release_active *a, const Hufu__MaskTaskRow *row, struct release_work *w,
                             const char **ret_kind, struct hf_fault *f)
{
	struct release_plan plan = {NULL, NULL};

	*ret_kind = "format";
	HF_TRY(release_plan_get(a->r, row->plan, row->version, &plan, f));
	w->plan = HF_TAKE(plan.plan);
	release_plan_done(&plan);
	snprintf(w->table, sizeof(w->table), "%s", row->table);
	snprintf(w->node_dir, sizeof(w->node_dir), "%s", a->r->base->dir);
	snprintf(w->folder, sizeof(w->folder), "%s/masking", a->r->base->dir);
	snprintf(w->output, sizeof(w->output), "%s", row->output);
	release_part_of(row, w->part);
	w->slice = slice_of(a->r, w->plan);
	w->stamp = (struct hf_source_stamp){row->source_bytes, row->source_inode, row->source_mtime_ns};
	if (row->place && row->place->byte) {
		w->place = (struct hf_stream_place){row->place->header_end, row->place->byte, row->place->rows_in,
		                                    row->place->rows_out};
		w->out_bytes = row->place->out_bytes;
		atomic_store(&w->in, row->place->byte);
		w->base = release_counts_of(row);
		w->base_count = row->n_counts;
	}
	*ret_kind = "key";
	HF_TRY(take_keys(a, w, f));
	*ret_kind = "source";
	return task_open_source(a->r, row, &w->reader, f);
}

static void begin(struct release_active *a, const Hufu__MaskTaskRow *row)
{
	struct release_work *w = release_work_new();
	struct hf_fault f = {.code = HF_OK};
	struct hf_unit *unit;
	struct release_change c;
	const char *kind;
	enum hf_err e = fill_work(a, row, w, &kind, &f);

	a->busy = true;
	release_hold(a->r);
	if (e != HF_OK) {
		f.code = e;
		release_work_free(w);
		task_fail(a, row, kind, &f);
		return;
	}
	a->work = w;
	unit = hf_unit_new();
	release_change_begin(&c, row);
	c.row.state = (uint32_t)hf_mask_task_next(HF_TASK_QUEUED, HF_TASK_BEGIN);
	c.row.changed_ms = hf_now_ms(&a->r->base->clock);
	release_change_put(&c, unit);
	release_change_done(&c);
	task_submit(a, unit);
}

/* A process before ran it. */
static void restart(struct release_active *a, const Hufu__MaskTaskRow *row)
{
	struct hf_unit *unit = hf_unit_new();
	struct release_change c;

	a->busy = true;
	release_hold(a->r);
	release_change_begin(&c, row);
	c.row.state = (uint32_t)hf_mask_task_next(HF_TASK_RUNNING, HF_TASK_RESTART);
	release_change_put(&c, unit);
	release_change_done(&c);
	task_submit(a, unit);
}

/* ---- by its state ---- */

static void look(struct release_active *a)
{
	Hufu__MaskTaskRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_release *r = a->r;
	struct hf_fault f;
	enum hf_mask_task_state state = HF_TASK_STATE_INVALID;

	if (r->trying || a->rests_until > (int64_t)uv_now(r->base->loop))
		return;
	if (hf_task_get(r, &a->id, &row, &f) == HF_OK)
		state = (enum hf_mask_task_state)row->state;
	switch (state) {
	case HF_TASK_QUEUED:
		a->runs = a->runs || running(r) < HF_TASKS_RUNNING;
		release_work_free(HF_TAKE(a->work)); /* of a run that was paused meanwhile */
		if (a->runs)
			begin(a, row);
		return;
	case HF_TASK_RUNNING:
		a->runs = true;
		if (a->work)
			next_slice(a);
		else
			restart(a, row);
		return;
	case HF_TASK_CHECKING:
		a->runs = true;
		task_check(a, row);
		return;
	case HF_TASK_RELEASING:
		a->runs = true;
		task_release(a, row);
		return;
	case HF_TASK_STATE_INVALID:
	case HF_TASK_PAUSED:
	case HF_TASK_RELEASED:
	case HF_TASK_FAILED:
	case HF_TASK_STOPPED:
		leave(a);
		look_at_all(r);
	}
}

struct starting {
	struct hf_release *r;
	struct hf_unit *unit;
};

static bool take_up(void *ctx, const Hufu__MaskTaskRow *row)
{
	const struct starting *s = ctx;
	struct hf_release *r = s->r;
	struct release_active *a;

	release_ran_mend(r, row, s->unit);
	if (row->state != HF_TASK_QUEUED && row->state != HF_TASK_RUNNING && row->state != HF_TASK_CHECKING &&
	    row->state != HF_TASK_RELEASING)
		return true;
	a = hf_alloc_zero(sizeof(*a));
	a->r = r;
	if (!hf_id_from_bytes(row->id.data, row->id.len, &a->id)) {
		free(a);
		return true;
	}
	a->next = r->active;
	r->active = a;
	return true;
}

void release_go_on(struct hf_release *r)
{
	if (!r->timer)
		return; /* it has not started */
	hf_schedule_look(r);
	look_at_all(r);
}

static void on_timer(uv_timer_t *t)
{
	struct hf_release *r = t->data;

	if (!r->trying)
		release_go_on(r);
}

void hf_release_start(struct hf_release *r)
{
	struct starting s = {r, hf_unit_new()};

	r->timer = hf_alloc_zero(sizeof(*r->timer));
	r->timer->data = r;
	uv_timer_init(r->base->loop, r->timer);
	uv_timer_start(r->timer, on_timer, LOOK_MS, LOOK_MS);
	if (hf_tasks(r, take_up, &s) != HF_OK)
		hf_alarm(r->base, "masking", NULL, "the masking tasks of the process before cannot be read");
	hf_store_submit(r->store, s.unit, NULL, NULL);
	release_alike_ready(r); /* before anybody asks */
	release_sweep(r);
	look_at_all(r);
}
