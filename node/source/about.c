/* about.c - what people say a table and its fields are, as a data dictionary has it; declared in source.h, internal.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "source/internal.h"

static bool is_comment(const json_t *o)
{
	const char *text = json_string_value(o);

	return text && strlen(text) == json_string_length(o) && strlen(text) <= HF_COMMENT_MAX;
}

enum hf_err hf_source_about_check(const json_t *about, struct hf_fault *f)
{
	json_t *comment = json_object_get(about, "comment"), *fields = json_object_get(about, "fields"), *o;
	const char *name;

	if (!json_is_object(about) || (comment && !json_is_string(comment)) || (fields && !json_is_object(fields)))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "the comments have not the form {\"comment\": TEXT, \"fields\": {NAME: TEXT}}");
	if (json_object_size(fields) > HF_MAX_FIELDS)
		return hf_fault_set(f, HF_E_LIMIT, "there are comments on more than %u fields; leave some out",
		                    HF_MAX_FIELDS);
	if (comment && !is_comment(comment))
		return hf_fault_set(f, HF_E_LIMIT, "the comment on the table is longer than %u bytes; shorten it",
		                    HF_COMMENT_MAX);
	json_object_foreach(fields, name, o)
	{
		if (!is_comment(o))
			return hf_fault_set(
			        f, HF_E_LIMIT,
			        "the comment on the field %.100s is no text of at most %u bytes; shorten it", name,
			        HF_COMMENT_MAX);
	}
	return HF_OK;
}

json_t *source_about_of(const struct hf_source_view *v)
{
	json_t *fields = json_object();

	for (size_t i = 0; i < v->field_count; i++)
		if (v->fields[i].comment[0])
			json_object_set_new(fields, v->fields[i].name, json_string(v->fields[i].comment));
	return json_pack("{s:s, s:o}", "comment", v->comment, "fields", fields);
}

static void take(char out[HF_COMMENT_MAX + 1], const json_t *o)
{
	if (json_is_string(o))
		snprintf(out, HF_COMMENT_MAX + 1, "%s", json_string_value(o));
}

void source_about_apply(const json_t *about, struct hf_source_view *v)
{
	const json_t *fields = json_object_get(about, "fields");

	take(v->comment, json_object_get(about, "comment"));
	for (size_t i = 0; i < v->field_count; i++)
		take(v->fields[i].comment, json_object_get(fields, v->fields[i].name));
}
