/*
 * trace_rows.h - the original of one release, row by row or as the bytes of a CSV table, into a trace
 * (masking/trace.h): for `hufu mask trace` and for what the node traces itself. Pure; one thread at a time.
 */
#ifndef HUFU_RELEASE_ENGINE_TRACE_ROWS_H
#define HUFU_RELEASE_ENGINE_TRACE_ROWS_H

#include "masking/trace.h"

struct hf_trace_rows;
/* The trace and what the release points to are lent until free; its header comes with the rows. */
struct hf_trace_rows *hf_trace_rows_new(struct hf_trace *t, const struct hf_trace_release *release);
void hf_trace_rows_free(struct hf_trace_rows *r); /* without end: the release counts as not tried */

/* Either rows: header once, then each; copied. */
enum hf_err hf_trace_rows_header(struct hf_trace_rows *r, const char *const *names, size_t count,
                                 struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_trace_rows_row(struct hf_trace_rows *r, const struct hf_bytes *cells, struct hf_fault *f) HF_MUST_CHECK;
/* Or bytes. */
enum hf_err hf_trace_rows_feed(struct hf_trace_rows *r, const void *data, size_t len, struct hf_fault *f) HF_MUST_CHECK;
/* After the last: the release is weighed. */
enum hf_err hf_trace_rows_end(struct hf_trace_rows *r, struct hf_fault *f) HF_MUST_CHECK;

#endif
