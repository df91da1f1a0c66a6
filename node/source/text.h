/*
 * text.h - a reader of the same table in UTF-8, for whoever looks into its values: GB18030 is turned into it, all else
 * goes through as it is. For this folder only.
 */
#ifndef HUFU_SOURCE_TEXT_H
#define HUFU_SOURCE_TEXT_H

#include "source/reader.h"

/* Takes inner, a reader of a whole table. The encoding is told from its first 256 KiB, when it is first read. Bytes
 * that are no character of it end with FORMAT. */
struct hf_source_reader *hf_text_reader_new(struct hf_source_reader *take_inner);

#endif
