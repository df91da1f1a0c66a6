/*
 * mask_rows.h - a table of CSV or JSON lines, in UTF-8 or GB18030, row by row: for commands that look at tables without
 * masking them.
 */
#ifndef HUFU_TOOLS_MASK_ROWS_H
#define HUFU_TOOLS_MASK_ROWS_H

#include "mask.h"

struct hf_mask_input {
	const char *path;
	enum hf_mask_format format; /* TEXT is taken for CSV */
	enum hf_encoding encoding;  /* UNKNOWN: told by the first bytes */
};
/* What is called: header once, before the rows; then row for each. An error stops and is what read returns. Names and
 * cells are valid during the call; a null has data NULL. */
struct hf_mask_rows {
	enum hf_err (*header)(void *ctx, const char *const *names, size_t count, struct hf_fault *f);
	enum hf_err (*row)(void *ctx, const struct hf_bytes *cells, struct hf_fault *f);
	void *ctx;
};
enum hf_err hf_mask_rows_read(const struct hf_mask_input *file, const struct hf_mask_rows *rows,
                              struct hf_fault *f) HF_MUST_CHECK;

#endif
