/*
 * overlay.h - the rows of submitted units that are not settled yet, sorted, over what is committed; for this folder
 * only.
 *
 * A treap per table whose nodes are the rows themselves; the latest submitted row of a key is the one in the tree. Loop
 * thread.
 */
#ifndef HUFU_STORE_OVERLAY_H
#define HUFU_STORE_OVERLAY_H

#include "store/unit.h"

struct hf_overlay {
	struct hf_row *root[HF_TABLE_COUNT];
	uint32_t random;
	uint64_t changes[HF_TABLE_COUNT]; /* rows that came or went */
};

/* The order of LMDB: bytes, then length. */
int hf_key_compare(const void *a, size_t a_len, const void *b, size_t b_len);

void hf_overlay_init(struct hf_overlay *o);
void hf_overlay_add(struct hf_overlay *o, struct hf_unit *u);
/* Takes out the rows of u that no later unit has replaced. */
void hf_overlay_remove(struct hf_overlay *o, struct hf_unit *u);

const struct hf_row *hf_overlay_find(const struct hf_overlay *o, enum hf_table t, const void *key, size_t key_len);
/* The first row at or after key; with `past` the first after it. NULL at the end. */
const struct hf_row *hf_overlay_from(const struct hf_overlay *o, enum hf_table t, const void *key, size_t key_len,
                                     bool past);
/* The last row before key; key NULL: the last of all. NULL at the end. */
const struct hf_row *hf_overlay_before(const struct hf_overlay *o, enum hf_table t, const void *key, size_t key_len);

#endif
