/*
 * permit_rule.c - an attribute rule permits: its obligations become the terms that the gate enforces, in the one form
 * that every mechanism has (AZ-73). No application and no agreement stand behind them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "authz/conditions.h"
#include "authz/internal.h"
#include "authz/judge.h"
#include "authz/promotion_internal.h"
#include "proto/codec.h"

#define DUTY_MAX 256 /* of an obligation of terms */

struct duties {
	char text[HF_RULE_OBLIGATIONS_MAX][DUTY_MAX];
	char **list; /* of what stands in text, in the entry and in the promotion; free() it */
	size_t count;
	const struct hf_obligation *fields; /* "only these"; NULL: all */
};

/* "mask:plan-7", "uses:5", "report-use". False: longer than terms have room for; what is cut off says something else.
 */
static bool duty_text(const struct hf_obligation *o, char out[DUTY_MAX])
{
	if (o->number)
		return snprintf(out, DUTY_MAX, "%s:%" PRId64, hf_oblige_name(o->type), o->number) < DUTY_MAX;
	return snprintf(out, DUTY_MAX, "%s%s%s", hf_oblige_name(o->type), has_text(o->text) ? ":" : "",
	                has_text(o->text) ? o->text : "") < DUTY_MAX;
}

static void add_duty(struct duties *d, const char *duty)
{
	for (size_t i = 0; i < d->count; i++)
		if (strcmp(d->list[i], duty) == 0)
			return;
	d->list[d->count++] = (char *)duty;
}

static bool take_own(const struct hf_policy_decision *pd, struct duties *d)
{
	if (pd->obligation_count > HF_RULE_OBLIGATIONS_MAX)
		return false;
	for (size_t i = 0; i < pd->obligation_count; i++) {
		const struct hf_obligation *o = &pd->obligations[i];
		if (o->type == HF_OBLIGE_FIELDS && d->fields)
			return false;
		if (o->type == HF_OBLIGE_FIELDS) {
			d->fields = o;
			continue;
		}
		if (!duty_text(o, d->text[i]))
			return false;
		add_duty(d, d->text[i]);
	}
	return true;
}

/* The duties that always hold, those of the rule, those of the entry's policy, which no rule lifts, and of the grants
 * that the rule was made of (pr; NULL: of none). False: they cannot be read. */
static bool take_duties(const struct question *q, const struct hf_policy_decision *pd,
                        const struct az_promotion_rule *pr, struct duties *d)
{
	static const char *const always[] = {"log", "receipt", "no-onward-sharing"};
	enum { ALWAYS = sizeof(always) / sizeof(always[0]) };
	const Hufu__CatalogEntry *e = q->item->entry;
	d->list = hf_alloc_zero((ALWAYS + HF_RULE_OBLIGATIONS_MAX + e->n_policy + PM_DUTIES_MAX) * sizeof(char *));
	for (size_t i = 0; i < ALWAYS; i++)
		add_duty(d, always[i]);
	if (!take_own(pd, d))
		return false;
	for (size_t i = 0; i < e->n_policy; i++)
		if (strcmp(e->policy[i]->kind, "duty") == 0)
			add_duty(d, e->policy[i]->action);
	for (size_t i = 0; pr && i < pr->duty_count; i++)
		add_duty(d, pr->duties[i]);
	return true;
}

static bool in_names(const struct hf_obligation *o, const char *name)
{
	for (size_t i = 0; i < o->name_count; i++)
		if (same_text(o->names[i], name))
			return true;
	return false;
}

/* The fields of the entry, or those of them that the rule names; no more than the purpose needs (DS-26). free() the
 * list. */
static char **take_fields(const Hufu__CatalogEntry *e, const char *purpose, const struct hf_obligation *only,
                          size_t *ret_count)
{
	char **list = hf_alloc_zero((e->n_fields + 1) * sizeof(char *));
	*ret_count = 0;
	for (size_t i = 0; i < e->n_fields; i++)
		if ((!only || in_names(only, e->fields[i]->name)) && az_purpose_needs(e, purpose, e->fields[i]->name))
			list[(*ret_count)++] = e->fields[i]->name;
	return list;
}

static Hufu__Agreement *make_terms(const struct question *q, const struct hf_policy_decision *pd,
                                   const struct duties *duties)
{
	Hufu__Agreement g = HUFU__AGREEMENT__INIT;
	const Hufu__CatalogEntry *e = q->item->entry;
	size_t len = 0;
	g.resource = e->id;
	g.resource_version = e->version;
	g.assigner = e->publisher;
	g.assignee = (char *)q->rq->organization;
	g.department = (char *)(q->rq->department ? q->rq->department : "");
	g.system = (char *)(q->rq->system ? q->rq->system : "");
	g.system_address = (char *)(q->rq->system_address ? q->rq->system_address : "");
	g.action = (char *)(q->rq->action ? q->rq->action : "");
	g.purpose = (char *)(q->rq->purpose ? q->rq->purpose : "");
	g.fields = take_fields(e, g.purpose, duties->fields, &g.n_fields);
	g.from_ms = pd->from_ms;
	g.until_ms = pd->until_ms;
	g.obligations = duties->list;
	g.n_obligations = duties->count;
	g.entry_digest = BIN_HASH(&q->item->digest);
	g.usage_terms = e->sharing_condition;
	uint8_t *data = hf_encode(&g.base, &len);
	free(g.fields);
	Hufu__Agreement *terms = data ? HF_DECODE_OWN(agreement, data, len) : NULL;
	free(data);
	return terms;
}

static bool has_field(const Hufu__Agreement *terms, const char *name)
{
	for (size_t i = 0; i < terms->n_fields; i++)
		if (same_text(terms->fields[i], name))
			return true;
	return false;
}

static enum hf_err check(const struct question *q, const Hufu__Agreement *terms, struct verdict *v)
{
	struct hf_fault f = {HF_OK, ""};
	enum hf_err e = az_terms_entry(q->item->entry, q->rq->now_ms, &f);
	if (e == HF_OK)
		e = az_person_two_factors(q->rq->methods, q->item->entry->sensitive, &f);
	if (e != HF_OK)
		return SAY(v, e, "%s", f.text);
	if (!same_text(q->rq->action, "read"))
		return SAY(v, HF_E_WRONG_ACTION, "the operation '%.31s' is not authorized, only 'read' is",
		           q->rq->action ? q->rq->action : "");
	e = az_conditions_use(q, terms, HF_MECHANISM_ATTRIBUTE, &f);
	if (e != HF_OK)
		return SAY(v, e, "%s", f.text);
	if (terms->n_fields == 0)
		return SAY(v, HF_E_WRONG_FIELDS, "the rule names no field that the resource has");
	for (size_t i = 0; i < q->rq->field_count; i++)
		if (!has_field(terms, q->rq->fields[i]))
			return SAY(v, HF_E_WRONG_FIELDS,
			           "the field '%.100s' is outside the authorization; leave it out or apply for it",
			           q->rq->fields[i]);
	for (size_t i = 0; i < terms->n_obligations; i++)
		if (!az_terms_obligation_known(terms->obligations[i]))
			return SAY(
			        v, HF_E_OBLIGATION,
			        "this node cannot fulfil the obligation '%.100s', which the rule or the entry demands",
			        terms->obligations[i]);
	return HF_OK;
}

/* The smallest N of the rule's own, of the grants that it was made of too; the entry's is counted for the entry. */
static uint64_t most_of(const struct hf_policy_decision *pd, const struct az_promotion_rule *pr)
{
	uint64_t most = UINT64_MAX, n;
	for (size_t i = 0; i < pd->obligation_count; i++)
		if (pd->obligations[i].type == HF_OBLIGE_USES && (uint64_t)pd->obligations[i].number < most)
			most = (uint64_t)pd->obligations[i].number;
	for (size_t i = 0; pr && i < pr->duty_count; i++)
		if (hf_uses_parse(pr->duties[i], &n) && n < most)
			most = n;
	return most;
}

void az_permit_rule(const struct question *q, const struct hf_policy_decision *pd, struct hf_decision *d,
                    struct verdict *v)
{
	struct duties duties = {.count = 0};
	struct crossing crossing = {"", 0};
	struct hf_id counted, of_entry;
	char name[160];
	snprintf(name, sizeof(name), "the rule '%.127s'", pd->rule);
	az_uses_of_rule(pd->rule, q->rq->organization, &counted);
	az_uses_of_entry(&q->rq->resource, q->rq->organization, &of_entry);
	const struct az_promotion_rule *pr = az_promotion_rule_find(q->a, pd->rule);
	bool whole = take_duties(q, pd, pr, &duties);
	Hufu__Agreement *terms = whole ? make_terms(q, pd, &duties) : NULL;
	free(duties.list);
	if (!terms) {
		SAY(v, HF_E_OBLIGATION, "the obligations of the rule '%.100s' cannot be read, so it permits nothing",
		    pd->rule);
		return;
	}
	if (!az_judge_basis(q, v)) {
		v->passed = SIZE_MAX; /* no mechanism permits without it, so this is the reason */
		hf_decoded_free(terms);
		return;
	}
	if (check(q, terms, v) != HF_OK ||
	    (pr && !az_judge_terms(q->a, terms, &BIN_HASH(&pr->entry_digest), q->item, v)) ||
	    !az_is_across(q, &crossing, v) || !az_is_left(q, &counted, name, most_of(pd, pr), v) ||
	    !az_is_left_of_entry(q, &of_entry, v)) {
		v->passed = 1; /* nearer than nothing; a grant that comes further explains better */
		hf_decoded_free(terms);
		return;
	}
	d->result = HF_OK;
	d->counted = counted;
	d->of_entry = of_entry;
	memcpy(d->border, crossing.text, sizeof(d->border));
	d->persons = crossing.persons;
	snprintf(d->rule, sizeof(d->rule), "%s", pd->rule);
	snprintf(d->text, sizeof(d->text), "permitted by the rule '%.127s'", d->rule);
	d->mechanism = "attribute";
	d->from_ms = pd->from_ms;
	d->until_ms = pd->until_ms;
	d->terms = terms;
}
