/* The operator's scanner (DS-100): each verdict, each way not to be examined, two at a time, and an end in the middle.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "source/scanner.h"

#define SCANS 6

struct stage {
	uv_loop_t loop;
	struct hf_base base;
	struct hf_scanner *scanner;
	struct told {
		struct stage *stage;
		enum hf_err e;
		char text[300];
		bool ended;
	} told[SCANS];
	unsigned ended;
};

/* Scans by `sh -c SCRIPT sh PATH`. */
static void begin(struct stage *s, const char *script, uint32_t seconds)
{
	const char *const words[] = {"/bin/sh", "-c", script, "sh"};
	const struct hf_scanner_config cfg = {words, 4, seconds};
	struct hf_fault f = {HF_OK, ""};
	memset(s, 0, sizeof(*s));
	assert_int_equal(uv_loop_init(&s->loop), 0);
	s->base.loop = &s->loop;
	assert_int_equal(hf_scanner_open(&s->base, &cfg, &s->scanner, &f), HF_OK);
	assert_non_null(s->scanner);
}

static void end(struct stage *s)
{
	hf_scanner_stop(s->scanner);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	hf_scanner_free(s->scanner);
	assert_int_equal(uv_loop_close(&s->loop), 0);
}

static void on_scan(void *ctx, enum hf_err e, const char *text)
{
	struct told *t = ctx;
	assert_false(t->ended);
	t->ended = true;
	t->e = e;
	t->stage->ended++;
	snprintf(t->text, sizeof(t->text), "%s", text);
}

static struct told *scan(struct stage *s, unsigned n, const char *path)
{
	s->told[n].stage = s;
	hf_scan(s->scanner, path, on_scan, &s->told[n]);
	assert_false(s->told[n].ended); /* never from inside the call */
	return &s->told[n];
}

static void each_status_has_its_verdict(void **state)
{
	static const struct {
		const char *path;
		enum hf_err e;
		const char *word;
	} cases[] = {{"0", HF_OK, ""},
	             {"1", HF_E_MALICIOUS, "harmful"},
	             {"2", HF_E_SCANNER, "status 2"},
	             {"127", HF_E_SCANNER, "status 127"},
	             {"killed", HF_E_SCANNER, "signal 9"}};
	struct stage s;
	(void)state;
	begin(&s, "[ \"$1\" = killed ] && kill -9 $$; exit \"$1\"", 0);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		scan(&s, i, cases[i].path);
	uv_run(&s.loop, UV_RUN_DEFAULT);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(s.told[i].e, cases[i].e);
		assert_non_null(strstr(s.told[i].text, cases[i].word));
	}
	end(&s);
}

/* Also what it has started itself. */
static void what_takes_too_long_is_ended_and_counts_as_not_examined(void **state)
{
	struct stage s;
	(void)state;
	begin(&s, "sleep 1000 & wait", 1);
	struct told *t = scan(&s, 0, "x");
	uv_run(&s.loop, UV_RUN_DEFAULT);
	assert_int_equal(t->e, HF_E_SCANNER);
	assert_non_null(strstr(t->text, "within 1 seconds"));
	end(&s);
}

static void an_end_of_the_node_ends_what_runs_and_what_waits(void **state)
{
	struct stage s;
	(void)state;
	begin(&s, "sleep 1000", 0);
	for (unsigned i = 0; i < SCANS - 1; i++)
		scan(&s, i, "x");
	uv_run(&s.loop, UV_RUN_NOWAIT);
	hf_scanner_stop(s.scanner);
	scan(&s, SCANS - 1, "x"); /* too late */
	uv_run(&s.loop, UV_RUN_DEFAULT);
	for (unsigned i = 0; i < SCANS; i++)
		assert_int_equal(s.told[i].e, HF_E_CANCELLED);
	end(&s);
}

/* ---- data without a file ---- */

struct feeding {
	size_t pieces, given;
	enum hf_err fails; /* with the last piece */
};

static enum hf_err fill(void *ctx, uint8_t *out, size_t cap, size_t *ret_len)
{
	struct feeding *f = ctx;
	if (f->given == f->pieces)
		return f->fails;
	memset(out, 'x', cap);
	memcpy(out, f->given == 0 ? "begin" : "later", 5);
	*ret_len = cap;
	f->given++;
	return HF_OK;
}

static struct told *scan_fed(struct stage *s, unsigned n, struct feeding *f)
{
	s->told[n].stage = s;
	hf_scan_fed(s->scanner, fill, f, on_scan, &s->told[n]);
	assert_false(s->told[n].ended);
	return &s->told[n];
}

/* DS-85, DS-100: it reads all of what is kept sealed from its input. */
static void data_without_a_file_comes_on_the_input(void **state)
{
	struct feeding f = {.pieces = 5}, none = {.pieces = 0};
	struct stage s;
	(void)state;
	begin(&s, "test \"$1\" = /dev/stdin && test $(wc -c <\"$1\") = 5242880", 0);
	struct told *t = scan_fed(&s, 0, &f);
	uv_run(&s.loop, UV_RUN_DEFAULT);
	assert_int_equal(t->e, HF_OK);
	t = scan_fed(&s, 1, &none);
	uv_run(&s.loop, UV_RUN_DEFAULT);
	assert_int_equal(t->e, HF_E_MALICIOUS); /* the test of the script says no: 1 */
	end(&s);
}

static void a_scanner_that_has_seen_enough_closes_its_input(void **state)
{
	struct feeding f = {.pieces = 1000};
	struct stage s;
	(void)state;
	begin(&s, "head -c 5 | grep -q begin && exit 1", 0);
	struct told *t = scan_fed(&s, 0, &f);
	uv_run(&s.loop, UV_RUN_DEFAULT);
	assert_int_equal(t->e, HF_E_MALICIOUS);
	assert_true(f.given < f.pieces);
	end(&s);
}

static void what_cannot_be_read_back_was_not_examined(void **state)
{
	struct feeding f = {.pieces = 2, .fails = HF_E_DIGEST};
	struct stage s;
	(void)state;
	begin(&s, "cat >/dev/null", 0);
	struct told *t = scan_fed(&s, 0, &f);
	uv_run(&s.loop, UV_RUN_DEFAULT);
	assert_int_equal(t->e, HF_E_SCANNER);
	assert_non_null(strstr(t->text, "could not be read back"));
	end(&s);
}

static void an_end_of_the_node_ends_what_is_fed(void **state)
{
	struct feeding f[SCANS] = {{.pieces = 0}};
	struct stage s;
	(void)state;
	begin(&s, "sleep 1000", 0);
	for (unsigned i = 0; i < SCANS; i++) {
		f[i].pieces = 1000;
		scan_fed(&s, i, &f[i]);
	}
	uv_run(&s.loop, UV_RUN_NOWAIT);
	hf_scanner_stop(s.scanner);
	uv_run(&s.loop, UV_RUN_DEFAULT);
	for (unsigned i = 0; i < SCANS; i++)
		assert_int_equal(s.told[i].e, HF_E_CANCELLED);
	end(&s);
}

static void a_program_that_goes_away_lets_nothing_through(void **state)
{
	char path[] = "/tmp/hufu-scanner-XXXXXX";
	const char *const words[] = {path};
	const struct hf_scanner_config cfg = {words, 1, 0};
	struct hf_fault f = {HF_OK, ""};
	struct stage s;
	(void)state;
	begin(&s, "exit 0", 0);
	hf_scanner_free(s.scanner);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(hf_scanner_open(&s.base, &cfg, &s.scanner, &f), HF_E_STATE); /* no program yet */
	assert_int_equal(fchmod(fd, 0755), 0);
	close(fd);
	assert_int_equal(hf_scanner_open(&s.base, &cfg, &s.scanner, &f), HF_OK);
	unlink(path);
	struct told *t = scan(&s, 0, "x"), *u = scan(&s, 1, "x"), *v = scan(&s, 2, "x");
	uv_run(&s.loop, UV_RUN_DEFAULT);
	assert_int_equal(t->e, HF_E_SCANNER);
	assert_int_equal(u->e, HF_E_SCANNER);
	assert_int_equal(v->e, HF_E_SCANNER);
	end(&s);
}

static void without_a_command_there_is_none(void **state)
{
	const char *const words[] = {"scan"};
	const struct hf_scanner_config none = {NULL, 0, 0}, relative = {words, 1, 0};
	struct hf_scanner *s = NULL;
	struct hf_base base = {.loop = NULL};
	struct hf_fault f = {HF_OK, ""};
	(void)state;
	assert_int_equal(hf_scanner_open(&base, &none, &s, &f), HF_OK);
	assert_null(s);
	assert_int_equal(hf_scanner_open(&base, &relative, &s, &f), HF_E_STATE);
	hf_scanner_stop(NULL);
	hf_scanner_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_status_has_its_verdict),
	        cmocka_unit_test(what_takes_too_long_is_ended_and_counts_as_not_examined),
	        cmocka_unit_test(an_end_of_the_node_ends_what_runs_and_what_waits),
	        cmocka_unit_test(data_without_a_file_comes_on_the_input),
	        cmocka_unit_test(a_scanner_that_has_seen_enough_closes_its_input),
	        cmocka_unit_test(what_cannot_be_read_back_was_not_examined),
	        cmocka_unit_test(an_end_of_the_node_ends_what_is_fed),
	        cmocka_unit_test(a_program_that_goes_away_lets_nothing_through),
	        cmocka_unit_test(without_a_command_there_is_none),
	};
	signal(SIGPIPE, SIG_IGN); /* hufud blocks it */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
