/*
 * publish.h - hufu catalog publish, which cmd_catalog.c names in its table.
 */
#ifndef HUFU_TOOLS_PUBLISH_H
#define HUFU_TOOLS_PUBLISH_H

#include "cli.h"

int hf_cli_publish(struct hf_cli *cli, int argc, char **argv);

#endif
