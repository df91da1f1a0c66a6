/* source_relations.c - which fields of a node's sources belong together: found, said, imported. Declared in
 * source_relations.h. */
#include "source_relations.h"

#include <stdio.h>
#include <string.h>

#include "csv_table.h"

#define WORDS_MAX 65u
#define FILE_MAX ((size_t)4 << 20)

struct said {
	const char *word[WORDS_MAX]; /* behind the verb */
	size_t count;
	const char *rows;
	bool all;
};

static json_t *words(const struct said *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->count; i++)
		json_array_append_new(list, json_string(s->word[i]));
	return list;
}

static int list(struct hf_cli *cli, const struct said *s)
{
	static const struct hf_column columns[] = {{"RELATION", "text", 0},
	                                           {"KIND", "kind", 0},
	                                           {"STATE", "state", 0},
	                                           {"SAID BY", "by", 16},
	                                           {NULL, NULL, 0}};
	json_t *out = NULL;
	int status;

	if (s->count > 1)
		return hf_cli_misuse(cli, "list takes one source at most");
	status = hf_cli_call(cli, "GET", "/v1/sources/relations", hf_cli_with("name", s->word[0]), &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "relations", columns,
		             "no relations; `hufu source relations find` looks for them, add defines one");
	json_decref(out);
	return status;
}

static int counted(struct hf_cli *cli, const char *path, json_t *in, const char *key, const char *said)
{
	json_t *out = NULL;
	int status = hf_cli_call(cli, "POST", path, in, &out);

	if (status == HF_EXIT_DONE && cli->json)
		hf_cli_json(out);
	else if (status == HF_EXIT_DONE)
		printf("%lld %s\n", (long long)json_integer_value(json_object_get(out, key)), said);
	json_decref(out);
	return status;
}

static int find(struct hf_cli *cli, const struct said *s)
{
	json_t *in = hf_cli_with("rows", s->rows);

	json_object_set_new(in, "sources", words(s));
	return counted(cli, "/v1/sources/relations/find", in, "proposed",
	               "relations are proposed; `hufu source relations list` shows them");
}

static int say(struct hf_cli *cli, const struct said *s, bool right)
{
	json_t *in;

	if (s->count == 0 && !s->all)
		return hf_cli_misuse(cli, "nothing is said; give the sentence of a relation in quotes%s",
		                     right ? ", or --all" : "");
	in = json_pack("{s:o, s:b, s:b}", "relations", words(s), "right", right, "all", s->all);
	return counted(cli, "/v1/sources/relations/say", in, "count",
	               right ? "relations are confirmed" : "relations are dropped, and not proposed again");
}

static int confirm(struct hf_cli *cli, const struct said *s)
{
	return say(cli, s, true);
}

static int drop(struct hf_cli *cli, const struct said *s)
{
	return s->all ? hf_cli_misuse(cli, "drop has no --all; name what is wrong") : say(cli, s, false);
}

static int send_all(struct hf_cli *cli, json_t *relations)
{
	return counted(cli, "/v1/sources/relations/add", json_pack("{s:o}", "relations", relations), "count",
	               "relations are defined");
}

static json_t *one(const char *kind, const char *from, const char *to)
{
	json_t *o = json_object();

	hf_cli_put(o, "kind", kind);
	hf_cli_put(o, "from", from);
	hf_cli_put(o, "to", to);
	return o;
}

static int add(struct hf_cli *cli, const struct said *s)
{
	if (s->count < 2 || s->count > 3)
		return hf_cli_misuse(cli,
		                     "add takes a kind and one or two fields: foreign-key SOURCE.FIELD SOURCE.FIELD");
	return send_all(cli, json_pack("[o]", one(s->word[0], s->word[1], s->word[2])));
}

/* {"relations": [...]} as `hufu mask identify --inventory` keeps it. */
static json_t *of_inventory(struct hf_cli *cli, const char *path)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, ""};
	enum hf_err e = hf_file_read(path, FILE_MAX, &text);
	json_error_t error;
	json_t *o, *relations;

	if (e != HF_OK) {
		hf_cli_fault(cli, hf_file_fault(&f, e, path, FILE_MAX), &f);
		return NULL;
	}
	o = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &error);
	relations = json_incref(json_object_get(o, "relations"));
	json_decref(o);
	if (!json_is_array(relations)) {
		hf_cli_fail(cli, "%s is no inventory with \"relations\"; `hufu mask identify --inventory` makes one",
		            path);
		json_decref(relations);
		return NULL;
	}
	return relations;
}

/* Columns kind, from, to; the others of the table are people's own. */
static json_t *of_table(struct hf_cli *cli, const char *path)
{
	json_t *rows = hf_cli_csv(cli, path), *relations = rows ? json_array() : NULL, *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const char *kind = json_string_value(json_object_get(row, "kind"));
		const char *from = json_string_value(json_object_get(row, "from"));

		if (!kind || !from) {
			hf_cli_fail(cli, "%s, row %zu: 'kind' or 'from' is empty; the columns are kind,from,to", path,
			            i + 1);
			json_decref(relations);
			relations = NULL;
			break;
		}
		json_array_append_new(relations, one(kind, from, json_string_value(json_object_get(row, "to"))));
	}
	json_decref(rows);
	return relations;
}

static int import(struct hf_cli *cli, const struct said *s)
{
	const char *point = s->count == 1 ? strrchr(s->word[0], '.') : NULL;
	json_t *relations;

	if (s->count != 1)
		return hf_cli_misuse(cli, "import takes one file");
	relations = point && strcmp(point, ".json") == 0 ? of_inventory(cli, s->word[0]) : of_table(cli, s->word[0]);
	return relations ? send_all(cli, relations) : HF_EXIT_REFUSED;
}

static const struct {
	const char *verb;
	int (*run)(struct hf_cli *cli, const struct said *s);
} verbs[] = {{"list", list}, {"find", find}, {"confirm", confirm}, {"drop", drop}, {"add", add}, {"import", import}};

int hf_source_cli_relations(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[WORDS_MAX + 1];
	struct said s = {.count = 0};
	const struct hf_opt opts[] = {
	        {"rows", &s.rows, NULL, NULL}, {"all", NULL, &s.all, NULL}, {NULL, NULL, NULL, NULL}};

	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, WORDS_MAX))
		return HF_EXIT_USAGE;
	while (s.count + 1 < WORDS_MAX && pos[s.count + 1]) {
		s.word[s.count] = pos[s.count + 1];
		s.count++;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(pos[0], verbs[i].verb) == 0)
			return verbs[i].run(cli, &s);
	return hf_cli_misuse(cli, "'%s' is none of list, find, confirm, drop, add and import", pos[0]);
}

int hf_source_cli_inventory(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[WORDS_MAX];
	struct said s = {.count = 0};
	json_t *in = json_object(), *out = NULL;
	char names[WORDS_MAX * 65] = "";
	int status;

	if (!hf_cli_args(cli, argc, argv, NULL, pos, 0, WORDS_MAX - 1)) {
		json_decref(in);
		return HF_EXIT_USAGE;
	}
	for (; s.count < WORDS_MAX - 1 && pos[s.count]; s.count++) {
		size_t n = strlen(names);

		snprintf(names + n, sizeof(names) - n, "%s%.63s", n ? "," : "", pos[s.count]);
	}
	hf_cli_put(in, "sources", *names ? names : NULL);
	status = hf_cli_call(cli, "GET", "/v1/sources/inventory", in, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_json(out);
	json_decref(out);
	return status;
}
