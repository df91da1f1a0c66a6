/*
 * scenario_papers.c - what a business authority and a provider signed about a scenario, opened: form, right, persons.
 * The same checks when sending, when receiving and when the rules are made.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "authz/scenario_internal.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

void sc_scenario_wording(const Hufu__Scenario *m, struct hf_hash *ret_digest)
{
	Hufu__Scenario bare = *m;
	bare.header = NULL;
	bare.statement = NULL;
	az_digest(&bare.base, ret_digest);
}

void sc_opening_wording(const Hufu__ScenarioOpening *m, struct hf_hash *ret_digest)
{
	Hufu__ScenarioOpening bare = *m;
	bare.header = NULL;
	bare.statement = NULL;
	az_digest(&bare.base, ret_digest);
}

bool sc_is_blank(const char *text)
{
	return !text || text[strspn(text, " \t\n")] == '\0';
}

bool sc_member_same(const Hufu__ScenarioMember *x, const Hufu__ScenarioMember *y)
{
	return same_text(x->organization, y->organization) && same_text(x->department, y->department) &&
	       same_text(x->system, y->system) && same_text(x->address, y->address);
}

/* ---- jurisdiction ---- */

/* "CN" holds CN and CN-GD; "cn.gov" holds cn.gov and cn.gov.health. */
static bool is_below(const char *upper, size_t len, const char *name, char separator)
{
	return len > 0 && strncmp(upper, name, len) == 0 && (name[len] == '\0' || name[len] == separator);
}

static bool item_holds(const char *item, size_t len, const Hufu__Member *m)
{
	static const char prefix[] = "organization:";
	size_t skip = sizeof(prefix) - 1;
	if (len > skip && strncmp(item, prefix, skip) == 0)
		return is_below(item + skip, len - skip, m->organization, '.');
	return is_below(item, len, m->jurisdiction, '-');
}

/* The descriptor's attribute jurisdiction-of: regions and organizations with all below them, parted by commas. Without
 * it: the region of the authority itself. */
static bool holds(const struct hf_space *space, const char *authority, const Hufu__Member *m)
{
	const Hufu__Member *own = hf_space_member(space, authority);
	const char *list = hf_space_attribute(space, authority, "jurisdiction-of");
	if (!list)
		list = own ? own->jurisdiction : "";
	for (const char *at = list; *at;) {
		size_t len = strcspn(at, ",");
		if (item_holds(at, len, m))
			return true;
		at += len;
		at += strspn(at, ", ");
	}
	return false;
}

static bool has_department(const Hufu__Member *m, const char *department)
{
	for (size_t i = 0; i < m->n_departments; i++)
		if (strcmp(m->departments[i], department) == 0)
			return true;
	return false;
}

enum hf_err sc_in_jurisdiction(struct hf_authz *a, const char *authority, const Hufu__ScenarioMember *m,
                               struct hf_fault *f)
{
	const struct hf_space *space = hf_peers_space(a->peers);
	const Hufu__Member *of = hf_space_member(space, m->organization);
	if (!hf_space_has_role(space, authority, "business-authority"))
		return hf_fault_set(f, HF_E_STANDING,
		                    "%s does not hold the role business-authority, which alone makes scenarios",
		                    authority);
	if (!of)
		return hf_fault_set(f, HF_E_UNKNOWN, "%.63s is no member of the space; `hufu peers` lists them",
		                    m->organization);
	if (!holds(space, authority, of))
		return hf_fault_set(f, HF_E_STANDING,
		                    "%.63s (%.63s, region %.15s) is outside the jurisdiction of %s; its own business "
		                    "authority confirms it",
		                    m->organization, of->organization,
		                    has_text(of->jurisdiction) ? of->jurisdiction : "not stated", authority);
	if (has_text(m->department) && !has_department(of, m->department))
		return hf_fault_set(f, HF_E_UNKNOWN, "%.63s has no department '%.63s'; `hufu space show` lists them",
		                    m->organization, m->department);
	return HF_OK;
}

/* ---- terms ---- */

static enum hf_err check_text(const char *text, const char *field, bool required, size_t max, struct hf_fault *f)
{
	if (required && sc_is_blank(text))
		return hf_fault_set(f, HF_E_ARGUMENT, "field '%s' is missing; state it", field);
	if (text && !hf_text_ok(text, strlen(text), max))
		return hf_fault_set(f, HF_E_ARGUMENT, "field '%s' holds control characters or is longer than %zu bytes",
		                    field, max);
	return HF_OK;
}

static enum hf_err check_period(int64_t from_ms, int64_t until_ms, struct hf_fault *f)
{
	if (until_ms == 0)
		return hf_fault_set(f, HF_E_ARGUMENT, "field 'until' is missing; state when the authorization ends");
	if (until_ms <= from_ms)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "the period ends before or when it begins; state a later 'until'");
	return HF_OK;
}

static enum hf_err check_member(struct hf_authz *a, const Hufu__Scenario *m, size_t i, const char *authority,
                                struct hf_fault *f)
{
	const Hufu__ScenarioMember *x = m->members[i];
	struct hf_address address;
	struct hf_name name;
	if (!hf_name_parse(x->system, &name))
		return hf_fault_set(f, HF_E_ARGUMENT, "'%.63s' is no name of a business system", x->system);
	if (has_text(x->address) && !hf_address_parse(x->address, &address))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "'%.63s' is no IP address; state the one of the system %.63s, or none", x->address,
		                    x->system);
	for (size_t k = 0; k < i; k++)
		if (sc_member_same(m->members[k], x))
			return hf_fault_set(f, HF_E_EXISTS, "the system %.63s of %.63s is a member already", x->system,
			                    x->organization);
	return sc_in_jurisdiction(a, authority, x, f);
}

enum hf_err sc_scenario_terms(struct hf_authz *a, const Hufu__Scenario *m, const char *authority, struct hf_fault *f)
{
	if (!hf_space_has_role(hf_peers_space(a->peers), authority, "business-authority"))
		return hf_fault_set(f, HF_E_STANDING,
		                    "%s does not hold the role business-authority, which alone makes scenarios",
		                    authority);
	HF_TRY(check_text(m->name, "name", true, 127, f));
	HF_TRY(check_text(m->description, "description", false, HF_MAX_TEXT, f));
	HF_TRY(check_text(m->purpose, "purpose", true, 127, f));
	HF_TRY(check_text(m->reason, "reason", m->ended, HF_MAX_TEXT, f));
	HF_TRY(check_period(m->from_ms, m->until_ms, f));
	if (m->n_members > HF_SCENARIO_MEMBERS_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "a scenario has at most %u members; make a second one",
		                    HF_SCENARIO_MEMBERS_MAX);
	for (size_t i = 0; i < m->n_members && !m->ended; i++)
		HF_TRY(check_member(a, m, i, authority, f));
	return HF_OK;
}

enum hf_err sc_obligation(const char *text, struct hf_obligation *ret, struct hf_fault *f)
{
	const char *colon = strchr(text, ':');
	char name[64], *end = NULL;
	*ret = (struct hf_obligation){.text = NULL};
	snprintf(name, sizeof(name), "%.*s", (int)(colon ? colon - text : 63), text);
	ret->type = hf_oblige_from_name(name);
	if (!ret->type || ret->type == HF_OBLIGE_FIELDS)
		return hf_fault_set(f, HF_E_ARGUMENT, "there is no obligation '%.63s'; docs/policy.md lists them",
		                    name);
	if (ret->type == HF_OBLIGE_USES || ret->type == HF_OBLIGE_DELETE) {
		errno = 0;
		ret->number = colon ? strtoll(colon + 1, &end, 10) : 0;
		if (!colon || errno || *end || ret->number < 1)
			return hf_fault_set(f, HF_E_ARGUMENT, "the obligation '%.63s' needs a number, as in %s:5", text,
			                    name);
	} else if (colon) {
		ret->text = colon + 1;
	}
	if (!az_terms_obligation_known(text))
		return hf_fault_set(f, HF_E_OBLIGATION, "this node cannot fulfil the obligation '%.100s'", text);
	return HF_OK;
}

/* ---- opening ---- */

void sc_opened_done(struct sc_opened *o)
{
	hf_decoded_free(o->scenario);
	*o = (struct sc_opened){.scenario = NULL};
}

enum hf_err sc_scenario_open(struct hf_authz *a, const Hufu__Envelope *e, struct sc_opened *o, struct hf_fault *f)
{
	const struct paper_want want = {HF_TYPE_SCENARIO, &hufu__scenario__descriptor, NULL, NULL, "the scenario"};
	struct hf_hash wording;
	HF_TRY(az_paper_open_public(a, e, &want, &o->scenario, f));
	const Hufu__Scenario *m = o->scenario;
	HF_TRY(hf_envelope_digest_message(e, &o->digest));
	if (!az_id_of(&m->id, &o->id) || !az_id_of(&m->header->transaction, &o->txn))
		return hf_fault_set(f, HF_E_FORMAT, "the scenario lacks its identifier");
	o->paper = e;
	HF_TRY(sc_scenario_terms(a, m, m->header->issuer, f));
	sc_scenario_wording(m, &wording);
	const struct statement_want by = {"scenario", HF_MAY_SCENARIO, m->header->issuer, &o->id, m->version,
	                                  &wording,   &o->txn};
	return az_person_check(a, m->statement, &by, NULL, &o->officer, f);
}

/* AZ-40: the link is the provider's alone. What this node knows of the resource must not say otherwise. */
static enum hf_err check_publisher(struct hf_authz *a, const Hufu__ScenarioOpening *m, struct hf_fault *f)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	struct hf_id resource;
	if (!az_id_of(&m->resource, &resource))
		return hf_fault_set(f, HF_E_FORMAT, "the opening names no resource");
	enum hf_err e = hf_catalog_get(a->catalog, m->header->issuer, &resource, &it);
	if (e == HF_OK || hf_catalog_get(a->catalog, NULL, &resource, &it) == HF_E_UNKNOWN)
		return HF_OK;
	return hf_fault_set(f, HF_E_STANDING,
	                    "the opening is of %s, which does not provide the resource; only its provider opens it",
	                    m->header->issuer);
}

enum hf_err sc_opening_open(struct hf_authz *a, const Hufu__Envelope *e, const struct sc_opened *of,
                            Hufu__ScenarioOpening **ret_opening, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ScenarioOpening *m = NULL;
	const struct paper_want want = {HF_TYPE_SCENARIO_OPENING, &hufu__scenario_opening__descriptor, NULL, &of->txn,
	                                "the opening"};
	struct hf_id id, scenario;
	struct hf_hash wording;
	struct person by;
	HF_TRY(az_paper_open_public(a, e, &want, &m, f));
	if (!az_id_of(&m->id, &id) || !az_id_of(&m->scenario, &scenario))
		return hf_fault_set(f, HF_E_FORMAT, "the opening lacks an identifier");
	if (!hf_id_equal(&scenario, &of->id))
		return hf_fault_set(f, HF_E_CONFLICT, "the opening is to another scenario than the one it came with");
	HF_TRY(check_period(m->from_ms, m->until_ms, f));
	HF_TRY(check_publisher(a, m, f));
	sc_opening_wording(m, &wording);
	const struct statement_want w = {"scenario-opening", HF_MAY_APPROVE, m->header->issuer, &id,
	                                 m->version,         &wording,       &of->txn};
	HF_TRY(az_person_check(a, m->statement, &w, NULL, &by, f));
	*ret_opening = HF_TAKE(m);
	return HF_OK;
}
