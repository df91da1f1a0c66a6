/*
 * drift.h - while data streams out, the fields that nothing masks are watched: when something sensitive appears in one,
 * the release must stop.
 *
 * One in so many rows is looked at, so that the stream is not held up. A field was judged on a sample of its source;
 * new rows may hold what the sample did not. Patterns of the user's rules look at fewer: at most HF_DRIFT_STEPS of
 * PCRE2's steps for each row, and one that exceeds its limits a few times is switched off (rules.h). They judge a field
 * by its last HF_DRIFT_BLOCK values. Pure; one object on one thread at a time.
 */
#ifndef HUFU_MASKING_DRIFT_H
#define HUFU_MASKING_DRIFT_H

#include "masking/identify.h"

#define HF_DRIFT_EVERY 16u /* rows, the usual choice */
#define HF_DRIFT_STEPS 10000u
#define HF_DRIFT_BLOCK 256u

struct hf_drift;
/* o->rules is lent. watched[i]: field i is confirmed as not sensitive and leaves as it is. every: one in so many rows,
 * the first always; 1: all. */
struct hf_drift *hf_drift_new(const struct hf_identify_options *o, const struct hf_named_field *fields,
                              const bool *watched, size_t count, unsigned every);
/* Who confirmed the field had been told of that kind (id of a detector or rule): it alone is no alarm there. "": of
 * none. Copied. Before the first row. */
void hf_drift_known(struct hf_drift *d, size_t field, const char *kind);
void hf_drift_free(struct hf_drift *d);
/* A row of all fields, each value with HF_CELL_SLACK readable bytes behind it. False: something sensitive appeared, now
 * or before; the release stops. */
bool hf_drift_row(struct hf_drift *d, const struct hf_bytes *cells, size_t count) HF_MUST_CHECK;
/* At the end of the stream, the same for the rows that were not judged yet. */
bool hf_drift_end(struct hf_drift *d) HF_MUST_CHECK;
/* After false: the field's place, and what was found; its detector is NULL when one of the user's failed. */
const struct hf_finding *hf_drift_found(const struct hf_drift *d, size_t *ret_field);
/* The sentence that names it; "": none failed. */
const char *hf_drift_failed(const struct hf_drift *d);
/* Rows looked at. */
uint64_t hf_drift_rows(const struct hf_drift *d);

#endif
