/*
 * giving.h - grants that the provider gives of itself, without an application (SB-24): one person offers, a privacy
 * expert reviews personal data, another person approves; then the consumer's node has it and may use it at once. The
 * API's handlers call these. Loop thread.
 */
#ifndef HUFU_AUTHZ_GIVING_H
#define HUFU_AUTHZ_GIVING_H

#include "authz/negotiation.h"

struct hf_grant_offer_in {
	struct hf_id entry;
	const char *consumer; /* node */
	const char *department;
	const char *system;
	const char *system_address;
	const char *purpose;
	const char *reason;
	int64_t from_ms; /* 0: from now on */
	int64_t until_ms;
	const char *const *fields;
	size_t field_count; /* 0: all */
	const char *rows;   /* conditions that the rows meet (source/readers/csv_filter.h); NULL or "": all */
};
/* The first person, with the permission "publish". */
enum hf_err hf_authz_grant_offer(struct hf_authz *a, const struct hf_step_in *in, const struct hf_grant_offer_in *what,
                                 struct hf_id *ret_grant) HF_MUST_CHECK;
/* AZ-16 for offers: necessity, compliance, in this order. Not confirmed ends the offer. */
enum hf_err hf_authz_grant_privacy(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *grant,
                                   const struct hf_finding_in findings[2]) HF_MUST_CHECK;
/* The second person, with the permission "approve": result "T" gives the grant, "F" ends the offer and needs a reason.
 */
enum hf_err hf_authz_grant_give(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *grant,
                                const char *result, const char *reason) HF_MUST_CHECK;

#endif
