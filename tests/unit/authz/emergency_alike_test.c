/*
 * emergency_alike_test.c - do all nodes show the same end of an emergency request, or of a dispute, with the same
 * reason, in whatever order they hear of it?
 */
#include "unit/authz/dispute_stage.h"

static const char *slow; /* whose mail is late */

static bool from_slow(const struct post *p)
{
	return strcmp(p->from->name, slow) == 0;
}

static bool to_slow(const struct post *p)
{
	return strcmp(p->to->name, slow) == 0;
}

static void late(struct scene *s, const char *node, bool (*hold)(const struct post *p))
{
	slow = node;
	s->w->hold = hold;
}

static void arrived(struct scene *s)
{
	s->w->hold = NULL;
	settle(s->w);
}

static Hufu__EmergencyRequestRow *request_at(struct node *n, const struct hf_id *request)
{
	Hufu__EmergencyRequestRow *row = NULL;
	assert_int_equal(hf_emergency_request(n->authz, request, &row), HF_OK);
	return row;
}

static void everywhere(struct scene *s, const struct hf_id *request, enum hf_em_state state, const char *reason)
{
	for (size_t i = 0; i < NODES; i++) {
		HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = request_at(&s->w->node[i], request);
		assert_int_equal(em_row_state(row), state);
		assert_string_equal(row->result_reason, reason);
		assert_string_equal(em_row_revision(row)->reason, state == HF_EM_REFUSED ? "" : reason);
	}
}

static struct hf_id fresh(struct scene *s)
{
	return publish(s->roads, &(struct offer){.title = "闸门"});
}

/* Votes that reach the nodes in different orders. */
static void votes_in_any_order_give_one_reason(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id entry = fresh(s), request = raised(s, &entry);
	late(s, "audit", from_slow);
	MUST(vote_as(s->audit, "an", &request, "F", "已有公开数据"));
	s->w->now_ms += 1000;
	MUST(vote_as(s->hub, "hu", &request, "F", "范围过大"));
	s->w->now_ms += 1000;
	MUST(vote_as(s->port, "pan", &request, "F", "期限过长"));
	arrived(s);
	everywhere(s, &request, HF_EM_REJECTED, "已有公开数据");
}

/* A vote that arrives after others have decided it. */
static void vote_after_the_end_changes_its_reason_everywhere_or_nowhere(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id entry = fresh(s), request = raised(s, &entry);
	late(s, "twin", from_slow);
	MUST(vote_as(s->twin, "tu", &request, "F", "应走普通申请"));
	s->w->now_ms += 1000;
	MUST(vote_as(s->hub, "hu", &request, "F", "范围过大"));
	MUST(vote_as(s->audit, "an", &request, "F", "已有公开数据"));
	MUST(vote_as(s->port, "pan", &request, "F", "期限过长"));
	assert_int_equal(em_state_at(s->health, &request), HF_EM_REJECTED);
	arrived(s);
	everywhere(s, &request, HF_EM_REJECTED, "应走普通申请");
}

/* What was carried out, but reaches the provider only when the event is over: nothing is granted, and all hear why. */
static void grant_of_an_event_that_is_over_is_refused_and_all_hear_of_it(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id entry = fresh(s), request = raised(s, &entry), grant, event;
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = request_at(s->health, &request);
	assert_true(az_id_of(&row->event, &event));
	approved(s, &request);
	late(s, "data", from_slow);
	MUST(execute_as(s->data, "du", &request, &grant));
	MUST(over_as(s->health, "qian", &event, "水位已退"));
	arrived(s);
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *there = request_at(s->roads, &request);
	assert_non_null(strstr(there->result_reason, "was declared over"));
	everywhere(s, &request, HF_EM_REFUSED, there->result_reason);
	for (size_t i = 0; i < NODES; i++) {
		HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *r = request_at(&s->w->node[i], &request);
		struct hf_id named;
		assert_true(az_id_of(&r->grant, &named) && hf_id_equal(&named, &grant));
	}
	struct hf_access_request rq = rescue_asks(s, &entry);
	assert_int_not_equal(em_decided(s->roads, &rq, NULL), HF_OK);
	for (size_t i = 0; i < NODES; i++)
		assert_int_equal(s->w->node[i].refused_count, 0);
}

/* A node that did not hear of the withdrawal takes the grant as expired by its own clock; the provider knows better. */
static void end_by_an_own_clock_gives_way_to_the_providers(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id entry = fresh(s), request = in_use(s, &entry);
	late(s, "health", to_slow);
	MUST(unvote_as(s->audit, "an", &request, "已挪作他用"));
	MUST(unvote_as(s->hub, "hu", &request, "已挪作他用"));
	MUST(unvote_as(s->port, "pan", &request, "已挪作他用"));
	days_pass(s, 15);
	az_em_sweep(s->health->authz);
	settle(s->w);
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *before = request_at(s->health, &request);
	assert_string_equal(before->cause, "expired");
	arrived(s);
	sweep_all(s);
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *there = request_at(s->roads, &request);
	for (size_t i = 0; i < NODES; i++) {
		HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = request_at(&s->w->node[i], &request);
		assert_int_equal(em_row_state(row), HF_EM_ENDED);
		assert_string_equal(row->cause, "withdrawn");
		assert_string_equal(row->end_reason, "已挪作他用");
		assert_int_equal(row->ended_ms, there->ended_ms);
	}
	assert_int_equal(em_notices(s->health, &request, "emergency-ended").count, 1);
}

static enum hf_err settle_with(struct node *n, const char *who, const struct hf_id *dispute, const char *reason)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_dispute_settle(n->authz, &c.in, dispute, "dismissed", reason));
}

/* AZ-20 */
static void opinions_in_any_order_give_one_reason(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id app = refused(s), id;
	struct node *const who[] = {s->health, s->roads, s->audit, s->hub, s->port, s->twin};
	MUST(dispute_as(s->health, "wang", &app, "result", &id));
	late(s, "twin", from_slow);
	MUST(settle_with(s->twin, "tu", &id, "标准明确"));
	s->w->now_ms += 1000;
	MUST(settle_with(s->hub, "hu", &id, "程序合规"));
	MUST(settle_with(s->audit, "an", &id, "理由充分"));
	MUST(settle_with(s->port, "pan", &id, "无新事实"));
	assert_int_equal(outcome_at(s->health, &id), HF_DISPUTE_DISMISSED);
	arrived(s);
	for (size_t i = 0; i < sizeof(who) / sizeof(who[0]); i++) {
		HF_CLEANUP(hf_decoded_done) Hufu__DisputeRow *row = NULL;
		assert_int_equal(hf_dispute_get(who[i]->authz, &id, &row), HF_OK);
		assert_int_equal(row->outcome, HF_DISPUTE_DISMISSED);
		assert_string_equal(row->outcome_reason, "标准明确");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(votes_in_any_order_give_one_reason),
	        cmocka_unit_test(vote_after_the_end_changes_its_reason_everywhere_or_nowhere),
	        cmocka_unit_test(grant_of_an_event_that_is_over_is_refused_and_all_hear_of_it),
	        cmocka_unit_test(end_by_an_own_clock_gives_way_to_the_providers),
	        cmocka_unit_test(opinions_in_any_order_give_one_reason),
	};
	return cmocka_run_group_tests(tests, dispute_up, scene_down);
}
