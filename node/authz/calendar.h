/*
 * calendar.h - working days of the space (AZ-21): Saturdays, Sundays and the descriptor's holidays are none, but the
 * days that it names as worked are. Days begin where the descriptor's offset from UTC says. Pure; any thread.
 */
#ifndef HUFU_AUTHZ_CALENDAR_H
#define HUFU_AUTHZ_CALENDAR_H

#include "space.pb-c.h"

#include <stdbool.h>
#include <stdint.h>

bool az_calendar_is_working(const Hufu__Descriptor *d, int64_t ms);
/* The end of the n-th working day (1 …) after the day of `from_ms`, whether that is one or not: the first instant that
 * is late. */
int64_t az_calendar_due(const Hufu__Descriptor *d, int64_t from_ms, unsigned working_days);
/* Working days that end in [from_ms, until_ms): how long something took. At most 10,000 days are counted. */
unsigned az_calendar_between(const Hufu__Descriptor *d, int64_t from_ms, int64_t until_ms);

#endif
