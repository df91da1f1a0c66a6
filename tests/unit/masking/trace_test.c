/*
 * trace_test.c - leaks of some rows, deleted, rounded, mixed, are traced to whom they came from; what came from nobody
 * is traced to nobody.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "masking/trace.h"
#include "masking/trace_internal.h"
#include "unit/masking/plans.h"

#define ROWS 4000u
#define WIDTH 7u
#define CONSUMERS 8u

static const char *const header[WIDTH] = {"plate", "time", "fee", "speed", "lane", "name", "card"};
static const struct hf_mask_key root = {"the root of all keys"};

static const char plan_text[] =
        "masking-plan: 1\nname: tolls\nversion: 1\n" PLAN_REST "scope: {group: tolls, consumer: c}\n"
        "tables:\n"
        "  t:\n"
        "    fields:\n"
        "      plate: {technique: fpe, type: cn.plate}\n"
        "      time: {technique: daterd, unit: minute}\n"
        "      fee: {technique: noise, scale: 20, fingerprint: on, step: 1}\n"
        "      speed: {technique: noise, scale: 10, low: 0, fingerprint: on, step: 10}\n"
        "      lane: keep\n"
        "      name: {technique: dict, words: words}\n"
        "      card: {technique: token, vault: v}\n";

struct world {
	struct hf_plan *read;
	struct hf_plan plans[CONSUMERS];
	char names[CONSUMERS][16];
	struct hf_arena arena;
	struct hf_bytes original[WIDTH * ROWS]; /* by column */
	struct hf_bytes masked[CONSUMERS][WIDTH * ROWS];
};

static uint64_t seed;

static uint64_t draw(void)
{
	return draw_of(&seed);
}

static enum hf_err words(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	(void)ctx;
	(void)name;
	(void)f;
	for (unsigned i = 0; i < 64; i++)
		hf_buf_addf(out, "word%u\n", i);
	return HF_OK;
}

static enum hf_err no_vault(void *ctx, const char *name, const void *data, size_t len, struct hf_fault *f)
{
	(void)ctx;
	(void)name;
	(void)data;
	(void)len;
	(void)f;
	return HF_OK;
}

static struct hf_apply_setup setup_of(const struct world *w, size_t consumer)
{
	return (struct hf_apply_setup){.plan = &w->plans[consumer],
	                               .table = "t",
	                               .header = header,
	                               .header_count = WIDTH,
	                               .root = &root,
	                               .put = no_vault,
	                               .file = words};
}

static void mask_all(struct world *w, size_t consumer)
{
	const struct hf_apply_setup setup = setup_of(w, consumer);
	struct hf_apply_batch b = {.in = w->original,
	                           .out = w->masked[consumer],
	                           .drop = hf_arena_get(&w->arena, ROWS),
	                           .count = ROWS,
	                           .arena = &w->arena};
	struct hf_apply *a = NULL;
	struct hf_fault f = {0};

	if (hf_apply_open(&setup, &f, &a) != HF_OK || hf_apply_rows(a, &b, &f) != HF_OK)
		fail_msg("%s", f.text);
	for (size_t i = 0; i < (size_t)WIDTH * ROWS; i++) { /* some point into the apply */
		uint8_t *copy = hf_arena_get(&w->arena, b.out[i].len + 1);

		memcpy(copy, b.out[i].data, b.out[i].len);
		b.out[i].data = copy;
	}
	hf_apply_close(a);
}

static int make_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct hf_fault f = {0};

	seed = 1;
	hf_arena_init(&w->arena, NULL, 0);
	for (size_t r = 0; r < ROWS; r++) {
		struct hf_bytes *o = &w->original[r];

		o[0 * ROWS] = text_of(&w->arena, "粤B%05u", (unsigned)(draw() % 3000));
		o[1 * ROWS] = text_of(&w->arena, "2026-03-%02u %02u:%02u:%02u", 1 + (unsigned)(draw() % 28),
		                      (unsigned)(draw() % 24), (unsigned)(draw() % 60), (unsigned)(draw() % 60));
		o[2 * ROWS] = text_of(&w->arena, "%u.%02u", 100 + (unsigned)(draw() % 900), (unsigned)(draw() % 100));
		o[3 * ROWS] = text_of(&w->arena, "%u", 60 + (unsigned)(draw() % 80));
		o[4 * ROWS] = text_of(&w->arena, "%u", (unsigned)(draw() % 8));
		o[5 * ROWS] = text_of(&w->arena, "driver %u", (unsigned)(draw() % 2500));
		o[6 * ROWS] = text_of(&w->arena, "card %zu", r);
	}
	if (hf_plan_read("plan", plan_text, sizeof(plan_text) - 1, &w->read, &f) != HF_OK)
		fail_msg("%s", f.text);
	for (size_t i = 0; i < CONSUMERS; i++) {
		snprintf(w->names[i], sizeof(w->names[i]), "consumer %zu", i);
		w->plans[i] = *w->read;
		w->plans[i].scope.consumer = w->names[i];
		mask_all(w, i);
	}
	*state = w;
	return 0;
}

static int free_world(void **state)
{
	struct world *w = *state;

	hf_plan_free(w->read);
	hf_arena_done(&w->arena);
	free(w);
	return 0;
}

/* ---- a leak ---- */

struct leak {
	struct hf_trace *trace;
	const char *columns[WIDTH];
	size_t of[WIDTH], width;
	struct hf_arena arena;
};

/* columns: letters of plate, time, fee, speed, lane, name, card by their places: "0123456". */
static void leak_of(struct leak *l, const char *columns)
{
	*l = (struct leak){.width = strlen(columns)};
	hf_arena_init(&l->arena, NULL, 0);
	for (size_t i = 0; i < l->width; i++) {
		l->of[i] = (size_t)(columns[i] - '0');
		l->columns[i] = header[l->of[i]];
	}
	l->trace = hf_trace_new(l->columns, l->width);
}

static void leak_row(struct leak *l, const struct hf_bytes *table, size_t row)
{
	struct hf_bytes cells[WIDTH];

	for (size_t i = 0; i < l->width; i++)
		cells[i] = table[l->of[i] * ROWS + row];
	assert_true(hf_trace_leaked(l->trace, cells));
}

/* fee to one decimal, speed to fives. */
static void leak_rounded(struct leak *l, const struct hf_bytes *table, size_t row)
{
	struct hf_bytes cells[WIDTH];

	for (size_t i = 0; i < l->width; i++) {
		double v = strtod((const char *)table[l->of[i] * ROWS + row].data, NULL);

		cells[i] = table[l->of[i] * ROWS + row];
		if (l->of[i] == 2)
			cells[i] = text_of(&l->arena, "%.1f", v);
		if (l->of[i] == 3)
			cells[i] = text_of(&l->arena, "%.0f", 5 * floor(v / 5 + 0.5));
	}
	assert_true(hf_trace_leaked(l->trace, cells));
}

/* Two or more recipients lay their numbers together. */
static void leak_mean(struct leak *l, const struct world *w, size_t first, size_t count, size_t row)
{
	struct hf_bytes cells[WIDTH];

	for (size_t i = 0; i < l->width; i++) {
		size_t at = l->of[i] * ROWS + row;
		double sum = 0;

		cells[i] = w->masked[first][at];
		for (size_t k = 0; k < count; k++)
			sum += strtod((const char *)w->masked[first + k][at].data, NULL);
		if (l->of[i] == 2)
			cells[i] = text_of(&l->arena, "%.2f", sum / (double)count);
		if (l->of[i] == 3)
			cells[i] = text_of(&l->arena, "%.0f", sum / (double)count);
	}
	assert_true(hf_trace_leaked(l->trace, cells));
}

static json_t *traced(struct leak *l, const struct world *w, size_t consumers)
{
	json_t *report;

	for (size_t i = 0; i < consumers; i++) {
		const struct hf_trace_release r = {
		        .name = "tolls 1", .recipient = w->names[i], .setup = setup_of(w, i)};
		struct hf_bytes in[WIDTH * 500];
		struct hf_fault f = {0};

		if (hf_trace_begin(l->trace, &r, &f) != HF_OK)
			fail_msg("%s", f.text);
		for (size_t at = 0; at < ROWS; at += 500) {
			for (size_t c = 0; c < WIDTH; c++)
				memcpy(&in[c * 500], &w->original[c * ROWS + at], 500 * sizeof(*in));
			assert_int_equal(hf_trace_original(l->trace, in, 500, at, &f), HF_OK);
		}
		hf_trace_end(l->trace);
	}
	report = hf_trace_report(l->trace);
	hf_trace_free(l->trace);
	hf_arena_done(&l->arena);
	return report;
}

/* names: "0 3": these and no others. */
static void names_are(json_t *report, const char *names)
{
	const json_t *o, *list = json_object_get(report, "named");
	char found[200] = "";
	size_t i;

	json_array_foreach(list, i, o) snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%s",
	                                        i ? " " : "", json_string_value(o) + strlen("consumer "));
	if (strcmp(found, names) != 0) {
		char *text = json_dumps(report, JSON_INDENT(1));

		fail_msg("'%s' instead of '%s': %s", found, names, text);
	}
	json_decref(report);
}

static double bound_of(const json_t *report, size_t consumer)
{
	return json_real_value(json_object_get(json_array_get(json_object_get(report, "releases"), consumer), "bound"));
}

/* Whole steps are everybody's, what is below a recipient's own; limits hold, and nobody's mark is none. */
static void test_marks_are_in_the_step_only(void **state)
{
	const struct world *w = *state;
	struct hf_plan nobody = *w->read;
	struct hf_apply_setup setup = setup_of(w, 0);
	unsigned digits[100] = {0}, same = 0;
	struct hf_apply *a = NULL;
	struct hf_fault f = {0};

	for (size_t r = 0; r < ROWS; r++) {
		double fee[2], speed[2];

		for (size_t i = 0; i < 2; i++) {
			fee[i] = strtod((const char *)w->masked[i][2 * ROWS + r].data, NULL);
			speed[i] = strtod((const char *)w->masked[i][3 * ROWS + r].data, NULL);
			assert_true(speed[i] >= 0);
		}
		assert_true(floor(fee[0]) == floor(fee[1]) && floor(speed[0] / 10) == floor(speed[1] / 10));
		same += fee[0] == fee[1];
		digits[(unsigned)lround((fee[0] - floor(fee[0])) * 100)]++;
	}
	assert_true(same > 10 && same < 80); /* one in a hundred of 4000 */
	for (size_t i = 0; i < 100; i++)
		assert_true(digits[i] > 10 && digits[i] < 80);
	nobody.scope.consumer = NULL;
	setup.plan = &nobody;
	assert_int_equal(hf_apply_open(&setup, &f, &a), HF_E_ARGUMENT);
	assert_non_null(strstr(f.text, "fingerprint needs to know whose it is"));
}

static void test_twenty_rows_name_the_recipient(void **state)
{
	static const char *const columns[] = {"012345", "0", "0135", "1245", "124", "4215", "34210", "6", "64"};
	const struct world *w = *state;

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		struct leak l;
		json_t *report;

		leak_of(&l, columns[i]);
		for (size_t r = 0; r < 20; r++) /* nine of ten and more are deleted */
			leak_row(&l, w->masked[3], (r * 197) % ROWS);
		report = traced(&l, w, CONSUMERS);
		assert_true(bound_of(report, 3) <= 1e-9 && bound_of(report, 4) > 1e-3);
		names_are(report, "3");
	}
}

static void test_rounding_and_a_changed_column(void **state)
{
	const struct world *w = *state;
	struct leak l;
	json_t *report;

	/* Without any pseudonym; the lane, which was kept, says something else. */
	leak_of(&l, "1234");
	for (size_t r = 0; r < 60; r++)
		leak_rounded(&l, w->masked[5], (r * 197) % ROWS);
	names_are(traced(&l, w, CONSUMERS), "5");
	leak_of(&l, "0123");
	for (size_t r = 0; r < 20; r++)
		leak_rounded(&l, w->masked[2], (r * 97) % ROWS);
	names_are(traced(&l, w, CONSUMERS), "2");
	/* Whole steps only: there is nothing left, and nobody is named. */
	leak_of(&l, "14");
	for (size_t r = 0; r < 1000; r++)
		leak_row(&l, w->masked[5], r);
	report = traced(&l, w, CONSUMERS);
	assert_string_equal(json_string_value(json_object_get(report, "says")),
	                    "undecided: nothing in it speaks for any release");
	names_are(report, "");
}

static void test_mixtures(void **state)
{
	const struct world *w = *state;
	struct leak l;
	json_t *report, *o;

	leak_of(&l, "01234");
	for (size_t r = 0; r < 20; r++)
		leak_row(&l, w->masked[r % 2 ? 1 : 6], (r * 197) % ROWS);
	report = traced(&l, w, CONSUMERS);
	o = json_array_get(json_object_get(report, "releases"), 6);
	assert_int_equal(json_integer_value(json_object_get(o, "rows")), 10);
	assert_int_equal(json_integer_value(json_object_get(report, "unexplained")), 0);
	assert_string_equal(json_string_value(json_object_get(report, "says")),
	                    "the leak is a mixture from 2 recipients");
	names_are(report, "1 6");
	/* The same rows twice, one by one and in another order; no pseudonyms. */
	leak_of(&l, "4321");
	for (size_t r = 0; r < 40; r++)
		leak_row(&l, w->masked[r < 20 ? 0 : 7], (r % 20 * 197) % ROWS);
	names_are(traced(&l, w, CONSUMERS), "0 7");
	/* Numbers laid together cell by cell: one of both, and their mean. */
	leak_of(&l, "1234");
	for (size_t r = 0; r < 300; r++)
		leak_mean(&l, w, 2, 2, r);
	names_are(traced(&l, w, CONSUMERS), "2 3");
	leak_of(&l, "1234");
	for (size_t r = 0; r < 1500; r++)
		leak_mean(&l, w, 0, 8, r);
	names_are(traced(&l, w, CONSUMERS), "0 1 2 3 4 5 6 7");
	/* With a twentieth of the rows it is said to be undecided. */
	leak_of(&l, "1234");
	for (size_t r = 0; r < 20; r++)
		leak_mean(&l, w, 2, 2, r);
	report = traced(&l, w, CONSUMERS);
	assert_string_equal(json_string_value(json_object_get(report, "verdict")), "undecided");
	names_are(report, "");
	/* Half of it is somebody's who is not in the list. */
	leak_of(&l, "01234");
	for (size_t r = 0; r < 40; r++)
		leak_row(&l, w->masked[r % 2 ? 1 : 6], (r * 197) % ROWS);
	report = traced(&l, w, 4);
	assert_string_equal(json_string_value(json_object_get(report, "says")),
	                    "the leak is from consumer 1; of 20 rows it is undecided");
	names_are(report, "1");
}

static void test_one_key_for_two_is_undecided(void **state)
{
	struct world *w = *state;
	struct leak l;
	json_t *report;

	w->plans[1].scope.consumer = w->names[0]; /* a mistake that the disclosure ledger refuses */
	leak_of(&l, "01234");
	for (size_t r = 0; r < 20; r++)
		leak_row(&l, w->masked[0], r);
	report = traced(&l, w, 3);
	w->plans[1].scope.consumer = w->names[1];
	assert_non_null(strstr(json_string_value(json_object_get(report, "says")),
	                       "the keys of several recipients are the same"));
	names_are(report, "");
}

/* Repeating a row that agrees by chance must not make evidence of it. */
static void test_repeated_rows_count_once(void **state)
{
	const struct world *w = *state;
	struct leak l;

	leak_of(&l, "1234");
	for (size_t r = 0; r < 2000; r++)
		leak_row(&l, w->masked[4], 17);
	names_are(traced(&l, w, CONSUMERS), "");
}

static void test_originals_and_strangers_name_nobody(void **state)
{
	const struct world *w = *state;
	struct leak l;

	leak_of(&l, "012345");
	for (size_t r = 0; r < 2000; r++)
		leak_row(&l, w->original, r);
	names_are(traced(&l, w, CONSUMERS), "");
	leak_of(&l, "012345"); /* a recipient who is not in the list: six others are */
	for (size_t r = 0; r < 2000; r++)
		leak_row(&l, w->masked[7], r);
	names_are(traced(&l, w, 6), "");
}

/* ---- the bound ---- */

static double log_choose(double n, double k)
{
	return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}

/* Against the exact tail of the binomial distribution. */
static void test_the_bound_is_above_the_exact_tail(void **state)
{
	static const double chances[] = {1e-6, 0.001, 0.05, 0.1, 0.3};

	(void)state;
	for (size_t c = 0; c < 5; c++)
		for (size_t n = 1; n <= 60; n += 7) {
			double tail = 0, p = chances[c];

			for (size_t h = n; h >= 1; h--) {
				double own = trace_log_bound(n, h, p * (double)n);

				tail += exp(log_choose((double)n, (double)h) + (double)h * log(p) +
				            (double)(n - h) * log1p(-p));
				if (own < log(tail) - 1e-9)
					fail_msg("%zu of %zu at %g: %g below %g", h, n, p, own, log(tail));
			}
		}
	assert_true(trace_log_bound(0, 0, 0) == 0 && trace_log_bound(10, 1, 1) == 0);
}

/*
 * No accusation on data that nobody's marks are in. The rows are the original's, with pseudonyms, digits and names that
 * somebody made up; a trial is twenty of them beside one recipient's release. Bounds must not come out small more often
 * than they say.
 */
#ifdef HUFU_SANITIZED /* they look for faults, which a tenth shows as well */
#define TRIALS 8000u
#else
#define TRIALS 80000u /* tests/run --full sets HUFU_TRACE_TRIALS to three million */
#endif
#define TAKEN 20u

static void leak_made_up(struct leak *l, const struct world *w, size_t row)
{
	const struct hf_bytes cells[] = {
	        text_of(&l->arena, "粤B%05u", (unsigned)(draw() % 100000)),
	        w->masked[0][1 * ROWS + row],
	        text_of(&l->arena, "%.0f.%02u", floor(strtod((const char *)w->masked[0][2 * ROWS + row].data, NULL)),
	                (unsigned)(draw() % 100)),
	        text_of(&l->arena, "%.0f",
	                floor(strtod((const char *)w->masked[0][3 * ROWS + row].data, NULL) / 10) * 10 +
	                        (double)(draw() % 10)),
	        w->masked[0][4 * ROWS + row],
	        text_of(&l->arena, "word%u", (unsigned)(draw() % 64)),
	};

	assert_true(hf_trace_leaked(l->trace, cells));
}

static void feed(struct hf_trace *trace, const struct world *w, size_t consumer)
{
	const struct hf_trace_release r = {.name = "tolls 1", .recipient = "r", .setup = setup_of(w, consumer)};
	struct hf_fault f = {0};

	assert_int_equal(hf_trace_begin(trace, &r, &f), HF_OK);
	assert_int_equal(hf_trace_original(trace, w->original, ROWS, 0, &f), HF_OK);
}

/* The least bound of a trial, for all the tests that it makes. */
static double try_some(const struct hf_trace *trace)
{
	struct trace_result result = {0};
	uint32_t rows[TAKEN];
	double log_bound;

	for (size_t i = 0; i < TAKEN; i++)
		rows[i] = (uint32_t)(draw() % ROWS);
	trace_weigh(trace, &(struct trace_part){rows, TAKEN}, &result);
	assert_true(result.found >= TAKEN - 2 && result.evidence_count == 7);
	log_bound = trace_best(&result) + log((double)result.evidence_count);
	trace_result_done(&result);
	return log_bound;
}

static void test_no_accusation_in_many_trials(void **state)
{
	const char *full = getenv("HUFU_TRACE_TRIALS");
	const unsigned trials = full ? (unsigned)strtoul(full, NULL, 10) : TRIALS;
	const struct world *w = *state;
	unsigned tenth = 0, thousandth = 0;
	struct leak l;

	leak_of(&l, "012345");
	for (size_t r = 0; r < ROWS; r++)
		leak_made_up(&l, w, r);
	for (size_t c = 0; c < CONSUMERS; c++) {
		feed(l.trace, w, c);
		for (unsigned i = 0; i < trials / CONSUMERS; i++) {
			double log_bound = try_some(l.trace);

			tenth += log_bound <= log(0.1);
			thousandth += log_bound <= log(0.001);
			assert_true(log_bound > log(HF_TRACE_NAMES));
		}
	}
	assert_true(tenth > 0); /* it is not that nothing is ever found */
	assert_true(tenth <= trials / 10 && thousandth <= trials / 1000);
	printf("%u trials, bounds below 0.1: %u, below 0.001: %u\n", trials / CONSUMERS * CONSUMERS, tenth, thousandth);
	hf_trace_free(l.trace);
	hf_arena_done(&l.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_marks_are_in_the_step_only),
	        cmocka_unit_test(test_twenty_rows_name_the_recipient),
	        cmocka_unit_test(test_rounding_and_a_changed_column),
	        cmocka_unit_test(test_mixtures),
	        cmocka_unit_test(test_one_key_for_two_is_undecided),
	        cmocka_unit_test(test_repeated_rows_count_once),
	        cmocka_unit_test(test_originals_and_strangers_name_nobody),
	        cmocka_unit_test(test_the_bound_is_above_the_exact_tail),
	        cmocka_unit_test(test_no_accusation_in_many_trials),
	};

	return cmocka_run_group_tests(tests, make_world, free_world);
}
