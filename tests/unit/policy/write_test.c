/*
 * write_test.c - random rules written as YAML and as JSON lines and read again: the same snapshot, which its hash says.
 */
#include "small_world.h"

#include "text_policy.h"

static struct compiled written(const struct hf_policy *p, enum hf_policy_form form)
{
	struct hf_policy_head head = {"world", 1};
	struct hf_buf text = HF_BUF_INIT;
	struct compiled again;

	assert_true(hf_policy_write(p, &head, form, &text));
	again = must_compile((const char *)text.data);
	hf_buf_done(&text);
	return again;
}

static void expect_decisions(const struct hf_policy *p, const struct hf_policy *q)
{
	for (unsigned i = 0; i < 50; i++) {
		struct world_request r;
		struct hf_policy_decision a, b;

		world_request(rnd(WORLD_REQUESTS), &r);
		hf_policy_decide(p, &r.rq, &a);
		hf_policy_decide(q, &r.rq, &b);
		assert_int_equal(a.reason, b.reason);
		assert_string_equal(a.rule, b.rule);
	}
}

/* In text, conditions on one attribute stand together: the rules of the world come into this order once. */
static void expect_same(const struct hf_policy *p)
{
	struct compiled first = written(p, HF_FORM_YAML), lines = written(first.policy, HF_FORM_LINES);
	struct compiled yaml = written(lines.policy, HF_FORM_YAML);

	expect_decisions(p, first.policy);
	assert_memory_equal(hf_policy_hash(first.policy), hf_policy_hash(lines.policy), sizeof(struct hf_hash));
	assert_memory_equal(hf_policy_hash(first.policy), hf_policy_hash(yaml.policy), sizeof(struct hf_hash));
	hf_policy_free(first.policy);
	hf_policy_free(lines.policy);
	hf_policy_free(yaml.policy);
}

static void what_is_written_is_read_as_the_same(void **state)
{
	static struct world_rule rules[WORLD_RULES];
	struct hf_schema *schema = world_schema();

	(void)state;
	seed();
	for (unsigned round = 0; round < 500; round++) {
		const struct hf_rule *list[WORLD_RULES];
		struct hf_trees *trees = world_trees(schema, round % 2);
		struct hf_policy *p;

		for (unsigned i = 0; i < WORLD_RULES; i++) {
			random_rule(rules + i, i);
			list[i] = &rules[i].rule;
		}
		p = world_compile(schema, trees, list, rnd(WORLD_RULES + 1));
		expect_same(p);
		hf_policy_free(p);
		hf_trees_free(trees);
	}
	hf_schema_free(schema);
}

/* What no reader may take for something else: escapes, line breaks of Unicode, words that YAML knows, numbers. */
static void texts_of_every_kind_survive(void **state)
{
	static const char *const texts[] = {"null",
	                                    "~",
	                                    "yes",
	                                    "3",
	                                    "1.5",
	                                    "-",
	                                    "a: b",
	                                    "#x",
	                                    "'",
	                                    "\"",
	                                    "\\",
	                                    " x ",
	                                    "&a",
	                                    "*a",
	                                    "!a",
	                                    "%a",
	                                    "@a",
	                                    "`a",
	                                    "[",
	                                    "{",
	                                    "a,b",
	                                    "a\tb",
	                                    "\xE2\x80\xA8",
	                                    "\xC2\x85",
	                                    "\xEF\xBB\xBF",
	                                    "\xF0\x9F\x98\x80",
	                                    "2026-01-01",
	                                    "<<",
	                                    "=",
	                                    "?",
	                                    "|",
	                                    ">",
	                                    "...",
	                                    "---",
	                                    "true"};
	struct hf_schema *schema = world_schema();
	struct hf_trees *trees = world_trees(schema, 0);

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct hf_operand o = text_operand(texts[i]);
		struct hf_condition c = {ROLE, HF_OP_EQUALS, &o, 1};
		struct hf_obligation notify = {.type = HF_OBLIGE_NOTIFY, .text = "x"};
		struct hf_rule r = {.id = "a",
		                    .mechanism = HF_MECHANISM_ATTRIBUTE,
		                    .state = HF_RULE_ACTIVE,
		                    .until_ms = 1,
		                    .conditions = &c,
		                    .condition_count = 1,
		                    .obligations = &notify,
		                    .obligation_count = 1};
		struct hf_fault f;
		struct hf_policy *p;
		const struct hf_rule *list = &r;

		if (hf_rule_check(schema, &r, &f) != HF_OK)
			continue; /* no rule can hold such a text */
		p = world_compile(schema, trees, &list, 1);
		expect_same(p);
		hf_policy_free(p);
	}
	hf_trees_free(trees);
	hf_schema_free(schema);
}

struct again {
	const struct hf_policy *policy;
	struct hf_policy_decision decision;
	struct hf_buf text;
	unsigned count;
};

static bool decide_again(void *ctx, const struct hf_policy_question *q, const struct hf_fault *defect)
{
	struct again *a = ctx;

	(void)defect;
	assert_non_null(q);
	assert_null(q->unknown);
	assert_true(hf_policy_request_write(hf_policy_schema(a->policy), &q->request, &a->text));
	hf_policy_decide(a->policy, &q->request, &a->decision);
	a->count++;
	return true;
}

/* AZ-68: what a decision was asked is written, read, and decided the same; and it is written the same again. */
static void requests_are_read_as_they_were_written(void **state)
{
	static struct world_rule rules[WORLD_RULES];
	struct hf_schema *schema = world_schema();
	struct hf_trees *trees = world_trees(schema, 0);
	const struct hf_rule *list[WORLD_RULES];
	static const uint32_t masks[] = {HF_MECHANISM_ALL, 0, HF_MECHANISM_BIT(HF_MECHANISM_ATTRIBUTE)};

	(void)state;
	seed();
	for (unsigned i = 0; i < WORLD_RULES; i++) {
		random_rule(rules + i, i);
		list[i] = &rules[i].rule;
	}
	struct hf_policy *p = world_compile(schema, trees, list, WORLD_RULES);
	for (unsigned i = 0; i < 2000; i++) {
		struct world_request r;
		struct hf_policy_decision d;
		struct hf_buf text = HF_BUF_INIT;
		struct again a = {.policy = p, .text = HF_BUF_INIT};

		world_request(rnd(WORLD_REQUESTS), &r);
		r.rq.mechanisms = masks[i % COUNT(masks)];
		hf_policy_decide(p, &r.rq, &d);
		assert_true(hf_policy_request_write(schema, &r.rq, &text));
		char *copy = strndup((const char *)text.data, text.len);
		hf_policy_questions_read("copy", copy, text.len, schema, decide_again, &a);
		assert_int_equal(a.count, 1);
		assert_int_equal(a.decision.reason, d.reason);
		assert_string_equal(a.decision.rule, d.rule);
		assert_int_equal(a.text.len, text.len);
		assert_memory_equal(a.text.data, text.data, text.len);
		free(copy);
		hf_buf_done(&text);
		hf_buf_done(&a.text);
	}
	hf_policy_free(p);
	hf_trees_free(trees);
	hf_schema_free(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_written_is_read_as_the_same),
	        cmocka_unit_test(texts_of_every_kind_survive),
	        cmocka_unit_test(requests_are_read_as_they_were_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
