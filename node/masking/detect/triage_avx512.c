/* triage_avx512.c - triage of a row for processors with AVX-512BW: a value of 64 bytes is one register; declared in
 * tables.h. */
#include "masking/detect/tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,bmi,bmi2")))

#define MARK_2 1 /* 0x2_: space ( ) + , - / */
#define MARK_3 2 /* 0x3_: : ; */

TARGET static inline uint64_t between(__m512i v, char from, char to)
{
	return _mm512_cmple_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8(from)), _mm512_set1_epi8((char)(to - from)));
}

/* A byte is a mark when the table of its low half and that of its high half have a bit in common. */
TARGET static inline uint64_t marks(__m512i v)
{
	const __m512i low = _mm512_broadcast_i32x4(_mm_setr_epi8(MARK_2, 0, 0, 0, 0, 0, 0, 0, MARK_2, MARK_2, MARK_3,
	                                                         MARK_2 | MARK_3, MARK_2, MARK_2, 0, MARK_2));
	const __m512i high =
	        _mm512_broadcast_i32x4(_mm_setr_epi8(0, 0, MARK_2, MARK_3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
	const __m512i upper_half = _mm512_and_si512(_mm512_srli_epi16(v, 4), _mm512_set1_epi8(0x0F));

	return _mm512_test_epi8_mask(_mm512_shuffle_epi8(low, v), _mm512_shuffle_epi8(high, upper_half));
}

TARGET static inline unsigned flag(uint64_t mask, unsigned class)
{
	return mask ? class : 0;
}

TARGET static void triage_row(const struct hf_bytes *values, size_t count, struct hf_cell *out)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = values[i].len;
		uint64_t there = _bzhi_u64(~(uint64_t)0, len < 64 ? (unsigned)len : 64);
		__m512i v = _mm512_maskz_loadu_epi8(there, values[i].data);
		struct hf_cell *c = &out[i];
		uint64_t digit = between(v, '0', '9'), upper = between(v, 'A', 'Z'), lower = between(v, 'a', 'z');
		uint64_t high = _mm512_movepi8_mask(v), at = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('@'));
		uint64_t point = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('.')), mark = marks(v);
		uint64_t other = there & ~(digit | upper | lower | high | at | point | mark);

		c->data = values[i].data;
		c->len = (uint32_t)(len < HF_CELL_MAX ? len : HF_CELL_MAX);
		c->digit = digit;
		c->upper = upper;
		c->lower = lower;
		c->high = high;
		c->at = at;
		c->point = point;
		c->mark = mark;
		c->classes =
		        (uint8_t)(flag(digit, HF_CHAR_DIGIT) | flag(upper, HF_CHAR_UPPER) | flag(lower, HF_CHAR_LOWER) |
		                  flag(high, HF_CHAR_HIGH) | flag(at, HF_CHAR_AT) | flag(point, HF_CHAR_POINT) |
		                  flag(mark, HF_CHAR_MARK) | flag(other, HF_CHAR_OTHER));
	}
}

const hf_triage_fn hf_triage_avx512 = triage_row;
#else
const hf_triage_fn hf_triage_avx512 = NULL;
#endif
