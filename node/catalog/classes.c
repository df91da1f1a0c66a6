/* classes.c - what the fields of a source hold decides how low an entry on it may be graded (MK-15, MK-23, DS-30);
 * declared in edit.h. */
#include <string.h>

#include "catalog/edit.h"
#include "source/classify.h"
#include "source/mask_policy.h"

#define UNCONDITIONAL 1u /* CatalogEntry.sharing */
#define NOT_SHARED 3u
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

static bool masks(const struct hf_publication *p)
{
	static const char mask[] = "mask:";

	for (size_t i = 0; i < p->entry->n_policy; i++)
		if (strcmp(p->entry->policy[i]->kind, "duty") == 0 &&
		    strncmp(p->entry->policy[i]->action, mask, sizeof(mask) - 1) == 0)
			return true;
	return p->duty && strncmp(p->duty, mask, sizeof(mask) - 1) == 0;
}

/* DS-30, MK-54, MK-58. */
static enum hf_err under_control(const struct hf_controls *controls, const struct hf_publication *p,
                                 const struct hf_source_field *field, struct hf_fault *f)
{
	const struct hf_field_class *c = &field->class;
	enum hf_control control = hf_controls_of(controls, c->data_class, c->level);
	const char *why = NULL;

	if (p->entry->sharing == NOT_SHARED)
		return HF_OK;
	if (control == HF_CONTROL_NEVER)
		why = "is never offered; publish the entry as not-shared, or a source without the field";
	else if (control == HF_CONTROL_MASK && !masks(p))
		why = "is offered only masked; publish the entry with `--duty mask:PLAN`";
	else if (control == HF_CONTROL_APPROVE && p->entry->sharing == UNCONDITIONAL && !masks(p))
		why = "is given only by agreement; publish the entry with `--sharing conditional`";
	if (!why)
		return HF_OK;
	return hf_fault_set(f, HF_E_UNCLASSIFIED,
	                    "field '%.127s' holds %s, and by the controls (version %u) %s data of level %u %s",
	                    field->name, c->kind, controls->version, c->data_class, c->level, why);
}

enum hf_err classes_check(const struct hf_catalog *c, const struct hf_publication *p, const struct hf_source_view *v,
                          struct hf_fault *f)
{
	struct hf_controls controls;

	HF_TRY(hf_source_class_check(v, f));
	HF_TRY(hf_controls_load(c->store, &controls, f));
	for (size_t i = 0; i < v->field_count; i++) {
		struct class_demand d = class_demands(&v->fields[i].class);

		if (p->entry->level < d.level)
			return hf_fault_set(
			        f, HF_E_UNCLASSIFIED,
			        "field '%.127s' holds %s (%s data), but the entry has level %u; publish it with "
			        "--level %u or higher",
			        v->fields[i].name, v->fields[i].class.kind, v->fields[i].class.data_class,
			        p->entry->level, d.level);
		HF_TRY(under_control(&controls, p, &v->fields[i], f));
	}
	return HF_OK;
}
