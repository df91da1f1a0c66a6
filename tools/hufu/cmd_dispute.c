/*
 * cmd_dispute.c - hufu dispute, escalations: differences about an application before the leading group, and decisions
 * that are late.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define EXAMPLE_ID "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"

/* ---- steps ---- */

static int raise_dispute(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *about = NULL, *reason = NULL;
	const struct hf_opt opts[] = {
	        {"about", &about, NULL, NULL}, {"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = hf_cli_with("application", pos[0]);
	hf_cli_put(in, "about", about);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/disputes/raise", in,
	                 "dispute %s is with the leading group; the application goes on meanwhile", "dispute");
}

static int settle(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[2], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 2, 2))
		return HF_EXIT_USAGE;
	json_t *in = hf_cli_with("dispute", pos[0]);
	hf_cli_put(in, "result", pos[1]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/disputes/settle", in,
	                 "this node's opinion of dispute %s is on its way to the group and the parties", "dispute");
}

static int apply_after(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL, *purpose = NULL, *from = NULL, *until = NULL, *fields = NULL;
	const struct hf_opt opts[] = {
	        {"reason", &reason, NULL, NULL}, {"purpose", &purpose, NULL, NULL}, {"from", &from, NULL, NULL},
	        {"until", &until, NULL, NULL},   {"fields", &fields, NULL, NULL},   {NULL, NULL, NULL, NULL},
	};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = hf_cli_with("dispute", pos[0]);
	hf_cli_put(in, "reason", reason);
	hf_cli_put(in, "purpose", purpose);
	hf_cli_put(in, "from", from);
	hf_cli_put(in, "until", until);
	hf_cli_put(in, "fields", fields);
	return hf_cli_do(
	        cli, "POST", "/v1/disputes/apply", in,
	        "application %s is drafted and linked to the dispute; the data authority confirms the need next "
	        "(`hufu review APPLICATION --need ...`)",
	        "application");
}

/* ---- reading ---- */

static const struct hf_column dispute_columns[] = {
        {"DISPUTE", "dispute", 0},       {"OUTCOME", "outcome", 0},         {"ABOUT", "about", 0},
        {"RAISED BY", "raised_by", 20},  {"APPLICATION", "application", 0}, {"CONSUMER", "organization", 20},
        {"PROVIDER", "provider", 20},    {"UPHELD", "counted.upheld", 0},   {"DISMISSED", "counted.dismissed", 0},
        {"NEEDED", "counted.needed", 0}, {"REASON", "reason", 32},          {NULL, NULL, 0},
};
static const struct hf_column dispute_details[] = {
        {"dispute", "dispute", 0},
        {"transaction", "transaction", 0},
        {"outcome", "outcome", 0},
        {"reason of it", "outcome_reason", 0},
        {"about", "about", 0},
        {"raised by", "raised_by", 0},
        {"account", "account", 0},
        {"reason", "reason", 0},
        {"raised", "made", 0},
        {"settled", "settled", 0},
        {"application", "application", 0},
        {"revision", "revision", 0},
        {"its state then", "application_state", 0},
        {"its result then", "result", 0},
        {"reason then", "result_reason", 0},
        {"consumer", "organization", 0},
        {"department", "department", 0},
        {"system", "system", 0},
        {"provider", "provider", 0},
        {"intake node", "intake", 0},
        {"resource", "resource", 0},
        {"purpose", "purpose", 0},
        {"upholding", "counted.upheld", 0},
        {"dismissing", "counted.dismissed", 0},
        {"needed", "counted.needed", 0},
        {"organizations", "counted.of", 0},
        {"new application", "successor", 0},
        {NULL, NULL, 0},
};
static const struct hf_column opinion_columns[] = {
        {"NODE", "node", 24}, {"ACCOUNT", "account", 20}, {"OPINION", "result", 0}, {"REASON", "reason", 48},
        {NULL, NULL, 0},
};
static const struct hf_column escalation_columns[] = {
        {"APPLICATION", "application", 0},
        {"STATE", "state", 0},
        {"DUE", "due", 20},
        {"PROVIDER", "provider", 20},
        {"CONSUMER", "organization", 20},
        {"INTAKE", "intake", 20},
        {"RESOURCE", "title", 28},
        {"RESULT", "result", 0},
        {NULL, NULL, 0},
};

static int list_open(struct hf_cli *cli, int argc, char **argv, const char *rows, const struct hf_column *columns)
{
	const char *limit = NULL;
	bool open = false, disputes = strcmp(rows, "disputes") == 0;
	const struct hf_opt opts[] = {
	        {"open", NULL, &open, NULL}, {"limit", &limit, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	json_t *in = hf_cli_with("limit", limit);
	if (open)
		json_object_set_new(in, "open", json_true());
	int status = hf_cli_call(cli, "GET", disputes ? "/v1/disputes" : "/v1/escalations", in, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, rows, columns,
		             disputes ? "no disputes" : "no overdue decisions were reported to this node");
	json_decref(out);
	return status;
}

static int list_disputes(struct hf_cli *cli, int argc, char **argv)
{
	return list_open(cli, argc, argv, "disputes", dispute_columns);
}

static int list_escalations(struct hf_cli *cli, int argc, char **argv)
{
	return list_open(cli, argc, argv, "escalations", escalation_columns);
}

static int show(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/disputes/show", hf_cli_with("dispute", pos[0]), &out);
	if (status == HF_EXIT_DONE) {
		hf_cli_details(cli, out, dispute_details);
		if (!cli->json) {
			printf("\n");
			hf_cli_table(cli, out, "opinions", opinion_columns, "no opinions yet");
		}
	}
	json_decref(out);
	return status;
}

const struct hf_command hf_commands_dispute[] = {
        {"dispute", "raise", "put an application's conditions, reasons or result before the leading group",
         "hufu dispute raise APPLICATION --about conditions|reasons|result --reason TEXT\n"
         "\n"
         "As the consumer or the provider of the application. It blocks nothing and changes no result.\n"
         "\n"
         "example:\n"
         "  hufu dispute raise " EXAMPLE_ID " --about result --reason \"同类申请已获批准\"\n",
         raise_dispute},
        {"dispute", "settle", "give this node's opinion of a dispute, in the leading group",
         "hufu dispute settle DISPUTE upheld|dismissed --reason TEXT\n"
         "\n"
         "More than half of the group's organizations settle it; who is a party of the application does not.\n"
         "\n"
         "example:\n"
         "  hufu dispute settle " EXAMPLE_ID " upheld --reason \"the criteria were met\"\n",
         settle},
        {"dispute", "apply", "file the linked new application after an upheld dispute",
         "hufu dispute apply DISPUTE [--reason TEXT] [--purpose CODE] [--until TIME] [--from TIME] [--fields A,B]\n"
         "\n"
         "What is not stated is as in the old application, whose result stays as it was.\n"
         "\n"
         "example:\n"
         "  hufu dispute apply " EXAMPLE_ID " --until 2027-01-31\n",
         apply_after},
        {"dispute", "list", "disputes that this node knows",
         "hufu dispute list [--open] [--limit N]\n\nexample:\n  hufu dispute list --open\n", list_disputes},
        {"dispute", "show", "one dispute with the opinions of the leading group",
         "hufu dispute show DISPUTE\n\nexample:\n  hufu dispute show " EXAMPLE_ID "\n", show},
        {"escalations", NULL, "overdue decisions that were reported to this node as one of the leading group",
         "hufu escalations [--open] [--limit N]\n\nexample:\n  hufu escalations --open --json\n", list_escalations},
        {NULL, NULL, NULL, NULL, NULL},
};
