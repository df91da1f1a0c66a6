/*
 * small_world.h - a schema with few values, random rules over it, and every request that can be told apart: what exact
 * analysis is held against.
 */
#ifndef HUFU_TESTS_SMALL_WORLD_H
#define HUFU_TESTS_SMALL_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/mem.h"
#include "policy/policy.h"

#define WORLD_RULES 12
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t random_state;

static uint32_t rnd(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 33) % below;
}

/* HUFU_SEED repeats a run. */
static void seed(void)
{
	const char *text = getenv("HUFU_SEED");

	random_state = (text ? strtoull(text, NULL, 0) : (uint64_t)time(NULL)) * 2654435761u + 1;
	print_message("HUFU_SEED=%s\n", text ? text : "(the time)");
}

enum { ORG = 1, ROLE, LEVEL, KIND, ADDRESS };

static struct hf_schema *world_schema(void)
{
	static const char *const issuers[] = {"space"}, *const kinds[] = {"p", "q"};
	static const struct hf_attr_spec specs[] = {
	        {"subject.org", HF_GROUP_SUBJECT, HF_ATTR_MEMBER, issuers, 1, "orgs", NULL, 0, false},
	        {"subject.role", HF_GROUP_SUBJECT, HF_ATTR_TEXT, issuers, 1, NULL, NULL, 0, true},
	        {"resource.level", HF_GROUP_RESOURCE, HF_ATTR_INTEGER, issuers, 1, NULL, NULL, 0, false},
	        {"resource.kind", HF_GROUP_RESOURCE, HF_ATTR_CHOICE, issuers, 1, NULL, kinds, 2, false},
	        {"system.address", HF_GROUP_SYSTEM, HF_ATTR_ADDRESS, issuers, 1, NULL, NULL, 0, false},
	};
	struct hf_schema *s;

	assert_int_equal(hf_schema_new(specs, COUNT(specs), &s, NULL), HF_OK);
	return s;
}

/* which: two trees that differ in where "c" and "a1" hang. */
static struct hf_trees *world_trees(const struct hf_schema *schema, unsigned which)
{
	static const struct hf_tree_edge edges[2][5] = {
	        {{"root", NULL}, {"a", "root"}, {"b", "root"}, {"a1", "a"}, {"c", NULL}},
	        {{"root", NULL}, {"a", "root"}, {"b", "root"}, {"a1", "b"}, {"c", "b"}},
	};
	const struct hf_tree_spec spec = {"orgs", edges[which], 5};
	struct hf_trees *t;

	assert_int_equal(hf_trees_new(schema, &spec, 1, &t, NULL), HF_OK);
	return t;
}

/* Random rules; operands live in the struct. */
struct world_rule {
	struct hf_rule rule;
	char id[16];
	struct hf_condition conditions[4];
	struct hf_operand operands[4][2];
	struct hf_obligation obligation;
};

static struct hf_operand text_operand(const char *text)
{
	return (struct hf_operand){.text = text, .len = strlen(text)};
}

static void random_member(struct hf_condition *c, struct hf_operand *o)
{
	static const char *const orgs[] = {"root", "a", "b", "a1", "c", "nowhere"};

	c->attr = ORG;
	c->op = rnd(2) ? HF_OP_UNDER : HF_OP_ONE_OF;
	o[0] = text_operand(orgs[rnd(COUNT(orgs))]);
	o[1] = text_operand(orgs[rnd(COUNT(orgs))]);
	c->count = strcmp(o[0].text, o[1].text) == 0 ? 1 : 1 + rnd(2);
}

static void random_text(struct hf_condition *c, struct hf_operand *o)
{
	static const char *const roles[] = {"x", "y"}, *const kinds[] = {"p", "q"};

	c->attr = rnd(2) ? ROLE : KIND;
	c->count = 1 + rnd(2);
	c->op = c->count == 1 && rnd(2) ? HF_OP_EQUALS : HF_OP_ONE_OF;
	o[0] = text_operand((c->attr == ROLE ? roles : kinds)[c->count == 2 ? 0 : rnd(2)]);
	o[1] = text_operand((c->attr == ROLE ? roles : kinds)[1]);
}

static void random_range(struct hf_condition *c, struct hf_operand *o)
{
	o[0] = (struct hf_operand){.low = rnd(4)};
	o[0].high = o[0].low + rnd(3);
	c->attr = LEVEL;
	c->op = HF_OP_BETWEEN;
	c->count = 1;
	if (rnd(3) == 0) {
		c->op = HF_OP_ONE_OF;
		c->count = 2;
		o[1] = (struct hf_operand){.low = o[0].low + 2};
	}
}

static void random_prefix(struct hf_condition *c, struct hf_operand *o)
{
	static const char *const prefixes[] = {"10.0.0.0/30", "10.0.0.0/31", "10.0.0.2/31", "10.0.0.1", "::/0"};

	c->attr = ADDRESS;
	c->op = HF_OP_WITHIN;
	c->count = 1;
	assert_true(hf_prefix_parse(prefixes[rnd(COUNT(prefixes))], &o[0].address, &o[0].bits));
}

static void random_rule(struct world_rule *w, unsigned number)
{
	static void (*const makers[])(struct hf_condition * c, struct hf_operand * o) = {random_member, random_text,
	                                                                                 random_range, random_prefix};
	static const enum hf_mechanism mechanisms[] = {HF_MECHANISM_HOLD, HF_MECHANISM_ATTRIBUTE,
	                                               HF_MECHANISM_ATTRIBUTE, HF_MECHANISM_ATTRIBUTE,
	                                               HF_MECHANISM_APPLICATION};

	snprintf(w->id, sizeof(w->id), "r%u", number);
	w->rule = (struct hf_rule){.id = w->id,
	                           .mechanism = mechanisms[rnd(COUNT(mechanisms))],
	                           .state = rnd(12) ? HF_RULE_ACTIVE : HF_RULE_SUSPENDED,
	                           .priority = (int32_t)rnd(3),
	                           .from_ms = 10 * rnd(2),
	                           .conditions = w->conditions};
	w->rule.until_ms = w->rule.from_ms + 10 + 10 * rnd(2);
	w->obligation = (struct hf_obligation){.type = HF_OBLIGE_USES, .number = 1 + rnd(2)};
	w->rule.obligations = &w->obligation;
	w->rule.obligation_count = rnd(2);
	w->rule.condition_count = rnd(5);
	for (size_t i = 0; i < w->rule.condition_count; i++) {
		w->conditions[i].operands = w->operands[i];
		makers[rnd(COUNT(makers))](w->conditions + i, w->operands[i]);
	}
}

static struct hf_policy *world_compile(struct hf_schema *schema, struct hf_trees *trees,
                                       const struct hf_rule *const *rules, size_t count)
{
	struct hf_policy_builder *b = hf_policy_builder_new(schema, trees);
	struct hf_fault f = {.text = ""};
	struct hf_policy *p;

	for (size_t i = 0; i < count; i++)
		if (hf_policy_builder_add(b, rules[i], &f) != HF_OK)
			fail_msg("%s", f.text);
	assert_int_equal(hf_policy_builder_finish(b, 1, &p, &f), HF_OK);
	hf_policy_builder_free(b);
	return p;
}

/* Every request. */
static const char *const world_orgs[] = {NULL, "root", "a", "b", "a1", "c", "nowhere", "elsewhere"};
static const char *const world_roles[] = {"x", "y", "z"};
static const char *const world_kinds[] = {NULL, "p", "q"};
static const char *const world_addresses[] = {NULL,       "10.0.0.0", "10.0.0.1",   "10.0.0.2",
                                              "10.0.0.3", "10.0.0.4", "2001:db8::1"};
#define WORLD_LEVELS 8 /* -1 ... 5 and none */
#define WORLD_TIMES 5  /* -5, 5, 15, 25, 35 */
#define WORLD_REQUESTS (8u * 8u * WORLD_LEVELS * 3u * 7u * WORLD_TIMES)

struct world_request {
	struct hf_attr_value values[8];
	struct hf_policy_request rq;
};

static struct hf_attr_value *add_value(struct world_request *w, unsigned attr, enum hf_attr_type type)
{
	struct hf_attr_value *v = w->values + w->rq.count++;

	*v = (struct hf_attr_value){.attr = (uint16_t)attr, .issuer = 1, .type = type};
	return v;
}

static void add_text(struct world_request *w, unsigned attr, enum hf_attr_type type, const char *text)
{
	struct hf_attr_value *v;

	if (!text)
		return;
	v = add_value(w, attr, type);
	v->u.text = text;
	v->len = (uint32_t)strlen(text);
}

static void world_request(unsigned n, struct world_request *w)
{
	w->rq = (struct hf_policy_request){.values = w->values, .mechanisms = HF_MECHANISM_ALL};
	add_text(w, ORG, HF_ATTR_MEMBER, world_orgs[n % 8]);
	n /= 8;
	for (unsigned i = 0; i < 3; i++)
		add_text(w, ROLE, HF_ATTR_TEXT, n % 8 >> i & 1 ? world_roles[i] : NULL);
	n /= 8;
	if (n % WORLD_LEVELS < WORLD_LEVELS - 1)
		add_value(w, LEVEL, HF_ATTR_INTEGER)->u.number = (int64_t)(n % WORLD_LEVELS) - 1;
	n /= WORLD_LEVELS;
	add_text(w, KIND, HF_ATTR_CHOICE, world_kinds[n % 3]);
	n /= 3;
	if (world_addresses[n % 7])
		assert_true(
		        hf_address_parse(world_addresses[n % 7], &add_value(w, ADDRESS, HF_ATTR_ADDRESS)->u.address));
	n /= 7;
	w->rq.now_ms = 10 * (int64_t)n - 5;
}

#endif
