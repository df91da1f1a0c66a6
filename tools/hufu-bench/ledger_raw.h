/*
 * ledger_raw.h - the baseline of ledger-append: LMDB alone, writing the tables of a ledger in the same key order and
 * batch; and where the entries of all contenders get their transactions and fields from.
 */
#ifndef HUFU_TOOLS_BENCH_LEDGER_RAW_H
#define HUFU_TOOLS_BENCH_LEDGER_RAW_H

#include "base/audit.h"
#include "base/ids.h"
#include "bench.h"

#define LEDGER_ENTRY_BYTES 256u
#define LEDGER_OPEN_TXNS 16u  /* transactions under way at once */
#define LEDGER_TXN_ENTRIES 8u /* entries of one transaction */

/* Sixteen transactions take turns; one that has its eight entries is followed by a new one. */
struct txn_turns {
	struct hf_id id[LEDGER_OPEN_TXNS];
	uint32_t ordinal[LEDGER_OPEN_TXNS];
	unsigned next;
	int64_t now_ms;
};
void txn_turns_init(struct txn_turns *t);
/* The transaction of the next entry, and its ordinal there from 1 on. */
const struct hf_id *txn_turns_next(struct txn_turns *t, uint32_t *ret_ordinal);

struct raw_ledger;
/* In a folder of its own; NULL after printing why. */
struct raw_ledger *raw_ledger_open(const char *dir);
void raw_ledger_close(struct raw_ledger *r);
/* Appends count entries in durable batches of that many; false after printing why. */
bool raw_ledger_append(struct raw_ledger *r, uint64_t count, unsigned batch);

#endif
