/*
 * source_csv.c - source-csv: a table in memory is split, every value's type checked, and half of the columns written
 * out, on one core. Baseline: memchr looking for line ends in the same bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bench.h"
#include "source/readers/csv.h"

#define BYTES ((uint64_t)64 << 20)
#define BYTES_BRIEF ((uint64_t)1 << 20)
#define PIECE ((size_t)256 << 10)

struct work {
	struct hf_buf table, out;
	struct hf_csv_column columns[16];
	size_t column_count;
	uint64_t rows;
};

static void stop(const char *what, enum hf_csv_defect d)
{
	fprintf(stderr, "hufu-bench: %s: %s\n", what, hf_csv_defect_text(d));
	exit(1);
}

static size_t piece(const struct work *w, size_t at)
{
	return w->table.len - at < PIECE ? w->table.len - at : PIECE;
}

static void scan(struct work *w)
{
	struct hf_csv_scan *s = hf_csv_scan_new();
	enum hf_csv_defect d = hf_csv_scan_feed(s, w->table.data, w->table.len);

	if (d == HF_CSV_GOOD)
		d = hf_csv_scan_end(s);
	if (d != HF_CSV_GOOD)
		stop("the table cannot be scanned", d);
	const struct hf_csv_column *columns = hf_csv_scan_columns(s, &w->column_count);
	memcpy(w->columns, columns, w->column_count * sizeof(*columns));
	w->rows = hf_csv_scan_rows(s);
	hf_csv_scan_free(s);
}

static double project(struct work *w)
{
	static const char *const fields[] = {"time", "gantry", "plate", "fee_cents"};
	struct hf_csv_project *p = hf_csv_project_new(fields, 4);
	enum hf_csv_defect d = HF_CSV_GOOD;
	int64_t before = bench_now_us();

	hf_csv_project_expect(p, w->columns, w->column_count);
	for (size_t at = 0; at < w->table.len && d == HF_CSV_GOOD; at += piece(w, at)) {
		hf_buf_clear(&w->out);
		d = hf_csv_project_feed(p, w->table.data + at, piece(w, at), &w->out);
	}
	if (d == HF_CSV_GOOD)
		d = hf_csv_project_end(p, &w->out);
	double seconds = (double)(bench_now_us() - before) / 1e6;
	if (d != HF_CSV_GOOD || hf_csv_project_rows(p) != w->rows)
		stop("the table cannot be projected", d);
	hf_csv_project_free(p);
	return (double)w->table.len / seconds / 1e9;
}

static double find_lines(const struct work *w)
{
	const uint8_t *at = w->table.data, *end = at + w->table.len;
	uint64_t lines = 0;
	int64_t before = bench_now_us();

	while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
		at++;
		lines++;
	}
	double seconds = (double)(bench_now_us() - before) / 1e6;
	if (lines != w->rows + 1)
		stop("lines were lost", HF_CSV_WIDTH);
	return (double)w->table.len / seconds / 1e9;
}

int bench_source_csv(struct bench *b)
{
	struct work w = {.column_count = 0};
	uint64_t bytes = bench_size_or(b, BYTES, BYTES_BRIEF);
	char path[300];
	double *windows = hf_alloc(2 * (size_t)b->windows * sizeof(double));

	hf_buf_init(&w.table, bytes + (1 << 20));
	hf_buf_init(&w.out, PIECE + 2 * (size_t)HF_CSV_RECORD_MAX);
	snprintf(path, sizeof(path), "%s/tolls.csv", b->dir);
	if (!tolls_write(path, bytes, 1) || hf_file_read(path, bytes + (1 << 20), &w.table) != HF_OK)
		return 1;
	scan(&w);
	for (unsigned i = 0; i < b->windows; i++) {
		windows[i] = project(&w);
		windows[b->windows + i] = find_lines(&w);
	}
	bench_add(b, &(struct bench_result){.metric = "gb_per_s",
	                                    .unit = "GB/s",
	                                    .value = bench_median(windows, b->windows),
	                                    .baseline = "memchr scan of the same bytes",
	                                    .baseline_value = bench_median(windows + b->windows, b->windows),
	                                    .target = 1.2,
	                                    .at_least = true});
	if (!b->quiet)
		printf("%zu columns, %llu rows, %.1f bytes a row\n", w.column_count, (unsigned long long)w.rows,
		       (double)w.table.len / (double)w.rows);
	hf_buf_done(&w.table);
	hf_buf_done(&w.out);
	free(windows);
	return 0;
}
