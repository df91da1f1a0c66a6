/* classes.c - what the fields of a source hold decides how low an entry on it may be graded, and whether one that was
 * published may still be delivered (MK-15, MK-23, DS-30); declared in edit.h and classes.h. */
#include "catalog/classes.h"

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

/* What the classes are held against. */
struct offered {
	const Hufu__CatalogEntry *entry;
	bool masks;
	const struct hf_going_out *out; /* NULL: it is being published, and marked by the classes themselves */
};

/* DS-30, MK-54, MK-58. */
static enum hf_err under_control(const struct hf_controls *controls, const struct offered *o,
                                 const struct hf_source_field *field, struct hf_fault *f)
{
	const struct hf_field_class *c = &field->class;
	enum hf_control control = hf_controls_of(controls, c->data_class, c->level);
	const char *why = NULL;

	if (o->entry->sharing == NOT_SHARED)
		return HF_OK;
	if (control == HF_CONTROL_NEVER)
		why = "is never offered; publish the entry as not-shared, or a source without the field";
	else if (control == HF_CONTROL_MASK && !o->masks)
		why = "is offered only masked; publish the entry with `--duty mask:PLAN`";
	else if (control == HF_CONTROL_APPROVE && o->entry->sharing == UNCONDITIONAL && !o->masks)
		why = "is given only by agreement; publish the entry with `--sharing conditional`";
	if (!why)
		return HF_OK;
	return hf_fault_set(f, HF_E_UNCLASSIFIED,
	                    "field '%.127s' holds %s, and by the controls (version %u) %s data of level %u %s",
	                    field->name, c->kind, controls->version, c->data_class, c->level, why);
}

static enum hf_err graded(const struct offered *o, const struct hf_source_field *field, struct hf_fault *f)
{
	const struct class_demand d = class_demands(&field->class);

	if (o->entry->level >= d.level)
		return HF_OK;
	return hf_fault_set(f, HF_E_UNCLASSIFIED,
	                    "field '%.127s' holds %s (%s data), but the entry has level %u; publish it with "
	                    "--level %u or higher",
	                    field->name, field->class.kind, field->class.data_class, o->entry->level, d.level);
}

/* As the field is marked in the entry, which may be older than its class. */
static enum hf_err marked(const struct offered *o, const struct hf_source_field *field, struct hf_fault *f)
{
	const struct class_demand d = class_demands(&field->class);
	bool personal = false, sensitive = false;

	for (size_t i = 0; i < o->entry->n_fields; i++) {
		if (strcmp(o->entry->fields[i]->name, field->name) != 0)
			continue;
		personal = o->entry->fields[i]->personal;
		sensitive = o->entry->fields[i]->sensitive;
	}
	if ((personal || !d.personal) && (sensitive || !d.sensitive))
		return HF_OK;
	return hf_fault_set(f, HF_E_UNCLASSIFIED,
	                    "field '%.127s' holds %s (%s data of level %u), which the entry does not say; publish it "
	                    "anew, which marks it so",
	                    field->name, field->class.kind, field->class.data_class, field->class.level);
}

static bool goes_out(const struct offered *o, const char *field)
{
	size_t i = 0;

	if (!o->out)
		return true;
	while (i < o->out->count && strcmp(o->out->fields[i], field) != 0)
		i++;
	return i < o->out->count;
}

/* A column that is new since the last scan, or has come back, is nobody's word, whatever the entry once said of it.
 * UNSEEN: published before anybody was asked, by that version of the node. */
static enum hf_err judged(const struct hf_source_view *v, const struct hf_source_field *field, struct hf_fault *f)
{
	if (field->class.state != HF_CLASS_PROPOSED)
		return HF_OK;
	return hf_fault_set(
	        f, HF_E_UNCLASSIFIED,
	        "field '%.127s' holds %s by a scan alone, which nobody has confirmed; look with `hufu source "
	        "fields %s` and run `hufu source classify %s --field NAME=KIND|none`",
	        field->name, *field->class.kind ? field->class.kind : "nothing that is known", v->name, v->name);
}

/* What is not sensitive binds nothing. */
static bool binds(const struct hf_field_class *c)
{
	return (c->state == HF_CLASS_CONFIRMED || c->state == HF_CLASS_DOUBTED) && hf_sensitivity_named(c->data_class);
}

static enum hf_err each_field(const struct hf_catalog *c, const struct offered *o, const struct hf_source_view *v,
                              struct hf_fault *f)
{
	struct hf_controls controls;
	bool loaded = false;

	for (size_t i = 0; i < v->field_count; i++) {
		const struct hf_source_field *field = &v->fields[i];

		if (!goes_out(o, field->name))
			continue;
		if (o->out)
			HF_TRY(judged(v, field, f));
		if (!binds(&field->class))
			continue;
		if (!loaded)
			HF_TRY(hf_controls_load(c->store, &controls, f));
		loaded = true;
		if (!o->out || !o->out->masked)
			HF_TRY(graded(o, field, f));
		HF_TRY(under_control(&controls, o, field, f));
		if (o->out && !o->out->masked)
			HF_TRY(marked(o, field, f));
	}
	return HF_OK;
}

enum hf_err classes_check(const struct hf_catalog *c, const struct hf_publication *p, const struct hf_source_view *v,
                          struct hf_fault *f)
{
	const struct offered o = {.entry = p->entry, .masks = masks(p)};

	HF_TRY(hf_source_class_check(v, f));
	return each_field(c, &o, v, f);
}

enum hf_err hf_catalog_classes_stand(const struct hf_catalog *c, const struct hf_catalog_item *it,
                                     const struct hf_source_view *v, const struct hf_going_out *out, struct hf_fault *f)
{
	const struct offered o = {.entry = it->entry, .masks = out->masked, .out = out};

	return each_field(c, &o, v, f);
}
