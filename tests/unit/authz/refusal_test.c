/* What a negotiation refuses: to its own people, and to papers of other nodes that are forged, bent, repeated or
 * misdirected. */
#include "evidence/envelope.h"
#include "unit/authz/cast.h"

static struct hf_buf captured[16]; /* last body of each type of mail */
static struct hf_id captured_txn;
static char captured_from[16][HF_NAME_MAX + 1], captured_to[16][HF_NAME_MAX + 1];

static void capture(struct post *p)
{
	hf_buf_clear(&captured[p->type]);
	assert_true(hf_buf_add(&captured[p->type], p->body.data, p->body.len));
	captured_txn = p->txn;
	snprintf(captured_from[p->type], sizeof(captured_from[0]), "%s", p->from->name);
	snprintf(captured_to[p->type], sizeof(captured_to[0]), "%s", p->to->name);
}

static enum hf_err again(struct node *to, const char *from, enum hf_mail type)
{
	enum hf_err e = deliver(to, from, type, &captured_txn, captured[type].data, captured[type].len);
	settle(to->world);
	return e;
}

/* AZ-7, AZ-25: the business system is registered, in use, and the applicant's own. */
static void unknown_and_foreign_systems_are_refused(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_application_in in = wish(&s->plain);
	struct hf_id id;
	in.system = NULL;
	assert_int_equal(draft_as(s->health, "wang", &in, &id), HF_E_ARGUMENT);
	assert_non_null(strstr(last_fault, "'system'"));
	in.system = "nowhere";
	assert_int_equal(draft_as(s->health, "wang", &in, &id), HF_E_WRONG_SYSTEM);
	in.system = "ward-desk";
	assert_int_equal(draft_as(s->health, "dan", &in, &id), HF_E_WRONG_SYSTEM); /* of another department */
	in.system = "depot";                                                       /* of another node */
	assert_int_equal(draft_as(s->health, "wang", &in, &id), HF_E_WRONG_SYSTEM);
}

/* AZ-25: what holds at the draft must hold at the submission. */
static void system_disabled_after_the_draft_stops_the_submission(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_application_in in = wish(&s->plain);
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f;
	struct hf_id id;
	install(s->health, "fading", "", "");
	in.system = "fading";
	MUST(draft_as(s->health, "wang", &in, &id));
	assert_int_equal(hf_system_enable(s->health->identity, u, "fading", false, &f), HF_OK);
	submit_wait(s->health, u);
	assert_int_equal(need_as(s->health, "li", &id, true, true, true), HF_E_WRONG_SYSTEM);
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_DRAFT);
}

/* AZ-8, AZ-29: mandatory statements and the longest period, at the draft. */
static void draft_states_reason_purpose_and_a_legal_period(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_application_in in = wish(&s->plain);
	struct hf_id id;
	in.reason = "";
	assert_int_equal(draft_as(s->health, "wang", &in, &id), HF_E_ARGUMENT);
	in = wish(&s->plain);
	in.purpose = NULL;
	assert_int_equal(draft_as(s->health, "wang", &in, &id), HF_E_ARGUMENT);
	in = wish(&s->plain);
	in.until_ms = 0;
	assert_int_equal(draft_as(s->health, "wang", &in, &id), HF_E_ARGUMENT);
	in.until_ms = hf_time_add_years(s->w->now_ms, 3) + DAY;
	assert_int_equal(draft_as(s->health, "wang", &in, &id), HF_E_LIMIT);
	in.until_ms = hf_time_add_years(s->w->now_ms, 3);
	MUST(draft_as(s->health, "wang", &in, &id));
	in = wish(&s->plain);
	in.from_ms = s->w->now_ms - DAY;
	assert_int_equal(draft_as(s->health, "wang", &in, &id), HF_E_ARGUMENT);
	assert_non_null(strstr(last_fault, "backdated"));
}

static void unknown_resource_and_unknown_field_are_refused(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id nothing = hf_id_new(NOW), id;
	struct hf_application_in in = wish(&nothing);
	const char *fields[] = {"flight", "pilot"};
	assert_int_equal(draft_as(s->health, "wang", &in, &id), HF_E_UNKNOWN);
	in = wish(&s->plain);
	in.fields = fields;
	in.field_count = 2;
	assert_int_equal(draft_as(s->health, "wang", &in, &id), HF_E_WRONG_FIELDS);
	in.fields = (const char *[]){"姓名", "flight"};
	MUST(draft_as(s->health, "wang", &in, &id));
}

static void give_role(struct node *n, const char *by, const char *who, const char *role)
{
	struct hf_actor a = actor_of(n, by);
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	if (hf_account_roles(n->identity, &a, u, who, &role, 1, &f) != HF_OK)
		fail_msg("%s", f.text);
	submit_wait(n, u);
}

/* Nobody confirms the need of his own application: not after a change of roles, and not with a second account. */
static void nobody_reviews_his_own_request(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_application_in in = wish(&s->plain);
	struct hf_id id;
	MUST(draft_as(s->health, "tan", &in, &id));
	assert_int_equal(need_as(s->health, "tan", &id, true, true, true), HF_E_PERMISSION);
	give_role(s->health, "ma", "tan", "data-authority");
	assert_int_equal(need_as(s->health, "tan", &id, true, true, true), HF_E_SEPARATION);
	assert_non_null(strstr(last_fault, "another person"));
	assert_int_equal(need_as(s->health, "tan2", &id, true, true, true), HF_E_SEPARATION); /* the same real name */
	give_role(s->health, "ma", "tan", "operator");
	MUST(need_as(s->health, "li", &id, true, true, true));
}

/* AZ-17: the privacy expert is not the approver, even when his role changed in between. */
static void privacy_expert_does_not_decide(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id = forwarded(s, &s->personal);
	MUST(privacy_as(s->roads, "xu", &id, true, true));
	assert_int_equal(decide_as(s->roads, "xu", &id, "T", NULL, 0), HF_E_PERMISSION);
	give_role(s->roads, "zhou", "xu", "approver");
	assert_int_equal(decide_as(s->roads, "xu", &id, "T", NULL, 0), HF_E_SEPARATION);
	give_role(s->roads, "zhou", "xu", "privacy-expert");
	MUST(decide_as(s->roads, "zhou", &id, "F", "done", 0));
}

/* Where intake node and provider are one, the reviewer does not decide. */
static void compliance_reviewer_does_not_decide(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id = submitted(s, &s->inner);
	MUST(compliance_as(s->roads, "wu", &id, "pass", NULL));
	give_role(s->roads, "zhou", "wu", "approver");
	assert_int_equal(decide_as(s->roads, "wu", &id, "T", NULL, 0), HF_E_SEPARATION);
	give_role(s->roads, "zhou", "wu", "intake");
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
}

/* AZ-14: only the approver sets A. AZ-15: F and S carry a reason. AZ-26: A is T, F or S. */
static void decision_needs_the_approver_a_reason_and_a_legal_result(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id = forwarded(s, &s->plain);
	assert_int_equal(decide_as(s->roads, "wu", &id, "T", NULL, 0), HF_E_PERMISSION);
	assert_int_equal(decide_as(s->roads, "zhou", &id, "F", "", 0), HF_E_ARGUMENT);
	assert_non_null(strstr(last_fault, "'reason'"));
	assert_int_equal(decide_as(s->roads, "zhou", &id, "F", " \n", 0), HF_E_ARGUMENT);
	assert_int_equal(decide_as(s->roads, "zhou", &id, "S", NULL, 0), HF_E_ARGUMENT);
	assert_int_equal(decide_as(s->roads, "zhou", &id, "yes", "x", 0), HF_E_ARGUMENT);
	assert_int_equal(decide_as(s->roads, "zhou", &id, NULL, "x", 0), HF_E_ARGUMENT);
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_RECEIVED);
	assert_int_equal(decide_as(s->health, "ma", &id, "T", NULL, 0),
	                 HF_E_STATE); /* the consumer's approver at the consumer's node */
}

static void another_department_does_not_touch_the_application(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_application_in in = wish(&s->plain);
	struct hf_id id;
	in.system = "ward-desk";
	MUST(draft_as(s->health, "wang", &in, &id));
	unsigned alarms = s->health->alarms;
	assert_int_equal(withdraw_as(s->health, "dan", &id), HF_E_UNKNOWN); /* SB-23: it does not exist for him */
	assert_int_equal(s->health->alarms, alarms + 1);                    /* DS-21 */
	MUST(withdraw_as(s->health, "wang", &id));
}

/* DS-77: sensitive resources ask for two factors at every step. */
static void sensitive_resource_needs_two_factors(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_application_in in = wish(&s->sensitive);
	struct hf_id id;
	assert_int_equal(draft_as(s->health, "wang", &in, &id), HF_E_SECOND_FACTOR);
	COMMAND(c, s->health, "wang");
	c.actor.methods = HF_AUTH_PASSWORD | HF_AUTH_TOTP;
	assert_int_equal(command_end(&c, hf_authz_draft(s->health->authz, &c.in, &in, &id)), HF_OK);
	assert_int_equal(need_as(s->health, "li", &id, true, true, true), HF_E_SECOND_FACTOR);
}

/* ---- papers of other nodes ---- */

/* AZ-9: the provider takes an application from its intake node alone, and not without the intake record. */
static void provider_takes_nothing_past_the_intake_node(void **state)
{
	struct stage *s = stage_of(state);
	s->w->bend = capture;
	struct hf_id id = submitted(s, &s->plain);
	assert_int_equal(again(s->roads, "health", HF_MAIL_APPLICATION), HF_E_REDIRECT);
	assert_non_null(strstr(s->roads->refused[0].text, "taken in by hub"));
	MUST(compliance_as(s->hub, "chen", &id, "refuse", "不合规"));
	HF_CLEANUP(hf_decoded_done)
	Hufu__ApplicationMail *a =
	        HF_DECODE(application_mail, captured[HF_MAIL_APPLICATION].data, captured[HF_MAIL_APPLICATION].len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__IntakeMail *i = HF_DECODE(intake_mail, captured[HF_MAIL_INTAKE].data, captured[HF_MAIL_INTAKE].len);
	Hufu__ForwardMail f = HUFU__FORWARD_MAIL__INIT;
	f.application = a->application;
	f.intake = i->intake;
	size_t len = 0;
	uint8_t *body = hf_encode(&f.base, &len);
	assert_int_equal(deliver(s->roads, "health", HF_MAIL_FORWARD, &captured_txn, body, len), HF_E_REDIRECT);
	assert_int_equal(deliver(s->roads, "hub", HF_MAIL_FORWARD, &captured_txn, body, len),
	                 HF_E_STATE); /* it does not pass */
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_NONE);
	free(body);
}

/* The decision of a captured mail, with something changed, signed again by the provider's own node key. */
static void resign_decision(struct stage *s, void (*change)(struct stage *s, Hufu__Decision *d))
{
	struct hf_fault f = {HF_OK, ""};
	HF_CLEANUP(hf_decoded_done)
	Hufu__DecisionMail *m =
	        HF_DECODE(decision_mail, captured[HF_MAIL_DECISION].data, captured[HF_MAIL_DECISION].len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__Decision *d = HF_DECODE(decision, m->decision->payload.data, m->decision->payload.len);
	HF_CLEANUP(az_paper_done) struct paper p = {0};
	struct hf_unit *u = hf_unit_new();
	change(s, d);
	if (az_paper_sign(s->roads->authz, HF_TYPE_DECISION, &captured_txn, &d->base, u, &p, &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_unit_free(u);
	m->decision = p.envelope;
	size_t len = 0;
	uint8_t *body = hf_encode(&m->base, &len);
	hf_buf_clear(&captured[HF_MAIL_DECISION]);
	assert_true(hf_buf_add(&captured[HF_MAIL_DECISION], body, len));
	free(body);
}

static void other_intake(struct stage *s, Hufu__Decision *d)
{
	(void)s;
	d->intake_digest.data[0] ^= 1;
}

static void other_result(struct stage *s, Hufu__Decision *d)
{
	(void)s;
	d->result = (char *)"F";
	d->reason = (char *)"no";
	d->agreement = NULL;
}

static void no_agreement(struct stage *s, Hufu__Decision *d)
{
	(void)s;
	d->agreement = NULL;
}

static void longer(struct stage *s, Hufu__Decision *d)
{
	(void)s;
	d->until_ms += DAY;
}

/* A person of that node signs a decision like this one, until then, with his own valid key. */
static Hufu__SignedStatement *signed_as(struct node *n, const char *who, const Hufu__Decision *d, int64_t until_ms)
{
	static Hufu__SignedStatement *kept;
	struct hf_actor actor = actor_of(n, who);
	Hufu__Statement st = HUFU__STATEMENT__INIT;
	struct hf_fault f = {HF_OK, ""};
	hf_decoded_free(HF_TAKE(kept));
	st.kind = (char *)"decision";
	st.object = d->application;
	st.revision = d->revision;
	st.object_digest = d->application_digest;
	st.result = (char *)"T";
	st.until_ms = until_ms;
	if (az_person_sign(n->authz, &actor, &st, &captured_txn, &kept, &f) != HF_OK)
		fail_msg("%s", f.text);
	return kept;
}

/* The applicant's organization approves itself, by somebody who is an approver there. */
static void by_the_applicants_own(struct stage *s, Hufu__Decision *d)
{
	d->decision = signed_as(s->health, "ma", d, 0);
}

static Hufu__SignedStatement *other_approval; /* of another application, by the right approver */

static void replayed(struct stage *s, Hufu__Decision *d)
{
	(void)s;
	d->decision = other_approval;
}

static bool hold_decision(const struct post *p)
{
	return p->type == HF_MAIL_DECISION;
}

static void drop_held(struct world *w)
{
	while (w->posts) {
		struct post *p = w->posts;
		w->posts = p->next;
		post_free(p);
	}
	w->posts_end = &w->posts;
}

/* A decided application whose decision is caught on its way from the provider to the intake node. */
static struct hf_id caught_decision(struct stage *s, const struct hf_id *entry)
{
	struct hf_id id = forwarded(s, entry);
	s->w->hold = hold_decision;
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	assert_non_null(s->w->posts);
	capture(s->w->posts);
	return id;
}

/* AZ-9: a decision that does not rest on the intake record is invalid; nor is one that differs from what its approver
 * signed, that somebody of the applicant's signed (AZ-14), or with an approval that was given to another application.
 */
static void decision_that_does_not_hold_together_is_refused(void **state)
{
	struct stage *s = stage_of(state);
	static const struct {
		void (*change)(struct stage *s, Hufu__Decision *d);
		enum hf_err e;
	} cases[] = {{other_intake, HF_E_DIGEST}, {other_result, HF_E_SIGNATURE},          {no_agreement, HF_E_FORMAT},
	             {longer, HF_E_SIGNATURE},    {by_the_applicants_own, HF_E_SIGNATURE}, {replayed, HF_E_CONFLICT}};
	struct hf_id other = caught_decision(s, &s->strict), id;
	HF_CLEANUP(hf_decoded_done)
	Hufu__DecisionMail *m =
	        HF_DECODE(decision_mail, captured[HF_MAIL_DECISION].data, captured[HF_MAIL_DECISION].len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__Decision *d = HF_DECODE(decision, m->decision->payload.data, m->decision->payload.len);
	other_approval = d->decision;
	s->w->hold = NULL;
	settle(s->w);
	assert_int_equal(state_at(s->health, &other, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
	id = caught_decision(s, &s->plain);
	unsigned alarms = s->hub->alarms;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		capture(s->w->posts);
		resign_decision(s, cases[i].change);
		assert_int_equal(again(s->hub, "roads", HF_MAIL_DECISION), cases[i].e);
		assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_FORWARDED);
	}
	assert_int_equal(s->hub->alarms, alarms + 5); /* DS-21: FORMAT alone is no alarm */
	capture(s->w->posts);
	assert_int_equal(again(s->hub, "health", HF_MAIL_DECISION), HF_E_STANDING);
	s->w->hold = NULL;
	settle(s->w);
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
}

static void no_second(struct stage *s, Hufu__Decision *d)
{
	(void)s;
	d->second = NULL;
}

/* The second level's signature is the first one's again. */
static void first_twice(struct stage *s, Hufu__Decision *d)
{
	(void)s;
	d->second = d->decision;
}

/* DS-20: what the provider's node claims is not enough: without the second level's own signature nobody takes a T on
 * core data. */
static void core_data_is_not_taken_without_the_second_level(void **state)
{
	struct stage *s = stage_of(state);
	hire(s->roads, "gao", "senior-approver", "", "HR-3009");
	struct hf_id core = publish(s->roads, &(struct offer){.title = "核心", .intake = "hub", .level = 3});
	s->w->factors = HF_AUTH_TOTP;
	struct hf_id id = forwarded(s, &core);
	s->w->hold = hold_decision;
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	assert_null(s->w->posts); /* nothing leaves after the first level */
	MUST(second_as(s->roads, "gao", &id, "T", NULL));
	assert_non_null(s->w->posts);
	capture(s->w->posts);
	resign_decision(s, no_second);
	assert_int_equal(again(s->hub, "roads", HF_MAIL_DECISION), HF_E_STATE);
	capture(s->w->posts);
	resign_decision(s, first_twice); /* his certificate lacks the permission */
	assert_int_equal(again(s->hub, "roads", HF_MAIL_DECISION), HF_E_PERMISSION);
	assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_FORWARDED);
	s->w->hold = NULL;
	settle(s->w);
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
	s->w->factors = 0;
}

/* An agreement with one field more than was applied for, properly signed by the provider. */
static void widen(struct stage *s, Hufu__Decision *d)
{
	static Hufu__Envelope *kept;
	struct hf_fault f = {HF_OK, ""};
	struct paper p = {0};
	HF_CLEANUP(hf_decoded_done)
	Hufu__Agreement *g = HF_DECODE(agreement, d->agreement->payload.data, d->agreement->payload.len);
	struct hf_unit *u = hf_unit_new();
	char *fields[] = {(char *)"flight", (char *)"arrival"};
	g->fields = fields;
	g->n_fields = 2;
	assert_int_equal(az_paper_sign(s->roads->authz, HF_TYPE_AGREEMENT, &captured_txn, &g->base, u, &p, &f), HF_OK);
	hf_unit_free(u);
	hf_decoded_free(kept);
	kept = HF_TAKE(p.envelope);
	az_paper_done(&p);
	d->agreement = kept;
}

/* The widened agreement of an application for one field waits at the intake node, as if the provider had sent it. */
static struct hf_id widened(struct stage *s)
{
	struct hf_application_in in = wish(&s->plain);
	const char *fields[] = {"flight"};
	struct hf_id id;
	in.fields = fields;
	in.field_count = 1;
	MUST(draft_as(s->health, "wang", &in, &id));
	MUST(need_as(s->health, "li", &id, true, true, true));
	MUST(compliance_as(s->hub, "chen", &id, "pass", NULL));
	s->w->hold = hold_decision;
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	capture(s->w->posts);
	resign_decision(s, widen);
	drop_held(s->w);
	s->w->hold = NULL;
	return id;
}

/* Both sides end alike, with the same reason, when the agreement does not fit. */
static void agreement_that_does_not_fit_ends_the_negotiation(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id = widened(s);
	assert_int_equal(again(s->hub, "roads", HF_MAIL_DECISION), HF_OK);
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_TERMINATED);
	assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_TERMINATED);
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_TERMINATED);
	assert_string_equal(notices(s->health, &id, "terminated").code, "wrong-fields");
	assert_int_equal(notices(s->health, &id, NULL).count, 1);
	assert_int_not_equal(decided(s->roads, &(struct hf_access_request){.organization = "health",
	                                                                   .system = "desk",
	                                                                   .resource = s->plain,
	                                                                   .action = "read",
	                                                                   .purpose = "claims-check",
	                                                                   .now_ms = s->w->now_ms,
	                                                                   .agreement = grant_at(s->roads, &id)}),
	                     HF_OK);
}

static void reason_code_at(struct node *n, const struct hf_id *id, const char *code)
{
	Hufu__ApplicationRow *row = NULL;
	assert_int_equal(hf_authz_application(n->authz, id, &row), HF_OK);
	assert_string_equal(row->reason_code, code);
	hf_decoded_free(row);
}

/* The same when the provider revokes it before it hears of that. */
static void revoked_agreement_that_does_not_fit_ends_alike(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id = widened(s), grant = grant_at(s->roads, &id);
	MUST(revoke_as(s->roads, "zhou", &grant, "改期"));
	assert_int_equal(again(s->hub, "roads", HF_MAIL_DECISION), HF_OK);
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_TERMINATED);
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_TERMINATED);
	reason_code_at(s->health, &id, "wrong-fields");
	reason_code_at(s->hub, &id, "wrong-fields");
	reason_code_at(s->roads, &id, "wrong-fields");
}

/* Four years: decision, agreement and the approver's statement, each by the key that it has to be signed with. */
static void four_years(struct stage *s, Hufu__Decision *d)
{
	static Hufu__Envelope *kept;
	struct hf_fault f = {HF_OK, ""};
	struct paper p = {0};
	HF_CLEANUP(hf_decoded_done)
	Hufu__Agreement *g = HF_DECODE(agreement, d->agreement->payload.data, d->agreement->payload.len);
	struct hf_unit *u = hf_unit_new();
	g->until_ms = g->from_ms + 4 * 366 * DAY;
	assert_int_equal(az_paper_sign(s->roads->authz, HF_TYPE_AGREEMENT, &captured_txn, &g->base, u, &p, &f), HF_OK);
	hf_unit_free(u);
	hf_decoded_free(kept);
	kept = HF_TAKE(p.envelope);
	az_paper_done(&p);
	d->agreement = kept;
	d->until_ms = g->until_ms;
	d->decision = signed_as(s->roads, "zhou", d, g->until_ms);
}

/* AZ-29: nobody makes a grant for longer than three years, whatever legitimate keys signed it. */
static void over_long_period_by_legitimate_keys_gives_nothing(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "for long", .intake = "hub"});
	struct hf_id id = caught_decision(s, &entry);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	resign_decision(s, four_years);
	drop_held(s->w);
	s->w->hold = NULL;
	assert_int_equal(again(s->hub, "roads", HF_MAIL_DECISION), HF_E_LIMIT);
	assert_int_equal(s->hub->refused_count, 1);
	assert_non_null(strstr(s->hub->refused[0].text, "longer than 3 years"));
	assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_FORWARDED);
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_SUBMITTED);
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
}

/* The catalog entry that an agreement names, as a node keeps it with the papers of the transaction: its digest, if it
 * is there. */
struct kept {
	struct hf_hash digest;
	unsigned count;
};

static bool take_kept(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct kept *k = ctx;
	static const char type[] = HF_TYPE_CATALOG_ENTRY;
	if (value.len == sizeof(type) - 1 && memcmp(value.data, type, value.len) == 0) {
		memcpy(k->digest.b, key.data + sizeof(struct hf_id), sizeof(k->digest.b));
		k->count++;
	}
	return true;
}

static struct kept kept_entry(struct node *n, const struct hf_id *txn)
{
	struct kept k = {.count = 0};
	assert_int_equal(hf_store_scan(n->store, HF_TABLE_ENVELOPE_TXN, txn->b, sizeof(txn->b), NULL, 0, take_kept, &k),
	                 HF_OK);
	return k;
}

/* Both sides can prove later what was agreed on, also when the provider published a newer version meanwhile. */
static void agreed_entry_is_kept_by_both_sides(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id = caught_decision(s, &s->plain);
	struct hf_id txn = captured_txn;
	struct kept at_roads = kept_entry(s->roads, &txn);
	assert_int_equal(at_roads.count, 1);
	publish(s->roads, &(struct offer){.title = "flights, described anew", .intake = "hub", .id = s->plain});
	s->w->hold = NULL;
	settle(s->w);
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
	struct kept at_health = kept_entry(s->health, &txn);
	assert_int_equal(at_health.count, 1);
	assert_true(hf_hash_equal(&at_health.digest, &at_roads.digest));
}

static void without_entry(Hufu__DecisionMail *m)
{
	m->entry = NULL;
}

static void with_other_entry(Hufu__DecisionMail *m)
{
	m->entry = m->decision;
}

/* DS-69: the node between the two alters a mark of the origin on the way, and signs for it as well as it can. */
static Hufu__Envelope *remarked;
static struct node *relay;

static void with_altered_mark(Hufu__DecisionMail *m)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	Hufu__CatalogEntry *e = HF_DECODE(catalog_entry, m->entry->payload.data, m->entry->payload.len);
	e->level = 2;
	assert_int_equal(hf_envelope_make_message(relay->keys.envelope, "roads", HF_TYPE_CATALOG_ENTRY, &e->base, &b),
	                 HF_OK);
	remarked = HF_DECODE(envelope, b.data, b.len);
	m->entry = remarked;
	hf_decoded_free(e);
}

/* An agreement whose entry does not come with it, as it left its publisher, is not countersigned. */
static void agreement_without_its_entry_ends_the_negotiation(void **state)
{
	struct stage *s = stage_of(state);
	void (*const changes[])(Hufu__DecisionMail * m) = {without_entry, with_other_entry, with_altered_mark};
	relay = s->hub;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct hf_id id = caught_decision(s, &s->plain);
		HF_CLEANUP(hf_decoded_done)
		Hufu__DecisionMail *m =
		        HF_DECODE(decision_mail, captured[HF_MAIL_DECISION].data, captured[HF_MAIL_DECISION].len);
		Hufu__Envelope *entry = m->entry;
		size_t len = 0;
		changes[i](m);
		uint8_t *body = hf_encode(&m->base, &len);
		m->entry = entry;
		drop_held(s->w);
		s->w->hold = NULL;
		assert_int_equal(deliver(s->hub, "roads", HF_MAIL_DECISION, &captured_txn, body, len), HF_OK);
		settle(s->w);
		free(body);
		hf_decoded_free(HF_TAKE(remarked));
		assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_TERMINATED);
		assert_string_equal(notices(s->health, &id, "terminated").code, "digest");
	}
}

static enum hf_mail bend_type;
static size_t bend_at;

static void flip(struct post *p)
{
	if (p->type == bend_type)
		p->body.data[bend_at % p->body.len] ^= 0x20;
}

/* Every kind of mail, bent somewhere on the way, is refused and changes nothing. */
static void bent_mail_is_refused(void **state)
{
	struct stage *s = stage_of(state);
	static const enum hf_mail types[] = {HF_MAIL_APPLICATION, HF_MAIL_FORWARD, HF_MAIL_DECISION,
	                                     HF_MAIL_VERIFICATION, HF_MAIL_EVENT};
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		for (size_t at = 40; at < 4000; at += 1310) {
			bend_type = types[i];
			bend_at = at;
			s->w->bend = flip;
			struct hf_id id = submitted(s, &s->plain);
			if (types[i] != HF_MAIL_APPLICATION)
				MUST(compliance_as(s->hub, "chen", &id, "pass", NULL));
			if (types[i] != HF_MAIL_APPLICATION && types[i] != HF_MAIL_FORWARD)
				MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
			s->w->bend = NULL;
			assert_int_equal(s->health->refused_count + s->hub->refused_count + s->roads->refused_count, 1);
			assert_int_not_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
			s->health->refused_count = s->hub->refused_count = s->roads->refused_count = 0;
		}
}

static struct node *captured_node(struct stage *s, enum hf_mail type)
{
	return world_find(s->w, captured_to[type]);
}

/* Every mail a second time: refused, and nothing happens twice (AZ-12). */
static void repeated_mail_has_no_second_effect(void **state)
{
	struct stage *s = stage_of(state);
	static const enum hf_mail types[] = {HF_MAIL_APPLICATION,  HF_MAIL_FORWARD, HF_MAIL_INTAKE,    HF_MAIL_DECISION,
	                                     HF_MAIL_VERIFICATION, HF_MAIL_EVENT,   HF_MAIL_REVOCATION};
	s->w->bend = capture;
	struct hf_id id = granted(s, &s->plain), grant = grant_at(s->roads, &id);
	MUST(revoke_as(s->roads, "zhou", &grant, "no longer needed"));
	struct hf_grant_view before, after;
	assert_int_equal(hf_authz_grant(s->roads->authz, &grant, &before), HF_OK);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		(void)again(captured_node(s, types[i]), captured_from[types[i]], types[i]);
	assert_int_equal(notices(s->health, &id, "granted").count, 1);
	assert_int_equal(hf_authz_grant(s->roads->authz, &grant, &after), HF_OK);
	assert_string_equal(after.state, "revoked");
	assert_int_equal(after.generation, before.generation);
	assert_int_equal(hf_authz_grant(s->health->authz, &grant, &after), HF_OK);
	assert_string_equal(after.state, "revoked");
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_FINALIZED);
}

/* A paper for one node is worth nothing at another, and one member does not speak for another. */
static void misdirected_mail_is_refused(void **state)
{
	struct stage *s = stage_of(state);
	s->w->bend = capture;
	struct hf_id id = granted(s, &s->plain);
	assert_int_equal(again(s->health, "roads", HF_MAIL_FORWARD), HF_E_STANDING);
	assert_int_equal(again(s->roads, "hub", HF_MAIL_VERIFICATION), HF_E_STANDING);
	assert_int_equal(again(s->hub, "roads", HF_MAIL_APPLICATION), HF_E_STANDING);
	assert_int_equal(again(s->health, "roads", HF_MAIL_INTAKE), HF_E_STANDING);
	assert_int_equal(again(s->hub, "health", HF_MAIL_REVOCATION), HF_E_FORMAT); /* none was captured */
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
}

static bool hold_application(const struct post *p)
{
	return p->type == HF_MAIL_APPLICATION;
}

/* DS-38: a transaction that has papers of another case on record is not used again. */
static void transaction_of_another_case_is_refused(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_hash digest;
	struct hf_unit *u = hf_unit_new();
	s->w->hold = hold_application;
	struct hf_id id = submitted(s, &s->plain);
	hf_ledger_keep_envelope(u, &s->w->posts->txn, HF_TYPE_AGREEMENT, "another", 7, &digest);
	submit_wait(s->hub, u);
	s->w->hold = NULL;
	settle(s->w);
	assert_int_equal(s->hub->refused_count, 1);
	assert_int_equal(s->hub->refused[0].e, HF_E_REPLAY);
	assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_NONE);
}

/* A member whose membership was revoked cannot date papers back. */
static void papers_of_a_former_member_are_refused(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_buf envelope = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, ""};
	s->w->hold = hold_application;
	struct hf_id id = submitted(s, &s->plain);
	sb_sign(s->w->sb, &envelope);
	sb_next(s->w->sb, &envelope);
	sb_revoke(s->w->sb, "health", NULL, s->w->now_ms + 1);
	sb_sign(s->w->sb, &envelope);
	if (hf_space_extend(s->w->space, envelope.data, envelope.len, &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_buf_done(&envelope);
	s->w->now_ms += 1000;
	s->w->hold = NULL;
	settle(s->w);
	assert_int_equal(s->hub->refused_count, 1);
	assert_int_equal(s->hub->refused[0].e, HF_E_STANDING);
	assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_NONE);
	struct hf_access_request rq = asking(&s->inner, s->w->now_ms);
	assert_int_equal(decided(s->roads, &rq), HF_E_STANDING);
	char text[400];
	memcpy(text, last_fault, sizeof(text));
	rq.resource = hf_id_new(NOW); /* SB-23: whatever it asks for */
	assert_int_equal(decided(s->roads, &rq), HF_E_STANDING);
	assert_string_equal(text, last_fault);
}

/* SB-23: who may not know of a resource hears the same as for one that does not exist. */
static void hidden_resource_is_unknown_to_outsiders(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id hidden = publish(s->roads, &(struct offer){.title = "hidden", .scope = "nodes:hub"});
	struct hf_id nothing = hf_id_new(NOW);
	struct hf_access_request rq = asking(&hidden, s->w->now_ms);
	struct hf_application_in in = wish(&hidden);
	struct hf_id id;
	char text[400];
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	memcpy(text, last_fault, sizeof(text));
	rq.resource = nothing;
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	assert_string_equal(text, last_fault);
	assert_int_equal(draft_as(s->health, "wang", &in, &id), HF_E_UNKNOWN);
	in.system = "depot";
	assert_int_equal(draft_as(s->roads, "sun", &in, &id), HF_E_UNKNOWN); /* nor may its own other department */
}

/* The refusal of the last mail that was tried there, without the identifier that the sender named himself. */
static const char *refusal_without(struct node *n, const struct hf_id *id)
{
	char text[HF_ID_TEXT];
	struct refusal *r = &n->refused[n->refused_count - 1];
	char *at;
	hf_id_text(id, text);
	at = strstr(r->text, text);
	if (at)
		memset(at, '-', strlen(text));
	return r->text;
}

static bool hold_all(const struct post *p)
{
	(void)p;
	return true;
}

/* An application of health for the entry, captured, and addressed to hub as well by health itself. */
static void apply_to_hub_too(struct stage *s, const struct hf_id *entry)
{
	struct hf_fault f = {HF_OK, ""};
	char *audience[] = {(char *)"hub", (char *)"roads"};
	struct hf_unit *u = hf_unit_new();
	size_t len = 0;
	s->w->hold = hold_all;
	(void)submitted(s, entry);
	capture(s->w->posts);
	drop_held(s->w);
	s->w->hold = NULL;
	struct hf_buf *mail = &captured[HF_MAIL_APPLICATION];
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationMail *m = HF_DECODE(application_mail, mail->data, mail->len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__Application *app = HF_DECODE(application, m->application->payload.data, m->application->payload.len);
	HF_CLEANUP(az_paper_done) struct paper p = {0};
	app->header->audience = audience;
	app->header->n_audience = 2;
	if (az_paper_sign(s->health->authz, HF_TYPE_APPLICATION, &captured_txn, &app->base, u, &p, &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_unit_free(u);
	m->application = p.envelope;
	uint8_t *body = hf_encode(&m->base, &len);
	hf_buf_clear(mail);
	assert_true(hf_buf_add(mail, body, len));
	free(body);
}

enum { WAITS_MS = 60000 };

/* What was captured, delivered to hub until its time of waiting is over: it is asked for again without an alarm, and
 * then refused as `unknown`. */
static void waits_and_is_unknown(struct stage *s)
{
	unsigned alarms = s->hub->alarms;
	assert_int_equal(again(s->hub, "health", HF_MAIL_APPLICATION), HF_E_BUSY);
	s->w->now_ms += WAITS_MS - 1;
	assert_int_equal(again(s->hub, "health", HF_MAIL_APPLICATION), HF_E_BUSY);
	assert_int_equal(s->hub->alarms, alarms);
	s->w->now_ms += 1;
	assert_int_equal(again(s->hub, "health", HF_MAIL_APPLICATION), HF_E_UNKNOWN);
}

/* SB-23, DS-21: a node that merely holds a copy of an entry answers like one that never heard of it: it cannot know
 * who may. It waits alike for both. Each attempt raises the same alarm. */
static void received_copy_is_no_oracle(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id held = publish(s->roads, &(struct offer){.title = "held", .scope = "nodes:health,hub"}),
	             not_shared =
	                     publish(s->roads, &(struct offer){.title = "not shared", .scope = "nodes:health,hub"}),
	             unheard = publish(s->roads, &(struct offer){.title = "unheard", .scope = "nodes:health"});
	unsigned alarms = s->hub->alarms;
	char text[400], busy[400];
	apply_to_hub_too(s, &unheard);
	waits_and_is_unknown(s);
	snprintf(text, sizeof(text), "%s", refusal_without(s->hub, &unheard));
	snprintf(busy, sizeof(busy), "%s", s->hub->refused[0].text);
	apply_to_hub_too(s, &held);
	waits_and_is_unknown(s);
	assert_string_equal(refusal_without(s->hub, &held), text);
	apply_to_hub_too(s, &not_shared);
	publish(s->roads, &(struct offer){.title = "kept back", .scope = "nodes:hub", .id = not_shared, .sharing = 3});
	waits_and_is_unknown(s);
	assert_string_equal(refusal_without(s->hub, &not_shared), text);
	assert_int_equal(s->hub->alarms, alarms + 3);
	for (size_t i = 0; i < s->hub->refused_count; i++)
		assert_string_equal(s->hub->refused[i].text, s->hub->refused[i].e == HF_E_BUSY ? busy : text);
}

/* While one application of a member waits for its entry, another one of it is answered at once, and its name once used
 * up buys no second time of waiting behind it: a member cannot wait for more than one, whatever it sends. */
static void one_application_of_a_member_waits_for_its_entry(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id one = publish(s->roads, &(struct offer){.title = "one", .scope = "nodes:health"}),
	             two = publish(s->roads, &(struct offer){.title = "two", .scope = "nodes:health"});
	struct hf_buf *mail = &captured[HF_MAIL_APPLICATION], first = HF_BUF_INIT;
	apply_to_hub_too(s, &one);
	struct hf_id txn = captured_txn;
	assert_true(hf_buf_add(&first, mail->data, mail->len));
	assert_int_equal(again(s->hub, "health", HF_MAIL_APPLICATION), HF_E_BUSY);
	apply_to_hub_too(s, &two);
	for (int i = 0; i < 3; i++)
		assert_int_equal(again(s->hub, "health", HF_MAIL_APPLICATION), HF_E_UNKNOWN);
	assert_int_equal(deliver(s->hub, "health", HF_MAIL_APPLICATION, &txn, first.data, first.len), HF_E_BUSY);
	s->w->now_ms += WAITS_MS;
	assert_int_equal(deliver(s->hub, "health", HF_MAIL_APPLICATION, &txn, first.data, first.len), HF_E_UNKNOWN);
	waits_and_is_unknown(s); /* its turn */
	hf_buf_done(&first);
}

static bool lose_catalog_to_hub(struct hf_request *r)
{
	return (r->type != HF_MSG_CATALOG_PUSH && r->type != HF_MSG_CATALOG_SYNC) ||
	       (strcmp(r->to->name, "hub") != 0 && strcmp(r->from->name, "hub") != 0);
}

/* An application that overtakes its entry on the way to the intake node, or the version that it was made for, is taken
 * in when that has come. Nothing is wrong with it: no alarm. */
static void application_waits_for_its_entry(void **state)
{
	struct stage *s = stage_of(state);
	unsigned alarms = s->hub->alarms;
	struct hf_id entry = {{0}};
	for (int version = 1; version <= 2; version++) {
		s->w->pass = lose_catalog_to_hub;
		entry = publish(s->roads, &(struct offer){.title = "late", .intake = "hub", .id = entry});
		s->w->hold = hold_application;
		struct hf_id id = submitted(s, &entry);
		capture(s->w->posts);
		for (int i = 0; i < 3; i++)
			assert_int_equal(again(s->hub, "health", HF_MAIL_APPLICATION), HF_E_BUSY);
		assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_NONE);
		s->w->pass = NULL;
		s->roads->peers.on_up(s->roads->peers.on_up_ctx, "hub");
		s->hub->peers.on_up(s->hub->peers.on_up_ctx, "roads");
		s->w->hold = NULL;
		settle(s->w);
		assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_RECEIVED);
		assert_int_equal(s->hub->refused_count, (size_t)version * 3);
	}
	assert_int_equal(s->hub->alarms, alarms);
}

/* A version that its publisher never made is not waited for without end. */
static void version_that_never_comes_is_refused_in_the_end(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "never", .intake = "hub"});
	s->w->pass = lose_catalog_to_hub;
	publish(s->roads, &(struct offer){.title = "never", .intake = "hub", .id = entry});
	s->w->hold = hold_application;
	struct hf_id id = submitted(s, &entry);
	capture(s->w->posts);
	drop_held(s->w);
	s->w->hold = NULL;
	assert_int_equal(again(s->hub, "health", HF_MAIL_APPLICATION), HF_E_BUSY);
	s->w->now_ms += WAITS_MS;
	assert_int_equal(hf_err_class(again(s->hub, "health", HF_MAIL_APPLICATION)), HF_CLASS_REFUSE);
	assert_int_equal(state_at(s->hub, &id, HF_PART_INTAKE), HF_REVIEW_NONE);
	s->w->pass = NULL;
}

/* SB-23: an application that is forwarded to the wrong node, or by somebody who has nothing to do with the entry. */
static void forwarding_is_no_oracle(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry =
	        publish(s->roads, &(struct offer){.title = "x", .intake = "hub", .scope = "nodes:health,hub"});
	s->w->bend = capture;
	(void)forwarded(s, &entry);
	s->w->bend = NULL;
	assert_int_equal(again(s->hub, "port", HF_MAIL_FORWARD), HF_E_UNKNOWN); /* it takes in, but does not provide */
	assert_non_null(strstr(s->hub->refused[0].text, "there is no resource"));
	assert_int_equal(again(s->roads, "port", HF_MAIL_FORWARD), HF_E_UNKNOWN); /* out of scope */
	assert_non_null(strstr(s->roads->refused[0].text, "there is no resource"));
	assert_int_equal(again(s->roads, "health", HF_MAIL_FORWARD), HF_E_REDIRECT); /* it knows the entry anyway */
}

/* A negotiation is nobody's business but its parties': to others its papers are about nothing (SB-23). */
static void negotiations_of_others_are_unknown(void **state)
{
	struct stage *s = stage_of(state);
	static const enum hf_mail types[] = {HF_MAIL_INTAKE, HF_MAIL_DECISION, HF_MAIL_EVENT};
	struct node *const at[] = {s->health, s->hub, s->roads};
	s->w->bend = capture;
	struct hf_id id = granted(s, &s->plain);
	s->w->bend = NULL;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		for (size_t k = 0; k < 3; k++) {
			assert_int_equal(again(at[k], "port", types[i]), HF_E_UNKNOWN);
			assert_non_null(
			        strstr(at[k]->refused[at[k]->refused_count - 1].text, "there is no application"));
		}
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
}

static int setup(void **state)
{
	stage_up(state);
	struct stage *s = *state;
	hire(s->health, "dan", "operator", "office", "HR-1004");
	hire(s->health, "tan", "operator", "", "HR-1005");
	hire(s->health, "tan2", "data-authority", "", "HR-1005");
	hire(s->roads, "xu", "privacy-expert", "", "HR-3002");
	hire(s->roads, "wu", "intake", "", "HR-3005");
	hire(s->roads, "sun", "operator", "fleet", "HR-3003");
	install(s->health, "ward-desk", "ward", "");
	install(s->roads, "depot", "fleet", "");
	return 0;
}

static int teardown(void **state)
{
	for (size_t i = 0; i < 16; i++)
		hf_buf_done(&captured[i]);
	return stage_down(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(unknown_and_foreign_systems_are_refused),
	        cmocka_unit_test(system_disabled_after_the_draft_stops_the_submission),
	        cmocka_unit_test(draft_states_reason_purpose_and_a_legal_period),
	        cmocka_unit_test(unknown_resource_and_unknown_field_are_refused),
	        cmocka_unit_test(nobody_reviews_his_own_request),
	        cmocka_unit_test(privacy_expert_does_not_decide),
	        cmocka_unit_test(compliance_reviewer_does_not_decide),
	        cmocka_unit_test(decision_needs_the_approver_a_reason_and_a_legal_result),
	        cmocka_unit_test(another_department_does_not_touch_the_application),
	        cmocka_unit_test(sensitive_resource_needs_two_factors),
	        cmocka_unit_test(provider_takes_nothing_past_the_intake_node),
	        cmocka_unit_test(decision_that_does_not_hold_together_is_refused),
	        cmocka_unit_test(core_data_is_not_taken_without_the_second_level),
	        cmocka_unit_test(agreement_that_does_not_fit_ends_the_negotiation),
	        cmocka_unit_test(over_long_period_by_legitimate_keys_gives_nothing),
	        cmocka_unit_test(revoked_agreement_that_does_not_fit_ends_alike),
	        cmocka_unit_test(agreed_entry_is_kept_by_both_sides),
	        cmocka_unit_test(agreement_without_its_entry_ends_the_negotiation),
	        cmocka_unit_test(bent_mail_is_refused),
	        cmocka_unit_test(misdirected_mail_is_refused),
	        cmocka_unit_test(repeated_mail_has_no_second_effect),
	        cmocka_unit_test(transaction_of_another_case_is_refused),
	        cmocka_unit_test(hidden_resource_is_unknown_to_outsiders),
	        cmocka_unit_test(received_copy_is_no_oracle),
	        cmocka_unit_test(one_application_of_a_member_waits_for_its_entry),
	        cmocka_unit_test(application_waits_for_its_entry),
	        cmocka_unit_test(version_that_never_comes_is_refused_in_the_end),
	        cmocka_unit_test(forwarding_is_no_oracle),
	        cmocka_unit_test(negotiations_of_others_are_unknown),
	        cmocka_unit_test(papers_of_a_former_member_are_refused), /* last: health is out */
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
