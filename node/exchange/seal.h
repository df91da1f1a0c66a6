/*
 * seal.h - inside of node/exchange: which data a consumer may keep only sealed (DS-85): what is sensitive, core data,
 * what the provider demands it for, and what its own readers see masked.
 */
#ifndef HUFU_EXCHANGE_SEAL_H
#define HUFU_EXCHANGE_SEAL_H

#include "base/err.h"

#include <stdint.h>

struct seal_why {
	uint32_t level;
	bool sensitive;
	const char *duty; /* NULL: none demands it */
	bool viewed;      /* this node's readers see it through views (DS-87) */
};
void seal_duty(struct seal_why *w, const char *duty);
/* MUST_SEAL with the reason and the way out, for a target that is not sealed. */
enum hf_err seal_refuse(const struct seal_why *w, struct hf_fault *f) HF_MUST_CHECK;

#endif
