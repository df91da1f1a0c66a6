/*
 * transfer.c - transfer: a whole file from node to node by a grant, file to file, with digests, quality check and
 * signed receipt, against the same bytes by TCP with the same AEAD and digest; memory, the time to the first row, and
 * how soon a killed consumer goes on.
 */
#include "transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ids.h"
#include "pair.h"
#include "peek.h"
#include "proto/codec.h"
#include "state_exchange.pb-c.h"
#include "transfer_base.h"

#define DEFAULT_BYTES ((uint64_t)2 << 30)
#define SMALL_BYTES ((uint64_t)64 << 20)
#define SMALL_BRIEF ((uint64_t)1 << 20)
#define LEAST_BYTES ((uint64_t)64 << 20) /* with less, all is delivered before a kill can come in the middle */
#define AT_ONCE 32u
#define SEED 7
#define SLOWEST_BYTES_S ((uint64_t)20 << 20) /* a transfer below that rate counts as stuck */

struct run {
	struct bench *b;
	struct pair pair;
	struct people people;
	struct raw_tcp *tcp;
	char big[400], small[400], out[400]; /* paths */
	char big_entry[40], small_entry[40];
	uint64_t bytes;
	uint32_t chunk_bytes; /* of the baseline */
	double *rate, *base_rate, *first, *resume;
	double rss, rss_many;
};

static void sample_rss(struct run *r, double *max)
{
	double v[2] = {bench_rss_mib(r->pair.provider->pid), bench_rss_mib(r->pair.consumer->pid)};
	for (unsigned i = 0; i < 2; i++)
		if (v[i] > *max)
			*max = v[i];
}

/* ---- waiting for transfers ---- */

struct wait {
	struct run *run;
	char (*transfer)[40];
	unsigned count, done; /* done at both sides, in order */
	double *rss;
	bool failed;
};

static bool completed(struct wait *w, struct http *h, const char *transfer)
{
	json_t *view = pair_transfer(h, transfer);
	const char *state = json_text(view, "state");
	bool done = strcmp(state, "COMPLETED") == 0;
	if (strcmp(state, "TERMINATED") == 0) {
		fprintf(stderr, "hufu-bench: transfer %s ended with %s: %s\n", transfer, json_text(view, "reason"),
		        json_text(view, "text"));
		w->failed = true;
	}
	json_decref(view);
	return done;
}

static bool all_completed(void *ctx)
{
	struct wait *w = ctx;
	struct people *p = &w->run->people;
	sample_rss(w->run, w->rss);
	while (w->done < w->count && completed(w, p->operator, w->transfer[w->done]) &&
	       completed(w, p->approver, w->transfer[w->done]))
		w->done++;
	return w->failed || w->done == w->count;
}

static bool wait_all(struct run *r, char (*transfer)[40], unsigned count, double *rss)
{
	struct wait w = {.run = r, .transfer = transfer, .count = count, .rss = rss};
	bool ok = net_wait_s(all_completed, &w, "the transfers to be completed at both sides",
	                     NET_LIMIT_MS / 1000 + (unsigned)(r->bytes / SLOWEST_BYTES_S)) &&
	          !w.failed;
	for (unsigned i = 0; i < count && ok; i++) {
		json_t *view = pair_transfer(r->people.approver, transfer[i]);
		ok = json_is_true(json_object_get(view, "receipt")) &&
		     json_real_of(view, "served_after_acknowledgement") == 0;
		json_decref(view);
		if (!ok)
			fprintf(stderr,
			        "hufu-bench: the provider has no receipt of transfer %s, or served a chunk again\n",
			        transfer[i]);
	}
	return ok;
}

/* ---- one file ---- */

static double gigabytes_per_s(uint64_t bytes, double seconds)
{
	return seconds > 0 ? (double)bytes / 1e9 / seconds : 0;
}

static double by_node(struct run *r)
{
	char id[1][40];
	int64_t begin = bench_now_us();
	bool ok = people_fetch(&r->people, r->big_entry, r->out, id[0]) && wait_all(r, id, 1, &r->rss);
	double seconds = (double)(bench_now_us() - begin) / 1e6;
	unlink(r->out);
	return ok ? gigabytes_per_s(r->bytes, seconds) : 0;
}

static double by_tcp(struct run *r, const char *source, uint64_t bytes, uint32_t chunk_bytes)
{
	double seconds = raw_tcp_copy(r->tcp, source, r->out, chunk_bytes);
	unlink(r->out);
	return gigabytes_per_s(bytes, seconds);
}

/* On the smaller file, so that the choice does not cost more than the measurement; twice each. */
static bool choose_chunk(struct run *r)
{
	static const uint32_t sizes[] = {64u << 10, 256u << 10, 1u << 20};
	struct stat st;
	double best = 0;
	if (stat(r->small, &st) != 0)
		return false;
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			double rate = by_tcp(r, r->small, (uint64_t)st.st_size, sizes[i]);
			if (rate > best) {
				best = rate;
				r->chunk_bytes = sizes[i];
			}
		}
	return best > 0;
}

static bool measure_rate(struct run *r)
{
	bool ok = by_tcp(r, r->big, r->bytes, r->chunk_bytes) > 0 && by_node(r) > 0; /* once to warm up */
	r->rss = 0;
	for (unsigned i = 0; i < r->b->windows && ok; i++) {
		r->rate[i] = by_node(r);
		r->base_rate[i] = by_tcp(r, r->big, r->bytes, r->chunk_bytes);
		ok = r->rate[i] > 0 && r->base_rate[i] > 0;
	}
	return ok;
}

/* ---- many at once ---- */

static bool measure_many(struct run *r)
{
	char id[AT_ONCE][40], path[AT_ONCE][440];
	bool ok = true;
	for (unsigned i = 0; i < AT_ONCE && ok; i++) {
		snprintf(path[i], sizeof(path[i]), "%s.%u", r->out, i);
		ok = people_fetch(&r->people, r->small_entry, path[i], id[i]);
	}
	ok = ok && wait_all(r, id, AT_ONCE, &r->rss_many);
	for (unsigned i = 0; i < AT_ONCE; i++)
		unlink(path[i]);
	return ok;
}

/* ---- the first row ---- */

static bool first_byte_written(const char *folder, const struct inotify_event *e)
{
	char path[900], byte = 0;
	snprintf(path, sizeof(path), "%s/%s", folder, e->len ? e->name : "");
	FILE *f = fopen(path, "re");
	bool written = f && fread(&byte, 1, 1, f) == 1 && byte != 0;
	if (f)
		fclose(f);
	return written;
}

/* Of a file that was written and then renamed, only the new name can be opened: IN_MOVED_TO tells it. */
static bool any_first_byte(const char *events, ssize_t len, const char *folder)
{
	for (ssize_t at = 0; at < len;) {
		const struct inotify_event *e = (const struct inotify_event *)(const void *)(events + at);
		if (first_byte_written(folder, e))
			return true;
		at += (ssize_t)(sizeof(*e) + e->len);
	}
	return false;
}

/* Waits until a file in the folder has its first byte. */
static bool wait_first_byte(int watch, const char *folder)
{
	char events[4096] __attribute__((aligned(8)));
	int64_t end = bench_now_us() + (int64_t)NET_LIMIT_MS * 1000, left;
	while ((left = end - bench_now_us()) > 0) {
		struct pollfd p = {.fd = watch, .events = POLLIN};
		if (poll(&p, 1, (int)(left / 1000) + 1) <= 0)
			continue;
		ssize_t n = read(watch, events, sizeof(events));
		if (n <= 0 && errno != EINTR)
			return false;
		if (any_first_byte(events, n, folder))
			return true;
	}
	fprintf(stderr, "hufu-bench: waited %d s in vain for the first row\n", NET_LIMIT_MS / 1000);
	return false;
}

static bool first_row(struct run *r, double *ret_ms)
{
	char folder[500], path[600], id[1][40];
	double ignored = 0;
	snprintf(folder, sizeof(folder), "%s/first", r->b->dir);
	snprintf(path, sizeof(path), "%s/row.csv", folder);
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return false;
	int watch = inotify_init1(IN_CLOEXEC);
	bool ok = watch >= 0 && inotify_add_watch(watch, folder, IN_MODIFY | IN_MOVED_TO) >= 0;
	int64_t begin = bench_now_us();
	ok = ok && people_fetch(&r->people, r->small_entry, path, id[0]) && wait_first_byte(watch, folder);
	*ret_ms = (double)(bench_now_us() - begin) / 1000;
	if (watch >= 0)
		close(watch);
	ok = ok && wait_all(r, id, 1, &ignored);
	unlink(path);
	return ok;
}

/* ---- going on after a kill ---- */

struct chunks {
	uint64_t durable;
	bool found, all;
};

static void take_chunks(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct chunks *c = ctx;
	Hufu__TransferRow *row = HF_DECODE_OWN(transfer_row, value.data, value.len);
	(void)key;
	if (row)
		*c = (struct chunks){row->acknowledged, true, row->acknowledged * row->chunk_bytes >= row->bytes_total};
	hf_decoded_free(row);
}

/* What is durable at the consumer, from its store. All of it: there is nothing left to go on with. */
static bool stored_chunks(const struct net_node *node, const struct hf_id *id, uint64_t *ret_chunks)
{
	struct chunks c = {0};
	if (!peek_rows(node, "transfer", id->b, sizeof(id->b), take_chunks, &c) || !c.found)
		return false;
	if (c.all)
		fprintf(stderr,
		        "hufu-bench: all chunks were durable before the consumer could be killed; give a larger "
		        "--size\n");
	*ret_chunks = c.durable;
	return !c.all;
}

struct acknowledged {
	struct run *run;
	const char *transfer;
	struct http *http;
	uint64_t above;
	const char *key;
};

static bool is_above(void *ctx)
{
	struct acknowledged *a = ctx;
	json_t *view = pair_transfer(a->http, a->transfer);
	bool above = json_real_of(view, a->key) > (double)a->above;
	json_decref(view);
	return above;
}

/* A chunk beyond what was durable is durable, or all of them: the last ones are told by the receipt alone. */
static bool went_on(void *ctx)
{
	struct acknowledged *a = ctx;
	json_t *view = pair_transfer(a->http, a->transfer);
	bool done = strcmp(json_text(view, "state"), "COMPLETED") == 0;
	json_decref(view);
	return done || is_above(ctx);
}

static bool has_ended(void *ctx)
{
	struct acknowledged *a = ctx;
	json_t *view = pair_transfer(a->http, a->transfer);
	const char *state = json_text(view, "state");
	bool ended = strcmp(state, "TERMINATED") == 0 || strcmp(state, "COMPLETED") == 0;
	json_decref(view);
	return ended;
}

/* Or it was over before. */
static bool stop_transfer(struct run *r, const char *id)
{
	struct acknowledged a = {.run = r, .transfer = id, .http = r->people.operator};
	json_t *in = json_pack("{s:s, s:s}", "transfer", id, "reason", "measured");
	http_try(r->people.approver, "POST", "/v1/transfers/stop", in, NULL);
	bool ok = net_wait(has_ended, &a, "the transfer to end");
	unlink(r->out);
	return ok;
}

/* From the start of the process to the provider's knowledge that a chunk beyond what was durable before is durable now.
 */
static bool resume(struct run *r, double *ret_ms)
{
	char id[40];
	struct hf_id raw;
	struct acknowledged a = {
	        .run = r, .transfer = id, .http = r->people.operator, .above = r->bytes / 4, .key = "bytes_done"};
	double ready;
	if (!people_fetch(&r->people, r->big_entry, r->out, id) || !hf_id_parse(id, &raw) ||
	    !net_wait(is_above, &a, "a quarter to be durable") || !net_kill(r->pair.consumer) ||
	    !stored_chunks(r->pair.consumer, &raw, &a.above))
		return false;
	a.http = r->people.approver;
	a.key = "acknowledged";
	int64_t begin = bench_now_us();
	bool ok = net_start_timed(r->pair.consumer, &ready) && net_wait(went_on, &a, "the killed consumer to go on");
	*ret_ms = (double)(bench_now_us() - begin) / 1000;
	people_close(&r->people);
	return ok && net_login(r->pair.consumer, "operator") && net_login(r->pair.consumer, "authority") &&
	       people_open(&r->people, &r->pair) && stop_transfer(r, id);
}

/* ---- all of it ---- */

static bool prepare(struct run *r)
{
	struct bench *b = r->b;
	struct stat st;
	char application[40];
	uint64_t size = bench_size_or(b, DEFAULT_BYTES, LEAST_BYTES);
	uint64_t small = bench_count(b, size < SMALL_BYTES ? size : SMALL_BYTES, SMALL_BRIEF);
	snprintf(r->big, sizeof(r->big), "%s/big.csv", b->dir);
	snprintf(r->small, sizeof(r->small), "%s/small.csv", b->dir);
	snprintf(r->out, sizeof(r->out), "%s/received.csv", b->dir);
	r->tcp = raw_tcp_open(); /* forks, so before anything with threads */
	if (!r->tcp || !tolls_write(r->big, size, SEED) || !tolls_write(r->small, small, SEED + 1) ||
	    stat(r->big, &st) != 0 || !pair_open(&r->pair, b) || !people_open(&r->people, &r->pair) ||
	    !people_confirm(&r->people, &r->pair))
		return false;
	r->bytes = (uint64_t)st.st_size;
	return pair_publish(&r->pair, "big", r->big, r->big_entry) &&
	       pair_publish(&r->pair, "small", r->small, r->small_entry) &&
	       people_negotiate(&r->people, r->big_entry, application) &&
	       people_negotiate(&r->people, r->small_entry, application);
}

static bool measure(struct run *r)
{
	bool ok = choose_chunk(r) && measure_rate(r) && measure_many(r);
	for (unsigned i = 0; i < r->b->windows && ok; i++)
		ok = first_row(r, &r->first[i]);
	for (unsigned i = 0; i < r->b->windows && ok; i++)
		ok = resume(r, &r->resume[i]);
	return ok;
}

static void report(struct run *r)
{
	struct bench *b = r->b;
	char baseline[200];
	double rate = bench_median(r->rate, b->windows);
	snprintf(baseline, sizeof(baseline),
	         "raw TCP + AES-256-GCM + SHA-256 tree of the same bytes, chunks of %u KiB, one thread per side, file "
	         "to file, the same syncs",
	         r->chunk_bytes >> 10);
	bench_add(b, &(struct bench_result){.metric = "throughput",
	                                    .unit = "GB/s",
	                                    .value = rate,
	                                    .baseline = baseline,
	                                    .baseline_value = bench_median(r->base_rate, b->windows),
	                                    .target = 0.75,
	                                    .at_least = true,
	                                    .target_on_ratio = true});
	bench_add(b, &(struct bench_result){.metric = "rss_mib", .unit = "MiB", .value = r->rss, .target = 64});
	bench_add(b, &(struct bench_result){.metric = "rss_32_mib", .unit = "MiB", .value = r->rss_many, .target = 64});
	transfer_add_others(b, r->big, r->bytes, rate);
	bench_add(b, &(struct bench_result){.metric = "first_row_ms",
	                                    .unit = "ms",
	                                    .value = bench_median(r->first, b->windows),
	                                    .target = 5});
	bench_add(b, &(struct bench_result){.metric = "resume_ms",
	                                    .unit = "ms",
	                                    .value = bench_median(r->resume, b->windows),
	                                    .target = 500});
}

int bench_transfer(struct bench *b)
{
	if (b->size && b->size < LEAST_BYTES) {
		fprintf(stderr,
		        "hufu-bench: a transfer of %" PRIu64 " bytes is over before it can be killed in its middle; "
		        "give --size at least %" PRIu64 "\n",
		        b->size, LEAST_BYTES);
		return 1;
	}
	struct run *r = calloc(1, sizeof(*r));
	double *figures = calloc(4 * (size_t)b->windows, sizeof(double));
	bool ok = r && figures;
	if (ok) {
		r->b = b;
		r->rate = figures;
		r->base_rate = figures + b->windows;
		r->first = figures + 2 * b->windows;
		r->resume = figures + 3 * b->windows;
		ok = prepare(r) && measure(r);
		people_close(&r->people);
		pair_done(&r->pair);
		raw_tcp_close(r->tcp);
	}
	if (ok)
		report(r);
	free(figures);
	free(r);
	return ok ? 0 : 1;
}
