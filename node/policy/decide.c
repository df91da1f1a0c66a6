/*
 * decide.c - the decision: look into every shape that the request could match, hold what is there against it, keep the
 * one that is asked first. Memory is asked for before it is needed: first the tags of all probes, then what they lead
 * to, then the rules.
 */
#include "policy/prepared.h"

#define PROBES 64u

struct probe {
	const struct pol_table *table;
	uint64_t key; /* then: the link */
};
struct search {
	const struct hf_policy *p;
	const struct pol_prepared *q;
	const struct pol_rule *best;    /* in force, asked first */
	const struct pol_rule *blocked; /* its conditions hold, but it is not in force */
	uint32_t steps, budget;
	unsigned count;
	struct probe probes[PROBES];
};

/* More than a step where the rule lists many values. */
static uint32_t weight(const struct pol_rule *r)
{
	uint32_t steps = 1;
	for (unsigned i = 0; i < r->count; i++)
		steps += r->conds[i].count / 8;
	return steps;
}

static bool earlier(const struct search *x, const struct pol_rule *a, const struct pol_rule *b)
{
	return !b || pol_before(x->p->store, a, b);
}

static void consider(struct search *x, const struct pol_rule *r)
{
	if (!pol_matches(x->q, r))
		return;
	enum hf_policy_reason why = pol_in_force(r, x->q->rq);
	if (why == HF_WHY_PERMITTED || why == HF_WHY_HELD)
		x->best = r;
	else if (r->mechanism != HF_MECHANISM_HOLD && earlier(x, r, x->blocked))
		x->blocked = r;
}

/* A list is in the order of asking: behind one that is asked later than the best, nothing can be better. */
static void walk(struct search *x, const struct pol_table *t, uint64_t link)
{
	for (; link && x->steps <= x->budget; link = pol_table_next(t, link)) {
		const struct pol_rule *r = pol_rule_at(x->p->store, (uint32_t)link);
		x->steps += weight(r);
		if (!pol_visible(r, x->p->seq))
			continue;
		if (!earlier(x, r, x->best))
			return;
		consider(x, r);
	}
}

static void flush(struct search *x)
{
	unsigned found = 0;
	for (unsigned i = 0; i < x->count; i++) {
		uint64_t link = pol_table_find(x->probes[i].table, x->probes[i].key);
		if (!link)
			continue;
		__builtin_prefetch(pol_rule_at(x->p->store, (uint32_t)link));
		__builtin_prefetch((const char *)pol_rule_at(x->p->store, (uint32_t)link) + 64);
		x->probes[found++] = (struct probe){x->probes[i].table, link};
	}
	for (unsigned i = 0; i < found; i++)
		walk(x, x->probes[i].table, x->probes[i].key);
	x->count = 0;
}

static void add_probe(struct search *x, const struct pol_table *t, uint64_t key)
{
	if (x->count == PROBES)
		flush(x);
	uint32_t home = pol_home(t, pol_tag(key));
	__builtin_prefetch((const void *)&t->tags[home]);
	__builtin_prefetch((const void *)&t->links[home]);
	x->probes[x->count++] = (struct probe){t, key};
}

static unsigned alternatives(const struct pol_prepared *q, const struct pol_shape *sh, unsigned i)
{
	const struct pol_given *g = &q->given[sh->attr[i]];
	return sh->under[i] ? g->alt_count : g->own_count;
}

/* Every combination of the key's attributes. */
static void probe_shape(struct search *x, const struct pol_shape *sh, const struct pol_table *t)
{
	unsigned n[POL_KEY_MAX] = {1, 1, 1};
	uint64_t all = 1;
	for (unsigned i = 0; i < sh->count; i++) {
		n[i] = alternatives(x->q, sh, i);
		all *= n[i];
	}
	if (all > x->budget - x->steps) {
		x->steps = x->budget + 1;
		return;
	}
	x->steps += (uint32_t)all;
	for (unsigned a = 0; a < n[0]; a++) {
		uint64_t k0 = POL_KEY_START;
		if (sh->count > 0)
			k0 = pol_key_add(k0, x->q->given[sh->attr[0]].alts[a].hash);
		for (unsigned b = 0; b < n[1]; b++) {
			uint64_t k1 = k0;
			if (sh->count > 1)
				k1 = pol_key_add(k0, x->q->given[sh->attr[1]].alts[b].hash);
			for (unsigned c = 0; c < n[2]; c++)
				add_probe(x, t,
				          sh->count > 2 ? pol_key_add(k1, x->q->given[sh->attr[2]].alts[c].hash) : k1);
		}
	}
}

static void look(struct search *x)
{
	const struct pol_store *s = x->p->store;
	uint32_t shapes = atomic_load_explicit(&s->shape_count, memory_order_acquire);
	for (uint32_t i = 0; i < shapes && x->steps <= x->budget; i++) {
		const struct pol_shape *sh = &s->shapes[i];
		const struct pol_table *t = pol_index_table(&sh->index);
		if (t && (sh->need & ~x->q->present) == 0)
			probe_shape(x, sh, t);
	}
	flush(x);
}

static void deny(struct hf_policy_decision *d, enum hf_policy_reason why)
{
	d->permit = false;
	d->reason = why;
	d->obligations = NULL;
	d->obligation_count = 0;
	d->quota = "";
}

static bool obligations_known(const struct pol_obligations *o)
{
	for (size_t i = 0; o && i < o->count; i++)
		if (o->list[i].type == HF_OBLIGE_INVALID || !hf_oblige_name(o->list[i].type))
			return false;
	return true;
}

/* Does the rule really say what is about to be answered? */
static bool answer_holds(const struct hf_policy *p, const struct hf_policy_request *rq, const struct pol_rule *r)
{
	bool permit = r->mechanism != HF_MECHANISM_HOLD;
	return pol_visible(r, p->seq) && r->state == HF_RULE_ACTIVE && rq->now_ms >= r->from_ms &&
	       rq->now_ms < r->until_ms && (!permit || (rq->mechanisms & HF_MECHANISM_BIT(r->mechanism)) != 0) &&
	       pol_plain_matches(p, r, rq);
}

static void name_rule(const struct hf_policy *p, const struct pol_rule *r, struct hf_policy_decision *d)
{
	d->mechanism = (enum hf_mechanism)r->mechanism;
	d->rule = pol_string(p->store, r->id);
	d->from_ms = r->from_ms;
	d->until_ms = r->until_ms;
}

void pol_conclude(const struct hf_policy *p, const struct hf_policy_request *rq, const struct pol_rule *r,
                  struct hf_policy_decision *d)
{
	const struct pol_obligations *o = pol_obligations(p->store, r);
	name_rule(p, r, d);
	if (!answer_holds(p, rq, r)) {
		deny(d, HF_WHY_SELF_CHECK);
	} else if (r->mechanism == HF_MECHANISM_HOLD) {
		deny(d, HF_WHY_HELD);
	} else if (!obligations_known(o)) {
		deny(d, HF_WHY_OBLIGATION);
	} else {
		d->permit = true;
		d->reason = HF_WHY_PERMITTED;
		d->obligations = o ? o->list : NULL;
		d->obligation_count = o ? o->count : 0;
		d->quota = pol_string(p->store, r->quota);
	}
}

static void decide_prepared(const struct pol_prepared *q, struct hf_policy_decision *d)
{
	struct search x;
	x.p = q->policy;
	x.q = q;
	x.best = x.blocked = NULL;
	x.steps = x.count = 0;
	x.budget = q->rq->budget ? q->rq->budget : HF_POLICY_BUDGET;
	if (x.budget == UINT32_MAX)
		x.budget--;
	look(&x);
	d->steps = x.steps;
	if (x.steps > x.budget) {
		deny(d, HF_WHY_BUDGET);
	} else if (x.best) {
		pol_conclude(x.p, q->rq, x.best, d);
	} else if (x.blocked) {
		name_rule(x.p, x.blocked, d);
		deny(d, pol_in_force(x.blocked, q->rq));
	} else {
		deny(d, HF_WHY_NO_RULE);
	}
}

void hf_policy_decide(const struct hf_policy *p, const struct hf_policy_request *rq,
                      struct hf_policy_decision *ret_decision)
{
	struct pol_prepared q;
	struct hf_policy_decision *d = ret_decision;
	*d = (struct hf_policy_decision){.reason = HF_WHY_NO_SNAPSHOT, .rule = "", .quota = ""};
	if (!p)
		return;
	d->version = p->version;
	d->hash = &p->hash;
	enum hf_policy_reason why = pol_prepare(p, rq, &q);
	d->ignored = q.ignored;
	if (why == HF_WHY_PERMITTED) {
		decide_prepared(&q, d);
		return;
	}
	deny(d, why);
	d->attr = q.attr;
}
