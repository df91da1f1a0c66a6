/*
 * cmd_uses.c - hufu uses: how often grants were used, by both sides' counts.
 */
#include <stdio.h>

#include "cli.h"

static const struct hf_column use_columns[] = {
        {"TRANSACTION", "transaction", 0},
        {"STATE", "state", 0},
        {"ROLE", "role", 0},
        {"PEER", "peer", 16},
        {"SYSTEM", "system", 16},
        {"PURPOSE", "purpose", 20},
        {"ROWS", "rows", 0},
        {"BYTES", "bytes", 0},
        {"REPORTED", "reported", 20},
        {"UNFILED SINCE", "unfiled_since", 20},
        {"DIFFERENCE", "difference", 60},
        {NULL, NULL, 0},
};
static const struct hf_column count_columns[] = {
        {"at most", "count.most", 0},      {"under way", "count.under_way", 0}, {"used", "count.used", 0},
        {"reported", "count.reported", 0}, {"differing", "count.differing", 0}, {NULL, NULL, 0},
};

static int uses(struct hf_cli *cli, int argc, char **argv)
{
	const char *grant = NULL;
	char path[120] = "/v1/uses";
	json_t *out = NULL;
	const struct hf_opt opts[] = {{"grant", &grant, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	if (grant)
		snprintf(path, sizeof(path), "/v1/uses?grant=%.80s", grant);
	int status = hf_cli_call(cli, "GET", path, NULL, &out);
	if (status == HF_EXIT_DONE && grant && !cli->json)
		hf_cli_details(cli, out, count_columns);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "uses", use_columns, "no grant was used");
	json_decref(out);
	return status;
}

static int border(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column columns[] = {{"persons this year", "persons_committed", 0},
	                                           {"under way", "persons_reserved", 0},
	                                           {"share in percent", "share_percent", 0},
	                                           {"counted by", "counted_by", 0},
	                                           {NULL, NULL, 0}};
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/border", NULL, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_details(cli, out, columns);
	json_decref(out);
	return status;
}

static int review(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column columns[] = {
	        {"GRANT", "grant", 0},         {"FINDING", "finding", 0},
	        {"CONSUMER", "consumer", 16},  {"SYSTEM", "system", 16},
	        {"MECHANISM", "mechanism", 0}, {"UNTIL", "until", 0},
	        {"LAST USE", "used", 0},       {NULL, NULL, 0},
	};
	bool now = false;
	json_t *out = NULL;
	const struct hf_opt opts[] = {{"now", NULL, &now, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	int status = now ? hf_cli_call(cli, "POST", "/v1/grants/review", NULL, &out) : HF_EXIT_DONE;
	json_decref(out);
	out = NULL;
	if (status == HF_EXIT_DONE)
		status = hf_cli_call(cli, "GET", "/v1/grants/review", NULL, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "findings", columns,
		             "no grant that this node gave is over, unused or about to end");
	json_decref(out);
	return status;
}

const struct hf_command hf_commands_uses[] = {
        {"grants", "review", "grants that are over, unused or about to end; a node looks at them once a day",
         "hufu grants review [--now]\n\n"
         "FINDING is disabled (over for good), expired (over by this node's clock, the witnesses have not confirmed "
         "it\n"
         "yet), unused (no use for `grant_unused_days` of hufu.yaml, default 90) or ending (within 30 days). The "
         "review\n"
         "runs every `grant_review_hours`, default 24, disables what is over and writes what it found into the "
         "ledger.\n\n"
         "  --now   do not wait for the next one; needs the right to approve\n\n"
         "example:\n  hufu grants review --json\n",
         review},
        {"border", NULL, "persons whose information crossed the border in this calendar year",
         "hufu border\n\n"
         "Exchanges between jurisdictions follow the rule packs in the file that `border` in hufu.yaml names; see\n"
         "docs/operations.md. Persons are counted by rows; the share is this node's part of its organization's "
         "limit.\n\n"
         "example:\n  hufu border --json\n",
         border},
        {"uses", NULL, "how often grants were used, by this node's count and by the consumers' reports",
         "hufu uses [--grant GRANT]\n\n"
         "One transfer is one use. The provider counts it when data was delivered; the consumer's node reports it "
         "under\n"
         "the transfer's transaction. DIFFERENCE says where the two do not agree.\n\n"
         "  --grant GRANT   of this grant alone, with its counts\n\n"
         "example:\n  hufu uses --grant 0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10\n",
         uses},
        {NULL, NULL, NULL, NULL, NULL},
};
