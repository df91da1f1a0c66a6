/*
 * cmd_subscribe.c - hufu subscribe: follows a stream. The node brings its messages delivery by delivery into a folder
 * and knows how far they are; this command asks for the next ones, and writes each message beside its labels.
 */
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli.h"
#include "source/readers/csv.h"
#include "source/readers/jsonl.h"

#define POLL_MS 100u
#define PATH_BYTES (PATH_MAX + 300)
#define SEGMENT_MAX ((size_t)64 << 20)
#define LISTED_MAX "10000"

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

/* ---- a delivery's table, as messages with labels ---- */

struct messages {
	const json_t *labels; /* as `transfers show` has them: one for each column */
	json_t *by_field;
	char **names;
	size_t count;
	FILE *out;
	bool print; /* on standard output, too */
	bool good;
};

static json_t *labels_by_field(const json_t *labels)
{
	json_t *by_field = json_object(), *l;
	size_t i;

	json_array_foreach(labels, i, l)
	{
		json_t *copy = json_copy(l);

		json_object_del(copy, "field");
		json_object_set_new(by_field, text_of(l, "field"), copy);
	}
	return by_field;
}

/* As it was in the source, as far as the types say: a null, a number, true or false; else a text. */
static json_t *cell(const struct messages *m, size_t at, const struct hf_csv_field *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf value = HF_BUF_INIT;
	const char *type = text_of(json_array_get(m->labels, at), "type");
	json_t *v = NULL;

	if (f->len == 0)
		return json_null();
	if (!hf_csv_value(f, &value))
		return json_null();
	const struct hf_bytes text = {value.data, value.len};
	if ((strcmp(type, "integer") == 0 || strcmp(type, "number") == 0) && hf_jsonl_is(&text, HF_JSONL_NUMBER))
		v = json_loadb((const char *)value.data, value.len, JSON_DECODE_ANY, NULL);
	else if (strcmp(type, "boolean") == 0 && hf_jsonl_is(&text, HF_JSONL_BOOLEAN))
		v = json_boolean(value.len == 4);
	return v ? v : json_stringn(value.len ? (const char *)value.data : "", value.len);
}

static bool on_record(void *ctx, const struct hf_csv_record *rec)
{
	struct messages *m = ctx;
	json_t *message, *record;
	char *line;

	if (rec->number == 0) {
		m->names = hf_csv_names(rec);
		m->count = rec->field_count;
		return true;
	}
	record = json_object();
	for (size_t i = 0; i < rec->field_count && i < m->count; i++) {
		json_t *v = cell(m, i, &rec->fields[i]);

		if (!v)
			m->good = false;
		json_object_set_new(record, m->names[i], v ? v : json_null());
	}
	message = json_pack("{s:o, s:O}", "record", record, "labels", m->by_field);
	line = json_dumps(message, JSON_COMPACT | JSON_PRESERVE_ORDER);
	m->good = m->good && line && fprintf(m->out, "%s\n", line) > 0;
	if (m->print && line)
		printf("%s\n", line);
	free(line);
	json_decref(message);
	return m->good;
}

static bool convert(struct messages *m, const char *path)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = HF_BUF_INIT;
	struct hf_csv *csv;
	bool good;

	if (hf_file_read(path, SEGMENT_MAX, &bytes) != HF_OK)
		return false;
	m->good = true;
	m->by_field = labels_by_field(m->labels);
	csv = hf_csv_new(on_record, m);
	hf_csv_allow(csv, HF_CSV_RECORD_MOST);
	good = hf_csv_feed(csv, bytes.data, bytes.len) == HF_CSV_GOOD && hf_csv_end(csv) == HF_CSV_GOOD && m->good;
	hf_csv_free(csv);
	json_decref(m->by_field);
	for (size_t i = 0; i < m->count; i++)
		free(m->names[i]);
	free(m->names);
	return good;
}

/* PATH.csv becomes PATH.jsonl, whole or not at all. */
static int keep(struct hf_cli *cli, const json_t *view, bool print)
{
	const char *path = text_of(view, "output");
	const int stem = (int)strlen(path) - 4;
	char out[PATH_BYTES], part[PATH_BYTES + 8];
	struct messages m = {.labels = json_object_get(view, "labels"), .print = print};
	bool good;

	if (stem <= 0 || strcmp(path + stem, ".csv") != 0 || snprintf(out, sizeof(out), "%.*s.jsonl", stem, path) < 0)
		return hf_cli_fail(cli, "%s is no delivery of a stream", path);
	snprintf(part, sizeof(part), "%s.part", out);
	m.out = fopen(part, "w");
	good = m.out && convert(&m, path);
	good = m.out && fflush(m.out) == 0 && fsync(fileno(m.out)) == 0 && good;
	if (m.out)
		good = fclose(m.out) == 0 && good;
	if (!good || rename(part, out) != 0) {
		(void)unlink(part);
		return hf_cli_fail(
		        cli, "the messages of %s cannot be written beside it; check the folder, and begin again", path);
	}
	fflush(stdout);
	return HF_EXIT_DONE;
}

/* ---- the folder as it was left ---- */

static json_t *transfer_of(const json_t *list, const char *path)
{
	json_t *t;
	size_t i;

	json_array_foreach(json_object_get(list, "transfers"), i,
	                   t) if (strcmp(text_of(t, "output"), path) == 0 &&
	                          strcmp(text_of(t, "state"), "COMPLETED") == 0) return t;
	return NULL;
}

static bool lacks_messages(const char *folder, const char *name, char path[PATH_BYTES])
{
	char messages[PATH_BYTES];
	size_t len = strlen(name);

	if (len != 24 || strcmp(name + 20, ".csv") != 0 || strspn(name, "0123456789") != 20)
		return false;
	snprintf(path, PATH_BYTES, "%s/%s", folder, name);
	snprintf(messages, PATH_BYTES, "%s/%.20s.jsonl", folder, name);
	return access(messages, F_OK) != 0;
}

static int show(struct hf_cli *cli, const char *id, json_t **ret_view)
{
	return hf_cli_call(cli, "GET", "/v1/transfers/show", hf_cli_with("transfer", id), ret_view);
}

static int keep_one(struct hf_cli *cli, const json_t *list, const char *path, bool print)
{
	json_t *view = NULL, *t = transfer_of(list, path);
	int status = t ? show(cli, text_of(t, "transfer"), &view) : HF_EXIT_DONE;

	if (view)
		status = keep(cli, view, print);
	json_decref(view);
	return status;
}

/* What came when nobody was here to write it: in order of its places. */
static int catch_up(struct hf_cli *cli, const char *folder, bool print)
{
	struct dirent **names = NULL;
	json_t *list = NULL;
	char path[PATH_BYTES];
	int n = scandir(folder, &names, NULL, alphasort), status = HF_EXIT_DONE;

	for (int i = 0; i < n; i++) {
		if (status == HF_EXIT_DONE && lacks_messages(folder, names[i]->d_name, path)) {
			if (!list)
				status = hf_cli_call(cli, "GET", "/v1/transfers", hf_cli_with("limit", LISTED_MAX),
				                     &list);
			if (status == HF_EXIT_DONE)
				status = keep_one(cli, list, path, print);
		}
		free(names[i]);
	}
	free(names);
	json_decref(list);
	return status;
}

/* ---- following ---- */

struct follow {
	struct hf_cli *cli;
	json_t *in;      /* what is asked for */
	uint32_t idle_s; /* 0: without end */
	bool print, over;
};

static int failed(struct follow *w, const json_t *view)
{
	struct hf_fault f;

	hf_fault_set(&f, hf_err_from_reason(text_of(view, "reason")), "the stream ended: %s", text_of(view, "text"));
	return hf_cli_fault(w->cli, f.code, &f);
}

/* A request is good for a day; what is quiet for longer is asked for anew. */
static bool waited_a_day(const json_t *view)
{
	return strcmp(text_of(view, "reason"), hf_err_reason(HF_E_STALE)) == 0;
}

static int wait_for(struct follow *w, const char *id)
{
	for (unsigned turn = 0;; turn++) {
		json_t *view = NULL;
		int status = show(w->cli, id, &view);
		const char *state = text_of(view, "state");

		if (status == HF_EXIT_DONE && strcmp(state, "COMPLETED") == 0)
			status = keep(w->cli, view, w->print);
		else if (status == HF_EXIT_DONE && strcmp(state, "TERMINATED") == 0)
			status = waited_a_day(view) ? HF_EXIT_DONE : failed(w, view);
		else if (status == HF_EXIT_DONE) {
			w->over = interrupted || (w->idle_s && strcmp(state, "REQUESTED") == 0 &&
			                          turn >= w->idle_s * (1000 / POLL_MS));
			state = w->over ? "over" : "on";
		}
		bool on = status == HF_EXIT_DONE && strcmp(state, "on") == 0;

		json_decref(view);
		if (!on)
			return status;
		hf_cli_pause(POLL_MS);
	}
}

static int follow(struct follow *w, const char *folder)
{
	const struct sigaction action = {.sa_handler = on_interrupt};
	int status;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	status = catch_up(w->cli, folder, w->print);
	while (status == HF_EXIT_DONE && !w->over) {
		json_t *out = NULL;

		status = hf_cli_call(w->cli, "POST", "/v1/transfers/subscribe", json_incref(w->in), &out);
		if (status == HF_EXIT_DONE)
			status = wait_for(w, text_of(out, "transfer"));
		json_decref(out);
	}
	return status;
}

static int subscribe(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *system_name = NULL, *folder = NULL, *purpose = NULL, *mechanism = NULL, *publisher = NULL,
	                    *idle = NULL;
	struct hf_list fields = {.count = 0};
	struct follow w = {.cli = cli};
	bool quiet = false;
	const struct hf_opt opts[] = {{"system", &system_name, NULL, NULL},
	                              {"folder", &folder, NULL, NULL},
	                              {"purpose", &purpose, NULL, NULL},
	                              {"mechanism", &mechanism, NULL, NULL},
	                              {"publisher", &publisher, NULL, NULL},
	                              {"until-idle", &idle, NULL, NULL},
	                              {"field", NULL, NULL, &fields},
	                              {"quiet", NULL, &quiet, NULL},
	                              {NULL, NULL, NULL, NULL}};
	char path[PATH_MAX];
	int status;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1) || !hf_cli_number(cli, "until-idle", idle, 86400, &w.idle_s))
		return HF_EXIT_USAGE;
	if (!system_name || !folder)
		return hf_cli_misuse(
		        cli, "name the business system with --system, and the folder for the messages with --folder");
	if (!hf_cli_absolute(cli, folder, path))
		return HF_EXIT_REFUSED;
	w.print = !quiet;
	w.in = json_object();
	hf_cli_put(w.in, "entry", pos[0]);
	hf_cli_put(w.in, "system", system_name);
	hf_cli_put(w.in, "purpose", purpose);
	hf_cli_put(w.in, "mechanism", mechanism);
	hf_cli_put(w.in, "publisher", publisher);
	hf_cli_put(w.in, "folder", path);
	hf_cli_put_list(w.in, "fields", &fields);
	status = follow(&w, path);
	json_decref(w.in);
	return status;
}

const struct hf_command hf_commands_subscribe[] = {
        {"subscribe", NULL, "follow a stream of messages under an agreement",
         "hufu subscribe ENTRY --system NAME --folder DIR [--field NAME]... [--purpose CODE] [--mechanism M]\n"
         "               [--publisher N] [--until-idle SECONDS] [--quiet]\n"
         "\n"
         "Prints each message as a line of JSON, {\"record\": {...}, \"labels\": {FIELD: {...}}}: what each field "
         "holds and\n"
         "how it was treated, as the provider signed it. Ends with an error when the right to it ends.\n"
         "\n"
         "  --folder DIR      where the node puts the deliveries, DIR/PLACE.csv, and this command their messages,\n"
         "                    DIR/PLACE.jsonl; PLACE are the bytes of the stream in front of them. A folder that was\n"
         "                    begun with goes on where it was left: nothing is missing and nothing is there twice\n"
         "  --until-idle N    end when nothing new has come for N seconds; without it, never\n"
         "  --quiet           into the folder only\n"
         "  --system, --field, --purpose, --mechanism, --publisher   as `hufu fetch`\n"
         "\n"
         "example:\n"
         "  hufu subscribe 0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10 --system claims --folder /srv/passages\n",
         subscribe},
        {NULL, NULL, NULL, NULL, NULL},
};
