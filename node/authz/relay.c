/*
 * relay.c - the provider's decision passes through the intake node on its way to the consumer (AZ-12), checked like by
 * its addressee and unchanged.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/delegation_internal.h"
#include "proto/codec.h"

struct relay {
	struct hf_authz *a;
	const struct mail_in *in;
	Hufu__ApplicationRow *row;
	Hufu__ApplicationRevision *rev;
	Hufu__Application *app;
	Hufu__Envelope *intake;
	struct hf_catalog_item it;
	struct opened_decision decision;
};

static void relay_done(struct relay *r)
{
	hf_decoded_free(r->row);
	hf_decoded_free(r->rev);
	hf_decoded_free(r->app);
	hf_decoded_free(r->intake);
	hf_catalog_item_done(&r->it);
	az_opened_decision_done(&r->decision);
}

static enum hf_err relay_load(struct relay *r, const Hufu__DecisionMail *m)
{
	struct hf_authz *a = r->a;
	struct hf_fault *f = r->in->fault;
	HF_TRY(az_row_of_mail(a, r->in, m->decision, &hufu__decision__descriptor, &r->row));
	struct hf_id id = az_row_id(r->row);
	if (r->row->forwarded == 0 || az_revision_get(a, &id, r->row->forwarded, &r->rev) != HF_OK)
		return hf_fault_set(f, HF_E_STATE, "no application was forwarded in this transaction");
	HF_TRY(az_revision_application(r->rev, &r->app, f));
	r->intake = HF_DECODE_OWN(envelope, r->rev->intake_envelope.data, r->rev->intake_envelope.len);
	if (!r->intake)
		return hf_fault_set(f, HF_E_STORE, "the intake record on file cannot be read");
	return az_entry_need(a, r->row, &r->it, f);
}

static enum hf_err relay_check(struct relay *r, const Hufu__DecisionMail *m)
{
	struct person reviewer;
	struct hf_hash application, intake;
	HF_CLEANUP(hf_decoded_done)
	Hufu__IntakeRecord *record = az_stored_payload(&r->rev->intake_envelope, &hufu__intake_record__descriptor);
	if (!record || !az_person_of(record->review, &reviewer) || r->rev->application_digest.len != 32 ||
	    r->rev->intake_digest.len != 32)
		return hf_fault_set(r->in->fault, HF_E_STORE, "the intake record on file cannot be read");
	memcpy(application.b, r->rev->application_digest.data, 32);
	memcpy(intake.b, r->rev->intake_digest.data, 32);
	const struct decision_want want = {.row = r->row,
	                                   .revision = r->row->forwarded,
	                                   .application_digest = &application,
	                                   .intake_digest = &intake,
	                                   .reviewer = &reviewer,
	                                   .app = r->app,
	                                   .settled =
	                                           az_settles(r->a, r->it.entry, r->row->intake, r->row->organization),
	                                   .personal = r->it.entry->personal,
	                                   .core = az_terms_core(r->it.entry)};
	if (strcmp(r->in->from, r->row->provider) != 0)
		return hf_fault_set(r->in->fault, HF_E_STANDING, "the decision must come from %s, not from %s",
		                    r->row->provider, r->in->from);
	return az_decision_open(r->a, m->decision, &want, &r->decision, r->in->fault);
}

/* AZ-12: what the provider signed goes on unchanged. */
enum hf_err az_intake_on_decision(struct hf_authz *a, const struct mail_in *in, const Hufu__DecisionMail *m)
{
	HF_CLEANUP(relay_done) struct relay r = {.a = a, .in = in};
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	Hufu__DecisionMail mail = HUFU__DECISION_MAIL__INIT;
	HF_TRY(relay_load(&r, m));
	HF_TRY(relay_check(&r, m));
	const Hufu__Decision *d = r.decision.decision;
	struct hf_id txn = az_row_txn(r.row);
	enum hf_review_state before = az_row_state(r.row, HF_PART_INTAKE);
	if (!r.decision.settled)
		r.row->agent_ms = 0; /* the provider decided itself */
	if (before != HF_REVIEW_WITHDRAWN || d->result[0] == 'F')
		az_row_result(r.row, d->result, d->reason_code, d->reason);
	HF_TRY(az_row_step(a, in->unit, r.row, HF_PART_INTAKE, az_result_step(d->result), in->fault));
	HF_TRY(az_paper_keep(a, m->decision, &txn, in->unit, &paper, in->fault));
	mail.decision = m->decision;
	mail.intake = r.intake;
	mail.entry = m->entry;
	HF_TRY(az_paper_mail(a, in->unit, r.row->organization, HF_MAIL_DECISION, &txn, &mail.base, in->fault));
	r.rev->decision_envelope = BIN(paper.bytes, paper.len);
	r.rev->decision_digest = BIN_HASH(&paper.digest);
	az_revision_result(a, r.rev, r.row);
	az_revision_put(in->unit, r.rev);
	az_row_put(a, in->unit, r.row);
	az_entry_add(a, in->unit, HF_EVENT_RESULT, r.row,
	             &(struct entry_words){.digest = &paper.digest,
	                                   .result = d->result,
	                                   .reason_code = d->reason_code,
	                                   .detail = d->reason,
	                                   .counterparty = r.row->organization});
	return HF_OK;
}
