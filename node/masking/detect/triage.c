/*
 * triage.c - classes of characters of a value, 16 bytes at a time where the processor has SSE2 (every x86-64 has), else
 * byte by byte. Declared in masking/detector.h.
 */
#include <string.h>

#include "masking/detect/tables.h"
#if defined(__SSE2__)
#include <emmintrin.h>

static inline uint32_t below(__m128i v, char from, char count)
{
	const __m128i shifted = _mm_sub_epi8(v, _mm_set1_epi8(from));

	/* Unsigned: smaller than count is the same as being its own minimum with count - 1. */
	return (uint32_t)_mm_movemask_epi8(
	        _mm_cmpeq_epi8(_mm_min_epu8(shifted, _mm_set1_epi8((char)(count - 1))), shifted));
}

static inline uint32_t equal(__m128i v, char c)
{
	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(c)));
}

/* ( ) + , - / stand together as 0x28 to 0x2F, with * and . between; : and ; as 0x3A, 0x3B. */
static inline uint32_t marks(__m128i v)
{
	uint32_t m = below(v, '(', 8) & ~(equal(v, '*') | equal(v, '.'));

	return m | below(v, ':', 2) | equal(v, ' ');
}

static inline void part(const uint8_t *data, unsigned shift, struct hf_cell *c)
{
	const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)data);

	c->digit |= (uint64_t)below(v, '0', 10) << shift;
	c->upper |= (uint64_t)below(v, 'A', 26) << shift;
	c->lower |= (uint64_t)below(v, 'a', 26) << shift;
	c->high |= (uint64_t)(uint32_t)_mm_movemask_epi8(v) << shift;
	c->at |= (uint64_t)equal(v, '@') << shift;
	c->point |= (uint64_t)equal(v, '.') << shift;
	c->mark |= (uint64_t)marks(v) << shift;
}
#else
static void part(const uint8_t *data, unsigned shift, struct hf_cell *c)
{
	for (unsigned i = 0; i < 16; i++) {
		uint64_t bit = (uint64_t)1 << (shift + i);
		uint8_t b = data[i];

		if ((uint8_t)(b - '0') < 10)
			c->digit |= bit;
		else if ((uint8_t)(b - 'A') < 26)
			c->upper |= bit;
		else if ((uint8_t)(b - 'a') < 26)
			c->lower |= bit;
		else if (b >= 0x80)
			c->high |= bit;
		else if (b == '@')
			c->at |= bit;
		else if (b == '.')
			c->point |= bit;
		else if (b && strchr(" -:/+(),;", b))
			c->mark |= bit;
	}
}
#endif

static inline uint8_t flag(uint64_t mask, uint8_t class)
{
	return mask ? class : 0;
}

void hf_triage_plain(const struct hf_bytes *values, size_t count, struct hf_cell *out)
{
	for (size_t i = 0; i < count; i++)
		hf_cell_triage(values[i].data, values[i].len, &out[i]);
}

hf_triage_fn hf_triage(void)
{
#if defined(__x86_64__)
	bool bmi = __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");

	if (hf_triage_avx512 && bmi && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512vbmi"))
		return hf_triage_avx512;
	if (hf_triage_avx2 && bmi && __builtin_cpu_supports("avx2"))
		return hf_triage_avx2;
#endif
	return hf_triage_plain;
}

void hf_cell_triage(const uint8_t *data, size_t len, struct hf_cell *ret_cell)
{
	struct hf_cell c = {.data = data, .len = (uint32_t)(len < HF_CELL_MAX ? len : HF_CELL_MAX)};
	uint64_t there = hf_low_bits(len), known;

	part(data, 0, &c);
	if (len > 16)
		part(data + 16, 16, &c);
	if (len > 32) {
		part(data + 32, 32, &c);
		part(data + 48, 48, &c);
	}
	c.digit &= there;
	c.upper &= there;
	c.lower &= there;
	c.high &= there;
	c.at &= there;
	c.point &= there;
	c.mark &= there;
	known = c.digit | c.upper | c.lower | c.high | c.at | c.point | c.mark;
	c.other = there & ~known;
	c.classes = flag(c.digit, HF_CHAR_DIGIT) | flag(c.upper, HF_CHAR_UPPER) | flag(c.lower, HF_CHAR_LOWER) |
	            flag(c.high, HF_CHAR_HIGH) | flag(c.at, HF_CHAR_AT) | flag(c.point, HF_CHAR_POINT) |
	            flag(c.mark, HF_CHAR_MARK) | flag(c.other, HF_CHAR_OTHER);
	*ret_cell = c;
}
