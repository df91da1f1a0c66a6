/* check_test.c - what is checked of a result before it is released, without a task around it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "release/work.h"

static const char plan[] =
        "masking-plan: 1\nname: tolls\nversion: 1\nneed: research\npurpose: research\nmode: static\n"
        "people: {operator: sun, security: zhou, audit: gao}\nscope: {group: tolls, epoch: 1}\n"
        "schedule: by hand\nrelations: []\nresult: {rows-least: 1, rows-most: 3, unreadable-most: 1}\n"
        "tables:\n  passages:\n    fields:\n      lane: keep\n      fee: {technique: round, step: 5}\n"
        "emergency:\n  source: {cause: a, solution: b, who: sun}\n  format: {cause: a, solution: b, who: sun}\n"
        "  key: {cause: a, solution: b, who: zhou}\n  result: {cause: a, solution: b, who: zhou}\n"
        "  space: {cause: a, solution: b, who: sun}\n";

/* The check of a result of those bytes. */
static struct release_check *check_of(const char *result, uint64_t rows, uint64_t unreadable)
{
	struct release_check *c = hf_alloc_zero(sizeof(*c));
	struct hf_fault f;
	int fd;

	snprintf(c->part, sizeof(c->part), "/tmp/hufu-check-XXXXXX");
	fd = mkstemp(c->part);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, result, strlen(result)), (ssize_t)strlen(result));
	close(fd);
	assert_int_equal(hf_plan_read("tolls.yaml", plan, strlen(plan), &c->plan, &f), HF_OK);
	snprintf(c->table, sizeof(c->table), "passages");
	c->counts = hf_alloc_zero(2 * sizeof(*c->counts));
	c->count = 2;
	snprintf(c->counts[0].field, sizeof(c->counts[0].field), "lane");
	snprintf(c->counts[0].technique, sizeof(c->counts[0].technique), "keep");
	snprintf(c->counts[1].field, sizeof(c->counts[1].field), "fee");
	snprintf(c->counts[1].technique, sizeof(c->counts[1].technique), "round");
	c->counts[1].unreadable = unreadable;
	c->rows_in = c->rows_out = rows;
	release_check_work(c);
	unlink(c->part);
	return c;
}

static void assert_fails(struct release_check *take, const char *kind, const char *part)
{
	assert_int_not_equal(take->e, HF_OK);
	assert_string_equal(take->kind, kind);
	if (!strstr(take->f.text, part))
		fail_msg("'%s' does not say '%s'", take->f.text, part);
	assert_null(take->evaluation);
	release_check_free(take);
}

/* MK-41, MK-47, MK-48: the result is as the plan expects, and is what was looked at. */
static void test_a_result_that_cannot_be_evaluated_fails(void **state)
{
	struct release_check *c = check_of("lane,fee\n1,5\n2,10\n", 2, 1);

	(void)state;
	assert_int_equal(c->e, HF_OK);
	assert_int_equal(json_integer_value(json_object_get(c->evaluation, "sample_rows")), 2);
	release_check_free(c);
	assert_fails(check_of("", 2, 0), "result", "cannot be read back");
	assert_fails(check_of("lane,fee\n1,5\n", 0, 0), "result", "0 rows; the plan expects 1 to 3");
	assert_fails(check_of("lane,fee\n1,5\n", 4, 0), "result", "4 rows; the plan expects 1 to 3");
	assert_fails(check_of("lane,fee\n1,5\n", 1, 2), "result", "2 values are not of the type");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_a_result_that_cannot_be_evaluated_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
