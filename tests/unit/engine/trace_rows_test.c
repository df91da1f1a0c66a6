/* trace_rows_test.c - the original of a release in batches: of long rows few are held at a time, and all are tried. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "release/engine/trace_rows.h"

#define ROWS 120u
#define LONG ((size_t)512 << 10)
#define HELD_MOST ((size_t)24 << 20) /* all rows are 60 MiB */

static const char plan_text[] =
        "masking-plan: 1\nname: tolls\nversion: 1\nneed: n\npurpose: p\nmode: static\n"
        "people: {operator: li, security: wang, audit: zhao}\nscope: {group: g, consumer: university}\n"
        "schedule: by hand\nresult: {rows-least: 0}\nrelations: []\ntables:\n  t:\n    fields:\n"
        "      code: {technique: denc}\n      remark: keep\n"
        "emergency:\n  source: {cause: a, solution: b, who: li}\n  format: {cause: a, solution: b, who: li}\n"
        "  key: {cause: a, solution: b, who: li}\n  result: {cause: a, solution: b, who: li}\n"
        "  space: {cause: a, solution: b, who: li}\n";
static const char *const header[] = {"code", "remark"};
static const struct hf_mask_key root = {"the root of all keys"};

static size_t held(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* The codes of all rows as the release has them. */
static struct hf_trace *leak_of(const struct hf_apply_setup *setup)
{
	struct hf_trace *t = hf_trace_new(header, 1);
	struct hf_fault f = {.code = HF_OK};
	struct hf_apply *a = NULL;
	struct hf_arena arena;

	hf_arena_init(&arena, NULL, 0);
	assert_int_equal(hf_apply_open(setup, &f, &a), HF_OK);
	for (unsigned i = 0; i < ROWS; i++) {
		char code[16];
		struct hf_bytes in[2] = {{(const uint8_t *)code, 0}, {NULL, 0}}, out[2];
		uint8_t drop = 0;

		in[0].len = (size_t)snprintf(code, sizeof(code), "C%u", i * 7);
		assert_int_equal(hf_apply_rows(a, &(struct hf_apply_batch){in, out, &drop, 1, i, &arena}, &f), HF_OK);
		assert_true(hf_trace_leaked(t, out));
	}
	hf_apply_close(a);
	hf_arena_done(&arena);
	return t;
}

static void long_rows_are_tried_a_few_at_a_time(void **state)
{
	struct hf_fault f = {.code = HF_OK};
	struct hf_plan *plan = NULL;
	char *line = hf_alloc(LONG + 64);

	(void)state;
	assert_int_equal(hf_plan_read("plan", plan_text, strlen(plan_text), &plan, &f), HF_OK);
	const struct hf_trace_release r = {.name = "tolls",
	                                   .recipient = "university",
	                                   .setup = {.plan = plan,
	                                             .table = "t",
	                                             .root = &root,
	                                             .scope = &plan->scope,
	                                             .header = header,
	                                             .header_count = 2}};
	struct hf_trace *t = leak_of(&r.setup);
	struct hf_trace_rows *rows = hf_trace_rows_new(t, &r);
	const size_t before = held();

	assert_int_equal(hf_trace_rows_feed(rows, "code,remark\n", 12, &f), HF_OK);
	for (unsigned i = 0; i < ROWS; i++) {
		/* Every other one in quotes. */
		int n = snprintf(line, 64, i % 2 ? "C%u,\"" : "C%u,", i * 7);

		memset(line + n, 'x', LONG);
		n = snprintf(line + n + LONG, 8, i % 2 ? "\"\n" : "\n") + n;
		assert_int_equal(hf_trace_rows_feed(rows, line, LONG + (size_t)n, &f), HF_OK);
		assert_in_range(held(), 0, before + HELD_MOST);
	}
	assert_int_equal(hf_trace_rows_end(rows, &f), HF_OK);
	hf_trace_rows_free(rows);
	json_t *report = hf_trace_report(t), *first = json_array_get(json_object_get(report, "releases"), 0);
	assert_string_equal(json_string_value(json_object_get(report, "verdict")), "named");
	assert_int_equal(json_integer_value(json_object_get(first, "only_here")), ROWS);
	json_decref(report);
	hf_trace_free(t);
	hf_plan_free(plan);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(long_rows_are_tried_a_few_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
