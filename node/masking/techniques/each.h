/*
 * each.h - a batch value by value: what every technique of single values does around its own work. Inside of
 * techniques/.
 */
#ifndef HUFU_MASKING_TECHNIQUES_EACH_H
#define HUFU_MASKING_TECHNIQUES_EACH_H

#include "masking/technique.h"

/* Makes b->out[i] of b->in[i], which is not null. False: it cannot be read; it becomes null and is counted. */
typedef bool (*hf_each_fn)(void *state, struct hf_mask_batch *b, size_t i);

static inline enum hf_err hf_mask_each(void *state, struct hf_mask_batch *b, hf_each_fn one)
{
	for (size_t i = 0; i < b->count; i++) {
		b->out[i] = (struct hf_bytes){NULL, 0};
		if (!b->in[i].data || one(state, b, i))
			continue;
		b->out[i] = (struct hf_bytes){NULL, 0};
		b->unreadable++;
	}
	return HF_OK;
}

#endif
