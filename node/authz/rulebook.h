/*
 * rulebook.h - what persons set for the decision point: the policy, holds, the mechanisms that a resource allows. Each
 * is signed, stored for good and an entry of the ledger; it holds with the commit. The API's handlers call these.
 */
#ifndef HUFU_AUTHZ_RULEBOOK_H
#define HUFU_AUTHZ_RULEBOOK_H

#include "authz/negotiation.h"

#define HF_POLICY_TEXT_MAX ((size_t)768 << 10)

struct hf_policy_set {
	char name[128];
	uint64_t version, rules, sequence;
};
/* The whole policy anew: checked, then swapped at once. HF_E_CONFLICT: the version is not above the last one. */
enum hf_err hf_authz_policy_apply(struct hf_authz *a, const struct hf_step_in *in, const char *text, const char *reason,
                                  struct hf_policy_set *ret_set) HF_MUST_CHECK;
/* Checks the text and builds its rules beside those in force, by a worker, so that hf_authz_policy_apply of the same
 * text afterwards holds the loop up for nothing. fn is called once, from the loop; CANCELLED when the module closes
 * first. BUSY: another one is being built, and fn is not called. */
enum hf_err hf_authz_policy_prepare(struct hf_authz *a, const char *text,
                                    void (*fn)(void *ctx, enum hf_err e, const struct hf_fault *f), void *ctx,
                                    struct hf_fault *f) HF_MUST_CHECK;
/* Newest first; fn returns false to stop. */
typedef bool (*hf_policy_row_fn)(void *ctx, const Hufu__PolicyRow *row);
enum hf_err hf_authz_policies(struct hf_authz *a, hf_policy_row_fn fn, void *ctx) HF_MUST_CHECK;
/* sequence 0: the one in force. hf_decoded_free. UNKNOWN. */
enum hf_err hf_authz_policy(struct hf_authz *a, uint64_t sequence, Hufu__PolicyRow **ret_row) HF_MUST_CHECK;

/* kind: "grant", "organization", "system" (NODE/NAME), "resource". */
enum hf_err hf_authz_hold(struct hf_authz *a, const struct hf_step_in *in, const char *kind, const char *target,
                          const char *reason, struct hf_id *ret_hold) HF_MUST_CHECK;
enum hf_err hf_authz_unhold(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *hold,
                            const char *reason) HF_MUST_CHECK;
typedef bool (*hf_access_hold_fn)(void *ctx, const Hufu__AccessHoldRow *row);
enum hf_err hf_authz_holds(struct hf_authz *a, hf_access_hold_fn fn, void *ctx) HF_MUST_CHECK;

/* AZ-75: from now on the entry allows these alone: "emergency", "attribute", "application". */
enum hf_err hf_authz_mechanisms(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *entry,
                                const char *const *list, size_t count) HF_MUST_CHECK;
/* HF_MECHANISM_BITs; all when nothing was set. False: what is stored cannot be read. */
bool hf_authz_allowed(struct hf_authz *a, const struct hf_id *entry, uint32_t *ret_mechanisms);

#endif
