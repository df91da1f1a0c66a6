/* effect_utility.c - columns before and after; declared in effect_utility.h. */
#include "masking/effect_utility.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NUMBER_MOST 1e100 /* so that sums of squares stay finite; what is more is no number */

static bool number_of(const uint8_t *text, size_t len, double *ret_number)
{
	char copy[64], *end;

	if (len == 0 || len >= sizeof(copy) || memchr("+-.0123456789", text[0], 13) == NULL)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	*ret_number = strtod(copy, &end);
	return end == copy + len && fabs(*ret_number) <= NUMBER_MOST;
}

/* A number or a band; an open end is infinite. */
static bool span_of(struct hf_bytes v, struct hf_effect_span *ret_span)
{
	struct hf_effect_span s = {-INFINITY, INFINITY};
	const uint8_t *dots = v.len > 3 ? memmem(v.data, v.len, "..", 2) : NULL;
	bool good;

	if (v.len > 1 && v.data[0] == '<')
		good = number_of(v.data + 1, v.len - 1, &s.high);
	else if (v.len > 2 && v.data[0] == '>' && v.data[1] == '=')
		good = number_of(v.data + 2, v.len - 2, &s.low);
	else if (dots)
		good = number_of(v.data, (size_t)(dots - v.data), &s.low) &&
		       number_of(dots + 2, (size_t)(v.data + v.len - dots - 2), &s.high);
	else
		good = number_of(v.data, v.len, &s.low) && (s.high = s.low, true);
	*ret_span = s;
	return good && s.low <= s.high;
}

static uint32_t *rows_by_code(const struct hf_effect_table *t, size_t column)
{
	const uint32_t *codes = hf_effect_codes(t, column);
	uint32_t *rows = hf_alloc_zero((size_t)hf_effect_distinct(t, column) * sizeof(*rows));

	for (uint32_t i = 0; i < hf_effect_rows(t); i++)
		rows[codes[i]]++;
	return rows;
}

bool hf_effect_range(const struct hf_effect_table *t, size_t column, double *ret_least, double *ret_most)
{
	uint32_t *rows = rows_by_code(t, column);
	double least = INFINITY, most = -INFINITY;
	bool good = true;

	for (uint32_t i = 1; good && i < hf_effect_distinct(t, column); i++) {
		struct hf_effect_span s;

		if (rows[i] == 0)
			continue;
		good = span_of(hf_effect_value(t, column, i), &s);
		for (unsigned end = 0; good && end < 2; end++) {
			double v = end ? s.high : s.low;

			least = isfinite(v) && v < least ? v : least;
			most = isfinite(v) && v > most ? v : most;
		}
	}
	free(rows);
	*ret_least = least;
	*ret_most = most;
	return good && least <= most;
}

struct hf_effect_span *hf_effect_spans(const struct hf_effect_table *t, size_t column, double least, double most)
{
	uint32_t distinct = hf_effect_distinct(t, column);
	struct hf_effect_span *s = hf_alloc(distinct * sizeof(*s));
	double a, b;

	if (!hf_effect_range(t, column, &a, &b)) {
		free(s);
		return NULL;
	}
	s[HF_EFFECT_NULL] = (struct hf_effect_span){1, 0};
	for (uint32_t i = 1; i < distinct; i++) {
		if (!span_of(hf_effect_value(t, column, i), &s[i])) /* no row has it */
			s[i] = (struct hf_effect_span){1, 0};
		if (isinf(s[i].low))
			s[i].low = least < s[i].high ? least : s[i].high;
		if (isinf(s[i].high))
			s[i].high = most > s[i].low ? most : s[i].low;
	}
	return s;
}

/* Numbers in their order, each with the shares of rows before and after that have it. */
struct mass {
	double at, share[2];
};

static int by_place(const void *a, const void *b)
{
	double x = ((const struct mass *)a)->at, y = ((const struct mass *)b)->at;

	return x < y ? -1 : x > y;
}

struct side {
	const struct hf_effect_table *t;
	size_t column;
	uint32_t *rows; /* by code */
	struct hf_effect_span *spans;
};

static double middle(const struct hf_effect_span *s)
{
	return (s->low + s->high) / 2;
}

static void moments(const struct side *s, double *ret_mean, double *ret_variance)
{
	double n = 0, sum = 0, squares = 0;

	for (uint32_t i = 1; i < hf_effect_distinct(s->t, s->column); i++) {
		n += s->rows[i];
		sum += s->rows[i] ? s->rows[i] * middle(&s->spans[i]) : 0;
	}
	*ret_mean = n > 0 ? sum / n : 0;
	for (uint32_t i = 1; i < hf_effect_distinct(s->t, s->column); i++) {
		double d = s->rows[i] ? middle(&s->spans[i]) - *ret_mean : 0;

		squares += s->rows[i] * d * d;
	}
	*ret_variance = n > 0 ? squares / n : 0;
}

static double apart(const struct side sides[2])
{
	uint32_t room = hf_effect_distinct(sides[0].t, sides[0].column) +
	                hf_effect_distinct(sides[1].t, sides[1].column),
	         count = 0;
	struct mass *m = hf_alloc_zero(room * sizeof(*m));
	double upto[2] = {0, 0}, most = 0;

	for (unsigned s = 0; s < 2; s++) {
		double n = 0;

		for (uint32_t i = 1; i < hf_effect_distinct(sides[s].t, sides[s].column); i++)
			n += sides[s].rows[i];
		for (uint32_t i = 1; i < hf_effect_distinct(sides[s].t, sides[s].column); i++) {
			if (sides[s].rows[i] == 0)
				continue;
			m[count].at = middle(&sides[s].spans[i]);
			m[count++].share[s] = sides[s].rows[i] / n;
		}
	}
	qsort(m, count, sizeof(*m), by_place);
	for (uint32_t i = 0; i < count; i++) {
		upto[0] += m[i].share[0];
		upto[1] += m[i].share[1];
		if ((i + 1 == count || m[i + 1].at > m[i].at) && fabs(upto[0] - upto[1]) > most)
			most = fabs(upto[0] - upto[1]);
	}
	free(m);
	return most;
}

/* Half of what the shares of each value differ. to: by code after, the code before. */
static double variation(const struct side sides[2], const uint32_t *to)
{
	uint32_t known = hf_effect_distinct(sides[0].t, sides[0].column);
	double n[2] = {hf_effect_rows(sides[0].t), hf_effect_rows(sides[1].t)}, sum = 0;
	double *share = hf_alloc_zero(known * sizeof(*share));

	for (uint32_t i = 0; n[1] > 0 && i < hf_effect_distinct(sides[1].t, sides[1].column); i++)
		share[to[i]] += sides[1].rows[i] / n[1];
	for (uint32_t i = 0; n[0] > 0 && i < known; i++)
		sum += fabs(sides[0].rows[i] / n[0] - share[i]);
	free(share);
	return sum / 2;
}

/* Original and masked value of a row as one number; sorted to find each pair once. */
static int by_pair(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Pairs that rows have, each once, in their order: masked << 32 | original. */
static uint64_t *pairs_of(const struct side sides[2], size_t *ret_count)
{
	const uint32_t *was = hf_effect_codes(sides[0].t, sides[0].column);
	const uint32_t *is = hf_effect_codes(sides[1].t, sides[1].column);
	uint32_t rows = hf_effect_rows(sides[0].t);
	uint64_t *p = hf_alloc(((size_t)rows + 1) * sizeof(*p));
	size_t count = 0;

	for (uint32_t i = 0; i < rows; i++)
		p[i] = (uint64_t)is[i] << 32 | was[i];
	qsort(p, rows, sizeof(*p), by_pair);
	for (uint32_t i = 0; i < rows; i++)
		if (count == 0 || p[i] != p[count - 1])
			p[count++] = p[i];
	*ret_count = count;
	return p;
}

/* Bits lost of bits there were; rows without an original have none to lose. */
static double loss(const struct side sides[2])
{
	const uint32_t *was = hf_effect_codes(sides[0].t, sides[0].column);
	const uint32_t *is = hf_effect_codes(sides[1].t, sides[1].column);
	uint32_t rows = hf_effect_rows(sides[0].t);
	double *among = hf_alloc_zero(hf_effect_distinct(sides[1].t, sides[1].column) * sizeof(*among));
	double told = rows - sides[0].rows[HF_EFFECT_NULL], lost = 0, most = 0;
	size_t count;
	uint64_t *p = pairs_of(sides, &count);

	for (size_t i = 0; i < count; i++)
		if ((uint32_t)p[i] != HF_EFFECT_NULL)
			among[p[i] >> 32] += sides[0].rows[(uint32_t)p[i]];
	among[HF_EFFECT_NULL] = told;
	for (uint32_t i = 0; i < rows; i++) {
		if (was[i] == HF_EFFECT_NULL)
			continue;
		lost += log2(among[is[i]] / sides[0].rows[was[i]]);
		most += log2(told / sides[0].rows[was[i]]);
	}
	free(p);
	free(among);
	return most > 0 ? lost / most : 0;
}

static void count_changes(const struct side sides[2], const uint32_t *to, struct hf_effect_column *r)
{
	const uint32_t *was = hf_effect_codes(sides[0].t, sides[0].column);
	const uint32_t *is = hf_effect_codes(sides[1].t, sides[1].column);

	for (uint32_t i = 0; i < hf_effect_rows(sides[0].t); i++) {
		r->changed += was[i] != to[is[i]];
		r->emptied += was[i] != HF_EFFECT_NULL && is[i] == HF_EFFECT_NULL;
	}
}

static void numbers(struct side sides[2], struct hf_effect_column *r)
{
	double least, most;

	if (!hf_effect_range(sides[0].t, sides[0].column, &least, &most))
		return;
	for (unsigned s = 0; s < 2; s++)
		sides[s].spans = hf_effect_spans(sides[s].t, sides[s].column, least, most);
	r->numbers = sides[0].spans && sides[1].spans;
	for (unsigned s = 0; r->numbers && s < 2; s++)
		moments(&sides[s], &r->mean[s], &r->variance[s]);
	if (r->numbers)
		r->ks = apart(sides);
}

void hf_effect_column(struct hf_effect_table *before, size_t before_column, const struct hf_effect_table *after,
                      size_t after_column, bool aligned, struct hf_effect_column *ret_column)
{
	uint32_t masked = hf_effect_distinct(after, after_column);
	uint32_t *to = hf_alloc(masked * sizeof(*to));
	struct hf_effect_column r = {.changed = 0};
	struct side sides[2] = {{before, before_column, NULL, NULL}, {after, after_column, NULL, NULL}};

	for (uint32_t i = 0; i < masked; i++)
		to[i] = hf_effect_code(before, before_column, hf_effect_value(after, after_column, i));
	for (unsigned s = 0; s < 2; s++)
		sides[s].rows = rows_by_code(sides[s].t, sides[s].column);
	r.variation = variation(sides, to);
	numbers(sides, &r);
	if (aligned) {
		count_changes(sides, to, &r);
		r.loss = loss(sides);
	}
	for (unsigned s = 0; s < 2; s++) {
		free(sides[s].rows);
		free(sides[s].spans);
	}
	free(to);
	*ret_column = r;
}

double hf_effect_correlation(const struct hf_effect_table *t, size_t a, const struct hf_effect_span *a_spans, size_t b,
                             const struct hf_effect_span *b_spans)
{
	const uint32_t *x = hf_effect_codes(t, a), *y = hf_effect_codes(t, b);
	double n = 0, mean[2] = {0, 0}, xx = 0, yy = 0, xy = 0;

	for (unsigned pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < hf_effect_rows(t); i++) {
			double p, q;

			if (x[i] == HF_EFFECT_NULL || y[i] == HF_EFFECT_NULL)
				continue;
			p = middle(&a_spans[x[i]]) - mean[0];
			q = middle(&b_spans[y[i]]) - mean[1];
			n += pass == 0;
			xx += pass ? p * p : p;
			yy += pass ? q * q : q;
			xy += p * q;
		}
		if (pass == 0) {
			mean[0] = n > 0 ? xx / n : 0;
			mean[1] = n > 0 ? yy / n : 0;
			xx = yy = xy = 0;
		}
	}
	return xx > 1e-12 * n * (mean[0] * mean[0]) && yy > 1e-12 * n * (mean[1] * mean[1]) ? xy / (sqrt(xx) * sqrt(yy))
	                                                                                    : NAN;
}
