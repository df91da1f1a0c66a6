/*
 * apply.h - one table of a plan at work: rows go in in batches, masked rows come out, each column by its technique with
 * its own key.
 *
 * The header must be what the plan says: a column that the plan does not name, or the other way round, is refused, so
 * that nothing leaves because it was forgotten. The same engine serves static runs and delivery. Pure; one object on
 * one thread at a time, several objects of one plan on several threads.
 */
#ifndef HUFU_MASKING_APPLY_H
#define HUFU_MASKING_APPLY_H

#include "masking/plan.h"

struct hf_apply;
struct hf_apply_setup {
	const struct hf_plan *plan; /* lent, like all of these */
	const char *table;
	const char *const *header;
	size_t header_count;
	const struct hf_mask_key *root, *seed; /* seed NULL: a scope without a contract */
	const struct hf_mask_scope *scope;     /* NULL: the plan's own */
	const char *const *only;               /* columns that are in the result; count 0: all */
	size_t only_count;
	enum hf_err (*file)(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f);
	void *file_ctx;
	/* As of hf_mask_use; NULL: no vaults. */
	enum hf_err (*put)(void *ctx, const char *name, const void *data, size_t len, struct hf_fault *f);
	void *put_ctx;
};
enum hf_err hf_apply_open(const struct hf_apply_setup *setup, struct hf_fault *f,
                          struct hf_apply **ret_a) HF_MUST_CHECK;
void hf_apply_close(struct hf_apply *a);
/* Some technique needs all rows in one batch. */
bool hf_apply_whole(const struct hf_apply *a);
/* Column i of the header is in the result. */
bool hf_apply_keeps(const struct hf_apply *a, size_t i);
/* How likely that value of column i is to become the same under another key. */
double hf_apply_chance(const struct hf_apply *a, size_t i, const struct hf_bytes *original);

/* Values of column i back to what they were, where the technique is reversible and the key is there: out[r] for in[r],
 * null where the value is none that this key gave. HF_E_UNSUPPORTED: not reversible. */
enum hf_err hf_apply_unmask(struct hf_apply *a, size_t i, struct hf_mask_batch *b, struct hf_fault *f) HF_MUST_CHECK;

/* Cells by column: value r of column c is in[c * count + r]; a null has data NULL. out and drop are filled. */
struct hf_apply_batch {
	const struct hf_bytes *in;
	struct hf_bytes *out;
	uint8_t *drop; /* 1: the row is left out */
	size_t count;
	uint64_t first_row;
	struct hf_arena *arena;
};
enum hf_err hf_apply_rows(struct hf_apply *a, struct hf_apply_batch *b, struct hf_fault *f) HF_MUST_CHECK;

/* The same without the columns whose technique needs all rows: their values of out become null. */
enum hf_err hf_apply_some(struct hf_apply *a, struct hf_apply_batch *b, struct hf_fault *f) HF_MUST_CHECK;
/* Whether it is such a column, and which other one its technique looks at; SIZE_MAX: none. */
bool hf_apply_needs_all(const struct hf_apply *a, size_t i, size_t *ret_by);
/* Such a column, with all its values: in and out of a batch are then this column's alone, and by those of the other. */
enum hf_err hf_apply_column(struct hf_apply *a, size_t i, struct hf_apply_batch *b, const struct hf_bytes *by,
                            struct hf_fault *f) HF_MUST_CHECK;

/* What the plan suppresses rows by when all are masked; NULL: it suppresses none. Such a table is a whole one
 * (hf_apply_whole), whatever its techniques. The caller's. */
struct hf_sieve;
struct hf_sieve *hf_apply_sieve(const struct hf_apply *a);

/* What was done to column i so far. */
struct hf_apply_count {
	const struct hf_plan_field *field;
	char key_id[HF_MASK_KEY_ID_TEXT]; /* empty: no key */
	uint64_t values, unreadable;
};
void hf_apply_counts(const struct hf_apply *a, size_t i, struct hf_apply_count *ret_c);

#endif
