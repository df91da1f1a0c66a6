/*
 * explain_test.c - why not, and what would: near misses with expected and given values.
 */
#include "unit/policy/kit.h"

static struct kit k;
static struct kit_request q;
static struct hf_policy_explanation x;

static int setup(void **state)
{
	(void)state;
	kit_open(&k);
	kit_ask(&k, &q);
	q.rq.values = q.values;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kit_close(&k);
	return 0;
}

static void check_text(size_t miss, size_t fail, const char *text)
{
	struct hf_buf b = HF_BUF_INIT;
	assert_true(hf_policy_fail_text(k.policy, &q.rq, &x.misses[miss], fail, &b));
	assert_string_equal((const char *)b.data, text);
	hf_buf_done(&b);
}

/* AZ-32: the nearest rule comes first, with the conditions that failed, what they expect and what was given. */
static void test_near_misses(void **state)
{
	(void)state;
	struct kit_rule *far = kit_rule(&k, "far", HF_MECHANISM_ATTRIBUTE),
	                *near = kit_rule(&k, "near", HF_MECHANISM_ATTRIBUTE);
	struct kit_rule *other = kit_rule(&k, "other", HF_MECHANISM_ATTRIBUTE);
	kit_when(&k, far, "resource.id", HF_OP_EQUALS, "toll-records");
	kit_when(&k, far, "subject.role", HF_OP_EQUALS, "chief");
	kit_when(&k, far, "subject.organization", HF_OP_UNDER, "health");
	kit_when(&k, near, "resource.topic", HF_OP_UNDER, "traffic");
	kit_when(&k, near, "resource.level", HF_OP_BETWEEN, NULL)->high = 1;
	kit_when(&k, other, "resource.id", HF_OP_EQUALS, "births");
	kit_load(&k, far, near, other, NULL);
	hf_policy_explain(k.policy, &q.rq, 0, &x);
	assert_string_equal(hf_policy_reason_name(x.decision.reason), "no-rule");
	assert_int_equal(x.miss_count, 2);
	assert_false(x.cut);
	assert_string_equal(x.misses[0].rule, "near");
	assert_int_equal(x.misses[0].failed, 1);
	assert_int_equal(x.misses[0].conditions, 2);
	assert_int_equal(x.misses[0].fails[0].condition, 1);
	check_text(0, 0, "resource.level between 0 and 1; given: 2");
	assert_string_equal(x.misses[1].rule, "far");
	assert_int_equal(x.misses[1].fail_count, 2);
	check_text(1, 0, "subject.role equals chief; given: clerk");
	check_text(1, 1, "subject.organization under health; given: bridges");
}

/* AZ-48: a value that does not count is told apart from one that is not there. */
static void test_absent_and_ignored(void **state)
{
	(void)state;
	struct kit_rule *r = kit_rule(&k, "r", HF_MECHANISM_ATTRIBUTE);
	kit_when(&k, r, "resource.id", HF_OP_EQUALS, "toll-records");
	kit_when(&k, r, "subject.role", HF_OP_EQUALS, "clerk");
	kit_when(&k, r, "resource.class", HF_OP_EQUALS, "open");
	struct hf_operand *o = kit_when(&k, r, "system.address", HF_OP_WITHIN, NULL);
	assert_true(hf_prefix_parse("10.9.0.0/16", &o->address, &o->bits));
	kit_load(&k, r, NULL);
	q.values[2].issuer = 0;
	hf_policy_explain(k.policy, &q.rq, 0, &x);
	assert_int_equal(x.miss_count, 1);
	assert_int_equal(x.misses[0].fail_count, 3);
	assert_true(x.misses[0].fails[0].absent && x.misses[0].fails[0].ignored);
	check_text(0, 0, "subject.role equals clerk; given only by one who may not vouch for it");
	assert_true(x.misses[0].fails[1].absent && !x.misses[0].fails[1].ignored);
	check_text(0, 1, "resource.class equals open; nothing was given");
	check_text(0, 2, "system.address within 10.9.0.0/16; given: 10.1.2.3");
}

/* A rule whose conditions hold tells why it is not in force. */
static void test_not_in_force(void **state)
{
	(void)state;
	struct kit_rule *r = kit_rule(&k, "over", HF_MECHANISM_EMERGENCY),
	                *stop = kit_rule(&k, "stop", HF_MECHANISM_HOLD);
	kit_when(&k, r, "resource.id", HF_OP_EQUALS, "toll-records");
	r->rule.until_ms = KIT_NOW;
	kit_load(&k, r, stop, NULL);
	hf_policy_explain(k.policy, &q.rq, 0, &x);
	assert_string_equal(hf_policy_reason_name(x.decision.reason), "held");
	assert_int_equal(x.miss_count, 1);
	assert_int_equal(x.misses[0].reason, HF_WHY_EXPIRED);
	assert_int_equal(x.misses[0].failed, 0);
}

static void test_limits(void **state)
{
	(void)state;
	struct hf_policy_builder *b = hf_policy_builder_new(k.schema, k.trees);
	char id[16];
	for (unsigned i = 0; i < 300; i++) {
		snprintf(id, sizeof(id), "r%03u", i);
		struct kit_rule *r = kit_rule(&k, id, HF_MECHANISM_ATTRIBUTE);
		kit_when(&k, r, "resource.id", HF_OP_EQUALS, "toll-records");
		kit_when(&k, r, "subject.role", HF_OP_EQUALS, "chief");
		assert_int_equal(hf_policy_builder_add(b, &r->rule, NULL), HF_OK);
	}
	assert_int_equal(hf_policy_builder_finish(b, 1, &k.policy, NULL), HF_OK);
	hf_policy_builder_free(b);
	hf_policy_explain(k.policy, &q.rq, 20, &x);
	assert_int_equal(x.looked_at, 20);
	assert_true(x.cut);
	assert_int_equal(x.miss_count, HF_EXPLAIN_MISSES_MAX);
	hf_policy_explain(k.policy, &q.rq, 300, &x);
	assert_false(x.cut);
	assert_string_equal(x.misses[0].rule, "r000");
	hf_policy_explain(NULL, &q.rq, 0, &x);
	assert_int_equal(x.miss_count, 0);
	q.values[0].attr = 0;
	hf_policy_explain(k.policy, &q.rq, 0, &x);
	assert_int_equal(x.miss_count, 0);
	assert_int_equal(x.decision.reason, HF_WHY_UNKNOWN_ATTRIBUTE);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {T(test_near_misses), T(test_absent_and_ignored), T(test_not_in_force),
	                                   T(test_limits)};
	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
