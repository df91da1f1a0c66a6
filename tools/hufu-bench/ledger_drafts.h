/*
 * ledger_drafts.h - the draft that benches of the ledger use where every private field counts.
 */
#ifndef HUFU_TOOLS_BENCH_LEDGER_DRAFTS_H
#define HUFU_TOOLS_BENCH_LEDGER_DRAFTS_H

#include "base/audit.h"

/* With all fields of DS-60 ... DS-64. */
struct hf_draft *ledger_draft_full(const struct hf_id *txn);

#endif
