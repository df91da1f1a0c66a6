/*
 * table.h - hash tables from a key to the rules under it, in the order in which they are asked. One writer, any
 * readers. For this folder only.
 */
#ifndef HUFU_POLICY_TABLE_H
#define HUFU_POLICY_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pol_store;

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

#endif
