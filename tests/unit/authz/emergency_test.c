/* emergency_test.c - does an emergency come to a grant by the leading group alone, and end when it must? */
#include "authz/scenario.h"
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

/* AZ-52: nothing without an event that is declared, of a kind that the authority may declare, and not over. */
static void test_no_event_no_request(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id unknown = hf_id_new(s->w->now_ms), id, event;
	struct hf_em_request_in in = need_of(s, &unknown, &s->bridges);
	assert_int_equal(raise_as(s->health, "qian", &in, &id), HF_E_UNKNOWN);
	struct hf_em_event_in odd = flood(s);
	odd.kind = "traffic-jam";
	assert_int_equal(declare_as(s->health, "qian", &odd, &event), HF_E_ARGUMENT);
	assert_non_null(strstr(last_fault, "natural-disaster"));
	event = declared(s);
	in = need_of(s, &event, &s->bridges);
	MUST(over_as(s->health, "qian", &event, "水位已退"));
	assert_int_equal(raise_as(s->health, "qian", &in, &id), HF_E_STATE);
}

/* AZ-53: raised by the authority in charge of the event, and by nobody else. */
static void test_the_authority_in_charge(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id event = declared(s), id;
	struct hf_em_request_in in = need_of(s, &event, &s->bridges);
	struct hf_em_event_in fire = flood(s);
	assert_int_equal(raise_as(s->clinic, "qiao", &in, &id), HF_E_STANDING); /* another emergency authority */
	assert_int_equal(raise_as(s->health, "wang", &in, &id), HF_E_PERMISSION);
	assert_int_equal(declare_as(s->hub, "hu", &fire, &id), HF_E_STANDING); /* no emergency authority */
}

/* AZ-78: reason, purpose and period are mandatory each. AZ-56: 14 days to the millisecond. */
static void test_statements_and_period(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id event = declared(s), id;
	struct hf_em_request_in good = need_of(s, &event, &s->bridges), in;
	in = good;
	in.reason = " ";
	assert_int_equal(raise_as(s->health, "qian", &in, &id), HF_E_ARGUMENT);
	assert_non_null(strstr(last_fault, "'reason'"));
	in = good;
	in.purpose = "";
	assert_int_equal(raise_as(s->health, "qian", &in, &id), HF_E_ARGUMENT);
	assert_non_null(strstr(last_fault, "'purpose'"));
	in = good;
	in.until_ms = 0;
	assert_int_equal(raise_as(s->health, "qian", &in, &id), HF_E_ARGUMENT);
	assert_non_null(strstr(last_fault, "'until'"));
	in = good;
	in.system = "nosuch";
	assert_int_equal(raise_as(s->health, "qian", &in, &id), HF_E_WRONG_SYSTEM);
	in = good;
	in.until_ms += 1000; /* 14 days and a second */
	assert_int_equal(raise_as(s->health, "qian", &in, &id), HF_E_LIMIT);
	assert_non_null(strstr(last_fault, "14 days"));
	in = good;
	in.from_ms = s->w->now_ms - 1;
	assert_int_equal(raise_as(s->health, "qian", &in, &id), HF_E_ARGUMENT); /* never backdated */
	in = good;
	in.entry = s->hidden;
	assert_int_equal(raise_as(s->health, "qian", &in, &id), HF_E_UNKNOWN); /* no wider than its scope */
	MUST(raise_as(s->health, "qian", &good, &id));
}

/* AZ-54: who may vote, once, with a reason where it is no. */
static void test_who_votes(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id request = raised(s, &s->bridges);
	assert_int_equal(vote_as(s->lane, "lan", &request, "T", NULL), HF_E_SEPARATION);   /* of the provider */
	assert_int_equal(vote_as(s->clinic, "cai", &request, "T", NULL), HF_E_SEPARATION); /* of the applicant */
	assert_int_equal(vote_as(s->roads, "zhou", &request, "T", NULL), HF_E_STANDING);   /* the provider itself */
	assert_int_equal(vote_as(s->data, "du", &request, "T", NULL), HF_E_STANDING);
	assert_int_equal(vote_as(s->hub, "chen", &request, "T", NULL), HF_E_PERMISSION); /* the platform's reviewer */
	assert_int_equal(vote_as(s->hub, "hu", &request, "F", " "), HF_E_ARGUMENT);
	assert_int_equal(vote_as(s->hub, "hu", &request, "X", "x"), HF_E_ARGUMENT);
	MUST(vote_as(s->hub, "hu", &request, "T", NULL));
	assert_int_equal(vote_as(s->hub, "hu", &request, "F", "anders"), HF_E_EXISTS);
	MUST(vote_as(s->twin, "tu", &request, "T", NULL)); /* counts for the same organization */
	MUST(vote_as(s->audit, "an", &request, "T", NULL));
	assert_int_equal(em_state_at(s->roads, &request), HF_EM_OPEN);
	MUST(vote_as(s->port, "pan", &request, "T", NULL));
	assert_int_equal(em_state_at(s->roads, &request), HF_EM_APPROVED);
	assert_int_equal(s->roads->refused_count, 0);
}

/* S is corrected, and keeps its history; what was said of the first revision counts for nothing in the second. */
static void test_returned_and_corrected(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id request = raised(s, &s->bridges), grant;
	uint32_t revision = 0;
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	MUST(vote_as(s->hub, "hu", &request, "T", NULL));
	MUST(vote_as(s->audit, "an", &request, "S", "请写明所需字段"));
	for (size_t i = 0; i < NODES; i++)
		assert_int_equal(em_state_at(&s->w->node[i], &request), HF_EM_RETURNED);
	assert_int_equal(execute_as(s->data, "du", &request, &grant), HF_E_STATE);
	struct hf_em_request_in in = {.until_ms = s->w->now_ms + 5 * DAY};
	MUST(again_as(s->health, "qian", &request, &in, &revision));
	assert_int_equal(revision, 2);
	assert_int_equal(hf_emergency_request(s->roads->authz, &request, &row), HF_OK);
	assert_int_equal(row->n_revisions, 2);
	assert_string_equal(row->revisions[0]->result, "S");
	assert_int_equal(row->revisions[0]->n_votes, 2);
	assert_int_equal(row->revisions[1]->n_votes, 0);
	MUST(vote_as(s->audit, "an", &request, "T", NULL));
	MUST(vote_as(s->port, "pan", &request, "T", NULL));
	assert_int_equal(em_state_at(s->data, &request), HF_EM_OPEN); /* hub spoke of the first revision only */
	MUST(vote_as(s->hub, "hu", &request, "T", NULL));
	MUST(execute_as(s->data, "du", &request, &grant));
	assert_int_equal(em_state_at(s->health, &request), HF_EM_ACTIVE);
}

/* F is final, with a reason, at every party. */
static void test_rejected(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id request = raised(s, &s->bridges), grant;
	uint32_t revision;
	struct hf_em_request_in in = {.until_ms = s->w->now_ms + 5 * DAY};
	MUST(vote_as(s->audit, "an", &request, "F", "公开数据已足够"));
	MUST(vote_as(s->hub, "hu", &request, "F", "公开数据已足够"));
	MUST(vote_as(s->port, "pan", &request, "F", "公开数据已足够"));
	for (size_t i = 0; i < NODES; i++)
		assert_int_equal(em_state_at(&s->w->node[i], &request), HF_EM_REJECTED);
	assert_int_equal(em_notices(s->health, &request, "emergency-rejected").count, 1);
	assert_int_equal(again_as(s->health, "qian", &request, &in, &revision), HF_E_STATE);
	assert_int_equal(execute_as(s->data, "du", &request, &grant), HF_E_STATE);
}

/* AZ-55: another role, person and node than those who approved. */
static void test_who_carries_out(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id request = raised(s, &s->bridges), grant;
	approved(s, &request);
	assert_int_equal(execute_as(s->hub, "hu", &request, &grant), HF_E_STANDING);
	assert_int_equal(execute_as(s->health, "qian", &request, &grant), HF_E_STANDING);
	MUST(execute_as(s->data, "du", &request, &grant));
	assert_int_equal(execute_as(s->data, "du", &request, &grant), HF_E_STATE); /* once */
}

/* AZ-56, AZ-58, AZ-59: the last millisecond of the 14 days, and the report after it; then an application is needed. */
static void test_the_end_by_time(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id request = in_use(s, &s->bridges);
	struct hf_access_request rq = rescue_asks(s, &s->bridges);
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	rq.now_ms = s->w->now_ms + 14 * DAY - 1;
	assert_int_equal(em_decided(s->roads, &rq, NULL), HF_OK);
	rq.now_ms++;
	assert_int_equal(em_decided(s->roads, &rq, NULL), HF_E_GRANT_EXPIRED);
	assert_non_null(strstr(last_fault, "hufu apply"));
	sweep_all(s);
	assert_int_equal(em_state_at(s->roads, &request), HF_EM_ACTIVE);
	days_pass(s, 14);
	sweep_all(s);
	for (size_t i = 0; i < NODES; i++) {
		assert_int_equal(em_state_at(&s->w->node[i], &request), HF_EM_ENDED);
		assert_int_equal(em_notices(&s->w->node[i], &request, "emergency-report").count, 1);
	}
	assert_int_equal(hf_emergency_request(s->audit->authz, &request, &row), HF_OK);
	assert_string_equal(row->cause, "expired");
	assert_true(row->report_envelope.len > 0);
}

/* AZ-57: no second grant for the same event, organization and resource, also by another node of the organization. */
static void test_no_chaining(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id request = in_use(s, &s->bridges), id;
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	struct hf_id event;
	assert_int_equal(hf_emergency_request(s->health->authz, &request, &row), HF_OK);
	assert_true(az_id_of(&row->event, &event));
	struct hf_em_request_in in = need_of(s, &event, &s->bridges);
	assert_int_equal(raise_as(s->health, "qian", &in, &id), HF_E_EXISTS);
	in.system = "archive"; /* the triple is event, organization and resource */
	assert_int_equal(raise_as(s->health, "qian", &in, &id), HF_E_EXISTS);
	in.organization = "clinic";
	in.system = "ambulance";
	assert_int_equal(raise_as(s->health, "qian", &in, &id), HF_E_EXISTS);
	days_pass(s, 15);
	sweep_all(s);
	in = need_of(s, &event, &s->bridges);
	assert_int_equal(raise_as(s->health, "qian", &in, &id), HF_E_EXISTS);
	assert_non_null(strstr(last_fault, "hufu apply"));
	in = need_of(s, &event, &s->roads_map); /* another resource is another matter */
	MUST(raise_as(s->health, "qian", &in, &id));
}

/* The group withdraws what it gave by as many organizations as had to approve; the event's end ends its grants. */
static void test_withdrawn_and_over(void **state)
{
	struct scene *s = scene_of(state);
	const struct hf_id first = publish(s->roads, &(struct offer){.title = "堤坝"});
	const struct hf_id second = publish(s->roads, &(struct offer){.title = "泵站"});
	struct hf_id request = in_use(s, &first), event;
	struct hf_access_request rq = rescue_asks(s, &first);
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	unsigned before = s->roads->revoked;
	MUST(unvote_as(s->audit, "an", &request, "已挪作他用"));
	MUST(unvote_as(s->hub, "hu", &request, "已挪作他用"));
	assert_int_equal(unvote_as(s->hub, "hu", &request, "again"), HF_E_EXISTS);
	assert_int_equal(unvote_as(s->lane, "lan", &request, "ours"), HF_E_SEPARATION);
	assert_int_equal(em_decided(s->roads, &rq, NULL), HF_OK);
	MUST(unvote_as(s->port, "pan", &request, "已挪作他用"));
	assert_int_equal(em_decided(s->roads, &rq, NULL), HF_E_GRANT_REVOKED);
	assert_int_equal(s->roads->revoked, before + 1);
	for (size_t i = 0; i < NODES; i++)
		assert_int_equal(em_state_at(&s->w->node[i], &request), HF_EM_ENDED);
	sweep_all(s);
	assert_int_equal(em_notices(s->roads, &request, "emergency-report").count, 1);
	request = in_use(s, &second);
	rq = rescue_asks(s, &second);
	assert_int_equal(em_decided(s->roads, &rq, NULL), HF_OK);
	assert_int_equal(hf_emergency_request(s->health->authz, &request, &row), HF_OK);
	assert_true(az_id_of(&row->event, &event));
	MUST(over_as(s->health, "qian", &event, "水位已退"));
	assert_int_equal(em_decided(s->roads, &rq, NULL), HF_E_GRANT_REVOKED);
	for (size_t i = 0; i < NODES; i++)
		assert_int_equal(em_state_at(&s->w->node[i], &request), HF_EM_ENDED);
}

/* AZ-54: the provider's approver cannot end what the leading group gave. */
static void test_the_provider_cannot_revoke(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id request = in_use(s, &s->bridges), grant;
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	assert_int_equal(hf_emergency_request(s->roads->authz, &request, &row), HF_OK);
	assert_true(az_id_of(&row->grant, &grant));
	assert_int_equal(revoke_as(s->roads, "zhou", &grant, "不同意"), HF_E_SEPARATION);
	assert_int_equal(em_state_at(s->roads, &request), HF_EM_ACTIVE);
}

/* AZ-16: personal data needs the finding of the provider's privacy expert. DS-77: sensitive data two factors. */
static void test_personal_and_sensitive(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id request = raised(s, &s->personal), grant;
	approved(s, &request);
	assert_int_equal(execute_as(s->data, "du", &request, &grant), HF_E_STATE);
	assert_non_null(strstr(last_fault, "privacy"));
	assert_int_equal(examine_as(s->roads, "zhou", &request, true), HF_E_PERMISSION);
	MUST(examine_as(s->roads, "fan", &request, true));
	MUST(execute_as(s->data, "du", &request, &grant));
	assert_int_equal(em_state_at(s->roads, &request), HF_EM_ACTIVE);
	struct hf_id event = declared(s);
	struct hf_em_request_in in = need_of(s, &event, &s->sensitive);
	assert_int_equal(raise_as(s->health, "qian", &in, &request), HF_E_SECOND_FACTOR);
}

/* AZ-65: what follows is on record at consumer and provider. */
static void test_what_follows(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id request = in_use(s, &s->bridges), app, unknown = hf_id_new(s->w->now_ms);
	struct hf_application_in in = {.entry = s->bridges,
	                               .system = "rescue",
	                               .reason = "灾后重建仍需桥梁数据",
	                               .purpose = "reconstruction",
	                               .until_ms = s->w->now_ms + 90 * DAY};
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	MUST(draft_as(s->health, "wang", &in, &app));
	assert_int_equal(follow_as(s->health, "wang", &request, &unknown), HF_E_UNKNOWN);
	MUST(follow_as(s->health, "wang", &request, &app));
	assert_int_equal(follow_as(s->health, "wang", &request, &app), HF_E_EXISTS);
	assert_int_equal(hf_emergency_request(s->roads->authz, &request, &row), HF_OK);
	assert_int_equal(row->n_successors, 1);
	assert_true(memcmp(row->successors[0]->successor.data, app.b, 16) == 0);
	assert_int_equal(em_notices(s->roads, &request, "emergency-successor").count, 1);
}

static enum hf_err follow_scenario(struct scene *s, const struct hf_id *request, const struct hf_id *scenario)
{
	COMMAND(c, s->health, "wang");
	return command_end(&c, hf_emergency_follow(s->health->authz, &c.in, request, "scenario", scenario));
}

/* AZ-65: or by a scenario, which must give the same system the same resource. */
static void test_scenario_follows(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id request = in_use(s, &s->bridges), scenario, opening, unknown = hf_id_new(s->w->now_ms);
	static const char *const providers[] = {"roads"};
	const struct hf_scenario_in made = {.name = "reconstruction",
	                                    .purpose = "reconstruction",
	                                    .until_ms = s->w->now_ms + 90 * DAY,
	                                    .providers = providers,
	                                    .provider_count = 1};
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	COMMAND(c, s->hub, "bai");
	MUST(command_end(&c, hf_scenario_create(s->hub->authz, &c.in, &made, &scenario)));
	assert_int_equal(follow_scenario(s, &request, &unknown), HF_E_UNKNOWN);
	COMMAND(m, s->hub, "bai");
	MUST(command_end(&m, hf_scenario_confirm(s->hub->authz, &m.in, &scenario,
	                                         &(struct hf_scenario_member){"health", "", "rescue", ""})));
	assert_int_equal(follow_scenario(s, &request, &scenario), HF_E_CONFLICT);
	assert_non_null(strstr(last_fault, "not open to that scenario"));
	const struct hf_opening_in in = {
	        .scenario = scenario, .entry = s->bridges, .until_ms = s->w->now_ms + 60 * DAY};
	COMMAND(o, s->roads, "zhou");
	MUST(command_end(&o, hf_scenario_open(s->roads->authz, &o.in, &in, &opening)));
	MUST(follow_scenario(s, &request, &scenario));
	assert_int_equal(hf_emergency_request(s->roads->authz, &request, &row), HF_OK);
	assert_int_equal(row->n_successors, 1);
	assert_string_equal(row->successors[0]->kind, "scenario");
	assert_true(memcmp(row->successors[0]->successor.data, scenario.b, 16) == 0);
}

/* AZ-65, AZ-16: a scenario whose resource was found to be personal meanwhile gives nothing, so nothing follows by it.
 */
static void test_scenario_that_gives_nothing_does_not_follow(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "隧道"}), scenario, opening;
	struct hf_id request = in_use(s, &entry);
	static const char *const providers[] = {"roads"};
	const struct hf_scenario_in made = {.name = "tunnels",
	                                    .purpose = "reconstruction",
	                                    .until_ms = s->w->now_ms + 90 * DAY,
	                                    .providers = providers,
	                                    .provider_count = 1};
	COMMAND(c, s->hub, "bai");
	MUST(command_end(&c, hf_scenario_create(s->hub->authz, &c.in, &made, &scenario)));
	COMMAND(m, s->hub, "bai");
	MUST(command_end(&m, hf_scenario_confirm(s->hub->authz, &m.in, &scenario,
	                                         &(struct hf_scenario_member){"health", "", "rescue", ""})));
	const struct hf_opening_in in = {.scenario = scenario, .entry = entry, .until_ms = s->w->now_ms + 60 * DAY};
	COMMAND(o, s->roads, "zhou");
	MUST(command_end(&o, hf_scenario_open(s->roads->authz, &o.in, &in, &opening)));
	(void)publish(s->roads, &(struct offer){.title = "隧道", .id = entry, .personal = true});
	assert_int_equal(follow_scenario(s, &request, &scenario), HF_E_CONFLICT);
	assert_non_null(strstr(last_fault, "gives nothing of it"));
	assert_non_null(strstr(last_fault, "personal data"));
	(void)publish(s->roads, &(struct offer){.title = "隧道", .id = entry});
	MUST(follow_scenario(s, &request, &scenario));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_the_whole_way),
	        cmocka_unit_test(test_no_event_no_request),
	        cmocka_unit_test(test_the_authority_in_charge),
	        cmocka_unit_test(test_statements_and_period),
	        cmocka_unit_test(test_who_votes),
	        cmocka_unit_test(test_returned_and_corrected),
	        cmocka_unit_test(test_rejected),
	        cmocka_unit_test(test_who_carries_out),
	        cmocka_unit_test(test_the_end_by_time),
	        cmocka_unit_test(test_no_chaining),
	        cmocka_unit_test(test_withdrawn_and_over),
	        cmocka_unit_test(test_the_provider_cannot_revoke),
	        cmocka_unit_test(test_personal_and_sensitive),
	        cmocka_unit_test(test_what_follows),
	        cmocka_unit_test(test_scenario_follows),
	        cmocka_unit_test(test_scenario_that_gives_nothing_does_not_follow),
	};
	return cmocka_run_group_tests(tests, scene_up, scene_down);
}
