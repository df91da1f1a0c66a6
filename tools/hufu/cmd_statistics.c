/* cmd_statistics.c - hufu statistics, divergence: the sharing manager's reports. */
#include <stdio.h>

#include "cli.h"

static const struct hf_column department_columns[] = {
        {"ORGANIZATION", "organization", 24},
        {"DEPARTMENT", "department", 20},
        {"APPLIED", "applications", 0},
        {"GRANTED", "granted", 0},
        {"REJECTED", "rejected", 0},
        {"REFUSED", "refused", 0},
        {"RETURNED", "returned", 0},
        {"PENDING", "pending", 0},
        {"OVERDUE", "overdue", 0},
        {"GIVEN", "given", 0},
        {"USES", "uses", 0},
        {"ROWS", "rows", 0},
        {"BYTES", "bytes", 0},
        {NULL, NULL, 0},
};
static const struct hf_column mechanism_columns[] = {
        {"MECHANISM", "mechanism", 0},
        {"DECIDED", "decided", 0},
        {"MEDIAN SECONDS", "median_seconds", 0},
        {"MEDIAN STEPS", "median_manual_steps", 0},
        {"STEPS", "manual_steps", 0},
        {"USES", "uses", 0},
        {NULL, NULL, 0},
};
static const struct hf_column alike_columns[] = {
        {"GROUP", "group", 0},
        {"RESULT", "result", 0},
        {"ORGANIZATION", "organization", 24},
        {"DEPARTMENT", "department", 16},
        {"SYSTEM", "system", 16},
        {"RESOURCE", "title", 28},
        {"PURPOSE", "purpose", 20},
        {"APPLICATION", "application", 0},
        {"DECIDED", "decided", 20},
        {"REASON", "reason", 32},
        {NULL, NULL, 0},
};

static int ask(struct hf_cli *cli, int argc, char **argv, const char *path, json_t **ret_out)
{
	const char *from = NULL, *until = NULL, *limit = NULL;
	const struct hf_opt opts[] = {{"from", &from, NULL, NULL},
	                              {"until", &until, NULL, NULL},
	                              {"limit", &limit, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	json_t *in = hf_cli_with("from", from);
	hf_cli_put(in, "until", until);
	hf_cli_put(in, "limit", limit);
	return hf_cli_call(cli, "GET", path, in, ret_out);
}

static int statistics(struct hf_cli *cli, int argc, char **argv)
{
	json_t *out = NULL;
	int status = ask(cli, argc, argv, "/v1/statistics", &out);
	if (status == HF_EXIT_DONE) {
		hf_cli_table(cli, out, "departments", department_columns, "no applications, grants or uses");
		if (!cli->json) {
			printf("\n");
			hf_cli_table(cli, out, "mechanisms", mechanism_columns, "");
		}
	}
	json_decref(out);
	return status;
}

static int divergence(struct hf_cli *cli, int argc, char **argv)
{
	json_t *out = NULL;
	int status = ask(cli, argc, argv, "/v1/divergence", &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "applications", alike_columns, "similar applications were decided alike");
	json_decref(out);
	return status;
}

const struct hf_command hf_commands_statistics[] = {
        {"statistics", NULL, "applications, grants, use, handling time and manual steps",
         "hufu statistics [--from TIME] [--until TIME]\n"
         "\n"
         "For each department that applied: applications with what became of them, grants without an application,\n"
         "and the uses that consumers reported. For each mechanism: the median time from request to decision and of\n"
         "the statements that persons had to sign. As far as this node took part.\n"
         "\n"
         "example:\n"
         "  hufu statistics --from 2026-01-01 --until 2027-01-01 --json\n",
         statistics},
        {"divergence", NULL, "similar applications that were decided differently",
         "hufu divergence [--from TIME] [--until TIME] [--limit N]\n"
         "\n"
         "The same resource, purpose and fields; some approved, some rejected or refused.\n"
         "\n"
         "example:\n"
         "  hufu divergence --from 2026-01-01\n",
         divergence},
        {NULL, NULL, NULL, NULL, NULL},
};
