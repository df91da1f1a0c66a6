#include "release/schedule.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/domains.h"
#include "release/internal.h"

#define KEY_MAX (2 * HF_NAME_MAX + 2)
#define LOOK_MS 60000 /* at least so often; a plan may have changed */
#define STAMP 20

int64_t hf_schedule_next(int64_t start_ms, int64_t every_ms, int64_t after_ms)
{
	if (start_ms > after_ms)
		return start_ms;
	return every_ms > 0 ? start_ms + ((after_ms - start_ms) / every_ms + 1) * every_ms : 0;
}

/* ---- rows ---- */

static size_t make_key(char key[KEY_MAX], const char *plan, const char *source)
{
	return (size_t)snprintf(key, KEY_MAX, "%.63s%c%.63s", plan, '\0', source);
}

static void put_row(struct hf_unit *unit, const Hufu__MaskScheduleRow *row)
{
	char key[KEY_MAX];
	size_t n = make_key(key, row->plan, row->source), len;
	uint8_t *bytes = hf_encode(&row->base, &len);

	if (!bytes)
		abort();
	hf_unit_put(unit, HF_TABLE_MASK_SCHEDULE, key, n, bytes, len);
	free(bytes);
}

struct times {
	int64_t start_ms, every_ms; /* of the plan; start 0: by hand */
};
struct listing {
	struct hf_release *r;
	hf_schedule_fn fn;
	void *ctx;
};

/* A plan that is retired, or cannot be read, keeps the times that it had: its runs are missed. */
static enum hf_err times_of(struct hf_release *r, const Hufu__MaskScheduleRow *row, struct times *ret_times,
                            struct hf_fault *f)
{
	struct hf_plan *p = NULL;
	enum hf_err e = hf_release_plan(r, row->plan, &p, f);

	*ret_times = (struct times){row->start_ms, row->every_ms};
	if (e == HF_OK)
		*ret_times = (struct times){p->start_ms, p->every_ms};
	hf_plan_free(p);
	return e;
}

static int64_t next_of(struct hf_release *r, const Hufu__MaskScheduleRow *row)
{
	struct times t;
	struct hf_fault f;

	if (row->ticket.len || times_of(r, row, &t, &f) != HF_OK || !t.start_ms)
		return 0;
	return hf_schedule_next(t.start_ms, t.every_ms, row->last_ms);
}

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	const struct listing *l = ctx;
	Hufu__MaskScheduleRow *row HF_CLEANUP(hf_decoded_done) =
	        HF_DECODE_OWN(mask_schedule_row, value.data, value.len);

	(void)key;
	return !row || l->fn(l->ctx, row, next_of(l->r, row));
}

enum hf_err hf_schedules(struct hf_release *r, hf_schedule_fn fn, void *ctx)
{
	struct listing l = {r, fn, ctx};

	return hf_store_scan(r->store, HF_TABLE_MASK_SCHEDULE, NULL, 0, NULL, 0, list_row, &l);
}

/* ---- setting ---- */

static enum hf_err check_operator(struct hf_release *r, const struct hf_schedule_in *in, bool set, struct hf_fault *f)
{
	struct hf_plan *p = NULL;
	enum hf_err e = HF_OK;

	HF_TRY(hf_release_plan(r, in->plan, &p, f));
	if (strcmp(p->operator_name, in->actor->account) != 0)
		e = hf_fault_set(f, HF_E_SEPARATION,
		                 "the masking plan '%s' names '%s' as its operator, and nobody else schedules it",
		                 in->plan, p->operator_name);
	else if (set && !in->ticket && !p->start_ms)
		e = hf_fault_set(f, HF_E_STATE,
		                 "the masking plan '%s' runs by hand; put a version whose schedule has start and "
		                 "every, or let a timer of the system begin it (--ticket FILE)",
		                 in->plan);
	hf_plan_free(p);
	return e;
}

/* Also when the plan is none any more: whoever was its operator then. */
static enum hf_err check_end(struct hf_release *r, const struct hf_schedule_in *in, const Hufu__MaskScheduleRow *row,
                             struct hf_fault *f)
{
	enum hf_err e = check_operator(r, in, false, f);

	return e == HF_E_NO_PLAN && strcmp(row->set_by, in->actor->account) == 0 ? HF_OK : e;
}

static enum hf_err check_set(struct hf_release *r, const struct hf_schedule_in *in, struct hf_fault *f)
{
	struct hf_source_view v;
	struct hf_name n;

	HF_TRY(check_operator(r, in, true, f));
	if (hf_source_get(r->sources, in->source, &v) != HF_OK)
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "there is no source '%.63s'; `hufu source list` shows those there are", in->source);
	hf_source_view_done(&v);
	if (!hf_name_parse(in->registers, &n) || strlen(n.s) + STAMP > HF_NAME_MAX)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "'%.63s' cannot begin the names of sources; use up to %d of a-z, 0-9, '.', '-'",
		                    in->registers, HF_NAME_MAX - STAMP);
	if (strlen(in->folder) + strlen(n.s) + STAMP + 8 > 500)
		return hf_fault_set(f, HF_E_ARGUMENT, "the folder's path is too long; shorten it");
	return HF_OK;
}

static void fill_draft(struct hf_draft *d, const struct hf_schedule_in *in, const char *what)
{
	hf_draft_textf(d, HF_FIELD_OBJECT, "masking schedule of plan %s for source %s", in->plan, in->source);
	hf_draft_text(d, HF_FIELD_DETAIL, what);
}

static void digest_of(const struct hf_ticket *t, struct hf_hash *ret_digest)
{
	struct hf_sha256 *h = hf_sha256_new();

	hf_sha256_add(h, HF_DOMAIN_MASK_TICKET, sizeof(HF_DOMAIN_MASK_TICKET));
	hf_sha256_add(h, t->b, sizeof(t->b));
	hf_sha256_end(h, ret_digest);
	hf_sha256_free(h);
}

enum hf_err hf_schedule_set(struct hf_release *r, const struct hf_schedule_in *in, struct hf_unit *unit,
                            struct hf_draft *draft, struct hf_fault *f)
{
	Hufu__MaskScheduleRow row = HUFU__MASK_SCHEDULE_ROW__INIT;

	struct hf_hash digest;
	struct times t;

	fill_draft(draft, in, in->ticket ? "set, with a ticket for a timer of the system" : "set");
	HF_TRY(check_set(r, in, f));
	if (in->ticket) {
		digest_of(in->ticket, &digest);
		row.ticket = (ProtobufCBinaryData){sizeof(digest.b), digest.b};
	}
	row.plan = (char *)in->plan;
	HF_TRY(times_of(r, &row, &t, f));
	row.start_ms = t.start_ms;
	row.every_ms = t.every_ms;
	row.source = (char *)in->source;
	row.table = (char *)in->table;
	row.folder = (char *)in->folder;
	row.registers = (char *)in->registers;
	row.set_by = (char *)in->actor->account;
	row.set_ms = row.last_ms = hf_now_ms(&r->base->clock);
	put_row(unit, &row);
	r->look_ms = 0;
	return HF_OK;
}

enum hf_err hf_schedule_end(struct hf_release *r, const struct hf_schedule_in *in, struct hf_unit *unit,
                            struct hf_draft *draft, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf value = HF_BUF_INIT;
	Hufu__MaskScheduleRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	char key[KEY_MAX];
	size_t n = make_key(key, in->plan, in->source);

	fill_draft(draft, in, "ended");
	if (hf_store_get(r->store, HF_TABLE_MASK_SCHEDULE, key, n, &value) == HF_OK)
		row = HF_DECODE_OWN(mask_schedule_row, value.data, value.len);
	if (!row)
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "the masking plan '%.63s' is not scheduled for source '%.63s'; `hufu release "
		                    "schedules` shows what is",
		                    in->plan, in->source);
	HF_TRY(check_end(r, in, row, f));
	hf_unit_del(unit, HF_TABLE_MASK_SCHEDULE, key, n);
	return HF_OK;
}

/* ---- the times ---- */

struct looking {
	struct hf_release *r;
	int64_t now_ms, next_ms; /* next_ms: the earliest of all */
	struct due {
		Hufu__MaskScheduleRow *row;
		int64_t first_ms, newest_ms; /* that are due now */
		uint64_t count;              /* 0: only the plan's times are others */
		struct hf_fault plan;        /* why there is no plan to run; code OK: there is */
	} due[32];
	size_t count;
};

/* Rows are handled after the scan, which may not submit. */
static bool look_at(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct looking *l = ctx;
	Hufu__MaskScheduleRow *row HF_CLEANUP(hf_decoded_done) =
	        HF_DECODE_OWN(mask_schedule_row, value.data, value.len);
	struct hf_fault f = {.code = HF_OK};
	struct times t;
	int64_t next, due;
	bool other;

	(void)key;
	if (!row || row->ticket.len)
		return true;
	if (times_of(l->r, row, &t, &f) == HF_OK)
		f.code = HF_OK;
	next = t.start_ms ? hf_schedule_next(t.start_ms, t.every_ms, row->last_ms) : 0;
	due = next && next <= l->now_ms ? next : 0;
	other = t.start_ms != row->start_ms || t.every_ms != row->every_ms;
	if ((due || other) && l->count < sizeof(l->due) / sizeof(l->due[0])) {
		struct due *d = &l->due[l->count++];

		row->start_ms = t.start_ms;
		row->every_ms = t.every_ms;
		*d = (struct due){.row = HF_TAKE(row), .first_ms = due, .plan = f};
		d->count = !due ? 0 : t.every_ms ? (uint64_t)((l->now_ms - due) / t.every_ms) + 1 : 1;
		d->newest_ms = due ? due + (int64_t)(d->count - 1) * t.every_ms : d->row->last_ms;
	} else if (due) {
		l->next_ms = 0; /* no room in this look: the next one is at once */
	}
	if (next > l->now_ms && next < l->next_ms)
		l->next_ms = next;
	return true;
}

/* "20261201t020000z" */
static void stamp(int64_t ms, char out[STAMP])
{
	char text[HF_TIME_TEXT];
	size_t n = 0;

	hf_time_text(ms, text);
	for (const char *at = text; *at && *at != '.'; at++)
		if (*at != '-' && *at != ':')
			out[n++] = *at == 'T' ? 't' : *at;
	out[n++] = 'z';
	out[n] = '\0';
}

/* The task of that time, in the row's unit and the name of the plan's operator, who is still one (MK-38). */
static enum hf_err begin(struct hf_release *r, const Hufu__MaskScheduleRow *row, int64_t due_ms, struct hf_unit *unit,
                         struct hf_draft *draft, struct hf_id *ret_id, struct hf_fault *f)
{
	struct hf_plan *p = NULL;
	char when[STAMP], output[600], registers[HF_NAME_MAX + 1];
	enum hf_err e;

	stamp(due_ms, when);
	snprintf(registers, sizeof(registers), "%.43s-%s", row->registers, when);
	snprintf(output, sizeof(output), "%.480s/%s.csv", row->folder, registers);
	HF_TRY(hf_release_plan(r, row->plan, &p, f));
	const struct hf_task_in in = {row->plan,       row->source, row->table,
	                              output,          registers,   row->ticket.len ? "timer" : "schedule",
	                              p->operator_name};

	e = release_check_people(r, p, f);
	if (e == HF_OK)
		e = hf_task_run(r, &in, unit, draft, ret_id, f);
	hf_draft_textf(draft, HF_FIELD_ACTOR, "%s/%s", r->base->self.s, p->operator_name);
	hf_plan_free(p);
	return e;
}

/* At its time: with an entry of its own. */
static enum hf_err begin_due(struct hf_release *r, const struct due *d, struct hf_unit *unit, struct hf_id *ret_id,
                             struct hf_fault *f)
{
	struct hf_draft *draft = hf_draft_new(HF_EVENT_MASK_STEP, NULL);
	enum hf_err e = begin(r, d->row, d->newest_ms, unit, draft, ret_id, f);

	if (e != HF_OK) {
		hf_draft_free(draft);
		return e;
	}
	hf_draft_text(draft, HF_FIELD_MANNER, "schedule");
	hf_draft_outcome(draft, HF_OK, NULL);
	hf_unit_draft(unit, draft);
	return HF_OK;
}

/* MK-40: a missed run is reported. */
static void say_missed(struct hf_release *r, const Hufu__MaskScheduleRow *row, uint64_t count, struct hf_unit *unit,
                       const char *why)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_MASK_STEP, NULL);
	char text[700];

	snprintf(text, sizeof(text),
	         "step execute: %" PRIu64 " scheduled run%s of plan %s for source %s missed: %.450s", count,
	         count == 1 ? "" : "s", row->plan, row->source, why);
	hf_utf8_mend(text);
	hf_draft_text(d, HF_FIELD_ACTOR, r->base->self.s);
	hf_draft_textf(d, HF_FIELD_OBJECT, "masking schedule of plan %s for source %s", row->plan, row->source);
	hf_draft_text(d, HF_FIELD_MANNER, row->ticket.len ? "timer" : "schedule");
	hf_draft_outcome(d, HF_E_TIMEOUT, text);
	hf_unit_draft(unit, d);
	hf_alarm(r->base, "masking-missed", NULL, "%s", text);
}

static void handle(struct hf_release *r, struct due *d, int64_t now_ms)
{
	Hufu__MaskScheduleRow row = *d->row;
	struct hf_unit *unit = hf_unit_new();
	struct hf_fault f = d->plan;
	bool late = d->count && now_ms - d->newest_ms > HF_SCHEDULE_LATE_MS;
	bool lost = d->count && (late || f.code != HF_OK); /* the newest of them */
	uint64_t missed = d->count ? d->count - 1 + lost : 0;
	char why[200], first[HF_TIME_TEXT];
	struct hf_id id;

	hf_time_text(d->first_ms, first);
	snprintf(why, sizeof(why), "the node did not run at that time, first %s", first);
	if (d->count && !lost && begin_due(r, d, unit, &id, &f) == HF_OK) {
		row.last_task = (ProtobufCBinaryData){sizeof(id.b), id.b};
		row.runs++;
	} else if (d->count && !late) {
		missed += !lost;
		row.last_task = (ProtobufCBinaryData){0, NULL};
	}
	row.last_ms = d->newest_ms;
	row.missed += missed;
	if (missed) {
		row.missed_text = f.code != HF_OK ? f.text : why;
		say_missed(r, &row, missed, unit, row.missed_text);
	}
	put_row(unit, &row);
	hf_store_submit(r->store, unit, NULL, NULL);
	hf_decoded_free(d->row);
}

void hf_schedule_look(struct hf_release *r)
{
	struct looking l = {.r = r, .now_ms = hf_now_ms(&r->base->clock)};

	if (r->closing || l.now_ms < r->look_ms)
		return;
	l.next_ms = l.now_ms + LOOK_MS;
	if (hf_store_scan(r->store, HF_TABLE_MASK_SCHEDULE, NULL, 0, NULL, 0, look_at, &l) != HF_OK)
		return;
	for (size_t i = 0; i < l.count; i++)
		handle(r, &l.due[i], l.now_ms);
	r->look_ms = l.next_ms;
}

/* ---- by a ticket ---- */

struct showing {
	struct hf_hash digest;
	Hufu__MaskScheduleRow *row;
};

static bool compare(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct showing *s = ctx;
	Hufu__MaskScheduleRow *row = HF_DECODE_OWN(mask_schedule_row, value.data, value.len);

	(void)key;
	if (row && release_has_digest(&row->ticket, &s->digest))
		s->row = HF_TAKE(row);
	hf_decoded_free(row);
	return !s->row;
}

static enum hf_err row_of(struct hf_release *r, const struct hf_ticket *ticket, Hufu__MaskScheduleRow **ret_row,
                          struct hf_fault *f)
{
	struct showing s = {.row = NULL};

	digest_of(ticket, &s.digest);
	HF_TRY(hf_fault_default(f, hf_store_scan(r->store, HF_TABLE_MASK_SCHEDULE, NULL, 0, NULL, 0, compare, &s)));
	*ret_row = s.row;
	if (s.row)
		return HF_OK;
	return hf_fault_set(f, HF_E_PERMISSION,
	                    "the ticket belongs to no schedule of this node, or to one that was ended or set anew; the "
	                    "plan's operator makes another with `hufu release schedule ... --ticket FILE`");
}

/* Not by the caller's unit, which is not written then. */
static void missed(struct hf_release *r, Hufu__MaskScheduleRow *row, const char *why)
{
	struct hf_unit *unit = hf_unit_new();
	Hufu__MaskScheduleRow now = *row;

	now.missed++;
	now.missed_text = (char *)(uintptr_t)why;
	say_missed(r, &now, 1, unit, why);
	put_row(unit, &now);
	hf_store_submit(r->store, unit, NULL, NULL);
}

/* One after the other, however often the timer, or a thief of the ticket, asks. */
static enum hf_err check_idle(struct hf_release *r, const Hufu__MaskScheduleRow *row, struct hf_fault *f)
{
	Hufu__MaskTaskRow *task HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_id id;
	char text[HF_ID_TEXT];

	if (!hf_id_from_bytes(row->last_task.data, row->last_task.len, &id) || hf_task_get(r, &id, &task, f) != HF_OK)
		return HF_OK;
	if (task->state != HF_TASK_QUEUED && task->state != HF_TASK_RUNNING && task->state != HF_TASK_CHECKING &&
	    task->state != HF_TASK_RELEASING)
		return HF_OK;
	hf_id_text(&id, text);
	return hf_fault_set(f, HF_E_STATE,
	                    "the masking task %s, which this ticket began before, is still %s; begin when it has ended",
	                    text, hf_mask_task_state_name((enum hf_mask_task_state)task->state));
}

enum hf_err hf_schedule_begin(struct hf_release *r, const struct hf_ticket *ticket, struct hf_unit *unit,
                              struct hf_draft *draft, struct hf_id *ret_task, struct hf_fault *f)
{
	Hufu__MaskScheduleRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	int64_t now_ms = hf_now_ms(&r->base->clock);

	HF_TRY(row_of(r, ticket, &row, f));
	hf_draft_textf(draft, HF_FIELD_PURPOSE, "a timer of the system, by the ticket that %s made", row->set_by);
	enum hf_err e = check_idle(r, row, f);
	if (e == HF_OK)
		e = begin(r, row, now_ms, unit, draft, ret_task, f);
	if (e != HF_OK) {
		hf_fault_default(f, e);
		missed(r, row, f->text);
		return e;
	}
	Hufu__MaskScheduleRow next = *row;
	next.last_ms = now_ms;
	next.last_task = (ProtobufCBinaryData){sizeof(ret_task->b), ret_task->b};
	next.runs++;
	put_row(unit, &next);
	return HF_OK;
}

enum hf_err hf_schedule_begun(struct hf_release *r, const struct hf_ticket *ticket, Hufu__MaskTaskRow **ret_row,
                              struct hf_fault *f)
{
	Hufu__MaskScheduleRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_id id;

	HF_TRY(row_of(r, ticket, &row, f));
	if (!hf_id_from_bytes(row->last_task.data, row->last_task.len, &id))
		return hf_fault_set(f, HF_E_UNKNOWN, "this ticket has begun no task yet");
	return hf_task_get(r, &id, ret_row, f);
}
