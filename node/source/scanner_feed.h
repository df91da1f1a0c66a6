/*
 * scanner_feed.h - inside of node/source: data that has no file in plain goes to a scanner's standard input, piece by
 * piece: filled by a worker, written by the loop, one piece in memory. Loop thread but for the filling.
 */
#ifndef HUFU_SOURCE_SCANNER_FEED_H
#define HUFU_SOURCE_SCANNER_FEED_H

#include "source/scanner.h"

struct scanner_feed;
struct scanner_feed *scanner_feed_new(uv_loop_t *loop, hf_scan_fill_fn fill, void *ctx);
/* For uv_spawn, the child's standard input. */
void scanner_feed_stdin(struct scanner_feed *f, uv_stdio_container_t *ret_stdio);
/* After the spawn. */
void scanner_feed_begin(struct scanner_feed *f);
/* Something could not be read, so that the scanner has not seen all. */
bool scanner_feed_failed(const struct scanner_feed *f);
/* Ends it; done is called when nothing fills any more, perhaps from inside the call. Frees it. */
void scanner_feed_end(struct scanner_feed *f, void (*done)(void *ctx), void *ctx);

#endif
