/*
 * states.h - what may happen to a masking plan and to a masking task, one row per state and event; what has no row is
 * refused. Pure.
 */
#ifndef HUFU_RELEASE_STATES_H
#define HUFU_RELEASE_STATES_H

enum hf_mask_plan_state {
	HF_PLAN_STATE_INVALID = 0,
	HF_PLAN_PROPOSED,
	HF_PLAN_APPROVED,
	HF_PLAN_REJECTED,
	HF_PLAN_RETIRED,
};
enum hf_mask_plan_event { HF_PLAN_EVENT_INVALID = 0, HF_PLAN_APPROVE, HF_PLAN_REJECT, HF_PLAN_RETIRE };
const char *hf_mask_plan_state_name(enum hf_mask_plan_state s); /* "proposed"; NULL when unknown */
/* INVALID: not in that state. */
enum hf_mask_plan_state hf_mask_plan_next(enum hf_mask_plan_state s, enum hf_mask_plan_event e);

#endif
