/* How many applications an intake node takes from one member (base/limits.h). */
#include "base/limits.h"
#include "unit/authz/cast.h"

/* Applications of health as they stand on record at hub, in one unit. */
static void put_rows(struct stage *s, unsigned count, enum hf_review_state state, struct hf_id *ret_last)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_id txn = hf_id_new(s->w->now_ms);
	for (unsigned i = 0; i < count; i++) {
		Hufu__ApplicationRow row = HUFU__APPLICATION_ROW__INIT;
		*ret_last = hf_id_new(s->w->now_ms);
		row.id = BIN_ID(ret_last);
		row.txn = BIN_ID(&txn);
		row.resource = BIN_ID(&s->plain);
		row.organization = (char *)"health";
		row.provider = (char *)"roads";
		row.intake = (char *)"hub";
		row.created_ms = s->w->now_ms;
		row.intake_state = state;
		az_row_put(s->hub->authz, u, &row);
	}
	submit_wait(s->hub, u);
}

static void end_row(struct stage *s, const struct hf_id *id)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = NULL;
	struct hf_unit *u = hf_unit_new();
	assert_int_equal(az_row_get(s->hub->authz, id, &row), HF_OK);
	row->intake_state = HF_REVIEW_WITHDRAWN;
	az_row_put(s->hub->authz, u, row);
	submit_wait(s->hub, u);
}

static void open_again(struct stage *s)
{
	hf_authz_close(s->hub->authz);
	node_open_authz(s->hub);
}

static void log_in_again(struct node *n)
{
	for (size_t i = 0; i < n->people_count; i++) {
		struct person_at *p = &n->people[i];
		struct hf_login login = {p->name, OWN_PASSWORD, "", "", "", "unix"};
		struct login_end end = {0};
		hf_identity_login(n->identity, &login, logged_in, &end);
		world_run_until(n->world, &end.done);
		memcpy(p->token, end.token, sizeof(p->token));
	}
}

/* Sessions do not last that long. */
static void let_pass(struct stage *s, int64_t ms)
{
	s->w->now_ms += ms;
	log_in_again(s->health);
}

static void refused_with(struct stage *s, const char *words)
{
	struct hf_id id = submitted(s, &s->plain);
	assert_int_equal(s->hub->refused_count, 1);
	assert_int_equal(s->hub->refused[0].e, HF_E_LIMIT);
	assert_non_null(strstr(s->hub->refused[0].text, words));
	assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_NONE);
	s->hub->refused_count = 0;
}

static void taken(struct stage *s)
{
	struct hf_id id = submitted(s, &s->plain);
	assert_int_equal(s->hub->refused_count, 0);
	assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_RECEIVED);
	end_row(s, &id);
}

static void a_member_has_a_bounded_number_under_way(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id last;
	put_rows(s, HF_MAX_OPEN_APPLICATIONS - 1, HF_REVIEW_FORWARDED, &last);
	taken(s);
	put_rows(s, 1, HF_REVIEW_RECEIVED, &last);
	refused_with(s, "under way");
	open_again(s);
	refused_with(s, "under way");
	let_pass(s, 2 * DAY); /* time alone ends none */
	refused_with(s, "under way");
	end_row(s, &last);
	taken(s);
}

static void a_member_files_a_bounded_number_a_day(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id last;
	put_rows(s, HF_MAX_APPLICATIONS_A_DAY - 1, HF_REVIEW_WITHDRAWN, &last);
	taken(s);
	refused_with(s, "within a day");
	open_again(s);
	refused_with(s, "within a day");
	let_pass(s, DAY);
	taken(s);
	open_again(s);
	taken(s);
}

static void an_application_has_a_bounded_number_of_revisions(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id = submitted(s, &s->plain);
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = NULL;
	struct hf_unit *u = hf_unit_new();
	MUST(compliance_as(s->hub, "chen", &id, "return", "again"));
	assert_int_equal(az_row_get(s->health->authz, &id, &row), HF_OK);
	row->revision = HF_MAX_REVISIONS;
	az_row_put(s->health->authz, u, row);
	submit_wait(s->health, u);
	assert_int_equal(resubmit_as(s->health, "wang", &id, &(struct hf_application_in){.purpose = "statistics"}),
	                 HF_E_LIMIT);
	assert_non_null(strstr(last_fault, "100 revisions"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(a_member_has_a_bounded_number_under_way, stage_up, stage_down),
	        cmocka_unit_test_setup_teardown(a_member_files_a_bounded_number_a_day, stage_up, stage_down),
	        cmocka_unit_test_setup_teardown(an_application_has_a_bounded_number_of_revisions, stage_up, stage_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
