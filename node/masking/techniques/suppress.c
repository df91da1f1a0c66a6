/* suppress.c - null, const and mask: what a value was is gone, but for the characters that a mask keeps. */
#include "masking/techniques/techniques.h"

#include <stdlib.h>
#include <string.h>

static enum hf_err null_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)state;
	(void)f;
	memset(b->out, 0, b->count * sizeof(*b->out));
	return HF_OK;
}

const struct hf_technique hf_technique_null = {
        .id = "null",
        .title = "nullify",
        .record = {.principle = "every value becomes null",
                   .format = HF_FORMAT_LOST,
                   .repeats = HF_REPEATS_VALUE,
                   .reversible = HF_REVERSIBLE_NO,
                   .reference = HF_REFERENCE_LOST,
                   .meaning = HF_MEANING_LOST,
                   .distribution = HF_DISTRIBUTION_LOST,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_NOT,
                   .cost = "none",
                   .constraint = "columns that may not be null lose their constraint"},
        .mask = null_mask,
};

static enum hf_err const_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	(void)f;
	*ret_state = hf_strdup(hf_arg_text(use, "value", "***"));
	return HF_OK;
}

static enum hf_err const_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	const struct hf_bytes value = {state, strlen(state)};

	(void)f;
	for (size_t i = 0; i < b->count; i++)
		b->out[i] = b->in[i].data ? value : (struct hf_bytes){NULL, 0};
	return HF_OK;
}

static const struct hf_param const_params[] = {
        {"value", HF_PARAM_TEXT, false, 0, 256, NULL, "what stands there instead; *** when nothing is said"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_const = {
        .id = "const",
        .title = "replace by a constant",
        .record = {.principle = "every value that is not null becomes the same text",
                   .format = HF_FORMAT_CHOICE,
                   .repeats = HF_REPEATS_VALUE,
                   .reversible = HF_REVERSIBLE_NO,
                   .reference = HF_REFERENCE_LOST,
                   .meaning = HF_MEANING_LOST,
                   .distribution = HF_DISTRIBUTION_LOST,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_NOT,
                   .cost = "about 1 ns a value",
                   .constraint = "the column has one distinct value; whether a value was null shows"},
        .params = const_params,
        .open = const_open,
        .close = free,
        .mask = const_mask,
};

/* Bytes of a UTF-8 continuation belong to the character before them; broken bytes count as one each. */
static bool begins(uint8_t byte)
{
	return (byte & 0xC0) != 0x80;
}

struct chars {
	size_t first, last;
	char with[8];
	size_t with_len;
};

static enum hf_err mask_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	const char *with = hf_arg_text(use, "char", "*");
	struct chars *s;
	size_t chars = 0;

	for (size_t i = 0; with[i]; i++)
		chars += begins((uint8_t)with[i]);
	if (chars != 1)
		return hf_fault_set(f, HF_E_ARGUMENT, "mask: char is '%s'; give one character", with);
	s = hf_alloc_zero(sizeof(*s));
	s->first = (size_t)hf_arg_number(use, "keep-first", 0);
	s->last = (size_t)hf_arg_number(use, "keep-last", 0);
	s->with_len = strlen(with);
	memcpy(s->with, with, s->with_len);
	*ret_state = s;
	return HF_OK;
}

/* A value that has no more characters than are kept is masked whole: a short value shows as much as a long one. */
static struct hf_bytes mask_one(const struct chars *s, const struct hf_bytes *v, struct hf_arena *arena)
{
	size_t chars = 0, at = 0, len = 0;
	uint8_t *out = hf_arena_get(arena, v->len * (s->with_len > 1 ? s->with_len : 1) + 1);
	bool whole;

	for (size_t i = 0; i < v->len; i++)
		chars += i == 0 || begins(v->data[i]);
	whole = chars <= s->first + s->last;
	for (size_t i = 0; i < v->len; i++) {
		at += i == 0 || begins(v->data[i]);
		if (!whole && (at <= s->first || at > chars - s->last)) {
			out[len++] = v->data[i];
		} else if (i == 0 || begins(v->data[i])) {
			memcpy(out + len, s->with, s->with_len);
			len += s->with_len;
		}
	}
	return (struct hf_bytes){out, len};
}

static enum hf_err mask_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	for (size_t i = 0; i < b->count; i++)
		b->out[i] = b->in[i].data ? mask_one(state, &b->in[i], b->arena) : (struct hf_bytes){NULL, 0};
	return HF_OK;
}

static const struct hf_param mask_params[] = {
        {"keep-first", HF_PARAM_NUMBER, false, 0, 64, NULL,
         "characters that stay at the beginning; 0 when nothing is said"},
        {"keep-last", HF_PARAM_NUMBER, false, 0, 64, NULL, "characters that stay at the end; 0 when nothing is said"},
        {"char", HF_PARAM_TEXT, false, 1, 4, NULL, "the character that stands for the others; * when nothing is said"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_mask = {
        .id = "mask",
        .title = "character mask",
        .record = {.principle = "characters but the first and last ones are replaced by one character",
                   .format = HF_FORMAT_LENGTH,
                   .repeats = HF_REPEATS_VALUE,
                   .reversible = HF_REVERSIBLE_NO,
                   .reference = HF_REFERENCE_PART,
                   .meaning = HF_MEANING_LOST,
                   .distribution = HF_DISTRIBUTION_COARSE,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_NOT,
                   .cost = "about 20 ns a value",
                   .constraint = "what several releases keep adds up; the length shows"},
        .params = mask_params,
        .open = mask_open,
        .close = free,
        .mask = mask_mask,
};
