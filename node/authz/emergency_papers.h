/*
 * emergency_papers.h - what was signed about an emergency, opened: event, request, vote, grant. Private to the folder.
 */
#ifndef HUFU_AUTHZ_EMERGENCY_PAPERS_H
#define HUFU_AUTHZ_EMERGENCY_PAPERS_H

#include "authz/emergency.h"
#include "authz/internal.h"

#define EM_VOTES_MAX 64u
#define EM_EVENT_MS_MAX (INT64_C(366) * 86400 * 1000)

/* An event, and when `request` is there a request of it, as received: everything that can be checked without a row. */
struct em_opened {
	Hufu__EmergencyEvent *event;
	Hufu__EmergencyRequest *request;
	const Hufu__Envelope *event_paper, *request_paper; /* borrowed */
	struct hf_id event_id, event_txn, id, txn, resource;
	struct hf_hash event_digest, digest;
	struct person officer;
	const Hufu__Descriptor *pinned, *newest; /* valid in this callback */
	struct hf_em_barred barred;
};
void em_opened_done(struct em_opened *o);
enum hf_err em_event_open(struct hf_authz *a, const Hufu__Envelope *e, struct em_opened *o,
                          struct hf_fault *f) HF_MUST_CHECK;
/* Event and request; no event: refused (AZ-52). */
enum hf_err em_request_open(struct hf_authz *a, const Hufu__Envelope *event, const Hufu__Envelope *request,
                            struct em_opened *o, struct hf_fault *f) HF_MUST_CHECK;
/* What the person's statement is about: SHA-256 of the encoding without header and statement. */
void em_event_wording(const Hufu__EmergencyEvent *m, struct hf_hash *ret_digest);
void em_request_wording(const Hufu__EmergencyRequest *m, struct hf_hash *ret_digest);
/* The request's content (AZ-78) against its event and the clock; header and signatures apart. */
enum hf_err em_request_terms(const Hufu__EmergencyRequest *m, const Hufu__EmergencyEvent *event, int64_t made_ms,
                             struct hf_fault *f) HF_MUST_CHECK;
enum hf_err em_event_terms(struct hf_authz *a, const Hufu__EmergencyEvent *m, const char *authority,
                           struct hf_fault *f) HF_MUST_CHECK;
/* Who may not vote on the request, from that descriptor; the texts live as long as it. */
void em_barred_of(const Hufu__Descriptor *d, const Hufu__EmergencyRequest *m, const char *authority,
                  struct hf_em_barred *ret_barred);
/* One vote about the request; grant_digest: of the grant, for a withdrawal (NULL: none may come). */
struct em_vote {
	Hufu__EmergencyVote *vote;
	struct person person;
	struct hf_hash digest;
};
void em_vote_done(struct em_vote *v);
enum hf_err em_vote_open(struct hf_authz *a, const Hufu__Envelope *e, const struct em_opened *o,
                         const struct hf_hash *grant_digest, struct em_vote *ret_vote,
                         struct hf_fault *f) HF_MUST_CHECK;
/* Are the votes enough, under the pinned descriptor and the newest one? */
enum hf_err em_votes_suffice(const struct em_opened *o, const struct hf_em_ballot *votes, size_t count,
                             struct hf_fault *f) HF_MUST_CHECK;
/* Paper to everybody: like az_paper_open, with an empty audience. */
void em_head_init(struct hf_authz *a, struct paper_head *h, const struct hf_id *txn);

/* An executed grant as received. */
struct em_grant {
	Hufu__EmergencyGrant *grant;
	struct em_opened o;
	struct hf_id id, agreement;
	struct hf_hash digest;
	struct person executor;
	char executor_text[2 * HF_NAME_MAX + 2];
	struct hf_em_ballot ballots[EM_VOTES_MAX]; /* nodes borrow from `voters` */
	char voters[EM_VOTES_MAX][HF_NAME_MAX + 1];
	size_t ballot_count;
};
void em_grant_done(struct em_grant *g);
/* Everything about an executed grant that its papers alone must show: votes, roles, persons, period (AZ-54 ... AZ-56).
 */
enum hf_err em_grant_open(struct hf_authz *a, const Hufu__Envelope *e, const char *from, struct em_grant *g,
                          struct hf_fault *f) HF_MUST_CHECK;
enum hf_err em_grant_period(int64_t from_ms, int64_t until_ms, struct hf_fault *f) HF_MUST_CHECK;

#endif
