/* classify_test.c - what people say of fields and how it outlives another look; the watch over what goes out. */
#include "source/classify.h"

#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "source/sample.h"

static struct hf_source_field fields[3];
static struct hf_source_view view(void)
{
	static const char *const names[3] = {"no", "remark", "owner"};
	struct hf_source_view v = {
	        .name = "passages", .rows = 10, .looked_rows = 10, .fields = fields, .field_count = 3};

	memset(fields, 0, sizeof(fields));
	for (size_t i = 0; i < 3; i++) {
		snprintf(fields[i].name, sizeof(fields[i].name), "%s", names[i]);
		fields[i].class.state = HF_CLASS_PROPOSED;
		snprintf(fields[i].class.data_class, sizeof(fields[i].class.data_class), "none");
		fields[i].class.level = 1;
	}
	return v;
}

static void say(struct hf_source_view *v, const char *field, const char *kind, enum hf_err want)
{
	const struct hf_saying s = {.kind = kind, .by = "bai", .now_ms = 5};
	struct hf_fault f = {.code = HF_OK};

	assert_int_equal(hf_source_class_say(v, field, &s, &f), want);
}

/* MK-15, MK-23 */
static void publication_waits_for_the_last_field(void **state)
{
	struct hf_source_view v = view();
	struct hf_fault f = {.code = HF_OK};

	(void)state;
	assert_int_equal(hf_source_class_check(&v, &f), HF_E_UNCLASSIFIED);
	assert_non_null(strstr(f.text, "no, remark, owner"));
	say(&v, "no", "none", HF_OK);
	say(&v, "owner", "person.name", HF_OK);
	say(&v, "owner", "person.nickname", HF_E_UNKNOWN);
	say(&v, "lane", "none", HF_E_UNKNOWN);
	assert_int_equal(hf_source_class_check(&v, &f), HF_E_UNCLASSIFIED);
	assert_null(strstr(f.text, "owner"));
	hf_source_class_all(&v, "bai", 6);
	assert_int_equal(hf_source_class_check(&v, &f), HF_OK);
	assert_string_equal(fields[2].class.data_class, "personal");
	assert_string_equal(fields[1].class.confirmed_by, "bai");
	fields[0].class.state = HF_CLASS_UNSEEN; /* of a node from before anybody looked */
	assert_int_equal(hf_source_class_check(&v, &f), HF_E_UNCLASSIFIED);
	assert_non_null(strstr(f.text, "hufu source scan passages"));
	assert_int_equal(hf_source_doubt_check(&v, &f), HF_OK);
}

static void look_again(struct hf_source_view *v, const char *found, enum hf_class_state want)
{
	struct hf_source_field again[3];
	struct hf_source_view now = *v;

	memcpy(again, fields, sizeof(again));
	now.fields = again;
	memset(&again[1].class, 0, sizeof(again[1].class));
	again[1].class.state = HF_CLASS_PROPOSED;
	snprintf(again[1].class.data_class, sizeof(again[1].class.data_class), "%s", *found ? "personal" : "none");
	snprintf(again[1].class.kind, sizeof(again[1].class.kind), "%s", found);
	snprintf(again[1].class.found, sizeof(again[1].class.found), "%s", found);
	hf_source_class_keep(&now, v);
	assert_int_equal(again[1].class.state, want);
}

/* MK-15 */
static void another_look_keeps_what_was_said(void **state)
{
	struct hf_source_view v = view();
	struct hf_fault f = {.code = HF_OK};
	const struct hf_finding id = {.detector = hf_detector_named("cn.resident-id"), .confidence = 0.9};

	(void)state;
	look_again(&v, "email", HF_CLASS_PROPOSED);
	say(&v, "remark", "none", HF_OK);
	look_again(&v, "", HF_CLASS_CONFIRMED);
	look_again(&v, "email", HF_CLASS_DOUBTED);
	snprintf(fields[1].class.found, sizeof(fields[1].class.found), "email"); /* as it was when it was said */
	look_again(&v, "email", HF_CLASS_CONFIRMED);
	say(&v, "remark", "email", HF_OK);
	look_again(&v, "email", HF_CLASS_CONFIRMED);
	look_again(&v, "", HF_CLASS_CONFIRMED);
	look_again(&v, "cn.resident-id", HF_CLASS_DOUBTED);
	hf_source_class_doubt(&v, "remark", &id);
	assert_int_equal(hf_source_doubt_check(&v, &f), HF_E_UNCLASSIFIED);
	hf_source_class_all(&v, "bai", 7); /* a doubt is not settled in passing */
	assert_int_equal(hf_source_doubt_check(&v, &f), HF_E_UNCLASSIFIED);
	say(&v, "remark", NULL, HF_OK); /* it is what was found */
	assert_string_equal(fields[1].class.kind, "cn.resident-id");
	assert_int_equal(hf_source_doubt_check(&v, &f), HF_OK);
}

/* Rows of the table; from `from` on the remark holds an ID number, within quotes and with line ends when quoted. */
static void table(struct hf_buf *b, size_t rows, size_t from, bool quoted)
{
	hf_buf_addf(b, "no,remark,owner\n");
	for (size_t i = 0; i < rows; i++) {
		const char *remark = i < from ? "nothing to be said" : "11010519491231002X";

		if (quoted)
			hf_buf_addf(b, "%zu,\"%s\",\"a, \"\"b\"\"\nc,d,e\n,,\"\n", i, remark);
		else
			hf_buf_addf(b, "%zu,%s,somebody\n", i, remark);
	}
	hf_buf_reserve(b, HF_CELL_SLACK);
}

/* The index of the piece that was stopped at; the count of pieces when none was. */
static size_t send_all(struct hf_sample *s, const struct hf_buf *b)
{
	size_t pieces = (b->len + HF_SAMPLE_PIECE - 1) / HF_SAMPLE_PIECE;

	for (size_t i = 0; i < pieces; i++) {
		size_t at = i * HF_SAMPLE_PIECE, left = b->len - at;

		if (!hf_sample_piece(s, i, b->data + at, left < HF_SAMPLE_PIECE ? left : HF_SAMPLE_PIECE))
			return i;
	}
	return pieces;
}

static void watch(struct hf_source_view *v, size_t rows, size_t from, bool quoted)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	struct hf_sample *s = hf_sample_new(v, NULL, 0, NULL);
	const char *field;
	size_t pieces, stopped;

	b.max = (size_t)16 << 20;
	table(&b, rows, from, quoted);
	pieces = (b.len + HF_SAMPLE_PIECE - 1) / HF_SAMPLE_PIECE;
	assert_non_null(s);
	stopped = send_all(s, &b);
	if (from < rows) {
		size_t first =
		        (size_t)((const uint8_t *)memmem(b.data, b.len, "1101051949", 10) - b.data) / HF_SAMPLE_PIECE;

		assert_in_range(stopped, first, first + 1);
		assert_string_equal(hf_sample_found(s, &field)->detector->id, "cn.resident-id");
		assert_string_equal(field, "remark");
	} else {
		assert_int_equal(stopped, pieces);
		/* one byte in sixteen, all of a small table */
		assert_in_range(hf_sample_rows(s), pieces > 1 ? rows / 20 : rows - 1, pieces > 1 ? rows / 12 : rows);
	}
	hf_sample_free(s);
}

/* MK-15, DS-33 */
static void what_appears_in_a_harmless_field_stops_the_stream(void **state)
{
	struct hf_source_view v = view();

	(void)state;
	assert_null(hf_sample_new(&v, NULL, 0, NULL)); /* nobody has said anything */
	for (size_t i = 0; i < 3; i++)
		say(&v, fields[i].name, "none", HF_OK);
	watch(&v, 2000, 2000, false);
	watch(&v, 2000, 100, false);
	watch(&v, 100000, 100000, false);
	watch(&v, 100000, 60000, false);
	watch(&v, 100000, 100000, true);
	watch(&v, 100000, 60000, true);
	snprintf(fields[1].class.found, sizeof(fields[1].class.found),
	         "cn.resident-id"); /* who said it had seen that */
	watch(&v, 2000, 2000, false);
	say(&v, "remark", "cn.resident-id", HF_OK);
	struct hf_sample *s = hf_sample_new(&v, NULL, 0, NULL);
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	table(&b, 2000, 0, false);
	assert_int_equal(send_all(s, &b), 1); /* what is known to be sensitive is not what is watched */
	hf_sample_free(s);
}

static void in_gb18030(struct hf_buf *b)
{
	iconv_t cd = iconv_open("GB18030", "UTF-8");
	char *from = (char *)b->data, *out = hf_alloc(b->len + HF_CELL_SLACK), *to = out;
	size_t left = b->len, room = b->len;

	assert_true(cd != (iconv_t)-1);
	assert_true(iconv(cd, &from, &left, &to, &room) != (size_t)-1);
	iconv_close(cd);
	hf_buf_clear(b);
	assert_true(hf_buf_add(b, out, (size_t)(to - out)) && hf_buf_reserve(b, HF_CELL_SLACK));
	free(out);
}

/* A table of that many rows in Chinese; from `from` on its remark holds plates. Pieces are cut within characters, and
 * come in any order. */
static void watch_chinese(struct hf_source_view *v, size_t rows, size_t from, bool gb18030)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = {.max = (size_t)16 << 20};
	struct hf_sample *s = hf_sample_new(v, NULL, 0, NULL);
	const char *field;
	bool clean = true;
	size_t pieces;

	hf_buf_addf(&b, "no,remark,owner\n");
	for (size_t i = 0; i < rows; i++)
		hf_buf_addf(&b, i % 2 ? "%zu,%s,收费站\n" : "%zu,\"%s\",\"收费站, \"\"东\"\"\"\n", i,
		            i < from ? "正常通行，无异常情况"
		            : i % 3  ? "粤B12345"
		                     : "京A88888");
	if (gb18030)
		in_gb18030(&b);
	pieces = (b.len + HF_SAMPLE_PIECE - 1) / HF_SAMPLE_PIECE;
	for (size_t i = pieces; i-- > 0 && clean;) {
		size_t at = i * HF_SAMPLE_PIECE, left = b.len - at;

		clean = hf_sample_piece(s, i, b.data + at, left < HF_SAMPLE_PIECE ? left : HF_SAMPLE_PIECE);
	}
	assert_int_equal(clean, from >= rows);
	if (!clean) {
		assert_string_equal(hf_sample_found(s, &field)->detector->id, "cn.plate");
		assert_string_equal(field, "remark");
	}
	assert_true(hf_sample_rows(s) > 20);
	hf_sample_free(s);
}

/* MK-15, DS-33 */
static void what_appears_in_gb18030_stops_the_stream(void **state)
{
	struct hf_source_view v = view();

	(void)state;
	for (size_t i = 0; i < 3; i++)
		say(&v, fields[i].name, "none", HF_OK);
	for (int gb18030 = 0; gb18030 < 2; gb18030++) {
		watch_chinese(&v, 100000, 100000, gb18030);
		watch_chinese(&v, 100000, 60000, gb18030);
		watch_chinese(&v, 100, 60, gb18030);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(publication_waits_for_the_last_field),
	        cmocka_unit_test(another_look_keeps_what_was_said),
	        cmocka_unit_test(what_appears_in_a_harmless_field_stops_the_stream),
	        cmocka_unit_test(what_appears_in_gb18030_stops_the_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
