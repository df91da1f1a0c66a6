/*
 * index.c - where a rule goes. Rules are grouped by shape: the one to three attributes whose values name few rules.
 * Each shape has a table from the combined values to its rules, so a decision looks once into every shape for every
 * combination of what the request gives and what stands above it, and holds only what it finds there against the
 * request.
 */
#include <stdlib.h>

#include "policy/internal.h"

#define SAMPLE_MAX 65536u /* rules that are counted to weigh the attributes */
#define KEY_CANDIDATES 6u /* conditions that are tried for a key */
#define LEVELS 4.0        /* a value and what stands above it, as a rule */
#define RULE_PRICE 4.0    /* of looking at one rule, in probes */

uint64_t pol_near_key(unsigned attr, bool under, uint64_t hash)
{
	return pol_key_add(pol_key_add(POL_KEY_START, hash), 2 * (uint64_t)attr + under);
}

static bool keyable(const struct pol_cond *c)
{
	return c->kind == POL_TEXTS && c->count <= POL_EXPAND_MAX;
}

static bool is_under(const struct pol_cond *c)
{
	return c->op == HF_OP_UNDER;
}

static uint64_t choice_hash(const struct pol_store *s, const struct pol_choice *choice)
{
	size_t len;
	const char *text = pol_text(s, choice->text, &len);
	return pol_hash(s->schema->seed, text, len);
}

/* How often each value occurs, in a sample. */
struct tally {
	struct {
		uint64_t key;
		uint32_t count;
	} * slots;
	size_t size;
};

static void tally_add(struct tally *t, uint64_t key, struct pol_weight *w)
{
	size_t at = key & (t->size - 1);
	while (t->slots[at].count && t->slots[at].key != key)
		at = (at + 1) & (t->size - 1);
	t->slots[at].key = key;
	w->alike += 2.0 * t->slots[at].count++ + 1; /* the sum of squares so far */
	w->rules += 1;
}

static void tally_rule(struct pol_store *s, struct tally *t, const struct pol_rule *r)
{
	struct pol_choice one;
	for (unsigned i = 0; i < r->count; i++) {
		const struct pol_cond *c = &r->conds[i];
		if (!keyable(c))
			continue;
		const struct pol_choice *list = pol_choices(s, c, &one);
		for (unsigned k = 0; k < c->count; k++) {
			uint64_t key = pol_near_key(c->attr, is_under(c), list[k].text);
			tally_add(t, key, &s->weights[c->attr][is_under(c)]);
		}
	}
}

void pol_weigh(struct pol_store *s)
{
	size_t stride = s->built / SAMPLE_MAX + 1, values = 0;
	struct tally t = {.size = 1024};
	/* bounded by the sample, and by what one rule can hold */
	for (size_t at = 8; at < s->rules.used;) {
		const struct pol_rule *r = (const struct pol_rule *)(const void *)(s->rules.data + at);
		at += pol_rule_bytes(r);
		for (unsigned i = 0; i < r->count; i++)
			values += keyable(&r->conds[i]) ? r->conds[i].count : 0;
	}
	while (t.size < 2 * (values / stride + 1024) && t.size < (size_t)1 << 24)
		t.size *= 2;
	size_t limit = t.size / 2, taken = 0;
	t.slots = hf_alloc_zero(t.size * sizeof(*t.slots));
	memset(s->weights, 0, sizeof(s->weights));
	for (size_t at = 8; at < s->rules.used && taken < limit;) {
		const struct pol_rule *r = (const struct pol_rule *)(const void *)(s->rules.data + at);
		if (pol_mix(at, UINT64_C(0x9e3779b97f4a7c15)) % stride == 0) {
			tally_rule(s, &t, r);
			for (unsigned i = 0; i < r->count; i++)
				taken += keyable(&r->conds[i]) ? r->conds[i].count : 0;
		}
		at += pol_rule_bytes(r);
	}
	free(t.slots);
	for (unsigned a = 0; a <= HF_ATTR_MAX; a++)
		for (unsigned u = 0; u < 2; u++) {
			struct pol_weight *w = &s->weights[a][u];
			if (w->rules > 0)
				w->alike = 1 + (w->alike / w->rules - 1) * (double)stride;
			w->rules *= (double)stride;
		}
}

/* The conditions that make up a rule's key. */
struct key {
	const struct pol_cond *conds[POL_KEY_MAX];
	unsigned count;
	double best; /* while it is being chosen: the lowest price, 0: none */
	const struct pol_cond *best_conds[POL_KEY_MAX];
	unsigned best_count;
};

static const struct pol_weight *weight(const struct pol_store *s, const struct pol_cond *c)
{
	static const struct pol_weight unseen = {1, 1};
	const struct pol_weight *w = &s->weights[c->attr][is_under(c)];
	return w->rules > 0 ? w : &unseen;
}

/* For the most selective conditions first. */
static double cost(const struct pol_store *s, const struct pol_cond *c)
{
	return weight(s, c)->alike * (is_under(c) ? 2 : 1);
}

/* One condition for each attribute that can be part of a key, the most selective first. */
static unsigned candidates(const struct pol_store *s, const struct pol_rule *r, const struct pol_cond **out)
{
	uint64_t seen = 0;
	unsigned count = 0;
	for (unsigned i = 0; i < r->count; i++) {
		const struct pol_cond *c = &r->conds[i];
		if (!keyable(c) || (seen & UINT64_C(1) << c->attr))
			continue;
		seen |= UINT64_C(1) << c->attr;
		unsigned at = count++;
		for (; at > 0 && cost(s, out[at - 1]) > cost(s, c); at--)
			out[at] = out[at - 1];
		out[at] = c;
	}
	return count < KEY_CANDIDATES ? count : KEY_CANDIDATES;
}

static void sort_key(struct key *k)
{
	for (unsigned i = 1; i < k->count; i++)
		for (unsigned j = i; j > 0 && k->conds[j - 1]->attr > k->conds[j]->attr; j--) {
			const struct pol_cond *c = k->conds[j];
			k->conds[j] = k->conds[j - 1];
			k->conds[j - 1] = c;
		}
}

/* What a decision pays for a shape with this key: a probe for each combination of what stands above the values, and a
 * look at each rule that shares the key, which there are `alike`, were attributes independent. */
struct price {
	double alike, probes, entries;
};

static struct price with(const struct pol_store *s, const struct price *before, const struct pol_cond *c)
{
	const struct pol_weight *w = weight(s, c);
	double share = w->alike / (w->rules > w->alike ? w->rules : w->alike);
	return (struct price){.alike = before->alike < 0 ? w->alike : before->alike * share,
	                      .probes = before->probes * (is_under(c) ? LEVELS : 1),
	                      .entries = before->entries * c->count};
}

/* Tries every set of candidates; of equal ones the first, whose conditions are the more selective. */
static void try_keys(const struct pol_store *s, const struct pol_cond *const *list, unsigned count, struct key *k,
                     const struct price *before)
{
	for (unsigned i = 0; i < count && k->count < POL_KEY_MAX; i++) {
		struct price p = with(s, before, list[i]);
		if (p.entries > POL_EXPAND_MAX)
			continue;
		double total = p.probes + RULE_PRICE * p.alike + p.entries / POL_EXPAND_MAX;
		k->conds[k->count++] = list[i];
		if (k->best == 0 || total < k->best * 0.99) {
			k->best = total;
			k->best_count = k->count;
			memcpy(k->best_conds, k->conds, sizeof(k->conds));
		}
		try_keys(s, list + i + 1, count - i - 1, k, &p);
		k->count--;
	}
}

static void choose_key(const struct pol_store *s, const struct pol_rule *r, struct key *k)
{
	const struct pol_cond *list[HF_RULE_CONDITIONS_MAX];
	unsigned count = candidates(s, r, list);
	const struct price none = {.alike = -1, .probes = 1, .entries = 1};
	k->count = 0;
	k->best = 0;
	k->best_count = 0;
	try_keys(s, list, count, k, &none);
	k->count = k->best_count;
	memcpy(k->conds, k->best_conds, sizeof(k->conds));
	sort_key(k);
}

static bool same_shape(const struct pol_shape *sh, const struct key *k)
{
	bool same = sh->count == k->count;
	for (unsigned i = 0; same && i < k->count; i++)
		same = sh->attr[i] == k->conds[i]->attr && sh->under[i] == is_under(k->conds[i]);
	return same;
}

/* The shape of the key; with no room for another one, the shape without a key. */
static struct pol_shape *shape_of(struct pol_store *s, const struct key *k)
{
	uint32_t count = atomic_load_explicit(&s->shape_count, memory_order_relaxed);
	for (uint32_t i = 0; i < count; i++)
		if (same_shape(&s->shapes[i], k))
			return &s->shapes[i];
	if (count == POL_SHAPES_MAX)
		return &s->shapes[0];
	struct pol_shape *sh = &s->shapes[count];
	sh->count = (uint8_t)k->count;
	for (unsigned i = 0; i < k->count; i++) {
		sh->attr[i] = k->conds[i]->attr;
		sh->under[i] = is_under(k->conds[i]);
		if (sh->under[i])
			sh->nodes |= UINT64_C(1) << k->conds[i]->attr;
		sh->need |= UINT64_C(1) << k->conds[i]->attr;
	}
	atomic_store_explicit(&sh->index.table, pol_table_new(), memory_order_relaxed);
	atomic_store_explicit(&s->shape_count, count + 1, memory_order_release);
	return sh;
}

/* One entry for each combination of operands. */
static void put_keys(struct pol_store *s, struct pol_shape *sh, const struct key *k, unsigned at, uint64_t key,
                     uint32_t place)
{
	struct pol_choice one;
	if (at >= POL_KEY_MAX || at == sh->count) {
		pol_index_put(s, &sh->index, key, place, !s->building);
		return;
	}
	const struct pol_choice *list = pol_choices(s, k->conds[at], &one);
	for (unsigned i = 0; i < k->conds[at]->count; i++)
		put_keys(s, sh, k, at + 1, pol_key_add(key, choice_hash(s, &list[i])), place);
}

/* Under the most selective condition on the resource, for explanations. */
static void put_near(struct pol_store *s, const struct pol_rule *r, uint32_t place)
{
	const struct pol_cond *best = NULL;
	struct pol_choice one;
	for (unsigned i = 0; i < r->count; i++) {
		const struct pol_cond *c = &r->conds[i];
		if (s->schema->attrs[c->attr].group == HF_GROUP_RESOURCE && keyable(c) &&
		    (!best || cost(s, c) < cost(s, best)))
			best = c;
	}
	if (!best) {
		pol_index_put(s, &s->near, POL_NEAR_NONE, place, false);
		return;
	}
	const struct pol_choice *list = pol_choices(s, best, &one);
	for (unsigned i = 0; i < best->count; i++)
		pol_index_put(s, &s->near, pol_near_key(best->attr, is_under(best), choice_hash(s, &list[i])), place,
		              false);
}

/* Before the rule can be found. */
static void note_asks(struct pol_shape *sh, const struct pol_rule *r)
{
	uint64_t asks = atomic_load_explicit(&sh->asks, memory_order_relaxed);
	uint64_t texts = atomic_load_explicit(&sh->texts, memory_order_relaxed);
	for (unsigned i = 0; i < r->count; i++)
		if (is_under(&r->conds[i]))
			asks |= UINT64_C(1) << r->conds[i].attr;
		else if (r->conds[i].kind == POL_TEXTS)
			texts |= UINT64_C(1) << r->conds[i].attr;
	atomic_store_explicit(&sh->asks, asks, memory_order_relaxed);
	atomic_store_explicit(&sh->texts, texts, memory_order_relaxed);
}

void pol_index_rule(struct pol_store *s, struct pol_rule *r)
{
	uint32_t place = pol_rule_place(s, r);
	struct key k;
	choose_key(s, r, &k);
	struct pol_shape *sh = shape_of(s, &k);
	r->indexed = sh->count > 0;
	note_asks(sh, r);
	put_keys(s, sh, &k, 0, POL_KEY_START, place);
	put_near(s, r, place);
	const char *id = pol_string(s, r->id);
	pol_index_put(s, &s->by_id, pol_hash(s->schema->seed, id, strlen(id)), place, false);
}

struct pol_rule *pol_find(const struct pol_store *s, const char *id, uint32_t seq)
{
	const struct pol_table *t = pol_index_table(&s->by_id);
	struct pol_cursor c;
	if (!t)
		return NULL;
	pol_cursor_start(&c, t, pol_hash(s->schema->seed, id, strlen(id)));
	for (uint64_t link; (link = pol_cursor_next(&c)) != 0;)
		for (; link; link = pol_table_next(t, link)) {
			struct pol_rule *r = pol_rule_at(s, (uint32_t)link);
			if (pol_visible(r, seq) && strcmp(pol_string(s, r->id), id) == 0)
				return r;
		}
	return NULL;
}
