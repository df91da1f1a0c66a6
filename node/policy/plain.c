/*
 * plain.c - a rule held against the request as the caller gave it: no hash, no table, no prepared form. It checks the
 * answer of the index, and tells for an explanation which conditions fail.
 */
#include "policy/prepared.h"

static bool text_is(const struct pol_store *s, const struct pol_cond *c, const char *given, size_t given_len)
{
	struct pol_choice one;
	const struct pol_choice *list = pol_choices(s, c, &one);
	for (unsigned i = 0; i < c->count; i++) {
		size_t len;
		const char *text = pol_text(s, list[i].text, &len);
		if (len == given_len && memcmp(text, given, len) == 0)
			return true;
	}
	return false;
}

static bool under(const struct hf_policy *p, const struct pol_cond *c, const char *given, size_t given_len)
{
	struct pol_alt node = {pol_hash(p->store->schema->seed, given, given_len), given, (uint32_t)given_len};
	size_t count = 0;
	const struct pol_alt *way = pol_trees_path(p->trees, c->attr, &node, &count);
	if (!way)
		return text_is(p->store, c, given, given_len);
	for (size_t i = 0; i < count; i++)
		if (text_is(p->store, c, way[i].text, way[i].len))
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

static bool value_holds(const struct hf_policy *p, const struct pol_cond *c, const struct hf_attr_value *v)
{
	if (v->type == HF_ATTR_ADDRESS)
		return address_is(p->store, c, &v->u.address);
	if (v->type == HF_ATTR_INTEGER || v->type == HF_ATTR_TIME)
		return number_is(p->store, c, v->u.number);
	const char *text = v->len ? v->u.text : "";
	return c->op == HF_OP_UNDER ? under(p, c, text, v->len) : text_is(p->store, c, text, v->len);
}

bool pol_plain_condition(const struct hf_policy *p, const struct pol_cond *c, const struct hf_policy_request *rq)
{
	uint32_t issuers = p->store->schema->attrs[c->attr].issuers;
	for (size_t i = 0; i < rq->count; i++) {
		const struct hf_attr_value *v = &rq->values[i];
		if (v->attr == c->attr && v->issuer <= HF_ISSUER_MAX && (issuers & 1u << v->issuer) != 0 &&
		    value_holds(p, c, v))
			return true;
	}
	return false;
}

bool pol_plain_matches(const struct hf_policy *p, const struct pol_rule *r, const struct hf_policy_request *rq)
{
	for (unsigned i = 0; i < r->count; i++)
		if (!pol_plain_condition(p, &r->conds[i], rq))
			return false;
	return true;
}
