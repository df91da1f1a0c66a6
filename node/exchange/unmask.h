/*
 * unmask.h - reversal (MK-67): what a masked delivery of this node gave to its consumer, back to what it was. A command
 * of its own with a permission of its own; whoever calls it puts it into the ledger.
 */
#ifndef HUFU_EXCHANGE_UNMASK_H
#define HUFU_EXCHANGE_UNMASK_H

#include "exchange/exchange.h"

#define HF_UNMASK_VALUES_MAX 1000u

struct hf_unmask {
	struct hf_id transfer; /* that this node delivered */
	const char *field;
	const char *const *values;
	size_t count;
};
/* ret_values: count texts, "" where the value is none that this key gave; free each and the list. The draft gets plan,
 * technique, key id and how many values there were, never a value. ERASED: the seed is gone for good. UNSUPPORTED: the
 * field's technique is not reversible by key, value by value. Loop thread. */
enum hf_err hf_exchange_unmask(struct hf_exchange *x, const struct hf_unmask *in, struct hf_draft *draft,
                               char ***ret_values, struct hf_fault *f) HF_MUST_CHECK;
void hf_unmask_free(char **values, size_t count);

#endif
