/*
 * publish.c - hufu catalog publish: the options of an entry, as the request that publishes it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publish.h"

struct publish_opts {
	const char *file, *entry, *source, *title, *description, *topic, *data_class, *level, *sharing, *condition,
	        *scope, *purpose;
	const char *intake, *cycle, *department, *legal_basis, *from, *until, *max_days, *max_fields, *mode, *record,
	        *sample_of, *masking_task;
	bool sensitive, personal, intake_settles, purpose_text;
	struct hf_list keywords, consents, purposes, jurisdictions, roles, sensitive_fields, personal_fields,
	        field_levels, duties, quality, purpose_fields, undertakings, attributes;
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
	        {"sample_of", o->sample_of},
	        {"masking_task", o->masking_task},
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
	        {"sample-of", &o->sample_of, NULL, NULL},
	        {"masking-task", &o->masking_task, NULL, NULL},
	        {"sensitive", NULL, &o->sensitive, NULL},
	        {"personal", NULL, &o->personal, NULL},
	        {"sensitive-field", NULL, NULL, &o->sensitive_fields},
	        {"personal-field", NULL, NULL, &o->personal_fields},
	        {"field-level", NULL, NULL, &o->field_levels},
	        {"accept-purpose", NULL, NULL, &o->purposes},
	        {"accept-jurisdiction", NULL, NULL, &o->jurisdictions},
	        {"accept-role", NULL, NULL, &o->roles},
	        {"duty", NULL, NULL, &o->duties},
	        {"quality", NULL, NULL, &o->quality},
	        {"purpose-fields", NULL, NULL, &o->purpose_fields},
	        {"undertaking", NULL, NULL, &o->undertakings},
	        {"require-attribute", NULL, NULL, &o->attributes},
	        {"max-days", &o->max_days, NULL, NULL},
	        {"max-fields", &o->max_fields, NULL, NULL},
	        {"purpose-text", NULL, &o->purpose_text, NULL},
	        {NULL, NULL, NULL, NULL},
	};

	return hf_cli_args(cli, argc, argv, opts, NULL, 0, 0);
}

int hf_cli_publish(struct hf_cli *cli, int argc, char **argv)
{
	struct publish_opts o = {0};
	json_t *in;

	if (!read_publish(cli, argc, argv, &o))
		return HF_EXIT_USAGE;
	in = o.file ? read_file(cli, o.file) : json_object();
	if (!in)
		return HF_EXIT_REFUSED;
	put_texts(in, &o);
	hf_cli_put_list(in, "duties", &o.duties);
	hf_cli_put_list(in, "quality", &o.quality);
	put_marks(in, &o.sensitive_fields, "sensitive");
	put_marks(in, &o.personal_fields, "personal");
	if (!put_criteria(cli, in, &o) || !put_conditions(cli, in, &o) || !put_levels(cli, in, &o.field_levels)) {
		json_decref(in);
		return HF_EXIT_USAGE;
	}
	return hf_cli_do(cli, "POST", "/v1/catalog/publish", in, "published as entry %s", "entry");
}
