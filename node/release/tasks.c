#include "release/tasks.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "release/internal.h"
#include "source/classify.h"

const char *hf_mask_step_name(enum hf_mask_step s)
{
	static const char *const names[] = {NULL,   "identify", "need",     "technique",
	                                    "plan", "execute",  "evaluate", "audit"};

	return (size_t)s < sizeof(names) / sizeof(names[0]) ? names[s] : NULL;
}

void hf_release_set_keys(struct hf_release *r, struct hf_mask_keys *keys)
{
	r->keys = keys;
}

void hf_release_set_derive(struct hf_release *r, hf_task_derive_fn fn, void *ctx)
{
	r->derive = fn;
	r->derive_ctx = ctx;
}

/* ---- reading ---- */

enum hf_err hf_task_get(struct hf_release *r, const struct hf_id *id, Hufu__MaskTaskRow **ret_row, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf value = HF_BUF_INIT;
	char text[HF_ID_TEXT];
	enum hf_err e = hf_store_get(r->store, HF_TABLE_MASK_TASK, id->b, sizeof(id->b), &value);

	hf_id_text(id, text);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "there is no masking task %s; `hufu release list` shows those there are",
		                    text);
	HF_TRY(hf_fault_default(f, e));
	*ret_row = HF_DECODE_OWN(mask_task_row, value.data, value.len);
	return *ret_row ? HF_OK : hf_fault_default(f, HF_E_STORE);
}

struct listing {
	hf_task_fn fn;
	void *ctx;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	const struct listing *l = ctx;
	Hufu__MaskTaskRow *row HF_CLEANUP(hf_decoded_done) = HF_DECODE_OWN(mask_task_row, value.data, value.len);

	(void)key;
	return !row || l->fn(l->ctx, row);
}

enum hf_err hf_tasks(struct hf_release *r, hf_task_fn fn, void *ctx)
{
	struct listing l = {fn, ctx};

	return hf_store_scan_back(r->store, HF_TABLE_MASK_TASK, NULL, 0, NULL, 0, list_row, &l);
}

uint64_t hf_task_progress(struct hf_release *r, const Hufu__MaskTaskRow *row)
{
	uint64_t durable = row->place ? row->place->byte : 0, live = 0;
	struct hf_id id;

	if (row->state == HF_TASK_RUNNING && hf_id_from_bytes(row->id.data, row->id.len, &id))
		live = release_progress(r, &id);
	return live > durable ? live : durable;
}

enum hf_err hf_task_result(struct hf_release *r, const struct hf_id *id, const struct hf_hash *digest,
                           Hufu__MaskTaskRow **ret_row, struct hf_fault *f)
{
	Hufu__MaskTaskRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	char text[HF_ID_TEXT];

	HF_TRY(hf_task_get(r, id, &row, f));
	hf_id_text(id, text);
	if (row->state != HF_TASK_RELEASED)
		return hf_fault_set(
		        f, HF_E_MASKING,
		        "masking task %s is %s, so nothing of it was released; `hufu release show %s` says more", text,
		        hf_mask_task_state_name((enum hf_mask_task_state)row->state), text);
	if (!release_has_digest(&row->result_digest, digest))
		return hf_fault_set(f, HF_E_MASKING,
		                    "the file is not the one that masking task %s released; mask the source again with "
		                    "`hufu release run`",
		                    text);
	*ret_row = HF_TAKE(row);
	return HF_OK;
}

bool hf_task_made(struct hf_release *r, const struct hf_id *id, const struct hf_hash *digest)
{
	Hufu__MaskTaskRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_fault f;

	return hf_task_result(r, id, digest, &row, &f) == HF_OK;
}

enum hf_err hf_task_made_by(struct hf_release *r, const struct hf_id *id, struct hf_plan **ret_plan,
                            const struct hf_plan_table **ret_table, struct hf_fault *f)
{
	Hufu__MaskTaskRow *row HF_CLEANUP(hf_decoded_done) = NULL;

	HF_TRY(hf_task_get(r, id, &row, f));
	HF_TRY(release_plan_any(r, row->plan, row->version, ret_plan, f));
	*ret_table = hf_plan_table_named(*ret_plan, row->table);
	if (*ret_table)
		return HF_OK;
	hf_plan_free(HF_TAKE(*ret_plan));
	return hf_fault_set(f, HF_E_STORE, "the plan %.60s on record has no table '%.60s', by which a task masked",
	                    row->plan, row->table);
}

/* ---- beginning ---- */

/* What is known before a task is made. */
struct starting {
	struct hf_release *r;
	const struct hf_task_in *in;
	struct release_plan plan;
	struct hf_source_view source;
	const char *table;
	struct hf_id id;
	char identified_by[512];
	int64_t identified_ms; /* the last of its fields */
	struct hf_hash inventory;
	struct hf_fault *f;
};

static void starting_done(struct starting *s)
{
	release_plan_done(&s->plan);
	hf_source_view_done(&s->source);
}

static void take_inventory(struct starting *s, const json_t *inventory)
{
	char *text = json_dumps(inventory, JSON_COMPACT | JSON_SORT_KEYS);

	release_confirmed_by(inventory, s->identified_by, sizeof(s->identified_by));
	for (size_t i = 0; i < s->source.field_count; i++)
		if (s->source.fields[i].class.confirmed_ms > s->identified_ms)
			s->identified_ms = s->source.fields[i].class.confirmed_ms;
	if (text)
		hf_sha256(text, strlen(text), &s->inventory);
	free(text);
}

/* MK-14: what nobody identified is not masked. An inventory that the plan was put with is the word of who put it; what
 * counts is what people said of this source. */
static enum hf_err check_identified(struct starting *s)
{
	struct hf_fault wrong = {.code = HF_OK};
	json_t *inventory = NULL;
	enum hf_err e = hf_release_fits(s->r->sources, s->in->source, s->plan.plan, s->table, &inventory, &wrong);

	if (e == HF_OK)
		e = hf_release_related(s->r, s->plan.plan, s->in->source, s->table, &wrong);
	if (e == HF_E_UNCLASSIFIED)
		return hf_fault_set(s->f, HF_E_STATE, "the step identify is missing: %.400s", wrong.text);
	if (e == HF_E_CONFLICT)
		hf_fault_set(s->f, HF_E_STATE, "the step technique is missing: %.400s", wrong.text);
	else if (e != HF_OK)
		hf_fault_set(s->f, e, "%s", wrong.text);
	if (e != HF_OK) {
		json_decref(inventory);
		return s->f->code;
	}
	take_inventory(s, inventory);
	json_decref(inventory);
	return HF_OK;
}

static enum hf_err check_plan(struct starting *s)
{
	const struct hf_plan *p = s->plan.plan;

	if (p->mode != HF_PLAN_STATIC)
		return hf_fault_set(
		        s->f, HF_E_STATE,
		        "the masking plan '%s' is dynamic: it masks what is delivered, and leaves no table; "
		        "name it in an obligation, or put a static plan",
		        p->name);
	if (strcmp(p->operator_name, s->in->account) != 0)
		return hf_fault_set(s->f, HF_E_SEPARATION,
		                    "the masking plan '%s' names '%s' as its operator, and nobody else executes it",
		                    p->name, p->operator_name);
	if (*s->in->table) {
		s->table = s->in->table;
	} else {
		s->table = hf_plan_table_named(p, s->in->source) ? s->in->source : p->tables[0].name;
		if (p->table_count > 1 && strcmp(s->table, s->in->source) != 0)
			return hf_fault_set(s->f, HF_E_ARGUMENT,
			                    "the masking plan '%s' has %zu tables and none is called '%s'; say which "
			                    "with --table",
			                    p->name, p->table_count, s->in->source);
	}
	if (!hf_plan_table_named(p, s->table))
		return hf_fault_set(s->f, HF_E_UNKNOWN, "the masking plan '%s' has no table '%.60s'", p->name,
		                    s->table);
	return HF_OK;
}

static enum hf_err check_source(struct starting *s)
{
	enum hf_err e = hf_source_get(s->r->sources, s->in->source, &s->source);

	if (e == HF_E_UNKNOWN)
		return hf_fault_set(s->f, e, "there is no source '%.63s'; `hufu source list` shows those there are",
		                    s->in->source);
	HF_TRY(hf_fault_default(s->f, e));
	HF_TRY(hf_source_doubt_check(&s->source, s->f));
	return hf_source_test(s->r->sources, s->in->source, s->f);
}

static enum hf_err check_target(struct starting *s)
{
	struct hf_source_view there, made = {.kind = "csv"};
	struct stat st;

	snprintf(made.name, sizeof(made.name), "%s", s->in->registers);
	if (strlen(s->in->registers) >= sizeof(made.name) || strlen(s->in->output) >= sizeof(made.path))
		return hf_fault_set(s->f, HF_E_ARGUMENT, "the result's name or path is too long; shorten it");
	memcpy(made.path, s->in->output, strlen(s->in->output) + 1);
	HF_TRY(hf_source_check(s->r->sources, &made, s->f));
	if (hf_source_get(s->r->sources, s->in->registers, &there) == HF_OK) {
		hf_source_view_done(&there);
		return hf_fault_set(s->f, HF_E_EXISTS,
		                    "there is a source '%s' already; give the result another name with --as",
		                    s->in->registers);
	}
	if (lstat(s->in->output, &st) == 0)
		return hf_fault_set(s->f, HF_E_EXISTS, "%s is there already; name a new file", s->in->output);
	return HF_OK;
}

static void name_inputs(struct hf_draft *d, const struct starting *s, const char *step)
{
	hf_draft_textf(d, HF_FIELD_DETAIL, "step %s: plan %s version %u, table %s, source %s (%s), result %s", step,
	               s->plan.row->name, s->plan.row->version, s->table, s->in->source, s->source.path,
	               s->in->registers);
}

/* The steps that were done before, by whom and when, and the one that begins now. */
static void add_steps(struct starting *s, struct release_change *c, struct hf_unit *unit)
{
	const Hufu__MaskPlanRow *row = s->plan.row;
	const struct {
		enum hf_mask_step step;
		int64_t ms;
		const char *person, *note;
		const struct hf_hash *digest;
	} steps[] = {
	        {HF_MASK_STEP_IDENTIFY, s->identified_ms, s->identified_by, "the source's fields are confirmed",
	         &s->inventory},
	        {HF_MASK_STEP_NEED, row->put_ms, row->put_by, row->need, NULL},
	        {HF_MASK_STEP_TECHNIQUE, row->put_ms, row->put_by,
	         "techniques and parameters are as the inventory demands", NULL},
	        {HF_MASK_STEP_PLAN, row->decided_ms, row->decided_by, "approved", &s->plan.plan->digest},
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct hf_draft *d = release_entry(s->r, &c->row, HF_EVENT_MASK_STEP, steps[i].person,
		                                   hf_mask_step_name(steps[i].step));

		release_change_step(c, steps[i].step, steps[i].ms, steps[i].person, steps[i].note, steps[i].digest);
		hf_draft_textf(d, HF_FIELD_DETAIL, "step %s: %s", hf_mask_step_name(steps[i].step), steps[i].note);
		hf_draft_time(d, HF_FIELD_START_TIME, steps[i].ms);
		if (steps[i].digest)
			hf_draft_bytes(d, HF_FIELD_DIGEST, steps[i].digest->b, sizeof(steps[i].digest->b));
		hf_unit_draft(unit, d);
	}
	release_change_step(c, HF_MASK_STEP_EXECUTE, c->row.created_ms, s->in->account, "begun", NULL);
}

static void store_task(struct starting *s, struct hf_unit *unit, struct hf_draft *draft)
{
	Hufu__MaskTaskRow row = HUFU__MASK_TASK_ROW__INIT;
	struct release_change c;

	row.id = (ProtobufCBinaryData){sizeof(s->id.b), s->id.b};
	row.plan = s->plan.row->name;
	row.version = s->plan.row->version;
	row.plan_digest = s->plan.row->digest;
	row.source = (char *)s->in->source;
	row.table = (char *)s->table;
	row.output = (char *)s->in->output;
	row.registers = (char *)s->in->registers;
	row.state = HF_TASK_QUEUED;
	row.operator_ = (char *)s->in->account;
	row.manner = (char *)s->in->manner;
	row.created_ms = row.changed_ms = hf_now_ms(&s->r->base->clock);
	row.attempt = 1;
	row.source_bytes = s->source.stamp.bytes;
	row.source_inode = s->source.stamp.inode;
	row.source_mtime_ns = s->source.stamp.mtime_ns;
	release_change_begin(&c, &row);
	add_steps(s, &c, unit);
	release_change_put(&c, unit);
	release_change_done(&c);
	hf_draft_txn(draft, &s->id);
	name_inputs(draft, s, "execute");
	hf_draft_bytes(draft, HF_FIELD_DIGEST, row.plan_digest.data, row.plan_digest.len);
	release_wake_after(s->r, unit, &s->id);
}

enum hf_err hf_task_run(struct hf_release *r, const struct hf_task_in *in, struct hf_unit *unit, struct hf_draft *draft,
                        struct hf_id *ret_id, struct hf_fault *f)
{
	struct starting s = {.r = r, .in = in, .f = f};
	char text[HF_ID_TEXT];
	enum hf_err e;

	s.id = hf_id_new(hf_now_ms(&r->base->clock));
	hf_id_text(&s.id, text);
	hf_draft_textf(draft, HF_FIELD_OBJECT, "masking task %s", text);
	e = release_plan_get(r, in->plan, 0, &s.plan, f);
	if (e == HF_OK)
		e = check_plan(&s);
	if (e == HF_OK)
		e = check_source(&s);
	if (e == HF_OK)
		e = check_identified(&s);
	if (e == HF_OK)
		e = check_target(&s);
	if (e == HF_OK)
		store_task(&s, unit, draft);
	starting_done(&s);
	*ret_id = s.id;
	return e;
}

/* ---- commands ---- */

static bool same_text(const char *a, const char *b)
{
	return !a == !b && (!a || strcmp(a, b) == 0);
}

/* Everything that the bytes of the result depend on (MK-46). */
static const char *difference(const struct hf_plan *a, const struct hf_plan *b)
{
	if (a->mode != b->mode)
		return "mode";
	if (a->engine != b->engine)
		return "engine";
	if (!same_text(a->scope.group, b->scope.group) || !same_text(a->scope.consumer, b->scope.consumer) ||
	    !same_text(a->scope.contract, b->scope.contract) || a->scope.epoch != b->scope.epoch)
		return "scope";
	if (a->table_count != b->table_count)
		return "tables";
	for (size_t i = 0; i < a->table_count; i++) {
		const struct hf_plan_table *t = &a->tables[i], *u = hf_plan_table_named(b, t->name);

		if (!u || u->field_count != t->field_count)
			return "tables";
		for (size_t k = 0; k < t->field_count; k++)
			if (strcmp(t->fields[k].name, u->fields[k].name) != 0 ||
			    !hf_plan_masked_alike(&t->fields[k], &u->fields[k]))
				return t->fields[k].name;
	}
	return NULL;
}

/* Another version: approved, and it masks alike. */
static enum hf_err change_version(struct hf_release *r, const struct hf_task_command *c, struct release_change *change,
                                  struct release_plan *ret_plan, struct hf_fault *f)
{
	struct hf_plan *was = NULL;
	const char *differs;

	HF_TRY(release_plan_get(r, change->row.plan, c->version, ret_plan, f));
	HF_TRY(release_plan_any(r, change->row.plan, change->row.version, &was, f));
	differs = difference(was, ret_plan->plan); /* stands in was */
	if (differs)
		hf_fault_set(f, HF_E_CONFLICT,
		             "version %u of the masking plan '%s' differs from version %u in '%.60s', and a task "
		             "under way may only change schedule, connection, persons, result and emergency; stop it, "
		             "and run "
		             "the new version",
		             c->version, change->row.plan, change->row.version, differs);
	hf_plan_free(was);
	if (differs)
		return HF_E_CONFLICT;
	change->row.version = ret_plan->row->version;
	change->row.plan_digest = ret_plan->row->digest;
	return HF_OK;
}

static void from_the_top(struct release_change *c)
{
	hufu__mask_place__init(&c->place);
	c->row.n_counts = 0;
	c->row.kind = c->row.reason = c->row.text = c->row.scheme = (char *)"";
	c->row.attempt++;
}

static const char *word_of(enum hf_mask_task_event e)
{
	return e == HF_TASK_PAUSE      ? "paused"
	       : e == HF_TASK_CONTINUE ? "continued"
	       : e == HF_TASK_STOP     ? "stopped"
	                               : "retried";
}

/* What people say of the source now, not when the task began. */
static enum hf_err still_fits(struct hf_release *r, const Hufu__MaskTaskRow *row, struct hf_fault *f)
{
	struct hf_plan *plan = NULL;
	enum hf_err e;

	HF_TRY(release_plan_any(r, row->plan, row->version, &plan, f));
	e = hf_release_fits(r->sources, row->source, plan, row->table, NULL, f);
	if (e == HF_OK)
		e = hf_release_related(r, plan, row->source, row->table, f);
	hf_plan_free(plan);
	return e;
}

/* The source as it is now is what a retry masks. */
static enum hf_err retry(struct hf_release *r, struct release_change *c, struct hf_fault *f)
{
	struct hf_source_view v;

	if (c->row.attempt >= RELEASE_ATTEMPTS)
		return hf_fault_set(f, HF_E_LIMIT, "a task is tried %u times at most; run the plan anew",
		                    RELEASE_ATTEMPTS);
	HF_TRY(hf_source_test(r->sources, c->row.source, f));
	HF_TRY(still_fits(r, &c->row, f));
	HF_TRY(hf_fault_default(f, hf_source_get(r->sources, c->row.source, &v)));
	c->row.source_bytes = v.stamp.bytes;
	c->row.source_inode = v.stamp.inode;
	c->row.source_mtime_ns = v.stamp.mtime_ns;
	hf_source_view_done(&v);
	from_the_top(c);
	return HF_OK;
}

static enum hf_err check_operator(const struct hf_plan *p, const char *was, const struct hf_task_command *c,
                                  struct hf_fault *f)
{
	const char *who = p ? p->operator_name : was;

	if (strcmp(who, c->actor->account) == 0)
		return HF_OK;
	return hf_fault_set(f, HF_E_SEPARATION, "'%s' executes this task, and nobody else changes it", who);
}

static enum hf_err change_task(struct hf_release *r, const struct hf_task_command *c, struct release_change *change,
                               struct release_plan *plan, struct hf_fault *f)
{
	enum hf_mask_task_state state = (enum hf_mask_task_state)change->row.state,
	                        next = hf_mask_task_next(state, c->event);

	if (!next)
		return hf_fault_set(f, HF_E_STATE, "the task is %s and cannot be %s; `hufu release show` tells more",
		                    hf_mask_task_state_name(state), word_of(c->event));
	if (c->version && c->version != change->row.version)
		HF_TRY(change_version(r, c, change, plan, f));
	HF_TRY(check_operator(plan->plan, change->row.operator_, c, f));
	change->row.operator_ = (char *)c->actor->account;
	if (c->event == HF_TASK_RETRY)
		HF_TRY(retry(r, change, f));
	if (c->event == HF_TASK_CONTINUE)
		change->row.kind = change->row.reason = change->row.text = change->row.scheme = (char *)"";
	change->row.state = (uint32_t)next;
	change->row.changed_ms = hf_now_ms(&r->base->clock);
	release_change_step(change, HF_MASK_STEP_EXECUTE, change->row.changed_ms, c->actor->account, word_of(c->event),
	                    NULL);
	return HF_OK;
}

enum hf_err hf_task_command(struct hf_release *r, const struct hf_task_command *c, struct hf_unit *unit,
                            struct hf_draft *draft, struct hf_fault *f)
{
	Hufu__MaskTaskRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct release_plan plan = {NULL, NULL};
	struct release_change change;
	char part[RELEASE_PATH];
	enum hf_err e;

	HF_TRY(hf_task_get(r, &c->id, &row, f));
	hf_draft_txn(draft, &c->id);
	hf_draft_textf(draft, HF_FIELD_DETAIL, "step execute: %s%s%s", word_of(c->event), *c->reason ? ": " : "",
	               c->reason);
	release_change_begin(&change, row);
	e = change_task(r, c, &change, &plan, f);
	if (e == HF_OK) {
		hf_draft_bytes(draft, HF_FIELD_DIGEST, change.row.plan_digest.data, change.row.plan_digest.len);
		if (c->event == HF_TASK_STOP)
			from_the_top(&change);
		change.row.attempt = c->event == HF_TASK_STOP ? row->attempt : change.row.attempt;
		release_change_put(&change, unit);
		release_part_of(row, part);
		if (c->event == HF_TASK_STOP)
			release_unlink_after(unit, part);
		release_wake_after(r, unit, &c->id);
	}
	release_change_done(&change);
	release_plan_done(&plan);
	return e;
}

enum hf_err hf_task_audit(struct hf_release *r, const struct hf_id *id, const struct hf_actor *actor, const char *note,
                          struct hf_unit *unit, struct hf_draft *draft, struct hf_fault *f)
{
	Hufu__MaskTaskRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct release_change change;

	HF_TRY(hf_task_get(r, id, &row, f));
	hf_draft_txn(draft, id);
	hf_draft_textf(draft, HF_FIELD_DETAIL, "step audit: %s", note);
	hf_draft_bytes(draft, HF_FIELD_DIGEST, row->plan_digest.data, row->plan_digest.len);
	if (row->state != HF_TASK_RELEASED && row->state != HF_TASK_FAILED && row->state != HF_TASK_STOPPED)
		return hf_fault_set(f, HF_E_STATE, "the task is %s; audit it when it has ended",
		                    hf_mask_task_state_name((enum hf_mask_task_state)row->state));
	release_change_begin(&change, row);
	release_change_step(&change, HF_MASK_STEP_AUDIT, hf_now_ms(&r->base->clock), actor->account, note, NULL);
	release_change_put(&change, unit);
	release_change_done(&change);
	return HF_OK;
}
