/*
 * cmd_catalog.c - hufu catalog: publishing, scopes, searching, exporting.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "publish.h"

static const struct hf_column row_columns[] = {
        {"ENTRY", "entry", 0},  {"TITLE", "title", 40},        {"PUBLISHER", "publisher", 24},
        {"TOPIC", "topic", 20}, {"LEVEL", "level_name", 0},    {"SHARING", "sharing", 0},
        {"ROWS", "rows", 0},    {"SAMPLE OF", "sample.of", 0}, {NULL, NULL, 0},
};

static const struct hf_column detail_columns[] = {
        {"entry", "entry", 0},
        {"version", "version", 0},
        {"title", "title", 0},
        {"description", "description", 0},
        {"publisher", "publisher", 0},
        {"department", "department", 0},
        {"topic", "topic", 0},
        {"keywords", "keywords", 0},
        {"class", "class", 0},
        {"level", "level_name", 0},
        {"sensitive", "sensitive", 0},
        {"personal information", "personal", 0},
        {"legal basis", "legal_basis", 0},
        {"sharing", "sharing", 0},
        {"condition", "condition", 0},
        {"purposes accepted", "criteria.purposes", 0},
        {"longest period in days", "criteria.max_days", 0},
        {"intake", "intake", 0},
        {"provider decides", "provider_decides", 0},
        {"update cycle", "update_cycle", 0},
        {"valid from", "not_before", 0},
        {"valid until", "not_after", 0},
        {"rows", "rows", 0},
        {"bytes", "bytes", 0},
        {"withdrawn", "withdrawn", 0},
        {"sample of entry", "sample.of", 0},
        {"masked by task", "sample.task", 0},
        {"masked by plan", "sample.plan", 0},
        {"version of the plan", "sample.plan_version", 0},
        {"digest of the plan", "sample.plan_digest", 0},
        {"masked file", "sample.digest", 0},
        {"scope", "scope", 0},
        {"source", "source", 0},
        {"published for", "publication_purpose", 0},
        {"published by", "published_by", 0},
        {"by mandate", "mandate", 0},
        {"consent records", "consents", 0},
        {"digest", "digest", 0},
        {NULL, NULL, 0},
};

static const struct hf_column field_columns[] = {
        {"FIELD", "name", 32},
        {"TYPE", "type", 0},
        {"LEVEL", "level", 0},
        {"SENSITIVE", "sensitive", 0},
        {"PERSONAL", "personal", 0},
        {"DIFFERENT", "distinct", 0},
        {"DESCRIPTION", "description", 48},
        {NULL, NULL, 0},
};

static const struct hf_column condition_columns[] = {
        {"CONDITION", "name", 24}, {"ATTRIBUTE", "attribute", 24}, {"VALUE", "value", 24}, {"UNDERTAKING", "text", 64},
        {NULL, NULL, 0},
};

static const struct hf_column purpose_columns[] = {
        {"PURPOSE", "purpose", 32},
        {"NEEDS THE FIELDS", "fields", 80},
        {NULL, NULL, 0},
};

static const struct hf_column sample_columns[] = {
        {"SAMPLE", "entry", 0},
        {"VERSION", "version", 0},
        {"TITLE", "title", 40},
        {"ROWS", "rows", 0},
        {"MASKED BY TASK", "sample.task", 0},
        {"PLAN", "sample.plan", 32},
        {NULL, NULL, 0},
};

static int withdraw(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *in;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!reason)
		return hf_cli_misuse(cli, "--reason is missing: why the entry is withdrawn");
	in = json_object();
	hf_cli_put(in, "entry", pos[0]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/catalog/withdraw", in, "entry %s is withdrawn", "entry");
}

static int scope(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[2], *purpose = NULL;
	const struct hf_opt opts[] = {{"purpose", &purpose, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *in;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 2, 2))
		return HF_EXIT_USAGE;
	if (!purpose)
		return hf_cli_misuse(cli, "--purpose is missing: what the new scope is for");
	in = json_object();
	hf_cli_put(in, "entry", pos[0]);
	hf_cli_put(in, "scope", pos[1]);
	hf_cli_put(in, "purpose", purpose);
	return hf_cli_do(cli, "POST", "/v1/catalog/rescope", in, "the scope is now %s", "scope");
}

/* ---- finding ---- */

struct find_opts {
	const char *topic, *publisher, *data_class, *department, *level, *sharing, *limit, *after, *format, *output;
};

static bool read_find(struct hf_cli *cli, int argc, char **argv, struct find_opts *o, const char **pos, size_t pos_max)
{
	const struct hf_opt opts[] = {
	        {"topic", &o->topic, NULL, NULL},
	        {"publisher", &o->publisher, NULL, NULL},
	        {"class", &o->data_class, NULL, NULL},
	        {"department", &o->department, NULL, NULL},
	        {"level", &o->level, NULL, NULL},
	        {"sharing", &o->sharing, NULL, NULL},
	        {"limit", &o->limit, NULL, NULL},
	        {"after", &o->after, NULL, NULL},
	        {"format", &o->format, NULL, NULL},
	        {"output", &o->output, NULL, NULL},
	        {NULL, NULL, NULL, NULL},
	};

	return hf_cli_args(cli, argc, argv, opts, pos, 0, pos_max);
}

static json_t *find_query(const struct find_opts *o, const char *text)
{
	json_t *in = json_object();

	hf_cli_put(in, "text", text);
	hf_cli_put(in, "topic", o->topic);
	hf_cli_put(in, "publisher", o->publisher);
	hf_cli_put(in, "class", o->data_class);
	hf_cli_put(in, "department", o->department);
	hf_cli_put(in, "level", o->level);
	hf_cli_put(in, "sharing", o->sharing);
	hf_cli_put(in, "limit", o->limit);
	hf_cli_put(in, "after", o->after);
	return in;
}

static const char *next_of(const json_t *out)
{
	return json_string_value(json_object_get(out, "next"));
}

/* The last column is for pages on which something is a sample. */
static void row_table(struct hf_cli *cli, const json_t *out, const char *none)
{
	struct hf_column columns[sizeof(row_columns) / sizeof(row_columns[0])];
	bool samples = false;
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(out, "entries"), i, row) samples |= json_object_get(row, "sample") != NULL;
	memcpy(columns, row_columns, sizeof(row_columns));
	if (!samples)
		columns[sizeof(row_columns) / sizeof(row_columns[0]) - 2].title = NULL;
	hf_cli_table(cli, out, "entries", columns, none);
}

static int find(struct hf_cli *cli, const char *path, json_t *in, const char *none)
{
	json_t *out = NULL;
	int status = hf_cli_call(cli, "GET", path, in, &out);

	if (status != HF_EXIT_DONE)
		return status;
	row_table(cli, out, none);
	if (!cli->json && next_of(out))
		printf("more: add --after %s\n", next_of(out));
	json_decref(out);
	return status;
}

static int search(struct hf_cli *cli, int argc, char **argv)
{
	struct find_opts o = {0};
	const char *pos[1];

	if (!read_find(cli, argc, argv, &o, pos, 1))
		return HF_EXIT_USAGE;
	return find(cli, "/v1/catalog/search", find_query(&o, pos[0]), "nothing found");
}

static int list(struct hf_cli *cli, int argc, char **argv)
{
	const char *after = NULL, *limit = NULL;
	bool own = false;
	const struct hf_opt opts[] = {
	        {"own", NULL, &own, NULL},
	        {"after", &after, NULL, NULL},
	        {"limit", &limit, NULL, NULL},
	        {NULL, NULL, NULL, NULL},
	};
	json_t *in;

	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	in = json_object();
	hf_cli_put(in, "after", after);
	hf_cli_put(in, "limit", limit);
	if (own)
		json_object_set_new(in, "own", json_true());
	return find(cli, "/v1/catalog/list", in, "the catalog is empty");
}

static int show(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *publisher = NULL;
	const struct hf_opt opts[] = {{"publisher", &publisher, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *in, *out = NULL;
	int status;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	in = json_object();
	hf_cli_put(in, "entry", pos[0]);
	hf_cli_put(in, "publisher", publisher);
	status = hf_cli_call(cli, "GET", "/v1/catalog/show", in, &out);
	if (status != HF_EXIT_DONE)
		return status;
	hf_cli_details(cli, out, detail_columns);
	if (!cli->json && json_array_size(json_object_get(out, "fields")) > 0)
		hf_cli_table(cli, out, "fields", field_columns, "no fields");
	json_t *criteria = json_object_get(out, "criteria");
	if (!cli->json && json_array_size(json_object_get(criteria, "purpose_fields")) > 0)
		hf_cli_table(cli, criteria, "purpose_fields", purpose_columns, "");
	if (!cli->json && json_array_size(json_object_get(out, "conditions")) > 0)
		hf_cli_table(cli, out, "conditions", condition_columns, "");
	if (!cli->json && json_array_size(json_object_get(out, "samples")) > 0)
		hf_cli_table(cli, out, "samples", sample_columns, "");
	json_decref(out);
	return status;
}

/* ---- export: all pages as one document ---- */

static int gather(struct hf_cli *cli, struct find_opts *o, const char *text, json_t **ret_all)
{
	const char *rows = o->format && strcmp(o->format, "dcat") == 0 ? "dcat:dataset" : "entries";
	char after[160] = "";
	json_t *all = NULL;

	for (;;) {
		json_t *in = find_query(o, text), *page = NULL;
		int status;

		hf_cli_put(in, "format", o->format);
		hf_cli_put(in, "after", *after ? after : NULL);
		status = hf_cli_call(cli, "GET", "/v1/catalog/export", in, &page);
		if (status != HF_EXIT_DONE) {
			json_decref(all);
			return status;
		}
		snprintf(after, sizeof(after), "%s", next_of(page) ? next_of(page) : "");
		json_object_del(page, "next");
		if (all) {
			json_array_extend(json_object_get(all, rows), json_object_get(page, rows));
			json_decref(page);
		} else {
			all = page;
		}
		if (!*after)
			break;
	}
	*ret_all = all;
	return HF_EXIT_DONE;
}

static int export(struct hf_cli *cli, int argc, char **argv)
{
	struct find_opts o = {0};
	const char *pos[1];
	json_t *all = NULL;
	int status;

	if (!read_find(cli, argc, argv, &o, pos, 1))
		return HF_EXIT_USAGE;
	status = gather(cli, &o, pos[0], &all);
	if (status != HF_EXIT_DONE)
		return status;
	if (!o.output || strcmp(o.output, "-") == 0)
		hf_cli_json(all);
	else if (json_dump_file(all, o.output, JSON_INDENT(2)) != 0)
		status = hf_cli_fail(cli, "%s cannot be written; check the folder and its free space", o.output);
	json_decref(all);
	return status;
}

#define FIND_OPTIONS                                                                                                   \
	"  TEXT              words that must all be there (Chinese without spaces)\n"                                  \
	"  --topic TOPIC     --publisher NODE   --class CLASS   --department NAME\n"                                   \
	"  --level LEVEL     general, important or core\n"                                                             \
	"  --sharing TYPE    unconditional, conditional or not-shared\n"

const struct hf_command hf_commands_catalog[] = {
        {"catalog", "publish", "publish data, or the next version of an entry",
         "hufu catalog publish --source NAME --title TEXT --class CLASS --level LEVEL --sharing TYPE --scope SCOPE "
         "--purpose TEXT [...]\n"
         "hufu catalog publish --entry ENTRY --purpose TEXT [what changes ...]\n"
         "hufu catalog publish --json-file FILE [...]\n"
         "\n"
         "  --source NAME        the scanned source; fields, rows and bytes come from it\n"
         "  --class CLASS        for example transport/flight\n"
         "  --level LEVEL        1 general, 2 important, 3 core\n"
         "  --sharing TYPE       unconditional, conditional (with a condition, see below) or not-shared\n"
         "  --scope SCOPE        everyone | nodes:NODE,NODE/DEPARTMENT,... | organization:NAME\n"
         "  --purpose TEXT       what the publication is for; an approver has allowed it (`hufu mandate publish`)\n"
         "  --description TEXT   --topic TEXT   --keyword WORD ...   --department NAME   --update-cycle TEXT\n"
         "  --sensitive          two factors and a second review; core data always\n"
         "  --personal           personal information; needs --legal-basis TEXT, or consent records:\n"
         "  --consent ID ...     the use rests on them (`hufu consent list`)\n"
         "  --sensitive-field FIELD   --personal-field FIELD   --field-level FIELD=LEVEL   (each may be given again)\n"
         "  --intake NODE        the node that takes applications in; this one when left out\n"
         "  --intake-settles     the intake settles applications, without a provider's decision\n"
         "  --accept-purpose CODE ...  --accept-jurisdiction CODE ...  --accept-role ROLE ...\n"
         "  --max-days N   --max-fields N   --purpose-text       what the compliance review checks\n"
         "  --duty WORD          an obligation of every agreement about it: uses:N (at most N uses), report-use;\n"
         "                       mask:PLAN delivers it masked by that plan (`hufu release plan list`);\n"
         "                       rows:CONDITIONS delivers the rows that meet them (docs/policy.md, Rows);\n"
         "                       onward-derived lets its consumers offer to others what they derive of it; may be "
         "given again\n"
         "  --quality RULE       what every row keeps, by which a consumer's node judges a delivery and signs the "
         "verdict;\n"
         "                       not-empty FIELD, type FIELD TYPE, unique FIELD, distinct, key FIELD, check "
         "CONDITIONS\n"
         "                       (\"check delay >= -60 AND delay <= 1440\"); may be given again\n"
         "  --purpose-fields PURPOSE=FIELD,FIELD ...   what a purpose needs; it gets no other fields\n"
         "  --undertaking NAME=TEXT ...                a condition that applicants accept (`hufu apply --accept "
         "NAME`)\n"
         "  --require-attribute NAME=ATTRIBUTE=VALUE ...   a condition on the organization in the space descriptor\n"
         "  --sample-of ENTRY    it is the masked sample of that entry: the source must be what a masking task "
         "released of\n"
         "                       the entry's own source, unchanged (`hufu release run`)\n"
         "  --masking-task TASK  which one, when the result was registered again under another name\n"
         "  --from TIME   --until TIME                            validity of the entry\n"
         "  --record STATE       what the ledger's record of a grant or a transfer must have reached before data "
         "flows:\n"
         "                       durable (the default), witnessed by the quorum, mirrored by another node\n"
         "  --json-file FILE     the same as one JSON object; options go before it\n"
         "\n"
         "example:\n"
         "  hufu catalog publish --source flights --title \"Departures 2026\" --class transport/flight --level 1 \\\n"
         "    --sharing conditional --condition \"traffic planning\" --scope nodes:health,hub --purpose \"open data "
         "plan\"\n",
         hf_cli_publish},
        {"catalog", "withdraw", "end an entry for all who could see it",
         "hufu catalog withdraw ENTRY --reason TEXT\n\nexample:\n  hufu catalog withdraw "
         "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10 --reason \"replaced\"\n",
         withdraw},
        {"catalog", "scope", "change who may see an entry",
         "hufu catalog scope ENTRY SCOPE --purpose TEXT\n\n"
         "  SCOPE   everyone | nodes:NODE,NODE/DEPARTMENT,... | organization:NAME\n\n"
         "example:\n  hufu catalog scope 0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10 nodes:health --purpose \"joint "
         "project\"\n",
         scope},
        {"catalog", "list", "all entries that may be seen here, or those of this node",
         "hufu catalog list [--own] [--limit N] [--after ENTRY]\n\nexample:\n  hufu catalog list --own\n", list},
        {"catalog", "search", "find entries by words and attributes",
         "hufu catalog search [TEXT] [--topic TOPIC] [--publisher NODE] [--level LEVEL] [--sharing TYPE] [--limit N] "
         "[--after ENTRY]\n\n" FIND_OPTIONS
         "\nexample:\n  hufu catalog search \"\xE8\x88\xAA\xE7\x8F\xAD\" --sharing conditional\n",
         search},
        {"catalog", "show", "one entry with its fields",
         "hufu catalog show ENTRY [--publisher NODE]\n\n"
         "  --publisher NODE   whose entry, when several members use the same id\n\nexample:\n  hufu catalog show "
         "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10\n",
         show},
        {"catalog", "export", "the catalog as JSON or as DCAT (JSON-LD)",
         "hufu catalog export [TEXT] [--format json|dcat] [--output FILE] [the options of search]\n\n" FIND_OPTIONS
         "\nexample:\n  hufu catalog export --format dcat --output catalog.jsonld\n",
         export},
        {NULL, NULL, NULL, NULL, NULL},
};
