/* csv_scan.c - the header's names, and over all rows each column's type and nulls; declared in csv.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/readers/csv_header.h"

struct hf_csv_scan {
	struct hf_csv *csv;
	struct hf_csv_column *columns;
	size_t column_count;
	enum hf_csv_defect defect;
	struct hf_buf value;  /* of a quoted field with quotes in it */
	struct hf_buf *cells; /* the caller's; NULL: nobody asked */
};

static enum hf_csv_defect one_name(const struct hf_csv_field *f, struct hf_csv_column *c)
{
	struct hf_buf name;
	bool good;

	hf_buf_init(&name, HF_CSV_NAME_MAX);
	good = hf_csv_value(f, &name) && name.len > 0 &&
	       hf_text_ok((const char *)name.data, name.len, HF_CSV_NAME_MAX) && !memchr(name.data, '\n', name.len);
	if (good)
		memcpy(c->name, name.data, name.len);
	hf_buf_done(&name);
	return good ? HF_CSV_GOOD : HF_CSV_HEADER;
}

static int by_name(const void *a, const void *b)
{
	const struct hf_csv_column *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static bool names_differ(const struct hf_csv_column *columns, size_t count)
{
	const struct hf_csv_column *sorted[HF_CSV_FIELDS_MAX];

	for (size_t i = 0; i < count; i++)
		sorted[i] = &columns[i];
	qsort(sorted, count, sizeof(sorted[0]), by_name);
	for (size_t i = 1; i < count; i++)
		if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
			return false;
	return true;
}

enum hf_csv_defect hf_csv_header(const struct hf_csv_record *r, struct hf_csv_column *columns)
{
	memset(columns, 0, r->field_count * sizeof(*columns));
	for (size_t i = 0; i < r->field_count; i++)
		if (one_name(&r->fields[i], &columns[i]) != HF_CSV_GOOD)
			return HF_CSV_HEADER;
	return names_differ(columns, r->field_count) ? HF_CSV_GOOD : HF_CSV_HEADER;
}

static void see_quoted(struct hf_csv_scan *s, struct hf_csv_column *c, const struct hf_csv_field *f)
{
	hf_buf_clear(&s->value);
	if (f->len > 2 && hf_csv_value(f, &s->value))
		c->type = hf_csv_type_join(c->type, s->value.data, s->value.len);
	else
		c->type = HF_CSV_STRING;
}

static bool on_row(struct hf_csv_scan *s, const struct hf_csv_record *r)
{
	if (r->field_count != s->column_count) {
		s->defect = HF_CSV_WIDTH;
		return false;
	}
	for (size_t i = 0; i < r->field_count; i++) {
		const struct hf_csv_field *f = &r->fields[i];
		struct hf_csv_column *c = &s->columns[i];

		if (f->len == 0)
			c->nulls++;
		else if (c->type == HF_CSV_STRING)
			continue;
		else if (f->quoted)
			see_quoted(s, c, f);
		else if (!hf_csv_field_fits(c->type, f))
			c->type = hf_csv_type_join(c->type, f->data, f->len);
	}
	return true;
}

static bool put_u32(struct hf_buf *out, size_t n)
{
	uint8_t b[4];

	hf_put_u32(b, (uint32_t)n);
	return hf_buf_add(out, b, sizeof(b));
}

static bool put_cells(struct hf_csv_scan *s, const struct hf_csv_record *r)
{
	bool room = r->number > 0 || put_u32(s->cells, r->field_count);

	for (size_t i = 0; room && i < r->field_count; i++) {
		size_t at = s->cells->len;

		room = put_u32(s->cells, 0) && hf_csv_value(&r->fields[i], s->cells);
		if (room)
			hf_put_u32(s->cells->data + at, (uint32_t)(s->cells->len - at - 4));
	}
	if (!room)
		s->defect = HF_CSV_LONG;
	return room;
}

static bool on_record(void *ctx, const struct hf_csv_record *r)
{
	struct hf_csv_scan *s = ctx;

	if (r->number > 0)
		return on_row(s, r) && (!s->cells || put_cells(s, r));
	s->columns = hf_alloc(r->field_count * sizeof(*s->columns));
	s->defect = hf_csv_header(r, s->columns);
	if (s->defect != HF_CSV_GOOD)
		return false;
	s->column_count = r->field_count;
	return !s->cells || put_cells(s, r);
}

struct hf_csv_scan *hf_csv_scan_new(void)
{
	struct hf_csv_scan *s = hf_alloc_zero(sizeof(*s));

	s->csv = hf_csv_new(on_record, s);
	hf_buf_init(&s->value, HF_CSV_RECORD_MAX);
	return s;
}

void hf_csv_scan_cells(struct hf_csv_scan *s, struct hf_buf *out)
{
	s->cells = out;
}

void hf_csv_scan_free(struct hf_csv_scan *s)
{
	if (!s)
		return;
	hf_csv_free(s->csv);
	hf_buf_done(&s->value);
	free(s->columns);
	free(s);
}

static enum hf_csv_defect result(struct hf_csv_scan *s, enum hf_csv_defect d)
{
	if (s->defect == HF_CSV_GOOD)
		s->defect = d;
	return s->defect;
}

enum hf_csv_defect hf_csv_scan_feed(struct hf_csv_scan *s, const void *data, size_t len)
{
	return result(s, hf_csv_feed(s->csv, data, len));
}

enum hf_csv_defect hf_csv_scan_end(struct hf_csv_scan *s)
{
	enum hf_csv_defect d = result(s, hf_csv_end(s->csv));

	if (d == HF_CSV_GOOD && s->column_count == 0)
		s->defect = HF_CSV_HEADER;
	return s->defect;
}

uint64_t hf_csv_scan_rows(const struct hf_csv_scan *s)
{
	uint64_t n = hf_csv_records(s->csv);

	if (s->defect != HF_CSV_GOOD)
		return n;
	return n > 0 ? n - 1 : 0;
}

void hf_csv_scan_where(const struct hf_csv_scan *s, struct hf_csv_place *ret_place)
{
	hf_csv_where(s->csv, ret_place);
}

const struct hf_csv_column *hf_csv_scan_columns(const struct hf_csv_scan *s, size_t *ret_count)
{
	*ret_count = s->column_count;
	return s->columns;
}
