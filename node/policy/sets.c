/* sets.c - see sets.h. */
#include "policy/sets.h"

#include <stdlib.h>

static int by_low(const void *x, const void *y)
{
	const struct hf_interval *a = x, *b = y;

	return (a->low > b->low) - (a->low < b->low);
}

struct hf_set hf_set_make(struct hf_interval *parts, uint32_t count)
{
	uint32_t n = 0;

	if (count == 0)
		return (struct hf_set){NULL, 0};
	qsort(parts, count, sizeof(*parts), by_low);
	for (uint32_t i = 1; i < count; i++) {
		struct hf_interval *last = parts + n;

		if (parts[i].low <= last->high || parts[i].low - 1 == last->high) {
			if (parts[i].high > last->high)
				last->high = parts[i].high;
		} else {
			parts[++n] = parts[i];
		}
	}
	return (struct hf_set){parts, n + 1};
}

struct hf_set hf_set_and(struct hf_arena *a, struct hf_set x, struct hf_set y)
{
	struct hf_interval *out = hf_arena_get(a, (x.count + y.count) * sizeof(*out));
	uint32_t n = 0;

	for (uint32_t i = 0, j = 0; i < x.count && j < y.count;) {
		hf_point low = x.part[i].low > y.part[j].low ? x.part[i].low : y.part[j].low;
		hf_point high = x.part[i].high < y.part[j].high ? x.part[i].high : y.part[j].high;

		if (low <= high)
			out[n++] = (struct hf_interval){low, high};
		if (x.part[i].high < y.part[j].high)
			i++;
		else
			j++;
	}
	return (struct hf_set){out, n};
}

struct hf_set hf_set_or(struct hf_arena *a, struct hf_set x, struct hf_set y)
{
	struct hf_interval *out = hf_arena_get(a, (x.count + y.count) * sizeof(*out));
	uint32_t n = 0;

	for (uint32_t i = 0; i < x.count; i++)
		out[n++] = x.part[i];
	for (uint32_t i = 0; i < y.count; i++)
		out[n++] = y.part[i];
	return hf_set_make(out, n);
}

struct hf_set hf_set_minus(struct hf_arena *a, struct hf_set x, struct hf_set y)
{
	struct hf_interval *out = hf_arena_get(a, (x.count + y.count) * sizeof(*out));
	uint32_t n = 0, j = 0;

	for (uint32_t i = 0; i < x.count; i++) {
		hf_point low = x.part[i].low, high = x.part[i].high;
		bool left = true;

		while (j < y.count && y.part[j].high < low)
			j++;
		for (uint32_t k = j; left && k < y.count && y.part[k].low <= high; k++) {
			if (y.part[k].low > low)
				out[n++] = (struct hf_interval){low, y.part[k].low - 1};
			left = y.part[k].high < high;
			low = left ? y.part[k].high + 1 : low;
		}
		if (left)
			out[n++] = (struct hf_interval){low, high};
	}
	return (struct hf_set){out, n};
}

bool hf_set_has(struct hf_set x, hf_point p)
{
	uint32_t low = 0, high = x.count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (x.part[mid].high < p)
			low = mid + 1;
		else
			high = mid;
	}
	return low < x.count && x.part[low].low <= p;
}

bool hf_set_meets(struct hf_set x, struct hf_set y)
{
	for (uint32_t i = 0, j = 0; i < x.count && j < y.count;) {
		if (x.part[i].high < y.part[j].low)
			i++;
		else if (y.part[j].high < x.part[i].low)
			j++;
		else
			return true;
	}
	return false;
}

bool hf_set_within(struct hf_set x, struct hf_set y)
{
	uint32_t j = 0;

	for (uint32_t i = 0; i < x.count; i++) {
		while (j < y.count && y.part[j].high < x.part[i].low)
			j++;
		if (j == y.count || y.part[j].low > x.part[i].low || y.part[j].high < x.part[i].high)
			return false;
	}
	return true;
}

bool hf_set_equal(struct hf_set x, struct hf_set y)
{
	if (x.count != y.count)
		return false;
	for (uint32_t i = 0; i < x.count; i++)
		if (x.part[i].low != y.part[i].low || x.part[i].high != y.part[i].high)
			return false;
	return true;
}

uint64_t hf_set_size(struct hf_set x, uint64_t most)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < x.count; i++) {
		hf_point more = x.part[i].high - x.part[i].low;

		if (more >= most || n + (uint64_t)more + 1 > most)
			return most;
		n += (uint64_t)more + 1;
	}
	return n;
}
