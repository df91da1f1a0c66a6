/*
 * cmd_rulebook.c - hufu policy apply, show, history, diff, mechanisms; hufu hold: the rules that the node decides by.
 * What needs no node (lint, decide, what-if) stands in cmd_policy.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define EXAMPLE_ID "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"
#define POLICY_MAX ((size_t)768 << 10)

static int apply(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, ""};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	enum hf_err e = hf_file_read(pos[0], POLICY_MAX, &text);
	if (e != HF_OK)
		return hf_cli_fault(cli, hf_file_fault(&f, e, pos[0], POLICY_MAX), &f);
	if (text.len == 0)
		return hf_cli_fail(cli, "%s is empty; write a policy with rules, or `rules: []` for none", pos[0]);
	json_t *policy = json_stringn(text.data ? (const char *)text.data : "", text.len);
	if (!policy)
		return hf_cli_fail(cli, "%s is not UTF-8 text; write the policy as YAML or JSON lines", pos[0]);
	json_t *in = json_object();
	json_object_set_new(in, "policy", policy);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/policy/apply", in, "the policy '%s' is in force", "name");
}

static const struct hf_column history_columns[] = {
        {"NO", "sequence", 0}, {"POLICY", "name", 32}, {"VERSION", "version", 0}, {"RULES", "rules", 0},
        {"TIME", "time", 20},  {"BY", "by", 24},       {"REASON", "reason", 40},  {NULL, NULL, 0},
};

static int history(struct hf_cli *cli, int argc, char **argv)
{
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/policy/history", NULL, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "policies", history_columns,
		             "no policy was applied; `hufu policy apply FILE` does");
	json_decref(out);
	return status;
}

static int get_policy(struct hf_cli *cli, const char *sequence, json_t **ret_out)
{
	json_t *in = json_object();
	hf_cli_put(in, "sequence", sequence);
	return hf_cli_call(cli, "GET", "/v1/policy", in, ret_out);
}

static int show(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 0, 1))
		return HF_EXIT_USAGE;
	int status = get_policy(cli, pos[0], &out);
	if (status == HF_EXIT_DONE && cli->json)
		hf_cli_json(out);
	else if (status == HF_EXIT_DONE)
		fputs(json_string_value(json_object_get(out, "policy")), stdout);
	json_decref(out);
	return status;
}

/* ---- diff: lines that only one of two texts has, in their order ---- */

struct lines {
	char *text;
	char **line, **sorted; /* in their order, and for looking up */
	size_t count;
};

static void lines_done(struct lines *l)
{
	free(l->text);
	free(l->line);
	free(l->sorted);
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool lines_take(struct lines *l, const json_t *policy)
{
	const char *text = json_string_value(json_object_get(policy, "policy"));
	l->text = strdup(text ? text : "");
	l->line = l->text ? calloc(strlen(l->text) + 1, sizeof(char *)) : NULL;
	l->sorted = l->text ? calloc(strlen(l->text) + 1, sizeof(char *)) : NULL;
	if (!l->line || !l->sorted)
		return false;
	for (char *at = l->text; at && *at;) {
		char *end = strchr(at, '\n');
		l->line[l->count++] = at;
		if (end)
			*end = '\0';
		at = end ? end + 1 : NULL;
	}
	memcpy(l->sorted, l->line, l->count * sizeof(char *));
	qsort(l->sorted, l->count, sizeof(char *), compare_lines);
	return true;
}

static bool has_line(const struct lines *l, const char *line)
{
	return bsearch(&line, l->sorted, l->count, sizeof(char *), compare_lines) != NULL;
}

static json_t *only_in(const struct lines *a, const struct lines *b)
{
	json_t *list = json_array();
	for (size_t i = 0; i < a->count; i++)
		if (!has_line(b, a->line[i]))
			json_array_append_new(list, json_string(a->line[i]));
	return list;
}

static void print_list(const char *sign, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		printf("%s %s\n", sign, json_string_value(json_array_get(list, i)));
}

static void print_diff(struct hf_cli *cli, const struct lines *before, const struct lines *after)
{
	json_t *o = json_pack("{s:o, s:o}", "removed", only_in(before, after), "added", only_in(after, before));
	if (cli->json) {
		hf_cli_json(o);
	} else {
		print_list("-", json_object_get(o, "removed"));
		print_list("+", json_object_get(o, "added"));
	}
	json_decref(o);
}

static int diff(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[2];
	json_t *a = NULL, *b = NULL;
	HF_CLEANUP(lines_done) struct lines before = {NULL, NULL, NULL, 0};
	HF_CLEANUP(lines_done) struct lines after = {NULL, NULL, NULL, 0};
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 2))
		return HF_EXIT_USAGE;
	int status = get_policy(cli, pos[0], &a);
	if (status == HF_EXIT_DONE)
		status = get_policy(cli, pos[1], &b);
	if (status == HF_EXIT_DONE) {
		if (lines_take(&before, a) && lines_take(&after, b))
			print_diff(cli, &before, &after);
		else
			status = hf_cli_fail(cli, "no memory is left to compare the two policies");
	}
	json_decref(a);
	json_decref(b);
	return status;
}

static int mechanisms(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[2];
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 2, 2))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "entry", pos[0]);
	hf_cli_put(in, "mechanisms", pos[1]);
	return hf_cli_do(cli, "POST", "/v1/policy/mechanisms", in, "entry %s allows these mechanisms alone", "entry");
}

/* ---- holds ---- */

static int place(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[2], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 2, 2))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "kind", pos[0]);
	hf_cli_put(in, "target", pos[1]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/holds/place", in, "hold %s is in force; `hufu hold lift` ends it", "hold");
}

static int lift(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "hold", pos[0]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/holds/lift", in, "hold %s is lifted", "hold");
}

static const struct hf_column hold_columns[] = {
        {"HOLD", "hold", 0},
        {"STATE", "state", 0},
        {"KIND", "kind", 0},
        {"TARGET", "target", 40},
        {"PLACED BY", "placed_by", 24},
        {"PLACED", "placed", 20},
        {"REASON", "reason", 40},
        {NULL, NULL, 0},
};

static int list(struct hf_cli *cli, int argc, char **argv)
{
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/holds", NULL, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "holds", hold_columns, "nothing is on hold");
	json_decref(out);
	return status;
}

const struct hf_command hf_commands_rulebook[] = {
        {"policy", "apply", "put a policy in force: signed, kept, swapped at once",
         "hufu policy apply FILE [--reason TEXT]\n"
         "\n"
         "  FILE is YAML or JSON lines with 'attributes: standard' and a version above the last one; attribute rules\n"
         "  and holds only. It replaces the policy in force whole; what is not understood refuses it whole.\n"
         "\n"
         "example:\n"
         "  hufu policy apply claims.yaml --reason \"scenario agreed with the insurers\"\n",
         apply},
        {"policy", "show", "the policy in force, or an older one, as it was signed",
         "hufu policy show [NO]\n\nexample:\n  hufu policy show 3\n", show},
        {"policy", "history", "all policies that were applied, newest first",
         "hufu policy history\n\nexample:\n  hufu policy history --json\n", history},
        {"policy", "diff", "lines that were removed and added between two policies",
         "hufu policy diff NO [NO]\n\n  the second one left out: the policy in force\n\nexample:\n  hufu policy diff 2 "
         "3\n",
         diff},
        {"policy", "mechanisms", "which mechanisms a resource allows",
         "hufu policy mechanisms ENTRY LIST\n\n  LIST: some of emergency,attribute,application\n\nexample:\n"
         "  hufu policy mechanisms " EXAMPLE_ID " attribute,emergency\n",
         mechanisms},
        {"hold", "place", "suspend a grant, an organization, a system or a resource",
         "hufu hold place grant GRANT --reason TEXT\n"
         "hufu hold place organization NODE --reason TEXT\n"
         "hufu hold place system NODE/NAME --reason TEXT\n"
         "hufu hold place resource ENTRY --reason TEXT\n"
         "\n"
         "  asked before every mechanism; deliveries under way stop with the next chunk\n"
         "\n"
         "example:\n"
         "  hufu hold place organization insurer --reason \"misuse is looked into\"\n",
         place},
        {"hold", "lift", "end a suspension",
         "hufu hold lift HOLD --reason TEXT\n\nexample:\n  hufu hold lift " EXAMPLE_ID " --reason \"cleared up\"\n",
         lift},
        {"hold", "list", "suspensions, newest first", "hufu hold list\n\nexample:\n  hufu hold list\n", list},
        {NULL, NULL, NULL, NULL, NULL},
};
