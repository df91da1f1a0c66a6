/* coarse.c - trunc, round, bucket, topbot: a value becomes one that many others become too. */
#include "masking/techniques/decimal.h"
#include "masking/techniques/each.h"
#include "masking/techniques/techniques.h"

#include <stdlib.h>
#include <string.h>

#define CUTS_MAX 256u

/* trunc: the first or last characters only. */
struct trunc {
	size_t first, last;
};

static enum hf_err trunc_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	struct trunc *s = hf_alloc_zero(sizeof(*s));

	s->first = (size_t)hf_arg_number(use, "first", 0);
	s->last = (size_t)hf_arg_number(use, "last", 0);
	*ret_state = s;
	if ((s->first == 0) != (s->last == 0))
		return HF_OK;
	free(s);
	return hf_fault_set(f, HF_E_ARGUMENT,
	                    "trunc keeps either the first or the last characters; give first or last");
}

static bool begins(uint8_t byte)
{
	return (byte & 0xC0) != 0x80;
}

static struct hf_bytes trunc_one(const struct trunc *s, const struct hf_bytes *v)
{
	size_t from = v->len, to = 0, n = 0;

	if (s->first) {
		for (; to < v->len; to++)
			if (begins(v->data[to]) && n++ == s->first)
				break;
		return (struct hf_bytes){v->data, to};
	}
	while (from > 0 && n < s->last)
		n += begins(v->data[--from]);
	return (struct hf_bytes){v->data + from, v->len - from};
}

/* A value that has no more characters than are kept would come through as it was: nothing of it is kept. */
static enum hf_err trunc_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	for (size_t i = 0; i < b->count; i++) {
		if (!b->in[i].data) {
			b->out[i] = (struct hf_bytes){NULL, 0};
			continue;
		}
		b->out[i] = trunc_one(state, &b->in[i]);
		if (b->out[i].len == b->in[i].len)
			b->out[i].len = 0;
	}
	return HF_OK;
}

static const struct hf_param trunc_params[] = {
        {"first", HF_PARAM_NUMBER, false, 1, 64, NULL, "characters that stay at the beginning"},
        {"last", HF_PARAM_NUMBER, false, 1, 64, NULL, "characters that stay at the end, instead"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_trunc = {
        .id = "trunc",
        .title = "truncate",
        .record = {.principle = "only the first or the last characters stay",
                   .format = HF_FORMAT_LOST,
                   .repeats = HF_REPEATS_VALUE,
                   .reversible = HF_REVERSIBLE_NO,
                   .reference = HF_REFERENCE_LOST,
                   .meaning = HF_MEANING_PART,
                   .distribution = HF_DISTRIBUTION_COARSE,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_NOT,
                   .cost = "about 5 ns a value",
                   .constraint =
                           "what several releases keep adds up; a value not longer than what is kept comes out empty"},
        .params = trunc_params,
        .open = trunc_open,
        .close = free,
        .mask = trunc_mask,
};

/* round: numbers to a multiple of a step. */
struct round {
	struct hf_decimal step;
	enum hf_rounding how;
};

static enum hf_err round_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	struct round s = {.how = hf_rounding_named(hf_arg_text(use, "mode", "half-even"))};

	HF_TRY(hf_decimal_arg(use, "round", "step", "", f, &s.step));
	if (s.step.units <= 0)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "round: step is not above 0; give the distance of the numbers that stay");
	*ret_state = hf_alloc(sizeof(s));
	memcpy(*ret_state, &s, sizeof(s));
	return HF_OK;
}

static bool round_one(const struct round *s, struct hf_decimal *d)
{
	unsigned scale = d->scale > s->step.scale ? d->scale : s->step.scale, was = d->scale;
	int64_t units, step;

	if (!hf_decimal_at(d, scale, &units) || !hf_decimal_at(&s->step, scale, &step))
		return false;
	*d = (struct hf_decimal){hf_round_units(units, step, s->how), scale};
	/* As many decimals as the value had, unless the step needs more. */
	if (was < scale && hf_decimal_at(d, was, &units)) {
		struct hf_decimal shorter = {units, was};
		int64_t back;

		if (hf_decimal_at(&shorter, scale, &back) && back == d->units)
			*d = shorter;
	}
	return true;
}

static bool round_value(void *state, struct hf_mask_batch *b, size_t i)
{
	struct hf_decimal d;

	if (!hf_decimal_read(b->in[i].data, b->in[i].len, &d) || !round_one(state, &d))
		return false;
	b->out[i] = hf_decimal_bytes(&d, b->arena);
	return true;
}

static enum hf_err round_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	return hf_mask_each(state, b, round_value);
}

static const struct hf_param round_params[] = {
        {"step", HF_PARAM_DECIMAL, true, 0, INT32_MAX, NULL, "distance of the numbers that stay: 10, 0.05"},
        {"mode", HF_PARAM_CHOICE, false, 0, 0, "floor ceil half-even", "half-even when nothing is said"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_round = {
        .id = "round",
        .title = "round numbers",
        .record = {.principle = "a number becomes the nearest multiple of a step",
                   .format = HF_FORMAT_KEPT,
                   .repeats = HF_REPEATS_VALUE,
                   .reversible = HF_REVERSIBLE_NO,
                   .reference = HF_REFERENCE_LOST,
                   .meaning = HF_MEANING_KEPT,
                   .distribution = HF_DISTRIBUTION_NEAR,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_NOT,
                   .cost = "about 30 ns a value",
                   .constraint = "one step for all consumers: two grids together show more than either"},
        .params = round_params,
        .open = round_open,
        .close = free,
        .mask = round_mask,
};

/* bucket: bands between cut points. */
struct bucket {
	struct hf_decimal cuts[CUTS_MAX];
	size_t count;
	struct hf_bytes names[CUTS_MAX + 1];
	char *text;
};

static void bucket_close(void *state)
{
	struct bucket *s = state;

	free(s->text);
	free(s);
}

/* "<18", "18..65", ">=65". */
static void name_bands(struct bucket *s)
{
	struct hf_buf text = HF_BUF_INIT;
	size_t ends[CUTS_MAX + 1];

	for (size_t i = 0; i <= s->count; i++) {
		uint8_t low[HF_DECIMAL_TEXT], high[HF_DECIMAL_TEXT];
		int low_len = i > 0 ? (int)hf_decimal_write(&s->cuts[i - 1], low) : 0;
		int high_len = i < s->count ? (int)hf_decimal_write(&s->cuts[i], high) : 0;

		if (i == 0)
			hf_buf_addf(&text, "<%.*s", high_len, (char *)high);
		else if (i == s->count)
			hf_buf_addf(&text, ">=%.*s", low_len, (char *)low);
		else
			hf_buf_addf(&text, "%.*s..%.*s", low_len, (char *)low, high_len, (char *)high);
		ends[i] = text.len;
	}
	s->text = (char *)hf_buf_take(&text, &(size_t){0});
	for (size_t i = 0; i <= s->count; i++) {
		size_t from = i ? ends[i - 1] : 0;

		s->names[i] = (struct hf_bytes){(const uint8_t *)s->text + from, ends[i] - from};
	}
}

static enum hf_err bucket_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	const char *at = hf_arg_text(use, "cuts", "");
	struct bucket *s = hf_alloc_zero(sizeof(*s));

	while (*at) {
		size_t n = strcspn(at, "\n");

		if (s->count == CUTS_MAX || !hf_decimal_read((const uint8_t *)at, n, &s->cuts[s->count]) ||
		    (s->count > 0 && hf_decimal_compare(&s->cuts[s->count - 1], &s->cuts[s->count]) >= 0)) {
			free(s);
			return hf_fault_set(
			        f, HF_E_ARGUMENT,
			        "bucket: '%.*s' among the cuts is no number, not above the one before, or one of "
			        "more than %u; give rising numbers",
			        (int)(n < 60 ? n : 60), at, CUTS_MAX);
		}
		s->count++;
		at += n + (at[n] != 0);
	}
	name_bands(s);
	*ret_state = s;
	return HF_OK;
}

static bool bucket_value(void *state, struct hf_mask_batch *b, size_t i)
{
	const struct bucket *s = state;
	struct hf_decimal d;
	size_t band = 0;

	if (!hf_decimal_read(b->in[i].data, b->in[i].len, &d))
		return false;
	while (band < s->count && hf_decimal_compare(&d, &s->cuts[band]) >= 0)
		band++;
	b->out[i] = s->names[band];
	return true;
}

static enum hf_err bucket_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	return hf_mask_each(state, b, bucket_value);
}

static const struct hf_param bucket_params[] = {
        {"cuts", HF_PARAM_LIST, true, 1, 4096, NULL, "rising numbers at which a new band begins: [18, 30, 65]"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_bucket = {
        .id = "bucket",
        .title = "bands",
        .record = {.principle = "a number becomes the band between two cut points",
                   .format = HF_FORMAT_LOST,
                   .repeats = HF_REPEATS_VALUE,
                   .reversible = HF_REVERSIBLE_NO,
                   .reference = HF_REFERENCE_LOST,
                   .meaning = HF_MEANING_KEPT,
                   .distribution = HF_DISTRIBUTION_COARSE,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_NOT,
                   .cost = "about 20 ns a value",
                   .constraint = "cuts of several releases of a dataset must be nested: [20,30) and [25,35) together "
                                 "show [25,30)"},
        .params = bucket_params,
        .open = bucket_open,
        .close = bucket_close,
        .mask = bucket_mask,
};

/* topbot: what is beyond a limit becomes the limit. */
struct topbot {
	struct hf_decimal low, high;
	bool has_low, has_high;
};

static enum hf_err topbot_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	struct topbot s = {.has_low = hf_arg_text(use, "low", NULL), .has_high = hf_arg_text(use, "high", NULL)};

	if (s.has_low)
		HF_TRY(hf_decimal_arg(use, "topbot", "low", NULL, f, &s.low));
	if (s.has_high)
		HF_TRY(hf_decimal_arg(use, "topbot", "high", NULL, f, &s.high));
	if ((!s.has_low && !s.has_high) || (s.has_low && s.has_high && hf_decimal_compare(&s.low, &s.high) >= 0))
		return hf_fault_set(f, HF_E_ARGUMENT, "topbot needs a limit: give low, high, or a low below a high");
	*ret_state = hf_alloc(sizeof(s));
	memcpy(*ret_state, &s, sizeof(s));
	return HF_OK;
}

static bool topbot_value(void *state, struct hf_mask_batch *b, size_t i)
{
	const struct topbot *s = state;
	struct hf_decimal d;

	if (!hf_decimal_read(b->in[i].data, b->in[i].len, &d))
		return false;
	b->out[i] = b->in[i];
	if (s->has_low && hf_decimal_compare(&d, &s->low) < 0)
		b->out[i] = hf_decimal_bytes(&s->low, b->arena);
	else if (s->has_high && hf_decimal_compare(&d, &s->high) > 0)
		b->out[i] = hf_decimal_bytes(&s->high, b->arena);
	return true;
}

static enum hf_err topbot_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	return hf_mask_each(state, b, topbot_value);
}

static const struct hf_param topbot_params[] = {
        {"low", HF_PARAM_DECIMAL, false, INT32_MIN, INT32_MAX, NULL, "numbers below become this one"},
        {"high", HF_PARAM_DECIMAL, false, INT32_MIN, INT32_MAX, NULL, "numbers above become this one"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_topbot = {
        .id = "topbot",
        .title = "top and bottom coding",
        .record = {.principle = "numbers beyond a limit become the limit",
                   .format = HF_FORMAT_KEPT,
                   .repeats = HF_REPEATS_VALUE,
                   .reversible = HF_REVERSIBLE_NO,
                   .reference = HF_REFERENCE_LOST,
                   .meaning = HF_MEANING_KEPT,
                   .distribution = HF_DISTRIBUTION_NEAR,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_NOT,
                   .cost = "about 15 ns a value",
                   .constraint = "numbers within the limits stay as they are; say which share lies beyond them"},
        .params = topbot_params,
        .open = topbot_open,
        .close = free,
        .mask = topbot_mask,
};
