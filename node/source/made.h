/*
 * made.h - a reader whose bytes are made in order, from the top: kept is what was made and not yet asked for. An offset
 * before that begins again. For this folder and exchange/masked_reader.c.
 */
#ifndef HUFU_SOURCE_MADE_H
#define HUFU_SOURCE_MADE_H

#include "source/reader.h"

struct hf_maker;
struct hf_maker_ops {
	void (*top)(struct hf_maker *m); /* begin again; also before the first time */
	/* Appends a piece to out, which is empty. What it says is wrong is final until the top. */
	enum hf_err (*more)(struct hf_maker *m, struct hf_buf *out, bool *ret_end, struct hf_fault *f);
	void (*stamp)(const struct hf_maker *m, struct hf_source_stamp *ret_stamp);
	uint64_t (*rows)(const struct hf_maker *m); /* without the header; made so far */
	void (*free)(struct hf_maker *m);
};
/* First member of every maker. */
struct hf_maker {
	const struct hf_maker_ops *ops;
};
/* out_max: bytes of a piece. */
struct hf_source_reader *hf_made_reader_new(struct hf_maker *take_m, size_t out_max);

#endif
