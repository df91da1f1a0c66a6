/* relations_test.c - fields of two sources that belong together: found on samples, said, imported, gone with a source.
 */
#include "source/relations.h"

#include "source/classify.h"
#include "unit/store/fixture.h"

struct bench {
	struct fixture f;
	struct hf_sources *sources;
	char files[96]; /* outside the node's folder */
	struct hf_fault fault;
};

static int start(void **state)
{
	static struct bench b;

	fixture_start(&b.f);
	snprintf(b.files, sizeof(b.files), "%s-files", b.f.dir);
	assert_int_equal(mkdir(b.files, 0700), 0);
	assert_int_equal(hf_sources_open(&b.f.base, b.f.store, NULL, &b.sources, &b.fault), HF_OK);
	*state = &b;
	return 0;
}

static int stop(void **state)
{
	struct bench *b = *state;

	hf_sources_close(b->sources);
	assert_int_equal(nftw(b->files, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	fixture_stop(&b->f);
	return 0;
}

static void apply(struct bench *b, struct hf_unit *u)
{
	hf_store_submit(b->f.store, u, NULL, NULL);
	fixture_settle(&b->f);
}

struct scanned {
	struct bench *b;
	bool done;
};

static void on_scan(void *ctx, enum hf_err e, struct hf_source_view *v, const struct hf_fault *f)
{
	struct scanned *s = ctx;
	struct hf_unit *u = hf_unit_new();

	if (e != HF_OK)
		fail_msg("%s", f->text);
	v->enabled = true;
	assert_int_equal(hf_source_put(s->b->sources, u, v, &s->b->fault), HF_OK);
	hf_store_submit(s->b->f.store, u, NULL, NULL);
	s->done = true;
}

static void add(struct bench *b, const char *name, const struct hf_buf *text)
{
	struct hf_source_view v = {.kind = "csv"};
	struct scanned s = {.b = b};
	FILE *out;

	snprintf(v.name, sizeof(v.name), "%s", name);
	snprintf(v.path, sizeof(v.path), "%s/%s.csv", b->files, name);
	out = fopen(v.path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(text->data, 1, text->len, out), text->len);
	assert_int_equal(fclose(out), 0);
	hf_source_scan(b->sources, &v, on_scan, &s);
	fixture_run_until(&b->f, &s.done);
	fixture_settle(&b->f);
}

/* Gantries, some of them below another one, and what passed them. */
static void add_both(struct bench *b)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf t = HF_BUF_INIT;

	hf_buf_addf(&t, "code,upper\n");
	for (unsigned i = 0; i < 40; i++)
		hf_buf_addf(&t, "G%03uX,G%03uX\n", i, i / 4);
	add(b, "gantries", &t);
	hf_buf_clear(&t);
	hf_buf_addf(&t, "gantry,km\n");
	for (unsigned i = 0; i < 400; i++)
		hf_buf_addf(&t, "G%03uX,%u\n", (i * 7) % 40, i % 9);
	add(b, "passages", &t);
}

struct related {
	struct bench *b;
	bool done;
	enum hf_err e;
	size_t new;
	struct hf_fault fault;
};

static void on_found(void *ctx, enum hf_err e, const json_t *found, const struct hf_fault *f)
{
	struct related *r = ctx;
	struct hf_unit *u = hf_unit_new();

	r->e = e;
	r->fault = *f;
	if (e == HF_OK)
		assert_int_equal(hf_relations_propose(r->b->sources, u, found, 5, &r->new, &r->b->fault), HF_OK);
	hf_store_submit(r->b->f.store, u, NULL, NULL);
	r->done = true;
}

static enum hf_err find(struct bench *b, const char *const *names, size_t count, size_t *ret_new)
{
	struct related r = {.b = b};
	const struct hf_relate_in in = {names, count, 200, on_found, &r};
	enum hf_err e = hf_sources_relate(b->sources, &in, &b->fault);

	if (e != HF_OK)
		return e;
	assert_false(r.done); /* never from inside the call */
	fixture_run_until(&b->f, &r.done);
	fixture_settle(&b->f);
	b->fault = r.fault;
	*ret_new = r.new;
	return r.e;
}

/* "TEXT: STATE by BY" */
static void assert_there(struct bench *b, const char *source, const char *want)
{
	json_t *list = NULL, *o;
	size_t i;

	assert_int_equal(hf_relations_list(b->sources, source, &list), HF_OK);
	json_array_foreach(list, i, o)
	{
		char text[400];

		snprintf(text, sizeof(text), "%s: %s by %s", json_string_value(json_object_get(o, "text")),
		         json_string_value(json_object_get(o, "state")), json_string_value(json_object_get(o, "by")));
		if (strcmp(text, want) == 0) {
			json_decref(list);
			return;
		}
	}
	char *all = json_dumps(list, JSON_INDENT(1));
	fail_msg("\"%s\" is not among %s", want, all);
}

static size_t count(struct bench *b, const char *source)
{
	json_t *list = NULL;
	size_t n;

	assert_int_equal(hf_relations_list(b->sources, source, &list), HF_OK);
	n = json_array_size(list);
	json_decref(list);
	return n;
}

static enum hf_err say(struct bench *b, const char *text, bool right)
{
	const struct hf_relation_saying s = {text, right, "bai", 7};
	struct hf_unit *u = hf_unit_new();
	size_t n = 0;
	enum hf_err e = hf_relations_say(b->sources, u, &s, &n, &b->fault);

	apply(b, u);
	return e;
}

static enum hf_err define(struct bench *b, const char *json)
{
	const struct hf_relation_saying s = {.by = "bai", .now_ms = 9};
	json_t *o = json_loads(json, 0, NULL);
	struct hf_unit *u = hf_unit_new();
	char *text = NULL;
	enum hf_err e = hf_relations_define(b->sources, u, o, &s, &text, &b->fault);

	free(text);
	json_decref(o);
	apply(b, u);
	return e;
}

/* MK-20, MK-31: keys, foreign keys, parents, across sources; a person says what is right, and another look keeps it. */
static void relations_are_found_and_said(void **state)
{
	struct bench *b = *state;
	size_t new = 0;

	add_both(b);
	assert_int_equal(find(b, NULL, 0, &new), HF_OK);
	assert_int_equal(new, 3);
	assert_there(b, NULL, "gantries.code is a key: proposed by ");
	assert_there(b, "passages", "passages.gantry refers to gantries.code: proposed by ");
	assert_there(b, "gantries", "gantries.upper has its parent in gantries.code: proposed by ");
	assert_int_equal(count(b, "passages"), 1);

	assert_int_equal(say(b, "passages.gantry refers to gantries.code", true), HF_OK);
	assert_int_equal(say(b, "gantries.upper has its parent in gantries.code", false), HF_OK);
	assert_int_equal(say(b, "passages.km refers to gantries.code", true), HF_E_UNKNOWN);
	assert_int_equal(find(b, NULL, 0, &new), HF_OK);
	assert_int_equal(new, 0);
	assert_there(b, NULL, "passages.gantry refers to gantries.code: confirmed by bai");
	assert_there(b, NULL, "gantries.upper has its parent in gantries.code: dropped by bai");
	assert_int_equal(say(b, NULL, true), HF_OK); /* all that is still open */
	assert_there(b, NULL, "gantries.code is a key: confirmed by bai");
	assert_there(b, NULL, "gantries.upper has its parent in gantries.code: dropped by bai");
}

/* MK-31 */
static void relations_are_defined_by_hand_and_from_a_file(void **state)
{
	struct bench *b = *state;
	size_t before = count(b, NULL);

	assert_int_equal(define(b, "{\"kind\": \"same-kind\", \"from\": \"passages.km\", \"to\": \"gantries.upper\"}"),
	                 HF_OK);
	assert_there(b, NULL, "passages.km is of the same kind as gantries.upper: confirmed by bai");
	assert_int_equal(define(b,
	                        "{\"kind\": \"foreign-key\", \"from\": {\"table\": \"passages\", \"field\": \"km\"}, "
	                        "\"to\": {\"table\": \"gantries\", \"field\": \"code\"}, \"state\": \"proposed\"}"),
	                 HF_OK);
	assert_there(b, NULL, "passages.km refers to gantries.code: proposed by ");
	/* What a person said stays when a file only proposes it. */
	assert_int_equal(define(b, "{\"kind\": \"foreign-key\", \"from\": \"passages.gantry\", \"to\": "
	                           "\"gantries.code\", \"state\": \"proposed\"}"),
	                 HF_OK);
	assert_there(b, NULL, "passages.gantry refers to gantries.code: confirmed by bai");
	assert_int_equal(count(b, NULL), before + 2);

	assert_int_equal(define(b, "{\"kind\": \"cousin\", \"from\": \"passages.km\", \"to\": \"gantries.code\"}"),
	                 HF_E_ARGUMENT);
	assert_int_equal(define(b, "{\"kind\": \"key\", \"from\": \"passages.km\", \"to\": \"gantries.code\"}"),
	                 HF_E_ARGUMENT);
	assert_int_equal(define(b, "{\"kind\": \"foreign-key\", \"from\": \"passages.km\"}"), HF_E_ARGUMENT);
	assert_int_equal(define(b, "{\"kind\": \"same-kind\", \"from\": \"passages.km\", \"to\": \"passages.km\"}"),
	                 HF_E_ARGUMENT);
	assert_int_equal(define(b, "{\"kind\": \"same-kind\", \"from\": \"passages.km\", \"to\": \"tunnels.code\"}"),
	                 HF_E_UNKNOWN);
	assert_int_equal(define(b, "{\"kind\": \"same-kind\", \"from\": \"passages\", \"to\": 7}"), HF_E_UNKNOWN);
	assert_int_equal(count(b, NULL), before + 2);
}

/* MK-20: the inventory of a source has what belongs to it. */
static void the_inventory_has_them(void **state)
{
	struct bench *b = *state;
	json_t *inventory = hf_source_inventory(b->sources, "passages");

	assert_int_equal(json_array_size(json_object_get(inventory, "locations")), 2);
	assert_int_equal(json_array_size(json_object_get(inventory, "relations")), count(b, "passages"));
	json_decref(inventory);
}

static void what_cannot_be_looked_at_is_named(void **state)
{
	static const char *const none[] = {"tunnels"}, *const changed[] = {"gantries", "passages"};
	struct bench *b = *state;
	char path[140];
	size_t new = 0;
	FILE *f;

	assert_int_equal(find(b, none, 1, &new), HF_E_UNKNOWN);
	assert_non_null(strstr(b->fault.text, "'tunnels'"));
	snprintf(path, sizeof(path), "%s/passages.csv", b->files);
	f = fopen(path, "a");
	assert_non_null(f);
	fputs("G001X,2\n", f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(find(b, changed, 2, &new), HF_E_SOURCE_CHANGED);
	assert_non_null(strstr(b->fault.text, "hufu source scan passages"));
}

/* Each takes a worker for as long as its sources are long. */
static void one_comparison_at_a_time(void **state)
{
	struct bench *b = *state;
	struct related r = {.b = b};
	const struct hf_relate_in in = {NULL, 0, 200, on_found, &r};
	HF_CLEANUP(hf_buf_done) struct hf_buf t = HF_BUF_INIT;
	size_t new = 0;

	hf_buf_addf(&t, "a\n1\n");
	add(b, "single", &t);
	assert_int_equal(hf_sources_relate(b->sources, &in, &b->fault), HF_OK);
	assert_int_equal(find(b, NULL, 0, &new), HF_E_BUSY);
	assert_non_null(strstr(b->fault.text, "ask again"));
	fixture_run_until(&b->f, &r.done);
	fixture_settle(&b->f);
	assert_int_equal(r.e, HF_OK);
	assert_int_equal(find(b, NULL, 0, &new), HF_OK);
}

static void they_end_with_their_source(void **state)
{
	struct bench *b = *state;
	struct hf_unit *u = hf_unit_new();

	assert_true(count(b, "passages") > 0);
	assert_int_equal(hf_source_remove(b->sources, u, "passages", &b->fault), HF_OK);
	apply(b, u);
	assert_int_equal(count(b, "passages"), 0);
	assert_true(count(b, NULL) > 0); /* those of the other source alone */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(relations_are_found_and_said),
	        cmocka_unit_test(relations_are_defined_by_hand_and_from_a_file),
	        cmocka_unit_test(the_inventory_has_them),
	        cmocka_unit_test(one_comparison_at_a_time),
	        cmocka_unit_test(what_cannot_be_looked_at_is_named),
	        cmocka_unit_test(they_end_with_their_source),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
