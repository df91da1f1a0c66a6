/*
 * collect.h - all entries of a transaction that this node holds, in its own ledger and in the mirrored ones, verified
 * and in memory.
 */
#ifndef HUFU_LEDGER_COLLECT_H
#define HUFU_LEDGER_COLLECT_H

#include "ledger/book.h"

#define HF_COLLECT_MAX 4096u /* entries of one transaction in one ledger */

struct hf_shelf {
	struct hf_book book;
};
struct hf_item {
	struct hf_shelf *shelf;
	struct hf_page page;
};
struct hf_broken {
	char node[HF_NAME_MAX + 1];
	uint64_t index;
	enum hf_err err; /* UNKNOWN: not arrived; LIMIT: this one and those after it were not looked at */
};
/* .ledger is set by the caller, the rest zero. */
struct hf_collection {
	struct hf_ledger *ledger;
	struct hf_shelf **shelves; /* one for each ledger that was looked into */
	size_t shelf_count;
	struct hf_item *items; /* in order of origin and index, without doubles, after hf_collect */
	size_t count;
	struct hf_broken *broken;
	size_t broken_count;
};
/* Adds what is held of txn; may be called for several transactions. HF_E_LIMIT when the own ledger has more than
 * HF_COLLECT_MAX; of another one the rest is left out, as broken. */
enum hf_err hf_collect(struct hf_collection *c, const struct hf_id *txn) HF_MUST_CHECK;
void hf_collection_by_time(struct hf_collection *c); /* then origin, then index */
/* Empty again, for another transaction; the ledgers stay open. */
void hf_collection_clear(struct hf_collection *c);
/* trace.c: what of the transaction is not covered, in sentences. */
void hf_collection_tell(struct hf_collection *c, void (*note)(void *ctx, const char *text), void *ctx);
void hf_collection_done(struct hf_collection *c);
/* The ledger of node, NULL when it is not held here. */
struct hf_shelf *hf_collection_shelf(struct hf_collection *c, const char *node);

#endif
