/*
 * rows.h - applications, revisions and notices in the store; what their steps say in the ledger. Private to the folder.
 */
#ifndef HUFU_AUTHZ_ROWS_H
#define HUFU_AUTHZ_ROWS_H

#include "authz/module.h"

enum hf_err az_row_get(struct hf_authz *a, const struct hf_id *id, Hufu__ApplicationRow **ret_row) HF_MUST_CHECK;
/* The row for an operator's command: UNKNOWN becomes a sentence. */
enum hf_err az_row_need(struct hf_authz *a, const struct hf_id *id, Hufu__ApplicationRow **ret_row,
                        struct hf_fault *f) HF_MUST_CHECK;
/* That sentence, also for a row that is none of the asker's business (SB-3, SB-23). */
enum hf_err az_row_unknown(const struct hf_id *id, struct hf_fault *f) HF_MUST_CHECK;
void az_row_put(struct hf_authz *a, struct hf_unit *u, Hufu__ApplicationRow *row);
struct hf_id az_row_id(const Hufu__ApplicationRow *row);
struct hf_id az_row_txn(const Hufu__ApplicationRow *row);
enum hf_review_state az_row_state(const Hufu__ApplicationRow *row, enum hf_part part);
void az_row_result(Hufu__ApplicationRow *row, const char *result, const char *reason_code, const char *reason);
/* Takes one step of one part in the row, or says why not and what to do instead. For the consumer's part a notice is
 * put when a reported state is reached: set the result before. */
enum hf_err az_row_step(struct hf_authz *a, struct hf_unit *u, Hufu__ApplicationRow *row, enum hf_part part,
                        enum hf_step step, struct hf_fault *f) HF_MUST_CHECK;

enum hf_err az_revision_get(struct hf_authz *a, const struct hf_id *id, uint32_t revision,
                            Hufu__ApplicationRevision **ret_rev) HF_MUST_CHECK;
void az_revision_put(struct hf_unit *u, const Hufu__ApplicationRevision *rev);
void az_revision_result(struct hf_authz *a, Hufu__ApplicationRevision *rev, const Hufu__ApplicationRow *row);
/* The application of a revision, from its envelope; hf_decoded_free. */
enum hf_err az_revision_application(const Hufu__ApplicationRevision *rev, Hufu__Application **ret_app,
                                    struct hf_fault *f) HF_MUST_CHECK;
/* SHA-256 of a message as it is encoded: what people sign as a wording. */
void az_digest(const ProtobufCMessage *m, struct hf_hash *ret_digest);
/* Payload of an own, stored envelope. */
void *az_stored_payload(const ProtobufCBinaryData *envelope, const ProtobufCMessageDescriptor *desc);

void az_notice_put(struct hf_authz *a, struct hf_unit *u, const Hufu__ApplicationRow *row, const char *kind,
                   const char *text);

/* The row that a received paper (with a field "application") and its mail are about; nothing is verified yet but that
 * they agree and that the sender is a party. UNKNOWN, in the same words, for a row that is not there and for others. */
enum hf_err az_row_of_mail(struct hf_authz *a, const struct mail_in *in, const Hufu__Envelope *e,
                           const ProtobufCMessageDescriptor *desc, Hufu__ApplicationRow **ret_row) HF_MUST_CHECK;

struct entry_words {
	const struct hf_hash *digest; /* of the paper concerned, or NULL */
	const char *actor;            /* node or node/account; NULL: left as it is */
	const char *result;           /* "T", ... or NULL */
	const char *reason_code;
	const char *detail;
	const char *counterparty;
	const struct hf_id *grant;
	const char *mechanism;     /* NULL: "application" */
	int64_t from_ms, until_ms; /* 0: those of the application */
};
void az_entry_id(struct hf_draft *d, enum hf_field field, const struct hf_id *id);
void az_entry_fill(struct hf_draft *d, const Hufu__ApplicationRow *row, const struct entry_words *w);
void az_entry_add(struct hf_authz *a, struct hf_unit *u, enum hf_event event, const Hufu__ApplicationRow *row,
                  const struct entry_words *w);

#endif
