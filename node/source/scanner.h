/*
 * scanner.h - the operator's own scanner (DS-100): a command that looks for malicious code in data before it is
 * registered as a source, or before delivered data is taken in. It gets the file's path as its last argument, no input
 * (or, of data that is kept sealed, the data itself), nothing of this process's environment, and answers by its status:
 * 0 nothing found, 1 something was found; anything else, or no end in time, and the data counts as not examined, which
 * refuses it too.
 */
#ifndef HUFU_SOURCE_SCANNER_H
#define HUFU_SOURCE_SCANNER_H

#include "base/base.h"

#define HF_SCANNER_ARGS 16
#define HF_SCANNER_SECONDS 600u

struct hf_scanner;
struct hf_scanner_config {
	const char *const *command; /* absolute path and arguments */
	size_t command_count;       /* 0: no scanner */
	uint32_t seconds;           /* 0: HF_SCANNER_SECONDS */
};
/* *ret_scanner is NULL when none is configured. STATE when the command is no program that this process may run. */
enum hf_err hf_scanner_open(const struct hf_base *base, const struct hf_scanner_config *cfg,
                            struct hf_scanner **ret_scanner, struct hf_fault *f) HF_MUST_CHECK;
/* Calls fn once on the loop, never from inside the call: OK, MALICIOUS, SCANNER (not examined), CANCELLED (stopped);
 * text: a sentence without a word of what the scanner printed. A few run at a time, the rest wait. */
typedef void (*hf_scan_fn)(void *ctx, enum hf_err e, const char *text);
void hf_scan(struct hf_scanner *s, const char *path, hf_scan_fn fn, void *ctx);
/* The same of data that has no file in plain: it comes on the scanner's standard input, and the path is /dev/stdin.
 * fill is called in a worker, never after fn, and sets 0 bytes at the end. */
typedef enum hf_err (*hf_scan_fill_fn)(void *ctx, uint8_t *out, size_t cap, size_t *ret_len);
void hf_scan_fed(struct hf_scanner *s, hf_scan_fill_fn fill, void *fill_ctx, hf_scan_fn fn, void *ctx);
/* Ends what runs and waits; from now on every scan ends with CANCELLED. NULL is fine. */
void hf_scanner_stop(struct hf_scanner *s);
/* After stop, once the loop has run: memory. NULL is fine. */
void hf_scanner_free(struct hf_scanner *s);

#endif
