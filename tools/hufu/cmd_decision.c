/*
 * cmd_decision.c - hufu decision: why access was permitted or denied, what would permit it, and the rules behind it.
 */
#include <stdio.h>

#include "cli.h"

#define EXAMPLE_ID "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"

static void print_texts(const char *title, const json_t *list)
{
	if (json_array_size(list) > 0)
		printf("%s\n", title);
	for (size_t i = 0; i < json_array_size(list); i++)
		printf("  %s\n", json_string_value(json_array_get(list, i)));
}

static void print_miss(const json_t *m)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf n = HF_BUF_INIT;
	HF_CLEANUP(hf_buf_done) struct hf_buf of = HF_BUF_INIT;
	const char *failed = hf_cli_value(m, "failed", &n);
	printf("  rule %s (%s): ", json_string_value(json_object_get(m, "rule")),
	       json_string_value(json_object_get(m, "mechanism")));
	if (json_integer_value(json_object_get(m, "failed")) == 0) {
		printf("all conditions hold; %s\n", json_string_value(json_object_get(m, "reason")));
		return;
	}
	printf("%s of %s conditions fail\n", failed, hf_cli_value(m, "conditions", &of));
	const json_t *fails = json_object_get(m, "failures");
	for (size_t i = 0; i < json_array_size(fails); i++)
		printf("    %s\n", json_string_value(json_array_get(fails, i)));
}

static const struct hf_column columns[] = {
        {"entry", "entry", 0},
        {"decided then", "logged.outcome", 0},
        {"reason then", "logged.reason", 0},
        {"text then", "logged.detail", 0},
        {"by the same rules as now", "same_rules", 0},
        {"permitted", "decision", 0},
        {"reason", "reason", 0},
        {"text", "text", 0},
        {"mechanism", "mechanism", 0},
        {"rule", "rule", 0},
        {"rules", "snapshot", 0},
        {NULL, NULL, 0},
};

static int show(struct hf_cli *cli, const char *path, json_t *in)
{
	json_t *out = NULL;
	int status = hf_cli_call(cli, "GET", path, in, &out);
	if (status == HF_EXIT_DONE) {
		hf_cli_details(cli, out, columns);
		const json_t *misses = json_object_get(out, "misses");
		if (!cli->json && !json_is_true(json_object_get(out, "decision"))) {
			printf("%s", json_array_size(misses) ? "rules that came near\n" : "");
			for (size_t i = 0; i < json_array_size(misses); i++)
				print_miss(json_array_get(misses, i));
			print_texts("what would allow it", json_object_get(out, "would_allow"));
		}
	}
	json_decref(out);
	return status;
}

static int explain(struct hf_cli *cli, int argc, char **argv)
{
	static const char *const names[] = {"entry",   "transfer", "resource",  "organization", "department", "system",
	                                    "address", "business", "identity",  "action",       "purpose",    "fields",
	                                    "roles",   "methods",  "mechanism", "agreement",    "at"};
	enum { NAMES = sizeof(names) / sizeof(names[0]) };
	const char *value[NAMES] = {NULL};
	struct hf_opt opts[NAMES + 1] = {{NULL, NULL, NULL, NULL}};
	for (size_t i = 0; i < NAMES; i++)
		opts[i] = (struct hf_opt){names[i], &value[i], NULL, NULL};
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	bool past = value[0] || value[1];
	size_t stated = 0;
	json_t *in = json_object();
	for (size_t i = 0; i < NAMES; i++) {
		stated += value[i] != NULL;
		hf_cli_put(in, names[i], value[i]);
	}
	if (past && stated > 1) {
		json_decref(in);
		return hf_cli_misuse(cli, "--entry and --transfer name a decision that was made; leave the rest out");
	}
	return show(cli, past ? "/v1/decisions/explain" : "/v1/decisions/ask", in);
}

static int rules(struct hf_cli *cli, int argc, char **argv)
{
	const char *output = NULL;
	const struct hf_opt opts[] = {{"output", &output, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	return hf_cli_download(cli, "GET", "/v1/decisions/rules", NULL, output);
}

const struct hf_command hf_commands_decision[] = {
        {"decision", "explain", "why access was permitted or denied, and what would allow it",
         "hufu decision explain --entry NO\n"
         "hufu decision explain --transfer TRANSFER\n"
         "hufu decision explain --resource ENTRY --organization NODE --system NAME [--purpose TEXT] [--action WORD]\n"
         "                      [--department NAME] [--address IP] [--business TEXT] [--identity ACCOUNT]\n"
         "                      [--roles A,B] [--methods A,B] [--fields A,B] [--mechanism NAME] [--agreement ID]\n"
         "                      [--at T]\n"
         "\n"
         "  a decision of this node's ledger is asked again with what it was asked then, by the rules as they are "
         "now;\n"
         "  or a request that nobody has made is asked, at the time T (now when left out). Nothing is delivered.\n"
         "\n"
         "example:\n"
         "  hufu decision explain --transfer " EXAMPLE_ID "\n",
         explain},
        {"decision", "rules", "all rules in memory, as JSON lines",
         "hufu decision rules [--output FILE]\n"
         "\n"
         "  policy, grants and holds as one snapshot; `hufu policy decide --policy FILE` decides by it without a "
         "node,\n"
         "  for example what the field 'attributes' of a decision's entry holds\n"
         "\n"
         "example:\n"
         "  hufu decision rules --output rules.jsonl\n",
         rules},
        {NULL, NULL, NULL, NULL, NULL},
};
