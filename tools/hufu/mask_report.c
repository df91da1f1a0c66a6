/* mask_report.c - findings as JSON and as text; never a value. Declared in mask.h. */
#include <stdio.h>
#include <string.h>

#include "mask.h"

#define HITS_SHOWN 20u

static json_t *by_json(unsigned by)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {{HF_BY_NAME, "name"},
	             {HF_BY_COMMENT, "comment"},
	             {HF_BY_TABLE, "table"},
	             {HF_BY_CONTENT, "content"},
	             {HF_BY_RULE, "rule"}};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (by & names[i].bit)
			json_array_append_new(list, json_string(names[i].name));
	return list;
}

static json_t *field_json(const struct hf_field_finding *f)
{
	const struct hf_detector *d = f->best.detector;
	json_t *o = json_object(), *evidence = json_object();

	json_object_set_new(o, "name", json_string(f->name));
	json_object_set_new(o, "type", d ? json_string(d->id) : json_null());
	json_object_set_new(o, "title", json_string(d ? d->title : "not sensitive"));
	json_object_set_new(o, "class", json_string(d ? hf_sensitivity_name(d->sensitivity) : "none"));
	json_object_set_new(o, "level", json_integer(d ? d->level : 1));
	if (d) {
		json_object_set_new(o, "technique", json_string(d->technique));
		json_object_set_new(o, "confidence", json_real((double)(int)(f->best.confidence * 100 + 0.5) / 100));
		json_object_set_new(o, "by", by_json(f->best.by));
		json_object_set_new(o, "mixed", json_boolean(f->best.mixed));
	}
	json_object_set_new(evidence, "values", json_integer((json_int_t)f->values));
	json_object_set_new(evidence, "nulls", json_integer((json_int_t)f->nulls));
	json_object_set_new(evidence, "valid", json_integer((json_int_t)f->best.valid));
	json_object_set_new(evidence, "shape", json_integer((json_int_t)f->best.shape));
	json_object_set_new(evidence, "distinct", json_integer((json_int_t)(hf_sketch_distinct(f->sketch) + 0.5)));
	json_object_set_new(o, "evidence", evidence);
	if (f->second.detector)
		json_object_set_new(o, "second", json_string(f->second.detector->id));
	return o;
}

static json_t *hits_json(const struct hf_mask_reading *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->hit_count; i++) {
		const struct hf_detector *d = r->hits[i].detector;

		json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:i}", "byte", (json_int_t)r->hits[i].byte,
		                                      "type", d->id, "class", hf_sensitivity_name(d->sensitivity),
		                                      "level", d->level));
	}
	return list;
}

json_t *hf_mask_report(struct hf_mask_reading *r, const char *table)
{
	static const char *const formats[] = {
	        [HF_MASK_BY_NAME] = "", [HF_MASK_CSV] = "csv", [HF_MASK_LINES] = "lines", [HF_MASK_TEXT] = "text"};
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:I}", "file", r->sample.path, "table", table, "format",
	                      formats[r->sample.format], "encoding", hf_encoding_name(r->sample.encoding), "bytes",
	                      (json_int_t)r->bytes);

	if (r->x) {
		size_t count;
		const struct hf_field_finding *f = hf_identify_findings(r->x, &count);
		json_t *fields = json_array();

		for (size_t i = 0; i < count; i++)
			json_array_append_new(fields, field_json(&f[i]));
		json_object_set_new(o, "rows", json_integer((json_int_t)hf_identify_rows(r->x)));
		json_object_set_new(o, "fields", fields);
	} else {
		json_object_set_new(o, "hits", hits_json(r));
	}
	return o;
}

/* What the table shows in one column each. */
static json_t *row_of(const json_t *field)
{
	json_t *row = json_copy((json_t *)field);
	char text[64];

	if (json_is_null(json_object_get(field, "type")))
		json_object_set_new(row, "type", json_string("-"));
	snprintf(text, sizeof(text), "%.0f %%%s", 100 * json_real_value(json_object_get(field, "confidence")),
	         json_is_true(json_object_get(field, "mixed")) ? " in some" : "");
	json_object_set_new(row, "sure", json_string(json_object_get(field, "confidence") ? text : "-"));
	snprintf(text, sizeof(text), "%lld of %lld",
	         (long long)json_integer_value(json_object_get(json_object_get(field, "evidence"), "valid")),
	         (long long)json_integer_value(json_object_get(json_object_get(field, "evidence"), "values")));
	json_object_set_new(row, "values", json_string(text));
	return row;
}

static void print_table(struct hf_cli *cli, const json_t *report)
{
	static const struct hf_column columns[] = {
	        {"FIELD", "name", 40},    {"KIND", "type", 0},         {"CLASS", "class", 0},
	        {"LEVEL", "level", 0},    {"SURE", "sure", 0},         {"BY", "by", 0},
	        {"CERTAIN", "values", 0}, {"MASK BY", "technique", 0}, {NULL, NULL, 0}};
	const json_t *fields = json_object_get(report, "fields"), *f;
	json_t *out = json_pack("{s:[]}", "rows");
	size_t i;

	json_array_foreach(fields, i, f) json_array_append_new(json_object_get(out, "rows"), row_of(f));
	hf_cli_table(cli, out, "rows", columns, "no fields");
	json_decref(out);
}

static void print_hits(const json_t *report)
{
	const json_t *hits = json_object_get(report, "hits"), *h;
	size_t i;

	json_array_foreach(hits, i, h)
	{
		if (i == HITS_SHOWN) {
			printf("and %zu more; --json names them\n", json_array_size(hits) - i);
			break;
		}
		printf("byte %lld: %s (%s, level %lld)\n", (long long)json_integer_value(json_object_get(h, "byte")),
		       json_string_value(json_object_get(h, "type")), json_string_value(json_object_get(h, "class")),
		       (long long)json_integer_value(json_object_get(h, "level")));
	}
	if (json_array_size(hits) == 0)
		printf("nothing sensitive was found\n");
}

void hf_mask_print(struct hf_cli *cli, const json_t *report)
{
	printf("%s: %s, %s", json_string_value(json_object_get(report, "file")),
	       json_string_value(json_object_get(report, "format")),
	       json_string_value(json_object_get(report, "encoding")));
	if (json_object_get(report, "rows"))
		printf(", %lld rows", (long long)json_integer_value(json_object_get(report, "rows")));
	printf("\n");
	if (json_object_get(report, "fields"))
		print_table(cli, report);
	else
		print_hits(report);
}
