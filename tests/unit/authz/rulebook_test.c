/* The decision point on a policy: attribute rules, holds, allowed mechanisms, and its faults. */
#include "authz/rulebook.h"
#include "authz/uses.h"
#include "unit/authz/cast.h"

static const char head[] = "policy:\n  name: roads\n  version: %u\n  attributes: standard\n"
                           "hierarchies:\n  organizations:\n    space: []\n    health: space\n    hub: space\n"
                           "  regions:\n    CN: []\n  topics: {}\n";

static char *policy_text(unsigned version, const char *rules)
{
	static char text[8192];
	int n = snprintf(text, sizeof(text), head, version);
	snprintf(text + n, sizeof(text) - (size_t)n, "rules:%s%s", *rules ? "\n" : " []\n", rules);
	return text;
}

static unsigned next_version = 1;

static enum hf_err apply_as(struct node *n, const char *who, const char *text)
{
	struct hf_policy_set set;
	COMMAND(c, n, who);
	return command_end(&c, hf_authz_policy_apply(n->authz, &c.in, text, "agreed with health", &set));
}

static void apply(struct stage *s, const char *rules)
{
	MUST(apply_as(s->roads, "zhou", policy_text(next_version++, rules)));
}

static enum hf_err hold_as(struct node *n, const char *who, const char *kind, const char *target, struct hf_id *ret)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_authz_hold(n->authz, &c.in, kind, target, "misuse is looked into", ret));
}

static enum hf_err unhold_as(struct node *n, const char *who, const struct hf_id *id)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_authz_unhold(n->authz, &c.in, id, "it was a mistake"));
}

static enum hf_err allow_as(struct node *n, const char *who, const struct hf_id *entry, const char *const *list,
                            size_t count)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_authz_mechanisms(n->authz, &c.in, entry, list, count));
}

static struct hf_id entry_of(struct stage *s)
{
	return publish(s->roads, &(struct offer){.title = "by rule", .intake = "hub"});
}

static const char *rule_for(const struct hf_id *entry, const char *more)
{
	static char text[2048];
	char id[HF_ID_TEXT];
	hf_id_text(entry, id);
	snprintf(text, sizeof(text),
	         "  - id: claims\n    mechanism: attribute\n    from: 2020-01-01\n    until: 2035-01-01\n    when:\n"
	         "      resource.id: \"%s\"\n      subject.organization: {under: [space]}\n"
	         "      system.name: desk\n      context.purpose: claims-check\n%s",
	         id, more);
	return text;
}

static const char *mechanism_of(struct stage *s, const struct hf_access_request *rq)
{
	static char name[32];
	struct hf_decision d;
	hf_authz_decide(s->roads->authz, rq, &d);
	snprintf(name, sizeof(name), "%s", d.mechanism);
	snprintf(last_fault, sizeof(last_fault), "%s", d.text);
	hf_decision_done(&d);
	return name;
}

/* AZ-61: who is covered by a rule needs no application. AZ-62: who is not is told to file one. */
static void rule_permits_without_an_application_and_its_miss_proposes_one(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_decision d;
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	apply(s, rule_for(&entry, ""));
	hf_authz_decide(s->roads->authz, &rq, &d);
	assert_int_equal(d.result, HF_OK);
	assert_string_equal(d.mechanism, "attribute");
	assert_string_equal(d.rule, "claims");
	assert_int_equal(d.terms->n_fields, 3);
	assert_false(hf_id_is_zero((struct hf_id *)(void *)d.snapshot.b));
	hf_decision_done(&d);
	rq.system = "archive";
	hf_authz_decide(s->roads->authz, &rq, &d);
	assert_int_equal(d.result, HF_E_NO_GRANT);
	assert_non_null(strstr(d.text, "hufu apply"));
	assert_true(d.may_apply);
	hf_decision_done(&d);
}

/* AZ-70, AZ-71: all 2³ combinations of the three mechanisms; the record names the first that matches. */
static void first_matching_mechanism_decides_in_all_combinations(void **state)
{
	struct stage *s = stage_of(state);
	for (unsigned m = 0; m < 8; m++) {
		struct hf_id entry = entry_of(s), id;
		struct hf_access_request rq = asking(&entry, s->w->now_ms);
		struct hf_grant_offer_in in = gift(s, &entry);
		if (m & 1)
			(void)granted(s, &entry);
		apply(s, (m & 2) ? rule_for(&entry, "") : "");
		if (m & 4) {
			MUST(offer_as(s->roads, "pan", &in, &id));
			MUST(give_as(s->roads, "zhou", &id, "T", NULL));
			Hufu__GrantRow *row = NULL;
			struct hf_unit *u = hf_unit_new();
			assert_int_equal(az_grant_get(s->roads->authz, &id, &row), HF_OK);
			row->mechanism = (char *)"emergency";
			row->until_ms = row->from_ms + DAY;
			az_grant_put(s->roads->authz, u, row);
			submit_wait(s->roads, u);
			hf_authz_close(s->roads->authz);
			node_open_authz(s->roads);
			hf_decoded_free(row);
		}
		assert_string_equal(mechanism_of(s, &rq), m & 4   ? "emergency"
		                                          : m & 2 ? "attribute"
		                                          : m & 1 ? "application"
		                                                  : "");
	}
}

/* AZ-46: outside its period a rule does not match. AZ-50: all conditions of a rule, any rule of a policy. */
static void rule_outside_its_period_or_with_one_wrong_condition_does_not_match(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	apply(s, rule_for(&entry, "      system.address: {within: [10.1.0.0/16]}\n"));
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	rq.system_address = "10.2.0.5"; /* AZ-45 */
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	rq.system_address = NULL;
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	rq = asking(&entry, s->w->now_ms);
	rq.now_ms = INT64_C(2051222400000); /* 2035-01-01 */
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
}

/* AZ-73: what a rule demands comes with the permit; what cannot be fulfilled denies. */
static void obligations_of_a_rule_are_terms_or_a_denial(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_decision d;
	const char *other[] = {"arrival"};
	apply(s, rule_for(&entry, "    obligations:\n      - fields: [flight]\n"));
	hf_authz_decide(s->roads->authz, &rq, &d);
	assert_int_equal(d.result, HF_OK);
	assert_int_equal(d.terms->n_fields, 1);
	assert_string_equal(d.terms->fields[0], "flight");
	hf_decision_done(&d);
	rq.fields = other;
	rq.field_count = 1;
	assert_int_equal(decided(s->roads, &rq), HF_E_WRONG_FIELDS);
	rq.field_count = 0;
	apply(s, rule_for(&entry, "    obligations:\n      - watermark: mark\n"));
	assert_int_equal(decided(s->roads, &rq), HF_E_OBLIGATION);
	assert_non_null(strstr(last_fault, "watermark:mark"));
}

static bool has_obligation(const Hufu__Agreement *terms, const char *name)
{
	size_t found = 0;
	for (size_t i = 0; i < terms->n_obligations; i++)
		found += strcmp(terms->obligations[i], name) == 0;
	assert_true(found <= 1);
	return found == 1;
}

/* What the gate does with a permit. */
static void use_up_one(struct stage *s, const struct hf_access_request *rq)
{
	struct hf_decision d;
	struct hf_unit *u = hf_unit_new();
	hf_authz_decide(s->roads->authz, rq, &d);
	assert_int_equal(d.result, HF_OK);
	const struct hf_use use = {.resource = rq->resource,
	                           .counted = d.counted,
	                           .of_entry = d.of_entry,
	                           .rule = d.rule,
	                           .transfer = hf_id_new(s->w->now_ms),
	                           .peer = "health",
	                           .system = "desk",
	                           .purpose = "claims-check",
	                           .provider = true};
	hf_authz_use_reserve(s->roads->authz, u, &use);
	submit_wait(s->roads, u);
	hf_decision_done(&d);
}

/* AZ-73, SB-26: a rule lifts no duty of the entry; it adds its own. */
static void duties_of_the_entry_come_with_every_rule(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id once = publish(s->roads, &(struct offer){.title = "used once", .intake = "hub", .duty = "uses:1"});
	struct hf_access_request rq = asking(&once, s->w->now_ms);
	struct hf_decision d;
	apply(s, rule_for(&once, "    obligations:\n      - report-use\n      - uses: 5\n"));
	hf_authz_decide(s->roads->authz, &rq, &d);
	assert_int_equal(d.result, HF_OK);
	assert_true(has_obligation(d.terms, "uses:1"));
	assert_true(has_obligation(d.terms, "uses:5"));
	assert_true(has_obligation(d.terms, "report-use"));
	assert_true(has_obligation(d.terms, "receipt"));
	hf_decision_done(&d);
	use_up_one(s, &rq);
	assert_int_equal(decided(s->roads, &rq), HF_E_QUOTA);

	struct hf_id same =
	        publish(s->roads, &(struct offer){.title = "told twice", .intake = "hub", .duty = "report-use"});
	rq = asking(&same, s->w->now_ms);
	apply(s, rule_for(&same, "    obligations:\n      - report-use\n"));
	hf_authz_decide(s->roads->authz, &rq, &d);
	assert_int_equal(d.result, HF_OK);
	assert_true(has_obligation(d.terms, "report-use"));
	hf_decision_done(&d);

	struct hf_id odd = publish(s->roads, &(struct offer){.title = "odd", .intake = "hub", .duty = "burn"});
	rq = asking(&odd, s->w->now_ms);
	apply(s, rule_for(&odd, ""));
	assert_int_equal(decided(s->roads, &rq), HF_E_OBLIGATION);
	assert_non_null(strstr(last_fault, "'burn'"));
}

/* Two rules that hold for the same request: early, then late. */
static void apply_two(struct stage *s, const struct hf_id *entry, const char *of_early, const char *of_late)
{
	static const char form[] = "  - id: %s\n    mechanism: attribute\n    from: 2020-01-01\n    until: 2035-01-01\n"
	                           "    when:\n      resource.id: \"%s\"\n      system.name: desk\n%s";
	char rules[2048], id[HF_ID_TEXT];
	hf_id_text(entry, id);
	int n = snprintf(rules, sizeof(rules), form, "early", id, of_early);
	snprintf(rules + n, sizeof(rules) - (size_t)n, form, "late", id, of_late);
	apply(s, rules);
}

static const char *rule_of(struct stage *s, const struct hf_access_request *rq)
{
	static char name[128];
	struct hf_decision d;
	hf_authz_decide(s->roads->authz, rq, &d);
	snprintf(name, sizeof(name), "%s", d.rule);
	snprintf(last_fault, sizeof(last_fault), "%s", d.text);
	hf_decision_done(&d);
	return name;
}

/* AZ-50: one rule that does is enough: one before it whose fields or uses do not reach is no denial (AZ-71). The first
 * explains when none does. */
static void rule_that_does_not_reach_lets_the_next_one_be_asked(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s), hold;
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	const char *arrival[] = {"arrival"}, *none[] = {"moon"};
	apply_two(s, &entry, "    obligations:\n      - fields: [flight]\n", "");
	assert_string_equal(rule_of(s, &rq), "early");
	rq.fields = arrival;
	rq.field_count = 1;
	assert_string_equal(rule_of(s, &rq), "late");
	rq.fields = none;
	assert_string_equal(rule_of(s, &rq), "");
	assert_int_equal(decided(s->roads, &rq), HF_E_WRONG_FIELDS);
	rq.fields = NULL;
	rq.field_count = 0;
	apply_two(s, &entry, "    obligations:\n      - uses: 1\n", "    obligations:\n      - uses: 2\n");
	use_up_one(s, &rq);
	assert_string_equal(rule_of(s, &rq), "late");
	MUST(hold_as(s->roads, "zhou", "organization", "health", &hold));
	assert_int_equal(decided(s->roads, &rq), HF_E_HELD);
	MUST(unhold_as(s->roads, "zhou", &hold));
	use_up_one(s, &rq);
	use_up_one(s, &rq);
	assert_int_equal(decided(s->roads, &rq), HF_E_QUOTA);
	assert_non_null(strstr(last_fault, "'early'"));
	(void)granted(s, &entry);
	assert_string_equal(mechanism_of(s, &rq), "application");
}

/* A hold is asked before every mechanism; lifted, all is as before. */
static void hold_suspends_whatever_mechanism_permits(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s), id = granted(s, &entry), grant = grant_at(s->roads, &id), hold, again;
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_fault f = {HF_OK, ""};
	char resource[HF_ID_TEXT], grant_text[HF_ID_TEXT];
	hf_id_text(&entry, resource);
	hf_id_text(&grant, grant_text);
	apply(s, "");
	const struct {
		const char *kind, *target;
	} rows[] = {
	        {"organization", "health"}, {"system", "health/desk"}, {"resource", resource}, {"grant", grant_text}};
	struct hf_grant_view v;
	assert_int_equal(hf_authz_grant(s->roads->authz, &grant, &v), HF_OK);
	for (size_t i = 0; i < 4; i++) {
		uint64_t before = hf_authz_changes(s->roads->authz);
		assert_int_equal(decided(s->roads, &rq), HF_OK);
		MUST(hold_as(s->roads, "zhou", rows[i].kind, rows[i].target, &hold));
		assert_int_equal(decided(s->roads, &rq), HF_E_HELD);
		assert_non_null(strstr(last_fault, "misuse is looked into"));
		assert_int_equal(hf_authz_check_generation(s->roads->authz, &grant, v.generation, rq.now_ms, &f),
		                 HF_E_HELD); /* a transfer in flight */
		assert_true(hf_authz_changes(s->roads->authz) > before);
		assert_int_equal(hold_as(s->roads, "zhou", rows[i].kind, rows[i].target, &again), HF_E_EXISTS);
		hf_authz_close(s->roads->authz);
		node_open_authz(s->roads);
		assert_int_equal(decided(s->roads, &rq), HF_E_HELD);
		MUST(unhold_as(s->roads, "zhou", &hold));
		assert_int_equal(unhold_as(s->roads, "zhou", &hold), HF_E_STATE);
	}
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	apply(s, rule_for(&entry, ""));
	MUST(hold_as(s->roads, "zhou", "grant", grant_text, &hold)); /* the rule still permits */
	assert_string_equal(mechanism_of(s, &rq), "attribute");
	MUST(unhold_as(s->roads, "zhou", &hold));
	MUST(hold_as(s->roads, "zhou", "organization", "health", &hold));
	assert_int_equal(decided(s->roads, &rq), HF_E_HELD);
	MUST(unhold_as(s->roads, "zhou", &hold));
}

static void hold_of_nothing_is_refused(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id id;
	assert_int_equal(hold_as(s->roads, "zhou", "grant", "zz", &id), HF_E_ARGUMENT);
	assert_int_equal(hold_as(s->roads, "zhou", "galaxy", "health", &id), HF_E_ARGUMENT);
	assert_int_equal(hold_as(s->roads, "zhou", "organization", "nobody", &id), HF_E_UNKNOWN);
	assert_int_equal(hold_as(s->roads, "zhou", "system", "health", &id), HF_E_ARGUMENT);
	assert_int_equal(hold_as(s->roads, "zhou", "resource", "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10", &id),
	                 HF_E_UNKNOWN);
	assert_int_equal(hold_as(s->roads, "pan", "organization", "health", &id), HF_E_PERMISSION);
}

/* AZ-75: what a resource allows is enforced. AZ-66: the consumer's choice is checked and meant. */
static void mechanisms_are_chosen_and_allowed(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	const char *rules[] = {"attribute"}, *applications[] = {"application", "emergency"}, *wrong[] = {"luck"};
	(void)granted(s, &entry);
	apply(s, rule_for(&entry, ""));
	assert_string_equal(mechanism_of(s, &rq), "attribute");
	rq.mechanism = "application";
	assert_string_equal(mechanism_of(s, &rq), "application");
	rq.mechanism = "emergency";
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
	rq.mechanism = "luck";
	assert_int_equal(decided(s->roads, &rq), HF_E_MECHANISM);
	rq.mechanism = NULL;
	MUST(allow_as(s->roads, "zhou", &entry, applications, 2));
	assert_string_equal(mechanism_of(s, &rq), "application");
	MUST(allow_as(s->roads, "zhou", &entry, rules, 1));
	assert_string_equal(mechanism_of(s, &rq), "attribute");
	apply(s, "");
	assert_int_equal(decided(s->roads, &rq), HF_E_MECHANISM);
	assert_int_equal(allow_as(s->roads, "zhou", &entry, wrong, 1), HF_E_ARGUMENT);
}

/* AZ-47, AZ-69: what is not understood is refused whole, and the policy in force stays. */
static void faulty_policy_is_refused_and_the_old_one_stays(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	char *text;
	apply(s, rule_for(&entry, ""));
	const char *const bad[] = {
	        "  - id: a\n    mechanism: attribute\n    from: 2020-01-01\n    until: 2035-01-01\n    when:\n      "
	        "moon.phase: full\n",
	        "  - id: a\n    mechanism: emergency\n    from: 2020-01-01\n    until: 2035-01-01\n    when:\n      "
	        "system.name: desk\n",
	        "  - id: \"grant:1\"\n    mechanism: attribute\n    from: 2020-01-01\n    until: 2035-01-01\n    "
	        "when:\n      system.name: desk\n",
	        "  - id: a\n    mechanism: attribute\n    when:\n      system.name: desk\n",
	        "  - id: a\n    mechanism: attribute\n    from: 2020-01-01\n    until: 2035-01-01\n    when:\n      "
	        "system.name: desk\n    obligations:\n      - dance\n",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_not_equal(apply_as(s->roads, "zhou", policy_text(next_version, bad[i])), HF_OK);
		assert_int_equal(decided(s->roads, &rq), HF_OK);
	}
	text = policy_text(next_version - 1, "");
	assert_int_equal(apply_as(s->roads, "zhou", text), HF_E_CONFLICT);
	assert_int_equal(apply_as(s->roads, "pan", policy_text(next_version, "")), HF_E_PERMISSION);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
}

static void decision_point_without_rules_denies_with_its_own_reason(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	(void)granted(s, &entry);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	struct hf_policy *kept = s->roads->authz->policy.now;
	s->roads->authz->policy.now = NULL;
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_POLICY);
	s->roads->authz->policy.now = kept;
	assert_int_equal(decided(s->roads, &rq), HF_OK);
}

/* AZ-69: a permit that cannot become a rule is none; a suspension that cannot must not be forgotten. */
static void hold_that_cannot_become_a_rule_permits_nothing(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_authz *z = s->roads->authz;
	struct hf_id entry = entry_of(s);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_rule unusable = {.id = "", .mechanism = HF_MECHANISM_ATTRIBUTE};
	(void)granted(s, &entry);
	struct hf_policy *kept = hf_policy_merge(z->policy.now);
	az_policy_change(z, NULL, &unusable);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	unusable.mechanism = HF_MECHANISM_HOLD;
	az_policy_change(z, NULL, &unusable);
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_POLICY);
	z->policy.now = kept;
	assert_int_equal(decided(s->roads, &rq), HF_OK);
}

/* AZ-69: rules by which nobody can be decided are told once for each state of them, and replaced like any other. */
static void rules_that_fail_are_told_once_and_can_be_replaced(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	apply(s, rule_for(&entry, ""));
	struct hf_policy *kept = s->roads->authz->policy.now;
	unsigned before = s->roads->alarms;
	s->roads->authz->policy.now = NULL;
	for (int i = 0; i < 3; i++)
		assert_int_equal(decided(s->roads, &rq), HF_E_NO_POLICY);
	assert_int_equal(s->roads->alarms, before + 1);
	hf_policy_free(kept);
	apply(s, rule_for(&entry, ""));
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	kept = s->roads->authz->policy.now;
	s->roads->authz->policy.now = NULL;
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_POLICY);
	assert_int_equal(s->roads->alarms, before + 2); /* other rules, another alarm */
	s->roads->authz->policy.now = kept;
}

static size_t policies;
static bool count_policy(void *ctx, const Hufu__PolicyRow *row)
{
	(void)ctx;
	policies += row->statement.len > 0 && row->text.len > 0;
	return true;
}

/* Every version stays readable, and the newest is in force after a restart. */
static void versions_stay_readable_and_the_newest_survives_a_restart(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	Hufu__PolicyRow *row = NULL;
	policies = 0;
	assert_int_equal(hf_authz_policies(s->roads->authz, count_policy, NULL), HF_OK);
	size_t before = policies;
	apply(s, "");
	apply(s, rule_for(&entry, ""));
	policies = 0;
	assert_int_equal(hf_authz_policies(s->roads->authz, count_policy, NULL), HF_OK);
	assert_int_equal(policies, before + 2);
	hf_authz_close(s->roads->authz);
	node_open_authz(s->roads);
	assert_string_equal(mechanism_of(s, &rq), "attribute");
	assert_int_equal(hf_authz_policy(s->roads->authz, 0, &row), HF_OK);
	assert_int_equal(row->version, next_version - 1);
	hf_decoded_free(row);
	assert_int_equal(hf_authz_policy(s->roads->authz, 100000, &row), HF_E_UNKNOWN);
}

/* AZ-48: what the requester says of itself counts for nothing. */
static void self_declared_role_does_not_count(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	const char *roles[] = {"fetch"};
	apply(s, rule_for(&entry, "      subject.role: fetch\n"));
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	rq.roles = roles; /* of the certificate, which the gate has verified */
	rq.role_count = 1;
	assert_int_equal(decided(s->roads, &rq), HF_OK);
}

static int rulebook_up(void **state)
{
	(void)stage_up(state);
	struct stage *s = *state;
	hire(s->roads, "pan", "publisher", "", "HR-3002");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(rule_permits_without_an_application_and_its_miss_proposes_one),
	        cmocka_unit_test(first_matching_mechanism_decides_in_all_combinations),
	        cmocka_unit_test(rule_outside_its_period_or_with_one_wrong_condition_does_not_match),
	        cmocka_unit_test(obligations_of_a_rule_are_terms_or_a_denial),
	        cmocka_unit_test(duties_of_the_entry_come_with_every_rule),
	        cmocka_unit_test(rule_that_does_not_reach_lets_the_next_one_be_asked),
	        cmocka_unit_test(hold_suspends_whatever_mechanism_permits),
	        cmocka_unit_test(hold_of_nothing_is_refused),
	        cmocka_unit_test(mechanisms_are_chosen_and_allowed),
	        cmocka_unit_test(faulty_policy_is_refused_and_the_old_one_stays),
	        cmocka_unit_test(decision_point_without_rules_denies_with_its_own_reason),
	        cmocka_unit_test(hold_that_cannot_become_a_rule_permits_nothing),
	        cmocka_unit_test(rules_that_fail_are_told_once_and_can_be_replaced),
	        cmocka_unit_test(versions_stay_readable_and_the_newest_survives_a_restart),
	        cmocka_unit_test(self_declared_role_does_not_count),
	};
	return cmocka_run_group_tests(tests, rulebook_up, stage_down);
}
