/*
 * reader.h - what a reader of a source is, for adapters and for whoever puts a reader before another one
 * (project.h, exchange/masked_reader.c). Everybody else uses source.h.
 */
#ifndef HUFU_SOURCE_READER_H
#define HUFU_SOURCE_READER_H

#include "source/source.h"

/* As the functions of source.h that call them. */
struct hf_source_reader_ops {
	enum hf_err (*read)(struct hf_source_reader *r, uint64_t offset, uint8_t *out, size_t cap, size_t *ret_len);
	void (*stamp)(const struct hf_source_reader *r, struct hf_source_stamp *ret_stamp);
	uint64_t (*bytes)(const struct hf_source_reader *r);
	uint64_t (*rows)(const struct hf_source_reader *r);
	void (*close)(struct hf_source_reader *r);
};
/* First member of every reader. */
struct hf_source_reader {
	const struct hf_source_reader_ops *ops;
	struct hf_fault why; /* words of its own for the error that read gave; code OK: none */
};

#endif
