/*
 * csv_kernel.h - the bytes of a table 64 at a time: one bit per byte for each of the four characters that matter. For
 * this folder and its tests only.
 *
 * Two kernels give the same bits: one for processors with AVX2, carry-less multiplication and BMI, chosen when the
 * program runs there, and a plain one for all others. A byte is inside quotes when an odd number of quotes stands up to
 * it: a prefix XOR over the quotes' bits, which is one multiplication by all ones without carries.
 */
#ifndef HUFU_SOURCE_READERS_CSV_KERNEL_H
#define HUFU_SOURCE_READERS_CSV_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HF_CSV_BLOCK 64u

struct hf_csv_masks {
	uint64_t comma, lf, cr, quote;
};
struct hf_csv_state {
	uint64_t inside; /* all ones while inside quotes */
	uint64_t quotes; /* not 0: a quote was met */
};

struct hf_csv_kernel {
	const char *name;
	/* Places (base + i) of commas and line ends outside quotes; out has room for 64 * blocks + 64 of them. Returns
	 * the end. */
	uint32_t *(*mark)(const uint8_t *data, size_t blocks, uint32_t base, struct hf_csv_state *s, uint32_t *out);
	void (*masks)(const uint8_t *data, size_t blocks, struct hf_csv_masks *out);
};
extern const struct hf_csv_kernel hf_csv_kernel_plain;
/* NULL where the compiler cannot make it. Only for a processor that has what it needs. */
extern const struct hf_csv_kernel *const hf_csv_kernel_avx2;
/* The fastest one that this processor runs. */
const struct hf_csv_kernel *hf_csv_kernel(void);

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
