/* tasks_test.c - masking tasks on a loop that the test turns: every state, pauses between two durable points, a process
 * that died, errors and their schemes. */
#include <dirent.h>

#include "release/methods.h"
#include "release/schedule.h"
#include "source/classify.h"
#include "staff.h"

#define ROWS 4000u

struct world {
	struct staff s;
	struct hf_sources *sources;
	char data[80];
	const char *plate; /* what people say that it holds; NULL: nobody said anything */
	unsigned results;
};

/* ---- the table of states ---- */

static void test_states(void **state)
{
	static const char *const rows[] = {
	        "queued begin running", "queued pause paused",         "queued stop stopped",
	        "queued fail failed",   "queued hold paused",          "running pause paused",
	        "running stop stopped", "running restart queued",      "running end checking",
	        "running fail failed",  "running hold paused",         "paused continue queued",
	        "paused stop stopped",  "checking stop stopped",       "checking pass releasing",
	        "checking fail failed", "releasing register released", "releasing fail failed",
	        "failed retry queued",  "stopped retry queued"};
	static const char *const events[] = {NULL,      "begin", "pause", "continue", "stop", "retry",
	                                     "restart", "end",   "pass",  "register", "fail", "hold"};
	unsigned found = 0;

	(void)state;
	for (enum hf_mask_task_state s = HF_TASK_QUEUED; s <= HF_TASK_STOPPED; s++)
		for (enum hf_mask_task_event e = HF_TASK_BEGIN; e <= HF_TASK_HOLD; e++) {
			enum hf_mask_task_state to = hf_mask_task_next(s, e);
			char text[80];
			bool wanted = false;

			if (!to)
				continue;
			snprintf(text, sizeof(text), "%s %s %s", hf_mask_task_state_name(s), events[e],
			         hf_mask_task_state_name(to));
			for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
				wanted |= strcmp(rows[i], text) == 0;
			if (!wanted)
				fail_msg("\"%s\" is not in the list", text);
			found++;
		}
	assert_int_equal(found, sizeof(rows) / sizeof(rows[0]));
}

/* ---- a source, a plan, tasks ---- */

static void make_path(const struct world *w, const char *name, char out[160])
{
	snprintf(out, 160, "%s/%s.csv", w->data, name);
}

static void write_table(const struct world *w, unsigned rows)
{
	char path[160];
	FILE *f;

	make_path(w, "passages", path);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "plate,lane\r\n");
	for (unsigned i = 0; i < rows; i++)
		fprintf(f, "\"A%05u, \"\"x\"\"\",%u\n", (i * 7919u) % 100000u, i % 5);
	fclose(f);
}

struct scanned {
	struct world *w;
	bool done;
	struct hf_unit *unit;
	enum hf_err e;
};

static void on_scanned(void *ctx, enum hf_err e, struct hf_source_view *v, const struct hf_fault *f)
{
	struct scanned *s = ctx;

	s->e = e;
	if (e != HF_OK)
		fail_msg("%s", f->text);
	for (size_t i = 0; i < v->field_count; i++) {
		const struct hf_saying said = {.kind = strcmp(v->fields[i].name, "plate") == 0 ? s->w->plate : "none",
		                               .by = "tang",
		                               .now_ms = s->w->s.p.now_ms};

		if (said.kind)
			assert_int_equal(hf_source_class_say(v, v->fields[i].name, &said, &s->w->s.fault), HF_OK);
	}
	assert_int_equal(hf_source_put(s->w->sources, s->unit, v, &s->w->s.fault), HF_OK);
	s->done = true;
}

static void register_table(struct world *w)
{
	struct hf_source_view v = {.name = "passages", .kind = "csv", .enabled = true};
	struct scanned s = {.w = w, .unit = hf_unit_new()};
	char path[160];

	make_path(w, "passages", path);
	snprintf(v.path, sizeof(v.path), "%s", path);
	hf_source_scan(w->sources, &v, on_scanned, &s);
	fixture_run_until(&w->s.p.f, &s.done);
	assert_int_equal(people_apply(&w->s.p, s.unit, HF_OK), HF_OK);
}

static void open_release(struct world *w)
{
	assert_int_equal(
	        hf_release_open(&w->s.p.f.base, w->s.p.f.store, w->s.p.id, w->sources, &w->s.release, &w->s.fault),
	        HF_OK);
	w->s.release->slice = 8192;
}

/* The process ends: what a worker was at is done, and nobody takes notice of it. */
static void end_process(struct world *w)
{
	struct hf_release *r = w->s.release;

	release_hold(r);
	hf_release_close(r);
	while (r->refs > 1)
		uv_run(&w->s.p.f.loop, UV_RUN_ONCE);
	release_drop(r);
	fixture_settle(&w->s.p.f);
	open_release(w);
}

static const char map[] =
        "{\"hufu-masking-inventory\": 1, \"relations\": [], \"locations\": ["
        "{\"table\": \"passages\", \"field\": \"plate\", \"type\": \"cn.plate\", \"class\": \"personal\", \"level\": "
        "3, "
        "\"technique\": \"fpe\", \"confidence\": 1.0, \"state\": \"confirmed\", \"by\": \"song\"},"
        "{\"table\": \"passages\", \"field\": \"lane\", \"type\": null, \"class\": \"none\", \"level\": 1, "
        "\"technique\": null, \"confidence\": 1.0, \"state\": \"confirmed\", \"by\": \"song\"}]}";

static int start(void **state)
{
	static struct world w;

	staff_start(&w.s);
	hf_release_close(w.s.release);
	snprintf(w.data, sizeof(w.data), "%s-data", w.s.p.f.dir);
	assert_int_equal(mkdir(w.data, 0700), 0);
	assert_int_equal(hf_sources_open(&w.s.p.f.base, w.s.p.f.store, &w.s.p.keys, &w.sources, &w.s.fault), HF_OK);
	open_release(&w);
	write_table(&w, ROWS);
	w.plate = "cn.plate";
	register_table(&w);
	*state = &w;
	return 0;
}

static int stop(void **state)
{
	struct world *w = *state;
	DIR *d = opendir(w->data);

	for (struct dirent *e; (e = readdir(d)) != NULL;)
		if (e->d_name[0] != '.')
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	rmdir(w->data);
	hf_release_close(w->s.release);
	hf_sources_close(w->sources);
	w->s.release = NULL;
	staff_stop(&w->s);
	return 0;
}

/* A plan of this test's own, approved: how plate is masked, and what the plan says instead of something else. */
static void approve(struct world *w, const char *plate, const char *from, const char *to)
{
	static unsigned tests;
	char fields[120], *text, *at, *changed = NULL;

	snprintf(w->s.plan, sizeof(w->s.plan), "plan-%u", ++tests);
	snprintf(fields, sizeof(fields), "plate: {%s}, lane: keep", plate);
	text = staff_plan(&w->s, 1, "ma", fields);
	at = from ? strstr(text, from) : NULL;
	assert_true(!from || at);
	if (from && asprintf(&changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) < 0)
		abort();
	if (staff_put_with(&w->s, w->s.yang, changed ? changed : text, map) != HF_OK)
		fail_msg("%s", w->s.fault.text);
	assert_int_equal(staff_step(&w->s, w->s.song, HF_PLAN_APPROVE, 1), HF_OK);
	free(text);
	free(changed);
}

/* What a technique reads, in the node's folder. */
static void write_words(const struct world *w, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/masking", w->s.p.f.dir);
	(void)mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/masking/words", w->s.p.f.dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

struct result {
	struct hf_id id;
	char name[32], path[160];
};

static enum hf_err try_run(struct world *w, struct result *r)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_MASK_STEP, NULL);
	struct hf_task_in in = {
	        .plan = w->s.plan, .source = "passages", .table = "", .manner = "hand", .account = "ma"};
	enum hf_err e;

	snprintf(r->name, sizeof(r->name), "result-%03u", ++w->results);
	make_path(w, r->name, r->path);
	in.output = r->path;
	in.registers = r->name;
	e = hf_task_run(w->s.release, &in, u, d, &r->id, &w->s.fault);
	hf_unit_draft(u, d);
	return people_apply(&w->s.p, u, e);
}

static void run(struct world *w, struct result *r)
{
	if (try_run(w, r) != HF_OK)
		fail_msg("%s", w->s.fault.text);
}

static Hufu__MaskTaskRow *row_of(struct world *w, const struct result *r)
{
	Hufu__MaskTaskRow *row = NULL;

	if (hf_task_get(w->s.release, &r->id, &row, &w->s.fault) != HF_OK)
		fail_msg("%s", w->s.fault.text);
	return row;
}

typedef bool (*condition_fn)(const Hufu__MaskTaskRow *row);

static void run_until(struct world *w, const struct result *r, condition_fn fn)
{
	bool done = false;

	while (!done) {
		Hufu__MaskTaskRow *row = row_of(w, r);

		done = fn(row);
		hf_decoded_free(row);
		if (!done)
			uv_run(&w->s.p.f.loop, UV_RUN_ONCE);
	}
	fixture_settle(&w->s.p.f); /* what follows the commit is done */
}

static bool has_ended(const Hufu__MaskTaskRow *row)
{
	return row->state == HF_TASK_RELEASED || row->state == HF_TASK_FAILED || row->state == HF_TASK_PAUSED ||
	       row->state == HF_TASK_STOPPED;
}

static bool is_partly_done(const Hufu__MaskTaskRow *row)
{
	return has_ended(row) || (row->place && row->place->byte > 0);
}

static void assert_state(struct world *w, const struct result *r, enum hf_mask_task_state state)
{
	Hufu__MaskTaskRow *row = row_of(w, r);

	if (row->state != state)
		fail_msg("the task is %s, not %s: %s", hf_mask_task_state_name((enum hf_mask_task_state)row->state),
		         hf_mask_task_state_name(state), row->text);
	hf_decoded_free(row);
}

static enum hf_err command(struct world *w, const struct result *r, enum hf_mask_task_event event, uint32_t version)
{
	struct hf_actor a = people_actor(&w->s.p, w->s.ma);
	struct hf_task_command c = {r->id, event, version, "because", &a};
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_MASK_STEP, NULL);
	enum hf_err e = hf_task_command(w->s.release, &c, u, d, &w->s.fault);

	hf_unit_draft(u, d);
	return people_apply(&w->s.p, u, e);
}

static void read_file(const char *path, struct hf_buf *out)
{
	assert_int_equal(hf_file_read(path, (size_t)8 << 20, out), HF_OK);
}

static void assert_same(const struct result *a, const struct result *b)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf x = HF_BUF_INIT, y = HF_BUF_INIT;

	read_file(a->path, &x);
	read_file(b->path, &y);
	assert_int_equal(x.len, y.len);
	assert_memory_equal(x.data, y.data, x.len);
}

static unsigned files_of(const struct world *w, const char *name)
{
	DIR *d = opendir(w->data);
	unsigned n = 0;

	for (struct dirent *e; (e = readdir(d)) != NULL;)
		n += strncmp(e->d_name, name, strlen(name)) == 0;
	closedir(d);
	return n;
}

static void whole(struct world *w, struct result *r)
{
	run(w, r);
	run_until(w, r, has_ended);
	assert_state(w, r, HF_TASK_RELEASED);
}

/* ---- what must hold ---- */

/* MK-46: paused between any two durable points, and continued by another process. */
static void test_paused_and_continued_it_is_the_same(void **state)
{
	struct world *w = *state;
	struct result all, parts;
	unsigned pauses = 0;

	approve(w, "technique: mask, keep-first: 2", NULL, NULL);
	whole(w, &all);
	run(w, &parts);
	for (;;) {
		Hufu__MaskTaskRow *row = row_of(w, &parts);
		uint64_t before = row->place ? row->place->byte : 0;
		bool ended = row->state == HF_TASK_RELEASED;

		hf_decoded_free(row);
		if (ended)
			break;
		if (command(w, &parts, HF_TASK_PAUSE, 0) == HF_OK) {
			pauses++;
			end_process(w);
			hf_release_start(w->s.release);
			assert_state(w, &parts, HF_TASK_PAUSED);
			assert_int_equal(command(w, &parts, HF_TASK_CONTINUE, 0), HF_OK);
		}
		for (bool on = false; !on;) {
			uv_run(&w->s.p.f.loop, UV_RUN_ONCE);
			row = row_of(w, &parts);
			on = has_ended(row) || row->state == HF_TASK_CHECKING || row->place->byte > before;
			hf_decoded_free(row);
		}
	}
	assert_true(pauses > 3);
	assert_same(&all, &parts);
}

/* MK-26: a task reads no more of its source in a second than its plan says, a little at a time, and others read it
 * meanwhile; what comes out is the same. A stopped one does not wait. */
static void test_the_source_stays_available(void **state)
{
	struct world *w = *state;
	struct result all, slow;
	struct hf_source_view v;
	uint8_t byte;
	uint64_t began, rate = 65536;
	unsigned looks = 0;
	char *text;

	assert_int_equal(hf_source_get(w->sources, "passages", &v), HF_OK);
	approve(w, "technique: mask, keep-first: 2", NULL, NULL);
	whole(w, &all);
	approve(w, "technique: mask, keep-first: 2", "schedule: by hand\n",
	        "schedule: by hand\nconnection: {bytes-per-second: 65536}\n");
	began = uv_hrtime();
	run(w, &slow);
	for (bool done = false; !done; uv_run(&w->s.p.f.loop, UV_RUN_ONCE)) {
		Hufu__MaskTaskRow *row = row_of(w, &slow);
		struct hf_source_reader *other = NULL;
		uint64_t ms = (uv_hrtime() - began) / 1000000, at = hf_task_progress(w->s.release, row);
		size_t n = 0;

		assert_true(at <= rate * ms / 1000 + w->s.release->slice); /* so much, and a slice that has begun */
		assert_int_equal(hf_source_open(w->sources, "passages", NULL, 0, &other, &w->s.fault), HF_OK);
		assert_int_equal(hf_source_read(other, v.bytes / 2, &byte, 1, &n), HF_OK);
		hf_source_reader_close(other);
		looks += row->state == HF_TASK_RUNNING;
		done = has_ended(row);
		hf_decoded_free(row);
	}
	assert_state(w, &slow, HF_TASK_RELEASED);
	assert_true(looks > 5 && v.bytes > 4 * w->s.release->slice);
	assert_same(&all, &slow);
	run(w, &slow);
	run_until(w, &slow, is_partly_done);
	assert_int_equal(command(w, &slow, HF_TASK_STOP, 0), HF_OK);
	run_until(w, &slow, has_ended);
	assert_int_equal(files_of(w, slow.name), 0);
	run(w, &slow);
	run_until(w, &slow, is_partly_done);
	assert_int_equal(command(w, &slow, HF_TASK_PAUSE, 0), HF_OK);
	fixture_settle(&w->s.p.f);
	text = staff_plan(&w->s, 2, "ma", "plate: {technique: mask, keep-first: 2}, lane: keep");
	assert_int_equal(staff_put_with(&w->s, w->s.yang, text, map), HF_OK);
	assert_int_equal(staff_step(&w->s, w->s.song, HF_PLAN_APPROVE, 2), HF_OK);
	assert_int_equal(command(w, &slow, HF_TASK_CONTINUE, 2), HF_OK); /* as fast as it can from here */
	run_until(w, &slow, has_ended);
	assert_state(w, &slow, HF_TASK_RELEASED);
	assert_same(&all, &slow);
	free(text);
	hf_source_view_done(&v);
}

/* MK-46: the process dies while rows go through; what it wrote behind its last durable point is written again. */
static void test_taken_up_by_another_process(void **state)
{
	static const struct hf_release_methods_in methods = {
	        "/nowhere/methods.yaml", "0000000000000000000000000000000000000000000000000000000000000000"};
	struct world *w = *state;
	struct result all, parts;
	char part[RELEASE_PATH];
	Hufu__MaskTaskRow *row;
	FILE *f;

	approve(w, "technique: mask, keep-first: 2", NULL, NULL);
	whole(w, &all);
	run(w, &parts);
	run_until(w, &parts, is_partly_done);
	assert_state(w, &parts, HF_TASK_RUNNING);
	end_process(w);
	row = row_of(w, &parts);
	release_part_of(row, part);
	assert_true(row->place->byte < row->source_bytes);
	hf_decoded_free(row);
	f = fopen(part, "a");
	fprintf(f, "half a li");
	fclose(f);
	hf_release_set_methods(w->s.release, &methods, 1);
	hf_release_start(w->s.release);
	assert_true(hf_release_trying(w->s.release));
	assert_state(w, &parts, HF_TASK_RUNNING); /* it waits until the node's own methods were tried */
	run_until(w, &parts, has_ended);
	assert_state(w, &parts, HF_TASK_RELEASED);
	assert_same(&all, &parts);
	assert_int_equal(files_of(w, parts.name), 1);
}

static void test_stopped_and_retried(void **state)
{
	struct world *w = *state;
	struct result all, r;

	approve(w, "technique: mask, keep-first: 1", NULL, NULL);
	whole(w, &all);
	run(w, &r);
	run_until(w, &r, is_partly_done);
	assert_int_equal(files_of(w, r.name), 1);
	assert_int_equal(command(w, &r, HF_TASK_STOP, 0), HF_OK);
	fixture_settle(&w->s.p.f);
	assert_state(w, &r, HF_TASK_STOPPED);
	assert_int_equal(files_of(w, r.name), 0);
	assert_int_equal(command(w, &r, HF_TASK_CONTINUE, 0), HF_E_STATE);
	assert_int_equal(command(w, &r, HF_TASK_RETRY, 0), HF_OK);
	run_until(w, &r, has_ended);
	assert_state(w, &r, HF_TASK_RELEASED);
	assert_same(&all, &r);
}

/* MK-46: modified within its plan, and not beyond. */
static void test_another_version_must_mask_alike(void **state)
{
	struct world *w = *state;
	struct result r;
	char *text;

	approve(w, "technique: mask, keep-first: 2", "rows-least: 1", "rows-least: 9000");
	run(w, &r);
	assert_int_equal(command(w, &r, HF_TASK_PAUSE, 0), HF_OK);
	fixture_settle(&w->s.p.f);
	text = staff_plan(&w->s, 2, "ma", "plate: {technique: mask, keep-first: 3}, lane: keep");
	assert_int_equal(staff_put_with(&w->s, w->s.yang, text, map), HF_OK);
	assert_int_equal(command(w, &r, HF_TASK_CONTINUE, 2), HF_E_NO_PLAN);
	assert_int_equal(staff_step(&w->s, w->s.song, HF_PLAN_APPROVE, 2), HF_OK);
	assert_int_equal(command(w, &r, HF_TASK_CONTINUE, 2), HF_E_CONFLICT);
	assert_non_null(strstr(w->s.fault.text, "'plate'"));
	free(text);
	text = staff_plan(&w->s, 3, "ma", "plate: {technique: mask, keep-first: 2}, lane: keep");
	assert_int_equal(staff_put_with(&w->s, w->s.yang, text, map), HF_OK);
	assert_int_equal(staff_step(&w->s, w->s.song, HF_PLAN_APPROVE, 3), HF_OK);
	assert_int_equal(command(w, &r, HF_TASK_CONTINUE, 3), HF_OK);
	run_until(w, &r, has_ended);
	assert_state(w, &r, HF_TASK_RELEASED); /* with version 1 it would have failed its check */
	free(text);
}

static void assert_failed(struct world *w, const struct result *r, const char *kind, const char *scheme)
{
	Hufu__MaskTaskRow *row = row_of(w, r);

	assert_string_equal(row->kind, kind);
	if (!strstr(row->scheme, scheme))
		fail_msg("\"%s\" does not say \"%s\"", row->scheme, scheme);
	hf_decoded_free(row);
}

/* MK-42, MK-45: each kind of error finds its scheme, and what it says is done. */
static void test_errors_have_their_schemes(void **state)
{
	struct world *w = *state;
	struct result r;

	approve(w, "technique: mask, keep-first: 2", "rows-least: 1", "rows-least: 9000");
	run(w, &r);
	run_until(w, &r, has_ended);
	assert_state(w, &r, HF_TASK_FAILED);
	assert_failed(w, &r, "result", "do not release");
	assert_int_equal(files_of(w, r.name), 0);
	approve(w, "technique: fpe, type: cn.plate", "who: song", "who: song, action: pause");
	run(w, &r);
	run_until(w, &r, has_ended);
	assert_state(w, &r, HF_TASK_PAUSED);
	assert_failed(w, &r, "key", "ask for it");
	approve(w, "technique: mask, keep-first: 2", NULL, NULL);
	run(w, &r);
	write_table(w, ROWS + 1);
	run_until(w, &r, has_ended);
	assert_state(w, &r, HF_TASK_FAILED);
	assert_failed(w, &r, "source", "call the owner");
	assert_int_equal(files_of(w, r.name), 0);
	register_table(w);
	write_words(w, "A,1\nA,2\n");
	approve(w, "technique: map, table: words", NULL, NULL);
	run(w, &r);
	run_until(w, &r, has_ended);
	assert_state(w, &r, HF_TASK_FAILED);
	assert_failed(w, &r, "format", "mend it");
	assert_true(people_count(&w->s.p, HF_EVENT_ALARM, "masking") >= 4);
}

/* MK-4: what was given out before counts, and a refused result has no name. */
static void test_what_shows_too_much_with_earlier_releases_is_not_released(void **state)
{
	struct world *w = *state;
	struct result all, r;

	approve(w, "technique: mask, keep-first: 2", NULL, NULL);
	whole(w, &all);
	approve(w, "technique: mask, keep-last: 4", NULL, NULL);
	run(w, &r);
	run_until(w, &r, has_ended);
	assert_state(w, &r, HF_TASK_FAILED);
	assert_failed(w, &r, "result", "do not release");
	assert_int_equal(files_of(w, r.name), 0);
}

/* What the plan was put with says "not sensitive", and that song said it. */
static void put_with_a_map_of_its_own(struct world *w, const char *fields)
{
	static const char own[] =
	        "{\"hufu-masking-inventory\": 1, \"relations\": [], \"locations\": ["
	        "{\"table\": \"passages\", \"field\": \"plate\", \"type\": null, \"class\": \"none\", \"level\": 1, "
	        "\"technique\": null, \"confidence\": 1.0, \"state\": \"confirmed\", \"by\": \"song\"},"
	        "{\"table\": \"passages\", \"field\": \"lane\", \"type\": null, \"class\": \"none\", \"level\": 1, "
	        "\"technique\": null, \"confidence\": 1.0, \"state\": \"confirmed\", \"by\": \"song\"}]}";
	static unsigned plans;
	char *text;

	snprintf(w->s.plan, sizeof(w->s.plan), "own-%u", ++plans);
	text = staff_plan(&w->s, 1, "ma", fields);
	if (staff_put_with(&w->s, w->s.yang, text, own) != HF_OK)
		fail_msg("%s", w->s.fault.text);
	assert_int_equal(staff_step(&w->s, w->s.song, HF_PLAN_APPROVE, 1), HF_OK);
	free(text);
}

static void refused_with(struct world *w, const char *says)
{
	struct result r;

	assert_int_equal(try_run(w, &r), HF_E_STATE);
	if (!strstr(w->s.fault.text, says))
		fail_msg("\"%s\" does not say \"%s\"", w->s.fault.text, says);
	assert_int_equal(files_of(w, r.name), 0);
}

/* MK-14, MK-15: what people said of the source counts, and they stand in the step; not what the plan was put with. */
static void test_the_source_itself_says_what_is_sensitive(void **state)
{
	struct world *w = *state;
	Hufu__MaskTaskRow *row;
	struct result r;

	put_with_a_map_of_its_own(w, "plate: keep, lane: keep");
	refused_with(w, "passages.plate is kept, and confirmed as cn.plate");
	put_with_a_map_of_its_own(w, "plate: {technique: mask, keep-first: 2}, lane: keep");
	whole(w, &r);
	row = row_of(w, &r);
	assert_int_equal(row->steps[0]->step, HF_MASK_STEP_IDENTIFY);
	assert_string_equal(row->steps[0]->person, "tang");
	assert_int_equal(row->steps[0]->time_ms, w->s.p.now_ms);
	hf_decoded_free(row);
	run(w, &r);
	assert_int_equal(command(w, &r, HF_TASK_STOP, 0), HF_OK);
	fixture_settle(&w->s.p.f);
	w->plate = NULL;
	register_table(w);
	assert_int_equal(command(w, &r, HF_TASK_RETRY, 0), HF_E_UNCLASSIFIED); /* as it is now */
	refused_with(w, "the step identify is missing");
	w->plate = "cn.plate";
	register_table(w);
}

/* MK-3, MK-47, MK-48: the plan's demand on the risk is held against the result; its figures are in the report. */
static void test_a_demand_on_the_risk(void **state)
{
	struct world *w = *state;
	struct result r;
	Hufu__MaskTaskRow *row;
	json_t *report;

	approve(w, "technique: mask, keep-first: 2", "result: {rows-least: 1}",
	        "result: {rows-least: 1, risk: {passages: {quasi: [lane], k: 900}}}");
	run(w, &r);
	run_until(w, &r, has_ended);
	assert_state(w, &r, HF_TASK_FAILED);
	assert_failed(w, &r, "result", "do not release");
	approve(w, "technique: mask, keep-first: 2", "result: {rows-least: 1}",
	        "result: {rows-least: 1, risk: {passages: {quasi: [lane], k: 700}}}");
	whole(w, &r);
	row = row_of(w, &r);
	report = json_loadb((const char *)row->evaluation.data, row->evaluation.len, 0, NULL);
	assert_true(json_integer_value(json_object_get(json_object_get(report, "risk"), "k")) >= ROWS / 5);
	json_decref(report);
	hf_decoded_free(row);
}

/* ---- times ---- */

static void test_due_times(void **state)
{
	(void)state;
	assert_int_equal(hf_schedule_next(1000, 0, 500), 1000);
	assert_int_equal(hf_schedule_next(1000, 0, 1000), 0);
	assert_int_equal(hf_schedule_next(1000, 60, 999), 1000);
	assert_int_equal(hf_schedule_next(1000, 60, 1000), 1060);
	assert_int_equal(hf_schedule_next(1000, 60, 1059), 1060);
	assert_int_equal(hf_schedule_next(1000, 60, 1060), 1120);
}

static enum hf_err schedule_by(struct world *w, const char *token, const struct hf_ticket *ticket)
{
	struct hf_actor a = people_actor(&w->s.p, token);
	struct hf_schedule_in in = {w->s.plan, "passages", "", w->data, "auto", &a, ticket};
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_MASK_STEP, NULL);
	enum hf_err e = hf_schedule_set(w->s.release, &in, u, d, &w->s.fault);

	hf_unit_draft(u, d);
	return people_apply(&w->s.p, u, e);
}

static enum hf_err schedule(struct world *w, const char *token)
{
	return schedule_by(w, token, NULL);
}

static void unschedule(struct world *w)
{
	struct hf_actor a = people_actor(&w->s.p, w->s.ma);
	const struct hf_schedule_in in = {.plan = w->s.plan, .source = "passages", .actor = &a};
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_MASK_STEP, NULL);
	enum hf_err e = hf_schedule_end(w->s.release, &in, u, d, &w->s.fault);

	hf_unit_draft(u, d);
	assert_int_equal(people_apply(&w->s.p, u, e), HF_OK);
}

struct seen {
	uint64_t runs, missed;
	struct result task;
	int64_t next_ms;
	char text[400];
};

static bool see(void *ctx, const Hufu__MaskScheduleRow *row, int64_t next_ms)
{
	struct seen *s = ctx;

	s->runs = row->runs;
	s->missed = row->missed;
	s->next_ms = next_ms;
	snprintf(s->text, sizeof(s->text), "%s", row->missed_text);
	if (!hf_id_from_bytes(row->last_task.data, row->last_task.len, &s->task.id))
		memset(&s->task.id, 0, sizeof(s->task.id));
	return true;
}

static struct seen look_at(struct world *w, const char *time)
{
	struct seen s = {.runs = 0};

	assert_true(hf_time_parse(time, &w->s.p.now_ms));
	hf_schedule_look(w->s.release);
	fixture_settle(&w->s.p.f);
	assert_int_equal(hf_schedules(w->s.release, see, &s), HF_OK);
	return s;
}

static enum hf_err begin_by(struct world *w, const struct hf_ticket *ticket, struct result *ret_r)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_MASK_STEP, NULL);
	enum hf_err e = hf_schedule_begin(w->s.release, ticket, u, d, &ret_r->id, &w->s.fault);

	hf_unit_draft(u, d);
	return people_apply(&w->s.p, u, e);
}

/* MK-44: by a ticket alone, one run after the other; the node's own clock leaves it alone. */
static void test_by_a_ticket(void **state)
{
	const struct hf_ticket ticket = {{7}}, other = {{8}};
	struct world *w = *state;
	int64_t was = w->s.p.now_ms;
	struct result first, second;

	approve(w, "technique: mask, keep-first: 2", "schedule: by hand",
	        "schedule: {start: 2026-11-22T00:00:00Z, every: 1h}");
	assert_int_equal(schedule_by(w, w->s.yang, &ticket), HF_E_SEPARATION);
	assert_int_equal(schedule_by(w, w->s.ma, &ticket), HF_OK);
	struct seen s = look_at(w, "2026-11-22T05:00:01Z");
	assert_int_equal(s.runs + s.missed, 0);
	assert_int_equal(s.next_ms, 0);
	assert_int_equal(begin_by(w, &other, &first), HF_E_PERMISSION);
	assert_int_equal(begin_by(w, &ticket, &first), HF_OK);
	assert_int_equal(begin_by(w, &ticket, &second), HF_E_STATE);
	assert_non_null(strstr(w->s.fault.text, "which this ticket began before, is still"));
	run_until(w, &first, has_ended);
	assert_state(w, &first, HF_TASK_RELEASED);
	Hufu__MaskTaskRow *row = row_of(w, &first);
	assert_string_equal(row->registers, "auto-20261122t050001z");
	assert_string_equal(row->manner, "timer");
	assert_string_equal(row->operator_, "ma");
	hf_decoded_free(row);
	s = look_at(w, "2026-11-22T06:00:01Z");
	assert_int_equal(s.runs, 1);
	assert_int_equal(s.missed, 1);
	assert_non_null(strstr(s.text, "is still"));
	assert_int_equal(begin_by(w, &ticket, &second), HF_OK);
	run_until(w, &second, has_ended);
	assert_state(w, &second, HF_TASK_RELEASED);
	w->s.p.now_ms = was;
	assert_int_equal(schedule_by(w, w->s.ma, &other), HF_OK); /* set anew */
	assert_int_equal(begin_by(w, &ticket, &second), HF_E_PERMISSION);
	unschedule(w);
	assert_int_equal(begin_by(w, &other, &second), HF_E_PERMISSION);
}

/* MK-40: at its times; what was missed is reported. MK-44: the record is that of a run by hand. */
static void test_by_the_times_of_its_plan(void **state)
{
	struct world *w = *state;
	int64_t was = w->s.p.now_ms;
	size_t alarms = people_count(&w->s.p, HF_EVENT_ALARM, "masking-missed");
	struct result hand;
	struct seen s;

	approve(w, "technique: mask, keep-first: 2", NULL, NULL);
	assert_int_equal(schedule(w, w->s.ma), HF_E_STATE);
	approve(w, "technique: mask, keep-first: 2", "schedule: by hand",
	        "schedule: {start: 2026-11-22T00:00:00Z, every: 1h}");
	assert_int_equal(schedule(w, w->s.yang), HF_E_SEPARATION);
	assert_int_equal(schedule(w, w->s.ma), HF_OK);
	whole(w, &hand);
	s = look_at(w, "2026-11-22T02:59:59Z");
	assert_int_equal(s.runs + s.missed, 0);
	s = look_at(w, "2026-11-22T03:00:01Z");
	assert_int_equal(s.runs, 1);
	assert_int_equal(s.missed, 0);
	run_until(w, &s.task, has_ended);
	assert_state(w, &s.task, HF_TASK_RELEASED);
	Hufu__MaskTaskRow *a = row_of(w, &hand), *b = row_of(w, &s.task);

	assert_string_equal(b->registers, "auto-20261122t030000z");
	assert_string_equal(b->manner, "schedule");
	assert_int_equal(a->n_steps, b->n_steps);
	for (size_t i = 0; i < a->n_steps; i++) {
		assert_int_equal(a->steps[i]->step, b->steps[i]->step);
		assert_string_equal(a->steps[i]->person, b->steps[i]->person);
	}
	assert_memory_equal(a->result_digest.data, b->result_digest.data, 32);
	hf_decoded_free(a);
	hf_decoded_free(b);
	assert_int_equal(look_at(w, "2026-11-22T03:30:00Z").runs, 1);
	s = look_at(w, "2026-11-22T06:30:00Z");
	assert_int_equal(s.runs, 1);
	assert_int_equal(s.missed, 3);
	assert_non_null(strstr(s.text, "first 2026-11-22T04:00:00"));
	assert_int_equal(people_count(&w->s.p, HF_EVENT_ALARM, "masking-missed"), alarms + 1);
	write_table(w, ROWS + 7);
	s = look_at(w, "2026-11-22T07:00:02Z");
	assert_int_equal(s.missed, 4);
	assert_non_null(strstr(s.text, "not the one that was scanned"));
	assert_int_equal(people_count(&w->s.p, HF_EVENT_ALARM, "masking-missed"), alarms + 2);
	w->s.p.now_ms = was;
	unschedule(w);
	register_table(w);
}

/* Its text is not what was put any more. */
static void damage_plan(struct world *w)
{
	Hufu__MaskPlanRow *row = NULL;
	struct hf_unit *u = hf_unit_new();
	uint8_t key[80], *bytes;
	size_t len, n = strlen(w->s.plan);

	assert_int_equal(hf_release_plan_row(w->s.release, w->s.plan, 1, &row, &w->s.fault), HF_OK);
	row->text.data[0] ^= 1;
	bytes = hf_encode(&row->base, &len);
	assert_non_null(bytes);
	memcpy(key, w->s.plan, n + 1);
	hf_put_u32(key + n + 1, 1);
	hf_unit_put(u, HF_TABLE_MASK_PLAN, key, n + 5, bytes, len);
	assert_int_equal(people_apply(&w->s.p, u, HF_OK), HF_OK);
	free(bytes);
	hf_decoded_free(row);
}

/* MK-40: a run of a plan that is none any more is missed like every other, once for each of its times. */
static void misses_runs(struct world *w, const char *words)
{
	int64_t was = w->s.p.now_ms;
	size_t alarms = people_count(&w->s.p, HF_EVENT_ALARM, "masking-missed");
	size_t steps = people_count(&w->s.p, HF_EVENT_MASK_STEP, NULL);
	struct seen s = look_at(w, "2026-11-22T03:00:01Z");

	assert_int_equal(s.runs, 0);
	assert_int_equal(s.missed, 1);
	assert_non_null(strstr(s.text, words));
	assert_int_equal(look_at(w, "2026-11-22T03:40:00Z").missed, 1);
	assert_int_equal(look_at(w, "2026-11-22T04:00:01Z").missed, 2);
	assert_int_equal(people_count(&w->s.p, HF_EVENT_ALARM, "masking-missed"), alarms + 2);
	assert_int_equal(people_count(&w->s.p, HF_EVENT_MASK_STEP, NULL), steps + 2);
	w->s.p.now_ms = was; /* as long as people's sessions last */
	unschedule(w);       /* by whom it was set, although there is no plan that names him */
	assert_int_equal(look_at(w, "2026-11-22T05:00:01Z").missed, 0);
}

static void test_a_plan_that_is_none_any_more_misses_its_runs(void **state)
{
	struct world *w = *state;
	int64_t was = w->s.p.now_ms;

	for (int i = 0; i < 2; i++) {
		w->s.p.now_ms = was;
		approve(w, "technique: mask, keep-first: 2", "schedule: by hand",
		        "schedule: {start: 2026-11-22T00:00:00Z, every: 1h}");
		assert_int_equal(schedule(w, w->s.ma), HF_OK);
		if (i == 0)
			assert_int_equal(staff_step(&w->s, w->s.song, HF_PLAN_RETIRE, 1), HF_OK);
		else
			damage_plan(w);
		misses_runs(w, i == 0 ? "is retired" : "was changed after it was approved");
	}
	w->s.p.now_ms = was;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_states),
	        cmocka_unit_test(test_paused_and_continued_it_is_the_same),
	        cmocka_unit_test(test_the_source_stays_available),
	        cmocka_unit_test(test_taken_up_by_another_process),
	        cmocka_unit_test(test_stopped_and_retried),
	        cmocka_unit_test(test_another_version_must_mask_alike),
	        cmocka_unit_test(test_the_source_itself_says_what_is_sensitive),
	        cmocka_unit_test(test_errors_have_their_schemes),
	        cmocka_unit_test(test_a_demand_on_the_risk),
	        cmocka_unit_test(test_due_times),
	        cmocka_unit_test(test_by_a_ticket),
	        cmocka_unit_test(test_by_the_times_of_its_plan),
	        cmocka_unit_test(test_a_plan_that_is_none_any_more_misses_its_runs),
	        cmocka_unit_test(test_what_shows_too_much_with_earlier_releases_is_not_released),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
