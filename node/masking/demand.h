/*
 * demand.h - what a plan demands of a result's risk (JT/T 1480 5.5 d and 5.6 c, MK-3, MK-47): rows are suppressed for
 * it while the table is masked, and the result is held to it before it is released. Pure; any thread.
 */
#ifndef HUFU_MASKING_DEMAND_H
#define HUFU_MASKING_DEMAND_H

#include <jansson.h>

#include "masking/effect.h"
#include "masking/plan.h"

/* Which rows of a table lose their quasi-identifiers so that the others meet k, l and t (effect_meet.h). Rows come in
 * twice: all are added, and after the end each is asked for. Whether these are more than the demand allows, the check
 * says. Holds 4 bytes for each value of the demand's fields, and their different values. */
struct hf_sieve;
struct hf_sieve_columns {
	size_t *quasi, *sensitive; /* columns of the demand's fields, in its order; the sieve's, freed with it */
};
struct hf_sieve *hf_sieve_new(const struct hf_plan_demand *d, const struct hf_sieve_columns *columns);
void hf_sieve_free(struct hf_sieve *s);
/* A masked row: value of column c at values[c]. HF_E_LIMIT: too many rows. */
enum hf_err hf_sieve_add(struct hf_sieve *s, const struct hf_bytes *values, struct hf_fault *f) HF_MUST_CHECK;
void hf_sieve_end(struct hf_sieve *s);
/* The next row again, in the order in which they were added: empties its quasi-identifiers where it must. */
void hf_sieve_next(struct hf_sieve *s, struct hf_bytes *values);

/* A table with the names of its columns. */
struct hf_demand_table {
	struct hf_effect_table *rows;
	const char *const *names;
	size_t name_count;
};
/* Holds a result to the demand of t, which has one. before: the original; NULL: it is not known, so that recovery
 * cannot be demanded. Returns the figures, the caller's: rows, suppressed_rows, classes, k, sample_uniques,
 * prosecutor_max, sensitive, recovery, grade, and `missed`: sentences, none when the result may be released.
 * before learns values of after. HF_E_FORMAT: a column of the demand is not in after. */
enum hf_err hf_demand_check(const struct hf_plan_table *t, struct hf_demand_table *before,
                            const struct hf_demand_table *after, json_t **ret_figures,
                            struct hf_fault *f) HF_MUST_CHECK;
/* [{"field", "same", "dictionary", "frequency"}] of fields that both have (effect_attack.h); null: the rows of both are
 * not the same things. before learns values of after. The caller's. */
json_t *hf_demand_recovery(struct hf_demand_table *before, const struct hf_demand_table *after);
/* {"grade", "reason"}: GB/T 42460's, of a table whose worst row is found again with that chance. before NULL: after is
 * the original, or it is not known. */
json_t *hf_demand_grade(struct hf_demand_table *before, const struct hf_demand_table *after, double risk,
                        double threshold);
/* Sentences about figures (of a check or of `hufu mask evaluate`) that are not as demanded. recovery NULL or null: not
 * measured. t: whose masked columns must not come back, all unchanged neither; NULL: no plan is known, and a column
 * that is all unchanged counts as kept. The caller's. */
json_t *hf_demand_missed(const struct hf_plan_demand *d, const struct hf_plan_table *t, const json_t *after,
                         const json_t *recovery);

#endif
