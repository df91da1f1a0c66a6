/* methods_test.c - files of methods that the configuration names, as a node's plans use them (MK-35). */
#include "release/methods.h"

#include "staff.h"

#define BADGE                                                                                                          \
	"methods:\n  acme.badge:\n    title: t\n    principle: p\n    cost: c\n    constraint: none\n    form: "       \
	"'AC-##-#####'\n    record: {format: length, repeats: value, reversible: no, reference: lost, meaning: part, " \
	"distribution: coarse, key: no key}\n    pattern: 'AC-(\\d\\d)-\\d{5}'\n    replace: 'AC-$1-*****'\n"

struct file {
	char path[160], sha256[65];
};

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

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void digest(const char *path, char hex[65])
{
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = HF_BUF_INIT;
	struct hf_hash h;

	assert_int_equal(hf_file_read(path, HF_METHOD_LIBRARY, &bytes), HF_OK);
	hf_sha256(bytes.data, bytes.len, &h);
	hf_hash_hex(&h, hex);
}

static struct file make(const struct staff *s, const char *name, const char *text)
{
	struct file f;

	snprintf(f.path, sizeof(f.path), "%s/%s", s->p.f.dir, name);
	write_text(f.path, text);
	digest(f.path, f.sha256);
	return f;
}

static struct file make_library(const struct staff *s, const char *name, const char *settings)
{
	char text[1000], hex[65];

	digest(HUFU_TEST_METHOD, hex);
	snprintf(text, sizeof(text),
	         "methods:\n  acme.turn:\n    form: '@@-######'\n    library: %s\n    sha256: %s\n%s", HUFU_TEST_METHOD,
	         hex, settings);
	return make(s, name, text);
}

/* Until all files were tried. */
static void settle(struct staff *s)
{
	uv_timer_start(&s->p.f.limit, fixture_too_late, LIMIT_MS, 0);
	while (hf_release_trying(s->release))
		uv_run(&s->p.f.loop, UV_RUN_ONCE);
	uv_timer_stop(&s->p.f.limit);
}

/* The module with these files, as a node that starts: nothing was tried yet. */
static void restart_only(struct staff *s, const struct file *files, size_t count)
{
	struct hf_release_methods_in in[4];

	hf_release_close(s->release);
	fixture_settle(&s->p.f);
	assert_int_equal(hf_release_open(&s->p.f.base, s->p.f.store, s->p.id, NULL, &s->release, &s->fault), HF_OK);
	for (size_t i = 0; i < count; i++)
		in[i] = (struct hf_release_methods_in){files[i].path, files[i].sha256};
	hf_release_set_methods(s->release, in, count);
}

static void restart(struct staff *s, const struct file *files, size_t count)
{
	restart_only(s, files, count);
	settle(s);
}

static enum hf_err put(struct staff *s, const char *name, const char *method, const char *sha256)
{
	char *plan, *text = NULL, fields[100];
	enum hf_err e;

	snprintf(s->plan, sizeof(s->plan), "%s", name);
	snprintf(fields, sizeof(fields), "badge: {technique: %s}", method);
	plan = staff_plan(s, 1, "ma", fields);
	if (asprintf(&text, "%smethods: {sha256: %s}\n", plan, sha256) < 0)
		abort();
	e = staff_put_with(s, s->yang, text, NULL);
	free(plan);
	free(text);
	return e;
}

static void assert_said(const struct staff *s, const char *part)
{
	if (!strstr(s->fault.text, part))
		fail_msg("\"%s\" does not say \"%s\"", s->fault.text, part);
}

/* A pattern and a shared library; the same plan reads as long as the file is what it was. */
static void plans_use_the_methods_of_a_file_by_its_digest(void **state)
{
	struct staff *s = *state;
	const struct file files[2] = {make(s, "badge.yaml", BADGE), make_library(s, "turn.yaml", "")};
	struct hf_release_methods_view v;
	struct hf_plan *p = NULL;

	restart(s, files, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_true(hf_release_methods_at(s->release, i, &v));
		if (!v.methods)
			fail_msg("%s", v.why);
		assert_int_equal(hf_methods_count(v.methods), 1);
	}
	assert_false(hf_release_methods_at(s->release, 2, &v));
	assert_int_equal(put(s, "badges", "acme.badge", files[0].sha256), HF_OK);
	assert_int_equal(put(s, "turned", "acme.turn", files[1].sha256), HF_OK);
	assert_int_equal(put(s, "mixed", "acme.turn", files[0].sha256), HF_E_FORMAT);
	assert_said(s, "there is no technique acme.turn");
	assert_int_equal(
	        put(s, "other", "acme.badge", "0000000000000000000000000000000000000000000000000000000000000000"),
	        HF_E_FORMAT);
	assert_said(s, "masking.methods of its configuration names those that it uses");
	snprintf(s->plan, sizeof(s->plan), "turned");
	assert_int_equal(staff_step(s, s->song, HF_PLAN_APPROVE, 1), HF_OK);
	assert_int_equal(hf_release_plan(s->release, "turned", &p, &s->fault), HF_OK);
	assert_string_equal(p->tables[0].fields[0].technique->title, "turned digits");
	write_text(files[1].path, "methods: {}\n"); /* which nobody looks at any more */
	hf_plan_free(p);
	assert_int_equal(hf_release_plan(s->release, "turned", &p, &s->fault), HF_OK);
	restart(s, files, 2); /* the plan is in somebody's hands still */
	assert_string_equal(p->tables[0].fields[0].technique->title, "turned digits");
	hf_plan_free(p);
	assert_int_equal(hf_release_plan(s->release, "turned", &p, &s->fault), HF_E_NO_PLAN);
	assert_said(s, "not the one of the configuration");
}

/* What does not do what its record says is not used, and says why; the others are. */
static void what_was_not_reviewed_or_lies_is_refused(void **state)
{
	struct staff *s = *state;
	struct file files[4] = {make_library(s, "lie.yaml", "    settings: lie\n"),
	                        make(s, "bad.yaml", "methods: {a: 1}\n"), make(s, "gone.yaml", BADGE),
	                        make(s, "good.yaml", BADGE)};
	static const char *const why[] = {"does not do what its record says", "an id is 3 to 60 small letters",
	                                  "gone.yaml"};
	struct hf_release_methods_view v;

	assert_int_equal(unlink(files[2].path), 0);
	restart(s, files, 4);
	for (size_t i = 0; i < 3; i++) {
		assert_true(hf_release_methods_at(s->release, i, &v));
		assert_null(v.methods);
		if (!strstr(v.why, why[i]))
			fail_msg("%s", v.why);
	}
	assert_int_equal(put(s, "lies", "acme.turn", files[0].sha256), HF_E_FORMAT);
	assert_said(s, "does not do what its record says");
	assert_true(hf_release_methods_at(s->release, 3, &v));
	assert_non_null(v.methods);
}

static void on_tried(void *ctx, enum hf_err e, const struct hf_fault *f)
{
	struct ending *end = ctx;

	(void)f;
	end->done = true;
	end->e = e;
}

/* A worker tries them while everything else is answered; what needs them waits, and goes on by itself. */
static void what_needs_them_waits_while_they_are_tried(void **state)
{
	struct staff *s = *state;
	const struct file files[2] = {make(s, "first.yaml", BADGE), make_library(s, "second.yaml", "")};
	struct ending tried = {0};
	struct hf_release_methods_view v;
	struct hf_plan *p = NULL;
	char *plan, *text = NULL;

	restart(s, files, 2);
	assert_int_equal(put(s, "waiting", "acme.turn", files[1].sha256), HF_OK);
	assert_int_equal(staff_step(s, s->song, HF_PLAN_APPROVE, 1), HF_OK);
	restart_only(s, files, 2);
	assert_true(hf_release_trying(s->release));
	assert_true(hf_release_methods_at(s->release, 1, &v));
	assert_false(v.tried);
	assert_null(v.methods);
	assert_int_equal(hf_release_plan(s->release, "waiting", &p, &s->fault), HF_E_BUSY);
	assert_said(s, "are being tried since the node started");
	plan = staff_plan(s, 2, "ma", "badge: {technique: acme.turn}");
	assert_true(asprintf(&text, "%smethods: {sha256: %s}\n", plan, files[1].sha256) > 0);
	assert_int_equal(hf_release_plan_try(s->release, text, on_tried, &tried, &s->fault), HF_OK);
	fixture_run_until(&s->p.f, &tried.done);
	assert_int_equal(tried.e, HF_OK);
	assert_false(hf_release_trying(s->release));
	assert_int_equal(hf_release_plan(s->release, "waiting", &p, &s->fault), HF_OK);
	hf_plan_free(p);
	tried = (struct ending){0};
	restart_only(s, files, 2); /* and ends in the middle of it */
	assert_int_equal(hf_release_plan_try(s->release, text, on_tried, &tried, &s->fault), HF_OK);
	hf_release_close(s->release);
	assert_int_equal(tried.e, HF_E_CANCELLED);
	assert_int_equal(hf_release_open(&s->p.f.base, s->p.f.store, s->p.id, NULL, &s->release, &s->fault), HF_OK);
	free(plan);
	free(text);
}

/* A file that a step reads could change after the approval. */
static void methods_of_a_node_read_no_files(void **state)
{
	static const char steps[] = "methods:\n  acme.word:\n    title: t\n    principle: p\n    cost: c\n    "
	                            "constraint: none\n    form: '####'\n"
	                            "    record: {format: lost, repeats: value, reversible: no, reference: lost, "
	                            "meaning: lost, distribution: lost, "
	                            "key: consumer}\n    steps:\n    - {technique: dict, words: words.txt}\n";
	struct staff *s = *state;
	const struct file file = make(s, "word.yaml", steps);
	struct hf_release_methods_view v;

	restart(s, &file, 1);
	assert_true(hf_release_methods_at(s->release, 0, &v));
	assert_null(v.methods);
	if (!strstr(v.why, "no files can be read here"))
		fail_msg("%s", v.why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(plans_use_the_methods_of_a_file_by_its_digest),
	        cmocka_unit_test(what_was_not_reviewed_or_lies_is_refused),
	        cmocka_unit_test(methods_of_a_node_read_no_files),
	        cmocka_unit_test(what_needs_them_waits_while_they_are_tried),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
