/*
 * cmd_source.c - hufu source: the data sources of a node.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "crypto/crypto.h"
#include "source_fields.h"
#include "source_relations.h"

static const struct hf_column list_columns[] = {
        {"NAME", "name", 0},  {"KIND", "kind", 0},   {"ENABLED", "enabled", 0},        {"FIELDS", "field_count", 0},
        {"ROWS", "rows", 0},  {"BYTES", "bytes", 0}, {"DEPARTMENT", "department", 20}, {"SCANNED", "scanned", 0},
        {"PATH", "path", 50}, {NULL, NULL, 0},
};

static const struct hf_column run_columns[] = {
        {"BEING READ", "source", 0}, {"FOR A", "what", 0},  {"STATE", "state", 0}, {"ROWS", "rows", 0},
        {"BYTES", "bytes", 0},       {"SINCE", "since", 0}, {NULL, NULL, 0},
};

static const struct hf_column detail_columns[] = {
        {"name", "name", 0},
        {"kind", "kind", 0},
        {"path", "path", 0},
        {"table", "table", 0},
        {"department", "department", 0},
        {"enabled", "enabled", 0},
        {"rows", "rows", 0},
        {"the whole", "whole", 0},
        {"bytes", "bytes", 0},
        {"bytes a second", "bytes_per_second", 0},
        {"rows a second", "rows_per_second", 0},
        {"scanned", "scanned", 0},
        {"registered", "registered", 0},
        {"registered by", "registered_by", 0},
        {NULL, NULL, 0},
};

static const struct hf_column field_columns[] = {
        {"FIELD", "name", 40},        {"TYPE", "type", 0}, {"NULLS", "nulls", 0},
        {"DIFFERENT", "distinct", 0}, {NULL, NULL, 0},
};

/* The node resolves no relative path: it runs somewhere else. */
static bool put_path(struct hf_cli *cli, json_t *in, const char *path)
{
	char cwd[PATH_MAX], full[2 * PATH_MAX];

	if (!path || path[0] == '/' || strstr(path, "://")) {
		hf_cli_put(in, "path", path);
		return true;
	}
	if (!getcwd(cwd, sizeof(cwd))) {
		hf_cli_fail(cli, "the current folder has no name; give an absolute path");
		return false;
	}
	snprintf(full, sizeof(full), "%s/%s", cwd, path);
	hf_cli_put(in, "path", full);
	return true;
}

static int show_source(struct hf_cli *cli, const char *method, const char *route, json_t *in)
{
	json_t *out = NULL;
	int status = hf_cli_call(cli, method, route, in, &out);

	if (status != HF_EXIT_DONE)
		return status;
	hf_cli_details(cli, out, detail_columns);
	if (!cli->json) {
		json_int_t open = json_integer_value(json_object_get(out, "unconfirmed"));
		const char *name = json_string_value(json_object_get(out, "name"));

		hf_cli_table(cli, out, "fields", field_columns, "no fields");
		if (open > 0)
			printf("\nnobody has said yet what %lld of the fields hold; `hufu source fields %s` shows what "
			       "was "
			       "found\n",
			       (long long)open, name);
		if (json_is_false(json_object_get(out, "whole")))
			printf("\nonly these rows were read; `hufu source scan %s` reads the whole\n", name);
	}
	json_decref(out);
	return status;
}

/* Of a database; asked for on the terminal when wanted and no file is named. */
static bool put_password(struct hf_cli *cli, json_t *in, const char *file, bool wanted)
{
	char password[256];
	bool ok;

	if (!file && !wanted)
		return true;
	ok = hf_cli_secret(cli, file, "Password of the database's role", password, sizeof(password));
	if (ok)
		hf_cli_put(in, "password", password);
	hf_wipe(password, sizeof(password));
	return ok;
}

static int add(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[2], *kind = NULL, *department = NULL, *derived = NULL, *rows = NULL, *table = NULL,
	                    *password = NULL, *comments = NULL, *bytes = NULL, *per_second = NULL, *look = NULL,
	                    *query = NULL, *parameters = NULL;
	const struct hf_opt opts[] = {
	        {"kind", &kind, NULL, NULL},
	        {"department", &department, NULL, NULL},
	        {"derived", &derived, NULL, NULL},
	        {"rows", &rows, NULL, NULL},
	        {"look", &look, NULL, NULL},
	        {"table", &table, NULL, NULL},
	        {"query", &query, NULL, NULL},
	        {"parameters", &parameters, NULL, NULL},
	        {"password-file", &password, NULL, NULL},
	        {"comments", &comments, NULL, NULL},
	        {"bytes-per-second", &bytes, NULL, NULL},
	        {"rows-per-second", &per_second, NULL, NULL},
	        {NULL, NULL, NULL, NULL},
	};
	json_t *in;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 2, 2))
		return HF_EXIT_USAGE;
	in = json_object();
	hf_cli_put(in, "table", table);
	hf_cli_put(in, "query", query);
	hf_cli_put(in, "parameters", parameters);
	if (!hf_source_cli_comments(cli, in, pos[0], comments)) {
		json_decref(in);
		return HF_EXIT_REFUSED;
	}
	hf_cli_put(in, "derivation", derived);
	hf_cli_put(in, "rows", rows);
	hf_cli_put(in, "look", look);
	hf_cli_put(in, "bytes_per_second", bytes);
	hf_cli_put(in, "rows_per_second", per_second);
	hf_cli_put(in, "name", pos[0]);
	hf_cli_put(in, "kind", kind);
	hf_cli_put(in, "department", department);
	if (!put_path(cli, in, pos[1]) || !put_password(cli, in, password, kind && strcmp(kind, "postgresql") == 0)) {
		json_decref(in);
		return HF_EXIT_REFUSED;
	}
	return show_source(cli, "POST", "/v1/sources/add", in);
}

static int update(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *path = NULL, *department = NULL, *table = NULL, *password = NULL, *comments = NULL,
	                    *bytes = NULL, *per_second = NULL, *rows = NULL, *query = NULL, *parameters = NULL;
	const struct hf_opt opts[] = {
	        {"path", &path, NULL, NULL},
	        {"department", &department, NULL, NULL},
	        {"table", &table, NULL, NULL},
	        {"query", &query, NULL, NULL},
	        {"parameters", &parameters, NULL, NULL},
	        {"password-file", &password, NULL, NULL},
	        {"comments", &comments, NULL, NULL},
	        {"bytes-per-second", &bytes, NULL, NULL},
	        {"rows-per-second", &per_second, NULL, NULL},
	        {"rows", &rows, NULL, NULL},
	        {NULL, NULL, NULL, NULL},
	};
	json_t *in;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	in = json_object();
	hf_cli_put(in, "name", pos[0]);
	hf_cli_put(in, "department", department);
	hf_cli_put(in, "table", table);
	hf_cli_put(in, "query", query);
	hf_cli_put(in, "parameters", parameters);
	hf_cli_put(in, "bytes_per_second", bytes);
	hf_cli_put(in, "rows_per_second", per_second);
	hf_cli_put(in, "rows", rows);
	if (!hf_source_cli_comments(cli, in, pos[0], comments) || !put_path(cli, in, path) ||
	    !put_password(cli, in, password, false)) {
		json_decref(in);
		return HF_EXIT_REFUSED;
	}
	return show_source(cli, "POST", "/v1/sources/update", in);
}

/* Commands with the name alone. */
static json_t *named(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];
	json_t *in;

	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return NULL;
	in = json_object();
	hf_cli_put(in, "name", pos[0]);
	return in;
}

static int show(struct hf_cli *cli, int argc, char **argv)
{
	json_t *in = named(cli, argc, argv);

	return in ? show_source(cli, "GET", "/v1/sources/show", in) : HF_EXIT_USAGE;
}

static int scan(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *rows = NULL, *look = NULL, *comments = NULL;
	const struct hf_opt opts[] = {{"rows", &rows, NULL, NULL},
	                              {"look", &look, NULL, NULL},
	                              {"comments", &comments, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	json_t *in;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	in = json_object();
	hf_cli_put(in, "name", pos[0]);
	hf_cli_put(in, "rows", rows);
	hf_cli_put(in, "look", look);
	if (!hf_source_cli_comments(cli, in, pos[0], comments)) {
		json_decref(in);
		return HF_EXIT_REFUSED;
	}
	return show_source(cli, "POST", "/v1/sources/scan", in);
}

static int test(struct hf_cli *cli, int argc, char **argv)
{
	json_t *in = named(cli, argc, argv);

	return in ? hf_cli_do(cli, "POST", "/v1/sources/test", in, "source %s can be read and is what was scanned",
	                      "name")
	          : HF_EXIT_USAGE;
}

static int enable(struct hf_cli *cli, int argc, char **argv)
{
	json_t *in = named(cli, argc, argv);

	return in ? hf_cli_do(cli, "POST", "/v1/sources/enable", in, "source %s is enabled", "name") : HF_EXIT_USAGE;
}

static int disable(struct hf_cli *cli, int argc, char **argv)
{
	json_t *in = named(cli, argc, argv);

	return in ? hf_cli_do(cli, "POST", "/v1/sources/disable", in,
	                      "source %s is disabled; nothing is read from it any more", "name")
	          : HF_EXIT_USAGE;
}

static int cancel(struct hf_cli *cli, int argc, char **argv)
{
	json_t *in = named(cli, argc, argv);

	return in ? hf_cli_do(cli, "POST", "/v1/sources/cancel", in, "what was being read of %s is ended", "name")
	          : HF_EXIT_USAGE;
}

static int remove_source(struct hf_cli *cli, int argc, char **argv)
{
	json_t *in = named(cli, argc, argv);

	return in ? hf_cli_do(cli, "POST", "/v1/sources/remove", in,
	                      "source %s is removed; its file or table is untouched", "name")
	          : HF_EXIT_USAGE;
}

static int list(struct hf_cli *cli, int argc, char **argv)
{
	json_t *out = NULL;
	int status;

	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	status = hf_cli_call(cli, "GET", "/v1/sources", NULL, &out);
	if (status != HF_EXIT_DONE)
		return status;
	hf_cli_table(cli, out, "sources", list_columns, "no sources; `hufu source add NAME FILE` registers one");
	if (!cli->json && json_array_size(json_object_get(out, "running")) > 0) {
		printf("\n");
		hf_cli_table(cli, out, "running", run_columns, "");
	}
	json_decref(out);
	return status;
}

const struct hf_command hf_commands_source[] = {
        {"source", "add", "register a data source and scan it",
         "hufu source add NAME FILE [--kind csv|jsonl|sqlite|stream] [--table NAME] [--department NAME] [--derived ID] "
         "[--rows N]\n"
         "hufu source add NAME URI --kind postgresql --table SCHEMA.TABLE [--password-file FILE] [--department NAME] "
         "[--rows N]\n"
         "                [--look N] [--comments FILE] [--bytes-per-second N] [--rows-per-second N]\n"
         "\n"
         "  NAME               a name for the source, of a-z, 0-9, '.', '-'\n"
         "  FILE               a file readable for the node's user, outside the node's folder; CSV and JSON lines "
         "may\n"
         "                     be packed with zstd\n"
         "  --kind csv         RFC 4180 with a header line (unless said otherwise)\n"
         "  --kind jsonl       JSON lines, one object a line; its members become the fields, and what is delivered is "
         "CSV\n"
         "  --kind stream      a file of JSON lines that grows at its end, each line a message; what comes is followed "
         "with\n"
         "                     `hufu subscribe`\n"
         "  --kind sqlite      an SQLite database, of which --table says the table\n"
         "  URI                postgresql://USER@HOST[:PORT]/DATABASE, with ?sslrootcert=FILE (the authority of the "
         "server's\n"
         "                     certificate) unless HOST is this machine; the table is read once, now, into a sealed "
         "copy\n"
         "  --table            the table (at a URI: or view); there its fields are the columns that USER may read, and "
         "USER\n"
         "                     may do nothing else\n"
         "  --query SQL        instead of --table: one SELECT, whose result is the table (over SQLite without "
         "functions)\n"
         "  --parameters A,B   columns of the query's result that each delivery binds with --rows \"A = VALUE\"\n"
         "  --password-file F  the first line is USER's password; asked for on the terminal otherwise\n"
         "  --department NAME  the department that answers for the data\n"
         "  --derived ID       the file is what `hufu derive` recorded under this id; the terms of what it was made "
         "of\n"
         "                     must allow passing it on, and who gets it is told to its sources\n"
         "  --rows N           no more than N rows are read: a first look, which tells the fields and what they may "
         "hold;\n"
         "                     `hufu source scan NAME` reads the whole, without which nothing is published or "
         "delivered\n"
         "  --look N           rows of the whole in which sensitive fields are looked for (10000); no value is kept\n"
         "  --bytes-per-second N, --rows-per-second N\n"
         "                     every scan reads no more of it in a second, so that those who work with the data do not "
         "wait\n"
         "  --comments FILE    what the fields are, as evidence: the department's data dictionary as CSV with the "
         "columns\n"
         "                     field,comment, a row without a field for the table itself, and perhaps a column table\n"
         "                     (rows of other sources are passed over); or JSON as `hufu mask identify --about` takes "
         "it\n"
         "\n"
         "example:\n"
         "  hufu source add flights /srv/data/flights.csv --department roads\n"
         "  hufu source add passages /srv/data/passages.jsonl --kind jsonl\n"
         "  hufu source add gantries /srv/data/roads.db --kind sqlite --table gantries\n"
         "  hufu source add tolls 'postgresql://reader@db.example/tolls?sslrootcert=/etc/ssl/db.pem' --kind "
         "postgresql \\\n"
         "      --table public.passages --password-file reader.password --rows 1000 --bytes-per-second 1000000\n",
         add},
        {"source", "list", "registered sources, and what is being read",
         "hufu source list\n\nTwo sources are read at a time; further scans wait for their turn.\n\nexample:\n  hufu "
         "source "
         "list --json\n",
         list},
        {"source", "show", "one source with its fields",
         "hufu source show NAME\n\nexample:\n  hufu source show flights\n", show},
        {"source", "test", "can it be read, and is it still what was scanned",
         "hufu source test NAME\n\nOf a database: is the copy that was scanned there, and does the database still let "
         "the node read?\n\nexample:\n  hufu source test flights\n",
         test},
        {"source", "scan", "scan a source again",
         "hufu source scan NAME [--rows N] [--look N] [--comments FILE]\n\n--rows and --look as for `hufu source "
         "add`. What people said of the fields stays, and so do "
         "comments when "
         "none are given; `hufu source fields NAME` shows "
         "them.\n"
         "\nexample:\n  hufu source scan flights\n",
         scan},
        {"source", "update", "change path or department, and scan again",
         "hufu source update NAME [--path FILE|URI] [--department NAME] [--table SCHEMA.TABLE] [--password-file "
         "FILE] [--comments FILE]\n"
         "                   [--rows N] [--bytes-per-second N] [--rows-per-second N]\n"
         "\nA password is good for the URI that it was given with: another URI needs it again.\n"
         "\nexamples:\n  hufu source update flights --path /srv/data/flights-2026.csv\n"
         "  hufu source update tolls --password-file reader.password\n",
         update},
        {"source", "fields", "what the fields of a source hold, found and confirmed",
         "hufu source fields NAME\n\nNo value is shown.\n\nexample:\n  hufu source fields flights\n",
         hf_source_cli_fields},
        {"source", "places", "where each kind of sensitive data is, across all sources",
         "hufu source places\n\nFields of one kind must be masked alike where they are joined.\n\nexample:\n  hufu "
         "source "
         "places\n",
         hf_source_cli_places},
        {"source", "classify", "say what the fields of a source hold",
         "hufu source classify NAME [--field FIELD=KIND|FIELD=none|FIELD]... [--all]\n"
         "\n"
         "  --field FIELD=KIND  it holds this kind (`hufu mask detectors`); none: nothing sensitive; without a kind: "
         "what "
         "was\n"
         "                      found is right\n"
         "  --all               what was found is right of all fields that nobody has judged yet\n"
         "\nAn entry is published only when each field of its source is confirmed (role data-authority or\n"
         "security-administrator).\n"
         "\nexample:\n  hufu source classify tolls --field lane=none --field owner=cn.name --all\n",
         hf_source_cli_classify},
        {"source", "relations", "which fields of the sources belong together",
         "hufu source relations list [SOURCE]\n"
         "hufu source relations find [SOURCE]... [--rows N]\n"
         "hufu source relations confirm|drop \"SENTENCE\"... [--all]\n"
         "hufu source relations add key|foreign-key|parent-child|same-kind SOURCE.FIELD [SOURCE.FIELD]\n"
         "hufu source relations import FILE\n"
         "\n"
         "  find     compares a sample of each source (all of them, N rows, 10000) and proposes; no value is kept\n"
         "  confirm  what a sentence of the list says is right; --all: so are all proposals\n"
         "  drop     it is not, and is not proposed again\n"
         "  import   FILE.csv with the columns kind,from,to, or the FILE.json of `hufu mask identify --inventory`\n"
         "\nFields that are confirmed to belong together are masked alike, in one plan and in two whose results can "
         "be\n"
         "joined. Saying so takes the role data-authority or security-administrator.\n"
         "\nexample:\n  hufu source relations find tolls owners\n"
         "  hufu source relations confirm \"tolls.plate refers to owners.plate\"\n",
         hf_source_cli_relations},
        {"source", "inventory", "what is sensitive in the sources and what belongs together, as one file",
         "hufu source inventory [SOURCE]...\n\nAs `hufu mask plan --propose` takes it.\n"
         "\nexample:\n  hufu source inventory tolls owners > map.json\n",
         hf_source_cli_inventory},
        {"source", "enable", "allow reading again",
         "hufu source enable NAME\n\nexample:\n  hufu source enable flights\n", enable},
        {"source", "disable", "stop all reading from a source",
         "hufu source disable NAME\n\nexample:\n  hufu source disable flights\n", disable},
        {"source", "cancel", "end the scan or test of a source that is under way",
         "hufu source cancel NAME\n\nNothing of it is kept; what was known of the source before stays as it is. `hufu "
         "source "
         "disable` and `remove` do so, too.\n\nexample:\n  hufu source cancel tolls\n",
         cancel},
        {"source", "remove", "take a source off the register",
         "hufu source remove NAME\n\nThe file stays. Entries that are published from it must be withdrawn "
         "first.\n\nexample:\n"
         "  hufu source remove flights\n",
         remove_source},
        {NULL, NULL, NULL, NULL, NULL},
};
