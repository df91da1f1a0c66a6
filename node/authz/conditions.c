/*
 * conditions.c - what the publisher states of the use of its data, held against applications and against every access:
 * the fields that a purpose needs (DS-26), and the conditions of conditionally shared data, each by its name (DS-27).
 *
 * Sensitive data asks for a second authorization at the consumer besides (DS-86). An emergency is decided by the
 * leading group in the publisher's place: it lifts the conditions and the second authorization, and the fields too
 * unless the entry says what the emergency's purpose needs.
 */
#include <stdio.h>
#include <string.h>

#include "authz/conditions.h"
#include "authz/internal.h"
#include "authz/judge.h"

static bool listed(char *const *list, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (same_text(list[i], word))
			return true;
	return false;
}

/* ---- fields that a purpose needs ---- */

bool az_purpose_stated(const Hufu__CatalogEntry *e)
{
	return e->criteria && e->criteria->n_purpose_fields > 0;
}

const Hufu__PurposeFields *az_purpose_row(const Hufu__CatalogEntry *e, const char *purpose)
{
	for (size_t i = 0; az_purpose_stated(e) && i < e->criteria->n_purpose_fields; i++)
		if (same_text(e->criteria->purpose_fields[i]->purpose, purpose))
			return e->criteria->purpose_fields[i];
	return NULL;
}

bool az_purpose_needs(const Hufu__CatalogEntry *e, const char *purpose, const char *field)
{
	const Hufu__PurposeFields *row = az_purpose_row(e, purpose);
	return !az_purpose_stated(e) || (row && listed(row->fields, row->n_fields, field));
}

static enum hf_err not_needed(const char *purpose, const char *field, struct hf_fault *f)
{
	return hf_fault_set(f, HF_E_WRONG_FIELDS,
	                    "the purpose '%.80s' does not need the field '%.80s' by what its publisher states; leave "
	                    "it out (`hufu catalog show` lists the needed ones)",
	                    purpose, field);
}

enum hf_err az_purpose_fields(const Hufu__CatalogEntry *e, const char *purpose, char *const *fields, size_t count,
                              struct hf_fault *f)
{
	if (!az_purpose_stated(e))
		return HF_OK;
	if (!az_purpose_row(e, purpose))
		return hf_fault_set(f, HF_E_WRONG_PURPOSE,
		                    "the publisher does not state which fields the purpose '%.80s' needs, so it gets "
		                    "none; name a purpose that `hufu catalog show` lists",
		                    purpose ? purpose : "");
	for (size_t i = 0; i < count; i++)
		if (!az_purpose_needs(e, purpose, fields[i]))
			return not_needed(purpose, fields[i], f);
	for (size_t i = 0; count == 0 && i < e->n_fields; i++)
		if (!az_purpose_needs(e, purpose, e->fields[i]->name))
			return not_needed(purpose, e->fields[i]->name, f);
	return HF_OK;
}

void az_purpose_cut(const Hufu__CatalogEntry *e, Hufu__Application *app)
{
	const Hufu__PurposeFields *row = az_purpose_row(e, app->purpose);
	if (app->n_fields > 0 || !row)
		return;
	app->fields = row->fields;
	app->n_fields = row->n_fields;
}

/* ---- conditions ---- */

static const char *attribute_of(const Hufu__Member *m, const char *name)
{
	for (size_t i = 0; m && i < m->n_attributes; i++)
		if (same_text(m->attributes[i]->name, name))
			return m->attributes[i]->value;
	return NULL;
}

bool az_condition_met(const Hufu__SharingCondition *c, const Hufu__Member *member, char *const *accepted, size_t count,
                      char *text, size_t cap)
{
	const char *value = has_text(c->attribute) ? attribute_of(member, c->attribute) : NULL;
	if (!has_text(c->attribute)) {
		bool ok = listed(accepted, count, c->name);
		snprintf(text, cap, "the undertaking '%.63s' is %s", c->name,
		         ok ? "accepted" : "not accepted; apply with --accept and its name");
		return ok;
	}
	if (value && strcmp(value, c->value) == 0)
		snprintf(text, cap, "the organization's attribute %.63s is '%.63s', as asked for", c->attribute, value);
	else
		snprintf(text, cap, "the organization's attribute %.63s has to be '%.63s' in the space descriptor",
		         c->attribute, c->value);
	return value && strcmp(value, c->value) == 0;
}

static enum hf_err not_met(const Hufu__SharingCondition *c, const char *why, struct hf_fault *f)
{
	return hf_fault_set(f, HF_E_CONDITION, "the condition '%.63s' is not met: %.250s", c->name, why);
}

enum hf_err az_conditions_check(const Hufu__CatalogEntry *e, const Hufu__Member *member, char *const *accepted,
                                size_t count, struct hf_fault *f)
{
	char why[CONDITION_TEXT];
	for (size_t i = 0; i < e->n_conditions; i++)
		if (!az_condition_met(e->conditions[i], member, accepted, count, why, sizeof(why)))
			return not_met(e->conditions[i], why, f);
	return HF_OK;
}

enum hf_err az_conditions_accepts(const Hufu__CatalogEntry *e, char *const *accepts, size_t count, struct hf_fault *f)
{
	char why[CONDITION_TEXT];
	for (size_t i = 0; i < count; i++) {
		bool there = false;
		for (size_t k = 0; k < e->n_conditions; k++)
			there |=
			        !has_text(e->conditions[k]->attribute) && same_text(e->conditions[k]->name, accepts[i]);
		if (!there)
			return hf_fault_set(f, HF_E_ARGUMENT,
			                    "the resource asks for no undertaking '%.63s'; `hufu catalog show` lists "
			                    "what it asks for",
			                    accepts[i]);
	}
	for (size_t i = 0; i < e->n_conditions; i++)
		if (!has_text(e->conditions[i]->attribute) &&
		    !az_condition_met(e->conditions[i], NULL, accepts, count, why, sizeof(why)))
			return not_met(e->conditions[i], why, f);
	return HF_OK;
}

/* ---- without an application ---- */

enum hf_err az_conditions_by_rule(const Hufu__CatalogEntry *e, struct hf_fault *f)
{
	if (az_terms_core(e)) /* DS-20 */
		return hf_fault_set(f, HF_E_MECHANISM,
		                    "core data (level 3) is not given by a rule: two levels of approval decide each "
		                    "case; file an application with `hufu apply`");
	if (e->personal) /* AZ-16 */
		return hf_fault_set(f, HF_E_MECHANISM,
		                    "personal data is not given by a rule: the privacy expert reviews each use of it; "
		                    "file an application with `hufu apply`");
	for (size_t i = 0; i < e->n_conditions; i++)
		if (!has_text(e->conditions[i]->attribute))
			return hf_fault_set(f, HF_E_CONDITION,
			                    "the entry asks for the undertaking '%.63s', which an application alone "
			                    "can accept; let its users file one with `hufu apply --accept %.63s`",
			                    e->conditions[i]->name, e->conditions[i]->name);
	return HF_OK;
}

/* ---- at every access ---- */

/* What is delivered: the fields asked for, or those of the terms. */
static enum hf_err check_fields(const struct question *q, const Hufu__Agreement *terms, struct hf_fault *f)
{
	const struct hf_access_request *rq = q->rq;
	char *const *fields = rq->field_count ? (char *const *)rq->fields : terms->fields;
	return az_purpose_fields(q->item->entry, terms->purpose, fields,
	                         rq->field_count ? rq->field_count : terms->n_fields, f);
}

enum hf_err az_conditions_use(const struct question *q, const Hufu__Agreement *terms, enum hf_mechanism mechanism,
                              struct hf_fault *f)
{
	const Hufu__CatalogEntry *e = q->item->entry;
	bool emergency = mechanism == HF_MECHANISM_EMERGENCY;
	if (mechanism == HF_MECHANISM_ATTRIBUTE)
		HF_TRY(az_conditions_by_rule(e, f));
	if (e->sensitive && !emergency && !q->rq->second)
		return hf_fault_set(
		        f, HF_E_SECOND_USE,
		        "the data is sensitive: besides the grant, somebody of the consumer's data authority "
		        "authorizes its use (`hufu sensitive authorize`)");
	if (!emergency || az_purpose_row(e, terms->purpose))
		HF_TRY(check_fields(q, terms, f));
	if (emergency)
		return HF_OK;
	return az_conditions_check(e, hf_space_member(hf_peers_space(q->a->peers), q->rq->organization),
	                           terms->accepted, terms->n_accepted, f);
}
