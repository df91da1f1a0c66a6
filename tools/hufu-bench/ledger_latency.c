/*
 * ledger_latency.c - ledger-latency: 50,000 entries a second arrive evenly, each a unit of work of its own; for one in
 * fifty the time is taken from when it was due until it is durable, a signed checkpoint covers it and its inclusion
 * proof was made from the stored tiles and verified. (One in fifty, because whoever wants a proof asks for it; every
 * entry goes the same way up to there.) Three witnesses cosign meanwhile, in the same process. Waiting for a late loop
 * counts, so an overloaded ledger cannot look fast.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "hist.h"
#include "ledger_raw.h"
#include "ledger_town.h"

#define RATE 50000
#define SAMPLE 50u
#define WINDOW_US 4000000
#define BRIEF_US 200000
#define TICK_MS 1
#define SYNCS 200u
#define BATCH_MAX 65536u

/* An entry whose proof is wanted. */
struct wanted {
	struct wanted *next;
	struct pace *pace;
	uint64_t index;
	int64_t due_us;
};
struct pace {
	struct ledger_town town;
	struct ledger_home *home; /* whose ledger is measured */
	uv_timer_t tick;
	uv_check_t check;
	struct hf_sequencer inner;
	/* Committer thread. */
	struct hf_raw_entry *batch;
	uint8_t *bytes;
	uint64_t stamp;
	/* Loop. */
	struct txn_turns turns;
	int64_t begin_us, until_us;
	uint64_t due, submitted, done, failed, proofs; /* of the window */
	struct wanted *first, **end;                   /* durable, in order of index */
	struct hist *times, *durable, *syncs;
};

/* ---- the committer's side: entries made elsewhere ---- */

static enum hf_err sequence(void *ctx, struct hf_txn *txn, struct hf_draft *const *drafts, size_t count,
                            uint64_t *ret_index)
{
	struct pace *p = ctx;
	uint64_t first = 0;
	if (count > BATCH_MAX)
		return HF_E_LIMIT;
	for (size_t i = 0; i < count; i++) {
		uint8_t *data = p->bytes + i * LEDGER_ENTRY_BYTES;
		hf_put_u64(data, p->stamp++);
		p->batch[i] = (struct hf_raw_entry){data, LEDGER_ENTRY_BYTES, hf_draft_txn_get(drafts[i])};
	}
	HF_TRY(hf_sequence_raw(p->home->ledger->sequence, txn, p->batch, count, &first));
	for (size_t i = 0; i < count; i++)
		ret_index[i] = first + i;
	return HF_OK;
}

static void committed(void *ctx, bool ok)
{
	struct pace *p = ctx;
	p->inner.committed(p->inner.ctx, ok);
}

/* ---- appending ---- */

static void on_done(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct pace *p = ctx;
	(void)info;
	p->done++;
	p->failed += e != HF_OK;
}

static void on_wanted_done(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct wanted *w = ctx;
	struct pace *p = w->pace;
	on_done(p, e, info);
	if (e != HF_OK) {
		free(w);
		return;
	}
	w->index = info->first_entry;
	hist_add(p->durable, bench_now_us() - w->due_us);
	*p->end = w;
	p->end = &w->next;
}

static void append(struct pace *p)
{
	struct hf_unit *u = hf_unit_new();
	uint32_t ordinal;
	hf_unit_draft(u, hf_draft_new(HF_EVENT_TRANSFER_SENT, txn_turns_next(&p->turns, &ordinal)));
	if (p->submitted++ % SAMPLE) {
		hf_store_submit(p->home->store, u, on_done, p);
		return;
	}
	struct wanted *w = calloc(1, sizeof(*w));
	if (!w)
		abort();
	w->pace = p;
	w->due_us = p->begin_us + (int64_t)(p->submitted - 1) * 1000000 / RATE;
	hf_store_submit(p->home->store, u, on_wanted_done, w);
}

static void on_tick(uv_timer_t *t)
{
	struct pace *p = t->data;
	int64_t now = bench_now_us();
	if (now > p->until_us)
		now = p->until_us;
	uint64_t due = (uint64_t)(now - p->begin_us) * RATE / 1000000;
	while (p->submitted < due)
		append(p);
}

/* ---- proving ---- */

static bool prove(struct pace *p, uint64_t index)
{
	struct hf_ledger *l = p->home->ledger;
	struct hf_tree tree = {&l->own, &l->rows};
	struct hf_merkle_path path;
	struct hf_bytes bytes;
	struct hf_hash leaf;
	if (hf_place_entry(&l->own, &l->rows, index, &bytes) != HF_OK)
		return false;
	hf_merkle_leaf(bytes.data, bytes.len, &leaf);
	return hf_merkle_inclusion(hf_tree_read, &tree, index, l->newest.size, &path) &&
	       hf_merkle_verify_inclusion(&leaf, index, l->newest.size, &path, &l->newest.root);
}

static void on_check(uv_check_t *c)
{
	struct pace *p = c->data;
	while (p->first && p->first->index < p->home->ledger->newest.size) {
		struct wanted *w = p->first;
		p->failed += !prove(p, w->index);
		p->proofs++;
		hist_add(p->times, bench_now_us() - w->due_us);
		p->first = w->next;
		if (!p->first)
			p->end = &p->first;
		free(w);
	}
}

/* ---- windows ---- */

static bool window_done(void *ctx)
{
	struct pace *p = ctx;
	return p->submitted == p->due && p->done == p->submitted && !p->first;
}

static bool window(struct pace *p, int64_t duration_us)
{
	hist_clear(p->times);
	hist_clear(p->durable);
	p->submitted = p->done = p->proofs = 0;
	p->begin_us = bench_now_us();
	p->until_us = p->begin_us + duration_us;
	p->due = (uint64_t)duration_us * RATE / 1000000;
	uv_timer_start(&p->tick, on_tick, 0, TICK_MS);
	bool ok = ledger_town_until(&p->town, window_done, p, "the proofs of a window");
	uv_timer_stop(&p->tick);
	return ok && p->failed == 0 && p->proofs == (p->due + SAMPLE - 1) / SAMPLE;
}

static bool sync_window(struct pace *p)
{
	char path[600], page[4096];
	snprintf(path, sizeof(path), "%s/sync", p->home->base.dir);
	memset(page, 0x5a, sizeof(page));
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	bool ok = fd >= 0;
	for (unsigned i = 0; i < SYNCS && ok; i++) {
		int64_t begin = bench_now_us();
		ok = pwrite(fd, page, sizeof(page), (off_t)i * (off_t)sizeof(page)) == (ssize_t)sizeof(page) &&
		     fdatasync(fd) == 0;
		hist_add(p->syncs, bench_now_us() - begin);
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

struct figures {
	double *p50, *p99, *durable, *rate;
};

static bool measure(struct bench *b, struct pace *p, struct figures *f)
{
	int64_t us = (int64_t)bench_count(b, WINDOW_US, BRIEF_US);
	bool ok = window(p, us / 4);
	for (unsigned i = 0; i < b->windows && ok; i++) {
		ok = sync_window(p) && window(p, us);
		f->p50[i] = hist_percentile(p->times, 0.5) / 1000;
		f->p99[i] = hist_percentile(p->times, 0.99) / 1000;
		f->durable[i] = hist_percentile(p->durable, 0.5) / 1000;
		f->rate[i] = (double)p->done * 1e6 / (double)(bench_now_us() - p->begin_us);
	}
	if (p->failed)
		fprintf(stderr, "hufu-bench: a commit or a proof failed; is the disk full?\n");
	return ok;
}

static void report(struct bench *b, const struct pace *p, struct figures *f)
{
	bench_add(b, &(struct bench_result){.metric = "p50_ms",
	                                    .unit = "ms",
	                                    .value = bench_median(f->p50, b->windows),
	                                    .baseline = "fdatasync of a page, p50",
	                                    .baseline_value = hist_percentile(p->syncs, 0.5) / 1000,
	                                    .target = 5});
	bench_add(b, &(struct bench_result){.metric = "p99_ms",
	                                    .unit = "ms",
	                                    .value = bench_median(f->p99, b->windows),
	                                    .baseline = "fdatasync of a page, p99",
	                                    .baseline_value = hist_percentile(p->syncs, 0.99) / 1000,
	                                    .target = 50});
	bench_add(b, &(struct bench_result){
	                     .metric = "durable_p50_ms", .unit = "ms", .value = bench_median(f->durable, b->windows)});
	bench_add(b, &(struct bench_result){
	                     .metric = "entries_per_s", .unit = "1/s", .value = bench_median(f->rate, b->windows)});
}

static bool open_pace(struct pace *p, const struct net *n)
{
	p->end = &p->first;
	p->batch = calloc(BATCH_MAX, sizeof(*p->batch));
	p->bytes = calloc(BATCH_MAX, LEDGER_ENTRY_BYTES);
	p->times = hist_new();
	p->durable = hist_new();
	p->syncs = hist_new();
	txn_turns_init(&p->turns);
	if (!p->batch || !p->bytes || !ledger_town_open(&p->town, n))
		return false;
	p->home = &p->town.home[0];
	hf_sequence_get(p->home->ledger->sequence, &p->inner);
	hf_store_set_sequencer(p->home->store, &(struct hf_sequencer){sequence, committed, p, NULL});
	uv_timer_init(&p->town.loop, &p->tick);
	uv_check_init(&p->town.loop, &p->check);
	p->tick.data = p->check.data = p;
	uv_check_start(&p->check, on_check);
	return true;
}

static void close_pace(struct pace *p)
{
	if (p->tick.data) {
		uv_close((uv_handle_t *)&p->tick, NULL);
		uv_close((uv_handle_t *)&p->check, NULL);
	}
	ledger_town_close(&p->town);
	while (p->first) {
		struct wanted *w = p->first;
		p->first = w->next;
		free(w);
	}
	hist_free(p->times);
	hist_free(p->durable);
	hist_free(p->syncs);
	free(p->batch);
	free(p->bytes);
	free(p);
}

int bench_ledger_latency(struct bench *b)
{
	struct net n;
	struct pace *p = calloc(1, sizeof(*p));
	struct figures f = {calloc(b->windows, sizeof(double)), calloc(b->windows, sizeof(double)),
	                    calloc(b->windows, sizeof(double)), calloc(b->windows, sizeof(double))};
	bool ok = p && f.p50 && f.p99 && f.durable && f.rate && net_open(&n, b, "net") && net_add(&n, "writer") &&
	          net_found(&n) && open_pace(p, &n) && measure(b, p, &f);
	if (ok)
		report(b, p, &f);
	if (p)
		close_pace(p);
	free(f.p50);
	free(f.p99);
	free(f.durable);
	free(f.rate);
	return ok ? 0 : 1;
}
