/*
 * unmask.h - reversal (MK-67): what a masked delivery of this node gave to its consumer, back to what it was. A command
 * of its own with a permission of its own; whoever calls it puts it into the ledger.
 */
#ifndef HUFU_EXCHANGE_UNMASK_H
#define HUFU_EXCHANGE_UNMASK_H

#include "exchange/exchange.h"
#include "masking/unmask.h"

struct hf_unmask {
	struct hf_id transfer; /* that this node delivered */
	const char *field;
	const char *const *values;
	size_t count;
};
/* ret_values: as of hf_unmask_values. The draft gets plan,
 * technique, key id and how many values there were, never a value. ERASED: the seed is gone for good. UNSUPPORTED: the
 * field's technique is not reversible by key, value by value. Loop thread. */
enum hf_err hf_exchange_unmask(struct hf_exchange *x, const struct hf_unmask *in, struct hf_draft *draft,
                               char ***ret_values, struct hf_fault *f) HF_MUST_CHECK;

#endif
