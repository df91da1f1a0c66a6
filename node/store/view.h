/*
 * view.h - reading: one LMDB read transaction, with or without the overlay over it; for this folder only.
 */
#ifndef HUFU_STORE_VIEW_H
#define HUFU_STORE_VIEW_H

#include "store/env.h"
#include "store/overlay.h"

struct hf_view {
	struct hf_env *env;
	MDB_txn *txn;
	const struct hf_overlay *overlay; /* NULL: committed rows only */
};

/* What a scan covers: rows with the prefix, from bound on, or before it and backwards. bound.data NULL: no bound. */
struct hf_scan_range {
	struct hf_bytes prefix, bound;
	bool back;
	bool settled; /* only committed rows whose key no row of the overlay has */
};

/* HF_E_UNKNOWN when absent. The value lives as long as the transaction and the row's unit. */
enum hf_err hf_view_get(const struct hf_view *v, enum hf_table t, struct hf_bytes key,
                        struct hf_bytes *ret_value) HF_MUST_CHECK;
enum hf_err hf_view_scan(const struct hf_view *v, enum hf_table t, const struct hf_scan_range *range,
                         hf_store_row_fn fn, void *ctx) HF_MUST_CHECK;

#endif
