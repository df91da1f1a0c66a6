/*
 * related.c - fields that belong together are masked alike, also when they are in two sources with a plan each (JT/T
 * 1480 5.4.2; MK-32); declared in plans.h.
 *
 * Two plans are held against each other when both are approved for one mode and one scope of keys: only their results
 * can be joined. Which table of another plan a source is, its name tells, or a task that ran by it.
 */
#include <stdlib.h>
#include <string.h>

#include "release/internal.h"
#include "source/relations.h"

struct other {
	struct hf_plan *plan;
	const char *table; /* for the source that is asked for at the moment; NULL: it has none */
};
struct related {
	struct hf_release *r;
	const struct hf_plan *plan;
	const char *source, *table; /* NULL: each table is the source of its name */
	struct other *others;
	size_t other_count;
	bool has_others; /* they were read */
	struct hf_fault *f;
};

static const char *text(const json_t *o, const char *key)
{
	const char *t = json_string_value(json_object_get(o, key));

	return t ? t : "";
}

static const struct hf_plan_field *field_in(const struct hf_plan *p, const char *table, const json_t *place)
{
	const struct hf_plan_table *t = table ? hf_plan_table_named(p, table) : NULL;

	for (size_t i = 0; t && i < t->field_count; i++)
		if (strcmp(t->fields[i].name, text(place, "field")) == 0)
			return &t->fields[i];
	return NULL;
}

/* The plan's own field at a place; NULL: it has none. */
static const struct hf_plan_field *own_field(const struct related *x, const json_t *place)
{
	const char *source = text(place, "table");

	if (!x->source)
		return field_in(x->plan, source, place);
	if (strcmp(x->source, source) == 0)
		return field_in(x->plan, x->table, place);
	return strcmp(x->table, source) != 0 ? field_in(x->plan, source, place) : NULL;
}

/* ---- other plans ---- */

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* A delivery is masked under its own consumer and contract, whatever the plan says. */
static bool joinable(const struct hf_plan *a, const struct hf_plan *b)
{
	return a->mode == b->mode && same(a->scope.group, b->scope.group) && a->scope.epoch == b->scope.epoch &&
	       (a->mode == HF_PLAN_DYNAMIC ||
	        (same(a->scope.consumer, b->scope.consumer) && same(a->scope.contract, b->scope.contract)));
}

static bool add_name(void *ctx, const Hufu__MaskPlanRow *row)
{
	struct related *x = ctx;
	struct hf_plan *p = NULL;
	struct hf_fault f = {.code = HF_OK};

	if (row->state != HF_PLAN_APPROVED || strcmp(row->name, x->plan->name) == 0)
		return true;
	for (size_t i = 0; i < x->other_count; i++) /* of one name, the newest version comes last */
		if (strcmp(x->others[i].plan->name, row->name) == 0) {
			hf_plan_free(x->others[i].plan);
			x->others[i] = x->others[--x->other_count];
			break;
		}
	if (release_plan_any(x->r, row->name, row->version, &p, &f) != HF_OK)
		return true; /* it does not run either */
	x->others = hf_realloc(x->others, (x->other_count + 1) * sizeof(*x->others));
	x->others[x->other_count++] = (struct other){p, NULL};
	return true;
}

static enum hf_err read_others(struct related *x)
{
	size_t kept = 0;

	if (x->has_others)
		return HF_OK;
	x->has_others = true;
	HF_TRY(hf_fault_default(x->f, hf_release_plans(x->r, add_name, x)));
	for (size_t i = 0; i < x->other_count; i++) {
		if (joinable(x->plan, x->others[i].plan))
			x->others[kept++] = x->others[i];
		else
			hf_plan_free(x->others[i].plan);
	}
	x->other_count = kept;
	return HF_OK;
}

struct by_task {
	struct related *x;
	const char *source;
};

static bool take_task(void *ctx, const Hufu__MaskTaskRow *row)
{
	const struct by_task *b = ctx;

	for (size_t i = 0; i < b->x->other_count; i++) {
		struct other *o = &b->x->others[i];
		const struct hf_plan_table *t;

		if (o->table || row->state == HF_TASK_FAILED || row->state == HF_TASK_STOPPED ||
		    strcmp(row->source, b->source) != 0 || strcmp(row->plan, o->plan->name) != 0 ||
		    row->version != o->plan->version)
			continue;
		t = hf_plan_table_named(o->plan, row->table);
		o->table = t ? t->name : NULL;
	}
	return true;
}

static enum hf_err find_tables(struct related *x, const char *source)
{
	struct by_task b = {x, source};

	for (size_t i = 0; i < x->other_count; i++) {
		const struct hf_plan_table *t = hf_plan_table_named(x->others[i].plan, source);

		x->others[i].table = t ? t->name : NULL;
	}
	return hf_fault_default(x->f, hf_tasks(x->r, take_task, &b));
}

/* ---- asking ---- */

static enum hf_err refuse(const struct related *x, const json_t *relation, const struct hf_plan *other)
{
	if (!other)
		return hf_fault_set(
		        x->f, HF_E_CONFLICT,
		        "%.250s, and the plan masks them differently; give both one technique, one type and "
		        "the same parameters",
		        text(relation, "text"));
	return hf_fault_set(x->f, HF_E_CONFLICT,
	                    "%.250s, and version %u of the masking plan '%.63s' masks the other one differently; give "
	                    "both one technique, one type and the same parameters, or the plans different scopes",
	                    text(relation, "text"), other->version, other->name);
}

static enum hf_err ask_others(struct related *x, const json_t *relation, const struct hf_plan_field *own,
                              const json_t *there)
{
	HF_TRY(read_others(x));
	HF_TRY(find_tables(x, text(there, "table")));
	for (size_t i = 0; i < x->other_count; i++) {
		const struct hf_plan_field *f = field_in(x->others[i].plan, x->others[i].table, there);

		if (f && !hf_plan_masked_alike(own, f))
			return refuse(x, relation, x->others[i].plan);
	}
	return HF_OK;
}

static enum hf_err ask(struct related *x, const json_t *relation)
{
	const json_t *from = json_object_get(relation, "from"), *to = json_object_get(relation, "to");
	const struct hf_plan_field *a, *b;

	if (!to || strcmp(text(relation, "state"), "confirmed") != 0)
		return HF_OK;
	a = own_field(x, from);
	b = own_field(x, to);
	if (a && b)
		return hf_plan_masked_alike(a, b) ? HF_OK : refuse(x, relation, NULL);
	if (!a && !b)
		return HF_OK;
	return ask_others(x, relation, a ? a : b, a ? to : from);
}

enum hf_err hf_release_related(struct hf_release *r, const struct hf_plan *p, const char *source, const char *table,
                               struct hf_fault *f)
{
	struct related x = {.r = r, .plan = p, .source = source, .table = table, .f = f};
	json_t *list = NULL, *relation;
	enum hf_err e;
	size_t i;

	if (!r->sources)
		return HF_OK;
	e = hf_fault_default(f, hf_relations_list(r->sources, source, &list));
	json_array_foreach(list, i, relation)
	{
		if (e == HF_OK)
			e = ask(&x, relation);
	}
	for (i = 0; i < x.other_count; i++)
		hf_plan_free(x.others[i].plan);
	free(x.others);
	json_decref(list);
	return e;
}
