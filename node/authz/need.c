/*
 * need.c - the review by the consumer's own data authority, and the submission that follows it (AZ-13).
 *
 * A node's signature goes under the application only here: nothing leaves without the three findings of another person.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/delegation_internal.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

struct need {
	struct hf_authz *a;
	const struct hf_step_in *in;
	Hufu__ApplicationRow *row;
	Hufu__ApplicationRevision *rev;
	Hufu__SignedStatement *statement;
	Hufu__Finding finding[3], *list[3];
	bool ok;
};

static void need_done(struct need *n)
{
	hf_decoded_free(n->row);
	hf_decoded_free(n->rev);
	hf_decoded_free(n->statement);
}

static enum hf_err take_findings(struct need *n, const struct hf_finding_in findings[3])
{
	static const char *const points[] = {"need", "scope", "period"};
	n->ok = true;
	for (size_t i = 0; i < 3; i++) {
		if (strcmp(findings[i].point, points[i]) != 0)
			return hf_fault_set(n->in->fault, HF_E_ARGUMENT,
			                    "the findings are need, scope and period, in this order");
		if (!findings[i].ok && !has_text(findings[i].text))
			return hf_fault_set(n->in->fault, HF_E_ARGUMENT,
			                    "field '%s' is not confirmed; state why in its text", points[i]);
		hufu__finding__init(&n->finding[i]);
		n->finding[i].point = (char *)findings[i].point;
		n->finding[i].ok = findings[i].ok;
		n->finding[i].text = (char *)(findings[i].text ? findings[i].text : "");
		n->list[i] = &n->finding[i];
		n->ok = n->ok && findings[i].ok;
	}
	return HF_OK;
}

static enum hf_err load(struct need *n, const struct hf_id *id)
{
	struct hf_authz *a = n->a;
	HF_TRY(az_row_need(a, id, &n->row, n->in->fault));
	HF_TRY(az_application_own(a, n->in->actor, n->row, n->in->fault));
	if (az_row_state(n->row, HF_PART_CONSUMER) !=
	    HF_REVIEW_DRAFT) /* the sentence of the table, before anything is signed */
		return az_row_step(a, n->in->unit, n->row, HF_PART_CONSUMER, HF_STEP_NEED_CONFIRM, n->in->fault);
	if (az_revision_get(a, id, n->row->revision, &n->rev) != HF_OK || !n->rev->content)
		return hf_fault_set(n->in->fault, HF_E_STORE, "the draft of the application cannot be read");
	return az_person_two_factors(n->in->actor->methods, n->row->sensitive, n->in->fault);
}

static enum hf_err sign_need(struct need *n)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	struct person applicant, reviewer;
	struct hf_id txn = az_row_txn(n->row);
	struct hf_hash digest;
	hf_application_digest(n->rev->content, &digest);
	s.kind = (char *)"need";
	s.object = n->row->id;
	s.revision = n->row->revision;
	s.object_digest = BIN_HASH(&digest);
	s.findings = n->list;
	s.n_findings = 3;
	s.result = (char *)(n->ok ? "pass" : "refuse");
	HF_TRY(az_person_sign(n->a, n->in->actor, &s, &txn, &n->statement, n->in->fault));
	if (!az_person_of(n->rev->request, &applicant) || !az_person_of(n->statement, &reviewer))
		return hf_fault_set(n->in->fault, HF_E_STORE, "the signatures of the draft cannot be read");
	return az_person_apart(&applicant, "the applicant", &reviewer, "confirm the need", n->in->fault);
}

static enum hf_err refuse(struct need *n)
{
	const Hufu__Finding *first =
	        n->finding[0].ok ? (n->finding[1].ok ? &n->finding[2] : &n->finding[1]) : &n->finding[0];
	az_row_result(n->row, "refuse", hf_err_reason(HF_E_REJECTED), first->text);
	HF_TRY(az_row_step(n->a, n->in->unit, n->row, HF_PART_CONSUMER, HF_STEP_NEED_REFUSE, n->in->fault));
	az_revision_result(n->a, n->rev, n->row);
	return HF_OK;
}

/* What was true at the draft must be true at the submission (AZ-25). */
static enum hf_err check_again(struct need *n)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	const Hufu__Application *app = n->rev->content;
	struct hf_system_view system;
	struct hf_fault *f = n->in->fault;
	HF_TRY(az_person_here(n->a, n->rev->request, "the draft",
	                      "refuse the need, and let somebody else draft the application anew", f));
	HF_TRY(az_application_system(n->a, app->department, app->system, &system, f));
	HF_TRY(az_application_standing(n->a, app, f));
	HF_TRY(az_entry_need(n->a, n->row, &it, f));
	HF_TRY(az_terms_application(app, f));
	HF_TRY(az_terms_against_entry(app, it.entry, now_of(n->a), f));
	if (app->until_ms <= now_of(n->a))
		return hf_fault_set(f, HF_E_STATE,
		                    "the period applied for is over; refuse it, so that the applicant can correct it");
	if (!az_takes_in(n->a, it.entry, app->intake, app->organization))
		return hf_fault_set(
		        f, HF_E_REDIRECT,
		        "applications for this resource now go to %s; refuse it, so that the applicant can correct it",
		        it.entry->intake);
	return HF_OK;
}

static enum hf_err submit(struct need *n)
{
	struct hf_authz *a = n->a;
	const struct hf_step_in *in = n->in;
	Hufu__Application *app = n->rev->content;
	struct hf_id txn = az_row_txn(n->row);
	struct paper_head head;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	Hufu__ApplicationMail mail = HUFU__APPLICATION_MAIL__INIT;
	HF_TRY(check_again(n));
	HF_TRY(az_row_step(a, in->unit, n->row, HF_PART_CONSUMER, HF_STEP_NEED_CONFIRM, in->fault));
	az_paper_head_init(a, &head, &txn, app->intake, app->provider, NULL);
	app->header = &head.header;
	app->request = n->rev->request;
	app->need = n->statement;
	HF_TRY(az_paper_sign(a, HF_TYPE_APPLICATION, &txn, &app->base, in->unit, &paper, in->fault));
	mail.application = paper.envelope;
	HF_TRY(az_paper_mail(a, in->unit, app->intake, HF_MAIL_APPLICATION, &txn, &mail.base, in->fault));
	n->rev->content = NULL; /* from now on the envelope is the content */
	n->rev->application_envelope = BIN(paper.bytes, paper.len);
	n->rev->application_digest = BIN_HASH(&paper.digest);
	n->row->submitted = n->row->revision;
	az_revision_put(in->unit, n->rev);
	az_entry_add(a, in->unit, HF_EVENT_APPLICATION_SUBMIT, n->row,
	             &(struct entry_words){.digest = &paper.digest, .counterparty = app->intake});
	return HF_OK;
}

static enum hf_err review(struct need *n)
{
	n->rev->need = n->statement;
	n->rev->findings = n->list;
	n->rev->n_findings = 3;
	if (n->ok)
		return submit(n);
	HF_TRY(refuse(n));
	az_revision_put(n->in->unit, n->rev);
	return HF_OK;
}

enum hf_err hf_authz_review_need(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *application,
                                 const struct hf_finding_in findings[3])
{
	HF_CLEANUP(need_done) struct need n = {.a = a, .in = in};
	HF_TRY(take_findings(&n, findings));
	HF_TRY(load(&n, application));
	HF_TRY(sign_need(&n));
	HF_TRY(review(&n));
	az_row_put(a, in->unit, n.row);
	az_entry_fill(in->draft, n.row,
	              &(struct entry_words){.result = n.ok ? "pass" : "refuse", .detail = n.row->reason});
	return HF_OK;
}
