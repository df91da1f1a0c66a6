/*
 * prepare.c - a request as the caller gives it, checked against the schema, hashed once. A value from an issuer that
 * has no right to the attribute is left out and noted (AZ-48); anything that is not declared stops the decision.
 */
#include "policy/prepared.h"

#include "base/buf.h"

static bool is_choice(const struct pol_attr *a, const struct pol_alt *v)
{
	for (uint32_t i = 0; i < a->choice_count; i++)
		if (a->choices[i].hash == v->hash && a->choices[i].len == v->len &&
		    memcmp(a->choices[i].text, v->text, v->len) == 0)
			return true;
	return false;
}

/* Notes value i as one of its attribute. False when there is one already and may not be. */
static bool link_value(struct pol_prepared *q, const struct pol_attr *a, unsigned attr, uint16_t i)
{
	struct pol_given *g = &q->given[attr];
	q->next[i] = i;
	if (!(q->present & UINT64_C(1) << attr)) {
		q->present |= UINT64_C(1) << attr;
		*g = (struct pol_given){.first = i, .last = i};
		return true;
	}
	q->next[g->last] = i;
	g->last = i;
	return a->many;
}

static bool text_value(struct pol_prepared *q, const struct pol_attr *a, const struct hf_attr_value *v,
                       struct pol_alt *ret_alt)
{
	if (v->len > HF_ATTR_VALUE_MAX || (!v->u.text && v->len > 0))
		return false;
	const char *text = v->len ? v->u.text : "";
	*ret_alt = (struct pol_alt){pol_hash(q->policy->store->schema->seed, text, v->len), text, v->len};
	return a->type != HF_ATTR_CHOICE || is_choice(a, ret_alt);
}

/* One value: no copy where the tree has the way to the root ready. */
static bool expand_one(struct pol_prepared *q, const struct pol_attr *a, unsigned attr)
{
	struct pol_given *g = &q->given[attr];
	if (q->alt_count == POL_ALTS_MAX)
		return false;
	struct pol_alt *own = &q->alts[q->alt_count];
	size_t count = 1;
	if (!text_value(q, a, &q->rq->values[g->first], own)) {
		q->attr = attr;
		return false;
	}
	const struct pol_alt *way =
	        a->type == HF_ATTR_MEMBER ? pol_trees_path(q->policy->trees, attr, own, &count) : NULL;
	q->alt_count++;
	g->alts = way ? way : own;
	g->own_count = 1;
	g->alt_count = (uint16_t)count;
	return true;
}

static bool add_alt(struct pol_prepared *q, const struct pol_alt *alt)
{
	if (q->alt_count == POL_ALTS_MAX)
		return false;
	q->alts[q->alt_count++] = *alt;
	return true;
}

/* Several values: themselves, then what stands above each. */
static bool expand_many(struct pol_prepared *q, const struct pol_attr *a, unsigned attr)
{
	struct pol_given *g = &q->given[attr];
	unsigned begin = q->alt_count, own = 0;
	for (unsigned i = g->first, last = 0; !last; last = q->next[i] == i, i = q->next[i]) {
		struct pol_alt alt;
		if (!text_value(q, a, &q->rq->values[i], &alt)) {
			q->attr = attr;
			return false;
		}
		if (!add_alt(q, &alt))
			return false;
		own++;
	}
	for (unsigned i = 0; a->type == HF_ATTR_MEMBER && i < own; i++) {
		size_t count = 0;
		const struct pol_alt *way = pol_trees_path(q->policy->trees, attr, &q->alts[begin + i], &count);
		for (size_t k = 1; way && k < count; k++)
			if (!add_alt(q, &way[k]))
				return false;
	}
	*g = (struct pol_given){&q->alts[begin], (uint16_t)(q->alt_count - begin), (uint16_t)own, g->first, g->last};
	return true;
}

static enum hf_policy_reason link_all(struct pol_prepared *q, const struct hf_schema *s)
{
	const struct hf_policy_request *rq = q->rq;
	for (size_t i = 0; i < rq->count; i++) {
		const struct hf_attr_value *v = &rq->values[i];
		q->attr = v->attr;
		if (v->attr < 1 || v->attr > s->count)
			return HF_WHY_UNKNOWN_ATTRIBUTE;
		const struct pol_attr *a = &s->attrs[v->attr];
		if (v->type != a->type)
			return HF_WHY_BAD_VALUE;
		if (v->issuer > HF_ISSUER_MAX || !(a->issuers & 1u << v->issuer)) {
			q->ignored |= UINT64_C(1) << v->attr;
			continue;
		}
		if (!link_value(q, a, v->attr, (uint16_t)i))
			return HF_WHY_BAD_VALUE;
	}
	q->attr = 0;
	return HF_WHY_PERMITTED;
}

enum hf_policy_reason pol_prepare(const struct hf_policy *p, const struct hf_policy_request *rq,
                                  struct pol_prepared *ret_prepared)
{
	struct pol_prepared *q = ret_prepared;
	const struct hf_schema *s = p->store->schema;
	q->policy = p;
	q->rq = rq;
	q->present = q->ignored = 0;
	q->attr = q->alt_count = 0;
	if (rq->count > HF_REQUEST_VALUES_MAX)
		return HF_WHY_TOO_LARGE;
	enum hf_policy_reason why = link_all(q, s);
	if (why != HF_WHY_PERMITTED)
		return why;
	for (uint64_t left = q->present; left; left &= left - 1) {
		unsigned attr = (unsigned)__builtin_ctzll(left);
		const struct pol_attr *a = &s->attrs[attr];
		if (!pol_textual(a->type))
			continue;
		bool one = q->given[attr].first == q->given[attr].last;
		if (!(one ? expand_one(q, a, attr) : expand_many(q, a, attr)))
			return q->attr ? HF_WHY_BAD_VALUE : HF_WHY_TOO_LARGE;
	}
	return HF_WHY_PERMITTED;
}
