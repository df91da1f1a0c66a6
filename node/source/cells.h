/*
 * cells.h - rows of cells as lines of CSV, for adapters whose data is none: LF ends a line, a null is empty without
 * quotes, an empty text has them, and so has what holds a comma, a quote or a line end. For this folder only.
 */
#ifndef HUFU_SOURCE_CELLS_H
#define HUFU_SOURCE_CELLS_H

#include "source/source.h"

/* first: of its row. False when out is full. */
bool hf_cells_put(struct hf_buf *out, bool first, const void *value, size_t len);
bool hf_cells_null(struct hf_buf *out, bool first);
bool hf_cells_end(struct hf_buf *out, size_t count); /* count: cells of the row */
bool hf_cells_header(struct hf_buf *out, const struct hf_source_view *v);
/* May a table's field be called that? Half a sentence when not, else NULL. */
const char *hf_cells_bad_name(const void *name, size_t len);

#endif
