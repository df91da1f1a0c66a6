/* methods.c - the file of methods: definitions, records, and the kinds by name; declared in methods.h and own.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "masking/own/own.h"

static const struct {
	const char *key;
	enum hf_err (*make)(struct hf_own *o, const struct hf_plan_node *n, struct hf_fault *f);
} kinds[] = {
        {"pattern", hf_own_pattern}, {"table", hf_own_table}, {"steps", hf_own_steps}, {"library", hf_own_library}};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

enum hf_err hf_own_fault(const struct hf_own *o, const struct hf_plan_node *n, struct hf_fault *f, const char *fmt, ...)
{
	char text[300];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return hf_plan_fault(f, o->all->name, n->line, "method %.60s: %s", o->technique.id, text);
}

const char *const hf_own_words[HF_OWN_WORDS] = {"format",  "repeats",      "reversible", "reference",
                                                "meaning", "distribution", "key"};

/* Property i of the record becomes the one with that word. */
static bool word_of(size_t i, const char *word, struct hf_technique_record *r)
{
	for (unsigned v = 1;; v++) {
		struct hf_technique_record t = {.format = (enum hf_keeps_format)v,
		                                .repeats = (enum hf_repeats)v,
		                                .reversible = (enum hf_reversible)v,
		                                .reference = (enum hf_keeps_reference)v,
		                                .meaning = (enum hf_keeps_meaning)v,
		                                .distribution = (enum hf_keeps_distribution)v,
		                                .keyed = (enum hf_keyed_by)v};
		const char *const says[HF_OWN_WORDS] = {hf_record_format(&t),     hf_record_repeats(&t),
		                                        hf_record_reversible(&t), hf_record_reference(&t),
		                                        hf_record_meaning(&t),    hf_record_distribution(&t),
		                                        hf_record_keyed(&t)};

		if (!says[i])
			return false;
		if (strcmp(says[i], word) != 0)
			continue;
		r->format = i == 0 ? t.format : r->format;
		r->repeats = i == 1 ? t.repeats : r->repeats;
		r->reversible = i == 2 ? t.reversible : r->reversible;
		r->reference = i == 3 ? t.reference : r->reference;
		r->meaning = i == 4 ? t.meaning : r->meaning;
		r->distribution = i == 5 ? t.distribution : r->distribution;
		r->keyed = i == 6 ? t.keyed : r->keyed;
		return true;
	}
}

bool hf_own_record(const char *const words[HF_OWN_WORDS], struct hf_technique_record *r, size_t *ret_which)
{
	r->reach = HF_REACH_ROW;
	for (size_t i = 0; i < HF_OWN_WORDS; i++)
		if (!words[i] || !word_of(i, words[i], r)) {
			*ret_which = i;
			return false;
		}
	*ret_which = 1; /* single rows are all that a method sees, and by parameter nothing is */
	return r->repeats != HF_REPEATS_TABLE && (*ret_which = 0, r->format != HF_FORMAT_CHOICE);
}

static enum hf_err text_of(const struct hf_own *o, const char *key, const char **ret_text, struct hf_fault *f)
{
	const struct hf_plan_node *n = hf_plan_get(o->node, key);

	if (!n || n->kind != HF_PLAN_TEXT_NODE || !*n->text || !hf_text_ok(n->text, strlen(n->text), 300))
		return hf_own_fault(o, n ? n : o->node, f, "'%s' is missing, or no text of at most 300 bytes; write it",
		                    key);
	*ret_text = n->text;
	return HF_OK;
}

static enum hf_err read_record(struct hf_own *o, struct hf_fault *f)
{
	const struct hf_plan_node *map = hf_plan_get(o->node, "record");
	const char *words[HF_OWN_WORDS] = {NULL};
	size_t which;

	if (!map || map->kind != HF_PLAN_MAP)
		return hf_own_fault(o, o->node, f,
		                    "'record' is missing; say format, repeats, reversible, reference, meaning, "
		                    "distribution and key, in words that `hufu mask techniques` has");
	for (size_t i = 0; i < HF_OWN_WORDS; i++) {
		const struct hf_plan_node *n = hf_plan_get(map, hf_own_words[i]);

		words[i] = n && n->kind == HF_PLAN_TEXT_NODE ? n->text : NULL;
	}
	if (!hf_own_record(words, &o->technique.record, &which))
		return hf_own_fault(o, map, f,
		                    "the record does not say %s, or in a word that does not fit; take one that `hufu "
		                    "mask techniques` has",
		                    hf_own_words[which]);
	if (map->count != HF_OWN_WORDS)
		return hf_own_fault(o, map, f, "the record has a property that does not exist; remove it");
	HF_TRY(text_of(o, "title", &o->technique.title, f));
	HF_TRY(text_of(o, "principle", &o->technique.record.principle, f));
	HF_TRY(text_of(o, "cost", &o->technique.record.cost, f));
	return text_of(o, "constraint", &o->technique.record.constraint, f);
}

static enum hf_err check_keys(const struct hf_own *o, size_t kind, struct hf_fault *f)
{
	static const char *const of_pattern[] = {"title",  "principle", "cost",    "constraint",
	                                         "record", "form",      "replace", NULL},
	                         *const of_steps[] = {"title",  "principle", "cost", "constraint",
	                                              "record", "form",      NULL},
	                         *const of_table[] = {"title", "principle", "cost", "constraint", "record", NULL},
	                         *const of_library[] = {"form", "sha256", "settings", NULL};
	static const char *const *const of[KINDS] = {of_pattern, of_table, of_steps, of_library};
	const char *const *known = of[kind];

	for (const struct hf_plan_node *n = o->node->first; n; n = n->next) {
		const char *const *k = known;

		while (*k && strcmp(*k, n->key) != 0)
			k++;
		if (!*k && strcmp(n->key, kinds[kind].key) != 0)
			return hf_own_fault(o, n, f, "'%.60s' does not belong to a method of %s; remove it", n->key,
			                    kinds[kind].key);
	}
	return HF_OK;
}

static enum hf_err read_form(struct hf_own *o, struct hf_fault *f)
{
	double size = 0;

	HF_TRY(text_of(o, "form", &o->form, f));
	if (!hf_own_form_ok(o->form, &size))
		return hf_own_fault(o, o->node, f,
		                    "'form' is longer than %u characters; shorten it: # a digit, @ a capital letter, "
		                    "%% a small one, & a Han character, \\ the next as it is",
		                    HF_OWN_FORM);
	return HF_OK;
}

/* An id has a point, so that it is never that of a technique. */
static bool id_ok(const char *id)
{
	size_t n = strlen(id);

	return n >= 3 && n <= 60 && strchr(id, '.') && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789.-") == n;
}

static enum hf_err read_one(struct hf_methods *m, struct hf_own *o, const struct hf_plan_node *n, struct hf_fault *f)
{
	size_t kind = KINDS;

	*o = (struct hf_own){.technique = {.id = n->key, .own = o}, .node = n, .all = m};
	if (!id_ok(n->key) || n->kind != HF_PLAN_MAP)
		return hf_own_fault(o, n, f,
		                    "an id is 3 to 60 small letters, digits, hyphens and at least one point, with a "
		                    "mapping below it; write acme.badge:");
	for (size_t i = 0; i < KINDS; i++) {
		if (!hf_plan_get(n, kinds[i].key))
			continue;
		if (kind < KINDS)
			return hf_own_fault(o, n, f, "it has both %s and %s; make two methods of it", kinds[kind].key,
			                    kinds[i].key);
		kind = i;
	}
	if (kind == KINDS)
		return hf_own_fault(o, n, f, "nothing says what it does; give pattern, table, steps or library");
	HF_TRY(check_keys(o, kind, f));
	if (strcmp(kinds[kind].key, "table") != 0)
		HF_TRY(read_form(o, f));
	if (strcmp(kinds[kind].key, "library") != 0)
		HF_TRY(read_record(o, f));
	HF_TRY(kinds[kind].make(o, hf_plan_get(n, kinds[kind].key), f));
	if ((o->technique.record.reversible == HF_REVERSIBLE_NO) != (o->technique.unmask == NULL))
		return hf_own_fault(o, n, f, "the record says that it is %s reversible, and it is%s; correct it",
		                    o->technique.unmask ? "not" : "", o->technique.unmask ? "" : " not");
	return HF_OK;
}

enum hf_err hf_methods_take(struct hf_methods *m, const struct hf_plan_node *map, struct hf_fault *f)
{
	if (!map || map->kind != HF_PLAN_MAP || map->count == 0 || map->count > HF_METHODS_MAX)
		return hf_plan_fault(f, m->name, map ? map->line : 1,
		                     "'methods' is missing, empty, or has more than %u; write methods: ID: {...}",
		                     HF_METHODS_MAX);
	m->own = hf_alloc_zero(map->count * sizeof(*m->own));
	for (const struct hf_plan_node *n = map->first; n; n = n->next)
		HF_TRY(read_one(m, &m->own[m->count++], n, f));
	return HF_OK;
}

enum hf_err hf_methods_read(const struct hf_methods_setup *setup, struct hf_methods **ret_m, struct hf_fault *f)
{
	struct hf_methods *m = hf_alloc_zero(sizeof(*m));
	struct hf_plan_node *root = NULL;
	enum hf_err e;

	atomic_init(&m->holders, 1);
	hf_arena_init(&m->arena, NULL, 0);
	m->name = setup->name;
	m->file = setup->file;
	m->file_ctx = setup->file_ctx;
	m->libraries = setup->file != NULL;
	hf_sha256(setup->text, setup->len, &m->digest);
	e = setup->len == 0 ? hf_fault_set(f, HF_E_FORMAT, "%.80s:1: the file is empty; write methods", setup->name)
	                    : hf_plan_tree_read(setup->name, setup->text, setup->len, &m->arena, &root, f);
	if (e == HF_OK && root->count != (hf_plan_get(root, "methods") ? 1 : 0))
		e = hf_plan_fault(f, m->name, root->line, "beside 'methods' nothing stands in a file of methods");
	if (e == HF_OK)
		e = hf_methods_take(m, hf_plan_get(root, "methods"), f);
	if (e == HF_OK)
		*ret_m = m;
	else
		hf_methods_free(m);
	return e;
}

enum hf_err hf_methods_inline(const char *name, const struct hf_plan_node *map, struct hf_methods **ret_m,
                              struct hf_fault *f)
{
	struct hf_methods *m = hf_alloc_zero(sizeof(*m));
	enum hf_err e;

	atomic_init(&m->holders, 1);
	hf_arena_init(&m->arena, NULL, 0);
	m->name = name;
	e = hf_methods_take(m, map, f);
	if (e == HF_OK)
		*ret_m = m;
	else
		hf_methods_free(m);
	return e;
}

struct hf_methods *hf_methods_share(struct hf_methods *m)
{
	atomic_fetch_add(&m->holders, 1);
	return m;
}

void hf_methods_free(struct hf_methods *m)
{
	if (!m || atomic_fetch_sub(&m->holders, 1) > 1)
		return;
	for (size_t i = 0; i < m->count; i++)
		if (m->own[i].free)
			m->own[i].free(m->own[i].what);
	free(m->own);
	hf_arena_done(&m->arena);
	free(m);
}

size_t hf_methods_count(const struct hf_methods *m)
{
	return m ? m->count : 0;
}

const struct hf_technique *hf_methods_at(const struct hf_methods *m, size_t i)
{
	return &m->own[i].technique;
}

const struct hf_technique *hf_methods_named(const struct hf_methods *m, const char *id)
{
	for (size_t i = 0; m && i < m->count; i++)
		if (strcmp(m->own[i].technique.id, id) == 0)
			return &m->own[i].technique;
	return NULL;
}

const struct hf_hash *hf_methods_digest(const struct hf_methods *m)
{
	return &m->digest;
}
