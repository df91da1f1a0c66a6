/*
 * jsonl_out.h - a table of CSV as JSON lines: one object a line, with a member for every column.
 *
 * Pure and streaming, as csv.h is. A null is null; true, false and numbers stand as such where the column has that type
 * and the value is one, and every other value is a string, so that nothing is lost. Only UTF-8 can become JSON.
 */
#ifndef HUFU_SOURCE_READERS_JSONL_OUT_H
#define HUFU_SOURCE_READERS_JSONL_OUT_H

#include "source/readers/csv.h"

/* Bytes of the table that are fed at a time, so that what comes of them stays within a few megabytes. */
#define HF_JSONL_OUT_SLICE ((size_t)16 << 10)

struct hf_jsonl_out;
/* Of each column in order, as long as there are some; columns behind them are strings. types is copied. */
struct hf_jsonl_out *hf_jsonl_out_new(const enum hf_csv_type *types, size_t count);
void hf_jsonl_out_free(struct hf_jsonl_out *o);
/* Appends lines to out. False is final: hf_jsonl_out_why says what is wrong. */
bool hf_jsonl_out_feed(struct hf_jsonl_out *o, const void *data, size_t len, struct hf_buf *out);
bool hf_jsonl_out_end(struct hf_jsonl_out *o, struct hf_buf *out);
uint64_t hf_jsonl_out_rows(const struct hf_jsonl_out *o);
/* Half a sentence: "a value is not UTF-8". */
const char *hf_jsonl_out_why(const struct hf_jsonl_out *o);

#endif
