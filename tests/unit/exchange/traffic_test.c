/* Abnormal traffic (DS-100): what is usual, what is far above it, and that nobody makes the extraordinary usual. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "exchange/traffic.h"

#define HOUR ((int64_t)3600000)
#define MIB ((uint64_t)1 << 20)
#define T0 (480000 * HOUR)

static struct hf_traffic_finding found;

static bool sent(struct hf_traffic *t, uint64_t bytes, int64_t now)
{
	return hf_traffic_count(t, "health", HF_TRAFFIC_SENT, bytes, now, &found);
}

static struct hf_traffic *watch(uint32_t factor, uint32_t floor_mib)
{
	const struct hf_traffic_policy p = {60, factor, floor_mib, 100};
	struct hf_traffic *t = hf_traffic_new();
	hf_traffic_set(t, &p);
	return t;
}

static void nothing_below_the_floor_is_abnormal(void **state)
{
	struct hf_traffic *t = watch(2, 100);
	(void)state;
	for (int64_t i = 0; i < 100; i++)
		assert_false(sent(t, MIB, T0 + i));
	assert_true(sent(t, 1, T0 + 100));
	assert_int_equal(found.kind, HF_TRAFFIC_SENT);
	assert_int_equal(found.seen, 100 * MIB + 1);
	assert_int_equal(found.limit, 100 * MIB);
	hf_traffic_free(t);
}

static void it_is_told_once_in_a_window_and_for_each_peer_and_direction(void **state)
{
	struct hf_traffic *t = watch(2, 1);
	(void)state;
	assert_true(sent(t, 2 * MIB, T0));
	assert_false(sent(t, 20 * MIB, T0 + 1));
	assert_true(hf_traffic_count(t, "health", HF_TRAFFIC_RECEIVED, 2 * MIB, T0, &found));
	assert_true(hf_traffic_count(t, "roads", HF_TRAFFIC_SENT, 2 * MIB, T0, &found));
	assert_true(sent(t, 2 * MIB, T0 + HOUR));
	for (int i = 0; i < 100; i++)
		assert_false(hf_traffic_count(t, "health", HF_TRAFFIC_ASKED, 1, T0, &found));
	assert_true(hf_traffic_count(t, "health", HF_TRAFFIC_ASKED, 1, T0, &found));
	assert_int_equal(found.limit, 100);
	hf_traffic_free(t);
}

/* A hundred hours of 50 MiB; then 4 times that is abnormal, whatever the floor, and 2 times is not. */
static void the_usual_is_learned(void **state)
{
	struct hf_traffic *t = watch(3, 50);
	(void)state;
	for (int64_t h = 0; h < 100; h++)
		assert_false(sent(t, 50 * MIB, T0 + h * HOUR));
	assert_false(sent(t, 100 * MIB, T0 + 100 * HOUR));
	assert_true(sent(t, 200 * MIB, T0 + 101 * HOUR));
	assert_in_range(found.usual, 45 * MIB, 60 * MIB);
	assert_int_equal(found.limit, 3 * found.usual);
	hf_traffic_free(t);
}

/* Each abnormal window counts for its limit at the most: after one, the next one of the same kind is abnormal, too. */
static void the_extraordinary_does_not_become_usual_at_one_go(void **state)
{
	struct hf_traffic *t = watch(3, 10);
	(void)state;
	for (int64_t h = 0; h < 10; h++)
		assert_true(sent(t, 10000 * MIB, T0 + h * HOUR));
	hf_traffic_free(t);
}

static void silence_is_forgotten_slowly_and_a_clock_set_back_opens_no_window(void **state)
{
	struct hf_traffic *t = watch(3, 10);
	(void)state;
	for (int64_t h = 0; h < 200; h++)
		assert_false(sent(t, 10 * MIB, T0 + h * HOUR));
	assert_false(sent(t, 20 * MIB, T0 + 200 * HOUR)); /* three times the usual */
	assert_true(sent(t, 20 * MIB, T0 + 1000 * HOUR)); /* after a month of silence the floor counts again */
	assert_int_equal(found.limit, 10 * MIB);
	assert_false(sent(t, 20 * MIB, T0)); /* told in this window already */
	hf_traffic_free(t);
}

static void what_is_on_record_is_usual_after_a_restart(void **state)
{
	struct hf_traffic *t = watch(3, 10);
	(void)state;
	for (int64_t h = 1; h <= 100; h++)
		hf_traffic_past(t, "health", HF_TRAFFIC_SENT, 100 * MIB, T0 - h * HOUR, T0);
	assert_false(sent(t, 299 * MIB, T0));
	assert_true(sent(t, 2 * MIB, T0));
	assert_int_equal(found.usual, 100 * MIB);
	hf_traffic_free(t);
}

static void more_peers_than_places_watch_the_busy_ones(void **state)
{
	struct hf_traffic *t = watch(2, 1);
	char name[16];
	(void)state;
	for (unsigned i = 0; i < 3 * HF_TRAFFIC_PEERS; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		assert_false(hf_traffic_count(t, name, HF_TRAFFIC_SENT, 1, T0 + i * HOUR, &found));
		assert_false(sent(t, 1, T0 + i * HOUR));
	}
	assert_true(sent(t, 2 * MIB, T0 + 3 * HF_TRAFFIC_PEERS * HOUR));
	hf_traffic_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nothing_below_the_floor_is_abnormal),
	        cmocka_unit_test(it_is_told_once_in_a_window_and_for_each_peer_and_direction),
	        cmocka_unit_test(the_usual_is_learned),
	        cmocka_unit_test(the_extraordinary_does_not_become_usual_at_one_go),
	        cmocka_unit_test(silence_is_forgotten_slowly_and_a_clock_set_back_opens_no_window),
	        cmocka_unit_test(what_is_on_record_is_usual_after_a_restart),
	        cmocka_unit_test(more_peers_than_places_watch_the_busy_ones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
