/* trace_rows.c - rows in batches of columns; declared in trace_rows.h. */
#include "release/engine/trace_rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "source/readers/csv.h"

#define BATCH 2048u
#define BATCH_BYTES ((size_t)4 << 20) /* or a row, if that is longer */

struct hf_trace_rows {
	struct hf_trace *trace;
	struct hf_trace_release release;
	char **header;
	size_t width;           /* 0: no header yet */
	struct hf_buf text;     /* the batch's cells; grows only while there are none */
	struct hf_bytes *batch; /* by column, BATCH apart */
	size_t rows;
	uint64_t first_row;

	/* Of bytes. */
	struct hf_csv *csv;
	struct hf_buf values; /* cells without quotes */
	struct hf_bytes *cells;
	struct hf_fault *f; /* during a call */
	enum hf_err stopped;
};

struct hf_trace_rows *hf_trace_rows_new(struct hf_trace *t, const struct hf_trace_release *release)
{
	struct hf_trace_rows *r = hf_alloc_zero(sizeof(*r));

	r->trace = t;
	r->release = *release;
	hf_buf_init(&r->text, BATCH_BYTES + HF_CSV_RECORD_MOST);
	hf_buf_init(&r->values, HF_CSV_RECORD_MOST + 1);
	return r;
}

/* What it held is plain. */
static void wipe(struct hf_buf *b)
{
	if (b->data)
		hf_wipe(b->data, b->cap);
	hf_buf_done(b);
}

/* Empty, with that much room. */
static bool empty(struct hf_buf *b, size_t room)
{
	const size_t max = b->max;

	if (room > b->cap) {
		wipe(b);
		hf_buf_init(b, max);
	}
	hf_buf_clear(b);
	return hf_buf_reserve(b, room);
}

void hf_trace_rows_free(struct hf_trace_rows *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->width; i++)
		free(r->header[i]);
	free(r->header);
	free(r->batch);
	free(r->cells);
	hf_csv_free(r->csv);
	wipe(&r->values);
	wipe(&r->text);
	free(r);
}

enum hf_err hf_trace_rows_header(struct hf_trace_rows *r, const char *const *names, size_t count, struct hf_fault *f)
{
	r->width = count;
	r->header = hf_alloc(count * sizeof(*r->header) + 1);
	for (size_t i = 0; i < count; i++)
		r->header[i] = hf_strdup(names[i]);
	r->batch = hf_alloc(count * BATCH * sizeof(*r->batch) + 1);
	r->release.setup.header = (const char *const *)r->header;
	r->release.setup.header_count = count;
	return hf_trace_begin(r->trace, &r->release, f);
}

/* Columns of the full batch stand BATCH apart; those of the last one are moved together. */
static enum hf_err flush(struct hf_trace_rows *r, struct hf_fault *f)
{
	enum hf_err e = HF_OK;

	for (size_t c = 1; r->rows < BATCH && c < r->width; c++)
		memmove(&r->batch[c * r->rows], &r->batch[c * BATCH], r->rows * sizeof(*r->batch));
	if (r->rows > 0)
		e = hf_trace_original(r->trace, r->batch, r->rows, r->first_row, f);
	r->first_row += r->rows;
	r->rows = 0;
	hf_buf_clear(&r->text);
	return e;
}

/* For one more row. */
static enum hf_err make_room(struct hf_trace_rows *r, const struct hf_bytes *cells, struct hf_fault *f)
{
	size_t need = 1;

	for (size_t i = 0; i < r->width; i++)
		need += cells[i].len;
	if (r->text.len + need <= r->text.cap)
		return HF_OK;
	HF_TRY(flush(r, f));
	if (!empty(&r->text, need < BATCH_BYTES ? BATCH_BYTES : need))
		return hf_fault_set(f, HF_E_LIMIT, "a row of the original has more than %zu MiB; split its texts",
		                    r->text.max >> 20);
	return HF_OK;
}

enum hf_err hf_trace_rows_row(struct hf_trace_rows *r, const struct hf_bytes *cells, struct hf_fault *f)
{
	HF_TRY(make_room(r, cells, f));
	for (size_t i = 0; i < r->width; i++) {
		const uint8_t *copy = cells[i].data ? r->text.data + r->text.len : NULL;

		hf_buf_add(&r->text, cells[i].data ? cells[i].data : (const uint8_t *)"", cells[i].len);
		r->batch[i * BATCH + r->rows] = (struct hf_bytes){copy, cells[i].len};
	}
	return ++r->rows < BATCH ? HF_OK : flush(r, f);
}

/* ---- bytes ---- */

static bool take_header(struct hf_trace_rows *r, const struct hf_csv_record *rec)
{
	char **names = hf_csv_names(rec);

	r->cells = hf_alloc_zero(rec->field_count * sizeof(*r->cells));
	r->stopped = hf_trace_rows_header(r, (const char *const *)names, rec->field_count, r->f);
	for (size_t i = 0; i < rec->field_count; i++)
		free(names[i]);
	free(names);
	return r->stopped == HF_OK;
}

static bool on_record(void *ctx, const struct hf_csv_record *rec)
{
	struct hf_trace_rows *r = ctx;
	size_t quoted = 0;

	if (rec->number == 0)
		return take_header(r, rec);
	if (rec->field_count != r->width) {
		r->stopped = hf_fault_set(r->f, HF_E_FORMAT,
		                          "row %" PRIu64 " has %zu fields, the header %zu; correct the file",
		                          rec->number, rec->field_count, r->width);
		return false;
	}
	for (size_t i = 0; i < rec->field_count; i++)
		quoted += rec->fields[i].quoted ? rec->fields[i].len : 0;
	if (!empty(&r->values, quoted + 1)) /* so that it does not move */
		abort();                    /* no record is longer */
	for (size_t i = 0; i < rec->field_count; i++) {
		const struct hf_csv_field *field = &rec->fields[i];
		size_t at = r->values.len;

		r->cells[i] = (struct hf_bytes){field->len ? field->data : NULL, field->len};
		if (field->quoted && hf_csv_value(field, &r->values))
			r->cells[i] = (struct hf_bytes){r->values.data + at, r->values.len - at};
	}
	r->stopped = hf_trace_rows_row(r, r->cells, r->f);
	return r->stopped == HF_OK;
}

static enum hf_err defect(struct hf_trace_rows *r, enum hf_csv_defect d, struct hf_fault *f)
{
	struct hf_csv_place at;

	if (r->stopped != HF_OK)
		return hf_fault_default(f, r->stopped);
	if (d == HF_CSV_GOOD)
		return HF_OK;
	hf_csv_where(r->csv, &at);
	return hf_fault_set(f, HF_E_FORMAT, "line %" PRIu64 ", byte %" PRIu64 ": %s; correct the file", at.line,
	                    at.byte, hf_csv_defect_text(d));
}

static void open_csv(struct hf_trace_rows *r, struct hf_fault *f)
{
	r->f = f;
	if (r->csv)
		return;
	r->csv = hf_csv_new(on_record, r);
	hf_csv_allow(r->csv, HF_CSV_RECORD_MOST);
}

enum hf_err hf_trace_rows_feed(struct hf_trace_rows *r, const void *data, size_t len, struct hf_fault *f)
{
	open_csv(r, f);
	return defect(r, hf_csv_feed(r->csv, data, len), f);
}

enum hf_err hf_trace_rows_end(struct hf_trace_rows *r, struct hf_fault *f)
{
	r->f = f;
	if (r->csv)
		HF_TRY(defect(r, hf_csv_end(r->csv), f));
	if (!r->header)
		return hf_fault_set(f, HF_E_FORMAT, "the original is empty; a table has at least a header");
	HF_TRY(flush(r, f));
	hf_trace_end(r->trace);
	return HF_OK;
}
