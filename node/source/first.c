/* first.c - declared in first.h. */
#include "source/first.h"

#include <stdlib.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "source/made.h"
#include "source/readers/csv.h"

#define PIECE ((size_t)16 << 10) /* that is read of the other one at a time */

struct first {
	struct hf_maker maker;
	struct hf_source_reader *inner;
	uint64_t most, in,
	        end; /* rows; bytes of inner taken; where the last of the rows ends, 0: it was not there yet */
	struct hf_csv *csv;
};

static bool on_record(void *ctx, const struct hf_csv_record *rec)
{
	struct first *t = ctx;

	if (rec->number < t->most)
		return true;
	t->end = rec->byte + (uint64_t)(rec->line_end - rec->fields[0].data) + rec->line_end_len;
	return false;
}

static void first_top(struct hf_maker *m)
{
	struct first *t = (struct first *)m;

	hf_csv_free(t->csv);
	t->csv = hf_csv_new(on_record, t);
	t->in = t->end = 0;
}

static enum hf_err first_more(struct hf_maker *m, struct hf_buf *out, bool *ret_end, struct hf_fault *f)
{
	struct first *t = (struct first *)m;
	enum hf_csv_defect d;
	enum hf_err e;
	size_t n;

	if (!hf_buf_reserve(out, PIECE))
		return HF_E_LIMIT;
	e = t->inner->ops->read(t->inner, t->in, out->data, PIECE, &n);
	if (e != HF_OK) {
		*f = t->inner->why;
		return e;
	}
	d = hf_csv_feed(t->csv, out->data, n);
	out->len = t->end ? (size_t)(t->end - t->in) : n;
	t->in += n;
	*ret_end = n < PIECE || d != HF_CSV_GOOD; /* whoever splits it finds the defect, too */
	return HF_OK;
}

static void first_stamp(const struct hf_maker *m, struct hf_source_stamp *ret_stamp)
{
	const struct hf_source_reader *inner = ((const struct first *)m)->inner;

	inner->ops->stamp(inner, ret_stamp);
}

static uint64_t first_rows(const struct hf_maker *m)
{
	const struct first *t = (const struct first *)m;
	uint64_t records = hf_csv_records(t->csv);

	return t->end ? t->most : records ? records - 1 : 0;
}

static void first_free(struct hf_maker *m)
{
	struct first *t = (struct first *)m;

	t->inner->ops->close(t->inner);
	hf_csv_free(t->csv);
	free(t);
}

static const struct hf_maker_ops ops = {first_top, first_more, first_stamp, first_rows, first_free};

struct hf_source_reader *hf_first_reader_new(struct hf_source_reader *take_inner, uint64_t rows)
{
	struct first *t = hf_alloc_zero(sizeof(*t));

	t->maker.ops = &ops;
	t->inner = take_inner;
	t->most = rows;
	return hf_made_reader_new(&t->maker, PIECE + 1);
}
