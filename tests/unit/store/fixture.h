/*
 * fixture.h - a store in a folder of its own, on a loop of its own, for the tests of this folder.
 *
 * Waiting means running the loop until something has happened, with a limit. A gate holds the committer inside a batch,
 * so that what happens meanwhile is decided by the test and not by the speed of the disk.
 */
#ifndef HUFU_TESTS_UNIT_STORE_FIXTURE_H
#define HUFU_TESTS_UNIT_STORE_FIXTURE_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include "store/store.h"
#include "store/store_internal.h"

#define LIMIT_MS 60000

struct fixture {
	uv_loop_t loop;
	uv_timer_t limit;
	struct hf_base base;
	struct hf_store *store;
	struct hf_store_options options;
	char dir[64];
};

/* The end of one unit. */
struct ending {
	bool done;
	enum hf_err e;
	struct hf_commit info;
	unsigned order; /* 1, 2, ... in the order of the calls */
	unsigned *counter;
};

static inline int64_t fixture_now(void *ctx)
{
	(void)ctx;
	return 1795315259123;
}

static inline void fixture_too_late(uv_timer_t *t)
{
	(void)t;
	fail_msg("nothing happened for %d ms", LIMIT_MS);
}

static inline void fixture_open_store(struct fixture *f)
{
	struct hf_fault fault = {HF_OK, ""};

	if (hf_store_open_with(&f->base, &f->options, &f->store, &fault) != HF_OK)
		fail_msg("%s", fault.text);
}

static inline void fixture_open_loop(struct fixture *f)
{
	assert_int_equal(uv_loop_init(&f->loop), 0);
	assert_int_equal(uv_timer_init(&f->loop, &f->limit), 0);
	f->base.loop = &f->loop;
	f->base.clock = (struct hf_clock){fixture_now, fixture_now, NULL};
	f->base.metrics = hf_metrics_new();
	snprintf(f->base.dir, sizeof(f->base.dir), "%s", f->dir);
}

/* Folder and options only; the store is opened by fixture_start or by the test. */
static inline void fixture_prepare(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	hf_store_options_default(&f->options);
	snprintf(f->dir, sizeof(f->dir), "/tmp/hufu-store-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
}

static inline void fixture_start(struct fixture *f)
{
	fixture_prepare(f);
	fixture_open_loop(f);
	fixture_open_store(f);
}

static inline void fixture_close_loop(struct fixture *f)
{
	uv_close((uv_handle_t *)&f->limit, NULL);
	while (uv_run(&f->loop, UV_RUN_DEFAULT) != 0)
		;
	assert_int_equal(uv_loop_close(&f->loop), 0);
	hf_metrics_free(f->base.metrics);
}

static inline int fixture_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void fixture_remove(struct fixture *f)
{
	assert_int_equal(nftw(f->dir, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static inline void fixture_stop(struct fixture *f)
{
	hf_store_close(f->store);
	fixture_close_loop(f);
	fixture_remove(f);
}

static inline void fixture_reopen(struct fixture *f)
{
	hf_store_close(f->store);
	fixture_open_store(f);
}

static inline void fixture_run_until(struct fixture *f, const bool *flag)
{
	uv_timer_start(&f->limit, fixture_too_late, LIMIT_MS, 0);
	while (!*flag)
		uv_run(&f->loop, UV_RUN_ONCE);
	uv_timer_stop(&f->limit);
}

static inline void ending_done(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct ending *end = ctx;

	assert_false(end->done);
	end->done = true;
	end->e = e;
	end->info = *info;
	if (end->counter)
		end->order = ++*end->counter;
}

/* Text keys and values keep the tests readable. */
static inline void unit_put_text(struct hf_unit *u, enum hf_table t, const char *key, const char *value)
{
	hf_unit_put(u, t, key, strlen(key), value, strlen(value));
}

static inline void submit_text(struct fixture *f, const char *key, const char *value, struct ending *end)
{
	struct hf_unit *u = hf_unit_new();

	unit_put_text(u, HF_TABLE_NOTICE, key, value);
	hf_store_submit(f->store, u, end ? ending_done : NULL, end);
}

static inline void commit_text(struct fixture *f, const char *key, const char *value)
{
	struct ending end = {0};

	submit_text(f, key, value, &end);
	fixture_run_until(f, &end.done);
	assert_int_equal(end.e, HF_OK);
}

/* An empty unit is a barrier: everything submitted before has ended. */
static inline void fixture_settle(struct fixture *f)
{
	struct ending end = {0};

	hf_store_submit(f->store, hf_unit_new(), ending_done, &end);
	fixture_run_until(f, &end.done);
}

static inline void assert_value(struct fixture *f, const char *key, const char *expected)
{
	struct hf_buf out = HF_BUF_INIT;
	enum hf_err e = hf_store_get(f->store, HF_TABLE_NOTICE, key, strlen(key), &out);

	assert_int_equal(e, expected ? HF_OK : HF_E_UNKNOWN);
	assert_int_equal(hf_store_has(f->store, HF_TABLE_NOTICE, key, strlen(key)), expected != NULL);
	if (expected)
		assert_string_equal((char *)out.data, expected);
	hf_buf_done(&out);
}

/* A sequencer that numbers drafts, can be held inside a batch, and fails when told to. */
struct gate {
	uv_mutex_t mutex;
	uv_cond_t changed;
	bool hold, inside;
	enum hf_err result;
	uint64_t next, batch_next; /* entries committed; and with the batch */
	unsigned sequenced, committed, lost;
};

static inline enum hf_err gate_sequence(void *ctx, struct hf_txn *txn, struct hf_draft *const *drafts, size_t count,
                                        uint64_t *ret_index)
{
	struct gate *g = ctx;
	enum hf_err e;

	uv_mutex_lock(&g->mutex);
	g->sequenced++;
	g->inside = true;
	uv_cond_broadcast(&g->changed);
	while (g->hold)
		uv_cond_wait(&g->changed, &g->mutex);
	g->inside = false;
	e = g->result;
	g->batch_next = g->next;
	uv_mutex_unlock(&g->mutex);
	for (size_t i = 0; i < count; i++) {
		uint8_t key[8];
		const void *data;
		size_t len;

		ret_index[i] = g->batch_next++;
		hf_put_u64(key, ret_index[i]);
		if (!hf_draft_get(drafts[i], HF_FIELD_OBJECT, &data, &len))
			return HF_E_INTERNAL;
		HF_TRY(hf_txn_append(txn, HF_TABLE_ENTRY, key, sizeof(key), data, len));
	}
	return e;
}

static inline void gate_committed(void *ctx, bool ok)
{
	struct gate *g = ctx;

	uv_mutex_lock(&g->mutex);
	if (ok) {
		g->next = g->batch_next;
		g->committed++;
	} else {
		g->lost++;
	}
	uv_cond_broadcast(&g->changed);
	uv_mutex_unlock(&g->mutex);
}

static inline void gate_install(struct gate *g, struct fixture *f)
{
	const struct hf_sequencer seq = {gate_sequence, gate_committed, g, NULL};

	memset(g, 0, sizeof(*g));
	assert_int_equal(uv_mutex_init(&g->mutex), 0);
	assert_int_equal(uv_cond_init(&g->changed), 0);
	hf_store_set_sequencer(f->store, &seq);
}

static inline void gate_remove(struct gate *g)
{
	uv_cond_destroy(&g->changed);
	uv_mutex_destroy(&g->mutex);
}

static inline void submit_draft(struct fixture *f, const char *key, const char *value, struct ending *end)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, NULL);

	hf_draft_text(d, HF_FIELD_OBJECT, key);
	unit_put_text(u, HF_TABLE_NOTICE, key, value);
	hf_unit_draft(u, d);
	hf_store_submit(f->store, u, ending_done, end);
}

/* Submits a unit with a draft and returns while the committer stands inside its batch. */
static inline void gate_hold(struct gate *g, struct fixture *f, const char *key, const char *value, struct ending *end)
{
	uv_mutex_lock(&g->mutex);
	g->hold = true;
	uv_mutex_unlock(&g->mutex);
	submit_draft(f, key, value, end);
	uv_mutex_lock(&g->mutex);
	while (!g->inside)
		assert_int_equal(uv_cond_timedwait(&g->changed, &g->mutex, (uint64_t)LIMIT_MS * 1000000), 0);
	uv_mutex_unlock(&g->mutex);
}

/* These return after the committer has ended that many batches; the loop has not heard of the last one. */
static inline void gate_wait(struct gate *g, const unsigned *counter, unsigned count)
{
	uv_mutex_lock(&g->mutex);
	while (*counter < count)
		assert_int_equal(uv_cond_timedwait(&g->changed, &g->mutex, (uint64_t)LIMIT_MS * 1000000), 0);
	uv_mutex_unlock(&g->mutex);
}

static inline void gate_wait_lost(struct gate *g, unsigned count)
{
	gate_wait(g, &g->lost, count);
}

static inline void gate_wait_committed(struct gate *g, unsigned count)
{
	gate_wait(g, &g->committed, count);
}

static inline void gate_release(struct gate *g, enum hf_err result)
{
	uv_mutex_lock(&g->mutex);
	g->hold = false;
	g->result = result;
	uv_cond_broadcast(&g->changed);
	uv_mutex_unlock(&g->mutex);
}

/* Seeds are printed, so that a failure can be repeated with HUFU_SEED. */
static inline uint64_t test_seed(const char *name)
{
	const char *given = getenv("HUFU_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : uv_hrtime() ^ (uint64_t)getpid() << 32;

	print_message("%s: HUFU_SEED=%llu\n", name, (unsigned long long)seed);
	return seed;
}

/* splitmix64 */
static inline uint64_t test_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

static inline size_t test_below(uint64_t *state, size_t limit)
{
	return (size_t)(test_random(state) % limit);
}

#endif
