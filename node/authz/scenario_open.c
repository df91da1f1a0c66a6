/*
 * scenario_open.c - the provider's side: a resource is opened to a scenario with fields, obligations and a period, and
 * closed again (AZ-40, AZ-46). Nobody else can link a resource to a scenario.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/conditions.h"
#include "authz/rulebook.h"
#include "authz/scenario_internal.h"
#include "proto/codec.h"

struct opening {
	struct hf_authz *a;
	const struct hf_step_in *in;
	struct hf_id id, txn;
	Hufu__ScenarioOpening m;
	Hufu__ScenarioRow *row;
	Hufu__Scenario *scenario;
	Hufu__SignedStatement *statement;
	struct hf_catalog_item it;
	struct paper paper;
};

static void opening_done(struct opening *o)
{
	hf_decoded_free(o->row);
	hf_decoded_free(o->scenario);
	hf_decoded_free(o->statement);
	hf_catalog_item_done(&o->it);
	az_paper_done(&o->paper);
}

static enum hf_err sign(struct opening *o)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	struct paper_head head;
	struct hf_hash wording;
	sc_opening_wording(&o->m, &wording);
	s.kind = (char *)"scenario-opening";
	s.object = o->m.id;
	s.revision = o->m.version;
	s.object_digest = BIN_HASH(&wording);
	s.result = (char *)(o->m.closed ? "revoke" : "pass");
	s.reason = o->m.reason;
	HF_TRY(az_person_sign(o->a, o->in->actor, &s, &o->txn, &o->statement, o->in->fault));
	az_paper_head_init(o->a, &head, &o->txn, NULL, NULL, NULL);
	o->m.header = &head.header;
	o->m.statement = o->statement;
	enum hf_err e = az_paper_sign(o->a, HF_TYPE_SCENARIO_OPENING, &o->txn, &o->m.base, o->in->unit, &o->paper,
	                              o->in->fault);
	o->m.header = NULL;
	o->m.statement = NULL;
	return e;
}

static enum hf_err make(struct opening *o)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ScenarioOpening *signed_one = NULL;
	struct hf_fault *f = o->in->fault;
	const ProtobufCBinaryData *encoded;
	bool is_new = false;
	HF_TRY(sign(o));
	const ProtobufCBinaryData bytes = BIN(o->paper.bytes, o->paper.len);
	HF_TRY(sc_row_take_opening(o->a, o->in->unit, &o->row, o->paper.envelope, &is_new, f));
	encoded = &bytes;
	HF_TRY(sc_tell_opening(o->a, o->in->unit, &(struct sc_told){o->row, encoded, NULL}, f));
	signed_one = az_stored_payload(&bytes, &hufu__scenario_opening__descriptor);
	if (!signed_one)
		return hf_fault_set(f, HF_E_INTERNAL, "the opening that was signed cannot be read");
	sc_entry_opening(o->in->draft, o->row, signed_one);
	hf_draft_bytes(o->in->draft, HF_FIELD_DIGEST, o->paper.digest.b, sizeof(o->paper.digest.b));
	return HF_OK;
}

static enum hf_err load(struct opening *o, const struct hf_id *scenario)
{
	struct hf_fault *f = o->in->fault;
	HF_TRY(sc_row_need(o->a, scenario, &o->row, f));
	o->scenario = sc_row_scenario(o->row);
	if (!o->scenario || !az_id_of(&o->row->txn, &o->txn))
		return hf_fault_set(f, HF_E_STORE, "the scenario on record cannot be read");
	return HF_OK;
}

static enum hf_err check_entry(struct opening *o, const struct hf_id *entry)
{
	struct hf_fault *f = o->in->fault;
	char text[HF_ID_TEXT];
	uint32_t allowed = 0;
	hf_id_text(entry, text);
	if (hf_catalog_get(o->a->catalog, NULL, entry, &o->it) != HF_OK)
		return hf_fault_set(f, HF_E_UNKNOWN, "this node publishes no entry %s; `hufu catalog` lists them",
		                    text);
	if (!o->it.own)
		return hf_fault_set(f, HF_E_STANDING,
		                    "the entry is of %s; only the resource's provider opens it to a scenario",
		                    o->it.entry->publisher);
	HF_TRY(az_terms_entry(o->it.entry, now_of(o->a), f));
	if (!hf_authz_allowed(o->a, entry, &allowed) || !(allowed & HF_MECHANISM_BIT(HF_MECHANISM_ATTRIBUTE)))
		return hf_fault_set(f, HF_E_MECHANISM,
		                    "the entry does not allow attribute rules; `hufu policy mechanisms` allows them");
	HF_TRY(az_conditions_by_rule(o->it.entry, f));
	return az_person_two_factors(o->in->actor->methods, o->it.entry->sensitive, f);
}

static enum hf_err check_wish(struct opening *o, const struct hf_opening_in *what)
{
	struct hf_fault *f = o->in->fault;
	struct hf_obligation duty;
	HF_TRY(az_terms_fields(o->it.entry, (char *const *)what->fields, what->field_count, f));
	if (what->obligation_count > HF_RULE_OBLIGATIONS_MAX - 1)
		return hf_fault_set(f, HF_E_LIMIT, "at most %d obligations can be stated", HF_RULE_OBLIGATIONS_MAX - 1);
	for (size_t i = 0; i < what->obligation_count; i++)
		HF_TRY(sc_obligation(what->obligations[i], &duty, f));
	if (o->scenario->ended)
		return hf_fault_set(f, HF_E_STATE, "the scenario has ended (%.200s)", o->scenario->reason);
	if (what->until_ms == 0)
		return hf_fault_set(f, HF_E_ARGUMENT, "field 'until' is missing; state when the authorization ends");
	if (what->until_ms <= now_of(o->a) || what->until_ms <= what->from_ms)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "field 'until' lies in the past or before 'from'; state a later end");
	return HF_OK;
}

static bool has_opening(const Hufu__ScenarioRow *row, const struct hf_id *entry)
{
	bool found = false;
	for (size_t i = 0; i < row->n_openings && !found; i++) {
		HF_CLEANUP(hf_decoded_done) Hufu__ScenarioOpening *m = sc_row_opening(row->openings[i]);
		found = m && !m->closed && m->resource.len == sizeof(entry->b) &&
		        memcmp(m->resource.data, entry->b, sizeof(entry->b)) == 0;
	}
	return found;
}

enum hf_err hf_scenario_open(struct hf_authz *a, const struct hf_step_in *in, const struct hf_opening_in *what,
                             struct hf_id *ret_opening)
{
	HF_CLEANUP(opening_done) struct opening o = {.a = a, .in = in};
	HF_TRY(load(&o, &what->scenario));
	HF_TRY(check_entry(&o, &what->entry));
	HF_TRY(check_wish(&o, what));
	if (has_opening(o.row, &what->entry))
		return hf_fault_set(in->fault, HF_E_EXISTS,
		                    "the entry is open to this scenario already; close that opening first (`hufu "
		                    "scenario close`)");
	o.id = hf_id_new(now_of(a));
	hufu__scenario_opening__init(&o.m);
	o.m.id = BIN_ID(&o.id);
	o.m.version = 1;
	o.m.scenario = o.scenario->id;
	o.m.resource = BIN_ID(&what->entry);
	o.m.title = o.it.entry->title;
	o.m.fields = (char **)what->fields;
	o.m.n_fields = what->field_count;
	o.m.obligations = (char **)what->obligations;
	o.m.n_obligations = what->obligation_count;
	o.m.from_ms = what->from_ms ? what->from_ms : now_of(a);
	o.m.until_ms = what->until_ms;
	o.m.reason = (char *)(what->reason ? what->reason : "");
	HF_TRY(make(&o));
	*ret_opening = o.id;
	return HF_OK;
}

/* ---- closing ---- */

struct search {
	const struct hf_id *id;
	struct hf_id scenario;
	ProtobufCBinaryData envelope; /* copied */
	char provider[HF_NAME_MAX + 1];
};

static bool find_opening(void *ctx, const Hufu__ScenarioRow *row)
{
	struct search *s = ctx;
	for (size_t i = 0; i < row->n_openings; i++) {
		const Hufu__ScenarioOpeningRow *x = row->openings[i];
		if (x->id.len != sizeof(s->id->b) || memcmp(x->id.data, s->id->b, x->id.len) != 0 ||
		    !az_id_of(&row->id, &s->scenario))
			continue;
		s->envelope.data = hf_alloc(x->envelope.len);
		s->envelope.len = x->envelope.len;
		memcpy(s->envelope.data, x->envelope.data, x->envelope.len);
		snprintf(s->provider, sizeof(s->provider), "%s", x->provider);
		return false;
	}
	return true;
}

enum hf_err hf_scenario_close(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *opening,
                              const char *reason)
{
	HF_CLEANUP(opening_done) struct opening o = {.a = a, .in = in};
	HF_CLEANUP(hf_decoded_done) Hufu__ScenarioOpening *before = NULL;
	struct search s = {.id = opening};
	HF_TRY(hf_fault_default(in->fault, sc_rows(a, find_opening, &s)));
	if (s.envelope.data)
		before = az_stored_payload(&s.envelope, &hufu__scenario_opening__descriptor);
	free(s.envelope.data);
	if (!before)
		return hf_fault_set(in->fault, HF_E_UNKNOWN,
		                    "there is no such opening at this node; `hufu scenario show` lists them");
	if (!is_self(a, s.provider))
		return hf_fault_set(in->fault, HF_E_STANDING, "the opening is of %s, which alone closes it",
		                    s.provider);
	if (before->closed)
		return hf_fault_set(in->fault, HF_E_STATE, "the resource is closed to the scenario already");
	if (sc_is_blank(reason))
		return hf_fault_set(in->fault, HF_E_ARGUMENT, "field 'reason' is missing; state why it is closed");
	HF_TRY(load(&o, &s.scenario));
	o.m = *before;
	o.m.version++;
	o.m.closed = true;
	o.m.reason = (char *)reason;
	o.m.header = NULL;
	o.m.statement = NULL;
	return make(&o);
}

/* ---- an opening arrives: it tells who may use what; it permits at its provider alone ---- */

enum hf_err az_sc_on_opening(struct hf_authz *a, const struct mail_in *in, const Hufu__ScenarioOpeningMail *m)
{
	HF_CLEANUP(sc_opened_done) struct sc_opened of = {.scenario = NULL};
	HF_CLEANUP(hf_decoded_done) Hufu__ScenarioOpening *o = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__ScenarioRow *row = NULL;
	bool is_new = false;
	HF_TRY(sc_scenario_open(a, m->scenario, &of, in->fault));
	HF_TRY(sc_opening_open(a, m->opening, &of, &o, in->fault));
	if (!same_text(o->header->issuer, in->from))
		return hf_fault_set(in->fault, HF_E_STANDING, "an opening comes from the provider that signed it");
	HF_TRY(sc_row_take(a, in->unit, &of, &is_new, &row, in->fault));
	HF_TRY(sc_row_take_opening(a, in->unit, &row, m->opening, &is_new, in->fault));
	if (!is_new)
		return HF_OK;
	struct hf_draft *d = sc_entry_new(a, HF_EVENT_SCENARIO_OPENING, in->from);
	sc_entry_opening(d, row, o);
	hf_unit_draft(in->unit, d);
	sc_notice(a, in->unit, row, o->closed ? "scenario-closed" : "scenario-opened",
	          o->closed ? "a provider closed a resource to the scenario"
	                    : "a provider opened a resource to the scenario; no application is needed for it");
	return HF_OK;
}
