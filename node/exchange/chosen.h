/*
 * chosen.h - inside of node/exchange: which rows of a table a delivery is of (SB-60): those that meet every condition
 * of the terms, of the entry as it is now, and of the consumer's own request, which can only leave out more. Conditions
 * are asked of the source's rows before fields are chosen and masked. Loop thread.
 */
#ifndef HUFU_EXCHANGE_CHOSEN_H
#define HUFU_EXCHANGE_CHOSEN_H

#include "exchange/export_check.h"

/* ---- provider ---- */

/* Sets t->rows_wanted. OBLIGATION: the terms say more than can be held, or leave a parameter of a query open; ARGUMENT:
 * the request's conditions are none. */
enum hf_err chosen_take(struct transfer *t, const struct export *o, struct hf_fault *f) HF_MUST_CHECK;
/* Opens the source's rows and fields for t->reader; of a stream no rows are chosen (OBLIGATION). */
enum hf_err chosen_open(struct transfer *t, struct hf_fault *f) HF_MUST_CHECK;
/* After the masking was opened: the request's own conditions are on fields that are granted and go out as they are; by
 * others, which rows come would show what the fields hold. */
enum hf_err chosen_shows_nothing(struct transfer *t, const struct export *o, struct hf_fault *f) HF_MUST_CHECK;
/* While it goes on: the decision still demands the same rows. */
enum hf_err chosen_still(const struct transfer *t, const struct hf_decision *d, const Hufu__TransferRequest *in,
                         struct hf_fault *f) HF_MUST_CHECK;

/* ---- consumer ---- */

/* The label says that every row meets what the terms in it demand, and what was asked for. */
enum hf_err chosen_as_agreed(const struct transfer *t, const Hufu__Label *l, struct hf_fault *f) HF_MUST_CHECK;

#endif
