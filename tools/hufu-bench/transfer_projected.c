/*
 * transfer_projected.c - transfer-projected: of a CSV table half of the fields and half of the rows go from node to
 * node, chosen on the way. Against the slowest of its stages alone, all as bytes of the whole table: choosing (read,
 * split, ask the conditions, write the fields), and delivering a file that is already what was chosen.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "pair.h"
#include "source/readers/csv_filter.h"

#define BYTES ((uint64_t)2 << 30)
#define BYTES_BRIEF ((uint64_t)4 << 20)
#define PIECE ((size_t)256 << 10)
#define LIMIT_S 600u
#define SEED 7
#define ROWS "vehicle_class <= 2 AND time >= '2026-03-01'"
static const char *const fields[] = {"time", "gantry", "plate", "fee_cents"};

struct run {
	struct bench *b;
	struct pair pair;
	struct people people;
	char whole[400], chosen[400], out[400]; /* paths */
	char whole_entry[40], chosen_entry[40];
	uint64_t bytes, chosen_bytes;
	struct hf_csv_column columns[16];
	size_t column_count;
};

/* ---- choosing alone ---- */

static struct hf_csv_project *chooser(const struct run *r)
{
	struct hf_csv_project *p = hf_csv_project_new(fields, sizeof(fields) / sizeof(fields[0]));
	struct hf_csv_filter *f = hf_csv_filter_new();
	struct hf_fault fault = {HF_OK, ""};
	if (hf_csv_filter_add(f, ROWS, &fault) != HF_OK ||
	    hf_csv_filter_bind(f, r->columns, r->column_count, &fault) != HF_OK) {
		fprintf(stderr, "hufu-bench: %s\n", fault.text);
		exit(1);
	}
	hf_csv_project_filter(p, f);
	return p;
}

static bool put_out(FILE *to, const struct hf_buf *b)
{
	return !to || fwrite(b->data, 1, b->len, to) == b->len;
}

/* Seconds; 0 after printing why. To a file, or nowhere. */
static double choose(const struct run *r, FILE *to)
{
	struct hf_csv_project *p = chooser(r);
	struct hf_buf out;
	uint8_t *piece = hf_alloc(PIECE);
	int fd = open(r->whole, O_RDONLY | O_CLOEXEC);
	int64_t begin = bench_now_us();
	enum hf_csv_defect d = HF_CSV_GOOD;
	ssize_t n = 0;
	bool ok = fd >= 0;
	hf_buf_init(&out, PIECE + 2 * (size_t)HF_CSV_RECORD_MAX);
	while (ok && d == HF_CSV_GOOD && (n = read(fd, piece, PIECE)) > 0) {
		hf_buf_clear(&out);
		d = hf_csv_project_feed(p, piece, (size_t)n, &out);
		ok = put_out(to, &out);
	}
	hf_buf_clear(&out);
	if (d == HF_CSV_GOOD)
		d = hf_csv_project_end(p, &out);
	ok = ok && n == 0 && d == HF_CSV_GOOD && put_out(to, &out);
	double seconds = (double)(bench_now_us() - begin) / 1e6;
	if (!ok)
		fprintf(stderr, "hufu-bench: the table cannot be read: %s\n", hf_csv_defect_text(d));
	if (fd >= 0)
		close(fd);
	hf_csv_project_free(p);
	hf_buf_done(&out);
	free(piece);
	return ok ? seconds : 0;
}

static bool find_columns(struct run *r)
{
	struct hf_csv_scan *s = hf_csv_scan_new();
	uint8_t *piece = hf_alloc(PIECE);
	FILE *f = fopen(r->whole, "re");
	size_t n = f ? fread(piece, 1, PIECE, f) : 0;
	bool ok = n > 0 && hf_csv_scan_feed(s, piece, n) == HF_CSV_GOOD;
	const struct hf_csv_column *columns = hf_csv_scan_columns(s, &r->column_count);
	if (ok)
		memcpy(r->columns, columns, r->column_count * sizeof(*columns));
	if (f)
		fclose(f);
	free(piece);
	hf_csv_scan_free(s);
	return ok;
}

/* ---- a delivery ---- */

struct delivery {
	struct run *run;
	const char *id;
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

static json_t *asked(const struct run *r, bool choosing)
{
	json_t *in = json_pack("{s:s, s:s, s:s}", "entry", choosing ? r->whole_entry : r->chosen_entry, "system",
	                       PAIR_SYSTEM, "output", r->out);
	if (choosing) {
		json_t *list = json_array();
		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			json_array_append_new(list, json_string(fields[i]));
		json_object_set_new(in, "fields", list);
		json_object_set_new(in, "rows", json_string(ROWS));
	}
	return in;
}

/* Seconds; 0 after printing why. Either way the same bytes arrive. */
static double deliver(struct run *r, bool choosing)
{
	char id[40] = "";
	struct delivery d = {.run = r, .id = id};
	struct stat st;
	json_t *out = NULL;
	int64_t begin = bench_now_us();
	bool ok = http_call(r->people.operator, "POST", "/v1/transfers/fetch", asked(r, choosing), &out);
	snprintf(id, sizeof(id), "%s", json_text(out, "transfer"));
	json_decref(out);
	ok = ok && net_wait_s(completed, &d, "the transfer to be completed", LIMIT_S) && !d.failed;
	double seconds = (double)(bench_now_us() - begin) / 1e6;
	if (ok && (stat(r->out, &st) != 0 || (uint64_t)st.st_size != r->chosen_bytes)) {
		fprintf(stderr, "hufu-bench: what was received is not what was chosen\n");
		ok = false;
	}
	unlink(r->out);
	return ok ? seconds : 0;
}

/* ---- all of it ---- */

static bool write_chosen(struct run *r)
{
	struct stat st;
	FILE *f = fopen(r->chosen, "we");
	bool ok = f && choose(r, f) > 0;
	if (f)
		ok = fclose(f) == 0 && ok;
	ok = ok && stat(r->chosen, &st) == 0;
	r->chosen_bytes = ok ? (uint64_t)st.st_size : 0;
	return ok;
}

static bool prepare(struct run *r)
{
	struct bench *b = r->b;
	struct stat st;
	char application[40];
	snprintf(r->whole, sizeof(r->whole), "%s/tolls.csv", b->dir);
	snprintf(r->chosen, sizeof(r->chosen), "%s/chosen.csv", b->dir);
	snprintf(r->out, sizeof(r->out), "%s/received.csv", b->dir);
	if (!tolls_write(r->whole, bench_size_or(b, BYTES, BYTES_BRIEF), SEED) || stat(r->whole, &st) != 0 ||
	    !find_columns(r) || !write_chosen(r) || !pair_open(&r->pair, b) || !people_open(&r->people, &r->pair) ||
	    !people_confirm(&r->people, &r->pair))
		return false;
	r->bytes = (uint64_t)st.st_size;
	return pair_publish(&r->pair, "tolls", r->whole, r->whole_entry) &&
	       pair_publish(&r->pair, "chosen", r->chosen, r->chosen_entry) &&
	       people_negotiate(&r->people, r->whole_entry, application) &&
	       people_negotiate(&r->people, r->chosen_entry, application);
}

/* Of each window, in GB of the whole table a second. */
struct figures {
	double *both, *choosing, *delivering;
};

static double rate(const struct run *r, double seconds)
{
	return seconds > 0 ? (double)r->bytes / 1e9 / seconds : 0;
}

static bool measure(struct run *r, struct figures *g)
{
	bool ok = deliver(r, true) > 0; /* once to warm up */
	for (unsigned i = 0; i < r->b->windows && ok; i++) {
		g->both[i] = rate(r, deliver(r, true));
		g->choosing[i] = rate(r, choose(r, NULL));
		g->delivering[i] = rate(r, deliver(r, false));
		ok = g->both[i] > 0 && g->choosing[i] > 0 && g->delivering[i] > 0;
	}
	return ok;
}

static void report(struct run *r, struct figures *g)
{
	unsigned n = r->b->windows;
	double choosing = bench_median(g->choosing, n), delivering = bench_median(g->delivering, n);
	bool slower = choosing < delivering;
	bench_add(r->b, &(struct bench_result){
	                        .metric = "throughput",
	                        .unit = "GB/s",
	                        .value = bench_median(g->both, n),
	                        .baseline = slower ? "choosing the same fields and rows, on one core, to nowhere"
	                                           : "delivering the chosen table as a file of its own",
	                        .baseline_value = slower ? choosing : delivering,
	                        .target = 0.7,
	                        .at_least = true,
	                        .target_on_ratio = true});
	if (!r->b->quiet)
		printf("%.0f %% of the bytes are chosen; choosing alone %.3f GB/s, delivering alone %.3f GB/s of the "
		       "table\n",
		       100.0 * (double)r->chosen_bytes / (double)r->bytes, choosing, delivering);
}

int bench_transfer_projected(struct bench *b)
{
	struct run *r = calloc(1, sizeof(*r));
	double *figures = calloc(3 * (size_t)b->windows, sizeof(double));
	struct figures g = {figures, figures + b->windows, figures + 2 * b->windows};
	bool ok = r && figures;
	if (ok) {
		r->b = b;
		ok = prepare(r) && measure(r, &g);
		people_close(&r->people);
		pair_done(&r->pair);
	}
	if (ok)
		report(r, &g);
	free(figures);
	free(r);
	return ok ? 0 : 1;
}
