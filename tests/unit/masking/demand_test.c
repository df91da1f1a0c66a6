/* demand_test.c - what a plan demands of a result's risk: read, done for, and held to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "masking/apply.h"
#include "masking/demand.h"
#include "masking/effect_meet.h"

static const char plan_text[] = "masking-plan: 1\n"
                                "name: n\nversion: 1\nneed: n\npurpose: p\nmode: static\n"
                                "people: {operator: li, security: wang, audit: zhao}\n"
                                "scope: {group: g}\nschedule: by hand\nrelations: []\n"
                                "result: {risk: {t: %s}}\n"
                                "tables:\n"
                                "  t: {fields: {age: {technique: bucket, cuts: [30, 50]}, town: keep, ill: keep, note: "
                                "{technique: limc}}}\n"
                                "emergency:\n"
                                "  source: {cause: c, solution: s, who: w}\n"
                                "  format: {cause: c, solution: s, who: w}\n"
                                "  key: {cause: c, solution: s, who: w}\n"
                                "  result: {cause: c, solution: s, who: w}\n"
                                "  space: {cause: c, solution: s, who: w}\n";

static enum hf_err read_plan(const char *demand, struct hf_plan **ret_p, struct hf_fault *f)
{
	char text[4096];

	snprintf(text, sizeof(text), plan_text, demand);
	return hf_plan_read("p.yaml", text, strlen(text), ret_p, f);
}

static struct hf_plan *plan(const char *demand)
{
	struct hf_fault f = {.code = HF_OK};
	struct hf_plan *p = NULL;

	if (read_plan(demand, &p, &f) != HF_OK)
		fail_msg("%s", f.text);
	return p;
}

static void test_a_demand_is_read(void **state)
{
	struct hf_plan *p =
	        plan("{quasi: [age, town], sensitive: [ill], k: 5, l: 2, t: 0.3, suppress: 0.01, grade: 3}");
	const struct hf_plan_demand *d = p->tables[0].demand;

	(void)state;
	assert_int_equal(d->quasi_count, 2);
	assert_string_equal(d->quasi[1], "town");
	assert_string_equal(d->sensitive[0], "ill");
	assert_int_equal(d->k, 5);
	assert_int_equal(d->l, 2);
	assert_int_equal(d->grade, 3);
	assert_true(d->t == 0.3 && d->suppress == 0.01 && d->threshold == 0.05 && d->recovery < 0);
	hf_plan_free(p);
}

/* What needs the whole table before the first row goes out, a dynamic plan cannot do. */
static void test_a_dynamic_plan_demands_but_suppresses_nothing(void **state)
{
	static const char *const demands[] = {"{quasi: [age], k: 2}", "{quasi: [age], k: 2, suppress: 0.1}"};
	char text[4096], *mode;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct hf_fault f = {.code = HF_OK};
		struct hf_plan *p = NULL;

		snprintf(text, sizeof(text), plan_text, demands[i]);
		mode = strstr(text, "static");
		memmove(mode + 7, mode + 6, strlen(mode + 6) + 1);
		memcpy(mode, "dynamic", 7);
		assert_int_equal(hf_plan_read("p.yaml", text, strlen(text), &p, &f), i ? HF_E_FORMAT : HF_OK);
		if (i)
			assert_non_null(strstr(f.text, "'suppress' needs the whole table"));
		hf_plan_free(p);
	}
}

static void refused(const char *demand, const char *says)
{
	struct hf_fault f = {.code = HF_OK};
	struct hf_plan *p = NULL;

	assert_int_not_equal(read_plan(demand, &p, &f), HF_OK);
	if (!strstr(f.text, says) || strncmp(f.text, "p.yaml:11: ", 11) != 0)
		fail_msg("'%s' does not say '%s' of line 11", f.text, says);
}

static void test_what_is_wrong_in_a_demand_is_named(void **state)
{
	(void)state;
	refused("{k: 5}", "'quasi' is missing");
	refused("{quasi: [age], l: 2}", "l and t are about 'sensitive' fields");
	refused("{quasi: [age], t: 0.1}", "l and t are about 'sensitive' fields");
	refused("{quasi: [age], suppress: 0.1}", "'suppress' is for rows that miss k, l or t");
	refused("{quasi: [age], k: 0}", "'k' is no whole number from 1 to");
	refused("{quasi: [age], k: 2.5}", "'k' is no whole number from 1 to");
	refused("{quasi: [age], k: 2, suppress: 1.5}", "'suppress' is no number from 0 to 1");
	refused("{quasi: [age], recovery: nan}", "'recovery' is no number from 0 to 1");
	refused("{quasi: [age], grade: 5}", "'grade' is no whole number from 1 to 4");
	refused("{quasi: [born]}", "'born' is no field of the result of table t");
	refused("{quasi: [note]}", "'note' is no field of the result of table t");
	refused("{quasi: [age, age]}", "'age' is named twice");
	refused("{quasi: age}", "'quasi' is no list");
	refused("{quasi: [age], kk: 2}", "'kk' is not known here");
	refused("{quasi: [age], k: 2}, u: {quasi: [age]}", "'risk' names u, which is no table of the plan");
}

static struct hf_bytes text(const char *s)
{
	return (struct hf_bytes){*s ? (const uint8_t *)s : NULL, strlen(s)};
}

/* Ages, towns, illnesses: two classes of three, of which one has one illness only, and a row alone. */
#define ROWS 7u
static const char *const people[ROWS][4] = {
        {"20", "Lhasa", "flu", "x"},  {"29", "Lhasa", "flu", "x"},  {"25", "Lhasa", "flu", "x"},
        {"35", "Wuhan", "flu", "x"},  {"31", "Wuhan", "cold", "x"}, {"49", "Wuhan", "pox", "x"},
        {"80", "Wuhan", "cold", "x"},
};

/* By row: whether the plan's run left it its quasi-identifiers. */
static void run(const char *demand, bool ret_told[ROWS])
{
	static const char *const header[] = {"age", "town", "ill", "note"};
	struct hf_plan *p = plan(demand);
	const struct hf_apply_setup s = {.plan = p, .table = "t", .header = header, .header_count = 4};
	struct hf_bytes in[4 * ROWS], out[4 * ROWS];
	uint8_t drop[ROWS];
	struct hf_fault f = {.code = HF_OK};
	struct hf_apply *a = NULL;
	struct hf_sieve *sieve;
	struct hf_arena arena;
	struct hf_apply_batch b = {in, out, drop, ROWS, 0, &arena};

	hf_arena_init(&arena, NULL, 0);
	for (size_t r = 0; r < ROWS; r++)
		for (size_t c = 0; c < 4; c++)
			in[c * ROWS + r] = text(people[r][c]);
	assert_int_equal(hf_apply_open(&s, &f, &a), HF_OK);
	assert_int_equal(hf_apply_whole(a), strstr(demand, "suppress") != NULL);
	assert_int_equal(hf_apply_rows(a, &b, &f), HF_OK);
	sieve = hf_apply_sieve(a);
	assert_int_equal(sieve != NULL, hf_apply_whole(a));
	for (unsigned pass = 0; pass < 2; pass++) {
		for (size_t r = 0; r < ROWS; r++) {
			struct hf_bytes row[4] = {out[r], out[ROWS + r], out[2 * ROWS + r], out[3 * ROWS + r]};

			if (sieve && pass == 0)
				assert_int_equal(hf_sieve_add(sieve, row, &f), HF_OK);
			if (sieve && pass == 1)
				hf_sieve_next(sieve, row);
			ret_told[r] = row[0].data != NULL;
			assert_int_equal(row[1].data != NULL, ret_told[r]);
			assert_non_null(row[2].data); /* sensitive fields stay */
		}
		if (sieve && pass == 0)
			hf_sieve_end(sieve);
	}
	hf_sieve_free(sieve);
	hf_apply_close(a);
	hf_arena_done(&arena);
	hf_plan_free(p);
}

static void told(const char *demand, const char *want)
{
	bool got[ROWS];

	run(demand, got);
	for (size_t r = 0; r < ROWS; r++)
		if (got[r] != (want[r] == 'y'))
			fail_msg("%s: row %zu", demand, r);
}

static void test_rows_that_miss_the_demand_are_suppressed(void **state)
{
	(void)state;
	told("{quasi: [age, town], k: 3}", "yyyyyyy");
	told("{quasi: [age, town], k: 3, suppress: 0.5}", "yyyyyyn");
	told("{quasi: [age, town], sensitive: [ill], l: 2, suppress: 0.5}", "nnnyyyn");
	told("{quasi: [age, town], sensitive: [ill], k: 3, l: 2, suppress: 0.5}", "nnnyyyn");
	/* flu: 4 of 7; of those that stay behind k, the class of flu is 1/3 from the whole, the other too */
	told("{quasi: [age, town], sensitive: [ill], k: 3, t: 0.34, suppress: 1}", "yyyyyyn");
	told("{quasi: [age, town], sensitive: [ill], k: 3, t: 0.33, suppress: 1}", "nnnnnnn");
}

static struct hf_effect_table *table(bool masked)
{
	struct hf_effect_table *t = hf_effect_table_new(3, (const uint8_t *)"sixteen bytes ok");

	for (size_t r = 0; r < ROWS; r++) {
		struct hf_bytes cells[3] = {text(people[r][0]), text(people[r][1]), text(people[r][2])};

		if (masked)
			cells[0] = text(people[r][0][0] < '3' ? "<30" : people[r][0][0] < '5' ? "30..50" : "");
		if (masked && r == 6)
			cells[1] = text("");
		assert_true(hf_effect_add(t, cells));
	}
	return t;
}

static void check(const char *demand, const char *misses)
{
	static const char *const names[] = {"age", "town", "ill"};
	struct hf_plan *p = plan(demand);
	struct hf_demand_table before = {table(false), names, 3}, after = {table(true), names, 3};
	struct hf_fault f = {.code = HF_OK};
	json_t *figures = NULL;
	const char *said;

	assert_int_equal(hf_demand_check(&p->tables[0], &before, &after, &figures, &f), HF_OK);
	assert_int_equal(json_integer_value(json_object_get(figures, "k")), 3);
	assert_int_equal(json_integer_value(json_object_get(figures, "suppressed_rows")), 1);
	assert_int_equal(json_array_size(json_object_get(figures, "missed")), misses != NULL);
	said = json_string_value(json_array_get(json_object_get(figures, "missed"), 0));
	if (misses && !strstr(said, misses))
		fail_msg("'%s' does not say '%s'", said, misses);
	json_decref(figures);
	hf_effect_table_free(before.rows);
	hf_effect_table_free(after.rows);
	hf_plan_free(p);
}

/* MK-3, MK-47: each figure has its limit, and a result beyond it misses something. */
static void test_a_result_is_held_to_the_demand(void **state)
{
	(void)state;
	check("{quasi: [age, town], k: 3}", NULL);
	check("{quasi: [age, town], k: 4}", "k is 3, below the 4 asked for");
	check("{quasi: [age, town], sensitive: [ill], l: 2}", "a class has 1 different values of ill, below the 2");
	check("{quasi: [age, town], sensitive: [ill], t: 0.33}", "a class is 0.333 from the whole table in ill");
	check("{quasi: [age, town], k: 3, suppress: 0.14}", "1 of 7 rows are suppressed, above the share of 0.140");
	check("{quasi: [age, town], k: 3, suppress: 0.15}", NULL);
	check("{quasi: [age, town], recovery: 0.3}", "of the values of town come back, above the 0.300 allowed");
	check("{quasi: [age, town], grade: 3}", "the grade is 2, below the 3 asked for: ");
	check("{quasi: [age, town], grade: 3, threshold: 0.34}", NULL);
}

/* MK-3: a masked field whose every value comes back as it was, too; one that the plan keeps is not meant. */
static void test_what_masking_left_as_it_was_comes_back(void **state)
{
	static const char *const names[] = {"age", "town", "ill"};
	struct hf_plan *p = plan("{quasi: [age, town], recovery: 0.9}");
	struct hf_demand_table before = {table(false), names, 3}, after = {table(false), names, 3};
	struct hf_fault f = {.code = HF_OK};
	json_t *figures = NULL, *missed;

	(void)state;
	assert_int_equal(hf_demand_check(&p->tables[0], &before, &after, &figures, &f), HF_OK);
	missed = json_object_get(figures, "missed");
	assert_int_equal(json_array_size(missed), 1);
	assert_non_null(strstr(json_string_value(json_array_get(missed, 0)), "1.000 of the values of age come back"));
	json_decref(figures);
	hf_effect_table_free(before.rows);
	hf_effect_table_free(after.rows);
	hf_plan_free(p);
}

static void test_a_result_without_the_column_is_no_result(void **state)
{
	static const char *const names[] = {"age", "city", "ill"};
	struct hf_plan *p = plan("{quasi: [age, town], k: 3}");
	struct hf_demand_table after = {table(true), names, 3};
	struct hf_fault f = {.code = HF_OK};
	json_t *figures = NULL;

	(void)state;
	assert_int_equal(hf_demand_check(&p->tables[0], NULL, &after, &figures, &f), HF_E_FORMAT);
	assert_non_null(strstr(f.text, "the result has no column town"));
	assert_null(figures);
	hf_effect_table_free(after.rows);
	hf_plan_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_a_demand_is_read),
	        cmocka_unit_test(test_a_dynamic_plan_demands_but_suppresses_nothing),
	        cmocka_unit_test(test_what_is_wrong_in_a_demand_is_named),
	        cmocka_unit_test(test_rows_that_miss_the_demand_are_suppressed),
	        cmocka_unit_test(test_a_result_is_held_to_the_demand),
	        cmocka_unit_test(test_what_masking_left_as_it_was_comes_back),
	        cmocka_unit_test(test_a_result_without_the_column_is_no_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
