/*
 * trace.h - whose release leaked rows come from, and how sure that is (design of masking, 4.5).
 *
 * Each release is made again from its original under its own keys, and compared with the leak in two ways. Pseudonyms
 * are keyed by consumer: a leaked one that a release has is there by chance only as often as its values fill the
 * domain. Where a leaked row is found again in the original by the columns that are masked alike for everybody, every
 * cell that is keyed by consumer, and every fingerprint in low digits, must be that release's: another one's is equal,
 * or near, as often as chance has it. So the bound on accusing somebody wrongly follows from the keys alone, whatever
 * was done to the leak; it counts every test and every release that was tried. Below HF_TRACE_NAMES a release is named,
 * else nobody is. Pure; one object on one thread at a time.
 */
#ifndef HUFU_MASKING_TRACE_H
#define HUFU_MASKING_TRACE_H

#include <jansson.h>

#include "masking/apply.h"

#define HF_TRACE_NAMES 1e-9       /* chance of naming anybody who it was not, at most */
#define HF_TRACE_ROWS_MAX 200000u /* leaked rows that are looked at */
#define HF_TRACE_WIDTH_MAX 1024u
#define HF_TRACE_RELEASES_MAX 10000u

struct hf_trace;
/* The leak's header; copied. */
struct hf_trace *hf_trace_new(const char *const *header, size_t width);
void hf_trace_free(struct hf_trace *t);
/* One leaked row, copied. False: HF_TRACE_ROWS_MAX were given, or 4 GiB. */
bool hf_trace_leaked(struct hf_trace *t, const struct hf_bytes *cells);

/* The same of JSON: header an array of names, rows an array of arrays of texts and nulls, each as long as the header.
 * Whoever reads the JSON has bounded its bytes. FORMAT, LIMIT: with the row and the column that is wrong, never a
 * value. */
enum hf_err hf_trace_read(const json_t *header, const json_t *rows, struct hf_trace **ret_t,
                          struct hf_fault *f) HF_MUST_CHECK;
size_t hf_trace_leak_rows(const struct hf_trace *t);
size_t hf_trace_leak_width(const struct hf_trace *t);

/* One release after the other: begin, all rows of its original in batches, end. */
struct hf_trace_release {
	const char *name, *recipient; /* copied */
	struct hf_apply_setup setup; /* header of the original; the plan with the release's own scope; lent until end */
};
enum hf_err hf_trace_begin(struct hf_trace *t, const struct hf_trace_release *r, struct hf_fault *f) HF_MUST_CHECK;
/* Cells by column as in struct hf_apply_batch; the arena is not used after it. */
enum hf_err hf_trace_original(struct hf_trace *t, const struct hf_bytes *in, size_t count, uint64_t first_row,
                              struct hf_fault *f) HF_MUST_CHECK;
void hf_trace_end(struct hf_trace *t);

/* {verdict: "named"|"undecided", says, names_below, tests, rows, unexplained, named: [recipient], releases: [{release,
 * recipient, bound, named, rows, only_here, found, evidence: [{kind, field, values, hits, expected, bound}]}]}; bounds
 * are already multiplied by the number of tests. To be decref'd. */
json_t *hf_trace_report(const struct hf_trace *t);

#endif
