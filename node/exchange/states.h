/*
 * states.h - the transfer process of the Dataspace Protocol 2025-1 as a table. An empty cell is a forbidden step.
 */
#ifndef HUFU_EXCHANGE_STATES_H
#define HUFU_EXCHANGE_STATES_H

#include <stdbool.h>

enum transfer_state {
	TRANSFER_NONE = 0, /* before the request */
	TRANSFER_REQUESTED,
	TRANSFER_STARTED,
	TRANSFER_SUSPENDED,
	TRANSFER_COMPLETED,
	TRANSFER_TERMINATED,
	TRANSFER_STATE_COUNT,
};

enum transfer_step {
	STEP_NONE = 0,
	STEP_REQUEST,
	STEP_START,
	STEP_SUSPEND,
	STEP_COMPLETE,
	STEP_TERMINATE,
	STEP_COUNT,
};

/* "REQUESTED", ...; "" for TRANSFER_NONE. */
const char *transfer_state_name(enum transfer_state s);
/* The state after the step, or TRANSFER_NONE when the step is forbidden. */
enum transfer_state transfer_next(enum transfer_state from, enum transfer_step step);
bool transfer_ended(enum transfer_state s);

#endif
