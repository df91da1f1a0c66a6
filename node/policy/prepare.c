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

/* Not inline: among the registers of its caller it would be slower. */
static __attribute__((noinline)) uint64_t hash_any(const struct hf_schema *s, const char *text, size_t len)
{
	return pol_hash(s->seed, text, len);
}

/* Most values have 8 to 16 bytes. */
static inline uint64_t hash_text(const struct hf_schema *s, const char *text, size_t len)
{
	return len - 8 <= 8 ? pol_hash_short(s->seed, text, len) : hash_any(s, text, len);
}

static inline bool hash_value(const struct hf_schema *s, const struct pol_attr *a, const struct hf_attr_value *v,
                              uint64_t *ret_hash)
{
	if (v->len > HF_ATTR_VALUE_MAX || (!v->u.text && v->len > 0))
		return false;
	*ret_hash = hash_text(s, v->u.text, v->len);
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

/* The first text of its attribute. False: it is no value of it. */
static inline bool take_text(struct pol_prepared *q, const struct pol_attr *a, struct pol_given *g,
                             const struct hf_attr_value *v)
{
	const struct hf_schema *s = q->policy->store->schema;
	g->hashes = &g->own;
	g->counts = 1 | 1 << 16;
	if (!hash_value(s, a, v, &g->own))
		return false;
	pol_fetch_hint(q->policy->store, g->own);
	if (a->type == HF_ATTR_MEMBER)
		pol_trees_fetch(q->policy->trees, v->attr, g->own);
	return true;
}

/* A value that is not simply taken: why not, or that it may be left out. */
static __attribute__((noinline)) enum hf_policy_reason take_odd(struct pol_prepared *q, const struct pol_attr *a,
                                                                const struct hf_attr_value *v, uint16_t i)
{
	q->attr = v->attr;
	if (v->attr == 0 || v->attr > q->policy->store->schema->count)
		return HF_WHY_UNKNOWN_ATTRIBUTE;
	if (v->type != a->type)
		return HF_WHY_BAD_VALUE;
	if (v->issuer > HF_ISSUER_MAX || !(a->issuers & 1u << v->issuer)) {
		q->ignored |= UINT64_C(1) << v->attr;
		return HF_WHY_PERMITTED;
	}
	q->next[i] = i;
	return add_value(q, a, v->attr, i) ? HF_WHY_PERMITTED : HF_WHY_BAD_VALUE;
}

/* Looks at every value once. A text that is no value of its attribute is noted in ret_bad, as errors of form in a later
 * value count first. */
static enum hf_policy_reason take_values(struct pol_prepared *q, const struct hf_schema *s, uint64_t *ret_bad)
{
	const struct hf_attr_value *v = q->rq->values;
	const unsigned count = (unsigned)q->rq->count;
	uint64_t present = 0, bad = 0;
	for (uint32_t i = 0; i < count; i++, v++) {
		const struct pol_attr *a = &s->attrs[v->attr & 63];
		struct pol_given *g = &q->given[v->attr & 63];
		/* an attribute that is not declared has no issuers */
		if (v->attr > 63 || v->issuer > 31 || v->type != a->type || !(a->issuers >> v->issuer & 1) ||
		    (present & a->bit)) {
			enum hf_policy_reason why = take_odd(q, a, v, (uint16_t)i);
			if (why != HF_WHY_PERMITTED)
				return why;
			continue;
		}
		q->next[i] = (uint16_t)i;
		present |= a->bit;
		g->place = i * 0x10001u;
		if (a->textual && !take_text(q, a, g, v))
			bad |= a->bit;
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

static inline uint64_t to_seek(const struct pol_prepared *q, uint64_t attrs)
{
	return attrs & q->policy->store->schema->members & q->present & ~q->several & ~q->sought;
}

void pol_fetch_ways(const struct pol_prepared *q, uint64_t attrs)
{
	for (uint64_t left = to_seek(q, attrs); left; left &= left - 1) {
		unsigned attr = (unsigned)__builtin_ctzll(left);
		pol_trees_fetch_way(q->policy->trees, attr, q->given[attr].own);
	}
}

/* One value: the tree has the way to the root ready. */
void pol_prepare_ways(struct pol_prepared *q, uint64_t attrs)
{
	for (uint64_t left = to_seek(q, attrs); left; left &= left - 1) {
		unsigned attr = (unsigned)__builtin_ctzll(left);
		struct pol_given *g = &q->given[attr];
		size_t count;
		const uint64_t *way = pol_trees_hashes(q->policy->trees, attr, g->own, &count);
		if (way) {
			g->hashes = way;
			g->hash_count = (uint16_t)count;
			q->ways |= UINT64_C(1) << attr;
			__builtin_prefetch(pol_trees_texts(q->policy->trees, way));
		}
	}
	q->sought |= attrs;
}

enum hf_policy_reason pol_prepare_values(const struct hf_policy *p, const struct hf_policy_request *rq,
                                         struct pol_prepared *ret_prepared)
{
	struct pol_prepared *q = ret_prepared;
	const struct hf_schema *s = p->store->schema;
	uint64_t bad;
	q->policy = p;
	q->rq = rq;
	q->present = q->ignored = q->several = q->ways = q->sought = 0;
	q->attr = q->hash_count = 0;
	if (rq->count > HF_REQUEST_VALUES_MAX)
		return HF_WHY_TOO_LARGE;
	enum hf_policy_reason why = take_values(q, s, &bad);
	if (why != HF_WHY_PERMITTED)
		return why;
	q->attr = 0;
	return q->several | bad ? expand_all(q, s, bad) : HF_WHY_PERMITTED;
}

enum hf_policy_reason pol_prepare(const struct hf_policy *p, const struct hf_policy_request *rq,
                                  struct pol_prepared *ret_prepared)
{
	enum hf_policy_reason why = pol_prepare_values(p, rq, ret_prepared);
	if (why == HF_WHY_PERMITTED)
		pol_prepare_ways(ret_prepared, UINT64_MAX);
	return why;
}
