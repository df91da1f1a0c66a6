/*
 * candidates.h - who could read a resource, as far as this node knows anybody by name: the systems of its own register,
 * of its grants, and those that the rules in force name for an organization or for every member (scenarios and
 * promotions are rules of the snapshot, too). With each goes what a rule or grant asks of it beside the name.
 *
 * A candidate is no answer: it is decided like a request. A system that only a rule without a name would let in, and
 * that nothing else here names, is not among them.
 */
#ifndef HUFU_AUTHZ_CANDIDATES_H
#define HUFU_AUTHZ_CANDIDATES_H

#include "authz/authz.h"

#define HF_CANDIDATES_MAX 20000u

struct hf_candidate {
	char organization[HF_NAME_MAX + 1], system[HF_NAME_MAX + 1];
	/* "": not stated */
	char department[HF_NAME_MAX + 1], address[64], business[192], account[HF_NAME_MAX + 1], role[64];
};
struct hf_candidates {
	struct hf_candidate *list; /* owned; in order, each once, the one with nothing stated first */
	size_t count, cap;
};
/* organization: of that one alone; NULL or "": of all. LIMIT: more than HF_CANDIDATES_MAX, or more
 * work to find them than one turn of the node allows. hf_candidates_done. */
enum hf_err hf_authz_candidates(struct hf_authz *a, const struct hf_id *resource, const char *organization,
                                struct hf_candidates *ret, struct hf_fault *f) HF_MUST_CHECK;
void hf_candidates_done(struct hf_candidates *c);
/* Whether two are the same system of the same organization; the order in which they are listed. */
int hf_candidate_order(const struct hf_candidate *x, const struct hf_candidate *y);

#endif
