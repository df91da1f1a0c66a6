/*
 * mail_crash_test.c - is each mail carried out exactly once and in order when sender and receiver are killed again and
 * again?
 *
 * The program starts itself as the two nodes. The sender writes mails 0 ... N-1, each in one unit with the number of
 * the next; the receiver appends each to a list in the unit that the mail's mark is in. Each writes a byte to a pipe at
 * each step; after a random number of bytes the test kills one of the two (SIGKILL) and starts it again. HUFU_SEED
 * repeats a run; HUFU_LONG=1 kills 300 times, not 30.
 */
#include "unit/peers/town.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#define STEP_MS 60000

extern char **environ;

/* The children. Arguments: --child ROLE DIR SALT START */

struct child {
	struct town t;
	struct node *node;
	uint32_t next; /* sender: the next mail to write */
	uint32_t mails;
	uv_timer_t pace;
};

static void step(char c)
{
	(void)!write(STDOUT_FILENO, &c, 1);
}

static uint32_t stored_number(struct node *n, const char *key)
{
	struct hf_buf b = HF_BUF_INIT;
	uint32_t v = hf_store_get(n->store, HF_TABLE_META, key, strlen(key), &b) == HF_OK ? hf_get_u32(b.data) : 0;
	hf_buf_done(&b);
	return v;
}

static void put_number(struct hf_unit *u, const char *key, uint32_t v)
{
	uint8_t value[4];
	hf_put_u32(value, v);
	hf_unit_put(u, HF_TABLE_META, key, strlen(key), value, 4);
}

/* Table "alarm" serves as the list: arrival -> number of the mail. */
static enum hf_err append(void *ctx, const char *from, const struct hf_id *txn, struct hf_bytes body,
                          struct hf_unit *unit, struct hf_fault *f)
{
	struct child *c = ctx;
	uint32_t at = stored_number(c->node, "test-arrived");
	uint8_t key[4];
	(void)from, (void)txn, (void)f;
	hf_put_u32(key, at);
	hf_unit_put(unit, HF_TABLE_ALARM, key, 4, body.data, body.len);
	put_number(unit, "test-arrived", at + 1);
	step('r');
	return HF_OK;
}

static void on_written(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	(void)ctx, (void)info;
	if (e == HF_OK)
		step('w');
}

static void write_one(struct child *c)
{
	uint8_t body[4];
	struct hf_unit *u = hf_unit_new();
	hf_put_u32(body, c->next);
	if (hf_peers_mail(c->node->peers, u, "hub", HF_MAIL_APPLICATION, NULL, body, 4) != HF_OK)
		abort();
	put_number(u, "test-next", ++c->next);
	hf_store_submit(c->node->store, u, on_written, NULL);
}

static void on_pace(uv_timer_t *t)
{
	struct child *c = t->data;
	for (unsigned i = 0; i < 3 && c->next < c->mails; i++)
		write_one(c);
	if (c->next == c->mails && view(c->node, "hub").outbox == 0)
		step('e'); /* all written, all settled */
}

static void child_town(struct child *c, const char *dir, unsigned salt, int64_t start)
{
	town_init(&c->t, dir, salt);
	c->t.start_ms = start; /* all processes have the same time */
	town_sign(&c->t);
}

static int child_main(char **argv)
{
	static struct child c;
	struct hf_fault f = {HF_OK, ""};
	bool sender = strcmp(argv[2], "sender") == 0;
	char space[160];
	child_town(&c, argv[3], (unsigned)strtoul(argv[4], NULL, 10), strtoll(argv[5], NULL, 10));
	c.mails = (uint32_t)strtoul(argv[6], NULL, 10);
	c.node = &c.t.node[sender ? SB_HEALTH : SB_HUB];
	struct hf_mail_row rows[] = {{HF_MAIL_APPLICATION, append, &c}, {HF_MAIL_INVALID, NULL, NULL}};
	snprintf(space, sizeof(space), "%.120s/space", c.node->dir);
	write_chain(&c.t, c.node, 1);
	node_open_store(c.node);
	struct hf_peers_config cfg = {.space_dir = space, .mails = rows, .on_request = node_request, .ctx = c.node};
	cfg.channel.static_key = c.node->key;
	cfg.channel.listen[0] = c.t.sb->address[c.node->n];
	if (hf_peers_open(&c.node->base, c.node->store, &cfg, &c.node->peers, &f) != HF_OK) {
		fprintf(stderr, "%s\n", f.text);
		return 1;
	}
	if (sender) {
		c.next = stored_number(c.node, "test-next");
		c.pace.data = &c;
		uv_timer_init(&c.t.loop, &c.pace);
		uv_timer_start(&c.pace, on_pace, 5, 5);
	}
	return uv_run(&c.t.loop, UV_RUN_DEFAULT); /* until it is killed */
}

/* The test. */

struct process {
	const char *role;
	pid_t pid;
	int out;
};

struct stage {
	struct process p[2]; /* sender, receiver */
	struct town t;
	char salt[20], start[30], mails[20];
	uint64_t random;
};

static uint64_t next_random(struct stage *s)
{
	uint64_t z = s->random += UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	return z ^ z >> 27;
}

static void process_start(struct stage *s, struct process *p)
{
	int fds[2];
	posix_spawn_file_actions_t actions;
	char *argv[] = {(char *)(uintptr_t) "mail_crash",
	                (char *)(uintptr_t) "--child",
	                (char *)(uintptr_t)p->role,
	                s->t.dir,
	                s->salt,
	                s->start,
	                s->mails,
	                NULL};
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	assert_int_equal(posix_spawn(&p->pid, "/proc/self/exe", &actions, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	p->out = fds[0];
}

static void process_kill(struct process *p)
{
	kill(p->pid, SIGKILL);
	assert_int_equal(waitpid(p->pid, NULL, 0), p->pid);
	close(p->out);
}

/* Reads what both have written; true when the sender says that all is settled. */
static bool watch(struct stage *s, unsigned *ret_bytes)
{
	struct pollfd fds[2] = {{s->p[0].out, POLLIN, 0}, {s->p[1].out, POLLIN, 0}};
	char buf[512];
	bool end = false;
	*ret_bytes = 0;
	if (poll(fds, 2, STEP_MS) <= 0)
		fail_msg("nothing happened for %d ms", STEP_MS);
	for (int i = 0; i < 2; i++) {
		if (!fds[i].revents)
			continue;
		ssize_t n = read(fds[i].fd, buf, sizeof(buf));
		if (n <= 0)
			fail_msg("the %s has ended by itself", s->p[i].role);
		*ret_bytes += (unsigned)n;
		end = end || memchr(buf, 'e', (size_t)n);
	}
	return end;
}

static bool check_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	uint32_t *at = ctx;
	assert_int_equal(hf_get_u32(key.data), *at);
	assert_int_equal(hf_get_u32(value.data), *at); /* in order, none lost, none twice */
	++*at;
	return true;
}

static void mail_survives_being_killed(void **state)
{
	static struct stage s;
	unsigned kills = getenv("HUFU_LONG") ? 300 : 30, bytes, killed[2] = {0, 0};
	const char *seed = getenv("HUFU_SEED");
	uint32_t mails = kills * 12, at = 0;
	(void)state;
	s.random = seed ? strtoull(seed, NULL, 10) : (uint64_t)getpid();
	print_message("HUFU_SEED=%llu\n", (unsigned long long)s.random);
	unsigned salt = town_salt();
	town_init(&s.t, NULL, salt);
	snprintf(s.salt, sizeof(s.salt), "%u", salt);
	snprintf(s.start, sizeof(s.start), "%lld", (long long)s.t.start_ms);
	snprintf(s.mails, sizeof(s.mails), "%u", mails);
	s.p[0].role = "sender";
	s.p[1].role = "receiver";
	process_start(&s, &s.p[0]);
	process_start(&s, &s.p[1]);
	bool end = false;
	for (unsigned k = 0; k < kills && !end; k++) {
		unsigned victim = next_random(&s) % 2;
		for (int left = (int)(next_random(&s) % 40) + 1; left > 0 && !end; left -= (int)bytes)
			end = watch(&s, &bytes);
		process_kill(&s.p[victim]);
		process_start(&s, &s.p[victim]);
		killed[victim]++;
	}
	print_message("killed the sender %u times, the receiver %u times\n", killed[0], killed[1]);
	while (!watch(&s, &bytes))
		;
	process_kill(&s.p[0]);
	process_kill(&s.p[1]);
	struct node *hub = &s.t.node[SB_HUB];
	node_open_store(hub);
	assert_int_equal(stored_number(hub, "test-arrived"), mails);
	assert_int_equal(hf_store_scan(hub->store, HF_TABLE_ALARM, "", 0, NULL, 0, check_row, &at), HF_OK);
	assert_int_equal(at, mails);
	hf_store_close(hub->store);
	hf_metrics_free(hub->base.metrics);
	town_close(&s.t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(mail_survives_being_killed)};
	if (!hf_crypto_init())
		return 1;
	if (argc == 7 && strcmp(argv[1], "--child") == 0)
		return child_main(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
