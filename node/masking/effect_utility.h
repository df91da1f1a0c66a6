/*
 * effect_utility.h - what masked data is still good for (JT/T 1480 4.2.3 and 5.7, MK-5): how much each column changed,
 * what its numbers have become, whether columns still go together, and whether questions get the same answers. Pure;
 * any thread.
 *
 * A value counts as a number when all of its column do: decimals, and the bands of the technique bucket ("<18",
 * "18..65", ">=65"), which count as their middle; an open band ends at the least or greatest number before masking.
 */
#ifndef HUFU_MASKING_EFFECT_UTILITY_H
#define HUFU_MASKING_EFFECT_UTILITY_H

#include "masking/effect.h"

/* By code: from where to where the value reaches; both the same for a number. low > high: null. */
struct hf_effect_span {
	double low, high;
};
/* NULL: not all values of the column are numbers or bands, or there are none; free() it. least, most: where open bands
 * end. */
struct hf_effect_span *hf_effect_spans(const struct hf_effect_table *t, size_t column, double least, double most);
/* Of all numbers of the column, which must be none but numbers and bands. False: they are not, or there are none. */
bool hf_effect_range(const struct hf_effect_table *t, size_t column, double *ret_least, double *ret_most);

/* A column before and after. */
struct hf_effect_column {
	uint32_t changed, emptied;   /* rows with another value, and of them rows without one now; aligned rows only */
	double loss;                 /* non-uniform entropy, 0 (kept) to 1 (nothing told); aligned rows only */
	double variation;            /* total variation between the distributions of values */
	bool numbers;                /* what follows is there */
	double ks;                   /* Kolmogorov and Smirnov: the greatest difference of cumulative shares */
	double mean[2], variance[2]; /* before, after */
};
/* The same column of both tables; aligned: row i is the same thing in both. Non-uniform entropy (Gionis and Tassa): of
 * a row, minus the logarithm of how frequent its original is among originals that became what it became; null tells
 * nothing of all. before learns values of after. */
void hf_effect_column(struct hf_effect_table *before, size_t before_column, const struct hf_effect_table *after,
                      size_t after_column, bool aligned, struct hf_effect_column *ret_column);

/* Pearson's correlation of two columns of numbers, over rows in which both are told; NAN when one does not vary. */
double hf_effect_correlation(const struct hf_effect_table *t, size_t a, const struct hf_effect_span *a_spans, size_t b,
                             const struct hf_effect_span *b_spans);

/* How wrong answers about `count` rows are after masking: questions "how many rows have A in this range, and B in that
 * one", of two of the columns or of the only one. A range reaches between the numbers of two rows that are drawn by
 * SHA-256 of the seed; in a column that has no numbers in one of the tables, it is the value of the row drawn first. A
 * band has its share of a range. An answer's error is its distance from the true one, over this, or over a thousandth
 * of the rows where that is more. */
struct hf_effect_questions {
	uint32_t count;
	double mean, median, most; /* errors */
};
struct hf_effect_pair {
	struct hf_effect_table *before, *after;
	const size_t *before_columns, *after_columns;
	size_t column_count;
};
void hf_effect_questions(const struct hf_effect_pair *tables, uint32_t count, struct hf_bytes seed,
                         struct hf_effect_questions *ret_questions);

#endif
