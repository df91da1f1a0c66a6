/*
 * load.h - putting a delivered table, which comes as CSV whole and in order, into the form its readers want: JSON
 * lines, a packed file, a table of a database. The opposite of an adapter: a file, and a row in loads.c each.
 *
 * Until it is committed nothing of a load is to be seen, and `close` undoes it. What is committed is there once,
 * however often it is begun again: after a crash `begin` finds it done. What it took the place of stays beside it until
 * `finish` lets go of it; until then `undo` brings it back. So the steps are begin, feed…, commit, close, the record of
 * the delivery, finish; a crash between any two of them ends in the same place (DS-70, DS-71).
 *
 * Knows neither store nor loop; any worker.
 */
#ifndef HUFU_SOURCE_LOAD_H
#define HUFU_SOURCE_LOAD_H

#include "base/base.h"
#include "crypto/hash.h"
#include "source/pace.h"
#include "source/readers/csv.h"

#define HF_LOAD_TABLE 130 /* bytes of "schema.table" */

struct hf_load_column {
	char name[HF_CSV_NAME_MAX + 1];
	enum hf_csv_type type;
};
/* A file as it was made. */
struct hf_load_made {
	bool known;
	uint64_t bytes;
	struct hf_hash digest;
};
/* What is loaded, and where it goes. */
struct hf_load {
	struct hf_id transfer, resource; /* resource: the next version of it may take the table's place */
	char place[512];                 /* path of a file; of PostgreSQL its URI, without a password */
	char table[HF_LOAD_TABLE];       /* of a database */
	char password[256];              /* of a database; wiped by hf_load_free */
	struct hf_load_column *columns;
	size_t column_count;
	uint64_t rows;            /* as declared: a load of another number is not committed */
	struct hf_pace *pace;     /* stops it */
	struct hf_load_made made; /* by whoever loads, after the commit */
	uint32_t seconds;         /* for all that is asked of a database */
};
struct hf_load *hf_load_new(void);
void hf_load_free(struct hf_load *l);

/* UNREACHABLE, TIMEOUT and BUSY pass: the same may be tried again. FORMAT: the data does not fit what it is loaded
 * into. EXISTS: what is there is not this node's to replace. CANCELLED: it is stopped. */
struct hf_loader {
	const char *name; /* "jsonl" */
	bool raw;         /* takes the bytes as they are; the others only a sound table */
	enum hf_err (*begin)(const struct hf_load *l, void **ret_state, bool *ret_done, struct hf_fault *f);
	enum hf_err (*feed)(void *state, const uint8_t *data, size_t len, struct hf_fault *f);
	enum hf_err (*commit)(void *state, struct hf_fault *f);
	void (*close)(void *state); /* NULL is fine */
	enum hf_err (*undo)(const struct hf_load *l, struct hf_fault *f);
	enum hf_err (*finish)(const struct hf_load *l, struct hf_fault *f);
	/* Is what this delivery made there, under its name? NULL: a file, of which nobody can say. */
	enum hf_err (*stands)(const struct hf_load *l, bool *ret_stands, struct hf_fault *f);
	/* Between commit and finish: the file that it made, so that it is known again. NULL: no file. */
	enum hf_err (*made)(const struct hf_load *l, struct hf_load_made *ret_made, struct hf_fault *f);
};
/* Each ends with no place that is not given back. NULL: there is no such one. */
const struct hf_loader *hf_loader_find(const char *name);

extern const struct hf_loader hf_loader_jsonl, hf_loader_csv_zst, hf_loader_jsonl_zst, hf_loader_sqlite,
        hf_loader_postgresql;

#endif
