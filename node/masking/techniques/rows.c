/* rows.c - sample, rsup, limr, limc, combine: rows and columns that are left out or joined. */
#include "masking/techniques/decimal.h"
#include "masking/techniques/lines.h"
#include "masking/techniques/prf.h"
#include "masking/techniques/techniques.h"

#include <stdlib.h>
#include <string.h>

static enum hf_err no_rows(const char *technique, struct hf_fault *f)
{
	return hf_fault_set(f, HF_E_UNSUPPORTED, "%s leaves rows out, which cannot be done here", technique);
}

static void keep_values(struct hf_mask_batch *b)
{
	memcpy(b->out, b->in, b->count * sizeof(*b->out));
}

/* sample */
struct sample {
	struct hf_prf prf;
	uint64_t below; /* of 2^64 */
};

static enum hf_err sample_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	struct sample *s;
	struct hf_decimal rate;
	unsigned __int128 share;

	HF_TRY(hf_decimal_arg(use, "sample", "rate", "", f, &rate));
	share = (unsigned __int128)(uint64_t)rate.units << 64;
	for (unsigned i = 0; i < rate.scale; i++)
		share /= 10;
	if (rate.units <= 0 || share >> 64)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "sample: rate has to be above 0 and below 1; give the share of rows");
	s = hf_alloc_zero(sizeof(*s));
	s->below = (uint64_t)share;
	hf_prf_init(&s->prf, use, "sample");
	*ret_state = s;
	return HF_OK;
}

static void sample_close(void *state)
{
	struct sample *s = state;

	hf_prf_done(&s->prf);
	free(s);
}

static enum hf_err sample_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	const struct sample *s = state;

	if (!b->drop)
		return no_rows("sample", f);
	keep_values(b);
	for (size_t i = 0; i < b->count; i++) {
		struct hf_hash h;

		hf_prf_of_row(&s->prf, b, i, &h);
		b->drop[i] = hf_prf_bits(&h, 0) >= s->below;
	}
	return HF_OK;
}

#define ROWS_RECORD(what, again, shape, by, limits)                                                                    \
	{                                                                                                              \
		.principle = what, .format = HF_FORMAT_KEPT, .repeats = again, .reversible = HF_REVERSIBLE_NO,         \
		.reference = HF_REFERENCE_PART, .meaning = HF_MEANING_KEPT, .distribution = shape,                     \
		.reach = HF_REACH_ROW, .keyed = by, .cost = "under 1 us a row", .constraint = limits                   \
	}

static const struct hf_param sample_params[] = {
        {"rate", HF_PARAM_DECIMAL, true, 0, 1, NULL, "share of the rows that stay"},
        {"by", HF_PARAM_TEXT, false, 1, 127, NULL,
         "column whose value names the subject, all rows of which stay or go"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_sample = {
        .id = "sample",
        .title = "sample rows",
        .record = ROWS_RECORD("rows stay by a keyed draw; a smaller rate keeps some of the rows of a larger one",
                              HF_REPEATS_ROW, HF_DISTRIBUTION_NEAR, HF_KEYED_DATASET,
                              "the rows that stay are as they were; one sample for all consumers of a dataset"),
        .params = sample_params,
        .of_rows = true,
        .open = sample_open,
        .close = sample_close,
        .mask = sample_mask,
};

/* rsup */
struct rsup {
	struct hf_lines *values; /* as a list of the plan, one a line */
	struct hf_decimal low, high;
	bool has_low, has_high;
};

static void rsup_close(void *state)
{
	struct rsup *s = state;

	if (s->values)
		hf_lines_done(s->values);
	free(s->values);
	free(s);
}

static enum hf_err list_text(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	(void)name;
	(void)f;
	hf_buf_add(out, ctx, strlen(ctx));
	return HF_OK;
}

static enum hf_err rsup_values(const struct hf_mask_use *use, struct rsup *s, struct hf_fault *f)
{
	struct hf_mask_use list = *use;
	union {
		const char *in;
		void *out;
	} text = {hf_arg_text(use, "values", NULL)};

	if (!text.in)
		return HF_OK;
	list.file = list_text;
	list.file_ctx = text.out;
	s->values = hf_alloc_zero(sizeof(*s->values));
	return hf_lines_open(&list, "rsup", "values", 1, f, s->values);
}

static enum hf_err rsup_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	struct rsup *s = hf_alloc_zero(sizeof(*s));
	enum hf_err e = rsup_values(use, s, f);

	s->has_low = hf_arg_text(use, "below", NULL);
	s->has_high = hf_arg_text(use, "above", NULL);
	if (e == HF_OK && s->has_low)
		e = hf_decimal_arg(use, "rsup", "below", "", f, &s->low);
	if (e == HF_OK && s->has_high)
		e = hf_decimal_arg(use, "rsup", "above", "", f, &s->high);
	if (e == HF_OK && !s->values && !s->has_low && !s->has_high)
		e = hf_fault_set(f, HF_E_ARGUMENT, "rsup: nothing says which rows go; give values, below or above");
	if (e != HF_OK)
		rsup_close(s);
	else
		*ret_state = s;
	return e;
}

static bool goes(const struct rsup *s, const struct hf_bytes *v)
{
	struct hf_decimal d;

	if (!v->data)
		return false;
	if (s->values && hf_lines_find(s->values, v->data, v->len))
		return true;
	if ((!s->has_low && !s->has_high))
		return false;
	if (!hf_decimal_read(v->data, v->len, &d))
		return true; /* not a number: it cannot be said that the row may stay */
	return (s->has_low && hf_decimal_compare(&d, &s->low) < 0) ||
	       (s->has_high && hf_decimal_compare(&d, &s->high) > 0);
}

static enum hf_err rsup_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	if (!b->drop)
		return no_rows("rsup", f);
	keep_values(b);
	for (size_t i = 0; i < b->count; i++)
		b->drop[i] = goes(state, &b->in[i]);
	return HF_OK;
}

static const struct hf_param rsup_params[] = {
        {"values", HF_PARAM_LIST, false, 1, 65536, NULL, "rows with one of these values go"},
        {"below", HF_PARAM_DECIMAL, false, INT32_MIN, INT32_MAX, NULL, "rows with a smaller number go, or with none"},
        {"above", HF_PARAM_DECIMAL, false, INT32_MIN, INT32_MAX, NULL, "rows with a larger number go, or with none"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_rsup = {
        .id = "rsup",
        .title = "suppress rows",
        .record = ROWS_RECORD("rows whose value is named, or beyond a limit, are left out", HF_REPEATS_VALUE,
                              HF_DISTRIBUTION_LOST, HF_KEYED_NOT,
                              "what is left is not like the whole; say how many rows went"),
        .params = rsup_params,
        .of_rows = true,
        .open = rsup_open,
        .close = rsup_close,
        .mask = rsup_mask,
};

/* limr */
static enum hf_err limr_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	uint64_t *rows = hf_alloc(sizeof(*rows));

	(void)f;
	*rows = (uint64_t)hf_arg_number(use, "rows", 1);
	*ret_state = rows;
	return HF_OK;
}

static enum hf_err limr_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	if (!b->drop)
		return no_rows("limr", f);
	keep_values(b);
	for (size_t i = 0; i < b->count; i++)
		b->drop[i] = b->first_row + i >= *(uint64_t *)state;
	return HF_OK;
}

static const struct hf_param limr_params[] = {
        {"rows", HF_PARAM_NUMBER, true, 1, INT64_MAX, NULL, "so many rows stay, the first ones"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_limr = {
        .id = "limr",
        .title = "cap rows",
        .record = ROWS_RECORD("only the first rows stay", HF_REPEATS_ROW, HF_DISTRIBUTION_LOST, HF_KEYED_NOT,
                              "the first rows are not like the others; sample keeps what is typical"),
        .params = limr_params,
        .of_rows = true,
        .open = limr_open,
        .close = free,
        .mask = limr_mask,
};

/* limc */
static enum hf_err limc_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)state;
	(void)f;
	memset(b->out, 0, b->count * sizeof(*b->out));
	return HF_OK;
}

const struct hf_technique hf_technique_limc = {
        .id = "limc",
        .title = "drop the column",
        .record = {.principle = "the column is not in the result",
                   .format = HF_FORMAT_LOST,
                   .repeats = HF_REPEATS_VALUE,
                   .reversible = HF_REVERSIBLE_NO,
                   .reference = HF_REFERENCE_LOST,
                   .meaning = HF_MEANING_LOST,
                   .distribution = HF_DISTRIBUTION_LOST,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_NOT,
                   .cost = "none",
                   .constraint = "what reads the table by places of columns must know it"},
        .drops_column = true,
        .mask = limc_mask,
};

/* combine */
static enum hf_err combine_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	(void)f;
	*ret_state = hf_strdup(hf_arg_text(use, "separator", " "));
	return HF_OK;
}

static enum hf_err combine_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	size_t between = strlen(state);

	if (!b->by)
		return hf_fault_set(f, HF_E_ARGUMENT, "combine needs the values of its column by");
	for (size_t i = 0; i < b->count; i++) {
		const struct hf_bytes *v = &b->in[i], *by = &b->by[i];
		uint8_t *out;

		b->out[i] = (struct hf_bytes){NULL, 0};
		if (!v->data || !by->data)
			continue;
		out = hf_arena_get(b->arena, v->len + between + by->len);
		memcpy(out, v->data, v->len);
		memcpy(out + v->len, state, between);
		memcpy(out + v->len + between, by->data, by->len);
		b->out[i] = (struct hf_bytes){out, v->len + between + by->len};
	}
	return HF_OK;
}

static const struct hf_param combine_params[] = {
        {"by", HF_PARAM_TEXT, true, 1, 127, NULL, "column whose value is put behind"},
        {"separator", HF_PARAM_TEXT, false, 0, 16, NULL, "what stands between; a space when nothing is said"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_combine = {
        .id = "combine",
        .title = "combine columns",
        .record = {.principle = "a value and that of another column become one text",
                   .format = HF_FORMAT_LOST,
                   .repeats = HF_REPEATS_ROW,
                   .reversible = HF_REVERSIBLE_NO,
                   .reference = HF_REFERENCE_LOST,
                   .meaning = HF_MEANING_PART,
                   .distribution = HF_DISTRIBUTION_LOST,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_NOT,
                   .cost = "about 20 ns a value",
                   .constraint = "hides nothing by itself: coarsen one of the columns, and drop the other"},
        .params = combine_params,
        .open = combine_open,
        .close = free,
        .mask = combine_mask,
};
