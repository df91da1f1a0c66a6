/* mask_identify.c - `hufu mask identify` and `hufu mask detectors`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "mask.h"
#include "masking/map.h"
#include "masking/rules.h"

#define FILES_MAX 64u
#define ROWS 100000u

struct args {
	const char *rows, *format, *encoding, *about, *detectors, *inventory;
	bool shape_only;
	const char *file[FILES_MAX];
};

struct run {
	struct hf_cli *cli;
	struct hf_mask_sample sample;
	struct hf_identify_options options;
	struct hf_codes *codes; /* NULL: none */
	json_t *about;
	struct hf_mask_reading reading[FILES_MAX];
	char *table[FILES_MAX];
	size_t count;
};

static bool read_format(struct hf_cli *cli, const struct args *a, struct hf_mask_sample *s)
{
	static const char *const names[] = {"", "csv", "lines", "text"};

	for (enum hf_mask_format f = HF_MASK_CSV; a->format && f <= HF_MASK_TEXT; f++)
		if (strcmp(names[f], a->format) == 0)
			s->format = f;
	if (a->format && s->format == HF_MASK_BY_NAME)
		return hf_cli_misuse(cli, "--format is '%s'; it must be csv, lines or text", a->format), false;
	if (a->encoding)
		s->encoding = hf_encoding_named(a->encoding);
	if (a->encoding && s->encoding == HF_ENCODING_UNKNOWN)
		return hf_cli_misuse(cli, "--encoding is '%s'; it must be utf-8 or gb18030", a->encoding), false;
	return true;
}

/* "passages" for "dir/passages.csv". */
static char *table_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = hf_strdup(slash ? slash + 1 : path), *point = strrchr(name, '.');

	if (point && point != name)
		*point = '\0';
	return name;
}

static bool prepare(struct run *r, const struct args *a, int *ret_status)
{
	struct hf_fault f = {.code = HF_OK};
	json_t *detectors;
	enum hf_err e;

	*ret_status = HF_EXIT_REFUSED;
	if (a->about) {
		r->about = hf_mask_load(r->cli, a->about);
		if (!r->about)
			return false;
	}
	if (!a->detectors)
		return true;
	detectors = hf_mask_load(r->cli, a->detectors);
	if (!detectors)
		return false;
	r->codes = hf_codes_new(NULL);
	e = hf_rules_take_libraries(detectors, r->codes, &f);
	if (e == HF_OK)
		e = hf_rules_read(detectors, r->codes, &r->options.rules, &f);
	json_decref(detectors);
	if (e != HF_OK)
		*ret_status = hf_cli_fault(r->cli, e, &f);
	return e == HF_OK;
}

static bool settled(struct run *r, struct hf_identify *x)
{
	struct hf_fault f = {.code = HF_OK};
	enum hf_err e = x ? hf_identify_settle(x, &f) : HF_OK;

	return e == HF_OK || (hf_cli_fault(r->cli, e, &f), false);
}

static bool read_file(struct run *r, const char *path)
{
	struct hf_mask_sample s = r->sample;
	struct hf_identify_options o = r->options;
	const char *said = json_string_value(json_object_get(r->about, "table"));

	s.path = path;
	r->table[r->count] = said ? hf_strdup(said) : table_name(path);
	o.table = r->table[r->count];
	o.table_comment = json_string_value(json_object_get(r->about, "comment"));
	r->count++;
	return hf_mask_read(r->cli, &s, &o, json_object_get(r->about, "fields"), &r->reading[r->count - 1]) &&
	       settled(r, r->reading[r->count - 1].x);
}

static json_t *relations(struct run *r)
{
	struct hf_map *map = hf_map_new();
	json_t *list;

	for (size_t i = 0; i < r->count; i++)
		if (r->reading[i].x)
			hf_map_add(map, r->table[i], r->reading[i].x);
	list = hf_map_relations(map);
	hf_map_free(map);
	return list;
}

static void print_relations(const json_t *list)
{
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o) printf("%s\n", json_string_value(json_object_get(o, "text")));
}

static void warn_costly(const struct run *r, json_t *out)
{
	json_t *list = json_array();

	for (size_t i = 0; r->options.rules && i < hf_rules_count(r->options.rules); i++)
		if (hf_rules_exhausted(r->options.rules, i)) {
			const char *id = hf_rules_detector(r->options.rules, i)->id;

			json_array_append_new(list, json_string(id));
			if (!r->cli->json)
				fprintf(stderr,
				        "hufu: the pattern of %s takes too long and was switched off; simplify it\n",
				        id);
		}
	json_object_set_new(out, "switched_off", list);
}

/* Returns the exit status. */
static int report(struct run *r, const char *inventory)
{
	bool differs = false, good = true;
	json_t *out = json_pack("{s:[]}", "files"), *found = relations(r);

	for (size_t i = 0; i < r->count; i++) {
		json_t *one = hf_mask_report(&r->reading[i], r->table[i]);

		if (!r->cli->json) {
			printf("%s", i ? "\n" : "");
			hf_mask_print(r->cli, one);
		}
		json_array_append_new(json_object_get(out, "files"), one);
	}
	if (!r->cli->json && json_array_size(found) > 0) {
		printf("\n");
		print_relations(found);
	}
	json_object_set_new(out, "relations", found);
	warn_costly(r, out);
	if (inventory)
		good = hf_mask_keep(r->cli, inventory, out, &differs);
	if (r->cli->json && good)
		hf_cli_json(out);
	json_decref(out);
	return good && !differs ? HF_EXIT_DONE : HF_EXIT_REFUSED;
}

int hf_mask_cli_identify(struct hf_cli *cli, int argc, char **argv)
{
	struct args a = {.rows = NULL};
	const struct hf_opt opts[] = {{"rows", &a.rows, NULL, NULL},
	                              {"format", &a.format, NULL, NULL},
	                              {"encoding", &a.encoding, NULL, NULL},
	                              {"about", &a.about, NULL, NULL},
	                              {"detectors", &a.detectors, NULL, NULL},
	                              {"inventory", &a.inventory, NULL, NULL},
	                              {"shape-only", NULL, &a.shape_only, NULL},
	                              {0}};
	struct run r = {.cli = cli};
	uint32_t rows = ROWS;
	int status = HF_EXIT_REFUSED;
	bool good;
	uint8_t key[16];

	if (!hf_cli_args(cli, argc, argv, opts, a.file, 1, FILES_MAX) ||
	    !hf_cli_number(cli, "rows", a.rows, 1000000000, &rows) || !read_format(cli, &a, &r.sample))
		return HF_EXIT_USAGE;
	r.sample.rows = rows;
	r.options.shape_only = a.shape_only;
	hf_random(key, sizeof(key));
	r.options.key = key;
	good = prepare(&r, &a, &status);
	for (size_t i = 0; good && i < FILES_MAX && a.file[i]; i++)
		good = read_file(&r, a.file[i]);
	if (good)
		status = report(&r, a.inventory);
	for (size_t i = 0; i < r.count; i++) {
		hf_mask_reading_done(&r.reading[i]);
		free(r.table[i]);
	}
	hf_rules_free(r.options.rules);
	hf_codes_free(r.codes);
	json_decref(r.about);
	return status;
}

int hf_mask_cli_detectors(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column columns[] = {
	        {"KIND", "id", 0},           {"TITLE", "title", 0},       {"CLASS", "class", 0}, {"LEVEL", "level", 0},
	        {"ALONE BY", "alone_by", 0}, {"MASK BY", "technique", 0}, {"BASIS", "basis", 0}, {NULL, NULL, 0}};
	json_t *out = json_pack("{s:[]}", "detectors");
	const struct hf_detector *const *rows;
	size_t count;

	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return json_decref(out), HF_EXIT_USAGE;
	rows = hf_detectors(&count);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(json_object_get(out, "detectors"),
		                      json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:s}", "id", rows[i]->id, "title",
		                                rows[i]->title, "class", hf_sensitivity_name(rows[i]->sensitivity),
		                                "level", rows[i]->level, "alone_by",
		                                rows[i]->evidence == HF_EVIDENCE_CONTENT ? "content"
		                                : rows[i]->evidence == HF_EVIDENCE_NAME  ? "name"
		                                                                         : "pair",
		                                "technique", rows[i]->technique, "basis", rows[i]->basis));
	hf_cli_table(cli, out, "detectors", columns, "none");
	json_decref(out);
	return HF_EXIT_DONE;
}
