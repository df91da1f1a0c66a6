/* A transfer by a rule: what a new rule does not give is not sent on under the old one. */
#include "unit/exchange/by_rule.h"

#define MIB ((size_t)1 << 20)

/* A transfer by the rule, of all the fields that it gives, whose consumer asks for nothing by itself. */
static struct hf_id begin_by_rule(struct pair *p)
{
	p->w->pass = only_asked;
	struct hf_id id = fetch_by_rule(p, p->output);
	until(p, is_state(p->health, &id, "STARTED") || has_ended(p->health, &id));
	if (!is_state(p->health, &id, "STARTED"))
		fail_msg("%s", view_of(p->health, &id).reason);
	return id;
}

/* AZ-73, DS-26: the consumer named no fields; those that are on their way are asked about all the same. */
static void a_rule_that_gives_fewer_fields_stops_a_transfer_of_all(void **state)
{
	struct pair *p = pair_of(state, 20 * MIB);
	apply_rule(p, "desk", "");
	struct hf_id id = begin_by_rule(p);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	apply_rule(p, "desk", "    obligations:\n      - fields: [flight]\n");
	struct asked a = ask(p, p->health, &id, 1, 0);
	assert_int_equal(a.e, HF_E_WRONG_FIELDS);
	assert_non_null(strstr(a.text, "'arrival'"));
	p->w->pass = NULL;
	wait_both(p, &id, "TERMINATED");
	assert_reason(p->roads, &id, HF_E_WRONG_FIELDS, "'arrival'");
	assert_wiped(p, &id);
}

static void a_rule_that_still_gives_the_fields_lets_a_transfer_go_on(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	apply_rule(p, "desk", "    obligations:\n      - fields: [flight, delay]\n");
	struct hf_id id = begin_by_rule(p);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	apply_rule(p, "desk", "");
	assert_int_equal(ask(p, p->health, &id, 1, 0).e, HF_OK);
	p->w->pass = NULL;
	wait_both(p, &id, "COMPLETED");
}

static void demand(struct pair *p, const char *duty)
{
	(void)publish(p->roads, &(struct offer){.title = "航班到达", .intake = "hub", .id = p->entry, .duty = duty});
}

/* AZ-73: an entry that asks for a firmer record while a transfer is under way is heard at the next chunk already, and
 * so is one that no longer does. */
static void a_record_that_the_entry_demands_later_holds_at_the_next_chunk(void **state)
{
	static const char *const duties[] = {"record-witnessed", "record-mirrored"};
	struct pair *p = pair_of(state, 3 * MIB);
	apply_rule(p, "desk", "");
	struct hf_id id = begin_by_rule(p);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	for (size_t i = 0; i < 2; i++) {
		demand(p, duties[i]);
		for (int again = 0; again < 2; again++) {
			struct asked a = ask(p, p->health, &id, 1, 0);
			assert_int_equal(a.e, HF_E_BUSY);
			assert_non_null(strstr(a.text, "not as firm"));
		}
	}
	demand(p, NULL);
	struct asked next = ask(p, p->health, &id, 1, 0);
	if (next.e != HF_OK)
		fail_msg("%s", next.text);
	p->w->pass = NULL;
	wait_both(p, &id, "COMPLETED");
}

/* What waits for its record is ended by what takes the right away, and does not go on waiting. */
static void a_transfer_that_waits_for_its_record_ends_with_the_rule(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	apply_rule(p, "desk", "");
	struct hf_id id = begin_by_rule(p);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	demand(p, "record-mirrored");
	assert_int_equal(ask(p, p->health, &id, 1, 0).e, HF_E_BUSY);
	apply_rule(p, "desk", "    obligations:\n      - fields: [flight]\n");
	assert_int_equal(ask(p, p->health, &id, 1, 0).e, HF_E_WRONG_FIELDS);
	p->w->pass = NULL;
	wait_both(p, &id, "TERMINATED");
	assert_reason(p->roads, &id, HF_E_WRONG_FIELDS, "'arrival'");
	demand(p, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_rule_that_gives_fewer_fields_stops_a_transfer_of_all),
	        cmocka_unit_test(a_rule_that_still_gives_the_fields_lets_a_transfer_go_on),
	        cmocka_unit_test(a_record_that_the_entry_demands_later_holds_at_the_next_chunk),
	        cmocka_unit_test(a_transfer_that_waits_for_its_record_ends_with_the_rule),
	};
	return cmocka_run_group_tests(tests, pair_up, pair_down);
}
