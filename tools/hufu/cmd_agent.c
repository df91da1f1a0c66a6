/*
 * cmd_agent.c - hufu agent: a provider entrusts resources to an agent of one level, takes on file, questions and
 * withdraws what it granted.
 */
#include <string.h>

#include "cli.h"

#define EXAMPLE_ID "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"

static int delegate(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *level = NULL, *from = NULL, *until = NULL, *power = NULL;
	struct hf_list entries = {.count = 0};
	const struct hf_opt opts[] = {
	        {"level", &level, NULL, NULL}, {"from", &from, NULL, NULL},     {"until", &until, NULL, NULL},
	        {"power", &power, NULL, NULL}, {"entry", NULL, NULL, &entries}, {NULL, NULL, NULL, NULL},
	};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	bool decides = power && strcmp(power, "decide") == 0;
	if (power && !decides && strcmp(power, "intake") != 0)
		return hf_cli_misuse(cli, "--power must be intake or decide");
	json_t *in = json_object();
	hf_cli_put(in, "agent", pos[0]);
	hf_cli_put_list(in, "resources", &entries);
	hf_cli_put(in, "level", level);
	hf_cli_put(in, "from", from);
	hf_cli_put(in, "until", until);
	json_object_set_new(in, "decides", json_boolean(decides));
	return hf_cli_do(cli, "POST", "/v1/agents/delegate", in,
	                 "delegation %s is on its way to the agent and the members of its level", "delegation");
}

static int act(struct hf_cli *cli, char **argv, int argc, const char *const words[3])
{
	const char *pos[1], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, words[0], pos[0]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", words[1], in, words[2], words[0]);
}

static int end(struct hf_cli *cli, int argc, char **argv)
{
	static const char *const words[] = {
	        "delegation", "/v1/agents/end",
	        "delegation %s has ended; what the agent granted stays until it is withdrawn"};
	return act(cli, argv, argc, words);
}

static int question(struct hf_cli *cli, int argc, char **argv)
{
	static const char *const words[] = {"grant", "/v1/agents/question", "the agent is asked about grant %s"};
	return act(cli, argv, argc, words);
}

static int withdraw(struct hf_cli *cli, int argc, char **argv)
{
	static const char *const words[] = {"grant", "/v1/agents/withdraw",
	                                    "grant %s is withdrawn; its consumer and the agent are told"};
	return act(cli, argv, argc, words);
}

static int file(struct hf_cli *cli, int argc, char **argv)
{
	static const char *const words[] = {"grant", "/v1/agents/file", "grant %s is on file; the agent is told"};
	return act(cli, argv, argc, words);
}

static const struct hf_column columns[] = {
        {"DELEGATION", "delegation", 0}, {"STATE", "state", 0},
        {"PROVIDER", "provider", 20},    {"AGENT", "agent", 20},
        {"LEVEL", "level", 0},           {"UNTIL", "until", 20},
        {"DECIDED", "decided", 0},       {"UNFILED", "unfiled", 0},
        {"SINCE", "unfiled_since", 20},  {NULL, NULL, 0},
};

static int list(struct hf_cli *cli, int argc, char **argv)
{
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/agents", NULL, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "delegations", columns, "this node knows of no agent");
	json_decref(out);
	return status;
}

const struct hf_command hf_commands_agent[] = {
        {"agent", "delegate", "entrust resources to an agent, for departments of its level",
         "hufu agent delegate NODE --entry ENTRY... --level LEVEL --until TIME [--from TIME] [--power intake|decide]\n"
         "\n"
         "  --level LEVEL   national, province or city, as the attribute 'level' of the space descriptor says it of "
         "the\n"
         "                  agent and of the applicants\n"
         "  --power decide  the agent also decides; each decision is filed with this node, which makes the grant\n"
         "\n"
         "example:\n"
         "  hufu agent delegate city-platform --entry " EXAMPLE_ID " --level city --until 2028-01-01 --power decide\n",
         delegate},
        {"agent", "end", "end a delegation",
         "hufu agent end DELEGATION --reason TEXT\n\nexample:\n  hufu agent end " EXAMPLE_ID " --reason \"replaced\"\n",
         end},
        {"agent", "question", "ask the agent about a grant that it decided",
         "hufu agent question GRANT --reason TEXT\n\nexample:\n  hufu agent question " EXAMPLE_ID
         " --reason \"why all fields?\"\n",
         question},
        {"agent", "withdraw", "withdraw a grant that an agent decided",
         "hufu agent withdraw GRANT --reason TEXT\n\nexample:\n  hufu agent withdraw " EXAMPLE_ID
         " --reason \"outside the agreed use\"\n",
         withdraw},
        {"agent", "file", "take on file what an agent decided",
         "hufu agent file GRANT [--reason TEXT]\n"
         "\n"
         "  until then the grant is shown as unfiled, and gives nothing where hufu.yaml says agents.unfiled: deny\n"
         "\n"
         "example:\n"
         "  hufu agent file " EXAMPLE_ID "\n",
         file},
        {"agent", "list", "delegations that this node knows of; at agent and provider, what is not on file, since when",
         "hufu agent list\n\nexample:\n  hufu agent list --json\n", list},
        {NULL, NULL, NULL, NULL, NULL},
};
