/* look.c - a bounded sample of a source goes through identification; declared in classify.h. No value is kept. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/adapters.h"
#include "source/classify.h"
#include "source/readers/csv.h"
#include "source/readers/recode.h"

#define PIECE ((size_t)256 << 10)
#define BYTES_MAX ((uint64_t)256 << 20) /* whatever the rows' length */

struct look {
	struct hf_identify *x;
	uint64_t rows_max;
	struct hf_bytes *cells;
	struct hf_buf values; /* cells without quotes */
};

static bool on_record(void *ctx, const struct hf_csv_record *rec)
{
	struct look *l = ctx;
	size_t quoted = 0;

	if (rec->number == 0)
		return true;
	for (size_t i = 0; i < rec->field_count; i++)
		quoted += rec->fields[i].quoted ? rec->fields[i].len : 0;
	hf_buf_clear(&l->values);
	hf_buf_reserve(&l->values, quoted + HF_CELL_SLACK); /* so that it does not move */
	for (size_t i = 0; i < rec->field_count; i++) {
		const struct hf_csv_field *f = &rec->fields[i];
		size_t at = l->values.len;

		l->cells[i] = (struct hf_bytes){f->data, f->len};
		if (f->quoted && hf_csv_value(f, &l->values))
			l->cells[i] = (struct hf_bytes){l->values.data + at, l->values.len - at};
	}
	hf_identify_row(l->x, l->cells, rec->field_count, false);
	return hf_identify_rows(l->x) < l->rows_max;
}

/* Sound UTF-8 goes on as it is; GB18030 is turned into it. */
static bool feed(struct hf_csv *csv, struct hf_recode *recode, const uint8_t *data, size_t len)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;

	if (!recode)
		return hf_csv_feed(csv, data, len) == HF_CSV_GOOD;
	return hf_recode_feed(recode, data, len, &text) && hf_csv_feed(csv, text.data, text.len) == HF_CSV_GOOD;
}

/* Ends where the rows or the file end, or where it is no longer the table that was scanned a moment ago. */
static enum hf_err read_sample(struct hf_source_reader *r, struct hf_csv *csv, struct hf_pace *pace, struct hf_fault *f)
{
	uint8_t *piece = hf_alloc(PIECE);
	struct hf_recode *recode = NULL;
	enum hf_err e = HF_OK;
	uint64_t at = 0;
	size_t n = PIECE;
	bool more = true;

	while (e == HF_OK && more && n == PIECE && at < BYTES_MAX) {
		uint64_t rows = hf_csv_records(csv);

		e = r->ops->read(r, at, piece, PIECE, &n);
		if (e != HF_OK)
			break;
		if (at == 0 && hf_encoding_guess(piece, n, n < PIECE) == HF_ENCODING_GB18030)
			recode = hf_recode_new(HF_ENCODING_GB18030);
		more = feed(csv, recode, piece, n);
		at += n;
		e = hf_pace_keep(pace, n, hf_csv_records(csv) - rows, f);
	}
	if (e == HF_OK && more)
		(void)!hf_csv_end(csv);
	hf_recode_free(recode);
	free(piece);
	return e;
}

static void propose(struct hf_field_class *c, const struct hf_field_finding *f)
{
	const struct hf_detector *d = f->best.detector;

	memset(c, 0, sizeof(*c));
	c->state = HF_CLASS_PROPOSED;
	c->values = f->values;
	snprintf(c->data_class, sizeof(c->data_class), "%s", d ? hf_sensitivity_name(d->sensitivity) : "none");
	c->level = d ? d->level : 1;
	if (!d)
		return;
	snprintf(c->kind, sizeof(c->kind), "%s", d->id);
	snprintf(c->found, sizeof(c->found), "%s", d->id);
	snprintf(c->technique, sizeof(c->technique), "%s", d->technique);
	c->confidence = (uint32_t)(f->best.confidence * 1000 + 0.5);
	c->by = f->best.by;
	c->mixed = f->best.mixed;
	c->valid = f->best.valid;
	c->shape = f->best.shape;
}

static struct hf_identify *start(const struct hf_source_view *v, const struct hf_source_looking *in)
{
	const struct hf_identify_options o = {.table = v->name,
	                                      .table_comment = v->comment[0] ? v->comment : NULL,
	                                      .rules = in->rules,
	                                      .key = in->key};
	struct hf_named_field *fields = hf_alloc_zero((v->field_count + 1) * sizeof(*fields));
	struct hf_identify *x;

	for (size_t i = 0; i < v->field_count; i++)
		fields[i] = (struct hf_named_field){v->fields[i].name,
		                                    v->fields[i].comment[0] ? v->fields[i].comment : NULL};
	x = hf_identify_new(&o, fields, v->field_count);
	free(fields);
	return x;
}

enum hf_err hf_source_identify(const struct hf_source_looking *in, const struct hf_source_view *v,
                               struct hf_identify **ret_x, struct hf_fault *f)
{
	struct look l = {start(v, in), v->look_rows ? v->look_rows : HF_LOOK_ROWS,
	                 hf_alloc_zero((HF_CSV_FIELDS_MAX + 1) * sizeof(struct hf_bytes)), HF_BUF_INIT};
	struct hf_source_reader *r = NULL;
	struct hf_csv *csv = hf_csv_new(on_record, &l);
	enum hf_err e = in->adapter->open(in->home, v, &r, f);

	if (e == HF_OK) {
		e = read_sample(r, csv, in->pace, f);
		r->ops->close(r);
	}
	if (e == HF_OK)
		e = hf_identify_settle(l.x, f);
	hf_csv_free(csv);
	hf_buf_done(&l.values);
	free(l.cells);
	if (e == HF_OK)
		*ret_x = l.x;
	else
		hf_identify_free(l.x);
	return hf_fault_default(f, e);
}

enum hf_err hf_source_look(const struct hf_source_looking *in, struct hf_source_view *v, struct hf_fault *f)
{
	const struct hf_field_finding *found;
	struct hf_identify *x;
	size_t count;

	HF_TRY(hf_source_identify(in, v, &x, f));
	found = hf_identify_findings(x, &count);
	for (size_t i = 0; i < count; i++)
		propose(&v->fields[i].class, &found[i]);
	v->looked_rows = hf_identify_rows(x);
	hf_identify_free(x);
	return HF_OK;
}
