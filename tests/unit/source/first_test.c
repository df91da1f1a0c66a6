/* first_test.c - a first look at a source reads no more rows than are said, whatever it is kept in, and nothing but the
 * whole is read by anybody else (MK-18). */
#include <sqlite3.h>

#include "unit/source/bench.h"

#define GOOD_ROWS 50u /* what comes behind them no scan accepts */

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	bench_open(b);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	bench_close(*state);
	free(*state);
	return 0;
}

static void shorten(struct bench *b, struct hf_source_view *v, const struct hf_buf *text)
{
	snprintf(v->path, sizeof(v->path), "%s", bench_write(b, v->name, text->data, text->len));
}

static struct hf_source_view csv(struct bench *b)
{
	struct hf_source_view v = {.name = "csv", .kind = "csv", .enabled = true};
	struct hf_buf text = HF_BUF_INIT;

	hf_buf_addf(&text, "\xEF\xBB\xBFid,note\r\n");
	for (unsigned i = 1; i <= GOOD_ROWS; i++)
		hf_buf_addf(&text, "%u,\"line\n%u\"\r\n", i, i);
	hf_buf_addf(&text, "51,no \"sound\" row\r\n");
	shorten(b, &v, &text);
	hf_buf_done(&text);
	return v;
}

static struct hf_source_view jsonl(struct bench *b)
{
	struct hf_source_view v = {.name = "jsonl", .kind = "jsonl", .enabled = true};
	struct hf_buf text = HF_BUF_INIT;

	for (unsigned i = 1; i <= GOOD_ROWS; i++)
		hf_buf_addf(&text, "{\"id\":%u,\"note\":\"line %u\"}\n\n", i, i);
	hf_buf_addf(&text, "{\"id\":51,\"another\":1}\n{\"id\":\n");
	shorten(b, &v, &text);
	hf_buf_done(&text);
	return v;
}

static struct hf_source_view sqlite(struct bench *b)
{
	struct hf_source_view v = {.name = "sqlite", .kind = "sqlite", .table = "t", .enabled = true};
	sqlite3 *db = NULL;

	snprintf(v.path, sizeof(v.path), "%s/sqlite", b->files);
	assert_int_equal(sqlite3_open(v.path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
	                              "CREATE TABLE t (id INTEGER PRIMARY KEY, note TEXT);"
	                              "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) "
	                              "INSERT INTO t SELECT i, 'line ' || i FROM n;"
	                              "INSERT INTO t VALUES (51, CAST(x'ff' AS TEXT))",
	                              NULL, NULL, NULL),
	                 SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return v;
}

static void assert_looked(struct bench *b, const char *name, uint64_t rows)
{
	struct hf_source_reader *r = NULL;
	struct hf_source_view v;
	struct hf_fault f = {HF_OK, ""};

	assert_int_equal(hf_source_get(b->sources, name, &v), HF_OK);
	assert_int_equal(v.rows, rows);
	assert_int_equal(v.looked_rows, rows);
	assert_int_equal(v.field_count, 2);
	assert_string_equal(v.fields[0].type, "integer");
	hf_source_view_done(&v);
	assert_int_equal(hf_source_open(b->sources, name, NULL, 0, &r, &f), HF_E_STATE);
	assert_non_null(strstr(f.text, "`hufu source scan "));
	assert_int_equal(hf_source_test(b->sources, name, &f), HF_E_STATE);
}

static void test_no_more_rows_are_read(void **state)
{
	struct bench *b = *state;
	struct hf_source_view kinds[] = {csv(b), jsonl(b), sqlite(b)};

	for (size_t i = 0; i < 3; i++) {
		struct hf_source_view v = kinds[i];
		struct hf_fault f;

		v.most_rows = v.look_rows = GOOD_ROWS - 20;
		assert_int_equal(bench_add(b, &v, NULL), HF_OK);
		assert_looked(b, v.name, GOOD_ROWS - 20);
		v.most_rows = v.look_rows = GOOD_ROWS;
		if (bench_add(b, &v, &f) != HF_OK)
			fail_msg("%s", f.text);
		assert_looked(b, v.name, GOOD_ROWS);
		v.most_rows = 0;
		assert_int_equal(bench_add(b, &v, &f), HF_E_FORMAT); /* so the rest is what it is said to be */
		v.most_rows = v.look_rows = GOOD_ROWS + 1;
		assert_int_equal(bench_add(b, &v, &f), i == 1 ? HF_OK : HF_E_FORMAT); /* its line 51 adds a field */
	}
}

/* Of a table with fewer rows all are read, and it is still only a look. */
static void test_a_short_table_is_looked_at_as_well(void **state)
{
	struct bench *b = *state;
	struct hf_source_view v = {.name = "short", .kind = "csv", .enabled = true, .most_rows = 10};
	const struct hf_buf text = {.data = (uint8_t *)"id,note\n1,a\n2,b", .len = 15};

	shorten(b, &v, &text);
	assert_int_equal(bench_add(b, &v, NULL), HF_OK);
	assert_looked(b, "short", 2);
	v.most_rows = 0;
	assert_int_equal(bench_add(b, &v, NULL), HF_OK);
	bench_assert_table(b, "short", NULL, 0, "id,note\n1,a\n2,b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_no_more_rows_are_read),
	        cmocka_unit_test(test_a_short_table_is_looked_at_as_well),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
