/* chars.c - regen and reorder: other characters of the same classes, and the same characters in another order. */
#include "masking/techniques/prf.h"
#include "masking/techniques/techniques.h"

#include <stdlib.h>
#include <string.h>

/* regen */
static enum hf_err regen_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	struct hf_prf *p = hf_alloc(sizeof(*p));

	(void)f;
	hf_prf_init(p, use, "regen");
	*ret_state = p;
	return HF_OK;
}

static void regen_close(void *state)
{
	hf_prf_done(state);
	free(state);
}

/* Han characters of three bytes become ones of the 2,000 from U+4E00 on; other ones beyond ASCII become "?". */
static size_t regen_char(const uint8_t *in, size_t left, uint32_t draw, uint8_t *out)
{
	uint32_t han = 0x4E00 + (uint32_t)((uint64_t)draw * 2000 >> 32);
	size_t n = 1;

	if ((uint8_t)(in[0] - '0') < 10) {
		out[0] = (uint8_t)('0' + ((uint64_t)draw * 10 >> 32));
	} else if ((uint8_t)(in[0] - 'A') < 26 || (uint8_t)(in[0] - 'a') < 26) {
		out[0] = (uint8_t)((in[0] & 0x20) + 'A' + ((uint64_t)draw * 26 >> 32));
	} else if (in[0] < 0x80) {
		out[0] = in[0];
	} else {
		while (n < left && n < 4 && (in[n] & 0xC0) == 0x80)
			n++;
		if (n == 3) {
			out[0] = (uint8_t)(0xE0 | han >> 12);
			out[1] = (uint8_t)(0x80 | (han >> 6 & 0x3F));
			out[2] = (uint8_t)(0x80 | (han & 0x3F));
		} else {
			memset(out, '?', n);
		}
	}
	return n;
}

static struct hf_bytes regen_one(const struct hf_prf *p, const struct hf_mask_batch *b, size_t i)
{
	const struct hf_bytes *v = &b->in[i];
	uint8_t *out = hf_arena_get(b->arena, v->len);
	struct hf_hash h;
	unsigned used = 0;

	hf_prf_of_row(p, b, i, &h);
	for (size_t at = 0; at < v->len; used++) {
		if (used == 8) {
			const struct hf_bytes before = {h.b, sizeof(h.b)};

			hf_prf_of_value(p, &before, &h);
			used = 0;
		}
		at += regen_char(v->data + at, v->len - at, hf_get_u32(h.b + 4 * (size_t)used), out + at);
	}
	return (struct hf_bytes){out, v->len};
}

static enum hf_err regen_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	for (size_t i = 0; i < b->count; i++)
		b->out[i] = b->in[i].data ? regen_one(state, b, i) : (struct hf_bytes){NULL, 0};
	return HF_OK;
}

static const struct hf_param regen_params[] = {
        {"by", HF_PARAM_TEXT, false, 1, 127, NULL,
         "column whose value names the subject; the row when nothing is said"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_regen = {
        .id = "regen",
        .title = "rewrite",
        .record = {.principle = "every digit and letter becomes a keyed draw of the same class",
                   .format = HF_FORMAT_LENGTH,
                   .repeats = HF_REPEATS_ROW,
                   .reversible = HF_REVERSIBLE_NO,
                   .reference = HF_REFERENCE_LOST,
                   .meaning = HF_MEANING_PART,
                   .distribution = HF_DISTRIBUTION_LOST,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_DATASET,
                   .cost = "about 400 ns a value",
                   .constraint = "check digits are wrong afterwards; lengths and signs between characters show"},
        .params = regen_params,
        .open = regen_open,
        .close = regen_close,
        .mask = regen_mask,
};

/* reorder */
#define PATTERN_MAX 32u

struct order {
	uint8_t from[PATTERN_MAX]; /* character i of a block comes from there */
	size_t count;
};

static enum hf_err reorder_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	const char *at = hf_arg_text(use, "pattern", "");
	struct order s = {.count = 0};
	uint64_t seen = 0;

	while (*at) {
		char *end;
		unsigned long n = strtoul(at, &end, 10);

		if (end == at || n < 1 || n > PATTERN_MAX || s.count == PATTERN_MAX || seen >> n & 1)
			break;
		seen |= (uint64_t)1 << n;
		s.from[s.count++] = (uint8_t)(n - 1);
		at = end + (*end == '\n');
	}
	if (*at || s.count < 2 || seen != (((uint64_t)1 << s.count) - 1) << 1)
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "reorder: the pattern is no order of 1, 2, ... up to %u; give each place once, as in [3, 1, 2]",
		        PATTERN_MAX);
	*ret_state = hf_alloc(sizeof(s));
	memcpy(*ret_state, &s, sizeof(s));
	return HF_OK;
}

/* Character i of a value, and its length. */
struct character {
	const uint8_t *at;
	size_t len;
};

static size_t characters(const struct hf_bytes *v, struct character *out)
{
	size_t n = 0;

	for (size_t i = 0; i < v->len; i++) {
		if (i == 0 || (v->data[i] & 0xC0) != 0x80)
			out[n++] = (struct character){v->data + i, 0};
		out[n - 1].len++;
	}
	return n;
}

/* The last block is shorter: of the pattern the places that it has. */
static struct hf_bytes reorder_one(const struct order *s, const struct hf_bytes *v, struct hf_arena *arena, bool back)
{
	struct character *in = hf_arena_get(arena, (v->len + 1) * sizeof(*in)), *moved;
	size_t n = characters(v, in), len = 0;
	uint8_t *out = hf_arena_get(arena, v->len);

	moved = hf_arena_get(arena, (n + 1) * sizeof(*moved));
	for (size_t block = 0; block < n; block += s->count) {
		size_t size = n - block < s->count ? n - block : s->count, k = 0;

		for (size_t i = 0; i < s->count; i++) {
			if (s->from[i] >= size)
				continue;
			if (back)
				moved[block + s->from[i]] = in[block + k];
			else
				moved[block + k] = in[block + s->from[i]];
			k++;
		}
	}
	for (size_t i = 0; i < n; i++) {
		memcpy(out + len, moved[i].at, moved[i].len);
		len += moved[i].len;
	}
	return (struct hf_bytes){out, len};
}

static enum hf_err reorder_run(const struct order *s, struct hf_mask_batch *b, bool back)
{
	for (size_t i = 0; i < b->count; i++)
		b->out[i] = b->in[i].data ? reorder_one(s, &b->in[i], b->arena, back) : (struct hf_bytes){NULL, 0};
	return HF_OK;
}

static enum hf_err reorder_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	return reorder_run(state, b, false);
}

static enum hf_err reorder_unmask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	return reorder_run(state, b, true);
}

static const struct hf_param reorder_params[] = {
        {"pattern", HF_PARAM_LIST, true, 1, 200, NULL, "places in their new order: [3, 1, 2]"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_reorder = {
        .id = "reorder",
        .title = "reorder characters",
        .record = {.principle = "the characters of each block of a value change places by a pattern",
                   .format = HF_FORMAT_LENGTH,
                   .repeats = HF_REPEATS_VALUE,
                   .reversible = HF_REVERSIBLE_TABLE,
                   .reference = HF_REFERENCE_ONE_TO_ONE,
                   .meaning = HF_MEANING_LOST,
                   .distribution = HF_DISTRIBUTION_FREQUENCIES,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_NOT,
                   .cost = "about 100 ns a value",
                   .constraint = "weak: a few known values give the pattern away; for looks only"},
        .params = reorder_params,
        .open = reorder_open,
        .close = free,
        .mask = reorder_mask,
        .unmask = reorder_unmask,
};
