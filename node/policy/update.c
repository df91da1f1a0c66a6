/*
 * update.c - changes of a snapshot. What a change writes carries the next sequence number, which no reader asks for
 * until the new snapshot is handed out; when something is refused, it is marked as never there.
 */
#include <stdlib.h>

#include "policy/digest.h"

#define LATE_MIN 4096u /* changes that never make a merge worth while */

struct update {
	const struct hf_policy *old;
	struct pol_store *s;
	uint32_t seq;
	size_t rules, unindexed, late, dead;
	struct pol_sum sum;
	struct pol_digest *digest; /* for the sum */
	bool full;                 /* the store has no room */
};

static enum hf_err remove_rule(struct update *u, const char *id, struct hf_fault *f)
{
	struct pol_rule *r = pol_find(u->s, id, u->seq);
	if (!r)
		return hf_fault_set(f, HF_E_UNKNOWN, "there is no rule of the id '%.127s'; nothing was changed", id);
	atomic_store_explicit(&r->removed, u->seq, memory_order_release);
	u->rules--;
	u->dead++;
	u->unindexed -= !r->indexed;
	pol_sum_rule(&u->sum, u->digest, u->s, r, false);
	return HF_OK;
}

static enum hf_err add_rule(struct update *u, const struct hf_rule *rule, struct hf_fault *f)
{
	struct pol_rule *r;
	HF_TRY(hf_rule_check(u->s->schema, rule, f));
	if (pol_find(u->s, rule->id, u->seq))
		return hf_fault_set(f, HF_E_EXISTS,
		                    "there is a rule of the id '%s' already; remove it in the same change", rule->id);
	if (!pol_pack(u->s, NULL, rule, u->seq, &r)) {
		u->full = true;
		return HF_E_LIMIT;
	}
	pol_index_rule(u->s, r);
	u->rules++;
	u->late++;
	u->unindexed += !r->indexed;
	pol_sum_rule(&u->sum, u->digest, u->s, r, true);
	return HF_OK;
}

static enum hf_err change_all(struct update *u, const struct hf_policy_change *changes, size_t count,
                              struct hf_fault *f)
{
	for (size_t i = 0; i < count; i++) {
		if (changes[i].remove)
			HF_TRY(remove_rule(u, changes[i].remove, f));
		if (changes[i].add)
			HF_TRY(add_rule(u, changes[i].add, f));
	}
	return HF_OK;
}

/* Rules of this change are found among the late ones; those it removed are told by its sequence number. The number may
 * be used again: what was added and removed at one number is never seen. */
static void undo(struct update *u, const struct hf_policy_change *changes, size_t count)
{
	for (size_t at = u->old->rules_end; at < u->s->rules.used;) {
		struct pol_rule *r = (struct pol_rule *)(void *)(u->s->rules.data + at);
		if (r->added == u->seq)
			atomic_store_explicit(&r->removed, u->seq, memory_order_release);
		at += pol_rule_bytes(r);
	}
	for (size_t i = 0; i < count; i++) {
		const char *id = changes[i].remove;
		struct pol_rule *r = id ? pol_find(u->s, id, u->old->seq) : NULL;
		if (r && atomic_load_explicit(&r->removed, memory_order_relaxed) == u->seq)
			atomic_store_explicit(&r->removed, POL_NEVER, memory_order_release);
	}
}

static struct hf_policy *next_snapshot(const struct update *u, const struct hf_trees *trees)
{
	struct hf_policy *p = hf_alloc_zero(sizeof(*p));
	atomic_init(&p->refs, 1);
	p->store = pol_store_ref(u->s);
	p->trees = hf_trees_ref(trees);
	p->seq = u->seq;
	p->rules_end = u->s->rules.used;
	p->rules = u->rules;
	p->unindexed = u->unindexed;
	p->version = u->old->version + 1;
	p->sum = u->sum;
	pol_hash_snapshot(p);
	u->s->newest = u->seq;
	u->s->dead += u->dead;
	u->s->late += u->late;
	return p;
}

static enum hf_err check_newest(const struct hf_policy *p, struct hf_fault *f)
{
	if (p->seq != p->store->newest)
		return hf_fault_set(f, HF_E_STATE,
		                    "snapshot %llu is not the newest of its line; change the newest, or a merged copy",
		                    (unsigned long long)p->version);
	return HF_OK;
}

/* In a fresh copy, which has room; p's line ends here. */
static enum hf_err apply_merged(struct hf_policy *p, const struct hf_policy_change *changes, size_t count,
                                struct hf_policy **ret_policy, struct hf_fault *f)
{
	struct hf_policy *fresh = hf_policy_merge(p);
	enum hf_err e = hf_policy_apply(fresh, changes, count, ret_policy, f);
	hf_policy_free(fresh);
	if (e == HF_OK)
		p->store->newest++;
	return e;
}

static void begin(struct update *u, struct hf_policy *p)
{
	*u = (struct update){.old = p, .s = p->store, .seq = p->store->newest + 1, .rules = p->rules};
	u->unindexed = p->unindexed;
	u->digest = pol_digest_new("change");
	u->sum = p->sum;
}

enum hf_err hf_policy_apply(struct hf_policy *p, const struct hf_policy_change *changes, size_t count,
                            struct hf_policy **ret_policy, struct hf_fault *f)
{
	struct update u;
	struct hf_hash rest;
	HF_TRY(check_newest(p, f));
	begin(&u, p);
	enum hf_err e = change_all(&u, changes, count, f);
	pol_digest_end(u.digest, &rest);
	if (e == HF_OK) {
		*ret_policy = next_snapshot(&u, p->trees);
		return HF_OK;
	}
	undo(&u, changes, count);
	if (u.full)
		return apply_merged(p, changes, count, ret_policy, f);
	return e;
}

enum hf_err hf_policy_apply_trees(struct hf_policy *p, const struct hf_trees *trees, struct hf_policy **ret_policy,
                                  struct hf_fault *f)
{
	struct update u;
	struct hf_hash rest;
	HF_TRY(check_newest(p, f));
	if (pol_trees_schema(trees) != p->store->schema)
		return hf_fault_set(f, HF_E_ARGUMENT, "the hierarchies were made for another attribute schema");
	begin(&u, p);
	pol_digest_end(u.digest, &rest);
	*ret_policy = next_snapshot(&u, trees);
	return HF_OK;
}

bool hf_policy_wants_merge(const struct hf_policy *p)
{
	const struct pol_store *s = p->store;
	return s->dead + s->late > LATE_MIN + s->built / 16 || s->rules.cap - s->rules.used < 16384 ||
	       s->pool.cap - s->pool.used < 65536;
}

struct hf_policy *hf_policy_merge(const struct hf_policy *p)
{
	const struct pol_store *s = p->store;
	struct hf_policy_builder *b = hf_policy_builder_new(s->schema, p->trees);
	struct hf_policy *fresh = NULL;
	for (size_t at = 8; at < p->rules_end;) {
		const struct pol_rule *r = (const struct pol_rule *)(const void *)(s->rules.data + at);
		struct hf_rule view;
		struct hf_arena a;
		uint64_t scratch[512];
		at += pol_rule_bytes(r);
		if (!pol_visible(r, p->seq))
			continue;
		hf_arena_init(&a, scratch, sizeof(scratch));
		pol_unpack(s, r, &a, &view);
		if (hf_policy_builder_add(b, &view, NULL) != HF_OK)
			abort(); /* it was accepted before */
		hf_arena_done(&a);
	}
	if (hf_policy_builder_finish(b, p->version, &fresh, NULL) != HF_OK)
		abort();
	hf_policy_builder_free(b);
	return fresh;
}
