/*
 * match.c - see match.h.
 */
#include "policy/match.h"

static bool number_in(const struct pol_store *s, const struct pol_cond *c, int64_t v)
{
	const int64_t *list = (const int64_t *)(const void *)(s->pool.data + c->ref);
	if (c->op == HF_OP_DURING)
		return list[0] <= v && v < list[1];
	for (unsigned i = 0; i < c->count; i++)
		if (list[2 * i] <= v && v <= list[2 * i + 1])
			return true;
	return false;
}

bool pol_prefix_holds(const struct pol_prefix *p, const struct hf_address *a)
{
	unsigned whole = p->bits / 8, rest = p->bits % 8;
	if (memcmp(p->address.b, a->b, whole) != 0)
		return false;
	return rest == 0 || ((p->address.b[whole] ^ a->b[whole]) & (0xff00 >> rest) & 0xff) == 0;
}

static bool address_in(const struct pol_store *s, const struct pol_cond *c, const struct hf_address *a)
{
	const struct pol_prefix *list = (const struct pol_prefix *)(const void *)(s->pool.data + c->ref);
	for (unsigned i = 0; i < c->count; i++)
		if (pol_prefix_holds(&list[i], a))
			return true;
	return false;
}

bool pol_value_holds(const struct pol_prepared *q, const struct pol_cond *c, const struct hf_attr_value *v)
{
	const struct pol_store *s = q->policy->store;
	return c->kind == POL_ADDRESSES ? address_in(s, c, &v->u.address) : number_in(s, c, v->u.number);
}

unsigned pol_count_failed(const struct pol_prepared *q, const struct pol_rule *r)
{
	unsigned failed = 0;
	for (unsigned i = 0; i < r->count; i++)
		failed += !pol_holds(q, &r->conds[i]);
	return failed;
}

/* By state of the rule; active ones depend on time. */
static const uint8_t state_reasons[] = {
        [HF_RULE_PENDING] = HF_WHY_PENDING,   [HF_RULE_RETURNED] = HF_WHY_RETURNED,
        [HF_RULE_REJECTED] = HF_WHY_REJECTED, [HF_RULE_SUSPENDED] = HF_WHY_SUSPENDED,
        [HF_RULE_REVOKED] = HF_WHY_REVOKED,   [HF_RULE_SUPERSEDED] = HF_WHY_SUPERSEDED,
};

enum hf_policy_reason pol_in_force(const struct pol_rule *r, const struct hf_policy_request *rq)
{
	bool hold = r->mechanism == HF_MECHANISM_HOLD;
	if (r->state != HF_RULE_ACTIVE)
		return (enum hf_policy_reason)state_reasons[r->state];
	if (rq->now_ms < r->from_ms)
		return HF_WHY_NOT_YET;
	if (rq->now_ms >= r->until_ms)
		return HF_WHY_EXPIRED;
	if (!hold && !(rq->mechanisms & HF_MECHANISM_BIT(r->mechanism)))
		return HF_WHY_MECHANISM;
	return hold ? HF_WHY_HELD : HF_WHY_PERMITTED;
}
