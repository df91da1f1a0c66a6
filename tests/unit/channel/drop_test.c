/*
 * drop_test.c - connections that are dropped while they are busy. nng 1.5.2 loses the end of a message that was half
 * read or half written when its connection is closed, and its thread that clears connections away then waits for it
 * for ever (pipes.c): from then on no node would dial again.
 */
#include "unit/channel/party.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>

#include "channel/internal.h"

#include "channel/bridge_internal.h"

#define CALLS 48u
#define DROPS 40u

struct traffic {
	struct world *w;
	uint8_t body[20000];
	size_t under_way, answered;
	bool over;
};

static void on_answer(void *ctx, struct hf_reply *r)
{
	struct traffic *t = ctx;
	t->under_way--;
	t->answered += r->error == HF_OK;
}

static void more(struct traffic *t)
{
	struct hf_call c = call_to(&t->w->p[1], SAY, t->body, sizeof(t->body));
	t->under_way++;
	hf_channel_call(t->w->p[0].ch, &c, on_answer, t);
}

/* True when so many were answered; keeps the connection busy, whatever was lost with the one before. */
static bool answered(struct traffic *t, size_t count)
{
	while (!t->over && t->under_way < CALLS)
		more(t);
	return t->answered >= count;
}

static void a_connection_dropped_amid_traffic_comes_back_each_time(void **state)
{
	struct world w;
	struct traffic t = {.w = &w};
	unsigned without = 0; /* drops since nng stopped to clear connections away, each of which takes seconds */
	(void)state;
	world_init(&w);
	world_open(&w);
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	for (size_t i = 0; i < DROPS && without < 3; i++) {
		size_t target = t.answered + 3 * CALLS;
		WAIT(&w, answered(&t, target));
		hf_channel_drop(w.p[1].ch, w.p[0].id);
		without += w.p[0].ch->bridge->stuck || w.p[1].ch->bridge->stuck;
	}
	t.over = true;
	WAIT(&w, t.under_way == 0);
	WAIT(&w, knock(&w.p[0], &w.p[1]) == HF_OK);
	assert_int_equal(knock(&w.p[1], &w.p[0]), HF_OK);
	world_close(&w);
}

/* Established connections among the descriptors of this process, both ends of each. */
static unsigned established(int top)
{
	unsigned n = 0;
	for (int fd = 0; fd < top; fd++) {
		struct tcp_info info;
		socklen_t len = sizeof(info);
		n += getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 && info.tcpi_state == TCP_ESTABLISHED;
	}
	return n;
}

/* As after too many silent strangers: not one descriptor more can be opened. Returns the first that is not there. */
static int use_all_descriptors(struct rlimit *ret_was)
{
	struct rlimit now;
	int top = 0, fd;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, ret_was), 0);
	while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0 && fd < 1000)
		top = fd + 1;
	assert_true(top > 0);
	if (fd >= 0)
		close(fd);
	now = (struct rlimit){(rlim_t)top, ret_was->rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
	assert_int_equal(open("/dev/null", O_RDONLY | O_CLOEXEC), -1);
	assert_int_equal(errno, EMFILE);
	return top;
}

static void a_connection_is_shut_down_below_nng_also_without_a_descriptor_left(void **state)
{
	struct world w;
	struct rlimit was;
	(void)state;
	world_init(&w);
	world_open(&w);
	assert_int_equal(knock(&w.p[0], &w.p[1]), HF_OK);
	int top = use_all_descriptors(&was);
	unsigned before = established(top);
	assert_true(before >= 2);
	hf_channel_drop(w.p[1].ch, w.p[0].id);                     /* which 2 s later nng would be told of */
	for (unsigned i = 0; established(top) > before - 2; i++) { /* the kernel's work alone: no loop runs here */
		assert_true(i < 10000);
		assert_int_equal(poll(NULL, 0, 1), 0);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	WAIT(&w, knock(&w.p[0], &w.p[1]) == HF_OK);
	world_close(&w);
	for (int fd = 3; fd < top; fd++) { /* what only took the room */
		char path[40], target[20] = "";
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, target, sizeof(target) - 1) > 0 && strcmp(target, "/dev/null") == 0)
			close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_connection_is_shut_down_below_nng_also_without_a_descriptor_left),
	        cmocka_unit_test(a_connection_dropped_amid_traffic_comes_back_each_time),
	};
	if (!hf_crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
