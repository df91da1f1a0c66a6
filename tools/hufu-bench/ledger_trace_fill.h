/*
 * ledger_trace_fill.h - five ledgers of a million entries in one node's store, with a few transactions that run through
 * all of them: the node's own by its sequencer, the others as their owners' messages to a mirror, which checks them.
 */
#ifndef HUFU_TOOLS_BENCH_LEDGER_TRACE_FILL_H
#define HUFU_TOOLS_BENCH_LEDGER_TRACE_FILL_H

#include "ledger_town.h"

#define TRACE_LEDGERS 5u
#define TRACE_TXNS 256u
#define TRACE_TXN_ENTRIES 4u /* of each transaction in each ledger, far apart */

/* A transaction's ids. */
struct trace_txns {
	struct hf_id id[TRACE_TXNS];
};
void trace_txns_init(struct trace_txns *t);
/* entries (at least TRACE_TXNS * TRACE_TXN_ENTRIES) more in the node's own ledger; false after printing why. */
bool trace_fill_own(struct ledger_town *town, const struct trace_txns *t, uint64_t entries, const char *counterparty);
/* The ledger of another member, whose keys lie in its folder, as this node mirrors it; likewise. */
bool trace_fill_mirror(struct ledger_town *town, const struct trace_txns *t, uint64_t entries,
                       const struct net_node *owner);

#endif
