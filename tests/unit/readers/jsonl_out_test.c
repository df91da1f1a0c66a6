/* jsonl_out_test.c - a table as JSON lines: what stands bare, what is a string, what cannot be either, at every cut;
 * and read again by the reader of JSON lines it is the same cells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/crypto.h"
#include "source/readers/jsonl.h"
#include "source/readers/jsonl_out.h"

static const enum hf_csv_type types[] = {HF_CSV_STRING, HF_CSV_INTEGER, HF_CSV_NUMBER, HF_CSV_BOOLEAN, HF_CSV_DATE};

/* The lines, or what is wrong; cut: length of the first piece. */
static const char *lines_of(const char *table, size_t cut, struct hf_buf *out)
{
	static char why[200];
	struct hf_jsonl_out *o = hf_jsonl_out_new(types, sizeof(types) / sizeof(types[0]));
	size_t len = strlen(table);
	bool ok = hf_jsonl_out_feed(o, table, cut, out) && hf_jsonl_out_feed(o, table + cut, len - cut, out) &&
	          hf_jsonl_out_end(o, out);

	snprintf(why, sizeof(why), "%s", hf_jsonl_out_why(o));
	assert_true(ok == !why[0]);
	hf_jsonl_out_free(o);
	return ok ? NULL : why;
}

static void expect(const char *table, const char *want, const char *wrong)
{
	for (size_t cut = 0; cut <= strlen(table); cut++) {
		HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
		const char *why = lines_of(table, cut, &out);

		if (wrong) {
			if (!why)
				fail_msg("%s is taken", table);
			assert_string_equal(why, wrong);
			continue;
		}
		assert_null(why);
		assert_true(hf_buf_add(&out, "", 1));
		assert_string_equal((char *)out.data, want);
	}
}

static void values_stand_as_what_they_are(void **state)
{
	(void)state;
	expect("a,\"b \"\"c\"\"\",n,y,d\n"
	       "x,7,1.50e3,TRUE,2026-03-01\n"
	       "\"q \"\"u\"\"\\\r\n\t\x01\",\"-7\",\"2\",false,\"\"\r\n"
	       ",,,,\n"
	       "\xE6\x9C\xBA,007,x,yes,1",
	       "{\"a\":\"x\",\"b \\\"c\\\"\":7,\"n\":1.50e3,\"y\":true,\"d\":\"2026-03-01\"}\n"
	       "{\"a\":\"q \\\"u\\\"\\\\\\r\\n\\t\\u0001\",\"b \\\"c\\\"\":-7,\"n\":2,\"y\":false,\"d\":\"\"}\n"
	       "{\"a\":null,\"b \\\"c\\\"\":null,\"n\":null,\"y\":null,\"d\":null}\n"
	       "{\"a\":\"\xE6\x9C\xBA\",\"b \\\"c\\\"\":\"007\",\"n\":\"x\",\"y\":\"yes\",\"d\":\"1\"}\n",
	       NULL);
	expect("only\n\"\"\n\n3\n", "{\"only\":\"\"}\n{\"only\":null}\n{\"only\":\"3\"}\n", NULL);
	expect("a,b\n", "", NULL);
}

static void what_is_no_table_or_no_text_is_refused(void **state)
{
	(void)state;
	expect("a,b\n1\n", NULL, hf_csv_defect_text(HF_CSV_WIDTH));
	expect("a\n\"x\n", NULL, hf_csv_defect_text(HF_CSV_UNCLOSED));
	expect("a\n\xBB\xFA\n", NULL, "a value is not UTF-8"); /* GB18030 */
	expect("a\n\xED\xA0\x80\n", NULL, "a value is not UTF-8");
	expect("", NULL, hf_csv_defect_text(HF_CSV_HEADER));
}

/* ---- random tables ---- */

#define ROWS 200u
#define COLUMNS 5u

struct again {
	struct hf_buf cells;
};

static void add_cell(struct hf_buf *b, bool null, const void *data, size_t len)
{
	assert_true(hf_buf_addf(b, "%c%zu:", null ? 'n' : 'v', len) && hf_buf_add(b, data, len));
}

static bool on_line(void *ctx, const struct hf_jsonl_record *r)
{
	struct again *a = ctx;

	assert_int_equal(r->cell_count, COLUMNS);
	for (size_t i = 0; i < r->cell_count; i++)
		add_cell(&a->cells, r->cells[i].kind == HF_JSONL_NULL, r->cells[i].value.data, r->cells[i].value.len);
	return true;
}

static const char *const parts[] = {"a", "7",  "-1",           "2.5",  "true", "\"",        "\n",
                                    ",", "\\", "\xE6\x9C\xBA", "\x02", " ",    "2026-01-01"};

static void add_random(struct hf_buf *table, struct hf_buf *cells, size_t column)
{
	char text[80] = "", quoted[160];
	size_t n = 0, count = (size_t)random() % 4;
	bool quote;

	for (size_t i = 0; i < count; i++)
		strncat(text, parts[(size_t)random() % (sizeof(parts) / sizeof(parts[0]))],
		        sizeof(text) - strlen(text) - 1);
	quote = strpbrk(text, "\",\n") || random() % 3 == 0;
	for (const char *c = text; *c; c++) {
		if (*c == '"')
			quoted[n++] = '"';
		quoted[n++] = *c;
	}
	quoted[n] = '\0';
	add_cell(cells, !quote && !text[0], text, strlen(text));
	assert_true(hf_buf_addf(table, quote ? "%s\"%s\"" : "%s%s", column ? "," : "", quoted));
}

static void a_table_comes_back_cell_by_cell(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 20; seed++) {
		HF_CLEANUP(hf_buf_done) struct hf_buf table = HF_BUF_INIT, cells = HF_BUF_INIT, lines = HF_BUF_INIT;
		struct again a = {HF_BUF_INIT};
		struct hf_jsonl *j = hf_jsonl_new(on_line, &a);

		srandom(seed);
		assert_true(hf_buf_addf(&table, "a,b,c,d,e\n"));
		for (unsigned row = 0; row < ROWS; row++) {
			for (size_t c = 0; c < COLUMNS; c++)
				add_random(&table, &cells, c);
			assert_true(hf_buf_addf(&table, "\n"));
		}
		assert_null(lines_of((char *)table.data, (size_t)random() % table.len, &lines));
		assert_int_equal(hf_jsonl_feed(j, lines.data, lines.len), HF_JSONL_GOOD);
		assert_int_equal(hf_jsonl_end(j), HF_JSONL_GOOD);
		assert_int_equal(hf_jsonl_records(j), ROWS);
		assert_int_equal(a.cells.len, cells.len);
		assert_memory_equal(a.cells.data, cells.data, cells.len);
		hf_jsonl_free(j);
		hf_buf_done(&a.cells);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(values_stand_as_what_they_are),
	        cmocka_unit_test(what_is_no_table_or_no_text_is_refused),
	        cmocka_unit_test(a_table_comes_back_cell_by_cell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
