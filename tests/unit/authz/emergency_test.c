/* emergency_test.c - does an emergency come to a grant by the leading group alone, and end when it must? */
#include "unit/authz/emergency_stage.h"

/* AZ-54, AZ-55, AZ-59, AZ-78: the whole way; who approved and who carried it out is on record at the provider. */
static void test_the_whole_way(void **state)
{
	struct scene *s = scene_of(state);
	const char *mechanism = NULL;
	struct hf_id request = raised(s, &s->bridges), grant;
	struct hf_access_request rq = rescue_asks(s, &s->bridges);
	assert_int_equal(em_state_at(s->roads, &request), HF_EM_OPEN);
	assert_int_equal(em_notices(s->roads, &request, "emergency-requested").count, 1);
	assert_int_equal(em_decided(s->roads, &rq, NULL), HF_E_NO_GRANT);
	MUST(vote_as(s->audit, "an", &request, "T", NULL));
	MUST(vote_as(s->hub, "hu", &request, "T", NULL));
	assert_int_equal(execute_as(s->data, "du", &request, &grant), HF_E_STATE); /* two of five organizations */
	MUST(vote_as(s->port, "pan", &request, "T", NULL));
	for (size_t i = 0; i < NODES; i++)
		assert_int_equal(em_state_at(&s->w->node[i], &request), HF_EM_APPROVED);
	MUST(execute_as(s->data, "du", &request, &grant));
	for (size_t i = 0; i < NODES; i++)
		assert_int_equal(em_state_at(&s->w->node[i], &request), HF_EM_ACTIVE);
	assert_int_equal(em_decided(s->roads, &rq, &mechanism), HF_OK);
	assert_string_equal(mechanism, "emergency");
	rq.system = "archive";
	assert_int_equal(em_decided(s->roads, &rq, NULL), HF_E_WRONG_SYSTEM); /* AZ-78 */
	assert_int_equal(em_notices(s->roads, &request, "emergency-granted").count, 1);
	assert_int_equal(em_notices(s->health, &request, "emergency-granted").count, 1);
	assert_int_equal(entries(s->roads, &request, HF_EVENT_EMERGENCY_EXECUTION, HF_FIELD_VOTERS,
	                         "audit/an, hub/hu, port/pan"),
	                 1);
	assert_int_equal(entries(s->roads, &request, HF_EVENT_EMERGENCY_EXECUTION, HF_FIELD_EXECUTOR, "data/du"), 1);
	for (size_t i = 0; i < NODES; i++)
		assert_int_equal(s->w->node[i].refused_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_the_whole_way),
	};
	return cmocka_run_group_tests(tests, scene_up, scene_down);
}
