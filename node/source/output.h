/*
 * output.h - a file that a load writes (load.h): as the bytes come, or packed by zstd. The opposite of input.h; for
 * this folder only. Any worker, one object on one at a time.
 */
#ifndef HUFU_SOURCE_OUTPUT_H
#define HUFU_SOURCE_OUTPUT_H

#include <sys/stat.h>

#include "base/err.h"

struct hf_output;
/* The file is new, or emptied, and only this node's user reads it; no link is followed. NO_SPACE, IO. */
enum hf_err hf_output_open(const char *path, bool packed, struct hf_output **ret_output,
                           struct hf_fault *f) HF_MUST_CHECK;
void hf_output_close(struct hf_output *o);
enum hf_err hf_output_write(struct hf_output *o, const void *data, size_t len, struct hf_fault *f) HF_MUST_CHECK;
/* What was written is whole and durable. Nothing may be written behind it. */
enum hf_err hf_output_end(struct hf_output *o, struct hf_fault *f) HF_MUST_CHECK;
/* Is that the file behind the name? */
bool hf_output_is(const struct hf_output *o, const char *path);

#endif
