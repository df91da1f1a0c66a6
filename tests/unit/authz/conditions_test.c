/* The fields that a purpose needs, and the conditions of conditionally shared data: at the draft, in the reviews, in
 * the decision, and at every access by a grant or by a rule. */
#include "authz/rulebook.h"
#include "unit/authz/cast.h"

/* ---- what is published ---- */

static char *claims_fields[] = {(char *)"flight", (char *)"arrival"},
            *all_fields[] = {(char *)"flight", (char *)"arrival", (char *)"姓名"};
static Hufu__PurposeFields claims, planning, *purpose_rows[] = {&claims, &planning};

static Hufu__ReviewCriteria *mapped(size_t claims_count)
{
	static Hufu__ReviewCriteria c;
	static char *purposes[] = {(char *)"claims-check", (char *)"statistics"};
	hufu__review_criteria__init(&c);
	hufu__purpose_fields__init(&claims);
	hufu__purpose_fields__init(&planning);
	claims.purpose = purposes[0];
	claims.fields = claims_fields;
	claims.n_fields = claims_count;
	planning.purpose = purposes[1];
	planning.fields = all_fields;
	planning.n_fields = 3;
	c.purposes = purposes;
	c.n_purposes = 2;
	c.purpose_fields = purpose_rows;
	c.n_purpose_fields = 2;
	return &c;
}

static Hufu__SharingCondition assessed, sealed, *both[] = {&assessed, &sealed};

static Hufu__SharingCondition **conditions(const char *value)
{
	hufu__sharing_condition__init(&assessed);
	hufu__sharing_condition__init(&sealed);
	assessed.name = (char *)"security-assessment";
	assessed.attribute = (char *)"assessment";
	assessed.value = (char *)value;
	sealed.name = (char *)"stays-inside";
	sealed.text = (char *)"the data stays inside the named system";
	return both;
}

static struct hf_id conditional(struct stage *s, const struct hf_id *id, const char *value, size_t count)
{
	struct offer o = {
	        .title = "conditional", .intake = "hub", .conditions = conditions(value), .condition_count = count};
	o.id = id ? *id : o.id;
	return publish(s->roads, &o);
}

static struct hf_id minimal(struct stage *s, const struct hf_id *id, size_t claims_count)
{
	struct offer o = {.title = "minimal", .intake = "hub", .criteria = claims_count ? mapped(claims_count) : NULL};
	o.id = id ? *id : o.id;
	return publish(s->roads, &o);
}

static const char *sealed_name[] = {"stays-inside"};

static struct hf_id finish(struct stage *s, const struct hf_application_in *in)
{
	struct hf_id id;
	MUST(draft_as(s->health, "wang", in, &id));
	MUST(need_as(s->health, "li", &id, true, true, true));
	MUST(compliance_as(s->hub, "chen", &id, "pass", NULL));
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
	return id;
}

static void assert_said(const char *word)
{
	if (!strstr(last_fault, word))
		fail_msg("'%s' is not in: %s", word, last_fault);
}

/* ---- DS-26 ---- */

/* DS-26: an application that names no fields is cut to what its purpose needs, and so is the agreement. */
static void all_fields_are_cut_to_what_the_purpose_needs(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = minimal(s, NULL, 2), id;
	struct hf_application_in in = wish(&entry);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	const char *name[] = {"姓名"};
	struct hf_decision d;
	id = finish(s, &in);
	(void)id;
	hf_authz_decide(s->roads->authz, &rq, &d);
	assert_int_equal(d.result, HF_OK);
	assert_int_equal(d.terms->n_fields, 2);
	assert_string_equal(d.terms->fields[0], "flight");
	assert_string_equal(d.terms->fields[1], "arrival");
	hf_decision_done(&d);
	rq.fields = name;
	rq.field_count = 1;
	assert_int_equal(decided(s->roads, &rq), HF_E_WRONG_FIELDS);
}

/* DS-26: fields beyond the need are refused by name, as is a purpose of which nothing is stated. */
static void fields_beyond_the_need_are_refused(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = minimal(s, NULL, 2), id;
	struct hf_application_in in = wish(&entry);
	in.fields = (const char *const *)all_fields;
	in.field_count = 3;
	assert_int_equal(draft_as(s->health, "wang", &in, &id), HF_E_WRONG_FIELDS);
	assert_said("姓名");
	in.purpose = "statistics";
	MUST(draft_as(s->health, "wang", &in, &id));
	in.purpose = "curiosity";
	assert_int_equal(draft_as(s->health, "wang", &in, &id), HF_E_WRONG_PURPOSE);
	assert_said("curiosity");
}

/* DS-26: the intake node and the provider hold it against the entry as it is then, whatever the consumer's node knew.
 */
static void later_statement_is_held_against_what_is_under_way(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = minimal(s, NULL, 0), early = submitted(s, &entry), late = forwarded(s, &entry);
	(void)minimal(s, &entry, 2);
	assert_int_equal(compliance_as(s->hub, "chen", &early, "pass", NULL), HF_E_CRITERION);
	assert_said("minimization");
	assert_int_equal(decide_as(s->roads, "zhou", &late, "T", NULL, 0), HF_E_WRONG_FIELDS);
	assert_said("姓名");
	MUST(decide_as(s->roads, "zhou", &late, "S", "apply for flight and arrival alone", 0));
}

/* DS-26: an old grant gives no more than the purpose needs by now. */
static void old_grants_give_no_more_than_is_needed_now(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = minimal(s, NULL, 0), id = granted(s, &entry);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	const char *flight[] = {"flight"};
	(void)id;
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	(void)minimal(s, &entry, 2);
	assert_int_equal(decided(s->roads, &rq), HF_E_WRONG_FIELDS);
	assert_said("姓名");
	rq.fields = flight;
	rq.field_count = 1;
	assert_int_equal(decided(s->roads, &rq), HF_OK);
}

/* DS-26: what is given unasked is held against the same map. */
static void gifts_are_held_against_the_same_map(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = minimal(s, NULL, 2), id;
	struct hf_grant_offer_in in = gift(s, &entry);
	assert_int_equal(offer_as(s->roads, "pan", &in, &id), HF_E_CRITERION);
	assert_said("minimization");
	in.fields = (const char *const *)claims_fields;
	in.field_count = 2;
	MUST(offer_as(s->roads, "pan", &in, &id));
}

/* ---- DS-27 ---- */

/* DS-27: the undertaking is asked for by its name, and nobody accepts what nobody asked for. */
static void missing_undertaking_is_named_at_the_draft(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = conditional(s, NULL, "passed", 2), id;
	struct hf_application_in in = wish(&entry);
	const char *other[] = {"stays-inside", "pays-later"};
	assert_int_equal(draft_as(s->health, "wang", &in, &id), HF_E_CONDITION);
	assert_said("stays-inside");
	in.accepts = other;
	in.accept_count = 2;
	assert_int_equal(draft_as(s->health, "wang", &in, &id), HF_E_ARGUMENT);
	assert_said("pays-later");
	in.accepts = sealed_name;
	in.accept_count = 1;
	(void)finish(s, &in);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
}

/* DS-27: what the space descriptor has to say of the applicant is checked by the intake node, and named. */
static void missing_attribute_is_named_in_the_review(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = conditional(s, NULL, "passed twice", 1), id = submitted(s, &entry);
	assert_int_equal(compliance_as(s->hub, "chen", &id, "pass", NULL), HF_E_CRITERION);
	assert_said("condition:security-assessment");
	assert_said("passed twice");
}

/* DS-27: every use is checked against the conditions as they are then; the missing one is named. */
static void every_use_is_checked_against_the_conditions_of_today(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = conditional(s, NULL, "passed", 1), id = granted(s, &entry), waiting = forwarded(s, &entry);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	(void)id;
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	(void)conditional(s, &entry, "passed twice", 1);
	assert_int_equal(decided(s->roads, &rq), HF_E_CONDITION);
	assert_said("'security-assessment'");
	assert_int_equal(decide_as(s->roads, "zhou", &waiting, "T", NULL, 0), HF_E_CONDITION);
	assert_said("'security-assessment'");
	(void)conditional(s, &entry, "passed", 2); /* a new one, which the old agreement does not hold */
	assert_int_equal(decided(s->roads, &rq), HF_E_CONDITION);
	assert_said("'stays-inside'");
	(void)conditional(s, &entry, "passed", 1);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	MUST(decide_as(s->roads, "zhou", &waiting, "F", "closed", 0));
}

/* DS-27: a gift that would be denied at its first use is not offered. */
static void gifts_lift_no_condition(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = undertaking_entry(s), id;
	struct hf_grant_offer_in in = gift(s, &entry);
	assert_int_equal(offer_as(s->roads, "pan", &in, &id), HF_E_CRITERION);
	assert_said("condition:stays-inside");
	entry = conditional(s, NULL, "passed twice", 1);
	in = gift(s, &entry);
	assert_int_equal(offer_as(s->roads, "pan", &in, &id), HF_E_CRITERION);
	assert_said("condition:security-assessment");
	entry = conditional(s, NULL, "passed", 1);
	in = gift(s, &entry);
	MUST(offer_as(s->roads, "pan", &in, &id));
	MUST(give_as(s->roads, "zhou", &id, "T", NULL));
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
}

/* Not the provider's node alone: the consumer does not countersign undertakings that it did not accept. */
static void agreement_names_what_the_application_accepted(void **state)
{
	Hufu__Agreement g = HUFU__AGREEMENT__INIT;
	Hufu__Application app = HUFU__APPLICATION__INIT;
	struct hf_fault f;
	char *names[] = {(char *)"stays-inside"};
	uint8_t resource[16] = {1};
	(void)state;
	g.resource = app.resource = BIN(resource, 16);
	g.accepted = names;
	g.n_accepted = 1;
	assert_int_equal(az_terms_agreement(&g, &app, &f), HF_E_CONFLICT);
	assert_non_null(strstr(f.text, "undertakings"));
}

/* ---- rules ---- */

static const char policy[] =
        "policy:\n  name: roads\n  version: %u\n  attributes: standard\n"
        "hierarchies:\n  organizations:\n    space: []\n    health: space\n  regions:\n    CN: []\n  topics: {}\n"
        "rules:\n  - id: claims\n    mechanism: attribute\n    from: 2020-01-01\n    until: 2035-01-01\n    when:\n"
        "      resource.id: \"%s\"\n      subject.organization: {under: [space]}\n      system.name: desk\n";

static void rule_for(struct stage *s, const struct hf_id *entry)
{
	static unsigned version;
	char text[2048], id[HF_ID_TEXT];
	struct hf_policy_set set;
	COMMAND(c, s->roads, "zhou");
	hf_id_text(entry, id);
	snprintf(text, sizeof(text), policy, ++version, id);
	MUST(command_end(&c, hf_authz_policy_apply(s->roads->authz, &c.in, text, "agreed with health", &set)));
}

/* DS-26: a rule permits, and still gives only what the purpose needs. */
static void rules_are_cut_to_what_the_purpose_needs(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = minimal(s, NULL, 2);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	const char *name[] = {"姓名"};
	struct hf_decision d;
	rule_for(s, &entry);
	hf_authz_decide(s->roads->authz, &rq, &d);
	assert_int_equal(d.result, HF_OK);
	assert_string_equal(d.mechanism, "attribute");
	assert_int_equal(d.terms->n_fields, 2);
	hf_decision_done(&d);
	rq.fields = name;
	rq.field_count = 1;
	assert_int_equal(decided(s->roads, &rq), HF_E_WRONG_FIELDS);
	rq.purpose = "curiosity";
	assert_int_equal(decided(s->roads, &rq), HF_E_WRONG_PURPOSE);
	rq.purpose = "statistics";
	assert_int_equal(decided(s->roads, &rq), HF_OK);
}

/* DS-27: rules lift no condition: what the descriptor says counts, and an undertaking needs an application. */
static void rules_lift_no_condition(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = conditional(s, NULL, "passed", 1);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	rule_for(s, &entry);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	(void)conditional(s, &entry, "passed twice", 1);
	assert_int_equal(decided(s->roads, &rq), HF_E_CONDITION);
	assert_said("'security-assessment'");
	(void)conditional(s, &entry, "passed", 2);
	assert_int_equal(decided(s->roads, &rq), HF_E_CONDITION);
	assert_said("'stays-inside'");
}

/* AZ-16: whose policy it is signs alone; the privacy expert reviews each use of personal data, so no rule gives it.
 * Neither does one that was there before the entry, or a field of it, was found to be personal. */
static void rules_do_not_give_personal_data(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_access_request rq = asking(&s->personal, s->w->now_ms);
	rule_for(s, &s->personal);
	assert_int_equal(decided(s->roads, &rq), HF_E_MECHANISM);
	assert_said("personal");

	struct hf_id entry = minimal(s, NULL, 2);
	rq = asking(&entry, s->w->now_ms);
	rule_for(s, &entry);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	Hufu__Field name = HUFU__FIELD__INIT;
	name.name = (char *)"姓名";
	name.level = 1;
	name.personal = true;
	(void)publish(s->roads, &(struct offer){.title = "minimal", .intake = "hub", .id = entry, .field = &name});
	assert_int_equal(decided(s->roads, &rq), HF_E_MECHANISM);
	rq.fields = (const char *const *)claims_fields; /* not even what is not personal of it */
	rq.field_count = 1;
	assert_int_equal(decided(s->roads, &rq), HF_E_MECHANISM);
	assert_said("hufu apply");
}

static int conditions_up(void **state)
{
	int e = stage_up(state);
	struct stage *s = *state;
	hire(s->roads, "pan", "publisher", "", "HR-3002");
	return e;
}

static void assess(struct sb_space *sb)
{
	static Hufu__Attribute passed = HUFU__ATTRIBUTE__INIT, *list[] = {&passed};
	passed.name = (char *)"assessment";
	passed.value = (char *)"passed";
	sb->member[SB_HEALTH].attributes = list;
	sb->member[SB_HEALTH].n_attributes = 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(all_fields_are_cut_to_what_the_purpose_needs),
	        cmocka_unit_test(fields_beyond_the_need_are_refused),
	        cmocka_unit_test(later_statement_is_held_against_what_is_under_way),
	        cmocka_unit_test(old_grants_give_no_more_than_is_needed_now),
	        cmocka_unit_test(gifts_are_held_against_the_same_map),
	        cmocka_unit_test(missing_undertaking_is_named_at_the_draft),
	        cmocka_unit_test(missing_attribute_is_named_in_the_review),
	        cmocka_unit_test(every_use_is_checked_against_the_conditions_of_today),
	        cmocka_unit_test(gifts_lift_no_condition),
	        cmocka_unit_test(agreement_names_what_the_application_accepted),
	        cmocka_unit_test(rules_are_cut_to_what_the_purpose_needs),
	        cmocka_unit_test(rules_lift_no_condition),
	        cmocka_unit_test(rules_do_not_give_personal_data),
	};
	stage_shape = assess;
	return cmocka_run_group_tests(tests, conditions_up, stage_down);
}
