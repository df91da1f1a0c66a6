/* axes_text.c - boxes and regions in words. See axes.h. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "policy/axes.h"

#define SHOWN 8u /* values listed before "and N more" */

static int64_t number_of(hf_point p)
{
	return (int64_t)((uint64_t)p ^ (uint64_t)1 << 63);
}

static bool add(struct hf_buf *out, const char *text)
{
	return hf_buf_add(out, text, strlen(text));
}

static bool add_time(struct hf_buf *out, int64_t ms)
{
	char text[HF_TIME_TEXT];

	hf_time_text(ms, text);
	if (strcmp(text + 19, ".000Z") == 0)
		memcpy(text + 19, "Z", 2);
	return add(out, text);
}

static bool add_numbers(struct hf_buf *out, struct hf_interval i)
{
	int64_t low = number_of(i.low), high = number_of(i.high);

	if (i.low == i.high)
		return hf_buf_addf(out, "%" PRId64, low);
	if (i.low == 0)
		return hf_buf_addf(out, "up to %" PRId64, high);
	if (i.high == UINT64_MAX)
		return hf_buf_addf(out, "from %" PRId64, low);
	return hf_buf_addf(out, "%" PRId64 " to %" PRId64, low, high);
}

static bool add_times(struct hf_buf *out, struct hf_interval i)
{
	bool ok = true;

	if (i.low != 0)
		ok = add(out, "from ") && add_time(out, number_of(i.low));
	if (i.low != 0 && i.high != UINT64_MAX)
		ok = ok && add(out, " ");
	if (i.high != UINT64_MAX)
		ok = ok && add(out, "until ") && add_time(out, number_of(i.high) + 1);
	return ok;
}

static struct hf_address address_of(hf_point p)
{
	struct hf_address a;

	hf_put_u64(a.b, (uint64_t)(p >> 64));
	hf_put_u64(a.b + 8, (uint64_t)p);
	return a;
}

/* The number of leading bits that are one prefix, or 129. */
static unsigned prefix_bits(struct hf_interval i)
{
	hf_point differ = i.low ^ i.high;
	unsigned free_bits = 0;

	while (free_bits < 128 && (differ >> free_bits) != 0)
		free_bits++;
	if (free_bits == 128)
		return i.low == 0 && i.high == ~(hf_point)0 ? 0 : 129;
	return (i.low & (((hf_point)1 << free_bits) - 1)) == 0 && differ == ((hf_point)1 << free_bits) - 1
	               ? 128 - free_bits
	               : 129;
}

static bool add_addresses(struct hf_buf *out, struct hf_interval i)
{
	unsigned bits = prefix_bits(i);
	struct hf_address low = address_of(i.low), high = address_of(i.high);
	char text[HF_ADDRESS_TEXT];

	hf_prefix_text(&low, bits <= 128 ? bits : 128, text);
	if (!add(out, text))
		return false;
	if (bits <= 128)
		return true;
	hf_prefix_text(&high, 128, text);
	return add(out, " to ") && add(out, text);
}

static bool add_interval(const struct hf_axes_axis *info, struct hf_interval i, struct hf_buf *out)
{
	if (!info->spec || info->spec->type == HF_ATTR_TIME)
		return add_times(out, i);
	if (info->spec->type == HF_ATTR_INTEGER)
		return add_numbers(out, i);
	return add_addresses(out, i);
}

static bool add_comma(struct hf_buf *out, uint32_t n)
{
	return n == 0 || add(out, ", ");
}

static bool add_texts(const struct hf_axes_axis *info, struct hf_set set, struct hf_buf *out)
{
	uint64_t size = hf_set_size(set, UINT64_MAX);
	uint32_t n = 0;
	bool ok = true;

	for (uint32_t i = 0; i < set.count; i++)
		for (hf_point p = set.part[i].low; ok && p <= set.part[i].high && n < SHOWN; p++, n++)
			ok = add_comma(out, n) &&
			     add(out, p == HF_POINT_OTHER ? "any other" : info->texts.item[(uint32_t)p].text);
	if (size > SHOWN)
		ok = ok && hf_buf_addf(out, " and %" PRIu64 " more", size - SHOWN);
	return ok;
}

static bool is_text(const struct hf_axes_axis *info)
{
	return info->spec && (info->spec->type == HF_ATTR_TEXT || info->spec->type == HF_ATTR_CHOICE ||
	                      info->spec->type == HF_ATTR_MEMBER);
}

static bool add_set(const struct hf_axes_axis *info, struct hf_set set, struct hf_buf *out)
{
	bool ok = true;

	if (is_text(info))
		return add_texts(info, set, out);
	for (uint32_t i = 0; ok && i < set.count && i < SHOWN; i++)
		ok = add_comma(out, i) && add_interval(info, set.part[i], out);
	if (set.count > SHOWN)
		ok = ok && hf_buf_addf(out, " and %u more", set.count - SHOWN);
	return ok;
}

static bool add_name(const struct hf_axes *s, uint32_t axis, struct hf_buf *out, bool first)
{
	const struct hf_attr_spec *spec = s->info[axis].spec;

	return (first || add(out, "; ")) && add(out, spec ? spec->name : "time") && add(out, ": ");
}

bool hf_axes_box_text(const struct hf_axes *s, const struct hf_box *b, struct hf_buf *out)
{
	bool ok = true;

	for (uint32_t i = 0; ok && i < b->count; i++)
		ok = add_name(s, b->side[i].axis, out, i == 0) &&
		     add_set(s->info + b->side[i].axis, b->side[i].set, out);
	return ok;
}

/* What it may be, or what it may not be, where that says more. */
static bool add_single(const struct hf_axes *s, const struct hf_region_side *side, struct hf_buf *out,
                       struct hf_arena *a)
{
	struct hf_set rest = hf_set_minus(a, s->axis[side->axis].all, side->in);
	bool ok = true;

	if (side->in.count == 0)
		return add(out, "not stated");
	if (is_text(s->info + side->axis) ? hf_set_has(side->in, HF_POINT_OTHER) : rest.count < side->in.count)
		ok = (rest.count == 0 ? add(out, "any") : add(out, "not ") && add_set(s->info + side->axis, rest, out));
	else
		ok = add_set(s->info + side->axis, side->in, out);
	return ok && (!side->unstated || add(out, ", or not stated"));
}

static bool add_many(const struct hf_axes *s, const struct hf_region_side *side, struct hf_buf *out, struct hf_arena *a)
{
	const struct hf_axes_axis *info = s->info + side->axis;
	bool ok = true;

	for (uint32_t i = 0; ok && i < side->must_count; i++)
		ok = add(out, i ? ", and " : "") && add(out, "one of ") &&
		     add_set(info, hf_set_minus(a, side->must[i], side->in), out);
	if (side->in.count > 0)
		ok = ok && add(out, side->must_count ? ", but none of " : "none of ") && add_set(info, side->in, out);
	return ok;
}

bool hf_axes_region_text(const struct hf_axes *s, struct hf_region r, struct hf_buf *out)
{
	struct hf_arena a;
	bool ok = true;

	hf_arena_init(&a, NULL, 0);
	for (uint32_t i = 0; ok && i < r.count; i++)
		ok = add_name(s, r.side[i].axis, out, i == 0) &&
		     (s->axis[r.side[i].axis].many ? add_many(s, r.side + i, out, &a)
		                                   : add_single(s, r.side + i, out, &a));
	hf_arena_done(&a);
	return ok;
}
