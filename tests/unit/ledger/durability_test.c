/*
 * What survives: a killed process loses nothing that was acknowledged; a store that was cut, swapped or altered is not
 * built upon.
 */
#include <signal.h>
#include <sys/wait.h>

#include "kit.h"

static int start(void **state)
{
	*state = kit_new(NULL);
	return 0;
}

static int stop(void **state)
{
	kit_free(*state);
	return 0;
}

struct check {
	bool done;
	enum hf_err e;
	struct hf_ledger_check c;
};

static void on_check(void *ctx, enum hf_err e, const struct hf_ledger_check *c)
{
	struct check *r = ctx;

	r->done = true;
	r->e = e;
	r->c = *c;
}

static struct check verify(struct kit_node *n)
{
	struct check c = {.done = false};

	hf_ledger_verify(n->ledger, NULL, on_check, &c);
	kit_until(n->kit, c.done);
	return c;
}

/* In the writer: tells each acknowledged index, for ever. */
static void tell(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	uint64_t index = info->first_entry;

	if (e != HF_OK || write(*(int *)ctx, &index, sizeof(index)) != sizeof(index))
		_exit(1);
}

__attribute__((noreturn)) static void child(const char *dir, int fd)
{
	struct kit *k = kit_new(NULL);
	struct kit_node *n;
	struct hf_id txn;

	rmdir(k->dir);
	snprintf(k->dir, sizeof(k->dir), "%s", dir);
	n = kit_open(k, SB_HEALTH);
	txn = hf_id_new(kit_now(k));
	for (;;) {
		for (unsigned i = 0; i < 20; i++) {
			struct hf_unit *u = hf_unit_new();
			struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, &txn);

			hf_draft_party(d, "hub");
			hf_unit_draft(u, d);
			hf_store_submit(n->store, u, tell, &fd);
		}
		uv_run(&k->loop, UV_RUN_NOWAIT);
	}
}

/* SB-58, and the promise behind every receipt: after SIGKILL at any point the chain is whole and every acknowledged
 * entry is there. */
static void test_kill(void **state)
{
	struct kit *k = *state;

	for (unsigned round = 0; round < 4; round++) {
		int fds[2];
		uint64_t index, last = 0;
		struct kit_node *n;
		struct check c;
		char number[24];
		pid_t pid;

		assert_int_equal(pipe(fds), 0);
		pid = fork();
		if (pid == 0) {
			char fd[16];

			snprintf(fd, sizeof(fd), "%d", fds[1]);
			execl("/proc/self/exe", "writer", k->dir, fd, (char *)NULL);
			_exit(2);
		}
		close(fds[1]);
		assert_true(pid > 0);
		for (unsigned i = 0; i < 300 + 177 * round; i++)
			assert_int_equal(read(fds[0], &last, sizeof(last)), sizeof(last));
		kill(pid, SIGKILL);
		while (read(fds[0], &index, sizeof(index)) == sizeof(index))
			last = index; /* told before the kill */
		close(fds[0]);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		n = kit_open(k, SB_HEALTH);
		assert_true(kit_state(n).durable > last);
		c = verify(n);
		if (c.e != HF_OK)
			fail_msg("%s", c.c.text);
		kit_field(n, last, HF_FIELD_ORDINAL, number, sizeof(number));
		assert_true(number[0]);
		kit_close(k, SB_HEALTH);
	}
}

static void fill_and_sign(struct kit *k, unsigned count)
{
	struct kit_node *n;

	kit_open(k, SB_AUDIT);
	kit_open(k, SB_HUB);
	kit_open(k, SB_PORT);
	n = kit_open(k, SB_HEALTH);
	kit_fill(n, count);
	kit_until_witnessed(n);
}

static void assert_refused(struct kit *k, const char *words)
{
	struct hf_fault f = {HF_OK, ""};

	assert_int_equal(kit_try_open(k, SB_HEALTH, &f), HF_E_STATE);
	if (!strstr(f.text, words))
		fail_msg("'%s' does not say '%s'", f.text, words);
}

static void del_entry(struct kit_node *n, uint64_t index)
{
	struct hf_unit *u = hf_unit_new();
	uint8_t key[8];

	hf_put_u64(key, index);
	hf_unit_del(u, HF_TABLE_ENTRY, key, sizeof(key));
	hf_unit_del(u, HF_TABLE_OPENING, key, sizeof(key));
	kit_submit(n, u);
}

/* It opens, but signs nothing, sends nothing, and takes no entry of a transaction. */
static void assert_read_only(struct kit *k, const char *words)
{
	struct hf_id txn = {{0}};
	struct kit_done d = {.done = false};
	struct hf_unit *u = hf_unit_new();
	struct kit_node *n;
	uint64_t size, before;

	n = kit_open(k, SB_HEALTH);
	before = kit_state(n).signed_size;
	size = kit_state(n).durable;
	if (!strstr(kit_state(n).halted, words))
		fail_msg("'%s' does not say '%s'", kit_state(n).halted, words);
	assert_true(kit_state(n).read_only);
	kit_until(k, n->ledger->gate_open);
	kit_fill(n, 3);
	txn = hf_id_new(kit_now(k));
	hf_unit_draft(u, hf_draft_new(HF_EVENT_TRANSFER_START, &txn));
	hf_store_submit(n->store, u, kit_on_done, &d);
	kit_until(k, d.done);
	assert_int_equal(d.e, HF_E_STATE);
	assert_int_equal(kit_state(n).signed_size, before);
	assert_true(kit_state(n).durable > size);
	kit_close(k, SB_HEALTH);
	n = kit_open(k, SB_HEALTH); /* also the next time */
	assert_true(kit_state(n).read_only);
}

/* SB-58: truncation. A log never signs less than it has signed. */
static void test_truncated_store_is_read_only(void **state)
{
	struct kit *k = *state;

	fill_and_sign(k, 10);
	del_entry(&k->node[SB_HEALTH], 10);
	del_entry(&k->node[SB_HEALTH], 9);
	kit_close(k, SB_HEALTH);
	assert_read_only(k, "has signed 11 entries but only 9 are stored");
}

static void put_entry(struct kit_node *n, uint64_t index, const struct hf_buf *bytes)
{
	struct hf_unit *u = hf_unit_new();
	uint8_t key[8];

	hf_put_u64(key, index);
	hf_unit_put(u, HF_TABLE_ENTRY, key, sizeof(key), bytes->data, bytes->len);
	kit_submit(n, u);
}

static void get_entry(struct kit_node *n, uint64_t index, struct hf_buf *out)
{
	struct hf_bytes b;

	hf_buf_clear(out);
	assert_int_equal(hf_place_entry(&n->ledger->own, &n->ledger->rows, index, &b), HF_OK);
	hf_buf_add(out, b.data, b.len);
}

/* SB-58: tampering, deletion, reordering and truncation: each is detected, and the first bad entry is named. */
static void test_four_manipulations(void **state)
{
	struct kit *k = *state;
	struct kit_node *n;
	struct hf_buf a HF_CLEANUP(hf_buf_done) = HF_BUF_INIT, b HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct check c;

	fill_and_sign(k, 600);
	n = &k->node[SB_HEALTH];
	c = verify(n);
	assert_int_equal(c.e, HF_OK);
	get_entry(n, 300, &a); /* tampering */
	a.data[a.len - 1] ^= 1;
	put_entry(n, 300, &a);
	c = verify(n);
	assert_int_equal(c.e, HF_E_DIGEST);
	assert_int_equal(c.c.bad, 300);
	a.data[a.len - 1] ^= 1;
	put_entry(n, 300, &a);
	assert_int_equal(verify(n).e, HF_OK);
	get_entry(n, 301, &b); /* reordering */
	put_entry(n, 300, &b);
	put_entry(n, 301, &a);
	c = verify(n);
	assert_int_equal(c.e, HF_E_DIGEST);
	assert_int_equal(c.c.bad, 300);
	put_entry(n, 300, &a);
	put_entry(n, 301, &b);
	del_entry(n, 300); /* deletion */
	c = verify(n);
	assert_int_equal(c.e, HF_E_DIGEST);
	assert_int_equal(c.c.bad, 300);
	put_entry(n, 300, &a);
	assert_int_equal(verify(n).e, HF_OK);
	del_entry(n, 600); /* truncation */
	c = verify(n);
	assert_int_equal(c.e, HF_E_DIGEST);
	assert_int_equal(c.c.bad, 600);
}

static void test_altered_newest_entry_is_refused(void **state)
{
	struct kit *k = *state;
	struct hf_buf a HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;

	fill_and_sign(k, 5);
	get_entry(&k->node[SB_HEALTH], 3, &a);
	a.data[20] ^= 1;
	put_entry(&k->node[SB_HEALTH], 3, &a);
	kit_close(k, SB_HEALTH);
	assert_refused(k, "ledger entry 3 does not fit");
}

/* Another store under the same promise: the root that was signed is not there. */
static void test_swapped_store_is_refused(void **state)
{
	struct kit *k = *state;
	char from[200], to[200];

	fill_and_sign(k, 5);
	kit_close(k, SB_HEALTH);
	snprintf(from, sizeof(from), "%s/health/ledger", k->dir);
	snprintf(to, sizeof(to), "%s/kept", k->dir);
	assert_int_equal(rename(from, to), 0);
	kit_lose(k, SB_HEALTH);
	for (unsigned i = 0; i < SB_NODES; i++)
		k->down[i] = true;
	kit_open(k, SB_HEALTH);
	kit_fill(&k->node[SB_HEALTH], 20);
	kit_close(k, SB_HEALTH);
	kit_remove(from);
	assert_int_equal(rename(to, from), 0);
	assert_refused(k, "are not those that were signed");
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void test_last_signed_file(void **state)
{
	struct kit *k = *state;
	struct hf_last_signed *s;
	struct hf_promise p, read;
	struct hf_fault f = {HF_OK, ""};
	char path[200];

	assert_int_equal(hf_last_signed_open(k->dir, "x/ledger/y", &s, &read, &f), HF_OK);
	assert_int_equal(read.size, 0);
	p = (struct hf_promise){10, {{1}}, SB_T0};
	assert_int_equal(hf_last_signed_write(s, &p), HF_OK);
	assert_int_equal(hf_last_signed_write(s, &p), HF_OK); /* the same again */
	p.root.b[0] = 2;
	assert_int_equal(hf_last_signed_write(s, &p), HF_E_CONFLICT); /* same size, another root */
	p.size = 9;
	assert_int_equal(hf_last_signed_write(s, &p), HF_E_CONFLICT); /* smaller */
	p.size = 11;
	assert_int_equal(hf_last_signed_write(s, &p), HF_OK);
	hf_last_signed_close(s);
	assert_int_equal(hf_last_signed_open(k->dir, "x/ledger/y", &s, &read, &f), HF_OK);
	assert_true(read.size == 11 && read.root.b[0] == 2 && read.time_ms == SB_T0);
	hf_last_signed_close(s);
	assert_int_equal(hf_last_signed_open(k->dir, "x/ledger/z", &s, &read, &f), HF_E_STATE); /* of another log */
	snprintf(path, sizeof(path), "%s/ledger/last-signed", k->dir);
	write_file(path, "hufu last-signed v1\nx/ledger/y\n99\n");
	assert_int_equal(hf_last_signed_open(k->dir, "x/ledger/y", &s, &read, &f),
	                 HF_E_STATE); /* damaged: never taken for empty */
}

/* Both slots hold the newest promise: whichever is torn, the other one has it. */
static void test_last_signed_torn_write(void **state)
{
	struct kit *k = *state;
	struct hf_last_signed *s;
	struct hf_promise p = {10, {{1}}, SB_T0}, read;
	struct hf_fault f = {HF_OK, ""};
	char path[200];
	FILE *file;

	assert_int_equal(hf_last_signed_open(k->dir, "x/ledger/y", &s, &read, &f), HF_OK);
	assert_int_equal(hf_last_signed_write(s, &p), HF_OK);
	p.size = 20;
	assert_int_equal(hf_last_signed_write(s, &p), HF_OK);
	hf_last_signed_close(s);
	snprintf(path, sizeof(path), "%s/ledger/last-signed", k->dir);
	file = fopen(path, "r+");
	fseek(file, 1024 + 40, SEEK_SET);
	fputc('#', file);
	fclose(file);
	assert_int_equal(hf_last_signed_open(k->dir, "x/ledger/y", &s, &read, &f), HF_OK);
	assert_int_equal(read.size, 20);
	hf_last_signed_close(s);
}

/* Deleting the file does not free a log from its promise: it signs nothing before two people have decided. */
static void test_deleted_last_signed(void **state)
{
	struct kit *k = *state;
	char path[200];

	fill_and_sign(k, 10);
	del_entry(&k->node[SB_HEALTH], 10);
	kit_close(k, SB_HEALTH);
	snprintf(path, sizeof(path), "%s/health/ledger/last-signed", k->dir);
	assert_int_equal(remove(path), 0);
	assert_read_only(k, "last-signed is gone");
	assert_int_equal(kit_state(&k->node[SB_HEALTH]).ahead, 11); /* the stored checkpoint says it too */
}

/* Before signing, the leaves are hashed anew from what is stored: bytes that changed in between are not signed. */
static void test_flipped_bit_is_not_signed(void **state)
{
	struct kit *k = *state;
	struct hf_buf a HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct kit_node *n;

	for (unsigned i = 0; i < SB_NODES; i++)
		k->down[i] = true; /* the gate holds the signature back until the bit is flipped */
	kit_open(k, SB_AUDIT);
	kit_open(k, SB_HUB);
	kit_open(k, SB_PORT);
	n = kit_open(k, SB_HEALTH);
	kit_fill(n, 10);
	get_entry(n, 6, &a);
	a.data[a.len - 1] ^= 4;
	put_entry(n, 6, &a);
	for (unsigned i = 0; i < SB_NODES; i++)
		k->down[i] = false;
	for (unsigned i = 0; i < SB_NODES; i++)
		hf_ledger_peer_up(n->ledger, k->sb->name[i]);
	kit_until(k, kit_state(n).halted[0]);
	assert_int_equal(kit_state(n).signed_size, 0);
}

/* With a folder and a descriptor: the process that is killed. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_kill, start, stop),
	        cmocka_unit_test_setup_teardown(test_truncated_store_is_read_only, start, stop),
	        cmocka_unit_test_setup_teardown(test_four_manipulations, start, stop),
	        cmocka_unit_test_setup_teardown(test_altered_newest_entry_is_refused, start, stop),
	        cmocka_unit_test_setup_teardown(test_swapped_store_is_refused, start, stop),
	        cmocka_unit_test_setup_teardown(test_last_signed_file, start, stop),
	        cmocka_unit_test_setup_teardown(test_last_signed_torn_write, start, stop),
	        cmocka_unit_test_setup_teardown(test_deleted_last_signed, start, stop),
	        cmocka_unit_test_setup_teardown(test_flipped_bit_is_not_signed, start, stop),
	};

	if (argc == 3)
		child(argv[1], (int)strtol(argv[2], NULL, 10));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
