/* source_fields.h - hufu source fields, hufu source classify, and comments on fields. */
#ifndef HUFU_TOOLS_SOURCE_FIELDS_H
#define HUFU_TOOLS_SOURCE_FIELDS_H

#include "cli.h"

int hf_source_cli_fields(struct hf_cli *cli, int argc, char **argv);
int hf_source_cli_places(struct hf_cli *cli, int argc, char **argv);
int hf_source_cli_classify(struct hf_cli *cli, int argc, char **argv);

/* Adds what the file says of that source's fields; NULL: nothing. False after printing what is wrong with it. */
bool hf_source_cli_comments(struct hf_cli *cli, json_t *in, const char *source, const char *path);

#endif
