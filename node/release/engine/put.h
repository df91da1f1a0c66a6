/*
 * put.h - masked rows as text: CSV, or JSON lines; for stream.c.
 *
 * In JSON a value keeps the kind that it had where it can: a number that is still one is written as a number, true and
 * false as such, null as null; a member that was not there and is null still is not there. Pure; any thread.
 */
#ifndef HUFU_RELEASE_ENGINE_PUT_H
#define HUFU_RELEASE_ENGINE_PUT_H

#include "base/buf.h"
#include "base/err.h"

enum hf_stream_form { HF_STREAM_CSV = 0, HF_STREAM_LINES };

struct hf_put {
	enum hf_stream_form form;
	const char *const *header;
	const uint8_t *keeps; /* by column: it is in the result */
	size_t width;
};
/* Value of column c is first[c * stride]. kinds: what each was in the original (enum hf_jsonl_kind, 0: not there), by
 * column; NULL: all are texts. HF_E_LIMIT: out is full; HF_E_FORMAT: a text that JSON cannot hold. */
enum hf_err hf_put_row(const struct hf_put *p, const struct hf_bytes *first, size_t stride, const uint8_t *kinds,
                       struct hf_buf *out, struct hf_fault *f) HF_MUST_CHECK;
/* The first line of CSV; nothing for JSON lines. */
enum hf_err hf_put_header(const struct hf_put *p, struct hf_buf *out, struct hf_fault *f) HF_MUST_CHECK;

#endif
