/* mask_table.c - a table of CSV or JSON lines read whole, as codes; declared in mask_evaluate.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "mask_evaluate.h"
#include "source/readers/csv.h"
#include "source/readers/jsonl.h"
#include "source/readers/recode.h"

#define PIECE ((size_t)256 << 10)

struct reader {
	struct hf_mask_table *out;
	const uint8_t *key;
	struct hf_fault *f;
	struct hf_buf values; /* cells without quotes */
	struct hf_bytes *cells;
	bool full;
};

static bool add(struct reader *r)
{
	r->full = !hf_effect_add(r->out->rows, r->cells);
	return !r->full;
}

static void begin(struct reader *r)
{
	r->out->rows = hf_effect_table_new(r->out->name_count, r->key);
	r->cells = hf_alloc_zero((r->out->name_count + 1) * sizeof(*r->cells));
}

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
	begin(r);
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
		const struct hf_csv_field *field = &rec->fields[i];
		size_t at = r->values.len;

		r->cells[i] = (struct hf_bytes){field->data, field->len};
		if (field->quoted && hf_csv_value(field, &r->values))
			r->cells[i] = (struct hf_bytes){r->values.data + at, r->values.len - at};
	}
	return add(r);
}

/* HF_MAX_FIELDS: there are too many. */
static size_t name_index(struct hf_mask_table *t, const struct hf_bytes *name)
{
	for (size_t i = 0; i < t->name_count; i++)
		if (strlen(t->names[i]) == name->len && memcmp(t->names[i], name->data, name->len) == 0)
			return i;
	if (t->name_count == HF_MAX_FIELDS)
		return HF_MAX_FIELDS;
	t->names = hf_realloc(t->names, (t->name_count + 1) * sizeof(*t->names));
	t->names[t->name_count] = hf_alloc(name->len + 1);
	memcpy(t->names[t->name_count], name->data, name->len);
	t->names[t->name_count][name->len] = '\0';
	return t->name_count++;
}

/* First the names are collected, then the values. */
static bool on_object(void *ctx, const struct hf_jsonl_record *rec)
{
	struct reader *r = ctx;

	if (r->cells)
		memset(r->cells, 0, r->out->name_count * sizeof(*r->cells));
	for (size_t i = 0; i < rec->cell_count; i++) {
		size_t at = name_index(r->out, &rec->cells[i].name);

		r->full = at == HF_MAX_FIELDS;
		if (r->full)
			return false;
		if (r->cells)
			r->cells[at] = rec->cells[i].value;
	}
	return !r->cells || add(r);
}

static enum hf_err too_much(struct reader *r)
{
	return hf_fault_set(
	        r->f, HF_E_LIMIT,
	        "%.200s has more than %u rows or %u columns, or 4 GiB of different values; evaluate a part of it",
	        r->out->path, HF_EFFECT_ROWS_MAX, (unsigned)HF_MAX_FIELDS);
}

static enum hf_err take_csv(struct reader *r, void *to, const struct hf_buf *utf8, bool last)
{
	enum hf_csv_defect d = hf_csv_feed(to, utf8->data, utf8->len);
	struct hf_csv_place at;

	if (d == HF_CSV_GOOD && last)
		d = hf_csv_end(to);
	if (d == HF_CSV_GOOD)
		return HF_OK;
	hf_csv_where(to, &at);
	return r->full ? too_much(r)
	               : hf_fault_set(r->f, HF_E_FORMAT,
	                              "%.200s, line %" PRIu64 ", byte %" PRIu64 ": %s; correct the file", r->out->path,
	                              at.line, at.byte, hf_csv_defect_text(d));
}

static enum hf_err take_lines(struct reader *r, void *to, const struct hf_buf *utf8, bool last)
{
	enum hf_jsonl_defect d = hf_jsonl_feed(to, utf8->data, utf8->len);
	uint64_t line, byte;

	if (d == HF_JSONL_GOOD && last)
		d = hf_jsonl_end(to);
	if (d == HF_JSONL_GOOD)
		return HF_OK;
	hf_jsonl_where(to, &line, &byte);
	return r->full ? too_much(r)
	               : hf_fault_set(r->f, HF_E_FORMAT,
	                              "%.200s, line %" PRIu64 ", byte %" PRIu64 ": %s; correct the file", r->out->path,
	                              line, byte, hf_jsonl_defect_text(d));
}

/* Where pieces of the file go, in UTF-8. */
struct taking {
	enum hf_err (*take)(struct reader *r, void *to, const struct hf_buf *utf8, bool last);
	void *to;
	enum hf_encoding encoding;
};

static enum hf_err pass(struct reader *r, int fd, const struct taking *t, uint8_t *piece)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf utf8 = HF_BUF_INIT;
	struct hf_recode *recode = t->encoding == HF_ENCODING_UNKNOWN ? NULL : hf_recode_new(t->encoding);
	enum hf_err e = HF_OK;
	bool last = false;

	for (off_t from = 0; e == HF_OK && !last;) {
		ssize_t n = pread(fd, piece, PIECE, from);
		size_t got = n > 0 ? (size_t)n : 0;

		last = n <= 0;
		from += (off_t)got;
		if (!recode) {
			enum hf_encoding told = hf_encoding_guess(piece, got, n < (ssize_t)PIECE);

			recode = told == HF_ENCODING_UNKNOWN ? NULL : hf_recode_new(told);
		}
		hf_buf_clear(&utf8);
		if (n < 0)
			e = hf_fault_set(r->f, HF_E_IO, "%.200s cannot be read: %s", r->out->path, strerror(errno));
		else if (!recode || !hf_recode_feed(recode, piece, got, &utf8) || (last && !hf_recode_end(recode)))
			e = hf_fault_set(r->f, HF_E_FORMAT, "%.200s is neither UTF-8 nor GB18030; convert it to UTF-8",
			                 r->out->path);
		else
			e = t->take(r, t->to, &utf8, last);
	}
	hf_recode_free(recode);
	return e;
}

static enum hf_err pass_csv(struct reader *r, int fd, enum hf_encoding encoding, uint8_t *piece)
{
	struct hf_csv *csv = hf_csv_new(on_record, r);
	enum hf_err e;

	hf_csv_allow(csv, HF_CSV_RECORD_MOST);
	e = pass(r, fd, &(struct taking){take_csv, csv, encoding}, piece);
	hf_csv_free(csv);
	if (e == HF_OK && !r->out->rows)
		e = hf_fault_set(r->f, HF_E_FORMAT, "%.200s is empty; a table has at least a header", r->out->path);
	return e;
}

static enum hf_err pass_lines(struct reader *r, int fd, enum hf_encoding encoding, uint8_t *piece)
{
	enum hf_err e = HF_OK;

	for (unsigned i = 0; i < 2 && e == HF_OK; i++) {
		struct hf_jsonl *lines = hf_jsonl_new(on_object, r);

		if (i == 1)
			begin(r);
		e = pass(r, fd, &(struct taking){take_lines, lines, encoding}, piece);
		hf_jsonl_free(lines);
	}
	return e;
}

enum hf_err hf_mask_table_load(const struct hf_mask_input *file, const uint8_t key[16], struct hf_mask_table *ret_table,
                               struct hf_fault *f)
{
	struct reader r = {.out = ret_table, .key = key, .f = f};
	int fd = open(file->path, O_RDONLY | O_CLOEXEC);
	enum hf_mask_format format = file->format ? file->format : hf_mask_format_of(file->path);
	uint8_t *piece;
	enum hf_err e;

	*ret_table = (struct hf_mask_table){.path = file->path};
	if (fd < 0)
		return hf_fault_set(f, HF_E_IO, "%.200s cannot be opened: %s", file->path, strerror(errno));
	piece = hf_alloc(PIECE);
	hf_buf_init(&r.values, HF_CSV_RECORD_MOST + 1);
	e = format == HF_MASK_LINES ? pass_lines(&r, fd, file->encoding, piece)
	                            : pass_csv(&r, fd, file->encoding, piece);
	close(fd);
	hf_buf_done(&r.values);
	free(r.cells);
	free(piece);
	return e;
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
