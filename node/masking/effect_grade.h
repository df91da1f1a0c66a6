/*
 * effect_grade.h - the grade of de-identification of GB/T 42460-2023 with its reason, and which columns hold direct
 * identifiers. Pure; any thread.
 */
#ifndef HUFU_MASKING_EFFECT_GRADE_H
#define HUFU_MASKING_EFFECT_GRADE_H

#include "masking/detector.h"
#include "masking/effect.h"

enum hf_effect_grade {
	HF_GRADE_DIRECT = 1, /* direct identifiers are there */
	HF_GRADE_RISKY,      /* none, but rows can be found again more easily than the threshold allows */
	HF_GRADE_RECORDS,    /* rows of single things, not above the threshold */
	HF_GRADE_AGGREGATE,  /* nothing of a single thing */
};
#define HF_GRADE_REASON 300u
struct hf_effect_grading {
	const char *direct;  /* a column whose direct identifiers are still there; NULL: none */
	double direct_share; /* of its rows */
	double threshold;    /* of the risk: 0.05 is the usual example */
	double risk;         /* of the row that is found most easily */
	uint32_t alike;      /* rows that are equal in every column, at least: as a table of counts would say it */
	bool quasi;          /* quasi-identifiers are known: without, no row can be said to be hard to find */
};
enum hf_effect_grade hf_effect_grade(const struct hf_effect_grading *g, char ret_reason[HF_GRADE_REASON]);

/* By column: what a sample of its rows and its name say that it holds; NULL: nothing known. */
void hf_effect_kinds(const struct hf_effect_table *t, const char *const *names, const struct hf_detector **ret_kinds);
/* By column: whether a sample of its rows and its name say that it holds direct identifiers of persons or vehicles
 * (detectors of level 3 and 4 but those of places, birth and free text). */
void hf_effect_direct(const struct hf_effect_table *t, const char *const *names, bool *ret_direct);
/* Share of rows in which a direct identifier is still the original or its unkeyed digest; of tables whose rows are not
 * the same things, share of rows with a value that the original has. before learns values of after. */
double hf_effect_direct_share(struct hf_effect_table *before, size_t before_column, const struct hf_effect_table *after,
                              size_t after_column);

#endif
