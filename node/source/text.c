/* text.c - see text.h. */
#include "source/text.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "source/made.h"
#include "source/readers/recode.h"
#include "source/source.h"

#define PIECE ((size_t)256 << 10)

/* ---- of GB18030 ---- */

struct turned {
	struct hf_maker maker;
	struct hf_source_reader *inner; /* lent */
	struct hf_recode *recode;
	uint8_t *piece;
	uint64_t at; /* bytes of inner */
};

static void turned_top(struct hf_maker *m)
{
	struct turned *t = (struct turned *)m;

	hf_recode_free(t->recode);
	t->recode = hf_recode_new(HF_ENCODING_GB18030);
	t->at = 0;
}

static enum hf_err wrong(const struct turned *t, struct hf_fault *f)
{
	return hf_fault_set(f, HF_E_FORMAT, "its text begins in GB18030 and is none at byte %" PRIu64,
	                    hf_recode_where(t->recode));
}

static enum hf_err turned_more(struct hf_maker *m, struct hf_buf *out, bool *ret_end, struct hf_fault *f)
{
	struct turned *t = (struct turned *)m;
	size_t n = 0;

	if (!t->recode)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "it is written in GB18030, which this machine's C library cannot read");
	HF_TRY(hf_source_read(t->inner, t->at, t->piece, PIECE, &n));
	t->at += n;
	*ret_end = n < PIECE;
	return hf_recode_feed(t->recode, t->piece, n, out) && (!*ret_end || hf_recode_end(t->recode)) ? HF_OK
	                                                                                              : wrong(t, f);
}

static void turned_stamp(const struct hf_maker *m, struct hf_source_stamp *ret_stamp)
{
	hf_source_reader_stamp(((const struct turned *)m)->inner, ret_stamp);
}

static uint64_t turned_rows(const struct hf_maker *m)
{
	return hf_source_reader_rows(((const struct turned *)m)->inner);
}

static void turned_free(struct hf_maker *m)
{
	struct turned *t = (struct turned *)m;

	hf_recode_free(t->recode);
	hf_wipe(t->piece, PIECE);
	free(t->piece);
	free(t);
}

static const struct hf_maker_ops turned_ops = {turned_top, turned_more, turned_stamp, turned_rows, turned_free};

static struct hf_source_reader *turned_new(struct hf_source_reader *inner)
{
	struct turned *t = hf_alloc_zero(sizeof(*t));

	t->maker.ops = &turned_ops;
	t->inner = inner;
	t->piece = hf_alloc_zero(PIECE);
	return hf_made_reader_new(&t->maker, 2 * PIECE + 64); /* as long as recode.h says */
}

/* ---- of either ---- */

struct text {
	struct hf_source_reader reader;
	struct hf_source_reader *inner, *turned; /* turned NULL: inner is UTF-8 */
	bool told;
};

static enum hf_err tell(struct text *t)
{
	uint8_t *piece = hf_alloc(PIECE);
	size_t n = 0;
	enum hf_err e = hf_source_read(t->inner, 0, piece, PIECE, &n);

	if (e == HF_OK) {
		t->told = true;
		if (hf_encoding_guess(piece, n, n < PIECE) == HF_ENCODING_GB18030)
			t->turned = turned_new(t->inner);
	}
	hf_wipe(piece, PIECE);
	free(piece);
	return e;
}

static enum hf_err text_read(struct hf_source_reader *r, uint64_t offset, uint8_t *out, size_t cap, size_t *ret_len)
{
	struct text *t = (struct text *)r;
	enum hf_err e = t->told ? HF_OK : tell(t);
	const struct hf_source_reader *from = t->turned ? t->turned : t->inner;

	if (e == HF_OK)
		e = hf_source_read(t->turned ? t->turned : t->inner, offset, out, cap, ret_len);
	r->why = from->why;
	return e;
}

static void text_stamp(const struct hf_source_reader *r, struct hf_source_stamp *ret_stamp)
{
	hf_source_reader_stamp(((const struct text *)r)->inner, ret_stamp);
}

static uint64_t text_bytes(const struct hf_source_reader *r)
{
	(void)r;
	return 0;
}

static uint64_t text_rows(const struct hf_source_reader *r)
{
	return hf_source_reader_rows(((const struct text *)r)->inner);
}

static void text_close(struct hf_source_reader *r)
{
	struct text *t = (struct text *)r;

	hf_source_reader_close(t->turned);
	hf_source_reader_close(t->inner);
	free(t);
}

static const struct hf_source_reader_ops ops = {text_read, text_stamp, text_bytes, text_rows, text_close};

struct hf_source_reader *hf_text_reader_new(struct hf_source_reader *take_inner)
{
	struct text *t = hf_alloc_zero(sizeof(*t));

	t->reader.ops = &ops;
	t->inner = take_inner;
	return &t->reader;
}
