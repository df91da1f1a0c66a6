/*
 * mask_evaluate.h - tables as `hufu mask evaluate` holds them: the columns' names and the rows in codes.
 */
#ifndef HUFU_TOOLS_MASK_EVALUATE_H
#define HUFU_TOOLS_MASK_EVALUATE_H

#include "cli.h"
#include "masking/effect.h"

struct hf_mask_table {
	const char *path;
	char **names;
	size_t name_count;
	struct hf_effect_table *rows;
};
/* A CSV table in UTF-8 or GB18030. False after printing what is wrong; done frees in both cases. */
bool hf_mask_table_read(struct hf_cli *cli, const char *path, const uint8_t key[16], struct hf_mask_table *ret_table);
void hf_mask_table_done(struct hf_mask_table *t);
/* The number of the column of that name. False after printing that there is none. */
bool hf_mask_table_column(struct hf_cli *cli, const struct hf_mask_table *t, const char *name, size_t *ret_column);

#endif
