/*
 * reference.h - a slow, obviously right evaluator: every rule, every condition, every value, by comparing texts. It
 * shares no line with the engine. Used by the differential tests and the fuzz target.
 */
#ifndef HUFU_TESTS_POLICY_REFERENCE_H
#define HUFU_TESTS_POLICY_REFERENCE_H

#include <string.h>

#include "policy/policy.h"

#define REF_TREES 3

struct ref_tree {
	const char *name;
	struct hf_tree_edge edges[64];
	size_t count;
};
struct ref_world {
	struct hf_attr_spec specs[HF_ATTR_MAX];
	size_t spec_count;
	struct ref_tree trees[REF_TREES];
	const char *issuers[8]; /* by number - 1, in the order of first mention */
	size_t issuer_count;
};
struct ref_rules {
	const struct hf_rule **list;
	size_t count;
};
struct ref_answer {
	bool permit;
	enum hf_policy_reason reason;
	const struct hf_rule *rule; /* NULL: none */
	uint64_t ignored;
	unsigned attr;
};

static inline bool ref_issuer_ok(const struct ref_world *w, const struct hf_attr_spec *spec, unsigned issuer)
{
	if (issuer < 1 || issuer > w->issuer_count)
		return false;
	for (size_t i = 0; i < spec->issuer_count; i++)
		if (strcmp(spec->issuers[i], w->issuers[issuer - 1]) == 0)
			return true;
	return false;
}

static inline bool ref_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}

/* Walks up from the node by the list of edges. */
static inline bool ref_under(const struct ref_world *w, const char *tree, const char *node, size_t len,
                             const struct hf_operand *top)
{
	for (int steps = 0; steps < 100; steps++) {
		const char *parent = NULL;
		if (ref_same(node, len, top->text, top->len))
			return true;
		for (size_t t = 0; t < REF_TREES; t++)
			for (size_t e = 0; w->trees[t].name && e < w->trees[t].count; e++)
				if (strcmp(w->trees[t].name, tree) == 0 &&
				    ref_same(w->trees[t].edges[e].node, strlen(w->trees[t].edges[e].node), node, len))
					parent = w->trees[t].edges[e].parent;
		if (!parent)
			return false;
		node = parent;
		len = strlen(parent);
	}
	return false;
}

static inline bool ref_prefix(const struct hf_operand *o, const struct hf_address *a, unsigned bits)
{
	for (unsigned i = 0; i < bits; i++)
		if ((o->address.b[i / 8] ^ a->b[i / 8]) & 0x80 >> i % 8)
			return false;
	return true;
}

static inline bool ref_value_meets(const struct ref_world *w, const struct hf_condition *c, const struct hf_operand *o,
                                   const struct hf_attr_value *v)
{
	bool textual = v->type == HF_ATTR_TEXT || v->type == HF_ATTR_CHOICE || v->type == HF_ATTR_MEMBER;
	switch (c->op) {
	case HF_OP_EQUALS:
	case HF_OP_ONE_OF:
		if (textual)
			return ref_same(v->u.text, v->len, o->text, o->len);
		return v->type == HF_ATTR_ADDRESS ? ref_prefix(o, &v->u.address, 128) : v->u.number == o->low;
	case HF_OP_UNDER:
		return ref_under(w, w->specs[c->attr - 1].tree, v->u.text, v->len, o);
	case HF_OP_BETWEEN:
		return o->low <= v->u.number && v->u.number <= o->high;
	case HF_OP_DURING:
		return o->low <= v->u.number && v->u.number < o->high;
	case HF_OP_WITHIN:
		return ref_prefix(o, &v->u.address, o->bits);
	case HF_OP_INVALID:
		break;
	}
	return false;
}

static inline bool ref_condition(const struct ref_world *w, const struct hf_condition *c,
                                 const struct hf_policy_request *rq)
{
	for (size_t i = 0; i < rq->count; i++)
		for (size_t k = 0; k < c->count; k++)
			if (rq->values[i].attr == c->attr &&
			    ref_issuer_ok(w, &w->specs[c->attr - 1], rq->values[i].issuer) &&
			    ref_value_meets(w, c, &c->operands[k], &rq->values[i]))
				return true;
	return false;
}

static inline unsigned ref_failed(const struct ref_world *w, const struct hf_rule *r,
                                  const struct hf_policy_request *rq)
{
	unsigned failed = 0;
	for (size_t i = 0; i < r->condition_count; i++)
		failed += !ref_condition(w, &r->conditions[i], rq);
	return failed;
}

static inline enum hf_policy_reason ref_force(const struct hf_rule *r, const struct hf_policy_request *rq)
{
	switch (r->state) {
	case HF_RULE_PENDING:
		return HF_WHY_PENDING;
	case HF_RULE_RETURNED:
		return HF_WHY_RETURNED;
	case HF_RULE_REJECTED:
		return HF_WHY_REJECTED;
	case HF_RULE_SUSPENDED:
		return HF_WHY_SUSPENDED;
	case HF_RULE_REVOKED:
		return HF_WHY_REVOKED;
	case HF_RULE_SUPERSEDED:
		return HF_WHY_SUPERSEDED;
	case HF_RULE_INVALID:
	case HF_RULE_ACTIVE:
		break;
	}
	if (rq->now_ms < r->from_ms)
		return HF_WHY_NOT_YET;
	if (rq->now_ms >= r->until_ms)
		return HF_WHY_EXPIRED;
	if (r->mechanism == HF_MECHANISM_HOLD)
		return HF_WHY_HELD;
	return rq->mechanisms & 1u << r->mechanism ? HF_WHY_PERMITTED : HF_WHY_MECHANISM;
}

static inline bool ref_before(const struct hf_rule *a, const struct hf_rule *b)
{
	if (a->mechanism != b->mechanism)
		return a->mechanism < b->mechanism;
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return strcmp(a->id, b->id) < 0;
}

static inline bool ref_text_ok(const struct hf_attr_spec *spec, const struct hf_attr_value *v)
{
	if (v->len > HF_ATTR_VALUE_MAX)
		return false;
	for (size_t i = 0; i < spec->choice_count; i++)
		if (ref_same(spec->choices[i], strlen(spec->choices[i]), v->u.text, v->len))
			return true;
	return spec->type != HF_ATTR_CHOICE;
}

/* HF_WHY_PERMITTED: the request can be decided. */
static inline enum hf_policy_reason ref_check(const struct ref_world *w, const struct hf_policy_request *rq,
                                              struct ref_answer *a)
{
	unsigned seen[HF_ATTR_MAX + 1] = {0};
	if (rq->count > HF_REQUEST_VALUES_MAX)
		return HF_WHY_TOO_LARGE;
	for (size_t i = 0; i < rq->count; i++) {
		const struct hf_attr_value *v = &rq->values[i];
		a->attr = v->attr;
		if (v->attr < 1 || v->attr > w->spec_count)
			return HF_WHY_UNKNOWN_ATTRIBUTE;
		const struct hf_attr_spec *spec = &w->specs[v->attr - 1];
		if (v->type != spec->type)
			return HF_WHY_BAD_VALUE;
		if (!ref_issuer_ok(w, spec, v->issuer)) {
			a->ignored |= UINT64_C(1) << v->attr;
			continue;
		}
		if (seen[v->attr]++ && !spec->many)
			return HF_WHY_BAD_VALUE;
	}
	for (a->attr = 1; a->attr <= w->spec_count; a->attr++)
		for (size_t i = 0; i < rq->count; i++) {
			const struct hf_attr_spec *spec = &w->specs[a->attr - 1];
			const struct hf_attr_value *v = &rq->values[i];
			bool textual =
			        v->type == HF_ATTR_TEXT || v->type == HF_ATTR_CHOICE || v->type == HF_ATTR_MEMBER;
			if (v->attr == a->attr && ref_issuer_ok(w, spec, v->issuer) && textual && !ref_text_ok(spec, v))
				return HF_WHY_BAD_VALUE;
		}
	a->attr = 0;
	return HF_WHY_PERMITTED;
}

static inline struct ref_answer ref_decide(const struct ref_world *w, const struct ref_rules *rules,
                                           const struct hf_policy_request *rq)
{
	struct ref_answer a = {.reason = HF_WHY_NO_RULE};
	const struct hf_rule *best = NULL, *blocked = NULL;
	enum hf_policy_reason why = ref_check(w, rq, &a);
	if (why != HF_WHY_PERMITTED) {
		a.reason = why;
		return a;
	}
	for (size_t i = 0; i < rules->count; i++) {
		const struct hf_rule *r = rules->list[i];
		if (ref_failed(w, r, rq) > 0)
			continue;
		why = ref_force(r, rq);
		if (why == HF_WHY_PERMITTED || why == HF_WHY_HELD)
			best = !best || ref_before(r, best) ? r : best;
		else if (r->mechanism != HF_MECHANISM_HOLD)
			blocked = !blocked || ref_before(r, blocked) ? r : blocked;
	}
	a.rule = best ? best : blocked;
	if (a.rule)
		a.reason = ref_force(a.rule, rq);
	a.permit = a.reason == HF_WHY_PERMITTED;
	return a;
}

#endif
