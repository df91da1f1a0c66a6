/* stream_test.c - a masked table is the same bytes whether it was made at one go or in parts, wherever they meet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "release/engine/stream.h"

#define ROWS 5000u

#define HEAD                                                                                                           \
	"masking-plan: 1\nname: parts\nversion: 1\nneed: n\npurpose: p\nmode: static\n"                                \
	"people: {operator: a, security: b, audit: c}\nscope: {group: g, consumer: x}\nschedule: by hand\n"            \
	"result: {rows-least: 1}\nrelations: []\ntables:\n  t:\n    fields:\n"
#define SCHEME(kind) "  " kind ": {cause: c, solution: s, who: w}\n"
#define TAIL "emergency:\n" SCHEME("source") SCHEME("format") SCHEME("key") SCHEME("result") SCHEME("space")

static const char rows_plan[] = HEAD "      n: keep\n      mobile: {technique: fpe, type: cn.mobile}\n"
                                     "      speed: {technique: noise, scale: 3}\n"
                                     "      name: {technique: mask, keep-first: 1}\n" TAIL;
static const char whole_plan[] = HEAD "      n: keep\n      mobile: {technique: shuf}\n      speed: keep\n"
                                      "      name: keep\n" TAIL;
static const struct hf_mask_key root = {{7}};

static enum hf_stream_form form; /* of both sides */
static unsigned workers;

struct part {
	struct hf_stream *stream;
	struct hf_fault f;
	const char *kind;
};

static enum hf_err take(void *ctx, const uint8_t *data, size_t len, struct hf_fault *f)
{
	(void)f;
	assert_true(hf_buf_add(ctx, data, len));
	return HF_OK;
}

static struct hf_plan *read_plan(const char *text)
{
	struct hf_fault f = {.code = HF_OK};
	struct hf_plan *p = NULL;

	if (hf_plan_read("plan", text, strlen(text), &p, &f) != HF_OK)
		fail_msg("%s", f.text);
	return p;
}

/* Quotes, line ends within quotes, both kinds of line ends, nulls. */
static void make_table(struct hf_buf *out)
{
	char line[160];

	assert_true(hf_buf_add(out, "n,mobile,speed,name\r\n", 21));
	for (unsigned i = 0; i < ROWS; i++) {
		int n = snprintf(line, sizeof(line), "%u,13%09u,%u.5,%s%s", i, (i * 7919u) % 1000000000u, i % 90,
		                 i % 3 == 0   ? "\"a \"\"b\"\",\nc\""
		                 : i % 3 == 1 ? ""
		                              : "plain",
		                 i % 5 ? "\n" : "\r\n");
		assert_true(hf_buf_add(out, line, (size_t)n));
	}
}

static void begin(struct part *p, const struct hf_plan *plan, const struct hf_stream_place *from, struct hf_buf *out)
{
	const struct hf_stream_setup s = {.plan = plan,
	                                  .table = "t",
	                                  .root = &root,
	                                  .in_form = form,
	                                  .out_form = form,
	                                  .from = from,
	                                  .workers = workers,
	                                  .write = take,
	                                  .write_ctx = out};

	*p = (struct part){.stream = hf_stream_new(&s)};
}

static void feed(struct part *p, const uint8_t *data, size_t len)
{
	for (size_t at = 0; at < len; at += 777) {
		size_t n = len - at < 777 ? len - at : 777;

		if (hf_stream_feed(p->stream, data + at, n, &p->f, &p->kind) != HF_OK)
			fail_msg("%s", p->f.text);
	}
}

static void end(struct part *p)
{
	if (hf_stream_end(p->stream, &p->f, &p->kind) != HF_OK)
		fail_msg("%s", p->f.text);
	hf_stream_free(p->stream);
}

static void make_lines(struct hf_buf *out)
{
	for (unsigned i = 0; i < ROWS; i++)
		assert_true(hf_buf_addf(out, "{\"n\":%u,\"mobile\":\"13%09u\",\"speed\":%u.5%s}%s\n", i,
		                        (i * 7919u) % 1000000000u, i % 90,
		                        i % 3 ? ", \"name\": \"\\u4f60\\n\\\"\"" : "", i % 5 ? "" : "\r"));
}

/* MK-46: stopped anywhere and continued by another process, the result is that of an uninterrupted run. */
static void parts_are_the_whole(void (*make)(struct hf_buf *))
{
	HF_CLEANUP(hf_buf_done) struct hf_buf in = HF_BUF_INIT, whole = HF_BUF_INIT;
	struct hf_plan *plan = read_plan(rows_plan);
	struct part p;

	make(&in);
	begin(&p, plan, NULL, &whole);
	feed(&p, in.data, in.len);
	end(&p);
	for (size_t cut = 30; cut < in.len; cut += in.len / 17) {
		HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
		struct hf_stream_place place, again;

		begin(&p, plan, NULL, &out);
		feed(&p, in.data, cut);
		assert_true(hf_stream_settle(p.stream, &place, &p.f, &p.kind));
		hf_stream_free(p.stream);
		assert_true(place.byte <= cut);
		begin(&p, plan, &place, &out);
		feed(&p, in.data, place.header_end);
		feed(&p, in.data + place.byte, (in.len - place.byte) / 2);
		assert_true(hf_stream_settle(p.stream, &again, &p.f, &p.kind));
		hf_stream_free(p.stream);
		begin(&p, plan, &again, &out);
		feed(&p, in.data, again.header_end);
		feed(&p, in.data + again.byte, in.len - again.byte);
		assert_int_equal(hf_stream_rows_in(p.stream) <= ROWS, 1);
		end(&p);
		assert_int_equal(out.len, whole.len);
		assert_memory_equal(out.data, whole.data, whole.len);
	}
	hf_plan_free(plan);
}

static void test_parts_are_the_whole(void **state)
{
	(void)state;
	parts_are_the_whole(make_table);
	form = HF_STREAM_LINES;
	parts_are_the_whole(make_lines);
	form = HF_STREAM_CSV;
}

/* Here and there a cell of hundreds of kilobytes, several of them in a row, so that few batches may be under way. */
static void make_long(struct hf_buf *out)
{
	static char name[700001];

	memset(name, 'x', sizeof(name) - 1);
	assert_true(hf_buf_add(out, "n,mobile,speed,name\n", 20));
	for (unsigned i = 0; i < ROWS; i++)
		assert_true(hf_buf_addf(out, "%u,13%09u,%u.5,\"%s\"\n", i, (i * 7919u) % 1000000000u, i % 90,
		                        i % 500 < 5 ? name : "a\nb"));
}

static void masked_by(unsigned threads, const struct hf_plan *plan, const struct hf_buf *in, struct hf_buf *out)
{
	struct part p;

	workers = threads;
	begin(&p, plan, NULL, out);
	feed(&p, in->data, in->len);
	end(&p);
	workers = 0;
}

/* MK-12: the result does not depend on how many threads mask, nor on how long the rows are. */
static void test_threads_change_nothing(void **state)
{
	void (*const make[])(struct hf_buf *) = {make_table, make_long};
	struct hf_plan *plan = read_plan(rows_plan);

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		HF_CLEANUP(hf_buf_done) struct hf_buf in = HF_BUF_INIT, one = HF_BUF_INIT, two = HF_BUF_INIT;

		make[i](&in);
		masked_by(1, plan, &in, &one);
		masked_by(HF_STREAM_WORKERS, plan, &in, &two);
		assert_true(one.len > in.len / 2);
		assert_int_equal(one.len, two.len);
		assert_memory_equal(one.data, two.data, one.len);
	}
	hf_plan_free(plan);
}

/* Whoever gives up in between leaves threads with work, which end. */
static void test_given_up(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf in = HF_BUF_INIT, out = HF_BUF_INIT;
	struct hf_plan *plan = read_plan(rows_plan);
	struct part p;

	(void)state;
	make_table(&in);
	workers = HF_STREAM_WORKERS;
	for (size_t cut = 100; cut < in.len; cut += in.len / 7) {
		begin(&p, plan, NULL, &out);
		feed(&p, in.data, cut);
		hf_stream_free(p.stream);
	}
	workers = 0;
	hf_plan_free(plan);
}

/* ---- what is left in memory ---- */

/* Nobody but the table has it: as it stands here it is not found. */
static void plain_name(char out[17])
{
	static const uint8_t turned[17] = "\x2f\x3a\x34\x2d\x3b\x24\x37\x29\x3e\x33\x28\x35\x2e\x39\x36\x25";

	for (unsigned i = 0; i < 16; i++)
		out[i] = (char)(turned[i] ^ 0x55);
	out[16] = 0;
}

static size_t count_in(const uint8_t *from, const uint8_t *to, const char *name)
{
	size_t count = 0;

	for (const uint8_t *at = from; (at = memmem(at, (size_t)(to - at), name + 1, 15)) != NULL; at++)
		count++;
	return count;
}

/* The places in memory that can be written to and hold it, but for the stack. */
static size_t left_in_memory(void)
{
	char line[512], rights[8], name[17];
	size_t count = 0;
	FILE *f = fopen("/proc/self/maps", "r");

	assert_non_null(f);
	plain_name(name);
	while (fgets(line, sizeof(line), f)) {
		uintptr_t from, to;

		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s", &from, &to, rights) == 3 && rights[0] == 'r' &&
		    rights[1] == 'w' && !strstr(line, "[stack]"))
			count += count_in((const uint8_t *)from, (const uint8_t *)to, name);
	}
	fclose(f);
	hf_wipe(name, sizeof(name));
	return count;
}

/* A sanitizer's own memory is as large as all there is. */
#ifdef HUFU_SANITIZED
#define SANITIZED true
#else
#define SANITIZED false
#endif

/* MK-2: of the plain table nothing is left in memory when it is masked, whatever grew on the way. */
static void test_nothing_plain_is_left(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf in = HF_BUF_INIT, out = HF_BUF_INIT;
	struct hf_plan *plan;
	char name[17];

	(void)state;
	if (SANITIZED)
		skip();
	plan = read_plan(rows_plan);
	plain_name(name);
	assert_true(hf_buf_reserve(&in, (size_t)8 << 20));
	assert_true(hf_buf_add(&in, "n,mobile,speed,name\n", 20));
	for (unsigned i = 0; i < ROWS; i++)
		assert_true(hf_buf_addf(&in, "%u,13%09u,1.5,\"%s%*s\"\n", i, i, name, i % 1000 ? 1 : 300000, name));
	assert_true(left_in_memory() >= ROWS);
	masked_by(HF_STREAM_WORKERS, plan, &in, &out);
	assert_true(out.len > ROWS);
	hf_wipe(in.data, in.cap);
	hf_wipe(name, sizeof(name));
	assert_int_equal(left_in_memory(), 0);
	hf_plan_free(plan);
}

static void test_a_whole_table_has_no_middle(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf in = HF_BUF_INIT, out = HF_BUF_INIT;
	struct hf_plan *plan = read_plan(whole_plan);
	struct hf_stream_place place;
	struct part p;

	(void)state;
	make_table(&in);
	begin(&p, plan, NULL, &out);
	feed(&p, in.data, in.len / 2);
	assert_false(hf_stream_settle(p.stream, &place, &p.f, &p.kind));
	feed(&p, in.data + in.len / 2, in.len - in.len / 2);
	assert_int_equal(hf_stream_rows_in(p.stream), ROWS);
	end(&p);
	hf_plan_free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_parts_are_the_whole),
	        cmocka_unit_test(test_threads_change_nothing),
	        cmocka_unit_test(test_given_up),
	        cmocka_unit_test(test_nothing_plain_is_left),
	        cmocka_unit_test(test_a_whole_table_has_no_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
