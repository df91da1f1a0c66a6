/* The state table of the negotiation: exactly the listed steps are possible, every other one is forbidden. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "authz/states.h"

#define C HF_PART_CONSUMER
#define I HF_PART_INTAKE
#define P HF_PART_PROVIDER
#define ROW(part, from, step, next)                                                                                    \
	{                                                                                                              \
		part, HF_REVIEW_##from, HF_STEP_##step, HF_REVIEW_##next                                               \
	}

/* Written down a second time, from the description of the workflow and not from the table. */
static const struct allowed {
	enum hf_part part;
	enum hf_review_state from;
	enum hf_step step;
	enum hf_review_state next;
} allowed[] = {
        ROW(C, NONE, DRAFT, DRAFT),
        ROW(C, DRAFT, NEED_CONFIRM, SUBMITTED),
        ROW(C, DRAFT, NEED_REFUSE, NEED_REFUSED),
        ROW(C, DRAFT, WITHDRAW, WITHDRAWN),
        ROW(C, NEED_REFUSED, RESUBMIT, DRAFT),
        ROW(C, NEED_REFUSED, WITHDRAW, WITHDRAWN),
        ROW(C, SUBMITTED, COMPLIANCE_PASS, SUBMITTED),
        ROW(C, SUBMITTED, COMPLIANCE_REFUSE, COMPLIANCE_REFUSED),
        ROW(C, SUBMITTED, COMPLIANCE_RETURN, RETURNED),
        ROW(C, SUBMITTED, APPROVE, AGREED),
        ROW(C, SUBMITTED, REJECT, REJECTED),
        ROW(C, SUBMITTED, RETURN, RETURNED),
        ROW(C, SUBMITTED, WITHDRAW, WITHDRAWN),
        ROW(C, RETURNED, RESUBMIT, DRAFT),
        ROW(C, RETURNED, WITHDRAW, WITHDRAWN),
        ROW(C, AGREED, VERIFY, VERIFIED),
        ROW(C, AGREED, TERMINATE, TERMINATED),
        ROW(C, VERIFIED, FINALIZE, FINALIZED),
        ROW(C, VERIFIED, REVOKE, TERMINATED),
        ROW(C, FINALIZED, REVOKE, FINALIZED),
        ROW(C, WITHDRAWN, COMPLIANCE_PASS, WITHDRAWN),
        ROW(C, WITHDRAWN, COMPLIANCE_REFUSE, COMPLIANCE_REFUSED),
        ROW(C, WITHDRAWN, COMPLIANCE_RETURN, WITHDRAWN),
        ROW(C, WITHDRAWN, APPROVE, WITHDRAWN),
        ROW(C, WITHDRAWN, REJECT, REJECTED),
        ROW(C, WITHDRAWN, RETURN, WITHDRAWN),

        ROW(I, NONE, RECEIVE, RECEIVED),
        ROW(I, RECEIVED, COMPLIANCE_PASS, FORWARDED),
        ROW(I, RECEIVED, COMPLIANCE_REFUSE, COMPLIANCE_REFUSED),
        ROW(I, RECEIVED, COMPLIANCE_RETURN, RETURNED),
        ROW(I, RECEIVED, WITHDRAW, WITHDRAWN),
        ROW(I, FORWARDED, APPROVE, AGREED),
        ROW(I, FORWARDED, REJECT, REJECTED),
        ROW(I, FORWARDED, RETURN, RETURNED),
        ROW(I, FORWARDED, WITHDRAW, WITHDRAWN),
        ROW(I, RETURNED, RECEIVE, RECEIVED),
        ROW(I, RETURNED, WITHDRAW, WITHDRAWN),
        ROW(I, AGREED, WITHDRAW, WITHDRAWN),
        ROW(I, AGREED, TERMINATE, TERMINATED),
        ROW(I, REJECTED, WITHDRAW, REJECTED),
        ROW(I, COMPLIANCE_REFUSED, WITHDRAW, COMPLIANCE_REFUSED),
        ROW(I, WITHDRAWN, APPROVE, WITHDRAWN),
        ROW(I, WITHDRAWN, REJECT, REJECTED),
        ROW(I, WITHDRAWN, RETURN, WITHDRAWN),

        ROW(P, NONE, RECEIVE, RECEIVED),
        ROW(P, NONE, RECEIVE_PERSONAL, PRIVACY_WAITING),
        ROW(P, RECEIVED, PRIVACY_PASS, PRIVACY_PASSED),
        ROW(P, RECEIVED, PRIVACY_FAIL, PRIVACY_FAILED),
        ROW(P, RECEIVED, APPROVE, AGREED),
        ROW(P, RECEIVED, APPROVE_FIRST, SECOND_WAITING), /* DS-20 */
        ROW(P, SECOND_WAITING, APPROVE, AGREED),
        ROW(P, SECOND_WAITING, REJECT, REJECTED),
        ROW(P, SECOND_WAITING, RETURN, RETURNED),
        ROW(P, SECOND_WAITING, WITHDRAW, WITHDRAWN),
        ROW(P, RECEIVED, REJECT, REJECTED),
        ROW(P, RECEIVED, RETURN, RETURNED),
        ROW(P, RECEIVED, WITHDRAW, WITHDRAWN),
        ROW(P, PRIVACY_WAITING, PRIVACY_PASS, PRIVACY_PASSED),
        ROW(P, PRIVACY_WAITING, PRIVACY_FAIL, PRIVACY_FAILED),
        ROW(P, PRIVACY_WAITING, REJECT, REJECTED),
        ROW(P, PRIVACY_WAITING, RETURN, RETURNED),
        ROW(P, PRIVACY_WAITING, WITHDRAW, WITHDRAWN),
        ROW(P, PRIVACY_PASSED, APPROVE, AGREED),
        ROW(P, PRIVACY_PASSED, APPROVE_FIRST, SECOND_WAITING),
        ROW(P, PRIVACY_PASSED, REJECT, REJECTED),
        ROW(P, PRIVACY_PASSED, RETURN, RETURNED),
        ROW(P, PRIVACY_PASSED, WITHDRAW, WITHDRAWN),
        ROW(P, PRIVACY_FAILED, REJECT, REJECTED),
        ROW(P, PRIVACY_FAILED, RETURN, RETURNED),
        ROW(P, PRIVACY_FAILED, WITHDRAW, WITHDRAWN),
        ROW(P, RETURNED, RECEIVE, RECEIVED),
        ROW(P, RETURNED, RECEIVE_PERSONAL, PRIVACY_WAITING),
        ROW(P, RETURNED, WITHDRAW, WITHDRAWN),
        ROW(P, AGREED, VERIFY, VERIFIED),
        ROW(P, AGREED, WITHDRAW, WITHDRAWN),
        ROW(P, AGREED, TERMINATE, TERMINATED),
        ROW(P, AGREED, REVOKE, TERMINATED),
        ROW(P, VERIFIED, FINALIZE, FINALIZED),
        ROW(P, FINALIZED, REVOKE, FINALIZED),
        ROW(P, REJECTED, WITHDRAW, REJECTED),
        ROW(P, TERMINATED, VERIFY, TERMINATED),
        ROW(P, TERMINATED, WITHDRAW, WITHDRAWN),
        ROW(P, TERMINATED, TERMINATE, TERMINATED),
};
#define ALLOWED (sizeof(allowed) / sizeof(allowed[0]))

/* HF_REVIEW_COUNT when the step is not listed. */
static enum hf_review_state listed_next(enum hf_part part, enum hf_review_state from, enum hf_step step)
{
	for (size_t i = 0; i < ALLOWED; i++)
		if (allowed[i].part == part && allowed[i].from == from && allowed[i].step == step)
			return allowed[i].next;
	return HF_REVIEW_COUNT;
}

/* SB-25: draft, submitted, reviewed, granted or refused is enforced; skipping a state fails. */
static void every_step_that_is_not_listed_is_forbidden(void **state)
{
	(void)state;
	size_t possible = 0;
	for (int part = HF_PART_CONSUMER; part < HF_PART_COUNT; part++)
		for (int from = 0; from < HF_REVIEW_COUNT; from++)
			for (int step = 1; step < HF_STEP_COUNT; step++) {
				enum hf_review_state next = HF_REVIEW_COUNT;
				bool ok = hf_states_next((enum hf_part)part, (enum hf_review_state)from,
				                         (enum hf_step)step, &next);
				assert_int_equal(next, listed_next((enum hf_part)part, (enum hf_review_state)from,
				                                   (enum hf_step)step));
				assert_int_equal(ok, next != HF_REVIEW_COUNT);
				possible += ok;
			}
	assert_int_equal(possible, ALLOWED);
}

static void what_is_outside_the_table_is_forbidden(void **state)
{
	(void)state;
	enum hf_review_state next = HF_REVIEW_DRAFT;
	assert_false(hf_states_next(HF_PART_INVALID, HF_REVIEW_NONE, HF_STEP_DRAFT, &next));
	assert_false(hf_states_next(HF_PART_COUNT, HF_REVIEW_NONE, HF_STEP_DRAFT, &next));
	assert_false(hf_states_next(C, HF_REVIEW_COUNT, HF_STEP_DRAFT, &next));
	assert_false(hf_states_next(C, HF_REVIEW_NONE, HF_STEP_COUNT, &next));
	assert_false(hf_states_next(C, HF_REVIEW_NONE, HF_STEP_INVALID, &next));
	assert_int_equal(next, HF_REVIEW_DRAFT);
}

/* AZ-28: T cannot be set on an F application; AZ-16: nor where the privacy review is missing or failed. DS-20: the
 * second level approves what the first one has. */
static void approval_is_possible_in_three_states_only(void **state)
{
	(void)state;
	enum hf_review_state next;
	for (int from = 0; from < HF_REVIEW_COUNT; from++)
		assert_int_equal(hf_states_next(P, (enum hf_review_state)from, HF_STEP_APPROVE, &next),
		                 from == HF_REVIEW_RECEIVED || from == HF_REVIEW_PRIVACY_PASSED ||
		                         from == HF_REVIEW_SECOND_WAITING);
}

/* The negotiation states that follow from the table are those of the Dataspace Protocol 2025-1; a new revision is a new
 * request. */
static bool protocol_allows(enum hf_negotiation_state from, enum hf_negotiation_state to)
{
	static const bool cells[HF_NEGOTIATION_COUNT][HF_NEGOTIATION_COUNT] = {
	        [HF_NEGOTIATION_NONE] = {[HF_NEGOTIATION_REQUESTED] = true, [HF_NEGOTIATION_TERMINATED] = true},
	        [HF_NEGOTIATION_REQUESTED] = {[HF_NEGOTIATION_AGREED] = true, [HF_NEGOTIATION_TERMINATED] = true},
	        [HF_NEGOTIATION_AGREED] = {[HF_NEGOTIATION_VERIFIED] = true, [HF_NEGOTIATION_TERMINATED] = true},
	        [HF_NEGOTIATION_VERIFIED] = {[HF_NEGOTIATION_FINALIZED] = true, [HF_NEGOTIATION_TERMINATED] = true},
	        [HF_NEGOTIATION_TERMINATED] = {[HF_NEGOTIATION_NONE] = true, [HF_NEGOTIATION_REQUESTED] = true},
	};
	return from == to || cells[from][to];
}

static void the_protocol_column_follows_the_dataspace_protocol(void **state)
{
	(void)state;
	for (size_t i = 0; i < ALLOWED; i++)
		assert_true(protocol_allows(hf_states_negotiation(allowed[i].from),
		                            hf_states_negotiation(allowed[i].next)));
	assert_string_equal(hf_states_negotiation_name(hf_states_negotiation(HF_REVIEW_SUBMITTED)), "REQUESTED");
	assert_string_equal(hf_states_negotiation_name(hf_states_negotiation(HF_REVIEW_FINALIZED)), "FINALIZED");
}

static void names_are_there_and_read_back(void **state)
{
	(void)state;
	for (int s = HF_REVIEW_NONE + 1; s < HF_REVIEW_COUNT; s++) {
		assert_true(strlen(hf_states_name((enum hf_review_state)s)) > 0);
		assert_int_equal(hf_states_from_name(hf_states_name((enum hf_review_state)s)), s);
	}
	for (int s = 1; s < HF_STEP_COUNT; s++)
		assert_true(strlen(hf_states_step_name((enum hf_step)s)) > 0);
	assert_int_equal(hf_states_from_name("APPROVED"), HF_REVIEW_NONE);
	assert_string_equal(hf_states_part_name(HF_PART_INTAKE), "intake");
}

/* AZ-12: what is reported to the consumer are the ends of the matter, and the return. */
static void ends_are_reported(void **state)
{
	(void)state;
	static const enum hf_review_state reported[] = {
	        HF_REVIEW_NEED_REFUSED, HF_REVIEW_COMPLIANCE_REFUSED, HF_REVIEW_RETURNED,  HF_REVIEW_REJECTED,
	        HF_REVIEW_FINALIZED,    HF_REVIEW_WITHDRAWN,          HF_REVIEW_TERMINATED};
	size_t count = 0;
	for (int s = 0; s < HF_REVIEW_COUNT; s++)
		count += hf_states_reported((enum hf_review_state)s);
	assert_int_equal(count, sizeof(reported) / sizeof(reported[0]));
	for (size_t i = 0; i < count; i++)
		assert_true(hf_states_reported(reported[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_step_that_is_not_listed_is_forbidden),
	        cmocka_unit_test(what_is_outside_the_table_is_forbidden),
	        cmocka_unit_test(approval_is_possible_in_three_states_only),
	        cmocka_unit_test(the_protocol_column_follows_the_dataspace_protocol),
	        cmocka_unit_test(names_are_there_and_read_back),
	        cmocka_unit_test(ends_are_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
