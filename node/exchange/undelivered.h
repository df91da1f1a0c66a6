/*
 * undelivered.h - inside of node/exchange: what a consumer signs that ends a transfer instead of signing its receipt
 * (DS-59): how much of it is durable there, and why it takes no more. Without one of the two nothing more goes out
 * under the same authorization (settle.h). Loop thread.
 */
#ifndef HUFU_EXCHANGE_UNDELIVERED_H
#define HUFU_EXCHANGE_UNDELIVERED_H

#include "exchange/transfer.h"

/* Consumer, of a transfer whose reason stands: the envelope into t->undelivered, and into the ledger with the unit. */
enum hf_err undelivered_make(struct transfer *t, struct hf_unit *u) HF_MUST_CHECK;
/* Provider: it is of t's consumer, about t, and says of it what can be so. Then it is t->undelivered. */
enum hf_err undelivered_take(struct transfer *t, const Hufu__Envelope *e, struct hf_unit *u,
                             struct hf_fault *f) HF_MUST_CHECK;
/* Provider: something of the data was given out, or after a restart it may have been. */
bool undelivered_some(const struct transfer *t);

#endif
