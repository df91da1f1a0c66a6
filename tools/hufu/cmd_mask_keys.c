/* cmd_mask_keys.c - hufu mask keys: the seeds of the node's masking keys, listed and erased, and used for the way back.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "cli.h"
#include "crypto/crypto.h"
#include "mask.h"
#include "masking/unmask.h"

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

struct reversing {
	const char *of, *field, *values, *reason, *plan, *key, *table;
};

static int reverse_at_node(struct hf_cli *cli, const struct reversing *r, json_t *values)
{
	json_t *in = hf_cli_with("transfer", r->of), *out = NULL;
	int status;

	hf_cli_put(in, "field", r->field);
	hf_cli_put(in, "reason", r->reason);
	json_object_set(in, "values", values);
	status = hf_cli_call(cli, "POST", "/v1/mask/reverse", in, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "values", value_columns, "no values");
	json_decref(out);
	return status;
}

static json_t *pairs_of(const char *const *masked, char **plain, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(
		        list, json_pack("{s:s, s:s?}", "masked", masked[i], "plain", *plain[i] ? plain[i] : NULL));
	return json_pack("{s:o}", "values", list);
}

/* The table that is named, or the only one. */
static const struct hf_plan_table *table_of(const struct hf_plan *p, const char *name)
{
	return name ? hf_plan_table_named(p, name) : p->table_count == 1 ? &p->tables[0] : NULL;
}

static int reverse_by_plan(struct hf_cli *cli, const struct reversing *r, const struct hf_plan *plan,
                           const json_t *values)
{
	const size_t count = json_array_size(values);
	const char **masked = hf_alloc_zero((count + 1) * sizeof(*masked));
	struct hf_mask_key root;
	struct hf_unmask_setup s = {.plan = plan,
	                            .table = table_of(plan, r->table),
	                            .field = r->field,
	                            .root = &root,
	                            .file = hf_mask_file};
	struct hf_unmasker *u = NULL;
	struct hf_fault f = {.code = HF_OK};
	char **plain = NULL;
	int status = HF_EXIT_DONE;
	enum hf_err e = HF_OK;

	for (size_t i = 0; i < count; i++)
		masked[i] = json_string_value(json_array_get(values, i));
	if (!s.table)
		e = hf_fault_set(&f, HF_E_ARGUMENT, "name one of the tables of plan %.63s with --table", plan->name);
	else if (!hf_mask_key_read(cli, r->key, &root))
		status = HF_EXIT_REFUSED;
	else if ((e = hf_unmask_open(&s, &f, &u)) == HF_OK)
		e = hf_unmask_values(u, masked, count, &plain, &f);
	if (e != HF_OK) {
		status = hf_cli_fault(cli, e, &f);
	} else if (plain) {
		json_t *out = pairs_of(masked, plain, count);
		hf_cli_table(cli, out, "values", value_columns, "no values");
		json_decref(out);
	}
	hf_unmask_free(plain, count);
	hf_unmask_close(u);
	hf_wipe(&root, sizeof(root));
	free(masked);
	return status;
}

static int reverse_offline(struct hf_cli *cli, const struct reversing *r, const json_t *values)
{
	struct hf_plan *plan = hf_mask_plan_load(cli, r->plan, NULL);
	int status = plan ? reverse_by_plan(cli, r, plan, values) : HF_EXIT_REFUSED;

	hf_plan_free(plan);
	return status;
}

static int reverse(struct hf_cli *cli, int argc, char **argv)
{
	struct reversing r = {.of = NULL};
	const struct hf_opt opts[] = {{"field", &r.field, NULL, NULL},   {"values", &r.values, NULL, NULL},
	                              {"reason", &r.reason, NULL, NULL}, {"plan", &r.plan, NULL, NULL},
	                              {"key", &r.key, NULL, NULL},       {"table", &r.table, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	json_t *values;
	int status;

	if (!hf_cli_args(cli, argc, argv, opts, &r.of, 0, 1))
		return HF_EXIT_USAGE;
	if (!r.field || !r.values || (r.plan ? !r.key || r.of || r.reason : !r.of || !r.reason || r.key || r.table))
		return hf_cli_misuse(cli,
		                     "name a transfer or task, --field, --values and --reason; or, without a node, "
		                     "--plan, --key, --field and --values");
	values = lines_of(cli, r.values);
	if (!values)
		return HF_EXIT_REFUSED;
	status = r.plan ? reverse_offline(cli, &r, values) : reverse_at_node(cli, &r, values);
	json_decref(values);
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
        {"mask", "reverse", "what masked values of a delivery, a task or an offline run were before",
         "hufu mask reverse TRANSFER|TASK --field NAME --values FILE --reason TEXT\n"
         "hufu mask reverse --plan FILE --key FILE [--table NAME] --field NAME --values FILE\n"
         "\n"
         "  --field NAME    a field that went out by denc, fpe, prefix, ope or token\n"
         "  --values FILE   masked values as the consumer has them, one in a line, at most 1000; they are not put on\n"
         "                  the command line, where others could see them\n"
         "  --reason TEXT   why; it stands in the ledger with field, technique, key id and how many values there were\n"
         "  --plan FILE     without a node: the plan of a `hufu mask run`, with\n"
         "  --key FILE      its key, and the vault that it names, for a token\n"
         "  --table NAME    of the plan; its only one when nothing is said\n"
         "\n"
         "A value that this key did not give, or whose line was taken out of the vault, has no plain one. At a node: "
         "for\n"
         "the role mask-reverser, in a session with two factors; refused when the contract's seed was erased. Without\n"
         "a node there is no record, and whoever can read the key file, and the vault, may.\n"
         "\n"
         "examples:\n"
         "  hufu mask reverse " EXAMPLE_ID " --field plate --values found.txt --reason 'court order 17/2026'\n"
         "  hufu mask reverse --plan tolls.yaml --key tolls.key --field plate --values found.txt",
         reverse},
        {NULL, NULL, NULL, NULL, NULL},
};
