/*
 * scenario.c - the steps of a business authority: a scenario is made, its members are confirmed and removed, it ends.
 * Each step signs the whole scenario anew, as its next version, so that nobody has to put changes in order.
 */
#include "authz/scenario.h"

#include <stdlib.h>
#include <string.h>

#include "authz/scenario_internal.h"
#include "proto/codec.h"

struct change {
	struct hf_authz *a;
	const struct hf_step_in *in;
	Hufu__Scenario m; /* lists and texts borrowed */
	struct hf_id id, txn;
	Hufu__ScenarioRow *old, *row;
	Hufu__Scenario *before; /* NULL: it is new */
	Hufu__SignedStatement *statement;
	struct paper paper;
	struct sc_opened opened;
};

static void change_done(struct change *c)
{
	hf_decoded_free(c->old);
	hf_decoded_free(c->row);
	hf_decoded_free(c->before);
	hf_decoded_free(c->statement);
	az_paper_done(&c->paper);
	sc_opened_done(&c->opened);
}

static enum hf_err sign(struct change *c)
{
	struct hf_authz *a = c->a;
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	struct paper_head head;
	struct hf_hash wording;
	sc_scenario_wording(&c->m, &wording);
	s.kind = (char *)"scenario";
	s.object = c->m.id;
	s.revision = c->m.version;
	s.object_digest = BIN_HASH(&wording);
	s.result = (char *)(c->m.ended ? "revoke" : "pass");
	s.reason = c->m.reason;
	HF_TRY(az_person_sign(a, c->in->actor, &s, &c->txn, &c->statement, c->in->fault));
	az_paper_head_init(a, &head, &c->txn, NULL, NULL, NULL);
	c->m.header = &head.header;
	c->m.statement = c->statement;
	enum hf_err e = az_paper_sign(a, HF_TYPE_SCENARIO, &c->txn, &c->m.base, c->in->unit, &c->paper, c->in->fault);
	c->m.header = NULL;
	c->m.statement = NULL;
	return e;
}

/* Signed, opened as everybody will open it, on record, told. */
static enum hf_err make(struct change *c)
{
	struct hf_authz *a = c->a;
	struct hf_fault *f = c->in->fault;
	bool is_new = false;
	HF_TRY(sc_scenario_terms(a, &c->m, a->base->self.s, f));
	HF_TRY(sign(c));
	HF_TRY(sc_scenario_open(a, c->paper.envelope, &c->opened, f));
	HF_TRY(sc_row_take(a, c->in->unit, &c->opened, &is_new, &c->row, f));
	HF_TRY(sc_tell(a, c->in->unit, c->row, c->before, f));
	sc_entry_fill(c->in->draft, c->row, c->opened.scenario);
	return HF_OK;
}

enum hf_err hf_scenario_create(struct hf_authz *a, const struct hf_step_in *in, const struct hf_scenario_in *what,
                               struct hf_id *ret_scenario)
{
	HF_CLEANUP(change_done) struct change c = {.a = a, .in = in};
	int64_t now = now_of(a);
	c.id = hf_id_new(now);
	c.txn = hf_id_new(now);
	hufu__scenario__init(&c.m);
	c.m.id = BIN_ID(&c.id);
	c.m.version = 1;
	c.m.name = (char *)what->name;
	c.m.description = (char *)(what->description ? what->description : "");
	c.m.purpose = (char *)what->purpose;
	c.m.from_ms = what->from_ms ? what->from_ms : now;
	c.m.until_ms = what->until_ms;
	c.m.providers = (char **)what->providers;
	c.m.n_providers = what->provider_count;
	if (what->until_ms && what->until_ms <= now)
		return hf_fault_set(in->fault, HF_E_ARGUMENT, "field 'until' lies in the past; state a later end");
	HF_TRY(make(&c));
	*ret_scenario = c.id;
	return HF_OK;
}

/* The next version, as it is on record, in c->m. */
static enum hf_err load(struct change *c, const struct hf_id *id)
{
	struct hf_authz *a = c->a;
	struct hf_fault *f = c->in->fault;
	HF_TRY(sc_row_need(a, id, &c->old, f));
	if (!is_self(a, c->old->authority))
		return hf_fault_set(f, HF_E_STANDING, "the scenario was made by %s, which alone changes it",
		                    c->old->authority);
	c->before = sc_row_scenario(c->old);
	if (!c->before || !az_id_of(&c->old->txn, &c->txn))
		return hf_fault_set(f, HF_E_STORE, "the scenario on record cannot be read");
	if (c->before->ended)
		return hf_fault_set(f, HF_E_STATE, "the scenario has ended (%.200s); make another one",
		                    c->before->reason);
	c->m = *c->before;
	c->m.header = NULL;
	c->m.statement = NULL;
	c->m.version++;
	c->m.reason = (char *)"";
	return HF_OK;
}

static void fill_member(Hufu__ScenarioMember *out, const struct hf_scenario_member *in)
{
	hufu__scenario_member__init(out);
	out->organization = (char *)(in->organization ? in->organization : "");
	out->department = (char *)(in->department ? in->department : "");
	out->system = (char *)(in->system ? in->system : "");
	out->address = (char *)(in->address ? in->address : "");
}

enum hf_err hf_scenario_confirm(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *scenario,
                                const struct hf_scenario_member *member)
{
	HF_CLEANUP(change_done) struct change c = {.a = a, .in = in};
	Hufu__ScenarioMember added, *list[HF_SCENARIO_MEMBERS_MAX + 1];
	HF_TRY(load(&c, scenario));
	fill_member(&added, member);
	if (c.m.n_members >= HF_SCENARIO_MEMBERS_MAX)
		return hf_fault_set(in->fault, HF_E_LIMIT, "a scenario has at most %u members; make a second one",
		                    HF_SCENARIO_MEMBERS_MAX);
	if (c.m.n_members)
		memcpy(list, c.m.members, c.m.n_members * sizeof(list[0]));
	list[c.m.n_members++] = &added;
	c.m.members = list;
	return make(&c);
}

static bool is_meant(const Hufu__ScenarioMember *m, const Hufu__ScenarioMember *wanted)
{
	return same_text(m->organization, wanted->organization) &&
	       (!has_text(wanted->department) || same_text(m->department, wanted->department)) &&
	       (!has_text(wanted->system) || same_text(m->system, wanted->system)) &&
	       (!has_text(wanted->address) || same_text(m->address, wanted->address));
}

enum hf_err hf_scenario_remove(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *scenario,
                               const struct hf_scenario_member *member, const char *reason)
{
	HF_CLEANUP(change_done) struct change c = {.a = a, .in = in};
	Hufu__ScenarioMember wanted, *list[HF_SCENARIO_MEMBERS_MAX];
	size_t count = 0;
	HF_TRY(load(&c, scenario));
	fill_member(&wanted, member);
	for (size_t i = 0; i < c.m.n_members; i++)
		if (!is_meant(c.m.members[i], &wanted))
			list[count++] = c.m.members[i];
	if (count == c.m.n_members)
		return hf_fault_set(in->fault, HF_E_UNKNOWN,
		                    "the scenario has no such member; `hufu scenario show` lists them");
	if (sc_is_blank(reason))
		return hf_fault_set(in->fault, HF_E_ARGUMENT,
		                    "field 'reason' is missing; state why the member leaves the scenario");
	c.m.members = list;
	c.m.n_members = count;
	c.m.reason = (char *)reason;
	return make(&c);
}

enum hf_err hf_scenario_end(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *scenario,
                            const char *reason)
{
	HF_CLEANUP(change_done) struct change c = {.a = a, .in = in};
	HF_TRY(load(&c, scenario));
	if (sc_is_blank(reason))
		return hf_fault_set(in->fault, HF_E_ARGUMENT, "field 'reason' is missing; state why the scenario ends");
	c.m.ended = true;
	c.m.reason = (char *)reason;
	return make(&c);
}

/* ---- a scenario arrives ---- */

/* The provider's openings are news to members that have joined. */
static enum hf_err tell_joined(struct hf_authz *a, struct hf_unit *u, const Hufu__ScenarioRow *row,
                               const Hufu__Scenario *before, struct hf_fault *f)
{
	Hufu__Scenario none = HUFU__SCENARIO__INIT;
	for (size_t i = 0; i < row->n_openings; i++)
		if (is_self(a, row->openings[i]->provider))
			HF_TRY(sc_tell_opening(
			        a, u, &(struct sc_told){row, &row->openings[i]->envelope, before ? before : &none}, f));
	return HF_OK;
}

enum hf_err az_sc_on_scenario(struct hf_authz *a, const struct mail_in *in, const Hufu__ScenarioMail *m)
{
	HF_CLEANUP(sc_opened_done) struct sc_opened o = {.scenario = NULL};
	HF_CLEANUP(hf_decoded_done) Hufu__ScenarioRow *old = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__ScenarioRow *row = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__Scenario *before = NULL;
	bool is_new = false;
	HF_TRY(sc_scenario_open(a, m->scenario, &o, in->fault));
	if (!same_text(o.scenario->header->issuer, in->from))
		return hf_fault_set(in->fault, HF_E_STANDING, "a scenario comes from the authority that made it");
	if (sc_row_get(a, &o.id, &old) == HF_OK)
		before = sc_row_scenario(old);
	HF_TRY(sc_row_take(a, in->unit, &o, &is_new, &row, in->fault));
	if (!is_new)
		return HF_OK;
	struct hf_draft *d = sc_entry_new(a, HF_EVENT_SCENARIO, in->from);
	sc_entry_fill(d, row, o.scenario);
	hf_unit_draft(in->unit, d);
	sc_notice(a, in->unit, row, o.scenario->ended ? "scenario-ended" : "scenario",
	          o.scenario->ended ? "the scenario has ended, and the access under it"
	                            : "the scenario or its members have changed; see `hufu scenario show`");
	return tell_joined(a, in->unit, row, before, in->fault);
}
