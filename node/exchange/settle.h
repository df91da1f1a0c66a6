/*
 * settle.h - inside of node/exchange: deliveries that are not settled, at the provider (DS-58, DS-59). A receipt that
 * has not come stops every further delivery under the same authorization to that member; one that says "not-met" is a
 * dispute, with the manifest that the provider signed and the receipt that the consumer signed, and stops nothing,
 * since another delivery may end it. The late receipt, a delivery that is met, or a person of the provider settles it.
 * What a consumer signs when it ends a delivery instead (undelivered.h) takes the place of the receipt; when everything
 * was sent it is such a dispute. Loop thread.
 */
#ifndef HUFU_EXCHANGE_SETTLE_H
#define HUFU_EXCHANGE_SETTLE_H

#include "exchange/transfer.h"

/* Stored: never renumbered. */
enum unsettled { UNSETTLED_RECEIPT = 1, UNSETTLED_QUALITY = 2, UNSETTLED_UNDELIVERED = 3 };

/* With the unit that records why. */
void settle_open(const struct transfer *t, enum unsettled kind, struct hf_unit *u);
/* The receipt of t has come; it settles t, and, when it is met, the disputes about earlier deliveries of the same. */
void settle_received(const struct transfer *t, struct hf_unit *u);
/* The consumer has signed t->undelivered, before t ends or after. */
void settle_undelivered(const struct transfer *t, struct hf_unit *u);
/* UNSETTLED: a receipt is missing of what that member was delivered under the grant, or, by a rule, of the resource. */
enum hf_err settle_check(struct hf_exchange *x, const struct hf_id *grant, const struct hf_id *resource,
                         const char *peer, struct hf_fault *f) HF_MUST_CHECK;

#endif
