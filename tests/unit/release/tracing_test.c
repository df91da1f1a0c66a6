/*
 * tracing_test.c - a leak traced in the node: among several recipients of one plan, over a source that a worker reads,
 * with what cannot be tried any more, with an end before the end.
 */
#include "release/engine/stream.h"
#include "release/mask_keys.h"
#include "release/tasks.h"
#include "release/tracing.h"
#include "release/tracing_internal.h"
#include "unit/identity/people.h"

#define ROWS 6000u
#define LEAK 20u

static const char plan_text[] =
        "masking-plan: 1\nname: tolls\nversion: 1\nneed: research\npurpose: research\nmode: dynamic\n"
        "people: {operator: ma, security: song, audit: shen}\nscope: {group: tolls, epoch: 1}\nschedule: by hand\n"
        "result: {rows-least: 1}\nrelations: []\ntables:\n  passages:\n    fields:\n"
        "      plate: {technique: fpe, type: cn.plate}\n      card: {technique: denc}\n      lane: keep\n"
        "emergency:\n  source: {cause: a, solution: b, who: ma}\n  format: {cause: a, solution: b, who: ma}\n"
        "  key: {cause: a, solution: b, who: song}\n  result: {cause: a, solution: b, who: song}\n"
        "  space: {cause: a, solution: b, who: ma}\n";
static const char *const header[] = {"plate", "card", "lane"};

struct world {
	struct people p;
	struct hf_mask_keys *keys;
	struct hf_sources *sources;
	struct hf_tracing *tracing;
	struct hf_hash digest; /* of the plan */
	char data[80], path[160];
	struct hf_source_stamp stamp;
	struct hf_fault f;
};

static enum hf_err version(void *ctx, const char *name, uint32_t number, struct hf_plan **ret_plan, struct hf_fault *f)
{
	(void)ctx;
	if (strcmp(name, "tolls") != 0 || number != 1)
		return hf_fault_set(f, HF_E_UNKNOWN, "there is no such plan");
	return hf_plan_read("tolls", plan_text, strlen(plan_text), ret_plan, f);
}

static void write_table(struct world *w, unsigned rows)
{
	FILE *f = fopen(w->path, "w");

	assert_non_null(f);
	fprintf(f, "plate,card,lane\n");
	for (unsigned i = 0; i < rows; i++)
		fprintf(f, "粤B%05u,\"C%u \"\"x\"\", %032u\",%u\n", (i * 7919u) % 100000u, i, i, i % 5);
	fclose(f);
}

static void put_source(struct world *w, const char *name, const char *path)
{
	struct hf_source_field fields[3];
	struct hf_source_view v = {
	        .kind = "csv", .enabled = true, .rows = ROWS, .field_count = 3, .fields = fields, .scanned_ms = 1};
	struct hf_unit *u = hf_unit_new();
	struct stat st;

	memset(fields, 0, sizeof(fields));
	for (size_t i = 0; i < 3; i++)
		snprintf(fields[i].name, sizeof(fields[i].name), "%s", header[i]);
	snprintf(v.name, sizeof(v.name), "%s", name);
	snprintf(v.path, sizeof(v.path), "%s", path);
	assert_int_equal(stat(path, &st), 0);
	v.bytes = (uint64_t)st.st_size;
	w->stamp = v.stamp = (struct hf_source_stamp){v.bytes, st.st_ino,
	                                              (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec};
	if (hf_source_put(w->sources, u, &v, &w->f) != HF_OK)
		fail_msg("%s", w->f.text);
	assert_int_equal(people_apply(&w->p, u, HF_OK), HF_OK);
}

static void open_tracing(struct world *w)
{
	hf_tracing_open(
	        &(struct hf_tracing_setup){&w->p.f.base, w->p.f.store, w->sources, w->keys, version, NULL, NULL},
	        &w->tracing);
}

static int start(void **state)
{
	static struct world w;
	struct hf_plan *plan = NULL;
	char path[128];

	people_start(&w.p);
	snprintf(path, sizeof(path), "%s/ledger", w.p.f.dir);
	mkdir(path, 0700);
	w.p.keys.mask_root = w.p.keys.mask_root ? w.p.keys.mask_root : hf_secret_alloc(32);
	snprintf(w.data, sizeof(w.data), "%s-data", w.p.f.dir);
	snprintf(w.path, sizeof(w.path), "%s/passages.csv", w.data);
	assert_int_equal(mkdir(w.data, 0700), 0);
	assert_int_equal(hf_sources_open(&w.p.f.base, w.p.f.store, &w.p.keys, &w.sources, &w.f), HF_OK);
	if (hf_mask_keys_open(&w.p.f.base, w.p.f.store, &w.p.keys, &w.keys, &w.f) != HF_OK)
		fail_msg("%s", w.f.text);
	write_table(&w, ROWS);
	put_source(&w, "passages", w.path);
	assert_int_equal(version(NULL, "tolls", 1, &plan, &w.f), HF_OK);
	w.digest = plan->digest;
	hf_plan_free(plan);
	open_tracing(&w);
	*state = &w;
	return 0;
}

static int stop(void **state)
{
	struct world *w = *state;

	hf_tracing_close(w->tracing);
	hf_mask_keys_close(w->keys);
	hf_sources_close(w->sources);
	unlink(w->path);
	rmdir(w->data);
	people_stop(&w->p);
	return 0;
}

/* ---- releases and leaks ---- */

static struct hf_id id_of(uint8_t number)
{
	struct hf_id id = {{0}};

	id.b[6] = 0x70;
	id.b[8] = 0x80;
	id.b[15] = number;
	return id;
}

static const char *const all[] = {"plate", "card", "lane"};

static struct hf_traced delivery(const struct world *w, const char *peer, uint8_t contract)
{
	return (struct hf_traced){.plan = "tolls",
	                          .version = 1,
	                          .digest = &w->digest,
	                          .source = "passages",
	                          .table = "",
	                          .consumer = peer,
	                          .contract = id_of(contract),
	                          .fields = all,
	                          .field_count = 3,
	                          .id = id_of((uint8_t)(100 + contract)),
	                          .registers = "",
	                          .stamp = w->stamp,
	                          .time_ms = 1};
}

static void add(struct hf_traced_list *l, const struct hf_traced *in)
{
	struct hf_fault f;

	if (hf_traced_add(l, in, &f) != HF_OK)
		fail_msg("%s", f.text);
}

static struct hf_traced_list *list_of(struct world *w)
{
	struct hf_traced_list *l = NULL;

	if (hf_traced_new(w->p.f.store, w->sources, "passages", &l, &w->f) != HF_OK)
		fail_msg("%s", w->f.text);
	return l;
}

static void seed_of(struct world *w, uint8_t contract, struct hf_mask_key *seed)
{
	struct hf_id id = id_of(contract);

	if (hf_mask_seed_make(w->keys, &id, "x", seed, &w->f) != HF_OK)
		fail_msg("%s", w->f.text);
}

static enum hf_err to_buffer(void *ctx, const uint8_t *data, size_t len, struct hf_fault *f)
{
	(void)f;
	return hf_buf_add(ctx, data, len) ? HF_OK : HF_E_LIMIT;
}

static enum hf_err no_file(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	(void)ctx;
	(void)name;
	(void)out;
	return hf_fault_default(f, HF_E_UNKNOWN);
}

/* What that recipient was given, as the engine makes it. */
static void masked(struct world *w, const char *peer, uint8_t contract, struct hf_buf *out)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf plain = HF_BUF_INIT;
	struct hf_mask_key root, seed;
	struct hf_plan *plan = NULL;
	char text[HF_ID_TEXT];
	const char *kind;
	const struct hf_id id = id_of(contract);

	hf_id_text(&id, text);
	hf_mask_root(w->keys, &root);
	seed_of(w, contract, &seed);
	assert_int_equal(version(NULL, "tolls", 1, &plan, &w->f), HF_OK);
	const struct hf_mask_scope scope = {.group = plan->scope.group, .consumer = peer, .contract = text, .epoch = 1};
	const struct hf_stream_setup s = {.plan = plan,
	                                  .table = "passages",
	                                  .root = &root,
	                                  .seed = &seed,
	                                  .scope = &scope,
	                                  .file = no_file,
	                                  .write = to_buffer,
	                                  .write_ctx = out};
	struct hf_stream *stream = hf_stream_new(&s);

	hf_buf_init(&plain, 16 << 20);
	hf_buf_init(out, 16 << 20);
	assert_int_equal(hf_file_read(w->path, 16 << 20, &plain), HF_OK);
	if (hf_stream_feed(stream, plain.data, plain.len, &w->f, &kind) != HF_OK ||
	    hf_stream_end(stream, &w->f, &kind) != HF_OK)
		fail_msg("%s", w->f.text);
	hf_stream_free(stream);
	hf_plan_free(plan);
	assert_true(hf_buf_add(out, "", 1));
}

/* The first cells of some of the rows, from the one on. */
static json_t *plates(struct world *w, const char *peer, uint8_t contract, unsigned from)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	json_t *rows = json_array();
	const char *at;
	unsigned n = 0;

	masked(w, peer, contract, &b);
	for (at = (const char *)b.data; (at = strchr(at, '\n')) && at[1] && json_array_size(rows) < LEAK; n++) {
		at++;
		if (n >= from && (n - from) % 250 == 0)
			json_array_append_new(rows, json_pack("[s%]", at, strcspn(at, ",")));
	}
	return rows;
}

static enum hf_err begin(struct world *w, struct hf_traced_list *l, json_t *rows, struct hf_id *ret_id)
{
	struct hf_tracing_in in = {.list = l, .source = "passages", .account = "lu", .reason = "because"};
	struct hf_draft *d = hf_draft_new(HF_EVENT_MASK_TRACE, NULL);
	json_t *names = json_pack("[s]", "plate");
	enum hf_err e;

	if (hf_trace_read(names, rows, &in.trace, &w->f) != HF_OK)
		fail_msg("%s", w->f.text);
	e = hf_tracing_begin(w->tracing, &in, d, ret_id, &w->f);
	hf_draft_free(d);
	json_decref(names);
	json_decref(rows);
	return e;
}

static json_t *wait_for(struct world *w, const struct hf_id *id)
{
	json_t *shown = NULL;

	uv_timer_start(&w->p.f.limit, fixture_too_late, LIMIT_MS, 0);
	for (;;) {
		if (hf_tracing_show(w->tracing, id, &shown, &w->f) != HF_OK)
			fail_msg("%s", w->f.text);
		if (strcmp(json_string_value(json_object_get(shown, "state")), "running") != 0)
			break;
		json_decref(shown);
		uv_run(&w->p.f.loop, UV_RUN_ONCE);
	}
	uv_timer_stop(&w->p.f.limit);
	return shown;
}

static const char *text_of(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static json_t *trace(struct world *w, struct hf_traced_list *l, json_t *rows)
{
	struct hf_id id;

	if (begin(w, l, rows, &id) != HF_OK)
		fail_msg("%s", w->f.text);
	return wait_for(w, &id);
}

static const json_t *release_to(const json_t *shown, const char *recipient)
{
	const json_t *o;
	size_t i;

	json_array_foreach(json_object_get(shown, "releases"), i,
	                   o) if (strcmp(text_of(o, "recipient"), recipient) == 0) return o;
	fail_msg("%s is not among the releases", recipient);
	return NULL;
}

/* ---- the tests ---- */

/* The pseudonyms of one of three recipients; the same release twice is one, by both deliveries. */
static void names_the_recipient(void **state)
{
	struct world *w = *state;
	struct hf_traced_list *l = list_of(w);
	struct hf_traced a = delivery(w, "insurer", 1), b = delivery(w, "bank", 2), c = delivery(w, "police", 3);
	struct hf_mask_key seed;
	const json_t *hit;
	json_t *shown;

	for (uint8_t i = 1; i <= 3; i++)
		seed_of(w, i, &seed);
	a.field_count = 1;
	add(l, &a);
	add(l, &b);
	add(l, &c);
	a.id = id_of(200);
	a.fields = &all[2];
	add(l, &a);
	assert_int_equal(hf_traced_count(l), 3);
	shown = trace(w, l, plates(w, "insurer", 1, 5));
	assert_string_equal(text_of(shown, "says"), "the leak is from insurer");
	hit = release_to(shown, "insurer");
	assert_true(json_is_true(json_object_get(hit, "named")));
	assert_true(json_real_value(json_object_get(hit, "bound")) <= HF_TRACE_NAMES);
	assert_int_equal(json_array_size(json_object_get(hit, "transfers")), 2);
	assert_int_equal(json_integer_value(json_object_get(hit, "times")), 2);
	assert_false(json_is_true(json_object_get(hit, "source_changed")));
	assert_false(json_is_true(json_object_get(release_to(shown, "bank"), "named")));
	assert_int_equal(json_integer_value(json_object_get(shown, "done")),
	                 json_integer_value(json_object_get(shown, "total")));
	assert_int_equal(people_count(&w->p, HF_EVENT_MASK_TRACE, NULL), 1);
	json_decref(shown);
}

/* A column that was not given out speaks for nobody, whatever the key would have made of it. */
static void what_was_not_given_out_tells_nothing(void **state)
{
	struct world *w = *state;
	struct hf_traced_list *l = list_of(w);
	struct hf_traced a = delivery(w, "insurer", 1);
	json_t *shown;

	a.fields = &all[1];
	a.field_count = 2;
	add(l, &a);
	shown = trace(w, l, plates(w, "insurer", 1, 5));
	assert_string_equal(text_of(shown, "verdict"), "undecided");
	json_decref(shown);
}

static void erase(struct world *w, uint8_t contract)
{
	const struct hf_mask_erasure in = {id_of(contract), "the project has ended", "hong", NULL, NULL};

	assert_int_equal(hf_mask_seed_erase(w->keys, &in, &w->f), HF_OK);
	fixture_settle(&w->p.f);
}

/* An erased seed, a source that is gone, another text of the plan: each is named with its reason, and the rest is
 * tried.
 */
static void what_cannot_be_tried_is_named(void **state)
{
	static const char *const reasons[] = {"erased", "unknown", "conflict", "unknown"};
	struct world *w = *state;
	struct hf_traced_list *l = list_of(w);
	struct hf_traced a = delivery(w, "insurer", 1), b = delivery(w, "bank", 4), c = delivery(w, "bank", 2);
	struct hf_hash other = {{1}};
	struct hf_mask_key seed;
	const json_t *lost;
	json_t *shown;
	char text[HF_ID_TEXT];

	seed_of(w, 4, &seed);
	erase(w, 4);
	add(l, &b);
	c.source = "gone";
	add(l, &c);
	c = delivery(w, "bank", 2);
	c.digest = &other;
	add(l, &c);
	c = delivery(w, "bank", 77); /* nothing was ever masked under it */
	add(l, &c);
	add(l, &a);
	shown = trace(w, l, plates(w, "insurer", 1, 5));
	assert_string_equal(text_of(shown, "says"), "the leak is from insurer");
	lost = json_object_get(shown, "not_traceable");
	assert_int_equal(json_array_size(lost), 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(text_of(json_array_get(lost, i), "reason"), reasons[i]);
	hf_id_text(&b.contract, text);
	assert_string_equal(text_of(json_array_get(lost, 0), "contract"), text);
	assert_string_equal(text_of(json_array_get(lost, 0), "recipient"), "bank");
	assert_non_null(strstr(text_of(json_array_get(lost, 0), "text"), "the project has ended"));
	json_decref(shown);
}

/* A result of a task is named by whom its pseudonyms are for, with everybody whom it was delivered to. */
static void a_tasks_result_is_named_with_whom_it_was_delivered_to(void **state)
{
	struct world *w = *state;
	struct hf_traced_list *l = list_of(w);
	struct hf_traced t = delivery(w, "university", 3);
	const json_t *hit;
	json_t *shown;

	t.task = true;
	t.registers = "for-university";
	t.field_count = 0;
	t.stamp.bytes++;
	add(l, &t);
	hf_traced_delivered(l, "for-university", "insurer");
	hf_traced_delivered(l, "for-university", "bank");
	hf_traced_delivered(l, "for-university", "insurer");
	hf_traced_delivered(l, "another", "police");
	hf_traced_delivered(l, "passages", "army");
	hf_traced_delivered(l, "passages", "army");
	shown = trace(w, l, plates(w, "university", 3, 9));
	hit = release_to(shown, "university");
	assert_true(json_is_true(json_object_get(hit, "named")));
	assert_true(json_is_true(json_object_get(hit, "source_changed")));
	assert_int_equal(json_array_size(json_object_get(hit, "tasks")), 1);
	assert_int_equal(json_array_size(json_object_get(hit, "delivered_to")), 2);
	assert_string_equal(json_string_value(json_array_get(json_object_get(hit, "delivered_to"), 1)), "bank");
	assert_int_equal(json_array_size(json_object_get(shown, "plain_to")), 1);
	assert_string_equal(json_string_value(json_array_get(json_object_get(shown, "plain_to"), 0)), "army");
	json_decref(shown);
}

/* One at a time; an end by a person is an entry, and nothing is told; the next one begins, and forgets the last. */
static void one_at_a_time_and_ended_by_a_person(void **state)
{
	struct world *w = *state;
	struct hf_traced a = delivery(w, "insurer", 1);
	struct hf_traced_list *l = list_of(w), *second = list_of(w);
	struct hf_id id, next;
	json_t *shown;

	add(l, &a);
	add(second, &a);
	assert_int_equal(begin(w, l, plates(w, "insurer", 1, 5), &id), HF_OK);
	assert_int_equal(begin(w, second, plates(w, "insurer", 1, 5), &next), HF_E_BUSY);
	assert_non_null(strstr(w->f.text, "--cancel"));
	assert_int_equal(hf_tracing_cancel(w->tracing, &id, &w->f), HF_OK);
	shown = wait_for(w, &id);
	assert_string_equal(text_of(shown, "state"), "cancelled");
	assert_null(json_object_get(shown, "releases"));
	json_decref(shown);
	assert_int_equal(hf_tracing_cancel(w->tracing, &id, &w->f), HF_E_STATE);
	assert_int_equal(people_count(&w->p, HF_EVENT_MASK_TRACE, "cancelled"), 1);
	second = list_of(w);
	assert_int_equal(begin(w, second, plates(w, "insurer", 1, 5), &next), HF_OK);
	shown = wait_for(w, &next);
	assert_string_equal(text_of(shown, "state"), "done");
	assert_int_equal(json_array_size(json_object_get(shown, "releases")), 0);
	json_decref(shown);
	assert_int_equal(hf_tracing_show(w->tracing, &id, &shown, &w->f), HF_E_UNKNOWN);
}

/* A seed that is erased while the release is tried is not used any further. */
static void erased_under_way(void **state)
{
	struct world *w = *state;
	struct hf_traced a = delivery(w, "insurer", 5);
	struct hf_traced_list *l = list_of(w);
	json_t *rows = plates(w, "insurer", 5, 5), *shown;
	struct hf_id id;

	add(l, &a);
	assert_int_equal(begin(w, l, rows, &id), HF_OK);
	erase(w, 5);
	shown = wait_for(w, &id);
	assert_int_equal(json_array_size(json_object_get(shown, "releases")), 0);
	assert_string_equal(text_of(json_array_get(json_object_get(shown, "not_traceable"), 0), "reason"), "erased");
	json_decref(shown);
}

/* The node stops while a worker is at it. */
static void closed_under_way(void **state)
{
	struct world *w = *state;
	struct hf_traced a = delivery(w, "insurer", 1);
	struct hf_traced_list *l = list_of(w);
	const size_t before = people_count(&w->p, HF_EVENT_MASK_TRACE, NULL);
	struct hf_id id;

	add(l, &a);
	assert_int_equal(begin(w, l, plates(w, "insurer", 1, 5), &id), HF_OK);
	uv_run(&w->p.f.loop, UV_RUN_ONCE); /* a slice is queued */
	hf_tracing_close(w->tracing);
	while (uv_run(&w->p.f.loop, UV_RUN_NOWAIT) != 0)
		;
	assert_int_equal(people_count(&w->p, HF_EVENT_MASK_TRACE, NULL), before);
	open_tracing(w);
}

/* What is no leak is refused with the place, and never with a value. */
static void what_is_no_leak_is_refused(void **state)
{
	static const struct {
		const char *header, *rows, *says;
	} cases[] = {
	        {"[]", "[[]]", "no header or no rows"},
	        {"[\"a\"]", "[]", "no header or no rows"},
	        {"{}", "[[\"MARK\"]]", "no header or no rows"},
	        {"\"a\"", "[[\"MARK\"]]", "no header or no rows"},
	        {"[\"a\", 7]", "[[\"MARK\", \"b\"]]", "column 2 of the leak has no name"},
	        {"[\"a\", \"\"]", "[[\"MARK\", \"b\"]]", "column 2 of the leak has no name"},
	        {"[\"a\", \"b\", \"a\"]", "[[\"MARK\", \"b\", \"c\"]]", "columns 1 and 3 of the leak have one name"},
	        {"[\"a\"]", "[[\"MARK\"], [\"MARK\", \"b\"]]", "row 2 of the leak is no list"},
	        {"[\"a\"]", "[[\"MARK\"], \"MARK\"]", "row 2 of the leak is no list"},
	        {"[\"a\", \"b\"]", "[[\"MARK\", 7]]", "row 1, column 2 of the leak is neither"},
	        {"[\"a\", \"b\"]", "[[\"MARK\", {}]]", "row 1, column 2 of the leak is neither"},
	};
	struct hf_trace *t = NULL;
	struct hf_fault f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *names = json_loads(cases[i].header, JSON_DECODE_ANY, NULL);
		json_t *rows = json_loads(cases[i].rows, 0, NULL);

		assert_int_equal(hf_trace_read(names, rows, &t, &f), HF_E_FORMAT);
		if (!strstr(f.text, cases[i].says) || strstr(f.text, "MARK"))
			fail_msg("%s", f.text);
		json_decref(names);
		json_decref(rows);
	}
	assert_int_equal(hf_trace_read(NULL, NULL, &t, &f), HF_E_FORMAT);
	assert_null(t);
}

/* Bounds of what is read. */
static void a_leak_of_too_many_columns_is_refused(void **state)
{
	json_t *names = json_array(), *rows = json_pack("[[]]"), *row = json_array_get(rows, 0);
	struct hf_trace *t = NULL;
	struct hf_fault f;

	(void)state;
	for (unsigned i = 0; i <= HF_TRACE_WIDTH_MAX; i++) {
		char name[16];

		snprintf(name, sizeof(name), "c%u", i);
		json_array_append_new(names, json_string(name));
		json_array_append_new(row, json_null());
	}
	assert_int_equal(hf_trace_read(names, rows, &t, &f), HF_E_LIMIT);
	json_array_remove(names, 0);
	json_array_remove(row, 0);
	assert_int_equal(hf_trace_read(names, rows, &t, &f), HF_OK);
	assert_int_equal(hf_trace_leak_width(t), HF_TRACE_WIDTH_MAX);
	assert_int_equal(hf_trace_leak_rows(t), 1);
	hf_trace_free(t);
	json_decref(names);
	json_decref(rows);
}

/* ---- a long history ---- */

#define TASKS 20000u

static void put_tasks(struct world *w)
{
	struct hf_unit *u = hf_unit_new();

	for (unsigned i = 0; i < TASKS; i++) {
		Hufu__MaskTaskRow row = HUFU__MASK_TASK_ROW__INIT;
		struct hf_id id = hf_id_new((int64_t)i + 1);
		uint8_t *bytes;
		size_t len;

		row.id = (ProtobufCBinaryData){sizeof(id.b), id.b};
		row.plan = (char *)"tolls";
		row.version = 1;
		row.plan_digest = (ProtobufCBinaryData){sizeof(w->digest.b), w->digest.b};
		row.source = (char *)"passages";
		row.table = (char *)"passages";
		row.registers = (char *)"";
		row.state = i % 2 ? HF_TASK_RELEASED : HF_TASK_FAILED;
		bytes = hf_encode(&row.base, &len);
		hf_unit_put(u, HF_TABLE_MASK_TASK, id.b, sizeof(id.b), bytes, len);
		free(bytes);
	}
	assert_int_equal(people_apply(&w->p, u, HF_OK), HF_OK);
}

struct gathering {
	unsigned calls;
	bool fails;
};

static enum hf_err gather_tasks(void *ctx, struct hf_traced_list *l, bool *ret_more, struct hf_fault *f)
{
	struct gathering *g = ctx;

	g->calls++;
	return g->fails ? hf_fault_set(f, HF_E_LIMIT, "there are too many") : hf_traced_tasks(l, ret_more, f);
}

static enum hf_err version_too(void *ctx, const char *name, uint32_t number, struct hf_plan **ret_plan,
                               struct hf_fault *f)
{
	(void)ctx;
	return version(NULL, name, number, ret_plan, f);
}

/* What was released is looked up a few milliseconds a turn of the loop, each row once, and the trace goes on from
 * there.
 */
static void a_long_history_is_looked_up_in_slices(void **state)
{
	struct world *w = *state;
	struct gathering g = {0, false};
	const struct hf_tracing_setup s = {&w->p.f.base, w->p.f.store, w->sources,  w->keys,
	                                   version_too,  &g,           gather_tasks};
	struct hf_traced_list *l = list_of(w);
	unsigned calls = 0;
	bool more = true;
	json_t *shown;

	put_tasks(w);
	for (; more; calls++)
		assert_int_equal(hf_traced_tasks(l, &more, &w->f), HF_OK);
	assert_true(calls > 1);
	assert_int_equal(hf_traced_count(l), 1);
	assert_int_equal(l->items[0].times, TASKS / 2);
	assert_int_equal(hf_traced_tasks(l, &more, &w->f), HF_OK);
	assert_int_equal(l->items[0].times, TASKS / 2);
	hf_traced_free(l);

	hf_tracing_close(w->tracing);
	hf_tracing_open(&s, &w->tracing);
	shown = trace(w, list_of(w), plates(w, "insurer", 1, 5));
	assert_true(g.calls > 1);
	assert_string_equal(text_of(shown, "state"), "done");
	assert_int_equal(json_array_size(json_object_get(shown, "releases")) +
	                         json_array_size(json_object_get(shown, "not_traceable")),
	                 1);
	json_decref(shown);

	g.fails = true;
	shown = trace(w, list_of(w), plates(w, "insurer", 1, 5));
	assert_string_equal(text_of(shown, "state"), "failed");
	assert_string_equal(text_of(shown, "text"), "there are too many");
	json_decref(shown);
	hf_tracing_close(w->tracing);
	open_tracing(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_the_recipient),
	        cmocka_unit_test(what_was_not_given_out_tells_nothing),
	        cmocka_unit_test(what_cannot_be_tried_is_named),
	        cmocka_unit_test(a_tasks_result_is_named_with_whom_it_was_delivered_to),
	        cmocka_unit_test(one_at_a_time_and_ended_by_a_person),
	        cmocka_unit_test(erased_under_way),
	        cmocka_unit_test(closed_under_way),
	        cmocka_unit_test(what_is_no_leak_is_refused),
	        cmocka_unit_test(a_leak_of_too_many_columns_is_refused),
	        cmocka_unit_test(a_long_history_is_looked_up_in_slices),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
