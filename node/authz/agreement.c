/*
 * agreement.c - the agreement is made by the provider, checked and countersigned by the consumer's node, and finalized
 * by the provider. Until then its grant is pending and gives nothing: an order is valid when both halves meet.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/delegation_internal.h"
#include "authz/obligation.h"
#include "proto/codec.h"

void az_agreement_made_done(struct agreement_made *m)
{
	az_paper_done(&m->paper);
}

/* ---- the provider makes it ---- */

void az_terms_lists_done(struct az_terms_lists *t)
{
	free(t->fields);
	free(t->obligations);
}

static void list_fields(struct az_terms_lists *t, const Hufu__Application *app, const Hufu__CatalogEntry *entry)
{
	size_t n = app->n_fields ? app->n_fields : entry->n_fields;
	t->fields = hf_alloc_zero((n + 1) * sizeof(char *));
	for (size_t i = 0; i < n; i++)
		t->fields[i] = app->n_fields ? app->fields[i] : entry->fields[i]->name;
	t->field_count = n;
}

static bool listed(char *const *list, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return false;
}

/* The duties that always hold, the rows applied for, then those of the entry's policy (AZ-73); the publisher alone
 * lifts no-onward-sharing. */
static enum hf_err list_obligations(struct az_terms_lists *t, const Hufu__Application *app,
                                    const Hufu__CatalogEntry *entry, struct hf_fault *f)
{
	static const char *const always[] = {"log", "receipt", "no-onward-sharing"};
	const size_t held = sizeof(always) / sizeof(always[0]) - hf_duty_asked(entry, HF_DUTY_ONWARD_DERIVED);
	t->obligations = hf_alloc_zero((held + 1 + entry->n_policy) * sizeof(char *));
	for (size_t i = 0; i < held; i++)
		t->obligations[t->obligation_count++] = (char *)always[i];
	if (has_text(app->rows)) {
		snprintf(t->rows, sizeof(t->rows), "rows:%s", app->rows);
		t->obligations[t->obligation_count++] = t->rows;
	}
	for (size_t i = 0; i < entry->n_policy; i++) {
		const Hufu__Rule *r = entry->policy[i];
		if (strcmp(r->kind, "duty") != 0 || listed(t->obligations, t->obligation_count, r->action))
			continue;
		if (!az_terms_obligation_known(r->action))
			return hf_fault_set(f, HF_E_OBLIGATION,
			                    "the entry asks for the duty '%.60s', which cannot be enforced; change the "
			                    "entry's policy",
			                    r->action);
		t->obligations[t->obligation_count++] = r->action;
	}
	return HF_OK;
}

enum hf_err az_terms_lists(struct az_terms_lists *t, const Hufu__Application *app, const Hufu__CatalogEntry *entry,
                           struct hf_fault *f)
{
	list_fields(t, app, entry);
	return list_obligations(t, app, entry, f);
}

void az_agreement_fill(Hufu__Agreement *g, const Hufu__Application *app, const struct hf_catalog_item *it,
                       const struct agreement_made *made, const struct az_terms_lists *t)
{
	g->id = BIN_ID(&made->id);
	g->application = app->id;
	g->revision = app->revision;
	g->resource = app->resource;
	g->resource_version = it->entry->version;
	g->assigner = app->provider;
	g->assignee = app->organization;
	g->department = app->department;
	g->system = app->system;
	g->system_address = app->system_address;
	g->action = app->action;
	g->purpose = app->purpose;
	g->fields = t->fields;
	g->n_fields = t->field_count;
	g->from_ms = made->from_ms;
	g->until_ms = made->until_ms;
	g->obligations = t->obligations;
	g->n_obligations = t->obligation_count;
	g->grant = BIN_ID(&made->grant);
	g->entry_digest = BIN_HASH(&it->digest);
	g->usage_terms = it->entry->sharing_condition;
	g->accepted = app->accepts;
	g->n_accepted = app->n_accepts;
}

static void fill_grant(struct hf_authz *a, Hufu__GrantRow *r, const Hufu__ApplicationRow *row, const Hufu__Agreement *g,
                       const struct paper *paper)
{
	r->grant = g->grant;
	r->agreement = g->id;
	r->application = g->application;
	r->revision = g->revision;
	r->txn = row->txn;
	r->resource = g->resource;
	r->provider = g->assigner;
	r->consumer = g->assignee;
	r->department = g->department;
	r->system = g->system;
	r->system_address = g->system_address;
	r->purpose = g->purpose;
	r->action = g->action;
	r->from_ms = g->from_ms;
	r->until_ms = g->until_ms;
	r->state = HF_GRANT_PENDING;
	r->generation = 1;
	r->agreement_envelope = BIN(paper->bytes, paper->len);
	r->agreement_digest = BIN_HASH(&paper->digest);
	r->intake = row->intake;
	r->made_ms = now_of(a);
}

void az_agreement_keep_entry(struct hf_unit *u, const struct hf_id *txn, const struct hf_catalog_item *it)
{
	struct hf_hash digest;
	hf_ledger_keep_envelope(u, txn, HF_TYPE_CATALOG_ENTRY, it->envelope, it->envelope_len, &digest);
}

enum hf_err az_agreement_make(struct hf_authz *a, struct hf_unit *u, const Hufu__ApplicationRow *row,
                              const Hufu__Application *app, const struct hf_catalog_item *it, const char *approver,
                              struct agreement_made *made, struct hf_fault *f)
{
	HF_CLEANUP(az_terms_lists_done) struct az_terms_lists t = {0};
	Hufu__Agreement g = HUFU__AGREEMENT__INIT;
	Hufu__GrantRow r = HUFU__GRANT_ROW__INIT;
	struct paper_head head;
	struct hf_id txn = az_row_txn(row);
	HF_TRY(az_terms_lists(&t, app, it->entry, f));
	made->id = hf_id_new(now_of(a));
	made->grant = hf_id_new(now_of(a));
	az_paper_head_init(a, &head, &txn, row->organization, NULL, NULL);
	g.header = &head.header;
	az_agreement_fill(&g, app, it, made, &t);
	HF_TRY(az_terms_agreement(&g, app, f));
	HF_TRY(az_paper_sign(a, HF_TYPE_AGREEMENT, &txn, &g.base, u, &made->paper, f));
	az_agreement_keep_entry(u, &txn, it);
	fill_grant(a, &r, row, &g, &made->paper);
	r.approver = (char *)approver;
	if (!hf_id_is_zero(&made->basis))
		r.basis = BIN_ID(&made->basis);
	az_grant_put(a, u, &r);
	return HF_OK;
}

/* ---- papers reach the consumer ---- */

struct arrival {
	struct hf_authz *a;
	const struct mail_in *in;
	Hufu__ApplicationRow *row;
	Hufu__ApplicationRevision *rev;
	Hufu__Application *app;
	struct hf_catalog_item it;
	struct hf_hash application_digest;
	struct opened_record record;
	struct opened_decision decision;
	Hufu__Agreement *agreement;
	struct paper intake_paper, decision_paper, agreement_paper, entry_paper;
	struct hf_fault why; /* the agreement does not fit; the row borrows the text */
};

static void arrival_done(struct arrival *v)
{
	hf_decoded_free(v->row);
	hf_decoded_free(v->rev);
	hf_decoded_free(v->app);
	hf_decoded_free(v->agreement);
	hf_catalog_item_done(&v->it);
	az_opened_record_done(&v->record);
	az_opened_decision_done(&v->decision);
	az_paper_done(&v->intake_paper);
	az_paper_done(&v->decision_paper);
	az_paper_done(&v->agreement_paper);
	az_paper_done(&v->entry_paper);
}

static enum hf_err arrival_load(struct arrival *v, const Hufu__Envelope *e, const ProtobufCMessageDescriptor *desc)
{
	struct hf_authz *a = v->a;
	struct hf_fault *f = v->in->fault;
	HF_TRY(az_row_of_mail(a, v->in, e, desc, &v->row));
	struct hf_id id = az_row_id(v->row);
	if (!is_self(a, v->row->organization) || v->row->submitted == 0)
		return hf_fault_set(f, HF_E_STATE, "this node did not submit that application");
	if (strcmp(v->in->from, v->row->intake) != 0)
		return hf_fault_set(f, HF_E_STANDING, "results of this application come from %s, not from %s",
		                    v->row->intake, v->in->from);
	if (az_revision_get(a, &id, v->row->submitted, &v->rev) != HF_OK || v->rev->application_digest.len != 32)
		return hf_fault_set(f, HF_E_STORE, "the application on file cannot be read");
	memcpy(v->application_digest.b, v->rev->application_digest.data, 32);
	return az_revision_application(v->rev, &v->app, f);
}

static enum hf_err arrival_record(struct arrival *v, const Hufu__Envelope *e)
{
	struct person applicant, need;
	struct hf_fault *f = v->in->fault;
	HF_TRY(az_record_open(v->a, e, v->row, v->row->submitted, &v->application_digest, &v->record, f));
	if (!az_person_of(v->app->request, &applicant) || !az_person_of(v->app->need, &need))
		return hf_fault_set(f, HF_E_STORE, "the signatures of the application cannot be read");
	const struct cast c = {&applicant, &need, &v->record.reviewer, NULL, NULL, NULL};
	HF_TRY(az_cast_check(&c, f));
	struct hf_id txn = az_row_txn(v->row);
	HF_TRY(az_paper_keep(v->a, e, &txn, v->in->unit, &v->intake_paper, f));
	v->rev->intake_envelope = BIN(v->intake_paper.bytes, v->intake_paper.len);
	v->rev->intake_digest = BIN_HASH(&v->intake_paper.digest);
	v->rev->criteria = v->record.record->criteria;
	v->rev->n_criteria = v->record.record->n_criteria;
	return HF_OK;
}

static bool outweighs_withdrawal(enum hf_step step)
{
	return step == HF_STEP_REJECT || step == HF_STEP_COMPLIANCE_REFUSE;
}

/* The result as the papers say it; a withdrawal stays the result unless the step ends the application for good. */
static void note_result(struct arrival *v, enum hf_step step, const char *result, const char *code, const char *reason)
{
	if (az_row_state(v->row, HF_PART_CONSUMER) != HF_REVIEW_WITHDRAWN || outweighs_withdrawal(step))
		az_row_result(v->row, result, code, reason);
}

static const struct intake_result {
	const char *name, *result;
	enum hf_step step;
	enum hf_event event;
	enum hf_err reason;
} intake_results[] = {
        {"pass", "", HF_STEP_COMPLIANCE_PASS, HF_EVENT_COMPLIANCE_REVIEW, HF_OK},
        {"refuse", "refuse", HF_STEP_COMPLIANCE_REFUSE, HF_EVENT_RESULT, HF_E_CRITERION},
        {"return", "return", HF_STEP_COMPLIANCE_RETURN, HF_EVENT_RESULT, HF_E_RETURNED},
};

static const struct intake_result *intake_result_of(const char *name)
{
	for (size_t i = 0; i < sizeof(intake_results) / sizeof(intake_results[0]); i++)
		if (strcmp(intake_results[i].name, name) == 0)
			return &intake_results[i];
	return NULL;
}

enum hf_err az_agreement_on_intake(struct hf_authz *a, const struct mail_in *in, const Hufu__IntakeMail *m)
{
	HF_CLEANUP(arrival_done) struct arrival v = {.a = a, .in = in};
	HF_TRY(arrival_load(&v, m->intake, &hufu__intake_record__descriptor));
	HF_TRY(arrival_record(&v, m->intake));
	const Hufu__IntakeRecord *record = v.record.record;
	const struct intake_result *r = intake_result_of(record->result);
	if (!r)
		return hf_fault_set(in->fault, HF_E_FORMAT, "the intake record's result is unknown");
	if (r->step != HF_STEP_COMPLIANCE_PASS)
		note_result(&v, r->step, r->result, hf_err_reason(r->reason), record->reason);
	HF_TRY(az_row_step(a, in->unit, v.row, HF_PART_CONSUMER, r->step, in->fault));
	if (r->step != HF_STEP_COMPLIANCE_PASS)
		az_revision_result(a, v.rev, v.row);
	az_revision_put(in->unit, v.rev);
	az_row_put(a, in->unit, v.row);
	az_entry_add(a, in->unit, r->event, v.row,
	             &(struct entry_words){.digest = &v.intake_paper.digest,
	                                   .result = record->result,
	                                   .reason_code = hf_err_reason(r->reason),
	                                   .detail = record->reason,
	                                   .counterparty = v.row->intake});
	return HF_OK;
}

/* ---- the decision reaches the consumer ---- */

static enum hf_err open_decision(struct arrival *v, const Hufu__DecisionMail *m)
{
	struct hf_authz *a = v->a;
	struct hf_fault *f = v->in->fault;
	struct hf_id txn = az_row_txn(v->row);
	if (strcmp(v->record.record->result, "pass") != 0)
		return hf_fault_set(f, HF_E_STATE, "a decision needs an intake record that passes the application");
	HF_TRY(az_entry_need(a, v->row, &v->it, f));
	const struct decision_want want = {.row = v->row,
	                                   .app = v->app,
	                                   .revision = v->row->submitted,
	                                   .application_digest = &v->application_digest,
	                                   .intake_digest = &v->record.digest,
	                                   .reviewer = &v->record.reviewer,
	                                   .settled = az_settles(a, v->it.entry, v->row->intake, v->row->organization),
	                                   .personal = v->it.entry->personal,
	                                   .core = az_terms_core(v->it.entry)};
	HF_TRY(az_decision_open(a, m->decision, &want, &v->decision, f));
	HF_TRY(az_paper_keep(a, m->decision, &txn, v->in->unit, &v->decision_paper, f));
	v->rev->decision_envelope = BIN(v->decision_paper.bytes, v->decision_paper.len);
	v->rev->decision_digest = BIN_HASH(&v->decision_paper.digest);
	return HF_OK;
}

static void describe_result(struct arrival *v)
{
	const Hufu__Decision *d = v->decision.decision;
	az_entry_add(v->a, v->in->unit, HF_EVENT_RESULT, v->row,
	             &(struct entry_words){.digest = &v->decision_paper.digest,
	                                   .result = d->result,
	                                   .reason_code = d->reason_code,
	                                   .detail = d->reason,
	                                   .counterparty = v->row->intake,
	                                   .from_ms = d->from_ms,
	                                   .until_ms = d->until_ms});
}

/* Without the entry that the agreement names, this node could not prove what it was allowed; its own copy may be of
 * another version. */
static enum hf_err entry_fits(struct arrival *v, const Hufu__Envelope *e, struct hf_fault *why)
{
	HF_CLEANUP(hf_decoded_done) Hufu__CatalogEntry *entry = NULL;
	const Hufu__Agreement *g = v->agreement;
	struct hf_bytes payload;
	struct hf_hash digest;
	struct hf_id id, resource, txn = az_row_txn(v->row);
	if (!e)
		return hf_fault_set(why, HF_E_DIGEST,
		                    "the catalog entry did not come with the agreement that names it");
	HF_TRY(hf_envelope_digest_message(e, &digest));
	if (!az_hash_is(&g->entry_digest, &digest))
		return hf_fault_set(why, HF_E_DIGEST,
		                    "the catalog entry that came with the agreement is not the one it names");
	HF_TRY(hf_space_open(hf_peers_space(v->a->peers), e, HF_TYPE_CATALOG_ENTRY, &payload, why));
	entry = HF_DECODE(catalog_entry, payload.data, payload.len);
	if (!entry || !az_id_of(&entry->id, &id) || !az_id_of(&g->resource, &resource) ||
	    !hf_id_equal(&id, &resource) || entry->version != g->resource_version ||
	    strcmp(entry->header->issuer, v->row->provider) != 0)
		return hf_fault_set(why, HF_E_CONFLICT,
		                    "the catalog entry that came with the agreement is of another resource");
	if (entry->personal && !v->decision.decision->privacy) /* AZ-16 */
		return hf_fault_set(why, HF_E_STATE,
		                    "the data is personal, but no privacy expert reviewed the application");
	if (az_terms_core(entry) && !v->decision.decision->second)
		return hf_fault_set(why, HF_E_STATE,
		                    "the data is core data, but no second level approved the application");
	return az_paper_keep(v->a, e, &txn, v->in->unit, &v->entry_paper, why);
}

/* Why the agreement cannot be countersigned, although it is properly signed. */
static enum hf_err agreement_fits(struct arrival *v, struct hf_fault *why)
{
	const Hufu__Agreement *g = v->agreement;
	const Hufu__Decision *d = v->decision.decision;
	struct hf_id id, application = az_row_id(v->row);
	if (!az_id_of(&g->application, &id) || !hf_id_equal(&id, &application) || g->revision != d->revision)
		return hf_fault_set(why, HF_E_CONFLICT, "the agreement is about another application or revision");
	if (g->from_ms != d->from_ms || g->until_ms != d->until_ms)
		return hf_fault_set(why, HF_E_CONFLICT, "the agreement's period differs from the decision's");
	if (g->resource_version == v->it.entry->version && !az_hash_is(&g->entry_digest, &v->it.digest))
		return hf_fault_set(why, HF_E_DIGEST, "the agreement rests on another wording of the catalog entry");
	if (g->resource_version < v->app->resource_version)
		return hf_fault_set(why, HF_E_CONFLICT,
		                    "the agreement rests on an older catalog entry than the application");
	return az_terms_agreement(g, v->app, why);
}

static enum hf_err open_agreement(struct arrival *v)
{
	struct hf_id txn = az_row_txn(v->row);
	const Hufu__Envelope *e = v->decision.decision->agreement;
	const struct paper_want want = {HF_TYPE_AGREEMENT, &hufu__agreement__descriptor, v->row->provider, &txn,
	                                "the agreement"};
	HF_TRY(az_paper_open(v->a, e, &want, &v->agreement, v->in->fault));
	return az_paper_keep(v->a, e, &txn, v->in->unit, &v->agreement_paper, v->in->fault);
}

static enum hf_err send_verification(struct arrival *v, Hufu__GrantRow *grant, struct paper *paper)
{
	struct hf_authz *a = v->a;
	struct paper_head head;
	struct hf_id txn = az_row_txn(v->row);
	Hufu__Verification m = HUFU__VERIFICATION__INIT;
	Hufu__VerificationMail mail = HUFU__VERIFICATION_MAIL__INIT;
	az_paper_head_init(a, &head, &txn, v->row->provider, NULL, NULL);
	m.header = &head.header;
	m.agreement = v->agreement->id;
	m.agreement_digest = BIN_HASH(&v->agreement_paper.digest);
	HF_TRY(az_paper_sign(a, HF_TYPE_VERIFICATION, &txn, &m.base, v->in->unit, paper, v->in->fault));
	mail.verification = paper->envelope;
	grant->verification_envelope = BIN(paper->bytes, paper->len);
	return az_paper_mail(a, v->in->unit, v->row->provider, HF_MAIL_VERIFICATION, &txn, &mail.base, v->in->fault);
}

static enum hf_err countersign(struct arrival *v)
{
	struct hf_authz *a = v->a;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	Hufu__GrantRow grant = HUFU__GRANT_ROW__INIT;
	struct entry_words w = {.digest = &v->agreement_paper.digest,
	                        .counterparty = v->row->provider,
	                        .from_ms = v->agreement->from_ms,
	                        .until_ms = v->agreement->until_ms};
	fill_grant(a, &grant, v->row, v->agreement, &v->agreement_paper);
	HF_TRY(az_row_step(a, v->in->unit, v->row, HF_PART_CONSUMER, HF_STEP_VERIFY, v->in->fault));
	HF_TRY(send_verification(v, &grant, &paper));
	v->row->grant = grant.grant;
	v->row->agreement = grant.agreement;
	if (!is_self(a, v->row->provider)) /* there it is the provider's row that counts */
		az_grant_put(a, v->in->unit, &grant);
	az_entry_add(a, v->in->unit, HF_EVENT_AGREEMENT, v->row, &w);
	w.digest = &paper.digest;
	az_entry_add(a, v->in->unit, HF_EVENT_VERIFICATION, v->row, &w);
	return HF_OK;
}

/* T: countersign, or say with a reason that the agreement does not fit. */
static enum hf_err take_agreement(struct arrival *v, const Hufu__Envelope *entry)
{
	struct hf_hash digest;
	HF_TRY(open_agreement(v));
	enum hf_err e = agreement_fits(v, &v->why);
	if (e == HF_OK)
		e = entry_fits(v, entry, &v->why);
	if (e == HF_OK)
		return countersign(v);
	az_row_result(v->row, "T", hf_err_reason(e), v->why.text);
	HF_TRY(az_row_step(v->a, v->in->unit, v->row, HF_PART_CONSUMER, HF_STEP_TERMINATE, v->in->fault));
	HF_TRY(az_events_send_end(v->a, v->in->unit, v->row, hf_err_reason(e), v->why.text, &digest, v->in->fault));
	az_entry_add(v->a, v->in->unit, HF_EVENT_TERMINATION, v->row,
	             &(struct entry_words){.digest = &digest,
	                                   .reason_code = hf_err_reason(e),
	                                   .detail = v->why.text,
	                                   .counterparty = v->row->intake});
	return HF_OK;
}

enum hf_err az_agreement_on_decision(struct hf_authz *a, const struct mail_in *in, const Hufu__DecisionMail *m)
{
	HF_CLEANUP(arrival_done) struct arrival v = {.a = a, .in = in};
	HF_TRY(arrival_load(&v, m->decision, &hufu__decision__descriptor));
	HF_TRY(arrival_record(&v, m->intake));
	HF_TRY(open_decision(&v, m));
	const Hufu__Decision *d = v.decision.decision;
	enum hf_step step = az_result_step(d->result);
	note_result(&v, step, d->result, d->reason_code, d->reason);
	HF_TRY(az_row_step(a, in->unit, v.row, HF_PART_CONSUMER, step, in->fault));
	describe_result(&v);
	if (az_row_state(v.row, HF_PART_CONSUMER) == HF_REVIEW_AGREED)
		HF_TRY(take_agreement(&v, m->entry));
	az_revision_result(a, v.rev, v.row);
	az_revision_put(in->unit, v.rev);
	az_row_put(a, in->unit, v.row);
	return HF_OK;
}

/* ---- the countersignature reaches the provider ---- */

static enum hf_err send_finalized(struct hf_authz *a, const struct mail_in *in, const Hufu__ApplicationRow *row,
                                  const Hufu__GrantRow *grant, struct paper *ret_paper)
{
	struct paper_head head;
	struct hf_id txn = az_row_txn(row);
	Hufu__NegotiationEvent m = HUFU__NEGOTIATION_EVENT__INIT;
	Hufu__EventMail mail = HUFU__EVENT_MAIL__INIT;
	az_paper_head_init(a, &head, &txn, row->organization, NULL, NULL);
	m.header = &head.header;
	m.application = row->id;
	m.revision = grant->revision;
	m.event = (char *)"FINALIZED";
	m.reason_code = (char *)hf_err_reason(HF_OK);
	m.agreement = grant->agreement;
	HF_TRY(az_paper_sign(a, HF_TYPE_NEGOTIATION_EVENT, &txn, &m.base, in->unit, ret_paper, in->fault));
	mail.event = ret_paper->envelope;
	return az_paper_mail(a, in->unit, row->organization, HF_MAIL_EVENT, &txn, &mail.base, in->fault);
}

static enum hf_err verification_grant(struct hf_authz *a, const struct mail_in *in, const Hufu__VerificationMail *m,
                                      Hufu__GrantRow **ret_grant)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Verification *v = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *grant = NULL;
	struct hf_id id, txn;
	struct paper_want want = {HF_TYPE_VERIFICATION, &hufu__verification__descriptor, in->from, NULL,
	                          "the verification"};
	HF_TRY(az_paper_open(a, m->verification, &want, &v, in->fault));
	struct grant_item *item = az_id_of(&v->agreement, &id) ? az_grant_find_agreement(a, &id) : NULL;
	if (!item || !is_self(a, item->provider.s) || az_grant_get(a, &item->grant, &grant) != HF_OK)
		return hf_fault_set(in->fault, HF_E_UNKNOWN, "this node made no such agreement");
	if (strcmp(grant->consumer, in->from) != 0)
		return hf_fault_set(in->fault, HF_E_UNKNOWN, "this node made no such agreement");
	if (v->agreement_digest.len != grant->agreement_digest.len ||
	    memcmp(v->agreement_digest.data, grant->agreement_digest.data, v->agreement_digest.len) != 0)
		return hf_fault_set(in->fault, HF_E_DIGEST,
		                    "the countersignature is under another wording of the agreement");
	if (!az_id_of(&v->header->transaction, &txn) || !az_id_of(&grant->txn, &id) || !hf_id_equal(&txn, &id))
		return hf_fault_set(in->fault, HF_E_CONFLICT, "the countersignature belongs to another transaction");
	*ret_grant = HF_TAKE(grant);
	return HF_OK;
}

static enum hf_err finalize(struct hf_authz *a, const struct mail_in *in, Hufu__ApplicationRow *row,
                            Hufu__GrantRow *grant)
{
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	struct hf_id id = {{0}};
	HF_TRY(az_row_step(a, in->unit, row, HF_PART_PROVIDER, HF_STEP_FINALIZE, in->fault));
	HF_TRY(send_finalized(a, in, row, grant, &paper));
	grant->state = HF_GRANT_ACTIVE;
	grant->generation++;
	az_grant_put(a, in->unit, grant);
	if (!is_self(a, row->organization))
		hf_ledger_add_mirror(a->ledger, in->unit, row->organization);
	if (az_id_of(&grant->grant, &id))
		az_entry_add(a, in->unit, HF_EVENT_FINALIZED, row,
		             &(struct entry_words){.digest = &paper.digest,
		                                   .result = "T",
		                                   .grant = &id,
		                                   .counterparty = row->organization,
		                                   .from_ms = grant->from_ms,
		                                   .until_ms = grant->until_ms});
	return HF_OK;
}

enum hf_err az_agreement_on_verification(struct hf_authz *a, const struct mail_in *in, const Hufu__VerificationMail *m)
{
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *grant = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	struct hf_id id, txn, grant_id;
	HF_TRY(verification_grant(a, in, m, &grant));
	if (!az_id_of(&grant->application, &id) || !az_id_of(&grant->grant, &grant_id))
		return hf_fault_set(in->fault, HF_E_STORE, "the grant on record cannot be read");
	HF_TRY(az_row_need(a, &id, &row, in->fault));
	txn = az_row_txn(row);
	HF_TRY(az_row_step(a, in->unit, row, HF_PART_PROVIDER, HF_STEP_VERIFY, in->fault));
	HF_TRY(az_paper_keep(a, m->verification, &txn, in->unit, &paper, in->fault));
	grant->verification_envelope = BIN(paper.bytes, paper.len);
	az_entry_add(
	        a, in->unit, HF_EVENT_VERIFICATION, row,
	        &(struct entry_words){.digest = &paper.digest, .grant = &grant_id, .counterparty = row->organization});
	if (az_row_state(row, HF_PART_PROVIDER) == HF_REVIEW_VERIFIED)
		HF_TRY(finalize(a, in, row, grant));
	else
		HF_TRY(az_revoke_tell(a, in->unit, row, grant, in->fault));
	az_row_put(a, in->unit, row);
	return HF_OK;
}
