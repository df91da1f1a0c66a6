/*
 * clock.h - the injected clock. Time is int64_t milliseconds since the epoch; nothing reads the system clock elsewhere.
 */
#ifndef HUFU_BASE_CLOCK_H
#define HUFU_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hf_clock {
	int64_t (*now_ms)(void *ctx); /* wall clock, guarded: never goes back below what was recorded as trusted time */
	int64_t (*mono_ms)(void *ctx); /* monotonic, for intervals */
	void *ctx;
};

struct hf_system_clock; /* the real clock, with a floor that only rises */
struct hf_system_clock *hf_system_clock_new(void);
/* The same guard over another clock, which must outlive it. */
struct hf_system_clock *hf_system_clock_new_over(const struct hf_clock *raw);
void hf_system_clock_free(struct hf_system_clock *c);
void hf_system_clock_get(struct hf_system_clock *c, struct hf_clock *ret_clock);
/* Every time that was read is a floor as well. Raises the floor, e.g. to the last recorded time at start: a clock set
 * back does not revive what has expired (AZ-31). Any thread. */
void hf_system_clock_raise(struct hf_system_clock *c, int64_t floor_ms);

static inline int64_t hf_now_ms(const struct hf_clock *c)
{
	return c->now_ms(c->ctx);
}
static inline int64_t hf_mono_ms(const struct hf_clock *c)
{
	return c->mono_ms(c->ctx);
}

#define HF_TIME_TEXT 25 /* "2026-11-22T02:40:59.123Z" and NUL */
/* Years 0000 to 9999; what lies outside is shown as the nearest. */
void hf_time_text(int64_t ms, char out[HF_TIME_TEXT]);
/* RFC 3339 UTC ("...Z", with or without milliseconds) or a date alone (midnight UTC). */
bool hf_time_parse(const char *text, int64_t *ret_ms);
/* The same day and time n calendar years later; 29 February becomes 28 February (AZ-29). */
int64_t hf_time_add_years(int64_t ms, int years);

/* "+08:00", "-03:30" as minutes; "" is UTC. From -12:00 to +14:00. */
bool hf_utc_offset_parse(const char *text, int *ret_minutes);

#endif
