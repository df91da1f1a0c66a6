/* cmd_mask_keys.c - hufu mask keys: the seeds of the node's masking keys, listed and erased. */
#include "cli.h"
#include "crypto/crypto.h"

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

#define VALUES_MAX ((size_t)256 << 10) /* bytes of a file of values */

static const struct hf_column value_columns[] = {{"MASKED", "masked", 0}, {"PLAIN", "plain", 0}, {NULL, NULL, 0}};

/* The lines of a file, which are not written anywhere else. */
static json_t *lines_of(struct hf_cli *cli, const char *path)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, ""};
	enum hf_err e = hf_file_read(path, VALUES_MAX, &text);
	json_t *lines = json_array();
	size_t from = 0;

	if (e != HF_OK) {
		json_decref(lines);
		hf_cli_fault(cli, hf_file_fault(&f, e, path, VALUES_MAX), &f);
		return NULL;
	}
	for (size_t i = 0; i <= text.len; i++)
		if (i == text.len || text.data[i] == '\n') {
			if (i > from)
				json_array_append_new(lines, json_stringn((const char *)text.data + from, i - from));
			from = i + 1;
		}
	hf_wipe(text.data, text.len);
	return lines;
}

static int reverse(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *field = NULL, *file = NULL, *reason = NULL;
	const struct hf_opt opts[] = {{"field", &field, NULL, NULL},
	                              {"values", &file, NULL, NULL},
	                              {"reason", &reason, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	json_t *in, *values, *out = NULL;
	int status;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!field || !file || !reason)
		return hf_cli_misuse(cli, "--field, --values and --reason are needed");
	values = lines_of(cli, file);
	if (!values)
		return HF_EXIT_REFUSED;
	in = hf_cli_with("transfer", pos[0]);
	hf_cli_put(in, "field", field);
	hf_cli_put(in, "reason", reason);
	json_object_set_new(in, "values", values);
	status = hf_cli_call(cli, "POST", "/v1/mask/reverse", in, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "values", value_columns, "no values");
	json_decref(out);
	return status;
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
        {"mask", "reverse", "what masked values of a delivery of this node were before",
         "hufu mask reverse TRANSFER --field NAME --values FILE --reason TEXT\n"
         "\n"
         "  --field NAME    a field that went out by denc, fpe, prefix or ope\n"
         "  --values FILE   masked values as the consumer has them, one in a line, at most 1000; they are not put on\n"
         "                  the command line, where others could see them\n"
         "  --reason TEXT   why; it stands in the ledger with field, technique, key id and how many values there were\n"
         "\n"
         "A value that this delivery's key did not give has no plain one. For the role mask-reverser, in a session "
         "with\n"
         "two factors; refused when the contract's seed was erased.\n"
         "\n"
         "example:\n"
         "  hufu mask reverse " EXAMPLE_ID " --field plate --values found.txt --reason 'court order 17/2026'",
         reverse},
        {NULL, NULL, NULL, NULL, NULL},
};
