/* plans.h - what tests of masking plans and of tables share: the parts of a plan that they do not look at, values. */
#ifndef TESTS_UNIT_MASKING_PLANS_H
#define TESTS_UNIT_MASKING_PLANS_H

#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"

/* Behind "masking-plan: 1", name and version; what follows is scope and tables. */
#define PLAN_REST                                                                                                      \
	"need: research\n"                                                                                             \
	"purpose: research\n"                                                                                          \
	"mode: static\n"                                                                                               \
	"people: {operator: li, security: wang, audit: zhao}\n"                                                        \
	"schedule: by hand\n"                                                                                          \
	"result: {rows-least: 1}\n"                                                                                    \
	"relations: []\n"                                                                                              \
	"emergency:\n"                                                                                                 \
	"  source: {cause: a, solution: b, who: li}\n"                                                                 \
	"  format: {cause: a, solution: b, who: li}\n"                                                                 \
	"  key: {cause: a, solution: b, who: li}\n"                                                                    \
	"  result: {cause: a, solution: b, who: li}\n"                                                                 \
	"  space: {cause: a, solution: b, who: li}\n"

/* splitmix64: quick, and the same everywhere. */
static inline uint64_t draw_of(uint64_t *seed)
{
	uint64_t z = *seed += 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

#define TEXT_MOST 64u

static inline struct hf_bytes text_of(struct hf_arena *arena, const char *fmt, ...)
        __attribute__((format(printf, 2, 3)));
static inline struct hf_bytes text_of(struct hf_arena *arena, const char *fmt, ...)
{
	char *out = hf_arena_get(arena, TEXT_MOST);
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(out, TEXT_MOST, fmt, args);
	va_end(args);
	return (struct hf_bytes){(const uint8_t *)out, (size_t)n};
}

#endif
