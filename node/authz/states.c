/*
 * states.c - the cells. Read a row as: in this state, these steps lead to those states; every other step is refused.
 *
 * A consumer that withdraws may cross a result that is on its way. Both ends then end alike: the final results F and
 * "refused" win over the withdrawal, the withdrawal wins over T, S and "returned".
 */
#include "authz/states.h"

#include <string.h>

#define CELL(step, next) [HF_STEP_##step] = HF_REVIEW_##next

static const enum hf_review_state cells[HF_PART_COUNT][HF_REVIEW_COUNT][HF_STEP_COUNT] = {
	[HF_PART_CONSUMER] = {
		[HF_REVIEW_NONE] = { CELL(DRAFT, DRAFT) },
		[HF_REVIEW_DRAFT] = { CELL(NEED_CONFIRM, SUBMITTED), CELL(NEED_REFUSE, NEED_REFUSED), CELL(WITHDRAW, WITHDRAWN) },
		[HF_REVIEW_NEED_REFUSED] = { CELL(RESUBMIT, DRAFT), CELL(WITHDRAW, WITHDRAWN) },
		[HF_REVIEW_SUBMITTED] = {
			CELL(COMPLIANCE_PASS, SUBMITTED), CELL(COMPLIANCE_REFUSE, COMPLIANCE_REFUSED),
			CELL(COMPLIANCE_RETURN, RETURNED), CELL(APPROVE, AGREED), CELL(REJECT, REJECTED),
			CELL(RETURN, RETURNED), CELL(WITHDRAW, WITHDRAWN),
		},
		[HF_REVIEW_RETURNED] = { CELL(RESUBMIT, DRAFT), CELL(WITHDRAW, WITHDRAWN) },
		[HF_REVIEW_AGREED] = { CELL(VERIFY, VERIFIED), CELL(TERMINATE, TERMINATED) },
		[HF_REVIEW_VERIFIED] = { CELL(FINALIZE, FINALIZED), CELL(REVOKE, TERMINATED) },
		[HF_REVIEW_FINALIZED] = { CELL(REVOKE, FINALIZED) },
		[HF_REVIEW_WITHDRAWN] = {
			CELL(COMPLIANCE_PASS, WITHDRAWN), CELL(COMPLIANCE_REFUSE, COMPLIANCE_REFUSED),
			CELL(COMPLIANCE_RETURN, WITHDRAWN), CELL(APPROVE, WITHDRAWN), CELL(REJECT, REJECTED),
			CELL(RETURN, WITHDRAWN),
		},
	},
	[HF_PART_INTAKE] = {
		[HF_REVIEW_NONE] = { CELL(RECEIVE, RECEIVED) },
		[HF_REVIEW_RECEIVED] = {
			CELL(COMPLIANCE_PASS, FORWARDED), CELL(COMPLIANCE_REFUSE, COMPLIANCE_REFUSED),
			CELL(COMPLIANCE_RETURN, RETURNED), CELL(WITHDRAW, WITHDRAWN),
		},
		[HF_REVIEW_FORWARDED] = {
			CELL(APPROVE, AGREED), CELL(REJECT, REJECTED), CELL(RETURN, RETURNED), CELL(WITHDRAW, WITHDRAWN),
		},
		[HF_REVIEW_RETURNED] = { CELL(RECEIVE, RECEIVED), CELL(WITHDRAW, WITHDRAWN) },
		[HF_REVIEW_AGREED] = { CELL(WITHDRAW, WITHDRAWN), CELL(TERMINATE, TERMINATED) },
		[HF_REVIEW_REJECTED] = { CELL(WITHDRAW, REJECTED) },
		[HF_REVIEW_COMPLIANCE_REFUSED] = { CELL(WITHDRAW, COMPLIANCE_REFUSED) },
		[HF_REVIEW_WITHDRAWN] = { CELL(APPROVE, WITHDRAWN), CELL(REJECT, REJECTED), CELL(RETURN, WITHDRAWN) },
	},
	[HF_PART_PROVIDER] = {
		[HF_REVIEW_NONE] = { CELL(RECEIVE, RECEIVED), CELL(RECEIVE_PERSONAL, PRIVACY_WAITING) },
		[HF_REVIEW_RECEIVED] = {
			CELL(PRIVACY_PASS, PRIVACY_PASSED), CELL(PRIVACY_FAIL, PRIVACY_FAILED), CELL(APPROVE, AGREED),
			CELL(APPROVE_FIRST, SECOND_WAITING), CELL(REJECT, REJECTED), CELL(RETURN, RETURNED), CELL(WITHDRAW, WITHDRAWN),
		},
		[HF_REVIEW_SECOND_WAITING] = {
			CELL(APPROVE, AGREED), CELL(REJECT, REJECTED), CELL(RETURN, RETURNED), CELL(WITHDRAW, WITHDRAWN),
		},
		[HF_REVIEW_PRIVACY_WAITING] = {
			CELL(PRIVACY_PASS, PRIVACY_PASSED), CELL(PRIVACY_FAIL, PRIVACY_FAILED), CELL(REJECT, REJECTED),
			CELL(RETURN, RETURNED), CELL(WITHDRAW, WITHDRAWN),
		},
		[HF_REVIEW_PRIVACY_PASSED] = {
			CELL(APPROVE, AGREED), CELL(APPROVE_FIRST, SECOND_WAITING), CELL(REJECT, REJECTED), CELL(RETURN, RETURNED), CELL(WITHDRAW, WITHDRAWN),
		},
		[HF_REVIEW_PRIVACY_FAILED] = { CELL(REJECT, REJECTED), CELL(RETURN, RETURNED), CELL(WITHDRAW, WITHDRAWN) },
		[HF_REVIEW_RETURNED] = {
			CELL(RECEIVE, RECEIVED), CELL(RECEIVE_PERSONAL, PRIVACY_WAITING), CELL(WITHDRAW, WITHDRAWN),
		},
		[HF_REVIEW_AGREED] = {
			CELL(VERIFY, VERIFIED), CELL(WITHDRAW, WITHDRAWN), CELL(TERMINATE, TERMINATED), CELL(REVOKE, TERMINATED),
		},
		[HF_REVIEW_VERIFIED] = { CELL(FINALIZE, FINALIZED) },
		[HF_REVIEW_FINALIZED] = { CELL(REVOKE, FINALIZED) },
		[HF_REVIEW_REJECTED] = { CELL(WITHDRAW, REJECTED) },
		/* What the consumer said may cross a revocation: a countersignature is recorded and gives nothing, its own end is
		 * how both ends show it. */
		[HF_REVIEW_TERMINATED] = {
			CELL(VERIFY, TERMINATED), CELL(WITHDRAW, WITHDRAWN), CELL(TERMINATE, TERMINATED),
		},
	},
};

static const enum hf_negotiation_state negotiation_of[HF_REVIEW_COUNT] = {
#define HF_REVIEW_NEGOTIATION(code, name, protocol) [code] = HF_NEGOTIATION_##protocol,
        HF_REVIEW_STATES(HF_REVIEW_NEGOTIATION)
#undef HF_REVIEW_NEGOTIATION
};

static const char *const state_names[HF_REVIEW_COUNT] = {
#define HF_REVIEW_NAME(code, name, protocol) [code] = name,
        HF_REVIEW_STATES(HF_REVIEW_NAME)
#undef HF_REVIEW_NAME
};

static const char *const step_names[HF_STEP_COUNT] = {[HF_STEP_INVALID] = "",
#define HF_STEP_NAME(code, name) [code] = name,
                                                      HF_STEPS(HF_STEP_NAME)
#undef HF_STEP_NAME
};

bool hf_states_next(enum hf_part part, enum hf_review_state from, enum hf_step step, enum hf_review_state *ret_next)
{
	if ((unsigned)part >= HF_PART_COUNT || (unsigned)from >= HF_REVIEW_COUNT || (unsigned)step >= HF_STEP_COUNT)
		return false;
	enum hf_review_state next = cells[part][from][step];
	if (next == HF_REVIEW_NONE)
		return false;
	*ret_next = next;
	return true;
}

enum hf_negotiation_state hf_states_negotiation(enum hf_review_state s)
{
	return (unsigned)s < HF_REVIEW_COUNT ? negotiation_of[s] : HF_NEGOTIATION_NONE;
}

bool hf_states_reported(enum hf_review_state s)
{
	static const bool reported[HF_REVIEW_COUNT] = {
	        [HF_REVIEW_NEED_REFUSED] = true, [HF_REVIEW_COMPLIANCE_REFUSED] = true, [HF_REVIEW_RETURNED] = true,
	        [HF_REVIEW_REJECTED] = true,     [HF_REVIEW_FINALIZED] = true,          [HF_REVIEW_WITHDRAWN] = true,
	        [HF_REVIEW_TERMINATED] = true,
	};
	return (unsigned)s < HF_REVIEW_COUNT && reported[s];
}

const char *hf_states_name(enum hf_review_state s)
{
	return (unsigned)s < HF_REVIEW_COUNT ? state_names[s] : "";
}

const char *hf_states_step_name(enum hf_step step)
{
	return (unsigned)step < HF_STEP_COUNT ? step_names[step] : "";
}

const char *hf_states_negotiation_name(enum hf_negotiation_state s)
{
	static const char *const names[HF_NEGOTIATION_COUNT] = {"",         "REQUESTED", "AGREED",
	                                                        "VERIFIED", "FINALIZED", "TERMINATED"};
	return (unsigned)s < HF_NEGOTIATION_COUNT ? names[s] : "";
}

enum hf_review_state hf_states_from_name(const char *name)
{
	for (unsigned i = HF_REVIEW_NONE + 1; i < HF_REVIEW_COUNT; i++)
		if (strcmp(state_names[i], name) == 0)
			return (enum hf_review_state)i;
	return HF_REVIEW_NONE;
}

const char *hf_states_part_name(enum hf_part part)
{
	static const char *const names[HF_PART_COUNT] = {"", "consumer", "intake", "provider"};
	return (unsigned)part < HF_PART_COUNT ? names[part] : "";
}
