/* plan_fuzz.c - plans from anywhere: what is taken is whole, and taken alike again. */
#include <stdlib.h>
#include <string.h>

#include "masking/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_plan *p = NULL, *again = NULL;
	struct hf_fault f = {HF_OK, ""};

	if (hf_plan_read("plan", data, size, &p, &f) != HF_OK) {
		if (p || !f.text[0])
			abort();
		return 0;
	}
	if (hf_plan_read("plan", data, size, &again, &f) != HF_OK || again->table_count != p->table_count ||
	    memcmp(&again->digest, &p->digest, sizeof(p->digest)) != 0 || strcmp(p->operator_name, p->audit) == 0 ||
	    p->emergency_count != 5 || p->table_count == 0)
		abort();
	for (size_t i = 0; i < p->table_count; i++) {
		const struct hf_plan_demand *d = p->tables[i].demand;

		if (p->tables[i].field_count == 0 || hf_plan_table_named(p, p->tables[i].name) == NULL)
			abort();
		if (d && (d->quasi_count == 0 || d->t > 1 || d->recovery > 1 || d->suppress > 1 || d->suppress < 0 ||
		          (d->l && d->sensitive_count == 0) || p->mode != HF_PLAN_STATIC))
			abort();
	}
	hf_plan_free(p);
	hf_plan_free(again);
	return 0;
}
