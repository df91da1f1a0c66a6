/* made.c - declared in made.h. */
#include "source/made.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"

struct made {
	struct hf_source_reader reader;
	struct hf_maker *m;
	uint64_t start; /* place in the output of out's first byte */
	struct hf_buf out;
	bool ended;
	enum hf_err error; /* final, but for one that may pass: then from the top */
};

static void from_the_top(struct made *d)
{
	d->m->ops->top(d->m);
	d->start = 0;
	d->ended = false;
	d->error = HF_OK;
	d->reader.why.code = HF_OK;
	hf_buf_clear(&d->out);
}

static enum hf_err make_more(struct made *d)
{
	d->start += d->out.len;
	hf_buf_clear(&d->out);
	return d->m->ops->more(d->m, &d->out, &d->ended, &d->reader.why);
}

static size_t copy_out(const struct made *d, uint64_t offset, uint8_t *out, size_t cap)
{
	uint64_t skip = offset - d->start;
	size_t n;

	if (skip >= d->out.len)
		return 0;
	n = d->out.len - (size_t)skip < cap ? d->out.len - (size_t)skip : cap;
	memcpy(out, d->out.data + skip, n);
	return n;
}

static enum hf_err made_read(struct hf_source_reader *r, uint64_t offset, uint8_t *out, size_t cap, size_t *ret_len)
{
	struct made *d = (struct made *)r;
	size_t len = 0;

	if (offset < d->start || hf_err_class(d->error) == HF_CLASS_RETRY)
		from_the_top(d);
	while (d->error == HF_OK) {
		len += copy_out(d, offset + len, out + len, cap - len);
		if (len == cap || d->ended)
			break;
		d->error = make_more(d);
	}
	HF_TRY(d->error);
	if (offset > d->start + d->out.len)
		return HF_E_UNKNOWN;
	*ret_len = len;
	return HF_OK;
}

static void made_stamp(const struct hf_source_reader *r, struct hf_source_stamp *ret_stamp)
{
	const struct hf_maker *m = ((const struct made *)r)->m;

	m->ops->stamp(m, ret_stamp);
}

static uint64_t made_bytes(const struct hf_source_reader *r)
{
	(void)r;
	return 0;
}

static uint64_t made_rows(const struct hf_source_reader *r)
{
	const struct hf_maker *m = ((const struct made *)r)->m;

	return m->ops->rows(m);
}

static void made_close(struct hf_source_reader *r)
{
	struct made *d = (struct made *)r;

	d->m->ops->free(d->m);
	if (d->out.data)
		hf_wipe(d->out.data, d->out.cap);
	hf_buf_done(&d->out);
	free(d);
}

static const struct hf_source_reader_ops ops = {made_read, made_stamp, made_bytes, made_rows, made_close};

struct hf_source_reader *hf_made_reader_new(struct hf_maker *take_m, size_t out_max)
{
	struct made *d = hf_alloc_zero(sizeof(*d));

	d->reader.ops = &ops;
	d->m = take_m;
	hf_buf_init(&d->out, out_max);
	from_the_top(d);
	return &d->reader;
}
