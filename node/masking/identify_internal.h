/*
 * identify_internal.h - what identify.c counts and decide.c judges.
 */
#ifndef HUFU_MASKING_IDENTIFY_INTERNAL_H
#define HUFU_MASKING_IDENTIFY_INTERNAL_H

#include "masking/detect/tables.h"
#include "masking/identify.h"
#include "masking/rules.h"
#include "masking/words.h"

/* What every cell touches, apart from the rest, so that the counts of all columns stay in the cache. */
struct hf_column_counts {
	uint64_t active; /* detectors that look at the values */
	uint64_t nulls;
	uint32_t counts[HF_DETECTORS_MAX][HF_MATCH_VALID + 1]; /* by enum hf_match */
};

struct hf_column_state {
	char *name;
	struct hf_field_finding finding;
	struct hf_column_counts *hot;
	unsigned named[HF_DETECTORS_MAX]; /* bits of enum hf_found_by */
	uint64_t rule;                    /* rules of the user that the name calls */
	uint32_t rule_counts[HF_RULES_MAX];
	struct hf_sketch sketch;
	struct hf_unique unique;
};

struct hf_identify {
	const struct hf_detector *const *detectors;
	size_t detector_count;
	enum hf_match (*checks[HF_DETECTORS_MAX])(const struct hf_cell *c, const struct hf_detect_tables *t);
	uint64_t by_length[HF_CELL_LENGTHS], by_classes[256], by_first[256];
	struct hf_detect_tables tables;
	hf_triage_fn triage;
	struct hf_rules *rules;
	bool shape_only;
	char table[HF_WORDS_MAX], table_comment[HF_WORDS_MAX];
	uint8_t key[16];
	struct hf_column_state *columns;
	struct hf_column_counts *hot; /* of each column */
	size_t column_count;
	uint64_t rows;
	struct hf_field_finding *findings; /* made by hf_identify_findings */
};

#endif
