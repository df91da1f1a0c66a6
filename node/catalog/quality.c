/* quality.c - the rules about its rows that an entry publishes (DS-73). */
#include <stdlib.h>

#include "base/mem.h"
#include "catalog/edit.h"
#include "source/readers/csv_rules.h"

enum hf_err quality_check(const Hufu__CatalogEntry *e, const struct hf_source_view *v, struct hf_fault *f)
{
	if (e->n_quality == 0)
		return HF_OK;
	if (e->n_quality > HF_CSV_RULES_OWN)
		return hf_fault_set(f, HF_E_LIMIT, "an entry publishes at most %u rules about its rows",
		                    HF_CSV_RULES_OWN);
	struct hf_csv_column *columns = hf_alloc_zero(v->field_count * sizeof(*columns));
	struct hf_csv_rules *r = hf_csv_rules_new();
	enum hf_err err = HF_OK;

	for (size_t i = 0; i < v->field_count; i++) {
		snprintf(columns[i].name, sizeof(columns[i].name), "%s", v->fields[i].name);
		columns[i].type = hf_csv_type_named(v->fields[i].type);
	}
	for (size_t i = 0; err == HF_OK && i < e->n_quality; i++)
		err = hf_csv_rules_add(r, e->quality[i], columns, v->field_count, f);
	hf_csv_rules_free(r);
	free(columns);
	return err;
}
