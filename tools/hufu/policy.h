/*
 * policy.h - what the subcommands of `hufu policy` share: files, requests, entities. All of it works offline, without a
 * node.
 */
#ifndef HUFU_TOOLS_POLICY_H
#define HUFU_TOOLS_POLICY_H

#include "cli.h"
#include "policy/file.h"

/* A whole text file into a buffer with room for a NUL; "-" is standard input. False after printing the error. */
bool hf_policy_cli_text(struct hf_cli *cli, const char *path, struct hf_buf *out);
/* At most one of the files is standard input, which can be read once. False after printing the error. */
bool hf_policy_cli_one_stdin(struct hf_cli *cli, const char *const paths[], size_t count);
/* The file of --policy. False after printing what is missing or wrong; *ret_status is the exit status then. */
bool hf_policy_cli_load(struct hf_cli *cli, const char *path, struct hf_policy_file **ret_file, int *ret_status);
/* --now; *timed tells whether it was given. False after printing what is wrong. */
bool hf_policy_cli_now(struct hf_cli *cli, const char *text, bool *timed, int64_t *now_ms);

int hf_policy_cli_decide(struct hf_cli *cli, int argc, char **argv);
int hf_policy_cli_explain(struct hf_cli *cli, int argc, char **argv);
int hf_policy_cli_lint(struct hf_cli *cli, int argc, char **argv);
int hf_policy_cli_what_if(struct hf_cli *cli, int argc, char **argv);
int hf_policy_cli_search(struct hf_cli *cli, int argc, char **argv);

#endif
