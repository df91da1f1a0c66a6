/*
 * build.c - a fresh snapshot from rules that come one by one: pack them, sort them once in the order of asking, index
 * them from the last to the first, so that each list begins with the rule that is asked first.
 */
#include <stdlib.h>

#include "policy/digest.h"

#define RULES_MAX 20000000u

struct hf_policy_builder {
	struct pol_store *store;
	struct hf_trees *trees;
	struct pol_intern *intern;
};

/* A rule's place in the order of asking; the first bytes of its id as a number. */
struct sorted {
	uint64_t rank, id_high, id_low;
	struct pol_rule *rule;
	const char *id;
};

static void start(struct hf_policy_builder *b, const struct hf_schema *schema)
{
	b->store = pol_store_new(hf_schema_ref(schema));
	b->intern = pol_intern_new();
}

struct hf_policy_builder *hf_policy_builder_new(const struct hf_schema *schema, const struct hf_trees *trees)
{
	struct hf_policy_builder *b = hf_alloc_zero(sizeof(*b));
	b->trees = hf_trees_ref(trees);
	start(b, schema);
	return b;
}

void hf_policy_builder_free(struct hf_policy_builder *b)
{
	if (!b)
		return;
	pol_store_free(b->store);
	pol_intern_free(b->intern);
	hf_trees_free(b->trees);
	free(b);
}

enum hf_err hf_policy_builder_add(struct hf_policy_builder *b, const struct hf_rule *rule, struct hf_fault *f)
{
	struct pol_rule *r;
	HF_TRY(hf_rule_check(b->store->schema, rule, f));
	if (b->store->built == RULES_MAX || !pol_pack(b->store, b->intern, rule, 0, &r))
		return hf_fault_set(f, HF_E_LIMIT, "rule '%s' is one too many: the policy has %zu rules already",
		                    rule->id, b->store->built);
	b->store->built++;
	return HF_OK;
}

static uint64_t head_of(const char *text, size_t len)
{
	uint8_t b[8] = {0};
	memcpy(b, text, len < 8 ? len : 8);
	return (uint64_t)b[0] << 56 | (uint64_t)b[1] << 48 | (uint64_t)b[2] << 40 | (uint64_t)b[3] << 32 |
	       (uint64_t)b[4] << 24 | (uint64_t)b[5] << 16 | (uint64_t)b[6] << 8 | b[7];
}

static int compare(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->id_high != y->id_high)
		return x->id_high < y->id_high ? -1 : 1;
	if (x->id_low != y->id_low)
		return x->id_low < y->id_low ? -1 : 1;
	return strcmp(x->id, y->id);
}

static struct sorted *sort(struct pol_store *s)
{
	struct sorted *list = hf_alloc((s->built + 1) * sizeof(*list));
	size_t n = 0;
	bool in_order = true;
	for (size_t at = 8; at < s->rules.used; n++) {
		struct pol_rule *r = (struct pol_rule *)(void *)(s->rules.data + at);
		size_t len;
		const char *id = pol_text(s, r->id, &len);
		list[n] = (struct sorted){.rank = (uint64_t)r->mechanism << 32 | ((uint32_t)r->priority ^ 0x80000000u),
		                          .id_high = head_of(id, len),
		                          .id_low = len > 8 ? head_of(id + 8, len - 8) : 0,
		                          .rule = r,
		                          .id = id};
		in_order = in_order && (n == 0 || compare(&list[n - 1], &list[n]) < 0);
		at += pol_rule_bytes(r);
	}
	if (!in_order)
		qsort(list, n, sizeof(*list), compare);
	return list;
}

/* Room for what is added later, which must not move what is there. */
static void leave_room(struct pol_region *r)
{
	r->cap = r->used + r->used / 8 + 262144;
	uint8_t *data = pol_alloc_large(r->cap);
	memcpy(data, r->data, r->used);
	free(r->data);
	r->data = data;
}

static void lay_hints(struct pol_store *s, size_t texts)
{
	s->hints.count = (uint32_t)(4 * texts + 16);
	s->hints.places = pol_alloc_large(s->hints.count * sizeof(*s->hints.places));
	for (size_t at = 8; at < s->rules.used;) {
		const struct pol_rule *r = (const struct pol_rule *)(const void *)(s->rules.data + at);
		for (unsigned i = 0; i < r->count; i++)
			if (r->conds[i].kind == POL_TEXTS && r->conds[i].count == 1)
				s->hints.places[(uint64_t)r->conds[i].hash * s->hints.count >> 32] = r->conds[i].ref;
		at += pol_rule_bytes(r);
	}
}

static enum hf_err index_all(struct pol_store *s, const struct sorted *list, struct hf_fault *f)
{
	for (size_t i = s->built; i-- > 0;) {
		if (pol_find(s, list[i].id, 0))
			return hf_fault_set(f, HF_E_EXISTS, "there are two rules of the id '%s'; give each its own",
			                    list[i].id);
		pol_index_rule(s, list[i].rule);
		s->unindexed += !list[i].rule->indexed;
	}
	return HF_OK;
}

static void hash_all(struct hf_policy *p)
{
	struct pol_digest *d = pol_digest_new("rules");
	struct hf_hash rest;
	for (size_t at = 8; at < p->rules_end;) {
		const struct pol_rule *r = (const struct pol_rule *)(const void *)(p->store->rules.data + at);
		pol_sum_rule(&p->sum, d, p->store, r, true);
		at += pol_rule_bytes(r);
	}
	pol_digest_end(d, &rest);
	pol_hash_snapshot(p);
}

/* Takes store; the trees get one more owner. */
static struct hf_policy *snapshot(struct pol_store *take_store, const struct hf_trees *trees, uint64_t version)
{
	struct hf_policy *p = hf_alloc_zero(sizeof(*p));
	atomic_init(&p->refs, 1);
	p->store = take_store;
	p->trees = hf_trees_ref(trees);
	p->rules_end = p->store->rules.used;
	p->rules = p->store->built;
	p->unindexed = p->store->unindexed;
	p->version = version;
	return p;
}

enum hf_err hf_policy_builder_finish(struct hf_policy_builder *b, uint64_t version, struct hf_policy **ret_policy,
                                     struct hf_fault *f)
{
	struct pol_store *s = b->store;
	struct pol_intern *intern = b->intern;
	if (pol_trees_schema(b->trees) != s->schema)
		return hf_fault_set(f, HF_E_ARGUMENT, "the hierarchies were made for another attribute schema");
	start(b, s->schema);
	leave_room(&s->rules);
	leave_room(&s->pool);
	pol_intern_settle(intern, s);
	lay_hints(s, pol_intern_count(intern));
	pol_intern_free(intern);
	struct sorted *list = sort(s);
	pol_weigh(s);
	enum hf_err e = index_all(s, list, f);
	if (e == HF_OK) {
		struct hf_policy *p = snapshot(s, b->trees, version);
		s->building = false;
		hash_all(p);
		*ret_policy = p;
	} else {
		pol_store_free(s);
	}
	free(list);
	return e;
}

struct hf_policy *hf_policy_ref(const struct hf_policy *p)
{
	struct hf_policy *m = (struct hf_policy *)(uintptr_t)p;
	atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
	return m;
}

void hf_policy_free(struct hf_policy *p)
{
	if (!p || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
		return;
	pol_store_free(p->store);
	hf_trees_free(p->trees);
	free(p);
}
