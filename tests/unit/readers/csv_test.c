/* csv_test.c - the CSV reader against a plain one on random tables, and the properties that others rely on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "base/mem.h"
#include "naive_csv.h"
#include "source/readers/csv.h"
#include "source/readers/csv_kernel.h"

#define ROUNDS 4000

static uint64_t random_state;

static uint32_t rnd(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 33) % below;
}

/* HUFU_SEED repeats a run. */
static void seed(void)
{
	const char *text = getenv("HUFU_SEED");

	random_state = text ? strtoull(text, NULL, 0) : (uint64_t)time(NULL) * 2654435761u + 1;
	print_message("HUFU_SEED=%llu\n", (unsigned long long)random_state);
}

static void add_random_field(struct hf_buf *b, bool wild)
{
	static const char *const words[] = {
	        "", "", "1", "-42", "3.25", "true", "2026-11-22", "2026-11-22 08:15", "\xE6\x9C\xBA", "x y", "a\rb"};
	static const char *const inner[] = {",", "\n", "\r\n", "\"\"", "t", "", "longer text within quotes"};

	if (rnd(5) == 0) {
		hf_buf_add(b, "\"", 1);
		for (uint32_t n = rnd(4); n > 0; n--) {
			const char *w = inner[rnd(7)];

			hf_buf_add(b, w, strlen(w));
		}
		hf_buf_add(b, "\"", 1);
	} else {
		const char *w = words[rnd(11)];

		hf_buf_add(b, w, strlen(w));
	}
	if (wild && rnd(40) == 0)
		hf_buf_add(b, "\"", 1);
}

static void random_table(struct hf_buf *b, bool wild)
{
	uint32_t width = 1 + rnd(9), rows = rnd(40);
	bool cr = rnd(2);

	hf_buf_clear(b);
	for (uint32_t i = 0; i < width; i++)
		hf_buf_addf(b, i ? ",c%u" : "c%u", i);
	for (uint32_t r = 0; r < rows; r++) {
		uint32_t w = wild && rnd(10) == 0 ? 1 + rnd(12) : width;

		hf_buf_add(b, "\r\n", cr ? 2 : 0);
		if (!cr)
			hf_buf_add(b, "\n", 1);
		for (uint32_t i = 0; i < w; i++) {
			if (i)
				hf_buf_add(b, ",", 1);
			add_random_field(b, wild);
		}
	}
	if (rnd(3))
		hf_buf_add(b, "\n", 1);
}

static bool collect(void *ctx, const struct hf_csv_record *r)
{
	struct hf_buf *b = ctx;

	for (size_t i = 0; i < r->field_count; i++) {
		hf_buf_addf(b, "<%d:", r->fields[i].quoted);
		hf_buf_add(b, r->fields[i].data, r->fields[i].len);
		hf_buf_add(b, ">", 1);
	}
	hf_buf_add(b, r->line_end, r->line_end_len);
	return true;
}

static void collect_naive(const struct naive_table *t, const uint8_t *d, struct hf_buf *b)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct naive_record *r = &t->records[i];

		for (size_t j = 0; j < r->count; j++) {
			hf_buf_addf(b, "<%d:", r->fields[j].quoted);
			hf_buf_add(b, d + r->fields[j].at, r->fields[j].len);
			hf_buf_add(b, ">", 1);
		}
		hf_buf_add(b, d + r->end, r->end_len);
	}
}

static size_t piece_len(size_t left)
{
	size_t n = rnd(3) == 0 ? left : 1 + rnd(150);

	return n < left ? n : left;
}

static void compare_split(const struct hf_buf *table, const struct naive_table *t)
{
	struct hf_buf got = HF_BUF_INIT, want = HF_BUF_INIT;
	struct hf_csv *c = hf_csv_new(collect, &got);
	enum hf_csv_defect d = HF_CSV_GOOD;

	for (size_t at = 0, n; at < table->len && d == HF_CSV_GOOD; at += n) {
		n = piece_len(table->len - at);
		d = hf_csv_feed(c, table->data + at, n);
	}
	if (d == HF_CSV_GOOD)
		d = hf_csv_end(c);
	collect_naive(t, table->data, &want);
	assert_int_equal(d != HF_CSV_GOOD, t->bad);
	assert_int_equal(hf_csv_records(c), t->count);
	assert_int_equal(got.len, want.len);
	if (want.len)
		assert_memory_equal(got.data, want.data, want.len);
	hf_csv_free(c);
	hf_buf_done(&got);
	hf_buf_done(&want);
}

static void compare_check(const struct hf_buf *table, const struct naive_table *t)
{
	struct hf_csv_check *c = hf_csv_check_new();
	struct hf_csv_verdict v;
	uint64_t wrong = 0, first = 0, nulls[NAIVE_FIELDS] = {0};

	for (size_t at = 0, n; at < table->len; at += n) {
		n = piece_len(table->len - at);
		hf_csv_check_feed(c, table->data + at, n);
	}
	hf_csv_check_end(c);
	hf_csv_check_verdict(c, &v);
	assert_int_equal(v.bytes, table->len);
	assert_int_equal(v.defect != HF_CSV_GOOD, t->bad);
	if (t->bad) {
		assert_int_equal(v.defect_row, t->count);
		hf_csv_check_free(c);
		return;
	}
	for (size_t i = 1; i < t->count; i++) {
		const struct naive_record *r = &t->records[i];

		if (r->count != t->records[0].count && ++wrong == 1)
			first = i;
		for (size_t j = 0; j < r->count; j++)
			nulls[j] += r->fields[j].len == 0;
	}
	assert_int_equal(v.rows, t->count - 1);
	assert_int_equal(v.wrong_width, wrong);
	assert_int_equal(v.first_wrong, first);
	assert_int_equal(v.column_count, t->records[0].count);
	for (size_t j = 0; j < v.column_count; j++) {
		char name[24];

		snprintf(name, sizeof(name), "c%zu", j);
		assert_string_equal(v.names[j], name);
		assert_int_equal(v.nulls[j], nulls[j]);
	}
	hf_csv_check_free(c);
}

static bool even(const struct naive_table *t)
{
	for (size_t i = 1; i < t->count; i++)
		if (t->records[i].count != t->records[0].count)
			return false;
	return true;
}

static void compare_scan(const struct hf_buf *table, const struct naive_table *t)
{
	struct hf_csv_scan *s = hf_csv_scan_new();
	enum hf_csv_defect d = hf_csv_scan_feed(s, table->data, table->len);
	const struct hf_csv_column *columns;
	size_t count;

	if (d == HF_CSV_GOOD)
		d = hf_csv_scan_end(s);
	assert_int_equal(d == HF_CSV_GOOD, !t->bad && even(t));
	columns = hf_csv_scan_columns(s, &count);
	for (size_t j = 0; d == HF_CSV_GOOD && j < count; j++) {
		uint64_t nulls = 0;

		for (size_t i = 1; i < t->count; i++)
			nulls += t->records[i].fields[j].len == 0;
		assert_int_equal(columns[j].nulls, nulls);
	}
	if (d == HF_CSV_GOOD)
		assert_int_equal(hf_csv_scan_rows(s), t->count - 1);
	hf_csv_scan_free(s);
}

static void naive_project(const struct naive_table *t, const uint8_t *d, const bool *wanted, struct hf_buf *out)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct naive_record *r = &t->records[i];
		size_t written = 0, before = out->len;

		for (size_t j = 0; j < r->count; j++) {
			if (!wanted[j])
				continue;
			if (written++)
				hf_buf_add(out, ",", 1);
			hf_buf_add(out, d + r->fields[j].at, r->fields[j].len);
		}
		if (r->end_len == 0 && out->len == before)
			hf_buf_add(out, "\n", 1);
		hf_buf_add(out, d + r->end, r->end_len);
	}
}

static void compare_project(const struct hf_buf *table, const struct naive_table *t)
{
	struct hf_buf got = HF_BUF_INIT, want = HF_BUF_INIT;
	char names[NAIVE_FIELDS][24];
	const char *fields[NAIVE_FIELDS];
	bool wanted[NAIVE_FIELDS] = {false};
	struct hf_csv_project *p;
	size_t n = 0;

	for (size_t j = t->records[0].count; j-- > 0;) { /* asked for in another order than the table's */
		wanted[j] = rnd(2) || (j == 0 && n == 0);
		snprintf(names[j], sizeof(names[j]), "c%zu", j);
		if (wanted[j])
			fields[n++] = names[j];
	}
	p = hf_csv_project_new(fields, n);
	for (size_t at = 0, len; at < table->len; at += len) {
		len = piece_len(table->len - at);
		assert_int_equal(hf_csv_project_feed(p, table->data + at, len, &got), HF_CSV_GOOD);
	}
	assert_int_equal(hf_csv_project_end(p, &got), HF_CSV_GOOD);
	naive_project(t, table->data, wanted, &want);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.data, want.data, want.len);
	assert_int_equal(hf_csv_project_rows(p), t->count - 1);
	hf_csv_project_free(p);
	hf_buf_done(&got);
	hf_buf_done(&want);
}

static void test_same_as_plain_reader(void **state)
{
	struct naive_table *t = hf_alloc(sizeof(*t));
	struct hf_buf table = HF_BUF_INIT;
	unsigned good = 0;

	(void)state;
	seed();
	for (unsigned i = 0; i < ROUNDS; i++) {
		random_table(&table, i % 2);
		naive_read(table.data, table.len, t);
		compare_split(&table, t);
		compare_check(&table, t);
		compare_scan(&table, t);
		if (t->bad || !even(t))
			continue;
		compare_project(&table, t);
		good++;
	}
	assert_true(good > ROUNDS / 3);
	hf_buf_done(&table);
	free(t);
}

static enum hf_csv_type type(const char *text)
{
	return hf_csv_type_of(text, strlen(text));
}

static void test_types_of_values(void **state)
{
	(void)state;
	assert_int_equal(type("0"), HF_CSV_INTEGER);
	assert_int_equal(type("-17"), HF_CSV_INTEGER);
	assert_int_equal(type("999999999999999999"), HF_CSV_INTEGER);
	assert_int_equal(type("9999999999999999999"), HF_CSV_NUMBER);
	assert_int_equal(type("0101"), HF_CSV_STRING);
	assert_int_equal(type("-"), HF_CSV_STRING);
	assert_int_equal(type("1.5"), HF_CSV_NUMBER);
	assert_int_equal(type("-0.5e-10"), HF_CSV_NUMBER);
	assert_int_equal(type("1."), HF_CSV_STRING);
	assert_int_equal(type(".5"), HF_CSV_STRING);
	assert_int_equal(type("1e"), HF_CSV_STRING);
	assert_int_equal(type("TRUE"), HF_CSV_BOOLEAN);
	assert_int_equal(type("2024-02-29"), HF_CSV_DATE);
	assert_int_equal(type("2023-02-29"), HF_CSV_STRING);
	assert_int_equal(type("1900-02-29"), HF_CSV_STRING);
	assert_int_equal(type("2000-02-29"), HF_CSV_DATE);
	assert_int_equal(type("2026-13-01"), HF_CSV_STRING);
	assert_int_equal(type("2026-11-22 08:15"), HF_CSV_DATETIME);
	assert_int_equal(type("2026-11-22T08:15:30.125+08:00"), HF_CSV_DATETIME);
	assert_int_equal(type("2026-11-22T24:15:30Z"), HF_CSV_STRING);
	assert_int_equal(type("\xE6\x9C\xBA\xE5\x9C\xBA"), HF_CSV_STRING);
}

static enum hf_csv_type column_type(const char *table)
{
	struct hf_csv_scan *s = hf_csv_scan_new();
	enum hf_csv_type t;
	size_t count;

	assert_int_equal(hf_csv_scan_feed(s, table, strlen(table)), HF_CSV_GOOD);
	assert_int_equal(hf_csv_scan_end(s), HF_CSV_GOOD);
	t = hf_csv_scan_columns(s, &count)[0].type;
	assert_int_equal(count, 1);
	hf_csv_scan_free(s);
	return t;
}

static void test_types_of_columns(void **state)
{
	(void)state;
	assert_int_equal(column_type("a\n1\n\n2\n"), HF_CSV_INTEGER);
	assert_int_equal(column_type("a\n1\n2.5\n3\n"), HF_CSV_NUMBER);
	assert_int_equal(column_type("a\n2.5\n3\n"), HF_CSV_NUMBER);
	assert_int_equal(column_type("a\n\"1\"\n2\n"), HF_CSV_INTEGER);
	assert_int_equal(column_type("a\n1\nx\n"), HF_CSV_STRING);
	assert_int_equal(column_type("a\n2026-11-22\n2026-11-22 10:00\n"), HF_CSV_STRING);
	assert_int_equal(column_type("a\n"), HF_CSV_UNSEEN);
	assert_string_equal(hf_csv_type_name(HF_CSV_UNSEEN), "string");
}

static void test_order_mark_is_no_part_of_a_name(void **state)
{
	const char *table = "\xEF\xBB\xBF"
	                    "a,b\n1,2\n";
	struct hf_csv_check *c = hf_csv_check_new();
	struct hf_csv_verdict v;

	(void)state;
	for (size_t i = 0; i < strlen(table); i++)
		hf_csv_check_feed(c, table + i, 1);
	hf_csv_check_end(c);
	hf_csv_check_verdict(c, &v);
	assert_string_equal(v.names[0], "a");
	assert_int_equal(v.rows, 1);
	assert_int_equal(v.bytes, strlen(table));
	hf_csv_check_free(c);
}

static enum hf_csv_defect scan_defect(const char *table, size_t len)
{
	struct hf_csv_scan *s = hf_csv_scan_new();
	enum hf_csv_defect d = hf_csv_scan_feed(s, table, len);

	if (d == HF_CSV_GOOD)
		d = hf_csv_scan_end(s);
	hf_csv_scan_free(s);
	return d;
}

static void test_bad_headers(void **state)
{
	char longest[HF_CSV_NAME_MAX + 3];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[HF_CSV_NAME_MAX + 1] = '\n';
	assert_int_equal(scan_defect("", 0), HF_CSV_HEADER);
	assert_int_equal(scan_defect("a,a\n", 4), HF_CSV_HEADER);
	assert_int_equal(scan_defect("a,,b\n", 5), HF_CSV_HEADER);
	assert_int_equal(scan_defect("a,\xFF\n", 4), HF_CSV_HEADER);
	assert_int_equal(scan_defect("a,\"b\nc\"\n", 8), HF_CSV_HEADER);
	assert_int_equal(scan_defect(longest, HF_CSV_NAME_MAX + 2), HF_CSV_HEADER);
	assert_int_equal(scan_defect(longest + 1, HF_CSV_NAME_MAX + 1), HF_CSV_GOOD);
	assert_int_equal(scan_defect("a,b\n1\n", 6), HF_CSV_WIDTH);
}

static void test_records_and_fields_are_bounded(void **state)
{
	struct hf_buf b;
	struct hf_csv_check *c = hf_csv_check_new();
	struct hf_csv_verdict v;

	(void)state;
	hf_buf_init(&b, 8u << 20);
	hf_buf_add(&b, "a,b\n", 4);
	hf_buf_reserve(&b, 3u << 20);
	memset(b.data + b.len, 'x', 3u << 20);
	b.len += 3u << 20;
	assert_int_equal(scan_defect((char *)b.data, b.len), HF_CSV_LONG);
	hf_csv_check_feed(c, b.data, b.len);
	hf_csv_check_verdict(c, &v);
	assert_int_equal(v.defect, HF_CSV_LONG);
	assert_int_equal(v.defect_row, 1);
	b.data[4] = '"'; /* an unclosed quote must not swallow the whole table either */
	assert_int_equal(scan_defect((char *)b.data, b.len), HF_CSV_LONG);
	memset(b.data + 4, ',', 2000);
	assert_int_equal(scan_defect((char *)b.data, b.len), HF_CSV_MANY);
	hf_csv_check_free(c);
	hf_buf_done(&b);
}

static void test_unknown_column_is_refused(void **state)
{
	const char *const fields[] = {"a", "nothere"};
	struct hf_csv_project *p = hf_csv_project_new(fields, 2);
	struct hf_buf out = HF_BUF_INIT;

	(void)state;
	assert_int_equal(hf_csv_project_feed(p, "a,b\n1,2\n", 8, &out), HF_CSV_COLUMN);
	assert_int_equal(out.len, 0);
	hf_csv_project_free(p);
	hf_buf_done(&out);
}

/* Both kernels give the same bits, whatever the bytes are. */
static void test_kernels_agree(void **state)
{
	static const char hot[] = ",\n\r\"-\xAC\x8A\x8D\xA2\x2B\x2D\x0B\x23";
	uint8_t data[16 * HF_CSV_BLOCK];
	uint32_t one[sizeof(data) + 64], two[sizeof(data) + 64];
	const struct hf_csv_kernel *best = hf_csv_kernel();

	(void)state;
	seed();
	print_message("kernels: %s, %s\n", best->name, hf_csv_kernel_plain.name);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct hf_csv_masks m1[16], m2[16];
		struct hf_csv_state s1 = {rnd(2) ? ~(uint64_t)0 : 0, 0}, s2 = s1;
		uint32_t dense = 1 + rnd(12);
		size_t n;

		for (size_t i = 0; i < sizeof(data); i++)
			data[i] = (uint8_t)(rnd(dense) ? rnd(256) : (uint32_t)hot[rnd(sizeof(hot) - 1)]);
		n = (size_t)(best->mark(data, 16, 7, &s1, one) - one);
		assert_int_equal(hf_csv_kernel_plain.mark(data, 16, 7, &s2, two) - two, n);
		if (n > 0)
			assert_memory_equal(one, two, n * sizeof(*one));
		assert_int_equal(s1.inside, s2.inside);
		assert_int_equal(s1.quotes != 0, s2.quotes != 0);
		best->masks(data, 16, m1);
		hf_csv_kernel_plain.masks(data, 16, m2);
		assert_memory_equal(m1, m2, sizeof(m1));
	}
}

static bool accept(void *ctx, const struct hf_csv_record *r)
{
	(void)ctx;
	return r->byte < 1000;
}

static void check_place(const char *table, enum hf_csv_defect want, const struct hf_csv_place *at)
{
	for (size_t piece = 1; piece < 40; piece += 3) {
		struct hf_csv *c = hf_csv_new(accept, NULL);
		struct hf_csv_place where;
		enum hf_csv_defect d = HF_CSV_GOOD;

		for (size_t i = 0, n; i < strlen(table) && d == HF_CSV_GOOD; i += n) {
			n = strlen(table) - i < piece ? strlen(table) - i : piece;
			d = hf_csv_feed(c, table + i, n);
		}
		if (d == HF_CSV_GOOD)
			d = hf_csv_end(c);
		hf_csv_where(c, &where);
		assert_int_equal(d, want);
		assert_int_equal(where.record, at->record);
		assert_int_equal(where.line, at->line);
		assert_int_equal(where.byte, at->byte);
		hf_csv_free(c);
	}
}

static void test_defects_have_a_place(void **state)
{
	(void)state;
	check_place("\xEF\xBB\xBF"
	            "a,b\n1,\"x\ny\"\n2,z\"\n",
	            HF_CSV_QUOTE, &(struct hf_csv_place){2, 4, 18});
	check_place("a,b\r\n1,\"x\"y\r\n", HF_CSV_QUOTE, &(struct hf_csv_place){1, 2, 9});
	check_place("a\n1\n\"2\n3\n", HF_CSV_UNCLOSED, &(struct hf_csv_place){2, 3, 4});
	check_place("a\n\"1\n\"\n\n", HF_CSV_GOOD, &(struct hf_csv_place){3, 5, 8});
}

static void test_values_of_another_type_are_refused(void **state)
{
	static const char head[] = "n,d,s\n1,2026-11-30,x\n,,\n\"2\",2026-11-29,\n";
	static const struct {
		const char *row;
		enum hf_csv_defect defect;
	} cases[] = {{"3,2026-02-28,\"\"\n", HF_CSV_GOOD},
	             {"3.5,2026-02-28,y\n", HF_CSV_TYPE},
	             {"\"x\",2026-02-28,y\n", HF_CSV_TYPE},
	             {"3,2026-02-29,y\n", HF_CSV_TYPE}};
	const struct hf_csv_column columns[] = {
	        {"s", HF_CSV_STRING, 0}, {"d", HF_CSV_DATE, 0}, {"n", HF_CSV_INTEGER, 0}, {"gone", HF_CSV_DATE, 0}};
	const char *const fields[] = {"s"};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_csv_project *p = hf_csv_project_new(fields, 1);
		struct hf_buf out = HF_BUF_INIT;
		struct hf_csv_place where;

		hf_csv_project_expect(p, columns, 4);
		assert_int_equal(hf_csv_project_feed(p, head, strlen(head), &out), HF_CSV_GOOD);
		assert_int_equal(hf_csv_project_feed(p, cases[i].row, strlen(cases[i].row), &out), cases[i].defect);
		hf_csv_project_where(p, &where);
		assert_int_equal(where.record, cases[i].defect == HF_CSV_GOOD ? 5 : 4);
		hf_csv_project_free(p);
		hf_buf_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_same_as_plain_reader),
	        cmocka_unit_test(test_types_of_values),
	        cmocka_unit_test(test_types_of_columns),
	        cmocka_unit_test(test_order_mark_is_no_part_of_a_name),
	        cmocka_unit_test(test_bad_headers),
	        cmocka_unit_test(test_records_and_fields_are_bounded),
	        cmocka_unit_test(test_unknown_column_is_refused),
	        cmocka_unit_test(test_kernels_agree),
	        cmocka_unit_test(test_defects_have_a_place),
	        cmocka_unit_test(test_values_of_another_type_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
