/* jsonl_out.c - declared in jsonl_out.h. */
#include "source/readers/jsonl_out.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "crypto/utf8.h"

struct hf_jsonl_out {
	struct hf_csv *csv;
	enum hf_csv_type *types;
	size_t type_count;
	struct hf_buf keys;           /* {"a":  ,"b":  one behind the other, each ended by a NUL */
	size_t *key_at, column_count; /* where a column's is; one more: their end */
	struct hf_buf value;          /* of a quoted field */
	struct hf_buf *out;           /* lent, during a feed */
	uint64_t rows;
	const char *why;
};

/* The bytes of a string that stand for themselves. */
static size_t plain(const uint8_t *at, size_t len)
{
	size_t n = 0;

	while (n < len && at[n] >= 0x20 && at[n] < 0x80 && at[n] != '"' && at[n] != '\\')
		n++;
	return n;
}

static bool put_escape(struct hf_buf *out, uint8_t c)
{
	static const char hex[] = "0123456789abcdef";
	char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

	switch (c) {
	case '"':
	case '\\':
		text[1] = (char)c;
		return hf_buf_add(out, text, 2);
	case '\n':
		return hf_buf_add(out, "\\n", 2);
	case '\r':
		return hf_buf_add(out, "\\r", 2);
	case '\t':
		return hf_buf_add(out, "\\t", 2);
	default:
		return hf_buf_add(out, text, 6);
	}
}

/* NULL, or what is wrong. */
static const char *put_string(struct hf_buf *out, const uint8_t *at, size_t len)
{
	const uint8_t *end = at + len;
	bool ok = hf_buf_add(out, "\"", 1);

	while (ok && at < end) {
		size_t n = plain(at, (size_t)(end - at));
		const char *next = (const char *)at;
		uint32_t code;

		if (n == 0 && *at >= 0x80) {
			if (!hf_utf8_next(&next, (const char *)end, &code))
				return "a value is not UTF-8";
			n = (size_t)((const uint8_t *)next - at);
		}
		ok = n > 0 ? hf_buf_add(out, at, n) : put_escape(out, *at);
		at += n > 0 ? n : 1;
	}
	return ok && hf_buf_add(out, "\"", 1) ? NULL : "a row becomes too long";
}

static const char *take_header(struct hf_jsonl_out *o, const struct hf_csv_record *r)
{
	const char *why = NULL;

	o->column_count = r->field_count;
	o->key_at = hf_alloc((r->field_count + 1) * sizeof(*o->key_at));
	for (size_t i = 0; i < r->field_count && !why; i++) {
		hf_buf_clear(&o->value);
		o->key_at[i] = o->keys.len;
		if (!hf_csv_value(&r->fields[i], &o->value) || !hf_buf_add(&o->keys, i ? "," : "{", 1))
			return "its header is too long";
		why = put_string(&o->keys, o->value.data, o->value.len);
		if (!why && !hf_buf_add(&o->keys, ":", 1))
			why = "its header is too long";
	}
	o->key_at[r->field_count] = o->keys.len;
	return why;
}

/* Does the value stand in JSON as it is? */
static bool bare(enum hf_csv_type column, enum hf_csv_type value)
{
	if (column == HF_CSV_NUMBER)
		return value == HF_CSV_INTEGER || value == HF_CSV_NUMBER;
	return (column == HF_CSV_INTEGER || column == HF_CSV_BOOLEAN) && value == column;
}

static const char *put_value(struct hf_jsonl_out *o, enum hf_csv_type type, const uint8_t *at, size_t len)
{
	if (type == HF_CSV_UNSEEN || type >= HF_CSV_DATE || !bare(type, hf_csv_type_of(at, len)))
		return put_string(o->out, at, len);
	if (type == HF_CSV_BOOLEAN) {
		bool yes = len == 4;

		at = (const uint8_t *)(yes ? "true" : "false");
	}
	return hf_buf_add(o->out, at, len) ? NULL : "a row becomes too long";
}

static const char *put_cell(struct hf_jsonl_out *o, size_t column, const struct hf_csv_field *f)
{
	enum hf_csv_type type = column < o->type_count ? o->types[column] : HF_CSV_STRING;

	if (!hf_buf_add(o->out, o->keys.data + o->key_at[column], o->key_at[column + 1] - o->key_at[column]))
		return "a row becomes too long";
	if (!f->quoted && f->len == 0)
		return hf_buf_add(o->out, "null", 4) ? NULL : "a row becomes too long";
	if (!f->quoted)
		return put_value(o, type, f->data, f->len);
	hf_buf_clear(&o->value);
	if (!hf_csv_value(f, &o->value))
		return "a row becomes too long";
	return put_value(o, type, o->value.data, o->value.len);
}

static bool on_record(void *ctx, const struct hf_csv_record *r)
{
	struct hf_jsonl_out *o = ctx;

	if (r->number == 0) {
		o->why = take_header(o, r);
		return !o->why;
	}
	if (r->field_count != o->column_count)
		o->why = hf_csv_defect_text(HF_CSV_WIDTH);
	for (size_t i = 0; i < r->field_count && !o->why; i++)
		o->why = put_cell(o, i, &r->fields[i]);
	if (!o->why && !hf_buf_add(o->out, "}\n", 2))
		o->why = "a row becomes too long";
	o->rows += !o->why;
	return !o->why;
}

struct hf_jsonl_out *hf_jsonl_out_new(const enum hf_csv_type *types, size_t count)
{
	struct hf_jsonl_out *o = hf_alloc_zero(sizeof(*o));

	o->csv = hf_csv_new(on_record, o);
	o->types = hf_alloc((count + 1) * sizeof(*types));
	for (size_t i = 0; i < count; i++)
		o->types[i] = types[i];
	o->type_count = count;
	o->keys.wiped = o->value.wiped = true;
	return o;
}

void hf_jsonl_out_free(struct hf_jsonl_out *o)
{
	if (!o)
		return;
	hf_csv_free(o->csv);
	free(o->types);
	free(o->key_at);
	hf_buf_done(&o->keys);
	hf_buf_done(&o->value);
	free(o);
}

static bool done(struct hf_jsonl_out *o, enum hf_csv_defect d)
{
	if (d != HF_CSV_GOOD && !o->why)
		o->why = hf_csv_defect_text(d);
	return !o->why;
}

bool hf_jsonl_out_feed(struct hf_jsonl_out *o, const void *data, size_t len, struct hf_buf *out)
{
	o->out = out;
	return !o->why && done(o, hf_csv_feed(o->csv, data, len));
}

bool hf_jsonl_out_end(struct hf_jsonl_out *o, struct hf_buf *out)
{
	o->out = out;
	if (o->why || !done(o, hf_csv_end(o->csv)))
		return false;
	if (!o->key_at)
		o->why = hf_csv_defect_text(HF_CSV_HEADER);
	return !o->why;
}

uint64_t hf_jsonl_out_rows(const struct hf_jsonl_out *o)
{
	return o->rows;
}

const char *hf_jsonl_out_why(const struct hf_jsonl_out *o)
{
	return o->why ? o->why : "";
}
