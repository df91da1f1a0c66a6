/*
 * states.c - see states.h; the cells are those of docs/protocol.md, "Transfer process".
 */
#include "exchange/states.h"

static const enum transfer_state next_state[TRANSFER_STATE_COUNT][STEP_COUNT] = {
        [TRANSFER_NONE] = {[STEP_REQUEST] = TRANSFER_REQUESTED},
        [TRANSFER_REQUESTED] = {[STEP_START] = TRANSFER_STARTED, [STEP_TERMINATE] = TRANSFER_TERMINATED},
        [TRANSFER_STARTED] = {[STEP_COMPLETE] = TRANSFER_COMPLETED,
                              [STEP_SUSPEND] = TRANSFER_SUSPENDED,
                              [STEP_TERMINATE] = TRANSFER_TERMINATED},
        [TRANSFER_SUSPENDED] = {[STEP_START] = TRANSFER_STARTED, [STEP_TERMINATE] = TRANSFER_TERMINATED},
};

const char *transfer_state_name(enum transfer_state s)
{
	static const char *const names[TRANSFER_STATE_COUNT] = {
	        "", "REQUESTED", "STARTED", "SUSPENDED", "COMPLETED", "TERMINATED",
	};
	return (unsigned)s < TRANSFER_STATE_COUNT ? names[s] : "";
}

enum transfer_state transfer_next(enum transfer_state from, enum transfer_step step)
{
	if ((unsigned)from >= TRANSFER_STATE_COUNT || (unsigned)step >= STEP_COUNT)
		return TRANSFER_NONE;
	return next_state[from][step];
}

bool transfer_ended(enum transfer_state s)
{
	return s == TRANSFER_COMPLETED || s == TRANSFER_TERMINATED;
}
