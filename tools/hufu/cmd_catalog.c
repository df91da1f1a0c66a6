/*
 * cmd_catalog.c - hufu catalog: publishing, scopes, searching, exporting.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const struct hf_column row_columns[] = {
        {"ENTRY", "entry", 0},
        {"TITLE", "title", 40},
        {"PUBLISHER", "publisher", 24},
        {"TOPIC", "topic", 20},
        {"LEVEL", "level_name", 0},
        {"SHARING", "sharing", 0},
        {"ROWS", "rows", 0},
        {NULL, NULL, 0},
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

/* ---- publishing ---- */

struct publish_opts {
	const char *file, *entry, *source, *title, *description, *topic, *data_class, *level, *sharing, *condition,
	        *scope, *purpose;
	const char *intake, *cycle, *department, *legal_basis, *from, *until, *max_days, *max_fields, *mode, *record;
	bool sensitive, personal, intake_settles, purpose_text;
<<<<<<< HEAD
	struct hf_list keywords, consents, purposes, jurisdictions, roles, sensitive_fields, personal_fields,
	        field_levels, duties;
=======
	struct hf_list keywords, purposes, jurisdictions, roles, sensitive_fields, personal_fields, field_levels,
	        purpose_fields, undertakings, attributes;
>>>>>>> a3e8db4 (Entries publish which fields a purpose needs and the conditions of their sharing; both are checked at the draft, in the reviews, at the decision and at every use (DS-26, DS-27))
};

static json_t *read_file(struct hf_cli *cli, const char *path)
{
	json_error_t why;
	json_t *in = json_load_file(path, JSON_REJECT_DUPLICATES, &why);

	if (!in)
		hf_cli_fail(cli, "%s cannot be read as JSON: line %d, %s", path, why.line, why.text);
	else if (!json_is_object(in))
		hf_cli_fail(cli, "%s holds no JSON object", path);
	else
		return in;
	json_decref(in);
	return NULL;
}

/* The member of "fields" with that name; made when it is not there. */
static json_t *field_of(json_t *in, const char *name, size_t len)
{
	json_t *list = json_object_get(in, "fields"), *o;
	size_t i;

	if (!json_is_array(list)) {
		list = json_array();
		json_object_set_new(in, "fields", list);
	}
	json_array_foreach(list, i, o)
	{
		const char *there = json_string_value(json_object_get(o, "name"));

		if (there && strlen(there) == len && strncmp(there, name, len) == 0)
			return o;
	}
	o = json_object();
	json_object_set_new(o, "name", json_stringn(name, len));
	json_array_append_new(list, o);
	return o;
}

static void put_marks(json_t *in, const struct hf_list *names, const char *mark)
{
	for (size_t i = 0; i < names->count; i++)
		json_object_set_new(field_of(in, names->item[i], strlen(names->item[i])), mark, json_true());
}

static bool put_levels(struct hf_cli *cli, json_t *in, const struct hf_list *levels)
{
	for (size_t i = 0; i < levels->count; i++) {
		const char *equals = strrchr(levels->item[i], '=');

		if (!equals || equals == levels->item[i]) {
			hf_cli_misuse(cli, "--field-level wants FIELD=LEVEL, not '%s'", levels->item[i]);
			return false;
		}
		json_object_set_new(field_of(in, levels->item[i], (size_t)(equals - levels->item[i])), "level",
		                    json_string(equals + 1));
	}
	return true;
}

/* PURPOSE=FIELD,FIELD */
static bool put_purposes(struct hf_cli *cli, json_t *c, const struct hf_list *list)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < list->count; i++) {
		const char *equals = strrchr(list->item[i], '=');

		if (!equals || equals == list->item[i] || !equals[1]) {
			hf_cli_misuse(cli, "--purpose-fields wants PURPOSE=FIELD,FIELD, not '%s'", list->item[i]);
			json_decref(rows);
			return false;
		}
		json_array_append_new(rows, json_pack("{s:s%, s:s}", "purpose", list->item[i],
		                                      (size_t)(equals - list->item[i]), "fields", equals + 1));
	}
	if (json_array_size(rows) > 0)
		json_object_set(c, "purpose_fields", rows);
	json_decref(rows);
	return true;
}

/* NAME=TEXT: the applicant undertakes it. NAME=ATTRIBUTE=VALUE: the space descriptor says so of its organization. */
static bool put_conditions(struct hf_cli *cli, json_t *in, const struct publish_opts *o)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < o->undertakings.count + o->attributes.count; i++) {
		bool attribute = i >= o->undertakings.count;
		const char *text = attribute ? o->attributes.item[i - o->undertakings.count] : o->undertakings.item[i];
		const char *first = strchr(text, '='), *second = first ? strchr(first + 1, '=') : NULL;

		if (!first || first == text || !first[1] || (attribute && (!second || second == first + 1))) {
			hf_cli_misuse(cli,
			              attribute ? "--require-attribute wants NAME=ATTRIBUTE=VALUE, not '%s'"
			                        : "--undertaking wants NAME=TEXT, not '%s'",
			              text);
			json_decref(rows);
			return false;
		}
		json_t *c = json_pack("{s:s%}", "name", text, (size_t)(first - text));
		if (attribute) {
			json_object_set_new(c, "attribute", json_stringn(first + 1, (size_t)(second - first - 1)));
			hf_cli_put(c, "value", second + 1);
		} else {
			hf_cli_put(c, "text", first + 1);
		}
		json_array_append_new(rows, c);
	}
	if (json_array_size(rows) > 0)
		json_object_set(in, "conditions", rows);
	json_decref(rows);
	return true;
}

static bool put_criteria(struct hf_cli *cli, json_t *in, const struct publish_opts *o)
{
	json_t *c = json_object();
	bool ok = put_purposes(cli, c, &o->purpose_fields);

	hf_cli_put_list(c, "purposes", &o->purposes);
	hf_cli_put_list(c, "jurisdictions", &o->jurisdictions);
	hf_cli_put_list(c, "roles", &o->roles);
	hf_cli_put(c, "max_days", o->max_days);
	hf_cli_put(c, "max_fields", o->max_fields);
	if (o->purpose_text)
		json_object_set_new(c, "purpose_text", json_true());
	if (json_object_size(c) > 0)
		json_object_set(in, "criteria", c);
	json_decref(c);
	return ok;
}

static void put_texts(json_t *in, const struct publish_opts *o)
{
	const struct {
		const char *name, *text;
	} rows[] = {
	        {"entry", o->entry},
	        {"source", o->source},
	        {"title", o->title},
	        {"description", o->description},
	        {"topic", o->topic},
	        {"class", o->data_class},
	        {"level", o->level},
	        {"sharing", o->sharing},
	        {"condition", o->condition},
	        {"scope", o->scope},
	        {"purpose", o->purpose},
	        {"intake", o->intake},
	        {"update_cycle", o->cycle},
	        {"department", o->department},
	        {"legal_basis", o->legal_basis},
	        {"not_before", o->from},
	        {"not_after", o->until},
	        {"mode", o->mode},
	        {"record", o->record},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		hf_cli_put(in, rows[i].name, rows[i].text);
	if (o->sensitive)
		json_object_set_new(in, "sensitive", json_true());
	if (o->personal)
		json_object_set_new(in, "personal", json_true());
	if (o->intake_settles)
		json_object_set_new(in, "provider_decides", json_false());
	hf_cli_put_list(in, "keywords", &o->keywords);
	hf_cli_put_list(in, "consents", &o->consents);
}

static bool read_publish(struct hf_cli *cli, int argc, char **argv, struct publish_opts *o)
{
	const struct hf_opt opts[] = {
	        {"json-file", &o->file, NULL, NULL},
	        {"entry", &o->entry, NULL, NULL},
	        {"source", &o->source, NULL, NULL},
	        {"title", &o->title, NULL, NULL},
	        {"description", &o->description, NULL, NULL},
	        {"topic", &o->topic, NULL, NULL},
	        {"keyword", NULL, NULL, &o->keywords},
	        {"consent", NULL, NULL, &o->consents},
	        {"class", &o->data_class, NULL, NULL},
	        {"level", &o->level, NULL, NULL},
	        {"sharing", &o->sharing, NULL, NULL},
	        {"condition", &o->condition, NULL, NULL},
	        {"scope", &o->scope, NULL, NULL},
	        {"purpose", &o->purpose, NULL, NULL},
	        {"intake", &o->intake, NULL, NULL},
	        {"intake-settles", NULL, &o->intake_settles, NULL},
	        {"update-cycle", &o->cycle, NULL, NULL},
	        {"department", &o->department, NULL, NULL},
	        {"legal-basis", &o->legal_basis, NULL, NULL},
	        {"from", &o->from, NULL, NULL},
	        {"until", &o->until, NULL, NULL},
	        {"mode", &o->mode, NULL, NULL},
	        {"record", &o->record, NULL, NULL},
	        {"sensitive", NULL, &o->sensitive, NULL},
	        {"personal", NULL, &o->personal, NULL},
	        {"sensitive-field", NULL, NULL, &o->sensitive_fields},
	        {"personal-field", NULL, NULL, &o->personal_fields},
	        {"field-level", NULL, NULL, &o->field_levels},
	        {"accept-purpose", NULL, NULL, &o->purposes},
	        {"accept-jurisdiction", NULL, NULL, &o->jurisdictions},
	        {"accept-role", NULL, NULL, &o->roles},
<<<<<<< HEAD
	        {"duty", NULL, NULL, &o->duties},
=======
	        {"purpose-fields", NULL, NULL, &o->purpose_fields},
	        {"undertaking", NULL, NULL, &o->undertakings},
	        {"require-attribute", NULL, NULL, &o->attributes},
>>>>>>> a3e8db4 (Entries publish which fields a purpose needs and the conditions of their sharing; both are checked at the draft, in the reviews, at the decision and at every use (DS-26, DS-27))
	        {"max-days", &o->max_days, NULL, NULL},
	        {"max-fields", &o->max_fields, NULL, NULL},
	        {"purpose-text", NULL, &o->purpose_text, NULL},
	        {NULL, NULL, NULL, NULL},
	};

	return hf_cli_args(cli, argc, argv, opts, NULL, 0, 0);
}

static int publish(struct hf_cli *cli, int argc, char **argv)
{
	struct publish_opts o = {0};
	json_t *in;

	if (!read_publish(cli, argc, argv, &o))
		return HF_EXIT_USAGE;
	in = o.file ? read_file(cli, o.file) : json_object();
	if (!in)
		return HF_EXIT_REFUSED;
	put_texts(in, &o);
<<<<<<< HEAD
	put_criteria(in, &o);
	hf_cli_put_list(in, "duties", &o.duties);
=======
>>>>>>> a3e8db4 (Entries publish which fields a purpose needs and the conditions of their sharing; both are checked at the draft, in the reviews, at the decision and at every use (DS-26, DS-27))
	put_marks(in, &o.sensitive_fields, "sensitive");
	put_marks(in, &o.personal_fields, "personal");
	if (!put_criteria(cli, in, &o) || !put_conditions(cli, in, &o) || !put_levels(cli, in, &o.field_levels)) {
		json_decref(in);
		return HF_EXIT_USAGE;
	}
	return hf_cli_do(cli, "POST", "/v1/catalog/publish", in, "published as entry %s", "entry");
}

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

static int find(struct hf_cli *cli, const char *path, json_t *in, const char *none)
{
	json_t *out = NULL;
	int status = hf_cli_call(cli, "GET", path, in, &out);

	if (status != HF_EXIT_DONE)
		return status;
	hf_cli_table(cli, out, "entries", row_columns, none);
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
<<<<<<< HEAD
         "  --duty WORD          an obligation of every agreement about it: uses:N (at most N uses), report-use; may "
         "be "
         "given again\n"
=======
         "  --purpose-fields PURPOSE=FIELD,FIELD ...   what a purpose needs; it gets no other fields\n"
         "  --undertaking NAME=TEXT ...                a condition that applicants accept (`hufu apply --accept "
         "NAME`)\n"
         "  --require-attribute NAME=ATTRIBUTE=VALUE ...   a condition on the organization in the space descriptor\n"
>>>>>>> a3e8db4 (Entries publish which fields a purpose needs and the conditions of their sharing; both are checked at the draft, in the reviews, at the decision and at every use (DS-26, DS-27))
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
         publish},
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
