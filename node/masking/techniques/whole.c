/* whole.c - shuf, avg, agg, lsup: techniques that see all values of a column at once. */
#include "masking/techniques/decimal.h"
#include "masking/techniques/prf.h"
#include "masking/techniques/techniques.h"

#include <stdlib.h>
#include <string.h>

/* shuf */
struct shuf {
	struct hf_prf prf;
	size_t block; /* rows; 0: all */
};

static enum hf_err shuf_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	struct shuf *s = hf_alloc_zero(sizeof(*s));

	(void)f;
	hf_prf_init(&s->prf, use, "shuf");
	s->block = (size_t)hf_arg_number(use, "block", 0);
	*ret_state = s;
	return HF_OK;
}

static void shuf_close(void *state)
{
	struct shuf *s = state;

	hf_prf_done(&s->prf);
	free(s);
}

/* Fisher and Yates, with keyed draws. */
static enum hf_err shuf_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	const struct shuf *s = state;
	size_t block = s->block ? s->block : b->count;

	(void)f;
	memcpy(b->out, b->in, b->count * sizeof(*b->out));
	for (size_t from = 0; from < b->count; from += block) {
		size_t n = b->count - from < block ? b->count - from : block;

		for (size_t i = n; i > 1; i--) {
			struct hf_bytes *last = &b->out[from + i - 1], *other, kept = *last;
			struct hf_hash h;

			hf_prf_of_number(&s->prf, from + i, &h);
			other = &b->out[from + hf_prf_below(&h, 0, i)];
			*last = *other;
			*other = kept;
		}
	}
	return HF_OK;
}

static const struct hf_param shuf_params[] = {
        {"block", HF_PARAM_NUMBER, false, 2, INT32_MAX, NULL,
         "values move within so many rows; all when nothing is said"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_shuf = {
        .id = "shuf",
        .title = "shuffle",
        .record = {.principle = "the values of a column change rows by a keyed permutation",
                   .format = HF_FORMAT_KEPT,
                   .repeats = HF_REPEATS_TABLE,
                   .reversible = HF_REVERSIBLE_NO,
                   .reference = HF_REFERENCE_LOST,
                   .meaning = HF_MEANING_KEPT,
                   .distribution = HF_DISTRIBUTION_EXACT,
                   .reach = HF_REACH_TABLE,
                   .keyed = HF_KEYED_DATASET,
                   .cost = "about 400 ns a value",
                   .constraint = "every value is still there: a rare one gives away that somebody has it"},
        .params = shuf_params,
        .open = shuf_open,
        .close = shuf_close,
        .mask = shuf_mask,
};

/* A number of the column, at one scale for all. */
struct item {
	int64_t units;
	uint32_t row;
	uint32_t group;
};

/* Reads all numbers; unreadable ones become null. ret_items has room for count. Returns how many. */
static size_t read_items(struct hf_mask_batch *b, struct item *ret_items, unsigned *ret_scale)
{
	size_t n = 0;
	struct hf_decimal d;

	*ret_scale = 0;
	for (size_t i = 0; i < b->count; i++) {
		b->out[i] = (struct hf_bytes){NULL, 0};
		if (b->in[i].data && hf_decimal_read(b->in[i].data, b->in[i].len, &d) && d.scale > *ret_scale)
			*ret_scale = d.scale;
	}
	for (size_t i = 0; i < b->count; i++) {
		if (!b->in[i].data)
			continue;
		if (hf_decimal_read(b->in[i].data, b->in[i].len, &d) &&
		    hf_decimal_at(&d, *ret_scale, &ret_items[n].units))
			ret_items[n++].row = (uint32_t)i;
		else
			b->unreadable++;
	}
	return n;
}

static int by_value(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->units != y->units)
		return x->units < y->units ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static enum hf_err small_enough(const struct hf_mask_batch *b, const char *technique, struct hf_fault *f)
{
	if (b->count < UINT32_MAX)
		return HF_OK;
	return hf_fault_set(f, HF_E_LIMIT, "%s: the table has too many rows; split it", technique);
}

/* avg */
static enum hf_err avg_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	size_t *k = hf_alloc(sizeof(*k));

	(void)f;
	*k = (size_t)hf_arg_number(use, "k", 3);
	*ret_state = k;
	return HF_OK;
}

/* The mean, so that the total stays: what does not divide goes to the first ones, one unit each. */
static void put_means(struct hf_mask_batch *b, const struct item *items, size_t n, unsigned scale)
{
	__int128 sum = 0, mean, rest;

	for (size_t i = 0; i < n; i++)
		sum += items[i].units;
	mean = sum / (__int128)n;
	rest = sum % (__int128)n;
	if (rest < 0) {
		rest += (__int128)n;
		mean--;
	}
	for (size_t i = 0; i < n; i++) {
		struct hf_decimal d = {(int64_t)mean + ((__int128)i < rest), scale};

		b->out[items[i].row] = hf_decimal_bytes(&d, b->arena);
	}
}

static enum hf_err avg_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	const size_t k = *(const size_t *)state;
	struct item *items;
	unsigned scale;
	size_t n;

	HF_TRY(small_enough(b, "avg", f));
	items = hf_alloc((b->count + 1) * sizeof(*items));
	n = read_items(b, items, &scale);
	qsort(items, n, sizeof(*items), by_value);
	for (size_t from = 0; from < n;) {
		size_t size = n - from < 2 * k ? n - from : k;

		if (size >= k)
			put_means(b, items + from, size, scale);
		else
			b->unreadable += size; /* fewer numbers than k in all */
		from += size;
	}
	free(items);
	return HF_OK;
}

static const struct hf_param avg_params[] = {
        {"k", HF_PARAM_NUMBER, false, 2, 1000000, NULL, "numbers of a group; 3 when nothing is said"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_avg = {
        .id = "avg",
        .title = "micro-aggregation",
        .record = {.principle = "groups of at least k neighbouring numbers become their mean; the total stays",
                   .format = HF_FORMAT_KEPT,
                   .repeats = HF_REPEATS_TABLE,
                   .reversible = HF_REVERSIBLE_NO,
                   .reference = HF_REFERENCE_LOST,
                   .meaning = HF_MEANING_KEPT,
                   .distribution = HF_DISTRIBUTION_NEAR,
                   .reach = HF_REACH_TABLE,
                   .keyed = HF_KEYED_NOT,
                   .cost = "about 300 ns a value, and memory for the column",
                   .constraint = "a column by itself: several columns together can still single a row out"},
        .params = avg_params,
        .open = avg_open,
        .close = free,
        .mask = avg_mask,
};

/* agg */
enum function { AGG_MEAN = 1, AGG_SUM, AGG_COUNT, AGG_MIN, AGG_MAX };
struct agg {
	enum function function;
	size_t least;
};

static enum hf_err agg_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	static const char *const names[] = {"", "mean", "sum", "count", "min", "max"};
	const char *name = hf_arg_text(use, "function", "mean");
	struct agg *s = hf_alloc_zero(sizeof(*s));

	(void)f;
	s->function = AGG_MEAN;
	while (strcmp(names[s->function], name) != 0)
		s->function++;
	s->least = (size_t)hf_arg_number(use, "least", 5);
	*ret_state = s;
	return HF_OK;
}

static int64_t statistic(enum function function, const struct item *items, size_t n)
{
	__int128 sum = 0;
	int64_t least = items[0].units, most = least;

	for (size_t i = 0; i < n; i++) {
		sum += items[i].units;
		least = items[i].units < least ? items[i].units : least;
		most = items[i].units > most ? items[i].units : most;
	}
	switch (function) {
	case AGG_MEAN:
		return (int64_t)(sum < 0 ? (sum - (__int128)n / 2) / (__int128)n
		                         : (sum + (__int128)n / 2) / (__int128)n);
	case AGG_SUM:
		return sum > INT64_MAX || sum < INT64_MIN ? 0 : (int64_t)sum;
	case AGG_COUNT:
		return (int64_t)n;
	case AGG_MIN:
		return least;
	case AGG_MAX:
		return most;
	}
	return 0;
}

static int by_group(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* Numbers the different values of `by`, in the order of their first row. */
static void number_groups(const struct hf_bytes *by, struct item *items, size_t n)
{
	size_t cap = 16;
	uint32_t *slots;

	while (cap < 2 * n)
		cap *= 2;
	slots = hf_alloc_zero(cap * sizeof(*slots));
	for (size_t i = 0; i < n; i++) {
		const struct hf_bytes *v = &by[items[i].row];
		uint64_t h = 14695981039346656037u;
		size_t at;

		for (size_t k = 0; k < v->len; k++)
			h = (h ^ v->data[k]) * 1099511628211u;
		for (at = (size_t)(h ^ h >> 29) & (cap - 1); slots[at]; at = (at + 1) & (cap - 1)) {
			const struct hf_bytes *o = &by[items[slots[at] - 1].row];

			if (o->len == v->len && !o->data == !v->data &&
			    (v->len == 0 || memcmp(o->data, v->data, v->len) == 0))
				break;
		}
		if (!slots[at])
			slots[at] = (uint32_t)i + 1;
		items[i].group = slots[at];
	}
	free(slots);
}

static enum hf_err agg_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	const struct agg *s = state;
	struct item *items;
	unsigned scale;
	size_t n;

	if (!b->by)
		return hf_fault_set(f, HF_E_ARGUMENT, "agg needs the values of its column by, which names the groups");
	HF_TRY(small_enough(b, "agg", f));
	items = hf_alloc((b->count + 1) * sizeof(*items));
	n = read_items(b, items, &scale);
	number_groups(b->by, items, n);
	qsort(items, n, sizeof(*items), by_group);
	for (size_t from = 0, size; from < n; from += size) {
		struct hf_decimal d = {0, s->function == AGG_COUNT ? 0 : scale};
		struct hf_bytes text = {NULL, 0};

		for (size = 1; from + size < n && items[from + size].group == items[from].group; size++)
			;
		d.units = statistic(s->function, items + from, size);
		if (size >= s->least)
			text = hf_decimal_bytes(&d, b->arena);
		for (size_t i = 0; i < size; i++)
			b->out[items[from + i].row] = text;
	}
	free(items);
	return HF_OK;
}

static const struct hf_param agg_params[] = {
        {"by", HF_PARAM_TEXT, true, 1, 127, NULL, "column that names the groups"},
        {"function", HF_PARAM_CHOICE, false, 0, 0, "mean sum count min max", "mean when nothing is said"},
        {"least", HF_PARAM_NUMBER, false, 2, 1000000, NULL, "smaller groups become null; 5 when nothing is said"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_agg = {
        .id = "agg",
        .title = "group statistics",
        .record = {.principle = "every number becomes a statistic of its group; small groups become null",
                   .format = HF_FORMAT_KEPT,
                   .repeats = HF_REPEATS_TABLE,
                   .reversible = HF_REVERSIBLE_NO,
                   .reference = HF_REFERENCE_LOST,
                   .meaning = HF_MEANING_KEPT,
                   .distribution = HF_DISTRIBUTION_COARSE,
                   .reach = HF_REACH_TABLE,
                   .keyed = HF_KEYED_NOT,
                   .cost = "about 300 ns a value, and memory for the column",
                   .constraint = "with a total known from elsewhere one null group can be computed: leave two out"},
        .params = agg_params,
        .open = agg_open,
        .close = free,
        .mask = agg_mask,
};

/* lsup */
static enum hf_err lsup_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	size_t *k = hf_alloc(sizeof(*k));

	(void)f;
	*k = (size_t)hf_arg_number(use, "k", 5);
	*ret_state = k;
	return HF_OK;
}

/* The value and the one beside it as one text. */
static struct hf_bytes pair_of(const struct hf_mask_batch *b, size_t i)
{
	size_t len = b->in[i].len, by = b->by ? b->by[i].len : 0;
	uint8_t *text = hf_arena_get(b->arena, len + by + 8);

	hf_put_u64(text, len);
	if (len)
		memcpy(text + 8, b->in[i].data, len);
	if (by)
		memcpy(text + 8 + len, b->by[i].data, by);
	return (struct hf_bytes){text, 8 + len + by};
}

static enum hf_err lsup_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	const size_t k = *(const size_t *)state;
	struct hf_bytes *pairs;
	struct item *items;
	size_t n = 0;

	HF_TRY(small_enough(b, "lsup", f));
	items = hf_alloc((b->count + 1) * sizeof(*items));
	pairs = hf_alloc((b->count + 1) * sizeof(*pairs));
	for (size_t i = 0; i < b->count; i++) {
		b->out[i] = (struct hf_bytes){NULL, 0};
		if (!b->in[i].data)
			continue;
		pairs[i] = pair_of(b, i);
		items[n++] = (struct item){0, (uint32_t)i, 0};
	}
	number_groups(pairs, items, n);
	qsort(items, n, sizeof(*items), by_group);
	for (size_t from = 0, size; from < n; from += size) {
		for (size = 1; from + size < n && items[from + size].group == items[from].group; size++)
			;
		for (size_t i = 0; i < size && size >= k; i++)
			b->out[items[from + i].row] = b->in[items[from + i].row];
	}
	free(items);
	free(pairs);
	return HF_OK;
}

static const struct hf_param lsup_params[] = {
        {"k", HF_PARAM_NUMBER, false, 2, 1000000, NULL,
         "values that stand in fewer rows become null; 5 when nothing is said"},
        {"by", HF_PARAM_TEXT, false, 1, 127, NULL, "column together with which the value is counted"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_lsup = {
        .id = "lsup",
        .title = "local suppression",
        .record = {.principle = "values that stand in fewer than k rows become null",
                   .format = HF_FORMAT_KEPT,
                   .repeats = HF_REPEATS_TABLE,
                   .reversible = HF_REVERSIBLE_NO,
                   .reference = HF_REFERENCE_PART,
                   .meaning = HF_MEANING_KEPT,
                   .distribution = HF_DISTRIBUTION_NEAR,
                   .reach = HF_REACH_TABLE,
                   .keyed = HF_KEYED_NOT,
                   .cost = "about 200 ns a value, and memory for the column",
                   .constraint = "frequent values stay as they are; say how many became null"},
        .params = lsup_params,
        .open = lsup_open,
        .close = free,
        .mask = lsup_mask,
};
