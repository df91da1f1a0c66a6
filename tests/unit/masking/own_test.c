/*
 * own_test.c - methods of one's own (MK-35): what each kind does, that a record is whole and true before a plan may use
 * it (MK-36), and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "masking/plan.h"

#define RECORD(format, reversible, reference, distribution, key)                                                       \
	"record: {format: " format ", repeats: value, reversible: " reversible ", reference: " reference               \
	", meaning: part, distribution: " distribution ", key: " key "}"
#define TEXTS "    title: t\n    principle: p\n    cost: c\n    constraint: none\n"

static const char badge[] = "methods:\n  acme.badge:\n" TEXTS "    form: 'AC-##-#####'\n"
                            "    " RECORD("length", "no", "lost", "coarse",
                                          "no key") "\n"
                                                    "    pattern: 'AC-(\\d\\d)-\\d{5}'\n    replace: '$$C-$1-*****'\n";
static const char level[] =
        "methods:\n  acme.level:\n" TEXTS
        "    " RECORD("lost", "by table", "one to one", "exact", "no key") "\n"
                                                                           "    table: {low: L, middle: 中, high: H}\n";
static const char chain[] = "methods:\n  acme.sealed:\n" TEXTS "    form: '@@-######'\n"
                            "    " RECORD("lost", "by key", "one to one", "frequencies",
                                          "consumer") "\n"
                                                      "    steps:\n    - {technique: reorder, pattern: [9, 8, 7, 6, 5, "
                                                      "4, 3, 2, 1]}\n    - {technique: denc}\n";

static enum hf_err read_file(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	enum hf_err e = hf_file_read(name, HF_METHOD_LIBRARY, out);

	(void)ctx;
	return e == HF_OK ? e : hf_file_fault(f, e, name, HF_METHOD_LIBRARY);
}

static enum hf_err try_read(const char *text, struct hf_methods **ret_m, struct hf_fault *f)
{
	const struct hf_methods_setup s = {.name = "m", .text = text, .len = strlen(text), .file = read_file};

	return hf_methods_read(&s, ret_m, f);
}

static struct hf_methods *methods(const char *text)
{
	struct hf_fault f = {.code = HF_OK};
	struct hf_methods *m = NULL;

	if (try_read(text, &m, &f) != HF_OK)
		fail_msg("%s", f.text);
	return m;
}

static void refused(const char *text, const char *says)
{
	struct hf_fault f = {.code = HF_OK};
	struct hf_methods *m = NULL;

	if (try_read(text, &m, &f) == HF_OK)
		fail_msg("this was taken:\n%s", text);
	if (!strstr(f.text, says))
		fail_msg("%s", f.text);
}

/* NULL: null. */
static const char *masked(const struct hf_technique *t, const char *in, bool back)
{
	static const struct hf_mask_key key = {"k"};
	static char text[2][100];
	static unsigned at;
	const struct hf_bytes v = {(const uint8_t *)in, strlen(in)};
	const struct hf_mask_use use = {.key = &key, .engine = HF_ENGINE_FF1};
	struct hf_arena arena;
	struct hf_bytes out = {NULL, 0};
	struct hf_mask_batch b = {.in = &v, .out = &out, .count = 1, .arena = &arena};
	struct hf_masker *m = NULL;
	struct hf_fault f = {.code = HF_OK};
	char *ret = text[at++ % 2];

	hf_arena_init(&arena, NULL, 0);
	if (hf_masker_open(t, &use, &f, &m) != HF_OK ||
	    (back ? hf_masker_unmask(m, &b, &f) : hf_masker_mask(m, &b, &f)) != HF_OK)
		fail_msg("%s", f.text);
	assert_int_equal(b.unreadable, out.data == NULL);
	snprintf(ret, sizeof(text[0]), "%.*s", (int)out.len, out.data ? (const char *)out.data : "");
	hf_masker_close(m);
	hf_arena_done(&arena);
	return out.data ? ret : NULL;
}

static void test_patterns_tables_and_steps(void **state)
{
	struct hf_methods *m = methods(badge);
	const struct hf_technique *t = hf_methods_named(m, "acme.badge");

	(void)state;
	assert_string_equal(masked(t, "AC-07-12345", false), "$C-07-*****");
	assert_null(masked(t, "AC-07-123456", false)); /* whole values only; what it cannot read becomes null */
	hf_methods_free(m);
	m = methods(level);
	t = hf_methods_named(m, "acme.level");
	assert_string_equal(masked(t, "middle", false), "中");
	assert_string_equal(masked(t, "中", true), "middle");
	assert_null(masked(t, "Middle", false));
	hf_methods_free(m);
	m = methods(chain);
	t = hf_methods_named(m, "acme.sealed");
	assert_string_equal(masked(t, masked(t, "AB-123456", false), true), "AB-123456");
	hf_methods_free(m);
}

static bool good(const char *text, const char **ret_property)
{
	static char property[40];
	struct hf_methods *m = methods(text);
	struct hf_fault f = {.code = HF_OK};
	json_t *report = NULL, *c;
	bool ret;
	size_t i;

	if (hf_methods_try(m, 0, 5000, &report, &f) != HF_OK)
		fail_msg("%s", f.text);
	ret = json_is_true(json_object_get(report, "good"));
	property[0] = '\0';
	json_array_foreach(json_object_get(report, "checks"), i,
	                   c) if (!json_is_true(json_object_get(c, "holds")) && !property[0])
	        snprintf(property, sizeof(property), "%s", json_string_value(json_object_get(c, "property")));
	*ret_property = property;
	json_decref(report);
	hf_methods_free(m);
	return ret;
}

/* text with one word of it changed. */
static const char *changed(const char *text, const char *from, const char *to)
{
	static char out[4000];
	const char *at = strstr(text, from);

	assert_non_null(at);
	snprintf(out, sizeof(out), "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	return out;
}

static void test_a_false_record_is_found(void **state)
{
	static const struct {
		const char *text, *from, *to, *property;
	} lies[] = {
	        {badge, "format: length", "format: kept", "format"},
	        {badge, "meaning: part", "meaning: kept", "meaning"},
	        {badge, "reference: lost", "reference: one to one", "reference"},
	        {badge, "distribution: coarse", "distribution: exact", "distribution"},
	        {badge, "distribution: coarse", "distribution: near", "distribution"},
	        {badge, "AC-##-#####", "AC-##-######", "form"},
	        {badge, "'$$C-$1-*****'", "'AC-$1-****'", "format"},
	        {badge, "'AC-(\\d\\d)-\\d{5}'\n    replace: '$$C-$1-*****'", "'(.*)'\n    replace: '$1'", "hides"},
	        {chain, "format: lost", "format: length", "format"},
	        {chain, "meaning: part", "meaning: order", "meaning"},
	};
	const char *property;

	(void)state;
	assert_true(good(badge, &property));
	assert_true(good(level, &property));
	assert_true(good(chain, &property));
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		if (good(changed(lies[i].text, lies[i].from, lies[i].to), &property))
			fail_msg("'%s' instead of '%s' was not found", lies[i].to, lies[i].from);
		assert_string_equal(property, lies[i].property);
	}
}

static void test_a_record_is_whole(void **state)
{
	static const char *const parts[] = {
	        "title: t",       "principle: p",         "cost: c",        "constraint: none",
	        "format: length", "repeats: value",       "reversible: no", "reference: lost",
	        "meaning: part",  "distribution: coarse", "key: no key"};
	char long_text[1002];

	(void)state;
	memset(long_text, '*', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		char other[40];

		snprintf(other, sizeof(other), "x%s", parts[i]);
		refused(changed(badge, parts[i], other), i < 4 ? "" : "the record does not say");
	}
	refused("", "m:1: the file is empty; write methods");
	refused(changed(badge, "repeats: value", "repeats: table"), "does not say repeats");
	refused(changed(badge, "reversible: no", "reversible: by key"), "method acme.badge");
	refused(changed(badge, "acme.badge", "badge"), "at least one point");
	refused(changed(badge, "    pattern", "    table: {a: b}\n    pattern"), "both pattern and table");
	refused(changed(badge, "(\\d\\d)", "(\\d"), "not one of PCRE2");
	refused(changed(badge, "$$C-$1-*****", long_text), "'replace' is longer than 1000 bytes");
	refused(changed(badge, "$1", "$2"), "a group that the pattern does not have");
	refused(changed(level, "middle: 中", "middle: L"), "two values become the same one");
	refused(changed(chain, "technique: denc", "technique: sample"), "a technique for single values");
	refused(changed(chain, "technique: denc", "technique: shuf"), "a technique for single values");
	refused(changed(chain, "technique: denc", "technique: noise, scale: 1"), "the key of noise is the dataset's");
	refused(changed(chain, "key: consumer", "key: no key"), "the key of denc is the consumer's");
	refused(changed(chain, "pattern: [9, 8", "patern: [9, 8"),
	        "m:10: method acme.sealed: reorder has no parameter 'patern'");
}

static void test_an_evil_pattern_ends(void **state)
{
	const char *text = changed(badge, "'AC-(\\d\\d)-\\d{5}'\n    replace: '$$C-$1-*****'",
	                           "'(?:[A-Z0-9-]*)*[a-z]'\n    replace: ''");
	struct hf_methods *m = methods(text);
	struct timespec before, after;
	struct hf_fault f = {.code = HF_OK};
	json_t *report = NULL;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(hf_methods_try(m, 0, 100000, &report, &f), HF_E_QUALITY);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_non_null(strstr(f.text, "its pattern takes too long"));
	assert_true(after.tv_sec - before.tv_sec < 5);
	hf_methods_free(m);
}

/* A library. */
static char *library(const char *digest, const char *settings)
{
	static char text[1000];

	snprintf(text, sizeof(text),
	         "methods:\n  acme.turn:\n    form: '@@-######'\n    library: %s\n    sha256: %s\n%s%s\n",
	         HUFU_TEST_METHOD, digest, settings ? "    settings: " : "", settings ? settings : "");
	return text;
}

static const char *digest_of(const char *path)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = HF_BUF_INIT;
	static char hex[65];
	struct hf_hash h;

	assert_int_equal(hf_file_read(path, HF_METHOD_LIBRARY, &bytes), HF_OK);
	hf_sha256(bytes.data, bytes.len, &h);
	hf_hash_hex(&h, hex);
	return hex;
}

/* Each method runs the library that its own digest names. */
static void test_two_libraries_are_two(void **state)
{
	char text[2000], one[65], other[65];

	(void)state;
	snprintf(one, sizeof(one), "%s", digest_of(HUFU_TEST_METHOD));
	snprintf(other, sizeof(other), "%s", digest_of(HUFU_OTHER_METHOD));
	assert_string_not_equal(one, other);
	snprintf(text, sizeof(text),
	         "methods:\n  acme.turn:\n    form: '@@-######'\n    library: %s\n    sha256: %s\n"
	         "  acme.other:\n    form: '@@-######'\n    library: %s\n    sha256: %s\n",
	         HUFU_TEST_METHOD, one, HUFU_OTHER_METHOD, other);
	struct hf_methods *m = methods(text);
	assert_string_equal(hf_methods_named(m, "acme.turn")->title, "turned digits");
	assert_string_equal(hf_methods_named(m, "acme.other")->title, "other digits");
	hf_methods_free(m);
}

static void test_a_library_is_loaded_by_its_digest(void **state)
{
	struct hf_methods *m = methods(library(digest_of(HUFU_TEST_METHOD), NULL));
	const struct hf_technique *t = hf_methods_named(m, "acme.turn");
	const char *property;

	(void)state;
	assert_string_equal(t->title, "turned digits");
	assert_int_equal(t->record.reversible, HF_REVERSIBLE_KEY);
	assert_string_not_equal(masked(t, "AB-123456", false), "AB-123456");
	assert_string_equal(masked(t, masked(t, "AB-123456", false), true), "AB-123456");
	hf_methods_free(m);
	if (!good(library(digest_of(HUFU_TEST_METHOD), NULL), &property))
		fail_msg("%s", property);
	assert_false(good(library(digest_of(HUFU_TEST_METHOD), "forget"), &property));
	assert_false(good(library(digest_of(HUFU_TEST_METHOD), "lie"), &property));
	refused(library("00", NULL), "not the one that was reviewed");
}

static void test_what_is_no_method_is_not_loaded(void **state)
{
	char text[400], path[] = "/tmp/hufu-own-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0 && write(fd, "#!/bin/sh\n", 10) == 10);
	close(fd);
	snprintf(text, sizeof(text), "methods:\n  a.b:\n    form: '#'\n    library: %s\n    sha256: %s\n", path,
	         digest_of(path));
	refused(text, "the library cannot be loaded");
	unlink(path);
	refused(text, "there is no file");
}

/* Plans. */
#define SCHEME(kind) "  " kind ": {cause: c, solution: s, who: w}\n"
static const char *plan_with(const char *methods, const char *technique)
{
	static char text[6000];

	snprintf(text, sizeof(text),
	         "masking-plan: 1\nname: parts\nversion: 1\nneed: n\npurpose: p\nmode: static\n"
	         "people: {operator: a, security: b, audit: c}\nscope: {group: g, consumer: x}\nschedule: by hand\n"
	         "result: {rows-least: 1}\nrelations: []\n%stables:\n  t:\n    fields:\n      f: {technique: %s}\n"
	         "emergency:\n" SCHEME("source") SCHEME("format") SCHEME("key") SCHEME("result") SCHEME("space"),
	         methods, technique);
	return text;
}

static void plan(const char *text, struct hf_methods *m, const char *says)
{
	struct hf_fault f = {.code = HF_OK};
	struct hf_plan *p = NULL;
	const struct hf_plan_source s = {.name = "plan", .text = text, .len = strlen(text), .methods = m};
	enum hf_err e = hf_plan_read_from(&s, &p, &f);

	if (says ? e == HF_OK || !strstr(f.text, says) : e != HF_OK)
		fail_msg("%s", f.text);
	hf_plan_free(p);
}

static void test_plans_use_what_holds(void **state)
{
	struct hf_methods *m = methods(badge), *lie;
	char named[120], hex[65];

	(void)state;
	hf_hash_hex(hf_methods_digest(m), hex);
	snprintf(named, sizeof(named), "methods: {sha256: %s}\n", hex);
	plan(plan_with(named, "acme.badge"), m, NULL);
	plan(plan_with(named, "acme.badge"), NULL, "none is given; give it with --methods");
	plan(plan_with("", "acme.badge"), m, "there is no technique acme.badge");
	plan(plan_with(named, "acme.other"), m, "there is no technique acme.other");
	plan(plan_with("methods: {sha256: '00'}\n", "acme.badge"), m, "not the one that the plan names");
	plan(plan_with(badge, "acme.badge"), NULL, NULL); /* its own */
	plan(plan_with(changed(badge, "format: length", "format: kept"), "acme.badge"), NULL,
	     "does not do what its record says (format: kept; seen: 10000 results are of another form)");
	plan(plan_with(changed(badge, "format: length", "format: kept"), "hash"), NULL, NULL); /* not used */
	plan(plan_with(library(digest_of(HUFU_TEST_METHOD), NULL), "acme.turn"), NULL,
	     "a library stands in a file of methods, not in a plan");
	hf_methods_free(m);
	lie = methods(changed(badge, "reference: lost", "reference: one to one"));
	hf_hash_hex(hf_methods_digest(lie), hex);
	snprintf(named, sizeof(named), "methods: {sha256: %s}\n", hex);
	plan(plan_with(named, "acme.badge"), lie, "does not do what its record says (reference: one to one");
	hf_methods_free(lie);
}

/* What a node holds a plan's own methods to: those that it tried before it takes as they are; it tries others within
 * bounds, also on what their results take. */
static void test_trials_of_a_node(void **state)
{
	const char *lie = plan_with(changed(badge, "format: length", "format: kept"), "acme.badge");
	struct hf_plan_source s = {.name = "plan", .text = lie, .len = strlen(lie), .tried = true};
	struct hf_fault f = {.code = HF_OK};
	struct hf_plan *p = NULL;
	char text[1000] = "'(AC-\\d\\d-\\d{5})'\n    replace: '";

	(void)state;
	assert_int_equal(hf_plan_read_from(&s, &p, &f), HF_OK);
	hf_plan_free(HF_TAKE(p));
	s = (struct hf_plan_source){.name = "plan", .text = plan_with(level, "acme.level"), .trial_ms = 60000};
	s.len = strlen(s.text);
	assert_int_equal(hf_plan_read_from(&s, &p, &f), HF_OK);
	hf_plan_free(HF_TAKE(p));
	for (unsigned i = 0; i < 400; i++)
		memcpy(text + strlen(text), "$1", 2);
	text[strlen(text)] = '\'';
	s.text = plan_with(changed(badge, "'AC-(\\d\\d)-\\d{5}'\n    replace: '$$C-$1-*****'", text), "acme.badge");
	s.len = strlen(s.text);
	assert_int_equal(hf_plan_read_from(&s, &p, &f), HF_E_FORMAT);
	assert_non_null(strstr(f.text, "its values are too long"));
	s.trial_ms = 0; /* of a person at a shell: tried, and found to lie */
	assert_int_equal(hf_plan_read_from(&s, &p, &f), HF_E_FORMAT);
	assert_non_null(strstr(f.text, "does not do what its record says (format: length"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_patterns_tables_and_steps),
	        cmocka_unit_test(test_a_false_record_is_found),
	        cmocka_unit_test(test_a_record_is_whole),
	        cmocka_unit_test(test_an_evil_pattern_ends),
	        cmocka_unit_test(test_a_library_is_loaded_by_its_digest),
	        cmocka_unit_test(test_two_libraries_are_two),
	        cmocka_unit_test(test_what_is_no_method_is_not_loaded),
	        cmocka_unit_test(test_plans_use_what_holds),
	        cmocka_unit_test(test_trials_of_a_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
