/*
 * running.h - what workers do with sources: scans, tests and comparisons take turns, and end when they are to.
 */
#ifndef HUFU_SOURCE_RUNNING_H
#define HUFU_SOURCE_RUNNING_H

#include "source/source.h"

/* Ends what workers do with that source, or are to do, within a second or so: scans and tests, with CANCELLED. Returns
 * how many there were. */
size_t hf_source_stop(struct hf_sources *s, const char *name);
/* What workers do with sources, and what waits for its turn, in the order in which it came. */
struct hf_source_run {
	const char *source, *department, *what; /* "scan", "test"; "comparison" of several, source "" */
	bool waiting;
	int64_t since_ms;
	uint64_t bytes, rows; /* read so far; some are read twice */
};
void hf_sources_running(struct hf_sources *s, void (*fn)(void *ctx, const struct hf_source_run *run), void *ctx);

/* As hf_source_test, and of a database: does it still let the node read? fn is called once on the loop, never from
 * inside the call, as that of a scan, of which v is the source as it is registered. */
void hf_source_probe(struct hf_sources *s, const char *name, hf_source_scan_fn fn, void *ctx);

#endif
