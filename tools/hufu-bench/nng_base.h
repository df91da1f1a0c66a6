/*
 * nng_base.h - bare nng REQ/REP between two processes: the baseline of everything that travels between nodes.
 */
#ifndef HUFU_TOOLS_BENCH_NNG_BASE_H
#define HUFU_TOOLS_BENCH_NNG_BASE_H

#include "bench.h"
#include "hist.h"

struct nng_base;
/* Forks the answering process, so it comes before the first thread. NULL after printing why. */
struct nng_base *nng_base_open(const char *url, unsigned contexts, size_t request_bytes, size_t reply_bytes);
void nng_base_close(struct nng_base *b);
/* Requests on all contexts until the time is over or count (0: no limit) are answered; the latencies go to times (may
 * be NULL). Returns requests a second, 0 after printing what failed. */
double nng_base_window(struct nng_base *b, int64_t duration_us, uint64_t count, struct hist *times);

#endif
