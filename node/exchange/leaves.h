/*
 * leaves.h - inside of node/exchange: Merkle leaves of chunks that finish out of order, and the range over those in
 * order.
 */
#ifndef HUFU_EXCHANGE_LEAVES_H
#define HUFU_EXCHANGE_LEAVES_H

#include "crypto/merkle.h"

#define UNACKED_MAX 256u /* chunks a consumer may be ahead of its durable acknowledgement */

/* Leaves of chunks at and after the compact range, until they can be appended in order. */
struct leaf_window {
	struct hf_merkle_range range;
	struct hf_hash leaf[UNACKED_MAX];
	uint32_t bytes[UNACKED_MAX];
	bool have[UNACKED_MAX];
};
void leaves_init(struct leaf_window *w);
/* Puts the leaf of a chunk in its place; false when it is outside the window. */
bool leaves_put(struct leaf_window *w, uint64_t index, const struct hf_hash *leaf, uint32_t bytes);
bool leaves_has(const struct leaf_window *w, uint64_t index);
/* Is another leaf in that place? Only those behind the range are compared. */
bool leaves_differ(const struct leaf_window *w, uint64_t index, const struct hf_hash *leaf);
/* Moves the range over the next chunk if its leaf is there. */
bool leaves_advance(struct leaf_window *w, uint32_t *ret_bytes);

#endif
