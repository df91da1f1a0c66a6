/*
 * doc_yaml.c - YAML for people, event by event from libyaml: no anchors, no aliases, no tags, one document. Nothing is
 * guessed from an unquoted text ("no" stays the text "no"); what it means is the grammar's matter. See doc.h.
 */
#include <string.h>
#include <yaml.h>

#include "policy/doc.h"

struct yaml {
	yaml_parser_t parser;
	const char *file;
	struct hf_fault *f;
	hf_entry_fn *fn;
	void *ctx;
	struct hf_arena arena; /* of the entry */
	uint32_t nodes;
	unsigned depth;
	enum hf_section last;
	struct hf_buf seen; /* names of hierarchies, each with its NUL */
};

static uint32_t line_of(const yaml_mark_t *m)
{
	return (uint32_t)m->line + 1;
}

static enum hf_err refuse_syntax(struct yaml *y)
{
	const yaml_parser_t *p = &y->parser;
	uint32_t line = line_of(&p->problem_mark);

	if (p->error == YAML_READER_ERROR) {
		line = 1;
		for (size_t i = 0; i < p->problem_offset; i++)
			line += p->input.string.start[i] == '\n';
		return hf_doc_fault(y->f, y->file, line, "%s; save the file as UTF-8 text",
		                    p->problem ? p->problem : "the bytes are no text");
	}
	return hf_doc_fault(y->f, y->file, line, "this is not YAML: %s%s%s; correct the line",
	                    p->context ? p->context : "", p->context ? ", " : "",
	                    p->problem ? p->problem : "it cannot be read");
}

/* An anchor or a tag would make the line mean something that does not stand there. */
static enum hf_err check_plain(struct yaml *y, const yaml_event_t *e)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (e->type == YAML_SCALAR_EVENT) {
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
	}
	if (anchor || e->type == YAML_ALIAS_EVENT)
		return hf_doc_fault(
		        y->f, y->file, line_of(&e->start_mark),
		        "anchors and aliases are not taken; write the text out, or in quotes when it begins "
		        "with & or *");
	if (tag)
		return hf_doc_fault(y->f, y->file, line_of(&e->start_mark),
		                    "tags are not taken; remove it, or write the text in quotes when it begins with !");
	return HF_OK;
}

/* The event is the caller's to delete when HF_OK. */
static enum hf_err next_event(struct yaml *y, yaml_event_t *ret_event)
{
	enum hf_err e;

	if (!yaml_parser_parse(&y->parser, ret_event))
		return refuse_syntax(y);
	e = check_plain(y, ret_event);
	if (e != HF_OK)
		yaml_event_delete(ret_event);
	return e;
}

/* Takes the next event, which must be of that type. */
static enum hf_err expect(struct yaml *y, yaml_event_type_t type, const char *what)
{
	yaml_event_t e;
	enum hf_err err;

	HF_TRY(next_event(y, &e));
	err = e.type == type ? HF_OK : hf_doc_fault(y->f, y->file, line_of(&e.start_mark), "%s", what);
	yaml_event_delete(&e);
	return err;
}

static const char *copy(struct hf_arena *a, const void *text, size_t len)
{
	char *out = hf_arena_get(a, len + 1);

	memcpy(out, text, len);
	out[len] = '\0';
	return out;
}

static enum hf_err check_text(struct yaml *y, const yaml_event_t *e)
{
	size_t len = e->data.scalar.length;

	if (len > HF_DOC_MAX_TEXT)
		return hf_doc_fault(y->f, y->file, line_of(&e->start_mark),
		                    "a text is longer than %u bytes; shorten it", HF_DOC_MAX_TEXT);
	if (memchr(e->data.scalar.value, 0, len))
		return hf_doc_fault(y->f, y->file, line_of(&e->start_mark), "a text holds a NUL; remove it");
	return HF_OK;
}

static enum hf_err new_node(struct yaml *y, const yaml_event_t *e, enum hf_doc_kind kind, struct hf_doc **ret_doc)
{
	struct hf_doc *t;

	if (++y->nodes > HF_DOC_MAX_NODES)
		return hf_doc_fault(y->f, y->file, line_of(&e->start_mark),
		                    "more than %u values stand in one entry; divide it into several", HF_DOC_MAX_NODES);
	t = hf_arena_get(&y->arena, sizeof(*t));
	*t = (struct hf_doc){.kind = kind, .line = line_of(&e->start_mark)};
	*ret_doc = t;
	return HF_OK;
}

static enum hf_err read_scalar(struct yaml *y, const yaml_event_t *e, struct hf_doc **ret_doc)
{
	struct hf_doc *t;

	HF_TRY(check_text(y, e));
	HF_TRY(new_node(y, e, e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? HF_DOC_PLAIN : HF_DOC_TEXT, &t));
	t->text = copy(&y->arena, e->data.scalar.value, e->data.scalar.length);
	t->len = (uint32_t)e->data.scalar.length;
	*ret_doc = t;
	return HF_OK;
}

static enum hf_err read_node(struct yaml *y, const yaml_event_t *first, struct hf_doc **ret_doc);

/* What follows the event `first`, which is the key in a mapping and the member in a list. */
static enum hf_err read_member(struct yaml *y, const yaml_event_t *first, struct hf_doc_place *place)
{
	struct hf_doc *key = NULL, *member;
	enum hf_err err;
	yaml_event_t e;

	if (place->of->kind == HF_DOC_LIST) {
		HF_TRY(read_node(y, first, &member));
		hf_doc_put(place, member);
		return HF_OK;
	}
	if (first->type != YAML_SCALAR_EVENT)
		return hf_doc_fault(y->f, y->file, line_of(&first->start_mark),
		                    "a key is a list or a mapping; write a name");
	if (place->of->count == HF_DOC_MAX_KEYS)
		return hf_doc_fault(y->f, y->file, line_of(&first->start_mark),
		                    "a mapping has more than %u keys; divide it", HF_DOC_MAX_KEYS);
	HF_TRY(read_scalar(y, first, &key));
	HF_TRY(next_event(y, &e));
	err = read_node(y, &e, &member);
	yaml_event_delete(&e);
	HF_TRY(err);
	member->key = key->text;
	member->line = key->line;
	if (!hf_doc_put(place, member))
		return hf_doc_fault(y->f, y->file, key->line, "'%.60s' stands twice in one mapping; remove one",
		                    key->text);
	return HF_OK;
}

static bool ends(const yaml_event_t *e)
{
	return e->type == YAML_MAPPING_END_EVENT || e->type == YAML_SEQUENCE_END_EVENT;
}

static enum hf_err read_members(struct yaml *y, const yaml_event_t *first, struct hf_doc *t)
{
	struct hf_doc_place place = {t, NULL};
	enum hf_err err = HF_OK;

	if (++y->depth > HF_DOC_MAX_DEPTH)
		return hf_doc_fault(y->f, y->file, line_of(&first->start_mark),
		                    "lists and mappings are nested deeper than %u; write it flatter", HF_DOC_MAX_DEPTH);
	for (bool more = true; more && err == HF_OK;) {
		yaml_event_t e;

		HF_TRY(next_event(y, &e));
		more = !ends(&e);
		if (more)
			err = read_member(y, &e, &place);
		yaml_event_delete(&e);
	}
	y->depth--;
	return err;
}

static enum hf_err read_node(struct yaml *y, const yaml_event_t *first, struct hf_doc **ret_doc)
{
	struct hf_doc *t = NULL;

	if (first->type == YAML_SCALAR_EVENT)
		return read_scalar(y, first, ret_doc);
	HF_TRY(new_node(y, first, first->type == YAML_MAPPING_START_EVENT ? HF_DOC_MAP : HF_DOC_LIST, &t));
	HF_TRY(read_members(y, first, t));
	*ret_doc = t;
	return HF_OK;
}

static void begin_entry(struct yaml *y)
{
	hf_arena_done(&y->arena);
	hf_arena_init(&y->arena, NULL, 0);
	y->nodes = 0;
	y->depth = 0;
}

/* One entry of a section; first is its key (of a mapping) or its first event (of a list). */
static enum hf_err give_entry(struct yaml *y, const yaml_event_t *first, struct hf_entry *entry)
{
	struct hf_doc of = {.kind = entry->section == HF_SECTION_RULES ? HF_DOC_LIST : HF_DOC_MAP};
	struct hf_doc_place place = {&of, NULL};

	begin_entry(y);
	HF_TRY(read_member(y, first, &place));
	entry->doc = of.members;
	return y->fn(y->ctx, entry, y->f);
}

static enum hf_err read_entries(struct yaml *y, const char *of);

static bool seen_before(struct yaml *y, const char *name)
{
	for (size_t at = 0; at < y->seen.len; at += strlen((char *)y->seen.data + at) + 1)
		if (strcmp((char *)y->seen.data + at, name) == 0)
			return true;
	return false;
}

/* `first` names a hierarchy, whose nodes follow. */
static enum hf_err read_hierarchy(struct yaml *y, const yaml_event_t *first)
{
	char name[256];
	struct hf_entry entry = {.section = HF_SECTION_HIERARCHIES, .of = name};
	uint32_t line = line_of(&first->start_mark);

	if (first->type != YAML_SCALAR_EVENT || first->data.scalar.length >= sizeof(name) ||
	    memchr(first->data.scalar.value, 0, first->data.scalar.length))
		return hf_doc_fault(y->f, y->file, line,
		                    "the name of a hierarchy is no text below 256 bytes; correct it");
	memcpy(name, first->data.scalar.value, first->data.scalar.length);
	name[first->data.scalar.length] = '\0';
	if (seen_before(y, name))
		return hf_doc_fault(y->f, y->file, line, "the hierarchy '%.60s' stands twice; put the nodes together",
		                    name);
	if (!hf_buf_add(&y->seen, name, strlen(name) + 1))
		return hf_doc_fault(y->f, y->file, line, "there are too many hierarchies; use fewer");
	HF_TRY(expect(y, YAML_MAPPING_START_EVENT,
	              "a hierarchy is not a mapping of nodes to parents; write 'node: [parent]'"));
	HF_TRY(y->fn(y->ctx, &entry, y->f));
	return read_entries(y, name);
}

static enum hf_err read_entries(struct yaml *y, const char *of)
{
	enum hf_err err = HF_OK;

	for (bool more = true; more && err == HF_OK;) {
		struct hf_entry entry = {.section = y->last, .of = of};
		yaml_event_t e;

		HF_TRY(next_event(y, &e));
		more = !ends(&e);
		if (more && y->last == HF_SECTION_HIERARCHIES && !of)
			err = read_hierarchy(y, &e);
		else if (more)
			err = give_entry(y, &e, &entry);
		yaml_event_delete(&e);
	}
	return err;
}

/* `first` is the key of `policy`. */
static enum hf_err read_policy(struct yaml *y, const yaml_event_t *first)
{
	struct hf_entry entry = {.section = HF_SECTION_POLICY};

	return give_entry(y, first, &entry);
}

static enum hf_err read_section(struct yaml *y, const yaml_event_t *first)
{
	struct hf_doc *key;
	enum hf_section before = y->last;

	if (first->type != YAML_SCALAR_EVENT)
		return hf_doc_fault(y->f, y->file, line_of(&first->start_mark),
		                    "a section has no name; write 'rules:'");
	begin_entry(y);
	HF_TRY(read_scalar(y, first, &key));
	key->key = key->text;
	HF_TRY(hf_section_enter(y->file, key, &y->last, y->f));
	if (before == y->last)
		return hf_doc_fault(y->f, y->file, key->line, "the section '%s' stands twice; put the two together",
		                    key->text);
	if (y->last == HF_SECTION_POLICY)
		return read_policy(y, first);
	if (y->last == HF_SECTION_RULES)
		HF_TRY(expect(y, YAML_SEQUENCE_START_EVENT,
		              "'rules' is not a list; begin each rule with '- id: NAME'"));
	else
		HF_TRY(expect(y, YAML_MAPPING_START_EVENT,
		              "the section is not a mapping; write 'NAME: ...' in each line"));
	return read_entries(y, NULL);
}

static enum hf_err read_document(struct yaml *y)
{
	enum hf_err err = HF_OK;

	HF_TRY(expect(y, YAML_STREAM_START_EVENT, "this is no text"));
	HF_TRY(expect(y, YAML_DOCUMENT_START_EVENT, "the file is empty; write a policy with attributes and rules"));
	HF_TRY(expect(y, YAML_MAPPING_START_EVENT, "a policy is a mapping; write 'attributes:' and 'rules:'"));
	for (bool more = true; more && err == HF_OK;) {
		yaml_event_t e;

		HF_TRY(next_event(y, &e));
		more = !ends(&e);
		if (more)
			err = read_section(y, &e);
		yaml_event_delete(&e);
	}
	HF_TRY(err);
	HF_TRY(expect(y, YAML_DOCUMENT_END_EVENT, "something stands behind the policy; remove it"));
	return expect(y, YAML_STREAM_END_EVENT, "a second document begins; a file holds one policy");
}

enum hf_err hf_yaml_read(const struct hf_text_file *file, hf_entry_fn *fn, void *ctx, struct hf_fault *f)
{
	struct yaml y = {.file = file->name, .f = f, .fn = fn, .ctx = ctx, .seen = HF_BUF_INIT};
	enum hf_err err;

	if (file->len > HF_DOC_MAX_YAML)
		return hf_doc_fault(f, file->name, 1,
		                    "the file is longer than %zu bytes; use the JSON form for a policy of this size",
		                    HF_DOC_MAX_YAML);
	if (!yaml_parser_initialize(&y.parser))
		return hf_fault_set(f, HF_E_MEMORY, "%s cannot be read: no memory is left", file->name);
	hf_arena_init(&y.arena, NULL, 0);
	yaml_parser_set_encoding(&y.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&y.parser, (const unsigned char *)file->text, file->len);
	err = read_document(&y);
	hf_arena_done(&y.arena);
	hf_buf_done(&y.seen);
	yaml_parser_delete(&y.parser);
	return err;
}
