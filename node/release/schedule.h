/*
 * schedule.h - masking tasks that begin without a person: by themselves at the times of their plan, or when a timer of
 * the operating system shows a ticket (MK-40, MK-44).
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
	const struct hf_actor *actor;   /* the plan's operator */
	const struct hf_ticket *ticket; /* who shows it begins the task, and the node's clock does not; NULL: at the
	                                 * times of the plan */
};
/* A secret that stands for one schedule and nothing else: whoever shows it begins an approved plan over that source, in
 * the name of the plan's operator. The row has its digest. It ends with the schedule, or when that is set anew. */
struct hf_ticket {
	uint8_t b[32];
};
enum hf_err hf_schedule_set(struct hf_release *r, const struct hf_schedule_in *in, struct hf_unit *unit,
                            struct hf_draft *draft, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_schedule_end(struct hf_release *r, const struct hf_schedule_in *in, struct hf_unit *unit,
                            struct hf_draft *draft, struct hf_fault *f) HF_MUST_CHECK;
/* next_ms: 0: none, because there is no approved plan with times, or its only one is over. */
typedef bool (*hf_schedule_fn)(void *ctx, const Hufu__MaskScheduleRow *row, int64_t next_ms);
enum hf_err hf_schedules(struct hf_release *r, hf_schedule_fn fn, void *ctx) HF_MUST_CHECK;

/* By its ticket: PERMISSION when there is no such schedule. What does not begin is missed, which is recorded at once,
 * and not by the unit. Draft: of the step "execute". */
enum hf_err hf_schedule_begin(struct hf_release *r, const struct hf_ticket *ticket, struct hf_unit *unit,
                              struct hf_draft *draft, struct hf_id *ret_task, struct hf_fault *f) HF_MUST_CHECK;
/* The task that the ticket began last. PERMISSION; UNKNOWN: it began none. hf_decoded_free. */
enum hf_err hf_schedule_begun(struct hf_release *r, const struct hf_ticket *ticket, Hufu__MaskTaskRow **ret_row,
                              struct hf_fault *f) HF_MUST_CHECK;

/* The first due time after `after` of a plan that begins at start and comes again every (0: once). 0: there is none. */
int64_t hf_schedule_next(int64_t start_ms, int64_t every_ms, int64_t after_ms);

/* Looks at all of them now. By a timer in the node; by hand in tests. */
void hf_schedule_look(struct hf_release *r);

#endif
