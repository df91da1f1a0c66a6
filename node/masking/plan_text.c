/* plan_text.c - YAML of plans; declared in plan_text.h. */
#include "masking/plan_text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void put(struct hf_buf *out, const char *text)
{
	hf_buf_add(out, text, strlen(text));
}

/* Letters, digits, and what YAML reads as nothing else inside of a text; any script. */
static bool is_plain(const char *text)
{
	if (!*text || strchr("-.", *text))
		return false;
	for (const char *c = text; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || (*c & 0x80) ||
		      strchr("_-./", *c)))
			return false;
	return true;
}

void hf_plan_text_put(struct hf_buf *out, const char *text)
{
	json_t *s;
	char *quoted;

	if (is_plain(text)) {
		put(out, text);
		return;
	}
	s = json_string(text); /* a JSON text is one of YAML */
	quoted = s ? json_dumps(s, JSON_ENCODE_ANY) : NULL;
	put(out, quoted ? quoted : "\"\"");
	free(quoted);
	json_decref(s);
}

void hf_plan_text_begin(struct hf_buf *out, const char *name, const char *need)
{
	put(out, "masking-plan: 1\nname: ");
	hf_plan_text_put(out, name);
	put(out, "\nversion: 1\nneed: ");
	hf_plan_text_put(out, need);
	put(out, "\npurpose: to be said\nmode: static\npeople: {operator: operator, security: security, audit: audit} "
	         "# three "
	         "persons\nscope: {group: ");
	hf_plan_text_put(out, name);
	put(out, ", consumer: consumer}\nschedule: by hand\n");
}

static void put_arg(struct hf_buf *out, const struct hf_arg *a)
{
	char *list = strchr(a->value, '\n') ? strdup(a->value) : NULL, *next;

	hf_buf_addf(out, ", %s: ", a->name);
	if (!list) {
		hf_plan_text_put(out, a->value);
		return;
	}
	put(out, "[");
	for (char *at = list; at; at = next) {
		next = strchr(at, '\n');
		if (next)
			*next++ = '\0';
		hf_plan_text_put(out, at);
		put(out, next ? ", " : "]");
	}
	free(list);
}

void hf_plan_text_field(struct hf_buf *out, const struct hf_plan_text_field *f)
{
	put(out, "      ");
	hf_plan_text_put(out, f->name);
	if (!f->technique) {
		put(out, ": keep\n");
		return;
	}
	hf_buf_addf(out, ": {technique: %s", f->technique->id);
	if (f->type) {
		put(out, ", type: ");
		hf_plan_text_put(out, f->type);
	}
	for (size_t i = 0; i < f->arg_count; i++)
		put_arg(out, &f->args[i]);
	put(out, "}\n");
}

void hf_plan_text_end(struct hf_buf *out)
{
	static const char *const kinds[][2] = {{"source", "the table cannot be read"},
	                                       {"format", "a row is not as the plan says"},
	                                       {"key", "a key is missing"},
	                                       {"result", "the result is not as the plan demands"},
	                                       {"space", "the result cannot be written"}};

	put(out, "emergency:\n");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		hf_buf_addf(out, "  %s: {cause: %s, solution: release nothing and ask, who: operator}\n", kinds[i][0],
		            kinds[i][1]);
}
