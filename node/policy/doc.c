/* doc.c - what both readers share: sections, members, messages. See doc.h. */
#include "policy/doc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const sections[] = {
        [HF_SECTION_POLICY] = "policy",
        [HF_SECTION_HIERARCHIES] = "hierarchies",
        [HF_SECTION_ATTRIBUTES] = "attributes",
        [HF_SECTION_RULES] = "rules",
};
#define SECTION_COUNT (sizeof(sections) / sizeof(sections[0]))

const char *hf_section_name(enum hf_section s)
{
	return (size_t)s < SECTION_COUNT && sections[s] ? sections[s] : "";
}

enum hf_err hf_doc_fault(struct hf_fault *f, const char *file, uint32_t line, const char *fmt, ...)
{
	char text[sizeof(f->text)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	text[hf_utf8_cut(text, strlen(text))] = '\0';
	return hf_fault_set(f, HF_E_FORMAT, "%s:%u: %s", file, line, text);
}

const struct hf_doc *hf_doc_get(const struct hf_doc *map, const char *key)
{
	for (const struct hf_doc *m = map->members; m; m = m->next)
		if (m->key && strcmp(m->key, key) == 0)
			return m;
	return NULL;
}

bool hf_doc_put(struct hf_doc_place *p, struct hf_doc *member)
{
	if (member->key && hf_doc_get(p->of, member->key))
		return false;
	if (p->last)
		p->last->next = member;
	else
		p->of->members = member;
	p->last = member;
	p->of->count++;
	return true;
}

enum hf_err hf_section_enter(const char *file, const struct hf_doc *key, enum hf_section *last, struct hf_fault *f)
{
	for (size_t s = 1; s < SECTION_COUNT; s++) {
		if (strcmp(key->key, sections[s]) != 0)
			continue;
		if (s < (size_t)*last)
			return hf_doc_fault(f, file, key->line,
			                    "'%s' stands behind '%s', which needs it; write policy, hierarchies, "
			                    "attributes and rules in this order",
			                    sections[s], sections[*last]);
		*last = (enum hf_section)s;
		return HF_OK;
	}
	return hf_doc_fault(f, file, key->line,
	                    "there is no section '%.60s'; a policy has policy, hierarchies, attributes and rules",
	                    key->key);
}
