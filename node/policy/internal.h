/*
 * internal.h - what the files of this folder share: the compiled form of rules, the index, the prepared request.
 *
 * A store holds rules, strings and tables of one line of snapshots. It only grows: a rule is added by filling memory
 * that no reader looks at and then publishing its place, and removed by noting the sequence number from which it is
 * gone; a snapshot is a store and a sequence number and sees what was added at or before it and not removed by then.
 * So a change costs a few writes, readers wait for nothing, and each snapshot stays what it was. Dead weight goes when
 * the store is merged into a fresh one.
 */
#ifndef HUFU_POLICY_INTERNAL_H
#define HUFU_POLICY_INTERNAL_H

#include "policy/stored.h"
#include "policy/table.h"

#define POL_KEY_MAX 3       /* attributes in the key of a shape */
#define POL_SHAPES_MAX 128u /* shape 0 has no key: its rules are looked at in every decision */
#define POL_EXPAND_MAX 64u  /* entries of one rule in a table */

struct pol_shape {
	uint8_t count;
	uint8_t attr[POL_KEY_MAX];
	bool under[POL_KEY_MAX]; /* keyed by the node above, not by the value itself */
	uint64_t nodes;          /* these of its attributes */
	uint64_t need;           /* attributes without which no rule of it can match */
	_Atomic uint64_t asks;   /* attributes of which its rules ask what stands above the value */
	_Atomic uint64_t texts;  /* attributes of which its rules ask the value itself, a text */
	struct pol_index index;
};

/* How selective an attribute is, as of the last build; [1]: for UNDER. */
struct pol_weight {
	double alike; /* of the rules with such a condition, how many share a value with one of them, on average */
	double rules;
};

/* Growing memory whose places are offsets; it moves only while a builder owns it. */
struct pol_region {
	uint8_t *data;
	size_t used, cap;
};

struct pol_store {
	atomic_uint refs;
	struct hf_schema *schema;
	struct pol_region rules, pool;
	struct pol_shape shapes[POL_SHAPES_MAX];
	_Atomic uint32_t shape_count;
	struct pol_index by_id, near;
	struct pol_hints hints;
	struct pol_weight weights[HF_ATTR_MAX + 1][2];
	uint32_t newest;  /* sequence number of the newest snapshot */
	size_t built;     /* rules at the build */
	size_t dead;      /* removed since */
	size_t late;      /* added since */
	size_t unindexed; /* visible in the newest */
	bool building;    /* no reader yet: regions may move, replaced tables are freed at once */
};

struct hf_policy {
	atomic_uint refs;
	struct pol_store *store;
	struct hf_trees *trees;
	uint32_t seq;
	size_t rules_end; /* bytes of store->rules that belong to it */
	size_t rules, unindexed;
	uint64_t version;
	struct pol_sum sum;
	struct hf_hash hash; /* over schema, trees and sum */
};

static inline struct pol_rule *pol_rule_at(const struct pol_store *s, uint32_t place)
{
	return (struct pol_rule *)(void *)(s->rules.data + (size_t)place * 8);
}
static inline uint32_t pol_rule_place(const struct pol_store *s, const struct pol_rule *r)
{
	return (uint32_t)(((const uint8_t *)r - s->rules.data) / 8);
}
static inline size_t pol_rule_bytes(const struct pol_rule *r)
{
	return (offsetof(struct pol_rule, conds) + r->count * sizeof(struct pol_cond) + 7) & ~(size_t)7;
}
static inline const char *pol_text(const struct pol_store *s, uint32_t place, size_t *ret_len)
{
	const uint8_t *at = s->pool.data + place;
	*ret_len = (size_t)at[0] | (size_t)at[1] << 8;
	return (const char *)at + 2;
}
static inline const char *pol_string(const struct pol_store *s, uint32_t place)
{
	return place ? (const char *)s->pool.data + place + 2 : "";
}
static inline const struct pol_obligations *pol_obligations(const struct pol_store *s, const struct pol_rule *r)
{
	return r->obligations ? (const struct pol_obligations *)(const void *)(s->pool.data + r->obligations) : NULL;
}
static inline bool pol_visible(const struct pol_rule *r, uint32_t seq)
{
	return r->added <= seq && atomic_load_explicit(&r->removed, memory_order_acquire) > seq;
}
/* The operands of a condition on texts. one is where a single one is put, without its hash. */
static inline const struct pol_choice *pol_choices(const struct pol_store *s, const struct pol_cond *c,
                                                   struct pol_choice *one)
{
	if (c->count != 1)
		return (const struct pol_choice *)(const void *)(s->pool.data + c->ref);
	*one = (struct pol_choice){.text = c->ref};
	return one;
}
/* Is a asked before b? */
bool pol_before(const struct pol_store *s, const struct pol_rule *a, const struct pol_rule *b);

/* store.c */
struct pol_store *pol_store_new(struct hf_schema *take_schema);
struct pol_store *pol_store_ref(struct pol_store *s);
void pol_store_free(struct pol_store *s);
/* Zeroed; on large pages where it is large, as what is looked up at random misses the page tables too. For free(). */
void *pol_alloc_large(size_t size);
/* Room at the end, aligned, zeroed; the offset. False when the region is full and may not grow, or at its limit. */
bool pol_region_get(struct pol_region *r, size_t len, size_t align, bool grow, size_t *ret_offset);

/* pack.c: writes a checked rule into the store. intern NULL: no looking for what is there already. */
struct pol_intern;
struct pol_intern *pol_intern_new(void);
void pol_intern_free(struct pol_intern *n);
size_t pol_intern_count(const struct pol_intern *n);
/* Obligations written while building hold offsets in the place of pointers; this ends that. */
void pol_intern_settle(struct pol_intern *n, struct pol_store *s);
bool pol_pack(struct pol_store *s, struct pol_intern *intern, const struct hf_rule *rule, uint32_t added,
              struct pol_rule **ret_rule);
/* The reverse; the view borrows from a and s. */
void pol_unpack(const struct pol_store *s, const struct pol_rule *r, struct hf_arena *a, struct hf_rule *ret_rule);

/* index.c */
void pol_weigh(struct pol_store *s);
/* Puts the rule into its shape's table, and into near and by_id. */
void pol_index_rule(struct pol_store *s, struct pol_rule *r);
static inline uint64_t pol_key_add(uint64_t key, uint64_t hash)
{
	return pol_mix(key ^ hash, UINT64_C(0x9fb21c651e98df25));
}
#define POL_KEY_START UINT64_C(0x9e3779b97f4a7c15)
uint64_t pol_near_key(unsigned attr, bool under, uint64_t hash);
#define POL_NEAR_NONE UINT64_C(0x2545f4914f6cdd1d) /* rules without a resource condition */
/* The visible rule of that id, or NULL. */
struct pol_rule *pol_find(const struct pol_store *s, const char *id, uint32_t seq);

#endif
