/*
 * csv_split.c - splits a stream into records: the places of commas and line ends first, 64 bytes at a time, then the
 * fields between them.
 *
 * Records that lie whole in the caller's bytes are handed out from there. What a call of feed leaves over, the running
 * record, waits in `carry`; the next call completes it there and goes on in the caller's bytes behind it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/readers/csv.h"
#include "source/readers/csv_kernel.h"

#define PIECE (64u << 10)
#define STEP 256u /* first try to complete the record in carry */

struct hf_csv {
	hf_csv_record_fn fn;
	void *ctx;
	const struct hf_csv_kernel *kernel;
	size_t record_max;
	struct hf_buf carry;
	uint32_t *marks; /* places of commas and line ends outside quotes, in the window that is worked on */
	size_t mark_count, mark_cap;
	struct hf_csv_state state;   /* at the end of what is marked */
	bool begun;                  /* the byte order mark was looked for */
	struct hf_csv_place running; /* of the record that is not complete */
	struct hf_csv_place defective;
	enum hf_csv_defect defect;
	struct hf_csv_field fields[HF_CSV_FIELDS_MAX];
};

/* Bytes that are being split. */
struct window {
	const uint8_t *data;
	size_t len;
	size_t readable; /* len or more: bytes that are there */
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
		return "a record is longer than allowed (1 MiB unless more is asked for)";
	case HF_CSV_MANY:
		return "a record has more than 1024 fields";
	case HF_CSV_WIDTH:
		return "a record has not as many fields as the header";
	case HF_CSV_HEADER:
		return "the header is missing, or a name in it is empty, longer than 127 bytes, not UTF-8, or there "
		       "twice";
	case HF_CSV_COLUMN:
		return "a column is not in the header";
	case HF_CSV_TYPE:
		return "a value is not of the type of its column";
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
	c->kernel = hf_csv_kernel();
	c->running.line = 1;
	c->carry.wiped = true;
	hf_csv_allow(c, HF_CSV_RECORD_MAX);
	return c;
}

void hf_csv_allow(struct hf_csv *c, size_t record_max)
{
	c->record_max = record_max < HF_CSV_RECORD_MOST ? record_max : HF_CSV_RECORD_MOST;
	c->carry.max = c->record_max + 2 * PIECE;
}

void hf_csv_free(struct hf_csv *c)
{
	if (!c)
		return;
	hf_buf_done(&c->carry);
	free(c->marks);
	free(c);
}

uint64_t hf_csv_records(const struct hf_csv *c)
{
	return c->running.record;
}

void hf_csv_where(const struct hf_csv *c, struct hf_csv_place *ret_place)
{
	*ret_place = c->defect == HF_CSV_GOOD ? c->running : c->defective;
}

static uint64_t count_lines(const uint8_t *at, const uint8_t *end)
{
	uint64_t n = 0;

	while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
		at++;
		n++;
	}
	return n;
}

/* The defect is at `at` in a record that begins at `record`. */
static enum hf_csv_defect fail(struct hf_csv *c, enum hf_csv_defect d, const uint8_t *record, const uint8_t *at)
{
	c->defective = c->running;
	c->defective.byte += (uint64_t)(at - record);
	c->defective.line += count_lines(record, at);
	return c->defect = d;
}

static void reserve_marks(struct hf_csv *c, size_t more)
{
	if (c->mark_cap - c->mark_count >= more)
		return;
	c->mark_cap = c->mark_count + more;
	c->marks = hf_realloc(c->marks, c->mark_cap * sizeof(*c->marks));
}

/* Marks data[from..to). The last block is padded with zeros, after which the state still holds. */
static void mark(struct hf_csv *c, const uint8_t *data, size_t from, size_t to)
{
	size_t blocks = (to - from) / HF_CSV_BLOCK, rest = (to - from) % HF_CSV_BLOCK;
	uint8_t last[HF_CSV_BLOCK] = {0};
	uint32_t *out;

	reserve_marks(c, to - from + 2 * (size_t)HF_CSV_BLOCK);
	out = c->marks + c->mark_count;
	out = c->kernel->mark(data + from, blocks, (uint32_t)from, &c->state, out);
	if (rest > 0) {
		memcpy(last, data + to - rest, rest);
		out = c->kernel->mark(last, 1, (uint32_t)(to - rest), &c->state, out);
	}
	c->mark_count = (size_t)(out - c->marks);
}

static void forget_marks(struct hf_csv *c)
{
	c->mark_count = 0;
	c->state = (struct hf_csv_state){0, 0};
}

/* The first quote that may not stand where it does; NULL: none. Even numbers of quotes are given: marks stand outside
 * quotes only. */
static const uint8_t *bad_quote(const struct hf_csv_field *f)
{
	const uint8_t *at = f->data + 1, *end = f->data + f->len - 1;

	if (!f->quoted)
		return f->len ? memchr(f->data, '"', f->len) : NULL;
	if (f->len < 2)
		return f->data;
	while ((at = memchr(at, '"', (size_t)(end - at)))) {
		if (at + 1 >= end || at[1] != '"')
			return at;
		at += 2;
	}
	return *end == '"' ? NULL : f->data;
}

static enum hf_csv_defect check_quotes(struct hf_csv *c, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct hf_csv_field *f = &c->fields[i];
		const uint8_t *bad;

		f->quoted = f->len > 0 && f->data[0] == '"';
		bad = bad_quote(f);
		if (bad)
			return fail(c, HF_CSV_QUOTE, c->fields[0].data, bad);
	}
	return HF_CSV_GOOD;
}

/* The record whose first count - 1 fields are set already; the last one is [start, end), its line end behind it. */
static inline enum hf_csv_defect hand_out(struct hf_csv *c, const struct window *w, size_t start, size_t end,
                                          size_t count)
{
	bool ended = end<w->len, cr = end> start && w->data[end - 1] == '\r';
	const uint8_t *line_end = w->data + end - cr;
	struct hf_csv_record r = {c->fields, count, line_end, (size_t)ended + cr, c->running.record, c->running.byte};
	size_t len;

	c->fields[count - 1] = (struct hf_csv_field){w->data + start, (uint32_t)(end - cr - start), false};
	len = (size_t)(line_end - c->fields[0].data);
	if (len > c->record_max)
		return fail(c, HF_CSV_LONG, w->data, w->data);
	if (c->state.quotes && check_quotes(c, count) != HF_CSV_GOOD)
		return HF_CSV_QUOTE;
	if (!c->fn(c->ctx, &r))
		return fail(c, HF_CSV_STOPPED, w->data, w->data);
	if (c->state.quotes)
		c->running.line += count_lines(r.fields[0].data, line_end);
	c->running.record++;
	c->running.line++;
	c->running.byte += len + r.line_end_len;
	return HF_CSV_GOOD;
}

/* Hands out up to `most` complete records that have HF_CSV_SLACK bytes behind them. *ret_used: bytes up to their end.
 */
static enum hf_csv_defect hand_out_all(struct hf_csv *c, const struct window *w, size_t most, size_t *ret_used)
{
	size_t start = 0, count = 0, used = 0;
	size_t last = w->readable < HF_CSV_SLACK ? 0 : w->readable - HF_CSV_SLACK;

	*ret_used = 0;
	for (size_t i = 0; i < c->mark_count; i++) {
		size_t at = c->marks[i];

		if (count + 1 > HF_CSV_FIELDS_MAX - (w->data[at] != '\n'))
			return fail(c, HF_CSV_MANY, w->data + used, w->data + at);
		if (w->data[at] == '\n') {
			if (at >= last || most-- == 0)
				break;
			if (hand_out(c, w, start, at, count + 1) != HF_CSV_GOOD)
				return c->defect;
			count = 0;
			*ret_used = used = at + 1;
		} else {
			c->fields[count++] = (struct hf_csv_field){w->data + start, (uint32_t)(at - start), false};
		}
		start = at + 1;
	}
	return HF_CSV_GOOD;
}

/* Puts bytes behind what is carried, with slack behind them. */
static enum hf_csv_defect carry_on(struct hf_csv *c, const uint8_t *data, size_t len)
{
	size_t from = c->carry.len;

	if (!hf_buf_reserve(&c->carry, len + HF_CSV_SLACK) || !hf_buf_add(&c->carry, data, len))
		return fail(c, HF_CSV_LONG, c->carry.data, c->carry.data);
	memset(c->carry.data + c->carry.len, 0, HF_CSV_SLACK);
	mark(c, c->carry.data, from, c->carry.len);
	return HF_CSV_GOOD;
}

static struct window carried(const struct hf_csv *c)
{
	return (struct window){c->carry.data, c->carry.len, c->carry.len + HF_CSV_SLACK};
}

/* Keeps what is not handed out, all of it when it has no complete record. */
static enum hf_csv_defect keep_rest(struct hf_csv *c, const uint8_t *data, size_t len)
{
	struct window w;
	size_t used;

	forget_marks(c);
	if (carry_on(c, data, len) != HF_CSV_GOOD)
		return c->defect;
	w = carried(c);
	if (hand_out_all(c, &w, SIZE_MAX, &used) != HF_CSV_GOOD || used == 0)
		return c->defect;
	forget_marks(c);
	memmove(c->carry.data, c->carry.data + used, c->carry.len - used + HF_CSV_SLACK);
	c->carry.len -= used;
	mark(c, c->carry.data, 0, c->carry.len);
	return HF_CSV_GOOD;
}

/* The carried record, which is not complete, gets bytes until it is. Returns the bytes taken. */
static size_t complete_carried(struct hf_csv *c, const uint8_t *data, size_t len)
{
	size_t taken = 0, step = STEP, used;

	while (taken < len) {
		size_t before = c->carry.len, n = len - taken < step ? len - taken : step;
		struct window w;

		if (carry_on(c, data + taken, n) != HF_CSV_GOOD)
			return 0;
		w = carried(c);
		if (hand_out_all(c, &w, 1, &used) != HF_CSV_GOOD)
			return 0;
		if (used > 0) {
			hf_buf_clear(&c->carry);
			forget_marks(c);
			return taken + used - before;
		}
		taken += n;
		if (c->carry.len > c->record_max + 2) {
			fail(c, HF_CSV_LONG, c->carry.data, c->carry.data);
			return 0;
		}
		step = step < PIECE ? 2 * step : PIECE;
	}
	return taken;
}

static enum hf_csv_defect feed_some(struct hf_csv *c, const uint8_t *data, size_t len)
{
	size_t at = c->carry.len ? complete_carried(c, data, len) : 0;

	while (at < len && c->defect == HF_CSV_GOOD) {
		struct window w = {data + at, len - at < PIECE ? len - at : PIECE, len - at};
		size_t used;

		forget_marks(c);
		mark(c, w.data, 0, w.len);
		if (hand_out_all(c, &w, SIZE_MAX, &used) != HF_CSV_GOOD)
			break;
		at += used;
		if (used > 0 && w.len < w.readable)
			continue;
		keep_rest(c, w.data + used, w.len - used);
		at += w.len - used;
		if (at < len && c->defect == HF_CSV_GOOD)
			at += complete_carried(c, data + at, len - at);
	}
	return c->defect;
}

/* Looks for the byte order mark. Returns bytes taken from data; not begun afterwards: too few yet to tell. */
static size_t begin(struct hf_csv *c, const uint8_t *data, size_t len)
{
	static const uint8_t order_mark[3] = {0xEF, 0xBB, 0xBF};
	size_t taken = 0;

	while (taken < len && c->carry.len < 3 && data[taken] == order_mark[c->carry.len])
		hf_buf_add(&c->carry, data + taken++, 1);
	c->begun = c->carry.len == 3 || taken < len;
	if (c->carry.len == 3) {
		hf_buf_clear(&c->carry);
		c->running.byte = 3;
	} else if (c->begun && c->carry.len > 0) {
		uint8_t few[3];
		size_t n = c->carry.len;

		memcpy(few, c->carry.data, n);
		hf_buf_clear(&c->carry);
		keep_rest(c, few, n);
	}
	return taken;
}

enum hf_csv_defect hf_csv_feed(struct hf_csv *c, const void *data, size_t len)
{
	const uint8_t *at = data;
	size_t taken;

	if (c->defect != HF_CSV_GOOD || len == 0)
		return c->defect;
	taken = c->begun ? 0 : begin(c, at, len);
	return feed_some(c, at + taken, len - taken);
}

/* Sets all fields of the record that has no line end but the last. Returns where that one begins. */
static size_t set_last_fields(struct hf_csv *c, const struct window *w)
{
	size_t start = 0;

	for (size_t i = 0; i < c->mark_count; i++) {
		c->fields[i] = (struct hf_csv_field){w->data + start, (uint32_t)(c->marks[i] - start), false};
		start = c->marks[i] + 1;
	}
	return start;
}

/* The quote because of which the table ends inside quotes. */
static enum hf_csv_defect unclosed(struct hf_csv *c, const struct window *w, size_t start)
{
	const uint8_t *field = w->data + start, *end = w->data + w->len, *at = field + 1;

	if (check_quotes(c, c->mark_count) != HF_CSV_GOOD)
		return HF_CSV_QUOTE;
	if (*field != '"')
		return fail(c, HF_CSV_QUOTE, w->data, memchr(field, '"', (size_t)(end - field)));
	for (; (at = memchr(at, '"', (size_t)(end - at))); at += 2)
		if (at[1] != '"')
			return fail(c, HF_CSV_QUOTE, w->data, at);
	return fail(c, HF_CSV_UNCLOSED, w->data, field);
}

/* At the end of the table: what has no line end. */
static enum hf_csv_defect hand_out_last(struct hf_csv *c)
{
	struct window w = carried(c);
	size_t start;

	if (c->mark_count >= HF_CSV_FIELDS_MAX)
		return fail(c, HF_CSV_MANY, w.data, w.data + c->marks[HF_CSV_FIELDS_MAX - 1]);
	start = set_last_fields(c, &w);
	if (c->state.inside)
		return unclosed(c, &w, start);
	return hand_out(c, &w, start, w.len, c->mark_count + 1);
}

enum hf_csv_defect hf_csv_end(struct hf_csv *c)
{
	if (c->defect != HF_CSV_GOOD || c->carry.len == 0)
		return c->defect;
	if (!c->begun) { /* one or two bytes in all, which begin like a byte order mark */
		mark(c, c->carry.data, 0, c->carry.len);
		hf_buf_reserve(&c->carry, HF_CSV_SLACK);
	}
	return hand_out_last(c);
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

char **hf_csv_names(const struct hf_csv_record *rec)
{
	char **names = hf_alloc_zero((rec->field_count + 1) * sizeof(*names));

	for (size_t i = 0; i < rec->field_count; i++) {
		struct hf_buf name = HF_BUF_INIT;

		hf_csv_value(&rec->fields[i], &name);
		hf_buf_add(&name, "", 1);
		names[i] = (char *)hf_buf_take(&name, &(size_t){0});
	}
	return names;
}
