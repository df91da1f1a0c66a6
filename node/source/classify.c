/* classify.c - what people say of fields, and how it survives another look; declared in classify.h. */
#include "source/classify.h"

#include <stdio.h>
#include <string.h>

#include "masking/rules.h"

#define NAMED_MAX 8u /* fields that a refusal names */

const char *hf_class_state_name(enum hf_class_state s)
{
	static const char *const names[] = {"unseen", "proposed", "confirmed", "doubted"};

	return (unsigned)s < sizeof(names) / sizeof(names[0]) ? names[s] : "unseen";
}

static struct hf_source_field *field_of(const struct hf_source_view *v, const char *name)
{
	for (size_t i = 0; i < v->field_count; i++)
		if (strcmp(v->fields[i].name, name) == 0)
			return &v->fields[i];
	return NULL;
}

/* A look that finds nothing does not contradict a person who said more; one that finds what that person had seen
 * neither. */
static void keep(struct hf_field_class *now, const struct hf_field_class *was)
{
	struct hf_field_class looked = *now;

	if (was->state != HF_CLASS_CONFIRMED && was->state != HF_CLASS_DOUBTED)
		return;
	*now = *was;
	now->values = looked.values;
	now->valid = looked.valid;
	now->shape = looked.shape;
	if (looked.found[0] == '\0' || strcmp(looked.found, was->kind) == 0 || strcmp(looked.found, was->found) == 0)
		return;
	memcpy(now->found, looked.found, sizeof(now->found));
	now->confidence = looked.confidence;
	now->by = looked.by;
	now->mixed = looked.mixed;
	if (strcmp(looked.data_class, "general") != 0)
		now->state = HF_CLASS_DOUBTED;
}

void hf_source_class_keep(struct hf_source_view *now, const struct hf_source_view *was)
{
	for (size_t i = 0; i < now->field_count; i++) {
		const struct hf_source_field *f = field_of(was, now->fields[i].name);

		if (f)
			keep(&now->fields[i].class, &f->class);
	}
}

static const struct hf_detector *named(const char *kind, const struct hf_rules *rules)
{
	const struct hf_detector *d = hf_detector_named(kind);

	for (size_t i = 0; !d && rules && i < hf_rules_count(rules); i++)
		if (strcmp(hf_rules_detector(rules, i)->id, kind) == 0)
			d = hf_rules_detector(rules, i);
	return d;
}

static void set_kind(struct hf_field_class *c, const struct hf_detector *d)
{
	snprintf(c->kind, sizeof(c->kind), "%s", d ? d->id : "");
	snprintf(c->data_class, sizeof(c->data_class), "%s", d ? hf_sensitivity_name(d->sensitivity) : "none");
	snprintf(c->technique, sizeof(c->technique), "%s", d ? d->technique : "");
	c->level = d ? d->level : 1;
}

static void settle(struct hf_field_class *c, const char *by, int64_t now_ms)
{
	c->state = HF_CLASS_CONFIRMED;
	snprintf(c->confirmed_by, sizeof(c->confirmed_by), "%s", by);
	c->confirmed_ms = now_ms;
}

enum hf_err hf_source_class_say(struct hf_source_view *v, const char *field, const struct hf_saying *s,
                                struct hf_fault *f)
{
	struct hf_source_field *at = field_of(v, field);
	const char *kind = s->kind ? s->kind : at && at->class.found[0] ? at->class.found : "none";
	const struct hf_detector *d = strcmp(kind, "none") == 0 ? NULL : named(kind, s->rules);

	if (!at)
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "source '%s' has no field '%.127s'; `hufu source fields %s` names them", v->name,
		                    field, v->name);
	if (!d && strcmp(kind, "none") != 0)
		return hf_fault_set(
		        f, HF_E_UNKNOWN,
		        "there is no kind '%.60s'; `hufu mask detectors` names them, none means not sensitive", kind);
	set_kind(&at->class, d);
	settle(&at->class, s->by, s->now_ms);
	return HF_OK;
}

void hf_source_class_all(struct hf_source_view *v, const char *by, int64_t now_ms)
{
	for (size_t i = 0; i < v->field_count; i++)
		if (v->fields[i].class.state == HF_CLASS_PROPOSED)
			settle(&v->fields[i].class, by, now_ms);
}

void hf_source_class_doubt(struct hf_source_view *v, const char *field, const struct hf_finding *found)
{
	struct hf_source_field *at = field_of(v, field);

	if (!at || !found->detector)
		return;
	at->class.state = HF_CLASS_DOUBTED;
	snprintf(at->class.found, sizeof(at->class.found), "%s", found->detector->id);
	at->class.confidence = (uint32_t)(found->confidence * 1000 + 0.5);
	at->class.by = found->by;
	at->class.mixed = found->mixed;
}

static bool open_state(enum hf_class_state s, bool doubt_only)
{
	return s == HF_CLASS_DOUBTED || (!doubt_only && s != HF_CLASS_CONFIRMED);
}

/* "a, b, c and 4 more". */
static size_t name_open(const struct hf_source_view *v, bool doubt_only, char *text, size_t cap)
{
	size_t open = 0, len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < v->field_count; i++) {
		if (!open_state(v->fields[i].class.state, doubt_only))
			continue;
		if (open++ < NAMED_MAX && len + sizeof(v->fields[i].name) + 2 < cap)
			len += (size_t)snprintf(text + len, cap - len, "%s%s", len ? ", " : "", v->fields[i].name);
	}
	if (open > NAMED_MAX)
		snprintf(text + len, cap - len, " and %zu more", open - NAMED_MAX);
	return open;
}

static enum hf_err check(const struct hf_source_view *v, bool doubt_only, struct hf_fault *f)
{
	char names[NAMED_MAX * 130 + 40];

	if (!doubt_only && v->fields[0].class.state == HF_CLASS_UNSEEN)
		return hf_fault_set(
		        f, HF_E_UNCLASSIFIED,
		        "nobody has looked for what the fields of source '%s' hold; run `hufu source scan %s`, "
		        "then `hufu source classify %s`",
		        v->name, v->name, v->name);
	if (name_open(v, doubt_only, names, sizeof(names)) == 0)
		return HF_OK;
	return hf_fault_set(
	        f, HF_E_UNCLASSIFIED,
	        doubt_only ? "something sensitive appeared in fields of source '%s' that were classified otherwise: "
	                     "%.400s; look with `hufu source fields %s` and run `hufu source classify %s --field "
	                     "NAME=KIND|none`"
	                   : "nobody has confirmed what fields of source '%s' hold: %.400s; look with `hufu source "
	                     "fields %s` and run `hufu source classify %s --field NAME=KIND|none`, or --all",
	        v->name, names, v->name, v->name);
}

enum hf_err hf_source_class_check(const struct hf_source_view *v, struct hf_fault *f)
{
	return check(v, false, f);
}

enum hf_err hf_source_doubt_check(const struct hf_source_view *v, struct hf_fault *f)
{
	return check(v, true, f);
}
