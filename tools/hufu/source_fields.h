/* source_fields.h - hufu source fields, hufu source classify. */
#ifndef HUFU_TOOLS_SOURCE_FIELDS_H
#define HUFU_TOOLS_SOURCE_FIELDS_H

#include "cli.h"

int hf_source_cli_fields(struct hf_cli *cli, int argc, char **argv);
int hf_source_cli_places(struct hf_cli *cli, int argc, char **argv);
int hf_source_cli_classify(struct hf_cli *cli, int argc, char **argv);

#endif
