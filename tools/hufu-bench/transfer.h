/*
 * transfer.h - inside of the transfer bench: the comparison with other programs, where they are installed.
 */
#ifndef HUFU_TOOLS_BENCH_TRANSFER_H
#define HUFU_TOOLS_BENCH_TRANSFER_H

#include "bench.h"

/* Adds scp_ratio and nginx_curl_ratio for copies of the same file; a program that is not installed is named on standard
 * error and its metric left out. rate: of the node, in GB/s. */
void transfer_add_others(struct bench *b, const char *source, uint64_t bytes, double rate);

#endif
