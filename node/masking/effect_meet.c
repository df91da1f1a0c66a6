/* effect_meet.c - which classes cannot stay; declared in effect_meet.h. */
#include "masking/effect_meet.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Marks what misses k or l. */
static uint32_t mark_poor(const struct hf_effect_table *t, const struct hf_effect_need *need,
                          const struct hf_effect_classes *c, bool *gone)
{
	uint32_t *distinct = hf_alloc(((size_t)c->count + 1) * sizeof(*distinct)), marked = 0;

	for (uint32_t i = 0; i < c->count; i++)
		gone[i] = c->size[i] < need->k;
	for (size_t s = 0; need->l > 1 && s < need->sensitive_count; s++) {
		hf_effect_distinct_in(t, c, need->sensitive[s], distinct);
		for (uint32_t i = 0; i < c->count; i++)
			gone[i] |= distinct[i] < need->l;
	}
	for (uint32_t i = 0; i < c->count; i++)
		marked += gone[i];
	free(distinct);
	return marked;
}

static uint32_t mark_far(const struct hf_effect_table *t, const struct hf_effect_need *need,
                         const struct hf_effect_classes *c, bool *gone)
{
	double *far = hf_alloc(((size_t)c->count + 1) * sizeof(*far));
	uint32_t marked = 0;

	memset(gone, 0, c->count);
	for (size_t s = 0; need->t >= 0 && s < need->sensitive_count; s++) {
		hf_effect_distance_of(t, c, need->sensitive[s], far);
		for (uint32_t i = 0; i < c->count; i++)
			gone[i] |= far[i] > need->t;
	}
	for (uint32_t i = 0; i < c->count; i++)
		marked += gone[i];
	free(far);
	return marked;
}

uint32_t hf_effect_meet(const struct hf_effect_table *t, const struct hf_effect_need *need, struct hf_effect_classes *c)
{
	bool *gone = hf_alloc_zero((size_t)c->count + 1);
	uint32_t before = c->suppressed;

	if (mark_poor(t, need, c, gone) > 0)
		hf_effect_classes_drop(c, gone);
	while (mark_far(t, need, c, gone) > 0)
		hf_effect_classes_drop(c, gone);
	free(gone);
	return c->suppressed - before;
}
