/* plan_tree.c - from libyaml's events to a tree; declared in plan_tree.h. */
#include "masking/plan_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

struct reader {
	yaml_parser_t parser;
	const char *name;
	struct hf_arena *arena;
	struct hf_fault *f;
	struct hf_plan_node *open[HF_PLAN_DEPTH]; /* lists and mappings that are not closed */
	size_t depth, nodes;
	const char *key; /* read, its value not yet */
	uint32_t key_line;
	struct hf_plan_node *root;
};

enum hf_err hf_plan_fault(struct hf_fault *f, const char *name, uint32_t line, const char *fmt, ...)
{
	char text[300];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return hf_fault_set(f, HF_E_FORMAT, "%.80s:%u: %s", name, line, text);
}

const struct hf_plan_node *hf_plan_get(const struct hf_plan_node *map, const char *key)
{
	if (!map || map->kind != HF_PLAN_MAP)
		return NULL;
	for (const struct hf_plan_node *n = map->first; n; n = n->next)
		if (strcmp(n->key, key) == 0)
			return n;
	return NULL;
}

static uint32_t line_of(const yaml_event_t *e)
{
	return (uint32_t)e->start_mark.line + 1;
}

/* Into the list or mapping that is open. */
static enum hf_err attach(struct reader *r, struct hf_plan_node *n)
{
	struct hf_plan_node *in = r->depth ? r->open[r->depth - 1] : NULL;

	if (++r->nodes > HF_PLAN_NODES)
		return hf_plan_fault(r->f, r->name, n->line, "the plan has more than %u values; divide it",
		                     HF_PLAN_NODES);
	if (!in) {
		if (r->root || n->kind != HF_PLAN_MAP)
			return hf_plan_fault(r->f, r->name, n->line, "a plan is one mapping; write KEY: VALUE lines");
		r->root = n;
		return HF_OK;
	}
	if (in->kind == HF_PLAN_MAP) {
		n->key = r->key;
		n->line = r->key_line; /* what stands below its key is found by that */
		r->key = NULL;
	}
	if (in->last)
		in->last->next = n;
	else
		in->first = n;
	in->last = n;
	in->count++;
	return HF_OK;
}

static struct hf_plan_node *new_node(struct reader *r, const yaml_event_t *e, enum hf_plan_kind kind)
{
	struct hf_plan_node *n = hf_arena_get(r->arena, sizeof(*n));

	*n = (struct hf_plan_node){.kind = kind, .line = line_of(e)};
	return n;
}

static enum hf_err on_scalar(struct reader *r, const yaml_event_t *e)
{
	struct hf_plan_node *in = r->depth ? r->open[r->depth - 1] : NULL, *n;
	size_t len = e->data.scalar.length;
	char *text;

	if (len > HF_PLAN_TEXT || memchr(e->data.scalar.value, 0, len))
		return hf_plan_fault(r->f, r->name, line_of(e),
		                     "a text is longer than %u bytes or holds a NUL; shorten it", HF_PLAN_TEXT);
	text = hf_arena_get(r->arena, len + 1);
	memcpy(text, e->data.scalar.value, len);
	text[len] = '\0';
	if (in && in->kind == HF_PLAN_MAP && !r->key) {
		if (hf_plan_get(in, text))
			return hf_plan_fault(r->f, r->name, line_of(e), "'%.60s' stands there twice; remove one", text);
		r->key = text;
		r->key_line = line_of(e);
		return HF_OK;
	}
	n = new_node(r, e, HF_PLAN_TEXT_NODE);
	n->text = text;
	return attach(r, n);
}

static enum hf_err on_open(struct reader *r, const yaml_event_t *e, enum hf_plan_kind kind)
{
	struct hf_plan_node *in = r->depth ? r->open[r->depth - 1] : NULL, *n = new_node(r, e, kind);

	if (r->depth == HF_PLAN_DEPTH)
		return hf_plan_fault(r->f, r->name, n->line, "lists and mappings stand more than %u deep; flatten them",
		                     HF_PLAN_DEPTH);
	if (in && in->kind == HF_PLAN_MAP && !r->key)
		return hf_plan_fault(r->f, r->name, n->line, "a key is no text; write KEY: VALUE");
	HF_TRY(attach(r, n));
	r->open[r->depth++] = n;
	return HF_OK;
}

/* An anchor or a tag would make the line mean something that does not stand there. */
static bool is_plain(const yaml_event_t *e)
{
	switch ((int)e->type) {
	case YAML_SCALAR_EVENT:
		return !e->data.scalar.anchor && !e->data.scalar.tag;
	case YAML_SEQUENCE_START_EVENT:
		return !e->data.sequence_start.anchor && !e->data.sequence_start.tag;
	case YAML_MAPPING_START_EVENT:
		return !e->data.mapping_start.anchor && !e->data.mapping_start.tag;
	case YAML_ALIAS_EVENT:
		return false;
	}
	return true;
}

static enum hf_err on_event(struct reader *r, const yaml_event_t *e)
{
	if (!is_plain(e))
		return hf_plan_fault(
		        r->f, r->name, line_of(e),
		        "anchors, aliases and tags are not taken; write the text out, in quotes where it begins with "
		        "&, * or !");
	switch ((int)e->type) {
	case YAML_SCALAR_EVENT:
		return on_scalar(r, e);
	case YAML_SEQUENCE_START_EVENT:
		return on_open(r, e, HF_PLAN_LIST);
	case YAML_MAPPING_START_EVENT:
		return on_open(r, e, HF_PLAN_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		r->depth--;
		return HF_OK;
	case YAML_DOCUMENT_START_EVENT:
		if (r->root)
			return hf_plan_fault(r->f, r->name, line_of(e),
			                     "a second document begins; keep one plan a file");
		return HF_OK;
	}
	return HF_OK;
}

static enum hf_err read_all(struct reader *r)
{
	for (bool end = false; !end;) {
		yaml_event_t e;
		enum hf_err err;

		if (!yaml_parser_parse(&r->parser, &e))
			return hf_plan_fault(r->f, r->name, (uint32_t)r->parser.problem_mark.line + 1,
			                     "this is not YAML: %s; correct the line",
			                     r->parser.problem ? r->parser.problem : "it cannot be read");
		err = on_event(r, &e);
		end = e.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&e);
		HF_TRY(err);
	}
	return r->root ? HF_OK : hf_plan_fault(r->f, r->name, 1, "the plan is empty; write one");
}

enum hf_err hf_plan_tree_read(const char *name, const void *text, size_t len, struct hf_arena *arena,
                              struct hf_plan_node **ret_root, struct hf_fault *f)
{
	struct reader r = {.name = name, .arena = arena, .f = f};
	enum hf_err e;

	if (len > HF_PLAN_BYTES)
		return hf_fault_set(f, HF_E_LIMIT, "%.80s is longer than %zu bytes; divide the plan", name,
		                    HF_PLAN_BYTES);
	if (len == 0) /* text may be NULL, which libyaml does not take */
		return hf_fault_set(f, HF_E_FORMAT, "%.80s:1: the file is empty; write a plan", name);
	if (!yaml_parser_initialize(&r.parser))
		return hf_fault_set(f, HF_E_MEMORY, "no memory is left to read %.80s", name);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, text, len);
	e = read_all(&r);
	yaml_parser_delete(&r.parser);
	if (e == HF_OK)
		*ret_root = r.root;
	return e;
}
