/* codes.c - check digits; declared in codes.h. */
#include "masking/codes.h"

#include <string.h>

static bool digit(uint8_t c)
{
	return (uint8_t)(c - '0') < 10;
}

/* 0 to 9, A to Z as 10 to 35; 255: neither. */
static uint8_t base36(uint8_t c)
{
	if (digit(c))
		return c - '0';
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 10) : 255;
}

static uint8_t digit_or_x(unsigned v)
{
	return v == 10 ? 'X' : (uint8_t)('0' + v);
}

/* Sum of the digits, every second one doubled; the last one doubled when `twice`. 1000: a byte that is no digit. */
static unsigned luhn_sum(const uint8_t *digits, size_t len, bool twice)
{
	static const uint8_t doubled[10] = {0, 2, 4, 6, 8, 1, 3, 5, 7, 9};
	unsigned sum = 0;

	for (size_t i = len; i-- > 0; twice = !twice) {
		unsigned d = (uint8_t)(digits[i] - '0');

		if (d > 9)
			return 1000;
		sum += twice ? doubled[d] : d;
	}
	return sum;
}

uint8_t hf_code_luhn(const uint8_t *digits, size_t len)
{
	unsigned sum = luhn_sum(digits, len, true);

	return sum == 1000 ? 0 : (uint8_t)('0' + (10 - sum % 10) % 10);
}

bool hf_code_luhn_ok(const uint8_t *digits, size_t len)
{
	unsigned sum = luhn_sum(digits, len, false);

	return len > 1 && sum != 1000 && sum % 10 == 0;
}

uint8_t hf_code_resident(const uint8_t first[17])
{
	static const uint8_t weight[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
	unsigned sum = 0, bad = 0;

	for (size_t i = 0; i < 17; i++) {
		const unsigned v = (uint8_t)(first[i] - '0');

		bad |= v > 9;
		sum += weight[i] * v;
	}
	return bad ? 0 : digit_or_x((12 - sum % 11) % 11);
}

/* The value of each character of base 36 plus one; 0: it is none. */
static const uint8_t base36_values[256] = {
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,  ['8'] = 9,
        ['9'] = 10, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16, ['G'] = 17, ['H'] = 18,
        ['I'] = 19, ['J'] = 20, ['K'] = 21, ['L'] = 22, ['M'] = 23, ['N'] = 24, ['O'] = 25, ['P'] = 26, ['Q'] = 27,
        ['R'] = 28, ['S'] = 29, ['T'] = 30, ['U'] = 31, ['V'] = 32, ['W'] = 33, ['X'] = 34, ['Y'] = 35, ['Z'] = 36};

uint8_t hf_code_organization(const uint8_t first[8])
{
	static const uint8_t weight[8] = {3, 7, 9, 10, 5, 8, 4, 2};
	unsigned sum = 0, bad = 0;

	for (size_t i = 0; i < 8; i++) {
		const unsigned v = base36_values[first[i]];

		bad |= v == 0;
		sum += weight[i] * (v - 1);
	}
	return bad ? 0 : digit_or_x((11 - sum % 11) % 11);
}

/* The value of each character plus one; 0: not in the set. */
static const uint8_t credit_values[256] = {
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
        ['8'] = 9,  ['9'] = 10, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
        ['G'] = 17, ['H'] = 18, ['J'] = 19, ['K'] = 20, ['L'] = 21, ['M'] = 22, ['N'] = 23, ['P'] = 24,
        ['Q'] = 25, ['R'] = 26, ['T'] = 27, ['U'] = 28, ['W'] = 29, ['X'] = 30, ['Y'] = 31};

uint8_t hf_code_credit(const uint8_t first[17])
{
	static const char set[] = HF_CODE_CREDIT_SET;
	static const uint8_t weight[17] = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
	unsigned sum = 0, bad = 0;

	for (size_t i = 0; i < 17; i++) {
		unsigned v = credit_values[first[i]];

		bad |= v == 0;
		sum += weight[i] * (v - 1);
	}
	return bad ? 0 : (uint8_t)set[(31 - sum % 31) % 31];
}

bool hf_code_credit_ok(const uint8_t code[18])
{
	uint8_t last = hf_code_credit(code);

	return last && last == code[17] && hf_code_organization(code + 8) == code[16];
}

static const uint8_t vin_values[256] = {
        ['0'] = 1,  ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7,  ['7'] = 8, ['8'] = 9,
        ['9'] = 10, ['A'] = 2, ['B'] = 3, ['C'] = 4, ['D'] = 5, ['E'] = 6, ['F'] = 7,  ['G'] = 8, ['H'] = 9,
        ['J'] = 2,  ['K'] = 3, ['L'] = 4, ['M'] = 5, ['N'] = 6, ['P'] = 8, ['R'] = 10, ['S'] = 3, ['T'] = 4,
        ['U'] = 5,  ['V'] = 6, ['W'] = 7, ['X'] = 8, ['Y'] = 9, ['Z'] = 10};

uint8_t hf_code_vin(const uint8_t vin[17])
{
	static const uint8_t weight[17] = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
	unsigned sum = 0, bad = 0;

	for (size_t i = 0; i < 17; i++) {
		unsigned v = vin_values[vin[i]];

		bad |= v == 0 && i != 8;
		sum += weight[i] * (v - 1);
	}
	return bad ? 0 : digit_or_x(sum % 11);
}

uint8_t hf_code_imo(const uint8_t first[6])
{
	unsigned sum = 0;

	for (unsigned i = 0; i < 6; i++) {
		if (!digit(first[i]))
			return 0;
		sum += (7 - i) * (unsigned)(first[i] - '0');
	}
	return (uint8_t)('0' + sum % 10);
}

static bool add_mod97(unsigned *sum, uint8_t c)
{
	uint8_t v = base36(c);

	if (v == 255)
		return false;
	*sum = (*sum * (v > 9 ? 100u : 10u) + v) % 97;
	return true;
}

bool hf_code_iban(const uint8_t *iban, size_t len, uint8_t ret_digits[2])
{
	unsigned sum = 0;

	if (len < 15 || len > 34 || digit(iban[0]) || digit(iban[1]))
		return false;
	for (size_t i = 4; i < len; i++)
		if (!add_mod97(&sum, iban[i]))
			return false;
	if (!add_mod97(&sum, iban[0]) || !add_mod97(&sum, iban[1]))
		return false;
	sum = 98 - sum * 100 % 97;
	ret_digits[0] = (uint8_t)('0' + sum / 10);
	ret_digits[1] = (uint8_t)('0' + sum % 10);
	return true;
}

uint8_t hf_code_container(const uint8_t first[10])
{
	unsigned sum = 0;

	for (unsigned i = 0; i < 10; i++) {
		unsigned v = base36(first[i]);

		if (v == 255 || (i < 4) != (v > 9))
			return 0;
		if (v > 9) /* multiples of 11 are left out: A is 10, B 12, L 23, V 34 */
			v += (v - 1) / 10;
		sum += v << i;
	}
	return (uint8_t)('0' + sum % 11 % 10);
}

bool hf_code_day_ok(unsigned year, unsigned month, unsigned day)
{
	static const uint8_t days[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (year < 1800 || year > 2199 || month < 1 || month > 12 || day < 1)
		return false;
	return day <= days[month] + (unsigned)(month == 2 && leap);
}
