/*
 * footprint.c - footprint: memory of a fresh node that has nothing to do, the time from exec to its first answer, and
 * the size of the largest program. Keys are plain, so that no passphrase derivation is in the start.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "net.h"

#define SETTLED_US 1000000 /* memory that did not change for so long is that of an idle node */

struct idle {
	int pid;
	double rss;
	int64_t since_us;
};

static bool settled(void *ctx)
{
	struct idle *i = ctx;
	double rss = bench_rss_mib(i->pid);
	int64_t now = bench_now_us();
	if (rss <= 0 || rss > i->rss || rss < i->rss) {
		i->rss = rss;
		i->since_us = now;
	}
	return now - i->since_us >= SETTLED_US;
}

static double largest_binary(const struct bench *b)
{
	static const char *const names[] = {"hufud", "hufu", "hufu-verify", "hufu-bench", "hufu-sandbox"};
	double largest = 0;
	char path[600];
	struct stat st;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", b->bin, names[i]);
		double mib = stat(path, &st) == 0 ? (double)st.st_size / (1 << 20) : 0;
		if (mib > largest)
			largest = mib;
	}
	return largest;
}

static bool measure(struct bench *b, struct net *n, double *rss, double *start)
{
	struct net_node *node = net_add(n, "idle");
	double first;
	if (!net_found(n) || !net_start_timed(node, &first) || !net_stop(node)) /* the first start makes the store */
		return false;
	for (unsigned i = 0; i < b->windows; i++) {
		if (!net_start_timed(node, &start[i]))
			return false;
		struct idle idle = {node->pid, 0, bench_now_us()};
		if (!net_wait(settled, &idle, "the node's memory to settle"))
			return false;
		rss[i] = idle.rss;
		if (!net_stop(node))
			return false;
	}
	return true;
}

int bench_footprint(struct bench *b)
{
	double *figures = calloc(2 * (size_t)b->windows, sizeof(double));
	struct net n;
	bool ok = figures && net_open(&n, b, "net");
	if (ok) {
		ok = measure(b, &n, figures, figures + b->windows);
		net_done(&n);
	}
	if (ok) {
		bench_add(b, &(struct bench_result){.metric = "idle_rss_mib",
		                                    .unit = "MiB",
		                                    .target = 20,
		                                    .value = bench_median(figures, b->windows)});
		bench_add(b, &(struct bench_result){.metric = "start_ms",
		                                    .unit = "ms",
		                                    .target = 300,
		                                    .value = bench_median(figures + b->windows, b->windows)});
		bench_add(b, &(struct bench_result){
		                     .metric = "binary_mib", .unit = "MiB", .target = 5, .value = largest_binary(b)});
	}
	free(figures);
	return ok ? 0 : 1;
}
