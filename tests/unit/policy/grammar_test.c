/*
 * grammar_test.c - policies and requests as text: what each construct means, both forms the same way, and every refusal
 * with its line.
 */
#include "text_policy.h"

static const char head[] = "policy: {name: roads, version: 3}\n"
                           "hierarchies:\n"
                           "  topics: {transport: [], roads: transport, bridges: [roads]}\n"
                           "attributes:\n"
                           "  subject.role: {type: text, many: true, issuers: [organization, space]}\n"
                           "  resource.topic: {type: member, hierarchy: topics, issuers: provider}\n"
                           "  resource.level: {type: integer, issuers: provider}\n"
                           "  resource.kind: {type: choice, choices: [map, table], issuers: provider}\n"
                           "  resource.made: {type: time, issuers: provider}\n"
                           "  system.address: {type: address, issuers: [gate]}\n"
                           "  context.action: {type: text, issuers: [gate]}\n"
                           "rules:\n"; /* the first rule is in line 13 */

static void expect_refusal(const char *text, const char *wanted)
{
	struct hf_fault f = {.text = ""};
	struct compiled c;

	assert_int_not_equal(compile(text, strlen(text), &c, &f), HF_OK);
	assert_string_equal(f.text, wanted);
}

static void expect_rule_refusal(const char *rule, const char *wanted)
{
	struct hf_buf text = HF_BUF_INIT;

	hf_buf_addf(&text, "%s%s", head, rule);
	expect_refusal((const char *)text.data, wanted);
	hf_buf_done(&text);
}

#define PERIOD "  from: 2026-01-01\n  until: 2027-01-01\n" /* two lines */

static void rules_are_refused_with_their_line(void **state)
{
	static const char *const cases[][2] = {
	        /* AZ-47: what the schema does not declare is an error at load */
	        {"- id: a\n" PERIOD "  when:\n    subject.rank: major\n",
	         "p:17: there is no attribute 'subject.rank'; declare it under 'attributes' or correct its name"},
	        {"- id: a\n" PERIOD "  when:\n    resource.level: {above: 3}\n",
	         "p:17: there is no operator 'above'; use one of equals, one-of, under, between, during, within"},
	        {"- id: a\n" PERIOD "  when: {}\n  obligations:\n  - report-use\n  - burn: it\n",
	         "p:19: there is no obligation 'burn'; use one of mask, fields, rows, watermark, sandbox, uses, "
	         "delete-after, report-use, notify, sealed, delete-at-end"},
	        {"- id: a\n" PERIOD "  when: {}\n  obligations: [burn]\n",
	         "p:17: there is no obligation 'burn'; use one of mask, fields, rows, watermark, sandbox, uses, "
	         "delete-after, report-use, notify, sealed, delete-at-end"},
	        {"- id: a\n" PERIOD "  when: {}\n  note: x\n",
	         "p:17: a rule has no key 'note'; it may have id, mechanism, state, priority, from, until, when, "
	         "obligations, quota"},
	        {"- id: a\n  mechanism: trust\n" PERIOD "  when: {}\n",
	         "p:14: there is no mechanism 'trust'; use one of hold, emergency, attribute, application"},
	        {"- id: a\n  state: on\n" PERIOD "  when: {}\n",
	         "p:14: there is no state 'on'; use one of active, pending, returned, rejected, suspended, revoked, "
	         "superseded"},
	        {"- id: a\n  priority: high\n" PERIOD "  when: {}\n",
	         "p:14: the priority is 'high'; write a whole number without quotes"},
	        {"- id: a\n  priority: 3000000000\n" PERIOD "  when: {}\n",
	         "p:14: the priority is 3000000000; write a number of 32 bits"},
	        {"- id: a\n  from: soon\n  until: 2027-01-01\n  when: {}\n",
	         "p:14: 'from' is 'soon'; write a time in UTC like 2026-11-22T08:00:00Z, or a date"},
	        /* AZ-46: a rule carries its period */
	        {"- id: a\n  from: 2026-01-01\n  when: {}\n", "p:13: the rule a has no 'until'; add it"},
	        {"- from: 2026-01-01\n  until: 2027-01-01\n  when: {}\n", "p:13: the rule has no 'id'; add it"},
	        {"- id: a\n" PERIOD, "p:13: the rule a has no 'when'; add it"},
	        {"- id: a\n" PERIOD "  when: []\n",
	         "p:16: 'when' is not a mapping of attributes to conditions; write it as one"},
	        {"- id: a\n" PERIOD "  when:\n    resource.level: \"3\"\n",
	         "p:17: resource.level is '3'; write a whole number without quotes"},
	        {"- id: a\n" PERIOD "  when:\n    resource.level: {between: [1, 99999999999999999999]}\n",
	         "p:17: resource.level is '99999999999999999999'; write a number of at most 63 bits"},
	        {"- id: a\n" PERIOD "  when:\n    resource.level: {between: 3}\n",
	         "p:17: 'between' takes a list of two, the lowest and the highest"},
	        {"- id: a\n" PERIOD "  when:\n    resource.level: {under: 3}\n",
	         "p:17: resource.level is of type integer, which 'under' does not take; use another operator"},
	        {"- id: a\n" PERIOD "  when:\n    resource.topic: {equals: [a, b]}\n",
	         "p:17: 'equals' takes one value; use 'one-of' for a list"},
	        {"- id: a\n" PERIOD "  when:\n    resource.topic: {}\n",
	         "p:17: the condition on resource.topic is empty; write a value, or leave it out"},
	        {"- id: a\n" PERIOD "  when:\n    resource.topic:\n    - {under: roads}\n    - bridges\n",
	         "p:19: values and operators are mixed for resource.topic; write operators only"},
	        {"- id: a\n" PERIOD "  when:\n    resource.topic: ~\n",
	         "p:17: resource.topic is empty; write a text, in quotes when it is '~' or 'null'"},
	        {"- id: a\n" PERIOD "  when:\n    system.address: {within: 10.0.0.1/8}\n",
	         "p:17: '10.0.0.1/8' is no range of addresses; write one like 10.0.0.0/8, with zeros behind the "
	         "prefix"},
	        {"- id: a\n" PERIOD "  when:\n    system.address: 10.0.0.0/8\n",
	         "p:17: system.address is '10.0.0.0/8'; write an IP address like 10.1.2.3 (a range of addresses goes "
	         "with "
	         "'within')"},
	        {"- id: a\n" PERIOD "  when: {}\n  obligations: {mask: plan}\n",
	         "p:17: 'obligations' is not a list; begin each with '- '"},
	        {"- id: a\n" PERIOD "  when: {}\n  obligations: [mask]\n",
	         "p:17: the obligation 'mask' has no value; write '- mask: ...'"},
	        {"- id: a\n" PERIOD "  when: {}\n  obligations: [{sandbox: yes}]\n",
	         "p:17: the obligation 'sandbox' takes no value; write its name alone"},
	        {"- id: a\n" PERIOD "  when: {}\n  obligations: [{delete-after: 30}]\n",
	         "p:17: '30' is no length of time; write one like 30d, 12h, 15min, 10s or 500ms"},
	        {"- id: a\n" PERIOD "  when: {}\n- id: a\n" PERIOD "  when: {}\n",
	         "p:17: the rule 'a' stands twice; give one another id"},
	        {"- just a text\n", "p:13: a rule is not a mapping; write it as one that begins with 'id'"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_rule_refusal(cases[i][0], cases[i][1]);
}

/* What only hf_rule_check knows is refused at the condition it speaks of. */
static void a_defect_that_the_rule_check_finds_has_the_line_of_its_condition(void **state)
{
	struct hf_buf text = HF_BUF_INIT;
	struct hf_fault f = {.text = ""};
	struct compiled c;

	(void)state;
	hf_buf_addf(&text, "%s- id: a\n" PERIOD "  when:\n    resource.topic: roads\n    resource.kind: chart\n", head);
	assert_int_equal(compile((const char *)text.data, text.len, &c, &f), HF_E_UNKNOWN);
	assert_memory_equal(f.text, "p:18: ", 6);
	assert_non_null(strstr(f.text, "chart"));
	hf_buf_done(&text);
}

static void heads_are_refused_with_their_line(void **state)
{
	static const char *const cases[][2] = {
	        {"policy: {name: a}\n", "p:1: 'policy' has no 'version'; add it"},
	        {"policy: {version: 1}\n", "p:1: 'policy' has no 'name'; add it"},
	        {"policy: {name: a, version: 0}\n", "p:1: the version is below 1; count from 1"},
	        {"policy: {name: a, version: 1, owner: b}\n",
	         "p:1: 'policy' has no key 'owner'; it may have name, version, attributes"},
	        {"policy: {name: a, version: 1, attributes: usual}\n",
	         "p:1: 'usual' are no attributes that are known; write 'attributes: standard', or declare them in the "
	         "section 'attributes'"},
	        {"policy: a\n", "p:1: 'policy' is not a mapping; write 'name' and 'version' under it"},
	        {"rules: []\n", "p:1: the policy has no name; begin with 'policy: {name: NAME, version: 1}'"},
	        {"policy: {name: a, version: 1}\nrules: []\n",
	         "p:1: no attributes are declared; add the section 'attributes', or 'attributes: standard' under "
	         "'policy'"},
	        {"hierarchies:\n  t:\n    a: []\n    b: c\n",
	         "p:4: the parent 'c' of 'b' does not stand above it in 't'; add it there"},
	        {"hierarchies:\n  t:\n    a: a\n",
	         "p:3: the parent 'a' of 'a' does not stand above it in 't'; add it there"},
	        {"hierarchies:\n  t:\n    a: []\n    b: a\n    \"a\": []\n",
	         "p:5: 'a' stands twice in 't'; a node has one parent"},
	        {"hierarchies:\n  t:\n    a: []\n    b: [a, a]\n",
	         "p:4: the node 'b' has not one parent; write 'b: PARENT', or [] for a root"},
	        {"attributes:\n  subject.x: {type: number, issuers: [a]}\n",
	         "p:2: there is no type 'number'; use one of text, choice, member, integer, time, address"},
	        {"attributes:\n  subject.x: {issuers: [a]}\n", "p:2: the attribute 'subject.x' has no 'type'; add one "
	                                                       "of text, choice, member, integer, time, address"},
	        {"attributes:\n  person.x: {type: text, issuers: [a]}\n",
	         "p:2: the attribute 'person.x' belongs to no group; begin its name with one of subject, system, "
	         "resource, "
	         "context and a dot"},
	        {"attributes:\n  subject.x: {type: text, issuers: [a], unit: m}\n",
	         "p:2: an attribute has no key 'unit'; it may have type, issuers, many, hierarchy, choices"},
	        {"attributes:\n  subject.x: {type: member, hierarchy: t, issuers: [a]}\n",
	         "p:2: there is no hierarchy 't'; declare it under 'hierarchies'"},
	        {"attributes:\n  subject.x: {type: text, choices: [b], issuers: [a]}\n",
	         "p:2: the attribute 'subject.x' is of type text; 'hierarchy' goes with member and 'choices' with "
	         "choice"},
	        {"attributes:\n  subject.x: {type: text, issuers: []}\n",
	         "p:2: issuers is an empty list; name at least one"},
	        {"attributes:\n  subject.x: {type: text, issuers: [a], many: yes}\n",
	         "p:2: 'many' is 'yes'; write true or false"},
	        {"attributes:\n  subject.x: text\n",
	         "p:2: the attribute 'subject.x' is not a mapping; write 'type' and 'issuers' under it"},
	        {"{\"attributes\":{\"subject.x\":{\"type\":\"text\",\"issuers\":[\"a\"]}}}\n"
	         "{\"attributes\":{\"subject.x\":{\"type\":\"text\",\"issuers\":[\"a\"]}}}\n",
	         "p:2: the attribute 'subject.x' is declared already; remove one"},
	        {"{\"hierarchies\":{\"t\":{\"a\":[]}}}\n{\"hierarchies\":{\"t\":{\"a\":null}}}\n",
	         "p:2: 'a' stands twice in 't'; a node has one parent"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_refusal(cases[i][0], cases[i][1]);
}

static const char all_of_it[] = "- id: everything\n"
                                "  mechanism: emergency\n"
                                "  state: pending\n"
                                "  priority: -7\n"
                                "  from: 2026-01-01T00:00:00.500Z\n"
                                "  until: 2027-01-01\n"
                                "  when:\n"
                                "    subject.role:\n"
                                "    - equals: dispatcher\n"
                                "    - one-of: [\"yes\", no, \"tab\\t, \\u2028, \\\"quoted\\\" and \\\\\"]\n"
                                "    resource.topic: {under: [roads, nowhere]}\n"
                                "    resource.level: {between: [-9223372036854775808, 9223372036854775807]}\n"
                                "    resource.kind: [map, table]\n"
                                "    resource.made: {during: [2020-01-01, 2021-01-01T10:00:00Z]}\n"
                                "    system.address: {within: [10.0.0.0/8, \"2001:db8::/32\", 10.1.2.3]}\n"
                                "    context.action: read\n"
                                "  obligations:\n"
                                "  - report-use\n"
                                "  - sandbox\n"
                                "  - watermark\n"
                                "  - watermark: roads\n"
                                "  - mask: plan-7\n"
                                "  - fields: [a, \"b c\"]\n"
                                "  - rows: \"level < 3\"\n"
                                "  - uses: 5\n"
                                "  - delete-after: 90min\n"
                                "  - notify: 交通运输厅\n"
                                "  quota: roads\n"
                                "- id: plain\n"
                                "  from: 2026-01-01\n"
                                "  until: 2027-01-01\n"
                                "  when: {}\n";

/* YAML -> rules -> JSON lines -> rules -> YAML -> rules: the snapshot's hash covers schema, trees and rules. */
static void both_forms_say_the_same(void **state)
{
	struct hf_buf text = HF_BUF_INIT, lines = HF_BUF_INIT, yaml = HF_BUF_INIT;
	struct compiled a, b, c;

	(void)state;
	hf_buf_addf(&text, "%s%s", head, all_of_it);
	a = must_compile((const char *)text.data);
	a.head.name = a.name; /* it was the builder's */
	assert_true(hf_policy_write(a.policy, &a.head, HF_FORM_LINES, &lines));
	b = must_compile((const char *)lines.data);
	b.head.name = b.name;
	assert_true(hf_policy_write(b.policy, &b.head, HF_FORM_YAML, &yaml));
	c = must_compile((const char *)yaml.data);
	assert_string_equal(b.name, "roads");
	assert_int_equal(c.head.version, 3);
	assert_memory_equal(hf_policy_hash(a.policy), hf_policy_hash(b.policy), sizeof(struct hf_hash));
	assert_memory_equal(hf_policy_hash(a.policy), hf_policy_hash(c.policy), sizeof(struct hf_hash));
	hf_policy_free(a.policy);
	hf_policy_free(b.policy);
	hf_policy_free(c.policy);
	hf_buf_done(&text);
	hf_buf_done(&lines);
	hf_buf_done(&yaml);
}

static void see_everything(void *ctx, const struct hf_rule *r)
{
	(void)ctx;
	assert_int_equal(r->mechanism, HF_MECHANISM_EMERGENCY);
	assert_int_equal(r->state, HF_RULE_PENDING);
	assert_int_equal(r->priority, -7);
	assert_int_equal(r->until_ms - r->from_ms, INT64_C(365) * 86400000 - 500);
	assert_int_equal(r->condition_count, 8);
	assert_int_equal(r->obligation_count, 10);
	assert_string_equal(r->quota, "roads");
	assert_int_equal(r->obligations[8].number, 90 * 60000);
}

static void see_plain(void *ctx, const struct hf_rule *r)
{
	(void)ctx;
	assert_int_equal(r->mechanism, HF_MECHANISM_ATTRIBUTE);
	assert_int_equal(r->state, HF_RULE_ACTIVE);
	assert_int_equal(r->priority, 0);
	assert_int_equal(r->condition_count, 0);
}

static void every_key_reaches_the_rule(void **state)
{
	struct hf_buf text = HF_BUF_INIT;
	struct compiled a;

	(void)state;
	hf_buf_addf(&text, "%s%s", head, all_of_it);
	a = must_compile((const char *)text.data);
	assert_true(hf_policy_rule(a.policy, "everything", see_everything, NULL));
	assert_true(hf_policy_rule(a.policy, "plain", see_plain, NULL));
	hf_policy_free(a.policy);
	hf_buf_done(&text);
}

static void the_standard_attributes_need_no_declaration(void **state)
{
	struct compiled a =
	        must_compile("policy: {name: a, version: 1, attributes: standard}\n"
	                     "hierarchies: {topics: {roads: []}}\n"
	                     "attributes: {subject.rank: {type: integer, issuers: [organization]}}\n"
	                     "rules:\n- {id: a, from: 2026-01-01, until: 2027-01-01, when: {resource.topic: "
	                     "{under: roads}, subject.rank: 3}}\n");

	(void)state;
	assert_int_not_equal(hf_schema_attr(hf_policy_schema(a.policy), "subject.rank"), 0);
	assert_int_not_equal(hf_schema_attr(hf_policy_schema(a.policy), "resource.url"), 0);
	hf_policy_free(a.policy);
}

/* Requests. */

struct answers {
	const struct hf_policy *policy;
	struct hf_buf out;
};

static bool on_question(void *ctx, const struct hf_policy_question *q, const struct hf_fault *defect)
{
	struct answers *a = ctx;
	struct hf_policy_decision d;

	if (!q) {
		hf_buf_addf(&a->out, "%s\n", defect->text);
		return true;
	}
	hf_policy_decide(a->policy, &q->request, &d);
	hf_buf_addf(&a->out, "%u %s %s%s%s\n", q->line, d.permit ? "permit" : "deny", hf_policy_reason_name(d.reason),
	            q->unknown ? " " : "", q->unknown ? q->unknown : "");
	return true;
}

static void expect_answers(const char *requests, const char *wanted)
{
	struct hf_buf text = HF_BUF_INIT;
	struct answers a = {.out = HF_BUF_INIT};
	char *copy = strdup(requests);
	struct compiled c;

	hf_buf_addf(&text,
	            "%s- id: a\n" PERIOD "  when: {subject.role: dispatcher, resource.level: {between: [1, 3]}, "
	            "system.address: {within: 10.0.0.0/8}, context.action: read}\n",
	            head);
	c = must_compile((const char *)text.data);
	a.policy = c.policy;
	hf_policy_questions_read("q", copy, strlen(copy), hf_policy_schema(c.policy), on_question, &a);
	assert_string_equal((const char *)a.out.data, wanted);
	free(copy);
	hf_policy_free(c.policy);
	hf_buf_done(&text);
	hf_buf_done(&a.out);
}

#define ROLE(list, by) "\"subject\":{\"role\":{\"value\":" list ",\"issuer\":\"" by "\"}}"
#define LEVEL(n) "\"resource\":{\"level\":{\"value\":" n ",\"issuer\":\"provider\"}}"
#define ADDRESS(a) "\"system\":{\"address\":{\"value\":\"" a "\",\"issuer\":\"gate\"}}"
#define ACTION "\"action\":{\"value\":\"read\",\"issuer\":\"gate\"}"
#define TIME "\"time\":\"2026-11-22T08:00:00Z\""
#define GOOD ROLE("[\"driver\",\"dispatcher\"]", "organization") "," LEVEL("2") "," ADDRESS("10.1.2.3") "," ACTION

static void requests_are_decided_as_they_stand(void **state)
{
	(void)state;
	expect_answers("{" GOOD "," TIME "}\n", "1 permit permitted\n");
	/* AZ-45, AZ-46, AZ-48, AZ-49, AZ-50: each condition alone fails it */
	expect_answers(
	        "\n{" ROLE("\"driver\"", "organization") "," LEVEL("2") "," ADDRESS(
	                "10.1.2.3") "," ACTION "," TIME
	                            "}\n{" ROLE("\"dispatcher\"", "organization") "," LEVEL("4") "," ADDRESS(
	                                    "10.1.2.3") "," ACTION "," TIME
	                                                "}\n{" ROLE("\"dispatcher\"", "organization") "," LEVEL("2") "," ADDRESS(
	                                                        "11.1.2.3") "," ACTION "," TIME
	                                                                    "}\n{" ROLE("\"dispatcher\"", "self") "," LEVEL(
	                                                                            "2") "," ADDRESS("10.1.2.3") "," ACTION
	                                                                                                         "," TIME
	                                                                                                         "}\n"
	                                                                                                         "{" GOOD
	                                                                                                         ",\"ti"
	                                                                                                         "me\":"
	                                                                                                         "\"202"
	                                                                                                         "7-01-"
	                                                                                                         "01T00"
	                                                                                                         ":00:"
	                                                                                                         "00Z\""
	                                                                                                         "}\n"
	                                                                                                         "{" GOOD
	                                                                                                         "," TIME
	                                                                                                         ",\"me"
	                                                                                                         "chani"
	                                                                                                         "sms\""
	                                                                                                         ":["
	                                                                                                         "\"app"
	                                                                                                         "licat"
	                                                                                                         "ion\""
	                                                                                                         "]}\n",
	        "2 deny no-rule\n3 deny no-rule\n4 deny no-rule\n5 deny no-rule\n6 deny expired\n"
	        "7 deny mechanism-not-allowed\n");
	/* two issuers of one attribute */
	expect_answers(
	        "{\"subject\":{\"role\":[{\"value\":\"x\",\"issuer\":\"space\"},{\"value\":\"dispatcher\",\"issuer\":"
	        "\"organization\"}]}," LEVEL("1") "," ADDRESS("10.0.0.0") "," ACTION "," TIME "}",
	        "1 permit permitted\n");
	expect_answers("{" GOOD "," TIME ",\"context\":{\"weather\":{\"value\":\"rain\",\"issuer\":\"gate\"}}}\n",
	               "1 deny unknown-attribute context.weather\n");
}

static void malformed_requests_are_denied_with_their_line(void **state)
{
	(void)state;
	expect_answers(
	        "{" GOOD "}\n[]\n{" TIME ",\"when\":1}\n{" TIME ",\"subject\":[]}\n{" TIME
	        ",\"action\":\"read\"}\n{" TIME "," LEVEL("\"2\"") "}\n{" TIME "," LEVEL("2.5") "}\n{" TIME "," ADDRESS(
	                "10.1") "}\n{\"time\":3}\n{" TIME "," TIME "}\n{" TIME ",\"mechanisms\":[\"hold\"]}\n{" TIME
	                        ",\"action\":{\"value\":\"read\"}}\n{\n{" GOOD "," TIME "}\n",
	        "q:1: the request has no 'time'; add the time it is asked for\n"
	        "q:2: a request is not an object; write {\"subject\": ...}\n"
	        "q:3: a request has no member 'when'; it may have id, subject, system, resource, context, action, "
	        "purpose, "
	        "time, mechanisms\n"
	        "q:4: 'subject' is not an object of attributes; write it as one\n"
	        "q:5: 'action' is not vouched for; write {\"value\": ..., \"issuer\": \"...\"}\n"
	        "q:6: resource.level is '2'; write a whole number without quotes\n"
	        "q:7: resource.level is '2.5'; write a whole number without quotes\n"
	        "q:8: system.address is '10.1'; write an IP address like 10.1.2.3 (a range of addresses goes with "
	        "'within')\n"
	        "q:9: the time is '3'; write a time in UTC like 2026-11-22T08:00:00Z, or a date\n"
	        "q:10: 'time' stands twice in one object; remove one\n"
	        "q:11: 'hold' is no mechanism that a resource allows; use emergency, attribute, application\n"
	        "q:12: 'action' is not vouched for; write {\"value\": ..., \"issuer\": \"...\"}\n"
	        "q:13: this is not JSON: the name of a member is missing; write \"name\": value\n"
	        "14 permit permitted\n");
}

static void expect_entities(const char *lines, const char *wanted)
{
	struct hf_schema *schema = hf_schema_standard();
	struct hf_policy_entities *all = NULL;
	struct hf_fault f = {.text = ""};
	char *copy = strdup(lines);
	enum hf_err e = hf_policy_entities_read("e", copy, strlen(copy), schema, HF_ENTITIES, &all, &f);

	free(copy);
	assert_string_equal(f.text, wanted);
	assert_int_equal(e == HF_OK, !*wanted);
	if (e == HF_OK) {
		assert_int_equal(hf_policy_entities_count(all), 2);
		assert_string_equal(hf_policy_entities_get(all, 1)->id, "b");
		assert_int_equal(hf_policy_entities_get(all, 1)->request.count, 1);
		assert_string_equal(hf_policy_entities_get(all, 1)->request.values[0].u.text, "u");
	}
	hf_policy_entities_free(all);
	hf_schema_free(schema);
}

static void entities_are_kept_or_refused(void **state)
{
	(void)state;
	expect_entities(
	        "{\"id\":\"a\"}\n{\"id\":\"b\",\"resource\":{\"url\":{\"value\":\"u\",\"issuer\":\"provider\"}}}\n",
	        "");
	expect_entities("{\"id\":\"a\"}\n{\"id\":\"a\"}\n", "e:2: the id 'a' stands twice; give each entity its own");
	expect_entities("{\"subject\":{}}\n",
	                "e:1: an entity has no 'id', or has a 'time'; write {\"id\": ..., \"resource\": {...}}");
	expect_entities("{\"id\":\"a\",\"resource\":{\"x\":{\"value\":\"u\",\"issuer\":\"provider\"}}}\n",
	                "e:1: the policy declares no attribute 'resource.x'; correct its name");
	expect_entities("{\"id\":\"a\",\"mechanisms\":[]}\n",
	                "e:1: the entity allows no mechanism at all; leave it out");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(rules_are_refused_with_their_line),
	        cmocka_unit_test(a_defect_that_the_rule_check_finds_has_the_line_of_its_condition),
	        cmocka_unit_test(heads_are_refused_with_their_line),
	        cmocka_unit_test(both_forms_say_the_same),
	        cmocka_unit_test(every_key_reaches_the_rule),
	        cmocka_unit_test(the_standard_attributes_need_no_declaration),
	        cmocka_unit_test(requests_are_decided_as_they_stand),
	        cmocka_unit_test(malformed_requests_are_denied_with_their_line),
	        cmocka_unit_test(entities_are_kept_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
