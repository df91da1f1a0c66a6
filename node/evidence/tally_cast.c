/*
 * tally_cast.c - who acted in which part: the separation of duties, seen from what was signed. The pairs are those that
 * the nodes keep apart (node/authz/result.c); two accounts of one person show as one real-name reference.
 */
#include "evidence/tally_internal.h"

#include <string.h>

static bool same_person(const struct hf_tally_person *a, const struct hf_tally_person *b)
{
	if (strcmp(a->node, b->node) != 0)
		return false;
	return strcmp(a->account, b->account) == 0 ||
	       (a->has_name_ref && b->has_name_ref && memcmp(a->name_ref, b->name_ref, sizeof(a->name_ref)) == 0);
}

enum hf_err hf_tally_check_cast(const struct hf_tally_cast *c, struct hf_fault *f)
{
	const struct {
		const struct hf_tally_person *first;
		const char *who;
		const struct hf_tally_person *second;
		const char *act;
	} pairs[] = {
	        {c->applicant, "the applicant", c->need, "confirmed the need"},
	        {c->applicant, "the applicant", c->reviewer, "reviewed the compliance"},
	        {c->applicant, "the applicant", c->privacy, "reviewed the privacy"},
	        {c->applicant, "the applicant", c->approver, "decided"},
	        {c->need, "the data authority", c->reviewer, "reviewed the compliance"},
	        {c->need, "the data authority", c->approver, "decided"},
	        {c->reviewer, "the compliance reviewer", c->approver, "decided"},
	        {c->privacy, "the privacy expert", c->approver, "decided"},
	        {c->applicant, "the applicant", c->second, "decided"},
	        {c->need, "the data authority", c->second, "decided"},
	        {c->reviewer, "the compliance reviewer", c->second, "decided"},
	        {c->privacy, "the privacy expert", c->second, "decided"},
	        {c->approver, "the approver of the first level", c->second, "decided at the second"},
	};
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i].first != NULL && pairs[i].second != NULL && same_person(pairs[i].first, pairs[i].second))
			return hf_fault_set(f, HF_E_SEPARATION, "%s of %s is %s and also %s", pairs[i].second->account,
			                    pairs[i].second->node, pairs[i].who, pairs[i].act);
	return HF_OK;
}

enum hf_err hf_tally_two_factors(const struct hf_tally_person *p, bool sensitive, struct hf_fault *f)
{
	if (!sensitive || p->factors > 1)
		return HF_OK;
	return hf_fault_set(f, HF_E_SECOND_FACTOR,
	                    "the data is sensitive, but %s of %s signed after authentication with a single factor",
	                    p->account, p->node);
}
