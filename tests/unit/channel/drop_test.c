/*
 * drop_test.c - connections that are dropped while they are busy. nng 1.5.2 loses the end of a message that was half
 * read or half written when its connection is closed, and its thread that clears connections away then waits for it
 * for ever (pipes.c): from then on no node would dial again.
 */
#include "unit/channel/party.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_connection_dropped_amid_traffic_comes_back_each_time),
	};
	if (!hf_crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
