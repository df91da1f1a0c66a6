/*
 * collusion_test.c - up to eight recipients of one table lay together what they got: pseudonyms cannot be linked, noise
 * does not average out, and the classes of rows are those that the disclosure ledger says (MK-4).
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
#include "masking/apply.h"
#include "masking/disclosure.h"
#include "unit/masking/plans.h"

#define ROWS 1500u
#define WIDTH 8u
#define MOST 8u
#define PAIRS (MOST * (MOST - 1) / 2 * ROWS)

static const char *const header[WIDTH] = {"plate", "mobile", "card", "name", "income", "age", "region", "file"};
static const struct hf_mask_key root = {"the root of all keys"};

static const char head[] = "masking-plan: 1\nname: tolls\nversion: 1\n" PLAN_REST;

struct world {
	struct hf_arena arena;
	struct hf_bytes original[WIDTH * ROWS];     /* by column */
	struct hf_bytes masked[MOST][WIDTH * ROWS]; /* by recipient */
	struct hf_plan *plans[MOST];
	struct hf_disclosure given[MOST];
	char names[MOST][16];
};

static uint64_t seed;

static uint64_t draw(void)
{
	return draw_of(&seed);
}

/* Everybody once, with one kept beginning: what is kept in front of a pseudonym is no secret. */
static int make_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	seed = 4;
	hf_arena_init(&w->arena, NULL, 0);
	for (size_t r = 0; r < ROWS; r++) {
		struct hf_bytes *o = &w->original[r];

		o[0 * ROWS] = text_of(&w->arena, "粤B%05zu", r * 37 % 100000);
		o[1 * ROWS] = text_of(&w->arena, "138%08zu", r * 54321 % 100000000);
		o[2 * ROWS] = text_of(&w->arena, "card %04zu", r);
		o[3 * ROWS] = text_of(&w->arena, "driver %zu", r);
		o[4 * ROWS] =
		        text_of(&w->arena, "%u.%02u", 1000 + (unsigned)(draw() % 90000), (unsigned)(draw() % 100));
		o[5 * ROWS] = text_of(&w->arena, "%u", 20 + (unsigned)(draw() % 20));
		o[6 * ROWS] = text_of(&w->arena, "r%u", (unsigned)(draw() % 4));
		o[7 * ROWS] = text_of(&w->arena, "file %zu", r);
	}
	*state = w;
	return 0;
}

static void forget(struct world *w)
{
	for (size_t i = 0; i < MOST; i++) {
		hf_plan_free(w->plans[i]);
		w->plans[i] = NULL;
	}
}

static int free_world(void **state)
{
	struct world *w = *state;

	forget(w);
	hf_arena_done(&w->arena);
	free(w);
	return 0;
}

static enum hf_err words(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	(void)ctx;
	(void)name;
	(void)f;
	for (unsigned i = 0; i < 500; i++)
		hf_buf_addf(out, "%c%c%u\n", 'a' + i % 26, 'a' + i / 26 % 26, i);
	return HF_OK;
}

/* Recipient i gets the table by those fields, in the order of the header, each with a mark between them. */
static void give(struct world *w, size_t i, const char *scope, const char *const fields[WIDTH])
{
	struct hf_apply_batch b = {.in = w->original,
	                           .out = w->masked[i],
	                           .drop = hf_arena_get(&w->arena, ROWS),
	                           .count = ROWS,
	                           .arena = &w->arena};
	struct hf_apply_setup setup = {
	        .table = "t", .header = header, .header_count = WIDTH, .root = &root, .file = words};
	struct hf_apply *a = NULL;
	struct hf_fault f = {0};
	char text[4096];

	snprintf(w->names[i], sizeof(w->names[i]), "recipient %zu", i);
	snprintf(text, sizeof(text), "%sscope: {group: tolls, %s}\ntables:\n  t:\n    fields:\n", head, scope);
	for (size_t c = 0; c < WIDTH; c++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "      %s: %s\n", header[c], fields[c]);
	if (hf_plan_read("plan", text, strlen(text), &w->plans[i], &f) != HF_OK)
		fail_msg("%s", f.text);
	setup.plan = w->plans[i];
	if (hf_apply_open(&setup, &f, &a) != HF_OK || hf_apply_rows(a, &b, &f) != HF_OK)
		fail_msg("%s", f.text);
	for (size_t k = 0; k < (size_t)WIDTH * ROWS; k++) { /* some point into the apply */
		uint8_t *copy = hf_arena_get(&w->arena, b.out[k].len + 1);

		if (b.out[k].len)
			memcpy(copy, b.out[k].data, b.out[k].len);
		copy[b.out[k].len] = 0;
		b.out[k].data = b.out[k].data ? copy : NULL;
	}
	hf_apply_close(a);
	w->given[i] = (struct hf_disclosure){.release = "tolls 1",
	                                     .recipient = w->names[i],
	                                     .scope = w->plans[i]->scope,
	                                     .engine = w->plans[i]->engine,
	                                     .fields = w->plans[i]->tables[0].fields,
	                                     .field_count = WIDTH};
}

/* ---- linking ---- */

static const char *const pseudonyms[WIDTH] = {"{technique: fpe, type: cn.plate}",
                                              "{technique: fpe, type: cn.mobile}",
                                              "{technique: denc}",
                                              "{technique: dict, words: words}",
                                              "{technique: limc}",
                                              "{technique: limc}",
                                              "{technique: limc}",
                                              "{technique: hash, alphabet: letters, length: 12}"};

struct scored {
	double score;
	bool same;
};

static int by_score(const void *a, const void *b)
{
	const struct scored *x = a, *y = b;

	return x->score < y->score ? -1 : x->score > y->score;
}

/* The chance that a pair of the same person scores higher than one of two persons; ties count half. */
static double area_under_curve(struct scored *list, size_t count)
{
	double rank_sum = 0, same = 0, other = 0;

	qsort(list, count, sizeof(*list), by_score);
	for (size_t from = 0, n; from < count; from += n) {
		for (n = 1; from + n < count && list[from + n].score == list[from].score; n++)
			;
		for (size_t i = from; i < from + n; i++) {
			rank_sum += list[i].same ? (double)from + ((double)n + 1) / 2 : 0;
			same += list[i].same;
			other += !list[i].same;
		}
	}
	return (rank_sum - same * (same + 1) / 2) / (same * other);
}

/* Characters that stand at the same place. */
static double alike(const struct hf_bytes *a, const struct hf_bytes *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	double same = 0;

	for (size_t i = 0; i < n; i++)
		same += a->data[i] == b->data[i];
	return same;
}

struct placed {
	struct hf_bytes value;
	size_t row;
};

static int by_value(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	size_t n = x->value.len < y->value.len ? x->value.len : y->value.len;
	int c = memcmp(x->value.data, y->value.data, n);

	return c ? c : x->value.len < y->value.len ? -1 : x->value.len > y->value.len;
}

/* Where each row's pseudonym stands when they are sorted. */
static void places(const struct hf_bytes *column, double *ret_place)
{
	struct placed list[ROWS];

	for (size_t r = 0; r < ROWS; r++)
		list[r] = (struct placed){column[r], r};
	qsort(list, ROWS, sizeof(*list), by_value);
	for (size_t i = 0; i < ROWS; i++)
		ret_place[list[i].row] = (double)i;
}

/* All pairs of recipients; for each row its own partner and one drawn. by_place: nearness in order, not equal letters.
 */
static double link_all(const struct world *w, size_t column, size_t recipients, bool by_place)
{
	struct scored *list = calloc(2 * (size_t)PAIRS, sizeof(*list));
	static double place[MOST][ROWS];
	size_t n = 0;
	double area;

	for (size_t i = 0; i < recipients; i++)
		places(&w->masked[i][column * ROWS], place[i]);
	for (size_t a = 0; a < recipients; a++)
		for (size_t b = a + 1; b < recipients; b++)
			for (size_t r = 0; r < 2 * (size_t)ROWS; r++) {
				const size_t row = r / 2, with = r % 2 ? (row + 1 + draw() % (ROWS - 1)) % ROWS : row;
				const struct hf_bytes *x = &w->masked[a][column * ROWS + row],
				                      *y = &w->masked[b][column * ROWS + with];

				list[n++] = (struct scored){
				        by_place ? -fabs(place[a][row] - place[b][with]) : alike(x, y), r % 2 == 0};
			}
	area = area_under_curve(list, n);
	free(list);
	return area;
}

static void test_pseudonyms_cannot_be_linked(void **state)
{
	/* Not 6, a word for each region: their sizes link them, as is said of frequencies. */
	static const size_t columns[] = {0, 1, 2, 3, 7};
	struct world *w = *state;
	char scope[40];

	for (size_t i = 0; i < MOST; i++) {
		snprintf(scope, sizeof(scope), "consumer: c%zu", i);
		give(w, i, scope, pseudonyms);
	}
	for (size_t c = 0; c < 5; c++)
		for (unsigned by_place = 0; by_place < 2; by_place++) {
			double area = link_all(w, columns[c], MOST, by_place);

			if (fabs(area - 0.5) > 0.01)
				fail_msg("%s, %u: %g", header[columns[c]], by_place, area);
		}
	forget(w);
	/* It is not that the attack finds nothing: two of one key are linked. */
	for (size_t i = 0; i < 2; i++)
		give(w, i, "consumer: both", pseudonyms);
	assert_true(link_all(w, 0, 2, false) > 0.99 && link_all(w, 7, 2, true) > 0.99);
	assert_int_equal(hf_disclosure_joint(&w->given[0], 1, &w->given[1], NULL, NULL), HF_E_DISCLOSURE);
	forget(w);
}

/* ---- noise ---- */

static const char *const noisy[WIDTH] = {"{technique: limc}",
                                         "{technique: limc}",
                                         "{technique: limc}",
                                         "{technique: limc}",
                                         "{technique: noise, scale: 20}",
                                         "{technique: noise, scale: 3, kind: gauss, low: 0}",
                                         "{technique: limc}",
                                         "{technique: limc}"};
static const char *const marked[WIDTH] = {"{technique: limc}",
                                          "{technique: limc}",
                                          "{technique: limc}",
                                          "{technique: limc}",
                                          "{technique: noise, scale: 20, fingerprint: on, step: 1}",
                                          "{technique: limc}",
                                          "{technique: limc}",
                                          "{technique: limc}"};

/* Variance of what is left between the mean of m recipients' numbers and the truth. */
static double residual(const struct world *w, size_t column, size_t m)
{
	double sum = 0, squares = 0;

	for (size_t r = 0; r < ROWS; r++) {
		double mean = 0, off;

		for (size_t i = 0; i < m; i++)
			mean += strtod((const char *)w->masked[i][column * ROWS + r].data, NULL) / (double)m;
		off = mean - strtod((const char *)w->original[column * ROWS + r].data, NULL);
		sum += off;
		squares += off * off;
	}
	return squares / ROWS - sum / ROWS * (sum / ROWS);
}

static void test_noise_does_not_average_out(void **state)
{
	struct world *w = *state;
	char scope[60];
	double one;

	for (size_t i = 0; i < MOST; i++) {
		snprintf(scope, sizeof(scope), "consumer: c%zu", i);
		give(w, i, scope, noisy);
	}
	one = residual(w, 4, 1);
	assert_true(one > 600 && one < 1000); /* of a scale of 20: twice its square */
	for (size_t m = 2; m <= MOST; m++) {
		assert_true(fabs(residual(w, 4, m) - one) < 1e-6);
		assert_true(fabs(residual(w, 5, m) - residual(w, 5, 1)) < 1e-6);
	}
	for (size_t i = 1; i < MOST; i++)
		assert_int_equal(hf_disclosure_joint(w->given, i, &w->given[i], NULL, NULL), HF_OK);
	forget(w);
	/* With a fingerprint only the digits that tell nothing differ: less than a thousandth of the variance. */
	for (size_t i = 0; i < MOST; i++) {
		snprintf(scope, sizeof(scope), "consumer: c%zu", i);
		give(w, i, scope, marked);
	}
	for (size_t m = 2; m <= MOST; m++)
		assert_true(fabs(residual(w, 4, m) / residual(w, 4, 1) - 1) < 0.002);
	assert_true(fabs(residual(w, 4, 1) / one - 1) < 0.02);
	for (size_t i = 1; i < MOST; i++)
		assert_int_equal(hf_disclosure_joint(w->given, i, &w->given[i], NULL, NULL), HF_OK);
	forget(w);
	/* Noise of its own for each, as other epochs have, does average out: the ledger refuses the second draw. */
	for (size_t i = 0; i < MOST; i++) {
		snprintf(scope, sizeof(scope), "consumer: c%zu, epoch: %zu", i, i);
		give(w, i, scope, noisy);
	}
	assert_true(residual(w, 4, MOST) < 0.2 * one);
	assert_int_equal(hf_disclosure_joint(w->given, 1, &w->given[1], NULL, NULL), HF_E_DISCLOSURE);
	forget(w);
}

/* ---- classes ---- */

/* What each of eight gets of age and region; nothing clashes, and only all together are fine. */
static const char *const ages[MOST] = {"{technique: round, step: 10, mode: floor}",
                                       "{technique: limc}",
                                       "{technique: bucket, cuts: [30]}",
                                       "{technique: limc}",
                                       "{technique: round, step: 5, mode: floor}",
                                       "{technique: null}",
                                       "{technique: hash}",
                                       "{technique: limc}"};
static const char *const regions[MOST] = {"{technique: limc}",  "{technique: mask, keep-first: 1}",
                                          "{technique: limc}",  "{technique: trunc, first: 1}",
                                          "{technique: const}", "{technique: hash}",
                                          "{technique: limc}",  "{technique: hash}"};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Rows that are equal in all that recipients first to last have of age and region: the smallest number of them. */
static uint32_t join(const struct world *w, size_t first, size_t count)
{
	char **rows = calloc(ROWS, sizeof(*rows));
	uint32_t least = ROWS;

	for (size_t r = 0; r < ROWS; r++) {
		struct hf_buf b = HF_BUF_INIT;

		for (size_t i = first; i < first + count; i++)
			for (size_t c = 5; c < 7; c++) {
				const struct hf_bytes *v = &w->masked[i][c * ROWS + r];

				hf_buf_addf(&b, "%zu.%zu=%.*s;", i, c, (int)v->len,
				            v->len ? (const char *)v->data : "");
			}
		hf_buf_add(&b, "", 1);
		rows[r] = (char *)hf_buf_take(&b, &(size_t){0});
	}
	qsort(rows, ROWS, sizeof(*rows), by_text);
	for (size_t from = 0, n; from < ROWS; from += n) {
		for (n = 1; from + n < ROWS && strcmp(rows[from + n], rows[from]) == 0; n++)
			;
		least = n < least ? (uint32_t)n : least;
	}
	for (size_t r = 0; r < ROWS; r++)
		free(rows[r]);
	free(rows);
	return least;
}

static void test_classes_are_what_the_ledger_says(void **state)
{
	static const char *const quasi[] = {"age", "region"};
	struct world *w = *state;
	const struct hf_disclosure_table t = {.header = header,
	                                      .width = WIDTH,
	                                      .cells = w->original,
	                                      .count = ROWS,
	                                      .quasi = quasi,
	                                      .quasi_count = 2,
	                                      .root = &root};
	uint32_t before = ROWS;
	struct hf_fault f = {0};
	char scope[40];

	for (size_t i = 0; i < MOST; i++) {
		const char *const fields[WIDTH] = {"{technique: limc}", "{technique: limc}", "{technique: limc}",
		                                   "{technique: limc}", "{technique: limc}", ages[i],
		                                   regions[i],          "{technique: limc}"};
		uint32_t k;

		snprintf(scope, sizeof(scope), "consumer: c%zu", i);
		give(w, i, scope, fields);
		if (hf_disclosure_joint(w->given, i, &w->given[i], &f, NULL) != HF_OK)
			fail_msg("recipient %zu: %s", i, f.text);
		assert_int_equal(hf_disclosure_k(w->given, i + 1, &t, &f, &k), HF_OK);
		if (k != join(w, 0, i + 1))
			fail_msg("recipient %zu: %u, not %u", i, k, join(w, 0, i + 1));
		assert_true(k <= before);
		before = k;
	}
	/* Each alone leaves hundreds alike, or as many as have one age; all together far fewer. */
	assert_true(before < 30 && join(w, 0, 1) > 600 && join(w, 5, 1) > 300);
	forget(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_pseudonyms_cannot_be_linked),
	        cmocka_unit_test(test_noise_does_not_average_out),
	        cmocka_unit_test(test_classes_are_what_the_ledger_says),
	};

	return cmocka_run_group_tests(tests, make_world, free_world);
}
