/*
 * table.h - hash tables from a key to the rules under it, in the order in which they are asked. One writer, any
 * readers. For this folder only.
 *
 * Slots come in groups of eight; one byte of each lies in a word of its own, so that a probe that finds nothing, as
 * most do, reads one word. A byte is 0 for a free slot, else 128 and seven bits of the key.
 */
#ifndef HUFU_POLICY_TABLE_H
#define HUFU_POLICY_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pol_store;

struct pol_table {
	uint32_t groups, used; /* used: slots */
	uint32_t over_size, over_used;
	_Atomic uint64_t *bytes; /* a word for each group */
	_Atomic uint64_t *links; /* of a slot: low half the rule, high half 1 + place in over of the next, 0: last */
	_Atomic uint64_t *over;
	uint32_t *hashes;          /* of the keys of slots */
	struct pol_table *retired; /* the smaller one that this one replaced; old readers may still be in it */
};
struct pol_index {
	_Atomic(struct pol_table *) table;
};
struct pol_table *pol_table_new(void);
void pol_index_done(struct pol_index *x);
size_t pol_index_bytes(const struct pol_index *x);
/* sorted: in the order of asking, else newest first. Enlarges the table when it must. */
void pol_index_put(struct pol_store *s, struct pol_index *x, uint64_t key, uint32_t rule, bool sorted);

#define POL_EACH_BYTE UINT64_C(0x0101010101010101)
#define POL_HIGH_BITS UINT64_C(0x8080808080808080)
static inline uint64_t pol_key_byte(uint64_t key)
{
	return (key & 127) | 128;
}
static inline uint32_t pol_home(const struct pol_table *t, uint64_t key)
{
	return (uint32_t)(((key >> 32) * t->groups) >> 32);
}

/* Goes through the lists that may be the key's: of all slots with its byte, from its home to the first group that is
 * not full. Another key's list costs a look at its rules and nothing else. */
struct pol_cursor {
	const struct pol_table *table;
	uint64_t key, word, hits; /* hits: high bit of each byte that is the key's */
	uint32_t group;
};
static inline void pol_cursor_load(struct pol_cursor *c)
{
	c->word = atomic_load_explicit(&c->table->bytes[c->group], memory_order_acquire);
	uint64_t differ = c->word ^ (pol_key_byte(c->key) * POL_EACH_BYTE);
	c->hits = ~(((differ & ~POL_HIGH_BITS) + ~POL_HIGH_BITS) | differ) & POL_HIGH_BITS;
}
static inline void pol_cursor_start(struct pol_cursor *c, const struct pol_table *t, uint64_t key)
{
	c->table = t;
	c->key = key;
	c->group = pol_home(t, key);
	pol_cursor_load(c);
}
/* The slot; UINT32_MAX behind the last. */
static inline uint32_t pol_cursor_slot(struct pol_cursor *c)
{
	while (!c->hits) {
		if ((c->word & POL_HIGH_BITS) != POL_HIGH_BITS)
			return UINT32_MAX;
		c->group = c->group + 1 == c->table->groups ? 0 : c->group + 1;
		pol_cursor_load(c);
	}
	uint32_t slot = c->group * 8 + (uint32_t)__builtin_ctzll(c->hits) / 8;
	c->hits &= c->hits - 1;
	return slot;
}
/* The head of the next list; 0 behind the last. Rule places are never 0. */
static inline uint64_t pol_cursor_next(struct pol_cursor *c)
{
	uint32_t slot = pol_cursor_slot(c);
	return slot == UINT32_MAX ? 0 : atomic_load_explicit(&c->table->links[slot], memory_order_acquire);
}
/* The same, only where more of the key is equal. */
static inline uint64_t pol_cursor_next_exact(struct pol_cursor *c)
{
	uint32_t slot;
	while ((slot = pol_cursor_slot(c)) != UINT32_MAX && c->table->hashes[slot] != c->key >> 32)
		;
	return slot == UINT32_MAX ? 0 : atomic_load_explicit(&c->table->links[slot], memory_order_acquire);
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
