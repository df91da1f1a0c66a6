/* plan_demand.h - reading what a plan demands of its results' risk; for plan.c only. */
#ifndef HUFU_MASKING_PLAN_DEMAND_H
#define HUFU_MASKING_PLAN_DEMAND_H

#include "masking/plan.h"
#include "masking/plan_tree.h"

struct hf_plan_demands {
	const char *file; /* for messages */
	struct hf_arena *arena;
	struct hf_fault *f;
	enum hf_plan_mode mode;
	struct hf_plan_table *tables; /* whose demands are set */
	size_t table_count;
};
/* risk: tables and what is demanded of each; NULL: nothing. */
enum hf_err hf_plan_demands_read(const struct hf_plan_demands *d, const struct hf_plan_node *risk) HF_MUST_CHECK;

#endif
