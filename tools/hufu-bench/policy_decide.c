/*
 * policy_decide.c - one decision from the request's texts to the answer with its explanation (tier 1), on one thread,
 * among 10,000, 100,000 and a million rules. Baseline: twelve probes of a hash table with as many entries, of 16 bytes
 * each. A request is copied just before it is decided, so that it lies in the caches as one that was just
 * read; rules and tables lie where they lie. Each time would hold one reading of the clock: its median is taken off.
 *
 * Two more figures tell where the time goes: the same request decided once more at once, with all that it needs in the
 * nearest cache and every branch foreseen (warm), and one read at random in as much memory as the compiled rules take,
 * done once between decisions, so that it finds the caches as a decision does (access).
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "base/mem.h"
#include "bench.h"
#include "policy_town.h"

#define REQUESTS 16384u
#define BRIEF 50u /* that much fewer rules */
#define PROBES 12u
#define LARGE_PAGE ((size_t)2 << 20)
#define LINE 64u

struct probe_table {
	uint64_t (*slots)[2];
	uint64_t mask;
};
struct run {
	struct hf_policy *policy;
	struct town_request *requests;
	struct probe_table table;
	double *ours, *warm, *access, *base; /* nanoseconds of each */
	char *ring, *at;
	double clock; /* of one reading */
	uint64_t permits, sum, steps;
};

static int64_t now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static uint64_t scramble(uint64_t x)
{
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

static void table_fill(struct probe_table *t, uint32_t entries)
{
	for (t->mask = 1; t->mask < 2 * (uint64_t)entries; t->mask *= 2)
		;
	t->slots = hf_alloc_zero(t->mask * sizeof(*t->slots));
	t->mask--;
	for (uint32_t i = 1; i <= entries; i++) {
		uint64_t key = scramble(i), at = key & t->mask;
		while (t->slots[at][0])
			at = (at + 1) & t->mask;
		t->slots[at][0] = key;
		t->slots[at][1] = i;
	}
}

static uint64_t table_get(const struct probe_table *t, uint64_t key)
{
	uint64_t at = key & t->mask;
	while (t->slots[at][0] && t->slots[at][0] != key)
		at = (at + 1) & t->mask;
	return t->slots[at][0] ? t->slots[at][1] : 0;
}

/* Half of the keys are there. */
static void measure_base(struct run *r, uint32_t entries, uint64_t seed)
{
	for (uint32_t i = 0; i < REQUESTS; i++) {
		int64_t before = now_ns();
		for (unsigned k = 0; k < PROBES; k++)
			r->sum += table_get(&r->table,
			                    scramble(1 + scramble(seed + i * PROBES + k) % (2 * (uint64_t)entries)));
		int64_t after = now_ns();
		r->base[i] = (double)(after - before) - r->clock;
	}
}

static void measure_ours(struct run *r)
{
	struct hf_policy_decision d;
	struct town_request q;
	for (uint32_t i = 0; i < REQUESTS; i++) {
		town_copy(&r->requests[i], &q);
		int64_t before = now_ns();
		hf_policy_decide(r->policy, &q.rq, &d);
		int64_t between = now_ns();
		r->permits += d.permit;
		r->steps += d.steps;
		int64_t again = now_ns();
		hf_policy_decide(r->policy, &q.rq, &d);
		int64_t after = now_ns();
		r->at = *(char *volatile *)(void *)r->at;
		r->access[i] = (double)(now_ns() - after) - r->clock;
		r->ours[i] = (double)(between - before) - r->clock;
		r->warm[i] = (double)(after - again) - r->clock;
	}
}

static double clock_cost(double *samples)
{
	for (uint32_t i = 0; i < REQUESTS; i++) {
		int64_t before = now_ns();
		samples[i] = (double)(now_ns() - before);
	}
	return bench_percentile(samples, REQUESTS, 0.5);
}

/* A ring through all lines of so much memory, in random order. */
static char *ring_new(size_t bytes)
{
	size_t lines = bytes / LINE, whole = (bytes + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
	char *memory = aligned_alloc(LARGE_PAGE, whole);
	uint32_t *order = hf_alloc(lines * sizeof(*order));
	if (!memory)
		abort();
	(void)madvise(memory, whole, MADV_HUGEPAGE);
	for (size_t i = 0; i < lines; i++) {
		size_t at = scramble(i + 1) % (i + 1);
		order[i] = order[at];
		order[at] = (uint32_t)i;
	}
	for (size_t i = 0; i < lines; i++)
		*(char **)(void *)(memory + (size_t)order[i] * LINE) = memory + (size_t)order[(i + 1) % lines] * LINE;
	free(order);
	return memory;
}

static void add(struct bench *b, const char *name, double value, double base, double target)
{
	bench_add(b, &(struct bench_result){.metric = name,
	                                    .unit = "ns",
	                                    .value = value,
	                                    .baseline = "twelve hash probes",
	                                    .baseline_value = base,
	                                    .target = target});
}

/* Returns the p50. */
static double report(struct bench *b, const char *size, double *windows, const double targets[2])
{
	char name[32];
	unsigned n = b->windows;
	double p50 = bench_median(windows, n);
	snprintf(name, sizeof(name), "p50_ns_%s", size);
	add(b, name, p50, bench_median(windows + n, n), targets[0]);
	snprintf(name, sizeof(name), "p99_ns_%s", size);
	add(b, name, bench_median(windows + 2 * n, n), bench_median(windows + 3 * n, n), targets[1]);
	return p50;
}

static void add_part(struct bench *b, const char *metric, const char *size, double value)
{
	char name[32];
	snprintf(name, sizeof(name), "%s_%s", metric, size);
	bench_add(b, &(struct bench_result){.metric = name, .unit = "ns", .value = value});
}

static double bench_size(struct bench *b, const char *size, uint32_t rules, const double targets[2])
{
	struct run r = {0};
	struct town t;
	rules = (uint32_t)bench_count(b, rules, rules / BRIEF);
	town_open(&t, rules, 1);
	r.policy = town_policy(&t);
	r.requests = hf_alloc(REQUESTS * sizeof(*r.requests));
	r.ours = hf_alloc(REQUESTS * sizeof(double));
	r.warm = hf_alloc(REQUESTS * sizeof(double));
	r.access = hf_alloc(REQUESTS * sizeof(double));
	r.base = hf_alloc(REQUESTS * sizeof(double));
	r.clock = clock_cost(r.base);
	table_fill(&r.table, rules);
	struct hf_policy_stats stats;
	hf_policy_stats(r.policy, &stats);
	r.at = r.ring = ring_new(stats.bytes);
	double *windows = hf_alloc(6 * (size_t)b->windows * sizeof(double));
	for (unsigned w = 0; w < b->windows; w++) {
		for (uint32_t i = 0; i < REQUESTS; i++)
			town_request(&t, &r.requests[i]);
		measure_base(&r, rules, w);
		measure_ours(&r);
		windows[w] = bench_percentile(r.ours, REQUESTS, 0.5);
		windows[b->windows + w] = bench_percentile(r.base, REQUESTS, 0.5);
		windows[2 * b->windows + w] = bench_percentile(r.ours, REQUESTS, 0.99);
		windows[3 * b->windows + w] = bench_percentile(r.base, REQUESTS, 0.99);
		windows[4 * b->windows + w] = bench_percentile(r.warm, REQUESTS, 0.5);
		windows[5 * b->windows + w] = bench_percentile(r.access, REQUESTS, 0.5);
	}
	double asked = (double)REQUESTS * b->windows;
	if (!b->quiet)
		printf("%s rules: %.0f%% permitted, %.1f steps a decision (check %llu)\n", size,
		       100 * (double)r.permits / asked, (double)r.steps / asked, (unsigned long long)r.sum % 10);
	double p50 = report(b, size, windows, targets);
	add_part(b, "warm_ns", size, bench_median(windows + 4 * (size_t)b->windows, b->windows));
	add_part(b, "access_ns", size, bench_median(windows + 5 * (size_t)b->windows, b->windows));
	free(windows);
	free(r.requests);
	free(r.ours);
	free(r.warm);
	free(r.access);
	free(r.ring);
	free(r.base);
	free(r.table.slots);
	hf_policy_free(r.policy);
	town_close(&t);
	return p50;
}

int bench_policy_decide(struct bench *b)
{
	double small = bench_size(b, "10k", 10000, (const double[2]){150, 500});
	(void)bench_size(b, "100k", 100000, (const double[2]){300, 1000});
	double large = bench_size(b, "1m", 1000000, (const double[2]){600, 2000});
	bench_add(b, &(struct bench_result){
	                     .metric = "growth_10k_to_1m", .unit = "", .value = large / small, .target = 4});
	return 0;
}
