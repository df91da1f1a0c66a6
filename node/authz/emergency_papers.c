/*
 * emergency_papers.c - what events, requests and votes must be by themselves, before any row is looked at: the
 * signatures of node and person, the roles, the statements, the period, the descriptor that is pinned (AZ-52 ... AZ-56,
 * AZ-78). The same checks when a node makes a paper and when it gets one.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/emergency_internal.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

void em_opened_done(struct em_opened *o)
{
	hf_decoded_free(o->event);
	hf_decoded_free(o->request);
	*o = (struct em_opened){.event = NULL};
}

void em_vote_done(struct em_vote *v)
{
	hf_decoded_free(v->vote);
	v->vote = NULL;
}

void em_head_init(struct hf_authz *a, struct paper_head *h, const struct hf_id *txn)
{
	az_paper_head_init(a, h, txn, NULL, NULL, NULL);
}

void em_event_wording(const Hufu__EmergencyEvent *m, struct hf_hash *ret_digest)
{
	Hufu__EmergencyEvent bare = *m;
	bare.header = NULL;
	bare.declaration = NULL;
	az_digest(&bare.base, ret_digest);
}

void em_request_wording(const Hufu__EmergencyRequest *m, struct hf_hash *ret_digest)
{
	Hufu__EmergencyRequest bare = *m;
	bare.header = NULL;
	bare.request = NULL;
	az_digest(&bare.base, ret_digest);
}

/* ---- events ---- */

enum hf_err em_event_terms(struct hf_authz *a, const Hufu__EmergencyEvent *m, const char *authority, struct hf_fault *f)
{
	const struct hf_space *space = hf_peers_space(a->peers);
	const char *kinds = hf_space_attribute(space, authority, "emergency-kinds");
	if (!hf_space_has_role(space, authority, "emergency-authority"))
		return hf_fault_set(
		        f, HF_E_STANDING,
		        "%s does not hold the role 'emergency-authority' in the space, so it declares no event",
		        authority);
	if (!hf_em_kind_ok(m->kind, kinds))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "'%.60s' is no kind of emergency that %s may declare; there are: %s", m->kind,
		                    authority, kinds && kinds[0] ? kinds : HF_EM_KINDS_TEXT);
	HF_TRY(az_terms_text(m->title, "title", "what has happened", HF_MAX_TITLE, f));
	if (m->until_ms <= m->from_ms || m->until_ms - m->from_ms > EM_EVENT_MS_MAX)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "field 'until' must be later than 'from', by at most 366 days; an event that lasts "
		                    "longer is declared again");
	for (size_t i = 0; i < m->n_providers; i++)
		if (!hf_space_member(space, m->providers[i]))
			return hf_fault_set(f, HF_E_UNKNOWN,
			                    "there is no member %.63s in the space; `hufu peers` lists them",
			                    m->providers[i]);
	return HF_OK;
}

enum hf_err em_event_open(struct hf_authz *a, const Hufu__Envelope *e, struct em_opened *o, struct hf_fault *f)
{
	const struct paper_want want = {HF_TYPE_EMERGENCY_EVENT, &hufu__emergency_event__descriptor, NULL, NULL,
	                                "the emergency event"};
	struct hf_hash wording;
	if (!e)
		return hf_fault_set(f, HF_E_STATE,
		                    "no emergency event stands behind the request, and without one nothing is granted");
	HF_TRY(az_paper_open_public(a, e, &want, &o->event, f));
	const Hufu__EmergencyEvent *m = o->event;
	HF_TRY(hf_envelope_digest_message(e, &o->event_digest));
	if (!az_id_of(&m->id, &o->event_id) || !az_id_of(&m->header->transaction, &o->event_txn))
		return hf_fault_set(f, HF_E_FORMAT, "the emergency event lacks its identifier");
	o->event_paper = e;
	HF_TRY(em_event_terms(a, m, m->header->issuer, f));
	em_event_wording(m, &wording);
	const struct statement_want by = {"emergency-declaration",
	                                  HF_MAY_EMERGENCY_DECLARE,
	                                  m->header->issuer,
	                                  &o->event_id,
	                                  0,
	                                  &wording,
	                                  &o->event_txn};
	return az_person_check(a, m->declaration, &by, NULL, &o->officer, f);
}

/* ---- requests ---- */

static enum hf_err check_period(const Hufu__EmergencyRequest *m, const Hufu__EmergencyEvent *event, int64_t made_ms,
                                struct hf_fault *f)
{
	int64_t from = m->from_ms ? m->from_ms : made_ms;
	if (m->until_ms == 0)
		return hf_fault_set(f, HF_E_ARGUMENT, "field 'until' is missing; state until when the data is needed");
	if (m->from_ms && m->from_ms < made_ms)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "field 'from' lies before the request; leave it out to begin with the approval");
	HF_TRY(em_grant_period(from, m->until_ms, f));
	if (m->until_ms > event->until_ms)
		return hf_fault_set(f, HF_E_LIMIT, "field 'until' is later than the end of the event");
	return HF_OK;
}

/* AZ-78: one organization, one system, one resource, with reason, purpose and period. */
enum hf_err em_request_terms(const Hufu__EmergencyRequest *m, const Hufu__EmergencyEvent *event, int64_t made_ms,
                             struct hf_fault *f)
{
	HF_TRY(az_terms_text(m->system, "system", "the business system that will use the data", HF_NAME_MAX, f));
	HF_TRY(az_terms_text(m->reason, "reason", "why the data is needed", REASON_MAX, f));
	HF_TRY(az_terms_text(m->purpose, "purpose", "what the data is for", PURPOSE_MAX, f));
	if (strcmp(m->action, "read") != 0)
		return hf_fault_set(f, HF_E_UNSUPPORTED, "the operation '%.60s' is not offered; ask for 'read'",
		                    m->action);
	for (size_t i = 0; i < m->n_fields; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(m->fields[i], m->fields[k]) == 0)
				return hf_fault_set(f, HF_E_ARGUMENT, "the field '%.100s' is named twice",
				                    m->fields[i]);
	return check_period(m, event, made_ms, f);
}

void em_barred_of(const Hufu__Descriptor *d, const Hufu__EmergencyRequest *m, const char *authority,
                  struct hf_em_barred *ret_barred)
{
	*ret_barred = (struct hf_em_barred){{hf_em_organization(d, m->provider), hf_em_organization(d, m->organization),
	                                     hf_em_organization(d, authority), NULL}};
}

/* The descriptor whose leading group decides: known here, and the very one. */
static enum hf_err check_pin(struct hf_authz *a, struct em_opened *o, struct hf_fault *f)
{
	const struct hf_space *space = hf_peers_space(a->peers);
	const Hufu__EmergencyRequest *m = o->request;
	struct hf_hash digest;
	if (m->descriptor > hf_space_number(space))
		return hf_fault_set(
		        f, HF_E_BUSY,
		        "the request rests on descriptor %llu, which this node does not have yet; it fetches "
		        "it",
		        (unsigned long long)m->descriptor);
	if (!hf_space_digest_at(space, m->descriptor, &digest) || !az_hash_is(&m->descriptor_digest, &digest))
		return hf_fault_set(f, HF_E_CONFLICT, "the request rests on another descriptor %llu than the space's",
		                    (unsigned long long)m->descriptor);
	o->pinned = hf_space_at(space, m->descriptor);
	o->newest = hf_space_current(space);
	em_barred_of(o->pinned, m, m->header->issuer, &o->barred);
	return HF_OK;
}

/* Consumer and provider are two members of two organizations that hold the roles, and somebody is left to decide. */
static enum hf_err check_parties(struct hf_authz *a, const struct em_opened *o, struct hf_fault *f)
{
	const struct hf_space *space = hf_peers_space(a->peers);
	const Hufu__EmergencyRequest *m = o->request;
	struct hf_em_count c;
	if (!hf_space_has_role(space, m->provider, "provider"))
		return hf_fault_set(f, HF_E_STANDING, "%s does not hold the role 'provider' in the space", m->provider);
	if (!hf_space_has_role(space, m->organization, "consumer"))
		return hf_fault_set(f, HF_E_STANDING, "%s does not hold the role 'consumer' in the space",
		                    m->organization);
	if (same_text(m->provider, m->organization))
		return hf_fault_set(f, HF_E_ARGUMENT, "%s provides the resource itself and needs no emergency for it",
		                    m->provider);
	hf_em_count(o->pinned, &o->barred, NULL, 0, &c);
	if (c.able < c.needed)
		return hf_fault_set(
		        f, HF_E_STATE,
		        "the leading group cannot decide on this request: %u organizations have to agree, and "
		        "%u are neither provider nor applicant; see `hufu space show`",
		        c.needed, c.able);
	return HF_OK;
}

enum hf_err em_request_open(struct hf_authz *a, const Hufu__Envelope *event, const Hufu__Envelope *request,
                            struct em_opened *o, struct hf_fault *f)
{
	struct hf_id id;
	struct hf_hash wording;
	struct person by;
	HF_TRY(em_event_open(a, event, o, f));
	/* AZ-53: raised by the authority in charge of the event, by nobody else. */
	const struct paper_want want = {HF_TYPE_EMERGENCY_REQUEST, &hufu__emergency_request__descriptor,
	                                o->event->header->issuer, NULL, "the emergency request"};
	HF_TRY(az_paper_open_public(a, request, &want, &o->request, f));
	const Hufu__EmergencyRequest *m = o->request;
	HF_TRY(hf_envelope_digest_message(request, &o->digest));
	o->request_paper = request;
	if (!az_id_of(&m->id, &o->id) || !az_id_of(&m->header->transaction, &o->txn) ||
	    !az_id_of(&m->resource, &o->resource))
		return hf_fault_set(f, HF_E_FORMAT, "the emergency request lacks an identifier");
	if (!az_id_of(&m->event, &id) || !hf_id_equal(&id, &o->event_id) ||
	    !az_hash_is(&m->event_digest, &o->event_digest))
		return hf_fault_set(f, HF_E_DIGEST, "the request names another event than the one that came with it");
	HF_TRY(check_pin(a, o, f));
	HF_TRY(check_parties(a, o, f));
	HF_TRY(em_request_terms(m, o->event, m->header->time_ms, f));
	em_request_wording(m, &wording);
	const struct statement_want want_by = {"emergency-request",
	                                       HF_MAY_EMERGENCY_DECLARE,
	                                       m->header->issuer,
	                                       &o->id,
	                                       m->revision,
	                                       &wording,
	                                       &o->txn};
	return az_person_check(a, m->request, &want_by, NULL, &by, f);
}

/* ---- votes ---- */

/* Who votes must be of the group that the request pins and of the present one, and of none of the parties (AZ-54). */
static enum hf_err check_voter(const struct em_opened *o, const char *node, struct hf_fault *f)
{
	if (!hf_em_in_group(o->pinned, node) || !hf_em_in_group(o->newest, node))
		return hf_fault_set(f, HF_E_STANDING,
		                    "%s is not in the leading group of the space, so its vote counts for nothing",
		                    node);
	if (!hf_em_may_vote(o->pinned, &o->barred, node) || !hf_em_may_vote(o->newest, &o->barred, node))
		return hf_fault_set(
		        f, HF_E_SEPARATION,
		        "%s belongs to the provider or the applicant of this request and may not vote on it", node);
	return HF_OK;
}

static enum hf_err check_subject(const struct em_opened *o, const Hufu__EmergencyVote *m, const struct hf_hash *about,
                                 struct hf_fault *f)
{
	struct hf_id id;
	if (!az_id_of(&m->request, &id) || !hf_id_equal(&id, &o->id) || m->revision != o->request->revision)
		return hf_fault_set(f, HF_E_CONFLICT, "the vote of %s is about another request or revision",
		                    m->header->issuer);
	if (!az_hash_is(&m->digest, about))
		return hf_fault_set(f, HF_E_DIGEST, "the vote of %s is about another wording", m->header->issuer);
	if (m->descriptor != o->request->descriptor)
		return hf_fault_set(f, HF_E_CONFLICT, "the vote of %s pins another descriptor than the request",
		                    m->header->issuer);
	if (m->header->time_ms < o->request->header->time_ms - HF_CLOCK_SKEW_MS)
		return hf_fault_set(f, HF_E_CONFLICT, "the vote of %s is older than the request", m->header->issuer);
	if (strcmp(m->result, "T") != 0 && m->reason[strspn(m->reason, " \t\n")] == '\0')
		return hf_fault_set(f, HF_E_ARGUMENT, "field 'reason' is missing; '%s' needs one", m->result);
	return HF_OK;
}

enum hf_err em_vote_open(struct hf_authz *a, const Hufu__Envelope *e, const struct em_opened *o,
                         const struct hf_hash *grant_digest, struct em_vote *ret_vote, struct hf_fault *f)
{
	const struct paper_want want = {HF_TYPE_EMERGENCY_VOTE, &hufu__emergency_vote__descriptor, NULL, &o->txn,
	                                "the vote"};
	HF_CLEANUP(hf_decoded_done) Hufu__Statement *s = NULL;
	struct em_vote v = {.vote = NULL};
	HF_TRY(az_paper_open_public(a, e, &want, &v.vote, f));
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyVote *m = v.vote;
	bool withdrawal = strcmp(m->result, "revoke") == 0;
	const struct hf_hash *about = withdrawal ? grant_digest : &o->digest;
	HF_TRY(check_voter(o, m->header->issuer, f));
	if (!about)
		return hf_fault_set(f, HF_E_STATE, "nothing is granted yet that could be withdrawn");
	HF_TRY(check_subject(o, m, about, f));
	const struct statement_want by = {withdrawal ? "emergency-withdrawal" : "emergency-vote",
	                                  HF_MAY_EMERGENCY_VOTE,
	                                  m->header->issuer,
	                                  &o->id,
	                                  m->revision,
	                                  about,
	                                  &o->txn};
	HF_TRY(az_person_check(a, m->vote, &by, &s, &v.person, f));
	if (!same_text(s->result, m->result) || !same_text(s->reason, m->reason))
		return hf_fault_set(f, HF_E_SIGNATURE, "the vote of %s differs from what its person signed",
		                    m->header->issuer);
	HF_TRY(az_person_two_factors(v.person.methods, o->request->sensitive, f));
	HF_TRY(hf_envelope_digest_message(e, &v.digest));
	v.vote = HF_TAKE(m);
	*ret_vote = v;
	return HF_OK;
}

enum hf_err em_votes_suffice(const struct em_opened *o, const struct hf_em_ballot *votes, size_t count,
                             struct hf_fault *f)
{
	const Hufu__Descriptor *const both[] = {o->pinned, o->newest};
	for (size_t i = 0; i < 2; i++) {
		struct hf_em_count c;
		hf_em_count(both[i], &o->barred, votes, count, &c);
		if (hf_em_outcome(&c) != 'T')
			return hf_fault_set(
			        f, HF_E_STANDING,
			        "%u of %u organizations of the leading group have approved (descriptor %llu), "
			        "and %u have to",
			        c.t, c.of, (unsigned long long)both[i]->number, c.needed);
	}
	return HF_OK;
}
