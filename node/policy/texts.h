/*
 * texts.h - texts numbered from 0 in the order in which they came, found again by hash. Pure. Private to the folder.
 */
#ifndef HUFU_POLICY_TEXTS_H
#define HUFU_POLICY_TEXTS_H

#include <stdbool.h>

#include "base/mem.h"

#define HF_TEXTS_NONE UINT32_MAX

struct hf_texts {
	struct hf_arena texts;
	uint64_t seed[2]; /* so that nobody can choose texts that meet */
	struct hf_texts_item {
		const char *text; /* ended by a NUL */
		uint32_t len, hash;
	} * item;
	uint32_t count, cap;
	uint32_t *slot; /* number + 1; 0: empty */
	uint32_t slot_count;
};

void hf_texts_init(struct hf_texts *n);
void hf_texts_done(struct hf_texts *n);
/* The number of the text, which is copied when it is new; *ret_new (may be NULL) says so. */
uint32_t hf_texts_add(struct hf_texts *n, const char *text, size_t len, bool *ret_new);
uint32_t hf_texts_find(const struct hf_texts *n, const char *text, size_t len); /* HF_TEXTS_NONE */

#endif
