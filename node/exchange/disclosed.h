/*
 * disclosed.h - inside of node/exchange: what a delivery adds to what all recipients of its dataset together have
 * (MK-4). Asked of every one at the gate, by a plan or without one, and recorded in the unit of the decision. Where a
 * plan demands k, l or t, the classes that all releases together leave are counted first, over the whole table, by a
 * worker; the request waits for that, and is then decided from its beginning. Loop thread.
 */
#ifndef HUFU_EXCHANGE_DISCLOSED_H
#define HUFU_EXCHANGE_DISCLOSED_H

#include "exchange/transfer.h"

/* DISCLOSURE, LIMIT: an emergency goes out all the same, and uncounted. BUSY with *ret_uncounted: disclosed_count is
 * to be asked. */
enum hf_err disclosed_check(const struct transfer *t, bool emergency, bool *ret_uncounted,
                            struct hf_fault *f) HF_MUST_CHECK;
/* Then put alarms, sets *emergency (NULL: it is none), and f says what it shows. */
enum hf_err disclosed_put(const struct transfer *t, bool *emergency, struct hf_unit *u,
                          struct hf_fault *f) HF_MUST_CHECK;
/* OK: takes the transfer, which is in no list yet, and the request, which comes back by gate_again when it is counted;
 * then the classes are there until that returns. BUSY: one at a time, of this node. */
enum hf_err disclosed_count(struct transfer *t, struct hf_request *rq, struct hf_fault *f) HF_MUST_CHECK;

#endif
