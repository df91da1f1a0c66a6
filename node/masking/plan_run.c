/* plan_run.c - what every run of a plan asks it, as a task, in a delivery and offline: is the result as it expects, and
 * what is done about an error; declared in plan.h. */
#include "masking/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

enum hf_err hf_plan_result_check(const struct hf_plan *p, uint64_t rows, uint64_t unreadable, struct hf_fault *f)
{
	if (rows < p->rows_least || (p->rows_most && rows > p->rows_most))
		return hf_fault_set(f, HF_E_QUALITY,
		                    "the result has %" PRIu64 " rows; the plan expects %" PRIu64 " to %" PRIu64, rows,
		                    p->rows_least, p->rows_most);
	if (unreadable > p->unreadable_most)
		return hf_fault_set(f, HF_E_QUALITY,
		                    "%" PRIu64 " values are not of the type that the plan names and became null; it "
		                    "allows %" PRIu64,
		                    unreadable, p->unreadable_most);
	return HF_OK;
}

const struct hf_plan_emergency *hf_plan_emergency_for(const struct hf_plan *p, const char *when)
{
	for (size_t i = 0; i < p->emergency_count; i++)
		if (strcmp(p->emergency[i].when, when) == 0)
			return &p->emergency[i];
	return NULL;
}

void hf_plan_emergency_text(const struct hf_plan_emergency *e, const char *done, char *out, size_t cap)
{
	snprintf(out, cap, "by the plan for %s errors (%.200s): %.300s; %.100s; %s", e->when, e->cause, e->solution,
	         e->who, done);
	hf_utf8_mend(out);
}
