/*
 * findings_test.c - each kind of finding of lint on a policy written for it, with the sentence that a person reads;
 * what a change of obligations, of a hierarchy and of a hold does. That findings are complete is lint_test.c's matter.
 */
#include "text_policy.h"

#include "base/clock.h"
#include "policy/lint.h"

static void on_finding(void *ctx, const struct hf_lint_finding *f)
{
	struct hf_buf *out = ctx;

	hf_buf_addf(out, "%s %s", hf_lint_name(f->kind), f->rule);
	for (size_t i = 0; i < f->other_count; i++)
		hf_buf_addf(out, "%s%s", i ? "," : " ", f->others[i]);
	hf_buf_addf(out, ": %s\n", f->reason);
}

static struct compiled with_rules(const char *rules)
{
	struct hf_buf text = HF_BUF_INIT;
	struct compiled c;

	hf_buf_addf(&text,
	            "policy: {name: a, version: 1, attributes: standard}\n"
	            "hierarchies:\n  topics: {transport: [], roads: transport, bridges: roads}\nrules:\n%s",
	            rules);
	c = must_compile((const char *)text.data);
	hf_buf_done(&text);
	return c;
}

static void expect_findings(const char *rules, const struct hf_lint_options *o, const char *wanted)
{
	struct compiled c = with_rules(rules);
	struct hf_buf out = HF_BUF_INIT;

	hf_buf_addf(&out, "%s", "");
	assert_int_equal(hf_policy_lint(c.policy, o, on_finding, &out, NULL, NULL), HF_OK);
	assert_string_equal((const char *)out.data, wanted);
	hf_policy_free(c.policy);
	hf_buf_done(&out);
}

#define IN_2026 "from: 2026-01-01, until: 2027-01-01"
#define CLERK "subject.role: clerk"

static void each_kind_of_finding(void **state)
{
	static const struct hf_lint_options plain = {.timed = false};
	static const char *const cases[][2] = {
	        {"- {id: a, " IN_2026 ", when: {" CLERK ", resource.id: x}}\n", ""},
	        {"- {id: a, " IN_2026 ", when: {" CLERK ", resource.level: [{equals: 1}, {equals: 2}]}}\n",
	         "never-matching a: no value of resource.level meets all that it asks of it\n"},
	        {"- {id: a, " IN_2026 ", when: {" CLERK ", resource.id: x}}\n- {id: b, " IN_2026
	         ", when: {resource.id: [x], "
	         "subject.role: [clerk, clerk]}}\n",
	         "duplicate b a: an earlier rule has the same conditions\n"},
	        {"- {id: a, " IN_2026 ", when: {" CLERK ", resource.id: x}}\n- {id: b, " IN_2026 ", when: {" CLERK
	         ", resource.id: x}, obligations: [report-use]}\n",
	         "duplicate b a: an earlier rule has the same conditions, so that its other obligations never count\n"},
	        {"- {id: a, " IN_2026 ", when: {" CLERK
	         ", resource.id: x, resource.level: {between: [1, 2]}}}\n- {id: b, " IN_2026 ", when: {" CLERK
	         ", resource.id: x, resource.level: 3}}\n- {id: c, " IN_2026 ", when: {" CLERK
	         ", resource.id: x, resource.level: {between: [2, 3]}}}\n",
	         "shadowed c a,b: earlier rules together decide every request that it matches\n"},
	        {"- {id: a, " IN_2026 ", when: {" CLERK ", resource.topic: bridges}}\n- {id: h, mechanism: hold, from: "
	         "2026-12-01, until: 2028-01-01, when: {resource.topic: {under: roads}}}\n",
	         "contradictory h a: it denies requests that 1 rule permits\n"},
	        {"- {id: a, " IN_2026 ", when: {" CLERK ", resource.topic: {under: transport}}}\n",
	         "over-broad a: it limits no attribute of the resource: it opens every resource\n"},
	        {"- {id: a, " IN_2026 ", when: {resource.topic: {under: roads}}}\n",
	         "over-broad a: it limits neither the subject nor the system: anybody may\n"},
	        {"- {id: a, " IN_2026 ", when: {}}\n",
	         "over-broad a: it limits neither the resource nor who asks: anybody may "
	         "read everything\nunindexed a: no condition narrows it down: it is "
	         "looked at in every decision\n"},
	        {"- {id: a, state: suspended, " IN_2026 ", when: {}}\n", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_findings(cases[i][0], &plain, cases[i][1]);
}

static void with_a_time_what_is_over_is_told_and_covers_nothing(void **state)
{
	struct hf_lint_options o = {.timed = true};
	static const char rules[] =
	        "- {id: a, from: 2025-01-01, until: 2027-01-01, when: {" CLERK ", resource.id: x}}\n"
	        "- {id: b, from: 2024-01-01, until: 2026-01-01, when: {" CLERK ", resource.id: x}}\n"
	        "- {id: c, from: 2024-01-01, until: 2027-01-01, when: {" CLERK ", resource.id: x}}\n";

	(void)state;
	assert_true(hf_time_parse("2026-06-01", &o.now_ms));
	expect_findings(rules, &o,
	                "expired b: its period ended at 2026-01-01T00:00:00.000Z\n"
	                "duplicate c a: an earlier rule has the same conditions\n"); /* from now on */
	o.timed = false;
	expect_findings(rules, &o, "shadowed c a,b: earlier rules together decide every request that it matches\n");
}

/* A search that ends too early says so; it never passes for "not shadowed". */
static void steps_that_do_not_suffice_are_told(void **state)
{
	struct hf_lint_options o = {.steps = 1};

	(void)state;
	expect_findings(
	        "- {id: a, " IN_2026 ", when: {" CLERK ", resource.id: x, resource.level: 1}}\n- {id: b, " IN_2026
	        ", when: {" CLERK ", resource.id: x, resource.level: 2}}\n- {id: c, " IN_2026 ", when: {" CLERK
	        ", resource.id: x, resource.level: [1, 2]}}\n",
	        &o,
	        "undecided c a: whether earlier rules decide all that it matches was not found out in the steps "
	        "allowed; look at them, or allow more\n");
}

static void on_change(void *ctx, const struct hf_change *c)
{
	hf_buf_addf(ctx, "%c %s%s%s: %s\n", " +-~"[c->kind], c -> rule, c -> other ? " " : "", c->other ? c->other : "",
	            c->where);
}

static void expect_changes(const char *before, const char *after, const char *wanted)
{
	struct compiled b = with_rules(before), a = with_rules(after);
	struct hf_whatif_options o = {.limit = 10};
	struct hf_buf out = HF_BUF_INIT;
	bool cut;

	hf_buf_addf(&out, "%s", "");
	assert_int_equal(hf_policy_what_if(b.policy, a.policy, &o, on_change, &out, &cut, NULL), HF_OK);
	assert_string_equal((const char *)out.data, wanted);
	assert_false(cut);
	hf_policy_free(b.policy);
	hf_policy_free(a.policy);
	hf_buf_done(&out);
}

static void changes_in_words(void **state)
{
	(void)state;
	expect_changes("  []\n",
	               "- {id: a, " IN_2026 ", when: {" CLERK ", resource.topic: {under: roads}, resource.level: "
	               "{between: [1, 3]}, system.address: {within: 10.0.0.0/8}}}\n",
	               "+ a: time: from 2026-01-01T00:00:00Z until 2027-01-01T00:00:00Z; subject.role: one of clerk; "
	               "system.address: 10.0.0.0/8; resource.topic: one of roads, bridges; resource.level: 1 to 3\n");
	expect_changes("- {id: a, " IN_2026 ", when: {" CLERK ", resource.id: [x, y]}}\n",
	               "- {id: a, from: 2026-01-01, until: 2028-01-01, when: {" CLERK ", resource.id: x}}\n",
	               "+ a: time: from 2027-01-01T00:00:00Z until 2028-01-01T00:00:00Z; subject.role: one of clerk; "
	               "resource.id: x\n"
	               "- a: time: from 2026-01-01T00:00:00Z until 2027-01-01T00:00:00Z; subject.role: one of clerk; "
	               "resource.id: y\n");
	expect_changes("- {id: a, " IN_2026 ", when: {" CLERK ", resource.id: [x, y]}}\n",
	               "- {id: a, " IN_2026 ", when: {" CLERK
	               ", resource.id: [x, y]}}\n- {id: h, mechanism: hold, " IN_2026
	               ", when: {resource.id: y, context.purpose: rescue}}\n",
	               "- a h: time: from 2026-01-01T00:00:00Z until 2027-01-01T00:00:00Z; subject.role: one of clerk; "
	               "resource.id: y; context.purpose: rescue\n");
	expect_changes("- {id: a, " IN_2026 ", when: {" CLERK ", resource.id: [x, y]}, obligations: [{mask: m}]}\n",
	               "- {id: a, " IN_2026 ", when: {" CLERK ", resource.id: [x, y]}, obligations: [{mask: m}]}\n"
	               "- {id: b, priority: -1, " IN_2026 ", when: {" CLERK ", resource.id: x}}\n",
	               "~ b a: time: from 2026-01-01T00:00:00Z until 2027-01-01T00:00:00Z; subject.role: one of clerk; "
	               "resource.id: x\n");
}

/* Twenty rules that each leave two halves: what is left falls into a million pieces. It is refused, not cut short. */
static void a_change_in_too_many_pieces_is_refused(void **state)
{
	struct hf_buf text = HF_BUF_INIT;
	struct hf_whatif_options o = {.limit = 10};
	struct hf_fault f = {.text = ""};
	struct compiled before, after;
	bool cut;

	(void)state;
	for (int i = 0; i < 20; i++)
		hf_buf_addf(&text, "- {id: r%d, " IN_2026 ", when: {subject.role: a%d, subject.space-role: b%d}}\n", i,
		            i, i);
	before = with_rules((const char *)text.data);
	hf_buf_addf(&text, "- {id: z, " IN_2026 ", when: {}}\n");
	after = with_rules((const char *)text.data);
	assert_int_equal(hf_policy_what_if(before.policy, after.policy, &o, on_change, &text, &cut, &f), HF_E_LIMIT);
	assert_string_equal(f.text,
	                    "rule z overlaps others in more than 20000 pieces, so that the change cannot be told "
	                    "exactly; put known requests to both policies instead");
	hf_policy_free(before.policy);
	hf_policy_free(after.policy);
	hf_buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_kind_of_finding),
	        cmocka_unit_test(with_a_time_what_is_over_is_told_and_covers_nothing),
	        cmocka_unit_test(steps_that_do_not_suffice_are_told),
	        cmocka_unit_test(changes_in_words),
	        cmocka_unit_test(a_change_in_too_many_pieces_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
