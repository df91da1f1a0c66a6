/* calendar_test.c - AZ-21: the limit counts working days by the space's own calendar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "authz/calendar.h"
#include "base/clock.h"

static int64_t at(const char *text)
{
	int64_t ms = 0;
	assert_true(hf_time_parse(text, &ms));
	return ms;
}

static void assert_due(const Hufu__Descriptor *d, const char *from, unsigned days, const char *due)
{
	char text[HF_TIME_TEXT];
	hf_time_text(az_calendar_due(d, at(from), days), text);
	assert_string_equal(text, due);
}

/* AZ-21: over weekends */
static void test_ten_working_days_skip_two_weekends(void **state)
{
	Hufu__Descriptor d = HUFU__DESCRIPTOR__INIT;
	(void)state;
	assert_due(&d, "2026-11-30T09:00:00Z", 10,
	           "2026-12-15T00:00:00.000Z");                                /* a Monday: due when the 14th is over */
	assert_due(&d, "2026-11-28T09:00:00Z", 1, "2026-12-01T00:00:00.000Z"); /* a Saturday: Monday is the first day */
	assert_due(&d, "2026-11-27T23:59:59Z", 1, "2026-12-01T00:00:00.000Z"); /* a Friday */
	assert_due(&d, "1969-12-29T00:00:00Z", 4, "1970-01-03T00:00:00.000Z"); /* before the epoch: Monday to Friday */
}

/* AZ-21: over a configured holiday, and with the weekend days that are worked for it */
static void test_holidays_and_worked_weekends_count_as_configured(void **state)
{
	char day[6][11] = {"2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07", "2026-10-10"};
	char *holidays[] = {day[0], day[1], day[2], day[3], day[4]};
	char *worked[] = {day[5]};
	Hufu__Descriptor d = HUFU__DESCRIPTOR__INIT;
	(void)state;
	assert_due(&d, "2026-09-30T02:00:00Z", 3, "2026-10-06T00:00:00.000Z");
	d.holidays = holidays;
	d.n_holidays = 5;
	assert_due(&d, "2026-09-30T02:00:00Z", 3, "2026-10-13T00:00:00.000Z"); /* 8th, 9th, 12th */
	d.workdays = worked;
	d.n_workdays = 1;
	assert_due(&d, "2026-09-30T02:00:00Z", 3, "2026-10-11T00:00:00.000Z"); /* 8th, 9th, Saturday 10th */
	assert_true(az_calendar_is_working(&d, at("2026-10-10T12:00:00Z")));
	assert_false(az_calendar_is_working(&d, at("2026-10-11T12:00:00Z")));
	assert_false(az_calendar_is_working(&d, at("2026-10-01T12:00:00Z")));
}

static void test_days_begin_where_the_space_says(void **state)
{
	Hufu__Descriptor d = HUFU__DESCRIPTOR__INIT;
	(void)state;
	assert_due(&d, "2026-11-30T16:30:00Z", 1, "2026-12-02T00:00:00.000Z");
	d.utc_offset = (char *)"+08:00"; /* it is Tuesday there already */
	assert_due(&d, "2026-11-30T16:30:00Z", 1, "2026-12-02T16:00:00.000Z");
	d.utc_offset = (char *)"-03:30"; /* and still Monday there */
	assert_due(&d, "2026-12-01T03:00:00Z", 1, "2026-12-02T03:30:00.000Z");
}

static void test_working_days_between(void **state)
{
	Hufu__Descriptor d = HUFU__DESCRIPTOR__INIT;
	(void)state;
	assert_int_equal(az_calendar_between(&d, at("2026-11-27T09:00:00Z"), at("2026-11-30T08:00:00Z")), 1);
	assert_int_equal(az_calendar_between(&d, at("2026-11-30T09:00:00Z"), at("2026-11-30T18:00:00Z")), 0);
	assert_int_equal(az_calendar_between(&d, at("2026-11-30T09:00:00Z"), at("2026-12-14T09:00:00Z")), 10);
	assert_int_equal(az_calendar_between(&d, at("2026-12-14T09:00:00Z"), at("2026-11-30T09:00:00Z")), 0);
}

static void test_an_offset_is_read_or_refused(void **state)
{
	static const char *const bad[] = {"8", "+8:00", "+08:60", "+15:00", "-12:01", "+08:00 ", "08:00", "+0800"};
	int minutes = 1;
	(void)state;
	assert_true(hf_utc_offset_parse("", &minutes));
	assert_int_equal(minutes, 0);
	assert_true(hf_utc_offset_parse("+14:00", &minutes));
	assert_int_equal(minutes, 840);
	assert_true(hf_utc_offset_parse("-03:30", &minutes));
	assert_int_equal(minutes, -210);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(hf_utc_offset_parse(bad[i], &minutes));
	assert_int_equal(minutes, -210);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_ten_working_days_skip_two_weekends),
	        cmocka_unit_test(test_holidays_and_worked_weekends_count_as_configured),
	        cmocka_unit_test(test_days_begin_where_the_space_says),
	        cmocka_unit_test(test_working_days_between),
	        cmocka_unit_test(test_an_offset_is_read_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
