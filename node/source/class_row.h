/*
 * class_row.h - what a field holds, to and from its row. For this folder only.
 */
#ifndef HUFU_SOURCE_CLASS_ROW_H
#define HUFU_SOURCE_CLASS_ROW_H

#include "source/source.h"
#include "state_source.pb-c.h"

void class_from_row(const Hufu__FieldClass *row, struct hf_field_class *ret_class); /* row NULL: unseen */
/* False: there is nothing to write. The row borrows the texts. */
bool class_to_row(const struct hf_field_class *c, Hufu__FieldClass *ret_row);

#endif
