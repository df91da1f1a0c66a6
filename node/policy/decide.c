/*
 * decide.c - the decision: look into every shape that the request could match, hold what is there against it, keep the
 * one that is asked first. Memory is asked for before it is needed: first the tags of all probes, then what they lead
 * to, then the rules.
 */
#include <string.h>

#include "policy/match.h"

#define PROBES 64u
#define FETCHED 8u /* conditions whose texts are asked for before they are needed */

struct probe {
	const struct pol_shape *shape;
	const struct pol_table *table;
	uint64_t key;
	uint32_t group;
};
struct found {
	unsigned count;
	uint64_t asks, texts; /* what the rules there ask of the trees, and of the values themselves */
	struct {
		const struct pol_table *table;
		uint64_t link;
	} list[PROBES];
};
struct search {
	const struct hf_policy *p;
	struct pol_prepared *q;
	const struct pol_rule *best;    /* in force, asked first */
	const struct pol_rule *blocked; /* its conditions hold, but it is not in force */
	uint32_t steps, budget;
	unsigned count;
	struct probe probes[PROBES];
};

static bool earlier(const struct search *x, const struct pol_rule *a, const struct pol_rule *b)
{
	return !b || pol_before(x->p->store, a, b);
}

/* Is a asked later than b, as far as that shows without their ids, which lie far away? */
static inline bool plainly_later(const struct pol_rule *a, const struct pol_rule *b)
{
	return a->mechanism != b->mechanism ? a->mechanism > b->mechanism : a->priority > b->priority;
}

/* The texts of rules will be read when an answer is checked. */
static inline void fetch_texts(const struct search *x, uint64_t attrs)
{
	for (uint64_t left = attrs & x->q->present; left; left &= left - 1)
		pol_fetch_text(x->p->store, x->q->given[__builtin_ctzll(left)].own);
}

static void fetch_ways(const struct search *x, const struct pol_rule *r)
{
	for (unsigned i = 0; i < r->count && i < FETCHED; i++) {
		const struct pol_cond *c = &r->conds[i];
		if (c->op == HF_OP_UNDER)
			__builtin_prefetch(x->p->store->pool.data + c->ref);
		if (c->op == HF_OP_UNDER && (x->q->ways & UINT64_C(1) << c->attr)) {
			const struct pol_given *g = &x->q->given[c->attr];
			const struct pol_alt *way = pol_trees_texts(x->p->trees, g->hashes);
			__builtin_prefetch(way->text);
			for (unsigned k = 1; k < g->hash_count; k++)
				if (pol_hash_is(c, g->hashes[k]))
					__builtin_prefetch(way[k].text);
		}
	}
}

/* The one who asks may have found that a rule does not reach; a hold always does. */
static bool is_skipped(const struct hf_policy *p, const struct hf_policy_request *rq, const struct pol_rule *r)
{
	if (rq->skip_count == 0 || r->mechanism == HF_MECHANISM_HOLD)
		return false;
	const char *id = pol_string(p->store, r->id);
	for (size_t i = 0; i < rq->skip_count; i++)
		if (strcmp(rq->skip[i], id) == 0)
			return true;
	return false;
}

static void consider(struct search *x, const struct pol_rule *r)
{
	if (!pol_matches(x->q, r))
		return;
	enum hf_policy_reason why = pol_in_force(r, x->q->rq);
	if (why == HF_WHY_PERMITTED || why == HF_WHY_HELD) {
		if (!earlier(x, r, x->best) || is_skipped(x->p, x->q->rq, r))
			return;
		x->best = r;
		__builtin_prefetch(x->p->store->pool.data + r->obligations);
		fetch_ways(x, r);
	} else if (r->mechanism != HF_MECHANISM_HOLD && earlier(x, r, x->blocked)) {
		x->blocked = r;
	}
}

/* A list is in the order of asking: behind one that is asked later than the best, nothing can be better. */
static void walk(struct search *x, const struct pol_table *t, uint64_t link)
{
	for (; link && x->steps <= x->budget; link = pol_table_next(t, link)) {
		const struct pol_rule *r = pol_rule_at(x->p->store, (uint32_t)link);
		x->steps += r->steps;
		if (!pol_visible(r, x->p->seq))
			continue;
		if (x->best && plainly_later(r, x->best))
			return;
		consider(x, r);
	}
}

static void walk_found(struct search *x, struct found *f)
{
	fetch_texts(x, f->texts);
	pol_prepare_ways(x->q, f->asks);
	for (unsigned i = 0; i < f->count; i++)
		walk(x, f->list[i].table, f->list[i].link);
	f->count = 0;
	f->asks = f->texts = 0;
}

static inline void note(struct found *f, struct search *x, const struct probe *p, uint64_t link)
{
	const char *rule = (const char *)pol_rule_at(x->p->store, (uint32_t)link);
	__builtin_prefetch(rule);
	__builtin_prefetch(rule + 64);
	__builtin_prefetch(rule + 103); /* the end of one with five conditions */
	if (f->count == PROBES)
		walk_found(x, f);
	f->asks |= atomic_load_explicit(&p->shape->asks, memory_order_relaxed);
	f->texts |= atomic_load_explicit(&p->shape->texts, memory_order_relaxed);
	f->list[f->count].table = p->table;
	f->list[f->count++].link = link;
}

/* Most probes end at the first word: nothing there is the key's, and the group is not full. */
static void flush(struct search *x)
{
	struct found f;
	f.count = 0;
	f.asks = f.texts = 0;
	for (unsigned i = 0; i < x->count; i++) {
		struct pol_cursor c;
		c.table = x->probes[i].table;
		c.key = x->probes[i].key;
		c.group = x->probes[i].group;
		pol_cursor_load(&c);
		if (c.hits == 0 && (c.word & POL_HIGH_BITS) != POL_HIGH_BITS)
			continue;
		for (uint64_t link; (link = pol_cursor_next(&c)) != 0;)
			note(&f, x, &x->probes[i], link);
	}
	walk_found(x, &f);
	x->count = 0;
}

static inline void add_probe(struct search *x, const struct pol_shape *sh, const struct pol_table *t, uint64_t key)
{
	if (x->count == PROBES)
		flush(x);
	uint32_t home = pol_home(t, key);
	__builtin_prefetch((const void *)&t->bytes[home]);
	__builtin_prefetch((const void *)&t->links[(size_t)home * 8]);
	struct probe *p = &x->probes[x->count++];
	p->shape = sh;
	p->table = t;
	p->key = key;
	p->group = home;
}

static unsigned alternatives(const struct search *x, const struct pol_shape *sh, unsigned i,
                             const uint64_t **ret_hashes)
{
	const struct pol_given *g = &x->q->given[sh->attr[i]];
	*ret_hashes = g->hashes;
	return sh->under[i] ? g->hash_count : g->own_count;
}

/* Every combination of what the request gives for the key's attributes, from the one at `at` on. */
static void probe_many(struct search *x, const struct pol_shape *sh, const struct pol_table *t, unsigned at,
                       uint64_t key)
{
	const uint64_t *hashes;
	if (at >= POL_KEY_MAX || at == sh->count) {
		add_probe(x, sh, t, key);
		return;
	}
	unsigned count = alternatives(x, sh, at, &hashes);
	for (unsigned i = 0; i < count; i++)
		probe_many(x, sh, t, at + 1, pol_key_add(key, hashes[i]));
}

/* The same for one alone. */
static inline void probe_one(struct search *x, const struct pol_shape *sh, const struct pol_table *t)
{
	uint64_t key = POL_KEY_START;
	for (unsigned i = 0; i < sh->count && i < POL_KEY_MAX; i++)
		key = pol_key_add(key, x->q->given[sh->attr[i]].hashes[0]);
	add_probe(x, sh, t, key);
}

/* The same for at most PROBES of them, attribute by attribute. */
static void probe_few(struct search *x, const struct pol_shape *sh, const struct pol_table *t)
{
	uint64_t keys[PROBES];
	unsigned n = 1;
	keys[0] = POL_KEY_START;
	for (unsigned i = 0; i < sh->count; i++) {
		const uint64_t *hashes;
		unsigned count = alternatives(x, sh, i, &hashes), end = n * count;
		for (unsigned k = n; k-- > 0;) /* from behind, so that no key is overwritten before it was used */
			for (unsigned a = count; a-- > 0;)
				keys[--end] = pol_key_add(keys[k], hashes[a]);
		n *= count;
	}
	for (unsigned i = 0; i < n; i++)
		add_probe(x, sh, t, keys[i]);
}

static void probe_shape(struct search *x, const struct pol_shape *sh, const struct pol_table *t)
{
	const uint64_t *hashes;
	uint64_t all = 1;
	if (sh->nodes || x->q->several)
		for (unsigned i = 0; i < sh->count; i++)
			all *= alternatives(x, sh, i, &hashes);
	if (all > x->budget - x->steps) {
		x->steps = x->budget + 1;
		return;
	}
	x->steps += (uint32_t)all;
	if (all == 1)
		probe_one(x, sh, t);
	else if (all <= PROBES)
		probe_few(x, sh, t);
	else
		probe_many(x, sh, t, 0, POL_KEY_START);
}

/* Shapes over values alone first: meanwhile memory brings what the others need of the trees. */
static void look(struct search *x)
{
	const struct pol_store *s = x->p->store;
	uint32_t shapes = atomic_load_explicit(&s->shape_count, memory_order_acquire), later[POL_SHAPES_MAX];
	unsigned count = 0;
	uint64_t nodes = 0;
	for (uint32_t i = 0; i < shapes && x->steps <= x->budget; i++) {
		const struct pol_shape *sh = &s->shapes[i];
		const struct pol_table *t = pol_index_table(&sh->index);
		if (!t || (sh->need & ~x->q->present) != 0)
			continue;
		if (!sh->nodes && !x->q->several) {
			x->steps++;
			probe_one(x, sh, t);
			continue;
		}
		if (!sh->nodes) {
			probe_shape(x, sh, t);
			continue;
		}
		pol_fetch_ways(x->q, sh->nodes & ~nodes);
		nodes |= sh->nodes;
		later[count++] = i;
	}
	pol_prepare_ways(x->q, nodes);
	for (unsigned i = 0; i < count && x->steps <= x->budget; i++)
		probe_shape(x, &s->shapes[later[i]], pol_index_table(&s->shapes[later[i]].index));
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
static bool answer_holds(const struct pol_prepared *q, const struct pol_rule *r)
{
	const struct hf_policy_request *rq = q->rq;
	bool permit = r->mechanism != HF_MECHANISM_HOLD;
	return pol_visible(r, q->policy->seq) && r->state == HF_RULE_ACTIVE && rq->now_ms >= r->from_ms &&
	       rq->now_ms < r->until_ms && (!permit || (rq->mechanisms & HF_MECHANISM_BIT(r->mechanism)) != 0) &&
	       !is_skipped(q->policy, rq, r) && pol_plain_matches(q, r);
}

static void name_rule(const struct hf_policy *p, const struct pol_rule *r, struct hf_policy_decision *d)
{
	d->mechanism = (enum hf_mechanism)r->mechanism;
	d->rule = pol_string(p->store, r->id);
	d->from_ms = r->from_ms;
	d->until_ms = r->until_ms;
}

void pol_conclude(const struct pol_prepared *q, const struct pol_rule *r, struct hf_policy_decision *d)
{
	const struct hf_policy *p = q->policy;
	const struct pol_obligations *o = pol_obligations(p->store, r);
	name_rule(p, r, d);
	if (!answer_holds(q, r)) {
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

static void decide_prepared(struct pol_prepared *q, struct hf_policy_decision *d)
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
		pol_conclude(q, x.best, d);
	} else if (x.blocked) {
		name_rule(x.p, x.blocked, d);
		deny(d, pol_plain_matches(q, x.blocked) ? pol_in_force(x.blocked, q->rq) : HF_WHY_SELF_CHECK);
	} else {
		deny(d, HF_WHY_NO_RULE);
	}
}

/* Member by member, which costs a third of what the compiler makes of a whole one. */
static void clear(struct hf_policy_decision *d)
{
	deny(d, HF_WHY_NO_SNAPSHOT);
	d->mechanism = HF_MECHANISM_INVALID;
	d->rule = "";
	d->version = 0;
	d->hash = NULL;
	d->from_ms = d->until_ms = 0;
	d->ignored = 0;
	d->attr = 0;
	d->steps = 0;
}

void hf_policy_decide(const struct hf_policy *p, const struct hf_policy_request *rq,
                      struct hf_policy_decision *ret_decision)
{
	struct pol_prepared q;
	struct hf_policy_decision *d = ret_decision;
	clear(d);
	if (!p)
		return;
	d->version = p->version;
	d->hash = &p->hash;
	enum hf_policy_reason why = pol_prepare_values(p, rq, &q);
	d->ignored = q.ignored;
	if (why == HF_WHY_PERMITTED) {
		decide_prepared(&q, d);
		return;
	}
	deny(d, why);
	d->attr = q.attr;
}
