/* risk_test.c - does a member's behaviour raise its score, and does a raised score make it authenticate anew (DS-47)?
 */
#include "unit/peers/town.h"

#include "crypto/crypto.h"
#include "peers/internal.h"

static struct hf_risk fresh(void)
{
	return (struct hf_risk){.drained = 0};
}

/* DS-47: the score rises with what is held against a peer, and drains. */
static void a_score_rises_and_drains(void **state)
{
	struct hf_risk r = fresh();
	int64_t now = 1000;
	(void)state;
	assert_int_equal(hf_risk_score(&r, now), 0);
	assert_int_equal(hf_risk_add(&r, HF_RISK_REPLAY, now), HF_RISK_GOES_ON);
	assert_int_equal(hf_risk_add(&r, HF_RISK_MALFORMED, now), HF_RISK_GOES_ON);
	assert_int_equal(hf_risk_score(&r, now), 10);
	assert_int_equal(hf_risk_score(&r, now + 5 * HF_RISK_DRAIN_MS), 5);
	assert_int_equal(hf_risk_score(&r, now + 100 * HF_RISK_DRAIN_MS), 0);
}

/* DS-47: the threshold demands a new handshake once, and again only when as much is added. */
static void a_raised_score_forces_step_up(void **state)
{
	struct hf_risk r = fresh();
	char text[200];
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(hf_risk_add(&r, HF_RISK_FORGERY, 1000), HF_RISK_GOES_ON);
	assert_false(r.due);
	assert_int_equal(hf_risk_add(&r, HF_RISK_FORGERY, 1000), HF_RISK_STEP_UP);
	assert_true(r.due && r.awaiting);
	hf_risk_text(&r, text, sizeof(text));
	assert_string_equal(text, "forged records or signatures 24");
	assert_int_equal(hf_risk_add(&r, HF_RISK_RIGHTS, 1000), HF_RISK_GOES_ON);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(hf_risk_add(&r, HF_RISK_REPLAY, 1000), HF_RISK_GOES_ON);
	assert_int_equal(hf_risk_add(&r, HF_RISK_REPLAY, 1000), HF_RISK_STEP_UP);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(hf_risk_add(&r, HF_RISK_REPLAY, 1000 + 1000 * HF_RISK_DRAIN_MS), HF_RISK_GOES_ON);
	assert_int_equal(hf_risk_score(&r, 1000 + 1000 * HF_RISK_DRAIN_MS), 12);
}

/* DS-46: who goes on is locked, and longer the next time. */
static void who_goes_on_is_locked(void **state)
{
	struct hf_risk r = fresh();
	enum hf_risk_verdict v = HF_RISK_GOES_ON;
	int64_t now = 5000;
	unsigned events = 0;
	(void)state;
	while (v != HF_RISK_LOCK && events++ < 100)
		v = hf_risk_add(&r, HF_RISK_POSING, now);
	assert_int_equal(events, 6);
	assert_true(hf_risk_is_locked(&r, now + HF_RISK_LOCK_MS - 1));
	assert_false(hf_risk_is_locked(&r, now + HF_RISK_LOCK_MS));
	assert_int_equal(hf_risk_add(&r, HF_RISK_POSING, now + 1), HF_RISK_GOES_ON); /* nothing more while locked */
	now += HF_RISK_LOCK_MS;
	for (v = HF_RISK_GOES_ON; v != HF_RISK_LOCK && events < 100; events++)
		v = hf_risk_add(&r, HF_RISK_POSING, now);
	assert_true(hf_risk_is_locked(&r, now + 2 * HF_RISK_LOCK_MS - 1));
}

/* A sound node that cannot know better never gets there, however long it goes on. */
static void what_drains_as_fast_never_counts(void **state)
{
	static const struct {
		enum hf_risk_kind kind;
		int64_t every_ms;
	} habits[] = {{HF_RISK_RATE, 50},      {HF_RISK_CLOCK, 500},        {HF_RISK_CONFLICT, 500},
	              {HF_RISK_RIGHTS, 60000}, {HF_RISK_UNINVITED, 600000}, {HF_RISK_ADDRESS, 60000}};
	(void)state;
	for (size_t h = 0; h < sizeof(habits) / sizeof(habits[0]); h++) {
		struct hf_risk r = fresh();
		for (int64_t now = 1000; now < 4 * 60 * 60 * 1000; now += habits[h].every_ms)
			assert_int_equal(hf_risk_add(&r, habits[h].kind, now), HF_RISK_GOES_ON);
	}
	assert_int_equal(hf_risk_of(HF_E_BUSY), HF_RISK_NONE);
	assert_int_equal(hf_risk_of(HF_E_NO_GRANT), HF_RISK_NONE);
}

static void start(struct town *t)
{
	town_init(t, NULL, town_salt());
	town_sign(t);
	town_open(t, SB_HEALTH, 2);
	WAIT(t, view(&t->node[SB_HEALTH], "hub").up && view(&t->node[SB_HUB], "health").up);
	assert_int_equal(knock(&t->node[SB_HEALTH], "hub"), HF_OK);
}

/* A member that sends what is malformed: a mail without an epoch. */
static enum hf_err offend(struct node *from)
{
	struct result r;
	return ask(from, "hub", HF_MSG_MAIL, &r);
}

static uint64_t handshakes(struct node *n)
{
	struct hf_channel_stats s;
	hf_channel_stats(n->peers->channel, &s);
	return s.handshakes;
}

/* DS-47: at the threshold the sessions end; the next request is served after a new handshake that shows the descriptor,
 * by itself; it is on record. The rest of the members notice nothing. */
static void a_risky_peer_authenticates_anew_before_its_next_request(void **state)
{
	struct town t;
	(void)state;
	start(&t);
	struct node *health = &t.node[SB_HEALTH], *hub = &t.node[SB_HUB];
	const struct hf_peer *k = hf_peer_find(hub->peers, "health");
	uint64_t before = handshakes(hub);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(offend(health), HF_E_FORMAT);
	assert_true(k->risk.awaiting);
	assert_int_equal(node_events(hub, HF_EVENT_STEP_UP), 1);
	assert_int_equal(node_events(hub, HF_EVENT_PEER_REFUSED), 5);
	assert_int_equal(hf_metrics_get(hub->base.metrics, "peer_step_ups_total"), 1);
	assert_true(view(hub, "health").risky);
	if (k->risk.due) /* the sessions are about to end: a sound peer tries again */
		assert_int_equal(knock(health, "hub"), HF_E_BUSY);
	WAIT(&t, !k->risk.due);
	WAIT(&t, knock(health, "hub") == HF_OK);
	assert_false(k->risk.awaiting);
	assert_true(handshakes(hub) > before);
	assert_int_equal(k->shown, 1);
	assert_int_equal(node_events(hub, HF_EVENT_ALARM), 0);
	town_close(&t);
}

/* DS-47: after a step-up no old descriptor is good enough, not even within the grace. */
static void a_risky_peer_shows_the_newest_descriptor(void **state)
{
	struct town t;
	struct result r;
	(void)state;
	start(&t);
	struct node *health = &t.node[SB_HEALTH], *hub = &t.node[SB_HUB];
	struct hf_peer *k = hf_peer_find(hub->peers, "health");
	k->risk.awaiting = true;
	k->shown = 0;
	assert_int_equal(ask(health, "hub", HF_MSG_CATALOG_SYNC, &r), HF_E_OLD_DESCRIPTOR);
	WAIT(&t, knock(health, "hub") == HF_OK); /* it has shown it meanwhile */
	town_close(&t);
}

/* DS-47: while the score is high a session is renewed after half a minute instead of an hour. */
static void sessions_are_short_while_the_score_is_high(void **state)
{
	struct town t;
	(void)state;
	start(&t);
	struct node *health = &t.node[SB_HEALTH], *hub = &t.node[SB_HUB];
	uint64_t before;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(offend(health), HF_E_FORMAT);
	t.jump_ms += HF_RISK_RENEW_MS + 1000;
	before = handshakes(hub);
	assert_int_equal(knock(health, "hub"), HF_OK); /* by a new handshake that it does not notice */
	assert_true(handshakes(hub) > before);
	t.jump_ms += 2 * HF_RISK_DRAIN_MS * HF_RISK_HIGH;
	assert_int_equal(hf_suspicion_renew_ms(hub->peers, "health"), 0);
	town_close(&t);
}

/* DS-46: beyond a rate a lock and one alarm, and others are served meanwhile. */
static void a_hostile_member_is_locked_with_one_alarm(void **state)
{
	struct town t;
	unsigned tries = 0;
	(void)state;
	town_init(&t, NULL, town_salt());
	town_sign(&t);
	town_open(&t, SB_HEALTH, 3);
	struct node *health = &t.node[SB_HEALTH], *hub = &t.node[SB_HUB];
	WAIT(&t, view(hub, "health").up && view(hub, "port").up);
	while (!view(hub, "health").locked && tries++ < 100000) /* "busy" in between, until its sessions have ended */
		offend(health);
	assert_true(view(hub, "health").locked);
	assert_int_equal(node_events(hub, HF_EVENT_PEER_LOCKED), 1);
	assert_int_equal(node_events(hub, HF_EVENT_ALARM), 1);
	WAIT(&t, knock(health, "hub") == HF_E_LOCKED);
	for (unsigned i = 0; i < 20; i++)
		assert_int_not_equal(knock(health, "hub"), HF_OK);
	assert_int_equal(knock(&t.node[SB_PORT], "hub"), HF_OK);
	assert_int_equal(node_events(hub, HF_EVENT_ALARM), 1);
	assert_true(node_events(hub, HF_EVENT_PEER_REFUSED) <= HF_GUARD_ENTRIES);
	t.jump_ms += HF_RISK_LOCK_MS;
	WAIT(&t, knock(health, "hub") == HF_OK);
	town_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_score_rises_and_drains),
	        cmocka_unit_test(a_raised_score_forces_step_up),
	        cmocka_unit_test(who_goes_on_is_locked),
	        cmocka_unit_test(what_drains_as_fast_never_counts),
	        cmocka_unit_test(a_risky_peer_authenticates_anew_before_its_next_request),
	        cmocka_unit_test(a_risky_peer_shows_the_newest_descriptor),
	        cmocka_unit_test(sessions_are_short_while_the_score_is_high),
	        cmocka_unit_test(a_hostile_member_is_locked_with_one_alarm),
	};
	if (!hf_crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
