/*
 * plan_text.h - plans that are written for people: what people have to say stands there to be filled in.
 */
#ifndef HUFU_MASKING_PLAN_TEXT_H
#define HUFU_MASKING_PLAN_TEXT_H

#include "base/buf.h"
#include "masking/technique.h"

/* A text as YAML takes it: as it is, or in quotes. */
void hf_plan_text_put(struct hf_buf *out, const char *text);
/* Everything before the tables but result and relations; name: of the plan. */
void hf_plan_text_begin(struct hf_buf *out, const char *name, const char *need);
/* "      NAME: {technique: ..., ...}\n"; technique NULL: keep. A list is one text with line ends between. */
struct hf_plan_text_field {
	const char *name, *type; /* type NULL: none */
	const struct hf_technique *technique;
	const struct hf_arg *args;
	size_t arg_count;
};
void hf_plan_text_field(struct hf_buf *out, const struct hf_plan_text_field *f);
void hf_plan_text_end(struct hf_buf *out); /* the emergency plan */

#endif
