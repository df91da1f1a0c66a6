/*
 * cmd_promote.c - hufu promote: similar application grants become a rule of the provider; what it would give more or
 * less is shown before an approver confirms it by name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define EXAMPLE_ID "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"

static const struct hf_column candidate_columns[] = {
        {"RESOURCE", "resource", 0},
        {"PURPOSE", "purpose", 32},
        {"GRANTS", "grants", 0},
        {"OF", "organizations", 0},
        {"FIRST ENDS", "first_until", 20},
        {"LAST ENDS", "last_until", 20},
        {NULL, NULL, 0},
};
static const struct hf_column columns[] = {
        {"PROMOTION", "promotion", 0}, {"STATE", "state", 0}, {"RESOURCE", "title", 32}, {"PURPOSE", "purpose", 24},
        {"GRANTS", "grant_count", 0},  {"WIDER", "wider", 0}, {NULL, NULL, 0},
};
static const struct hf_column details[] = {
        {"promotion", "promotion", 0},     {"state", "state", 0},
        {"resource", "title", 0},          {"purpose", "purpose", 0},
        {"reason", "reason", 0},           {"wider in", "wider", 0},
        {"proposed by", "proposed_by", 0}, {"decided by", "decided_by", 0},
        {"ended by", "ended_by", 0},       {NULL, NULL, 0},
};
static const struct hf_column member_columns[] = {
        {"RULE: WHO", "organization", 24},
        {"DEPARTMENT", "department", 20},
        {"SYSTEM", "system", 20},
        {"ADDRESS", "address", 40},
        {"FIELDS", "fields", 40},
        {"UNTIL", "until", 20},
        {NULL, NULL, 0},
};
static const struct hf_column grant_columns[] = {
        {"GRANT", "grant", 0},    {"OF", "organization", 24}, {"DEPARTMENT", "department", 20},
        {"SYSTEM", "system", 20}, {"UNTIL", "until", 20},     {"IN FORCE IT", "becomes", 0},
        {NULL, NULL, 0},
};
static const struct hf_column difference_columns[] = {
        {"THE RULE IS", "rule_is", 0}, {"IN", "attribute", 0}, {"FOR", "who", 60},
        {"GRANTED", "granted", 40},    {"RULE", "rule", 40},   {NULL, NULL, 0},
};

static int table(struct hf_cli *cli, const char *path, const char *rows, const struct hf_column *c, const char *none)
{
	json_t *out = NULL;
	int status = hf_cli_call(cli, "GET", path, NULL, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, rows, c, none);
	json_decref(out);
	return status;
}

static int candidates(struct hf_cli *cli, int argc, char **argv)
{
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	return table(cli, "/v1/promotions/candidates", "candidates", candidate_columns,
	             "no two grants in force are for one resource and purpose");
}

static int list(struct hf_cli *cli, int argc, char **argv)
{
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	return table(cli, "/v1/promotions", "promotions", columns, "no grants were made into a rule");
}

static int propose(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *purpose = NULL, *fields = NULL, *until = NULL, *reason = NULL, *any = NULL;
	struct hf_list grants = {.count = 0};
	const struct hf_opt opts[] = {
	        {"purpose", &purpose, NULL, NULL}, {"fields", &fields, NULL, NULL}, {"until", &until, NULL, NULL},
	        {"reason", &reason, NULL, NULL},   {"any", &any, NULL, NULL},       {"grant", NULL, NULL, &grants},
	        {NULL, NULL, NULL, NULL},
	};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "entry", pos[0]);
	hf_cli_put(in, "purpose", purpose);
	hf_cli_put_list(in, "grants", &grants);
	hf_cli_put(in, "any", any);
	hf_cli_put(in, "fields", fields);
	hf_cli_put(in, "until", until);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/promotions/propose", in,
	                 "promotion %s is proposed; see `hufu promote show` for what it would change, then an approver "
	                 "decides with `hufu promote approve`",
	                 "promotion");
}

static int show(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/promotions/show", hf_cli_with("promotion", pos[0]), &out);
	if (status == HF_EXIT_DONE && cli->json) {
		hf_cli_json(out);
	} else if (status == HF_EXIT_DONE) {
		hf_cli_details(cli, out, details);
		printf("\n");
		hf_cli_table(cli, out, "members", member_columns, "the rule has no members");
		printf("\n");
		hf_cli_table(cli, out, "grants", grant_columns, "it is made of no grants");
		printf("\n");
		hf_cli_table(cli, out, "differences", difference_columns,
		             "the rule gives exactly what the grants give");
	}
	json_decref(out);
	return status;
}

static int decide(struct hf_cli *cli, int argc, char **argv, const char *result, const char *said)
{
	const char *pos[1], *reason = NULL;
	struct hf_list wider = {.count = 0};
	const struct hf_opt opts[] = {
	        {"wider", NULL, NULL, &wider}, {"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "promotion", pos[0]);
	hf_cli_put(in, "result", result);
	hf_cli_put_list(in, "wider", &wider);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/promotions/decide", in, said, "promotion");
}

static int approve(struct hf_cli *cli, int argc, char **argv)
{
	return decide(
	        cli, argc, argv, "T",
	        "promotion %s is in force; the grants that it covers are superseded, and nobody's access changed");
}

static int refuse(struct hf_cli *cli, int argc, char **argv)
{
	return decide(cli, argc, argv, "F", "promotion %s is refused; the grants stay as they are");
}

static int end(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	bool restore = false;
	const struct hf_opt opts[] = {
	        {"restore", NULL, &restore, NULL}, {"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "promotion", pos[0]);
	hf_cli_put(in, "reason", reason);
	json_object_set_new(in, "restore", json_boolean(restore));
	return hf_cli_do(cli, "POST", "/v1/promotions/end", in,
	                 restore ? "promotion %s has ended; the grants count again"
	                         : "promotion %s has ended, and with it the grants that it superseded",
	                 "promotion");
}

const struct hf_command hf_commands_promote[] = {
        {"promote", "candidates", "grants in force that are similar: one resource, one purpose",
         "hufu promote candidates\n\nexample:\n  hufu promote candidates\n", candidates},
        {"promote", "propose", "propose a rule from similar application grants of one resource",
         "hufu promote propose ENTRY --reason TEXT [--purpose CODE] [--grant ID]... [--any LIST] [--fields A,B]\n"
         "                     [--until TIME]\n"
         "\n"
         "  --purpose CODE   of the grants, when they have several\n"
         "  --grant ID       this grant and the others named; left out: all similar ones in force\n"
         "  --any LIST       leave out of the rule: some of department,system,address\n"
         "  --fields A,B     one list for all; left out: for each what its grant lists\n"
         "  --until TIME     one end for all; left out: for each that of its grant\n"
         "\n"
         "Without --any, --fields and --until the rule gives exactly what the grants give.\n"
         "\n"
         "example:\n"
         "  hufu promote propose " EXAMPLE_ID " --purpose claims --until 2028-01-01 --reason \"needed every day\"\n",
         propose},
        {"promote", "show", "one promotion: the rule, the grants, and what would be wider or narrower",
         "hufu promote show PROMOTION\n\nexample:\n  hufu promote show " EXAMPLE_ID "\n", show},
        {"promote", "approve", "put a proposed rule in force, confirming by name in what it is wider",
         "hufu promote approve PROMOTION [--wider ATTRIBUTE]... [--reason TEXT]\n"
         "\n"
         "  --wider ATTRIBUTE   each attribute in which the rule gives more than the grants: department, system,\n"
         "                      address, fields, until; all of them and no others\n"
         "\n"
         "example:\n"
         "  hufu promote approve " EXAMPLE_ID " --wider until --wider address\n",
         approve},
        {"promote", "refuse", "refuse a proposed rule",
         "hufu promote refuse PROMOTION --reason TEXT\n\nexample:\n  hufu promote refuse " EXAMPLE_ID
         " --reason \"the need is not common\"\n",
         refuse},
        {"promote", "end", "end a rule, and with it the grants that it superseded, or let them count again",
         "hufu promote end PROMOTION --reason TEXT [--restore]\n"
         "\n"
         "  --restore   the grants count again for what is left of their periods\n"
         "\n"
         "example:\n"
         "  hufu promote end " EXAMPLE_ID " --restore --reason \"decided case by case again\"\n",
         end},
        {"promote", "list", "rules that were made of grants, proposed, in force and ended",
         "hufu promote list\n\nexample:\n  hufu promote list --json\n", list},
        {NULL, NULL, NULL, NULL, NULL},
};
