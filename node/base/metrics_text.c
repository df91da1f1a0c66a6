/* metrics_text.c - the OpenMetrics text of metrics.h: process and machine from /proc (SB-52), then services and
 * counters. */
#include <fts.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/metrics.h"
#include "base/metrics_internal.h"

#define PROC_MAX (256u << 10)
#define WALK_MAX 20000u /* files looked at for the used storage, so that a scrape stays short */
#define PER_SECOND 1000000u

/* Writes go on after the buffer is full; ok tells in the end. */
struct text {
	struct hf_buf *out;
	bool ok;
};

#define ADD(t, ...) ((t)->ok = hf_buf_addf((t)->out, __VA_ARGS__) && (t)->ok)

static void family(struct text *t, const char *name, const char *type, const char *help)
{
	ADD(t, "# TYPE hufu_%s %s\n# HELP hufu_%s %s\n", name, type, name, help);
}

/* Without floating point, whose decimal separator depends on the locale. */
static void put_millionths(struct text *t, uint64_t v)
{
	ADD(t, "%" PRIu64 ".%06" PRIu64 "\n", v / PER_SECOND, v % PER_SECOND);
}

static void single(struct text *t, const char *name, const char *help, uint64_t value)
{
	family(t, name, "gauge", help);
	ADD(t, "hufu_%s %" PRIu64 "\n", name, value);
}

static void counter(struct text *t, const char *name, const char *help, uint64_t value)
{
	family(t, name, "counter", help);
	ADD(t, "hufu_%s_total %" PRIu64 "\n", name, value);
}

static void cpu(struct text *t)
{
	struct timespec used;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0)
		return;
	family(t, "process_cpu_seconds", "counter", "Processor time of this node.");
	ADD(t, "hufu_process_cpu_seconds_total ");
	put_millionths(t, (uint64_t)used.tv_sec * PER_SECOND + (uint64_t)used.tv_nsec / 1000);
}

/* The number after the first "key" in a file of /proc, or 0. */
static uint64_t number_after(const struct hf_buf *text, const char *key)
{
	const char *at = text->len ? strstr((const char *)text->data, key) : NULL;

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static void memory(struct text *t)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf file = HF_BUF_INIT;
	HF_CLEANUP(hf_buf_done) struct hf_buf machine = HF_BUF_INIT;

	if (hf_file_read("/proc/self/status", PROC_MAX, &file) == HF_OK)
		single(t, "process_memory_bytes", "Memory of this node without pages of mapped files.",
		       (number_after(&file, "RssAnon:") + number_after(&file, "RssShmem:")) * 1024);
	if (hf_file_read("/proc/meminfo", PROC_MAX, &machine) == HF_OK)
		single(t, "machine_memory_available_bytes", "Memory this machine can still give.",
		       number_after(&machine, "MemAvailable:") * 1024);
}

static uint64_t used_below(const char *dir)
{
	char *const paths[] = {(char *)dir, NULL};
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
	uint64_t bytes = 0;
	FTSENT *e;

	if (!walk)
		return 0;
	for (size_t n = 0; n < WALK_MAX && (e = fts_read(walk)) != NULL; n++)
		if (e->fts_info != FTS_DP && e->fts_statp)
			bytes += (uint64_t)e->fts_statp->st_blocks * 512;
	fts_close(walk);
	return bytes;
}

static void storage(struct text *t, const char *dir)
{
	struct statvfs fs;

	if (!dir)
		return;
	single(t, "storage_used_bytes", "Storage taken by the node's folder.", used_below(dir));
	if (statvfs(dir, &fs) == 0)
		single(t, "storage_free_bytes", "Storage that is left for the node's folder.",
		       (uint64_t)fs.f_bavail * fs.f_frsize);
}

static void disk(struct text *t)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf file = HF_BUF_INIT;

	if (hf_file_read("/proc/self/io", PROC_MAX, &file) != HF_OK)
		return;
	counter(t, "disk_read_bytes", "Bytes this node made the disk read.", number_after(&file, "\nread_bytes:"));
	counter(t, "disk_written_bytes", "Bytes this node made the disk write.", number_after(&file, "\nwrite_bytes:"));
}

/* Column 0 of a line of /proc/self/net/dev is what was received, column 8 what was sent, in bytes. */
static uint64_t column(const char *numbers, int wanted)
{
	uint64_t v = 0;
	char *end;

	for (int i = 0; i <= wanted; i++) {
		v = strtoull(numbers, &end, 10);
		numbers = end;
	}
	return v;
}

static uint64_t devices_sum(const char *text, int wanted)
{
	uint64_t sum = 0;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		const char *colon;

		line += *line == '\n';
		colon = strchr(line, ':');
		if (colon && !memchr(line, '\n', (size_t)(colon - line)))
			sum += column(colon + 1, wanted);
	}
	return sum;
}

static void network(struct text *t)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf file = HF_BUF_INIT;

	if (hf_file_read("/proc/self/net/dev", PROC_MAX, &file) != HF_OK || file.len == 0)
		return;
	counter(t, "network_received_bytes", "Bytes received on all interfaces of this node's network.",
	        devices_sum((const char *)file.data, 0));
	counter(t, "network_sent_bytes", "Bytes sent on all interfaces of this node's network.",
	        devices_sum((const char *)file.data, 8));
}

static void label(struct text *t, const char *name)
{
	ADD(t, "{service=\"");
	for (const char *p = name; *p; p++) {
		if (*p == '\n')
			ADD(t, "\\n");
		else
			ADD(t, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
	}
	ADD(t, "\"} ");
}

static uint64_t ratio(const struct hf_service_view *v)
{
	return v->calls ? (v->calls - v->failures) * PER_SECOND / v->calls : PER_SECOND;
}

static uint64_t average(const struct hf_service_view *v)
{
	return v->calls ? v->micros / v->calls : 0;
}

static void per_service(struct text *t, const struct hf_service_view *v, size_t count)
{
	family(t, "service_calls", "counter", "Calls of a service.");
	for (size_t i = 0; i < count; i++) {
		ADD(t, "hufu_service_calls_total");
		label(t, v[i].service);
		ADD(t, "%" PRIu64 "\n", v[i].calls);
	}
	family(t, "service_failures", "counter", "Calls of a service that failed.");
	for (size_t i = 0; i < count; i++) {
		ADD(t, "hufu_service_failures_total");
		label(t, v[i].service);
		ADD(t, "%" PRIu64 "\n", v[i].failures);
	}
	family(t, "service_response_seconds_average", "gauge", "Average response time of a service.");
	for (size_t i = 0; i < count; i++) {
		ADD(t, "hufu_service_response_seconds_average");
		label(t, v[i].service);
		put_millionths(t, average(&v[i]));
	}
	family(t, "service_success_ratio", "gauge", "Share of the calls of a service that succeeded.");
	for (size_t i = 0; i < count; i++) {
		ADD(t, "hufu_service_success_ratio");
		label(t, v[i].service);
		put_millionths(t, ratio(&v[i]));
	}
}

/* SB-53: the node as a whole, then each service. */
static void services(struct text *t, const struct hf_metrics *m)
{
	struct hf_service_view v[HF_METRICS_SERVICES], all = {"", 0, 0, 0};
	size_t count = hf_metrics_services(m, v, HF_METRICS_SERVICES);

	for (size_t i = 0; i < count; i++) {
		all.calls += v[i].calls;
		all.failures += v[i].failures;
		all.micros += v[i].micros;
	}
	single(t, "services", "Number of services that were used.", count);
	counter(t, "calls", "Calls of all services.", all.calls);
	counter(t, "failures", "Calls of all services that failed.", all.failures);
	family(t, "response_seconds_average", "gauge", "Average response time of all services.");
	ADD(t, "hufu_response_seconds_average ");
	put_millionths(t, average(&all));
	family(t, "success_ratio", "gauge", "Share of all calls that succeeded.");
	ADD(t, "hufu_success_ratio ");
	put_millionths(t, ratio(&all));
	per_service(t, v, count);
}

static void counters(struct text *t, const struct hf_metrics *m)
{
	static const char suffix[] = "_total";

	for (size_t i = 0; i < hf_metrics_counter_count(m); i++) {
		int64_t value;
		const char *name = hf_metrics_counter_at(m, i, &value);
		size_t len = strlen(name), tail = sizeof(suffix) - 1;
		bool rises = len > tail && strcmp(name + len - tail, suffix) == 0;

		ADD(t, "# TYPE hufu_%.*s %s\n", (int)(rises ? len - tail : len), name, rises ? "counter" : "unknown");
		ADD(t, "hufu_%s %" PRId64 "\n", name, value);
	}
}

bool hf_metrics_text(const struct hf_metrics *m, const char *dir, struct hf_buf *out)
{
	struct text t = {out, true};

	cpu(&t);
	memory(&t);
	storage(&t, dir);
	disk(&t);
	network(&t);
	services(&t, m);
	counters(&t, m);
	ADD(&t, "# EOF\n");
	return t.ok;
}
