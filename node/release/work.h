/*
 * work.h - what a worker does of a task: a slice of the rows, and afterwards the check of the result. Knows no loop and
 * no store; one object, one thread at a time. For this folder only.
 */
#ifndef HUFU_RELEASE_WORK_H
#define HUFU_RELEASE_WORK_H

#include <jansson.h>
#include <stdatomic.h>

#include "release/disclosures.h"
#include "release/engine/stream.h"
#include "release/joint.h"
#include "source/source.h"

#define RELEASE_SLICE ((uint64_t)4 << 20) /* bytes of the source between two durable points */
#define RELEASE_PATH 1100

struct release_count {
	char field[HF_NAME_MAX * 2 + 2], technique[16], key[HF_MASK_KEY_ID_TEXT];
	uint64_t values, unreadable;
};

struct release_work {
	/* Before the first slice. */
	struct hf_plan *plan;                        /* own */
	char table[256], folder[600], node_dir[600]; /* of plans' tables; where a whole table is put away, sealed */
	char part[RELEASE_PATH], output[RELEASE_PATH];
	struct hf_source_reader *reader; /* own */
	struct hf_source_stamp stamp;    /* of the source when the task began */
	struct hf_mask_key root, seed;
	bool has_root, has_seed;
	struct hf_stream_place place; /* from where, and after each slice how far */
	uint64_t out_bytes, slice;    /* slice: bytes of the source between two durable points */
	atomic_uint_least64_t in;     /* bytes of the source that were read */

	/* Of the slice. */
	bool settled, end; /* place and counts are durable; all rows are through */
	enum hf_err e;
	const char *kind;
	struct hf_fault f;
	struct release_count *counts;
	size_t count;
	struct release_count *base; /* own; of the rows before the place it went on from */
	size_t base_count;

	struct hf_stream *stream;
	int fd;
};
struct release_work *release_work_new(void);
void release_work_free(struct release_work *w);
void release_work_slice(struct release_work *w);

/* Tables and dictionaries are kept with the plan; a vault stands in one folder of the node, by name. */
enum hf_err release_table(const struct hf_plan *p, const char *folder, const char *name, struct hf_buf *out,
                          struct hf_fault *f) HF_MUST_CHECK;

/* The result against the plan's scheme (5.5 d), and what is left in it (5.7). */
struct release_check {
	struct hf_plan *plan; /* own */
	char table[256], part[RELEASE_PATH], output[RELEASE_PATH];
	struct hf_source_reader *reader; /* own; of the source */
	struct release_count *counts;    /* own */
	size_t count;
	json_t *inventory; /* own; what people said of the source's fields; NULL: nothing */
	uint64_t rows_in, rows_out;
	struct hf_release_joint joint;

	enum hf_err e;
	const char *kind;
	struct hf_fault f;
	struct hf_hash digest;
	uint64_t bytes;
	json_t *evaluation; /* own */
};
void release_check_free(struct release_check *c);
void release_check_work(struct release_check *c);
/* evaluate.c: the report; the caller's. QUALITY: the result is no table that can be read. */
enum hf_err release_evaluate(struct release_check *c, json_t **ret_report, struct hf_fault *f) HF_MUST_CHECK;
#define RELEASE_DEMAND_ROWS 5000000u /* of a table whose plan demands figures of all of it */
/* What the plan demands of the result's risk; ret_figures stays NULL when it demands nothing, else the caller's. */
enum hf_err release_demand(struct release_check *c, json_t **ret_figures, struct hf_fault *f) HF_MUST_CHECK;

/* Gives the result its name, unless a former process did; never over another file. */
enum hf_err release_place(const char *part, const char *output, struct hf_fault *f) HF_MUST_CHECK;

#endif
