/*
 * DS-15: who is deregistered has no part any more in what waits for a second person. What he signed alone before, and
 * what was complete, stays as it was.
 */
#include "authz/promotion.h"
#include "authz/second_use.h"
#include "unit/authz/cast.h"

static int up(void **state)
{
	int e = stage_up(state);
	struct stage *s = *state;
	hire(s->roads, "gao", "senior-approver", "", "HR-3009");
	return e;
}

/* Each test has leavers of its own. */
static const char *leaver(struct node *n, const char *role)
{
	static unsigned count;
	static char name[16];
	char real_name[16];
	snprintf(name, sizeof(name), "leaver%u", ++count);
	snprintf(real_name, sizeof(real_name), "HR-L%u", count);
	hire(n, name, role, "", real_name);
	return name;
}

static void assert_gone(enum hf_err e, const char *who, const char *way_out)
{
	assert_int_equal(e, HF_E_STANDING);
	if (!strstr(last_fault, who) || !strstr(last_fault, "deregistered") || !strstr(last_fault, way_out))
		fail_msg("%s", last_fault);
}

static void first_approval_of_core_data(void **state)
{
	struct stage *s = stage_of(state);
	s->w->factors = HF_AUTH_TOTP;
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "core", .intake = "hub", .level = 3});
	struct hf_id id = forwarded(s, &entry);
	const char *who = leaver(s->roads, "approver");
	MUST(decide_as(s->roads, who, &id, "T", NULL, 0));
	deregister(s->roads, who);
	assert_gone(second_as(s->roads, "gao", &id, "T", NULL), who, "(S)");
	MUST(second_as(s->roads, "gao", &id, "S", "to be approved anew"));
	MUST(resubmit_as(s->health, "wang", &id, &(struct hf_application_in){.reason = "the same once more"}));
	MUST(need_as(s->health, "li", &id, true, true, true));
	MUST(compliance_as(s->hub, "chen", &id, "pass", NULL));
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	MUST(second_as(s->roads, "gao", &id, "T", NULL));
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
	s->w->factors = 0;
}

static void privacy_review(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id = forwarded(s, &s->personal), done = forwarded(s, &s->personal);
	struct hf_access_request rq = asking(&s->personal, s->w->now_ms);
	const char *who = leaver(s->roads, "privacy-expert");
	MUST(privacy_as(s->roads, who, &id, true, true));
	MUST(privacy_as(s->roads, who, &done, true, true));
	MUST(decide_as(s->roads, "zhou", &done, "T", NULL, 0));
	deregister(s->roads, who);
	assert_gone(decide_as(s->roads, "zhou", &id, "T", NULL, 0), who, "(S)");
	assert_int_equal(decided(s->roads, &rq), HF_OK); /* what was complete stays */
	MUST(decide_as(s->roads, "zhou", &id, "S", "to be reviewed anew", 0));
}

static void draft_whose_need_is_not_confirmed(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_application_in in = wish(&s->plain);
	const char *who = leaver(s->health, "operator");
	struct hf_id id;
	MUST(draft_as(s->health, who, &in, &id));
	deregister(s->health, who);
	assert_gone(need_as(s->health, "li", &id, true, true, true), who, "draft");
	MUST(need_as(s->health, "li", &id, false, true, true));
}

static void offered_grant(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_grant_offer_in in = gift(s, &s->plain);
	const char *who = leaver(s->roads, "publisher");
	struct hf_id id;
	MUST(offer_as(s->roads, who, &in, &id));
	deregister(s->roads, who);
	assert_gone(give_as(s->roads, "zhou", &id, "T", NULL), who, "(F)");
	MUST(give_as(s->roads, "zhou", &id, "F", "offered anew"));
}

static enum hf_err propose_as(struct stage *s, const char *who, const struct hf_id *entry, struct hf_id *ret)
{
	const struct hf_promotion_in in = {.entry = *entry, .purpose = "", .reason = "needed every day"};
	COMMAND(c, s->roads, who);
	return command_end(&c, hf_promotion_propose(s->roads->authz, &c.in, &in, ret));
}

static enum hf_err put_as(struct stage *s, const char *who, const struct hf_id *id, const char *result)
{
	COMMAND(c, s->roads, who);
	return command_end(&c, hf_promotion_decide(s->roads->authz, &c.in, id, result, NULL, 0,
	                                           strcmp(result, "F") == 0 ? "proposed anew" : NULL));
}

static void proposed_rule(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "common", .intake = "hub"}), id;
	(void)granted(s, &entry);
	(void)granted(s, &entry);
	const char *who = leaver(s->roads, "publisher");
	MUST(propose_as(s, who, &entry, &id));
	deregister(s->roads, who);
	assert_gone(put_as(s, "zhou", &id, "T"), who, "(F)");
	MUST(put_as(s, "zhou", &id, "F"));
}

static void second_authorization_of_a_use(void **state)
{
	struct stage *s = stage_of(state);
	const struct hf_use_object o = {&s->sensitive, "roads", "desk", "claims-check"};
	const struct hf_use_authorization_in in = {.entry = s->sensitive,
	                                           .publisher = "roads",
	                                           .system = "desk",
	                                           .purpose = "claims-check",
	                                           .reason = "claims of the winter",
	                                           .until_ms = s->w->now_ms + 30 * DAY};
	const char *who = leaver(s->health, "data-authority");
	char text[HF_USE_SECOND_TEXT];
	Hufu__SignedStatement *st = NULL;
	struct hf_fault f = {HF_OK, ""};
	struct hf_id id;
	s->w->factors = HF_AUTH_TOTP;
	COMMAND(c, s->health, who);
	MUST(command_end(&c, hf_authz_use_authorize(s->health->authz, &c.in, &in, &id)));
	assert_int_equal(hf_authz_use_find(s->health->authz, &o, &st, text, &f), HF_OK);
	hf_decoded_free(HF_TAKE(st));
	deregister(s->health, who);
	assert_int_equal(hf_authz_use_find(s->health->authz, &o, &st, text, &f), HF_E_SECOND_USE);
	assert_non_null(strstr(f.text, who));
	COMMAND(again, s->health, "li");
	MUST(command_end(&again, hf_authz_use_authorize(s->health->authz, &again.in, &in, &id)));
	assert_int_equal(hf_authz_use_find(s->health->authz, &o, &st, text, &f), HF_OK);
	hf_decoded_free(st);
	s->w->factors = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(first_approval_of_core_data),
	        cmocka_unit_test(privacy_review),
	        cmocka_unit_test(draft_whose_need_is_not_confirmed),
	        cmocka_unit_test(offered_grant),
	        cmocka_unit_test(proposed_rule),
	        cmocka_unit_test(second_authorization_of_a_use),
	};
	return cmocka_run_group_tests(tests, up, stage_down);
}
