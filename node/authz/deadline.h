/*
 * deadline.h - an application is decided within ten working days of the space's calendar (AZ-21), counted from the day
 * on which the consumer's node signed and sent it: the one date that every part holds, and never after the intake's
 * receipt. The intake node reminds the provider (AZ-18). Nothing is ever approved by time.
 */
#ifndef HUFU_AUTHZ_DEADLINE_H
#define HUFU_AUTHZ_DEADLINE_H

#include "authz/negotiation.h"

#define HF_DECISION_DAYS 10u /* working days; never longer */
/* What a node sets for the applications that it takes in, in working days: the reminder goes out at the end of that one
 * after the submission, the report to the leading group at the end of that one after the deadline. 0: these. */
#define HF_REMINDER_DAYS 7u   /* 1 ... 9 */
#define HF_ESCALATION_DAYS 1u /* 1 ... 20 */
struct hf_deadline_limits {
	uint32_t reminder_days, escalation_days;
};
void hf_authz_set_deadlines(struct hf_authz *a, const struct hf_deadline_limits *limits);

struct hf_deadline {
	int64_t sent_ms, remind_ms;
	int64_t due_ms, escalate_ms; /* the first instant that is late; that the leading group hears of */
	bool open;                   /* submitted, and not decided as far as this node knows */
};
/* False: nothing was submitted, or no descriptor is there. */
bool hf_authz_deadline(struct hf_authz *a, const Hufu__ApplicationRow *row, struct hf_deadline *ret_deadline);

#endif
