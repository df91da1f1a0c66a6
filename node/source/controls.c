/* controls.c - which control belongs to each class and level of data; declared in mask_policy.h. */
#include <stdio.h>
#include <string.h>

#include "proto/codec.h"
#include "source/mask_policy.h"

const char *hf_control_name(enum hf_control c)
{
	static const char *const names[] = {"", "publish", "approve", "mask", "never"};

	return (unsigned)c < sizeof(names) / sizeof(names[0]) ? names[c] : "";
}

static enum hf_control control_named(const char *name)
{
	for (enum hf_control c = HF_CONTROL_PUBLISH; c <= HF_CONTROL_NEVER; c++)
		if (name && strcmp(hf_control_name(c), name) == 0)
			return c;
	return HF_CONTROL_INVALID;
}

static void usual(struct hf_controls *c)
{
	memset(c, 0, sizeof(*c));
	for (enum hf_sensitivity s = HF_SENS_GENERAL; s <= HF_SENS_CORE; s++)
		for (unsigned level = 1; level <= HF_MASK_LEVELS; level++)
			c->of[s][level] = s == HF_SENS_GENERAL ? HF_CONTROL_PUBLISH : HF_CONTROL_APPROVE;
}

static enum hf_err read_row(const json_t *row, size_t number, struct hf_controls *c, struct hf_fault *f)
{
	const char *class = json_string_value(json_object_get(row, "class")),
	           *control = json_string_value(json_object_get(row, "control"));
	json_int_t level = json_integer_value(json_object_get(row, "level"));
	enum hf_sensitivity s = class ? hf_sensitivity_named(class) : 0;

	if (!s || level < 1 || level > HF_MASK_LEVELS || !control_named(control))
		return hf_fault_set(
		        f, HF_E_FORMAT,
		        "row %zu of the controls needs a class (general, personal, important, core), a level from "
		        "1 to %u and a control (publish, approve, mask, never)",
		        number + 1, HF_MASK_LEVELS);
	if (c->of[s][level])
		return hf_fault_set(f, HF_E_FORMAT, "%s data of level %d has two controls; leave one", class,
		                    (int)level);
	c->of[s][level] = control_named(control);
	return HF_OK;
}

static enum hf_err complete(const struct hf_controls *c, struct hf_fault *f)
{
	for (enum hf_sensitivity s = HF_SENS_GENERAL; s <= HF_SENS_CORE; s++)
		for (unsigned level = 1; level <= HF_MASK_LEVELS; level++)
			if (!c->of[s][level])
				return hf_fault_set(
				        f, HF_E_FORMAT,
				        "%s data of level %u has no control; every class and level needs one",
				        hf_sensitivity_name(s), level);
	return HF_OK;
}

static enum hf_err read_object(const json_t *o, struct hf_controls *c, struct hf_fault *f)
{
	const json_t *levels = json_object_get(o, "levels"), *row;
	const char *review = json_string_value(json_object_get(o, "review"));
	size_t i;

	memset(c, 0, sizeof(*c));
	if (json_integer_value(json_object_get(o, "controls")) != 1 || !json_is_array(levels))
		return hf_fault_set(
		        f, HF_E_FORMAT,
		        "it is no table of controls (\"controls\": 1, \"review\", \"levels\"); see docs/masking.md");
	if (!review || !hf_time_parse(review, &c->review_ms))
		return hf_fault_set(f, HF_E_FORMAT,
		                    "the controls have no date of review; state one (\"review\": \"2027-06-01\")");
	json_array_foreach(levels, i, row) HF_TRY(read_row(row, i, c, f));
	return complete(c, f);
}

enum hf_err hf_controls_read(const char *text, struct hf_controls *ret_controls, struct hf_fault *f)
{
	json_error_t wrong;
	json_t *o = *text ? json_loads(text, JSON_REJECT_DUPLICATES, &wrong) : NULL;
	struct hf_controls c;
	enum hf_err e;

	if (!o)
		return hf_fault_set(f, HF_E_FORMAT, "the controls are no JSON: %.150s", *text ? wrong.text : "no text");
	e = read_object(o, &c, f);
	json_decref(o);
	if (e == HF_OK)
		*ret_controls = c;
	return e;
}

enum hf_err hf_controls_load(struct hf_store *store, struct hf_controls *ret_controls, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	Hufu__MaskPolicyRow *row = NULL;
	enum hf_err e = hf_mask_policy_get(store, HF_MASK_CONTROLS, 0, &row);

	usual(ret_controls);
	if (e == HF_E_UNKNOWN)
		return HF_OK;
	HF_TRY(hf_fault_default(f, e));
	text.max = HF_MASK_POLICY_MAX + 1;
	if (!hf_buf_add(&text, row->text.data, row->text.len) || !hf_buf_add(&text, "", 1))
		e = hf_fault_default(f, HF_E_LIMIT);
	if (e == HF_OK)
		e = hf_controls_read((const char *)text.data, ret_controls, f);
	ret_controls->version = row->version;
	hf_decoded_free(row);
	return e;
}

enum hf_control hf_controls_of(const struct hf_controls *c, const char *data_class, uint32_t level)
{
	enum hf_sensitivity s = hf_sensitivity_named(data_class);

	if (!s)
		return HF_CONTROL_PUBLISH;
	return level >= 1 && level <= HF_MASK_LEVELS ? c->of[s][level] : HF_CONTROL_NEVER;
}
