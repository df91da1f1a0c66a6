/*
 * cmd_scenario.c - hufu scenario: a business authority makes a scenario and confirms its members; providers open their
 * resources to it; covered systems need no application.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define EXAMPLE_ID "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"

static int create(struct hf_cli *cli, int argc, char **argv)
{
	const char *name = NULL, *description = NULL, *purpose = NULL, *from = NULL, *until = NULL;
	struct hf_list providers = {.count = 0};
	const struct hf_opt opts[] = {
	        {"name", &name, NULL, NULL},       {"description", &description, NULL, NULL},
	        {"purpose", &purpose, NULL, NULL}, {"from", &from, NULL, NULL},
	        {"until", &until, NULL, NULL},     {"provider", NULL, NULL, &providers},
	        {NULL, NULL, NULL, NULL},
	};
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "name", name);
	hf_cli_put(in, "description", description);
	hf_cli_put(in, "purpose", purpose);
	hf_cli_put(in, "from", from);
	hf_cli_put(in, "until", until);
	hf_cli_put_list(in, "providers", &providers);
	return hf_cli_do(cli, "POST", "/v1/scenarios/create", in,
	                 "scenario %s is made; confirm members with `hufu scenario confirm`", "scenario");
}

/* "NODE" or "NODE/DEPARTMENT". */
static void put_organization(json_t *in, const char *text)
{
	const char *slash = strchr(text, '/');
	json_object_set_new(in, "organization", json_stringn(text, slash ? (size_t)(slash - text) : strlen(text)));
	hf_cli_put(in, "department", slash ? slash + 1 : NULL);
}

static int confirm(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[2], *system = NULL, *address = NULL;
	const struct hf_opt opts[] = {
	        {"system", &system, NULL, NULL}, {"address", &address, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 2, 2))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "scenario", pos[0]);
	put_organization(in, pos[1]);
	hf_cli_put(in, "system", system);
	hf_cli_put(in, "address", address);
	return hf_cli_do(cli, "POST", "/v1/scenarios/confirm", in,
	                 "the member of scenario %s is confirmed; it needs no application for what is opened to it",
	                 "scenario");
}

static int remove_member(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[2], *system = NULL, *address = NULL, *reason = NULL;
	const struct hf_opt opts[] = {{"system", &system, NULL, NULL},
	                              {"address", &address, NULL, NULL},
	                              {"reason", &reason, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 2, 2))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "scenario", pos[0]);
	put_organization(in, pos[1]);
	hf_cli_put(in, "system", system);
	hf_cli_put(in, "address", address);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/scenarios/remove", in,
	                 "the member has left scenario %s; its access ends at the next request", "scenario");
}

static int end(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "scenario", pos[0]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/scenarios/end", in, "scenario %s has ended, and the access under it",
	                 "scenario");
}

static int open_to(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[2], *fields = NULL, *from = NULL, *until = NULL, *reason = NULL;
	struct hf_list duties = {.count = 0};
	const struct hf_opt opts[] = {
	        {"fields", &fields, NULL, NULL}, {"from", &from, NULL, NULL},         {"until", &until, NULL, NULL},
	        {"reason", &reason, NULL, NULL}, {"obligation", NULL, NULL, &duties}, {NULL, NULL, NULL, NULL},
	};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 2, 2))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "scenario", pos[0]);
	hf_cli_put(in, "entry", pos[1]);
	hf_cli_put(in, "fields", fields);
	hf_cli_put_list(in, "obligations", &duties);
	hf_cli_put(in, "from", from);
	hf_cli_put(in, "until", until);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/scenarios/open", in, "the resource is open to the scenario (opening %s)",
	                 "opening");
}

static int close_to(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "opening", pos[0]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/scenarios/close", in, "opening %s is closed", "opening");
}

static const struct hf_column columns[] = {
        {"SCENARIO", "scenario", 0},    {"STATE", "state", 0},
        {"NAME", "name", 32},           {"PURPOSE", "purpose", 24},
        {"AUTHORITY", "authority", 20}, {"MEMBERS", "member_count", 0},
        {"UNTIL", "until", 20},         {NULL, NULL, 0},
};
static const struct hf_column member_columns[] = {
        {"MEMBER", "organization", 24},
        {"DEPARTMENT", "department", 20},
        {"SYSTEM", "system", 20},
        {"ADDRESS", "address", 40},
        {NULL, NULL, 0},
};
static const struct hf_column opening_columns[] = {
        {"OPENING", "opening", 0}, {"STATE", "state", 0}, {"PROVIDER", "provider", 20},
        {"RESOURCE", "title", 32}, {"FROM", "from", 20},  {"UNTIL", "until", 20},
        {NULL, NULL, 0},
};

static int list(struct hf_cli *cli, int argc, char **argv)
{
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/scenarios", NULL, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "scenarios", columns, "this node knows of no scenario");
	json_decref(out);
	return status;
}

static int show(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];
	json_t *out = NULL, *in = json_object();
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1)) {
		json_decref(in);
		return HF_EXIT_USAGE;
	}
	hf_cli_put(in, "scenario", pos[0]);
	int status = hf_cli_call(cli, "GET", "/v1/scenarios/show", in, &out);
	if (status == HF_EXIT_DONE && cli->json) {
		hf_cli_json(out);
	} else if (status == HF_EXIT_DONE) {
		printf("%s, for %s, by %s\n\n", json_string_value(json_object_get(out, "name")),
		       json_string_value(json_object_get(out, "purpose")),
		       json_string_value(json_object_get(out, "authority")));
		hf_cli_table(cli, out, "members", member_columns, "no members are confirmed");
		hf_cli_table(cli, out, "openings", opening_columns, "no resources are open to it");
	}
	json_decref(out);
	return status;
}

const struct hf_command hf_commands_scenario[] = {
        {"scenario", "create", "make a scenario, as its business authority",
         "hufu scenario create --name TEXT --purpose CODE --until TIME [--from TIME] [--description TEXT]\n"
         "                     [--provider NODE]...\n"
         "\n"
         "  --purpose CODE    access under the scenario is for this purpose alone\n"
         "  --provider NODE   is told of it, and opens its resources to it\n"
         "\n"
         "example:\n"
         "  hufu scenario create --name \"one-stop licence\" --purpose licence --until 2028-01-01 --provider "
         "transport\n",
         create},
        {"scenario", "confirm", "confirm a department and a business system as member, in the authority's jurisdiction",
         "hufu scenario confirm SCENARIO NODE[/DEPARTMENT] --system NAME [--address IP]\n"
         "\n"
         "example:\n"
         "  hufu scenario confirm " EXAMPLE_ID " health/desk --system licences --address 10.1.0.5\n",
         confirm},
        {"scenario", "remove", "remove a member; its access ends at the next request",
         "hufu scenario remove SCENARIO NODE[/DEPARTMENT] [--system NAME] [--address IP] --reason TEXT\n"
         "\n"
         "  what is left out: all of them\n"
         "\n"
         "example:\n"
         "  hufu scenario remove " EXAMPLE_ID " health/desk --reason \"moved to another bureau\"\n",
         remove_member},
        {"scenario", "end", "end a scenario and the access under it",
         "hufu scenario end SCENARIO --reason TEXT\n\nexample:\n  hufu scenario end " EXAMPLE_ID
         " --reason \"replaced\"\n",
         end},
        {"scenario", "open", "open a resource of this node to a scenario",
         "hufu scenario open SCENARIO ENTRY --until TIME [--from TIME] [--fields A,B] [--obligation O]... [--reason "
         "TEXT]\n"
         "\n"
         "  --obligation O   such as report-use; one that the gate cannot fulfil is refused\n"
         "\n"
         "example:\n"
         "  hufu scenario open " EXAMPLE_ID " " EXAMPLE_ID " --until 2027-06-30 --fields plate,owner\n",
         open_to},
        {"scenario", "close", "close a resource to a scenario",
         "hufu scenario close OPENING --reason TEXT\n\nexample:\n  hufu scenario close " EXAMPLE_ID
         " --reason \"no longer agreed\"\n",
         close_to},
        {"scenario", "list", "scenarios that this node takes part in",
         "hufu scenario list\n\nexample:\n  hufu scenario list --json\n", list},
        {"scenario", "show", "one scenario with its members and what is open to it",
         "hufu scenario show SCENARIO\n\nexample:\n  hufu scenario show " EXAMPLE_ID "\n", show},
        {NULL, NULL, NULL, NULL, NULL},
};
