/*
 * clock.h - the injected clock. Time is int64_t milliseconds since the epoch; nothing reads the system clock elsewhere.
 */
#ifndef HUFU_BASE_CLOCK_H
#define HUFU_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hf_clock {
	int64_t (*now_ms)(
	        void *ctx); /* trusted time: the local clock, or what is known to have passed if that is later */
	int64_t (*mono_ms)(void *ctx); /* monotonic, for intervals */
	void *ctx;
};

/* The real clock with a floor under it (AZ-31): the later of the local clock and of the mark, which grows with the
 * monotonic clock. The local clock itself never moves the floor, so that one jump forward is over when it is over.
 * Until the first mark of this run, the time at the start is a floor in its place. Any thread. */
struct hf_system_clock;
struct hf_system_clock *hf_system_clock_new(void);
/* The same guard over another clock, which must outlive it. */
struct hf_system_clock *hf_system_clock_new_over(const struct hf_clock *raw);
void hf_system_clock_free(struct hf_system_clock *c);
void hf_system_clock_get(struct hf_system_clock *c, struct hf_clock *ret_clock);
/* For the start: the newest time on record. A floor until the first mark of this run. */
void hf_system_clock_raise(struct hf_system_clock *c, int64_t floor_ms);
/* At the start: the mark on record; what stood at the start stays a floor beside it. */
void hf_system_clock_recall(struct hf_system_clock *c, int64_t mark_ms);
/* The mark now: others say that this time has passed. Only what lies further back than HF_CLOCK_SKEW_MS takes the floor
 * back, so that the second's fraction a cosignature lacks does not. */
void hf_system_clock_mark(struct hf_system_clock *c, int64_t mark_ms);
int64_t hf_system_clock_local(struct hf_system_clock *c); /* without any floor */
int64_t hf_system_clock_floor(struct hf_system_clock *c); /* INT64_MIN: there is none */
/* No mark came in this run yet. */
bool hf_system_clock_provisional(struct hf_system_clock *c);

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
