/*
 * masked_reader.c - a reader of masked rows (masked.h): the whole file goes in, the masked rows of the chosen fields
 * come out, the same bytes each time. Any worker, one thread at a time; the stream's own threads mask ahead.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "exchange/masked.h"
#include "masking/plan_files.h"
#include "release/engine/measure.h"
#include "release/engine/stream.h"
#include "source/made.h"

#define PIECE ((size_t)256 << 10)
#define OUT_MAX ((size_t)64 << 20) /* a piece gives a few batches at most */

struct masked_reader {
	struct hf_maker maker;
	struct hf_source_reader *inner;
	struct masked_setup setup;
	struct hf_stream *stream;
	uint8_t *piece;
	uint64_t in, made;          /* bytes of the file taken, and of masked rows given */
	bool read;                  /* the file is, to its end */
	struct hf_buf *out;         /* of the call; NULL: the rows are only looked at */
	struct hf_measure *measure; /* of what passes; NULL: nothing is looked at any more */
	bool held;                  /* to what the plan demands */
};

static enum hf_err take_out(void *ctx, const uint8_t *data, size_t len, struct hf_fault *f)
{
	struct masked_reader *m = ctx;

	if (m->measure)
		hf_measure_after(m->measure, data, len);
	if (!m->out)
		return HF_OK;
	m->made += len;
	if (m->made > m->setup.most)
		return hf_fault_set(f, HF_E_LIMIT,
		                    "the masked rows are longer than the start said; take shorter results in the plan");
	return hf_buf_add(m->out, data, len) ? HF_OK : hf_fault_default(f, HF_E_LIMIT);
}

static void look(struct masked_reader *m, uint64_t rows, uint64_t bytes)
{
	const struct hf_measure_setup s = {.table = m->setup.of,
	                                   .quasi = m->setup.quasi,
	                                   .quasi_count = m->setup.quasi_count,
	                                   .rows = rows,
	                                   .bytes = bytes};

	hf_measure_free(m->measure);
	m->measure = hf_measure_new(&s);
}

/* Once there is enough, or all is read. */
static void looked(struct masked_reader *m, bool all)
{
	if (!m->measure || !(all || hf_measure_enough(m->measure)))
		return;
	*m->setup.ret_effect = hf_measure_figures(m->measure);
	hf_measure_free(HF_TAKE(m->measure));
}

/* Of the fields asked for, or of all that the plan gives. */
static void begin_stream(struct masked_reader *m, bool all)
{
	const struct hf_stream_setup s = {.plan = m->setup.plan,
	                                  .table = m->setup.table,
	                                  .root = &m->setup.root,
	                                  .seed = &m->setup.seed,
	                                  .scope = m->setup.scope,
	                                  .only = all ? NULL : m->setup.fields,
	                                  .only_count = all ? 0 : m->setup.field_count,
	                                  .workers = m->setup.workers,
	                                  .file = hf_plan_file,
	                                  .file_ctx = (void *)m->setup.plan,
	                                  .write = take_out,
	                                  .write_ctx = m};

	hf_stream_free(m->stream);
	m->stream = hf_stream_new(&s);
	m->in = m->made = 0;
	m->read = false;
	*m->setup.ret_kind = NULL;
}

static void masked_top(struct hf_maker *maker)
{
	struct masked_reader *m = (struct masked_reader *)maker;

	begin_stream(m, false);
	if (!*m->setup.ret_effect)
		look(m, HF_MEASURE_ROWS, HF_MEASURE_BYTES);
}

enum hf_err masked_check(const struct hf_plan *p, const struct hf_stream *s, struct hf_fault *f)
{
	struct hf_fault why;
	uint64_t unreadable = 0;

	for (size_t i = 0; i < hf_stream_width(s); i++) {
		struct hf_apply_count c;

		hf_stream_counts(s, i, &c);
		unreadable += c.unreadable;
	}
	if (hf_plan_result_check(p, hf_stream_rows_out(s), unreadable, &why) == HF_OK)
		return HF_OK;
	return hf_fault_set(f, HF_E_MASKING,
	                    "the result of the masking plan %.63s fails its check: %.300s; its publisher must correct "
	                    "plan or source",
	                    p->name, why.text);
}

static enum hf_err feed(struct masked_reader *m, struct hf_fault *f)
{
	const char **kind = m->setup.ret_kind;
	size_t n = 0;

	*kind = "source";
	HF_TRY(hf_source_read(m->inner, m->in, m->piece, PIECE, &n));
	*kind = NULL;
	m->in += n;
	m->read = n < PIECE;
	if (m->measure)
		hf_measure_before(m->measure, m->piece, n);
	return n > 0 ? hf_stream_feed(m->stream, m->piece, n, f, kind) : HF_OK;
}

static enum hf_err stopped(const struct masked_reader *m, struct hf_fault *f)
{
	return atomic_load(m->setup.stop) ? hf_fault_set(f, HF_E_BUSY, "the node is stopping") : HF_OK;
}

/* All rows go through once, and nowhere: with all fields of the plan, since what is asked for another time goes to the
 * same consumer. */
static enum hf_err look_at_all(struct masked_reader *m, struct hf_fault *f)
{
	struct hf_fault why = {.code = HF_OK};
	bool more = true;

	m->out = NULL;
	begin_stream(m, true);
	look(m, MASKED_DEMAND_ROWS + 1, MASKED_DEMAND_BYTES);
	while (!m->read && !hf_measure_over(m->measure)) {
		HF_TRY(stopped(m, f));
		HF_TRY(feed(m, f));
	}
	while (more && !hf_measure_over(m->measure)) {
		HF_TRY(stopped(m, f));
		HF_TRY(hf_stream_end_some(m->stream, &more, f, m->setup.ret_kind));
	}
	enum hf_err e = hf_measure_demand(m->measure, &why);
	if (e == HF_OK)
		return HF_OK;
	*m->setup.ret_kind = "result";
	return hf_fault_set(f, HF_E_MASKING,
	                    "the masking plan %.63s demands of the risk what its result does not keep: %.250s",
	                    m->setup.plan->name, why.text);
}

/* MK-3: before the first byte leaves, when the plan demands something. One such table is in memory at a time. */
static enum hf_err hold(struct masked_reader *m, struct hf_fault *f)
{
	enum hf_err e = HF_OK;

	if (m->held || !m->setup.of->demand)
		return HF_OK;
	if (atomic_fetch_add(m->setup.holding, 1) == 0)
		e = look_at_all(m, f);
	else
		e = hf_fault_set(f, HF_E_BUSY, "another delivery is held to its plan's demands at this moment");
	atomic_fetch_sub(m->setup.holding, 1);
	hf_measure_free(HF_TAKE(m->measure));
	m->held = e == HF_OK;
	if (m->held)
		masked_top(&m->maker);
	return e;
}

static enum hf_err masked_more(struct hf_maker *maker, struct hf_buf *out, bool *ret_end, struct hf_fault *f)
{
	struct masked_reader *m = (struct masked_reader *)maker;
	bool more;

	HF_TRY(hold(m, f));
	m->out = out;
	if (!m->read) {
		HF_TRY(feed(m, f));
		looked(m, false);
		return HF_OK;
	}
	HF_TRY(hf_stream_end_some(m->stream, &more, f, m->setup.ret_kind));
	looked(m, !more);
	*ret_end = !more;
	if (more)
		return HF_OK;
	*m->setup.ret_kind = "result";
	HF_TRY(masked_check(m->setup.plan, m->stream, f));
	*m->setup.ret_kind = NULL;
	return HF_OK;
}

static void masked_stamp(const struct hf_maker *maker, struct hf_source_stamp *ret_stamp)
{
	hf_source_reader_stamp(((const struct masked_reader *)maker)->inner, ret_stamp);
}

static uint64_t masked_rows(const struct hf_maker *maker)
{
	return hf_stream_rows_out(((const struct masked_reader *)maker)->stream);
}

static void masked_free(struct hf_maker *maker)
{
	struct masked_reader *m = (struct masked_reader *)maker;

	hf_measure_free(m->measure);
	hf_stream_free(m->stream);
	hf_source_reader_close(m->inner);
	hf_wipe(m->piece, PIECE);
	free(m->piece);
	hf_wipe(&m->setup, sizeof(m->setup));
	free(m);
}

static const struct hf_maker_ops ops = {masked_top, masked_more, masked_stamp, masked_rows, masked_free};

struct hf_source_reader *masked_reader_new(struct hf_source_reader *take_inner, const struct masked_setup *setup)
{
	struct masked_reader *m = hf_alloc_zero(sizeof(*m));

	m->maker.ops = &ops;
	m->inner = take_inner;
	m->setup = *setup;
	m->piece = hf_alloc_zero(PIECE);
	return hf_made_reader_new(&m->maker, OUT_MAX);
}
