/* snapshot_test.c - a snapshot shows one state, to any thread, whatever is committed meanwhile. */
#include "fixture.h"

#include "crypto/crypto.h"

static void assert_snapshot(struct hf_snapshot *n, const char *key, const char *expected)
{
	struct hf_bytes v;
	enum hf_err e = hf_snapshot_get(n, HF_TABLE_NOTICE, key, strlen(key), &v);

	assert_int_equal(e, expected ? HF_OK : HF_E_UNKNOWN);
	if (expected) {
		assert_int_equal(v.len, strlen(expected));
		assert_memory_equal(v.data, expected, v.len);
	}
}

static bool count_rows(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)key;
	(void)value;
	++*(size_t *)ctx;
	return true;
}

static size_t rows_of(struct hf_snapshot *n, const char *prefix)
{
	size_t count = 0;

	assert_int_equal(hf_snapshot_scan(n, HF_TABLE_NOTICE, prefix, strlen(prefix), NULL, 0, count_rows, &count),
	                 HF_OK);
	return count;
}

static void a_snapshot_does_not_move(void **state)
{
	struct fixture f;
	struct hf_snapshot *old, *new;

	(void)state;
	fixture_start(&f);
	commit_text(&f, "a", "1");
	assert_int_equal(hf_snapshot_open(f.store, &old), HF_OK);
	commit_text(&f, "a", "2");
	commit_text(&f, "ab", "1");
	assert_snapshot(old, "a", "1");
	assert_snapshot(old, "ab", NULL);
	assert_int_equal(rows_of(old, "a"), 1);
	assert_int_equal(hf_snapshot_open(f.store, &new), HF_OK);
	assert_snapshot(new, "a", "2");
	assert_int_equal(rows_of(new, "a"), 2);
	assert_int_equal(rows_of(new, "ab"), 1);
	assert_int_equal(rows_of(new, "b"), 0);
	hf_snapshot_close(new);
	hf_snapshot_close(old);
	hf_snapshot_close(NULL);
	fixture_stop(&f);
}

static void a_snapshot_shows_committed_rows_only(void **state)
{
	struct fixture f;
	struct gate g;
	struct ending end = {0};
	struct hf_snapshot *n;

	(void)state;
	fixture_start(&f);
	gate_install(&g, &f);
	gate_hold(&g, &f, "submitted", "1", &end);
	assert_value(&f, "submitted", "1");
	assert_int_equal(hf_snapshot_open(f.store, &n), HF_OK);
	assert_snapshot(n, "submitted", NULL);
	hf_snapshot_close(n);
	gate_release(&g, HF_OK);
	fixture_run_until(&f, &end.done);
	fixture_stop(&f);
	gate_remove(&g);
}

static void a_snapshot_may_be_closed_after_the_store(void **state)
{
	struct fixture f;
	struct hf_snapshot *n;

	(void)state;
	fixture_start(&f);
	commit_text(&f, "a", "1");
	assert_int_equal(hf_snapshot_open(f.store, &n), HF_OK);
	hf_store_close(f.store);
	assert_snapshot(n, "a", "1");
	hf_snapshot_close(n);
	fixture_open_store(&f);
	fixture_stop(&f);
}

struct reader {
	struct hf_store *store;
	uv_mutex_t mutex;
	bool stop;
	size_t snapshots;
	bool torn;
};

static bool stopped(struct reader *r)
{
	bool is;

	uv_mutex_lock(&r->mutex);
	is = r->stop;
	uv_mutex_unlock(&r->mutex);
	return is;
}

static bool same_value(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct hf_bytes *first = ctx;

	(void)key;
	if (!first->data)
		*first = value;
	return first->len == value.len && memcmp(first->data, value.data, value.len) == 0;
}

static bool all_rows_equal(struct hf_snapshot *n)
{
	struct hf_bytes first = {NULL, 0}, last;

	if (hf_snapshot_scan(n, HF_TABLE_NOTICE, NULL, 0, NULL, 0, same_value, &first) != HF_OK)
		return false;
	if (!first.data)
		return true;
	return hf_snapshot_get(n, HF_TABLE_NOTICE, "9", 1, &last) == HF_OK && last.len == first.len &&
	       memcmp(last.data, first.data, first.len) == 0;
}

static void read_snapshots(void *arg)
{
	struct reader *r = arg;

	while (!stopped(r)) {
		struct hf_snapshot *n;

		if (hf_snapshot_open(r->store, &n) != HF_OK) {
			r->torn = true;
			return;
		}
		r->torn = r->torn || !all_rows_equal(n);
		hf_snapshot_close(n);
		r->snapshots++;
	}
}

/* Each unit writes the same number into ten rows; the map grows from 1 MiB on the way. No snapshot ever sees two
 * numbers. */
static void no_thread_ever_sees_half_a_unit(void **state)
{
	static char value[20000];
	struct fixture f;
	struct reader r = {0};
	uv_thread_t thread;

	(void)state;
	fixture_prepare(&f);
	f.options.env.map_bytes = (size_t)1 << 20;
	fixture_open_loop(&f);
	fixture_open_store(&f);
	r.store = f.store;
	assert_int_equal(uv_mutex_init(&r.mutex), 0);
	assert_int_equal(uv_thread_create(&thread, read_snapshots, &r), 0);
	for (int n = 0; n < 300; n++) {
		struct hf_unit *u = hf_unit_new();
		struct ending end = {0};

		memset(value, n, sizeof(value));
		for (char key = '0'; key <= '9'; key++)
			hf_unit_put(u, HF_TABLE_NOTICE, &key, 1, value, (size_t)n * 50 + 1);
		hf_store_submit(f.store, u, ending_done, &end);
		fixture_run_until(&f, &end.done);
		assert_int_equal(end.e, HF_OK);
	}
	uv_mutex_lock(&r.mutex);
	r.stop = true;
	uv_mutex_unlock(&r.mutex);
	uv_thread_join(&thread);
	assert_false(r.torn);
	assert_true(r.snapshots > 0);
	uv_mutex_destroy(&r.mutex);
	fixture_stop(&f);
}

static void too_many_snapshots_are_refused_as_busy(void **state)
{
	struct fixture f;
	struct hf_snapshot *many[200];
	size_t count = 0;
	enum hf_err e = HF_OK;

	(void)state;
	fixture_start(&f);
	while (count < 200 && (e = hf_snapshot_open(f.store, &many[count])) == HF_OK)
		count++;
	assert_int_equal(e, HF_E_BUSY);
	commit_text(&f, "still", "works");
	while (count > 0)
		hf_snapshot_close(many[--count]);
	assert_int_equal(hf_snapshot_open(f.store, &many[0]), HF_OK);
	hf_snapshot_close(many[0]);
	fixture_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_snapshot_does_not_move),
	        cmocka_unit_test(a_snapshot_shows_committed_rows_only),
	        cmocka_unit_test(a_snapshot_may_be_closed_after_the_store),
	        cmocka_unit_test(no_thread_ever_sees_half_a_unit),
	        cmocka_unit_test(too_many_snapshots_are_refused_as_busy),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
