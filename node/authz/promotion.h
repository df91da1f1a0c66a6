/*
 * promotion.h - similar application grants of one resource become an attribute rule (AZ-63, AZ-64). The API's handlers
 * call these.
 *
 * The story: somebody who publishes proposes the rule from grants of one purpose. As proposed it gives everybody
 * exactly what the grants give, unless a wider or a common form is asked for; the difference is computed, stored, and
 * part of what is signed. Another person, an approver, puts the rule in force, naming each attribute in which it gives
 * more. With the same commit the grants that it covers whole are marked superseded: the rule decides, and they stand
 * behind it until it ends, so that nobody's access has a gap. Loop thread.
 */
#ifndef HUFU_AUTHZ_PROMOTION_H
#define HUFU_AUTHZ_PROMOTION_H

#include "authz/negotiation.h"
#include "state_promotion.pb-c.h"

#define HF_PROMOTION_GRANTS_MAX 256u
#define HF_PROMOTION_ATTRIBUTES_MAX 5u

enum pm_state { PM_INVALID = 0, PM_PROPOSED, PM_IN_FORCE, PM_REFUSED, PM_ENDED, PM_STATE_COUNT };
const char *hf_promotion_state_name(const Hufu__PromotionRow *row);

struct hf_promotion_in {
	struct hf_id entry;
	const char *purpose;        /* "": that of the grants */
	const struct hf_id *grants; /* none: all that are similar */
	size_t grant_count;
	const char *const *any; /* "department", "system", "address": left out of the rule */
	size_t any_count;
	const char *const *fields; /* none: as granted */
	size_t field_count;
	int64_t until_ms; /* 0: as granted */
	const char *reason;
};
enum hf_err hf_promotion_propose(struct hf_authz *a, const struct hf_step_in *in, const struct hf_promotion_in *what,
                                 struct hf_id *ret_promotion) HF_MUST_CHECK;
/* result "T" or "F". wider: exactly the attributes in which the rule gives more than the grants (AZ-64). */
enum hf_err hf_promotion_decide(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *promotion,
                                const char *result, const char *const *wider, size_t wider_count,
                                const char *reason) HF_MUST_CHECK;
/* restore: the grants that it superseded count again, for what is left of their periods; else they end with it. */
enum hf_err hf_promotion_end(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *promotion,
                             bool restore, const char *reason) HF_MUST_CHECK;

/* Reading; rows are valid during the callback; fn returns false to stop. Newest first. */
typedef bool (*hf_promotion_fn)(void *ctx, const Hufu__PromotionRow *row);
enum hf_err hf_promotions(struct hf_authz *a, hf_promotion_fn fn, void *ctx) HF_MUST_CHECK;
/* UNKNOWN. hf_decoded_free. */
enum hf_err hf_promotion(struct hf_authz *a, const struct hf_id *promotion, Hufu__PromotionRow **ret_row) HF_MUST_CHECK;
/* What could be promoted: two or more grants in force for one resource and purpose. */
struct hf_promotion_candidate {
	struct hf_id resource;
	const char *purpose;
	unsigned grants, organizations;
	int64_t first_until_ms, last_until_ms;
};
typedef bool (*hf_promotion_candidate_fn)(void *ctx, const struct hf_promotion_candidate *c);
void hf_promotion_candidates(struct hf_authz *a, hf_promotion_candidate_fn fn, void *ctx);

#endif
