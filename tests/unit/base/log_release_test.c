/* log_release_test.c - the log as a release build has it: this file compiles log.c itself, without assertions. */
#ifndef NDEBUG
#define NDEBUG
#endif
#include "base/log.c"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int64_t zero(void *ctx)
{
	(void)ctx;
	return 0;
}

/* DS-93: debug output does not exist in a release build, even when the debug level is asked for. */
static void a_release_build_writes_no_debug_line(void **state)
{
	const struct hf_clock clock = {zero, zero, NULL};
	char line[HF_LOG_LINE_MAX];
	struct hf_log *log;
	int ends[2], evaluated = 0;

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	log = hf_log_new(ends[1], &clock, "n", HF_LOG_DEBUG);
	HF_LOG(log, HF_LOG_DEBUG, "m", "e", NULL, HF_LOG_I("value", ++evaluated));
	hf_log_write(log, HF_LOG_DEBUG, "m", "e", NULL, NULL, 0);
	assert_int_equal(read(ends[0], line, sizeof(line)), -1);
	assert_int_equal(evaluated, 0);
	HF_LOG(log, HF_LOG_INFO, "m", "e", NULL);
	assert_true(read(ends[0], line, sizeof(line)) > 0);
	hf_log_free(log);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_release_build_writes_no_debug_line)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
