/*
 * store.c - the store as the loop sees it: submit, settle, read.
 *
 * A unit goes from here to the committer (committer.c) and comes back by the async handle; until then its rows are in
 * the overlay (overlay.c), which every read (view.c) lays over the committed rows of the environment (env.c). Units are
 * in unit.c, the write side of a batch in txn.c, versions in schema.c, reads of other threads in snapshot.c; pages.c
 * looks at a file before it is opened.
 */
#include "store/store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/committer.h"
#include "store/store_internal.h"
#include "store/view.h"

#define MAP_BYTES ((size_t)1 << 30)
#define GROW_WAIT_NS (UINT64_C(60) * 1000000000)
#define PATH_BYTES 600

struct hf_store {
	const struct hf_base *base;
	struct hf_env *env;
	struct hf_committer *committer;
	uint32_t schema_found;
	uv_async_t wake;
	struct hf_overlay overlay;
	MDB_txn *reader;  /* reset between calls */
	unsigned reading; /* depth: a row function may read */
	size_t pending;   /* units submitted and not settled */
	bool closing, settling;
};

void hf_store_options_default(struct hf_store_options *ret_options)
{
	*ret_options = (struct hf_store_options){{MAP_BYTES, 0, GROW_WAIT_NS}, hf_schema_current};
}

struct hf_env *hf_store_env(struct hf_store *s)
{
	return s->env;
}

static void log_failure(struct hf_store *s, enum hf_err e)
{
	hf_metrics_add(s->base->metrics, "store_failures_total", 1);
	HF_LOG(s->base->log, HF_LOG_ALARM, "store", "commit-failed", NULL, HF_LOG_E(e));
}

/* The overlay is made right for all before anybody is called, so that nobody decides on rows that failed. */
static void settle(struct hf_store *s, bool wait)
{
	struct hf_unit_list ended;
	enum hf_err e = hf_committer_take(s->committer, wait, &ended);
	struct hf_unit *u;

	if (e != HF_OK)
		log_failure(s, e);
	for (u = ended.head; u; u = u->next)
		hf_overlay_remove(&s->overlay, u);
	s->settling = true;
	while ((u = ended.head) != NULL) {
		ended.head = u->next;
		s->pending--;
		hf_unit_settle(u);
	}
	s->settling = false;
	if (s->pending == 0)
		uv_unref((uv_handle_t *)&s->wake);
}

static void on_wake(uv_async_t *wake)
{
	struct hf_store *s = wake->data;

	if (!s->closing)
		settle(s, false);
}

static enum hf_err start(struct hf_store *s, struct hf_fault *f)
{
	enum hf_err e;

	if (uv_async_init(s->base->loop, &s->wake, on_wake) != 0)
		return hf_fault_set(
		        f, HF_E_MEMORY,
		        "the store cannot join the loop: no descriptor or memory is left; raise the limits");
	s->wake.data = s;
	uv_unref((uv_handle_t *)&s->wake);
	e = hf_env_read_begin(s->env, &s->reader);
	if (e == HF_OK) {
		hf_env_read_reset(s->env, s->reader);
		e = hf_committer_open(s->env, &s->wake, s->base->metrics, &s->committer);
	}
	return hf_fault_default(f, e);
}

static void on_closed(uv_handle_t *wake)
{
	free(wake->data);
}

/* Frees all but the struct, which the loop still knows. */
static void release(struct hf_store *s)
{
	if (s->committer)
		hf_committer_close(s->committer);
	if (s->reader)
		mdb_txn_abort(s->reader);
	hf_env_release(s->env);
	if (s->wake.data)
		uv_close((uv_handle_t *)&s->wake, on_closed);
	else
		free(s);
}

static enum hf_err open_env(struct hf_store *s, const struct hf_store_options *o, struct hf_fault *f)
{
	char dir[PATH_BYTES];
	enum hf_err e;

	snprintf(dir, sizeof(dir), "%s/state", s->base->dir);
	HF_TRY(hf_env_open(dir, &o->env, &s->env, f));
	e = hf_schema_prepare(s->env, &o->schema, &s->schema_found, f);
	if (e != HF_OK)
		hf_env_release(s->env);
	return e;
}

enum hf_err hf_store_open_with(const struct hf_base *base, const struct hf_store_options *o,
                               struct hf_store **ret_store, struct hf_fault *f)
{
	struct hf_store *s = hf_alloc_zero(sizeof(*s));
	enum hf_err e;

	s->base = base;
	hf_overlay_init(&s->overlay);
	e = open_env(s, o, f);
	if (e != HF_OK) {
		free(s);
		return e;
	}
	e = start(s, f);
	if (e != HF_OK) {
		release(s);
		return e;
	}
	if (s->env->stale_readers > 0)
		HF_LOG(base->log, HF_LOG_WARN, "store", "stale-readers", NULL,
		       HF_LOG_I("count", s->env->stale_readers));
	*ret_store = s;
	return HF_OK;
}

enum hf_err hf_store_open(const struct hf_base *base, struct hf_store **ret_store, struct hf_fault *f)
{
	struct hf_store_options o;

	hf_store_options_default(&o);
	return hf_store_open_with(base, &o, ret_store, f);
}

uint32_t hf_store_schema_found(const struct hf_store *s)
{
	return s->schema_found;
}

void hf_store_close(struct hf_store *s)
{
	if (!s)
		return;
	assert(!s->settling && s->reading == 0);
	s->closing = true;
	while (s->pending > 0)
		settle(s, true);
	release(s);
}

void hf_store_drain(struct hf_store *s)
{
	hf_committer_drain(s->committer);
}

void hf_store_set_sequencer(struct hf_store *s, const struct hf_sequencer *seq)
{
	assert(s->pending == 0);
	hf_committer_set_sequencer(s->committer, seq);
}

void hf_store_submit(struct hf_store *s, struct hf_unit *take, hf_unit_done_fn done, void *ctx)
{
	assert(s->reading == 0);
	take->done = done;
	take->ctx = ctx;
	if (s->closing)
		take->err = HF_E_CANCELLED;
	else if (take->drafts && !hf_committer_has_sequencer(s->committer))
		take->err = HF_E_INTERNAL;
	if (take->err == HF_OK)
		hf_overlay_add(&s->overlay, take);
	if (s->pending++ == 0)
		uv_ref((uv_handle_t *)&s->wake);
	hf_committer_submit(s->committer, take);
}

uint64_t hf_store_changes(const struct hf_store *s, enum hf_table t)
{
	return s->overlay.changes[t];
}

/* A read transaction lives for one outermost call; calls from a row function share it. */
static enum hf_err begin(struct hf_store *s, struct hf_view *ret_view)
{
	if (s->reading == 0)
		HF_TRY(hf_env_read_begin(s->env, &s->reader));
	s->reading++;
	*ret_view = (struct hf_view){s->env, s->reader, &s->overlay};
	return HF_OK;
}

static void end(struct hf_store *s)
{
	if (--s->reading == 0)
		hf_env_read_reset(s->env, s->reader);
}

enum hf_err hf_store_get(struct hf_store *s, enum hf_table t, const void *key, size_t key_len, struct hf_buf *out)
{
	struct hf_view v;
	struct hf_bytes value;
	enum hf_err e;

	HF_TRY(begin(s, &v));
	e = hf_view_get(&v, t, (struct hf_bytes){key, key_len}, &value);
	if (e == HF_OK) {
		hf_buf_clear(out);
		e = hf_buf_add(out, value.data, value.len) ? HF_OK : HF_E_LIMIT;
	}
	end(s);
	return e;
}

bool hf_store_has(struct hf_store *s, enum hf_table t, const void *key, size_t key_len)
{
	struct hf_view v;
	struct hf_bytes value;
	enum hf_err e;

	if (begin(s, &v) != HF_OK)
		return false;
	e = hf_view_get(&v, t, (struct hf_bytes){key, key_len}, &value);
	end(s);
	return e == HF_OK;
}

static enum hf_err scan(struct hf_store *s, enum hf_table t, const struct hf_scan_range *range, hf_store_row_fn fn,
                        void *ctx)
{
	struct hf_view v;
	enum hf_err e;

	HF_TRY(begin(s, &v));
	e = hf_view_scan(&v, t, range, fn, ctx);
	end(s);
	return e;
}

enum hf_err hf_store_scan(struct hf_store *s, enum hf_table t, const void *prefix, size_t prefix_len, const void *from,
                          size_t from_len, hf_store_row_fn fn, void *ctx)
{
	const struct hf_scan_range range = {.prefix = {prefix, prefix_len}, .bound = {from, from_len}};

	return scan(s, t, &range, fn, ctx);
}

enum hf_err hf_store_scan_back(struct hf_store *s, enum hf_table t, const void *prefix, size_t prefix_len,
                               const void *before, size_t before_len, hf_store_row_fn fn, void *ctx)
{
	const struct hf_scan_range range = {
	        .prefix = {prefix, prefix_len}, .bound = {before, before_len}, .back = true};

	return scan(s, t, &range, fn, ctx);
}

enum hf_err hf_store_scan_settled(struct hf_store *s, enum hf_table t, const void *prefix, size_t prefix_len,
                                  const void *from, size_t from_len, hf_store_row_fn fn, void *ctx)
{
	const struct hf_scan_range range = {.prefix = {prefix, prefix_len}, .bound = {from, from_len}, .settled = true};

	return scan(s, t, &range, fn, ctx);
}

uint64_t hf_store_count(struct hf_store *s, enum hf_table t)
{
	struct hf_view v;
	MDB_stat stat = {0};

	if (!hf_table_name(t) || begin(s, &v) != HF_OK)
		return 0;
	if (mdb_stat(v.txn, s->env->dbi[t], &stat) != 0)
		stat.ms_entries = 0;
	end(s);
	return stat.ms_entries;
}
