/* log_test.c - one JSON object a line, whatever is put in, and no way to put data in. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/base.h"
#include "crypto/crypto.h"

static int64_t fixed_now(void *ctx)
{
	(void)ctx;
	return 1795315259123;
}

static const struct hf_clock fixed = {fixed_now, fixed_now, NULL};

struct capture {
	int pipe[2];
	struct hf_log *log;
	char line[HF_LOG_LINE_MAX + 1];
};

static void open_capture(struct capture *c, enum hf_log_level level)
{
	assert_int_equal(pipe2(c->pipe, O_NONBLOCK), 0);
	c->log = hf_log_new(c->pipe[1], &fixed, "transport", level);
}

static void close_capture(struct capture *c)
{
	hf_log_free(c->log);
	close(c->pipe[0]);
	close(c->pipe[1]);
}

/* A packet of one read is one write of at most PIPE_BUF; NULL when nothing was logged. The line must be the whole
 * content. */
static json_t *next(struct capture *c)
{
	ssize_t n = read(c->pipe[0], c->line, sizeof(c->line) - 1);
	json_t *object;

	if (n <= 0)
		return NULL;
	c->line[n] = '\0';
	assert_int_equal(c->line[n - 1], '\n');
	assert_ptr_equal(strchr(c->line, '\n'), c->line + n - 1);
	object = json_loads(c->line, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(object);
	return object;
}

static const char *text(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void a_line_has_time_level_node_module_event_trace_and_fields(void **state)
{
	struct capture c;
	struct hf_id id;
	json_t *line, *fields;

	(void)state;
	open_capture(&c, HF_LOG_INFO);
	assert_true(hf_id_parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f", &id));
	HF_LOG(c.log, HF_LOG_WARN, "exchange", "transfer-refused", &id, HF_LOG_S("peer", "health"),
	       HF_LOG_I("bytes", -7), HF_LOG_E(HF_E_GRANT_EXPIRED));
	line = next(&c);
	assert_string_equal(text(line, "ts"), "2026-11-22T02:40:59.123Z");
	assert_string_equal(text(line, "level"), "warn");
	assert_string_equal(text(line, "node"), "transport");
	assert_string_equal(text(line, "module"), "exchange");
	assert_string_equal(text(line, "event"), "transfer-refused");
	assert_string_equal(text(line, "trace"), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
	fields = json_object_get(line, "fields");
	assert_string_equal(text(fields, "peer"), "health");
	assert_int_equal(json_integer_value(json_object_get(fields, "bytes")), -7);
	assert_string_equal(text(fields, "reason"), "grant-expired");
	json_decref(line);
	HF_LOG(c.log, HF_LOG_ALARM, "store", "commit-failed", NULL);
	line = next(&c);
	assert_null(json_object_get(line, "trace"));
	assert_string_equal(text(line, "level"), "alarm");
	assert_int_equal(json_object_size(json_object_get(line, "fields")), 0);
	json_decref(line);
	close_capture(&c);
}

static void levels_below_the_chosen_one_are_silent(void **state)
{
	struct capture c;

	(void)state;
	open_capture(&c, HF_LOG_WARN);
	HF_LOG(c.log, HF_LOG_INFO, "m", "e", NULL);
	HF_LOG(c.log, HF_LOG_DEBUG, "m", "e", NULL);
	HF_LOG(NULL, HF_LOG_ALARM, "m", "e", NULL);
	assert_null(next(&c));
	close_capture(&c);
}

static void nothing_can_end_the_string_or_the_line_or_command_a_terminal(void **state)
{
	const char *hostile = "a\"b\\c\nd\re\tf\x01g\x1b[31m\x7f\xC2\x9B"
	                      "31m\xE2\x80\xA8"
	                      "\xE8\x99\x8E\xC0\xAF\xFF";
	const char *expected = "a\"b\\c\nd\re\tf\x01g\x1b[31m\x7f\xC2\x9B"
	                       "31m\xE2\x80\xA8"
	                       "\xE8\x99\x8E\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD";
	struct capture c;
	json_t *line;

	(void)state;
	open_capture(&c, HF_LOG_INFO);
	HF_LOG(c.log, HF_LOG_INFO, "m", "e", NULL, HF_LOG_S("name", hostile), HF_LOG_S("none", NULL));
	line = next(&c);
	assert_string_equal(text(json_object_get(line, "fields"), "name"), expected);
	assert_string_equal(text(json_object_get(line, "fields"), "none"), "");
	for (const unsigned char *p = (const unsigned char *)c.line; *p != '\n'; p++)
		assert_true(*p >= 0x20 && *p != 0x7f);
	assert_null(strstr(c.line, "\xC2\x9B"));
	json_decref(line);
	close_capture(&c);
}

static void a_long_text_is_cut_and_fields_that_do_not_fit_are_left_out(void **state)
{
	struct hf_log_field many[40];
	struct capture c;
	char huge[3000];
	json_t *line, *fields;

	(void)state;
	memset(huge, 'x', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	open_capture(&c, HF_LOG_INFO);
	HF_LOG(c.log, HF_LOG_INFO, "m", "e", NULL, HF_LOG_S("huge", huge));
	line = next(&c);
	assert_int_equal(strlen(text(json_object_get(line, "fields"), "huge")), 515);
	json_decref(line);
	static const char *const keys[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};

	for (size_t i = 0; i < 10; i++)
		many[i] = HF_LOG_S(keys[i], huge);
	hf_log_write(c.log, HF_LOG_INFO, "m", "e", NULL, many, 10);
	line = next(&c);
	fields = json_object_get(line, "fields");
	assert_true(json_object_size(fields) >= 6 && json_object_size(fields) < 10);
	assert_true(json_is_true(json_object_get(line, "cut")));
	assert_true(strlen(c.line) <= HF_LOG_LINE_MAX);
	json_decref(line);
	close_capture(&c);
}

struct writer {
	struct hf_log *log;
	int64_t number;
};

static void write_many(void *arg)
{
	struct writer *w = arg;

	for (int i = 0; i < 2000; i++)
		HF_LOG(w->log, HF_LOG_INFO, "m", "e", NULL, HF_LOG_I("writer", w->number), HF_LOG_I("i", i));
}

static void many_threads_never_mix_their_lines(void **state)
{
	char path[] = "/tmp/hufu-log-XXXXXX", line[HF_LOG_LINE_MAX + 2];
	int fd = mkostemp(path, O_APPEND);
	struct hf_log *log = hf_log_new(fd, &fixed, "n", HF_LOG_INFO);
	struct writer writers[4];
	uv_thread_t threads[4];
	FILE *f = fopen(path, "r");
	int lines = 0;

	(void)state;
	for (int i = 0; i < 4; i++) {
		writers[i] = (struct writer){log, i};
		assert_int_equal(uv_thread_create(&threads[i], write_many, &writers[i]), 0);
	}
	for (int i = 0; i < 4; i++)
		uv_thread_join(&threads[i]);
	for (; fgets(line, sizeof(line), f); lines++) {
		json_t *object = json_loads(line, 0, NULL);

		assert_non_null(object);
		json_decref(object);
	}
	assert_int_equal(lines, 8000);
	fclose(f);
	hf_log_free(log);
	close(fd);
	unlink(path);
}

/* DS-94: there is no call of the log that formats free text, so that a data value cannot be worked into a line. */
static void the_log_takes_fields_only_and_no_free_text(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf header = HF_BUF_INIT;

	(void)state;
	assert_int_equal(hf_file_read(HUFU_SOURCE_DIR "/node/base/log.h", 1u << 20, &header), HF_OK);
	assert_null(strstr((char *)header.data, "printf"));
	assert_null(strstr((char *)header.data, "va_list"));
	assert_null(strstr((char *)header.data, "fmt"));
	assert_null(strstr((char *)header.data, "void *data"));
}

static void drop(void *ctx, struct hf_draft *take)
{
	struct hf_draft **kept = ctx;

	*kept = take;
}

/* DS-94: what an alarm says about its object goes into the ledger draft and never into the log. */
static void the_marker_in_an_alarm_never_reaches_the_log(void **state)
{
	struct hf_draft *draft = NULL;
	struct capture c;
	struct hf_base base = {.clock = fixed, .audit = {drop, &draft}, .metrics = hf_metrics_new()};
	struct hf_id txn = hf_id_new(1);
	const void *data;
	size_t len;
	json_t *line;

	(void)state;
	open_capture(&c, HF_LOG_DEBUG);
	base.log = c.log;
	hf_alarm(&base, "source-changed", &txn, "row %s does not match", "MARKER-4711");
	line = next(&c);
	assert_string_equal(text(line, "level"), "alarm");
	assert_string_equal(text(json_object_get(line, "fields"), "kind"), "source-changed");
	assert_null(strstr(c.line, "MARKER-4711"));
	json_decref(line);
	assert_null(next(&c));
	assert_int_equal(hf_metrics_get(base.metrics, "alarms"), 1);
	assert_int_equal(hf_draft_event(draft), HF_EVENT_ALARM);
	assert_null(hf_draft_txn_get(draft)); /* beside the transaction, which others must be able to prove */
	assert_true(hf_draft_get(draft, HF_FIELD_OBJECT, &data, &len));
	assert_true(hf_draft_get(draft, HF_FIELD_ALARM, &data, &len));
	assert_memory_equal(data, "source-changed", len);
	assert_true(hf_draft_get(draft, HF_FIELD_DETAIL, &data, &len));
	assert_int_equal(len, strlen("row MARKER-4711 does not match"));
	assert_memory_equal(data, "row MARKER-4711 does not match", len);
	hf_draft_free(draft);
	hf_metrics_free(base.metrics);
	close_capture(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_line_has_time_level_node_module_event_trace_and_fields),
	        cmocka_unit_test(levels_below_the_chosen_one_are_silent),
	        cmocka_unit_test(nothing_can_end_the_string_or_the_line_or_command_a_terminal),
	        cmocka_unit_test(a_long_text_is_cut_and_fields_that_do_not_fit_are_left_out),
	        cmocka_unit_test(many_threads_never_mix_their_lines),
	        cmocka_unit_test(the_log_takes_fields_only_and_no_free_text),
	        cmocka_unit_test(the_marker_in_an_alarm_never_reaches_the_log),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
