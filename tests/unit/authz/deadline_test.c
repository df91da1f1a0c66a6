/* deadline_test.c - ten working days from submission to decision: reminded, escalated, flagged, never approved by time.
 * The clock of all nodes is moved; the space's calendar says which days count. */
#include "authz/deadline.h"

#include "cast.h"

struct heard {
	unsigned reminders, overdue;
};

static bool hear(void *ctx, const struct hf_id *id, const Hufu__NoticeRow *row)
{
	struct heard *h = ctx;
	(void)id;
	h->reminders += strcmp(row->kind, "reminder") == 0;
	h->overdue += strcmp(row->kind, "overdue") == 0;
	return true;
}

static struct heard heard_at(struct node *n)
{
	struct heard h = {0, 0};
	assert_int_equal(hf_authz_notices(n->authz, hear, &h), HF_OK);
	return h;
}

static void sweep(struct stage *s, int64_t now_ms)
{
	s->w->now_ms = now_ms;
	az_deadline_sweep(s->hub->authz);
	az_deadline_sweep(s->roads->authz);
	az_deadline_sweep(s->health->authz);
	settle(s->w);
}

static struct hf_deadline deadline_at(struct node *n, const struct hf_id *id)
{
	struct hf_deadline t = {.sent_ms = 0};
	Hufu__ApplicationRow *row = NULL;
	assert_int_equal(hf_authz_application(n->authz, id, &row), HF_OK);
	assert_true(hf_authz_deadline(n->authz, row, &t));
	hf_decoded_free(row);
	return t;
}

/* AZ-21: every part holds the same due date, which is no sooner than two weeks off. */
static void every_part_holds_the_same_due_date(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id = forwarded(s, &s->plain);
	struct hf_deadline c = deadline_at(s->health, &id), i = deadline_at(s->hub, &id),
	                   p = deadline_at(s->roads, &id);
	assert_true(c.due_ms == i.due_ms && i.due_ms == p.due_ms && c.open && i.open && p.open);
	assert_true(c.due_ms - c.sent_ms >= 13 * DAY && c.remind_ms < c.due_ms);
	MUST(decide_as(s->roads, "zhou", &id, "F", "closed", 0));
	assert_false(deadline_at(s->roads, &id).open || deadline_at(s->hub, &id).open ||
	             deadline_at(s->health, &id).open);
}

/* AZ-18: nothing is said before the point; then the provider and the consumer hear of it once; once more when it is
 * overdue. AZ-21: nothing is approved by time, and the decision is still possible. */
static void the_provider_is_reminded_once_and_again_when_late(void **state)
{
	struct stage *s = stage_of(state);
	int64_t begin = s->w->now_ms;
	struct hf_id id = forwarded(s, &s->plain);
	struct hf_deadline t = deadline_at(s->hub, &id);
	struct heard before = heard_at(s->roads), consumer = heard_at(s->health);
	sweep(s, t.remind_ms - 1);
	assert_int_equal(heard_at(s->roads).reminders, before.reminders);
	sweep(s, t.remind_ms);
	sweep(s, t.remind_ms + DAY);
	assert_int_equal(heard_at(s->roads).reminders, before.reminders + 1);
	assert_int_equal(heard_at(s->health).reminders, consumer.reminders + 1);
	assert_int_equal(heard_at(s->roads).overdue, before.overdue);
	sweep(s, t.due_ms - 1);
	assert_int_equal(heard_at(s->roads).overdue, before.overdue);
	sweep(s, t.due_ms);
	sweep(s, t.due_ms + 30 * DAY);
	assert_int_equal(heard_at(s->roads).overdue, before.overdue + 1);
	assert_int_equal(heard_at(s->hub).overdue, 1);
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_RECEIVED);
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_SUBMITTED);
	s->w->now_ms = begin;
	MUST(decide_as(s->roads, "zhou", &id, "F", "closed", 0));
}

/* What is decided in time is never complained of. */
static void a_decided_application_is_not_urged(void **state)
{
	struct stage *s = stage_of(state);
	int64_t begin = s->w->now_ms;
	struct hf_id id = forwarded(s, &s->plain);
	struct hf_deadline t = deadline_at(s->hub, &id);
	struct heard provider = heard_at(s->roads), hub = heard_at(s->hub);
	MUST(decide_as(s->roads, "zhou", &id, "F", "closed", 0));
	sweep(s, t.due_ms + DAY);
	assert_int_equal(heard_at(s->roads).overdue, provider.overdue);
	assert_int_equal(heard_at(s->hub).overdue, hub.overdue);
	s->w->now_ms = begin;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_part_holds_the_same_due_date),
	        cmocka_unit_test(the_provider_is_reminded_once_and_again_when_late),
	        cmocka_unit_test(a_decided_application_is_not_urged),
	};
	return cmocka_run_group_tests(tests, stage_up, stage_down);
}
