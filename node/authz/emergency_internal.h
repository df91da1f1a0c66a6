/*
 * emergency_internal.h - what the files of the emergency mechanism share: who is told of a step, and the doors between
 * them. Private to the folder.
 */
#ifndef HUFU_AUTHZ_EMERGENCY_INTERNAL_H
#define HUFU_AUTHZ_EMERGENCY_INTERNAL_H

#include "authz/emergency_rows.h"

/* ---- telling (emergency_tell.c) ---- */

/* All parties of the request but this node: leading group, data management, authority, provider, consumer. */
struct em_post {
	enum hf_mail type;
	const ProtobufCMessage *body;
	const char *but; /* who gets it in another form; NULL: nobody */
};
enum hf_err em_tell(struct hf_authz *a, struct hf_unit *u, const Hufu__EmergencyRequestRow *row,
                    const struct em_post *post, struct hf_fault *f) HF_MUST_CHECK;
/* Leading group, data management and the nodes of the list. */
struct em_told {
	char *const *nodes;
	size_t count;
	const struct hf_id *txn;
};
enum hf_err em_tell_group(struct hf_authz *a, struct hf_unit *u, const struct em_told *also, const struct em_post *post,
                          struct hf_fault *f) HF_MUST_CHECK;
void em_notice(struct hf_authz *a, struct hf_unit *u, const Hufu__EmergencyRequestRow *row, const char *kind,
               const char *text);

struct em_words {
	const struct hf_hash *digest; /* of the paper concerned, or NULL */
	const char *result, *reason_code, *detail, *counterparty;
	const char *voters, *executor;
	const struct hf_em_count *count;
};
void em_entry_fill(struct hf_draft *d, const Hufu__EmergencyRequestRow *row, const struct em_words *w);
void em_entry_add(struct hf_authz *a, struct hf_unit *u, enum hf_event event, const Hufu__EmergencyRequestRow *row,
                  const struct em_words *w);
void em_entry_event(struct hf_draft *d, const Hufu__EmergencyEventRow *row, const struct hf_hash *digest);
/* "node/account, node/account" of those whose vote stands for that result. */
void em_voters_text(const Hufu__EmergencyRequestRow *row, const char *result, char *out, size_t cap);

/* ---- steps ---- */

/* A mail's event and request: checked, filed when they are new; the caller puts the row. Valid until the callback's
 * end. strict: a new one must be of an event that lasts, and no second one (AZ-57). */
struct em_papers {
	const Hufu__Envelope *event, *request;
	bool strict;
};
struct em_arrived {
	struct em_opened o;
	Hufu__EmergencyEventRow *event;
	Hufu__EmergencyRequestRow *row;
	bool is_new;
};
void em_arrived_done(struct em_arrived *v);
enum hf_err em_request_arrive(struct hf_authz *a, const struct mail_in *in, const struct em_papers *papers,
                              struct em_arrived *v) HF_MUST_CHECK;

/* The votes on record decide, or do not yet: takes the step, says so in entry and notice. */
enum hf_err em_vote_conclude(struct hf_authz *a, struct hf_unit *u, Hufu__EmergencyRequestRow *row,
                             struct hf_fault *f) HF_MUST_CHECK;
/* The privacy expert's statement about the request; ret_ok: both findings are. */
enum hf_err em_privacy_check(struct hf_authz *a, const struct em_opened *o, const Hufu__SignedStatement *st,
                             struct person *ret_person, bool *ret_ok, struct hf_fault *f) HF_MUST_CHECK;
/* AZ-55: may that node carry the request out? */
enum hf_err em_executor_check(struct hf_authz *a, const struct em_opened *o, const char *node,
                              struct hf_fault *f) HF_MUST_CHECK;
/* Provider: ends the active grant of the row and tells the parties. */
enum hf_err em_grant_end(struct hf_authz *a, struct hf_unit *u, Hufu__EmergencyRequestRow *row, const char *cause,
                         const char *reason, struct hf_fault *f) HF_MUST_CHECK;
/* The mails: one handler each; mail.c has the table. */
enum hf_err az_em_on_event(struct hf_authz *a, const struct mail_in *in,
                           const Hufu__EmergencyEventMail *m) HF_MUST_CHECK;
enum hf_err az_em_on_event_end(struct hf_authz *a, const struct mail_in *in,
                               const Hufu__EmergencyEventEndMail *m) HF_MUST_CHECK;
enum hf_err az_em_on_request(struct hf_authz *a, const struct mail_in *in,
                             const Hufu__EmergencyRequestMail *m) HF_MUST_CHECK;
enum hf_err az_em_on_vote(struct hf_authz *a, const struct mail_in *in, const Hufu__EmergencyVoteMail *m) HF_MUST_CHECK;
enum hf_err az_em_on_privacy(struct hf_authz *a, const struct mail_in *in,
                             const Hufu__EmergencyPrivacyMail *m) HF_MUST_CHECK;
enum hf_err az_em_on_grant(struct hf_authz *a, const struct mail_in *in,
                           const Hufu__EmergencyGrantMail *m) HF_MUST_CHECK;
enum hf_err az_em_on_activation(struct hf_authz *a, const struct mail_in *in,
                                const Hufu__EmergencyActivationMail *m) HF_MUST_CHECK;
enum hf_err az_em_on_end(struct hf_authz *a, const struct mail_in *in, const Hufu__EmergencyEndMail *m) HF_MUST_CHECK;
enum hf_err az_em_on_report(struct hf_authz *a, const struct mail_in *in,
                            const Hufu__EmergencyReportMail *m) HF_MUST_CHECK;
enum hf_err az_em_on_link(struct hf_authz *a, const struct mail_in *in, const Hufu__EmergencyLinkMail *m) HF_MUST_CHECK;

/* emergency_sweep.c: what ends by time. */
void az_em_open(struct hf_authz *a);
void az_em_close(struct hf_authz *a);
/* Ends what is over and reports it; called by the timer. */
void az_em_sweep(struct hf_authz *a);

#endif
