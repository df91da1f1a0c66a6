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

/* A task: what runs a plan over a source. Those up to RELEASING go on by themselves after a restart, PAUSED by a
 * person. */
enum hf_mask_task_state {
	HF_TASK_STATE_INVALID = 0,
	HF_TASK_QUEUED,    /* begins, or goes on from its last durable point, as soon as there is room */
	HF_TASK_RUNNING,   /* rows go through */
	HF_TASK_PAUSED,    /* by a person, or by the plan's emergency scheme */
	HF_TASK_CHECKING,  /* all rows went through; the result is held against the plan and evaluated */
	HF_TASK_RELEASING, /* the result gets its name and becomes a source */
	HF_TASK_RELEASED,
	HF_TASK_FAILED,  /* nothing of the result is left */
	HF_TASK_STOPPED, /* nothing either */
};
enum hf_mask_task_event {
	HF_TASK_EVENT_INVALID = 0,
	HF_TASK_BEGIN,
	HF_TASK_PAUSE,
	HF_TASK_CONTINUE,
	HF_TASK_STOP,
	HF_TASK_RETRY,   /* from the top */
	HF_TASK_RESTART, /* of the node */
	HF_TASK_END,     /* of the rows */
	HF_TASK_PASS,    /* the check */
	HF_TASK_REGISTER,
	HF_TASK_FAIL,
	HF_TASK_HOLD, /* an error whose scheme says pause */
};
const char *hf_mask_task_state_name(enum hf_mask_task_state s); /* "queued"; NULL when unknown */
/* INVALID: not in that state. */
enum hf_mask_task_state hf_mask_task_next(enum hf_mask_task_state s, enum hf_mask_task_event e);

#endif
