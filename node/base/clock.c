/* clock.c - see clock.h. The only place that reads the clocks of the system. */
#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "base/mem.h"

#define DAY_MS INT64_C(86400000)
#define EARLIEST_MS INT64_C(-62167219200000) /* 0000-01-01T00:00:00.000Z */
#define LATEST_MS INT64_C(253402300799999)   /* 9999-12-31T23:59:59.999Z */

#define NONE INT64_MIN

/* A floor is kept as its distance from the monotonic clock, in one word: it grows by itself. */
struct hf_system_clock {
	struct hf_clock raw;
	_Atomic int64_t mark;  /* NONE: never heard of one */
	_Atomic int64_t start; /* NONE: a mark came in this run */
};

static int64_t read_clock(clockid_t id)
{
	struct timespec t;

	if (clock_gettime(id, &t) != 0)
		abort();
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t real_now(void *ctx)
{
	(void)ctx;
	return read_clock(CLOCK_REALTIME);
}

static int64_t real_mono(void *ctx)
{
	(void)ctx;
	return read_clock(CLOCK_MONOTONIC);
}

struct hf_system_clock *hf_system_clock_new(void)
{
	const struct hf_clock raw = {real_now, real_mono, NULL};

	return hf_system_clock_new_over(&raw);
}

struct hf_system_clock *hf_system_clock_new_over(const struct hf_clock *raw)
{
	struct hf_system_clock *c = hf_alloc_zero(sizeof(*c));

	c->raw = *raw;
	atomic_init(&c->mark, NONE);
	atomic_init(&c->start, raw->now_ms(raw->ctx) - raw->mono_ms(raw->ctx));
	return c;
}

void hf_system_clock_free(struct hf_system_clock *c)
{
	free(c);
}

static int64_t distance(const struct hf_system_clock *c, int64_t ms)
{
	return ms - c->raw.mono_ms(c->raw.ctx);
}

void hf_system_clock_raise(struct hf_system_clock *c, int64_t floor_ms)
{
	int64_t start = atomic_load(&c->start), wanted = distance(c, floor_ms);

	while (start != NONE && start < wanted && !atomic_compare_exchange_weak(&c->start, &start, wanted))
		;
}

void hf_system_clock_recall(struct hf_system_clock *c, int64_t mark_ms)
{
	atomic_store(&c->mark, distance(c, mark_ms));
}

void hf_system_clock_mark(struct hf_system_clock *c, int64_t mark_ms)
{
	int64_t old = atomic_load(&c->mark), wanted = distance(c, mark_ms);
	bool fraction = old != NONE && old > wanted && old - wanted <= HF_CLOCK_SKEW_MS;

	if (!fraction)
		atomic_store(&c->mark, wanted);
	atomic_store(&c->start, NONE);
}

int64_t hf_system_clock_local(struct hf_system_clock *c)
{
	return c->raw.now_ms(c->raw.ctx);
}

int64_t hf_system_clock_floor(struct hf_system_clock *c)
{
	int64_t mark = atomic_load(&c->mark), start = atomic_load(&c->start);
	int64_t higher = mark > start ? mark : start;

	return higher == NONE ? NONE : higher + c->raw.mono_ms(c->raw.ctx);
}

bool hf_system_clock_provisional(struct hf_system_clock *c)
{
	return atomic_load(&c->start) != NONE;
}

static int64_t guarded_now(void *ctx)
{
	struct hf_system_clock *c = ctx;
	int64_t local = hf_system_clock_local(c), floor = hf_system_clock_floor(c);

	return local > floor ? local : floor;
}

static int64_t guarded_mono(void *ctx)
{
	struct hf_system_clock *c = ctx;

	return c->raw.mono_ms(c->raw.ctx);
}

void hf_system_clock_get(struct hf_system_clock *c, struct hf_clock *ret_clock)
{
	*ret_clock = (struct hf_clock){guarded_now, guarded_mono, c};
}

struct date {
	int64_t year;
	int month, day;
};

/* The civil calendar by eras of 400 years; Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static int64_t days_from_date(struct date d)
{
	int64_t y = d.year - (d.month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static struct date date_from_days(int64_t days)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t day_of_era = z - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t m = (5 * day_of_year + 2) / 153;
	struct date d;

	d.day = (int)(day_of_year - (153 * m + 2) / 5 + 1);
	d.month = (int)(m < 10 ? m + 3 : m - 9);
	d.year = year_of_era + era * 400 + (d.month <= 2);
	return d;
}

static bool leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int64_t year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && leap(year) ? 29 : days[month - 1];
}

static int64_t floor_days(int64_t ms)
{
	return ms / DAY_MS - (ms % DAY_MS < 0);
}

static void put_digits(char *out, int count, int64_t value)
{
	for (int i = count - 1; i >= 0; i--, value /= 10)
		out[i] = (char)('0' + value % 10);
}

void hf_time_text(int64_t ms, char out[HF_TIME_TEXT])
{
	int64_t shown = ms < EARLIEST_MS ? EARLIEST_MS : ms > LATEST_MS ? LATEST_MS : ms;
	int64_t days = floor_days(shown);
	int64_t rest = shown - days * DAY_MS;
	struct date d = date_from_days(days);

	memcpy(out, "0000-00-00T00:00:00.000Z", HF_TIME_TEXT);
	put_digits(out, 4, d.year);
	put_digits(out + 5, 2, d.month);
	put_digits(out + 8, 2, d.day);
	put_digits(out + 11, 2, rest / 3600000);
	put_digits(out + 14, 2, rest / 60000 % 60);
	put_digits(out + 17, 2, rest / 1000 % 60);
	put_digits(out + 20, 3, rest % 1000);
}

/* True when text has the shape of form, in which '0' stands for any digit. */
static bool shaped(const char *text, const char *form)
{
	for (; *form; text++, form++)
		if (*form == '0' ? (*text < '0' || *text > '9') : *text != *form)
			return false;
	return *text == '\0';
}

static int digits(const char *text, int count)
{
	int v = 0;

	for (int i = 0; i < count; i++)
		v = v * 10 + (text[i] - '0');
	return v;
}

bool hf_time_parse(const char *text, int64_t *ret_ms)
{
	bool fraction = text && shaped(text, "0000-00-00T00:00:00.000Z");
	bool clock = fraction || (text && shaped(text, "0000-00-00T00:00:00Z"));
	struct date d;
	int hour = 0, minute = 0, second = 0;

	if (!clock && (!text || !shaped(text, "0000-00-00")))
		return false;
	d = (struct date){digits(text, 4), digits(text + 5, 2), digits(text + 8, 2)};
	if (d.month < 1 || d.month > 12 || d.day < 1 || d.day > month_days(d.year, d.month))
		return false;
	if (clock) {
		hour = digits(text + 11, 2);
		minute = digits(text + 14, 2);
		second = digits(text + 17, 2);
	}
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	*ret_ms = days_from_date(d) * DAY_MS + (hour * 3600 + minute * 60 + second) * INT64_C(1000) +
	          (fraction ? digits(text + 20, 3) : 0);
	return true;
}

int64_t hf_time_add_years(int64_t ms, int years)
{
	int64_t days = floor_days(ms);
	struct date d = date_from_days(days);

	d.year += years;
	if (d.day > month_days(d.year, d.month))
		d.day = month_days(d.year, d.month);
	return days_from_date(d) * DAY_MS + (ms - days * DAY_MS);
}

bool hf_utc_offset_parse(const char *text, int *ret_minutes)
{
	int minutes;

	if (!text || !text[0]) {
		*ret_minutes = 0;
		return true;
	}
	if (!shaped(text, "+00:00") && !shaped(text, "-00:00"))
		return false;
	minutes = digits(text + 1, 2) * 60 + digits(text + 4, 2);
	if (digits(text + 4, 2) > 59 || minutes > (text[0] == '+' ? 14 : 12) * 60)
		return false;
	*ret_minutes = text[0] == '+' ? minutes : -minutes;
	return true;
}
