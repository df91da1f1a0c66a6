/*
 * cmd_ledger.c - hufu ledger: the newest entries, the story of a transaction, evidence files, proofs, exported folders,
 * the full check.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "crypto/base64.h"

#define DESCRIPTORS_MAX ((size_t)256 << 20)
#define PAGE 200u

static const struct hf_column state_columns[] = {
        {"entries", "durable", 0},
        {"signed up to", "signed", 0},
        {"witnessed up to", "witnessed", 0},
        {"mirrored up to", "mirrored", 0},
        {"root", "root", 0},
        {"witnesses", "witnesses", 0},
        {"quorum", "quorum", 0},
        {"halted", "halted", 0},
        {"read-only", "read_only", 0},
        {"held by peers", "peers_hold", 0},
        {NULL, NULL, 0},
};

static const struct hf_column entry_columns[] = {
        {"TIME", "time", 0},   {"LEDGER", "ledger", 20}, {"INDEX", "index", 0},     {"EVENT", "event", 24},
        {"WHO", "actor", 28},  {"WHAT", "object", 52},   {"OUTCOME", "outcome", 8}, {"REASON", "reason", 18},
        {"PROOF", "proof", 0}, {NULL, NULL, 0},
};

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static int state(struct hf_cli *cli, int argc, char **argv)
{
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/ledger/state", NULL, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_details(cli, out, state_columns);
	json_decref(out);
	return status;
}

static int tail(struct hf_cli *cli, int argc, char **argv)
{
	const char *count = NULL;
	const struct hf_opt opts[] = {{"count", &count, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *in = NULL, *out = NULL;
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	in = json_object();
	hf_cli_put(in, "count", count);
	int status = hf_cli_call(cli, "GET", "/v1/ledger/tail", in, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "entries", entry_columns, "the ledger has no entries yet");
	json_decref(out);
	return status;
}

static void print_coverage(const json_t *out)
{
	const json_t *notes = json_object_get(out, "coverage"), *note;
	size_t i;
	json_array_foreach(notes, i, note) printf("%s%s\n", i ? "" : "\nnot covered:\n", json_string_value(note));
	if (json_array_size(notes) == 0)
		printf("\ncomplete: every party's ledger is covered up to a witnessed checkpoint\n");
}

/* Sentences that came with an earlier page already are not said again. */
static void add_coverage(json_t *all, const json_t *page)
{
	const json_t *note, *known;
	size_t i, k;
	json_array_foreach(json_object_get(page, "coverage"), i, note)
	{
		bool said = false;
		json_array_foreach(all, k, known) said = said || json_equal(known, note);
		if (!said)
			json_array_append(all, (json_t *)note);
	}
}

struct wanted {
	const char *resource, *from, *until, *after;
	uint32_t limit;
};

/* Page by page, so that neither side holds more than is asked for. */
static int read_uses(struct hf_cli *cli, struct wanted *w, json_t *all)
{
	struct hf_progress bar = {0};
	json_t *entries = json_object_get(all, "entries"), *next = NULL;
	int status = HF_EXIT_DONE;
	hf_progress_start(&bar, cli, "reading the ledgers");
	do {
		json_t *in = json_object(), *out = NULL;
		uint32_t left = w->limit - (uint32_t)json_array_size(entries);
		hf_cli_put(in, "resource", w->resource);
		hf_cli_put(in, "from", w->from);
		hf_cli_put(in, "until", w->until);
		hf_cli_put(in, "after", next ? json_string_value(next) : w->after);
		json_object_set_new(in, "limit", json_integer(left < PAGE ? left : PAGE));
		status = hf_cli_call(cli, "GET", "/v1/ledger/trace", in, &out);
		json_decref(next);
		next = NULL;
		if (status == HF_EXIT_DONE) {
			json_array_extend(entries, json_object_get(out, "entries"));
			add_coverage(json_object_get(all, "coverage"), out);
			next = json_incref(json_object_get(out, "next"));
			hf_progress_update(&bar, json_array_size(entries), 0);
		}
		json_decref(out);
	} while (next && json_array_size(entries) < w->limit);
	hf_progress_end(&bar);
	if (next)
		json_object_set_new(all, "next", next);
	return status;
}

static int trace_uses(struct hf_cli *cli, struct wanted *w)
{
	json_t *all = json_pack("{s:[], s:[]}", "entries", "coverage");
	int status = read_uses(cli, w, all);
	if (status == HF_EXIT_DONE) {
		hf_cli_table(cli, all, "entries", entry_columns, "nothing that could be verified");
		if (!cli->json)
			print_coverage(all);
		if (!cli->json && json_object_get(all, "next"))
			printf("\nthere is more; go on with --after %s\n", text_of(all, "next"));
	}
	json_decref(all);
	return status;
}

/* DS-20. */
static int supervise(struct hf_cli *cli, int argc, char **argv)
{
	const char *level = NULL, *from = NULL, *until = NULL, *limit = NULL;
	const struct hf_opt opts[] = {{"level", &level, NULL, NULL},
	                              {"from", &from, NULL, NULL},
	                              {"until", &until, NULL, NULL},
	                              {"limit", &limit, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	json_t *in, *out = NULL, *o;
	size_t i;
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	in = json_object();
	hf_cli_put(in, "level", level);
	hf_cli_put(in, "from", from);
	hf_cli_put(in, "until", until);
	hf_cli_put(in, "limit", limit);
	int status = hf_cli_call(cli, "GET", "/v1/ledger/supervision", in, &out);
	if (status == HF_EXIT_DONE && cli->json)
		hf_cli_json(out);
	if (status == HF_EXIT_DONE && !cli->json && json_array_size(json_object_get(out, "resources")) == 0)
		printf("this node holds no entry of that level\n");
	json_array_foreach(json_object_get(out, "resources"), i, o)
	{
		if (cli->json)
			break;
		printf("%s%s  %s of %s, %s\n", i ? "\n" : "", text_of(o, "entry"), text_of(o, "title"),
		       text_of(o, "publisher"), text_of(o, "level_name"));
		hf_cli_table(cli, o, "operations", entry_columns, "no operation on it");
		if (json_is_true(json_object_get(o, "more")))
			printf("there is more; `hufu ledger trace --resource %s` shows all of it\n",
			       text_of(o, "entry"));
	}
	json_decref(out);
	return status;
}

static int trace(struct hf_cli *cli, int argc, char **argv)
{
	struct wanted w = {.limit = 1000};
	const char *pos[1], *limit = NULL;
	const struct hf_opt opts[] = {{"resource", &w.resource, NULL, NULL}, {"from", &w.from, NULL, NULL},
	                              {"until", &w.until, NULL, NULL},       {"after", &w.after, NULL, NULL},
	                              {"limit", &limit, NULL, NULL},         {NULL, NULL, NULL, NULL}};
	json_t *in, *out = NULL;
	if (!hf_cli_args(cli, argc, argv, opts, pos, 0, 1) || !hf_cli_number(cli, "limit", limit, 100000, &w.limit))
		return HF_EXIT_USAGE;
	if (!pos[0] == !w.resource)
		return hf_cli_misuse(cli, "name either a TRANSACTION or, with --resource, a catalog entry");
	if (w.resource)
		return trace_uses(cli, &w);
	if (w.from || w.until || w.after || limit)
		return hf_cli_misuse(cli, "--from, --until, --after and --limit go with --resource");
	in = json_object();
	hf_cli_put(in, "transaction", pos[0]);
	int status = hf_cli_call(cli, "GET", "/v1/ledger/trace", in, &out);
	if (status == HF_EXIT_DONE) {
		hf_cli_table(cli, out, "entries", entry_columns, "nothing that could be verified");
		if (!cli->json)
			print_coverage(out);
	}
	json_decref(out);
	return status;
}

/* A file that the node handed over is written with the rights of whoever asks for it. Malloc'd bytes, or NULL. */
static uint8_t *bytes_of(const json_t *out, const char *key, size_t *ret_len)
{
	const char *text = text_of(out, key);
	size_t text_len = strlen(text);
	uint8_t *bytes = malloc(text_len / 4 * 3 + 1);
	if (bytes && hf_base64_decode(text, text_len, bytes, ret_len))
		return bytes;
	free(bytes);
	return NULL;
}

static int save(struct hf_cli *cli, const json_t *out, const char *key, const char *path)
{
	size_t len = 0;
	uint8_t *bytes = bytes_of(out, key, &len);
	enum hf_err e = HF_E_FORMAT;
	if (bytes)
		e = access(path, F_OK) == 0 ? HF_E_EXISTS : hf_file_write(path, bytes, len, 0600);
	free(bytes);
	if (e == HF_E_EXISTS)
		return hf_cli_fail(cli, "%s is there already; evidence files are never replaced, name another one",
		                   path);
	if (e != HF_OK)
		return hf_cli_fail(cli, "%s cannot be written: %s", path, hf_err_text(e));
	if (cli->json) {
		json_t *said = json_pack("{s:s, s:I}", "file", path, "bytes", (json_int_t)len);
		hf_cli_json(said);
		json_decref(said);
	} else {
		printf("%s: %zu bytes; anyone can check it with `hufu-verify %s %s --root-key KEY`\n", path, len, key,
		       path);
	}
	return HF_EXIT_DONE;
}

/* "-o" is short for "--output". */
static void long_output(int argc, char **argv, char *long_form)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "-o") == 0)
			argv[i] = long_form;
}

static int prove(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *output = NULL, *negotiation = NULL;
	const struct hf_opt opts[] = {
	        {"output", &output, NULL, NULL}, {"negotiation", &negotiation, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	char path[PATH_MAX], long_form[] = "--output";
	json_t *in, *out = NULL;
	long_output(argc, argv, long_form);
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!output)
		return hf_cli_misuse(cli, "-o FILE is missing: the file that the evidence goes to");
	if (!hf_cli_absolute(cli, output, path))
		return HF_EXIT_REFUSED;
	in = json_object();
	hf_cli_put(in, "transaction", pos[0]);
	hf_cli_put(in, "negotiation", negotiation);
	int status = hf_cli_call(cli, "POST", "/v1/ledger/prove", in, &out);
	if (status == HF_EXIT_DONE)
		status = save(cli, out, "tally", path);
	json_decref(out);
	return status;
}

/* The descriptors lie beside the proofs of a folder, once: a longer chain takes the place of a shorter one. */
static int save_descriptors(struct hf_cli *cli, const json_t *out, const char *proof)
{
	char path[PATH_MAX + 32];
	struct hf_buf had = HF_BUF_INIT;
	size_t len = 0;
	uint8_t *bytes = bytes_of(out, "descriptors", &len);
	int dir = (int)(strrchr(proof, '/') + 1 - proof);
	snprintf(path, sizeof(path), "%.*sdescriptors.dsse", dir, proof);
	hf_buf_init(&had, DESCRIPTORS_MAX);
	enum hf_err e = bytes ? hf_file_read(path, DESCRIPTORS_MAX, &had) : HF_E_FORMAT;
	if (e == HF_OK && memcmp(had.data, bytes, had.len < len ? had.len : len) != 0)
		e = HF_E_CONFLICT;
	else if (e == HF_E_UNKNOWN || (e == HF_OK && had.len < len))
		e = hf_file_write(path, bytes, len, 0600);
	hf_buf_done(&had);
	free(bytes);
	if (e == HF_E_CONFLICT)
		return hf_cli_fail(cli, "%s is of another space; name a file in another folder", path);
	return e == HF_OK ? HF_EXIT_DONE : hf_cli_fail(cli, "%s cannot be written: %s", path, hf_err_text(e));
}

static int proof(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *output = NULL, *ledger = NULL, *show = NULL;
	const struct hf_opt opts[] = {{"output", &output, NULL, NULL},
	                              {"ledger", &ledger, NULL, NULL},
	                              {"show", &show, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	char path[PATH_MAX], long_form[] = "--output";
	json_t *in, *out = NULL;
	long_output(argc, argv, long_form);
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!output)
		return hf_cli_misuse(cli, "-o FILE is missing: the file that the proof goes to");
	if (!hf_cli_absolute(cli, output, path))
		return HF_EXIT_REFUSED;
	in = json_object();
	hf_cli_put(in, "index", pos[0]);
	hf_cli_put(in, "ledger", ledger);
	hf_cli_put(in, "show", show);
	int status = hf_cli_call(cli, "POST", "/v1/ledger/proof", in, &out);
	if (status == HF_EXIT_DONE)
		status = save_descriptors(cli, out, path);
	if (status == HF_EXIT_DONE)
		status = save(cli, out, "proof", path);
	json_decref(out);
	return status;
}

static const struct hf_column evidence_columns[] = {
        {"LEDGER", "ledger", 20},     {"SIZE", "first_size", 0}, {"OTHER SIZE", "second_size", 0}, {"SEEN", "seen", 0},
        {"FOUND BY", "found_by", 20}, {"TOLD", "told", 0},       {"FROZEN", "frozen", 0},          {NULL, NULL, 0},
};

/* The only log that there is evidence about, when none was named. */
static const char *only_one(const json_t *out)
{
	const json_t *list = json_object_get(out, "logs");
	return json_array_size(list) == 1 ? text_of(json_array_get(list, 0), "ledger") : NULL;
}

static int evidence(struct hf_cli *cli, int argc, char **argv)
{
	const char *output = NULL, *ledger = NULL;
	const struct hf_opt opts[] = {
	        {"output", &output, NULL, NULL}, {"ledger", &ledger, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	char path[PATH_MAX], long_form[] = "--output";
	json_t *in, *out = NULL;
	long_output(argc, argv, long_form);
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/ledger/evidence", NULL, &out);
	if (status != HF_EXIT_DONE || !output) {
		if (status == HF_EXIT_DONE)
			hf_cli_table(cli, out, "logs", evidence_columns,
			             "no log is known to have signed two histories");
		json_decref(out);
		return status;
	}
	if (!ledger && !(ledger = only_one(out))) {
		json_decref(out);
		return hf_cli_fail(cli, "%s",
		                   "which ledger's evidence is to be written is not clear; name it with "
		                   "--ledger NODE, `hufu ledger evidence` lists them");
	}
	in = json_object();
	hf_cli_put(in, "ledger", ledger); /* a copy */
	json_decref(out);
	out = NULL;
	if (!hf_cli_absolute(cli, output, path)) {
		json_decref(in);
		return HF_EXIT_REFUSED;
	}
	status = hf_cli_call(cli, "GET", "/v1/ledger/evidence", in, &out);
	if (status == HF_EXIT_DONE)
		status = save(cli, out, "evidence", path);
	json_decref(out);
	return status;
}

static int export(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *ledger = NULL;
	const struct hf_opt opts[] = {{"ledger", &ledger, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	char path[PATH_MAX];
	json_t *in, *out = NULL;
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!hf_cli_absolute(cli, pos[0], path))
		return HF_EXIT_REFUSED;
	in = json_object();
	hf_cli_put(in, "folder", path);
	hf_cli_put(in, "ledger", ledger);
	int status = hf_cli_call(cli, "POST", "/v1/ledger/export", in, &out);
	if (status == HF_EXIT_DONE && cli->json)
		hf_cli_json(out);
	else if (status == HF_EXIT_DONE)
		printf("%s: %lld entries; anyone can check it with `hufu-verify ledger %s --root-key KEY`\n", path,
		       (long long)json_integer_value(json_object_get(out, "size")), path);
	json_decref(out);
	return status;
}

static int verify(struct hf_cli *cli, int argc, char **argv)
{
	const char *ledger = NULL;
	const struct hf_opt opts[] = {{"ledger", &ledger, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *in;
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	in = json_object();
	hf_cli_put(in, "ledger", ledger);
	return hf_cli_do(cli, "POST", "/v1/ledger/verify", in, "%s", "text");
}

static void print_recovered(const json_t *out)
{
	if (json_is_true(json_object_get(out, "waiting")))
		printf("asked for; within an hour another person with the right to manage the node confirms it with "
		       "the "
		       "same command\n");
	else
		printf("recovered to the %s checkpoint of %lld entries: %lld fetched from %s, the private fields of "
		       "%lld "
		       "of them came back and the others stay closed; %lld entries written since the loss follow "
		       "again\n",
		       json_is_true(json_object_get(out, "witnessed")) ? "witnessed" : "signed",
		       (long long)json_integer_value(json_object_get(out, "size")),
		       (long long)json_integer_value(json_object_get(out, "entries")), text_of(out, "mirror"),
		       (long long)json_integer_value(json_object_get(out, "opened")),
		       (long long)json_integer_value(json_object_get(out, "again")));
}

static int recover(struct hf_cli *cli, int argc, char **argv)
{
	bool override = false;
	const struct hf_opt opts[] = {{"override", NULL, &override, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *in, *out = NULL;
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	in = json_object();
	json_object_set_new(in, "override", json_boolean(override));
	int status = hf_cli_call(cli, "POST", "/v1/ledger/recover", in, &out);
	if (status == HF_EXIT_DONE && cli->json)
		hf_cli_json(out);
	else if (status == HF_EXIT_DONE)
		print_recovered(out);
	json_decref(out);
	return status;
}

const struct hf_command hf_commands_ledger[] = {
        {"ledger", "state", "how far this node's ledger is durable, signed, witnessed and mirrored",
         "hufu ledger state\nexample: hufu ledger state", state},
        {"ledger", "tail", "the newest entries of this node's ledger",
         "hufu ledger tail [--count N]\n  --count N   how many, 20 when absent\nexample: hufu ledger tail --count 50",
         tail},
        {"ledger", "trace", "the story of a transaction, from all ledgers held here",
         "hufu ledger trace TRANSACTION\n"
         "       hufu ledger trace --resource ENTRY [--from TIME] [--until TIME] [--limit N] [--after PLACE]\n"
         "  --resource ENTRY   every use of that catalog entry instead, across transactions, in order of time\n"
         "  --limit N          entries at most, 1000 when absent; what is left goes on with --after\n"
         "example: hufu ledger trace 0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10",
         trace},
        {"ledger", "supervise", "every operation on data of one level, entry by entry",
         "hufu ledger supervise [--level LEVEL] [--from TIME] [--until TIME] [--limit N]\n"
         "  --level LEVEL   core when absent\n"
         "  --limit N       operations shown of each entry, 100 when absent\n"
         "example: hufu ledger supervise --from 2026-11-01",
         supervise},
        {"ledger", "prove", "write the evidence file of a transaction",
         "hufu ledger prove TRANSACTION -o FILE [--negotiation ID]\n  -o FILE, --output FILE   a new file\n"
         "  --negotiation ID         transaction of the application, found by itself for transfers of this node\n"
         "example: hufu ledger prove 0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10 -o exchange.tally",
         prove},
        {"ledger", "proof", "write the proof that one entry stands in a ledger",
         "hufu ledger proof INDEX -o FILE [--ledger NODE] [--show FIELD,...|all]\n"
         "  INDEX                    of the entry, as `hufu ledger tail` and `trace` show it\n"
         "  -o FILE, --output FILE   a new file, NAME.tlog-proof; descriptors.dsse is put beside it\n"
         "  --ledger NODE            the mirrored ledger of that node instead of this node's own\n"
         "  --show FIELD,...         the private fields to show, or \"all\"; when absent event, transaction, ordinal, "
         "count, time,\n"
         "                           outcome and digest\n"
         "example: hufu ledger proof 4711 -o decision.tlog-proof --show event,object,outcome",
         proof},
        {"ledger", "evidence", "logs that signed two histories, and the proof of it as a file",
         "hufu ledger evidence [-o FILE [--ledger NODE]]\n  -o FILE, --output FILE   a new file that `hufu-verify "
         "evidence` checks\n  --ledger NODE            whose log, when there is evidence about several\n"
         "example: hufu ledger evidence -o health.evidence",
         evidence},
        {"ledger", "export", "write a ledger as a folder that anyone can check",
         "hufu ledger export DIR [--ledger NODE]\n  DIR             a new folder; the node writes it\n"
         "  --ledger NODE   the mirrored ledger of that node instead of this node's own\nexample: hufu ledger export "
         "/srv/audit/ledger",
         export},
        {"ledger", "recover", "bring lost entries of this node's ledger back from its mirrors",
         "hufu ledger recover [--override]\n  --override   give up what was signed here and is not what the "
         "witnesses know; two people must ask for it\n"
         "example: hufu ledger recover",
         recover},
        {"ledger", "verify", "check every entry of a ledger held here",
         "hufu ledger verify [--ledger NODE]\n  --ledger NODE   the mirrored ledger of that node instead of this "
         "node's own\n"
         "example: hufu ledger verify",
         verify},
        {NULL, NULL, NULL, NULL, NULL},
};
