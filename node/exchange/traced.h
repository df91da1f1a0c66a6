/*
 * traced.h - what this node delivered masked, and to whom, for the tracing of a leak (release/tracing.h).
 */
#ifndef HUFU_EXCHANGE_TRACED_H
#define HUFU_EXCHANGE_TRACED_H

#include "exchange/exchange.h"
#include "release/tracing.h"

/* Adds masked transfers of the dataset; and, to the results of tasks, all of which are in the list already, whom they
 * were delivered to as they are. Again until there are no more. Loop thread. */
enum hf_err hf_exchange_traced(struct hf_exchange *x, struct hf_traced_list *l, bool *ret_more,
                               struct hf_fault *f) HF_MUST_CHECK;

#endif
