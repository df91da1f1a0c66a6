/* pump_test.c - what stands between libpq and its server passes everything on, in order, to the end, and counts. */
#include "source/pg_pump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define BYTES ((size_t)1 << 20)

struct line {
	int client, server; /* what libpq and the server hold */
	struct pg_pump p;
};

static void line_open(struct line *l)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	l->client = pair[0];
	l->server = pair[1];
	pg_pump_init(&l->p);
	assert_false(pg_pump_begun(&l->p));
	assert_true(pg_pump_begin(&l->p, l->client));
}

static uint8_t nth(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

/* As much as goes, in uneven pieces, while the pump moves. */
static void pass(struct line *l, int from, int to)
{
	uint8_t piece[30011], got[50021];
	size_t sent = 0, taken = 0;

	while (taken < BYTES) {
		size_t n = BYTES - sent < sizeof(piece) ? BYTES - sent : sizeof(piece);
		ssize_t k;

		for (size_t i = 0; i < n; i++)
			piece[i] = nth(sent + i);
		k = n ? send(from, piece, n, MSG_DONTWAIT) : 0;
		sent += k > 0 ? (size_t)k : 0;
		pg_pump_move(&l->p, 0);
		k = recv(to, got, sizeof(got), MSG_DONTWAIT);
		for (ssize_t i = 0; i < k; i++)
			assert_int_equal(got[i], nth(taken + (size_t)i));
		taken += k > 0 ? (size_t)k : 0;
	}
}

static void test_both_ways(void **state)
{
	struct line l;

	(void)state;
	line_open(&l);
	pass(&l, l.server, l.client);
	assert_int_equal(l.p.answer, BYTES);
	pass(&l, l.client, l.server);
	assert_int_equal(l.p.answer, BYTES); /* what the server says counts */
	l.p.answer = 0;
	pass(&l, l.server, l.client);
	assert_int_equal(l.p.answer, BYTES);
	close(l.client);
	close(l.server);
	pg_pump_end(&l.p);
}

/* Nobody who takes nothing makes it gather: a piece, and what the pair holds. */
static void test_it_gathers_next_to_nothing(void **state)
{
	uint8_t piece[65536] = {0};
	struct line l;

	(void)state;
	line_open(&l);
	for (size_t i = 0; i < 1000; i++) {
		(void)!send(l.server, piece, sizeof(piece), MSG_DONTWAIT);
		pg_pump_move(&l.p, 0);
	}
	assert_true(l.p.answer > 0 && l.p.answer < BYTES);
	close(l.client);
	close(l.server);
	pg_pump_end(&l.p);
}

static void test_the_end_of_each_side(void **state)
{
	struct line l;
	char got[8];

	(void)state;
	line_open(&l);
	assert_int_equal(send(l.server, "bye", 3, 0), 3);
	close(l.server);
	for (int i = 0; i < 4; i++)
		pg_pump_move(&l.p, 0);
	assert_int_equal(recv(l.client, got, sizeof(got), 0), 3);
	assert_int_equal(recv(l.client, got, sizeof(got), 0), 0);
	close(l.client);
	pg_pump_look(&l.p);
	assert_false(pg_pump_begun(&l.p));

	line_open(&l);
	pg_pump_look(&l.p); /* nothing happened */
	assert_true(pg_pump_begun(&l.p));
	assert_int_equal(send(l.client, "end", 3, 0), 3);
	close(l.client);
	pg_pump_end(&l.p); /* what it said last still goes out */
	assert_int_equal(recv(l.server, got, sizeof(got), 0), 3);
	assert_int_equal(recv(l.server, got, sizeof(got), 0), 0);
	close(l.server);
	pg_pump_end(&l.p); /* nothing more to do */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_both_ways),
	        cmocka_unit_test(test_it_gathers_next_to_nothing),
	        cmocka_unit_test(test_the_end_of_each_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
