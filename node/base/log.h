/*
 * log.h - structured logs: one JSON object a line, with a trace id per exchange and never a data value (DS-94).
 *
 * Fields are key=value pairs of known kinds, made by the HF_LOG_* helpers; there is no free format string, so that data
 * cannot slip in. The debug level is compiled out of release builds (DS-93).
 */
#ifndef HUFU_BASE_LOG_H
#define HUFU_BASE_LOG_H

#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/ids.h"

enum hf_log_level { HF_LOG_ALARM = 1, HF_LOG_ERROR, HF_LOG_WARN, HF_LOG_INFO, HF_LOG_DEBUG };

struct hf_log;
/* fd is not owned. Thread-safe afterwards. */
/* A line is {"ts","level","node","module","event","trace","fields":{...}}; trace is left out when there is none. */
struct hf_log *hf_log_new(int fd, const struct hf_clock *clock, const char *node, enum hf_log_level level);
void hf_log_free(struct hf_log *log);

struct hf_log_field {
	const char *key; /* literal */
	char kind;       /* 's' text (our own words or names only), 'i' number, 'e' error */
	const char *s;
	int64_t i;
};
#define HF_LOG_S(k, v) ((struct hf_log_field){(k), 's', (v), 0})
#define HF_LOG_I(k, v) ((struct hf_log_field){(k), 'i', NULL, (int64_t)(v)})
#define HF_LOG_E(v) ((struct hf_log_field){"reason", 'e', NULL, (int64_t)(v)})

/* trace: transaction id or NULL. event: a literal such as "transfer-start". One line, one write(2), at most
 * HF_LOG_LINE_MAX bytes: a long text is cut and ends in "...", fields that no longer fit are left out and "cut":true is
 * added. log may be NULL. */
#define HF_LOG_LINE_MAX 4096
void hf_log_write(struct hf_log *log, enum hf_log_level level, const char *module, const char *event,
                  const struct hf_id *trace, const struct hf_log_field *fields, size_t count);
#ifdef NDEBUG
#define HF_LOG_BUILT(level) ((level) != HF_LOG_DEBUG)
#else
#define HF_LOG_BUILT(level) 1
#endif
#define HF_LOG(log, level, module, event, trace, ...)                                                                  \
	(HF_LOG_BUILT(level)                                                                                           \
	         ? hf_log_write((log), (level), (module), (event), (trace),                                            \
	                        (const struct hf_log_field[]){__VA_ARGS__},                                            \
	                        sizeof((const struct hf_log_field[]){__VA_ARGS__}) / sizeof(struct hf_log_field))      \
	         : (void)0)

#endif
