/* mask_table.c - a table of CSV or JSON lines read whole, as codes; declared in mask_evaluate.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "mask_evaluate.h"

struct reader {
	struct hf_mask_table *out;
	uint32_t rows; /* at most; 0: all */
	const uint8_t *key;
};

static enum hf_err header(void *ctx, const char *const *names, size_t count, struct hf_fault *f)
{
	struct reader *r = ctx;

	(void)f;
	r->out->names = hf_alloc((count + 1) * sizeof(*r->out->names));
	for (size_t i = 0; i < count; i++)
		r->out->names[i] = hf_strdup(names[i]);
	r->out->name_count = count;
	r->out->rows = hf_effect_table_new(count, r->key);
	return HF_OK;
}

static enum hf_err row(void *ctx, const struct hf_bytes *cells, struct hf_fault *f)
{
	struct reader *r = ctx;

	if (r->rows && hf_effect_rows(r->out->rows) == r->rows)
		return hf_fault_set(f, HF_E_CANCELLED, "it has as many rows as are wanted");
	if (hf_effect_add(r->out->rows, cells))
		return HF_OK;
	return hf_fault_set(f, HF_E_LIMIT,
	                    "%.200s has more than %u rows, or 4 GiB of different values; evaluate a part of it",
	                    r->out->path, HF_EFFECT_ROWS_MAX);
}

static enum hf_err load(const struct hf_mask_input *file, struct reader *r, struct hf_fault *f)
{
	const struct hf_mask_rows rows = {header, row, r};

	*r->out = (struct hf_mask_table){.path = file->path};
	return hf_mask_rows_read(file, &rows, f);
}

enum hf_err hf_mask_table_load(const struct hf_mask_input *file, const uint8_t key[16], struct hf_mask_table *ret_table,
                               struct hf_fault *f)
{
	return load(file, &(struct reader){.out = ret_table, .key = key}, f);
}

enum hf_err hf_mask_table_first(const struct hf_mask_input *file, const uint8_t key[16], uint32_t most,
                                struct hf_mask_table *ret_table, struct hf_fault *f)
{
	enum hf_err e = load(file, &(struct reader){.out = ret_table, .rows = most, .key = key}, f);

	return e == HF_E_CANCELLED ? HF_OK : e;
}

bool hf_mask_table_read(struct hf_cli *cli, const char *path, const uint8_t key[16], struct hf_mask_table *ret_table)
{
	struct hf_fault f = {.code = HF_OK};
	enum hf_err e = hf_mask_table_load(&(struct hf_mask_input){.path = path}, key, ret_table, &f);

	if (e != HF_OK)
		hf_cli_fault(cli, e, &f);
	return e == HF_OK;
}

void hf_mask_table_done(struct hf_mask_table *t)
{
	hf_effect_table_free(t->rows);
	for (size_t i = 0; i < t->name_count; i++)
		free(t->names[i]);
	free(t->names);
	*t = (struct hf_mask_table){.path = NULL};
}

bool hf_mask_table_column(struct hf_cli *cli, const struct hf_mask_table *t, const char *name, size_t *ret_column)
{
	for (size_t i = 0; i < t->name_count; i++)
		if (strcmp(t->names[i], name) == 0) {
			*ret_column = i;
			return true;
		}
	hf_cli_fail(cli, "%s has no column %s; its header names them", t->path, name);
	return false;
}
