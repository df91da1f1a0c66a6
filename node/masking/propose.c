/* propose.c - kinds and their usual techniques, groups of related fields, and the plan's text; declared in propose.h.
 */
#include "masking/propose.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "masking/formats/format.h"
#include "masking/plan_text.h"

/* Parameters for a kind; where its detector names a technique that needs a table or reads other values, another one. */
struct usual {
	const char *type, *technique;
	struct hf_arg args[2];
};
static const struct usual usuals[] = {
        {"cn.mobile", "mask", {{"keep-first", "3"}, {"keep-last", "4"}}},
        {"cn.resident-id", "mask", {{"keep-first", "6"}, {"keep-last", "4"}}},
        {"cn.driving-licence", "mask", {{"keep-first", "6"}, {"keep-last", "4"}}},
        {"cn.bank-card", "mask", {{"keep-first", "6"}, {"keep-last", "4"}}},
        {"payment-card", "mask", {{"keep-first", "6"}, {"keep-last", "4"}}},
        {"iban", "mask", {{"keep-first", "4"}}},
        {"person.name", "mask", {{"keep-first", "1"}}},
        {"email", "mask", {{"keep-first", "1"}}},
        {"cn.landline", "mask", {{"keep-first", "4"}}},
        {"phone", "mask", {{"keep-first", "3"}}},
        {"cn.plate", "mask", {{"keep-first", "2"}}},
        {"vin", "mask", {{"keep-first", "3"}}},
        {"cn.passport", "mask", {{"keep-first", "1"}, {"keep-last", "2"}}},
        {"cn.travel-permit", "mask", {{"keep-first", "1"}, {"keep-last", "2"}}},
        {"cn.credit-code", "mask", {{"keep-first", "8"}}},
        {"mmsi", "mask", {{"keep-first", "3"}}},
        {"mac", "mask", {{"keep-first", "8"}}},
        {"imo", "hash", {{NULL, NULL}}},
        {"cn.address", "trunc", {{"first", "6"}}},
        {"person.age", "bucket", {{"cuts", "18\n30\n45\n60\n75"}}},
        {"person.birth", "daterd", {{"unit", "year"}}},
        {"time", "daterd", {{"unit", "minute"}, {"every", "15"}}},
        {"position.latitude", "round", {{"step", "0.01"}}},
        {"position.longitude", "round", {{"step", "0.01"}}},
        {"position.path", "null", {{NULL, NULL}}},
        {"amount", "round", {{"step", "100"}}},
        {"weight", "round", {{"step", "100"}}},
        {"speed", "round", {{"step", "10"}}},
};

struct field {
	const char *table, *name, *type; /* type NULL: it is not sensitive */
	const char *technique;
	bool sensitive;
	size_t group; /* the least number of a field that it belongs together with */
	size_t many;  /* fields of the group, at its least number */
};
struct proposal {
	struct field *fields;
	size_t count;
	struct hf_buf *out;
};

static const char *text(const json_t *o, const char *key)
{
	const char *t = json_string_value(json_object_get(o, key));

	return t ? t : "";
}

/* Where what people say is that it is not sensitive, or nothing is known, the kind is null. */
static void read_fields(struct proposal *p, const json_t *inventory)
{
	const json_t *locations = json_object_get(inventory, "locations"), *o;
	size_t i;

	p->fields = hf_alloc_zero((json_array_size(locations) + 1) * sizeof(*p->fields));
	json_array_foreach(locations, i, o)
	{
		const char *type = json_string_value(json_object_get(o, "type"));

		p->fields[p->count] =
		        (struct field){.table = text(o, "table"),
		                       .name = text(o, "field"),
		                       .type = type,
		                       .technique = text(o, "technique"),
		                       .sensitive = type && json_integer_value(json_object_get(o, "level")) > 1,
		                       .group = p->count};
		p->count++;
	}
}

static size_t find(const struct proposal *p, const json_t *place)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->fields[i].table, text(place, "table")) == 0 &&
		    strcmp(p->fields[i].name, text(place, "field")) == 0)
			return i;
	return SIZE_MAX;
}

static size_t group_of(const struct proposal *p, size_t i)
{
	while (p->fields[i].group != i)
		i = p->fields[i].group;
	return i;
}

/* The two fields of a relation that nobody dropped; false: it has not both. */
static bool ends_of(const struct proposal *p, const json_t *relation, size_t ret_ends[2])
{
	if (strcmp(text(relation, "state"), "dropped") == 0 || !json_object_get(relation, "to"))
		return false;
	ret_ends[0] = find(p, json_object_get(relation, "from"));
	ret_ends[1] = find(p, json_object_get(relation, "to"));
	return ret_ends[0] != SIZE_MAX && ret_ends[1] != SIZE_MAX && ret_ends[0] != ret_ends[1];
}

/* Joins fields that belong together; a group's kind and whether it is sensitive is at its least number. */
static void join(struct proposal *p, const json_t *inventory)
{
	const json_t *relation;
	size_t i, ends[2];

	json_array_foreach(json_object_get(inventory, "relations"), i, relation)
	{
		if (!ends_of(p, relation, ends))
			continue;
		ends[0] = group_of(p, ends[0]);
		ends[1] = group_of(p, ends[1]);
		p->fields[ends[0] > ends[1] ? ends[0] : ends[1]].group = ends[0] > ends[1] ? ends[1] : ends[0];
	}
	for (i = 0; i < p->count; i++) {
		struct field *f = &p->fields[i], *first = &p->fields[group_of(p, i)];

		first->many++;
		if (!f->sensitive || first->sensitive)
			continue;
		first->sensitive = true;
		first->type = f->type;
	}
}

static const struct usual *usual_of(const char *type)
{
	for (size_t i = 0; i < sizeof(usuals) / sizeof(usuals[0]); i++)
		if (strcmp(usuals[i].type, type) == 0)
			return &usuals[i];
	return NULL;
}

static bool needs_more(const struct hf_technique *t)
{
	for (const struct hf_param *q = t->params; q && q->name; q++)
		if (q->needed)
			return true;
	return false;
}

/* One technique for all that belong together: it keeps joins. */
static void together(const struct field *first, struct hf_plan_text_field *ret_field)
{
	bool kept = hf_format_named(first->type) != NULL;

	ret_field->type = kept ? first->type : NULL;
	ret_field->technique = hf_technique_named(kept ? "fpe" : "hash");
}

static void alone(const struct field *f, struct hf_plan_text_field *ret_field)
{
	const struct usual *u = usual_of(f->type);
	const struct hf_technique *t = hf_technique_named(u ? u->technique : f->technique);

	if (!t || (!u && needs_more(t)))
		t = hf_technique_named("mask");
	ret_field->technique = t;
	if (u) {
		ret_field->args = u->args;
		while (ret_field->arg_count < 2 && u->args[ret_field->arg_count].name)
			ret_field->arg_count++;
	}
}

static void put(struct hf_buf *out, const char *words)
{
	hf_buf_add(out, words, strlen(words));
}

static void put_place(struct hf_buf *out, const struct field *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf place = HF_BUF_INIT;

	hf_buf_addf(&place, "%s.%s", f->table, f->name);
	hf_buf_add(&place, "", 1);
	hf_plan_text_put(out, (const char *)place.data);
}

static void put_relations(const struct proposal *p, const json_t *inventory)
{
	const json_t *relation;
	bool any = false;
	size_t i, ends[2];

	put(p->out, "result: {rows-least: 1}\nrelations:");
	json_array_foreach(json_object_get(inventory, "relations"), i, relation)
	{
		if (!ends_of(p, relation, ends))
			continue;
		put(p->out, "\n- [");
		put_place(p->out, &p->fields[ends[0]]);
		put(p->out, ", ");
		put_place(p->out, &p->fields[ends[1]]);
		put(p->out, "]");
		any = true;
	}
	put(p->out, any ? "\n" : " []\n");
}

static void put_field(const struct proposal *p, size_t i)
{
	const struct field *f = &p->fields[i], *first = &p->fields[group_of(p, i)];
	struct hf_plan_text_field t = {.name = f->name};

	if (first->sensitive && first->many > 1)
		together(first, &t);
	else if (first->sensitive)
		alone(f, &t);
	hf_plan_text_field(p->out, &t);
}

static void put_tables(const struct proposal *p)
{
	put(p->out, "tables:\n");
	for (size_t i = 0; i < p->count; i++) {
		size_t before = 0;

		while (strcmp(p->fields[before].table, p->fields[i].table) != 0)
			before++;
		if (before < i) /* the table was there */
			continue;
		put(p->out, "  ");
		hf_plan_text_put(p->out, p->fields[i].table);
		put(p->out, ":\n    fields:\n");
		for (size_t k = i; k < p->count; k++)
			if (strcmp(p->fields[k].table, p->fields[i].table) == 0)
				put_field(p, k);
	}
}

enum hf_err hf_plan_propose(const json_t *inventory, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	struct proposal p = {.out = out};

	read_fields(&p, inventory);
	if (p.count > 0) {
		join(&p, inventory);
		hf_plan_text_begin(out, name, "to be said");
		put_relations(&p, inventory);
		put_tables(&p);
		hf_plan_text_end(out);
	}
	free(p.fields);
	return p.count > 0 ? HF_OK
	                   : hf_fault_set(f, HF_E_FORMAT, "the inventory has no fields; scan a table into it first");
}
