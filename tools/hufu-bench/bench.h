/*
 * bench.h - inside of hufu-bench: one row per bench, one result per metric, medians over windows.
 *
 * A bench measures one thing and its baseline in the same run, interleaved where both are noisy. Metric names,
 * baselines and targets are those of docs/performance.md; times alone mean nothing on a shared machine.
 */
#ifndef HUFU_TOOLS_BENCH_H
#define HUFU_TOOLS_BENCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct bench {
	json_t *results;
	const char *bin;  /* folder of the release binaries */
	const char *dir;  /* scratch folder, removed afterwards */
	uint64_t size;    /* --size: bytes or counts, 0: the bench's default */
	unsigned windows; /* at least 5; with brief 1 */
	bool brief;       /* --brief: shows that it runs; its figures mean nothing */
	bool quiet;
};
static inline uint64_t bench_count(const struct bench *b, uint64_t full, uint64_t brief)
{
	return b->brief ? brief : full;
}
/* --size, else the one or the other. */
static inline uint64_t bench_size_or(const struct bench *b, uint64_t full, uint64_t brief)
{
	return b->size ? b->size : bench_count(b, full, brief);
}

struct bench_row {
	const char *name; /* NULL ends the table */
	const char *help;
	int (*run)(struct bench *b); /* 0, or an exit status after printing why */
};
extern const struct bench_row bench_rows[];

/* One metric. baseline NULL: none. at_least: the target is a floor, else a ceiling; target_on_ratio: it is for the
 * ratio. target 0: none. */
struct bench_result {
	const char *metric, *unit, *baseline;
	double value, baseline_value, target;
	bool at_least, target_on_ratio;
};
void bench_add(struct bench *b, const struct bench_result *r);

int64_t bench_now_us(void);
double bench_median(double *values, unsigned count); /* sorts */
double bench_percentile(double *values, unsigned count, double p);
/* RssAnon + RssShmem of a process in MiB; 0 when it cannot be read. */
double bench_rss_mib(int pid);

int bench_transfer(struct bench *b);
int bench_ledger_append(struct bench *b);
int bench_ledger_latency(struct bench *b);
int bench_ledger_quorum(struct bench *b);
int bench_ledger_recover(struct bench *b);
int bench_ledger_trace(struct bench *b);
int bench_ledger_verify(struct bench *b);
int bench_channel_rtt(struct bench *b);
int bench_catalog_sync(struct bench *b);
int bench_negotiate(struct bench *b);
int bench_detect(struct bench *b);
int bench_mask(struct bench *b);
int bench_evaluate(struct bench *b);
int bench_import_pg(struct bench *b);
int bench_source_csv(struct bench *b);
int bench_footprint(struct bench *b);
int bench_policy_decide(struct bench *b);
int bench_policy_load(struct bench *b);
int bench_policy_update(struct bench *b);
int bench_policy_explain(struct bench *b);
int bench_authz_http(struct bench *b);
int bench_transfer_masked(struct bench *b);
int bench_transfer_projected(struct bench *b);
int bench_fpe(struct bench *b);
int bench_related(struct bench *b);

/* Writes a table of toll passages with valid check digits, of at least `bytes`, from a seed. False after printing why.
 */
bool tolls_write(const char *path, uint64_t bytes, uint64_t seed);

#endif
