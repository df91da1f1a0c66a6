/* calendar.c - see calendar.h. */
#include "authz/calendar.h"

#include <string.h>

#include "base/clock.h"

#define DAY_MS INT64_C(86400000)
#define DATE_CHARS 10
#define DAYS_MOST 10000

static int64_t offset_ms(const Hufu__Descriptor *d)
{
	int minutes = 0;
	(void)hf_utc_offset_parse(d->utc_offset, &minutes); /* what does not parse was refused with the descriptor */
	return minutes * INT64_C(60000);
}

/* Days since 1970-01-01 of the space's own days. */
static int64_t day_of(const Hufu__Descriptor *d, int64_t ms)
{
	int64_t local = ms + offset_ms(d), day = local / DAY_MS;
	return local % DAY_MS < 0 ? day - 1 : day;
}

static int64_t begin_of(const Hufu__Descriptor *d, int64_t day)
{
	return day * DAY_MS - offset_ms(d);
}

static bool names(char *const *dates, size_t count, const char *date)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(dates[i], date, DATE_CHARS) == 0)
			return true;
	return false;
}

static bool is_working(const Hufu__Descriptor *d, int64_t day)
{
	char text[HF_TIME_TEXT];
	hf_time_text(day * DAY_MS, text);
	if (names(d->workdays, d->n_workdays, text))
		return true;
	if (names(d->holidays, d->n_holidays, text))
		return false;
	int64_t weekday = ((day + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday; 0 is Monday */
	return weekday < 5;
}

bool az_calendar_is_working(const Hufu__Descriptor *d, int64_t ms)
{
	return is_working(d, day_of(d, ms));
}

int64_t az_calendar_due(const Hufu__Descriptor *d, int64_t from_ms, unsigned working_days)
{
	int64_t day = day_of(d, from_ms);
	unsigned found = 0;
	for (int i = 0; found < working_days && i < DAYS_MOST; i++)
		found += is_working(d, ++day);
	return begin_of(d, day + 1);
}

unsigned az_calendar_between(const Hufu__Descriptor *d, int64_t from_ms, int64_t until_ms)
{
	int64_t day = day_of(d, from_ms), last = day_of(d, until_ms);
	unsigned found = 0;
	for (int i = 0; day < last && i < DAYS_MOST; i++, day++)
		found += is_working(d, day);
	return found;
}
