/*
 * csv_fuzz.c - tables from anywhere, in pieces of the size that the first byte says. The splitter, the scanner, the
 * checker and the projection must agree on what they all count, and projecting every column must give the table back.
 */
#include <stdlib.h>
#include <string.h>

#include "source/readers/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool nothing(void *ctx, const struct hf_csv_record *r)
{
	*(uint64_t *)ctx += r->field_count;
	return true;
}

static enum hf_csv_defect split(const uint8_t *data, size_t size, size_t piece)
{
	uint64_t fields = 0;
	struct hf_csv *c = hf_csv_new(nothing, &fields);
	enum hf_csv_defect d = HF_CSV_GOOD;

	for (size_t at = 0; at < size && d == HF_CSV_GOOD; at += piece)
		d = hf_csv_feed(c, data + at, size - at < piece ? size - at : piece);
	if (d == HF_CSV_GOOD)
		d = hf_csv_end(c);
	hf_csv_free(c);
	return d;
}

static void project_all(const uint8_t *data, size_t size, size_t piece, const struct hf_csv_verdict *v)
{
	struct hf_csv_project *p = hf_csv_project_new(v->names, v->column_count);
	struct hf_buf out = HF_BUF_INIT;
	size_t mark = size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	enum hf_csv_defect d = HF_CSV_GOOD;

	for (size_t at = 0; at < size && d == HF_CSV_GOOD; at += piece)
		d = hf_csv_project_feed(p, data + at, size - at < piece ? size - at : piece, &out);
	if (d == HF_CSV_GOOD)
		d = hf_csv_project_end(p, &out);
	if (d != HF_CSV_GOOD || hf_csv_project_rows(p) != v->rows || out.len < size - mark ||
	    out.len > size - mark + 1 || memcmp(out.data, data + mark, size - mark) != 0)
		abort();
	hf_csv_project_free(p);
	hf_buf_done(&out);
}

static void compare_nulls(const struct hf_csv_scan *s, const struct hf_csv_verdict *v)
{
	size_t count;
	const struct hf_csv_column *columns = hf_csv_scan_columns(s, &count);

	if (count != v->column_count || hf_csv_scan_rows(s) != v->rows)
		abort();
	for (size_t i = 0; i < count; i++)
		if (columns[i].nulls != v->nulls[i] || strcmp(columns[i].name, v->names[i]) != 0)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t piece = size ? (size_t)data[0] + 1 : 1;
	struct hf_csv_check *c;
	struct hf_csv_verdict v;
	struct hf_csv_scan *s;
	bool sound;

	if (size == 0)
		return 0;
	data++;
	size--;
	c = hf_csv_check_new();
	for (size_t at = 0; at < size; at += piece)
		hf_csv_check_feed(c, data + at, size - at < piece ? size - at : piece);
	hf_csv_check_end(c);
	hf_csv_check_verdict(c, &v);
	if (v.bytes != size)
		abort();
	s = hf_csv_scan_new();
	sound = hf_csv_scan_feed(s, data, size) == HF_CSV_GOOD && hf_csv_scan_end(s) == HF_CSV_GOOD;
	if (sound != (v.defect == HF_CSV_GOOD && v.wrong_width == 0))
		abort();
	if (sound && split(data, size, piece) != HF_CSV_GOOD)
		abort();
	if (sound) {
		compare_nulls(s, &v);
		project_all(data, size, piece, &v);
	}
	hf_csv_scan_free(s);
	hf_csv_check_free(c);
	return 0;
}
