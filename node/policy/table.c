/*
 * table.c - the hash tables of the index. Tags lie apart from what they lead to: most probes find nothing, and sixteen
 * tags share one line of the cache.
 *
 * A reader may be anywhere while the one writer adds: a list is changed by one 64-bit store, a slot is filled before
 * its tag is written, a table that became too small is replaced and kept until the store goes.
 */
#include <stdlib.h>

#include "policy/internal.h"

#define OVER_MIN 4u

static size_t table_bytes(const struct pol_table *t)
{
	return sizeof(*t) + t->size * (sizeof(uint32_t) + sizeof(uint64_t)) + t->over_size * sizeof(uint64_t);
}

static struct pol_table *make(uint32_t size, uint32_t over_size)
{
	size += size & 1; /* keeps links aligned behind the tags */
	struct pol_table shape = {.size = size, .over_size = over_size};
	struct pol_table *t = hf_alloc_zero(table_bytes(&shape));
	uint8_t *at = (uint8_t *)(t + 1);
	t->size = size;
	t->over_size = over_size;
	t->links = (_Atomic uint64_t *)(void *)at;
	at += size * sizeof(uint64_t);
	t->over = (_Atomic uint64_t *)(void *)at;
	at += over_size * sizeof(uint64_t);
	t->tags = (_Atomic uint32_t *)(void *)at;
	return t;
}

struct pol_table *pol_table_new(uint32_t entries)
{
	return make(entries + entries / 2 + 8, OVER_MIN);
}

static uint64_t get(const _Atomic uint64_t *p)
{
	return atomic_load_explicit(p, memory_order_relaxed);
}

static void set(_Atomic uint64_t *p, uint64_t v)
{
	atomic_store_explicit(p, v, memory_order_release);
}

/* The slot of the tag, or the free one where it belongs. */
static uint32_t slot_of(const struct pol_table *t, uint32_t tag)
{
	uint32_t at = pol_home(t, tag), seen;
	while ((seen = atomic_load_explicit(&t->tags[at], memory_order_relaxed)) != 0 && seen != tag)
		if (++at == t->size)
			at = 0;
	return at;
}

static struct pol_table *enlarge(struct pol_store *s, struct pol_index *x, struct pol_table *old)
{
	bool slots = old->used >= old->size - old->size / 4, over = old->over_used == old->over_size;
	struct pol_table *t = make(slots ? old->size + old->size / 2 : old->size,
	                           over ? old->over_size + old->over_size / 2 : old->over_size);
	for (uint32_t i = 0; i < old->over_used; i++)
		set(&t->over[i], get(&old->over[i]));
	for (uint32_t i = 0; i < old->size; i++) {
		uint32_t tag = atomic_load_explicit(&old->tags[i], memory_order_relaxed);
		if (tag == 0)
			continue;
		uint32_t at = slot_of(t, tag);
		set(&t->links[at], get(&old->links[i]));
		atomic_store_explicit(&t->tags[at], tag, memory_order_relaxed);
	}
	t->used = old->used;
	t->over_used = old->over_used;
	t->retired = s->building ? NULL : old;
	atomic_store_explicit(&x->table, t, memory_order_release);
	if (s->building)
		free(old);
	return t;
}

static struct pol_table *with_room(struct pol_store *s, struct pol_index *x)
{
	struct pol_table *t = atomic_load_explicit(&x->table, memory_order_relaxed);
	if (!t) {
		t = pol_table_new(4);
		atomic_store_explicit(&x->table, t, memory_order_release);
	}
	return t->used >= t->size - t->size / 4 || t->over_used == t->over_size ? enlarge(s, x, t) : t;
}

/* Before the first that is asked later; or at the head. */
static _Atomic uint64_t *position(const struct pol_store *s, struct pol_table *t, _Atomic uint64_t *at, uint32_t rule)
{
	const struct pol_rule *r = pol_rule_at(s, rule);
	while (pol_before(s, pol_rule_at(s, (uint32_t)get(at)), r)) {
		uint32_t next = (uint32_t)(get(at) >> 32);
		if (next == 0)
			return NULL;
		at = &t->over[next - 1];
	}
	return at;
}

static _Atomic uint64_t *last_of(struct pol_table *t, _Atomic uint64_t *at)
{
	for (uint32_t next; (next = (uint32_t)(get(at) >> 32)) != 0;)
		at = &t->over[next - 1];
	return at;
}

void pol_index_put(struct pol_store *s, struct pol_index *x, uint64_t key, uint32_t rule, bool sorted)
{
	struct pol_table *t = with_room(s, x);
	uint32_t tag = pol_tag(key), at = slot_of(t, tag);
	if (atomic_load_explicit(&t->tags[at], memory_order_relaxed) == 0) {
		set(&t->links[at], rule);
		atomic_store_explicit(&t->tags[at], tag, memory_order_release);
		t->used++;
		return;
	}
	_Atomic uint64_t *where = sorted ? position(s, t, &t->links[at], rule) : &t->links[at];
	uint32_t place = t->over_used++;
	if (where) { /* what stood there moves behind the new one */
		set(&t->over[place], get(where));
		set(where, rule | (uint64_t)(place + 1) << 32);
	} else {
		_Atomic uint64_t *last = last_of(t, &t->links[at]);
		set(&t->over[place], rule);
		set(last, get(last) | (uint64_t)(place + 1) << 32);
	}
}

void pol_index_done(struct pol_index *x)
{
	struct pol_table *t = atomic_load_explicit(&x->table, memory_order_relaxed);
	while (t) {
		struct pol_table *older = t->retired;
		free(t);
		t = older;
	}
}

size_t pol_index_bytes(const struct pol_index *x)
{
	size_t bytes = 0;
	for (const struct pol_table *t = pol_index_table(x); t; t = t->retired)
		bytes += table_bytes(t);
	return bytes;
}
