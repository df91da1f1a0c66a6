/*
 * steps.h - the doors between the files that take the steps: papers that were opened, mail that is handled. Private to
 * the folder.
 */
#ifndef HUFU_AUTHZ_STEPS_H
#define HUFU_AUTHZ_STEPS_H

#include "authz/obligation.h"
#include "authz/papers.h"
#include "authz/persons.h"

/* An application as received: everything about it that can be checked without a row. */
struct opened_application {
	Hufu__Application *app;
	struct hf_id id, resource, txn;
	struct hf_hash digest;
	struct person applicant, need;
};
void az_opened_application_done(struct opened_application *o);
enum hf_err az_application_open(struct hf_authz *a, const Hufu__Envelope *e, const char *consumer,
                                struct opened_application *ret_opened, struct hf_fault *f) HF_MUST_CHECK;
/* The entry that an own person wants to apply for; publisher may be NULL. UNKNOWN, in the same words, for what is not
 * there and for what he may not see. */
enum hf_err az_application_entry_own(struct hf_authz *a, const struct hf_step_in *in, const char *publisher,
                                     const struct hf_id *id, struct hf_catalog_item *ret_item) HF_MUST_CHECK;
/* The entry that an application received here for that part names; UNKNOWN, in the same words, when this node holds
 * none and when its author or its bringer may not hear of it from this node; at an intake node BUSY for a while before
 * that (early.h). */
enum hf_err az_application_entry(struct hf_authz *a, const struct mail_in *in, const struct opened_application *o,
                                 enum hf_part part, struct hf_catalog_item *ret_item) HF_MUST_CHECK;
/* The row of a received application: new, or the present one after checking that it is the same case. */
enum hf_err az_application_row(struct hf_authz *a, const struct opened_application *o, const struct hf_catalog_item *it,
                               enum hf_part part, Hufu__ApplicationRow **ret_row, struct hf_fault *f) HF_MUST_CHECK;
/* The revision row of a received application: new, or the one that another part of this node made of the same bytes. */
enum hf_err az_application_revision(struct hf_authz *a, const struct opened_application *o, const struct paper *paper,
                                    Hufu__ApplicationRevision **ret_rev, struct hf_fault *f) HF_MUST_CHECK;
/* AZ-7, AZ-25: the system is registered here, in use, and belongs to the department ("": to any). */
enum hf_err az_application_system(struct hf_authz *a, const char *department, const char *name,
                                  struct hf_system_view *ret_system, struct hf_fault *f) HF_MUST_CHECK;
/* The applicant's organization holds the role 'consumer', or applies for what it has published itself. */
enum hf_err az_application_standing(struct hf_authz *a, const Hufu__Application *app, struct hf_fault *f) HF_MUST_CHECK;
/* May this actor act for the application? To other departments it does not exist; the attempt raises an alarm. */
enum hf_err az_application_own(struct hf_authz *a, const struct hf_actor *actor, const Hufu__ApplicationRow *row,
                               struct hf_fault *f) HF_MUST_CHECK;
/* What is not stated anew stays as it was. */
void az_application_merge(struct hf_application_in *w, const Hufu__Application *old, int64_t now);
/* Entry of the catalog behind a row, or a sentence. */
enum hf_err az_entry_need(struct hf_authz *a, const Hufu__ApplicationRow *row, struct hf_catalog_item *ret_item,
                          struct hf_fault *f) HF_MUST_CHECK;

/* DS-25: may the actor apply for that? NO_MANDATE otherwise. Names the mandate in the draft. */
enum hf_err az_mandate_apply(struct hf_authz *a, const struct hf_step_in *in, const Hufu__Application *app,
                             const Hufu__CatalogEntry *entry) HF_MUST_CHECK;

/* The mails: one handler each; mail.c has the table. */
enum hf_err az_intake_on_application(struct hf_authz *a, const struct mail_in *in,
                                     const Hufu__ApplicationMail *m) HF_MUST_CHECK;
enum hf_err az_intake_on_decision(struct hf_authz *a, const struct mail_in *in,
                                  const Hufu__DecisionMail *m) HF_MUST_CHECK;
enum hf_err az_decide_on_forward(struct hf_authz *a, const struct mail_in *in,
                                 const Hufu__ForwardMail *m) HF_MUST_CHECK;
enum hf_err az_agreement_on_intake(struct hf_authz *a, const struct mail_in *in,
                                   const Hufu__IntakeMail *m) HF_MUST_CHECK;
enum hf_err az_agreement_on_decision(struct hf_authz *a, const struct mail_in *in,
                                     const Hufu__DecisionMail *m) HF_MUST_CHECK;
enum hf_err az_agreement_on_verification(struct hf_authz *a, const struct mail_in *in,
                                         const Hufu__VerificationMail *m) HF_MUST_CHECK;
enum hf_err az_events_on_event(struct hf_authz *a, const struct mail_in *in, const Hufu__EventMail *m) HF_MUST_CHECK;
enum hf_err az_revoke_on_revocation(struct hf_authz *a, const struct mail_in *in,
                                    const Hufu__RevocationMail *m) HF_MUST_CHECK;
enum hf_err az_given_on_grant(struct hf_authz *a, const struct mail_in *in,
                              const Hufu__ProviderGrantMail *m) HF_MUST_CHECK;

/* The revocation that was waiting for the consumer's countersignature goes out now. */
enum hf_err az_revoke_tell(struct hf_authz *a, struct hf_unit *u, const Hufu__ApplicationRow *row,
                           const Hufu__GrantRow *grant, struct hf_fault *f) HF_MUST_CHECK;

/* A received intake record of an application; checks everything including the reviewer's statement. */
struct opened_record {
	Hufu__IntakeRecord *record;
	struct hf_hash digest;
	struct person reviewer;
};
void az_opened_record_done(struct opened_record *o);
enum hf_err az_record_open(struct hf_authz *a, const Hufu__Envelope *e, const Hufu__ApplicationRow *row,
                           uint32_t revision, const struct hf_hash *application_digest,
                           struct opened_record *ret_opened, struct hf_fault *f) HF_MUST_CHECK;
/* A received decision likewise. A T carries an agreement, which its consumer opens. */
struct opened_decision {
	Hufu__Decision *decision;
	struct hf_hash digest;
	struct person approver, privacy, second;
	bool has_privacy, has_second;
	bool settled; /* by the compliance review */
};
void az_opened_decision_done(struct opened_decision *o);
struct decision_want {
	const Hufu__ApplicationRow *row;
	const Hufu__Application *app;
	uint32_t revision;
	const struct hf_hash *application_digest, *intake_digest;
	const struct person *reviewer; /* of the intake record */
	bool settled;                  /* the entry lets the intake node settle (AZ-11) */
	bool personal;
	bool core; /* DS-20: two levels approve */
};
enum hf_err az_decision_open(struct hf_authz *a, const Hufu__Envelope *e, const struct decision_want *want,
                             struct opened_decision *ret_opened, struct hf_fault *f) HF_MUST_CHECK;
/* "T", "F", "S"; HF_STEP_INVALID for anything else (AZ-26). */
enum hf_step az_result_step(const char *result);
/* Consumer -> intake node (-> provider): the negotiation ends. reason_code "cancelled" is a withdrawal. */
enum hf_err az_events_send_end(struct hf_authz *a, struct hf_unit *unit, Hufu__ApplicationRow *row,
                               const char *reason_code, const char *reason, struct hf_hash *ret_digest,
                               struct hf_fault *f) HF_MUST_CHECK;

/* What an agreement lists: pointers into application and entry. */
struct az_terms_lists {
	char **fields, **obligations;
	size_t field_count, obligation_count;
	char rows[HF_ROWS_MAX + 8]; /* the obligation for the rows applied for */
};
void az_terms_lists_done(struct az_terms_lists *t);
enum hf_err az_terms_lists(struct az_terms_lists *t, const Hufu__Application *app, const Hufu__CatalogEntry *entry,
                           struct hf_fault *f) HF_MUST_CHECK;
struct agreement_made;
/* Everything but the header; borrows from all of them. */
void az_agreement_fill(Hufu__Agreement *g, const Hufu__Application *app, const struct hf_catalog_item *it,
                       const struct agreement_made *made, const struct az_terms_lists *t);
/* The entry as it was agreed on: an outsider who checks the agreement has to see it. */
void az_agreement_keep_entry(struct hf_unit *u, const struct hf_id *txn, const struct hf_catalog_item *it);
/* The privacy expert's two findings, read for signing. */
enum hf_err az_privacy_points(const struct hf_finding_in in[2], Hufu__Finding out[2], bool *ret_ok,
                              struct hf_fault *f) HF_MUST_CHECK;

struct agreement_made {
	struct hf_id id, grant;
	struct hf_id basis; /* the delegation by which an agent decided; zero: none */
	int64_t from_ms, until_ms;
	struct paper paper;
};
void az_agreement_made_done(struct agreement_made *m);
/* The agreement of an approved application, signed, and its pending grant in the unit. */
enum hf_err az_agreement_make(struct hf_authz *a, struct hf_unit *u, const Hufu__ApplicationRow *row,
                              const Hufu__Application *app, const struct hf_catalog_item *it, const char *approver,
                              struct agreement_made *made, struct hf_fault *f) HF_MUST_CHECK;

#endif
