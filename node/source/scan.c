/* scan.c - one pass over a source's table: is it sound, and what are its fields, types, rows, bytes, nulls. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/adapters.h"
#include "source/distinct.h"
#include "source/readers/csv.h"

#define PIECE (256u << 10)

static void free_bytes(uint8_t **p)
{
	free(*p);
}

static void free_hash(struct hf_sha256 **h)
{
	hf_sha256_free(*h);
}

static void free_distinct(struct hf_distinct **d)
{
	hf_distinct_free(*d);
}

static void free_scan(struct hf_csv_scan **s)
{
	hf_csv_scan_free(*s);
}

static void free_reader(struct hf_source_reader **r)
{
	if (*r)
		(*r)->ops->close(*r);
}

/* A line and a byte there are where the data is CSV as it is kept. */
static enum hf_err defect_fault(const struct hf_adapter *a, const struct hf_source_view *v, enum hf_csv_defect d,
                                const struct hf_csv_place *at, struct hf_fault *f)
{
	if (at->record == 0)
		return hf_fault_set(f, HF_E_FORMAT, "%s is no sound table: in the %s, %s; correct it", v->path,
		                    a->columns || a->copy ? "fields' names" : "first line", hf_csv_defect_text(d));
	if (a->columns || a->copy)
		return hf_fault_set(f, HF_E_FORMAT, "%s is no sound table: in row %" PRIu64 ", %s; correct it", v->path,
		                    at->record, hf_csv_defect_text(d));
	return hf_fault_set(f, HF_E_FORMAT,
	                    "%s is no sound CSV table: in row %" PRIu64 " (line %" PRIu64 ", byte %" PRIu64
	                    "), %s; correct the file",
	                    v->path, at->record, at->line, at->byte, hf_csv_defect_text(d));
}

static enum hf_err read_fault(const struct hf_source_reader *r, enum hf_err e, const char *path, struct hf_fault *f)
{
	if (r->why.code != HF_OK) {
		*f = r->why;
		return e;
	}
	if (e == HF_E_SOURCE_CHANGED)
		return hf_fault_set(f, e, "%s changed while it was scanned; scan again when nobody writes to it", path);
	return hf_fault_set(f, e, "%s cannot be read; check the disk", path);
}

/* The same table has the same one, whatever it is kept in. */
static void add_cells(struct hf_sha256 *hash, struct hf_distinct *distinct, struct hf_buf *cells)
{
	hf_sha256_add(hash, cells->data, cells->len);
	hf_distinct_feed(distinct, cells->data, cells->len);
	hf_buf_clear(cells);
}

struct pass {
	const struct hf_adapter *adapter;
	struct hf_source_reader *r;
	struct hf_csv_scan *scan;
	struct hf_distinct *distinct;
};

static enum hf_err scan_all(const struct pass *in, struct hf_source_view *v, struct hf_pace *pace, struct hf_fault *f)
{
	struct hf_source_reader *r = in->r;
	struct hf_csv_scan *scan = in->scan;
	HF_CLEANUP(free_bytes) uint8_t *piece = hf_alloc(PIECE);
	HF_CLEANUP(free_hash) struct hf_sha256 *hash = hf_sha256_new(), *table = hf_sha256_new();
	HF_CLEANUP(hf_buf_done) struct hf_buf cells = HF_BUF_INIT;
	enum hf_csv_defect d = HF_CSV_GOOD;
	uint64_t at = 0;
	size_t n = PIECE;

	hf_csv_scan_cells(scan, &cells);
	while (n == PIECE && d == HF_CSV_GOOD) {
		uint64_t rows = hf_csv_scan_rows(scan);
		enum hf_err e;

		e = r->ops->read(r, at, piece, PIECE, &n);
		if (e != HF_OK)
			return read_fault(r, e, v->path, f);
		hf_sha256_add(hash, piece, n);
		d = hf_csv_scan_feed(scan, piece, n);
		add_cells(table, in->distinct, &cells);
		at += n;
		HF_TRY(hf_pace_keep(pace, n, hf_csv_scan_rows(scan) - rows, f));
	}
	if (d == HF_CSV_GOOD)
		d = hf_csv_scan_end(scan);
	if (d != HF_CSV_GOOD) {
		struct hf_csv_place where;

		hf_csv_scan_where(scan, &where);
		return defect_fault(in->adapter, v, d, &where, f);
	}
	add_cells(table, in->distinct, &cells);
	hf_sha256_end(table, &v->cells);
	hf_sha256_end(hash, &v->digest);
	v->bytes = at;
	return HF_OK;
}

static void take_columns(const struct pass *in, struct hf_source_view *v)
{
	const struct hf_csv_column *columns = hf_csv_scan_columns(in->scan, &v->field_count);

	free(v->fields);
	v->fields = hf_alloc_zero(v->field_count * sizeof(*v->fields));
	for (size_t i = 0; i < v->field_count; i++) {
		memcpy(v->fields[i].name, columns[i].name, strlen(columns[i].name));
		snprintf(v->fields[i].type, sizeof(v->fields[i].type), "%s", hf_csv_type_name(columns[i].type));
		v->fields[i].nulls = columns[i].nulls;
		v->fields[i].distinct = hf_distinct_count(in->distinct, i);
	}
	v->rows = hf_csv_scan_rows(in->scan);
}

enum hf_err hf_source_scan_now(const struct hf_adapter *a, const struct hf_source_home *home, struct hf_source_view *v,
                               struct hf_pace *pace, struct hf_fault *f)
{
	HF_CLEANUP(free_reader) struct hf_source_reader *r = NULL;
	HF_CLEANUP(free_scan) struct hf_csv_scan *scan = hf_csv_scan_new();
	HF_CLEANUP(free_distinct) struct hf_distinct *distinct = hf_distinct_new();
	struct pass in = {a, NULL, scan, distinct};
	struct hf_source_stamp after;

	if (a->copy) {
		HF_TRY(a->copy(home, v, pace, f));
		hf_pace_free_run(pace);
	}
	HF_TRY(a->stamp(home, v, &v->stamp, f));
	if (a->columns)
		HF_TRY(a->columns(home, v, pace, f));
	HF_TRY(a->open(home, v, &r, f));
	in.r = r;
	HF_TRY(scan_all(&in, v, pace, f));
	if (v->most_rows) { /* these are of a part, and would name it as if it were the whole */
		memset(&v->digest, 0, sizeof(v->digest));
		memset(&v->cells, 0, sizeof(v->cells));
	} else if (a->digest && r->ops->bytes(r) == 0) { /* made of what is kept */
		HF_TRY(hf_fault_default(f, a->digest(home, v, pace, &v->digest)));
	}
	r->ops->stamp(r, &after);
	if (!hf_source_stamp_same(&v->stamp, &after) || (r->ops->bytes(r) && v->bytes != r->ops->bytes(r)))
		return hf_fault_set(f, HF_E_SOURCE_CHANGED,
		                    "%s changed while it was scanned; scan again when nobody writes to it", v->path);
	take_columns(&in, v);
	return HF_OK;
}
