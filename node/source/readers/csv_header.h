/*
 * csv_header.h - the header record as names; for this folder only.
 */
#ifndef HUFU_SOURCE_READERS_CSV_HEADER_H
#define HUFU_SOURCE_READERS_CSV_HEADER_H

#include "source/readers/csv.h"

/* Fills columns[field_count]; HF_CSV_HEADER when a name is empty, too long, not UTF-8, or there twice. */
enum hf_csv_defect hf_csv_header(const struct hf_csv_record *r, struct hf_csv_column *columns);

#endif
