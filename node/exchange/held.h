/*
 * held.h - inside of node/exchange: the rows of data that is kept sealed, from its delivery to its destruction (DS-85).
 *
 * A row is made with the receipt and never goes; what is read of the data is read.c's. Its destruction is
 * destruction.h's; the row says that it is decided, and that it is done.
 */
#ifndef HUFU_EXCHANGE_HELD_H
#define HUFU_EXCHANGE_HELD_H

#include "source/scanner.h"
#include "state_data.pb-c.h"

struct transfer;
struct hf_exchange;
struct hf_unit;

/* With the unit of the delivery. */
void held_add(struct transfer *t, struct hf_unit *u);
/* hf_decoded_free. UNKNOWN: nothing of that transfer is kept sealed here. */
enum hf_err held_get(struct hf_exchange *x, const struct hf_id *transfer, Hufu__HeldRow **ret_row) HF_MUST_CHECK;
void held_put(struct hf_unit *u, const Hufu__HeldRow *row);
/* Reads permitted so far under the authorization that this data came under. */
enum hf_err held_reads_made(struct hf_exchange *x, const Hufu__HeldRow *row, uint64_t *ret_made) HF_MUST_CHECK;
/* The fields that every entry about held data has. outcome as in hf_draft_outcome. */
void held_describe(const struct hf_exchange *x, struct hf_draft *d, const Hufu__HeldRow *row);
/* The scanner reads what was received, as it will be read (DS-100). */
void held_scan(struct transfer *t, hf_scan_fn fn, void *ctx);

#endif
