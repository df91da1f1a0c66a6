/*
 * rights.h - DS-115: with the policy's review_rights, what one administrator changes in the roles of an account acts
 * when another one has approved it: neither who asked for it nor whose roles they are. The change waits in the store,
 * one for an account; asking again takes its place, under another id, so that nobody approves what he has not seen.
 *
 * While there is no second account that may manage users, nobody can review: then the role admin alone may be given,
 * at once and with an alarm. Groups give no rights meanwhile; what takes rights away by them acts at once.
 */
#ifndef HUFU_IDENTITY_RIGHTS_H
#define HUFU_IDENTITY_RIGHTS_H

#include "identity/accounts.h"

bool hf_rights_reviewed(const struct hf_identity *id);
/* STATE: roles do not come by groups while rights are reviewed. */
enum hf_err hf_rights_by_group(const struct hf_identity *id, struct hf_fault *f) HF_MUST_CHECK;

struct hf_rights_ask {
	const char *account;
	const char *const *roles;
	size_t count;
	bool made_now; /* the account comes with the same unit */
};
/* ret_change stays as it is when nobody could review it and it may be made at once. */
enum hf_err hf_rights_ask(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit,
                          const struct hf_rights_ask *in, struct hf_id *ret_change, struct hf_fault *f) HF_MUST_CHECK;
/* By another administrator. SEPARATION: he asked for it, or they are his own. */
enum hf_err hf_rights_answer(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit,
                             const char *account, const struct hf_id *change, bool approve, struct hf_draft *draft,
                             struct hf_fault *f) HF_MUST_CHECK;
typedef bool (*hf_right_change_fn)(void *ctx, const Hufu__RightChangeRow *row);
enum hf_err hf_rights_list(struct hf_identity *id, hf_right_change_fn fn, void *ctx) HF_MUST_CHECK;

#endif
