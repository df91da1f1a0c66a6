/*
 * policy_update.c - policy-update: one rule added or revoked among 100,000, from the call to the new snapshot; and what
 * another thread that decides all the while sees of it. Then policy-explain: the near misses of a request.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "bench.h"
#include "policy/explain.h"
#include "policy_town.h"

#define RULES 100000u
#define UPDATES 2000u
#define READS 200000u
#define EXPLAINS 4096u

static double now_us(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

struct reader {
	_Atomic(const struct hf_policy *) newest;
	atomic_bool stop;
	struct town_request *request;
	double *times;
	unsigned count; /* of times, which go round */
	unsigned most;  /* 0: until it is stopped */
};

static void *read_on(void *ctx)
{
	struct reader *r = ctx;
	struct hf_policy_decision d;
	while (!atomic_load_explicit(&r->stop, memory_order_relaxed) && (r->most == 0 || r->count < r->most)) {
		double before = now_us();
		hf_policy_decide(atomic_load_explicit(&r->newest, memory_order_acquire), &r->request->rq, &d);
		r->times[r->count++ % READS] = now_us() - before;
	}
	return NULL;
}

/* Every second change takes back what the one before it added. */
static struct hf_policy *change(struct hf_policy *p, struct town_rule *r, unsigned i, uint64_t *ret_wrong)
{
	struct hf_policy_change c = {.add = i % 2 ? NULL : &r->rule, .remove = i % 2 ? r->id : NULL};
	struct hf_policy *next = NULL;
	struct hf_fault f = {HF_OK, ""};
	if (hf_policy_apply(p, &c, 1, &next, &f) != HF_OK) {
		fprintf(stderr, "hufu-bench: %s\n", f.text);
		exit(1);
	}
	*ret_wrong += hf_policy_rule(next, r->id, NULL, NULL) != (i % 2 == 0);
	return next;
}

/* The time of each change, and the snapshots, which are freed when the reader has stopped. */
static void change_all(struct reader *reader, struct hf_policy **line, double *times, uint64_t *wrong)
{
	struct town t;
	struct town_rule r;
	town_open(&t, 2 * RULES, 1);
	for (unsigned i = 0; i < UPDATES; i++) {
		town_rule(&t, RULES + i / 2, &r);
		double before = now_us();
		line[i + 1] = change(line[i], &r, i, wrong);
		if (reader)
			atomic_store_explicit(&reader->newest, line[i + 1], memory_order_release);
		times[i] = now_us() - before;
	}
	town_close(&t);
}

/* The reader's p99 while `changes` run or, without, over as many readings as are kept; line is a copy of its own. */
static double read_beside(const struct hf_policy *p, struct town_request *q, bool changes, uint64_t *wrong)
{
	struct reader reader = {.request = q, .times = hf_alloc(READS * sizeof(double)), .most = changes ? 0 : READS};
	struct hf_policy **line = hf_alloc_zero((UPDATES + 1) * sizeof(struct hf_policy *));
	double times[UPDATES];
	pthread_t thread;
	line[0] = hf_policy_merge(p);
	atomic_store(&reader.newest, line[0]);
	pthread_create(&thread, NULL, read_on, &reader);
	if (changes) {
		change_all(&reader, line, times, wrong);
		atomic_store(&reader.stop, true);
	}
	pthread_join(thread, NULL);
	for (unsigned i = 0; i <= UPDATES; i++)
		hf_policy_free(line[i]);
	double p99 = bench_percentile(reader.times, reader.count < READS ? reader.count : READS, 0.99);
	free(line);
	free(reader.times);
	return p99;
}

/* One line of changes with nobody beside; p99 of their times. */
static double change_alone(const struct hf_policy *p, double *ret_p50, uint64_t *wrong)
{
	struct hf_policy **line = hf_alloc_zero((UPDATES + 1) * sizeof(struct hf_policy *));
	double times[UPDATES];
	line[0] = hf_policy_merge(p);
	change_all(NULL, line, times, wrong);
	for (unsigned i = 0; i <= UPDATES; i++)
		hf_policy_free(line[i]);
	free(line);
	*ret_p50 = bench_percentile(times, UPDATES, 0.5);
	return bench_percentile(times, UPDATES, 0.99);
}

int bench_policy_update(struct bench *b)
{
	struct town t;
	struct town_request q;
	uint64_t wrong = 0;
	double *windows = hf_alloc(4 * (size_t)b->windows * sizeof(double));
	unsigned n = b->windows;
	town_open(&t, RULES, 1);
	struct hf_policy *p = town_policy(&t);
	town_request(&t, &q);
	for (unsigned w = 0; w < n; w++) {
		windows[w] = change_alone(p, &windows[n + w], &wrong);
		windows[2 * n + w] = read_beside(p, &q, false, &wrong);
		windows[3 * n + w] = read_beside(p, &q, true, &wrong);
	}
	double quiet = bench_median(windows + 2 * n, n), busy = bench_median(windows + 3 * n, n);
	bench_add(b, &(struct bench_result){
	                     .metric = "visible_us", .unit = "us", .value = bench_median(windows, n), .target = 50});
	bench_add(b, &(struct bench_result){
	                     .metric = "visible_p50_us", .unit = "us", .value = bench_median(windows + n, n)});
	bench_add(b, &(struct bench_result){.metric = "reader_pause_us",
	                                    .unit = "us",
	                                    .value = busy > quiet ? busy - quiet : 0,
	                                    .baseline = "p99 of a reader without changes",
	                                    .baseline_value = quiet});
	free(windows);
	hf_policy_free(p);
	town_close(&t);
	if (wrong)
		fprintf(stderr, "hufu-bench: %llu changes were not seen\n", (unsigned long long)wrong);
	return wrong != 0;
}

int bench_policy_explain(struct bench *b)
{
	static struct hf_policy_explanation x;
	struct town t;
	struct town_request q;
	double *times = hf_alloc(EXPLAINS * sizeof(double)),
	       *windows = hf_alloc(2 * (size_t)b->windows * sizeof(double));
	unsigned n = b->windows;
	uint64_t misses = 0, looked_at = 0;
	town_open(&t, RULES, 1);
	struct hf_policy *p = town_policy(&t);
	for (unsigned w = 0; w < n; w++) {
		for (unsigned i = 0; i < EXPLAINS; i++) {
			town_request(&t, &q);
			double before = now_us();
			hf_policy_explain(p, &q.rq, 0, &x);
			times[i] = now_us() - before;
			misses += x.miss_count;
			looked_at += x.looked_at;
		}
		windows[w] = bench_percentile(times, EXPLAINS, 0.5);
		windows[n + w] = bench_percentile(times, EXPLAINS, 0.99);
	}
	if (!b->quiet)
		printf("%.1f rules looked at, %.1f near misses\n", (double)looked_at / n / EXPLAINS,
		       (double)misses / n / EXPLAINS);
	bench_add(b, &(struct bench_result){
	                     .metric = "p50_us", .unit = "us", .value = bench_median(windows, n), .target = 20});
	bench_add(b, &(struct bench_result){.metric = "p99_us", .unit = "us", .value = bench_median(windows + n, n)});
	free(times);
	free(windows);
	hf_policy_free(p);
	town_close(&t);
	return 0;
}
