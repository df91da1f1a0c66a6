/* mask_figures.c - the figures of an evaluation as JSON, of which text and page are made; declared in mask_evaluate.h.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "mask_evaluate.h"
#include "masking/coverage.h"
#include "masking/demand.h"
#include "masking/effect_attack.h"
#include "masking/effect_tree.h"
#include "masking/effect_uniques.h"
#include "masking/effect_utility.h"

#define CORRELATED_MOST 32u /* columns of numbers of which every pair is looked at */

static json_t *real_or_null(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *number(uint64_t v)
{
	return json_integer((json_int_t)v);
}

static bool columns_of(const struct hf_mask_evaluation *e, const struct hf_mask_table *t, const struct hf_mask_names *n,
                       size_t *ret_columns)
{
	for (size_t i = 0; i < n->count; i++)
		if (!hf_mask_table_column(e->cli, t, n->name[i], &ret_columns[i]))
			return false;
	return true;
}

/* Null when values are missing in the tree: the masked column is another one. */
static json_t *tree_json(const struct hf_mask_evaluation *e, const struct hf_mask_table *t,
                         const struct hf_effect_classes *c, size_t i, size_t column)
{
	double far = 0;

	if (!e->tree[i] || hf_effect_closeness_tree(t->rows, c, column, e->tree[i], &far) > 0)
		return json_null();
	return json_real(far);
}

static json_t *sensitive_json(const struct hf_mask_evaluation *e, const struct hf_mask_table *t,
                              const struct hf_effect_classes *c, size_t i, size_t column)
{
	struct hf_effect_diversity d;
	struct hf_effect_closeness far;

	hf_effect_diversity(t->rows, c, column, e->l, &d);
	hf_effect_closeness(t->rows, c, column, &far);
	return json_pack("{s:s, s:o, s:f, s:o, s:o, s:f, s:f, s:o}", "field", e->sensitive.name[i], "l_distinct",
	                 number(d.distinct), "l_entropy", d.entropy, "recursive_l", number(e->l), "recursive_c",
	                 real_or_null(d.c), "t_equal", far.equal, "t_ordered", far.ordered, "t_tree",
	                 tree_json(e, t, c, i, column));
}

static json_t *journalist_json(const struct hf_mask_evaluation *e, const struct hf_mask_table *t,
                               const struct hf_effect_classes *c, const size_t *quasi, const size_t *population_quasi)
{
	struct hf_effect_journalist j;
	uint32_t *many = hf_effect_population(t->rows, c, quasi, e->quasi.count, e->population.rows, population_quasi);

	hf_effect_journalist(c, many, hf_effect_rows(e->population.rows), e->threshold, &j);
	free(many);
	return json_pack("{s:o, s:o, s:f, s:f, s:f, s:f, s:f, s:f}", "k_map", number(j.k), "strange_classes",
	                 number(j.strange), "max", j.max, "average", j.mean, "above_threshold", j.above, "marketer",
	                 j.marketer, "delta_min", j.delta_min, "delta_max", j.delta_max);
}

static json_t *estimate_json(const struct hf_effect_estimate *e, const char *a, const char *b)
{
	json_t *o = json_pack("{s:f, s:b, s:s?}", "uniques", e->uniques, "valid", e->why == NULL, "why", e->why);

	if (a && !e->why) {
		json_object_set_new(o, a, json_real(e->a));
		json_object_set_new(o, b, json_real(e->b));
	}
	return o;
}

static json_t *uniques_json(const struct hf_mask_evaluation *e, const struct hf_effect_classes *c)
{
	struct hf_effect_uniques u;
	uint32_t people = e->people ? e->people : e->population.rows ? hf_effect_rows(e->population.rows) : 0;

	if (!people)
		return json_null();
	hf_effect_uniques(c, people, &u);
	return json_pack("{s:o, s:f, s:o, s:o, s:o, s:s, s:f, s:f}", "people", number(people), "fraction", u.fraction,
	                 "pitman", estimate_json(&u.pitman, "theta", "alpha"), "zayatz",
	                 estimate_json(&u.zayatz, NULL, NULL), "snb", estimate_json(&u.snb, "alpha", "beta"), "chosen",
	                 u.chosen, "uniques", u.uniques, "share", u.uniques / people);
}

/* Rows by the size of their class, in bands; for the plot. */
static json_t *sizes_json(const struct hf_effect_classes *c)
{
	static const uint32_t upto[] = {1, 2, 4, 9, 19, 49, 99, 999, UINT32_MAX};
	uint64_t rows[sizeof(upto) / sizeof(upto[0])] = {0};
	json_t *list = json_array();
	size_t at;

	for (uint32_t i = 0; i < c->count; i++) {
		for (at = 0; c->size[i] > upto[at]; at++)
			;
		rows[at] += c->size[i];
	}
	for (size_t i = 0; i < sizeof(upto) / sizeof(upto[0]); i++)
		json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "from", number(i ? upto[i - 1] + 1 : 1), "to",
		                                      upto[i] == UINT32_MAX ? json_null() : number(upto[i]), "rows",
		                                      number(rows[i])));
	return list;
}

static struct hf_demand_table named(const struct hf_mask_table *t)
{
	return (struct hf_demand_table){t->rows, (const char *const *)t->names, t->name_count};
}

static json_t *grade_json(const struct hf_mask_evaluation *e, const struct hf_mask_table *t, double risk)
{
	struct hf_demand_table before = named(&e->before), of = named(t);

	return hf_demand_grade(t == &e->before ? NULL : &before, &of, risk, e->threshold);
}

static json_t *risk_json(const struct hf_mask_table *t, const struct hf_effect_risk *k)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:f, s:f, s:{s:f, s:f, s:f}, s:f}", "file", t->path, "rows",
	                 number(k->rows), "suppressed_rows", number(k->suppressed), "classes", number(k->classes), "k",
	                 number(k->k), "sample_uniques", number(k->uniques), "average_class", k->average,
	                 "discernibility", k->discernible, "prosecutor", "max", k->max, "average", k->mean,
	                 "above_threshold", k->above, "marketer", k->mean);
}

/* NULL after printing what is wrong. */
static json_t *side(struct hf_mask_evaluation *e, struct hf_mask_table *t)
{
	size_t quasi[HF_MASK_NAMES], sensitive[HF_MASK_NAMES], population[HF_MASK_NAMES];
	struct hf_effect_classes c;
	struct hf_effect_risk k;
	bool people = e->population.rows && t == &e->after; /* the population is masked as AFTER is */
	json_t *o, *list = json_array();

	if (!columns_of(e, t, &e->quasi, quasi) || !columns_of(e, t, &e->sensitive, sensitive) ||
	    (people && !columns_of(e, &e->population, &e->quasi, population))) {
		json_decref(list);
		return NULL;
	}
	hf_effect_classes_make(t->rows, quasi, e->quasi.count, &c);
	hf_effect_risk(&c, e->threshold, &k);
	for (size_t i = 0; i < e->sensitive.count; i++)
		json_array_append_new(list, sensitive_json(e, t, &c, i, sensitive[i]));
	o = risk_json(t, &k);
	json_object_set_new(o, "sensitive", list);
	json_object_set_new(o, "population_uniques", uniques_json(e, &c));
	json_object_set_new(o, "sizes", sizes_json(&c));
	json_object_set_new(o, "grade", grade_json(e, t, k.max));
	if (people)
		json_object_set_new(o, "journalist", journalist_json(e, t, &c, quasi, population));
	hf_effect_classes_done(&c);
	return o;
}

/* Columns that both tables have, in the order of the first. */
struct shared {
	size_t before[HF_MAX_FIELDS], after[HF_MAX_FIELDS];
	size_t count;
};

static void share_columns(const struct hf_mask_evaluation *e, struct shared *s)
{
	s->count = 0;
	for (size_t i = 0; i < e->before.name_count; i++)
		for (size_t j = 0; j < e->after.name_count && s->count < HF_MAX_FIELDS; j++)
			if (strcmp(e->before.names[i], e->after.names[j]) == 0) {
				s->before[s->count] = i;
				s->after[s->count++] = j;
			}
}

/* When the rows of both tables are the same things: what comes back (MK-3). Else null. */
static json_t *recovery_json(const struct hf_mask_evaluation *e, const struct shared *s)
{
	json_t *list;

	if (hf_effect_rows(e->before.rows) != hf_effect_rows(e->after.rows))
		return json_null();
	list = json_array();
	for (size_t i = 0; i < s->count; i++) {
		struct hf_effect_attack a;

		hf_effect_attack(e->before.rows, s->before[i], e->after.rows, s->after[i], &a);
		json_array_append_new(list,
		                      json_pack("{s:s, s:f, s:f, s:f}", "field", e->before.names[s->before[i]], "same",
		                                a.same, "dictionary", a.dictionary, "frequency", a.frequency));
	}
	return list;
}

static json_t *numbers_json(const struct hf_effect_column *c)
{
	return json_pack("{s:f, s:f, s:f, s:o, s:f, s:f, s:o}", "ks", c->ks, "mean_before", c->mean[0], "mean_after",
	                 c->mean[1], "mean_error", real_or_null(fabs(c->mean[1] - c->mean[0]) / fabs(c->mean[0])),
	                 "variance_before", c->variance[0], "variance_after", c->variance[1], "variance_error",
	                 real_or_null(fabs(c->variance[1] - c->variance[0]) / c->variance[0]));
}

static json_t *column_json(const char *name, const struct hf_effect_column *c, bool aligned)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:f, s:o}", "field", name, "changed",
	                 aligned ? number(c->changed) : json_null(), "emptied",
	                 aligned ? number(c->emptied) : json_null(), "loss", aligned ? json_real(c->loss) : json_null(),
	                 "variation", c->variation, "numbers", c->numbers ? numbers_json(c) : json_null());
}

/* Columns of numbers in both tables. */
struct numeric {
	size_t at[CORRELATED_MOST]; /* place among the shared columns */
	struct hf_effect_span *spans[2][CORRELATED_MOST];
	size_t count;
};

static void numeric_make(const struct hf_mask_evaluation *e, const struct shared *s, struct numeric *n)
{
	double least, most;

	n->count = 0;
	for (size_t i = 0; i < s->count && n->count < CORRELATED_MOST; i++) {
		struct hf_effect_span *was, *is;

		if (!hf_effect_range(e->before.rows, s->before[i], &least, &most))
			continue;
		was = hf_effect_spans(e->before.rows, s->before[i], least, most);
		is = hf_effect_spans(e->after.rows, s->after[i], least, most);
		if (!was || !is) {
			free(was);
			free(is);
			continue;
		}
		n->spans[0][n->count] = was;
		n->spans[1][n->count] = is;
		n->at[n->count++] = i;
	}
}

/* Of every pair of columns of numbers, how far its correlation moved. */
static json_t *correlation_json(const struct hf_mask_evaluation *e, const struct shared *s)
{
	struct numeric n;
	json_t *pairs = json_array();
	double sum = 0, most = 0;
	size_t count = 0;

	numeric_make(e, s, &n);
	for (size_t a = 0; a < n.count; a++)
		for (size_t b = a + 1; b < n.count; b++) {
			size_t x = n.at[a], y = n.at[b];
			double was = hf_effect_correlation(e->before.rows, s->before[x], n.spans[0][a], s->before[y],
			                                   n.spans[0][b]);
			double is = hf_effect_correlation(e->after.rows, s->after[x], n.spans[1][a], s->after[y],
			                                  n.spans[1][b]);
			double drift = fabs(is - was);

			json_array_append_new(
			        pairs, json_pack("{s:[s, s], s:o, s:o, s:o}", "fields", e->before.names[s->before[x]],
			                         e->before.names[s->before[y]], "before", real_or_null(was), "after",
			                         real_or_null(is), "drift", real_or_null(drift)));
			if (!isfinite(drift))
				continue;
			sum += drift;
			most = drift > most ? drift : most;
			count++;
		}
	for (size_t a = 0; a < n.count; a++) {
		free(n.spans[0][a]);
		free(n.spans[1][a]);
	}
	return json_pack("{s:o, s:o, s:o}", "pairs", pairs, "mean_drift",
	                 count ? json_real(sum / (double)count) : json_null(), "most_drift",
	                 count ? json_real(most) : json_null());
}

static json_t *questions_json(const struct hf_mask_evaluation *e, const struct shared *s)
{
	const struct hf_effect_pair p = {e->before.rows, e->after.rows, s->before, s->after, s->count};
	struct hf_effect_questions q;

	hf_effect_questions(&p, e->questions, (struct hf_bytes){(const uint8_t *)e->seed, strlen(e->seed)}, &q);
	return json_pack("{s:o, s:s, s:f, s:f, s:f}", "count", number(q.count), "seed", e->seed, "mean_error", q.mean,
	                 "median_error", q.median, "most_error", q.most);
}

static json_t *utility_json(const struct hf_mask_evaluation *e, const struct shared *s)
{
	uint32_t rows = hf_effect_rows(e->before.rows);
	bool aligned = rows == hf_effect_rows(e->after.rows);
	json_t *columns = json_array();
	uint64_t changed = 0, emptied = 0;
	double loss = 0;

	for (size_t i = 0; i < s->count; i++) {
		struct hf_effect_column c;

		hf_effect_column(e->before.rows, s->before[i], e->after.rows, s->after[i], aligned, &c);
		changed += c.changed;
		emptied += c.emptied;
		loss += c.loss;
		json_array_append_new(columns, column_json(e->before.names[s->before[i]], &c, aligned));
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "cells", number((uint64_t)rows * s->count),
	                 "cells_changed", aligned ? number(changed) : json_null(), "cells_emptied",
	                 aligned ? number(emptied) : json_null(), "rows_lost",
	                 json_integer((json_int_t)rows - (json_int_t)hf_effect_rows(e->after.rows)), "loss",
	                 aligned && s->count ? json_real(loss / (double)s->count) : json_null(), "columns", columns,
	                 "correlation", correlation_json(e, s), "questions", questions_json(e, s));
}

json_t *hf_mask_figures(struct hf_mask_evaluation *e)
{
	json_t *before = side(e, &e->before), *after = before ? side(e, &e->after) : NULL, *o;
	struct hf_demand_table was, is;
	struct shared *s;

	if (!after) {
		json_decref(before);
		return NULL;
	}
	s = hf_alloc(sizeof(*s));
	share_columns(e, s);
	o = json_pack("{s:f, s:o, s:o, s:o, s:o}", "threshold", e->threshold, "before", before, "after", after,
	              "recovery", recovery_json(e, s), "utility", utility_json(e, s));
	free(s);
	was = named(&e->before);
	is = named(&e->after);
	json_object_set_new(o, "coverage", hf_coverage(&was, &is, e->threshold));
	json_object_set_new(o, "changes", hf_coverage_changes(json_object_get(o, "coverage"), o, e->threshold));
	return o;
}
