/* mem.c - see mem.h. */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 8192u
#define ALIGNMENT 8u

struct hf_arena_block {
	struct hf_arena_block *next;
	uint64_t bytes[];
};

void *hf_alloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		abort();
	return p;
}

void *hf_alloc_zero(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		abort();
	return p;
}

void *hf_realloc(void *p, size_t size)
{
	void *q = realloc(p, size ? size : 1);

	if (!q)
		abort();
	return q;
}

char *hf_strdup(const char *text)
{
	size_t len = strlen(text) + 1;

	return memcpy(hf_alloc(len), text, len);
}

void hf_arena_init(struct hf_arena *a, void *first, size_t len)
{
	a->at = first;
	a->left = first ? len : 0;
	a->blocks = NULL;
}

static void *add_block(struct hf_arena *a, size_t size)
{
	struct hf_arena_block *b;

	if (size > SIZE_MAX / 2)
		abort();
	b = hf_alloc(sizeof(*b) + size);
	b->next = a->blocks;
	a->blocks = b;
	return b->bytes;
}

void *hf_arena_get(struct hf_arena *a, size_t size)
{
	size_t need = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	void *p;

	if (need < size)
		abort();
	/* A large piece gets a block of its own, so that the rest of the present one stays in use. */
	if (need > a->left && need >= BLOCK_BYTES / 2)
		return add_block(a, need);
	if (need > a->left) {
		a->at = add_block(a, BLOCK_BYTES);
		a->left = BLOCK_BYTES;
	}
	p = a->at;
	a->at += need;
	a->left -= need;
	return p;
}

void hf_arena_done(struct hf_arena *a)
{
	while (a->blocks) {
		struct hf_arena_block *next = a->blocks->next;

		free(a->blocks);
		a->blocks = next;
	}
	a->at = NULL;
	a->left = 0;
}
