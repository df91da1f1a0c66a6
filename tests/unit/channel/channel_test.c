/* channel_test.c - do nodes that may speak to each other do so, and do all others get nowhere, in both directions? */
#include "unit/channel/party.h"

#include "proto/messages.h"

static void requests_are_answered_in_both_ciphers(void **state)
{
	struct world w;
	(void)state;
	world_init(&w);
	for (size_t i = 0; i < 2; i++) {
		struct hf_channel_config cfg = party_config(&w.p[i]);
		cfg.chacha = i == 1;
		party_open(&w.p[i], &cfg);
	}
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	assert_int_equal(knock(&w.p[1], &w.p[0]), HF_OK);
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	struct hf_channel_stats s;
	hf_channel_stats(w.p[0].ch, &s);
	assert_int_equal(s.handshakes, 2); /* one each way, however many requests */
	assert_int_equal(s.sessions, 2);
	world_close(&w);
}

static void errors_and_texts_of_handlers_arrive(void **state)
{
	struct world w;
	struct result r;
	(void)state;
	world_init(&w);
	world_open(&w);
	assert_int_equal(ask(&w.p[0], &w.p[1], DENY, "", 0, &r), HF_E_NO_GRANT);
	assert_string_equal(r.text, "no grant covers it");
	result_done(&r);
	world_close(&w);
}

/* SB-54: each type of message is a service; what no row of the table names is one together. */
static void requests_of_peers_are_counted(void **state)
{
	struct world w;
	struct result r;
	struct hf_service_view seen[4];
	struct hf_metrics *m = hf_metrics_new();
	const uint32_t type[] = {HF_MSG_PING, SAY, DENY, HF_MSG_PING};

	(void)state;
	world_init(&w);
	w.p[1].base.metrics = m;
	world_open(&w);
	for (size_t i = 0; i < 4; i++) {
		(void)ask(&w.p[0], &w.p[1], type[i], "", 0, &r);
		result_done(&r);
	}
	assert_int_equal(hf_metrics_services(m, seen, 4), 2);
	assert_string_equal(seen[0].service, "peer.ping");
	assert_int_equal(seen[0].calls, 2);
	assert_string_equal(seen[1].service, "peer.unknown");
	assert_int_equal(seen[1].calls, 2);
	assert_int_equal(seen[1].failures, 1);
	assert_true(seen[0].micros > 0);
	world_close(&w);
	hf_metrics_free(m);
}

static void large_bodies_and_bulk_bytes_arrive_unchanged(void **state)
{
	static const uint32_t sizes[] = {0, 1, 4095, 65536, HF_MAX_CHUNK};
	struct world w;
	struct result r;
	(void)state;
	world_init(&w);
	world_open(&w);
	uint8_t *body = calloc(1, HF_MAX_BODY);
	hf_random(body, HF_MAX_BODY);
	assert_int_equal(ask(&w.p[0], &w.p[1], SAY, body, HF_MAX_BODY, &r), HF_OK);
	assert_int_equal(r.len, HF_MAX_BODY);
	assert_memory_equal(r.body, body, HF_MAX_BODY);
	result_done(&r);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		hf_put_u32(body, sizes[i]);
		assert_int_equal(ask(&w.p[0], &w.p[1], SEND_BULK, body, 4, &r), HF_OK);
		assert_true(r.has_bulk && r.bulk_good);
		assert_int_equal(r.bulk_len, sizes[i]);
		result_done(&r);
	}
	hf_put_u32(body, 1000); /* a record that does not fit in front of the bulk bytes */
	assert_int_equal(ask(&w.p[0], &w.p[1], SEND_BULK, body, 9000, &r), HF_OK);
	assert_true(r.bulk_good);
	assert_int_equal(r.bulk_len, 1000);
	assert_int_equal(r.len, 9000);
	result_done(&r);
	hf_put_u32(body, HF_MAX_CHUNK); /* and one that is too large for a message */
	assert_int_equal(ask(&w.p[0], &w.p[1], SEND_BULK, body, 20000, &r), HF_E_LIMIT);
	result_done(&r);
	assert_int_equal(ask(&w.p[0], &w.p[1], SAY, body, HF_MAX_BODY, &r), HF_OK);
	result_done(&r);
	free(body);
	world_close(&w);
}

static void a_reply_can_be_held(void **state)
{
	struct world w;
	struct hf_held *held = NULL;
	struct result r = {.hold = &held};
	uint8_t size[4];
	(void)state;
	world_init(&w);
	world_open(&w);
	hf_put_u32(size, 5000);
	struct hf_call call = call_to(&w.p[1], SEND_BULK, size, 4);
	hf_channel_call(w.p[0].ch, &call, result_fn, &r);
	WAIT(&w, r.done);
	assert_non_null(held);
	world_close(&w);
	hf_held_free(held); /* also after the channel */
	result_done(&r);
}

static void many_requests_share_one_session(void **state)
{
	enum { N = 2000 };
	struct world w;
	struct result *r = calloc(N, sizeof(*r));
	(void)state;
	world_init(&w);
	world_open(&w);
	for (size_t i = 0; i < N; i++) {
		uint32_t n = (uint32_t)i;
		struct hf_call call = call_to(&w.p[1], SAY, &n, sizeof(n));
		hf_channel_call(w.p[0].ch, &call, result_fn, &r[i]);
	}
	for (size_t i = 0; i < N; i++) {
		uint32_t n = (uint32_t)i;
		WAIT(&w, r[i].done);
		assert_int_equal(r[i].error, HF_OK);
		assert_memory_equal(r[i].body, &n, sizeof(n));
		result_done(&r[i]);
	}
	struct hf_channel_stats s;
	hf_channel_stats(w.p[1].ch, &s);
	assert_int_equal(s.handshakes, 1);
	free(r);
	world_close(&w);
}

static void a_node_speaks_to_itself_without_a_socket(void **state)
{
	struct world w;
	struct result r = {0};
	uint8_t size[4];
	(void)state;
	world_init(&w);
	world_open(&w);
	hf_put_u32(size, 70000);
	struct hf_call call = call_to(&w.p[0], SEND_BULK, size, 4);
	hf_channel_call_local(w.p[0].ch, w.p[0].id, &call, result_fn, &r);
	assert_int_equal(w.p[0].requests, 0); /* not from inside */
	WAIT(&w, r.done);
	assert_true(r.error == HF_OK && r.bulk_good && r.bulk_len == 70000);
	result_done(&r);
	call.type = DENY;
	hf_channel_call_local(w.p[0].ch, w.p[0].id, &call, result_fn, &r);
	WAIT(&w, r.done);
	assert_int_equal(r.error, HF_E_NO_GRANT);
	result_done(&r);
	struct hf_channel_stats s;
	hf_channel_stats(w.p[0].ch, &s);
	assert_int_equal(s.handshakes, 0);
	world_close(&w);
}

/* DS-39: without a certificate that the other side knows there is no connection, in either direction; AZ-2 in part: the
 * issuer of the identity is the space, not a list of users here. */
static void a_stranger_is_refused_in_both_directions(void **state)
{
	static const enum hf_err whys[] = {HF_E_STRANGER, HF_E_MEMBER_REVOKED, HF_E_MEMBER_EXPIRED};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct world w;
		world_init(&w);
		world_open(&w);
		w.p[2].standing = whys[i]; /* as all others see it; it sees the others as good */
		assert_int_equal(knock(&w.p[2], &w.p[1]), whys[i]);
		assert_int_equal(w.p[1].requests, 0);
		assert_int_equal(w.p[1].last_refused, whys[i]);
		assert_string_equal(w.p[1].refused_node, "cora");
		assert_string_equal(w.p[1].refused_address, w.p[2].ip);
		assert_int_equal(knock(&w.p[1], &w.p[2]), whys[i]);
		assert_int_equal(w.p[2].requests, 0);
		assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
		world_close(&w);
	}
}

/* DS-43: a good key of another organization's node does not open the door under this name. */
static void a_member_cannot_pose_as_another(void **state)
{
	struct world w;
	struct raw raw;
	(void)state;
	world_init(&w);
	world_open(&w);
	raw_open(&raw, &w, &w.p[1], w.p[2].ip);
	raw_as(&raw, w.p[2].key, "anna", T0);
	assert_int_equal(raw_handshake(&raw), HF_E_STRANGER);
	assert_string_equal(w.p[1].refused_node, "anna");
	raw_as(&raw, w.p[2].key, "cora", T0);
	assert_int_equal(raw_handshake(&raw), HF_OK);
	raw_as(&raw, w.p[0].key, "anna", T0); /* not on a connection that is cora's */
	assert_int_equal(raw_handshake(&raw), HF_E_WRONG_NODE);
	raw_close(&raw);
	world_close(&w);
}

/* DS-39, the other direction: who answers must be the node that was dialled; it learns nothing of the dialler. */
static void the_dialler_leaves_when_another_node_answers(void **state)
{
	struct world w;
	struct result r = {0};
	(void)state;
	world_init(&w);
	world_open(&w);
	struct hf_call call = call_to(&w.p[1], SAY, "", 0);
	call.address = w.p[2].url; /* cora sits where bert should be */
	hf_channel_call(w.p[0].ch, &call, result_fn, &r);
	WAIT(&w, r.done);
	assert_int_equal(r.error, HF_E_WRONG_NODE);
	assert_int_equal(w.p[0].last_refused, HF_E_WRONG_NODE);
	assert_int_equal(w.p[2].up, 0);
	assert_int_equal(w.p[2].requests, 0);
	result_done(&r);
	world_close(&w);
}

/* DS-44: three parties; one pair has not authenticated, so what all three need cannot be done, whatever the other pairs
 * are. */
static void each_pair_of_three_parties_authenticates(void **state)
{
	struct world w;
	(void)state;
	world_init(&w);
	world_open(&w);
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	assert_int_equal(knock(&w.p[1], &w.p[2]), HF_OK);
	w.p[2].standing = HF_E_MEMBER_REVOKED;
	assert_int_equal(knock(&w.p[0], &w.p[2]), HF_E_MEMBER_REVOKED);
	assert_int_equal(knock(&w.p[2], &w.p[0]), HF_E_MEMBER_REVOKED);
	assert_int_equal(w.p[0].requests, 0);
	world_close(&w);
}

static void another_space_is_refused(void **state)
{
	struct world w;
	(void)state;
	world_init(&w);
	for (size_t i = 0; i < 2; i++) {
		struct hf_channel_config cfg = party_config(&w.p[i]);
		cfg.space = i == 0 ? "space.example" : "other.example";
		party_open(&w.p[i], &cfg);
	}
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_E_WRONG_SPACE);
	assert_int_equal(w.p[1].last_refused, HF_E_WRONG_SPACE);
	world_close(&w);
}

/* DS-50: versions can be upgraded node by node; without a common one there is a refusal, not something weaker. */
static void versions_are_negotiated(void **state)
{
	struct world w;
	(void)state;
	world_init(&w);
	for (uint16_t i = 0; i < 3; i++) {
		struct hf_channel_config cfg = party_config(&w.p[i]);
		cfg.version_min = i == 2 ? 2 : 1;
		cfg.version_max = i == 0 ? 1 : 3;
		party_open(&w.p[i], &cfg);
	}
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	assert_int_equal(knock(&w.p[1], &w.p[2]), HF_OK);
	assert_int_equal(knock(&w.p[0], &w.p[2]), HF_E_VERSION);
	assert_int_equal(knock(&w.p[2], &w.p[0]), HF_E_VERSION);
	world_close(&w);
}

static void an_old_descriptor_is_refused(void **state)
{
	struct world w;
	(void)state;
	world_init(&w);
	world_open(&w);
	w.p[1].descriptor = 2;
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_E_OLD_DESCRIPTOR);
	assert_int_equal(w.p[1].requests, 0);
	world_close(&w);
}

static void a_clock_hours_off_is_refused_and_recorded(void **state)
{
	struct world w;
	(void)state;
	world_init(&w);
	world_open(&w);
	w.p[2].clock_off_ms = 3 * 3600 * 1000;
	assert_int_equal(knock(&w.p[2], &w.p[1]), HF_E_STALE);
	WAIT(&w, w.p[1].skew_ms == 3 * 3600 * 1000 || w.p[2].skew_ms == -3 * 3600 * 1000);
	assert_int_equal(knock(&w.p[1], &w.p[2]), HF_E_STALE);
	assert_true(w.p[1].skew_ms == 3 * 3600 * 1000);
	w.p[3].clock_off_ms = 60 * 1000; /* a minute is no harm */
	assert_int_equal(knock(&w.p[3], &w.p[1]), HF_OK);
	assert_true(w.p[1].skew_ms == 60 * 1000);
	world_close(&w);
}

/* DS-45: after the period nothing passes before both have authenticated again. */
static void a_session_past_its_period_waits_for_a_new_handshake(void **state)
{
	struct world w;
	struct hf_channel_stats s;
	(void)state;
	world_init(&w);
	for (size_t i = 0; i < 2; i++) {
		struct hf_channel_config cfg = party_config(&w.p[i]);
		cfg.renew_ms = i == 0 ? 3600 * 1000 : 600 * 1000; /* the answerer is the stricter */
		party_open(&w.p[i], &cfg);
	}
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	w.mono_ms += 599 * 1000;
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	hf_channel_stats(w.p[1].ch, &s);
	assert_int_equal(s.handshakes, 1);
	w.mono_ms += 1000; /* the answerer refuses the session now; the dialler proves itself and repeats the request */
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	hf_channel_stats(w.p[1].ch, &s);
	assert_int_equal(s.handshakes, 2);
	assert_int_equal(w.p[1].requests, 3);
	w.mono_ms += 600 * 1000;
	w.p[0].standing = HF_E_MEMBER_EXPIRED; /* and when it cannot prove itself any more, it is suspended */
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_E_MEMBER_EXPIRED);
	assert_int_equal(w.p[1].requests, 3);
	world_close(&w);
}

/* DS-45: the dialler renews by itself before the end, without a pause. */
static void sessions_are_renewed_before_they_end_and_by_volume(void **state)
{
	struct world w;
	struct hf_channel_stats s;
	(void)state;
	world_init(&w);
	for (size_t i = 0; i < 2; i++) {
		struct hf_channel_config cfg = party_config(&w.p[i]);
		cfg.renew_bytes = 100000;
		party_open(&w.p[i], &cfg);
	}
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	w.mono_ms += HF_SESSION_RENEW_MS * 95 / 100;
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	WAIT(&w, (hf_channel_stats(w.p[1].ch, &s), s.handshakes == 2));
	assert_int_equal(s.sessions, 2); /* the present and the previous one */
	uint8_t body[1000] = {0};
	for (size_t i = 0; i < 100; i++) {
		struct result r;
		assert_int_equal(ask(&w.p[0], &w.p[1], SAY, body, sizeof(body), &r), HF_OK);
		result_done(&r);
		w.mono_ms += 1000;
	}
	hf_channel_stats(w.p[1].ch, &s);
	assert_true(s.handshakes >= 4);
	world_close(&w);
}

static void a_dropped_peer_must_prove_itself_again(void **state)
{
	struct world w;
	(void)state;
	world_init(&w);
	world_open(&w);
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	assert_int_equal(knock(&w.p[1], &w.p[0]), HF_OK);
	w.p[0].standing = HF_E_MEMBER_REVOKED;
	hf_channel_drop(w.p[1].ch, "anna");
	WAIT(&w, w.p[0].down == 2); /* both of its connections with bert */
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_E_MEMBER_REVOKED);
	assert_int_equal(knock(&w.p[1], &w.p[0]), HF_E_MEMBER_REVOKED);
	assert_int_equal(w.p[1].requests, 1);
	world_close(&w);
}

static void an_absent_peer_is_unreachable_and_a_silent_one_times_out(void **state)
{
	struct world w;
	struct result r = {0};
	(void)state;
	world_init(&w);
	struct hf_channel_config cfg = party_config(&w.p[0]);
	party_open(&w.p[0], &cfg);
	struct hf_call call = call_to(&w.p[1], SAY, "", 0);
	hf_channel_call(w.p[0].ch, &call, result_fn, &r);
	w.mono_ms += 5000;
	WAIT(&w, r.done);
	assert_int_equal(r.error, HF_E_UNREACHABLE);
	assert_non_null(strstr(r.text, "bert"));
	result_done(&r);
	cfg = party_config(&w.p[1]);
	party_open(&w.p[1], &cfg);
	WAIT(&w, w.p[0].up == 1); /* dials on by itself */
	call.type = KEEP;
	hf_channel_call(w.p[0].ch, &call, result_fn, &r);
	WAIT(&w, w.p[1].held_count == 1);
	w.mono_ms += 11000;
	WAIT(&w, r.done);
	assert_int_equal(r.error, HF_E_TIMEOUT);
	result_done(&r);
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	world_close(&w);
}

static void a_bad_address_fails_at_once(void **state)
{
	struct world w;
	struct result r = {0};
	(void)state;
	world_init(&w);
	world_open(&w);
	for (int i = 0; i < 3; i++) {
		struct hf_call call = call_to(&w.p[1], SAY, "", 0);
		call.address = "carrier-pigeon://loft";
		hf_channel_call(w.p[0].ch, &call, result_fn, &r);
		WAIT(&w, r.done);
		assert_int_equal(r.error, HF_E_ARGUMENT);
		assert_non_null(strstr(r.text, "carrier-pigeon://loft"));
		result_done(&r);
	}
	world_close(&w);
}

static void closing_cancels_what_is_under_way(void **state)
{
	struct world w;
	struct result r[4] = {{0}};
	(void)state;
	world_init(&w);
	world_open(&w);
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	struct hf_call call = call_to(&w.p[1], KEEP, "", 0);
	hf_channel_call(w.p[0].ch, &call, result_fn, &r[0]);
	WAIT(&w, w.p[1].held_count == 1);
	call = call_to(&w.p[2], SAY, "", 0);
	hf_channel_call(w.p[0].ch, &call, result_fn, &r[1]);
	hf_channel_call_local(w.p[0].ch, w.p[0].id, &call, result_fn, &r[2]);
	call.address = "bad";
	hf_channel_call(w.p[0].ch, &call, result_fn, &r[3]);
	hf_channel_close(w.p[0].ch);
	for (size_t i = 0; i < 4; i++) {
		assert_true(r[i].done);
		assert_int_equal(r[i].error, i == 3 ? HF_E_ARGUMENT : HF_E_CANCELLED);
		result_done(&r[i]);
	}
	world_close(&w);
}

static void one_peer_cannot_take_all_contexts(void **state)
{
	enum { N = 64 };
	struct world w;
	struct result r[N] = {{0}}, poll = {0};
	(void)state;
	world_init(&w);
	for (size_t i = 0; i < 3; i++) {
		struct hf_channel_config cfg = party_config(&w.p[i]);
		cfg.outstanding_max = 16;
		party_open(&w.p[i], &cfg);
	}
	struct hf_call call = call_to(&w.p[1], KEEP, "", 0);
	for (size_t i = 0; i < N; i++)
		hf_channel_call(w.p[0].ch, &call, result_fn, &r[i]);
	WAIT(&w, w.p[1].held_count == 16);
	assert_int_equal(knock(&w.p[2], &w.p[1]), HF_OK); /* others are served */
	call.type = HF_MSG_POLL;                          /* a poll stands outside the limit */
	call.poll = true;
	call.timeout_ms = 25000;
	hf_channel_call(w.p[0].ch, &call, result_fn, &poll);
	WAIT(&w, w.p[1].held_count == 17);
	for (unsigned i = 0; i < 17; i++)
		hf_request_reply(HF_TAKE(w.p[1].held[i]), HF_OK, NULL, "x", 1);
	WAIT(&w, poll.done);
	assert_int_equal(poll.error, HF_OK);
	result_done(&poll);
	unsigned good = 0, busy = 0;
	for (size_t i = 0; i < N; i++) {
		WAIT(&w, r[i].done);
		good += r[i].error == HF_OK;
		busy += r[i].error == HF_E_BUSY;
		result_done(&r[i]);
	}
	assert_int_equal(good, 16);
	assert_int_equal(busy, N - 16);
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	world_close(&w);
}

/* And reported once a second: for the owner a member that goes on is one that fails again and again. */
static void a_peer_beyond_its_rate_is_told_so(void **state)
{
	struct world w;
	(void)state;
	world_init(&w);
	for (size_t i = 0; i < 2; i++) {
		struct hf_channel_config cfg = party_config(&w.p[i]);
		cfg.rate_per_s = 10;
		party_open(&w.p[i], &cfg);
	}
	for (int i = 0; i < 10; i++)
		assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_E_RATE);
	assert_int_equal(w.p[1].refused, 1);
	assert_int_equal(w.p[1].last_refused, HF_E_RATE);
	w.mono_ms += 500;
	for (int i = 0; i < 5; i++)
		assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_E_RATE);
	assert_int_equal(w.p[1].refused, 1);
	w.mono_ms += 500;
	for (int i = 0; i < 5; i++)
		assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_E_RATE);
	assert_int_equal(w.p[1].refused, 2);
	world_close(&w);
}

static void it_works_over_ipc(void **state)
{
	struct world w;
	char path[80];
	(void)state;
	world_init(&w);
	for (size_t i = 0; i < 2; i++) {
		snprintf(w.p[i].url, sizeof(w.p[i].url), "ipc:///tmp/hufu-%u-%zu", (unsigned)getpid(), i);
		struct hf_channel_config cfg = party_config(&w.p[i]);
		party_open(&w.p[i], &cfg);
	}
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	assert_int_equal(knock(&w.p[1], &w.p[0]), HF_OK);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s", w.p[i].url + 6);
		unlink(path);
	}
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(requests_are_answered_in_both_ciphers),
	        cmocka_unit_test(errors_and_texts_of_handlers_arrive),
	        cmocka_unit_test(requests_of_peers_are_counted),
	        cmocka_unit_test(large_bodies_and_bulk_bytes_arrive_unchanged),
	        cmocka_unit_test(a_reply_can_be_held),
	        cmocka_unit_test(many_requests_share_one_session),
	        cmocka_unit_test(a_node_speaks_to_itself_without_a_socket),
	        cmocka_unit_test(a_stranger_is_refused_in_both_directions),
	        cmocka_unit_test(a_member_cannot_pose_as_another),
	        cmocka_unit_test(the_dialler_leaves_when_another_node_answers),
	        cmocka_unit_test(each_pair_of_three_parties_authenticates),
	        cmocka_unit_test(another_space_is_refused),
	        cmocka_unit_test(versions_are_negotiated),
	        cmocka_unit_test(an_old_descriptor_is_refused),
	        cmocka_unit_test(a_clock_hours_off_is_refused_and_recorded),
	        cmocka_unit_test(a_session_past_its_period_waits_for_a_new_handshake),
	        cmocka_unit_test(sessions_are_renewed_before_they_end_and_by_volume),
	        cmocka_unit_test(a_dropped_peer_must_prove_itself_again),
	        cmocka_unit_test(an_absent_peer_is_unreachable_and_a_silent_one_times_out),
	        cmocka_unit_test(a_bad_address_fails_at_once),
	        cmocka_unit_test(closing_cancels_what_is_under_way),
	        cmocka_unit_test(one_peer_cannot_take_all_contexts),
	        cmocka_unit_test(a_peer_beyond_its_rate_is_told_so),
	        cmocka_unit_test(it_works_over_ipc),
	};
	if (!hf_crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
