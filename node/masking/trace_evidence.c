/*
 * trace_evidence.c - what was found, as numbers of hits with what chance would give.
 *
 * Whoever is innocent has keys that the leak does not depend on: his pseudonyms and marks are, to whoever has not the
 * key, independent even draws. Hits are bounded after Hoeffding (1963), which holds for draws without returning and of
 * different chances, too; a mark's correlation by an even draw's being sub-Gaussian with its own variance. What the key
 * was used on once counts once, however often its row was leaked.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "masking/trace_internal.h"

double trace_log_bound(size_t values, size_t hits, double expected)
{
	double p, x;

	if (values == 0)
		return 0;
	p = expected / (double)values;
	x = (double)hits / (double)values;
	if (p >= 1 || x <= p)
		return 0;
	if (p < 1e-300)
		p = 1e-300;
	return -(double)values * (x * log(x / p) + (hits == values ? 0 : (1 - x) * log((1 - x) / (1 - p))));
}

#define ROW_CHANCE 0.001 /* of a row that is said to be somebody's */

/* A leaked cell beside what the release has in its row. */
struct record {
	uint64_t unit, value; /* of what the key was used on; of what was leaked */
	uint32_t row;
	bool marked;
	bool hit[TRACE_NEAR];
	double chance[TRACE_NEAR];
	double leaked, own; /* MARKED: within the room, around 0 */
};
struct records {
	struct record *list;
	size_t count, cap;
};

static const double nearness[TRACE_NEAR] = {0, 0.05, 0.125, 0.25}; /* of the room */

/* The leaked number in the cell's units; false: it has other digits behind. */
static bool at_scale(const struct hf_decimal *d, unsigned scale, int64_t *ret_units)
{
	struct hf_decimal back;

	if (!hf_decimal_at(d, scale, ret_units))
		return false;
	back = (struct hf_decimal){*ret_units, scale};
	return hf_decimal_compare(&back, d) == 0;
}

static bool weigh_mark(const struct trace_cell *c, const struct hf_bytes *v, struct record *r)
{
	struct hf_decimal d;
	int64_t units = 0, whole = hf_round_units(c->units, c->room, HF_ROUND_FLOOR);
	double off, room = (double)c->room;
	bool exact;

	if (!hf_decimal_read(v->data, v->len, &d))
		return false;
	exact = at_scale(&d, c->scale, &units);
	off = fabs((double)units - (double)c->units);
	for (size_t k = 0; k < TRACE_NEAR; k++) {
		double most = floor(nearness[k] * room), places = 2 * most + (k ? 2 : 1);

		r->hit[k] = off <= most && (k > 0 || exact);
		r->chance[k] = places < room ? places / room : 1;
	}
	r->leaked = ((double)units - (double)whole + 0.5) / room - 0.5;
	r->leaked = r->leaked > 0.5 ? 0.5 : r->leaked < -0.5 ? -0.5 : r->leaked;
	r->own = ((double)(c->units - whole) + 0.5) / room - 0.5;
	r->marked = true;
	r->value = (uint64_t)units * 2 + exact;
	return true;
}

static void weigh_cell(const struct hf_trace *t, const struct trace_cell *c, const struct hf_bytes *v, struct record *r)
{
	r->value = trace_hash(t, 0, v->data, v->len);
	r->hit[0] = r->value == c->text;
	/* Twice, because a permutation gives the last values with a little more than that chance. */
	r->chance[0] = 2 * c->chance;
}

static void keep(struct records *all, const struct record *r)
{
	if (all->count == all->cap) {
		all->cap = all->cap ? 2 * all->cap : 256;
		all->list = hf_realloc(all->list, all->cap * sizeof(*all->list));
	}
	all->list[all->count++] = *r;
}

/* The first way that found anything decides; several rows: it is not known which. */
static const struct trace_found *found_at(const struct trace_run *run, size_t row)
{
	for (size_t w = 0; w < FOUND_WAYS; w++) {
		const struct trace_found *f = &run->found[row * FOUND_WAYS + w];

		if (f->row)
			return f->several ? NULL : f;
	}
	return NULL;
}

static double nearest_chance(const struct record *r)
{
	for (size_t k = 0; k < (r->marked ? TRACE_NEAR : 1); k++)
		if (r->hit[k])
			return r->chance[k];
	return 1;
}

static void collect(const struct hf_trace *t, const struct trace_part *part, struct records *all,
                    struct trace_result *ret)
{
	const struct trace_run *run = t->run;

	for (size_t k = 0; k < part->count; k++) {
		const size_t row = part->rows[k];
		const struct trace_found *f = found_at(run, row);

		double chance = 1; /* of all that hits in the row */

		ret->found += f != NULL;
		for (size_t i = 0; f && i < run->keyed; i++) {
			const struct trace_cell *c = &f->cells[i];
			const struct hf_bytes *v = trace_leaked(t, row, run->columns[i].leaked);
			struct record r = {.unit = c->unit, .row = (uint32_t)row};

			if (!c->there || !v->data)
				continue;
			if (run->columns[i].kind == TRACE_KEYED)
				weigh_cell(t, c, v, &r);
			else if (!weigh_mark(c, v, &r))
				continue;
			keep(all, &r);
			chance *= nearest_chance(&r);
		}
		ret->row_hit[row] |= chance <= ROW_CHANCE;
	}
}

static int by_unit(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	return x->value < y->value ? -1 : x->value > y->value;
}

struct tally {
	size_t values[TRACE_NEAR], hits[TRACE_NEAR], marks;
	double expected[TRACE_NEAR];
	double product, squares; /* of the correlation */
};

/* Different values leaked of one unit: each may be the one. */
static void tally_unit(const struct record *list, size_t count, struct tally *y)
{
	double chance[TRACE_NEAR] = {0}, leaked = 0;
	bool hit[TRACE_NEAR] = {false};
	size_t near = list[0].marked ? TRACE_NEAR : 1;

	for (size_t i = 0; i < count; i++) {
		if (i > 0 && list[i].value == list[i - 1].value)
			continue;
		leaked += list[i].leaked;
		for (size_t k = 0; k < near; k++) {
			hit[k] |= list[i].hit[k];
			chance[k] += list[i].chance[k];
		}
	}
	for (size_t k = 0; k < near; k++) {
		y->values[k]++;
		y->hits[k] += hit[k];
		y->expected[k] += chance[k] < 1 ? chance[k] : 1;
	}
	if (list[0].marked) {
		y->marks++;
		y->product += leaked * list[0].own;
		y->squares += leaked * leaked;
	}
}

static void add(struct trace_result *r, const struct trace_evidence *e)
{
	if (e->values)
		r->evidence[r->evidence_count++] = *e;
}

struct pseudonym {
	uint64_t hash;
	bool hit;
};

static int by_hash(const void *a, const void *b)
{
	const struct pseudonym *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* Different leaked values of a column, and how many of them the release has. */
static void weigh_column(const struct hf_trace *t, const struct trace_column *c, const struct trace_part *part,
                         struct trace_result *ret)
{
	struct trace_evidence e = {.kind = "pseudonyms", .field = t->header[c->leaked]};
	struct pseudonym *list = hf_alloc((part->count + 1) * sizeof(*list));
	double chance = c->chance < 1 ? c->chance : 1;
	size_t n = 0;

	for (size_t i = 0; i < part->count; i++) {
		const struct hf_bytes *v = trace_leaked(t, part->rows[i], c->leaked);
		uint64_t h = v->data ? trace_hash(t, 0, v->data, v->len) : 0;
		size_t at = v->data ? trace_set_find(&c->leak, h) : SIZE_MAX;

		if (at == SIZE_MAX)
			continue;
		list[n++] = (struct pseudonym){h, c->hit[at]};
		ret->row_hit[part->rows[i]] |= c->hit[at] && chance <= ROW_CHANCE;
	}
	qsort(list, n, sizeof(*list), by_hash);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && list[i].hash == list[i - 1].hash)
			continue;
		e.values++;
		e.hits += list[i].hit;
	}
	free(list);
	e.expected = chance * (double)e.values;
	e.log_bound = trace_log_bound(e.values, e.hits, e.expected);
	add(ret, &e);
}

static void weigh_rows(const struct hf_trace *t, const struct trace_part *part, struct trace_result *ret)
{
	static const char *const kinds[TRACE_NEAR] = {"cells", "digits within 5 %", "digits within 12.5 %",
	                                              "digits within 25 %"};
	struct records all = {NULL, 0, 0};
	struct tally y = {.marks = 0};
	struct trace_evidence e = {.kind = "correlation"};

	collect(t, part, &all, ret);
	if (all.count)
		qsort(all.list, all.count, sizeof(*all.list), by_unit);
	for (size_t from = 0, n; from < all.count; from += n) {
		for (n = 1; from + n < all.count && all.list[from + n].unit == all.list[from].unit; n++)
			;
		tally_unit(all.list + from, n, &y);
	}
	free(all.list);
	for (size_t k = 0; k < TRACE_NEAR; k++) {
		const struct trace_evidence near = {.kind = kinds[k],
		                                    .values = y.values[k],
		                                    .hits = y.hits[k],
		                                    .expected = y.expected[k],
		                                    .log_bound =
		                                            trace_log_bound(y.values[k], y.hits[k], y.expected[k])};

		add(ret, &near);
	}
	e.values = y.marks;
	if (y.product > 0 && y.squares > 0)
		e.log_bound = -6 * y.product * y.product / y.squares; /* an even draw of width 1 has variance 1/12 */
	add(ret, &e);
}

void trace_weigh(const struct hf_trace *t, const struct trace_part *part, struct trace_result *ret)
{
	ret->evidence = hf_alloc((t->run->keyed + TRACE_NEAR + 2) * sizeof(*ret->evidence));
	ret->row_hit = hf_alloc_zero(t->rows + 1);
	for (size_t i = 0; i < t->run->keyed; i++)
		if (t->run->columns[i].kind == TRACE_KEYED)
			weigh_column(t, &t->run->columns[i], part, ret);
	weigh_rows(t, part, ret);
}
