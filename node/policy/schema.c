/*
 * schema.c - see schema.h. Declarations are checked once; afterwards an attribute is a number.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "policy/digest.h"

#define NAME(code, name) [code] = name,
static const char *const group_names[] = {NULL, HF_ATTR_GROUPS(NAME)};
static const char *const type_names[] = {NULL, HF_ATTR_TYPES(NAME)};
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

const char *hf_attr_group_name(enum hf_attr_group g)
{
	return (size_t)g < COUNT(group_names) ? group_names[g] : NULL;
}

enum hf_attr_group hf_attr_group_from_name(const char *name)
{
	for (size_t i = 1; i < COUNT(group_names); i++)
		if (strcmp(group_names[i], name) == 0)
			return (enum hf_attr_group)i;
	return HF_GROUP_INVALID;
}

const char *hf_attr_type_name(enum hf_attr_type t)
{
	return (size_t)t < COUNT(type_names) ? type_names[t] : NULL;
}

enum hf_attr_type hf_attr_type_from_name(const char *name)
{
	for (size_t i = 1; i < COUNT(type_names); i++)
		if (strcmp(type_names[i], name) == 0)
			return (enum hf_attr_type)i;
	return HF_ATTR_INVALID;
}

static bool name_ok(const char *name)
{
	size_t len = name ? strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") : 0;
	return len > 0 && len <= HF_ATTR_NAME_MAX && !name[len] && name[0] >= 'a' && name[0] <= 'z';
}

static const char *keep(struct hf_schema *s, const char *text)
{
	size_t len = strlen(text) + 1;
	return memcpy(hf_arena_get(&s->arena, len), text, len);
}

static const char **keep_list(struct hf_schema *s, const char *const *list, size_t count)
{
	const char **out = hf_arena_get(&s->arena, (count + 1) * sizeof(*out));
	for (size_t i = 0; i < count; i++)
		out[i] = keep(s, list[i]);
	out[count] = NULL;
	return out;
}

static unsigned name_home(const struct hf_schema *s, const char *name)
{
	return (unsigned)(pol_hash(s->seed, name, strlen(name)) % sizeof(s->by_name));
}

unsigned hf_schema_attr(const struct hf_schema *s, const char *name)
{
	for (unsigned i = name_home(s, name); s->by_name[i]; i = (i + 1) % sizeof(s->by_name))
		if (strcmp(s->specs[s->by_name[i]].name, name) == 0)
			return s->by_name[i];
	return 0;
}

unsigned hf_schema_issuer(const struct hf_schema *s, const char *name)
{
	for (unsigned i = 1; i <= s->issuer_count; i++)
		if (strcmp(s->issuers[i], name) == 0)
			return i;
	return 0;
}

static enum hf_err add_issuers(struct hf_schema *s, const struct hf_attr_spec *spec, uint32_t *ret_bits,
                               struct hf_fault *f)
{
	if (spec->issuer_count == 0)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "the attribute '%s' names no issuer; say who vouches for its values", spec->name);
	for (size_t i = 0; i < spec->issuer_count; i++) {
		const char *name = spec->issuers[i];
		unsigned n = name ? hf_schema_issuer(s, name) : 0;
		if (!name_ok(name))
			return hf_fault_set(f, HF_E_ARGUMENT,
			                    "an issuer of the attribute '%s' is no name; use letters, digits, '.', "
			                    "'_' and '-'",
			                    spec->name);
		if (n == 0 && s->issuer_count == HF_ISSUER_MAX)
			return hf_fault_set(f, HF_E_LIMIT,
			                    "the attribute '%s' names one issuer too many; a schema has at most %d",
			                    spec->name, HF_ISSUER_MAX);
		if (n == 0) {
			n = ++s->issuer_count;
			s->issuers[n] = keep(s, name);
		}
		*ret_bits |= 1u << n;
	}
	return HF_OK;
}

static enum hf_err add_choices(struct hf_schema *s, const struct hf_attr_spec *spec, struct pol_attr *a,
                               struct hf_fault *f)
{
	if (spec->type != HF_ATTR_CHOICE)
		return spec->choice_count == 0
		               ? HF_OK
		               : hf_fault_set(f, HF_E_ARGUMENT,
		                              "the attribute '%s' lists values but is no choice; make its type "
		                              "'choice'",
		                              spec->name);
	if (spec->choice_count == 0 || spec->choice_count > HF_ATTR_CHOICES_MAX)
		return hf_fault_set(f, HF_E_ARGUMENT, "the choice '%s' lists %zu values; give 1 to %d", spec->name,
		                    spec->choice_count, HF_ATTR_CHOICES_MAX);
	a->choices = hf_arena_get(&s->arena, spec->choice_count * sizeof(*a->choices));
	for (size_t i = 0; i < spec->choice_count; i++) {
		const char *text = spec->choices[i];
		size_t len = text ? strlen(text) : 0;
		if (len == 0 || !hf_text_ok(text, len, HF_ATTR_VALUE_MAX))
			return hf_fault_set(f, HF_E_ARGUMENT, "value %zu of the choice '%s' is no usable text", i + 1,
			                    spec->name);
		a->choices[a->choice_count++] =
		        (struct pol_alt){pol_hash(s->seed, text, len), keep(s, text), (uint32_t)len};
	}
	return HF_OK;
}

static enum hf_err add(struct hf_schema *s, const struct hf_attr_spec *spec, struct hf_fault *f)
{
	unsigned n = s->count + 1;
	struct pol_attr *a = &s->attrs[n];
	if (!name_ok(spec->name))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "attribute %u has no usable name; use letters, digits, '.', '_' and '-', at most "
		                    "%d, a letter first",
		                    n, HF_ATTR_NAME_MAX);
	if (hf_schema_attr(s, spec->name))
		return hf_fault_set(f, HF_E_EXISTS, "the attribute '%s' is declared twice; leave one out", spec->name);
	if (!hf_attr_group_name(spec->group) || !hf_attr_type_name(spec->type))
		return hf_fault_set(f, HF_E_ARGUMENT, "the attribute '%s' has no known group and type", spec->name);
	if ((spec->type == HF_ATTR_MEMBER) != name_ok(spec->tree))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "the attribute '%s' must name a hierarchy if, and only if, its type is 'member'",
		                    spec->name);
	a->type = (uint8_t)spec->type;
	a->group = (uint8_t)spec->group;
	a->many = spec->many;
	a->textual = pol_textual(a->type);
	a->bit = UINT64_C(1) << n;
	if (spec->type == HF_ATTR_MEMBER)
		s->members |= UINT64_C(1) << n;
	HF_TRY(add_issuers(s, spec, &a->issuers, f));
	HF_TRY(add_choices(s, spec, a, f));
	s->specs[n] = (struct hf_attr_spec){.name = keep(s, spec->name),
	                                    .group = spec->group,
	                                    .type = spec->type,
	                                    .issuers = keep_list(s, spec->issuers, spec->issuer_count),
	                                    .issuer_count = spec->issuer_count,
	                                    .tree = spec->tree ? keep(s, spec->tree) : NULL,
	                                    .choices = keep_list(s, spec->choices, spec->choice_count),
	                                    .choice_count = spec->choice_count,
	                                    .many = spec->many};
	unsigned home = name_home(s, spec->name);
	while (s->by_name[home])
		home = (home + 1) % sizeof(s->by_name);
	s->by_name[home] = (uint8_t)n;
	s->count = n;
	return HF_OK;
}

static void digest_text(struct pol_digest *d, const char *text)
{
	pol_digest_bytes(d, text ? text : "", text ? strlen(text) + 1 : 1);
}

static void digest(struct hf_schema *s)
{
	struct pol_digest *d = pol_digest_new("schema");
	for (unsigned n = 1; n <= s->count; n++) {
		const struct hf_attr_spec *a = &s->specs[n];
		const uint8_t head[6] = {(uint8_t)a->group,
		                         (uint8_t)a->type,
		                         a->many,
		                         (uint8_t)a->issuer_count,
		                         (uint8_t)(a->choice_count >> 8),
		                         (uint8_t)a->choice_count};
		digest_text(d, a->name);
		pol_digest_bytes(d, head, sizeof(head));
		digest_text(d, a->tree);
		for (size_t i = 0; i < a->issuer_count; i++)
			digest_text(d, a->issuers[i]);
		for (size_t i = 0; i < a->choice_count; i++)
			digest_text(d, a->choices[i]);
	}
	pol_digest_end(d, &s->digest);
}

enum hf_err hf_schema_new(const struct hf_attr_spec *specs, size_t count, struct hf_schema **ret_schema,
                          struct hf_fault *f)
{
	if (count == 0 || count > HF_ATTR_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "a schema declares 1 to %d attributes, not %zu", HF_ATTR_MAX, count);
	struct hf_schema *s = hf_alloc_zero(sizeof(*s));
	atomic_init(&s->refs, 1);
	hf_arena_init(&s->arena, NULL, 0);
	hf_random(s->seed, sizeof(s->seed));
	for (size_t i = 0; i < count; i++) {
		enum hf_err e = add(s, &specs[i], f);
		if (e != HF_OK) {
			hf_schema_free(s);
			return e;
		}
	}
	digest(s);
	*ret_schema = s;
	return HF_OK;
}

struct hf_schema *hf_schema_ref(const struct hf_schema *s)
{
	struct hf_schema *m = (struct hf_schema *)(uintptr_t)s;
	atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
	return m;
}

void hf_schema_free(struct hf_schema *s)
{
	if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	hf_arena_done(&s->arena);
	free(s);
}

unsigned hf_schema_count(const struct hf_schema *s)
{
	return s->count;
}

const struct hf_attr_spec *hf_schema_spec(const struct hf_schema *s, unsigned attr)
{
	return attr >= 1 && attr <= s->count ? &s->specs[attr] : NULL;
}

const char *hf_schema_issuer_name(const struct hf_schema *s, unsigned issuer)
{
	return issuer >= 1 && issuer <= s->issuer_count ? s->issuers[issuer] : NULL;
}

bool hf_schema_may_issue(const struct hf_schema *s, unsigned attr, unsigned issuer)
{
	return attr >= 1 && attr <= s->count && issuer >= 1 && issuer <= s->issuer_count &&
	       (s->attrs[attr].issuers & 1u << issuer) != 0;
}
