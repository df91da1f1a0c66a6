/* sight.c - see sight.h. */
#include "api/sight.h"

#include <string.h>

bool hf_api_acts_for(const struct hf_api_request *rq, const char *organization, const char *department)
{
	const char *own = rq->actor->department;
	return !own[0] || (strcmp(organization, rq->m->base->self.s) == 0 && strcmp(own, department) == 0);
}

bool hf_api_sees(const struct hf_api_request *rq, const char *organization, const char *department)
{
	static const enum hf_permission for_all[] = {HF_MAY_INTAKE, HF_MAY_PRIVACY_REVIEW, HF_MAY_APPROVE,
	                                             HF_MAY_AUDIT_READ, HF_MAY_MANAGE_NODE};
	if (hf_api_acts_for(rq, organization, department))
		return true;
	for (size_t i = 0; i < sizeof(for_all) / sizeof(for_all[0]); i++)
		if (hf_actor_may(rq->actor, for_all[i]))
			return true;
	return false;
}

void hf_api_unseen(const struct hf_api_request *rq, const char *what, const struct hf_id *id)
{
	char text[HF_ID_TEXT];
	hf_id_text(id, text);
	hf_alarm(rq->m->base, "access-denied", NULL, "account %s tried %s %s, which is not its department's",
	         rq->actor->account, what, text);
}
