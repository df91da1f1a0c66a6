/*
 * measure.h - what masking leaves, of every job (MK-3, DS-89): how much comes back without a key, by dictionary and by
 * frequency, and k of the quasi-identifiers; of the first rows of what is delivered or read, taken along as they pass.
 *
 * Nothing of a value is kept but in memory, until the figures are made, then it is wiped. Any thread, one at a time.
 */
#ifndef HUFU_RELEASE_MEASURE_H
#define HUFU_RELEASE_MEASURE_H

#include <jansson.h>

#include "base/limits.h"
#include "masking/demand.h"

#define HF_MEASURE_ROWS 10000u
#define HF_MEASURE_BYTES ((uint64_t)8 << 20) /* of their values */

/* The quasi-identifiers of a table as a plan masks it: those that its demand names, or else the fields by which
 * somebody may be known elsewhere, of a kind that people said (level 2 and above; the inventory of its source, NULL:
 * nobody said any) and kept or only coarser in the result, without a key. only: those of the result; count 0: all. Lent
 * by the table; ret_names holds HF_MAX_FIELDS. */
size_t hf_measure_quasi(const struct hf_plan_table *t, const json_t *inventory, const char *const *only,
                        size_t only_count, const char **ret_names);
/* {"rows", "quasi", "classes", "k", "prosecutor_max", ...}: of after; with no quasi-identifier all rows are one class.
 * before learns values of after; NULL: it is not known. The caller's. */
json_t *hf_measure_risk(const struct hf_plan_table *t, const char *const *quasi, size_t count,
                        struct hf_demand_table *before, const struct hf_demand_table *after);

/* {"rows", "fields": [{"field", "technique", "same", "by_dictionary", "by_frequency"}], "risk": {"k", "classes",
 * "prosecutor_max", "quasi", ...}}, as hf_trend_figures takes it. before NULL: the tables are not row for row the same
 * things. The caller's. */
json_t *hf_measure_of(const struct hf_plan_table *t, const char *const *quasi, size_t count,
                      struct hf_demand_table *before, const struct hf_demand_table *after);

struct hf_measure;
struct hf_measure_setup {
	const struct hf_plan_table *table; /* lent, like quasi */
	const char *const *quasi;
	size_t quasi_count;
	uint64_t rows;  /* at most, of each table */
	uint64_t bytes; /* of their values; 0: any number */
};
struct hf_measure *hf_measure_new(const struct hf_measure_setup *s);
void hf_measure_free(struct hf_measure *m);
/* The next bytes of the original, and of the result; those that come after enough are passed over. */
void hf_measure_before(struct hf_measure *m, const void *data, size_t len);
void hf_measure_after(struct hf_measure *m, const void *data, size_t len);
bool hf_measure_enough(const struct hf_measure *m); /* of both */
/* One of both is no table, or longer than rows or bytes allow: of the whole nothing can be said any more. */
bool hf_measure_over(const struct hf_measure *m);
/* Both tables are over, or there is enough. NULL: there is nothing to be measured. The caller's. */
json_t *hf_measure_figures(struct hf_measure *m);
/* What hf_measure_figures gave, as a peer states it: of what it says no more than is known here. NULL: it is none. The
 * caller's. */
json_t *hf_measure_read(const char *text);
/* What the table's plan demands, of both as they came, from the first row to the last: QUALITY says the first thing
 * that is missed, or that they did not come whole (over). */
enum hf_err hf_measure_demand(struct hf_measure *m, struct hf_fault *f) HF_MUST_CHECK;
/* In words, for an entry: "of 10000 rows: k 3 of region, born; ...". */
void hf_measure_text(const json_t *figures, char *out, size_t cap);

#endif
