/*
 * csv_file.c - the adapter "csv": one file of RFC 4180 with a header, as it is or packed.
 *
 * A reader of a file as it is keeps nothing but the descriptor, so that several threads may read at once.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "source/adapters.h"
#include "source/first.h"
#include "source/input.h"
#include "source/made.h"
#include "source/place.h"

struct whole {
	struct hf_source_reader reader;
	int fd;
	uint64_t bytes; /* when it was opened */
	uint64_t rows;
};

static enum hf_err whole_read(struct hf_source_reader *r, uint64_t offset, uint8_t *out, size_t cap, size_t *ret_len)
{
	struct whole *w = (struct whole *)r;
	if (offset > w->bytes)
		return HF_E_UNKNOWN;
	uint64_t left = w->bytes - offset;
	size_t want = left < cap ? (size_t)left : cap, len = 0;

	if (want > 0)
		HF_TRY(hf_place_read(w->fd, offset, out, want, &len));
	if (len < want)
		return HF_E_SOURCE_CHANGED;
	*ret_len = len;
	return HF_OK;
}

static void whole_stamp(const struct hf_source_reader *r, struct hf_source_stamp *ret_stamp)
{
	*ret_stamp = (struct hf_source_stamp){0, 0, 0};
	hf_place_stamp(((const struct whole *)r)->fd, ret_stamp);
}

static uint64_t whole_bytes(const struct hf_source_reader *r)
{
	return ((const struct whole *)r)->bytes;
}

static uint64_t whole_rows(const struct hf_source_reader *r)
{
	return ((const struct whole *)r)->rows;
}

static void whole_close(struct hf_source_reader *r)
{
	close(((struct whole *)r)->fd);
	free(r);
}

static const struct hf_source_reader_ops whole_ops = {whole_read, whole_stamp, whole_bytes, whole_rows, whole_close};

/* A packed one. */
#define PIECE ((size_t)256 << 10)
struct packed {
	struct hf_maker maker;
	struct hf_input *in;
	uint64_t rows;
};

static void packed_top(struct hf_maker *m)
{
	hf_input_top(((struct packed *)m)->in);
}

static enum hf_err packed_more(struct hf_maker *m, struct hf_buf *out, bool *ret_end, struct hf_fault *f)
{
	size_t n;

	if (!hf_buf_reserve(out, PIECE))
		return HF_E_LIMIT;
	HF_TRY(hf_input_read(((struct packed *)m)->in, out->data, PIECE, &n, f));
	out->len = n;
	*ret_end = n < PIECE;
	return HF_OK;
}

static void packed_stamp(const struct hf_maker *m, struct hf_source_stamp *ret_stamp)
{
	hf_input_stamp(((const struct packed *)m)->in, ret_stamp);
}

static uint64_t packed_rows(const struct hf_maker *m)
{
	return ((const struct packed *)m)->rows;
}

static void packed_free(struct hf_maker *m)
{
	hf_input_close(((struct packed *)m)->in);
	free(m);
}

static const struct hf_maker_ops packed_ops = {packed_top, packed_more, packed_stamp, packed_rows, packed_free};

static struct hf_source_reader *new_packed(struct hf_input *in, uint64_t rows)
{
	struct packed *p = hf_alloc_zero(sizeof(*p));

	p->maker.ops = &packed_ops;
	p->in = in;
	p->rows = rows;
	return hf_made_reader_new(&p->maker, PIECE + 1);
}

static struct hf_source_reader *new_whole(int fd, uint64_t bytes, uint64_t rows)
{
	struct whole *w = hf_alloc_zero(sizeof(*w));

	w->reader.ops = &whole_ops;
	w->fd = fd;
	w->bytes = bytes;
	w->rows = rows;
	return &w->reader;
}

static enum hf_err open_csv(const struct hf_source_home *home, const struct hf_source_view *v,
                            struct hf_source_reader **ret_reader, struct hf_fault *f)
{
	struct hf_source_stamp stamp;
	struct hf_input *in;
	uint64_t rows;

	HF_TRY(hf_input_open(home, v->path, &in, f));
	hf_input_stamp(in, &stamp);
	rows = hf_source_stamp_same(&stamp, &v->stamp) ? v->rows : 0;
	*ret_reader = hf_input_packed(in) ? new_packed(in, rows) : new_whole(hf_input_take_fd(in), stamp.bytes, rows);
	if (v->most_rows)
		*ret_reader = hf_first_reader_new(*ret_reader, v->most_rows);
	return HF_OK;
}

const struct hf_adapter hf_adapter_csv = {
        .kind = "csv", .stamp = hf_input_stamp_of, .open = open_csv, .digest = hf_input_digest_of};
