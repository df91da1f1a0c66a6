/*
 * judge.h - what the decision point asks of grants and rules that could permit. Private to the folder.
 */
#ifndef HUFU_AUTHZ_JUDGE_H
#define HUFU_AUTHZ_JUDGE_H

#include "authz/border.h"
#include "authz/grants.h"
#include "authz/usage.h"

/* What is asked, and what would be delivered. */
struct question {
	struct hf_authz *a;
	const struct hf_access_request *rq;
	const struct hf_catalog_item *item;
};
struct verdict {
	enum hf_err error;
	char text[400];
	size_t passed; /* conditions; the candidate that comes furthest explains the denial */
};
#define SAY(v, code, ...) ((void)snprintf((v)->text, sizeof((v)->text), __VA_ARGS__), (v)->error = (code))
/* The mechanisms that a consumer's word for its choice means; none: all. False: there is no such word. */
bool az_mechanism_choice(const char *name, uint32_t *ret_mask);
/* Fills the decision in when a grant at that place of the order (az_mechanism_order) permits. */
void az_judge_grants(const struct question *q, unsigned order, struct hf_decision *d, struct verdict *nearest);
/* The same for the attribute rule that the snapshot found. */
void az_permit_rule(const struct question *q, const struct hf_policy_decision *pd, struct hf_decision *d,
                    struct verdict *v);
/* Does the use rest on what the entry names: consents, the leave to publish it (every mechanism)? The verdict says why
 * not. */
bool az_judge_basis(const struct question *q, struct verdict *v);
/* Grants of the resource for the asking organization, without what is only offered; NULL: the first. */
struct grant_item *az_next_given(struct hf_authz *a, const struct hf_access_request *rq, struct grant_item *g);
/* SB-7: the rules of both jurisdictions, of every mechanism alike. */
struct crossing {
	char text[HF_BORDER_TEXT];
	uint64_t persons;
};
bool az_is_across(const struct question *q, struct crossing *ret_crossing, struct verdict *v);
/* SB-26: what is under way counts. name: of the grant or rule, for people. */
/* The same for all rules' uses of the resource by the organization, as its entry limits them. */
bool az_is_left_of_entry(const struct question *q, const struct hf_id *counted, struct verdict *v);
bool az_is_left(const struct question *q, const struct hf_id *counted, const char *name, uint64_t most,
                struct verdict *v);
/* The agreement is about one version of the entry; a later one is delivered under it unless its terms got stricter
 * (AZ-16). digest: of the entry that was agreed on. */
bool az_judge_terms(struct hf_authz *a, const Hufu__Agreement *terms, const ProtobufCBinaryData *digest,
                    const struct hf_catalog_item *item, struct verdict *v);
bool az_explain_by_application(struct hf_authz *a, const struct hf_access_request *rq, struct verdict *v);

#endif
