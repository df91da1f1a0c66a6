/*
 * csv_split.c - splits a stream into records: the places of commas and line ends first, 64 bytes at a time, then the
 * fields between them.
 *
 * Bytes are collected in one buffer; when a piece has been marked, all complete records are handed out and the rest
 * moves to the front.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "source/readers/csv.h"
#include "source/readers/csv_block.h"

#define PIECE (64u << 10)

struct hf_csv {
	hf_csv_record_fn fn;
	void *ctx;
	struct hf_buf buf;
	uint32_t *marks; /* places of commas and line ends outside quotes that belong to no record yet */
	size_t mark_count, mark_cap;
	size_t marked;   /* bytes of buf that have been looked at */
	uint64_t inside; /* all ones while inside quotes */
	bool quotes;     /* some field in buf may hold a quote */
	bool begun;      /* the byte order mark was looked for */
	uint64_t records;
	enum hf_csv_defect defect;
	struct hf_csv_field fields[HF_CSV_FIELDS_MAX];
};

const char *hf_csv_defect_text(enum hf_csv_defect d)
{
	switch (d) {
	case HF_CSV_GOOD:
		return "nothing is wrong";
	case HF_CSV_QUOTE:
		return "a quote stands inside an unquoted field or before its end";
	case HF_CSV_UNCLOSED:
		return "the table ends inside quotes";
	case HF_CSV_LONG:
		return "a record is longer than 1 MiB";
	case HF_CSV_MANY:
		return "a record has more than 1024 fields";
	case HF_CSV_WIDTH:
		return "a record has not as many fields as the header";
	case HF_CSV_HEADER:
		return "the header is missing, or a name in it is empty, longer than 127 bytes, not UTF-8, or there "
		       "twice";
	case HF_CSV_COLUMN:
		return "a column is not in the header";
	case HF_CSV_STOPPED:
		return "reading was stopped";
	}
	return "unknown defect";
}

struct hf_csv *hf_csv_new(hf_csv_record_fn fn, void *ctx)
{
	struct hf_csv *c = hf_alloc(sizeof(*c));

	memset(c, 0, offsetof(struct hf_csv, fields));
	c->fn = fn;
	c->ctx = ctx;
	hf_buf_init(&c->buf, HF_CSV_RECORD_MAX + 2 * PIECE);
	return c;
}

void hf_csv_free(struct hf_csv *c)
{
	if (!c)
		return;
	hf_buf_done(&c->buf);
	free(c->marks);
	free(c);
}

uint64_t hf_csv_records(const struct hf_csv *c)
{
	return c->records;
}

static inline void add_marks(struct hf_csv *c, size_t at, uint64_t marks, uint64_t quote)
{
	uint32_t *out = c->marks + c->mark_count;

	if (quote | c->inside) {
		uint64_t inside = hf_csv_prefix_xor(quote) ^ c->inside;

		c->quotes = true;
		c->inside = (uint64_t)((int64_t)inside >> 63);
		marks &= ~inside;
	}
	for (; marks; marks &= marks - 1)
		*out++ = (uint32_t)at + (uint32_t)__builtin_ctzll(marks);
	c->mark_count = (size_t)(out - c->marks);
}

static void reserve_marks(struct hf_csv *c, size_t more)
{
	if (c->mark_cap - c->mark_count >= more)
		return;
	c->mark_cap = c->mark_count + more;
	c->marks = hf_realloc(c->marks, c->mark_cap * sizeof(*c->marks));
}

/* The last block of a piece is padded with zeros, after which `inside` still holds: bits behind the end repeat the last
 * state. */
static void mark(struct hf_csv *c)
{
	const uint8_t *data = c->buf.data;
	uint8_t last[HF_CSV_BLOCK] = {0};
	size_t at = c->marked, end = c->buf.len;
	uint64_t marks, quote;

	reserve_marks(c, end - at);
	for (; end - at >= HF_CSV_BLOCK; at += HF_CSV_BLOCK) {
		marks = hf_csv_borders(data + at, &quote);
		add_marks(c, at, marks, quote);
	}
	if (at < end) {
		memcpy(last, data + at, end - at);
		marks = hf_csv_borders(last, &quote);
		add_marks(c, at, marks, quote);
	}
	c->marked = end;
}

/* Even numbers of quotes are given: marks stand outside quotes only. */
static bool quotes_good(const struct hf_csv_field *f)
{
	const uint8_t *at = f->data + 1, *end = f->data + f->len - 1;

	if (!f->quoted)
		return !memchr(f->data, '"', f->len);
	if (f->len < 2 || *end != '"')
		return false;
	while ((at = memchr(at, '"', (size_t)(end - at)))) {
		if (at + 1 >= end || at[1] != '"')
			return false;
		at += 2;
	}
	return true;
}

static enum hf_csv_defect check_quotes(struct hf_csv *c, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct hf_csv_field *f = &c->fields[i];

		f->quoted = f->len > 0 && f->data[0] == '"';
		if (f->len > 0 && !quotes_good(f))
			return HF_CSV_QUOTE;
	}
	return HF_CSV_GOOD;
}

/* The record whose first count - 1 fields are set already; the last one is [start, end), its line end behind it. */
static inline enum hf_csv_defect hand_out(struct hf_csv *c, size_t start, size_t end, size_t count)
{
	const uint8_t *data = c->buf.data;
	bool ended = end<c->buf.len, cr = end> start && data[end - 1] == '\r';
	struct hf_csv_record r = {c->fields, count, data + end - cr, (size_t)ended + cr, c->records};

	c->fields[count - 1] = (struct hf_csv_field){data + start, (uint32_t)(end - cr - start), false};
	if (r.line_end - c->fields[0].data > (ptrdiff_t)HF_CSV_RECORD_MAX)
		return HF_CSV_LONG;
	if (c->quotes && check_quotes(c, count) != HF_CSV_GOOD)
		return HF_CSV_QUOTE;
	if (!c->fn(c->ctx, &r))
		return HF_CSV_STOPPED;
	c->records++;
	return HF_CSV_GOOD;
}

static void drop_front(struct hf_csv *c, size_t bytes, size_t marks)
{
	if (bytes == 0)
		return;
	memmove(c->buf.data, c->buf.data + bytes, c->buf.len - bytes);
	c->buf.len -= bytes;
	c->marked -= bytes;
	c->mark_count -= marks;
	for (size_t i = 0; i < c->mark_count; i++)
		c->marks[i] = c->marks[marks + i] - (uint32_t)bytes;
	c->quotes = c->buf.len > 0 && memchr(c->buf.data, '"', c->buf.len);
}

static enum hf_csv_defect hand_out_all(struct hf_csv *c)
{
	const uint8_t *data = c->buf.data;
	size_t start = 0, count = 0, record = 0,
	       first = 0; /* record and first: the running record's place and first mark */

	for (size_t i = 0; i < c->mark_count; i++) {
		size_t at = c->marks[i];

		if (count == HF_CSV_FIELDS_MAX)
			return HF_CSV_MANY;
		if (data[at] == '\n') {
			enum hf_csv_defect d = hand_out(c, start, at, count + 1);

			if (d != HF_CSV_GOOD)
				return d;
			count = 0;
			record = at + 1;
			first = i + 1;
		} else {
			c->fields[count++] = (struct hf_csv_field){data + start, (uint32_t)(at - start), false};
		}
		start = at + 1;
	}
	drop_front(c, record, first);
	return c->buf.len > HF_CSV_RECORD_MAX + 2 ? HF_CSV_LONG : HF_CSV_GOOD;
}

/* At the end of the table: what has no line end. */
static enum hf_csv_defect hand_out_last(struct hf_csv *c)
{
	size_t start = 0;

	if (c->mark_count >= HF_CSV_FIELDS_MAX)
		return HF_CSV_MANY;
	for (size_t i = 0; i < c->mark_count; i++) {
		c->fields[i] = (struct hf_csv_field){c->buf.data + start, (uint32_t)(c->marks[i] - start), false};
		start = c->marks[i] + 1;
	}
	return hand_out(c, start, c->buf.len, c->mark_count + 1);
}

/* False: too few bytes yet to tell. */
static bool begin(struct hf_csv *c, bool end)
{
	static const uint8_t order_mark[3] = {0xEF, 0xBB, 0xBF};
	size_t n = c->buf.len < 3 ? c->buf.len : 3;

	if (c->begun)
		return true;
	if (memcmp(c->buf.data, order_mark, n) == 0) {
		if (n < 3 && !end)
			return false;
		if (n == 3) {
			c->buf.len -= n;
			memmove(c->buf.data, c->buf.data + n, c->buf.len);
		}
	}
	c->begun = true;
	return true;
}

enum hf_csv_defect hf_csv_feed(struct hf_csv *c, const void *data, size_t len)
{
	const uint8_t *at = data;

	while (len > 0 && c->defect == HF_CSV_GOOD) {
		size_t n = len < PIECE ? len : PIECE;

		if (!hf_buf_reserve(&c->buf, n + HF_CSV_SLACK) || !hf_buf_add(&c->buf, at, n))
			return c->defect = HF_CSV_LONG;
		at += n;
		len -= n;
		if (!begin(c, false))
			continue;
		mark(c);
		c->defect = hand_out_all(c);
	}
	return c->defect;
}

enum hf_csv_defect hf_csv_end(struct hf_csv *c)
{
	if (c->defect != HF_CSV_GOOD || c->buf.len == 0)
		return c->defect;
	if (!c->begun) {
		begin(c, true);
		mark(c);
	}
	if (c->inside)
		return c->defect = HF_CSV_UNCLOSED;
	if (c->buf.len > 0)
		c->defect = hand_out_last(c);
	return c->defect;
}

bool hf_csv_value(const struct hf_csv_field *f, struct hf_buf *out)
{
	const uint8_t *at = f->data, *end = f->data + f->len;

	if (!f->quoted)
		return hf_buf_add(out, at, f->len);
	end--;
	for (at++; at < end;) {
		const uint8_t *quote = memchr(at, '"', (size_t)(end - at));
		const uint8_t *stop = quote ? quote + 1 : end;

		if (!hf_buf_add(out, at, (size_t)(stop - at)))
			return false;
		at = quote ? quote + 2 : end;
	}
	return true;
}
