/*
 * project.h - a reader of some fields and rows of the table that another reader has, in the order of the table. For
 * this folder only.
 */
#ifndef HUFU_SOURCE_PROJECT_H
#define HUFU_SOURCE_PROJECT_H

#include "source/reader.h"

/* Takes inner, a reader of v; the choice fits v (hf_source_rows_check). Fields that are not in its header, or rows that
 * are not sound, end with SOURCE_CHANGED, QUALITY. */
struct hf_source_reader *hf_project_reader_new(struct hf_source_reader *take_inner, const struct hf_source_view *v,
                                               const struct hf_source_choice *c);

#endif
