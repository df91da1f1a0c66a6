/*
 * masked_reader.c - a reader of masked rows (masked.h): the whole file goes in, the masked rows of the chosen fields
 * come out, the same bytes each time. Any worker, one thread at a time; the stream's own threads mask ahead.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/masked.h"
#include "release/engine/stream.h"

#define PIECE ((size_t)256 << 10)
#define OUT_MAX ((size_t)64 << 20) /* a piece gives a few batches at most */

struct masked_reader {
	struct hf_source_reader reader;
	struct hf_source_reader *inner;
	struct masked_setup setup;
	struct hf_stream *stream;
	uint8_t *piece;
	uint64_t in;    /* bytes of the file taken */
	uint64_t start; /* place in the output of out's first byte */
	struct hf_buf out;
	bool ended;
	enum hf_err error; /* final, but for one that may pass: then from the top */
	const char *kind;  /* of the plan's schemes; NULL: of none, or no error */
	struct hf_fault f;
};

enum hf_err masked_no_file(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	(void)ctx;
	(void)out;
	return hf_fault_set(f, HF_E_MASKING,
	                    "the plan reads the file %.60s, which a delivery does not; write its content into the plan",
	                    name);
}

static enum hf_err take_out(void *ctx, const uint8_t *data, size_t len, struct hf_fault *f)
{
	struct masked_reader *m = ctx;

	if (m->start + m->out.len + len > m->setup.most)
		return hf_fault_set(f, HF_E_LIMIT,
		                    "the masked rows are longer than the start said; take shorter results in the plan");
	return hf_buf_add(&m->out, data, len) ? HF_OK : hf_fault_default(f, HF_E_LIMIT);
}

static void from_the_top(struct masked_reader *m)
{
	const struct hf_stream_setup s = {.plan = m->setup.plan,
	                                  .table = m->setup.table,
	                                  .root = &m->setup.root,
	                                  .seed = &m->setup.seed,
	                                  .scope = m->setup.scope,
	                                  .only = m->setup.fields,
	                                  .only_count = m->setup.field_count,
	                                  .workers = m->setup.workers,
	                                  .file = masked_no_file,
	                                  .write = take_out,
	                                  .write_ctx = m};

	hf_stream_free(m->stream);
	m->stream = hf_stream_new(&s);
	m->in = m->start = 0;
	m->ended = false;
	m->error = HF_OK;
	m->kind = NULL;
	hf_buf_clear(&m->out);
}

/* The plan's own check of a result; without the last chunk and its manifest nothing counts as delivered (MK-47). */
static enum hf_err check_result(struct masked_reader *m)
{
	struct hf_fault why;
	uint64_t unreadable = 0;

	for (size_t i = 0; i < hf_stream_width(m->stream); i++) {
		struct hf_apply_count c;

		hf_stream_counts(m->stream, i, &c);
		unreadable += c.unreadable;
	}
	enum hf_err e = hf_plan_result_check(m->setup.plan, hf_stream_rows_out(m->stream), unreadable, &why);
	if (e == HF_OK)
		return HF_OK;
	m->kind = "result";
	return hf_fault_set(&m->f, HF_E_MASKING,
	                    "the result of the masking plan %.63s fails its check: %.300s; its publisher must correct "
	                    "plan or source",
	                    m->setup.plan->name, why.text);
}

static enum hf_err make_more(struct masked_reader *m)
{
	size_t n = 0;

	m->start += m->out.len;
	hf_buf_clear(&m->out);
	m->kind = "source";
	HF_TRY(hf_source_read(m->inner, m->in, m->piece, PIECE, &n));
	m->kind = NULL;
	m->in += n;
	if (n > 0)
		HF_TRY(hf_stream_feed(m->stream, m->piece, n, &m->f, &m->kind));
	if (n == PIECE)
		return HF_OK;
	HF_TRY(hf_stream_end(m->stream, &m->f, &m->kind));
	m->ended = true;
	return check_result(m);
}

static size_t copy_out(const struct masked_reader *m, uint64_t offset, uint8_t *out, size_t cap)
{
	uint64_t skip = offset - m->start;
	size_t n;

	if (skip >= m->out.len)
		return 0;
	n = m->out.len - (size_t)skip < cap ? m->out.len - (size_t)skip : cap;
	memcpy(out, m->out.data + skip, n);
	return n;
}

static enum hf_err read_masked(struct hf_source_reader *r, uint64_t offset, uint8_t *out, size_t cap, size_t *ret_len)
{
	struct masked_reader *m = (struct masked_reader *)r;
	size_t len = 0;

	if (offset < m->start || hf_err_class(m->error) == HF_CLASS_RETRY)
		from_the_top(m);
	while (m->error == HF_OK) {
		len += copy_out(m, offset + len, out + len, cap - len);
		if (len == cap || m->ended)
			break;
		m->error = make_more(m);
	}
	HF_TRY(m->error);
	if (offset > m->start + m->out.len)
		return HF_E_UNKNOWN;
	*ret_len = len;
	return HF_OK;
}

static void masked_stamp(const struct hf_source_reader *r, struct hf_source_stamp *ret_stamp)
{
	hf_source_reader_stamp(((const struct masked_reader *)r)->inner, ret_stamp);
}

static uint64_t masked_bytes(const struct hf_source_reader *r)
{
	(void)r;
	return 0;
}

static uint64_t masked_rows(const struct hf_source_reader *r)
{
	return hf_stream_rows_out(((const struct masked_reader *)r)->stream);
}

static void masked_reader_close(struct hf_source_reader *r)
{
	struct masked_reader *m = (struct masked_reader *)r;

	hf_stream_free(m->stream);
	hf_source_reader_close(m->inner);
	hf_wipe(m->piece, PIECE);
	free(m->piece);
	hf_buf_done(&m->out);
	hf_wipe(&m->setup, sizeof(m->setup));
	free(m);
}

static const struct hf_source_reader_ops ops = {read_masked, masked_stamp, masked_bytes, masked_rows,
                                                masked_reader_close};

struct hf_source_reader *masked_reader_new(struct hf_source_reader *take_inner, const struct masked_setup *setup)
{
	struct masked_reader *m = hf_alloc_zero(sizeof(*m));

	m->reader.ops = &ops;
	m->inner = take_inner;
	m->setup = *setup;
	m->piece = hf_alloc_zero(PIECE);
	hf_buf_init(&m->out, OUT_MAX);
	from_the_top(m);
	return &m->reader;
}

const char *masked_reader_why(const struct hf_source_reader *r)
{
	return ((const struct masked_reader *)r)->f.text;
}

const char *masked_reader_kind(const struct hf_source_reader *r)
{
	return ((const struct masked_reader *)r)->kind;
}
