/*
 * emergency_vote.c - each node of the leading group votes by a person's signature over the request's digest, and every
 * party counts for itself (AZ-54). The same way, over the grant's digest, the group withdraws what it gave.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/emergency_internal.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

struct ballot {
	struct hf_authz *a;
	const struct hf_step_in *in;
	Hufu__EmergencyRequestRow *row;
	Hufu__Envelope *event_paper, *request_paper;
	struct em_opened opened;
	struct hf_hash about; /* digest that is signed */
	Hufu__SignedStatement *statement;
	struct paper paper;
	const char *result, *reason;
};

static void ballot_done(struct ballot *b)
{
	hf_decoded_free(b->row);
	hf_decoded_free(b->event_paper);
	hf_decoded_free(b->request_paper);
	em_opened_done(&b->opened);
	hf_decoded_free(b->statement);
	az_paper_done(&b->paper);
}

static enum hf_err load(struct ballot *b, const struct hf_id *request, enum hf_em_step step)
{
	struct hf_fault *f = b->in->fault;
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyEventRow *event = NULL;
	struct hf_id id;
	enum hf_em_state next;
	HF_TRY(em_row_need(b->a, request, &b->row, f));
	if (!hf_em_next(em_row_state(b->row), step, &next))
		return em_row_step(b->row, step, f);
	HF_TRY(em_row_papers(b->a, b->row, &b->event_paper, &b->request_paper, f));
	HF_TRY(em_request_open(b->a, b->event_paper, b->request_paper, &b->opened, f));
	if (!az_id_of(&b->row->event, &id))
		return hf_fault_set(f, HF_E_STORE, "the request on record cannot be read");
	HF_TRY(em_event_need(b->a, &id, &event, f));
	return em_event_lasts(b->a, event, f);
}

static bool has_voted(const struct ballot *b, bool withdrawal)
{
	const Hufu__EmergencyRevisionRow *rev = em_row_revision(b->row);
	Hufu__EmergencyVoteRow **list = withdrawal ? b->row->withdrawals : rev->votes;
	size_t count = withdrawal ? b->row->n_withdrawals : rev->n_votes;
	for (size_t i = 0; i < count; i++)
		if (is_self(b->a, list[i]->node))
			return true;
	return false;
}

static enum hf_err sign_vote(struct ballot *b, Hufu__EmergencyVote *m)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	struct paper_head head;
	bool withdrawal = strcmp(b->result, "revoke") == 0;
	struct hf_fault *f = b->in->fault;
	s.kind = (char *)(withdrawal ? "emergency-withdrawal" : "emergency-vote");
	s.object = b->row->id;
	s.revision = b->row->revision;
	s.object_digest = BIN_HASH(&b->about);
	s.result = (char *)b->result;
	s.reason = (char *)b->reason;
	HF_TRY(az_person_sign(b->a, b->in->actor, &s, &b->opened.txn, &b->statement, f));
	em_head_init(b->a, &head, &b->opened.txn);
	m->header = &head.header;
	m->request = b->row->id;
	m->revision = b->row->revision;
	m->digest = BIN_HASH(&b->about);
	m->descriptor = b->opened.request->descriptor;
	m->result = (char *)b->result;
	m->reason = (char *)b->reason;
	m->vote = b->statement;
	enum hf_err e =
	        az_paper_sign(b->a, HF_TYPE_EMERGENCY_VOTE, &b->opened.txn, &m->base, b->in->unit, &b->paper, f);
	m->header = NULL;
	return e;
}

/* Signed, checked as everybody will check it, on record, and told to everybody. */
static enum hf_err cast(struct ballot *b)
{
	struct hf_authz *a = b->a;
	struct hf_fault *f = b->in->fault;
	Hufu__EmergencyVote m = HUFU__EMERGENCY_VOTE__INIT;
	Hufu__EmergencyVoteMail mail = HUFU__EMERGENCY_VOTE_MAIL__INIT;
	HF_CLEANUP(em_vote_done) struct em_vote v = {.vote = NULL};
	bool is_new = false;
	HF_TRY(sign_vote(b, &m));
	HF_TRY(em_vote_open(a, b->paper.envelope, &b->opened, &b->about, &v, f));
	HF_TRY(em_row_add_vote(&b->row, &v, b->paper.envelope, &is_new, f));
	mail.event = b->event_paper;
	mail.request = b->request_paper;
	mail.vote = b->paper.envelope;
	return em_tell(a, b->in->unit, b->row, &(struct em_post){HF_MAIL_EMERGENCY_VOTE, &mail.base, NULL}, f);
}

static bool is_blank(const char *text)
{
	return !text || text[strspn(text, " \t\n")] == '\0';
}

/* AZ-54: in the descriptor's leading group, and of no party. Said before anything is signed. */
static enum hf_err check_own_right(struct ballot *b)
{
	const char *self = b->a->base->self.s;
	if (!hf_em_in_group(b->opened.pinned, self) || !hf_em_in_group(b->opened.newest, self))
		return hf_fault_set(b->in->fault, HF_E_STANDING,
		                    "%s is not in the leading group of the space, which alone decides on emergencies",
		                    self);
	if (!hf_em_may_vote(b->opened.pinned, &b->opened.barred, self) ||
	    !hf_em_may_vote(b->opened.newest, &b->opened.barred, self))
		return hf_fault_set(
		        b->in->fault, HF_E_SEPARATION,
		        "%s belongs to the provider or the applicant of this request and may not vote on it", self);
	return az_person_two_factors(b->in->actor->methods, b->row->sensitive, b->in->fault);
}

enum hf_err hf_emergency_decide(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *request,
                                const char *result, const char *reason)
{
	HF_CLEANUP(ballot_done)
	struct ballot b = {.a = a, .in = in, .result = result, .reason = reason ? reason : ""};
	if (strcmp(result, "T") != 0 && strcmp(result, "F") != 0 && strcmp(result, "S") != 0)
		return hf_fault_set(in->fault, HF_E_ARGUMENT,
		                    "field 'result' must be T (approved), F (rejected) or S (returned for correction)");
	if (strcmp(result, "T") != 0 && is_blank(reason))
		return hf_fault_set(in->fault, HF_E_ARGUMENT, "field 'reason' is missing; %s needs one",
		                    result[0] == 'F' ? "a rejection (F)" : "a return for correction (S)");
	HF_TRY(load(&b, request, HF_EM_VOTE));
	HF_TRY(check_own_right(&b));
	if (em_row_state(b.row) != HF_EM_OPEN)
		return hf_fault_set(in->fault, HF_E_STATE, "the request is %s, so there is nothing left to vote on; %s",
		                    hf_em_state_name(em_row_state(b.row)), hf_em_way_out(em_row_state(b.row)));
	if (has_voted(&b, false))
		return hf_fault_set(in->fault, HF_E_EXISTS,
		                    "this node has voted on this revision already; a vote stands");
	b.about = b.opened.digest;
	HF_TRY(cast(&b));
	HF_TRY(em_vote_conclude(a, in->unit, b.row, in->fault));
	em_row_put(a, in->unit, b.row);
	em_entry_fill(in->draft, b.row,
	              &(struct em_words){.digest = &b.paper.digest, .result = result, .detail = b.reason});
	return HF_OK;
}

enum hf_err hf_emergency_withdraw(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *request,
                                  const char *reason)
{
	HF_CLEANUP(ballot_done) struct ballot b = {.a = a, .in = in, .result = "revoke", .reason = reason};
	if (is_blank(reason))
		return hf_fault_set(in->fault, HF_E_ARGUMENT, "field 'reason' is missing; state why the grant ends");
	HF_TRY(load(&b, request, HF_EM_WITHDRAW));
	HF_TRY(check_own_right(&b));
	if (has_voted(&b, true))
		return hf_fault_set(in->fault, HF_E_EXISTS, "this node has withdrawn its consent already");
	if (b.row->grant_digest.len != sizeof(b.about.b))
		return hf_fault_set(in->fault, HF_E_STATE, "the grant has not come to this node yet; try again");
	memcpy(b.about.b, b.row->grant_digest.data, sizeof(b.about.b));
	HF_TRY(cast(&b));
	HF_TRY(em_vote_conclude(a, in->unit, b.row, in->fault));
	em_row_put(a, in->unit, b.row);
	em_entry_fill(in->draft, b.row,
	              &(struct em_words){.digest = &b.paper.digest, .result = "revoke", .detail = b.reason});
	return HF_OK;
}

/* ---- counting ---- */

/* Votes reach the nodes in different orders; the one signed first gives everybody the same words. result 0: any that
 * gives a reason. */
static const char *first_reason(const Hufu__EmergencyRevisionRow *rev, char result)
{
	const Hufu__EmergencyVoteRow *first = NULL;
	for (size_t i = 0; i < rev->n_votes; i++) {
		const Hufu__EmergencyVoteRow *v = rev->votes[i];
		if (result ? v->result[0] != result : !v->reason[0])
			continue;
		if (!first || v->time_ms < first->time_ms ||
		    (v->time_ms == first->time_ms && strcmp(v->node, first->node) < 0))
			first = v;
	}
	return first ? first->reason : result ? first_reason(rev, 0) : "";
}

/* Of a T nothing is said; a vote that came after the end may have been signed before the others. */
static void note_reason(Hufu__EmergencyRequestRow *row, char result)
{
	Hufu__EmergencyRevisionRow *rev = em_row_revision(row);
	row->result_reason = rev->reason = result == 'T' ? (char *)"" : (char *)first_reason(rev, result);
}

static const struct outcome {
	char result;
	enum hf_em_step step;
	const char *kind, *text;
} outcomes[] = {
        {'T', HF_EM_APPROVE, "emergency-approved",
         "the leading group approved; the data management department carries it out"},
        {'F', HF_EM_REJECT, "emergency-rejected", "the leading group rejected the emergency request"},
        {'S', HF_EM_RETURN, "emergency-returned", "the leading group returned the emergency request for correction"},
};

static enum hf_err take_outcome(struct hf_authz *a, struct hf_unit *u, Hufu__EmergencyRequestRow *row,
                                const struct hf_em_count *c, struct hf_fault *f)
{
	Hufu__EmergencyRevisionRow *rev = em_row_revision(row);
	char voters[512];
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		const struct outcome *o = &outcomes[i];
		char result[2] = {o->result, '\0'};
		if (hf_em_outcome(c) != o->result)
			continue;
		HF_TRY(em_row_step(row, o->step, f));
		/* Constants and texts of the row itself. */
		static const char *const words[] = {"T", "F", "S"};
		row->result = rev->result = (char *)words[i];
		note_reason(row, o->result);
		em_voters_text(row, result, voters, sizeof(voters));
		em_notice(a, u, row, o->kind, o->text);
		em_entry_add(a, u, HF_EVENT_EMERGENCY_RESULT, row,
		             &(struct em_words){
		                     .result = words[i], .detail = row->result_reason, .voters = voters, .count = c});
	}
	return HF_OK;
}

/* The provider ends what enough of the group withdrew, under the pinned descriptor and the newest. */
static enum hf_err take_withdrawal(struct hf_authz *a, struct hf_unit *u, Hufu__EmergencyRequestRow *row,
                                   struct hf_fault *f)
{
	const struct hf_space *space = hf_peers_space(a->peers);
	const Hufu__Descriptor *const both[] = {hf_space_at(space, row->descriptor), hf_space_current(space)};
	if (!is_self(a, row->provider))
		return HF_OK;
	for (size_t i = 0; i < 2; i++) {
		struct hf_em_count c = {.of = 0};
		if (both[i])
			em_row_count(a, row, both[i], true, &c);
		if (c.of == 0 || c.w < c.needed)
			return HF_OK;
	}
	return em_grant_end(a, u, row, "withdrawn", row->withdrawals[row->n_withdrawals - 1]->reason, f);
}

enum hf_err em_vote_conclude(struct hf_authz *a, struct hf_unit *u, Hufu__EmergencyRequestRow *row, struct hf_fault *f)
{
	const Hufu__Descriptor *pinned = hf_space_at(hf_peers_space(a->peers), row->descriptor);
	struct hf_em_count c;
	if (em_row_state(row) == HF_EM_REJECTED || em_row_state(row) == HF_EM_RETURNED)
		note_reason(row, row->result[0]);
	if (em_row_state(row) == HF_EM_ACTIVE)
		return row->n_withdrawals ? take_withdrawal(a, u, row, f) : HF_OK;
	if (em_row_state(row) != HF_EM_OPEN || !pinned)
		return HF_OK;
	em_row_count(a, row, pinned, false, &c);
	return take_outcome(a, u, row, &c, f);
}

/* ---- a vote arrives ---- */

static bool grant_digest_of(const Hufu__EmergencyRequestRow *row, struct hf_hash *ret_digest)
{
	if (row->grant_digest.len != sizeof(ret_digest->b))
		return false;
	memcpy(ret_digest->b, row->grant_digest.data, sizeof(ret_digest->b));
	return true;
}

enum hf_err az_em_on_vote(struct hf_authz *a, const struct mail_in *in, const Hufu__EmergencyVoteMail *m)
{
	HF_CLEANUP(em_arrived_done) struct em_arrived v = {.row = NULL};
	HF_CLEANUP(em_vote_done) struct em_vote vote = {.vote = NULL};
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	const struct em_papers papers = {m->event, m->request, true};
	struct hf_hash granted;
	bool is_new = false;
	HF_TRY(em_request_arrive(a, in, &papers, &v));
	const struct hf_hash *grant = grant_digest_of(v.row, &granted) ? &granted : NULL;
	enum hf_err e = em_vote_open(a, m->vote, &v.o, grant, &vote, in->fault);
	if (e == HF_E_STATE && !grant && !is_self(a, v.row->provider)) {
		if (v.is_new) /* of a grant that has not come here yet: the provider counts it */
			em_row_put(a, in->unit, v.row);
		return HF_OK;
	}
	HF_TRY(e);
	if (!same_text(vote.person.node, in->from))
		return hf_fault_set(in->fault, HF_E_STANDING, "a vote comes from the node that casts it");
	if (v.o.request->revision != v.row->revision)
		return HF_OK; /* of a revision that was corrected meanwhile */
	HF_TRY(em_row_add_vote(&v.row, &vote, m->vote, &is_new, in->fault));
	if (!is_new && !v.is_new)
		return HF_OK;
	HF_TRY(em_row_step(v.row, HF_EM_VOTE, in->fault));
	HF_TRY(az_paper_keep(a, m->vote, &v.o.txn, in->unit, &paper, in->fault));
	em_entry_add(a, in->unit, HF_EVENT_EMERGENCY_VOTE, v.row,
	             &(struct em_words){.digest = &paper.digest,
	                                .result = vote.vote->result,
	                                .detail = vote.vote->reason,
	                                .counterparty = in->from});
	HF_TRY(em_vote_conclude(a, in->unit, v.row, in->fault));
	em_row_put(a, in->unit, v.row);
	return HF_OK;
}
