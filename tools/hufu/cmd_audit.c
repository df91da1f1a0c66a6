/*
 * cmd_audit.c - hufu audit: reports from the ledger, which are made by the node with a progress bar here, kept there,
 * and taken out to a file.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define POLL_MS 50u
#define VALUES 8u /* of the filter */

static const struct hf_column report_columns[] = {
        {"REPORT", "report", 0}, {"STATE", "state", 0},    {"FORMAT", "format", 0},
        {"MADE", "made", 20},    {"BY", "account", 16},    {"ENTRIES", "entries", 0},
        {"BYTES", "bytes", 0},   {"FILTER", "filter", 48}, {"KEPT UNTIL", "kept_until", 20},
        {NULL, NULL, 0},
};

static const struct hf_column detail_columns[] = {
        {"report", "report", 0},
        {"state", "state", 0},
        {"filter", "filter", 0},
        {"format", "format", 0},
        {"made", "made", 0},
        {"kept until", "kept_until", 0},
        {"entries listed", "entries", 0},
        {"ledger size", "size", 0},
        {"root", "root", 0},
        {"witnessed", "witnessed", 0},
        {"bytes", "bytes", 0},
        {"SHA-256", "digest", 0},
        {"file", "file", 0},
        {NULL, NULL, 0},
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static int failed(struct hf_cli *cli, const json_t *view)
{
	struct hf_fault f;
	hf_fault_set(&f, hf_err_from_reason(text_of(view, "reason")), "audit report %s came to nothing: %s",
	             text_of(view, "report"), text_of(view, "text"));
	return hf_cli_fault(cli, f.code, &f);
}

/* Follows the report until it is ready; an interrupt ends it at the node. */
static int follow(struct hf_cli *cli, const char *id, json_t **ret_view)
{
	struct hf_progress p;
	int status;
	bool told = false;
	signal(SIGINT, on_interrupt);
	hf_progress_start(&p, cli, "reading the ledger");
	for (;;) {
		json_t *view = NULL;
		if (interrupted && !told) {
			told = true;
			hf_cli_call(cli, "POST", "/v1/audit/cancel", hf_cli_with("report", id), NULL);
		}
		status = hf_cli_call(cli, "GET", "/v1/audit/progress", hf_cli_with("report", id), &view);
		if (status != HF_EXIT_DONE)
			break;
		if (strcmp(text_of(view, "state"), "running") != 0) {
			*ret_view = view;
			break;
		}
		hf_progress_update(&p, (uint64_t)json_integer_value(json_object_get(view, "done")),
		                   (uint64_t)json_integer_value(json_object_get(view, "total")));
		json_decref(view);
		hf_cli_pause(POLL_MS);
	}
	hf_progress_end(&p);
	signal(SIGINT, SIG_DFL);
	return status;
}

/* Beside the file first, so that a broken download leaves nothing that looks like a report. */
static int take_out(struct hf_cli *cli, const char *id, const char *path)
{
	char part[4200];
	if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part))
		return hf_cli_fail(cli, "the path of the file is too long; give a shorter one");
	int status = hf_cli_download(cli, "GET", "/v1/audit/file", hf_cli_with("report", id), part);
	if (status == HF_EXIT_DONE && link(part, path) != 0)
		status = hf_cli_fail(cli, "%s cannot be written; name a new file in a folder that you may write", path);
	unlink(part);
	return status;
}

static bool is_new(struct hf_cli *cli, const char *path)
{
	if (access(path, F_OK) != 0)
		return true;
	hf_cli_fail(cli, "%s is there already; audit reports are never replaced, name another file", path);
	return false;
}

static int finish(struct hf_cli *cli, json_t *view, const char *path)
{
	int status = strcmp(text_of(view, "state"), "ready") == 0 ? HF_EXIT_DONE : failed(cli, view);
	if (status == HF_EXIT_DONE && path)
		status = take_out(cli, text_of(view, "report"), path);
	if (status == HF_EXIT_DONE) {
		hf_cli_put(view, "file", path);
		hf_cli_details(cli, view, detail_columns);
	}
	json_decref(view);
	return status;
}

static void short_option(int argc, char **argv, char *long_form)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "-o") == 0)
			argv[i] = long_form;
}

static int report(struct hf_cli *cli, int argc, char **argv)
{
	const char *value[VALUES] = {NULL}, *output = NULL;
	static const char *const names[VALUES] = {"subject", "object", "from",   "until",
	                                          "outcome", "event",  "format", "system"};
	bool masking = false;
	struct hf_opt opts[VALUES + 3] = {{"output", &output, NULL, NULL}, {"masking", NULL, &masking, NULL}};
	char long_form[] = "--output";
	json_t *in = NULL, *out = NULL, *view = NULL;
	for (size_t i = 0; i < VALUES; i++)
		opts[i + 2] = (struct hf_opt){names[i], &value[i], NULL, NULL};
	short_option(argc, argv, long_form);
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	if (output && !is_new(cli, output))
		return HF_EXIT_REFUSED;
	in = json_object();
	for (size_t i = 0; i < VALUES; i++)
		hf_cli_put(in, names[i], value[i]);
	json_object_set_new(in, "masking", json_boolean(masking));
	int status = hf_cli_call(cli, "POST", "/v1/audit/report", in, &out);
	if (status == HF_EXIT_DONE)
		status = follow(cli, text_of(out, "report"), &view);
	json_decref(out);
	return view ? finish(cli, view, output) : status;
}

static int list(struct hf_cli *cli, int argc, char **argv)
{
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/audit/reports", NULL, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "reports", report_columns, "no audit report has been made yet");
	json_decref(out);
	return status;
}

static int export(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *output = NULL;
	const struct hf_opt opts[] = {{"output", &output, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	char long_form[] = "--output";
	json_t *view = NULL;
	short_option(argc, argv, long_form);
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!output)
		return hf_cli_misuse(cli, "-o FILE is missing: the file that the report goes to");
	if (!is_new(cli, output))
		return HF_EXIT_REFUSED;
	int status = hf_cli_call(cli, "GET", "/v1/audit/progress", hf_cli_with("report", pos[0]), &view);
	return status == HF_EXIT_DONE ? finish(cli, view, output) : status;
}

static int on_one(struct hf_cli *cli, int argc, char **argv, const char *path, const char *said)
{
	const char *pos[1];
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return HF_EXIT_USAGE;
	return hf_cli_do(cli, "POST", path, hf_cli_with("report", pos[0]), said, NULL);
}

static int cancel(struct hf_cli *cli, int argc, char **argv)
{
	return on_one(cli, argc, argv, "/v1/audit/cancel", "the report is given up");
}

static int delete (struct hf_cli *cli, int argc, char **argv)
{
	return on_one(cli, argc, argv, "/v1/audit/delete", "the report is deleted; its entries stay in the ledger");
}

const struct hf_command hf_commands_audit[] = {
        {"audit", "report", "make an audit report of this node's ledger",
         "hufu audit report [--subject ACCOUNT|NODE] [--object TEXT|ID] [--from T] [--until T]\n"
         "                         [--outcome ok|refused|failed|raised] [--event NAME] [--format text|csv|html]\n"
         "                         [--system NAME] [--masking] [-o FILE]\n"
         "  --subject WHO   who did it: an account, NODE/ACCOUNT, or a node\n"
         "  --object WHAT   part of the object's name, or a transaction, grant or application\n"
         "  --from T        from this time on (UTC), for example 2026-11-01 or 2026-11-01T08:00:00Z\n"
         "  --until T       before this time\n"
         "  --outcome O     ok, refused, failed, or raised (alarms)\n"
         "  --event NAME    one type of event, for example login\n"
         "  --system NAME   entries that name this business system\n"
         "  --masking       what masking leaves: classification, policy, plans, steps, releases, reversals\n"
         "  --format F      text when absent\n"
         "  -o FILE         take it out into a new file (permission audit-export); kept at the node in any case\n"
         "example: hufu audit report --subject chen --from 2026-11-01 --format html -o november.html",
         report},
        {"audit", "list", "the audit reports that are kept, and those being made",
         "hufu audit list\nexample: hufu audit list", list},
        {"audit", "export", "take a kept audit report out into a file",
         "hufu audit export REPORT -o FILE\nexample: hufu audit export 0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10 -o "
         "november.html",
         export},
        {"audit", "cancel", "give up an audit report that is being made",
         "hufu audit cancel REPORT\nexample: hufu audit cancel 0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10", cancel},
        {"audit", "delete", "delete an audit report that is past its period",
         "hufu audit delete REPORT\nexample: hufu audit delete 0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10", delete},
        {NULL, NULL, NULL, NULL, NULL},
};
