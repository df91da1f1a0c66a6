/* csv_table.h - a small CSV table that a person gives a command: UTF-8 or GB18030, with a header line. */
#ifndef HUFU_TOOLS_CSV_TABLE_H
#define HUFU_TOOLS_CSV_TABLE_H

#include "cli.h"

/* [{COLUMN: TEXT, ...}, ...]; empty values are left out. NULL after printing what is wrong with it. */
json_t *hf_cli_csv(struct hf_cli *cli, const char *path);

#endif
