/* guard_test.c - are failures recorded at a bounded rate, and is an address locked after N of them, with one alarm? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "peers/guard.h"

struct fixture {
	struct hf_base base;
	int64_t now;
	uint32_t events[128];
	char detail[600];
	char refused[128], refused_detail[600]; /* of the newest refusal on record */
};

static int64_t now(void *ctx)
{
	return ((struct fixture *)ctx)->now;
}

static void copy(char *to, size_t size, const struct hf_draft *d, enum hf_field field)
{
	const void *data;
	size_t len;
	if (hf_draft_get(d, field, &data, &len))
		snprintf(to, size, "%.*s", (int)len, (const char *)data);
}

static void emit(void *ctx, struct hf_draft *take)
{
	struct fixture *f = ctx;
	f->events[hf_draft_event(take)]++;
	copy(f->detail, sizeof(f->detail), take, HF_FIELD_DETAIL);
	if (hf_draft_event(take) == HF_EVENT_PEER_REFUSED) {
		copy(f->refused, sizeof(f->refused), take, HF_FIELD_ADDRESS);
		copy(f->refused_detail, sizeof(f->refused_detail), take, HF_FIELD_DETAIL);
	}
	hf_draft_free(take);
}

static struct hf_guard *start(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->now = 1000000;
	f->base.clock = (struct hf_clock){now, now, f};
	f->base.audit = (struct hf_audit){emit, f};
	f->base.metrics = hf_metrics_new();
	return hf_guard_new(&f->base);
}

static void stop(struct fixture *f, struct hf_guard *g)
{
	hf_guard_free(g);
	hf_metrics_free(f->base.metrics);
}

static void fail_often(struct hf_guard *g, const char *address, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		hf_guard_refused(g, "", address, HF_E_STRANGER);
}

/* DS-46: N failures lock the peer and raise one alarm; the lock ends, and the next one is longer. */
static void an_address_is_locked_after_ten_failures_with_one_alarm(void **state)
{
	struct fixture f;
	struct hf_guard *g = start(&f);
	(void)state;
	fail_often(g, "10.0.0.1", HF_GUARD_FAILURES);
	assert_false(hf_guard_locked(g, "10.0.0.1"));
	assert_int_equal(f.events[HF_EVENT_PEER_REFUSED], HF_GUARD_FAILURES);
	assert_int_equal(f.events[HF_EVENT_ALARM], 0);
	fail_often(g, "10.0.0.1", 5);
	assert_true(hf_guard_locked(g, "10.0.0.1"));
	assert_false(hf_guard_locked(g, "10.0.0.2"));
	assert_int_equal(f.events[HF_EVENT_PEER_LOCKED], 1);
	assert_int_equal(f.events[HF_EVENT_ALARM], 1);
	f.now += HF_GUARD_LOCK_MS - 1;
	assert_true(hf_guard_locked(g, "10.0.0.1"));
	f.now += 1;
	assert_false(hf_guard_locked(g, "10.0.0.1"));
	fail_often(g, "10.0.0.1", HF_GUARD_FAILURES + 1);
	assert_int_equal(f.events[HF_EVENT_ALARM], 2);
	f.now += HF_GUARD_LOCK_MS * 2 - 1;
	assert_true(hf_guard_locked(g, "10.0.0.1"));
	f.now += 1;
	assert_false(hf_guard_locked(g, "10.0.0.1"));
	stop(&f, g);
}

static void failures_over_a_long_time_do_not_lock(void **state)
{
	struct fixture f;
	struct hf_guard *g = start(&f);
	(void)state;
	for (int i = 0; i < 100; i++) {
		fail_often(g, "10.0.0.1", 1);
		f.now += HF_GUARD_WINDOW_MS / (int)HF_GUARD_FAILURES + 1;
	}
	assert_false(hf_guard_locked(g, "10.0.0.1"));
	assert_int_equal(f.events[HF_EVENT_PEER_LOCKED], 0);
	stop(&f, g);
}

static void what_this_node_dials_is_recorded_and_not_locked(void **state)
{
	struct fixture f;
	struct hf_guard *g = start(&f);
	(void)state;
	fail_often(g, "tcp://10.0.0.1:7400", 20);
	assert_false(hf_guard_locked(g, "tcp://10.0.0.1:7400"));
	assert_int_equal(f.events[HF_EVENT_PEER_REFUSED], 20);
	assert_int_equal(f.events[HF_EVENT_ALARM], 0);
	stop(&f, g);
}

static void a_flood_fills_neither_the_ledger_nor_the_memory(void **state)
{
	struct fixture f;
	struct hf_guard *g = start(&f);
	char address[40];
	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(address, sizeof(address), "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
		fail_often(g, address, 1);
	}
	assert_int_equal(f.events[HF_EVENT_PEER_REFUSED], HF_GUARD_ENTRIES);
	f.now += HF_GUARD_WINDOW_MS;
	fail_often(g, "10.9.9.9", 1);
	assert_non_null(strstr(f.detail, "9970 refusals")); /* none is lost from the count */
	fail_often(g, "10.9.9.9", HF_GUARD_FAILURES);
	assert_true(hf_guard_locked(g, "10.9.9.9"));
	stop(&f, g);
}

/* DS-46: whatever others do meanwhile, the ledger says why an address was locked. */
static void the_refusal_that_locks_an_address_is_recorded_when_others_have_used_up_the_minute(void **state)
{
	struct fixture f;
	struct hf_guard *g = start(&f);
	char address[40];
	(void)state;
	for (unsigned i = 0; i < HF_GUARD_ENTRIES; i++) {
		snprintf(address, sizeof(address), "10.0.1.%u", i);
		fail_often(g, address, 1);
	}
	fail_often(g, "10.9.9.9", HF_GUARD_FAILURES);
	assert_int_equal(f.events[HF_EVENT_PEER_REFUSED], HF_GUARD_ENTRIES);
	fail_often(g, "10.9.9.9", 1);
	assert_true(hf_guard_locked(g, "10.9.9.9"));
	assert_int_equal(f.events[HF_EVENT_PEER_REFUSED], HF_GUARD_ENTRIES + 1);
	assert_string_equal(f.refused, "10.9.9.9");
	assert_non_null(strstr(f.refused_detail, "10 refusals before it"));
	fail_often(g, "10.9.9.9", 100); /* and no further one */
	assert_int_equal(f.events[HF_EVENT_PEER_REFUSED], HF_GUARD_ENTRIES + 1);
	stop(&f, g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_address_is_locked_after_ten_failures_with_one_alarm),
	        cmocka_unit_test(failures_over_a_long_time_do_not_lock),
	        cmocka_unit_test(what_this_node_dials_is_recorded_and_not_locked),
	        cmocka_unit_test(a_flood_fills_neither_the_ledger_nor_the_memory),
	        cmocka_unit_test(the_refusal_that_locks_an_address_is_recorded_when_others_have_used_up_the_minute),
	};
	if (!hf_crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
