/*
 * allowance.h - DS-117: how much of this node's data the holders of a role may take in a window of time, by reading
 * what is kept sealed and by fetching into files and databases; more is denied while it happens, and alarmed.
 *
 * Each account counts by itself. A window begins with the first use after the one before is over. What is taken is
 * durable before it is handed over, so that a restart forgets nothing; a unit that fails counts all the same. Loop
 * thread.
 */
#ifndef HUFU_EXCHANGE_ALLOWANCE_H
#define HUFU_EXCHANGE_ALLOWANCE_H

#include "base/base.h"

#define HF_BULK_LIMITS_MAX 64

/* One row of `bulk` in hufu.yaml. 0: not limited. */
struct hf_bulk_limit {
	char *role;              /* of identity/roles.h */
	uint32_t window_minutes; /* 0: HF_BULK_WINDOW_MINUTES */
	uint64_t objects, rows, bytes;
};
#define HF_BULK_WINDOW_MINUTES 60u

struct hf_exchange;
/* Before the start of the exchange. Copies. */
void hf_exchange_set_bulk(struct hf_exchange *x, const struct hf_bulk_limit *limits, size_t count);

struct hf_identity;
struct hf_store;
struct hf_unit;
struct allowance;
struct allowance *allowance_new(const struct hf_base *base, struct hf_store *store, struct hf_identity *identity);
void allowance_free(struct allowance *a); /* NULL is fine */
/* Copies. */
void allowance_set(struct allowance *a, const struct hf_bulk_limit *limits, size_t count);

struct allowance_amount {
	uint64_t objects, rows, bytes;
};
/* Is anything that this account takes counted? */
bool allowance_counts(struct allowance *a, const char *account);
/* Adds the count to the unit, or BULK and nothing: a limit would be exceeded. */
enum hf_err allowance_take(struct allowance *a, const char *account, const struct allowance_amount *amount,
                           struct hf_unit *u, struct hf_fault *f) HF_MUST_CHECK;

#endif
