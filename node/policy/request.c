/* request.c - requests as JSON lines. See file.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/doc.h"
#include "policy/grammar.h"

struct request_reader {
	struct hf_place p;
	const struct hf_schema *schema;
	struct hf_arena *arena;
	struct hf_policy_question *q;
	struct hf_attr_value *values; /* HF_REQUEST_VALUES_MAX */
	bool timed, limited;          /* has a time; says which mechanisms are allowed */
};

static enum hf_err fault(const struct request_reader *r, const struct hf_doc *d, const char *what)
{
	return hf_doc_fault(r->p.f, r->p.file, d->line, "'%.60s' %s", d->key ? d->key : "", what);
}

static enum hf_err add_value(struct request_reader *r, const struct hf_doc *d, unsigned attr, const char *issuer)
{
	struct hf_policy_request *rq = &r->q->request;
	struct hf_attr_value *v = r->values + rq->count;

	if (rq->count == HF_REQUEST_VALUES_MAX)
		return hf_doc_fault(r->p.f, r->p.file, d->line, "the request has more than %d values; send fewer",
		                    HF_REQUEST_VALUES_MAX);
	*v = (struct hf_attr_value){.attr = (uint16_t)attr, .issuer = (uint16_t)hf_schema_issuer(r->schema, issuer)};
	if (attr != 0)
		HF_TRY(hf_doc_value(&r->p, d, hf_schema_spec(r->schema, attr), v));
	rq->count++;
	return HF_OK;
}

/* {"value": V or [V, ...], "issuer": I} */
static enum hf_err read_vouched(struct request_reader *r, const struct hf_doc *d, unsigned attr)
{
	const struct hf_doc *value = d->kind == HF_DOC_MAP ? hf_doc_get(d, "value") : NULL;
	const struct hf_doc *by = d->kind == HF_DOC_MAP ? hf_doc_get(d, "issuer") : NULL;
	const char *issuer;

	if (!value || !by || d->count != 2)
		return fault(r, d, "is not vouched for; write {\"value\": ..., \"issuer\": \"...\"}");
	HF_TRY(hf_doc_text(&r->p, by, "the issuer", &issuer));
	if (value->kind != HF_DOC_LIST)
		return add_value(r, value, attr, issuer);
	for (const struct hf_doc *m = value->members; m; m = m->next)
		HF_TRY(add_value(r, m, attr, issuer));
	return HF_OK;
}

static enum hf_err read_attribute(struct request_reader *r, const struct hf_doc *d, const char *group, const char *name)
{
	char full[HF_ATTR_NAME_MAX + 2];
	unsigned attr;

	snprintf(full, sizeof(full), "%s.%s", group, name);
	attr = hf_schema_attr(r->schema, full);
	if (attr == 0 && !r->q->unknown) {
		char *copy = hf_arena_get(r->arena, strlen(full) + 1);

		r->q->unknown = memcpy(copy, full, strlen(full) + 1);
	}
	if (d->kind != HF_DOC_LIST)
		return read_vouched(r, d, attr);
	for (const struct hf_doc *m = d->members; m; m = m->next)
		HF_TRY(read_vouched(r, m, attr));
	return HF_OK;
}

static enum hf_err read_group(struct request_reader *r, const struct hf_doc *d)
{
	if (d->kind != HF_DOC_MAP)
		return fault(r, d, "is not an object of attributes; write it as one");
	for (const struct hf_doc *m = d->members; m; m = m->next)
		HF_TRY(read_attribute(r, m, d->key, m->key));
	return HF_OK;
}

/* "action" and "purpose" are two of the context's attributes that every request has. */
static enum hf_err read_context(struct request_reader *r, const struct hf_doc *d)
{
	return read_attribute(r, d, "context", d->key);
}

static enum hf_err read_time(struct request_reader *r, const struct hf_doc *d)
{
	r->timed = true;
	return hf_doc_time(&r->p, d, "the time", &r->q->request.now_ms);
}

static enum hf_err read_id(struct request_reader *r, const struct hf_doc *d)
{
	return hf_doc_text(&r->p, d, "the id", &r->q->id);
}

static enum hf_err read_mechanisms(struct request_reader *r, const struct hf_doc *d)
{
	const char *const *names;
	size_t count;

	r->limited = true;
	r->q->request.mechanisms = 0;
	if (d->kind == HF_DOC_LIST && d->count == 0)
		return HF_OK;
	HF_TRY(hf_doc_texts(&r->p, d, "'mechanisms'", r->arena, &names, &count));
	for (size_t i = 0; i < count; i++) {
		enum hf_mechanism m = hf_mechanism_from_name(names[i]);

		if (m == HF_MECHANISM_INVALID || m == HF_MECHANISM_HOLD)
			return hf_doc_fault(r->p.f, r->p.file, d->line,
			                    "'%.60s' is no mechanism that a resource allows; use emergency, attribute, "
			                    "application",
			                    names[i]);
		r->q->request.mechanisms |= HF_MECHANISM_BIT(m);
	}
	return HF_OK;
}

static const struct {
	const char *name;
	enum hf_err (*read)(struct request_reader *r, const struct hf_doc *d);
} keys[] = {
        {"id", read_id},           {"subject", read_group}, {"system", read_group},
        {"resource", read_group},  {"context", read_group}, {"action", read_context},
        {"purpose", read_context}, {"time", read_time},     {"mechanisms", read_mechanisms},
};
#define KEYS "id, subject, system, resource, context, action, purpose, time, mechanisms"
#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

static enum hf_err read_key(struct request_reader *r, const struct hf_doc *d)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (strcmp(keys[i].name, d->key) == 0)
			return keys[i].read(r, d);
	return hf_doc_fault(r->p.f, r->p.file, d->line, "a request has no member '%.60s'; it may have %s", d->key,
	                    KEYS);
}

static enum hf_err read_keys(struct request_reader *r, const struct hf_doc *d)
{
	if (d->kind != HF_DOC_MAP)
		return hf_doc_fault(r->p.f, r->p.file, d->line, "a request is not an object; write {\"subject\": ...}");
	for (const struct hf_doc *m = d->members; m; m = m->next)
		HF_TRY(read_key(r, m));
	return HF_OK;
}

static enum hf_err read_request(struct request_reader *r, const struct hf_doc *d)
{
	HF_TRY(read_keys(r, d));
	if (!r->timed)
		return hf_doc_fault(r->p.f, r->p.file, d->line,
		                    "the request has no 'time'; add the time it is asked for");
	return HF_OK;
}

static bool give_line(struct request_reader *r, const struct hf_text_file *part, uint32_t line, hf_question_fn *fn,
                      void *ctx)
{
	struct hf_attr_value values[HF_REQUEST_VALUES_MAX];
	struct hf_policy_question q = {
	        .id = "", .line = line, .request = {.values = values, .mechanisms = HF_MECHANISM_ALL}};
	struct hf_doc *doc = NULL;
	enum hf_err e;

	r->q = &q;
	r->values = values;
	r->timed = false;
	e = hf_json_read(part, line, r->arena, &doc, r->p.f);
	if (e == HF_OK)
		e = read_request(r, doc);
	return e == HF_OK ? fn(ctx, &q, NULL) : fn(ctx, NULL, r->p.f);
}

void hf_policy_questions_read(const char *name, char *text, size_t len, const struct hf_schema *schema,
                              hf_question_fn *fn, void *ctx)
{
	struct hf_text_file rest = {name, text, len}, part;
	struct hf_fault f;
	uint64_t first[1024];
	uint32_t line = 0;
	bool more = true;

	while (more && hf_line_next(&rest, &part, &line)) {
		struct hf_arena arena;
		struct request_reader r = {.p = {name, &f}, .schema = schema, .arena = &arena};

		if (hf_line_blank(&part))
			continue;
		hf_arena_init(&arena, first, sizeof(first));
		more = give_line(&r, &part, line, fn, ctx);
		hf_arena_done(&arena);
	}
}

/* The texts stand in the caller's buffer, which is not kept. */
static const char *copy_text(struct hf_arena *a, const char *text, size_t len)
{
	char *copy = hf_arena_get(a, len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

static bool is_text(enum hf_attr_type t)
{
	return t == HF_ATTR_TEXT || t == HF_ATTR_CHOICE || t == HF_ATTR_MEMBER;
}

/* Entities: what a search or an enumeration is made over. */
struct hf_policy_entities {
	struct hf_arena arena;
	struct hf_texts ids;
	struct hf_policy_question *entity;
	size_t count, cap;
	enum hf_entity_kind kind;
};

static enum hf_err check_entity(struct hf_policy_entities *all, const struct request_reader *r, const struct hf_doc *d)
{
	const struct hf_policy_question *q = r->q;
	bool is_new;

	if (!*q->id || r->timed)
		return hf_doc_fault(r->p.f, r->p.file, d->line,
		                    "an entity has no 'id', or has a 'time'; write {\"id\": ..., \"resource\": {...}}");
	if (q->unknown)
		return hf_fault_set(r->p.f, HF_E_UNKNOWN,
		                    "%s:%u: the policy declares no attribute '%s'; correct its name", r->p.file,
		                    d->line, q->unknown);
	hf_texts_add(&all->ids, q->id, strlen(q->id), &is_new);
	if (!is_new)
		return hf_doc_fault(r->p.f, r->p.file, d->line, "the id '%.80s' stands twice; give each entity its own",
		                    q->id);
	return HF_OK;
}

static enum hf_err keep_entity(struct hf_policy_entities *all, struct request_reader *r,
                               const struct hf_text_file *part, uint32_t line)
{
	struct hf_attr_value values[HF_REQUEST_VALUES_MAX], *kept;
	struct hf_policy_question q = {
	        .id = "", .line = line, .request = {.values = values, .mechanisms = HF_MECHANISM_ALL}};
	struct hf_doc *doc = NULL;

	r->q = &q;
	r->values = values;
	r->timed = r->limited = false;
	HF_TRY(hf_json_read(part, line, r->arena, &doc, r->p.f));
	if (all->kind == HF_QUESTIONS) {
		HF_TRY(read_request(r, doc));
	} else {
		HF_TRY(read_keys(r, doc));
		HF_TRY(check_entity(all, r, doc));
	}
	if (all->kind == HF_ENTITIES && r->limited && q.request.mechanisms == 0)
		return hf_doc_fault(r->p.f, r->p.file, line, "the entity allows no mechanism at all; leave it out");
	kept = hf_arena_get(&all->arena, (q.request.count + 1) * sizeof(*kept));
	for (size_t i = 0; i < q.request.count; i++) {
		kept[i] = values[i];
		if (is_text(values[i].type))
			kept[i].u.text = copy_text(&all->arena, values[i].u.text, values[i].len);
	}
	q.request.values = kept;
	q.id = copy_text(&all->arena, q.id, strlen(q.id));
	q.unknown = q.unknown ? copy_text(&all->arena, q.unknown, strlen(q.unknown)) : NULL;
	if (all->count == all->cap) {
		all->cap = all->cap ? all->cap * 2 : 64;
		all->entity = hf_realloc(all->entity, all->cap * sizeof(*all->entity));
	}
	all->entity[all->count++] = q;
	return HF_OK;
}

enum hf_err hf_policy_entities_read(const char *name, char *text, size_t len, const struct hf_schema *schema,
                                    enum hf_entity_kind kind, struct hf_policy_entities **ret_entities,
                                    struct hf_fault *f)
{
	struct hf_policy_entities *all = hf_alloc_zero(sizeof(*all));
	struct hf_text_file rest = {name, text, len}, part;
	struct request_reader r = {.p = {name, f}, .schema = schema, .arena = &all->arena};
	enum hf_err e = HF_OK;
	uint32_t line = 0;

	hf_arena_init(&all->arena, NULL, 0);
	hf_texts_init(&all->ids);
	all->kind = kind;
	while (e == HF_OK && hf_line_next(&rest, &part, &line))
		if (!hf_line_blank(&part))
			e = keep_entity(all, &r, &part, line);
	if (e != HF_OK) {
		hf_policy_entities_free(all);
		return e;
	}
	*ret_entities = all;
	return HF_OK;
}

void hf_policy_entities_free(struct hf_policy_entities *e)
{
	if (!e)
		return;
	hf_texts_done(&e->ids);
	hf_arena_done(&e->arena);
	free(e->entity);
	free(e);
}

size_t hf_policy_entities_count(const struct hf_policy_entities *e)
{
	return e->count;
}

const struct hf_policy_question *hf_policy_entities_get(const struct hf_policy_entities *e, size_t n)
{
	return e->entity + n;
}
