/*
 * use_state.h - whether data that was delivered to be kept sealed may still be read (SB-2, SB-6): its provider asks its
 * decision point again whenever something has changed that the answer rests on, and tells the consumer when the answer
 * is another one; the consumer's own gate (data_use.c) denies from then on, or permits again. Loop thread.
 *
 * The counts of the delivery are not asked again, since it was made; nor is the second authorization, which the
 * consumer's gate asks for at each read.
 */
#ifndef HUFU_AUTHZ_USE_STATE_H
#define HUFU_AUTHZ_USE_STATE_H

#include "authz/authz.h"
#include "uses.pb-c.h"

/* Provider, with the unit that closes a transfer whose receipt says that the data is kept sealed. until_ms: of the
 * permission mark; behind it nothing is told any more. */
void hf_use_delivered(struct hf_authz *a, struct hf_unit *u, const struct hf_id *transfer,
                      const struct hf_access_request *rq, int64_t until_ms);
/* Consumer: what the provider said last. HF_OK: the use goes on, or nothing was said. Else its reason, in f with its
 * sentence. */
enum hf_err hf_use_stopped(struct hf_authz *a, const struct hf_id *transfer, struct hf_fault *f) HF_MUST_CHECK;

/* Provider: begins to ask about what was delivered (walk.h) when something has changed, or a minute is over; called
 * once a second. */
void az_use_watch_open(struct hf_authz *a);
void az_use_watch_close(struct hf_authz *a);
void az_use_watch_look(struct hf_authz *a);
/* Mail. */
struct mail_in;
enum hf_err az_use_on_state(struct hf_authz *a, const struct mail_in *in, const Hufu__UseStateMail *mail) HF_MUST_CHECK;

#endif
