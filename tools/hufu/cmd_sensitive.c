/*
 * cmd_sensitive.c - hufu sensitive: the second authorization for the use of sensitive data.
 */
#include <stdio.h>

#include "cli.h"

#define EXAMPLE_ID "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"

static int authorize(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *publisher = NULL, *system_name = NULL, *purpose = NULL, *until = NULL, *reason = NULL;
	const struct hf_opt opts[] = {
	        {"publisher", &publisher, NULL, NULL}, {"system", &system_name, NULL, NULL},
	        {"purpose", &purpose, NULL, NULL},     {"until", &until, NULL, NULL},
	        {"reason", &reason, NULL, NULL},       {NULL, NULL, NULL, NULL},
	};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = hf_cli_with("entry", pos[0]);
	hf_cli_put(in, "publisher", publisher);
	hf_cli_put(in, "system", system_name);
	hf_cli_put(in, "purpose", purpose);
	hf_cli_put(in, "until", until);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/sensitive/authorize", in, "the use is authorized: %s", "authorization");
}

static int end(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = hf_cli_with("authorization", pos[0]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/sensitive/end", in, "authorization %s has ended", "authorization");
}

static const struct hf_column columns[] = {
        {"AUTHORIZATION", "authorization", 0},
        {"STATE", "state", 0},
        {"RESOURCE", "title", 28},
        {"SYSTEM", "system", 16},
        {"PURPOSE", "purpose", 24},
        {"UNTIL", "until", 20},
        {"BY", "by", 16},
        {"REASON", "reason", 32},
        {NULL, NULL, 0},
};

static int list(struct hf_cli *cli, int argc, char **argv)
{
	const char *limit = NULL;
	const struct hf_opt opts[] = {{"limit", &limit, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *in, *out = NULL;
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	in = json_object();
	hf_cli_put(in, "limit", limit);
	int status = hf_cli_call(cli, "GET", "/v1/sensitive", in, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "authorizations", columns, "no use of sensitive data is authorized");
	json_decref(out);
	return status;
}

const struct hf_command hf_commands_sensitive[] = {
        {"sensitive", "authorize", "authorize the use of sensitive data, besides its grant",
         "hufu sensitive authorize ENTRY --system NAME --purpose CODE --until TIME --reason TEXT [--publisher NODE]\n"
         "\n"
         "  as a data-authority; whoever fetches is another person. It goes with each request of the system for that\n"
         "  purpose until then, at most 366 days; the provider's gate asks for it\n"
         "\n"
         "example:\n"
         "  hufu sensitive authorize " EXAMPLE_ID " --system claims --purpose claims-check --until 2027-01-31 \\\n"
         "      --reason \"delay claims of January\"\n",
         authorize},
        {"sensitive", "end", "end such an authorization before its time",
         "hufu sensitive end AUTHORIZATION --reason TEXT\n\nexample:\n  hufu sensitive end " EXAMPLE_ID
         " --reason \"the claims are settled\"\n",
         end},
        {"sensitive", "list", "the authorizations of this node's uses of sensitive data",
         "hufu sensitive list [--limit N]\n\nexample:\n  hufu sensitive list\n", list},
        {NULL, NULL, NULL, NULL, NULL},
};
