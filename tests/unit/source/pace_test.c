/* pace_test.c - sources are read no faster than is said, a few at a time, and no longer than they may be. */
#include "source/pace.h"

#include <time.h>

#include "source/running.h"
#include "unit/source/bench.h"

#define ROWS 6000u /* of 10 bytes */
#define SLOW 64u   /* bytes a second: hours for that table */

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	bench_open(b);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	bench_close(*state);
	free(*state);
	return 0;
}

static int64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct hf_source_view table(struct bench *b, const char *name, const char *kind)
{
	struct hf_source_view v = {.enabled = true};
	struct hf_buf text = HF_BUF_INIT;
	bool lines = strcmp(kind, "jsonl") == 0;

	hf_buf_addf(&text, "%s", lines ? "" : "id,lane\n");
	for (unsigned i = 0; i < ROWS; i++)
		hf_buf_addf(&text, lines ? "{\"id\":%06u}\n" : "%06u,A1\n", 100000 + i);
	snprintf(v.name, sizeof(v.name), "%s", name);
	snprintf(v.kind, sizeof(v.kind), "%s", kind);
	snprintf(v.path, sizeof(v.path), "%s", bench_write(b, name, text.data, text.len));
	hf_buf_done(&text);
	return v;
}

/* MK-18, MK-26: a file that is given a rate is read no faster, by bytes and by rows. */
static void test_a_scan_keeps_the_rates_of_its_source(void **state)
{
	struct bench *b = *state;
	struct hf_source_view v = table(b, "slow", "csv"), shown;
	int64_t begun = clock_ms();

	v.bytes_per_second = ROWS * 10u * 4u; /* 250 ms; the look reads it once more */
	assert_int_equal(bench_add(b, &v, NULL), HF_OK);
	assert_true(clock_ms() - begun >= 490);
	assert_int_equal(hf_source_get(b->sources, "slow", &shown), HF_OK);
	assert_int_equal(shown.bytes_per_second, v.bytes_per_second); /* for the next scan */
	hf_source_view_done(&shown);

	v = table(b, "lines", "jsonl");
	v.rows_per_second = ROWS * 10u; /* 100 ms: the names, the table, the look */
	begun = clock_ms();
	assert_int_equal(bench_add(b, &v, NULL), HF_OK);
	assert_true(clock_ms() - begun >= 290);
}

/* A source that gave nothing for an hour is not read for an hour as fast as it can then. */
static void test_what_was_missed_is_not_read_in_a_burst(void **state)
{
	for (unsigned by_rows = 0; by_rows < 2; by_rows++) {
		struct hf_pace p = {.bytes_per_second = by_rows ? 0 : 1000, .rows_per_second = by_rows ? 10 : 0};
		struct hf_fault f;
		int64_t begun;

		(void)state;
		assert_int_equal(hf_pace_keep(&p, 1, 0, &f), HF_OK);
		p.begun_ms -= 3600000;
		assert_int_equal(hf_pace_keep(&p, 1, 1, &f), HF_OK);
		begun = clock_ms();
		for (unsigned i = 0; i < 3; i++)
			assert_int_equal(hf_pace_keep(&p, 100, 1, &f), HF_OK);
		assert_true(clock_ms() - begun >= 290);
	}
}

/* ---- turns ---- */

struct turn {
	bool done;
	enum hf_err e;
	char text[400];
};

static void on_turn(void *ctx, enum hf_err e, struct hf_source_view *v, const struct hf_fault *f)
{
	struct turn *t = ctx;

	(void)v;
	assert_false(t->done);
	t->done = true;
	t->e = e;
	snprintf(t->text, sizeof(t->text), "%s", f->text);
}

static void count(void *ctx, const struct hf_source_run *run)
{
	size_t *n = ctx;

	n[run->waiting]++;
}

static void assert_turns(struct bench *b, size_t running, size_t waiting)
{
	size_t n[2] = {0, 0};

	hf_sources_running(b->sources, count, n);
	assert_int_equal(n[0], running);
	assert_int_equal(n[1], waiting);
}

static void begin(struct bench *b, const char *name, struct turn *t)
{
	struct hf_source_view v = table(b, name, "csv");

	v.bytes_per_second = SLOW;
	hf_source_scan(b->sources, &v, on_turn, t);
	assert_false(t->done);
}

/* What is being read can be ended at any time, and leaves nothing. */
static void test_a_scan_is_ended_from_outside(void **state)
{
	struct bench *b = *state;
	struct turn t = {.done = false};
	struct hf_source_view v;
	int64_t begun;

	begin(b, "endless", &t);
	assert_turns(b, 1, 0);
	assert_int_equal(hf_source_stop(b->sources, "another"), 0);
	begun = clock_ms();
	assert_int_equal(hf_source_stop(b->sources, "endless"), 1);
	fixture_run_until(&b->f, &t.done);
	assert_true(clock_ms() - begun < 5000);
	assert_int_equal(t.e, HF_E_CANCELLED);
	assert_non_null(strstr(t.text, "'endless' was ended before it was done"));
	assert_turns(b, 0, 0);
	assert_int_equal(hf_source_get(b->sources, "endless", &v), HF_E_UNKNOWN);
}

/* Three at a time; the others wait for their turn, and so does a test. */
static void test_scans_take_turns(void **state)
{
	struct bench *b = *state;
	struct turn t[6] = {{.done = false}}, probe = {.done = false};

	assert_int_equal(bench_add_file(b, "quick", "csv", table(b, "quick", "csv").path, NULL), HF_OK);
	for (int i = 0; i < 6; i++) {
		char name[8];

		snprintf(name, sizeof(name), "turn-%d", i);
		begin(b, name, &t[i]);
	}
	hf_source_probe(b->sources, "quick", on_turn, &probe);
	assert_turns(b, 3, 4);
	assert_int_equal(hf_source_stop(b->sources, "turn-3"), 1); /* one that waits */
	fixture_run_until(&b->f, &t[3].done);
	assert_int_equal(t[3].e, HF_E_CANCELLED);
	assert_turns(b, 3, 3);
	assert_int_equal(hf_source_stop(b->sources, "turn-0"), 1);
	fixture_run_until(&b->f, &t[0].done);
	assert_turns(b, 3, 2); /* turn-4 has its turn */
	assert_int_equal(hf_source_stop(b->sources, "turn-5"), 1);
	assert_int_equal(hf_source_stop(b->sources, "turn-1"), 1);
	fixture_run_until(&b->f, &probe.done);
	assert_int_equal(probe.e, HF_OK);
	assert_false(t[2].done || t[4].done);
	hf_sources_close(b->sources);
	fixture_run_until(&b->f, &t[2].done);
	fixture_run_until(&b->f, &t[4].done);
	assert_int_equal(t[4].e, HF_E_CANCELLED);
	assert_non_null(strstr(t[4].text, "the node is stopping"));
	assert_int_equal(hf_sources_open(&b->f.base, b->f.store, NULL, &b->sources, NULL), HF_OK);
}

static void test_no_more_wait_than_is_sane(void **state)
{
	struct bench *b = *state;
	struct hf_source_view v = table(b, "crowd", "csv");
	struct turn t[69] = {{.done = false}};

	v.bytes_per_second = SLOW;
	for (size_t i = 0; i < 69; i++)
		hf_source_scan(b->sources, &v, on_turn, &t[i]);
	fixture_run_until(&b->f, &t[68].done);
	assert_int_equal(t[67].e, HF_E_BUSY);
	assert_int_equal(t[68].e, HF_E_BUSY);
	assert_false(t[66].done);
	assert_int_equal(hf_source_stop(b->sources, "crowd"), 67);
	for (size_t i = 0; i < 67; i++)
		fixture_run_until(&b->f, &t[i].done);
	assert_turns(b, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_a_scan_keeps_the_rates_of_its_source),
	        cmocka_unit_test(test_what_was_missed_is_not_read_in_a_burst),
	        cmocka_unit_test(test_a_scan_is_ended_from_outside),
	        cmocka_unit_test(test_scans_take_turns),
	        cmocka_unit_test(test_no_more_wait_than_is_sane),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
