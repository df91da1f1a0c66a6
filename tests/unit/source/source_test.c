/* source_test.c - the life of a registered source: scan, read whole and in part, change, disable, remove. */
#include <fcntl.h>

#include "crypto/crypto.h"
#include "source/classify.h"
#include "source/source.h"
#include "unit/source/bench.h"

static enum hf_err add(struct bench *b, const char *name, const char *path, struct hf_fault *ret_fault)
{
	return bench_add_file(b, name, "csv", path, ret_fault);
}

static enum hf_err open_fields(struct bench *b, const char *name, const char *const *fields, size_t count,
                               struct hf_source_reader **r)
{
	struct hf_fault fault = {HF_OK, ""};

	return hf_source_open(b->sources, name, fields, count, r, &fault);
}

static void assert_reads(struct hf_source_reader *r, uint64_t offset, size_t cap, const char *want)
{
	uint8_t *out = malloc(cap);
	size_t len = 0;

	assert_int_equal(hf_source_read(r, offset, out, cap, &len), HF_OK);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(out, want, len);
	free(out);
}

static void assert_nothing_at(struct hf_source_reader *r, uint64_t offset)
{
	uint8_t out[16];
	size_t len = 77;

	assert_int_equal(hf_source_read(r, offset, out, sizeof(out), &len), HF_E_UNKNOWN);
	assert_int_equal(len, 77);
}

static const char table[] = "id,name,when\n1,\xE6\x9C\xBA\xE5\x9C\xBA,2026-11-22\n2,\"a,b\",\n";

/* DS-3: data is checked for origin, integrity and format before it is shared. */
static void scan_finds_fields_types_rows_nulls(void **state)
{
	struct bench b;
	struct hf_source_view v;

	(void)state;
	bench_open(&b);
	assert_int_equal(add(&b, "roads", bench_text(&b, "r.csv", table), NULL), HF_OK);
	assert_int_equal(hf_source_get(b.sources, "roads", &v), HF_OK);
	assert_int_equal(v.field_count, 3);
	assert_string_equal(v.fields[0].type, "integer");
	assert_string_equal(v.fields[1].type, "string");
	assert_string_equal(v.fields[2].type, "date");
	assert_int_equal(v.fields[2].nulls, 1);
	assert_int_equal(v.rows, 2);
	assert_int_equal(v.bytes, strlen(table));
	assert_true(v.enabled && v.scanned_ms > 0);
	hf_source_view_done(&v);
	bench_close(&b);
}

static enum hf_err scan_with(struct bench *b, const char *path, const json_t *about, struct hf_source_view *ret_view)
{
	struct hf_source_view v = {.kind = "csv", .name = "people", .about = about};

	snprintf(v.path, sizeof(v.path), "%s", path);
	HF_TRY(bench_add(b, &v, NULL));
	return hf_source_get(b->sources, "people", ret_view);
}

/* MK-15: a comment says what a field's name and content do not; it stays until others are given. */
static void comments_are_evidence_and_stay(void **state)
{
	json_t *about =
	        json_loads("{\"comment\": \"司机信息\", \"fields\": {\"c7\": \"护照号码\", \"c9\": \"x\"}}", 0, NULL);
	json_t *none = json_loads("{\"comment\": \"\", \"fields\": {\"c7\": \"\"}}", 0, NULL);
	struct bench b;
	struct hf_source_view v;
	char path[200], text[2000] = "c7,n\n";

	(void)state;
	bench_open(&b);
	for (unsigned i = 0; i < 40; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "E%08u,%u\n", 10000000 + 7919 * i, i);
	snprintf(path, sizeof(path), "%s", bench_text(&b, "people.csv", text));
	assert_int_equal(scan_with(&b, path, NULL, &v), HF_OK);
	assert_string_equal(v.fields[0].class.found, "");
	hf_source_view_done(&v);
	for (unsigned again = 0; again < 2; again++) {
		assert_int_equal(scan_with(&b, path, again ? NULL : about, &v), HF_OK);
		assert_string_equal(v.fields[0].class.found, "cn.passport");
		assert_int_equal(v.fields[0].class.by & HF_BY_COMMENT, HF_BY_COMMENT);
		assert_string_equal(v.fields[0].comment, "护照号码");
		assert_string_equal(v.fields[1].comment, "");
		assert_string_equal(v.comment, "司机信息");
		hf_source_view_done(&v);
	}
	assert_int_equal(scan_with(&b, path, none, &v), HF_OK);
	assert_string_equal(v.fields[0].class.found, "");
	hf_source_view_done(&v);
	json_decref(about);
	json_decref(none);
	bench_close(&b);
}

static void assert_about(const char *json, enum hf_err want)
{
	struct hf_fault f = {HF_OK, ""};
	json_t *o = json_loads(json, JSON_ALLOW_NUL, NULL);

	assert_non_null(o);
	assert_int_equal(hf_source_about_check(o, &f), want);
	json_decref(o);
}

static void comments_are_bounded(void **state)
{
	char text[400];

	(void)state;
	assert_about("{}", HF_OK);
	assert_about("{\"comment\": \"a\", \"fields\": {\"b\": \"c\"}}", HF_OK);
	assert_about("[]", HF_E_ARGUMENT);
	assert_about("{\"comment\": 7}", HF_E_ARGUMENT);
	assert_about("{\"fields\": \"b\"}", HF_E_ARGUMENT);
	assert_about("{\"fields\": {\"b\": 7}}", HF_E_LIMIT);
	assert_about("{\"fields\": {\"b\": \"c\\u0000d\"}}", HF_E_LIMIT);
	snprintf(text, sizeof(text), "{\"fields\": {\"b\": \"%0255d\"}}", 7);
	assert_about(text, HF_OK);
	snprintf(text, sizeof(text), "{\"fields\": {\"b\": \"%0256d\"}}", 7);
	assert_about(text, HF_E_LIMIT);
	snprintf(text, sizeof(text), "{\"comment\": \"%0256d\"}", 7);
	assert_about(text, HF_E_LIMIT);
}

/* DS-3: data from an unregistered source is refused; so is a disabled one. */
static void unregistered_and_disabled_are_refused(void **state)
{
	struct bench b;
	struct hf_source_view v;
	struct hf_source_reader *r = NULL;
	struct hf_fault fault;
	struct hf_unit *u = hf_unit_new();

	(void)state;
	bench_open(&b);
	assert_int_equal(open_fields(&b, "roads", NULL, 0, &r), HF_E_UNKNOWN);
	assert_int_equal(open_fields(&b, "../roads", NULL, 0, &r), HF_E_UNKNOWN);
	assert_int_equal(add(&b, "roads", bench_text(&b, "r.csv", table), NULL), HF_OK);
	assert_int_equal(hf_source_get(b.sources, "roads", &v), HF_OK);
	v.enabled = false;
	assert_int_equal(hf_source_put(b.sources, u, &v, &fault), HF_OK);
	hf_source_view_done(&v);
	hf_store_submit(b.f.store, u, NULL, NULL);
	assert_int_equal(open_fields(&b, "roads", NULL, 0, &r), HF_E_STATE);
	u = hf_unit_new();
	assert_int_equal(hf_source_remove(b.sources, u, "roads", &fault), HF_OK);
	hf_store_submit(b.f.store, u, NULL, NULL);
	assert_int_equal(open_fields(&b, "roads", NULL, 0, &r), HF_E_UNKNOWN);
	assert_null(r);
	bench_close(&b);
}

static void whole_file_at_any_offset(void **state)
{
	static const char *const all[] = {"when", "id", "name"};
	struct bench b;
	struct hf_source_reader *r;

	(void)state;
	bench_open(&b);
	assert_int_equal(add(&b, "roads", bench_text(&b, "r.csv", table), NULL), HF_OK);
	for (size_t count = 0; count <= 3; count += 3) { /* naming every field is asking for the whole */
		assert_int_equal(open_fields(&b, "roads", all, count, &r), HF_OK);
		assert_int_equal(hf_source_reader_bytes(r), strlen(table));
		assert_int_equal(hf_source_reader_rows(r), 2);
		assert_reads(r, 13, 1, "1");
		assert_reads(r, 0, 7, "id,name");
		assert_reads(r, 0, 1000, table);
		assert_reads(r, strlen(table), 10, "");
		assert_nothing_at(r, strlen(table) + 1);
		assert_nothing_at(r, 1000000);
		hf_source_reader_close(r);
	}
	bench_close(&b);
}

static void chosen_fields_in_the_order_of_the_source(void **state)
{
	static const char *const fields[] = {"name", "id"}, *const wrong[] = {"id", "secret"};
	const char *want = "id,name\n1,\xE6\x9C\xBA\xE5\x9C\xBA\n2,\"a,b\"\n";
	struct bench b;
	struct hf_source_reader *r;

	(void)state;
	bench_open(&b);
	assert_int_equal(add(&b, "roads", bench_text(&b, "r.csv", table), NULL), HF_OK);
	assert_int_equal(open_fields(&b, "roads", wrong, 2, &r), HF_E_WRONG_FIELDS);
	assert_int_equal(open_fields(&b, "roads", fields, 2, &r), HF_OK);
	assert_int_equal(hf_source_reader_bytes(r), 0);
	assert_reads(r, 0, 7, "id,name");
	assert_reads(r, 7, 1000, want + 7);
	assert_reads(r, strlen(want), 5, "");
	assert_nothing_at(r, strlen(want) + 1);
	assert_int_equal(hf_source_reader_rows(r), 2);
	assert_reads(r, 3, 4, "name"); /* back: from the top */
	assert_reads(r, 0, 1000, want);
	hf_source_reader_close(r);
	bench_close(&b);
}

/* A table larger than every buffer, read in uneven pieces, against one that holds the two columns alone. */
static void large_table_in_pieces(void **state)
{
	static const char *const fields[] = {"a", "c"};
	struct hf_buf in = HF_BUF_INIT, want = HF_BUF_INIT, got = HF_BUF_INIT;
	struct bench b;
	struct hf_source_reader *r;
	size_t len;

	(void)state;
	bench_open(&b);
	hf_buf_addf(&in, "a,b,c\r\n");
	hf_buf_addf(&want, "a,c\r\n");
	for (unsigned i = 0; i < 120000; i++) {
		hf_buf_addf(&in, "%u,\"%u\r\n,\",%u\r\n", i, i * 7, i % 13);
		hf_buf_addf(&want, "%u,%u\r\n", i, i % 13);
	}
	assert_int_equal(add(&b, "big", bench_text(&b, "big.csv", (char *)in.data), NULL), HF_OK);
	assert_int_equal(open_fields(&b, "big", fields, 2, &r), HF_OK);
	do {
		assert_true(hf_buf_reserve(&got, 70001));
		assert_int_equal(hf_source_read(r, got.len, got.data + got.len, 70001, &len), HF_OK);
		got.len += len;
	} while (len == 70001);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.data, want.data, want.len);
	assert_int_equal(hf_source_reader_rows(r), 120000);
	hf_source_reader_close(r);
	hf_buf_done(&in);
	hf_buf_done(&want);
	hf_buf_done(&got);
	bench_close(&b);
}

static void changed_file_is_noticed(void **state)
{
	struct bench b;
	struct hf_source_reader *r;
	struct hf_source_stamp before, after;
	struct hf_fault fault;
	uint8_t out[64];
	size_t len;

	(void)state;
	bench_open(&b);
	assert_int_equal(add(&b, "roads", bench_text(&b, "r.csv", table), NULL), HF_OK);
	assert_int_equal(hf_source_test(b.sources, "roads", &fault), HF_OK);
	assert_int_equal(open_fields(&b, "roads", NULL, 0, &r), HF_OK);
	hf_source_reader_stamp(r, &before);
	bench_text(&b, "r.csv", "id,name,when\n");
	hf_source_reader_stamp(r, &after);
	assert_int_not_equal(before.bytes, after.bytes);
	assert_int_equal(hf_source_read(r, 0, out, sizeof(out), &len), HF_E_SOURCE_CHANGED);
	assert_int_equal(hf_source_test(b.sources, "roads", &fault), HF_E_SOURCE_CHANGED);
	hf_source_reader_close(r);
	bench_close(&b);
}

static void places_that_are_refused(void **state)
{
	struct bench b;
	struct hf_fault fault;
	char path[300], target[200];

	(void)state;
	bench_open(&b);
	snprintf(target, sizeof(target), "%s", bench_text(&b, "r.csv", table));
	snprintf(path, sizeof(path), "%s/link.csv", b.files);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(add(&b, "x", path, &fault), HF_E_ARGUMENT);
	assert_non_null(strstr(fault.text, "symbolic link"));
	assert_int_equal(add(&b, "x", b.files, &fault), HF_E_ARGUMENT);
	snprintf(path, sizeof(path), "%s/fifo", b.files);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(add(&b, "x", path, &fault), HF_E_ARGUMENT);
	assert_int_equal(add(&b, "x", "r.csv", &fault), HF_E_ARGUMENT);
	snprintf(path, sizeof(path), "%s/nothing.csv", b.files);
	assert_int_equal(add(&b, "x", path, &fault), HF_E_UNKNOWN);
	assert_int_equal(add(&b, "No Name", target, &fault), HF_E_ARGUMENT);
	snprintf(path, sizeof(path), "%s/../%s/state/data.mdb", b.files, strrchr(b.f.dir, '/') + 1);
	assert_int_equal(add(&b, "x", path, &fault), HF_E_PERMISSION); /* the node's own folder, by whatever way */
	bench_close(&b);
}

static void unsound_tables_are_refused_with_their_row(void **state)
{
	struct bench b;
	struct hf_fault fault;

	(void)state;
	bench_open(&b);
	assert_int_equal(add(&b, "x", bench_text(&b, "w.csv", "a,b\n1,2\n3\n"), &fault), HF_E_FORMAT);
	assert_non_null(strstr(fault.text, "row 2"));
	assert_int_equal(add(&b, "x", bench_text(&b, "q.csv", "a,b\n1,2\n3,4\"\n\n"), &fault), HF_E_FORMAT);
	assert_int_equal(add(&b, "x", bench_text(&b, "h.csv", "a,a\n1,2\n"), &fault), HF_E_FORMAT);
	assert_non_null(strstr(fault.text, "first line"));
	assert_int_equal(add(&b, "x", bench_text(&b, "e.csv", ""), &fault), HF_E_FORMAT);
	bench_close(&b);
}

static void closing_cancels_a_scan(void **state)
{
	struct bench b;
	struct hf_source_view v = {.name = "roads", .kind = "csv"};
	struct bench_scan s = {.b = &b};

	(void)state;
	bench_open(&b);
	snprintf(v.path, sizeof(v.path), "%s", bench_text(&b, "r.csv", table));
	hf_source_scan(b.sources, &v, bench_on_scan, &s);
	hf_sources_close(b.sources);
	fixture_run_until(&b.f, &s.done);
	assert_int_equal(s.e, HF_E_CANCELLED);
	b.sources = NULL;
	bench_close(&b);
}

static enum hf_err choose(struct bench *b, const char *rows, const char *const *fields, size_t count,
                          struct hf_source_reader **r, struct hf_fault *f)
{
	const struct hf_source_choice c = {.fields = fields, .field_count = count, .rows = rows};

	return hf_source_choose(b->sources, "tolls", &c, r, f);
}

/* SB-60: a field and some rows, by a condition on another field; the same bytes whatever was read before. */
static void rows_by_conditions_in_chosen_fields(void **state)
{
	static const char *const id[] = {"id"};
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT, want = HF_BUF_INIT, all = HF_BUF_INIT;
	struct hf_source_reader *r;
	struct hf_fault f = {HF_OK, ""};
	struct bench b;

	(void)state;
	hf_buf_addf(&text, "id,fee,region\n");
	hf_buf_addf(&want, "id\n");
	for (unsigned i = 0; i < 60000; i++) {
		hf_buf_addf(&text, "%u,%u.50,%s\n", i, i % 100, i % 3 ? "N" : "S");
		if (i % 100 <= 41 && i % 3)
			hf_buf_addf(&want, "%u\n", i);
	}
	bench_open(&b);
	assert_int_equal(add(&b, "tolls", bench_text(&b, "t.csv", (const char *)text.data), NULL), HF_OK);
	assert_int_equal(choose(&b, "region = 'N' AND fee <= 41.5", id, 1, &r, &f), HF_OK);
	assert_int_equal(hf_source_reader_bytes(r), 0);
	for (unsigned again = 0; again < 2; again++) {
		bench_read_all(r, &all);
		assert_int_equal(all.len, want.len);
		assert_memory_equal(all.data, want.data, all.len);
	}
	assert_int_equal(hf_source_reader_rows(r), 60000 / 300 * 84);
	hf_source_reader_close(r);
	assert_int_equal(choose(&b, "fee > 99.4 and id < 200", NULL, 0, &r, &f), HF_OK);
	assert_reads(r, 0, 100, "id,fee,region\n99,99.50,S\n199,99.50,N\n");
	hf_source_reader_close(r);
	assert_int_equal(choose(&b, "fee < '1'", id, 1, &r, &f), HF_E_ARGUMENT);
	assert_int_equal(choose(&b, "place = 'N'", id, 1, &r, &f), HF_E_WRONG_FIELDS);
	bench_close(&b);
}

static void assert_text(struct hf_source_reader *r, const struct hf_buf *want)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf all = HF_BUF_INIT;

	for (unsigned again = 0; again < 2; again++) {
		bench_read_all(r, &all);
		assert_int_equal(all.len, want->len);
		assert_memory_equal(all.data, want->data, all.len);
	}
}

/* Conditions and techniques see the characters, whatever the table is written in; as bytes it stays what it is. */
static void text_is_utf_8(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf gb = HF_BUF_INIT, utf = HF_BUF_INIT, south = HF_BUF_INIT;
	const struct hf_source_choice whole = {.text = true}, some = {.rows = "name = '\xe6\x9d\x8e'", .text = true};
	struct hf_source_reader *r;
	struct hf_fault f = {HF_OK, ""};
	struct bench b;
	uint8_t piece[64];
	size_t n;

	(void)state;
	hf_buf_addf(&gb, "id,name\n");
	hf_buf_addf(&utf, "id,name\n");
	hf_buf_addf(&south, "id,name\n");
	for (unsigned i = 0; i < 70000; i++) { /* a character lies across each end of a piece sooner or later */
		hf_buf_addf(&gb, "%u,%s\n", i, i % 7 ? "\xd5\xc5\xc8\xfd" : "\xc0\xee");
		hf_buf_addf(&utf, "%u,%s\n", i, i % 7 ? "\xe5\xbc\xa0\xe4\xb8\x89" : "\xe6\x9d\x8e");
		if (i % 7 == 0)
			hf_buf_addf(&south, "%u,\xe6\x9d\x8e\n", i);
	}
	bench_open(&b);
	assert_int_equal(add(&b, "gb", bench_text(&b, "gb.csv", (const char *)gb.data), NULL), HF_OK);
	assert_int_equal(add(&b, "utf", bench_text(&b, "utf.csv", (const char *)utf.data), NULL), HF_OK);
	assert_int_equal(hf_source_choose(b.sources, "gb", &whole, &r, &f), HF_OK);
	assert_text(r, &utf);
	hf_source_reader_close(r);
	assert_int_equal(hf_source_choose(b.sources, "utf", &whole, &r, &f), HF_OK);
	assert_text(r, &utf);
	hf_source_reader_close(r);
	assert_int_equal(hf_source_choose(b.sources, "gb", &some, &r, &f), HF_OK);
	assert_text(r, &south);
	hf_source_reader_close(r);
	assert_int_equal(hf_source_open(b.sources, "gb", NULL, 0, &r, &f), HF_OK);
	assert_text(r, &gb);
	hf_source_reader_close(r);
	hf_buf_addf(&gb, "7,\xff\n"); /* it begins in GB18030, and does not end in it */
	assert_int_equal(add(&b, "torn", bench_text(&b, "torn.csv", (const char *)gb.data), NULL), HF_OK);
	assert_int_equal(hf_source_choose(b.sources, "torn", &whole, &r, &f), HF_OK);
	assert_int_equal(hf_source_read(r, gb.len, piece, sizeof(piece), &n), HF_E_FORMAT);
	assert_non_null(strstr(hf_source_reader_why(r), "none at byte"));
	hf_source_reader_close(r);
	bench_close(&b);
}

static bool count_one(void *ctx, const struct hf_source_view *v)
{
	(void)v;
	++*(unsigned *)ctx;
	return true;
}

static void list_shows_all_after_a_restart(void **state)
{
	struct bench b;
	unsigned n = 0;

	(void)state;
	bench_open(&b);
	assert_int_equal(add(&b, "roads", bench_text(&b, "r.csv", table), NULL), HF_OK);
	assert_int_equal(add(&b, "rivers", bench_text(&b, "s.csv", table), NULL), HF_OK);
	fixture_reopen(&b.f);
	hf_sources_close(b.sources);
	assert_int_equal(hf_sources_open(&b.f.base, b.f.store, NULL, &b.sources, NULL), HF_OK);
	assert_int_equal(hf_sources_list(b.sources, count_one, &n), HF_OK);
	assert_int_equal(n, 2);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(scan_finds_fields_types_rows_nulls),
	        cmocka_unit_test(comments_are_evidence_and_stay),
	        cmocka_unit_test(comments_are_bounded),
	        cmocka_unit_test(unregistered_and_disabled_are_refused),
	        cmocka_unit_test(whole_file_at_any_offset),
	        cmocka_unit_test(chosen_fields_in_the_order_of_the_source),
	        cmocka_unit_test(large_table_in_pieces),
	        cmocka_unit_test(changed_file_is_noticed),
	        cmocka_unit_test(places_that_are_refused),
	        cmocka_unit_test(unsound_tables_are_refused_with_their_row),
	        cmocka_unit_test(closing_cancels_a_scan),
	        cmocka_unit_test(list_shows_all_after_a_restart),
	        cmocka_unit_test(rows_by_conditions_in_chosen_fields),
	        cmocka_unit_test(text_is_utf_8),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
