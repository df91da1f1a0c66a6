/*
 * leaves.c - chunks finish out of order, the Merkle range needs them in order: a bounded window between the two.
 */
#include <string.h>

#include "exchange/leaves.h"

void leaves_init(struct leaf_window *w)
{
	memset(w, 0, sizeof(*w));
	hf_merkle_range_init(&w->range);
}

bool leaves_put(struct leaf_window *w, uint64_t index, const struct hf_hash *leaf, uint32_t bytes)
{
	if (index < w->range.size || index >= w->range.size + UNACKED_MAX)
		return false;
	size_t i = index % UNACKED_MAX;
	w->leaf[i] = *leaf;
	w->bytes[i] = bytes;
	w->have[i] = true;
	return true;
}

bool leaves_has(const struct leaf_window *w, uint64_t index)
{
	return index < w->range.size || (index < w->range.size + UNACKED_MAX && w->have[index % UNACKED_MAX]);
}

bool leaves_differ(const struct leaf_window *w, uint64_t index, const struct hf_hash *leaf)
{
	return index >= w->range.size && leaves_has(w, index) &&
	       memcmp(&w->leaf[index % UNACKED_MAX], leaf, sizeof(*leaf)) != 0;
}

bool leaves_advance(struct leaf_window *w, uint32_t *ret_bytes)
{
	size_t i = w->range.size % UNACKED_MAX;
	if (!w->have[i])
		return false;
	w->have[i] = false;
	*ret_bytes = w->bytes[i];
	hf_merkle_range_append(&w->range, &w->leaf[i]);
	return true;
}
