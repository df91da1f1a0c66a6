/* failure_test.c - what a failed commit takes with it, a full disk, and a map that must grow. */
#include "fixture.h"

#include <signal.h>
#include <sys/resource.h>

#include "crypto/crypto.h"

static void a_failed_commit_fails_all_that_may_have_been_decided_on_it_in_order(void **state)
{
	struct fixture f;
	struct gate g;
	struct ending ends[5] = {{0}};
	unsigned counter = 0;

	(void)state;
	for (int i = 0; i < 5; i++)
		ends[i].counter = &counter;
	fixture_start(&f);
	gate_install(&g, &f);
	commit_text(&f, "before", "1");
	uint64_t changes = hf_store_changes(f.store, HF_TABLE_NOTICE),
	         other = hf_store_changes(f.store, HF_TABLE_CATALOG);
	gate_hold(&g, &f, "in-flight", "1", &ends[0]);
	submit_text(&f, "queued", "1", &ends[1]);
	assert_true(hf_store_changes(f.store, HF_TABLE_NOTICE) > changes); /* reads see it at once */
	changes = hf_store_changes(f.store, HF_TABLE_NOTICE);
	submit_text(&f, "before", "2", &ends[2]);
	gate_release(&g, HF_E_IO);
	gate_wait_lost(&g, 1);
	assert_value(&f, "in-flight", "1"); /* the loop does not know yet, so what it decides now must fail too */
	submit_draft(&f, "after", "1", &ends[3]);
	fixture_run_until(&f, &ends[3].done);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(ends[i].e, HF_E_IO);
		assert_int_equal(ends[i].order, i + 1);
		assert_int_equal(ends[i].info.entries, 0);
	}
	assert_true(hf_store_changes(f.store, HF_TABLE_NOTICE) > changes); /* and no longer */
	assert_int_equal(hf_store_changes(f.store, HF_TABLE_CATALOG), other);
	assert_value(&f, "in-flight", NULL);
	assert_value(&f, "queued", NULL);
	assert_value(&f, "after", NULL);
	assert_value(&f, "before", "1");
	assert_int_equal(hf_metrics_get(f.base.metrics, "store_failures_total"), 1);
	gate_release(&g, HF_OK);
	submit_draft(&f, "again", "1", &ends[4]);
	fixture_run_until(&f, &ends[4].done);
	assert_int_equal(ends[4].e, HF_OK);
	assert_int_equal(ends[4].info.first_entry, 0);
	assert_int_equal(g.sequenced, g.committed + g.lost);
	fixture_stop(&f);
	gate_remove(&g);
}

struct observer {
	struct fixture *f;
	struct ending decided;
	bool called, saw_failed_row;
};

/* Called for a unit that was committed, while a later one fails. */
static void look_and_decide(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct observer *o = ctx;

	(void)info;
	assert_int_equal(e, HF_OK);
	assert_value(o->f, "good", "1");
	o->saw_failed_row = hf_store_has(o->f->store, HF_TABLE_NOTICE, "bad", 3);
	submit_text(o->f, "decided", "1", &o->decided);
	o->called = true;
}

/* Whether the loop has heard of the failure when it calls the earlier unit's done is a matter of microseconds; either
 * way, what was decided on the failed row fails, and what was decided without it is committed. */
static void nothing_decided_on_a_failed_row_is_committed(void **state)
{
	struct fixture f;
	struct gate g;
	struct observer o = {&f, {0}, false, false};
	struct ending bad = {0};
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, NULL);

	(void)state;
	fixture_start(&f);
	gate_install(&g, &f);
	unit_put_text(u, HF_TABLE_NOTICE, "good", "1");
	hf_draft_text(d, HF_FIELD_OBJECT, "good");
	hf_unit_draft(u, d);
	hf_store_submit(f.store, u, look_and_decide, &o);
	gate_wait_committed(&g, 1); /* durable, but the loop has not heard of it */
	gate_hold(&g, &f, "bad", "1", &bad);
	gate_release(&g, HF_E_IO);
	gate_wait_lost(&g, 1);
	fixture_run_until(&f, &bad.done);
	assert_true(o.called);
	assert_int_equal(bad.e, HF_E_IO);
	gate_release(&g, HF_OK);
	fixture_run_until(&f, &o.decided.done);
	assert_int_equal(o.decided.e, o.saw_failed_row ? HF_E_IO : HF_OK);
	assert_value(&f, "decided", o.saw_failed_row ? NULL : "1");
	fixture_stop(&f);
	gate_remove(&g);
}

static void write_until_full(struct fixture *f, int *ret_written)
{
	static char value[100000];

	memset(value, 'v', sizeof(value));
	for (*ret_written = 0; *ret_written < 100; ++*ret_written) {
		struct hf_unit *u = hf_unit_new();
		struct ending end = {0};
		char key[8];

		snprintf(key, sizeof(key), "%03d", *ret_written);
		hf_unit_put(u, HF_TABLE_NOTICE, key, 3, value, sizeof(value));
		hf_store_submit(f->store, u, ending_done, &end);
		fixture_run_until(f, &end.done);
		if (end.e == HF_OK)
			continue;
		assert_int_equal(end.e, HF_E_NO_SPACE);
		return;
	}
	fail_msg("the store took more than its bound");
}

static void a_full_store_says_so_keeps_what_it_has_and_works_again_after_space_is_made(void **state)
{
	struct fixture f;
	struct hf_unit *u = hf_unit_new();
	struct ending end = {0};
	int written;

	(void)state;
	fixture_prepare(&f);
	f.options.env.map_bytes = f.options.env.map_max_bytes = (size_t)1 << 20;
	fixture_open_loop(&f);
	fixture_open_store(&f);
	write_until_full(&f, &written);
	assert_in_range(written, 3, 10);
	assert_int_equal(hf_store_count(f.store, HF_TABLE_NOTICE), written);
	hf_unit_del(u, HF_TABLE_NOTICE, "000", 3);
	hf_unit_del(u, HF_TABLE_NOTICE, "001", 3);
	hf_store_submit(f.store, u, ending_done, &end);
	fixture_run_until(&f, &end.done);
	assert_int_equal(end.e, HF_OK);
	commit_text(&f, "small", "1");
	fixture_reopen(&f);
	assert_value(&f, "small", "1");
	assert_int_equal(hf_store_count(f.store, HF_TABLE_NOTICE), written - 1);
	fixture_stop(&f);
}

static void set_file_limit(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The write itself fails, as on a full disk: the file may not grow. */
static void a_write_that_fails_loses_nothing_that_was_durable(void **state)
{
	static uint8_t big[3000000];
	struct fixture f;
	struct ending end = {0};
	struct hf_unit *u = hf_unit_new();
	struct stat st;
	char path[128];

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	fixture_start(&f);
	commit_text(&f, "durable", "1");
	snprintf(path, sizeof(path), "%s/state/data.mdb", f.dir);
	assert_int_equal(stat(path, &st), 0);
	hf_unit_put(u, HF_TABLE_NOTICE, "big", 3, big, sizeof(big));
	set_file_limit((rlim_t)st.st_size);
	hf_store_submit(f.store, u, ending_done, &end);
	fixture_run_until(&f, &end.done);
	set_file_limit(RLIM_INFINITY);
	assert_true(end.e == HF_E_NO_SPACE || end.e == HF_E_STORE);
	assert_value(&f, "durable", "1");
	assert_value(&f, "big", NULL);
	commit_text(&f, "next", "1");
	fixture_reopen(&f);
	assert_value(&f, "durable", "1");
	assert_value(&f, "next", "1");
	fixture_stop(&f);
}

static size_t map_bytes(struct fixture *f)
{
	MDB_envinfo info;

	mdb_env_info(hf_store_env(f->store)->mdb, &info);
	return info.me_mapsize;
}

static void put_piece(struct hf_unit *u, uint32_t n)
{
	static uint8_t value[50000];
	uint8_t key[4];

	memset(value, (int)n, sizeof(value));
	hf_put_u32(key, n);
	hf_unit_put(u, HF_TABLE_NOTICE, key, 4, value, sizeof(value));
}

static void assert_piece(struct fixture *f, uint32_t n)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	uint8_t key[4];

	hf_put_u32(key, n);
	assert_int_equal(hf_store_get(f->store, HF_TABLE_NOTICE, key, 4, &out), HF_OK);
	assert_int_equal(out.len, 50000);
	assert_int_equal(out.data[0], (uint8_t)n);
	assert_int_equal(out.data[49999], (uint8_t)n);
}

static void start_small(struct fixture *f, uint64_t wait_ns)
{
	fixture_prepare(f);
	f->options.env.map_bytes = (size_t)1 << 20;
	f->options.env.wait_ns = wait_ns;
	fixture_open_loop(f);
	fixture_open_store(f);
}

/* 40 MB into a map of 1 MiB, in units larger and smaller than what is left, while the loop reads. */
static void the_map_grows_with_the_data(void **state)
{
	struct fixture f;
	uint32_t n = 0;

	(void)state;
	start_small(&f, UINT64_C(60000000000));
	while (n < 800) {
		struct hf_unit *u = hf_unit_new();
		struct ending end = {0};

		for (uint32_t last = n + (n == 0 ? 200 : 20); n < last; n++)
			put_piece(u, n);
		hf_store_submit(f.store, u, ending_done, &end);
		while (!end.done) {
			assert_piece(&f, n - 1);
			uv_run(&f.loop, UV_RUN_NOWAIT);
		}
		assert_int_equal(end.e, HF_OK);
	}
	assert_true(map_bytes(&f) >= 40000000);
	fixture_reopen(&f);
	for (uint32_t i = 0; i < n; i++)
		assert_piece(&f, i);
	fixture_stop(&f);
}

static bool growing(struct hf_env *env)
{
	bool is;

	uv_mutex_lock(&env->mutex);
	is = env->growing;
	uv_mutex_unlock(&env->mutex);
	return is;
}

static void a_batch_that_must_grow_waits_for_snapshots_while_the_loop_reads_on(void **state)
{
	struct fixture f;
	struct hf_snapshot *n;
	struct hf_unit *u = hf_unit_new();
	struct ending end = {0};
	uint64_t limit = uv_hrtime() + (uint64_t)LIMIT_MS * 1000000;

	(void)state;
	start_small(&f, UINT64_C(60000000000));
	commit_text(&f, "a", "1");
	assert_int_equal(hf_snapshot_open(f.store, &n), HF_OK);
	for (uint32_t i = 0; i < 100; i++)
		put_piece(u, i);
	hf_store_submit(f.store, u, ending_done, &end);
	while (!growing(hf_store_env(f.store)))
		assert_true(uv_hrtime() < limit);
	for (int i = 0; i < 1000; i++)
		assert_value(&f, "a", "1");
	assert_false(end.done);
	hf_snapshot_close(n);
	fixture_run_until(&f, &end.done);
	assert_int_equal(end.e, HF_OK);
	assert_piece(&f, 99);
	fixture_stop(&f);
}

static void a_snapshot_that_stays_open_makes_a_full_batch_fail_as_busy(void **state)
{
	struct fixture f;
	struct hf_snapshot *n;
	struct hf_unit *u = hf_unit_new();
	struct ending end = {0};

	(void)state;
	start_small(&f, 1000000);
	assert_int_equal(hf_snapshot_open(f.store, &n), HF_OK);
	for (uint32_t i = 0; i < 100; i++)
		put_piece(u, i);
	hf_store_submit(f.store, u, ending_done, &end);
	fixture_run_until(&f, &end.done);
	assert_int_equal(end.e, HF_E_BUSY);
	hf_snapshot_close(n);
	u = hf_unit_new();
	for (uint32_t i = 0; i < 100; i++)
		put_piece(u, i);
	end = (struct ending){0};
	hf_store_submit(f.store, u, ending_done, &end);
	fixture_run_until(&f, &end.done);
	assert_int_equal(end.e, HF_OK);
	fixture_stop(&f);
}

/* The sequencer's rows fill the map: it is told that the attempt is lost and gets the same drafts again. */
static void drafts_are_sequenced_again_after_the_map_has_grown(void **state)
{
	struct fixture f;
	struct gate g;
	struct ending end = {0};
	struct hf_unit *u = hf_unit_new();
	static char value[HF_DRAFT_VALUE_MAX];

	(void)state;
	start_small(&f, UINT64_C(60000000000));
	gate_install(&g, &f);
	memset(value, 'x', sizeof(value) - 1);
	for (int i = 0; i < 500; i++) {
		struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, NULL);

		hf_draft_text(d, HF_FIELD_OBJECT, value);
		hf_unit_draft(u, d);
	}
	hf_store_submit(f.store, u, ending_done, &end);
	fixture_run_until(&f, &end.done);
	assert_int_equal(end.e, HF_OK);
	assert_int_equal(end.info.first_entry, 0);
	assert_int_equal(end.info.entries, 500);
	assert_int_equal(hf_store_count(f.store, HF_TABLE_ENTRY), 500);
	assert_true(g.lost > 0);
	assert_int_equal(g.committed, 1);
	assert_int_equal(g.next, 500);
	fixture_stop(&f);
	gate_remove(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_failed_commit_fails_all_that_may_have_been_decided_on_it_in_order),
	        cmocka_unit_test(nothing_decided_on_a_failed_row_is_committed),
	        cmocka_unit_test(a_full_store_says_so_keeps_what_it_has_and_works_again_after_space_is_made),
	        cmocka_unit_test(a_write_that_fails_loses_nothing_that_was_durable),
	        cmocka_unit_test(the_map_grows_with_the_data),
	        cmocka_unit_test(a_batch_that_must_grow_waits_for_snapshots_while_the_loop_reads_on),
	        cmocka_unit_test(a_snapshot_that_stays_open_makes_a_full_batch_fail_as_busy),
	        cmocka_unit_test(drafts_are_sequenced_again_after_the_map_has_grown),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
