#include "release/states.h"

#include <stddef.h>

static const struct {
	enum hf_mask_plan_state state;
	enum hf_mask_plan_event event;
	enum hf_mask_plan_state next;
} plan_rows[] = {
        {HF_PLAN_PROPOSED, HF_PLAN_APPROVE, HF_PLAN_APPROVED},
        {HF_PLAN_PROPOSED, HF_PLAN_REJECT, HF_PLAN_REJECTED},
        {HF_PLAN_PROPOSED, HF_PLAN_RETIRE, HF_PLAN_RETIRED},
        {HF_PLAN_APPROVED, HF_PLAN_RETIRE, HF_PLAN_RETIRED},
};

enum hf_mask_plan_state hf_mask_plan_next(enum hf_mask_plan_state s, enum hf_mask_plan_event e)
{
	for (size_t i = 0; i < sizeof(plan_rows) / sizeof(plan_rows[0]); i++)
		if (plan_rows[i].state == s && plan_rows[i].event == e)
			return plan_rows[i].next;
	return HF_PLAN_STATE_INVALID;
}

const char *hf_mask_plan_state_name(enum hf_mask_plan_state s)
{
	static const char *const names[] = {NULL, "proposed", "approved", "rejected", "retired"};

	return (size_t)s < sizeof(names) / sizeof(names[0]) ? names[s] : NULL;
}
