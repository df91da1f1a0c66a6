/*
 * decimal.h - decimal numbers as whole units of a power of ten: what techniques compute with, because binary fractions
 * and the C library's functions do not give the same bytes on every machine (JT/T 1480 4.3.3). Inside of techniques/.
 */
#ifndef HUFU_MASKING_TECHNIQUES_DECIMAL_H
#define HUFU_MASKING_TECHNIQUES_DECIMAL_H

#include "masking/technique.h"

#define HF_DECIMAL_DIGITS 17u /* of a number, so that sums fit */
#define HF_DECIMAL_TEXT 24u   /* bytes of a number's text */

struct hf_decimal {
	int64_t units; /* number times 10^scale */
	unsigned scale;
};
/* An optional sign, digits, perhaps a point and digits; no exponent. False: not that, or too long. */
bool hf_decimal_read(const uint8_t *text, size_t len, struct hf_decimal *ret_d);
size_t hf_decimal_write(const struct hf_decimal *d, uint8_t out[HF_DECIMAL_TEXT]);
/* The same number in units of another scale, towards zero when digits are lost; false: too large. */
bool hf_decimal_at(const struct hf_decimal *d, unsigned scale, int64_t *ret_units);
/* A parameter as a decimal; the text was checked to be a number. FAULT: it has an exponent or too many digits. */
enum hf_err hf_decimal_arg(const struct hf_mask_use *use, const char *technique, const char *name,
                           const char *otherwise, struct hf_fault *f, struct hf_decimal *ret_d) HF_MUST_CHECK;
/* Writes it into the arena. */
struct hf_bytes hf_decimal_bytes(const struct hf_decimal *d, struct hf_arena *arena);

int hf_decimal_compare(const struct hf_decimal *a, const struct hf_decimal *b); /* -1, 0, 1 */

/* Units rounded to a multiple of step (above 0). */
enum hf_rounding { HF_ROUND_FLOOR = 1, HF_ROUND_CEIL, HF_ROUND_HALF_EVEN };
int64_t hf_round_units(int64_t units, int64_t step, enum hf_rounding how);
enum hf_rounding hf_rounding_named(const char *name); /* "floor", "ceil", else half to even */

#endif
