/*
 * cache.c - own entries as they were read last, decoded. What reads of the table see is counted by the store; when the
 * count has risen, the entry is read anew.
 */
#include <stdlib.h>

#include "catalog/internal.h"

#define SLOTS 256u

struct catalog_cache {
	struct cached {
		struct hf_id id;
		bool known; /* the table was read; an entry that is not there has no item.entry */
		struct hf_catalog_item item;
	} slot[SLOTS];
	uint64_t changes;
};

static void forget(struct cached *s)
{
	hf_catalog_item_done(&s->item);
	s->known = false;
}

void catalog_cache_free(struct hf_catalog *c)
{
	for (size_t i = 0; c->cache && i < SLOTS; i++)
		forget(&c->cache->slot[i]);
	free(c->cache);
	c->cache = NULL;
}

static void refresh(struct hf_catalog *c)
{
	uint64_t changes = hf_store_changes(c->store, HF_TABLE_CATALOG);

	if (!c->cache)
		c->cache = hf_alloc_zero(sizeof(*c->cache));
	if (c->cache->changes == changes)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		forget(&c->cache->slot[i]);
	c->cache->changes = changes;
}

/* The last bytes of an id are random. */
static struct cached *slot_of(struct hf_catalog *c, const struct hf_id *id)
{
	return &c->cache->slot[id->b[sizeof(id->b) - 1] % SLOTS];
}

const struct hf_catalog_item *hf_catalog_own_item(struct hf_catalog *c, const struct hf_id *id)
{
	refresh(c);
	struct cached *s = slot_of(c, id);
	if (!s->known || !hf_id_equal(&s->id, id)) {
		forget(s);
		enum hf_err e = hf_catalog_get(c, c->base->self.s, id, &s->item);
		if (e != HF_OK && e != HF_E_UNKNOWN)
			return NULL;
		s->id = *id;
		s->known = true;
	}
	return s->item.entry && s->item.own ? &s->item : NULL;
}
