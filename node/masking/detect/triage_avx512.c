/*
 * triage_avx512.c - triage of a row for processors with AVX-512 VBMI: a value of 64 bytes is one register, and one
 * instruction looks up the class of each byte. Declared in tables.h.
 */
#include "masking/detect/tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vbmi,bmi,bmi2")))

/* The class of each byte of ASCII less HF_CHAR_OTHER, which is that of the rest. */
#define REST HF_CHAR_OTHER
#define IS(class) ((class) ^ REST)
static const uint8_t named[128] = {
        ['0' ... '9'] = IS(HF_CHAR_DIGIT), ['A' ... 'Z'] = IS(HF_CHAR_UPPER),
        ['a' ... 'z'] = IS(HF_CHAR_LOWER), ['@'] = IS(HF_CHAR_AT),
        ['.'] = IS(HF_CHAR_POINT),         [' '] = IS(HF_CHAR_MARK),
        ['('] = IS(HF_CHAR_MARK),          [')'] = IS(HF_CHAR_MARK),
        ['+'] = IS(HF_CHAR_MARK),          [','] = IS(HF_CHAR_MARK),
        ['-'] = IS(HF_CHAR_MARK),          ['/'] = IS(HF_CHAR_MARK),
        [':'] = IS(HF_CHAR_MARK),          [';'] = IS(HF_CHAR_MARK),
};

TARGET static void triage_row(const struct hf_bytes *values, size_t count, struct hf_cell *out)
{
	const __m512i rest = _mm512_set1_epi8((char)REST);
	const __m512i low = _mm512_xor_si512(_mm512_loadu_si512(named), rest);
	const __m512i high = _mm512_xor_si512(_mm512_loadu_si512(named + 64), rest);

	for (size_t i = 0; i < count; i++) {
		size_t len = values[i].len;
		__mmask64 there = _bzhi_u64(~(uint64_t)0, len < 64 ? (unsigned)len : 64);
		__m512i v = _mm512_maskz_loadu_epi8(there, values[i].data);
		__m512i class = _mm512_maskz_permutex2var_epi8(there, low, v, high);
		struct hf_cell *c = &out[i];

		class = _mm512_mask_mov_epi8(class, _mm512_movepi8_mask(v), _mm512_set1_epi8(HF_CHAR_HIGH));
		c->data = values[i].data;
		c->len = (uint32_t)(len < HF_CELL_MAX ? len : HF_CELL_MAX);
		c->digit = _mm512_test_epi8_mask(class, _mm512_set1_epi8(HF_CHAR_DIGIT));
		c->upper = _mm512_test_epi8_mask(class, _mm512_set1_epi8(HF_CHAR_UPPER));
		c->lower = _mm512_test_epi8_mask(class, _mm512_set1_epi8(HF_CHAR_LOWER));
		c->high = _mm512_test_epi8_mask(class, _mm512_set1_epi8(HF_CHAR_HIGH));
		c->at = _mm512_test_epi8_mask(class, _mm512_set1_epi8(HF_CHAR_AT));
		c->point = _mm512_test_epi8_mask(class, _mm512_set1_epi8(HF_CHAR_POINT));
		c->mark = _mm512_test_epi8_mask(class, _mm512_set1_epi8(HF_CHAR_MARK));
		c->other = _mm512_movepi8_mask(class);
	}
	for (size_t i = 0; i < count; i++) { /* the masks stand in the order of the classes' bits */
		__m512i masks = _mm512_loadu_si512(&out[i].digit);

		out[i].classes = (uint8_t)_mm512_test_epi64_mask(masks, masks);
	}
}

const hf_triage_fn hf_triage_avx512 = triage_row;
#else
const hf_triage_fn hf_triage_avx512 = NULL;
#endif
