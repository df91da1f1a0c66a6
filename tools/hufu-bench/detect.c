/*
 * detect.c - detect: every cell of a table full of personal data is triaged and checked while the table is parsed, on
 * one core. Baseline: parse and copy out of the same bytes. Precision and recall by column are those of seeded tables
 * that mix sensitive columns, half of them under names that say nothing, with columns that only look like them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bench.h"
#include "masking/identify.h"
#include "people.h"
#include "source/readers/csv.h"

#define ROWS 400000u
#define ROWS_BRIEF 4000u
#define TABLES 40u
#define SMALL_ROWS 1000u
#define SMALL_COLUMNS 30u

struct reading {
	struct hf_identify *x; /* NULL: copy out */
	struct hf_buf out, value;
	bool whole; /* all evidence, not only what watching a stream costs */
	bool failed;
};

static struct hf_bytes value_of(struct reading *r, const struct hf_csv_field *f, size_t *used)
{
	size_t at = *used;

	if (!f->quoted)
		return (struct hf_bytes){f->data, f->len};
	if (!hf_csv_value(f, &r->value))
		r->failed = true;
	*used = r->value.len;
	return (struct hf_bytes){r->value.data + at, r->value.len - at};
}

static bool on_record(void *ctx, const struct hf_csv_record *rec)
{
	struct reading *r = ctx;
	struct hf_bytes cells[64];
	size_t n = rec->field_count < 64 ? rec->field_count : 64, used = 0;

	if (rec->number == 0)
		return true;
	if (!r->x) {
		const struct hf_csv_field *last = &rec->fields[n - 1];
		size_t len = (size_t)(last->data + last->len - rec->fields[0].data) + 1;

		if (r->out.len + len > r->out.cap)
			hf_buf_clear(&r->out);
		for (size_t i = 0; i < n; i++) {
			memcpy(r->out.data + r->out.len, rec->fields[i].data, rec->fields[i].len);
			r->out.len += rec->fields[i].len + 1;
		}
		return true;
	}
	hf_buf_clear(&r->value);
	hf_buf_reserve(&r->value, 4096);
	for (size_t i = 0; i < n; i++)
		cells[i] = value_of(r, &rec->fields[i], &used);
	if (r->whole)
		hf_identify_row(r->x, cells, n, true);
	else
		hf_identify_watch(r->x, cells, n);
	return !r->failed;
}

/* Seconds to read the table. */
static double read_table(const struct hf_buf *table, struct reading *r)
{
	struct hf_csv *c = hf_csv_new(on_record, r);
	int64_t before = bench_now_us();
	enum hf_csv_defect d = hf_csv_feed(c, table->data, table->len);

	if (d == HF_CSV_GOOD)
		d = hf_csv_end(c);
	double seconds = (double)(bench_now_us() - before) / 1e6;
	if (d != HF_CSV_GOOD) {
		fprintf(stderr, "hufu-bench: %s\n", hf_csv_defect_text(d));
		exit(1);
	}
	hf_csv_free(c);
	return seconds;
}

static struct hf_identify *start(const struct people_column *const *columns, const char *const *names, size_t count)
{
	struct hf_named_field fields[64];
	const struct hf_identify_options o = {.table = "records"};

	for (size_t i = 0; i < count; i++)
		fields[i] = (struct hf_named_field){names ? names[i] : columns[i]->name, NULL};
	return hf_identify_new(&o, fields, count);
}

struct score {
	unsigned right, wrong, missed;
};

static void judge(const struct people_column *c, const struct hf_field_finding *f, struct score *s, bool quiet)
{
	const char *got = f->best.detector ? f->best.detector->id : NULL;
	bool right = c->type && got && strcmp(c->type, got) == 0;

	s->right += right;
	s->wrong += got && !right;
	s->missed += c->type && !right;
	if (!quiet && !right && (c->type || got))
		printf("%s (%s) is %s, found %s\n", f->name, c->name, c->type ? c->type : "nothing",
		       got ? got : "nothing");
}

/* One seeded table; about half of the columns that content tells are called c0, c1, ... */
static void seeded(uint64_t seed, struct score *s, bool quiet)
{
	struct people p = {seed};
	const struct people_column *columns[SMALL_COLUMNS];
	char hidden[SMALL_COLUMNS][8];
	const char *names[SMALL_COLUMNS];
	struct hf_buf table = HF_BUF_INIT;
	size_t count;

	for (size_t i = 0; i < SMALL_COLUMNS; i++) {
		columns[i] = &people_columns[people_draw(&p) % people_column_count];
		snprintf(hidden[i], sizeof(hidden[i]), "c%zu", i);
		names[i] = !columns[i]->named && people_draw(&p) % 2 ? hidden[i] : columns[i]->name;
	}
	struct reading r = {.x = start(columns, names, SMALL_COLUMNS), .whole = true};
	people_table(&p, columns, names, SMALL_COLUMNS, SMALL_ROWS, &table);
	read_table(&table, &r);
	const struct hf_field_finding *f = hf_identify_findings(r.x, &count);
	for (size_t i = 0; i < count; i++)
		judge(columns[i], &f[i], s, quiet);
	hf_identify_free(r.x);
	hf_buf_done(&r.value);
	hf_buf_done(&table);
}

static double watch(const struct hf_buf *table, const struct people_column *const *columns, bool quiet)
{
	struct reading r = {.x = start(columns, NULL, PEOPLE_FULL)};
	double seconds = read_table(table, &r);
	size_t count;
	const struct hf_field_finding *f = hf_identify_findings(r.x, &count);
	struct score s = {0, 0, 0};

	for (size_t i = 0; i < count; i++) {
		judge(columns[i], &f[i], &s, quiet);
		if (!quiet && f[i].best.detector)
			printf("  %-12s %-20s %8llu valid, %llu of the shape only\n", f[i].name, f[i].best.detector->id,
			       (unsigned long long)f[i].best.valid, (unsigned long long)f[i].best.shape);
	}
	hf_identify_free(r.x);
	hf_buf_done(&r.value);
	return seconds;
}

static double copy(const struct hf_buf *table)
{
	struct reading r = {.x = NULL};

	hf_buf_init(&r.out, 1 << 20);
	hf_buf_reserve(&r.out, 1 << 20);
	double seconds = read_table(table, &r);
	hf_buf_done(&r.out);
	return seconds;
}

static void add_scores(struct bench *b)
{
	struct score s = {0, 0, 0};

	for (uint64_t seed = 1; seed <= TABLES; seed++)
		seeded(seed, &s, b->quiet);
	bench_add(b, &(struct bench_result){.metric = "precision",
	                                    .unit = "",
	                                    .value = (double)s.right / (s.right + s.wrong),
	                                    .target = 0.99,
	                                    .at_least = true});
	bench_add(b, &(struct bench_result){.metric = "recall",
	                                    .unit = "",
	                                    .value = (double)s.right / (s.right + s.missed),
	                                    .target = 1.0,
	                                    .at_least = true});
}

int bench_detect(struct bench *b)
{
	const struct people_column *columns[PEOPLE_FULL];
	struct people p = {1};
	struct hf_buf table;
	size_t rows = bench_size_or(b, ROWS, ROWS_BRIEF);
	double *windows = hf_alloc(2 * (size_t)b->windows * sizeof(double));

	for (size_t i = 0; i < PEOPLE_FULL; i++)
		columns[i] = &people_columns[i];
	hf_buf_init(&table, rows * 400 + 4096);
	people_table(&p, columns, NULL, PEOPLE_FULL, rows, &table);
	for (unsigned w = 0; w < b->windows; w++) {
		windows[w] = (double)rows / watch(&table, columns, b->quiet || w > 0);
		windows[b->windows + w] = (double)rows / copy(&table);
	}
	bench_add(b, &(struct bench_result){.metric = "rows_per_s",
	                                    .unit = "1/s",
	                                    .value = bench_median(windows, b->windows),
	                                    .baseline = "parse + copy of the same bytes",
	                                    .baseline_value = bench_median(windows + b->windows, b->windows),
	                                    .target = 4000000,
	                                    .at_least = true});
	add_scores(b);
	if (!b->quiet)
		printf("%zu rows, %.1f bytes a row\n", rows, (double)table.len / (double)rows);
	hf_buf_done(&table);
	free(windows);
	return 0;
}
