/* project.c - declared in project.h; the choosing itself is the CSV reader's. */
#include "source/project.h"

#include <stdlib.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "source/made.h"
#include "source/readers/csv.h"

#define PIECE (256u << 10)
#define OUT_MAX (PIECE + 2u * HF_CSV_RECORD_MAX)

struct project {
	struct hf_maker maker;
	struct hf_source_reader *inner;
	char **fields;
	size_t field_count;
	struct hf_csv_project *project;
	uint8_t *piece;
	uint64_t in; /* bytes of inner taken */
};

static void project_top(struct hf_maker *m)
{
	struct project *p = (struct project *)m;

	hf_csv_project_free(p->project);
	p->project = hf_csv_project_new((const char *const *)p->fields, p->field_count);
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
	hf_wipe(p->piece, PIECE);
	free(p->piece);
	free(p);
}

static const struct hf_maker_ops ops = {project_top, project_more, project_stamp, project_rows, project_free};

struct hf_source_reader *hf_project_reader_new(struct hf_source_reader *take_inner, const char *const *fields,
                                               size_t count)
{
	struct project *p = hf_alloc_zero(sizeof(*p));

	p->maker.ops = &ops;
	p->inner = take_inner;
	p->fields = hf_alloc_zero(count * sizeof(*p->fields));
	for (; p->field_count < count; p->field_count++)
		p->fields[p->field_count] = hf_strdup(fields[p->field_count]);
	p->piece = hf_alloc(PIECE);
	return hf_made_reader_new(&p->maker, OUT_MAX);
}
