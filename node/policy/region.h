/*
 * region.h - parts of the space of all requests: what a rule covers, and what is left of it when others are taken away.
 *
 * An axis is an attribute (or the time). A rule is a box: one set or several on some axes. On an axis with one value a
 * request stands at one point or states nothing, and a box demands a point in its set. On an axis with many values a
 * request holds a set of values, possibly empty, and a box demands one of them in its set; "one in C1 and one in C2,
 * but none in N" can be met exactly when neither C1 nor C2 lies within N. So emptiness is decided exactly on both, and
 * what is left of a region without a box is again regions, disjoint ones. Memory is the arena's. Pure. Private to the
 * folder.
 */
#ifndef HUFU_POLICY_REGION_H
#define HUFU_POLICY_REGION_H

#include "policy/sets.h"

struct hf_axis {
	bool many;         /* a request may hold many values */
	bool stated;       /* every request states it; never together with many */
	struct hf_set all; /* every value there can be */
};

/* Conditions in order of axes; more than one on the same axis only where it has many values. */
struct hf_box {
	uint32_t count;
	bool never; /* two conditions on an axis with one value exclude each other, or a set is empty */
	struct hf_box_side {
		uint32_t axis;
		struct hf_set set;
	} * side;
};

/* On an axis with one value: its point is in `in`, or nothing is stated where `unstated`. With many: one value in each
 * of must, none in `in`, which is here what is forbidden. */
struct hf_region_side {
	uint32_t axis;
	bool unstated;
	struct hf_set in;
	const struct hf_set *must;
	uint32_t must_count;
};
/* Axes that are not named are free. In order of axes. */
struct hf_region {
	uint32_t count;
	const struct hf_region_side *side;
};

/* Orders the sides of a box and joins those of an axis with one value; sets `never`. */
void hf_box_finish(struct hf_arena *a, const struct hf_axis *axes, struct hf_box *b);
/* The box never has `never` below. */
struct hf_region hf_region_of(struct hf_arena *a, const struct hf_axis *axes, const struct hf_box *b);
bool hf_region_meets(struct hf_arena *a, const struct hf_axis *axes, struct hf_region r, const struct hf_box *b);
/* False when nothing is in both. */
bool hf_region_and(struct hf_arena *a, const struct hf_axis *axes, struct hf_region r, const struct hf_box *b,
                   struct hf_region *ret_region);
/* r without b, as at most b->count regions that do not overlap; room for them in ret. Returns how many. */
uint32_t hf_region_minus(struct hf_arena *a, const struct hf_axis *axes, struct hf_region r, const struct hf_box *b,
                         struct hf_region *ret);
/* Every request of x is one of y. */
bool hf_box_within(const struct hf_axis *axes, const struct hf_box *x, const struct hf_box *y);

/* One request of a region: on each axis the values that it states. */
struct hf_sample {
	uint32_t count;
	struct hf_sample_side {
		uint32_t axis;
		uint32_t value_count;
		hf_point *value;
	} * side;
};
/* Axes on which nothing need be stated are left out; those that are always stated are not. */
void hf_region_sample(struct hf_arena *a, const struct hf_axis *axes, uint32_t axis_count, struct hf_region r,
                      struct hf_sample *ret_sample);
bool hf_box_has(const struct hf_box *b, const struct hf_sample *s);
bool hf_region_has(const struct hf_axis *axes, struct hf_region r, const struct hf_sample *s);

#endif
