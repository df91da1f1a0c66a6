/*
 * explain.h - what a decision was asked, kept with its entry, and why it was decided so: near misses with expected and
 * given values, and what would allow it. For persons of this node; nothing of it goes to who asks for data.
 */
#ifndef HUFU_AUTHZ_EXPLAIN_H
#define HUFU_AUTHZ_EXPLAIN_H

#include "authz/authz.h"
#include "policy/explain.h"

/* Adds to a decision's draft what it was asked, so that it can be asked again: HF_FIELD_ATTRIBUTES, every attribute
 * with its issuer as a request of docs/policy.md, and HF_FIELD_ASKED, what is no attribute. Call it in the same turn of
 * the loop as hf_authz_decide. */
void hf_authz_draft_input(struct hf_authz *a, const struct hf_access_request *rq, struct hf_draft *draft);

struct hf_explain_sink {
	void *ctx;
	/* A rule that came near, nearest first; texts: "system.name one-of desk; given: archive", of failed conditions.
	 */
	void (*miss)(void *ctx, const struct hf_policy_miss *m, char *const *texts, size_t count);
	/* A sentence: one way in which the request would be permitted. */
	void (*way)(void *ctx, const char *text);
};
/* The decision by the rules as they are now, as hf_authz_decide makes it, with its explanation. hf_decision_done. */
void hf_authz_explain(struct hf_authz *a, const struct hf_access_request *rq, const struct hf_explain_sink *sink,
                      struct hf_decision *ret_decision);
/* The same for what a past decision was asked: the values of those two fields. HF_E_FORMAT: they cannot be read. */
struct hf_logged_input {
	const char *attributes, *asked;
};
enum hf_err hf_authz_explain_logged(struct hf_authz *a, const struct hf_logged_input *in,
                                    const struct hf_explain_sink *sink, struct hf_decision *ret_decision,
                                    struct hf_fault *f) HF_MUST_CHECK;
/* The rules in memory as JSON lines, which `hufu policy decide` reads. HF_E_NO_POLICY: there are none; HF_E_LIMIT. */
enum hf_err hf_authz_rules_write(struct hf_authz *a, struct hf_buf *out) HF_MUST_CHECK;

#endif
