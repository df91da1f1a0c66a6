/* project.c - declared in project.h; the choosing itself is the CSV reader's. */
#include "source/project.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "source/made.h"
#include "source/readers/csv_filter.h"

#define PIECE (256u << 10)
#define OUT_MAX (PIECE + 2u * HF_CSV_RECORD_MAX)

struct project {
	struct hf_maker maker;
	struct hf_source_reader *inner;
	char **fields;
	size_t field_count;
	char *rows;                    /* NULL: every row */
	struct hf_csv_column *columns; /* of the source, when there are conditions for rows */
	size_t column_count;
	struct hf_csv_project *project;
	uint8_t *piece;
	uint64_t in; /* bytes of inner taken */
};

static enum hf_csv_type type_named(const char *name)
{
	for (enum hf_csv_type t = HF_CSV_BOOLEAN; t < HF_CSV_STRING; t++)
		if (strcmp(hf_csv_type_name(t), name) == 0)
			return t;
	return HF_CSV_STRING;
}

static struct hf_csv_column *columns_of(const struct hf_source_view *v)
{
	struct hf_csv_column *columns = hf_alloc_zero((v->field_count + 1) * sizeof(*columns));

	for (size_t i = 0; i < v->field_count; i++) {
		snprintf(columns[i].name, sizeof(columns[i].name), "%s", v->fields[i].name);
		columns[i].type = type_named(v->fields[i].type);
	}
	return columns;
}

enum hf_err hf_source_rows_check(const struct hf_source_view *v, const char *rows, struct hf_fault *f)
{
	struct hf_csv_filter *filter = hf_csv_filter_new();
	struct hf_csv_column *columns = columns_of(v);
	enum hf_err e = hf_csv_filter_add(filter, rows, f);

	if (e == HF_OK)
		e = hf_csv_filter_bind(filter, columns, v->field_count, f);
	free(columns);
	hf_csv_filter_free(filter);
	return e;
}

/* The conditions were checked before. */
static void take_rows(const struct project *p)
{
	struct hf_csv_filter *filter = hf_csv_filter_new();
	struct hf_fault f;

	if (hf_csv_filter_add(filter, p->rows, &f) != HF_OK ||
	    hf_csv_filter_bind(filter, p->columns, p->column_count, &f) != HF_OK)
		abort();
	hf_csv_project_filter(p->project, filter);
}

static void project_top(struct hf_maker *m)
{
	struct project *p = (struct project *)m;

	hf_csv_project_free(p->project);
	p->project = hf_csv_project_new((const char *const *)p->fields, p->field_count);
	if (p->rows)
		take_rows(p);
	p->in = 0;
}

/* The scan found these columns and sound rows. */
static enum hf_err defect_error(enum hf_csv_defect d)
{
	if (d == HF_CSV_GOOD)
		return HF_OK;
	return d == HF_CSV_COLUMN || d == HF_CSV_HEADER ? HF_E_SOURCE_CHANGED : HF_E_QUALITY;
}

static enum hf_err project_more(struct hf_maker *m, struct hf_buf *out, bool *ret_end, struct hf_fault *f)
{
	struct project *p = (struct project *)m;
	enum hf_csv_defect d;
	enum hf_err e;
	size_t n;

	e = p->inner->ops->read(p->inner, p->in, p->piece, PIECE, &n);
	if (e != HF_OK) {
		*f = p->inner->why;
		return e;
	}
	p->in += n;
	d = hf_csv_project_feed(p->project, p->piece, n, out);
	if (d == HF_CSV_GOOD && n < PIECE) {
		*ret_end = true;
		d = hf_csv_project_end(p->project, out);
	}
	if (d == HF_CSV_TYPE)
		return hf_fault_set(f, HF_E_QUALITY,
		                    "a row has a value that is not of its field's type, so nobody can say whether it "
		                    "meets the conditions; scan the source anew");
	return defect_error(d);
}

static void project_stamp(const struct hf_maker *m, struct hf_source_stamp *ret_stamp)
{
	const struct hf_source_reader *inner = ((const struct project *)m)->inner;

	inner->ops->stamp(inner, ret_stamp);
}

static uint64_t project_rows(const struct hf_maker *m)
{
	return hf_csv_project_rows(((const struct project *)m)->project);
}

static void project_free(struct hf_maker *m)
{
	struct project *p = (struct project *)m;

	p->inner->ops->close(p->inner);
	hf_csv_project_free(p->project);
	for (size_t i = 0; i < p->field_count; i++)
		free(p->fields[i]);
	free(p->fields);
	free(p->rows);
	free(p->columns);
	hf_wipe(p->piece, PIECE);
	free(p->piece);
	free(p);
}

static const struct hf_maker_ops ops = {project_top, project_more, project_stamp, project_rows, project_free};

static void take_fields(struct project *p, const struct hf_source_view *v, const struct hf_source_choice *c)
{
	bool chosen = c->fields && c->field_count > 0;
	size_t count = chosen ? c->field_count : v->field_count;

	p->fields = hf_alloc_zero(count * sizeof(*p->fields));
	for (; p->field_count < count; p->field_count++)
		p->fields[p->field_count] =
		        hf_strdup(chosen ? c->fields[p->field_count] : v->fields[p->field_count].name);
}

struct hf_source_reader *hf_project_reader_new(struct hf_source_reader *take_inner, const struct hf_source_view *v,
                                               const struct hf_source_choice *c)
{
	struct project *p = hf_alloc_zero(sizeof(*p));

	p->maker.ops = &ops;
	p->inner = take_inner;
	take_fields(p, v, c);
	if (c->rows && c->rows[0]) {
		p->rows = hf_strdup(c->rows);
		p->columns = columns_of(v);
		p->column_count = v->field_count;
	}
	p->piece = hf_alloc(PIECE);
	return hf_made_reader_new(&p->maker, OUT_MAX);
}
