/*
 * coverage.h - whether masking reached what is sensitive, by looking for it again in the result, and what should be
 * done otherwise (JT/T 1480 5.7, MK-48). Pure; any thread.
 */
#ifndef HUFU_MASKING_COVERAGE_H
#define HUFU_MASKING_COVERAGE_H

#include "masking/demand.h"

/* {"sensitive": fields of before that are, "reached": how many of them are left out or changed, "fields": [{"field",
 * "kind", "level", "kind_after" (what its values look like now, or null), "state": "left out" | "masked" | "kept",
 * "kept_share"}]}; fields that are in after only, too. A field is masked when no more than the threshold of its rows
 * kept their value or are its unkeyed digest. before learns values of after. The caller's. */
json_t *hf_coverage(struct hf_demand_table *before, const struct hf_demand_table *after, double threshold);
/* Sentences that say what to change: of a coverage, and of the figures of after ("prosecutor": {"max"}, "classes") and
 * of "recovery" and "utility" where they are there. The caller's; none: nothing. */
json_t *hf_coverage_changes(const json_t *coverage, const json_t *figures, double threshold);

#endif
