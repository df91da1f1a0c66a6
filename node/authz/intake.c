/*
 * intake.c - the one door of applications (AZ-9): taken in, checked against the published criteria (AZ-10), passed on
 * to the provider or ended here. relay.c returns the provider's decision.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/delegation_internal.h"
#include "proto/codec.h"

/* ---- an application arrives ---- */

static enum hf_err check_intake(struct hf_authz *a, const struct opened_application *o, const Hufu__CatalogEntry *entry,
                                struct hf_fault *f)
{
	if (!az_takes_in(a, entry, a->base->self.s, o->app->organization))
		return hf_fault_set(f, HF_E_REDIRECT,
		                    "applications for this resource are taken in by %s, not by %s; send it there",
		                    entry->intake, a->base->self.s);
	if (!is_self(a, o->app->intake))
		return hf_fault_set(f, HF_E_CONFLICT, "the application names %s as its intake node", o->app->intake);
	return HF_OK;
}

static void evaluate(struct hf_authz *a, const Hufu__CatalogEntry *entry, const Hufu__Application *app,
                     struct criteria_result *ret_result)
{
	az_criteria_evaluate(entry, app, hf_space_member(hf_peers_space(a->peers), app->organization), ret_result);
}

enum hf_err az_intake_on_application(struct hf_authz *a, const struct mail_in *in, const Hufu__ApplicationMail *m)
{
	HF_CLEANUP(az_opened_application_done) struct opened_application o = {0};
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRevision *rev = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	struct criteria_result criteria;
	HF_TRY(az_application_open(a, m->application, in->from, &o, in->fault));
	HF_TRY(az_application_entry(a, in, &o, HF_PART_INTAKE, &it));
	HF_TRY(check_intake(a, &o, it.entry, in->fault));
	HF_TRY(az_application_row(a, &o, &it, HF_PART_INTAKE, &row, in->fault));
	HF_TRY(az_dispute_followed(a, in, o.app));
	HF_TRY(az_row_step(a, in->unit, row, HF_PART_INTAKE, HF_STEP_RECEIVE, in->fault));
	HF_TRY(az_paper_keep(a, m->application, &o.txn, in->unit, &paper, in->fault));
	HF_TRY(az_application_revision(a, &o, &paper, &rev, in->fault));
	evaluate(a, it.entry, o.app, &criteria);
	rev->criteria = criteria.list;
	rev->n_criteria = criteria.count;
	az_revision_put(in->unit, rev);
	az_row_put(a, in->unit, row);
	az_entry_add(a, in->unit, HF_EVENT_APPLICATION_RECEIVE, row,
	             &(struct entry_words){.digest = &paper.digest, .counterparty = o.app->organization});
	return HF_OK;
}

/* ---- the compliance review ---- */

struct intake {
	struct hf_authz *a;
	const struct hf_step_in *in;
	Hufu__ApplicationRow *row;
	Hufu__ApplicationRevision *rev;
	Hufu__Application *app;
	struct hf_catalog_item it;
	struct criteria_result criteria;
	Hufu__SignedStatement *review;
	struct paper paper;
	const char *reason;
};

static void intake_done(struct intake *k)
{
	hf_decoded_free(k->row);
	hf_decoded_free(k->rev);
	hf_decoded_free(k->app);
	hf_catalog_item_done(&k->it);
	hf_decoded_free(k->review);
	az_paper_done(&k->paper);
}

static const struct result_row {
	const char *name, *result;
	enum hf_step step;
	enum hf_err reason;
} results[] = {
        {"pass", "", HF_STEP_COMPLIANCE_PASS, HF_OK},
        {"refuse", "refuse", HF_STEP_COMPLIANCE_REFUSE, HF_E_CRITERION},
        {"return", "return", HF_STEP_COMPLIANCE_RETURN, HF_E_RETURNED},
};

static const struct result_row *result_of(const char *name)
{
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		if (name && strcmp(results[i].name, name) == 0)
			return &results[i];
	return NULL;
}

static enum hf_err load(struct intake *k, const struct hf_id *id, enum hf_step step)
{
	struct hf_authz *a = k->a;
	struct hf_fault *f = k->in->fault;
	HF_TRY(az_row_need(a, id, &k->row, f));
	enum hf_review_state next;
	if (!hf_states_next(HF_PART_INTAKE, az_row_state(k->row, HF_PART_INTAKE), step, &next))
		return az_row_step(a, k->in->unit, k->row, HF_PART_INTAKE, step, f);
	if (az_revision_get(a, id, k->row->intake_revision, &k->rev) != HF_OK)
		return hf_fault_set(f, HF_E_STORE, "the application cannot be read");
	HF_TRY(az_revision_application(k->rev, &k->app, f));
	HF_TRY(az_entry_need(a, k->row, &k->it, f));
	evaluate(a, k->it.entry, k->app, &k->criteria);
	return az_person_two_factors(k->in->actor->methods, k->it.entry->sensitive, f);
}

/* The refusals of a pass: the criteria decide, not the reviewer's mood (AZ-10, AZ-23). */
static enum hf_err check_pass(struct intake *k)
{
	const struct criteria_result *c = &k->criteria;
	struct hf_fault *f = k->in->fault;
	HF_TRY(az_terms_against_entry(k->app, k->it.entry, now_of(k->a), f));
	if (c->failed >= 0)
		return hf_fault_set(f, HF_E_CRITERION,
		                    "the criterion '%s' is not met: %s; refuse or return the application",
		                    c->list[c->failed]->point, c->list[c->failed]->text);
	if (!k->it.entry->provider_decides && !is_self(k->a, k->row->provider) &&
	    !az_settles(k->a, k->it.entry, k->a->base->self.s, k->row->organization))
		return hf_fault_set(f, HF_E_UNSUPPORTED,
		                    "the entry lets this intake node settle for %s, but no delegation does; ask the "
		                    "publisher for one (`hufu agent delegate`), or to decide itself",
		                    k->row->provider);
	return HF_OK;
}

static enum hf_err settle_reason(struct intake *k, const struct result_row *r)
{
	const struct criteria_result *c = &k->criteria;
	if (r->step == HF_STEP_COMPLIANCE_PASS || has_text(k->reason))
		return HF_OK;
	if (c->failed < 0)
		return hf_fault_set(k->in->fault, HF_E_ARGUMENT,
		                    "field 'reason' is missing; every criterion is met, so state why you %s", r->name);
	k->reason = c->list[c->failed]->text;
	return HF_OK;
}

static enum hf_err sign_review(struct intake *k, const struct result_row *r)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	struct person applicant, need, reviewer;
	struct hf_id txn = az_row_txn(k->row);
	struct hf_fault *f = k->in->fault;
	s.kind = (char *)"compliance";
	s.object = k->row->id;
	s.revision = k->app->revision;
	s.object_digest = k->rev->application_digest;
	s.findings = k->criteria.list;
	s.n_findings = k->criteria.count;
	s.result = (char *)r->name;
	s.reason = (char *)k->reason;
	HF_TRY(az_person_sign(k->a, k->in->actor, &s, &txn, &k->review, f));
	if (!az_person_of(k->review, &reviewer) || !az_person_of(k->app->request, &applicant) ||
	    !az_person_of(k->app->need, &need))
		return hf_fault_set(f, HF_E_STORE, "the signatures of the application cannot be read");
	HF_TRY(az_person_apart(&applicant, "the applicant", &reviewer, "review the compliance", f));
	return az_person_apart(&need, "the data authority", &reviewer, "review the compliance", f);
}

static enum hf_err make_record(struct intake *k, const struct result_row *r)
{
	struct hf_authz *a = k->a;
	struct paper_head head;
	struct hf_id txn = az_row_txn(k->row);
	Hufu__IntakeRecord record = HUFU__INTAKE_RECORD__INIT;
	az_paper_head_init(a, &head, &txn, k->row->provider, k->row->organization, NULL);
	record.header = &head.header;
	record.application = k->row->id;
	record.revision = k->app->revision;
	record.application_digest = k->rev->application_digest;
	record.result = (char *)r->name;
	record.criteria = k->criteria.list;
	record.n_criteria = k->criteria.count;
	record.reason = (char *)k->reason;
	record.review = k->review;
	return az_paper_sign(a, HF_TYPE_INTAKE, &txn, &record.base, k->in->unit, &k->paper, k->in->fault);
}

static enum hf_err send_record(struct intake *k, const struct result_row *r)
{
	struct hf_authz *a = k->a;
	struct hf_id txn = az_row_txn(k->row);
	struct hf_fault *f = k->in->fault;
	Hufu__IntakeMail to_consumer = HUFU__INTAKE_MAIL__INIT;
	to_consumer.intake = k->paper.envelope;
	HF_TRY(az_paper_mail(a, k->in->unit, k->row->organization, HF_MAIL_INTAKE, &txn, &to_consumer.base, f));
	if (r->step != HF_STEP_COMPLIANCE_PASS)
		return HF_OK;
	HF_CLEANUP(hf_decoded_done)
	Hufu__Envelope *application =
	        HF_DECODE_OWN(envelope, k->rev->application_envelope.data, k->rev->application_envelope.len);
	if (!application)
		return hf_fault_set(f, HF_E_STORE, "the application on record cannot be read");
	Hufu__ForwardMail forward = HUFU__FORWARD_MAIL__INIT;
	forward.application = application;
	forward.intake = k->paper.envelope;
	k->row->forwarded = k->app->revision;
	k->row->filed_ms = 0;
	k->row->agent_ms =
	        !is_self(a, k->row->provider) && az_settles(a, k->it.entry, a->base->self.s, k->row->organization)
	                ? now_of(a)
	                : 0;
	return az_paper_mail(a, k->in->unit, k->row->provider, HF_MAIL_FORWARD, &txn, &forward.base, f);
}

static enum hf_err take_review(struct intake *k, const struct result_row *r)
{
	struct hf_authz *a = k->a;
	const struct hf_step_in *in = k->in;
	HF_TRY(sign_review(k, r));
	HF_TRY(make_record(k, r));
	if (r->step != HF_STEP_COMPLIANCE_PASS)
		az_row_result(k->row, r->result, hf_err_reason(r->reason), k->reason);
	HF_TRY(az_row_step(a, in->unit, k->row, HF_PART_INTAKE, r->step, in->fault));
	HF_TRY(send_record(k, r));
	k->rev->criteria = k->criteria.list;
	k->rev->n_criteria = k->criteria.count;
	k->rev->intake_envelope = BIN(k->paper.bytes, k->paper.len);
	k->rev->intake_digest = BIN_HASH(&k->paper.digest);
	if (r->step != HF_STEP_COMPLIANCE_PASS)
		az_revision_result(a, k->rev, k->row);
	az_revision_put(in->unit, k->rev);
	az_row_put(a, in->unit, k->row);
	return HF_OK;
}

enum hf_err hf_authz_review_compliance(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *application,
                                       const char *result, const char *reason)
{
	HF_CLEANUP(intake_done) struct intake k = {.a = a, .in = in, .reason = reason ? reason : ""};
	const struct result_row *r = result_of(result);
	if (!r)
		return hf_fault_set(in->fault, HF_E_ARGUMENT, "field 'result' must be pass, refuse or return");
	HF_TRY(load(&k, application, r->step));
	if (r->step == HF_STEP_COMPLIANCE_PASS)
		HF_TRY(check_pass(&k));
	HF_TRY(settle_reason(&k, r));
	HF_TRY(take_review(&k, r));
	az_entry_fill(in->draft, k.row,
	              &(struct entry_words){.digest = &k.paper.digest,
	                                    .result = r->name,
	                                    .detail = k.reason,
	                                    .counterparty = r->step == HF_STEP_COMPLIANCE_PASS ? k.row->provider
	                                                                                       : k.row->organization});
	return HF_OK;
}

/* ---- an intake record arrives somewhere else ---- */

void az_opened_record_done(struct opened_record *o)
{
	hf_decoded_free(o->record);
	*o = (struct opened_record){0};
}

enum hf_err az_record_open(struct hf_authz *a, const Hufu__Envelope *e, const Hufu__ApplicationRow *row,
                           uint32_t revision, const struct hf_hash *application_digest,
                           struct opened_record *ret_opened, struct hf_fault *f)
{
	HF_CLEANUP(az_opened_record_done) struct opened_record o = {0};
	HF_CLEANUP(hf_decoded_done) Hufu__Statement *s = NULL;
	struct hf_id txn = az_row_txn(row), id = az_row_id(row), named;
	const struct paper_want want = {HF_TYPE_INTAKE, &hufu__intake_record__descriptor, row->intake, &txn,
	                                "the intake record"};
	HF_TRY(az_paper_open(a, e, &want, &o.record, f));
	if (!az_id_of(&o.record->application, &named) || !hf_id_equal(&named, &id) || o.record->revision != revision)
		return hf_fault_set(f, HF_E_CONFLICT, "the intake record is about another application or revision");
	if (!az_hash_is(&o.record->application_digest, application_digest))
		return hf_fault_set(f, HF_E_DIGEST, "the intake record is about another wording of the application");
	const struct statement_want by = {"compliance", HF_MAY_INTAKE,      row->intake, &id,
	                                  revision,     application_digest, &txn};
	HF_TRY(az_person_check(a, o.record->review, &by, &s, &o.reviewer, f));
	if (!same_text(s->result, o.record->result) || !same_text(s->reason, o.record->reason))
		return hf_fault_set(f, HF_E_SIGNATURE, "the intake record says '%s', its reviewer signed '%s'",
		                    o.record->result, s->result);
	if (strcmp(o.record->result, "pass") != 0 && !has_text(o.record->reason))
		return hf_fault_set(f, HF_E_FORMAT, "the intake record gives no reason");
	HF_TRY(hf_envelope_digest_message(e, &o.digest));
	*ret_opened = o;
	o = (struct opened_record){0};
	return HF_OK;
}
