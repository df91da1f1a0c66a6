/* jsonl_test.c - a file of JSON lines as a source: its fields, the table it becomes, and files that are none. */
#include "base/buf.h"
#include "crypto/crypto.h"
#include "unit/source/bench.h"

static const char lines[] = "{\"id\": 1, \"name\": \"\xE6\x9C\xBA\xE5\x9C\xBA\", \"note\": null}\n"
                            "\n"
                            "{\"id\": 2, \"note\": \"a, \\\"b\\\"\\nc\", \"name\": \"\"}\r\n"
                            "{\"id\": 3, \"late\": [1, \"x\"], \"open\": true}";
static const char as_table[] = "id,name,note,late,open\n"
                               "1,\xE6\x9C\xBA\xE5\x9C\xBA,,,\n"
                               "2,\"\",\"a, \"\"b\"\"\nc\",,\n"
                               "3,,,\"[1, \"\"x\"\"]\",true\n";

static void lines_become_a_table(void **state)
{
	static const char *const two[] = {"open", "id"};
	struct hf_source_view v;
	struct hf_source_reader *r;
	struct bench b;

	(void)state;
	bench_open(&b);
	assert_int_equal(bench_add_file(&b, "calls", "jsonl", bench_text(&b, "c.jsonl", lines), NULL), HF_OK);
	assert_int_equal(hf_source_get(b.sources, "calls", &v), HF_OK);
	assert_int_equal(v.field_count, 5);
	assert_string_equal(v.fields[0].type, "integer");
	assert_string_equal(v.fields[1].type, "string");
	assert_string_equal(v.fields[4].type, "boolean");
	assert_int_equal(v.fields[2].nulls, 2);
	assert_int_equal(v.rows, 3);
	assert_int_equal(v.bytes, strlen(as_table));
	assert_int_equal(v.stamp.bytes, strlen(lines));
	assert_int_equal(v.looked_rows, 3);
	hf_source_view_done(&v);
	bench_assert_table(&b, "calls", NULL, 0, as_table);
	bench_assert_table(&b, "calls", two, 2, "id,open\n1,\n2,\n3,true\n");
	r = bench_reader(&b, "calls", NULL, 0);
	assert_int_equal(hf_source_reader_bytes(r), 0);
	hf_source_reader_close(r);
	bench_close(&b);
}

/* The digest is the file's own, so that what was derived or delivered is known again in it. */
static void digest_is_of_the_file(void **state)
{
	struct hf_source_view v;
	struct hf_hash want;
	struct bench b;

	(void)state;
	bench_open(&b);
	assert_int_equal(bench_add_file(&b, "calls", "jsonl", bench_text(&b, "c.jsonl", lines), NULL), HF_OK);
	assert_int_equal(hf_source_get(b.sources, "calls", &v), HF_OK);
	hf_sha256(lines, strlen(lines), &want);
	assert_memory_equal(v.digest.b, want.b, sizeof(want.b));
	hf_source_view_done(&v);
	bench_close(&b);
}

static void one_field_of_nulls_keeps_its_rows(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	assert_int_equal(
	        bench_add_file(&b, "one", "jsonl", bench_text(&b, "o.jsonl", "{\"a\":null}\n{}\n{\"a\":1}\n"), NULL),
	        HF_OK);
	bench_assert_table(&b, "one", NULL, 0, "a\n\"\"\n\"\"\n1\n");
	bench_close(&b);
}

/* Larger than every buffer, and wide with short lines: 1000 fields of which most are null. */
static void large_and_wide(void **state)
{
	struct hf_buf in = HF_BUF_INIT, want = HF_BUF_INIT;
	struct bench b;

	(void)state;
	bench_open(&b);
	for (unsigned i = 0; i < 60000; i++) {
		hf_buf_addf(&in, "{\"a\": %u, \"b\": \"x %u, y\"}\n", i, i * 7);
		hf_buf_addf(&want, i ? "%u,\"x %u, y\"\n" : "a,b\n%u,\"x %u, y\"\n", i, i * 7);
	}
	assert_int_equal(bench_add_file(&b, "big", "jsonl", bench_write(&b, "b.jsonl", in.data, in.len), NULL), HF_OK);
	bench_assert_table(&b, "big", NULL, 0, (const char *)want.data);
	hf_buf_clear(&in);
	hf_buf_clear(&want);
	for (unsigned i = 0; i < 1000; i++) {
		hf_buf_addf(&in, "%s\"f%u\":0", i ? "," : "{", i);
		hf_buf_addf(&want, i ? ",f%u" : "f%u", i);
	}
	hf_buf_addf(&in, "}\n");
	hf_buf_addf(&want, "\n0");
	for (unsigned i = 1; i < 1000; i++)
		hf_buf_addf(&want, ",0");
	hf_buf_addf(&want, "\n");
	for (unsigned i = 0; i < 5000; i++) {
		hf_buf_addf(&in, "{}\n");
		assert_true(hf_buf_reserve(&want, 1000));
		memset(want.data + want.len, ',', 999);
		want.len += 999;
		hf_buf_addf(&want, "\n");
	}
	assert_int_equal(bench_add_file(&b, "wide", "jsonl", bench_write(&b, "w.jsonl", in.data, in.len), NULL), HF_OK);
	bench_assert_table(&b, "wide", NULL, 0, (const char *)want.data);
	hf_buf_done(&in);
	hf_buf_done(&want);
	bench_close(&b);
}

/* Hostile files are refused with the line that is wrong. */
static void unsound_files_are_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
	        {"{\"a\": 1}\n{\"a\": \n", "line 2"},
	        {"{\"a\": 1}\n[1]\n", "not an object"},
	        {"{\"a\": 1, \"a\": 2}\n", "twice"},
	        {"{\"a\": \"\xFF\"}\n", "UTF-8"},
	        {"{\"\": 1}\n", "name is empty"},
	        {"{\"a\\u0000b\": 1}\n", "NUL"},
	        {"{\"a\\nb\": 1}\n", "control characters"},
	        {"\n\n", "no object"},
	        {"", "no object"},
	};
	struct hf_buf in = HF_BUF_INIT;
	struct hf_fault fault;
	struct bench b;

	(void)state;
	bench_open(&b);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(bench_add_file(&b, "x", "jsonl", bench_text(&b, "x.jsonl", cases[i].text), &fault),
		                 HF_E_FORMAT);
		assert_non_null(strstr(fault.text, cases[i].says));
	}
	hf_buf_addf(&in, "{\"a\": \"");
	assert_true(hf_buf_reserve(&in, 10u << 20));
	memset(in.data + in.len, 'x', 10u << 20); /* a cell of 10 MiB */
	in.len += 10u << 20;
	hf_buf_addf(&in, "\"}\n");
	assert_int_equal(bench_add_file(&b, "x", "jsonl", bench_write(&b, "x.jsonl", in.data, in.len), &fault),
	                 HF_E_FORMAT);
	assert_non_null(strstr(fault.text, "longer than allowed"));
	hf_buf_done(&in);
	bench_close(&b);
}

/* Lines that lack nearly every field make much of little. */
static void table_is_bound_to_its_lines(void **state)
{
	struct hf_buf in = HF_BUF_INIT;
	struct hf_fault fault;
	struct bench b;

	(void)state;
	bench_open(&b);
	for (unsigned i = 0; i < 1000; i++)
		hf_buf_addf(&in, "%s\"f%u\":0", i ? "," : "{", i);
	hf_buf_addf(&in, "}\n");
	for (unsigned i = 0; i < 40000; i++)
		hf_buf_addf(&in, "{}\n"); /* 40 MB of table */
	assert_int_equal(bench_add_file(&b, "x", "jsonl", bench_write(&b, "x.jsonl", in.data, in.len), &fault),
	                 HF_E_LIMIT);
	assert_non_null(strstr(fault.text, "64 times its lines"));
	hf_buf_done(&in);
	bench_close(&b);
}

static void changed_file_is_noticed(void **state)
{
	struct hf_source_stamp before, after;
	struct hf_source_reader *r;
	struct hf_fault fault;
	uint8_t out[64];
	struct bench b;
	size_t len;

	(void)state;
	bench_open(&b);
	assert_int_equal(bench_add_file(&b, "calls", "jsonl", bench_text(&b, "c.jsonl", lines), NULL), HF_OK);
	assert_int_equal(hf_source_test(b.sources, "calls", &fault), HF_OK);
	r = bench_reader(&b, "calls", NULL, 0);
	hf_source_reader_stamp(r, &before);
	bench_text(&b, "c.jsonl", "{\"other\": 1}\n");
	hf_source_reader_stamp(r, &after);
	assert_int_not_equal(before.bytes, after.bytes);
	assert_int_equal(hf_source_read(r, 0, out, sizeof(out), &len), HF_E_SOURCE_CHANGED);
	assert_int_equal(hf_source_test(b.sources, "calls", &fault), HF_E_SOURCE_CHANGED);
	hf_source_reader_close(r);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(lines_become_a_table),
	        cmocka_unit_test(digest_is_of_the_file),
	        cmocka_unit_test(one_field_of_nulls_keeps_its_rows),
	        cmocka_unit_test(large_and_wide),
	        cmocka_unit_test(unsound_files_are_refused),
	        cmocka_unit_test(table_is_bound_to_its_lines),
	        cmocka_unit_test(changed_file_is_noticed),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
