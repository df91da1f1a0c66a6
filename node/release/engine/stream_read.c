/* stream_read.c - rows of CSV and of JSON lines into batches; declared in stream.h and stream_internal.h. */
#include "release/engine/stream_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static bool on_header(struct hf_stream *s, const struct hf_csv_record *rec)
{
	s->header = hf_csv_names(rec);
	s->width = rec->field_count;
	return hf_stream_open(s);
}

/* Most cells are short: one copy of a fixed size, of which the rest is written over, beats a call. */
static inline void put_plain(uint8_t *out, const struct hf_csv_field *f)
{
	memcpy(out, f->data, HF_CSV_SLACK);
	if (f->len > HF_CSV_SLACK)
		memcpy(out + HF_CSV_SLACK, f->data + HF_CSV_SLACK, f->len - HF_CSV_SLACK);
}

static bool keep_cells(struct hf_stream *s, struct job *j, const struct hf_csv_record *rec)
{
	struct cell *cells = &j->cells[j->rows * s->width];
	size_t most = 0;

	for (size_t i = 0; i < s->width; i++)
		most += rec->fields[i].len;
	if (!hf_buf_reserve(&j->text, most + HF_CSV_SLACK))
		return hf_stream_too_large(s);
	for (size_t i = 0; i < s->width; i++) {
		const struct hf_csv_field *f = &rec->fields[i];
		size_t at = j->text.len;

		cells[i] = (struct cell){0, 0};
		if (f->len == 0)
			continue;
		if (f->quoted) {
			if (!hf_csv_value(f, &j->text))
				return hf_stream_too_large(s);
		} else {
			put_plain(j->text.data + at, f);
			j->text.len += f->len;
		}
		cells[i] = (struct cell){(uint32_t)(at + 1), (uint32_t)(j->text.len - at)};
	}
	j->rows++;
	s->rows_in++;
	return true;
}

static bool on_record(void *ctx, const struct hf_csv_record *rec)
{
	struct hf_stream *s = ctx;
	struct job *j;

	if (rec->number == 0)
		return on_header(s, rec);
	if (rec->number == 1)
		s->header_end = rec->byte;
	if (rec->field_count != s->width)
		return hf_stream_fail(s, "format",
		                      hf_fault_set(s->f, HF_E_FORMAT,
		                                   "row %" PRIu64 " has %zu fields, the header %zu; correct the file",
		                                   s->from.rows_in + rec->number, rec->field_count, s->width)) == HF_OK;
	j = hf_stream_next_row(s);
	return j && keep_cells(s, j, rec);
}

/* The table has the plan's fields, in its order. */
static bool open_lines(struct hf_stream *s)
{
	const struct hf_plan_table *t = hf_plan_table_named(s->setup.plan, s->setup.table);

	s->width = t ? t->field_count : 0; /* no such table: the workers say it */
	s->header = hf_alloc_zero((s->width + 1) * sizeof(*s->header));
	s->columns = hf_alloc_zero(HF_JSONL_CELLS_MAX * sizeof(*s->columns));
	for (size_t i = 0; i < s->width; i++)
		s->header[i] = hf_strdup(t->fields[i].name);
	return hf_stream_open(s);
}

/* The column of member i: mostly that of the line before. */
static size_t column_of(struct hf_stream *s, size_t i, const struct hf_bytes *name)
{
	for (size_t k = 0; k <= s->width; k++) {
		size_t c = k == 0 ? s->columns[i] : k - 1;

		if (c < s->width && strlen(s->header[c]) == name->len &&
		    memcmp(s->header[c], name->data, name->len) == 0)
			return s->columns[i] = c;
	}
	return s->width;
}

static bool bad_member(struct hf_stream *s, const struct hf_jsonl_cell *cell, const char *what)
{
	uint64_t line, byte;
	char name[64];
	int n = cell->name.len < 60 ? (int)cell->name.len : 60;

	hf_jsonl_where(s->lines, &line, &byte);
	snprintf(name, sizeof(name), "%.*s", n, (const char *)cell->name.data);
	hf_utf8_mend(name);
	return hf_stream_fail(s, "format",
	                      hf_fault_set(s->f, HF_E_FORMAT, "line %" PRIu64 ", field %s: %s", line, name, what)) ==
	       HF_OK;
}

static bool on_object(void *ctx, const struct hf_jsonl_record *rec)
{
	struct hf_stream *s = ctx;
	struct job *j = hf_stream_next_row(s);
	struct cell *cells = j ? &j->cells[j->rows * s->width] : NULL;
	uint8_t *kinds = j ? &j->kinds[j->rows * s->width] : NULL;

	if (!j)
		return false;
	memset(cells, 0, s->width * sizeof(*cells));
	memset(kinds, 0, s->width);
	for (size_t i = 0; i < rec->cell_count; i++) {
		const struct hf_jsonl_cell *cell = &rec->cells[i];
		size_t c = column_of(s, i, &cell->name), at = j->text.len;

		if (c == s->width)
			return bad_member(s, cell, "the plan says nothing of it; give it a technique, or keep");
		if (cell->kind == HF_JSONL_NESTED)
			return bad_member(s, cell,
			                  "it holds an object or an array, which cannot be masked; flatten it");
		kinds[c] = (uint8_t)cell->kind;
		if (cell->kind == HF_JSONL_NULL)
			continue;
		if (!hf_buf_reserve(&j->text, cell->value.len + 1)) /* also for an empty text: it is not null */
			return hf_stream_too_large(s);
		hf_buf_add(&j->text, cell->value.data, cell->value.len);
		cells[c] = (struct cell){(uint32_t)(at + 1), (uint32_t)cell->value.len};
	}
	j->rows++;
	s->rows_in++;
	return true;
}

static enum hf_err ended_lines(struct hf_stream *s, enum hf_jsonl_defect d, const char **ret_kind)
{
	uint64_t line, byte;

	if (s->error == HF_OK && d != HF_JSONL_GOOD) {
		hf_jsonl_where(s->lines, &line, &byte);
		hf_stream_fail(s, "format",
		               hf_fault_set(s->f, HF_E_FORMAT,
		                            "line %" PRIu64 ", byte %" PRIu64 ": %s; correct the file", line, byte,
		                            hf_jsonl_defect_text(d)));
	}
	*ret_kind = s->kind;
	s->f = NULL;
	return s->error;
}

static enum hf_err ended(struct hf_stream *s, enum hf_csv_defect d, const char **ret_kind)
{
	struct hf_csv_place at;

	if (s->error == HF_OK && d != HF_CSV_GOOD) {
		hf_csv_where(s->csv, &at);
		hf_stream_fail(s, "format",
		               hf_fault_set(s->f, HF_E_FORMAT,
		                            "line %" PRIu64 ", byte %" PRIu64 ": %s; correct the file", at.line,
		                            at.byte, hf_csv_defect_text(d)));
	}
	*ret_kind = s->kind;
	s->f = NULL;
	return s->error;
}

/* The reader, with the first bytes; of JSON lines also the columns. */
static enum hf_err begin(struct hf_stream *s)
{
	if (s->csv || s->lines)
		return HF_OK;
	if (s->setup.in_form == HF_STREAM_CSV) {
		s->csv = hf_csv_new(on_record, s);
		hf_csv_allow(s->csv, HF_CSV_RECORD_MOST);
		return HF_OK;
	}
	s->lines = hf_jsonl_new(on_object, s);
	hf_jsonl_allow(s->lines, HF_JSONL_LINE_MOST);
	return open_lines(s) ? HF_OK : s->error;
}

enum hf_err hf_stream_feed(struct hf_stream *s, const void *data, size_t len, struct hf_fault *f, const char **ret_kind)
{
	s->f = f;
	if (begin(s) != HF_OK)
		return ended_lines(s, HF_JSONL_GOOD, ret_kind);
	return s->csv ? ended(s, hf_csv_feed(s->csv, data, len), ret_kind)
	              : ended_lines(s, hf_jsonl_feed(s->lines, data, len), ret_kind);
}

/* The last rows are handed over. */
static void end_input(struct hf_stream *s, enum hf_csv_defect *d, enum hf_jsonl_defect *jd)
{
	if (s->setup.in_form == HF_STREAM_CSV)
		*d = s->csv ? hf_csv_end(s->csv) : HF_CSV_HEADER;
	else if (begin(s) == HF_OK)
		*jd = hf_jsonl_end(s->lines);
	if (*d == HF_CSV_GOOD && s->error == HF_OK && s->width == 0)
		*d = HF_CSV_HEADER;
	s->ended = *d == HF_CSV_GOOD && *jd == HF_JSONL_GOOD && s->error == HF_OK && hf_stream_hand_over(s);
}

enum hf_err hf_stream_end_some(struct hf_stream *s, bool *ret_more, struct hf_fault *f, const char **ret_kind)
{
	enum hf_csv_defect d = HF_CSV_GOOD;
	enum hf_jsonl_defect jd = HF_JSONL_GOOD;

	s->f = f;
	if (!s->ended)
		end_input(s, &d, &jd);
	if (s->ended && hf_stream_drain(s, s->filled > s->written ? s->filled - s->written - 1 : 0) &&
	    s->filled == s->written)
		hf_stream_finish(s);
	*ret_more = s->error == HF_OK && s->filled > s->written;
	return s->setup.in_form == HF_STREAM_CSV ? ended(s, d, ret_kind) : ended_lines(s, jd, ret_kind);
}

enum hf_err hf_stream_end(struct hf_stream *s, struct hf_fault *f, const char **ret_kind)
{
	bool more = true;
	enum hf_err e = HF_OK;

	while (e == HF_OK && more)
		e = hf_stream_end_some(s, &more, f, ret_kind);
	return e;
}
