/*
 * csv_check.c - counts rows, wrong widths and nulls without splitting: bit arithmetic over 64 bytes at a time. Declared
 * in csv.h.
 *
 * Only the events cost more than a block: a row's end, and a null. A byte's column is the number of commas between the
 * row's start and it, so nothing is done per field. Quotes turn into a mask of what is inside them; whether each
 * opening and closing quote stands where it may is again a shift and a mask.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/readers/csv_header.h"
#include "source/readers/csv_kernel.h"

#define BLOCKS 16u /* marked by one call of the kernel */

struct hf_csv_check {
	const struct hf_csv_kernel *kernel;
	struct hf_csv *header; /* reads the first record; NULL afterwards */
	struct hf_csv_column *columns;
	const char **names;
	uint64_t *nulls;
	size_t column_count;
	uint64_t bytes, rows, wrong_width, first_wrong;
	uint64_t row_start; /* place of the running row's first byte */
	uint64_t column;    /* of the next byte */
	enum hf_csv_defect defect;
	uint64_t defect_row;
	/* The last byte of what was seen, as bit 0 of masks; inside: all ones inside quotes. */
	uint64_t was_border, was_null_cr, was_close, was_close_cr, inside;
	uint8_t pending[HF_CSV_BLOCK];
	size_t pending_len;
	uint8_t last;
};

static bool on_header(void *ctx, const struct hf_csv_record *r)
{
	struct hf_csv_check *c = ctx;

	c->columns = hf_alloc(r->field_count * sizeof(*c->columns));
	if (hf_csv_header(r, c->columns) != HF_CSV_GOOD)
		return false;
	c->column_count = r->field_count;
	c->names = hf_alloc(c->column_count * sizeof(*c->names));
	c->nulls = hf_alloc_zero(c->column_count * sizeof(*c->nulls));
	for (size_t i = 0; i < c->column_count; i++)
		c->names[i] = c->columns[i].name;
	return true;
}

struct hf_csv_check *hf_csv_check_new(void)
{
	struct hf_csv_check *c = hf_alloc_zero(sizeof(*c));

	c->header = hf_csv_new(on_header, c);
	c->kernel = hf_csv_kernel();
	c->was_border = 1;
	return c;
}

void hf_csv_check_free(struct hf_csv_check *c)
{
	if (!c)
		return;
	hf_csv_free(c->header);
	free(c->columns);
	free(c->names);
	free(c->nulls);
	free(c);
}

static void note_defect(struct hf_csv_check *c, enum hf_csv_defect d, uint64_t row)
{
	if (c->defect != HF_CSV_GOOD)
		return;
	c->defect = d;
	c->defect_row = row;
}

static inline void end_row(struct hf_csv_check *c, uint64_t width)
{
	c->rows++;
	if (__builtin_expect(width != c->column_count, 0)) {
		c->wrong_width++;
		if (c->first_wrong == 0)
			c->first_wrong = c->rows;
	}
}

/* Quotes that stand where they may not. m is not yet cut to what is outside quotes; border is. */
static uint64_t bad_quotes(struct hf_csv_check *c, const struct hf_csv_masks *m, uint64_t inside, uint64_t border)
{
	uint64_t opening = m->quote & inside, closing = m->quote & ~inside;
	uint64_t behind_close = closing << 1 | c->was_close;
	uint64_t close_cr = behind_close & m->cr;
	uint64_t bad = opening & ~(border << 1 | c->was_border | behind_close);

	bad |= behind_close & ~(m->comma | m->lf | m->cr | m->quote);
	bad |= (close_cr << 1 | c->was_close_cr) & ~m->lf;
	c->was_close = closing >> 63;
	c->was_close_cr = close_cr >> 63;
	return bad;
}

struct block {
	uint64_t comma, lf, null; /* null: the border that ends an empty field */
};

/* Cuts the masks to what is outside quotes. */
static void cut_quoted(struct hf_csv_check *c, struct hf_csv_masks *m, uint64_t valid)
{
	uint64_t inside = hf_csv_prefix_xor(m->quote) ^ c->inside;
	uint64_t bad = bad_quotes(c, m, inside, (m->comma | m->lf) & ~inside) & valid;

	m->comma &= ~inside;
	m->lf &= ~inside;
	m->cr &= ~inside;
	c->inside = (uint64_t)((int64_t)inside >> 63);
	if (bad)
		note_defect(c, HF_CSV_QUOTE, c->rows + hf_csv_popcount(m->lf & ((bad & -bad) - 1)) + 1);
}

/* Column of the byte at `bit` is off + number of commas before it in this block; off goes below zero after a row's end.
 */
static inline void count_events(struct hf_csv_check *c, const struct block *b)
{
	uint64_t events = b->lf | b->null, off = c->column;

	for (; events; events &= events - 1) {
		uint64_t bit = events & -events, commas = hf_csv_popcount(b->comma & (bit - 1));
		uint64_t column = off + commas;

		if ((bit & b->null) && column < c->column_count)
			c->nulls[column]++;
		if (bit & b->lf) {
			end_row(c, column + 1);
			off = 0 - commas;
			c->row_start = c->bytes + (uint64_t)__builtin_ctzll(bit) + 1;
		}
	}
	c->column = off + hf_csv_popcount(b->comma);
}

/* Bytes behind len are zeros; only the last block of all may have such. */
static inline void one_block(struct hf_csv_check *c, struct hf_csv_masks *m, size_t len)
{
	struct block b;
	uint64_t border, before, null_cr;

	if (__builtin_expect((m->quote | c->inside | c->was_close | c->was_close_cr) != 0, 0))
		cut_quoted(c, m, len < HF_CSV_BLOCK ? ((uint64_t)1 << len) - 1 : ~(uint64_t)0);
	border = m->comma | m->lf;
	before = border << 1 | c->was_border;
	null_cr = m->cr & before;
	b.comma = m->comma;
	b.lf = m->lf;
	b.null = (border & before) | (m->lf & (null_cr << 1 | c->was_null_cr));
	c->was_border = border >> 63;
	c->was_null_cr = null_cr >> 63;
	count_events(c, &b);
	c->bytes += len;
	if (__builtin_expect(c->bytes > c->row_start + HF_CSV_RECORD_MAX + HF_CSV_BLOCK, 0))
		note_defect(c, HF_CSV_LONG, c->rows + 1);
}

static size_t fill_pending(struct hf_csv_check *c, const uint8_t *at, size_t len)
{
	size_t n = HF_CSV_BLOCK - c->pending_len < len ? HF_CSV_BLOCK - c->pending_len : len;

	memcpy(c->pending + c->pending_len, at, n);
	c->pending_len += n;
	return n;
}

static void feed_rows(struct hf_csv_check *c, const uint8_t *at, size_t len)
{
	struct hf_csv_masks m[BLOCKS];

	if (c->pending_len > 0) {
		size_t n = fill_pending(c, at, len);

		if (c->pending_len < HF_CSV_BLOCK)
			return;
		at += n;
		len -= n;
		c->kernel->masks(c->pending, 1, m);
		one_block(c, m, HF_CSV_BLOCK);
		c->pending_len = 0;
	}
	while (len >= HF_CSV_BLOCK) {
		size_t n = len / HF_CSV_BLOCK < BLOCKS ? len / HF_CSV_BLOCK : BLOCKS;

		c->kernel->masks(at, n, m);
		for (size_t i = 0; i < n; i++)
			one_block(c, &m[i], HF_CSV_BLOCK);
		at += n * HF_CSV_BLOCK;
		len -= n * HF_CSV_BLOCK;
	}
	fill_pending(c, at, len);
}

static void leave_header(struct hf_csv_check *c, enum hf_csv_defect d)
{
	if (c->column_count == 0)
		note_defect(c, d == HF_CSV_GOOD || d == HF_CSV_STOPPED ? HF_CSV_HEADER : d, 0);
	hf_csv_free(c->header);
	c->header = NULL;
	c->row_start = c->bytes;
}

/* Line by line, so that nothing behind the header is taken. Returns the bytes taken. */
static size_t feed_header(struct hf_csv_check *c, const uint8_t *at, size_t len)
{
	size_t taken = 0;

	while (c->header && taken < len) {
		const uint8_t *lf = memchr(at + taken, '\n', len - taken);
		size_t n = lf ? (size_t)(lf - at) + 1 - taken : len - taken;
		enum hf_csv_defect d = hf_csv_feed(c->header, at + taken, n);

		taken += n;
		c->bytes += n;
		if (c->column_count > 0 || d != HF_CSV_GOOD)
			leave_header(c, d);
	}
	return taken;
}

void hf_csv_check_feed(struct hf_csv_check *c, const void *data, size_t len)
{
	const uint8_t *at = data;
	size_t n;

	if (len == 0)
		return;
	c->last = at[len - 1];
	n = c->header ? feed_header(c, at, len) : 0;
	feed_rows(c, at + n, len - n);
}

/* The bits behind what is pending are 0. */
static void masks_of_pending(struct hf_csv_check *c, struct hf_csv_masks *ret_masks)
{
	memset(c->pending + c->pending_len, 0, HF_CSV_BLOCK - c->pending_len);
	c->kernel->masks(c->pending, 1, ret_masks);
}

/* A line end is added to a row that lacks it, and not counted as a byte. */
static void last_block(struct hf_csv_check *c)
{
	struct hf_csv_masks m;
	uint64_t inside;
	bool add;

	masks_of_pending(c, &m);
	inside = (uint64_t)((int64_t)(hf_csv_prefix_xor(m.quote) ^ c->inside) >> 63);
	add = !inside && c->last != '\n';
	if (add) {
		c->pending[c->pending_len++] = '\n';
		masks_of_pending(c, &m);
	}
	one_block(c, &m, c->pending_len);
	c->bytes -= add;
	c->pending_len = 0;
	if (inside)
		note_defect(c, HF_CSV_UNCLOSED, c->rows + 1);
}

void hf_csv_check_end(struct hf_csv_check *c)
{
	if (c->header)
		leave_header(c, hf_csv_end(c->header));
	else if (c->pending_len > 0 || c->bytes > c->row_start)
		last_block(c);
}

void hf_csv_check_verdict(const struct hf_csv_check *c, struct hf_csv_verdict *ret_verdict)
{
	*ret_verdict = (struct hf_csv_verdict){
	        .bytes = c->bytes + c->pending_len,
	        .rows = c->rows,
	        .wrong_width = c->wrong_width,
	        .first_wrong = c->first_wrong,
	        .defect = c->defect,
	        .defect_row = c->defect_row,
	        .column_count = c->column_count,
	        .names = c->names,
	        .nulls = c->nulls,
	};
}
