/* csv_kernel.c - the plain kernel, and the choice; declared in csv_kernel.h. */
#include "source/readers/csv_kernel.h"

#include <string.h>

/* Bit 7 of each byte of the result is set where the byte of v is c: exact, no carry passes a byte. */
static inline uint64_t equal_bytes(uint64_t v, uint8_t c)
{
	const uint64_t low = 0x7F7F7F7F7F7F7F7Fu;
	uint64_t x = v ^ (0x0101010101010101u * c);

	return ~(((x & low) + low) | x | low);
}

/* Bits 7, 15, ... to bits 0 to 7. */
static inline uint64_t gather(uint64_t high)
{
	return (high >> 7) * 0x0102040810204080u >> 56;
}

static void one_block(const uint8_t *data, struct hf_csv_masks *m)
{
	*m = (struct hf_csv_masks){0, 0, 0, 0};
	for (unsigned i = 0; i < HF_CSV_BLOCK; i += 8) {
		uint64_t v;

		memcpy(&v, data + i, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		v = __builtin_bswap64(v);
#endif
		m->comma |= gather(equal_bytes(v, ',')) << i;
		m->lf |= gather(equal_bytes(v, '\n')) << i;
		m->cr |= gather(equal_bytes(v, '\r')) << i;
		m->quote |= gather(equal_bytes(v, '"')) << i;
	}
}

static void plain_masks(const uint8_t *data, size_t blocks, struct hf_csv_masks *out)
{
	for (size_t i = 0; i < blocks; i++)
		one_block(data + i * HF_CSV_BLOCK, &out[i]);
}

static uint32_t *plain_mark(const uint8_t *data, size_t blocks, uint32_t base, struct hf_csv_state *s, uint32_t *out)
{
	for (; blocks > 0; blocks--, data += HF_CSV_BLOCK, base += HF_CSV_BLOCK) {
		struct hf_csv_masks m;
		uint64_t marks;

		one_block(data, &m);
		marks = m.comma | m.lf;
		if (m.quote | s->inside) {
			uint64_t inside = hf_csv_prefix_xor(m.quote) ^ s->inside;

			s->quotes |= m.quote;
			s->inside = (uint64_t)((int64_t)inside >> 63);
			marks &= ~inside;
		}
		for (; marks; marks &= marks - 1)
			*out++ = base + (uint32_t)__builtin_ctzll(marks);
	}
	return out;
}

const struct hf_csv_kernel hf_csv_kernel_plain = {"plain", plain_mark, plain_masks};

const struct hf_csv_kernel *hf_csv_kernel(void)
{
#if defined(__x86_64__)
	if (hf_csv_kernel_avx2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul") &&
	    __builtin_cpu_supports("bmi"))
		return hf_csv_kernel_avx2;
#endif
	return &hf_csv_kernel_plain;
}
