/*
 * sets.h - sets of values of one attribute as intervals over an ordered domain: the arithmetic of lint and what-if.
 *
 * Every condition is such a set: a text is a number in a dictionary, an integer or a time is shifted so that the least
 * is 0, an address is its 128 bits. So intersection, difference and inclusion are exact, without a solver. Sets are
 * immutable; memory is the arena's. Pure. Private to the folder.
 */
#ifndef HUFU_POLICY_SETS_H
#define HUFU_POLICY_SETS_H

#include <stdbool.h>

#include "base/mem.h"

typedef unsigned __int128 hf_point __attribute__((aligned(8))); /* as an arena aligns */

/* Both ends belong to it. */
struct hf_interval {
	hf_point low, high;
};

/* In order, with at least one point between neighbours that is in neither. */
struct hf_set {
	const struct hf_interval *part;
	uint32_t count;
};

/* Sorts and joins; the given array is changed and kept by the set. */
struct hf_set hf_set_make(struct hf_interval *parts, uint32_t count);
struct hf_set hf_set_and(struct hf_arena *a, struct hf_set x, struct hf_set y);
struct hf_set hf_set_or(struct hf_arena *a, struct hf_set x, struct hf_set y);
struct hf_set hf_set_minus(struct hf_arena *a, struct hf_set x, struct hf_set y);
bool hf_set_has(struct hf_set x, hf_point p);
bool hf_set_meets(struct hf_set x, struct hf_set y);  /* share a point */
bool hf_set_within(struct hf_set x, struct hf_set y); /* every point of x is in y */
bool hf_set_equal(struct hf_set x, struct hf_set y);
/* How many points, `most` when there are more. */
uint64_t hf_set_size(struct hf_set x, uint64_t most);

#endif
