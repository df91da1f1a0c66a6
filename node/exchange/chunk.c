/* chunk.c - see chunk.h. */
#include "exchange/chunk.h"

#include <string.h>

#include "crypto/domains.h"
#include "source/sample.h"

bool chunk_source_stands(const struct transfer *t)
{
	struct hf_source_stamp now;
	hf_source_reader_stamp(t->reader, &now);
	return hf_source_stamp_same(&now, &t->stamp);
}

void chunk_read_work(uv_work_t *w)
{
	struct job *j = w->data;
	j->error = hf_source_read(j->t->reader, j->index * CHUNK_BYTES, hf_bulk_data(j->bulk), CHUNK_BYTES, &j->len);
	if (j->error != HF_OK)
		return;
	j->last = j->len < CHUNK_BYTES;
	if (j->last)
		j->rows = hf_source_reader_rows(j->t->reader);
	j->was_read = chunk_source_stands(j->t);
	if (!j->was_read) /* never two plaintexts under one nonce */
		j->error = HF_E_SOURCE_CHANGED;
}

/* The plain chunk is hashed, then sealed in place. */
void chunk_seal_work(uv_work_t *w)
{
	struct job *j = w->data;
	uint8_t nonce[12] = {0}, ad[25];
	uint8_t *data = hf_bulk_data(j->bulk);
	hf_merkle_leaf(data, j->len, &j->leaf);
	if (!j->rq)
		return;
	if (j->sample && !hf_sample_piece(j->sample, j->index, data, j->len)) {
		j->error = hf_sample_failed(j->sample)[0] ? HF_E_SCANNER : HF_E_SENSITIVE;
		return;
	}
	hf_put_u64(nonce + 4, j->index);
	memcpy(ad, j->t->id.b, 16);
	hf_put_u64(ad + 16, j->index);
	ad[24] = j->last;
	if (!hf_aead_seal(j->aead, nonce, ad, sizeof(ad), data, j->len, data, j->tag))
		j->error = HF_E_CRYPTO;
}

void chunk_work(uv_work_t *w)
{
	struct job *j = w->data;
	chunk_read_work(w);
	if (j->error == HF_OK)
		chunk_seal_work(w);
}
