/* source_comments.c - a data dictionary as evidence for what fields hold; declared in source_fields.h. */
#include <string.h>

#include "csv_table.h"
#include "mask.h"
#include "source_fields.h"

/* The first of the names under which a row has something. */
static const char *cell(const json_t *row, const char *const *names)
{
	const char *text = NULL;

	for (; *names && !text; names++)
		text = json_string_value(json_object_get(row, *names));
	return text ? text : "";
}

static json_t *of_table(const json_t *rows, const char *source)
{
	static const char *const table[] = {"table", "表", "表名", NULL},
	                         *const field[] = {"field", "字段", "字段名", NULL},
	                         *const comment[] = {"comment", "注释", "说明", "备注", NULL};
	json_t *about = json_pack("{s:{}}", "fields"), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const char *of = cell(row, table), *name = cell(row, field), *text = cell(row, comment);

		if (!*text || (*of && strcmp(of, source) != 0))
			continue;
		json_object_set_new(*name ? json_object_get(about, "fields") : about, *name ? name : "comment",
		                    json_string(text));
	}
	return about;
}

bool hf_source_cli_comments(struct hf_cli *cli, json_t *in, const char *source, const char *path)
{
	const char *point = path ? strrchr(path, '.') : NULL;
	json_t *about, *rows;

	if (!path)
		return true;
	if (point && strcmp(point, ".json") == 0) {
		about = hf_mask_load(cli, path);
	} else {
		rows = hf_cli_csv(cli, path);
		about = rows ? of_table(rows, source) : NULL;
		json_decref(rows);
	}
	if (about)
		json_object_set_new(in, "about", about);
	return about != NULL;
}
