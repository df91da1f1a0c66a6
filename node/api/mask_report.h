/*
 * mask_report.h - the execution report of masking (JT/T 1480 6.2 a; MK-61): what classification, policy, plans, tasks
 * and deliveries left in the ledger since the last one, made weekly where somebody is masking operator, or when such a
 * person asks; delivered to the security and the audit administrators by a notice, and taken out by either.
 */
#ifndef HUFU_API_MASK_REPORT_H
#define HUFU_API_MASK_REPORT_H

#include "api/api.h"

#define HF_MASK_REPORT_DAYS 7

struct hf_mask_report;
/* m is borrowed. */
void hf_mask_report_open(const struct hf_modules *m, struct hf_mask_report **ret_report);
void hf_mask_report_close(struct hf_mask_report *r);
/* Makes one that is due by the clock, and delivers what is ready. The timer calls it. */
void hf_mask_report_tick(struct hf_mask_report *r);

#endif
