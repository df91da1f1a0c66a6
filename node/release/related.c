/*
 * related.c - fields that belong together are masked alike, also when they are in two sources with a plan each (JT/T
 * 1480 5.4.2; MK-32); declared in plans.h.
 *
 * Two plans are held against each other when both are approved for one mode and one scope of keys: only their results
 * can be joined. Which table of another plan a source is, its name tells, or a task that ran by it. A request of a
 * consumer asks this on the loop, so it reads neither plans nor tasks (alike.c).
 */
#include <string.h>

#include "release/internal.h"
#include "source/relations.h"

struct related {
	struct hf_release *r;
	const struct hf_plan *plan;
	const char *source, *table; /* NULL: each table is the source of its name */
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
static bool joinable(const struct hf_plan *a, const struct release_alike_plan *b)
{
	return a->mode == b->mode && same(a->scope.group, b->scope.group) && a->scope.epoch == b->scope.epoch &&
	       (a->mode == HF_PLAN_DYNAMIC ||
	        (same(a->scope.consumer, b->scope.consumer) && same(a->scope.contract, b->scope.contract)));
}

/* Its table is that source: of the same name, or it went over it. */
static bool is_of(const struct related *x, const struct release_alike *a, const char *source)
{
	return strcmp(a->table, source) == 0 || (a->plan->mode == HF_PLAN_STATIC && release_ran(x->r, source, a));
}

/* ---- asking ---- */

static enum hf_err refuse(const struct related *x, const json_t *relation, const struct release_alike_plan *other)
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

static enum hf_err ask_others(const struct related *x, const json_t *relation, const struct hf_plan_field *own,
                              const json_t *there)
{
	const struct release_alike *const *list;
	struct hf_hash how;
	size_t count;

	release_alike_how(x->r, x->plan, own, &how);
	HF_TRY(hf_fault_default(x->f, release_alike_of(x->r, text(there, "field"), &list, &count)));
	for (size_t i = 0; i < count; i++) {
		const struct release_alike *a = list[i];

		if (memcmp(how.b, a->how.b, sizeof(how.b)) != 0 && strcmp(a->plan->name, x->plan->name) != 0 &&
		    joinable(x->plan, a->plan) && is_of(x, a, text(there, "table")))
			return refuse(x, relation, a->plan);
	}
	return HF_OK;
}

static enum hf_err ask(const struct related *x, const json_t *relation)
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
	json_decref(list);
	return e;
}
