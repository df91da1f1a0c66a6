/*
 * rules.h - detectors that a user adds: by configuration, names of fields and a pattern (PCRE2) for the values; or in
 * code, a shared library that brings all this with it (method.h) and runs in a process of its own (code/code.h).
 *
 * Patterns are anchored at both ends of a value and run on the sample only, each match within fixed limits of steps,
 * depth and memory. A pattern that exceeds them a few times is switched off and named, so that an evil one costs a
 * bounded time. Code that fails makes what it was used for fail. Pure but for such a process; one object on one thread
 * at a time.
 */
#ifndef HUFU_MASKING_RULES_H
#define HUFU_MASKING_RULES_H

#include <jansson.h>

#include "base/err.h"
#include "masking/code/code.h"
#include "masking/detector.h"

#define HF_RULES_MAX 64u
#define HF_RULE_PATTERN_MAX 1000u /* bytes */

struct hf_rules;
/* codes: what "library" may name, lent and outlived; NULL: nothing.
 * {"detectors": [{"id", "title", "class": "general|personal|important|core", "level": 1-4, "technique", "names": [...],
 * "comments": [...], "pattern": "...", "share": 0.5}, ...]}; names, comments or pattern are there; or {"id",
 * "library": PATH, "sha256": HEX}. HF_E_FORMAT, HF_E_LIMIT with the rule and what is wrong. */
enum hf_err hf_rules_read(const json_t *config, const struct hf_codes *codes, struct hf_rules **ret_rules,
                          struct hf_fault *f) HF_MUST_CHECK;
/* Takes every library that config names; for who has no configuration that says which may run. */
enum hf_err hf_rules_take_libraries(const json_t *config, struct hf_codes *codes, struct hf_fault *f) HF_MUST_CHECK;
void hf_rules_free(struct hf_rules *r);
size_t hf_rules_count(const struct hf_rules *r);
/* The rule as a detector; it lives as long as r. */
const struct hf_detector *hf_rules_detector(const struct hf_rules *r, size_t i);
/* Share of a field's values from which on the values alone say it; above 1: never. */
double hf_rules_share(const struct hf_rules *r, size_t i);
/* It looks at values. */
bool hf_rules_has_pattern(const struct hf_rules *r, size_t i);
/* The pattern was switched off because it took too long. */
bool hf_rules_exhausted(const struct hf_rules *r, size_t i);

/* One bit for each rule whose names or comments call this field. */
uint64_t hf_rules_for(const struct hf_rules *r, const char *name, const char *comment);
/* Counts the rules that a value fits; those in code at the latest after settle, until when counts stay where they are.
 */
void hf_rules_see(struct hf_rules *r, uint32_t counts[HF_RULES_MAX], const uint8_t *value, size_t len);
/* What those in code have not been asked yet they are not: counts may end, of whomever they are. Waits for nothing. */
void hf_rules_drop(struct hf_rules *r);
/* SCANNER: one in code failed, now or before; it is named, and no count is to be used. */
enum hf_err hf_rules_settle(struct hf_rules *r, struct hf_fault *f) HF_MUST_CHECK;

#endif
