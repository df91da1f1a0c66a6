/* identify_test.c - evidence of each source becomes a finding; shapes, mixtures and rules of users; relations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "masking/identify.h"
#include "masking/map.h"
#include "masking/rules.h"
#include "masking/words.h"

static const uint8_t key[16] = "of these tables";

/* Rows of one column. */
static struct hf_identify *column(const struct hf_identify_options *o, const char *name, const char *comment,
                                  const char *const *values, size_t count)
{
	const struct hf_named_field f = {name, comment};
	struct hf_identify *x = hf_identify_new(o, &f, 1);

	for (size_t i = 0; i < count; i++) {
		const struct hf_bytes b = {(const uint8_t *)values[i], strlen(values[i])};

		hf_identify_row(x, &b, 1, false);
	}
	return x;
}

static struct hf_finding finding(const struct hf_identify_options *o, const char *name, const char *comment,
                                 const char *const *values, size_t count)
{
	struct hf_identify *x = column(o, name, comment, values, count);
	size_t fields;
	struct hf_finding f = hf_identify_findings(x, &fields)[0].best;

	assert_int_equal(fields, 1);
	assert_int_equal(hf_identify_rows(x), count);
	hf_identify_free(x);
	return f;
}

static void check(const struct hf_finding *f, const char *id, unsigned by)
{
	if (!id) {
		assert_null(f->detector);
		return;
	}
	assert_non_null(f->detector);
	assert_string_equal(f->detector->id, id);
	assert_int_equal(f->by & by, by);
}

static const char *const ids[] = {"11010519491231002X", "440524188001010014", "11010519491231002X"};
static const char *const words[] = {"open", "closed", "waiting"};
static const char *const han[] = {"张伟", "王芳", "李娜"};
static const char *const latin[] = {"Anna", "Peter", "Maria"};
static const char *const eights[] = {"E12345678", "E23456789", "E34567890"};
static const char *const frames[] = {"WVWZZZ1KZAW000001", "WVWZZZ1KZAW000002", "WVWZZZ1KZAW000003"};

/* MK-16: table name, field name, record content, comment; by words and by patterns. */
static void test_each_kind_of_evidence(void **state)
{
	const struct hf_identify_options none = {.table = NULL}, drivers = {.table = "t_drivers"},
	                                 said = {.table = "t1", .table_comment = "司机信息"};
	struct hf_finding f;

	(void)state;
	f = finding(&none, "c7", NULL, ids, 3);
	check(&f, "cn.resident-id", HF_BY_CONTENT);
	assert_false(f.by & HF_BY_NAME);
	f = finding(&none, "c7", NULL, han, 3);
	check(&f, "person.name", HF_BY_CONTENT);
	f = finding(&none, "passportNo", NULL, eights, 3);
	check(&f, "cn.passport", HF_BY_NAME | HF_BY_CONTENT);
	f = finding(&none, "c7", "护照号码", eights, 3);
	check(&f, "cn.passport", HF_BY_COMMENT);
	f = finding(&none, "c7", NULL, eights, 3);
	check(&f, NULL, 0);
	f = finding(&drivers, "name", NULL, latin, 3);
	check(&f, "person.name", HF_BY_TABLE);
	f = finding(&said, "name", NULL, latin, 3);
	check(&f, "person.name", HF_BY_TABLE);
	f = finding(&none, "name", NULL, latin, 3);
	check(&f, NULL, 0);
	f = finding(&none, "id_card", NULL, NULL, 0);
	check(&f, "cn.resident-id", HF_BY_NAME);
	assert_true(f.confidence <= 0.5);
}

/* MK-15: a field is of a kind, or explicitly of none: what its content contradicts is none. */
static void test_content_may_contradict_a_name(void **state)
{
	const struct hf_identify_options none = {.table = NULL};
	struct hf_finding f;

	(void)state;
	f = finding(&none, "phone_state", NULL, words, 3);
	check(&f, NULL, 0);
	f = finding(&none, "mobile", NULL, ids, 3);
	check(&f, "cn.resident-id", HF_BY_CONTENT);
}

/* Frame numbers of makers that use no check character. */
static void test_shapes_count_when_asked(void **state)
{
	const struct hf_identify_options strict = {.table = NULL}, shapes = {.shape_only = true};
	static const char *const numbers[] = {"1234567", "7654321", "1111111"};
	struct hf_finding f;

	(void)state;
	f = finding(&strict, "c1", NULL, frames, 3);
	check(&f, NULL, 0);
	f = finding(&shapes, "c1", NULL, frames, 3);
	check(&f, "vin", HF_BY_CONTENT);
	assert_int_equal(f.shape, 3);
	f = finding(&strict, "车架号", NULL, frames, 3);
	check(&f, "vin", HF_BY_NAME);
	f = finding(&shapes, "c1", NULL, numbers, 3);
	check(&f, NULL, 0);
}

static void test_some_values_make_a_mixed_finding(void **state)
{
	const struct hf_identify_options none = {.table = NULL};
	const char *values[40];
	struct hf_finding f;

	(void)state;
	for (size_t i = 0; i < 40; i++)
		values[i] = i % 10 == 0 ? ids[0] : "-";
	f = finding(&none, "misc", NULL, values, 40);
	check(&f, "cn.resident-id", HF_BY_CONTENT);
	assert_true(f.mixed);
	assert_int_equal(f.valid, 4);
	values[39] = "联系电话13812345678";
	for (size_t i = 0; i < 39; i++)
		values[i] = "nothing to say";
	f = finding(&none, "memo", NULL, values, 40);
	check(&f, "text.embedded", HF_BY_CONTENT);
}

static struct hf_rules *rules(const char *json)
{
	json_t *o = json_loads(json, 0, NULL);
	struct hf_rules *r = NULL;
	struct hf_fault f = {.code = HF_OK};

	assert_non_null(o);
	if (hf_rules_read(o, NULL, &r, &f) != HF_OK)
		fail_msg("%s", f.text);
	json_decref(o);
	return r;
}

/* MK-17: a rule of the user finds its target. */
static void test_rules_of_the_user(void **state)
{
	static const char *const badges[] = {"AC-00017", "AC-00018", "x"};
	struct hf_rules *r = rules(
	        "{\"detectors\": [{\"id\": \"acme.badge\", \"class\": \"important\", \"level\": 3, \"pattern\": "
	        "\"AC-\\\\d{5}\"},"
	        " {\"id\": \"acme.shift\", \"class\": \"general\", \"level\": 1, \"names\": [\"shift\", \"班次\"]},"
	        " {\"id\": \"acme.note\", \"class\": \"core\", \"level\": 4, \"comments\": [\"secret note\"]}]}");
	const struct hf_identify_options o = {.rules = r};
	struct hf_finding f;

	(void)state;
	f = finding(&o, "c1", NULL, badges, 3);
	check(&f, "acme.badge", HF_BY_RULE | HF_BY_CONTENT);
	assert_int_equal(f.detector->sensitivity, HF_SENS_IMPORTANT);
	assert_int_equal(f.valid, 2);
	f = finding(&o, "班次代码", NULL, words, 3);
	check(&f, "acme.shift", HF_BY_RULE);
	f = finding(&o, "c2", "a secret note", words, 3);
	check(&f, "acme.note", HF_BY_RULE);
	f = finding(&o, "c2", NULL, words, 3);
	check(&f, NULL, 0);
	hf_rules_free(r);
}

/* A pattern that would take years on these values costs a moment, is switched off, and the others go on. */
static void test_an_evil_pattern_is_switched_off(void **state)
{
	struct hf_rules *r =
	        rules("{\"detectors\": [{\"id\": \"evil\", \"class\": \"general\", \"level\": 1, \"pattern\": "
	              "\"(a+)+(a+)+(a+)+[bc]\"}, {\"id\": \"good\", \"class\": \"general\", \"level\": 1, "
	              "\"pattern\": \"a+\"}]}");
	const struct hf_identify_options o = {.rules = r};
	char value[2001];
	const char *values[2000];
	struct timespec before, after;
	struct hf_finding f;

	(void)state;
	memset(value, 'a', 2000);
	value[2000] = '\0';
	for (size_t i = 0; i < 2000; i++)
		values[i] = value;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	f = finding(&o, "c1", NULL, values, 2000);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	check(&f, "good", HF_BY_RULE);
	assert_true(hf_rules_exhausted(r, 0));
	assert_false(hf_rules_exhausted(r, 1));
	assert_true(after.tv_sec - before.tv_sec < 5);
	hf_rules_free(r);
}

/* One that stays below any fixed limit on each short value is switched off, too. */
static void test_a_pattern_that_is_slow_on_each_value_is_switched_off(void **state)
{
	struct hf_rules *r =
	        rules("{\"detectors\": [{\"id\": \"slow\", \"class\": \"general\", \"level\": 1, \"pattern\": "
	              "\"(?:[A-Z0-9-]*)*[a-z]\"}]}");
	uint32_t counts[HF_RULES_MAX] = {0};
	struct timespec before, after;

	(void)state;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	for (unsigned i = 0; i < 100000; i++)
		hf_rules_see(r, counts, (const uint8_t *)"AC-07-12345", 11);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	assert_true(hf_rules_exhausted(r, 0));
	assert_true(after.tv_sec - before.tv_sec < 3);
	hf_rules_free(r);
}

static void test_wrong_rules_are_refused(void **state)
{
	static const struct {
		const char *json, *says;
	} wrong[] = {
	        {"{}", "\"detectors\" is no list of at most 64 rules; write {\"detectors\": [...]}"},
	        {"{\"detectors\": [{}]}", "detector 1: \"id\" is missing or no text of at most 200 bytes; add it"},
	        {"{\"detectors\": [{\"id\": \"vin\"}]}",
	         "detector vin: there is one of that name built in; choose another id"},
	        {"{\"detectors\": [{\"id\": \"a\", \"class\": \"x\", \"level\": 1}]}",
	         "detector a: \"class\" must be general, personal, important or core; write one"},
	        {"{\"detectors\": [{\"id\": \"a\", \"class\": \"core\", \"level\": 5}]}",
	         "detector a: \"level\" must be a number from 1 to 4; write one"},
	        {"{\"detectors\": [{\"id\": \"a\", \"class\": \"core\", \"level\": 1}]}",
	         "detector a: nothing says how to find it; add names, comments or a pattern"},
	        {"{\"detectors\": [{\"id\": \"a\", \"class\": \"core\", \"level\": 1, \"pattern\": \"(\"}]}",
	         "detector a: the pattern is not one of PCRE2, at byte 1: missing closing parenthesis; correct it"},
	        {"{\"detectors\": [{\"id\": \"a\", \"class\": \"core\", \"level\": 1, \"pattern\": \"x\"},"
	         " {\"id\": \"a\", \"class\": \"core\", \"level\": 1, \"pattern\": \"x\"}]}",
	         "detector a is there twice; choose another id"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		json_t *o = json_loads(wrong[i].json, 0, NULL);
		struct hf_rules *r = NULL;
		struct hf_fault f = {.code = HF_OK};

		assert_int_not_equal(hf_rules_read(o, NULL, &r, &f), HF_OK);
		assert_string_equal(f.text, wrong[i].says);
		assert_null(r);
		json_decref(o);
	}
}

/* `count` values "PREFIX<number>", one column. */
static struct hf_identify *numbered(const char *name, const char *prefix, unsigned from, unsigned count, unsigned below)
{
	const struct hf_identify_options o = {.key = key};
	const struct hf_named_field f = {name, NULL};
	struct hf_identify *x = hf_identify_new(&o, &f, 1);

	for (unsigned i = 0; i < count; i++) {
		char text[40];
		const struct hf_bytes b = {(const uint8_t *)text,
		                           (size_t)snprintf(text, sizeof(text), "%s%u", prefix, from + i % below)};

		hf_identify_row(x, &b, 1, false);
	}
	return x;
}

static void check_relations(struct hf_identify *a, struct hf_identify *b, const char *const *want)
{
	struct hf_map *m = hf_map_new();
	json_t *list, *o;
	size_t i;

	hf_map_add(m, "gantries", a);
	hf_map_add(m, "passages", b);
	list = hf_map_relations(m);
	json_array_foreach(list, i, o)
	{
		if (!want[i])
			fail_msg("%s", json_string_value(json_object_get(o, "text")));
		assert_string_equal(json_string_value(json_object_get(o, "text")), want[i]);
	}
	assert_null(want[i]);
	json_decref(list);
	hf_map_free(m);
	hf_identify_free(a);
	hf_identify_free(b);
}

/* MK-20, MK-31: keys and foreign keys are found; small numbers among others are none unless a name says so. */
static void test_relations(void **state)
{
	(void)state;
	check_relations(numbered("code", "G", 0, 5000, 5000), numbered("at", "G", 100, 20000, 3000),
	                (const char *const[]){"gantries.code is a key", "passages.at refers to gantries.code", NULL});
	check_relations(numbered("code", "G", 0, 5000, 5000), numbered("at", "H", 100, 20000, 3000),
	                (const char *const[]){"gantries.code is a key", NULL});
	check_relations(numbered("number", "", 1, 5000, 5000), numbered("lane", "", 1, 20000, 12),
	                (const char *const[]){"gantries.number is a key", NULL});
	check_relations(numbered("number", "", 1, 5000, 5000), numbered("gantry_number", "", 1, 20000, 12),
	                (const char *const[]){"gantries.number is a key",
	                                      "passages.gantry_number refers to gantries.number", NULL});
	check_relations(
	        numbered("c1", "1381234", 1000, 300, 300), numbered("c2", "1501234", 1000, 300, 200),
	        (const char *const[]){"gantries.c1 is a key", "gantries.c1 is of the same kind as passages.c2", NULL});
}

static void test_distinct_values_are_estimated(void **state)
{
	struct hf_sketch *s = calloc(1, sizeof(*s));

	(void)state;
	for (unsigned i = 0; i < 300000; i++) {
		unsigned v = i % 100000;

		hf_sketch_add(s, key, &v, sizeof(v));
		if (i == 400)
			assert_true(hf_sketch_distinct(s) == 401);
	}
	assert_true(hf_sketch_distinct(s) > 80000 && hf_sketch_distinct(s) < 120000);
	free(s);
}

static void test_names_are_words(void **state)
{
	static const struct {
		const char *name, *words;
	} same[] = {{"IDCardNo", "_id_card_no_"},
	            {"id-card no", "_id_card_no_"},
	            {"phone2", "_phone_2_"},
	            {"身份证号", "_身份证号_"},
	            {"客户phone号", "_客户_phone_号_"},
	            {"", "_"},
	            {"__x__", "_x_"}};
	static const char *const list[] = {"id_card", "手机", NULL};
	char out[HF_WORDS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		hf_words(same[i].name, out);
		assert_string_equal(out, same[i].words);
	}
	hf_words("driver_idCard_2", out);
	assert_true(hf_words_match(out, list));
	hf_words("valid_cards", out);
	assert_false(hf_words_match(out, list));
	hf_words("收货人手机号", out);
	assert_true(hf_words_match(out, list));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_each_kind_of_evidence),
	        cmocka_unit_test(test_content_may_contradict_a_name),
	        cmocka_unit_test(test_shapes_count_when_asked),
	        cmocka_unit_test(test_some_values_make_a_mixed_finding),
	        cmocka_unit_test(test_rules_of_the_user),
	        cmocka_unit_test(test_an_evil_pattern_is_switched_off),
	        cmocka_unit_test(test_a_pattern_that_is_slow_on_each_value_is_switched_off),
	        cmocka_unit_test(test_wrong_rules_are_refused),
	        cmocka_unit_test(test_relations),
	        cmocka_unit_test(test_distinct_values_are_estimated),
	        cmocka_unit_test(test_names_are_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
