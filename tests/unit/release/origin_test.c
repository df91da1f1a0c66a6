/* origin_test.c - which dataset a source is: one table, whatever name and form it is registered in (MK-4). */
#include "crypto/crypto.h"
#include "proto/codec.h"
#include "release/disclosures.h"
#include "state_disclosure.pb-c.h"
#include "unit/source/forms.h"

static void add(struct bench *b, const char *name, const char *kind, const char *path, const char *table)
{
	struct hf_source_view v = {.enabled = true};
	struct hf_fault f;

	snprintf(v.name, sizeof(v.name), "%s", name);
	snprintf(v.kind, sizeof(v.kind), "%s", kind);
	snprintf(v.path, sizeof(v.path), "%s", path);
	snprintf(v.table, sizeof(v.table), "%s", table);
	if (bench_add(b, &v, &f) != HF_OK)
		fail_msg("%s", f.text);
}

static void submit(struct bench *b, struct hf_unit *u)
{
	struct ending end = {0};

	hf_store_submit(b->f.store, u, ending_done, &end);
	fixture_run_until(&b->f, &end.done);
	assert_int_equal(end.e, HF_OK);
}

static void goes_out(struct bench *b, const char *source, const char *dataset)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_source_view v;

	assert_int_equal(hf_source_get(b->sources, source, &v), HF_OK);
	hf_disclosure_origin(u, &v, dataset);
	hf_source_view_done(&v);
	submit(b, u);
}

static void is_of(struct bench *b, const char *source, const char *dataset)
{
	char got[HF_NAME_MAX + 1];
	struct hf_fault f = {0};

	if (hf_disclosure_dataset(b->f.store, b->sources, source, got, &f) != HF_OK)
		fail_msg("%s", f.text);
	if (strcmp(got, dataset) != 0)
		fail_msg("%s is of %s, not of %s", source, got, dataset);
}

static void two_tables_of_one_file_are_two_datasets(void **state)
{
	const char *path;
	struct bench b;

	(void)state;
	bench_open(&b);
	path = bench_sql(&b, "roads.db",
	                 "CREATE TABLE east (plate TEXT, fee INT); INSERT INTO east VALUES ('A1', 5), ('A2', 7);"
	                 "CREATE TABLE west (plate TEXT, fee INT); INSERT INTO west VALUES ('B1', 9);");
	add(&b, "east", "sqlite", path, "east");
	add(&b, "west", "sqlite", path, "west");
	goes_out(&b, "east", "east");
	is_of(&b, "west", "west");
	goes_out(&b, "west", "west");
	is_of(&b, "east", "east");
	bench_sql(&b, "roads.db", "INSERT INTO east VALUES ('A3', 1)"); /* the table goes on, under another name */
	add(&b, "again", "sqlite", path, "EAST");
	is_of(&b, "again", "east");
	add(&b, "anew", "sqlite", path, "west");
	is_of(&b, "anew", "west");
	bench_sql(&b, "roads.db", "CREATE TABLE north (plate TEXT); CREATE TABLE south (plate TEXT)");
	add(&b, "north", "sqlite", path, "north");
	add(&b, "south", "sqlite", path, "south");
	goes_out(&b, "north", "north");
	is_of(&b, "south", "south"); /* nothing is the same in both */
	bench_close(&b);
}

static void the_same_rows_are_one_dataset_whatever_they_are_kept_in(void **state)
{
	static const char rows[] = "plate,fee\nA1,5\n\"A, \"\"2\"\"\",\n";
	struct bench b;

	(void)state;
	bench_open(&b);
	add(&b, "plain", "csv", bench_text(&b, "plain.csv", rows), "");
	goes_out(&b, "plain", "plain");
	add(&b, "packed", "csv", bench_packed(&b, "packed.zst", rows), "");
	add(&b, "quoted", "csv",
	    bench_text(&b, "quoted.csv", "\"plate\",\"fee\"\r\n\"A1\",\"5\"\r\n\"A, \"\"2\"\"\",\"\""), "");
	add(&b, "lines", "jsonl",
	    bench_text(&b, "lines.jsonl",
	               "{\"plate\": \"A1\", \"fee\": 5}\n{\"fee\": null, \"plate\": \"A, \\\"2\\\"\"}\n"),
	    "");
	add(&b, "database", "sqlite",
	    bench_sql(&b, "rows.db",
	              "CREATE TABLE t (plate TEXT, fee INT); INSERT INTO t VALUES ('A1', 5), ('A, \"2\"', NULL)"),
	    "t");
	is_of(&b, "packed", "plain");
	is_of(&b, "quoted", "plain");
	is_of(&b, "lines", "plain");
	is_of(&b, "database", "plain");
	/* Other rows, other names, and the same texts cut into other cells are not. */
	add(&b, "other", "csv", bench_text(&b, "other.csv", "plate,fee\nA1,6\n\"A, \"\"2\"\"\",\n"), "");
	add(&b, "named", "csv", bench_text(&b, "named.csv", "plate,sum\nA1,5\n\"A, \"\"2\"\"\",\n"), "");
	add(&b, "cut", "csv", bench_text(&b, "cut.csv", "plate,fee\nA,15\n\"A, \"\"2\"\"\",\n"), "");
	add(&b, "narrow", "csv", bench_text(&b, "narrow.csv", "plate\nfee\nA1\n5\n\"A, \"\"2\"\"\"\n\"\"\n"), "");
	is_of(&b, "other", "other");
	is_of(&b, "named", "named");
	is_of(&b, "cut", "cut");
	is_of(&b, "narrow", "narrow");
	bench_close(&b);
}

/* As rows were written before the cells were looked at: the file's digest, or its path. */
static void old_row(struct bench *b, char by, const void *what, size_t len, const char *dataset)
{
	Hufu__DisclosureOriginRow row = HUFU__DISCLOSURE_ORIGIN_ROW__INIT;
	struct hf_unit *u = hf_unit_new();
	uint8_t key[2 + sizeof(struct hf_hash)] = {0, (uint8_t)by}, *data;
	struct hf_hash h;
	size_t n;

	hf_sha256(what, len, &h);
	memcpy(key + 2, h.b, sizeof(h.b));
	row.dataset = (char *)dataset;
	data = hf_encode(&row.base, &n);
	hf_unit_put(u, HF_TABLE_DISCLOSURE, key, sizeof(key), data, n);
	free(data);
	submit(b, u);
}

static void what_went_out_before_cells_were_looked_at_is_known(void **state)
{
	static const char one[] = "plate,fee\nA1,5\n", two[] = "plate,fee\nB1,7\n";
	struct hf_source_view v;
	struct hf_unit *u = hf_unit_new();
	struct bench b;
	char *path;

	(void)state;
	bench_open(&b);
	old_row(&b, 'D', one, strlen(one), "tolls");
	add(&b, "copy", "csv", bench_text(&b, "copy.csv", one), "");
	is_of(&b, "copy", "tolls");
	path = realpath(bench_text(&b, "moved.csv", two), NULL);
	add(&b, "moved", "csv", path, "");
	is_of(&b, "moved", "moved");
	old_row(&b, 'P', path, strlen(path), "passages");
	free(path);
	is_of(&b, "moved", "passages");
	assert_int_equal(hf_source_get(b.sources, "copy", &v), HF_OK);
	memset(&v.cells, 0, sizeof(v.cells)); /* a source that was scanned then */
	assert_int_equal(hf_source_put(b.sources, u, &v, NULL), HF_OK);
	hf_source_view_done(&v);
	submit(&b, u);
	is_of(&b, "copy", "tolls");
	goes_out(&b, "copy", "tolls"); /* and says nothing of cells */
	add(&b, "lines", "jsonl", bench_text(&b, "lines.jsonl", "{\"plate\": \"A1\", \"fee\": 5}\n"), "");
	is_of(&b, "lines", "lines");
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(two_tables_of_one_file_are_two_datasets),
	        cmocka_unit_test(the_same_rows_are_one_dataset_whatever_they_are_kept_in),
	        cmocka_unit_test(what_went_out_before_cells_were_looked_at_is_known),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
