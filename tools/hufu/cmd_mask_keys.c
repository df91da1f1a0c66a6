/* cmd_mask_keys.c - hufu mask keys: the seeds of the node's masking keys, listed and erased. */
#include "cli.h"

#define EXAMPLE_ID "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"

static const struct hf_column seed_columns[] = {
        {"CONTRACT", "contract", 0}, {"CONSUMER", "consumer", 32},
        {"STATE", "state", 0},       {"MADE", "made", 20},
        {"ERASED", "erased", 20},    {"BY", "by", 24},
        {"REASON", "reason", 0},     {NULL, NULL, 0},
};

static int keys(struct hf_cli *cli, int argc, char **argv)
{
	const char *limit = NULL;
	const struct hf_opt opts[] = {{"limit", &limit, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *in, *out = NULL;
	int status;

	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	in = json_object();
	hf_cli_put(in, "limit", limit);
	status = hf_cli_call(cli, "GET", "/v1/mask/keys", in, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "seeds", seed_columns, "nothing was masked under a contract yet");
	json_decref(out);
	return status;
}

static int erase(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *in;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!reason)
		return hf_cli_misuse(cli, "--reason is missing: why the seed is erased");
	in = hf_cli_with("contract", pos[0]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(
	        cli, "POST", "/v1/mask/keys/erase", in,
	        "the masking seed of contract %s is erased; nothing that was masked under it can be reversed any "
	        "more",
	        "contract");
}

const struct hf_command hf_commands_mask_keys[] = {
        {"mask", "keys", "the contracts under which this node has masked data, and whether their seeds are there",
         "hufu mask keys [--limit N]\n"
         "\n"
         "A contract is an agreement, or, where a rule permits without one, the catalog entry. Keys are never shown.\n"
         "\n"
         "example:\n"
         "  hufu mask keys",
         keys},
        {"mask", "erase", "erase a contract's masking seed: reversal and recomputation end for good",
         "hufu mask erase CONTRACT --reason TEXT\n"
         "\n"
         "  --reason TEXT   why; it stands in the ledger\n"
         "\n"
         "What was delivered stays with the consumer; its pseudonyms can no longer be reversed, and nothing more is\n"
         "masked under that contract. Leaks can no longer be traced by its pseudonyms. For the role mask-key-keeper,\n"
         "in a session with two factors.\n"
         "\n"
         "example:\n"
         "  hufu mask erase " EXAMPLE_ID " --reason 'the project has ended'",
         erase},
        {NULL, NULL, NULL, NULL, NULL},
};
