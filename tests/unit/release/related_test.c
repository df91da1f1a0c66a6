/* related_test.c - fields that belong together, in two sources, with a plan each. */
#include "source/relations.h"
#include "staff.h"

struct world {
	struct staff s;
	struct hf_sources *sources;
};

static void put_source(struct world *w, const char *name, const char *a, const char *b)
{
	struct hf_source_field fields[2] = {{.type = "string"}, {.type = "string"}};
	struct hf_source_view v = {
	        .kind = "csv", .path = "/srv/x.csv", .enabled = true, .scanned_ms = 1, .field_count = 2};
	struct hf_unit *u = hf_unit_new();

	snprintf(v.name, sizeof(v.name), "%s", name);
	snprintf(fields[0].name, sizeof(fields[0].name), "%s", a);
	snprintf(fields[1].name, sizeof(fields[1].name), "%s", b);
	v.fields = fields;
	assert_int_equal(hf_source_put(w->sources, u, &v, &w->s.fault), HF_OK);
	assert_int_equal(people_apply(&w->s.p, u, HF_OK), HF_OK);
}

static void relate(struct world *w, const char *from, const char *to)
{
	const struct hf_relation_saying s = {.by = "song", .now_ms = 1};
	json_t *o = json_pack("{s:s, s:s, s:s}", "kind", "foreign-key", "from", from, "to", to);
	struct hf_unit *u = hf_unit_new();
	char *text = NULL;

	assert_int_equal(hf_relations_define(w->sources, u, o, &s, &text, &w->s.fault), HF_OK);
	assert_int_equal(people_apply(&w->s.p, u, HF_OK), HF_OK);
	free(text);
	json_decref(o);
}

static int start(void **state)
{
	static struct world w;

	staff_start(&w.s);
	hf_release_close(w.s.release);
	assert_int_equal(hf_sources_open(&w.s.p.f.base, w.s.p.f.store, NULL, &w.sources, &w.s.fault), HF_OK);
	assert_int_equal(hf_release_open(&w.s.p.f.base, w.s.p.f.store, w.s.p.id, w.sources, &w.s.release, &w.s.fault),
	                 HF_OK);
	put_source(&w, "passages", "plate", "lane");
	put_source(&w, "owners", "plate", "town");
	relate(&w, "passages.plate", "owners.plate");
	*state = &w;
	return 0;
}

static int stop(void **state)
{
	struct world *w = *state;

	staff_stop(&w->s);
	hf_sources_close(w->sources);
	return 0;
}

static const char head[] = "masking-plan: 1\nname: %s\nversion: 1\nneed: research\npurpose: research\nmode: %s\n"
                           "people: {operator: ma, security: song, audit: shen}\nschedule: by hand\n"
                           "result: {rows-least: 1}\nrelations: []\nemergency:\n"
                           "  source: {cause: no file, solution: call the owner, who: ma}\n"
                           "  format: {cause: bad row, solution: mend it, who: ma}\n"
                           "  key: {cause: no key, solution: ask for it, who: song}\n"
                           "  result: {cause: check failed, solution: do not release, who: song}\n"
                           "  space: {cause: disk full, solution: make room, who: ma}\n";

static enum hf_err put_mode(struct world *w, const char *name, const char *mode, const char *scope, const char *tables)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;

	snprintf(w->s.plan, sizeof(w->s.plan), "%s", name);
	hf_buf_addf(&text, head, name, mode);
	hf_buf_addf(&text, "scope: {%s}\ntables:\n%s", scope, tables);
	hf_buf_add(&text, "", 1);
	return staff_put_with(&w->s, w->s.yang, (const char *)text.data, NULL);
}

static enum hf_err put(struct world *w, const char *name, const char *scope, const char *tables)
{
	return put_mode(w, name, "static", scope, tables);
}

static enum hf_err approve(struct world *w, const char *name)
{
	snprintf(w->s.plan, sizeof(w->s.plan), "%s", name);
	return staff_step(&w->s, w->s.song, HF_PLAN_APPROVE, 1);
}

#define PASSAGES(plate) "  passages: {fields: {plate: {" plate "}, lane: keep}}\n"
#define OWNERS(plate) "  owners: {fields: {plate: {" plate "}, town: keep}}\n"
#define FPE "technique: fpe, type: cn.plate"
#define HASH "technique: hash"

static void assert_refused(struct world *w, enum hf_err e, const char *part)
{
	assert_int_equal(e, HF_E_CONFLICT);
	if (!strstr(w->s.fault.text, "passages.plate refers to owners.plate") || !strstr(w->s.fault.text, part))
		fail_msg("%s", w->s.fault.text);
}

/* MK-32: a plan that masks a key and its foreign key differently is rejected, */
static void one_plan_masks_both_alike(void **state)
{
	struct world *w = *state;

	assert_refused(w, put(w, "one", "group: a", PASSAGES(FPE) OWNERS(HASH)), "the plan masks them differently");
	assert_refused(w, put(w, "one", "group: a", "  passages: {fields: {plate: keep, lane: keep}}\n" OWNERS(HASH)),
	               "the plan masks them differently");
	assert_int_equal(put(w, "one", "group: a", PASSAGES(FPE) OWNERS(FPE)), HF_OK);
}

/* also when two plans do. */
static void two_plans_mask_both_alike(void **state)
{
	struct world *w = *state;

	assert_int_equal(put(w, "first", "group: b", PASSAGES(FPE)), HF_OK);
	assert_int_equal(put(w, "second", "group: b", OWNERS(HASH)), HF_OK); /* nobody approved the first */
	assert_int_equal(approve(w, "first"), HF_OK);
	assert_refused(w, approve(w, "second"), "version 1 of the masking plan 'first'");
	assert_refused(w, put(w, "third", "group: b", OWNERS("technique: fpe, type: cn.mobile")), "'first'");
	assert_int_equal(put(w, "fourth", "group: b", OWNERS(FPE)), HF_OK);
	assert_int_equal(approve(w, "fourth"), HF_OK);
	/* Under other keys the two cannot be joined anyway. */
	assert_int_equal(put(w, "fifth", "group: c", OWNERS(HASH)), HF_OK);
	assert_int_equal(approve(w, "fifth"), HF_OK);
	assert_int_equal(put(w, "sixth", "group: b, consumer: insurer", OWNERS(HASH)), HF_OK);
	assert_int_equal(approve(w, "sixth"), HF_OK);
}

/* MK-32: whose consumer and contract a dynamic plan names does not matter: a delivery has its own. */
static void deliveries_mask_both_alike(void **state)
{
	struct world *w = *state;

	assert_int_equal(put_mode(w, "by-name", "dynamic", "group: d, consumer: university", PASSAGES(FPE)), HF_OK);
	assert_int_equal(approve(w, "by-name"), HF_OK);
	assert_refused(w, put_mode(w, "to-all", "dynamic", "group: d", OWNERS(HASH)), "'by-name'");
	assert_refused(w, put_mode(w, "one-use", "dynamic", "group: d, contract: survey", OWNERS(HASH)), "'by-name'");
	assert_int_equal(put_mode(w, "other-group", "dynamic", "group: e, consumer: university", OWNERS(HASH)), HF_OK);
	assert_int_equal(put_mode(w, "other-epoch", "dynamic", "group: d, epoch: 2", OWNERS(HASH)), HF_OK);
	assert_int_equal(put_mode(w, "alike", "dynamic", "group: d, contract: survey", OWNERS(FPE)), HF_OK);
	/* What a task makes is masked under the plan's own scope. */
	assert_int_equal(put(w, "as-a-task", "group: d, consumer: university", OWNERS(HASH)), HF_OK);
}

static enum hf_err step(struct world *w, const char *name, enum hf_mask_plan_event event, uint32_t version)
{
	snprintf(w->s.plan, sizeof(w->s.plan), "%s", name);
	return staff_step(&w->s, w->s.song, event, version);
}

/* The newest approved version counts, and none that is not approved any more. */
static void the_newest_version_counts(void **state)
{
	struct world *w = *state;
	char *text, *version;

	assert_int_equal(put(w, "grows", "group: f", PASSAGES(FPE)), HF_OK);
	assert_int_equal(approve(w, "grows"), HF_OK);
	assert_refused(w, put(w, "beside", "group: f", OWNERS(HASH)), "version 1 of the masking plan 'grows'");
	assert_true(asprintf(&text, head, "grows", "static") > 0);
	version = strstr(text, "version: 1");
	version[strlen("version: ")] = '2';
	HF_CLEANUP(hf_buf_done) struct hf_buf second = HF_BUF_INIT;

	hf_buf_addf(&second, "%sscope: {group: f}\ntables:\n%s", text, PASSAGES(HASH));
	hf_buf_add(&second, "", 1);
	free(text);
	assert_int_equal(staff_put_with(&w->s, w->s.yang, (const char *)second.data, NULL), HF_OK);
	assert_refused(w, put(w, "beside", "group: f", OWNERS(HASH)), "version 1 of the masking plan 'grows'");
	assert_int_equal(step(w, "grows", HF_PLAN_APPROVE, 2), HF_OK);
	assert_int_equal(put(w, "beside", "group: f", OWNERS(HASH)), HF_OK);
	assert_refused(w, put(w, "another", "group: f", OWNERS(FPE)), "version 2 of the masking plan 'grows'");
	assert_int_equal(step(w, "grows", HF_PLAN_RETIRE, 2), HF_OK); /* and the first one counts again */
	assert_int_equal(put(w, "another", "group: f", OWNERS(FPE)), HF_OK);
	assert_int_equal(step(w, "grows", HF_PLAN_RETIRE, 1), HF_OK);
	assert_int_equal(put(w, "a-third", "group: f", OWNERS(HASH)), HF_OK);
}

/* A task of the plan's table "t" over a source, as it stands in that state. */
static void task(struct world *w, const char *plan, const char *source, enum hf_mask_task_state state)
{
	struct hf_id id = hf_id_new(1);
	Hufu__MaskTaskRow row = HUFU__MASK_TASK_ROW__INIT;
	struct hf_unit *u = hf_unit_new();
	struct release_change c;

	id.b[0] = (uint8_t)*plan; /* one for each plan */
	memset(id.b + 1, 7, sizeof(id.b) - 1);
	row.id = (ProtobufCBinaryData){sizeof(id.b), id.b};
	row.plan = (char *)plan;
	row.version = 1;
	row.source = (char *)source;
	row.table = (char *)"t";
	row.state = state;
	release_change_begin(&c, &row);
	release_change_put(&c, u);
	release_change_done(&c);
	assert_int_equal(people_apply(&w->s.p, u, HF_OK), HF_OK);
}

/* MK-32: a table of another name belongs to the sources that a task of its plan went over, and left something of. */
static void a_table_is_what_a_task_ran_over(void **state)
{
	struct world *w = *state;
	struct hf_unit *u = hf_unit_new();
	Hufu__MaskTaskRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_id id;

	assert_int_equal(put(w, "by-task", "group: g", "  t: {fields: {plate: {" FPE "}, town: keep}}\n"), HF_OK);
	assert_int_equal(approve(w, "by-task"), HF_OK);
	assert_int_equal(put(w, "nobody-ran-it", "group: g", PASSAGES(HASH)), HF_OK);
	task(w, "by-task", "tunnels", HF_TASK_RELEASED);
	assert_int_equal(put(w, "elsewhere", "group: g", PASSAGES(HASH)), HF_OK);
	task(w, "by-task", "owners", HF_TASK_QUEUED);
	assert_refused(w, put(w, "queued", "group: g", PASSAGES(HASH)), "'by-task'");
	task(w, "by-task", "owners", HF_TASK_FAILED);
	assert_int_equal(put(w, "failed", "group: g", PASSAGES(HASH)), HF_OK);
	task(w, "by-task", "owners", HF_TASK_RELEASED);
	assert_refused(w, put(w, "released", "group: g", PASSAGES(HASH)), "'by-task'");
	assert_int_equal(put(w, "alike-it", "group: g", PASSAGES(FPE)), HF_OK);

	/* A task of a time in which it was not kept which tables went over which source. */
	id.b[0] = 'b';
	memset(id.b + 1, 7, sizeof(id.b) - 1);
	assert_int_equal(hf_task_get(w->s.release, &id, &row, &w->s.fault), HF_OK);
	row->state = HF_TASK_STOPPED;
	release_ran_mend(w->s.release, row, u);
	assert_true(hf_unit_empty(u));
	hf_unit_free(u);
	task(w, "by-task", "owners", HF_TASK_STOPPED);
	assert_int_equal(put(w, "stopped", "group: g", PASSAGES(HASH)), HF_OK);
	u = hf_unit_new();
	row->state = HF_TASK_RELEASED;
	release_ran_mend(w->s.release, row, u);
	assert_int_equal(people_apply(&w->s.p, u, HF_OK), HF_OK);
	assert_refused(w, put(w, "mended", "group: g", PASSAGES(HASH)), "'by-task'");
}

/* What a plan calls its table does not matter where the source is known. */
static void the_table_is_the_source_it_runs_over(void **state)
{
	struct world *w = *state;
	struct hf_plan *p = NULL;

	assert_int_equal(put(w, "any", "group: b", "  t: {fields: {plate: {" HASH "}, town: keep}}\n"), HF_OK);
	assert_int_equal(approve(w, "any"), HF_OK);
	assert_int_equal(hf_release_plan(w->s.release, "any", &p, &w->s.fault), HF_OK);
	assert_refused(w, hf_release_related(w->s.release, p, "owners", "t", &w->s.fault), "'first'");
	assert_int_equal(hf_release_related(w->s.release, p, "tunnels", "t", &w->s.fault), HF_OK);
	hf_plan_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(one_plan_masks_both_alike),
	        cmocka_unit_test(two_plans_mask_both_alike),
	        cmocka_unit_test(deliveries_mask_both_alike),
	        cmocka_unit_test(the_newest_version_counts),
	        cmocka_unit_test(a_table_is_what_a_task_ran_over),
	        cmocka_unit_test(the_table_is_the_source_it_runs_over),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
