/* An organization applies for what its own node takes in: other people of it review the application (AZ-13), and who
 * may not apply at all hears it at once. */
#include "unit/authz/cast.h"

static void hub_consumes(struct sb_space *sb)
{
	static char *roles[] = {(char *)"exchange-service", (char *)"consumer"};
	sb->member[SB_HUB].roles = roles;
	sb->member[SB_HUB].n_roles = 2;
}

static int up(void **state)
{
	stage_shape = hub_consumes;
	stage_up(state);
	struct stage *s = *state;
	hire(s->hub, "wei", "operator", "", "HR-2002");
	hire(s->hub, "tao", "data-authority", "", "HR-2003");
	hire(s->hub, "tao2", "intake", "", "HR-2003");
	install(s->hub, "desk", "", "");
	return 0;
}

static void refused_by_nobody(const struct stage *s)
{
	assert_int_equal(s->health->refused_count + s->hub->refused_count + s->roads->refused_count, 0);
}

static void its_own_intake_reviews_by_another_person(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_application_in in = wish(&s->plain);
	struct hf_id id;
	MUST(draft_as(s->hub, "wei", &in, &id));
	MUST(need_as(s->hub, "tao", &id, true, true, true));
	assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_RECEIVED);
	assert_int_equal(compliance_as(s->hub, "tao2", &id, "pass", NULL), HF_E_SEPARATION);
	assert_non_null(strstr(last_fault, "another person must do it"));
	MUST(compliance_as(s->hub, "chen", &id, "pass", NULL));
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_RECEIVED);
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	assert_int_equal(state_at(s->hub, &id, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
	assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_AGREED);
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_FINALIZED);
	assert_int_equal(notices(s->hub, &id, NULL).count, 1);
	refused_by_nobody(s);
}

static void what_its_own_intake_refuses_or_returns_ends_there(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_application_in in = wish(&s->plain);
	struct hf_id refused, returned;
	MUST(draft_as(s->hub, "wei", &in, &refused));
	MUST(need_as(s->hub, "tao", &refused, true, true, true));
	MUST(compliance_as(s->hub, "chen", &refused, "refuse", "不合规"));
	assert_int_equal(state_at(s->hub, &refused, HF_PART_CONSUMER), HF_REVIEW_COMPLIANCE_REFUSED);
	MUST(draft_as(s->hub, "wei", &in, &returned));
	MUST(need_as(s->hub, "tao", &returned, true, true, true));
	MUST(compliance_as(s->hub, "chen", &returned, "return", "请补充材料"));
	assert_int_equal(state_at(s->hub, &returned, HF_PART_CONSUMER), HF_REVIEW_RETURNED);
	MUST(resubmit_as(s->hub, "wei", &returned, &(struct hf_application_in){.purpose = "statistics"}));
	MUST(need_as(s->hub, "tao", &returned, true, true, true));
	MUST(compliance_as(s->hub, "chen", &returned, "pass", NULL));
	MUST(decide_as(s->roads, "zhou", &returned, "S", "请缩短使用期限", 0));
	assert_int_equal(state_at(s->hub, &returned, HF_PART_CONSUMER), HF_REVIEW_RETURNED);
	MUST(resubmit_as(s->hub, "wei", &returned, &(struct hf_application_in){.until_ms = NOW + 60 * DAY}));
	MUST(need_as(s->hub, "tao", &returned, true, true, true));
	MUST(withdraw_as(s->hub, "wei", &returned));
	assert_int_equal(state_at(s->hub, &returned, HF_PART_INTAKE), HF_REVIEW_WITHDRAWN);
	refused_by_nobody(s);
}

static void take_the_role_away(struct stage *s)
{
	struct hf_buf envelope = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, ""};
	sb_sign(s->w->sb, &envelope);
	sb_next(s->w->sb, &envelope);
	s->w->sb->member[SB_HUB].n_roles = 1;
	sb_sign(s->w->sb, &envelope);
	if (hf_space_extend(s->w->space, envelope.data, envelope.len, &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_buf_done(&envelope);
}

/* Its own intake would take the application, the provider would refuse it, and the applicant would wait for ever. */
static void who_does_not_hold_the_role_consumer_hears_it_before_anything_leaves(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_application_in in = wish(&s->plain);
	struct hf_id drafted, returned, another;
	MUST(draft_as(s->hub, "wei", &in, &returned));
	MUST(need_as(s->hub, "tao", &returned, true, true, true));
	MUST(compliance_as(s->hub, "chen", &returned, "return", "请补充材料"));
	MUST(draft_as(s->hub, "wei", &in, &drafted));
	take_the_role_away(s);
	assert_int_equal(need_as(s->hub, "tao", &drafted, true, true, true), HF_E_STANDING);
	assert_int_equal(state_at(s->hub, &drafted, HF_PART_CONSUMER), HF_REVIEW_DRAFT);
	assert_int_equal(resubmit_as(s->hub, "wei", &returned, &(struct hf_application_in){.purpose = "statistics"}),
	                 HF_E_STANDING);
	assert_int_equal(draft_as(s->hub, "wei", &in, &another), HF_E_STANDING);
	assert_non_null(strstr(last_fault, "hub does not hold the role 'consumer'"));
	assert_non_null(strstr(last_fault, "hufu space add --role consumer"));
	refused_by_nobody(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(its_own_intake_reviews_by_another_person),
	        cmocka_unit_test(what_its_own_intake_refuses_or_returns_ends_there),
	        cmocka_unit_test(who_does_not_hold_the_role_consumer_hears_it_before_anything_leaves),
	};
	return cmocka_run_group_tests(tests, up, stage_down);
}
