/* policy_town.c - see policy_town.h. */
#include "policy_town.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum attr { ORG, REGION, ROLE, SYSTEM, ADDRESS, BUSINESS, RESOURCE, TOPIC, LEVEL, ACTION, PURPOSE, TIME, ATTRS };
static const char *const names[ATTRS] = {
        "subject.organization", "subject.region",  "subject.role",    "system.name",
        "system.address",       "system.business", "resource.id",     "resource.topic",
        "resource.level",       "context.action",  "context.purpose", "context.time",
};
/* What makes up one request or rule, as numbers. */
struct person {
	uint32_t office, resource, topic, role, action, purpose, level;
};

static uint32_t mix(uint64_t x)
{
	x = (x ^ x >> 31) * UINT64_C(0x7fb5d329728ea185);
	x = (x ^ x >> 27) * UINT64_C(0x81dadef4bc2dd44d);
	return (uint32_t)(x >> 32);
}

static struct person person_of(const struct town *t, uint64_t n)
{
	struct person p = {.office = mix(8 * n + 1) % 5000,
	                   .resource = mix(8 * n + 2) % t->resources,
	                   .role = mix(8 * n + 3) % 20,
	                   .action = mix(8 * n + 4) % 3,
	                   .purpose = mix(8 * n + 5) % 60,
	                   .level = mix(8 * n + 6) % 4};
	p.topic = mix(p.resource) % 4096;
	return p;
}

/* A tree of four levels; up: how many levels above the leaf. */
static void office(uint32_t n, unsigned up, char out[TOWN_TEXT])
{
	static const uint32_t widths[] = {1, 5, 50, 500};
	static const char *const heads[] = {"office", "bureau", "city", "province"};
	snprintf(out, TOWN_TEXT, "%s-%u", heads[up], n / widths[up]);
}

static void topic(uint32_t n, unsigned up, char out[TOWN_TEXT])
{
	static const char *const heads[] = {"subject", "topic", "field", "domain"};
	snprintf(out, TOWN_TEXT, "%s-%u", heads[up], n >> 3 * up);
}

static void region(uint32_t n, unsigned up, char out[TOWN_TEXT])
{
	static const uint32_t widths[] = {5, 50, 500, 2500};
	static const char *const heads[] = {"street", "district", "county", "land"};
	snprintf(out, TOWN_TEXT, "%s-%u", heads[up], n / widths[up]);
}

static size_t grow_tree(void (*name)(uint32_t n, unsigned up, char out[TOWN_TEXT]), uint32_t leaves,
                        char (*texts)[TOWN_TEXT], struct hf_tree_edge *edges)
{
	char last[4][TOWN_TEXT] = {"", "", "", ""};
	size_t count = 0;
	for (uint32_t n = 0; n < leaves; n++)
		for (unsigned up = 0; up < 4; up++) {
			name(n, up, texts[2 * count]);
			if (strcmp(last[up], texts[2 * count]) == 0)
				continue;
			memcpy(last[up], texts[2 * count], TOWN_TEXT);
			if (up < 3)
				name(n, up + 1, texts[2 * count + 1]);
			edges[count] = (struct hf_tree_edge){texts[2 * count], up < 3 ? texts[2 * count + 1] : NULL};
			count++;
		}
	return count;
}

static void grow(struct town *t)
{
	static const char *const tree_names[] = {"organizations", "topics", "regions"};
	void (*const trees[])(uint32_t n, unsigned up, char out[TOWN_TEXT]) = {office, topic, region};
	struct hf_tree_spec specs[3];
	char(*texts[3])[TOWN_TEXT];
	struct hf_tree_edge *edges[3];
	struct hf_fault f = {HF_OK, ""};
	for (unsigned i = 0; i < 3; i++) {
		texts[i] = hf_alloc(20000 * sizeof(*texts[i]));
		edges[i] = hf_alloc(10000 * sizeof(*edges[i]));
		specs[i] = (struct hf_tree_spec){tree_names[i], edges[i], 0};
		specs[i].count = grow_tree(trees[i], i == 1 ? 4096 : 5000, texts[i], edges[i]);
	}
	if (hf_trees_new(t->schema, specs, 3, &t->trees, &f) != HF_OK) {
		fprintf(stderr, "hufu-bench: %s\n", f.text);
		exit(1);
	}
	for (unsigned i = 0; i < 3; i++) {
		free(texts[i]);
		free(edges[i]);
	}
}

void town_open(struct town *t, uint32_t rules, uint64_t seed)
{
	*t = (struct town){.state = seed * 2 + 1, .rules = rules, .resources = rules / 4 + 16};
	t->schema = hf_schema_standard();
	for (unsigned i = 0; i < ATTRS; i++) {
		t->attrs[i] = hf_schema_attr(t->schema, names[i]);
		t->issuers[i] =
		        (uint16_t)hf_schema_issuer(t->schema, hf_schema_spec(t->schema, t->attrs[i])->issuers[0]);
	}
	grow(t);
}

void town_close(struct town *t)
{
	hf_trees_free(t->trees);
	hf_schema_free(t->schema);
}

static struct hf_operand *put(const struct town *t, struct town_rule *r, enum attr a, enum hf_operator op)
{
	size_t i = r->rule.condition_count++;
	r->operands[i] = (struct hf_operand){.text = r->texts[i]};
	r->conditions[i] = (struct hf_condition){t->attrs[a], op, &r->operands[i], 1};
	return &r->operands[i];
}

static void put_number(const struct town *t, struct town_rule *r, enum attr a, const char *head, uint32_t n)
{
	struct hf_operand *o = put(t, r, a, HF_OP_EQUALS);
	snprintf(r->texts[r->rule.condition_count - 1], TOWN_TEXT, "%s-%u", head, n);
	o->len = strlen(o->text);
}

static void put_under(const struct town *t, struct town_rule *r, enum attr a,
                      void (*name)(uint32_t n, unsigned up, char out[TOWN_TEXT]), const uint32_t at[2])
{
	struct hf_operand *o = put(t, r, a, HF_OP_UNDER);
	name(at[0], at[1], r->texts[r->rule.condition_count - 1]);
	o->len = strlen(o->text);
}

static void address_of(uint32_t office_number, struct hf_address *out)
{
	*out = (struct hf_address){{[10] = 0xff, [11] = 0xff, [12] = 10}};
	out->b[13] = (uint8_t)(office_number >> 8);
	out->b[14] = (uint8_t)office_number;
	out->b[15] = 17;
}

static void application(const struct town *t, const struct person *p, struct town_rule *r)
{
	r->rule.mechanism = HF_MECHANISM_APPLICATION;
	put_number(t, r, RESOURCE, "resource-0198a7", p->resource);
	put_number(t, r, ORG, "office", p->office);
	put_number(t, r, SYSTEM, "system", p->office * 2 + p->role % 2);
	put_number(t, r, ACTION, "action", p->action);
	put_number(t, r, PURPOSE, "purpose", p->purpose);
}

static void by_topic(const struct town *t, const struct person *p, struct town_rule *r)
{
	r->rule.mechanism = HF_MECHANISM_ATTRIBUTE;
	put_under(t, r, TOPIC, topic, (const uint32_t[2]){p->topic, p->role % 3});
	put_under(t, r, ORG, office, (const uint32_t[2]){p->office, p->level % 3});
	put_number(t, r, BUSINESS, "business", p->office % 200);
	put_number(t, r, PURPOSE, "purpose", p->purpose);
	struct hf_operand *o = put(t, r, LEVEL, HF_OP_BETWEEN);
	o->low = 0;
	o->high = 2;
}

static void by_region(const struct town *t, const struct person *p, struct town_rule *r)
{
	r->rule.mechanism = HF_MECHANISM_ATTRIBUTE;
	put_number(t, r, RESOURCE, "resource-0198a7", p->resource);
	put_under(t, r, REGION, region, (const uint32_t[2]){p->office, p->level % 3});
	put_number(t, r, ROLE, "role", p->role);
	struct hf_operand *o = put(t, r, ADDRESS, HF_OP_WITHIN);
	address_of(p->office & ~255u, &o->address);
	o->address.b[15] = 0;
	o->bits = 112;
	put_number(t, r, ACTION, "action", p->action);
}

static void emergency(const struct town *t, const struct person *p, struct town_rule *r)
{
	r->rule.mechanism = HF_MECHANISM_EMERGENCY;
	put_number(t, r, RESOURCE, "resource-0198a7", p->resource);
	put_under(t, r, ORG, office, (const uint32_t[2]){p->office, 1});
	put_number(t, r, SYSTEM, "system", p->office * 2 + p->role % 2);
	put_number(t, r, PURPOSE, "purpose", p->purpose);
	struct hf_operand *o = put(t, r, TIME, HF_OP_DURING);
	o->low = TOWN_NOW - 1000;
	o->high = TOWN_NOW + 1000;
}

void town_rule(const struct town *t, uint32_t n, struct town_rule *ret_rule)
{
	static const char *const fields[] = {"name", "address", "valid-until"};
	static const struct hf_obligation duties[] = {
	        {.type = HF_OBLIGE_MASK, .text = "plan-standard"},
	        {.type = HF_OBLIGE_FIELDS, .names = fields, .name_count = 3},
	        {.type = HF_OBLIGE_REPORT},
	};
	struct town_rule *r = ret_rule;
	struct person p = person_of(t, n);
	snprintf(r->id, sizeof(r->id), "rule-%u", n);
	r->rule = (struct hf_rule){.id = r->id,
	                           .state = HF_RULE_ACTIVE,
	                           .from_ms = TOWN_NOW - 86400000,
	                           .until_ms = TOWN_NOW + 86400000 + n % 1000,
	                           .conditions = r->conditions,
	                           .obligations = duties,
	                           .obligation_count = n % 4};
	unsigned kind = mix(n + UINT64_C(77777777)) % 20;
	if (kind < 10)
		application(t, &p, r);
	else if (kind < 16)
		by_topic(t, &p, r);
	else if (kind < 19)
		by_region(t, &p, r);
	else
		emergency(t, &p, r);
}

static void give(const struct town *t, struct town_request *q, enum attr a, const char *text)
{
	struct hf_attr_value *v = &q->values[q->rq.count++];
	size_t len = strlen(text);
	*v = (struct hf_attr_value){.attr = (uint16_t)t->attrs[a], .issuer = t->issuers[a]};
	v->type = hf_schema_spec(t->schema, t->attrs[a])->type;
	if (len == 0 || q->used + len > sizeof(q->texts))
		return;
	v->u.text = memcpy(q->texts + q->used, text, len);
	v->len = (uint32_t)len;
	q->used += len;
}

static void give_number(const struct town *t, struct town_request *q, enum attr a, const char *head, uint32_t n)
{
	char text[TOWN_TEXT];
	snprintf(text, sizeof(text), "%s-%u", head, n);
	give(t, q, a, text);
}

static void give_leaf(const struct town *t, struct town_request *q, enum attr a,
                      void (*name)(uint32_t n, unsigned up, char out[TOWN_TEXT]), uint32_t n)
{
	char text[TOWN_TEXT];
	name(n, 0, text);
	give(t, q, a, text);
}

void town_request(struct town *t, struct town_request *ret_request)
{
	struct town_request *q = ret_request;
	t->state = t->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	uint32_t draw = mix(t->state);
	struct person p = person_of(t, mix(t->state + 1) % t->rules);
	if (draw % 10 >= 7) /* another's data: as a rule nothing permits it */
		p.resource = mix(t->state + 2) % t->resources;
	q->rq = (struct hf_policy_request){.values = q->values, .now_ms = TOWN_NOW, .mechanisms = HF_MECHANISM_ALL};
	q->used = 0;
	give_leaf(t, q, ORG, office, p.office);
	give_leaf(t, q, REGION, region, p.office);
	give_number(t, q, ROLE, "role", p.role);
	give_number(t, q, SYSTEM, "system", p.office * 2 + p.role % 2);
	give(t, q, ADDRESS, "");
	address_of(p.office, &q->values[q->rq.count - 1].u.address);
	give_number(t, q, BUSINESS, "business", p.office % 200);
	give_number(t, q, RESOURCE, "resource-0198a7", p.resource);
	give_leaf(t, q, TOPIC, topic, mix(p.resource) % 4096);
	give(t, q, LEVEL, "");
	q->values[q->rq.count - 1].u.number = p.level;
	give_number(t, q, ACTION, "action", p.action);
	give_number(t, q, PURPOSE, "purpose", p.purpose);
	give(t, q, TIME, "");
	q->values[q->rq.count - 1].u.number = TOWN_NOW;
}

void town_copy(const struct town_request *q, struct town_request *ret_copy)
{
	*ret_copy = *q;
	ret_copy->rq.values = ret_copy->values;
	for (size_t i = 0; i < q->rq.count; i++)
		if (q->values[i].len > 0)
			ret_copy->values[i].u.text = ret_copy->texts + (q->values[i].u.text - q->texts);
}

struct hf_policy *town_policy(const struct town *t)
{
	struct hf_policy_builder *b = hf_policy_builder_new(t->schema, t->trees);
	struct hf_policy *p = NULL;
	struct hf_fault f = {HF_OK, ""};
	struct town_rule r;
	enum hf_err e = HF_OK;
	for (uint32_t i = 0; i < t->rules && e == HF_OK; i++) {
		town_rule(t, i, &r);
		e = hf_policy_builder_add(b, &r.rule, &f);
	}
	if (e != HF_OK || hf_policy_builder_finish(b, 1, &p, &f) != HF_OK) {
		fprintf(stderr, "hufu-bench: %s\n", f.text);
		exit(1);
	}
	hf_policy_builder_free(b);
	return p;
}
