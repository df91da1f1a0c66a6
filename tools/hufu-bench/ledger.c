/*
 * ledger.c - ledger-append: durable entries a second through the store's committer and the ledger's sequencer.
 *
 * One unit of work per entry, so that group commit is measured and not assumed; a fixed number of them is under way. A
 * window is a number of entries, the same for the baseline, and the ledger grows from one to the next: the last one
 * stands for a ledger of --size entries.
 * entries_per_s takes entries of 256 bytes made elsewhere (index, chain, tree, transaction index and commit remain);
 * drafts_per_s takes real drafts with all fields of DS-60 ... DS-64, whose commitments and encryption happen in the
 * committer as in a node.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "evidence/space.h"
#include "hist.h"
#include "ledger/sequence.h"
#include "ledger_drafts.h"
#include "ledger_raw.h"

#define ENTRIES_DEFAULT UINT64_C(10000000) /* of all windows together; --size */
#define ENTRIES_BRIEF 20000u
#define WARM_UP 100000u
#define DRAFTS_PER_ENTRY 20u /* a draft is that much slower: a window of them has fewer */
#define OUTSTANDING 8192u    /* two of the committer's batches: one is written while the other fills */
#define BATCH_MAX 65536u

struct rig {
	uv_loop_t loop;
	struct hf_base base;
	struct hf_system_clock *clock;
	struct hf_store *store;
	struct hf_sequence *sequence;
	struct hf_slots *slots;
	struct hf_sequencer inner;
	int log_fd;
	bool raw; /* entries made elsewhere */
	/* Committer thread. */
	struct hf_raw_entry *batch;
	uint8_t *bytes;
	uint64_t stamp;
	/* One window. */
	struct txn_turns turns;
	uint64_t submitted, done, failed;
	uint64_t goal; /* submissions at which the window ends */
	struct hist *times;
};

/* ---- the committer's side ---- */

static enum hf_err sequence_raw(struct rig *r, struct hf_txn *txn, struct hf_draft *const *drafts, size_t count,
                                uint64_t *ret_index)
{
	uint64_t first = 0;
	if (count > BATCH_MAX)
		return HF_E_LIMIT;
	for (size_t i = 0; i < count; i++) {
		uint8_t *data = r->bytes + i * LEDGER_ENTRY_BYTES;
		hf_put_u64(data, r->stamp++);
		r->batch[i] = (struct hf_raw_entry){data, LEDGER_ENTRY_BYTES, hf_draft_txn_get(drafts[i])};
	}
	HF_TRY(hf_sequence_raw(r->sequence, txn, r->batch, count, &first));
	for (size_t i = 0; i < count; i++)
		ret_index[i] = first + i;
	return HF_OK;
}

static enum hf_err sequence(void *ctx, struct hf_txn *txn, struct hf_draft *const *drafts, size_t count,
                            uint64_t *ret_index)
{
	struct rig *r = ctx;
	return r->raw ? sequence_raw(r, txn, drafts, count, ret_index)
	              : r->inner.sequence(r->inner.ctx, txn, drafts, count, ret_index);
}

static void prepare(void *ctx, struct hf_draft *d)
{
	struct rig *r = ctx;
	r->inner.prepare(r->inner.ctx, d);
}

static void committed(void *ctx, bool ok)
{
	struct rig *r = ctx;
	r->inner.committed(r->inner.ctx, ok);
}

/* ---- opening ---- */

static bool fail(const struct hf_fault *f)
{
	fprintf(stderr, "hufu-bench: %s\n", f->text);
	return false;
}

static bool open_sequence(struct rig *r)
{
	struct hf_fault f = {HF_OK, "the ledger cannot be opened"};
	struct hf_rows rows;
	uint8_t keys[2][32];
	hf_random(keys, sizeof(keys));
	struct hf_sequence_config cfg = {.self = "bench",
	                                 .origin = "bench.example/ledger/bench",
	                                 .clock = r->base.clock,
	                                 .label_key = keys[0],
	                                 .opening_key = keys[1]};
	if (hf_slots_open(r->base.dir, "own", &r->slots, &f) != HF_OK)
		return fail(&f);
	cfg.slots = r->slots;
	r->sequence = hf_sequence_new(&cfg);
	hf_rows_of_store(&rows, r->store);
	enum hf_err e = hf_sequence_load(r->sequence, &rows, 0, 0);
	hf_rows_done(&rows);
	if (e != HF_OK)
		return fail(&f);
	hf_sequence_get(r->sequence, &r->inner);
	hf_store_set_sequencer(r->store, &(struct hf_sequencer){sequence, committed, r, r->raw ? NULL : prepare});
	return true;
}

static bool rig_open(struct rig *r, const char *dir, bool raw)
{
	struct hf_fault f = {HF_OK, ""};
	memset(r, 0, sizeof(*r));
	r->raw = raw;
	if (mkdir(dir, 0700) != 0 || uv_loop_init(&r->loop) != 0)
		return false;
	r->log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	r->clock = hf_system_clock_new();
	r->base.loop = &r->loop;
	snprintf(r->base.dir, sizeof(r->base.dir), "%s", dir);
	hf_name_parse("bench", &r->base.self);
	hf_system_clock_get(r->clock, &r->base.clock);
	r->base.log = hf_log_new(r->log_fd, &r->base.clock, "bench", HF_LOG_ERROR);
	r->base.metrics = hf_metrics_new();
	r->batch = calloc(BATCH_MAX, sizeof(*r->batch));
	r->bytes = calloc(BATCH_MAX, LEDGER_ENTRY_BYTES);
	r->times = hist_new();
	txn_turns_init(&r->turns);
	if (!r->batch || !r->bytes)
		return false;
	if (hf_store_open(&r->base, &r->store, &f) != HF_OK)
		return fail(&f);
	return open_sequence(r);
}

static void rig_close(struct rig *r)
{
	if (r->store) {
		hf_store_close(r->store);
		uv_run(&r->loop, UV_RUN_DEFAULT);
	}
	hf_sequence_free(r->sequence);
	hf_slots_close(r->slots);
	hf_metrics_free(r->base.metrics);
	hf_log_free(r->base.log);
	hf_system_clock_free(r->clock);
	close(r->log_fd);
	uv_loop_close(&r->loop);
	hist_free(r->times);
	free(r->batch);
	free(r->bytes);
}

/* ---- a window ---- */

struct flight {
	struct rig *rig;
	int64_t begin_us;
};
static void submit(struct rig *r, struct flight *f);

static void on_done(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct flight *f = ctx;
	struct rig *r = f->rig;
	int64_t now = bench_now_us();
	(void)info;
	r->done++;
	r->failed += e != HF_OK;
	hist_add(r->times, now - f->begin_us);
	if (r->submitted < r->goal && e == HF_OK)
		submit(r, f);
}

static void submit(struct rig *r, struct flight *f)
{
	struct hf_unit *u = hf_unit_new();
	uint32_t ordinal;
	const struct hf_id *txn = txn_turns_next(&r->turns, &ordinal);
	hf_unit_draft(u, r->raw ? hf_draft_new(HF_EVENT_TRANSFER_SENT, txn) : ledger_draft_full(txn));
	f->begin_us = bench_now_us();
	r->submitted++;
	hf_store_submit(r->store, u, on_done, f);
}

/* Entries a second over count of them; the average batch goes to ret_batch. */
static double window(struct rig *r, struct flight *flights, uint64_t count, double *ret_batch)
{
	int64_t begin = bench_now_us();
	uint64_t done = r->done, commits = (uint64_t)hf_metrics_get(r->base.metrics, "store_commits_total");
	r->goal = r->submitted + count;
	for (unsigned i = 0; i < OUTSTANDING && r->submitted < r->goal; i++) {
		flights[i].rig = r;
		submit(r, &flights[i]);
	}
	while (r->done < r->submitted)
		uv_run(&r->loop, UV_RUN_ONCE);
	double seconds = (double)(bench_now_us() - begin) / 1e6;
	commits = (uint64_t)hf_metrics_get(r->base.metrics, "store_commits_total") - commits;
	*ret_batch = commits ? (double)(r->done - done) / (double)commits : 1;
	return (double)(r->done - done) / seconds;
}

struct figures {
	double *rate, *raw_rate, *draft_rate;
};

static bool measure_window(struct rig *raw, struct rig *drafts, struct raw_ledger *lmdb, struct flight *flights,
                           uint64_t count, double ret_rate[3])
{
	double batch, ignored;
	ret_rate[0] = window(raw, flights, count, &batch);
	int64_t begin = bench_now_us();
	if (!raw_ledger_append(lmdb, count, (unsigned)(batch + 0.5)))
		return false;
	ret_rate[1] = (double)count * 1e6 / (double)(bench_now_us() - begin);
	ret_rate[2] = window(drafts, flights, count / DRAFTS_PER_ENTRY + 1, &ignored);
	return raw->failed == 0 && drafts->failed == 0;
}

static bool measure(struct bench *b, struct rig *raw, struct rig *drafts, struct raw_ledger *lmdb, struct figures *f)
{
	struct flight *flights = calloc(OUTSTANDING, sizeof(*flights));
	uint64_t count = (bench_size_or(b, ENTRIES_DEFAULT, ENTRIES_BRIEF) + b->windows - 1) / b->windows;
	double rate[3];
	bool ok = flights && measure_window(raw, drafts, lmdb, flights, bench_count(b, WARM_UP, ENTRIES_BRIEF), rate);
	hist_clear(raw->times);
	for (unsigned i = 0; i < b->windows && ok; i++) {
		ok = measure_window(raw, drafts, lmdb, flights, count, rate);
		f->rate[i] = rate[0];
		f->raw_rate[i] = rate[1];
		f->draft_rate[i] = rate[2];
	}
	free(flights);
	if (raw->failed || drafts->failed)
		fprintf(stderr, "hufu-bench: a commit failed; is the disk full?\n");
	return ok;
}

static void report(struct bench *b, const struct rig *raw, struct figures *f)
{
	double rate = bench_median(f->rate, b->windows), base = bench_median(f->raw_rate, b->windows);
	bench_add(b, &(struct bench_result){.metric = "entries_per_s",
	                                    .unit = "1/s",
	                                    .value = rate,
	                                    .baseline_value = base,
	                                    .baseline = "raw LMDB, the same tables, key order and batch",
	                                    .target = 200000,
	                                    .at_least = true});
	bench_add(b, &(struct bench_result){.metric = "entries_per_s_ratio",
	                                    .unit = "1",
	                                    .value = base > 0 ? rate / base : 0,
	                                    .target = 0.6,
	                                    .at_least = true});
	bench_add(b, &(struct bench_result){
	                     .metric = "p99_ms", .unit = "ms", .value = hist_percentile(raw->times, 0.99) / 1000});
	bench_add(b, &(struct bench_result){.metric = "drafts_per_s",
	                                    .unit = "1/s",
	                                    .value = bench_median(f->draft_rate, b->windows)});
}

int bench_ledger_append(struct bench *b)
{
	char dir[3][300];
	static const char *const name[3] = {"raw", "drafts", "lmdb"};
	struct rig *raw = calloc(1, sizeof(*raw)), *drafts = calloc(1, sizeof(*drafts));
	struct figures f = {calloc(b->windows, sizeof(double)), calloc(b->windows, sizeof(double)),
	                    calloc(b->windows, sizeof(double))};
	for (unsigned i = 0; i < 3; i++)
		snprintf(dir[i], sizeof(dir[i]), "%s/%s", b->dir, name[i]);
	bool ok = raw && drafts && f.rate && f.raw_rate && f.draft_rate && rig_open(raw, dir[0], true) &&
	          rig_open(drafts, dir[1], false);
	struct raw_ledger *lmdb = ok ? raw_ledger_open(dir[2]) : NULL;
	ok = lmdb && measure(b, raw, drafts, lmdb, &f);
	if (ok)
		report(b, raw, &f);
	raw_ledger_close(lmdb);
	if (drafts && drafts->store)
		rig_close(drafts);
	if (raw && raw->store)
		rig_close(raw);
	free(raw);
	free(drafts);
	free(f.rate);
	free(f.raw_rate);
	free(f.draft_rate);
	return ok ? 0 : 1;
}
