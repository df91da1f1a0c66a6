/* Two levels of approval for core data (DS-20). */
#include "authz/rulebook.h"
#include "ledger/internal.h"
#include "unit/authz/cast.h"

static struct hf_id core(struct stage *s, bool settles)
{
	struct offer o = {.title = "核心数据", .intake = settles ? NULL : "hub", .level = 3, .settles = settles};
	return publish(s->roads, &o);
}

static void assert_said(const char *word)
{
	if (!strstr(last_fault, word))
		fail_msg("'%s' is not in: %s", word, last_fault);
}

static struct hf_access_request strongly(const struct hf_id *entry, int64_t now_ms)
{
	struct hf_access_request rq = asking(entry, now_ms);
	rq.methods = HF_AUTH_PASSWORD | HF_AUTH_TOTP;
	rq.second = true;
	return rq;
}

/* The witnesses have answered for everything here, or for nothing. */
static void set_witnessed(struct node *n, bool all)
{
	n->ledger->witnessed.size = all ? UINT64_MAX : 0;
}

/* DS-20: the first level's T gives nothing and is heard of by nobody; the second's T, by another person, gives. */
static void core_data_needs_the_second_level(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = core(s, false), id = forwarded(s, &entry);
	struct hf_access_request rq = strongly(&entry, s->w->now_ms);
	struct hf_grant_view v;
	assert_int_equal(second_as(s->roads, "gao", &id, "T", NULL), HF_E_STATE); /* not before the first */
	assert_said("first level");
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, s->w->now_ms + 50 * DAY));
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_SECOND_WAITING);
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_SUBMITTED);
	assert_int_equal(decided(s->roads, &rq), HF_E_PENDING);
	assert_int_equal(decide_as(s->roads, "zhou", &id, "T", NULL, 0), HF_E_STATE);
	assert_said("senior-approver");
	assert_int_equal(second_as(s->roads, "zhou", &id, "T", NULL), HF_E_PERMISSION);
	assert_int_equal(second_as(s->roads, "zhou2", &id, "T", NULL), HF_E_SEPARATION); /* zhou's other account */
	assert_int_equal(decided(s->roads, &rq), HF_E_PENDING);
	MUST(second_as(s->roads, "gao", &id, "T", NULL));
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
	assert_int_equal(decided(s->roads, &rq), HF_E_BUSY); /* and not before others hold the record of it */
	assert_said("not witnessed yet");
	set_witnessed(s->roads, true);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	set_witnessed(s->roads, false);
	struct hf_id grant = grant_at(s->roads, &id);
	assert_int_equal(hf_authz_grant(s->health->authz, &grant, &v), HF_OK);
	assert_int_equal(v.until_ms, s->w->now_ms + 50 * DAY); /* as the first level said */
	assert_int_equal(entries(s->roads, &id, HF_EVENT_DECISION, HF_FIELD_RESULT, "T"), 1);
}

/* DS-20: each level may say why it approves. The decision bears the first one's words, which that person signed, and
 * everybody hears the same. */
static void both_levels_may_say_why(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = core(s, false), id = forwarded(s, &entry);
	hire(s->roads, "ma", "privacy-expert", "", "HR-3012");
	MUST(decide_as(s->roads, "zhou", &id, "T", "用途必要", 0));
	assert_int_equal(privacy_as(s->roads, "ma", &id, true, true), HF_E_STATE);
	assert_said("the second level decides");
	MUST(second_as(s->roads, "gao", &id, "T", "同意"));
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
	assert_int_equal(entries(s->health, &id, HF_EVENT_RESULT, HF_FIELD_DETAIL, "用途必要"), 1);
	assert_int_equal(entries(s->hub, &id, HF_EVENT_RESULT, HF_FIELD_DETAIL, "用途必要"), 1);
	assert_int_equal(entries(s->roads, &id, HF_EVENT_DECISION, HF_FIELD_DETAIL, "用途必要"), 1);
}

/* DS-20: the second level rejects or returns as the first does; the reason reaches the applicant. */
static void second_level_rejects_and_returns(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = core(s, false), id = forwarded(s, &entry), other = forwarded(s, &entry);
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	assert_int_equal(second_as(s->roads, "gao", &id, "F", NULL), HF_E_ARGUMENT);
	MUST(second_as(s->roads, "gao", &id, "F", "核心数据不出本部门"));
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_REJECTED);
	assert_string_equal(notices(s->health, &id, "rejected").reason, "核心数据不出本部门");
	MUST(decide_as(s->roads, "zhou", &other, "T", NULL, 0));
	MUST(second_as(s->roads, "gao", &other, "S", "请缩短期限"));
	assert_int_equal(state_at(s->health, &other, HF_PART_CONSUMER), HF_REVIEW_RETURNED);
	struct hf_application_in shorter = {.until_ms = s->w->now_ms + 20 * DAY};
	MUST(resubmit_as(s->health, "wang", &other, &shorter));
	MUST(need_as(s->health, "li", &other, true, true, true));
	MUST(compliance_as(s->hub, "chen", &other, "pass", NULL));
	assert_int_equal(second_as(s->roads, "gao", &other, "T", NULL), HF_E_STATE); /* both levels decide anew */
	MUST(decide_as(s->roads, "zhou", &other, "T", NULL, 0));
	MUST(second_as(s->roads, "gao", &other, "T", NULL));
	assert_int_equal(state_at(s->health, &other, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
}

/* DS-20: the first level may take its approval back by rejecting while the second has not decided. */
static void first_level_thinks_again(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = core(s, false), id = forwarded(s, &entry);
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	MUST(decide_as(s->roads, "zhou", &id, "F", "来源有误", 0));
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_REJECTED);
	assert_int_equal(second_as(s->roads, "gao", &id, "T", NULL), HF_E_STATE);
}

/* DS-20: no way round: neither the intake node's settlement, nor a gift, nor a rule. */
static void no_way_leads_round_the_second_level(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = core(s, true), id = submitted(s, &entry), gift_id;
	struct hf_access_request rq = strongly(&entry, s->w->now_ms);
	hire(s->roads, "wu", "intake", "", "HR-3011");
	MUST(compliance_as(s->roads, "wu", &id, "pass", NULL));
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_RECEIVED);
	struct hf_grant_offer_in in = gift(s, &entry);
	assert_int_equal(offer_as(s->roads, "pan", &in, &gift_id), HF_E_MECHANISM);
	assert_said("two levels");
	static const char policy[] =
	        "policy:\n  name: roads\n  version: 1\n  attributes: standard\nhierarchies:\n"
	        "  organizations:\n    space: []\n    health: space\n  regions:\n    CN: []\n"
	        "  topics: {}\nrules:\n  - id: core\n    mechanism: attribute\n    from: 2020-01-01\n"
	        "    until: 2035-01-01\n    when:\n      resource.id: \"%s\"\n"
	        "      subject.organization: {under: [space]}\n      system.name: desk\n";
	char text[1024], name[HF_ID_TEXT];
	struct hf_policy_set set;
	COMMAND(c, s->roads, "zhou");
	hf_id_text(&entry, name);
	snprintf(text, sizeof(text), policy, name);
	MUST(command_end(&c, hf_authz_policy_apply(s->roads->authz, &c.in, text, "a try", &set)));
	assert_int_equal(decided(s->roads, &rq), HF_E_MECHANISM);
	assert_said("two levels");
}

/* Two levels, two people: no account holds both (DS-13, DS-20). */
/* Core data waits for the witnesses, whatever the terms say, but in an emergency; other data by its terms alone. */
static void the_level_demands_the_record(void **state)
{
	(void)state;
	static char *obligations[] = {(char *)"record-mirrored"};
	Hufu__Agreement terms = HUFU__AGREEMENT__INIT, more = HUFU__AGREEMENT__INIT;
	Hufu__CatalogEntry e = HUFU__CATALOG_ENTRY__INIT;
	more.obligations = obligations;
	more.n_obligations = 1;
	e.sensitive = true;
	for (e.level = 1; e.level < 3; e.level++)
		assert_int_equal(hf_authz_demands(&terms, &e, "application"), HF_ENTRY_DURABLE);
	assert_int_equal(hf_authz_demands(&terms, &e, "application"), HF_ENTRY_WITNESSED);
	assert_int_equal(hf_authz_demands(&terms, &e, ""), HF_ENTRY_WITNESSED);
	assert_int_equal(hf_authz_demands(&more, &e, "application"), HF_ENTRY_MIRRORED);
	assert_int_equal(hf_authz_demands(&terms, &e, "emergency"), HF_ENTRY_DURABLE);
	assert_int_equal(hf_authz_demands(&more, &e, "emergency"), HF_ENTRY_MIRRORED);
}

static void one_account_does_not_hold_both_levels(void **state)
{
	const char *both[] = {"approver", "senior-approver"}, *alone[] = {"senior-approver"};
	char text[200];
	(void)state;
	assert_non_null(hf_roles_conflict(both, 2, text, sizeof(text)));
	assert_null(hf_roles_conflict(alone, 1, text, sizeof(text)));
}

static int second_up(void **state)
{
	int e = stage_up(state);
	struct stage *s = *state;
	hire(s->roads, "gao", "senior-approver", "", "HR-3009");
	hire(s->roads, "zhou2", "senior-approver", "", "HR-3001");
	hire(s->roads, "pan", "publisher", "", "HR-3002");
	s->w->factors = HF_AUTH_TOTP;
	return e;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_level_demands_the_record),
	        cmocka_unit_test(core_data_needs_the_second_level),
	        cmocka_unit_test(both_levels_may_say_why),
	        cmocka_unit_test(second_level_rejects_and_returns),
	        cmocka_unit_test(first_level_thinks_again),
	        cmocka_unit_test(no_way_leads_round_the_second_level),
	        cmocka_unit_test(one_account_does_not_hold_both_levels),
	};
	return cmocka_run_group_tests(tests, second_up, stage_down);
}
