/*
 * stream.h - inside of node/exchange: messages of a stream (source/stream.h) as deliveries, one behind the other.
 *
 * Each delivery is a transfer like any other: asked for by a person, decided anew, labelled, masked, with manifest,
 * receipt and entries of its own; its request says behind which place, its start where it ends. The consumer keeps the
 * place with the unit that records the delivery, so nothing comes twice and nothing is left out, whatever dies when.
 * A request for what is not there yet is answered with "busy" and leaves no entry. Loop thread.
 */
#ifndef HUFU_EXCHANGE_STREAM_H
#define HUFU_EXCHANGE_STREAM_H

#include "exchange/transfer.h"
#include "source/stream.h"
#include "state_exchange.pb-c.h"

/* ---- provider ---- */

/* The request is of the kind that its entry is, and there is something to send. BUSY: not yet. */
enum hf_err stream_asked(struct hf_exchange *x, const Hufu__TransferRequest *in, const char *source,
                         struct hf_fault *f) HF_MUST_CHECK;
void stream_take(struct transfer *t, const Hufu__TransferRequest *in);
/* Opens t->reader; after a restart for the same messages as before. */
enum hf_err stream_open(struct transfer *t, struct hf_fault *f) HF_MUST_CHECK;

/* ---- both ---- */

/* place, which is lent, as the message has it; NULL: the transfer is of no stream. */
Hufu__StreamPlace *stream_place(const struct transfer *t, struct hf_follow_place *p, Hufu__StreamPlace *place);
void stream_row(const struct transfer *t, Hufu__TransferRow *r);
void stream_load(struct transfer *t, const Hufu__TransferRow *r);

/* ---- consumer ---- */

/* The start says where it ends, behind where it was asked for. */
enum hf_err stream_begun(struct transfer *t, const Hufu__TransferStart *s, struct hf_fault *f) HF_MUST_CHECK;
/* With the unit that records the delivery. */
void stream_delivered(const struct transfer *t, struct hf_unit *u);

#endif
