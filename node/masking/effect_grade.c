/* effect_grade.c - GB/T 42460's grade; declared in effect_grade.h. */
#include "masking/effect_grade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "masking/effect_attack.h"
#include "masking/identify.h"

#define SAMPLE 10000u /* rows that are looked at */

enum hf_effect_grade hf_effect_grade(const struct hf_effect_grading *g, char ret_reason[HF_GRADE_REASON])
{
	if (g->direct && g->direct_share > g->threshold) {
		snprintf(ret_reason, HF_GRADE_REASON,
		         "%.100s holds direct identifiers, of which %.3g %% are as they were; mask it", g->direct,
		         100 * g->direct_share);
		return HF_GRADE_DIRECT;
	}
	if (g->alike > 1 && g->alike * g->threshold >= 1) {
		snprintf(ret_reason, HF_GRADE_REASON,
		         "each row is equal to at least %u in every column, so that it tells no more than a table of "
		         "counts",
		         g->alike);
		return HF_GRADE_AGGREGATE;
	}
	if (!g->quasi || g->risk > g->threshold) {
		snprintf(
		        ret_reason, HF_GRADE_REASON,
		        g->quasi
		                ? "no direct identifiers, but a row can be found again with a chance of %.3g, above "
		                  "%.3g"
		                : "no direct identifiers, but no quasi-identifiers are named, so that no risk is known",
		        g->risk, g->threshold);
		return HF_GRADE_RISKY;
	}
	snprintf(ret_reason, HF_GRADE_REASON,
	         "no direct identifiers, and no row can be found again with a chance above %.3g: the highest is %.3g",
	         g->threshold, g->risk);
	return HF_GRADE_RECORDS;
}

/* Kinds that tell of a person or vehicle, but not alone which. */
static bool identifies(const struct hf_detector *d)
{
	static const char *const not_alone[] = {"cn.address",         "person.birth",  "position.latitude",
	                                        "position.longitude", "position.path", "text.embedded"};

	if (!d || d->sensitivity != HF_SENS_PERSONAL || d->level < 3)
		return false;
	for (size_t i = 0; i < sizeof(not_alone) / sizeof(not_alone[0]); i++)
		if (strcmp(d->id, not_alone[i]) == 0)
			return false;
	return true;
}

void hf_effect_kinds(const struct hf_effect_table *t, const char *const *names, const struct hf_detector **ret_kinds)
{
	static const uint8_t key[16] = {3};
	const struct hf_identify_options o = {.key = key};
	size_t width = hf_effect_width(t), count;
	struct hf_named_field *fields = hf_alloc_zero((width + 1) * sizeof(*fields));
	struct hf_bytes *cells = hf_alloc_zero((width + 1) * sizeof(*cells));
	uint32_t rows = hf_effect_rows(t), every = rows / SAMPLE + 1;
	const struct hf_field_finding *found;
	struct hf_identify *x;

	for (size_t i = 0; i < width; i++)
		fields[i].name = names[i];
	x = hf_identify_new(&o, fields, width < HF_MAX_FIELDS ? width : HF_MAX_FIELDS);
	for (uint32_t row = 0; row < rows; row += every) {
		for (size_t i = 0; i < width; i++)
			cells[i] = hf_effect_value(t, i, hf_effect_codes(t, i)[row]);
		hf_identify_row(x, cells, width, false);
	}
	found = hf_identify_findings(x, &count);
	for (size_t i = 0; i < width; i++)
		ret_kinds[i] = i < count ? found[i].best.detector : NULL;
	hf_identify_free(x);
	free(fields);
	free(cells);
}

void hf_effect_direct(const struct hf_effect_table *t, const char *const *names, bool *ret_direct)
{
	const struct hf_detector **kinds = hf_alloc_zero((hf_effect_width(t) + 1) * sizeof(*kinds));

	hf_effect_kinds(t, names, kinds);
	for (size_t i = 0; i < hf_effect_width(t); i++)
		ret_direct[i] = identifies(kinds[i]);
	free(kinds);
}

/* Of tables whose rows are not the same things. */
static double share_known(struct hf_effect_table *before, size_t before_column, const struct hf_effect_table *after,
                          size_t after_column)
{
	const uint32_t *was = hf_effect_codes(before, before_column), *is = hf_effect_codes(after, after_column);
	uint32_t masked = hf_effect_distinct(after, after_column), same = 0, all = 0;
	uint32_t *to = hf_alloc(masked * sizeof(*to));
	bool *had;

	for (uint32_t i = 0; i < masked; i++)
		to[i] = hf_effect_code(before, before_column, hf_effect_value(after, after_column, i));
	had = hf_alloc_zero(hf_effect_distinct(before, before_column));
	for (uint32_t i = 0; i < hf_effect_rows(before); i++)
		had[was[i]] = true;
	for (uint32_t i = 0; i < hf_effect_rows(after); i++) {
		all += is[i] != HF_EFFECT_NULL;
		same += is[i] != HF_EFFECT_NULL && had[to[is[i]]];
	}
	free(to);
	free(had);
	return all ? (double)same / all : 0;
}

double hf_effect_direct_share(struct hf_effect_table *before, size_t before_column, const struct hf_effect_table *after,
                              size_t after_column)
{
	struct hf_effect_attack a;

	if (hf_effect_rows(before) != hf_effect_rows(after))
		return share_known(before, before_column, after, after_column);
	hf_effect_attack(before, before_column, after, after_column, &a);
	return a.unkeyed;
}
