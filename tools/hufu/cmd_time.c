/*
 * cmd_time.c - hufu time: trusted time, and the recovery of its mark.
 */
#include <stdio.h>

#include "cli.h"

static const struct hf_column witness_columns[] = {{"WITNESS", "witness", 0}, {"SAYS", "says", 25}, {NULL, NULL, 0}};

static const struct hf_column recovery_columns[] = {
        {"RECOVERY", "recovery", 0},
        {"STATE", "state", 0},
        {"ASKED BY", "asked_by", 16},
        {"APPROVED BY", "approved_by", 16},
        {"REASON", "reason", 30},
        {"MARK AFTER", "mark_after", 25},
        {NULL, NULL, 0},
};

static const char *text_of(const json_t *o, const char *name)
{
	const char *t = json_string_value(json_object_get(o, name));
	return t ? t : "none yet";
}

static void say(const json_t *o)
{
	printf("local clock    %s%s\n", text_of(o, "local"),
	       json_is_true(json_object_get(o, "local_off")) ? "   more than 5 minutes off: set it" : "");
	printf("witnesses say  %s\n", text_of(o, "witnesses_say"));
	printf("mark           %s%s\n", text_of(o, "mark"),
	       json_is_true(json_object_get(o, "mark_wrong")) ? "   wrong: two people run `hufu time recover`" : "");
	printf("decisions use  %s%s\n\n", text_of(o, "trusted"),
	       json_is_true(json_object_get(o, "provisional")) ? "   the witnesses have not spoken since the start"
	                                                       : "");
}

static int show(struct hf_cli *cli, int argc, char **argv)
{
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/time", NULL, &out);
	if (status == HF_EXIT_DONE && !cli->json)
		say(out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "witnesses", witness_columns, "this node has no witness");
	if (status == HF_EXIT_DONE && !cli->json && json_array_size(json_object_get(out, "recoveries")) > 0)
		hf_cli_table(cli, out, "recoveries", recovery_columns, "");
	json_decref(out);
	return status;
}

static int recover(struct hf_cli *cli, int argc, char **argv)
{
	const char *reason = NULL, *yes = NULL;
	const struct hf_opt opts[] = {
	        {"reason", &reason, NULL, NULL}, {"approve", &yes, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	if (!reason == !yes)
		return hf_cli_misuse(cli, "state --reason TEXT to ask for it, or --approve ID to approve it");
	json_t *in = json_object();
	hf_cli_put(in, "reason", reason);
	hf_cli_put(in, "recovery", yes);
	if (yes)
		return hf_cli_do(cli, "POST", "/v1/time/recover/approve", in,
		                 "the mark of trusted time is taken back (recovery %s)", "recovery");
	return hf_cli_do(cli, "POST", "/v1/time/recover", in,
	                 "recovery %s is asked for; another person approves it with `hufu time recover --approve`",
	                 "recovery");
}

const struct hf_command hf_commands_time[] = {
        {"time", "show", "the local clock, what the witnesses say, and the time that decisions use",
         "hufu time show\n\n"
         "Decisions use the later of the local clock and the mark. The mark advances only to what a quorum of the\n"
         "witnesses states in its cosignatures, so a clock that is set back revives nothing, and one that jumps ahead\n"
         "harms nothing once it is right again.\n\n"
         "example:\n  hufu time show --json\n",
         show},
        {"time", "recover", "take back a mark that is ahead of the witnesses: one person asks, another approves",
         "hufu time recover --reason TEXT\nhufu time recover --approve ID\n\n"
         "The mark goes back to what a quorum of the witnesses says after the recovery was asked for, to no other "
         "time.\n"
         "Both steps need two factors and are in the ledger.\n\n"
         "example:\n  hufu time recover --reason \"the time server of two witnesses was a year ahead\"\n",
         recover},
        {NULL, NULL, NULL, NULL, NULL},
};
