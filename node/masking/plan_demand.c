/* plan_demand.c - "risk" of a plan's result; declared in plan_demand.h. */
#include "masking/plan_demand.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "masking/effect.h"

#define NAMES_MAX 64u

#define FAULT(d, node, ...) hf_plan_fault((d)->f, (d)->file, (node)->line, __VA_ARGS__)

static const struct hf_plan_field *field_named(const struct hf_plan_table *t, const char *name)
{
	for (size_t i = 0; i < t->field_count; i++)
		if (strcmp(t->fields[i].name, name) == 0)
			return &t->fields[i];
	return NULL;
}

/* A list of fields that are in the result. */
static enum hf_err names_of(const struct hf_plan_demands *d, const struct hf_plan_node *n,
                            const struct hf_plan_table *t, const char *const **ret_names, size_t *ret_count)
{
	const char **names;
	size_t count = 0;

	if (!n)
		return HF_OK;
	if (n->kind != HF_PLAN_LIST || n->count == 0 || n->count > NAMES_MAX)
		return FAULT(d, n, "'%s' is no list of 1 to %u fields; write [A, B]", n->key, NAMES_MAX);
	names = hf_arena_get(d->arena, n->count * sizeof(*names));
	for (const struct hf_plan_node *m = n->first; m; m = m->next) {
		const struct hf_plan_field *f = m->kind == HF_PLAN_TEXT_NODE ? field_named(t, m->text) : NULL;

		if (!f || (f->technique && f->technique->drops_column))
			return FAULT(d, m, "'%.60s' is no field of the result of table %.60s; name one that is",
			             m->kind == HF_PLAN_TEXT_NODE ? m->text : "the value", t->name);
		for (size_t i = 0; i < count; i++)
			if (strcmp(names[i], f->name) == 0)
				return FAULT(d, m, "'%.60s' is named twice; name it once", f->name);
		names[count++] = f->name;
	}
	*ret_names = names;
	*ret_count = count;
	return HF_OK;
}

/* A number of that range; *ret_number stays when it is not there. */
static enum hf_err number_of(const struct hf_plan_demands *d, const struct hf_plan_node *n, double least, double most,
                             double *ret_number)
{
	char *end = NULL;
	double v;

	if (!n)
		return HF_OK;
	v = n->kind == HF_PLAN_TEXT_NODE && n->text[0] >= '0' && n->text[0] <= '9' ? strtod(n->text, &end) : -1;
	if (!end || *end || !(v >= least && v <= most) || (most > 1 && v != floor(v)))
		return FAULT(d, n, "'%s' is no %snumber from %g to %g; write one", n->key, most > 1 ? "whole " : "",
		             least, most);
	*ret_number = v;
	return HF_OK;
}

static enum hf_err numbers_of(const struct hf_plan_demands *d, const struct hf_plan_node *n, struct hf_plan_demand *q)
{
	double k = 0, l = 0, grade = 0;

	HF_TRY(number_of(d, hf_plan_get(n, "k"), 1, HF_EFFECT_ROWS_MAX, &k));
	HF_TRY(number_of(d, hf_plan_get(n, "l"), 1, HF_EFFECT_ROWS_MAX, &l));
	HF_TRY(number_of(d, hf_plan_get(n, "grade"), 1, 4, &grade));
	HF_TRY(number_of(d, hf_plan_get(n, "t"), 0, 1, &q->t));
	HF_TRY(number_of(d, hf_plan_get(n, "recovery"), 0, 1, &q->recovery));
	HF_TRY(number_of(d, hf_plan_get(n, "threshold"), 0, 1, &q->threshold));
	HF_TRY(number_of(d, hf_plan_get(n, "suppress"), 0, 1, &q->suppress));
	q->k = (uint32_t)k;
	q->l = (uint32_t)l;
	q->grade = (uint32_t)grade;
	return HF_OK;
}

static enum hf_err check_keys(const struct hf_plan_demands *d, const struct hf_plan_node *n)
{
	static const char *const keys[] = {"quasi", "sensitive", "k",         "l",        "t",
	                                   "grade", "recovery",  "threshold", "suppress", NULL};

	if (n->kind != HF_PLAN_MAP)
		return FAULT(d, n, "'%.60s' is no mapping; write quasi: [A, B] and what is demanded", n->key);
	for (const struct hf_plan_node *m = n->first; m; m = m->next) {
		size_t i = 0;

		while (keys[i] && strcmp(keys[i], m->key) != 0)
			i++;
		if (!keys[i])
			return FAULT(d, m, "'%.60s' is not known here; remove or correct it", m->key);
	}
	return HF_OK;
}

static enum hf_err read_demand(const struct hf_plan_demands *d, const struct hf_plan_node *n, struct hf_plan_table *t)
{
	struct hf_plan_demand *q = hf_arena_get(d->arena, sizeof(*q));

	*q = (struct hf_plan_demand){.t = -1, .recovery = -1, .threshold = 0.05};
	HF_TRY(check_keys(d, n));
	HF_TRY(names_of(d, hf_plan_get(n, "quasi"), t, &q->quasi, &q->quasi_count));
	HF_TRY(names_of(d, hf_plan_get(n, "sensitive"), t, &q->sensitive, &q->sensitive_count));
	HF_TRY(numbers_of(d, n, q));
	if (q->quasi_count == 0)
		return FAULT(d, n, "'quasi' is missing; name the fields by which someone is known elsewhere");
	if ((q->l || q->t >= 0) && q->sensitive_count == 0)
		return FAULT(d, n, "l and t are about 'sensitive' fields, which are missing; name them");
	if (q->suppress > 0 && !q->k && !q->l && q->t < 0)
		return FAULT(d, n, "'suppress' is for rows that miss k, l or t; demand one of them");
	if (d->mode == HF_PLAN_DYNAMIC && q->suppress > 0)
		return FAULT(
		        d, n,
		        "'suppress' needs the whole table before the first row goes out, which a dynamic plan does not "
		        "see; take mode: static, or remove 'suppress'");
	t->demand = q;
	return HF_OK;
}

enum hf_err hf_plan_demands_read(const struct hf_plan_demands *d, const struct hf_plan_node *risk)
{
	if (!risk)
		return HF_OK;
	if (risk->kind != HF_PLAN_MAP)
		return FAULT(d, risk, "'risk' is no mapping; write TABLE: {quasi: [A, B], k: 5}");
	for (const struct hf_plan_node *n = risk->first; n; n = n->next) {
		struct hf_plan_table *t = NULL;

		for (size_t i = 0; i < d->table_count; i++)
			if (strcmp(d->tables[i].name, n->key) == 0)
				t = &d->tables[i];
		if (!t)
			return FAULT(d, n, "'risk' names %.60s, which is no table of the plan; correct it", n->key);
		HF_TRY(read_demand(d, n, t));
	}
	return HF_OK;
}
