/*
 * negotiation.h - the steps that people take in a negotiation, and what they can see of it. The API's handlers call
 * these.
 *
 * Each step takes the acting person, the unit and the draft of the command, and either fills both in or refuses with a
 * fault and leaves nothing behind. Answers to other nodes leave as mail after the commit. Loop thread.
 */
#ifndef HUFU_AUTHZ_NEGOTIATION_H
#define HUFU_AUTHZ_NEGOTIATION_H

#include "authz/authz.h"
#include "authz/states.h"
#include "state_authz.pb-c.h"

/* One command of a person. */
struct hf_step_in {
	const struct hf_actor *actor;
	struct hf_unit *unit;
	struct hf_draft *draft; /* of the command; filled in */
	struct hf_fault *fault;
};

/* What is applied for. In a resubmission NULL, 0 and no fields mean: as before. */
struct hf_application_in {
	struct hf_id entry;
	const char *publisher; /* NULL or "": the id is of one entry only */
	const char *system;
	const char *reason;
	const char *purpose;
	int64_t from_ms;  /* 0: from the approval on */
	int64_t until_ms; /* 0: not stated, refused (AZ-8) */
	const char *const *fields;
	size_t field_count;         /* 0: all */
	bool all_fields;            /* resubmission: all again */
	const char *const *accepts; /* undertakings that the entry asks for (DS-27) */
	size_t accept_count;
	const char
	        *rows; /* conditions that the rows meet (source/readers/csv_filter.h); NULL or "": all rows (SB-60) */
	const struct hf_id *dispute, *follows; /* dispute.h; NULL: none */
};
/* AZ-7, AZ-8, AZ-25. */
enum hf_err hf_authz_draft(struct hf_authz *a, const struct hf_step_in *in, const struct hf_application_in *what,
                           struct hf_id *ret_application) HF_MUST_CHECK;
/* After S, "return" or a refused need: the next revision of the same application (AZ-27). */
enum hf_err hf_authz_resubmit(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *application,
                              const struct hf_application_in *what, uint32_t *ret_revision) HF_MUST_CHECK;
/* What a person finds about one point. */
struct hf_finding_in {
	const char *point;
	bool ok;
	const char *text; /* may be "" when ok */
};
/* AZ-13: need, scope, period, in this order. All ok: the application leaves for its intake node. */
enum hf_err hf_authz_review_need(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *application,
                                 const struct hf_finding_in findings[3]) HF_MUST_CHECK;
/* AZ-10: result "pass", "refuse", "return"; reason may be NULL for pass, and for refuse when a criterion is not met. */
enum hf_err hf_authz_review_compliance(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *application,
                                       const char *result, const char *reason) HF_MUST_CHECK;
/* AZ-16: necessity, compliance, in this order. */
enum hf_err hf_authz_review_privacy(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *application,
                                    const struct hf_finding_in findings[2]) HF_MUST_CHECK;
/* AZ-14, AZ-15, AZ-26: result "T", "F" or "S". until_ms 0: as applied for. */
enum hf_err hf_authz_decide_application(struct hf_authz *a, const struct hf_step_in *in,
                                        const struct hf_id *application, const char *result, const char *reason,
                                        int64_t until_ms) HF_MUST_CHECK;
/* DS-20: the second level, after the T of the first one on core data. */
enum hf_err hf_authz_decide_second(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *application,
                                   const char *result, const char *reason) HF_MUST_CHECK;
/* The consumer gives up what is not agreed yet. */
enum hf_err hf_authz_withdraw(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *application,
                              const char *reason) HF_MUST_CHECK;
/* AZ-33: the provider revokes, or the consumer gives back, an active grant. */
enum hf_err hf_authz_revoke(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *grant,
                            const char *reason) HF_MUST_CHECK;

/* Reading. Rows are valid during the callback; fn returns false to stop. Newest first. */
typedef bool (*hf_application_fn)(void *ctx, const Hufu__ApplicationRow *row);
enum hf_err hf_authz_applications(struct hf_authz *a, hf_application_fn fn, void *ctx) HF_MUST_CHECK;
/* hf_decoded_free. */
enum hf_err hf_authz_application(struct hf_authz *a, const struct hf_id *application,
                                 Hufu__ApplicationRow **ret_row) HF_MUST_CHECK;
/* All revisions, oldest first; "content" is filled in for submitted ones too. */
typedef bool (*hf_revision_fn)(void *ctx, const Hufu__ApplicationRevision *rev);
enum hf_err hf_authz_revisions(struct hf_authz *a, const struct hf_id *application, hf_revision_fn fn,
                               void *ctx) HF_MUST_CHECK;
typedef bool (*hf_grant_fn)(void *ctx, const Hufu__GrantRow *row, const char *state);
enum hf_err hf_authz_grants(struct hf_authz *a, hf_grant_fn fn, void *ctx) HF_MUST_CHECK;
typedef bool (*hf_notice_fn)(void *ctx, const struct hf_id *id, const Hufu__NoticeRow *row);
enum hf_err hf_authz_notices(struct hf_authz *a, hf_notice_fn fn, void *ctx) HF_MUST_CHECK;
/* Who signed a statement in an own row, "node/account"; "" when there is none. */
void hf_authz_signer(const Hufu__SignedStatement *st, char *out, size_t cap);

#endif
