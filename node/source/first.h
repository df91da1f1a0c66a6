/*
 * first.h - a reader of the first rows of another one's table, which is asked for little more than these. For this
 * folder only.
 */
#ifndef HUFU_SOURCE_FIRST_H
#define HUFU_SOURCE_FIRST_H

#include "source/reader.h"

/* The header and so many rows, as they are written; rows at least 1. What is no sound table there goes out as it is. */
struct hf_source_reader *hf_first_reader_new(struct hf_source_reader *take_inner, uint64_t rows);

#endif
