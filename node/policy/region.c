/* region.c - see region.h. */
#include "policy/region.h"

#include <stdlib.h>
#include <string.h>

static int by_axis(const void *x, const void *y)
{
	const struct hf_box_side *a = x, *b = y;

	return (a->axis > b->axis) - (a->axis < b->axis);
}

void hf_box_finish(struct hf_arena *a, const struct hf_axis *axes, struct hf_box *b)
{
	uint32_t n = 0;

	b->never = false;
	if (b->count > 0)
		qsort(b->side, b->count, sizeof(*b->side), by_axis);
	for (uint32_t i = 0; i < b->count; i++) {
		struct hf_box_side s = b->side[i];

		if (!hf_set_within(s.set, axes[s.axis].all))
			s.set = hf_set_and(a, s.set, axes[s.axis].all);
		if (n > 0 && b->side[n - 1].axis == s.axis && !axes[s.axis].many)
			b->side[n - 1].set = hf_set_and(a, b->side[n - 1].set, s.set);
		else
			b->side[n++] = s;
		b->never = b->never || b->side[n - 1].set.count == 0;
	}
	b->count = n;
}

static const struct hf_region_side *find(struct hf_region r, uint32_t axis)
{
	uint32_t low = 0, high = r.count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (r.side[mid].axis < axis)
			low = mid + 1;
		else
			high = mid;
	}
	return low < r.count && r.side[low].axis == axis ? r.side + low : NULL;
}

/* The side that a region has where it names none. */
static struct hf_region_side free_side(const struct hf_axis *axes, uint32_t axis)
{
	struct hf_region_side s = {.axis = axis, .unstated = !axes[axis].stated};

	if (!axes[axis].many)
		s.in = axes[axis].all;
	return s;
}

static struct hf_region_side side_of(const struct hf_axis *axes, struct hf_region r, uint32_t axis)
{
	const struct hf_region_side *s = find(r, axis);

	return s ? *s : free_side(axes, axis);
}

/* A copy with one side put in or replaced. */
static struct hf_region with_side(struct hf_arena *a, struct hf_region r, const struct hf_region_side *s)
{
	struct hf_region_side *out = hf_arena_get(a, (r.count + 1u) * sizeof(*out));
	uint32_t n = 0, i = 0;

	while (i < r.count && r.side[i].axis < s->axis)
		out[n++] = r.side[i++];
	out[n++] = *s;
	if (i < r.count && r.side[i].axis == s->axis)
		i++;
	while (i < r.count)
		out[n++] = r.side[i++];
	return (struct hf_region){n, out};
}

static bool possible(const struct hf_axis *axes, const struct hf_region_side *s)
{
	if (!axes[s->axis].many)
		return s->unstated || s->in.count > 0;
	for (uint32_t i = 0; i < s->must_count; i++)
		if (hf_set_within(s->must[i], s->in))
			return false;
	return true;
}

/* The demands on an axis with many values and one more; what another implies is left out. */
static void demand(struct hf_arena *a, struct hf_region_side *s, struct hf_set c)
{
	struct hf_set *must = hf_arena_get(a, (s->must_count + 1u) * sizeof(*must));
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->must_count; i++) {
		if (hf_set_within(s->must[i], c))
			return;
		if (!hf_set_within(c, s->must[i]))
			must[n++] = s->must[i];
	}
	must[n++] = c;
	s->must = must;
	s->must_count = n;
}

/* The side where the condition holds. */
static struct hf_region_side holds(struct hf_arena *a, const struct hf_axis *axes, struct hf_region_side s,
                                   struct hf_set c)
{
	if (axes[s.axis].many) {
		demand(a, &s, c);
	} else {
		s.in = hf_set_and(a, s.in, c);
		s.unstated = false;
	}
	return s;
}

/* The side where it fails. */
static struct hf_region_side fails(struct hf_arena *a, const struct hf_axis *axes, struct hf_region_side s,
                                   struct hf_set c)
{
	s.in = axes[s.axis].many ? hf_set_or(a, s.in, c) : hf_set_minus(a, s.in, c);
	return s;
}

struct hf_region hf_region_of(struct hf_arena *a, const struct hf_axis *axes, const struct hf_box *b)
{
	struct hf_region r = {0, NULL};

	for (uint32_t i = 0; i < b->count; i++) {
		struct hf_region_side s = side_of(axes, r, b->side[i].axis);

		s = holds(a, axes, s, b->side[i].set);
		r = with_side(a, r, &s);
	}
	return r;
}

bool hf_region_and(struct hf_arena *a, const struct hf_axis *axes, struct hf_region r, const struct hf_box *b,
                   struct hf_region *ret_region)
{
	for (uint32_t i = 0; i < b->count; i++) {
		struct hf_region_side s = holds(a, axes, side_of(axes, r, b->side[i].axis), b->side[i].set);

		if (!possible(axes, &s))
			return false;
		r = with_side(a, r, &s);
	}
	*ret_region = r;
	return true;
}

bool hf_region_meets(struct hf_arena *a, const struct hf_axis *axes, struct hf_region r, const struct hf_box *b)
{
	struct hf_region both;

	for (uint32_t i = 0; i < b->count; i++) {
		const struct hf_region_side *s = find(r, b->side[i].axis);

		if (!s)
			continue;
		if (axes[s->axis].many ? hf_set_within(b->side[i].set, s->in) : !hf_set_meets(s->in, b->side[i].set))
			return false;
	}
	return hf_region_and(a, axes, r, b, &both);
}

uint32_t hf_region_minus(struct hf_arena *a, const struct hf_axis *axes, struct hf_region r, const struct hf_box *b,
                         struct hf_region *ret)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->count; i++) {
		struct hf_region_side s = side_of(axes, r, b->side[i].axis);
		struct hf_region_side without = fails(a, axes, s, b->side[i].set);
		struct hf_region_side with = holds(a, axes, s, b->side[i].set);

		if (possible(axes, &without))
			ret[n++] = with_side(a, r, &without);
		if (!possible(axes, &with))
			return n;
		r = with_side(a, r, &with);
	}
	return n;
}

bool hf_box_within(const struct hf_axis *axes, const struct hf_box *x, const struct hf_box *y)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < y->count; i++) {
		const struct hf_axis *axis = axes + y->side[i].axis;
		bool found = axis->stated && hf_set_within(axis->all, y->side[i].set);

		while (at < x->count && x->side[at].axis < y->side[i].axis)
			at++;
		for (uint32_t k = at; !found && k < x->count && x->side[k].axis == y->side[i].axis; k++)
			found = hf_set_within(x->side[k].set, y->side[i].set);
		if (!found)
			return false;
	}
	return true;
}

static void add_value(struct hf_sample_side *s, hf_point v)
{
	for (uint32_t i = 0; i < s->value_count; i++)
		if (s->value[i] == v)
			return;
	s->value[s->value_count++] = v;
}

static void sample_side(struct hf_arena *a, const struct hf_axis *axes, const struct hf_region_side *r,
                        struct hf_sample_side *s)
{
	s->axis = r->axis;
	s->value_count = 0;
	s->value = hf_arena_get(a, (r->must_count + 1u) * sizeof(*s->value));
	if (!axes[r->axis].many) {
		if (!r->unstated)
			add_value(s, r->in.part[0].low);
		return;
	}
	for (uint32_t i = 0; i < r->must_count; i++)
		add_value(s, hf_set_minus(a, r->must[i], r->in).part[0].low);
}

void hf_region_sample(struct hf_arena *a, const struct hf_axis *axes, uint32_t axis_count, struct hf_region r,
                      struct hf_sample *ret_sample)
{
	struct hf_sample s = {0, hf_arena_get(a, axis_count * sizeof(*s.side))};

	for (uint32_t axis = 0; axis < axis_count; axis++) {
		const struct hf_region_side *named = find(r, axis);
		struct hf_region_side side;

		if (!named && !axes[axis].stated)
			continue;
		side = named ? *named : free_side(axes, axis);
		sample_side(a, axes, &side, s.side + s.count);
		if (s.side[s.count].value_count > 0)
			s.count++;
	}
	*ret_sample = s;
}

static bool side_has(const struct hf_sample_side *s, struct hf_set set)
{
	for (uint32_t i = 0; i < s->value_count; i++)
		if (hf_set_has(set, s->value[i]))
			return true;
	return false;
}

bool hf_box_has(const struct hf_box *b, const struct hf_sample *s)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < b->count; i++) {
		while (at < s->count && s->side[at].axis < b->side[i].axis)
			at++;
		if (at == s->count || s->side[at].axis != b->side[i].axis || !side_has(s->side + at, b->side[i].set))
			return false;
	}
	return true;
}

bool hf_region_has(const struct hf_axis *axes, struct hf_region r, const struct hf_sample *s)
{
	static const struct hf_sample_side nothing = {0, 0, NULL};

	for (uint32_t i = 0; i < r.count; i++) {
		const struct hf_region_side *side = r.side + i;
		const struct hf_sample_side *at = &nothing;
		bool ok = true;

		for (uint32_t k = 0; k < s->count; k++)
			if (s->side[k].axis == side->axis)
				at = s->side + k;
		if (!axes[side->axis].many)
			ok = at->value_count == 0 ? side->unstated : side_has(at, side->in);
		else
			for (uint32_t m = 0; m < side->must_count; m++)
				ok = ok && side_has(at, side->must[m]);
		if (!ok || (axes[side->axis].many && side_has(at, side->in)))
			return false;
	}
	return true;
}
