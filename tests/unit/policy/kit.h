/*
 * kit.h - rules and requests in few words, over the standard schema and small trees. Everything lives in one arena.
 */
#ifndef HUFU_TESTS_POLICY_KIT_H
#define HUFU_TESTS_POLICY_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "policy/explain.h"
#include "policy/policy.h"

#define KIT_NOW 1000
#define KIT_CONDITIONS 8
#define KIT_VALUES 24

struct kit {
	struct hf_schema *schema;
	struct hf_trees *trees;
	struct hf_policy *policy;
	struct hf_arena arena;
};
struct kit_rule {
	struct hf_rule rule;
	struct hf_condition conditions[KIT_CONDITIONS];
	struct hf_operand operands[KIT_CONDITIONS];
};
struct kit_request {
	struct hf_policy_request rq;
	struct hf_attr_value values[KIT_VALUES];
};

static const struct hf_tree_edge kit_organizations[] = {
        {"province", NULL},    {"transport", "province"}, {"roads", "transport"},
        {"bridges", "roads"},  {"rail", "transport"},     {"health", "province"},
        {"clinics", "health"}, {"neighbour", NULL},       {"far-office", "neighbour"},
};
static const struct hf_tree_edge kit_topics[] = {
        {"traffic", NULL}, {"tolls", "traffic"}, {"plates", "tolls"}, {"births", NULL}};

static inline void kit_trees(struct kit *k, const struct hf_tree_edge *edges, size_t count)
{
	const struct hf_tree_spec specs[] = {
	        {"organizations", edges, count}, {"topics", kit_topics, 4}, {"regions", NULL, 0}};
	assert_int_equal(hf_trees_new(k->schema, specs, 3, &k->trees, NULL), HF_OK);
}

static inline void kit_open(struct kit *k)
{
	memset(k, 0, sizeof(*k));
	hf_arena_init(&k->arena, NULL, 0);
	k->schema = hf_schema_standard();
	kit_trees(k, kit_organizations, sizeof(kit_organizations) / sizeof(kit_organizations[0]));
}

static inline void kit_close(struct kit *k)
{
	hf_policy_free(k->policy);
	hf_trees_free(k->trees);
	hf_schema_free(k->schema);
	hf_arena_done(&k->arena);
}

static inline unsigned kit_attr(const struct kit *k, const char *name)
{
	unsigned a = hf_schema_attr(k->schema, name);
	assert_int_not_equal(a, 0);
	return a;
}

static inline struct kit_rule *kit_rule(struct kit *k, const char *id, enum hf_mechanism m)
{
	struct kit_rule *r = hf_arena_get(&k->arena, sizeof(*r));
	memset(r, 0, sizeof(*r));
	r->rule = (struct hf_rule){.id = id,
	                           .mechanism = m,
	                           .state = HF_RULE_ACTIVE,
	                           .from_ms = 0,
	                           .until_ms = 2 * KIT_NOW,
	                           .conditions = r->conditions};
	return r;
}

static inline struct hf_operand *kit_when(struct kit *k, struct kit_rule *r, const char *attr, enum hf_operator op,
                                          const char *text)
{
	size_t i = r->rule.condition_count++;
	assert_in_range(i, 0, KIT_CONDITIONS - 1);
	r->operands[i] = (struct hf_operand){.text = text, .len = text ? strlen(text) : 0};
	r->conditions[i] = (struct hf_condition){kit_attr(k, attr), op, &r->operands[i], 1};
	return &r->operands[i];
}

/* Replaces the kit's policy by one of these rules, ended by NULL. */
static inline void kit_load(struct kit *k, ...)
{
	struct hf_policy_builder *b = hf_policy_builder_new(k->schema, k->trees);
	struct hf_fault f = {0};
	struct kit_rule *r;
	va_list rules;
	va_start(rules, k);
	while ((r = va_arg(rules, struct kit_rule *)) != NULL)
		if (hf_policy_builder_add(b, &r->rule, &f) != HF_OK)
			fail_msg("%s", f.text);
	va_end(rules);
	hf_policy_free(k->policy);
	k->policy = NULL;
	if (hf_policy_builder_finish(b, 1, &k->policy, &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_policy_builder_free(b);
}

static inline struct hf_attr_value *kit_value(struct kit *k, struct kit_request *q, const char *attr)
{
	unsigned a = kit_attr(k, attr);
	const struct hf_attr_spec *spec = hf_schema_spec(k->schema, a);
	struct hf_attr_value *v = NULL;
	for (size_t i = 0; i < q->rq.count && !v; i++)
		v = q->values[i].attr == a ? &q->values[i] : NULL;
	if (!v)
		v = &q->values[q->rq.count++];
	*v = (struct hf_attr_value){.attr = (uint16_t)a, .type = spec->type};
	v->issuer = (uint16_t)hf_schema_issuer(k->schema, spec->issuers[0]);
	return v;
}

static inline void kit_give(struct kit *k, struct kit_request *q, const char *attr, const char *text)
{
	struct hf_attr_value *v = kit_value(k, q, attr);
	v->u.text = text;
	v->len = (uint32_t)strlen(text);
}

static inline void kit_number(struct kit *k, struct kit_request *q, const char *attr, int64_t n)
{
	kit_value(k, q, attr)->u.number = n;
}

static inline void kit_address(struct kit *k, struct kit_request *q, const char *attr, const char *text)
{
	struct hf_attr_value *v = kit_value(k, q, attr);
	assert_true(hf_address_parse(text, &v->u.address));
}

/* The bureau of bridges asks, with its desk, for toll records. */
static inline void kit_ask(struct kit *k, struct kit_request *q)
{
	memset(q, 0, sizeof(*q));
	q->rq = (struct hf_policy_request){.values = q->values, .now_ms = KIT_NOW, .mechanisms = HF_MECHANISM_ALL};
	kit_give(k, q, "subject.organization", "bridges");
	kit_give(k, q, "subject.identity", "zhang");
	kit_give(k, q, "subject.role", "clerk");
	kit_give(k, q, "system.name", "desk");
	kit_address(k, q, "system.address", "10.1.2.3");
	kit_give(k, q, "system.business", "inspection");
	kit_give(k, q, "resource.id", "toll-records");
	kit_give(k, q, "resource.url", "hufu://transport/toll-records");
	kit_give(k, q, "resource.address", "db-7");
	kit_give(k, q, "resource.type", "table");
	kit_give(k, q, "resource.topic", "plates");
	kit_number(k, q, "resource.level", 2);
	kit_give(k, q, "context.action", "read");
	kit_give(k, q, "context.purpose", "safety");
	kit_number(k, q, "context.time", KIT_NOW);
}

static inline struct hf_policy_decision kit_decide(const struct kit *k, const struct kit_request *q)
{
	struct hf_policy_decision d;
	struct hf_policy_request rq = q->rq;
	rq.values = q->values;
	hf_policy_decide(k->policy, &rq, &d);
	return d;
}

#define assert_permitted(k, q, id)                                                                                     \
	do {                                                                                                           \
		struct hf_policy_decision d_ = kit_decide((k), (q));                                                   \
		assert_string_equal(hf_policy_reason_name(d_.reason), "permitted");                                    \
		assert_true(d_.permit);                                                                                \
		assert_string_equal(d_.rule, id);                                                                      \
	} while (0)
#define assert_denied(k, q, why)                                                                                       \
	do {                                                                                                           \
		struct hf_policy_decision d_ = kit_decide((k), (q));                                                   \
		assert_string_equal(hf_policy_reason_name(d_.reason), why);                                            \
		assert_false(d_.permit);                                                                               \
		assert_int_equal(d_.obligation_count, 0);                                                              \
	} while (0)

#endif
