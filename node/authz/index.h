/*
 * index.h - a chained hash table of items that their owner keeps; keys are compared by the owner. Loop thread.
 */
#ifndef HUFU_AUTHZ_INDEX_H
#define HUFU_AUTHZ_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "base/ids.h"

struct hf_index_item {
	uint64_t hash;
	struct hf_index_item *next;
};
struct hf_index {
	struct hf_index_item **slots;
	size_t slot_count, item_count;
};

/* Identifiers are random in their last bytes; name may be NULL. */
uint64_t hf_index_hash(const struct hf_id *id, const char *name);
/* The first item of the chain that may hold the hash; walk with next and compare hash and key. NULL: none. */
struct hf_index_item *hf_index_first(const struct hf_index *x, uint64_t hash);
void hf_index_add(struct hf_index *x, struct hf_index_item *item);
void hf_index_remove(struct hf_index *x, struct hf_index_item *item);
/* Frees the table, not the items. */
void hf_index_done(struct hf_index *x);

#endif
