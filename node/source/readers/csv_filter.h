/*
 * csv_filter.h - which rows of a table: conditions on its columns that all hold (SB-60).
 *
 *   region = 'N' AND fee <= 100 AND "day of use" >= '2026-11-01' AND kind IN ('car', 'bus') AND note IS NOT NULL
 *
 * A condition is a column, one of = != < <= > >=, and a value; IN with values; IS NULL or IS NOT NULL. Words in any
 * case. A column that is no plain word stands in double quotes, a quote in it doubled. Values: 'text' (a quote
 * doubled), numbers, true, false. Numbers compare exactly as decimals, dates and times by what they mean (both with a
 * zone or both without), texts byte by byte in UTF-8. A null meets nothing but IS NULL. A cell that is not of its
 * column's type, or a text that is not UTF-8, is a defect of the table: it is never guessed at.
 *
 * Pure and bounded; no memory is taken per row. Any thread, one object on one thread at a time.
 */
#ifndef HUFU_SOURCE_READERS_CSV_FILTER_H
#define HUFU_SOURCE_READERS_CSV_FILTER_H

#include "base/err.h"
#include "source/readers/csv.h"

#define HF_CSV_FILTER_TEXT 4000u  /* bytes of one text */
#define HF_CSV_FILTER_TERMS 64u   /* conditions of a filter, */
#define HF_CSV_FILTER_VALUES 512u /* and values of them all */

struct hf_csv_filter;
struct hf_csv_filter *hf_csv_filter_new(void); /* every row meets it */
void hf_csv_filter_free(struct hf_csv_filter *f);
/* The conditions of the text, too. ARGUMENT: it is none; LIMIT; the filter is then of no use any more. */
enum hf_err hf_csv_filter_add(struct hf_csv_filter *f, const char *text, struct hf_fault *fault) HF_MUST_CHECK;
/* Every column is there, and every value and comparison fits its type. WRONG_FIELDS, ARGUMENT. Before the header. */
enum hf_err hf_csv_filter_bind(struct hf_csv_filter *f, const struct hf_csv_column *columns, size_t count,
                               struct hf_fault *fault) HF_MUST_CHECK;
size_t hf_csv_filter_terms(const struct hf_csv_filter *f);
const char *hf_csv_filter_field(const struct hf_csv_filter *f, size_t term); /* its column's name */
/* Does a condition say that this column is one value? */
bool hf_csv_filter_fixes(const struct hf_csv_filter *f, const char *column);
/* Or one of several values? */
bool hf_csv_filter_limits(const struct hf_csv_filter *f, const char *column);
/* Appends the conditions in one form, which add reads as the same. False when out is full. */
bool hf_csv_filter_write(const struct hf_csv_filter *f, struct hf_buf *out);

/* The header of the table that is read. COLUMN: one is not there. */
enum hf_csv_defect hf_csv_filter_header(struct hf_csv_filter *f, const struct hf_csv_column *columns, size_t count);
/* A row behind it; TYPE: see above. */
enum hf_csv_defect hf_csv_filter_row(struct hf_csv_filter *f, const struct hf_csv_record *r, bool *ret_meets);
/* Before the first feed of a projection: only rows that meet f, which it takes, bound. */
void hf_csv_project_filter(struct hf_csv_project *p, struct hf_csv_filter *take_f);

#endif
