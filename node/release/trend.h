/*
 * trend.h - what masking reached of a dataset over time (DS-89): the figures that each task measured, oldest first, and
 * which of them are worse than the run before. Loop thread.
 */
#ifndef HUFU_RELEASE_TREND_H
#define HUFU_RELEASE_TREND_H

#include "release/tasks.h"

#define HF_TREND_TASKS 5000u /* of the newest, of whatever dataset, that are looked at */
#define HF_TREND_RUNS 200u   /* that are told */

/* {"dataset", "runs": [{"what", "id", "time", "source", "plan", "version", "rows", "figures": {NAME: NUMBER}, "than":
 * the id of the one that it is compared with, "worse": [NAMES], "better": [NAMES]}], "more": older ones were left out}.
 * what: "task" (which has its id as "task", too), "delivery", "received" or "read". Compared is the one before of the
 * same kind by the same plan, or, where it is the plan's first, the one before by another. source: any source of the
 * dataset (disclosures.h), or the id of an entry of others. The caller's. */
enum hf_err hf_release_trend(struct hf_release *r, const char *source, json_t **ret_trend,
                             struct hf_fault *f) HF_MUST_CHECK;

/* What masking left of a delivery or of a read (measure.h), kept with the unit. */
struct hf_measured {
	const char *what;
	struct hf_id id;
	int64_t ms;
	const char *dataset; /* at most HF_NAME_MAX bytes */
	const char *source, *plan, *recipient;
	uint32_t version;
	const json_t *figures;
};
void hf_trend_put(struct hf_unit *unit, const struct hf_measured *m);

/* Of the evaluation of one task: NAME: NUMBER, as far as each was measured. The caller's. */
json_t *hf_trend_figures(const json_t *evaluation);
/* Names of the figures of now that are worse (better) than those of before by more than they vary by chance. */
void hf_trend_compare(const json_t *before, const json_t *now, json_t *worse, json_t *better);

#endif
