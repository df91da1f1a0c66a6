/* plan_lint.c - a plan against the confirmed map of what is sensitive and what belongs together; declared in plan.h. */
#include "masking/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "masking/hides.h"

struct lint {
	const struct hf_plan *plan;
	const json_t *inventory;
	json_t *said;
};

static const char *text(const json_t *o, const char *key)
{
	const char *t = json_string_value(json_object_get(o, key));

	return t ? t : "";
}

static void say(struct lint *l, const char *table, const char *field, const char *what, const char *more)
{
	char sentence[HF_HIDES_WHY + 160];

	snprintf(sentence, sizeof(sentence), "%.60s.%.60s %s%.240s", table, field, what, more);
	sentence[hf_utf8_cut(sentence, strlen(sentence))] = '\0';
	json_array_append_new(l->said, json_string(sentence));
}

static const json_t *location(const struct lint *l, const char *table, const char *field)
{
	const json_t *o;
	size_t i;

	json_array_foreach(json_object_get(l->inventory, "locations"), i, o)
	{
		if (strcmp(text(o, "table"), table) == 0 && strcmp(text(o, "field"), field) == 0)
			return o;
	}
	return NULL;
}

/* What is sensitive, so that its values do not go out as they are. */
static bool sensitive(const json_t *o)
{
	return o && *text(o, "type") && strcmp(text(o, "class"), "general") != 0;
}

static void lint_technique(struct lint *l, const struct hf_plan_table *t, const struct hf_plan_field *f,
                           const json_t *o)
{
	char why[HF_HIDES_WHY];

	if (sensitive(o) &&
	    !hf_hides(f, text(o, "type"), (unsigned)json_integer_value(json_object_get(o, "level")), why))
		say(l, t->name, f->name, "", why);
	if (f->by && f->technique && strcmp(f->technique->id, "combine") == 0 && sensitive(location(l, t->name, f->by)))
		say(l, t->name, f->name, "puts a sensitive field into the result as it is, by combine: ", f->by);
}

static void lint_field(struct lint *l, const struct hf_plan_table *t, const struct hf_plan_field *f)
{
	const json_t *o = location(l, t->name, f->name);

	if (!o || strcmp(text(o, "state"), "confirmed") != 0) {
		say(l, t->name, f->name, "is not confirmed in the inventory: confirm what it is", "");
		return;
	}
	lint_technique(l, t, f, o);
	if (!f->technique && sensitive(o))
		say(l, t->name, f->name, "is kept, and confirmed as ", text(o, "type"));
	if (f->type && *text(o, "type") && strcmp(f->type, text(o, "type")) != 0)
		say(l, t->name, f->name, "is masked as another type than it is confirmed as: ", text(o, "type"));
}

static const struct hf_plan_field *field_of(const struct hf_plan *p, const json_t *place)
{
	const struct hf_plan_table *t = hf_plan_table_named(p, text(place, "table"));

	for (size_t i = 0; t && i < t->field_count; i++)
		if (strcmp(t->fields[i].name, text(place, "field")) == 0)
			return &t->fields[i];
	return NULL;
}

/* Fields of tables that the plan does not have are another plan's matter. */
static void lint_relation(struct lint *l, const json_t *o)
{
	const json_t *from = json_object_get(o, "from"), *to = json_object_get(o, "to");
	const struct hf_plan_field *a = field_of(l->plan, from), *b = to ? field_of(l->plan, to) : NULL;
	char more[200];

	if (strcmp(text(o, "state"), "confirmed") != 0 || !a || !b || hf_plan_masked_alike(a, b))
		return;
	snprintf(more, sizeof(more), "%.60s.%.60s", text(to, "table"), text(to, "field"));
	say(l, text(from, "table"), text(from, "field"), "is masked otherwise than what it belongs to: ", more);
}

json_t *hf_plan_lint(const struct hf_plan *p, const json_t *inventory)
{
	struct lint l = {p, inventory, json_array()};
	const json_t *o;
	size_t i;

	for (size_t t = 0; t < p->table_count; t++)
		for (size_t k = 0; k < p->tables[t].field_count; k++)
			lint_field(&l, &p->tables[t], &p->tables[t].fields[k]);
	json_array_foreach(json_object_get(inventory, "relations"), i, o) lint_relation(&l, o);
	return l.said;
}

json_t *hf_plan_lint_files(const struct hf_plan *p)
{
	struct lint l = {p, NULL, json_array()};
	char why[HF_HIDES_WHY];

	for (size_t t = 0; t < p->table_count; t++)
		for (size_t k = 0; k < p->tables[t].field_count; k++)
			if (!hf_hides_by_file(p, &p->tables[t].fields[k], why))
				say(&l, p->tables[t].name, p->tables[t].fields[k].name, "", why);
	return l.said;
}
