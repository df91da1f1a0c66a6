/*
 * metrics.h - counters and latencies per service, and their OpenMetrics text (SB-52 ... SB-54).
 *
 * A service is a name such as "catalog.search" or "peer.chunk-get". Loop thread only, except hf_metrics_add (atomic).
 */
#ifndef HUFU_BASE_METRICS_H
#define HUFU_BASE_METRICS_H

#include "base/buf.h"

struct hf_metrics;
struct hf_metrics *hf_metrics_new(void);
void hf_metrics_free(struct hf_metrics *m);

/* One call of a service: its duration and whether it succeeded. At most 256 services; more are counted as "other". */
void hf_metrics_call(struct hf_metrics *m, const char *service, int64_t micros, bool ok);
/* A plain counter or gauge; name is an OpenMetrics name ([a-z0-9_]) without the "hufu_" prefix; one that ends in
 * "_total" is shown as a counter. At most 128, more are ignored. Names are at most 63 bytes. m may be NULL: nothing is
 * counted. */
void hf_metrics_add(struct hf_metrics *m, const char *name, int64_t delta);
void hf_metrics_set(struct hf_metrics *m, const char *name, int64_t value);
int64_t hf_metrics_get(const struct hf_metrics *m, const char *name);

struct hf_service_view {
	const char *service;
	uint64_t calls, failures;
	uint64_t micros; /* sum */
};
#define HF_METRICS_SERVICES 257 /* with "other" */
/* Fills at most cap rows in the order of first use; returns how many. Names live as long as m. */
size_t hf_metrics_services(const struct hf_metrics *m, struct hf_service_view *out, size_t cap);

/* Process and machine: CPU seconds, RssAnon+RssShmem, storage of dir (used by us, free), network and disk bytes of this
 * process from /proc. Then every service and counter. Ends in "# EOF". */
bool hf_metrics_text(const struct hf_metrics *m, const char *dir, struct hf_buf *out);

#endif
