/* mask_rows.c - a table row by row; declared in mask_rows.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "mask_rows.h"
#include "source/readers/csv.h"
#include "source/readers/jsonl.h"
#include "source/readers/recode.h"

#define PIECE ((size_t)256 << 10)

static bool ends_in(const char *path, const char *end)
{
	size_t n = strlen(path), k = strlen(end);

	return n > k && strcasecmp(path + n - k, end) == 0;
}

enum hf_mask_format hf_mask_format_of(const char *path)
{
	if (ends_in(path, ".jsonl") || ends_in(path, ".ndjson"))
		return HF_MASK_LINES;
	return ends_in(path, ".csv") ? HF_MASK_CSV : HF_MASK_TEXT;
}

struct reader {
	const char *path;
	const struct hf_mask_rows *rows;
	struct hf_fault *f;
	char **names;
	size_t name_count;
	bool named;           /* header was called */
	struct hf_buf values; /* cells without quotes */
	struct hf_bytes *cells;
	enum hf_err stopped; /* by a callback, or for too many columns */
};

static bool begin(struct reader *r)
{
	r->named = true;
	r->cells = hf_alloc_zero((r->name_count + 1) * sizeof(*r->cells));
	r->stopped = r->rows->header(r->rows->ctx, (const char *const *)r->names, r->name_count, r->f);
	return r->stopped == HF_OK;
}

static bool add(struct reader *r)
{
	r->stopped = r->rows->row(r->rows->ctx, r->cells, r->f);
	return r->stopped == HF_OK;
}

static bool header(struct reader *r, const struct hf_csv_record *rec)
{
	r->names = hf_csv_names(rec);
	r->name_count = rec->field_count;
	return begin(r);
}

static bool on_record(void *ctx, const struct hf_csv_record *rec)
{
	struct reader *r = ctx;
	size_t quoted = 0;

	if (rec->number == 0)
		return header(r, rec);
	if (rec->field_count != r->name_count) {
		r->stopped = hf_fault_set(r->f, HF_E_FORMAT,
		                          "%.200s: row %" PRIu64 " has %zu fields, the header %zu; correct the file",
		                          r->path, rec->number, rec->field_count, r->name_count);
		return false;
	}
	for (size_t i = 0; i < rec->field_count; i++)
		quoted += rec->fields[i].quoted ? rec->fields[i].len : 0;
	hf_buf_clear(&r->values);
	hf_buf_reserve(&r->values, quoted + 1); /* so that it does not move */
	for (size_t i = 0; i < rec->field_count; i++) {
		const struct hf_csv_field *field = &rec->fields[i];
		size_t at = r->values.len;

		r->cells[i] = (struct hf_bytes){field->len ? field->data : NULL, field->len};
		if (field->quoted && hf_csv_value(field, &r->values))
			r->cells[i] = (struct hf_bytes){r->values.data + at, r->values.len - at};
	}
	return add(r);
}

/* HF_MAX_FIELDS: it cannot be one. */
static size_t name_index(struct reader *r, const struct hf_bytes *name)
{
	for (size_t i = 0; i < r->name_count; i++)
		if (strlen(r->names[i]) == name->len && memcmp(r->names[i], name->data, name->len) == 0)
			return i;
	if (r->name_count == HF_MAX_FIELDS || r->cells) /* too many, or the file is another one than a moment ago */
		return HF_MAX_FIELDS;
	r->names = hf_realloc(r->names, (r->name_count + 1) * sizeof(*r->names));
	r->names[r->name_count] = hf_alloc(name->len + 1);
	memcpy(r->names[r->name_count], name->data, name->len);
	r->names[r->name_count][name->len] = '\0';
	return r->name_count++;
}

/* First the names are collected, then the values. */
static bool on_object(void *ctx, const struct hf_jsonl_record *rec)
{
	struct reader *r = ctx;

	if (r->cells)
		memset(r->cells, 0, r->name_count * sizeof(*r->cells));
	for (size_t i = 0; i < rec->cell_count; i++) {
		size_t at = name_index(r, &rec->cells[i].name);

		if (at == HF_MAX_FIELDS) {
			r->stopped = r->cells ? hf_fault_set(r->f, HF_E_SOURCE_CHANGED,
			                                     "%.200s changed while it was read; read it again when "
			                                     "nobody writes to it",
			                                     r->path)
			                      : hf_fault_set(r->f, HF_E_LIMIT,
			                                     "%.200s has more than %u columns; take some of them",
			                                     r->path, (unsigned)HF_MAX_FIELDS);
			return false;
		}
		if (r->cells)
			r->cells[at] = rec->cells[i].value;
	}
	return !r->cells || add(r);
}

static enum hf_err defect(struct reader *r, uint64_t line, uint64_t byte, const char *text)
{
	if (r->stopped != HF_OK)
		return r->stopped;
	return hf_fault_set(r->f, HF_E_FORMAT, "%.200s, line %" PRIu64 ", byte %" PRIu64 ": %s; correct the file",
	                    r->path, line, byte, text);
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
	return defect(r, at.line, at.byte, hf_csv_defect_text(d));
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
	return defect(r, line, byte, hf_jsonl_defect_text(d));
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
		if (recode)
			hf_recode_check(recode);
		hf_buf_clear(&utf8);
		if (n < 0)
			e = hf_fault_set(r->f, HF_E_IO, "%.200s cannot be read: %s", r->path, strerror(errno));
		else if (!recode || !hf_recode_feed(recode, piece, got, &utf8) || (last && !hf_recode_end(recode)))
			e = hf_fault_set(r->f, HF_E_FORMAT, "%.200s is neither UTF-8 nor GB18030; convert it to UTF-8",
			                 r->path);
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
	if (e == HF_OK && !r->named)
		e = hf_fault_set(r->f, HF_E_FORMAT, "%.200s is empty; a table has at least a header", r->path);
	return e;
}

static enum hf_err pass_lines(struct reader *r, int fd, enum hf_encoding encoding, uint8_t *piece)
{
	enum hf_err e = HF_OK;

	for (unsigned i = 0; i < 2 && e == HF_OK; i++) {
		struct hf_jsonl *lines = hf_jsonl_new(on_object, r);

		hf_jsonl_allow(lines, HF_JSONL_LINE_MOST);
		if (i == 0 || begin(r))
			e = pass(r, fd, &(struct taking){take_lines, lines, encoding}, piece);
		else
			e = r->stopped;
		hf_jsonl_free(lines);
	}
	return e;
}

enum hf_err hf_mask_rows_read(const struct hf_mask_input *file, const struct hf_mask_rows *rows, struct hf_fault *f)
{
	struct reader r = {.path = file->path, .rows = rows, .f = f};
	int fd = open(file->path, O_RDONLY | O_CLOEXEC);
	enum hf_mask_format format = file->format ? file->format : hf_mask_format_of(file->path);
	uint8_t *piece;
	enum hf_err e;

	if (fd < 0)
		return hf_fault_set(f, HF_E_IO, "%.200s cannot be opened: %s", file->path, strerror(errno));
	piece = hf_alloc(PIECE);
	hf_buf_init(&r.values, HF_CSV_RECORD_MOST + 1);
	e = format == HF_MASK_LINES ? pass_lines(&r, fd, file->encoding, piece)
	                            : pass_csv(&r, fd, file->encoding, piece);
	close(fd);
	hf_buf_done(&r.values);
	for (size_t i = 0; i < r.name_count; i++)
		free(r.names[i]);
	free(r.names);
	free(r.cells);
	free(piece);
	return e;
}
