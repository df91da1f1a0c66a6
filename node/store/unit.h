/*
 * unit.h - what a unit of work holds; for this folder only.
 *
 * One allocation carries the unit and its first rows. A row is also the node of the overlay's tree, so that submitting
 * allocates nothing. The committer reads table, key, value and del; the tree links belong to the loop thread.
 */
#ifndef HUFU_STORE_UNIT_H
#define HUFU_STORE_UNIT_H

#include "base/mem.h"
#include "store/store.h"

struct hf_row {
	struct hf_row *next; /* in the unit, in the order of the calls */
	const uint8_t *key, *value;
	uint32_t key_len, value_len;
	enum hf_table table;
	bool del;
	bool shown; /* it is in the overlay */
	uint32_t priority;
	struct hf_row *left, *right;
};

struct hf_unit_draft {
	struct hf_unit_draft *next;
	struct hf_draft *draft;
};

struct hf_hook {
	struct hf_hook *next;
	void (*fn)(void *ctx);
	void *ctx;
	void (*free_ctx)(void *ctx);
};

#define HF_UNIT_INLINE 2048u

struct hf_unit {
	struct hf_unit *next; /* in the queue it is in */
	struct hf_row *rows, **rows_end;
	struct hf_unit_draft *drafts, **drafts_end;
	struct hf_hook *hooks, **hooks_end;
	size_t draft_count;
	bool preparing; /* in the preparer's hands; guarded by the committer's mutex */
	size_t bytes;   /* of keys and values */
	enum hf_err err;
	hf_unit_done_fn done;
	void *ctx;
	struct hf_commit info;
	struct hf_arena arena;
	uint64_t first[HF_UNIT_INLINE / sizeof(uint64_t)];
};

/* A list of units in order. */
struct hf_unit_list {
	struct hf_unit *head, **end;
};
void hf_unit_list_init(struct hf_unit_list *l);
void hf_unit_list_add(struct hf_unit_list *l, struct hf_unit *u);
/* Moves all of from to the end of l. */
void hf_unit_list_move(struct hf_unit_list *l, struct hf_unit_list *from);

/* On the loop: hooks (when err is HF_OK), then done; frees the unit. */
void hf_unit_settle(struct hf_unit *u);

#endif
