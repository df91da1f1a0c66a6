/*
 * mask.h - the table of personal data and the plan that the bench `mask` measures, for benches of what is built on it.
 */
#ifndef HUFU_TOOLS_BENCH_MASK_H
#define HUFU_TOOLS_BENCH_MASK_H

#include "base/buf.h"
#include "bench.h"

/* Ends the program when the file cannot be written. */
void mask_make_table(const char *path, uint64_t rows);
/* mode: "static" or "dynamic"; people: the three persons, as they stand in a plan. The table is "people". */
void mask_plan_text(const char *mode, const char *people, struct hf_buf *out);
/* Rows a second of that table, from file to file, in the caller's thread (workers 0) or with threads. */
double mask_rate(const char *in, const char *out, uint64_t rows, unsigned workers);

#endif
