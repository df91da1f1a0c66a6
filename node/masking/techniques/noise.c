/*
 * noise.c - additive and multiplicative noise, from a keyed function of the row or of a subject. Keyed by dataset:
 * noise of its own for each consumer would average out. Whole numbers only, so that every machine gives the same bytes.
 */
#include "masking/techniques/decimal.h"
#include "masking/techniques/each.h"
#include "masking/techniques/mark.h"
#include "masking/techniques/prf.h"
#include "masking/techniques/techniques.h"

#include <stdlib.h>
#include <string.h>

#define SCALE_DIGITS 9u     /* of the parameter, so that products fit 128 bits */
#define DECIMALS_MAX 12u    /* of a value */
#define LN2_Q32 2977044472u /* ln 2 times 2^32 */

enum kind { NOISE_LAPLACE = 1, NOISE_GAUSS, NOISE_RATIO };

struct noise {
	struct hf_prf prf;
	enum kind kind;
	struct hf_decimal scale, low, high;
	bool has_low, has_high;
	struct hf_mark mark;
};

/* -ln(u / 2^64) in units of 2^-32, for u above 0: the logarithm's bits one by one, by squaring. */
static uint64_t minus_ln(uint64_t u)
{
	unsigned whole = 63 - (unsigned)__builtin_clzll(u);
	uint64_t m = u << (63 - whole), log2 = (uint64_t)whole << 32;

	for (unsigned bit = 32; bit-- > 0;) {
		unsigned __int128 square = (unsigned __int128)m * m;

		if (square >> 127) {
			m = (uint64_t)(square >> 64);
			log2 |= (uint64_t)1 << bit;
		} else {
			m = (uint64_t)(square >> 63);
		}
	}
	return (uint64_t)((unsigned __int128)(((uint64_t)64 << 32) - log2) * LN2_Q32 >> 32);
}

/* Mean 0; in units of 2^-32 of the scale. The sum of twelve even draws is as good as normal, and never beyond 6. */
static int64_t draw(enum kind kind, const struct hf_hash *h)
{
	int64_t sum = 0;

	switch (kind) {
	case NOISE_LAPLACE:
		sum = (int64_t)minus_ln(hf_prf_bits(h, 0) | 1);
		return hf_prf_bits(h, 1) & 1 ? -sum : sum;
	case NOISE_GAUSS:
		for (unsigned i = 0; i < 12; i++)
			sum += (int64_t)(hf_prf_bits(h, i / 3) >> (21 * (i % 3)) & 0x1FFFFF);
		return (2 * sum - 12 * 0x1FFFFF) * 1024; /* twice the distance from the middle, in 2^-22 */
	case NOISE_RATIO:
		return (int64_t)(hf_prf_bits(h, 0) >> 31) - ((int64_t)1 << 32);
	}
	return 0;
}

static enum hf_err open_noise(const struct hf_mask_use *use, const char *id, const char *param, struct hf_fault *f,
                              struct noise **ret_s)
{
	struct noise s = {.has_low = hf_arg_text(use, "low", NULL), .has_high = hf_arg_text(use, "high", NULL)};

	HF_TRY(hf_decimal_arg(use, id, param, "", f, &s.scale));
	if (s.has_low)
		HF_TRY(hf_decimal_arg(use, id, "low", "", f, &s.low));
	if (s.has_high)
		HF_TRY(hf_decimal_arg(use, id, "high", "", f, &s.high));
	if (s.scale.units <= 0 || s.scale.units >= 1000000000 || s.scale.scale > SCALE_DIGITS)
		return hf_fault_set(f, HF_E_ARGUMENT, "%s: %s has to be above 0 with at most %u digits", id, param,
		                    SCALE_DIGITS);
	HF_TRY(hf_mark_open(use, id, f, &s.mark));
	*ret_s = hf_alloc(sizeof(s));
	memcpy(*ret_s, &s, sizeof(s));
	hf_prf_init(&(*ret_s)->prf, use, id);
	return HF_OK;
}

static enum hf_err noise_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	struct noise *s = NULL;

	HF_TRY(open_noise(use, "noise", "scale", f, &s));
	s->kind = strcmp(hf_arg_text(use, "kind", "laplace"), "gauss") == 0 ? NOISE_GAUSS : NOISE_LAPLACE;
	*ret_state = s;
	return HF_OK;
}

static enum hf_err mult_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	struct noise *s = NULL;

	HF_TRY(open_noise(use, "mult", "ratio", f, &s));
	s->kind = NOISE_RATIO;
	*ret_state = s;
	return HF_OK;
}

static void noise_close(void *state)
{
	struct noise *s = state;

	hf_prf_done(&s->prf);
	hf_mark_done(&s->mark);
	free(s);
}

static __int128 power(unsigned n)
{
	__int128 v = 1;

	while (n-- > 0)
		v *= 10;
	return v;
}

/* Nearest, halves away from zero. */
static __int128 divide(__int128 a, __int128 b)
{
	return a < 0 ? -((-a + b / 2) / b) : (a + b / 2) / b;
}

/* What is added to the value, in its own units. */
static __int128 amount(const struct noise *s, const struct hf_decimal *d, int64_t drawn)
{
	__int128 v = (__int128)s->scale.units * drawn;

	if (s->kind == NOISE_RATIO) /* of the value itself */
		return divide((v >> 16) * d->units, power(s->scale.scale) << 16);
	return divide((v >> 8) * power(d->scale), power(s->scale.scale) << 24);
}

/* The least and the greatest units that may come out. */
static void limits_at(const struct noise *s, unsigned scale, int64_t ret_limits[2])
{
	ret_limits[0] = INT64_MIN;
	ret_limits[1] = INT64_MAX;
	if (s->has_low && !hf_decimal_at(&s->low, scale, &ret_limits[0]))
		ret_limits[0] = INT64_MIN;
	if (s->has_high && !hf_decimal_at(&s->high, scale, &ret_limits[1]))
		ret_limits[1] = INT64_MAX;
}

static bool noisy(const struct noise *s, const struct hf_mask_batch *b, size_t i, struct hf_decimal *d)
{
	struct hf_hash h;
	int64_t limits[2];
	__int128 sum;

	if (!hf_decimal_read(b->in[i].data, b->in[i].len, d) || d->scale > DECIMALS_MAX)
		return false;
	hf_prf_of_row(&s->prf, b, i, &h);
	sum = d->units + amount(s, d, draw(s->kind, &h));
	if (sum > 999999999999999999 || sum < -999999999999999999)
		return false;
	d->units = (int64_t)sum;
	limits_at(s, d->scale, limits);
	d->units = d->units < limits[0] ? limits[0] : d->units > limits[1] ? limits[1] : d->units;
	if (s->mark.on)
		hf_mark_put(&s->mark, b, i, limits, d);
	return true;
}

static bool noise_value(void *state, struct hf_mask_batch *b, size_t i)
{
	struct hf_decimal d;

	if (!noisy(state, b, i, &d))
		return false;
	b->out[i] = hf_decimal_bytes(&d, b->arena);
	return true;
}

static enum hf_err noise_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	return hf_mask_each(state, b, noise_value);
}

#define BY "column whose value names the subject; the row when nothing is said"
#define LOW "no result is below"
#define HIGH "no result is above"

static const struct hf_param noise_params[] = {
        {"scale", HF_PARAM_DECIMAL, true, 0, 999999999, NULL, "mean distance (laplace) or standard deviation (gauss)"},
        {"kind", HF_PARAM_CHOICE, false, 0, 0, "laplace gauss", "laplace when nothing is said"},
        {"low", HF_PARAM_DECIMAL, false, INT32_MIN, INT32_MAX, NULL, LOW},
        {"high", HF_PARAM_DECIMAL, false, INT32_MIN, INT32_MAX, NULL, HIGH},
        {"by", HF_PARAM_TEXT, false, 1, 127, NULL, BY},
        HF_MARK_PARAMS,
        {NULL, 0, false, 0, 0, NULL, NULL},
};
static const struct hf_param mult_params[] = {
        {"ratio", HF_PARAM_DECIMAL, true, 0, 1, NULL, "largest share of the number that is added or taken away"},
        {"low", HF_PARAM_DECIMAL, false, INT32_MIN, INT32_MAX, NULL, LOW},
        {"high", HF_PARAM_DECIMAL, false, INT32_MIN, INT32_MAX, NULL, HIGH},
        {"by", HF_PARAM_TEXT, false, 1, 127, NULL, BY},
        HF_MARK_PARAMS,
        {NULL, 0, false, 0, 0, NULL, NULL},
};

#define RECORD(what, limits)                                                                                           \
	{                                                                                                              \
		.principle = what, .format = HF_FORMAT_KEPT, .repeats = HF_REPEATS_ROW,                                \
		.reversible = HF_REVERSIBLE_NO, .reference = HF_REFERENCE_LOST, .meaning = HF_MEANING_KEPT,            \
		.distribution = HF_DISTRIBUTION_NEAR, .reach = HF_REACH_ROW, .keyed = HF_KEYED_DATASET,                \
		.cost = "about 300 ns a value", .constraint = limits                                                   \
	}

const struct hf_technique hf_technique_noise = {
        .id = "noise",
        .title = "additive noise",
        .record = RECORD("a keyed draw of the row is added to the number",
                         "one draw for all consumers; sums over few rows are off by its size; limits bend the mean"),
        .params = noise_params,
        .open = noise_open,
        .close = noise_close,
        .mask = noise_mask,
};
const struct hf_technique hf_technique_mult = {
        .id = "mult",
        .title = "multiplicative noise",
        .record = RECORD("the number is changed by a keyed share of itself",
                         "zeros stay zeros and so show; small numbers hardly change"),
        .params = mult_params,
        .open = mult_open,
        .close = noise_close,
        .mask = noise_mask,
};
