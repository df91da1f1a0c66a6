/*
 * plain.c - a rule held against the values as the caller gave them, by their texts: no hash decides, no table. It
 * checks the answer of the index, and tells for an explanation which conditions fail.
 */
#include "policy/prepared.h"

static inline bool one_is(const struct pol_store *s, uint32_t text, const char *given, size_t given_len)
{
	size_t len;
	const char *own = pol_text(s, text, &len);
	return len == given_len && pol_same(own, given, len);
}

static __attribute__((noinline)) bool one_of(const struct pol_store *s, const struct pol_cond *c, const char *given,
                                             size_t given_len)
{
	const struct pol_choice *list = (const struct pol_choice *)(const void *)(s->pool.data + c->ref);
	for (unsigned i = 0; i < c->count; i++)
		if (one_is(s, list[i].text, given, given_len))
			return true;
	return false;
}

static inline bool text_is(const struct pol_store *s, const struct pol_cond *c, const char *given, size_t given_len)
{
	return c->count == 1 ? one_is(s, c->ref, given, given_len) : one_of(s, c, given, given_len);
}

/* The way to the root; the place that was found by hash counts only with the node's text there. */
static const struct pol_alt *way_of(const struct pol_prepared *q, unsigned attr, const struct pol_alt *node,
                                    size_t *ret_count)
{
	const struct hf_trees *t = q->policy->trees;
	if (!(q->ways & UINT64_C(1) << attr))
		return pol_trees_way(t, attr, node, ret_count);
	const struct pol_alt *way = pol_trees_texts(t, q->given[attr].hashes);
	*ret_count = q->given[attr].hash_count;
	return way->len == node->len && pol_same(way->text, node->text, node->len) ? way : NULL;
}

static __attribute__((noinline)) bool under(const struct pol_prepared *q, const struct pol_cond *c,
                                            const struct pol_alt *node)
{
	const struct pol_store *s = q->policy->store;
	size_t count = 0;
	const struct pol_alt *way = way_of(q, c->attr, node, &count);
	if (!way)
		return text_is(s, c, node->text, node->len);
	for (size_t i = 0; i < count; i++)
		if ((c->count > 1 || pol_hash_is(c, way[i].hash)) && text_is(s, c, way[i].text, way[i].len))
			return true;
	return false;
}

static bool number_is(const struct pol_store *s, const struct pol_cond *c, int64_t v)
{
	const int64_t *list = (const int64_t *)(const void *)(s->pool.data + c->ref);
	for (unsigned i = 0; i < c->count; i++, list += 2)
		if (v >= list[0] && (c->op == HF_OP_DURING ? v < list[1] : v <= list[1]))
			return true;
	return false;
}

static bool address_is(const struct pol_store *s, const struct pol_cond *c, const struct hf_address *a)
{
	const struct pol_prefix *list = (const struct pol_prefix *)(const void *)(s->pool.data + c->ref);
	for (unsigned i = 0; i < c->count; i++)
		if (pol_prefix_holds(&list[i], a))
			return true;
	return false;
}

static inline bool value_holds(const struct pol_prepared *q, const struct pol_cond *c, const struct hf_attr_value *v,
                               uint64_t hash)
{
	const struct hf_policy *p = q->policy;
	if (v->type == HF_ATTR_ADDRESS)
		return address_is(p->store, c, &v->u.address);
	if (v->type == HF_ATTR_INTEGER || v->type == HF_ATTR_TIME)
		return number_is(p->store, c, v->u.number);
	const char *text = v->len ? v->u.text : "";
	if (c->op != HF_OP_UNDER)
		return text_is(p->store, c, text, v->len);
	return under(q, c, &(const struct pol_alt){hash, text, v->len});
}

static inline bool condition_holds(const struct pol_prepared *q, const struct pol_cond *c)
{
	const struct pol_given *g = &q->given[c->attr];
	const struct pol_attr *a = &q->policy->store->schema->attrs[c->attr];
	if (!(q->present & UINT64_C(1) << c->attr))
		return false;
	for (unsigned i = g->first, k = 0;; i = q->next[i], k++) {
		const struct hf_attr_value *v = &q->rq->values[i];
		uint64_t hash = c->op == HF_OP_UNDER ? g->hashes[k] : 0;
		if (v->attr == c->attr && v->type == a->type && (a->issuers & 1u << v->issuer) != 0 &&
		    value_holds(q, c, v, hash))
			return true;
		if (q->next[i] == i)
			return false;
	}
}

bool pol_plain_condition(const struct pol_prepared *q, const struct pol_cond *c)
{
	return condition_holds(q, c);
}

bool pol_plain_matches(const struct pol_prepared *q, const struct pol_rule *r)
{
	for (unsigned i = 0; i < r->count; i++)
		if (!condition_holds(q, &r->conds[i]))
			return false;
	return true;
}
