/*
 * grammar.c - the sections of a policy file: who it is, its hierarchies, its attributes; then rule by rule. See file.h.
 */
#include "policy/grammar.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A hierarchy as it grows. A parent stands before its children, so that there is no circle to be found later. */
struct tree_text {
	const char *name;
	struct hf_texts nodes;
	struct node_text {
		uint32_t parent; /* number; HF_TEXTS_NONE: a root */
		uint32_t depth;
	} * node;
	uint32_t cap;
};

struct grammar {
	struct hf_place p;
	const struct hf_policy_sink *sink;
	struct hf_arena keep; /* names of attributes, choices, issuers */
	struct hf_policy_head head;
	struct tree_text trees[HF_TREE_MAX];
	size_t tree_count;
	struct hf_attr_spec specs[HF_ATTR_MAX];
	size_t spec_count;
	bool standard;
	struct hf_schema *schema; /* from the first rule on */
	struct hf_trees *built;
	struct hf_texts ids;
};

static enum hf_err fault(const struct grammar *g, const struct hf_doc *d, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

static enum hf_err fault(const struct grammar *g, const struct hf_doc *d, const char *fmt, ...)
{
	char text[sizeof(g->p.f->text)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return hf_doc_fault(g->p.f, g->p.file, d->line, "%s", text);
}

static const char *keep(struct grammar *g, const char *text)
{
	size_t len = strlen(text) + 1;

	return memcpy(hf_arena_get(&g->keep, len), text, len);
}

/* policy: */

static enum hf_err read_head_key(struct grammar *g, const struct hf_doc *d)
{
	const char *text;
	int64_t n;

	if (strcmp(d->key, "name") == 0) {
		HF_TRY(hf_doc_text(&g->p, d, "the name of the policy", &text));
		if (strlen(text) > HF_POLICY_NAME_MAX || strpbrk(text, "\n\t"))
			return fault(g, d, "the name of the policy is longer than %d bytes or two lines; shorten it",
			             HF_POLICY_NAME_MAX);
		g->head.name = keep(g, text);
		return HF_OK;
	}
	if (strcmp(d->key, "version") == 0) {
		HF_TRY(hf_doc_integer(&g->p, d, "the version", &n));
		if (n < 1)
			return fault(g, d, "the version is below 1; count from 1");
		g->head.version = (uint64_t)n;
		return HF_OK;
	}
	if (strcmp(d->key, "attributes") != 0)
		return fault(g, d, "'policy' has no key '%.60s'; it may have name, version, attributes", d->key);
	HF_TRY(hf_doc_text(&g->p, d, "'attributes'", &text));
	if (strcmp(text, "standard") != 0)
		return fault(
		        g, d,
		        "'%.60s' are no attributes that are known; write 'attributes: standard', or declare them in "
		        "the section 'attributes'",
		        text);
	g->standard = true;
	return HF_OK;
}

static enum hf_err add_standard(struct grammar *g, const struct hf_doc *d)
{
	struct hf_schema *s = hf_schema_standard();
	unsigned count = hf_schema_count(s);

	if (count > HF_ATTR_MAX)
		return hf_fault_set(g->p.f, HF_E_INTERNAL, "%s:%u: the standard attributes are too many", g->p.file,
		                    d->line);
	g->schema = s; /* owns the texts until the real one is made */
	for (unsigned a = 1; a <= count; a++)
		g->specs[g->spec_count++] = *hf_schema_spec(s, a);
	return HF_OK;
}

static enum hf_err read_head(struct grammar *g, const struct hf_doc *d)
{
	if (g->head.name)
		return fault(g, d, "'policy' stands twice; write it once");
	if (d->kind != HF_DOC_MAP)
		return fault(g, d, "'policy' is not a mapping; write 'name' and 'version' under it");
	for (const struct hf_doc *m = d->members; m; m = m->next)
		HF_TRY(read_head_key(g, m));
	if (!g->head.name || !g->head.version)
		return fault(g, d, "'policy' has no '%s'; add it", g->head.name ? "version" : "name");
	return g->standard ? add_standard(g, d) : HF_OK;
}

/* hierarchies: */

static struct tree_text *find_tree(struct grammar *g, const char *name)
{
	for (size_t i = 0; i < g->tree_count; i++)
		if (strcmp(g->trees[i].name, name) == 0)
			return g->trees + i;
	return NULL;
}

/* The beginning of a hierarchy; JSON lines may go on with one that stands already. */
static enum hf_err begin_tree(struct grammar *g, const char *name)
{
	if (find_tree(g, name))
		return HF_OK;
	if (g->tree_count == HF_TREE_MAX)
		return hf_fault_set(g->p.f, HF_E_LIMIT, "%s: there are more than %d hierarchies; use fewer", g->p.file,
		                    HF_TREE_MAX);
	if (strlen(name) > HF_ATTR_NAME_MAX || !*name)
		return hf_fault_set(
		        g->p.f, HF_E_FORMAT,
		        "%s: the name of the hierarchy '%.80s' is empty or longer than %d bytes; correct it", g->p.file,
		        name, HF_ATTR_NAME_MAX);
	hf_texts_init(&g->trees[g->tree_count].nodes);
	g->trees[g->tree_count++].name = keep(g, name);
	return HF_OK;
}

/* [] or nothing: a root. */
static enum hf_err read_parent(struct grammar *g, const struct hf_doc *d, const char **ret_parent)
{
	bool none = (d->kind == HF_DOC_LIST && d->count == 0) || (d->kind == HF_DOC_PLAIN && d->len == 0) ||
	            (d->kind == HF_DOC_LITERAL && strcmp(d->text, "null") == 0);

	*ret_parent = NULL;
	if (none)
		return HF_OK;
	if (d->kind == HF_DOC_MAP || (d->kind == HF_DOC_LIST && d->count > 1))
		return fault(g, d, "the node '%.60s' has not one parent; write '%.60s: PARENT', or [] for a root",
		             d->key, d->key);
	return hf_doc_text(&g->p, d->kind == HF_DOC_LIST ? d->members : d, "the parent", ret_parent);
}

static enum hf_err add_node(struct grammar *g, struct tree_text *t, const struct hf_doc *d, const char *parent)
{
	uint32_t above = parent ? hf_texts_find(&t->nodes, parent, strlen(parent)) : HF_TEXTS_NONE, n;
	bool is_new;

	if (parent && above == HF_TEXTS_NONE)
		return fault(g, d, "the parent '%.60s' of '%.60s' does not stand above it in '%s'; add it there",
		             parent, d->key, t->name);
	if (!*d->key || strlen(d->key) > HF_ATTR_VALUE_MAX)
		return fault(g, d, "the name of a node is empty or longer than %d bytes; correct it",
		             HF_ATTR_VALUE_MAX);
	if (t->nodes.count == HF_TREE_NODES_MAX)
		return fault(g, d, "the hierarchy '%s' has more than %u nodes; divide it", t->name, HF_TREE_NODES_MAX);
	n = hf_texts_add(&t->nodes, d->key, strlen(d->key), &is_new);
	if (!is_new)
		return fault(g, d, "'%.60s' stands twice in '%s'; a node has one parent", d->key, t->name);
	if (n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 64;
		t->node = hf_realloc(t->node, t->cap * sizeof(*t->node));
	}
	t->node[n] = (struct node_text){above, parent ? t->node[above].depth + 1 : 1};
	if (t->node[n].depth > HF_TREE_DEPTH_MAX)
		return fault(g, d, "'%.60s' lies deeper than %d in '%s'; make it flatter", d->key, HF_TREE_DEPTH_MAX,
		             t->name);
	return HF_OK;
}

static enum hf_err read_node(struct grammar *g, const struct hf_entry *e)
{
	const char *parent;

	if (!e->doc)
		return begin_tree(g, e->of);
	HF_TRY(read_parent(g, e->doc, &parent));
	return add_node(g, find_tree(g, e->of), e->doc, parent);
}

/* attributes: */

/* "resource.topic" is of the group resource. */
static enum hf_attr_group group_of(const char *name)
{
	char group[HF_ATTR_NAME_MAX + 1];
	size_t len = strcspn(name, ".");

	if (!name[len] || len >= sizeof(group))
		return HF_GROUP_INVALID;
	memcpy(group, name, len);
	group[len] = '\0';
	return hf_attr_group_from_name(group);
}

static enum hf_err keep_texts(struct grammar *g, const struct hf_doc *d, const char *const **ret_texts,
                              size_t *ret_count)
{
	const char *const *texts;
	const char **copies;
	size_t count;

	HF_TRY(hf_doc_texts(&g->p, d, d->key, &g->keep, &texts, &count));
	copies = hf_arena_get(&g->keep, count * sizeof(*copies));
	for (size_t i = 0; i < count; i++)
		copies[i] = keep(g, texts[i]);
	*ret_texts = copies;
	*ret_count = count;
	return HF_OK;
}

static enum hf_err read_attribute_key(struct grammar *g, const struct hf_doc *d, struct hf_attr_spec *s)
{
	const char *text;

	if (strcmp(d->key, "issuers") == 0)
		return keep_texts(g, d, &s->issuers, &s->issuer_count);
	if (strcmp(d->key, "choices") == 0)
		return keep_texts(g, d, &s->choices, &s->choice_count);
	if (strcmp(d->key, "many") == 0)
		return hf_doc_bool(&g->p, d, "'many'", &s->many);
	if (strcmp(d->key, "type") == 0) {
		HF_TRY(hf_doc_text(&g->p, d, "'type'", &text));
		s->type = hf_attr_type_from_name(text);
		return s->type ? HF_OK
		               : fault(g, d, "there is no type '%.60s'; use one of %s", text, HF_LISTED(HF_ATTR_TYPES));
	}
	if (strcmp(d->key, "hierarchy") != 0)
		return fault(g, d,
		             "an attribute has no key '%.60s'; it may have type, issuers, many, hierarchy, choices",
		             d->key);
	HF_TRY(hf_doc_text(&g->p, d, "'hierarchy'", &text));
	if (!find_tree(g, text))
		return fault(g, d, "there is no hierarchy '%.60s'; declare it under 'hierarchies'", text);
	s->tree = keep(g, text);
	return HF_OK;
}

/* What the schema says of the attribute alone. */
static enum hf_err check_attribute(struct grammar *g, const struct hf_doc *d, const struct hf_attr_spec *s)
{
	struct hf_fault f = {.code = HF_OK};
	struct hf_schema *alone = NULL;

	if (!s->type)
		return fault(g, d, "the attribute '%.63s' has no 'type'; add one of %s", s->name,
		             HF_LISTED(HF_ATTR_TYPES));
	if (!s->group)
		return fault(g, d, "the attribute '%.63s' belongs to no group; begin its name with one of %s and a dot",
		             s->name, HF_LISTED(HF_ATTR_GROUPS));
	if (!!s->tree != (s->type == HF_ATTR_MEMBER) || !!s->choices != (s->type == HF_ATTR_CHOICE))
		return fault(
		        g, d,
		        "the attribute '%.63s' is of type %s; 'hierarchy' goes with member and 'choices' with choice",
		        s->name, hf_attr_type_name(s->type));
	if (hf_schema_new(s, 1, &alone, &f) != HF_OK)
		return hf_fault_set(g->p.f, f.code, "%s:%u: %s", g->p.file, d->line, f.text);
	hf_schema_free(alone);
	return HF_OK;
}

static enum hf_err read_attribute(struct grammar *g, const struct hf_doc *d)
{
	struct hf_attr_spec s = {.name = NULL};

	for (size_t i = 0; i < g->spec_count; i++)
		if (strcmp(g->specs[i].name, d->key) == 0)
			return fault(g, d, "the attribute '%.63s' is declared already; remove one", d->key);
	if (g->spec_count == HF_ATTR_MAX)
		return fault(g, d, "there are more than %d attributes; use fewer", HF_ATTR_MAX);
	if (d->kind != HF_DOC_MAP)
		return fault(g, d, "the attribute '%.63s' is not a mapping; write 'type' and 'issuers' under it",
		             d->key);
	s.name = keep(g, d->key);
	s.group = group_of(s.name);
	for (const struct hf_doc *m = d->members; m; m = m->next)
		HF_TRY(read_attribute_key(g, m, &s));
	HF_TRY(check_attribute(g, d, &s));
	g->specs[g->spec_count++] = s;
	return HF_OK;
}

/* The schema and the trees are complete. */

static enum hf_err make_trees(const struct grammar *g, struct hf_schema *schema, struct hf_trees **ret_trees,
                              struct hf_fault *f)
{
	struct hf_tree_spec specs[HF_TREE_MAX];
	struct hf_tree_edge *edges[HF_TREE_MAX];
	enum hf_err e;

	for (size_t i = 0; i < g->tree_count; i++) {
		const struct tree_text *t = g->trees + i;

		edges[i] = hf_alloc((t->nodes.count + 1u) * sizeof(*edges[i]));
		for (uint32_t n = 0; n < t->nodes.count; n++)
			edges[i][n] = (struct hf_tree_edge){
			        t->nodes.item[n].text,
			        t->node[n].parent == HF_TEXTS_NONE ? NULL : t->nodes.item[t->node[n].parent].text};
		specs[i] = (struct hf_tree_spec){t->name, edges[i], t->nodes.count};
	}
	e = hf_trees_new(schema, specs, g->tree_count, ret_trees, f);
	for (size_t i = 0; i < g->tree_count; i++)
		free(edges[i]);
	return e;
}

/* The standard attributes name hierarchies that a file may leave empty. */
static enum hf_err add_missing_trees(struct grammar *g)
{
	for (size_t i = 0; i < g->spec_count; i++)
		if (g->specs[i].tree)
			HF_TRY(begin_tree(g, g->specs[i].tree));
	return HF_OK;
}

static enum hf_err make_schema(struct grammar *g)
{
	struct hf_fault f = {.code = HF_OK};
	struct hf_schema *schema = NULL;
	enum hf_err e = add_missing_trees(g);

	if (e != HF_OK)
		return e;
	e = hf_schema_new(g->specs, g->spec_count, &schema, &f);
	if (e == HF_OK) {
		hf_schema_free(g->schema);
		g->schema = schema;
		e = make_trees(g, schema, &g->built, &f);
	}
	return e == HF_OK ? HF_OK : hf_fault_set(g->p.f, e, "%s: %s", g->p.file, f.text);
}

static enum hf_err begin_rules(struct grammar *g)
{
	if (g->built)
		return HF_OK;
	if (!g->head.name)
		return hf_doc_fault(g->p.f, g->p.file, 1,
		                    "the policy has no name; begin with 'policy: {name: NAME, version: 1}'");
	if (g->spec_count == 0)
		return hf_doc_fault(
		        g->p.f, g->p.file, 1,
		        "no attributes are declared; add the section 'attributes', or 'attributes: standard' "
		        "under 'policy'");
	HF_TRY(make_schema(g));
	return g->sink->begin(g->sink->ctx, &g->head, g->schema, g->built, g->p.f);
}

static enum hf_err read_rule(struct grammar *g, const struct hf_doc *d)
{
	uint64_t first[1024];
	struct hf_arena arena;
	struct hf_rule rule;
	bool is_new = true;
	enum hf_err e;

	hf_arena_init(&arena, first, sizeof(first));
	e = hf_doc_rule(&g->p, d, g->schema, &arena, &rule);
	if (e == HF_OK)
		hf_texts_add(&g->ids, rule.id, strlen(rule.id), &is_new);
	if (e == HF_OK && !is_new)
		e = fault(g, d, "the rule '%s' stands twice; give one another id", rule.id);
	if (e == HF_OK)
		e = g->sink->rule(g->sink->ctx, &rule, d->line, g->p.f);
	hf_arena_done(&arena);
	return e;
}

static enum hf_err on_entry(void *ctx, const struct hf_entry *e, struct hf_fault *f)
{
	struct grammar *g = ctx;

	(void)f;
	switch (e->section) {
	case HF_SECTION_POLICY:
		return read_head(g, e->doc);
	case HF_SECTION_HIERARCHIES:
		return read_node(g, e);
	case HF_SECTION_ATTRIBUTES:
		return read_attribute(g, e->doc);
	case HF_SECTION_RULES:
		HF_TRY(begin_rules(g));
		return read_rule(g, e->doc);
	case HF_SECTION_INVALID:
		break;
	}
	return hf_fault_set(g->p.f, HF_E_INTERNAL, "%s: a section has no kind", g->p.file);
}

static void done(struct grammar *g)
{
	for (size_t i = 0; i < g->tree_count; i++) {
		hf_texts_done(&g->trees[i].nodes);
		free(g->trees[i].node);
	}
	hf_texts_done(&g->ids);
	hf_schema_free(g->schema);
	hf_trees_free(g->built);
	hf_arena_done(&g->keep);
	free(g);
}

enum hf_err hf_policy_text_read(const char *name, char *text, size_t len, const struct hf_policy_sink *sink,
                                struct hf_fault *f)
{
	struct hf_fault unheard;
	struct hf_text_file file = {name, text, len};
	struct grammar *g = hf_alloc_zero(sizeof(*g));
	size_t space = 0;
	enum hf_err e;

	g->p = (struct hf_place){name, f ? f : &unheard};
	g->sink = sink;
	hf_arena_init(&g->keep, NULL, 0);
	hf_texts_init(&g->ids);
	while (space < len && strchr(" \t\r\n", text[space]) && text[space])
		space++;
	if (space < len && text[space] == '{')
		e = hf_lines_read(&file, on_entry, g, g->p.f);
	else
		e = hf_yaml_read(&file, on_entry, g, g->p.f);
	if (e == HF_OK)
		e = begin_rules(g);
	done(g);
	return e;
}
