/*
 * channel.c - channel-rtt: authenticated, encrypted requests and replies over an established session between two
 * processes, 64 under way, against bare nng with as many contexts, in turns.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channel/channel.h"
#include "nng_base.h"
#include "proto/messages.h"
#include "spawn.h"

#define OUTSTANDING 64u
#define BODY_BYTES 256u
#define WINDOW_US 1500000
#define BRIEF_US 100000
#define ADDRESS "tcp://127.0.2.201:7400"
#define NNG_ADDRESS "tcp://127.0.2.202:7400"
#define ASKER "asker"
#define ANSWERER "answerer"

struct end {
	uv_loop_t loop;
	struct hf_base base;
	struct hf_system_clock *clock;
	struct hf_channel *channel;
	int log_fd;
};

static void descriptor(void *ctx, uint64_t *ret_number, uint8_t ret_digest[32])
{
	(void)ctx;
	*ret_number = 1;
	memset(ret_digest, 0x11, 32);
}

static enum hf_err standing(void *ctx, const char *node, const struct hf_agree_pub *key, const char *address)
{
	(void)ctx;
	(void)key;
	(void)address;
	return strcmp(node, ASKER) == 0 || strcmp(node, ANSWERER) == 0 ? HF_OK : HF_E_STRANGER;
}

static enum hf_err peer_descriptor(void *ctx, const char *node, uint64_t number, const uint8_t digest[32])
{
	(void)ctx;
	(void)node;
	(void)digest;
	return number == 1 ? HF_OK : HF_E_CONFLICT;
}

static void on_request(void *ctx, struct hf_request *take)
{
	uint8_t body[BODY_BYTES];
	(void)ctx;
	memset(body, 0x5a, sizeof(body));
	hf_request_reply(take, HF_OK, NULL, body, sizeof(body));
}

static void on_session(void *ctx, const char *node, const char *address, bool up, bool inbound)
{
	(void)ctx;
	(void)node;
	(void)address;
	(void)up;
	(void)inbound;
}

static void on_refused(void *ctx, const char *node, const char *address, enum hf_err reason)
{
	(void)ctx;
	fprintf(stderr, "hufu-bench: %s at %s is refused: %s\n", node, address, hf_err_text(reason));
}

static bool locked(void *ctx, const char *address)
{
	(void)ctx;
	(void)address;
	return false;
}

static bool end_open(struct end *e, const char *name, const char *listen, const struct hf_agree_key *key)
{
	const struct hf_channel_ops ops = {.descriptor = descriptor,
	                                   .standing = standing,
	                                   .peer_descriptor = peer_descriptor,
	                                   .on_request = on_request,
	                                   .on_session = on_session,
	                                   .on_refused = on_refused,
	                                   .locked = locked,
	                                   .ctx = e};
	struct hf_channel_config cfg = {.space = "bench.example",
	                                .static_key = key,
	                                .listen = {listen},
	                                .outstanding_max = 2 * OUTSTANDING,
	                                .rate_per_s = 100000000};
	struct hf_fault f = {HF_OK, ""};
	memset(e, 0, sizeof(*e));
	e->log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (e->log_fd < 0 || uv_loop_init(&e->loop) != 0)
		return false;
	e->clock = hf_system_clock_new();
	e->base.loop = &e->loop;
	hf_name_parse(name, &e->base.self);
	hf_system_clock_get(e->clock, &e->base.clock);
	e->base.log = hf_log_new(e->log_fd, &e->base.clock, name, HF_LOG_ERROR);
	e->base.metrics = hf_metrics_new();
	if (hf_channel_open(&e->base, &cfg, &ops, &e->channel, &f) == HF_OK)
		return true;
	fprintf(stderr, "hufu-bench: %s\n", f.text);
	return false;
}

static void end_close(struct end *e)
{
	if (e->channel) {
		hf_channel_close(e->channel);
		uv_run(&e->loop, UV_RUN_DEFAULT);
	}
	hf_metrics_free(e->base.metrics);
	hf_log_free(e->base.log);
	hf_system_clock_free(e->clock);
	close(e->log_fd);
}

/* ---- the answering process ---- */

static void on_stop(uv_poll_t *p, int status, int events)
{
	(void)status;
	(void)events;
	uv_stop(p->loop);
}

static int answer(void *ctx, int stop_fd)
{
	struct end *e = calloc(1, sizeof(*e));
	uv_poll_t stop;
	if (!e || !end_open(e, ANSWERER, ADDRESS, ctx) || uv_poll_init(&e->loop, &stop, stop_fd) != 0)
		return 1;
	uv_poll_start(&stop, UV_READABLE | UV_DISCONNECT, on_stop);
	uv_run(&e->loop, UV_RUN_DEFAULT);
	return 0;
}

/* ---- the asking side ---- */

struct rtt {
	struct end end;
	struct hf_agree_pub key;
	uint8_t body[BODY_BYTES];
	struct hist *times;
	int64_t until_us;
	unsigned busy;
	uint64_t answered;
	enum hf_err failed;
};
struct asked {
	struct rtt *rtt;
	int64_t begin_us;
};
static void ask(struct asked *a);

static void on_reply(void *ctx, struct hf_reply *reply)
{
	struct asked *a = ctx;
	struct rtt *r = a->rtt;
	int64_t now = bench_now_us();
	if (reply->error != HF_OK || reply->body.len != BODY_BYTES)
		r->failed = reply->error != HF_OK ? reply->error : HF_E_FORMAT;
	r->answered++;
	hist_add(r->times, now - a->begin_us);
	if (r->failed == HF_OK && now < r->until_us)
		ask(a);
	else
		r->busy--;
}

static void ask(struct asked *a)
{
	struct rtt *r = a->rtt;
	const struct hf_call call = {.peer = ANSWERER,
	                             .address = ADDRESS,
	                             .key = r->key,
	                             .type = HF_MSG_CATALOG_PUSH,
	                             .body = {r->body, sizeof(r->body)}};
	a->begin_us = bench_now_us();
	hf_channel_call(r->end.channel, &call, on_reply, a);
}

/* Requests a second, 0 when one failed. */
static double window(struct rtt *r, int64_t duration_us, unsigned outstanding)
{
	struct asked asked[OUTSTANDING];
	int64_t begin = bench_now_us();
	r->until_us = begin + duration_us;
	r->answered = 0;
	r->failed = HF_OK;
	r->busy = outstanding;
	for (unsigned i = 0; i < outstanding; i++) {
		asked[i].rtt = r;
		ask(&asked[i]);
	}
	while (r->busy > 0)
		uv_run(&r->end.loop, UV_RUN_ONCE);
	return r->failed == HF_OK ? (double)r->answered * 1e6 / (double)(bench_now_us() - begin) : 0;
}

/* The other process may still be starting. */
static bool connect_both(struct rtt *r, struct nng_base *nng)
{
	for (unsigned attempt = 0; attempt < 5; attempt++)
		if (window(r, 0, 1) > 0)
			return nng_base_window(nng, 0, 1, NULL) > 0;
	fprintf(stderr, "hufu-bench: no session: %s\n", hf_err_text(r->failed));
	return false;
}

struct figures {
	double *rate, *base_rate;
	struct hist *times, *base_times;
};

static bool measure(struct bench *b, struct rtt *r, struct nng_base *nng, struct figures *f)
{
	int64_t us = (int64_t)bench_count(b, WINDOW_US, BRIEF_US);
	r->times = f->times;
	bool ok =
	        connect_both(r, nng) && window(r, us / 4, OUTSTANDING) > 0 && nng_base_window(nng, us / 4, 0, NULL) > 0;
	hist_clear(f->times);
	for (unsigned i = 0; i < b->windows && ok; i++) {
		f->rate[i] = window(r, us, OUTSTANDING);
		f->base_rate[i] = nng_base_window(nng, us, 0, f->base_times);
		ok = f->rate[i] > 0 && f->base_rate[i] > 0;
	}
	if (r->failed != HF_OK)
		fprintf(stderr, "hufu-bench: a request failed: %s\n", hf_err_text(r->failed));
	return ok;
}

static void report(struct bench *b, struct figures *f)
{
	static const char baseline[] = "bare nng REQ/REP, 64 contexts, 256-byte bodies, two processes";
	bench_add(b, &(struct bench_result){.metric = "throughput",
	                                    .unit = "1/s",
	                                    .value = bench_median(f->rate, b->windows),
	                                    .baseline = baseline,
	                                    .baseline_value = bench_median(f->base_rate, b->windows),
	                                    .target = 0.6,
	                                    .at_least = true,
	                                    .target_on_ratio = true});
	bench_add(b, &(struct bench_result){.metric = "p50_us",
	                                    .unit = "us",
	                                    .value = hist_percentile(f->times, 0.5),
	                                    .baseline = baseline,
	                                    .baseline_value = hist_percentile(f->base_times, 0.5)});
	bench_add(b, &(struct bench_result){.metric = "p99_us",
	                                    .unit = "us",
	                                    .value = hist_percentile(f->times, 0.99),
	                                    .baseline = baseline,
	                                    .baseline_value = hist_percentile(f->base_times, 0.99)});
}

static bool run(struct bench *b, struct hf_agree_key *asker, struct hf_agree_key *answerer)
{
	struct figures f = {calloc(b->windows, sizeof(double)), calloc(b->windows, sizeof(double)), hist_new(),
	                    hist_new()};
	struct rtt *r = calloc(1, sizeof(*r));
	int stop, pid = spawn_side(answer, answerer, &stop);
	struct nng_base *nng = pid ? nng_base_open(NNG_ADDRESS, OUTSTANDING, BODY_BYTES, BODY_BYTES) : NULL;
	bool ok = r && nng && f.rate && f.base_rate;
	if (ok) {
		hf_agree_key_pub(answerer, &r->key);
		memset(r->body, 0xa5, sizeof(r->body));
		ok = end_open(&r->end, ASKER, NULL, asker) && measure(b, r, nng, &f);
		end_close(&r->end);
	}
	if (ok)
		report(b, &f);
	nng_base_close(nng);
	if (pid)
		spawn_side_end(pid, stop);
	hist_free(f.times);
	hist_free(f.base_times);
	free(f.rate);
	free(f.base_rate);
	free(r);
	return ok;
}

int bench_channel_rtt(struct bench *b)
{
	struct hf_agree_key *asker = hf_agree_key_new(), *answerer = hf_agree_key_new();
	bool ok = asker && answerer && run(b, asker, answerer);
	hf_agree_key_free(asker);
	hf_agree_key_free(answerer);
	return ok ? 0 : 1;
}
