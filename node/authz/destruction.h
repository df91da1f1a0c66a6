/*
 * destruction.h - what is signed about the destruction of delivered data: by the person who asks for it and by another
 * one who approves it (DS-144), and by the consumer's node when it is done (DS-146), for the provider. What is
 * destroyed and how is exchange/destruction.h's. Loop thread.
 */
#ifndef HUFU_AUTHZ_DESTRUCTION_H
#define HUFU_AUTHZ_DESTRUCTION_H

#include "authz/authz.h"
#include "destruction.pb-c.h"
#include "state_data.pb-c.h"

/* Consumer. The row has its id, object, kind, transfer and reason; the statement is put into out, encoded. approved:
 * the row's asked statement is there, and its author is somebody else. */
enum hf_err hf_destruction_sign_asked(struct hf_authz *a, const struct hf_actor *actor, const Hufu__DestructionRow *row,
                                      struct hf_buf *out, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_destruction_sign_approved(struct hf_authz *a, const struct hf_actor *actor,
                                         const Hufu__DestructionRow *row, struct hf_buf *out,
                                         struct hf_fault *f) HF_MUST_CHECK;
/* Makes the record of a row that is done, keeps it and mails it to the provider. */
enum hf_err hf_destruction_send(struct hf_authz *a, struct hf_unit *u, const Hufu__DestructionRow *row,
                                const struct hf_hash *root, struct hf_hash *ret_digest,
                                struct hf_fault *f) HF_MUST_CHECK;

/* Provider: records of consumers about that transfer, or all (NULL). Returns false to stop. */
typedef bool (*hf_destroyed_fn)(void *ctx, const Hufu__DestroyedRow *row);
enum hf_err hf_destroyed_list(struct hf_authz *a, const struct hf_id *transfer, hf_destroyed_fn fn,
                              void *ctx) HF_MUST_CHECK;
/* Mail. */
struct mail_in;
enum hf_err az_destruction_on_record(struct hf_authz *a, const struct mail_in *in,
                                     const Hufu__DestructionMail *mail) HF_MUST_CHECK;

#endif
