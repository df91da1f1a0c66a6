/*
 * reading.h - inside of node/exchange: the reads of sealed data that are under way (reading.c), and the pieces that a
 * worker opens for them (reading_piece.c). Bounded memory: one sealed chunk and what it gives, while a piece is made.
 */
#ifndef HUFU_EXCHANGE_READING_H
#define HUFU_EXCHANGE_READING_H

#include "base/base.h"
#include "exchange/data.h"
#include "exchange/view.h"
#include "source/readers/csv.h"

struct vault;

#define READINGS_MAX 64u
#define READING_IDLE_MS 60000 /* a read that nobody goes on with ends */

/* What a worker needs and nobody else touches while it runs. */
struct reading_file {
	struct vault *vault;
	struct hf_id transfer;
	uint64_t slot, bytes; /* in plain */
	uint32_t level;
	int fd; /* -1: not opened yet; the key is released with it */
	struct hf_aead *aead;
	uint64_t next;                  /* chunk */
	struct hf_csv_project *project; /* NULL: all columns, */
	struct hf_csv_check *check;     /* which counts the rows; or */
	struct hf_stream *masked;       /* through a view, */
	const struct hf_plan *plan;     /* by its plan */
	struct hf_measure *measure;     /* of what passes there; NULL: no more */
	json_t *figures;                /* once there is enough */
	struct hf_buf out;              /* the piece */
	enum hf_err error;
	char text[500];
	bool end;
};
void reading_file_init(struct reading_file *f, char *const *fields, size_t count, const struct view *v);
void reading_file_done(struct reading_file *f);
/* Worker. Fills in out, end, or error and text. */
void reading_file_piece(struct reading_file *f);
uint64_t reading_file_rows(const struct reading_file *f);

/* Those of one transfer end now, for that reason. */
void reading_stop(struct hf_exchange *x, const struct hf_id *transfer, enum hf_err reason, const char *text);
/* Each is asked about again: something about the authorizations has changed. Idle ones end. */
void reading_watch(struct hf_exchange *x);
/* At the start: what was under way when the node last stopped is recorded and reported. */
void reading_recover(struct hf_exchange *x);
/* While closing; true: none is left. */
bool reading_close_all(struct hf_exchange *x);

#endif
