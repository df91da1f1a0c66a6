/*
 * ledger_recover.c - ledger-recover: a node has lost its store; its ledger is asked back from its mirror page by page,
 * each entry hashed and chained, each page proven to lead to the witnessed checkpoint and durable before the next one
 * is asked for. Without the network: both ends run in the bench.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_raw.h"
#include "ledger_trace_fill.h"

#define ENTRIES_DEFAULT UINT64_C(200000) /* --size */
#define ENTRIES_MIN UINT64_C(2000)
#define BATCH 1000u /* of the baseline: about the entries of one page */

#define MIRROR "witness-1" /* net_found makes it */

struct recovering {
	struct ledger_town town;
	struct trace_txns txns;
	struct net net;
	uint64_t entries;
	bool done;
	enum hf_err err;
	struct hf_ledger_recovered result;
};

/* And the mirror has the checkpoint with its cosignatures, too: it is what the ledger comes back to. */
static bool is_mirrored(void *ctx)
{
	struct recovering *r = ctx;
	struct hf_ledger *l = r->town.home[0].ledger;
	struct hf_ledger_state s;
	hf_ledger_state(l, &s);
	return s.durable >= r->entries && s.mirrored_size == s.durable && s.witnessed_size == s.durable &&
	       hf_ledger_peer(l, MIRROR)->mirror_witnessed == s.durable;
}

static bool is_set_back(void *ctx)
{
	struct recovering *r = ctx;
	struct hf_ledger_state s;
	hf_ledger_state(r->town.home[0].ledger, &s);
	return s.set_back && s.ahead >= r->entries && hf_gate_open(r->town.home[0].ledger);
}

static void on_recovered(void *ctx, enum hf_err e, const struct hf_ledger_recovered *c)
{
	struct recovering *r = ctx;
	r->done = true;
	r->err = e;
	r->result = *c;
}

static bool is_done(void *ctx)
{
	return ((struct recovering *)ctx)->done;
}

/* Entries a second, from the command until the log goes on. */
static bool one(struct recovering *r, double *ret_rate)
{
	struct hf_fault f = {HF_OK, ""};
	r->done = false;
	if (!ledger_town_until(&r->town, is_mirrored, r, "the mirror to have the whole ledger") ||
	    !ledger_town_lose(&r->town, &r->net) ||
	    !ledger_town_until(&r->town, is_set_back, r, "the node to notice its loss"))
		return false;
	int64_t begin = bench_now_us();
	if (hf_ledger_recover(r->town.home[0].ledger, false, on_recovered, r, &f) != HF_OK) {
		fprintf(stderr, "hufu-bench: %s\n", f.text);
		return false;
	}
	if (!ledger_town_until(&r->town, is_done, r, "the recovery"))
		return false;
	*ret_rate = (double)r->result.entries * 1e6 / (double)(bench_now_us() - begin);
	if (r->err == HF_OK && r->result.entries >= r->entries && r->result.witnessed)
		return true;
	fprintf(stderr, "hufu-bench: %llu entries came back of %llu, to a checkpoint that is %switnessed: %s\n",
	        (unsigned long long)r->result.entries, (unsigned long long)r->entries,
	        r->result.witnessed ? "" : "not ", r->err == HF_OK ? "not what was lost" : r->result.text);
	return false;
}

struct figures {
	double *rate, *base;
};

static bool raw(const struct bench *b, struct recovering *r, unsigned window, double *ret_rate)
{
	char path[500];
	snprintf(path, sizeof(path), "%s/raw-%u", b->dir, window);
	struct raw_ledger *l = raw_ledger_open(path);
	int64_t begin = bench_now_us();
	bool ok = l && raw_ledger_append(l, r->entries, BATCH);
	*ret_rate = (double)r->entries * 1e6 / (double)(bench_now_us() - begin);
	if (l)
		raw_ledger_close(l);
	return ok;
}

static bool run(struct bench *b, struct recovering *r, struct figures *f)
{
	if (!net_open(&r->net, b, "net") || !net_add(&r->net, "writer"))
		return false;
	r->net.node[0].mirror = MIRROR;
	trace_txns_init(&r->txns);
	bool ok = net_found(&r->net) && ledger_town_open(&r->town, &r->net) &&
	          trace_fill_own(&r->town, &r->txns, r->entries, MIRROR);
	for (unsigned w = 0; w < b->windows && ok; w++)
		ok = raw(b, r, w, &f->base[w]) && one(r, &f->rate[w]);
	ledger_town_close(&r->town);
	return ok;
}

int bench_ledger_recover(struct bench *b)
{
	struct recovering *r = calloc(1, sizeof(*r));
	struct figures f = {calloc(b->windows, sizeof(double)), calloc(b->windows, sizeof(double))};
	bool ok = r && f.rate && f.base;
	if (ok) {
		r->entries = bench_size_or(b, ENTRIES_DEFAULT, ENTRIES_MIN);
		if (r->entries < ENTRIES_MIN)
			r->entries = ENTRIES_MIN;
		ok = run(b, r, &f);
		net_done(&r->net);
	}
	if (ok)
		bench_add(b, &(struct bench_result){.metric = "entries_per_s",
		                                    .unit = "1/s",
		                                    .value = bench_median(f.rate, b->windows),
		                                    .baseline = "raw LMDB, the tables of a ledger",
		                                    .baseline_value = bench_median(f.base, b->windows)});
	free(f.rate);
	free(f.base);
	free(r);
	return ok ? 0 : 1;
}
