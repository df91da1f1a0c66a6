/*
 * usage.h - what the other files of this folder ask of uses.c. Private to the folder.
 */
#ifndef HUFU_AUTHZ_USAGE_H
#define HUFU_AUTHZ_USAGE_H

#include "authz/module.h"
#include "authz/uses.h"

struct count {
	uint64_t reserved, committed, reported, differing;
};
/* The uses of a rule are counted for each organization. */
void az_uses_of_rule(const char *rule, const char *organization, struct hf_id *ret_counted);
/* And all rules' uses of a resource together: a rule of another name gives nobody more than the resource allows. */
void az_uses_of_entry(const struct hf_id *resource, const char *organization, struct hf_id *ret_counted);
/* What a transfer that goes on has reserved itself; all zero: nothing. */
struct az_own_use {
	struct hf_id counted, of_entry;
	uint64_t persons;
	int64_t begun_ms;
};
/* grant: that it is under; zero: by a rule. */
void az_uses_own(struct hf_authz *a, const struct hf_id *grant, const struct hf_id *transfer,
                 struct az_own_use *ret_own);
/* SB-26: for the decision. QUOTA when none is left. name: "grant …", for people. */
struct az_uses_ask {
	const struct hf_id *counted;
	const struct az_own_use *own;
	const char *name;
	uint64_t most; /* UINT64_MAX: without limit */
};
enum hf_err az_uses_left(struct hf_authz *a, const struct az_uses_ask *ask, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err az_uses_on_report(struct hf_authz *a, const struct mail_in *in,
                              const Hufu__UseReportMail *mail) HF_MUST_CHECK;

#endif
