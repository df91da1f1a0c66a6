/*
 * cmd_erasure.c - hufu ledger erase and legal holds.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"

static const struct hf_column erasure_columns[] = {
        {"ERASURE", "erasure", 0},
        {"STATE", "state", 0},
        {"TRANSACTION", "transaction", 0},
        {"FROM", "first_entry", 0},
        {"ENTRIES", "entries", 0},
        {"ASKED BY", "asked_by", 16},
        {"ASKED", "asked", 20},
        {"APPROVED BY", "approved_by", 16},
        {"REPORTS", "report_count", 0},
        {"REASON", "reason", 30},
        {NULL, NULL, 0},
};

static const struct hf_column hold_columns[] = {
        {"TRANSACTION", "transaction", 0}, {"BY", "by", 16}, {"SINCE", "since", 20},
        {"REASON", "reason", 40},          {NULL, NULL, 0},
};

static int settle(struct hf_cli *cli, const char *path, const char *id, const char *said)
{
	json_t *in = json_object();
	hf_cli_put(in, "erasure", id);
	return hf_cli_do(cli, "POST", path, in, said, "erasure");
}

static int erase(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *entry = NULL, *reason = NULL, *yes = NULL, *no = NULL;
	const struct hf_opt opts[] = {{"entry", &entry, NULL, NULL},
	                              {"reason", &reason, NULL, NULL},
	                              {"approve", &yes, NULL, NULL},
	                              {"withdraw", &no, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 0, 1))
		return HF_EXIT_USAGE;
	if ((pos[0] != NULL) + (entry != NULL) + (yes != NULL) + (no != NULL) != 1)
		return hf_cli_misuse(cli, "name one thing: a transaction, --entry N, --approve ID or --withdraw ID");
	if (yes)
		return settle(cli, "/v1/ledger/erase/approve", yes, "erasure %s is approved and carried out");
	if (no)
		return settle(cli, "/v1/ledger/erase/withdraw", no, "erasure %s is withdrawn");
	if (!reason)
		return hf_cli_misuse(cli, "--reason is missing: why the content is to be erased");
	json_t *in = json_object();
	hf_cli_put(in, "transaction", pos[0]);
	hf_cli_put(in, "entry", entry);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(
	        cli, "POST", "/v1/ledger/erase", in,
	        "erasure %s is asked for; nothing is erased before another person runs `hufu ledger erase --approve`",
	        "erasure");
}

static int show(struct hf_cli *cli, int argc, char **argv, const char *path, const char *rows,
                const struct hf_column *columns, const char *none)
{
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", path, NULL, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, rows, columns, none);
	json_decref(out);
	return status;
}

static int erasures(struct hf_cli *cli, int argc, char **argv)
{
	return show(cli, argc, argv, "/v1/ledger/erasures", "erasures", erasure_columns,
	            "nobody has asked for an erasure");
}

static int holds(struct hf_cli *cli, int argc, char **argv)
{
	return show(cli, argc, argv, "/v1/ledger/holds", "holds", hold_columns, "no transaction is under a legal hold");
}

static int hold(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	bool lift = false;
	const struct hf_opt opts[] = {
	        {"reason", &reason, NULL, NULL}, {"lift", NULL, &lift, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!reason)
		return hf_cli_misuse(cli, "--reason is missing: the case or order that it is for");
	json_t *in = json_object();
	hf_cli_put(in, "transaction", pos[0]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", lift ? "/v1/ledger/hold/lift" : "/v1/ledger/hold", in,
	                 lift ? "the legal hold of transaction %s is lifted" : "transaction %s is under a legal hold",
	                 "transaction");
}

const struct hf_command hf_commands_erasure[] = {
        {"ledger", "erase", "erase the private fields of entries: one keeper of records asks, another approves",
         "hufu ledger erase TRANSACTION --reason TEXT\n"
         "hufu ledger erase --entry N --reason TEXT\n"
         "hufu ledger erase --approve ID\n"
         "hufu ledger erase --withdraw ID\n\n"
         "Refused inside the retention period of six months and under a legal hold. The entries and all proofs of "
         "them\n"
         "stay; what they said can be read no more, here and at the parties that hold copies.\n\n"
         "example:\n  hufu ledger erase 0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10 --reason \"retention is over\"\n",
         erase},
        {"ledger", "erasures", "who asked for an erasure, who approved it, what became of it",
         "hufu ledger erasures\n\nexample:\n  hufu ledger erasures --json\n", erasures},
        {"ledger", "hold", "put a transaction under a legal hold, or lift it",
         "hufu ledger hold TRANSACTION --reason TEXT [--lift]\n\n  --lift   end the hold\n\n"
         "example:\n  hufu ledger hold 0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10 --reason \"court order 12/2026\"\n",
         hold},
        {"ledger", "holds", "transactions under a legal hold", "hufu ledger holds\n\nexample:\n  hufu ledger holds\n",
         holds},
        {NULL, NULL, NULL, NULL, NULL},
};
