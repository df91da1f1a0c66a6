/*
 * hist.h - latencies in steps of one microsecond up to a second; longer ones count as the longest. Adding is safe on
 * any thread.
 */
#ifndef HUFU_TOOLS_BENCH_HIST_H
#define HUFU_TOOLS_BENCH_HIST_H

#include <stdint.h>

struct hist;
struct hist *hist_new(void); /* aborts when memory is gone */
void hist_free(struct hist *h);
void hist_clear(struct hist *h);
void hist_add(struct hist *h, int64_t us);
/* Microseconds that the share p of all did not exceed; 0 when it is empty. */
double hist_percentile(const struct hist *h, double p);

#endif
