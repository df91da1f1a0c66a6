/* source_relations.h - hufu source relations, hufu source inventory. */
#ifndef HUFU_TOOLS_SOURCE_RELATIONS_H
#define HUFU_TOOLS_SOURCE_RELATIONS_H

#include "cli.h"

int hf_source_cli_relations(struct hf_cli *cli, int argc, char **argv);
int hf_source_cli_inventory(struct hf_cli *cli, int argc, char **argv);

#endif
