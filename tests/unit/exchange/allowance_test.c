/* How much the holders of a role may take in a window of time: its border, its end, clocks, restarts (DS-117). */
#include "exchange/allowance.h"
#include "unit/exchange/reads.h"

#define MINUTE ((int64_t)60000)
#define ALLOWANCE(...) ((struct allowance_amount){__VA_ARGS__})

static void limit_all(struct pair *p, const struct hf_bulk_limit *list, size_t count)
{
	hf_exchange_set_bulk(p->health->exchange, list, count);
}

static void limit_operators(struct pair *p, uint64_t objects, uint64_t rows, uint64_t bytes)
{
	char role[] = "operator";
	limit_all(p, &(struct hf_bulk_limit){role, 10, objects, rows, bytes}, 1);
}

static enum hf_err take(struct pair *p, const char *who, struct allowance_amount amount)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_unit *u = hf_unit_new();
	enum hf_err e = allowance_take(p->health->exchange->allowance, who, &amount, u, &f);
	if (hf_unit_empty(u))
		hf_unit_free(u);
	else
		hf_store_submit(p->health->store, u, NULL, NULL);
	node_barrier(p->health);
	return e;
}

static void the_limit_itself_may_be_taken_and_nothing_more(void **state)
{
	struct pair *p = *state;
	limit_operators(p, 0, 0, 100);
	unsigned alarms = p->health->alarms;
	assert_int_equal(take(p, "wang", ALLOWANCE(.bytes = 99)), HF_OK);
	assert_int_equal(take(p, "wang", ALLOWANCE(.bytes = 2)), HF_E_BULK);
	assert_int_equal(take(p, "wang", ALLOWANCE(.bytes = 1)), HF_OK); /* what was denied was not counted */
	assert_int_equal(take(p, "wang", ALLOWANCE(.bytes = 1)), HF_E_BULK);
	assert_int_equal(take(p, "wang", ALLOWANCE(.rows = 1000, .objects = 1000)), HF_OK);
	assert_int_equal(take(p, "wang", ALLOWANCE(.bytes = UINT64_MAX)), HF_E_BULK);
	assert_int_equal(p->health->alarms, alarms + 1); /* one in a window */
}

static void a_role_that_is_not_limited_takes_what_it_wants(void **state)
{
	struct pair *p = *state;
	limit_operators(p, 1, 1, 1);
	assert_false(allowance_counts(p->health->exchange->allowance, "li"));
	assert_int_equal(take(p, "li", ALLOWANCE(.bytes = UINT64_MAX)), HF_OK);
	assert_true(allowance_counts(p->health->exchange->allowance, "wang"));
	assert_true(allowance_counts(p->health->exchange->allowance, "nobody")); /* fail closed */
	limit_all(p, NULL, 0);
	assert_false(allowance_counts(p->health->exchange->allowance, "wang"));
}

static void a_window_ends_and_another_one_begins(void **state)
{
	struct pair *p = *state;
	limit_operators(p, 1, 0, 0);
	assert_int_equal(take(p, "wang", ALLOWANCE(.objects = 1)), HF_OK);
	p->w->now_ms += 10 * MINUTE - 1;
	assert_int_equal(take(p, "wang", ALLOWANCE(.objects = 1)), HF_E_BULK);
	p->w->now_ms += 1;
	assert_int_equal(take(p, "wang", ALLOWANCE(.objects = 1)), HF_OK);
	p->w->now_ms -= 20 * MINUTE; /* set back: still that window */
	assert_int_equal(take(p, "wang", ALLOWANCE(.objects = 1)), HF_E_BULK);
}

static void a_restart_forgets_nothing(void **state)
{
	struct pair *p = *state;
	limit_operators(p, 0, 10, 0);
	assert_int_equal(take(p, "wang", ALLOWANCE(.rows = 6)), HF_OK);
	pair_restart(p->health);
	limit_operators(p, 0, 10, 0);
	assert_int_equal(take(p, "wang", ALLOWANCE(.rows = 5)), HF_E_BULK);
	assert_int_equal(take(p, "wang", ALLOWANCE(.rows = 4)), HF_OK);
}

/* Of two limits the narrower one denies, and then neither counts. */
static void every_role_that_an_account_holds_limits_it(void **state)
{
	struct pair *p = *state;
	char operator[] = "operator", approver[] = "approver";
	const struct hf_bulk_limit list[] = {{operator, 10, 0, 0, 100}, {approver, 10, 0, 0, 10}};
	limit_all(p, list, 2);
	assert_int_equal(take(p, "nobody", ALLOWANCE(.bytes = 11)), HF_E_BULK); /* holds all, as far as anybody knows */
	assert_int_equal(take(p, "nobody", ALLOWANCE(.bytes = 10)), HF_OK);
	assert_int_equal(take(p, "wang", ALLOWANCE(.bytes = 100)), HF_OK);
	assert_int_equal(take(p, "ma", ALLOWANCE(.bytes = 11)), HF_E_BULK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(the_limit_itself_may_be_taken_and_nothing_more, pair_up, pair_down),
	        cmocka_unit_test_setup_teardown(a_role_that_is_not_limited_takes_what_it_wants, pair_up, pair_down),
	        cmocka_unit_test_setup_teardown(a_window_ends_and_another_one_begins, pair_up, pair_down),
	        cmocka_unit_test_setup_teardown(a_restart_forgets_nothing, pair_up, pair_down),
	        cmocka_unit_test_setup_teardown(every_role_that_an_account_holds_limits_it, pair_up, pair_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
