/*
 * cmd_policy.c - policies offline: decide, explain, lint, what-if, search, schema, convert. No node is asked
 * (docs/policy.md has the forms).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "policy.h"

#define TEXT_MAX ((size_t)1 << 30)

static bool read_input(struct hf_buf *out)
{
	char piece[65536];
	size_t n;

	while ((n = fread(piece, 1, sizeof(piece), stdin)) > 0)
		if (!hf_buf_add(out, piece, n))
			return false;
	return !ferror(stdin) && hf_buf_add(out, "", 0);
}

bool hf_policy_cli_text(struct hf_cli *cli, const char *path, struct hf_buf *out)
{
	struct hf_fault f = {.code = HF_OK};
	enum hf_err e;

	out->max = TEXT_MAX + 1;
	if (strcmp(path, "-") == 0) {
		if (read_input(out))
			return true;
		hf_cli_fail(cli, "standard input cannot be read, or is longer than %zu bytes", TEXT_MAX);
		return false;
	}
	e = hf_file_read(path, TEXT_MAX, out);
	if (e == HF_OK)
		return true;
	hf_cli_fault(cli, hf_file_fault(&f, e, path, TEXT_MAX), &f);
	return false;
}

bool hf_policy_cli_one_stdin(struct hf_cli *cli, const char *const paths[], size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += paths[i] && strcmp(paths[i], "-") == 0;
	if (n > 1)
		hf_cli_misuse(cli, "standard input (-) is named for %zu files, but can be read once; name files", n);
	return n <= 1;
}

bool hf_policy_cli_load(struct hf_cli *cli, const char *path, struct hf_policy_file **ret_file, int *ret_status)
{
	struct hf_fault f = {.code = HF_OK};
	enum hf_err e;

	*ret_status = HF_EXIT_USAGE;
	if (!path) {
		hf_cli_misuse(cli, "--policy FILE is missing: the policy in YAML or JSON lines");
		return false;
	}
	*ret_status = HF_EXIT_REFUSED;
	e = hf_policy_file_read(path, ret_file, &f);
	if (e != HF_OK)
		hf_cli_fault(cli, e, &f);
	return e == HF_OK;
}

bool hf_policy_cli_now(struct hf_cli *cli, const char *text, bool *timed, int64_t *now_ms)
{
	*timed = text != NULL;
	if (!text || hf_time_parse(text, now_ms))
		return true;
	hf_cli_misuse(cli, "--now is '%s'; give a time in UTC like 2026-11-22T08:00:00Z, or a date", text);
	return false;
}

static bool read_form(struct hf_cli *cli, const char *text, enum hf_policy_form *form)
{
	bool yaml = !text || strcmp(text, "yaml") == 0;

	*form = yaml ? HF_FORM_YAML : HF_FORM_LINES;
	if (yaml || strcmp(text, "lines") == 0)
		return true;
	hf_cli_misuse(cli, "--form is '%s'; give yaml or lines", text);
	return false;
}

static int print_buf(struct hf_cli *cli, bool ok, const struct hf_buf *out)
{
	if (!ok || (out->len > 0 && fwrite(out->data, 1, out->len, stdout) != out->len))
		return hf_cli_fail(cli, "the answer cannot be written: %s", ok ? strerror(errno) : "it is too long");
	return HF_EXIT_DONE;
}

/* The words that a policy may use, or the attributes of one. */
static void print_words(void)
{
#define PRINT_NAME(code, name) printf("  %s\n", name);
	printf("types of attributes:\n");
	HF_ATTR_TYPES(PRINT_NAME)
	printf("groups of attributes:\n");
	HF_ATTR_GROUPS(PRINT_NAME)
	printf("operators:\n");
	HF_OPERATORS(PRINT_NAME)
	printf("mechanisms, in the order in which they are asked:\n");
	HF_MECHANISMS(PRINT_NAME)
	printf("states of a rule:\n");
	HF_RULE_STATES(PRINT_NAME)
	printf("obligations:\n");
	HF_OBLIGATIONS(PRINT_NAME)
#undef PRINT_NAME
}

static int schema(struct hf_cli *cli, int argc, char **argv)
{
	const char *policy = NULL, *form_text = NULL;
	bool words = false;
	const struct hf_opt opts[] = {
	        {"policy", &policy, NULL, NULL}, {"form", &form_text, NULL, NULL}, {"words", NULL, &words, NULL}, {0}};
	struct hf_policy_file *file = NULL;
	enum hf_policy_form form;
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	struct hf_schema *s;
	int status;
	bool ok;

	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0) || !read_form(cli, form_text, &form))
		return HF_EXIT_USAGE;
	if (words) {
		print_words();
		return HF_EXIT_DONE;
	}
	if (policy && !hf_policy_cli_load(cli, policy, &file, &status))
		return status;
	s = policy ? hf_schema_ref(hf_policy_schema(hf_policy_file_policy(file))) : hf_schema_standard();
	ok = hf_schema_write(s, cli->json ? HF_FORM_LINES : form, &out);
	hf_schema_free(s);
	hf_policy_file_free(file);
	return print_buf(cli, ok, &out);
}

static int convert(struct hf_cli *cli, int argc, char **argv)
{
	const char *policy = NULL, *form_text = NULL;
	const struct hf_opt opts[] = {{"policy", &policy, NULL, NULL}, {"form", &form_text, NULL, NULL}, {0}};
	HF_CLEANUP(hf_buf_done) struct hf_buf out = {.max = TEXT_MAX};
	struct hf_policy_file *file;
	enum hf_policy_form form;
	int status;
	bool ok;

	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0) || !read_form(cli, form_text, &form))
		return HF_EXIT_USAGE;
	if (!hf_policy_cli_load(cli, policy, &file, &status))
		return status;
	ok = hf_policy_write(hf_policy_file_policy(file), hf_policy_file_head(file), form, &out);
	hf_policy_file_free(file);
	return print_buf(cli, ok, &out);
}

const struct hf_command hf_commands_policy[] = {
        {"policy", "decide", "decide requests by a policy file, without a node",
         "hufu policy decide --policy FILE --requests FILE.jsonl\n"
         "  --policy FILE    the policy, in YAML or JSON lines (docs/policy.md)\n"
         "  --requests FILE  one request in a line; - for standard input\n"
         "prints one JSON decision in a line, in the order of the requests; a line that is no request is denied as "
         "malformed\n"
         "exit status: 0 every request was decided, permitted or not; 1 the policy is refused, or a line is no "
         "request; 2 usage\n"
         "example: hufu policy decide --policy roads.yaml --requests requests.jsonl",
         hf_policy_cli_decide},
        {"policy", "explain", "why a policy file permits or denies requests, and what would permit",
         "hufu policy explain --policy FILE --requests FILE.jsonl [--limit N]\n"
         "  --limit N        rules held against a request, at most (128 when absent)\n"
         "prints the decision, then the rules that came nearest with the conditions that failed; with --json one "
         "object in a line\n"
         "exit status: as `hufu policy decide`\n"
         "example: hufu policy explain --policy roads.yaml --requests requests.jsonl",
         hf_policy_cli_explain},
        {"policy", "lint", "find duplicate, shadowed, contradictory, never-matching and over-broad rules",
         "hufu policy lint --policy FILE [--now T] [--steps N]\n"
         "  --now T          leave out what is over at T, and report rules whose period has ended\n"
         "  --steps N        how far to search whether a rule is shadowed (4000 when absent)\n"
         "exit status: 0 no error was found (there may be warnings); 1 there are errors, or the policy is refused; 2 "
         "usage\n"
         "example: hufu policy lint --policy roads.yaml --now 2026-11-22",
         hf_policy_cli_lint},
        {"policy", "what-if", "who gains or loses access by a change, before it is made",
         "hufu policy what-if --policy FILE --new FILE [--now T] [--limit N] [--refuse-gains]\n"
         "                    [--requests FILE.jsonl]\n"
         "                    [--question FILE.json --askers FILE.jsonl --resources FILE.jsonl]\n"
         "  --policy FILE    the policy as it is\n"
         "  --new FILE       the policy as it would be\n"
         "  --now T          only requests from T on\n"
         "  --limit N        changes shown of each kind (1000 when absent)\n"
         "  --refuse-gains   exit with 1 when anybody gains access\n"
         "  --requests FILE  also put these requests to both\n"
         "  --question, --askers, --resources   also put the question to both for every asker and every resource "
         "known\n"
         "exit status: 0 compared; 1 a policy is refused, or somebody gains and --refuse-gains is given; 2 usage\n"
         "example: hufu policy what-if --policy roads.yaml --new roads-next.yaml --now 2026-11-22",
         hf_policy_cli_what_if},
        {"policy", "search", "which resources may X read, who may read R",
         "hufu policy search --policy FILE --question FILE.json --entities FILE.jsonl [--limit N] [--token TOKEN]\n"
         "  --question FILE  a request that leaves out what the entities bring\n"
         "  --entities FILE  what there is: one a line, in the form of a request, with an id and without a time\n"
         "  --limit N        results of a page (100 when absent)\n"
         "  --token TOKEN    the next page; it is bound to policy, question and entities\n"
         "exit status: 0 searched; 1 refused; 2 usage\n"
         "example: hufu policy search --policy roads.yaml --question who.json --entities resources.jsonl --limit 20",
         hf_policy_cli_search},
        {"policy", "schema", "the attributes of a policy file, or the standard ones",
         "hufu policy schema [--policy FILE] [--form yaml|lines] [--words]\n"
         "  --words          the types, operators, mechanisms, states and obligations that there are\n"
         "example: hufu policy schema --words",
         schema},
        {"policy", "convert", "write a policy file as YAML or as JSON lines",
         "hufu policy convert --policy FILE [--form yaml|lines]\n"
         "example: hufu policy convert --policy roads.yaml --form lines",
         convert},
        {NULL, NULL, NULL, NULL, NULL},
};
