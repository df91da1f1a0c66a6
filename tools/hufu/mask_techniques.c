/* mask_techniques.c - `hufu mask techniques`: the record of each technique (JT/T 1480 5.4.4 c), for people and
 * programs. */
#include <stdio.h>
#include <string.h>

#include "mask.h"
#include "masking/formats/format.h"
#include "masking/technique.h"

static json_t *param_json(const struct hf_param *p)
{
	static const char *const kinds[] = {"", "number", "decimal", "text", "choice", "list", "file"};
	json_t *o = json_pack("{s:s, s:s, s:b, s:s}", "name", p->name, "kind", kinds[p->kind], "needed", p->needed,
	                      "help", p->help);

	if (p->kind == HF_PARAM_CHOICE) {
		json_object_set_new(o, "choices", json_string(p->choices));
	} else {
		json_object_set_new(o, "least", json_integer(p->least));
		json_object_set_new(o, "most", json_integer(p->most));
	}
	return o;
}

static json_t *types_json(void)
{
	json_t *list = json_array();
	const struct hf_format *const *formats;
	size_t count;

	formats = hf_formats(&count);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(formats[i]->type));
	return list;
}

static json_t *technique_json(const struct hf_technique *t)
{
	const struct hf_technique_record *r = &t->record;
	json_t *params = json_array();
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", t->id, "title",
	                      t->title, "principle", r->principle, "format", hf_record_format(r), "repeats",
	                      hf_record_repeats(r), "reversible", hf_record_reversible(r), "reference",
	                      hf_record_reference(r), "meaning", hf_record_meaning(r), "distribution",
	                      hf_record_distribution(r), "reach", hf_record_reach(r), "key", hf_record_keyed(r), "cost",
	                      r->cost, "constraint", r->constraint);

	for (const struct hf_param *p = t->params; p && p->name; p++)
		json_array_append_new(params, param_json(p));
	json_object_set_new(o, "params", params);
	json_object_set_new(o, "of_rows", json_boolean(t->of_rows));
	json_object_set_new(o, "drops_column", json_boolean(t->drops_column));
	if (strcmp(t->id, "fpe") == 0 || strcmp(t->id, "fpep") == 0)
		json_object_set_new(o, "types", types_json());
	return o;
}

static void print_params(const json_t *params)
{
	const json_t *p;
	size_t i;

	json_array_foreach(params, i, p)
	{
		const char *choices = json_string_value(json_object_get(p, "choices"));

		printf("%s%s (%s%s): %s\n", i ? "  " : "parameters:\n  ", json_string_value(json_object_get(p, "name")),
		       choices ? choices : json_string_value(json_object_get(p, "kind")),
		       json_is_true(json_object_get(p, "needed")) ? ", needed" : "",
		       json_string_value(json_object_get(p, "help")));
	}
}

static int show_one(struct hf_cli *cli, const struct hf_methods *methods, const char *id)
{
	static const struct hf_column columns[] = {{"id", "id", 0},
	                                           {"title", "title", 0},
	                                           {"principle", "principle", 0},
	                                           {"format", "format", 0},
	                                           {"equal for equal", "repeats", 0},
	                                           {"reversible", "reversible", 0},
	                                           {"referential integrity", "reference", 0},
	                                           {"semantic integrity", "meaning", 0},
	                                           {"frequency distribution", "distribution", 0},
	                                           {"needs", "reach", 0},
	                                           {"keyed by", "key", 0},
	                                           {"cost", "cost", 0},
	                                           {"limits", "constraint", 0},
	                                           {"types", "types", 0},
	                                           {NULL, NULL, 0}};
	const struct hf_technique *t = hf_technique_named(id);
	json_t *o;

	if (!t)
		t = hf_methods_named(methods, id);
	if (!t)
		return hf_cli_fail(cli, "there is no technique %s; `hufu mask techniques` names them", id);
	o = technique_json(t);
	hf_cli_details(cli, o, columns);
	if (!cli->json)
		print_params(json_object_get(o, "params"));
	json_decref(o);
	return HF_EXIT_DONE;
}

static int show_all(struct hf_cli *cli, const struct hf_methods *methods)
{
	static const struct hf_column columns[] = {{"ID", "id", 0},
	                                           {"TECHNIQUE", "title", 0},
	                                           {"FORMAT", "format", 0},
	                                           {"REPEATS BY", "repeats", 0},
	                                           {"REVERSIBLE", "reversible", 0},
	                                           {"REFERENCE", "reference", 0},
	                                           {"MEANING", "meaning", 0},
	                                           {"DISTRIBUTION", "distribution", 0},
	                                           {"NEEDS", "reach", 0},
	                                           {"KEY", "key", 0},
	                                           {NULL, NULL, 0}};
	json_t *out = json_pack("{s:[]}", "techniques"), *list = json_object_get(out, "techniques");
	const struct hf_technique *const *all;
	size_t count;

	all = hf_techniques(&count);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, technique_json(all[i]));
	for (size_t i = 0; i < hf_methods_count(methods); i++)
		json_array_append_new(list, technique_json(hf_methods_at(methods, i)));
	hf_cli_table(cli, out, "techniques", columns, "none");
	json_decref(out);
	return HF_EXIT_DONE;
}

/* On so many values; exit status 1 when it does not do what its record says. */
static int try_one(struct hf_cli *cli, const struct hf_methods *methods, const char *id, uint32_t rows)
{
	static const struct hf_column columns[] = {{"PROPERTY", "property", 0},
	                                           {"RECORD", "says", 0},
	                                           {"HOLDS", "holds", 0},
	                                           {"SEEN", "seen", 0},
	                                           {NULL, NULL, 0}};
	struct hf_fault f = {.code = HF_OK};
	json_t *report = NULL;
	size_t i = 0;
	bool good;

	while (i < hf_methods_count(methods) && strcmp(hf_methods_at(methods, i)->id, id) != 0)
		i++;
	if (i == hf_methods_count(methods))
		return hf_cli_fail(
		        cli, "%s is no method of the file; the techniques that are built in are tried by their tests",
		        id);
	if (hf_methods_try(methods, i, rows, &report, &f) != HF_OK)
		return hf_cli_fault(cli, f.code, &f);
	good = json_is_true(json_object_get(report, "good"));
	hf_cli_table(cli, report, "checks", columns, "no checks");
	if (!cli->json)
		printf("\n%s %s on %u values\n", id,
		       good ? "does what its record says" : "does NOT do what its record says", rows);
	json_decref(report);
	return good ? HF_EXIT_DONE : HF_EXIT_REFUSED;
}

int hf_mask_cli_techniques(struct hf_cli *cli, int argc, char **argv)
{
	const char *id, *path = NULL, *attempt = NULL, *rows_text = NULL;
	const struct hf_opt opts[] = {
	        {"methods", &path, NULL, NULL}, {"try", &attempt, NULL, NULL}, {"rows", &rows_text, NULL, NULL}, {0}};
	struct hf_methods *methods = NULL;
	uint32_t rows = 1000000;
	int status;

	if (!hf_cli_args(cli, argc, argv, opts, &id, 0, 1) || !hf_cli_number(cli, "rows", rows_text, 10000000, &rows))
		return HF_EXIT_USAGE;
	if (attempt && !path)
		return hf_cli_misuse(cli, "--try ID needs --methods FILE");
	if (!hf_mask_methods(cli, path, &methods))
		return HF_EXIT_REFUSED;
	if (attempt)
		status = try_one(cli, methods, attempt, rows);
	else
		status = id ? show_one(cli, methods, id) : show_all(cli, methods);
	hf_methods_free(methods);
	return status;
}
