/*
 * transfer_masked.c - transfer-masked: a table of personal data goes from node to node, six of its fields through
 * format-preserving encryption on the way, because the entry says mask:bench. Against the slower of masking the same
 * file, with as many threads and by one as `mask` does, and of delivering it as it is; and how much longer a chunk
 * takes to be read masked.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "exchange/masked.h"
#include "mask.h"
#include "pair.h"

#define ROWS 2400000u
#define ROWS_BRIEF 20000u
#define LIMIT_S 600u
#define WORKERS 2u /* so many a delivery has, while not many are masked at once */
#define LOOK (64u << 10)
#define PEOPLE "operator: runner, security: security, audit: audit"

struct run {
	struct bench *b;
	struct pair pair;
	struct people people;
	char in[400], out[400];
	char plain[40], masked[40]; /* entries */
	uint64_t rows, bytes;
};

/* ---- a chunk ---- */

struct file_reader { /* the same whole file that the node reads */
	struct hf_source_reader reader;
	int fd;
};

static enum hf_err read_file(struct hf_source_reader *r, uint64_t offset, uint8_t *out, size_t cap, size_t *ret_len)
{
	ssize_t n = pread(((struct file_reader *)r)->fd, out, cap, (off_t)offset);
	*ret_len = n > 0 ? (size_t)n : 0;
	return n < 0 ? HF_E_IO : HF_OK;
}

static void close_file(struct hf_source_reader *r)
{
	close(((struct file_reader *)r)->fd);
	free(r);
}

static struct hf_source_reader *open_file(const char *path)
{
	static const struct hf_source_reader_ops ops = {.read = read_file, .close = close_file};
	struct file_reader *f = hf_alloc_zero(sizeof(*f));
	f->reader.ops = &ops;
	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	return &f->reader;
}

/* Milliseconds at the 99th percentile, one chunk after the other as fast as they come; below 0 after printing why. */
static double chunk_p99(struct hf_source_reader *r, unsigned most)
{
	double *ms = hf_alloc_zero((size_t)most * sizeof(*ms)), p99 = -1;
	uint8_t *chunk = hf_alloc(HF_MAX_CHUNK);
	unsigned count = 0;
	size_t len = HF_MAX_CHUNK;
	enum hf_err e = HF_OK;
	while (e == HF_OK && count < most && len == HF_MAX_CHUNK) {
		int64_t begin = bench_now_us();
		e = hf_source_read(r, (uint64_t)count * HF_MAX_CHUNK, chunk, HF_MAX_CHUNK, &len);
		ms[count++] = (double)(bench_now_us() - begin) / 1000;
	}
	if (e == HF_OK)
		p99 = bench_percentile(ms, count, 0.99);
	else
		fprintf(stderr, "hufu-bench: chunk %u: %s\n", count, hf_err_text(e));
	free(ms);
	free(chunk);
	hf_source_reader_close(r);
	return p99;
}

/* The median of the windows; each reads the whole file masked, with the threads that a delivery has, and as it is. */
static bool chunks(struct run *r, const struct masked_setup *s, double *ret_added)
{
	const unsigned most = (unsigned)(r->bytes / HF_MAX_CHUNK) + 2;
	double *added = hf_alloc_zero(r->b->windows * sizeof(*added));
	bool ok = true;
	for (unsigned i = 0; i < r->b->windows && ok; i++) {
		double masked = chunk_p99(masked_reader_new(open_file(r->in), s), most);
		json_decref(*s->ret_effect);
		*s->ret_effect = NULL; /* each delivery measures its own */
		double plain = chunk_p99(open_file(r->in), most);
		ok = masked >= 0 && plain >= 0;
		added[i] = masked > plain ? masked - plain : 0;
	}
	*ret_added = bench_median(added, r->b->windows);
	free(added);
	return ok;
}

static bool added_ms(struct run *r, double *ret_added)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct hf_plan *plan = NULL;
	struct hf_fault f = {HF_OK, ""};
	const char *kind;
	json_t *effect = NULL;
	mask_plan_text("dynamic", PEOPLE, &text);
	if (hf_plan_read("bench", text.data, text.len, &plan, &f) != HF_OK) {
		fprintf(stderr, "hufu-bench: %s\n", f.text);
		return false;
	}
	const struct masked_setup s = {.plan = plan,
	                               .table = "people",
	                               .scope = &plan->scope,
	                               .root = {"the root key of the bench"},
	                               .most = UINT64_MAX,
	                               .workers = WORKERS,
	                               .ret_kind = &kind,
	                               .of = &plan->tables[0],
	                               .ret_effect = &effect};
	bool ok = chunks(r, &s, ret_added);
	hf_plan_free(plan);
	return ok;
}

/* ---- a delivery ---- */

struct delivery {
	struct run *run;
	char id[40];
	bool failed;
};

static bool completed(void *ctx)
{
	struct delivery *d = ctx;
	json_t *view = pair_transfer(d->run->people.operator, d->id);
	const char *state = json_text(view, "state");
	bool done = strcmp(state, "COMPLETED") == 0;
	if (strcmp(state, "TERMINATED") == 0) {
		fprintf(stderr, "hufu-bench: the transfer ended with %s: %s\n", json_text(view, "reason"),
		        json_text(view, "text"));
		d->failed = true;
	}
	json_decref(view);
	return done || d->failed;
}

static bool begins(const char *path, uint8_t *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool whole = fd >= 0 && read(fd, out, LOOK) == LOOK;
	if (fd >= 0)
		close(fd);
	return whole;
}

/* What was received begins as the source does, or, by the other entry, does not. */
static bool as_said(const struct run *r, const char *entry)
{
	uint8_t *sent = hf_alloc_zero(LOOK), *got = hf_alloc_zero(LOOK);
	bool ok = begins(r->in, sent) && begins(r->out, got) && (memcmp(sent, got, LOOK) == 0) == (entry == r->plain);
	if (!ok)
		fprintf(stderr, "hufu-bench: what was received is not %s\n",
		        entry == r->plain ? "the source" : "the source masked");
	free(sent);
	free(got);
	return ok;
}

/* Gigabytes of the source a second; 0 after printing why. */
static double deliver(struct run *r, const char *entry)
{
	struct delivery d = {.run = r};
	int64_t begin = bench_now_us();
	bool ok = people_fetch(&r->people, entry, r->out, d.id) &&
	          net_wait_s(completed, &d, "the transfer to be completed", LIMIT_S) && !d.failed;
	double seconds = (double)(bench_now_us() - begin) / 1e6;
	ok = ok && as_said(r, entry);
	unlink(r->out);
	return ok ? (double)r->bytes / 1e9 / seconds : 0;
}

static double mask_alone(struct run *r, unsigned workers)
{
	double rows_per_s = mask_rate(r->in, r->out, r->rows, workers);
	unlink(r->out);
	return rows_per_s / (double)r->rows * (double)r->bytes / 1e9;
}

/* ---- all of it ---- */

static bool staff(struct run *r)
{
	struct net_node *t = r->pair.provider;
	return net_user(t, "masker", "masking-operator") && net_user(t, "runner", "masking-operator") &&
	       net_user(t, "security", "security-administrator") && net_user(t, "audit", "audit-administrator");
}

static bool approve_plan(struct run *r)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct http *masker = http_open(r->pair.provider, "masker");
	struct http *security = http_open(r->pair.provider, "security");
	mask_plan_text("dynamic", PEOPLE, &text);
	bool ok = masker && security && hf_buf_add(&text, "", 1) &&
	          http_call(masker, "POST", "/v1/release/plans/put", json_pack("{s:s}", "plan", (char *)text.data),
	                    NULL) &&
	          http_call(security, "POST", "/v1/release/plans/approve", json_pack("{s:s}", "name", "bench"), NULL);
	http_close(masker);
	http_close(security);
	return ok;
}

/* The same rows go out masked and as they are, which a person has to allow. */
static bool allow_plain(struct run *r)
{
	struct http *security = http_open(r->pair.provider, "security");
	bool ok =
	        security && http_call(security, "POST", "/v1/release/disclosures/allow",
	                              json_pack("{s:s, s:b, s:s, s:s}", "dataset", "people", "plain", true, "recipient",
	                                        r->pair.consumer->id, "reason", "the baseline of the bench"),
	                              NULL);
	http_close(security);
	return ok;
}

static bool publish(struct run *r)
{
	char application[40];
	struct http *h = http_open(r->pair.provider, "publisher");
	json_t *out = NULL, *in = pair_entry("people", "masked");
	json_object_set_new(in, "duties", json_pack("[s]", "mask:bench"));
	bool ok = h && pair_publish(&r->pair, "people", r->in, r->plain) &&
	          http_call(h, "POST", "/v1/catalog/publish", in, &out);
	snprintf(r->masked, sizeof(r->masked), "%s", json_text(out, "entry"));
	json_decref(out);
	http_close(h);
	return ok && pair_sees(&r->pair, r->masked) && people_negotiate(&r->people, r->plain, application) &&
	       people_negotiate(&r->people, r->masked, application);
}

static bool prepare(struct run *r)
{
	struct stat st;
	r->rows = bench_count(r->b, ROWS, ROWS_BRIEF);
	snprintf(r->in, sizeof(r->in), "%s/people.csv", r->b->dir);
	snprintf(r->out, sizeof(r->out), "%s/received.csv", r->b->dir);
	mask_make_table(r->in, r->rows);
	if (stat(r->in, &st) != 0 || !pair_open(&r->pair, r->b) || !staff(r) || !people_open(&r->people, &r->pair))
		return false;
	r->bytes = (uint64_t)st.st_size;
	return people_confirm(&r->people, &r->pair) && approve_plan(r) && publish(r) && allow_plain(r);
}

/* Of each window; n figures each. */
struct figures {
	double *masked, *plain, *alone, *one;
};

static bool measure(struct run *r, struct figures *g)
{
	bool ok = deliver(r, r->masked) > 0; /* once to warm up */
	for (unsigned i = 0; i < r->b->windows && ok; i++) {
		g->masked[i] = deliver(r, r->masked);
		g->plain[i] = deliver(r, r->plain);
		g->alone[i] = mask_alone(r, WORKERS);
		g->one[i] = mask_alone(r, 0);
		ok = g->masked[i] > 0 && g->plain[i] > 0;
	}
	return ok;
}

static void report_rate(struct run *r, const char *metric, double masked, double plain, double alone, const char *how)
{
	bench_add(r->b, &(struct bench_result){.metric = metric,
	                                       .unit = "GB/s",
	                                       .value = masked,
	                                       .baseline = alone < plain ? how : "delivering the same file as it is",
	                                       .baseline_value = alone < plain ? alone : plain,
	                                       .target = 0.8,
	                                       .at_least = true,
	                                       .target_on_ratio = true});
}

static void report(struct run *r, struct figures *g, double added)
{
	unsigned n = r->b->windows;
	double masked = bench_median(g->masked, n), plain = bench_median(g->plain, n);
	report_rate(r, "throughput", masked, plain, bench_median(g->alone, n),
	            "masking the same file with two threads, file to file");
	report_rate(r, "of_one_core", masked, plain, bench_median(g->one, n),
	            "masking the same file on one core, file to file, as mask does");
	bench_add(r->b, &(struct bench_result){.metric = "added_ms", .unit = "ms", .value = added, .target = 3});
}

int bench_transfer_masked(struct bench *b)
{
	struct run *r = calloc(1, sizeof(*r));
	double *figures = calloc(4 * (size_t)b->windows, sizeof(double)), added = 0;
	struct figures g = {figures, figures + b->windows, figures + 2 * b->windows, figures + 3 * b->windows};
	bool ok = r && figures;
	if (ok) {
		r->b = b;
		ok = prepare(r) && measure(r, &g) && added_ms(r, &added);
		people_close(&r->people);
		pair_done(&r->pair);
	}
	if (ok)
		report(r, &g, added);
	free(figures);
	free(r);
	return ok ? 0 : 1;
}
