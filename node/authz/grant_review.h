/*
 * grant_review.h - the scheduled look at the grants that this node gave (DS-28): those whose period is over are
 * disabled, those that nobody uses and those that end soon are reported.
 *
 * A grant is disabled only when its end has passed by the mark of trusted time (trusted_time.h), so that a clock that
 * jumps ahead disables nothing that still holds; until then the time alone denies. A disabled grant gives nothing at
 * whatever time; when two people take back a wrong mark, what it disabled too early is enabled again. Loop thread.
 */
#ifndef HUFU_AUTHZ_GRANT_REVIEW_H
#define HUFU_AUTHZ_GRANT_REVIEW_H

#include "authz/negotiation.h"
#include "state_uses.pb-c.h"

#define HF_REVIEW_HOURS 24u
#define HF_UNUSED_DAYS 90u
#define HF_ENDING_DAYS 30u
/* How often, and after how long without a use a grant is reported; 0: the default. */
void hf_authz_set_review(struct hf_authz *a, uint32_t hours, uint32_t unused_days);

struct hf_grant_finding {
	struct hf_grant_view grant;
	const char *finding; /* "disabled", "expired" (not confirmed by the witnesses yet), "unused", "ending" */
	int64_t used_ms;     /* newest use; 0: never */
};
typedef bool (*hf_finding_fn)(void *ctx, const struct hf_grant_finding *f);
/* As they are now. fn returns false to stop. */
enum hf_err hf_authz_grant_findings(struct hf_authz *a, hf_finding_fn fn, void *ctx) HF_MUST_CHECK;
/* What the last review found; UNKNOWN: there was none. hf_decoded_free. */
enum hf_err hf_authz_last_review(struct hf_authz *a, Hufu__GrantReviewRow **ret_row) HF_MUST_CHECK;
/* A review that a person does not wait a day for: through all grants, a few milliseconds each turn of the loop
 * (walk.h). done is called once, never from inside, and may put what was found (r lives until it returns); r NULL:
 * none, CANCELLED when the module closes first. */
struct hf_review;
typedef void (*hf_review_fn)(void *ctx, enum hf_err e, struct hf_review *r);
void hf_authz_review_grants(struct hf_authz *a, hf_review_fn done, void *ctx);
/* What is over is disabled, and the review is on record. */
enum hf_err hf_review_put(struct hf_review *r, struct hf_unit *unit, struct hf_draft *draft) HF_MUST_CHECK;

/* For watch.c: when it is due. */
void az_review_keep(struct hf_authz *a);
/* For trusted_time.c: the mark goes back to mark_ms. */
enum hf_err az_review_undo(struct hf_authz *a, struct hf_unit *u, int64_t mark_ms) HF_MUST_CHECK;

#endif
