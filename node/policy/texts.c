/* texts.c - see texts.h. */
#include "policy/texts.h"

#include <stdlib.h>
#include <string.h>

#include "policy/names.h"

void hf_texts_init(struct hf_texts *n)
{
	*n = (struct hf_texts){.item = NULL};
	hf_arena_init(&n->texts, NULL, 0);
	hf_random(n->seed, sizeof(n->seed));
}

void hf_texts_done(struct hf_texts *n)
{
	hf_arena_done(&n->texts);
	free(n->item);
	free(n->slot);
	*n = (struct hf_texts){.item = NULL};
}

/* The slot that holds the text, or the empty one where it would go. */
static uint32_t probe(const struct hf_texts *n, const char *text, size_t len, uint32_t hash)
{
	uint32_t at = hash & (n->slot_count - 1);

	for (; n->slot[at] != 0; at = (at + 1) & (n->slot_count - 1)) {
		const struct hf_texts_item *i = n->item + n->slot[at] - 1;

		if (i->hash == hash && i->len == len && memcmp(i->text, text, len) == 0)
			break;
	}
	return at;
}

static void grow(struct hf_texts *n)
{
	uint32_t count = n->slot_count ? n->slot_count * 2 : 64;

	free(n->slot);
	n->slot = hf_alloc_zero(count * sizeof(*n->slot));
	n->slot_count = count;
	for (uint32_t i = 0; i < n->count; i++) {
		uint32_t at = n->item[i].hash & (count - 1);

		while (n->slot[at] != 0)
			at = (at + 1) & (count - 1);
		n->slot[at] = i + 1;
	}
}

uint32_t hf_texts_find(const struct hf_texts *n, const char *text, size_t len)
{
	if (n->slot_count == 0)
		return HF_TEXTS_NONE;
	return n->slot[probe(n, text, len, (uint32_t)pol_hash(n->seed, text, len))] - 1; /* 0 - 1 is HF_TEXTS_NONE */
}

uint32_t hf_texts_add(struct hf_texts *n, const char *text, size_t len, bool *ret_new)
{
	uint32_t hash = (uint32_t)pol_hash(n->seed, text, len), at;
	char *copy;

	if (n->count >= n->slot_count / 2)
		grow(n);
	at = probe(n, text, len, hash);
	if (ret_new)
		*ret_new = n->slot[at] == 0;
	if (n->slot[at] != 0)
		return n->slot[at] - 1;
	if (n->count == n->cap) {
		n->cap = n->cap ? n->cap * 2 : 64;
		n->item = hf_realloc(n->item, n->cap * sizeof(*n->item));
	}
	copy = hf_arena_get(&n->texts, len + 1);
	memcpy(copy, text, len);
	copy[len] = '\0';
	n->item[n->count] = (struct hf_texts_item){copy, (uint32_t)len, hash};
	n->slot[at] = ++n->count;
	return n->count - 1;
}
