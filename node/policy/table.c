/*
 * table.c - the hash tables of the index; see table.h.
 *
 * A reader may be anywhere while the one writer adds: a list is changed by one 64-bit store, a slot is filled before
 * its byte is written, a table that became too small is replaced and kept until the store goes.
 */
#include <stdlib.h>

#include "policy/internal.h"

#define OVER_MIN 4u
#define GROUPS_MIN 2u

static size_t table_bytes(const struct pol_table *t)
{
	return sizeof(*t) + 64 + t->groups * (size_t)(8 + 8 * 8 + 8 * 4) + t->over_size * sizeof(uint64_t);
}

static struct pol_table *make(uint32_t groups, uint32_t over_size)
{
	struct pol_table form = {.groups = groups, .over_size = over_size};
	struct pol_table *t = pol_alloc_large(table_bytes(&form));
	uint8_t *lines = (uint8_t *)(t + 1); /* a group's links are one line of the cache */
	uint64_t *at = (uint64_t *)(void *)(lines + (-(uintptr_t)lines & 63));
	t->groups = groups;
	t->over_size = over_size;
	t->links = (_Atomic uint64_t *)at;
	t->bytes = (_Atomic uint64_t *)(at + groups * (size_t)8);
	t->over = (_Atomic uint64_t *)(at + groups * (size_t)9);
	t->hashes = (uint32_t *)(void *)(at + groups * (size_t)9 + over_size);
	return t;
}

struct pol_table *pol_table_new(void)
{
	return make(GROUPS_MIN, OVER_MIN);
}

static uint64_t get(const _Atomic uint64_t *p)
{
	return atomic_load_explicit(p, memory_order_relaxed);
}

static void set(_Atomic uint64_t *p, uint64_t v)
{
	atomic_store_explicit(p, v, memory_order_release);
}

/* The slot of the key, or UINT32_MAX. */
static uint32_t slot_of(const struct pol_table *t, uint64_t key)
{
	struct pol_cursor c;
	uint32_t slot;
	pol_cursor_start(&c, t, key);
	while ((slot = pol_cursor_slot(&c)) != UINT32_MAX && t->hashes[slot] != key >> 32)
		;
	return slot;
}

static void take_slot(struct pol_table *t, uint64_t key, uint64_t link)
{
	uint32_t group = pol_home(t, key);
	uint64_t word;
	while (((word = get(&t->bytes[group])) & POL_HIGH_BITS) == POL_HIGH_BITS)
		group = group + 1 == t->groups ? 0 : group + 1;
	unsigned at = (unsigned)__builtin_ctzll(~word & POL_HIGH_BITS) / 8;
	t->hashes[group * 8 + at] = (uint32_t)(key >> 32);
	set(&t->links[group * 8 + at], link);
	set(&t->bytes[group], word | pol_key_byte(key) << (8 * at));
	t->used++;
}

static bool slots_full(const struct pol_table *t)
{
	return t->used >= t->groups * 6;
}

static struct pol_table *enlarge(struct pol_store *s, struct pol_index *x, struct pol_table *old)
{
	bool over = old->over_used == old->over_size;
	struct pol_table *t = make(slots_full(old) ? old->groups + old->groups / 2 : old->groups,
	                           over ? old->over_size + old->over_size / 2 : old->over_size);
	for (uint32_t i = 0; i < old->over_used; i++)
		set(&t->over[i], get(&old->over[i]));
	for (uint32_t i = 0; i < old->groups * 8; i++) {
		uint64_t byte = get(&old->bytes[i / 8]) >> (8 * (i % 8)) & 255;
		if (byte)
			take_slot(t, (uint64_t)old->hashes[i] << 32 | (byte & 127), get(&old->links[i]));
	}
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
		t = pol_table_new();
		atomic_store_explicit(&x->table, t, memory_order_release);
	}
	return slots_full(t) || t->over_used == t->over_size ? enlarge(s, x, t) : t;
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
	uint32_t at = slot_of(t, key);
	if (at == UINT32_MAX) {
		take_slot(t, key, rule);
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
