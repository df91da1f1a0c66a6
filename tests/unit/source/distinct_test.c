/* distinct_test.c - how many different values a column has, as a scan says it. */
#include "source/distinct.h"

#include "crypto/crypto.h"
#include "unit/source/bench.h"

static void cell(struct hf_buf *b, const char *text)
{
	uint8_t len[4];

	hf_put_u32(len, (uint32_t)strlen(text));
	hf_buf_add(b, len, sizeof(len));
	hf_buf_add(b, text, strlen(text));
}

/* Header and rows of three columns: all different, of so many values, mostly empty. */
static void feed(struct hf_distinct *d, unsigned rows, unsigned values)
{
	uint8_t three[4];
	struct hf_buf b = HF_BUF_INIT;
	char text[24];

	hf_put_u32(three, 3);
	hf_buf_add(&b, three, sizeof(three));
	cell(&b, "id");
	cell(&b, "kind");
	cell(&b, "note");
	for (unsigned i = 0; i < rows; i++) {
		snprintf(text, sizeof(text), "%u", i);
		cell(&b, text);
		snprintf(text, sizeof(text), "kind %u", i % values);
		cell(&b, text);
		cell(&b, i % 10 ? "" : "seen");
		if (b.len > 4096) { /* whole records, in pieces */
			hf_distinct_feed(d, b.data, b.len);
			hf_buf_clear(&b);
		}
	}
	hf_distinct_feed(d, b.data, b.len);
	hf_buf_done(&b);
}

static void test_many_within_some_percent(void **state)
{
	static const unsigned rows[] = {1000, 20000, 60000, 300000};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hf_distinct *d = hf_distinct_new();
		double n;

		feed(d, rows[i], 7);
		n = (double)hf_distinct_count(d, 0);
		assert_true(n > rows[i] * 0.96 && n < rows[i] * 1.04); /* five deviations */
		assert_int_equal(hf_distinct_count(d, 1), 7);
		assert_int_equal(hf_distinct_count(d, 2), 1);
		assert_int_equal(hf_distinct_count(d, 3), 0);
		hf_distinct_free(d);
	}
}

/* SB-16: whatever the table is kept in, quotes or not; kept with the source. */
static void test_a_scan_says_it(void **state)
{
	static const char lines[] =
	        "{\"a\":\"x\",\"b\":1}\n{\"a\":\"x\"}\n{\"a\":\"y\",\"b\":2}\n{\"a\":\"\",\"b\":2}\n";
	static const char *const table = "a,b\nx,1\n\"x\",\ny,2\n,\"2\"\n";
	struct bench b;

	(void)state;
	bench_open(&b);
	assert_int_equal(bench_add_file(&b, "csv", "csv", bench_text(&b, "csv", table), NULL), HF_OK);
	assert_int_equal(bench_add_file(&b, "jsonl", "jsonl", bench_text(&b, "jsonl", lines), NULL), HF_OK);
	for (int i = 0; i < 2; i++) {
		struct hf_source_view v;

		assert_int_equal(hf_source_get(b.sources, i ? "csv" : "jsonl", &v), HF_OK);
		assert_int_equal(v.field_count, 2);
		assert_int_equal(v.fields[0].distinct, 2);
		assert_int_equal(v.fields[1].distinct, 2);
		hf_source_view_done(&v);
	}
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_many_within_some_percent),
	        cmocka_unit_test(test_a_scan_says_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
