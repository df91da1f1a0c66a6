/*
 * whole.h - a table of which a technique needs all rows: rows are masked as far as they can be and put away, columns
 * that need all rows are put away as they are and masked one by one at the end; then the rows come out in their order.
 *
 * In memory is one such column at a time, up to a bound; all else is put away (spill.h). For stream.c only.
 */
#ifndef HUFU_RELEASE_ENGINE_WHOLE_H
#define HUFU_RELEASE_ENGINE_WHOLE_H

#include "masking/apply.h"

#define HF_WHOLE_COLUMN ((size_t)256 << 20) /* bytes of a column's values, and 32 for each */

struct hf_whole;
struct hf_whole_setup {
	struct hf_apply *apply; /* lent, like all of these */
	size_t width;
	bool kinds;         /* rows have them */
	const char *folder; /* spill.h */
	size_t memory;
};
/* Rows as they go out: masked, column c of row r at first[c]; dropped ones do not come. */
typedef enum hf_err (*hf_whole_row_fn)(void *ctx, const struct hf_bytes *first, const uint8_t *kinds,
                                       struct hf_fault *f);

struct hf_whole *hf_whole_new(const struct hf_whole_setup *setup);
void hf_whole_free(struct hf_whole *w);
/* kinds by row, NULL: there are none. */
enum hf_err hf_whole_add(struct hf_whole *w, struct hf_apply_batch *b, const uint8_t *kinds,
                         struct hf_fault *f) HF_MUST_CHECK;
/* Once, after the last row. */
enum hf_err hf_whole_end(struct hf_whole *w, hf_whole_row_fn fn, void *ctx, struct hf_fault *f) HF_MUST_CHECK;
bool hf_whole_on_disk(const struct hf_whole *w);

#endif
