/* source_fields.c - what the fields of a node's sources hold: shown and said. Declared in source_fields.h. */
#include "source_fields.h"

#include <stdio.h>

static const struct hf_column columns[] = {
        {"FIELD", "field", 40},    {"STATE", "state", 0},           {"KIND", "kind_shown", 0},  {"CLASS", "class", 0},
        {"LEVEL", "level", 0},     {"FOUND", "found_shown", 0},     {"SURE", "sure", 0},        {"BY", "by", 0},
        {"CERTAIN", "certain", 0}, {"SAID BY", "confirmed_by", 16}, {"COMMENT", "comment", 30}, {NULL, NULL, 0},
};

static json_t *shown(const json_t *field, const char *key)
{
	const char *text = json_string_value(json_object_get(field, key));

	return json_string(text ? text : "-");
}

/* What the table shows in one column each. */
static json_t *row_of(const json_t *field)
{
	const json_t *evidence = json_object_get(field, "evidence");
	json_t *row = json_copy((json_t *)field);
	double sure = json_real_value(json_object_get(field, "confidence"));
	char text[64];

	json_object_set_new(row, "kind_shown", shown(field, "kind"));
	json_object_set_new(row, "found_shown", shown(field, "found"));
	snprintf(text, sizeof(text), "%.0f %%%s", 100 * sure,
	         json_is_true(json_object_get(field, "mixed")) ? " in some" : "");
	json_object_set_new(row, "sure", json_string(sure > 0 ? text : "-"));
	snprintf(text, sizeof(text), "%lld of %lld", (long long)json_integer_value(json_object_get(evidence, "valid")),
	         (long long)json_integer_value(json_object_get(evidence, "values")));
	json_object_set_new(row, "certain", json_string(text));
	return row;
}

static int print(struct hf_cli *cli, const char *method, const char *path, json_t *in)
{
	json_t *out = NULL, *rows, *field;
	int status = hf_cli_call(cli, method, path, in, &out);
	size_t i;

	if (status != HF_EXIT_DONE)
		return status;
	rows = json_pack("{s:[]}", "rows");
	json_array_foreach(json_object_get(out, "fields"), i, field)
	        json_array_append_new(json_object_get(rows, "rows"), row_of(field));
	hf_cli_table(cli, cli->json ? out : rows, cli->json ? "fields" : "rows", columns, "no fields");
	if (!cli->json)
		printf("\n%lld rows were looked at; %lld fields are not confirmed\n",
		       (long long)json_integer_value(json_object_get(out, "rows_looked_at")),
		       (long long)json_integer_value(json_object_get(out, "unconfirmed")));
	json_decref(rows);
	json_decref(out);
	return status;
}

int hf_source_cli_fields(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];

	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return HF_EXIT_USAGE;
	return print(cli, "GET", "/v1/sources/fields", hf_cli_with("name", pos[0]));
}

int hf_source_cli_places(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column of[] = {{"KIND", "kind", 0}, {"PLACES", "places", 0}, {NULL, NULL, 0}};
	json_t *out = NULL;
	int status;

	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	status = hf_cli_call(cli, "GET", "/v1/sources/places", NULL, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "kinds", of, "no field is confirmed as sensitive");
	json_decref(out);
	return status;
}

int hf_source_cli_classify(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];
	struct hf_list fields = {0};
	bool all = false;
	const struct hf_opt opts[] = {
	        {"field", NULL, NULL, &fields}, {"all", NULL, &all, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *in, *list;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!all && fields.count == 0)
		return hf_cli_misuse(cli,
		                     "nothing is said; name fields with --field NAME=KIND, or confirm all with --all");
	in = hf_cli_with("name", pos[0]);
	list = json_array();
	for (size_t i = 0; i < fields.count; i++)
		json_array_append_new(list, json_string(fields.item[i]));
	json_object_set_new(in, "fields", list);
	json_object_set_new(in, "all", json_boolean(all));
	return print(cli, "POST", "/v1/sources/classify", in);
}
