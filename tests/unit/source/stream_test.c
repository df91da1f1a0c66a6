/* stream_test.c - a file that grows as a source: places, segments, and files that no longer are the stream (MK-1). */
#include "source/stream.h"

#include "base/buf.h"
#include "crypto/crypto.h"
#include "unit/source/bench.h"

#define FIRST "{\"a\": 1, \"b\": \"x\"}\n"

static void append(struct bench *b, const void *data, size_t len)
{
	char path[200];
	FILE *out;

	snprintf(path, sizeof(path), "%s/s.jsonl", b->files);
	out = fopen(path, "a");
	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

static void say(struct bench *b, const char *text)
{
	append(b, text, strlen(text));
}

static void begin(struct bench *b)
{
	struct hf_fault f = {HF_OK, ""};

	bench_open(b);
	if (bench_add_file(b, "s", "stream", bench_text(b, "s.jsonl", FIRST), &f) != HF_OK)
		fail_msg("%s", f.text);
}

static enum hf_err open_at(struct bench *b, struct hf_follow_segment *seg, struct hf_source_reader **ret_r,
                           const char *says)
{
	struct hf_fault f = {HF_OK, ""};
	enum hf_err e = hf_follow_open(b->sources, "s", seg, ret_r, &f), w;

	w = hf_follow_waits(b->sources, "s", &seg->from, NULL);
	if (e == HF_OK || e == HF_E_BUSY)
		assert_int_equal(w, e);
	if (says && !strstr(f.text, says))
		fail_msg("%s", f.text);
	if (strstr(f.text, b->files))
		fail_msg("a path for others to read: %s", f.text);
	return e;
}

/* Takes what stands behind *place, which is want as a table, and moves *place on. */
static void take(struct bench *b, struct hf_follow_place *place, const char *want)
{
	struct hf_follow_segment seg = {.from = *place};
	struct hf_source_reader *r = NULL;
	struct hf_buf got = HF_BUF_INIT;

	assert_int_equal(open_at(b, &seg, &r, NULL), HF_OK);
	bench_read_all(r, &got);
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.data, want, got.len);
	assert_int_equal(hf_source_reader_bytes(r), got.len);
	assert_int_equal(seg.rows, hf_source_reader_rows(r));
	hf_source_reader_close(r);
	hf_buf_done(&got);
	assert_true(seg.to.at > place->at);
	*place = seg.to;
}

static void waits(struct bench *b, const struct hf_follow_place *place)
{
	struct hf_follow_segment seg = {.from = *place};
	struct hf_source_reader *r = NULL;

	assert_int_equal(open_at(b, &seg, &r, "nothing new"), HF_E_BUSY);
}

static void whole_lines_go_out_as_they_come(void **state)
{
	static const char *const one[] = {"b"};
	struct hf_follow_place place = {.at = 0};
	struct hf_follow_segment seg = {.fields = one, .field_count = 1};
	struct hf_source_reader *r = NULL;
	struct hf_buf got = HF_BUF_INIT;
	struct bench b;

	(void)state;
	begin(&b);
	take(&b, &place, "a,b\n1,x\n");
	waits(&b, &place);
	say(&b, "{\"a\": 2, ");
	waits(&b, &place); /* half a line */
	say(&b, "\"b\": \"\"}\n{\"a\": 3}\n{\"b\":");
	take(&b, &place, "a,b\n2,\"\"\n3,\n");
	waits(&b, &place);
	say(&b, " \"y\"}\n");
	take(&b, &place, "a,b\n,y\n");
	assert_int_equal(hf_source_test(b.sources, "s", NULL), HF_OK); /* it has grown, and is still what was scanned */
	assert_int_equal(open_at(&b, &seg, &r, NULL), HF_OK);
	bench_read_all(r, &got);
	assert_int_equal(got.len, strlen("b\nx\n\"\"\n\ny\n"));
	hf_source_reader_close(r);
	hf_buf_done(&got);
	bench_assert_table(&b, "s", NULL, 0, "a,b\n1,x\n2,\"\"\n3,\n,y\n"); /* as a table, up to now */
	bench_close(&b);
}

static void segments_are_bounded_and_leave_nothing_out(void **state)
{
	struct hf_follow_place place = {.at = 0};
	struct hf_buf lines = HF_BUF_INIT;
	uint64_t rows = 0;
	unsigned segments = 0;
	struct bench b;

	(void)state;
	begin(&b);
	for (unsigned i = 0; i < 200000; i++)
		hf_buf_addf(&lines, "{\"a\": %u, \"b\": \"z\"}\n", i);
	append(&b, lines.data, lines.len);
	while (place.at < strlen(FIRST) + lines.len) {
		struct hf_follow_segment seg = {.from = place};
		struct hf_source_reader *r = NULL;

		assert_int_equal(open_at(&b, &seg, &r, NULL), HF_OK);
		assert_true(seg.to.at - place.at <= HF_FOLLOW_SEGMENT);
		rows += seg.rows;
		place = seg.to;
		hf_source_reader_close(r);
		segments++;
	}
	assert_int_equal(rows, 200001);
	assert_true(segments >= 4);
	hf_buf_done(&lines);
	bench_close(&b);
}

/* Of 250 fields, most lack 249: a few bytes of line are 250 of table. */
static void begin_wide(struct bench *b)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_buf line = HF_BUF_INIT;

	bench_open(b);
	for (unsigned i = 0; i < 250; i++)
		hf_buf_addf(&line, "%s\"f%u\": 1", i ? ", " : "{", i);
	hf_buf_addf(&line, "}\n");
	hf_buf_addf(&line, "%c", '\0');
	if (bench_add_file(b, "s", "stream", bench_text(b, "s.jsonl", (const char *)line.data), &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_buf_done(&line);
}

static void say_wide(struct bench *b, unsigned from, unsigned to)
{
	struct hf_buf lines = HF_BUF_INIT;

	for (unsigned i = from; i < to; i++)
		hf_buf_addf(&lines, "{\"f0\":%u}\n", i);
	append(b, lines.data, lines.len);
	hf_buf_done(&lines);
}

/* The number in the first cell of each row is that of the row, and nothing was left out. */
static uint64_t count_on(struct hf_source_reader *r, uint64_t next)
{
	struct hf_buf got = HF_BUF_INIT;
	const char *at, *end;

	bench_read_all(r, &got);
	assert_true(got.len <= HF_FOLLOW_TABLE);
	at = memchr(got.data, '\n', got.len);
	end = (const char *)got.data + got.len;
	for (at++; at < end; at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1)
		assert_int_equal(strtoull(at, NULL, 10), next++);
	hf_buf_done(&got);
	return next;
}

static void what_is_a_larger_table_than_a_segment_goes_in_parts(void **state)
{
	struct hf_follow_segment seg = {.from = {.at = 0}}, again;
	struct hf_source_stamp first, second;
	struct hf_source_reader *r = NULL;
	uint64_t next = 1;
	struct bench b;

	(void)state;
	begin_wide(&b);
	say_wide(&b, 2, 90000);
	for (unsigned segments = 0; next < 90000; segments++) {
		assert_int_equal(open_at(&b, &seg, &r, NULL), HF_OK);
		assert_true(segments < 10);
		hf_source_reader_stamp(r, &first);
		next = count_on(r, next);
		hf_source_reader_close(r);
		say_wide(&b, 90000, segments == 0 ? 90001 : 90000);
		again = (struct hf_follow_segment){.from = seg.from, .to = seg.to};
		assert_int_equal(open_at(&b, &again, &r, NULL), HF_OK); /* as after a restart */
		hf_source_reader_stamp(r, &second);
		assert_true(hf_source_stamp_same(&first, &second));
		assert_int_equal(again.rows, seg.rows);
		hf_source_reader_close(r);
		seg = (struct hf_follow_segment){.from = seg.to};
	}
	assert_int_equal(next, 90001);
	waits(&b, &seg.from);
	bench_close(&b);
}

/* The half that fits may end within the first message. */
static void a_long_message_before_many_short_ones_goes_alone(void **state)
{
	struct hf_follow_segment seg = {.from = {.at = 0}};
	struct hf_source_reader *r = NULL;
	struct hf_buf line = HF_BUF_INIT, shorts = HF_BUF_INIT;
	const uint64_t rows[] = {1, 60000, 60000};
	struct bench b;
	uint64_t first;

	(void)state;
	begin_wide(&b);
	assert_int_equal(open_at(&b, &seg, &r, NULL), HF_OK);
	hf_source_reader_close(r);
	hf_buf_addf(&line, "{\"f0\": \"");
	for (unsigned i = 0; i < 65536; i++)
		hf_buf_addf(&line, "\\\"%s", "0123456");
	hf_buf_addf(&line, "\"}\n");
	append(&b, line.data, line.len);
	for (unsigned i = 0; i < 120000; i++)
		hf_buf_addf(&shorts, "{}\n");
	append(&b, shorts.data, shorts.len);
	assert_true(line.len + shorts.len < HF_FOLLOW_SEGMENT && line.len > HF_FOLLOW_SEGMENT / 2);
	seg = (struct hf_follow_segment){.from = seg.to};
	first = seg.from.at;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(open_at(&b, &seg, &r, NULL), HF_OK);
		hf_source_reader_close(r);
		assert_int_equal(seg.rows, rows[i]);
		if (i == 0)
			assert_int_equal(seg.to.at, first + line.len);
		seg = (struct hf_follow_segment){.from = seg.to};
	}
	waits(&b, &seg.from);
	hf_buf_done(&shorts);
	hf_buf_done(&line);
	bench_close(&b);
}

static void the_same_messages_are_the_same_bytes_again(void **state)
{
	struct hf_follow_segment seg = {.from = {.at = 0}}, again, other;
	struct hf_source_stamp first, second;
	struct hf_source_reader *r = NULL;
	struct bench b;

	(void)state;
	begin(&b);
	assert_int_equal(open_at(&b, &seg, &r, NULL), HF_OK);
	hf_source_reader_stamp(r, &first);
	hf_source_reader_close(r);
	say(&b, "{\"a\": 9}\n");
	again = (struct hf_follow_segment){.from = seg.from, .to = seg.to};
	assert_int_equal(open_at(&b, &again, &r, NULL), HF_OK); /* up to where it was, though there is more */
	hf_source_reader_stamp(r, &second);
	hf_source_reader_close(r);
	assert_true(hf_source_stamp_same(&first, &second));
	other = (struct hf_follow_segment){.from = seg.from};
	assert_int_equal(open_at(&b, &other, &r, NULL), HF_OK);
	hf_source_reader_stamp(r, &second);
	hf_source_reader_close(r);
	assert_false(hf_source_stamp_same(&first, &second));
	bench_close(&b);
}

static void refused(struct bench *b, const struct hf_follow_place *place, enum hf_err want, const char *says)
{
	struct hf_follow_segment seg = {.from = *place};
	struct hf_source_reader *r = NULL;

	assert_int_equal(open_at(b, &seg, &r, says), want);
}

static void another_file_is_not_gone_on_with(void **state)
{
	struct hf_follow_place place = {.at = 0}, forged;
	char path[200], moved[220];
	struct bench b;

	(void)state;
	begin(&b);
	say(&b, "{\"a\": 2}\n");
	take(&b, &place, "a,b\n1,x\n2,\n");
	forged = place;
	forged.check[7] ^= 1;
	refused(&b, &forged, HF_E_SOURCE_CHANGED, "not the one that was followed");
	forged = place;
	forged.at -= 2; /* within a line */
	refused(&b, &forged, HF_E_SOURCE_CHANGED, "not the one that was followed");
	forged.at = UINT64_MAX / 2;
	refused(&b, &forged, HF_E_SOURCE_CHANGED, "not the one that was followed");
	snprintf(path, sizeof(path), "%s/s.jsonl", b.files);
	assert_int_equal(truncate(path, 4), 0);
	refused(&b, &place, HF_E_SOURCE_CHANGED, "became shorter");
	say(&b, "                                                  \n{\"a\": 5}\n"); /* as long again, and longer */
	refused(&b, &place, HF_E_SOURCE_CHANGED, "not the one that was followed");
	snprintf(moved, sizeof(moved), "%s.1", path);
	assert_int_equal(rename(path, moved), 0);
	refused(&b, &place, HF_E_SOURCE_CHANGED, "cannot be opened");
	say(&b, FIRST FIRST FIRST); /* rotated */
	refused(&b, &place, HF_E_SOURCE_CHANGED, "not the one that was followed");
	place.at = 0;
	refused(&b, &place, HF_E_SOURCE_CHANGED, "not the one that was followed"); /* nor begun with before a scan */
	bench_close(&b);
}

static void what_is_no_message_stops_it_and_says_where(void **state)
{
	struct hf_follow_place place = {.at = 0}, behind;
	struct hf_buf line = HF_BUF_INIT;
	char path[200];
	struct bench b;

	(void)state;
	begin(&b);
	take(&b, &place, "a,b\n1,x\n");
	behind = place;
	snprintf(path, sizeof(path), "%s/s.jsonl", b.files);
	say(&b, "[1, 2]\n");
	refused(&b, &behind, HF_E_FORMAT, "behind byte 19");
	assert_int_equal(truncate(path, (off_t)place.at), 0);
	say(&b, "{\"a\": 1, \"owner\": \"someone\"}\n");
	refused(&b, &behind, HF_E_SOURCE_CHANGED, NULL);
	assert_int_equal(truncate(path, (off_t)place.at), 0);
	assert_true(hf_buf_reserve(&line, (size_t)10 << 20));
	memset(line.data, 'x', (size_t)10 << 20);
	append(&b, line.data, (size_t)10 << 20);
	refused(&b, &behind, HF_E_FORMAT, "longer than 1048576 bytes");
	hf_buf_done(&line);
	bench_close(&b);
}

static void a_stream_begins_with_a_message(void **state)
{
	struct hf_fault f;
	struct bench b;

	(void)state;
	bench_open(&b);
	assert_int_equal(bench_add_file(&b, "s", "stream", bench_text(&b, "s.jsonl", "{\"a\": "), &f), HF_E_FORMAT);
	assert_non_null(strstr(f.text, "no whole message yet"));
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(whole_lines_go_out_as_they_come),
	        cmocka_unit_test(segments_are_bounded_and_leave_nothing_out),
	        cmocka_unit_test(what_is_a_larger_table_than_a_segment_goes_in_parts),
	        cmocka_unit_test(a_long_message_before_many_short_ones_goes_alone),
	        cmocka_unit_test(the_same_messages_are_the_same_bytes_again),
	        cmocka_unit_test(another_file_is_not_gone_on_with),
	        cmocka_unit_test(what_is_no_message_stops_it_and_says_where),
	        cmocka_unit_test(a_stream_begins_with_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
