/* catalog_conditions.c - the fields that purposes need and the conditions of sharing, as JSON and read from it. */
#include <stdlib.h>
#include <string.h>

#include "api/catalog_json.h"
#include "api/rows.h"
#include "base/mem.h"
#include "source/readers/csv_rules.h"

#define CONDITIONS_MAX 16u
#define PURPOSES_MAX 64u

struct catalog_wish_lists {
	Hufu__PurposeFields purposes[PURPOSES_MAX], *purpose_list[PURPOSES_MAX];
	Hufu__SharingCondition conditions[CONDITIONS_MAX], *condition_list[CONDITIONS_MAX];
	size_t purpose_count, condition_count;
};

/* ---- showing ---- */

json_t *catalog_json_purposes(const Hufu__ReviewCriteria *c)
{
	json_t *a = json_array();

	for (size_t i = 0; i < c->n_purpose_fields; i++) {
		const Hufu__PurposeFields *row = c->purpose_fields[i];
		json_t *o = json_object(), *fields = json_array();

		for (size_t k = 0; k < row->n_fields; k++)
			json_array_append_new(fields, json_string(row->fields[k]));
		hf_api_out_text(o, "purpose", row->purpose);
		json_object_set_new(o, "fields", fields);
		json_array_append_new(a, o);
	}
	return a;
}

json_t *catalog_json_conditions(const Hufu__CatalogEntry *e)
{
	json_t *a = json_array();

	for (size_t i = 0; i < e->n_conditions; i++) {
		const Hufu__SharingCondition *c = e->conditions[i];
		json_t *o = json_object();

		hf_api_out_text(o, "name", c->name);
		hf_api_out_text(o, "text", c->text);
		hf_api_out_text(o, "attribute", c->attribute);
		hf_api_out_text(o, "value", c->value);
		json_array_append_new(a, o);
	}
	return a;
}

/* ---- reading ---- */

static struct catalog_wish_lists *lists_of(struct catalog_wish *w)
{
	if (!w->lists)
		w->lists = hf_alloc_zero(sizeof(*w->lists));
	return w->lists;
}

static enum hf_err read_purpose(struct hf_api_request *rq, Hufu__PurposeFields *row)
{
	const char *purpose, **fields = NULL;

	hufu__purpose_fields__init(row);
	HF_TRY(hf_api_text(rq, "purpose", true, 127, &purpose));
	HF_TRY(hf_api_list(rq, "fields", true, HF_MAX_FIELDS, &fields, &row->n_fields));
	row->purpose = (char *)purpose;
	row->fields = (char **)fields;
	return HF_OK;
}

static enum hf_err read_condition(struct hf_api_request *rq, Hufu__SharingCondition *c)
{
	const char *name, *text, *attribute, *value;

	hufu__sharing_condition__init(c);
	HF_TRY(hf_api_text(rq, "name", true, 63, &name));
	HF_TRY(hf_api_text(rq, "text", false, 1024, &text));
	HF_TRY(hf_api_text(rq, "attribute", false, 63, &attribute));
	HF_TRY(hf_api_text(rq, "value", false, 255, &value));
	c->name = (char *)name;
	c->text = (char *)text;
	c->attribute = (char *)attribute;
	c->value = (char *)value;
	return HF_OK;
}

/* The list of that name: NULL when the request does not mention it. */
static enum hf_err list_of(struct hf_api_request *rq, const char *name, size_t max, const json_t **ret_list)
{
	const json_t *list = json_object_get(rq->in, name);

	*ret_list = NULL;
	if (!list || json_is_null(list))
		return HF_OK;
	if (!json_is_array(list) || json_array_size(list) > max)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "field '%s' is not a list of at most %zu objects", name,
		                    max);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!json_is_object(json_array_get(list, i)))
			return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "field '%s' holds something that is no object",
			                    name);
	*ret_list = list;
	return HF_OK;
}

enum hf_err catalog_json_read_purposes(struct hf_api_request *rq, struct catalog_wish *w, Hufu__ReviewCriteria *c)
{
	json_t *outer = rq->in;
	const json_t *list;
	enum hf_err e = list_of(rq, "purpose_fields", PURPOSES_MAX, &list);

	for (size_t i = 0; e == HF_OK && i < json_array_size(list); i++) {
		struct catalog_wish_lists *l = lists_of(w);

		rq->in = json_array_get(list, i);
		l->purpose_list[l->purpose_count] = &l->purposes[l->purpose_count];
		e = read_purpose(rq, &l->purposes[l->purpose_count++]);
		c->purpose_fields = l->purpose_list;
		c->n_purpose_fields = l->purpose_count;
	}
	rq->in = outer;
	return e;
}

enum hf_err catalog_json_read_conditions(struct hf_api_request *rq, struct catalog_wish *w)
{
	json_t *outer = rq->in;
	const json_t *list;
	enum hf_err e = list_of(rq, "conditions", CONDITIONS_MAX, &list);

	if (e != HF_OK || !list)
		return e;
	struct catalog_wish_lists *l = lists_of(w);
	w->entry.conditions = l->condition_list;
	w->entry.n_conditions = 0;
	for (size_t i = 0; e == HF_OK && i < json_array_size(list); i++) {
		rq->in = json_array_get(list, i);
		l->condition_list[i] = &l->conditions[i];
		e = read_condition(rq, &l->conditions[i]);
		w->entry.n_conditions = i + 1;
	}
	rq->in = outer;
	return e;
}

/* DS-73: what is not mentioned stays as in the version before. */
enum hf_err catalog_json_read_quality(struct hf_api_request *rq, struct catalog_wish *w)
{
	size_t count = 0;

	HF_TRY(hf_api_list(rq, "quality", false, HF_CSV_RULES_OWN, &w->quality, &count));
	if (!json_object_get(rq->in, "quality"))
		return HF_OK;
	w->entry.quality = (char **)w->quality;
	w->entry.n_quality = count;
	return HF_OK;
}

void catalog_json_lists_done(struct catalog_wish *w)
{
	for (size_t i = 0; w->lists && i < w->lists->purpose_count; i++)
		free(w->lists->purposes[i].fields);
	free(w->lists);
	w->lists = NULL;
}
