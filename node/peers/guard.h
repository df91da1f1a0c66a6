/*
 * guard.h - what becomes of refused connections: entries in the ledger at a bounded rate, and the lock of an address
 * that fails too often, with one alarm (DS-46).
 */
#ifndef HUFU_PEERS_GUARD_H
#define HUFU_PEERS_GUARD_H

#include "base/base.h"

#define HF_GUARD_FAILURES 10u /* in HF_GUARD_WINDOW_MS; the next one locks */
#define HF_GUARD_WINDOW_MS 60000
#define HF_GUARD_LOCK_MS 60000 /* doubles with each further lock */
#define HF_GUARD_LOCK_MAX_MS (60 * 60 * 1000)
/* Ledger entries of refusals a minute, in all; what is beyond is counted in the next. Only the refusal that locks an
 * address is an entry whatever came before it, as the lock is. */
#define HF_GUARD_ENTRIES 30u

struct hf_guard;
struct hf_guard *hf_guard_new(const struct hf_base *base); /* base outlives it */
void hf_guard_free(struct hf_guard *g);
/* address: an IP address (somebody dialled us), or "tcp://..." (we dialled; recorded, but nothing is locked). node: as
 * claimed or "". */
void hf_guard_refused(struct hf_guard *g, const char *node, const char *address, enum hf_err reason);
/* The entry alone, at the same bounded rate: a request of a member that was refused. */
void hf_guard_record(struct hf_guard *g, const char *node, const char *address, enum hf_err reason);
/* The reason is known and alarmed: locks of the address raise none until then (monotonic). */
void hf_guard_quiet(struct hf_guard *g, const char *address, int64_t until_ms);
bool hf_guard_locked(const struct hf_guard *g, const char *address);

#endif
