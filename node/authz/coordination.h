/*
 * coordination.h - the doors between the files of deadlines, of what goes to the leading group, and of the steps of an
 * application. Private to the folder.
 */
#ifndef HUFU_AUTHZ_COORDINATION_H
#define HUFU_AUTHZ_COORDINATION_H

#include "authz/module.h"
#include "dispute.pb-c.h"
#include "state_uses.pb-c.h"
#include "statistics.pb-c.h"
#include "uses.pb-c.h"

/* How far the urging of the revision `urged_revision` has come: `urged` of an application's row. */
enum { AZ_URGED_NOT, AZ_URGED_REMINDED, AZ_URGED_OVERDUE, AZ_URGED_ESCALATED, AZ_URGED_SETTLED };
/* deadline.c: AZ-18. Begins to look through the applications (walk.h), then tells the provider and the consumer what is
 * due or overdue; called by a timer. */
void az_deadline_open(struct hf_authz *a);
void az_deadline_close(struct hf_authz *a);
void az_deadline_sweep(struct hf_authz *a);
/* It looks at its next turn: a row about which the leading group was told has changed. */
void az_deadline_soon(struct hf_authz *a);
/* A reminder of the intake node about a row of this node; its signature is checked. */
enum hf_err az_deadline_told(struct hf_authz *a, const struct mail_in *in, const Hufu__ApplicationRow *row,
                             const Hufu__NegotiationEvent *e, const struct hf_hash *digest) HF_MUST_CHECK;

/* escalation.c: the leading group hears of an overdue decision, and that it has come. */
struct hf_deadline;
bool az_escalation_possible(const struct hf_authz *a);
enum hf_err az_escalation_tell(struct hf_authz *a, struct hf_unit *u, const Hufu__ApplicationRow *row,
                               const struct hf_deadline *t, bool decided) HF_MUST_CHECK;
enum hf_err az_escalation_on_mail(struct hf_authz *a, const struct mail_in *in,
                                  const Hufu__EscalationMail *mail) HF_MUST_CHECK;

/* dispute.c, dispute_settle.c (AZ-20). */
enum hf_err az_dispute_on_dispute(struct hf_authz *a, const struct mail_in *in,
                                  const Hufu__DisputeMail *m) HF_MUST_CHECK;
enum hf_err az_dispute_on_opinion(struct hf_authz *a, const struct mail_in *in,
                                  const Hufu__DisputeOpinionMail *m) HF_MUST_CHECK;
/* A received application that says it follows a dispute. */
enum hf_err az_dispute_followed(struct hf_authz *a, const struct mail_in *in,
                                const Hufu__Application *app) HF_MUST_CHECK;

/* use_filing.c: provider, a use that its consumer reported (AZ-19); and such a one at the intake node. */
void az_use_file(struct hf_authz *a, struct hf_unit *u, const Hufu__GrantUseRow *use, const Hufu__UseReport *report,
                 const Hufu__Envelope *paper);
enum hf_err az_use_on_filing(struct hf_authz *a, const struct mail_in *in,
                             const Hufu__UseFilingMail *mail) HF_MUST_CHECK;

#endif
