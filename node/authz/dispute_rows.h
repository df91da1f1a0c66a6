/*
 * dispute_rows.h - disputes in the store, opened again from their papers, and told. Private to the folder.
 */
#ifndef HUFU_AUTHZ_DISPUTE_ROWS_H
#define HUFU_AUTHZ_DISPUTE_ROWS_H

#include "authz/dispute.h"
#include "authz/papers.h"
#include "authz/persons.h"
#include "dispute.pb-c.h"

#define OPINIONS_MAX 64u

/* A dispute with the application that it is about; everything that the papers alone can show is checked. */
struct opened_dispute {
	const Hufu__Envelope *paper, *app_paper; /* borrowed */
	Hufu__Dispute *dispute;
	Hufu__Application *app;
	struct hf_id id, application, txn;
	struct hf_hash digest;
	const Hufu__Descriptor *pinned, *newest;
	struct hf_em_barred barred; /* the parties' organizations settle nothing */
	struct person by;
};
void az_opened_dispute_done(struct opened_dispute *o);
enum hf_err az_dispute_open(struct hf_authz *a, const Hufu__Envelope *dispute, const Hufu__Envelope *application,
                            struct opened_dispute *ret_opened, struct hf_fault *f) HF_MUST_CHECK;
/* SHA-256 of what the person signs: the message without header and statement. */
void az_dispute_wording(const Hufu__Dispute *m, struct hf_hash *ret_digest);

enum hf_err az_dispute_need(struct hf_authz *a, const struct hf_id *id, Hufu__DisputeRow **ret_row,
                            struct hf_fault *f) HF_MUST_CHECK;
void az_dispute_put(struct hf_unit *u, const Hufu__DisputeRow *row);
/* The row of an opened dispute that is new here; hf_decoded_free. Counts those of its issuer that are open. */
enum hf_err az_dispute_row(struct hf_authz *a, const struct opened_dispute *o, Hufu__DisputeRow **ret_row,
                           struct hf_fault *f) HF_MUST_CHECK;
/* Names it on the application, when this node has that; CONFLICT when it is another case or wording. */
enum hf_err az_dispute_link(struct hf_authz *a, struct hf_unit *u, const struct opened_dispute *o,
                            struct hf_fault *f) HF_MUST_CHECK;
/* Both papers of a row again; hf_decoded_free. */
enum hf_err az_dispute_papers(const Hufu__DisputeRow *row, Hufu__Envelope **ret_dispute,
                              Hufu__Envelope **ret_application, struct hf_fault *f) HF_MUST_CHECK;
/* The leading group of the newest descriptor, but this node. A member that cannot be reached from here does not stop
 * the others. */
struct group_post {
	enum hf_mail type;
	const ProtobufCMessage *body;
	struct hf_id txn;
};
enum hf_err az_group_mail(struct hf_authz *a, struct hf_unit *u, const struct group_post *post,
                          struct hf_fault *f) HF_MUST_CHECK;
/* The group and all parties, but this node. */
enum hf_err az_dispute_tell(struct hf_authz *a, struct hf_unit *u, const Hufu__DisputeRow *row,
                            const struct group_post *post, struct hf_fault *f) HF_MUST_CHECK;
void az_dispute_notice(struct hf_authz *a, struct hf_unit *u, const Hufu__DisputeRow *row, const char *kind,
                       const char *text);

/* The row of a dispute that arrived, known or new; a new one is filed, and the caller puts the row. */
enum hf_err az_dispute_arrive(struct hf_authz *a, const struct mail_in *in, struct opened_dispute *o,
                              Hufu__DisputeRow **ret_row, bool *ret_new) HF_MUST_CHECK;

struct dispute_words {
	const struct hf_hash *digest;
	const char *result, *detail, *counterparty;
};
void az_dispute_entry(struct hf_draft *d, const Hufu__DisputeRow *row, const struct dispute_words *w);
void az_dispute_entry_add(struct hf_authz *a, struct hf_unit *u, enum hf_event event, const Hufu__DisputeRow *row,
                          const struct dispute_words *w);

#endif
