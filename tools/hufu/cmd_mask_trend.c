/* cmd_mask_trend.c - hufu mask trend: what masking reached of a dataset, run by run. */
#include <stdio.h>

#include "cli.h"

static const struct hf_column columns[] = {
        {"TIME", "time", 0},
        {"WHAT", "what", 0},
        {"PLAN", "plan", 32},
        {"VERSION", "version", 0},
        {"ROWS", "rows", 0},
        {"REACHED", "figures.reached", 0},
        {"KEPT", "figures.kept", 0},
        {"DICTIONARY", "figures.by_dictionary", 0},
        {"FREQUENCY", "figures.by_frequency", 0},
        {"RESIDUAL", "figures.residual", 0},
        {"UNREADABLE", "figures.unreadable", 0},
        {"K", "figures.k", 0},
        {"RISK", "figures.risk", 0},
        {"WORSE", "worse", 60},
        {"BETTER", "better", 60},
        {NULL, NULL, 0},
};

static int trend(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];
	json_t *out = NULL;
	int status;

	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return HF_EXIT_USAGE;
	status = hf_cli_call(cli, "GET", "/v1/mask/trend", hf_cli_with("source", pos[0]), &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "runs", columns, "nothing that was masked of it has been measured");
	if (status == HF_EXIT_DONE && !cli->json && json_is_true(json_object_get(out, "more")))
		printf("older ones are not shown\n");
	json_decref(out);
	return status;
}

const struct hf_command hf_commands_mask_trend[] = {
        {"mask", "trend", "what masking reached of a dataset over time, and what got worse",
         "hufu mask trend SOURCE|ENTRY [--json]\n"
         "\n"
         "  SOURCE   whatever name the dataset is registered under\n"
         "  ENTRY    of another node: what came from there, and what views leave of it here\n"
         "\n"
         "Each run of a masking task (WHAT: task), each delivery by a plan (delivery, received) and each read through "
         "a\n"
         "view (read), oldest first:\n"
         "  REACHED      share of the sensitive fields that are left out or masked\n"
         "  KEPT         share of rows whose value stayed, of the worst sensitive field\n"
         "  DICTIONARY, FREQUENCY   share that comes back by such an attack, of the worst masked field\n"
         "  RESIDUAL     fields that were kept and look sensitive\n"
         "  UNREADABLE   share of values that became null, not being of their type\n"
         "  K, RISK      smallest class and highest risk; of all rows where the plan demands something of them\n"
         "  WORSE, BETTER   than the one before of the same kind by the same plan, or else by another\n"
         "\n"
         "examples:\n"
         "  hufu mask trend passages\n"
         "  hufu mask trend 0192f6a1-77aa-7c1e-9f00-3c5b2c1d4e5f\n",
         trend},
        {NULL, NULL, NULL, NULL, NULL},
};
