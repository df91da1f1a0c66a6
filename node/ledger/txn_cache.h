/*
 * txn_cache.h - the newest entry of each transaction, remembered by the committer so that a running transaction costs
 * no search.
 *
 * Direct-mapped: a newer transaction pushes an older one out of its slot. What is not here is found in
 * HF_TABLE_TXN_INDEX.
 */
#ifndef HUFU_LEDGER_TXN_CACHE_H
#define HUFU_LEDGER_TXN_CACHE_H

#include "store/store.h"

struct hf_txn_last {
	uint32_t ordinal; /* 0: the transaction has no entry */
	uint64_t index;
};
struct hf_txn_cache;

struct hf_txn_cache *hf_txn_cache_new(void);
void hf_txn_cache_free(struct hf_txn_cache *c);
void hf_txn_cache_clear(struct hf_txn_cache *c);
bool hf_txn_cache_get(const struct hf_txn_cache *c, const struct hf_id *id, struct hf_txn_last *ret_last);
void hf_txn_cache_put(struct hf_txn_cache *c, const struct hf_id *id, const struct hf_txn_last *last);
/* From the table: ordinals run from 1 without gaps, so doubling and halving finds the end. */
enum hf_err hf_txn_last_search(struct hf_txn *txn, const struct hf_id *id, struct hf_txn_last *ret_last) HF_MUST_CHECK;

#endif
