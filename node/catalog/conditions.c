/* conditions.c - what an entry may state of the fields that its purposes need (DS-26) and of the conditions under which
 * it is shared (DS-27). */
#include <string.h>

#include "catalog/edit.h"

#define CONDITIONAL 2u /* CatalogEntry.sharing */

static bool has(const char *text)
{
	return text && text[0];
}

static bool in_source(const struct hf_source_view *v, const char *field)
{
	for (size_t i = 0; i < v->field_count; i++)
		if (strcmp(v->fields[i].name, field) == 0)
			return true;
	return false;
}

static const Hufu__PurposeFields *row_of(const Hufu__ReviewCriteria *c, const char *purpose, size_t before)
{
	for (size_t i = 0; i < before; i++)
		if (strcmp(c->purpose_fields[i]->purpose, purpose) == 0)
			return c->purpose_fields[i];
	return NULL;
}

static bool accepted(const Hufu__ReviewCriteria *c, const char *purpose)
{
	for (size_t i = 0; i < c->n_purposes; i++)
		if (strcmp(c->purposes[i], purpose) == 0)
			return true;
	return c->n_purposes == 0;
}

static enum hf_err check_row(const Hufu__ReviewCriteria *c, size_t i, const struct hf_source_view *v,
                             struct hf_fault *f)
{
	const Hufu__PurposeFields *row = c->purpose_fields[i];

	if (row_of(c, row->purpose, i))
		return hf_fault_set(f, HF_E_ARGUMENT, "the fields of the purpose '%.80s' are stated twice",
		                    row->purpose);
	if (!accepted(c, row->purpose))
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "fields are stated for the purpose '%.80s', which is not accepted; add --accept-purpose",
		        row->purpose);
	if (row->n_fields == 0)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "the purpose '%.80s' needs no field as it is stated; name at least one",
		                    row->purpose);
	for (size_t k = 0; k < row->n_fields; k++)
		if (!in_source(v, row->fields[k]))
			return hf_fault_set(f, HF_E_WRONG_FIELDS,
			                    "the purpose '%.80s' is said to need the field '%.80s', which source '%s' "
			                    "does not have",
			                    row->purpose, row->fields[k], v->name);
	return HF_OK;
}

static enum hf_err check_purposes(const Hufu__ReviewCriteria *c, const struct hf_source_view *v, struct hf_fault *f)
{
	for (size_t i = 0; i < c->n_purpose_fields; i++)
		HF_TRY(check_row(c, i, v, f));
	for (size_t i = 0; c->n_purpose_fields > 0 && i < c->n_purposes; i++)
		if (!row_of(c, c->purposes[i], c->n_purpose_fields))
			return hf_fault_set(f, HF_E_ARGUMENT,
			                    "the purpose '%.80s' is accepted, but the fields that it needs are not "
			                    "stated; add them with --purpose-fields",
			                    c->purposes[i]);
	return HF_OK;
}

static enum hf_err check_condition(const Hufu__CatalogEntry *e, size_t i, struct hf_fault *f)
{
	const Hufu__SharingCondition *c = e->conditions[i];

	for (size_t k = 0; k < i; k++)
		if (strcmp(e->conditions[k]->name, c->name) == 0)
			return hf_fault_set(f, HF_E_ARGUMENT, "the condition '%.63s' is stated twice", c->name);
	if (has(c->attribute) != has(c->value))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "the condition '%.63s' names an attribute without its value, or a value alone",
		                    c->name);
	if (!has(c->attribute) && !has(c->text))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "the condition '%.63s' does not say what the applicant undertakes; add its text",
		                    c->name);
	return HF_OK;
}

enum hf_err conditions_check(const Hufu__CatalogEntry *e, const struct hf_source_view *v, struct hf_fault *f)
{
	if (e->n_conditions > 0 && e->sharing != CONDITIONAL)
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "'%.80s' states conditions but is not shared conditionally; use --sharing conditional",
		        e->title);
	for (size_t i = 0; i < e->n_conditions; i++)
		HF_TRY(check_condition(e, i, f));
	return e->criteria ? check_purposes(e->criteria, v, f) : HF_OK;
}
