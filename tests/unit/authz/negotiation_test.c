/* A negotiation from the first draft to the grant, between three nodes and inside one. */
#include "unit/authz/cast.h"

static uint32_t last_revision(struct node *n, const struct hf_id *id)
{
	Hufu__ApplicationRow *row = NULL;
	assert_int_equal(hf_authz_application(n->authz, id, &row), HF_OK);
	uint32_t revision = row->revision;
	hf_decoded_free(row);
	return revision;
}

/* AZ-13: nothing reaches intake node and provider before three findings are recorded. AZ-9: nothing reaches the
 * provider before the intake record. AZ-14: the provider decides. */
static void the_whole_way_to_a_grant(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id = drafted(s, &s->plain);
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_DRAFT);
	assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_NONE);
	MUST(need_as(s->health, "li", &id, true, true, true));
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_SUBMITTED);
	assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_RECEIVED);
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_NONE);
	MUST(compliance_as(s->hub, "chen", &id, "pass", NULL));
	assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_FORWARDED);
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_RECEIVED);
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_FINALIZED);
	assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_AGREED);
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
	assert_int_equal(s->health->refused_count + s->hub->refused_count + s->roads->refused_count, 0);
}

static void both_sides_hold_the_same_active_grant(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id = granted(s, &s->plain), grant = grant_at(s->health, &id);
	struct hf_grant_view mine, theirs, found;
	assert_int_equal(hf_authz_grant(s->health->authz, &grant, &mine), HF_OK);
	assert_int_equal(hf_authz_grant(s->roads->authz, &mine.agreement, &theirs), HF_OK);
	assert_true(hf_id_equal(&mine.grant, &theirs.grant) && hf_id_equal(&mine.txn, &theirs.txn));
	assert_string_equal(mine.state, "active");
	assert_string_equal(theirs.state, "active");
	assert_int_equal(mine.generation, theirs.generation);
	assert_int_equal(mine.from_ms, s->w->now_ms);
	assert_string_equal(theirs.consumer, "health");
	assert_int_equal(hf_authz_find_grant(s->health->authz, &s->plain, "desk", &found), HF_OK);
	assert_string_equal(found.state, "active");
	assert_int_equal(hf_authz_find_grant(s->health->authz, &s->plain, "archive", &found), HF_E_UNKNOWN);
	assert_int_equal(hf_authz_find_grant(s->roads->authz, &s->plain, "desk", &found),
	                 HF_E_UNKNOWN); /* not its own */
}

/* AZ-24: the entries of the decision name organization, system, resource, application, period and result; the papers'
 * digests stand in the ledgers of those who wrote and received them. */
static void every_step_is_an_entry_with_its_six_references(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id = granted(s, &s->plain);
	static const enum hf_field references[] = {HF_FIELD_ORGANIZATION, HF_FIELD_SYSTEM, HF_FIELD_RESOURCE,
	                                           HF_FIELD_APPLICATION,  HF_FIELD_PERIOD, HF_FIELD_DIGEST};
	for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++)
		assert_int_equal(entries(s->roads, &id, HF_EVENT_COMMAND, references[i], NULL),
		                 1); /* the approver's command */
	assert_int_equal(entries(s->roads, &id, HF_EVENT_COMMAND, HF_FIELD_RESULT, "T"), 1);
	assert_int_equal(entries(s->roads, &id, HF_EVENT_APPLICATION_RECEIVE, HF_FIELD_DIGEST, NULL), 1);
	assert_int_equal(entries(s->roads, &id, HF_EVENT_COMPLIANCE_REVIEW, HF_FIELD_DIGEST, NULL), 1);
	assert_int_equal(entries(s->roads, &id, HF_EVENT_AGREEMENT, HF_FIELD_DIGEST, NULL), 1);
	assert_int_equal(entries(s->roads, &id, HF_EVENT_VERIFICATION, HF_FIELD_DIGEST, NULL), 1);
	assert_int_equal(entries(s->roads, &id, HF_EVENT_FINALIZED, HF_FIELD_DIGEST, NULL), 1);
	assert_int_equal(entries(s->hub, &id, HF_EVENT_APPLICATION_RECEIVE, HF_FIELD_DIGEST, NULL), 1);
	assert_int_equal(entries(s->hub, &id, HF_EVENT_RESULT, HF_FIELD_DIGEST, NULL), 1);
	assert_int_equal(entries(s->health, &id, HF_EVENT_APPLICATION_SUBMIT, HF_FIELD_DIGEST, NULL), 1);
	assert_int_equal(entries(s->health, &id, HF_EVENT_COMPLIANCE_REVIEW, HF_FIELD_DIGEST, NULL), 1);
	assert_int_equal(entries(s->health, &id, HF_EVENT_RESULT, HF_FIELD_RESULT, "T"), 1);
	assert_int_equal(entries(s->health, &id, HF_EVENT_AGREEMENT, HF_FIELD_DIGEST, NULL), 1);
	assert_int_equal(entries(s->health, &id, HF_EVENT_VERIFICATION, HF_FIELD_DIGEST, NULL), 1);
	assert_int_equal(entries(s->health, &id, HF_EVENT_FINALIZED, HF_FIELD_DIGEST, NULL), 1);
}

/* AZ-12: one notification for each final state. */
static void each_end_notifies_the_consumer_once(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id yes = granted(s, &s->plain), no = forwarded(s, &s->plain), stopped = submitted(s, &s->plain);
	MUST(decide_as(s->roads, "zhou", &no, "F", "用途不符合规定", 0));
	MUST(compliance_as(s->hub, "chen", &stopped, "refuse", "不合规"));
	assert_int_equal(notices(s->health, &yes, "granted").count, 1);
	assert_int_equal(notices(s->health, &yes, NULL).count, 1);
	assert_int_equal(notices(s->health, &no, "rejected").count, 1);
	assert_int_equal(notices(s->health, &no, NULL).count, 1);
	assert_string_equal(notices(s->health, &no, NULL).reason, "用途不符合规定");
	assert_string_equal(notices(s->health, &no, NULL).code, "rejected");
	assert_int_equal(notices(s->health, &stopped, "compliance-refused").count, 1);
	assert_int_equal(notices(s->health, &stopped, NULL).count, 1);
}

static void read_result(struct node *n, const struct hf_id *id, char code[64], char reason[400])
{
	Hufu__ApplicationRow *row = NULL;
	assert_int_equal(hf_authz_application(n->authz, id, &row), HF_OK);
	snprintf(code, 64, "%s", row->reason_code);
	snprintf(reason, 400, "%s", row->reason);
	hf_decoded_free(row);
}

/* AZ-15: the same reason stands at all three nodes. AZ-28: F is final. */
static void rejection_is_final_and_its_reason_is_the_same_everywhere(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id = forwarded(s, &s->plain);
	struct node *const nodes[] = {s->health, s->hub, s->roads};
	char code[64], reason[400];
	MUST(decide_as(s->roads, "zhou", &id, "F", "用途不符合规定", 0));
	for (size_t i = 0; i < 3; i++) {
		read_result(nodes[i], &id, code, reason);
		assert_string_equal(code, "rejected");
		assert_string_equal(reason, "用途不符合规定");
	}
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_REJECTED);
	assert_int_equal(decide_as(s->roads, "zhou", &id, "T", NULL, 0), HF_E_STATE);
	assert_int_equal(decide_as(s->roads, "zhou", &id, "S", "again", 0), HF_E_STATE);
	assert_int_equal(resubmit_as(s->health, "wang", &id, &(struct hf_application_in){.reason = "改正后的理由"}),
	                 HF_E_STATE);
	assert_non_null(strstr(last_fault, "file a new application"));
}

static bool collect_reason(void *ctx, const Hufu__ApplicationRevision *rev)
{
	struct hf_buf *out = ctx;
	assert_non_null(rev->content);
	return hf_buf_addf(out, "%u:%s;", rev->revision, rev->content->reason);
}

/* AZ-27: S, resubmission, T; denied meanwhile; every version stays readable at all nodes. */
static void returned_application_is_corrected_and_granted(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "again", .intake = "hub"});
	struct hf_id id = forwarded(s, &entry);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct node *const nodes[] = {s->health, s->hub, s->roads};
	MUST(decide_as(s->roads, "zhou", &id, "S", "请说明用途", 0));
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_RETURNED);
	assert_int_equal(decided(s->roads, &rq), HF_E_RETURNED);
	assert_non_null(strstr(last_fault, "请说明用途"));
	MUST(resubmit_as(s->health, "wang", &id, &(struct hf_application_in){.reason = "改正:逐笔核验理赔材料"}));
	assert_int_equal(last_revision(s->health, &id), 2);
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_RETURNED);
	MUST(need_as(s->health, "li", &id, true, true, true));
	MUST(compliance_as(s->hub, "chen", &id, "pass", NULL));
	assert_int_equal(decided(s->roads, &rq), HF_E_PENDING);
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	for (size_t i = 0; i < 3; i++) {
		HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
		assert_int_equal(hf_authz_revisions(nodes[i]->authz, &id, collect_reason, &out), HF_OK);
		assert_string_equal((char *)out.data, "1:航班延误理赔需要核验实际到达;2:改正:逐笔核验理赔材料;");
	}
	assert_int_equal(notices(s->health, &id, "returned").count, 1);
	assert_int_equal(notices(s->health, &id, "granted").count, 1);
}

/* AZ-13: a need that is not confirmed stays inside; the next revision may be confirmed. */
static void refused_need_does_not_leave_the_node(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id = drafted(s, &s->plain);
	MUST(need_as(s->health, "li", &id, true, false, true));
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_NEED_REFUSED);
	assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_NONE);
	assert_int_equal(notices(s->health, &id, "need-refused").count, 1);
	assert_string_equal(notices(s->health, &id, NULL).reason, "范围过大");
	assert_int_equal(need_as(s->health, "li", &id, true, true, true), HF_E_STATE);
	const char *fewer[] = {"flight"};
	MUST(resubmit_as(s->health, "wang", &id, &(struct hf_application_in){.fields = fewer, .field_count = 1}));
	MUST(need_as(s->health, "li", &id, true, true, true));
	assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_RECEIVED);
	MUST(compliance_as(s->hub, "chen", &id, "pass", NULL));
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
}

/* AZ-10: what is not compliant stops at the intake node, with the criterion as reason; it cannot be passed there. */
static void non_compliant_application_stops_at_intake(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_application_in in = wish(&s->strict);
	struct hf_id id;
	in.purpose = "marketing";
	MUST(draft_as(s->health, "wang", &in, &id));
	MUST(need_as(s->health, "li", &id, true, true, true));
	assert_int_equal(compliance_as(s->hub, "chen", &id, "pass", NULL), HF_E_CRITERION);
	assert_non_null(strstr(last_fault, "'purpose'"));
	assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_RECEIVED);
	MUST(compliance_as(s->hub, "chen", &id, "refuse", NULL));
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_COMPLIANCE_REFUSED);
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_NONE);
	struct notice_count n = notices(s->health, &id, "compliance-refused");
	assert_string_equal(n.code, "criterion");
	assert_non_null(strstr(n.reason, "'marketing' is not among"));
	assert_int_equal(compliance_as(s->hub, "chen", &id, "pass", NULL), HF_E_STATE);
}

static void compliance_needs_a_known_result_and_a_reason(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id = submitted(s, &s->strict);
	assert_int_equal(compliance_as(s->hub, "chen", &id, "maybe", "x"), HF_E_ARGUMENT);
	assert_int_equal(compliance_as(s->hub, "chen", &id, "refuse", NULL),
	                 HF_E_ARGUMENT); /* every criterion is met */
	MUST(compliance_as(s->hub, "chen", &id, "return", "请补充材料"));
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_RETURNED);
	assert_string_equal(notices(s->health, &id, "returned").code, "returned");
	MUST(resubmit_as(s->health, "wang", &id, &(struct hf_application_in){.purpose = "statistics"}));
	MUST(need_as(s->health, "li", &id, true, true, true));
	MUST(compliance_as(s->hub, "chen", &id, "pass", NULL));
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER),
	                 HF_REVIEW_RECEIVED); /* which saw revision 2 alone */
}

/* AZ-11: what needs no provider approval is granted without a provider task. */
static void settled_by_the_compliance_review(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id = submitted(s, &s->settled);
	assert_int_equal(state_at(s->roads, &id, HF_PART_INTAKE), HF_REVIEW_RECEIVED);
	MUST(compliance_as(s->roads, "wu", &id, "pass", NULL));
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_FINALIZED);
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
	assert_int_equal(entries(s->roads, &id, HF_EVENT_DECISION, HF_FIELD_RESULT, "T"), 1);
	assert_int_equal(decided(s->roads, &(struct hf_access_request){.organization = "health",
	                                                               .system = "desk",
	                                                               .system_address = "10.1.0.5",
	                                                               .resource = s->settled,
	                                                               .action = "read",
	                                                               .purpose = "claims-check",
	                                                               .now_ms = s->w->now_ms}),
	                 HF_OK);
}

/* AZ-16: T is impossible without the privacy expert's finding, and after a negative one; F is not. */
static void personal_data_needs_the_privacy_expert(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id = forwarded(s, &s->personal), other = forwarded(s, &s->personal);
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_PRIVACY_WAITING);
	assert_int_equal(decide_as(s->roads, "zhou", &id, "T", NULL, 0), HF_E_STATE);
	assert_non_null(strstr(last_fault, "privacy expert"));
	MUST(privacy_as(s->roads, "xu", &id, true, true));
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
	MUST(privacy_as(s->roads, "xu", &other, true, false));
	assert_int_equal(decide_as(s->roads, "zhou", &other, "T", NULL, 0), HF_E_STATE);
	MUST(decide_as(s->roads, "zhou", &other, "F", "no legal basis", 0));
	assert_int_equal(state_at(s->health, &other, HF_PART_CONSUMER), HF_REVIEW_REJECTED);
}

/* SB-3: two departments of one node are two principals; the node is consumer, intake node and provider at once. */
static void departments_of_one_node_negotiate_through_mail_to_themselves(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_application_in in = wish(&s->inner);
	struct hf_access_request rq = asking(&s->inner, s->w->now_ms);
	struct hf_id id;
	in.system = "depot";
	rq.organization = "roads";
	rq.department = "fleet";
	rq.system = "depot";
	rq.system_address = "";
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	MUST(draft_as(s->roads, "sun", &in, &id));
	MUST(need_as(s->roads, "qian", &id, true, true, true));
	assert_int_equal(state_at(s->roads, &id, HF_PART_INTAKE), HF_REVIEW_RECEIVED);
	MUST(compliance_as(s->roads, "wu", &id, "pass", NULL));
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_RECEIVED);
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	assert_int_equal(state_at(s->roads, &id, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
	assert_int_equal(state_at(s->roads, &id, HF_PART_INTAKE), HF_REVIEW_AGREED);
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_FINALIZED);
	assert_int_equal(notices(s->roads, &id, NULL).count, 1);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	rq.department = "signals"; /* department B without a grant */
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	assert_int_equal(s->roads->refused_count, 0);
	MUST(revoke_as(s->roads, "zhou", (struct hf_id[]){grant_at(s->roads, &id)}, "部门撤销"));
	rq.department = "fleet";
	assert_int_equal(decided(s->roads, &rq), HF_E_GRANT_REVOKED);
	assert_int_equal(notices(s->roads, &id, "revoked").count, 1);
	assert_int_equal(s->roads->refused_count, 0);
}

static void the_approver_may_shorten_but_not_lengthen(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id = forwarded(s, &s->plain);
	struct hf_grant_view v;
	assert_int_equal(decide_as(s->roads, "zhou", &id, "T", NULL, NOW + 301 * DAY), HF_E_LIMIT);
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, NOW + 10 * DAY));
	assert_int_equal(hf_authz_grant(s->health->authz, (struct hf_id[]){grant_at(s->health, &id)}, &v), HF_OK);
	assert_int_equal(v.until_ms, NOW + 10 * DAY);
}

static void withdrawing_ends_it_at_every_node(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id draft = drafted(s, &s->plain), at_hub = submitted(s, &s->plain),
	             at_roads = forwarded(s, &s->plain);
	MUST(withdraw_as(s->health, "wang", &draft));
	MUST(withdraw_as(s->health, "wang", &at_hub));
	MUST(withdraw_as(s->health, "wang", &at_roads));
	assert_int_equal(state_at(s->health, &draft, HF_PART_CONSUMER), HF_REVIEW_WITHDRAWN);
	assert_int_equal(state_at(s->hub, &draft, HF_PART_INTAKE), HF_REVIEW_NONE);
	assert_int_equal(state_at(s->hub, &at_hub, HF_PART_INTAKE), HF_REVIEW_WITHDRAWN);
	assert_int_equal(state_at(s->roads, &at_hub, HF_PART_PROVIDER), HF_REVIEW_NONE);
	assert_int_equal(state_at(s->hub, &at_roads, HF_PART_INTAKE), HF_REVIEW_WITHDRAWN);
	assert_int_equal(state_at(s->roads, &at_roads, HF_PART_PROVIDER), HF_REVIEW_WITHDRAWN);
	assert_int_equal(decide_as(s->roads, "zhou", &at_roads, "T", NULL, 0), HF_E_STATE);
	assert_int_equal(notices(s->health, &at_roads, NULL).count, 1);
	assert_int_equal(withdraw_as(s->health, "wang", &at_roads), HF_E_STATE);
}

static bool hold_events(const struct post *p)
{
	return p->type == HF_MAIL_EVENT;
}

static bool hold_decisions(const struct post *p)
{
	return p->type == HF_MAIL_DECISION;
}

/* The withdrawal and the result cross on the way: both sides end alike, and nothing is granted. */
static void withdrawal_that_crosses_an_approval(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "cross", .intake = "hub"});
	struct hf_id id = forwarded(s, &entry);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	s->w->hold = hold_events;
	MUST(withdraw_as(s->health, "wang", &id));
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_WITHDRAWN);
	assert_int_equal(decided(s->roads, &rq), HF_E_PENDING);
	s->w->hold = NULL;
	settle(s->w);
	assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_WITHDRAWN);
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_WITHDRAWN);
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
	assert_int_equal(notices(s->health, &id, NULL).count, 1);
	assert_int_equal(s->health->refused_count + s->hub->refused_count + s->roads->refused_count, 0);
}

static void withdrawal_that_crosses_a_rejection(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id = forwarded(s, &s->plain);
	s->w->hold = hold_decisions;
	MUST(decide_as(s->roads, "zhou", &id, "F", "not this way", 0));
	MUST(withdraw_as(s->health, "wang", &id));
	s->w->hold = NULL;
	settle(s->w);
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_REJECTED);
	assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_REJECTED);
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_REJECTED);
	assert_int_equal(s->health->refused_count + s->hub->refused_count + s->roads->refused_count, 0);
}

static int setup(void **state)
{
	stage_up(state);
	struct stage *s = *state;
	hire(s->roads, "xu", "privacy-expert", "", "HR-3002");
	hire(s->roads, "sun", "operator", "fleet", "HR-3003");
	hire(s->roads, "qian", "data-authority", "", "HR-3004");
	hire(s->roads, "wu", "intake", "", "HR-3005");
	install(s->roads, "depot", "fleet", "");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_whole_way_to_a_grant),
	        cmocka_unit_test(both_sides_hold_the_same_active_grant),
	        cmocka_unit_test(every_step_is_an_entry_with_its_six_references),
	        cmocka_unit_test(each_end_notifies_the_consumer_once),
	        cmocka_unit_test(rejection_is_final_and_its_reason_is_the_same_everywhere),
	        cmocka_unit_test(returned_application_is_corrected_and_granted),
	        cmocka_unit_test(refused_need_does_not_leave_the_node),
	        cmocka_unit_test(non_compliant_application_stops_at_intake),
	        cmocka_unit_test(compliance_needs_a_known_result_and_a_reason),
	        cmocka_unit_test(settled_by_the_compliance_review),
	        cmocka_unit_test(personal_data_needs_the_privacy_expert),
	        cmocka_unit_test(departments_of_one_node_negotiate_through_mail_to_themselves),
	        cmocka_unit_test(the_approver_may_shorten_but_not_lengthen),
	        cmocka_unit_test(withdrawing_ends_it_at_every_node),
	        cmocka_unit_test(withdrawal_that_crosses_an_approval),
	        cmocka_unit_test(withdrawal_that_crosses_a_rejection),
	};
	return cmocka_run_group_tests(tests, setup, stage_down);
}
