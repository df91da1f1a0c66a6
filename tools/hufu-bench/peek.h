/*
 * peek.h - reads the rows of a node's store from outside, also while it runs (LMDB allows readers in other processes);
 * a bench counts there what a run has done.
 */
#ifndef HUFU_TOOLS_BENCH_PEEK_H
#define HUFU_TOOLS_BENCH_PEEK_H

#include "base/buf.h"
#include "net.h"

/* Calls fn for each row of the table whose key begins with prefix; false when the table cannot be read. */
typedef void (*peek_fn)(void *ctx, struct hf_bytes key, struct hf_bytes value);
bool peek_rows(const struct net_node *node, const char *table, const void *prefix, size_t prefix_len, peek_fn fn,
               void *ctx);
/* The number of rows; false, without a word, while the table is not there. */
bool peek_count(const struct net_node *node, const char *table, uint64_t *ret_count);

#endif
