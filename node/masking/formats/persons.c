/* persons.c - resident ID numbers (region kept, day and sequence permuted together), travel papers, licences. */
#include "masking/codes.h"
#include "masking/formats/formats.h"

#include <string.h>

#define YEAR_FIRST 1890u
#define YEARS 210u /* to 2099 */

static unsigned digits(const uint8_t *p, unsigned n)
{
	unsigned v = 0;

	while (n-- > 0)
		v = v * 10 + (unsigned)(*p++ - '0');
	return v;
}

static void put_digits(uint8_t *p, unsigned n, unsigned v)
{
	for (; n > 0; v /= 10)
		p[--n] = (uint8_t)('0' + v % 10);
}

static bool all_digits(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
	}
	return true;
}

static bool leap(unsigned y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

/* Days before the year, counted from the first of January of YEAR_FIRST. */
static unsigned days_before(unsigned year)
{
	const unsigned y = year - 1, f = YEAR_FIRST - 1;

	return (year - YEAR_FIRST) * 365 + (y / 4 - y / 100 + y / 400) - (f / 4 - f / 100 + f / 400);
}

static const uint16_t month_start[13] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

static unsigned day_number(unsigned year, unsigned month, unsigned day)
{
	return days_before(year) + month_start[month - 1] + (month > 2 && leap(year)) + day - 1;
}

static void day_from(unsigned number, unsigned *ret_year, unsigned *ret_month, unsigned *ret_day)
{
	unsigned year = YEAR_FIRST + number / 366, month = 12, rest;

	while (days_before(year + 1) <= number)
		year++;
	rest = number - days_before(year);
	while (rest < month_start[month - 1] + (unsigned)(month > 2 && leap(year)))
		month--;
	*ret_day = rest - month_start[month - 1] - (month > 2 && leap(year)) + 1;
	*ret_year = year;
	*ret_month = month;
}

/* 18 characters: six of the region, the day of birth, three of the sequence, the check. 15 digits: the year has two. */
static bool read_resident(const struct hf_bytes *v, struct hf_ranked *r)
{
	const bool old = v->len == 15;
	const uint8_t *p = v->data, *birth = p + 6;
	unsigned year;

	if ((!old && v->len != 18) || !all_digits(p, old ? 15 : 17))
		return false;
	year = old ? 1900 + digits(birth, 2) : digits(birth, 4);
	birth += old ? 2 : 4;
	if (year < YEAR_FIRST || year >= YEAR_FIRST + YEARS ||
	    !hf_code_day_ok(year, digits(birth, 2), digits(birth + 2, 2)))
		return false;
	if (!old && hf_code_resident(p) != (p[17] == 'x' ? 'X' : p[17]))
		return false;
	r->rank = (day_number(year, digits(birth, 2), digits(birth + 2, 2)) - (old ? days_before(1900) : 0)) * 1000u +
	          digits(birth + 4, 3);
	r->size = (old ? days_before(2000) - days_before(1900) : days_before(YEAR_FIRST + YEARS)) * 1000u;
	r->radix = r->length = 0;
	r->run_count = 0;
	return true;
}

static void write_resident(hf_u128 rank, const struct hf_ranked *r, uint8_t *value, size_t len)
{
	const bool old = len == 15;
	uint8_t *birth = value + 6;
	unsigned year, month, day;

	(void)r;
	day_from((unsigned)(rank / 1000) + (old ? days_before(1900) : 0), &year, &month, &day);
	put_digits(birth, old ? 2 : 4, old ? year - 1900 : year);
	birth += old ? 2 : 4;
	put_digits(birth, 2, month);
	put_digits(birth + 2, 2, day);
	put_digits(birth + 4, 3, (unsigned)(rank % 1000));
	if (!old)
		value[17] = hf_code_resident(value);
}

/* One or two letters and 7 or 8 digits (permits: 8 or 10): the last seven or eight digits. */
static bool read_paper(const struct hf_bytes *v, struct hf_ranked *r)
{
	size_t letters = 0;

	while (letters < v->len && v->data[letters] >= 'A' && v->data[letters] <= 'Z')
		letters++;
	if (letters < 1 || letters > 2 || v->len - letters < 7 || v->len - letters > 10 ||
	    !all_digits(v->data + letters, v->len - letters))
		return false;
	hf_slots_begin(r);
	return hf_slots_last_digits(r, v, v->len - letters == 7 ? 7 : 8) && hf_slots_end(r);
}

static bool read_driver_file(const struct hf_bytes *v, struct hf_ranked *r)
{
	hf_slots_begin(r);
	return v->len == 12 && hf_slots_add(r, v, 0, 12, &hf_alphabet_digits) && hf_slots_end(r);
}

const struct hf_format hf_format_resident_id = {"cn.resident-id", read_resident, write_resident};
const struct hf_format hf_format_driving_licence = {"cn.driving-licence", read_resident, write_resident};
const struct hf_format hf_format_passport = {"cn.passport", read_paper, NULL};
const struct hf_format hf_format_travel_permit = {"cn.travel-permit", read_paper, NULL};
const struct hf_format hf_format_driver_file = {"cn.driver-file", read_driver_file, NULL};
