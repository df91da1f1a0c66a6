/*
 * Entries carry the writer's clock, cosignatures the witness's: what is more than the bound off is flagged by the full
 * check, by the trace and for the doctor; nothing is refused, and one wrong witness decides nothing (DS-61).
 */
#include "ledger/skew.h"

#include "kit.h"

#define OFF_MS (4 * (int64_t)HF_CLOCK_SKEW_MS)

static int start(void **state)
{
	struct kit *k = kit_new(NULL);

	kit_open(k, SB_AUDIT);
	kit_open(k, SB_HUB);
	kit_open(k, SB_PORT);
	kit_open(k, SB_ROADS);
	*state = k;
	return 0;
}

static int stop(void **state)
{
	kit_free(*state);
	return 0;
}

struct check {
	bool done;
	enum hf_err e;
	struct hf_ledger_check c;
};

static void on_check(void *ctx, enum hf_err e, const struct hf_ledger_check *c)
{
	struct check *r = ctx;

	r->done = true;
	r->e = e;
	r->c = *c;
}

static struct check verify(struct kit *k)
{
	struct check c = {.done = false};

	hf_ledger_verify(k->node[SB_HEALTH].ledger, NULL, on_check, &c);
	kit_until(k, c.done);
	assert_int_equal(c.e, HF_OK);
	return c;
}

static void take_clock(void *ctx, const struct hf_clock_view *v)
{
	if (strcmp(v->node, "health") == 0)
		*(struct hf_clock_view *)ctx = *v;
}

static struct hf_clock_view clocks(struct kit *k)
{
	struct hf_clock_view v = {"", 0, 0};

	hf_ledger_clocks(k->node[SB_HEALTH].ledger, take_clock, &v);
	assert_string_equal(v.node, "health");
	return v;
}

struct story {
	unsigned rows;
	char notes[2000];
};

static bool take_row(void *ctx, const struct hf_ledger_row *row)
{
	(void)row;
	((struct story *)ctx)->rows++;
	return true;
}

static void take_note(void *ctx, const char *text)
{
	struct story *s = ctx;

	snprintf(s->notes + strlen(s->notes), sizeof(s->notes) - strlen(s->notes), "%s\n", text);
}

/* One entry of a transaction, witnessed; then what the trace says. */
static struct story story(struct kit *k)
{
	struct kit_node *n = &k->node[SB_HEALTH];
	struct hf_id txn = hf_id_new(kit_now(k));
	struct hf_draft *d = hf_draft_new(HF_EVENT_TRANSFER_REQUEST, &txn);
	struct story s = {0, ""};

	hf_draft_outcome(d, HF_OK, NULL);
	kit_write(n, d);
	kit_until_witnessed(n);
	assert_int_equal(hf_ledger_trace(n->ledger, &txn, take_row, take_note, &s), HF_OK);
	assert_int_equal(s.rows, 1);
	return s;
}

static void test_clocks_that_agree(void **state)
{
	struct kit *k = *state;
	struct story s;

	kit_open(k, SB_HEALTH);
	s = story(k);
	assert_null(strstr(s.notes, "clock"));
	assert_int_equal(verify(k).c.off, 0);
	assert_true(clocks(k).ahead_ms < HF_CLOCK_SKEW_MS && clocks(k).spread_ms < HF_CLOCK_SKEW_MS);
}

static void test_a_writer_that_is_ahead(void **state)
{
	struct kit *k = *state;
	struct check c;
	struct story s;

	k->node[SB_HEALTH].off_ms = OFF_MS;
	kit_open(k, SB_HEALTH);
	s = story(k);
	assert_non_null(strstr(s.notes, "the clock of health was more than 5 minutes off"));
	c = verify(k);
	assert_int_equal(c.c.off, c.c.size);
	assert_non_null(strstr(c.c.text, "state a time that is more than 5 minutes off"));
	assert_true(clocks(k).ahead_ms > HF_CLOCK_SKEW_MS);
}

/* The rule on both sides of a checkpoint: an entry is older than the cosignatures over it, and younger than those that
 * do not cover it. */
static void test_the_rule(void **state)
{
	const struct hf_worth w = {.checkpoint.size = 4, .cosigned_ms = SB_T0}, none = {.cosigned_ms = 0};

	(void)state;
	assert_false(hf_clock_off(&w, 3, SB_T0 + HF_CLOCK_SKEW_MS));
	assert_true(hf_clock_off(&w, 3, SB_T0 + HF_CLOCK_SKEW_MS + 1));
	assert_false(hf_clock_off(&w, 3, SB_T0 - SB_YEAR)); /* it may have waited for its witnesses */
	assert_false(hf_clock_off(&w, 4, SB_T0 - HF_CLOCK_SKEW_MS));
	assert_true(hf_clock_off(&w, 4, SB_T0 - HF_CLOCK_SKEW_MS - 1));
	assert_false(hf_clock_off(&w, 4, SB_T0 + SB_YEAR)); /* nobody has said when yet */
	assert_false(hf_clock_off(&none, 0, SB_T0 + SB_YEAR));
}

/* A node whose clock is set back writes no earlier time than before: nothing to flag. */
static void test_a_clock_that_is_set_back(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = kit_open(k, SB_HEALTH);

	kit_fill(n, 3);
	kit_until_witnessed(n);
	n->off_ms = -OFF_MS;
	kit_fill(n, 2);
	assert_int_equal(verify(k).c.off, 0);
}

/* One witness whose clock is wrong: its cosignature is apart from the others', the writer is not to blame. */
static void test_one_wrong_witness(void **state)
{
	struct kit *k = *state;
	struct story s;

	k->node[SB_PORT].off_ms = -OFF_MS;
	k->down[SB_ROADS] = true; /* so that its cosignature is needed */
	kit_open(k, SB_HEALTH);
	s = story(k);
	assert_null(strstr(s.notes, "the clock of health"));
	assert_non_null(strstr(s.notes, "the witnesses' clocks over the ledger of health are 1"));
	assert_int_equal(verify(k).c.off, 0);
	assert_true(clocks(k).spread_ms > HF_CLOCK_SKEW_MS && clocks(k).ahead_ms < HF_CLOCK_SKEW_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_clocks_that_agree, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_writer_that_is_ahead, start, stop),
	        cmocka_unit_test(test_the_rule),
	        cmocka_unit_test_setup_teardown(test_a_clock_that_is_set_back, start, stop),
	        cmocka_unit_test_setup_teardown(test_one_wrong_witness, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
