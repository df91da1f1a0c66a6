/* classes.c - what the fields of a source hold decides how low an entry on it may be graded (MK-15, MK-23, DS-30);
 * declared in edit.h. */
#include <string.h>

#include "catalog/edit.h"
#include "source/classify.h"

#define HARMFUL 4u /* level of a field: it does harm when it is known */

struct class_demand class_demands(const struct hf_field_class *c)
{
	enum hf_sensitivity s = hf_sensitivity_named(c->data_class);

	if (c->state == HF_CLASS_UNSEEN)
		return (struct class_demand){1, false, false};
	return (struct class_demand){
	        .level = s == HF_SENS_CORE        ? 3
	                 : s == HF_SENS_IMPORTANT ? 2
	                                          : 1,
	        .personal = s == HF_SENS_PERSONAL,
	        .sensitive = s >= HF_SENS_PERSONAL && c->level >= HARMFUL,
	};
}

enum hf_err classes_check(const Hufu__CatalogEntry *e, const struct hf_source_view *v, struct hf_fault *f)
{
	HF_TRY(hf_source_class_check(v, f));
	for (size_t i = 0; i < v->field_count; i++) {
		struct class_demand d = class_demands(&v->fields[i].class);

		if (e->level < d.level)
			return hf_fault_set(
			        f, HF_E_UNCLASSIFIED,
			        "field '%.127s' holds %s (%s data), but the entry has level %u; publish it with "
			        "--level %u or higher",
			        v->fields[i].name, v->fields[i].class.kind, v->fields[i].class.data_class, e->level,
			        d.level);
	}
	return HF_OK;
}
