/*
 * mask.c - mask: six fields of a table of personal data go through format-preserving encryption, CSV file in, CSV file
 * out, by a plan, on one core; then on two. Baselines: parse and copy out of the same file; for the second core, what a
 * loop that needs no memory gains from it on this machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "mask.h"
#include "people.h"
#include "release/engine/stream.h"
#include "source/readers/csv.h"

#define ROWS 400000u
#define ROWS_BRIEF 20000u
#define PIECE ((size_t)256 << 10)
#define SPIN_US 100000

static const char plan_text[] = "masking-plan: 1\n"
                                "name: bench\n"
                                "version: 1\n"
                                "need: figures\n"
                                "purpose: figures\n"
                                "mode: %s\n"
                                "people: {%s}\n"
                                "scope: {group: bench, consumer: bench}\n"
                                "schedule: by hand\n"
                                "result: {rows-least: 1}\n"
                                "relations: []\n"
                                "tables:\n"
                                "  people:\n"
                                "    fields:\n"
                                "      name: keep\n"
                                "      id_card: {technique: fpe, type: cn.resident-id}\n"
                                "      mobile: {technique: fpe, type: cn.mobile}\n"
                                "      email: keep\n"
                                "      bank_card: {technique: fpe, type: cn.bank-card}\n"
                                "      plate_no: {technique: fpe, type: cn.plate}\n"
                                "      vin: {technique: fpe, type: vin}\n"
                                "      credit_code: {technique: fpe, type: cn.credit-code}\n"
                                "      address: keep\n"
                                "      ip_address: keep\n"
                                "      longitude: keep\n"
                                "      latitude: keep\n"
                                "      created_at: keep\n"
                                "      waybill_no: keep\n"
                                "emergency:\n";

struct work {
	char in[300], out[300];
	struct hf_plan *plan;
	int out_fd;
	double rss_mib;
	unsigned writes;
	uint64_t rows;
};

static void stop(const char *what, const char *why)
{
	fprintf(stderr, "hufu-bench: %s: %s\n", what, why);
	exit(1);
}

/* The same scheme for each kind of error, written out. */
void mask_plan_text(const char *mode, const char *people, struct hf_buf *out)
{
	static const char *const kinds[] = {"source", "format", "key", "result", "space"};

	hf_buf_addf(out, plan_text, mode, people);
	for (size_t i = 0; i < 5; i++)
		hf_buf_addf(out, "  %s: {cause: c, solution: s, who: w}\n", kinds[i]);
}

static void load_plan(struct work *w)
{
	struct hf_buf text = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, ""};

	mask_plan_text("static", "operator: a, security: b, audit: c", &text);
	if (hf_plan_read("bench", text.data, text.len, &w->plan, &f) != HF_OK)
		stop("the plan", f.text);
	hf_buf_done(&text);
}

static void write_all(struct work *w, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(w->out_fd, data, len);

		if (n <= 0 && errno != EINTR)
			stop(w->out, strerror(errno));
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
}

static enum hf_err take(void *ctx, const uint8_t *data, size_t len, struct hf_fault *f)
{
	struct work *w = ctx;
	double rss;

	(void)f;
	write_all(w, data, len);
	if (w->writes++ % 64 == 0) {
		rss = bench_rss_mib(getpid());
		w->rss_mib = rss > w->rss_mib ? rss : w->rss_mib;
	}
	return HF_OK;
}

static int begin(struct work *w)
{
	int fd = open(w->in, O_RDONLY | O_CLOEXEC);

	w->out_fd = open(w->out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || w->out_fd < 0)
		stop(w->in, strerror(errno));
	return fd;
}

/* Rows a second. */
static double mask(struct work *w, unsigned workers)
{
	static const struct hf_mask_key root = {"the root key of the bench"};
	const struct hf_stream_setup setup = {
	        .plan = w->plan, .table = "people", .root = &root, .workers = workers, .write = take, .write_ctx = w};
	struct hf_stream *s = hf_stream_new(&setup);
	uint8_t *piece = hf_alloc(PIECE);
	struct hf_fault f = {HF_OK, ""};
	const char *kind;
	int fd = begin(w);
	int64_t before = bench_now_us();
	enum hf_err e = HF_OK;
	ssize_t n = 1;

	while (e == HF_OK && (n = read(fd, piece, PIECE)) > 0)
		e = hf_stream_feed(s, piece, (size_t)n, &f, &kind);
	if (e == HF_OK)
		e = hf_stream_end(s, &f, &kind);
	double seconds = (double)(bench_now_us() - before) / 1e6;
	if (e != HF_OK || n < 0 || hf_stream_rows_out(s) != w->rows)
		stop("masking failed", f.text);
	hf_stream_free(s);
	free(piece);
	close(fd);
	close(w->out_fd);
	return (double)w->rows / seconds;
}

static bool copy_record(void *ctx, const struct hf_csv_record *r)
{
	struct hf_buf *out = ctx;

	for (size_t i = 0; i < r->field_count; i++) {
		hf_buf_add(out, r->fields[i].data, r->fields[i].len);
		hf_buf_add(out, i + 1 < r->field_count ? "," : "\n", 1);
	}
	return true;
}

static double copy(struct work *w)
{
	struct hf_buf out = HF_BUF_INIT;
	struct hf_csv *c = hf_csv_new(copy_record, &out);
	uint8_t *piece = hf_alloc(PIECE);
	int fd = begin(w);
	int64_t before = bench_now_us();
	enum hf_csv_defect d = HF_CSV_GOOD;
	ssize_t n;

	while (d == HF_CSV_GOOD && (n = read(fd, piece, PIECE)) > 0) {
		d = hf_csv_feed(c, piece, (size_t)n);
		write_all(w, out.data, out.len);
		hf_buf_clear(&out);
	}
	if (d == HF_CSV_GOOD)
		d = hf_csv_end(c);
	write_all(w, out.data, out.len);
	double seconds = (double)(bench_now_us() - before) / 1e6;
	if (d != HF_CSV_GOOD)
		stop("the table", hf_csv_defect_text(d));
	hf_csv_free(c);
	hf_buf_done(&out);
	free(piece);
	close(fd);
	close(w->out_fd);
	return (double)w->rows / seconds;
}

/* ---- what the machine gives ---- */

struct spin {
	int64_t end_us;
	uint64_t value, rounds;
};

static void *spin(void *ctx)
{
	struct spin *s = ctx;

	for (; bench_now_us() < s->end_us; s->rounds++)
		for (unsigned i = 0; i < 16384; i++) {
			s->value ^= s->value << 13;
			s->value ^= s->value >> 7;
			s->value ^= s->value << 17;
		}
	return NULL;
}

/* How many times as much two threads do as one, when they share nothing and fit into registers. */
static double two_threads(void)
{
	struct spin one = {bench_now_us() + SPIN_US, 1, 0}, a, b;
	pthread_t thread;

	spin(&one);
	a = b = (struct spin){bench_now_us() + SPIN_US, one.value, 0};
	if (pthread_create(&thread, NULL, spin, &a) != 0)
		stop("a thread", "none can be started");
	spin(&b);
	pthread_join(thread, NULL);
	return (double)(a.rounds + b.rounds) / (double)(one.rounds + (one.value == 0));
}

/* ---- all of it ---- */

void mask_make_table(const char *path, uint64_t rows)
{
	const struct people_column *columns[PEOPLE_FULL];
	struct people p = {1};
	struct hf_buf table;

	for (size_t i = 0; i < PEOPLE_FULL; i++)
		columns[i] = &people_columns[i];
	hf_buf_init(&table, rows * 400 + 4096);
	people_table(&p, columns, NULL, PEOPLE_FULL, rows, &table);
	if (hf_file_write(path, table.data, table.len, 0600) != HF_OK)
		stop(path, "it cannot be written");
	hf_buf_done(&table);
}

double mask_rate(const char *in, const char *out, uint64_t rows, unsigned workers)
{
	struct work w = {.rows = rows};

	snprintf(w.in, sizeof(w.in), "%s", in);
	snprintf(w.out, sizeof(w.out), "%s", out);
	load_plan(&w);
	double rate = mask(&w, workers);
	hf_plan_free(w.plan);
	return rate;
}

int bench_mask(struct bench *b)
{
	struct work w = {.rows = bench_count(b, ROWS, ROWS_BRIEF)};
	double *windows = hf_alloc(4 * (size_t)b->windows * sizeof(double));

	snprintf(w.in, sizeof(w.in), "%s/people.csv", b->dir);
	snprintf(w.out, sizeof(w.out), "%s/masked.csv", b->dir);
	mask_make_table(w.in, w.rows);
	load_plan(&w);
	for (unsigned i = 0; i < b->windows; i++) {
		windows[i] = mask(&w, 0);
		windows[b->windows + i] = copy(&w);
		windows[2 * b->windows + i] = mask(&w, 2);
		windows[3 * b->windows + i] = two_threads();
	}
	double one = bench_median(windows, b->windows);
	bench_add(b, &(struct bench_result){.metric = "rows_per_s",
	                                    .unit = "1/s",
	                                    .value = one,
	                                    .baseline = "parse + copy of the same bytes",
	                                    .baseline_value = bench_median(windows + b->windows, b->windows),
	                                    .target = 1200000,
	                                    .at_least = true});
	bench_add(b, &(struct bench_result){.metric = "rss_mib", .unit = "MiB", .value = w.rss_mib, .target = 32});
	bench_add(b, &(struct bench_result){.metric = "scaling_2",
	                                    .unit = "",
	                                    .value = bench_median(windows + 2 * b->windows, b->windows) / one,
	                                    .baseline = "a loop in registers, by two threads",
	                                    .baseline_value = bench_median(windows + 3 * b->windows, b->windows),
	                                    .target = 1.8,
	                                    .at_least = true});
	hf_plan_free(w.plan);
	free(windows);
	return 0;
}
