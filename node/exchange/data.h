/*
 * data.h - data that this node keeps sealed for its own people and systems (DS-85): read behind the gate, listed,
 * destroyed. The consumer's enforcement point: no key is released before a permit is on record, and each piece of a
 * read asks again. Loop thread.
 */
#ifndef HUFU_EXCHANGE_DATA_H
#define HUFU_EXCHANGE_DATA_H

#include "exchange/exchange.h"
#include "state_data.pb-c.h"

#define HF_DATA_PIECE (1u << 20) /* bytes of a piece, about */

/* Reading. open decides and puts the record in the unit; the draft gets what was decided, also when it was denied. */
struct hf_data_read {
	struct hf_id transfer;
	const char *purpose;
	const char *const *fields; /* none: all that were delivered */
	size_t field_count;
	bool stale; /* also when the provider offers newer data (update.h); that stands in the record */
};
enum hf_err hf_data_read_open(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_data_read *in,
                              struct hf_unit *unit, struct hf_draft *draft, struct hf_id *ret_read,
                              struct hf_fault *f) HF_MUST_CHECK;
/* A read of that person that is under way, or has ended and not said so yet? */
bool hf_data_read_is(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_id *read);
/* The next piece, in order: either done is called once, later, and takes the bytes (free()), or ret_end->reached is set
 * and there are no more. What stops a read comes as the error of either, once; then the read is gone. */
struct hf_data_piece {
	enum hf_err error;
	const char *text;
	uint8_t *bytes;
	size_t len;
};
struct hf_data_sink {
	void (*done)(void *ctx, const struct hf_data_piece *p);
	void *ctx;
};
struct hf_data_end {
	bool reached;
	uint64_t rows, bytes;
};
enum hf_err hf_data_read_next(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_id *read,
                              const struct hf_data_sink *sink, struct hf_data_end *ret_end,
                              struct hf_fault *f) HF_MUST_CHECK;

/* Newest first; rows are valid during the callback, which returns false to stop. */
typedef bool (*hf_held_fn)(void *ctx, const Hufu__HeldRow *row);
enum hf_err hf_data_list(struct hf_exchange *x, hf_held_fn fn, void *ctx) HF_MUST_CHECK;
/* hf_decoded_free. UNKNOWN: nothing of that transfer is kept sealed here. */
enum hf_err hf_data_get(struct hf_exchange *x, const struct hf_id *transfer, Hufu__HeldRow **ret_row) HF_MUST_CHECK;
/* "held", "expired", "revoked", "stale", "destroying", "destroyed". */
const char *hf_data_state(struct hf_exchange *x, const Hufu__HeldRow *row);
/* The reads of a transfer, or of all (NULL), in the order of their ids. */
typedef bool (*hf_held_read_fn)(void *ctx, const Hufu__HeldReadRow *row);
enum hf_err hf_data_reads(struct hf_exchange *x, const struct hf_id *transfer, hf_held_read_fn fn,
                          void *ctx) HF_MUST_CHECK;

#endif
