/* cmd_disclosures.c - hufu release disclosures and hufu release allow: what recipients have been given, all together.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"

static const struct hf_column field_columns[] = {
        {"FIELD", "field", 30}, {"ALL TOGETHER SHOW", "shows", 60}, {"RELEASES", "releases", 0},
        {"DRAWS", "draws", 0},  {"KEYS OF", "scopes", 40},          {"RECIPIENTS", "recipients", 60},
        {NULL, NULL, 0}};
static const struct hf_column release_columns[] = {{"PLAN'S TABLE", "table", 30},
                                                   {"RELEASE", "release", 40},
                                                   {"RECIPIENT", "recipient", 30},
                                                   {"FIRST", "first", 0},
                                                   {"LAST", "last", 0},
                                                   {"TIMES", "times", 0},
                                                   {"ALLOWED BY", "allowed_by", 20},
                                                   {"REASON", "reason", 60},
                                                   {NULL, NULL, 0}};

static int disclosures(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *field = NULL;
	const struct hf_opt opts[] = {{"field", &field, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *in, *out = NULL;
	int status;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	in = hf_cli_with("dataset", pos[0]);
	hf_cli_put(in, "field", field);
	status = hf_cli_call(cli, "GET", "/v1/release/disclosures", in, &out);
	if (status == HF_EXIT_DONE && cli->json) {
		hf_cli_json(out);
	} else if (status == HF_EXIT_DONE) {
		hf_cli_table(cli, out, "fields", field_columns, "nothing of it was given out");
		if (json_array_size(json_object_get(out, "releases")) > 0) {
			printf("\n");
			hf_cli_table(cli, out, "releases", release_columns, "");
		}
	}
	json_decref(out);
	return status;
}

static int allow(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *plan = NULL, *table = NULL, *recipient = NULL, *reason = NULL;
	bool plain = false;
	const struct hf_opt opts[] = {{"plan", &plan, NULL, NULL},     {"plain", NULL, &plain, NULL},
	                              {"table", &table, NULL, NULL},   {"recipient", &recipient, NULL, NULL},
	                              {"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *in;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!plan == !plain || !recipient || !reason)
		return hf_cli_misuse(cli, "--plan NAME or --plain, --recipient NAME and --reason TEXT are needed");
	in = hf_cli_with("dataset", pos[0]);
	hf_cli_put(in, "plan", plan);
	hf_cli_put(in, "table", table);
	hf_cli_put(in, "recipient", recipient);
	hf_cli_put(in, "reason", reason);
	if (plain)
		json_object_set_new(in, "plain", json_true());
	return hf_cli_do(cli, "POST", "/v1/release/disclosures/allow", in,
	                 plain ? "what goes to %s without a plan is allowed beside what went out by one"
	                       : "what the plan %s shows together with earlier releases is allowed",
	                 plain ? "recipient" : "plan");
}

const struct hf_command hf_commands_disclosures[] = {
        {"release", "disclosures", "what all recipients of a dataset together have been given",
         "hufu release disclosures DATASET [--field NAME] [--json]\n"
         "\n"
         "  DATASET        the name of the source\n"
         "  --field NAME   this field only\n"
         "\n"
         "example:\n"
         "  hufu release disclosures passages --field plate",
         disclosures},
        {"release", "allow", "let a release go out that shows more together with earlier ones",
         "hufu release allow DATASET (--plan NAME [--table NAME] | --plain) --recipient NAME --reason TEXT\n"
         "\n"
         "  --plan NAME        the newest approved version of this plan, and no other\n"
         "  --plain            what goes out without a plan\n"
         "  --recipient NAME   to this recipient, and no other\n"
         "  --reason TEXT      why; it stays on record\n"
         "  --table NAME       of the plan, when it has several\n"
         "\n"
         "It needs the permission mask-policy.\n"
         "\n"
         "example:\n"
         "  hufu release allow passages --plan tolls --recipient insurer --reason 'the university is bound by "
         "contract'\n"
         "  hufu release allow passages --plain --recipient police --reason 'by order 17/2026 of the court'",
         allow},
        {NULL, NULL, NULL, NULL, NULL},
};
