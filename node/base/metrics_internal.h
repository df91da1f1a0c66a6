/*
 * metrics_internal.h - what metrics_text.c reads of metrics.c; for this folder only.
 */
#ifndef HUFU_BASE_METRICS_INTERNAL_H
#define HUFU_BASE_METRICS_INTERNAL_H

#include "base/metrics.h"

size_t hf_metrics_counter_count(const struct hf_metrics *m);
/* i below the count; the name lives as long as m. */
const char *hf_metrics_counter_at(const struct hf_metrics *m, size_t i, int64_t *ret_value);

#endif
