/*
 * world.h - random schemas, trees, rules, changes and requests, drawn from numbers or from the bytes of a fuzzer, and
 * the comparison of the engine with the reference over them. Texts come from small sets, so that rules do match.
 */
#ifndef HUFU_TESTS_POLICY_WORLD_H
#define HUFU_TESTS_POLICY_WORLD_H

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "policy/explain.h"
#include "unit/policy/reference.h"

#define WORLD_RULES_MAX 4096
#define WORLD_VALUES_MAX 40

/* Where numbers come from: bytes while there are any (fuzzer), else a generator of fixed seed. */
struct draw {
	const uint8_t *data;
	size_t left;
	bool bytes;
	uint64_t state;
};

static inline unsigned draw(struct draw *d, unsigned below)
{
	if (below < 2)
		return 0;
	if (d->bytes) {
		unsigned v = 0;
		for (unsigned span = 1; span < below && d->left > 0; span <<= 8, d->left--)
			v = v << 8 | *d->data++;
		return v % below;
	}
	d->state = d->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)((d->state >> 33) % below);
}

struct world {
	struct draw *d;
	struct hf_arena arena;
	struct ref_world ref;
	struct hf_schema *schema;
	struct hf_trees *trees;
	struct ref_rules rules; /* as they stand now; list has room for WORLD_RULES_MAX */
	struct hf_policy *policy;
	unsigned next_id, values; /* values: how many texts an attribute draws from */
};

static inline void world_fail(const char *what, const char *a, const char *b)
{
	fprintf(stderr, "the engine and the reference differ in %s: '%s' and '%s'\n", what, a, b);
	abort();
}

static inline const char *world_text(struct world *w, const char *head, unsigned n)
{
	char *t = hf_arena_get(&w->arena, 40);
	snprintf(t, 40, "%.24s%u", head, n);
	return t;
}

static inline const char *world_value(struct world *w, unsigned attr, unsigned n)
{
	const struct hf_attr_spec *s = &w->ref.specs[attr - 1];
	if (s->type == HF_ATTR_CHOICE)
		return s->choices[n % s->choice_count];
	if (s->type == HF_ATTR_MEMBER)
		return world_text(w, "n", n % 24);
	return world_text(w, n % 5 == 4 ? "a longer text, number " : "v", n % 90);
}

static inline void world_issuers(struct world *w, struct hf_attr_spec *s)
{
	static const char *const names[] = {"space", "provider", "gate", "organization"};
	const char **list = hf_arena_get(&w->arena, 2 * sizeof(*list));
	s->issuer_count = 1 + draw(w->d, 2);
	list[0] = names[draw(w->d, 4)];
	list[1] = names[draw(w->d, 4)];
	s->issuers = list;
	for (size_t i = 0; i < s->issuer_count; i++) {
		size_t k = 0;
		while (k < w->ref.issuer_count && strcmp(w->ref.issuers[k], list[i]) != 0)
			k++;
		if (k == w->ref.issuer_count)
			w->ref.issuers[w->ref.issuer_count++] = list[i];
	}
}

static inline void world_schema(struct world *w)
{
	static const char *const tree_names[REF_TREES] = {"organizations", "regions", "topics"};
	struct hf_fault f = {0};
	w->ref.spec_count = 1 + draw(w->d, 10);
	for (size_t i = 0; i < w->ref.spec_count; i++) {
		struct hf_attr_spec *s = &w->ref.specs[i];
		static const uint8_t types[] = {HF_ATTR_TEXT,   HF_ATTR_TEXT,    HF_ATTR_CHOICE, HF_ATTR_MEMBER,
		                                HF_ATTR_MEMBER, HF_ATTR_INTEGER, HF_ATTR_TIME,   HF_ATTR_ADDRESS};
		*s = (struct hf_attr_spec){.name = world_text(w, "attr.", (unsigned)i),
		                           .group = (enum hf_attr_group)(1 + draw(w->d, 4)),
		                           .type = (enum hf_attr_type)types[draw(w->d, 8)],
		                           .many = draw(w->d, 3) == 0};
		if (s->type == HF_ATTR_MEMBER)
			s->tree = tree_names[draw(w->d, REF_TREES)];
		if (s->type == HF_ATTR_CHOICE) {
			s->choice_count = 1 + draw(w->d, 4);
			const char **list = hf_arena_get(&w->arena, s->choice_count * sizeof(*list));
			for (unsigned k = 0; k < s->choice_count; k++)
				list[k] = world_text(w, "c", k);
			s->choices = list;
		}
		world_issuers(w, s);
	}
	if (hf_schema_new(w->ref.specs, w->ref.spec_count, &w->schema, &f) != HF_OK)
		world_fail("accepting a schema", f.text, "");
	for (size_t i = 0; i < REF_TREES; i++)
		w->ref.trees[i].name = tree_names[i];
}

/* A forest over the nodes n0 ... n23: the parent has the lower number. */
static inline void world_trees(struct world *w, struct hf_trees **ret_trees)
{
	struct hf_tree_spec specs[REF_TREES];
	struct hf_fault f = {0};
	for (size_t t = 0; t < REF_TREES; t++) {
		struct ref_tree *tree = &w->ref.trees[t];
		tree->count = draw(w->d, 24);
		for (unsigned i = 0; i < tree->count; i++)
			tree->edges[i] = (struct hf_tree_edge){
			        world_text(w, "n", i),
			        i > 0 && draw(w->d, 5) ? world_text(w, "n", draw(w->d, i)) : NULL};
		specs[t] = (struct hf_tree_spec){tree->name, tree->edges, tree->count};
	}
	if (hf_trees_new(w->schema, specs, REF_TREES, ret_trees, &f) != HF_OK)
		world_fail("accepting trees", f.text, "");
}

static inline struct hf_address world_address(struct world *w)
{
	struct hf_address a = {{0}};
	if (draw(w->d, 4) == 0) {
		a.b[0] = 0x20;
		a.b[15] = (uint8_t)draw(w->d, 4);
		return a;
	}
	a.b[10] = a.b[11] = 0xff;
	a.b[12] = 10;
	a.b[13] = (uint8_t)draw(w->d, 2);
	a.b[14] = (uint8_t)draw(w->d, 4);
	a.b[15] = (uint8_t)draw(w->d, 4);
	return a;
}

static inline void world_operand(struct world *w, const struct hf_condition *c, struct hf_operand *o)
{
	const struct hf_attr_spec *s = &w->ref.specs[c->attr - 1];
	*o = (struct hf_operand){0};
	if (s->type == HF_ATTR_ADDRESS) {
		static const uint8_t lengths[] = {128, 126, 120, 104, 96, 8, 0, 127};
		o->address = world_address(w);
		o->bits = lengths[draw(w->d, 8)];
		for (unsigned i = o->bits; c->op == HF_OP_WITHIN && i < 128; i++)
			o->address.b[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	} else if (s->type == HF_ATTR_INTEGER || s->type == HF_ATTR_TIME) {
		o->low = (int64_t)draw(w->d, 12) - 2;
		o->high = o->low + 1 + draw(w->d, 5);
	} else {
		o->text = world_value(w, c->attr, draw(w->d, w->values));
		o->len = strlen(o->text);
	}
}

static inline void world_condition(struct world *w, struct hf_condition *c)
{
	static const enum hf_operator by_type[][4] = {
	        [HF_ATTR_TEXT] = {HF_OP_EQUALS, HF_OP_EQUALS, HF_OP_EQUALS, HF_OP_ONE_OF},
	        [HF_ATTR_CHOICE] = {HF_OP_EQUALS, HF_OP_EQUALS, HF_OP_ONE_OF, HF_OP_ONE_OF},
	        [HF_ATTR_MEMBER] = {HF_OP_EQUALS, HF_OP_UNDER, HF_OP_UNDER, HF_OP_ONE_OF},
	        [HF_ATTR_INTEGER] = {HF_OP_EQUALS, HF_OP_BETWEEN, HF_OP_BETWEEN, HF_OP_ONE_OF},
	        [HF_ATTR_TIME] = {HF_OP_DURING, HF_OP_DURING, HF_OP_DURING, HF_OP_DURING},
	        [HF_ATTR_ADDRESS] = {HF_OP_WITHIN, HF_OP_WITHIN, HF_OP_EQUALS, HF_OP_ONE_OF},
	};
	c->attr = 1 + draw(w->d, (unsigned)w->ref.spec_count);
	c->op = by_type[w->ref.specs[c->attr - 1].type][draw(w->d, 4)];
	bool several = c->op == HF_OP_ONE_OF || ((c->op == HF_OP_UNDER || c->op == HF_OP_WITHIN) && draw(w->d, 3) == 0);
	c->count = several ? 1 + draw(w->d, draw(w->d, 10) ? 4 : 100) : 1;
	struct hf_operand *o = hf_arena_get(&w->arena, c->count * sizeof(*o));
	for (size_t i = 0; i < c->count; i++)
		world_operand(w, c, &o[i]);
	c->operands = o;
}

static inline void world_obligations(struct world *w, struct hf_rule *r)
{
	static const char *const names[] = {"name", "address", "income"};
	struct hf_obligation *o = hf_arena_get(&w->arena, 3 * sizeof(*o));
	o[0] = (struct hf_obligation){.type = HF_OBLIGE_MASK, .text = world_text(w, "plan", draw(w->d, 3))};
	o[1] = (struct hf_obligation){.type = HF_OBLIGE_FIELDS, .names = names, .name_count = 1 + draw(w->d, 3)};
	o[2] = (struct hf_obligation){.type = HF_OBLIGE_USES, .number = 1 + draw(w->d, 5)};
	r->obligations = o;
	r->obligation_count = draw(w->d, 4);
	if (r->obligation_count == 0)
		r->obligations = NULL;
}

/* Times are 0 ... 9 everywhere. id NULL: a new one. */
static inline const struct hf_rule *world_rule(struct world *w, const char *id)
{
	struct hf_rule *r = hf_arena_get(&w->arena, sizeof(*r));
	struct hf_condition *c = hf_arena_get(&w->arena, 8 * sizeof(*c));
	*r = (struct hf_rule){.id = id ? id : world_text(w, "rule-", w->next_id++),
	                      .mechanism = (enum hf_mechanism)(1 + (draw(w->d, 8) ? 1 + draw(w->d, 3) : 0)),
	                      .state = draw(w->d, 4) ? HF_RULE_ACTIVE : (enum hf_rule_state)(1 + draw(w->d, 7)),
	                      .priority = (int32_t)draw(w->d, 3) - 1,
	                      .from_ms = draw(w->d, 4) ? 0 : (int64_t)draw(w->d, 8),
	                      .conditions = c,
	                      .quota = draw(w->d, 3) ? NULL : world_text(w, "quota-", draw(w->d, 3))};
	r->until_ms = draw(w->d, 4) ? 100 : r->from_ms + 1 + draw(w->d, 5);
	r->condition_count = draw(w->d, draw(w->d, 4) ? 4 : 8);
	for (size_t i = 0; i < r->condition_count; i++)
		world_condition(w, &c[i]);
	world_obligations(w, r);
	return r;
}

static inline void world_add(struct world *w, struct hf_policy_builder *b, const struct hf_rule *r)
{
	struct hf_fault f = {0};
	if (hf_policy_builder_add(b, r, &f) != HF_OK)
		world_fail("accepting a rule", f.text, "");
	w->rules.list[w->rules.count++] = r;
}

static inline void world_init(struct world *w, struct draw *d, unsigned rules)
{
	struct hf_fault f = {0};
	memset(w, 0, sizeof(*w));
	w->d = d;
	hf_arena_init(&w->arena, NULL, 0);
	w->rules.list = hf_alloc(WORLD_RULES_MAX * sizeof(*w->rules.list));
	w->values = 2 + draw(d, 60);
	world_schema(w);
	world_trees(w, &w->trees);
	struct hf_policy_builder *b = hf_policy_builder_new(w->schema, w->trees);
	for (unsigned i = 0; i < rules; i++)
		world_add(w, b, world_rule(w, NULL));
	if (hf_policy_builder_finish(b, 1, &w->policy, &f) != HF_OK)
		world_fail("building", f.text, "");
	hf_policy_builder_free(b);
}

static inline void world_done(struct world *w)
{
	hf_policy_free(w->policy);
	hf_trees_free(w->trees);
	hf_schema_free(w->schema);
	hf_arena_done(&w->arena);
	free(w->rules.list);
}

/* A value of the attribute; now and then one that is wrong. */
static inline void world_fill(struct world *w, unsigned attr, struct hf_attr_value *v)
{
	const struct hf_attr_spec *s = &w->ref.specs[attr - 1];
	*v = (struct hf_attr_value){.attr = (uint16_t)attr, .type = s->type};
	const char *issuer = s->issuers[draw(w->d, (unsigned)s->issuer_count)];
	v->issuer = (uint16_t)hf_schema_issuer(w->schema, issuer);
	if (draw(w->d, 16) == 0)
		v->issuer = (uint16_t)draw(w->d, 40);
	if (s->type == HF_ATTR_ADDRESS) {
		v->u.address = world_address(w);
	} else if (s->type == HF_ATTR_INTEGER || s->type == HF_ATTR_TIME) {
		v->u.number = (int64_t)draw(w->d, 14) - 2;
	} else {
		v->u.text = world_value(w, attr, draw(w->d, w->values));
		v->len = (uint32_t)strlen(v->u.text);
	}
	if (draw(w->d, 200) == 0)
		v->attr = (uint16_t)draw(w->d, 70);
	if (draw(w->d, 200) == 0 && v->len > 0) {
		v->u.text = "not declared";
		v->len = 12;
	}
	if (draw(w->d, 300) == 0) {
		memset(&v->u, 0, sizeof(v->u));
		v->len = 0;
		v->type = (enum hf_attr_type)draw(w->d, 8);
	}
}

/* Values that a rule asks for, mostly, so that matches are not rare. */
static inline void world_towards(struct world *w, const struct hf_rule *r, struct hf_attr_value *values, size_t count)
{
	for (size_t i = 0; i < r->condition_count; i++)
		for (size_t k = 0; k < count; k++) {
			const struct hf_condition *c = &r->conditions[i];
			const struct hf_operand *o = &c->operands[draw(w->d, (unsigned)c->count)];
			struct hf_attr_value *v = &values[k];
			if (v->attr != c->attr || v->type != w->ref.specs[c->attr - 1].type || draw(w->d, 12) == 0)
				continue;
			if (v->type == HF_ATTR_ADDRESS) {
				v->u.address = o->address;
			} else if (v->type == HF_ATTR_INTEGER || v->type == HF_ATTR_TIME) {
				v->u.number = o->low;
			} else if (c->op != HF_OP_UNDER || draw(w->d, 3) == 0) {
				v->u.text = o->text;
				v->len = (uint32_t)o->len;
			}
			break;
		}
}

static inline void world_request(struct world *w, struct hf_attr_value values[WORLD_VALUES_MAX],
                                 struct hf_policy_request *rq)
{
	size_t count = 0;
	for (unsigned a = 1; a <= w->ref.spec_count; a++) {
		if (draw(w->d, 12) == 0)
			continue;
		world_fill(w, a, &values[count++]);
		while (draw(w->d, w->ref.specs[a - 1].many ? 2 : 200) == 0 && count < WORLD_VALUES_MAX - 12)
			world_fill(w, a, &values[count++]);
	}
	if (w->rules.count > 0 && draw(w->d, 3))
		world_towards(w, w->rules.list[draw(w->d, (unsigned)w->rules.count)], values, count);
	*rq = (struct hf_policy_request){.values = values,
	                                 .count = count,
	                                 .now_ms = (int64_t)draw(w->d, 10),
	                                 .mechanisms = draw(w->d, 3) ? HF_MECHANISM_ALL : draw(w->d, 32),
	                                 .budget = 100000000};
}

static inline bool world_same_obligations(const struct hf_rule *r, const struct hf_policy_decision *d)
{
	bool same = r->obligation_count == d->obligation_count;
	for (size_t i = 0; same && i < d->obligation_count; i++) {
		const struct hf_obligation *a = &r->obligations[i], *b = &d->obligations[i];
		same = a->type == b->type && a->number == b->number && a->name_count == b->name_count &&
		       !a->text == !b->text && (!a->text || strcmp(a->text, b->text) == 0);
		for (size_t k = 0; same && k < a->name_count; k++)
			same = strcmp(a->names[k], b->names[k]) == 0;
	}
	return same;
}

/* One case: the engine's whole answer against the reference's. */
static inline void world_compare(const struct world *w, const struct hf_policy *p, const struct ref_rules *rules,
                                 const struct hf_policy_request *rq)
{
	struct hf_policy_decision d;
	struct ref_answer a = ref_decide(&w->ref, rules, rq);
	hf_policy_decide(p, rq, &d);
	if (d.reason != a.reason || d.permit != a.permit)
		world_fail("the reason", hf_policy_reason_name(d.reason), hf_policy_reason_name(a.reason));
	if (strcmp(d.rule, a.rule ? a.rule->id : "") != 0)
		world_fail("the rule", d.rule, a.rule ? a.rule->id : "");
	if (d.mechanism != (a.rule ? a.rule->mechanism : HF_MECHANISM_INVALID))
		world_fail("the mechanism", d.rule, "");
	if (d.attr != a.attr || (a.reason != HF_WHY_TOO_LARGE && d.ignored != a.ignored))
		world_fail("the attribute at fault", d.rule, "");
	if (a.permit &&
	    (!world_same_obligations(a.rule, &d) || strcmp(d.quota, a.rule->quota ? a.rule->quota : "") != 0))
		world_fail("obligations or quota", d.rule, a.rule->id);
}

/* Each near miss counts as the reference counts it. */
static inline void world_compare_misses(const struct world *w, const struct ref_rules *rules,
                                        const struct hf_policy_request *rq)
{
	static struct hf_policy_explanation x;
	hf_policy_explain(w->policy, rq, HF_EXPLAIN_LOOKED_AT_MAX, &x);
	for (size_t i = 0; i < x.miss_count; i++) {
		const struct hf_policy_miss *m = &x.misses[i];
		const struct hf_rule *r = NULL;
		for (size_t k = 0; k < rules->count && !r; k++)
			r = strcmp(rules->list[k]->id, m->rule) == 0 ? rules->list[k] : NULL;
		if (!r || ref_failed(&w->ref, r, rq) != m->failed || r->condition_count != m->conditions)
			world_fail("a near miss", m->rule, r ? r->id : "none");
		if (m->reason != (m->failed ? HF_WHY_NO_RULE : ref_force(r, rq)))
			world_fail("a near miss's reason", m->rule, hf_policy_reason_name(m->reason));
		for (size_t k = 0; k < m->fail_count; k++)
			if (ref_condition(&w->ref, &r->conditions[m->fails[k].condition], rq))
				world_fail("a failed condition", m->rule, "");
	}
}

static inline void world_forget(struct world *w, const char *id)
{
	for (size_t i = 0; i < w->rules.count; i++)
		if (strcmp(w->rules.list[i]->id, id) == 0) {
			w->rules.list[i] = w->rules.list[--w->rules.count];
			return;
		}
	world_fail("what there is to remove", id, "");
}

/* One to three changes at once: add, remove, replace. */
static inline void world_change(struct world *w)
{
	struct hf_policy_change changes[3] = {{0}};
	size_t count = 1 + draw(w->d, 3);
	struct hf_policy *next = NULL;
	struct hf_fault f = {0};
	for (size_t i = 0; i < count; i++) {
		unsigned what = draw(w->d, 3);
		if (what > 0 && w->rules.count > 0) {
			changes[i].remove = w->rules.list[draw(w->d, (unsigned)w->rules.count)]->id;
			world_forget(w, changes[i].remove);
		}
		if (what != 1 && w->rules.count < WORLD_RULES_MAX) {
			changes[i].add = world_rule(w, what == 2 ? changes[i].remove : NULL);
			w->rules.list[w->rules.count++] = changes[i].add;
		}
	}
	if (hf_policy_apply(w->policy, changes, count, &next, &f) != HF_OK)
		world_fail("accepting a change", f.text, "");
	hf_policy_free(w->policy);
	w->policy = next;
}

#endif
