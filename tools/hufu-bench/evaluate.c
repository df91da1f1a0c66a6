/*
 * evaluate.c - evaluate: k, l, t and the risks of a table with eight quasi-identifiers and a sensitive column, from its
 * cells as they are parsed. Baseline: qsort of the same keys, eight codes a row.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bench.h"
#include "masking/effect.h"
#include "people.h"

#define ROWS 1000000u
#define ROWS_BRIEF 20000u
#define QUASI 8u
#define CELL 16u /* bytes kept for one */

/* Different values of each column, as masked tables have them; the last one is sensitive. */
static const unsigned kinds[QUASI + 1] = {2, 10, 31, 5, 8, 20, 12, 50, 200};
static const size_t quasi[QUASI] = {0, 1, 2, 3, 4, 5, 6, 7};

struct work {
	uint32_t rows;
	char *cells; /* rows * (QUASI + 1) texts of CELL bytes */
	uint32_t *keys;
};

static void make(struct work *w)
{
	struct people p = {7};
	size_t n = (size_t)w->rows * (QUASI + 1);

	w->cells = hf_alloc_zero(n * CELL);
	w->keys = hf_alloc((size_t)w->rows * QUASI * sizeof(*w->keys));
	for (size_t i = 0; i < n; i++) {
		size_t column = i % (QUASI + 1);
		unsigned v = (unsigned)((people_draw(&p) >> 16) % kinds[column]);

		snprintf(w->cells + i * CELL, CELL, "%c%u", (char)('a' + column), v);
		if (column < QUASI)
			w->keys[i / (QUASI + 1) * QUASI + column] = v;
	}
}

/* Seconds. */
static double evaluate(const struct work *w, struct hf_effect_risk *ret_risk)
{
	static const uint8_t key[16] = {1};
	int64_t before = bench_now_us();
	struct hf_effect_table *t = hf_effect_table_new(QUASI + 1, key);
	struct hf_effect_classes c;
	struct hf_effect_diversity d;
	struct hf_effect_closeness far;

	for (uint32_t i = 0; i < w->rows; i++) {
		struct hf_bytes cells[QUASI + 1];

		for (size_t j = 0; j <= QUASI; j++) {
			const char *text = w->cells + ((size_t)i * (QUASI + 1) + j) * CELL;

			cells[j] = (struct hf_bytes){(const uint8_t *)text, strlen(text)};
		}
		if (!hf_effect_add(t, cells))
			exit(1);
	}
	hf_effect_classes_make(t, quasi, QUASI, &c);
	hf_effect_risk(&c, 0.05, ret_risk);
	hf_effect_diversity(t, &c, QUASI, 2, &d);
	hf_effect_closeness(t, &c, QUASI, &far);
	hf_effect_classes_done(&c);
	hf_effect_table_free(t);
	return (double)(bench_now_us() - before) / 1e6;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, QUASI * sizeof(uint32_t));
}

static double sort(const struct work *w)
{
	size_t size = QUASI * sizeof(uint32_t);
	uint32_t *keys = hf_alloc(w->rows * size);
	int64_t before;

	memcpy(keys, w->keys, w->rows * size);
	before = bench_now_us();
	qsort(keys, w->rows, size, compare);
	free(keys);
	return (double)(bench_now_us() - before) / 1e6;
}

int bench_evaluate(struct bench *b)
{
	struct work w = {.rows = (uint32_t)bench_count(b, ROWS, ROWS_BRIEF)};
	double *ours = hf_alloc(2 * (size_t)b->windows * sizeof(double)), *sorts = ours + b->windows;
	struct hf_effect_risk risk;

	make(&w);
	for (unsigned i = 0; i < b->windows; i++) {
		ours[i] = evaluate(&w, &risk);
		sorts[i] = sort(&w);
	}
	if (!b->quiet)
		printf("%u rows in %u classes, %u of them alone\n", risk.rows, risk.classes, risk.uniques);
	bench_add(b, &(struct bench_result){.metric = "seconds",
	                                    .unit = "s",
	                                    .value = bench_median(ours, b->windows),
	                                    .baseline = "qsort of the same keys",
	                                    .baseline_value = bench_median(sorts, b->windows),
	                                    .target = 2});
	free(w.cells);
	free(w.keys);
	free(ours);
	return 0;
}
