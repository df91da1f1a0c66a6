/*
 * match.h - a stored rule held against a prepared request, by hashes: whether texts are equal as well is looked at when
 * an answer is given (plain.c). Inline, as it is most of what a decision does with a rule.
 */
#ifndef HUFU_POLICY_MATCH_H
#define HUFU_POLICY_MATCH_H

#include "policy/prepared.h"

static inline bool pol_text_holds(const struct pol_prepared *q, const struct pol_cond *c)
{
	const struct pol_given *g = &q->given[c->attr];
	unsigned count = c->op == HF_OP_UNDER ? g->hash_count : g->own_count;
	if (c->count == 1) {
		for (unsigned k = 0; k < count; k++)
			if (pol_hash_is(c, g->hashes[k]))
				return true;
		return false;
	}
	const uint8_t *at = q->policy->store->pool.data + c->ref;
	const struct pol_choice *list = (const struct pol_choice *)(const void *)at;
	for (unsigned i = 0; i < c->count; i++)
		for (unsigned k = 0; k < count; k++)
			if (list[i].hash == g->hashes[k])
				return true;
	return false;
}

/* match.c */
bool pol_value_holds(const struct pol_prepared *q, const struct pol_cond *c, const struct hf_attr_value *v);

static inline bool pol_holds(const struct pol_prepared *q, const struct pol_cond *c)
{
	if (!(q->present & UINT64_C(1) << c->attr))
		return false;
	if (c->kind == POL_TEXTS)
		return pol_text_holds(q, c);
	for (unsigned i = q->given[c->attr].first;; i = q->next[i]) {
		if (pol_value_holds(q, c, &q->rq->values[i]))
			return true;
		if (q->next[i] == i)
			return false;
	}
}

static inline bool pol_matches(const struct pol_prepared *q, const struct pol_rule *r)
{
	for (unsigned i = 0; i < r->count; i++)
		if (!pol_holds(q, &r->conds[i]))
			return false;
	return true;
}

#endif
