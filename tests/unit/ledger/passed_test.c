/*
 * Which time has passed by the word of the witnesses: what a quorum of them states or exceeds. Of the four witnesses of
 * the ledger three are the quorum. One that lies moves nothing, neither ahead nor back (AZ-31).
 */
#include "kit.h"

#define OFF_MS (4 * (int64_t)HF_CLOCK_SKEW_MS)
#define NEAR_MS (2 * (int64_t)60000) /* how long a test may take */

static int start(void **state)
{
	*state = kit_new(NULL);
	return 0;
}

static int stop(void **state)
{
	kit_free(*state);
	return 0;
}

static const unsigned witnesses[] = {SB_AUDIT, SB_HUB, SB_PORT, SB_ROADS};

/* Some of the witnesses are off by so much; the ledger is cosigned by all. */
static struct kit_node *cosigned(struct kit *k, const int64_t off_ms[4])
{
	struct kit_node *n;

	for (size_t i = 0; i < 4; i++) {
		k->node[witnesses[i]].off_ms = off_ms[i];
		kit_open(k, witnesses[i]);
	}
	n = kit_open(k, SB_HEALTH);
	kit_fill(n, 2);
	for (size_t i = 0; i < 4; i++)
		kit_until(k,
		          hf_ledger_peer(n->ledger, k->sb->name[witnesses[i]])->cosigned_size == kit_state(n).durable);
	return n;
}

static void is_near(struct kit *k, struct kit_node *n, int64_t off_ms)
{
	int64_t passed = hf_ledger_passed_ms(n->ledger, 0), want = kit_now(k) + off_ms;

	assert_true(passed <= want && passed > want - NEAR_MS);
}

static void test_witnesses_that_agree(void **state)
{
	is_near(*state, cosigned(*state, (const int64_t[]){0, 0, 0, 0}), 0);
}

static void test_one_that_is_ahead(void **state)
{
	is_near(*state, cosigned(*state, (const int64_t[]){OFF_MS, 0, 0, 0}), 0);
}

static void test_one_that_is_behind(void **state)
{
	is_near(*state, cosigned(*state, (const int64_t[]){0, -OFF_MS, 0, 0}), 0);
}

static void test_two_that_lie_in_both_directions(void **state)
{
	is_near(*state, cosigned(*state, (const int64_t[]){OFF_MS, -OFF_MS, 0, 0}), 0);
}

static void test_two_that_are_ahead(void **state)
{
	is_near(*state, cosigned(*state, (const int64_t[]){OFF_MS, OFF_MS, 0, 0}), 0);
}

/* What it rests on: a whole quorum that is wrong together is believed; people have to take that back. */
static void test_a_quorum_that_is_ahead(void **state)
{
	is_near(*state, cosigned(*state, (const int64_t[]){OFF_MS, OFF_MS, OFF_MS, 0}), OFF_MS);
}

static void test_fewer_than_a_quorum_say_nothing(void **state)
{
	struct kit *k = *state;
	struct kit_node *n;

	kit_open(k, SB_AUDIT);
	kit_open(k, SB_HUB);
	kit_open(k, SB_PORT); /* the quorum has to open the gate */
	n = kit_open(k, SB_HEALTH);
	kit_fill(n, 2);
	kit_until_witnessed(n);
	is_near(k, n, 0);
	assert_int_equal(hf_ledger_passed_ms(n->ledger, kit_state(n).durable + 1), 0);
	assert_true(hf_ledger_passed_ms(n->ledger, kit_state(n).durable) > 0);
	kit_close(k, SB_PORT);
	kit_fill(n, 2);
	kit_until(k, hf_ledger_peer(n->ledger, "audit")->cosigned_size == kit_state(n).durable);
	kit_until(k, hf_ledger_peer(n->ledger, "hub")->cosigned_size == kit_state(n).durable);
	assert_int_equal(hf_ledger_passed_ms(n->ledger, kit_state(n).durable), 0); /* port has not seen these */
}

struct heard {
	unsigned calls;
	int64_t last_ms;
};

static void on_passed(void *ctx, struct hf_unit *unit, int64_t passed_ms)
{
	struct heard *h = ctx;

	assert_non_null(unit);
	h->calls++;
	h->last_ms = passed_ms;
}

static void count_said(void *ctx, const char *witness, int64_t says_ms)
{
	assert_true(strlen(witness) > 0);
	*(unsigned *)ctx += says_ms > 0;
}

static void test_who_listens_is_told_with_each_cosignature_of_a_quorum(void **state)
{
	struct kit *k = *state;
	struct heard h = {0, 0};
	unsigned said = 0;
	struct kit_node *n = cosigned(k, (const int64_t[]){0, 0, 0, 0});

	hf_ledger_on_passed(n->ledger, on_passed, &h);
	kit_fill(n, 1);
	kit_until(k, h.calls >= 3);
	assert_int_equal(h.last_ms, hf_ledger_passed_ms(n->ledger, 0));
	hf_ledger_said(n->ledger, count_said, &said);
	assert_int_equal(said, 4);
	hf_ledger_on_passed(n->ledger, NULL, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(test_witnesses_that_agree),
	        TEST(test_one_that_is_ahead),
	        TEST(test_one_that_is_behind),
	        TEST(test_two_that_lie_in_both_directions),
	        TEST(test_two_that_are_ahead),
	        TEST(test_a_quorum_that_is_ahead),
	        TEST(test_fewer_than_a_quorum_say_nothing),
	        TEST(test_who_listens_is_told_with_each_cosignature_of_a_quorum),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
