/*
 * second_use.h - the second authorization for the use of sensitive data (DS-86): besides the grant, a person of the
 * consumer's data authority signs who may use which resource by which system, for what and until when. It goes with
 * each request; the provider's gate asks for it. Loop thread.
 */
#ifndef HUFU_AUTHZ_SECOND_USE_H
#define HUFU_AUTHZ_SECOND_USE_H

#include "authz/negotiation.h"
#include "state_use.pb-c.h"
#include "uses.pb-c.h"

struct hf_use_authorization_in {
	struct hf_id entry;
	const char *publisher; /* NULL or "": the id is of one entry only */
	const char *system, *purpose, *reason;
	int64_t until_ms;
};
enum hf_err hf_authz_use_authorize(struct hf_authz *a, const struct hf_step_in *in,
                                   const struct hf_use_authorization_in *what, struct hf_id *ret_id) HF_MUST_CHECK;
enum hf_err hf_authz_use_end(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *id,
                             const char *reason) HF_MUST_CHECK;
/* Newest first; rows are valid during the callback, which returns false to stop. */
typedef bool (*hf_use_authorization_fn)(void *ctx, const Hufu__UseAuthorizationRow *row);
enum hf_err hf_authz_uses_authorized(struct hf_authz *a, hf_use_authorization_fn fn, void *ctx) HF_MUST_CHECK;

/* What a use is of, on both sides. */
struct hf_use_object {
	const struct hf_id *resource;
	const char *provider, *system, *purpose;
};
#define HF_USE_SECOND_TEXT (2 * HF_NAME_MAX + HF_ID_TEXT + 3)
/* Consumer: the one in force for that use. SECOND_USE when there is none; hf_decoded_free. text: "node/account id". */
enum hf_err hf_authz_use_find(struct hf_authz *a, const struct hf_use_object *o, Hufu__SignedStatement **ret_statement,
                              char text[HF_USE_SECOND_TEXT], struct hf_fault *f) HF_MUST_CHECK;
/* Provider: signed by a person of that consumer with the right for it, for this very use, in force at now_ms, and not
 * by who asks (subject). */
enum hf_err hf_authz_use_check(struct hf_authz *a, const Hufu__SignedStatement *second,
                               const Hufu__SignedStatement *subject, const char *consumer,
                               const struct hf_use_object *o, char text[HF_USE_SECOND_TEXT],
                               struct hf_fault *f) HF_MUST_CHECK;

/* use_end.c: the provider is told of an end, and takes none of the consumer's with that id from then on. Loop thread;
 * private to the folder. */
#define AZ_USE_LONGEST_MS (INT64_C(366) * 24 * 60 * 60 * 1000)
struct mail_in;
void az_use_end_tell(struct hf_authz *a, const struct hf_step_in *in, const Hufu__UseAuthorizationRow *row);
/* SECOND_USE: that consumer ended it. */
enum hf_err az_use_over(struct hf_authz *a, const char *consumer, const struct hf_id *id,
                        struct hf_fault *f) HF_MUST_CHECK;
enum hf_err az_use_on_end(struct hf_authz *a, const struct mail_in *in, const Hufu__UseEndMail *mail) HF_MUST_CHECK;

#endif
