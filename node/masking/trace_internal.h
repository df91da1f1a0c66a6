/* trace_internal.h - what the files trace*.c share. */
#ifndef HUFU_MASKING_TRACE_INTERNAL_H
#define HUFU_MASKING_TRACE_INTERNAL_H

#include "base/buf.h"
#include "base/mem.h"
#include "masking/techniques/decimal.h"
#include "masking/trace.h"

/* A set of hashes; a hash of 0 is taken for 1. */
struct trace_set {
	uint64_t *slots;
	size_t cap, count;
};
bool trace_set_add(struct trace_set *s, uint64_t h);          /* true: it is new */
size_t trace_set_find(const struct trace_set *s, uint64_t h); /* its slot, or SIZE_MAX */
void trace_set_done(struct trace_set *s);

enum trace_kind { TRACE_ALIKE = 1, TRACE_KEYED, TRACE_MARKED };
struct trace_column {
	enum trace_kind kind;
	size_t original, leaked;           /* places in the headers */
	size_t by;                         /* MARKED: of the subject; SIZE_MAX: the row is */
	struct hf_decimal step, low, high; /* MARKED; limits: scale 99 is none */
	bool words;                        /* ALIKE: not all leaked values are numbers */
	struct trace_set leak;             /* KEYED: hashes of what was leaked; hit by slot */
	uint8_t *hit;
	struct trace_set distinct; /* KEYED: hashes of what the release has */
	double chance;             /* KEYED: summed over them */
};

/* What a release has where a leaked row was found. */
struct trace_cell {
	uint64_t unit; /* what the key was used on: equal ones are equal for certain */
	uint64_t text; /* KEYED: its hash */
	int64_t units; /* MARKED: the number, and how many there could be; below 2: no mark */
	int64_t room;
	unsigned scale;
	double chance;
	bool there;
};

/* By which columns a row was found, the best first. */
enum { FOUND_ALL, FOUND_UNMARKED, FOUND_BUT_ONE, FOUND_WORDS, FOUND_WAYS };
struct trace_found {
	uint64_t row; /* plus one; 0: nothing */
	bool several;
	struct trace_cell *cells; /* by KEYED and MARKED column */
};

struct trace_index {
	uint64_t *sums;                /* by entry: of the parts, and which index */
	uint32_t *next;                /* by entry: the next in its slot, plus one */
	uint32_t *slots;               /* entry plus one */
	size_t slot_count, rows, ways; /* entry: way * rows + row */
};

/* Evidence: of `values` independent ones so many hit, when `expected` would by chance. */
#define TRACE_NEAR 4u /* tolerances: none, a twentieth, an eighth, a quarter of the room */
struct trace_evidence {
	const char *kind;  /* "pseudonyms", "cells", "digits", "correlation" */
	const char *field; /* NULL: all */
	size_t values, hits;
	double expected, log_bound; /* natural logarithm, one test */
};

struct trace_result {
	char *name, *recipient;
	struct trace_evidence *evidence;
	size_t evidence_count, found; /* leaked rows found in the original */
	uint8_t *row_hit;             /* by leaked row: it speaks for this release */
};

struct trace_run {
	struct hf_trace_release release;
	struct hf_plan plan; /* with columns that need the whole table left out */
	struct hf_plan_table table;
	struct hf_plan_field *fields;
	struct hf_apply *apply;
	struct trace_column *columns;
	size_t count, keyed; /* of them KEYED or MARKED, which stand first */
	struct trace_index index;
	size_t way_of[HF_TRACE_WIDTH_MAX + 3]; /* by way of the index: FOUND_... */
	size_t part_out[HF_TRACE_WIDTH_MAX + 3];
	struct trace_found *found; /* by leaked row, FOUND_WAYS each */
	struct hf_arena arena;
};

struct hf_trace {
	char **header;
	size_t width, rows;
	struct hf_bytes *cells; /* by row */
	size_t cap;
	struct hf_arena arena;
	uint8_t key[16];
	struct trace_result *results;
	size_t count;
	struct trace_run *run;
};

uint64_t trace_hash(const struct hf_trace *t, uint64_t salt, const void *data, size_t len);
const struct hf_bytes *trace_leaked(const struct hf_trace *t, size_t row, size_t column);

/* trace_match.c */
void trace_index_make(struct hf_trace *t);
void trace_index_done(struct trace_index *x);
/* Row r of the batch, in and out by column. */
void trace_look(struct hf_trace *t, const struct hf_apply_batch *b, size_t r);

/* trace_evidence.c */
/* ln of P(at least hits of values independent ones), each with chance expected/values or less on average. */
double trace_log_bound(size_t values, size_t hits, double expected);
/* Some of the leaked rows. */
struct trace_part {
	const uint32_t *rows;
	size_t count;
};
/* By the release that is under way; after all of its original. */
void trace_weigh(const struct hf_trace *t, const struct trace_part *part, struct trace_result *ret);
/* trace_report.c: ln of the least bound, one test. */
double trace_best(const struct trace_result *r);
void trace_result_done(struct trace_result *r);

#endif
