/*
 * label_rows.h - the rows that a label says the data is of: conditions joined by AND
 * (node/source/readers/csv_filter.h). Pure.
 */
#ifndef HUFU_EVIDENCE_LABEL_ROWS_H
#define HUFU_EVIDENCE_LABEL_ROWS_H

#include <stdbool.h>

/* Are those conditions, as they stand, among the joined ones? */
bool hf_label_says_rows(const char *rows, const char *conditions);

#endif
