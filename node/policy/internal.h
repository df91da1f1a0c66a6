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

#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "policy/policy.h"

#define POL_KEY_MAX 3       /* attributes in the key of a shape */
#define POL_SHAPES_MAX 128u /* shape 0 has no key: its rules are looked at in every decision */
#define POL_EXPAND_MAX 64u  /* entries of one rule in a table */
#define POL_ALTS_MAX 512u   /* texts of a prepared request beside those in the trees */
#define POL_NEVER UINT32_MAX

/* A text with its hash: a value of a request, or a node on the way to its root. */
struct pol_alt {
	uint64_t hash;
	const char *text;
	uint32_t len;
};

/* Keyed, so that nobody outside can choose values that collide. Equal hashes are always followed by a comparison. */
uint64_t pol_hash(const uint64_t seed[2], const void *data, size_t len);
static inline uint64_t pol_mix(uint64_t a, uint64_t b)
{
	unsigned __int128 m = (unsigned __int128)a * b;
	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* schema.c */
struct pol_attr {
	uint8_t type, group; /* enum hf_attr_type, hf_attr_group */
	bool many;
	uint32_t issuers; /* bit per issuer number */
	uint32_t choice_count;
	struct pol_alt *choices;
};
struct hf_schema {
	atomic_uint refs;
	uint64_t seed[2]; /* of pol_hash, for everything over this schema */
	unsigned count, issuer_count;
	struct pol_attr attrs[HF_ATTR_MAX + 1];
	struct hf_attr_spec specs[HF_ATTR_MAX + 1];
	const char *issuers[HF_ISSUER_MAX + 1];
	uint8_t by_name[128]; /* open addressing: attribute number or 0 */
	struct hf_arena arena;
	struct hf_hash digest;
};

/* tree.c: the way from the node to its root, itself first; NULL when it stands in no tree of the attribute. */
const struct pol_alt *pol_trees_path(const struct hf_trees *t, unsigned attr, const struct pol_alt *node,
                                     size_t *ret_count);
const struct hf_hash *pol_trees_digest(const struct hf_trees *t);
const struct hf_schema *pol_trees_schema(const struct hf_trees *t);

/* A condition as stored. ref is a place in the pool: of the text (one operand), of a pol_choice array (several), of
 * two int64_t, of a pol_prefix array. */
struct pol_cond {
	uint8_t attr, op;
	uint16_t count;
	uint32_t ref;
	uint32_t hash; /* upper half of the text's hash, one operand */
};
struct pol_choice {
	uint32_t hash, text;
};
struct pol_prefix {
	struct hf_address address;
	uint32_t bits, zero;
};
struct pol_rule {
	int64_t from_ms, until_ms;
	int32_t priority;
	uint32_t id, quota, obligations; /* places in the pool; 0: none */
	uint32_t added;
	_Atomic uint32_t removed;
	uint8_t mechanism, state, count, indexed;
	struct pol_cond conds[];
};
struct pol_obligations {
	size_t count;
	struct hf_obligation list[];
};

/* table.c: from a key to the rules under it, in the order in which they are asked. One writer, any readers. */
struct pol_table {
	uint32_t size, used; /* slots */
	uint32_t over_size, over_used;
	_Atomic uint32_t *tags;  /* 0: free */
	_Atomic uint64_t *links; /* of a slot: low half the rule, high half 1 + place in over of the next, 0: last */
	_Atomic uint64_t *over;
	struct pol_table *retired; /* the smaller one that this one replaced; old readers may still be in it */
};
struct pol_index {
	_Atomic(struct pol_table *) table;
};
struct pol_shape {
	uint8_t count;
	uint8_t attr[POL_KEY_MAX];
	bool under[POL_KEY_MAX]; /* keyed by the node above, not by the value itself */
	uint64_t need;           /* attributes without which no rule of it can match */
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
	struct hf_hash hash;
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
/* The operands of a TEXT, CHOICE or MEMBER condition: count of them at ret. one is where a single one is put. */
static inline const struct pol_choice *pol_choices(const struct pol_store *s, const struct pol_cond *c,
                                                   struct pol_choice *one)
{
	if (c->count != 1)
		return (const struct pol_choice *)(const void *)(s->pool.data + c->ref);
	*one = (struct pol_choice){c->hash, c->ref};
	return one;
}
static inline bool pol_textual(unsigned type)
{
	return type == HF_ATTR_TEXT || type == HF_ATTR_CHOICE || type == HF_ATTR_MEMBER;
}

/* Is a asked before b? */
bool pol_before(const struct pol_store *s, const struct pol_rule *a, const struct pol_rule *b);

/* table.c */
struct pol_table *pol_table_new(uint32_t entries);
void pol_index_done(struct pol_index *x);
size_t pol_index_bytes(const struct pol_index *x);
/* sorted: in the order of asking, else newest first. Enlarges the table when it must. */
void pol_index_put(struct pol_store *s, struct pol_index *x, uint64_t key, uint32_t rule, bool sorted);
static inline uint32_t pol_tag(uint64_t key)
{
	uint32_t tag = (uint32_t)(key >> 32);
	return tag ? tag : 1;
}
/* From the tag alone, so that a table can be enlarged without its keys; two keys of one tag share a list, which costs
 * a look at a rule and nothing else. */
static inline uint32_t pol_home(const struct pol_table *t, uint32_t tag)
{
	return (uint32_t)(((uint64_t)tag * t->size) >> 32);
}
/* First link under the key; 0 when there is none. Rule places are never 0. */
static inline uint64_t pol_table_find(const struct pol_table *t, uint64_t key)
{
	uint32_t tag = pol_tag(key), at = pol_home(t, tag), seen;
	while ((seen = atomic_load_explicit(&t->tags[at], memory_order_acquire)) != 0) {
		if (seen == tag)
			return atomic_load_explicit(&t->links[at], memory_order_acquire);
		if (++at == t->size)
			at = 0;
	}
	return 0;
}
/* The next link of a list; 0 behind the last. */
static inline uint64_t pol_table_next(const struct pol_table *t, uint64_t link)
{
	uint32_t next = (uint32_t)(link >> 32);
	return next ? atomic_load_explicit(&t->over[next - 1], memory_order_acquire) : 0;
}
static inline struct pol_table *pol_index_table(const struct pol_index *x)
{
	return atomic_load_explicit(&x->table, memory_order_acquire);
}

/* store.c */
struct pol_store *pol_store_new(struct hf_schema *take_schema);
struct pol_store *pol_store_ref(struct pol_store *s);
void pol_store_free(struct pol_store *s);
/* Room at the end, aligned, zeroed; the offset. False when the region is full and may not grow, or at its limit. */
bool pol_region_get(struct pol_region *r, size_t len, size_t align, bool grow, size_t *ret_offset);

/* pack.c: writes a checked rule into the store. intern NULL: no looking for what is there already. */
struct pol_intern;
struct pol_intern *pol_intern_new(void);
void pol_intern_free(struct pol_intern *n);
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
uint64_t pol_key_add(uint64_t key, uint64_t hash);
#define POL_KEY_START UINT64_C(0x9e3779b97f4a7c15)
uint64_t pol_near_key(unsigned attr, bool under, uint64_t hash);
#define POL_NEAR_NONE UINT64_C(0x2545f4914f6cdd1d) /* rules without a resource condition */
/* The visible rule of that id, or NULL. */
struct pol_rule *pol_find(const struct pol_store *s, const char *id, uint32_t seq);

/* digest.c: hash of what was loaded, and of one change after it. */
struct pol_digest;
struct pol_digest *pol_digest_new(const char *what);
void pol_digest_bytes(struct pol_digest *d, const void *data, size_t len);
void pol_digest_rule(struct pol_digest *d, const struct pol_store *s, const struct pol_rule *r);
void pol_digest_end(struct pol_digest *d, struct hf_hash *ret_hash); /* and frees it */

/* prepare.c: the request with every text hashed once and every node's way to its root found. */
struct pol_given {
	const struct pol_alt *alts; /* texts: the values themselves first, then what stands above them */
	uint16_t alt_count, own_count;
	uint16_t first, last; /* values of the request */
};
struct pol_prepared {
	const struct hf_policy *policy;
	const struct hf_policy_request *rq;
	uint64_t present, ignored;
	unsigned attr; /* at fault */
	unsigned alt_count;
	struct pol_given given[HF_ATTR_MAX + 1]; /* valid where present has the bit */
	uint16_t next[HF_REQUEST_VALUES_MAX];    /* of a value: the next of the same attribute; itself: last */
	struct pol_alt alts[POL_ALTS_MAX];
};
/* HF_WHY_PERMITTED when the request can be decided, else why not. */
enum hf_policy_reason pol_prepare(const struct hf_policy *p, const struct hf_policy_request *rq,
                                  struct pol_prepared *ret_prepared);

/* match.c: a stored rule against a prepared request. */
bool pol_matches(const struct pol_prepared *q, const struct pol_rule *r);
unsigned pol_count_failed(const struct pol_prepared *q, const struct pol_rule *r);
/* PERMITTED or HELD when it is in force, else what stands in the way. */
enum hf_policy_reason pol_in_force(const struct pol_rule *r, const struct hf_policy_request *rq);

/* plain.c: the same question, answered from the request itself, condition by condition, without hashes or tables. */
bool pol_plain_condition(const struct hf_policy *p, const struct pol_cond *c, const struct hf_policy_request *rq);
bool pol_plain_matches(const struct hf_policy *p, const struct pol_rule *r, const struct hf_policy_request *rq);
bool pol_prefix_holds(const struct pol_prefix *p, const struct hf_address *a);

/* decide.c: fills in an answer after checking it; a wrong one becomes a denial. */
void pol_conclude(const struct hf_policy *p, const struct hf_policy_request *rq, const struct pol_rule *r,
                  struct hf_policy_decision *d);

#endif
