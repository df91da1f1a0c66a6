/*
 * emergency_execute.c - the data management department carries out what the leading group approved: another role,
 * person and node than those who decided (AZ-55). Before it, where the data is personal, the provider's privacy expert
 * says whether it is necessary and compliant (AZ-16).
 */
#include <stdlib.h>
#include <string.h>

#include "authz/emergency_internal.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

/* ---- the privacy expert ---- */

static enum hf_err load_review(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *request,
                               Hufu__EmergencyRequestRow **ret_row)
{
	struct hf_fault *f = in->fault;
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	HF_TRY(em_row_need(a, request, &row, f));
	if (!is_self(a, row->provider))
		return hf_fault_set(f, HF_E_STANDING, "the privacy review belongs to the provider, %s", row->provider);
	if (!row->personal)
		return hf_fault_set(f, HF_E_STATE, "the data is not personal, so there is nothing to review");
	if (em_row_revision(row)->privacy)
		return hf_fault_set(f, HF_E_EXISTS, "this revision of the request has been reviewed already");
	HF_TRY(em_row_step(row, HF_EM_REVIEW, f));
	HF_TRY(az_person_two_factors(in->actor->methods, row->sensitive, f));
	*ret_row = HF_TAKE(row);
	return HF_OK;
}

static enum hf_err tell_review(struct hf_authz *a, const struct hf_step_in *in, const Hufu__EmergencyRequestRow *row,
                               Hufu__SignedStatement *review)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *event = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *request = NULL;
	Hufu__EmergencyPrivacyMail mail = HUFU__EMERGENCY_PRIVACY_MAIL__INIT;
	HF_TRY(em_row_papers(a, row, &event, &request, in->fault));
	mail.event = event;
	mail.request = request;
	mail.privacy = review;
	return em_tell(a, in->unit, row, &(struct em_post){HF_MAIL_EMERGENCY_PRIVACY, &mail.base, NULL}, in->fault);
}

enum hf_err hf_emergency_review(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *request,
                                const struct hf_finding_in findings[2])
{
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *review = NULL;
	Hufu__Finding points[2], *list[2] = {&points[0], &points[1]};
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	bool ok = false;
	HF_TRY(az_privacy_points(findings, points, &ok, in->fault));
	HF_TRY(load_review(a, in, request, &row));
	Hufu__EmergencyRevisionRow *rev = em_row_revision(row);
	struct hf_id txn = em_row_txn(row);
	s.kind = (char *)"privacy";
	s.object = row->id;
	s.revision = row->revision;
	s.object_digest = rev->digest;
	s.findings = list;
	s.n_findings = 2;
	s.result = (char *)(ok ? "pass" : "refuse");
	HF_TRY(az_person_sign(a, in->actor, &s, &txn, &review, in->fault));
	HF_TRY(tell_review(a, in, row, review));
	rev->privacy = review;
	em_row_put(a, in->unit, row);
	rev->privacy = NULL;
	em_entry_fill(
	        in->draft, row,
	        &(struct em_words){.result = ok ? "pass" : "refuse", .detail = points[points[0].ok ? 1 : 0].text});
	return HF_OK;
}

enum hf_err em_privacy_check(struct hf_authz *a, const struct em_opened *o, const Hufu__SignedStatement *st,
                             struct person *ret_person, bool *ret_ok, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Statement *s = NULL;
	const struct statement_want want = {"privacy", HF_MAY_PRIVACY_REVIEW, o->request->provider,
	                                    &o->id,    o->request->revision,  &o->digest,
	                                    &o->txn};
	HF_TRY(az_person_check(a, st, &want, &s, ret_person, f));
	bool whole = s->n_findings == 2 && same_text(s->findings[0]->point, "necessity") &&
	             same_text(s->findings[1]->point, "compliance");
	if (!whole)
		return hf_fault_set(f, HF_E_FORMAT, "the privacy review lacks one of its two findings");
	*ret_ok = s->findings[0]->ok && s->findings[1]->ok && same_text(s->result, "pass");
	return HF_OK;
}

enum hf_err az_em_on_privacy(struct hf_authz *a, const struct mail_in *in, const Hufu__EmergencyPrivacyMail *m)
{
	HF_CLEANUP(em_arrived_done) struct em_arrived v = {.row = NULL};
	const struct em_papers papers = {m->event, m->request, true};
	struct person expert;
	bool ok = false;
	HF_TRY(em_request_arrive(a, in, &papers, &v));
	if (!same_text(v.row->provider, in->from))
		return hf_fault_set(in->fault, HF_E_STANDING, "the privacy review comes from the provider, %s",
		                    v.row->provider);
	HF_TRY(em_privacy_check(a, &v.o, m->privacy, &expert, &ok, in->fault));
	Hufu__EmergencyRevisionRow *rev = em_row_revision(v.row);
	if (rev->revision != v.o.request->revision || rev->privacy)
		return HF_OK;
	rev->privacy = m->privacy;
	em_row_put(a, in->unit, v.row);
	rev->privacy = NULL;
	em_entry_add(a, in->unit, HF_EVENT_PRIVACY_REVIEW, v.row,
	             &(struct em_words){.result = ok ? "pass" : "refuse", .counterparty = in->from});
	return HF_OK;
}

/* ---- execution ---- */

struct execute {
	struct hf_authz *a;
	const struct hf_step_in *in;
	Hufu__EmergencyRequestRow *row;
	Hufu__Envelope *event_paper, *request_paper;
	Hufu__Envelope *votes[EM_VOTES_MAX];
	size_t vote_count;
	struct em_opened opened;
	Hufu__SignedStatement *statement;
	struct hf_id grant, agreement;
	int64_t from_ms, until_ms;
	struct paper paper;
};

static void execute_done(struct execute *x)
{
	hf_decoded_free(x->row);
	hf_decoded_free(x->event_paper);
	hf_decoded_free(x->request_paper);
	for (size_t i = 0; i < x->vote_count; i++)
		hf_decoded_free(x->votes[i]);
	em_opened_done(&x->opened);
	hf_decoded_free(x->statement);
	az_paper_done(&x->paper);
}

/* Another node of the same organization is no other party. */
static bool is_of(const struct em_opened *o, const char *node, const char *other)
{
	const char *own = hf_em_organization(o->newest, node), *its = hf_em_organization(o->newest, other);
	return same_text(node, other) || (has_text(own) && has_text(its) && same_text(own, its));
}

static bool is_of_group(const struct em_opened *o, const Hufu__Descriptor *d, const char *node)
{
	for (size_t i = 0; i < d->n_leading_group; i++)
		if (is_of(o, node, d->leading_group[i]))
			return true;
	return false;
}

enum hf_err em_executor_check(struct hf_authz *a, const struct em_opened *o, const char *node, struct hf_fault *f)
{
	if (!hf_space_has_role(hf_peers_space(a->peers), node, "data-management"))
		return hf_fault_set(f, HF_E_STANDING,
		                    "%s does not hold the role 'data-management' in the space, which alone carries "
		                    "emergency grants out",
		                    node);
	if (is_of_group(o, o->pinned, node) || is_of_group(o, o->newest, node))
		return hf_fault_set(
		        f, HF_E_SEPARATION,
		        "the organization of %s is in the leading group, and who decides does not carry it out", node);
	if (is_of(o, node, o->request->header->issuer) || is_of(o, node, o->request->organization))
		return hf_fault_set(f, HF_E_SEPARATION,
		                    "the organization of %s applied for this grant and does not carry it out itself",
		                    node);
	return HF_OK;
}

static enum hf_err load(struct execute *x, const struct hf_id *request)
{
	struct hf_fault *f = x->in->fault;
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyEventRow *event = NULL;
	struct hf_id id;
	HF_TRY(em_row_need(x->a, request, &x->row, f));
	if (em_row_state(x->row) != HF_EM_APPROVED)
		return hf_fault_set(f, HF_E_STATE, "the request is %s and only an approved one is carried out; %s",
		                    hf_em_state_name(em_row_state(x->row)), hf_em_way_out(em_row_state(x->row)));
	HF_TRY(em_row_papers(x->a, x->row, &x->event_paper, &x->request_paper, f));
	HF_TRY(em_request_open(x->a, x->event_paper, x->request_paper, &x->opened, f));
	HF_TRY(em_executor_check(x->a, &x->opened, x->a->base->self.s, f));
	if (!az_id_of(&x->row->event, &id))
		return hf_fault_set(f, HF_E_STORE, "the request on record cannot be read");
	HF_TRY(em_event_need(x->a, &id, &event, f));
	HF_TRY(em_event_lasts(x->a, event, f));
	HF_TRY(em_row_unchained(x->a, x->row, false, f));
	return az_person_two_factors(x->in->actor->methods, x->row->sensitive, f);
}

/* The provider takes no vote of a member that was put out of the space meanwhile: one among enough others must not
 * spoil them. */
static bool still_stands(const struct execute *x, const char *node)
{
	return hf_space_standing(hf_peers_space(x->a->peers), node, now_of(x->a)) == HF_OK;
}

static enum hf_err take_votes(struct execute *x)
{
	const Hufu__EmergencyRevisionRow *rev = em_row_revision(x->row);
	struct hf_em_ballot ballots[EM_VOTES_MAX];
	for (size_t i = 0; i < rev->n_votes && x->vote_count < EM_VOTES_MAX; i++) {
		const ProtobufCBinaryData *b = &rev->votes[i]->envelope;
		if (rev->votes[i]->result[0] != 'T' || !still_stands(x, rev->votes[i]->node))
			continue;
		x->votes[x->vote_count] = HF_DECODE_OWN(envelope, b->data, b->len);
		if (!x->votes[x->vote_count])
			return hf_fault_set(x->in->fault, HF_E_STORE, "a vote on record cannot be read");
		ballots[x->vote_count++] = (struct hf_em_ballot){rev->votes[i]->node, 'T'};
	}
	return em_votes_suffice(&x->opened, ballots, x->vote_count, x->in->fault);
}

static enum hf_err take_period(struct execute *x)
{
	int64_t now = now_of(x->a);
	const Hufu__EmergencyRequest *m = x->opened.request;
	x->from_ms = m->from_ms > now ? m->from_ms : now;
	x->until_ms = m->until_ms;
	if (x->until_ms <= now)
		return hf_fault_set(x->in->fault, HF_E_STATE,
		                    "the period asked for is over; the authority has to raise a new request");
	return em_grant_period(x->from_ms, x->until_ms, x->in->fault);
}

static enum hf_err take_privacy(struct execute *x)
{
	struct person expert;
	bool ok = false;
	const Hufu__EmergencyRevisionRow *rev = em_row_revision(x->row);
	if (!x->row->personal)
		return HF_OK;
	if (!rev->privacy)
		return hf_fault_set(x->in->fault, HF_E_STATE,
		                    "the data is personal: the privacy expert of %s has to review the request first "
		                    "(`hufu emergency review`)",
		                    x->row->provider);
	HF_TRY(em_privacy_check(x->a, &x->opened, rev->privacy, &expert, &ok, x->in->fault));
	return ok ? HF_OK
	          : hf_fault_set(x->in->fault, HF_E_STATE,
	                         "the privacy expert of %s found the use of personal data not necessary or not "
	                         "compliant; it cannot be carried out",
	                         x->row->provider);
}

static enum hf_err sign_execution(struct execute *x)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	s.kind = (char *)"emergency-execution";
	s.object = x->row->id;
	s.revision = x->row->revision;
	s.object_digest = BIN_HASH(&x->opened.digest);
	s.result = (char *)"T";
	s.until_ms = x->until_ms;
	return az_person_sign(x->a, x->in->actor, &s, &x->opened.txn, &x->statement, x->in->fault);
}

static enum hf_err sign_grant(struct execute *x)
{
	Hufu__EmergencyGrant m = HUFU__EMERGENCY_GRANT__INIT;
	struct paper_head head;
	x->grant = hf_id_new(now_of(x->a));
	x->agreement = hf_id_new(now_of(x->a));
	em_head_init(x->a, &head, &x->opened.txn);
	m.header = &head.header;
	m.id = BIN_ID(&x->grant);
	m.agreement = BIN_ID(&x->agreement);
	m.request = x->row->id;
	m.revision = x->row->revision;
	m.request_digest = BIN_HASH(&x->opened.digest);
	m.from_ms = x->from_ms > head.header.time_ms ? x->from_ms : head.header.time_ms;
	m.until_ms = x->until_ms;
	m.event = x->event_paper;
	m.request_paper = x->request_paper;
	m.votes = x->votes;
	m.n_votes = x->vote_count;
	m.privacy = x->row->personal ? em_row_revision(x->row)->privacy : NULL;
	m.execution = x->statement;
	return az_paper_sign(x->a, HF_TYPE_EMERGENCY_GRANT, &x->opened.txn, &m.base, x->in->unit, &x->paper,
	                     x->in->fault);
}

static enum hf_err tell_grant(struct execute *x)
{
	Hufu__EmergencyGrantMail mail = HUFU__EMERGENCY_GRANT_MAIL__INIT;
	mail.grant = x->paper.envelope;
	HF_TRY(em_tell(x->a, x->in->unit, x->row, &(struct em_post){HF_MAIL_EMERGENCY_GRANT, &mail.base, NULL},
	               x->in->fault));
	if (!is_self(x->a, x->row->provider))
		return HF_OK;
	return az_paper_mail(x->a, x->in->unit, x->row->provider, HF_MAIL_EMERGENCY_GRANT, &x->opened.txn, &mail.base,
	                     x->in->fault);
}

enum hf_err hf_emergency_execute(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *request,
                                 struct hf_id *ret_grant)
{
	HF_CLEANUP(execute_done) struct execute x = {.a = a, .in = in};
	char voters[512], executor[2 * HF_NAME_MAX + 2];
	HF_TRY(load(&x, request));
	HF_TRY(take_votes(&x));
	HF_TRY(take_period(&x));
	HF_TRY(take_privacy(&x));
	HF_TRY(sign_execution(&x));
	HF_TRY(sign_grant(&x));
	HF_TRY(em_row_step(x.row, HF_EM_EXECUTE, in->fault));
	snprintf(executor, sizeof(executor), "%s/%s", a->base->self.s, in->actor->account);
	x.row->grant = BIN_ID(&x.grant);
	x.row->agreement = BIN_ID(&x.agreement);
	x.row->grant_envelope = BIN(x.paper.bytes, x.paper.len);
	x.row->grant_digest = BIN_HASH(&x.paper.digest);
	x.row->executor = executor;
	HF_TRY(tell_grant(&x));
	em_row_put(a, in->unit, x.row);
	em_voters_text(x.row, "T", voters, sizeof(voters));
	em_entry_fill(
	        in->draft, x.row,
	        &(struct em_words){.digest = &x.paper.digest, .result = "T", .voters = voters, .executor = executor});
	*ret_grant = x.grant;
	return HF_OK;
}
