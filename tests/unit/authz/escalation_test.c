/* escalation_test.c - does an overdue decision reach the leading group when the intake node's setting says so, once,
 * and its end, too (AZ-18)? Nothing is approved by it (AZ-21). */
#include "authz/calendar.h"
#include "authz/deadline.h"
#include "unit/authz/dispute_stage.h"

struct told {
	const struct hf_id *application;
	unsigned rows;
	bool ended;
	char result[8];
};

static bool look(void *ctx, const Hufu__EscalationRow *row)
{
	struct told *t = ctx;
	struct hf_id id;
	if (!az_id_of(&row->application, &id) || !hf_id_equal(&id, t->application))
		return true;
	t->rows++;
	t->ended = row->ended_ms != 0;
	snprintf(t->result, sizeof(t->result), "%s", row->result);
	return true;
}

static struct told told_at(struct node *n, const struct hf_id *application)
{
	struct told t = {.application = application};
	assert_int_equal(hf_escalations(n->authz, look, &t), HF_OK);
	return t;
}

static void sweep(struct scene *s, int64_t now_ms)
{
	s->w->now_ms = now_ms;
	az_deadline_sweep(s->roads->authz);
	settle(s->w);
}

static struct hf_deadline deadline_at(struct node *n, const struct hf_id *id)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = NULL;
	struct hf_deadline t = {.sent_ms = 0};
	assert_int_equal(hf_authz_application(n->authz, id, &row), HF_OK);
	assert_true(hf_authz_deadline(n->authz, row, &t));
	return t;
}

struct heard {
	const char *kind;
	unsigned count;
};

static bool hear(void *ctx, const struct hf_id *id, const Hufu__NoticeRow *row)
{
	struct heard *h = ctx;
	(void)id;
	h->count += strcmp(row->kind, h->kind) == 0;
	return true;
}

static unsigned heard_at(struct node *n, const char *kind)
{
	struct heard h = {kind, 0};
	assert_int_equal(hf_authz_notices(n->authz, hear, &h), HF_OK);
	return h.count;
}

static void the_leading_group_hears_of_a_late_decision_and_of_its_end(void **state)
{
	struct scene *s = scene_of(state);
	int64_t begin = s->w->now_ms;
	struct hf_id id = at_provider(s);
	struct hf_deadline t = deadline_at(s->roads, &id);
	struct node *const group[] = {s->audit, s->hub, s->port};
	assert_true(t.escalate_ms > t.due_ms);
	sweep(s, t.due_ms);
	sweep(s, t.escalate_ms - 1);
	assert_int_equal(heard_at(s->roads, "overdue"), 1);
	assert_int_equal(told_at(s->audit, &id).rows, 0);
	sweep(s, t.escalate_ms);
	sweep(s, t.escalate_ms + 3 * DAY);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(told_at(group[i], &id).rows, 1);
		assert_false(told_at(group[i], &id).ended);
		assert_int_equal(heard_at(group[i], "escalation"), 1);
	}
	assert_int_equal(told_at(s->data, &id).rows, 0);
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_RECEIVED);
	s->w->now_ms = begin;
	MUST(decide_as(s->roads, "zhou", &id, "F", "closed", 0));
	sweep(s, begin);
	for (size_t i = 0; i < 3; i++) {
		assert_true(told_at(group[i], &id).ended);
		assert_string_equal(told_at(group[i], &id).result, "F");
	}
	for (size_t i = 0; i < NODES; i++)
		assert_int_equal(s->w->node[i].refused_count, 0);
}

/* The days are the intake node's setting; the deadline is not. */
static void reminder_and_report_come_when_the_node_is_set_to(void **state)
{
	struct scene *s = scene_of(state);
	int64_t begin = s->w->now_ms;
	const Hufu__Descriptor *d = hf_space_current(s->w->space);
	struct hf_id id = at_provider(s);
	hf_authz_set_deadlines(s->roads->authz, &(struct hf_deadline_limits){2, 5});
	struct hf_deadline t = deadline_at(s->roads, &id);
	assert_true(t.remind_ms == az_calendar_due(d, t.sent_ms, 2));
	assert_true(t.due_ms == az_calendar_due(d, t.sent_ms, 10));
	assert_true(t.escalate_ms == az_calendar_due(d, t.sent_ms, 15));
	unsigned before = heard_at(s->health, "reminder");
	sweep(s, t.remind_ms - 1);
	assert_int_equal(heard_at(s->health, "reminder"), before);
	sweep(s, t.remind_ms);
	assert_int_equal(heard_at(s->health, "reminder"), before + 1);
	sweep(s, t.due_ms);
	sweep(s, t.escalate_ms - 1);
	assert_int_equal(told_at(s->hub, &id).rows, 0);
	sweep(s, t.escalate_ms);
	assert_int_equal(told_at(s->hub, &id).rows, 1);
	s->w->now_ms = begin;
	hf_authz_set_deadlines(s->roads->authz, &(struct hf_deadline_limits){HF_REMINDER_DAYS, HF_ESCALATION_DAYS});
	MUST(decide_as(s->roads, "zhou", &id, "F", "closed", 0));
	for (size_t i = 0; i < NODES; i++)
		assert_int_equal(s->w->node[i].refused_count, 0);
}

/* A report of what is not late by the group's own clock and calendar is refused, and raises an alarm there. */
static void report_that_is_too_early_is_refused(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id id = at_provider(s);
	struct hf_deadline t = deadline_at(s->roads, &id);
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = NULL;
	struct hf_unit *u = hf_unit_new();
	assert_int_equal(hf_authz_application(s->roads->authz, &id, &row), HF_OK);
	assert_int_equal(az_escalation_tell(s->roads->authz, u, row, &t, false), HF_OK);
	submit_wait(s->roads, u);
	settle(s->w);
	assert_int_equal(told_at(s->audit, &id).rows, 0);
	assert_int_equal(s->audit->refused_count, 1);
	MUST(decide_as(s->roads, "zhou", &id, "F", "closed", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_leading_group_hears_of_a_late_decision_and_of_its_end),
	        cmocka_unit_test(reminder_and_report_come_when_the_node_is_set_to),
	        cmocka_unit_test(report_that_is_too_early_is_refused),
	};
	return cmocka_run_group_tests(tests, dispute_up, scene_down);
}
