/* mask_result.c - a result held to what the plan demands of its risk; declared in mask_evaluate.h. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "crypto/crypto.h"
#include "mask_evaluate.h"
#include "masking/demand.h"
#include "release/engine/measure.h"

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

#define MEASURED 5000u /* rows */

static void look(struct hf_identify *x, const struct hf_mask_table *t)
{
	struct hf_bytes cells[HF_MAX_FIELDS];

	for (uint32_t row = 0; row < hf_effect_rows(t->rows); row++) {
		for (size_t i = 0; i < t->name_count; i++)
			cells[i] = hf_effect_value(t->rows, i, hf_effect_codes(t->rows, i)[row]);
		hf_identify_row(x, cells, t->name_count, false);
	}
}

/* What an inventory would say of it. */
static json_t *kinds_of(const struct hf_mask_table *t)
{
	struct hf_identify_options o = {.table = NULL};
	struct hf_named_field *fields = hf_alloc_zero((t->name_count + 1) * sizeof(*fields));
	const struct hf_field_finding *found;
	json_t *list = json_array();
	struct hf_identify *x;
	size_t count;

	for (size_t i = 0; i < t->name_count; i++)
		fields[i].name = t->names[i];
	x = hf_identify_new(&o, fields, t->name_count);
	look(x, t);
	found = hf_identify_findings(x, &count);
	for (size_t i = 0; i < count; i++)
		if (found[i].best.detector)
			json_array_append_new(list, json_pack("{s:s, s:s, s:i}", "field", found[i].name, "type",
			                                      found[i].best.detector->id, "level",
			                                      (int)found[i].best.detector->level));
	hf_identify_free(x);
	free(fields);
	return json_pack("{s:o}", "locations", list);
}

json_t *hf_mask_result_measure(const struct hf_plan_table *t, const struct hf_mask_input *before,
                               const struct hf_mask_input *after, bool pairs)
{
	struct hf_mask_table was = {.path = NULL}, is = {.path = NULL};
	const char *quasi[HF_MAX_FIELDS];
	json_t *figures = NULL, *kinds;
	uint8_t key[16];
	struct hf_fault f;

	hf_random(key, sizeof(key));
	if (hf_mask_table_first(before, key, MEASURED, &was, &f) == HF_OK &&
	    hf_mask_table_first(after, key, MEASURED, &is, &f) == HF_OK) {
		struct hf_demand_table was_named = named(&was), is_named = named(&is);

		kinds = kinds_of(&was);
		figures = hf_measure_of(t, quasi, hf_measure_quasi(t, kinds, NULL, 0, quasi), pairs ? &was_named : NULL,
		                        &is_named);
		json_decref(kinds);
	}
	hf_mask_table_done(&was);
	hf_mask_table_done(&is);
	return figures;
}
