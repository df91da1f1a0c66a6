/* csv_type.c - the type of a value and of a column; declared in csv.h. */
#include <string.h>
#include <strings.h>

#include "source/readers/csv.h"

#define INTEGER_DIGITS 18u /* always fits int64_t */

const char *hf_csv_type_name(enum hf_csv_type t)
{
	switch (t) {
	case HF_CSV_BOOLEAN:
		return "boolean";
	case HF_CSV_INTEGER:
		return "integer";
	case HF_CSV_NUMBER:
		return "number";
	case HF_CSV_DATE:
		return "date";
	case HF_CSV_DATETIME:
		return "datetime";
	case HF_CSV_UNSEEN:
	case HF_CSV_STRING:
		return "string";
	}
	return "string";
}

static bool digit(uint8_t c)
{
	return (uint8_t)(c - '0') < 10;
}

/* Up to 8 bytes of the value, the first one lowest. */
static inline uint64_t load(const uint8_t *v, size_t len, bool padded)
{
	uint64_t w = 0;

	if (padded || len >= 8)
		memcpy(&w, v, 8);
	else
		memcpy(&w, v, len);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	w = __builtin_bswap64(w);
#endif
	return w;
}

/* How many digits the value begins with, eight at a time. */
static inline size_t digits(const uint8_t *v, size_t len, bool padded)
{
	for (size_t n = 0; n < len; n += 8) {
		uint64_t x = load(v + n, len - n, padded) ^ 0x3030303030303030u;
		uint64_t other = (((x & 0x7F7F7F7F7F7F7F7Fu) + 0x7676767676767676u) | x) & 0x8080808080808080u;

		if (other) {
			n += (size_t)__builtin_ctzll(other) / 8;
			return n < len ? n : len;
		}
	}
	return len;
}

/* Codes such as 0101 are no numbers: a leading zero would be lost. */
static inline size_t whole_part(const uint8_t *v, size_t len, bool padded)
{
	size_t n = digits(v, len, padded);

	return n > 1 && v[0] == '0' ? 0 : n;
}

static inline bool is_integer(const uint8_t *v, size_t len, bool padded)
{
	size_t sign = len > 0 && v[0] == '-';
	size_t n = whole_part(v + sign, len - sign, padded);

	return n > 0 && n <= INTEGER_DIGITS && n + sign == len;
}

static bool is_exponent(const uint8_t *v, size_t len)
{
	size_t at = 1;

	if (len < 2 || (v[0] | 0x20) != 'e')
		return false;
	at += v[1] == '-' || v[1] == '+';
	return at < len && len - at <= 3 && digits(v + at, len - at, false) == len - at;
}

static inline bool is_number(const uint8_t *v, size_t len, bool padded)
{
	size_t at = len > 0 && v[0] == '-', n = whole_part(v + at, len - at, padded);

	if (n == 0)
		return false;
	at += n;
	if (at < len && v[at] == '.') {
		n = digits(v + at + 1, len - at - 1, padded);
		if (n == 0)
			return false;
		at += 1 + n;
	}
	return at == len || is_exponent(v + at, len - at);
}

static unsigned two(const uint8_t *v)
{
	return digit(v[0]) && digit(v[1]) ? (unsigned)(v[0] - '0') * 10 + (unsigned)(v[1] - '0') : 100;
}

static bool is_date(const uint8_t *v, size_t len)
{
	static const uint8_t days[] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned month, day, century, year;

	if (len != 10 || v[4] != '-' || v[7] != '-')
		return false;
	century = two(v);
	year = two(v + 2);
	month = two(v + 5);
	day = two(v + 8);
	if (century > 99 || year > 99 || month < 1 || month > 12 || day < 1 || day > days[month])
		return false;
	return month != 2 || day < 29 || (year ? year % 4 == 0 : century % 4 == 0);
}

static bool is_zone(const uint8_t *v, size_t len)
{
	if (len == 0 || (len == 1 && v[0] == 'Z'))
		return true;
	return len == 6 && (v[0] == '+' || v[0] == '-') && v[3] == ':' && two(v + 1) < 24 && two(v + 4) < 60;
}

static bool is_time(const uint8_t *v, size_t len)
{
	size_t at = 5;

	if (len < 5 || v[2] != ':' || two(v) > 23 || two(v + 3) > 59)
		return false;
	if (len >= 8 && v[5] == ':') {
		if (two(v + 6) > 60)
			return false;
		at = 8;
		if (at < len && v[at] == '.') {
			size_t n = digits(v + at + 1, len - at - 1, false);

			if (n == 0 || n > 9)
				return false;
			at += 1 + n;
		}
	}
	return is_zone(v + at, len - at);
}

static bool is_datetime(const uint8_t *v, size_t len)
{
	return len >= 16 && (v[10] == 'T' || v[10] == ' ') && is_date(v, 10) && is_time(v + 11, len - 11);
}

static bool is_boolean(const uint8_t *v, size_t len)
{
	const char *text = (const char *)v;

	return (len == 4 && strncasecmp(text, "true", 4) == 0) || (len == 5 && strncasecmp(text, "false", 5) == 0);
}

static inline bool fits(enum hf_csv_type t, const uint8_t *v, size_t len, bool padded)
{
	switch (t) {
	case HF_CSV_BOOLEAN:
		return is_boolean(v, len);
	case HF_CSV_INTEGER:
		return is_integer(v, len, padded);
	case HF_CSV_NUMBER:
		return is_number(v, len, padded);
	case HF_CSV_DATE:
		return is_date(v, len);
	case HF_CSV_DATETIME:
		return is_datetime(v, len);
	case HF_CSV_UNSEEN:
		return false;
	case HF_CSV_STRING:
		return true;
	}
	return true;
}

bool hf_csv_field_fits(enum hf_csv_type t, const struct hf_csv_field *f)
{
	return fits(t, f->data, f->len, true);
}

enum hf_csv_type hf_csv_type_of(const void *value, size_t len)
{
	static const enum hf_csv_type order[] = {HF_CSV_INTEGER, HF_CSV_NUMBER, HF_CSV_DATE, HF_CSV_DATETIME,
	                                         HF_CSV_BOOLEAN};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (fits(order[i], value, len, false))
			return order[i];
	return HF_CSV_STRING;
}

enum hf_csv_type hf_csv_type_join(enum hf_csv_type column, const void *value, size_t len)
{
	enum hf_csv_type t;

	if (fits(column, value, len, false))
		return column;
	t = hf_csv_type_of(value, len);
	if (column == HF_CSV_UNSEEN)
		return t;
	/* An integer fits a number column, so what did not fit is a number behind integers, or something else. */
	return column == HF_CSV_INTEGER && t == HF_CSV_NUMBER ? HF_CSV_NUMBER : HF_CSV_STRING;
}
