/*
 * store.c - the memory of a line of snapshots: rules in one region, texts and lists in another, tables beside them.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "policy/internal.h"

#define LARGE ((size_t)2 << 20)

#define POOL_LIMIT (UINT32_MAX - (size_t)65536)

struct pol_store *pol_store_new(struct hf_schema *take_schema)
{
	struct pol_store *s = hf_alloc_zero(sizeof(*s));
	size_t first;
	atomic_init(&s->refs, 1);
	s->schema = take_schema;
	s->building = true;
	s->shape_count = 1;                                  /* the one without a key */
	(void)pol_region_get(&s->rules, 8, 8, true, &first); /* place 0 is none */
	(void)pol_region_get(&s->pool, 8, 8, true, &first);
	return s;
}

struct pol_store *pol_store_ref(struct pol_store *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void pol_store_free(struct pol_store *s)
{
	if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (unsigned i = 0; i < POL_SHAPES_MAX; i++)
		pol_index_done(&s->shapes[i].index);
	pol_index_done(&s->by_id);
	pol_index_done(&s->near);
	hf_schema_free(s->schema);
	free(s->hints.places);
	free(s->rules.data);
	free(s->pool.data);
	free(s);
}

void *pol_alloc_large(size_t size)
{
	if (size < LARGE / 2)
		return hf_alloc_zero(size);
	size_t whole = (size + LARGE - 1) & ~(LARGE - 1);
	void *p = aligned_alloc(LARGE, whole);
	if (!p)
		abort();
	(void)madvise(p, whole, MADV_HUGEPAGE); /* where the kernel does not, it is only slower */
	memset(p, 0, size);
	return p;
}

bool pol_region_get(struct pol_region *r, size_t len, size_t align, bool grow, size_t *ret_offset)
{
	size_t at = (r->used + align - 1) & ~(align - 1);
	if (at + len > r->cap) {
		if (!grow || at + len > POOL_LIMIT)
			return false;
		r->cap = (at + len) + (at + len) / 2 + 4096;
		r->data = hf_realloc(r->data, r->cap);
	}
	memset(r->data + r->used, 0, at + len - r->used);
	r->used = at + len;
	*ret_offset = at;
	return true;
}

bool pol_before(const struct pol_store *s, const struct pol_rule *a, const struct pol_rule *b)
{
	if (a->mechanism != b->mechanism)
		return a->mechanism < b->mechanism;
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return strcmp(pol_string(s, a->id), pol_string(s, b->id)) < 0;
}
