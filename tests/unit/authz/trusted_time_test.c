/*
 * The mark of trusted time in the store, under the clock, and its recovery by two people (AZ-31). What a quorum of the
 * witnesses says is given here as the ledger gives it; how it comes about is shown in unit/ledger/passed_test.c.
 */
#include "authz/grant_review.h"
#include "authz/trusted_time.h"

#include "ledger/internal.h"
#include "unit/authz/cast.h"

#define JUMP (310 * DAY)                      /* beyond the grant, within the membership */
#define WRONG (2 * (int64_t)HF_CLOCK_SKEW_MS) /* within a session */

struct hands {
	struct stage *s;
	struct world *w;
	int64_t mono_ms;
	struct hf_system_clock *guard;
};
static struct hands hands;

static int64_t hand_now(void *ctx)
{
	return ((struct hands *)ctx)->w->now_ms;
}

static int64_t hand_mono(void *ctx)
{
	return ((struct hands *)ctx)->mono_ms;
}

/* The node roads runs again, with a guarded clock, as after a start at that local time. */
static void start_again(int64_t local_ms)
{
	struct node *n = hands.s->roads;
	const struct hf_clock raw = {hand_now, hand_mono, &hands};
	hf_authz_close(n->authz);
	hf_system_clock_free(hands.guard);
	hands.w->now_ms = local_ms;
	hands.mono_ms = 5000;
	hands.guard = hf_system_clock_new_over(&raw);
	hf_system_clock_get(hands.guard, &n->base.clock);
	n->base.guard = hands.guard;
	node_open_authz(n);
}

static int up(void **state)
{
	int e = stage_up(state);
	hands = (struct hands){.s = *state, .w = ((struct stage *)*state)->w};
	hire(hands.s->roads, "root", "admin", "", "HR-9001");
	hire(hands.s->roads, "root2", "admin", "", "HR-9001"); /* another account of the same person */
	hire(hands.s->roads, "other", "admin", "", "HR-9002");
	hire(hands.s->roads, "leaver", "admin", "", "HR-9003");
	start_again(NOW);
	return e;
}

static int down(void **state)
{
	struct node *n = hands.s->roads;
	n->base.clock = (struct hf_clock){world_now, world_now, n->world};
	hf_authz_close(n->authz);
	n->base.guard = NULL;
	node_open_authz(n);
	hf_system_clock_free(hands.guard);
	return stage_down(state);
}

/* The witnesses speak: what the ledger does with a cosignature. */
static void witnesses_say(int64_t passed_ms)
{
	struct hf_ledger *l = hands.s->roads->ledger;
	struct hf_unit *u = hf_unit_new();
	assert_non_null(l->on_passed);
	l->on_passed(l->on_passed_ctx, u, passed_ms);
	submit_wait(hands.s->roads, u);
}

static int64_t trusted(void)
{
	return hf_now_ms(&hands.s->roads->base.clock);
}

static int64_t mark(void)
{
	struct hf_time_view v;
	hf_authz_time(hands.s->roads->authz, &v);
	assert_int_equal(v.trusted_ms, trusted());
	assert_int_equal(v.local_ms, hands.w->now_ms);
	return v.mark_ms;
}

static void a_restart_with_a_clock_set_back_revives_nothing(void **state)
{
	struct stage *s = *state;
	struct hf_id application = granted(s, &s->plain);
	struct hf_grant_view g;
	struct hf_id grant = grant_at(s->roads, &application);
	MUST(hf_authz_grant(s->roads->authz, &grant, &g));
	assert_string_equal(g.state, "active");
	witnesses_say(g.until_ms); /* exclusive: it is over */
	assert_int_equal(mark(), g.until_ms);
	start_again(NOW);
	assert_int_equal(mark(), g.until_ms);
	assert_int_equal(trusted(), g.until_ms);
	struct hf_access_request rq = asking(&s->plain, trusted());
	assert_int_equal(decided(s->roads, &rq), HF_E_GRANT_EXPIRED);
	start_again(NOW - DAY);
	rq.now_ms = trusted();
	assert_int_equal(decided(s->roads, &rq), HF_E_GRANT_EXPIRED);
}

static void a_jump_forward_denies_and_leaves_no_trace(void **state)
{
	struct stage *s = *state;
	(void)granted(s, &s->plain);
	struct hf_access_request rq = asking(&s->plain, trusted());
	witnesses_say(NOW);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	hands.w->now_ms = NOW + JUMP;
	rq.now_ms = trusted();
	assert_int_equal(decided(s->roads, &rq), HF_E_GRANT_EXPIRED);
	hands.w->now_ms = NOW + 1000;
	rq.now_ms = trusted();
	assert_int_equal(rq.now_ms, NOW + 1000);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	start_again(NOW + JUMP); /* the same over a start */
	assert_int_equal(trusted(), NOW + JUMP);
	hands.w->now_ms = NOW + 2000;
	rq.now_ms = trusted();
	assert_int_equal(rq.now_ms, NOW + 2000);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	assert_int_equal(mark(), NOW);
}

static void the_mark_only_advances(void **state)
{
	(void)state;
	witnesses_say(NOW + 10000);
	witnesses_say(NOW + 5000);
	assert_int_equal(mark(), NOW + 10000);
	hands.mono_ms += 60000;
	hands.w->now_ms = 0;
	assert_int_equal(trusted(), NOW + 70000);
	assert_int_equal(mark(), NOW + 10000);
}

static const struct hf_space *space_of(void *ctx)
{
	return ((struct world *)ctx)->space;
}

/* The ledger has no network here: it knows the space only while a command runs. */
static void know_space(bool on)
{
	struct hf_ledger *l = hands.s->roads->ledger;
	l->net.space = space_of;
	l->net.ctx = hands.w;
	l->started = on;
}

/* Without a word of the witnesses: how far the floor has grown is stored too. */
static void a_restart_takes_nothing_back_but_the_time_it_was_down(void **state)
{
	(void)state;
	witnesses_say(NOW);
	hands.mono_ms += DAY;
	hands.w->now_ms = NOW + 100 * DAY; /* the local clock is not what is kept */
	az_time_keep(hands.s->roads->authz);
	settle(hands.w);
	start_again(0);
	assert_int_equal(trusted(), NOW + DAY);
	assert_int_equal(mark(), NOW);
}

static enum hf_err ask_as(const char *who, struct hf_id *ret_id)
{
	COMMAND(c, hands.s->roads, who);
	know_space(true);
	enum hf_err e = hf_authz_time_recover(hands.s->roads->authz, &c.in, "a time server was wrong", ret_id);
	know_space(false);
	return command_end(&c, e);
}

static enum hf_err approve_as(const char *who, const struct hf_id *id)
{
	int64_t to = 0;
	COMMAND(c, hands.s->roads, who);
	know_space(true);
	enum hf_err e = hf_authz_time_approve(hands.s->roads->authz, &c.in, id, &to);
	know_space(false);
	return command_end(&c, e);
}

/* The witnesses of the stage's space, as peers of the ledger, say that time over its newest checkpoint. */
static void witnesses_of_ledger_say(int64_t ms, uint64_t size)
{
	static const char *const names[] = {"audit", "health", "hub", "port"};
	struct hf_ledger *l = hands.s->roads->ledger;
	for (size_t i = 0; i < 4; i++) {
		hf_ledger_peer(l, names[i])->says_ms = ms;
		hf_ledger_peer(l, names[i])->says_size = size;
	}
}

/* Both people's sentences can be checked by whoever holds the descriptor. */
static void signed_by(const Hufu__TimeRecoveryRow *row, const ProtobufCBinaryData *bytes, const char *account,
                      const char *result)
{
	HF_CLEANUP(hf_decoded_done)
	Hufu__SignedStatement *st = HF_DECODE_OWN(signed_statement, bytes->data, bytes->len);
	HF_CLEANUP(hf_decoded_done) Hufu__Statement *s = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__PersonCertificate *c = NULL;
	struct hf_fault f = {HF_OK, ""};
	assert_non_null(st);
	if (hf_space_open_statement(hf_peers_space(&hands.s->health->peers), st, "manage-node", &s, &c, &f) != HF_OK)
		fail_msg("%s", f.text);
	assert_string_equal(s->kind, "time-recovery");
	assert_string_equal(s->account, account);
	assert_string_equal(s->result, result);
	assert_true(s->object.len == row->id.len && memcmp(s->object.data, row->id.data, row->id.len) == 0);
}

static bool one_recovery(void *ctx, const Hufu__TimeRecoveryRow *row)
{
	if (strcmp(row->asked_by, "leaver") == 0)
		return true;
	assert_int_equal(row->state, HF_RECOVERY_DONE);
	assert_string_equal(row->asked_by, "root");
	signed_by(row, &row->asked, "root", "pass");
	signed_by(row, &row->approved, "other", "T");
	assert_string_equal(row->approved_by, "other");
	assert_int_equal(row->to_ms, NOW + 3000);
	++*(unsigned *)ctx;
	return true;
}

static bool is_recovery(void *ctx, const struct hf_ledger_row *row)
{
	for (size_t i = 0; row->opening && i < row->opening->n_fields; i++)
		if (row->opening->fields[i]->field == HF_FIELD_EVENT &&
		    memcmp(row->opening->fields[i]->value.data, "time-recovery", 13) == 0)
			++*(unsigned *)ctx;
	return true;
}

static void a_wrong_mark_is_taken_back_by_two_people(void **state)
{
	struct hf_ledger *l = hands.s->roads->ledger;
	struct hf_ledger_state before;
	struct hf_id id, gone;
	unsigned rows = 0, entries_found = 0;
	(void)state;
	assert_int_equal(ask_as("root", &id), HF_E_STATE); /* nobody has spoken */
	witnesses_of_ledger_say(NOW, 1);
	assert_int_equal(ask_as("root", &id), HF_E_STATE); /* nothing is wrong */
	witnesses_say(NOW + WRONG);
	witnesses_of_ledger_say(NOW + 1000, 1);
	MUST(ask_as("leaver", &gone));
	deregister(hands.s->roads, "leaver"); /* DS-15: what waits for a second person counts no more */
	assert_int_equal(approve_as("other", &gone), HF_E_STANDING);
	assert_non_null(strstr(last_fault, "'leaver', who was deregistered"));
	MUST(ask_as("root", &id));
	assert_int_equal(approve_as("root", &id), HF_E_SEPARATION);
	assert_int_equal(approve_as("root2", &id), HF_E_SEPARATION);
	assert_int_equal(approve_as("other", &id), HF_E_BUSY); /* what was said before does not count */
	hf_ledger_state(l, &before);
	witnesses_of_ledger_say(NOW + 3000, before.durable);
	assert_int_equal(mark(), NOW + WRONG);
	MUST(approve_as("other", &id));
	assert_int_equal(mark(), NOW + 3000);
	assert_int_equal(trusted(), NOW + 3000);
	assert_int_equal(approve_as("other", &id), HF_E_STATE);
	MUST(hf_authz_time_recoveries(hands.s->roads->authz, one_recovery, &rows));
	assert_int_equal(rows, 1);
	MUST(hf_ledger_tail(l, 50, is_recovery, &entries_found));
	assert_int_equal(entries_found, 1);
	start_again(NOW);
	assert_int_equal(mark(), NOW + 3000);
}

static void undo_to(int64_t mark_ms)
{
	struct hf_unit *u = hf_unit_new();
	MUST(az_review_undo(hands.s->roads->authz, u, mark_ms));
	submit_wait(hands.s->roads, u);
}

/* DS-28: what the review disables has passed by the witnesses' word; a mark taken back enables it again. */
static void a_review_disables_nothing_by_the_local_clock_alone(void **state)
{
	struct stage *s = *state;
	struct hf_id application = granted(s, &s->plain);
	struct hf_id grant = grant_at(s->roads, &application);
	struct hf_grant_view g;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantReviewRow *row = NULL;
	MUST(hf_authz_grant(s->roads->authz, &grant, &g));
	struct hf_access_request rq = asking(&s->plain, NOW + 1000);
	witnesses_say(NOW);
	hands.w->now_ms = NOW + JUMP;
	az_review_keep(s->roads->authz); /* the schedule begins */
	hands.w->now_ms = NOW + JUMP + DAY;
	az_review_keep(s->roads->authz);
	settle(hands.w);
	MUST(hf_authz_last_review(s->roads->authz, &row));
	assert_int_equal(row->time_ms, NOW + JUMP + DAY);
	assert_true(row->looked_at == 1 && row->unconfirmed == 1 && row->disabled == 0);
	hands.w->now_ms = NOW + 1000;
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	witnesses_say(g.until_ms);
	az_review_keep(s->roads->authz); /* a whole day apart, whichever way the clock went */
	settle(hands.w);
	assert_int_equal(decided(s->roads, &rq), HF_E_GRANT_EXPIRED);
	undo_to(g.until_ms);
	assert_int_equal(decided(s->roads, &rq), HF_E_GRANT_EXPIRED);
	undo_to(g.until_ms - 1);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_restart_with_a_clock_set_back_revives_nothing),
	        TEST(a_jump_forward_denies_and_leaves_no_trace),
	        TEST(the_mark_only_advances),
	        TEST(a_restart_takes_nothing_back_but_the_time_it_was_down),
	        TEST(a_review_disables_nothing_by_the_local_clock_alone),
	        TEST(a_wrong_mark_is_taken_back_by_two_people),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
