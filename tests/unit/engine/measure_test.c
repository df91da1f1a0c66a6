/* measure_test.c - what masking leaves of the rows that pass, and what a peer says of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "release/engine/measure.h"

static const char plan_text[] =
        "masking-plan: 1\nname: n\nversion: 1\nneed: n\npurpose: p\nmode: dynamic\n"
        "people: {operator: li, security: wang, audit: zhao}\nscope: {group: g}\nschedule: by hand\nrelations: []\n"
        "result: {risk: {t: {quasi: [age, town], k: %u, recovery: %s}}}\n"
        "tables:\n  t: {fields: {age: {technique: bucket, cuts: [30, 50]}, town: keep, name: {technique: mask}}}\n"
        "emergency:\n"
        "  source: {cause: c, solution: s, who: w}\n  format: {cause: c, solution: s, who: w}\n"
        "  key: {cause: c, solution: s, who: w}\n  result: {cause: c, solution: s, who: w}\n"
        "  space: {cause: c, solution: s, who: w}\n";

static struct hf_plan *plan(unsigned k, const char *recovery)
{
	struct hf_fault f = {.code = HF_OK};
	struct hf_plan *p = NULL;
	char text[4096];

	snprintf(text, sizeof(text), plan_text, k, recovery);
	if (hf_plan_read("p", text, strlen(text), &p, &f) != HF_OK)
		fail_msg("%s", f.text);
	return p;
}

static const char before[] = "age,town,name\n20,A,Li\n29,A,Wu\n35,B,He\n31,B,Xu\n49,B,Ma\n",
                  after[] = "age,town,name\n-30,A,**\n-30,A,**\n30-50,B,**\n30-50,B,**\n30-50,B,**\n";

/* A byte at a time, the result behind the original. */
static struct hf_measure *measured(const struct hf_plan *p, uint64_t rows, size_t quasi)
{
	static const char *const names[] = {"age", "town"};
	const struct hf_measure_setup s = {.table = &p->tables[0], .quasi = names, .quasi_count = quasi, .rows = rows};
	struct hf_measure *m = hf_measure_new(&s);

	for (size_t i = 0; i < sizeof(before) - 1; i++)
		hf_measure_before(m, before + i, 1);
	for (size_t i = 0; i < sizeof(after) - 1; i++)
		hf_measure_after(m, after + i, 1);
	return m;
}

static json_int_t whole(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void test_the_figures_of_the_rows_that_passed(void **state)
{
	struct hf_plan *p = plan(1, "1");
	struct hf_measure *m = measured(p, 100, 2);
	json_t *o = hf_measure_figures(m), *risk = json_object_get(o, "risk"), *read;
	char text[400], *json = json_dumps(o, 0);

	(void)state;
	assert_int_equal(whole(o, "rows"), 5);
	assert_int_equal(whole(risk, "k"), 2);
	assert_int_equal(whole(risk, "classes"), 2);
	assert_int_equal(json_array_size(json_object_get(o, "fields")), 2); /* town is kept */
	hf_measure_text(o, text, sizeof(text));
	assert_non_null(strstr(text, "of 5 rows: k 2 of age, town; comes back by dictionary 0"));
	read = hf_measure_read(json);
	assert_int_equal(whole(json_object_get(read, "risk"), "k"), 2);
	json_decref(read);
	json_decref(o);
	free(json);
	hf_measure_free(m);
	m = measured(p, 3, 2); /* the first three */
	assert_true(hf_measure_enough(m));
	o = hf_measure_figures(m);
	assert_int_equal(whole(o, "rows"), 3);
	assert_int_equal(whole(json_object_get(o, "risk"), "k"), 1);
	json_decref(o);
	hf_measure_free(m);
	m = measured(p, 100, 0); /* nobody is known by anything: one class */
	o = hf_measure_figures(m);
	assert_int_equal(whole(json_object_get(o, "risk"), "k"), 5);
	json_decref(o);
	hf_measure_free(m);
	hf_plan_free(p);
}

static enum hf_err held(unsigned k, const char *recovery, struct hf_fault *f)
{
	struct hf_plan *p = plan(k, recovery);
	struct hf_measure *m = measured(p, 100, 2);
	enum hf_err e = hf_measure_demand(m, f);

	hf_measure_free(m);
	hf_plan_free(p);
	return e;
}

static enum hf_err held_of(uint64_t rows, uint64_t bytes, const char *row, struct hf_fault *f)
{
	static const char *const names[] = {"age", "town"};
	struct hf_plan *p = plan(1, "1");
	const struct hf_measure_setup s = {
	        .table = &p->tables[0], .quasi = names, .quasi_count = 2, .rows = rows, .bytes = bytes};
	struct hf_measure *m = hf_measure_new(&s);
	char *long_row = malloc(3u << 20);

	memset(long_row, 'x', 3u << 20);
	hf_measure_before(m, before, sizeof(before) - 1);
	hf_measure_after(m, after, sizeof(after) - 1);
	hf_measure_before(m, "33,B,", 5);
	hf_measure_before(m, long_row, 3u << 20);
	hf_measure_before(m, row, strlen(row));
	hf_measure_after(m, "30-50,B,**\n", 11);
	enum hf_err e = hf_measure_demand(m, f);

	hf_measure_free(m);
	hf_plan_free(p);
	free(long_row);
	return e;
}

/* What is not seen from the first row to the last is not held. */
static void test_a_demand_is_held_over_all_rows(void **state)
{
	struct hf_fault f = {.code = HF_OK};

	(void)state;
	assert_int_equal(held_of(100, 4u << 20, "\n", &f), HF_OK); /* a long record is one */
	assert_int_equal(held_of(6, 4u << 20, "\n", &f), HF_E_QUALITY);
	assert_non_null(strstr(f.text, "more rows, or its values more bytes"));
	assert_int_equal(held_of(100, 2u << 20, "\n", &f), HF_E_QUALITY);
	assert_non_null(strstr(f.text, "(99 rows, 2 MiB, "));
	assert_int_equal(held_of(100, 4u << 20, "\n\"open", &f), HF_E_QUALITY);
	assert_non_null(strstr(f.text, "no table"));
}

/* MK-3: above either limit it fails. */
static void test_a_demand_is_held(void **state)
{
	struct hf_fault f = {.code = HF_OK};

	(void)state;
	assert_int_equal(held(2, "1", &f), HF_OK);
	assert_int_equal(held(3, "1", &f), HF_E_QUALITY);
	assert_non_null(strstr(f.text, "k is 2, below the 3 asked for"));
	assert_int_equal(held(2, "0.01", &f), HF_E_QUALITY);
	assert_non_null(strstr(f.text, "of the values of age come back"));
}

static void test_what_a_peer_says_is_taken_as_far_as_it_is_known(void **state)
{
	static const char *const none[] = {"",
	                                   "[]",
	                                   "null",
	                                   "{",
	                                   "{\"rows\": 1}",
	                                   "{\"rows\": 1, \"risk\": 5}",
	                                   "{\"rows\": -1, \"risk\": {\"k\": 1}}",
	                                   "{\"rows\": 1, \"risk\": {\"k\": \"x\"}}"};
	json_t *o;
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_null(hf_measure_read(none[i]));
	o = hf_measure_read(
	        "{\"rows\": 9, \"more\": 1, \"fields\": [7, {\"field\": 3}, {\"field\": \"a\", \"technique\": "
	        "\"mask\", \"same\": [], \"by_dictionary\": 0.5}], \"risk\": {\"k\": 4, \"rows\": 9, \"quasi\": [1, "
	        "\"\", \"b\"]}}");
	assert_int_equal(json_array_size(json_object_get(o, "fields")), 1);
	assert_int_equal(json_object_size(o), 3);
	hf_measure_text(o, text, sizeof(text));
	assert_string_equal(text, "of 9 rows: k 4 of b; comes back by dictionary 0.5000 (a), by frequency 0.0000 ()");
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_the_figures_of_the_rows_that_passed),
	        cmocka_unit_test(test_a_demand_is_held),
	        cmocka_unit_test(test_a_demand_is_held_over_all_rows),
	        cmocka_unit_test(test_what_a_peer_says_is_taken_as_far_as_it_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
