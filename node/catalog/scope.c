/* scope.c - publication scopes: their text, and whom they cover (SB-21, SB-3). */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "catalog/internal.h"

static const struct {
	enum hf_scope_kind kind;
	const char *word;
} kinds[] = {
        {HF_SCOPE_EVERYONE, "everyone"},
        {HF_SCOPE_NODES, "nodes"},
        {HF_SCOPE_ORGANIZATION, "organization"},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void add_name(struct hf_scope *s, const char *name, size_t len)
{
	s->names = hf_realloc(s->names, (s->count + 1) * sizeof(*s->names));
	s->names[s->count] = hf_alloc_zero(len + 1);
	memcpy(s->names[s->count++], name, len);
}

void hf_scope_done(struct hf_scope *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->names[i]);
	free(s->names);
	*s = (struct hf_scope){HF_SCOPE_INVALID, NULL, 0};
}

void scope_from_row(const Hufu__CatalogScope *row, struct hf_scope *ret_scope)
{
	struct hf_scope s = {row ? (enum hf_scope_kind)row->kind : HF_SCOPE_INVALID, NULL, 0};

	for (size_t i = 0; row && i < row->n_names; i++)
		add_name(&s, row->names[i], strlen(row->names[i]));
	*ret_scope = s;
}

static enum hf_err parse_names(const char *text, struct hf_scope *s, struct hf_fault *f)
{
	while (*text) {
		size_t len = strcspn(text, ",");

		if (s->count == HF_MAX_SCOPE)
			return hf_fault_set(f, HF_E_LIMIT, "a scope names at most %u; use an organization",
			                    HF_MAX_SCOPE);
		if (len == 0 || len > HF_PRINCIPAL_MAX)
			return hf_fault_set(f, HF_E_ARGUMENT, "a name in the scope is empty or too long");
		add_name(s, text, len);
		text += len + (text[len] == ',');
	}
	return HF_OK;
}

enum hf_err hf_scope_parse(const char *text, struct hf_scope *ret_scope, struct hf_fault *f)
{
	size_t word = strcspn(text, ":");
	struct hf_scope s = {HF_SCOPE_INVALID, NULL, 0};
	enum hf_err e = HF_OK;

	for (size_t i = 0; i < KINDS; i++)
		if (strlen(kinds[i].word) == word && strncmp(text, kinds[i].word, word) == 0)
			s.kind = kinds[i].kind;
	if (text[word] == ':')
		e = parse_names(text + word + 1, &s, f);
	if (e == HF_OK && (s.kind == HF_SCOPE_INVALID || (s.kind == HF_SCOPE_EVERYONE) != (s.count == 0)))
		e = hf_fault_set(f, HF_E_ARGUMENT,
		                 "'%.80s' is no scope; use everyone, nodes:NODE,... or organization:NAME", text);
	if (e != HF_OK) {
		hf_scope_done(&s);
		return e;
	}
	*ret_scope = s;
	return HF_OK;
}

void hf_scope_text(const struct hf_scope *s, struct hf_buf *out)
{
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].kind == s->kind)
			hf_buf_addf(out, "%s", kinds[i].word);
	for (size_t i = 0; i < s->count; i++)
		hf_buf_addf(out, "%c%s", i ? ',' : ':', s->names[i]);
}

static bool below(const char *organization, const char *top)
{
	size_t len = strlen(top);

	return strncmp(organization, top, len) == 0 && (organization[len] == '\0' || organization[len] == '.');
}

static bool names_organization(const struct hf_scope *s, const struct hf_space *space, const char *node)
{
	const Hufu__Member *m = hf_space_member(space, node);

	for (size_t i = 0; m && i < s->count; i++)
		if (below(m->organization, s->names[i]))
			return true;
	return false;
}

static bool names_text(const struct hf_scope *s, const char *text)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->names[i], text) == 0)
			return true;
	return false;
}

bool scope_covers_node(const struct hf_scope *s, const struct hf_space *space, const char *node)
{
	switch (s->kind) {
	case HF_SCOPE_EVERYONE:
		return hf_space_member(space, node) != NULL;
	case HF_SCOPE_NODES:
		return names_text(s, node) && hf_space_member(space, node);
	case HF_SCOPE_ORGANIZATION:
		return names_organization(s, space, node);
	case HF_SCOPE_INVALID:
		return false;
	}
	return false;
}

bool scope_covers_department(const struct hf_scope *s, const struct hf_space *space, const char *self,
                             const char *department)
{
	char principal[HF_PRINCIPAL_MAX + 1];

	if (s->kind == HF_SCOPE_EVERYONE)
		return true;
	if (s->kind == HF_SCOPE_ORGANIZATION)
		return names_organization(s, space, self);
	if (s->kind != HF_SCOPE_NODES)
		return false;
	snprintf(principal, sizeof(principal), "%s/%s", self, department);
	return names_text(s, self) || (department[0] && names_text(s, principal));
}

static enum hf_err check_node(const char *name, const struct hf_space *space, const char *self, struct hf_fault *f)
{
	struct hf_name node, department;

	if (!hf_principal_split(name, &node, &department))
		return hf_fault_set(f, HF_E_ARGUMENT, "'%s' in the scope is neither a node nor a department", name);
	if (department.s[0] && strcmp(node.s, self) != 0)
		return hf_fault_set(f, HF_E_UNSUPPORTED,
		                    "'%s': departments of other nodes cannot be told apart here; name the node %s",
		                    name, node.s);
	if (!hf_space_member(space, node.s))
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "'%s' in the scope is no member of the space; `hufu peers` lists the members",
		                    node.s);
	return HF_OK;
}

enum hf_err scope_check(const struct hf_scope *s, const struct hf_space *space, const char *self, struct hf_fault *f)
{
	if (s->kind == HF_SCOPE_INVALID || s->count > HF_MAX_SCOPE)
		return hf_fault_set(f, HF_E_ARGUMENT, "state the scope: everyone, nodes:NODE,... or organization:NAME");
	for (size_t i = 0; i < s->count; i++) {
		if (s->kind == HF_SCOPE_NODES)
			HF_TRY(check_node(s->names[i], space, self, f));
		else if (!hf_text_ok(s->names[i], strlen(s->names[i]), HF_PRINCIPAL_MAX))
			return hf_fault_set(f, HF_E_ARGUMENT, "an organization in the scope is not plain text");
	}
	return HF_OK;
}

/* A name of a nodes scope: a member, or a department of this node. */
static bool covers_name(const struct hf_scope *outer, const struct hf_space *space, const char *self, const char *name)
{
	struct hf_name node, department;

	if (!hf_principal_split(name, &node, &department))
		return false;
	if (department.s[0] && strcmp(node.s, self) == 0)
		return scope_covers_department(outer, space, self, department.s);
	return scope_covers_node(outer, space, node.s);
}

static bool covers_organization(const struct hf_scope *outer, const char *name)
{
	for (size_t i = 0; outer->kind == HF_SCOPE_ORGANIZATION && i < outer->count; i++)
		if (below(name, outer->names[i]))
			return true;
	return false;
}

bool scope_within(const struct hf_scope *inner, const struct hf_scope *outer, const struct hf_space *space,
                  const char *self)
{
	if (outer->kind == HF_SCOPE_EVERYONE)
		return true;
	if (inner->kind != HF_SCOPE_NODES && inner->kind != HF_SCOPE_ORGANIZATION)
		return false;
	for (size_t i = 0; i < inner->count; i++) {
		bool in = inner->kind == HF_SCOPE_NODES ? covers_name(outer, space, self, inner->names[i])
		                                        : covers_organization(outer, inner->names[i]);
		if (!in)
			return false;
	}
	return true;
}
