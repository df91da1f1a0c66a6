/*
 * distinct.h - how many different values each column of a table has, within some percent, in one pass and 16 KiB a
 * column, whatever the table's size. Nothing of a value is kept. For this folder only.
 */
#ifndef HUFU_SOURCE_DISTINCT_H
#define HUFU_SOURCE_DISTINCT_H

#include "base/buf.h"

struct hf_distinct;
struct hf_distinct *hf_distinct_new(void);
void hf_distinct_free(struct hf_distinct *d);
/* What hf_csv_scan_cells made (readers/csv.h), whole records at a time, from the header on. Empty cells are none. */
void hf_distinct_feed(struct hf_distinct *d, const uint8_t *cells, size_t len);
/* Of a column: exact up to 32, within about 2.5 % (three deviations) of many. */
uint64_t hf_distinct_count(const struct hf_distinct *d, size_t column);

#endif
