/* clock_test.c - trusted time, its text, and the calendar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"

static int64_t at(const char *text)
{
	int64_t ms = 0;

	assert_true(hf_time_parse(text, &ms));
	return ms;
}

struct clocks {
	int64_t wall, mono;
};

static int64_t wall_of(void *ctx)
{
	return ((struct clocks *)ctx)->wall;
}

static int64_t mono_of(void *ctx)
{
	return ((struct clocks *)ctx)->mono;
}

static struct hf_system_clock *guard_over(struct clocks *c, struct hf_clock *ret_clock)
{
	const struct hf_clock raw = {wall_of, mono_of, c};
	struct hf_system_clock *g = hf_system_clock_new_over(&raw);

	hf_system_clock_get(g, ret_clock);
	return g;
}

static void pass(struct clocks *c, int64_t ms)
{
	c->wall += ms;
	c->mono += ms;
}

/* AZ-31: clock set back does not revive an expired grant, before any witness has spoken and after. */
static void trusted_time_never_falls_when_the_clock_is_set_back(void **state)
{
	struct clocks c = {at("2026-11-22T10:00:00Z"), 1000};
	const int64_t end = at("2026-11-22T10:00:05Z"); /* exclusive: the grant is over */
	struct hf_clock clock;
	struct hf_system_clock *g = guard_over(&c, &clock);

	(void)state;
	assert_int_equal(hf_now_ms(&clock), c.wall);
	pass(&c, 4999);
	assert_true(hf_now_ms(&clock) < end);
	pass(&c, 1);
	assert_true(hf_now_ms(&clock) >= end);
	c.wall = at("2025-01-01");
	assert_int_equal(hf_now_ms(&clock), end);
	assert_int_equal(hf_mono_ms(&clock), c.mono);
	hf_system_clock_mark(g, end); /* the same once the witnesses have spoken */
	assert_int_equal(hf_now_ms(&clock), end);
	pass(&c, 3600000); /* and it goes on, although the local clock is a year behind */
	assert_int_equal(hf_now_ms(&clock), end + 3600000);
	c.wall = end + 3600001;
	assert_int_equal(hf_now_ms(&clock), end + 3600001);
	hf_system_clock_free(g);
}

/* One jump forward is over when the clock is right again: the local clock moves no mark. */
static void one_jump_forward_leaves_no_trace(void **state)
{
	struct clocks c = {at("2026-11-22T10:00:00Z"), 1000};
	struct hf_clock clock;
	struct hf_system_clock *g = guard_over(&c, &clock);

	(void)state;
	hf_system_clock_mark(g, c.wall);
	c.wall = at("2036-11-22T10:00:00Z");
	assert_int_equal(hf_now_ms(&clock), c.wall); /* meanwhile everything has expired: it fails closed */
	c.wall = at("2026-11-22T10:00:02Z");
	c.mono += 2000;
	assert_int_equal(hf_now_ms(&clock), c.wall);
	hf_system_clock_free(g);
}

/* A start with a wrong clock: the floor of the start goes with the first word of the witnesses; the mark on record
 * stays. */
static void the_time_at_the_start_is_a_floor_until_the_witnesses_speak(void **state)
{
	struct clocks c = {at("2025-01-01"), 50};
	const int64_t recorded = at("2036-11-22T10:00:00.123Z"), mark = at("2026-11-22T10:00:00Z");
	struct hf_clock clock;
	struct hf_system_clock *g = guard_over(&c, &clock);

	(void)state;
	hf_system_clock_recall(g, mark);
	assert_true(hf_system_clock_provisional(g));
	assert_int_equal(hf_now_ms(&clock), mark);
	hf_system_clock_raise(g, recorded);
	hf_system_clock_raise(g, recorded - 1000);
	assert_int_equal(hf_now_ms(&clock), recorded);
	pass(&c, 1000);
	hf_system_clock_mark(g, mark + 1000);
	assert_false(hf_system_clock_provisional(g));
	assert_int_equal(hf_now_ms(&clock), mark + 1000);
	hf_system_clock_raise(g, recorded); /* only for the start */
	assert_int_equal(hf_now_ms(&clock), mark + 1000);
	assert_int_equal(hf_system_clock_local(g), c.wall);
	hf_system_clock_free(g);
}

/* A cosignature states whole seconds: what a mark lacks of the floor that has grown by itself does not take it back. */
static void a_mark_that_lacks_a_fraction_takes_nothing_back(void **state)
{
	struct clocks c = {at("2026-11-22T10:00:00Z"), 1000};
	struct hf_clock clock;
	struct hf_system_clock *g = guard_over(&c, &clock);
	int64_t before;

	(void)state;
	hf_system_clock_mark(g, c.wall);
	pass(&c, 10900);
	before = hf_now_ms(&clock);
	c.wall = 0;
	hf_system_clock_mark(g, before - 900);
	assert_int_equal(hf_now_ms(&clock), before);
	c.mono += 3600000; /* a monotonic clock that ran away */
	hf_system_clock_mark(g, before + 1000);
	assert_int_equal(hf_now_ms(&clock), before + 1000);
	hf_system_clock_free(g);
}

static void the_system_clock_tells_the_time_of_this_machine(void **state)
{
	struct hf_system_clock *c = hf_system_clock_new();
	struct hf_clock clock;
	int64_t before = (int64_t)time(NULL) * 1000, now, mono;

	(void)state;
	hf_system_clock_get(c, &clock);
	now = hf_now_ms(&clock);
	mono = hf_mono_ms(&clock);
	assert_true(now >= before && now < before + 600000);
	assert_true(hf_mono_ms(&clock) >= mono);
	hf_system_clock_raise(c, now + 3600000);
	assert_true(hf_now_ms(&clock) >= now + 3600000 && hf_now_ms(&clock) < now + 3600000 + 600000);
	hf_system_clock_free(c);
}

static void text_and_time_agree(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
	        {0, "1970-01-01T00:00:00.000Z"},
	        {-1, "1969-12-31T23:59:59.999Z"},
	        {951782400000, "2000-02-29T00:00:00.000Z"},
	        {4107542400000, "2100-03-01T00:00:00.000Z"},
	        {1795315259123, "2026-11-22T02:40:59.123Z"},
	        {253402300799999, "9999-12-31T23:59:59.999Z"},
	        {-62167219200000, "0000-01-01T00:00:00.000Z"},
	};
	char text[HF_TIME_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		hf_time_text(cases[i].ms, text);
		assert_string_equal(text, cases[i].text);
		assert_int_equal(at(cases[i].text), cases[i].ms);
	}
	hf_time_text(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59.999Z");
	hf_time_text(INT64_MIN, text);
	assert_string_equal(text, "0000-01-01T00:00:00.000Z");
	assert_int_equal(at("2026-11-22T02:40:59Z"), 1795315259000);
	assert_int_equal(at("2026-11-22"), 1795305600000);
}

static void every_day_of_four_centuries_comes_back(void **state)
{
	char text[HF_TIME_TEXT];

	(void)state;
	for (int64_t day = -200000; day < 200000; day += 1) {
		hf_time_text(day * 86400000, text);
		assert_int_equal(at(text), day * 86400000);
	}
}

static void malformed_times_are_refused(void **state)
{
	static const char *const bad[] = {
	        "",
	        "2026",
	        "2026-11-22T02:40:59",
	        "2026-11-22 02:40:59Z",
	        "2026-11-22T02:40:59z",
	        "2026-11-22T02:40:59+00:00",
	        "2026-11-22T24:00:00Z",
	        "2026-11-22T02:60:00Z",
	        "2026-11-22T02:40:60Z",
	        "2026-13-01",
	        "2026-00-01",
	        "2026-11-31",
	        "2026-11-00",
	        "2026-02-29",
	        "2100-02-29",
	        "2026-11-22T02:40:59.12Z",
	        "2026-11-22T02:40:59.1234Z",
	        "26-11-22",
	        "2026-11-22T",
	        "-026-11-22",
	        "2026-11-22Z",
	};
	int64_t ms = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(hf_time_parse(bad[i], &ms));
	assert_false(hf_time_parse(NULL, &ms));
	assert_int_equal(ms, 42);
	assert_true(hf_time_parse("2000-02-29", &ms));
}

/* AZ-29: leap day covered. Three years from 29 February end on 28 February. */
static void years_are_calendar_years_and_the_leap_day_becomes_the_28th(void **state)
{
	(void)state;
	assert_int_equal(hf_time_add_years(at("2024-02-29T12:34:56.789Z"), 3), at("2027-02-28T12:34:56.789Z"));
	assert_int_equal(hf_time_add_years(at("2024-02-29"), 4), at("2028-02-29"));
	assert_int_equal(hf_time_add_years(at("2096-02-29"), 4), at("2100-02-28"));
	assert_int_equal(hf_time_add_years(at("2023-02-28"), 1), at("2024-02-28"));
	assert_int_equal(hf_time_add_years(at("2023-03-01"), 1), at("2024-03-01"));
	assert_int_equal(hf_time_add_years(at("2026-11-22T02:40:59.123Z"), 3), at("2029-11-22T02:40:59.123Z"));
	assert_int_equal(hf_time_add_years(at("2026-12-31T23:59:59.999Z"), 3), at("2029-12-31T23:59:59.999Z"));
	assert_int_equal(hf_time_add_years(at("1968-02-29"), 1), at("1969-02-28"));
	assert_int_equal(hf_time_add_years(at("2024-02-29"), -1), at("2023-02-28"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(trusted_time_never_falls_when_the_clock_is_set_back),
	        cmocka_unit_test(one_jump_forward_leaves_no_trace),
	        cmocka_unit_test(the_time_at_the_start_is_a_floor_until_the_witnesses_speak),
	        cmocka_unit_test(a_mark_that_lacks_a_fraction_takes_nothing_back),
	        cmocka_unit_test(the_system_clock_tells_the_time_of_this_machine),
	        cmocka_unit_test(text_and_time_agree),
	        cmocka_unit_test(every_day_of_four_centuries_comes_back),
	        cmocka_unit_test(malformed_times_are_refused),
	        cmocka_unit_test(years_are_calendar_years_and_the_leap_day_becomes_the_28th),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
