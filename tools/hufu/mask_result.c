/* mask_result.c - a result held to what the plan demands of its risk; declared in mask_evaluate.h. */
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "mask_evaluate.h"
#include "masking/demand.h"

static struct hf_demand_table named(const struct hf_mask_table *t)
{
	return (struct hf_demand_table){t->rows, (const char *const *)t->names, t->name_count};
}

static enum hf_err say_missed(const json_t *figures, struct hf_fault *f)
{
	const json_t *missed = json_object_get(figures, "missed");
	const char *first = json_string_value(json_array_get(missed, 0));
	size_t n = json_array_size(missed);

	if (n == 0)
		return HF_OK;
	return hf_fault_set(f, HF_E_QUALITY, n > 1 ? "%.300s (and %zu more demands are not met)" : "%.300s", first,
	                    n - 1);
}

enum hf_err hf_mask_result_check(const struct hf_plan_table *t, const struct hf_mask_input *before,
                                 const struct hf_mask_input *after, json_t **ret_figures, struct hf_fault *f)
{
	struct hf_mask_table was = {.path = NULL}, is = {.path = NULL};
	json_t *figures = NULL;
	uint8_t key[16];
	enum hf_err e;

	hf_random(key, sizeof(key));
	e = hf_mask_table_load(before, key, &was, f);
	if (e == HF_OK)
		e = hf_mask_table_load(after, key, &is, f);
	if (e == HF_OK) {
		struct hf_demand_table was_named = named(&was), is_named = named(&is);

		e = hf_demand_check(t, &was_named, &is_named, &figures, f);
	}
	if (e == HF_OK)
		e = say_missed(figures, f);
	hf_mask_table_done(&was);
	hf_mask_table_done(&is);
	*ret_figures = figures;
	return e;
}
