/*
 * rules.h - detectors that a user adds by configuration: names of fields, and a pattern (PCRE2) for the values.
 *
 * Patterns are anchored at both ends of a value and run on the sample only, each match within fixed limits of steps,
 * depth and memory. A pattern that exceeds them a few times is switched off and named, so that an evil one costs a
 * bounded time. Pure; one object on one thread at a time.
 */
#ifndef HUFU_MASKING_RULES_H
#define HUFU_MASKING_RULES_H

#include <jansson.h>

#include "base/err.h"
#include "masking/detector.h"

#define HF_RULES_MAX 64u
#define HF_RULE_PATTERN_MAX 1000u /* bytes */

struct hf_rules;
/* {"detectors": [{"id", "title", "class": "general|personal|important|core", "level": 1-4, "technique", "names": [...],
 * "comments": [...], "pattern": "...", "share": 0.5}, ...]}; names, comments or pattern are there. HF_E_FORMAT,
 * HF_E_LIMIT with the rule and what is wrong. */
enum hf_err hf_rules_read(const json_t *config, struct hf_rules **ret_rules, struct hf_fault *f) HF_MUST_CHECK;
void hf_rules_free(struct hf_rules *r);
size_t hf_rules_count(const struct hf_rules *r);
/* The rule as a detector; it lives as long as r. */
const struct hf_detector *hf_rules_detector(const struct hf_rules *r, size_t i);
/* Share of a field's values from which on the pattern alone says it. */
double hf_rules_share(const struct hf_rules *r, size_t i);
bool hf_rules_has_pattern(const struct hf_rules *r, size_t i);
/* The pattern was switched off because it took too long. */
bool hf_rules_exhausted(const struct hf_rules *r, size_t i);

/* One bit for each rule whose names or comments call this field. */
uint64_t hf_rules_for(const struct hf_rules *r, const char *name, const char *comment);
/* Counts the rules whose pattern a value matches. */
void hf_rules_see(struct hf_rules *r, uint32_t counts[HF_RULES_MAX], const uint8_t *value, size_t len);

#endif
