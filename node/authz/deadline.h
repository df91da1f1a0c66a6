/*
 * deadline.h - an application is decided within ten working days of the space's calendar (AZ-21), counted from the day
 * on which the consumer's node signed and sent it: the one date that every part holds, and never after the intake's
 * receipt. The intake node reminds the provider (AZ-18). Nothing is ever approved by time.
 */
#ifndef HUFU_AUTHZ_DEADLINE_H
#define HUFU_AUTHZ_DEADLINE_H

#include "authz/negotiation.h"

#define HF_DECISION_DAYS 10u /* working days; never longer */
#define HF_REMINDER_DAYS 7u  /* the reminder goes out at the end of that one */

struct hf_deadline {
	int64_t sent_ms, remind_ms, due_ms; /* the first instant that is late */
	bool open;                          /* submitted, and not decided as far as this node knows */
};
/* False: nothing was submitted, or no descriptor is there. */
bool hf_authz_deadline(struct hf_authz *a, const Hufu__ApplicationRow *row, struct hf_deadline *ret_deadline);

#endif
