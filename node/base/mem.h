/*
 * mem.h - small allocations, which end the process when memory is gone, and an arena for many that die together.
 *
 * A size that a peer, a file or a user influences is bounded first (limits.h). Any thread.
 */
#ifndef HUFU_BASE_MEM_H
#define HUFU_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

/* Never NULL, also for size 0. Freed with free(). */
void *hf_alloc(size_t size);
void *hf_alloc_zero(size_t size);
void *hf_realloc(void *p, size_t size);
char *hf_strdup(const char *text);

struct hf_arena_block;
struct hf_arena {
	uint8_t *at; /* next free byte */
	size_t left;
	struct hf_arena_block *blocks; /* what was taken beyond the lent memory */
};
/* first (may be NULL) is lent: it is used before anything is allocated, must be aligned to 8 and outlive the arena. */
void hf_arena_init(struct hf_arena *a, void *first, size_t len);
/* Uninitialised, aligned to 8; valid until done. */
void *hf_arena_get(struct hf_arena *a, size_t size);
void hf_arena_done(struct hf_arena *a);

#endif
