/* effect_sensitive.c - l-diversity and t-closeness of classes; declared in effect.h. Only values that a class has are
 * looked at: what the others add to a distance is known from sums over the whole table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "masking/effect.h"

/* Values of one class, and how often each is there. */
struct tally {
	uint32_t *count; /* by code; 0 between classes */
	uint32_t *code;  /* of the class */
	uint32_t distinct;
	double rows;
};

static void tally_init(struct tally *t, uint32_t distinct)
{
	t->count = hf_alloc_zero((size_t)distinct * sizeof(*t->count));
	t->code = hf_alloc((size_t)distinct * sizeof(*t->code));
}

static void tally_done(struct tally *t)
{
	free(t->count);
	free(t->code);
}

/* to: code or, when it is ordered, rank of each code. */
static void tally_class(struct tally *t, const struct hf_effect_classes *c, uint32_t class, const uint32_t *codes,
                        const uint32_t *to)
{
	t->distinct = 0;
	t->rows = c->size[class];
	for (uint32_t i = c->first[class]; i < c->first[class + 1]; i++) {
		uint32_t code = to ? to[codes[c->row[i]]] : codes[c->row[i]];

		if (t->count[code]++ == 0)
			t->code[t->distinct++] = code;
	}
}

static void tally_clear(struct tally *t)
{
	for (uint32_t i = 0; i < t->distinct; i++)
		t->count[t->code[i]] = 0;
}

static int falling(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

static int rising(const void *a, const void *b)
{
	return falling(b, a);
}

/* r1 / (rl + ... + rm) of the counts, most frequent first. */
static double recursive(const struct tally *t, uint32_t l, uint32_t *counts)
{
	double rest = 0;

	if (t->distinct < l)
		return INFINITY;
	for (uint32_t i = 0; i < t->distinct; i++)
		counts[i] = t->count[t->code[i]];
	qsort(counts, t->distinct, sizeof(*counts), falling);
	for (uint32_t i = l ? l - 1 : 0; i < t->distinct; i++)
		rest += counts[i];
	return counts[0] / rest;
}

static double entropy(const struct tally *t)
{
	double h = 0;

	for (uint32_t i = 0; i < t->distinct; i++) {
		double p = t->count[t->code[i]] / t->rows;

		h -= p * log(p);
	}
	return exp(h);
}

void hf_effect_diversity(const struct hf_effect_table *t, const struct hf_effect_classes *c, size_t sensitive,
                         uint32_t l, struct hf_effect_diversity *ret_diversity)
{
	struct hf_effect_diversity d = {.c = 0};
	const uint32_t *codes = hf_effect_codes(t, sensitive);
	uint32_t distinct = hf_effect_distinct(t, sensitive);
	uint32_t *counts = hf_alloc((size_t)distinct * sizeof(*counts));
	struct tally y = {.distinct = 0};

	tally_init(&y, distinct);
	for (uint32_t i = 0; i < c->count; i++) {
		double e, most;

		tally_class(&y, c, i, codes, NULL);
		e = entropy(&y);
		most = recursive(&y, l, counts);
		d.distinct = i == 0 || y.distinct < d.distinct ? y.distinct : d.distinct;
		d.entropy = i == 0 || e < d.entropy ? e : d.entropy;
		d.c = most > d.c ? most : d.c;
		tally_clear(&y);
	}
	tally_done(&y);
	free(counts);
	*ret_diversity = d;
}

void hf_effect_distinct_in(const struct hf_effect_table *t, const struct hf_effect_classes *c, size_t sensitive,
                           uint32_t *ret_distinct)
{
	const uint32_t *codes = hf_effect_codes(t, sensitive);
	struct tally y = {.distinct = 0};

	tally_init(&y, hf_effect_distinct(t, sensitive));
	for (uint32_t i = 0; i < c->count; i++) {
		tally_class(&y, c, i, codes, NULL);
		ret_distinct[i] = y.distinct;
		tally_clear(&y);
	}
	tally_done(&y);
}

/* Values in their order. */
struct ordered {
	struct hf_bytes value;
	double number;
	uint32_t code;
};

static int by_number(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static int by_bytes(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;
	size_t n = x->value.len < y->value.len ? x->value.len : y->value.len;
	int d = n ? memcmp(x->value.data, y->value.data, n) : 0;

	return d ? d : x->value.len < y->value.len ? -1 : x->value.len > y->value.len;
}

static bool number_of(struct hf_bytes v, double *ret_number)
{
	char text[64], *end;

	if (v.len == 0 || v.len >= sizeof(text) || memchr("+-.0123456789", v.data[0], 13) == NULL)
		return false;
	memcpy(text, v.data, v.len);
	text[v.len] = '\0';
	*ret_number = strtod(text, &end);
	return end == text + v.len && isfinite(*ret_number);
}

/* By code: its place in the order; a number has one, however it is written; null is first. Returns how many places
 * there are; values that no row has take none. */
static uint32_t rank(const struct hf_effect_table *t, size_t column, const uint32_t *rows_of, uint32_t *ret_rank)
{
	uint32_t distinct = hf_effect_distinct(t, column), count = 0, ranks = 0;
	struct ordered *o = hf_alloc((size_t)distinct * sizeof(*o));
	bool numbers = true;

	for (uint32_t i = 0; i < distinct; i++) {
		if (rows_of[i] == 0)
			continue;
		o[count] = (struct ordered){hf_effect_value(t, column, i), -INFINITY, i};
		numbers = (i == HF_EFFECT_NULL || number_of(o[count].value, &o[count].number)) && numbers;
		count++;
	}
	qsort(o, count, sizeof(*o), numbers ? by_number : by_bytes);
	for (uint32_t i = 0; i < count; i++) {
		ranks += i == 0 || !numbers || o[i].number != o[i - 1].number;
		ret_rank[o[i].code] = ranks - 1;
	}
	free(o);
	return ranks;
}

/* The whole table in the order of its values: share of each rank, of all below, and sums of these. */
struct whole {
	uint32_t ranks;
	double *share, *upto, *sum; /* upto[i]: share of ranks 0 to i; sum[i]: of upto[0] to upto[i - 1] */
};

static void whole_make(struct whole *w, const uint32_t *rank_of, const uint32_t *rows_of, uint32_t distinct,
                       double rows)
{
	double at = 0;

	w->share = hf_alloc_zero(((size_t)w->ranks + 1) * sizeof(double));
	w->upto = hf_alloc_zero(((size_t)w->ranks + 1) * sizeof(double));
	w->sum = hf_alloc_zero(((size_t)w->ranks + 2) * sizeof(double));
	for (uint32_t i = 0; i < distinct; i++)
		if (rows_of[i])
			w->share[rank_of[i]] += rows_of[i] / rows;
	for (uint32_t i = 0; i < w->ranks; i++) {
		at += w->share[i];
		w->upto[i] = at;
		w->sum[i + 1] = w->sum[i] + at;
	}
}

/* The sum of |level - upto[i]| for from <= i < to: upto rises, so it is below the level up to one place. */
static double gap(const struct whole *w, double level, uint32_t from, uint32_t to)
{
	uint32_t lo = from, hi = to;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (w->upto[mid] < level)
			lo = mid + 1;
		else
			hi = mid;
	}
	return level * (lo - from) - (w->sum[lo] - w->sum[from]) + (w->sum[to] - w->sum[lo]) - level * (to - lo);
}

static double ordered_distance(const struct whole *w, struct tally *y)
{
	double level = 0, all = 0;
	uint32_t at = 0;

	if (w->ranks < 2)
		return 0;
	qsort(y->code, y->distinct, sizeof(*y->code), rising);
	for (uint32_t i = 0; i < y->distinct; i++) {
		all += gap(w, level, at, y->code[i]);
		at = y->code[i];
		level += y->count[at] / y->rows;
	}
	return (all + gap(w, level, at, w->ranks)) / (w->ranks - 1);
}

static double equal_distance(const struct whole *w, const struct tally *y)
{
	double apart = 0, there = 0;

	for (uint32_t i = 0; i < y->distinct; i++) {
		double q = w->share[y->code[i]];

		apart += fabs(y->count[y->code[i]] / y->rows - q);
		there += q;
	}
	return (apart + 1 - there) / 2;
}

static uint32_t *rows_by_code(const struct hf_effect_classes *c, const uint32_t *codes, uint32_t distinct)
{
	uint32_t *rows_of = hf_alloc_zero((size_t)distinct * sizeof(*rows_of));

	for (uint32_t i = 0; i < c->rows - c->suppressed; i++)
		rows_of[codes[c->row[i]]]++;
	return rows_of;
}

/* equal, ordered: by class; ordered NULL: not wanted. */
static void distances(const struct hf_effect_table *t, const struct hf_effect_classes *c, size_t sensitive,
                      double *equal, double *ordered)
{
	const uint32_t *codes = hf_effect_codes(t, sensitive);
	uint32_t distinct = hf_effect_distinct(t, sensitive), *rows_of = rows_by_code(c, codes, distinct);
	uint32_t *rank_of = hf_alloc_zero((size_t)distinct * sizeof(*rank_of));
	struct tally y = {.distinct = 0};
	struct whole w = {.ranks = rank(t, sensitive, rows_of, rank_of)};

	whole_make(&w, rank_of, rows_of, distinct, (double)(c->rows - c->suppressed));
	tally_init(&y, distinct);
	for (uint32_t i = 0; i < c->count; i++) {
		tally_class(&y, c, i, codes, rank_of);
		equal[i] = equal_distance(&w, &y);
		if (ordered)
			ordered[i] = ordered_distance(&w, &y);
		tally_clear(&y);
	}
	tally_done(&y);
	free(w.share);
	free(w.upto);
	free(w.sum);
	free(rank_of);
	free(rows_of);
}

void hf_effect_distance_of(const struct hf_effect_table *t, const struct hf_effect_classes *c, size_t sensitive,
                           double *ret_distance)
{
	distances(t, c, sensitive, ret_distance, NULL);
}

void hf_effect_closeness(const struct hf_effect_table *t, const struct hf_effect_classes *c, size_t sensitive,
                         struct hf_effect_closeness *ret_closeness)
{
	struct hf_effect_closeness r = {.equal = 0};
	double *equal = hf_alloc(((size_t)c->count + 1) * sizeof(*equal));
	double *ordered = hf_alloc(((size_t)c->count + 1) * sizeof(*ordered));

	distances(t, c, sensitive, equal, ordered);
	for (uint32_t i = 0; i < c->count; i++) {
		r.equal = equal[i] > r.equal ? equal[i] : r.equal;
		r.ordered = ordered[i] > r.ordered ? ordered[i] : r.ordered;
	}
	free(equal);
	free(ordered);
	*ret_closeness = r;
}
