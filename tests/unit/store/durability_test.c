/* durability_test.c - a process that is killed at any moment has lost nothing it acknowledged, and holds whole units up
 * to one point. */
#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "crypto/crypto.h"

#define ROUNDS 12
#define WINDOW 64
#define ACKNOWLEDGED_MAX 2500u

/* The process that will be killed: submits units n, n + 1, ... and writes the number of each acknowledged one into the
 * pipe. */
struct child {
	struct fixture f;
	struct gate gate;
	uint64_t next;
	int out;
};

static size_t value_of(uint64_t n, uint8_t value[4096])
{
	uint64_t random = n;
	size_t len = 8 + test_below(&random, 3000);

	memset(value, (int)(n % 251), len);
	hf_put_u64(value, n);
	return len;
}

static void submit_one(struct child *c);

static void acknowledge(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct child *c = ctx;
	uint64_t n = info->first_entry;

	if (e != HF_OK || info->entries != 1 || write(c->out, &n, sizeof(n)) != sizeof(n))
		_exit(3);
	submit_one(c);
}

/* Two tables by the unit, a third by the sequencer, and one row that every unit overwrites. */
static void submit_one(struct child *c)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, NULL);
	uint8_t key[8], value[4096];
	size_t len = value_of(c->next, value);

	hf_put_u64(key, c->next++);
	hf_unit_put(u, HF_TABLE_NOTICE, key, 8, value, len);
	hf_unit_put(u, HF_TABLE_OUTBOX, key, 8, value, 8);
	hf_unit_put(u, HF_TABLE_META, "latest", 6, key, 8);
	hf_draft_bytes(d, HF_FIELD_OBJECT, key, 8);
	hf_unit_draft(u, d);
	hf_store_submit(c->f.store, u, acknowledge, c);
}

static void run_child(const char *dir, uint64_t next, int out)
{
	struct child c = {.next = next, .out = out};

	hf_store_options_default(&c.f.options);
	snprintf(c.f.dir, sizeof(c.f.dir), "%s", dir);
	fixture_open_loop(&c.f);
	fixture_open_store(&c.f);
	gate_install(&c.gate, &c.f);
	c.gate.next = next;
	for (int i = 0; i < WINDOW; i++)
		submit_one(&c);
	uv_run(&c.f.loop, UV_RUN_DEFAULT);
	_exit(4);
}

/* Reads count acknowledgements, kills, and returns the last one that was ever written. */
static uint64_t kill_after(pid_t pid, int in, size_t count)
{
	uint64_t n, last = 0;
	int status;

	for (size_t i = 0; i < count; i++) {
		assert_int_equal(read(in, &n, sizeof(n)), sizeof(n));
		assert_true(i == 0 || n == last + 1);
		last = n;
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	while (read(in, &n, sizeof(n)) == sizeof(n))
		last = n;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return last;
}

struct check {
	uint64_t expected;
	bool whole_values;
};

static bool check_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct check *x = ctx;
	uint8_t expected[4096];
	size_t len = value_of(x->expected, expected);

	assert_int_equal(key.len, 8);
	assert_true(hf_get_u64(key.data) == x->expected);
	assert_int_equal(value.len, x->whole_values ? len : 8);
	assert_memory_equal(value.data, expected, value.len);
	x->expected++;
	return true;
}

static uint64_t rows_in_order(struct fixture *f, enum hf_table t, bool whole_values)
{
	struct check x = {0, whole_values};

	assert_int_equal(hf_store_scan(f->store, t, NULL, 0, NULL, 0, check_row, &x), HF_OK);
	assert_true(x.expected == hf_store_count(f->store, t));
	return x.expected;
}

static bool check_entry(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	assert_int_equal(value.len, 8);
	assert_memory_equal(key.data, value.data, 8);
	assert_true(hf_get_u64(key.data) == (*(uint64_t *)ctx)++);
	return true;
}

/* Everything up to one number and nothing after it, the same in every table; returns that number of units. */
static uint64_t check_prefix(struct fixture *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf latest = HF_BUF_INIT;
	uint64_t count, entries = 0;

	fixture_open_loop(f);
	fixture_open_store(f);
	count = rows_in_order(f, HF_TABLE_NOTICE, true);
	assert_true(rows_in_order(f, HF_TABLE_OUTBOX, false) == count);
	assert_int_equal(hf_store_scan(f->store, HF_TABLE_ENTRY, NULL, 0, NULL, 0, check_entry, &entries), HF_OK);
	assert_true(entries == count);
	assert_int_equal(hf_store_get(f->store, HF_TABLE_META, "latest", 6, &latest), HF_OK);
	assert_true(hf_get_u64(latest.data) == count - 1);
	hf_store_close(f->store);
	fixture_close_loop(f);
	return count;
}

static void what_was_acknowledged_survives_a_kill_at_any_moment(void **state)
{
	uint64_t random = test_seed("kill"), next = 0;
	struct fixture f;

	(void)state;
	fixture_prepare(&f);
	for (int round = 0; round < ROUNDS; round++) {
		size_t count = 1 + test_below(&random, ACKNOWLEDGED_MAX);
		uint64_t last;
		int ends[2];
		pid_t pid;

		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			run_child(f.dir, next, ends[1]);
		close(ends[1]);
		last = kill_after(pid, ends[0], count);
		close(ends[0]);
		next = check_prefix(&f);
		assert_true(next > last); /* nothing acknowledged is lost */
		assert_true(next <= last + 1 + WINDOW + 1);
	}
	fixture_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_was_acknowledged_survives_a_kill_at_any_moment)};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
