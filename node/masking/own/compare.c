/* compare.c - what became of a column; declared in trial.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/utf8.h"
#include "masking/own/trial.h"

struct pair {
	struct hf_bytes first, second;
};

static bool same(const struct hf_bytes *a, const struct hf_bytes *b)
{
	return !a->data == !b->data && a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static int compare(const struct hf_bytes *a, const struct hf_bytes *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int c = n ? memcmp(a->data, b->data, n) : 0;

	return c ? c : a->len < b->len ? -1 : a->len > b->len;
}

static int by_both(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int c = compare(&x->first, &y->first);

	return c ? c : compare(&x->second, &y->second);
}

struct hf_bytes hf_trial_keep(struct hf_trial *t, const struct hf_bytes *v)
{
	uint8_t *copy = v->data ? hf_arena_get(&t->arena, v->len + 1) : NULL;

	if (copy && v->len)
		memcpy(copy, v->data, v->len);
	return (struct hf_bytes){copy, v->len};
}

size_t hf_trial_differ(const struct hf_trial *t, const struct hf_bytes *a, const struct hf_bytes *b)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		n += !same(&a[i], &b[i]);
	return n;
}

/* Sorted by the first, then the second of each. */
static struct pair *pairs(const struct hf_trial *t, const struct hf_bytes *first, const struct hf_bytes *second)
{
	struct pair *p = hf_alloc((t->count + 1) * sizeof(*p));

	for (size_t i = 0; i < t->count; i++)
		p[i] = (struct pair){first[i], second[i]};
	qsort(p, t->count, sizeof(*p), by_both);
	return p;
}

static size_t several(const struct hf_trial *t, const struct hf_bytes *of, const struct hf_bytes *in)
{
	struct pair *p = pairs(t, of, in);
	size_t n = 0;

	for (size_t i = 1; i < t->count; i++)
		n += same(&p[i - 1].first, &p[i].first) && !same(&p[i - 1].second, &p[i].second);
	free(p);
	return n;
}

size_t hf_trial_split(const struct hf_trial *t)
{
	return several(t, t->in, t->out);
}

size_t hf_trial_met(const struct hf_trial *t)
{
	return several(t, t->out, t->in);
}

size_t hf_trial_disorder(const struct hf_trial *t)
{
	struct pair *p = pairs(t, t->in, t->out);
	size_t n = 0;

	for (size_t i = 1; i < t->count; i++)
		n += compare(&p[i - 1].second, &p[i].second) > 0;
	free(p);
	return n;
}

/* A digit, a capital letter, a small one, another character. */
static unsigned kind_of(uint32_t code)
{
	return code >= '0' && code <= '9'   ? 1
	       : code >= 'A' && code <= 'Z' ? 2
	       : code >= 'a' && code <= 'z' ? 3
	       : code < 128                 ? 4
	                                    : 5;
}

static bool alike(const struct hf_bytes *a, const struct hf_bytes *b, bool kinds)
{
	const char *x = (const char *)a->data, *y = (const char *)b->data, *x_end, *y_end;
	uint32_t p, q;

	if (!x || !y)
		return !x && !y;
	x_end = x + a->len;
	y_end = y + b->len;
	while (x < x_end && y < y_end)
		if (!hf_utf8_next(&x, x_end, &p) || !hf_utf8_next(&y, y_end, &q) || (kinds && kind_of(p) != kind_of(q)))
			return false;
	return x == x_end && y == y_end;
}

size_t hf_trial_misshapen(const struct hf_trial *t, bool kinds)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct hf_bytes *v = &t->out[i];

		n += kinds && t->own->form ? !v->data || !hf_own_of_form(t->own->form, v) : !alike(&t->in[i], v, kinds);
	}
	return n;
}

static int by_size(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

/* How often each value stands there, sorted; returns how many values there are. */
static size_t frequencies(const struct hf_trial *t, const struct hf_bytes *v, size_t **ret_counts)
{
	struct pair *p = pairs(t, v, v);
	size_t *counts = hf_alloc_zero((t->count + 1) * sizeof(*counts)), n = 0;

	for (size_t i = 0; i < t->count; i++) {
		n += i == 0 || !same(&p[i - 1].first, &p[i].first);
		counts[n - 1]++;
	}
	free(p);
	qsort(counts, n, sizeof(*counts), by_size);
	*ret_counts = counts;
	return n;
}

/* False: some are no numbers. */
static bool mean(const struct hf_trial *t, const struct hf_bytes *v, double *ret_mean)
{
	double sum = 0;

	for (size_t i = 0; i < t->count; i++) {
		char text[40] = "", *end = text;
		double d;

		if (v[i].len == 0 || v[i].len >= sizeof(text))
			return false;
		memcpy(text, v[i].data, v[i].len);
		d = strtod(text, &end);
		if (end == text || *end || !isfinite(d))
			return false;
		sum += d;
	}
	*ret_mean = sum / (double)t->count;
	return true;
}

bool hf_trial_distribution(const struct hf_trial *t, enum hf_keeps_distribution d)
{
	size_t *before, *after, n, k;
	double x, y;
	bool good = true;

	switch (d) {
	case HF_DISTRIBUTION_LOST:
		return true;
	case HF_DISTRIBUTION_NEAR:
		return mean(t, t->in, &x) && mean(t, t->out, &y) && fabs(x - y) <= 0.05 * fabs(x);
	case HF_DISTRIBUTION_COARSE:
	case HF_DISTRIBUTION_FREQUENCIES:
	case HF_DISTRIBUTION_EXACT:
		break;
	}
	n = frequencies(t, t->in, &before);
	k = frequencies(t, t->out, &after);
	if (d == HF_DISTRIBUTION_COARSE)
		good = k <= n && hf_trial_split(t) == 0;
	else
		good = d == HF_DISTRIBUTION_FREQUENCIES ? after[k - 1] >= before[n - 1]
		                                        : n == k && memcmp(before, after, n * sizeof(*before)) == 0;
	free(before);
	free(after);
	return good;
}
