/* decimal.c - reading, writing, rounding; declared in decimal.h. */
#include "masking/techniques/decimal.h"

#include <string.h>

static const int64_t tens[19] = {1,
                                 10,
                                 100,
                                 1000,
                                 10000,
                                 100000,
                                 1000000,
                                 10000000,
                                 100000000,
                                 1000000000,
                                 10000000000,
                                 100000000000,
                                 1000000000000,
                                 10000000000000,
                                 100000000000000,
                                 1000000000000000,
                                 10000000000000000,
                                 100000000000000000,
                                 1000000000000000000};

bool hf_decimal_read(const uint8_t *text, size_t len, struct hf_decimal *ret_d)
{
	size_t at = len > 0 && (text[0] == '-' || text[0] == '+'), digits = 0, point = len;
	int64_t units = 0;

	for (; at < len; at++) {
		if (text[at] == '.') {
			if (point < len || digits == 0)
				return false;
			point = at;
			continue;
		}
		if ((uint8_t)(text[at] - '0') > 9 || digits++ == HF_DECIMAL_DIGITS)
			return false;
		units = units * 10 + (text[at] - '0');
	}
	if (digits == 0 || point + 1 == len)
		return false;
	ret_d->units = text[0] == '-' ? -units : units;
	ret_d->scale = point < len ? (unsigned)(len - point - 1) : 0;
	return true;
}

size_t hf_decimal_write(const struct hf_decimal *d, uint8_t out[HF_DECIMAL_TEXT])
{
	uint64_t v = d->units < 0 ? 0 - (uint64_t)d->units : (uint64_t)d->units;
	uint8_t reversed[HF_DECIMAL_TEXT];
	size_t n = 0, len = 0;

	for (unsigned digit = 0; v > 0 || digit <= d->scale; digit++, v /= 10) {
		if (digit == d->scale && d->scale > 0)
			reversed[n++] = '.';
		reversed[n++] = (uint8_t)('0' + v % 10);
	}
	if (d->units < 0)
		out[len++] = '-';
	while (n > 0)
		out[len++] = reversed[--n];
	return len;
}

bool hf_decimal_at(const struct hf_decimal *d, unsigned scale, int64_t *ret_units)
{
	if (scale > 18 || d->scale > 18)
		return false;
	if (scale <= d->scale) {
		*ret_units = d->units / tens[d->scale - scale];
		return true;
	}
	return !__builtin_mul_overflow(d->units, tens[scale - d->scale], ret_units) && *ret_units < tens[18] &&
	       *ret_units > -tens[18];
}

enum hf_err hf_decimal_arg(const struct hf_mask_use *use, const char *technique, const char *name,
                           const char *otherwise, struct hf_fault *f, struct hf_decimal *ret_d)
{
	const char *text = hf_arg_text(use, name, otherwise);

	if (hf_decimal_read((const uint8_t *)text, strlen(text), ret_d))
		return HF_OK;
	return hf_fault_set(f, HF_E_ARGUMENT,
	                    "%s: %s is '%.60s'; give a number of at most %u digits without an exponent", technique,
	                    name, text, HF_DECIMAL_DIGITS);
}

struct hf_bytes hf_decimal_bytes(const struct hf_decimal *d, struct hf_arena *arena)
{
	uint8_t *out = hf_arena_get(arena, HF_DECIMAL_TEXT);

	return (struct hf_bytes){out, hf_decimal_write(d, out)};
}

int64_t hf_round_units(int64_t units, int64_t step, enum hf_rounding how)
{
	int64_t down = units / step * step - (units % step < 0 ? step : 0), rest = units - down;

	switch (how) {
	case HF_ROUND_FLOOR:
		return down;
	case HF_ROUND_CEIL:
		return rest ? down + step : down;
	case HF_ROUND_HALF_EVEN:
		if (rest * 2 == step) /* step is even then */
			return down / step % 2 == 0 ? down : down + step;
		return rest * 2 < step ? down : down + step;
	}
	return down;
}

enum hf_rounding hf_rounding_named(const char *name)
{
	if (strcmp(name, "floor") == 0)
		return HF_ROUND_FLOOR;
	return strcmp(name, "ceil") == 0 ? HF_ROUND_CEIL : HF_ROUND_HALF_EVEN;
}

int hf_decimal_compare(const struct hf_decimal *a, const struct hf_decimal *b)
{
	unsigned scale = a->scale > b->scale ? a->scale : b->scale;
	__int128 x = a->units, y = b->units;

	for (unsigned i = a->scale; i < scale; i++)
		x *= 10;
	for (unsigned i = b->scale; i < scale; i++)
		y *= 10;
	return x < y ? -1 : x > y;
}
