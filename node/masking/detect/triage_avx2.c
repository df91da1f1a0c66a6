/* triage_avx2.c - triage of a row for processors with AVX2 and BMI; declared in tables.h. */
#include <string.h>

#include "masking/detect/tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,bmi,bmi2")))

/* A class is a set of high halves times a set of low halves of a byte, one bit each; the byte is in it when both tables
 * have the bit. */
#define MARK_2 1 /* 0x2_: space ( ) + , - / */
#define MARK_3 2 /* 0x3_: : ; */
#define DIGIT 4
#define POINT 8
#define AT 16

struct masks {
	uint32_t digit, letter, upper, high, at, point, mark;
};

TARGET static inline uint32_t bit_mask(__m256i v, int left)
{
	return (uint32_t)_mm256_movemask_epi8(_mm256_slli_epi16(v, left));
}

TARGET static inline void classify(const uint8_t *data, struct masks *m)
{
	const __m256i low_table =
	        _mm256_setr_epi8(MARK_2 | DIGIT | AT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, MARK_2 | DIGIT,
	                         MARK_2 | DIGIT, MARK_3, MARK_2 | MARK_3, MARK_2, MARK_2, POINT, MARK_2,
	                         MARK_2 | DIGIT | AT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, MARK_2 | DIGIT,
	                         MARK_2 | DIGIT, MARK_3, MARK_2 | MARK_3, MARK_2, MARK_2, POINT, MARK_2);
	const __m256i high_table =
	        _mm256_setr_epi8(0, 0, MARK_2 | POINT, MARK_3 | DIGIT, AT, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	                         MARK_2 | POINT, MARK_3 | DIGIT, AT, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)data);
	const __m256i half = _mm256_set1_epi8(0x0F);
	const __m256i class =
	        _mm256_and_si256(_mm256_shuffle_epi8(low_table, _mm256_and_si256(v, half)),
	                         _mm256_shuffle_epi8(high_table, _mm256_and_si256(_mm256_srli_epi16(v, 4), half)));
	const __m256i letter = _mm256_sub_epi8(_mm256_or_si256(v, _mm256_set1_epi8(0x20)), _mm256_set1_epi8('a'));
	const __m256i is_letter = _mm256_cmpeq_epi8(_mm256_min_epu8(letter, _mm256_set1_epi8(25)), letter);

	m->digit = bit_mask(class, 5);
	m->point = bit_mask(class, 4);
	m->at = bit_mask(class, 3);
	m->mark = bit_mask(class, 7) | bit_mask(class, 6);
	m->letter = (uint32_t)_mm256_movemask_epi8(is_letter);
	m->upper = m->letter & ~bit_mask(v, 2);
	m->high = (uint32_t)_mm256_movemask_epi8(v);
}

TARGET static inline uint64_t join(uint32_t low, uint32_t high)
{
	return low | (uint64_t)high << 32;
}

/* The masks stand in the order of the classes' bits: which of them are not 0? */
TARGET static inline unsigned classes_of(const struct hf_cell *c)
{
	const __m256i zero = _mm256_setzero_si256();
	__m256i low = _mm256_loadu_si256((const __m256i *)(const void *)&c->digit);
	__m256i high = _mm256_loadu_si256((const __m256i *)(const void *)&c->at);
	int none = _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(low, zero)));

	none |= _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(high, zero))) << 4;
	return ~(unsigned)none & HF_CHAR_ANY;
}

TARGET static void triage_row(const struct hf_bytes *values, size_t count, struct hf_cell *out)
{
	for (size_t i = 0; i < count; i++) {
		const uint8_t *data = values[i].data;
		size_t len = values[i].len;
		uint64_t there = _bzhi_u64(~(uint64_t)0, len < 64 ? (unsigned)len : 64);
		struct masks a, b = {0, 0, 0, 0, 0, 0, 0};
		struct hf_cell *c = &out[i];

		classify(data, &a);
		if (len > 32)
			classify(data + 32, &b);
		c->data = data;
		c->len = (uint32_t)(len < HF_CELL_MAX ? len : HF_CELL_MAX);
		c->digit = join(a.digit, b.digit) & there;
		c->upper = join(a.upper, b.upper) & there;
		c->lower = join(a.letter & ~a.upper, b.letter & ~b.upper) & there;
		c->high = join(a.high, b.high) & there;
		c->at = join(a.at, b.at) & there;
		c->point = join(a.point, b.point) & there;
		c->mark = join(a.mark, b.mark) & there;
		c->other = there & ~(c->digit | c->upper | c->lower | c->high | c->at | c->point | c->mark);
	}
	for (size_t i = 0; i < count; i++) /* later, when the masks have been written */
		out[i].classes = (uint8_t)classes_of(&out[i]);
}

const hf_triage_fn hf_triage_avx2 = triage_row;
#else
const hf_triage_fn hf_triage_avx2 = NULL;
#endif
