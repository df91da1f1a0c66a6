/*
 * criteria.c - the published review criteria, evaluated (AZ-10): the same for everybody, at the intake node and again
 * at the provider. Each published criterion gives one finding. Pure.
 */
#include <stdio.h>
#include <string.h>

#include "authz/conditions.h"
#include "authz/internal.h"
#include "crypto/utf8.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)
#define REASON_CHARACTERS 10u

static void add(struct criteria_result *r, const char *point, bool ok)
{
	Hufu__Finding *f = &r->finding[r->count];
	hufu__finding__init(f);
	snprintf(r->point[r->count], sizeof(r->point[0]), "%s", point);
	f->point = r->point[r->count];
	f->ok = ok;
	f->text = r->text[r->count];
	r->list[r->count] = f;
	if (!ok && r->failed < 0)
		r->failed = (int)r->count;
	r->count++;
}

static char *text_of(struct criteria_result *r)
{
	return r->text[r->count];
}
#define SAY(r, ...) snprintf(text_of(r), sizeof((r)->text[0]), __VA_ARGS__)

static bool listed(char *const *list, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (same_text(list[i], word))
			return true;
	return false;
}

static void check_purpose(const Hufu__ReviewCriteria *c, const Hufu__Application *app, struct criteria_result *r)
{
	bool ok = listed(c->purposes, c->n_purposes, app->purpose);
	if (c->n_purposes == 0)
		return;
	SAY(r, "the purpose '%.100s' is %s", app->purpose,
	    ok ? "accepted" : "not among those that the publisher accepts");
	add(r, "purpose", ok);
}

static void check_jurisdiction(const Hufu__ReviewCriteria *c, const Hufu__Member *m, struct criteria_result *r)
{
	const char *where = m && m->jurisdiction ? m->jurisdiction : "";
	bool ok = where[0] && listed(c->jurisdictions, c->n_jurisdictions, where);
	if (c->n_jurisdictions == 0)
		return;
	SAY(r, "the applicant's jurisdiction '%.15s' is %s", where,
	    ok ? "accepted" : "not among those that the publisher accepts");
	add(r, "jurisdiction", ok);
}

static void check_role(const Hufu__ReviewCriteria *c, const Hufu__Member *m, struct criteria_result *r)
{
	bool ok = false;
	for (size_t i = 0; m && i < m->n_roles; i++)
		ok = ok || listed(c->roles, c->n_roles, m->roles[i]);
	if (c->n_roles == 0)
		return;
	SAY(r, "the applicant %s a role that the publisher asks for", ok ? "holds" : "does not hold");
	add(r, "role", ok);
}

static void check_period(const Hufu__ReviewCriteria *c, const Hufu__Application *app, struct criteria_result *r)
{
	struct hf_fault f;
	bool ok = az_terms_period(app->from_ms, app->until_ms, &f) == HF_OK;
	if (!ok)
		SAY(r, "%.250s", f.text);
	else if (c->max_days && app->until_ms - app->from_ms > (int64_t)c->max_days * DAY_MS)
		ok = (SAY(r, "the period is longer than the %u days that the publisher allows", c->max_days), false);
	else
		SAY(r, "the period is within the limit");
	add(r, "period", ok);
}

static void check_fields(const Hufu__ReviewCriteria *c, const Hufu__Application *app, size_t all,
                         struct criteria_result *r)
{
	size_t n = app->n_fields ? app->n_fields : all;
	if (c->max_fields == 0)
		return;
	SAY(r, "%zu fields are applied for, the publisher allows %u", n, c->max_fields);
	add(r, "fields", n <= c->max_fields);
}

static unsigned characters(const char *text)
{
	const char *end = text + strlen(text);
	unsigned n = 0;
	uint32_t code;
	while (text < end && hf_utf8_next(&text, end, &code))
		n += !hf_utf8_is_space(code);
	return n;
}

static void check_reason(const Hufu__ReviewCriteria *c, const Hufu__Application *app, struct criteria_result *r)
{
	unsigned n = characters(app->reason ? app->reason : "");
	if (!c->purpose_text)
		return;
	SAY(r, "the reason has %u characters, %u are asked for", n, REASON_CHARACTERS);
	add(r, "reason", n >= REASON_CHARACTERS);
}

/* DS-26: what the purpose does not need is not given, however good the reason. */
static void check_needed(const Hufu__CatalogEntry *entry, const Hufu__Application *app, struct criteria_result *r)
{
	struct hf_fault f = {HF_OK, ""};
	bool ok = az_purpose_fields(entry, app->purpose, app->fields, app->n_fields, &f) == HF_OK;
	if (!az_purpose_stated(entry))
		return;
	SAY(r, "%.250s", ok ? "the purpose needs each of the fields" : f.text);
	add(r, "minimization", ok);
}

/* DS-27. */
static void check_conditions(const Hufu__CatalogEntry *entry, const Hufu__Application *app, const Hufu__Member *m,
                             struct criteria_result *r)
{
	char point[sizeof(r->point[0])];
	for (size_t i = 0; i < entry->n_conditions && i < CONDITIONS_MAX; i++) {
		const Hufu__SharingCondition *c = entry->conditions[i];
		bool ok = az_condition_met(c, m, app->accepts, app->n_accepts, text_of(r), sizeof(r->text[0]));
		snprintf(point, sizeof(point), "condition:%.63s", c->name);
		add(r, point, ok);
	}
}

void az_criteria_evaluate(const Hufu__CatalogEntry *entry, const Hufu__Application *app, const Hufu__Member *member,
                          struct criteria_result *ret_result)
{
	static const Hufu__ReviewCriteria none = HUFU__REVIEW_CRITERIA__INIT;
	const Hufu__ReviewCriteria *c = entry->criteria ? entry->criteria : &none;
	struct criteria_result *r = ret_result;
	memset(r, 0, sizeof(*r));
	r->failed = -1;
	check_purpose(c, app, r);
	check_jurisdiction(c, member, r);
	check_role(c, member, r);
	check_period(c, app, r);
	check_fields(c, app, entry->n_fields, r);
	check_reason(c, app, r);
	check_needed(entry, app, r);
	check_conditions(entry, app, member, r);
}

enum hf_err az_criteria_agree(const struct criteria_result *own, Hufu__Finding *const *record, size_t count,
                              struct hf_fault *f)
{
	if (own->failed >= 0)
		return hf_fault_set(f, HF_E_CRITERION, "the criterion '%s' is not met: %s",
		                    own->list[own->failed]->point, own->list[own->failed]->text);
	for (size_t i = 0; i < count; i++)
		if (!record[i]->ok)
			return hf_fault_set(f, HF_E_CRITERION,
			                    "the intake record passes although its criterion '%.60s' is not met",
			                    record[i]->point);
	for (size_t i = 0; i < own->count; i++) {
		bool found = false;
		for (size_t k = 0; k < count; k++)
			found = found || strcmp(record[k]->point, own->list[i]->point) == 0;
		if (!found)
			return hf_fault_set(f, HF_E_CRITERION,
			                    "the intake record does not show that the criterion '%s' was checked",
			                    own->list[i]->point);
	}
	return HF_OK;
}
