/*
 * update.h - newer versions of what was delivered to this node (DS-9), and replicas that are older than what their
 * provider offers now (DS-96). Loop thread.
 *
 * The entry that its publisher signs anew and sends to whom it is visible is the notice: from a channel of its own, in
 * rising versions only, and caught up with after an outage by the catalog's own synchronization. What is delivered here
 * of an entry stands in rows from the delivery on; an entry that comes with other data (fields, rows, bytes, time of
 * change) makes a notice in the same commit. One with the same data makes the replicas as new as itself.
 */
#ifndef HUFU_EXCHANGE_UPDATE_H
#define HUFU_EXCHANGE_UPDATE_H

#include "catalog/renewed.h"
#include "exchange/exchange.h"
#include "state_update.pb-c.h"

/* Newest first; rows are valid during the callback, which returns false to stop. */
typedef bool (*hf_update_fn)(void *ctx, const Hufu__UpdateRow *row);
enum hf_err hf_update_list(struct hf_exchange *x, hf_update_fn fn, void *ctx) HF_MUST_CHECK;
/* The version that the provider offers now, when the data of the delivery is older; 0: it is not, or that is unknown.
 */
uint32_t hf_update_stale(struct hf_exchange *x, const struct hf_id *entry, const struct hf_id *transfer);

/* ---- inside of node/exchange ---- */

struct transfer;
/* With the unit of the delivery, at the consumer. */
void update_delivered(const struct transfer *t, struct hf_unit *u);
/* With the unit of its destruction: it is no replica any more. */
void update_gone(struct hf_unit *u, const struct hf_id *entry, const struct hf_id *transfer);
/* The catalog's hook. */
void update_on_renewed(void *ctx, const struct hf_catalog_renewed *r, struct hf_unit *u);
/* OUTDATED, unless whoever reads says that he knows. */
enum hf_err update_check(struct hf_exchange *x, const struct hf_id *entry, const struct hf_id *transfer,
                         struct hf_fault *f) HF_MUST_CHECK;

#endif
