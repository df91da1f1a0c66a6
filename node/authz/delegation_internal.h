/*
 * delegation_internal.h - what the other steps ask about agents. Private to the folder.
 */
#ifndef HUFU_AUTHZ_DELEGATION_INTERNAL_H
#define HUFU_AUTHZ_DELEGATION_INTERNAL_H

#include "authz/delegation.h"
#include "authz/internal.h"

/* Is there a delegation now, for that resource of that provider and applicants of that node's level? */
struct dg_want {
	const Hufu__CatalogEntry *entry;
	const char *agent;     /* NULL: any */
	const char *applicant; /* node */
	bool decides;          /* only one that lets the agent decide */
};
struct dg_found {
	struct hf_id id;
	char agent[HF_NAME_MAX + 1];
};
bool az_delegated(struct hf_authz *a, const struct dg_want *want, struct dg_found *ret_found);
/* AZ-11, AZ-36: may that intake node settle the applicant's application by passing it? Never for personal data. */
bool az_settles(struct hf_authz *a, const Hufu__CatalogEntry *entry, const char *intake, const char *applicant);
/* The node that takes in an application of this node: an agent of its level, or the one that the entry names. The text
 * is in the entry or in buf. */
char *az_intake_of(struct hf_authz *a, const Hufu__CatalogEntry *entry, char buf[HF_NAME_MAX + 1]);
/* Is that the node that the entry names, or an agent for the applicant? */
bool az_takes_in(struct hf_authz *a, const Hufu__CatalogEntry *entry, const char *intake, const char *applicant);

enum hf_err az_dg_on_delegation(struct hf_authz *a, const struct mail_in *in,
                                const Hufu__DelegationMail *m) HF_MUST_CHECK;
enum hf_err az_dg_on_question(struct hf_authz *a, const struct mail_in *in,
                              const Hufu__DelegationQuestionMail *m) HF_MUST_CHECK;

#endif
