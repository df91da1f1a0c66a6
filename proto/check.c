/* check.c - finds the row of a message; the rows themselves stand in rules_*.c. */
#include "proto/rules.h"

#define HF_ROW_POINTER(lower) &hf_row_##lower,
static const struct hf_row *const rows[] = {HF_ROWS(HF_ROW_POINTER)};
#undef HF_ROW_POINTER

const struct hf_row *hf_row_find(const ProtobufCMessageDescriptor *desc)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i]->desc == desc)
			return rows[i];
	return NULL;
}

const struct hf_row *const *hf_rows(size_t *ret_count)
{
	*ret_count = sizeof(rows) / sizeof(rows[0]);
	return rows;
}
