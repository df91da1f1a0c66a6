/*
 * ledger_trace.c - ledger-trace: the story of a transaction from five ledgers of a million entries each, held by one
 * node: four entries in each, every one read, hashed, proved under its ledger's checkpoint and opened. The rows are in
 * the page cache, as after writing them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hist.h"
#include "ledger_trace_fill.h"

#define ENTRIES_DEFAULT UINT64_C(1000000) /* of each ledger; --size */
#define ENTRIES_MIN UINT64_C(20000)       /* and with --brief */
#define PER_WINDOW 200u

static const char *const names[TRACE_LEDGERS] = {"reader", "peer-2", "peer-3", "peer-4", "peer-5"};

struct tracing {
	struct ledger_town town;
	struct trace_txns txns;
	uint64_t entries, random;
	struct hist *times, *reads;
};

static uint64_t next(struct tracing *t)
{
	t->random = t->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return t->random >> 20;
}

/* ---- one trace ---- */

struct story {
	unsigned rows, opened, proved;
	int64_t time_ms;
	bool in_order;
};

static bool on_row(void *ctx, const struct hf_ledger_row *row)
{
	struct story *s = ctx;
	s->rows++;
	s->opened += row->opening != NULL;
	s->proved += strcmp(row->proof, "durable") != 0;
	s->in_order = s->in_order && row->time_ms >= s->time_ms;
	s->time_ms = row->time_ms;
	return true;
}

static void on_note(void *ctx, const char *text)
{
	(void)ctx, (void)text;
}

static bool trace(struct tracing *t)
{
	const unsigned expected = TRACE_LEDGERS * TRACE_TXN_ENTRIES;
	const struct hf_id *txn = &t->txns.id[next(t) % TRACE_TXNS];
	struct story s = {.in_order = true};
	int64_t begin = bench_now_us();
	enum hf_err e = hf_ledger_trace(t->town.home[0].ledger, txn, on_row, on_note, &s);
	hist_add(t->times, bench_now_us() - begin);
	if (e == HF_OK && s.rows == expected && s.opened == expected && s.proved == expected && s.in_order)
		return true;
	fprintf(stderr, "hufu-bench: a trace told %u entries of %u, %u of them opened, %u proved (%s)\n", s.rows,
	        expected, s.opened, s.proved, hf_err_text(e));
	return false;
}

/* One entry of each ledger. */
static bool read_five(struct tracing *t)
{
	struct hf_ledger *l = t->town.home[0].ledger;
	struct hf_bytes bytes;
	int64_t begin = bench_now_us();
	for (unsigned i = 0; i < TRACE_LEDGERS; i++) {
		struct hf_place p = {.own = i == 0};
		hf_space_origin(NET_SPACE, names[i], p.origin);
		if (hf_place_entry(&p, &l->rows, next(t) % t->entries, &bytes) != HF_OK)
			return false;
	}
	hist_add(t->reads, bench_now_us() - begin);
	return true;
}

struct figures {
	double *p50, *p99, *base;
};

static bool measure(struct bench *b, struct tracing *t, struct figures *f)
{
	bool ok = true;
	for (unsigned w = 0; w <= b->windows && ok; w++) { /* the first one warms up */
		hist_clear(t->times);
		hist_clear(t->reads);
		for (unsigned i = 0; i < PER_WINDOW && ok; i++)
			ok = trace(t) && read_five(t);
		if (w == 0)
			continue;
		f->p50[w - 1] = hist_percentile(t->times, 0.5) / 1000;
		f->p99[w - 1] = hist_percentile(t->times, 0.99) / 1000;
		f->base[w - 1] = hist_percentile(t->reads, 0.5) / 1000;
	}
	return ok;
}

static bool fill(struct tracing *t, const struct net *n)
{
	trace_txns_init(&t->txns);
	for (unsigned i = 1; i < TRACE_LEDGERS; i++)
		if (!trace_fill_mirror(&t->town, &t->txns, t->entries, &n->node[i]))
			return false;
	return trace_fill_own(&t->town, &t->txns, t->entries, names[1]) && ledger_town_signed(&t->town);
}

static bool run(struct bench *b, struct tracing *t, struct figures *f)
{
	struct net n;
	if (!net_open(&n, b, "net"))
		return false;
	for (unsigned i = 0; i < TRACE_LEDGERS; i++)
		if (!net_add(&n, names[i]))
			return false;
	for (unsigned i = 1; i < TRACE_LEDGERS; i++)
		n.node[i].mirror = names[0];
	bool ok = net_found(&n) && ledger_town_open(&t->town, &n) && fill(t, &n) && measure(b, t, f);
	ledger_town_close(&t->town);
	return ok;
}

static void report(struct bench *b, struct figures *f)
{
	bench_add(b, &(struct bench_result){.metric = "p50_ms",
	                                    .unit = "ms",
	                                    .value = bench_median(f->p50, b->windows),
	                                    .baseline = "five LMDB point reads",
	                                    .baseline_value = bench_median(f->base, b->windows),
	                                    .target = 10});
	bench_add(b,
	          &(struct bench_result){.metric = "p99_ms", .unit = "ms", .value = bench_median(f->p99, b->windows)});
}

int bench_ledger_trace(struct bench *b)
{
	struct tracing *t = calloc(1, sizeof(*t));
	struct figures f = {calloc(b->windows, sizeof(double)), calloc(b->windows, sizeof(double)),
	                    calloc(b->windows, sizeof(double))};
	bool ok = t && f.p50 && f.p99 && f.base;
	if (ok) {
		t->entries = bench_size_or(b, ENTRIES_DEFAULT, ENTRIES_MIN);
		if (t->entries < ENTRIES_MIN)
			t->entries = ENTRIES_MIN;
		t->random = 1;
		t->times = hist_new();
		t->reads = hist_new();
		ok = run(b, t, &f);
		hist_free(t->times);
		hist_free(t->reads);
	}
	if (ok)
		report(b, &f);
	free(t);
	free(f.p50);
	free(f.p99);
	free(f.base);
	return ok ? 0 : 1;
}
