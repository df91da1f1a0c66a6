/*
 * decide.c - the provider: takes in what its intake node passed (AZ-9), has personal data reviewed by the privacy
 * expert (AZ-16), and decides T, F or S (AZ-14, AZ-26) by a person's signature.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/conditions.h"
#include "authz/delegation_internal.h"
#include "proto/codec.h"

/* One application at the provider, as every step here needs it. */
struct decide {
	struct hf_authz *a;
	struct hf_unit *unit;
	struct hf_fault *f;
	Hufu__ApplicationRow *row;
	Hufu__ApplicationRevision *rev;
	Hufu__Application *app;
	Hufu__IntakeRecord *record;
	struct hf_catalog_item it;
	Hufu__SignedStatement *statement; /* of the deciding person */
	Hufu__SignedStatement *second;    /* of the second level, for core data */
	Hufu__Statement *first;           /* what the first level signed, when the second decides */
	const char *result, *reason, *reason_code;
	char approver[HF_NAME_MAX * 2 + 2];
	int64_t from_ms, until_ms;
	struct agreement_made made;
	struct paper paper, application, intake; /* the decision; what arrived */
};

static void decide_done(struct decide *d)
{
	hf_decoded_free(d->row);
	hf_decoded_free(d->rev);
	hf_decoded_free(d->app);
	hf_decoded_free(d->record);
	hf_decoded_free(d->statement);
	hf_decoded_free(d->second);
	hf_decoded_free(d->first);
	hf_catalog_item_done(&d->it);
	az_agreement_made_done(&d->made);
	az_paper_done(&d->paper);
	az_paper_done(&d->application);
	az_paper_done(&d->intake);
}

static enum hf_err load(struct decide *d, const struct hf_id *id, enum hf_step step)
{
	enum hf_review_state next;
	HF_TRY(az_row_need(d->a, id, &d->row, d->f));
	if (!hf_states_next(HF_PART_PROVIDER, az_row_state(d->row, HF_PART_PROVIDER), step, &next))
		return az_row_step(d->a, d->unit, d->row, HF_PART_PROVIDER, step, d->f);
	if (az_revision_get(d->a, id, d->row->provider_revision, &d->rev) != HF_OK)
		return hf_fault_set(d->f, HF_E_STORE, "the application cannot be read");
	HF_TRY(az_revision_application(d->rev, &d->app, d->f));
	d->record = az_stored_payload(&d->rev->intake_envelope, &hufu__intake_record__descriptor);
	if (!d->record)
		return hf_fault_set(d->f, HF_E_STORE,
		                    "the intake record cannot be read, and without it nothing is decided");
	return az_entry_need(d->a, d->row, &d->it, d->f);
}

/* Who took part so far; approver and privacy expert come from outside. */
static enum hf_err check_cast(struct decide *d, const struct person *privacy, const struct person *approver,
                              const struct person *second)
{
	struct person applicant, need, reviewer, expert;
	if (!az_person_of(d->app->request, &applicant) || !az_person_of(d->app->need, &need) ||
	    !az_person_of(d->record->review, &reviewer))
		return hf_fault_set(d->f, HF_E_STORE, "the signatures of the application cannot be read");
	if (!privacy && az_person_of(d->rev->privacy, &expert))
		privacy = &expert;
	const struct cast c = {&applicant, &need, &reviewer, privacy, approver, second};
	return az_cast_check(&c, d->f);
}

/* ---- the decision, whoever made it ---- */

static enum hf_err check_approval(struct decide *d)
{
	const Hufu__CatalogEntry *entry = d->it.entry;
	int64_t now = now_of(d->a);
	HF_TRY(az_terms_against_entry(d->app, entry, now, d->f));
	HF_TRY(az_purpose_fields(entry, d->app->purpose, d->app->fields, d->app->n_fields, d->f));
	HF_TRY(az_conditions_check(entry, hf_space_member(hf_peers_space(d->a->peers), d->app->organization),
	                           d->app->accepts, d->app->n_accepts, d->f));
	enum hf_review_state state = az_row_state(d->row, HF_PART_PROVIDER);
	if (entry->personal && state != HF_REVIEW_PRIVACY_PASSED && !(d->rev->approval && d->rev->privacy))
		return hf_fault_set(d->f, HF_E_STATE,
		                    "the data is personal: the privacy expert has to confirm necessity and compliance "
		                    "first (`hufu review --privacy`)");
	if (entry->personal && d->rev->privacy)
		HF_TRY(az_person_here(d->a, d->rev->privacy, "the review of the privacy",
		                      "return the application (S), so that it is reviewed anew", d->f));
	d->from_ms = d->app->from_ms > now ? d->app->from_ms : now; /* never backdated */
	d->until_ms = d->until_ms ? d->until_ms : d->app->until_ms;
	if (d->app->until_ms <= now)
		return hf_fault_set(d->f, HF_E_STATE,
		                    "the period applied for is over; return the application (S) for a later one");
	if (d->until_ms > d->app->until_ms)
		return hf_fault_set(d->f, HF_E_LIMIT,
		                    "field 'until' is later than the end applied for; an approval may only be shorter");
	return az_terms_period(d->from_ms, d->until_ms, d->f);
}

static enum hf_err sign_decision(struct decide *d)
{
	struct hf_authz *a = d->a;
	struct paper_head head;
	struct hf_id txn = az_row_txn(d->row);
	Hufu__Decision m = HUFU__DECISION__INIT;
	az_paper_head_init(a, &head, &txn, d->row->intake, d->row->organization, NULL);
	m.header = &head.header;
	m.application = d->row->id;
	m.revision = d->app->revision;
	m.application_digest = d->rev->application_digest;
	m.intake_digest = d->rev->intake_digest;
	m.result = (char *)d->result;
	m.reason = (char *)d->reason;
	m.reason_code = (char *)d->reason_code;
	m.from_ms = d->made.from_ms;
	m.until_ms = d->made.until_ms;
	m.decision = d->statement;
	m.privacy = d->rev->privacy;
	m.second = d->second;
	m.agreement = d->made.paper.envelope;
	HF_TRY(az_paper_sign(a, HF_TYPE_DECISION, &txn, &m.base, d->unit, &d->paper, d->f));
	Hufu__DecisionMail mail = HUFU__DECISION_MAIL__INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *entry = NULL;
	mail.decision = d->paper.envelope;
	if (m.agreement) /* the consumer's copy may be older or newer than what was agreed on */
		mail.entry = entry = HF_DECODE_OWN(envelope, d->it.envelope, d->it.envelope_len);
	if (m.agreement && !entry)
		return hf_fault_set(d->f, HF_E_STORE, "the catalog entry on record cannot be read");
	return az_paper_mail(a, d->unit, d->row->intake, HF_MAIL_DECISION, &txn, &mail.base, d->f);
}

static void decision_words(struct decide *d, struct entry_words *w)
{
	*w = (struct entry_words){.digest = &d->paper.digest,
	                          .result = d->result,
	                          .reason_code = d->reason_code,
	                          .detail = d->reason,
	                          .counterparty = d->row->intake,
	                          .from_ms = d->made.from_ms,
	                          .until_ms = d->made.until_ms};
	if (d->made.paper.bytes)
		w->grant = &d->made.grant;
}

/* Everything after the statement: agreement, decision, state, mail. The caller describes the step in a ledger draft. */
static enum hf_err conclude(struct decide *d)
{
	enum hf_step step = az_result_step(d->result);
	if (step == HF_STEP_APPROVE) {
		d->made.from_ms = d->from_ms;
		d->made.until_ms = d->until_ms;
		HF_TRY(az_agreement_make(d->a, d->unit, d->row, d->app, &d->it, d->approver, &d->made, d->f));
		d->row->grant = BIN_ID(&d->made.grant);
		d->row->agreement = BIN_ID(&d->made.id);
	}
	HF_TRY(sign_decision(d));
	az_row_result(d->row, d->result, d->reason_code, d->reason);
	HF_TRY(az_row_step(d->a, d->unit, d->row, HF_PART_PROVIDER, step, d->f));
	d->rev->decision_envelope = BIN(d->paper.bytes, d->paper.len);
	d->rev->decision_digest = BIN_HASH(&d->paper.digest);
	az_revision_result(d->a, d->rev, d->row);
	az_revision_put(d->unit, d->rev);
	az_row_put(d->a, d->unit, d->row);
	return HF_OK;
}

static void describe_agreement(struct decide *d)
{
	if (d->made.paper.bytes)
		az_entry_add(d->a, d->unit, HF_EVENT_AGREEMENT, d->row,
		             &(struct entry_words){.digest = &d->made.paper.digest,
		                                   .grant = &d->made.grant,
		                                   .counterparty = d->row->organization,
		                                   .from_ms = d->made.from_ms,
		                                   .until_ms = d->made.until_ms});
}

static Hufu__SignedStatement *statement_copy(const Hufu__SignedStatement *st)
{
	size_t len = 0;
	uint8_t *data = hf_encode(&st->base, &len);
	Hufu__SignedStatement *copy = data ? HF_DECODE_OWN(signed_statement, data, len) : NULL;
	free(data);
	return copy;
}

/* AZ-36, AZ-38: whose decision it is, and that the provider hears of it. */
static void note_agent(struct decide *d)
{
	struct dg_found found;
	if (is_self(d->a, d->row->intake) ||
	    !az_delegated(d->a, &(struct dg_want){d->it.entry, d->row->intake, d->row->organization, true}, &found))
		return;
	d->made.basis = found.id;
	az_notice_put(d->a, d->unit, d->row, "agent-decision",
	              d->a->unfiled_denies
	                      ? "an agent granted this in the provider's name; nobody can use it before `hufu "
	                        "agent file`, and `hufu agent withdraw` ends it"
	                      : "an agent granted this in the provider's name; `hufu agent file` takes it "
	                        "on file, `hufu agent withdraw` ends it");
}

/* AZ-11: no provider task, the reviewer's passing review settles. What does not allow an approval leaves it to the
 * approver; so does personal data, which a privacy expert has to see first. */
static enum hf_err settle(struct decide *d)
{
	struct entry_words w;
	struct hf_fault *f = d->f, why;
	d->f = &why;
	bool fits = check_approval(d) == HF_OK && check_cast(d, NULL, NULL, NULL) == HF_OK;
	d->f = f;
	if (!fits)
		return HF_OK;
	note_agent(d);
	d->statement = statement_copy(d->record->review);
	if (!d->statement)
		return hf_fault_set(f, HF_E_MEMORY, "no memory is left to settle the application");
	d->result = "T";
	d->reason = "";
	d->reason_code = hf_err_reason(HF_OK);
	hf_authz_signer(d->statement, d->approver, sizeof(d->approver));
	HF_TRY(conclude(d));
	decision_words(d, &w);
	w.detail = hf_id_is_zero(&d->made.basis) ? "settled by the compliance review, as the entry allows"
	                                         : "settled by the agent's compliance review, as the delegation allows";
	az_entry_add(d->a, d->unit, HF_EVENT_DECISION, d->row, &w);
	describe_agreement(d);
	return HF_OK;
}

/* ---- an application arrives from the intake node ---- */

static enum hf_err check_way(struct decide *d, const struct mail_in *in, const struct opened_application *o)
{
	const Hufu__CatalogEntry *entry = d->it.entry;
	const struct hf_space *space = hf_peers_space(d->a->peers);
	const char *intake = o->app->intake;
	if (strcmp(in->from, intake) != 0 || !az_takes_in(d->a, entry, intake, o->app->organization))
		return hf_fault_set(d->f, HF_E_REDIRECT,
		                    "applications for this resource come in through %s, not through %s", entry->intake,
		                    in->from);
	if (!is_self(d->a, intake) && !hf_space_has_role(space, intake, "exchange-service"))
		return hf_fault_set(d->f, HF_E_STANDING, "%s does not hold the role 'exchange-service' in the space",
		                    intake);
	return HF_OK;
}

static enum hf_err check_record(struct decide *d, const struct opened_application *o, const struct opened_record *r)
{
	struct criteria_result own;
	const struct cast c = {&o->applicant, &o->need, &r->reviewer, NULL, NULL, NULL};
	if (strcmp(r->record->result, "pass") != 0)
		return hf_fault_set(d->f, HF_E_STATE,
		                    "the intake record does not pass the application, so it cannot be decided");
	az_criteria_evaluate(d->it.entry, o->app, hf_space_member(hf_peers_space(d->a->peers), o->app->organization),
	                     &own);
	HF_TRY(az_criteria_agree(&own, r->record->criteria, r->record->n_criteria, d->f));
	return az_cast_check(&c, d->f);
}

static void describe_arrival(struct decide *d)
{
	char reviewer[HF_NAME_MAX * 2 + 2];
	hf_authz_signer(d->record->review, reviewer, sizeof(reviewer));
	az_entry_add(d->a, d->unit, HF_EVENT_APPLICATION_RECEIVE, d->row,
	             &(struct entry_words){.digest = &d->application.digest, .counterparty = d->row->intake});
	az_entry_add(d->a, d->unit, HF_EVENT_COMPLIANCE_REVIEW, d->row,
	             &(struct entry_words){.digest = &d->intake.digest,
	                                   .result = "pass",
	                                   .counterparty = d->row->intake,
	                                   .detail = reviewer});
}

static enum hf_err file_forward(struct decide *d, struct opened_application *o, struct opened_record *r,
                                const Hufu__ForwardMail *m)
{
	HF_TRY(az_paper_keep(d->a, m->application, &o->txn, d->unit, &d->application, d->f));
	HF_TRY(az_paper_keep(d->a, m->intake, &o->txn, d->unit, &d->intake, d->f));
	HF_TRY(az_application_revision(d->a, o, &d->application, &d->rev, d->f));
	d->app = HF_TAKE(o->app);
	d->record = HF_TAKE(r->record);
	d->rev->criteria = d->record->criteria;
	d->rev->n_criteria = d->record->n_criteria;
	d->rev->intake_envelope = BIN(d->intake.bytes, d->intake.len);
	d->rev->intake_digest = BIN_HASH(&d->intake.digest);
	az_revision_put(d->unit, d->rev);
	az_row_put(d->a, d->unit, d->row);
	describe_arrival(d);
	return HF_OK;
}

enum hf_err az_decide_on_forward(struct hf_authz *a, const struct mail_in *in, const Hufu__ForwardMail *m)
{
	HF_CLEANUP(decide_done) struct decide d = {.a = a, .unit = in->unit, .f = in->fault};
	HF_CLEANUP(az_opened_application_done) struct opened_application o = {0};
	HF_CLEANUP(az_opened_record_done) struct opened_record r = {0};
	HF_TRY(az_application_open(a, m->application, NULL, &o, in->fault));
	HF_TRY(az_application_entry(a, in, &o, HF_PART_PROVIDER, &d.it));
	HF_TRY(check_way(&d, in, &o));
	HF_TRY(az_application_row(a, &o, &d.it, HF_PART_PROVIDER, &d.row, in->fault));
	HF_TRY(az_record_open(a, m->intake, d.row, o.app->revision, &o.digest, &r, in->fault));
	HF_TRY(check_record(&d, &o, &r));
	HF_TRY(az_dispute_followed(a, in, o.app));
	HF_TRY(az_row_step(a, in->unit, d.row, HF_PART_PROVIDER,
	                   d.it.entry->personal ? HF_STEP_RECEIVE_PERSONAL : HF_STEP_RECEIVE, in->fault));
	HF_TRY(file_forward(&d, &o, &r, m));
	return az_settles(a, d.it.entry, d.row->intake, d.row->organization) ? settle(&d) : HF_OK;
}

/* ---- the privacy expert ---- */

static enum hf_err sign_privacy(struct decide *d, const struct hf_actor *actor, Hufu__Finding **list, bool ok)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	struct person expert;
	struct hf_id txn = az_row_txn(d->row);
	s.kind = (char *)"privacy";
	s.object = d->row->id;
	s.revision = d->app->revision;
	s.object_digest = d->rev->application_digest;
	s.findings = list;
	s.n_findings = 2;
	s.result = (char *)(ok ? "pass" : "refuse");
	HF_TRY(az_person_sign(d->a, actor, &s, &txn, &d->statement, d->f));
	if (!az_person_of(d->statement, &expert))
		return hf_fault_set(d->f, HF_E_STORE, "the signature of the review cannot be read");
	return check_cast(d, &expert, NULL, NULL);
}

enum hf_err az_privacy_points(const struct hf_finding_in in[2], Hufu__Finding out[2], bool *ret_ok, struct hf_fault *f)
{
	static const char *const points[] = {"necessity", "compliance"};
	bool ok = true;
	for (size_t i = 0; i < 2; i++) {
		if (strcmp(in[i].point, points[i]) != 0)
			return hf_fault_set(f, HF_E_ARGUMENT,
			                    "the findings are necessity and compliance, in this order");
		if (!in[i].ok && !has_text(in[i].text))
			return hf_fault_set(f, HF_E_ARGUMENT, "field '%s' is not confirmed; state why in its text",
			                    points[i]);
		hufu__finding__init(&out[i]);
		out[i].point = (char *)points[i];
		out[i].ok = in[i].ok;
		out[i].text = (char *)(in[i].text ? in[i].text : "");
		ok = ok && in[i].ok;
	}
	*ret_ok = ok;
	return HF_OK;
}

enum hf_err hf_authz_review_privacy(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *application,
                                    const struct hf_finding_in findings[2])
{
	HF_CLEANUP(decide_done) struct decide d = {.a = a, .unit = in->unit, .f = in->fault};
	Hufu__Finding points[2], *list[2] = {&points[0], &points[1]};
	bool ok = false;
	HF_TRY(az_privacy_points(findings, points, &ok, in->fault));
	enum hf_step step = ok ? HF_STEP_PRIVACY_PASS : HF_STEP_PRIVACY_FAIL;
	HF_TRY(load(&d, application, step));
	HF_TRY(az_person_two_factors(in->actor->methods, d.it.entry->sensitive, in->fault));
	HF_TRY(sign_privacy(&d, in->actor, list, ok));
	HF_TRY(az_row_step(a, in->unit, d.row, HF_PART_PROVIDER, step, in->fault));
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *review = HF_TAKE(d.statement);
	d.rev->privacy = review;
	d.rev->privacy_findings = list;
	d.rev->n_privacy_findings = 2;
	az_revision_put(in->unit, d.rev);
	az_row_put(a, in->unit, d.row);
	az_entry_fill(
	        in->draft, d.row,
	        &(struct entry_words){.result = ok ? "pass" : "refuse", .detail = points[points[0].ok ? 1 : 0].text});
	return HF_OK;
}

/* ---- the approver ---- */

/* first: who approved at the first level, when this is the second. */
static enum hf_err sign_approver(struct decide *d, const struct hf_actor *actor, const char *kind,
                                 const struct person *first)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	struct person approver;
	struct hf_id txn = az_row_txn(d->row);
	s.kind = (char *)kind;
	s.object = d->row->id;
	s.revision = d->app->revision;
	s.object_digest = d->rev->application_digest;
	s.result = (char *)d->result;
	s.reason = (char *)d->reason;
	s.until_ms = d->until_ms;
	HF_TRY(az_person_sign(d->a, actor, &s, &txn, &d->statement, d->f));
	if (!az_person_of(d->statement, &approver))
		return hf_fault_set(d->f, HF_E_STORE, "the signature of the decision cannot be read");
	hf_authz_signer(d->statement, d->approver, sizeof(d->approver));
	return first ? check_cast(d, NULL, first, &approver) : check_cast(d, NULL, &approver, NULL);
}

static enum hf_err take_result(struct decide *d, const char *result, const char *reason)
{
	static const enum hf_err codes[HF_STEP_COUNT] = {
	        [HF_STEP_REJECT] = HF_E_REJECTED, [HF_STEP_RETURN] = HF_E_RETURNED};
	enum hf_step step = az_result_step(result);
	if (step == HF_STEP_INVALID)
		return hf_fault_set(d->f, HF_E_ARGUMENT,
		                    "field 'result' must be T (approved), F (rejected) or S (returned for correction)");
	if (step != HF_STEP_APPROVE && (!reason || reason[strspn(reason, " \t\n")] == '\0'))
		return hf_fault_set(d->f, HF_E_ARGUMENT, "field 'reason' is missing; a %s needs one",
		                    step == HF_STEP_REJECT ? "rejection (F)" : "return for correction (S)");
	d->result = result;
	d->reason = reason ? reason : "";
	d->reason_code = hf_err_reason(codes[step]);
	return HF_OK;
}

/* DS-20: core data is approved at two levels. The first one's statement waits in the revision; nobody hears of it. */
static enum hf_err approve_first(struct decide *d, const struct hf_step_in *in)
{
	if (az_row_state(d->row, HF_PART_PROVIDER) == HF_REVIEW_SECOND_WAITING)
		return hf_fault_set(d->f, HF_E_STATE,
		                    "the application is approved at the first level already; the second one decides "
		                    "(`hufu decide APPLICATION T --second`, role senior-approver)");
	HF_TRY(check_approval(d));
	HF_TRY(sign_approver(d, in->actor, "decision", NULL));
	HF_TRY(az_row_step(d->a, in->unit, d->row, HF_PART_PROVIDER, HF_STEP_APPROVE_FIRST, d->f));
	Hufu__SignedStatement *before = d->rev->approval;
	d->rev->approval = d->statement;
	az_revision_put(in->unit, d->rev);
	d->rev->approval = before; /* the statement is freed as the decision's own */
	az_row_put(d->a, in->unit, d->row);
	az_entry_fill(in->draft, d->row,
	              &(struct entry_words){.detail = "approved at the first level; the second one decides",
	                                    .until_ms = d->until_ms,
	                                    .from_ms = d->from_ms});
	return HF_OK;
}

enum hf_err hf_authz_decide_application(struct hf_authz *a, const struct hf_step_in *in,
                                        const struct hf_id *application, const char *result, const char *reason,
                                        int64_t until_ms)
{
	HF_CLEANUP(decide_done) struct decide d = {.a = a, .unit = in->unit, .f = in->fault};
	struct entry_words w;
	HF_TRY(take_result(&d, result, reason));
	HF_TRY(load(&d, application, az_result_step(result)));
	HF_TRY(az_person_two_factors(in->actor->methods, d.it.entry->sensitive, in->fault));
	d.until_ms = az_result_step(result) == HF_STEP_APPROVE ? until_ms : 0;
	if (az_result_step(result) == HF_STEP_APPROVE && az_terms_core(d.it.entry))
		return approve_first(&d, in);
	if (az_result_step(result) == HF_STEP_APPROVE)
		HF_TRY(check_approval(&d));
	HF_TRY(sign_approver(&d, in->actor, "decision", NULL));
	HF_TRY(conclude(&d));
	decision_words(&d, &w);
	az_entry_fill(in->draft, d.row, &w);
	describe_agreement(&d);
	return HF_OK;
}

/* The second level takes over the end that the first one signed. */
static enum hf_err take_first(struct decide *d, struct person *ret_first)
{
	const Hufu__SignedStatement *st = d->rev->approval;
	if (az_row_state(d->row, HF_PART_PROVIDER) != HF_REVIEW_SECOND_WAITING)
		return hf_fault_set(d->f, HF_E_STATE,
		                    "the application waits for no second approval: the first level decides "
		                    "(`hufu decide`)");
	if (!st || !az_person_of(st, ret_first))
		return hf_fault_set(d->f, HF_E_STORE, "the approval of the first level cannot be read");
	if (az_result_step(d->result) == HF_STEP_APPROVE)
		HF_TRY(az_person_here(d->a, st, "the approval of the first level",
		                      "return the application (S), so that both levels decide anew", d->f));
	d->first = HF_DECODE_OWN(statement, st->statement->payload.data, st->statement->payload.len);
	d->until_ms = d->first ? d->first->until_ms : 0;
	return d->until_ms ? HF_OK : hf_fault_set(d->f, HF_E_STORE, "the approval of the first level cannot be read");
}

/* A T says what the first level signed, its reason too; the second one's own stands in its statement. */
static enum hf_err conclude_second(struct decide *d)
{
	if (az_result_step(d->result) == HF_STEP_APPROVE) {
		d->second = d->statement;
		d->statement = statement_copy(d->rev->approval);
		if (!d->statement)
			return hf_fault_set(d->f, HF_E_MEMORY, "no memory is left to decide the application");
		d->reason = d->first->reason;
		hf_authz_signer(d->statement, d->approver, sizeof(d->approver));
	}
	return conclude(d);
}

enum hf_err hf_authz_decide_second(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *application,
                                   const char *result, const char *reason)
{
	HF_CLEANUP(decide_done) struct decide d = {.a = a, .unit = in->unit, .f = in->fault};
	struct entry_words w;
	struct person first;
	HF_TRY(take_result(&d, result, reason));
	HF_TRY(load(&d, application, az_result_step(result)));
	HF_TRY(az_person_two_factors(in->actor->methods, d.it.entry->sensitive, in->fault));
	HF_TRY(take_first(&d, &first));
	if (az_result_step(result) == HF_STEP_APPROVE)
		HF_TRY(check_approval(&d));
	else
		d.until_ms = 0;
	HF_TRY(sign_approver(&d, in->actor, "second-approval", &first));
	HF_TRY(conclude_second(&d));
	decision_words(&d, &w);
	az_entry_add(a, in->unit, HF_EVENT_DECISION, d.row, &w);
	w.detail = reason ? reason : "";
	az_entry_fill(in->draft, d.row, &w);
	describe_agreement(&d);
	return HF_OK;
}
