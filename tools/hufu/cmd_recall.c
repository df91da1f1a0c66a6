/* cmd_recall.c - hufu recall: a provider takes back what it has delivered (DS-10 ... DS-12). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define EXAMPLE_ID "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"

static const struct hf_column recall_columns[] = {
        {"RECALL", "recall", 0},
        {"ENTRY", "entry", 0},
        {"STATE", "state", 0},
        {"ASKED BY", "asked_by", 20},
        {"ANSWERED BY", "answered_by", 20},
        {"DELIVERIES", "deliveries", 0},
        {"DEADLINE", "deadline", 20},
        {"REASON", "reason", 32},
        {NULL, NULL, 0},
};

static const struct hf_column party_columns[] = {
        {"TRANSFER", "transfer", 0}, {"NODE", "node", 24}, {"VERSION", "version", 0}, {"STATE", "state", 0},
        {"OBJECTS", "objects", 0},   {"TOLD", "told", 20}, {"DONE", "done", 20},      {NULL, NULL, 0},
};

static const struct hf_column recalled_columns[] = {
        {"TRANSFER", "transfer", 0},  {"PROVIDER", "provider", 24}, {"STATE", "state", 0},    {"TOLD", "told", 20},
        {"DEADLINE", "deadline", 20}, {"DONE", "done", 20},         {"REASON", "reason", 32}, {NULL, NULL, 0},
};

static const struct hf_column recall_details[] = {
        {"recall", "recall", 0},
        {"entry", "entry", 0},
        {"state", "state", 0},
        {"from version", "from_version", 0},
        {"to version", "to_version", 0},
        {"reason", "reason", 0},
        {"asked by", "asked_by", 0},
        {"answered by", "answered_by", 0},
        {"answer", "answer", 0},
        {"follows from recall", "follows", 0},
        {"begun", "begun", 0},
        {"deadline", "deadline", 0},
        {"done", "done", 0},
        {"not covered", "note", 0},
        {NULL, NULL, 0},
};

/* "all", "3" or "2-5". */
static bool put_versions(json_t *in, const char *versions)
{
	unsigned from = 0, to = 0;
	int end = 0;
	if (!versions || strcmp(versions, "all") == 0)
		return versions != NULL;
	if (sscanf(versions, "%9u-%9u%n", &from, &to, &end) != 2 || versions[end]) {
		end = 0;
		if (sscanf(versions, "%9u%n", &from, &end) != 1 || versions[end])
			return false;
		to = from;
	}
	json_object_set_new(in, "from_version", json_integer(from));
	json_object_set_new(in, "to_version", json_integer(to));
	return from > 0 && to >= from;
}

static int ask(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *versions = NULL, *reason = NULL, *hours = NULL;
	const struct hf_opt opts[] = {{"versions", &versions, NULL, NULL},
	                              {"reason", &reason, NULL, NULL},
	                              {"hours", &hours, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!reason)
		return hf_cli_misuse(cli, "--reason is missing: why the data is recalled");
	json_t *in = hf_cli_with("entry", pos[0]);
	if (!put_versions(in, versions)) {
		json_decref(in);
		return hf_cli_misuse(cli, "--versions is all, a version, or the first and the last one as 2-5");
	}
	hf_cli_put(in, "reason", reason);
	hf_cli_put(in, "hours", hours);
	return hf_cli_do(cli, "POST", "/v1/recalls", in, "asked: recall %s begins when another person approves it",
	                 "recall");
}

static int approve(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return HF_EXIT_USAGE;
	return hf_cli_do(cli, "POST", "/v1/recalls/approve", hf_cli_with("recall", pos[0]),
	                 "recall %s has begun; `hufu recall show` says who has answered", "recall");
}

static int refuse(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!reason)
		return hf_cli_misuse(cli, "--reason is missing: why nothing is recalled");
	json_t *in = hf_cli_with("recall", pos[0]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/recalls/refuse", in, "recall %s is refused", "recall");
}

static int show_rows(struct hf_cli *cli, int argc, char **argv, const char *route, const char *rows)
{
	const char *limit = NULL;
	const struct hf_opt opts[] = {{"limit", &limit, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	const bool received = strcmp(rows, "recalled") == 0;
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "limit", limit);
	int status = hf_cli_call(cli, "GET", route, in, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, rows, received ? recalled_columns : recall_columns, "nothing was recalled");
	json_decref(out);
	return status;
}

static int list(struct hf_cli *cli, int argc, char **argv)
{
	return show_rows(cli, argc, argv, "/v1/recalls", "recalls");
}

static int received(struct hf_cli *cli, int argc, char **argv)
{
	return show_rows(cli, argc, argv, "/v1/recalls/received", "recalled");
}

static int show(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/recalls/show", hf_cli_with("recall", pos[0]), &out);
	if (status == HF_EXIT_DONE) {
		hf_cli_details(cli, out, recall_details);
		if (!cli->json) {
			printf("\n");
			hf_cli_table(cli, out, "parties", party_columns, "nobody has received it");
		}
	}
	json_decref(out);
	return status;
}

const struct hf_command hf_commands_recall[] = {
        {"recall", "ask", "ask for the recall of delivered versions of an entry",
         "hufu recall ask ENTRY --versions all|N|N-M --reason TEXT [--hours N]\n"
         "\n"
         "  as a publisher; an approver who is another person lets it begin. Then nothing of those versions goes out "
         "any\n"
         "  more, and every recipient's node stops the use, destroys what it has and what was derived of it and\n"
         "  registered, recalls in turn what was passed on, and answers signed\n"
         "  --hours N   until the answers are due, from the approval on; 72 when left out\n"
         "\n"
         "example:\n"
         "  hufu recall ask " EXAMPLE_ID " --versions 1-2 --reason \"wrong column delivered\" --hours 24\n",
         ask},
        {"recall", "approve", "let a recall begin that another person asked for",
         "hufu recall approve RECALL\n\nexample:\n  hufu recall approve " EXAMPLE_ID "\n", approve},
        {"recall", "refuse", "refuse a recall that another person asked for",
         "hufu recall refuse RECALL --reason TEXT\n"
         "\n"
         "example:\n  hufu recall refuse " EXAMPLE_ID " --reason \"the column was agreed on\"\n",
         refuse},
        {"recall", "list", "recalls of this node's entries, newest first",
         "hufu recall list [--limit N]\n"
         "\n"
         "  asked: waits for the approval; running: answers are missing; overdue: after the deadline; done\n"
         "\n"
         "example:\n  hufu recall list --json\n",
         list},
        {"recall", "show", "a recall, and who has answered for which delivery",
         "hufu recall show RECALL\n"
         "\n"
         "  told: nothing heard yet; unreachable: could not be told; stopped: not used any more; done: all is "
         "destroyed\n"
         "\n"
         "example:\n  hufu recall show " EXAMPLE_ID " --json\n",
         show},
        {"recall", "received", "what providers have recalled from this node",
         "hufu recall received [--limit N]\n\nexample:\n  hufu recall received\n", received},
        {NULL, NULL, NULL, NULL, NULL},
};
