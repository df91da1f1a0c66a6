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

static const struct {
	enum hf_mask_task_state state;
	enum hf_mask_task_event event;
	enum hf_mask_task_state next;
} task_rows[] = {
        {HF_TASK_QUEUED, HF_TASK_BEGIN, HF_TASK_RUNNING},        {HF_TASK_QUEUED, HF_TASK_PAUSE, HF_TASK_PAUSED},
        {HF_TASK_QUEUED, HF_TASK_STOP, HF_TASK_STOPPED},         {HF_TASK_QUEUED, HF_TASK_FAIL, HF_TASK_FAILED},
        {HF_TASK_QUEUED, HF_TASK_HOLD, HF_TASK_PAUSED},          {HF_TASK_RUNNING, HF_TASK_PAUSE, HF_TASK_PAUSED},
        {HF_TASK_RUNNING, HF_TASK_STOP, HF_TASK_STOPPED},        {HF_TASK_RUNNING, HF_TASK_RESTART, HF_TASK_QUEUED},
        {HF_TASK_RUNNING, HF_TASK_END, HF_TASK_CHECKING},        {HF_TASK_RUNNING, HF_TASK_FAIL, HF_TASK_FAILED},
        {HF_TASK_RUNNING, HF_TASK_HOLD, HF_TASK_PAUSED},         {HF_TASK_PAUSED, HF_TASK_CONTINUE, HF_TASK_QUEUED},
        {HF_TASK_PAUSED, HF_TASK_STOP, HF_TASK_STOPPED},         {HF_TASK_CHECKING, HF_TASK_STOP, HF_TASK_STOPPED},
        {HF_TASK_CHECKING, HF_TASK_PASS, HF_TASK_RELEASING},     {HF_TASK_CHECKING, HF_TASK_FAIL, HF_TASK_FAILED},
        {HF_TASK_RELEASING, HF_TASK_REGISTER, HF_TASK_RELEASED}, {HF_TASK_RELEASING, HF_TASK_FAIL, HF_TASK_FAILED},
        {HF_TASK_FAILED, HF_TASK_RETRY, HF_TASK_QUEUED},         {HF_TASK_STOPPED, HF_TASK_RETRY, HF_TASK_QUEUED},
};

enum hf_mask_task_state hf_mask_task_next(enum hf_mask_task_state s, enum hf_mask_task_event e)
{
	for (size_t i = 0; i < sizeof(task_rows) / sizeof(task_rows[0]); i++)
		if (task_rows[i].state == s && task_rows[i].event == e)
			return task_rows[i].next;
	return HF_TASK_STATE_INVALID;
}

const char *hf_mask_task_state_name(enum hf_mask_task_state s)
{
	static const char *const names[] = {NULL,        "queued",   "running", "paused", "checking",
	                                    "releasing", "released", "failed",  "stopped"};

	return (size_t)s < sizeof(names) / sizeof(names[0]) ? names[s] : NULL;
}
