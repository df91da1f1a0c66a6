/*
 * promotion_internal.h - what the files of the promotions share, and what the other steps ask about their rules.
 * Private to the folder.
 */
#ifndef HUFU_AUTHZ_PROMOTION_INTERNAL_H
#define HUFU_AUTHZ_PROMOTION_INTERNAL_H

#include "authz/internal.h"
#include "authz/promotion.h"
#include "promotion.pb-c.h"

#define PM_DUTIES_MAX 16u

/* ---- terms (promotion_terms.c) ---- */

/* The wish in full: sources, members, differences. hf_decoded_free. */
enum hf_err pm_terms_make(struct hf_authz *a, const struct hf_id *id, const struct hf_promotion_in *what,
                          const struct hf_catalog_item *it, Hufu__PromotionTerms **ret_terms,
                          struct hf_fault *f) HF_MUST_CHECK;
void pm_terms_digest(const Hufu__PromotionTerms *t, struct hf_hash *ret_digest);
/* Whether a grant could be a source at all, at this time; the sentence says why not. */
enum hf_err pm_source_check(struct hf_authz *a, const struct grant_item *g, struct hf_fault *f) HF_MUST_CHECK;
/* What the agreements demand of every rule anyway, or what it can carry along. */
bool pm_duty_known(const char *duty);

/* ---- rules (promotion_rules.c) ---- */

struct az_promotion_rule {
	struct hf_index_item by_rule;
	struct hf_id promotion;
	char id[HF_RULE_ID_MAX + 1];
	struct hf_hash entry_digest;
	char *duties[PM_DUTIES_MAX];
	size_t duty_count;
};
/* NULL: the rule is no promotion's. */
const struct az_promotion_rule *az_promotion_rule_find(const struct hf_authz *a, const char *rule);
/* The rules of a promotion after a change of its row, or of a grant that it was made of. */
void az_promotion_follow(struct hf_authz *a, const struct hf_id *promotion);
enum hf_err az_promotions_supply(struct hf_authz *a, struct hf_policy_builder *b, struct hf_fault *f) HF_MUST_CHECK;
void az_promotions_close(struct hf_authz *a);

/* ---- telling (promotion_tell.c) ---- */

struct pm_told {
	const struct hf_step_in *in;
	const Hufu__PromotionRow *row;
	const char *state;  /* "superseded", "ended", "restored" */
	const char *reason; /* "" */
};
/* Marks one grant of the promotion in its row, records it and tells the consumer. */
enum hf_err pm_supersede(struct hf_authz *a, const struct pm_told *t, const Hufu__PromotionSource *s) HF_MUST_CHECK;
enum hf_err az_pm_on_supersession(struct hf_authz *a, const struct mail_in *in,
                                  const Hufu__SupersessionMail *m) HF_MUST_CHECK;

#endif
