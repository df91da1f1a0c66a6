/*
 * transfer_base.h - the baseline of transfer: TCP, AES-256-GCM and a SHA-256 tree over the same bytes, one thread per
 * side.
 *
 * The sender reads a chunk from the file, hashes, seals and sends it; the receiver, a process of its own, opens, hashes
 * and writes it, makes the file durable after every 32 MiB and at the end like the node does, and answers with the
 * root, which must be the sender's.
 */
#ifndef HUFU_TOOLS_BENCH_TRANSFER_BASE_H
#define HUFU_TOOLS_BENCH_TRANSFER_BASE_H

#include "bench.h"

struct raw_tcp;
/* Forks the receiver. NULL after printing why. */
struct raw_tcp *raw_tcp_open(void);
void raw_tcp_close(struct raw_tcp *r);
/* Seconds for one copy of source to output (replaced), 0 after printing what failed. */
double raw_tcp_copy(struct raw_tcp *r, const char *source, const char *output, uint32_t chunk_bytes);

#endif
