/*
 * states_test.c - the transfer process: exactly the steps of the Dataspace Protocol table, and no other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "exchange/states.h"

struct cell {
	enum transfer_state from;
	enum transfer_step step;
	enum transfer_state to;
};

static const struct cell allowed[] = {
        {TRANSFER_NONE, STEP_REQUEST, TRANSFER_REQUESTED},
        {TRANSFER_REQUESTED, STEP_START, TRANSFER_STARTED},
        {TRANSFER_REQUESTED, STEP_TERMINATE, TRANSFER_TERMINATED},
        {TRANSFER_STARTED, STEP_COMPLETE, TRANSFER_COMPLETED},
        {TRANSFER_STARTED, STEP_SUSPEND, TRANSFER_SUSPENDED},
        {TRANSFER_STARTED, STEP_TERMINATE, TRANSFER_TERMINATED},
        {TRANSFER_SUSPENDED, STEP_START, TRANSFER_STARTED},
        {TRANSFER_SUSPENDED, STEP_TERMINATE, TRANSFER_TERMINATED},
};

static enum transfer_state expected(enum transfer_state from, enum transfer_step step)
{
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (allowed[i].from == from && allowed[i].step == step)
			return allowed[i].to;
	return TRANSFER_NONE;
}

static void every_cell_is_as_the_protocol_says(void **state)
{
	(void)state;
	for (int from = 0; from < TRANSFER_STATE_COUNT; from++)
		for (int step = 0; step < STEP_COUNT; step++)
			assert_int_equal(transfer_next((enum transfer_state)from, (enum transfer_step)step),
			                 expected((enum transfer_state)from, (enum transfer_step)step));
}

static void values_outside_the_table_are_refused(void **state)
{
	(void)state;
	assert_int_equal(transfer_next((enum transfer_state)99, STEP_START), TRANSFER_NONE);
	assert_int_equal(transfer_next(TRANSFER_STARTED, (enum transfer_step)99), TRANSFER_NONE);
	assert_string_equal(transfer_state_name((enum transfer_state)99), "");
}

static void nothing_follows_an_end(void **state)
{
	(void)state;
	assert_true(transfer_ended(TRANSFER_COMPLETED));
	assert_true(transfer_ended(TRANSFER_TERMINATED));
	for (int step = 0; step < STEP_COUNT; step++) {
		assert_int_equal(transfer_next(TRANSFER_COMPLETED, (enum transfer_step)step), TRANSFER_NONE);
		assert_int_equal(transfer_next(TRANSFER_TERMINATED, (enum transfer_step)step), TRANSFER_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_cell_is_as_the_protocol_says),
	        cmocka_unit_test(values_outside_the_table_are_refused),
	        cmocka_unit_test(nothing_follows_an_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
