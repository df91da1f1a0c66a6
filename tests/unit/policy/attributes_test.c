/*
 * attributes_test.c - the attributes that the paper names, written in a policy file and in a request: a rule on each of
 * them alone holds for its value, and for no other, nor without it, nor on the word of another issuer.
 */
#include "text_policy.h"

struct attribute {
	const char *group, *name, *issuer;
	const char *condition, *match, *other; /* the latter two as JSON values */
};

struct asked {
	const struct hf_policy *policy;
	bool permit;
	enum hf_policy_reason reason;
};

static bool on_asked(void *ctx, const struct hf_policy_question *q, const struct hf_fault *defect)
{
	struct asked *a = ctx;
	struct hf_policy_decision d;

	if (defect)
		fail_msg("%s", defect->text);
	hf_policy_decide(a->policy, &q->request, &d);
	a->permit = d.permit;
	a->reason = d.reason;
	return true;
}

static bool permits(const struct hf_policy *p, const char *request)
{
	struct asked a = {.policy = p};
	char *copy = strdup(request);

	hf_policy_questions_read("q", copy, strlen(copy), hf_policy_schema(p), on_asked, &a);
	free(copy);
	assert_true(a.permit || a.reason == HF_WHY_NO_RULE);
	return a.permit;
}

static bool permits_value(const struct hf_policy *p, const struct attribute *a, const char *value, const char *issuer)
{
	char request[512];

	snprintf(request, sizeof(request),
	         "{\"time\":\"2026-06-01T00:00:00Z\",\"%s\":{\"%s\":{\"value\":%s,\"issuer\":\"%s\"}}}", a->group,
	         a->name, value, issuer);
	return permits(p, request);
}

static void check_attribute(const struct attribute *a)
{
	char text[1024];
	struct compiled c;

	snprintf(text, sizeof(text),
	         "policy: {name: a, version: 1, attributes: standard}\n"
	         "hierarchies:\n"
	         "  topics: {transport: [], roads: transport}\n"
	         "  organizations: {city: [], bureau-7: city, bureau-8: []}\n"
	         "rules:\n- {id: a, from: 2026-01-01, until: 2027-01-01, when: {%s.%s: %s}}\n",
	         a->group, a->name, a->condition);
	c = must_compile(text);
	assert_true(permits_value(c.policy, a, a->match, a->issuer));
	assert_false(permits_value(c.policy, a, a->other, a->issuer));
	assert_false(permits_value(c.policy, a, a->match, "itself")); /* AZ-48 */
	assert_false(permits(c.policy, "{\"time\":\"2026-06-01T00:00:00Z\"}"));
	hf_policy_free(c.policy);
}

/* AZ-43: URL, access address, type, business topic */
static void rules_on_attributes_of_the_resource(void **state)
{
	static const struct attribute all[] = {
	        {"resource", "url", "provider", "hufu://transport/roads", "\"hufu://transport/roads\"", "\"hufu://x\""},
	        {"resource", "address", "provider", "10.1.1.1:7400", "\"10.1.1.1:7400\"", "\"10.1.1.1:7401\""},
	        {"resource", "type", "provider", "[table, file]", "\"file\"", "\"service\""},
	        {"resource", "topic", "provider", "{under: transport}", "[\"x\",\"roads\"]", "[\"x\",\"health\"]"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++)
		check_attribute(all + i);
}

/* AZ-44: organization, identity, role */
static void rules_on_attributes_of_the_user(void **state)
{
	static const struct attribute all[] = {
	        {"subject", "organization", "space", "{under: city}", "\"bureau-7\"", "\"bureau-8\""},
	        {"subject", "identity", "organization", "lin", "\"lin\"", "\"gao\""},
	        {"subject", "role", "organization", "dispatcher", "[\"driver\",\"dispatcher\"]", "[\"driver\"]"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++)
		check_attribute(all + i);
}

/* AZ-45: system name, IP address, owning business */
static void rules_on_attributes_of_the_system(void **state)
{
	static const struct attribute all[] = {
	        {"system", "name", "organization", "licence-desk", "\"licence-desk\"", "\"licence-desk-2\""},
	        {"system", "address", "gate", "{within: [10.20.0.0/16, \"2001:db8::/32\"]}", "\"10.20.255.255\"",
	         "\"10.21.0.0\""},
	        {"system", "address", "gate", "{within: [10.20.0.0/16, \"2001:db8::/32\"]}", "\"2001:db8::1\"",
	         "\"2001:db9::1\""},
	        {"system", "business", "organization", "理赔核算", "\"理赔核算\"", "\"理赔\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++)
		check_attribute(all + i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(rules_on_attributes_of_the_resource),
	        cmocka_unit_test(rules_on_attributes_of_the_user),
	        cmocka_unit_test(rules_on_attributes_of_the_system),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
