/*
 * stream_internal.h - between stream.c (batches, workers) and stream_read.c (rows of either form); for this folder
 * only.
 */
#ifndef HUFU_RELEASE_ENGINE_STREAM_INTERNAL_H
#define HUFU_RELEASE_ENGINE_STREAM_INTERNAL_H

#include <pthread.h>

#include "release/engine/stream.h"
#include "release/engine/whole.h"
#include "source/readers/csv.h"
#include "source/readers/jsonl.h"

#define HF_STREAM_JOBS 16u /* batches at once: being filled, worked on, written; almost two chunks of a delivery */

/* Half as large as a struct hf_bytes: they go from one core's cache to another's. */
struct cell {
	uint32_t at; /* place in the text plus one; 0: null */
	uint32_t len;
};

enum state { JOB_EMPTY = 0, JOB_FULL, JOB_TAKEN, JOB_DONE };
struct job {
	enum state state;
	struct hf_buf text; /* the cells */
	struct cell *cells; /* by row */
	uint8_t *kinds;     /* of each cell, of JSON lines; NULL: all are texts */
	size_t rows, size;  /* size: of the text, when it was handed over */
	uint64_t first_row, rows_out;
	struct hf_buf out;
	enum hf_err error;
	struct hf_fault f;
};

struct worker {
	struct hf_stream *s;
	struct hf_apply *apply;
	pthread_t thread;
	bool started;
};

struct hf_stream {
	struct hf_stream_setup setup;
	struct hf_csv *csv;
	struct hf_jsonl *lines;
	size_t *columns; /* of the members of the last line, by their place in it */
	char **header;
	uint8_t *keeps; /* by column */
	struct hf_put put;
	struct hf_whole *whole; /* NULL: all techniques are of rows */
	size_t width;
	struct worker workers[HF_STREAM_WORKERS];
	unsigned worker_count; /* that mask: the first is the caller's and has no thread */
	struct job jobs[HF_STREAM_JOBS];
	unsigned slots; /* of the jobs in use: one when the caller masks alone, so that it stays in the cache */
	uint64_t filled, written; /* batches; the one being filled is filled % slots */
	size_t ahead;             /* bytes of text handed over and not yet written */
	uint64_t rows_in, rows_out;
	uint64_t header_end;         /* 0: no row was seen */
	struct hf_stream_place from; /* all 0: from the top */
	struct hf_fault *f;          /* during a call */
	const char *kind;
	enum hf_err error;
	pthread_mutex_t lock;
	pthread_cond_t full, done;
	bool ended; /* the input is, without a defect */
	bool over;  /* workers end */
};

/* Keeps the error for the caller. Returns e. */
enum hf_err hf_stream_fail(struct hf_stream *s, const char *kind, enum hf_err e);
/* The header is known: opens the techniques, and writes it. */
bool hf_stream_open(struct hf_stream *s);
/* The batch that takes the next row; NULL: there is none, which is said. */
struct job *hf_stream_next_row(struct hf_stream *s);
/* False, having said so. */
bool hf_stream_too_large(struct hf_stream *s);
/* The rows of a table that was put away come out. */
bool hf_stream_finish(struct hf_stream *s);
/* The batch that is being filled goes to the workers. */
bool hf_stream_hand_over(struct hf_stream *s);
/* Writes what is done; waits until at most `most` batches are under way. */
bool hf_stream_drain(struct hf_stream *s, uint64_t most);

#endif
