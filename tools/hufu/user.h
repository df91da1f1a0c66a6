/*
 * user.h - the functions behind `hufu user ...`; their rows are in cmd_identity.c.
 */
#ifndef HUFU_TOOLS_USER_H
#define HUFU_TOOLS_USER_H

#include "cli.h"

int user_first(struct hf_cli *cli, int argc, char **argv);
int user_add(struct hf_cli *cli, int argc, char **argv);
int user_list(struct hf_cli *cli, int argc, char **argv);
int user_show(struct hf_cli *cli, int argc, char **argv);
int user_edit(struct hf_cli *cli, int argc, char **argv);
int user_roles(struct hf_cli *cli, int argc, char **argv);
int user_changes(struct hf_cli *cli, int argc, char **argv);
int user_approve_roles(struct hf_cli *cli, int argc, char **argv);
int user_reject_roles(struct hf_cli *cli, int argc, char **argv);
int user_disable(struct hf_cli *cli, int argc, char **argv);
int user_enable(struct hf_cli *cli, int argc, char **argv);
int user_remove(struct hf_cli *cli, int argc, char **argv);
int user_password(struct hf_cli *cli, int argc, char **argv);
int user_reset(struct hf_cli *cli, int argc, char **argv);
int user_totp(struct hf_cli *cli, int argc, char **argv);
int user_device_key(struct hf_cli *cli, int argc, char **argv);
int user_group(struct hf_cli *cli, int argc, char **argv);

#endif
