/*
 * tables.h - what detectors look up: characters of names and plates, weights of check digits. Made once per
 * identification, so that nothing global changes. For this folder only.
 */
#ifndef HUFU_MASKING_DETECT_TABLES_H
#define HUFU_MASKING_DETECT_TABLES_H

#include <string.h>

#include "base/buf.h"
#include "masking/detector.h"

/* One bit per character from U+4E00 to U+9FFF. */
struct hf_han_set {
	uint64_t bits[328];
};
/* Value times weight by place and character from '0' to 'Z'; HF_WEIGHT_NONE: may not stand there. */
#define HF_WEIGHT_NONE 0x4000u
#define HF_WEIGHT_CHARS 43u
struct hf_detect_tables {
	struct hf_han_set surnames, provinces, units, places; /* units of administration; roads, houses */
	struct hf_han_set things, organizations; /* what names of persons and organizations end in: hardly, always */
	uint16_t credit[17][HF_WEIGHT_CHARS], organization[8][HF_WEIGHT_CHARS], vin[17][HF_WEIGHT_CHARS];
};
/* Triage of a row of values, each with HF_CELL_SLACK bytes behind it that may be read. */
typedef void (*hf_triage_fn)(const struct hf_bytes *values, size_t count, struct hf_cell *out);
/* NULL where the compiler cannot make them; for processors that have it only. */
extern const hf_triage_fn hf_triage_avx2, hf_triage_avx512;
void hf_triage_plain(const struct hf_bytes *values, size_t count, struct hf_cell *out);
/* The fastest one that this processor runs. */
hf_triage_fn hf_triage(void);

void hf_detect_tables_init(struct hf_detect_tables *t);

/* The Han character of three bytes in UTF-8 at p; 0: none. */
static inline uint32_t hf_han_at(const uint8_t *p)
{
	if ((p[0] & 0xF0) != 0xE0 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80)
		return 0;
	return (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (uint32_t)(p[2] & 0x3F);
}

static inline bool hf_han_in(const struct hf_han_set *s, uint32_t c)
{
	uint32_t i = c - 0x4E00;

	return i < 20992 && (s->bits[i / 64] >> (i % 64) & 1);
}

static inline bool hf_is_han(uint32_t c)
{
	return c - 0x4E00 < 20992;
}

/* The lowest n bits, n up to 64. */
static inline uint64_t hf_low_bits(size_t n)
{
	return n < 64 ? ((uint64_t)1 << n) - 1 : ~(uint64_t)0;
}

/* Bytes [from, from + n) are all of the mask. */
static inline bool hf_all(uint64_t mask, size_t from, size_t n)
{
	uint64_t want = hf_low_bits(n) << from;

	return (mask & want) == want;
}

/* Exactly one bit. */
static inline bool hf_single(uint64_t m)
{
	return m && !(m & (m - 1));
}

/* How many bits, without the instruction that not every processor has. */
static inline unsigned hf_bits(uint64_t m)
{
	unsigned n = 0;

	for (; m; m &= m - 1)
		n++;
	return n;
}

/* n digits as a number; they are digits. */
static inline unsigned hf_digits(const uint8_t *p, size_t n)
{
	unsigned v = 0;

	for (size_t i = 0; i < n; i++)
		v = v * 10 + (unsigned)(p[i] - '0');
	return v;
}

/* One to three digits as a number, without asking how many: the processor could not guess it. */
static inline unsigned hf_few_digits(const uint8_t *p, size_t n)
{
	unsigned one = (unsigned)(p[0] - '0'), two = one * 10 + (unsigned)(p[1] - '0');
	const unsigned v[3] = {one, two, two * 10 + (unsigned)(p[2] - '0')};

	return v[n - 1];
}

/* Degrees with a point: whole degrees without the sign, digits behind the point; false: not that, or over 180. */
static inline bool hf_degrees_at(const struct hf_cell *c, unsigned *ret_whole, unsigned *ret_decimals)
{
	size_t start = c->data[0] == '-' || c->data[0] == '+', point;

	if (!hf_single(c->point) || c->len > 20)
		return false;
	point = (size_t)__builtin_ctzll(c->point);
	if (point == start || point > start + 3 || point + 1 == c->len ||
	    ((c->digit | c->point) >> start) != hf_low_bits(c->len - start))
		return false;
	*ret_whole = hf_few_digits(c->data + start, point - start);
	*ret_decimals = (unsigned)(c->len - point - 1);
	return *ret_whole <= 180;
}

/* Sum of what the weights give for n characters from '0' to 'Z'; HF_WEIGHT_NONE or more: one may not stand there. */
static inline unsigned hf_weigh(const uint8_t *p, size_t n, const uint16_t (*weights)[HF_WEIGHT_CHARS])
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += weights[i][(uint8_t)(p[i] - '0')];
	return sum;
}

/* Luhn over 13 to 19 digits. */
bool hf_luhn_fast(const uint8_t *p, size_t len);
/* The first two digits of a resident ID or a region code are a province. */
bool hf_province_code(const uint8_t *p);
/* 10 bytes "YYYY-MM-DD" or with slashes or points. */
bool hf_date_at(const uint8_t *p);
/* "HH:MM" or "HH:MM:SS", by length. */
bool hf_time_at(const uint8_t *p, size_t len);
/* Digits with at most one sign and one point; *ret_decimals: digits behind the point. Value within +-1e15. */
bool hf_number_at(const struct hf_cell *c, double *ret_value, unsigned *ret_decimals);
/* The text has the word; both UTF-8. */
bool hf_has(const struct hf_cell *c, const char *word);

#endif
