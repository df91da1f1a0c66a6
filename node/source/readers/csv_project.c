/* csv_project.c - the table with chosen columns only; declared in csv.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/readers/csv_filter.h"
#include "source/readers/csv_header.h"

struct expectation {
	uint32_t column;
	enum hf_csv_type type;
};

struct hf_csv_project {
	struct hf_csv *csv;
	char **wanted;
	size_t wanted_count;
	uint32_t *columns; /* rising */
	size_t width;      /* fields of the header */
	struct hf_csv_column *expected;
	size_t expected_count;
	struct expectation *checks; /* rising by column */
	size_t check_count;
	struct hf_csv_filter *filter; /* NULL: every row */
	uint64_t dropped;
	struct hf_buf *out; /* during a call */
	enum hf_csv_defect defect;
};

static bool is_wanted(const struct hf_csv_project *p, const char *name)
{
	for (size_t i = 0; i < p->wanted_count; i++)
		if (strcmp(p->wanted[i], name) == 0)
			return true;
	return false;
}

static enum hf_csv_type expected_type(const struct hf_csv_project *p, const char *name)
{
	for (size_t i = 0; i < p->expected_count; i++)
		if (strcmp(p->expected[i].name, name) == 0)
			return p->expected[i].type;
	return HF_CSV_UNSEEN;
}

/* Every text is a string, and a column of nulls may become anything: neither is looked at. */
static void place_expectations(struct hf_csv_project *p, const struct hf_csv_column *columns, size_t count)
{
	p->checks = hf_alloc(count * sizeof(*p->checks));
	for (size_t i = 0; i < count; i++) {
		enum hf_csv_type t = expected_type(p, columns[i].name);

		if (t != HF_CSV_UNSEEN && t != HF_CSV_STRING)
			p->checks[p->check_count++] = (struct expectation){(uint32_t)i, t};
	}
}

static bool quoted_fits(enum hf_csv_type t, const struct hf_csv_field *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf value = HF_BUF_INIT;

	return hf_csv_value(f, &value) && hf_csv_type_join(t, value.data, value.len) == t;
}

static inline bool types_good(const struct hf_csv_project *p, const struct hf_csv_record *r)
{
	for (size_t i = 0; i < p->check_count; i++) {
		const struct hf_csv_field *f = &r->fields[p->checks[i].column];
		enum hf_csv_type t = p->checks[i].type;

		if (f->len > 0 && !(f->quoted ? quoted_fits(t, f) : hf_csv_field_fits(t, f)))
			return false;
	}
	return true;
}

static enum hf_csv_defect choose(struct hf_csv_project *p, const struct hf_csv_record *r)
{
	struct hf_csv_column *columns = hf_alloc(r->field_count * sizeof(*columns));
	enum hf_csv_defect d = hf_csv_header(r, columns);
	size_t n = 0;

	for (size_t i = 0; d == HF_CSV_GOOD && i < r->field_count && n < p->wanted_count; i++)
		if (is_wanted(p, columns[i].name))
			p->columns[n++] = (uint32_t)i;
	if (d == HF_CSV_GOOD)
		place_expectations(p, columns, r->field_count);
	if (d == HF_CSV_GOOD && p->filter)
		d = hf_csv_filter_header(p->filter, columns, r->field_count);
	free(columns);
	p->width = r->field_count;
	if (d == HF_CSV_GOOD && n != p->wanted_count)
		d = HF_CSV_COLUMN;
	return d;
}

/* A last record without line end stays so, unless nothing at all would be left of it. */
static inline uint8_t *copy_line_end(uint8_t *at, const struct hf_csv_record *r, bool empty)
{
	memcpy(at, r->line_end, 2);
	if (r->line_end_len > 0 || !empty)
		return at + r->line_end_len;
	*at = '\n';
	return at + 1;
}

/* Most fields are short: one fixed copy, of which the rest is written over, beats a call. */
static inline uint8_t *copy_field(uint8_t *at, const struct hf_csv_field *f)
{
	memcpy(at, f->data, HF_CSV_SLACK);
	if (f->len > HF_CSV_SLACK)
		memcpy(at + HF_CSV_SLACK, f->data + HF_CSV_SLACK, f->len - HF_CSV_SLACK);
	return at + f->len;
}

static bool write_record(struct hf_csv_project *p, const struct hf_csv_record *r)
{
	size_t most = 2 * HF_CSV_SLACK + p->wanted_count;
	uint8_t *at;

	for (size_t i = 0; i < p->wanted_count; i++)
		most += r->fields[p->columns[i]].len;
	if (p->out->cap - p->out->len <= most && !hf_buf_reserve(p->out, most))
		return false;
	at = p->out->data + p->out->len;
	for (size_t i = 0; i < p->wanted_count; i++) {
		if (i > 0)
			*at++ = ',';
		at = copy_field(at, &r->fields[p->columns[i]]);
	}
	at = copy_line_end(at, r, at == p->out->data + p->out->len);
	p->out->len = (size_t)(at - p->out->data);
	return true;
}

static bool on_record(void *ctx, const struct hf_csv_record *r)
{
	struct hf_csv_project *p = ctx;
	bool meets = true;

	if (r->number == 0)
		p->defect = choose(p, r);
	else if (r->field_count != p->width)
		p->defect = HF_CSV_WIDTH;
	else if (p->check_count > 0 && !types_good(p, r))
		p->defect = HF_CSV_TYPE;
	else if (p->filter)
		p->defect = hf_csv_filter_row(p->filter, r, &meets);
	p->dropped += !meets;
	if (p->defect == HF_CSV_GOOD && meets && !write_record(p, r))
		p->defect = HF_CSV_STOPPED;
	return p->defect == HF_CSV_GOOD;
}

/* Fields are copied as they stand; a row that would be an empty line becomes a quoted field, two bytes more. */
uint64_t hf_csv_project_most(uint64_t bytes)
{
	return bytes < UINT64_MAX / 4 ? 2 * bytes + 16 : UINT64_MAX;
}

struct hf_csv_project *hf_csv_project_new(const char *const *fields, size_t count)
{
	struct hf_csv_project *p = hf_alloc_zero(sizeof(*p));

	p->csv = hf_csv_new(on_record, p);
	p->wanted = hf_alloc_zero((count + 1) * sizeof(*p->wanted));
	p->columns = hf_alloc_zero((count + 1) * sizeof(*p->columns));
	for (size_t i = 0; i < count; i++)
		if (!is_wanted(p, fields[i]))
			p->wanted[p->wanted_count++] = hf_strdup(fields[i]);
	return p;
}

void hf_csv_project_expect(struct hf_csv_project *p, const struct hf_csv_column *columns, size_t count)
{
	p->expected = hf_realloc(p->expected, count * sizeof(*columns));
	memcpy(p->expected, columns, count * sizeof(*columns));
	p->expected_count = count;
}

void hf_csv_project_filter(struct hf_csv_project *p, struct hf_csv_filter *take_f)
{
	hf_csv_filter_free(p->filter);
	p->filter = take_f;
}

void hf_csv_project_free(struct hf_csv_project *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->wanted_count; i++)
		free(p->wanted[i]);
	free(p->wanted);
	free(p->columns);
	free(p->expected);
	free(p->checks);
	hf_csv_filter_free(p->filter);
	hf_csv_free(p->csv);
	free(p);
}

enum hf_csv_defect hf_csv_project_feed(struct hf_csv_project *p, const void *data, size_t len, struct hf_buf *out)
{
	enum hf_csv_defect d;

	p->out = out;
	d = hf_csv_feed(p->csv, data, len);
	p->out = NULL;
	return p->defect != HF_CSV_GOOD ? p->defect : d;
}

enum hf_csv_defect hf_csv_project_end(struct hf_csv_project *p, struct hf_buf *out)
{
	enum hf_csv_defect d;

	p->out = out;
	d = hf_csv_end(p->csv);
	p->out = NULL;
	if (p->defect == HF_CSV_GOOD && d == HF_CSV_GOOD && p->width == 0)
		p->defect = HF_CSV_HEADER;
	return p->defect != HF_CSV_GOOD ? p->defect : d;
}

uint64_t hf_csv_project_rows(const struct hf_csv_project *p)
{
	uint64_t n = hf_csv_records(p->csv);

	return n > 0 ? n - 1 - p->dropped : 0;
}

void hf_csv_project_where(const struct hf_csv_project *p, struct hf_csv_place *ret_place)
{
	hf_csv_where(p->csv, ret_place);
}
