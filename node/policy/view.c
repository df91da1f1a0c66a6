/*
 * view.c - looking at a snapshot: its rules one by one, its size, the words for its answers.
 */
#include <stdlib.h>

#include "policy/internal.h"

#define ROW(code, reason, err, text) [code] = {reason, text, err},
static const struct reason_row {
	const char *name, *text;
	enum hf_err err;
} reasons[] = {{NULL, NULL, HF_E_INTERNAL}, HF_POLICY_REASONS(ROW)};

static const struct reason_row *reason_row(enum hf_policy_reason r)
{
	return &reasons[(size_t)r < sizeof(reasons) / sizeof(reasons[0]) ? r : 0];
}

const char *hf_policy_reason_name(enum hf_policy_reason r)
{
	return reason_row(r)->name;
}

const char *hf_policy_reason_text(enum hf_policy_reason r)
{
	return reason_row(r)->text;
}

enum hf_err hf_policy_reason_err(enum hf_policy_reason r)
{
	return reason_row(r)->err;
}

void hf_policy_stats(const struct hf_policy *p, struct hf_policy_stats *ret_stats)
{
	const struct pol_store *s = p->store;
	uint32_t shapes = atomic_load_explicit(&s->shape_count, memory_order_acquire);
	size_t bytes = sizeof(*s) + s->rules.used + s->pool.used + pol_index_bytes(&s->by_id) +
	               pol_index_bytes(&s->near) + s->hints.count * sizeof(*s->hints.places);
	for (uint32_t i = 0; i < shapes; i++)
		bytes += pol_index_bytes(&s->shapes[i].index);
	*ret_stats = (struct hf_policy_stats){
	        .rules = p->rules, .bytes = bytes, .shapes = shapes, .unindexed = p->unindexed};
}

uint64_t hf_policy_version(const struct hf_policy *p)
{
	return p->version;
}

const struct hf_hash *hf_policy_hash(const struct hf_policy *p)
{
	return &p->hash;
}

const struct hf_schema *hf_policy_schema(const struct hf_policy *p)
{
	return p->store->schema;
}

const struct hf_trees *hf_policy_trees(const struct hf_policy *p)
{
	return p->trees;
}

static int compare(const void *a, const void *b, void *store)
{
	const struct pol_rule *x = *(const struct pol_rule *const *)a, *y = *(const struct pol_rule *const *)b;
	return pol_before(store, x, y) ? -1 : pol_before(store, y, x);
}

void hf_policy_each(const struct hf_policy *p, bool (*fn)(void *ctx, const struct hf_rule *rule, bool indexed),
                    void *ctx)
{
	const struct pol_rule **list = hf_alloc((p->rules + 1) * sizeof(const struct pol_rule *));
	size_t count = 0;
	bool go_on = true;
	for (size_t at = 8; at < p->rules_end;) {
		const struct pol_rule *r = (const struct pol_rule *)(const void *)(p->store->rules.data + at);
		at += pol_rule_bytes(r);
		if (pol_visible(r, p->seq))
			list[count++] = r;
	}
	qsort_r(list, count, sizeof(const struct pol_rule *), compare, p->store);
	for (size_t i = 0; i < count && go_on; i++) {
		struct hf_arena a;
		struct hf_rule view;
		uint64_t scratch[512];
		hf_arena_init(&a, scratch, sizeof(scratch));
		pol_unpack(p->store, list[i], &a, &view);
		go_on = fn(ctx, &view, list[i]->indexed);
		hf_arena_done(&a);
	}
	free(list);
}

bool hf_policy_rule(const struct hf_policy *p, const char *id, void (*fn)(void *ctx, const struct hf_rule *rule),
                    void *ctx)
{
	const struct pol_rule *r = pol_find(p->store, id, p->seq);
	struct hf_arena a;
	struct hf_rule view;
	if (!r)
		return false;
	hf_arena_init(&a, NULL, 0);
	pol_unpack(p->store, r, &a, &view);
	if (fn)
		fn(ctx, &view);
	hf_arena_done(&a);
	return true;
}
