/* index.c - see index.h. */
#include "authz/index.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SLOTS_MIN 64u

uint64_t hf_index_hash(const struct hf_id *id, const char *name)
{
	uint64_t h;
	memcpy(&h, id->b + 8, sizeof(h));
	for (const char *p = name ? name : ""; *p; p++)
		h = (h ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
	return h ^ (h >> 29);
}

static struct hf_index_item **slot_of(const struct hf_index *x, uint64_t hash)
{
	return &x->slots[hash & (x->slot_count - 1)];
}

struct hf_index_item *hf_index_first(const struct hf_index *x, uint64_t hash)
{
	return x->slot_count ? *slot_of(x, hash) : NULL;
}

static void link_item(struct hf_index *x, struct hf_index_item *item)
{
	struct hf_index_item **slot = slot_of(x, item->hash);
	item->next = *slot;
	*slot = item;
}

static void grow(struct hf_index *x)
{
	struct hf_index old = *x;
	x->slot_count = old.slot_count ? old.slot_count * 2 : SLOTS_MIN;
	x->slots = hf_alloc_zero(x->slot_count * sizeof(*x->slots));
	for (size_t i = 0; i < old.slot_count; i++) {
		struct hf_index_item *item = old.slots[i];
		while (item) {
			struct hf_index_item *next = item->next;
			link_item(x, item);
			item = next;
		}
	}
	free(old.slots);
}

void hf_index_add(struct hf_index *x, struct hf_index_item *item)
{
	if (x->item_count >= x->slot_count)
		grow(x);
	link_item(x, item);
	x->item_count++;
}

void hf_index_remove(struct hf_index *x, struct hf_index_item *item)
{
	if (!x->slot_count)
		return;
	for (struct hf_index_item **p = slot_of(x, item->hash); *p; p = &(*p)->next)
		if (*p == item) {
			*p = item->next;
			x->item_count--;
			return;
		}
}

void hf_index_done(struct hf_index *x)
{
	free(x->slots);
	*x = (struct hf_index){NULL, 0, 0};
}
