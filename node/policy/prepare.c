/*
 * prepare.c - a request as the caller gives it, checked against the schema, hashed once. A value from an issuer that
 * has no right to the attribute is left out and noted (AZ-48); anything that is not declared stops the decision.
 */
#include "policy/prepared.h"

static bool is_choice(const struct pol_attr *a, uint64_t hash)
{
	for (uint32_t i = 0; i < a->choice_count; i++)
		if (a->choices[i].hash == hash)
			return true;
	return false;
}

static inline bool hash_value(const struct hf_schema *s, const struct pol_attr *a, const struct hf_attr_value *v,
                              uint64_t *ret_hash)
{
	if (v->len > HF_ATTR_VALUE_MAX || (!v->u.text && v->len > 0))
		return false;
	*ret_hash = pol_hash(s->seed, v->len ? v->u.text : "", v->len);
	return a->type != HF_ATTR_CHOICE || is_choice(a, *ret_hash);
}

/* Another value of the same attribute. */
static bool add_value(struct pol_prepared *q, const struct pol_attr *a, unsigned attr, uint16_t i)
{
	struct pol_given *g = &q->given[attr];
	q->several |= UINT64_C(1) << attr;
	q->next[g->last] = i;
	g->last = i;
	return a->many;
}

/* Looks at every value once. A text that is no value of its attribute is noted in ret_bad, as errors of form in a later
 * value count first. */
static enum hf_policy_reason take_values(struct pol_prepared *q, const struct hf_schema *s, uint64_t *ret_bad)
{
	const struct hf_attr_value *v = q->rq->values;
	const struct hf_trees *trees = q->policy->trees;
	const unsigned count = (unsigned)q->rq->count, attrs = s->count;
	uint64_t present = 0, bad = 0;
	for (unsigned i = 0; i < count; i++, v++) {
		unsigned attr = v->attr;
		const struct pol_attr *a = &s->attrs[attr & 63];
		struct pol_given *g = &q->given[attr & 63];
		uint64_t bit = UINT64_C(1) << (attr & 63);
		if (attr - 1 >= attrs || v->type != a->type) {
			q->attr = attr;
			return attr - 1 >= attrs ? HF_WHY_UNKNOWN_ATTRIBUTE : HF_WHY_BAD_VALUE;
		}
		if (v->issuer > HF_ISSUER_MAX || !(a->issuers & 1u << v->issuer)) {
			q->ignored |= bit;
			continue;
		}
		q->next[i] = (uint16_t)i;
		if (present & bit) {
			q->attr = attr;
			if (!add_value(q, a, attr, (uint16_t)i))
				return HF_WHY_BAD_VALUE;
			continue;
		}
		present |= bit;
		*g = (struct pol_given){&g->own, 0, 1, 1, (uint16_t)i, (uint16_t)i};
		if (!a->textual)
			continue;
		if (!hash_value(s, a, v, &g->own))
			bad |= bit;
		else if (a->type == HF_ATTR_MEMBER)
			pol_trees_fetch(trees, attr, g->own);
	}
	q->present = present;
	*ret_bad = bad;
	return HF_WHY_PERMITTED;
}

static bool add_hash(struct pol_prepared *q, uint64_t hash)
{
	if (q->hash_count == POL_HASHES_MAX)
		return false;
	q->hashes[q->hash_count++] = hash;
	return true;
}

static bool add_above(struct pol_prepared *q, unsigned attr, uint64_t hash)
{
	size_t count = 0;
	const uint64_t *way = pol_trees_hashes(q->policy->trees, attr, hash, &count);
	for (size_t k = 1; way && k < count; k++)
		if (!add_hash(q, way[k]))
			return false;
	return true;
}

/* Several values: themselves, then what stands above each. */
static enum hf_policy_reason expand(struct pol_prepared *q, const struct hf_schema *s, unsigned attr)
{
	struct pol_given *g = &q->given[attr];
	unsigned begin = q->hash_count, own = 0;
	for (unsigned i = g->first, last = 0; !last; last = q->next[i] == i, i = q->next[i], own++) {
		uint64_t hash;
		if (!hash_value(s, &s->attrs[attr], &q->rq->values[i], &hash))
			return HF_WHY_BAD_VALUE;
		if (!add_hash(q, hash))
			return HF_WHY_TOO_LARGE;
	}
	for (unsigned i = 0; s->attrs[attr].type == HF_ATTR_MEMBER && i < own; i++)
		if (!add_above(q, attr, q->hashes[begin + i]))
			return HF_WHY_TOO_LARGE;
	g->hashes = &q->hashes[begin];
	g->hash_count = (uint16_t)(q->hash_count - begin);
	g->own_count = (uint16_t)own;
	return HF_WHY_PERMITTED;
}

/* The attributes of several values, in their order; stops at the first that is bad. */
static enum hf_policy_reason expand_all(struct pol_prepared *q, const struct hf_schema *s, uint64_t bad)
{
	for (uint64_t left = q->several | bad; left; left &= left - 1) {
		unsigned attr = (unsigned)__builtin_ctzll(left);
		enum hf_policy_reason why = HF_WHY_PERMITTED;
		if (bad & left & -left)
			why = HF_WHY_BAD_VALUE;
		else if (s->attrs[attr].textual)
			why = expand(q, s, attr);
		if (why != HF_WHY_PERMITTED) {
			q->attr = why == HF_WHY_BAD_VALUE ? attr : 0;
			return why;
		}
	}
	return HF_WHY_PERMITTED;
}

/* One value: the tree has the way to the root ready. */
static void find_ways(struct pol_prepared *q, const struct hf_schema *s)
{
	for (uint64_t left = s->members & q->present & ~q->several; left; left &= left - 1) {
		unsigned attr = (unsigned)__builtin_ctzll(left);
		struct pol_given *g = &q->given[attr];
		size_t count;
		const uint64_t *way = pol_trees_hashes(q->policy->trees, attr, g->own, &count);
		if (way) {
			g->hashes = way;
			g->hash_count = (uint16_t)count;
		}
	}
}

enum hf_policy_reason pol_prepare(const struct hf_policy *p, const struct hf_policy_request *rq,
                                  struct pol_prepared *ret_prepared)
{
	struct pol_prepared *q = ret_prepared;
	const struct hf_schema *s = p->store->schema;
	uint64_t bad;
	q->policy = p;
	q->rq = rq;
	q->present = q->ignored = q->several = 0;
	q->attr = q->hash_count = 0;
	if (rq->count > HF_REQUEST_VALUES_MAX)
		return HF_WHY_TOO_LARGE;
	enum hf_policy_reason why = take_values(q, s, &bad);
	if (why != HF_WHY_PERMITTED)
		return why;
	q->attr = 0;
	if (q->several | bad)
		why = expand_all(q, s, bad);
	find_ways(q, s);
	return why;
}
