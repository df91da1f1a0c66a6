/*
 * chunk.h - inside of node/exchange: what workers do with a chunk on the provider's side (serve.c): read, then hash and
 * seal.
 */
#ifndef HUFU_EXCHANGE_CHUNK_H
#define HUFU_EXCHANGE_CHUNK_H

#include "exchange/transfer.h"

struct job {
	uv_work_t work;
	struct transfer *t;
	struct hf_request *rq; /* NULL: a leaf that is needed again after a restart */
	uint64_t index;
	struct hf_sample *sample; /* NULL: nothing is watched */
	struct hf_aead *aead;
	struct hf_bulk *bulk;
	size_t len;
	struct hf_hash leaf;
	uint8_t tag[HF_AEAD_TAG_BYTES];
	enum hf_err error;
	bool was_read; /* an error is of the sealing */
	bool last;
	uint64_t rows; /* of the last: as many came before */
};
/* The source is as it was when the transfer began. */
bool chunk_source_stands(const struct transfer *t);
/* The reader is used by the first alone. The second wants what the first has read without an error. */
void chunk_read_work(uv_work_t *w);
void chunk_seal_work(uv_work_t *w);
void chunk_work(uv_work_t *w); /* both */

#endif
