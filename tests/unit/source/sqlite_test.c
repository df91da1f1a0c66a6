/* sqlite_test.c - a table of an SQLite file as a source: its text, its order, and files that would do harm. */
#include <fcntl.h>
#include <sqlite3.h>

#include "base/buf.h"
#include "crypto/crypto.h"
#include "unit/source/bench.h"

/* A table of several small pages. */
#define MANY_PAGES                                                                                                     \
	"PRAGMA page_size = 512; CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); WITH RECURSIVE c(i) AS (SELECT 1 "    \
	"UNION ALL SELECT i + 1 FROM c WHERE i < 300) INSERT INTO t SELECT i, 'row ' || i FROM c"

static const char *make(struct bench *b, const char *name, const char *sql)
{
	static char path[200];
	char *error = NULL;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/%s", b->files, name);
	unlink(path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s", error);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return path;
}

static enum hf_err add(struct bench *b, const char *name, const char *path, const char *table, struct hf_fault *f)
{
	struct hf_source_view v = {.kind = "sqlite", .enabled = true};

	snprintf(v.name, sizeof(v.name), "%s", name);
	snprintf(v.path, sizeof(v.path), "%s", path);
	snprintf(v.table, sizeof(v.table), "%s", table);
	return bench_add(b, &v, f);
}

/* MK-19: an SQL adapter beside those for files. */
static void a_table_is_read_in_the_order_of_its_rows(void **state)
{
	static const char *const two[] = {"sum", "id"};
	struct hf_source_view v;
	struct hf_fault f;
	struct bench b;

	(void)state;
	bench_open(&b);
	assert_int_equal(add(&b, "t",
	                     make(&b, "t.db",
	                          "CREATE TABLE passages (id INTEGER PRIMARY KEY, name TEXT, sum REAL, raw BLOB, twice "
	                          "AS (id * 2), "
	                          "kept AS (id * 3) STORED); CREATE INDEX by_name ON passages (name, sum, raw); "
	                          "INSERT INTO passages (id, name, sum, raw) VALUES (7, 'a, \"b\"', 0.1, x'00ff'), (2, "
	                          "'', NULL, NULL), "
	                          "(9223372036854775807, '\xE6\x9C\xBA', 1e300, x'')"),
	                     "PASSAGES", &f),
	                 HF_OK);
	assert_int_equal(hf_source_get(b.sources, "t", &v), HF_OK);
	assert_int_equal(v.field_count, 5);
	assert_int_equal(v.rows, 3);
	assert_string_equal(v.fields[2].type, "number");
	assert_int_equal(v.fields[3].nulls, 1);
	assert_int_equal(v.looked_rows, 3);
	assert_string_equal(v.table, "PASSAGES");
	hf_source_view_done(&v);
	bench_assert_table(&b, "t", NULL, 0,
	                   "id,name,sum,raw,kept\n2,\"\",,,6\n7,\"a, \"\"b\"\"\",0.1,\\x00ff,21\n"
	                   "9223372036854775807,\xE6\x9C\xBA,1e+300,\\x,2.7670116110564327e+19\n");
	bench_assert_table(&b, "t", two, 2, "id,sum\n2,\n7,0.1\n9223372036854775807,1e+300\n");
	assert_int_equal(hf_source_test(b.sources, "t", &f), HF_OK);
	bench_close(&b);
}

static void tables_without_rowid_and_with_columns_of_that_name(void **state)
{
	struct hf_fault f;
	struct bench b;

	(void)state;
	bench_open(&b);
	assert_int_equal(
	        add(&b, "w",
	            make(&b, "w.db",
	                 "CREATE TABLE w (k TEXT PRIMARY KEY, n INT) WITHOUT ROWID; INSERT INTO w VALUES ('z', 1), "
	                 "('a', 2)"),
	            "w", &f),
	        HF_OK);
	bench_assert_table(&b, "w", NULL, 0, "k,n\na,2\nz,1\n");
	assert_int_equal(
	        add(&b, "r",
	            make(&b, "r.db",
	                 "CREATE TABLE \"odd \"\"name\" (rowid TEXT, oid TEXT, _rowid_ TEXT); INSERT INTO \"odd "
	                 "\"\"name\" VALUES ('b', 'c', 'd'), ('a', NULL, 'x')"),
	            "odd \"name", &f),
	        HF_OK);
	bench_assert_table(&b, "r", NULL, 0, "rowid,oid,_rowid_\nb,c,d\na,,x\n");
	bench_close(&b);
}

/* Rows are never sorted by what an expression of the file says: not by a computed column of the number's name. */
static void computed_columns_called_rowid_order_nothing(void **state)
{
	static const char *const columns[] = {"rowid INT AS (-n) VIRTUAL",
	                                      "ROWID AS (-n), oid AS (-n) STORED, \"_rowid_\" AS (-n)"};
	static const char *const want[] = {"n\n1\n2\n3\n", "n,oid\n1,-1\n2,-2\n3,-3\n"};
	struct hf_fault f;
	struct bench b;
	char sql[300];

	(void)state;
	bench_open(&b);
	for (size_t i = 0; i < 2; i++) {
		snprintf(sql, sizeof(sql), "CREATE TABLE t (n INT, %s); INSERT INTO t (n) VALUES (1), (2), (3)",
		         columns[i]);
		assert_int_equal(add(&b, "t", make(&b, "t.db", sql), "t", &f), HF_OK);
		bench_assert_table(&b, "t", NULL, 0, want[i]);
	}
	bench_close(&b);
}

/* A schema of a few megabytes that would be hundreds in memory. */
static void a_file_that_asks_for_much_memory_is_refused(void **state)
{
	struct hf_fault f;
	struct bench b;

	(void)state;
	bench_open(&b);
	sqlite3_memory_highwater(1);
	assert_int_equal(
	        add(&b, "x",
	            make(&b, "x.db",
	                 "CREATE TABLE t (a); INSERT INTO t VALUES (1); PRAGMA writable_schema = ON; WITH RECURSIVE "
	                 "c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 5000) INSERT INTO sqlite_schema "
	                 "SELECT 'view', 'v' || i, 'v' || i, 0, 'CREATE VIEW v' || i || ' AS SELECT ' || "
	                 "substr(replace(hex(zeroblob(1000)), '00', ',1'), 2) FROM c"),
	            "t", &f),
	        HF_E_LIMIT);
	assert_non_null(strstr(f.text, "asks for more memory"));
	assert_in_range(sqlite3_memory_highwater(0), 1, (sqlite3_int64)200 << 20);
	assert_int_equal(add(&b, "y", make(&b, "y.db", "CREATE TABLE t (a); INSERT INTO t VALUES (1)"), "t", &f),
	                 HF_OK);
	bench_assert_table(&b, "y", NULL, 0, "a\n1\n");
	bench_close(&b);
}

/* Even if its stamp is what it was: the name does not become a text of each row. */
static void a_column_that_is_gone_is_missed(void **state)
{
	struct hf_source_reader *r;
	const char *path;
	struct hf_fault f;
	struct bench b;
	struct stat st;
	uint8_t text[64];
	sqlite3 *db;
	size_t len;

	(void)state;
	bench_open(&b);
	path = make(&b, "t.db", "CREATE TABLE t (before_, b); INSERT INTO t VALUES (1, 2)");
	assert_int_equal(add(&b, "t", path, "t", &f), HF_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "ALTER TABLE t RENAME COLUMN before_ TO after__", NULL, NULL, NULL),
	                 SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[2]){st.st_atim, st.st_mtim}, 0), 0);
	r = bench_reader(&b, "t", NULL, 0);
	assert_int_equal(hf_source_read(r, 0, text, sizeof(text), &len), HF_E_FORMAT);
	hf_source_reader_close(r);
	bench_close(&b);
}

/* Larger than every buffer; a database in WAL mode whose log was taken in; UTF-16. */
static void large_tables_logs_and_encodings(void **state)
{
	struct hf_buf want = HF_BUF_INIT;
	struct hf_fault f;
	struct bench b;

	(void)state;
	bench_open(&b);
	hf_buf_addf(&want, "n,t\n");
	for (unsigned i = 1; i <= 30000; i++)
		hf_buf_addf(&want, "%u,\"row, %u\"\n", i, i);
	assert_int_equal(
	        add(&b, "big",
	            make(&b, "big.db",
	                 "PRAGMA encoding = 'UTF-16'; PRAGMA journal_mode = WAL; CREATE TABLE big (n INT, t TEXT); "
	                 "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 30000) INSERT "
	                 "INTO big SELECT i, 'row, ' || i FROM c"),
	            "big", &f),
	        HF_OK);
	bench_assert_table(&b, "big", NULL, 0, (const char *)want.data);
	hf_buf_done(&want);
	bench_close(&b);
}

/* What the log holds is not in the file, and is not passed over in silence. */
static void a_database_that_is_written_is_not_scanned(void **state)
{
	struct hf_fault f;
	struct bench b;
	sqlite3 *db;
	char path[200];

	(void)state;
	bench_open(&b);
	snprintf(path, sizeof(path), "%s/live.db", b.files);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)",
	                              NULL, NULL, NULL),
	                 SQLITE_OK);
	assert_int_equal(add(&b, "live", path, "t", &f), HF_E_STATE);
	assert_non_null(strstr(f.text, "-wal holds changes"));
	assert_int_equal(sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(add(&b, "live", path, "t", &f), HF_OK);
	bench_assert_table(&b, "live", NULL, 0, "a\n1\n");
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	bench_close(&b);
}

static void what_is_no_plain_table_is_refused(void **state)
{
	static const struct {
		const char *sql, *table;
		enum hf_err want;
		const char *says;
	} cases[] = {
	        {"CREATE TABLE t (a); CREATE VIEW v AS SELECT * FROM t", "v", HF_E_UNKNOWN, "no table 'v'"},
	        {"CREATE VIRTUAL TABLE f USING fts5(a)", "f", HF_E_UNKNOWN, "no table 'f'"},
	        {"CREATE TABLE t (a)", "s", HF_E_UNKNOWN, "no table 's'"},
	        {"CREATE TABLE t (a)", "sqlite_schema; DROP TABLE t", HF_E_UNKNOWN, "no table"},
	        {"CREATE TABLE t (a)", "", HF_E_ARGUMENT, "--table"},
	        {"CREATE TABLE t (\"a\nb\")", "t", HF_E_FORMAT, "control characters"},
	        {"CREATE TABLE t (a); INSERT INTO t VALUES (CAST(x'ff41' AS TEXT))", "t", HF_E_FORMAT, "not UTF-8"},
	        {"CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(10485760))", "t", HF_E_FORMAT, "1 MiB"},
	        {"CREATE TABLE t (a, b); INSERT INTO t VALUES (zeroblob(900000), 1)", "t", HF_E_FORMAT, "row 1"},
	};
	struct hf_fault f;
	struct bench b;

	(void)state;
	bench_open(&b);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum hf_err e = add(&b, "x", make(&b, "x.db", cases[i].sql), cases[i].table, &f);

		if (e != cases[i].want || !strstr(f.text, cases[i].says))
			fail_msg("case %zu: %d %s", i, (int)e, f.text);
	}
	assert_int_equal(add(&b, "x", bench_text(&b, "x.txt", "a,b\n1,2\n"), "t", &f), HF_E_FORMAT);
	assert_non_null(strstr(f.text, "no sound SQLite database"));
	assert_int_equal(add(&b, "x", bench_text(&b, "e.db", ""), "t", &f), HF_E_UNKNOWN);
	bench_close(&b);
}

/* Whatever stands in the file, reading it ends, within the bounds, with a table or a refusal: pages swapped, bytes
 * altered, the end cut off. */
static void damaged_files_end(void **state)
{
	struct hf_buf good = HF_BUF_INIT, bad = HF_BUF_INIT;
	unsigned refused = 0;
	struct hf_fault f;
	struct bench b;

	(void)state;
	bench_open(&b);
	assert_int_equal(hf_file_read(make(&b, "d.db", MANY_PAGES), 1 << 20, &good), HF_OK);
	for (unsigned i = 0; i < 90; i++) {
		uint32_t r[3];
		size_t len = good.len;
		enum hf_err e;

		hf_buf_clear(&bad);
		hf_buf_add(&bad, good.data, good.len);
		hf_random(r, sizeof(r));
		if (i % 3 == 0) {
			size_t pages = good.len / 512, to = r[0] % pages;

			memcpy(bad.data + to * 512, good.data + r[1] % pages * 512, 512);
		} else if (i % 3 == 1) {
			for (unsigned k = 0; k < 8; k++) {
				hf_random(r, sizeof(r));
				bad.data[100 + r[0] % (good.len - 100)] = (uint8_t)r[1];
			}
		} else {
			len = r[0] % good.len;
		}
		e = add(&b, "x", bench_write(&b, "x.db", bad.data, len), "t", &f);
		refused += e != HF_OK;
		assert_true(e == HF_OK || e == HF_E_FORMAT || e == HF_E_UNKNOWN || e == HF_E_LIMIT);
	}
	assert_true(refused > 20);
	hf_buf_done(&good);
	hf_buf_done(&bad);
	bench_close(&b);
}

/* One page of rows named by many parents: a few kilobytes that would be read for years. */
static void a_tree_that_names_a_page_twice_ends(void **state)
{
	struct hf_buf file = HF_BUF_INIT;
	struct hf_fault f;
	struct bench b;
	uint8_t *root;
	size_t at = 0;

	(void)state;
	bench_open(&b);
	assert_int_equal(hf_file_read(make(&b, "d.db", MANY_PAGES), 1 << 20, &file), HF_OK);
	for (size_t page = 1; page < file.len / 512 && !at; page++)
		if (file.data[page * 512] == 5) /* an inner page of a table */
			at = page * 512;
	assert_true(at > 0);
	root = file.data + at;
	for (unsigned i = 1; i < (unsigned)(root[3] << 8 | root[4]); i++) { /* every cell names the first one's child */
		uint8_t *first = root + (root[12] << 8 | root[13]);

		memcpy(root + (root[12 + 2 * i] << 8 | root[13 + 2 * i]), first, 4);
	}
	assert_int_equal(add(&b, "x", bench_write(&b, "x.db", file.data, file.len), "t", &f), HF_E_FORMAT);
	assert_non_null(strstr(f.text, "out of order"));
	hf_buf_done(&file);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_table_is_read_in_the_order_of_its_rows),
	        cmocka_unit_test(tables_without_rowid_and_with_columns_of_that_name),
	        cmocka_unit_test(computed_columns_called_rowid_order_nothing),
	        cmocka_unit_test(a_file_that_asks_for_much_memory_is_refused),
	        cmocka_unit_test(a_column_that_is_gone_is_missed),
	        cmocka_unit_test(large_tables_logs_and_encodings),
	        cmocka_unit_test(a_database_that_is_written_is_not_scanned),
	        cmocka_unit_test(what_is_no_plain_table_is_refused),
	        cmocka_unit_test(damaged_files_end),
	        cmocka_unit_test(a_tree_that_names_a_page_twice_ends),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
