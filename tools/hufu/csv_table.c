/* csv_table.c - see csv_table.h. */
#include "csv_table.h"

#include <inttypes.h>

#include "source/readers/csv.h"
#include "source/readers/recode.h"

#define FILE_MAX ((size_t)1 << 20)

struct table {
	json_t *header, *rows;
	bool good; /* false: a value is not UTF-8 */
};

static bool on_record(void *ctx, const struct hf_csv_record *rec)
{
	struct table *t = ctx;
	json_t *row = rec->number ? json_object() : NULL;

	for (size_t i = 0; i < rec->field_count && t->good; i++) {
		HF_CLEANUP(hf_buf_done) struct hf_buf value = HF_BUF_INIT;
		json_t *text;

		(void)!hf_csv_value(&rec->fields[i], &value);
		text = json_stringn((const char *)value.data, value.len);
		t->good = text != NULL;
		if (!row)
			json_array_append_new(t->header, text);
		else if (value.len > 0)
			json_object_set_new(row, json_string_value(json_array_get(t->header, i)), text);
		else
			json_decref(text);
	}
	if (row)
		json_array_append_new(t->rows, row);
	return t->good;
}

static enum hf_csv_defect feed(struct hf_csv *csv, const struct hf_buf *bytes)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	enum hf_encoding encoding = hf_encoding_guess(bytes->data, bytes->len, true);
	struct hf_recode *recode = encoding == HF_ENCODING_GB18030 ? hf_recode_new(encoding) : NULL;
	enum hf_csv_defect d;

	if (recode && !hf_recode_feed(recode, bytes->data, bytes->len, &text)) {
		hf_recode_free(recode);
		return HF_CSV_STOPPED;
	}
	d = recode ? hf_csv_feed(csv, text.data, text.len) : hf_csv_feed(csv, bytes->data, bytes->len);
	hf_recode_free(recode);
	return d == HF_CSV_GOOD ? hf_csv_end(csv) : d;
}

json_t *hf_cli_csv(struct hf_cli *cli, const char *path)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = HF_BUF_INIT;
	struct table t = {json_array(), json_array(), true};
	struct hf_csv_place at;
	struct hf_fault f = {HF_OK, ""};
	struct hf_csv *csv = hf_csv_new(on_record, &t);
	enum hf_err e = hf_file_read(path, FILE_MAX, &bytes);
	enum hf_csv_defect d = HF_CSV_GOOD;

	if (e != HF_OK)
		hf_cli_fault(cli, hf_file_fault(&f, e, path, FILE_MAX), &f);
	else
		d = feed(csv, &bytes);
	hf_csv_where(csv, &at);
	if (d == HF_CSV_STOPPED)
		hf_cli_fail(cli, "%s is neither UTF-8 nor GB18030 text; save it as one of both", path);
	else if (d != HF_CSV_GOOD)
		hf_cli_fail(cli, "%s, line %" PRIu64 ": %s; mend it", path, at.line, hf_csv_defect_text(d));
	hf_csv_free(csv);
	json_decref(t.header);
	if (e == HF_OK && d == HF_CSV_GOOD)
		return t.rows;
	json_decref(t.rows);
	return NULL;
}
