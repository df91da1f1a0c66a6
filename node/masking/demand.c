/* demand.c - suppression, figures and what they miss; declared in demand.h. */
#include "masking/demand.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "masking/effect_attack.h"
#include "masking/effect_grade.h"
#include "masking/effect_meet.h"

struct hf_sieve {
	const struct hf_plan_demand *d;
	struct hf_sieve_columns columns;
	struct hf_effect_table *t; /* the quasi-identifiers, and behind them the sensitive columns */
	struct hf_bytes *cells;
	struct hf_effect_classes classes; /* of the rows that stay, when the end was reached */
	uint32_t next;
};

/* from, from + 1, ... */
static size_t *counting(size_t from, size_t count)
{
	size_t *n = hf_alloc((count + 1) * sizeof(*n));

	for (size_t i = 0; i < count; i++)
		n[i] = from + i;
	return n;
}

struct hf_sieve *hf_sieve_new(const struct hf_plan_demand *d, const struct hf_sieve_columns *columns)
{
	struct hf_sieve *s = hf_alloc_zero(sizeof(*s));
	uint8_t key[16];

	hf_random(key, sizeof(key));
	s->d = d;
	s->columns = *columns;
	s->t = hf_effect_table_new(d->quasi_count + d->sensitive_count, key);
	s->cells = hf_alloc_zero((d->quasi_count + d->sensitive_count + 1) * sizeof(*s->cells));
	return s;
}

void hf_sieve_free(struct hf_sieve *s)
{
	if (!s)
		return;
	hf_effect_classes_done(&s->classes);
	hf_effect_table_free(s->t);
	free(s->columns.quasi);
	free(s->columns.sensitive);
	free(s->cells);
	free(s);
}

enum hf_err hf_sieve_add(struct hf_sieve *s, const struct hf_bytes *values, struct hf_fault *f)
{
	for (size_t i = 0; i < s->d->quasi_count; i++)
		s->cells[i] = values[s->columns.quasi[i]];
	for (size_t i = 0; i < s->d->sensitive_count; i++)
		s->cells[s->d->quasi_count + i] = values[s->columns.sensitive[i]];
	if (hf_effect_add(s->t, s->cells))
		return HF_OK;
	return hf_fault_set(f, HF_E_LIMIT, "the table has more than %u rows; split it", HF_EFFECT_ROWS_MAX);
}

void hf_sieve_end(struct hf_sieve *s)
{
	size_t *quasi = counting(0, s->d->quasi_count);
	size_t *sensitive = counting(s->d->quasi_count, s->d->sensitive_count);
	struct hf_effect_need need = {s->d->k, s->d->l, s->d->t, sensitive, s->d->sensitive_count};

	hf_effect_classes_make(s->t, quasi, s->d->quasi_count, &s->classes);
	hf_effect_meet(s->t, &need, &s->classes);
	free(quasi);
	free(sensitive);
}

void hf_sieve_next(struct hf_sieve *s, struct hf_bytes *values)
{
	if (s->classes.of_row[s->next++] != HF_EFFECT_NO_CLASS)
		return;
	for (size_t i = 0; i < s->d->quasi_count; i++)
		values[s->columns.quasi[i]] = (struct hf_bytes){NULL, 0};
}

static size_t column_named(const struct hf_demand_table *t, const char *name)
{
	for (size_t i = 0; i < t->name_count; i++)
		if (strcmp(t->names[i], name) == 0)
			return i;
	return SIZE_MAX;
}

static enum hf_err columns_of(const struct hf_demand_table *t, const char *const *names, size_t count,
                              size_t *ret_columns, struct hf_fault *f)
{
	for (size_t i = 0; i < count; i++) {
		ret_columns[i] = column_named(t, names[i]);
		if (ret_columns[i] == SIZE_MAX)
			return hf_fault_set(f, HF_E_FORMAT,
			                    "the result has no column %.60s, of which the plan demands "
			                    "something; correct the plan",
			                    names[i]);
	}
	return HF_OK;
}

static json_t *number(uint64_t v)
{
	return json_integer((json_int_t)v);
}

static json_t *sensitive_json(const struct hf_plan_demand *d, const struct hf_demand_table *after,
                              const struct hf_effect_classes *c, const size_t *columns)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->sensitive_count; i++) {
		struct hf_effect_diversity v;
		struct hf_effect_closeness far;

		hf_effect_diversity(after->rows, c, columns[i], d->l ? d->l : 2, &v);
		hf_effect_closeness(after->rows, c, columns[i], &far);
		json_array_append_new(list, json_pack("{s:s, s:o, s:f, s:f, s:f}", "field", d->sensitive[i],
		                                      "l_distinct", number(v.distinct), "l_entropy", v.entropy,
		                                      "t_equal", far.equal, "t_ordered", far.ordered));
	}
	return list;
}

/* Of fields that both have, when the rows of both are the same things; else null. */
json_t *hf_demand_recovery(struct hf_demand_table *before, const struct hf_demand_table *after)
{
	json_t *list;

	if (!before || hf_effect_rows(before->rows) != hf_effect_rows(after->rows))
		return json_null();
	list = json_array();
	for (size_t i = 0; i < before->name_count; i++) {
		size_t j = column_named(after, before->names[i]);
		struct hf_effect_attack a;

		if (j == SIZE_MAX)
			continue;
		hf_effect_attack(before->rows, i, after->rows, j, &a);
		json_array_append_new(list, json_pack("{s:s, s:f, s:f, s:f}", "field", before->names[i], "same", a.same,
		                                      "dictionary", a.dictionary, "frequency", a.frequency));
	}
	return list;
}

/* The column of direct identifiers of which most are still there. */
static void find_direct(struct hf_demand_table *before, const struct hf_demand_table *after,
                        struct hf_effect_grading *g)
{
	bool *is = hf_alloc_zero(after->name_count + 1), *was = before ? hf_alloc_zero(before->name_count + 1) : NULL;

	hf_effect_direct(after->rows, after->names, is);
	if (before)
		hf_effect_direct(before->rows, before->names, was);
	for (size_t i = 0; i < after->name_count; i++) {
		size_t j = before ? column_named(before, after->names[i]) : SIZE_MAX;
		double share = is[i];

		if (j != SIZE_MAX)
			share = is[i] || was[j] ? hf_effect_direct_share(before->rows, j, after->rows, i) : 0;
		if (share > g->direct_share) {
			g->direct = after->names[i];
			g->direct_share = share;
		}
	}
	free(is);
	free(was);
}

json_t *hf_demand_grade(struct hf_demand_table *before, const struct hf_demand_table *after, double risk,
                        double threshold)
{
	struct hf_effect_grading g = {.threshold = threshold, .risk = risk, .quasi = true};
	size_t *all = counting(0, after->name_count);
	char reason[HF_GRADE_REASON];
	struct hf_effect_classes c;
	enum hf_effect_grade grade;
	struct hf_effect_risk k;

	hf_effect_classes_make(after->rows, all, after->name_count, &c);
	hf_effect_risk(&c, 1, &k);
	hf_effect_classes_done(&c);
	free(all);
	g.alike = k.k;
	find_direct(before, after, &g);
	grade = hf_effect_grade(&g, reason);
	return json_pack("{s:i, s:s}", "grade", (int)grade, "reason", reason);
}

enum hf_err hf_demand_check(const struct hf_plan_table *t, struct hf_demand_table *before,
                            const struct hf_demand_table *after, json_t **ret_figures, struct hf_fault *f)
{
	const struct hf_plan_demand *d = t->demand;
	size_t *quasi = counting(0, d->quasi_count), *sensitive = counting(0, d->sensitive_count);
	enum hf_err e = columns_of(after, d->quasi, d->quasi_count, quasi, f);
	struct hf_effect_classes c;
	struct hf_effect_risk k;

	if (e == HF_OK)
		e = columns_of(after, d->sensitive, d->sensitive_count, sensitive, f);
	if (e == HF_OK) {
		json_t *o, *recovery = hf_demand_recovery(before, after);

		hf_effect_classes_make(after->rows, quasi, d->quasi_count, &c);
		hf_effect_risk(&c, d->threshold, &k);
		o = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:f, s:o, s:o, s:o}", "table", t->name, "rows",
		              number(k.rows), "suppressed_rows", number(k.suppressed), "classes", number(k.classes),
		              "k", number(k.k), "sample_uniques", number(k.uniques), "prosecutor_max", k.max,
		              "sensitive", sensitive_json(d, after, &c, sensitive), "grade",
		              hf_demand_grade(before, after, k.max, d->threshold), "recovery", recovery);
		json_object_set_new(o, "missed", hf_demand_missed(d, t, o, recovery));
		hf_effect_classes_done(&c);
		*ret_figures = o;
	}
	free(quasi);
	free(sensitive);
	return e;
}

static void miss(json_t *missed, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void miss(json_t *missed, const char *fmt, ...)
{
	char text[500];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	text[hf_utf8_cut(text, strlen(text))] = '\0';
	json_array_append_new(missed, json_string(text));
}

static json_int_t whole(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void miss_classes(const struct hf_plan_demand *d, const json_t *after, json_t *missed)
{
	bool any = whole(after, "classes") > 0;
	const json_t *s;
	size_t i;

	if (d->k && any && whole(after, "k") < (json_int_t)d->k)
		miss(missed, "k is %lld, below the %u asked for; mask the quasi-identifiers more coarsely",
		     (long long)whole(after, "k"), d->k);
	json_array_foreach(json_object_get(after, "sensitive"), i, s)
	{
		const char *field = json_string_value(json_object_get(s, "field"));
		double t = json_real_value(json_object_get(s, "t_equal"));

		if (d->l && any && whole(s, "l_distinct") < (json_int_t)d->l)
			miss(missed,
			     "a class has %lld different values of %.100s, below the %u asked for; mask more coarsely",
			     (long long)whole(s, "l_distinct"), field, d->l);
		if (d->t >= 0 && t > d->t)
			miss(missed,
			     "a class is %.3f from the whole table in %.100s, above the %.3f asked for; mask more "
			     "coarsely",
			     t, field, d->t);
	}
	if (d->suppress > 0 && (double)whole(after, "suppressed_rows") > d->suppress * (double)whole(after, "rows"))
		miss(missed, "%lld of %lld rows are suppressed, above the share of %.3f allowed; mask more coarsely",
		     (long long)whole(after, "suppressed_rows"), (long long)whole(after, "rows"), d->suppress);
}

/* What a technique gives back unchanged comes back; without a plan nobody knows of a technique. */
static bool is_masked(const struct hf_plan_table *t, const char *field)
{
	for (size_t i = 0; t && i < t->field_count; i++)
		if (strcmp(t->fields[i].name, field) == 0)
			return t->fields[i].technique != NULL;
	return false;
}

/* Of columns that are masked: those that are kept are not meant to be secret. */
static void miss_recovery(const struct hf_plan_demand *d, const struct hf_plan_table *t, const json_t *recovery,
                          json_t *missed)
{
	const json_t *f;
	size_t i;

	if (!json_is_array(recovery))
		miss(missed,
		     "the tables have not equally many rows, so that nothing is known of recovered values; evaluate "
		     "before rows are dropped");
	json_array_foreach(recovery, i, f)
	{
		double by = json_real_value(json_object_get(f, "dictionary"));
		double rank = json_real_value(json_object_get(f, "frequency"));

		const char *field = json_string_value(json_object_get(f, "field"));
		bool secret = is_masked(t, field) || json_real_value(json_object_get(f, "same")) < 1;

		if (secret && (by > d->recovery || rank > d->recovery))
			miss(missed,
			     "%.3f of the values of %.100s come back, above the %.3f allowed; choose a keyed technique "
			     "or "
			     "hide more",
			     by > rank ? by : rank, field, d->recovery);
	}
}

json_t *hf_demand_missed(const struct hf_plan_demand *d, const struct hf_plan_table *t, const json_t *after,
                         const json_t *recovery)
{
	const json_t *grade = json_object_get(after, "grade");
	json_t *missed = json_array();

	miss_classes(d, after, missed);
	if (d->recovery >= 0)
		miss_recovery(d, t, recovery, missed);
	if (d->grade && whole(grade, "grade") < (json_int_t)d->grade)
		miss(missed, "the grade is %lld, below the %u asked for: %.350s", (long long)whole(grade, "grade"),
		     d->grade, json_string_value(json_object_get(grade, "reason")));
	return missed;
}
