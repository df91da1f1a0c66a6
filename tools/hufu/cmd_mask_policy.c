/* cmd_mask_policy.c - hufu release controls, rules, operation, needs, need: what is set for masking, and what follows
 * from it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli.h"

#define TEXT_MAX ((size_t)256 << 10)

static int set(struct hf_cli *cli, const char *route, const char *path, const char *said)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct hf_fault f = {.code = HF_OK};
	enum hf_err e = hf_file_read(path, TEXT_MAX, &text);
	json_t *in;

	if (e != HF_OK)
		return hf_cli_fault(cli, hf_file_fault(&f, e, path, TEXT_MAX), &f);
	if (text.len == 0)
		return hf_cli_fail(cli, "%s is empty; the command's --help says what stands in it", path);
	in = json_pack("{s:o}", "text", json_stringn((const char *)text.data, text.len));
	if (!in)
		return hf_cli_fail(cli, "%s is not UTF-8; correct the file", path);
	return hf_cli_do(cli, "POST", route, in, said, "version");
}

static int show(struct hf_cli *cli, const char *route, const char *version)
{
	static const struct hf_column columns[] = {{"version", "version", 0}, {"set by", "set_by", 0},
	                                           {"set", "set", 0},         {"review", "review", 0},
	                                           {"SHA-256", "digest", 0},  {NULL, NULL, 0}};
	json_t *out = NULL, *in = json_object();
	int status;

	hf_cli_put(in, "version", version);
	status = hf_cli_call(cli, "GET", route, in, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_details(cli, out, columns);
	if (status == HF_EXIT_DONE && !cli->json) {
		char *text = json_dumps(json_object_get(out, "text"), JSON_INDENT(1));

		printf("\n%s\n", text ? text : "");
		free(text);
	}
	json_decref(out);
	return status;
}

/* "set FILE" or "show [--version N]". */
static int policy(struct hf_cli *cli, int argc, char **argv, const char *route, const char *said)
{
	const char *pos[2], *version = NULL;
	const struct hf_opt opts[] = {{"version", &version, NULL, NULL}, {NULL, NULL, NULL, NULL}};

	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 2))
		return HF_EXIT_USAGE;
	if (strcmp(pos[0], "set") == 0 && pos[1] && !version)
		return set(cli, route, pos[1], said);
	if (strcmp(pos[0], "show") == 0 && !pos[1])
		return show(cli, route, version);
	return hf_cli_misuse(cli, "say `set FILE`, or `show`");
}

static int controls(struct hf_cli *cli, int argc, char **argv)
{
	return policy(cli, argc, argv, "/v1/mask/controls", "the controls are set, version %s");
}

static int rules(struct hf_cli *cli, int argc, char **argv)
{
	return policy(cli, argc, argv, "/v1/mask/rules",
	              "the rule base is set, version %s; scan sources again to look for it");
}

static int operation(struct hf_cli *cli, int argc, char **argv)
{
	return policy(cli, argc, argv, "/v1/mask/operation", "the operation rules are set, version %s");
}

static int needs(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column columns[] = {
	        {"NEED", "need", 0},       {"SOURCE", "source", 0}, {"FIELDS", "fields", 40},
	        {"STAGE", "stage", 0},     {"ROLE", "role", 30},    {"PERMISSION", "permission", 30},
	        {"MASKING", "masking", 0}, {"MODE", "mode", 0},     {NULL, NULL, 0}};
	json_t *out = NULL;
	bool make = false;
	const struct hf_opt opts[] = {{"make", NULL, &make, NULL}, {NULL, NULL, NULL, NULL}};
	int status;

	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	status = hf_cli_call(cli, make ? "POST" : "GET", "/v1/mask/needs", make ? json_object() : NULL, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "needs", columns, "no needs; `hufu release needs --make` lists them anew");
	json_decref(out);
	return status;
}

static int need(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *mode = NULL;
	const struct hf_opt opts[] = {{"mode", &mode, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *in;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!mode)
		return hf_cli_misuse(cli, "--mode static|dynamic is missing");
	in = hf_cli_with("need", pos[0]);
	hf_cli_put(in, "mode", mode);
	return hf_cli_do(cli, "POST", "/v1/mask/needs/decide", in, "need %s is decided", "need");
}

/* Beside the file first, so that a broken download leaves nothing that looks like a report. */
static int take_out(struct hf_cli *cli, const char *path)
{
	char part[4200];
	int status;

	if (access(path, F_OK) == 0)
		return hf_cli_fail(cli, "%s is there already; reports are never replaced, name another file", path);
	if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part))
		return hf_cli_fail(cli, "the path of the file is too long; give a shorter one");
	status = hf_cli_download(cli, "GET", "/v1/mask/report/file", json_object(), part);
	if (status == HF_EXIT_DONE && link(part, path) != 0)
		status = hf_cli_fail(cli, "%s cannot be written; name a new file in a folder that you may write", path);
	unlink(part);
	return status;
}

static int report(struct hf_cli *cli, int argc, char **argv)
{
	char long_form[] = "--output";
	const char *output = NULL;
	const struct hf_opt opts[] = {{"output", &output, NULL, NULL}, {NULL, NULL, NULL, NULL}};

	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "-o") == 0)
			argv[i] = long_form;
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	if (output)
		return take_out(cli, output);
	return hf_cli_do(cli, "POST", "/v1/mask/report", json_object(),
	                 "execution report %s is being made; the administrators get a notice", "report");
}

const struct hf_command hf_commands_mask_policy[] = {
        {"release", "controls", "which control belongs to each class and level of data",
         "hufu release controls set FILE\n"
         "       hufu release controls show [--version N]\n"
         "\n"
         "  FILE  JSON: {\"controls\": 1, \"review\": \"2027-06-01\", \"levels\": [{\"class\": \"personal\", "
         "\"level\": 3,\n"
         "        \"control\": \"mask\"}, ...]} with each class (general, personal, important, core) and level (1 to "
         "4);\n"
         "        controls: publish, approve (only by agreement), mask (only under a plan), never\n"
         "\n"
         "Set by the security-administrator. Until one is set, general data may be published, all other only by "
         "agreement.\n"
         "\n"
         "example:\n  hufu release controls set controls.json\n",
         controls},
        {"release", "rules", "the organization's own detectors",
         "hufu release rules set FILE\n"
         "       hufu release rules show [--version N]\n"
         "\n"
         "  FILE  JSON, as `hufu mask identify --detectors` takes it\n"
         "\nSet by the security-administrator; versions stay.\n\nexample:\n  hufu release rules set detectors.json\n",
         rules},
        {"release", "operation", "the operation rules of masking: its workflow and its tools",
         "hufu release operation set FILE\n"
         "       hufu release operation show [--version N]\n"
         "\n"
         "  FILE  JSON: {\"operation\": 1, \"review\": \"2027-06-01\", \"rules\": [{\"of\": \"identify\", "
         "\"rule\": \"...\"}, ...]}\n"
         "        with a rule of each step (identify, need, technique, plan, execute, evaluate, audit) and of "
         "\"tool\"\n"
         "\n"
         "Set by the security-administrator; versions stay. `hufu doctor` warns when the review is overdue.\n"
         "\nexample:\n  hufu release operation set operation.json\n",
         operation},
        {"release", "needs", "who comes near sensitive data at which stage, and what must be masked",
         "hufu release needs [--make]\n"
         "\n"
         "  --make  list them anew, from sources, roles and grants; what was decided stays\n"
         "\nexample:\n  hufu release needs --make\n",
         needs},
        {"release", "need", "decide whether a need is met by static or dynamic masking",
         "hufu release need NEED --mode static|dynamic\n\nexample:\n  hufu release need need-0f3a9c1b22de --mode "
         "dynamic\n",
         need},
        {"release", "report", "the execution report of masking",
         "hufu release report [-o FILE]\n"
         "\n"
         "Without -o the masking-operator has one made of what was done since the last; each week the node does so by\n"
         "itself. Security and audit administrators get a notice.\n"
         "\n"
         "  -o FILE  take the newest one out into a new file (security-administrator; audit administrators: `hufu "
         "audit\n"
         "           export`)\n"
         "\nexample:\n  hufu release report -o masking-48.txt\n",
         report},
        {NULL, NULL, NULL, NULL, NULL},
};
