/* cmd_data.c - hufu data: data that the node keeps sealed, read through its gate, listed, destroyed (DS-85). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define EXAMPLE_ID "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"

static const struct hf_column held_columns[] = {
        {"TRANSFER", "transfer", 0}, {"STATE", "state", 0}, {"PROVIDER", "provider", 24}, {"LEVEL", "level", 0},
        {"BYTES", "bytes", 0},       {"ROWS", "rows", 0},   {"READS", "reads", 0},        {"UNTIL", "until", 20},
        {"DELETE", "delete", 20},    {NULL, NULL, 0},
};

static const struct hf_column destruction_columns[] = {
        {"OBJECT", "object", 0},
        {"KIND", "kind", 0},
        {"ROLE", "role", 0},
        {"STATE", "state", 0},
        {"OUTCOME", "outcome", 0},
        {"ASKED BY", "asked_by", 20},
        {"ANSWERED BY", "answered_by", 20},
        {"POLICY", "policy", 32},
        {"DESTROYED", "destroyed", 20},
        {NULL, NULL, 0},
};

static const struct hf_column read_columns[] = {
        {"READ", "read", 0},      {"TRANSFER", "transfer", 0}, {"BY", "by", 32},       {"OUTCOME", "outcome", 0},
        {"ROWS", "rows", 0},      {"BYTES", "bytes", 0},       {"BEGUN", "begun", 20}, {"ENDED", "ended", 20},
        {"REASON", "reason", 24}, {"VIEW", "view", 24},        {NULL, NULL, 0},
};

/* ---- reading ---- */

/* Made here or, for "-", standard output. A file is new: nothing is written over. */
static FILE *open_out(struct hf_cli *cli, const char *path)
{
	if (!path || strcmp(path, "-") == 0)
		return stdout;
	FILE *f = fopen(path, "wxe");
	if (!f)
		hf_cli_fail(cli, "%s cannot be made; name a new file in a folder that may be written", path);
	return f;
}

static int close_out(struct hf_cli *cli, FILE *out, const char *path, int status)
{
	bool ok = out == stdout ? fflush(out) == 0 : fclose(out) == 0;
	if (!ok && status == HF_EXIT_DONE)
		status = hf_cli_fail(cli, "%s could not be written to its end; make room there",
		                     path ? path : "standard output");
	if (status != HF_EXIT_DONE && out != stdout)
		unlink(path); /* a part is no table */
	return status;
}

static int read_pieces(struct hf_cli *cli, const char *id, FILE *out, json_t **ret_end)
{
	int status = HF_EXIT_DONE;
	while (status == HF_EXIT_DONE && !*ret_end)
		status = hf_cli_piece(cli, "/v1/data/next", hf_cli_with("read", id), out, ret_end);
	return status;
}

static void say_end(struct hf_cli *cli, const char *path, const char *id, json_t *end)
{
	if (!path || strcmp(path, "-") == 0)
		return; /* the table alone is what comes out */
	json_object_set_new(end, "read", json_string(id));
	json_object_set_new(end, "output", json_string(path));
	if (cli->json)
		hf_cli_json(end);
	else
		printf("%s: %lld bytes, %lld rows\n", path,
		       (long long)json_integer_value(json_object_get(end, "bytes")),
		       (long long)json_integer_value(json_object_get(end, "rows")));
}

static int read_data(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *purpose = NULL, *path = NULL;
	struct hf_list fields = {.count = 0};
	bool stale = false;
	const struct hf_opt opts[] = {{"purpose", &purpose, NULL, NULL},
	                              {"field", NULL, NULL, &fields},
	                              {"out", &path, NULL, NULL},
	                              {"stale", NULL, &stale, NULL},
	                              {NULL, NULL, NULL, NULL}};
	json_t *opened = NULL, *end = NULL;
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!purpose)
		return hf_cli_misuse(cli, "--purpose is missing: what the data is read for");
	FILE *out = open_out(cli, path);
	if (!out)
		return HF_EXIT_REFUSED;
	json_t *in = hf_cli_with("transfer", pos[0]);
	hf_cli_put(in, "purpose", purpose);
	hf_cli_put_list(in, "fields", &fields);
	if (stale)
		json_object_set_new(in, "stale", json_true());
	int status = hf_cli_call(cli, "POST", "/v1/data/read", in, &opened);
	const char *id = json_string_value(json_object_get(opened, "read"));
	if (status == HF_EXIT_DONE)
		status = read_pieces(cli, id, out, &end);
	status = close_out(cli, out, path, status);
	if (status == HF_EXIT_DONE)
		say_end(cli, path, id, end);
	json_decref(opened);
	json_decref(end);
	return status;
}

/* ---- looking after it ---- */

static int show_list(struct hf_cli *cli, json_t *in, const char *route, const char *rows,
                     const struct hf_column *columns, const char *none)
{
	json_t *out = NULL;
	int status = hf_cli_call(cli, "GET", route, in, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, rows, columns, none);
	json_decref(out);
	return status;
}

static int list(struct hf_cli *cli, int argc, char **argv)
{
	const char *limit = NULL;
	const struct hf_opt opts[] = {{"limit", &limit, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "limit", limit);
	return show_list(cli, in, "/v1/data", "data", held_columns,
	                 "nothing is kept sealed; `hufu fetch --sealed` keeps what it fetches so");
}

static int reads(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1] = {NULL}, *limit = NULL;
	const struct hf_opt opts[] = {{"limit", &limit, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 0, 1))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "transfer", pos[0]);
	hf_cli_put(in, "limit", limit);
	return show_list(cli, in, "/v1/data/reads", "reads", read_columns, "no sealed data was read");
}

static int destroy(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!reason)
		return hf_cli_misuse(cli, "--reason is missing: why the data is destroyed");
	json_t *in = hf_cli_with("transfer", pos[0]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/data/destroy", in,
	                 "asked: the data of transfer %s is destroyed when another person approves it", "transfer");
}

static int approve_destruction(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];
	const struct hf_opt opts[] = {{NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	return hf_cli_do(cli, "POST", "/v1/data/destruction/approve", hf_cli_with("transfer", pos[0]),
	                 "approved: the data of transfer %s is destroyed", "transfer");
}

static int refuse_destruction(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!reason)
		return hf_cli_misuse(cli, "--reason is missing: why the data stays");
	json_t *in = hf_cli_with("transfer", pos[0]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/data/destruction/refuse", in, "refused: the data of transfer %s stays",
	                 "transfer");
}

static int destructions(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1] = {NULL}, *limit = NULL;
	const struct hf_opt opts[] = {{"limit", &limit, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 0, 1))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "transfer", pos[0]);
	hf_cli_put(in, "limit", limit);
	return show_list(cli, in, "/v1/data/destructions", "destructions", destruction_columns,
	                 "no delivered data was destroyed or is to be");
}

static const struct hf_column update_columns[] = {
        {"ENTRY", "entry", 0},   {"PROVIDER", "provider", 24}, {"HERE", "old_version", 0},
        {"NOW", "version", 0},   {"ROWS", "rows", 0},          {"BYTES", "bytes", 0},
        {"COPIES", "copies", 0}, {"TOLD", "told", 20},         {"CHANGES", "changes", 40},
        {NULL, NULL, 0},
};

static int updates(struct hf_cli *cli, int argc, char **argv)
{
	const char *limit = NULL;
	const struct hf_opt opts[] = {{"limit", &limit, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "limit", limit);
	return show_list(cli, in, "/v1/updates", "updates", update_columns,
	                 "no provider has offered other data since it was delivered");
}

const struct hf_command hf_commands_data[] = {
        {"data", "read", "read data that the node keeps sealed",
         "hufu data read TRANSFER --purpose CODE [--field NAME]... [--stale] [--out FILE|-]\n"
         "\n"
         "  the node asks its own decision point: authorization in force, purpose, system and department, and of\n"
         "  sensitive data the second authorization; each read is a use, recorded here and at the provider\n"
         "  --field NAME   only this field; may be given again; all that were delivered when left out\n"
         "  --stale        also when the provider offers newer data, which is refused otherwise; that is recorded\n"
         "  --out FILE     a new file; what stands in it is no longer behind the gate. - or left out: standard output\n"
         "\n"
         "example:\n"
         "  hufu data read " EXAMPLE_ID " --purpose claims-check --field flight --field delay_minutes | wc -l\n",
         read_data},
        {"data", "list", "what the node keeps sealed, newest first",
         "hufu data list [--limit N]\n"
         "\n"
         "  held: can be read; stopped: by its provider, until it says otherwise; revoked, expired: the authorization\n"
         "  has ended, nothing opens it; stale: its provider offers newer data; destroyed: the key is gone\n"
         "\n"
         "example:\n  hufu data list --json\n",
         list},
        {"data", "updates", "versions with other data than was delivered here, newest first",
         "hufu data updates [--limit N]\n"
         "\n"
         "  changes: + a new field, - one that is gone, ~ one of another type. Sealed data of an older version is not\n"
         "  read any more, unless with --stale\n"
         "\n"
         "example:\n  hufu data updates --json\n",
         updates},
        {"data", "reads", "who read sealed data: here, and at consumers as they report it",
         "hufu data reads [TRANSFER] [--limit N]\n\nexample:\n  hufu data reads " EXAMPLE_ID "\n", reads},
        {"data", "destroy", "ask for the destruction of what was delivered",
         "hufu data destroy TRANSFER --reason TEXT\n"
         "\n"
         "  as a data-authority; nothing happens before another person approves it. Of sealed data the key is\n"
         "  overwritten: copies and backups of the sealed file cannot be opened either afterwards. A file is written\n"
         "  over and removed when it still holds what was delivered. The node then searches for what might be left,\n"
         "  and sends its signed record to the provider\n"
         "\n"
         "example:\n  hufu data destroy " EXAMPLE_ID " --reason \"the assessment is finished\"\n",
         destroy},
        {"data", "approve-destruction", "approve a destruction that another person asked for",
         "hufu data approve-destruction TRANSFER\n"
         "\n"
         "  as a destruction-approver; what is destroyed cannot be had back\n"
         "\n"
         "example:\n  hufu data approve-destruction " EXAMPLE_ID "\n",
         approve_destruction},
        {"data", "refuse-destruction", "refuse a destruction that another person asked for",
         "hufu data refuse-destruction TRANSFER --reason TEXT\n"
         "\n"
         "example:\n  hufu data refuse-destruction " EXAMPLE_ID " --reason \"needed for the audit\"\n",
         refuse_destruction},
        {"data", "destructions", "destructions here, and those that consumers have recorded",
         "hufu data destructions [TRANSFER] [--limit N]\n"
         "\n"
         "  the object is the transfer, or of a table that was made of one an id of its own; the other commands take\n"
         "  either. asked: waits for the approval; approved: under way; open: a person must see to it; done: "
         "recorded,\n"
         "  and the provider was told. --json shows manner and verification\n"
         "\n"
         "example:\n  hufu data destructions --json\n",
         destructions},
        {NULL, NULL, NULL, NULL, NULL},
};
