/* A consumer that stays away: its delivery ends as abandoned at both sides, its use is given back or committed, over
 * failures and restarts too; only a receipt may still come, however late (SB-26, DS-59, DS-71). */
#include "unit/exchange/pair.h"

#define MIB ((size_t)1 << 20)
#define IDLE_LIMIT ((int64_t)HF_TRANSFER_IDLE_SECONDS * 1000)
#define RECEIPT_LIMIT ((int64_t)HF_TRANSFER_RECEIPT_SECONDS * 1000)
#define GRACE ((int64_t)15 * 60 * 1000)

static struct hf_use_count used(struct pair *p)
{
	struct hf_use_count c;
	assert_int_equal(hf_authz_use_count(p->roads->authz, &p->grant, true, &c), HF_OK);
	return c;
}

static void after(struct pair *p, int64_t ms)
{
	p->w->now_ms += ms;
	idle_watch(p->roads->exchange);
}

static bool hold_ends(const struct post *x)
{
	return x->type == HF_MAIL_TRANSFER_END;
}

static bool hold_receipts(const struct post *x)
{
	return x->type == HF_MAIL_RECEIPT;
}

static bool on_row(void *ctx, const struct hf_ledger_row *row)
{
	struct txn_count *c = ctx;
	char text[HF_ID_TEXT];
	hf_id_text(c->txn, text);
	c->count += row->opening &&
	            hf_opening_is(row->opening, HF_FIELD_EVENT, hf_event_name(HF_EVENT_TRANSFER_TERMINATED)) &&
	            hf_opening_is(row->opening, HF_FIELD_TRANSACTION, text) &&
	            hf_opening_is(row->opening, HF_FIELD_REASON, "abandoned");
	return true;
}

/* Its own ledger names the outcome, once. */
static void assert_recorded(struct node *n, const struct hf_id *id)
{
	struct txn_count c = {.txn = id};
	node_barrier(n);
	assert_int_equal(hf_ledger_tail(n->ledger, 100000, on_row, &c), HF_OK);
	assert_int_equal(c.count, 1);
}

static void both_abandoned(struct pair *p, const struct hf_id *id)
{
	wait_both(p, id, "TERMINATED");
	assert_reason(p->roads, id, HF_E_ABANDONED, "health asked for nothing more within 86400 s");
	assert_reason(p->health, id, HF_E_ABANDONED, "health asked for nothing more within 86400 s");
	assert_wiped(p, id);
	assert_recorded(p->roads, id);
	assert_recorded(p->health, id);
	assert_int_equal(used(p).reserved, 0);
}

static void one_that_never_asked_gives_its_use_back(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	uint64_t before = used(p).committed;
	struct hf_id id = begin_quiet(p, NULL, 0);
	after(p, IDLE_LIMIT - 1);
	assert_true(is_state(p->roads, &id, "STARTED"));
	assert_int_equal(used(p).reserved, 1);
	after(p, 1);
	both_abandoned(p, &id);
	assert_int_equal(used(p).committed, before);
	assert_int_equal(p->roads->alarms, 1);
}

static void one_that_was_sent_a_chunk_has_used_the_grant(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	uint64_t before = used(p).committed;
	struct hf_id id = begin_quiet(p, NULL, 0);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	after(p, IDLE_LIMIT);
	both_abandoned(p, &id);
	assert_int_equal(used(p).committed, before + 1);
}

/* The mail waits for it; what it asks before that arrives is answered with the same. */
static void one_that_comes_back_hears_the_reason(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id id = begin_quiet(p, NULL, 0);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	p->w->hold = hold_ends;
	after(p, IDLE_LIMIT);
	until(p, is_idle(p->roads)); /* and that is durable */
	assert_true(is_state(p->health, &id, "STARTED"));
	struct asked a = ask(p, p->health, &id, 1, 0);
	assert_int_equal(a.e, HF_E_ABANDONED);
	assert_true(is_state(p->health, &id, "STARTED"));
	p->w->pass = NULL;
	receive_pump(transfer_find(p->health->exchange, &id, false));
	until(p, has_ended(p->health, &id));
	p->w->hold = NULL;
	both_abandoned(p, &id);
}

static void one_that_asks_now_and_then_is_not_abandoned(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id id = begin_quiet(p, NULL, 0);
	for (uint64_t i = 0; i < 3; i++) {
		after(p, IDLE_LIMIT - 1);
		assert_int_equal(ask(p, p->health, &id, i, 0).e, HF_OK);
	}
	p->w->pass = NULL;
	receive_pump(transfer_find(p->health->exchange, &id, false));
	wait_both(p, &id, "COMPLETED");
}

/* What was not stored did not happen. */
static void an_end_that_cannot_be_recorded_comes_with_the_next_round(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	uint64_t before = used(p).committed;
	struct hf_id id = begin_quiet(p, NULL, 0);
	set_store_fails(p->roads, true);
	after(p, IDLE_LIMIT);
	node_barrier(p->roads);
	assert_true(is_state(p->roads, &id, "STARTED"));
	assert_int_equal(used(p).reserved, 1);
	set_store_fails(p->roads, false);
	after(p, 0);
	both_abandoned(p, &id);
	assert_int_equal(used(p).committed, before);
}

/* The time before the restart counts, but a node that was away itself waits a while. What was asked for before is not
 * known any more, so the use counts: never more than agreed. */
static void a_provider_that_starts_again_ends_it_after_a_while(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	uint64_t before = used(p).committed;
	struct hf_id id = begin_quiet(p, NULL, 0);
	p->w->now_ms += IDLE_LIMIT;
	pair_restart(p->roads);
	after(p, GRACE - 1);
	assert_true(is_state(p->roads, &id, "STARTED"));
	after(p, 1);
	both_abandoned(p, &id);
	assert_int_equal(used(p).committed, before + 1);
}

/* Died with the end on its way into the store: all of it happens, once, or nothing of it. */
static void a_crash_at_the_end_counts_the_use_once(void **state)
{
	char kept[80];
	struct pair *p = pair_of(state, 3 * MIB);
	uint64_t before = used(p).committed;
	struct hf_id id = begin_quiet(p, NULL, 0);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	p->w->hold = hold_ends;
	node_barrier(p->roads);
	keep_folder(p->roads, kept);
	after(p, IDLE_LIMIT);
	until(p, has_ended(p->roads, &id));
	die_then_start(p->roads, kept);
	assert_true(is_state(p->roads, &id, "STARTED"));
	assert_int_equal(used(p).reserved, 1);
	after(p, GRACE);
	until(p, has_ended(p->roads, &id));
	node_barrier(p->roads);
	keep_folder(p->roads, kept);
	die_then_start(p->roads, kept);
	assert_true(is_state(p->roads, &id, "TERMINATED"));
	assert_int_equal(used(p).reserved, 0);
	assert_int_equal(used(p).committed, before + 1);
	end_now(transfer_find(p->health->exchange, &id, false), HF_E_CANCELLED, "the mail was lost in the crash", true);
	p->w->hold = NULL;
	wait_both(p, &id, "TERMINATED");
	settle(p->w);
}

/* DS-59 */
static void a_delivery_without_a_receipt_is_a_use_when_the_receipt_is_due(void **state)
{
	struct pair *p = pair_of(state, 1000);
	uint64_t before = used(p).committed;
	p->w->hold = hold_receipts;
	struct hf_id id = begin(p);
	until(p, has_ended(p->health, &id));
	assert_int_equal(used(p).reserved, 1);
	set_store_fails(p->roads, true);
	after(p, RECEIPT_LIMIT);
	node_barrier(p->roads);
	assert_int_equal(used(p).reserved, 1);
	assert_int_equal(p->roads->alarms, 0);
	set_store_fails(p->roads, false);
	after(p, 0);
	node_barrier(p->roads);
	assert_int_equal(used(p).reserved, 0);
	assert_int_equal(used(p).committed, before + 1);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_EXCEPTION), 1);
	assert_int_equal(p->roads->alarms, 1);
	after(p, 2 * IDLE_LIMIT); /* it has everything: that is not abandoned */
	assert_true(is_state(p->roads, &id, "STARTED"));
	p->w->hold = NULL;
	wait_both(p, &id, "COMPLETED");
	assert_int_equal(used(p).committed, before + 1);
	assert_int_equal(p->roads->alarms, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(one_that_never_asked_gives_its_use_back),
	        cmocka_unit_test(one_that_was_sent_a_chunk_has_used_the_grant),
	        cmocka_unit_test(one_that_comes_back_hears_the_reason),
	        cmocka_unit_test(one_that_asks_now_and_then_is_not_abandoned),
	        cmocka_unit_test(an_end_that_cannot_be_recorded_comes_with_the_next_round),
	        cmocka_unit_test(a_provider_that_starts_again_ends_it_after_a_while),
	        cmocka_unit_test(a_crash_at_the_end_counts_the_use_once),
	        cmocka_unit_test(a_delivery_without_a_receipt_is_a_use_when_the_receipt_is_due),
	};
	return cmocka_run_group_tests(tests, pair_up, pair_down);
}
