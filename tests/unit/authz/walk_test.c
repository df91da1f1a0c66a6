/* walk_test.c - do the reports over many applications count and order them rightly, and is everything else answered
 * while they are made (AZ-5, AZ-23)? */
#include "authz/statistics.h"

#include "proto/codec.h"

#include "cast.h"

#define MANY 5000u /* so that no machine reads them in one turn of the loop */

struct bulk {
	struct stage *s;
	struct hf_id one; /* the application that all are copies of */
	struct hf_buf row, rev;
	int64_t sent_ms;
};

static struct bulk kept;

/* A place between 0 and MANY - 1, each once. */
static unsigned place(unsigned i)
{
	return (unsigned)((uint64_t)i * 1999 % MANY);
}

static void put_copy(struct bulk *b, struct hf_unit *u, unsigned i)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = HF_DECODE_OWN(application_row, b->row.data, b->row.len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__ApplicationRevision *rev = HF_DECODE_OWN(application_revision, b->rev.data, b->rev.len);
	Hufu__ApplicationRow r = *row;
	Hufu__ApplicationRevision v = *rev;
	struct hf_id id = hf_id_new(b->s->w->now_ms + i);
	size_t len = 0;
	v.application = r.id = BIN_ID(&id);
	r.department = (char *)(i == 0 ? "first" : "others");
	r.result = (char *)(i % 2 ? "F" : "T");
	v.ended_ms = b->sent_ms + (int64_t)place(i) * 1000;
	uint8_t *data = hf_encode(&r.base, &len);
	hf_unit_put(u, HF_TABLE_APPLICATION, id.b, sizeof(id.b), data, len);
	free(data);
	az_revision_put(u, &v);
}

static struct bulk *bulk_of(void **state)
{
	struct bulk *b = &kept;
	uint8_t key[20];
	if (b->s)
		return b;
	b->s = stage_of(state);
	b->one = granted(b->s, &b->s->plain);
	b->sent_ms = b->s->w->now_ms;
	memcpy(key, b->one.b, 16);
	hf_put_u32(key + 16, 1);
	assert_int_equal(hf_store_get(b->s->roads->store, HF_TABLE_APPLICATION, b->one.b, 16, &b->row), HF_OK);
	assert_int_equal(hf_store_get(b->s->roads->store, HF_TABLE_APPLICATION_REV, key, sizeof(key), &b->rev), HF_OK);
	for (unsigned i = 0; i < MANY;) {
		struct hf_unit *u = hf_unit_new();
		for (unsigned k = 0; k < 1000; k++)
			put_copy(b, u, i++);
		submit_wait(b->s->roads, u);
	}
	return b;
}

/* ---- asking ---- */

struct answer {
	struct node *n;
	const struct hf_access_request *rq; /* asked meanwhile; NULL: nothing */
	uv_timer_t timer;
	unsigned turns;
	bool done;
	enum hf_err e;
	struct hf_stat_department first, others;
	struct hf_stat_mechanism applications;
	struct hf_divergence found;
	struct hf_alike list[8];
};

static void on_tick(uv_timer_t *t)
{
	struct answer *a = t->data;
	a->turns++;
	if (a->rq)
		assert_int_equal(decided(a->n, a->rq), HF_OK);
}

static void on_made(void *ctx, enum hf_err e, const struct hf_statistics *s)
{
	struct answer *a = ctx;
	a->e = e;
	a->done = true;
	for (size_t i = 0; s && i < s->count; i++)
		if (strcmp(s->departments[i].department, "first") == 0)
			a->first = s->departments[i];
		else if (strcmp(s->departments[i].department, "others") == 0)
			a->others = s->departments[i];
	if (s)
		a->applications = s->mechanisms[0];
}

static void on_found(void *ctx, enum hf_err e, const struct hf_divergence *d)
{
	struct answer *a = ctx;
	a->e = e;
	a->done = true;
	if (!d)
		return;
	a->found = *d;
	assert_true(d->count <= sizeof(a->list) / sizeof(a->list[0]));
	memcpy(a->list, d->list, d->count * sizeof(*d->list));
}

static bool copies(void *ctx, const char *organization, const char *department)
{
	(void)ctx, (void)organization;
	return strcmp(department, "first") == 0 || strcmp(department, "others") == 0;
}

static bool others(void *ctx, const char *organization, const char *department)
{
	(void)ctx, (void)organization;
	return strcmp(department, "others") == 0;
}

static void wait_answer(struct answer *a)
{
	assert_false(a->done);
	uv_timer_init(a->n->base.loop, &a->timer);
	a->timer.data = a;
	uv_timer_start(&a->timer, on_tick, 0, 1);
	world_run_until(a->n->world, &a->done);
	uv_close((uv_handle_t *)&a->timer, NULL);
	uv_run(a->n->base.loop, UV_RUN_NOWAIT);
}

/* ---- the tests ---- */

static void statistics_count_all_and_take_the_median(void **state)
{
	struct bulk *b = bulk_of(state);
	struct answer all = {.n = b->s->roads}, odd = all;
	hf_statistics_make(b->s->roads->authz, &(struct hf_stat_ask){.sees = copies}, on_made, &all);
	wait_answer(&all);
	assert_int_equal(all.e, HF_OK);
	assert_int_equal(all.first.applications, 1);
	assert_int_equal(all.others.applications, MANY - 1);
	assert_int_equal(all.applications.decided, MANY);
	assert_int_equal(all.applications.median_ms, (MANY - 1) * 500); /* of 0, 1000, ..., 4999000 */
	hf_statistics_make(b->s->roads->authz, &(struct hf_stat_ask){.sees = others}, on_made, &odd);
	wait_answer(&odd);
	assert_int_equal(odd.applications.decided, MANY - 1);
	assert_int_equal(odd.applications.median_ms, MANY / 2 * 1000); /* without the 0 */
	assert_int_equal(odd.first.applications, 0);
}

/* The gate's decision stands for everything that the loop answers. */
static void everything_else_is_answered_meanwhile(void **state)
{
	struct bulk *b = bulk_of(state);
	struct node *n = b->s->roads;
	struct hf_access_request rq = asking(&b->s->plain, b->s->w->now_ms);
	struct answer s = {.n = n, .rq = &rq}, d = s;
	hf_statistics_make(n->authz, &(struct hf_stat_ask){.sees = copies}, on_made, &s);
	wait_answer(&s);
	assert_int_equal(s.applications.decided, MANY);
	assert_true(s.turns >= 3);
	hf_divergence_find(n->authz, &(struct hf_stat_ask){.sees = copies}, 4, on_found, &d);
	wait_answer(&d);
	assert_int_equal(d.e, HF_OK);
	assert_true(d.turns >= 3);
}

static void divergence_shows_the_oldest_up_to_the_limit(void **state)
{
	struct bulk *b = bulk_of(state);
	struct answer a = {.n = b->s->roads}, alone = a;
	hf_divergence_find(b->s->roads->authz, &(struct hf_stat_ask){.sees = copies}, 4, on_found, &a);
	wait_answer(&a);
	assert_int_equal(a.e, HF_OK);
	assert_int_equal(a.found.groups, 1);
	assert_int_equal(a.found.count, 4);
	assert_true(a.found.more);
	for (unsigned i = 0; i < 4; i++) {
		assert_string_equal(a.list[i].department, i == 0 ? "first" : "others");
		assert_string_equal(a.list[i].result, i % 2 ? "F" : "T");
		assert_int_equal(a.list[i].decided_ms, b->sent_ms + (int64_t)place(i) * 1000);
		assert_int_equal(a.list[i].group, 1);
	}
	hf_divergence_find(b->s->roads->authz, &(struct hf_stat_ask){.until_ms = 1}, 4, on_found, &alone);
	wait_answer(&alone);
	assert_int_equal(alone.found.groups + alone.found.count + alone.found.more, 0);
}

/* Both end with one answer, also the one that has not begun. */
static void a_node_that_closes_answers_what_it_was_asked(void **state)
{
	struct bulk *b = bulk_of(state);
	struct node *n = b->s->roads;
	struct answer s = {.n = n}, d = s;
	hf_statistics_make(n->authz, &(struct hf_stat_ask){.sees = copies}, on_made, &s);
	hf_divergence_find(n->authz, &(struct hf_stat_ask){.sees = copies}, 4, on_found, &d);
	uv_run(n->base.loop, UV_RUN_NOWAIT);
	assert_false(s.done || d.done);
	node_close(n);
	assert_true(s.done && d.done);
	assert_int_equal(s.e, HF_E_CANCELLED);
	assert_int_equal(d.e, HF_E_CANCELLED);
	uv_run(n->base.loop, UV_RUN_NOWAIT);
	node_open(n);
	hf_buf_done(&b->row);
	hf_buf_done(&b->rev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(statistics_count_all_and_take_the_median),
	        cmocka_unit_test(divergence_shows_the_oldest_up_to_the_limit),
	        cmocka_unit_test(everything_else_is_answered_meanwhile),
	        cmocka_unit_test(a_node_that_closes_answers_what_it_was_asked),
	};
	return cmocka_run_group_tests(tests, stage_up, stage_down);
}
