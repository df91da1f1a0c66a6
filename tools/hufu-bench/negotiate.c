/*
 * negotiate.c - negotiate: an application, the review of the need, the compliance review, T, and the agreement signed
 * by both, durable and FINALIZED at both nodes. Every step is a person's HTTP call; what lies between the steps (mail,
 * commits) is waited for.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "negotiate_base.h"

#define TABLE_BYTES 65536u
#define WARM_UP 20u
#define PER_WINDOW 80u
#define THREADS 4u
#define PER_THREAD 15u
#define BRIEF 3u /* of each */

struct run {
	struct bench *b;
	struct pair pair;
	struct people people;
	struct alone *alone;
	char entry[40];
	struct effort effort;
	double *ms, *alone_ms, *per_s;
	unsigned count;
};

static bool one(struct people *w, const char *entry, double *ret_ms)
{
	char application[40];
	int64_t begin = bench_now_us();
	bool ok = people_negotiate(w, entry, application);
	*ret_ms = (double)(bench_now_us() - begin) / 1000;
	return ok;
}

static bool warm_up(struct run *r)
{
	double ignored;
	struct effort_start *start = effort_begin(&r->pair);
	if (!start)
		return false;
	unsigned count = (unsigned)bench_count(r->b, WARM_UP, BRIEF);
	for (unsigned i = 0; i < count; i++)
		if (!one(&r->people, r->entry, &ignored)) {
			free(start);
			return false;
		}
	return effort_end(start, &r->pair, count, &r->effort);
}

static bool window(struct run *r)
{
	unsigned count = (unsigned)bench_count(r->b, PER_WINDOW, BRIEF);
	for (unsigned i = 0; i < count; i++) {
		r->alone_ms[r->count] = alone_once(r->alone, &r->effort);
		if (r->alone_ms[r->count] < 0 || !one(&r->people, r->entry, &r->ms[r->count]))
			return false;
		r->count++;
	}
	return true;
}

/* ---- several at once ---- */

struct worker {
	struct run *run;
	struct people people;
	pthread_t thread;
	bool ok;
};

static void *work(void *ctx)
{
	struct worker *w = ctx;
	double ignored;
	w->ok = people_open(&w->people, &w->run->pair);
	unsigned count = (unsigned)bench_count(w->run->b, PER_THREAD, BRIEF);
	for (unsigned i = 0; i < count && w->ok; i++)
		w->ok = one(&w->people, w->run->entry, &ignored);
	people_close(&w->people);
	return NULL;
}

static bool window_at_once(struct run *r, double *ret_per_s)
{
	struct worker w[THREADS] = {0};
	unsigned started = 0;
	bool ok = true;
	int64_t begin = bench_now_us();
	for (; started < THREADS; started++) {
		w[started].run = r;
		if (pthread_create(&w[started].thread, NULL, work, &w[started]) != 0)
			break;
	}
	for (unsigned i = 0; i < started; i++) {
		pthread_join(w[i].thread, NULL);
		ok = ok && w[i].ok;
	}
	*ret_per_s =
	        (double)THREADS * (double)bench_count(r->b, PER_THREAD, BRIEF) * 1e6 / (double)(bench_now_us() - begin);
	return ok && started == THREADS;
}

static bool prepare(struct run *r)
{
	char path[400], dir[400];
	snprintf(path, sizeof(path), "%s/table.csv", r->b->dir);
	snprintf(dir, sizeof(dir), "%s/alone", r->b->dir);
	r->alone = alone_open(dir); /* forks, so before anything with threads */
	return r->alone && tolls_write(path, TABLE_BYTES, 1) && pair_open(&r->pair, r->b) &&
	       people_open(&r->people, &r->pair) && pair_publish(&r->pair, "table", path, r->entry);
}

static void report(struct run *r)
{
	struct bench *b = r->b;
	char baseline[200];
	snprintf(baseline, sizeof(baseline),
	         "%.0f signatures, %.0f verifications, %.0f messages and %.0f commits alone", r->effort.signatures,
	         r->effort.verifications, r->effort.messages, r->effort.commits);
	double base = bench_median(r->alone_ms, r->count);
	bench_add(b, &(struct bench_result){.metric = "p50_ms",
	                                    .unit = "ms",
	                                    .value = bench_median(r->ms, r->count),
	                                    .baseline = baseline,
	                                    .baseline_value = base,
	                                    .target = 20});
	bench_add(b, &(struct bench_result){.metric = "p99_ms",
	                                    .unit = "ms",
	                                    .value = bench_percentile(r->ms, r->count, 0.99),
	                                    .baseline = baseline,
	                                    .baseline_value = bench_percentile(r->alone_ms, r->count, 0.99),
	                                    .target = 60});
	bench_add(b, &(struct bench_result){.metric = "per_s",
	                                    .unit = "1/s",
	                                    .value = bench_median(r->per_s, b->windows),
	                                    .baseline = baseline,
	                                    .baseline_value = base > 0 ? 1000 / base : 0});
}

int bench_negotiate(struct bench *b)
{
	struct run *r = calloc(1, sizeof(*r));
	size_t count = (size_t)PER_WINDOW * b->windows;
	double *figures = calloc(2 * count + b->windows, sizeof(double));
	bool ok = r && figures;
	if (ok) {
		r->b = b;
		r->ms = figures;
		r->alone_ms = figures + count;
		r->per_s = figures + 2 * count;
		ok = prepare(r) && warm_up(r);
		for (unsigned i = 0; i < b->windows && ok; i++)
			ok = window(r) && window_at_once(r, &r->per_s[i]);
		people_close(&r->people);
		pair_done(&r->pair);
		alone_close(r->alone);
	}
	if (ok)
		report(r);
	free(figures);
	free(r);
	return ok ? 0 : 1;
}
