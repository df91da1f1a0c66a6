/* The decision point breaks, each time in another way, while data is asked for: the gate denies with a reason of its
 * own, records it and raises an alarm, and nothing is read or sent (AZ-69, AZ-67). */
#include "unit/exchange/pair.h"

#include "authz/rulebook.h"

struct reason_count {
	const char *reason;
	size_t count;
};

static bool count_reason(void *ctx, const struct hf_ledger_row *row)
{
	struct reason_count *c = ctx;
	c->count += row->opening &&
	            hf_opening_is(row->opening, HF_FIELD_EVENT, hf_event_name(HF_EVENT_ACCESS_DECISION)) &&
	            hf_opening_is(row->opening, HF_FIELD_REASON, c->reason);
	return true;
}

static size_t decided_so(struct node *n, enum hf_err e)
{
	struct reason_count c = {hf_err_reason(e), 0};
	node_barrier(n);
	assert_int_equal(hf_ledger_tail(n->ledger, 100000, count_reason, &c), HF_OK);
	return c.count;
}

static void expect_denied(struct pair *p, enum hf_err e, const char *why)
{
	size_t before = decided_so(p->roads, e);
	unsigned alarms = p->roads->alarms;
	struct hf_id id = begin(p);
	until(p, has_ended(p->health, &id) && is_idle(p->health));
	assert_reason(p->health, &id, e, why);
	assert_string_equal(view_of(p->roads, &id).state, "");
	assert_int_equal(decided_so(p->roads, e), before + 1);
	assert_true(p->roads->alarms > alarms);
	assert_wiped(p, &id);
}

/* The node that was started anew has its rules again. */
static void expect_mended(struct pair *p)
{
	pair_restart(p->roads);
	struct hf_id id = begin(p);
	wait_both(p, &id, "COMPLETED");
	assert_delivered(p, &id);
}

/* A change that the rules in memory cannot follow leaves no snapshot. */
static void without_a_snapshot_nothing_is_delivered(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_authz *a = p->roads->authz;
	struct hf_policy *other = NULL;
	struct hf_fault f = {HF_OK, ""};
	struct hf_id grant = p->grant;
	/* The line of snapshots goes on without the node, so that its own is not the newest any more. */
	struct az_rule r;
	az_rule_begin(&r, HF_MECHANISM_HOLD, "stray:", &grant);
	az_rule_equals(a, &r, AZ_ATTR_SYSTEM, "nobody's");
	r.rule.until_ms = INT64_MAX;
	const struct hf_policy_change stray = {NULL, &r.rule};
	assert_int_equal(hf_policy_apply(a->policy.now, &stray, 1, &other, &f), HF_OK);
	az_policy_grant(a, az_grant_find(a, &grant));
	assert_null(a->policy.now);
	hf_policy_free(other);
	expect_denied(p, HF_E_NO_POLICY, "no-snapshot");
	expect_mended(p);
}

/* More rules than the budget allows to look at, none of which an index narrows down. */
static void a_decision_beyond_the_step_budget_is_a_denial(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_policy *now = p->roads->authz->policy.now, *large = NULL;
	const struct hf_schema *schema = hf_policy_schema(now);
	struct hf_policy_builder *b = hf_policy_builder_new(schema, hf_policy_trees(now));
	const struct hf_operand low = {.low = 900, .high = 901};
	const struct hf_condition c = {hf_schema_attr(schema, "resource.level"), HF_OP_BETWEEN, &low, 1};
	struct hf_fault f = {HF_OK, ""};
	char id[32];
	for (unsigned i = 0; i <= HF_POLICY_BUDGET; i++) {
		snprintf(id, sizeof(id), "r%u", i);
		const struct hf_rule r = {.id = id,
		                          .mechanism = HF_MECHANISM_ATTRIBUTE,
		                          .state = HF_RULE_ACTIVE,
		                          .until_ms = INT64_MAX,
		                          .conditions = &c,
		                          .condition_count = 1};
		assert_int_equal(hf_policy_builder_add(b, &r, &f), HF_OK);
	}
	assert_int_equal(hf_policy_builder_finish(b, 1, &large, &f), HF_OK);
	hf_policy_builder_free(b);
	hf_policy_free(now);
	p->roads->authz->policy.now = large;
	expect_denied(p, HF_E_DECISION_BUDGET, "budget");
	expect_mended(p);
}

static void flip(void *ctx, const struct hf_rule *rule)
{
	const struct hf_operand *o = &rule->conditions[0].operands[0];
	(void)ctx;
	assert_true(o->len > 0);
	((char *)(uintptr_t)o->text)[o->len - 1] ^= 1; /* as it lies in the snapshot */
}

/* A bit of the grant's rule flips in memory: the index still finds the rule, its own text no longer bears it out. */
static void an_answer_that_fails_its_own_check_is_a_denial(void **state)
{
	struct pair *p = pair_of(state, 1000);
	char id[HF_ID_TEXT], name[HF_ID_TEXT + 8];
	hf_id_text(&p->grant, id);
	snprintf(name, sizeof(name), "grant:%s", id);
	assert_true(hf_policy_rule(p->roads->authz->policy.now, name, flip, NULL));
	expect_denied(p, HF_E_DECISION_FAULT, "self-check");
	expect_mended(p);
}

/* What is stored about the resource cannot be read: not everything is allowed, but nothing. */
static void mechanisms_that_cannot_be_read_allow_nothing(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_unit *u = hf_unit_new();
	hf_unit_put(u, HF_TABLE_MECHANISMS, p->entry.b, sizeof(p->entry.b), "\xff\xff\xff", 3);
	hf_store_submit(p->roads->store, u, NULL, NULL);
	expect_denied(p, HF_E_DECISION_FAULT, "mechanisms");
	u = hf_unit_new();
	hf_unit_del(u, HF_TABLE_MECHANISMS, p->entry.b, sizeof(p->entry.b));
	hf_store_submit(p->roads->store, u, NULL, NULL);
	expect_mended(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(without_a_snapshot_nothing_is_delivered),
	        cmocka_unit_test(a_decision_beyond_the_step_budget_is_a_denial),
	        cmocka_unit_test(an_answer_that_fails_its_own_check_is_a_denial),
	        cmocka_unit_test(mechanisms_that_cannot_be_read_allow_nothing),
	};
	return cmocka_run_group_tests(tests, pair_up, pair_down);
}
