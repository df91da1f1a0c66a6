/* plans_test.c - stored plans: put, approved by another, unchanged since; who may be whom. */
#include <inttypes.h>
#include <time.h>

#include "staff.h"
#include "state_disclosure.pb-c.h"

#define GOOD "plate: {technique: fpe, type: cn.plate}, lane: keep"

static int start(void **state)
{
	static struct staff s;

	staff_start(&s);
	*state = &s;
	return 0;
}

static int stop(void **state)
{
	staff_stop(*state);
	return 0;
}

/* Hashing passwords is slow: one staff, and a plan for each test. */
static int fresh(void **state)
{
	static unsigned tests;
	struct staff *s = *state;

	snprintf(s->plan, sizeof(s->plan), "tolls-%u", ++tests);
	return 0;
}

static void assert_said(const struct staff *s, const char *part)
{
	if (!strstr(s->fault.text, part))
		fail_msg("\"%s\" does not say \"%s\"", s->fault.text, part);
}

static enum hf_err run(struct staff *s, uint32_t *ret_version)
{
	struct hf_plan *p = NULL;
	enum hf_err e = hf_release_plan(s->release, s->plan, &p, &s->fault);

	if (e == HF_OK)
		*ret_version = p->version;
	hf_plan_free(p);
	return e;
}

/* Every row, and nothing besides. */
static void test_states(void **state)
{
	static const struct {
		enum hf_mask_plan_state from;
		enum hf_mask_plan_event event;
		enum hf_mask_plan_state to;
	} rows[] = {{HF_PLAN_PROPOSED, HF_PLAN_APPROVE, HF_PLAN_APPROVED},
	            {HF_PLAN_PROPOSED, HF_PLAN_REJECT, HF_PLAN_REJECTED},
	            {HF_PLAN_PROPOSED, HF_PLAN_RETIRE, HF_PLAN_RETIRED},
	            {HF_PLAN_APPROVED, HF_PLAN_RETIRE, HF_PLAN_RETIRED}};

	(void)state;
	for (enum hf_mask_plan_state s = HF_PLAN_STATE_INVALID; s <= HF_PLAN_RETIRED; s++)
		for (enum hf_mask_plan_event e = HF_PLAN_EVENT_INVALID; e <= HF_PLAN_RETIRE; e++) {
			enum hf_mask_plan_state to = HF_PLAN_STATE_INVALID;

			for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
				if (rows[i].from == s && rows[i].event == e)
					to = rows[i].to;
			assert_int_equal(hf_mask_plan_next(s, e), to);
		}
}

/* MK-37 */
static void test_a_plan_runs_once_another_approved_it(void **state)
{
	struct staff *s = *state;
	size_t entries = people_count(&s->p, HF_EVENT_MASK_PLAN, NULL);
	uint32_t version = 0;

	assert_int_equal(run(s, &version), HF_E_NO_PLAN);
	assert_said(s, "there is no masking plan");
	assert_int_equal(staff_put(s, s->yang, 1, GOOD), HF_OK);
	assert_int_equal(run(s, &version), HF_E_NO_PLAN);
	assert_said(s, "is not approved");
	assert_int_equal(staff_step(s, s->yang, HF_PLAN_APPROVE, 1), HF_E_SEPARATION);
	assert_said(s, "'yang' put");
	assert_int_equal(staff_step(s, s->ma, HF_PLAN_APPROVE, 1), HF_E_SEPARATION);
	assert_said(s, "'ma' is the operator of");
	assert_int_equal(staff_step(s, s->song, HF_PLAN_APPROVE, 1), HF_OK);
	assert_int_equal(run(s, &version), HF_OK);
	assert_int_equal(version, 1);
	assert_int_equal(staff_step(s, s->tang, HF_PLAN_APPROVE, 1), HF_E_STATE);
	assert_int_equal(people_count(&s->p, HF_EVENT_MASK_PLAN, NULL), entries + 2);
}

/* MK-37: a changed text is another version, which nobody approved; the approved one stays what it was. */
static void test_a_changed_plan_is_another_version(void **state)
{
	struct staff *s = *state;
	uint32_t version = 0;

	assert_int_equal(staff_put(s, s->yang, 2, GOOD), HF_OK);
	assert_int_equal(staff_put(s, s->yang, 2, "plate: keep, lane: keep"), HF_E_EXISTS);
	assert_int_equal(staff_put(s, s->yang, 1, GOOD), HF_E_EXISTS);
	assert_said(s, "above 2");
	assert_int_equal(staff_step(s, s->song, HF_PLAN_APPROVE, 0), HF_OK);
	assert_int_equal(staff_put(s, s->yang, 3, "plate: {technique: null}, lane: keep"), HF_OK);
	assert_int_equal(run(s, &version), HF_OK);
	assert_int_equal(version, 2);
	assert_int_equal(staff_step(s, s->song, HF_PLAN_REJECT, 3), HF_OK);
	assert_int_equal(staff_step(s, s->song, HF_PLAN_RETIRE, 2), HF_OK);
	assert_int_equal(run(s, &version), HF_E_NO_PLAN);
	assert_said(s, "was rejected");
}

/* A text that was altered behind the node's back is not what was approved (MK-37). */
static void test_altered_bytes_do_not_run(void **state)
{
	struct staff *s = *state;
	Hufu__MaskPlanRow *row = NULL;
	uint8_t key[32] = {0}, *bytes;
	struct hf_unit *u = hf_unit_new();
	uint32_t version = 0;
	size_t len;

	assert_int_equal(staff_put(s, s->yang, 1, GOOD), HF_OK);
	assert_int_equal(staff_step(s, s->song, HF_PLAN_APPROVE, 1), HF_OK);
	assert_int_equal(hf_release_plan_row(s->release, s->plan, 1, &row, &s->fault), HF_OK);
	row->text.data[row->text.len - 2] ^= 1;
	memcpy(key, s->plan, strlen(s->plan));
	key[strlen(s->plan) + 4] = 1;
	bytes = hf_encode(&row->base, &len);
	hf_unit_put(u, HF_TABLE_MASK_PLAN, key, strlen(s->plan) + 5, bytes, len);
	assert_int_equal(people_apply(&s->p, u, HF_OK), HF_OK);
	assert_int_equal(run(s, &version), HF_E_NO_PLAN);
	assert_said(s, "was changed after it was approved");
	free(bytes);
	hf_decoded_free(row);
}

static void write_words(const struct staff *s, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/masking", s->p.f.dir);
	(void)mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/masking/words", s->p.f.dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void assert_words(struct staff *s, uint32_t version, const char *want)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	struct hf_plan *p = NULL;

	if (release_plan_any(s->release, s->plan, version, &p, &s->fault) != HF_OK)
		fail_msg("%s", s->fault.text);
	assert_int_equal(hf_plan_file(p, p->tables[0].fields[0].args[0].value, &out, &s->fault), HF_OK);
	assert_int_equal(out.len, strlen(want));
	assert_memory_equal(out.data, want, out.len);
	assert_int_equal(hf_plan_file(p, "words", &out, &s->fault), HF_E_UNKNOWN); /* by name alone it could be any */
	hf_plan_free(p);
}

/* MK-37: approving a plan covers what its techniques read from files; a later change on the disk changes nothing. */
static void test_files_are_kept_with_the_version(void **state)
{
	static const char fields[] = "plate: {technique: dict, words: words}, lane: keep";
	struct staff *s = *state;
	Hufu__MaskPlanRow *row = NULL;
	struct hf_unit *u = hf_unit_new();
	struct hf_hash digest;
	uint32_t version = 0;

	assert_int_equal(staff_put(s, s->yang, 1, "plate: {technique: dict, words: nothing}, lane: keep"),
	                 HF_E_UNKNOWN);
	assert_said(s, "/masking/nothing");
	assert_int_equal(staff_put(s, s->yang, 1, "plate: {technique: dict, words: ../node.key}, lane: keep"),
	                 HF_E_ARGUMENT);
	write_words(s, "one\ntwo\n");
	assert_int_equal(staff_put(s, s->yang, 1, fields), HF_OK);
	write_words(s, "three\n");
	assert_int_equal(staff_step(s, s->song, HF_PLAN_APPROVE, 1), HF_OK);
	assert_words(s, 1, "one\ntwo\n");
	assert_int_equal(staff_put(s, s->yang, 2, fields), HF_OK);
	assert_words(s, 1, "one\ntwo\n");
	assert_words(s, 2, "three\n");
	assert_int_equal(run(s, &version), HF_OK);
	assert_int_equal(version, 1);
	assert_int_equal(hf_release_plan_row(s->release, s->plan, 1, &row, &s->fault), HF_OK);
	assert_int_equal(row->n_files, 1);
	hf_sha256("one\ntwo\n", 8, &digest);
	assert_memory_equal(row->files[0]->digest.data, digest.b, 32);
	/* Bytes altered behind the node's back are not what was kept. */
	hf_unit_put(u, HF_TABLE_MASK_FILE, digest.b, sizeof(digest.b), "five\n", 5);
	assert_int_equal(people_apply(&s->p, u, HF_OK), HF_OK);
	hf_release_close(s->release); /* with what it has in memory */
	assert_int_equal(hf_release_open(&s->p.f.base, s->p.f.store, s->p.id, NULL, &s->release, &s->fault), HF_OK);
	assert_int_equal(run(s, &version), HF_E_NO_PLAN);
	assert_said(s, "is not what was kept");
	hf_decoded_free(row);
}

/* Another list of files than the approved one, with its digests. */
static void test_other_files_than_the_approved_ones_do_not_run(void **state)
{
	struct staff *s = *state;
	Hufu__MaskPlanRow *row = NULL;
	uint8_t key[32] = {0}, *bytes;
	struct hf_unit *u = hf_unit_new();
	struct hf_hash digest;
	uint32_t version = 0;
	size_t len;

	write_words(s, "six\n");
	assert_int_equal(staff_put(s, s->yang, 1, "plate: {technique: dict, words: words}, lane: keep"), HF_OK);
	assert_int_equal(staff_step(s, s->song, HF_PLAN_APPROVE, 1), HF_OK);
	assert_int_equal(hf_release_plan_row(s->release, s->plan, 1, &row, &s->fault), HF_OK);
	hf_sha256("seven\n", 6, &digest);
	memcpy(row->files[0]->digest.data, digest.b, sizeof(digest.b));
	memcpy(key, s->plan, strlen(s->plan));
	key[strlen(s->plan) + 4] = 1;
	bytes = hf_encode(&row->base, &len);
	hf_unit_put(u, HF_TABLE_MASK_PLAN, key, strlen(s->plan) + 5, bytes, len);
	hf_unit_put(u, HF_TABLE_MASK_FILE, digest.b, sizeof(digest.b), "seven\n", 6);
	assert_int_equal(people_apply(&s->p, u, HF_OK), HF_OK);
	assert_int_equal(run(s, &version), HF_E_NO_PLAN);
	assert_said(s, "was changed after it was approved");
	free(bytes);
	hf_decoded_free(row);
}

/* ---- files that nothing needs ---- */

static void swept(struct staff *s)
{
	uv_timer_start(&s->p.f.limit, fixture_too_late, LIMIT_MS, 0);
	while (s->release->sweeping)
		uv_run(&s->p.f.loop, UV_RUN_ONCE);
	uv_timer_stop(&s->p.f.limit);
}

static bool is_kept(struct staff *s, const char *words)
{
	struct hf_hash h;

	hf_sha256(words, strlen(words), &h);
	return hf_store_has(s->p.f.store, HF_TABLE_MASK_FILE, h.b, sizeof(h.b));
}

static void put_words(struct staff *s, unsigned version, const char *words)
{
	write_words(s, words);
	assert_int_equal(staff_put(s, s->yang, version, "plate: {technique: dict, words: words}, lane: keep"), HF_OK);
	assert_true(is_kept(s, words));
}

/* A task of that version, which failed and can be retried. */
static void put_task(struct staff *s, uint32_t version)
{
	Hufu__MaskTaskRow row = HUFU__MASK_TASK_ROW__INIT;
	struct hf_unit *u = hf_unit_new();
	struct hf_id id = hf_id_new(1);
	struct release_change c;

	row.id = (ProtobufCBinaryData){sizeof(id.b), id.b};
	row.plan = s->plan;
	row.version = version;
	row.state = HF_TASK_FAILED;
	release_change_begin(&c, &row);
	release_change_put(&c, u);
	release_change_done(&c);
	assert_int_equal(people_apply(&s->p, u, HF_OK), HF_OK);
}

/* What was given out by a plan of that digest, or by a table that is bound so. */
static void put_disclosure(struct staff *s, uint8_t number, const ProtobufCBinaryData *plan, const char *bound)
{
	Hufu__DisclosureRow row = HUFU__DISCLOSURE_ROW__INIT;
	Hufu__DisclosureField field = HUFU__DISCLOSURE_FIELD__INIT, *fields = &field;
	char *name = (char *)"words", *value = (char *)bound;
	uint8_t key[2 + 1 + 32] = {'d', 0, 'R', number}, *bytes;
	struct hf_unit *u = hf_unit_new();
	size_t len;

	row.plan_digest = *plan;
	field.arg_names = &name;
	field.arg_values = &value;
	field.n_arg_names = field.n_arg_values = 1;
	row.fields = &fields;
	row.n_fields = 1;
	bytes = hf_encode(&row.base, &len);
	hf_unit_put(u, HF_TABLE_DISCLOSURE, key, sizeof(key), bytes, len);
	free(bytes);
	assert_int_equal(people_apply(&s->p, u, HF_OK), HF_OK);
}

/* A kept file goes with the last version, task or release that needs it. */
static void test_files_that_nothing_needs_go(void **state)
{
	struct staff *s = *state;
	Hufu__MaskPlanRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_hash h;
	char bound[80] = "words#";

	put_words(s, 1, "a\n");
	put_words(s, 2, "b\n");
	put_words(s, 3, "a\n");
	assert_int_equal(staff_step(s, s->song, HF_PLAN_REJECT, 1), HF_OK);
	swept(s);
	assert_true(is_kept(s, "a\n")); /* version 3 may be approved */
	assert_int_equal(staff_step(s, s->song, HF_PLAN_REJECT, 3), HF_OK);
	swept(s);
	assert_false(is_kept(s, "a\n"));
	assert_true(is_kept(s, "b\n"));
	assert_int_equal(staff_step(s, s->song, HF_PLAN_APPROVE, 2), HF_OK);
	release_sweep(s->release);
	swept(s);
	assert_words(s, 2, "b\n");

	put_task(s, 2);
	put_words(s, 4, "c\n");
	put_words(s, 5, "d\n");
	put_words(s, 6, "e\n");
	assert_int_equal(hf_release_plan_row(s->release, s->plan, 4, &row, &s->fault), HF_OK);
	put_disclosure(s, 1, &row->digest, "5");
	hf_sha256("d\n", 2, &h);
	hf_hash_hex(&h, bound + strlen(bound));
	put_disclosure(s, 2, &(ProtobufCBinaryData){2, (uint8_t *)"no"}, bound);
	assert_int_equal(staff_step(s, s->song, HF_PLAN_RETIRE, 2), HF_OK);
	for (uint32_t v = 4; v <= 6; v++)
		assert_int_equal(staff_step(s, s->song, HF_PLAN_RETIRE, v), HF_OK);
	swept(s);
	assert_true(is_kept(s, "b\n"));  /* the task */
	assert_true(is_kept(s, "c\n"));  /* given out by that plan */
	assert_true(is_kept(s, "d\n"));  /* given out by that table */
	assert_false(is_kept(s, "e\n")); /* nothing was made by it */
	assert_words(s, 4, "c\n");
}

/* What is put while it is looked stays, and a process that ends before it is done does it at its next start. */
static void test_files_are_swept_whatever_happens_meanwhile(void **state)
{
	struct staff *s = *state;

	put_words(s, 1, "f\n");
	assert_int_equal(staff_step(s, s->song, HF_PLAN_REJECT, 1), HF_OK);
	hf_release_close(s->release);
	fixture_settle(&s->p.f);
	assert_true(is_kept(s, "f\n"));
	assert_int_equal(hf_release_open(&s->p.f.base, s->p.f.store, s->p.id, NULL, &s->release, &s->fault), HF_OK);
	release_sweep(s->release);
	put_words(s, 2, "f\n");
	swept(s);
	assert_true(is_kept(s, "f\n"));
	assert_words(s, 2, "f\n");
	assert_int_equal(staff_step(s, s->song, HF_PLAN_REJECT, 2), HF_OK);
	hf_release_close(s->release);
	fixture_settle(&s->p.f);
	assert_int_equal(hf_release_open(&s->p.f.base, s->p.f.store, s->p.id, NULL, &s->release, &s->fault), HF_OK);
	hf_release_start(s->release);
	swept(s);
	assert_false(is_kept(s, "f\n"));
}

/* MK-38 */
static void test_the_persons_are_accounts_that_may(void **state)
{
	static const struct {
		const char *name, *said;
		enum hf_err e;
	} cases[] = {{"nobody", "no such account", HF_E_UNKNOWN},
	             {"shen", "one person has two of the roles", HF_E_FORMAT},
	             {"tang", "lacks the permission 'mask'", HF_E_PERMISSION},
	             {"yang", "who executes a plan does not put it", HF_E_SEPARATION}};
	struct staff *s = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = staff_plan(s, 1, cases[i].name, GOOD);

		assert_int_equal(staff_put_with(s, s->yang, text, NULL), cases[i].e);
		assert_said(s, cases[i].said);
		free(text);
	}
}

static json_t *inventory_of(void *ctx, const char *source)
{
	struct staff *s = ctx;

	assert_string_equal(source, "passages");
	return json_incref(s->inventory);
}

/* The inventory says what is sensitive: one that is brought, or the source's own. */
static void test_a_plan_is_held_against_the_inventory(void **state)
{
	static const char map[] =
	        "{\"hufu-masking-inventory\": 1, \"relations\": [], \"locations\": ["
	        "{\"table\": \"passages\", \"field\": \"plate\", \"type\": \"cn.plate\", \"class\": \"personal\", "
	        "\"level\": 3, \"technique\": \"fpe\", \"confidence\": 1.0, \"state\": \"confirmed\", \"by\": \"ma\"},"
	        "{\"table\": \"passages\", \"field\": \"lane\", \"type\": null, \"class\": \"none\", \"level\": 1, "
	        "\"technique\": null, \"confidence\": 1.0, \"state\": \"confirmed\", \"by\": \"song\"}]}";
	struct staff *s = *state;
	Hufu__MaskPlanRow *row = NULL;
	char *text = staff_plan(s, 1, "ma", "plate: keep, lane: keep"), *good = staff_plan(s, 1, "ma", GOOD);

	assert_int_equal(staff_put_with(s, s->yang, text, "{"), HF_E_FORMAT);
	assert_int_equal(staff_put_with(s, s->yang, text, map), HF_E_CONFLICT);
	assert_said(s, "passages.plate is kept");
	s->inventory = json_loads(map, 0, NULL);
	hf_release_set_inventory(s->release, inventory_of, s);
	assert_int_equal(staff_put_with(s, s->yang, text, NULL), HF_E_CONFLICT);
	assert_int_equal(staff_put_with(s, s->yang, good, NULL), HF_OK);
	assert_int_equal(hf_release_plan_row(s->release, s->plan, 0, &row, &s->fault), HF_OK);
	assert_string_equal(row->identified_by, "ma, song");
	assert_int_equal(row->inventory_digest.len, 32);
	hf_decoded_free(row);
	free(text);
	free(good);
}

/* ---- methods of a plan's own ---- */

/* Fields masked by methods of the plan's own, each of which takes a while: its pattern stays just below the limit on
 * the steps of one value. */
static char *slow_plan(const struct staff *s, unsigned version, unsigned methods)
{
	char fields[4000] = "lane: keep", *head, *text, *old;

	for (unsigned i = 0; i < methods; i++)
		snprintf(fields + strlen(fields), sizeof(fields) - strlen(fields), ", f%u: {technique: acme.slow%u}", i,
		         i);
	head = staff_plan(s, version, "ma", fields);
	assert_true(asprintf(&text, "%smethods:\n", head) > 0);
	free(head);
	for (unsigned i = 0; i < methods; i++) {
		old = text;
		assert_true(
		        asprintf(&text,
		                 "%s  acme.slow%u:\n    title: t\n    principle: p\n    cost: c\n    constraint: n\n"
		                 "    form: '%%%%%%%%%%%%%%%%%%%%'\n    record: {format: lost, repeats: value, "
		                 "reversible: no, reference: lost, meaning: lost, distribution: lost, key: no key}\n"
		                 "    pattern: '(?:(?:[a-z]+)+!)?[a-z]*'\n    replace: x\n",
		                 old, i) > 0);
		free(old);
	}
	return text;
}

static int64_t cpu_us(clockid_t which)
{
	struct timespec t;

	assert_int_equal(clock_gettime(which, &t), 0);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* MK-35: what a plan's methods do is tried once, when it is put: approving and running it cost next to nothing. */
static void test_methods_are_tried_once(void **state)
{
	struct staff *s = *state;
	char *text = slow_plan(s, 1, 3);
	struct hf_plan *p = NULL;
	int64_t put = -cpu_us(CLOCK_THREAD_CPUTIME_ID), later;
	uint32_t version = 0;

	s->release->trial_ms = 12 * HF_RELEASE_TRIAL_MS; /* sanitizers are slow */
	if (staff_put_with(s, s->yang, text, NULL) != HF_OK)
		fail_msg("%s", s->fault.text);
	s->release->trial_ms = HF_RELEASE_TRIAL_MS;
	later = cpu_us(CLOCK_THREAD_CPUTIME_ID);
	put += later;
	assert_int_equal(staff_step(s, s->song, HF_PLAN_APPROVE, 1), HF_OK);
	assert_int_equal(run(s, &version), HF_OK);
	assert_int_equal(release_plan_any(s->release, s->plan, 1, &p, &s->fault), HF_OK);
	later = cpu_us(CLOCK_THREAD_CPUTIME_ID) - later;
	if (later > put / 4)
		fail_msg("put took %" PRId64 " us, and what came after it %" PRId64 " us", put, later);
	hf_plan_free(p);
	free(text);
}

struct tried {
	bool done;
	enum hf_err e;
	struct hf_fault fault;
	unsigned ticks; /* of the loop meanwhile */
};

static void on_tried(void *ctx, enum hf_err e, const struct hf_fault *f)
{
	struct tried *t = ctx;

	assert_false(t->done);
	*t = (struct tried){true, e, *f, t->ticks};
}

static void on_tick(uv_timer_t *timer)
{
	((struct tried *)timer->data)->ticks++;
}

/* A worker tries them: the loop has its turns meanwhile, and then puts what was read. */
static void test_methods_are_tried_beside_the_loop(void **state)
{
	struct staff *s = *state;
	char *text = slow_plan(s, 1, 3);
	struct tried t = {.done = false}, other = {.done = false};
	uv_timer_t timer = {.data = &t};
	int64_t loop = -cpu_us(CLOCK_THREAD_CPUTIME_ID), all = -cpu_us(CLOCK_PROCESS_CPUTIME_ID);

	s->release->trial_ms = 12 * HF_RELEASE_TRIAL_MS; /* sanitizers are slow */
	assert_int_equal(uv_timer_init(&s->p.f.loop, &timer), 0);
	assert_int_equal(uv_timer_start(&timer, on_tick, 5, 5), 0);
	assert_int_equal(hf_release_plan_try(s->release, text, on_tried, &t, &s->fault), HF_OK);
	assert_int_equal(hf_release_plan_try(s->release, text, on_tried, &other, &s->fault), HF_E_BUSY);
	fixture_run_until(&s->p.f, &t.done);
	uv_close((uv_handle_t *)&timer, NULL);
	loop += cpu_us(CLOCK_THREAD_CPUTIME_ID);
	all += cpu_us(CLOCK_PROCESS_CPUTIME_ID);
	if (t.e != HF_OK || loop > all / 4 || t.ticks < 5)
		fail_msg("%s; %" PRId64 " of %" PRId64 " us and %u ticks are the loop's", t.fault.text, loop, all,
		         t.ticks);
	assert_false(other.done);
	assert_int_equal(staff_put_with(s, s->yang, text, NULL), HF_OK);
	s->release->trial_ms = HF_RELEASE_TRIAL_MS;
	free(text);
}

/* However many methods a plan has, they take no longer than the node grants them. */
static void test_the_trials_of_a_plan_are_bounded(void **state)
{
	struct staff *s = *state;
	char *text = slow_plan(s, 1, 8);
	struct tried t = {.done = false};
	int64_t all = -cpu_us(CLOCK_PROCESS_CPUTIME_ID);

	s->release->trial_ms = 100;
	assert_int_equal(hf_release_plan_try(s->release, text, on_tried, &t, &s->fault), HF_OK);
	fixture_run_until(&s->p.f, &t.done);
	s->release->trial_ms = HF_RELEASE_TRIAL_MS;
	all += cpu_us(CLOCK_PROCESS_CPUTIME_ID);
	s->fault = t.fault;
	assert_int_equal(t.e, HF_E_FORMAT);
	assert_said(s, "could not be tried: the methods of this plan take more than 100 ms of processor time to try");
	if (all > 1000000)
		fail_msg("%" PRId64 " us", all);
	free(text);
}

/* Whoever waits is told when the node stops; the worker's result is nobody's then. */
static void test_a_trial_ends_with_the_module(void **state)
{
	struct staff *s = *state;
	char *text = slow_plan(s, 1, 1);
	struct tried t = {.done = false};
	struct hf_release *r = NULL;

	assert_int_equal(hf_release_open(&s->p.f.base, s->p.f.store, s->p.id, NULL, &r, &s->fault), HF_OK);
	assert_int_equal(hf_release_plan_try(r, text, on_tried, &t, &s->fault), HF_OK);
	free(text);
	hf_release_close(r);
	assert_true(t.done);
	assert_int_equal(t.e, HF_E_CANCELLED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_states),
	        cmocka_unit_test_setup(test_a_plan_runs_once_another_approved_it, fresh),
	        cmocka_unit_test_setup(test_a_changed_plan_is_another_version, fresh),
	        cmocka_unit_test_setup(test_altered_bytes_do_not_run, fresh),
	        cmocka_unit_test_setup(test_files_are_kept_with_the_version, fresh),
	        cmocka_unit_test_setup(test_other_files_than_the_approved_ones_do_not_run, fresh),
	        cmocka_unit_test_setup(test_files_that_nothing_needs_go, fresh),
	        cmocka_unit_test_setup(test_files_are_swept_whatever_happens_meanwhile, fresh),
	        cmocka_unit_test_setup(test_the_persons_are_accounts_that_may, fresh),
	        cmocka_unit_test_setup(test_methods_are_tried_once, fresh),
	        cmocka_unit_test_setup(test_methods_are_tried_beside_the_loop, fresh),
	        cmocka_unit_test_setup(test_the_trials_of_a_plan_are_bounded, fresh),
	        cmocka_unit_test_setup(test_a_trial_ends_with_the_module, fresh),
	        cmocka_unit_test_setup(test_a_plan_is_held_against_the_inventory, fresh),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
