/* mask_table.c - a CSV table read whole, as codes; declared in mask_evaluate.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "mask_evaluate.h"
#include "source/readers/csv.h"
#include "source/readers/recode.h"

#define PIECE ((size_t)256 << 10)

struct reader {
	struct hf_cli *cli;
	struct hf_mask_table *out;
	const uint8_t *key;
	struct hf_buf values; /* cells without quotes */
	struct hf_bytes *cells;
	bool full;
};

static void header(struct reader *r, const struct hf_csv_record *rec)
{
	r->out->names = hf_alloc(rec->field_count * sizeof(*r->out->names));
	for (size_t i = 0; i < rec->field_count; i++) {
		struct hf_buf name = HF_BUF_INIT;

		hf_csv_value(&rec->fields[i], &name);
		hf_buf_add(&name, "", 1);
		r->out->names[i] = (char *)hf_buf_take(&name, &(size_t){0});
	}
	r->out->name_count = rec->field_count;
	r->out->rows = hf_effect_table_new(rec->field_count, r->key);
	r->cells = hf_alloc_zero(rec->field_count * sizeof(*r->cells));
}

static bool on_record(void *ctx, const struct hf_csv_record *rec)
{
	struct reader *r = ctx;
	size_t quoted = 0;

	if (rec->number == 0) {
		header(r, rec);
		return true;
	}
	for (size_t i = 0; i < rec->field_count; i++)
		quoted += rec->fields[i].quoted ? rec->fields[i].len : 0;
	hf_buf_clear(&r->values);
	hf_buf_reserve(&r->values, quoted + 1); /* so that it does not move */
	for (size_t i = 0; i < rec->field_count; i++) {
		const struct hf_csv_field *f = &rec->fields[i];
		size_t at = r->values.len;

		r->cells[i] = (struct hf_bytes){f->data, f->len};
		if (f->quoted && hf_csv_value(f, &r->values))
			r->cells[i] = (struct hf_bytes){r->values.data + at, r->values.len - at};
	}
	r->full = !hf_effect_add(r->out->rows, r->cells);
	return !r->full;
}

static bool take(struct reader *r, struct hf_csv *csv, const struct hf_buf *utf8, bool last)
{
	enum hf_csv_defect d = hf_csv_feed(csv, utf8->data, utf8->len);
	struct hf_csv_place at;

	if (d == HF_CSV_GOOD && last)
		d = hf_csv_end(csv);
	if (d == HF_CSV_GOOD)
		return true;
	hf_csv_where(csv, &at);
	if (r->full)
		hf_cli_fail(r->cli, "%s has more than %u rows, or 4 GiB of different values; evaluate a part of it",
		            r->out->path, HF_EFFECT_ROWS_MAX);
	else
		hf_cli_fail(r->cli, "%s, line %" PRIu64 ", byte %" PRIu64 ": %s; correct the file", r->out->path,
		            at.line, at.byte, hf_csv_defect_text(d));
	return false;
}

static bool pass(struct reader *r, int fd, struct hf_csv *csv, uint8_t *piece)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf utf8 = HF_BUF_INIT;
	struct hf_recode *recode = NULL;
	bool good = true, last = false;

	while (good && !last) {
		ssize_t n = read(fd, piece, PIECE);

		last = n <= 0;
		if (!recode) {
			enum hf_encoding e = hf_encoding_guess(piece, n > 0 ? (size_t)n : 0, n < (ssize_t)PIECE);

			recode = e == HF_ENCODING_UNKNOWN ? NULL : hf_recode_new(e);
		}
		hf_buf_clear(&utf8);
		good = n >= 0 && recode && hf_recode_feed(recode, piece, n > 0 ? (size_t)n : 0, &utf8) &&
		       (!last || hf_recode_end(recode));
		if (n < 0)
			hf_cli_fail(r->cli, "%s cannot be read: %s", r->out->path, strerror(errno));
		else if (!good)
			hf_cli_fail(r->cli, "%s is neither UTF-8 nor GB18030; convert it to UTF-8", r->out->path);
		else
			good = take(r, csv, &utf8, last);
	}
	hf_recode_free(recode);
	return good;
}

bool hf_mask_table_read(struct hf_cli *cli, const char *path, const uint8_t key[16], struct hf_mask_table *ret_table)
{
	struct reader r = {.cli = cli, .out = ret_table, .key = key};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct hf_csv *csv = hf_csv_new(on_record, &r);
	uint8_t *piece = hf_alloc(PIECE);
	bool good = false;

	*ret_table = (struct hf_mask_table){.path = path};
	hf_buf_init(&r.values, HF_CSV_RECORD_MOST + 1);
	hf_csv_allow(csv, HF_CSV_RECORD_MOST);
	if (fd < 0)
		hf_cli_fail(cli, "%s cannot be opened: %s", path, strerror(errno));
	else
		good = pass(&r, fd, csv, piece);
	if (fd >= 0)
		close(fd);
	if (good && !ret_table->rows) {
		hf_cli_fail(cli, "%s is empty; a table has at least a header", path);
		good = false;
	}
	hf_csv_free(csv);
	hf_buf_done(&r.values);
	free(r.cells);
	free(piece);
	return good;
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
