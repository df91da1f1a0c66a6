/* mask_inventory.c - the confirmed map in a file: kept by `hufu mask identify --inventory`, settled by `hufu mask
 * confirm`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "mask.h"
#include "masking/inventory.h"

#define FILE_MAX ((size_t)64 << 20)

json_t *hf_mask_load(struct hf_cli *cli, const char *path)
{
	struct hf_fault f = {.code = HF_OK};
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	enum hf_err e = hf_file_read(path, FILE_MAX, &text);
	json_error_t wrong;
	json_t *o;

	if (e != HF_OK) {
		hf_cli_fault(cli, hf_file_fault(&f, e, path, FILE_MAX), &f);
		return NULL;
	}
	if (text.len == 0) { /* jansson takes no empty text */
		hf_cli_fail(cli,
		            "%s is empty, and no JSON object; name the right file, or see the command's --help for "
		            "what stands in it",
		            path);
		return NULL;
	}
	o = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &wrong);
	if (json_is_object(o))
		return o;
	hf_cli_fail(cli, "%s is no JSON object: line %d: %s; correct it", path, o ? 1 : wrong.line,
	            o ? "it begins otherwise" : wrong.text);
	json_decref(o);
	return NULL;
}

static json_t *load_inventory(struct hf_cli *cli, const char *path)
{
	struct hf_fault f = {.code = HF_OK};
	json_t *o = hf_mask_load(cli, path);

	if (!o || hf_inventory_check(o, &f) == HF_OK)
		return o;
	hf_cli_fail(cli, "%s: %s", path, f.text);
	json_decref(o);
	return NULL;
}

static bool save(struct hf_cli *cli, const char *path, const json_t *inventory)
{
	char *text = json_dumps(inventory, JSON_INDENT(1) | JSON_SORT_KEYS);
	size_t len = strlen(text);
	enum hf_err e;

	text[len] = '\n'; /* in the place of the NUL */
	e = hf_file_write(path, text, len + 1, 0600);
	free(text);
	if (e != HF_OK)
		hf_cli_fail(cli, "%s cannot be written: %s; choose another place", path, hf_err_text(e));
	return e == HF_OK;
}

/* The sentences, to a person or into the report. */
static bool tell(struct hf_cli *cli, json_t *report, const json_t *said)
{
	const json_t *s;
	size_t i;

	json_array_foreach(said, i, s)
	{
		json_array_append(json_object_get(report, "differs"), (json_t *)s);
		if (!cli->json)
			fprintf(stderr, "hufu: %s\n", json_string_value(s));
	}
	return json_array_size(said) > 0;
}

bool hf_mask_keep(struct hf_cli *cli, const char *path, json_t *report, bool *ret_differs)
{
	json_t *inventory = access(path, F_OK) == 0 ? load_inventory(cli, path) : hf_inventory_new(), *file;
	size_t i, open;
	bool good;

	if (!inventory)
		return false;
	json_object_set_new(report, "differs", json_array());
	json_array_foreach(json_object_get(report, "files"), i, file)
	{
		json_t *said = hf_inventory_merge(inventory, json_string_value(json_object_get(file, "table")),
		                                  json_object_get(file, "fields"));

		*ret_differs |= tell(cli, report, said);
		json_decref(said);
	}
	hf_inventory_relate(inventory, json_object_get(report, "relations"));
	open = hf_inventory_open(inventory);
	good = save(cli, path, inventory);
	json_object_set_new(report, "unconfirmed", json_integer((json_int_t)open));
	if (good && !cli->json && open > 0)
		printf("\n%zu rows of %s are not confirmed yet; look at them and run `hufu mask confirm %s`\n", open,
		       path, path);
	json_decref(inventory);
	return good;
}

struct confirm_args {
	const char *by, *file;
	struct hf_list fields, relations, drops;
	bool all;
};

/* "table.field" or "table.field=KIND". */
static enum hf_err confirm_field(json_t *inventory, const char *said, const char *by, struct hf_fault *f)
{
	char *place = hf_strdup(said), *type = strrchr(place, '=');
	enum hf_err e;

	if (type)
		*type++ = '\0';
	e = hf_inventory_confirm(inventory, place, type, by, f);
	free(place);
	return e;
}

static enum hf_err confirm(json_t *inventory, const struct confirm_args *a, struct hf_fault *f)
{
	for (size_t i = 0; i < a->fields.count; i++)
		HF_TRY(confirm_field(inventory, a->fields.item[i], a->by, f));
	for (size_t i = 0; i < a->relations.count; i++)
		HF_TRY(hf_inventory_confirm_relation(inventory, a->relations.item[i], true, a->by, f));
	for (size_t i = 0; i < a->drops.count; i++)
		HF_TRY(hf_inventory_confirm_relation(inventory, a->drops.item[i], false, a->by, f));
	if (a->all)
		hf_inventory_confirm_all(inventory, a->by);
	return HF_OK;
}

int hf_mask_cli_confirm(struct hf_cli *cli, int argc, char **argv)
{
	struct confirm_args a = {.by = NULL};
	const struct hf_opt opts[] = {{"by", &a.by, NULL, NULL},
	                              {"field", NULL, NULL, &a.fields},
	                              {"relation", NULL, NULL, &a.relations},
	                              {"drop", NULL, NULL, &a.drops},
	                              {"all", NULL, &a.all, NULL},
	                              {0}};
	struct hf_fault f = {.code = HF_OK};
	json_t *inventory;
	enum hf_err e;
	int status = HF_EXIT_REFUSED;

	if (!hf_cli_args(cli, argc, argv, opts, &a.file, 1, 1))
		return HF_EXIT_USAGE;
	if (!a.by || !*a.by)
		return hf_cli_misuse(cli, "--by NAME is missing: who confirms it");
	inventory = load_inventory(cli, a.file);
	if (!inventory)
		return HF_EXIT_REFUSED;
	e = confirm(inventory, &a, &f);
	if (e != HF_OK) {
		status = hf_cli_fault(cli, e, &f);
	} else if (save(cli, a.file, inventory)) {
		size_t open = hf_inventory_open(inventory);

		if (cli->json)
			printf("{\"unconfirmed\": %zu}\n", open);
		else
			printf("%zu rows are not confirmed yet\n", open);
		status = HF_EXIT_DONE;
	}
	json_decref(inventory);
	return status;
}
