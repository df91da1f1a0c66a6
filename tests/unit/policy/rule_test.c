/*
 * rule_test.c - what is refused where schemas, trees and rules are loaded, with a sentence that names the thing.
 */
#include "unit/policy/kit.h"

static struct kit k;

static int setup(void **state)
{
	(void)state;
	kit_open(&k);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kit_close(&k);
	return 0;
}

static void refused(const struct kit_rule *r, enum hf_err e, const char *word)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_policy_builder *b = hf_policy_builder_new(k.schema, k.trees);
	assert_int_equal(hf_policy_builder_add(b, &r->rule, &f), e);
	assert_int_equal(f.code, e);
	if (!strstr(f.text, word))
		fail_msg("'%s' does not say '%s'", f.text, word);
	hf_policy_builder_free(b);
}

static struct kit_rule *whole(void)
{
	struct kit_rule *r = kit_rule(&k, "r-1", HF_MECHANISM_ATTRIBUTE);
	kit_when(&k, r, "resource.id", HF_OP_EQUALS, "x");
	return r;
}

/* AZ-47: an attribute, a value or an operator that is not declared is an error where the rule is loaded. */
static void test_undeclared_things_are_errors(void **state)
{
	(void)state;
	struct kit_rule *r = whole();
	r->conditions[0].attr = hf_schema_count(k.schema) + 1;
	refused(r, HF_E_UNKNOWN, "r-1");
	r->conditions[0].attr = 0;
	refused(r, HF_E_UNKNOWN, "does not declare");
	r = whole();
	r->conditions[0].op = (enum hf_operator)99;
	refused(r, HF_E_UNKNOWN, "resource.id");
	r->conditions[0].op = HF_OP_INVALID;
	refused(r, HF_E_UNKNOWN, "operator");
	r = whole();
	kit_when(&k, r, "resource.personal", HF_OP_EQUALS, "perhaps");
	refused(r, HF_E_UNKNOWN, "perhaps");
	r = whole();
	kit_when(&k, r, "resource.level", HF_OP_UNDER, "x");
	refused(r, HF_E_ARGUMENT, "integer");
	assert_int_equal(hf_schema_attr(k.schema, "resource.colour"), 0);
	assert_int_equal(hf_operator_from_name("not"), HF_OP_INVALID);
}

/* AZ-73: an obligation that is not known, or whose parameters are not its own, is an error where the rule is loaded. */
static void test_obligations_are_checked(void **state)
{
	(void)state;
	static const char *const names[] = {"a", ""};
	static const struct hf_obligation bad[] = {
	        {.type = (enum hf_oblige)42},
	        {.type = HF_OBLIGE_INVALID},
	        {.type = HF_OBLIGE_MASK},
	        {.type = HF_OBLIGE_MASK, .text = ""},
	        {.type = HF_OBLIGE_MASK, .text = "p", .number = 1},
	        {.type = HF_OBLIGE_USES},
	        {.type = HF_OBLIGE_USES, .number = -1},
	        {.type = HF_OBLIGE_USES, .number = 1, .text = "p"},
	        {.type = HF_OBLIGE_FIELDS},
	        {.type = HF_OBLIGE_FIELDS, .names = names, .name_count = 2},
	        {.type = HF_OBLIGE_SANDBOX, .text = "p"},
	        {.type = HF_OBLIGE_REPORT, .number = 1},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct kit_rule *r = whole();
		r->rule.obligations = &bad[i];
		r->rule.obligation_count = 1;
		refused(r, i < 2 ? HF_E_UNKNOWN : HF_E_ARGUMENT, "obligation");
	}
}

static void test_the_head_is_checked(void **state)
{
	(void)state;
	struct kit_rule *r = whole();
	r->rule.until_ms = r->rule.from_ms;
	refused(r, HF_E_ARGUMENT, "period");
	r = whole();
	r->rule.id = "a b";
	refused(r, HF_E_ARGUMENT, "id");
	r->rule.id = "";
	refused(r, HF_E_ARGUMENT, "id");
	r = whole();
	r->rule.mechanism = (enum hf_mechanism)9;
	refused(r, HF_E_UNKNOWN, "mechanism");
	r = whole();
	r->rule.state = HF_RULE_INVALID;
	refused(r, HF_E_UNKNOWN, "state");
	r = whole();
	r->rule.condition_count = HF_RULE_CONDITIONS_MAX + 1;
	refused(r, HF_E_LIMIT, "more than");
}

static void test_operands_are_checked(void **state)
{
	(void)state;
	struct kit_rule *r = whole();
	r->conditions[0].count = 0;
	refused(r, HF_E_ARGUMENT, "values");
	r->conditions[0].count = 2;
	refused(r, HF_E_ARGUMENT, "equals");
	r = whole();
	r->operands[0].len = 0;
	refused(r, HF_E_ARGUMENT, "text");
	r = whole();
	r->operands[0] = (struct hf_operand){.text = "\xff", .len = 1};
	refused(r, HF_E_ARGUMENT, "UTF-8");
	r = whole();
	kit_when(&k, r, "resource.level", HF_OP_BETWEEN, NULL)->low = 1;
	refused(r, HF_E_ARGUMENT, "range");
	r = whole();
	kit_when(&k, r, "context.time", HF_OP_DURING, NULL);
	refused(r, HF_E_ARGUMENT, "period");
	r = whole();
	struct hf_operand *o = kit_when(&k, r, "system.address", HF_OP_WITHIN, NULL);
	assert_true(hf_address_parse("10.1.2.3", &o->address));
	o->bits = 112;
	refused(r, HF_E_ARGUMENT, "prefix");
	o->bits = 129;
	refused(r, HF_E_ARGUMENT, "prefix");
}

static void test_an_id_twice(void **state)
{
	(void)state;
	struct hf_fault f = {HF_OK, ""};
	struct hf_policy *p = NULL;
	struct hf_policy_builder *b = hf_policy_builder_new(k.schema, k.trees);
	assert_int_equal(hf_policy_builder_add(b, &whole()->rule, &f), HF_OK);
	assert_int_equal(hf_policy_builder_add(b, &whole()->rule, &f), HF_OK);
	assert_int_equal(hf_policy_builder_finish(b, 1, &p, &f), HF_E_EXISTS);
	assert_non_null(strstr(f.text, "r-1"));
	assert_null(p);
	assert_int_equal(hf_policy_builder_finish(b, 1, &p, &f), HF_OK); /* the builder is empty again */
	hf_policy_free(p);
	hf_policy_builder_free(b);
}

static void schema_refused(const struct hf_attr_spec *specs, size_t count, enum hf_err e, const char *word)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_schema *s = NULL;
	assert_int_equal(hf_schema_new(specs, count, &s, &f), e);
	assert_non_null(strstr(f.text, word));
	assert_null(s);
}

/* AZ-47, AZ-48: every attribute has a group, a type and an issuer. */
static void test_schemas_are_checked(void **state)
{
	(void)state;
	static const char *const gate[] = {"gate"}, *const yes[] = {"yes"};
	const struct hf_attr_spec good = {
	        .name = "a", .group = HF_GROUP_CONTEXT, .type = HF_ATTR_TEXT, .issuers = gate, .issuer_count = 1};
	struct hf_attr_spec s[2] = {good, good};
	schema_refused(s, 0, HF_E_LIMIT, "1 to");
	schema_refused(s, 2, HF_E_EXISTS, "twice");
	s[0].issuer_count = 0;
	schema_refused(s, 1, HF_E_ARGUMENT, "issuer");
	s[0] = good;
	s[0].name = "A";
	schema_refused(s, 1, HF_E_ARGUMENT, "name");
	s[0] = good;
	s[0].type = HF_ATTR_CHOICE;
	schema_refused(s, 1, HF_E_ARGUMENT, "0 values");
	s[0] = good;
	s[0].type = HF_ATTR_MEMBER;
	schema_refused(s, 1, HF_E_ARGUMENT, "hierarchy");
	s[0] = good;
	s[0].choices = yes;
	s[0].choice_count = 1;
	schema_refused(s, 1, HF_E_ARGUMENT, "choice");
	s[0] = good;
	s[0].group = (enum hf_attr_group)9;
	schema_refused(s, 1, HF_E_ARGUMENT, "group");
}

static void trees_refused(const struct hf_tree_edge *edges, size_t count, enum hf_err e, const char *word)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_trees *t = NULL;
	const struct hf_tree_spec specs[] = {
	        {"organizations", edges, count}, {"topics", NULL, 0}, {"regions", NULL, 0}};
	assert_int_equal(hf_trees_new(k.schema, specs, 3, &t, &f), e);
	assert_non_null(strstr(f.text, word));
	assert_null(t);
}

static void test_trees_are_checked(void **state)
{
	(void)state;
	const struct hf_tree_edge twice[] = {{"a", "b"}, {"a", "c"}};
	const struct hf_tree_edge circle[] = {{"a", "b"}, {"b", "c"}, {"c", "a"}, {"d", "a"}};
	const struct hf_tree_edge own[] = {{"a", "a"}};
	struct hf_tree_edge deep[HF_TREE_DEPTH_MAX];
	char names[HF_TREE_DEPTH_MAX + 1][8];
	struct hf_trees *t = NULL;
	struct hf_fault f;
	trees_refused(twice, 2, HF_E_EXISTS, "twice");
	trees_refused(circle, 4, HF_E_CONFLICT, "above itself");
	trees_refused(own, 1, HF_E_CONFLICT, "above itself");
	trees_refused(&(const struct hf_tree_edge){"", NULL}, 1, HF_E_ARGUMENT, "name");
	for (size_t i = 0; i <= HF_TREE_DEPTH_MAX; i++)
		snprintf(names[i], sizeof(names[i]), "n%zu", i);
	for (size_t i = 0; i < HF_TREE_DEPTH_MAX; i++)
		deep[i] = (struct hf_tree_edge){names[i], names[i + 1]};
	trees_refused(deep, HF_TREE_DEPTH_MAX, HF_E_LIMIT, "deep");
	assert_int_equal(hf_trees_new(k.schema, NULL, 0, &t, &f), HF_E_UNKNOWN);
	assert_non_null(strstr(f.text, "organizations"));
	assert_true(hf_trees_under(k.trees, "organizations", "bridges", "transport"));
	assert_false(hf_trees_under(k.trees, "organizations", "transport", "bridges"));
	assert_true(hf_trees_under(k.trees, "organizations", "nobody", "nobody"));
	assert_false(hf_trees_under(k.trees, "topics", "bridges", "transport"));
	assert_true(hf_trees_has(k.trees, "topics", "plates"));
	assert_false(hf_trees_has(k.trees, "topics", "bridges"));
}

static void test_addresses(void **state)
{
	(void)state;
	static const char *const good[] = {"10.0.0.0/8", "10.1.2.3", "0.0.0.0/0", "2001:db8::/32", "::/0", "::1"};
	static const char *const bad[] = {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0/8",
	                                  "::1/127",    "::/129",      "",          "10.0.0.0/8 ", "10.0.0.0/-1"};
	struct hf_address a;
	unsigned bits;
	char text[HF_ADDRESS_TEXT];
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(hf_prefix_parse(good[i], &a, &bits));
		hf_prefix_text(&a, bits, text);
		assert_string_equal(text, good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(hf_prefix_parse(bad[i], &a, &bits));
}

static void test_names_go_both_ways(void **state)
{
	(void)state;
	for (unsigned i = 1; hf_operator_name((enum hf_operator)i); i++)
		assert_int_equal(hf_operator_from_name(hf_operator_name((enum hf_operator)i)), i);
	for (unsigned i = 1; hf_mechanism_name((enum hf_mechanism)i); i++)
		assert_int_equal(hf_mechanism_from_name(hf_mechanism_name((enum hf_mechanism)i)), i);
	for (unsigned i = 1; hf_rule_state_name((enum hf_rule_state)i); i++)
		assert_int_equal(hf_rule_state_from_name(hf_rule_state_name((enum hf_rule_state)i)), i);
	for (unsigned i = 1; hf_oblige_name((enum hf_oblige)i); i++)
		assert_int_equal(hf_oblige_from_name(hf_oblige_name((enum hf_oblige)i)), i);
	for (unsigned i = 1; hf_attr_type_name((enum hf_attr_type)i); i++)
		assert_int_equal(hf_attr_type_from_name(hf_attr_type_name((enum hf_attr_type)i)), i);
	for (unsigned i = 1; hf_attr_group_name((enum hf_attr_group)i); i++)
		assert_int_equal(hf_attr_group_from_name(hf_attr_group_name((enum hf_attr_group)i)), i);
	assert_null(hf_policy_reason_name(HF_WHY_INVALID));
	assert_int_equal(hf_policy_reason_err(HF_WHY_EXPIRED), HF_E_GRANT_EXPIRED);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        T(test_undeclared_things_are_errors),
	        T(test_obligations_are_checked),
	        T(test_the_head_is_checked),
	        T(test_operands_are_checked),
	        T(test_an_id_twice),
	        T(test_schemas_are_checked),
	        T(test_trees_are_checked),
	        T(test_addresses),
	        T(test_names_go_both_ways),
	};
	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
