/*
 * explain.c - see explain.h. Rules are found by the resource, counted by how many of their conditions fail, and the
 * nearest are taken apart by the plain evaluator.
 */
#include "policy/explain.h"

#include "policy/prepared.h"

#define LIMIT_DEFAULT 128u
#define TOGETHER 16u

struct near {
	const struct pol_rule *rule;
	unsigned failed;
};
struct gather {
	const struct pol_prepared *q;
	struct near list[HF_EXPLAIN_MISSES_MAX];
	size_t count, looked_at, limit;
	bool cut;
};

static bool nearer(const struct gather *g, const struct near *a, const struct near *b)
{
	if (a->failed != b->failed)
		return a->failed < b->failed;
	return pol_before(g->q->policy->store, a->rule, b->rule);
}

static bool listed(const struct gather *g, const struct pol_rule *r)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->list[i].rule == r)
			return true;
	return false;
}

static void insert(struct gather *g, const struct near *n)
{
	size_t at = g->count;
	if (listed(g, n->rule))
		return;
	while (at > 0 && nearer(g, n, &g->list[at - 1]))
		at--;
	if (at == HF_EXPLAIN_MISSES_MAX)
		return;
	if (g->count < HF_EXPLAIN_MISSES_MAX)
		g->count++;
	memmove(&g->list[at + 1], &g->list[at], (g->count - at - 1) * sizeof(g->list[0]));
	g->list[at] = *n;
}

static void gather_rule(struct gather *g, const struct pol_rule *r)
{
	if (!pol_visible(r, g->q->policy->seq) || r->mechanism == HF_MECHANISM_HOLD)
		return;
	struct near n = {r, pol_count_failed(g->q, r)};
	if (g->count < HF_EXPLAIN_MISSES_MAX || n.failed <= g->list[g->count - 1].failed)
		insert(g, &n);
}

/* Some rules of a list at a time, so that memory brings them together. */
static void gather_key(struct gather *g, uint64_t key)
{
	const struct pol_store *s = g->q->policy->store;
	const struct pol_table *t = pol_index_table(&s->near);
	const struct pol_rule *rules[TOGETHER];
	struct pol_cursor c;
	if (!t)
		return;
	pol_cursor_start(&c, t, key);
	for (uint64_t link = pol_cursor_next_exact(&c); link;) {
		unsigned count = 0;
		for (; link && count < TOGETHER && g->looked_at < g->limit; link = pol_table_next(t, link)) {
			rules[count] = pol_rule_at(s, (uint32_t)link);
			__builtin_prefetch(rules[count]);
			__builtin_prefetch((const char *)rules[count++] + 64);
			g->looked_at++;
		}
		for (unsigned i = 0; i < count; i++)
			gather_rule(g, rules[i]);
		if (link && g->looked_at == g->limit) {
			g->cut = true;
			return;
		}
	}
}

static void gather_all(struct gather *g)
{
	const struct pol_prepared *q = g->q;
	for (uint64_t left = q->present; left; left &= left - 1) {
		unsigned attr = (unsigned)__builtin_ctzll(left);
		const struct pol_attr *a = &q->policy->store->schema->attrs[attr];
		if (a->group != HF_GROUP_RESOURCE || !pol_textual(a->type))
			continue;
		for (unsigned i = 0; i < q->given[attr].own_count; i++)
			gather_key(g, pol_near_key(attr, false, q->given[attr].hashes[i]));
		for (unsigned i = 0; i < q->given[attr].hash_count && a->type == HF_ATTR_MEMBER; i++)
			gather_key(g, pol_near_key(attr, true, q->given[attr].hashes[i]));
	}
	gather_key(g, POL_NEAR_NONE);
}

static void take_apart(const struct pol_prepared *q, const struct near *n, struct hf_policy_miss *m)
{
	const struct hf_policy *p = q->policy;
	*m = (struct hf_policy_miss){.rule = pol_string(p->store, n->rule->id),
	                             .mechanism = (enum hf_mechanism)n->rule->mechanism,
	                             .conditions = n->rule->count,
	                             .failed = n->failed};
	m->reason = n->failed ? HF_WHY_NO_RULE : pol_in_force(n->rule, q->rq);
	for (unsigned i = 0; i < n->rule->count && m->fail_count < HF_EXPLAIN_FAILS_MAX; i++) {
		const struct pol_cond *c = &n->rule->conds[i];
		if (pol_plain_condition(q, c))
			continue;
		m->fails[m->fail_count++] = (struct hf_policy_fail){
		        .condition = i,
		        .attr = c->attr,
		        .absent = !(q->present & UINT64_C(1) << c->attr),
		        .ignored = (q->ignored & UINT64_C(1) << c->attr) != 0,
		};
	}
}

void hf_policy_explain(const struct hf_policy *p, const struct hf_policy_request *rq, size_t limit,
                       struct hf_policy_explanation *ret_explanation)
{
	struct hf_policy_explanation *x = ret_explanation;
	struct pol_prepared q;
	hf_policy_decide(p, rq, &x->decision);
	x->miss_count = x->looked_at = 0;
	x->cut = false;
	if (!p || pol_prepare(p, rq, &q) != HF_WHY_PERMITTED)
		return;
	struct gather g = {.q = &q, .limit = limit ? limit : LIMIT_DEFAULT};
	if (g.limit > HF_EXPLAIN_LOOKED_AT_MAX)
		g.limit = HF_EXPLAIN_LOOKED_AT_MAX;
	gather_all(&g);
	for (size_t i = 0; i < g.count; i++)
		take_apart(&q, &g.list[i], &x->misses[x->miss_count++]);
	x->looked_at = g.looked_at;
	x->cut = g.cut;
}
