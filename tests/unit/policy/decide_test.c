/*
 * decide_test.c - the decision: order of mechanisms, the five questions, issuers, periods, hierarchies, faults.
 */
#include "unit/policy/kit.h"

#include "policy/prepared.h"

static struct kit k;
static struct kit_request q;

static int setup(void **state)
{
	(void)state;
	kit_open(&k);
	kit_ask(&k, &q);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kit_close(&k);
	return 0;
}

static struct kit_rule *for_everything(const char *id, enum hf_mechanism m)
{
	struct kit_rule *r = kit_rule(&k, id, m);
	kit_when(&k, r, "resource.id", HF_OP_EQUALS, "toll-records");
	kit_when(&k, r, "subject.organization", HF_OP_UNDER, "transport");
	return r;
}

/* AZ-6: with no rule at all, and with no policy at all, nothing is permitted. */
static void test_default_is_deny(void **state)
{
	(void)state;
	assert_denied(&k, &q, "no-snapshot");
	kit_load(&k, NULL);
	assert_denied(&k, &q, "no-rule");
}

/* AZ-1: legitimate user, right time, right manner, right data, right operation; wrong in one of them is denied. */
static void test_five_questions(void **state)
{
	(void)state;
	struct kit_rule *r = kit_rule(&k, "whole", HF_MECHANISM_ATTRIBUTE);
	kit_when(&k, r, "subject.role", HF_OP_EQUALS, "clerk");
	struct hf_operand *o = kit_when(&k, r, "system.address", HF_OP_WITHIN, NULL);
	assert_true(hf_prefix_parse("10.1.0.0/16", &o->address, &o->bits));
	kit_when(&k, r, "resource.id", HF_OP_EQUALS, "toll-records");
	kit_when(&k, r, "context.action", HF_OP_EQUALS, "read");
	r->rule.until_ms = KIT_NOW + 1;
	kit_load(&k, r, NULL);
	assert_permitted(&k, &q, "whole");

	kit_give(&k, &q, "subject.role", "guest");
	assert_denied(&k, &q, "no-rule");
	kit_ask(&k, &q);
	q.rq.now_ms = KIT_NOW + 1;
	assert_denied(&k, &q, "expired");
	kit_ask(&k, &q);
	kit_address(&k, &q, "system.address", "10.2.2.3");
	assert_denied(&k, &q, "no-rule");
	kit_ask(&k, &q);
	kit_give(&k, &q, "resource.id", "toll-records-2");
	assert_denied(&k, &q, "no-rule");
	kit_ask(&k, &q);
	kit_give(&k, &q, "context.action", "delete");
	assert_denied(&k, &q, "no-rule");
}

/* AZ-50: the next of several rules that match is the answer when the first is left out; a hold never is. */
static void test_skipped_rules_are_not_the_answer(void **state)
{
	(void)state;
	const char *skip[] = {"b", "a", "other", "stop"};
	kit_load(&k, for_everything("a", HF_MECHANISM_ATTRIBUTE), for_everything("b", HF_MECHANISM_ATTRIBUTE),
	         for_everything("c", HF_MECHANISM_APPLICATION), NULL);
	q.rq.skip = skip;
	assert_permitted(&k, &q, "a");
	q.rq.skip_count = 1;
	assert_permitted(&k, &q, "a");
	q.rq.skip_count = 2;
	assert_permitted(&k, &q, "c");
	skip[2] = "c";
	q.rq.skip_count = 4;
	assert_denied(&k, &q, "no-rule");
	kit_load(&k, for_everything("a", HF_MECHANISM_ATTRIBUTE), for_everything("stop", HF_MECHANISM_HOLD), NULL);
	q.rq.skip_count = 4;
	assert_denied(&k, &q, "held");
}

/* AZ-70: all 2^3 combinations of the three mechanisms, each without and with a hold; the first of them decides. */
static void test_every_combination_of_mechanisms(void **state)
{
	(void)state;
	static const char *const names[] = {"hold", "emergency", "attribute", "application"};
	for (unsigned set = 0; set < 16; set++) {
		struct hf_policy_builder *b = hf_policy_builder_new(k.schema, k.trees);
		unsigned first = 4;
		for (unsigned m = 4; m-- > 0;)
			if (set & 1u << m) {
				struct kit_rule *r = for_everything(names[m], (enum hf_mechanism)(m + 1));
				assert_int_equal(hf_policy_builder_add(b, &r->rule, NULL), HF_OK);
				first = m;
			}
		hf_policy_free(k.policy);
		assert_int_equal(hf_policy_builder_finish(b, 1, &k.policy, NULL), HF_OK);
		hf_policy_builder_free(b);
		struct hf_policy_decision d = kit_decide(&k, &q);
		assert_int_equal(d.permit, first > 0 && first < 4);
		assert_int_equal(d.mechanism, first == 4 ? 0 : first + 1);
		assert_string_equal(d.rule, first == 4 ? "" : names[first]);
		assert_string_equal(hf_policy_reason_name(d.reason), first == 4   ? "no-rule"
		                                                     : first == 0 ? "held"
		                                                                  : "permitted");
	}
}

/* AZ-71: an expired emergency grant and a valid application: permitted by the application. */
static void test_a_mechanism_that_does_not_match_falls_through(void **state)
{
	(void)state;
	struct kit_rule *e = for_everything("flood", HF_MECHANISM_EMERGENCY);
	e->rule.until_ms = KIT_NOW;
	kit_load(&k, e, for_everything("grant", HF_MECHANISM_APPLICATION), NULL);
	assert_permitted(&k, &q, "grant");
}

/* AZ-75: what the resource does not allow is not used; the next allowed one is. A hold always counts. */
static void test_mechanisms_that_a_resource_allows(void **state)
{
	(void)state;
	kit_load(&k, for_everything("scenario", HF_MECHANISM_ATTRIBUTE),
	         for_everything("grant", HF_MECHANISM_APPLICATION), NULL);
	assert_permitted(&k, &q, "scenario");
	q.rq.mechanisms = HF_MECHANISM_BIT(HF_MECHANISM_APPLICATION);
	assert_permitted(&k, &q, "grant");
	q.rq.mechanisms = HF_MECHANISM_BIT(HF_MECHANISM_EMERGENCY);
	assert_denied(&k, &q, "mechanism-not-allowed");
	q.rq.mechanisms = 0;
	assert_denied(&k, &q, "mechanism-not-allowed");
	kit_load(&k, for_everything("scenario", HF_MECHANISM_ATTRIBUTE), for_everything("stop", HF_MECHANISM_HOLD),
	         NULL);
	assert_denied(&k, &q, "held");
}

/* AZ-46, AZ-31: a rule decides from its beginning to before its end. */
static void test_period_of_a_rule(void **state)
{
	(void)state;
	struct kit_rule *r = for_everything("month", HF_MECHANISM_ATTRIBUTE);
	r->rule.from_ms = 500;
	r->rule.until_ms = 1500;
	kit_load(&k, r, NULL);
	q.rq.now_ms = 499;
	assert_denied(&k, &q, "not-yet");
	q.rq.now_ms = 500;
	assert_permitted(&k, &q, "month");
	q.rq.now_ms = 1499;
	assert_permitted(&k, &q, "month");
	q.rq.now_ms = 1500;
	assert_denied(&k, &q, "expired");
}

/* AZ-47: at run time, an attribute that is not declared denies; so does a value of another type or outside its set. */
static void test_undeclared_attributes_and_values(void **state)
{
	(void)state;
	kit_load(&k, for_everything("all", HF_MECHANISM_ATTRIBUTE), NULL);
	q.values[q.rq.count++] = (struct hf_attr_value){.attr = 0, .type = HF_ATTR_TEXT, .u.text = "x", .len = 1};
	assert_denied(&k, &q, "unknown-attribute");
	q.values[q.rq.count - 1].attr = (uint16_t)(hf_schema_count(k.schema) + 1);
	assert_denied(&k, &q, "unknown-attribute");
	assert_int_equal(kit_decide(&k, &q).attr, hf_schema_count(k.schema) + 1);
	kit_ask(&k, &q);
	kit_value(&k, &q, "resource.level")->type = HF_ATTR_TEXT;
	assert_denied(&k, &q, "bad-value");
	kit_ask(&k, &q);
	kit_give(&k, &q, "resource.personal", "perhaps");
	assert_denied(&k, &q, "bad-value");
	kit_give(&k, &q, "resource.personal", "no");
	assert_permitted(&k, &q, "all");
	q.values[q.rq.count] = q.values[0]; /* a second organization */
	q.rq.count++;
	assert_denied(&k, &q, "bad-value");
	q.rq.count = HF_REQUEST_VALUES_MAX + 1;
	assert_denied(&k, &q, "too-large");
}

/* AZ-48: what another than the declared issuer says is as if it had not been said, and the decision tells so. */
static void test_attributes_count_only_from_their_issuer(void **state)
{
	(void)state;
	struct kit_rule *r = for_everything("clerks", HF_MECHANISM_ATTRIBUTE);
	kit_when(&k, r, "subject.role", HF_OP_EQUALS, "clerk");
	kit_load(&k, r, NULL);
	assert_permitted(&k, &q, "clerks");
	kit_value(&k, &q, "subject.role");
	kit_give(&k, &q, "subject.role", "clerk");
	struct hf_attr_value *role = &q.values[2];
	assert_int_equal(role->attr, kit_attr(&k, "subject.role"));
	role->issuer = 0;
	assert_denied(&k, &q, "no-rule");
	assert_true(kit_decide(&k, &q).ignored == UINT64_C(1) << role->attr);
	role->issuer = (uint16_t)hf_schema_issuer(k.schema, "gate");
	assert_denied(&k, &q, "no-rule");
	role->issuer = UINT16_MAX;
	assert_denied(&k, &q, "no-rule");
	role->issuer = (uint16_t)hf_schema_issuer(k.schema, "organization");
	assert_permitted(&k, &q, "clerks");
	assert_int_equal(kit_decide(&k, &q).ignored, 0);
}

/* AZ-43, AZ-44, AZ-45: each attribute that the paper names matches and mismatches. */
static void test_attributes_of_the_paper(void **state)
{
	(void)state;
	static const struct {
		const char *attr, *match;
	} list[] = {
	        {"resource.url", "hufu://transport/toll-records"},
	        {"resource.address", "db-7"},
	        {"resource.type", "table"},
	        {"resource.topic", "plates"},
	        {"subject.organization", "bridges"},
	        {"subject.identity", "zhang"},
	        {"subject.role", "clerk"},
	        {"system.name", "desk"},
	        {"system.business", "inspection"},
	};
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct kit_rule *r = kit_rule(&k, "one", HF_MECHANISM_ATTRIBUTE);
		kit_when(&k, r, list[i].attr, HF_OP_EQUALS, list[i].match);
		kit_load(&k, r, NULL);
		kit_ask(&k, &q);
		assert_permitted(&k, &q, "one");
		kit_give(&k, &q, list[i].attr, "another");
		assert_denied(&k, &q, "no-rule");
	}
	struct kit_rule *r = kit_rule(&k, "address", HF_MECHANISM_ATTRIBUTE);
	kit_when(&k, r, "system.address", HF_OP_EQUALS, NULL);
	assert_true(hf_address_parse("10.1.2.3", &r->operands[0].address));
	kit_load(&k, r, NULL);
	kit_ask(&k, &q);
	assert_permitted(&k, &q, "address");
	kit_address(&k, &q, "system.address", "10.1.2.4");
	assert_denied(&k, &q, "no-rule");
}

/* AZ-49, AZ-50: two rules of two conditions each, the whole truth table: permitted where one rule is met as a whole. */
static void test_truth_table(void **state)
{
	(void)state;
	static const char *const attrs[] = {"subject.role", "system.business", "resource.type", "context.purpose"};
	struct kit_rule *a = kit_rule(&k, "a", HF_MECHANISM_ATTRIBUTE), *b = kit_rule(&k, "b", HF_MECHANISM_ATTRIBUTE);
	kit_when(&k, a, attrs[0], HF_OP_EQUALS, "yes");
	kit_when(&k, a, attrs[1], HF_OP_EQUALS, "yes");
	kit_when(&k, b, attrs[2], HF_OP_EQUALS, "yes");
	kit_when(&k, b, attrs[3], HF_OP_EQUALS, "yes");
	kit_load(&k, a, b, NULL);
	for (unsigned bits = 0; bits < 16; bits++) {
		bool first = (bits & 3) == 3, second = (bits & 12) == 12;
		kit_ask(&k, &q);
		for (unsigned i = 0; i < 4; i++)
			kit_give(&k, &q, attrs[i], bits & 1u << i ? "yes" : "no");
		struct hf_policy_decision d = kit_decide(&k, &q);
		assert_int_equal(d.permit, first || second);
		assert_string_equal(d.rule, first ? "a" : second ? "b" : "");
	}
}

/* DS-14: a rule for a part of the organization matches exactly that subtree. */
static void test_subtree_of_organizations(void **state)
{
	(void)state;
	static const char *const inside[] = {"transport", "roads", "bridges", "rail"};
	static const char *const outside[] = {"province", "health", "clinics", "neighbour", "far-office", "transports"};
	struct kit_rule *r = kit_rule(&k, "transport", HF_MECHANISM_ATTRIBUTE);
	kit_when(&k, r, "subject.organization", HF_OP_UNDER, "transport");
	kit_load(&k, r, NULL);
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
		kit_give(&k, &q, "subject.organization", inside[i]);
		assert_permitted(&k, &q, "transport");
	}
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		kit_give(&k, &q, "subject.organization", outside[i]);
		assert_denied(&k, &q, "no-rule");
	}
}

/* AZ-3: a department that comes after the rule was written has access by its place, without an edit of any rule. */
static void test_a_department_added_later(void **state)
{
	(void)state;
	struct hf_tree_edge more[sizeof(kit_organizations) / sizeof(kit_organizations[0]) + 1];
	struct hf_policy *next;
	kit_load(&k, for_everything("transport", HF_MECHANISM_ATTRIBUTE), NULL);
	kit_give(&k, &q, "subject.organization", "harbours");
	assert_denied(&k, &q, "no-rule");
	memcpy(more, kit_organizations, sizeof(kit_organizations));
	more[sizeof(more) / sizeof(more[0]) - 1] = (struct hf_tree_edge){"harbours", "transport"};
	hf_trees_free(k.trees);
	kit_trees(&k, more, sizeof(more) / sizeof(more[0]));
	assert_int_equal(hf_policy_apply_trees(k.policy, k.trees, &next, NULL), HF_OK);
	assert_denied(&k, &q, "no-rule"); /* the old snapshot stays what it was */
	hf_policy_free(k.policy);
	k.policy = next;
	assert_permitted(&k, &q, "transport");
	assert_int_equal(hf_policy_version(k.policy), 2);
}

/* AZ-4: a permit for one resource says nothing about its sibling. */
static void test_a_sibling_resource(void **state)
{
	(void)state;
	kit_load(&k, for_everything("one", HF_MECHANISM_APPLICATION), NULL);
	kit_give(&k, &q, "resource.id", "toll-records-of-another-year");
	assert_denied(&k, &q, "no-rule");
}

/* AZ-32: a rule whose conditions hold but which is not in force gives the reason. */
static void test_states_give_their_reason(void **state)
{
	(void)state;
	static const char *const reasons[] = {[HF_RULE_PENDING] = "pending",   [HF_RULE_RETURNED] = "returned",
	                                      [HF_RULE_REJECTED] = "rejected", [HF_RULE_SUSPENDED] = "suspended",
	                                      [HF_RULE_REVOKED] = "revoked",   [HF_RULE_SUPERSEDED] = "superseded"};
	for (unsigned s = HF_RULE_PENDING; s <= HF_RULE_SUPERSEDED; s++) {
		struct kit_rule *r = for_everything("application-1", HF_MECHANISM_APPLICATION);
		r->rule.state = (enum hf_rule_state)s;
		kit_load(&k, r, NULL);
		assert_denied(&k, &q, reasons[s]);
		assert_string_equal(kit_decide(&k, &q).rule, "application-1");
	}
}

/* AZ-73: the duties and the quota of the rule that won, and no other's. */
static void test_obligations_of_the_winner(void **state)
{
	(void)state;
	static const char *const fields[] = {"plate", "time"};
	const struct hf_obligation duties[] = {{.type = HF_OBLIGE_MASK, .text = "plan-7"},
	                                       {.type = HF_OBLIGE_FIELDS, .names = fields, .name_count = 2},
	                                       {.type = HF_OBLIGE_USES, .number = 3}};
	struct kit_rule *r = for_everything("a", HF_MECHANISM_ATTRIBUTE),
	                *other = for_everything("b", HF_MECHANISM_APPLICATION);
	r->rule.obligations = duties;
	r->rule.obligation_count = 3;
	r->rule.quota = "quota-a";
	other->rule.quota = "quota-b";
	kit_load(&k, other, r, NULL);
	struct hf_policy_decision d = kit_decide(&k, &q);
	assert_int_equal(d.obligation_count, 3);
	assert_string_equal(d.obligations[0].text, "plan-7");
	assert_string_equal(d.obligations[1].names[1], "time");
	assert_int_equal(d.obligations[2].number, 3);
	assert_string_equal(d.quota, "quota-a");
	assert_int_equal(d.version, 1);
	assert_memory_equal(d.hash, hf_policy_hash(k.policy), sizeof(*d.hash));
}

/* AZ-69: a budget that is used up is a denial of its own, even when a rule would have permitted. */
static void test_budget(void **state)
{
	(void)state;
	struct hf_policy_builder *b = hf_policy_builder_new(k.schema, k.trees);
	char id[16];
	for (unsigned i = 0; i < 100; i++) {
		snprintf(id, sizeof(id), "r%02u", i);
		struct kit_rule *r = kit_rule(&k, id, HF_MECHANISM_ATTRIBUTE);
		kit_when(&k, r, "resource.level", HF_OP_BETWEEN, NULL);
		r->operands[0].low = r->operands[0].high = i == 99 ? 2 : 7;
		assert_int_equal(hf_policy_builder_add(b, &r->rule, NULL), HF_OK);
	}
	assert_int_equal(hf_policy_builder_finish(b, 1, &k.policy, NULL), HF_OK);
	hf_policy_builder_free(b);
	assert_permitted(&k, &q, "r99");
	struct hf_policy_stats stats;
	hf_policy_stats(k.policy, &stats);
	assert_int_equal(stats.unindexed, 100);
	q.rq.budget = 50;
	assert_denied(&k, &q, "budget");
	q.rq.budget = 101;
	assert_permitted(&k, &q, "r99");
}

/* AZ-69: an answer that the rule does not bear out is a denial of its own. */
static void test_self_check(void **state)
{
	(void)state;
	static struct pol_prepared p;
	struct hf_policy_decision d = {.rule = "", .quota = ""};
	struct kit_rule *other = kit_rule(&k, "other", HF_MECHANISM_ATTRIBUTE);
	kit_when(&k, other, "resource.id", HF_OP_EQUALS, "another resource");
	kit_load(&k, for_everything("right", HF_MECHANISM_ATTRIBUTE), other, NULL);
	q.rq.values = q.values;
	assert_int_equal(pol_prepare(k.policy, &q.rq, &p), HF_WHY_PERMITTED);
	pol_conclude(&p, pol_find(k.policy->store, "right", k.policy->seq), &d);
	assert_true(d.permit);
	pol_conclude(&p, pol_find(k.policy->store, "other", k.policy->seq), &d);
	assert_false(d.permit);
	assert_string_equal(hf_policy_reason_name(d.reason), "self-check");
	q.rq.mechanisms = 0; /* the right rule, but not allowed */
	pol_conclude(&p, pol_find(k.policy->store, "right", k.policy->seq), &d);
	assert_false(d.permit);
	assert_string_equal(hf_policy_reason_name(d.reason), "self-check");
}

/* AZ-73: damage that leaves an obligation nobody knows denies. */
static void test_unknown_obligation_at_run_time(void **state)
{
	(void)state;
	const struct hf_obligation duty = {.type = HF_OBLIGE_SANDBOX};
	struct kit_rule *r = for_everything("r", HF_MECHANISM_ATTRIBUTE);
	r->rule.obligations = &duty;
	r->rule.obligation_count = 1;
	kit_load(&k, r, NULL);
	struct hf_policy_decision d = kit_decide(&k, &q);
	assert_true(d.permit);
	((struct hf_obligation *)(uintptr_t)d.obligations)->type = (enum hf_oblige)99;
	assert_denied(&k, &q, "unknown-obligation");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        T(test_default_is_deny),
	        T(test_five_questions),
	        T(test_skipped_rules_are_not_the_answer),
	        T(test_every_combination_of_mechanisms),
	        T(test_a_mechanism_that_does_not_match_falls_through),
	        T(test_mechanisms_that_a_resource_allows),
	        T(test_period_of_a_rule),
	        T(test_undeclared_attributes_and_values),
	        T(test_attributes_count_only_from_their_issuer),
	        T(test_attributes_of_the_paper),
	        T(test_truth_table),
	        T(test_subtree_of_organizations),
	        T(test_a_department_added_later),
	        T(test_a_sibling_resource),
	        T(test_states_give_their_reason),
	        T(test_obligations_of_the_winner),
	        T(test_budget),
	        T(test_self_check),
	        T(test_unknown_obligation_at_run_time),
	};
	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
