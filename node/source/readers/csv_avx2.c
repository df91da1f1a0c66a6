/* csv_avx2.c - the kernel for processors with AVX2, PCLMULQDQ and BMI; declared in csv_kernel.h. */
#include "source/readers/csv_kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,pclmul,bmi,popcnt")))

struct pair {
	__m256i low, high;
};

TARGET static inline struct pair load(const uint8_t *data)
{
	return (struct pair){_mm256_loadu_si256((const __m256i *)(const void *)data),
	                     _mm256_loadu_si256((const __m256i *)(const void *)(data + 32))};
}

TARGET static inline uint64_t bits(__m256i low, __m256i high)
{
	return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

TARGET static inline uint64_t equal(struct pair v, char c)
{
	const __m256i wanted = _mm256_set1_epi8(c);

	return bits(_mm256_cmpeq_epi8(v.low, wanted), _mm256_cmpeq_epi8(v.high, wanted));
}

TARGET static inline uint64_t prefix_xor(uint64_t v)
{
	return (uint64_t)_mm_cvtsi128_si64(
	        _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)v), _mm_set1_epi8((char)0xFF), 0));
}

TARGET static void avx2_masks(const uint8_t *data, size_t blocks, struct hf_csv_masks *out)
{
	for (size_t i = 0; i < blocks; i++) {
		struct pair v = load(data + i * HF_CSV_BLOCK);

		out[i] = (struct hf_csv_masks){equal(v, ','), equal(v, '\n'), equal(v, '\r'), equal(v, '"')};
	}
}

/* Most blocks have at most eight marks: these are written without asking how many there are. */
TARGET static inline uint32_t *put_marks(uint32_t *out, uint32_t base, uint64_t marks)
{
	uint32_t *end = out + __builtin_popcountll(marks);

	do {
		for (unsigned i = 0; i < 8; i++, marks = _blsr_u64(marks))
			out[i] = base + (uint32_t)_tzcnt_u64(marks);
		out += 8;
	} while (marks);
	return end;
}

TARGET static uint32_t *avx2_mark(const uint8_t *data, size_t blocks, uint32_t base, struct hf_csv_state *s,
                                  uint32_t *out)
{
	const __m256i comma = _mm256_set1_epi8(','), lf = _mm256_set1_epi8('\n');

	for (; blocks > 0; blocks--, data += HF_CSV_BLOCK, base += HF_CSV_BLOCK) {
		struct pair v = load(data);
		uint64_t quote = equal(v, '"');
		uint64_t marks = bits(_mm256_or_si256(_mm256_cmpeq_epi8(v.low, comma), _mm256_cmpeq_epi8(v.low, lf)),
		                      _mm256_or_si256(_mm256_cmpeq_epi8(v.high, comma), _mm256_cmpeq_epi8(v.high, lf)));

		if (quote | s->inside) {
			uint64_t inside = prefix_xor(quote) ^ s->inside;

			s->quotes |= quote;
			s->inside = (uint64_t)((int64_t)inside >> 63);
			marks &= ~inside;
		}
		out = put_marks(out, base, marks);
	}
	return out;
}

static const struct hf_csv_kernel avx2 = {"avx2", avx2_mark, avx2_masks};
const struct hf_csv_kernel *const hf_csv_kernel_avx2 = &avx2;
#else
const struct hf_csv_kernel *const hf_csv_kernel_avx2 = NULL;
#endif
