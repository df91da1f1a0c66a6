/*
 * selfcheck.h - DS-54: the doctor at the start and then on a schedule. Each run is one ledger entry and one report that
 * is kept; a check that became bad raises an alarm.
 */
#ifndef HUFU_API_SELFCHECK_H
#define HUFU_API_SELFCHECK_H

#include "api/api.h"

#define HF_SELF_CHECK_HOURS 24
#define HF_SELF_CHECK_KEPT 32 /* reports; older ones are removed */
/* The first run waits so long, so that the peers can be there. */
#define HF_SELF_CHECK_FIRST_MS (20 * 1000)

struct hf_self_check;
/* every_hours 0: the default. m is borrowed. */
void hf_self_check_open(const struct hf_modules *m, uint32_t every_hours, struct hf_self_check **ret_check);
void hf_self_check_close(struct hf_self_check *s);
/* Runs when a run is due by the clock. The timer calls it; a test calls it with a clock of its own. */
void hf_self_check_tick(struct hf_self_check *s);
/* The reports, newest first: an array of {"time", "state", "text", "findings"}. At most count. */
enum hf_err hf_self_check_reports(struct hf_store *store, size_t count, json_t **ret_list) HF_MUST_CHECK;

#endif
