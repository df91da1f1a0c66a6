/*
 * csv_block.h - 64 bytes at a time: one bit per byte for each of the four characters that matter. For this folder only.
 */
#ifndef HUFU_SOURCE_READERS_CSV_BLOCK_H
#define HUFU_SOURCE_READERS_CSV_BLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define HF_CSV_BLOCK 64u

struct hf_csv_masks {
	uint64_t comma, lf, cr, quote;
};

#ifdef __SSE2__
static inline uint64_t hf_csv_equal(const __m128i v[4], char c)
{
	const __m128i wanted = _mm_set1_epi8(c);
	uint64_t bits = 0;

	for (unsigned i = 0; i < 4; i++)
		bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v[i], wanted)) << (16 * i);
	return bits;
}

/* Commas and line ends in one mask; returns it. */
static inline uint64_t hf_csv_borders(const uint8_t block[HF_CSV_BLOCK], uint64_t *ret_quote)
{
	const __m128i comma = _mm_set1_epi8(','), lf = _mm_set1_epi8('\n'), quote = _mm_set1_epi8('"');
	uint64_t borders = 0, quotes = 0;

	for (unsigned i = 0; i < 4; i++) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(block + 16 * i));
		__m128i either = _mm_or_si128(_mm_cmpeq_epi8(v, comma), _mm_cmpeq_epi8(v, lf));

		borders |= (uint64_t)(uint32_t)_mm_movemask_epi8(either) << (16 * i);
		quotes |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, quote)) << (16 * i);
	}
	*ret_quote = quotes;
	return borders;
}

static inline void hf_csv_masks(const uint8_t block[HF_CSV_BLOCK], struct hf_csv_masks *ret_masks)
{
	__m128i v[4];

	for (unsigned i = 0; i < 4; i++)
		v[i] = _mm_loadu_si128((const __m128i *)(const void *)(block + 16 * i));
	ret_masks->comma = hf_csv_equal(v, ',');
	ret_masks->lf = hf_csv_equal(v, '\n');
	ret_masks->cr = hf_csv_equal(v, '\r');
	ret_masks->quote = hf_csv_equal(v, '"');
}
#else
static inline void hf_csv_masks(const uint8_t block[HF_CSV_BLOCK], struct hf_csv_masks *ret_masks)
{
	struct hf_csv_masks m = {0, 0, 0, 0};

	for (unsigned i = 0; i < HF_CSV_BLOCK; i++) {
		m.comma |= (uint64_t)(block[i] == ',') << i;
		m.lf |= (uint64_t)(block[i] == '\n') << i;
		m.cr |= (uint64_t)(block[i] == '\r') << i;
		m.quote |= (uint64_t)(block[i] == '"') << i;
	}
	*ret_masks = m;
}

static inline uint64_t hf_csv_borders(const uint8_t block[HF_CSV_BLOCK], uint64_t *ret_quote)
{
	struct hf_csv_masks m;

	hf_csv_masks(block, &m);
	*ret_quote = m.quote;
	return m.comma | m.lf;
}
#endif

/* The same for fewer than 64 bytes; the bits behind them are 0. */
static inline void hf_csv_masks_part(const uint8_t *data, size_t len, struct hf_csv_masks *ret_masks)
{
	uint8_t block[HF_CSV_BLOCK] = {0};

	memcpy(block, data, len);
	hf_csv_masks(block, ret_masks);
}

/* Bit i: an odd number of bits 0 to i is set, so with quotes as bits: byte i is inside quotes (the opening one is, the
 * closing one not). */
static inline uint64_t hf_csv_prefix_xor(uint64_t bits)
{
	for (unsigned i = 1; i < 64; i *= 2)
		bits ^= bits << i;
	return bits;
}

/* Without the popcnt instruction the compiler's own builtin is a call. */
static inline unsigned hf_csv_popcount(uint64_t v)
{
	v -= (v >> 1) & 0x5555555555555555u;
	v = (v & 0x3333333333333333u) + ((v >> 2) & 0x3333333333333333u);
	v = (v + (v >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
	return (unsigned)((v * 0x0101010101010101u) >> 56);
}

#endif
