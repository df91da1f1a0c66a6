/*
 * schedule.h - masking tasks that begin by themselves at the times of their plan (MK-40, MK-44).
 *
 * The plan says when (start, every), a schedule says which source and where the results go. A time that the node did
 * not see, or at which the task could not begin, is missed: recorded, and told as an alarm; the next one is not
 * affected. The row and the task are written in one unit, so that no time runs twice. Loop thread.
 */
#ifndef HUFU_RELEASE_SCHEDULE_H
#define HUFU_RELEASE_SCHEDULE_H

#include "release/tasks.h"

#define HF_SCHEDULE_LATE_MS 300000 /* a time that lies further back is missed */

struct hf_schedule_in {
	const char *plan, *source, *table, *folder, *registers;
	const struct hf_actor *actor; /* the plan's operator */
};
enum hf_err hf_schedule_set(struct hf_release *r, const struct hf_schedule_in *in, struct hf_unit *unit,
                            struct hf_draft *draft, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_schedule_end(struct hf_release *r, const struct hf_schedule_in *in, struct hf_unit *unit,
                            struct hf_draft *draft, struct hf_fault *f) HF_MUST_CHECK;
/* next_ms: 0: none, because there is no approved plan with times, or its only one is over. */
typedef bool (*hf_schedule_fn)(void *ctx, const Hufu__MaskScheduleRow *row, int64_t next_ms);
enum hf_err hf_schedules(struct hf_release *r, hf_schedule_fn fn, void *ctx) HF_MUST_CHECK;

/* The first due time after `after` of a plan that begins at start and comes again every (0: once). 0: there is none. */
int64_t hf_schedule_next(int64_t start_ms, int64_t every_ms, int64_t after_ms);

/* Looks at all of them now. By a timer in the node; by hand in tests. */
void hf_schedule_look(struct hf_release *r);

#endif
